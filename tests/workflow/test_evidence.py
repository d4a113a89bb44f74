"""What pairs went through becomes evidence: outcomes, contributions, a proposal or why there is none."""

from datetime import timedelta

import pytest

from matcher.domain.evidence import GOOD, NOT_GOOD, outcome_of, share_of
from matcher.domain.introductions import Answer, Outcome, Part, Party, State, pair
from matcher.domain.rounds import RoundState
from matcher.engine.affinity import Pool
from matcher.engine.weights import BLOCKS
from matcher.storage.database import Database
from matcher.storage.mapping import rounds
from matcher.workflow import learning, matching, outcomes, people, signup
from tests import cast, stories
from tests.cast import LINKS, NOW
from tests.stories import VOCABULARY


def table(db: Database) -> dict[tuple[str, str], str]:
    """Outcomes by pair."""
    found = learning.evidence(db, vocabulary=VOCABULARY)
    return dict(zip(found.pairs, found.outcomes, strict=True))


@pytest.fixture
def everybody(db: Database) -> Database:
    """Ada, Ben and Dora, and mentors with room for all."""
    cast.enrol(db, cast.ada(), cast.ben(), cast.dora(), cast.grace(capacity="3"), cast.henry(), cast.ines())
    return db


def test_what_was_said_last_about_a_pair_is_its_outcome(everybody: Database) -> None:
    db = everybody
    id = stories.offer(db, "ada", "grace")[0]
    assert table(db) == {}  # nobody has answered
    stories.pick(db, id, "ada")
    assert table(db) == {}  # half a yes
    stories.say(db, id, "grace", "yes")
    assert table(db) == {("ada", "grace"): "yes"}
    stories.at(db, NOW + timedelta(minutes=11))
    outcomes.first_contact(db, id, "ada", happened=False, links=LINKS, now=NOW)
    assert table(db) == {("ada", "grace"): "never_met"}
    outcomes.first_contact(db, id, "grace", happened=True, links=LINKS, now=NOW)
    assert table(db) == {("ada", "grace"): "yes"}
    outcomes.feedback(db, id, "ada", answers={"helpful": 2, "again": None}, now=NOW)
    outcomes.feedback(db, id, "grace", answers={"helpful": 4}, now=NOW)
    assert float(table(db)["ada", "grace"]) == pytest.approx((1 / 3 + 1) / 2)
    outcomes.close(db, id, outcome="not_a_fit", participant_id="ada", links=LINKS, now=NOW)
    assert table(db) == {("ada", "grace"): "not_a_fit"}


def test_answers_are_evidence_and_silence_is_none(everybody: Database) -> None:
    db = everybody
    no, not_now = stories.ask(db, "ada", "grace"), stories.ask(db, "ben", "henry")
    stories.offer(db, "dora", "ines", "grace")
    stories.say(db, no, "grace", "no")
    stories.say(db, not_now, "henry", "not_now")
    assert table(db) == {("ada", "grace"): "no", ("ben", "henry"): "not_now"}
    assert share_of("no") == 0
    assert share_of("not_now") is None


def test_of_several_times_the_last_that_says_something_counts(everybody: Database) -> None:
    db = everybody
    with db.write() as session:
        for outcome in (Outcome.GOOD_ENOUGH, Outcome.NOT_A_FIT, Outcome.NO_TIME):
            session.add(pair("ada", "grace", state=State.CLOSED, outcome=outcome, approved_at=NOW, introduced_at=NOW))
    assert table(db) == {("ada", "grace"): "not_a_fit"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"outcome": Outcome.NO_TIME, "state": State.CLOSED, "active_at": NOW}, "no_time"),
        ({"state": State.WITHDRAWN, "end_reason": "concern", "outcome": Outcome.GOALS_REACHED}, "concern"),
        ({"state": State.WITHDRAWN, "end_reason": "She moved to Ohio", "ended_at": NOW}, "other"),
        ({"state": State.EXPIRED, "ended_at": NOW}, "expired"),
        ({"state": State.DECLINED, "end_reason": "changed_mind", "ended_at": NOW}, "changed_mind"),
        ({"state": State.VOID, "end_reason": "left", "ended_at": NOW, "active_at": NOW}, "yes"),
    ],
)
def test_other_ends(fields: dict, said: str) -> None:
    """Half a yes before it: the mentee had answered."""
    parties = [
        Party(participant_id="ada", part=Part.MENTEE, answer=Answer.YES, answered_at=NOW),
        Party(participant_id="grace", part=Part.MENTOR),
    ]
    introduction = pair("ada", "grace", approved_at=NOW, **fields)
    introduction.parties = parties
    assert outcome_of(introduction) == said


def test_contributions_are_those_of_the_pool_at_the_weights_of_the_last_round(everybody: Database) -> None:
    db = everybody
    stories.agreed(db, "ada", "grace")
    for weights in ({"goals": 1.0}, {"skills": 3.0, "stage": 1.0}):
        asked = matching.request_round(db, by="cleo", now=NOW, weights=weights)
        matching.run_round(db, asked, vocabulary=VOCABULARY, now=NOW)
    failed = matching.request_round(db, by="cleo", now=NOW, weights={"text": 1.0})
    with db.write() as session:
        session.execute(rounds.update().where(rounds.c.id == failed).values(state=RoundState.FAILED))
    found = learning.evidence(db, vocabulary=VOCABULARY)
    assert found.weights == {block: {"skills": 0.75, "stage": 0.25}.get(block, 0.0) for block in BLOCKS}
    pool = Pool(people.export_profiles(db, VOCABULARY), vocabulary=VOCABULARY, weights=found.weights)
    at = pool.mentee_row["ada"], pool.mentor_row["grace"]
    assert found.contributions[0] == pytest.approx(pool.contributions_by_block[at])
    assert found.contributions[0].sum() == pytest.approx(pool.affinity[at])
    assert found.table == [["ada", "grace", "yes", *found.contributions[0], *found.weights.values()]]


def test_who_left_stays_evidence_and_who_was_erased_does_not(everybody: Database) -> None:
    db = everybody
    with db.write() as session:
        for mentee, mentor in (("ada", "grace"), ("ben", "grace"), ("dora", "ines")):
            end = {"state": State.CLOSED, "outcome": Outcome.GOALS_REACHED, "introduced_at": NOW, "ended_at": NOW}
            session.add(pair(mentee, mentor, approved_at=NOW, **end))
    people.erase(db, "ben", by="cleo", links=LINKS, now=NOW)
    signup.leave(db, "ada", links=LINKS, now=NOW)
    assert list(table(db)) == [("ada", "grace"), ("dora", "ines")]


def test_what_carries_nothing_is_said_and_nobody_at_all_is_no_error(everybody: Database) -> None:
    for pairs, said in ((0, "there is no pair with an outcome yet"), (1, "1 pairs with an outcome are too few")):
        found = learning.proposal(learning.evidence(everybody, vocabulary=VOCABULARY))
        assert (found.pairs, found.good, list(found.weights)) == (pairs, pairs, [])
        assert str(found.refused).startswith(said)
        if not pairs:
            stories.agreed(everybody, "ada", "grace")


def test_every_word_for_an_outcome_is_good_or_not() -> None:
    assert {share_of(word) for word in GOOD} == {1.0}
    assert {share_of(word) for word in NOT_GOOD} == {0.0}
    assert [share_of(text) for text in ("0.25", "1", "2", "nan", "", "other")] == [0.25, 1, None, None, None, None]
