"""Who is waiting and who has room, as bare answers: what counting without names rests on."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from matcher.domain.introductions import HOLDING
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
