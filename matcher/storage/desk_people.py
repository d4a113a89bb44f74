"""What the desk asks about people: a list that is searched, filtered and sorted, and what stands behind one person."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from matcher.domain.introductions import LIVE, State
from matcher.domain.people import Participant, Standing
from matcher.storage.desk_lists import MOST, PAGE, Paged, folded, holds
from matcher.storage.mapping import introductions, participants

EVERYBODY = tuple(standing for standing in Standing if standing is not Standing.ERASED)


@dataclass(frozen=True, slots=True)
class People:
    """Which people, and in which order. Empty means any; `regions` are all ids that count as the wanted region."""

    search: str = ""
    role: str = ""
    status: str = ""
    stage: str = ""
    language: str = ""
    regions: tuple[str, ...] = ()
    goal: str = ""
    waiting: bool = False
    sort: str = "name"  # name, newest, waiting, changed


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person in a list. `waiting_since` is set for mentees who take part and have nobody."""

    id: str
    name: str
    email: str
    role: str
    status: Standing
    stage: str
    languages: tuple[str, ...]
    region: str
    goals: tuple[str, ...]
    helps_with: tuple[str, ...]
    capacity: int
    used: int
    created_at: datetime | None
    changed_at: datetime | None
    waiting_since: datetime | None
    version: int


def people_ids(session: Session, wanted: People) -> list[str]:
    """Ids of the people, in order; at most MOST. One statement."""
    table = participants.c
    columns: list[Any] = [table.id, table.name, table.email, table.created_at, table.changed_at]
    if wanted.search:
        columns += [table.answers["text"].as_string().label("text"), table.answers["employer"].as_string().label("at")]
    if wanted.sort == "waiting":
        columns.append(waiting_since().label("since"))
    rows: list[Any] = list(session.execute(select(*columns).where(*_conditions_on_people(wanted)).limit(MOST)))
    if wanted.search:
        rows = [r for r in rows if holds(wanted.search, r.name, r.email, r.id, r.text, r.at)]
    return [row.id for row in sorted(rows, key=_ORDERS.get(wanted.sort, _ORDERS["name"]))]


def _seconds(at: datetime | None, default: float) -> float:
    return at.timestamp() if at is not None else default


_ORDERS: Mapping[str, Callable[[Any], Any]] = {
    "name": lambda r: (folded(r.name), r.id),
    "newest": lambda r: (-_seconds(r.created_at, 0), folded(r.name), r.id),
    "changed": lambda r: (-_seconds(r.changed_at, 0), folded(r.name), r.id),
    "waiting": lambda r: (_seconds(r.since, 1e18), folded(r.name), r.id),
}


def _conditions_on_people(wanted: People) -> list[ColumnElement[bool]]:
    table, answers = participants.c, participants.c.answers
    status = [Standing(wanted.status)] if wanted.status in list(EVERYBODY) else list(EVERYBODY)
    found: list[ColumnElement[bool]] = [table.status.in_(status)]
    if wanted.role == "mentees":
        found.append(table.role != "mentor")
    elif wanted.role == "mentors":
        found.append(table.role != "mentee")
    elif wanted.role:
        found.append(table.role == wanted.role)
    if wanted.stage:
        found.append(answers["stage"].as_string() == wanted.stage)
    if wanted.regions:
        found.append(answers["region"].as_string().in_(wanted.regions))
    if wanted.language:
        found.append(_listed("languages", wanted.language))
    if wanted.goal:
        found.append(or_(_listed("goals", wanted.goal), _listed("helps_with", wanted.goal)))
    if wanted.waiting:
        found.append(is_waiting())
    return found


def _listed(column: str, value: str) -> ColumnElement[bool]:
    """Whether a list column of the answers ("a; b") holds a value."""
    cell = "; " + func.coalesce(participants.c.answers[column].as_string(), "") + ";"
    return cell.contains(f"; {value};", autoescape=True)


def is_waiting() -> ColumnElement[bool]:
    """Active mentees for whom nothing is offered, asked or under way."""
    table = participants.c
    live = exists().where(introductions.c.mentee_id == table.id, introductions.c.state.in_(LIVE))
    return and_(table.status == Standing.ACTIVE, table.role != "mentor", ~live)


def waiting_since() -> ScalarSelect[datetime | None]:
    """Since when: the end of the last introduction, else the confirmation; only meaningful for who is waiting."""
    table = participants.c
    ended = (
        select(func.max(introductions.c.ended_at))
        .where(introductions.c.mentee_id == table.id, introductions.c.approved_at.is_not(None))
        .correlate(participants)
        .scalar_subquery()
    )
    return func.coalesce(ended, table.confirmed_at, table.created_at, type_=table.created_at.type)  # type: ignore[return-value]


def people_lines(session: Session, ids: Sequence[str]) -> list[PersonLine]:
    """People by id, in the order given. Two statements."""
    people = {p.id: p for p in session.scalars(select(Participant).where(participants.c.id.in_(ids)))}
    asked = select(participants.c.id, waiting_since().label("since")).where(participants.c.id.in_(ids), is_waiting())
    since = {row.id: row.since for row in session.execute(asked)}
    return [_line(people[id], since.get(id)) for id in ids if id in people]


def _line(person: Participant, since: datetime | None) -> PersonLine:
    answers = person.answers
    return PersonLine(
        id=person.id,
        name=person.name,
        email=person.email or "",
        role=person.role,
        status=person.status,
        stage=answers.get("stage", ""),
        languages=_values(answers, "languages"),
        region=answers.get("region", ""),
        goals=_values(answers, "goals"),
        helps_with=_values(answers, "helps_with"),
        capacity=person.capacity,
        used=person.used,
        created_at=person.created_at,
        changed_at=person.changed_at,
        waiting_since=since,
        version=person.version,
    )


def _values(answers: Mapping[str, str], column: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in answers.get(column, "").split(";") if value.strip())


def people_page(session: Session, wanted: People, page: int, size: int = PAGE) -> Paged[PersonLine]:
    """A page of people; three statements."""
    shown = Paged.of(people_ids(session, wanted), page, size)
    return Paged(people_lines(session, shown.rows), shown.count, shown.page, size)


def counts_by_status(session: Session) -> dict[str, int]:
    """How many people have each status, erased ones left out."""
    asked = (
        select(participants.c.status, func.count())
        .where(participants.c.status != Standing.ERASED)
        .group_by(participants.c.status)
    )
    return {str(status): int(count) for status, count in session.execute(asked)}


def kinds_in_use(session: Session) -> dict[str, list[str]]:
    """The stages, languages, regions and goals that stand in profiles, for the filters; one narrow statement."""
    columns = ("stage", "languages", "region", "goals", "helps_with")
    asked = (
        select(*(participants.c.answers[name].as_string().label(name) for name in columns))
        .where(participants.c.status != Standing.ERASED)
        .distinct()
        .limit(MOST)
    )
    found: dict[str, set[str]] = {name: set() for name in columns}
    for row in session.execute(asked):
        for name in columns:
            found[name].update(v for value in (row._mapping[name] or "").split(";") if (v := value.strip()))
    found["goals"] |= found.pop("helps_with")
    return {name: sorted(values) for name, values in found.items()}


def has_draft(session: Session, mentee_id: str) -> bool:
    """Whether a proposal for this mentee waits for review."""
    asked = select(introductions.c.id).where(
        introductions.c.mentee_id == mentee_id, introductions.c.state == State.DRAFT
    )
    return session.scalar(asked.limit(1)) is not None
