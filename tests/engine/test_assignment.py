"""The assignment against brute force and against scipy's dense solver on the full expanded matrix."""

import itertools

import numpy as np
import pytest

from matcher.cli.assign import _digest
from matcher.engine.assignment import Infeasible, assign
from matcher.engine.certificate import check, result_json


def random_pool(rng, rows, columns, *, levels=None, closed=0.25):
    """An affinity matrix with forbidden pairs, and capacities that may be 0."""
    w = rng.integers(0, levels, (rows, columns)) / levels if levels else rng.random((rows, columns))
    w[rng.random(w.shape) < closed] = np.nan
    return w, rng.integers(0, 4, columns)


def brute_force(w, capacity, need, least, pinned):
    """Best (filled, total) and best (filled, worst-off sum) over all subsets of the allowed pairs."""
    arcs = [tuple(map(int, arc)) for arc in np.argwhere(~np.isnan(w))]
    best = fair = None
    for chosen in itertools.product((0, 1), repeat=len(arcs)):
        pairs = [arc for arc, taken in zip(arcs, chosen, strict=True) if taken]
        if not set(pinned) <= set(pairs):
            continue
        rows = np.bincount([i for i, _ in pairs], minlength=len(w))
        columns = np.bincount([j for _, j in pairs], minlength=w.shape[1])
        if (rows > need).any() or (columns > capacity).any() or (columns < least).any():
            continue
        values = sorted(float(w[pair]) for pair in pairs)
        found = (len(pairs), round(sum(values), 9))
        best = max(best or found, found)
        ordered = (len(pairs), [round(v, 9) for v in values])
        fair = max(fair or ordered, ordered)
    return best, fair


@pytest.mark.parametrize("seed", range(40))
def test_total_and_fair_equal_brute_force_on_small_pools(seed):
    rng = np.random.default_rng(seed)
    w, capacity = random_pool(rng, *rng.integers(1, 5, 2), levels=4 if seed % 2 else None)
    open_pairs = [tuple(map(int, p)) for p in np.argwhere(~np.isnan(w)) if capacity[p[1]]]
    pinned = open_pairs[:1] if seed % 3 == 0 else []
    best, fair = brute_force(w, capacity, 1, 0, pinned)
    total = assign(w, capacity=capacity, pinned=pinned)
    assert (len(total.pairs), round(total.total, 9)) == best
    assert total.gap == 0
    worths = sorted(round(float(w[i, j]), 9) for i, j in assign(w, capacity=capacity, objective="fair").pairs)
    if not pinned:
        assert (len(worths), worths) == fair


@pytest.mark.parametrize("seed", range(30))
def test_needs_above_one_and_least_loads_equal_brute_force(seed):
    rng = np.random.default_rng(seed)
    w, capacity = random_pool(rng, *rng.integers(1, 4, 2))
    need, least = rng.integers(1, 3, len(w)), np.minimum(rng.integers(0, 2, w.shape[1]), capacity)
    best, _ = brute_force(w, capacity, need, least, [])
    if best is None:
        with pytest.raises(Infeasible):
            assign(w, capacity=capacity, need=need, least=least)
        return
    found = assign(w, capacity=capacity, need=need, least=least)
    assert (len(found.pairs), round(found.total, 6)) == (best[0], round(best[1], 6))
    assert found.gap == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("seed", range(20))
def test_the_total_is_what_scipy_finds_on_the_full_expanded_matrix(seed):
    from scipy.optimize import linear_sum_assignment

    rng = np.random.default_rng(seed)
    w, capacity = random_pool(rng, *rng.integers(20, 90, 2), closed=rng.random())
    found = assign(w, capacity=capacity)
    seats = np.repeat(np.arange(w.shape[1]), capacity)
    cost = np.where(np.isnan(w), 0.0, w + 1000.0)[:, seats]
    rows, places = linear_sum_assignment(cost, maximize=True)
    real = cost[rows, places] > 0
    assert found.matched == real.sum()
    assert found.total == pytest.approx(cost[rows, places].sum() - 1000.0 * real.sum(), abs=1e-9)
    assert (np.bincount(found.pairs[:, 1], minlength=len(capacity)) <= capacity).all()
    assert not np.isnan(w[found.pairs[:, 0], found.pairs[:, 1]]).any()


def test_one_more_place_is_worth_its_price():
    rng = np.random.default_rng(5)
    w = rng.random((30, 12))
    capacity = np.full(12, 2)
    before = assign(w[:20], capacity=capacity)
    for j in range(12):
        after = assign(w[:20], capacity=capacity + np.eye(12, dtype=int)[j])
        assert after.total - before.total <= before.prices[j] + 1e-9


def test_fair_lifts_the_worst_off_and_says_what_it_costs():
    w = np.array([[0.9, 0.8], [0.85, 0.1]])
    total, fair = assign(w, capacity=1), assign(w, capacity=1, objective="fair")
    assert (total.lowest, fair.lowest) == (0.8, 0.8)
    w = np.array([[1.0, 0.5], [0.6, 0.0]])
    total, fair = assign(w, capacity=1), assign(w, capacity=1, objective="fair")
    assert (fair.lowest, fair.total) == (0.5, 1.1)
    assert fair.bound == pytest.approx(total.total)
    assert fair.gap == pytest.approx(total.total - fair.total, abs=1e-12)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_empty_pools_have_empty_results(shape):
    found = assign(np.zeros(shape), capacity=1)
    assert (len(found.pairs), found.total, found.gap, len(found.unmatched)) == (0, 0.0, 0.0, shape[0])


@pytest.mark.parametrize("objective", ["total", "fair"])
def test_equal_negative_and_large_affinities_work(objective):
    for w in (np.full((4, 4), 0.5), -np.arange(9.0).reshape(3, 3), np.arange(9.0).reshape(3, 3) * 1e12):
        found = assign(w, capacity=1, objective=objective)
        assert found.matched == len(w)


def test_impossible_pins_and_loads_are_named():
    w = np.array([[0.5, np.nan], [0.5, 0.5]])
    with pytest.raises(Infeasible, match="pinned pair"):
        assign(w, capacity=1, pinned=[(0, 1)])
    with pytest.raises(Infeasible, match="2 pairs are pinned to column 0"):
        assign(w, capacity=1, pinned=[(0, 0), (1, 0)])
    with pytest.raises(Infeasible, match="column 1 cannot reach its least load of 2"):
        assign(w, capacity=2, least=[0, 2])
    with pytest.raises(ValueError, match="negative"):
        assign(w, capacity=-1)


def result_of(w, **options):
    """The JSON of an assignment with ids M0…, G0…"""
    capacity = options.pop("capacity")
    found = assign(w, capacity=capacity, **options)
    names = [f"M{i}" for i in range(len(w))], [f"G{j}" for j in range(w.shape[1])]
    pins = [(f"M{i}", f"G{j}") for i, j in options.get("pinned", ())]
    n, m = w.shape
    need, least = (
        np.broadcast_to(options.get(name, usual), size).tolist()
        for name, usual, size in (("need", 1, n), ("least", 0, m))
    )
    places = np.broadcast_to(capacity, m).tolist()
    digest = _digest(*names, w, (places, least), need, pins, found.objective)
    return result_json(found, *names, w, capacity=places, need=need, least=least, pins=pins, digest=digest)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("objective", ["total", "fair"])
def test_the_checker_accepts_every_result(seed, objective):
    rng = np.random.default_rng(seed)
    w, capacity = random_pool(rng, *rng.integers(1, 12, 2))
    assert check(result_of(w, capacity=capacity, objective=objective)) == []
    assert check(result_of(w, capacity=capacity, need=rng.integers(1, 3, len(w)), objective=objective)) == []


CORRUPTIONS = {
    "total": lambda r: r.update(total=r["total"] + 1e-6),
    "lowest": lambda r: r.update(lowest=0.0),
    "bound": lambda r: r["proof"].update(bound=r["proof"]["bound"] - 1),
    "gap": lambda r: r.update(gap=0.1),
    "matched": lambda r: r.update(matched=r["matched"] + 1),
    "affinity": lambda r: r["pairs"][0].__setitem__(2, 0.99),
    "capacities": lambda r: r.update(capacity=[0] * len(r["capacity"])),
    "pins": lambda r: r.update(pins=[["M0", next(g for g in r["mentors"] if ["M0", g] != r["pairs"][0][:2])]]),
    "pairs": lambda r: r["pairs"].append(r["pairs"][0]),
    "unmatched": lambda r: r.update(unmatched=["M0"]),
}


@pytest.mark.parametrize("claim", CORRUPTIONS)
def test_a_corrupted_result_is_refused_with_the_claim_that_fails(claim):
    result = result_of(np.random.default_rng(1).random((6, 4)), capacity=[2, 1, 2, 1])
    CORRUPTIONS[claim](result)
    assert claim in {failed.split(":")[0] for failed in check(result)}


def test_a_worse_pairing_is_refused():
    result = result_of(np.array([[0.9, 0.5], [0.8, 0.7]]), capacity=[1, 1])
    result["pairs"] = [["M0", "G1", 0.5], ["M1", "G0", 0.8]]
    result["total"] = 1.3
    assert "gap" in {failed.split(":")[0] for failed in check(result)}


def test_fair_is_checked_in_the_unit_of_the_proof_and_without_those_who_need_nobody():
    """0.3 and 0.1 + 0.2 are one affinity to the solver; a mentee who needs nobody cannot be matched higher."""
    w = np.array([[0.3, 0.1 + 0.2, np.nan], [np.nan, np.nan, 1.0]])
    assert check(result_of(w, capacity=1, objective="fair")) == []
    w = np.array([[0.9, 0.9], [0.1, np.nan]])
    assert check(result_of(w, capacity=1, need=[0, 1], objective="fair")) == []
    tenths = np.random.default_rng(2).integers(1, 9, (12, 8, 3)) / 10
    for seed in range(20):
        summed = np.random.default_rng(seed).permuted(tenths, axis=2).sum(axis=2)
        assert check(result_of(summed, capacity=2, objective="fair")) == []


def test_a_floor_that_could_be_higher_is_refused():
    result = result_of(np.array([[1.0, 0.375], [0.625, 0.5]]), capacity=1, objective="fair")
    result["pairs"] = [["M0", "G1", 0.375], ["M1", "G0", 0.625]]
    result.update(total=1.0, lowest=0.375, gap=0.5)
    assert {failed.split(":")[0] for failed in check(result)} == {"fair"}


def test_a_proof_in_integers_is_for_one_partner():
    result = result_of(np.array([[0.9, 0.5]]), capacity=1)
    result["need"] = [2]
    assert "bound" in {failed.split(":")[0] for failed in check(result)}


def test_a_result_without_its_digest_is_refused():
    result = result_of(np.array([[0.9, 0.5]]), capacity=1)
    del result["digest"]
    assert [failed.split(":")[0] for failed in check(result)] == ["digest"]


def test_a_proof_in_integers_beyond_64_bits_holds():
    """Many rows with a bonus each make a very large bound."""
    w = np.random.default_rng(0).random((12_000, 2))
    found = assign(w, capacity=6000)
    assert found.gap == 0.0
    assert found.certificate.bound > 2**63
    assert check(result_of(w, capacity=6000)) == []


@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e-9, 1.0, 1e99])
def test_affinities_of_any_size_are_told_apart_or_equal(scale):
    w = np.array([[3.0, 1.0], [2.0, 1.0]]) * scale
    found = assign(w, capacity=1)
    assert found.pairs.tolist() == [[0, 0], [1, 1]]
    assert check(result_of(w, capacity=1)) == []


def test_affinities_that_would_overflow_are_refused():
    with pytest.raises(ValueError, match="beyond 1e\\+100"):
        assign([[1e101]], capacity=1)


@pytest.mark.parametrize("claim", ["total", "lowest", "bound", "gap", "matched"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), "1", None, True])
def test_a_claim_that_is_no_number_is_no_claim(claim, value):
    """Every comparison with NaN is false, and so would find nothing wrong."""
    w = np.array([[0.5]])
    result = result_of(w, capacity=1)
    assert check(result) == []
    assert check({**result, claim: value})[0].startswith(f"format: {claim} must be a finite number")


def test_a_list_of_pairs_is_no_mask():
    with pytest.raises(ValueError, match="bools of shape"):
        assign(np.array([[0.9, 0.1], [0.8, 0.3], [0.7, 0.2]]), capacity=2, forbidden=[(0, 1)])


@pytest.mark.parametrize("seed", range(40))
def test_a_price_is_what_one_more_place_adds_to_the_total(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(2, 6, 2)
    affinity = rng.integers(0, 4, (n, m)) / 10
    affinity[rng.random((n, m)) < 0.4] = np.nan
    capacity = rng.integers(0, 3, m)
    found = assign(affinity, capacity=capacity)
    for j in range(m):
        more = assign(affinity, capacity=capacity + (np.arange(m) == j))
        assert found.prices[j] == pytest.approx(more.total - found.total, abs=1e-9)
