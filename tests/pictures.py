"""Screenshots of every page: `./dev pictures [FOLDER]` (build/pictures when none is named). `--readme`: only README's.

The demo's programme is served on a free port and visited with Chromium: wide and light, wide and dark, on a phone; full
of people, and once without anybody. Every address of the desk must be on the list here, or it says so.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from matcher.cli.demo import COORDINATOR, demo_config, prepare
from matcher.cli.running import Programme, open_programme
from matcher.domain.aftercare import CHOICES
from matcher.domain.introductions import DISCLOSED, LIVE, Kind, State
from matcher.domain.letters import LetterKind, LetterState
from matcher.storage import aftercare, desk_introductions, desk_letters, desk_proposals, desk_rounds, introductions
from matcher.workflow.access import add_coordinator, link_for_coordinator
from tests.browser.serving import NoBrowser, chromium_of_the_machine, free_socket, serving
from web.app import create_app
from web.desk.words import key_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from sqlalchemy.orm import Session

LOOKS = {"wide": (1280, False), "dark": (1280, True), "phone": (390, False)}
OPEN = {
    "home": "/",
    "privacy": "/privacy",
    "sign-in": "/sign-in",
    "join-mentee": "/join?role=mentee",
    "join-mentor": "/join?role=mentor",
    "mailbox": "/mailbox",
    "error": "/nowhere",
}
DESK = {
    "today": "/desk",
    "rounds": "/desk/rounds",
    "people": "/desk/people",
    "people-waiting": "/desk/people?waiting=yes&sort=waiting",
    "import": "/desk/people/import",
    "demand": "/desk/demand",
    "demand-kinds": "/desk/demand?kinds=yes",
    "introductions": "/desk/introductions",
    "groups": "/desk/groups",
    "letters": "/desk/letters",
    "outcomes": "/desk/outcomes",
    "outcomes-weights": "/desk/outcomes?weights=yes",
    "rounds-compared": "/desk/rounds/compare",
    "log": "/desk/log",
}


def main(arguments: list[str]) -> int:
    """Takes the pictures; returns the exit status."""
    readme = "--readme" in arguments
    folder = Path(
        next((a for a in arguments if not a.startswith("-")), "data/pictures" if readme else "build/pictures")
    )
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with chromium_of_the_machine() as browser:
            if readme:
                _readme(browser, folder)
            else:
                _empty(browser, folder / "empty")
                _full(browser, folder)
    except NoBrowser as missing:
        print(f"no pictures: {missing}", file=sys.stderr)
        return 1
    print(f"{len(list(folder.rglob('*.png')))} pictures in {folder}")
    return 0


@contextmanager
def _programme(*, full: bool) -> Iterator[tuple[Programme, str]]:
    """The demo's programme on a free port: with its people, or with a coordinator only."""
    with tempfile.TemporaryDirectory() as data:
        listening, url = free_socket()
        config = replace(demo_config(Path(data), 8000), origin=url)
        programme = open_programme(config, upgrade=True)
        if full:
            prepare(programme)
        else:
            add_coordinator(programme.database, COORDINATOR, "Cleo", now=datetime.now(UTC))
        app = create_app(config, database=programme.database, vocabulary=programme.vocabulary)
        with serving(app, listening):
            yield programme, url
        programme.database.dispose()


def _coordinator(browser: "Browser", programme: Programme, url: str) -> "Page":
    page = browser.new_context(base_url=url).new_page()
    link = link_for_coordinator(programme.database, COORDINATOR, links=programme.links, now=datetime.now(UTC))
    page.goto(link)
    page.check("#me")
    page.click("main button")
    return page


def _shoot(page: "Page", folder: Path, paths: dict[str, str]) -> None:
    """Each page in each look, whole."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in paths.items():
        for look, (width, dark) in LOOKS.items():
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme="dark" if dark else "light")
            page.goto(path)
            page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
        print(f"  {name}", file=sys.stderr)


def _empty(browser: "Browser", folder: Path) -> None:
    with _programme(full=False) as (programme, url):
        _shoot(browser.new_context(base_url=url).new_page(), folder, {"home": "/", "mailbox": "/mailbox"})
        _shoot(_coordinator(browser, programme, url), folder, DESK)


def _full(browser: "Browser", folder: Path) -> None:
    with _programme(full=True) as (programme, url):
        stranger = browser.new_context(base_url=url).new_page()
        _shoot(stranger, folder, {**OPEN, **behind_links(programme)})
        _shoot(_coordinator(browser, programme, url), folder, {**DESK, **details(programme)})
        page = browser.new_context(base_url=url).new_page()
        met = sign_in(page, programme)
        own = {"me": "/me", "profile": "/me/profile", "edit": "/me/profile/aims", "leave": "/me/leave"}
        _shoot(page, folder, {**own, **met})


def _readme(browser: "Browser", folder: Path) -> None:
    """The pictures in the README: the desk's review, as it is seen first."""
    with _programme(full=True) as (programme, url):
        page = _coordinator(browser, programme, url)
        page.set_viewport_size({"width": 1280, "height": 1700})
        page.goto(details(programme)["round"])
        page.screenshot(path=folder / "desk.png")


def details(programme: Programme) -> dict[str, str]:
    """A page of each kind that needs a number."""
    with programme.database.read() as session:
        rounds = desk_rounds.round_lines(session).rows
        review = next(line.id for line in rounds if line.kind == "pairs" and line.drafts)
        [drafts] = desk_proposals.proposals_by_mentee(session, desk_proposals.Wanted(review), size=1).rows
        live = desk_introductions.introduction_lines(session, sorted(LIVE)).rows
        asked = next(line for line in live if line.kind is Kind.PAIR)
        circle = desk_introductions.introduction_lines(session, list(State), kind=Kind.GROUP).rows[0]
        letter = next(
            line
            for line in desk_letters.letter_lines(session, state=LetterState.SENT).rows
            if line.kind == "suggestions"
        )
        other = desk_proposals.these_proposals(session, [i.id or 0 for i in drafts])[-1].mentor_id
    return {
        "round": f"/desk/rounds/{review}",
        "what-if": f"/desk/rounds/{review}/whatif",
        "what-if-answered": f"/desk/rounds/{review}/whatif?objective=fair&weight_skills=1&weight_goals=2&ignore=stage",
        "proposal": f"/desk/proposals/{drafts[0].id}",
        "compare": f"/desk/proposals/{drafts[0].id}?with={key_of(str(other))}",
        "mentee": f"/desk/people/{key_of(str(drafts[0].mentee_id))}",
        "mentor": f"/desk/people/{key_of(str(drafts[0].mentor_id))}",
        "edit-person": f"/desk/people/{key_of(str(drafts[0].mentee_id))}/edit",
        "introduction": f"/desk/introductions/{asked.id}",
        "introduction-of-a-group": f"/desk/introductions/{circle.id}",
        "group": f"/desk/groups/{circle.id}",
        "letter": f"/desk/letters/{letter.id}",
    }


def behind_links(programme: Programme) -> dict[str, str]:
    """The answer pages, each for somebody who is asked at the moment."""
    found: dict[str, str] = {}
    with programme.database.read() as session:
        for line in desk_introductions.introduction_lines(session, (State.OFFERED, State.ASKING), size=500).rows:
            for side in line.parties:
                name = f"answer-{side.part}"
                if side.is_open and name not in found:
                    epoch = desk_proposals.these_proposals(session, [line.id])[0].party(side.participant_id).epoch
                    url = programme.links.answer(line.id, side.participant_id, epoch)
                    found[name] = url.removeprefix(programme.links.origin)
        found |= _after_the_introduction(session, programme)
    return found


def _after_the_introduction(session: "Session", programme: Programme) -> dict[str, str]:
    """Both kinds of short question, the questions at the end, and fewer letters."""
    found: dict[str, str] = {}
    links, made = programme.links, desk_introductions.introduction_lines(session, sorted(DISCLOSED), size=500).rows
    for line in made:
        for side in line.parties:
            asked = aftercare.questions_to(session, line.id, side.participant_id)
            if asked:
                last, epoch = asked[-1], introductions.get(session, line.id).party(side.participant_id).epoch
                said = CHOICES[last.about][-1]
                found[f"tap-{last.about}"] = links.tap(line.id, side.participant_id, epoch, last.day, said)
    ended = desk_introductions.introduction_lines(session, (State.CLOSED,)).rows[0]
    one = introductions.get(session, ended.id).parties[0]
    found["exit"] = links.exit(ended.id, one.participant_id, one.epoch)
    found["unsubscribe"] = links.unsubscribe(one.participant_id, "check_ins")
    return {name: url.removeprefix(links.origin) for name, url in found.items()}


def sign_in(page: "Page", programme: Programme) -> dict[str, str]:
    """Signs in a mentee who has met somebody for a while; returns the pages about that."""
    with programme.database.read() as session:
        pairs = desk_introductions.introduction_lines(session, (State.ACTIVE,), kind=Kind.PAIR).rows
        met = max(pairs, key=lambda pair: len(aftercare.hours_of(session, pair.id)))
        person = met.parties[0].participant_id
        known = {line.id for line in desk_letters.letters_to(session, person)}
        address = desk_letters.letters_to(session, person)[0].to
    page.goto("/sign-in")
    page.fill("#email", address)
    page.click("main button")
    with programme.database.read() as session:
        sent = next(line for line in desk_letters.letters_to(session, person) if line.id not in known)
        assert sent.kind == LetterKind.SIGN_IN
        page.goto(desk_letters.letter(session, sent.id).facts["url"])
    page.click("main form button >> nth=0")
    about = f"/me/introductions/{met.id}"
    return {"introduction-mine": about, "meeting": f"{about}/meeting", "certificate": f"{about}/certificate"}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
