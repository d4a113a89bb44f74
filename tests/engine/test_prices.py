"""The cost of a pin or a ban against the optimum solved again without it."""

import numpy as np
import pytest

from matcher.engine.assignment import assign
from matcher.engine.prices import NOTHING, Choices, Gain, shortfalls


def random_choices(rng, most=12):
    """A problem with pins and bans that can be kept, ties or none, and places that are scarce or plenty."""
    n, m = (int(k) for k in rng.integers(2, most, 2))
    affinity = rng.random((n, m)) if rng.random() < 0.5 else rng.integers(0, 4, (n, m)) / 10
    affinity[rng.random((n, m)) < rng.choice([0.0, 0.4])] = np.nan
    capacity = rng.integers(0, 3, m)
    forbidden, pins, left = np.isnan(affinity), [], capacity.copy()
    for i in rng.permutation(n)[: n // 2].tolist():
        j = int(rng.integers(m))
        if left[j] and not forbidden[i, j]:
            left[j] -= 1
            pins.append((i, j))
    bans = [(int(i), int(j)) for i, j in rng.integers(0, (n, m), (4, 2)) if (i, j) not in pins]
    for ban in bans:
        forbidden[ban] = True
    return affinity, capacity, forbidden, pins, bans


def optimum(affinity, capacity, forbidden, pins):
    found = assign(affinity, capacity=capacity, forbidden=forbidden, pinned=pins)
    return found.matched, found.total


@pytest.mark.parametrize("seed", range(150))
def test_a_cost_is_what_the_optimum_gains_when_it_is_solved_again(seed):
    affinity, capacity, forbidden, pins, bans = random_choices(np.random.default_rng(seed))
    choices = Choices(affinity, capacity=capacity, forbidden=forbidden, pinned=pins, by_hand=bans)
    matched, total = optimum(affinity, capacity, forbidden, pins)
    for pin in pins:
        others = [other for other in pins if other != pin]
        more, better = optimum(affinity, capacity, forbidden, others)
        cost = choices.cost_of_pin(pin)
        assert (cost.matched, cost.total) == (more - matched, pytest.approx(better - total, abs=1e-9))
    for ban in bans:
        opened = forbidden.copy()
        opened[ban] = np.isnan(affinity[ban])
        more, better = optimum(affinity, capacity, opened, pins)
        cost = choices.cost_of_ban(ban)
        assert (cost.matched, cost.total) == (more - matched, pytest.approx(better - total, abs=1e-9))


def test_a_pin_may_cost_a_match():
    choices = Choices([[0.9, 0.5], [0.4, np.nan]], capacity=[1, 1], pinned=[(0, 0)])
    assert choices.cost_of_pin((0, 0)) == Gain(1, pytest.approx(0.0, abs=1e-9))


def test_a_pin_that_the_optimum_would_have_chosen_costs_nothing():
    choices = Choices([[0.9, 0.5], [0.4, 0.3]], capacity=[1, 1], pinned=[(0, 0)])
    assert choices.cost_of_pin((0, 0)) == NOTHING
    with pytest.raises(KeyError):
        choices.cost_of_pin((1, 1))


def test_only_one_partner_a_row():
    with pytest.raises(ValueError, match="one partner"):
        Choices([[0.9, 0.5]], capacity=[1, 1], need=2)


@pytest.mark.parametrize("seed", range(60))
def test_somebody_unmatched_gets_the_place_as_soon_as_the_affinity_is_higher_by_the_shortfall(seed):
    affinity, capacity, forbidden, _, _ = random_choices(np.random.default_rng(500 + seed))
    found = assign(affinity, capacity=capacity, forbidden=forbidden)
    short = shortfalls(np.nan_to_num(affinity), ~forbidden, capacity, found)
    for i in found.unmatched.tolist():
        for j in np.flatnonzero(~forbidden[i] & (capacity > 0)).tolist():
            for more, has in ((1e-6, True), (-1e-6, False)):
                nearer = affinity.copy()
                nearer[i, j] += short[i, j] + more
                if has or short[i, j] > -more:
                    pairs = assign(nearer, capacity=capacity, forbidden=forbidden).pairs.tolist()
                    assert ([i, j] in pairs) is has
    matched = np.setdiff1d(np.arange(len(affinity)), found.unmatched)
    assert np.isinf(short[matched]).all()
    assert np.isinf(short[forbidden]).all()
    assert np.isinf(short[:, capacity == 0]).all()


def test_a_shortfall_is_the_distance_to_who_has_the_place():
    affinity = np.array([[0.8, 0.1], [0.5, 0.3], [0.2, 0.25]])
    found = assign(affinity, capacity=[1, 1])
    short = shortfalls(affinity, np.ones((3, 2), dtype=bool), np.array([1, 1]), found)
    assert found.unmatched.tolist() == [2]
    assert short[2] == pytest.approx([0.6, 0.05])
