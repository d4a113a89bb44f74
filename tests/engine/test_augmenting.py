"""Successive shortest paths against scipy on the expanded matrix; the fair objective against one weighted optimum."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from matcher.engine import augmenting
from matcher.engine.assignment import upper_bound
from matcher.engine.augmenting import Augmenting, solve
from matcher.engine.fairness import leximin


def random_problem(rng, largest=60):
    """Integer worths with many or few ties and holes, and capacities that may be 0."""
    n, m = rng.integers(1, largest, 2)
    worth = rng.integers(1, rng.choice([2, 4, 1000, 10**12]), (n, m), endpoint=True)
    worth[rng.random((n, m)) < rng.choice([0.0, 0.3, 0.9])] = 0
    return worth, rng.integers(0, 4, m)


def by_scipy(worth, capacity):
    """The largest total worth: one column a place."""
    places = worth[:, np.repeat(np.arange(len(capacity)), capacity)]
    return int(places[linear_sum_assignment(places.astype(float), maximize=True)].sum())


def total(worth, column):
    return sum(int(worth[row, at]) for row, at in enumerate(column) if at >= 0)


@pytest.mark.parametrize("way", ["paths", "scipy"])
@pytest.mark.parametrize("seed", range(60))
def test_the_optimum_is_that_of_the_expanded_matrix_and_the_prices_prove_it(seed, way, monkeypatch):
    monkeypatch.setattr(augmenting, "SMALL", 0 if way == "scipy" else 10**9)
    worth, capacity = random_problem(np.random.default_rng(seed))
    column, price = solve(worth, capacity)
    assert total(worth, column) == by_scipy(worth, capacity) == upper_bound(worth, capacity, price)
    assert (np.bincount(column[column >= 0], minlength=len(capacity)) <= capacity).all()
    assert all(worth[row, at] > 0 for row, at in enumerate(column) if at >= 0)


@pytest.mark.parametrize("way", ["paths", "scipy"])
@pytest.mark.parametrize("seed", range(20))
def test_a_price_is_what_one_more_place_adds(seed, way, monkeypatch):
    monkeypatch.setattr(augmenting, "SMALL", 0 if way == "scipy" else 10**9)
    worth, capacity = random_problem(np.random.default_rng(100 + seed), largest=15)
    column, price = solve(worth, capacity)
    for at in range(len(capacity)):
        more = capacity.copy()
        more[at] += 1
        assert total(worth, solve(worth, more)[0]) - total(worth, column) == price[at]


def test_it_is_an_optimum_after_every_row():
    worth, capacity = random_problem(np.random.default_rng(7))
    growing = Augmenting(worth, capacity)
    for row in range(len(worth)):
        growing.add(row)
        assert total(worth, growing.column) == by_scipy(worth[: row + 1], capacity)


@pytest.mark.parametrize("seed", range(60))
def test_leximin_equals_the_optimum_in_which_a_level_outweighs_all_above_it(seed):
    rng = np.random.default_rng(seed)
    levels = int(rng.integers(1, 6))
    worth = rng.integers(0, levels, rng.integers(1, 30, 2))
    allowed, capacity = rng.random(worth.shape) < rng.choice([0.2, 0.5, 1.0]), rng.integers(0, 4, worth.shape[1])
    n = len(worth)
    weights = np.array([(n + 1) ** levels - (n + 1) ** (levels - 1 - level) for level in range(levels)])
    places = np.where(allowed, (n + 1) ** (levels + 1) + weights[worth], 0)[
        :, np.repeat(range(len(capacity)), capacity)
    ]
    at = linear_sum_assignment(places.astype(float), maximize=True)
    levels_of_places = worth[:, np.repeat(range(len(capacity)), capacity)]
    best = sorted(levels_of_places[at][places[at] > 0].tolist())

    start, _ = solve(np.where(allowed, worth + levels * n + 1, 0), capacity)
    column = leximin(worth, allowed, capacity, start)
    matched = np.flatnonzero(column >= 0)
    assert sorted(worth[matched, column[matched]].tolist()) == best
    assert allowed[matched, column[matched]].all()
    assert (np.bincount(column[matched], minlength=len(capacity)) <= capacity).all()


def test_leximin_with_few_mentors_of_many_places():
    rng = np.random.default_rng(3)
    worth = rng.integers(0, 10**9, (300, 3))
    capacity = np.array([100, 100, 100])
    start, _ = solve(worth + 10**12, capacity)
    column = leximin(worth, np.ones(worth.shape, dtype=bool), capacity, start)
    worst = worth[np.arange(300), column].min()
    higher, _ = solve((worth > worst).astype(np.int64), capacity)
    assert (higher < 0).any(), "nobody can stand above the worst-off when everybody is matched"
