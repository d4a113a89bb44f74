"""Reasons in words: true, readable, and no more than the reader may see."""

import re

import pytest
from random_people import people

from matcher.domain.profiles import Profile, Role
from matcher.domain.rules import RULES
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine import reasons
from matcher.engine.affinity import Pool
from matcher.engine.reasons import in_words
from matcher.translations import translator

VOCABULARY = default_vocabulary()
READERS = ("mentee", "mentor", "coordinator")

ADA = Profile(
    id="ada",
    role=Role.MENTEE,
    name="Ada Okafor",
    stage="stage.early",
    goals=("goal.move_mobile_crisis",),
    languages=("lang.en",),
    slots=("slot.weekday_evening",),
    region="region.US-OH",
    constraints=("constraint.no_police_mentor",),
    employer=("Larkmoor Crisis Centre",),
    text="Phones for 2 years, xylophone at weekends.",
)
GRACE = Profile(
    id="grace",
    role=Role.MENTOR,
    name="Grace Ito",
    stage="stage.senior",
    settings=("setting.mobile_crisis_team",),
    skills={"skill.field_scene_safety": 4.0, "skill.crisis_triage": None},
    disciplines=("discipline.social_work",),
    languages=("lang.en", "lang.es"),
    slots=("slot.weekday_evening",),
    region="region.US-PA",
    employer=("Tamber Lifeline",),
    capacity=1,
    text="Also plays the xylophone, loudly.",
)


def told(reader: str, language: str = "en", mentor: Profile = GRACE) -> tuple[str, ...]:
    pool = Pool([ADA, mentor], vocabulary=VOCABULARY)
    found = in_words(pool.explain("ada", "grace"), ADA, mentor, reader=reader, language=language)  # type: ignore[arg-type]
    return (*found.reasons, found.weakest)


def test_the_strongest_reason_names_the_goal_and_what_answers_it() -> None:
    first = told("mentee")[0]
    assert "Move from phone or clinic to mobile crisis" in first
    assert "Field response and scene safety" in first
    assert told("mentor")[0].startswith("For their goal")


@pytest.mark.parametrize("reader", READERS)
def test_there_are_three_different_reasons_and_a_weak_point(reader: str) -> None:
    *strong, weak = told(reader)
    assert len(set(strong)) == 3
    assert weak
    assert weak not in strong


@pytest.mark.parametrize("reader", ["mentee", "mentor"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_before_an_introduction_nobody_reads_names_employers_places_or_the_others_words(
    reader: str, language: str
) -> None:
    text = " ".join(told(reader, language))
    for hidden in (
        "Ada",
        "Grace",
        "Ito",
        "Okafor",
        "Larkmoor",
        "Tamber",
        "Ohio",
        "Pennsylvania",
        "xylophone",
        "loudly",
    ):
        assert hidden not in text


def test_a_mentor_does_not_read_whom_the_mentee_would_rather_not_meet() -> None:
    officer = GRACE.__class__(**{f: getattr(GRACE, f) for f in GRACE.__dataclass_fields__} | {
        "disciplines": ("discipline.law_enforcement",)})  # fmt: skip
    assert "Law enforcement" not in " ".join(told("mentor", mentor=officer))
    assert told("mentee", mentor=officer)[-1].startswith("Please note")
    assert told("coordinator", mentor=officer)[-1].startswith("Please note")


def test_the_coordinator_reads_the_shared_words() -> None:
    writer = Profile(id="m", role=Role.MENTEE, text="xylophone tuning")
    player = Profile(id="x", role=Role.MENTOR, text="I tune xylophones")
    found = in_words(Pool([writer, player]).explain("m", "x"), reader="coordinator")
    assert "xylophones" in found.reasons[0]


def test_a_value_that_has_gone_since_is_not_named() -> None:
    explanation = Pool([ADA, GRACE], vocabulary=VOCABULARY).explain("ada", "grace")
    now = GRACE.__class__(**{f: getattr(GRACE, f) for f in GRACE.__dataclass_fields__} | {
        "skills": {"skill.crisis_triage": None}})  # fmt: skip
    assert "Field response" in " ".join(in_words(explanation, ADA, GRACE).reasons)
    text = " ".join(in_words(explanation, ADA, now).reasons)
    assert "Crisis triage" in text
    assert "Field response" not in text


def test_little_known_is_said() -> None:
    pool = Pool([Profile(id="m", role=Role.MENTEE, stage="stage.student"), GRACE], vocabulary=VOCABULARY)
    assert in_words(pool.explain("m", "grace"), reader="coordinator").weakest.startswith("Little is known")


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_label_named_belongs_to_a_value_of_the_two_profiles(language: str) -> None:
    """For random pairs: whatever stands after the colon is the label of something the mentor has."""
    pool = Pool(people(24, VOCABULARY, seed=11), vocabulary=VOCABULARY)
    for mentee in pool.mentees:
        for mentor in pool.mentors[::3]:
            explanation = pool.explain(mentee.id, mentor.id, without=False)
            held = {v for part in explanation.contributions for v in part.has_terms if v in VOCABULARY}
            labels = {VOCABULARY[v].label_in(language) for v in held}
            for reader in READERS:
                for sentence in in_words(explanation, mentee, mentor, reader=reader, language=language).reasons:
                    assert "%" not in sentence
                    named = re.search(r": ([^“”]*)\.$", sentence)
                    if named and reader != "coordinator":
                        left = named[1]
                        for label in sorted(labels, key=len, reverse=True):
                            left = left.replace(label, "")
                        assert not re.sub(r"\b(and|y|e)\b|[,\s]", "", left), sentence


def test_every_sentence_is_translated_into_spanish() -> None:
    spanish = translator("es")
    sentences = [
        text for table in (reasons._REASONS, reasons._WEAKEST) for by in table.values() for text in by.values()
    ]
    for sentence in (*sentences, *RULES.values()):
        translated = spanish.gettext(sentence)
        assert translated != sentence
        assert set(re.findall(r"%\(\w+\)s", translated)) == set(re.findall(r"%\(\w+\)s", sentence))


def test_what_was_not_wished_for_is_told_once() -> None:
    shy = Profile(id="shy", role=Role.MENTEE, languages=("lang.en",), text="not interested in police work")
    found = in_words(Pool([shy, GRACE], vocabulary=VOCABULARY).explain("shy", "grace"), shy, GRACE)
    assert sum(sentence.startswith("As the mentee wished") for sentence in found.reasons) == 1
