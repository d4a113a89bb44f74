"""Pools for measurements: as large as asked for, the same each time, people who differ."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from matcher.domain.profiles import read_answers, to_answers
from matcher.domain.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def pools() -> ModuleType:
    path = Path(__file__).parent.parent / "benchmarks" / "pools.py"
    spec = importlib.util.spec_from_file_location("pools", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_small_pools_are_made_one_by_one(pools: ModuleType) -> None:
    assert len(pools.pool(40)) == 40


def test_larger_pools_recombine_people_and_are_the_same_each_time(pools: ModuleType) -> None:
    people = pools.pool(900, seed=3, base=120)
    assert people == pools.pool(900, seed=3, base=120)
    assert len({p.id for p in people}) == 900
    lives = {(p.disciplines, p.settings, p.goals, p.region, p.slots, p.formats, tuple(p.skills)) for p in people}
    assert len(lives) > 800


def test_recombined_people_are_valid_profiles(pools: ModuleType, vocabulary: Vocabulary) -> None:
    for person in pools.pool(300, seed=3, base=120):
        assert read_answers(to_answers(person), vocabulary).goals == person.goals
        assert person.capacity == 0 or person.role.is_mentor
