"""The first meeting of two people who were introduced: proposed by one, agreed to by the other, moved or cancelled."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class MeetingState(StrEnum):
    """Where the first meeting stands; a cancelled one may be proposed anew."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    CANCELLED = "cancelled"


LENGTHS = (30, 45, 60, 90)
"""How many minutes a first meeting may take."""

LONGEST_PLACE = 200
FURTHEST = timedelta(days=365)
"""Nobody plans a first conversation further ahead."""


@dataclass(eq=False, kw_only=True)
class Meeting:
    """The first meeting of a pair. `uid` stays for ever, `sequence` grows by one with each change (RFC 5545 3.8.7.4).

    `proposed_by` named the time that stands; the other side may agree to it.
    """

    introduction_id: int
    uid: str
    starts_at: datetime
    minutes: int
    place: str = ""
    proposed_by: str
    state: MeetingState = MeetingState.PROPOSED
    sequence: int = 0
    changed_at: datetime | None = None
    version: int | None = None

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def stands(self) -> bool:
        """Proposed or agreed: it is in somebody's calendar."""
        return self.state is not MeetingState.CANCELLED
