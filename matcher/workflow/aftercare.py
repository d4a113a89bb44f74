"""After the introduction: short questions answered with one tap, the end, what two agree on, their hours."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matcher.domain.aftercare import (
    CHOICES,
    LONGEST_MEETING,
    MOST_HOURS,
    MOST_MONTHS,
    USUAL_MONTHS,
    About,
    Agreement,
    Cadence,
    CheckIn,
    Hours,
    Said,
    Tick,
    question_due,
)
from matcher.domain.introductions import (
    CONCERN,
    DISCLOSED,
    Change,
    Introduction,
    Kind,
    NotAllowed,
    NotFound,
    Overtaken,
    Party,
    State,
    Terms,
    Who,
)
from matcher.domain.letters import LetterKind, Links, Need, Stream, letter_key
from matcher.domain.people import Participant, Standing, actor
from matcher.storage import aftercare, introductions, records, tracking
from matcher.storage import people as people_rows
from matcher.storage.database import Database
from matcher.workflow import outcomes
from matcher.workflow.correspondence import Correspondence, Means

LONGEST_WORDS = 500
MOST_MEETINGS = 500
EXIT_AFTER = timedelta(days=1)
EXIT_UNTIL = timedelta(days=14)
KEEP_ANSWERS = timedelta(days=180)
"""How long after the end answers to short questions are kept."""


# -- short questions -------------------------------------------------------------------------------------------------


def _questions_due(session: Session, means: Means) -> list[tuple[int, About, int]]:
    return aftercare.questions_due(session, means.now, means.terms)


def _ask(session: Session, means: Means, what: tuple[int, About, int]) -> bool:
    """Asks everybody in it, once for each day; whoever unsubscribed is not written to, but finds it on their page."""
    id, about, day = what
    introduction = introductions.get(session, id)
    if introduction.state not in DISCLOSED or introduction.introduced_at is None:
        return False
    wanted = question_due(
        introduction.state, introduction.introduced_at, introduction.active_at, means.now, means.terms
    )
    asked = {(q.participant_id, q.day) for q in aftercare.questions_to(session, id)}
    if wanted != (about, day):
        return False
    letters = means.within(session)
    closing = about is About.GOING and _is_time_to_look_back(session, introduction, day, means.terms)
    for party in sides(introduction):
        if (party.participant_id, day) in asked:
            continue
        earlier = [q for q in aftercare.questions_to(session, id, party.participant_id) if q.about is About.GOING]
        if len(earlier) >= 2 and all(q.answer is None for q in earlier[-2:]):
            letters.coordinators(Need.AT_RISK)
        session.add(
            CheckIn(introduction_id=id, participant_id=party.participant_id, about=about, day=day, asked_at=means.now)
        )
        session.flush()
        _write_question(letters, introduction, party, about, day, closing=closing)
    return True


def _write_question(
    letters: Correspondence, introduction: Introduction, party: Party, about: About, day: int, *, closing: bool
) -> None:
    if is_muted(letters.session, party):
        return
    if about is About.GOING:
        letters.check_in(introduction, party, day, closing=closing)
        return
    last = day == letters.terms.first_contact[-1]
    letters.first_contact_check(introduction, party, day, ends=letters.now + letters.terms.no_word if last else None)


def is_muted(session: Session, party: Party) -> bool:
    """Whether somebody wants no such letters; the questions stand on their page all the same."""
    return Stream.CHECK_INS in people_rows.participant(session, party.participant_id).muted


def _is_time_to_look_back(session: Session, introduction: Introduction, day: int, terms: Terms) -> bool:
    """Whether this is the first question after the months that were agreed on."""
    found = aftercare.agreement(session, introduction.id or 0)
    over = (found.months if found is not None else USUAL_MONTHS) * 30
    return day >= over > day - terms.check_in_every


def sides(introduction: Introduction) -> list[Party]:
    """Those who said yes."""
    return [party for party in introduction.parties if party.said_yes]


def _side(introduction: Introduction, participant_id: str) -> Party:
    """The side of somebody who said yes and was introduced; NotFound for anybody else."""
    party = introduction.party(participant_id)
    if not party.said_yes or introduction.introduced_at is None:
        raise NotFound
    return party


def open_question(session: Session, introduction: Introduction, participant_id: str) -> CheckIn | None:
    """The last short question to somebody, which can be answered, and answered differently, until the next one."""
    if introduction.state not in DISCLOSED:
        return None
    asked = aftercare.questions_to(session, introduction.id or 0, participant_id)
    return asked[-1] if asked else None


def answer(
    db: Database,
    introduction_id: int,
    participant_id: str,
    said: str,
    *,
    day: int,
    links: Links,
    now: datetime,
    epoch: int | None = None,
) -> None:
    """Takes an answer to the short question of a day; a second one replaces the first until the next question.

    `epoch` is the link's. Overtaken when the link or the question is old. The other side never learns of it.
    """
    db.transact(_answer, introduction_id, participant_id, said, day, epoch, Means(links, now))


def _answer(
    session: Session, introduction_id: int, participant_id: str, said: str, day: int, epoch: int | None, means: Means
) -> None:
    introduction = introductions.get(session, introduction_id)
    party = _side(introduction, participant_id)
    question = open_question(session, introduction, participant_id)
    if question is None or question.day != day or epoch not in (None, party.epoch):
        raise Overtaken("There is a newer question by now, or what it asked about has ended.")
    if said not in CHOICES[question.about]:
        raise NotAllowed("Please choose one of the answers first.")
    if question.answer == said:
        return
    question.answer, question.answered_at = Said(said), means.now
    if question.about is About.CONTACT:
        outcomes.contact_within(means.within(session), introduction, participant_id, happened=said == Said.MET)
        return
    records.write_down(
        session,
        "check_in",
        f"introduction:{introduction.id}",
        by=actor(Who.PARTY, participant_id),
        now=means.now,
        detail={"day": day},
    )
    if said == Said.CALL:
        means.within(session).coordinators(Need.CALL)
    elif said != Said.WELL:
        means.within(session).coordinators(Need.AT_RISK)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked which short question: the day, and the epoch of the link (None for somebody signed in)."""

    introduction_id: int
    participant_id: str
    day: int
    epoch: int | None


def question(db: Database, asked: Asked) -> CheckIn | None:
    """The question, as long as it can be answered."""
    with db.read() as session:
        introduction = session.get(Introduction, asked.introduction_id)
        if introduction is None:
            return None
        party = introduction.party(asked.participant_id)
        found = open_question(session, introduction, asked.participant_id)
        stale = found is None or found.day != asked.day or asked.epoch not in (None, party.epoch)
        return None if stale else found


@dataclass(frozen=True, slots=True)
class Ended:
    """How an introduction stands for somebody who is asked how it was, and what they said so far."""

    state: State
    feedback: Mapping[str, Any]


def ended(db: Database, introduction_id: int, participant_id: str, epoch: int) -> Ended | None:
    """What the link of the last letter leads to; None when it is old."""
    with db.read() as session:
        introduction = introductions.get(session, introduction_id)
        party = introduction.party(participant_id)
        return Ended(introduction.state, dict(party.feedback)) if party.epoch == epoch else None


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting on one side's page. `mine`: told by the reader, whom the other then confirms."""

    id: int
    met_on: date
    minutes: int
    mine: bool
    confirmed: bool


@dataclass(frozen=True, slots=True)
class After:
    """What one side sees of everything after the introduction; nothing of what the other answered or said."""

    question: CheckIn | None
    agreement: Agreement | None
    ticked: bool
    agreed: bool
    meetings: Sequence[Meeting]
    feedback: Mapping[str, Any]
    may_say_hours: bool

    @property
    def confirmed_minutes(self) -> int:
        """Minutes that both confirmed."""
        return sum(meeting.minutes for meeting in self.meetings if meeting.confirmed)

    @property
    def to_confirm(self) -> list[Meeting]:
        """What the other told of and the reader has not confirmed yet."""
        return [meeting for meeting in self.meetings if not meeting.mine and not meeting.confirmed]


def after(db: Database, introduction_id: int, participant_id: str) -> After:
    """Everything after the introduction, as one of its sides sees it; NotFound for anybody else."""
    with db.read() as session:
        introduction = introductions.get(session, introduction_id)
        party = _side(introduction, participant_id)
        found = aftercare.agreement(session, introduction_id)
        ticks = aftercare.ticks(session, found) if found is not None else {}
        return After(
            question=open_question(session, introduction, participant_id),
            agreement=found,
            ticked=participant_id in ticks,
            agreed=found is not None and all(side.participant_id in ticks for side in sides(introduction)),
            meetings=_meetings(session, introduction_id, participant_id),
            feedback=dict(party.feedback),
            may_say_hours=_may_say_hours(session, introduction, participant_id),
        )


def _meetings(session: Session, introduction_id: int, participant_id: str) -> list[Meeting]:
    return [
        Meeting(each.id or 0, each.met_on, each.minutes, each.said_by == participant_id, each.confirmed_by is not None)
        for each in aftercare.hours_of(session, introduction_id)
    ]


@dataclass(frozen=True, slots=True)
class Certificate:
    """Hours of a pair that both confirmed. Nothing about what was talked about; `other` is "" once erased."""

    name: str
    other: str
    is_mentor: bool
    meetings: Sequence[Meeting]

    @property
    def minutes(self) -> int:
        """All of it."""
        return sum(meeting.minutes for meeting in self.meetings)


def certificate(db: Database, introduction_id: int, participant_id: str) -> Certificate | None:
    """What somebody can show of the confirmed hours; None while there are none."""
    with db.read() as session:
        introduction = introductions.get(session, introduction_id)
        _side(introduction, participant_id)
        meetings = [each for each in _meetings(session, introduction_id, participant_id) if each.confirmed]
        if not meetings:
            return None
        [other] = introduction.others(participant_id)
        return Certificate(
            people_rows.participant(session, participant_id).name,
            session.get_one(Participant, other.participant_id).name,
            participant_id == introduction.mentor_id,
            meetings,
        )


# -- the end ---------------------------------------------------------------------------------------------------------


def _exits_due(session: Session, means: Means) -> list[tuple[int, str]]:
    found = aftercare.ended_between(session, means.now - EXIT_UNTIL, means.now - EXIT_AFTER)
    return [each for each in found if not any(tracking.knows(session, key) for key in _exit_keys(*each))]


def _exit_keys(id: int, person: str) -> list[str]:
    return [letter_key(LetterKind.CLOSED, id, person), letter_key(LetterKind.EXIT, id, person, 0)]


def _ask_exit(session: Session, means: Means, about: tuple[int, str]) -> bool:
    """Asks whoever closed it themselves, and has said nothing more, how it was; the others read it in their letter."""
    introduction = introductions.get(session, about[0])
    party = introduction.party(about[1])
    if party.feedback or is_muted(session, party):
        return False
    return means.within(session).exit(introduction, party)


def _old_answers(session: Session, means: Means) -> list[int]:
    return aftercare.old_questions(session, means.now - KEEP_ANSWERS)


def _forget_answers(session: Session, means: Means, id: int) -> bool:
    return aftercare.forget_questions(session, id) > 0


DUE: tuple[tuple[Callable[[Session, Means], Iterable[Any]], Callable[[Session, Means, Any], bool]], ...] = (
    (_questions_due, _ask),
    (_exits_due, _ask_exit),
    (_old_answers, _forget_answers),
)
"""What happens by itself: (what is due, what is done about each)."""


# -- what two expect of each other -----------------------------------------------------------------------------------


def propose_agreement(
    db: Database,
    introduction_id: int,
    participant_id: str,
    *,
    hours: int,
    cadence: str,
    months: int,
    words: str = "",
    shown: int,
    links: Links,
    now: datetime,
) -> None:
    """Writes down what to expect of each other, ticked by whoever writes it; the others are asked to tick it, too.

    `shown`: the version on the page, 0 for none; Overtaken when there is a newer one. The same again is a tick.
    """
    if not 1 <= hours <= MOST_HOURS or not 1 <= months <= MOST_MONTHS or cadence not in list(Cadence):
        raise NotAllowed("Please say how many hours a month, how often, and for how many months.")
    wanted = (hours, Cadence(cadence), months, words.strip()[:LONGEST_WORDS])
    db.transact(_propose_agreement, introduction_id, participant_id, wanted, shown, Means(links, now))


def _propose_agreement(
    session: Session,
    introduction_id: int,
    participant_id: str,
    wanted: tuple[int, Cadence, int, str],
    shown: int,
    means: Means,
) -> None:
    introduction = _going_on(session, introduction_id, participant_id)
    last = aftercare.agreement(session, introduction_id)
    if last is not None and (last.hours, last.cadence, last.months, last.words) == wanted:
        _tick(session, introduction, last, participant_id, means.now)
        return
    if (last.version if last is not None else 0) != shown:
        raise Overtaken("Somebody changed what you agree on in the meantime. Please look at it again.")
    hours, cadence, months, words = wanted
    found = Agreement(
        introduction_id=introduction_id,
        version=shown + 1,
        said_by=participant_id,
        hours=hours,
        cadence=cadence,
        months=months,
        words=words,
        at=means.now,
    )
    session.add(found)
    session.flush()
    _tick(session, introduction, found, participant_id, means.now)
    letters = means.within(session)
    for party in sides(introduction):
        if party.participant_id != participant_id and not is_muted(session, party):
            letters.agreement(introduction, party, found)


def tick_agreement(
    db: Database, introduction_id: int, participant_id: str, *, version: int, links: Links, now: datetime
) -> None:
    """Agrees to what stands there; Overtaken when it is no longer the version that was shown."""
    db.transact(_tick_agreement, introduction_id, participant_id, version, Means(links, now))


def _tick_agreement(session: Session, introduction_id: int, participant_id: str, version: int, means: Means) -> None:
    introduction = _going_on(session, introduction_id, participant_id)
    last = aftercare.agreement(session, introduction_id)
    if last is None or last.version != version:
        raise Overtaken("Somebody changed what you agree on in the meantime. Please look at it again.")
    _tick(session, introduction, last, participant_id, means.now)


def _tick(session: Session, introduction: Introduction, found: Agreement, participant_id: str, now: datetime) -> None:
    if participant_id in aftercare.ticks(session, found):
        return
    session.add(Tick(agreement_id=found.id or 0, participant_id=participant_id, at=now))
    records.write_down(
        session,
        "tick_agreement",
        f"introduction:{introduction.id}",
        by=actor(Who.PARTY, participant_id),
        now=now,
        detail={"version": found.version},
    )


def _going_on(session: Session, introduction_id: int, participant_id: str) -> Introduction:
    introduction = introductions.get(session, introduction_id)
    _side(introduction, participant_id)
    if introduction.state not in DISCLOSED:
        raise NotAllowed("It has ended.")
    return introduction


# -- hours -----------------------------------------------------------------------------------------------------------


def say_hours(
    db: Database,
    introduction_id: int,
    participant_id: str,
    *,
    met_on: date,
    minutes: int,
    links: Links,
    now: datetime,
) -> bool:
    """One of a pair says that they met; it counts once the other confirms it, or says the same. True when it counts.

    Said again by the same person it changes nothing.
    """
    if not 1 <= minutes <= LONGEST_MEETING:
        raise NotAllowed("Please say how long you met: up to twelve hours.")
    return db.transact(_say_hours, introduction_id, participant_id, met_on, minutes, Means(links, now))


def _say_hours(
    session: Session, introduction_id: int, participant_id: str, met_on: date, minutes: int, means: Means
) -> bool:
    introduction = _pair(session, introduction_id, participant_id)
    first = introduction.introduced_at or means.now
    # A day more on both sides: it may be tomorrow already where they live.
    if not (first - timedelta(days=1)).date() <= met_on <= (means.now + timedelta(days=1)).date():
        raise NotAllowed("Please choose a day since you were introduced, not one to come.")
    said = aftercare.hours_of(session, introduction_id)
    known = [each for each in said if (each.met_on, each.minutes) == (met_on, minutes)]
    if known:
        _confirm(session, introduction, participant_id, known, means.now)
        return all(each.confirmed_by is not None for each in known)
    if not _may_say_hours(session, introduction, participant_id):
        raise NotAllowed("This introduction has ended.")
    if len(said) >= MOST_MEETINGS:
        raise NotAllowed("That is more meetings than we can keep.")
    session.add(
        Hours(
            introduction_id=introduction_id,
            met_on=met_on,
            minutes=minutes,
            said_by=participant_id,
            said_at=means.now,
        )
    )
    introductions.touch(session, introduction, Change.HOURS, means.now, by=actor(Who.PARTY, participant_id))
    letters = means.within(session)
    for party in introduction.others(participant_id):
        person = people_rows.participant(session, party.participant_id)
        if person.email and not is_muted(session, party):
            letters.hours(introduction, party)
    return False


def _may_say_hours(session: Session, introduction: Introduction, participant_id: str) -> bool:
    """Not after a concern, and not when nobody is left to confirm them."""
    others = [session.get_one(Participant, party.participant_id) for party in introduction.others(participant_id)]
    return introduction.end_reason != CONCERN and all(other.status is not Standing.ERASED for other in others)


def confirm_hours(
    db: Database, introduction_id: int, participant_id: str, *, ids: Iterable[int], now: datetime
) -> None:
    """Confirms meetings that the other told of; NotAllowed for one's own."""
    db.transact(_confirm_hours, introduction_id, participant_id, tuple(ids), now)


def _confirm_hours(
    session: Session, introduction_id: int, participant_id: str, ids: tuple[int, ...], now: datetime
) -> None:
    introduction = _pair(session, introduction_id, participant_id)
    meetings = []
    for id in ids:
        found = aftercare.hour(session, introduction_id, id)
        if found is None:
            raise Overtaken("This meeting is no longer on the list.")
        if found.said_by == participant_id:
            raise NotAllowed("The other one of you has to confirm this.")
        meetings.append(found)
    _confirm(session, introduction, participant_id, meetings, now)


def _confirm(
    session: Session, introduction: Introduction, participant_id: str, meetings: Iterable[Hours], now: datetime
) -> None:
    """Confirms those of the meetings that wait for this person."""
    waiting = [each for each in meetings if each.said_by != participant_id and each.confirmed_by is None]
    for each in waiting:
        each.confirmed_by, each.confirmed_at = participant_id, now
    if waiting:
        introductions.touch(session, introduction, Change.HOURS, now, by=actor(Who.PARTY, participant_id))


def strike_hours(db: Database, introduction_id: int, participant_id: str, *, id: int, now: datetime) -> None:
    """Takes a meeting off the list as long as it is not confirmed; either may, since it needs both to count."""
    db.transact(_strike_hours, introduction_id, participant_id, id, now)


def _strike_hours(session: Session, introduction_id: int, participant_id: str, id: int, now: datetime) -> None:
    introduction = _pair(session, introduction_id, participant_id)
    found = aftercare.hour(session, introduction_id, id)
    if found is None:
        return
    if found.confirmed_by is not None:
        raise NotAllowed("Both of you have confirmed this; it stays.")
    session.delete(found)
    introductions.touch(session, introduction, Change.HOURS, now, by=actor(Who.PARTY, participant_id))


def _pair(session: Session, introduction_id: int, participant_id: str) -> Introduction:
    introduction = introductions.get(session, introduction_id)
    _side(introduction, participant_id)
    if introduction.kind is not Kind.PAIR:
        raise NotAllowed("Hours are kept for pairs.")
    return introduction
