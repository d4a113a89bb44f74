"""Selection of the k largest scores of each row: exact, in portions of bounded memory.

Selection costs more than the product when every score is looked at twice, and a mask more than both. Hence a sample of
each row sets a bar that k eligible scores are likely to reach; one comparison finds the few that do, and of the others
nobody asks whether they are eligible. Where fewer than k are found, the bar is the k-th largest itself.
"""

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
SAMPLE = 5  # one in so many scores helps to set the bar
GROUPS, GROUPS_PER_NEIGHBOR = 64, 4  # maxima of the sample: at least, and for each neighbour
SPREAD = 3.5  # standard deviations of the number of the nearest in the sample
SHARE = 1024, 64  # of so many pairs in a row so many tell how many are eligible


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
        sure = bar = np.maximum(np.nextafter(known, known.dtype.type(np.inf)), floor(dtype))
        if np.isneginf(known).any():
            bar = np.maximum(sure, _likely(scores, eligible, k))
        rows, columns, high = reaching(bar, scores, eligible)
        short = (np.bincount(rows, minlength=n) < k) & (bar > sure)
        if short.any():
            mask = None if eligible is None else eligible[short]
            bar[short] = np.maximum(sure[short], _reached(scores[short], mask, k))
            rows, columns, high = reaching(bar, scores, eligible)
        values, places = _ranked(k, values, places, rows, columns + start, high)
    rest = ((0, 0), (0, k - values.shape[1]))
    return np.pad(values, rest, constant_values=-np.inf), np.pad(places, rest, constant_values=-1)


def no_score(dtype: Any) -> float:
    """So low that it stays no score when some score, or as much again, is added."""
    return float(np.finfo(dtype).min) / 2


def floor(dtype: Any) -> float:
    """Whatever is below is no score."""
    return no_score(dtype) / 2


def reaching(bar: Scores, scores: Scores, eligible: NDArray[np.bool_] | None) -> tuple[Rows, Rows, Scores]:
    """Rows and columns of the eligible scores (n, w) that are not below the bar of their row (n,), in order, and the
    scores."""
    high = scores >= bar[:, None]
    if eligible is not None:
        high &= eligible
    flat = np.flatnonzero(high)
    rows, columns = np.divmod(flat, high.shape[1] or 1)
    return rows, columns, scores.reshape(-1).take(flat)


def _likely(scores: Scores, eligible: NDArray[np.bool_] | None, k: int) -> Scores:
    """What k eligible scores of each row (n,) reach if the sample is like the rest and the mask takes its share of all.

    Each column of the sample in layers has its maximum. Of those maxima the one is taken that k eligible scores would
    miss only if they were spread over the row by some standard deviations too unevenly.
    """
    n, m = scores.shape
    groups = min(max(GROUPS, GROUPS_PER_NEIGHBOR * k), m)
    sample = scores[:, : m // groups * groups].reshape(n, -1, groups)[:, ::SAMPLE]
    expected = np.full(n, k * sample.shape[1] / (m // groups))
    if eligible is not None:
        some = np.hstack([eligible[:, start : start + SHARE[1]] for start in range(0, m, SHARE[0])])
        expected *= some.shape[1] / np.maximum(np.count_nonzero(some, axis=1), 0.5)
    highest = np.ceil(expected + SPREAD * np.sqrt(expected))
    bars = np.sort(sample.max(axis=1), axis=1)[np.arange(n), groups - np.minimum(highest, groups).astype(np.intp)]
    return np.where(highest > groups, -np.inf, bars).astype(scores.dtype)


def _reached(scores: Scores, eligible: NDArray[np.bool_] | None, k: int) -> Scores:
    """The k-th largest eligible score of each row (n,), -inf where there are fewer."""
    every = scores if eligible is None else np.where(eligible, scores, -np.inf)
    at = every.shape[1] - k
    return np.partition(every, at, axis=1)[:, at] if at >= 0 else np.full(len(every), -np.inf, dtype=every.dtype)


def _ranked(k: int, values: Scores, places: Rows, rows: Rows, columns: Rows, scores: Scores) -> tuple[Scores, Rows]:
    """The k best, or as many as there are, of those known (n, c) and of further ones, in the order of rows and columns.

    The further ones lie to the right of those known.
    """
    n, width = values.shape
    counts = np.bincount(rows, minlength=n)
    wide = width + int(counts.max(initial=0))
    at = np.repeat(width + np.arange(n) * wide - (np.cumsum(counts) - counts), counts) + np.arange(len(rows))

    def beside(known: NDArray[Any], further: NDArray[Any], none: Any) -> NDArray[Any]:
        both = np.full((n, wide), none, dtype=known.dtype)
        both[:, :width] = known
        both.ravel()[at] = further
        return both

    if values.dtype == np.float32:  # numbers are sorted many times as fast as their places
        keys = beside(_keys(values, places), _keys(scores, columns), _keys(np.float32(-np.inf), -1))
        keys.sort(axis=1)
        return _of_keys(keys[:, :k])
    every = beside(values, scores, -np.inf)
    best = np.argsort(-every, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(every, best, axis=1), np.take_along_axis(beside(places, columns, -1), best, axis=1)


def _keys(scores: Any, columns: Any) -> Any:
    """Integers of 64 bits in the order of falling float32 scores and then of rising columns, -1 last."""
    bits = np.subtract(0, scores, dtype=np.float32).view(np.int32)
    return np.where(bits < 0, bits ^ 0x7FFFFFFF, bits).astype(np.int64) << 32 | np.bitwise_and(columns, 0xFFFFFFFF)


def _of_keys(keys: NDArray[np.int64]) -> tuple[Scores, Rows]:
    """The scores and columns of keys."""
    bits = (keys >> 32).astype(np.int32)
    bits = np.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
    return np.subtract(0, bits.view(np.float32), dtype=np.float32), keys.astype(np.int32).astype(np.intp)
