"""What a mentee needs, from goals, wishes, text and situation."""

import random

import pytest

from matcher.domain.availability import Week
from matcher.domain.profiles import Profile, Role
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.affinity import Pool
from matcher.engine.columns import in_words
from matcher.engine.needs import SUGGESTED, USUAL, Need, least_stage, named_credentials, needs_of, usual_goals
from matcher.engine.wording import heard

VOCABULARY = default_vocabulary()


def needs(**said: object) -> dict[str, Need]:
    """The needs of a mentee by name of the column."""
    mentee = Profile(**{"id": "ada", "role": Role.MENTEE} | said)
    return {need.column.name: need for need in needs_of(mentee, heard(mentee, VOCABULARY), VOCABULARY)}


def test_a_goal_becomes_what_a_helpful_mentor_has() -> None:
    found = needs(goals=("goal.skill_suicide_risk",))
    offers = VOCABULARY["goal.skill_suicide_risk"].offers
    assert offers is not None
    for skill in (*offers.skills_essential, *offers.skills_helpful):
        assert [v.value for v in found[f"skills:{skill}"].wants] == ["goal.skill_suicide_risk"]
    essential, helpful = offers.skills_essential[0], offers.skills_helpful[0]
    assert found[f"skills:{essential}"].weight > found[f"skills:{helpful}"].weight
    assert {"settings", "credentials", "goals", "stage"} <= {name.partition(":")[0] for name in found}


def test_the_goal_named_first_counts_a_little_more() -> None:
    found = needs(goals=("goal.win_grant", "goal.skill_text_chat"))
    assert found["goals:goal.win_grant"].weight > found["goals:goal.skill_text_chat"].weight


def test_what_two_goals_need_weighs_for_both() -> None:
    one = needs(goals=("goal.cert_icisf",))["skills:skill.critical_incident_support"]
    both = needs(goals=("goal.cert_icisf", "goal.skill_group_debrief"))["skills:skill.critical_incident_support"]
    assert both.weight > one.weight
    assert len(both.wants) == 2


def test_what_is_mastered_already_is_needed_less() -> None:
    weights = [
        needs(seeks_skills=("skill.emdr",), skills=skills)["skills:skill.emdr"].weight
        for skills in ({}, {"skill.emdr": 1.0}, {"skill.emdr": None}, {"skill.emdr": 3.0}, {"skill.emdr": 4.0})
    ]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == len(weights)


def test_a_credential_held_already_is_not_looked_for() -> None:
    listed = {name for name in needs(goals=("goal.licence_psych_nursing",)) if name.startswith("credentials:any")}
    left = {
        name
        for name in needs(goals=("goal.licence_psych_nursing",), credentials=("cred.rn",))
        if name.startswith("credentials:any")
    }
    assert any("cred.rn" in name for name in listed)
    assert not any("cred.rn" in name for name in left)


def test_a_goal_may_be_called_after_a_credential() -> None:
    assert named_credentials(VOCABULARY["goal.licence_lcsw"], VOCABULARY) == ("cred.lcsw",)
    assert named_credentials(VOCABULARY["goal.first_months"], VOCABULARY) == ()


def test_licences_are_looked_for_in_the_own_region() -> None:
    found = needs(goals=("goal.licence_lpc",), region="region.US-CO")
    assert "credentials:rules of region.US-CO" in found
    assert any(name.endswith("in region.US-CO") for name in found)
    assert "credentials:rules of region.US-CO" not in needs(goals=("goal.become_trainer",), region="region.US-CO")


def test_wishes_in_the_text_count_less_than_stated_ones() -> None:
    found = needs(goals=("goal.win_grant",), text="I also want to get better at motivational interviewing")
    said = found["skills:skill.motivational_interviewing"]
    assert said.firm <= SUGGESTED
    assert said.weight < found["skills:skill.grant_writing"].weight
    assert said.wants[0].column == "text"


def test_one_s_own_place_and_field_are_a_small_need() -> None:
    found = needs(settings=("setting.dispatch_911",), goals=("goal.conference_talk",))
    assert found["settings:setting.dispatch_911"].firm == SUGGESTED


def test_who_said_nothing_gets_what_people_of_the_stage_usually_ask_for() -> None:
    found = needs(stage="stage.student")
    assert {need.firm for name, need in found.items() if name.startswith(("skills", "settings"))} == {USUAL}
    assert usual_goals("stage.student", VOCABULARY)
    assert usual_goals("stage.unheard_of", VOCABULARY) == list(VOCABULARY.terms("goals"))


def test_a_stage_is_needed_when_one_goal_needs_it_least() -> None:
    assert least_stage(("goal.become_manager", "goal.skill_text_chat"), VOCABULARY) == "stage.early"
    assert least_stage((), VOCABULARY) is None
    assert least_stage(("goal.unheard_of",), VOCABULARY) is None


def test_nights_and_overlap_are_wishes_for_hours() -> None:
    usual = needs(slots=("slot.weekday_overnight",), region="region.US-CA")
    nights = needs(slots=("slot.weekday_overnight",), region="region.US-CA", constraints=("constraint.night_friendly",))
    overlap = needs(
        slots=("slot.weekday_overnight",), region="region.US-CA", constraints=("constraint.timezone_overlap",)
    )
    (hours,) = (n for n in usual if n.startswith("availability:hours"))
    assert overlap[hours].weight > usual[hours].weight
    assert any("constraint.night_friendly" in n for n in nights.keys() - usual.keys())


def mask(*hours: int) -> int:
    """These hours of the week, as they follow each other."""
    return sum(1 << hour % 168 for hour in hours)


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (Week(), "no hour"),
        (Week(mask(*range(168))), "any hour"),
        (Week(mask(18, 19, 20)), "Mon 18-21"),
        (Week(mask(*(24 * day + hour for day in range(5) for hour in range(17, 22)))), "Mon-Fri 17-22"),
        (Week(mask(*(24 * day + hour for day in (0, 2, 5) for hour in range(23, 28)))), "Mon/Wed/Sat 23-04"),
        (Week(mask(*range(5 * 24 + 8, 7 * 24 + 6))), "Sat 08 to Mon 06"),
        (Week(mask(9), mask(*range(10, 34)), 0.5), "Mon 09-10; perhaps Mon 10-10 (50%)"),
    ],
)
def test_hours_are_named_in_words(hours: Week, told: str) -> None:
    assert in_words(hours) == told


def test_weeks_with_other_hours_have_other_names() -> None:
    rng = random.Random(5)
    one_span = {mask(*range(start, start + length)) for start in range(168) for length in range(1, 169)}
    masks = one_span | {rng.getrandbits(168) for _ in range(2000)} | {rng.getrandbits(168) & m for m in one_span}
    assert len({in_words(Week(m)) for m in masks}) == len(masks)
    assert in_words(Week(0, 1, 0.5)) != in_words(Week(0, 1, 0.25))


def test_the_name_of_hours_says_the_week_of_winter_and_of_july() -> None:
    evenings = {"slots": ("slot.weekday_evening",), "formats": ("format.video", "format.email")}
    said = [name for name in needs(**evenings, timezone="America/New_York") if name.startswith("availability:hours")]
    assert said == ["availability:hours Mon-Fri 22-03 UTC (in July Mon-Fri 21-02) or format.email"]


def test_somebody_to_avoid_is_no_longer_one_of_those_wanted() -> None:
    found = needs(goals=("goal.police_mh_link",), constraints=("constraint.no_police_mentor",))
    assert "disciplines:not discipline.law_enforcement" in found
    wanted = [name for name in found if name.startswith("disciplines:any of")]
    assert wanted
    assert not any("law_enforcement" in name for name in wanted)


def stems_of(text: str) -> set[str]:
    return {word.stem for word in heard(Profile(id="m", role=Role.MENTEE, text=text), VOCABULARY).tokens}


def test_words_by_which_something_is_refused_are_not_compared() -> None:
    assert stems_of("No police here, some nights") == {"night"}
    assert "polic" in stems_of("No police please. I am a police officer")


@pytest.mark.parametrize(
    "text",
    [
        "I am not interested in police work",
        "Police work is not for me",
        "No me interesa la policía",
        "La police ne m'intéresse pas",
    ],
)
def test_whom_a_text_waves_away_comes_after_others_known_by_text_only(text: str) -> None:
    mentee = Profile(id="m", role=Role.MENTEE, text=text)
    officer = Profile(id="officer", role=Role.MENTOR, text="Police officer for 20 years, police training", capacity=1)
    teacher = Profile(id="teacher", role=Role.MENTOR, text="Teacher in a primary school", capacity=1)
    trainer = Profile(id="trainer", role=Role.MENTOR, text="I train police and schools", capacity=1)
    pool = Pool([mentee, officer, teacher, trainer], vocabulary=VOCABULARY)
    of_officer, of_teacher, of_trainer = (
        pool.affinity[0, pool.mentor_row[mentor.id]] for mentor in (officer, teacher, trainer)
    )
    assert of_officer < of_teacher
    assert of_officer < of_trainer  # who names the police is not of it
