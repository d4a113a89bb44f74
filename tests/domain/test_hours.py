"""Quiet hours where people live, on the days on which the clocks change too."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from matcher.domain import hours
from matcher.domain.people import Participant

ZONES = [
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "America/Adak",
    "America/Anchorage",
    "America/Asuncion",
    "America/Bogota",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Havana",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Nuuk",
    "America/Phoenix",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Amman",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Chisinau",
    "Europe/Lisbon",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
]

WINDOWS = [(None, None), (8, 16), (22, 2), (23, 0), (0, 3), (1, 2), (6, 6)]


def changes(zone: ZoneInfo) -> list[datetime]:
    """The moments of 2021 at which the clocks change; two days of the year where they never do."""
    start = datetime(2021, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(hours=hour) for hour in range(365 * 24)]
    offsets = [moment.astimezone(zone).utcoffset() for moment in moments]
    found = [moment for moment, one, other in zip(moments[1:], offsets, offsets[1:], strict=False) if one != other]
    return found[:2] or [moments[2000], moments[7000]]


@pytest.mark.parametrize("window", WINDOWS)
def test_what_waits_leaves_at_the_first_moment_that_is_not_quiet(window: tuple[int | None, int | None]) -> None:
    """R-06: 40 zones, both changes of the clocks, a moment every 149 minutes of the days around them."""
    assert len(ZONES) == 40
    for name in ZONES:
        someone = Participant(id="a", role="mentor", timezone=name, quiet_from=window[0], quiet_until=window[1])
        start, end = hours.window(someone)
        zone = ZoneInfo(name)

        def is_quiet(at: datetime, start: int = start, end: int = end, zone: ZoneInfo = zone) -> bool:
            hour = at.astimezone(zone).hour
            return hour in [h % 24 for h in range(start, end if end >= start else end + 24)]

        for change in changes(zone):
            for minutes in range(-36 * 60, 36 * 60, 149):
                at = change + timedelta(minutes=minutes)
                opened = hours.next_open(someone, at)
                assert not is_quiet(opened), (name, at)
                if not is_quiet(at):
                    assert opened == at
                else:
                    assert at < opened
                    assert is_quiet(opened - timedelta(seconds=1)), (name, at)
                    assert opened - at <= timedelta(hours=16)


def test_tomorrow_begins_where_the_person_lives() -> None:
    someone = Participant(id="a", role="mentor", timezone="America/New_York")
    evening = datetime(2026, 3, 7, 23, 0, tzinfo=UTC)  # the night after it the clocks go forward
    assert hours.next_day(someone, evening) == datetime(2026, 3, 8, 12, 0, tzinfo=UTC)


def test_a_zone_that_is_not_known_is_utc() -> None:
    nobody = Participant(id="a", role="mentor", timezone="Mars/Olympus")
    assert hours.next_open(nobody, datetime(2026, 3, 7, 23, 0, tzinfo=UTC)) == datetime(2026, 3, 8, 8, 0, tzinfo=UTC)
    assert hours.next_open(None, datetime(2026, 3, 7, 12, 0, tzinfo=UTC)) == datetime(2026, 3, 7, 12, 0, tzinfo=UTC)
