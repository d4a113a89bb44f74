"""Selection of the k largest scores of each row: exact, in portions of bounded memory.

Selection costs more than the product when every score is looked at twice, and a mask more than both. Hence a sample of
each row sets a bar that k eligible scores reach; one comparison finds the few that do, and of the others nobody asks
whether they are eligible.
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Found = TypeVar("Found")
Scores = NDArray[np.floating]
Rows = NDArray[np.intp]
Tile = tuple[int, Scores, NDArray[np.bool_] | None]
"""A block's scores (n, w) with some columns: the first of them, the scores, who is eligible (None: everybody)."""

ROWS_AT_ONCE = 256
COLUMNS_AT_ONCE = 12288
SAMPLE = 4  # one in so many scores helps to set the bar
GROUPS, GROUPS_PER_NEIGHBOR = 64, 4  # maxima of the sample: at least, and for each neighbour


def blocks(n: int) -> Iterator[slice]:
    """Rows in portions whose scores with a tile of columns lie in the cache."""
    return (slice(start, min(start + ROWS_AT_ONCE, n)) for start in range(0, n, ROWS_AT_ONCE))


def tiles(m: int) -> Iterator[slice]:
    """Columns in few portions of nearly one size."""
    count = -(-m // COLUMNS_AT_ONCE)
    return (slice(m * part // count, m * (part + 1) // count) for part in range(count))


def over_blocks(one_block: Callable[[slice], Found], n: int, workers: int | None = None) -> list[Found]:
    """What `one_block` finds for each portion of n rows, in order, on threads (None: as many as there are cores)."""
    parts = list(blocks(n))
    threads = min(workers or os.cpu_count() or 1, len(parts))
    if threads <= 1:
        return [one_block(rows) for rows in parts]
    from concurrent.futures import ThreadPoolExecutor  # loads logging, and small pools need no threads

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one_block, parts))


def nearest(scores: Scores, eligible: NDArray[np.bool_], k: int) -> Rows:
    """The columns (n, k) of the k largest eligible scores of each row, largest first, ties by the smaller column; -1
    where there are fewer."""
    found = np.full((len(scores), k), -1, dtype=np.intp)
    for rows in blocks(len(scores)) if k and scores.size else ():
        block = ((tile.start, scores[rows, tile], eligible[rows, tile]) for tile in tiles(scores.shape[1]))
        found[rows] = top(block, len(found[rows]), k, scores.dtype)[1]
    return found


def where(flags: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Rows and columns of the few flags that are set: `numpy.nonzero` in one dimension takes half the time."""
    rows, columns = np.divmod(np.flatnonzero(flags), flags.shape[1] or 1)
    return rows, columns


def top(tiles: Iterable[Tile], n: int, k: int, dtype: Any) -> tuple[Scores, Rows]:
    """The k largest eligible scores (n, k) and their columns over all tiles, which come from the left to the right.

    Largest first, ties by the smaller column. Scores below `floor` are never eligible; where there are fewer than k,
    -inf stands with the column -1.
    """
    values, places = np.empty((n, 0), dtype=dtype), np.empty((n, 0), dtype=np.intp)
    for start, scores, eligible in tiles:
        known = values[:, -1] if values.shape[1] == k else np.full(n, -np.inf, dtype=dtype)
        # A later column has to beat what was found, which the smallest larger number says.
        bar = likely = np.maximum(np.nextafter(known, known.dtype.type(np.inf)), floor(dtype))
        if np.isneginf(known).any():
            bar, likely = (np.maximum(bar, reached) for reached in _reached(scores, eligible, k))
        rows, columns = reaching(likely, scores, eligible)
        short = (np.bincount(rows, minlength=n) < k) & (likely > bar)
        if short.any():
            rows, columns = reaching(np.where(short, bar, likely), scores, eligible)
        values, places = _ranked(k, values, places, rows, columns + start, scores[rows, columns])
    rest = ((0, 0), (0, k - values.shape[1]))
    return np.pad(values, rest, constant_values=-np.inf), np.pad(places, rest, constant_values=-1)


def no_score(dtype: Any) -> float:
    """So low that it stays no score when some score, or as much again, is added."""
    return float(np.finfo(dtype).min) / 2


def floor(dtype: Any) -> float:
    """Whatever is below is no score."""
    return no_score(dtype) / 2


def reaching(bar: Scores, scores: Scores, eligible: NDArray[np.bool_] | None) -> tuple[Rows, Rows]:
    """Rows and columns of the eligible scores (n, w) that are not below the bar of their row (n,), in order."""
    high = scores >= bar[:, None]
    if eligible is not None:
        high &= eligible
    return where(high)


def _reached(scores: Scores, eligible: NDArray[np.bool_] | None, k: int) -> tuple[Scores, Scores]:
    """What k eligible scores of each row (n,) reach for sure, and what they reach if the sample is like the rest.

    Each column of the sample in layers has its maximum. The k-th highest of them is reached k times; one so high that k
    scores would have to be spread over the row by four standard deviations too unevenly is likely to be.
    """
    n, m = scores.shape
    groups = min(max(GROUPS, GROUPS_PER_NEIGHBOR * k), m)

    def layers(of: NDArray[Any]) -> NDArray[Any]:
        return of[:, : m // groups * groups].reshape(n, -1, groups)[:, ::SAMPLE]

    sample = layers(scores)
    if eligible is not None:
        # Arithmetic instead of a choice for each pair: a mask without a pattern is dear for a processor that guesses.
        barred = layers(eligible).astype(scores.dtype)
        barred -= 1
        barred *= -no_score(scores.dtype)
        sample = np.add(barred, sample, out=barred)
    expected = k * sample.shape[1] / (m // groups)
    likely = math.ceil(expected + 4 * math.sqrt(expected))
    at = [groups - min(k, groups), groups - min(k, likely, groups)]
    bars = np.partition(sample.max(axis=1), at, axis=1)[:, at]
    if groups < k:
        bars[:, 0] = -np.inf
    return bars[:, 0], bars[:, 1]


def _ranked(k: int, values: Scores, places: Rows, rows: Rows, columns: Rows, scores: Scores) -> tuple[Scores, Rows]:
    """The k best, or as many as there are, of those known (n, c) and of further ones, in the order of rows and columns.

    The further ones lie to the right of those known.
    """

    def beside(known: NDArray[Any], further: NDArray[Any], none: float) -> NDArray[Any]:
        n, width = known.shape
        counts = np.bincount(rows, minlength=n)
        both = np.full((n, width + int(counts.max(initial=0))), none, dtype=known.dtype)
        both[:, :width] = known
        start = width + np.arange(n) * both.shape[1] - (np.cumsum(counts) - counts)
        both.ravel()[np.repeat(start, counts) + np.arange(len(rows))] = further
        return both

    every = beside(values, scores, -np.inf)
    if every.shape[1] > 3 * k // 2:  # sorting is dear, and most are not among the best
        bar = np.partition(every, every.shape[1] - k, axis=1)[:, every.shape[1] - k]
        kept = scores >= bar[rows]
        rows, columns, scores = rows[kept], columns[kept], scores[kept]
        every = beside(values, scores, -np.inf)
    best = np.argsort(-every, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(every, best, axis=1), np.take_along_axis(beside(places, columns, -1), best, axis=1)
