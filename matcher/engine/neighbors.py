"""The nearest eligible mentors: exact search for the largest inner products, in blocks of bounded memory.

For unit vectors, and for others with one more coordinate (Y. Bachrach et al., "Speeding up the Xbox recommender system
using a Euclidean transformation for inner-product spaces", RecSys 2014), the largest inner product is the smallest
Euclidean distance: this is scikit-learn's nearest-neighbour model with the scores themselves instead of distances, an
eligibility mask and an offset for each mentor (a price). The mask is applied before the search, so the result is the
k nearest of the eligible, never the eligible among the k nearest. `search` selects them.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.neighbors._base import KNeighborsMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from matcher.engine.search import Rows, Scores, Tile, over_blocks, tiles, top


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

        workers = None if self.n_jobs in (None, -1) else self.n_jobs
        with threadpool_limits(1, user_api="blas"):  # one a thread is faster than two that wait for each other
            found = over_blocks(one_block, len(seeks), workers)
        values = np.concatenate([v for v, _ in found])
        places = np.concatenate([p for _, p in found])
        return (values, places) if return_distance else places

    def _tiles(
        self, seeks: Scores, eligible: NDArray[np.bool_] | None, offset: NDArray[np.floating] | None
    ) -> Iterator[Tile]:
        """The scores of a block of mentees, in tiles of mentors."""
        for tile in tiles(len(self.offers_)):
            scores = seeks @ self.offers_[tile].T
            if offset is not None:
                scores += offset[tile]
            yield tile.start, scores, None if eligible is None else eligible[:, tile]
