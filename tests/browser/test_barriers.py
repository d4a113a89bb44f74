"""No barriers: every page of participants, light and dark, wide and on a small phone."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from matcher.domain.introductions import State, group
from matcher.domain.letters import LetterKind
from matcher.storage import aftercare as rows
from matcher.storage import introductions
from matcher.workflow import aftercare, answers, meetings, outcomes
from tests.browser.conftest import Live
from tests.browser.looking import open_all, scrolls_sideways, small_targets, violations
from web import routes

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]
LONG = "María de los Ángeles de la Cruz Hernández y Donaudampfschifffahrtsgesellschaftskapitänswitwe"
THEMES = ((1280, False), (320, True))


PAGES = [a for a in (*routes.OPEN, *routes.LETTERS, *routes.PARTICIPANTS, *routes.DEMO) if a.get]

LOOKED_AT = {
    "test_open_pages": {
        *("home", "privacy", "joined", "sign_in", "sign_in_sent", "sign_in_link", "confirm", "mailbox"),
    },
    "test_the_pages_of_sign_up": {"join_step", "confirm"},
    "test_pages_behind_links": {"answer"},
    "test_pages_behind_links_after_the_introduction": {"tap", "unsubscribe", "exit"},
    "test_own_pages": {
        *("answer", "sign_in_link", "me", "my_introduction", "my_meeting", "certificate"),
        *("my_profile", "my_profile_step", "leave"),
    },
}
"""Which test looks at which pages; each is held to it."""

NO_PAGES = {
    "health": "a word for machines",
    "static": "pictures, styles and scripts",
    "suggest": "words for a field, as JSON",
    "join": "leads on to the first page of sign-up",
    "letter": "a letter in a frame, in the demo; what is in it is the letter's",
    "letter_html": "a letter as it was written, in that frame",
}

seen: set[str] = set()


@pytest.fixture(autouse=True)
def as_listed(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test has looked at what the list says of it."""
    seen.clear()
    yield
    wanted = LOOKED_AT.get(request.node.originalname)
    assert wanted is None or seen == wanted


def test_every_page_of_participants_is_looked_at() -> None:
    names = {address.name for address in PAGES}
    looked_at = set().union(*LOOKED_AT.values())
    assert not looked_at & set(NO_PAGES)
    assert looked_at | set(NO_PAGES) == names


def look(page: "Page", name: str) -> None:
    """What must hold on every page."""
    seen.update([a.name for a in PAGES if a.pattern.match(urlsplit(page.url).path)][:1])
    assert violations(page) == [], name
    assert not scrolls_sideways(page), name
    assert small_targets(page) == [], name


@pytest.fixture(scope="module")
def story(live: Live) -> dict[str, str]:
    """A mentee with choices, a mentor being asked, an introduction made, a group invited: paths by name."""
    world = live.world
    offers = {"helps_with": "goal.first_months", "capacity": "3", "skills": "skill.active_listening=4"}
    world.add("ada", "mentee", name=LONG, goals="goal.first_months")
    world.add("ben", "mentee", goals="goal.first_months", text="x" * 300)
    world.add("dora", "mentee", goals="goal.first_months")
    for mentor in ("grace", "hedy"):
        world.add(mentor, "mentor", name=LONG, **offers)
    cleo = world.coordinator()
    choices = [world.propose("ada", mentor, cleo) for mentor in ("grace", "hedy")]
    world.approve(cleo, *choices)
    asked = world.propose("ben", "grace", cleo, mode="assigned")
    made = world.propose("dora", "hedy", cleo, mode="assigned")
    world.approve(cleo, asked, made)
    with live.database.write() as session:
        circle = group("grace", ["ada", "hedy"], label="Peer support circle 1")
        introductions.add(session, circle, by="test", now=world.clock())
    world.approve(cleo, circle.id or 0)
    return {
        "choose": world.choice_link(LetterKind.SUGGESTIONS, "ada@example.org"),
        "mentor": world.link(LetterKind.QUESTION_TO_MENTOR, "grace@example.org"),
        "made": str(made),
        "hedy": world.link(LetterKind.QUESTION_TO_MENTOR, "hedy@example.org"),
        "group": world.link(LetterKind.GROUP_INVITATION, "ada@example.org"),
    }


@pytest.mark.parametrize(("width", "dark"), THEMES)
def test_open_pages(open_page: Open, width: int, dark: bool) -> None:
    page = open_page(width=width, dark=dark)
    for path in (
        "/",
        "/privacy",
        "/joined",
        "/sign-in",
        "/sign-in/sent",
        "/sign-in/x",
        "/confirm/x",
        "/mailbox",
        "/no",
    ):
        for language in ("en", "es"):
            page.goto(f"{path}?lang={language}")
            look(page, f"{path} {language}")
    page.goto("/sign-in?lang=en")
    page.click("text=Send me the link")
    look(page, "sign-in with a mistake")


@pytest.mark.parametrize(("width", "dark"), THEMES)
def test_the_pages_of_sign_up(live: Live, open_page: Open, width: int, dark: bool) -> None:
    page = open_page(width=width, dark=dark)
    page.goto("/join?role=both")
    page.click("button:text-is('Continue')")
    look(page, "you, with mistakes")
    page.fill("#name", LONG)
    page.fill("#email", f"both{width}@example.org")
    page.click("button:text-is('Continue')")
    page.wait_for_url("**/join/work")
    open_all(page)
    look(page, "work, all open")
    page.check("#skills input[type=checkbox] >> nth=0")
    page.click("button:text-is('Continue')")
    for step in ("levels", "aims", "when"):
        page.wait_for_url(f"**/join/{step}")
        look(page, step)
        if step == "when":
            page.check("#languages >> text=English")
        page.click("button:text-is('Continue')")
    page.wait_for_url("**/join/check")
    look(page, "check")
    page.click("button:text-is('Send')")
    look(page, "check, with a mistake")
    page.check("input[name=consent_matching]")
    page.click("button:text-is('Send')")
    page.wait_for_url("**/joined")
    page.goto(live.world.link(LetterKind.CONFIRM_ADDRESS, f"both{width}@example.org"))
    look(page, "is this your address")


@pytest.mark.parametrize(("width", "dark"), THEMES)
def test_pages_behind_links(open_page: Open, story: dict[str, str], width: int, dark: bool) -> None:
    page = open_page(width=width, dark=dark)
    for name in ("choose", "mentor", "group"):
        page.goto(story[name])
        open_all(page)
        look(page, name)
        page.click("text=/^Send my (choice|answer)$/")
        look(page, f"{name}, nothing chosen")


def go_on(live: Live, id: int) -> None:
    """Dora and Hedy agree, plan, and write down when they met; one of two meetings is confirmed."""
    how: dict[str, Any] = {"links": live.app.state.site.links, "now": live.world.clock() + timedelta(hours=1)}
    wanted: dict[str, Any] = {"hours": 2, "cadence": "weekly", "months": 6, "words": LONG}
    aftercare.propose_agreement(live.database, id, "hedy", **wanted, shown=0, **how)
    start = how["now"] + timedelta(days=2)
    meetings.propose(live.database, id, "hedy", starts_at=start, minutes=45, place=LONG, version=0, **how)
    for minutes in (30, 60):
        aftercare.say_hours(live.database, id, "hedy", met_on=how["now"].date(), minutes=minutes, **how)
    with live.database.read() as session:
        first = rows.hours_of(session, id)[0].id or 0
    aftercare.confirm_hours(live.database, id, "dora", ids=[first], now=how["now"])


@pytest.mark.parametrize(("width", "dark"), THEMES)
def test_pages_behind_links_after_the_introduction(live: Live, open_page: Open, width: int, dark: bool) -> None:
    """A pair of its own: asked whether they talked, asked for a tick, ended, asked how it was; and fewer letters."""
    world, site = live.world, live.app.state.site
    names = [f"mia{width}", f"noor{width}"]
    world.add(names[0], "mentee", name=LONG, goals="goal.first_months")
    world.add(names[1], "mentor", name=LONG, helps_with="goal.first_months", capacity="1")
    by = world.coordinator(f"cleo{width}@example.org")
    id = world.propose(names[0], names[1], by, mode="assigned")
    world.approve(by, id)
    how: dict[str, Any] = {"links": site.links, "now": world.clock()}
    for who in reversed(names):
        answers.answer(live.database, id, who, "yes", vocabulary=site.vocabulary, **how)
    world.tick(minutes=11)
    world.tick(days=5, hours=1)
    with live.database.read() as session:
        asked = rows.questions_to(session, id, names[0])[-1]
        epoch = introductions.get(session, id).party(names[0]).epoch
    page = open_page(width=width, dark=dark)
    page.goto(site.links.tap(id, names[0], epoch, asked.day, "not_yet"))
    look(page, "a short question")
    page.goto(site.links.unsubscribe(names[0], "check_ins"))
    look(page, "fewer letters")
    page.click("text=Yes, end them")
    look(page, "fewer letters, not ticked")
    outcomes.close(live.database, id, outcome="no_time", participant_id=names[1], **how)
    with live.database.read() as session:
        epoch = introductions.get(session, id).party(names[0]).epoch
    page.goto(site.links.exit(id, names[0], epoch))
    look(page, "how was it")
    page.click("main button")
    look(page, "how was it, nothing said")


def test_own_pages(live: Live, open_page: Open, story: dict[str, str]) -> None:
    """Dora says yes, hedy says yes, time passes; then every page of Dora's, in both themes and widths."""
    page = open_page()
    page.goto(story["hedy"])
    page.check("input[value=yes]")
    page.click("text=Send my answer")
    look(page, "after the answer")
    page.goto(live.world.link(LetterKind.QUESTION_TO_MENTEE, "dora@example.org"))
    page.check("input[value=yes]")
    page.click("text=Send my answer")
    look(page, "both have said yes")
    live.world.tick(minutes=11)
    with live.database.read() as session:
        assert introductions.get(session, int(story["made"])).state is State.INTRODUCED
    go_on(live, int(story["made"]))
    page.goto("/sign-in")
    page.fill("#email", "dora@example.org")
    page.click("text=Send me the link")
    page.goto(live.world.link(LetterKind.SIGN_IN, "dora@example.org"))
    look(page, "sign in by the link")
    page.click("main button:has-text('Sign in')")
    page.wait_for_url("**/me")
    for width, dark in THEMES:
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size({"width": width, "height": 900})
        made = f"/me/introductions/{story['made']}"
        paths = ["/me", made, f"{made}/meeting", f"{made}/certificate", "/me/profile", "/me/leave"]
        paths += [f"/me/profile/{step}" for step in ("you", "work", "aims", "when")]
        for path in paths:
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
            look(page, f"{path} {width} {dark}")


def test_text_at_twice_its_size_stays_on_the_page(open_page: Open) -> None:
    page = open_page(width=640)
    for path in ("/", "/join/you", "/sign-in"):
        page.goto(path)
        page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        assert not scrolls_sideways(page), path
