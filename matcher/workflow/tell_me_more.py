""" "Tell me more": whoever is asked has a question to the coordinator or the other side, and the clock stands still.

The two sides read each other's words and nothing that says who wrote them.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from matcher.domain import contacts
from matcher.domain.introductions import (
    TERMS,
    Act,
    Asks,
    Change,
    Introduction,
    NotAllowed,
    Part,
    Party,
    State,
    Terms,
    Who,
)
from matcher.domain.letters import Links, Need
from matcher.domain.people import actor
from matcher.storage import introductions
from matcher.storage import people as people_rows
from matcher.storage.database import Database
from matcher.workflow.correspondence import Correspondence, Means

LONGEST_WORDS = 2_000
"""Characters of a question, of its answer and of a reason."""


class HoldsContacts(NotAllowed):
    """Words for somebody who is not to know the writer yet say how to find them; `blanked` may be sent."""

    def __init__(self, blanked: str, found: list[str]) -> None:
        super().__init__("Please leave out names, addresses and telephone numbers.")
        self.blanked, self.found = blanked, found


def ask(
    letters: Correspondence, introduction: Introduction, party: Party, question: str, asks: Asks, epoch: int | None
) -> None:
    """A party asks; the same question again changes nothing, more words are added to those without an answer.

    Raises NotAllowed, Overtaken for an old link, HoldsContacts.
    """
    if not question:
        raise NotAllowed("Please write what you would like to know.")
    if party.asks is asks and party.question is not None and party.question.endswith(question):
        return
    introductions.refuse_old_link(party, epoch)
    if not party.is_open:
        raise NotAllowed("You have answered already.")
    if asks is Asks.OTHER:
        if not introduction.may_ask_other(party.participant_id):
            raise NotAllowed("The other person cannot be asked at the moment; the coordinator can.")
        _refuse_contacts(letters.session, party.participant_id, question)
    before = party.question if party.asks is not None and party.question else ""
    words = before if before.endswith(question) else f"{before}\n\n{question}".strip()
    if len(words) > LONGEST_WORDS:
        raise NotAllowed("Please use fewer words.")
    party.question, party.asks, party.reply = words, asks, None
    party.asks_until = letters.now + letters.terms.reply if asks is Asks.OTHER else None
    for each in with_one_clock(letters.session, introduction, party):
        each.waits, each.deadline = True, None  # the clock stands still until the answer has arrived
    introductions.step(
        letters.session, introduction, Act.MORE, Who.PARTY, letters.now, by=party.participant_id, terms=letters.terms
    )
    if asks is Asks.OTHER:
        letters.question_passed_on(introduction, party)
    else:
        letters.coordinators(Need.QUESTION)


def _refuse_contacts(session: Session, participant_id: str, text: str) -> None:
    writer = people_rows.participant(session, participant_id)
    blanked, found = contacts.blank(text, writer.name, f"{writer.email} {writer.answers.get('contact_note', '')}")
    if found:
        raise HoldsContacts(blanked, found)


def with_one_clock(session: Session, introduction: Introduction, party: Party) -> list[Party]:
    """The sides whose time runs and stops with this one: a mentee who chooses has one clock for all that is offered."""
    if introduction.state is not State.OFFERED:
        return [party]
    return [i.part(Part.MENTEE) for i in introductions.offered_to(session, party.participant_id)]


# -- the answer --------------------------------------------------------------------------------------------------------


def reply(
    db: Database,
    introduction_id: int,
    participant_id: str,
    text: str,
    *,
    links: Links,
    now: datetime,
    epoch: int | None = None,
    terms: Terms = TERMS,
) -> None:
    """Answers the other side's question; without words, would rather not, and the coordinator is asked instead.

    The other's time starts again when the letter with the answer has arrived. Raises NotAllowed, HoldsContacts,
    Overtaken, NotFound.
    """
    if len(text) > LONGEST_WORDS:
        raise NotAllowed("Please use fewer words.")
    db.transact(_reply, introduction_id, participant_id, text.strip(), epoch, Means(links, now, None, terms))


def _reply(
    session: Session, introduction_id: int, participant_id: str, text: str, epoch: int | None, means: Means
) -> None:
    introduction = introductions.get(session, introduction_id)
    party = introduction.party(participant_id)
    introductions.refuse_old_link(party, epoch)
    asker = introduction.asker(participant_id)
    if asker is None:
        others = [other for other in introduction.others(participant_id) if other.replied_by is Asks.OTHER]
        if text and any(other.reply == text for other in others):
            return
        raise NotAllowed("This question waits for you no more.")
    letters, by = means.within(session), actor(Who.PARTY, participant_id)
    if not text:
        hand_on(letters, introduction, asker, by=by)
        return
    _refuse_contacts(session, participant_id, text)
    asker.asks, asker.waits, asker.reply = None, False, text
    asker.delivered_at = None  # until the answer has arrived; should its letter be lost, the clock writes another
    introductions.touch(session, introduction, Change.REPLY, means.now, by=by)
    letters.tell_me_more_answer(introduction, asker)


def hand_on(letters: Correspondence, introduction: Introduction, asker: Party, *, by: str = "system") -> None:
    """The other side leaves a question open: the coordinator is asked, and the asker's clock stands still on."""
    asker.asks, asker.asks_until = Asks.COORDINATOR, None
    introductions.touch(letters.session, introduction, Change.HANDED_ON, letters.now, by=by)
    letters.coordinators(Need.QUESTION)


def tell(
    db: Database,
    introduction_id: int,
    participant_id: str,
    text: str,
    *,
    by: str,
    links: Links,
    now: datetime,
    version: int | None = None,
    terms: Terms = TERMS,
) -> None:
    """The coordinator answers a question; the party's time starts again when the letter with the answer has arrived."""
    means = Means(links, now, None, terms)
    db.transact(_tell, introduction_id, participant_id, text.strip(), by, means, version)


def _tell(
    session: Session, introduction_id: int, participant_id: str, text: str, by: str, means: Means, version: int | None
) -> None:
    introduction = introductions.get(session, introduction_id)
    introductions.refuse_old(introduction, version)
    party = introduction.party(participant_id)
    if not text:
        raise NotAllowed("Please write an answer.")
    if not party.is_open or party.asks is None:
        raise NotAllowed("There is no open question.")
    party.asks, party.asks_until, party.reply = None, None, text
    sides = with_one_clock(session, introduction, party)
    waits = any(each.asks is not None for each in sides)
    for each in sides:
        each.waits, each.delivered_at = waits, None
    _write(means.within(session), introduction, party)
    introductions.step(session, introduction, Act.EXTEND, Who.COORDINATOR, means.now, by=by, terms=means.terms)


def _write(letters: Correspondence, introduction: Introduction, party: Party) -> None:
    session, chooses = letters.session, introduction.state is State.OFFERED
    letters.tell_me_more_answer(
        introduction, party, introductions.offered_to(session, party.participant_id) if chooses else []
    )


def write_again(letters: Correspondence, introduction: Introduction, party: Party) -> bool:
    """Writes anew what was answered to somebody whose letter was lost; False where there is no answer.

    It leads to the question, so that this needs no other letter.
    """
    session, who = letters.session, party.participant_id
    asked = introductions.offered_to(session, who) if introduction.state is State.OFFERED else [introduction]
    answered = [each for each in asked if each.party(who).reply is not None]
    if not answered:
        return False
    for each in asked:
        each.party(who).asked_at = letters.now
        introductions.touch(session, each, Change.ASK_AGAIN, letters.now)
    for each in answered:
        _write(letters, each, each.party(who))
    return True
