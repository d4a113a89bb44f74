"""The hard rules, one by one; one pair and many pairs are the same code."""

import numpy as np
import pytest
from random_people import people

from matcher.domain.profiles import Profile, Role
from matcher.domain.rules import Rule
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.affinity import Pool
from matcher.engine.eligibility import broken_rules, employer_names, loops

VOCABULARY = default_vocabulary()


def ada(**said: object) -> Profile:
    """A mentee."""
    return Profile(**{"id": "ada", "role": Role.MENTEE, "email": "ada@example.org"} | said)


def grace(**said: object) -> Profile:
    """A mentor with one place."""
    return Profile(**{"id": "grace", "role": Role.MENTOR, "email": "grace@example.com", "capacity": 1} | said)


def rules(mentee: Profile, mentor: Profile) -> set[Rule]:
    pool = Pool([mentee, mentor], vocabulary=VOCABULARY)
    return set(pool.rules(pool.mentee_row[mentee.id], pool.mentor_row[mentor.id]))


CASES = [
    ("two strangers who said nothing", {}, {}, set()),
    ("one address, two accounts", {"email": "Ada@Example.org"}, {"email": "ada@example.org"}, {Rule.SELF}),
    ("same employer", {"employer": ("Larkmoor Crisis Centre",)}, {"employer": ("larkmoor crisis center, Inc.",)},
     {Rule.SAME_EMPLOYER}),
    ("one of two employers is the same", {"employer": ("Tamber", "Larkmoor")}, {"employer": ("X", "LARKMOOR LLC")},
     {Rule.SAME_EMPLOYER}),
    ("same unit", {"employer": ("Quillan Fire District, Station 4",)}, {"employer": ("Quillan Fire District",)},
     {Rule.SAME_EMPLOYER}),
    ("other employer", {"employer": ("Larkmoor Crisis Centre",)}, {"employer": ("Tamber Lifeline",)}, set()),
    ("no employer is not an employer in common", {"employer": ("retired",)}, {"employer": ("Retired",)}, set()),
    ("supervision", {"employer": ("A",), "constraints": ("constraint.no_line_or_supervision_relation",)},
     {"employer": ("a",)}, {Rule.SAME_EMPLOYER, Rule.SUPERVISION}),
    ("mentee avoids a person by id", {"avoid": ("GRACE",)}, {}, {Rule.BLOCKED}),
    ("mentee avoids a person by name", {"avoid": ("Siân Ó Briain",)}, {"name": "Siân Ó Briain"}, {Rule.BLOCKED}),
    ("mentee avoids an address", {"avoid": ("Grace@example.com",)}, {}, {Rule.BLOCKED}),
    ("mentee avoids a domain", {"avoid": ("@example.com",)}, {"email": "grace@mail.example.com"}, {Rule.BLOCKED}),
    ("mentee avoids an employer", {"avoid": ("Tamber Lifeline",)}, {"employer": ("Tamber Lifeline Ltd.",)},
     {Rule.BLOCKED}),
    ("mentor avoids the mentee", {"name": "Ada L"}, {"avoid": ("ada l",)}, {Rule.BLOCKED}),
    ("mentee avoids a discipline", {"avoid": ("discipline.law_enforcement",)},
     {"disciplines": ("discipline.law_enforcement",)}, {Rule.CONFLICT}),
    ("a wish is no rule", {"constraints": ("constraint.no_police_mentor",)},
     {"disciplines": ("discipline.law_enforcement",)}, set()),
    ("no language in common", {"languages": ("lang.es",)}, {"languages": ("lang.en", "lang.fr")}, {Rule.LANGUAGE}),
    ("a regional form is the language", {"languages": ("lang.es-MX",)}, {"languages": ("lang.es",)}, set()),
    ("an unknown language may be any", {"unknown": {"languages": ("Michif",)}}, {"languages": ("lang.en",)}, set()),
    ("languages not said", {"languages": ("lang.es",)}, {}, set()),
    ("first language required", {"languages": ("lang.es", "lang.en"),
                                 "constraints": ("constraint.same_language_required",)},
     {"languages": ("lang.en",)}, {Rule.LANGUAGE}),
    ("first language required, not said", {"languages": ("lang.es",),
                                           "constraints": ("constraint.same_language_required",)},
     {}, {Rule.LANGUAGE}),
    ("first language required and spoken", {"languages": ("lang.es", "lang.en"),
                                            "constraints": ("constraint.same_language_required",)},
     {"languages": ("lang.en", "lang.es")}, set()),
    ("mentor requires a language", {"languages": ("lang.en",)},
     {"languages": ("lang.es", "lang.en"), "constraints": ("constraint.same_language_required",)}, {Rule.LANGUAGE}),
    ("format required", {"formats": ("format.messaging",), "constraints": ("constraint.accessible_format",)},
     {"formats": ("format.phone",)}, {Rule.FORMAT}),
    ("format not required", {"formats": ("format.messaging",)}, {"formats": ("format.phone",)}, set()),
    ("format required and offered", {"formats": ("format.messaging",),
                                     "constraints": ("constraint.accessible_format",)},
     {"formats": ("format.phone", "format.messaging")}, set()),
    ("below the stage of the goal", {"goals": ("goal.become_manager",)}, {"stage": "stage.senior"}, {Rule.STAGE}),
    ("below the stage of one of two goals", {"goals": ("goal.become_manager", "goal.skill_text_chat")},
     {"stage": "stage.senior"}, set()),
    ("at the stage of the goal", {"goals": ("goal.become_manager",)}, {"stage": "stage.leader"}, set()),
    ("stage not said", {"goals": ("goal.become_manager",)}, {}, set()),
    ("far below the mentee", {"stage": "stage.leader"}, {"stage": "stage.student"}, {Rule.STAGE}),
    ("a little below the mentee", {"stage": "stage.leader"}, {"stage": "stage.early"}, set()),
    ("mentor paused", {}, {"status": "paused"}, {Rule.PAUSED}),
    ("mentor paused by a constraint", {}, {"constraints": ("constraint.paused",)}, {Rule.PAUSED}),
    ("mentee paused", {"status": "paused"}, {}, {Rule.PAUSED}),
    ("mentor full", {}, {"status": "full"}, {Rule.FULL}),
    ("mentor without a place", {}, {"capacity": 0}, {Rule.FULL}),
    ("mentee unconfirmed", {"status": "unconfirmed"}, {}, {Rule.UNCONFIRMED}),
    ("mentor left", {}, {"status": "left"}, {Rule.NOT_ACTIVE}),
]  # fmt: skip


@pytest.mark.parametrize(("mentee", "mentor", "broken"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_each_rule_forbids_what_it_says(mentee: dict, mentor: dict, broken: set[Rule]) -> None:
    assert rules(ada(**mentee), grace(**mentor)) == broken


def test_nobody_mentors_themselves() -> None:
    both = Profile(id="both", role=Role.BOTH, capacity=1)
    pool = Pool([both], vocabulary=VOCABULARY)
    assert pool.rules(0, 0) == (Rule.SELF,)


def test_of_two_who_are_both_only_one_direction_is_open() -> None:
    """The one that fits better; of equals, one all the same."""
    skill = "skill.safety_planning"
    learner = Profile(id="a", role=Role.BOTH, capacity=1, seeks_skills=(skill,))
    expert = Profile(id="b", role=Role.BOTH, capacity=1, skills={skill: 4}, seeks_skills=("skill.grant_writing",))
    pool = Pool([learner, expert], vocabulary=VOCABULARY)
    assert pool.eligible[0, 1]
    assert pool.rules(1, 0) == (Rule.LOOP,)
    twins = [Profile(id=i, role=Role.BOTH, capacity=1) for i in "abc"]
    equal = Pool(twins, vocabulary=VOCABULARY).eligible
    assert (equal ^ equal.T == ~np.eye(3, dtype=bool)).all()


def test_a_direction_that_another_rule_forbids_does_not_close_the_open_one() -> None:
    teacher = Profile(id="a", role=Role.BOTH, capacity=1, stage="stage.senior", goals=("goal.become_manager",))
    student = Profile(id="b", role=Role.BOTH, capacity=1, stage="stage.mid")
    pool = Pool([teacher, student], vocabulary=VOCABULARY)
    assert pool.rules(0, 1) == (Rule.STAGE,)
    assert pool.rules(1, 0) == ()


def test_one_pair_and_a_whole_pool_are_judged_alike() -> None:
    everybody = people(40, VOCABULARY, seed=3)
    mentees = [p for p in everybody if p.role.is_mentee]
    mentors = [p for p in everybody if p.role.is_mentor]
    whole = broken_rules(mentees, mentors, VOCABULARY)
    for i, mentee in enumerate(mentees):
        for j, mentor in enumerate(mentors):
            assert broken_rules([mentee], [mentor], VOCABULARY)[0, 0] == whole[i, j]


def test_rules_do_not_depend_on_who_else_is_there_except_for_loops() -> None:
    assert not loops([], [], np.zeros((0, 0)), np.zeros((0, 0), dtype=np.uint16)).size


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Larkmoor Centre", "LARKMOOR CENTER"),
        ("José Ruiz Fundación", "Jose\u0301 Ruiz Fundacio\u0301n"),
        ("The Brisk & Co.", "Brisk"),
        ("A.B.C. Services Inc.", "ABC Services"),
        ("Tamber Lifeline (Dayton)", "Tamber Lifeline"),
    ],
)
def test_spellings_of_one_employer_are_one(one: str, other: str) -> None:
    assert employer_names(one) & employer_names(other)


@pytest.mark.parametrize("value", ["-", "N/A", "Self-employed", "hidden", "jubilada", "—"])
def test_some_answers_are_no_employer(value: str) -> None:
    assert not employer_names(value)
