"""After the introduction: first contact, closing, feedback."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from matcher.domain.aftercare import About, Again, Said
from matcher.domain.introductions import (
    TERMS,
    Act,
    Change,
    Introduction,
    NotAllowed,
    NotFound,
    Outcome,
    Overtaken,
    Party,
    State,
    Who,
)
from matcher.domain.letters import Links, Need
from matcher.domain.people import Standing, actor
from matcher.storage import aftercare, introductions
from matcher.storage import people as people_rows
from matcher.storage.database import Database
from matcher.workflow import endings, signup
from matcher.workflow.correspondence import Correspondence, Means

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
    contact_within(means.within(session), introduction, participant_id, happened=happened)
    asked = aftercare.questions_to(session, introduction_id, participant_id)
    if asked and asked[-1].about is About.CONTACT:
        said = Said.MET if happened else Said.NOT_YET
        if asked[-1].answer is not said:
            asked[-1].answer, asked[-1].answered_at = said, means.now
    return introduction.state


def contact_within(letters: Correspondence, introduction: Introduction, participant_id: str, *, happened: bool) -> None:
    """`first_contact` as a part of another transaction."""
    party = introduction.party(participant_id)
    _refuse_strangers(party)
    if party.contact is happened:
        return
    if introduction.state is State.ACTIVE:
        party.contact = happened
        introductions.touch(
            letters.session, introduction, Change.CONTACT, letters.now, by=actor(Who.PARTY, participant_id)
        )
    else:
        step = Act.CONFIRM if happened else Act.NO_CONTACT
        introductions.step(letters.session, introduction, step, Who.PARTY, letters.now, by=participant_id)
        party.contact = happened
    if not happened:
        letters.coordinators(Need.NO_CONTACT)


def _refuse_strangers(party: Party) -> None:
    """Whoever did not say yes to a group, or left it, has no part in what came of it."""
    if not party.said_yes:
        raise NotFound


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
    if ended is Outcome.NO_WORD:
        raise NotAllowed("Please choose how it ended.")
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
    if party is not None:
        _refuse_strangers(party)
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
    db: Database,
    introduction_id: int,
    participant_id: str,
    *,
    answers: Mapping[str, object],
    now: datetime,
    links: Links | None = None,
    epoch: int | None = None,
) -> None:
    """Keeps a party's feedback (for example {"helpful": 4, "again": "break", "words": "…"}), newest wins.

    `again` is the wish to be matched again (`aftercare.Again`): a break or a no pauses the person, a later yes brings
    them back; it needs `links`. `epoch` is the link's; Overtaken when it is old.
    """
    given: dict[str, object] = {}
    for name, value in list(answers.items())[:MOST_ANSWERS]:
        if not isinstance(value, str | int | float | bool | None):
            raise NotAllowed("Please answer with a choice or with words.")
        given[str(name)[:40]] = value[:LONGEST_WORDS] if isinstance(value, str) else value
    db.transact(_feedback, introduction_id, participant_id, given, now, links, epoch)


def _feedback(
    session: Session,
    introduction_id: int,
    participant_id: str,
    given: dict[str, object],
    now: datetime,
    links: Links | None,
    epoch: int | None,
) -> None:
    introduction = introductions.get(session, introduction_id)
    party = introduction.party(participant_id)
    people_rows.participant(session, participant_id)  # somebody erased has no words any more
    if introduction.introduced_at is None:
        raise NotAllowed("There was no introduction yet.")
    _refuse_strangers(party)
    if epoch not in (None, party.epoch):
        raise Overtaken("There is a newer question by now, or what it asked about has ended.")
    before = {name: value for name, value in party.feedback.items() if name != "at"}
    if before == given:
        return
    party.feedback = {**given, "at": now.isoformat()}
    introductions.touch(session, introduction, Change.FEEDBACK, now, by=actor(Who.PARTY, participant_id))
    if links is not None and given.get("again") != before.get("again"):
        _wish(session, participant_id, given.get("again"), before.get("again"), links, now)


def _wish(session: Session, participant_id: str, again: object, before: object, links: Links, now: datetime) -> None:
    """The pool reads the standing: a break is a pause with an end, a no one without."""
    person = people_rows.participant(session, participant_id)
    if again in (Again.BREAK, Again.NO):
        if person.status in (Standing.ACTIVE, Standing.PAUSED):
            until = now + TERMS.pause_after if again == Again.BREAK else None
            signup.pause_within(session, participant_id, links, now, until, None)
    elif again == Again.YES and before in (Again.BREAK, Again.NO) and person.status is Standing.PAUSED:
        signup.resume_within(session, participant_id, now, None)
