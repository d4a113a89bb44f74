"""The pages behind links in letters, and the same matters on a participant's own page."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from matcher.domain.introductions import Answer, Introduction, State, group
from matcher.domain.letters import LetterKind
from matcher.storage import introductions
from matcher.workflow import answers, tell_me_more
from tests.stories import deliver
from tests.web.pressing import said

ADA, GRACE, HEDY, JOAN = (f"{name}@example.org" for name in ("ada", "grace", "hedy", "joan"))
OFFERS = {"helps_with": "goal.first_months", "settings": "setting.crisis_line_988", "capacity": "1"}


@pytest.fixture
def people(world: Any) -> Any:
    """Ada seeks, Grace, Hedy and Joan could help."""
    world.add("ada", "mentee", goals="goal.first_months", settings="setting.crisis_line_988")
    for name in ("grace", "hedy", "joan"):
        world.add(name, "mentor", **OFFERS)
    world.cleo = world.coordinator()
    return world


def propose(world: Any, mentor: str, mode: str = "choose", mentee: str = "ada") -> int:
    """A draft by hand."""
    return world.propose(mentee, mentor, world.cleo, mode)


def approve(world: Any, *ids: int) -> None:
    """Approves drafts."""
    world.approve(world.cleo, *ids)


def offer(world: Any, *mentors: str) -> list[int]:
    """Offers some mentors to Ada."""
    ids = [propose(world, mentor) for mentor in mentors]
    approve(world, *ids)
    return ids


def state(world: Any, id: int) -> State:
    """Where an introduction stands."""
    with world.database.read() as session:
        return introductions.get(session, id).state


def choice_link(world: Any, kind: LetterKind = LetterKind.SUGGESTIONS) -> str:
    """The path of the first choice in Ada's newest letter."""
    return world.choice_link(kind, ADA)


def introduce(world: Any, browser: TestClient) -> int:
    """Ada picks Grace, Grace says yes, the undo window passes."""
    (id,) = offer(world, "grace")
    browser.post(choice_link(world), data={"act": "choose", "choice": str(id)})
    browser.post(world.link(LetterKind.QUESTION_TO_MENTOR, GRACE), data={"act": "answer", "answer": "yes"})
    world.clock.forward(minutes=11)
    world.tick()
    assert state(world, id) is State.INTRODUCED
    return id


# -- choosing --------------------------------------------------------------------------------------------------------


def test_a_mentee_sees_cards_with_reasons_and_no_names(browser: TestClient, people: Any) -> None:
    offer(people, "grace", "hedy", "joan")
    page = browser.get(choice_link(people)).text
    assert "3 people who could help you" in page
    assert len(re.findall(r'type="radio" name="choice"', page)) == 5
    assert "checked" not in page
    assert page.count('class="reasons"') == 3
    for secret in ("Grace", "Hedy", "grace@", "The words of", "America/Chicago"):
        assert secret not in page


def test_choosing_asks_the_mentor_and_a_yes_introduces_them(browser: TestClient, people: Any) -> None:
    ids = offer(people, "grace", "hedy")
    link = choice_link(people)
    picked = browser.post(link, data={"act": "choose", "choice": str(ids[0])})
    assert (picked.status_code, picked.headers["location"]) == (303, link)
    after = browser.get(link).text
    assert "We ask this mentor now" in after
    assert "You said yes" in after
    assert state(people, ids[0]) is State.ASKING

    asked = people.link(LetterKind.QUESTION_TO_MENTOR, GRACE)
    page = browser.get(asked).text
    assert "Would you talk to this person?" in page
    assert "Ada" not in page
    assert browser.post(asked, data={"act": "answer", "answer": "yes"}).status_code == 303
    page = browser.get(asked).text
    assert "All have said yes" in page
    assert "ada@example.org" not in page
    assert state(people, ids[0]) is State.AGREED


def test_no_button_answers_without_a_choice(browser: TestClient, people: Any) -> None:
    """Mail scanners open, run scripts, submit the form as it stands and try every button; nothing may come of it."""
    (id,) = offer(people, "grace")
    link = choice_link(people)
    for data in ({}, {"act": "choose"}, {"act": "choose", "choice": ""}, {"act": "choose", "choice": "999"}):
        assert browser.post(link, data=data).status_code == 422
    assert state(people, id) is State.OFFERED
    browser.post(link, data={"act": "choose", "choice": str(id)})
    asked = people.link(LetterKind.QUESTION_TO_MENTOR, GRACE)
    for data in (
        {},
        {"act": "answer"},
        {"act": "answer", "answer": "maybe"},
        {"act": "undo"},
        {"act": "answer", "answer": "more"},
    ):
        assert browser.post(asked, data=data).status_code == 422
    assert browser.post(link, data={"act": "undo"}).status_code == 422
    for _ in range(50):
        browser.get(asked)
        browser.head(asked)
    assert state(people, id) is State.ASKING


def test_none_of_these_declines_all_and_asks_for_no_reason(browser: TestClient, people: Any) -> None:
    ids = offer(people, "grace", "hedy")
    link = choice_link(people)
    assert browser.post(link, data={"act": "choose", "choice": "none"}).status_code == 303
    assert {state(people, id) for id in ids} == {State.DECLINED}
    assert "Your answer is noted" in browser.get(link).text


def test_a_place_that_is_gone_is_told_at_once_with_the_next_choice(browser: TestClient, people: Any) -> None:
    people.add("bea", "mentee", goals="goal.first_months")
    theirs = propose(people, "grace", "assigned", mentee="bea")
    ids = offer(people, "grace", "hedy")
    approve(people, theirs)  # takes the only place of Grace
    link = choice_link(people)
    gone = browser.post(link, data={"act": "choose", "choice": str(ids[0])})
    assert gone.status_code == 409
    assert "has just been taken" in gone.text
    assert f'value="{ids[1]}"' in gone.text
    assert f'value="{ids[0]}"' not in gone.text
    assert browser.post(link, data={"act": "choose", "choice": str(ids[1])}).status_code == 303
    assert state(people, ids[1]) is State.ASKING


def test_when_no_place_is_left_somebody_looks_after_it(browser: TestClient, people: Any) -> None:
    people.add("bea", "mentee", goals="goal.first_months")
    theirs = propose(people, "grace", "assigned", mentee="bea")
    (id,) = offer(people, "grace")
    approve(people, theirs)
    gone = browser.post(choice_link(people), data={"act": "choose", "choice": str(id)})
    assert gone.status_code == 409
    assert "A coordinator has been told" in gone.text


def test_the_same_answer_a_hundred_times_is_one(browser: TestClient, people: Any) -> None:
    (id,) = offer(people, "grace")
    link = choice_link(people)
    for _ in range(20):
        assert browser.post(link, data={"act": "choose", "choice": str(id)}).status_code in (303, 422)
    assert len(people.letters(LetterKind.QUESTION_TO_MENTOR)) == 1


# -- the mentor's answer ---------------------------------------------------------------------------------------------


@pytest.fixture
def asked(browser: TestClient, people: Any) -> tuple[int, str]:
    """Grace has been asked about Ada: the introduction and her link."""
    (id,) = offer(people, "grace")
    browser.post(choice_link(people), data={"act": "choose", "choice": str(id)})
    return id, people.link(LetterKind.QUESTION_TO_MENTOR, GRACE)


def test_not_a_fit_ends_it_with_a_reason_for_the_coordinator_alone(
    browser: TestClient, people: Any, asked: tuple[int, str]
) -> None:
    id, link = asked
    browser.post(link, data={"act": "answer", "answer": "no", "reason_code": "know", "reason": "my neighbour"})
    with people.database.read() as session:
        party = introductions.get(session, id).party("grace")
        assert party.answer is Answer.NO
        assert party.reason == "I think we know each other: my neighbour"
    assert "Nobody is told why" in browser.get(link).text
    assert "neighbour" not in browser.get(choice_link(people)).text
    assert all("neighbour" not in str(letter.facts) for letter in people.letters(to=ADA))


def test_a_question_goes_to_the_coordinator_and_the_answer_stays_open(
    browser: TestClient, people: Any, asked: tuple[int, str]
) -> None:
    id, link = asked
    missing = browser.post(link, data={"act": "answer", "answer": "more", "question": " "})
    assert missing.status_code == 422
    assert 'value="more" checked' in missing.text
    question = {"act": "answer", "answer": "more", "question": "Does she work nights?"}
    unaimed = browser.post(link, data=question)
    assert unaimed.status_code == 422
    assert "Please choose whom you ask" in unaimed.text
    browser.post(link, data={**question, "whom": "coordinator"})
    page = browser.get(link).text
    assert "Does she work nights?" in page
    assert 'value="yes"' in page
    assert state(people, id) is State.ASKING


def test_a_question_to_the_other_side_is_answered_without_names(
    browser: TestClient, people: Any, asked: tuple[int, str]
) -> None:
    id, link = asked
    page = browser.get(link).text
    assert re.findall(r'name="whom" value="(\w+)"', page) == ["coordinator", "other"]
    assert "checked" not in page
    question = {"act": "answer", "answer": "more", "whom": "other"}
    blanked = browser.post(link, data={**question, "question": "I am Grace, write to g@example.org. Nights?"})
    assert blanked.status_code == 422
    assert "\nI am […], write to […]. Nights?</textarea>" in blanked.text
    assert "We have left out, so that nobody is named yet: g@example.org, Grace. Please" in blanked.text
    assert all(f'value="{chosen}" checked' in blanked.text for chosen in ("more", "other"))
    assert browser.post(link, data={**question, "question": "Do nights suit you?"}).status_code == 303
    page = browser.get(link).text
    assert "The answer of the other person comes by mail" in page

    adas = people.link(LetterKind.QUESTION_PASSED_ON, ADA)
    page = browser.get(adas).text
    assert "Do nights suit you?" in page
    assert "checked" not in page
    assert "Grace" not in page
    for data, problem in (
        ({}, "Please choose one of the answers"),
        ({"reply": "words"}, "Please write your answer"),
        ({"reply": "words", "reply_words": "Ring +1 312 555 0100"}, "We have left out"),
    ):
        refused = browser.post(adas, data={"act": "reply", **data})
        assert refused.status_code == 422
        assert problem in refused.text
    answer = {"act": "reply", "reply": "words", "reply_words": "They do."}
    assert "Your answer is on its way" in browser.post(adas, data=answer, follow_redirects=True).text
    assert "Do nights suit you?" not in browser.get(adas).text
    late = browser.post(adas, data={"act": "reply", "reply": "rather_not"}, follow_redirects=True)
    assert "waits for you no more" in late.text
    page = browser.get(people.link(LetterKind.TELL_ME_MORE_ANSWER, GRACE)).text
    assert "The other person's answer: “They do.”" in page
    assert "Ada" not in page
    assert state(people, id) is State.ASKING


def test_a_question_is_the_coordinators_while_the_other_side_knows_of_nothing(browser: TestClient, people: Any) -> None:
    (id,) = [propose(people, "grace", "assigned")]
    approve(people, id)
    link = people.link(LetterKind.QUESTION_TO_MENTOR, GRACE)
    page = browser.get(link).text
    assert 'name="whom"' not in page
    assert "as the other person cannot be asked yet" in page
    question = {"act": "answer", "answer": "more", "question": "Nights?"}
    forced = browser.post(link, data={**question, "whom": "other"})
    assert forced.status_code == 422
    assert "Nights?" in forced.text
    assert "Send it again" in forced.text
    assert browser.post(link, data=question).status_code == 303
    assert people.letters(LetterKind.COORDINATOR_NEEDED)


def test_a_yes_can_be_taken_back_with_a_tick(browser: TestClient, people: Any, asked: tuple[int, str]) -> None:
    id, link = asked
    browser.post(link, data={"act": "answer", "answer": "yes"})
    assert "tick the box" in browser.post(link, data={"act": "undo"}).text
    assert browser.post(link, data={"act": "undo", "sure": "yes"}).status_code == 303
    assert state(people, id) is State.DECLINED
    assert "Your answer is noted" in browser.get(link).text


def test_a_link_of_a_withdrawn_suggestion_is_explained(
    browser: TestClient, people: Any, asked: tuple[int, str]
) -> None:
    id, link = asked
    answers.withdraw(
        people.database, id, by=people.cleo, reason="a mistake", links=people.site.links, now=people.clock()
    )
    for answer in (browser.get(link), browser.post(link, data={"act": "answer", "answer": "yes"})):
        assert answer.status_code in (200, 410)
        assert "did not come about" in answer.text or "no longer in use" in answer.text
        assert "mistake" not in answer.text
    assert state(people, id) is State.WITHDRAWN


def test_a_yes_again_after_the_end_promises_nothing(browser: TestClient, people: Any, asked: tuple[int, str]) -> None:
    id, _ = asked
    people.sign_in(browser, GRACE)
    yes = {"act": "answer", "answer": "yes"}
    assert "as soon as everybody" in said(browser, browser.post(f"/me/introductions/{id}", data=yes))
    answers.withdraw(people.database, id, by=people.cleo, reason="no", links=people.site.links, now=people.clock())
    assert "has ended" in said(browser, browser.post(f"/me/introductions/{id}", data=yes))


def test_links_are_bound_to_purpose_party_and_epoch(browser: TestClient, people: Any, asked: tuple[int, str]) -> None:
    id, link = asked
    token = link.rpartition("/")[2]
    links = people.site.links
    for path in ("unsubscribe", "sign-in", "confirm"):
        ticks = {"mine": "yes", "me": "yes", "sure": "yes"}
        assert browser.post(f"/{path}/{token}", data=ticks).status_code in (404, 410)
    other = links.unsubscribe("grace", "suggestions").rpartition("/")[2]
    assert browser.get(f"/answer/{other}").status_code == 404
    for forged in (links.answer(id, "hedy", 1), links.answer(id, "nobody", 1), links.answer(id + 50, "grace", 1)):
        path = forged.removeprefix("https://mentors.example.org")
        assert browser.post(path, data={"act": "answer", "answer": "yes"}).status_code == 410
    old = links.answer(id, "grace", 99).removeprefix("https://mentors.example.org")
    assert browser.post(old, data={"act": "answer", "answer": "yes"}).status_code == 410
    assert state(people, id) is State.ASKING


def test_changed_tokens_are_refused(browser: TestClient, people: Any, asked: tuple[int, str]) -> None:
    _, link = asked
    for at in range(len("/answer/"), len(link)):
        changed = link[:at] + ("A" if link[at] != "A" else "B") + link[at + 1 :]
        assert browser.get(changed).status_code in (404, 410) or changed.rpartition(".")[2] == link.rpartition(".")[2]


# -- groups ----------------------------------------------------------------------------------------------------------


def test_a_group_invites_and_introduces_those_who_said_yes(browser: TestClient, people: Any) -> None:
    with people.database.write() as session:
        draft: Introduction = group("grace", ["ada", "hedy"], label="Case consultation 1")
        introductions.add(session, draft, by="test", now=people.clock())
        id = draft.id or 0
    approve(people, id)
    for email in (ADA, GRACE, HEDY):
        link = people.link(LetterKind.GROUP_INVITATION, email)
        page = browser.get(link).text
        assert "Case consultation 1" in page
        assert "Grace" not in page
        assert browser.post(link, data={"act": "answer", "answer": "yes"}).status_code == 303
    people.clock.forward(minutes=11)
    people.tick()
    assert state(people, id) is State.INTRODUCED
    people.sign_in(browser, ADA)
    page = browser.get(f"/me/introductions/{id}").text
    for word in ("Grace", "grace@example.org", "Hedy", "opens the meetings"):
        assert word in page


# -- after the introduction ------------------------------------------------------------------------------------------


def test_the_own_page_shows_what_is_open_and_answers_it(browser: TestClient, people: Any) -> None:
    ids = offer(people, "grace", "hedy")
    people.sign_in(browser, ADA)
    page = browser.get("/me").text
    assert "Waiting for your answer" in page
    assert f"/me/introductions/{ids[0]}" in page
    browser.post(f"/me/introductions/{ids[0]}", data={"act": "choose", "choice": str(ids[0])})
    assert state(people, ids[0]) is State.ASKING
    assert "Under way" in browser.get("/me").text


def test_names_appear_only_after_the_undo_window(
    browser: TestClient, browse: Callable[..., TestClient], people: Any
) -> None:
    id = introduce(people, browser)
    ada, grace = browse(), browse()
    people.sign_in(ada, ADA)
    people.sign_in(grace, GRACE)
    assert "grace@example.org" in ada.get(f"/me/introductions/{id}").text
    assert "ada@example.org" in grace.get(f"/me/introductions/{id}").text
    assert "grace@example.org" not in browse().get(choice_link(people)).text


def test_nobody_reaches_somebody_else_s_introduction(
    browser: TestClient, browse: Callable[..., TestClient], people: Any
) -> None:
    id = introduce(people, browser)
    hedy = browse()
    people.sign_in(hedy, HEDY)
    for answer in (
        hedy.get(f"/me/introductions/{id}"),
        hedy.post(f"/me/introductions/{id}", data={"act": "close", "outcome": "other"}),
        hedy.get("/me/introductions/999999999999999999999"),
        hedy.get("/me/introductions/x"),
    ):
        assert answer.status_code == 404
    assert state(people, id) is State.INTRODUCED


def test_first_contact_then_closing_then_feedback(browser: TestClient, people: Any) -> None:
    id = introduce(people, browser)
    people.sign_in(browser, ADA)
    page = f"/me/introductions/{id}"
    assert browser.post(page, data={"act": "contact"}).status_code == 422
    assert browser.post(page, data={"act": "contact", "happened": "yes"}).status_code == 303
    assert state(people, id) is State.ACTIVE
    assert browser.post(page, data={"act": "close", "outcome": "nonsense"}).status_code == 422
    browser.post(page, data={"act": "close", "outcome": "goals_reached", "words": "Wonderful."})
    assert state(people, id) is State.CLOSED
    assert "How was it?" in browser.get(page).text
    browser.post(page, data={"act": "feedback", "helpful": "4", "again": "yes", "words": "More of it"})
    with people.database.read() as session:
        feedback = introductions.get(session, id).party("ada").feedback
    assert {name: feedback[name] for name in ("helpful", "again", "words")} == {
        "helpful": 4,
        "again": "yes",
        "words": "More of it",
    }


def test_a_concern_ends_it_at_once_and_is_told_to_nobody_else(
    browser: TestClient, browse: Callable[..., TestClient], people: Any
) -> None:
    id = introduce(people, browser)
    people.sign_in(browser, ADA)
    page = f"/me/introductions/{id}"
    assert browser.post(page, data={"act": "concern", "words": "He shouted"}).status_code == 422
    assert browser.post(page, data={"act": "concern", "words": "He shouted", "sure": "yes"}).status_code == 303
    assert state(people, id) is State.WITHDRAWN
    grace = browse()
    people.sign_in(grace, GRACE)
    assert "shouted" not in grace.get("/me").text + grace.get(page).text
    assert all("shouted" not in str(letter.facts) for letter in people.letters())


# -- unsubscribing ---------------------------------------------------------------------------------------------------


def test_one_click_unsubscribe_needs_no_cookie_and_no_origin(app: Any, people: Any) -> None:
    path = people.site.links.unsubscribe("ada", "reminders").removeprefix("https://mentors.example.org")
    program = TestClient(app, base_url="https://mentors.example.org", follow_redirects=False)
    for _ in range(2):
        for headers in ({}, {"origin": "https://mail.example"}, {"sec-fetch-site": "cross-site"}):
            done = program.post(path, data={"List-Unsubscribe": "One-Click"}, headers=headers)
            assert (done.status_code, done.text) == (200, "unsubscribed")
            assert "set-cookie" not in done.headers


def test_looking_at_the_unsubscribe_page_ends_nothing(browser: TestClient, people: Any) -> None:
    path = people.site.links.unsubscribe("ada", "suggestions").removeprefix("https://mentors.example.org")
    assert "also pauses matching" in browser.get(path).text
    browser.head(path)
    people.sign_in(browser, ADA)
    assert "You are on pause" not in browser.get("/me").text
    assert browser.post(path).status_code == 422  # the form as it stands
    assert "You are on pause" not in browser.get("/me").text
    assert "Matching is paused" in browser.post(path, data={"sure": "yes"}).text
    assert "You are on pause" in browser.get("/me").text


def test_a_question_before_choosing_stops_the_clock_of_all_choices(browser: TestClient, people: Any) -> None:
    ids = offer(people, "grace", "hedy")
    link = choice_link(people)
    empty = browser.post(link, data={"act": "choose", "choice": "more"})
    assert empty.status_code == 422
    assert 'value="more" checked' in empty.text
    assert browser.post(link, data={"act": "choose", "choice": "more", "question": "Nights, too?"}).status_code == 303
    assert "You asked: “Nights, too?”" in browser.get(link).text
    people.clock.forward(days=30)
    people.tick()
    assert {state(people, id) for id in ids} == {State.OFFERED}
    tell_me_more.tell(
        people.database, ids[0], "ada", "Yes.", by=people.cleo, links=people.site.links, now=people.clock()
    )
    deliver(people.database, people.clock())
    people.clock.forward(days=7)
    people.tick()
    assert {state(people, id) for id in ids} == {State.OFFERED}
    people.clock.forward(days=4)
    people.tick()
    assert {state(people, id) for id in ids} == {State.EXPIRED}


def test_the_first_conversation_is_reported_behind_the_link_of_an_older_letter(
    browser: TestClient, people: Any
) -> None:
    id = introduce(people, browser)
    with people.database.read() as session:
        epoch = introductions.get(session, id).party("ada").epoch
    link = people.site.links.answer(id, "ada", epoch).removeprefix(people.site.origin)
    assert "Have you two talked already?" in browser.get(link).text
    assert "grace@" not in browser.get(link).text
    assert browser.post(link, data={"act": "contact"}).status_code == 422
    assert browser.post(link, data={"act": "contact", "happened": "yes"}).status_code == 303
    assert state(people, id) is State.ACTIVE
    assert "Have you two talked already?" not in browser.get(link).text
