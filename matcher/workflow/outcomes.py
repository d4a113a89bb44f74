"""After the introduction: first contact, closing, feedback."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from matcher.domain.introductions import Act, Change, NotAllowed, Outcome, State, Who
from matcher.domain.letters import Links, Need
from matcher.domain.people import actor
from matcher.storage import introductions
from matcher.storage.database import Database
from matcher.workflow import endings
from matcher.workflow.correspondence import Means

LONGEST_WORDS = 2_000
MOST_ANSWERS = 20


def first_contact(
    db: Database, introduction_id: int, participant_id: str, *, happened: bool, links: Links, now: datetime
) -> State:
    """A party says whether the first conversation took place.

    Yes makes the introduction active, no tells the coordinator; the same again changes nothing. Returns the state.
    """
    return db.transact(_first_contact, introduction_id, participant_id, happened, Means(links, now))


def _first_contact(session: Session, introduction_id: int, participant_id: str, happened: bool, means: Means) -> State:
    introduction = introductions.get(session, introduction_id)
    party = introduction.party(participant_id)
    if party.contact is happened:
        return introduction.state
    if introduction.state is State.ACTIVE:
        party.contact = happened
        introductions.touch(session, introduction, Change.CONTACT, means.now, by=actor(Who.PARTY, participant_id))
        return introduction.state
    party.contact = happened
    act = Act.CONFIRM if happened else Act.NO_CONTACT
    introductions.step(session, introduction, act, Who.PARTY, means.now, by=participant_id)
    if not happened:
        means.within(session).coordinators(Need.NO_CONTACT)
    return introduction.state


def confirm(db: Database, introduction_id: int, *, by: str, now: datetime, version: int | None = None) -> None:
    """A coordinator knows that the first conversation took place; the introduction is active then."""
    db.transact(_confirm, introduction_id, by, now, version)


def _confirm(session: Session, introduction_id: int, by: str, now: datetime, version: int | None) -> None:
    introduction = introductions.get(session, introduction_id)
    introductions.refuse_old(introduction, version)
    if introduction.state is not State.ACTIVE:
        introductions.step(session, introduction, Act.CONFIRM, Who.COORDINATOR, now, by=by)


def close(
    db: Database,
    introduction_id: int,
    *,
    outcome: str,
    links: Links,
    now: datetime,
    participant_id: str | None = None,
    by: str | None = None,
    reason: str | None = None,
    version: int | None = None,
) -> None:
    """Closes an introduction with its outcome; the place is free again, the others are told.

    By a party (`participant_id`) or a coordinator (`by`; `version` of the introduction as the page showed it, Overtaken
    when it is old). Closing it again changes nothing.
    """
    if (participant_id is None) == (by is None):
        raise TypeError("either a party or a coordinator closes an introduction")
    try:
        ended = Outcome(outcome)
    except ValueError:
        raise NotAllowed("Please choose how it ended.") from None
    means = Means(links, now)
    db.transact(_close, introduction_id, ended, participant_id, by, reason, means, version)


def _close(
    session: Session,
    introduction_id: int,
    outcome: Outcome,
    participant_id: str | None,
    by: str | None,
    reason: str | None,
    means: Means,
    version: int | None,
) -> None:
    introduction = introductions.get(session, introduction_id)
    introductions.refuse_old(introduction, version)
    party = introduction.party(participant_id) if participant_id is not None else None
    if introduction.state is State.CLOSED:
        return
    who = Who.PARTY if party is not None else Who.COORDINATOR
    words = (reason or "").strip()[:LONGEST_WORDS]
    if party is not None and words:
        party.reason = words
    introduction.outcome = outcome
    endings.end(
        means.within(session),
        introduction,
        Act.CLOSE,
        who,
        by=participant_id or by or "",
        reason=outcome.value if party is not None or not words else endings.own_words(words),
        quiet=participant_id,
    )


def feedback(
    db: Database, introduction_id: int, participant_id: str, *, answers: Mapping[str, object], now: datetime
) -> None:
    """Keeps a party's feedback (for example {"helpful": 4, "again": True, "words": "…"}), newest wins."""
    given: dict[str, object] = {}
    for name, value in list(answers.items())[:MOST_ANSWERS]:
        if not isinstance(value, str | int | float | bool | None):
            raise NotAllowed("Please answer with a choice or with words.")
        given[str(name)[:40]] = value[:LONGEST_WORDS] if isinstance(value, str) else value
    db.transact(_feedback, introduction_id, participant_id, given, now)


def _feedback(
    session: Session, introduction_id: int, participant_id: str, given: dict[str, object], now: datetime
) -> None:
    introduction = introductions.get(session, introduction_id)
    party = introduction.party(participant_id)
    if introduction.introduced_at is None:
        raise NotAllowed("There was no introduction yet.")
    party.feedback = {**given, "at": now.isoformat()}
    introductions.touch(session, introduction, Change.FEEDBACK, now, by=actor(Who.PARTY, participant_id))
