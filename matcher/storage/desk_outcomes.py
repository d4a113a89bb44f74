"""What became of introductions: the funnel, outcomes, endings and days in numbers, and the pairs themselves."""

from collections import Counter
from dataclasses import dataclass
from typing import cast

from sqlalchemy import ColumnElement, case, exists, func, or_, select
from sqlalchemy.orm import QueryableAttribute, Session, defer

from matcher.domain.introductions import LIVE, Introduction, Kind, State
from matcher.storage.desk_lists import MOST
from matcher.storage.mapping import introductions, parties


@dataclass(frozen=True, slots=True)
class Stages:
    """How many pairs came how far: the funnel."""

    approved: int
    picked: int
    agreed: int
    introduced: int
    met: int
    closed_well: int


def stages(session: Session) -> Stages:
    """The path of all approved pairs. One statement."""
    table = introductions.c

    def how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    row = session.execute(
        select(
            how_many(table.approved_at.is_not(None)),
            how_many(table.asked_at.is_not(None)),
            how_many(or_(table.undo_until.is_not(None), table.introduced_at.is_not(None))),
            how_many(table.introduced_at.is_not(None)),
            how_many(table.active_at.is_not(None)),
            how_many(table.outcome.in_(("goals_reached", "good_enough"))),
        ).where(table.kind == Kind.PAIR)
    ).one()
    return Stages(*(int(value) for value in row))


def outcomes(session: Session) -> dict[str, int]:
    """How closed introductions ended, by outcome."""
    asked = (
        select(introductions.c.outcome, func.count())
        .where(introductions.c.outcome.is_not(None))
        .group_by(introductions.c.outcome)
    )
    return {str(outcome): int(count) for outcome, count in session.execute(asked)}


def endings(session: Session) -> dict[tuple[str, str], int]:
    """How approved introductions that came to nothing ended: (state, reason) -> how many."""
    ended = (State.DECLINED, State.EXPIRED, State.WITHDRAWN, State.VOID)
    asked = (
        select(introductions.c.state, introductions.c.end_reason, func.count())
        .where(introductions.c.state.in_(ended), introductions.c.approved_at.is_not(None))
        .group_by(introductions.c.state, introductions.c.end_reason)
    )
    known = {"no", "not_now", "changed_mind", "place_gone", "another_chosen", "paused", "left", "concern", "blocked"}
    found: Counter[tuple[str, str]] = Counter()
    for state, reason, count in session.execute(asked):
        found[str(state), reason if reason in known else ""] += count  # a coordinator's own words stay out of counts
    return dict(found)


def days_to_first_contact(session: Session) -> list[float]:
    """Days from the approval to the first conversation, for everybody who had one; sorted."""
    asked = (
        select(introductions.c.approved_at, introductions.c.active_at)
        .where(introductions.c.active_at.is_not(None), introductions.c.approved_at.is_not(None))
        .order_by(introductions.c.id.desc())
        .limit(MOST)
    )
    return sorted((active - approved).total_seconds() / 86_400 for approved, active in session.execute(asked))


def live_count(session: Session) -> int:
    """How many introductions go on."""
    asked = select(func.count()).select_from(introductions).where(introductions.c.state.in_(LIVE))
    return session.scalar(asked) or 0


def answered_pairs(session: Session) -> list[Introduction]:
    """Approved pairs of which somebody has answered or that were introduced, the first ones first.

    Without their explanations, which are long. Two statements.
    """
    answered = exists().where(parties.c.introduction_id == introductions.c.id, parties.c.answered_at.is_not(None))
    explanation = cast("QueryableAttribute[object]", Introduction.explanation)
    asked = (
        select(Introduction)
        .options(defer(explanation))
        .where(
            introductions.c.kind == Kind.PAIR,
            introductions.c.approved_at.is_not(None),
            or_(answered, introductions.c.introduced_at.is_not(None)),
        )
        .order_by(introductions.c.id)
    )
    return list(session.scalars(asked))
