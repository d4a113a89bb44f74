"""The k nearest eligible mentors against the bare matrix product and scikit-learn's own search, in the same rounds."""

import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np

from benchmarks.instances import instance
from benchmarks.measuring import product
from matcher.engine.neighbors import MentorNeighbors

SIZES = ((1_000, 1_000, 128, 10), (10_000, 10_000, 256, 50), (10_000, 4_000, 128, 20))
ROUNDS = 3


def lines() -> Iterator[str]:
    """One line a size; ratios are medians over the rounds."""
    from sklearn.neighbors import NearestNeighbors

    yield "| mentees x mentors x columns, k | product s | ours | with a mask | scikit-learn euclidean | cosine |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for n, m, d, k in SIZES:
        given = instance(n, m, d)
        eligible = np.random.default_rng(1).random((n, m)) < 0.5
        ours = MentorNeighbors(k).fit(given.offers)
        euclidean = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(given.offers)
        cosine = NearestNeighbors(n_neighbors=k, algorithm="brute", metric="cosine").fit(given.offers)
        ways: tuple[Callable[[], object], ...] = (
            lambda given=given: product(given.seeks, given.offers),
            lambda ours=ours, given=given: ours.kneighbors(given.seeks),
            lambda ours=ours, given=given, eligible=eligible: ours.kneighbors(given.seeks, eligible=eligible),
            lambda euclidean=euclidean, given=given: euclidean.kneighbors(given.seeks),
            lambda cosine=cosine, given=given: cosine.kneighbors(given.seeks),
        )
        rounds = [[_seconds(way) for way in ways] for _ in range(ROUNDS)]
        ratios = [median(times[w] / times[0] for times in rounds) for w in range(1, len(ways))]
        bare = median(times[0] for times in rounds)
        yield f"| {n:,} x {m:,} x {d}, {k} | {bare:.3f} | " + " | ".join(f"{r:.2f} x" for r in ratios) + " |"


def _seconds(way: Callable[[], object]) -> float:
    started = time.perf_counter()
    way()
    return time.perf_counter() - started
