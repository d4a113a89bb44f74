"""Rounds under review side by side, such as kept scenarios; one of them can be published, which discards the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.responses import Response

from matcher.domain.rounds import Round
from matcher.storage import desk_proposals, desk_rounds
from matcher.workflow import desk as steps
from web.desk import pages
from web.visit import Visit

MOST = 6
"""Rounds side by side; the newest ones."""

LISTS = ("capacity", "pinned", "forbidden")


@dataclass(frozen=True)
class Column:
    """One round. `moved`, `only_here`, `only_there`: mentees who have another mentor than in the first round, who have
    one only here, and only there. `seen`: its drafts as they stand, for the form that publishes."""

    round: Round
    weights: Mapping[str, int]
    lists: Mapping[str, int]
    moved: int
    only_here: int
    only_there: int
    drafts: int
    seen: str

    @property
    def coverage(self) -> float:
        """The share of the mentees who look for somebody that has a proposal."""
        return self.round.certificate.get("matched", 0) / (self.round.certificate.get("mentees") or 1)


@dataclass(frozen=True)
class ComparePage:
    """The columns, oldest first, and of the settings those in which they differ."""

    columns: Sequence[Column]
    blocks: Sequence[str]
    lists: Sequence[str]
    more: int


def show(visit: Visit) -> Response:
    """GET /desk/rounds/compare"""
    with visit.site.database.read() as session:
        ids = desk_rounds.under_review(session)
        shown = ids[-MOST:]
        first = desk_rounds.first_pairs(session, shown[0]) if shown else {}
        columns = [_column(session, id, first) for id in shown]
    page = ComparePage(
        columns,
        blocks=[block for block in steps.BLOCKS if len({column.weights[block] for column in columns}) > 1],
        lists=[name for name in LISTS if any(column.lists[name] for column in columns)],
        more=len(ids) - len(shown),
    )
    return pages.page(visit, "compare.html", section="desk_rounds", page=page)


def _column(session: Session, id: int, first: Mapping[str, tuple[str, float]]) -> Column:
    round_ = desk_rounds.round_of(session, id)
    pairs = desk_rounds.first_pairs(session, id)
    both = first.keys() & pairs.keys()
    return Column(
        round_,
        weights={block: round(100 * round_.weights.get(block, 0.0)) for block in steps.BLOCKS},
        lists={name: len(round_.options.get(name, ())) for name in LISTS},
        moved=sum(first[mentee][0] != pairs[mentee][0] for mentee in both),
        only_here=len(pairs.keys() - both),
        only_there=len(first.keys() - both),
        drafts=desk_rounds.proposal_counts(session, id).get("draft", 0),
        seen=pages.stamp(desk_proposals.versions_of_round(session, id)),
    )
