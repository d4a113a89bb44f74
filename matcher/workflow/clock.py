"""What happens by itself: reminders, deadlines, the undo window, check-backs, the next best."""

from dataclasses import dataclass
from datetime import datetime

from matcher.domain.introductions import TERMS, Terms
from matcher.domain.letters import Links
from matcher.domain.vocabulary import Vocabulary
from matcher.storage.database import Database


@dataclass(frozen=True, slots=True)
class Ticked:
    """How many of each were done; all zero when the clock had nothing to do."""

    introduced: int = 0
    reminded: int = 0
    expired: int = 0
    checked_back: int = 0
    stale_drafts: int = 0
    next_best: int = 0
    resumed: int = 0
    forgotten: int = 0


def tick(db: Database, *, now: datetime, vocabulary: Vocabulary, links: Links, terms: Terms = TERMS) -> Ticked:
    """Does everything that is due; running it twice, or in two processes, does it once."""
    raise NotImplementedError
