"""A concern keeps its people apart at once and for ever, nobody else, and reaches the coordinators each time."""

from datetime import datetime, timedelta

import pytest

from matcher.domain.introductions import NotAllowed, NotFound, State, group
from matcher.domain.letters import LetterKind
from matcher.storage import desk_today, introductions
from matcher.storage.database import Database
from matcher.workflow import aftercare, answers, desk, outcomes, overview, signup
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace, henry
from tests.stories import (
    DAY,
    VOCABULARY,
    approve,
    ask,
    at,
    check_invariants,
    deliver,
    introduced,
    mail,
    one,
    say,
    state,
)
from tests.workflow.test_groups_going_on import invited

HOUR = timedelta(hours=1)


@pytest.fixture
def crowd(db: Database) -> Database:
    """A coordinator and five people."""
    cleo(db)
    enrol(db, ada(), ben(), dora(), grace(), henry())
    return db


def a_group_that_met(db: Database) -> int:
    """Ada, Ben, Grace and Henry met; Dora declined."""
    id = invited(db, "henry", "ada", "grace", "ben", "dora")
    say(db, id, "dora", "no")
    for who in ("ada", "ben", "grace", "henry"):
        say(db, id, who, "yes")
    at(db, NOW + HOUR)
    assert state(db, id) is State.INTRODUCED
    return id


def apart(db: Database) -> set[frozenset[str]]:
    """Who is never proposed to each other again."""
    with db.read() as session:
        return {frozenset(pair) for pair in introductions.blocked_pairs(session)}


def test_what_ends_because_of_a_concern_keeps_nobody_else_apart(crowd: Database) -> None:
    before = introduced(crowd, "ada", "grace")
    together = invited(crowd, "henry", "ada", "grace", "ben")
    pair = ask(crowd, "ben", "henry")
    for who in ("ada", "ben", "grace", "henry"):
        say(crowd, together, who, "yes")
    for who in ("henry", "ben"):
        say(crowd, pair, who, "yes")
    answers.concern(crowd, before, "ada", links=LINKS, now=NOW)
    at(crowd, NOW + HOUR)
    assert state(crowd, together) is State.WITHDRAWN
    assert apart(crowd) == {frozenset({"ada", "grace"})}
    assert state(crowd, pair) is State.INTRODUCED
    check_invariants(crowd)


def test_a_concern_in_a_group_keeps_those_apart_who_met_in_it(crowd: Database) -> None:
    together = a_group_that_met(crowd)
    signup.leave(crowd, "ben", links=LINKS, now=NOW + DAY)
    answers.concern(crowd, together, "ada", links=LINKS, now=NOW + 2 * DAY)
    met = ("ada", "ben", "grace", "henry")
    assert apart(crowd) == {frozenset({one, other}) for one in met for other in met if one != other}


def concerns(db: Database, now: datetime) -> int:
    """How many wait for a coordinator."""
    with db.read() as session:
        return desk_today.today(session, now).concerns.count


def test_the_second_concern_is_kept_and_told_like_the_first(crowd: Database) -> None:
    """The same words again are one; what somebody reported before stays."""
    id = introduced(crowd, "ada", "grace")
    for day, who, words, kept in (
        (1, "ada", "He shouted.", "He shouted."),
        (2, "grace", "She threatened me.", "She threatened me."),
        (3, "ada", "Once more.", "He shouted.\n\nOnce more."),
    ):
        now = NOW + day * DAY
        for _ in range(2):
            answers.concern(crowd, id, who, reason=words, links=LINKS, now=now)
        answers.concern(crowd, id, who, links=LINKS, now=now)  # nothing new
        assert one(crowd, id).party(who).reason == kept
        assert len(mail(crowd, LetterKind.COORDINATOR_NEEDED)) == day
        assert concerns(crowd, now) == 1
        deliver(crowd, now)
        desk.look_after(crowd, f"introduction:{id}", by="cleo", now=now + HOUR)
        assert concerns(crowd, now + HOUR) == 0
    check_invariants(crowd)


def test_two_may_report_without_a_word(crowd: Database) -> None:
    id = introduced(crowd, "ada", "grace")
    for who in ("ada", "grace", "ada"):
        answers.concern(crowd, id, who, links=LINKS, now=NOW + DAY)
    assert len(mail(crowd, LetterKind.COORDINATOR_NEEDED)) == 2


def test_a_concern_waits_though_something_else_was_looked_after(crowd: Database) -> None:
    id = introduced(crowd, "ada", "grace")
    outcomes.first_contact(crowd, id, "ada", happened=True, links=LINKS, now=NOW + DAY)
    at(crowd, NOW + 11 * DAY)
    aftercare.answer(crowd, id, "ada", "not_a_fit", day=10, links=LINKS, now=NOW + 11 * DAY)
    desk.look_after(crowd, f"introduction:{id}", by="cleo", now=NOW + 12 * DAY)
    answers.concern(crowd, id, "ada", links=LINKS, now=NOW + 14 * DAY)
    assert concerns(crowd, NOW + 14 * DAY) == 1


def test_a_concern_long_after_the_end_waits_for_a_coordinator(crowd: Database) -> None:
    id = introduced(crowd, "ada", "grace")
    outcomes.close(crowd, id, participant_id="ada", outcome="good_enough", links=LINKS, now=NOW + 10 * DAY)
    answers.concern(crowd, id, "ada", links=LINKS, now=NOW + 400 * DAY)
    assert concerns(crowd, NOW + 400 * DAY) == 1


def test_after_a_concern_nobody_is_told_of_hours(crowd: Database) -> None:
    id = introduced(crowd, "ada", "grace")
    day = (NOW + DAY).date()
    outcomes.close(crowd, id, participant_id="ada", outcome="good_enough", links=LINKS, now=NOW + DAY)
    deliver(crowd, NOW + DAY)
    aftercare.say_hours(crowd, id, "grace", met_on=day, minutes=30, links=LINKS, now=NOW + DAY)
    answers.concern(crowd, id, "ada", links=LINKS, now=NOW + DAY)
    with pytest.raises(NotAllowed, match="has ended"):
        aftercare.say_hours(crowd, id, "grace", met_on=day, minutes=60, links=LINKS, now=NOW + DAY)
    assert not aftercare.after(crowd, id, "grace").may_say_hours
    assert [each.kind for each in deliver(crowd, NOW + 2 * DAY)] == [LetterKind.COORDINATOR_NEEDED]


def test_a_concern_ends_what_else_would_bring_the_two_together(crowd: Database) -> None:
    """Nobody is asked about the other any more; what others agreed on goes on."""
    together = a_group_that_met(crowd)
    deliver(crowd, NOW + HOUR)
    asked = ask(crowd, "ada", "grace", now=NOW + HOUR)
    other = ask(crowd, "dora", "henry", now=NOW + HOUR)
    answers.concern(crowd, together, "ada", links=LINKS, now=NOW + HOUR)
    assert (state(crowd, asked), one(crowd, asked).end_reason) == (State.WITHDRAWN, "blocked")
    assert state(crowd, other) is State.ASKING
    sent = [(each.kind, each.introduction_id) for each in deliver(crowd, NOW + DAY)]
    assert (LetterKind.QUESTION_TO_MENTOR, other) in sent
    assert (LetterKind.QUESTION_TO_MENTOR, asked) not in sent
    check_invariants(crowd)


def test_invitations_to_a_group_with_both_do_not_leave(crowd: Database) -> None:
    before = introduced(crowd, "ada", "grace")
    with crowd.write() as session:
        id = introductions.add(session, group("henry", ["ada", "grace", "ben"]), by="cleo", now=NOW).id or 0
    approve(crowd, id)
    answers.concern(crowd, before, "ada", links=LINKS, now=NOW + HOUR)
    assert state(crowd, id) is State.WITHDRAWN
    assert LetterKind.GROUP_INVITATION not in {each.kind for each in deliver(crowd, NOW + HOUR)}
    check_invariants(crowd)


def test_whoever_left_a_group_that_met_can_still_report(crowd: Database) -> None:
    """Whoever declined it cannot."""
    together = a_group_that_met(crowd)
    signup.leave(crowd, "ben", links=LINKS, now=NOW + DAY)
    how: dict = {"vocabulary": VOCABULARY, "language": "en", "now": NOW + DAY}
    assert overview.matter(crowd, together, "ben", **how).can_report
    assert not overview.matter(crowd, together, "dora", **how).can_report
    with pytest.raises(NotFound):
        answers.concern(crowd, together, "dora", links=LINKS, now=NOW + DAY)
    answers.concern(crowd, together, "ben", reason="Grace threatened me.", links=LINKS, now=NOW + DAY)
    assert state(crowd, together) is State.WITHDRAWN
    assert frozenset({"ben", "grace"}) in apart(crowd)


def test_the_desk_shows_who_still_meets_in_spite_of_a_concern(crowd: Database) -> None:
    """In a group or a pair that goes on: whether that ends is for a coordinator to say."""
    before = introduced(crowd, "ada", "grace")
    together = a_group_that_met(crowd)
    elsewhere = introduced(crowd, "dora", "henry")
    answers.concern(crowd, before, "ada", links=LINKS, now=NOW + DAY)
    assert {state(crowd, each) for each in (together, elsewhere)} == {State.INTRODUCED}
    for waits in ([together], []):
        with crowd.read() as session:
            found = desk_today.today(session, NOW + DAY).together
        assert ([line.id for line in found.rows], found.count) == (waits, len(waits))
        desk.look_after(crowd, f"introduction:{together}", by="cleo", now=NOW + DAY)
    answers.concern(crowd, before, "grace", links=LINKS, now=NOW + 2 * DAY)
    with crowd.read() as session:
        assert desk_today.today(session, NOW + 2 * DAY).together.count == 1
