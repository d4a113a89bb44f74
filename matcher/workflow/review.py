"""The coordinator looks at drafts, changes them, approves: from here on people are asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from matcher.domain.introductions import TERMS, NotAllowed, Terms
from matcher.domain.letters import Links
from matcher.domain.rules import Rule
from matcher.domain.vocabulary import Vocabulary
from matcher.engine.reasons import Explanation
from matcher.storage.database import Database


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What became of a batch: ids that went out, and for each refused one the reason."""

    approved: tuple[int, ...]
    refused: Mapping[int, NotAllowed]


@dataclass(frozen=True, slots=True)
class LivePair:
    """Any pair, looked at now: the explanation, the rules that forbid it, and the mentor's room."""

    explanation: Explanation
    rules: tuple[Rule, ...]
    used: int
    capacity: int


def approve(
    db: Database,
    introduction_ids: Sequence[int],
    *,
    by: str,
    vocabulary: Vocabulary,
    links: Links,
    now: datetime,
    terms: Terms = TERMS,
) -> Reviewed:
    """Approves drafts: offers them (mode choose, one letter a mentee) or asks (assigned: the place is reserved now)."""
    raise NotImplementedError


def dismiss(db: Database, introduction_ids: Sequence[int], *, by: str, now: datetime) -> None:
    """Sets drafts aside."""
    raise NotImplementedError


def restore(db: Database, introduction_ids: Sequence[int], *, by: str, now: datetime) -> None:
    """Takes dismissed drafts back."""
    raise NotImplementedError


def replace(
    db: Database, introduction_id: int, mentor_id: str, *, by: str, vocabulary: Vocabulary, now: datetime
) -> int:
    """Another mentor for a draft: the old draft is dismissed; returns the new one's id. NotAllowed names the rule."""
    raise NotImplementedError


def live_pair(db: Database, mentee_id: str, mentor_id: str, *, vocabulary: Vocabulary, now: datetime) -> LivePair:
    """Looks at any pair as it would be today. Raises NotFound."""
    raise NotImplementedError


def propose_pair(
    db: Database,
    mentee_id: str,
    mentor_id: str,
    *,
    by: str,
    vocabulary: Vocabulary,
    now: datetime,
    mode: str = "assigned",
    ask_order: str = "mentor_first",
) -> int:
    """A draft by hand, under the same rules; returns its id. NotAllowed names the rule."""
    raise NotImplementedError


def publish(
    db: Database, round_id: int, *, by: str, vocabulary: Vocabulary, links: Links, now: datetime, terms: Terms = TERMS
) -> Reviewed:
    """Approves all drafts that remain in a round; the other rounds in review are discarded with their drafts."""
    raise NotImplementedError


def discard_round(db: Database, round_id: int, *, by: str, now: datetime) -> None:
    """Throws a round in review away, with its drafts."""
    raise NotImplementedError
