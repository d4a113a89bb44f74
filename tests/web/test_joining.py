"""Sign-up: page by page, with mistakes, interruptions and second thoughts."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from starlette.testclient import TestClient

from matcher.domain.letters import LetterKind
from matcher.domain.people import ConsentKind, Standing
from matcher.domain.vocabulary import default_vocabulary
from matcher.storage import people as rows
from web import questions

YOU = {"role": "mentor", "name": "Grace O'Malley-Żółć", "email": "grace@example.org"}
WORK = {
    "stage": "stage.senior",
    "disciplines_shown": "1",
    "disciplines": ["discipline.nursing"],
    "disciplines_more": "",
    "skills_shown": "1",
    "skills": ["skill.safety_planning", "skill.active_listening"],
    "skills_more": "knitting with patients",
    "employer": "Harbour Line",
}
LEVELS = {"level.skill.safety_planning": "4"}
AIMS = {"helps_with_shown": "1", "helps_with": ["goal.first_months"], "capacity": "2", "text": "Ask me about nights."}
WHEN = {
    "languages_shown": "1",
    "languages": ["lang.en", "lang.es"],
    "timezone": "America/Chicago",
    "region": "region.US-OH",
    "slots_shown": "1",
    "slots": ["slot.weekday_evening"],
    "constraints_shown": "1",
    "constraints": ["constraint.no_police_mentor"],
}
PAGES: Mapping[str, Mapping[str, Any]] = {"you": YOU, "work": WORK, "levels": LEVELS, "aims": AIMS, "when": WHEN}


def go(browser: TestClient, pages: Mapping[str, Mapping[str, Any]] = PAGES) -> None:
    """Fills in all pages up to the last."""
    for step, fields in pages.items():
        answer = browser.post(f"/join/{step}", data={**fields, "go": "on"})
        assert answer.status_code == 303, (step, answer.text)


def test_a_mentor_signs_up_and_confirms(browser: TestClient, world: Any) -> None:
    go(browser)
    check = browser.get("/join/check").text
    for word in ("Grace O&#39;Malley-Żółć", "Nursing", "knitting with patients", "can teach it", "Ask me about nights"):
        assert word in check
    assert 'name="consent_matching" value="yes">' in check
    assert "checked" not in check
    sent = browser.post("/join/check", data={"consent_matching": "yes", "go": "on"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/joined")
    assert "check your mail" in browser.get("/joined").text

    link = world.link(LetterKind.CONFIRM_ADDRESS, "grace@example.org")
    for _ in range(3):
        assert "Yes, this is my address" in browser.get(link).text
        browser.head(link)
    with world.database.read() as session:
        person = rows.by_address(session, "grace@example.org")
        assert person is not None
        assert person.status is Standing.UNCONFIRMED
    assert browser.post(link).status_code == 422  # a scanner that presses the button sets no tick
    assert "You are in" in browser.post(link, data={"mine": "yes"}).text
    with world.database.read() as session:
        person = rows.by_address(session, "grace@example.org")
        assert person is not None
        profile = rows.profile_of(person, default_vocabulary())
        assert set(rows.standing_consents(session, person.id)) == {ConsentKind.MATCHING}
    assert person.status is Standing.ACTIVE
    assert profile.skills == {"skill.safety_planning": 4.0, "skill.active_listening": None}
    assert profile.unknown == {"skills": ("knitting with patients",)}
    assert (profile.capacity, profile.languages, profile.employer) == (2, ("lang.en", "lang.es"), ("Harbour Line",))


def test_a_bad_confirmation_link_is_explained(browser: TestClient) -> None:
    answer = browser.post("/confirm/nonsense", data={"mine": "yes"})
    assert answer.status_code == 410
    assert "run out" in answer.text


def test_everything_typed_stays_and_errors_stand_beside_their_fields(browser: TestClient) -> None:
    answer = browser.post("/join/you", data={"role": "both", "name": "", "email": "not an address", "go": "on"})
    assert answer.status_code == 422
    assert 'value="not an address"' in answer.text
    assert re.search(r'id="email"[^>]*aria-describedby="hint-email error-email" aria-invalid="true"', answer.text)
    assert '<a href="#name">' in answer.text
    assert 'id="error-name"' in answer.text
    assert 'value="both" checked' in answer.text
    # and it is there again when the browser comes back later
    assert 'value="not an address"' in browser.get("/join/you").text


def test_the_list_of_mistakes_says_which_field_each_is_about(browser: TestClient) -> None:
    go(browser)
    answer = browser.post("/join/when", data={**WHEN, "avoid": "x" * 300, "timezone": "", "go": "on"})
    summary = answer.text[answer.text.index('id="error-summary"') : answer.text.index("<form")]
    assert '<a href="#avoid">Keep away from: Shorten this to at most 200 characters.</a>' in summary
    assert '<a href="#timezone">Time zone: Choose your time zone' in summary
    check = browser.post("/join/check", data={"consent_matching": "yes", "go": "on"}).text
    assert '<a href="/join/when#avoid">Keep away from: Shorten this to at most 200 characters.</a>' in check


def test_the_form_is_not_emptied_by_one_slip_of_the_thumb(browser: TestClient) -> None:
    browser.post("/join/you", data={**YOU, "go": "on"})
    page = browser.get("/join/work").text
    assert page.index('value="on"') < page.index('<details class="aside">') < page.index('value="clear"')


def test_an_address_that_no_letter_could_reach_is_told_at_once(browser: TestClient) -> None:
    answer = browser.post("/join/you", data={**YOU, "email": f"{'a' * 65}@example.org", "go": "on"})
    assert answer.status_code == 422
    assert '<p class="error" id="error-email">' in answer.text


def test_a_half_filled_form_survives_a_lost_connection(browser: TestClient, browse: Callable[..., TestClient]) -> None:
    kept = browser.post("/join/you", data={"role": "mentee", "name": "Ada", "email": "", "go": "keep"})
    assert (kept.status_code, kept.text) == (204, "")
    assert 'value="Ada"' in browser.get("/join/you").text
    assert 'value="Ada"' not in browse().get("/join/you").text


def test_back_keeps_what_was_typed_without_complaining(browser: TestClient) -> None:
    browser.post("/join/you", data={**YOU, "go": "on"})
    back = browser.post("/join/work", data={"employer": "Harbour Line", "go": "back"})
    assert back.headers["location"] == "/join/you"
    assert 'value="Harbour Line"' in browser.get("/join/work").text


def test_emptying_the_form_forgets_it(browser: TestClient, world: Any) -> None:
    browser.post("/join/you", data={**YOU, "go": "on"})
    assert browser.post("/join/you", data={"go": "clear"}).headers["location"] == "/"
    assert "nothing of it was kept" in browser.get("/").text
    assert "Grace" not in browser.get("/join/you").text


def test_later_pages_need_the_first(browser: TestClient) -> None:
    for step in ("work", "levels", "aims", "when", "check"):
        assert browser.get(f"/join/{step}").headers["location"] == "/join/you"
    assert browser.get("/join/nowhere").status_code == 404


def test_levels_are_asked_of_mentors_with_skills_only(browser: TestClient) -> None:
    browser.post("/join/you", data={**YOU, "role": "mentee", "go": "on"})
    assert browser.post("/join/work", data={**WORK, "go": "on"}).headers["location"] == "/join/aims"
    browser.post("/join/you", data={**YOU, "go": "on"})
    assert browser.post("/join/work", data={**WORK, "go": "on"}).headers["location"] == "/join/levels"


@pytest.mark.parametrize(
    ("language", "zone", "continent", "city", "neighbours"),
    [
        ("en", "New York", "Pacific Ocean", "New York", ("New Salem, North Dakota", "New York", "Nipigon")),
        ("es", "Nueva York", "Océano Pacífico", "Ciudad de México", ("Trípoli", "Túnez", "Uagadugú", "Windhoek")),
    ],
)
def test_places_are_called_and_ordered_as_the_reader_s_language_does(
    browser: TestClient, language: str, zone: str, continent: str, city: str, neighbours: tuple[str, ...]
) -> None:
    browser.get(f"/?lang={language}")
    go(browser, {**PAGES, "when": {**WHEN, "timezone": "America/New_York"}})
    page = browser.get("/join/when").text
    assert f'<option value="America/New_York" selected>{zone}</option>' in page
    assert f'<optgroup label="{continent}">' in page
    places = re.findall(r'<option value="[A-Z][a-z]+/[^"]*"[^>]*>([^<]*)</option>', page)
    assert city in places
    at = places.index(neighbours[0])
    assert tuple(places[at : at + len(neighbours)]) == neighbours
    assert f"<dd><bdi>{zone}</bdi></dd>" in browser.get("/join/check").text


def test_consent_to_matching_is_needed_and_said_beside_it(browser: TestClient, world: Any) -> None:
    go(browser)
    answer = browser.post("/join/check", data={"consent_show_text": "yes", "go": "on"})
    assert answer.status_code == 422
    assert "Without this one" in answer.text
    assert 'name="consent_show_text" value="yes" checked' in answer.text
    assert world.letters() == []


def test_the_last_page_looks_at_everything_again(browser: TestClient, world: Any) -> None:
    go(browser, {"you": YOU})
    answer = browser.post("/join/check", data={"consent_matching": "yes", "go": "on"})
    assert answer.status_code == 422
    assert "/join/when#timezone" in answer.text
    assert world.letters() == []


def test_a_known_address_sees_the_same_and_gets_another_letter(
    browser: TestClient, browse: Callable[..., TestClient], world: Any
) -> None:
    world.add("grace", "mentor")
    known, fresh = browser, browse()
    go(known)
    go(fresh, {**PAGES, "you": {**YOU, "email": "new@example.org"}})
    answers = [each.post("/join/check", data={"consent_matching": "yes", "go": "on"}) for each in (known, fresh)]
    assert answers[0].status_code == answers[1].status_code == 303
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert known.get("/joined").text == fresh.get("/joined").text
    assert [row.kind for row in world.letters(to="grace@example.org")] == [LetterKind.ALREADY_SIGNED_UP]
    assert [row.kind for row in world.letters(to="new@example.org")] == [LetterKind.CONFIRM_ADDRESS]


def test_signing_up_is_limited_by_network_address(browse: Callable[..., TestClient]) -> None:
    for number in range(6):
        browser = browse(address="198.51.100.7")
        go(browser, {**PAGES, "you": {**YOU, "email": f"p{number}@example.org"}})
        answer = browser.post("/join/check", data={"consent_matching": "yes", "go": "on"})
        assert answer.status_code == (303 if number < 5 else 429)
    elsewhere = browse(address="198.51.100.8")
    go(elsewhere)
    assert elsewhere.post("/join/check", data={"consent_matching": "yes", "go": "on"}).status_code == 303


# -- counts without names --------------------------------------------------------------------------------------------


def test_counts_are_told_from_five_on_and_never_a_name(browser: TestClient, world: Any) -> None:
    browser.post("/join/you", data={**YOU, "role": "mentee", "go": "on"})
    browser.post("/join/aims", data={"goals_shown": "1", "goals": ["goal.first_months"], "go": "on"})
    for number in range(4):
        world.add(f"mentor{number}", "mentor", helps_with="goal.first_months")
    assert "a few mentors at most" in browser.get("/join/when").text
    world.add("mentor4", "mentor", helps_with="goal.first_months")
    world.add("other", "mentor", helps_with="goal.win_grant")
    world.add("french", "mentor", helps_with="goal.first_months", languages="lang.fr")
    page = browser.get("/join/when")
    browser.post("/join/when", data={**WHEN, "go": "on"})
    assert "6 mentors" in page.text  # no language said yet
    assert "5 mentors" in browser.get("/join/check").text
    assert "Mentor0" not in page.text


def test_a_mentor_sees_which_goals_wait(browser: TestClient, world: Any) -> None:
    for number in range(6):
        world.add(f"mentee{number}", "mentee", goals="goal.first_months" if number < 5 else "goal.win_grant")
    go(browser)
    page = browser.get("/join/check").text
    label = default_vocabulary()["goal.first_months"].label
    assert f"{label}: 5 people" in page
    browser.post("/join/aims", data={"helps_with_shown": "1", "helps_with": ["goal.win_grant"], "go": "on"})
    assert f"{default_vocabulary()['goal.win_grant'].label}: a few people" in browser.get("/join/check").text


# -- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [("skills", "safety pl", "skill.safety_planning"), ("credentials", "lcsw", "cred.lcsw"), ("goals", "", None)],
)
def test_words_half_typed_find_their_terms(browser: TestClient, kind: str, text: str, expected: str | None) -> None:
    found = browser.get("/vocabulary/suggest", params={"kind": kind, "q": text}).json()
    assert [term["id"] for term in found][:1] == ([expected] if expected else [])


@pytest.mark.parametrize("kind", ["nonsense", "", "regions", "../etc"])
def test_no_other_kind_is_suggested(browser: TestClient, kind: str) -> None:
    assert browser.get("/vocabulary/suggest", params={"kind": kind, "q": "a"}).json() == []


def test_a_draft_and_the_answers_of_a_profile_are_the_same_thing() -> None:
    vocabulary = default_vocabulary()
    draft = {
        "role": "both",
        "skills": "skill.safety_planning=3; skill.active_listening",
        "skills_more": "knitting; origami",
        "goals": "goal.first_months",
    }
    answers = questions.answers_of(draft)
    again = questions.draft_of(answers, vocabulary)
    assert {name: again[name] for name in draft} == draft
    assert questions.answers_of(again) == answers


def test_what_a_role_is_not_asked_is_not_sent() -> None:
    draft = {"role": "mentor", "goals": "goal.first_months", "helps_with": "goal.win_grant"}
    assert questions.answers_of(draft).get("goals") is None
    assert questions.answers_of({**draft, "role": "mentee"}).get("helps_with") is None
