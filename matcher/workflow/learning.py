"""What the course of pairs says about the block weights: the evidence as a table, and a proposal that nothing applies.

All contributions are computed anew, with the profiles as they are now and the weights of the last round of pairs, which
are the ones that learning moves: pairs of earlier rounds, which had other weights, can then be compared with the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.domain.evidence import outcome_of, share_of
from matcher.domain.vocabulary import Vocabulary
from matcher.engine.affinity import Pool
from matcher.engine.learning import Improvement, OutcomeWeights, Refusal, contributions_of
from matcher.engine.weights import BLOCKS, read_weights
from matcher.storage import desk_outcomes, people
from matcher.storage.database import Database
from matcher.workflow import matching

__all__ = ["Refusal"]

HEADER = (
    "mentee_id",
    "mentor_id",
    "outcome",
    *(f"contribution_{block}" for block in BLOCKS),
    *(f"weight_{block}" for block in BLOCKS),
)
"""The columns of `Evidence.table`."""

WEIGHTS_HEADER = ("block", "weight", "current", "low", "high")
"""The columns of a file of proposed weights; `--weights` reads the first two."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Pairs (mentee id, mentor id) by ids, an outcome each (see `domain.evidence`), and their contributions (n, 8)
    under `weights`."""

    pairs: Sequence[tuple[str, str]]
    outcomes: Sequence[str]
    contributions: NDArray[np.float64]
    weights: Mapping[str, float]

    @property
    def table(self) -> list[list[object]]:
        """A row a pair in the columns of HEADER."""
        weights = list(self.weights.values())
        rows = zip(self.pairs, self.outcomes, self.contributions.tolist(), strict=True)
        return [[*pair, outcome, *amounts, *weights] for pair, outcome, amounts in rows]


@dataclass(frozen=True, slots=True)
class Weight:
    """A block's weight now and as proposed; `low` and `high` (90 %) by the outcomes alone."""

    block: str
    current: float
    proposed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """What `pairs` with an outcome that says something, `good` of them good, speak for.

    `weights` is empty and `refused` says why where they carry nothing. `still`: blocks about which nothing was learned,
    because the pairs do not differ there.
    """

    pairs: int
    good: float
    weights: Sequence[Weight]
    refused: Refusal | None
    improvement: Improvement | None
    still: Sequence[str]

    @property
    def table(self) -> list[list[object]]:
        """A row a block in the columns of WEIGHTS_HEADER."""
        return [[one.block, one.proposed, one.current, one.low, one.high] for one in self.weights]


def evidence(db: Database, *, vocabulary: Vocabulary) -> Evidence:
    """Every pair that was introduced or of which somebody has answered. Erased people are left out.

    The contributions are the ones that `rank` gives for everybody in the programme, those who left among them.
    Of a pair that met several times the last time that says something about the two counts.
    """
    with db.read() as session:
        outcomes: dict[tuple[str, str], str] = {}
        for introduction in desk_outcomes.answered_pairs(session):
            pair = str(introduction.mentee_id), str(introduction.mentor_id)
            outcome = outcome_of(introduction)
            if outcome and (pair not in outcomes or share_of(outcome) is not None):
                outcomes[pair] = outcome
        everybody = [people.profile_of(person, vocabulary) for person in people.everybody(session)]
        weights = read_weights(matching.last_weights(session))
    pool = Pool(everybody, vocabulary=vocabulary, weights=weights)
    pairs = sorted(pair for pair in outcomes if pair[0] in pool.mentee_row and pair[1] in pool.mentor_row)
    return Evidence(pairs, [outcomes[pair] for pair in pairs], contributions_of(pool, pairs), weights)


def proposal(found: Evidence) -> Proposal:
    """The weights that the evidence speaks for, or why it carries none. Thousands of pairs take some seconds."""
    shares = {pair: share_of(outcome) for pair, outcome in zip(found.pairs, found.outcomes, strict=True)}
    speaking = np.array([share is not None for share in shares.values()], dtype=bool)
    pairs = [pair for pair, share in shares.items() if share is not None]
    y = [share for share in shares.values() if share is not None]
    learned = OutcomeWeights(found.weights).fit(
        found.contributions[speaking],
        y,
        mentees=[mentee for mentee, _ in pairs],
        mentors=[mentor for _, mentor in pairs],
    )
    columns = zip(BLOCKS, found.weights.values(), learned.weights_.tolist(), learned.intervals_.tolist(), strict=True)
    weights = [Weight(block, current, proposed, low, high) for block, current, proposed, (low, high) in columns]
    return Proposal(
        pairs=len(y),
        good=sum(y),
        weights=[] if learned.refused_ else weights,
        refused=learned.refused_,
        improvement=learned.improvement_,
        still=learned.still_,
    )
