"""Where letters stand, for those who look: the desk, the clock, and whoever writes the next one.

Nothing here changes a letter; that is `matcher.storage.outbox`'s.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from matcher.domain.introductions import Asks, State
from matcher.domain.letters import WAITS_FOR_ANSWER, Letter, LetterKind, LetterState
from matcher.domain.people import Participant, Standing
from matcher.storage.mapping import introductions, letters, mail_pauses, participants, parties
from matcher.storage.outbox import MOVED, SMALLER, UNREACHABLE, WAITING
from matcher.storage.suppression import confirmed_since, is_suppressed

_UNDELIVERED = or_(
    letters.c.state.in_([LetterState.FAILED, LetterState.BOUNCED]),
    and_(letters.c.state == LetterState.CANCELLED, letters.c.trouble == UNREACHABLE),
)


def given_up(session: Session, since: datetime | None = None) -> list[Letter]:
    """Letters that could not be sent, newest first."""
    asked = select(Letter).where(letters.c.state == LetterState.FAILED).order_by(letters.c.id.desc())
    return list(session.scalars(asked if since is None else asked.where(letters.c.created_at > since)))


def undelivered_introductions(session: Session, now: datetime) -> list[int]:
    """Letters of the last month by which somebody was to learn who the other is, and did not."""
    asked = (
        select(letters.c.id)
        .join(introductions, introductions.c.id == letters.c.introduction_id)
        .where(
            letters.c.kind.in_([LetterKind.INTRODUCTION, LetterKind.GROUP_INTRODUCTION]),
            letters.c.created_at > now - timedelta(days=30),
            introductions.c.state == State.INTRODUCED,
            _UNDELIVERED,
        )
        .order_by(letters.c.id)
    )
    return list(session.scalars(asked))


def waiting(session: Session) -> list[Letter]:
    """Letters that are queued or in a worker's hands, in the order of sending."""
    asked = select(Letter).where(letters.c.state.in_(WAITING)).order_by(letters.c.next_try_at, letters.c.id)
    return list(session.scalars(asked))


def by_message(session: Session, opaque: str) -> Letter | None:
    """The latest letter with this random part in its Message-ID; a letter sent again has it, too."""
    asked = select(Letter).where(letters.c.message_id.startswith(f"<{opaque}@", autoescape=True))
    return session.scalar(asked.order_by(letters.c.id.desc()).limit(1))


def knows(session: Session, key: str) -> bool:
    """Whether a letter with this key was ever written."""
    return session.scalar(select(letters.c.id).where(letters.c.key == key)) is not None


def is_waiting(session: Session, key: str) -> bool:
    """Whether a letter whose key begins so is queued; it does not leave before this transaction has ended."""
    asked = select(letters.c.id).where(
        letters.c.key.startswith(f"{key}:", autoescape=True), letters.c.state == LetterState.QUEUED
    )
    return session.scalars(asked.with_for_update()).first() is not None


def last_sent(session: Session, key: str) -> datetime | None:
    """When a letter whose key begins so left last, or is leaving; None when none did."""
    at = func.coalesce(letters.c.sent_at, letters.c.created_at, type_=letters.c.sent_at.type)
    return session.scalar(
        select(func.max(at)).where(
            letters.c.key.startswith(f"{key}:", autoescape=True),
            letters.c.state.not_in([LetterState.CANCELLED, LetterState.FAILED, LetterState.QUEUED]),
        )
    )


def lost_letters(
    session: Session, kinds: Sequence[LetterKind], since: datetime, introduction_id: int | None = None
) -> list[tuple[int, str]]:
    """(introduction, person) where the last letter of these kinds will not arrive, and another one would by now.

    It was cancelled by a change of the address, or of the group that it names; or the address did not take it, and was
    confirmed since then. Of introductions that ended before `since`, nothing.
    """
    found = _last_letters(
        session,
        kinds,
        or_(introductions.c.ended_at.is_(None), introductions.c.ended_at > since),
        or_(and_(letters.c.state == LetterState.CANCELLED, letters.c.trouble.in_((*MOVED, *SMALLER))), _UNDELIVERED),
        exists().where(
            participants.c.id == letters.c.participant_id,
            participants.c.status.in_([Standing.ACTIVE, Standing.PAUSED]),
        ),
        introduction_id=introduction_id,
    )
    return [
        (letter.introduction_id or 0, letter.participant_id or "") for letter in found if _would_arrive(session, letter)
    ]


def _would_arrive(session: Session, letter: Letter) -> bool:
    person = session.get(Participant, letter.participant_id)
    written = letter.created_at
    if person is None or not person.email or written is None or is_suppressed(session, person.email):
        return False
    if letter.state is LetterState.CANCELLED and letter.trouble != UNREACHABLE:
        return True
    confirmed = person.confirmed_at is not None and person.confirmed_at > written
    return confirmed or confirmed_since(session, person.email, written)


def how_many(session: Session, introduction_id: int, participant_id: str, kind: LetterKind) -> int:
    """How many letters of a kind were written to somebody about an introduction."""
    asked = select(func.count()).where(
        letters.c.introduction_id == introduction_id,
        letters.c.participant_id == participant_id,
        letters.c.kind == kind,
    )
    return session.scalar(asked) or 0


def lost_questions(session: Session, introduction_id: int | None = None) -> list[tuple[int, str]]:
    """(introduction, person) where the last letter with the other side's question will not arrive."""
    found = _last_letters(
        session,
        [LetterKind.QUESTION_PASSED_ON],
        letters.c.state.in_([LetterState.FAILED, LetterState.BOUNCED, LetterState.CANCELLED]),
        introductions.c.state == State.ASKING,
        exists().where(
            parties.c.introduction_id == introductions.c.id,
            parties.c.participant_id != letters.c.participant_id,
            parties.c.asks == Asks.OTHER,
        ),
        introduction_id=introduction_id,
    )
    return [(letter.introduction_id or 0, letter.participant_id or "") for letter in found]


def _last_letters(
    session: Session, kinds: Sequence[LetterKind], *conditions: ColumnElement[bool], introduction_id: int | None
) -> list[Letter]:
    """Letters about introductions that fulfil the conditions, with none of these kinds to their reader after them."""
    later = letters.alias()
    asked = (
        select(Letter)
        .join(introductions, introductions.c.id == letters.c.introduction_id)
        .where(
            letters.c.kind.in_(kinds),
            *conditions,
            ~exists().where(
                later.c.kind.in_(kinds),
                later.c.introduction_id == letters.c.introduction_id,
                later.c.participant_id == letters.c.participant_id,
                later.c.id > letters.c.id,
            ),
        )
        .order_by(letters.c.id)
    )
    if introduction_id is not None:
        asked = asked.where(letters.c.introduction_id == introduction_id)
    return list(session.scalars(asked))


def state_of(session: Session, key: str) -> LetterState | None:
    """Where the letter with this key stands; None when there is none."""
    return session.scalar(select(letters.c.state).where(letters.c.key == key))


def asking_now(session: Session) -> set[tuple[int, str]]:
    """(introduction, person) of every question whose letter is on its way."""
    asked = select(letters.c.introduction_id, letters.c.concerns, letters.c.participant_id).where(
        letters.c.state.in_(WAITING), letters.c.kind.in_(WAITS_FOR_ANSWER)
    )
    return {
        (about, person)
        for id, concerns, person in session.execute(asked)
        for about in ([id] if id is not None else concerns)
    }


def to_person(session: Session, participant_id: str) -> list[Letter]:
    """All letters to one person, oldest first."""
    asked = select(Letter).where(letters.c.participant_id == participant_id).order_by(letters.c.id)
    return list(session.scalars(asked))


def counts(session: Session) -> dict[str, int]:
    """How many letters there are in each state."""
    rows = session.execute(select(letters.c.state, func.count()).group_by(letters.c.state))
    return {str(state): count for state, count in rows}


def oldest_waiting(session: Session) -> datetime | None:
    """Since when the longest-waiting letter could have left; None where none waits.

    A letter that met a pause is due a little later each time, so the pause itself counts, too.
    """
    due = session.scalar(select(func.min(letters.c.next_try_at)).where(letters.c.state.in_(WAITING)))
    since = session.scalar(select(mail_pauses.c.since))
    return due if due is None or since is None else min(due, since)


LATE = timedelta(minutes=15)
"""A letter that could have left so long ago means that nobody sends, or that nobody takes."""


def late(session: Session, now: datetime) -> timedelta | None:
    """For how long the oldest letter has been waiting, where that is a reason for alarm."""
    since = oldest_waiting(session)
    return now - since if since is not None and now - since > LATE else None
