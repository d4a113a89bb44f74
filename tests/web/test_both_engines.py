"""A programme's life through its pages, on both engines; WEB_TESTS_ENGINE runs all other tests of pages on either."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from matcher.domain.introductions import State
from matcher.domain.letters import LetterKind, LetterState
from matcher.storage import introductions
from matcher.storage import people as rows
from tests.databases import ENGINES
from tests.web.pressing import form, said
from tests.web.test_joining import PAGES, go
from tests.web.world import World

ADA, GRACE = "ada@example.org", "grace@example.org"


@pytest.mark.parametrize("database", ENGINES, indirect=True)
def test_people_join_answer_are_withdrawn_unsubscribe_and_are_erased(
    browse: Callable[..., TestClient], world: World
) -> None:
    browser, desk = browse(), browse()
    go(browser, PAGES)
    assert browser.post("/join/check", data={"consent_matching": "yes", "go": "on"}).status_code == 303
    confirmed = browser.post(world.link(LetterKind.CONFIRM_ADDRESS, GRACE), data={"mine": "yes"})
    assert "You are in" in confirmed.text
    with world.database.read() as session:
        grace = rows.by_address(session, GRACE)
    assert grace is not None

    world.add("ada", "mentee", goals="goal.first_months")
    cleo = world.coordinator()
    world.sign_in(desk, "cleo@example.org")
    id = world.propose("ada", grace.id, cleo)
    world.approve(cleo, id)
    chosen = browser.post(world.choice_link(LetterKind.SUGGESTIONS, ADA), data={"act": "choose", "choice": str(id)})
    assert chosen.status_code == 303
    asked = world.link(LetterKind.QUESTION_TO_MENTOR, GRACE)
    assert browser.post(asked, data={"act": "answer", "answer": "yes"}).status_code == 303
    assert "All have said yes" in browser.get(asked).text

    page = f"/desk/introductions/{id}"
    sent = form(desk.get(page).text, "withdraw") | {"reason": "They are neighbours."}
    assert said(desk, desk.post(page, data=sent)).startswith("Withdrawn.")
    with world.database.read() as session:
        assert introductions.get(session, id).state is State.WITHDRAWN
    assert {letter.to for letter in world.letters(LetterKind.NOT_AVAILABLE)} == {ADA, GRACE}

    way_out = world.site.links.unsubscribe("ada", "suggestions").removeprefix(world.site.origin)
    assert "Matching is paused" in browser.post(way_out, data={"sure": "yes"}).text
    erased = desk.post("/desk/people/ada", data={"act": "erase", "sure": "yes", "typed": "Ada"})
    assert said(desk, erased).startswith("Erased.")
    assert desk.get("/desk/people/ada").status_code == 404
    assert all(letter.state is not LetterState.QUEUED for letter in world.letters(to=ADA))
    for where in ("/desk", "/desk/people", page, "/desk/letters", "/desk/log"):
        shown = desk.get(where)
        assert (shown.status_code, ADA in shown.text) == (200, False), where
