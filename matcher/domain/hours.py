"""Quiet hours: when no letter should arrive that can wait, and no deadline ends, where the person lives.

A window is two hours of the clock, [from, until): 20 to 8 is the night, 8 to 16 a window by day for whoever works at
night, two equal hours are no window at all.
"""

from bisect import bisect
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from matcher.domain.introductions import TERMS, Terms
from matcher.domain.people import Participant


def window(person: Participant | None, terms: Terms = TERMS) -> tuple[int, int]:
    """The hours between which this person is left in peace: their own, else the programme's."""
    if person is None or person.quiet_from is None or person.quiet_until is None:
        return terms.quiet_from, terms.quiet_until
    return person.quiet_from, person.quiet_until


def next_open(person: Participant | None, at: datetime, terms: Terms = TERMS) -> datetime:
    """`at`, or the end of the quiet hours it falls into."""
    start, end = window(person, terms)
    local = at.astimezone(zone(person))
    by_day = start <= end
    quiet = start <= local.hour < end if by_day else local.hour >= start or local.hour < end
    if not quiet:
        return at
    day = local.date() + timedelta(days=not by_day and local.hour >= start)
    ends = datetime.combine(day, time(end), local.tzinfo)
    first = _clock_shows(ends)
    return first if first > at else ends.replace(fold=1).astimezone(UTC)  # the clocks went back over it since


def _clock_shows(local: datetime) -> datetime:
    """The first moment at which the clocks show this time or a later one: where they leave it out, that of the jump."""
    found = local.astimezone(UTC)
    if found.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return found
    before = local.replace(fold=1).astimezone(UTC)  # in a gap, fold 1 reads the offset of after the jump (PEP 495)
    left_out = range((found - before) // timedelta(minutes=1))
    return before + timedelta(minutes=bisect(left_out, False, key=lambda m: _jumped(before, m, found, local.tzinfo)))


def _jumped(before: datetime, minutes: int, after: datetime, where: tzinfo | None) -> bool:
    """Whether the clocks have jumped so many minutes after `before`."""
    return (before + timedelta(minutes=minutes)).astimezone(where).utcoffset() == after.astimezone(where).utcoffset()


def start_of_day(person: Participant | None, at: datetime, days: int = 0) -> datetime:
    """Midnight where the person lives, so many days after the one in which `at` falls."""
    local = at.astimezone(zone(person))
    return datetime.combine(local.date() + timedelta(days=days), time(0), local.tzinfo).astimezone(UTC)


def end_of_day(person: Participant | None, at: datetime) -> datetime:
    """The next midnight where the person lives."""
    return start_of_day(person, at, 1)


def next_day(person: Participant | None, at: datetime, terms: Terms = TERMS) -> datetime:
    """The first moment of tomorrow, where the person lives, that is not quiet."""
    return next_open(person, end_of_day(person, at), terms)


def zone(person: Participant | None) -> ZoneInfo:
    """Where the person lives; UTC where that is not known."""
    try:
        return ZoneInfo((person.timezone if person else None) or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
