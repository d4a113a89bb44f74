"""Who is waiting and who has room, as bare answers: what counting without names rests on."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from matcher.domain.introductions import HOLDING, LIVE
from matcher.domain.people import Standing
from matcher.storage.mapping import introductions, participants


def mentors_with_room(session: Session) -> list[dict[str, str]]:
    """The answers of active mentors who can take somebody."""
    asked = select(participants.c.answers).where(
        participants.c.status == Standing.ACTIVE,
        participants.c.role != "mentee",
        participants.c.used < participants.c.capacity,
    )
    return list(session.scalars(asked))


def waiting_mentees(session: Session) -> list[dict[str, str]]:
    """The answers of active mentees without an introduction under way."""
    under_way = exists().where(introductions.c.mentee_id == participants.c.id, introductions.c.state.in_(HOLDING))
    asked = select(participants.c.answers).where(
        participants.c.status == Standing.ACTIVE, participants.c.role != "mentor", ~under_way
    )
    return list(session.scalars(asked))


def mentees_by_goal(session: Session) -> list[tuple[dict[str, str], bool]]:
    """The answers of active mentees, and whether nothing is offered, asked or under way for them."""
    live = exists().where(introductions.c.mentee_id == participants.c.id, introductions.c.state.in_(LIVE))
    asked = select(participants.c.answers, ~live).where(
        participants.c.status == Standing.ACTIVE, participants.c.role != "mentor"
    )
    return [(answers, bool(waiting)) for answers, waiting in session.execute(asked)]


def mentors_by_goal(session: Session) -> list[tuple[dict[str, str], int]]:
    """The answers of active mentors and the places they have left."""
    asked = select(participants.c.answers, participants.c.capacity - participants.c.used).where(
        participants.c.status == Standing.ACTIVE, participants.c.role != "mentee"
    )
    return [(answers, int(left)) for answers, left in session.execute(asked)]


def answers_by_id(session: Session, ids: list[str]) -> dict[str, tuple[str, dict[str, str]]]:
    """Name and answers of some people."""
    asked = select(participants.c.id, participants.c.name, participants.c.answers).where(participants.c.id.in_(ids))
    return {row.id: (row.name, row.answers) for row in session.execute(asked)}
