"""Questions of whoever keeps the programme running: what does not add up, and what a restored database must not do."""

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from matcher.domain.introductions import HOLDING, Answer, Kind
from matcher.domain.letters import LetterState
from matcher.storage.mapping import introductions, letters, participants, parties, sessions, tokens

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


def make_harmless(session: Session) -> None:
    """Links to sign in with and sessions of the time of a backup are void; letters that waited have left since."""
    session.execute(delete(tokens))
    session.execute(delete(sessions))
    waiting = letters.c.state.in_((LetterState.QUEUED, LetterState.SENDING))
    session.execute(update(letters).where(waiting).values(state=LetterState.CANCELLED, trouble=RESTORED))
    # Whether a question left after the backup nobody here knows: its clock stands, and a coordinator looks at it.
    open_ = (parties.c.answer == Answer.PENDING, parties.c.asked_at.is_not(None), parties.c.delivered_at.is_(None))
    session.execute(update(parties).where(*open_).values(undeliverable=True, deadline=None))
