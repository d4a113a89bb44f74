"""Whom a mentor would rather not meet, and when a mentee cannot: read from the text in three languages, and scored."""

from dataclasses import replace

import pytest

from matcher.domain.profiles import Profile, Role
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.affinity import Pool, taken_out
from matcher.engine.mentions import when, whom
from matcher.engine.reasons import in_words

VOCABULARY = default_vocabulary()


@pytest.mark.parametrize(
    ("text", "refused", "kept"),
    [
        ("No students please.", "stage.student", ""),
        ("Former officer. No interns, no undergrads.", "stage.student stage.trainee", ""),
        ("Sin estudiantes, por favor", "stage.student", ""),
        ("Pas d'étudiants, merci", "stage.student", ""),
        ("Students: no thanks", "stage.student", ""),
        ("I only mentor nurses", "", "discipline.nursing"),
        ("Nurses only, please.", "", "discipline.nursing"),
        ("No acepto estudiantes, solo enfermeras", "stage.student", "discipline.nursing"),
        ("Uniquement des infirmiers", "", "discipline.nursing"),
        ("I only work with social workers and nurses", "", "discipline.nursing discipline.social_work"),
        ("I am the only nurse in the county", "", ""),
        ("Not only nurses, anybody", "", ""),
        ("I only worked in hospitals", "", ""),
        ("No experience needed, students welcome", "", ""),
        ("Prefiero no acompañar a estudiantes", "stage.student", ""),
        ("Students are not for me", "stage.student", ""),
        ("Not an expert, just past the pager", "", ""),
        ("Not as their supervisor, as a colleague", "", ""),
        ("I don't know much about schools", "", ""),
        ("I would prefer women", "", ""),
    ],
)
def test_whom_a_text_refuses_and_keeps_to(text: str, refused: str, kept: str) -> None:
    assert whom(text, VOCABULARY) == (frozenset(refused.split()), frozenset(kept.split()))


@pytest.mark.parametrize(
    ("text", "refused", "kept"),
    [
        ("No evening sessions please, mornings only", "slot.weekday_evening", "slot.weekday_morning"),
        ("Solo por la mañana", "", "slot.weekday_morning"),
        ("pas le soir", "slot.weekday_evening", ""),
        ("I'm not a morning person", "", ""),
        ("Nights are hard on me", "", ""),
    ],
)
def test_when_a_text_refuses_and_keeps_to(text: str, refused: str, kept: str) -> None:
    assert tuple(map(set, when(text, VOCABULARY))) == (set(refused.split()), set(kept.split()))


@pytest.mark.parametrize(
    "text", ["No evening sessions, thank you.", "Mornings only.", "Nunca por la tarde; solo por la mañana."]
)
def test_hours_that_only_a_text_tells_count(text: str) -> None:
    mentee = Profile(id="m", role=Role.MENTEE, goals=("goal.explore_role",), region="region.US-OH", text=text)
    early = replace(MENTOR, id="early", region="region.US-OH", slots=("slot.weekday_morning",))
    late = replace(early, id="late", slots=("slot.weekday_evening",))
    pool = Pool([mentee, early, late], vocabulary=VOCABULARY)
    assert pool.affinity[0, pool.mentor_row["early"]] > pool.affinity[0, pool.mentor_row["late"]]
    ticked = Pool([replace(mentee, slots=("slot.weekday_evening",)), early, late], vocabulary=VOCABULARY)
    assert ticked.affinity[0, ticked.mentor_row["early"]] < ticked.affinity[0, ticked.mentor_row["late"]]


STUDENT = Profile(
    id="student",
    role=Role.MENTEE,
    stage="stage.student",
    disciplines=("discipline.social_work",),
    goals=("goal.explore_role",),
)
MENTOR = Profile(id="plain", role=Role.MENTOR, stage="stage.early", skills={"skill.career_guidance": 3}, capacity=1)


@pytest.mark.parametrize("text", ["No students please.", "Only nurses.", "Solo enfermeras.", "Pas d'étudiants."])
def test_a_mentor_who_declines_is_further_from_those_alone(text: str) -> None:
    nurse = replace(STUDENT, id="nurse", stage="stage.mid", disciplines=("discipline.nursing",))
    declining = replace(MENTOR, id="declining", text=text)
    silent = replace(MENTOR, id="silent", text="Mornings suit me.")
    pool = Pool([STUDENT, nurse, declining, silent], vocabulary=VOCABULARY)
    scores = {
        (mentee, mentor): pool.affinity[pool.mentee_row[mentee], pool.mentor_row[mentor]]
        for mentee in ("student", "nurse")
        for mentor in ("declining", "silent")
    }
    assert scores["student", "declining"] < scores["student", "silent"]
    assert scores["nurse", "declining"] >= scores["nurse", "silent"]


def test_an_own_field_is_not_declined_in_others() -> None:
    officer = replace(MENTOR, id="officer", disciplines=("discipline.social_work",), text="No social worker talk here.")
    pool = Pool([STUDENT, officer, MENTOR], vocabulary=VOCABULARY)
    assert not any(part.kind == "welcome" for part in pool.explain("student", "officer").contributions)


def test_the_fall_of_a_text_that_declines_is_exact() -> None:
    """Without the only text that declines nobody needs to be welcome, which a rerun would find."""
    mentee = replace(STUDENT, text="Career guidance in crisis work, and horses.")
    text = "Career guidance for years, horses too. No students on weekdays, no interns."
    declining = replace(MENTOR, id="declining", text=text)
    people = [mentee, declining, replace(MENTOR, text="Horses.")]
    pool = Pool(people, vocabulary=VOCABULARY)
    before = pool.affinity[0, pool.mentor_row["declining"]]
    rerun = Pool([taken_out(p, "text", text) if p is declining else p for p in people], vocabulary=VOCABULARY)
    fall = pool._without(0, pool.mentor_row["declining"])["text", text]
    assert fall == pytest.approx(before - rerun.affinity[0, rerun.mentor_row["declining"]], abs=1e-12)


def test_the_coordinator_is_told() -> None:
    declining = replace(MENTOR, id="declining", text="No students please.")
    told = Pool([STUDENT, declining], vocabulary=VOCABULARY).explain("student", "declining")
    assert in_words(told, vocabulary=VOCABULARY).weakest == (
        "Please note: the mentor would rather meet somebody of another stage, field or place of work."
    )
    assert "rather" not in in_words(told, vocabulary=VOCABULARY, reader="mentee").weakest
