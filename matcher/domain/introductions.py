"""Introductions: the one table of allowed steps, and `Introduction.take`, the only place that decides about a state.

A pair (mentee, mentor) and a collaboration group are one thing, an introduction with parties and their answers. In the
mode "choose" the mentee is offered a few introductions and picks one; in the mode "assigned" the pair is asked. From
`asking` on both modes and groups share everything.

    draft -> offered -> asking -> agreed -> introduced -> active -> closed
    draft ------------> asking        and every live state can end as declined, expired, withdrawn or void

From `asking` until its end a pair holds one of the mentor's places and is the mentee's only one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """Where an introduction stands."""

    DRAFT = "draft"
    OFFERED = "offered"
    ASKING = "asking"
    AGREED = "agreed"
    INTRODUCED = "introduced"
    ACTIVE = "active"
    CLOSED = "closed"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    VOID = "void"
    DISCARDED = "discarded"


HOLDING = frozenset({State.ASKING, State.AGREED, State.INTRODUCED, State.ACTIVE})
"""States in which a pair holds a place of the mentor and is its mentee's only one."""

LIVE = HOLDING | {State.OFFERED}
"""States that somebody outside knows of and that still go on."""

FINAL = frozenset({State.CLOSED, State.DECLINED, State.EXPIRED, State.WITHDRAWN, State.VOID})
"""States that nobody leaves; a new introduction is a new row. A discarded draft nobody has seen can be restored."""

DISCLOSED = frozenset({State.INTRODUCED, State.ACTIVE})
"""States in which the parties know each other's name and contact."""

CONCERN = "concern"
"""The reason of an end that keeps its people apart for ever."""


class Who(StrEnum):
    """In which capacity somebody takes a step."""

    MENTEE = "mentee"
    PARTY = "party"
    COORDINATOR = "coordinator"
    SYSTEM = "system"


class Act(StrEnum):
    """What can be done to an introduction."""

    OFFER = "offer"  # a coordinator approves it, mode choose
    ASK = "ask"  # a coordinator approves it, mode assigned and groups
    DISMISS = "dismiss"
    RESTORE = "restore"
    PICK = "pick"  # the mentee's yes to one of the offered ones
    YES = "yes"  # a yes while others are still asked
    NO = "no"  # a group goes on without one member
    MORE = "more"  # "tell me more": a question to the coordinator or the other side
    EXTEND = "extend"
    AGREE = "agree"  # the answer that completes it
    DECLINE = "decline"  # the answer that ends it
    UNDO = "undo"  # a change of mind before contacts are shared
    INTRODUCE = "introduce"  # contacts are shared
    NO_CONTACT = "no_contact"
    CONFIRM = "confirm"  # the first conversation took place
    CLOSE = "close"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    CONCERN = "concern"  # somebody reports a concern: ends at once, the pair never meets again
    VOID = "void"  # a person left or took back consent


class Change(StrEnum):
    """What changes without a step."""

    NEW_ADDRESS = "new_address"  # links sent before are inert
    ASK_AGAIN = "ask_again"  # its question is written once more
    TAKEN_BACK = "taken_back"  # a coordinator took the letter back that asks
    CONTACT = "contact"  # a word about the first conversation, when it is known already
    FEEDBACK = "feedback"
    MEMBERS = "change_members"  # of a group that is a draft
    RENAME = "rename"
    ERASE = "erase"  # what it told of somebody who is erased has gone
    FOLLOWED_UP = "followed_up"  # it came to nothing, and what comes next has been looked after
    REPLY = "reply"  # a question of the other side was answered
    HANDED_ON = "handed_on"  # a question that the other side leaves open is the coordinator's now
    HOURS = "hours"  # a meeting that took place was told of, confirmed, or taken off the list
    MEETING = "meeting"  # a time for the first conversation was proposed, agreed or cancelled


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the table: where an act leads and who may take it."""

    to: State
    who: frozenset[Who]


_S, _A = State, Act
_party, _coordinator, _system, _mentee = Who.PARTY, Who.COORDINATOR, Who.SYSTEM, Who.MENTEE


def _rows(act: Act, sources: Iterable[State], to: State, *who: Who) -> dict[tuple[State, Act], Step]:
    return {(source, act): Step(to, frozenset(who)) for source in sources}


STEPS: Mapping[tuple[State, Act], Step] = {
    **_rows(_A.OFFER, [_S.DRAFT], _S.OFFERED, _coordinator),
    **_rows(_A.ASK, [_S.DRAFT], _S.ASKING, _coordinator),
    **_rows(_A.DISMISS, [_S.DRAFT], _S.DISCARDED, _coordinator, _system),
    **_rows(_A.RESTORE, [_S.DISCARDED], _S.DRAFT, _coordinator),
    **_rows(_A.PICK, [_S.OFFERED], _S.ASKING, _mentee, _coordinator),
    **_rows(_A.YES, [_S.ASKING], _S.ASKING, _party, _coordinator),
    **_rows(_A.NO, [_S.ASKING], _S.ASKING, _party, _coordinator, _system),
    **_rows(_A.NO, [_S.AGREED], _S.AGREED, _party, _coordinator, _system),
    **_rows(_A.NO, [_S.INTRODUCED], _S.INTRODUCED, _party, _coordinator, _system),
    **_rows(_A.NO, [_S.ACTIVE], _S.ACTIVE, _party, _coordinator, _system),
    **_rows(_A.MORE, [_S.OFFERED], _S.OFFERED, _party),
    **_rows(_A.MORE, [_S.ASKING], _S.ASKING, _party),
    **_rows(_A.EXTEND, [_S.OFFERED], _S.OFFERED, _coordinator),
    **_rows(_A.EXTEND, [_S.ASKING], _S.ASKING, _coordinator),
    **_rows(_A.AGREE, [_S.ASKING], _S.AGREED, _party, _coordinator, _system),
    **_rows(_A.DECLINE, [_S.OFFERED, _S.ASKING], _S.DECLINED, _party, _coordinator, _system),
    **_rows(_A.UNDO, [_S.ASKING, _S.AGREED], _S.DECLINED, _party, _coordinator),
    **_rows(_A.INTRODUCE, [_S.AGREED], _S.INTRODUCED, _system),
    **_rows(_A.NO_CONTACT, [_S.INTRODUCED], _S.INTRODUCED, _party),
    **_rows(_A.CONFIRM, [_S.INTRODUCED], _S.ACTIVE, _party, _coordinator),
    **_rows(_A.CLOSE, [_S.INTRODUCED], _S.CLOSED, _party, _coordinator, _system),
    **_rows(_A.CLOSE, [_S.ACTIVE], _S.CLOSED, _party, _coordinator),
    **_rows(_A.EXPIRE, [_S.OFFERED, _S.ASKING], _S.EXPIRED, _system),
    **_rows(_A.WITHDRAW, LIVE, _S.WITHDRAWN, _coordinator, _system),
    **_rows(_A.CONCERN, LIVE, _S.WITHDRAWN, _party, _coordinator),
    **_rows(_A.VOID, [_S.DRAFT, *LIVE], _S.VOID, _party, _system),
}
"""The table of allowed steps: (state, act) -> where it leads and who may. Everything not listed is refused."""

NEEDS_REASON = frozenset({Act.WITHDRAW})
"""Acts that a coordinator takes only with a reason."""


class Kind(StrEnum):
    """A pair of mentee and mentor, or a collaboration group."""

    PAIR = "pair"
    GROUP = "group"


class Mode(StrEnum):
    """How a pair is asked: the mentee chooses among offers, or the approved pair is asked directly."""

    CHOOSE = "choose"
    ASSIGNED = "assigned"


class Order(StrEnum):
    """Who is asked first in the mode "assigned"."""

    MENTOR_FIRST = "mentor_first"
    MENTEE_FIRST = "mentee_first"
    BOTH = "both"


class Part(StrEnum):
    """What a party is in an introduction."""

    MENTEE = "mentee"
    MENTOR = "mentor"
    FACILITATOR = "facilitator"
    MEMBER = "member"


class Answer(StrEnum):
    """A party's answer. PENDING: asked or still to be asked; NOT_NOW and NO both decline."""

    PENDING = "pending"
    YES = "yes"
    NOT_NOW = "not_now"
    NO = "no"


class Asks(StrEnum):
    """Who is to answer a question of "tell me more"."""

    COORDINATOR = "coordinator"
    OTHER = "other"  # the other side of the pair, without names


class Outcome(StrEnum):
    """How a closed introduction ended, in the words of the person who closed it; NO_WORD: by itself, in silence."""

    GOALS_REACHED = "goals_reached"
    GOOD_ENOUGH = "good_enough"
    NO_TIME = "no_time"
    NOT_A_FIT = "not_a_fit"
    NEVER_MET = "never_met"
    OTHER = "other"
    NO_WORD = "no_word"


class NotAllowed(ValueError):
    """A step that the rules refuse. `message` is a sentence for people (a msgid), `facts` fill its placeholders."""

    for_people = True

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message % facts if facts else message)
        self.message = message
        self.facts = facts


class Overtaken(NotAllowed):
    """Somebody else was faster; the page shows how things stand now (HTTP 409)."""


class NoPlace(NotAllowed):
    """The mentor has no place left, pauses or has left."""

    def __init__(self) -> None:
        super().__init__("This mentor has no place left at the moment.")


class NotFound(NotAllowed):
    """There is no such person, introduction or round, or it is none of the asker's business (HTTP 404)."""

    def __init__(self) -> None:
        super().__init__("There is nothing here for you.")


@dataclass(frozen=True, slots=True)
class Terms:
    """The programme's periods and limits; a programme may set its own."""

    answer: timedelta = timedelta(days=7)  # per party, from the moment the letter was accepted for delivery
    grace: timedelta = timedelta(hours=24)  # silent, after the deadline that was told
    undo: timedelta = timedelta(minutes=10)
    reply: timedelta = timedelta(days=3)  # for a question to the other side; then it is the coordinator's
    reminders: tuple[timedelta, ...] = (timedelta(days=3), timedelta(days=6))
    cool_down: timedelta = timedelta(days=180)
    quota_period: timedelta = timedelta(days=30)
    asks_per_mentee: int = 3
    asks_per_mentor: int = 2  # or as many as the mentor has places, if that is more
    first_contact: tuple[int, ...] = (5, 14)  # days after the introduction on which "have you talked" is asked
    check_ins: tuple[int, ...] = (10, 28)  # days on which "how is it going" is asked, then every so many days
    check_in_every: int = 30
    no_word: timedelta = timedelta(days=16)  # after the last "have you talked": without any answer it ends
    pause_after: timedelta = timedelta(days=90)  # a break wished for at the end
    stale_draft: timedelta = timedelta(days=30)
    quiet_from: int = 20  # o'clock where the person lives; a deadline never ends between the two
    quiet_until: int = 8
    unconfirmed: timedelta = timedelta(days=7)
    quorum: int = 3


TERMS = Terms()


@dataclass(eq=False, kw_only=True)
class Party:
    """One side of an introduction: a person, what they are in it, and their answer.

    `epoch` is carried by every link; raising it makes the links sent before inert. `deadline` is empty until the letter
    that asks was accepted for delivery, and while `waits`: a question of this person is open. `asks` says of whom.
    """

    participant_id: str
    part: Part
    answer: Answer = Answer.PENDING
    epoch: int = 1
    asked_at: datetime | None = None
    delivered_at: datetime | None = None
    deadline: datetime | None = None
    extended: bool = False
    undeliverable: bool = False
    reminded_at: datetime | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None  # "coordinator:…" where somebody answered on behalf
    reason: str | None = None
    question: str | None = None  # the newest, also when it has been answered
    asks: Asks | None = None  # whose answer to the question is still to come
    asks_until: datetime | None = None  # of the other side; then the coordinator is asked
    reply: str | None = None  # the answer to the question
    waits: bool = False
    taken_back: bool = False  # a coordinator took the letter back that asks
    contact: bool | None = None  # did the first conversation take place; None: not said
    feedback: dict[str, Any] = field(default_factory=dict)
    id: int | None = None
    introduction_id: int | None = None

    @property
    def said_yes(self) -> bool:
        """Whether the answer is yes."""
        return self.answer is Answer.YES

    @property
    def replied_by(self) -> Asks | None:
        """Whose the answer to the question is: only the other side answers within a time."""
        if self.reply is None:
            return None
        return Asks.OTHER if self.asks_until is not None else Asks.COORDINATOR

    @property
    def is_open(self) -> bool:
        """Asked, and not answered yet."""
        return self.answer is Answer.PENDING and self.asked_at is not None


@dataclass(frozen=True, slots=True)
class Taken:
    """What `Introduction.take` did: the record for the audit log, and what it means for the mentor's places."""

    act: Act
    before: State
    after: State
    who: Who
    at: datetime

    @property
    def reserves(self) -> bool:
        """The step starts holding a place."""
        return self.before not in HOLDING and self.after in HOLDING

    @property
    def releases(self) -> bool:
        """The step gives the place back."""
        return self.before in HOLDING and self.after not in HOLDING

    @property
    def ends(self) -> bool:
        """The step leads to an end."""
        return self.after in FINAL or self.after is State.DISCARDED


_REFUSED_WHERE = {
    State.DRAFT: "This suggestion has not been approved yet.",
    State.OFFERED: "Nobody has chosen this suggestion yet.",
    State.ASKING: "The others have not all answered yet.",
    State.AGREED: "Everybody has said yes already.",
    State.INTRODUCED: "The introduction has been made already.",
    State.ACTIVE: "The conversation is under way already.",
    State.CLOSED: "This introduction has been closed.",
    State.DECLINED: "This suggestion was declined.",
    State.EXPIRED: "The time for an answer is over.",
    State.WITHDRAWN: "This suggestion was withdrawn.",
    State.VOID: "This introduction has ended.",
    State.DISCARDED: "This draft was dismissed.",
}


@dataclass(eq=False, kw_only=True)
class Introduction:
    """A pair or a group on its way from a draft to a good end.

    `affinity` in [0, 1]; `explanation` is the engine's Explanation as JSON (groups: shared reasons and what each adds);
    `rank` orders the suggestions of one mentee in a round, 1 is the pair of the global optimum.
    """

    kind: Kind = Kind.PAIR
    mode: Mode = Mode.CHOOSE
    ask_order: Order = Order.MENTOR_FIRST
    state: State = State.DRAFT
    mentee_id: str | None = None  # pairs only
    mentor_id: str | None = None  # pairs only
    round_id: int | None = None
    rank: int = 1
    affinity: float = 0.0
    explanation: dict[str, Any] = field(default_factory=dict)
    label: str = ""  # groups: a name such as "case consultation 2"
    quorum: int = 0  # groups
    created_at: datetime | None = None
    changed_at: datetime | None = None
    approved_at: datetime | None = None
    approved_by: str | None = None
    asked_at: datetime | None = None
    undo_until: datetime | None = None
    introduced_at: datetime | None = None
    active_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None
    outcome: Outcome | None = None
    followed_up: bool = False  # after a refusal: the mentee's way on has been looked after
    parties: list[Party] = field(default_factory=list)
    id: int | None = None
    version: int = 1

    @property
    def concern_at(self) -> datetime | None:
        """When somebody reported the newest concern about it; nothing else changes what ended with one."""
        return self.changed_at if self.end_reason == CONCERN else None

    def party(self, participant_id: str) -> Party:
        """This person's side; NotFound for a stranger."""
        for party in self.parties:
            if party.participant_id == participant_id:
                return party
        raise NotFound

    def called(self, language: str) -> str:
        """A group's name for this reader: as it was formed, in their language; as a coordinator wrote it, unchanged."""
        names = self.explanation.get("names", {})
        return str(names[language]) if self.label in names.values() and language in names else self.label

    def member(self, participant_id: str) -> Party:
        """The side of somebody who takes part; NotFound for a stranger, and for whoever declined or kept silent.

        Whoever left after the others were made known does count.
        """
        party = self.party(participant_id)
        waited_for = self.introduced_at is None and party.answer in (Answer.YES, Answer.PENDING)
        if not waited_for and not self.has_met(party):
            raise NotFound
        return party

    def has_met(self, party: Party) -> bool:
        """Whether contacts were shared with this side: it said yes until then; it may have left since."""
        if self.introduced_at is None:
            return False
        return party.said_yes or (party.answered_at is not None and party.answered_at >= self.introduced_at)

    def others(self, participant_id: str) -> list[Party]:
        """Everybody but this person."""
        return [party for party in self.parties if party.participant_id != participant_id]

    def may_ask_other(self, participant_id: str) -> bool:
        """Whether this person's question may go to the other side: they know of each other, without names.

        What was asked of the coordinator stays with the coordinator until it is answered.
        """
        if self.kind is not Kind.PAIR or self.state is not State.ASKING:
            return False
        party, [other] = self.party(participant_id), self.others(participant_id)
        reached = other.asked_at is not None and not other.undeliverable and not other.taken_back
        return party.is_open and party.asks is not Asks.COORDINATOR and reached

    def asker(self, participant_id: str) -> Party | None:
        """The side that waits for this person's answer to a question."""
        if self.kind is not Kind.PAIR or self.state is not State.ASKING:
            return None
        [other] = self.others(participant_id)
        return other if other.is_open and other.asks is Asks.OTHER else None

    def part(self, part: Part) -> Party:
        """The party with this part (mentee, mentor, facilitator); NotFound where nobody has it."""
        for party in self.parties:
            if party.part is part:
                return party
        raise NotFound

    def take(
        self,
        act: Act,
        who: Who,
        now: datetime,
        *,
        terms: Terms = TERMS,
        reason: str | None = None,
    ) -> Taken:
        """Takes a step and returns its record, or raises NotAllowed with a sentence for people.

        The only place that writes `state`. It is saved by a conditional update: whoever is second gets Overtaken.
        """
        before = self.state
        step = STEPS.get((before, act))
        if step is None:
            raise NotAllowed(_REFUSED_WHERE[before])
        if who not in step.who:
            raise NotAllowed("This is for somebody else to decide.")
        if act in NEEDS_REASON and who is Who.COORDINATOR and not (reason or "").strip():
            raise NotAllowed("Please give a reason.")
        self._fits(act)
        self.state = step.to
        self.changed_at = now
        if step.to is not before:
            self._enter(step.to, now, terms, reason)
        return Taken(act, before, step.to, who, now)

    def _fits(self, act: Act) -> None:
        """Refuses acts that belong to the other mode or kind."""
        choosing = self.kind is Kind.PAIR and self.mode is Mode.CHOOSE
        if (act is Act.OFFER and not choosing) or (act is Act.ASK and choosing):
            raise NotAllowed("This round asks in another way.")
        if act is Act.NO and self.kind is not Kind.GROUP:
            raise NotAllowed("A pair ends with the first no.")

    def _enter(self, state: State, now: datetime, terms: Terms, reason: str | None) -> None:
        if state in (State.OFFERED, State.ASKING) and self.approved_at is None:
            self.approved_at = now
        if state is State.ASKING:
            self.asked_at = now
        elif state is State.AGREED:
            self.undo_until = now + terms.undo
        elif state is State.INTRODUCED:
            self.introduced_at = now
        elif state is State.ACTIVE:
            self.active_at = now
        elif state is State.DRAFT:
            self.ended_at = self.end_reason = None
        if state in FINAL or state is State.DISCARDED:
            self.ended_at = now
            self.end_reason = reason
        if state in FINAL:
            for party in self.parties:
                party.epoch += 1

    def record(self, participant_id: str, answer: Answer, now: datetime, *, reason: str | None = None) -> Act:
        """Writes a party's answer down and says which act it amounts to; `take` then decides whether that act may be.

        A yes completes a pair once both have said it, and a group once all have answered and the quorum is reached. A
        no ends a pair, and a group once its quorum or its facilitator is out of reach.
        """
        party = self.party(participant_id)
        party.answer, party.answered_at, party.reason = answer, now, reason
        party.asks, party.waits = None, False
        if self.kind is Kind.PAIR:
            if answer is not Answer.YES:
                return Act.DECLINE
            return Act.AGREE if all(p.said_yes for p in self.parties) else Act.YES
        if self.out_of_reach:
            return Act.DECLINE
        if self.all_answered:
            return Act.AGREE
        return Act.YES if answer is Answer.YES else Act.NO

    def has_part(self, party: Party) -> bool:
        """Whether this side may still meet the others: it said yes, or its answer is waited for."""
        waited_for = self.state in (State.DRAFT, State.OFFERED, State.ASKING)
        return party.said_yes or (waited_for and party.answer is Answer.PENDING)

    @property
    def all_answered(self) -> bool:
        """Whether nobody is left to wait for."""
        return all(party.answer is not Answer.PENDING for party in self.parties)

    @property
    def out_of_reach(self) -> bool:
        """Groups: too few can still say yes, or the facilitator said no."""
        possible = [p for p in self.parties if p.answer in (Answer.PENDING, Answer.YES)]
        facilitated = any(p.part is Part.FACILITATOR for p in possible)
        return len(possible) < self.quorum or not facilitated

    @property
    def has_quorum(self) -> bool:
        """Groups: enough people, the facilitator among them, have said yes."""
        yes = [p for p in self.parties if p.said_yes]
        return len(yes) >= self.quorum and any(p.part is Part.FACILITATOR for p in yes)

    def next_to_ask(self) -> list[Party]:
        """The parties whose turn it is and who have not been asked, in the order of asking."""
        waiting = [p for p in self.parties if p.answer is Answer.PENDING and p.asked_at is None]
        if self.kind is Kind.GROUP or self.ask_order is Order.BOTH or self.mode is Mode.CHOOSE:
            return waiting
        first = Part.MENTOR if self.ask_order is Order.MENTOR_FIRST else Part.MENTEE
        ordered = sorted(self.parties, key=lambda p: p.part is not first)
        turn = next((p for p in ordered if p.answer is Answer.PENDING), None)
        return [turn] if turn is not None and turn.asked_at is None else []


def pair(mentee_id: str, mentor_id: str, **fields: Any) -> Introduction:
    """A draft of a pair with its two parties."""
    parties = [Party(participant_id=mentee_id, part=Part.MENTEE), Party(participant_id=mentor_id, part=Part.MENTOR)]
    return Introduction(mentee_id=mentee_id, mentor_id=mentor_id, parties=parties, **fields)


def group(facilitator_id: str, member_ids: Iterable[str], **fields: Any) -> Introduction:
    """A draft of a collaboration group; the facilitator is one of its members."""
    parties = [
        Party(participant_id=person, part=Part.FACILITATOR if person == facilitator_id else Part.MEMBER)
        for person in sorted({facilitator_id, *member_ids})
    ]
    fields.setdefault("quorum", min(TERMS.quorum, len(parties)))
    return Introduction(kind=Kind.GROUP, mode=Mode.ASSIGNED, ask_order=Order.BOTH, parties=parties, **fields)
