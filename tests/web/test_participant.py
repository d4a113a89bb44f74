"""A participant's own pages: profile, pause, consent, download, leaving."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from matcher.domain.letters import LetterKind
from matcher.domain.people import ConsentKind, Standing
from matcher.storage import people as rows

ADA = "ada@example.org"


@pytest.fixture
def ada(browser: TestClient, world: Any) -> TestClient:
    """Ada's browser, signed in."""
    world.add("ada", "both", goals="goal.first_months", skills="skill.safety_planning=3; basket weaving", capacity="2")
    world.sign_in(browser, ADA)
    return browser


def person(world: Any) -> Any:
    """Ada's row."""
    with world.database.read() as session:
        return rows.participant(session, "ada")


def test_the_profile_shows_every_answer_and_what_it_is_for(ada: TestClient) -> None:
    page = ada.get("/me/profile").text
    for word in ("Ada", "basket weaving", "confident", "The words of ada.", "used for matching"):
        assert word in page


def test_one_page_of_the_profile_can_be_changed(ada: TestClient, world: Any) -> None:
    page = ada.get("/me/profile/work").text
    assert 'value="basket weaving"' in page
    fields = {"skills_shown": "1", "skills": ["skill.active_listening"], "skills_more": "", "employer": "Harbour"}
    saved = ada.post("/me/profile/work", data={**fields, "version": person(world).version})
    assert saved.headers["location"] == "/me/profile"
    answers = person(world).answers
    assert (answers["skills"], answers["employer"]) == ("skill.active_listening", "Harbour")
    assert (answers["goals"], answers["text"]) == ("goal.first_months", "The words of ada.")


def test_a_mistake_stays_on_the_page_and_changes_nothing(ada: TestClient, world: Any) -> None:
    wrong = ada.post(
        "/me/profile/aims", data={"capacity": "many", "text": "New words", "version": person(world).version}
    )
    assert wrong.status_code == 422
    assert 'value="many"' in wrong.text
    assert "New words" in wrong.text
    assert person(world).capacity == 2


def test_an_old_form_is_refused_and_nothing_typed_is_lost(ada: TestClient, world: Any) -> None:
    version = person(world).version
    ada.post("/me/profile/work", data={"employer": "First", "version": version})
    second = ada.post("/me/profile/work", data={"employer": "Second", "version": version})
    assert second.status_code == 422
    assert "changed elsewhere" in second.text
    assert 'value="Second"' in second.text
    assert person(world).answers["employer"] == "First"


def test_pages_that_are_not_there_are_404(ada: TestClient) -> None:
    assert ada.get("/me/profile/check").status_code == 404
    assert ada.get("/me/profile/nonsense").status_code == 404


def test_a_new_address_has_to_be_confirmed_first(ada: TestClient, world: Any) -> None:
    fields = {"role": "both", "name": "Ada", "email": "new@example.org", "version": person(world).version}
    ada.post("/me/profile/you", data=fields)
    assert ada.get("/me").status_code == 303
    assert world.letters(LetterKind.CONFIRM_ADDRESS, "new@example.org")


def test_pause_and_back(ada: TestClient, world: Any) -> None:
    ada.post("/me/pause", data={"days": "30"})
    assert person(world).status is Standing.PAUSED
    assert "You are on pause" in ada.get("/me").text
    ada.post("/me/resume")
    assert person(world).status is Standing.ACTIVE


def test_showing_one_s_own_words_is_given_and_taken_back_at_once(ada: TestClient, world: Any) -> None:
    def shown() -> bool:
        with world.database.read() as session:
            return ConsentKind.SHOW_TEXT in rows.standing_consents(session, "ada")

    ada.post("/me/consent", data={"show_text": "yes"})
    assert shown()
    ada.post("/me/consent")
    assert not shown()


def test_the_download_has_everything_and_is_limited(ada: TestClient) -> None:
    file = ada.post("/me/export")
    assert "attachment" in file.headers["content-disposition"]
    assert "The words of ada." in json.dumps(file.json(), ensure_ascii=False)
    assert [ada.post("/me/export").status_code for _ in range(5)] == [200] * 4 + [429]


def test_leaving_needs_a_choice_and_a_tick(ada: TestClient, world: Any) -> None:
    for data in ({}, {"how": "keep"}, {"sure": "yes"}):
        assert ada.post("/me/leave", data=data).status_code == 422
    assert person(world).status is Standing.ACTIVE
    assert "Goodbye" in ada.post("/me/leave", data={"how": "keep", "sure": "yes"}).text
    assert person(world).status is Standing.LEFT
    assert ada.get("/me").status_code == 303


def test_one_can_come_back_after_leaving_with_a_fresh_consent(ada: TestClient, world: Any) -> None:
    ada.post("/me/leave", data={"how": "keep", "sure": "yes"})
    world.clock.forward(minutes=5)
    world.sign_in(ada, ADA)
    assert "You have left the programme" in ada.get("/me").text
    assert ada.post("/me/resume").status_code == 409
    ada.post("/me/resume", data={"consent_matching": "yes"})
    assert person(world).status is Standing.ACTIVE


def test_erasing_leaves_nothing_to_sign_in_to(ada: TestClient, world: Any) -> None:
    assert "has been erased" in ada.post("/me/leave", data={"how": "erase", "sure": "yes"}).text
    assert ada.get("/me").status_code == 303
    with world.database.read() as session:
        assert rows.by_address(session, ADA) is None


def test_whoever_works_at_night_sets_hours_of_their_own(ada: TestClient, world: Any) -> None:
    ada.post("/me/hours", data={"whose": "usual"})
    assert 'value="usual" checked' in ada.get("/me/profile").text
    ada.post("/me/hours", data={"whose": "own", "from": "8", "until": "16"})
    assert (person(world).quiet_from, person(world).quiet_until) == (8, 16)
    page = ada.get("/me/profile").text
    assert 'value="own" checked' in page
    assert '<option value="16" selected>' in page
    ada.post("/me/hours", data={"whose": "own", "from": "8", "until": "99"})
    assert person(world).quiet_until == 16
    ada.post("/me/hours", data={"whose": "usual", "from": "8", "until": "16"})
    assert person(world).quiet_from is None


def test_the_page_says_how_long_the_line_is_and_what_is_not_known(ada: TestClient) -> None:
    page = ada.get("/me").text
    assert "You are number 1 of those who wait" in page
    assert "How long it takes is not known yet." in page
