"""What somebody was to be told, and was not, since no letter could reach them, is written again once one can.

That is: who the other is, that it has ended, and the time of a meeting. Questions are written again by the clock.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from matcher.domain.introductions import DISCLOSED, Introduction, Party, State
from matcher.domain.letters import LetterKind
from matcher.domain.meetings import Meeting
from matcher.domain.people import Standing
from matcher.storage import introductions, tracking
from matcher.storage import people as people_rows
from matcher.workflow.correspondence import Correspondence, Means

LATEST = timedelta(days=30)
"""For how long after an end it is still told."""

Kinds = tuple[LetterKind, ...]


def unheard(session: Session, means: Means) -> list[tuple[Kinds, int, str]]:
    """(kinds of letters, introduction, person) of what was to be told and got lost."""
    since = means.now - LATEST
    return [(kinds, *about) for kinds in _AGAIN for about in tracking.lost_letters(session, kinds, since)]


def tell(session: Session, means: Means, about: tuple[Kinds, int, str]) -> bool:
    """Writes it again, unless it is told by now, or is so no more."""
    kinds, id, participant_id = about
    introduction = introductions.get(session, id)
    if (id, participant_id) not in tracking.lost_letters(session, kinds, means.now - LATEST, id):
        return False
    party = introduction.party(participant_id)
    return party.said_yes and _AGAIN[kinds](means.within(session), introduction, party)


def somebody_moves(session: Session, introduction: Introduction) -> bool:
    """Whether the address of one of those who said yes still has to be confirmed: it is nobody else's until then."""
    sides = [people_rows.participant(session, p.participant_id) for p in introduction.parties if p.said_yes]
    return any(person.status is Standing.UNCONFIRMED for person in sides)


def _introduction(letters: Correspondence, introduction: Introduction, party: Party) -> bool:
    if introduction.state not in DISCLOSED or somebody_moves(letters.session, introduction):
        return False
    letters.introduction(introduction, only=party.participant_id)
    return True


def _closed(letters: Correspondence, introduction: Introduction, party: Party) -> bool:
    if introduction.state is not State.CLOSED:
        return False
    letters.closed(introduction, party, again=True)
    return True


def _meeting(letters: Correspondence, introduction: Introduction, party: Party) -> bool:
    """The time that stands, or that it stands no more."""
    meeting = letters.session.get(Meeting, introduction.id)
    if meeting is None or meeting.starts_at <= letters.now or somebody_moves(letters.session, introduction):
        return False
    what = meeting.state.value if meeting.stands else ""
    mine, ended = meeting.proposed_by == party.participant_id, introduction.state not in DISCLOSED
    letters.meeting(introduction, party, meeting, what, mine=mine, ended=ended, again=True)
    return True


_AGAIN: Mapping[Kinds, Callable[[Correspondence, Introduction, Party], bool]] = {
    (LetterKind.INTRODUCTION, LetterKind.GROUP_INTRODUCTION): _introduction,
    (LetterKind.CLOSED,): _closed,
    (LetterKind.MEETING, LetterKind.MEETING_CANCELLED): _meeting,
}
"""How each is told again, by the kinds of letters of which the last one counts."""
