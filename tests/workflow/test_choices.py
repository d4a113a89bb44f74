"""What a mentee with several offers hears: one story, whatever becomes of the one that was picked."""

from datetime import timedelta

import pytest

from matcher.domain.introductions import NotAllowed, State
from matcher.domain.letters import LetterKind as K
from matcher.storage.database import Database
from matcher.workflow import answers
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace, henry, ines
from tests.stories import DAY, ask, at, check_invariants, deliver, mail, offer, one, pick, say, state

HOUR = timedelta(hours=1)


@pytest.fixture
def crowd(db: Database) -> Database:
    """Two mentees, three mentors; Ines has one place."""
    cleo(db)
    enrol(db, ada(), ben(), grace(), henry(), ines())
    return db


def picked(db: Database, *mentors: str) -> list[int]:
    """Ada picks the first of these on the sixth day; Ben picks Ines."""
    offers = offer(db, "ada", *mentors)
    [other] = offer(db, "ben", "ines")
    deliver(db)
    for id, who in ((offers[0], "ada"), (other, "ben")):
        pick(db, id, who, now=NOW + 6 * DAY)
    deliver(db, NOW + 6 * DAY)
    return offers


def heard(db: Database, who: str = "ada") -> list[K]:
    """The letters to one of them from the ninth day to the eleventh."""
    sent = []
    for hours in range(0, 66, 6):
        now = NOW + 9 * DAY + timedelta(hours=hours)
        at(db, now)
        sent += [letter.kind for letter in deliver(db, now) if letter.participant_id == who]
    return sent


def test_a_full_mentor_cannot_be_picked_while_another_is_asked(crowd: Database) -> None:
    """And nothing of what is offered ends."""
    first, second = picked(crowd, "grace", "ines")
    with pytest.raises(NotAllowed, match="another introduction under way"):
        pick(crowd, second, "ada", now=NOW + 6 * DAY)
    assert (state(crowd, first), state(crowd, second)) == (State.ASKING, State.OFFERED)
    assert not mail(crowd, K.PLACE_GONE)


def test_after_a_no_what_has_no_room_ends_and_the_rest_is_offered_again(crowd: Database) -> None:
    first, full, free = picked(crowd, "grace", "ines", "henry")
    say(crowd, first, "grace", "no", now=NOW + 9 * DAY)
    assert (state(crowd, full), one(crowd, full).end_reason) == (State.WITHDRAWN, "place_gone")
    assert state(crowd, free) is State.OFFERED
    assert heard(crowd) == [K.CHOOSE_AGAIN]
    check_invariants(crowd)


def test_after_a_no_and_nothing_with_room_the_next_best_is_looked_for(crowd: Database) -> None:
    """She picked in time, so nobody tells her that her time is over."""
    first, full = picked(crowd, "grace", "ines")
    say(crowd, first, "grace", "no", now=NOW + 9 * DAY)
    assert state(crowd, full) is State.WITHDRAWN
    assert heard(crowd) == [K.NOT_AVAILABLE]
    assert mail(crowd, K.COORDINATOR_NEEDED)
    check_invariants(crowd)


def test_all_that_ends_at_once_leaves_a_record_for_each_version(crowd: Database) -> None:
    enrol(crowd, dora())
    first, *full = picked(crowd, "henry", "ines", "grace")
    [other] = offer(crowd, "dora", "grace")
    deliver(crowd, NOW + 6 * DAY)
    pick(crowd, other, "dora", now=NOW + 6 * DAY)
    say(crowd, first, "henry", "no", now=NOW + 9 * DAY)
    assert {state(crowd, id) for id in full} == {State.WITHDRAWN}
    check_invariants(crowd)


def test_whoever_takes_the_pick_back_hears_that_nothing_is_left(crowd: Database) -> None:
    first, full = picked(crowd, "grace", "ines")
    answers.undo(crowd, first, "ada", links=LINKS, now=NOW + 9 * DAY)
    assert state(crowd, full) is State.WITHDRAWN
    assert heard(crowd) == [K.PLACE_GONE]


def test_more_time_for_one_offer_is_more_time_for_all(crowd: Database) -> None:
    offers = offer(crowd, "ada", "grace", "henry")
    deliver(crowd)
    answers.extend(crowd, offers[0], "ada", by="cleo", now=NOW + 6 * DAY)
    assert K.EXPIRED not in heard(crowd)
    assert {state(crowd, each) for each in offers} == {State.OFFERED}
    assert len({one(crowd, each).party("ada").deadline for each in offers}) == 1
    with pytest.raises(NotAllowed, match="extended once already"):
        answers.extend(crowd, offers[1], "ada", by="cleo", now=NOW + 6 * DAY)


def test_whose_clock_stands_still_does_not_hear_that_the_time_is_over(crowd: Database) -> None:
    id = ask(crowd, "ada", "grace", order="both")
    deliver(crowd)
    say(crowd, id, "ada", "more", question="When?")
    at(crowd, NOW + 8 * DAY + HOUR)
    assert state(crowd, id) is State.EXPIRED
    assert {(kind, who) for kind, who in mail(crowd, K.EXPIRED, K.NOT_AVAILABLE)} == {
        (K.EXPIRED, "grace@example.org"),
        (K.NOT_AVAILABLE, "ada@example.org"),
    }


def test_only_who_said_yes_is_thanked_for_it(crowd: Database) -> None:
    for who in ("ada", "ben"):
        id = ask(crowd, who, "henry" if who == "ada" else "grace", order="both")
        if who == "ben":
            say(crowd, id, who, "yes")
        say(crowd, id, "henry" if who == "ada" else "grace", "no")
    told = {each.to: b"You said yes" in (each.raw or b"") for each in deliver(crowd) if each.kind is K.NOT_AVAILABLE}
    assert told == {"ada@example.org": False, "ben@example.org": True}
