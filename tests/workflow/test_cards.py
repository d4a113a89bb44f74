"""What a reader is told of hours: local, short, the longest first."""

import pytest

from matcher.workflow.cards import MOST_SPANS, hours_in_words

DAY = 24


def week(*spans: tuple[int, int, int]) -> list[int]:
    """Hours of the week from (day, first hour, hour after the last), Monday 0, in UTC."""
    return [day * DAY + hour for day, start, stop in spans for hour in range(start, stop)]


@pytest.mark.parametrize(
    ("hours", "zone", "language", "told"),
    [
        ([], None, "en", ""),
        (week((0, 17, 19)), None, "en", "Mon 17:00-19:00 (Coordinated Universal Time)"),
        (week(*((day, 17, 19) for day in range(4))), None, "en", "Mon-Thu 17:00-19:00 (Coordinated Universal Time)"),
        (week((0, 17, 19), (2, 17, 19)), None, "en", "Mon, Wed 17:00-19:00 (Coordinated Universal Time)"),
        (week((0, 17, 19), (1, 17, 19)), None, "en", "Mon, Tue 17:00-19:00 (Coordinated Universal Time)"),
        (week((0, 22, 24), (1, 0, 2)), None, "en", "Mon 22:00-24:00, Tue 00:00-02:00 (Coordinated Universal Time)"),
        (week((0, 17, 19)), "America/New_York", "en", "Mon 12:00-14:00 (Eastern Time)"),
        (week((0, 2, 4)), "America/New_York", "en", "Sun 21:00-23:00 (Eastern Time)"),
        (week((0, 17, 19)), None, "es", "lun 17:00-19:00 (tiempo universal coordinado)"),
        (week((0, 17, 18)), "Nowhere/Land", "en", "Mon 17:00-18:00 (Coordinated Universal Time)"),
    ],
)
def test_hours_are_told_as_local_days_and_times(hours: list[int], zone: str | None, language: str, told: str) -> None:
    assert hours_in_words(hours, zone, language) == told


def test_only_the_most_hours_are_told() -> None:
    often = week(*((day, 8, 12) for day in range(5)))
    rest = week(*((day, 14 + day, 15 + day) for day in range(5)))
    told = hours_in_words(often + rest, None, "en")
    assert told.startswith("Mon-Fri 08:00-12:00")
    assert told.count(":00-") == MOST_SPANS
