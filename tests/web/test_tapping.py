"""After the introduction, on pages: one tap from a letter, the end, agreements, hours, and what the desk sees of it."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from matcher.domain.introductions import Introduction, State
from matcher.domain.letters import LetterKind
from matcher.domain.people import Standing
from matcher.domain.vocabulary import default_vocabulary
from matcher.storage import aftercare as rows
from matcher.storage import introductions
from matcher.storage import people as people_rows
from matcher.workflow import aftercare, answers, outcomes
from tests.web.pressing import forms, said, text_of
from tests.web.world import World

ADA, GRACE = "ada@example.org", "grace@example.org"
HELP = {"helps_with": "goal.first_months", "settings": "setting.crisis_line_988", "capacity": "1"}
BY_HAND = {"sec-fetch-user": "?1"}
K = LetterKind


@pytest.fixture
def id(world: World) -> int:
    """Ada and Grace have been introduced, and are asked on the fifth day whether they have talked."""
    by = world.coordinator()
    world.add("ada", "mentee", goals="goal.first_months", settings="setting.crisis_line_988")
    world.add("grace", "mentor", **HELP)
    id = world.propose("ada", "grace", by, "assigned")
    world.approve(by, id)
    for who in ("grace", "ada"):
        answers.answer(
            world.database, id, who, "yes", vocabulary=default_vocabulary(), links=world.site.links, now=world.clock()
        )
    world.tick(hours=1)
    on_day(world, 5)
    return id


def on_day(world: World, day: int) -> None:
    """The clock of that day after the introduction."""
    world.clock.forward(days=day - getattr(world, "day", 0), hours=2 if day == 5 else 0)  # type: ignore[attr-defined]
    world.day = day  # type: ignore[attr-defined]
    world.tick()


def one(world: World, id: int) -> Introduction:
    """The introduction as it is stored."""
    with world.database.read() as session:
        return introductions.get(session, id)


def last_answer(world: World, id: int, who: str) -> str | None:
    """What somebody answered to the last short question."""
    with world.database.read() as session:
        return rows.questions_to(session, id, who)[-1].answer


def tap(world: World, kind: LetterKind, to: str, answer: str) -> str:
    """The path behind one answer of the newest letter."""
    [url] = [tap["url"] for tap in world.letters(kind, to)[-1].facts["taps"] if tap["answer"] == answer]
    return str(url.removeprefix(world.site.origin))


def active(world: World, id: int) -> None:
    """They have talked, and the tenth day has come."""
    outcomes.first_contact(world.database, id, "ada", happened=True, links=world.site.links, now=world.clock())
    on_day(world, 10)


# -- one tap ---------------------------------------------------------------------------------------------------------


def test_one_press_takes_the_answer_that_the_link_aims_at(browser: TestClient, world: World, id: int) -> None:
    path = tap(world, K.FIRST_CONTACT_CHECK, ADA, "met")
    page = browser.get(path).text
    assert page.index("Yes, we have talked") < page.index("Not yet")
    assert "button large" in page
    thanks = said(browser, browser.post(path, data={"said": "met"}, headers=BY_HAND))
    assert thanks.startswith("Good to hear")
    assert one(world, id).state is State.ACTIVE
    assert "We have noted: “Yes, we have talked”" in browser.get(path).text
    other = browser.get(tap(world, K.FIRST_CONTACT_CHECK, ADA, "not_yet")).text
    assert other.index("Not yet</button>") < other.index("Yes, we have talked</button>")


def test_nothing_that_a_scanner_does_is_an_answer(browse: Callable[..., TestClient], world: World, id: int) -> None:
    active(world, id)
    robot = browse()
    letter = world.letters(K.CHECK_IN, ADA)[-1]
    version = one(world, id).version
    for each in letter.facts["taps"]:
        path = each["url"].removeprefix(world.site.origin)
        for _ in range(3):
            robot.get(path, headers={"purpose": "prefetch", "sec-purpose": "prefetch"})
            robot.head(path)
        page = robot.get(path).text
        assert robot.post(path, data=forms(page)[0]).status_code == 422  # the form as it stands, by a script
        for pressed in ("well", "not_meeting", "not_a_fit", "call"):  # every button without its tick
            assert robot.post(path, data={**forms(page)[0], "said": pressed}).status_code == 422
        assert robot.post(path, data={"said": "met"}, headers=BY_HAND).status_code == 422
    assert last_answer(world, id, "ada") is None
    assert one(world, id).version == version


def test_a_browser_that_does_not_tell_of_presses_is_asked_for_a_tick(
    browser: TestClient, world: World, id: int
) -> None:
    active(world, id)
    path = tap(world, K.CHECK_IN, ADA, "call")
    refused = browser.post(path, data={"said": "call"})
    assert refused.status_code == 422
    assert 'name="sure"' in refused.text
    assert browser.post(path, data={"said": "call", "sure": "yes"}).status_code == 303
    assert last_answer(world, id, "ada") == "call"


def test_an_old_link_says_so(browser: TestClient, world: World, id: int) -> None:
    first = tap(world, K.FIRST_CONTACT_CHECK, ADA, "met")
    active(world, id)
    for path in (first, tap(world, K.CHECK_IN, ADA, "well")):
        assert browser.get(path).status_code == (410 if path == first else 200)
    outcomes.close(world.database, id, outcome="other", by="cleo", links=world.site.links, now=world.clock())
    for response in (
        browser.get(tap(world, K.CHECK_IN, ADA, "well")),
        browser.post(tap(world, K.CHECK_IN, ADA, "well"), data={"said": "well"}, headers=BY_HAND),
    ):
        assert response.status_code == 410
    signer = world.site.links.signer
    for token in (
        signer.sign("answer", id, "ada", 1),
        signer.sign("exit", id, "ada", 1),
        signer.sign("tap", id, "ada"),
        signer.sign("tap", 999_999, "ada", 1, 10, "well"),
    ):
        assert browser.get(f"/tap/{token}").status_code in (404, 410)


def test_the_last_question_can_be_answered_on_one_s_own_page(browser: TestClient, world: World, id: int) -> None:
    active(world, id)
    world.sign_in(browser, ADA)
    page = f"/me/introductions/{id}"
    assert "How is it going?" in browser.get(page).text
    assert browser.post(page, data={"act": "going", "day": "10"}).status_code == 422
    assert browser.post(page, data={"act": "going", "day": "10", "said": "not_a_fit"}).status_code == 303
    assert last_answer(world, id, "ada") == "not_a_fit"
    assert "We meet, but it does not fit”" in text_of(browser.get(page).text)


# -- the end ---------------------------------------------------------------------------------------------------------


def test_the_letter_of_the_end_leads_to_the_questions(browser: TestClient, world: World, id: int) -> None:
    outcomes.close(world.database, id, outcome="other", participant_id="ada", links=world.site.links, now=world.clock())
    path = world.link(K.CLOSED, GRACE)
    page = browser.get(path).text
    assert "Was it of use to you?" in page
    assert browser.post(path, data=forms(page)[0]).status_code == 422
    assert one(world, id).party("grace").feedback == {}
    told = {"helpful": "3", "again": "break", "words": "Thanks to Ada."}
    assert browser.post(path, data=told).status_code == 303
    assert 'value="3" checked' in browser.get(path).text
    kept = one(world, id).party("grace").feedback
    assert (kept["helpful"], kept["again"], kept["words"]) == (3, "break", "Thanks to Ada.")
    with world.database.read() as session:
        assert people_rows.participant(session, "grace").status is Standing.PAUSED
    for token in (
        world.site.links.signer.sign("exit", id, "grace", 1),
        world.site.links.signer.sign("exit", id, "nobody", 1),
        world.site.links.signer.sign("exit", "x"),
    ):
        assert browser.get(f"/exit/{token}").status_code in (404, 410)


# -- what two expect of each other, hours ----------------------------------------------------------------------------


def test_an_agreement_is_written_down_and_ticked(browse: Callable[..., TestClient], world: World, id: int) -> None:
    ada, grace = browse(), browse()
    world.sign_in(ada, ADA)
    world.sign_in(grace, GRACE)
    page = f"/me/introductions/{id}"
    told = {"act": "agreement", "shown": "0", "a-month": "2", "cadence": "weekly", "months": "6", "agreed-words": "<b>"}
    limits = {"supervision": "yes", "clients": "yes"}
    for missing in (
        told,
        {**told, **limits, "a-month": "0"},
        {**told, **limits, "months": "99"},
        {**told, **limits, "cadence": "?"},
    ):
        assert ada.post(page, data=missing).status_code == 422
    assert 'name="clients" value="yes" checked' in ada.post(page, data={**told, "clients": "yes"}).text
    assert ada.post(page, data={**told, **limits}).status_code == 303
    seen = grace.get(page).text
    assert "2 hours a month" in seen
    assert "&lt;b&gt;" in seen
    assert grace.post(page, data={"act": "tick", "shown": "1"}).status_code == 422
    assert grace.post(page, data={"act": "tick", "shown": "1", **limits}).status_code == 303
    assert "Agreed by both of you" in ada.get(page).text
    assert "Somebody was faster" in said(grace, grace.post(page, data={"act": "tick", "shown": "7", **limits}))


def test_words_stay_in_a_form_that_lacks_something(browser: TestClient, world: World, id: int) -> None:
    world.sign_in(browser, ADA)
    for act in ("close", "concern"):
        wrong = browser.post(f"/me/introductions/{id}", data={"act": act, "words": "We tried <twice>."})
        assert wrong.status_code == 422
        assert wrong.text.count("We tried &lt;twice&gt;.") == 1, act


def test_hours_make_a_certificate(browse: Callable[..., TestClient], world: World, id: int) -> None:
    ada, grace = browse(), browse()
    world.sign_in(ada, ADA)
    world.sign_in(grace, GRACE)
    page = f"/me/introductions/{id}"
    assert ada.get(f"{page}/certificate").status_code == 404
    for wrong in (
        {"met_on": "never", "minutes": "60"},
        {"met_on": "2026-11-26"},
        {"met_on": "2036-11-26", "minutes": "9"},
    ):
        assert ada.post(page, data={"act": "hours", **wrong}).status_code == 422
    for day in ("2026-11-26", "2026-11-27"):
        assert ada.post(page, data={"act": "hours", "met_on": day, "minutes": "95"}).status_code == 303
    assert grace.post(page, data={"act": "confirm"}).status_code == 422
    first, second = (meeting.id for meeting in aftercare.after(world.database, id, "grace").to_confirm)
    assert grace.post(page, data={"act": "strike", "meeting": str(second)}).status_code == 303
    assert grace.post(page, data={"act": "confirm", "meeting": str(first)}).status_code == 303
    for browser, part in ((ada, "has received as a mentee"), (grace, "has given as a mentor")):
        shown = browser.get(f"{page}/certificate")
        taken = browser.post(f"{page}/certificate")
        assert "attachment" in taken.headers["content-disposition"]
        for text in (text_of(shown.text), text_of(taken.text)):
            assert part in text
            assert "1 h 35 min" in text
    world.add("hedy", "mentor", **HELP)
    hedy = browse()
    world.sign_in(hedy, "hedy@example.org")
    assert hedy.get(f"{page}/certificate").status_code == 404
    assert hedy.post(page, data={"act": "confirm", "meeting": str(first)}).status_code == 404


# -- the desk --------------------------------------------------------------------------------------------------------


def test_the_desk_says_who_is_at_risk_and_what_to_do(browse: Callable[..., TestClient], world: World, id: int) -> None:
    active(world, id)
    cleo = browse()
    world.sign_in(cleo, "cleo@example.org")
    assert "wants a look" not in cleo.get("/desk").text
    aftercare.answer(world.database, id, "ada", "call", day=10, links=world.site.links, now=world.clock())
    page = text_of(cleo.get("/desk").text)
    assert "Ada : wants to be called. Please call within two working days." in page
    assert "they do not meet" not in text_of(cleo.get(f"/desk/introductions/{id}").text)
    assert "wants to be called" in text_of(cleo.get(f"/desk/introductions/{id}").text)
    world.clock.forward(minutes=5)  # type: ignore[attr-defined]
    cleo.post("/desk", data={"act": "looked_after", "about": f"introduction:{id}"})
    assert "wants a look" not in cleo.get("/desk").text
    world.clock.forward(minutes=5)  # type: ignore[attr-defined]
    aftercare.answer(world.database, id, "grace", "not_meeting", day=10, links=world.site.links, now=world.clock())
    page = text_of(cleo.get("/desk").text)
    assert "Grace : says they do not meet." in page
    world.clock.forward(minutes=5)  # type: ignore[attr-defined]
    for who in ("ada", "grace"):
        aftercare.answer(world.database, id, who, "well", day=10, links=world.site.links, now=world.clock())
    assert "wants a look" not in cleo.get("/desk").text
    shown = text_of(cleo.get("/desk/outcomes").text)
    assert "they meet, and it is good 2" in shown


def test_silence_over_two_questions_is_seen_on_the_desk(
    browse: Callable[..., TestClient], world: World, id: int
) -> None:
    active(world, id)
    on_day(world, 28)
    aftercare.answer(world.database, id, "grace", "well", day=28, links=world.site.links, now=world.clock())
    cleo = browse()
    world.sign_in(cleo, "cleo@example.org")
    assert "wants a look" not in cleo.get("/desk").text
    world.clock.forward(days=8)  # type: ignore[attr-defined]
    cleo = browse()
    world.sign_in(cleo, "cleo@example.org")
    page = text_of(cleo.get("/desk").text)
    assert "Ada : has not answered two questions in a row." in page
    assert "Grace : has not" not in page


def test_wishes_and_hours_stand_among_the_outcomes(browse: Callable[..., TestClient], world: World, id: int) -> None:
    active(world, id)
    means: dict[str, Any] = {"links": world.site.links, "now": world.clock()}
    outcomes.close(world.database, id, outcome="other", participant_id="ada", **means)
    outcomes.feedback(world.database, id, "ada", answers={"helpful": 3, "again": "break"}, **means)
    cleo = browse()
    world.sign_in(cleo, "cleo@example.org")
    shown = text_of(cleo.get("/desk/outcomes").text)
    assert "after a break 1" in shown
    assert "3.0" in shown
