"""Rows that are mostly zero, kept as the places and values of the rest (compressed sparse rows).

The few things that the feature space asks of them, in numpy: importing `scipy.sparse` takes a quarter of a second, as
long as scoring some hundred people. `to_scipy` gives the same rows to whoever wants more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class SparseRows:
    """Rows (n, width): row i has `data[k]` in the column `indices[k]` for k from `indptr[i]` up to `indptr[i + 1]`.

    data : float (nnz,). indices : int (nnz,), ascending within a row. indptr : int (n + 1,).
    """

    data: Floats
    indices: Places
    indptr: Places
    width: int

    @classmethod
    def of(cls, rows: Sequence[tuple[Places, Floats]], width: int) -> "SparseRows":
        """Rows from the (places, values) of each."""
        indptr = np.cumsum([0, *(len(places) for places, _ in rows)], dtype=np.intp)
        indices = np.concatenate([np.zeros(0, dtype=np.intp), *(places for places, _ in rows)])
        return cls(np.concatenate([np.zeros(0), *(values for _, values in rows)]), indices, indptr, width)

    @classmethod
    def of_dense(cls, dense: Floats) -> "SparseRows":
        """The rows of an array (n, width)."""
        row_of, indices = np.nonzero(dense)
        indptr = np.searchsorted(row_of, np.arange(len(dense) + 1))
        return cls(dense[row_of, indices], indices, indptr, dense.shape[1])

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def row(self, at: int) -> tuple[Places, Floats]:
        """The places and values of one row."""
        here = slice(self.indptr[at], self.indptr[at + 1])
        return self.indices[here], self.data[here]

    @property
    def row_of(self) -> Places:
        """The row (nnz,) in which each value stands."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    def with_data(self, data: Floats) -> "SparseRows":
        """Other values (nnz,) in the same places."""
        return replace(self, data=data)

    def only(self, kept: NDArray[np.bool_]) -> "SparseRows":
        """The rows with those of their values only that `kept` (nnz,) says."""
        indptr = np.concatenate([[0], np.cumsum(kept)])[self.indptr]
        return SparseRows(self.data[kept], self.indices[kept], indptr, self.width)

    def beside(self, other: "SparseRows") -> "SparseRows":
        """Rows (n, width + other.width): the other's to the right of these."""
        order = np.argsort(np.concatenate([self.row_of, other.row_of]), kind="stable")
        indices = np.concatenate([self.indices, other.indices + self.width])[order]
        data = np.concatenate([self.data, other.data])[order]
        return SparseRows(data, indices, self.indptr + other.indptr, self.width + other.width)

    def dense(self, start: int = 0, stop: int | None = None) -> Floats:
        """The rows from `start` up to `stop` as an array."""
        indptr = self.indptr[start : None if stop is None else stop + 1]
        here = slice(indptr[0], indptr[-1])
        found = np.zeros((len(indptr) - 1, self.width))
        found[np.repeat(np.arange(len(found)), np.diff(indptr)), self.indices[here]] = self.data[here]
        return found

    def times(self, columns: Floats) -> Floats:
        """These rows times an array (width, m); every number is summed in the order of the columns of these rows."""
        if columns.shape[1] == 1:  # of a single column numpy sums halves and halves of halves
            return self.times(np.repeat(columns, 2, axis=1))[:, :1]
        found = np.zeros((len(self), columns.shape[1]))
        for at, into in enumerate(found):
            places, values = self.row(at)
            np.add.reduce(columns[places] * values[:, None], axis=0, out=into)
        return found

    def to_scipy(self) -> Any:
        """The same rows as a `scipy.sparse.csr_array`."""
        from scipy.sparse import csr_array

        return csr_array((self.data, self.indices, self.indptr), shape=(len(self), self.width))


@dataclass(frozen=True, slots=True)
class OfferRows:
    """Rows (m, width) of which the first columns, `cover` (m, needs), are seldom zero and the rest, `words`, mostly."""

    cover: Floats
    words: SparseRows

    def __len__(self) -> int:
        return len(self.cover)

    def dense(self, start: int = 0, stop: int | None = None) -> Floats:
        """The rows from `start` up to `stop` as an array."""
        return np.hstack([self.cover[start:stop], self.words.dense(start, stop)])

    def dense_columns(self, start: int = 0, stop: int | None = None) -> Floats:
        """The rows from `start` up to `stop` as the columns (width, ·) of an array."""
        cover, needs = self.cover[start:stop], self.cover.shape[1]
        indptr = self.words.indptr[start : None if stop is None else stop + 1]
        here = slice(indptr[0], indptr[-1])
        found = np.zeros((needs + self.words.width, len(cover)))
        found[:needs] = cover.T
        found[needs + self.words.indices[here], np.repeat(np.arange(len(cover)), np.diff(indptr))] = self.words.data[
            here
        ]
        return found

    def values(self, row: int, columns: Places) -> Floats:
        """What one row has in some columns (k,)."""
        needs = self.cover.shape[1]
        places, words = self.words.row(row)
        at = np.searchsorted(places, columns - needs)
        among = (columns >= needs) & (at < len(places))
        among[among] = places[at[among]] == columns[among] - needs
        found = np.zeros(len(columns))
        found[among] = words[at[among]]
        found[columns < needs] = self.cover[row, columns[columns < needs]]
        return found

    def to_scipy(self) -> Any:
        """The same rows as a `scipy.sparse.csr_array`."""
        from scipy.sparse import csr_array, hstack

        return csr_array(hstack([csr_array(self.cover), self.words.to_scipy()], format="csr"))
