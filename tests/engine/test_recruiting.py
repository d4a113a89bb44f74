"""Whom to recruit: the stated gain is what a rerun finds, on the file with the new mentor in it."""

import random
from dataclasses import replace

import numpy as np
import pytest
from random_people import people

from matcher import match
from matcher.domain.profiles import Profile, Role, read_answers, to_answers
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine import recruiting
from matcher.engine.affinity import Pool
from matcher.engine.recruiting import in_words, kind_for, recruits

VOCABULARY = default_vocabulary()


def scarce(seed: int) -> list[Profile]:
    """People of whom few are mentors, with one place each."""
    rng = random.Random(seed)
    found = people(45, VOCABULARY, seed=seed)
    mentors = [p for p in found if p.role is Role.MENTOR]
    gone = {p.id for p in rng.sample(mentors, k=len(mentors) // 2)}
    return [replace(p, capacity=min(p.capacity, 1)) for p in found if p.id not in gone]


@pytest.mark.parametrize("seed", range(4))
def test_a_match_with_such_a_mentor_gains_exactly_what_was_stated(seed: int) -> None:
    everybody = scarce(seed)
    now = match(everybody)
    pinned = [(s.mentee_id, s.mentor_id) for s in now.suggestions[:2]]
    found = recruits(now.pool, pinned=pinned)
    assert found
    before = match(everybody, pinned=pinned).assignment
    for one in found:
        in_a_file = to_answers(one.profile)
        assert read_answers(in_a_file, VOCABULARY) == one.profile
        then = match([*map(to_answers, everybody), in_a_file], pinned=pinned).assignment
        assert then.matched - before.matched == one.matched
        assert then.total - before.total == pytest.approx(one.total, abs=1e-9)
    assert found == sorted(found, key=lambda one: (-one.matched, -one.total))


@pytest.mark.parametrize("seed", range(3))
def test_the_prices_single_out_the_best_of_all_kinds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(scarce(10 + seed))
    short = recruits(pool)
    monkeypatch.setattr(recruiting, "SOLVED_AGAIN", 10_000)
    assert recruits(pool)[:3] == short[:3]


def test_an_unmet_goal_language_and_licence_make_the_kind() -> None:
    mentee = {"id": "M1", "role": "mentee", "stage": "early", "goals": "goal.licence_lcsw", "languages": "es"}
    mentee |= {
        "region": "US-OH",
        "timezone": "America/New_York",
        "slots": "weekday evening",
        "formats": "in person;video",
    }
    mentor = {"id": "G1", "role": "mentor", "stage": "senior", "languages": "en", "helps_with": "goal.licence_lcsw"}
    pool = match([mentee, mentor]).pool
    [one] = recruits(pool)
    kind = one.profile
    assert (one.matched, one.suits) == (1, 1)
    assert one.total == pytest.approx(match([mentee, mentor, kind]).assignment.total, abs=1e-12)
    assert (kind.helps_with, kind.languages, kind.region) == (("goal.licence_lcsw",), ("lang.es",), "region.US-OH")
    assert (kind.credentials, kind.slots, kind.formats) == (
        ("cred.lcsw",),
        ("slot.weekday_evening",),
        ("format.video",),
    )
    assert (kind.capacity, kind.employer, kind.name, kind.text) == (1, (), "", "")
    english, spanish = (in_words(kind, vocabulary=VOCABULARY, language=language) for language in ("en", "es"))
    assert english[0] == f"glad to help with “{VOCABULARY['goal.licence_lcsw'].label}”"
    assert "speaks: Spanish" in english
    assert "lives in: Ohio" in english
    assert "habla: español" in spanish
    assert not set(english) & set(spanish)


def test_somebody_badly_matched_counts_when_everybody_has_a_mentor() -> None:
    mentee = {"id": "M1", "role": "mentee", "stage": "trainee", "goals": "goal.specialise_grief", "languages": "en"}
    mentor = {"id": "G1", "role": "mentor", "stage": "senior", "languages": "en", "skills": "skill.documentation=1"}
    [one] = recruits(match([mentee, mentor]).pool)
    assert (one.matched, one.suits) == (0, 0)
    assert one.total > 0.3


def test_nobody_is_asked_for_where_nobody_is_short() -> None:
    assert recruits(Pool([])) == []
    paused = Profile(id="M1", role=Role.MENTEE, goals=("goal.specialise_grief",), status="paused")
    assert recruits(Pool([paused])) == []
    waiting = replace(paused, status="active")
    assert [one.matched for one in recruits(Pool([waiting]))] == [1]
    assert recruits(Pool([waiting]), seeking=np.array([False])) == []


def test_a_kind_avoids_what_its_mentee_avoids_and_needs_something_to_go_by() -> None:
    mentee = Profile(id="M1", role=Role.MENTEE, goals=("goal.licence_lcsw",), avoid=("discipline.social_work",))
    kind = kind_for(Pool([mentee]), 0)
    assert kind is not None
    assert "discipline.social_work" not in kind.disciplines
