"""No barriers: every page of participants, light and dark, wide and on a small phone."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from matcher.domain.introductions import State, group
from matcher.domain.letters import LetterKind
from matcher.storage import introductions
from tests.browser.conftest import Live
from tests.browser.looking import open_all, scrolls_sideways, small_targets, violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]
LONG = "María de los Ángeles de la Cruz Hernández y Donaudampfschifffahrtsgesellschaftskapitänswitwe"
THEMES = ((1280, False), (320, True))


def look(page: "Page", name: str) -> None:
    """What must hold on every page."""
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
def test_the_pages_of_sign_up(open_page: Open, width: int, dark: bool) -> None:
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


@pytest.mark.parametrize(("width", "dark"), THEMES)
def test_pages_behind_links(open_page: Open, story: dict[str, str], width: int, dark: bool) -> None:
    page = open_page(width=width, dark=dark)
    for name in ("choose", "mentor", "group"):
        page.goto(story[name])
        open_all(page)
        look(page, name)
        page.click("text=/^Send my (choice|answer)$/")
        look(page, f"{name}, nothing chosen")


def test_own_pages(live: Live, open_page: Open, story: dict[str, str]) -> None:
    """Dora says yes, hedy says yes, time passes; then every page of Dora's, in both themes."""
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
    page.goto("/sign-in")
    page.fill("#email", "dora@example.org")
    page.click("text=Send me the link")
    page.goto(live.world.link(LetterKind.SIGN_IN, "dora@example.org"))
    page.click("main button:has-text('Sign in')")
    page.wait_for_url("**/me")
    for dark in (False, True):
        page.emulate_media(color_scheme="dark" if dark else "light")
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            paths = ["/me", f"/me/introductions/{story['made']}", "/me/profile", "/me/leave"]
            paths += [f"/me/profile/{step}" for step in ("you", "work", "aims", "when")]
            for path in paths:
                page.goto(path)
                look(page, f"{path} {width} {dark}")


def test_text_at_twice_its_size_stays_on_the_page(open_page: Open) -> None:
    page = open_page(width=640)
    for path in ("/", "/join/you", "/sign-in"):
        page.goto(path)
        page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        assert not scrolls_sideways(page), path
