"""What needs a coordinator today: each matter counted, with the first few of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from matcher.domain.aftercare import About, Said
from matcher.domain.introductions import CONCERN, DISCLOSED, TERMS, Answer, Asks, Kind, Part, State
from matcher.domain.letters import LetterState
from matcher.domain.people import Standing
from matcher.domain.rounds import RoundState
from matcher.storage.desk_introductions import IntroductionLine, introduction_heap
from matcher.storage.desk_letters import LetterLine, letter_heap
from matcher.storage.desk_people import PersonLine, is_waiting, people_lines, waiting_since
from matcher.storage.desk_rounds import RoundLine, round_lines
from matcher.storage.introductions import BLOCKED, unreachable
from matcher.storage.mapping import audit, check_ins, introductions, letters, participants, parties

FEW = 5
"""Rows shown of each matter."""

SOON = timedelta(hours=48)
"""A deadline nearer than this wants a look."""

LONG = timedelta(days=14)
"""A mentee without anything for so long wants a look."""

RECENT = timedelta(days=30)

SILENT = timedelta(days=7)
"""How long after the second unanswered question silence is a sign."""

LOOKED_AFTER = "looked_after"
"""The act by which a coordinator says that a concern or a letter needs nothing more."""

_ASKED = (State.OFFERED, State.ASKING)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Heap(Generic[T]):
    """One matter: how many there are, and the first few."""

    count: int
    rows: Sequence[T]

    def __bool__(self) -> bool:
        return self.count > 0


@dataclass(frozen=True, slots=True)
class Signal:
    """Why two who were introduced want a look: what one said last, or None where they kept silent."""

    participant_id: str
    said: Said | None


@dataclass(frozen=True, slots=True)
class Today:
    """Everything that waits for a coordinator, the most urgent matter first."""

    concerns: Heap[IntroductionLine]
    together: Heap[IntroductionLine]
    questions: Heap[IntroductionLine]
    rounds: Heap[RoundLine]
    by_hand: Heap[IntroductionLine]
    due: Heap[IntroductionLine]
    unreachable: Heap[IntroductionLine]
    no_contact: Heap[IntroductionLine]
    at_risk: Heap[IntroductionLine]
    signals: Mapping[int, Sequence[Signal]]
    given_up: Heap[LetterLine]
    waiting: Heap[PersonLine]
    unconfirmed: Heap[PersonLine]
    running: Sequence[RoundLine]

    @property
    def count(self) -> int:
        """How many matters there are in all."""
        return sum(len(heap.rows) and heap.count for heap in self.heaps)

    @property
    def heaps(self) -> tuple[Heap[Any], ...]:
        """All matters."""
        first = (self.concerns, self.together, self.questions, self.rounds, self.by_hand, self.due)
        return (*first, self.unreachable, self.at_risk, self.no_contact, self.given_up, self.waiting, self.unconfirmed)


def today(session: Session, now: datetime) -> Today:
    """Looks at everything; a fixed number of statements."""
    latest = round_lines(session, size=50).rows
    review = [line for line in latest if line.state is RoundState.REVIEW and (line.drafts or line.kind == "groups")]
    at_risk = _introductions(session, at_risk_now(now))
    return Today(
        concerns=_introductions(session, _concern(now)),
        together=_introductions(session, _together()),
        questions=_introductions(session, _question()),
        rounds=Heap(len(review), review[:FEW]),
        by_hand=_introductions(session, and_(introductions.c.state == State.DRAFT, introductions.c.round_id.is_(None))),
        due=_introductions(session, _due(now)),
        unreachable=_introductions(session, and_(unreachable(now), _once())),
        no_contact=_introductions(session, _no_contact(now)),
        at_risk=at_risk,
        signals=signals(session, [line.id for line in at_risk.rows], now),
        given_up=_given_up(session, now),
        waiting=_people(session, _long_without(now), oldest=waiting_since()),
        unconfirmed=_people(session, participants.c.status == Standing.UNCONFIRMED),
        running=[line for line in latest if line.state in (RoundState.REQUESTED, RoundState.RUNNING)],
    )


def _introductions(session: Session, condition: ColumnElement[bool]) -> Heap[IntroductionLine]:
    return Heap(*introduction_heap(session, condition, FEW))


def _people(session: Session, condition: ColumnElement[bool], oldest: Any = None) -> Heap[PersonLine]:
    count = session.scalar(select(func.count()).select_from(participants).where(condition)) or 0
    order = oldest if oldest is not None else participants.c.created_at
    ids = session.scalars(select(participants.c.id).where(condition).order_by(order, participants.c.id).limit(FEW))
    return Heap(count, people_lines(session, list(ids)) if count else [])


def _given_up(session: Session, now: datetime) -> Heap[LetterLine]:
    condition = and_(
        letters.c.state == LetterState.FAILED,
        letters.c.created_at > now - RECENT,
        ~_looked_after("letter", letters.c.id),
    )
    return Heap(*letter_heap(session, condition, FEW))


def _looked_after(word: str, id: Any, since: Any = None) -> ColumnElement[bool]:
    about = f"{word}:" + cast(id, String)
    found = exists().where(audit.c.object == about, audit.c.act == LOOKED_AFTER)
    return found if since is None else found.where(audit.c.at >= since)


def _side(*condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(parties.c.introduction_id == introductions.c.id, *condition)


def _concern(now: datetime) -> ColumnElement[bool]:
    table = introductions.c
    return and_(
        table.end_reason == CONCERN,
        table.changed_at > now - RECENT * 3,
        ~_looked_after("introduction", table.id, since=table.changed_at),
    )


def _together() -> ColumnElement[bool]:
    """Contacts are shared, and a concern from elsewhere keeps two of them apart."""
    one, other, apart = parties.alias("one"), parties.alias("other"), BLOCKED.subquery("apart")
    here = [each.c.introduction_id == introductions.c.id for each in (one, other)]
    yes = [each.c.answer == Answer.YES for each in (one, other)]
    both = exists().where(apart.c.one == one.c.participant_id, apart.c.other == other.c.participant_id, *here, *yes)
    looked_after = _looked_after("introduction", introductions.c.id, since=apart.c.at)
    return and_(introductions.c.state.in_(DISCLOSED), both.where(~looked_after).correlate(introductions))


def _question() -> ColumnElement[bool]:
    """Somebody asked the coordinator to be told more, and has had no answer to this question."""
    asked = _side(parties.c.asks == Asks.COORDINATOR, parties.c.answer == Answer.PENDING)
    return and_(introductions.c.state.in_(_ASKED), asked)


def _due(now: datetime) -> ColumnElement[bool]:
    near = _side(parties.c.answer == Answer.PENDING, parties.c.deadline < now + SOON)
    return and_(introductions.c.state.in_(_ASKED), near, _once())


def _once() -> ColumnElement[bool]:
    """What a mentee may choose from is one matter: its first introduction stands for all of them."""
    other = introductions.alias("other")
    first = (
        select(func.min(other.c.id))
        .where(other.c.mentee_id == introductions.c.mentee_id, other.c.state == State.OFFERED)
        .scalar_subquery()
    )
    return or_(introductions.c.state != State.OFFERED, introductions.c.id == first)


def _no_contact(now: datetime) -> ColumnElement[bool]:
    """Somebody says so, also after the other said that they met, or nobody says anything.

    Who says nothing could not be told either, then, that it ends by itself.
    """
    in_vain = timedelta(days=TERMS.first_contact[-1] + 1) + 2 * TERMS.no_word
    long_ago = introductions.c.introduced_at < now - in_vain
    not_yet = and_(introductions.c.state == State.INTRODUCED, or_(_side(parties.c.contact.is_(False)), long_ago))
    against = _said_so(introductions.c.id, [Said.NOT_YET], since=introductions.c.active_at)
    return or_(not_yet, and_(introductions.c.state == State.ACTIVE, against))


_RISKY = (Said.NOT_MEETING, Said.NOT_A_FIT, Said.CALL)


def at_risk_now(now: datetime) -> ColumnElement[bool]:
    """Introduced, and somebody said that it does not go well, wants to be called, or kept silent over two questions.

    Until a coordinator says that it is looked after, or a newer answer says something else.
    """
    return and_(
        introductions.c.state.in_(DISCLOSED), or_(_said_so(introductions.c.id), _silent(introductions.c.id, now))
    )


def _said_so(id: Any, answers: Sequence[Said] = _RISKY, since: Any = None) -> ColumnElement[bool]:
    """The last that somebody answered is one of these, and no coordinator has looked after it."""
    said, later = check_ins.alias("said"), check_ins.alias("later")
    newer = exists().where(_same_party(later, said), later.c.day > said.c.day, later.c.answer.is_not(None))
    here = exists().where(said.c.introduction_id == id, said.c.answer.in_(answers))
    if since is not None:
        here = here.where(said.c.answered_at >= since)
    return here.where(~newer, ~_looked_after("introduction", id, since=said.c.answered_at))


def _silent(id: Any, now: datetime) -> ColumnElement[bool]:
    """Two questions about how it goes in a row without an answer, the last one a week ago or more."""
    last, before, between = check_ins.alias("last"), check_ins.alias("before"), check_ins.alias("between")
    spoken = exists().where(_same_party(between, last), between.c.day > before.c.day, between.c.answer.is_not(None))
    earlier = exists().where(
        _same_party(before, last), _unanswered(before), before.c.day < last.c.day, ~spoken.correlate(last, before)
    )
    here = exists().where(last.c.introduction_id == id, _unanswered(last), last.c.asked_at <= now - SILENT)
    return here.where(earlier, ~_looked_after("introduction", id, since=last.c.asked_at))


def _same_party(one: Any, other: Any) -> ColumnElement[bool]:
    same = one.c.introduction_id == other.c.introduction_id
    return and_(same, one.c.participant_id == other.c.participant_id)


def _unanswered(row: Any) -> ColumnElement[bool]:
    return and_(row.c.about == About.GOING, row.c.answer.is_(None))


def signals(session: Session, ids: Sequence[int], now: datetime) -> dict[int, list[Signal]]:
    """What each side of these introductions said last, where it is a sign of risk; silence as `at_risk_now` has it."""
    asked = (
        select(check_ins)
        .where(check_ins.c.introduction_id.in_(ids), check_ins.c.about == About.GOING)
        .order_by(check_ins.c.introduction_id, check_ins.c.participant_id, check_ins.c.day)
    )
    rows: dict[tuple[int, str], list[Any]] = {}
    for row in session.execute(asked):
        rows.setdefault((row.introduction_id, row.participant_id), []).append(row)
    found: dict[int, list[Signal]] = {}
    for (id, person), questions in rows.items():
        said = next((row.answer for row in reversed(questions) if row.answer is not None), None)
        silent = len(questions) >= 2 and all(row.answer is None for row in questions[-2:])
        if said in _RISKY:
            found.setdefault(id, []).append(Signal(person, said))
        elif silent and questions[-1].asked_at <= now - SILENT:
            found.setdefault(id, []).append(Signal(person, None))
    return found


def _long_without(now: datetime) -> ColumnElement[bool]:
    """Waiting for two weeks, and nothing is proposed either."""
    draft = exists().where(
        introductions.c.mentee_id == participants.c.id,
        introductions.c.state == State.DRAFT,
        introductions.c.kind == Kind.PAIR,
    )
    return and_(is_waiting(), ~draft, waiting_since() < now - LONG)


def open_question(line: IntroductionLine) -> tuple[str, Part] | None:
    """(participant, part) of the side whose question waits for the coordinator."""
    asked = (p for p in line.parties if p.asks == Asks.COORDINATOR and p.is_open)
    return next(((p.participant_id, p.part) for p in asked), None)
