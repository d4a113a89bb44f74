"""What the records of the audit log are about, by name."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.domain.people import Standing
from matcher.storage.mapping import coordinators, introductions, participants, parties


def names_of_things(session: Session, objects: Iterable[str]) -> dict[str, str]:
    """Names of the people, coordinators and introductions ("Ada, Grace") among some objects; three statements.

    Whoever was erased is not among them, and has no page any more; nor what was never there.
    """
    ids: dict[str, set[str]] = defaultdict(set)
    for thing in objects:
        kind, _, id = thing.partition(":")
        ids[kind].add(id)
    return {
        **_people(session, ids["participant"]),
        **_coordinators(session, ids["coordinator"]),
        **_introductions(session, {int(id) for id in ids["introduction"] if id.isdecimal() and len(id) <= 9}),
    }


def _people(session: Session, ids: set[str]) -> dict[str, str]:
    asked = select(participants.c.id, participants.c.name).where(
        participants.c.id.in_(ids), participants.c.status != Standing.ERASED
    )
    return {f"participant:{row.id}": row.name or row.id for row in session.execute(asked)}


def _coordinators(session: Session, ids: set[str]) -> dict[str, str]:
    asked = select(coordinators.c.id, coordinators.c.name, coordinators.c.email).where(coordinators.c.id.in_(ids))
    return {f"coordinator:{row.id}": row.name or row.email for row in session.execute(asked)}


def _introductions(session: Session, ids: set[int]) -> dict[str, str]:
    """A group's label; else the people, the mentee first."""
    asked = (
        select(introductions.c.id, introductions.c.label, participants.c.id.label("who"), participants.c.name)
        .join(parties, parties.c.introduction_id == introductions.c.id)
        .join(participants, participants.c.id == parties.c.participant_id)
        .where(introductions.c.id.in_(ids))
        .order_by(parties.c.id)
    )
    labels: dict[int, str] = {}
    people: dict[int, list[str]] = defaultdict(list)
    for row in session.execute(asked):
        labels[row.id] = row.label
        people[row.id].append(row.name or row.who)
    return {f"introduction:{id}": label or ", ".join(people[id]) for id, label in labels.items()}
