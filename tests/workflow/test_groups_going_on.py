"""Groups whose members step out, keep silent, or answer late."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from matcher.domain.introductions import NotAllowed, State, group
from matcher.domain.letters import LetterKind
from matcher.storage import introductions
from matcher.storage.database import Database
from matcher.workflow import people, signup
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace, henry, ines
from tests.stories import DAY, approve, at, check_invariants, deliver, mail, one, rewrite, say, state

HOUR = timedelta(hours=1)

STEPS_OUT: dict[str, Callable[[Database], object]] = {
    "pauses": lambda db: signup.pause(db, "dora", links=LINKS, now=NOW),
    "leaves": lambda db: signup.leave(db, "dora", links=LINKS, now=NOW),
    "is erased": lambda db: people.erase(db, "dora", by="dora", links=LINKS, now=NOW),
}


def invited(db: Database, lead: str, *members: str) -> int:
    """A group whose members have the letter that asks."""
    with db.write() as session:
        id = introductions.add(session, group(lead, members, quorum=3), by="cleo", now=NOW).id or 0
    approve(db, id)
    deliver(db)
    return id


@pytest.fixture
def three_yes(db: Database) -> int:
    """Ada, Ben and Grace said yes; Dora has not answered."""
    cleo(db)
    enrol(db, ada(), ben(), dora(), grace())
    id = invited(db, "grace", "ada", "ben", "dora")
    for who in ("ada", "ben", "grace"):
        say(db, id, who, "yes")
    return id


@pytest.mark.parametrize("how", STEPS_OUT)
def test_a_group_meets_when_its_last_silent_member_steps_out(db: Database, three_yes: int, how: str) -> None:
    STEPS_OUT[how](db)
    assert state(db, three_yes) is State.AGREED
    at(db, NOW + HOUR)
    assert state(db, three_yes) is State.INTRODUCED
    assert not one(db, three_yes).party("dora").said_yes
    check_invariants(db)


def test_the_clock_frees_a_group_that_waits_for_nobody(db: Database, three_yes: int) -> None:
    STEPS_OUT["pauses"](db)
    rewrite(db, three_yes, state=State.ASKING, undo_until=None)
    at(db, NOW + HOUR)
    assert state(db, three_yes) is State.AGREED


@pytest.fixture
def without_dora(db: Database, three_yes: int) -> int:
    """The group goes on without Dora, who kept silent."""
    at(db, NOW + 8 * DAY + HOUR)
    assert state(db, three_yes) is State.AGREED
    assert (LetterKind.EXPIRED, "dora@example.org") in mail(db)
    return three_yes


def test_whoever_kept_silent_is_free_for_another_group(db: Database, without_dora: int) -> None:
    at(db, NOW + 9 * DAY)
    assert state(db, without_dora) is State.INTRODUCED
    enrol(db, henry(), ines())
    other = invited(db, "henry", "dora", "ines")
    assert state(db, other) is State.ASKING
    check_invariants(db)


@pytest.mark.parametrize("how", STEPS_OUT)
def test_whoever_has_no_part_in_a_group_leaves_it_as_it_is(db: Database, without_dora: int, how: str) -> None:
    at(db, NOW + 9 * DAY)
    STEPS_OUT[how](db)
    assert state(db, without_dora) is State.INTRODUCED
    assert not one(db, without_dora).party("dora").answered_at
    check_invariants(db)


@pytest.mark.parametrize("how", ["leaves", "is erased"])
def test_letters_of_an_introduction_that_wait_name_only_those_who_remain(
    db: Database, three_yes: int, how: str
) -> None:
    say(db, three_yes, "dora", "yes")
    at(db, NOW + HOUR)
    STEPS_OUT[how](db)
    sent = deliver(db, NOW + HOUR)
    at(db, NOW + HOUR)
    sent += deliver(db, NOW + HOUR)
    told = {each.to: each for each in sent if each.kind is LetterKind.GROUP_INTRODUCTION}
    assert sorted(told) == ["ada@example.org", "ben@example.org", "grace@example.org"]
    assert not any(b"dora@example.org" in (each.raw or b"") for each in told.values())
    assert [at(db, NOW + 2 * HOUR).introduced, deliver(db, NOW + 2 * HOUR)] == [0, []]
    assert state(db, three_yes) is State.INTRODUCED


def test_the_coordinator_hears_when_whoever_leads_a_group_has_left_it(db: Database, three_yes: int) -> None:
    say(db, three_yes, "dora", "yes")
    at(db, NOW + HOUR)
    assert state(db, three_yes) is State.INTRODUCED
    signup.leave(db, "dora", links=LINKS, now=NOW + HOUR)
    assert not mail(db, LetterKind.COORDINATOR_NEEDED)
    signup.leave(db, "grace", links=LINKS, now=NOW + HOUR)
    assert state(db, three_yes) is State.INTRODUCED
    assert [letter.facts["what"] for letter in deliver(db, NOW + HOUR) if letter.to == "cleo@example.org"] == [
        "facilitator"
    ]


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_late_answer_reads_that_the_time_is_over(db: Database, without_dora: int, answer: str) -> None:
    with pytest.raises(NotAllowed, match="time for an answer is over"):
        say(db, without_dora, "dora", answer, now=NOW + 8 * DAY + HOUR)
    assert state(db, without_dora) is State.AGREED
