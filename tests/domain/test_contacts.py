"""What would lead to somebody is left out of their words; what only looks a little like it stays."""

import pytest

from matcher.domain.contacts import LEFT_OUT, blank

NAME = "José van der O’Neill-Ødegård 李小龍"


@pytest.mark.parametrize(
    "piece",
    [
        "grace@example.org",
        "Grace.W+x@mail.example.co",
        "@grace_w",
        "grace (at) example (dot) org",
        "gracia [arroba] example [punto] es",
        "https://example.org/~grace?x=1",
        "www.example.org",
        "example.org/grace",
        "EXAMPLE.ORG",
        "t.me/gracew",
        "+1 (312) 555-0123",
        "+49 30 1234567",
        "030/1234567",
        "555 012 34",
        "٠٣٠١٢٣٤٥٦",
        "José",
        "JOSE",
        "neill",
        "Ødegård",
        "李小龍",
        "signal_grace7",
    ],
)
def test_what_leads_to_somebody_is_left_out(piece: str) -> None:
    text, found = blank(f"Hello, {piece} here: how often?", NAME, "On Signal: signal_grace7, evenings")
    assert found == [piece]
    assert text == f"Hello, {LEFT_OUT} here: how often?"
    assert blank(text, NAME, "signal_grace7") == (text, [])


@pytest.mark.parametrize(
    "text",
    [
        "How often, e.g. at 7 p.m.? From 9.00 - 17.00, or 10:00–11:30.",
        "I worked there in 2015-2019, and since 2026-11-29; before: 3.12.2011.",
        "Does the line 988 pay 1,500 a month? I have 25 years and 120 calls behind me.",
        "¿Trabajas de noche? Vivo en la zona de la ciudad, van dos años, on evenings.",
        "So I waited ... then? 1/2 of 24/7, 50%, p.ej. así.",
        "",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert blank(text, NAME, "Signal, evenings") == (text, [])


def test_the_end_of_a_sentence_stays() -> None:
    text, _ = blank("Write to a@b.example. Or see https://b.example/a! Or b.example/a?")
    assert text == f"Write to {LEFT_OUT}. Or see {LEFT_OUT}! Or {LEFT_OUT}?"


def test_nothing_is_looked_for_in_words_without_a_name() -> None:
    assert blank("Ann and Li asked.", "", "") == ("Ann and Li asked.", [])
    assert blank("Ann and Li asked.", "Ann Li") == (f"{LEFT_OUT} and Li asked.", ["Ann"])
