"""One feature space, two sides; the estimator's contract."""

import numpy as np
import pytest
from random_people import people
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from matcher.domain.profiles import Profile, Role, to_answers
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.affinity import Pool
from matcher.engine.space import RARITY
from matcher.engine.vectorizer import ProfileVectorizer
from matcher.engine.weights import BLOCKS, BadWeights

VOCABULARY = default_vocabulary()
EVERYBODY = people(30, VOCABULARY)


@pytest.fixture(scope="module")
def fitted() -> ProfileVectorizer:
    return ProfileVectorizer(VOCABULARY).fit(EVERYBODY)


def test_both_sides_have_the_named_columns(fitted: ProfileVectorizer) -> None:
    names = fitted.get_feature_names_out()
    for side in ("seeks", "offers"):
        rows = fitted.transform(EVERYBODY, side=side)
        assert rows.shape == (30, len(names))
        assert rows.dtype == np.float64
        assert (rows >= 0).all()
    assert len(set(names)) == len(names) == len(fitted.feature_blocks_)
    assert all(name.startswith(BLOCKS[block] + ":") for name, block in zip(names, fitted.feature_blocks_, strict=True))


def test_the_product_of_the_sides_is_the_affinity(fitted: ProfileVectorizer) -> None:
    pool = Pool(EVERYBODY, vocabulary=VOCABULARY)
    seeks, offers = fitted.transform(pool.mentees, side="seeks"), fitted.transform(pool.mentors, side="offers")
    assert np.abs(seeks @ offers.T - pool.affinity).max() < 1e-12


def test_plain_mappings_are_profiles_too(fitted: ProfileVectorizer) -> None:
    answers = [to_answers(p) for p in EVERYBODY]
    again = ProfileVectorizer(VOCABULARY).fit(answers)
    assert again.feature_names_ == fitted.feature_names_
    assert np.array_equal(again.transform(answers), fitted.transform(EVERYBODY))


def test_what_fit_did_not_see_is_ignored(fitted: ProfileVectorizer) -> None:
    stranger = Profile(id="new", role=Role.MENTEE, seeks_skills=("skill.emdr",), text="unheard-of words only")
    row = fitted.transform([stranger], side="seeks")
    assert row.shape[1] == len(fitted.feature_names_)
    assert row.sum() <= 1 + 1e-12


def test_coverage_is_between_0_and_1(fitted: ProfileVectorizer) -> None:
    cover = fitted.transform(EVERYBODY, side="offers")
    assert cover.max() <= 1 + 1e-12


def test_what_few_have_weighs_more() -> None:
    everywhere, seldom = "skill.active_listening", "skill.grant_writing"
    mentors = [Profile(id=f"m{n}", role=Role.MENTOR, skills={everywhere: 4.0}) for n in range(9)]
    expert = Profile(id="x", role=Role.MENTOR, skills={everywhere: 4.0, seldom: 4.0})
    ada = Profile(id="ada", role=Role.MENTEE, seeks_skills=(everywhere, seldom))
    fitted = ProfileVectorizer(VOCABULARY).fit([ada, *mentors, expert])
    row = dict(zip(fitted.feature_names_, fitted.transform([ada], side="seeks")[0], strict=True))
    assert 1 < row[f"skills:{seldom}"] / row[f"skills:{everywhere}"] <= 1 + RARITY


@pytest.mark.parametrize("count", [0, 1, 2])
def test_tiny_pools_stay_finite(count: int) -> None:
    few = EVERYBODY[:count]
    fitted = ProfileVectorizer(VOCABULARY).fit(few)
    assert np.isfinite(fitted.transform(few, side="seeks")).all()
    assert np.isfinite(fitted.transform(few, side="offers")).all()


def test_only_the_weighted_blocks_count() -> None:
    pool = Pool(EVERYBODY, vocabulary=VOCABULARY, weights={"skills": 1, "goals": 1})
    others = [place for place, block in enumerate(BLOCKS) if block not in ("skills", "goals")]
    assert pool.contributions_by_block[:, :, others].max() == 0
    assert pool.affinity.max() > 0


def test_the_estimator_can_be_cloned_and_asks_to_be_fitted() -> None:
    fresh = clone(ProfileVectorizer(weights={"skills": 1}))
    assert fresh.get_params()["weights"] == {"skills": 1}
    with pytest.raises(NotFittedError):
        fresh.transform(EVERYBODY)
    with pytest.raises(ValueError, match="side"):
        fresh.fit(EVERYBODY).transform(EVERYBODY, side="both")  # type: ignore[arg-type]
    with pytest.raises(BadWeights):
        ProfileVectorizer(weights={"luck": 1}).fit(EVERYBODY)
