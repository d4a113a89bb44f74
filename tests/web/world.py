"""People, letters and a clock for tests of pages; shared with the tests in a browser."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from starlette.testclient import TestClient

from matcher.domain.letters import LetterKind
from matcher.domain.profiles import read_answers
from matcher.domain.vocabulary import default_vocabulary
from matcher.storage.database import Database
from matcher.storage.mapping import letters, participants
from matcher.workflow import access, clock, people, review
from web.app import SiteApp

ORIGIN = "https://mentors.example.org"
SECRET = "a secret for tests only 0123456789"


class Clock:
    """A time that moves only when told to."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        """Moves on by a timedelta's arguments."""
        self.at += timedelta(**by)


class World:
    """People and letters of one database."""

    def __init__(self, app: SiteApp, database: Database, clock: Callable[[], datetime]) -> None:
        self.app, self.database, self.clock = app, database, clock
        self.site = app.state.site

    def add(self, id: str, role: str, **answers: Any) -> str:
        """A confirmed participant."""
        told = {
            "id": id,
            "role": role,
            "name": id.title(),
            "email": f"{id}@example.org",
            "languages": "lang.en",
            "timezone": "America/Chicago",
            "stage": "stage.early" if role == "mentee" else "stage.senior",
            "text": f"The words of {id}.",
            **answers,
        }
        profile = read_answers(told, default_vocabulary())
        done = people.import_profiles(self.database, [profile], by="test", now=self.clock(), confirmed=True)
        assert done.added == (id,), done
        with self.database.write() as session:  # at home where it is night, and here for tests of other things
            session.execute(update(participants).where(participants.c.id == id).values(quiet_from=0, quiet_until=0))
        return id

    def letters(self, kind: LetterKind | None = None, to: str | None = None) -> list[Any]:
        """Letters written so far, oldest first."""
        with self.database.read() as session:
            rows = session.execute(select(letters).order_by(letters.c.id)).all()
        return [row for row in rows if (kind is None or row.kind == kind) and (to is None or row.to == to)]

    def link(self, kind: LetterKind, to: str) -> str:
        """The path of the link in the newest letter of a kind."""
        url = self.letters(kind, to)[-1].facts["url"]
        assert url.startswith(self.site.origin)
        return str(url.removeprefix(self.site.origin))

    def choice_link(self, kind: LetterKind, to: str, at: int = 0) -> str:
        """The path of one of the choices in the newest letter of a kind."""
        return str(self.letters(kind, to)[-1].facts["choices"][at]["url"].removeprefix(self.site.origin))

    def propose(self, mentee: str, mentor: str, by: str, mode: str = "choose") -> int:
        """A draft by hand."""
        vocabulary = default_vocabulary()
        return review.propose_pair(
            self.database, mentee, mentor, by=by, vocabulary=vocabulary, now=self.clock(), mode=mode
        )

    def approve(self, by: str, *ids: int) -> None:
        """Approves drafts; all must go out."""
        done = review.approve(
            self.database,
            ids,
            by=by,
            vocabulary=default_vocabulary(),
            links=self.site.links,
            now=self.clock(),
        )
        assert done.approved == ids, done.refused

    def tick(self, **later: float) -> None:
        """What happens by itself, some time from now."""
        at = self.clock() + timedelta(**later)
        clock.tick(self.database, now=at, vocabulary=default_vocabulary(), links=self.site.links)

    def sign_in(self, browser: TestClient, email: str) -> None:
        """Signs somebody in, by letter and button."""
        assert browser.post("/sign-in", data={"email": email}).status_code == 303
        assert browser.post(self.link(LetterKind.SIGN_IN, email)).status_code == 303

    def coordinator(self, email: str = "cleo@example.org") -> str:
        """A coordinator's id."""
        return access.add_coordinator(self.database, email, "Cleo", now=self.clock())
