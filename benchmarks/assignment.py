"""The optimum over all pairs of vectors, proved, against peers; every one in a process of its own.

Ours gets the vectors. The dense solvers get the matrix, whose product is counted. The sparse ones get the NEAREST
neighbours of each mentee and miss what lies outside. All totals are taken in float64 of the same affinities.
"""

import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.instances import Instance, instance
from benchmarks.measuring import Measured, measured, product

SIZES = ((60, 40), (300, 120), (1_000, 400), (3_000, 1_200), (10_000, 4_000))
NEAREST = 50
UNIT = 1_000_000  # of an affinity, for solvers of whole numbers

Pairs = list[tuple[int, int]]


def ours(given: Instance) -> Pairs:
    """The pricing loop."""
    from matcher.engine.pricing import assign_nearest

    found = assign_nearest(given.seeks, given.offers, capacity=given.capacity)
    if found.gap:
        raise AssertionError(found.gap)
    return [(int(i), int(j)) for i, j in found.pairs]


def ours_within(given: Instance) -> tuple[float, float]:
    """The pricing loop until the proved gap is at most 5e-5 of an affinity a mentee: total and gap."""
    from matcher.engine.pricing import assign_nearest

    found = assign_nearest(given.seeks, given.offers, capacity=given.capacity, tolerance=5e-5)
    return found.total, found.gap


def scipy_dense(given: Instance) -> Pairs:
    """scipy's linear_sum_assignment on one column a place."""
    from scipy.optimize import linear_sum_assignment

    owner = np.repeat(np.arange(len(given.capacity)), given.capacity)
    rows, places = linear_sum_assignment((given.seeks @ given.offers.T)[:, owner], maximize=True)
    return [(int(i), int(owner[at])) for i, at in zip(rows, places, strict=True)]


def scipy_sparse(given: Instance) -> Pairs:
    """scipy's min_weight_full_bipartite_matching on the nearest, one column a place and one to stay without."""
    from scipy import sparse
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    rows, columns, affinity = _near(given)
    places, n = int(given.capacity.sum()), len(given.seeks)
    first = np.cumsum(given.capacity) - given.capacity
    copies = given.capacity[columns]
    at = np.arange(copies.sum()) - np.repeat(np.cumsum(copies) - copies, copies)
    edges = sparse.csr_array(
        (
            np.concatenate([np.repeat(affinity + 2.0, copies), np.full(n, 1e-9)]),
            (
                np.concatenate([np.repeat(rows, copies), np.arange(n)]),
                np.concatenate([np.repeat(first[columns], copies) + at, places + np.arange(n)]),
            ),
        ),
        shape=(n, places + n),
    )
    owner = np.repeat(np.arange(len(given.capacity)), given.capacity)
    found = zip(*min_weight_full_bipartite_matching(edges, maximize=True), strict=True)
    return [(int(i), int(owner[at])) for i, at in found if at < places]


def min_cost_flow(given: Instance) -> Pairs:
    """OR-Tools' SimpleMinCostFlow on the nearest."""
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    rows, columns, affinity = _near(given)
    n, m = len(given.seeks), len(given.capacity)
    flow, nowhere = SimpleMinCostFlow(), n + m
    cost = -np.rint((affinity + 2.0) * UNIT).astype(np.int64)
    arcs = flow.add_arcs_with_capacity_and_unit_cost(rows, n + columns, np.ones_like(rows), cost)
    flow.add_arcs_with_capacity_and_unit_cost(n + np.arange(m), np.full(m, nowhere), given.capacity, np.zeros(m, int))
    flow.add_arcs_with_capacity_and_unit_cost(np.arange(n), np.full(n, nowhere), np.ones(n, int), np.zeros(n, int))
    flow.set_nodes_supplies(np.arange(n + m + 1), np.concatenate([np.ones(n), np.zeros(m), [-n]]).astype(np.int64))
    if flow.solve() != flow.OPTIMAL:
        raise AssertionError("no optimum")
    used = flow.flows(arcs) > 0
    return [(int(i), int(j)) for i, j in zip(rows[used], columns[used], strict=True)]


def greedy(given: Instance) -> Pairs:
    """The best pair that is left, again and again."""
    affinity = given.seeks @ given.offers.T
    left, free = given.capacity.tolist(), [True] * len(given.seeks)
    found = []
    for at in np.argsort(-affinity, axis=None, kind="stable").tolist():
        i, j = divmod(at, affinity.shape[1])
        if free[i] and left[j]:
            free[i] = False
            left[j] -= 1
            found.append((i, j))
    return found


def mentor_match(given: Instance) -> Pairs:
    """The civil service's mentor-match (munkres in Python) with the affinity as its only rule, one mentor a place."""
    from matching.mentee import Mentee
    from matching.mentor import Mentor
    from matching.process import process_data
    from matching.rules.rule import Rule

    affinity = given.seeks.astype(float) @ given.offers.astype(float).T
    owner = np.repeat(np.arange(len(given.capacity)), given.capacity)

    class Affinity(Rule):
        def apply(self, match_object: Any) -> int:
            mentee, place = (int(p.email.split("@")[0]) for p in (match_object.mentee, match_object.mentor))
            return int((affinity[mentee, owner[place]] + 2.0) * UNIT)

    mentees = [Mentee(email=f"{i}@mentee.example.org", grade=1) for i in range(len(given.seeks))]
    mentors = [Mentor(email=f"{place}@mentor.example.org", grade=2) for place in range(len(owner))]
    process_data(mentors, mentees, [[Affinity()]])
    return [
        (int(mentee.email.split("@")[0]), int(owner[int(mentee.connections[0].email.split("@")[0])]))
        for mentee in mentees
        if mentee.connections
    ]


def _near(given: Instance) -> tuple[Any, Any, Any]:
    from matcher.engine.neighbors import MentorNeighbors

    k = min(NEAREST, len(given.offers))
    affinity, columns = MentorNeighbors(k).fit(given.offers).kneighbors(given.seeks)
    return np.repeat(np.arange(len(columns)), k), columns.ravel(), affinity.ravel().astype(np.float64)


PEERS: tuple[tuple[str, Callable[[Instance], Pairs], str, int], ...] = (
    ("scipy, dense", scipy_dense, "scipy", 10_000),
    ("scipy, 50 nearest", scipy_sparse, "scipy", 10_000),
    ("OR-Tools flow, 50 nearest", min_cost_flow, "ortools", 10_000),
    ("greedy", greedy, "numpy", 10_000),
    ("mentor-match", mentor_match, "matching", 60),
)
"""Name, way, the package it needs, and the most mentees it is asked to match."""


def imported(way: Callable[[Instance], object], n: int, m: int) -> Instance:
    """The instance, after a small one has loaded every library that the way needs."""
    way(instance(20, 10))
    return instance(n, m)


def lines() -> Iterator[str]:
    """One line for each size and way; seconds include searching neighbours and, for ours, the proof."""
    yield "| mentees x mentors | way | seconds | x ours | x product | memory MB | matched | total |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for n, m in SIZES:
        given = instance(n, m)
        bare = min(product(given.seeks, given.offers) for _ in range(3))
        base = measured(imported, ours, ours, n, m)
        best = _total(given, base.value)
        yield _line(given, "ours, all pairs, proved", base, base.seconds, bare, best)
        for name, way, package, most in PEERS:
            if n <= most and importlib.util.find_spec(package):
                yield _line(given, name, measured(imported, way, way, n, m), base.seconds, bare, best)


def _line(given: Instance, name: str, found: Measured, ours: float, bare: float, best: float) -> str:
    total = _total(given, found.value)
    reached = "best" if abs(total / best - 1) < 1e-9 else f"{total / best - 1:+.3%}"
    return (
        f"| {len(given.seeks):,} x {len(given.offers):,} | {name} | {found.seconds:.3f} | {found.seconds / ours:.1f} |"
        f" {found.seconds / bare:.1f} | {found.megabytes:.0f} | {len(found.value):,} | {reached} |"
    )


def _total(given: Instance, pairs: Pairs) -> float:
    rows, columns = np.array(pairs).reshape(-1, 2).T
    return float(np.einsum("ij,ij->", given.seeks[rows].astype(float), given.offers[columns].astype(float)))
