"""No barriers on the desk: every page with the demo's six weeks in it and with very long names, wide and on a phone."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from matcher.cli.demo import COORDINATOR
from matcher.cli.running import Programme
from matcher.config import Config
from matcher.workflow import matching
from matcher.workflow.access import link_for_coordinator
from tests.browser.conftest import Live
from tests.browser.looking import scrolls_sideways, violations
from tests.browser.test_barriers import LONG, THEMES
from tests.databases import copied
from tests.pictures import DESK, details
from web.desk.routes import ROUTES

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def programme(live: Live, demo: Path) -> Programme:
    """The demo's programme on the live site, with two people and a second round whose names are very long."""
    site = live.app.state.site
    made = Programme(Config(mail=f"folder:{live.letters}"), live.database, site.vocabulary, site.links)
    copied(demo / "matcher.db", live.database)
    shutil.copytree(demo / "mail", live.letters, dirs_exist_ok=True)
    live.world.add("long", "mentee", name=LONG, goals="goal.first_months; goal.skill_deescalation", text="x" * 400)
    live.world.add("longer", "mentor", name=LONG * 2, helps_with="goal.first_months", capacity="4")
    live.world.propose("long", "longer", "cleo")
    now = site.clock()
    second = matching.request_round(live.database, by="cleo", now=now, weights={"goals": 1.0}, name=LONG[:120])
    matching.run_round(live.database, second, vocabulary=site.vocabulary, now=now)
    return made


def signed_in(open_page: Open, live: Live, **how: object) -> "Page":
    page = open_page(**how)
    link = link_for_coordinator(
        live.database, COORDINATOR, links=live.app.state.site.links, now=live.app.state.site.clock()
    )
    page.goto(link)
    page.check("#me")
    page.click("main button")
    page.wait_for_url("**/desk")
    return page


def pages_of(programme: Programme) -> dict[str, str]:
    """Every page of the desk."""
    more = {"long name": "/desk/people/long", "found": "/desk/people?q=donaudampf", "nothing": "/desk/people?q=zzzz"}
    return {**DESK, **details(programme), **more}


@pytest.mark.parametrize(("width", "dark"), THEMES)
def test_no_page_of_the_desk_has_a_barrier(
    live: Live, programme: Programme, open_page: Open, width: int, dark: bool
) -> None:
    page = signed_in(open_page, live, width=width, dark=dark)
    for name, path in pages_of(programme).items():
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, (name, path)
        page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
        assert violations(page) == [], name
        assert not scrolls_sideways(page), name


def test_the_desk_is_whole_without_javascript(live: Live, programme: Programme, open_page: Open) -> None:
    page = signed_in(open_page, live, script=False)
    for name, path in pages_of(programme).items():
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, name
    page.goto("/desk/people")
    page.fill("input[name=q]", "Donaudampf")
    page.click("button:text-is('Show')")
    assert page.locator("#results tbody tr").count() == 2


def test_on_a_phone_a_round_shows_one_suggestion_whole_and_folds_the_others(
    live: Live, programme: Programme, open_page: Open
) -> None:
    page = signed_in(open_page, live, width=360, script=False)
    page.goto(details(programme)["round"])
    mentee = page.locator(".proposal:has(.fold)").first
    first, second = mentee.locator(".reasons").nth(0), mentee.locator(".reasons").nth(1)
    assert first.is_visible()
    assert not second.is_visible()
    mentee.locator("summary").first.click()
    assert second.is_visible()
    page.reload()
    page.set_viewport_size({"width": 1280, "height": 900})
    assert second.is_visible()
    assert not mentee.locator("summary").first.is_visible()


def test_a_long_name_ends_after_two_lines_until_the_keys_come_to_it(
    live: Live, programme: Programme, open_page: Open
) -> None:
    page = signed_in(open_page, live, width=360)
    page.goto(details(programme)["round"] + "?q=donaudampf")
    name = page.locator("h4 > a", has_text="Donaudampf").first
    assert name.inner_text() == LONG * 2
    assert name.evaluate("e => e.clientHeight < e.scrollHeight")
    page.keyboard.press("Tab")
    name.focus()
    assert name.evaluate("e => e.clientHeight === e.scrollHeight")


def test_every_page_of_the_desk_is_looked_at(programme: Programme) -> None:
    looked_at = [path.partition("?")[0] for path in pages_of(programme).values()]
    not_pages = {"desk_progress", "desk_letter_html"}
    missing = [a.path for a in ROUTES if a.get and a.name not in not_pages and not any(map(a.pattern.match, looked_at))]
    assert missing == []


def test_keys_walk_through_a_round_and_can_be_switched_off(live: Live, programme: Programme, open_page: Open) -> None:
    page = signed_in(open_page, live)
    page.goto(details(programme)["round"])
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("[data-row].current").count() == 1
    second = page.locator("[data-row]").nth(1).locator("h3").inner_text()
    assert page.locator("[data-row].current h3").inner_text() == second
    page.keyboard.press("x")
    page.wait_for_selector("text=under “Dismissed”")
    assert second not in page.locator("[data-row] h3").all_inner_texts()
    page.locator("[data-keys]").click()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.matches('[data-search]')") is False
    page.locator("[data-keys]").click()
    page.locator("main").focus()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.matches('[data-search]')") is True


def test_a_list_follows_the_typing(live: Live, programme: Programme, open_page: Open) -> None:
    page = signed_in(open_page, live)
    page.goto("/desk/people")
    page.fill("input[name=q]", "donaudampf")
    page.locator("#results tbody tr >> nth=2").wait_for(state="detached")
    assert page.locator("#results tbody tr").count() == 2
    assert "q=donaudampf" in page.url
