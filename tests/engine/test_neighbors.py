"""The nearest eligible mentors: exact, whatever the mask, the ties and the number of threads."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.estimator_checks import parametrize_with_checks

from matcher.engine.neighbors import MentorNeighbors
from matcher.engine.search import nearest


@parametrize_with_checks([MentorNeighbors(n_neighbors=2)])
def test_keeps_the_contract_of_scikit_learn(estimator: MentorNeighbors, check: Callable[[object], None]) -> None:
    check(estimator)


def brute(scores: np.ndarray, k: int, eligible: np.ndarray | None) -> np.ndarray:
    masked = scores if eligible is None else np.where(eligible, scores, -np.inf)
    order = np.argsort(-masked, axis=1, kind="stable")[:, :k]
    return np.where(np.take_along_axis(masked, order, axis=1) > -np.inf, order, -1)


@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 3, 2), (300, 700, 5), (20, 9000, 3)])
@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("share", [None, 0.5, 0.01])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_result_is_that_of_a_full_sort(
    shape: tuple[int, int, int], k: int, share: float | None, kind: type[np.floating]
) -> None:
    """Small whole numbers of both signs, so that there are many ties and every sum is exact."""
    n, m, d = shape
    rng = np.random.default_rng(n + m + k)
    seeks, offers = (rng.integers(-1, 3, (rows, d)).astype(kind) for rows in (n, m))
    eligible = None if share is None else rng.random((n, m)) < share
    values, rows = MentorNeighbors(k).fit(offers).kneighbors(seeks, eligible=eligible)
    expected = brute(seeks @ offers.T, min(k, m), eligible)
    assert np.array_equal(rows, expected)
    found = rows >= 0
    assert np.array_equal(values[found], (seeks @ offers.T)[np.nonzero(found)[0], rows[found]])
    assert (values[~found] == -np.inf).all()
    everybody = np.ones((n, m), dtype=bool)
    assert np.array_equal(nearest(seeks @ offers.T, everybody if eligible is None else eligible, min(k, m)), expected)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_mask_that_hides_the_nearest_hides_them_alone(kind: type[np.floating]) -> None:
    """The sample knows nothing of such a mask, nor of nearest ones that all stand side by side."""
    rng = np.random.default_rng(7)
    seeks, offers = (rng.normal(size=(rows, 8)).astype(kind) for rows in (300, 2000))
    offers = offers[np.argsort(-offers[:, 0])]
    scores = seeks @ offers.T
    for hidden in (0.3, 0.05, 0.98):
        eligible = scores < np.quantile(scores, 1 - hidden, axis=1, keepdims=True)
        eligible[::7] = True
        assert np.array_equal(nearest(scores, eligible, 20), brute(scores, 20, eligible))


def test_they_are_scikit_learns_neighbours_of_unit_vectors() -> None:
    rng = np.random.default_rng(0)
    offers, seeks = rng.normal(size=(400, 16)), rng.normal(size=(50, 16))
    offers /= np.linalg.norm(offers, axis=1, keepdims=True)
    theirs = (
        NearestNeighbors(n_neighbors=6)
        .fit(offers)
        .kneighbors(seeks / np.linalg.norm(seeks, axis=1, keepdims=True), return_distance=False)
    )
    assert np.array_equal(MentorNeighbors(6).fit(offers).kneighbors(seeks, return_distance=False), theirs)


def test_they_are_scikit_learns_neighbours_with_one_more_coordinate() -> None:
    """Bachrach et al. 2014: offers of different lengths are brought to one length by a further coordinate."""
    rng = np.random.default_rng(1)
    offers, seeks = rng.normal(size=(400, 8)), rng.normal(size=(50, 8))
    squares = (offers**2).sum(axis=1)
    longer = np.column_stack([offers, np.sqrt(squares.max() - squares)])
    theirs = (
        NearestNeighbors(n_neighbors=6)
        .fit(longer)
        .kneighbors(np.column_stack([seeks, np.zeros(50)]), return_distance=False)
    )
    assert np.array_equal(MentorNeighbors(6).fit(offers).kneighbors(seeks, return_distance=False), theirs)


def test_an_offset_is_a_price_of_each_mentor() -> None:
    offers = np.eye(3)
    _, rows = MentorNeighbors(1).fit(offers).kneighbors(np.array([[1.0, 0.9, 0.0]]), offset=np.array([-0.5, 0.0, 0.0]))
    assert rows.tolist() == [[1]]


def test_threads_and_precision_are_kept() -> None:
    rng = np.random.default_rng(2)
    offers, seeks = (rng.normal(size=(900, 6)).astype(np.float32) for _ in range(2))
    one, two = (MentorNeighbors(4, n_jobs=jobs).fit(offers).kneighbors(seeks) for jobs in (1, 3))
    assert one[0].dtype == np.float32
    assert np.array_equal(one[0], two[0])
    assert np.array_equal(one[1], two[1])


@pytest.mark.parametrize("said", [{"eligible": np.ones((2, 2), bool)}, {"offset": np.ones(4)}, {"n_neighbors": 0}])
def test_what_does_not_fit_is_refused(said: dict) -> None:
    with pytest.raises(ValueError):
        MentorNeighbors(1).fit(np.eye(3)).kneighbors(np.eye(3), **said)
