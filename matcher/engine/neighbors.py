"""The nearest eligible mentors: exact search for the largest inner products, in blocks of bounded memory.

For unit vectors, and for others with one more coordinate (Y. Bachrach et al., "Speeding up the Xbox recommender system
using a Euclidean transformation for inner-product spaces", RecSys 2014), the largest inner product is the smallest
Euclidean distance: this is scikit-learn's nearest-neighbour model with the scores themselves instead of distances, an
eligibility mask and an offset for each mentor (a price). The mask is applied before the search, so the result is the
k nearest of the eligible, never the eligible among the k nearest.

Selection costs more than the product when every score is looked at twice. Hence one pass takes the maximum of groups
of scores in a tile that still lies in the cache; only groups whose maximum reaches the k-th best so far are opened.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.neighbors._base import KNeighborsMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Scores = NDArray[np.floating]
Rows = NDArray[np.intp]

ROWS_AT_ONCE = 256
COLUMNS_AT_ONCE = 8192
GROUPS = 512  # maxima kept of a tile


class MentorNeighbors(KNeighborsMixin, BaseEstimator):
    """The k mentors with the largest inner products among the eligible ones, exactly; ties by the smaller row.

    Parameters
    ----------
    n_neighbors : int, default 10
        How many mentors a mentee gets, if so many are eligible.
    n_jobs : int, default None
        Threads over blocks of mentees; None or -1 for as many as there are cores. The result does not depend on it.

    Attributes
    ----------
    offers_ : ndarray (m, d), float32 or float64
        The fitted offer rows.
    n_features_in_ : int
        Columns.

    Examples
    --------
    >>> import numpy as np
    >>> offers = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    >>> affinity, rows = MentorNeighbors(n_neighbors=2).fit(offers).kneighbors(np.array([[1.0, 0.1]]))
    >>> rows.tolist()
    [[0, 1]]
    """

    def __init__(self, n_neighbors: int = 10, *, n_jobs: int | None = None) -> None:
        self.n_neighbors = n_neighbors
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: object = None) -> "MentorNeighbors":
        """Keeps the offer rows (m, d)."""
        if self.n_neighbors < 1:
            raise ValueError(f"n_neighbors is at least 1, not {self.n_neighbors}")
        self.offers_ = validate_data(self, X, dtype=(np.float64, np.float32), order="C")
        self.n_samples_fit_ = len(self.offers_)
        return self

    def kneighbors(
        self,
        X: Any = None,
        n_neighbors: int | None = None,
        return_distance: bool = True,
        *,
        eligible: NDArray[np.bool_] | None = None,
        offset: NDArray[np.floating] | None = None,
    ) -> Any:
        """The inner products (n, k), largest first, and the rows (n, k) of the mentors; only the rows if asked so.

        X is (n, d), by default the offers themselves. `eligible` (n, m) says who may be proposed to whom; `offset` (m,)
        is added to the inner products of each mentor. Where fewer than k are eligible, the row is -1 and the inner
        product -inf. k is `n_neighbors`, at most m.
        """
        check_is_fitted(self)
        seeks = self.offers_ if X is None else validate_data(self, X, dtype=self.offers_.dtype, order="C", reset=False)
        shape = (len(seeks), len(self.offers_))
        if eligible is not None and np.shape(eligible) != shape:
            raise ValueError(f"eligible has the shape {np.shape(eligible)}, expected {shape}")
        if offset is not None and np.shape(offset) != shape[1:]:
            raise ValueError(f"offset has the shape {np.shape(offset)}, expected {shape[1:]}")
        k = min(self.n_neighbors if n_neighbors is None else n_neighbors, shape[1])
        if k < 1:
            raise ValueError(f"n_neighbors is at least 1, not {n_neighbors}")

        def one_block(rows: slice) -> tuple[Scores, Rows]:
            mask = None if eligible is None else eligible[rows]
            return top(self._tiles(seeks[rows], mask, offset), len(seeks[rows]), k, self.offers_.dtype)

        found = list(self._over_blocks(one_block, len(seeks)))
        values = np.concatenate([v for v, _ in found])
        places = np.concatenate([p for _, p in found])
        return (values, places) if return_distance else places

    def best(self, scores: Scores, eligible: NDArray[np.bool_] | None = None) -> tuple[Scores, Rows]:
        """`kneighbors` where the scores (n, m) are known already."""
        k = min(self.n_neighbors, scores.shape[1])

        def one_block(rows: slice) -> tuple[Scores, Rows]:
            masked = scores[rows] if eligible is None else np.where(eligible[rows], scores[rows], -np.inf)
            return top(_cut(masked), len(masked), k, masked.dtype)

        found = [one_block(rows) for rows in _blocks(len(scores))] if k else []
        values = [v for v, _ in found] or [np.zeros((len(scores), k), dtype=scores.dtype)]
        return np.concatenate(values), np.concatenate([p for _, p in found] or [np.zeros((len(scores), k), np.intp)])

    def _tiles(
        self, seeks: Scores, eligible: NDArray[np.bool_] | None, offset: NDArray[np.floating] | None
    ) -> Iterator[tuple[int, Scores]]:
        """(first mentor, scores of a block of mentees with a tile of mentors), -inf where the pair may not be."""
        for start in range(0, len(self.offers_), COLUMNS_AT_ONCE):
            tile = slice(start, start + COLUMNS_AT_ONCE)
            scores = seeks @ self.offers_[tile].T
            if offset is not None:
                scores += offset[tile]
            if eligible is not None:
                scores[~eligible[:, tile]] = -np.inf
            yield start, scores

    def _over_blocks(self, one_block: Any, n: int) -> Iterable[tuple[Scores, Rows]]:
        """Runs blocks of mentees on threads; the linear algebra inside keeps to one, which is faster and repeatable."""
        workers = (os.cpu_count() or 1) if self.n_jobs in (None, -1) else self.n_jobs
        blocks = list(_blocks(n))
        with threadpool_limits(1, user_api="blas"):
            if workers == 1 or len(blocks) == 1:
                return [one_block(rows) for rows in blocks]
            with ThreadPoolExecutor(workers) as threads:
                return list(threads.map(one_block, blocks))


def _blocks(n: int) -> Iterator[slice]:
    return (slice(start, min(start + ROWS_AT_ONCE, n)) for start in range(0, n, ROWS_AT_ONCE))


def _cut(scores: Scores) -> Iterator[tuple[int, Scores]]:
    for start in range(0, scores.shape[1], COLUMNS_AT_ONCE):
        yield start, scores[:, start : start + COLUMNS_AT_ONCE]


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
