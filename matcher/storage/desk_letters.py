"""What the desk asks about letters: a list without their bytes, and one letter with them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import Session

from matcher.domain.introductions import NotFound
from matcher.domain.letters import Letter, LetterKind, LetterState
from matcher.storage.desk_lists import PAGE, Paged, escaped
from matcher.storage.mapping import letters


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A letter in a list, without its bytes."""

    id: int
    kind: str
    state: LetterState
    to: str
    participant_id: str | None
    subject: str
    introduction_id: int | None
    attempts: int
    next_try_at: datetime | None
    not_after: datetime | None
    created_at: datetime | None
    sent_at: datetime | None
    trouble: str | None


_LETTER = tuple(letters.c[name] for name in LetterLine.__dataclass_fields__)


def letter_lines(
    session: Session, *, state: str = "", search: str = "", page: int = 0, size: int = PAGE
) -> Paged[LetterLine]:
    """Letters, newest first; waiting ones in the order of sending. The search looks at address and subject."""
    condition: list[ColumnElement[bool]] = []
    if state:
        condition.append(letters.c.state == LetterState(state))
    for word in search.split():
        # As typed, too: SQLite knows the small letters of ASCII only.
        likes = [f"%{escaped(each)}%" for each in {word, word.casefold()}]
        texts = [text for column in (letters.c.to, letters.c.subject) for text in (column, func.lower(column))]
        condition.append(or_(*(text.like(like, escape="\\") for text in texts for like in likes)))
    count = session.scalar(select(func.count()).select_from(letters).where(*condition)) or 0
    page = min(page, max(0, -(-count // size) - 1))
    order = (letters.c.next_try_at, letters.c.id) if state == "queued" else (letters.c.id.desc(),)
    asked = select(*_LETTER).where(*condition).order_by(*order).offset(page * size).limit(size)
    return Paged([_letter(row) for row in session.execute(asked)], count, page, size)


def letter_heap(session: Session, condition: ColumnElement[bool], limit: int) -> tuple[int, list[LetterLine]]:
    """How many letters fulfil a condition, and the newest few of them."""
    count = session.scalar(select(func.count()).select_from(letters).where(condition)) or 0
    asked = select(*_LETTER).where(condition).order_by(letters.c.id.desc()).limit(limit)
    return count, [_letter(row) for row in session.execute(asked)] if count else []


def _letter(row: Row[Any]) -> LetterLine:
    return LetterLine(**{**row._mapping, "kind": row.kind.value})


def letter(session: Session, letter_id: int) -> Letter:
    """One letter with its bytes; NotFound where there is none."""
    found = session.get(Letter, letter_id)
    if found is None:
        raise NotFound
    return found


def letters_to(session: Session, participant_id: str, limit: int = 50) -> list[LetterLine]:
    """Letters to one person, newest first."""
    asked = select(*_LETTER).where(letters.c.participant_id == participant_id).order_by(letters.c.id.desc())
    return [_letter(row) for row in session.execute(asked.limit(limit))]


def letters_about(session: Session, introduction_id: int, limit: int = 50) -> list[LetterLine]:
    """Letters about one introduction, oldest first; those that concern several are found by their reader's page."""
    asked = select(*_LETTER).where(letters.c.introduction_id == introduction_id).order_by(letters.c.id).limit(limit)
    return [_letter(row) for row in session.execute(asked)]


def letters_with_choices(session: Session, introduction_id: int, participant_id: str) -> list[LetterLine]:
    """Letters to one mentee with several suggestions, this introduction among them; oldest first."""
    kinds = (LetterKind.SUGGESTIONS, LetterKind.CHOOSE_AGAIN)
    told = select(letters.c.id, letters.c.concerns).where(
        letters.c.participant_id == participant_id, letters.c.kind.in_(kinds)
    )
    ids = [row.id for row in session.execute(told.limit(200)) if introduction_id in row.concerns]
    asked = select(*_LETTER).where(letters.c.id.in_(ids)).order_by(letters.c.id)
    return [_letter(row) for row in session.execute(asked)]
