"""What the desk asks about the audit log: its records, who acted, and what they are about, by name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from matcher.domain.people import Standing
from matcher.storage.desk_lists import PAGE, Paged, escaped
from matcher.storage.mapping import audit, coordinators, introductions, participants, parties


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the audit log, with the name of whoever acted where it is known."""

    id: int
    at: datetime
    actor: str
    act: str
    about: str
    before: str | None
    after: str | None
    detail: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""


def records_page(
    session: Session,
    *,
    about: str = "",
    actor: str = "",
    act: str = "",
    page: int = 0,
    size: int = PAGE,
    oldest_first: bool = False,
) -> Paged[Record]:
    """Records, newest first, with the names of coordinators and participants who acted; three statements."""
    condition: list[ColumnElement[bool]] = []
    if about:
        condition.append(audit.c.object == about if ":" in about else audit.c.object.like(f"{escaped(about)}:%"))
    if actor:
        condition.append(audit.c.actor == actor if ":" in actor else audit.c.actor.like(f"{escaped(actor)}%"))
    if act:
        condition.append(audit.c.act == act)
    count = session.scalar(select(func.count()).select_from(audit).where(*condition)) or 0
    page = min(page, max(0, -(-count // size) - 1))
    order = audit.c.id if oldest_first else audit.c.id.desc()
    rows = session.execute(select(audit).where(*condition).order_by(order).offset(page * size).limit(size)).all()
    names = names_of(session, {row.actor for row in rows})
    found = [
        Record(
            row.id,
            row.at,
            row.actor,
            row.act,
            row.object,
            row.before,
            row.after,
            row.detail,
            names.get(row.actor, ""),
        )
        for row in rows
    ]
    return Paged(found, count, page, size)


def last_act(session: Session, about: str) -> Row[Any] | None:
    """The newest record about one thing, such as "introduction:17"."""
    return session.execute(select(audit).where(audit.c.object == about).order_by(audit.c.id.desc()).limit(1)).first()


def acts(session: Session) -> list[str]:
    """Every kind of act in the log."""
    return sorted(session.scalars(select(audit.c.act).distinct().limit(200)))


def names_of(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """The names behind "coordinator:ID" and "participant:ID"."""
    ids = {actor.partition(":")[2] for actor in actors}
    found = {}
    for word, table in (("coordinator", coordinators), ("participant", participants)):
        rows = session.execute(select(table.c.id, table.c.name).where(table.c.id.in_(ids)))
        found.update({f"{word}:{row.id}": row.name for row in rows if row.name})
    return found


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
