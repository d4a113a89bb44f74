"""The letters waiting: the truth about mail.

    post        in the transaction that causes the letter; the bytes are fixed from then on
    claim_next  in a transaction of its own; a lease and an attempt number say whose the letter is
    (carry it, with no transaction open)
    mark_sent, mark_retry, mark_failed   conditional on worker and attempt: who comes back late changes nothing

A letter leaves at least once; a second copy after a crash has the same bytes and Message-ID.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    CursorResult,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from matcher.domain import hours
from matcher.domain.introductions import HOLDING, TERMS, Answer, Introduction, Party, State, Terms
from matcher.domain.letters import (
    CHOICES,
    FRESH_WHILE,
    NEEDS_OPEN_ANSWER,
    SECRET,
    STREAMS,
    WAITS_FOR_ANSWER,
    Composed,
    Letter,
    LetterKind,
    LetterState,
    Sign,
    Stream,
    keeps_until,
)
from matcher.domain.people import Participant, Standing
from matcher.storage import aftercare
from matcher.storage.mapping import introductions, letters, mail_pauses, parties
from matcher.storage.people import address_key
from matcher.storage.suppression import is_suppressed

WAITING = (LetterState.QUEUED, LetterState.SENDING)

UNREACHABLE = "the address cannot be reached"
"""Why a letter to an address that takes no mail is not sent."""

CHANGED = "what it calls to mind has changed"
"""Why a reminder is not sent: the clock writes another one of what is still to be answered."""

MOVED = ("the address has changed", "the person is unconfirmed", "its links are no longer valid")
"""Why a letter is cancelled when its reader gets another address."""

SMALLER = ("somebody has left the group", "the person was erased")
"""Why a letter that names the members of a group is cancelled when one of them goes."""

ABOUT_THE_ACCOUNT = frozenset(
    {
        LetterKind.CONFIRM_ADDRESS,
        LetterKind.ALREADY_SIGNED_UP,
        LetterKind.SIGN_IN,
        LetterKind.PAUSED,
        LetterKind.LEFT,
        LetterKind.NOT_AVAILABLE,
    }
)
"""Kinds that also reach people who are unconfirmed, pause or have left."""


def post(session: Session, letter: Letter, composed: Composed, now: datetime) -> Letter:
    """Puts a letter into the outbox with its bytes; if one with its key is there, that one is returned unchanged."""
    known = session.scalar(select(Letter).where(letters.c.key == letter.key))
    if known is not None:
        return known
    letter.subject, letter.message_id, letter.raw = composed.subject, composed.message_id, composed.raw
    letter.created_at = now
    letter.next_try_at = max(letter.not_before or now, now)
    letter.not_after = letter.not_after or keeps_until(letter.kind, letter.next_try_at)
    session.add(letter)
    session.flush()
    return letter


def post_cancelled(session: Session, letter: Letter, composed: Composed, now: datetime, reason: str) -> None:
    """Stores a letter that is not to be sent; only the trace stays."""
    letter.state, letter.trouble, letter.facts = LetterState.CANCELLED, reason, {}
    post(session, letter, Composed(composed.subject, composed.message_id, b""), now)


def post_failed(session: Session, letter: Letter, trouble: str, now: datetime) -> None:
    """Stores a letter that could not be written: a coordinator sees it, and no answer that it asks for is due."""
    letter.state, letter.trouble = LetterState.FAILED, trouble
    post(session, letter, Composed("", "", b""), now)
    letter.raw = None
    session.flush()
    _stop_clock(session, letter)


def claim_next(session: Session, worker: str, now: datetime, lease: timedelta = timedelta(minutes=5)) -> Letter | None:
    """The next letter to carry, leased to `worker` with its attempt number; None when nothing is due.

    Letters whose worker vanished are due again after their lease. Those that have become stale, or too old, are
    cancelled or failed on the way, with the reason; those that can wait keep the hours in which their reader is left in
    peace, and wait on without an attempt counted. While all mail pauses, nothing is due.
    """
    while not paused(session, now) and (letter := _claim(session, worker, now, lease)) is not None:
        reason = stale(session, letter)
        if reason is not None:
            _finish(letter, LetterState.CANCELLED, reason)
            if reason == UNREACHABLE:  # written anew it would end here again: the coordinator has to look
                _stop_clock(session, letter)
            elif reason == CHANGED:
                _not_reminded(session, letter)
        elif letter.not_after is not None and now > letter.not_after:
            _finish(letter, LetterState.FAILED, "it could not be sent in time")
            _stop_clock(session, letter)
        elif (until := _held_until(session, letter, now)) is not None:
            _hold(letter, until)
        else:
            session.flush()
            return letter
        session.flush()
    return None


def _claim(session: Session, worker: str, now: datetime, lease: timedelta) -> Letter | None:
    due = or_(
        and_(letters.c.state == LetterState.QUEUED, letters.c.next_try_at <= now),
        and_(letters.c.state == LetterState.SENDING, letters.c.lease_until < now),
    )
    # The inner select locks on PostgreSQL and skips what others hold; SQLite has one writer at a time anyway.
    first = (
        select(letters.c.id)
        .where(due)
        .order_by(letters.c.next_try_at, letters.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    claimed = session.execute(
        update(letters)
        .where(letters.c.id == first)
        .values(
            state=LetterState.SENDING,
            claimed_by=worker,
            lease_until=now + lease,
            attempts=letters.c.attempts + 1,
        )
        .returning(letters.c.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return None if claimed is None else session.get(Letter, claimed, populate_existing=True)


def stale(session: Session, letter: Letter) -> str | None:
    """Why a letter must not be sent any more: its matter or its reader has changed; None when it is fresh."""
    return _stale_person(session, letter) or _stale_matter(session, letter)


def _stale_person(session: Session, letter: Letter) -> str | None:
    if letter.participant_id is None:
        return None
    person = session.get(Participant, letter.participant_id, populate_existing=True)
    if person is None or person.status is Standing.ERASED or not person.email:
        return "the person is no longer here"
    moved = address_key(letter.to) != address_key(person.email)
    if letter.kind in (LetterKind.SIGN_IN, LetterKind.CONFIRM_ADDRESS):
        return "the address has changed" if moved else None
    if is_suppressed(session, person.email):
        return UNREACHABLE
    if moved:
        return "the address has changed"
    if person.status is not Standing.ACTIVE and letter.kind not in ABOUT_THE_ACCOUNT:
        # Whoever pauses keeps the conversation that goes on, and hears about it.
        going_on = person.status is Standing.PAUSED and letter.stream in (Stream.ESSENTIAL, Stream.CHECK_INS)
        return None if going_on else f"the person is {person.status.value}"
    return "the person unsubscribed" if letter.stream.value in person.muted else None


def _stale_matter(session: Session, letter: Letter) -> str | None:
    if letter.kind is LetterKind.HOURS and not aftercare.to_confirm(
        session, letter.introduction_id or 0, str(letter.participant_id)
    ):
        return "nothing is left to confirm"
    fresh = FRESH_WHILE.get(letter.kind)
    about = [letter.introduction_id] if letter.introduction_id is not None else list(letter.concerns)
    if fresh is None or not about:
        return None
    found = [session.get(Introduction, i, populate_existing=True) for i in about]
    standing = [i for i in found if i is not None and i.state in fresh]
    if not standing:
        return "the introduction has moved on"
    sides = [p for i in standing for p in i.parties if p.participant_id == letter.participant_id]
    if letter.epoch is not None and all(party.epoch != letter.epoch for party in sides):
        return "its links are no longer valid"
    if letter.kind in CHOICES and len(standing) < len(about):
        return "one of the choices has gone"  # the clock writes of those that remain
    if letter.kind in NEEDS_OPEN_ANSWER and all(party.answer is not Answer.PENDING for party in sides):
        return "the question has been answered"
    if letter.kind is LetterKind.QUESTION_PASSED_ON and not any(i.asker(str(letter.participant_id)) for i in standing):
        return "the question has been answered"
    if letter.kind is LetterKind.REMINDER and not _is_due(session, letter, found):
        return CHANGED
    if letter.kind is LetterKind.GROUP_INTRODUCTION:
        together = sum(party.said_yes for i in standing for party in i.parties)
        return SMALLER[0] if len(letter.facts.get("members", ())) > together else None
    return None


def _is_due(session: Session, letter: Letter, about: Sequence[Introduction | None]) -> bool:
    """Whether everything that a reminder names waits for its reader, until the moment that it tells."""
    told = [letter.facts, *letter.facts.get("further", [])]
    for introduction, facts in zip(about, told, strict=False):
        party = introduction.party(str(letter.participant_id)) if introduction is not None else None
        if introduction is None or party is None or not party.is_open or party.deadline is None:
            return False  # answered, or a question of theirs is open
        if facts.get("deadline") not in (None, party.deadline.isoformat()):
            return False
        if introduction.state is State.OFFERED and _holds(session, party.participant_id):
            return False
    return True


def _holds(session: Session, mentee_id: str) -> bool:
    """Whether somebody is being asked for a mentee, or found: what else was offered rests."""
    asked = select(introductions.c.id).where(introductions.c.mentee_id == mentee_id)
    return session.scalar(asked.where(introductions.c.state.in_(HOLDING)).limit(1)) is not None


# -- left in peace ---------------------------------------------------------------------------------------------------

CAPPED = (Stream.REMINDERS, Stream.CHECK_INS)
"""Streams of which nobody gets more than A_DAY and A_WEEK; who is asked how often has limits of its own."""

A_DAY = 1
A_WEEK = 3


def may_wait(kind: LetterKind) -> bool:
    """Whether a letter of this kind keeps quiet hours: nobody asked for it this moment."""
    return STREAMS.get(kind, Stream.ESSENTIAL) is not Stream.ESSENTIAL


def _held_until(session: Session, letter: Letter, now: datetime) -> datetime | None:
    """Until when a letter waits for its reader's sake; None when it may leave."""
    if letter.participant_id is None or not may_wait(letter.kind):
        return None
    capped = letter.stream in CAPPED
    # Two workers with two letters for one person count one after the other.
    person = session.get(Participant, letter.participant_id, populate_existing=True, with_for_update=capped)
    opened = hours.next_open(person, now)
    if opened > now:
        return opened
    if capped and _had_enough(session, letter, person, now):
        return hours.next_day(person, now)
    return None


def _had_enough(session: Session, letter: Letter, person: Participant | None, now: datetime) -> bool:
    kinds = [kind for kind, stream in STREAMS.items() if stream in CAPPED]
    left = or_(letters.c.state == LetterState.SENDING, letters.c.sent_at.is_not(None))
    since = func.coalesce(letters.c.sent_at, now, type_=letters.c.sent_at.type)
    asked = select(func.count()).where(
        letters.c.participant_id == letter.participant_id, letters.c.kind.in_(kinds), letters.c.id != letter.id, left
    )
    today = session.scalar(asked.where(since >= hours.start_of_day(person, now))) or 0
    week = session.scalar(asked.where(since >= hours.start_of_day(person, now, -6))) or 0
    return today >= A_DAY or week >= A_WEEK


def _hold(letter: Letter, until: datetime) -> None:
    if letter.not_after is not None and until > letter.not_after and not letter.waits_for_answer:
        _finish(letter, LetterState.CANCELLED, "it would have come too late")
        return
    letter.state, letter.next_try_at, letter.attempts = LetterState.QUEUED, until, letter.attempts - 1
    letter.claimed_by = letter.lease_until = None


# -- after carrying --------------------------------------------------------------------------------------------------


def mark_sent(
    session: Session, letter_id: int, worker: str, attempt: int, now: datetime, *, terms: Terms = TERMS
) -> bool:
    """The letter was accepted for delivery: deadlines of what it asks start now. False when it is not ours any more."""
    if not _conclude(session, letter_id, worker, attempt, state=LetterState.SENT, sent_at=now, trouble=None):
        return False
    session.execute(delete(mail_pauses))
    letter = session.get(Letter, letter_id, populate_existing=True)
    if letter is not None:
        _forget_secret(letter)
    if letter is not None and letter.waits_for_answer:
        for party in _asked_by(session, letter):
            deadline = outside_quiet_hours(session, party.participant_id, now + terms.answer, terms)
            stands_still = case(
                (parties.c.waits, None), else_=literal(deadline, parties.c.deadline.type)
            )  # a question of theirs is open
            _set_clock(session, party, delivered_at=now, undeliverable=False, taken_back=False, deadline=stands_still)
    session.flush()
    return True


def mark_retry(
    session: Session,
    letter_id: int,
    worker: str,
    attempt: int,
    *,
    next_try_at: datetime,
    trouble: str,
    counts: bool = True,
) -> bool:
    """To be tried again later. `counts=False`: the fault was ours (relay down), the attempt is given back."""
    given_back = {} if counts else {"attempts": letters.c.attempts - 1}
    return _conclude(
        session,
        letter_id,
        worker,
        attempt,
        state=LetterState.QUEUED,
        next_try_at=next_try_at,
        trouble=trouble,
        claimed_by=None,
        lease_until=None,
        **given_back,
    )


def mark_failed(session: Session, letter_id: int, worker: str, attempt: int, *, trouble: str) -> bool:
    """Given up. An answer it asked for is not due then: no deadline runs, the coordinator sees it."""
    if not _conclude(session, letter_id, worker, attempt, state=LetterState.FAILED, trouble=trouble):
        return False
    letter = session.get(Letter, letter_id, populate_existing=True)
    if letter is not None:
        _forget_secret(letter)
        _stop_clock(session, letter)
    session.flush()
    return True


def mark_reported(session: Session, letter: Letter, sign: Sign, at: datetime, status: str) -> None:
    """Somebody else reports the end of a letter that was carried, maybe before we noted that it was taken.

    A question that did not arrive is not due: no deadline runs, the coordinator sees it.
    """
    if sign is Sign.DELIVERED:
        return
    state = LetterState.COMPLAINED if sign is Sign.COMPLAINT else LetterState.BOUNCED
    sent_at, trouble = func.coalesce(letters.c.sent_at, at), f"{sign.value}: {status}"[:300]
    ended = session.execute(
        update(letters)
        .where(letters.c.id == letter.id, letters.c.state.in_((*WAITING, LetterState.SENT)))
        .values(state=state, sent_at=sent_at, trouble=trouble, claimed_by=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    session.refresh(letter)
    _forget_secret(letter)
    if cast("CursorResult[object]", ended).rowcount and state is LetterState.BOUNCED:
        _stop_clock(session, letter)


def _conclude(session: Session, letter_id: int, worker: str, attempt: int, **values: Any) -> bool:
    done = session.execute(
        update(letters)
        .where(
            letters.c.id == letter_id,
            letters.c.state == LetterState.SENDING,
            letters.c.claimed_by == worker,
            letters.c.attempts == attempt,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[object]", done).rowcount == 1


def pause(session: Session, now: datetime, until: datetime, why: str) -> None:
    """Our own mail server refuses us: until then no worker, on whichever machine, tries any letter."""
    again = session.execute(update(mail_pauses).values(until=until, why=why))
    if not cast("CursorResult[object]", again).rowcount:
        session.execute(insert(mail_pauses).values(id=1, since=now, until=until, why=why))


def paused(session: Session, now: datetime) -> bool:
    """Whether all mail pauses at this moment; the pause is forgotten when the next letter is accepted."""
    return session.scalar(select(mail_pauses.c.id).where(mail_pauses.c.until > now)) is not None


def _forget_secret(letter: Letter) -> None:
    """A token must not outlive its letter in a backup."""
    if letter.kind in SECRET:
        letter.raw, letter.facts = None, {}


def _finish(letter: Letter, state: LetterState, trouble: str) -> None:
    _forget_secret(letter)
    letter.state, letter.trouble = state, trouble
    letter.claimed_by = letter.lease_until = None


def _asked_by(session: Session, letter: Letter) -> list[Party]:
    """The open sides of the person this letter asks."""
    return [party for _, party in asked_in(session, letter)]


def asked_in(session: Session, letter: Letter) -> list[tuple[Introduction, Party]]:
    """What a letter asks that is still open, each with the side of its reader; nothing for one that asks nothing."""
    about = [letter.introduction_id] if letter.introduction_id is not None else letter.concerns
    found = [session.get(Introduction, i) for i in about]
    fresh = FRESH_WHILE.get(letter.kind, frozenset()) if letter.kind in NEEDS_OPEN_ANSWER else frozenset()
    standing = [i for i in found if i is not None and i.state in fresh]
    sides = [(i, p) for i in standing for p in i.parties if p.participant_id == letter.participant_id]
    return [(i, p) for i, p in sides if p.is_open and (letter.epoch is None or p.epoch == letter.epoch)]


def _stop_clock(session: Session, letter: Letter) -> None:
    if letter.kind in NEEDS_OPEN_ANSWER:
        later = _asked_later(session, letter)
        for introduction, party in asked_in(session, letter):
            if introduction.id not in later:
                _set_clock(session, party, undeliverable=True, deadline=None)


def _asked_later(session: Session, letter: Letter) -> set[int | None]:
    """The introductions about which a newer letter asks the same person, and may well have arrived."""
    newer = session.scalars(
        select(Letter).where(
            letters.c.participant_id == letter.participant_id,
            letters.c.id > letter.id,
            letters.c.kind.in_(WAITS_FOR_ANSWER),
            letters.c.state.in_((*WAITING, LetterState.SENT)),
        )
    )
    return {id for each in newer for id in (each.introduction_id, *each.concerns)}


def _set_clock(session: Session, party: Party, **values: Any) -> None:
    """Only while the question is the one the letter asked: a new address or an answer may come in between."""
    session.execute(
        update(parties)
        .where(parties.c.id == party.id, parties.c.epoch == party.epoch, parties.c.answer == Answer.PENDING)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.expire(party)


def _not_reminded(session: Session, letter: Letter) -> None:
    for party in _asked_by(session, letter):
        _set_clock(session, party, reminded_at=None)


def note_reminder(session: Session, party: Party, until: datetime) -> bool:
    """Remembers that an open question was called to mind, up to `until`; False when another clock was faster."""
    done = session.execute(
        update(parties)
        .where(
            parties.c.id == party.id,
            parties.c.epoch == party.epoch,
            parties.c.answer == Answer.PENDING,
            parties.c.reminded_at == party.reminded_at if party.reminded_at else parties.c.reminded_at.is_(None),
        )
        .values(reminded_at=until)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[object]", done).rowcount == 1


def outside_quiet_hours(session: Session, participant_id: str, at: datetime, terms: Terms) -> datetime:
    """`at`, or the end of the quiet hours it falls into, where the person lives."""
    person = session.get(Participant, participant_id)
    return hours.next_open(person, at, terms)


# -- cancelling ------------------------------------------------------------------------------------------------------


def cancel(session: Session, letter_id: int, reason: str) -> bool:
    """Takes a waiting letter back; False when it has left or ended already."""
    return _cancel_where(session, letters.c.id == letter_id, reason=reason) == 1


def hasten(session: Session, letter_id: int, now: datetime) -> bool:
    """A waiting letter is due at once; False when it has left or ended already."""
    done = session.execute(
        update(letters)
        .where(letters.c.id == letter_id, letters.c.state == LetterState.QUEUED)
        .values(next_try_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return cast("CursorResult[object]", done).rowcount == 1


def cancel_about(session: Session, introduction_id: int, reason: str, now: datetime) -> int:
    """Takes back everything that waits about an introduction; what a worker holds is looked at again before a retry.

    A meeting that was called off leaves the calendars all the same.
    """
    about = and_(letters.c.introduction_id == introduction_id, letters.c.kind != LetterKind.MEETING_CANCELLED)
    return _cancel_where(session, about, reason=reason)


def cancel_older(session: Session, introduction_id: int, kind: LetterKind, reason: str) -> int:
    """Takes back what waits of one kind about an introduction: a newer letter says how things stand."""
    return _cancel_where(
        session, and_(letters.c.introduction_id == introduction_id, letters.c.kind == kind), reason=reason
    )


def cancel_to(session: Session, participant_id: str, reason: str) -> int:
    """Takes back everything that waits for one person."""
    return _cancel_where(session, letters.c.participant_id == participant_id, reason=reason)


def cancel_kind(session: Session, participant_id: str, kind: LetterKind, reason: str) -> int:
    """Takes back the letters of one kind that wait for one person."""
    return _cancel_where(
        session, and_(letters.c.participant_id == participant_id, letters.c.kind == kind), reason=reason
    )


def _cancel_where(session: Session, condition: Any, *, reason: str) -> int:
    done = session.execute(
        update(letters)
        .where(condition, letters.c.state == LetterState.QUEUED)
        .values(state=LetterState.CANCELLED, trouble=reason)
        .execution_options(synchronize_session="fetch")
    )
    return cast("CursorResult[object]", done).rowcount


def empty(session: Session, letter: Letter, reason: str, *, keep_address: bool) -> None:
    """Takes the contents out of a letter, and cancels it if it has not left."""
    session.execute(
        update(letters)
        .where(letters.c.id == letter.id, letters.c.state.in_(WAITING))
        .values(state=LetterState.CANCELLED, trouble=reason, claimed_by=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    session.refresh(letter)
    letter.raw, letter.facts, letter.subject = None, {}, ""
    if not keep_address:
        letter.to = ""


def forget_bodies(session: Session, before: datetime, ids: Sequence[int] | None = None) -> int:
    """Empties the bytes and facts of letters that ended before; what was sent to whom and when stays."""
    where = [letters.c.created_at < before, letters.c.state.not_in(WAITING), letters.c.raw.is_not(None)]
    if ids is not None:
        where.append(letters.c.id.in_(ids))
    done = session.execute(
        update(letters).where(*where).values(raw=None, facts={}).execution_options(synchronize_session=False)
    )
    return cast("CursorResult[object]", done).rowcount
