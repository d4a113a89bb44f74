"""What participants answer, and what coordinators answer for them."""

from dataclasses import dataclass
from datetime import datetime

from matcher.domain.introductions import TERMS, Answer, State, Terms
from matcher.domain.letters import Links
from matcher.domain.vocabulary import Vocabulary
from matcher.storage.database import Database


@dataclass(frozen=True, slots=True)
class Picked:
    """The place is reserved and the mentor is being asked."""

    introduction_id: int


@dataclass(frozen=True, slots=True)
class PlaceGone:
    """Somebody was faster. `next_introduction_id`: another offered one with room, or None (a coordinator looks)."""

    next_introduction_id: int | None


@dataclass(frozen=True, slots=True)
class Answered:
    """How things stand after an answer. `undo_until` is set while both have said yes and contacts are not shared."""

    state: State
    answer: Answer
    undo_until: datetime | None


def pick(
    db: Database,
    introduction_id: int,
    participant_id: str,
    *,
    vocabulary: Vocabulary,
    links: Links,
    now: datetime,
    epoch: int | None = None,
    by: str | None = None,
    terms: Terms = TERMS,
) -> Picked | PlaceGone:
    """The mentee picks one of the offered introductions: reserves the place and asks the mentor.

    `epoch`: of the link, where the page was reached by one. `by`: a coordinator's id, on behalf.
    """
    raise NotImplementedError


def answer(
    db: Database,
    introduction_id: int,
    participant_id: str,
    answer: str,
    *,
    vocabulary: Vocabulary,
    links: Links,
    now: datetime,
    reason: str | None = None,
    question: str | None = None,
    epoch: int | None = None,
    by: str | None = None,
    terms: Terms = TERMS,
) -> Answered:
    """A party answers "yes", "not_now", "no" or "more" (with a question to the coordinator).

    The same answer again changes nothing and writes nothing. Raises NotAllowed, Overtaken, NotFound.
    """
    raise NotImplementedError


def undo(
    db: Database,
    introduction_id: int,
    participant_id: str,
    *,
    links: Links,
    now: datetime,
    epoch: int | None = None,
    terms: Terms = TERMS,
) -> Answered:
    """Takes a yes back while contacts are not shared."""
    raise NotImplementedError


def withdraw(db: Database, introduction_id: int, *, by: str, reason: str, links: Links, now: datetime) -> None:
    """A coordinator ends a live introduction; those who were told get a neutral notice. `by`: the coordinator's id."""
    raise NotImplementedError


def concern(
    db: Database, introduction_id: int, participant_id: str, *, links: Links, now: datetime, reason: str | None = None
) -> None:
    """A party reports a concern: ends at once, the pair is never proposed again, the coordinator is told."""
    raise NotImplementedError


def extend(
    db: Database, introduction_id: int, participant_id: str, *, by: str, now: datetime, terms: Terms = TERMS
) -> None:
    """A coordinator gives one party more time, once."""
    raise NotImplementedError


def tell_more(
    db: Database,
    introduction_id: int,
    participant_id: str,
    text: str,
    *,
    by: str,
    links: Links,
    now: datetime,
    terms: Terms = TERMS,
) -> None:
    """The coordinator answers a question; the party's time starts again, once."""
    raise NotImplementedError
