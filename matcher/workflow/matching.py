"""From a request to a round under review: the pool, its affinities, the assignment, the drafts."""

from collections.abc import Callable, Mapping
from datetime import datetime

from matcher.domain.rounds import Round
from matcher.domain.vocabulary import Vocabulary
from matcher.storage.database import Database

Progress = Callable[[float, str], None]
"""Called with the part that is done, 0 to 1, and a word for what happens."""


def request_round(
    db: Database,
    *,
    by: str,
    now: datetime,
    mode: str = "choose",
    objective: str = "total",
    weights: Mapping[str, float] | None = None,
    suggestions: int = 3,
    kind: str = "pairs",
    ask_order: str = "mentor_first",
    seed: int = 0,
    name: str = "",
    options: Mapping[str, object] | None = None,
) -> int:
    """Asks for a round; a worker or the caller runs it. Returns its id.

    `options`: pairs {"pinned": [[mentee, mentor]], "forbidden": [...]}; groups {"kind": collaboration id, "sizes": [4, 6]}.
    """
    raise NotImplementedError


def next_requested(db: Database, *, now: datetime) -> int | None:
    """The oldest round that waits, or whose worker has vanished; None when there is none."""
    raise NotImplementedError


def run_round(
    db: Database,
    round_id: int,
    *,
    vocabulary: Vocabulary,
    now: datetime,
    progress: Progress | None = None,
    worker: str = "here",
) -> Round:
    """Runs a round: reads the pool, solves without a transaction, stores the drafts and the certificate together.

    Afterwards the round is in review, or failed with a sentence. Raises LeaseLost when another worker took it over.
    """
    raise NotImplementedError
