"""People of the programme: participants with their standing and consents, coordinators, visitors of the site."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from matcher.domain.introductions import NotAllowed, Who


class Standing(StrEnum):
    """Whether a participant takes part. Only ACTIVE people are matched, asked or written to about suggestions."""

    UNCONFIRMED = "unconfirmed"
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"
    ERASED = "erased"


class ConsentKind(StrEnum):
    """What somebody agrees to, each separately; MATCHING is needed to take part."""

    MATCHING = "matching"
    SHOW_TEXT = "show_text"
    CHECK_INS = "check_ins"
    NEWS = "news"


class UnknownAddress(NotAllowed):
    """No active coordinator has this address."""

    def __init__(self) -> None:
        super().__init__("No coordinator has this address.")


class BadToken(NotAllowed):
    """A link or code that is wrong, used, too old, or was asked for in another browser."""

    def __init__(self) -> None:
        super().__init__("This link is no longer valid. Please ask for a new one.")


class TooMany(NotAllowed):
    """A limit is reached (HTTP 429)."""

    def __init__(self) -> None:
        super().__init__("That was very often in a short time. Please try again in a while.")


@dataclass(eq=False, kw_only=True)
class Participant:
    """A person in the pool. `answers` are the profile's columns (`to_answers`); name, email, capacity stand here too.

    `used` counts the introductions that hold one of the `capacity` places; only the database changes it.
    `muted` lists the streams of letters this person unsubscribed from; `quiet_from` and `quiet_until` are hours of the
    clock, both empty where the programme's hold. Everything personal is empty once ERASED.
    """

    id: str
    role: str
    status: Standing = Standing.UNCONFIRMED
    name: str = ""
    email: str | None = None
    email_key: str | None = None  # the address in small letters
    language: str = "en"
    timezone: str | None = None
    answers: dict[str, str] = field(default_factory=dict)
    capacity: int = 0
    used: int = 0
    muted: list[str] = field(default_factory=list)
    quiet_from: int | None = None
    quiet_until: int | None = None
    created_at: datetime | None = None
    changed_at: datetime | None = None
    confirmed_at: datetime | None = None
    paused_until: datetime | None = None
    left_at: datetime | None = None
    version: int = 1

    @property
    def has_room(self) -> bool:
        """Whether a mentor can take somebody now."""
        return self.status is Standing.ACTIVE and self.used < self.capacity

    @property
    def rests(self) -> bool:
        """Whether somebody takes a break, or will once a new address is confirmed."""
        return self.paused_until is not None or "suggestions" in self.muted


WITHOUT_END = datetime(9000, 1, 1, tzinfo=UTC)
"""The end of a break that has none, as long as a new address has to be confirmed."""


@dataclass(eq=False, kw_only=True)
class Coordinator:
    """Somebody who runs the programme. Signs in by link, in the browser that asked for it."""

    id: str
    email: str
    email_key: str = ""
    name: str = ""
    language: str = "en"
    active: bool = True
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in. `limited`: signed in from a second browser, may see and answer their own matters only."""

    who: Who  # Who.COORDINATOR or Who.PARTY
    id: str
    name: str
    language: str
    csrf: str
    idle_until: datetime
    ends_at: datetime
    limited: bool = False

    @property
    def is_coordinator(self) -> bool:
        """Whether the desk is open to this visitor."""
        return self.who is Who.COORDINATOR


@dataclass(frozen=True, slots=True)
class SessionGrant:
    """A fresh session: the value of the cookie (kept hashed here), and until when it can last at most."""

    cookie: str
    visitor: Visitor


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """How long a session lasts: idle, and at most."""

    idle: timedelta
    absolute: timedelta


SESSIONS: Mapping[Who, SessionTerms] = {
    Who.COORDINATOR: SessionTerms(timedelta(minutes=30), timedelta(hours=8)),
    Who.PARTY: SessionTerms(timedelta(hours=24), timedelta(days=7)),
}

SIGN_IN_MINUTES = 10
CONFIRM_HOURS = 24


@dataclass(frozen=True, slots=True)
class Limit:
    """A token bucket: `count` at once, refilled evenly over `per`."""

    count: int
    per: timedelta


LIMITS: Mapping[str, Limit] = {
    "sign_in_address_minute": Limit(3, timedelta(minutes=1)),
    "sign_in_address_hour": Limit(6, timedelta(hours=1)),
    "sign_in_ip": Limit(20, timedelta(hours=1)),
    "sign_in_all": Limit(1000, timedelta(minutes=5)),
    "bad_token_ip": Limit(10, timedelta(hours=1)),
    "sign_up_ip": Limit(5, timedelta(hours=1)),
    "export": Limit(5, timedelta(days=1)),
}
"""The limits by name; the key in the database is the name and whom it limits."""


def actor(who: Who, id: str = "") -> str:
    """How the audit log names somebody: "coordinator:ID", "participant:ID" or "system"."""
    if who is Who.SYSTEM:
        return "system"
    return f"coordinator:{id}" if who is Who.COORDINATOR else f"participant:{id}"
