"""Partition into groups, against an exact search on small pools and one steepest descent on larger ones."""

import functools
import itertools

import numpy as np
import pytest

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


def test_near_the_exact_optimum_on_small_pools():
    ratios = []
    for seed in range(12):
        v = random_values(np.random.default_rng(seed), 12, 0.1)
        best = exact(v, 4)
        if np.isfinite(best):
            ratios.append(partition(v, sizes=(4, 4)).value / best)
    assert len(ratios) > 5
    assert np.mean(ratios) > 0.98
    assert max(ratios) <= 1 + 1e-9


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
    found = partition(random_values(rng, 36, 0), sizes=(3, 4), fits=lambda g: len({int(colour[k]) for k in g}) < 3)
    assert found.groups
    assert all(len(set(colour[group])) < 3 for group in found.groups)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="symmetric"):
        partition(np.array([[0, 1.0], [2.0, 0]]), sizes=(2, 2))
    with pytest.raises(ValueError, match="square"):
        partition(np.zeros((2, 3)), sizes=(2, 2))
    with pytest.raises(ValueError, match="sizes"):
        partition(np.zeros((2, 2)), sizes=(3, 2))
