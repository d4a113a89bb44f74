"""The desk's questions: plain lists, each bounded in rows."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.domain.introductions import Introduction, NotFound, State
from matcher.domain.letters import Letter
from matcher.domain.people import Participant
from matcher.domain.rounds import Round
from matcher.storage.mapping import introductions, letters, participants, rounds

PAGE = 50
"""Rows on one page."""


def counts_by_state(session: Session) -> dict[str, int]:
    """How many introductions stand in each state."""
    asked = select(introductions.c.state, func.count()).group_by(introductions.c.state)
    return {str(state): int(count) for state, count in session.execute(asked)}


def people_by_status(session: Session) -> dict[str, int]:
    """How many people have each status."""
    asked = select(participants.c.status, func.count()).group_by(participants.c.status)
    return {str(status): int(count) for status, count in session.execute(asked)}


def latest_rounds(session: Session, limit: int = 20) -> list[Round]:
    """Rounds, newest first."""
    return list(session.scalars(select(Round).order_by(rounds.c.id.desc()).limit(limit)))


def round_of(session: Session, round_id: int) -> Round:
    """One round; NotFound where there is none."""
    found = session.get(Round, round_id)
    if found is None:
        raise NotFound
    return found


def proposals(session: Session, round_id: int, page: int) -> tuple[list[Introduction], int]:
    """A page of a round's introductions, drafts first, and how many there are."""
    asked = select(Introduction).where(introductions.c.round_id == round_id)
    count = session.scalar(select(func.count()).select_from(introductions).where(introductions.c.round_id == round_id))
    order = (introductions.c.state != State.DRAFT, introductions.c.mentee_id, introductions.c.rank, introductions.c.id)
    return list(session.scalars(asked.order_by(*order).offset(PAGE * page).limit(PAGE))), int(count or 0)


def introductions_in(session: Session, states: Sequence[State], page: int) -> list[Introduction]:
    """A page of introductions in some states, last changed first."""
    asked = select(Introduction).where(introductions.c.state.in_(list(states)))
    order = (introductions.c.changed_at.desc(), introductions.c.id.desc())
    return list(session.scalars(asked.order_by(*order).offset(PAGE * page).limit(PAGE)))


def people_page(session: Session, search: str, page: int) -> tuple[list[Participant], int]:
    """People whose name, address or id holds the text, by name, and how many there are."""
    asked = select(Participant)
    if search:
        text = search.casefold().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        like = f"%{text}%"
        asked = asked.where(
            func.lower(participants.c.name).like(like, escape="\\")
            | func.lower(participants.c.email).like(like, escape="\\")
            | func.lower(participants.c.id).like(like, escape="\\")
        )
    count = session.scalar(select(func.count()).select_from(asked.subquery()))
    order = (func.lower(participants.c.name), participants.c.id)
    return list(session.scalars(asked.order_by(*order).offset(PAGE * page).limit(PAGE))), int(count or 0)


def letters_page(session: Session, page: int) -> tuple[list[Letter], int]:
    """Letters, newest first, and how many there are."""
    count = session.scalar(select(func.count()).select_from(letters))
    asked = select(Letter).order_by(letters.c.id.desc()).offset(PAGE * page).limit(PAGE)
    return list(session.scalars(asked)), int(count or 0)
