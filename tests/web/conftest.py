"""A site with a real database, browsers to visit it with, and a few people."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from matcher.config import Config
from matcher.domain.letters import LetterKind
from matcher.domain.profiles import read_answers
from matcher.domain.vocabulary import default_vocabulary
from matcher.storage.database import Database
from matcher.storage.mapping import letters
from matcher.workflow import access, people
from web.app import SiteApp, create_app

ORIGIN = "https://mentors.example.org"
SECRET = "a secret for tests only, 0123456789"


class Clock:
    """A time that moves only when told to."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        """Moves on by a timedelta's arguments."""
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the schema, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "matcher.db"
    made = Database(f"sqlite:///{path}")
    made.upgrade()
    made.dispose()
    return path


@pytest.fixture
def database(tmp_path: Path, empty_database: Path) -> Iterator[Database]:
    path = tmp_path / "matcher.db"
    shutil.copy(empty_database, path)
    made = Database(f"sqlite:///{path}")
    yield made
    made.dispose()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        database=f"sqlite:///{tmp_path / 'matcher.db'}", origin=ORIGIN, secret=SECRET, mail=f"folder:{tmp_path}/mail"
    )


@pytest.fixture
def app(config: Config, database: Database, clock: Clock) -> SiteApp:
    return create_app(config, database=database, clock=clock)


@pytest.fixture
def browse(app: SiteApp) -> Iterator[Callable[..., TestClient]]:
    """Opens a browser with cookies of its own; it sends what browsers send with our own forms."""
    opened: list[TestClient] = []

    def open_browser(*, address: str = "203.0.113.5", **headers: str) -> TestClient:
        sent = {"sec-fetch-site": "same-origin", **{k.replace("_", "-"): v for k, v in headers.items()}}
        browser = TestClient(app, base_url=ORIGIN, headers=sent, follow_redirects=False, client=(address, 50000))
        opened.append(browser)
        return browser

    yield open_browser
    for browser in opened:
        browser.close()


@pytest.fixture
def browser(browse: Callable[..., TestClient]) -> TestClient:
    return browse()


class World:
    """People and letters of one database."""

    def __init__(self, app: SiteApp, database: Database, clock: Clock) -> None:
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
        return id

    def letters(self, kind: LetterKind | None = None, to: str | None = None) -> list[Any]:
        """Letters written so far, oldest first."""
        with self.database.read() as session:
            rows = session.execute(select(letters).order_by(letters.c.id)).all()
        return [row for row in rows if (kind is None or row.kind == kind) and (to is None or row.to == to)]

    def link(self, kind: LetterKind, to: str) -> str:
        """The path of the link in the newest letter of a kind."""
        url = self.letters(kind, to)[-1].facts["url"]
        assert url.startswith(ORIGIN)
        return str(url.removeprefix(ORIGIN))

    def sign_in(self, browser: TestClient, email: str) -> None:
        """Signs somebody in, by letter and button."""
        assert browser.post("/sign-in", data={"email": email}).status_code == 303
        assert browser.post(self.link(LetterKind.SIGN_IN, email)).status_code == 303

    def coordinator(self, email: str = "cleo@example.org") -> str:
        """A coordinator's id."""
        return access.add_coordinator(self.database, email, "Cleo", now=self.clock())


@pytest.fixture
def world(app: SiteApp, database: Database, clock: Clock) -> World:
    return World(app, database, clock)
