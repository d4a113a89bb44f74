"""A group's whole way, in a real Chromium, with a real mail server: from forming it to its closing."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from matcher.domain.introductions import Introduction, Outcome, State
from matcher.storage import introductions, people
from tests.browser.conftest import Live
from tests.browser.looking import scrolls_sideways, violations
from tests.browser.post import Clock, Post, movable_clock, post_office, sign_in, sign_in_coordinator, sign_up

if TYPE_CHECKING:
    from playwright.sync_api import Page

ADA, BEN, DORA, EVE, GRACE = (f"{name}@example.org" for name in ("ada", "ben", "dora", "eve", "grace"))
CLEO = "cleo@example.org"
EVERYBODY = (ADA, BEN, DORA, EVE, GRACE)
KIND = "collab.case_consultation_group"
GOAL = "goal.case_consultation"
INTRODUCED = "Your group can begin"


@pytest.fixture
def clock(live: Live) -> Clock:
    """The site's clock, to be moved."""
    return movable_clock(live)


@pytest.fixture
def post(live: Live, clock: Clock) -> Iterator[Post]:
    """A real mail server, and the worker that brings letters to it."""
    with post_office(live, clock) as post:
        yield post


def group(live: Live) -> Introduction:
    """The only group, as it stands now."""
    with live.database.read() as session:
        grace = people.by_address(session, GRACE)
        assert grace is not None
        [introduction] = introductions.of_person(session, grace.id)
        return introduction


def decide(page: "Page", post: Post, address: str, answer: str) -> None:
    """Opens the invitation from the letter and answers it; nobody's name is on the page."""
    page.goto(post.link(address, "/answer"))
    shown = page.inner_text("main")
    assert "A place in a group" in shown
    for name in ("Ada", "Ben", "Dora", "Eve", "Grace"):
        assert name not in shown
    page.check(f"input[name=answer][value={answer}]")
    page.get_by_role("button", name="Send my answer").click()
    page.wait_for_selector("[role=status]")


def test_from_forming_a_group_to_its_closing(
    live: Live, post: Post, clock: Clock, open_page: Callable[..., Any]
) -> None:
    """Three say yes, one says no, one says not now; the three begin, and the two are told nothing of them."""
    member, coordinator = open_page(width=390), open_page()
    shared = {"languages": "lang.en", "slots": "slot.weekday_evening", "formats": "format.video"}
    for name, work in (("ben", "nursing"), ("dora", "psychology"), ("eve", "law_enforcement")):
        live.world.add(name, "mentee", goals=GOAL, disciplines=f"discipline.{work}", **shared)
    live.world.add("grace", "mentor", helps_with=GOAL, disciplines="discipline.peer_specialist", **shared)
    sign_up(member, post, "mentee", "Ada", ADA,
            {"stage": ["stage.trainee"], "goals": [GOAL], "disciplines": ["discipline.social_work"],
             **{column: [value] for column, value in shared.items()}})  # fmt: skip

    # formed, with progress, and looked at
    sign_in_coordinator(coordinator, live, clock, CLEO)
    coordinator.goto("/desk/groups")
    coordinator.select_option("#kind", KIND)
    coordinator.fill("#low", "5")
    coordinator.fill("#high", "5")
    coordinator.get_by_role("button", name="Form groups").click()
    coordinator.wait_for_url("**/desk/groups?round=*", timeout=60_000)
    board = coordinator.inner_text("main")
    for name in ("Ada", "Ben", "Dora", "Eve", "Grace"):
        assert name in board
    assert re.search(r"Grace\s+facilitator", board)
    assert coordinator.locator("svg.ring .person").count() == 5
    assert violations(coordinator) == []
    assert not scrolls_sideways(coordinator)
    assert not [text for address in EVERYBODY for text in post.to(address) if "small group" in text]

    # changed by hand, then approved
    coordinator.click("article [data-open]")
    coordinator.fill("input[name=label]", "Night shift circle")
    coordinator.get_by_role("button", name="Rename").click()
    coordinator.wait_for_selector("h1:has-text('Night shift circle')")
    assert violations(coordinator) == []
    coordinator.get_by_role("button", name="Approve and invite all 5").click()
    coordinator.wait_for_selector("text=5 people are being invited to Night shift circle.")

    # answered from the letters
    for address, answer in ((GRACE, "yes"), (ADA, "yes"), (DORA, "no"), (EVE, "not_now")):
        assert "Night shift circle" in post.holding(address, "small group")
        decide(member, post, address, answer)
    assert group(live).state is State.ASKING
    decide(member, post, BEN, "yes")
    assert group(live).state is State.AGREED
    for address in EVERYBODY:
        assert not [text for text in post.to(address) if INTRODUCED in text], "before the undo window is over"

    # introduced: those who said yes, to each other
    clock.ahead += group(live).undo_until - clock()
    yes, no = (ADA, BEN, GRACE), (DORA, EVE)
    for address in yes:
        letter = post.holding(address, INTRODUCED)
        assert all(other in letter for other in yes if other != address)
        assert not any(other in letter for other in no)
    assert group(live).state is State.INTRODUCED
    for address in no:
        assert not any(other in text for other in yes for text in post.to(address))

    # on the participant's page, and on the desk
    sign_in(member, post, ADA)
    member.click("text=Open")
    shown = member.inner_text("main")
    for words in ("Night shift circle", "Ben", BEN, "Grace", GRACE, "opens the meetings"):
        assert words in shown
    assert "Dora" not in shown
    assert "Eve" not in shown
    coordinator.goto("/desk/groups?tab=running")
    row = coordinator.locator("tr[data-row]")
    assert "introduced" in row.inner_text()
    assert "yes: 3 of 5" in row.inner_text()
    assert violations(coordinator) == []

    # asked after two weeks whether they have met
    clock.forward(days=15)
    member.goto(post.link(BEN, "/tap"))
    member.get_by_role("button", name="Yes, we have talked").click()
    member.wait_for_selector("text=We have noted")
    assert group(live).state is State.ACTIVE

    # closed by one of them, and the others are told
    sign_in(member, post, ADA)
    member.click("text=Open")
    member.click("summary:has-text('Bring it to an end')")
    member.check("input[name=outcome][value=goals_reached]")
    member.get_by_role("button", name="Close it").click()
    member.wait_for_selector("text=Closed. Thank you")
    assert (group(live).state, group(live).outcome) == (State.CLOSED, Outcome.GOALS_REACHED)
    for address in (BEN, GRACE):
        post.holding(address, "has come to its close")
    sign_in(coordinator, post, CLEO, "/desk")
    coordinator.goto("/desk/groups?tab=ended")
    assert "They reached what they wanted" in coordinator.locator("tr[data-row]").inner_text()
    for address in no:
        assert not any(other in text for other in yes for text in post.to(address))
