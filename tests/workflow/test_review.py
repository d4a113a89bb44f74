"""The coordinator's drafts: approved under all rules, changed, published, thrown away."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from matcher.domain.introductions import TERMS, Act, Introduction, NotAllowed, NotFound, Overtaken, State, Who
from matcher.domain.letters import LetterKind
from matcher.domain.profiles import Profile
from matcher.domain.rounds import RoundState
from matcher.domain.rules import Rule
from matcher.storage import introductions
from matcher.storage.database import Database
from matcher.storage.suppression import suppress
from matcher.workflow import matching, review, signup
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace, henry, ines
from tests.cast import person as member
from tests.stories import DAY, VOCABULARY, approve, ask, check_invariants, deliver, mail, offer, one, person, say, state

K = LetterKind


def propose(db: Database, mentee: str, mentor: str, mode: str = "assigned", **more: object) -> int:
    given: dict = {"by": "cleo", "vocabulary": VOCABULARY, "now": NOW, "mode": mode, **more}
    return review.propose_pair(db, mentee, mentor, **given)


def approve_anyway(db: Database, *ids: int, **more: object) -> review.Reviewed:
    given: dict = {"by": "cleo", "vocabulary": VOCABULARY, "links": LINKS, "now": NOW, **more}
    return review.approve(db, ids, **given)


def finished_round(db: Database, **how: object) -> int:
    id = matching.request_round(db, by="cleo", now=NOW, **how)  # type: ignore[arg-type]
    matching.run_round(db, id, vocabulary=VOCABULARY, now=NOW)
    return id


def test_one_letter_to_each_mentee_with_all_choices(db: Database) -> None:
    enrol(db, ada(), ben(), grace(), henry(), ines())
    offer(db, "ada", "henry", "grace", "ines")
    [letter] = deliver(db)
    assert (letter.kind, letter.to) == (K.SUGGESTIONS, "ada@example.org")
    assert len(letter.facts["choices"]) == 3
    assert all(choice["url"].startswith("https://mentoring.example.org/answer/") for choice in letter.facts["choices"])


def test_approving_twice_is_approving_once_and_says_so(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    again = approve_anyway(db, id)
    assert again.approved == ()
    assert str(again.refused[id]) == "This has gone out already."
    assert len(mail(db)) == 1
    check_invariants(db)


def test_what_is_refused_stays_a_draft_and_the_rest_goes_out(db: Database) -> None:
    enrol(db, ada(), ben(), grace(), henry())
    ids = [propose(db, "ada", "grace"), propose(db, "ben", "grace"), propose(db, "ben", "henry")]
    done = approve_anyway(db, *ids)
    assert done.approved == (ids[0], ids[2])
    assert set(done.refused) == {ids[1]}
    assert "place" in str(done.refused[ids[1]])
    assert state(db, ids[1]) is State.DRAFT
    assert person(db, "grace").used == 1
    check_invariants(db)


@pytest.mark.parametrize("who", ["ada", "grace"])
def test_nobody_on_a_break_is_asked(db: Database, who: str) -> None:
    enrol(db, ada(), grace())
    id = propose(db, "ada", "grace")
    signup.pause(db, who, links=LINKS, now=NOW)
    done = approve_anyway(db, id)
    assert isinstance(done.refused[id], review.BrokenRules)
    assert done.refused[id].rules == (Rule.PAUSED,)  # type: ignore[attr-defined]


def test_a_rule_that_came_since_the_draft_binds(db: Database) -> None:
    enrol(db, ada(), grace())
    id = propose(db, "ada", "grace")
    for who in ("ada", "grace"):
        signup.update_profile(db, who, {"employer": "Line 24"}, vocabulary=VOCABULARY, links=LINKS, now=NOW)
    refusal = approve_anyway(db, id).refused[id]
    assert isinstance(refusal, review.BrokenRules)
    assert refusal.rules == (Rule.SAME_EMPLOYER,)


def test_after_a_no_the_pair_cools_down_on_every_path(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    say(db, id, "ada", "no")
    with pytest.raises(review.BrokenRules) as refusal:
        propose(db, "ada", "grace", now=NOW + 179 * DAY)
    assert refusal.value.rules == (Rule.COOLING_DOWN,)
    found = matching.run_round(
        db,
        matching.request_round(db, by="cleo", now=NOW),
        vocabulary=VOCABULARY,
        now=NOW,
    )
    assert found.certificate["matched"] == 0
    assert "cooling_down" in found.unmatched["ada"]
    assert propose(db, "ada", "grace", now=NOW + 181 * DAY)


def test_a_mentee_is_asked_at_most_three_times_in_thirty_days(db: Database) -> None:
    enrol(db, ada(), *many_mentors(5))
    for n in range(3):
        at = NOW + n * DAY
        [id] = offer(db, "ada", f"mentor{n}", now=at)
        say(db, id, "ada", "no", now=at)
    with pytest.raises(NotAllowed, match="often enough"):
        propose(db, "ada", "mentor3", mode="choose", now=NOW + 4 * DAY)
    offer(db, "ada", "mentor3", now=NOW + 31 * DAY)


def many_mentors(count: int) -> list[Profile]:
    return [member(f"mentor{n}", "mentor", skills="skill.safety_planning=4", capacity="1") for n in range(count)]


def test_three_choices_in_one_letter_are_one_ask(db: Database) -> None:
    enrol(db, ada(), *many_mentors(5))
    offer(db, "ada", "mentor0", "mentor1", "mentor2")
    offer(db, "ada", "mentor3", "mentor4", now=NOW + DAY)


def test_a_mentor_is_not_asked_too_often(db: Database) -> None:
    enrol(db, ada(), ben(), dora(), grace())
    id = propose(db, "dora", "grace")
    for mentee in ("ada", "ben"):
        say(db, ask(db, mentee, "grace"), "grace", "no")
    with pytest.raises(NotAllowed, match="often enough"):
        propose(db, "dora", "grace")
    assert "often enough" in str(approve_anyway(db, id).refused[id])
    generous = replace(TERMS, asks_per_mentor=3)
    assert not approve_anyway(db, id, terms=generous).refused


def test_an_address_that_bounces_is_not_written_to(db: Database) -> None:
    enrol(db, ada(), grace())
    db.transact(suppress, "grace@example.org", "hard bounce", NOW)
    ask(db, "ada", "grace")
    assert deliver(db) == []


# -- drafts ----------------------------------------------------------------------------------------------------------


def test_dismissed_and_taken_back(db: Database) -> None:
    enrol(db, ada(), grace())
    id = propose(db, "ada", "grace")
    for _ in range(2):
        review.dismiss(db, [id], by="cleo", now=NOW)
    assert state(db, id) is State.DISCARDED
    for _ in range(2):
        review.restore(db, [id], by="cleo", now=NOW)
    assert state(db, id) is State.DRAFT
    approve(db, id)
    assert isinstance(review.dismiss(db, [id], by="cleo", now=NOW)[id], Overtaken)
    assert isinstance(review.restore(db, [id], by="cleo", now=NOW)[id], Overtaken)
    assert state(db, id) is State.ASKING
    check_invariants(db)


def test_what_a_refusal_had_begun_to_write_is_undone_and_the_others_are_done(db: Database) -> None:
    enrol(db, ada(), ben(), grace(), henry())
    refused, other = propose(db, "ada", "grace"), propose(db, "ben", "henry")

    def decide(session: Session, introduction: Introduction, by: str, now: datetime) -> None:
        introductions.step(session, introduction, Act.DISMISS, Who.COORDINATOR, now, by=by)
        if introduction.id == refused:
            raise NotAllowed("Not this one.")

    assert set(db.transact(review._each, decide, [refused, other], "cleo", NOW, None)) == {refused}
    assert (state(db, refused), state(db, other)) == (State.DRAFT, State.DISCARDED)
    check_invariants(db)


def test_a_draft_that_changed_since_it_was_seen_is_left_and_the_others_are_done(db: Database) -> None:
    enrol(db, ada(), ben(), grace(), henry())
    one_, other = propose(db, "ada", "grace"), propose(db, "ben", "henry")
    seen = {id: one(db, id).version for id in (one_, other)}
    review.dismiss(db, [one_], by="cleo", now=NOW, versions=seen)
    review.restore(db, [one_], by="dan", now=NOW)
    assert set(review.dismiss(db, [one_, other], by="cleo", now=NOW, versions=seen)) == {one_}
    assert (state(db, one_), state(db, other)) == (State.DRAFT, State.DISCARDED)
    done = approve_anyway(db, one_, versions=seen)
    assert isinstance(done.refused[one_], Overtaken)
    assert mail(db) == []


def test_another_mentor_for_a_draft(db: Database) -> None:
    enrol(db, ada(), grace(), henry())
    round_ = finished_round(db, suggestions=1)
    with db.read() as session:
        [draft] = introductions.drafts_of(session, round_)
    other = "henry" if draft.mentor_id == "grace" else "grace"
    new = review.replace(db, draft.id or 0, other, by="cleo", vocabulary=VOCABULARY, now=NOW)
    assert state(db, draft.id or 0) is State.DISCARDED
    replaced = one(db, new)
    assert (replaced.mentor_id, replaced.round_id, replaced.mode) == (other, round_, draft.mode)
    assert replaced.explanation["mentor_id"] == other
    check_invariants(db)


def test_a_pair_looked_at_live_says_which_rules_forbid_it(db: Database) -> None:
    enrol(db, ada(employer="Line 24"), ben(), grace(employer="Line 24"), henry())
    found = review.live_pair(db, "ada", "grace", vocabulary=VOCABULARY, now=NOW)
    assert found.rules == (Rule.SAME_EMPLOYER,)
    assert (found.used, found.capacity) == (0, 1)
    with pytest.raises(review.BrokenRules):
        propose(db, "ada", "grace")
    id = ask(db, "ben", "grace")
    assert Rule.FULL in review.live_pair(db, "ada", "grace", vocabulary=VOCABULARY, now=NOW).rules
    assert review.live_pair(db, "ben", "henry", vocabulary=VOCABULARY, now=NOW, without=True).explanation.without
    assert id


def test_a_pair_of_strangers_or_of_the_wrong_roles_is_not_found(db: Database) -> None:
    enrol(db, ada(), grace())
    for pair in (("ada", "nobody"), ("grace", "ada"), ("ada", "ada")):
        with pytest.raises(NotFound):
            review.live_pair(db, *pair, vocabulary=VOCABULARY, now=NOW)


def test_the_same_pair_is_drafted_once(db: Database) -> None:
    enrol(db, ada(), grace())
    assert propose(db, "ada", "grace") == propose(db, "ada", "grace")


# -- whole rounds ----------------------------------------------------------------------------------------------------


def test_publishing_one_round_discards_the_other_scenarios(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), ben(), grace(), henry())
    first, second = finished_round(db), finished_round(db, objective="fair")
    done = review.publish(db, second, by="cleo", vocabulary=VOCABULARY, links=LINKS, now=NOW)
    assert done.approved
    assert not done.refused
    with db.read() as session:
        states = [matching.get_round(session, id).state for id in (first, second)]
        assert introductions.drafts_of(session, first) == []
    assert states == [RoundState.DISCARDED, RoundState.PUBLISHED]
    again = review.publish(db, second, by="cleo", vocabulary=VOCABULARY, links=LINKS, now=NOW)
    assert again.approved == ()
    with pytest.raises(NotAllowed):
        review.publish(db, first, by="cleo", vocabulary=VOCABULARY, links=LINKS, now=NOW)
    check_invariants(db)


def test_a_round_that_changed_since_it_was_seen_is_not_published(db: Database) -> None:
    enrol(db, ada(), ben(), grace(), henry())
    id = finished_round(db)
    with db.read() as session:
        [draft, *rest] = introductions.drafts_of(session, id)
    seen = {each.id or 0: each.version for each in (draft, *rest)}
    given: dict = {"by": "cleo", "vocabulary": VOCABULARY, "links": LINKS, "now": NOW}
    review.dismiss(db, [draft.id or 0], by="dan", now=NOW)
    review.restore(db, [draft.id or 0], by="dan", now=NOW)
    now = {id: one(db, id).version for id in seen}
    for other in (seen, {}, dict(list(now.items())[1:]), {**now, 999: 1}):
        with pytest.raises(Overtaken):
            review.publish(db, id, versions=other, **given)
    with db.read() as session:
        assert matching.get_round(session, id).state is RoundState.REVIEW
    assert mail(db) == []
    assert set(review.publish(db, id, versions=now, **given).approved) == set(now)
    check_invariants(db)


def test_a_draft_of_a_discarded_round_stays_aside(db: Database) -> None:
    enrol(db, ada(), grace())
    id = finished_round(db)
    with db.read() as session:
        [draft] = introductions.drafts_of(session, id)
    for _ in range(2):
        review.discard_round(db, id, by="cleo", now=NOW)
    [refusal] = review.restore(db, [draft.id or 0], by="cleo", now=NOW).values()
    assert "thrown away" in str(refusal)
    check_invariants(db)


def test_a_published_round_cannot_be_thrown_away(db: Database) -> None:
    enrol(db, ada(), grace())
    id = finished_round(db)
    review.publish(db, id, by="cleo", vocabulary=VOCABULARY, links=LINKS, now=NOW)
    with pytest.raises(NotAllowed):
        review.discard_round(db, id, by="cleo", now=NOW)


def test_assigned_rounds_reserve_the_places_when_published(db: Database) -> None:
    enrol(db, ada(), ben(), grace(), henry())
    id = finished_round(db, mode="assigned", ask_order="mentee_first")
    done = review.publish(db, id, by="cleo", vocabulary=VOCABULARY, links=LINKS, now=NOW + timedelta(hours=1))
    assert len(done.approved) == 2
    assert person(db, "grace").used + person(db, "henry").used == 2
    assert {kind for kind, _ in mail(db)} == {K.QUESTION_TO_MENTEE}
    check_invariants(db)
