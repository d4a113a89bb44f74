"""One spelling for comparing: case, accents, punctuation, British and American do not matter."""

import pytest

from matcher.domain.spelling import key, plain, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Counselling", "counseling"),
        ("crisis centre", "Crisis Center"),
        ("programme organisation", "program organization"),
        ("behavioural", "behavioral"),
        ("licence", "license"),
        ("paediatric", "pediatric"),
        ("de-escalation", "de escalation"),
        ("Écoute  active", "ecoute active"),
        ("Łukasz Żółć", "lukasz zolc"),
        ("José", "José"),
        ("don't", "dont"),
        ("A&E", "a e"),
        ("Straße", "STRASSE"),
    ],
)
def test_two_spellings_are_one(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(("one", "other"), [("hour", "hor"), ("prison", "person"), ("LCSW", "LMSW"), ("ana", "anna")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_what_has_no_letters_is_empty() -> None:
    assert key("🙏 … !") == ""
    assert words("") == []
    assert plain("ÀÉÎ") == "aei"


def test_other_scripts_are_kept() -> None:
    assert key("山田 花子") == "山田 花子"
    assert key("김지우") == "김지우"
