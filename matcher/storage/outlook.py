"""Who is waiting and who has room, as bare answers: what counting without names rests on."""

from datetime import datetime

from sqlalchemy import exists, func, select
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


def waiting_since(session: Session) -> list[tuple[str, dict[str, str], datetime]]:
    """(id, answers, since) of active mentees for whom nothing is offered, asked or under way, the longest first.

    Somebody waits since they came, or since the end of what was under way last.
    """
    live = exists().where(introductions.c.mentee_id == participants.c.id, introductions.c.state.in_(LIVE))
    ended = (
        select(introductions.c.mentee_id, func.max(introductions.c.ended_at).label("at"))
        .where(introductions.c.introduced_at.is_not(None))
        .group_by(introductions.c.mentee_id)
        .subquery()
    )
    asked = (
        select(
            participants.c.id,
            participants.c.answers,
            participants.c.confirmed_at,
            participants.c.created_at,
            ended.c.at,
        )
        .outerjoin(ended, ended.c.mentee_id == participants.c.id)
        .where(participants.c.status == Standing.ACTIVE, participants.c.role != "mentor", ~live)
    )
    found = []
    for id, answers, confirmed, created, last in session.execute(asked):
        begun = [moment for moment in (created or confirmed, last) if moment is not None]
        if begun:
            found.append((id, answers, max(begun)))
    return sorted(found, key=lambda each: (each[2], each[0]))


def first_introductions(session: Session, since: datetime) -> list[tuple[dict[str, str], datetime, datetime]]:
    """(answers, joined, introduced) of every mentee whose first introduction was made since then."""
    met = func.min(introductions.c.introduced_at, type_=introductions.c.introduced_at.type).label("met")
    first = select(introductions.c.mentee_id, met).group_by(introductions.c.mentee_id).subquery()
    asked = (
        select(participants.c.answers, participants.c.created_at, first.c.met)
        .join(first, first.c.mentee_id == participants.c.id)
        .where(first.c.met > since, participants.c.created_at.is_not(None))
    )
    return [(answers, joined, introduced) for answers, joined, introduced in session.execute(asked)]
