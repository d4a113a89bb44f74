"""Selection of the k largest scores of each row: exact, in portions of bounded memory.

Selection costs more than the product when every score is looked at twice. Hence one pass takes the maximum of groups
of scores in a tile that still lies in the cache; only groups whose maximum reaches the k-th best so far are opened.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]
Rows = NDArray[np.intp]

ROWS_AT_ONCE = 256
COLUMNS_AT_ONCE = 8192
GROUPS = 512  # maxima kept of a tile


def blocks(n: int) -> Iterator[slice]:
    """Rows in portions whose scores with a tile of columns lie in the cache."""
    return (slice(start, min(start + ROWS_AT_ONCE, n)) for start in range(0, n, ROWS_AT_ONCE))


def nearest(scores: Scores, eligible: NDArray[np.bool_], k: int) -> Rows:
    """The columns (n, k) of the k largest eligible scores of each row, largest first, ties by the smaller column; -1
    where there are fewer."""
    found = np.full((len(scores), k), -1, dtype=np.intp)
    for rows in blocks(len(scores)) if k and scores.size else ():
        masked = np.where(eligible[rows], scores[rows], -np.inf)
        tiles = ((at, masked[:, at : at + COLUMNS_AT_ONCE]) for at in range(0, masked.shape[1], COLUMNS_AT_ONCE))
        found[rows] = top(tiles, len(masked), k, masked.dtype)[1]
    return found


def top(tiles: Iterable[tuple[int, Scores]], n: int, k: int, dtype: Any) -> tuple[Scores, Rows]:
    """The k largest scores (n, k) and their columns over all tiles, largest first, ties by the smaller column.

    -inf is no score: its column is -1.
    """
    values = np.full((n, k), -np.inf, dtype=dtype)
    places = np.full((n, k), -1, dtype=np.intp)
    for start, scores in tiles:
        rows, columns = _promising(scores, values[:, -1], k)
        _merge(values, places, rows, columns + start, scores[rows, columns])
    return values, places


def _promising(scores: Scores, bar: Scores, k: int) -> tuple[Rows, Rows]:
    """Rows and columns of the scores that may belong to the k best, given the k-th best so far (n,)."""
    n, m = scores.shape
    groups = min(GROUPS, m)
    width = m // groups
    even = scores[:, : groups * width].reshape(n, width, groups)
    highest = even.max(axis=1)
    if groups >= k:  # k groups reach the k-th highest maximum, so the k-th best score is at least that
        bar = np.maximum(bar, np.partition(highest, groups - k, axis=1)[:, groups - k])
    rows, group = np.nonzero((highest >= bar[:, None]) & (highest > -np.inf))
    opened = even[rows, :, group]
    at, layer = np.nonzero((opened >= bar[rows, None]) & (opened > -np.inf))
    rest = scores[:, groups * width :]
    more_rows, more = np.nonzero((rest >= bar[:, None]) & (rest > -np.inf))
    return (
        np.concatenate([rows[at], more_rows]),
        np.concatenate([layer * groups + group[at], more + groups * width]),
    )


def _merge(values: Scores, places: Rows, rows: Rows, columns: Rows, scores: Scores) -> None:
    """Puts new scores among the k best of their rows, in place."""
    if not len(rows):
        return
    k = values.shape[1]
    touched = np.unique(rows)
    known = np.isfinite(values[touched]) | (places[touched] >= 0)
    old_rows = np.repeat(touched, k)[known.ravel()]
    all_rows = np.concatenate([old_rows, rows])
    all_places = np.concatenate([places[touched][known], columns])
    all_values = np.concatenate([values[touched][known], scores])
    order = np.lexsort((all_places, -all_values, all_rows))
    sorted_rows = all_rows[order]
    first = np.searchsorted(sorted_rows, sorted_rows)  # where each row begins
    rank = np.arange(len(order)) - first
    kept = rank < k
    values[sorted_rows[kept], rank[kept]] = all_values[order][kept]
    places[sorted_rows[kept], rank[kept]] = all_places[order][kept]
