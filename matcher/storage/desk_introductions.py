"""What the desk asks about introductions: lines with both sides, by state, by person, and those that waited longest."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from matcher.domain.introductions import Answer, Kind, Part, State
from matcher.domain.people import Standing
from matcher.storage.desk_lists import MOST, PAGE, Paged, holds
from matcher.storage.mapping import introductions, participants, parties


@dataclass(frozen=True, slots=True)
class PartyLine:
    """One side of an introduction in a list."""

    participant_id: str
    name: str
    part: Part
    answer: Answer
    asked_at: datetime | None
    deadline: datetime | None
    extended: bool
    undeliverable: bool
    status: Standing
    asks: str | None
    taken_back: bool
    question: str | None
    reason: str | None
    contact: bool | None

    @property
    def is_open(self) -> bool:
        """Asked, and not answered yet."""
        return self.answer is Answer.PENDING and self.asked_at is not None

    @property
    def is_out_of_reach(self) -> bool:
        """Whether no letter reaches them: it came back, or their address is not confirmed."""
        return self.undeliverable or self.status is Standing.UNCONFIRMED


@dataclass(frozen=True, slots=True)
class IntroductionLine:
    """An introduction in a list, without its explanation."""

    id: int
    kind: Kind
    mode: str
    state: State
    label: str
    round_id: int | None
    rank: int
    affinity: float
    created_at: datetime | None
    changed_at: datetime | None
    approved_at: datetime | None
    introduced_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    outcome: str | None
    version: int
    parties: tuple[PartyLine, ...] = ()

    def part(self, part: Part) -> PartyLine | None:
        """The side with this part."""
        return next((side for side in self.parties if side.part is part), None)

    @property
    def deadline(self) -> datetime | None:
        """The first deadline of an answer that is still due."""
        return min((p.deadline for p in self.parties if p.is_open and p.deadline is not None), default=None)


_LINE = tuple(
    introductions.c[name]
    for name in (
        "id",
        "kind",
        "mode",
        "state",
        "label",
        "round_id",
        "rank",
        "affinity",
        "created_at",
        "changed_at",
        "approved_at",
        "introduced_at",
        "ended_at",
        "end_reason",
        "outcome",
        "version",
    )
)


def _lines(session: Session, asked: Select[Any]) -> list[IntroductionLine]:
    """Runs a select of _LINE and adds the parties with their names; two statements."""
    rows = session.execute(asked).all()
    sides = _parties_of(session, [row.id for row in rows])
    return [
        IntroductionLine(**{**row._mapping, "mode": str(row.mode)}, parties=tuple(sides.get(row.id, ())))
        for row in rows
    ]


def _parties_of(session: Session, ids: Sequence[int]) -> dict[int, list[PartyLine]]:
    names = [c for c in PartyLine.__dataclass_fields__ if c not in ("name", "status")]
    person = (participants.c.name, participants.c.status)
    asked = (
        select(parties.c.introduction_id, *person, *(parties.c[name] for name in names))
        .join(participants, participants.c.id == parties.c.participant_id)
        .where(parties.c.introduction_id.in_(ids))
        .order_by(parties.c.id)
    )
    found: dict[int, list[PartyLine]] = defaultdict(list)
    for row in session.execute(asked):
        values = dict(row._mapping)
        found[values.pop("introduction_id")].append(PartyLine(**values))
    return found


def counts_by_state(session: Session) -> dict[str, int]:
    """How many introductions stand in each state."""
    asked = select(introductions.c.state, func.count()).group_by(introductions.c.state)
    return {str(state): int(count) for state, count in session.execute(asked)}


def introduction_lines(
    session: Session,
    states: Sequence[State],
    *,
    search: str = "",
    kind: Kind | None = None,
    page: int = 0,
    size: int = PAGE,
) -> Paged[IntroductionLine]:
    """Introductions in some states: those whose answer is due first on top, then the last changed."""
    due = (
        select(func.min(parties.c.deadline))
        .where(parties.c.introduction_id == introductions.c.id, parties.c.answer == Answer.PENDING)
        .scalar_subquery()
    )
    condition: list[ColumnElement[bool]] = [introductions.c.state.in_(list(states))]
    if kind is not None:
        condition.append(introductions.c.kind == kind)
    if search:
        condition.append(introductions.c.id.in_(ids_by_name(session, search, condition)))
    open_first = case((introductions.c.state.in_([State.OFFERED, State.ASKING]), due), else_=None)
    order = (open_first.is_(None), open_first, introductions.c.changed_at.desc(), introductions.c.id.desc())
    count = session.scalar(select(func.count()).select_from(introductions).where(*condition)) or 0
    page = min(page, max(0, -(-count // size) - 1))
    asked = select(*_LINE).where(*condition).order_by(*order).offset(page * size).limit(size)
    return Paged(_lines(session, asked), count, page, size)


def ids_by_name(session: Session, search: str, condition: Sequence[ColumnElement[bool]]) -> list[int]:
    """Introductions one of whose people, or whose label, holds the words."""
    asked = (
        select(introductions.c.id, introductions.c.label, participants.c.id.label("who"), participants.c.name)
        .join(parties, parties.c.introduction_id == introductions.c.id)
        .join(participants, participants.c.id == parties.c.participant_id)
        .where(*condition)
        .limit(MOST)
    )
    texts: dict[int, list[str]] = defaultdict(list)
    for row in session.execute(asked):
        texts[row.id] += [row.label, row.who, row.name]
    return [id for id, words in texts.items() if holds(search, *words)][:5_000]


def introductions_of(session: Session, participant_id: str, limit: int = 100) -> list[IntroductionLine]:
    """Everything somebody is part of, newest first."""
    own = select(parties.c.introduction_id).where(parties.c.participant_id == participant_id)
    asked = select(*_LINE).where(introductions.c.id.in_(own)).order_by(introductions.c.id.desc()).limit(limit)
    return _lines(session, asked)


def introduction_heap(
    session: Session, condition: ColumnElement[bool], limit: int
) -> tuple[int, list[IntroductionLine]]:
    """How many introductions fulfil a condition, and the first few of them, those that waited longest on top."""
    count = session.scalar(select(func.count()).select_from(introductions).where(condition)) or 0
    order = (introductions.c.changed_at, introductions.c.id)
    return count, _lines(session, select(*_LINE).where(condition).order_by(*order).limit(limit)) if count else []


def open_questions(session: Session, ids: Iterable[int | None]) -> set[tuple[int, str]]:
    """(introduction, participant) of the questions, among some introductions, that nobody has answered yet."""
    asked = (
        select(parties.c.introduction_id, parties.c.participant_id)
        .join(introductions, introductions.c.id == parties.c.introduction_id)
        .where(
            introductions.c.id.in_(list(ids)),
            introductions.c.state.in_((State.OFFERED, State.ASKING)),
            parties.c.asks.is_not(None),
            parties.c.answer == Answer.PENDING,
        )
    )
    return {(row.introduction_id, row.participant_id) for row in session.execute(asked)}
