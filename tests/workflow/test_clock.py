"""What happens by itself, once, and at the right time."""

from datetime import timedelta

import pytest

from matcher.domain.introductions import TERMS, State
from matcher.domain.letters import LetterKind
from matcher.domain.people import Standing
from matcher.storage import introductions, outbox
from matcher.storage.database import Database
from matcher.workflow import answers, clock, outcomes, review, signup
from matcher.workflow.clock import Ticked
from tests.cast import LINKS, NOW, ada, ben, cleo, enrol, grace, henry, ines
from tests.stories import (
    DAY,
    VOCABULARY,
    agreed,
    ask,
    at,
    check_invariants,
    deliver,
    introduced,
    mail,
    offer,
    one,
    person,
    pick,
    say,
    state,
)

K = LetterKind
HOUR = timedelta(hours=1)


def test_with_nothing_due_the_clock_does_nothing(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    deliver(db)
    pick(db, id, "ada")
    deliver(db)
    assert at(db, NOW + HOUR) == Ticked()


# -- the undo window -------------------------------------------------------------------------------------------------


def test_contacts_are_shared_after_the_undo_window_and_other_offers_end(db: Database) -> None:
    enrol(db, ada(), grace(contact_note="Text me first."), henry())
    first, second = offer(db, "ada", "grace", "henry")
    pick(db, first, "ada")
    say(db, first, "grace", "yes")
    assert at(db, NOW + timedelta(minutes=9, seconds=59)).introduced == 0
    assert at(db, NOW + timedelta(minutes=10)).introduced == 1
    assert state(db, first) is State.INTRODUCED
    assert state(db, second) is State.WITHDRAWN
    letters = {each.to: each for each in deliver(db, NOW + HOUR) if each.kind is K.INTRODUCTION}
    assert letters["ada@example.org"].facts["other"] == {
        "name": "Grace",
        "email": "grace@example.org",
        "note": "Text me first.",
    }
    assert letters["grace@example.org"].facts["other"]["email"] == "ada@example.org"
    assert letters["ada@example.org"].facts["hours"] == "Mon-Fri 06:00-12:00, Mon-Fri 17:00-22:00"
    check_invariants(db)


# -- reminders -------------------------------------------------------------------------------------------------------


def reminders(db: Database) -> int:
    return len(mail(db, K.REMINDER))


def test_reminders_on_day_three_and_six_and_no_more(db: Database) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    deliver(db)
    counts = []
    for hour in range(0, 7 * 24, 12):
        at(db, NOW + hour * HOUR)
        at(db, NOW + hour * HOUR)
        counts.append(reminders(db))
    assert [counts.index(n) * 12 for n in (1, 2)] == [72, 144]
    assert max(counts) == 2
    assert state(db, id) is State.ASKING


def test_a_clock_that_was_off_writes_only_the_last_reminder(db: Database) -> None:
    enrol(db, ada(), grace())
    ask(db, "ada", "grace")
    deliver(db)
    assert at(db, NOW + 6 * DAY + HOUR).reminded == 1
    assert at(db, NOW + 6 * DAY + HOUR).reminded == 0
    assert reminders(db) == 1


def test_three_offers_are_one_reminder(db: Database) -> None:
    enrol(db, ada(), grace(), henry(), ines())
    offer(db, "ada", "grace", "henry", "ines")
    deliver(db)
    assert at(db, NOW + 3 * DAY).reminded == 1
    [letter] = deliver(db, NOW + 3 * DAY)
    assert (letter.kind, letter.facts["what"]) == (K.REMINDER, "suggestions")


def test_a_reminder_keeps_quiet_hours(db: Database) -> None:
    enrol(db, ada(), grace())
    ask(db, "ada", "grace")
    deliver(db, NOW)
    night = NOW + 3 * DAY + 12 * HOUR  # ten in the evening in New York
    assert at(db, night).reminded == 1
    assert deliver(db, night) == []
    assert [each.kind for each in deliver(db, night + 10 * HOUR)] == [K.REMINDER]


def test_whoever_answered_is_not_reminded(db: Database) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    deliver(db)
    at(db, NOW + 3 * DAY)
    say(db, id, "grace", "yes", now=NOW + 3 * DAY)
    assert K.REMINDER not in [each.kind for each in deliver(db, NOW + 3 * DAY)]


def test_while_a_mentor_is_asked_the_other_offers_rest(db: Database) -> None:
    enrol(db, ada(), grace(), henry())
    first, second = offer(db, "ada", "grace", "henry")
    deliver(db)
    pick(db, first, "ada")
    at(db, NOW + 20 * DAY)
    assert state(db, second) is State.OFFERED
    assert (K.REMINDER, "ada@example.org") not in mail(db)


# -- silence ---------------------------------------------------------------------------------------------------------


def test_silence_ends_a_question_after_the_deadline_and_a_day_of_grace(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace(), henry())
    first, second = offer(db, "ada", "grace", "henry")
    deliver(db)
    pick(db, first, "ada")
    deliver(db, NOW)
    end = NOW + 8 * DAY
    assert at(db, end - timedelta(seconds=1)).expired == 0
    assert at(db, end).expired == 1
    assert state(db, first) is State.EXPIRED
    assert person(db, "grace").used == 0
    told = [(each.kind, each.to) for each in deliver(db, end)]
    assert (K.EXPIRED, "grace@example.org") in told
    assert (K.CHOOSE_AGAIN, "ada@example.org") in told
    assert (K.COORDINATOR_NEEDED, "cleo@example.org") in told
    assert pick(db, second, "ada", now=end) == answers.Picked(second)
    check_invariants(db)


def test_an_answer_within_the_grace_still_counts(db: Database) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    deliver(db)
    at(db, NOW + 7 * DAY + 23 * HOUR)
    assert say(db, id, "grace", "yes", now=NOW + 7 * DAY + 23 * HOUR).state is State.ASKING


def test_offers_end_together_with_one_letter(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace(), henry(), ines())
    ids = offer(db, "ada", "grace", "henry", "ines")
    deliver(db)
    assert at(db, NOW + 8 * DAY).expired == 1
    assert {state(db, id) for id in ids} == {State.EXPIRED}
    assert mail(db, K.EXPIRED) == [(K.EXPIRED, "ada@example.org")]
    assert at(db, NOW + 8 * DAY).next_best == 0  # whether to offer somebody else is for the coordinator to say
    check_invariants(db)


def test_a_question_that_never_left_does_not_expire(db: Database) -> None:
    """R-06: the clock starts when the letter was accepted; what bounced stays with the coordinator."""
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    assert at(db, NOW + 100 * DAY).expired == 0
    assert state(db, id) is State.ASKING


def test_a_bounced_question_never_expires_and_is_pointed_out(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    with db.write() as session:
        letter = outbox.claim_next(session, "w", NOW)
        assert letter is not None
        assert outbox.mark_failed(session, letter.id or 0, "w", 1, trouble="550")
    assert at(db, NOW + 100 * DAY).expired == 0
    assert state(db, id) is State.ASKING
    needed = [each for each in deliver(db, NOW + 100 * DAY) if each.kind is K.COORDINATOR_NEEDED]
    assert [each.facts["what"] for each in needed] == ["undeliverable"]


# -- afterwards ------------------------------------------------------------------------------------------------------


def test_after_a_fortnight_both_are_asked_whether_they_spoke(db: Database) -> None:
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    assert at(db, NOW + 13 * DAY).checked_back == 0
    later = NOW + 15 * DAY
    assert at(db, later).checked_back == 1
    assert at(db, later).checked_back == 0
    assert len(mail(db, K.FIRST_CONTACT_CHECK)) == 2
    outcomes.first_contact(db, id, "ada", happened=True, links=LINKS, now=later)
    assert state(db, id) is State.ACTIVE


def test_a_conversation_is_looked_after_every_ninety_days(db: Database) -> None:
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    outcomes.first_contact(db, id, "grace", happened=True, links=LINKS, now=NOW)
    for day in range(0, 200, 10):
        at(db, NOW + day * DAY)
    assert len(mail(db, K.CHECK_IN)) == 2
    assert len(mail(db, K.CLOSING)) == 2


def test_drafts_nobody_looked_at_are_set_aside(db: Database) -> None:
    enrol(db, ada(), grace())
    id = review.propose_pair(db, "ada", "grace", by="cleo", vocabulary=VOCABULARY, now=NOW)
    assert at(db, NOW + 29 * DAY).stale_drafts == 0
    assert at(db, NOW + 30 * DAY).stale_drafts == 1
    assert state(db, id) is State.DISCARDED
    check_invariants(db)


def test_a_break_ends_by_itself(db: Database) -> None:
    enrol(db, grace())
    signup.pause(db, "grace", links=LINKS, now=NOW, until=NOW + 10 * DAY)
    assert at(db, NOW + 9 * DAY).resumed == 0
    assert at(db, NOW + 10 * DAY).resumed == 1
    assert person(db, "grace").status is Standing.ACTIVE


def test_the_next_best_is_looked_for_when_the_break_is_over(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace(), henry())
    [id] = offer(db, "ada", "grace")
    pick(db, id, "ada")
    say(db, id, "grace", "no")
    signup.pause(db, "ada", links=LINKS, now=NOW, until=NOW + 10 * DAY)
    assert at(db, NOW + 5 * DAY).next_best == 0
    at(db, NOW + 10 * DAY)
    with db.read() as session:
        assert [i.mentor_id for i in introductions.of_person(session, "ada", [State.DRAFT])] == ["henry"]


def test_sign_ups_nobody_confirmed_are_forgotten_after_a_week(db: Database) -> None:
    signup.sign_up(
        db,
        {"role": "mentor", "name": "Canary", "email": "canary@example.org"},
        {"matching": "I agree."},
        vocabulary=VOCABULARY,
        links=LINKS,
        language="en",
        now=NOW,
    )
    at(db, NOW + 6 * DAY)
    with db.read() as session:
        assert clock.people_rows.by_address(session, "canary@example.org") is not None
    assert at(db, NOW + 7 * DAY).forgotten
    with db.read() as session:
        assert clock.people_rows.by_address(session, "canary@example.org") is None
        assert not clock.people_rows.everybody(session)


def test_one_matter_that_fails_does_not_stop_the_others(
    db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    enrol(db, ada(), ben(), grace(), henry())
    poisoned, healthy = agreed(db, "ada", "grace"), agreed(db, "ben", "henry")
    with db.write() as session:
        introductions.get(session, poisoned).explanation = {"mentee_id": "ada"}
    assert at(db, NOW + HOUR).introduced == 1
    assert (state(db, poisoned), state(db, healthy)) == (State.AGREED, State.INTRODUCED)
    assert "_introduce" in caplog.text


def test_a_year_of_ticks_from_many_clocks_never_writes_twice(sqlite: Database) -> None:
    """R-08: two clocks, a year, a tick every few days, letters leaving in between; at most two reminders an ask."""
    cleo(sqlite)
    enrol(sqlite, ada(), ben(), grace(), henry())
    offer(sqlite, "ben", "henry", "grace")
    asked = ask(sqlite, "ada", "grace")
    for day in range(0, 366, 2):
        now = NOW + day * DAY
        deliver(sqlite, now)
        at(sqlite, now)
        at(sqlite, now)
    assert len(mail(sqlite, K.REMINDER)) <= 4
    check_invariants(sqlite)
    assert one(sqlite, asked).state is State.EXPIRED
    assert TERMS.reminders == (3 * DAY, 6 * DAY)
