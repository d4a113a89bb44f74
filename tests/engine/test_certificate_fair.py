"""The check of fairness, against every assignment there is, and with results that are made a little less fair."""

import itertools
import math

import numpy as np
import pytest

from matcher.engine.assignment import assign, columns_of
from matcher.engine.certificate import check, examine, result_json
from matcher.engine.certificate.fair import is_leximin


def every_assignment(allowed, places):
    """Every way to give rows a column or -1 within the places."""
    for column in itertools.product(*(np.flatnonzero([*row, True]).tolist() for row in allowed)):
        chosen = np.array([-1 if j == len(places) else j for j in column])
        if (np.bincount(chosen[chosen >= 0], minlength=len(places)) <= places).all():
            yield chosen


def order(level, column):
    """How many are matched, then their levels from the lowest."""
    rows = np.flatnonzero(column >= 0)
    return len(rows), sorted(level[rows, column[rows]].tolist())


@pytest.mark.parametrize("seed", range(60))
def test_of_all_assignments_exactly_the_fairest_pass(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 5, 2)
    level = rng.integers(0, (3, 6, 1000)[seed % 3], (n, m))
    allowed, places = rng.random((n, m)) < 0.8, rng.integers(0, 3, m)
    found = list(every_assignment(allowed, places))
    best = max(order(level, column) for column in found)
    for column in found:
        assert is_leximin(level, allowed, places, column) == (order(level, column) == best)


def stated(w, column, **options):
    """A fair result with other pairs and the sums that follow from them."""
    mentees, mentors = [f"M{i}" for i in range(len(w))], [f"G{j}" for j in range(w.shape[1])]
    result = result_json(assign(w, objective="fair", **options), mentees, mentors, w, **options)
    rows = np.flatnonzero(column >= 0)
    values = [float(w[i, column[i]]) for i in rows]
    result["pairs"] = [[mentees[i], mentors[column[i]], float(w[i, column[i]])] for i in rows]
    total = math.fsum(values)
    result.update(total=total, lowest=min(values), gap=result["bound"] - total)
    return result


@pytest.mark.parametrize("levels", [20, 10**6])
def test_who_stands_above_the_floor_is_checked(levels):
    """Two swap so that the floor stays, and the next worst are worse off."""
    rng = np.random.default_rng(levels)
    w = rng.integers(0, levels, (30, 20)) / 2**20
    w[rng.random(w.shape) < 0.2] = np.nan
    capacity = [1] * 20
    fair = columns_of(assign(w, capacity=capacity, objective="fair"))
    assert not [failed for failed in check(stated(w, fair, capacity=capacity)) if not failed.startswith("digest")]
    refused = 0
    rows = np.flatnonzero(fair >= 0)
    for a, b in itertools.combinations(rows.tolist(), 2):
        swapped = fair.copy()
        swapped[[a, b]] = fair[[b, a]]
        values = w[rows, swapped[rows]]
        if np.isnan(values).any() or values.min() < w[rows, fair[rows]].min():
            continue
        worse = sorted(values.tolist()) < sorted(w[rows, fair[rows]].tolist())
        failed = {claim.split(":")[0] for claim in check(stated(w, swapped, capacity=capacity))} - {"digest", "gap"}
        assert failed == ({"fair"} if worse else set())
        refused += worse
    assert refused


def claimed_fair(found, w, **options):
    """A result, claimed to be fair, with the digest that a forger would give it."""
    names = [f"M{i}" for i in range(len(w))], [f"G{j}" for j in range(w.shape[1])]
    result = result_json(found, *names, w, **options) | {"objective": "fair", "digest": ""}
    digest = next(claim for claim in check(result) if claim.startswith("digest"))
    return result | {"digest": digest.split("gives '")[1].rstrip("'")}


def test_the_highest_total_is_not_the_fairest():
    w = np.random.default_rng(0).random((60, 30))
    options = {"capacity": [1] * 30}
    assert check(claimed_fair(assign(w, objective="fair", **options), w, **options)) == []
    failed = check(claimed_fair(assign(w, **options), w, **options))
    assert [claim.split(":")[0] for claim in failed] == ["fair"]


def test_of_several_mentors_the_lowest_is_proved_and_nothing_above_it():
    refused = 0
    for seed in range(15):
        rng = np.random.default_rng(seed)
        w = rng.integers(0, 10, (6, 4)) / 8
        w[rng.random(w.shape) < 0.2] = np.nan
        options = {"capacity": rng.integers(1, 5, 4), "need": rng.integers(1, 3, 6), "least": [1, 0, 0, 1]}
        fair, total = (assign(w, objective=objective, **options) for objective in ("fair", "total"))
        told = examine(claimed_fair(fair, w, **options))
        assert not told.failed
        assert any(claim.startswith("fair: the lowest can be no higher") for claim in told.proved)
        assert any(claim.startswith("fair: who stands above the lowest") for claim in told.unproved)
        unfair = (total.matched, total.lowest) < (fair.matched, fair.lowest)
        failed = {claim.split(":")[0] for claim in check(claimed_fair(total, w, **options))}
        assert failed <= {"fair", "matched_is_maximum"}
        assert bool(failed) == unfair
        refused += unfair
    assert refused
