"""Groups of people: hard rules, a shared language and hour, a facilitator, and everybody left over with a reason."""

import dataclasses

import numpy as np
import pytest

from matcher.domain.availability import week
from matcher.domain.profiles import read_answers
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.groups import form_groups
from matcher.engine.offers import SEASONS

WORDS = default_vocabulary()
GOALS = ["goal.case_consultation", "goal.prevent_burnout", "goal.licence_lcsw", "goal.publish_research"]


def invented(rng, number):
    """A random person of the kind that joins groups."""
    stages = [term.id for term in WORDS.terms("stages")]
    zones = ["America/New_York", "America/Los_Angeles", "Europe/Madrid"]
    answers = {
        "id": f"P{number:03d}",
        "role": str(rng.choice(["mentee", "mentor", "both"])),
        "stage": str(rng.choice(stages)),
        "goals": str(rng.choice(GOALS)),
        "helps_with": str(rng.choice(GOALS)),
        "disciplines": str(rng.choice([term.id for term in WORDS.terms("disciplines")])),
        "settings": str(rng.choice([term.id for term in WORDS.terms("settings")])),
        "languages": str(rng.choice(["lang.en", "lang.es", "lang.en|lang.es"])),
        "slots": str(rng.choice(["slot.weekday_evening", "slot.weekend_day", "slot.rotating"])),
        "timezone": str(rng.choice(zones)),
        "employer": str(rng.choice(["Larkmoor", "Tamber", "Quillan", ""])),
        "constraints": str(rng.choice(["", "constraint.no_same_employer"])),
    }
    return read_answers(answers, WORDS)


@pytest.mark.parametrize("seed", range(6))
def test_every_hard_rule_holds_in_every_group(seed):
    rng = np.random.default_rng(seed)
    people = [invented(rng, k) for k in range(60)]
    by_id = {p.id: p for p in people}
    found = form_groups(people, sizes=(3, 5), seconds=0.2)
    assert found.groups
    seated = [m for group in found.groups for m in group.members]
    assert sorted([*seated, *found.unplaced]) == sorted(found.people)
    for group in found.groups:
        members = [by_id[m] for m in group.members]
        assert 3 <= len(members) <= 5
        assert set.intersection(*(set(p.languages) for p in members)) == set(group.languages)
        assert WORDS[by_id[group.facilitator].stage].rank >= 5
        weeks = [week(p.slots, p.timezone, p.region, WORDS, on=SEASONS[0]) for p in members]
        assert group.hours
        assert all((w.sure | w.possible) >> hour & 1 for w in weeks for hour in group.hours)
        employers = [e for p in members for e in p.employer]
        assert len(employers) == len(set(employers))
    assert all(found.unplaced.values())


def person(name, **said):
    """Somebody who fits everybody: experienced, with a goal, a language and a free evening."""
    usual = {"role": "both", "stage": "stage.senior", "goals": GOALS[0], "languages": "lang.en", "timezone": "UTC"}
    return read_answers({"id": name, **usual, **said}, WORDS)


def test_hours_count_also_where_nobody_says_where_they_live():
    evening, morning = ({"timezone": "", "slots": f"slot.weekday_{when}"} for when in ("evening", "morning"))
    people = [person("A", **evening), person("B", **evening), person("C", **morning), person("D", **morning)]
    assert [group.members for group in form_groups(people, sizes=(2, 3)).groups] == [("A", "B"), ("C", "D")]
    together = form_groups(people, sizes=(3, 4))
    assert not together.groups
    assert together.unplaced["A"].startswith("common hour")


def test_too_few_for_any_group_is_said_so():
    found = form_groups([person("A"), person("B")], sizes=(3, 4))
    assert (found.unplaced["A"], found.binding) == ("too few are suited: 1 besides, a group needs 2", {})


def test_everybody_is_placed_unplaced_or_left_out_with_the_reason():
    people = [
        *(person(name) for name in "ABC"),
        person("D", languages="lang.es"),
        person("E", goals=""),
        person("F", goals="", helps_with=GOALS[2]),
        person("G", status="paused"),
        person("H", status="left"),
    ]
    found = form_groups(people, kind="collab.case_consultation_group", sizes=(2, 3))
    assert [group.members for group in found.groups] == [("A", "B", "C")]
    assert list(found.unplaced) == ["D"]
    assert found.binding["D"] == "rules that bind (people counted): language 3"
    assert found.left_out == {
        "E": "names no goal that suits this kind of group, wanted or offered",
        "F": "names no goal that suits this kind of group, wanted or offered",
        "G": "cannot be in a group now; rules that bind: paused",
        "H": "cannot be in a group now; rules that bind: not_active",
    }
    assert form_groups(people, sizes=(2, 3)).left_out["E"].startswith("names no goal that the vocabulary has")


NO_PLACE = "no group of the wanted size has a place that all rules allow"
EVENINGS = {"slots": "slot.weekday_evening"}
WEEKENDS = {"slots": "slot.weekend_day"}


@pytest.mark.parametrize(
    ("people", "sizes", "left", "reason", "binding"),
    [
        (
            [person(name) for name in "ABCDE"],
            (2, 2),
            "E",
            NO_PLACE,
            "rules that bind (groups counted): full 2",
        ),
        (
            [person("A", employer="Tamber"), person("B", employer="Tamber"), person("C"), person("D")],
            (4, 4),
            "D",
            NO_PLACE,
            "rules that bind (pairs counted): same_employer 1",
        ),
        (
            [
                person("A", languages="lang.en|lang.es"),
                person("B", languages="lang.en|lang.fr"),
                person("C", languages="lang.es|lang.fr"),
            ],
            (3, 3),
            "A",
            NO_PLACE,
            "rules that bind (for all together): language 1",
        ),
        (
            [person("A", **EVENINGS), person("B", **EVENINGS), person("C", **WEEKENDS)],
            (2, 2),
            "C",
            "common hour: only 0 others remain, a group needs 1",
            "rules that bind (people counted): common hour 2",
        ),
        (
            [
                person("A", stage="stage.trainee"),
                person("B", stage="stage.trainee"),
                person("C", languages="lang.es"),
            ],
            (2, 3),
            "A",
            "facilitator: nobody experienced enough shares a language and an hour",
            "rules that bind (facilitators counted): language 1",
        ),
    ],
)
def test_the_rules_that_keep_somebody_out_are_named_and_counted(people, sizes, left, reason, binding):
    found = form_groups(people, sizes=sizes)
    assert (found.unplaced[left], found.binding[left]) == (reason, binding)


def test_nobody_paused_and_only_whom_the_kind_suits():
    rng = np.random.default_rng(1)
    people = [invented(rng, k) for k in range(30)]
    people[0] = dataclasses.replace(people[0], status="paused")
    found = form_groups(people, kind="collab.case_consultation_group", sizes=(3, 5), seconds=0.1)
    suited = {p.id for p in people[1:] if "goal.case_consultation" in {*p.goals, *p.helps_with}}
    assert suited <= set(found.people)
    assert "P000" not in found.people


def test_the_missing_facilitator_is_the_answer():
    people = [
        read_answers(
            {"id": f"P{k}", "role": "mentee", "stage": "stage.student", "goals": GOALS[0], "languages": "en"}, WORDS
        )
        for k in range(5)
    ]
    found = form_groups(people, sizes=(3, 5), seconds=0.05)
    assert not found.groups
    assert all("facilitator" in reason for reason in found.unplaced.values())


def test_the_same_people_in_another_order_form_the_same_groups():
    rng = np.random.default_rng(3)
    people = [invented(rng, k) for k in range(24)]
    one, two = form_groups(people, sizes=(3, 4)), form_groups(people[::-1], sizes=(3, 4))
    assert [g.members for g in one.groups] == [g.members for g in two.groups]
    assert one.digest == two.digest


def test_even_a_group_of_two_needs_somebody_who_can_facilitate():
    def person(name, stage):
        answers = {"id": name, "role": "mentee", "stage": stage, "goals": GOALS[0], "languages": "lang.en"}
        return read_answers(answers, WORDS)

    found = form_groups([person("A", "stage.trainee"), person("B", "stage.trainee")], sizes=(2, 3))
    assert found.groups == ()
    assert "facilitator" in found.unplaced["A"]
    found = form_groups([person("A", "stage.trainee"), person("B", "stage.senior")], sizes=(2, 3))
    assert [group.facilitator for group in found.groups] == ["B"]


def test_each_group_has_somebody_for_each_role():
    disciplines = ["discipline.nursing", "discipline.dispatch", "discipline.social_work"]
    people = [person(f"P{k:02d}", disciplines=disciplines[k % 3], settings=f"setting.{k}") for k in range(24)]
    found = form_groups(people, sizes=(4, 4), roles=["nursing|psychiatry", "discipline_group.public_safety"])
    assert not found.unplaced
    for group in found.groups:
        assert {name: len(able) > 0 for name, able in group.roles.items()} == {
            "nursing|psychiatry": True,
            "discipline_group.public_safety": True,
        }
    assert {m for group in found.groups for m in group.roles["nursing|psychiatry"]} == {
        p.id for p in people if p.disciplines == (disciplines[0],)
    }
    with pytest.raises(ValueError, match="trombone"):
        form_groups(people, roles=["trombone"])


def test_the_role_that_nobody_can_take_is_the_answer():
    people = [person(name, disciplines="discipline.dispatch") for name in "ABCD"]
    found = form_groups(people, sizes=(4, 4), roles=["nursing"])
    assert not found.groups
    assert found.unplaced["A"] == "role nursing: nobody with it shares a language and an hour"


def test_a_role_that_is_used_up_is_named():
    people = [person(name, disciplines="discipline.nursing" if name in "AB" else "") for name in "ABCDEFGHI"]
    found = form_groups(people, sizes=(3, 3), roles=["nursing"])
    assert (len(found.groups), len(found.unplaced)) == (2, 3)
    assert found.binding[min(found.unplaced)] == (
        "rules that bind (groups counted): full 2; nobody left over who is needed for a further group: role nursing"
    )


def test_who_was_together_before_is_kept_apart():
    people = [person(name) for name in "ABCD"]
    before = [("A", "B"), ("C", "D"), ("A", "C")]
    found = form_groups(people, sizes=(2, 2), before=before)
    assert [group.members for group in found.groups] == [("A", "D"), ("B", "C")]
    found = form_groups(people, sizes=(4, 4), before=before)
    assert found.binding["A"] == "rules that bind (people counted): together_before 2"
