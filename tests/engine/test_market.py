"""The balanced market against scipy on the expanded matrix, from zero and from any other prices."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from matcher.engine.augmenting import Augmenting
from matcher.engine.market import NEVER, Graph, Market


def random_market(seed, largest=12):
    """Worths with many or few ties and holes, capacities that may be 0, and prices to begin with."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, largest, 2)
    highest = int(rng.choice([0, 1, 5, 1000, 10**9]))
    worth = rng.integers(0, highest, (n, m), endpoint=True)
    allowed = rng.random((n, m)) < rng.choice([0.1, 0.3, 0.9, 1.0])
    price = None if seed % 2 else rng.integers(0, 2 * highest, m, endpoint=True)
    return worth, allowed, rng.integers(0, 4, m), price


def with_bonus(worth, allowed):
    bonus = int(worth.max()) * len(worth) + 1
    return np.where(allowed, worth + bonus, 0), bonus


@pytest.mark.parametrize("seed", range(200))
def test_as_many_as_possible_are_matched_for_the_largest_total(seed):
    worth, allowed, capacity, price = random_market(seed)
    market = Market(
        Graph(np.tile(np.arange(len(capacity)), (len(worth), 1)), np.where(allowed, worth, NEVER)), capacity, price
    )
    market.settle()
    rows = np.flatnonzero(market.column < market.m)
    assert allowed[rows, market.column[rows]].all()
    assert (np.bincount(market.column[rows], minlength=market.m) <= capacity).all()
    wanted, _ = with_bonus(worth, allowed)
    places = wanted[:, np.repeat(np.arange(market.m), capacity)].astype(float)
    best = places[linear_sum_assignment(places, maximize=True)].sum()
    assert int(wanted[rows, market.column[rows]].sum()) == best


@pytest.mark.parametrize("seed", range(200))
def test_the_proof_has_the_smallest_prices(seed):
    worth, allowed, capacity, price = random_market(seed)
    market = Market(
        Graph(np.tile(np.arange(len(capacity)), (len(worth), 1)), np.where(allowed, worth, NEVER)), capacity, price
    )
    market.settle()
    wanted, bonus = with_bonus(worth, allowed)
    other = Augmenting(wanted, capacity)
    other.add_all()
    real = capacity > 0
    assert (market.proof().with_bonus(bonus)[real] == other.price[real]).all()


def test_a_place_that_stays_free_costs_nothing_whatever_the_prices_were():
    graph = Graph(np.array([[0, 1], [0, 1]]), np.array([[5, 3], [4, 4]]))
    market = Market(graph, np.array([1, 3]), np.array([9, 7]))
    market.settle()
    assert market.column.tolist() == [0, 1]
    assert market.proof().price.tolist() == [0, 0]


def test_nobody_without_a_pair_keeps_others_from_a_place():
    graph = Graph(np.array([[0], [0], [0]]), np.array([[3], [NEVER], [7]]))
    market = Market(graph, np.array([1]))
    market.settle()
    assert market.column.tolist() == [1, 1, 0]  # 1: nowhere
