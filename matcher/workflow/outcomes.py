"""After the introduction: first contact, closing, feedback."""

from collections.abc import Mapping
from datetime import datetime

from matcher.domain.introductions import State
from matcher.domain.letters import Links
from matcher.storage.database import Database


def first_contact(
    db: Database, introduction_id: int, participant_id: str, *, happened: bool, links: Links, now: datetime
) -> State:
    """A party says whether the first conversation took place; yes makes the introduction active, no tells the coordinator."""
    raise NotImplementedError


def close(
    db: Database,
    introduction_id: int,
    *,
    outcome: str,
    links: Links,
    now: datetime,
    participant_id: str | None = None,
    by: str | None = None,
    reason: str | None = None,
) -> None:
    """Closes an introduction with its outcome, by a party (`participant_id`) or a coordinator (`by`); the place is free again."""
    raise NotImplementedError


def feedback(
    db: Database, introduction_id: int, participant_id: str, *, answers: Mapping[str, object], now: datetime
) -> None:
    """Keeps a party's feedback (for example {"helpful": 4, "again": true, "words": "…"}), newest wins."""
    raise NotImplementedError
