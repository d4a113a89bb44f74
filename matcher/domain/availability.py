"""When people can meet: hours of the week in UTC, from local slots and a time zone.

A week is 168 hours, Monday 00:00 UTC first. An hour is counted when the whole of it is free; a slot that starts at
:30 in UTC (zones such as Asia/Kolkata) gives its full hours only. Two kinds of hours are kept apart: those a person
named, and those that are merely possible ("rotating": any hour may suit, agreed from week to week, at the certainty
the vocabulary states). Slots without hours ("none": messages only) add nothing.
"""

import os
import re
import zoneinfo
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matcher.domain.vocabulary import Vocabulary

HOURS = 168
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 24 * 60
MINUTES_A_WEEK = 7 * MINUTES_A_DAY

_SPAN = re.compile(r"^(\w{3})(?:-(\w{3}))?\s+(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$")
_ZONE = re.compile(r"^[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+){0,2}$")
_NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})


class BadHours(ValueError):
    """Hours that cannot be read; the text says how to write them."""


@lru_cache(maxsize=1024)
def parse_hours(hours: str) -> tuple[tuple[int, int], ...]:
    """Reads "mon-fri 17:00-22:00" into (start, end) minutes of the local week; several spans are separated by `|`.

    A span that ends at or before its start goes on past midnight: "sun 22:00-06:00" ends on Monday, and `end` is then
    larger than the week's last minute. "none" and "" are no hours. Raises BadHours.
    """
    if hours.strip().casefold() in ("", "none"):
        return ()
    return tuple(span for part in re.split(r"[|;]", hours) if part.strip() for span in _parse_span(part.strip()))


def _parse_span(part: str) -> Iterator[tuple[int, int]]:
    match = _SPAN.match(part)
    if match is None or match[1].lower() not in DAYS or (match[2] or match[1]).lower() not in DAYS:
        raise BadHours(f"{part!r} is not written like mon-fri 17:00-22:00")
    start, end = int(match[3]) * 60 + int(match[4]), int(match[5]) * 60 + int(match[6])
    if max(start, end) > MINUTES_A_DAY or start == MINUTES_A_DAY or int(match[4]) > 59 or int(match[6]) > 59:
        raise BadHours(f"{part!r} has a time of day that does not exist")
    length = end - start if end > start else end - start + MINUTES_A_DAY
    first, last = DAYS.index(match[1].lower()), DAYS.index((match[2] or match[1]).lower())
    for day in range(first, first + (last - first) % 7 + 1):
        begin = day % 7 * MINUTES_A_DAY + start
        yield begin, begin + length


@dataclass(frozen=True, slots=True)
class Week:
    """Hours of one person's week in UTC as bit masks of 168 bits: bit 0 is Monday 00:00-01:00 UTC.

    `sure` are named hours, `possible` those that may suit at `certainty` (0 to 1); the two never overlap. `known` is
    False when the person named no slot, or named hours but no time zone is known.
    """

    sure: int = 0
    possible: int = 0
    certainty: float = 0.0
    known: bool = True

    @property
    def hours(self) -> tuple[int, ...]:
        """The named hours of the week (0 to 167), in order."""
        return tuple(hours_of(self.sure))

    def weight(self, hour: int) -> float:
        """How sure it is that the person can meet in this hour of the week: 1, `certainty` or 0."""
        if self.sure >> hour & 1:
            return 1.0
        return self.certainty if self.possible >> hour & 1 else 0.0


def hours_of(mask: int) -> Iterator[int]:
    """The hours set in a mask, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


CALLED = {
    "pt": "America/Los_Angeles",
    "mt": "America/Denver",
    "ct": "America/Chicago",
    "et": "America/New_York",
    "akt": "America/Anchorage",
    "ht": "Pacific/Honolulu",
    "at": "America/Halifax",
    "nt": "America/St_Johns",
}
"""The zones of North America by what people there call them, as in CLDR; "PST" and "PDT" are one to them, too."""
CALLED |= {f"{short[:-1]}{season}t": name for short, name in CALLED.items() for season in "sd"}


@lru_cache(maxsize=2048)
def zone(name: str) -> zoneinfo.ZoneInfo | None:
    """The IANA time zone of this exact name, or None when there is none (never an error, whatever the name)."""
    if not _ZONE.match(name) or name in _NO_ZONES or name.startswith(("posix/", "right/")):
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache(maxsize=1024)
def zone_exists(name: str) -> bool:
    """Whether a zone's file exists; much quicker than reading it, for checking long lists."""
    if not _ZONE.match(name) or name in _NO_ZONES:
        return False
    if any(os.path.isfile(Path(folder, name)) for folder in zoneinfo.TZPATH):  # noqa: PTH113 - stat only, it is hot
        return True
    return zone(name) is not None


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """All IANA zone names people may choose, sorted; from the tzdata package, the same on every machine."""
    from importlib import resources  # 10 ms, and few pools need the whole list

    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return tuple(sorted(name for name in listed if zone(name) is not None))


def zone_of(timezone: str | None, region: str | None, vocabulary: "Vocabulary") -> zoneinfo.ZoneInfo | None:
    """The zone somebody stated; only where it is empty, the usual one of the region; None when neither is known."""
    if timezone:
        return zone(timezone)
    if region and region in vocabulary:
        usual = vocabulary[region].timezone
        return zone(usual) if usual else None
    return None


def week(slots: Iterable[str], timezone: str | None, region: str | None, vocabulary: "Vocabulary", *, on: date) -> Week:
    """The hours of the week in UTC in which somebody with these slots can meet, around the date `on`.

    The zone's offset is taken for each day of the seven days from `on`'s Monday, so daylight saving time is that of
    the date given. Unknown slots are ignored.
    """
    local = zone_of(timezone, region, vocabulary)
    return _week(tuple(slots), local.key if local is not None else None, vocabulary, on)


@lru_cache(maxsize=65_536)
def _week(slots: tuple[str, ...], zone_name: str | None, vocabulary: "Vocabulary", on: date) -> Week:
    """`week` in a zone; many people have the same slots."""
    ids = tuple(s for s in dict.fromkeys(slots) if s in vocabulary)
    if not ids:
        return Week(known=False)
    sure = possible = 0
    certainty = 0.0
    timed = False
    for slot in ids:
        term = vocabulary[slot]
        spans = parse_hours(term.hours)
        timed = timed or bool(spans)
        sureness = float(term.attributes.get("certainty") or 1.0)
        if spans and sureness < 1.0 and _whole_week(term.hours):
            possible, certainty = (1 << HOURS) - 1, max(certainty, sureness)  # every hour is so in every zone
        elif zone_name is not None:
            mask = _mask(term.hours, zone_name, on - timedelta(days=on.weekday()))
            if sureness < 1.0:
                possible, certainty = possible | mask, max(certainty, sureness)
            else:
                sure |= mask
    known = not timed or bool(sure or possible)
    return Week(sure, possible & ~sure, certainty, known)


def week_of_hours(hours: str, timezone: str | None, region: str | None, vocabulary: "Vocabulary", *, on: date) -> Week:
    """The hours "mon-fri 17:00-22:00" of somebody's local week in UTC, as `week` does for slots."""
    local = zone_of(timezone, region, vocabulary)
    sure = _mask(hours, local.key, on - timedelta(days=on.weekday())) if local is not None else 0
    return Week(sure, known=local is not None)


def _whole_week(hours: str) -> bool:
    return sum(end - start for start, end in parse_hours(hours)) >= MINUTES_A_WEEK


@lru_cache(maxsize=4096)
def _mask(hours: str, zone_name: str, monday: date) -> int:
    """The UTC hours covered by local spans in the week that begins on the local `monday`."""
    local = zoneinfo.ZoneInfo(zone_name)
    minutes = 0  # one bit a minute of three weeks: the one before, this one and the one after
    for start, end in parse_hours(hours):
        begin, finish = (_utc_minute(monday, minute, local) + MINUTES_A_WEEK for minute in (start, end))
        minutes |= ((1 << max(0, finish - begin)) - 1) << begin  # a span may fall into the hour that spring skips
    whole = (1 << MINUTES_A_WEEK) - 1
    minutes = (minutes | minutes >> MINUTES_A_WEEK | minutes >> 2 * MINUTES_A_WEEK) & whole
    for shift in (1, 2, 4, 8, 16, 28):  # a bit stays where 2, 4, 8, 16, 32 and then 60 in a row are set
        minutes &= minutes >> shift
    return int(f"{minutes:b}"[::-60][::-1], 2)


def _utc_minute(monday: date, minute: int, local: zoneinfo.ZoneInfo) -> int:
    """Minutes from Monday 00:00 UTC to a minute of the local week; negative east of Greenwich."""
    days, rest = divmod(minute, MINUTES_A_DAY)
    ahead = local.utcoffset(datetime.combine(monday + timedelta(days=days), time(rest // 60, rest % 60), tzinfo=local))
    assert ahead is not None  # every zone of the list has an offset at every time
    return round((60 * minute - ahead.total_seconds()) / 60)


def common_hours(a: Week, b: Week) -> int:
    """How many hours of the week both named; hours that are only possible for one of them do not count."""
    return (a.sure & b.sure).bit_count()


def expected_common_hours(a: Week, b: Week) -> float:
    """Common hours where a merely possible hour counts with its certainty (product, if it is so on both sides)."""
    return (
        common_hours(a, b)
        + a.certainty * (a.possible & b.sure).bit_count()
        + b.certainty * (a.sure & b.possible).bit_count()
        + a.certainty * b.certainty * (a.possible & b.possible).bit_count()
    )
