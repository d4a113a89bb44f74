"""Lists in the reader's language."""

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
