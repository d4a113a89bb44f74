"""What the desk asks about proposals, of pairs and of groups: which, in which order, and what stands beside one."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, select
from sqlalchemy.orm import Session

from matcher.domain.introductions import Introduction, Kind, State
from matcher.storage.desk_introductions import ids_by_name
from matcher.storage.desk_lists import MOST, PAGE, Paged, folded, holds
from matcher.storage.mapping import introductions, participants, parties

BY_HAND = 0
"""Stands for the round of drafts that no round made: chosen by hand, or the next best after a refusal."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which proposals: of a round (or BY_HAND), in which state, whose, how near; and in which order."""

    round_id: int
    state: str = "draft"  # draft, approved, dismissed, all
    search: str = ""
    first_only: bool = False
    below: float | None = None
    sort: str = "mentee"  # mentee, mentor, affinity, -affinity, label
    kind: Kind = Kind.PAIR


def proposal_ids(session: Session, wanted: Wanted) -> list[int]:
    """Ids of the proposals, in order; at most MOST."""
    mentee, mentor = participants.alias("mentee"), participants.alias("mentor")
    asked = (
        select(
            introductions.c.id,
            introductions.c.rank,
            introductions.c.affinity,
            introductions.c.label,
            introductions.c.mentee_id,
            introductions.c.mentor_id,
            mentee.c.name.label("mentee"),
            mentor.c.name.label("mentor"),
        )
        .outerjoin(mentee, mentee.c.id == introductions.c.mentee_id)
        .outerjoin(mentor, mentor.c.id == introductions.c.mentor_id)
        .where(*_conditions_on_proposals(wanted))
        .limit(MOST)
    )
    rows: list[Row[Any]] = list(session.execute(asked))
    if wanted.search:
        rows = [r for r in rows if holds(wanted.search, r.mentee, r.mentor, r.mentee_id, r.mentor_id, r.label)]
    return [row.id for row in sorted(rows, key=_ORDERS.get(wanted.sort, _ORDERS["mentee"]))]


_ORDERS: Mapping[str, Callable[[Row[Any]], Any]] = {
    "mentee": lambda r: (folded(r.mentee or r.label), r.mentee_id or "", r.rank, r.id),
    "mentor": lambda r: (folded(r.mentor or r.label), r.mentor_id or "", r.rank, r.id),
    "affinity": lambda r: (r.affinity, r.id),
    "-affinity": lambda r: (-r.affinity, r.id),
    "label": lambda r: (_counted(r.label), r.id),
}


def _counted(label: str) -> list[tuple[int, str]]:
    """A label to sort by, its numbers as numbers: "Group 2" stands before "Group 10"."""
    return [(int(p), "") if p.isdecimal() else (-1, folded(p)) for p in re.split(r"(\d{1,9})", label) if p]


def _conditions_on_proposals(wanted: Wanted) -> list[ColumnElement[bool]]:
    table = introductions.c
    own = table.round_id.is_(None) if wanted.round_id == BY_HAND else table.round_id == wanted.round_id
    found: list[ColumnElement[bool]] = [own, table.kind == wanted.kind]
    if wanted.state == "draft":
        found.append(table.state == State.DRAFT)
    elif wanted.state == "approved":
        found.append(table.approved_at.is_not(None))
    elif wanted.state == "dismissed":
        found.append(and_(table.state == State.DISCARDED, table.approved_at.is_(None)))
    if wanted.first_only:
        found.append(table.rank == 1)
    if wanted.below is not None:
        found.append(table.affinity < wanted.below)
    return found


def proposals_by_mentee(
    session: Session, wanted: Wanted, page: int = 0, size: int = PAGE
) -> Paged[Sequence[Introduction]]:
    """The proposals gathered by mentee, each mentee's by rank; mentees in the order of their first proposal."""
    ids = proposal_ids(session, wanted)
    narrow = select(introductions.c.id, introductions.c.mentee_id, introductions.c.rank)
    rows = session.execute(narrow.where(introductions.c.id.in_(_within(wanted)))).all()
    mentee_of = {row.id: row.mentee_id for row in rows}
    groups: dict[str, list[int]] = defaultdict(list)
    for id in ids:
        groups[mentee_of[id]].append(id)
    shown = Paged.of(list(groups.values()), page, size)
    found = {i.id: i for i in these_proposals(session, [id for group in shown.rows for id in group])}
    by_rank = [sorted((found[id] for id in group), key=lambda i: (i.rank, i.id or 0)) for group in shown.rows]
    return Paged(by_rank, shown.count, shown.page, size)


def _within(wanted: Wanted) -> Select[Any]:
    return select(introductions.c.id).where(*_conditions_on_proposals(wanted))


def these_proposals(session: Session, ids: Sequence[int]) -> list[Introduction]:
    """Introductions by id, in the order given; two statements."""
    found = {i.id: i for i in session.scalars(select(Introduction).where(introductions.c.id.in_(ids)))}
    return [found[id] for id in ids if id in found]


def siblings(session: Session, introduction: Introduction) -> list[Introduction]:
    """The other suggestions of the same round for the same mentee, best first."""
    if introduction.mentee_id is None:
        return []
    asked = (
        select(Introduction)
        .where(
            introductions.c.mentee_id == introduction.mentee_id,
            introductions.c.id != introduction.id,
            introductions.c.round_id == introduction.round_id
            if introduction.round_id is not None
            else introductions.c.round_id.is_(None),
            introductions.c.state.not_in((State.DISCARDED,)),
        )
        .order_by(introductions.c.rank, introductions.c.affinity.desc(), introductions.c.id)
        .limit(10)
    )
    return list(session.scalars(asked))


def versions_of_round(session: Session, round_id: int) -> dict[int, tuple[int, State]]:
    """(version, state) of everything a round proposed, by id, as it stands now; one narrow statement."""
    asked = select(introductions.c.id, introductions.c.version, introductions.c.state)
    rows = session.execute(asked.where(introductions.c.round_id == round_id).order_by(introductions.c.id))
    return {row.id: (row.version, row.state) for row in rows}


def group_drafts(session: Session, wanted: Wanted, page: int, size: int = 12) -> Paged[Introduction]:
    """The groups of a round, a page of them, by label; the search looks at members' names, too."""
    ids = proposal_ids(session, replace(wanted, search="", sort="label"))
    if wanted.search:
        holding = set(ids_by_name(session, wanted.search, _conditions_on_proposals(wanted)))
        ids = [id for id in ids if id in holding]
    shown = Paged.of(ids, page, size)
    return Paged(these_proposals(session, shown.rows), shown.count, shown.page, size)


def drafted_groups(session: Session, *, without: int) -> dict[str, list[tuple[int, str]]]:
    """Person -> the drafted groups they stand in, (id, label), one group left out."""
    asked = (
        select(parties.c.participant_id, introductions.c.id, introductions.c.label)
        .join(introductions, introductions.c.id == parties.c.introduction_id)
        .where(
            introductions.c.kind == Kind.GROUP,
            introductions.c.state == State.DRAFT,
            introductions.c.id != without,
        )
        .order_by(introductions.c.id)
    )
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for person, id, label in session.execute(asked):
        found[person].append((id, label))
    return found
