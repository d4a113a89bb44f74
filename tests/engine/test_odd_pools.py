"""Pools that are not as the vocabulary would like them: they rank sensibly all the same."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from matcher.domain.profiles import Profile, Role, read_answers
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.engine.affinity import Pool

VOCABULARY = default_vocabulary()


def ranking(people: Iterable[dict[str, object]], mentee: str, vocabulary: Vocabulary = VOCABULARY) -> list[str]:
    """The mentors' ids, nearest first."""
    pool = Pool([read_answers(p, vocabulary) for p in people], vocabulary=vocabulary)
    row = pool.affinity[pool.mentee_row[mentee]]
    return [pool.mentors[j].id for j in sorted(range(len(row)), key=lambda j: (-row[j], j))]


def mentee(person_id: str, **said: object) -> dict[str, object]:
    return {"id": person_id, "role": "mentee", **said}


def mentor(person_id: str, **said: object) -> dict[str, object]:
    return {"id": person_id, "role": "mentor", **said}


TEXTS = [
    mentee("m1", text="I would love to learn beekeeping, my first hives arrive in April"),
    mentee("m2", text="new to pottery: how do you glaze stoneware"),
    mentee("m3", text="want to move from the phones to a mobile crisis team"),
    mentor("bees", text="Thirty years of bees and honey, I keep forty hives. Beekeepers of the county, chair."),
    mentor("clay", text="Potter. Stoneware, glazes, kilns, a small shop"),
    mentor("street", text="I ride with the mobile crisis unit, ten years in the field"),
    mentor("silent", text="🙏"),
]


@pytest.mark.parametrize(("who", "best"), [("m1", "bees"), ("m2", "clay"), ("m3", "street")])
def test_a_pool_with_nothing_but_text_ranks_by_text(who: str, best: str) -> None:
    assert ranking(TEXTS, who)[0] == best


def test_a_very_long_text_is_no_advantage() -> None:
    long_text = " ".join(str(person["text"]) for person in TEXTS if person["role"] == "mentor") * 70
    assert len(long_text) > 10_000
    assert ranking([*TEXTS, mentor("long", text=long_text[:20_000])], "m1")[0] == "bees"


def test_the_same_text_in_all_fields_counts_once() -> None:
    said = "safety plans for farmers"
    once = [
        mentee("a", text="safety plans for farmers please"),
        mentor("x", text=said),
        mentor("y", text="other things"),
    ]
    pool = Pool([read_answers(p, VOCABULARY) for p in once], vocabulary=VOCABULARY)
    pasted = [*once[:1], mentor("x", text=said, skills=said, helps_with=said), *once[2:]]
    again = Pool([read_answers(p, VOCABULARY) for p in pasted], vocabulary=VOCABULARY)
    assert again.affinity[0, 0] == pytest.approx(pool.affinity[0, 0])


UNKNOWN = [
    mentee("m1", seeks_skills="wheel throwing; kiln repair"),
    mentee("m2", goals="Sell at craft fairs"),
    mentee("m3", skills="raku firing=1"),
    mentor("potter", skills="Wheel throwing=4; glazing=3"),
    mentor("novice", skills="wheel throwing=1"),
    mentor("trader", helps_with="sell at craft fairs; pricing"),
    mentor("fireman", skills="raku firing=4; kiln repairs"),
]


@pytest.mark.parametrize(("who", "best"), [("m1", "potter"), ("m2", "trader"), ("m3", "fireman")])
def test_values_that_the_vocabulary_lacks_are_matched_as_words(who: str, best: str) -> None:
    assert ranking(UNKNOWN, who)[0] == best


def test_a_stated_level_counts() -> None:
    order = ranking(UNKNOWN, "m1")
    assert order.index("potter") < order.index("novice")
    levels = [mentor(f"level{n}", skills=f"skill.safety_planning={n}") for n in (1, 2, 3, 4)]
    assert ranking([mentee("m", seeks_skills="safety planning"), *levels], "m") == [
        "level4",
        "level3",
        "level2",
        "level1",
    ]


def test_a_skill_without_a_level_is_as_good_as_confident() -> None:
    asked = [mentee("m", seeks_skills="safety planning"), mentor("a", skills="safety planning")]
    pool = Pool([read_answers(p, VOCABULARY) for p in [*asked, mentor("b", skills="safety planning=3")]])
    assert pool.affinity[0, 0] == pool.affinity[0, 1]


def test_forty_skills_ticked_by_a_student_are_not_believed() -> None:
    everything = ";".join(f"{term.id}=4" for term in VOCABULARY.terms("skills"))
    people = [
        mentee("m", goals="goal.skill_suicide_risk"),
        mentor("student", stage="student", skills=everything),
        mentor("mid", stage="mid", skills="suicide risk assessment=3; safety planning=3"),
    ]
    assert ranking(people, "m")[0] == "mid"


def test_somebody_who_said_nothing_gets_a_generalist_near_the_front_line() -> None:
    people = [
        mentee("m", stage="stage.student"),
        mentor("narrow", stage="senior", settings="setting.crisis_negotiation_unit",
               skills="skill.crisis_negotiation;skill.incident_command"),
        mentor("general", stage="early", settings="setting.crisis_line_988;setting.crisis_stabilisation_unit",
               skills="skill.mentoring_coaching;skill.career_guidance;skill.boundary_setting"),
        mentor("empty"),
    ]  # fmt: skip
    assert ranking(people, "m")[0] == "general"
    assert ranking([mentee("m"), *people[1:]], "m")[0] == "general"


def test_mostly_empty_profiles_rank_by_what_there_is() -> None:
    people = [
        mentee("m", goals="goal.skill_listening"),
        mentor("empty"),
        mentor("kin", skills="skill.empathic_responding"),
        mentor("slot", slots="slot.weekday_evening"),
    ]
    assert ranking(people, "m")[0] == "kin"


def test_a_licence_of_another_state_is_related_not_equal() -> None:
    people = [
        mentee("m", goals="goal.licence_lpc", region="region.US-CO"),
        mentor("here", credentials="cred.lpc", region="region.US-CO"),
        mentor("there", credentials="cred.lpc", region="region.US-NY"),
        mentor("abroad", credentials="cred.lpc", region="region.CA-ON"),
        mentor("other", credentials="cred.asist", region="region.US-CO"),
    ]
    assert ranking(people, "m") == ["here", "there", "abroad", "other"]


def test_an_expired_licence_is_not_counted() -> None:
    people = [
        mentee("m", goals="goal.licence_lcsw", region="region.US-CO"),
        mentor("current", credentials="LCSW", region="region.US-CO"),
        mentor("lapsed", credentials="LCSW (expired)", region="region.US-CO"),
    ]
    assert ranking(people, "m")[0] == "current"


def test_an_evening_in_sydney_is_an_evening_in_auckland_and_night_in_london() -> None:
    people = [
        mentee("m", seeks_skills="safety planning", region="region.AU-NSW", slots="slot.weekday_evening"),
        mentor("london", skills="safety planning", region="region.GB", slots="slot.weekday_evening"),
        mentor("auckland", skills="safety planning", region="region.NZ", slots="slot.weekday_evening"),
        mentor("rotating", skills="safety planning", region="region.GB", slots="slot.rotating"),
    ]
    assert ranking(people, "m") == ["auckland", "rotating", "london"]


def test_whoever_only_writes_needs_no_common_hours() -> None:
    people = [
        mentee("m", region="region.US-HI", slots="slot.weekday_evening", formats="format.messaging;format.email"),
        mentor("madrid", region="region.ES", slots="slot.weekday_evening", formats="format.messaging"),
        mentor("hilo", region="region.US-HI", slots="slot.weekday_evening", formats="format.messaging"),
    ]
    pool = Pool([read_answers(p, VOCABULARY) for p in people], vocabulary=VOCABULARY)
    assert pool.affinity[0, 0] == pool.affinity[0, 1]


def test_a_wish_not_to_meet_a_field_counts_in_text_and_in_a_constraint() -> None:
    mentors = [
        mentor("officer", skills="de-escalation", disciplines="discipline.law_enforcement"),
        mentor("nurse", skills="de-escalation", disciplines="discipline.nursing"),
    ]
    for said in ({"text": "Want to get better at de-escalation. No police please."},
                 {"goals": "goal.skill_deescalation", "constraints": "constraint.no_police_mentor"}):  # fmt: skip
        assert ranking([mentee("m", **said), *mentors], "m")[0] == "nurse"


def test_not_looking_for_supervision_is_no_reason_against_a_supervisor() -> None:
    text = "LMSW since June. Not asking for supervision, just guidance"
    people = [
        mentee("m", goals="goal.licence_lcsw", text=text),
        mentor("guide", skills="skill.clinical_supervision;skill.career_guidance", credentials="cred.lcsw"),
        mentor("other", skills="skill.career_guidance", credentials="cred.lcsw"),
    ]
    assert ranking(people, "m")[0] == "guide"


def test_helping_with_the_goal_by_name_counts() -> None:
    skills = "skill.active_listening;skill.empathic_responding"
    people = [
        mentee("m", goals="goal.skill_listening"),
        mentor("elsewhere", skills=skills, helps_with="goal.win_grant"),
        mentor("glad", skills=skills, helps_with="goal.skill_listening"),
        mentor("open", skills=skills),
    ]
    pool = Pool([read_answers(p, VOCABULARY) for p in people], vocabulary=VOCABULARY)
    glad, elsewhere, open_to_all = (pool.affinity[0, pool.mentor_row[who]] for who in ("glad", "elsewhere", "open"))
    assert glad > open_to_all
    assert elsewhere == open_to_all  # whoever helps with more is no worse for it


def test_gender_age_and_origin_carry_no_weight() -> None:
    """They are extra columns, kept and exported, and not read."""
    asked = mentee("m", goals="goal.skill_listening", gender="woman", age="29", origin="Oaxaca")
    like = mentor("a", skills="active listening", gender="woman", age="30", origin="Oaxaca")
    unlike = mentor("b", skills="active listening", gender="man", age="61", origin="Bergen")
    pool = Pool([read_answers(p, VOCABULARY) for p in (asked, like, unlike)], vocabulary=VOCABULARY)
    assert pool.affinity[0, 0] == pool.affinity[0, 1]


@pytest.fixture
def chess(tmp_path: Path) -> Vocabulary:
    """Another profession in a folder of its own."""
    files = {
        "skills.csv": "id,label\nskill.openings,Openings\nskill.endgames,Endgames\nskill.tactics,Tactics\n",
        "stages.csv": "id,label,rank\nstage.novice,Novice,0\nstage.club,Club player,1\nstage.master,Master,2\n",
        "slots.csv": "id,label,hours\nslot.evening,Evening,mon-fri 18:00-22:00\n",
        "goals.csv": "id,label,skills_essential,min_stage\n"
        "goal.title,Earn a title,skill.openings|skill.endgames,stage.master\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return Vocabulary.load(tmp_path)


def test_another_vocabulary_is_another_profession(chess: Vocabulary) -> None:
    people = [
        mentee("m", goals="Earn a title", stage="Club player"),
        mentor("allround", skills="Openings; Endgames=4", stage="Master"),
        mentor("tactician", skills="Tactics=4", stage="Master"),
    ]
    assert ranking(people, "m", chess)[0] == "allround"
    assert ranking([mentee("m"), *people[1:]], "m", chess)[0] == "allround"


def test_a_profile_built_by_hand_needs_no_reader() -> None:
    people = [Profile(id="m", role=Role.MENTEE, text="bees"), Profile(id="x", role=Role.MENTOR, text="my bees")]
    assert Pool(people).affinity[0, 0] > 0.1
