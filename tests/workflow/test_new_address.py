"""Somebody gets another address: until it is confirmed it is nobody's, and nothing of the old life is lost with it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from matcher.domain.introductions import NotAllowed
from matcher.domain.letters import Letter, LetterKind
from matcher.domain.people import Standing
from matcher.storage.database import Database
from matcher.workflow import answers, desk, meetings, outcomes, signup
from tests.cast import LINKS, NOW, ada, cleo, enrol, grace
from tests.stories import DAY, VOCABULARY, agreed, ask, at, check_invariants, deliver, introduced, mail, person

K = LetterKind
HOUR = timedelta(hours=1)
NEW = "grace@new.example"


def move(db: Database, who: str = "grace", *, now: datetime = NOW, by: str | None = None) -> None:
    """Somebody tells, or is told, another address."""
    new = {"email": f"{who}@new.example"}
    signup.update_profile(db, who, new, vocabulary=VOCABULARY, links=LINKS, now=now, by=by)


def confirm(db: Database, sent: Sequence[Letter], *, now: datetime = NOW) -> None:
    """The link in the letter is followed."""
    [letter] = [each for each in sent if each.kind is K.CONFIRM_ADDRESS]
    signup.confirm(db, str(letter.facts["url"]).rpartition("/")[2], now=now)


@pytest.mark.parametrize("capacity", ["0", "3"])
def test_a_stranger_who_signs_up_with_it_changes_nothing(db: Database, capacity: str) -> None:
    enrol(db, ada(), grace())
    introduced(db, "ada", "grace")
    move(db)
    deliver(db)
    stranger = {"role": "mentor", "name": "Mallory", "email": NEW, "capacity": capacity}
    how: dict = {"vocabulary": VOCABULARY, "links": LINKS, "language": "en", "now": NOW + DAY}
    assert signup.sign_up(db, stranger, {"matching": "I agree."}, **how) == "grace"
    found = person(db, "grace")
    assert (found.name, found.capacity, found.status) == ("Grace", 1, Standing.UNCONFIRMED)
    confirm(db, deliver(db, NOW + DAY), now=NOW + DAY)  # the letter is written again, to its owner
    assert person(db, "grace").status is Standing.ACTIVE
    assert not mail(db, K.ALREADY_SIGNED_UP)
    check_invariants(db)


def told(sent: Sequence[Letter], who: str = "grace") -> list[LetterKind]:
    """The letters to somebody, but for the one that asks to confirm the address."""
    return [each.kind for each in sent if each.participant_id == who and each.kind is not K.CONFIRM_ADDRESS]


def test_the_end_is_told_by_name_once_the_address_is_confirmed(db: Database) -> None:
    enrol(db, ada(name="Adalbertine"), grace())
    id = introduced(db, "ada", "grace")
    deliver(db, NOW + HOUR)
    move(db, now=NOW + HOUR)
    outcomes.close(db, id, participant_id="ada", outcome="good_enough", links=LINKS, now=NOW + HOUR)
    at(db, NOW + HOUR)
    sent = deliver(db, NOW + HOUR)
    assert not told(sent)  # the address may be a stranger's: neither a name nor a link that works
    confirm(db, sent, now=NOW + DAY)
    for _ in range(2):
        at(db, NOW + DAY)
    [letter] = deliver(db, NOW + DAY)
    assert (letter.kind, letter.to, letter.facts["other"]) == (K.CLOSED, NEW, "Adalbertine")


@pytest.mark.parametrize("cancelled", [False, True])
def test_the_time_of_a_meeting_is_told_once_the_address_is_confirmed(db: Database, cancelled: bool) -> None:
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    deliver(db, NOW + HOUR)
    move(db, now=NOW + HOUR)
    how: dict = {"links": LINKS, "now": NOW + HOUR}
    meetings.propose(db, id, "ada", starts_at=NOW + 5 * DAY, minutes=45, place="", version=0, **how)
    if cancelled:
        meetings.cancel(db, id, "ada", version=meetings.shown(db, id, "ada").version, **how)
    at(db, NOW + HOUR)
    sent = deliver(db, NOW + HOUR)
    assert not told(sent)
    confirm(db, sent, now=NOW + DAY)
    for _ in range(2):
        at(db, NOW + DAY)
    assert told(deliver(db, NOW + DAY)) == [K.MEETING_CANCELLED if cancelled else K.MEETING]


def pause(db: Database, until: datetime | None) -> None:
    signup.pause(db, "grace", links=LINKS, now=NOW, until=until)


def unsubscribe(db: Database, now: datetime = NOW) -> None:
    signup.unsubscribe(db, "grace", "suggestions", links=LINKS, now=now)


RESTS: dict[str, Callable[[Database], None]] = {
    "a break with an end": lambda db: pause(db, NOW + 30 * DAY),
    "a break without": lambda db: pause(db, None),
    "unsubscribed": unsubscribe,
}


@pytest.mark.parametrize("vouched", [False, True])
@pytest.mark.parametrize("rests", RESTS)
def test_a_break_goes_on_behind_it(db: Database, rests: str, vouched: bool) -> None:
    by = cleo(db)
    enrol(db, grace())
    RESTS[rests](db)
    move(db)
    if vouched:
        desk.confirm_person(db, "grace", by=by, reason="by telephone", now=NOW)
    else:
        confirm(db, deliver(db))
    assert person(db, "grace").status is Standing.PAUSED
    at(db, NOW + 31 * DAY)
    ends = rests == "a break with an end"
    assert person(db, "grace").status is (Standing.ACTIVE if ends else Standing.PAUSED)
    signup.resume(db, "grace", now=NOW + 31 * DAY)
    assert (person(db, "grace").status, person(db, "grace").muted) == (Standing.ACTIVE, [])


def test_whoever_unsubscribes_while_it_waits_is_asked_nothing_behind_it(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    move(db)
    sent = deliver(db)
    unsubscribe(db)
    confirm(db, sent)
    assert person(db, "grace").status is Standing.PAUSED
    with pytest.raises(NotAllowed):
        ask(db, "ada", "grace")


def test_whoever_left_stays_away(db: Database) -> None:
    by = cleo(db)
    enrol(db, grace())
    signup.leave(db, "grace", links=LINKS, now=NOW)
    deliver(db)
    move(db, by=by)
    assert (person(db, "grace").status, person(db, "grace").email) == (Standing.LEFT, NEW)
    assert not deliver(db)


@pytest.mark.parametrize("by_desk", ["vouches", "writes again"])
def test_the_desk_takes_back_only_the_letter_that_asks_to_confirm(db: Database, by_desk: str) -> None:
    by = cleo(db)
    enrol(db, ada(), grace())
    id = agreed(db, "ada", "grace")
    deliver(db)
    move(db)
    answers.undo(db, id, "ada", links=LINKS, vocabulary=VOCABULARY, now=NOW)
    if by_desk == "vouches":
        desk.confirm_person(db, "grace", by=by, reason="by telephone", now=NOW)
    else:
        desk.ask_again(db, "grace", by=by, links=LINKS, now=NOW)
    sent = [each.kind for each in deliver(db) if each.participant_id == "grace"]
    assert sorted(sent) == ([] if by_desk == "vouches" else [K.CONFIRM_ADDRESS]) + [K.NOT_AVAILABLE]


def test_a_break_with_an_end_ends_also_after_a_new_address(db: Database) -> None:
    """The break without end that outlasted the address does not outlast their own word."""
    enrol(db, grace())
    signup.pause(db, "grace", links=LINKS, now=NOW)
    move(db)
    confirm(db, deliver(db))
    assert person(db, "grace").status is Standing.PAUSED
    signup.pause(db, "grace", links=LINKS, now=NOW + HOUR, until=NOW + 5 * DAY)
    at(db, NOW + 6 * DAY)
    assert person(db, "grace").status is Standing.ACTIVE
