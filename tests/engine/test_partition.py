"""Partition into groups, against an exact search on small pools and one steepest descent on larger ones."""

import functools
import itertools

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from benchmarks.grouping import descent
from matcher.engine.partition import partition


def random_values(rng, people, closed):
    """A symmetric matrix with forbidden pairs."""
    v = rng.random((people, people))
    v = (v + v.T) / 2
    v[np.triu(rng.random(v.shape) < closed, 1)] = np.nan
    return np.where(np.isnan(v.T), np.nan, v)


def exact(v, size):
    """The best value over all partitions into groups of one size, by dynamic programming over subsets."""

    @functools.cache
    def best(people):
        if not people:
            return 0.0
        first, *rest = people
        found = -np.inf
        for others in itertools.combinations(rest, size - 1):
            worth = sum(v[a, b] for a, b in itertools.combinations((first, *others), 2))
            if not np.isnan(worth):
                found = max(found, worth + best(tuple(p for p in rest if p not in others)))
        return found

    return best(tuple(range(len(v))))


@pytest.mark.parametrize("seed", range(8))
def test_exact_up_to_sixteen_people(seed):
    v = random_values(np.random.default_rng(seed), 12, 0.1)
    best = exact(v, 4)
    found = partition(v, sizes=(4, 4))
    if np.isfinite(best):
        assert found.value == pytest.approx(best, abs=1e-9)
        assert not found.unplaced
    assert (found.bound, found.prices) == (found.value, None)


def all_groups(v, low, high, shared, needed):
    """Every group that may be, as a tuple."""
    return [
        g
        for size in range(low, high + 1)
        for g in itertools.combinations(range(len(v)), size)
        if not np.isnan(v[np.ix_(g, g)]).any() and shared[list(g)].all(axis=0).any() and needed[list(g)].any()
    ]


def worth(found, people):
    """The value of a partition, and much more for each person who is placed."""
    return 1000.0 * (people - len(found.unplaced)) + found.value


def best_worth(v, groups):
    """The largest worth of different people's groups, by integer programming."""
    holds = np.array([[k in g for g in groups] for k in range(len(v))], dtype=float)
    worth = [1000.0 * len(g) + v[np.ix_(g, g)].sum() / 2 for g in groups]
    once = LinearConstraint(holds, -np.inf, 1)
    whole = {"integrality": np.ones(len(groups)), "bounds": Bounds(0, 1), "options": {"mip_rel_gap": 0.0}}
    return -milp(-np.array(worth), constraints=[once], **whole).fun


@pytest.mark.parametrize("seed", range(12))
def test_exact_with_sizes_rules_and_people_left_over_against_integer_programming(seed):
    rng = np.random.default_rng(seed)
    people, low = int(rng.integers(1, 12)), int(rng.integers(2, 5))
    high = low + int(rng.integers(0, 3))
    v = random_values(rng, people, 0.5 * rng.random()) - rng.random()
    np.fill_diagonal(v, 0.0)
    shared, needed = rng.random((people, 3)) < 0.6, rng.random((people, 1)) < 0.5
    found = partition(v, sizes=(low, high), shared=[shared], needed=needed)
    groups = all_groups(v, low, high, shared, needed)
    assert {tuple(g) for g in found.groups} <= set(groups)
    if groups:
        assert worth(found, people) == pytest.approx(best_worth(v, groups), abs=1e-3)
    else:
        assert len(found.unplaced) == people


@pytest.mark.parametrize("kind", ["dense", "near", "whole numbers", "sparse", "negative"])
@pytest.mark.parametrize("sizes", [(2, 2), (3, 5), (4, 4)])
def test_search_and_bound_enclose_the_optimum(monkeypatch, kind, sizes):
    rng = np.random.default_rng(sizes)
    v = random_values(rng, 12, 0.1)
    if kind == "near":
        x = rng.random((12, 2))
        v += 1 - np.linalg.norm(x[:, None] - x, axis=2)
    v = {"whole numbers": np.round(3 * v), "sparse": np.where(v > 0.7, v, 0 * v), "negative": v - 1}.get(kind, v)
    best = partition(v, sizes=sizes)
    monkeypatch.setattr("matcher.engine.partition.EXACT", 0)
    found = partition(v, sizes=sizes)
    monkeypatch.undo()
    assert len(found.unplaced) == len(best.unplaced)
    assert found.value - 1e-9 <= best.value <= found.bound + 1e-9
    assert found.value > best.value - 0.02 * abs(best.value)


@pytest.mark.parametrize("seed", range(10))
def test_as_good_as_integer_programming_where_half_of_the_pairs_are_forbidden(seed):
    """A single search from anew leaves four people too many over in three of these."""
    v = random_values(np.random.default_rng(seed), 20, 0.5)
    np.fill_diagonal(v, 0.0)
    everything = np.ones((20, 1), dtype=bool)
    best = best_worth(v, all_groups(v, 4, 4, everything, everything))
    assert worth(partition(v, sizes=(4, 4)), 20) == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize("size", [2, 4, 6])
def test_better_than_descents_of_swaps(size):
    v = random_values(np.random.default_rng(size), 60, 0.1)
    found = partition(v, sizes=(size, size))
    assert not found.unplaced
    assert found.value > np.mean([descent(v, size, seed) for seed in range(6)]) * (1.005 if size == 2 else 1.02)


def test_sizes_that_leave_a_choice_are_chosen_by_value():
    of = np.arange(36) // 3
    v = np.where(of[:, None] == of, 1.0, -0.1)
    assert partition(v, sizes=(3, 6)).value == pytest.approx(36.0)
    v = np.where(of[:, None] // 2 == of // 2, 1.0, -0.1)
    assert partition(v, sizes=(3, 6)).value == pytest.approx(6 * 15)


@pytest.mark.parametrize("seed", range(30))
def test_no_rule_is_broken_and_everybody_is_somewhere(seed):
    rng = np.random.default_rng(seed)
    people, low = int(rng.integers(0, 40)), int(rng.integers(2, 5))
    high = low + int(rng.integers(0, 3))
    v = random_values(rng, people, rng.random() * 0.6)
    found = partition(v, sizes=(low, high), seconds=0.02)
    assert sorted([*itertools.chain(*found.groups), *found.unplaced]) == list(range(people))
    for group in found.groups:
        assert low <= len(group) <= high
        assert not np.isnan(v[np.ix_(group, group)][~np.eye(len(group), dtype=bool)]).any()
    assert found.value <= found.bound + 1e-9


def test_the_same_input_gives_the_same_groups():
    v = random_values(np.random.default_rng(1), 60, 0.1)
    assert partition(v, sizes=(4, 6)).groups == partition(v, sizes=(4, 6)).groups


def test_rules_about_whole_groups_hold():
    rng = np.random.default_rng(2)
    colour = rng.integers(0, 3, 36)
    # Nobody of colour k has column k, so a group has a column in common where one colour is missing.
    found = partition(
        random_values(rng, 36, 0),
        sizes=(3, 4),
        shared=[colour[:, None] != np.arange(3)],
        needed=np.eye(36)[:, :12].sum(1, keepdims=True),
    )
    assert not found.unplaced
    for group in found.groups:
        assert len(set(colour[group])) < 3
        assert min(group) < 12


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="symmetric"):
        partition(np.array([[0, 1.0], [2.0, 0]]), sizes=(2, 2))
    with pytest.raises(ValueError, match="square"):
        partition(np.zeros((2, 3)), sizes=(2, 2))
    with pytest.raises(ValueError, match="beyond 1e"):
        partition(np.full((20, 20), 1e308), sizes=(3, 5))
    with pytest.raises(ValueError, match="sizes"):
        partition(np.zeros((2, 2)), sizes=(3, 2))
    with pytest.raises(ValueError, match="forbidden must have the shape"):
        partition(np.zeros((3, 3)), sizes=(2, 2), forbidden=np.zeros(3))
    with pytest.raises(ValueError, match="needed must be"):
        partition(np.zeros((3, 3)), sizes=(2, 2), needed=np.zeros((2, 1)))
