"""Hours that many mentees want, compared many at a time, against one at a time."""

import numpy as np
import pytest
from random_people import people

from matcher.domain.availability import Week, expected_common_hours
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine import columns
from matcher.engine.affinity import Pool
from matcher.engine.offers import Offers, Weeks


def some_weeks(n: int, seed: int) -> list[Week]:
    rng = np.random.default_rng(seed)
    weeks = []
    for _ in range(n):
        sure, possible = (int.from_bytes(rng.bytes(21), "little") * int(rng.random() < 0.6) for _ in range(2))
        weeks.append(Week(sure, possible & ~sure, float(rng.choice([0.3, 0.5, 0.7])) if possible & ~sure else 0.0))
    return weeks


def test_common_hours_of_many_are_those_of_each_two() -> None:
    some, others = some_weeks(12, seed=1), some_weeks(9, seed=2)
    expected = [[expected_common_hours(a, b) for b in others] for a in some]
    assert np.allclose(Weeks(some).common(Weeks(others)), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0), (1, 1)])
def test_nobody_has_no_hours(n: int, m: int) -> None:
    assert Weeks(some_weeks(n, seed=3)).common(Weeks(some_weeks(m, seed=4))).shape == (n, m)


def test_a_column_covers_alone_what_it_covers_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number must not depend on how many mentees or mentors there are beside."""
    monkeypatch.setattr(columns, "HOURS_AT_ONCE", 40)
    vocabulary = default_vocabulary()
    pool = Pool(people(300, vocabulary, seed=5))
    offers = Offers(pool.mentors, vocabulary, pool.space.scale)
    together = columns.cover_all(pool.space.columns, offers)
    assert len([c for c in pool.space.columns if c.kind == "hours"]) > 40
    for place, column in enumerate(pool.space.columns):
        assert np.array_equal(together[:, place], column.cover(offers)), column.name
    few = Offers(pool.mentors[:3], vocabulary, pool.space.scale)
    assert np.array_equal(columns.cover_all(pool.space.columns, few), together[:3])


def test_the_hours_with_one_mentor_are_the_same_number_without_arrays() -> None:
    vocabulary = default_vocabulary()
    pool = Pool(people(60, vocabulary, seed=6))
    offers = Offers(pool.mentors, vocabulary, pool.space.scale)
    wanted = [column for column in pool.space.columns if isinstance(column, columns.HoursColumn)]
    one_by_one = [[column.common_hours(*offers.hours_of(row)) for column in wanted] for row in range(offers.n)]
    assert np.array_equal(one_by_one, columns.common_hours(wanted, offers))
    assert {0.0, 0.5, 1.0} < set(np.ravel(one_by_one))
