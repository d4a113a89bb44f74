"""Lists in the reader's language."""

import pytest

from matcher.translations import translator


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
