"""What participants answer, and what coordinators answer for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from matcher.domain.introductions import (
    CONCERN,
    DISCLOSED,
    FINAL,
    HOLDING,
    TERMS,
    Act,
    Answer,
    Asks,
    Introduction,
    Kind,
    NoPlace,
    NotAllowed,
    NotFound,
    Part,
    Party,
    State,
    Terms,
    Who,
)
from matcher.domain.letters import LetterKind, Links, Need
from matcher.domain.people import actor
from matcher.domain.vocabulary import Vocabulary
from matcher.storage import introductions, outbox
from matcher.storage.database import Database
from matcher.workflow import endings, tell_me_more
from matcher.workflow.correspondence import Correspondence, Means
from matcher.workflow.review import ask_next
from matcher.workflow.tell_me_more import LONGEST_WORDS


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


def _standing(introduction: Introduction, party: Party) -> Answered:
    until = introduction.undo_until if introduction.state is State.AGREED else None
    return Answered(introduction.state, party.answer, until)


# -- picking ---------------------------------------------------------------------------------------------------------


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

    `epoch`: of the link, where the page was reached by one. `by`: a coordinator's id, on behalf. Picking the same one
    again is picking it once. Raises NotAllowed, Overtaken, NotFound.
    """
    return db.transact(_pick, introduction_id, participant_id, epoch, by, Means(links, now, vocabulary, terms))


def _pick(
    session: Session, introduction_id: int, participant_id: str, epoch: int | None, by: str | None, means: Means
) -> Picked | PlaceGone:
    introduction = introductions.get(session, introduction_id)
    introductions.hold(session, [participant_id, str(introduction.mentor_id)])
    session.refresh(introduction)  # the same person may have picked it while we waited
    party = introduction.party(participant_id)
    session.refresh(party)
    if introduction.state in HOLDING and party.said_yes:
        return Picked(introduction_id)
    if party.part is not Part.MENTEE:
        raise NotFound
    introductions.refuse_old_link(party, epoch)
    letters = means.within(session)
    try:
        with session.begin_nested():
            _take_place(letters, introduction, party, by)
    except NoPlace:
        return _place_gone(letters, introduction, participant_id)
    ask_next(letters, introduction)
    return Picked(introduction_id)


def _take_place(letters: Correspondence, introduction: Introduction, party: Party, by: str | None) -> None:
    who = Who.COORDINATOR if by else Who.MENTEE
    party.asks, party.waits = None, False
    introductions.one_at_a_time(letters.session, introduction)
    if not introductions.with_room(letters.session, [introduction], letters.now, letters.terms):
        raise NoPlace
    party.answer, party.answered_at = Answer.YES, letters.now
    party.answered_by = _on_behalf(by)
    introductions.step(
        letters.session,
        introduction,
        Act.PICK,
        who,
        letters.now,
        by=by or party.participant_id,
        terms=letters.terms,
    )


def _place_gone(letters: Correspondence, introduction: Introduction, mentee_id: str) -> PlaceGone:
    """Told at once on the page; where nothing remains that has room, all offers end and the next best is looked for."""
    offered = introductions.offered_to(letters.session, mentee_id)
    others = introductions.with_room(letters.session, offered, letters.now, letters.terms)
    if others:
        return PlaceGone(others[0].id)
    endings.give_up_choices(letters, mentee_id)
    return PlaceGone(None)


# -- answering -------------------------------------------------------------------------------------------------------


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
    asks: Asks = Asks.COORDINATOR,
    epoch: int | None = None,
    by: str | None = None,
    version: int | None = None,
    terms: Terms = TERMS,
) -> Answered:
    """A party answers "yes", "not_now", "no" or "more" (with a question, and whom it asks).

    `by`: a coordinator's id, on behalf of the party, with a reason; `version`: of the introduction as their page showed
    it, Overtaken when it is old. The same answer again changes nothing and writes nothing. A yes to an offered
    introduction is `pick`; when its place is gone the answer stays pending. Raises NotAllowed, Overtaken, NotFound, and
    HoldsContacts for a question to the other side that says who asks.
    """
    means = Means(links, now, vocabulary, terms)
    if by is not None and not (reason or "").strip():
        raise NotAllowed("Please give a reason.")
    if len(reason or "") > LONGEST_WORDS or len(question or "") > LONGEST_WORDS:
        raise NotAllowed("Please use fewer words.")
    if answer == "more":
        return db.transact(_more, introduction_id, participant_id, (question or "").strip(), asks, epoch, means)
    given = Answer(answer)
    if given is Answer.PENDING:
        raise NotAllowed("Please choose an answer.")
    return db.transact(_answer, introduction_id, participant_id, given, reason, epoch, by, means, version)


def _answer(
    session: Session,
    introduction_id: int,
    participant_id: str,
    given: Answer,
    reason: str | None,
    epoch: int | None,
    by: str | None,
    means: Means,
    version: int | None,
) -> Answered:
    introduction = introductions.get(session, introduction_id)
    introductions.refuse_old(introduction, version)
    party = introduction.party(participant_id)
    if party.answer is given and introduction.state is not State.DRAFT:
        return _standing(introduction, party)
    if introduction.state is State.OFFERED and given is Answer.YES:
        _pick(session, introduction_id, participant_id, epoch, by, means)
        if by is not None and party.said_yes:
            party.reason = reason
        return _standing(introduction, party)
    introductions.refuse_old_link(party, epoch)
    letters = means.within(session)
    if introduction.state in DISCLOSED or introduction.state in FINAL:
        introduction.take(Act.YES, Who.PARTY, letters.now)  # refuses, with the sentence that fits the state
    if party.said_yes:
        party.answered_by = _on_behalf(by)
        _change_mind(letters, introduction, party, given, reason, by)
        return _standing(introduction, party)
    if party.asked_at is None:
        raise NotFound  # not this person's turn: there is nothing to see yet
    if introduction.state is State.AGREED:
        raise NotAllowed("The time for an answer is over.")  # the group goes on without this side
    party.answered_by = _on_behalf(by)
    _record(letters, introduction, party, given, reason, by)
    return _standing(introduction, party)


def _on_behalf(by: str | None) -> str | None:
    return actor(Who.COORDINATOR, by) if by is not None else None


def _record(
    letters: Correspondence,
    introduction: Introduction,
    party: Party,
    given: Answer,
    reason: str | None,
    by: str | None,
) -> None:
    """Writes a first answer down and takes the step that it amounts to."""
    who = Who.COORDINATOR if by else Who.PARTY
    act = introduction.record(party.participant_id, given, letters.now, reason=reason)
    if act is Act.DECLINE:
        quiet = None if by else party.participant_id
        endings.end(letters, introduction, act, who, by=by or party.participant_id, reason=given.value, quiet=quiet)
        return
    introductions.step(
        letters.session, introduction, act, who, letters.now, by=by or party.participant_id, terms=letters.terms
    )
    if introduction.state is State.ASKING:
        ask_next(letters, introduction)


def _more(
    session: Session,
    introduction_id: int,
    participant_id: str,
    question: str,
    asks: Asks,
    epoch: int | None,
    means: Means,
) -> Answered:
    introduction = introductions.get(session, introduction_id)
    party = introduction.party(participant_id)
    tell_me_more.ask(means.within(session), introduction, party, question, asks, epoch)
    return _standing(introduction, party)


def decline_all(
    db: Database,
    mentee_id: str,
    answer: str,
    *,
    vocabulary: Vocabulary,
    links: Links,
    now: datetime,
    reason: str | None = None,
    about: int | None = None,
    epoch: int | None = None,
    terms: Terms = TERMS,
) -> None:
    """A mentee wants none of what is offered: "no" or "not_now" to all of it, or to nothing when one step is refused.

    `epoch`: of the link, and `about` the introduction it belongs to. Raises NotAllowed, Overtaken.
    """
    given = Answer(answer)
    if given not in (Answer.NO, Answer.NOT_NOW):
        raise NotAllowed("Please choose an answer.")
    if len(reason or "") > LONGEST_WORDS:
        raise NotAllowed("Please use fewer words.")
    db.transact(_decline_all, mentee_id, given, reason, about, epoch, Means(links, now, vocabulary, terms))


def _decline_all(
    session: Session,
    mentee_id: str,
    given: Answer,
    reason: str | None,
    about: int | None,
    epoch: int | None,
    means: Means,
) -> None:
    for offered in introductions.offered_to(session, mentee_id):
        link = epoch if offered.id == about else None
        _answer(session, offered.id or 0, mentee_id, given, reason, link, None, means, None)


# -- a change of mind ------------------------------------------------------------------------------------------------


def undo(
    db: Database,
    introduction_id: int,
    participant_id: str,
    *,
    links: Links,
    now: datetime,
    vocabulary: Vocabulary | None = None,
    epoch: int | None = None,
    terms: Terms = TERMS,
) -> Answered:
    """Takes a yes back while contacts are not shared; twice is once.

    A pair ends as declined, and a mentee who had other choices finds them open again; a group goes on while it can.
    """
    means = Means(links, now, vocabulary, terms)
    return db.transact(_undo, introduction_id, participant_id, epoch, means)


def _undo(session: Session, introduction_id: int, participant_id: str, epoch: int | None, means: Means) -> Answered:
    introduction = introductions.get(session, introduction_id)
    party = introduction.party(participant_id)
    if party.answer is Answer.NO and party.reason == CHANGED_MIND:
        return _standing(introduction, party)
    introductions.refuse_old_link(party, epoch)
    if not party.said_yes:
        raise NotAllowed("There is no yes to take back.")
    _change_mind(means.within(session), introduction, party, Answer.NO, CHANGED_MIND)
    return _standing(introduction, party)


CHANGED_MIND = "changed_mind"


def _change_mind(
    letters: Correspondence,
    introduction: Introduction,
    party: Party,
    given: Answer,
    reason: str | None,
    by: str | None = None,
) -> None:
    """A yes becomes a no before contacts are shared. `by`: a coordinator's id, on behalf."""
    act = introduction.record(party.participant_id, given, letters.now, reason=reason)
    if introduction.kind is Kind.PAIR:
        act = Act.UNDO
    elif introduction.state is State.AGREED:
        act = Act.NO if introduction.has_quorum else Act.UNDO
    who, whose = Who.COORDINATOR if by else Who.PARTY, by or party.participant_id
    if act in (Act.DECLINE, Act.UNDO):
        code = CHANGED_MIND if introduction.kind is Kind.PAIR else None
        quiet = None if by else party.participant_id
        endings.end(letters, introduction, act, who, by=whose, reason=code, quiet=quiet)
    else:
        introductions.step(letters.session, introduction, act, who, letters.now, by=whose, terms=letters.terms)


# -- the coordinator's hand ------------------------------------------------------------------------------------------


def withdraw(
    db: Database,
    introduction_id: int,
    *,
    by: str,
    reason: str,
    links: Links,
    now: datetime,
    vocabulary: Vocabulary | None = None,
    version: int | None = None,
) -> None:
    """A coordinator ends a live introduction; those who were told get a neutral notice. `by`: the coordinator's id."""
    db.transact(_withdraw, introduction_id, by, reason, Means(links, now, vocabulary), version)


def _withdraw(
    session: Session, introduction_id: int, by: str, reason: str, means: Means, version: int | None = None
) -> None:
    introduction = introductions.get(session, introduction_id)
    introductions.refuse_old(introduction, version)
    if introduction.state is State.WITHDRAWN:
        return
    words = endings.own_words(reason[:LONGEST_WORDS])
    introduction.followed_up = True  # the coordinator is looking after it
    endings.end(means.within(session), introduction, Act.WITHDRAW, Who.COORDINATOR, by=by, reason=words)


def concern(
    db: Database,
    introduction_id: int,
    participant_id: str,
    *,
    links: Links,
    now: datetime,
    reason: str | None = None,
    vocabulary: Vocabulary | None = None,
) -> None:
    """A party reports a concern: ends at once, the pair is never proposed again, the coordinator is told."""
    db.transact(_concern, introduction_id, participant_id, reason, Means(links, now, vocabulary))


def _concern(session: Session, introduction_id: int, participant_id: str, reason: str | None, means: Means) -> None:
    introduction = introductions.get(session, introduction_id)
    party = (
        introduction.member(participant_id) if introduction.kind is Kind.GROUP else introduction.party(participant_id)
    )
    introductions.hold(session, (each.participant_id for each in introduction.parties))
    words = (reason or "")[:LONGEST_WORDS] or None
    if introductions.reported(session, introduction, participant_id):
        if words is None or words in (party.reason or ""):
            return
        words = "\n\n".join(filter(None, (party.reason, words)))  # what was reported before is kept
    party.reason = words
    letters = means.within(session)
    if introduction.state in FINAL:
        introductions.block(session, introduction, letters.now, by=participant_id)
        outbox.cancel_older(session, introduction_id, LetterKind.HOURS, "a concern was reported")
    else:
        introduction.followed_up = True
        endings.end(
            letters, introduction, Act.CONCERN, Who.PARTY, by=participant_id, reason=CONCERN, quiet=participant_id
        )
    endings.keep_apart(letters, introduction)
    letters.coordinators(Need.CONCERN)


def extend(
    db: Database,
    introduction_id: int,
    participant_id: str,
    *,
    by: str,
    now: datetime,
    version: int | None = None,
    terms: Terms = TERMS,
) -> None:
    """A coordinator gives one party more time, once."""
    db.transact(_extend, introduction_id, participant_id, by, now, terms, version)


def _extend(
    session: Session,
    introduction_id: int,
    participant_id: str,
    by: str,
    now: datetime,
    terms: Terms,
    version: int | None,
) -> None:
    introduction = introductions.get(session, introduction_id)
    introductions.refuse_old(introduction, version)
    party = introduction.party(participant_id)
    if not party.is_open:
        raise NotAllowed("You have answered already.")
    if party.extended:
        raise NotAllowed("The time was extended once already.")
    if party.waits:
        raise NotAllowed("A question is open; the clock stands still until it is answered.")
    if party.delivered_at is None or party.undeliverable:
        raise NotAllowed("The letter has not arrived yet; the time starts when it does.")
    for each in tell_me_more.with_one_clock(session, introduction, party):
        if each.delivered_at is not None:
            each.extended = True
            each.deadline = outbox.outside_quiet_hours(session, participant_id, now + terms.answer, terms)
    introductions.step(session, introduction, Act.EXTEND, Who.COORDINATOR, now, by=by, terms=terms)
