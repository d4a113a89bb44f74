"""Letters of the path: one short method for each, written into the outbox in the transaction that causes it."""

import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from matcher.domain import hours
from matcher.domain.aftercare import CHOICES, About, Agreement
from matcher.domain.introductions import TERMS, Asks, Introduction, Kind, Outcome, Part, Party, State, Terms
from matcher.domain.letters import Letter, LetterKind, Links, Need, letter_key
from matcher.domain.meetings import Meeting
from matcher.domain.people import (
    CONFIRM_HOURS,
    SIGN_IN_MINUTES,
    ConsentKind,
    Coordinator,
    Participant,
    Standing,
)
from matcher.domain.profiles import Profile
from matcher.domain.vocabulary import Vocabulary
from matcher.mail.writing import compose
from matcher.storage import outbox, tracking
from matcher.storage import people as people_rows
from matcher.workflow import cards

log = logging.getLogger(__name__)

_K = LetterKind


@dataclass
class Correspondence:
    """Writes letters within one transaction. `vocabulary` is needed for letters with a card or reasons."""

    session: Session
    links: Links
    now: datetime
    vocabulary: Vocabulary | None = None
    terms: Terms = TERMS
    _profiles: dict[str, Profile] = field(default_factory=dict)

    # -- signing up and in -------------------------------------------------------------------------------------------

    def confirm_address(self, person: Participant, token: str) -> None:
        """Asks somebody new to confirm the address."""
        facts = {"url": self.links.confirm(token), "hours": CONFIRM_HOURS}
        # Only the newest token works: one letter for each, and those that still wait are of no use any more.
        outbox.cancel_kind(self.session, person.id, _K.CONFIRM_ADDRESS, "a newer letter was written")
        self._to(person, _K.CONFIRM_ADDRESS, facts, key=(person.id, _once()))

    def already_signed_up(self, person: Participant) -> None:
        """Somebody signed up with an address that is known: tells its owner, and nobody else."""
        facts = {"url": self.links.page("/sign-in")}
        self._to(person, _K.ALREADY_SIGNED_UP, facts, key=(person.id, _moment(self.now)))

    def sign_in(self, reader: Participant | Coordinator, token: str, code: str, token_hash: str) -> None:
        """A link and a code to sign in with."""
        facts = {"url": self.links.sign_in(token), "code": code, "minutes": SIGN_IN_MINUTES}
        owner = reader.id if isinstance(reader, Participant) else None
        self._write(reader, _K.SIGN_IN, facts, key=(token_hash[:32],), participant_id=owner)

    # -- asking ------------------------------------------------------------------------------------------------------

    def suggestions(self, offered: Sequence[Introduction], *, again: bool = False) -> None:
        """One letter with all that a mentee can choose from; `again`: those that remain after one fell through."""
        mentee = self.person(str(offered[0].mentee_id))
        choices = [self._choice(introduction, mentee) for introduction in offered]
        facts = {"choices": choices, "deadline": self._deadline()}
        kind = _K.CHOOSE_AGAIN if again else _K.SUGGESTIONS
        concerns = [introduction.id for introduction in offered]
        about = ",".join(str(i) for i in concerns)
        self._to(mentee, kind, facts, key=(about, _once()), concerns=concerns)

    def question(self, introduction: Introduction, party: Party) -> None:
        """Asks one side of a pair about the other, or invites a member to a group."""
        person = self.person(party.participant_id)
        if introduction.kind is Kind.GROUP:
            facts, kind = self._group_facts(introduction, party, person), _K.GROUP_INVITATION
        elif party.part is Part.MENTOR:
            facts, kind = self._side(introduction, person, about="mentee"), _K.QUESTION_TO_MENTOR
        else:
            facts, kind = self._side(introduction, person, about="mentor"), _K.QUESTION_TO_MENTEE
            facts["mentor_said_yes"] = introduction.part(Part.MENTOR).said_yes
        facts |= {"url": self._url(introduction, party), "deadline": self._deadline()}
        self._about(person, kind, introduction, party, facts, _moment(party.asked_at or self.now))

    def reminder(self, open_questions: Sequence[tuple[Introduction, Party]]) -> bool:
        """One letter that reminds somebody of all these open questions, the most urgent first."""
        first, *further = [self._reminded(introduction, party) for introduction, party in open_questions]
        introduction, party = open_questions[0]
        alone = {"introduction": introduction, "party": party}
        several = {"concerns": [introduction.id for introduction, _ in open_questions]}
        how = several if further else alone
        person = self.person(party.participant_id)
        return self._to(person, _K.REMINDER, {**first, "further": further}, key=(person.id, _once()), **how)

    def _reminded(self, introduction: Introduction, party: Party) -> dict[str, Any]:
        deadline = party.deadline.isoformat() if party.deadline else self._deadline()
        what = "group" if introduction.kind is Kind.GROUP else _REMINDED.get(introduction.state, "question")
        return {"what": what, "url": self._url(introduction, party), "deadline": deadline}

    def tell_me_more_answer(
        self,
        introduction: Introduction,
        party: Party,
        offered: Sequence[Introduction] = (),
    ) -> None:
        """What the coordinator or the other side answered to a question.

        `offered`: all that somebody chooses from has one clock.
        """
        facts = {
            "question": party.question or "",
            "answer": party.reply or "",
            "by_other": party.replied_by is Asks.OTHER,
            "url": self._url(introduction, party),
            "deadline": self._deadline(),
        }
        person = self.person(party.participant_id)
        about = {"concerns": [each.id for each in offered]} if offered else {"introduction": introduction}
        key = (introduction.id, person.id, party.epoch, _once())
        self._to(person, _K.TELL_ME_MORE_ANSWER, facts, key=key, party=party, **about)

    def question_passed_on(self, introduction: Introduction, asker: Party) -> None:
        """One side of a pair would like to know something of the other; nobody's name is told."""
        [other] = introduction.others(asker.participant_id)
        until = asker.asks_until or self.now
        facts = {
            "question": asker.question or "",
            "url": self._url(introduction, other),
            "deadline": until.isoformat(),
        }
        # Whoever asks once more has all their words in the newer letter.
        kind = _K.QUESTION_PASSED_ON
        outbox.cancel_older(self.session, introduction.id or 0, kind, "a newer letter was written")
        key = (introduction.id, other.participant_id, other.epoch, _once())
        person = self.person(other.participant_id)
        self._to(person, kind, facts, key=key, introduction=introduction, party=other, not_after=until)

    # -- how it went on ----------------------------------------------------------------------------------------------

    def introduction(self, introduction: Introduction, *, only: str | None = None) -> None:
        """Both, or all who said yes, learn the others' name and contact: one letter each; `only`: one of them again."""
        sides = [party for party in introduction.parties if party.said_yes]
        people = {party.participant_id: self.person(party.participant_id) for party in sides}
        for party in (p for p in sides if only in (None, p.participant_id)):
            person = people[party.participant_id]
            if introduction.kind is Kind.GROUP:
                facts, kind = self._members(introduction, person, sides, people), _K.GROUP_INTRODUCTION
            else:
                other = next(people[p.participant_id] for p in sides if p is not party)
                facts, kind = self._meeting(introduction, person, other), _K.INTRODUCTION
            facts |= {"part": party.part.value, "url": self.links.page("/me")}
            more = self._nth(kind, introduction, party, again=only is not None)
            self._about(person, kind, introduction, party, facts, *more)

    def meeting(
        self,
        introduction: Introduction,
        party: Party,
        meeting: Meeting,
        what: str,
        *,
        mine: bool = False,
        ended: bool = False,
        named: bool = True,
        again: bool = False,
    ) -> None:
        """A time was proposed, moved or agreed, or (no `what`) cancelled; with its entry for the calendar."""
        person = self.session.get(Participant, party.participant_id)
        other = self.session.get(Participant, introduction.others(party.participant_id)[0].participant_id)
        if person is None or not person.email:
            return
        known = named and other is not None and bool(other.email)
        facts: dict[str, Any] = {
            "other": {**_contact(other), "timezone": other.timezone or "UTC"} if known and other is not None else {},
            "starts_at": meeting.starts_at.isoformat(),
            "minutes": meeting.minutes,
            "place": meeting.place if named else "",
            "uid": meeting.uid,
            "sequence": meeting.sequence,
            "url": self.links.page(f"/me/introductions/{introduction.id}/meeting"),
        }
        facts |= {"what": what, "mine": mine} if what else {"ended": ended}
        kind = _K.MEETING if what else _K.MEETING_CANCELLED
        key = (introduction.id, person.id, meeting.sequence, *self._nth(kind, introduction, party, again=again))
        self._to(person, kind, facts, key=key, introduction=introduction)

    def place_gone(self, mentee: Participant, introduction: Introduction) -> None:
        """Nothing that was offered has a place any more."""
        self._to(mentee, _K.PLACE_GONE, {"choices": []}, key=(introduction.id, mentee.id))

    def expired(self, introduction: Introduction, party: Party) -> None:
        """The time for an answer is over."""
        self._notice(_K.EXPIRED, introduction, party)

    def not_available(self, introduction: Introduction, party: Party) -> None:
        """The neutral word for every way in which a suggestion comes to nothing, or an introduction ends early."""
        ended = introduction.introduced_at is not None
        self._notice(_K.NOT_AVAILABLE, introduction, party, ended=ended, yes=party.said_yes)

    def closed(self, introduction: Introduction, party: Party, *, again: bool = False) -> None:
        """An introduction has come to its close; asks for feedback."""
        self._notice(
            _K.CLOSED,
            introduction,
            party,
            other=self._other(introduction, party),
            group=introduction.kind is Kind.GROUP,
            silent=introduction.outcome is Outcome.NO_WORD,
            again=again,
            url=self.links.exit(introduction.id or 0, party.participant_id, party.epoch),
        )

    def first_contact_check(
        self, introduction: Introduction, party: Party, day: int, ends: datetime | None = None, *, again: bool = False
    ) -> bool:
        """Have they talked? `ends`: when it ends by itself if nobody answers this. False when it was asked.

        `again`: in the place of a letter that was lost.
        """
        taps = self._taps(introduction, party, About.CONTACT, day)
        facts = {"taps": taps, "ends": ends.isoformat() if ends else None}
        n = f"{day}:{AGAIN}" if again else day
        return self._check(_K.FIRST_CONTACT_CHECK, introduction, party, n, facts)

    def check_in(self, introduction: Introduction, party: Party, day: int, *, closing: bool = False) -> bool:
        """How is it going? `closing`: the time agreed on is over; go on or close? False when it was asked."""
        facts: dict[str, Any] = {"taps": self._taps(introduction, party, About.GOING, day)}
        if closing:
            facts["url"] = self._own_page(introduction)
        kind = _K.CLOSING if closing else _K.CHECK_IN
        return self._check(kind, introduction, party, day, facts)

    def exit(self, introduction: Introduction, party: Party) -> bool:
        """How was it? For whoever was not told of the end by letter. False when it was asked."""
        url = self.links.exit(introduction.id or 0, party.participant_id, party.epoch)
        return self._check(_K.EXIT, introduction, party, 0, {"url": url})

    def agreement(self, introduction: Introduction, party: Party, found: Agreement) -> bool:
        """Somebody wrote down what to expect of each other; this one is asked to tick it, too."""
        facts = {
            "hours": found.hours,
            "cadence": found.cadence.value,
            "months": found.months,
            "text": found.words,
            "changed": found.version > 1,
            "url": self._own_page(introduction) + "#agreement",
        }
        return self._check(_K.AGREEMENT, introduction, party, found.version, facts)

    def hours(self, introduction: Introduction, party: Party) -> None:
        """There are hours to confirm; once a week at most: what comes after this week's letter is in next week's."""
        earlier = letter_key(_K.HOURS, introduction.id, party.participant_id)
        if tracking.is_waiting(self.session, earlier):
            return
        last = tracking.last_sent(self.session, earlier)
        not_before = None if last is None else last + timedelta(days=7)
        facts = {"url": self._own_page(introduction) + "#hours"}
        self._check(_K.HOURS, introduction, party, _once(), facts, not_before=not_before)

    def standing(self, person: Participant, kind: LetterKind) -> None:
        """Confirms that somebody pauses or has left."""
        until = person.paused_until.isoformat() if person.paused_until else None
        facts = {"until": until, "url": self.links.page("/sign-in")}
        self._to(person, kind, facts, key=(person.id, _once()))

    def coordinators(self, need: Need, subject: object = None) -> None:
        """Tells the coordinators that they are needed.

        A letter that still waits says it already. Whoever waits for them is urgent (`AT_ONCE`); of everything else they
        hear once a day at most, and what comes after today's letter is in tomorrow's. With a `subject` they are told
        once, however often it is found.
        """
        facts = {"what": need.value, "url": self.links.page("/desk")}
        for coordinator in people_rows.active_coordinators(self.session):
            about = f"{need.value}:{coordinator.id}"
            earlier = letter_key(_K.COORDINATOR_NEEDED, about)
            if need is not Need.CONCERN and tracking.is_waiting(self.session, earlier):
                continue
            last = None if need in AT_ONCE else tracking.last_sent(self.session, earlier)
            not_before = None if last is None else last + timedelta(days=1)
            key = (about, _once() if subject is None else subject)
            self._write(coordinator, _K.COORDINATOR_NEEDED, facts, key=key, not_before=not_before)

    # -- facts -------------------------------------------------------------------------------------------------------

    @cached_property
    def _crowd(self) -> cards.Crowd:
        return cards.crowd(self.session, self._words)

    @property
    def _words(self) -> Vocabulary:
        if self.vocabulary is None:
            raise TypeError("this letter needs the vocabulary")
        return self.vocabulary

    def person(self, participant_id: str) -> Participant:
        """Somebody of the programme, by id."""
        return people_rows.participant(self.session, participant_id)

    def _profile(self, participant_id: str) -> Profile:
        if participant_id not in self._profiles:
            self._profiles[participant_id] = people_rows.profile_of(self.person(participant_id), self._words)
        return self._profiles[participant_id]

    def _deadline(self) -> str:
        return (self.now + self.terms.answer).isoformat()

    def _url(self, introduction: Introduction, party: Party) -> str:
        return self.links.answer(introduction.id or 0, party.participant_id, party.epoch)

    def _side(self, introduction: Introduction, reader: Participant, *, about: str) -> dict[str, Any]:
        """Card of the one (`about`), reasons and affinity of a pair, for the other."""
        mentee, mentor = self._profile(str(introduction.mentee_id)), self._profile(str(introduction.mentor_id))
        shown = mentee if about == "mentee" else mentor
        consents = people_rows.standing_consents(self.session, shown.id)
        card = cards.card(shown, self._words, reader.language, self._crowd, show_text=ConsentKind.SHOW_TEXT in consents)
        told = cards.reasons_for(
            introduction.explanation,
            mentee,
            mentor,
            self._words,
            reader="mentor" if about == "mentee" else "mentee",
            language=reader.language,
        )
        return {"card": card, "affinity": introduction.affinity, **told}

    def _choice(self, introduction: Introduction, mentee: Participant) -> dict[str, Any]:
        party = introduction.party(mentee.id)
        side = self._side(introduction, mentee, about="mentor")
        return {"introduction_id": introduction.id, "url": self._url(introduction, party), **side}

    def _group_facts(self, introduction: Introduction, party: Party, person: Participant) -> dict[str, Any]:
        told = cards.group_words(introduction.explanation, self._words, person.language, person.timezone)
        return {
            "label": introduction.called(person.language),
            "size": len(introduction.parties),
            "part": party.part.value,
            "reasons": told["reasons"],
            "hours": told["hours"],
        }

    def _members(
        self,
        introduction: Introduction,
        reader: Participant,
        sides: Iterable[Party],
        people: Mapping[str, Participant],
    ) -> dict[str, Any]:
        told = cards.group_words(introduction.explanation, self._words, reader.language, reader.timezone)
        members = [
            {
                **_contact(people[p.participant_id]),
                "facilitator": p.part is Part.FACILITATOR,
                "brings": told["brings"].get(p.participant_id, ""),
            }
            for p in sides
        ]
        return {
            "label": introduction.called(reader.language),
            "members": members,
            "rota": [people[id].name for id in introduction.explanation.get("rota", []) if id in people],
            "hours": told["hours"],
            "reasons": told["reasons"],
        }

    def _meeting(self, introduction: Introduction, reader: Participant, other: Participant) -> dict[str, Any]:
        about = "mentor" if reader.id == introduction.mentee_id else "mentee"
        side = self._side(introduction, reader, about=about)
        both = (self._profile(reader.id), self._profile(other.id))
        hours = cards.hours_in_words(cards.common_hours(*both, self._words, self.now), reader.timezone, reader.language)
        return {"other": _contact(other), "reasons": side["reasons"], "hours": hours}

    def _other(self, introduction: Introduction, party: Party) -> str:
        """The name of the other, or of the group, once it was disclosed."""
        if introduction.introduced_at is None:
            return ""
        if introduction.kind is Kind.GROUP:
            return introduction.called(self.person(party.participant_id).language)
        other = self.session.get(Participant, introduction.others(party.participant_id)[0].participant_id)
        return other.name if other is not None else ""

    # -- writing -----------------------------------------------------------------------------------------------------

    def reword(self, letter: Letter, facts: Mapping[str, Any]) -> None:
        """A letter that has not left says something else; one that cannot be written so says nothing any more."""
        letter.facts = {**letter.facts, **facts}
        try:
            composed = compose(letter, self.links, self.now)
        except Exception:
            log.exception("letter %s could not be written anew", letter.key)
            outbox.empty(self.session, letter, "the person was erased", keep_address=True)
            return
        letter.subject, letter.message_id, letter.raw = composed.subject, composed.message_id, composed.raw

    def _nth(self, kind: LetterKind, introduction: Introduction, party: Party, *, again: bool) -> list[int]:
        """For the key of a letter that is written `again`, since the one before was lost."""
        return [tracking.how_many(self.session, introduction.id or 0, party.participant_id, kind)] if again else []

    def _notice(
        self, kind: LetterKind, introduction: Introduction, party: Party, *, again: bool = False, **more: Any
    ) -> None:
        person = self.session.get(Participant, party.participant_id)
        if person is not None and person.status is not Standing.ERASED and person.email:
            facts = {"part": party.part.value, "url": self.links.page("/me"), **more}
            key = (introduction.id, person.id, *self._nth(kind, introduction, party, again=again))
            self._to(person, kind, facts, key=key, introduction=introduction)

    def _check(
        self,
        kind: LetterKind,
        introduction: Introduction,
        party: Party,
        n: int | str,
        facts: dict[str, Any],
        *,
        not_before: datetime | None = None,
    ) -> bool:
        person = self.person(party.participant_id)
        told = {"other": self._other(introduction, party), "group": introduction.kind is Kind.GROUP, **facts}
        key = (introduction.id, person.id, n)
        return self._to(person, kind, told, key=key, introduction=introduction, party=party, not_before=not_before)

    def _taps(self, introduction: Introduction, party: Party, about: About, day: int) -> list[dict[str, str]]:
        """A link for each answer."""
        about_whom = (introduction.id or 0, party.participant_id, party.epoch, day)
        return [{"answer": said.value, "url": self.links.tap(*about_whom, said.value)} for said in CHOICES[about]]

    def _own_page(self, introduction: Introduction) -> str:
        return self.links.page(f"/me/introductions/{introduction.id}")

    def _about(
        self,
        person: Participant,
        kind: LetterKind,
        introduction: Introduction,
        party: Party,
        facts: dict[str, Any],
        *more: object,
    ) -> None:
        key = (introduction.id, person.id, party.epoch, *more)
        self._to(person, kind, facts, key=key, introduction=introduction, party=party)

    def _to(self, person: Participant, kind: LetterKind, facts: dict[str, Any], **how: Any) -> bool:
        return self._write(person, kind, {**facts, "timezone": person.timezone}, participant_id=person.id, **how)

    def _write(
        self,
        reader: Participant | Coordinator,
        kind: LetterKind,
        facts: dict[str, Any],
        *,
        key: Sequence[object],
        participant_id: str | None = None,
        introduction: Introduction | None = None,
        party: Party | None = None,
        concerns: Sequence[int | None] = (),
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> bool:
        name = letter_key(kind, *key)
        if tracking.knows(self.session, name):
            return False
        if not_before is None and isinstance(reader, Participant) and outbox.may_wait(kind):
            not_before = hours.next_open(reader, self.now, self.terms)
        letter = Letter(
            kind=kind,
            key=name,
            to=reader.email or "",
            language=reader.language,
            participant_id=participant_id,
            facts={"name": reader.name, **facts},
            introduction_id=introduction.id if introduction else None,
            epoch=party.epoch if party else None,
            concerns=[each for each in concerns if each is not None],
            not_before=not_before,
            not_after=not_after,
        )
        try:
            composed = compose(letter, self.links, self.now)
        except Exception as error:
            # Somebody's answer must not fail for the sake of another's letter; the desk shows it among those given up.
            log.exception("letter %s could not be written", name)
            outbox.post_failed(self.session, letter, f"it could not be written ({type(error).__name__})", self.now)
        else:
            outbox.post(self.session, letter, composed, self.now)
        return True


@dataclass(frozen=True, slots=True)
class Means:
    """What a Correspondence needs besides the session, so that a transaction can be run again."""

    links: Links
    now: datetime
    vocabulary: Vocabulary | None = None
    terms: Terms = TERMS

    def within(self, session: Session) -> Correspondence:
        """Letters written within one transaction."""
        return Correspondence(session, self.links, self.now, self.vocabulary, self.terms)


AGAIN = "again"
"""Ends the key of a letter that is written in the place of one that was lost."""

AT_ONCE = frozenset({Need.QUESTION, Need.CONCERN, Need.INTRODUCTION_LOST})
"""What a coordinator hears of without delay: somebody waits for their word."""

_REMINDED = {State.OFFERED: "suggestions"}


def _contact(person: Participant) -> dict[str, Any]:
    return {"name": person.name, "email": person.email or "", "note": person.answers.get("contact_note", "")}


def _moment(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%S.%f")


def _once() -> str:
    """For the key of a letter of which there may be any number, two in one moment too: what causes it happens once."""
    return secrets.token_hex(8)
