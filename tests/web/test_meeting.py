"""The page on which two who were introduced agree on their first meeting."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from matcher.domain.letters import LetterKind
from matcher.domain.meetings import MeetingState
from matcher.workflow import answers, meetings
from web.meeting import exists

ADA, GRACE = "ada@example.org", "grace@example.org"


@pytest.fixture
def pair(world: Any) -> int:
    """Ada in Chicago and Grace in Dublin, who know each other."""
    by = world.coordinator()
    world.add("ada", "mentee", goals="goal.first_months", timezone="America/Chicago")
    world.add("grace", "mentor", skills="skill.safety_planning=4", capacity="1", timezone="Europe/Dublin")
    id = world.propose("ada", "grace", by, mode="assigned")
    world.approve(by, id)
    how = {"vocabulary": world.site.vocabulary, "links": world.site.links, "now": world.clock()}
    for who in ("grace", "ada"):
        answers.answer(world.database, id, who, "yes", **how)
    world.tick(minutes=11)
    return id


def fill(path: str, browser: TestClient, **fields: str) -> Any:
    """Posts the form of the page, with what its hidden fields hold."""
    page = browser.get(path).text
    version = page.split('name="version" value="')[1].split('"')[0]
    return browser.post(path, data={"version": version, **fields})


def test_a_time_is_proposed_in_one_zone_and_agreed_to_in_another(pair: int, world: Any, browse: Any) -> None:
    path = f"/me/introductions/{pair}/meeting"
    ada, grace = browse(), browse()
    world.sign_in(ada, ADA)
    world.sign_in(grace, GRACE)
    assert path in ada.get(f"/me/introductions/{pair}").text
    fields = {"act": "propose", "day": "2026-12-03", "time": "12:30", "minutes": "45", "place": "<b>by telephone"}
    assert fill(path, ada, **fields).headers["location"] == path
    seen = meetings.shown(world.database, pair, "grace")
    assert seen.starts_at == datetime(2026, 12, 3, 18, 30, tzinfo=UTC)
    page = grace.get(path).text
    for words in ("Ada proposes this time", "18:30", "12:30", "&lt;b&gt;by telephone", "Agree to this time", "Dublin"):
        assert words in page
    assert "Agree to this time" not in ada.get(path).text
    assert fill(path, grace, act="agree").status_code == 303
    assert "You have both agreed" in ada.get(path).text
    for to in (ADA, GRACE):
        assert len(world.letters(LetterKind.MEETING, to)) == 2
    assert fill(path, grace, act="cancel").status_code == 422
    assert fill(path, grace, act="cancel", sure="yes").status_code == 303
    assert meetings.shown(world.database, pair, "ada").state is MeetingState.CANCELLED
    assert "The time you had was cancelled" in ada.get(path).text


def test_what_is_missing_is_said_and_what_was_typed_stays(pair: int, world: Any, browser: TestClient) -> None:
    path = f"/me/introductions/{pair}/meeting"
    world.sign_in(browser, ADA)
    page = fill(path, browser, act="propose", day="soon", time="", minutes="45", place="in the park")
    assert page.status_code == 422
    for words in ("Please choose a day.", "Please choose a time.", 'value="in the park"'):
        assert words in page.text
    for day, time in (("0001-01-01", "00:00"), ("9999-12-31", "23:59")):
        assert fill(path, browser, act="propose", day=day, time=time, minutes="45").status_code == 422
    assert fill(path, browser, act="propose", day="2020-01-01", time="10:00", minutes="45").status_code == 303
    assert "in the future, within a year" in browser.get(path).text
    gap = fill(path, browser, act="propose", day="2027-03-14", time="02:30", minutes="45")
    assert (gap.status_code, "this time does not exist" in gap.text) == (422, True)
    assert browser.post(path, data={"act": "marry"}).status_code == 400
    assert not world.letters(LetterKind.MEETING)


def test_an_old_page_agrees_to_nothing(pair: int, world: Any, browse: Any) -> None:
    path = f"/me/introductions/{pair}/meeting"
    ada, grace = browse(), browse()
    world.sign_in(ada, ADA)
    world.sign_in(grace, GRACE)
    proposal = {"act": "propose", "minutes": "45", "day": "2026-12-03"}
    fill(path, ada, time="12:30", **proposal)
    fill(path, ada, time="13:30", **proposal)
    grace.post(path, data={"act": "agree", "version": "1"})
    assert meetings.shown(world.database, pair, "ada").state is MeetingState.PROPOSED
    assert "was changed in the meantime" in grace.get(path).text


def test_strangers_and_groups_find_nothing(pair: int, world: Any, browser: TestClient) -> None:
    world.add("ben", "mentee")
    world.sign_in(browser, "ben@example.org")
    for id in (str(pair), "999", "x"):
        path = f"/me/introductions/{id}/meeting"
        assert browser.get(path).status_code == 404
        assert browser.post(path, data={"act": "cancel", "sure": "yes"}).status_code == 404


@pytest.mark.parametrize(
    ("zone", "local", "there"),
    [
        ("America/Chicago", "2027-03-14T02:30", False),
        ("America/Chicago", "2027-03-14T03:00", True),
        ("America/Chicago", "2026-11-01T01:30", True),
        ("Europe/Dublin", "2027-03-28T01:30", False),
        ("Australia/Lord_Howe", "2026-10-04T02:15", False),
        ("UTC", "2027-03-14T02:30", True),
    ],
)
def test_an_hour_that_the_clock_leaves_out_is_known(zone: str, local: str, there: bool) -> None:
    assert exists(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))) is there
