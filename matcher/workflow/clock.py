"""What happens by itself: reminders, deadlines, the undo window, check-backs, the next best.

Every thing that is due is a transaction of its own: it looks again whether it is still due, so that a clock that runs
twice, or in two processes, does it once, and one that stumbles does not stop the others.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import Session

from matcher.domain import hours
from matcher.domain.introductions import (
    HOLDING,
    LIVE,
    TERMS,
    Act,
    Answer,
    Asks,
    Change,
    Introduction,
    Kind,
    Part,
    Party,
    State,
    Terms,
    Who,
)
from matcher.domain.letters import Links, Need, Stream
from matcher.domain.people import Participant, Standing
from matcher.domain.vocabulary import Vocabulary
from matcher.storage import credentials, introductions, outbox, tracking, upkeep
from matcher.storage import people as people_rows
from matcher.storage.database import Busy, Database
from matcher.storage.mapping import introductions as table
from matcher.storage.mapping import participants, parties
from matcher.workflow import aftercare, endings, matching, people, signup, silence, tell_me_more, told_again
from matcher.workflow.correspondence import Correspondence, Means

log = logging.getLogger(__name__)

T = TypeVar("T")

KEEP_FORMS = timedelta(days=30)
KEEP_BODIES = timedelta(days=30)
KEEP_CREDENTIALS = timedelta(hours=24)
WRITE_AGAIN_AFTER = timedelta(seconds=30)

WITHOUT_PARTNER = ("place_gone", "paused", "left")
"""Reasons of a withdrawal that leave the mentee without a partner through nobody's decision about the pair."""


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
    handed_on: int = 0
    forgotten: int = 0


def tick(db: Database, *, now: datetime, vocabulary: Vocabulary, links: Links, terms: Terms = TERMS) -> Ticked:
    """Does everything that is due; running it twice, or in two processes, does it once."""
    means = Means(links, now, vocabulary, terms)
    due = _Due(db, means)
    done = Ticked(
        introduced=due.each(_undo_window_over, _introduce) + due.each(told_again.unheard, told_again.tell),
        expired=due.each(_offers_over, _expire_offers) + due.each(_asking_over, _expire),
        handed_on=due.each(_left_open, _hand_on),
        reminded=due.each(_asked_and_silent, _remind) + due.each(_unwritten, _write_again),
        checked_back=sum(due.each(find, do) for find, do in (*silence.DUE, *aftercare.DUE)),
        stale_drafts=due.each(_stale_drafts, _set_aside),
        resumed=due.each(_breaks_over, _resume),
        next_best=_guarded(_next_best, db, means),
        forgotten=due.each(_never_confirmed, _forget) + db.transact(_forget_traces, means),
    )
    _guarded(_look_whether_all_adds_up, db, means)  # last: what was due and has been done is no alarm
    return done


def _guarded(step: Callable[[Database, Means], int], db: Database, means: Means) -> int:
    """What fails is logged and tried at the next tick, and keeps nothing else waiting."""
    try:
        return step(db, means)
    except Exception:
        log.exception("%s failed", step.__name__)
        return 0


NIGHTLY = timedelta(days=1)

_looked: WeakKeyDictionary[Database, datetime] = WeakKeyDictionary()
"""When this process looked last whether all adds up; several looking on one day write one letter."""


def _look_whether_all_adds_up(db: Database, means: Means) -> int:
    last = _looked.get(db)
    if last is not None and timedelta() <= means.now - last < NIGHTLY:
        return 0
    _looked[db] = means.now
    with db.read() as session:
        found = upkeep.inconsistencies(session, means.now)
    for sentence in found:
        log.error("this does not add up: %s", sentence)
    if found:
        db.transact(_tell_of_it, means)
    return 0


def _tell_of_it(session: Session, means: Means) -> None:
    means.within(session).coordinators(Need.INCONSISTENT, means.now.date().isoformat())


@dataclass(frozen=True, slots=True)
class _Due:
    """Finds what is due in a reading transaction, does each in a writing one."""

    db: Database
    means: Means

    def each(self, find: Callable[[Session, Means], Iterable[T]], do: Callable[[Session, Means, T], bool]) -> int:
        """How many were done. What fails is logged and tried at the next tick."""
        with self.db.read() as session:
            found = list(find(session, self.means))
        done = 0
        for each in found:
            try:
                done += self.db.transact(do, self.means, each)
            except Busy:
                log.warning("the database is busy; %s of %s waits for the next tick", do.__name__, each)
            except Exception:
                # One letter that cannot be written must not keep everybody else waiting.
                log.exception("%s of %s failed", do.__name__, each)
        return done


# -- both said yes ---------------------------------------------------------------------------------------------------


def _ids(session: Session, condition: ColumnElement[bool]) -> list[int]:
    return [i.id or 0 for i in introductions.due(session, condition)]


def _undo_window_over(session: Session, means: Means) -> list[int]:
    return _ids(session, and_(table.c.state == State.AGREED, table.c.undo_until <= means.now))


def _introduce(session: Session, means: Means, id: int) -> bool:
    """Contacts are shared, after a last look whether anything speaks against it."""
    introduction = introductions.get(session, id)
    if introduction.state is not State.AGREED or introduction.undo_until is None or introduction.undo_until > means.now:
        return False
    letters = means.within(session)
    if endings.kept_apart(letters, introduction):
        return False
    if told_again.somebody_moves(session, introduction):
        return False
    introductions.step(session, introduction, Act.INTRODUCE, Who.SYSTEM, means.now, terms=means.terms)
    if introduction.kind is Kind.PAIR:
        endings.close_choices(letters, str(introduction.mentee_id), "another_chosen")
    letters.introduction(introduction)
    return True


# -- silence ---------------------------------------------------------------------------------------------------------


def _over(party: Party, means: Means) -> bool:
    """Asked, silent, and the silent grace after the told deadline is over."""
    return party.is_open and party.deadline is not None and party.deadline + means.terms.grace <= means.now


def _offers_over(session: Session, means: Means) -> list[str]:
    found = introductions.open_parties(session)
    return sorted({p.participant_id for i, p in found if i.state is State.OFFERED and _over(p, means)})


def _expire_offers(session: Session, means: Means, mentee_id: str) -> bool:
    """All that was offered to a mentee ends with one letter; while a mentor is being asked, offers wait."""
    if introductions.of_person(session, mentee_id, HOLDING) and mentee_id in introductions.holding_mentees(session):
        return False
    ended = [i for i in introductions.offered_to(session, mentee_id) if _over(i.part(Part.MENTEE), means)]
    letters = means.within(session)
    for introduction in ended:
        introduction.followed_up = True  # whether to offer somebody else is for the coordinator to say
        introductions.step(session, introduction, Act.EXPIRE, Who.SYSTEM, means.now, reason="silence")
    if ended:
        letters.expired(ended[0], ended[0].part(Part.MENTEE))
        letters.coordinators(Need.NO_ANSWER)
    return bool(ended)


def _asking_over(session: Session, means: Means) -> list[int]:
    silent = {i.id or 0 for i, p in introductions.open_parties(session) if i.state is State.ASKING and _over(p, means)}
    groups = introductions.due(session, and_(table.c.kind == Kind.GROUP, table.c.state == State.ASKING))
    stuck = {i.id or 0 for i in groups if i.all_answered or any(_not_reached(p, means) for p in i.parties)}
    return sorted(silent | stuck)


def _not_reached(party: Party, means: Means) -> bool:
    """Asked in vain, since the letter could not be delivered, for as long as an answer may take."""
    if not party.is_open or not party.undeliverable or party.asked_at is None:
        return False
    return party.asked_at + means.terms.answer + means.terms.grace <= means.now


def _expire(session: Session, means: Means, id: int) -> bool:
    """Somebody who was asked kept silent: a pair ends, a group goes on if enough others said yes."""
    introduction = introductions.get(session, id)
    silent = [party for party in introduction.parties if _over(party, means)]
    letters = means.within(session)
    if introduction.state is not State.ASKING:
        return False
    if introduction.kind is Kind.GROUP:
        return _conclude_group(
            letters, introduction, silent, [p for p in introduction.parties if _not_reached(p, means)]
        )
    if not silent:
        return False
    introduction.followed_up = any(party.part is Part.MENTEE for party in silent)
    endings.end(letters, introduction, Act.EXPIRE, Who.SYSTEM, reason="silence")
    letters.coordinators(Need.NO_ANSWER)
    return True


def _conclude_group(
    letters: Correspondence, introduction: Introduction, silent: list[Party], unreached: list[Party]
) -> bool:
    """A group is decided when nobody can answer in time any more."""
    gone = [*silent, *unreached]
    if any(party.answer is Answer.PENDING and party not in gone for party in introduction.parties):
        return False
    if not introduction.has_quorum:
        reason = "undeliverable" if unreached and not silent else "silence"
        endings.end(letters, introduction, Act.EXPIRE, Who.SYSTEM, reason=reason)
        letters.coordinators(Need.NO_ANSWER)
        return True
    introductions.step(letters.session, introduction, Act.AGREE, Who.SYSTEM, letters.now, terms=letters.terms)
    for party in silent:
        letters.expired(introduction, party)
    return True


def _left_open(session: Session, means: Means) -> list[int]:
    """Questions to the other side of a pair that it leaves open, or that cannot arrive there."""
    late = and_(parties.c.asks == Asks.OTHER, parties.c.asks_until <= means.now, parties.c.answer == Answer.PENDING)
    asked = exists().where(parties.c.introduction_id == table.c.id, late)
    lost = {id for id, _ in tracking.lost_questions(session)}
    return sorted({*_ids(session, and_(table.c.state == State.ASKING, asked)), *lost})


def _hand_on(session: Session, means: Means, id: int) -> bool:
    introduction = introductions.get(session, id)
    lost = {who for _, who in tracking.lost_questions(session, id)}
    askers = {party.participant_id: introduction.asker(party.participant_id) for party in introduction.parties}
    open_ = [
        asker
        for who, asker in askers.items()
        if asker is not None and (who in lost or (asker.asks_until is not None and asker.asks_until <= means.now))
    ]
    for asker in open_:
        tell_me_more.hand_on(means.within(session), introduction, asker)
    return bool(open_)


def _asked_and_silent(session: Session, means: Means) -> list[str]:
    """Everybody to whom a reminder is due."""
    holding = introductions.holding_mentees(session)
    return sorted(
        {
            party.participant_id
            for introduction, party in introductions.open_parties(session)
            if _reminder_due(party, means.now, means) and _is_asked(introduction, party, holding)
        }
    )


def _is_asked(introduction: Introduction, party: Party, holding: set[str]) -> bool:
    """Whether the question stands; while a mentor is being asked, the mentee's offers rest."""
    return introduction.state is not State.OFFERED or party.participant_id not in holding


def _reminder_due(party: Party, by: datetime, means: Means) -> datetime | None:
    """When the last reminder that is due by then was to be written; None when it was, or the deadline has passed."""
    if not party.is_open or party.delivered_at is None or party.deadline is None or means.now >= party.deadline:
        return None
    reached = [at for after in means.terms.reminders if (at := party.delivered_at + after) <= by]
    if not reached or (party.reminded_at is not None and party.reminded_at >= reached[-1]):
        return None
    return reached[-1]


def _remind(session: Session, means: Means, participant_id: str) -> bool:
    """One letter a day: whatever else is to be called to mind today goes with what is due now."""
    holding = introductions.holding_mentees(session)
    asked = [
        (introduction, introduction.party(participant_id))
        for introduction in introductions.of_person(session, participant_id, endings.UNANSWERED)
    ]
    asked = [each for each in asked if _is_asked(*each, holding)]
    if not any(_reminder_due(party, means.now, means) for _, party in asked):
        return False
    today = hours.end_of_day(people_rows.participant(session, participant_id), means.now)
    found: dict[object, tuple[Introduction, Party]] = {}
    for introduction, party in sorted(asked, key=lambda each: (each[1].deadline or means.now, each[0].rank)):
        due = _reminder_due(party, today, means)
        if due is not None and outbox.note_reminder(session, party, max(due, means.now)):
            # Of several offers in one letter the first stands for all.
            key = party.asked_at if introduction.state is State.OFFERED else introduction.id
            found.setdefault(key, (introduction, party))
    return bool(found) and means.within(session).reminder(list(found.values()))


def _unwritten(session: Session, means: Means) -> list[tuple[int, str]]:
    """Questions without a letter on its way: the address has changed since, or the words for it were not at hand."""
    found: dict[object, tuple[int, str]] = {}
    for introduction, party in introductions.unasked(session, means.now, WRITE_AGAIN_AFTER, means.terms):
        key = (party.participant_id, introduction.state is State.OFFERED or introduction.id)
        found.setdefault(key, (introduction.id or 0, party.participant_id))
    return list(found.values())


def _write_again(session: Session, means: Means, about: tuple[int, str]) -> bool:
    introduction = introductions.get(session, about[0])
    party = introduction.party(about[1])
    person = people_rows.participant(session, party.participant_id)
    if person.status is not Standing.ACTIVE or not party.is_open or party.delivered_at is not None:
        return False
    letters = means.within(session)
    if introduction.state in endings.UNANSWERED and tell_me_more.write_again(letters, introduction, party):
        return True
    if introduction.state is State.OFFERED:
        if endings.offer_again(letters, person.id):
            return True
        endings.give_up_choices(letters, person.id)
        return False
    if introduction.state is State.ASKING:
        party.asked_at = means.now
        introductions.touch(session, introduction, Change.ASK_AGAIN, means.now)
        letters.question(introduction, party)
        return True
    return False


# -- afterwards ------------------------------------------------------------------------------------------------------


def _stale_drafts(session: Session, means: Means) -> list[int]:
    before = means.now - means.terms.stale_draft
    return _ids(session, and_(table.c.state == State.DRAFT, table.c.changed_at <= before))


def _set_aside(session: Session, means: Means, id: int) -> bool:
    introduction = introductions.get(session, id)
    if introduction.state is not State.DRAFT:
        return False
    introductions.step(session, introduction, Act.DISMISS, Who.SYSTEM, means.now, reason="stale")
    return True


def _breaks_over(session: Session, means: Means) -> list[str]:
    return people_rows.ids_where(
        session, and_(participants.c.status == Standing.PAUSED, participants.c.paused_until <= means.now)
    )


def _resume(session: Session, means: Means, id: str) -> bool:
    person = people_rows.participant(session, id)
    if person.status is not Standing.PAUSED or person.paused_until is None or person.paused_until > means.now:
        return False
    if Stream.SUGGESTIONS in person.muted:  # unsubscribed before that made a break open-ended
        return False
    signup.back_into_the_pool(session, person, means.now, by=None)
    return True


# -- the next best ---------------------------------------------------------------------------------------------------


def _next_best(db: Database, means: Means) -> int:
    """Mentees whose suggestion came to nothing get their next candidate drafted for the coordinator.

    The pool is scored once for all of them, and what waits for a coordinator may move for them.
    """
    with db.read() as session:
        waiting = _without_partner(session)
        asked = {mentee for mentee, last in waiting.items() if _wants_another(session, mentee, last)}
        if asked:
            assert means.vocabulary is not None
            seen = matching.snapshot(session, means.vocabulary, means.now, terms=means.terms)
            weights = matching.last_weights(session)
            pending = introductions.due(session, and_(table.c.kind == Kind.PAIR, table.c.state == State.DRAFT))
    found = matching.NextBest({}, {})
    if asked and means.vocabulary is not None:
        found = matching.next_best(matching.pool_of(seen, means.vocabulary, weights), seen, asked, pending)
    if found.moved and not db.transact(_move_drafts, means, found.moved):
        return 0  # a coordinator was faster; the next tick looks again
    done = 0
    for mentee in sorted(waiting):
        try:
            done += db.transact(_draft_next, means, mentee, found.drafts.get(mentee), mentee in asked)
        except Exception:
            # The others have their next best all the same; this one is looked for again at the next tick.
            log.exception("the next best of %s failed", mentee)
    return done


def _move_drafts(session: Session, means: Means, moved: Mapping[int, Introduction]) -> bool:
    """Puts other drafts in the place of some, all or none; False when one of them is no draft any more."""
    old = introductions.these(session, moved)
    if any(draft.state is not State.DRAFT for draft in old):
        return False
    for draft in old:
        new = moved[draft.id or 0]
        siblings = introductions.of_person(session, str(draft.mentee_id), [State.DRAFT])
        twins = [d for d in siblings if d.round_id == draft.round_id and d.mentor_id == new.mentor_id]
        for each in (draft, *twins):
            introductions.step(session, each, Act.DISMISS, Who.SYSTEM, means.now, reason="moved")
        introductions.add(session, matching.copy_of(new, means.now), by="system", now=means.now)
    return True


def _without_partner(session: Session) -> dict[str, Introduction]:
    """The mentees to look after, each with what came to nothing last."""
    return {str(i.mentee_id): i for i in introductions.due(session, _came_to_nothing())}


def _came_to_nothing() -> ColumnElement[bool]:
    decided = table.c.state.in_([State.DECLINED, State.EXPIRED])
    by_chance = and_(table.c.state.in_([State.WITHDRAWN, State.VOID]), table.c.end_reason.in_(WITHOUT_PARTNER))
    return and_(
        table.c.kind == Kind.PAIR,
        table.c.followed_up.is_(False),
        table.c.approved_at.is_not(None),
        or_(decided, by_chance),
    )


def _wants_another(session: Session, mentee_id: str, last: Introduction) -> bool:
    """Whether to look for somebody else now that `last` came to nothing."""
    mentee = session.get(Participant, mentee_id)
    if mentee is None or mentee.status is not Standing.ACTIVE or last.part(Part.MENTEE).answer is Answer.NOT_NOW:
        return False
    busy = introductions.of_person(session, mentee_id, (State.DRAFT, *LIVE))
    return not any(i.mentee_id == mentee_id for i in busy)


def _draft_next(session: Session, means: Means, mentee_id: str, draft: Introduction | None, asked: bool) -> bool:
    """Marks the matter as looked after, and stores the draft unless the mentee has something else by now.

    `asked`: whether somebody was looked for; a mentee who wants that only since then waits for the next tick.
    """
    ended = introductions.due(session, and_(_came_to_nothing(), table.c.mentee_id == mentee_id))
    mentee = session.get(Participant, mentee_id)
    if not ended or mentee is None or mentee.status is Standing.PAUSED:
        return False
    last = ended[-1]
    wants = _wants_another(session, mentee_id, last)
    if wants and not asked:
        return False
    for introduction in ended:
        introduction.followed_up = True
        introductions.touch(session, introduction, Change.FOLLOWED_UP, means.now)
    if not wants:
        return False
    letters = means.within(session)
    if draft is None:
        letters.coordinators(Need.NO_CANDIDATE)
        return False
    copy = matching.copy_of(draft, means.now, mode=last.mode, ask_order=last.ask_order)
    introductions.add(session, copy, by="system", now=means.now)
    letters.coordinators(Need.NEXT_BEST)
    return True


# -- forgetting ------------------------------------------------------------------------------------------------------


def _never_confirmed(session: Session, means: Means) -> list[str]:
    before = means.now - means.terms.unconfirmed
    never = and_(participants.c.status == Standing.UNCONFIRMED, participants.c.confirmed_at.is_(None))
    return people_rows.ids_where(session, and_(never, participants.c.changed_at <= before))


def _forget(session: Session, means: Means, id: str) -> bool:
    people.erase_within(means.within(session), id, by="system")
    return True


def _forget_traces(session: Session, means: Means) -> int:
    """Old forms, credentials and letters' contents go; undeliverable questions are pointed out once a day."""
    if introductions.somebody_unreachable(session, means.now, means.terms):
        means.within(session).coordinators(Need.UNDELIVERABLE, means.now.date().isoformat())
    return (
        people_rows.forget_old_forms(session, means.now - KEEP_FORMS)
        + credentials.forget_old(session, means.now - KEEP_CREDENTIALS)
        + outbox.forget_bodies(session, means.now - KEEP_BODIES)
    )
