"""Rounds: one run of the matcher over the pool, with everything needed to run it again; a job with progress."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from matcher.domain.introductions import Mode, NotAllowed, Order


class RoundKind(StrEnum):
    """What a round forms."""

    PAIRS = "pairs"
    GROUPS = "groups"


class RoundState(StrEnum):
    """requested -> running -> review -> published or discarded; or failed, with a sentence why."""

    REQUESTED = "requested"
    RUNNING = "running"
    REVIEW = "review"
    PUBLISHED = "published"
    DISCARDED = "discarded"
    FAILED = "failed"


class LeaseLost(NotAllowed):
    """Another worker has taken the round over; what this one found is thrown away."""

    def __init__(self) -> None:
        super().__init__("Another worker has taken this round over.")


@dataclass(eq=False, kw_only=True)
class Round:
    """A round. `weights`, `options` (pins, forbidden pairs, group sizes), `seed` and `digest` make it replayable.

    `certificate` is the summary of the proof: matched, total, bound, gap, lowest, pricing_rounds, seconds; `unmatched`
    maps each mentee without a proposal to the reason. `progress` runs from 0 to 1, `step` says in a word what happens.
    """

    kind: RoundKind = RoundKind.PAIRS
    mode: Mode = Mode.CHOOSE
    ask_order: Order = Order.MENTOR_FIRST
    objective: str = "total"
    suggestions: int = 3
    weights: dict[str, float] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    name: str = ""
    state: RoundState = RoundState.REQUESTED
    progress: float = 0.0
    step: str = ""
    digest: str = ""
    certificate: dict[str, Any] = field(default_factory=dict)
    unmatched: dict[str, str] = field(default_factory=dict)
    requested_by: str = ""
    requested_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    published_at: datetime | None = None
    published_by: str | None = None
    claimed_by: str | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    trouble: str | None = None
    id: int | None = None
