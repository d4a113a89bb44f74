"""The letters waiting: never lost, never stale, never twice without need."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from matcher.domain.letters import Composed, Letter, LetterKind, LetterState
from matcher.storage import database, outbox, suppression, tracking
from matcher.storage.database import Database
from matcher.storage.mapping import letters
from matcher.workflow import answers, signup
from matcher.workflow.people import erase as erase_person
from tests.cast import LINKS, NOW, ada, ben, cleo, enrol, grace, henry, ines
from tests.stories import DAY, VOCABULARY, ask, at, deliver, introduced, mail, offer, one, pick, say

LEASE = timedelta(minutes=5)


def a_letter(key: str = "one", **fields: object) -> Letter:
    given: dict = {"kind": LetterKind.SIGN_IN, "to": "ada@example.org", **fields}
    return Letter(key=f"test:{key}", **given)


def post(db: Database, letter: Letter, raw: bytes = b"bytes") -> int:
    with db.write() as session:
        return outbox.post(session, letter, Composed("Subject", "<id@example.org>", raw), NOW).id or 0


def claim(db: Database, worker: str = "w1", now: object = NOW) -> Letter | None:
    with db.write() as session:
        return outbox.claim_next(session, worker, now, LEASE)  # type: ignore[arg-type]


def stored(db: Database, id: int) -> Letter:
    with db.read() as session:
        return session.get_one(Letter, id)


def test_a_letter_of_the_same_key_is_posted_once(db: Database) -> None:
    first = post(db, a_letter(), b"first")
    assert post(db, a_letter(), b"second") == first
    assert stored(db, first).raw == b"first"


def test_letters_leave_in_order_and_once(db: Database) -> None:
    ids = [post(db, a_letter(str(n))) for n in range(3)]
    assert [letter.id for letter in deliver(db)] == ids
    assert claim(db) is None
    assert all(stored(db, id).state is LetterState.SENT for id in ids)


def test_a_letter_waits_for_its_time(db: Database) -> None:
    post(db, a_letter(kind=LetterKind.CLOSED, not_before=NOW + timedelta(hours=1)))
    assert claim(db) is None
    assert claim(db, now=NOW + timedelta(hours=1)) is not None


def test_a_letter_whose_worker_vanished_is_carried_by_another_with_the_same_bytes(db: Database) -> None:
    id = post(db, a_letter(kind=LetterKind.CLOSED))
    first = claim(db, "w1")
    assert first is not None
    assert claim(db, "w2", NOW + LEASE) is None
    second = claim(db, "w2", NOW + LEASE + timedelta(seconds=1))
    assert second is not None
    assert (second.id, second.raw, second.message_id) == (id, first.raw, first.message_id)
    assert second.attempts == 2


def test_a_worker_that_comes_back_late_changes_nothing(db: Database) -> None:
    """Fencing: even the same worker's name does not help an older attempt."""
    id = post(db, a_letter(kind=LetterKind.CLOSED))
    late = claim(db, "w1")
    assert late is not None
    taken = claim(db, "w1", NOW + 2 * LEASE)
    assert taken is not None
    with db.write() as session:
        assert not outbox.mark_sent(session, id, "w1", late.attempts, NOW)
        assert not outbox.mark_failed(session, id, "w1", late.attempts, trouble="late")
        assert not outbox.mark_retry(session, id, "w1", late.attempts, next_try_at=NOW, trouble="late")
        assert not outbox.mark_sent(session, id, "w2", taken.attempts, NOW)
    assert stored(db, id).state is LetterState.SENDING
    with db.write() as session:
        assert outbox.mark_sent(session, id, "w1", taken.attempts, NOW)


def test_a_retry_waits_and_a_fault_of_the_relay_counts_no_attempt(db: Database) -> None:
    id = post(db, a_letter(kind=LetterKind.CLOSED))
    letter = claim(db)
    assert letter is not None
    later = NOW + timedelta(minutes=1)
    with db.write() as session:
        assert outbox.mark_retry(session, id, "w1", 1, next_try_at=later, trouble="450 busy", counts=False)
    assert stored(db, id).attempts == 0
    assert claim(db) is None
    again = claim(db, now=later)
    assert again is not None
    assert again.attempts == 1


def test_too_old_is_given_up_and_seen(db: Database) -> None:
    id = post(db, a_letter())
    assert claim(db, now=NOW + timedelta(minutes=11)) is None
    letter = stored(db, id)
    assert letter.state is LetterState.FAILED
    assert letter.trouble
    with db.read() as session:
        assert [each.id for each in tracking.given_up(session)] == [id]
        assert tracking.counts(session) == {"failed": 1}


def test_many_workers_never_carry_the_same_letter(db: Database) -> None:
    ids = {post(db, a_letter(str(n))) for n in range(30)}
    carried: list[int] = []

    def work(name: str) -> None:
        while True:
            letter = db.transact(outbox.claim_next, name, NOW, LEASE)
            if letter is None:
                return
            assert db.transact(outbox.mark_sent, letter.id or 0, name, letter.attempts, NOW)
            carried.append(letter.id or 0)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(carried) == sorted(ids)


def test_a_worker_passes_over_what_another_is_claiming(postgresql: Database) -> None:
    """SKIP LOCKED: it takes the next letter instead of waiting. SQLite has one writer at a time anyway."""
    first, second = (post(postgresql, a_letter(name)) for name in ("first", "second"))
    with postgresql.write() as slow, postgresql.write() as quick:
        claimed = outbox.claim_next(slow, "w1", NOW, LEASE)
        quick.execute(text("SET LOCAL lock_timeout = '100ms'"))
        passed = outbox.claim_next(quick, "w2", NOW, LEASE)
        assert outbox.claim_next(quick, "w2", NOW, LEASE) is None
    assert claimed is not None
    assert passed is not None
    assert (claimed.id, passed.id) == (first, second)


def test_a_machine_whose_clock_is_ahead_takes_no_lease_over_and_carries_nothing_early(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = postgresql.now()
    kept = {"kind": LetterKind.CLOSED, "not_after": right + 30 * DAY}
    leased = post(postgresql, a_letter("now", **kept))
    post(postgresql, a_letter("later", not_before=right + timedelta(hours=1), **kept))

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(hours=3)

    first = claim(postgresql, "w1", postgresql.now())
    monkeypatch.setattr(database, "datetime", Ahead)
    elsewhere = Database(postgresql.url.render_as_string(hide_password=False))
    try:
        assert first is not None
        assert first.id == leased
        assert claim(elsewhere, "w2", elsewhere.now()) is None
        assert claim(elsewhere, "w2", Ahead.now(UTC)) is not None  # by its own clock it would
    finally:
        elsewhere.dispose()


# -- stale at the last moment ----------------------------------------------------------------------------------------


def asked(db: Database) -> int:
    """Grace is asked about Ada; the letters before have left."""
    [id, _] = offer(db, "ada", "grace", "henry")
    deliver(db)
    pick(db, id, "ada")
    return id


CHANGES: dict[str, Callable[[Database, int], object]] = {
    "the coordinator withdraws": lambda db, id: answers.withdraw(
        db, id, by="cleo", reason="moved", links=LINKS, now=NOW
    ),
    "the mentee changes her mind": lambda db, id: answers.undo(db, id, "ada", links=LINKS, now=NOW),
    "the mentor has answered": lambda db, id: say(db, id, "grace", "yes"),
    "the mentor has declined": lambda db, id: say(db, id, "grace", "no"),
    "somebody raises a concern": lambda db, id: answers.concern(db, id, "ada", links=LINKS, now=NOW),
    "the mentor pauses": lambda db, _: signup.pause(db, "grace", links=LINKS, now=NOW),
    "the mentor leaves": lambda db, _: signup.leave(db, "grace", links=LINKS, now=NOW),
    "the mentee leaves": lambda db, _: signup.leave(db, "ada", links=LINKS, now=NOW),
    "the mentor unsubscribes": lambda db, _: signup.unsubscribe(db, "grace", "suggestions", links=LINKS, now=NOW),
    "the address bounces": lambda db, _: db.transact(suppression.suppress, "grace@example.org", "hard bounce", NOW),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_question_that_has_become_stale_does_not_leave(db: Database, change: str) -> None:
    enrol(db, ada(), grace(), henry())
    id = asked(db)
    CHANGES[change](db, id)
    left = [letter for letter in deliver(db) if letter.kind is LetterKind.QUESTION_TO_MENTOR]
    assert left == []
    with db.read() as session:
        [question] = session.scalars(select(Letter).where(letters.c.kind == LetterKind.QUESTION_TO_MENTOR))
    assert question.state is LetterState.CANCELLED
    assert question.trouble


def test_a_new_address_makes_the_old_letter_stale_and_the_clock_writes_again(db: Database) -> None:
    enrol(db, ada(), grace(), henry())
    asked(db)
    signup.update_profile(
        db, "grace", {"email": "grace@elsewhere.example.org"}, vocabulary=VOCABULARY, links=LINKS, now=NOW
    )
    [confirmation] = deliver(db)
    assert (confirmation.kind, confirmation.to) == (LetterKind.CONFIRM_ADDRESS, "grace@elsewhere.example.org")
    token = str(confirmation.facts["url"]).rpartition("/")[2]
    signup.confirm(db, token, now=NOW)
    at(db, NOW + timedelta(minutes=2))
    [question] = deliver(db, NOW + timedelta(minutes=2))
    assert (question.kind, question.to) == (LetterKind.QUESTION_TO_MENTOR, "grace@elsewhere.example.org")


def test_the_suggestions_leave_without_the_one_that_was_withdrawn(db: Database) -> None:
    enrol(db, ada(), grace(), henry())
    first, second = offer(db, "ada", "grace", "henry")
    answers.withdraw(db, first, by="cleo", reason="moved", links=LINKS, now=NOW)
    assert not deliver(db)
    at(db, NOW + timedelta(minutes=1))
    sent = deliver(db, NOW + timedelta(minutes=1))
    assert [(letter.kind, letter.concerns) for letter in sent] == [(LetterKind.CHOOSE_AGAIN, [second])]
    assert one(db, second).parties[0].deadline is not None
    assert one(db, first).parties[0].deadline is None


def test_whoever_pauses_still_gets_the_introduction(db: Database) -> None:
    enrol(db, ada(), grace())
    introduced(db, "ada", "grace")
    signup.pause(db, "ada", links=LINKS, now=NOW)
    kinds = [(letter.kind, letter.to) for letter in deliver(db, NOW + timedelta(minutes=12))]
    assert (LetterKind.INTRODUCTION, "ada@example.org") in kinds
    assert (LetterKind.PAUSED, "ada@example.org") in kinds


# -- deadlines -------------------------------------------------------------------------------------------------------


def test_a_deadline_starts_when_the_letter_was_accepted(db: Database) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    assert one(db, id).party("grace").deadline is None
    deliver(db, NOW + DAY)
    assert one(db, id).party("grace").deadline == NOW + 8 * DAY
    assert one(db, id).party("grace").delivered_at == NOW + DAY
    assert one(db, id).party("ada").deadline is None


def test_a_deadline_never_ends_at_night(db: Database) -> None:
    """Taken at two in the morning in New York: the answer is due at eight, not at two."""
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    letter = claim(db)
    assert letter is not None
    night = NOW.replace(hour=7) + DAY
    assert db.transact(outbox.mark_sent, letter.id or 0, "w1", letter.attempts, night)
    assert one(db, id).party("grace").deadline == NOW.replace(hour=12) + 8 * DAY


def test_a_question_that_cannot_be_delivered_stops_the_clock(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    letter = claim(db)
    assert letter is not None
    with db.write() as session:
        assert outbox.mark_failed(session, letter.id or 0, "w1", 1, trouble="550 no such user")
    party = one(db, id).party("grace")
    assert party.undeliverable
    assert party.deadline is None


def test_contents_are_forgotten_after_a_while_and_the_trace_stays(db: Database) -> None:
    enrol(db, ada(), ben(), grace(), ines())
    offer(db, "ada", "grace")
    deliver(db)
    [waiting] = offer(db, "ben", "ines")

    def forget(session: Session) -> int:
        return outbox.forget_bodies(session, NOW + timedelta(seconds=1))

    gone = db.transact(forget)
    assert gone == 1
    with db.read() as session:
        kept = list(session.scalars(select(Letter)))
    assert waiting
    assert {letter.raw is None for letter in kept if letter.state is LetterState.SENT} == {True}
    assert {letter.raw is None for letter in kept if letter.state is LetterState.QUEUED} == {False}
    assert all(letter.subject and letter.to for letter in kept)


@pytest.mark.parametrize("end", ["sent", "failed", "too old"])
def test_a_secret_is_forgotten_as_soon_as_its_letter_is_done(db: Database, end: str) -> None:
    """A sign-in link must not be read from a backup; who got a letter and when stays."""
    id = post(db, a_letter(facts={"url": "https://mentoring.example.org/sign-in/abc"}))
    claim(db, now=NOW + DAY if end == "too old" else NOW)
    with db.write() as session:
        if end == "sent":
            assert outbox.mark_sent(session, id, "w1", 1, NOW)
        elif end == "failed":
            assert outbox.mark_failed(session, id, "w1", 1, trouble="550 no such user")
    letter = stored(db, id)
    assert letter.state is (LetterState.SENT if end == "sent" else LetterState.FAILED), letter
    assert (letter.raw, letter.facts) == (None, {})
    assert (letter.to, letter.subject) == ("ada@example.org", "Subject")


def test_a_deadline_is_set_only_for_what_still_stands(db: Database) -> None:
    """One of two suggestions came to nothing while the letter left."""
    enrol(db, ada(), grace(), henry())
    gone, stands = offer(db, "ada", "grace", "henry")
    letter = claim(db)
    assert letter is not None
    signup.leave(db, "grace", links=LINKS, now=NOW)
    assert db.transact(outbox.mark_sent, letter.id or 0, "w1", letter.attempts, NOW)
    assert one(db, gone).party("ada").deadline is None
    assert one(db, stands).party("ada").deadline is not None


# -- what comes in between -------------------------------------------------------------------------------------------


def test_a_question_to_an_address_that_takes_no_mail_is_written_once_and_a_coordinator_told(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    db.transact(suppression.suppress, "grace@example.org", "hard bounce", NOW)
    for minute in range(1, 20):
        at(db, NOW + timedelta(minutes=minute))
        deliver(db, NOW + timedelta(minutes=minute))
    assert one(db, id).party("grace").undeliverable
    with db.read() as session:
        asked = list(session.scalars(select(Letter).where(letters.c.kind == LetterKind.QUESTION_TO_MENTOR)))
    assert [letter.state for letter in asked] == [LetterState.CANCELLED]
    assert mail(db, LetterKind.COORDINATOR_NEEDED) == [(LetterKind.COORDINATOR_NEEDED, "cleo@example.org")]


def test_a_new_address_while_the_letter_is_noted_as_sent_is_asked_anew(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change commits after the worker has read the party; SQLite has one writer at a time and cannot get there."""
    db = postgresql
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    letter = claim(db)
    assert letter is not None
    moved: list[int] = []
    quiet = outbox.outside_quiet_hours

    def meanwhile(*about: Any) -> Any:
        if not moved:
            moved.append(1)
            new = {"email": "grace@elsewhere.example.org"}
            signup.update_profile(db, "grace", new, vocabulary=VOCABULARY, links=LINKS, now=NOW)
        return quiet(*about)

    monkeypatch.setattr(outbox, "outside_quiet_hours", meanwhile)
    with db.write() as session:
        assert outbox.mark_sent(session, letter.id or 0, "w1", letter.attempts, NOW)
    assert moved
    party = one(db, id).party("grace")
    assert (party.epoch, party.delivered_at, party.deadline) == (2, None, None)


def test_erasing_somebody_leaves_a_letter_that_has_left_as_sent(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = postgresql
    enrol(db, ada(), grace())
    ask(db, "ada", "grace")
    letter = claim(db)
    assert letter is not None
    empty = outbox.empty

    def meanwhile(session: Session, found: Letter, reason: str, *, keep_address: bool) -> None:
        assert db.transact(outbox.mark_sent, letter.id or 0, "w1", letter.attempts, NOW)
        empty(session, found, reason, keep_address=keep_address)

    monkeypatch.setattr(outbox, "empty", meanwhile)
    erase_person(db, "grace", by="grace", links=LINKS, now=NOW)
    left = stored(db, letter.id or 0)
    assert (left.state, left.raw, left.to) == (LetterState.SENT, None, "")


def test_sending_now_does_not_touch_a_letter_that_has_just_left(postgresql: Database) -> None:
    db = postgresql
    id = post(db, a_letter(kind=LetterKind.CLOSED))
    with db.write() as session:
        session.get_one(Letter, id)
        [sent] = deliver(db)
        assert not outbox.hasten(session, id, NOW + DAY)
    assert (sent.id, stored(db, id).next_try_at) == (id, NOW)
