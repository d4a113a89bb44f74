"""What the desk asks about rounds: the list of them, one of them, and how many of its proposals are left."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.domain.introductions import Kind, NotFound, State
from matcher.domain.rounds import Round, RoundKind, RoundState
from matcher.storage.desk_lists import MOST, PAGE, Paged
from matcher.storage.mapping import coordinators, introductions, rounds


@dataclass(frozen=True, slots=True)
class RoundLine:
    """A round in a list; numbers are None where the round has not got so far."""

    id: int
    name: str
    kind: str
    mode: str
    objective: str
    state: RoundState
    requested_at: datetime | None
    by: str
    mentees: int | None
    matched: int | None
    total: float | None
    lowest: float | None
    groups: int | None
    drafts: int
    approved: int


def round_lines(session: Session, page: int = 0, size: int = PAGE) -> Paged[RoundLine]:
    """Rounds, newest first."""
    proof = rounds.c.certificate
    asked = (
        select(
            rounds.c.id,
            rounds.c.name,
            rounds.c.kind,
            rounds.c.mode,
            rounds.c.objective,
            rounds.c.state,
            rounds.c.requested_at,
            coordinators.c.name.label("by"),
            rounds.c.requested_by,
            proof["mentees"].as_integer().label("mentees"),
            proof["matched"].as_integer().label("matched"),
            proof["total"].as_float().label("total"),
            proof["lowest"].as_float().label("lowest"),
            proof["groups"].as_integer().label("groups"),
        )
        .outerjoin(coordinators, coordinators.c.id == rounds.c.requested_by)
        .order_by(rounds.c.id.desc())
    )
    count = session.scalar(select(func.count()).select_from(rounds)) or 0
    found = session.execute(asked.offset(page * size).limit(size)).all()
    left = _proposals_by_round(session, [row.id for row in found])
    return Paged([_round_line(row, left[row.id]) for row in found], count, page, size)


def group_rounds(session: Session, limit: int = 20) -> list[RoundLine]:
    """Rounds of groups, newest first."""
    return [line for line in round_lines(session, size=200).rows if line.kind == "groups"][:limit]


def _round_line(row: Any, left: Mapping[str, int]) -> RoundLine:
    return RoundLine(
        id=row.id,
        name=row.name,
        kind=str(row.kind),
        mode=str(row.mode),
        objective=row.objective,
        state=row.state,
        requested_at=row.requested_at,
        by=row.by or row.requested_by,
        mentees=row.mentees,
        matched=row.matched,
        total=row.total,
        lowest=row.lowest,
        groups=row.groups,
        drafts=left.get("draft", 0),
        approved=left.get("approved", 0),
    )


def _proposals_by_round(session: Session, ids: Sequence[int]) -> dict[int, Counter[str]]:
    """For each round how many proposals are drafts, were approved, were dismissed."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    asked = (
        select(introductions.c.round_id, introductions.c.state, introductions.c.approved_at.is_not(None), func.count())
        .where(introductions.c.round_id.in_(ids))
        .group_by(introductions.c.round_id, introductions.c.state, introductions.c.approved_at.is_not(None))
    )
    for round_id, state, approved, count in session.execute(asked):
        word = "approved" if approved else "draft" if state is State.DRAFT else "dismissed"
        found[round_id][word] += count
    return found


def under_review(session: Session) -> list[int]:
    """The ids of the rounds of pairs that wait for review, oldest first."""
    asked = select(rounds.c.id).where(rounds.c.state == RoundState.REVIEW, rounds.c.kind == RoundKind.PAIRS)
    return list(session.scalars(asked.order_by(rounds.c.id)))


def round_of(session: Session, round_id: int) -> Round:
    """One round; NotFound where there is none."""
    found = session.get(Round, round_id)
    if found is None:
        raise NotFound
    return found


def proposal_counts(session: Session, round_id: int) -> Mapping[str, int]:
    """How many proposals of a round are "draft", "approved" and "dismissed"."""
    return _proposals_by_round(session, [round_id])[round_id]


def first_pairs(session: Session, round_id: int) -> dict[str, tuple[str, float]]:
    """mentee -> (mentor, affinity) of the pairs that a round's optimum is made of, whatever became of them."""
    asked = (
        select(introductions.c.mentee_id, introductions.c.mentor_id, introductions.c.affinity)
        .where(introductions.c.round_id == round_id, introductions.c.rank == 1, introductions.c.kind == Kind.PAIR)
        .order_by(introductions.c.id.desc())  # the first one written, not one chosen by hand later, stays
        .limit(MOST)
    )
    return {str(mentee): (str(mentor), float(affinity)) for mentee, mentor, affinity in session.execute(asked)}


def latest_with_result(session: Session, kind: str = "pairs") -> Round | None:
    """The newest round that was solved: under review or published."""
    solved = (RoundState.REVIEW, RoundState.PUBLISHED)
    asked = select(Round).where(rounds.c.state.in_(solved), rounds.c.kind == kind).order_by(rounds.c.id.desc()).limit(1)
    return session.scalar(asked)
