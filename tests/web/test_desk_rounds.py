"""The desk's first page, rounds, and the review of what they propose."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from matcher.domain.introductions import State
from matcher.domain.letters import LetterKind
from matcher.domain.rounds import Round, RoundState
from matcher.domain.vocabulary import default_vocabulary
from matcher.storage import desk_proposals, desk_rounds, introductions
from matcher.workflow import matching, review, signup
from tests.web.pressing import form, text_of
from tests.web.world import World
from web.desk import pages

HELP = {"helps_with": "goal.first_months", "settings": "setting.crisis_line_988", "capacity": "1"}
WANT = {"goals": "goal.first_months", "settings": "setting.crisis_line_988"}


@pytest.fixture
def cleo(world: World, browser: TestClient) -> TestClient:
    """The coordinator's browser; three mentees and two mentors are in the pool."""
    world.coordinator()
    world.sign_in(browser, "cleo@example.org")
    for mentee in ("ada", "ben", "dora"):
        world.add(mentee, "mentee", **WANT)
    for mentor in ("grace", "hedy"):
        world.add(mentor, "mentor", **HELP)
    return browser


def start(cleo: TestClient, **choices: str) -> int:
    """Asks for a round; returns its id."""
    answer = cleo.post("/desk/rounds", data={"mode": "choose", "objective": "total", "suggestions": "2", **choices})
    assert answer.status_code == 303, re.findall('class="error"[^>]*>(.*?)</p>', answer.text)
    return int(answer.headers["location"].rsplit("/", 1)[1])


def run(world: World, id: int) -> None:
    """A worker's turn."""
    matching.run_round(world.database, id, vocabulary=default_vocabulary(), now=world.clock())


@pytest.fixture
def round_(cleo: TestClient, world: World) -> int:
    """A round that waits for review."""
    id = start(cleo)
    run(world, id)
    return id


def proposals(world: World, round_: int, mentee: str | None = None) -> list[Any]:
    with world.database.read() as session:
        found = [
            i for g in desk_proposals.proposals_by_mentee(session, desk_proposals.Wanted(round_, "all")).rows for i in g
        ]
    return [i for i in found if mentee in (None, i.mentee_id)]


def state(world: World, id: int) -> State:
    with world.database.read() as session:
        return introductions.get(session, id).state


def shown(world: World, round_: int, mentee: str | None = None) -> list[str]:
    """What a page shown now sends for its proposals: id and version."""
    return [f"{i.id}:{i.version}" for i in proposals(world, round_, mentee)]


def told(browser: TestClient, path: str) -> str:
    """The one-time message on a page."""
    found = re.search(r'role="status"><div class="message[^>]*>.*?<p>(.*?)</p>', browser.get(path).text, re.DOTALL)
    return found[1] if found else ""


# -- today -----------------------------------------------------------------------------------------------------------


def test_an_empty_desk_says_what_will_stand_here(world: World, browser: TestClient) -> None:
    world.coordinator()
    world.sign_in(browser, "cleo@example.org")
    page = browser.get("/desk").text
    assert "Nothing needs you right now" in page
    assert "/desk/rounds" in page


def test_the_desk_opens_on_a_round_that_waits(cleo: TestClient, round_: int) -> None:
    page = cleo.get("/desk").text
    assert "A round to review" in page
    assert f'href="/desk/rounds/{round_}"' in page
    assert "2 of 3 mentees have a proposal" in page


def test_a_question_stands_on_the_desk_until_it_is_answered(world: World, cleo: TestClient, browse: Callable) -> None:
    id = world.propose("ada", "grace", "cleo")
    world.approve("cleo", id)
    link = world.choice_link(LetterKind.SUGGESTIONS, "ada@example.org")
    browse().post(link, data={"act": "choose", "choice": "more", "question": "Is <b>she</b> on nights?"})
    with world.database.read() as session:
        asked = introductions.get(session, id).parties[0].question
    assert asked == "Is <b>she</b> on nights?"
    page = cleo.get("/desk").text
    assert "A question for you" in page
    assert "Is &lt;b&gt;she&lt;/b&gt; on nights?" in page


def test_what_a_mentee_may_choose_from_is_one_matter(world: World, cleo: TestClient) -> None:
    ids = [world.propose("ada", mentor, "cleo") for mentor in ("grace", "hedy")]
    world.approve("cleo", *ids)
    with world.database.write() as session:
        for id in ids:
            introductions.get(session, id).parties[0].deadline = world.clock() + timedelta(hours=5)
    assert "An answer is nearly due" in cleo.get("/desk").text


def test_a_given_up_letter_leaves_the_desk_when_it_was_looked_after(world: World, cleo: TestClient) -> None:
    world.sign_in(cleo, "cleo@example.org")
    letter = world.letters(LetterKind.SIGN_IN)[-1]
    with world.database.write() as session:
        from matcher.domain.letters import Letter, LetterState

        found = session.get(Letter, letter.id)
        found.state, found.trouble = LetterState.FAILED, "550 no such person"
    assert "550 no such person" in cleo.get("/desk").text
    cleo.post("/desk", data={"act": "looked_after", "about": f"letter:{letter.id}"})
    assert "550 no such person" not in cleo.get("/desk").text


@pytest.mark.parametrize("about", ["letter:99", "round:1", "letter:x", ""])
def test_only_what_is_there_can_be_looked_after(cleo: TestClient, about: str) -> None:
    assert cleo.post("/desk", data={"act": "looked_after", "about": about}).status_code == 404
    assert cleo.post("/desk", data={"act": "explode", "about": about}).status_code == 422


# -- asking for a round ----------------------------------------------------------------------------------------------


def test_a_round_is_asked_for_followed_and_reviewed(cleo: TestClient, world: World) -> None:
    id = start(cleo, name="autumn", suggestions="3")
    page = cleo.get(f"/desk/rounds/{id}").text
    assert "The matcher is at work" in page
    assert "autumn" in page
    told = cleo.get(f"/desk/rounds/{id}/progress").json()
    assert told["done"] is False
    assert told["progress"] == 0
    assert "being worked out" in cleo.get("/desk").text
    run(world, id)
    assert cleo.get(f"/desk/rounds/{id}/progress").json()["done"] is True
    page = cleo.get(f"/desk/rounds/{id}").text
    assert "Proved best" in page
    assert "1 mentee without a proposal" in page
    assert "Approve all and send" in page


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            "no eligible mentor; rules that bind: language 132, same_employer 1",
            "They do not share the language that is needed (132 mentors). Both work for the same employer (1 mentor).",
        ),
        ("there is no mentor in the pool", "There is no mentor yet."),
    ],
)
def test_who_has_nobody_learns_which_rules_forbid_how_many_mentors(
    cleo: TestClient, world: World, reason: str, sentence: str
) -> None:
    id = start(cleo)
    run(world, id)
    with world.database.write() as session:
        found = session.get(Round, id)
        assert found is not None
        found.unmatched = {"ada": reason}
    assert sentence in cleo.get(f"/desk/rounds/{id}").text


def test_weights_are_kept_as_proportions(cleo: TestClient, world: World) -> None:
    id = start(cleo, weight_goals="3", weight_skills="1,0")
    with world.database.read() as session:
        weights = desk_rounds.round_of(session, id).weights
    assert weights["goals"] == pytest.approx(0.75)
    assert weights["skills"] == pytest.approx(0.25)
    assert weights["text"] == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", "both"),
        ("objective", "best"),
        ("ask_order", "nobody"),
        ("suggestions", "0"),
        ("suggestions", "many"),
        ("weight_goals", "-1"),
        ("weight_goals", "heavy"),
        ("weight_goals", "nan"),
        ("name", "x" * 200),
    ],
)
def test_a_wrong_choice_is_named_and_the_rest_is_kept(cleo: TestClient, field: str, value: str) -> None:
    sent = {"mode": "assigned", "objective": "fair", "suggestions": "3", "name": "spring", "weight_text": "7"}
    answer = cleo.post("/desk/rounds", data={**sent, field: value})
    assert answer.status_code == 422
    assert f'id="error-{field}"' in answer.text or f'href="#{field}"' in answer.text
    assert 'value="7"' in answer.text
    assert field == "name" or 'value="spring"' in answer.text


def test_all_weights_zero_is_refused(cleo: TestClient) -> None:
    answer = cleo.post("/desk/rounds", data={"mode": "choose", "objective": "total", "weight_goals": "0"})
    assert answer.status_code == 422
    assert "At least one weight must be above 0" in answer.text


def test_a_round_that_failed_says_so(cleo: TestClient, world: World) -> None:
    id = start(cleo)
    with world.database.write() as session:
        failed = desk_rounds.round_of(session, id)
        failed.state, failed.trouble = RoundState.FAILED, "The matcher failed."
    assert "The matcher failed." in cleo.get(f"/desk/rounds/{id}").text


# -- the review ------------------------------------------------------------------------------------------------------


def test_who_has_nobody_learns_how_far_away_a_place_was(cleo: TestClient, world: World) -> None:
    id = start(cleo)
    run(world, id)
    places = "All places of the 2 mentors who could have helped went to others."
    assert f"{places} Some who got one are just as near." in cleo.get(f"/desk/rounds/{id}").text
    world.add("eve", "mentee", goals="goal.specialise_grief")
    id = start(cleo)
    run(world, id)
    page = cleo.get(f"/desk/rounds/{id}").text
    short = re.findall(
        f"{places} An affinity higher by (0\\.\\d\\d\\d) with one of them would have brought a place.", page
    )
    assert len(short) == 1
    assert float(short[0]) > 0


def test_suggestions_stand_side_by_side_with_reasons(cleo: TestClient, world: World, round_: int) -> None:
    page = cleo.get(f"/desk/rounds/{round_}").text
    assert page.count('class="card proposal"') == 2
    assert "The goal is “" in page
    assert "Approve what is ticked" in page
    for proposal in proposals(world, round_):
        assert f'href="/desk/proposals/{proposal.id}"' in page


def test_dismiss_restore_approve(cleo: TestClient, world: World, round_: int) -> None:
    where = f"/desk/rounds/{round_}"
    mentee = proposals(world, round_)[0].mentee_id
    ids = [i.id for i in proposals(world, round_, mentee)]
    assert cleo.post(where, data={"act": "dismiss", "id": shown(world, round_, mentee)}).status_code == 303
    assert {state(world, id) for id in ids} == {State.DISCARDED}
    left = cleo.get(where).text.split('id="results"')[1].split("<aside")[0]
    assert mentee not in re.findall(r'/desk/people/(\w+)"><bdi>', left)
    assert "Restore" in cleo.get(f"{where}?state=dismissed").text
    cleo.post(where, data={"act": "restore", "id": shown(world, round_, mentee)})
    assert {state(world, id) for id in ids} == {State.DRAFT}
    cleo.post(where, data={"act": "approve", "id": shown(world, round_, mentee)})
    assert {state(world, id) for id in ids} == {State.OFFERED}
    assert "approved" in told(cleo, where)
    assert len(world.letters(LetterKind.SUGGESTIONS, f"{mentee}@example.org")) == 1


def test_what_changed_since_the_list_was_shown_is_left_and_named(cleo: TestClient, world: World, round_: int) -> None:
    where = f"/desk/rounds/{round_}"
    page = cleo.get(where).text
    old = re.findall(r'type="checkbox" name="id" value="([\d:]+)" form="ticked"', page)
    assert sorted(old) == sorted(shown(world, round_))
    first, *rest = proposals(world, round_)
    cleo.post(where, data={"act": "dismiss", "id": f"{first.id}:{first.version}"})  # somebody else, meanwhile
    cleo.post(where, data={"act": "approve", "id": old})
    names = f"{str(first.mentee_id).title()} → {str(first.mentor_id).title()}"
    assert told(cleo, where) == (
        f"{len(rest)} approved; the letters are on their way. "
        f"1 is no longer as you saw it and was left as it is now: {names} (dismissed)."
    )
    assert state(world, first.id) is State.DISCARDED
    assert {state(world, i.id) for i in rest} == {State.OFFERED}


def test_what_has_gone_out_is_neither_approved_nor_dismissed_again(cleo: TestClient, world: World, round_: int) -> None:
    where, waiting = f"/desk/rounds/{round_}", proposals(world, round_)[-1]
    first = proposals(world, round_)[0]
    cleo.post(where, data={"act": "approve", "id": f"{first.id}:{first.version}"})
    went_out = next(i for i in proposals(world, round_) if i.id == first.id)
    for act in ("approve", "dismiss", "restore"):
        cleo.post(where, data={"act": act, "id": f"{first.id}:{went_out.version}"})  # even by a form made by hand
        said = told(cleo, where)
        assert said.startswith("1 is no longer as you saw it")
        assert said.endswith("(the mentee is choosing).")
    both = {"act": "dismiss", "id": [f"{first.id}:{first.version}", f"{waiting.id}:{waiting.version}"]}
    cleo.post(where, data=both)
    assert told(cleo, where).startswith("Dismissed. You find it under “Dismissed” and can restore it there. 1 is no")
    assert (state(world, first.id), state(world, waiting.id)) == (State.OFFERED, State.DISCARDED)
    assert len(world.letters(LetterKind.SUGGESTIONS)) == 1


@pytest.mark.parametrize("act", ["approve", "dismiss", "replace"])
def test_a_form_that_does_not_say_what_it_showed_decides_nothing(
    cleo: TestClient, world: World, round_: int, act: str
) -> None:
    first = proposals(world, round_)[0]
    sent = {"act": act, "mentor": "grace" if first.mentor_id == "hedy" else "hedy"}
    assert cleo.post(f"/desk/proposals/{first.id}", data=sent).status_code == 409
    if act != "replace":
        cleo.post(f"/desk/rounds/{round_}", data={"act": act, "id": str(first.id)})
        assert "1 is no longer as you saw it" in told(cleo, f"/desk/rounds/{round_}")
    assert state(world, first.id) is State.DRAFT


def test_publishing_sends_all_and_twice_is_once(cleo: TestClient, world: World, round_: int) -> None:
    where = f"/desk/rounds/{round_}"
    sent = form(cleo.get(where).text, "publish")
    assert cleo.post(where, data=sent).status_code == 303
    assert "approved; the letters are on their way." in told(cleo, where)
    assert cleo.post(where, data=sent).status_code == 303
    assert told(cleo, where) == "No proposal of this round waited any more; nothing was sent."
    assert len(world.letters(LetterKind.SUGGESTIONS)) == 2
    assert "Approve all and send" not in cleo.get(where).text


def test_publishing_sends_nothing_when_the_round_changed_since_it_was_shown(
    cleo: TestClient, world: World, round_: int
) -> None:
    where = f"/desk/rounds/{round_}"
    first, *rest = proposals(world, round_)
    named = f"{str(first.mentee_id).title()} → {str(first.mentor_id).title()}"
    dan, now = world.coordinator("dan@example.org"), world.clock()

    def publish(page: str) -> str:
        answer = cleo.post(where, data=form(page, "publish"))
        assert answer.status_code == 409
        assert world.letters(LetterKind.SUGGESTIONS) == []
        assert {state(world, i.id) for i in rest} == {State.DRAFT}
        assert f'href="{where}"' in answer.text
        told_ = text_of(answer.text)
        assert "Nothing was written." in told_
        return told_

    old = cleo.get(where).text
    review.dismiss(world.database, [first.id], by=dan, now=now)
    assert f"{named} to review dismissed" in publish(old)
    elsewhere = cleo.get(f"{where}?q=nobody&state=approved").text  # the stamp is of the round, whatever the list shows
    review.restore(world.database, [first.id], by=dan, now=now)
    assert f"{named} to review changed" in publish(old)
    told_ = publish(elsewhere)
    assert f"{named} not among those to review draft" in told_
    assert told_.count("→") == 1
    assert cleo.post(where, data=form(cleo.get(where).text, "publish")).status_code == 303
    assert {state(world, i.id) for i in (first, *rest)} == {State.OFFERED}


@pytest.mark.parametrize("nonsense", ["", "x", "1:1", "9-1:1", "1-999999999:99", "1-2:1-2:1", "9" * 30_000])
def test_publishing_without_a_word_of_what_was_shown_sends_nothing(
    cleo: TestClient, world: World, round_: int, nonsense: str
) -> None:
    assert cleo.post(f"/desk/rounds/{round_}", data={"act": "publish", "seen": nonsense}).status_code == 409
    assert {i.state for i in proposals(world, round_)} == {State.DRAFT}


def test_a_stamp_names_every_draft_with_its_version() -> None:
    drafts = {3: 1, 4: 1, 5: 1, 6: 2, 8: 2, 12: 3, 13: 1}
    round_ = {**{id: (version, State.DRAFT) for id, version in drafts.items()}, 7: (2, State.DISCARDED)}
    stamp = pages.stamp(dict(sorted(round_.items())))
    assert stamp == "3-5:1 6-6:2 8-8:2 12-12:3 13-13:1"
    assert pages.stamped(stamp, range(20)) == drafts
    assert pages.stamp({}) == ""
    assert pages.stamp(dict.fromkeys(range(1, 30001), (1, State.DRAFT))) == "1-30000:1"


def test_a_discarded_round_writes_to_nobody(cleo: TestClient, world: World, round_: int) -> None:
    cleo.post(f"/desk/rounds/{round_}", data={"act": "discard"})
    assert world.letters(LetterKind.SUGGESTIONS) == []
    assert {i.state for i in proposals(world, round_)} == {State.DISCARDED}


def test_nothing_ticked_is_said_and_an_unknown_act_is_refused(cleo: TestClient, round_: int) -> None:
    where = f"/desk/rounds/{round_}"
    cleo.post(where, data={"act": "approve"})
    assert "tick at least one" in told(cleo, where)
    assert cleo.post(where, data={"act": "explode", "id": "1"}).status_code == 422
    assert cleo.post(where, data={"act": "approve", "id": "999"}).status_code == 404


def test_filters_find_and_the_way_back_keeps_them(cleo: TestClient, world: World, round_: int) -> None:
    where = f"/desk/rounds/{round_}"
    named = proposals(world, round_)[0].mentee_id
    assert cleo.get(f"{where}?q={named}").text.count('class="card proposal"') == 1
    assert "Nothing fits" in cleo.get(f"{where}?q=nobody").text
    assert "Nothing fits" in cleo.get(f"{where}?below=1").text
    assert cleo.get(f"{where}?sort=-affinity&state=all&page=7").status_code == 200
    sent = {"act": "dismiss", "id": shown(world, round_)[0], "back": f"{where}?q={named}"}
    assert cleo.post(where, data=sent).headers["location"] == f"{where}?q={named}"
    sent["back"] = "https://evil.example.org/desk"
    assert cleo.post(where, data=sent).headers["location"].startswith("/desk/rounds/")


@pytest.mark.parametrize("path", ["/desk/rounds/99", "/desk/rounds/x", "/desk/rounds/99/progress", "/desk/rounds/-1"])
def test_a_round_that_is_not_there(cleo: TestClient, path: str) -> None:
    assert cleo.get(path).status_code == 404


def test_the_export_holds_what_the_filters_show(cleo: TestClient, world: World, round_: int) -> None:
    named = proposals(world, round_)[0].mentee_id
    rows = json.loads(cleo.post(f"/desk/rounds/{round_}?q={named}", data={"act": "export", "as": "json"}).text)
    assert {row["mentee_id"] for row in rows} == {named}
    assert all(0 < row["affinity"] <= 1 for row in rows)
    assert cleo.post(f"/desk/rounds/{round_}", data={"act": "export", "as": "exe"}).status_code == 422


# -- one proposal ----------------------------------------------------------------------------------------------------


def test_a_proposal_shows_both_people_and_every_summand(cleo: TestClient, world: World, round_: int) -> None:
    proposal = proposals(world, round_)[0]
    page = cleo.get(f"/desk/proposals/{proposal.id}").text
    assert f"Mentee: <bdi>{str(proposal.mentee_id).title()}</bdi>" in page
    assert f"The words of {proposal.mentor_id}." in page
    shown = [float(n) for n in re.findall(r'<td class="number">([\d.]+)</td><td class="number">', page)]
    assert sum(shown) == pytest.approx(proposal.affinity, abs=0.0006 * len(shown))


def test_another_mentor_is_compared_and_put_in_place(cleo: TestClient, world: World, round_: int) -> None:
    world.add("joan", "mentor", **HELP)
    first = proposals(world, round_)[0]
    where = f"/desk/proposals/{first.id}"
    assert "Compare" in cleo.get(f"{where}?q=joan").text
    page = cleo.get(f"{where}?with=joan").text
    assert "Put Joan in place" in page
    assert "Side by side" in page
    sent = {"act": "replace", "mentor": "joan", "version": first.version, "state": "draft"}
    answer = cleo.post(where, data=sent)
    new = int(answer.headers["location"].rsplit("/", 1)[1])
    assert new != first.id
    with world.database.read() as session:
        put = introductions.get(session, new)
    assert (put.mentee_id, put.mentor_id, put.rank, put.round_id) == (first.mentee_id, "joan", first.rank, round_)
    assert state(world, first.id) is State.DISCARDED


def test_a_mentor_who_is_ruled_out_stands_with_the_rule(cleo: TestClient, world: World, round_: int) -> None:
    world.add("lena", "mentor", **{**HELP, "languages": "lang.fr"})
    first = proposals(world, round_)[0]
    where = f"/desk/proposals/{first.id}"
    page = cleo.get(f"{where}?q=lena&with=lena").text
    assert "do not share the language" in page
    assert "Put Lena in place" not in page
    assert "Nobody is found" in cleo.get(f"{where}?q=lena&allowed=1").text
    cleo.post(where, data={"act": "replace", "mentor": "lena", "version": first.version})
    assert "do not share the language" in told(cleo, where)
    assert state(world, first.id) is State.DRAFT


def test_an_old_form_is_refused_with_both_states(cleo: TestClient, world: World, round_: int) -> None:
    first = proposals(world, round_)[0]
    where = f"/desk/proposals/{first.id}"
    form = {"act": "approve", "version": first.version, "state": "draft"}
    cleo.post(where, data={**form, "act": "dismiss"})
    answer = cleo.post(where, data=form)
    assert answer.status_code == 409
    assert "dismissed" in answer.text
    assert "Cleo changed this" in answer.text
    assert state(world, first.id) is State.DISCARDED


def test_a_group_or_nothing_is_no_proposal_of_a_pair(cleo: TestClient) -> None:
    assert cleo.get("/desk/proposals/999").status_code == 404
    assert cleo.post("/desk/proposals/999", data={"act": "approve", "version": "1"}).status_code == 404


def test_names_are_text_everywhere(cleo: TestClient, world: World) -> None:
    world.add("evil", "mentee", name="<script>alert(1)</script>", text="<img src=x onerror=alert(2)>", **WANT)
    id = start(cleo)
    run(world, id)
    first = proposals(world, id, "evil")
    for path in ("/desk", f"/desk/rounds/{id}?state=all", *(f"/desk/proposals/{i.id}" for i in first)):
        page = cleo.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_odd_numbers_and_other_rounds_are_refused(cleo: TestClient, world: World, round_: int) -> None:
    first = proposals(world, round_)[0]
    odd = cleo.post(f"/desk/proposals/{first.id}", data={"act": "dismiss", "version": "9" * 5000, "state": "draft"})
    assert odd.status_code == 409
    other = start(cleo)
    assert cleo.post(f"/desk/rounds/{other}", data={"act": "dismiss", "id": first.id}).status_code == 404
    assert cleo.post("/desk/rounds/9999", data={"act": "approve", "id": first.id}).status_code == 404
    assert state(world, first.id) is State.DRAFT
    assert cleo.get("/desk/log?about=introduction:" + "9" * 30).status_code == 200


def test_what_was_refused_is_not_shown_as_done(cleo: TestClient, world: World, round_: int) -> None:
    first = proposals(world, round_)[0]
    signup.pause(world.database, str(first.mentee_id), links=world.site.links, now=world.clock())
    cleo.post(f"/desk/proposals/{first.id}", data={"act": "approve", "version": first.version})
    page = cleo.get(f"/desk/rounds/{round_}").text
    assert 'class="message note"' in page
    assert "One of them is taking a break." in page
