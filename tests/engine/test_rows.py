"""Sparse rows against scipy's."""

import numpy as np
import pytest
from scipy import sparse

from matcher.engine.rows import OfferRows, SparseRows


def some(n: int, width: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random((n, width)) < 0.3, rng.random((n, width)), 0.0)


@pytest.mark.parametrize("shape", [(0, 4), (3, 0), (1, 1), (7, 50), (40, 9)])
def test_rows_come_back_as_they_were(shape: tuple[int, int]) -> None:
    dense = some(*shape, seed=1)
    rows = SparseRows.of_dense(dense)
    assert len(rows) == shape[0]
    assert np.array_equal(rows.dense(), dense)
    middle = shape[0] // 2
    assert np.array_equal(rows.dense(middle, middle + 3), dense[middle : middle + 3])
    assert np.array_equal(rows.to_scipy().toarray(), dense)
    again = SparseRows.of([rows.row(at) for at in range(len(rows))], shape[1])
    assert np.array_equal(again.dense(), dense)


def test_rows_beside_others_and_some_of_their_values() -> None:
    left, right = some(9, 5, seed=2), some(9, 12, seed=3)
    left[4], right[6] = 0.0, 0.0
    both = SparseRows.of_dense(left).beside(SparseRows.of_dense(right))
    assert np.array_equal(both.dense(), np.hstack([left, right]))
    assert all((np.diff(both.row(at)[0]) > 0).all() for at in range(9))
    assert np.array_equal(both.only(both.indices >= 5).dense(), np.hstack([0 * left, right]))
    assert np.array_equal(both.with_data(2 * both.data).dense(), 2 * np.hstack([left, right]))


def test_offers_are_the_coverage_beside_the_words() -> None:
    cover, words = some(9, 5, seed=6), some(9, 12, seed=7)
    offers = OfferRows(cover, SparseRows.of_dense(words))
    assert len(offers) == 9
    assert np.array_equal(offers.dense(), np.hstack([cover, words]))
    assert np.array_equal(offers.dense(2, 3), np.hstack([cover, words])[2:3])
    assert np.array_equal(offers.dense_columns(), offers.dense().T)
    assert np.array_equal(offers.dense_columns(2, 6), offers.dense(2, 6).T)
    assert np.array_equal(offers.dense_columns(8, 20), offers.dense(8, 9).T)
    some_columns = np.array([16, 0, 3, 5, 11, 4, 6])
    assert all(np.array_equal(offers.values(at, some_columns), offers.dense()[at, some_columns]) for at in range(9))
    assert np.array_equal(offers.to_scipy().toarray(), offers.dense())


@pytest.mark.parametrize("m", [0, 1, 2, 7, 300])
def test_a_product_is_summed_in_the_order_of_the_columns(m: int) -> None:
    """A number must not depend on how many mentors there are beside."""
    seeks, columns = some(20, 100, seed=4), np.random.default_rng(5).random((100, m))
    seeks[3] = 0.0
    assert np.array_equal(SparseRows.of_dense(seeks).times(columns), sparse.csr_array(seeks) @ columns)
