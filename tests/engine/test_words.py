"""Text cut into words: its language, stems and forms, and what it excepts."""

import pytest

from matcher.engine.words import language_of, spelled_words, tokens


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I would like to talk with somebody who has done this", "en"),
        ("Busco a alguien que conozca las líneas de crisis", "es"),
        ("Je cherche quelqu'un qui connaît les urgences", "fr"),
        ("LCSW", None),
        ("", None),
        ("山田 花子", None),
        ("NO police pls", None),
    ],
)
def test_the_language_is_told_by_its_small_words(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_stems_join_forms_of_a_word_and_small_words_fall_away() -> None:
    assert tokens("I was negotiating with the negotiators") == tokens("the negotiator and I negotiate") * 1
    assert tokens("las llamadas de noche") == tokens("llamada de las noches")
    assert tokens("Les écoutants et l'écoutant") == ["ecout", "ecout"]
    assert tokens("the of and 5 42 988") == ["988"]


@pytest.mark.parametrize(
    ("text", "stems"),
    [
        ("Architects, except landscape and naval", ["architect"]),
        ("Any shift except nights, in a school", ["shift", "school"]),
        ("Any shift except nights but schools. Or prisons", ["shift", "school", "prison"]),
        ("I know nothing except nights", ["except", "night"]),
        ("Me interesa todo excepto la cárcel y los juzgados", ["interes"]),
        ("Je cherche une équipe, sauf la police", ["equip"]),
        ("Not really interested in accounting, tax law please", ["tax", "law"]),
        ("I am not interested in accounting but tax law", ["tax", "law"]),
        ("I am not looking for accounting and I want tax law", ["tax", "law"]),
        ("No me interesa la contabilidad. Quiero fiscalidad", ["fiscal"]),
        ("Je ne suis pas intéressé par la comptabilité", []),
        ("I do not know accounting", ["account"]),
    ],
)
def test_what_a_text_excepts_is_none_of_its_words(text: str, stems: list[str]) -> None:
    assert tokens(text) == stems


def test_each_word_comes_with_its_form_and_as_it_stands() -> None:
    assert spelled_words("Night Shifting!") == [(("night", "night"), "Night"), (("shift", "shifting"), "Shifting")]


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("the Agencies and classes of the crisis", ["agency", "class", "crisis"]),
        ("las noches con los profesores y las madres", ["noche", "profesor", "madre"]),
        ("les écoutants des réseaux et des écoles", ["ecoutant", "reseau", "ecole"]),
        ("988 IT 24/7", ["988", "it"]),
    ],
)
def test_the_form_of_a_word_is_its_singular(text: str, forms: list[str]) -> None:
    assert [word.form for word, _ in spelled_words(text)] == forms


def test_accents_and_unicode_forms_do_not_matter() -> None:
    assert tokens("désescalade") == tokens("désescalade")


def test_small_words_in_capitals_and_of_other_languages_stay() -> None:
    assert tokens("IT manager for car hire") == ["it", "manag", "car", "hire"]
    assert tokens("hives de miel") == ["hive", "miel"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("write kim@example.org or see https://example.org/a-b, ring 555-2231", ["write", "ring"]),
        ("www.example.net (kim at example.com) since 2014, grief", ["kim", "grief"]),
        ("+34 600 123 456, grief", ["grief"]),
        ("the end.Next, grief", ["end", "grief"]),
    ],
)
def test_numbers_and_addresses_are_no_words_to_compare(text: str, words: list[str]) -> None:
    assert [word.form for word, _ in spelled_words(text)] == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("used to do jewellery, now raku", ["raku"]),
        ("people who used to forge", ["forge"]),
        ("instead of pottery I want weaving", ["weaving"]),
        ("pottery rather than weaving", ["pottery"]),
        ("solía hacer cerámica, ahora busco el telar", ["telar"]),
        ("au lieu de la poterie je veux le tissage", ["tissage"]),
        ("I want to learn welding", ["welding"]),
    ],
)
def test_what_lies_behind_or_is_set_aside_is_no_word_to_compare(text: str, words: list[str]) -> None:
    assert [word.form for word, _ in spelled_words(text)] == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I want to learn welding. I offer raku", ["offer", "raku"]),
        ("quiero aprender soldadura pero doy forja", ["doy", "forja"]),
        ("I help people learn welding", ["welding"]),
        ("learn welding with me", ["welding"]),
        ("I can't help with welding, only raku", ["raku"]),
        ("no more welding", []),
        ("ya no hago forja, sí telar", ["telar"]),
        ("je ne fais plus de poterie mais du tissage", ["tissage"]),
    ],
)
def test_what_a_mentor_would_learn_or_cannot_give_is_no_word_to_compare(text: str, words: list[str]) -> None:
    assert [word.form for word, _ in spelled_words(text, offers=True) if word.form != "help"] == words


def test_letters_with_dots_are_one_word() -> None:
    assert tokens("I offer E.M.D.R. in the U.S.A.") == tokens("I offer EMDR in the USA")
    assert tokens("at 5 p.m., e.g. grief") == ["grief"]
