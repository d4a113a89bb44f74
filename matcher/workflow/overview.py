"""What one participant may see of their own matters: questions open, introductions made, groups, how things ended.

Everything here is from one reader's side. Names and contacts appear only once an introduction has been made; of
somebody who said no, the reader learns that it did not come about, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.domain.introductions import (
    DISCLOSED,
    LIVE,
    Answer,
    Asks,
    Introduction,
    Kind,
    Mode,
    NotFound,
    Part,
    Party,
    State,
)
from matcher.domain.people import ConsentKind, Participant, Standing
from matcher.domain.profiles import Profile
from matcher.domain.vocabulary import Vocabulary
from matcher.storage import introductions
from matcher.storage import people as people_rows
from matcher.storage.database import Database
from matcher.workflow import cards

UNSEEN = frozenset({State.DRAFT, State.DISCARDED})


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody, disclosed by an introduction. `brings`: what this person adds to a group."""

    name: str
    email: str
    note: str = ""
    brings: str = ""
    facilitates: bool = False


@dataclass(frozen=True, slots=True)
class Matter:
    """An introduction as one of its parties sees it.

    `card` describes the other without a name (see `matcher.workflow.cards`; empty for groups); `reasons` and `weakest`
    are sentences in the reader's language. `my_turn`: an answer of the reader is awaited. `has_room`: the mentor of an
    offered pair can take somebody at this moment. `asks`: who is to answer the reader's question; `reply`: the answer
    to it, and `replied_by` whose; `asked_by_other`: a question of the other side that waits for the reader.
    """

    id: int
    kind: Kind
    mode: Mode
    state: State
    part: Part
    answer: Answer
    epoch: int
    my_turn: bool
    rank: int
    affinity: float
    deadline: datetime | None
    undo_until: datetime | None
    changed_at: datetime | None
    introduced_at: datetime | None
    question: str
    asks: Asks | None
    reply: str
    replied_by: Asks | None
    can_ask_other: bool
    asked_by_other: str
    contact_made: bool | None
    has_met: bool  # contacts were shared with the reader, who may have left since
    has_room: bool = True
    mentor_said_yes: bool = False
    label: str = ""
    size: int = 0
    hours: str = ""
    card: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    weakest: str = ""
    contacts: tuple[Contact, ...] = ()
    rota: tuple[str, ...] = ()
    timezone: str | None = None  # the reader's

    @property
    def is_group(self) -> bool:
        """A collaboration group, not a pair."""
        return self.kind is Kind.GROUP

    @property
    def can_undo(self) -> bool:
        """The reader said yes and nothing has been disclosed yet."""
        return self.answer is Answer.YES and self.state in (State.ASKING, State.AGREED)

    @property
    def is_made(self) -> bool:
        """The parties know each other's names."""
        return self.state in DISCLOSED and self.answer is Answer.YES

    @property
    def can_report(self) -> bool:
        """Names were exchanged, so a concern can be reported, also after the end."""
        return self.has_met

    @property
    def has_ended(self) -> bool:
        """Nothing more can happen here for the reader."""
        declined = self.answer in (Answer.NO, Answer.NOT_NOW)
        return self.state not in LIVE or declined or (self.state in DISCLOSED and not self.is_made)


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on a participant's page. `person` with standing and capacity; `consents` that stand."""

    person: Participant
    answers: Mapping[str, str]
    consents: frozenset[ConsentKind]
    open: tuple[Matter, ...]
    waiting: tuple[Matter, ...]
    made: tuple[Matter, ...]
    ended: tuple[Matter, ...]

    @property
    def is_paused(self) -> bool:
        """Out of matching until further word."""
        return self.person.status is Standing.PAUSED


def overview(db: Database, participant_id: str, *, vocabulary: Vocabulary, language: str, now: datetime) -> Overview:
    """The participant's page; NotFound for a stranger."""
    with db.read() as session:
        person = people_rows.participant(session, participant_id)
        view = _View(session, person, vocabulary, language, now)
        mine = [view.matter(each) for each in introductions.of_person(session, participant_id) if view.sees(each)]
        ended = [matter for matter in mine if matter.has_ended]
        return Overview(
            person=person,
            answers=people_rows.answers_of(person),
            consents=frozenset(people_rows.standing_consents(session, participant_id)),
            open=tuple(sorted((m for m in mine if m.my_turn), key=lambda m: (m.is_group, m.rank, m.id))),
            waiting=tuple(m for m in mine if not (m.my_turn or m.is_made or m.has_ended)),
            made=tuple(m for m in mine if m.is_made),
            ended=tuple(reversed(ended[-10:])),
        )


def matter(
    db: Database, introduction_id: int, participant_id: str, *, vocabulary: Vocabulary, language: str, now: datetime
) -> Matter:
    """One introduction; NotFound when the reader has no part in it or was never told of it."""
    with db.read() as session:
        person = people_rows.participant(session, participant_id)
        view = _View(session, person, vocabulary, language, now)
        found = introductions.get(session, introduction_id)
        if not view.sees(found):
            raise NotFound
        return view.matter(found)


def choices(db: Database, participant_id: str, *, vocabulary: Vocabulary, language: str, now: datetime) -> list[Matter]:
    """What a mentee can choose from, best first, those whose mentor has no room at the moment included."""
    with db.read() as session:
        person = people_rows.participant(session, participant_id)
        view = _View(session, person, vocabulary, language, now)
        return [view.matter(each) for each in introductions.offered_to(session, participant_id)]


@dataclass
class _View:
    """Looks at introductions with one person's eyes, within one transaction."""

    session: Session
    person: Participant
    vocabulary: Vocabulary
    language: str
    now: datetime
    _crowd: cards.Crowd | None = None

    def sees(self, introduction: Introduction) -> bool:
        """Whether this person has been told of it."""
        party = introduction.party(self.person.id)
        if introduction.state in UNSEEN:
            return False
        offered = introduction.state is State.OFFERED and party.part is Part.MENTEE
        return offered or party.asked_at is not None or party.answer is not Answer.PENDING

    def matter(self, introduction: Introduction) -> Matter:
        """The introduction from this side."""
        party = introduction.party(self.person.id)
        pair = introduction.kind is Kind.PAIR
        asker = introduction.asker(party.participant_id)
        side = self._pair(introduction, party) if pair else self._group(introduction, party)
        return Matter(
            id=introduction.id or 0,
            kind=introduction.kind,
            mode=introduction.mode,
            state=introduction.state,
            part=party.part,
            answer=party.answer,
            epoch=party.epoch,
            my_turn=_my_turn(introduction, party),
            rank=introduction.rank,
            affinity=introduction.affinity,
            deadline=party.deadline,
            undo_until=introduction.undo_until,
            changed_at=introduction.changed_at,
            introduced_at=introduction.introduced_at,
            question=party.question or "",
            asks=party.asks,
            reply=party.reply or "",
            replied_by=party.replied_by,
            can_ask_other=introduction.may_ask_other(party.participant_id),
            asked_by_other=(asker.question or "") if asker is not None else "",
            contact_made=party.contact,
            has_met=introduction.has_met(party),
            label=introduction.called(self.language),
            size=len(introduction.parties),
            contacts=self._contacts(introduction, party) if introduction.state in DISCLOSED else (),
            timezone=self.person.timezone,
            **side,
        )

    def _pair(self, introduction: Introduction, party: Party) -> dict[str, Any]:
        """Card of the other and reasons, while they are of use."""
        if introduction.state not in LIVE:
            return {}
        mentor_party = introduction.part(Part.MENTOR)
        about_mentor = party.part is Part.MENTEE
        mentee = people_rows.participant(self.session, str(introduction.mentee_id))
        mentor = people_rows.participant(self.session, str(introduction.mentor_id))
        sides = (people_rows.profile_of(mentee, self.vocabulary), people_rows.profile_of(mentor, self.vocabulary))
        shown = sides[1] if about_mentor else sides[0]
        consents = people_rows.standing_consents(self.session, shown.id)
        told = cards.reasons_for(
            introduction.explanation,
            sides[0],
            sides[1],
            self.vocabulary,
            reader="mentee" if about_mentor else "mentor",
            language=self.language,
        )
        return {
            "card": cards.card(
                shown, self.vocabulary, self.language, self._people(), show_text=ConsentKind.SHOW_TEXT in consents
            ),
            "reasons": tuple(told["reasons"]),
            "weakest": told["weakest"],
            "has_room": mentor.has_room or introduction.state is not State.OFFERED,
            "mentor_said_yes": about_mentor and mentor_party.said_yes,
            "hours": self._hours(*sides) if introduction.state in DISCLOSED else "",
        }

    def _hours(self, one: Profile, other: Profile) -> str:
        """The hours that both named, in words, where the reader lives."""
        hours = cards.common_hours(one, other, self.vocabulary, self.now)
        return cards.hours_in_words(hours, self.person.timezone, self.language)

    def _group(self, introduction: Introduction, party: Party) -> dict[str, Any]:
        told = self._told(introduction)
        rota: tuple[str, ...] = ()
        if introduction.state in DISCLOSED and party.said_yes:
            taking_part = {p.participant_id for p in introduction.parties if p.said_yes}
            leading = [each for each in introduction.explanation.get("rota", []) if each in taking_part]
            names = people_rows.these(self.session, leading)
            rota = tuple(names[each].name for each in leading if each in names)
        return {"reasons": tuple(told["reasons"]), "hours": told["hours"], "rota": rota}

    def _told(self, introduction: Introduction) -> dict[str, Any]:
        """What a group shares and what each adds, in the reader's words."""
        return cards.group_words(introduction.explanation, self.vocabulary, self.language, self.person.timezone)

    def _contacts(self, introduction: Introduction, party: Party) -> tuple[Contact, ...]:
        """Those who said yes, for one of them."""
        if not party.said_yes:
            return ()
        others = [other for other in introduction.others(party.participant_id) if other.said_yes]
        people = people_rows.these(self.session, [other.participant_id for other in others])
        brings = self._told(introduction)["brings"] if introduction.kind is Kind.GROUP else {}
        return tuple(
            Contact(
                name=people[other.participant_id].name,
                email=_confirmed_address(people[other.participant_id]),
                note=people[other.participant_id].answers.get("contact_note", ""),
                brings=brings.get(other.participant_id, ""),
                facilitates=other.part is Part.FACILITATOR,
            )
            for other in others
            if other.participant_id in people
        )

    def _people(self) -> cards.Crowd:
        if self._crowd is None:
            self._crowd = cards.crowd(self.session, self.vocabulary)
        return self._crowd


def _confirmed_address(person: Participant) -> str:
    """Empty while a new address waits for its owner's word: until then it may be a stranger's."""
    return "" if person.status is Standing.UNCONFIRMED else person.email or ""


def _my_turn(introduction: Introduction, party: Party) -> bool:
    if party.answer is not Answer.PENDING:
        return False
    if introduction.state is State.OFFERED:
        return party.part is Part.MENTEE
    return introduction.state is State.ASKING and party.asked_at is not None
