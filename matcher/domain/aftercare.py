"""What follows an introduction: short questions, what the two agree on, hours confirmed by both, the wish to go on.

The questions stay at "do you meet, is it good for you, shall somebody call you"; how somebody is, is not asked.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from matcher.domain.introductions import TERMS, State, Terms


class About(StrEnum):
    """What a short question is about."""

    CONTACT = "contact"  # have you talked with each other
    GOING = "going"  # do you meet, and is it good for you


class Said(StrEnum):
    """The answers to short questions."""

    MET = "met"
    NOT_YET = "not_yet"
    WELL = "well"
    NOT_MEETING = "not_meeting"
    NOT_A_FIT = "not_a_fit"
    CALL = "call"


CHOICES = {
    About.CONTACT: (Said.MET, Said.NOT_YET),
    About.GOING: (Said.WELL, Said.NOT_MEETING, Said.NOT_A_FIT, Said.CALL),
}
"""What can be answered to each."""

RISKS = frozenset({Said.NOT_YET, Said.NOT_MEETING, Said.NOT_A_FIT, Said.CALL})
"""Answers after which a coordinator should do something."""


class Again(StrEnum):
    """The wish to be matched again, said at the end."""

    YES = "yes"
    BREAK = "break"
    NO = "no"


class Cadence(StrEnum):
    """How often two want to meet."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"
    AS_NEEDED = "as_needed"


MOST_HOURS = 40
"""Hours a month in an agreement."""

MOST_MONTHS = 24

USUAL_MONTHS = 6
"""After how many months two are asked to look back, when they agreed on nothing."""

LONGEST_MEETING = 12 * 60
"""Minutes."""


@dataclass(eq=False, kw_only=True)
class CheckIn:
    """One short question to one person; `day` counts from the introduction. A later answer replaces an earlier one."""

    introduction_id: int
    participant_id: str
    about: About
    day: int
    asked_at: datetime
    answer: Said | None = None
    answered_at: datetime | None = None
    id: int | None = None


@dataclass(eq=False, kw_only=True)
class Agreement:
    """What the parties of an introduction expect of each other; a change is a new version, which all tick anew."""

    introduction_id: int
    version: int
    said_by: str
    hours: int  # a month
    cadence: Cadence
    months: int
    words: str = ""
    at: datetime
    id: int | None = None


@dataclass(eq=False, kw_only=True)
class Tick:
    """One party's tick under one version of an agreement."""

    agreement_id: int
    participant_id: str
    at: datetime


@dataclass(eq=False, kw_only=True)
class Hours:
    """A meeting of a pair: said by the one, counted once the other confirms it."""

    introduction_id: int
    met_on: date
    minutes: int
    said_by: str
    said_at: datetime
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None
    id: int | None = None


def question_due(
    state: State, introduced_at: datetime, active_at: datetime | None, now: datetime, terms: Terms = TERMS
) -> tuple[About, int] | None:
    """Which question should have been asked last by now, with its day; None when none should.

    Whoever has not talked yet is asked about that; from the first conversation on, how it goes.
    """
    if state is State.INTRODUCED:
        passed = [day for day in terms.first_contact if introduced_at + timedelta(days=day) <= now]
        return (About.CONTACT, passed[-1]) if passed else None
    if state is not State.ACTIVE:
        return None
    elapsed = (now - introduced_at).days
    passed = [day for day in terms.check_ins if day <= elapsed]
    if not passed:
        return None
    last = passed[-1]
    if last == terms.check_ins[-1]:
        last += (elapsed - last) // terms.check_in_every * terms.check_in_every
    started = active_at is not None and active_at > introduced_at + timedelta(days=last)
    return None if started else (About.GOING, last)
