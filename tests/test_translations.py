"""Lists and moments in the reader's language."""

from datetime import UTC, datetime

import pytest
from babel import lists

from matcher.translations import _listing, translator


@pytest.mark.parametrize(
    ("language", "items", "style", "told"),
    [
        ("en", ["Skills", "Ideas"], "standard", "Skills and Ideas"),
        ("es", ["Escucha", "Enfermería", "Trabajo social"], "standard", "Escucha, Enfermería y Trabajo social"),
        ("es", ["Licencias", "Intervención"], "standard", "Licencias e Intervención"),
        ("es", ["padres", "hijos"], "standard", "padres e hijos"),
        ("es", ["nieve", "hielo"], "standard", "nieve y hielo"),
        ("es", ["inglés", "yidis"], "standard", "inglés y yidis"),
        ("es", ["siete", "ocho"], "or", "siete u ocho"),
        ("es", ["inglés"], "standard", "inglés"),
        ("es", [], "standard", ""),
    ],
)
def test_lists_end_as_people_say_them(language: str, items: list[str], style: str, told: str) -> None:
    assert translator(language).listing(items, style) == told


@pytest.mark.parametrize("language", ["en", "es", "fr"])
@pytest.mark.parametrize("style", ["standard", "or"])
def test_lists_are_those_of_cldr(language: str, style: str) -> None:
    for n in range(6):
        items = tuple("abcdef"[:n])
        assert _listing(items, style, language) == lists.format_list(items, style, locale=language)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("zone", "winter", "summer"),
    [
        ("America/Chicago", "12:00\xa0PM (Central Standard Time)", "1:00\xa0PM (Central Daylight Time)"),
        ("Europe/Dublin", "6:00\xa0PM (Greenwich Mean Time)", "7:00\xa0PM (Irish Standard Time)"),
        (
            "Australia/Sydney",
            "5:00\xa0AM (Australian Eastern Daylight Time)",
            "4:00\xa0AM (Australian Eastern Standard Time)",
        ),
        ("America/Phoenix", "11:00\xa0AM (Mountain Standard Time)", "11:00\xa0AM (Mountain Standard Time)"),
    ],
)
def test_a_moment_says_what_the_clock_is_called_in_that_season(zone: str, winter: str, summer: str) -> None:
    told = [translator("en").moment(datetime(2026, month, 2, 18, tzinfo=UTC), zone) for month in (1, 7)]
    assert [moment.rpartition(", ")[2] for moment in told] == [winter, summer]


@pytest.mark.parametrize(
    ("zone", "english", "spanish"),
    [
        ("America/Chicago", "Central Time", "hora central"),
        ("Etc/GMT+5", "GMT-05:00", "GMT-05:00"),
        (None, "Coordinated Universal Time", "tiempo universal coordinado"),
        ("Nowhere/Land", "Coordinated Universal Time", "tiempo universal coordinado"),
    ],
)
def test_a_zone_has_a_name_without_a_season(zone: str | None, english: str, spanish: str) -> None:
    assert (translator("en").zone(zone), translator("es").zone(zone)) == (english, spanish)


@pytest.mark.parametrize(("language", "told"), [("en", "26%"), ("es", "26\xa0%")])
def test_a_share_is_written_as_in_the_language(language: str, told: str) -> None:
    assert translator(language).percent(0.256) == told
