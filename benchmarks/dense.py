"""Exact assignment against scipy's dense solver on one column a place, in one run: `python -m benchmarks.dense`.

Affinities are inner products of positive coordinates, half of the pairs forbidden, so that many mentees want the same
mentors; with one coordinate everybody wants the same ones in the same order, which is the worst case. Both solve the
same integers, so the totals are compared to the digit. The ratio is scipy's time over ours (scipy takes 0.3 s more to
be imported).
"""

import time

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from matcher.engine.augmenting import Ints, solve
from matcher.engine.fairness import leximin

SIZES = (
    (225, 137, 2, 16),
    (225, 137, 2, 1),
    (300, 60, 3, 16),
    (1000, 10, 100, 16),
    (600, 600, 1, 1),
    (1000, 400, 3, 16),
    (2000, 800, 3, 16),
)
"""Mentees, mentors, places of each mentor, coordinates."""


def problem(n: int, m: int, coordinates: int = 16, seed: int = 0) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Integer worths (n, m) from 0 and who may be matched."""
    rng = np.random.default_rng(seed)
    affinity = rng.random((n, coordinates)) @ rng.random((m, coordinates)).T
    worth = ((affinity - affinity.min()) / np.ptp(affinity) * 1e9).astype(np.int64)
    return worth, rng.random((n, m)) < 0.5


def main() -> None:
    """Prints one line a size."""
    linear_sum_assignment(np.eye(2))
    print("mentees mentors places coords |  scipy s   ours s  ratio | fair s  costs of the total")
    for n, m, places, coordinates in SIZES:
        worth, allowed = problem(n, m, coordinates)
        capacity = np.full(m, places)
        bonus = int(worth.max()) * n + 1
        wanted = np.where(allowed, worth + bonus, 0)

        started = time.perf_counter()
        dense = wanted[:, np.repeat(np.arange(m), capacity)].astype(np.float64)
        theirs = int(dense[linear_sum_assignment(dense, maximize=True)].sum())
        scipy_seconds = time.perf_counter() - started

        started = time.perf_counter()
        column, _ = solve(wanted, capacity)
        seconds = time.perf_counter() - started
        rows = np.flatnonzero(column >= 0)
        ours = int(wanted[rows, column[rows]].sum())
        if ours != theirs:
            raise AssertionError(f"{n} x {m}: {ours} is not {theirs}")

        started = time.perf_counter()
        fair = leximin(worth, allowed, capacity, column)
        fair_seconds = time.perf_counter() - started
        rows_fair = np.flatnonzero(fair >= 0)
        total, fair_total = worth[rows, column[rows]].sum(), worth[rows_fair, fair[rows_fair]].sum()
        ratio = scipy_seconds / seconds
        print(
            f"{n:7} {m:7} {places:6} {coordinates:6} | {scipy_seconds:8.3f} {seconds:8.3f} {ratio:6.2f} |"
            f" {fair_seconds:6.2f}  {1 - fair_total / total:.2%}"
        )


if __name__ == "__main__":
    main()
