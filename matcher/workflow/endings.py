"""How introductions end, and what that means for the others: one place for refusal, silence, withdrawal, departure.

Whoever was told of the introduction hears a neutral word; a mentee with further offers is asked again; where nothing
remains, the clock looks for the next best (`Introduction.followed_up`).
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from matcher.domain.introductions import (
    CONCERN,
    DISCLOSED,
    LIVE,
    TERMS,
    Act,
    Answer,
    Change,
    Introduction,
    Kind,
    Mode,
    Outcome,
    Part,
    Party,
    State,
    Taken,
    Terms,
    Who,
)
from matcher.domain.letters import Need
from matcher.domain.people import Standing
from matcher.storage import introductions, outbox
from matcher.workflow import meetings
from matcher.workflow.correspondence import Correspondence

UNANSWERED = (State.OFFERED, State.ASKING)
"""States in which somebody is asked."""

GOING_ON = (State.DRAFT, *sorted(LIVE))
"""Everything that is not at an end."""


def end(
    letters: Correspondence,
    introduction: Introduction,
    act: Act,
    who: Who,
    *,
    by: str = "",
    reason: str | None = None,
    gone: str | None = None,
    quiet: str | None = None,
) -> Taken:
    """Ends an introduction and looks after those who remain.

    `gone`: somebody who left and gets no letter; `quiet`: somebody who caused it and sees it on the page.
    """
    told = [p for p in introduction.parties if _was_told(introduction, p) and p.participant_id not in (gone, quiet)]
    told = [p for p in told if p.answer in (Answer.YES, Answer.PENDING)]
    disclosed = introduction.state in DISCLOSED
    taken = introductions.step(
        letters.session, introduction, act, who, letters.now, by=by, reason=reason, terms=letters.terms
    )
    if disclosed:
        meetings.called_off(letters, introduction, gone)
    asked_again = None
    if taken.before is State.OFFERED and any(party.waits for party in introduction.parties):
        mentee = letters.person(str(introduction.mentee_id))
        if not offer_again(letters, mentee.id, write=False) and mentee.status is Standing.ACTIVE:
            give_up_choices(letters, mentee.id)  # the question has gone with its introduction
    if introduction.kind is Kind.PAIR and not disclosed:
        asked_again = _ask_again(letters, introduction, taken, gone=gone, quiet=quiet)
    for party in told:
        if party.participant_id == asked_again:
            continue
        if taken.after is State.CLOSED:
            letters.closed(introduction, party)
        elif act is Act.EXPIRE and _is_late(party, letters):
            letters.expired(introduction, party)
        elif taken.before is not State.OFFERED:
            letters.not_available(introduction, party)
    return taken


def step_out(
    letters: Correspondence,
    introduction: Introduction,
    participant_id: str,
    act: Act,
    *,
    reason: str,
    gone: bool = False,
) -> bool:
    """Somebody is no longer available: a pair ends by `act`, a group goes on as long as it can.

    False where they have no part in it: they declined, or the group went on without their answer.
    """
    if introduction.kind is Kind.PAIR or introduction.state is State.DRAFT:
        end(letters, introduction, act, Who.SYSTEM, reason=reason, gone=participant_id if gone else None)
        return True
    party = introduction.party(participant_id)
    if not introduction.has_part(party):
        return False
    party.answer, party.answered_at, party.reason = Answer.NO, letters.now, reason
    remain = [p for p in introduction.parties if p.said_yes]
    unanswered = introduction.state in UNANSWERED
    lost = introduction.out_of_reach if unanswered else not enough(introduction, len(remain))
    if lost:
        end(letters, introduction, act, Who.SYSTEM, reason=reason, gone=participant_id if gone else None)
    else:
        complete = introduction.state is State.ASKING and introduction.all_answered
        without = Act.AGREE if complete else Act.NO
        introductions.step(letters.session, introduction, without, Who.SYSTEM, letters.now, terms=letters.terms)
        if party.part is Part.FACILITATOR:
            letters.coordinators(Need.FACILITATOR, introduction.id)
    return True


def kept_apart(letters: Correspondence, introduction: Introduction) -> bool:
    """Ends an introduction that is not made yet where a concern keeps two of its people apart. True if so."""
    if introductions.kept_apart(letters.session, introduction) is None:
        return False
    end(letters, introduction, Act.WITHDRAW, Who.SYSTEM, reason="blocked")
    return True


def keep_apart(letters: Correspondence, introduction: Introduction) -> None:
    """After a concern: what else would bring two of its people together, and is not made yet, ends as well."""
    not_made = (*UNANSWERED, State.AGREED)
    people = [party.participant_id for party in introduction.parties]
    theirs = {other for each in people for other in introductions.of_person(letters.session, each, not_made)}
    for other in sorted(theirs, key=lambda other: other.id or 0):
        kept_apart(letters, other)


def enough(introduction: Introduction, people: int) -> bool:
    """Whether a group with so many members who said yes goes on: its quorum before it meets, two afterwards."""
    return introduction.has_quorum if introduction.state is State.AGREED else people >= 2


def _was_told(introduction: Introduction, party: Party) -> bool:
    unreached = party.is_open and party.undeliverable
    return (party.asked_at is not None and not unreached) or introduction.introduced_at is not None


def _is_late(party: Party, letters: Correspondence) -> bool:
    """Whether this side's own time is over; it stands still while a question is open."""
    return party.is_open and party.deadline is not None and party.deadline <= letters.now


def _ask_again(
    letters: Correspondence, introduction: Introduction, taken: Taken, *, gone: str | None, quiet: str | None
) -> str | None:
    """After a pick that fell through: the mentee gets the choices that remain. Returns the mentee's id if so."""
    mentee = str(introduction.mentee_id)
    if mentee == gone or introduction.mode is not Mode.CHOOSE or taken.before not in (State.ASKING, State.AGREED):
        return None
    if offer_again(letters, mentee, write=mentee != quiet):
        return mentee
    give_up_choices(letters, mentee, tell=mentee == quiet)
    return None


def offer_again(letters: Correspondence, mentee_id: str, *, write: bool = True) -> bool:
    """Opens the choices that have room once more, with time of their own, and ends the others; False when none has."""
    session = letters.session
    offered = introductions.offered_to(session, mentee_id)
    open_now = introductions.with_room(session, offered, letters.now, letters.terms)
    if not open_now:
        return False
    full = [spare for spare in offered if spare not in open_now]
    _close(letters, full, "place_gone", followed_up=True)  # there is something else to choose
    sides = [introduction.part(Part.MENTEE) for introduction in open_now]
    waits = any(party.asks is not None for party in sides)
    for introduction, party in zip(open_now, sides, strict=True):
        party.asked_at, party.waits = letters.now, waits
        party.delivered_at = None if write else letters.now
        party.deadline = None if write or waits else _deadline(letters.session, party, letters.now, letters.terms)
        introductions.touch(letters.session, introduction, Change.ASK_AGAIN, letters.now)
    if write and letters.vocabulary is not None:  # without words for the cards, the clock writes the letter
        letters.suggestions(open_now, again=True)
    return True


def _deadline(session: Session, party: Party, now: datetime, terms: Terms = TERMS) -> datetime:
    return outbox.outside_quiet_hours(session, party.participant_id, now + terms.answer, terms)


def give_up_choices(letters: Correspondence, mentee_id: str, *, tell: bool = True) -> None:
    """No offer of this mentee has room any more: they end, and the clock looks for the next best.

    `tell`: the mentee hears of it, and of nothing else that came to nothing at the same time.
    """
    offered = introductions.offered_to(letters.session, mentee_id)
    searched = 1 if tell else 0  # one search is enough
    _close(letters, offered[:searched], "place_gone")
    _close(letters, offered[searched:], "place_gone", followed_up=True)
    if offered and tell:
        letters.place_gone(letters.person(mentee_id), offered[0])


def close_choices(letters: Correspondence, mentee_id: str, reason: str) -> None:
    """Withdraws all that is still offered to a mentee, without a letter."""
    _close(letters, introductions.offered_to(letters.session, mentee_id), reason)


def _close(letters: Correspondence, offered: Iterable[Introduction], reason: str, *, followed_up: bool = False) -> None:
    for introduction in offered:
        introduction.followed_up = followed_up or introduction.followed_up  # saved with the step, as one version
        introductions.step(
            letters.session, introduction, Act.WITHDRAW, Who.SYSTEM, letters.now, reason=reason, terms=letters.terms
        )


CODES = frozenset(
    {"changed_mind", "other_round", CONCERN, "blocked", *introductions.NOT_THEIR_DOING, *Answer, *Outcome}
)
"""Reasons of an end that are written by steps; some of them decide whether a pair may meet again."""


def own_words(reason: str) -> str:
    """A coordinator's reason as typed; one that reads like a code gets a capital letter, so that it decides nothing."""
    return reason.capitalize() if reason.strip() in CODES else reason
