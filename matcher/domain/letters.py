"""Letters: what is written to whom, about what, and until when it makes sense to send it.

A letter is written in the transaction that causes it, with its bytes, Date and Message-ID fixed. Sending happens later
(`matcher.workflow.delivery`): at least once, never silently lost, and never when it has become stale.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import quote

from matcher.domain.introductions import State


class LetterKind(StrEnum):
    """Every kind of letter; each has a folder of templates."""

    CONFIRM_ADDRESS = "confirm_address"
    ALREADY_SIGNED_UP = "already_signed_up"
    SIGN_IN = "sign_in"
    SUGGESTIONS = "suggestions"
    QUESTION_TO_MENTOR = "question_to_mentor"
    QUESTION_TO_MENTEE = "question_to_mentee"
    TELL_ME_MORE_ANSWER = "tell_me_more_answer"
    QUESTION_PASSED_ON = "question_passed_on"  # of the other side, without names
    PLACE_GONE = "place_gone"
    CHOOSE_AGAIN = "choose_again"
    INTRODUCTION = "introduction"
    GROUP_INVITATION = "group_invitation"
    GROUP_INTRODUCTION = "group_introduction"
    REMINDER = "reminder"
    EXPIRED = "expired"
    NOT_AVAILABLE = "not_available"
    MEETING = "meeting"  # a time proposed, moved or agreed, with its calendar entry
    MEETING_CANCELLED = "meeting_cancelled"
    FIRST_CONTACT_CHECK = "first_contact_check"
    CHECK_IN = "check_in"
    CLOSING = "closing"
    CLOSED = "closed"
    EXIT = "exit"
    AGREEMENT = "agreement"
    HOURS = "hours"
    PAUSED = "paused"
    LEFT = "left"
    COORDINATOR_NEEDED = "coordinator_needed"


class LetterState(StrEnum):
    """Where a letter stands; all but QUEUED and SENDING are final, save that a report may come back about SENT."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Sign(StrEnum):
    """What is learnt about an address."""

    HARD = "hard"  # a report says that there is no such mailbox
    SOFT = "soft"  # a report says that a letter was given up, for a reason that may pass
    COMPLAINT = "complaint"  # the reader called a letter spam
    REFUSED = "refused"  # the mail server that took our letters named the address as wrong
    DELIVERED = "delivered"  # a report says that a letter arrived
    CONFIRMED = "confirmed"  # the reader confirmed the address by a letter


class Stream(StrEnum):
    """What somebody can unsubscribe from; ESSENTIAL (sign-in, confirmation, introductions) cannot be switched off."""

    ESSENTIAL = "essential"
    SUGGESTIONS = "suggestions"
    REMINDERS = "reminders"
    CHECK_INS = "check_ins"


_K, _S = LetterKind, State

STREAMS: Mapping[LetterKind, Stream] = {
    _K.SUGGESTIONS: Stream.SUGGESTIONS,
    _K.CHOOSE_AGAIN: Stream.SUGGESTIONS,
    _K.QUESTION_TO_MENTOR: Stream.SUGGESTIONS,
    _K.QUESTION_TO_MENTEE: Stream.SUGGESTIONS,
    _K.GROUP_INVITATION: Stream.SUGGESTIONS,
    _K.QUESTION_PASSED_ON: Stream.SUGGESTIONS,
    _K.REMINDER: Stream.REMINDERS,
    _K.FIRST_CONTACT_CHECK: Stream.CHECK_INS,
    _K.CHECK_IN: Stream.CHECK_INS,
    _K.CLOSING: Stream.CHECK_INS,
    _K.EXIT: Stream.CHECK_INS,
    _K.AGREEMENT: Stream.CHECK_INS,
    _K.HOURS: Stream.CHECK_INS,
}
"""The stream of each kind; all others are essential."""

CHOICES = frozenset({_K.SUGGESTIONS, _K.CHOOSE_AGAIN})
"""Kinds that list what a mentee can choose from: stale as soon as one of it has gone."""

WAITS_FOR_ANSWER = frozenset(
    {
        *CHOICES,
        _K.QUESTION_TO_MENTOR,
        _K.QUESTION_TO_MENTEE,
        _K.GROUP_INVITATION,
        _K.TELL_ME_MORE_ANSWER,
    }
)
"""Kinds that ask something: the party's deadline starts when the letter was accepted for delivery."""

FRESH_WHILE: Mapping[LetterKind, frozenset[State]] = {
    _K.SUGGESTIONS: frozenset({_S.OFFERED}),
    _K.CHOOSE_AGAIN: frozenset({_S.OFFERED}),
    _K.PLACE_GONE: frozenset({_S.OFFERED, _S.WITHDRAWN}),
    _K.QUESTION_TO_MENTOR: frozenset({_S.ASKING}),
    _K.QUESTION_TO_MENTEE: frozenset({_S.ASKING}),
    _K.GROUP_INVITATION: frozenset({_S.ASKING}),
    _K.TELL_ME_MORE_ANSWER: frozenset({_S.OFFERED, _S.ASKING}),
    _K.QUESTION_PASSED_ON: frozenset({_S.ASKING}),
    _K.REMINDER: frozenset({_S.OFFERED, _S.ASKING}),
    _K.INTRODUCTION: frozenset({_S.INTRODUCED, _S.ACTIVE}),
    _K.GROUP_INTRODUCTION: frozenset({_S.INTRODUCED, _S.ACTIVE}),
    _K.MEETING: frozenset({_S.INTRODUCED, _S.ACTIVE}),
    _K.FIRST_CONTACT_CHECK: frozenset({_S.INTRODUCED}),
    _K.CHECK_IN: frozenset({_S.ACTIVE}),
    _K.CLOSING: frozenset({_S.ACTIVE}),
    _K.EXIT: frozenset({_S.CLOSED}),
    _K.AGREEMENT: frozenset({_S.INTRODUCED, _S.ACTIVE}),
}
"""A letter about an introduction is sent only while the introduction is in one of these states; others: always."""

NEEDS_OPEN_ANSWER = WAITS_FOR_ANSWER | {_K.REMINDER, _K.TELL_ME_MORE_ANSWER}
"""Kinds that are stale as soon as the person has answered."""

SECRET = frozenset({_K.SIGN_IN, _K.CONFIRM_ADDRESS})
"""Kinds whose contents open an account: forgotten as soon as they have left."""

KEEPS: Mapping[LetterKind, timedelta] = {
    _K.SIGN_IN: timedelta(minutes=10),
    _K.CONFIRM_ADDRESS: timedelta(hours=24),
    _K.ALREADY_SIGNED_UP: timedelta(hours=24),
    **{kind: timedelta(days=7) for kind in WAITS_FOR_ANSWER},
    **{kind: timedelta(days=8) for kind, stream in STREAMS.items() if stream is Stream.CHECK_INS},
}
"""How long after it is due it still makes sense to send a letter; 72 hours where nothing is said.

Letters of which nobody gets more than a few a week have a week to find their turn.
"""


class Need(StrEnum):
    """Why a coordinator is written to; `facts["what"]` of COORDINATOR_NEEDED."""

    QUESTION = "question"  # somebody asked "tell me more"
    NO_ANSWER = "no_answer"  # the time for an answer is over
    UNDELIVERABLE = "undeliverable"  # a letter that asks could not be delivered
    NEXT_BEST = "next_best"  # after a refusal, the next candidate waits for approval
    NO_CANDIDATE = "no_candidate"  # after a refusal, nobody suitable has room
    NO_CONTACT = "no_contact"  # introduced, but the first conversation did not take place
    CONCERN = "concern"  # somebody reported a concern
    INCONSISTENT = "inconsistent"  # the nightly look found what no step can lead to
    INTRODUCTION_LOST = "introduction_lost"  # two were introduced, and one of them was not told
    MAIL_LATE = "mail_late"  # letters have waited for too long
    CALL = "call"  # somebody answered a short question with "please call me"
    FACILITATOR = "facilitator"  # who leads a group has left it, and it goes on
    AT_RISK = "at_risk"  # two do not meet, do not fit, or kept silent over two questions


class Signer(Protocol):
    """Signs and reads the tokens in links; `matcher.workflow.signing.LinkSigner` is the real one."""

    def sign(self, purpose: str, *values: str | int) -> str:
        """A token that is safe in an address, bound to `purpose`."""

    def read(self, purpose: str, token: str) -> list[Any] | None:
        """The values, or None when the token is forged, spoilt, too old or made for another purpose."""


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses in letters, all on the configured origin, and the names under which the programme writes.

    `sender` is the From header, `bounce` the envelope sender (empty: the address in `sender`). `subscriptions` is the
    From of letters that somebody can unsubscribe from (empty: `sender`): mail programs judge each address by itself,
    and a sign-in link must not suffer from what people think of suggestions. `seal` signs the finished bytes.
    """

    origin: str
    signer: Signer
    programme: str = "Mentoring"
    sender: str = "Mentoring <mentoring@example.org>"
    bounce: str = ""
    subscriptions: str = ""
    seal: Callable[[bytes], bytes] | None = None

    def sender_of(self, stream: Stream) -> str:
        """The From header of a stream's letters."""
        return self.sender if stream is Stream.ESSENTIAL else self.subscriptions or self.sender

    def page(self, path: str) -> str:
        """A page of the site; `path` begins with a slash."""
        return self.origin.rstrip("/") + path

    def answer(self, introduction_id: int, participant_id: str, epoch: int) -> str:
        """The page where this person answers this one question."""
        return self.page("/answer/" + self.signer.sign("answer", introduction_id, participant_id, epoch))

    def tap(self, introduction_id: int, participant_id: str, epoch: int, day: int, answer: str) -> str:
        """The page on which one answer to a short question is ready to be pressed."""
        return self.page("/tap/" + self.signer.sign("tap", introduction_id, participant_id, epoch, day, answer))

    def exit(self, introduction_id: int, participant_id: str, epoch: int) -> str:
        """The page that asks how it was, after the end."""
        return self.page("/exit/" + self.signer.sign("exit", introduction_id, participant_id, epoch))

    def unsubscribe(self, participant_id: str, stream: str) -> str:
        """The page (GET) and one-click address (POST) that ends a stream of letters."""
        return self.page("/unsubscribe/" + self.signer.sign("unsubscribe", participant_id, stream))

    def confirm(self, token: str) -> str:
        """The page that confirms an address."""
        return self.page("/confirm/" + quote(token, safe=""))

    def sign_in(self, token: str) -> str:
        """The page that signs a participant in."""
        return self.page("/sign-in/" + quote(token, safe=""))


@dataclass(frozen=True, slots=True)
class Composed:
    """The finished bytes of a letter, as `matcher.mail.writing.compose` makes them."""

    subject: str
    message_id: str
    raw: bytes


@dataclass(eq=False, kw_only=True)
class Letter:
    """A letter, and once posted its row in the outbox.

    `facts` holds everything the template needs, as JSON. `key` makes a letter unique (`letter_key`). `introduction_id`
    and `epoch` say what it is about; `concerns` lists all introductions of a letter with several suggestions.
    """

    kind: LetterKind
    key: str
    to: str
    language: str = "en"
    participant_id: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    introduction_id: int | None = None
    epoch: int | None = None
    concerns: list[int] = field(default_factory=list)
    not_before: datetime | None = None
    not_after: datetime | None = None
    # from here on: set by the outbox
    id: int | None = None
    subject: str = ""
    message_id: str = ""
    raw: bytes | None = None
    state: LetterState = LetterState.QUEUED
    attempts: int = 0
    claimed_by: str | None = None
    lease_until: datetime | None = None
    next_try_at: datetime | None = None
    created_at: datetime | None = None
    sent_at: datetime | None = None
    trouble: str | None = None  # the last error, or why it was cancelled

    @property
    def stream(self) -> Stream:
        """What somebody unsubscribes from to receive no more of these."""
        return STREAMS.get(self.kind, Stream.ESSENTIAL)

    @property
    def waits_for_answer(self) -> bool:
        """Whether the deadline of an answer starts with this letter."""
        return self.kind in WAITS_FOR_ANSWER


def letter_key(kind: LetterKind, *parts: object) -> str:
    """The unique key: kind, then what distinguishes it (introduction, party, epoch, number)."""
    return ":".join(str(part) for part in (kind.value, *parts))


def keeps_until(kind: LetterKind, now: datetime) -> datetime:
    """Until when a letter of this kind that is due at `now` may still be sent."""
    return now + KEEPS.get(kind, timedelta(hours=72))
