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
