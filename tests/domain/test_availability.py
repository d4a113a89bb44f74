"""Hours of the week in UTC, from local slots: daylight saving, nights, half-hour zones, what is only possible."""

from datetime import date

import pytest

from matcher.domain.availability import (
    BadHours,
    Week,
    common_hours,
    expected_common_hours,
    parse_hours,
    week,
    zone,
    zone_names,
)
from matcher.domain.vocabulary import default_vocabulary

WORDS = default_vocabulary()
WINTER, SUMMER = date(2026, 1, 14), date(2026, 7, 15)


def hours(*slots: str, zone: str | None = "UTC", region: str | None = None, on: date = WINTER) -> Week:
    return week([f"slot.{s}" for s in slots], zone, region, WORDS, on=on)


def test_evenings_in_utc() -> None:
    assert hours("weekday_evening").hours == tuple(d * 24 + h for d in range(5) for h in range(17, 22))


def test_daylight_saving_moves_the_hours() -> None:
    winter, summer = (hours("weekday_evening", zone="America/New_York", on=on) for on in (WINTER, SUMMER))
    assert winter.hours[0] == 22
    assert summer.hours[0] == 21


def test_nights_go_past_midnight_and_past_the_end_of_the_week() -> None:
    nights = hours("weekend_overnight").hours
    assert {0, 5} <= set(nights)  # Sunday's night ends on Monday at six
    assert 6 not in nights
    assert len(nights) == 16
    assert len(hours("weekday_overnight").hours) == 40


def test_half_hour_zones_count_whole_hours_only() -> None:
    evening = hours("weekday_evening", zone="Asia/Kolkata").hours
    assert evening[:4] == (12, 13, 14, 15)
    assert len(evening) == 20


def test_the_region_helps_only_where_no_zone_is_named() -> None:
    assert hours("weekday_evening", zone=None, region="region.ES") == hours("weekday_evening", zone="Europe/Madrid")
    assert hours("weekday_evening", zone="UTC", region="region.ES") == hours("weekday_evening")
    assert not hours("weekday_evening", zone=None, region="region.US").known
    assert not hours("weekday_evening", zone=None).known


def test_rotating_shifts_are_possible_hours_not_named_ones() -> None:
    rotating = hours("rotating", zone=None)
    assert rotating.sure == 0
    assert rotating.known
    assert rotating.weight(13) == 0.5
    both = hours("rotating", "weekday_evening")
    assert both.weight(17) == 1.0
    assert both.weight(3) == 0.5
    assert both.sure & both.possible == 0


def test_messages_only_is_known_and_has_no_hours() -> None:
    silent = hours("async_only", zone=None)
    assert silent.known
    assert silent.hours == ()


def test_nothing_said_is_unknown() -> None:
    assert not hours().known
    assert not week(["slot.unheard_of"], "UTC", None, WORDS, on=WINTER).known


def test_common_hours_over_the_ocean() -> None:
    madrid, ohio = (hours("weekday_evening", zone=z) for z in ("Europe/Madrid", "America/New_York"))
    assert common_hours(madrid, ohio) == 0
    afternoon = hours("weekday_afternoon", zone="America/New_York")
    assert common_hours(madrid, afternoon) == common_hours(afternoon, madrid) == 20
    assert expected_common_hours(madrid, hours("rotating")) == 12.5


def test_the_hour_that_spring_skips_does_no_harm() -> None:
    odd = WORDS["slot.weekday_morning"]
    assert odd.hours
    for on in (date(2026, 3, 8), date(2026, 11, 1), date(2026, 3, 29)):
        for slot in WORDS.terms("slots"):
            week([slot.id], "America/New_York", None, WORDS, on=on)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("mon 00:00-24:00", ((0, 1440),)),
        ("sun 22:00-06:00", ((6 * 1440 + 1320, 7 * 1440 + 360),)),
        ("fri-sat 10:00-11:30", ((4 * 1440 + 600, 4 * 1440 + 690), (5 * 1440 + 600, 5 * 1440 + 690))),
        ("sat-mon 10:00-11:00", ((5 * 1440 + 600, 5 * 1440 + 660), (6 * 1440 + 600, 6 * 1440 + 660), (600, 660))),
        ("mon 1:00-2:00|tue 1:00-2:00", ((60, 120), (1500, 1560))),
        ("none", ()),
        ("", ()),
    ],
)
def test_hours_are_read(text: str, spans: tuple[tuple[int, int], ...]) -> None:
    assert parse_hours(text) == spans


@pytest.mark.parametrize(
    "text", ["evenings", "mon", "mon 25:00-26:00", "mon 10:60-11:00", "moon 10:00-11:00", "mon 9-5"]
)
def test_hours_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(BadHours):
        parse_hours(text)


def test_zones_are_looked_up_safely() -> None:
    assert zone("Europe/Madrid") is not None
    assert zone("America") is None
    assert zone("../UTC") is None
    assert zone("") is None
    assert "America/New_York" in zone_names()
    assert len(zone_names()) > 400
