"""An introduction of which nobody ever speaks ends by itself, as it was announced to both."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from matcher.domain.aftercare import About
from matcher.domain.introductions import Act, Introduction, Outcome, Party, Terms, Who
from matcher.domain.letters import LetterKind, LetterState, Need, letter_key
from matcher.storage import aftercare as rows
from matcher.storage import introductions, outbox, tracking
from matcher.workflow import endings
from matcher.workflow.aftercare import is_muted, sides
from matcher.workflow.correspondence import AGAIN, Correspondence, Means


def _silent(session: Session, means: Means) -> list[int]:
    return rows.unanswered_since(session, means.terms.first_contact[-1], means.now - means.terms.no_word)


def _end_in_silence(session: Session, means: Means, id: int) -> bool:
    """Nobody ever said whether they talked: it ends as announced, and the place is free for somebody else."""
    if id not in _silent(session, means):
        return False
    introduction = introductions.get(session, id)
    unaware = [party for party in sides(introduction) if not _was_announced(session, introduction, party, means)]
    if unaware:
        return _announce_again(means.within(session), introduction, unaware)
    introduction.outcome = Outcome.NO_WORD
    endings.end(means.within(session), introduction, Act.CLOSE, Who.SYSTEM, reason=Outcome.NO_WORD.value)
    return True


def _was_announced(session: Session, introduction: Introduction, party: Party, means: Means) -> bool:
    """Whether the question that names the end has reached the person, as far as they want such letters."""
    if is_muted(session, party):
        return True
    return LetterState.SENT in _announcements(session, introduction, party, means.terms)


def _announcements(
    session: Session, introduction: Introduction, party: Party, terms: Terms
) -> tuple[LetterState | None, LetterState | None]:
    """Where the letter that names the end stands, and where the one written in its place; None where there is none."""
    about = (LetterKind.FIRST_CONTACT_CHECK, introduction.id, party.participant_id, terms.first_contact[-1])
    return tracking.state_of(session, letter_key(*about)), tracking.state_of(session, letter_key(*about, AGAIN))


def _announce_again(letters: Correspondence, introduction: Introduction, unaware: Iterable[Party]) -> bool:
    """Whoever was not told of the end is told once more, and it ends later; the second time the coordinator is told."""
    session, last, written = letters.session, letters.terms.first_contact[-1], False
    for party in unaware:
        first, again = _announcements(session, introduction, party, letters.terms)
        if first in outbox.WAITING or again in outbox.WAITING:
            continue
        if again is None:
            ends = letters.now + letters.terms.no_word
            written |= letters.first_contact_check(introduction, party, last, ends, again=True)
        else:
            letters.coordinators(Need.NO_CONTACT, introduction.id)
    if written:
        for question in rows.questions_to(session, introduction.id or 0):
            if (question.about, question.day) == (About.CONTACT, last):
                question.asked_at = letters.now
    return written


DUE = ((_silent, _end_in_silence),)
"""What happens by itself: (what is due, what is done about each)."""
