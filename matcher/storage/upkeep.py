"""Questions of whoever keeps the programme running: what does not add up, and what a restored database must not do."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from matcher.domain.introductions import FINAL, HOLDING, LIVE, Answer, Introduction, Kind, Part, State
from matcher.domain.letters import SECRET, LetterState
from matcher.domain.people import Participant, Standing
from matcher.storage import introductions as rows
from matcher.storage.mapping import audit, introductions, letters, participants, parties, sessions, tokens

RESTORED = "restored from a backup"
"""Why a letter that waited at the time of a backup is not sent again."""


def wrong_places(session: Session) -> list[tuple[str, int, int]]:
    """(id, places taken as kept, introductions that hold one) of everybody with whom the two differ."""
    held = (
        select(introductions.c.mentor_id, func.count().label("places"))
        .where(introductions.c.kind == Kind.PAIR, introductions.c.state.in_(HOLDING))
        .group_by(introductions.c.mentor_id)
        .subquery()
    )
    places = func.coalesce(held.c.places, 0)
    differ = (
        select(participants.c.id, participants.c.used, places)
        .outerjoin(held, held.c.mentor_id == participants.c.id)
        .where(participants.c.used != places)
        .order_by(participants.c.id)
    )
    return [(id, used, holding) for id, used, holding in session.execute(differ)]


# -- what does not add up --------------------------------------------------------------------------------------------

UNASKED_FOR = timedelta(hours=1)
"""A question without a letter on its way is written again within a minute where the clock runs."""


def inconsistencies(session: Session, now: datetime) -> list[str]:
    """A sentence for everything that no step can lead to, of thirteen kinds; empty where all adds up."""
    everything = list(session.scalars(select(Introduction).order_by(introductions.c.id)))
    people = {person.id: person for person in session.scalars(select(Participant))}
    found = [
        f"{id} has {used} places taken and {held} introductions that hold one"
        for id, used, held in wrong_places(session)
    ]
    told = _told_last(session)
    for introduction in everything:
        name = f"introduction {introduction.id}"
        found += [f"{name} {wrong}" for wrong in _wrong_introduction(introduction, people)]
        found += [f"{name} {wrong}" for wrong in _untold(introduction, told)]
    found += [
        f"introduction {introduction.id} waits for {party.participant_id}, who was sent no question"
        for introduction, party in rows.unasked(session, now, UNASKED_FOR)
        if people[party.participant_id].status is Standing.ACTIVE
    ]
    found += [f"{id} is erased and something personal is left" for id in map(_left_over, people.values()) if id]
    for condition, wrong in _WRONG_LETTERS:
        ids = session.scalars(select(letters.c.id).where(condition).order_by(letters.c.id))
        found += [f"letter {id} {wrong}" for id in ids]
    return found


def _told_last(session: Session) -> dict[str, tuple[str, dict[str, object]]]:
    """The state and the detail of the last record of every introduction."""
    last = (
        select(func.max(audit.c.id))
        .where(audit.c.object.startswith("introduction:"), audit.c.after.is_not(None))
        .group_by(audit.c.object)
    )
    asked = select(audit.c.object, audit.c.after, audit.c.detail).where(audit.c.id.in_(last))
    return {about: (after, detail) for about, after, detail in session.execute(asked)}


def _untold(introduction: Introduction, told: dict[str, tuple[str, dict[str, object]]]) -> Iterator[str]:
    after, detail = told.get(f"introduction:{introduction.id}", ("", {}))
    if after != introduction.state.value:
        yield f"is {introduction.state.value}, and {after or 'nothing'} in the log"
    sides = {str(party.id): [party.answer.value, party.epoch] for party in introduction.parties}
    if "sides" in detail and detail["sides"] != sides:
        yield "has other answers or links than the log"


def _wrong_introduction(introduction: Introduction, people: dict[str, Participant]) -> Iterator[str]:
    sides = introduction.parties
    if introduction.kind is Kind.PAIR:
        pair = {(introduction.mentee_id, Part.MENTEE), (introduction.mentor_id, Part.MENTOR)}
        if {(party.participant_id, party.part) for party in sides} != pair:
            yield "has other sides than its mentee and mentor"
    yes = sum(party.said_yes for party in sides)
    needed = 2 if introduction.kind is Kind.PAIR or introduction.introduced_at else introduction.quorum
    if introduction.state in (State.AGREED, State.INTRODUCED, State.ACTIVE) and yes < needed:
        yield f"is {introduction.state.value} with {yes} who said yes"
    if introduction.state is State.ASKING and introduction.all_answered:
        yield "asks, and everybody has answered"
    if any(party.answer is not Answer.PENDING and party.answered_at is None for party in sides):
        yield "has an answer without its time"
    if introduction.state in LIVE:
        for party in sides:
            gone = people[party.participant_id].status in (Standing.LEFT, Standing.ERASED)
            if gone and introduction.has_part(party):
                yield f"goes on with {party.participant_id}, who has left"
    if any(introduction.state is state and at(introduction) is None for state, at in _MOMENTS.items()):
        yield f"is {introduction.state.value} without its time"


_MOMENTS: dict[State, Callable[[Introduction], datetime | None]] = {
    State.ASKING: lambda i: i.asked_at,
    State.AGREED: lambda i: i.undo_until,
    State.INTRODUCED: lambda i: i.introduced_at,
    State.ACTIVE: lambda i: i.active_at,
    **{state: lambda i: i.ended_at for state in FINAL},
}


def _left_over(person: Participant) -> str:
    """The id of somebody who is erased and of whom something is left."""
    left = person.name or person.email or person.email_key or person.answers or person.timezone
    return person.id if person.status is Standing.ERASED and left else ""


_WRONG_LETTERS: list[tuple[ColumnElement[bool], str]] = [
    (
        or_(
            and_(letters.c.state == LetterState.SENT, letters.c.sent_at.is_(None)),
            and_(letters.c.state == LetterState.QUEUED, letters.c.next_try_at.is_(None)),
            and_(letters.c.state == LetterState.SENDING, letters.c.claimed_by.is_(None)),
        ),
        "has no time to be sent, or nobody who sends it",
    ),
    (
        and_(letters.c.kind.in_(SECRET), letters.c.state == LetterState.SENT, letters.c.raw.is_not(None)),
        "has left and still holds what opens an account",
    ),
]


def make_harmless(session: Session) -> None:
    """Links to sign in with and sessions of the time of a backup are void; letters that waited have left since."""
    session.execute(delete(tokens))
    session.execute(delete(sessions))
    waiting = letters.c.state.in_((LetterState.QUEUED, LetterState.SENDING))
    session.execute(update(letters).where(waiting).values(state=LetterState.CANCELLED, trouble=RESTORED))
    # Whether a question left after the backup nobody here knows: its clock stands, and a coordinator looks at it.
    open_ = (parties.c.answer == Answer.PENDING, parties.c.asked_at.is_not(None), parties.c.delivered_at.is_(None))
    session.execute(update(parties).where(*open_).values(undeliverable=True, deadline=None))
