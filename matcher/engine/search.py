"""Selection of the k largest scores of each row: exact, in portions of bounded memory.

Selection costs more than the product when every score is looked at twice. Hence one pass takes the maximum of groups
of scores in a tile that still lies in the cache; only groups whose maximum reaches the k-th best so far are opened.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Found = TypeVar("Found")
Scores = NDArray[np.floating]
Rows = NDArray[np.intp]

ROWS_AT_ONCE = 256
COLUMNS_AT_ONCE = 12288
GROUPS_PER_NEIGHBOR, GROUPS = 8, 512  # maxima kept of a tile


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
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one_block, parts))


def nearest(scores: Scores, eligible: NDArray[np.bool_], k: int) -> Rows:
    """The columns (n, k) of the k largest eligible scores of each row, largest first, ties by the smaller column; -1
    where there are fewer."""
    found = np.full((len(scores), k), -1, dtype=np.intp)
    for rows in blocks(len(scores)) if k and scores.size else ():
        masked = np.where(eligible[rows], scores[rows], -np.inf)
        found[rows] = top(
            ((tile.start, masked[:, tile]) for tile in tiles(masked.shape[1])), len(masked), k, masked.dtype
        )[1]
    return found


def where(flags: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Rows and columns of the few flags that are set: `numpy.nonzero` in one dimension takes half the time."""
    rows, columns = np.divmod(np.flatnonzero(flags), flags.shape[1] or 1)
    return rows, columns


def keep_eligible(scores: Scores, eligible: NDArray[np.bool_]) -> None:
    """Puts the scores of all other pairs below every score, in place.

    Arithmetic instead of a choice for each pair: a mask without a pattern costs a processor that guesses far more.
    """
    out = eligible.astype(scores.dtype)
    out -= 1
    out *= -_none(scores.dtype) * 1.5
    scores += out


def _none(dtype: Any) -> float:
    """Scores at or below this are none."""
    return float(np.finfo(dtype).min) / 2


def top(tiles: Iterable[tuple[int, Scores]], n: int, k: int, dtype: Any) -> tuple[Scores, Rows]:
    """The k largest scores (n, k) and their columns over all tiles, largest first, ties by the smaller column.

    -inf is no score: its column is -1.
    """
    values = np.full((n, k), -np.inf, dtype=dtype)
    places = np.full((n, k), -1, dtype=np.intp)
    for start, scores in tiles:
        rows, columns = _promising(scores, values[:, -1], k)
        known_rows, known = np.nonzero(places >= 0)
        values, places = _ranked(
            np.concatenate([known_rows, rows]),
            np.concatenate([places[known_rows, known], columns + start]),
            np.concatenate([values[known_rows, known], scores[rows, columns]]),
            (n, k),
        )
    return values, places


def _promising(scores: Scores, bar: Scores, k: int) -> tuple[Rows, Rows]:
    """Rows and columns of the scores that may belong to the k best, given the k-th best so far (n,)."""
    n, m = scores.shape
    groups = min(max(64, GROUPS_PER_NEIGHBOR * k), GROUPS, m)
    width = m // groups
    even = scores[:, : groups * width].reshape(n, width, groups)
    highest = even.max(axis=1)
    bar = np.maximum(bar, np.nextafter(scores.dtype.type(_none(scores.dtype)), scores.dtype.type(0)))
    if groups >= k:  # k groups reach the k-th highest maximum, so the k-th best score is at least that
        bar = np.maximum(bar, np.partition(highest, groups - k, axis=1)[:, groups - k])
    rows, group = where(highest >= bar[:, None])
    found = np.flatnonzero(even[rows, :, group] >= bar[rows, None])
    at, layer = found // width, found % width
    more_rows, more = where(scores[:, groups * width :] >= bar[:, None])
    return (
        np.concatenate([rows[at], more_rows]),
        np.concatenate([layer * groups + group[at], more + groups * width]),
    )


def _ranked(rows: Rows, columns: Rows, scores: Scores, shape: tuple[int, int]) -> tuple[Scores, Rows]:
    """The k best (n, k) of some scores and their columns; a row and column stand there once."""
    n, k = shape
    order = np.argsort((rows << 32) | columns)
    rows = rows[order]
    counts = np.bincount(rows, minlength=n)
    at = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]
    values = np.full((n, max(k, int(counts.max(initial=0)))), -np.inf, dtype=scores.dtype)
    places = np.full(values.shape, -1, dtype=np.intp)
    values[rows, at], places[rows, at] = scores[order], columns[order]
    best = np.argsort(-values, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(values, best, axis=1), np.take_along_axis(places, best, axis=1)
