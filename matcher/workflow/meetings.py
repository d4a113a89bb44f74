"""The first meeting of a pair that was introduced: one side proposes a time, the other agrees or proposes another.

Each change has its letter to both sides with a calendar entry, so that both calendars know the same (RFC 5546).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import delete
from sqlalchemy.orm import Session

from matcher.domain.introductions import (
    DISCLOSED,
    Change,
    Introduction,
    Kind,
    NotAllowed,
    NotFound,
    Overtaken,
    Who,
)
from matcher.domain.letters import LetterKind, Links
from matcher.domain.meetings import FURTHEST, LENGTHS, LONGEST_PLACE, Meeting, MeetingState
from matcher.domain.people import Participant, actor
from matcher.storage import introductions, outbox
from matcher.storage import people as people_rows
from matcher.storage.database import Database
from matcher.storage.mapping import meetings
from matcher.workflow.correspondence import Correspondence, Means


@dataclass(frozen=True, slots=True)
class Shown:
    """The meeting as one side sees it. `mine`: the time that stands was proposed by the reader.

    `version` is 0 while nothing was proposed; a form sends it back, so that nobody agrees to what they have not seen.
    """

    introduction_id: int
    other_name: str
    own_zone: str
    other_zone: str
    version: int = 0
    state: MeetingState | None = None
    starts_at: datetime | None = None
    minutes: int = 45
    place: str = ""
    mine: bool = False

    @property
    def stands(self) -> bool:
        """Proposed or agreed."""
        return self.state in (MeetingState.PROPOSED, MeetingState.AGREED)

    @property
    def my_turn(self) -> bool:
        """The reader may agree to what the other proposed."""
        return self.state is MeetingState.PROPOSED and not self.mine


def shown(db: Database, introduction_id: int, participant_id: str) -> Shown:
    """The meeting of an introduction that has been made; NotFound for anything else."""
    with db.read() as session:
        introduction = _made(session, introduction_id, participant_id)
        meeting = session.get(Meeting, introduction_id)
        me, other = _both(session, introduction, participant_id)
        found = Shown(introduction_id, other.name, me.timezone or "UTC", other.timezone or "UTC")
        if meeting is None:
            return found
        return Shown(
            introduction_id,
            other.name,
            found.own_zone,
            found.other_zone,
            version=meeting.version or 0,
            state=meeting.state,
            starts_at=meeting.starts_at,
            minutes=meeting.minutes,
            place=meeting.place,
            mine=meeting.proposed_by == participant_id,
        )


def propose(
    db: Database,
    introduction_id: int,
    participant_id: str,
    *,
    starts_at: datetime,
    minutes: int,
    place: str,
    version: int,
    links: Links,
    now: datetime,
) -> None:
    """A first time, or another one; the other side has to agree to it (again).

    `version` of the meeting as the page showed it, 0 for none; Overtaken when it is old.
    """
    if not now < starts_at <= now + FURTHEST:
        raise NotAllowed("Please choose a time in the future, within a year.")
    if minutes not in LENGTHS:
        raise NotAllowed("Please choose how long.")
    named = " ".join(place.split())[:LONGEST_PLACE]
    db.transact(_propose, introduction_id, participant_id, starts_at, minutes, named, version, Means(links, now))


def _propose(
    session: Session,
    introduction_id: int,
    participant_id: str,
    starts_at: datetime,
    minutes: int,
    place: str,
    version: int,
    means: Means,
) -> None:
    introduction = _made(session, introduction_id, participant_id)
    meeting = session.get(Meeting, introduction_id)
    told = (starts_at, minutes, place)
    if meeting is None:
        host = urlsplit(means.links.origin).hostname or "localhost"
        meeting = Meeting(
            introduction_id=introduction_id,
            uid=f"{secrets.token_hex(16)}@{host}",
            starts_at=starts_at,
            minutes=minutes,
            place=place,
            proposed_by=participant_id,
        )
        session.add(meeting)
        what = "proposed"
    elif meeting.stands and (meeting.starts_at, meeting.minutes, meeting.place) == told:
        if meeting.proposed_by == participant_id:
            return  # pressed twice
        _agree_to(session, introduction, meeting, participant_id, means)
        return
    else:
        _refuse_old(meeting, version)
        what = "moved" if meeting.stands else "proposed"
        meeting.starts_at, meeting.minutes, meeting.place = told
        meeting.proposed_by, meeting.state = participant_id, MeetingState.PROPOSED
        meeting.sequence += 1
    _saved(session, introduction, meeting, participant_id, what, means)


def agree(
    db: Database, introduction_id: int, participant_id: str, *, version: int, links: Links, now: datetime
) -> None:
    """The other side agrees to the time that was proposed. Agreeing again changes nothing."""
    db.transact(_agree, introduction_id, participant_id, version, Means(links, now))


def _agree(session: Session, introduction_id: int, participant_id: str, version: int, means: Means) -> None:
    introduction, meeting = _proposed(session, introduction_id, participant_id)
    if meeting.state is MeetingState.AGREED and meeting.version == version + 1:
        return  # pressed twice
    _refuse_old(meeting, version)
    _agree_to(session, introduction, meeting, participant_id, means)


def _agree_to(
    session: Session, introduction: Introduction, meeting: Meeting, participant_id: str, means: Means
) -> None:
    if meeting.state is MeetingState.AGREED:
        return
    if meeting.state is not MeetingState.PROPOSED or meeting.proposed_by == participant_id:
        raise NotAllowed("There is nothing to agree to.")
    if meeting.starts_at <= means.now:
        raise NotAllowed("That time is over. Please propose another one.")
    meeting.state = MeetingState.AGREED
    meeting.sequence += 1
    _saved(session, introduction, meeting, participant_id, "agreed", means)


def cancel(
    db: Database, introduction_id: int, participant_id: str, *, version: int, links: Links, now: datetime
) -> None:
    """Either side takes the time back; another one may be proposed. Cancelling again changes nothing."""
    db.transact(_cancel, introduction_id, participant_id, version, Means(links, now))


def _cancel(session: Session, introduction_id: int, participant_id: str, version: int, means: Means) -> None:
    introduction, meeting = _proposed(session, introduction_id, participant_id)
    if meeting.stands:
        _refuse_old(meeting, version)
        meeting.state = MeetingState.CANCELLED
        meeting.sequence += 1
        _saved(session, introduction, meeting, participant_id, "", means)


def called_off(letters: Correspondence, introduction: Introduction, gone: str | None) -> None:
    """The introduction has ended: a meeting to come leaves both calendars. `gone`: who is erased and stays unnamed."""
    meeting = letters.session.get(Meeting, introduction.id)
    if meeting is None or not meeting.stands or meeting.starts_at <= letters.now:
        return
    meeting.state = MeetingState.CANCELLED
    meeting.sequence += 1
    meeting.changed_at = letters.now
    for party in introduction.parties:
        if party.participant_id != gone:
            letters.meeting(introduction, party, meeting, "", ended=True, named=gone is None)


def forget(session: Session, introduction_ids: list[int | None]) -> None:
    """Nothing remains of when and where somebody who is erased has met."""
    session.execute(delete(meetings).where(meetings.c.introduction_id.in_(introduction_ids)))


def _saved(session: Session, introduction: Introduction, meeting: Meeting, by: str, what: str, means: Means) -> None:
    meeting.changed_at = means.now
    # Two who propose at once meet at the introduction's version: one of them looks again.
    introductions.touch(session, introduction, Change.MEETING, means.now, by=actor(Who.PARTY, by))
    outbox.cancel_older(session, introduction.id or 0, LetterKind.MEETING, "the time has changed")
    letters = means.within(session)
    for party in introduction.parties:
        letters.meeting(introduction, party, meeting, what, mine=party.participant_id == by)


def _refuse_old(meeting: Meeting, version: int) -> None:
    if meeting.version != version:
        raise Overtaken("The time was changed in the meantime. Please look at it again.")


def _made(session: Session, introduction_id: int, participant_id: str) -> Introduction:
    """The pair, both of whom know each other; NotFound for groups, for strangers and before or after that."""
    introduction = introductions.get(session, introduction_id)
    if introduction.kind is not Kind.PAIR or introduction.state not in DISCLOSED:
        raise NotFound
    introduction.party(participant_id)
    return introduction


def _proposed(session: Session, introduction_id: int, participant_id: str) -> tuple[Introduction, Meeting]:
    """A pair that was introduced and the meeting that was proposed; NotFound where there is none."""
    introduction = _made(session, introduction_id, participant_id)
    meeting = session.get(Meeting, introduction_id)
    if meeting is None:
        raise NotFound
    return introduction, meeting


def _both(session: Session, introduction: Introduction, participant_id: str) -> tuple[Participant, Participant]:
    other = introduction.others(participant_id)[0].participant_id
    return people_rows.participant(session, participant_id), people_rows.participant(session, other)
