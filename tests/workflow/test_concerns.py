"""A concern keeps its people apart at once and for ever, nobody else, and reaches the coordinators each time."""

from datetime import timedelta

import pytest

from matcher.domain.introductions import State
from matcher.storage import introductions
from matcher.storage.database import Database
from matcher.workflow import answers, signup
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace, henry
from tests.stories import DAY, ask, at, check_invariants, introduced, say, state
from tests.workflow.test_groups import invited

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
    group = invited(crowd, "henry", "ada", "grace", "ben")
    pair = ask(crowd, "ben", "henry")
    for who in ("ada", "ben", "grace", "henry"):
        say(crowd, group, who, "yes")
    for who in ("henry", "ben"):
        say(crowd, pair, who, "yes")
    answers.concern(crowd, before, "ada", links=LINKS, now=NOW)
    at(crowd, NOW + HOUR)
    assert state(crowd, group) is State.WITHDRAWN
    assert apart(crowd) == {frozenset({"ada", "grace"})}
    assert state(crowd, pair) is State.INTRODUCED
    check_invariants(crowd)


def test_a_concern_in_a_group_keeps_those_apart_who_met_in_it(crowd: Database) -> None:
    group = a_group_that_met(crowd)
    signup.leave(crowd, "ben", links=LINKS, now=NOW + DAY)
    answers.concern(crowd, group, "ada", links=LINKS, now=NOW + 2 * DAY)
    met = ("ada", "ben", "grace", "henry")
    assert apart(crowd) == {frozenset({one, other}) for one in met for other in met if one != other}
