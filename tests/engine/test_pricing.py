"""Solved on near pairs, proved over all of them: against the solver that looks at every pair."""

import numpy as np
import pytest

from matcher.engine import pricing
from matcher.engine.assignment import assign, upper_bound
from matcher.engine.augmenting import solve
from matcher.engine.pricing import Matrix, Vectors, assign_nearest, optimum
from tests.engine.test_market import random_market, with_bonus


@pytest.fixture(params=[1, 3, 10])
def few(request, monkeypatch):
    """So few near pairs that the graph alone misses the optimum."""
    monkeypatch.setattr(pricing, "NEAR", request.param)


@pytest.mark.parametrize("seed", range(60))
def test_the_optimum_is_that_over_all_pairs(seed, few):
    worth, allowed, capacity, price = random_market(seed, largest=30)
    wanted, bonus = with_bonus(worth, allowed)
    column, best_price = solve(wanted, capacity)
    found = optimum(Matrix(worth, allowed), capacity, price)
    assert total(wanted, found.column) == total(wanted, column)
    real = capacity > 0
    assert (found.proof.with_bonus(bonus)[real] == best_price[real]).all()


def total(worth, column):
    rows = np.flatnonzero(column >= 0)
    return int(worth[rows, column[rows]].sum())


def unit_rows(rng, n, d=8, dtype=np.float32):
    rows = rng.normal(size=(n, d)).astype(dtype)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(12))
def test_vectors_have_the_optimum_of_their_matrix(seed, dtype, few):
    rng = np.random.default_rng(seed)
    seeks, offers = unit_rows(rng, 60, dtype=dtype), unit_rows(rng, 25, dtype=dtype)
    capacity = rng.integers(0, 5, 25)
    eligible = rng.random((60, 25)) < 0.4 if seed % 2 else None
    found = assign_nearest(seeks, offers, capacity=capacity, eligible=eligible)
    affinity = seeks.astype(np.float64) @ offers.astype(np.float64).T
    other = assign(affinity, capacity=capacity, forbidden=None if eligible is None else ~eligible)
    assert found.matched == other.matched
    assert found.total == pytest.approx(other.total, abs=1e-9)
    assert found.gap == 0.0
    assert found.bound == found.total
    assert found.lowest == pytest.approx(other.lowest, abs=1e-9)


def test_the_proof_of_vectors_holds_over_all_pairs():
    rng = np.random.default_rng(5)
    seeks, offers, capacity = unit_rows(rng, 300), unit_rows(rng, 100), rng.integers(1, 4, 100)
    found = assign_nearest(seeks, offers, capacity=capacity)
    proof = found.certificate
    every = np.indices((300, 100)).reshape(2, -1)
    worth = Vectors(seeks, offers).worth(*every).reshape(300, 100) + proof.bonus
    reached = sum(int(worth[i, j]) for i, j in found.pairs)
    assert upper_bound(worth, capacity, proof.prices) == proof.bound == reached


@pytest.mark.parametrize("places", [(0, 3), (0, 7), (2, 5)], ids=["too few", "just enough", "plenty"])
@pytest.mark.parametrize("seed", range(4))
def test_with_a_tolerance_the_gap_is_stated_and_true(seed, places, monkeypatch):
    monkeypatch.setattr(pricing, "NEAR", 1)
    rng = np.random.default_rng(seed)
    seeks, offers, capacity = unit_rows(rng, 300), unit_rows(rng, 100), rng.integers(*places, 100)
    best = assign_nearest(seeks, offers, capacity=capacity)
    found = assign_nearest(seeks, offers, capacity=capacity, tolerance=0.01)
    assert found.matched == best.matched
    assert 0.0 < found.gap <= 0.01 * 300
    assert found.bound >= best.total - 1e-9
    assert found.total <= best.total + 1e-9
    proof = found.certificate
    worth = Vectors(seeks, offers).worth(*np.indices((300, 100)).reshape(2, -1)).reshape(300, 100) + proof.bonus
    assert upper_bound(worth, capacity, proof.prices) <= proof.bound


def test_the_result_is_the_same_on_one_thread_and_on_two(monkeypatch):
    rng = np.random.default_rng(6)
    seeks, offers = unit_rows(rng, 900), unit_rows(rng, 300)
    found = []
    for cores in (1, 2):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        found.append(assign_nearest(seeks, offers, capacity=np.full(300, 3)))
    assert (found[0].pairs == found[1].pairs).all()
    assert found[0].total == found[1].total


def test_prices_to_begin_with_change_nothing_but_the_time():
    rng = np.random.default_rng(7)
    affinity = rng.random((80, 30))
    first = assign(affinity, capacity=3)
    changed = affinity * rng.uniform(0.9, 1.1, affinity.shape)
    warm, cold = assign(changed, capacity=3, start=first.prices), assign(changed, capacity=3)
    assert (warm.pairs == cold.pairs).all()
    assert warm.gap == 0.0
    assert warm.prices == pytest.approx(cold.prices, abs=1e-9)


@pytest.mark.parametrize("start", [0.6, -3.0, 1e300])
def test_prices_that_are_far_off_do_no_harm(start):
    """The affinities are so near to each other that the prices are beyond 64 bits in their unit."""
    affinity = 0.5 + np.random.default_rng(9).random((6, 4)) * 1e-10
    warm, cold = assign(affinity, capacity=1, start=np.full(4, start)), assign(affinity, capacity=1)
    assert (warm.pairs == cold.pairs).all()
    assert warm.gap == 0.0


@pytest.mark.parametrize("start", [[0.1], [0.1, float("nan")], 0.5])
def test_prices_to_begin_with_are_finite_one_for_each_column(start):
    with pytest.raises(ValueError, match="start must be 2 finite numbers"):
        assign(np.ones((3, 2)), capacity=1, start=start)


def test_many_pairs_are_priced(monkeypatch):
    rng = np.random.default_rng(8)
    affinity = rng.random((70, 40))
    forbidden = rng.random((70, 40)) < 0.5
    every = assign(affinity, capacity=2, forbidden=forbidden, pinned=[(0, int(np.argmin(forbidden[0])))])
    monkeypatch.setattr("matcher.engine.assignment.MANY", 0)
    near = assign(affinity, capacity=2, forbidden=forbidden, pinned=[(0, int(np.argmin(forbidden[0])))])
    assert (near.pairs == every.pairs).all()
    assert (near.certificate.prices == every.certificate.prices).all()


def test_where_near_pairs_say_little_all_are_looked_at(monkeypatch):
    affinity = np.outer(np.linspace(1, 2, 40), np.linspace(1, 2, 30))  # everybody wants the same
    monkeypatch.setattr(pricing, "NEAR", 1)
    every = assign(affinity, capacity=1)
    monkeypatch.setattr("matcher.engine.assignment.MANY", 0)
    monkeypatch.setattr("matcher.engine.assignment.PRICING_ROUNDS", 1)
    near = assign(affinity, capacity=1)
    assert near.total == pytest.approx(every.total, abs=1e-12)
    assert near.gap == 0.0
    with pytest.raises(pricing.TooManyRounds):
        optimum(Matrix((affinity * 1000).astype(np.int64)), np.ones(30, dtype=np.int64), patience=1)


def test_vectors_of_different_types_or_widths_are_refused():
    with pytest.raises(ValueError, match="columns"):
        assign_nearest(np.ones((2, 3)), np.ones((2, 4)), capacity=1)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_a_side_without_anybody_has_no_pairs(shape):
    found = assign_nearest(np.ones((shape[0], 2)), np.ones((shape[1], 2)), capacity=1)
    assert (found.matched, found.total, len(found.unmatched)) == (0, 0.0, shape[0])
