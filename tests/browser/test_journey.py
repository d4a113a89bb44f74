"""One pair's whole way, in a real Chromium, with a real mail server: from the form to the closing."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from matcher.domain.introductions import Introduction, Outcome, Part, State
from matcher.storage import introductions, people
from tests.browser.conftest import Live
from tests.browser.post import Clock, Post, movable_clock, post_office, sign_in, sign_in_coordinator, sign_up

if TYPE_CHECKING:
    from playwright.sync_api import Page

MENTEE, MENTOR, COORDINATOR = "ada@example.org", "grace@example.org", "cleo@example.org"


@pytest.fixture
def clock(live: Live) -> Clock:
    """The site's clock, to be moved."""
    return movable_clock(live)


@pytest.fixture
def post(live: Live, clock: Clock) -> Iterator[Post]:
    """A real mail server, and the worker that brings letters to it."""
    with post_office(live, clock) as post:
        yield post


def made(live: Live) -> Introduction:
    """The only introduction, as it stands now."""
    with live.database.read() as session:
        mentor = people.by_address(session, MENTOR)
        assert mentor is not None
        [introduction] = introductions.of_person(session, mentor.id)
        return introduction


def test_from_the_form_to_the_closing(live: Live, post: Post, clock: Clock, open_page: Callable[..., "Page"]) -> None:
    mentee, mentor, coordinator = open_page(width=390), open_page(width=390, dark=True), open_page()
    shared = {"languages": ["lang.en"], "slots": ["slot.weekday_evening"], "formats": ["format.video"]}
    sign_up(mentee, post, "mentee", "Ada", MENTEE,
            {"stage": ["stage.trainee"], "goals": ["goal.skill_deescalation"], **shared})  # fmt: skip
    sign_up(mentor, post, "mentor", "Grace", MENTOR,
            {"stage": ["stage.senior"], "skills": ["skill.verbal_deescalation"],
             "settings": ["setting.mobile_crisis_team"], **shared})  # fmt: skip

    sign_in_coordinator(coordinator, live, clock, COORDINATOR)
    coordinator.goto("/desk/rounds")
    coordinator.get_by_role("button", name="Start the round").click()
    until = time.monotonic() + 20
    while not coordinator.get_by_role("button", name="Approve all and send").count():
        assert time.monotonic() < until, coordinator.inner_text("main")
        coordinator.goto(coordinator.url)
    assert "Ada" in coordinator.inner_text("main")
    coordinator.get_by_role("button", name="Approve all and send").click()

    mentee.goto(post.link(MENTEE, "/answer"))
    assert "Grace" not in mentee.inner_text("main")
    mentee.locator("input[name=choice]").first.check()
    mentee.get_by_role("button", name="Send my choice").click()

    mentor.goto(post.link(MENTOR, "/answer"))
    assert "Ada" not in mentor.inner_text("main")
    mentor.locator("input[name=answer][value=yes]").check()
    mentor.get_by_role("button", name="Send my answer").click()
    assert not [to for _, to, raw in post.bag.letters if "grace@" in post.text(raw) and to == MENTEE]

    clock.ahead += timedelta(minutes=11)
    post.holding(MENTEE, MENTOR)
    post.holding(MENTOR, MENTEE)
    clock.forward(days=15)
    post.holding(MENTEE, "Have you spoken")
    sign_in(mentee, post, MENTEE)
    mentee.click("text=Open")
    assert "Grace" in mentee.inner_text("h1")
    mentee.check("input[name=happened][value=yes]")
    mentee.locator("form:has(input[name=happened])").get_by_role("button", name="Send").click()
    mentee.wait_for_selector("text=Good to hear")
    assert made(live).state is State.ACTIVE

    clock.forward(days=91)
    post.holding(MENTOR, "How is it going?")
    sign_in(mentor, post, MENTOR)
    mentor.click("text=Open")
    mentor.click("summary:has-text('Bring it to an end')")
    mentor.check("input[name=outcome][value=goals_reached]")
    mentor.get_by_role("button", name="Close it").click()
    mentor.wait_for_selector("text=How was it?")
    mentor.check("input[name=helpful][value='4']")
    mentor.get_by_role("button", name="Send").click()
    mentor.wait_for_selector("text=Only the coordinator reads it.")
    post.holding(MENTEE, "has come to its close")
    ended = made(live)
    assert (ended.state, ended.outcome) == (State.CLOSED, Outcome.GOALS_REACHED)
    assert ended.part(Part.MENTOR).feedback["helpful"] == 4
