"""What follows an introduction as rows: short questions, agreements with their ticks, hours."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean
from typing import cast

from sqlalchemy import CursorResult, and_, delete, func, select
from sqlalchemy.orm import Session

from matcher.domain.aftercare import About, Again, Agreement, CheckIn, Hours, Tick, question_due
from matcher.domain.introductions import DISCLOSED, Answer, Introduction, State, Terms
from matcher.domain.people import Standing
from matcher.storage.mapping import agreement_ticks, agreements, check_ins, hours, introductions, participants, parties

# -- short questions -------------------------------------------------------------------------------------------------


def questions_due(session: Session, now: datetime, terms: Terms) -> list[tuple[int, About, int]]:
    """(introduction, about, day) of every question whose day has come and that was not asked yet. One statement."""
    asked = (
        select(check_ins.c.introduction_id, check_ins.c.about, func.max(check_ins.c.day).label("day"))
        .group_by(check_ins.c.introduction_id, check_ins.c.about)
        .subquery()
    )
    table = introductions.c
    found = session.execute(
        select(table.id, table.state, table.introduced_at, table.active_at, asked.c.about, asked.c.day)
        .outerjoin(asked, asked.c.introduction_id == table.id)
        .where(table.state.in_(DISCLOSED), table.introduced_at.is_not(None))
        .order_by(table.id)
    )
    due: dict[int, tuple[About, int]] = {}
    last: dict[tuple[int, About], int] = {}
    for id, state, introduced_at, active_at, about, day in found:
        wanted = question_due(state, introduced_at, active_at, now, terms)
        if wanted is not None:
            due[id] = wanted
        if about is not None:
            last[id, about] = day
    return [(id, about, day) for id, (about, day) in due.items() if last.get((id, about), -1) < day]


def questions_to(session: Session, introduction_id: int, participant_id: str | None = None) -> list[CheckIn]:
    """The short questions about an introduction, to everybody in it or to one, oldest first."""
    asked = (
        select(CheckIn)
        .where(check_ins.c.introduction_id == introduction_id)
        .order_by(check_ins.c.asked_at, check_ins.c.day, check_ins.c.id)
    )
    if participant_id is not None:
        asked = asked.where(check_ins.c.participant_id == participant_id)
    return list(session.scalars(asked))


def last_word(session: Session, introduction_id: int) -> datetime | None:
    """When a short question about an introduction was asked or answered last."""
    asked = select(func.max(func.coalesce(check_ins.c.answered_at, check_ins.c.asked_at)))
    return session.scalar(asked.where(check_ins.c.introduction_id == introduction_id))


def unanswered_since(session: Session, day: int, before: datetime) -> list[int]:
    """Introductions without a first conversation, asked on `day` and before then, of which nobody answered."""
    here = and_(check_ins.c.introduction_id == introductions.c.id, check_ins.c.day == day)
    about = select(check_ins.c.id).where(here, check_ins.c.about == About.CONTACT)
    asked = (
        select(introductions.c.id)
        .where(
            introductions.c.state == State.INTRODUCED,
            about.where(check_ins.c.asked_at <= before).exists(),
            ~about.where(check_ins.c.answer.is_not(None)).exists(),
        )
        .order_by(introductions.c.id)
    )
    return list(session.scalars(asked))


def old_questions(session: Session, ended_before: datetime) -> list[int]:
    """Introductions that ended before then and of which answers to short questions are still kept."""
    asked = (
        select(introductions.c.id)
        .where(introductions.c.ended_at <= ended_before)
        .where(select(check_ins.c.id).where(check_ins.c.introduction_id == introductions.c.id).exists())
    )
    return list(session.scalars(asked))


def forget_questions(session: Session, introduction_id: int, participant_id: str | None = None) -> int:
    """Removes the short questions about an introduction, of everybody or of one; how many there were."""
    gone = delete(check_ins).where(check_ins.c.introduction_id == introduction_id)
    if participant_id is not None:
        gone = gone.where(check_ins.c.participant_id == participant_id)
    return cast("CursorResult[object]", session.execute(gone)).rowcount


# -- the end ---------------------------------------------------------------------------------------------------------


def ended_between(session: Session, after: datetime, before: datetime) -> list[tuple[int, str]]:
    """(introduction, person) of everybody whose conversations were closed in that time and who said yes to them."""
    asked = (
        select(introductions.c.id, parties.c.participant_id)
        .join(parties, parties.c.introduction_id == introductions.c.id)
        .join(participants, participants.c.id == parties.c.participant_id)
        .where(
            participants.c.status != Standing.ERASED,
            introductions.c.state == State.CLOSED,
            introductions.c.introduced_at.is_not(None),
            introductions.c.ended_at > after,
            introductions.c.ended_at <= before,
            parties.c.answer == Answer.YES,
        )
        .order_by(introductions.c.id, parties.c.id)
    )
    return [(id, person) for id, person in session.execute(asked)]


# -- agreements ------------------------------------------------------------------------------------------------------


def agreement(session: Session, introduction_id: int) -> Agreement | None:
    """The newest version of what was agreed on, or proposed."""
    asked = (
        select(Agreement)
        .where(agreements.c.introduction_id == introduction_id)
        .order_by(agreements.c.version.desc())
        .limit(1)
    )
    return session.scalar(asked)


def ticks(session: Session, found: Agreement) -> dict[str, datetime]:
    """Who ticked this version, and when."""
    asked = select(Tick).where(agreement_ticks.c.agreement_id == found.id)
    return {tick.participant_id: tick.at for tick in session.scalars(asked)}


def forget_agreements(session: Session, introduction_ids: Iterable[int]) -> None:
    """Removes everything agreed on in these introductions."""
    theirs = select(agreements.c.id).where(agreements.c.introduction_id.in_(list(introduction_ids)))
    session.execute(delete(agreement_ticks).where(agreement_ticks.c.agreement_id.in_(theirs)))
    session.execute(delete(agreements).where(agreements.c.id.in_(theirs)))


# -- hours -----------------------------------------------------------------------------------------------------------


def hours_of(session: Session, introduction_id: int) -> Sequence[Hours]:
    """The meetings told so far, the first ones first."""
    asked = select(Hours).where(hours.c.introduction_id == introduction_id).order_by(hours.c.met_on, hours.c.id)
    return list(session.scalars(asked))


def to_confirm(session: Session, introduction_id: int, participant_id: str) -> list[Hours]:
    """The meetings that the other told of and this person has not confirmed yet."""
    said = hours_of(session, introduction_id)
    return [each for each in said if each.said_by != participant_id and each.confirmed_by is None]


def hour(session: Session, introduction_id: int, id: int) -> Hours | None:
    """One meeting of this introduction."""
    found = session.get(Hours, id)
    return found if found is not None and found.introduction_id == introduction_id else None


# -- for the desk ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an introduction: the last answer of each person, what was agreed on and by whom, hours."""

    answers: Mapping[str, CheckIn]
    agreement: Agreement | None
    ticked: frozenset[str]
    agreed: bool
    confirmed: int
    waiting: int


def told(session: Session, introduction: Introduction) -> Told:
    """Everything after the introduction, for a coordinator. Minutes, confirmed by both and waiting for that."""
    id = introduction.id or 0
    asked = questions_to(session, id)
    found = agreement(session, id)
    ticked = frozenset(ticks(session, found)) if found is not None else frozenset()
    meetings = hours_of(session, id)
    confirmed = sum(each.minutes for each in meetings if each.confirmed_by is not None)
    return Told(
        {each.participant_id: each for each in asked if each.answer is not None},
        found,
        ticked,
        found is not None and all(p.participant_id in ticked for p in introduction.parties if p.said_yes),
        confirmed,
        sum(each.minutes for each in meetings) - confirmed,
    )


@dataclass(frozen=True, slots=True)
class Totals:
    """After the introduction, in numbers: last answers to "how is it going", agreements, hours, wishes."""

    answers: Mapping[str, int]
    agreed: int
    minutes: int
    wishes: Mapping[str, int]
    helpful: float | None


def totals(session: Session) -> Totals:
    """Counted over everything; answers of people in conversations that go on. A fixed number of statements."""
    last = (
        select(check_ins.c.introduction_id, check_ins.c.participant_id, func.max(check_ins.c.day).label("day"))
        .where(check_ins.c.about == About.GOING, check_ins.c.answer.is_not(None))
        .group_by(check_ins.c.introduction_id, check_ins.c.participant_id)
        .subquery()
    )
    answered = session.execute(
        select(check_ins.c.answer, func.count())
        .join(last, and_(*(last.c[name] == check_ins.c[name] for name in ("introduction_id", "participant_id", "day"))))
        .join(introductions, introductions.c.id == check_ins.c.introduction_id)
        .where(introductions.c.state.in_(DISCLOSED))
        .group_by(check_ins.c.answer)
    )
    newest = select(func.max(agreements.c.id)).group_by(agreements.c.introduction_id)
    sides = func.count(agreement_ticks.c.participant_id)
    yes = (
        select(func.count())
        .where(parties.c.introduction_id == agreements.c.introduction_id, parties.c.answer == Answer.YES)
        .scalar_subquery()
    )
    agreed = (
        select(agreements.c.id)
        .join(agreement_ticks, agreement_ticks.c.agreement_id == agreements.c.id)
        .where(agreements.c.id.in_(newest))
        .group_by(agreements.c.id, agreements.c.introduction_id)
        .having(sides >= yes)
        .subquery()
    )
    feedback = [
        said for said in session.scalars(select(parties.c.feedback).where(parties.c.answer == Answer.YES)) if said
    ]
    wishes = Counter(str(said["again"]) for said in feedback if said.get("again") in list(Again))
    useful = [said["helpful"] for said in feedback if isinstance(said.get("helpful"), int)]
    confirmed = select(func.coalesce(func.sum(hours.c.minutes), 0)).where(hours.c.confirmed_by.is_not(None))
    return Totals(
        {str(answer): count for answer, count in answered},
        session.scalar(select(func.count()).select_from(agreed)) or 0,
        session.scalar(confirmed) or 0,
        wishes,
        mean(useful) if useful else None,
    )
