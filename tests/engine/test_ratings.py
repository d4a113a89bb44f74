"""Many skills rated with numbers, by names that no vocabulary has: the nearest by standardised numbers come first."""

from itertools import product

import numpy as np
import pytest

from matcher.domain.profiles import Profile, read_answers
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.affinity import Pool, taken_out
from matcher.engine.ratings import RatingScale, rated, ratings_of
from matcher.engine.reasons import in_words

VOCABULARY = default_vocabulary()
NAMES = [" ".join(n) for n in product(("oral", "spatial", "manual", "rapid", "arm", "selective"), ("clarity", "reach"))]
NAMES += [f"{name} again" for name in NAMES]


def rater(person_id: str, role: str, numbers: np.ndarray, blank: np.ndarray) -> Profile:
    said = "; ".join(f"{name}={n:.2f}" for name, n, left in zip(NAMES, numbers, blank, strict=True) if not left)
    return read_answers({"id": person_id, "role": role, "skills": said}, VOCABULARY)


def planted(scale: float, blanks: float) -> tuple[list[Profile], list[str]]:
    """Twenty mentees who are each a noisy copy of a mentor among sixty; all rate some skills high, learners lower."""
    rng = np.random.default_rng(11)
    usual, mentors = rng.normal(size=len(NAMES)), rng.normal(size=(60, len(NAMES)))
    right = rng.integers(0, 60, 20)
    mentees = mentors[right] + 0.3 * rng.normal(size=(20, len(NAMES))) - 0.5
    people = []
    for role, rows in (("mentee", mentees), ("mentor", mentors)):
        blank = rng.random(rows.shape) < blanks
        people += [
            rater(f"{role}{n:02}", role, scale * np.clip(3 + rows[n] + usual, 0, 6), blank[n]) for n in range(len(rows))
        ]
    return people, [f"mentor{n:02}" for n in right]


def reciprocal_rank(people: list[Profile], right: list[str]) -> float:
    pool = Pool(people, vocabulary=VOCABULARY)
    return float(
        np.mean(
            [1 / (1 + (row > row[pool.mentor_row[who]]).sum()) for row, who in zip(pool.affinity, right, strict=True)]
        )
    )


@pytest.mark.parametrize(("scale", "blanks", "least"), [(1, 0, 0.95), (15, 0, 0.95), (0.1, 0.25, 0.8)])
def test_whoever_rates_alike_is_nearest_on_any_scale(scale: float, blanks: float, least: float) -> None:
    assert reciprocal_rank(*planted(scale, blanks)) > least


def test_sums_and_falls_are_exact() -> None:
    people = planted(1, 0.5)[0][:30]
    pool = Pool(people, vocabulary=VOCABULARY)
    mentor = pool.mentors[int(pool.affinity[0].argmax())]
    told = pool.explain("mentee00", mentor.id)
    assert sum(part.amount for part in told.contributions) == pytest.approx(told.affinity, abs=1e-12)
    assert told.affinity > 0.1
    for (column, value), fall in told.without.items():
        edited = Pool([taken_out(p, column, value) if p is mentor else p for p in people], vocabulary=VOCABULARY)
        assert fall == pytest.approx(told.affinity - edited.explain("mentee00", mentor.id).affinity, abs=1e-9)
    part = told.contributions[0]
    assert set(part.has) <= set(mentor.unknown["skills"])
    assert set(part.wants) <= set(pool.mentees[0].unknown["skills"])


def test_a_few_levels_are_no_profile_of_numbers() -> None:
    answers = {"id": "a", "role": "mentor", "skills": "raku firing=4; glazing=3; kiln repair=2"}
    few = read_answers(answers, VOCABULARY)
    assert ratings_of(few) == {}
    assert RatingScale.of([few]).by_skill == {}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("pottery=3.5", ("pottery", 3.5)),
        ("pottery", ("pottery", None)),
        ("a=b", ("a=b", None)),
        ("x = -2", ("x", -2.0)),
    ],
)
def test_a_rating_is_a_name_and_a_number(value: str, read: tuple[str, float | None]) -> None:
    assert rated(value) == read


def test_a_skill_that_all_rate_alike_tells_nothing() -> None:
    scale = RatingScale({"a": (2.0, 2.0), "b": (1.0, 3.0), "c": (0.0, 4.0), "d": (5.0,)})
    assert set(scale.standardised({"a": 1.0, "b": 1.0, "c": 4.0, "d": 2.0})) == {"b", "c"}
    assert scale.standardised({"a": 1.0}) == {}


def test_reasons_say_that_skills_are_rated_alike_and_name_them_without_numbers() -> None:
    people, right = planted(1, 0)
    pool = Pool(people, vocabulary=VOCABULARY)
    explained = pool.explain("mentee00", right[0])
    (told,) = [r for r in in_words(explained, vocabulary=VOCABULARY).reasons if "rate" in r]
    assert told.startswith("Both rate their skills in much the same way, the highest of them: ")
    assert "=" not in told
    assert any(name in told for name in NAMES)
    own = in_words(explained, vocabulary=VOCABULARY, reader="mentee", language="es")
    assert "Tú y esta persona valoran sus habilidades de forma muy parecida." in own.reasons
    far = pool.mentors[int(pool.affinity[0].argmin())].id
    assert in_words(pool.explain("mentee00", far), vocabulary=VOCABULARY).weakest == (
        "Less of a match: the two rate their skills differently."
    )
