"""Learned weights, on outcomes simulated over the contributions of a random pool: what was planted is known."""

from dataclasses import dataclass

import numpy as np
import pytest
import random_people
from scipy.special import expit
from sklearn.base import clone

from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.affinity import Pool
from matcher.engine.learning import LEAST_OF_EITHER, LEAST_PAIRS, SURE, OutcomeWeights, _splits, contributions_of
from matcher.engine.weights import BLOCKS, read_weights

CURRENT = np.array(list(read_weights().values()))
TOP = 30
"""Pairs are made among each mentee's so many best mentors, as a programme makes them."""


@dataclass(frozen=True)
class World:
    """A pool whose pairs have outcomes by planted weights."""

    pool: Pool

    def pairs(self, n, rng):
        """Rows and columns (n, 2) of pairs that a programme could have made."""
        best = np.argsort(np.where(self.pool.eligible, -self.pool.affinity, 1), axis=1, kind="stable")[:, :TOP]
        mentee, place = np.divmod(rng.permutation(best.size), TOP)
        mentor = best[mentee, place]
        return np.column_stack([mentee, mentor])[self.pool.eligible[mentee, mentor]][:n]

    def contributions(self, pairs):
        """Contributions (n, 8)."""
        return self.pool.contributions_by_block[pairs[:, 0], pairs[:, 1]]

    def outcomes(self, n, rng, *, planted=CURRENT, slope=12.0, liking=0.0):
        """(contributions, outcomes, people, probability): about six in ten are good; `liking` is the mentors' own."""
        pairs = self.pairs(n, rng)
        c = self.contributions(pairs)
        eta = slope * (c @ (planted / CURRENT))
        likes = rng.normal(0, 1, len(self.pool.mentors)) * liking

        def probability(c, pairs):
            return expit(slope * (c @ (planted / CURRENT)) - eta.mean() + 0.4 + likes[pairs[:, 1]])

        people = {"mentees": list(map(str, pairs[:, 0])), "mentors": list(map(str, pairs[:, 1]))}
        good = (rng.random(len(c)) < probability(c, pairs)).astype(float)
        return c, good, people, probability

    def loss(self, weights, c, good, seen, chances):
        """The log loss on other pairs, the intercept and the slope fitted to the outcomes that were seen."""
        from matcher.engine.learning import _fit, _penalty

        scores = [(part @ (weights / CURRENT))[:, None] for part in (c, seen)]
        a, t = _fit(scores[0] / 0.1, good, _penalty(CURRENT, np.inf))
        eta = a + t * scores[1][:, 0] / 0.1
        return float(np.mean(np.logaddexp(0, eta) - chances * eta))


@pytest.fixture(scope="module")
def world():
    """About 250 mentees and 220 mentors."""
    vocabulary = default_vocabulary()
    return World(Pool(random_people.people(400, vocabulary, seed=5), vocabulary=vocabulary))


def planted_by(rng, firmness):
    """Weights near the current ones (Dirichlet; the larger `firmness` the nearer)."""
    return rng.dirichlet(firmness * CURRENT)


def test_planted_weights_are_found_within_their_intervals_about_as_often_as_these_promise(world):
    covered, nearer = [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        planted = planted_by(rng, 10)
        c, good, people, _ = world.outcomes(300, rng, planted=planted, slope=20.0)
        model = OutcomeWeights().fit(c, good, **people)
        low, high = model.intervals_.T
        covered.append((low <= planted) & (planted <= high))
        nearer.append(np.abs(model.learned_ - planted).sum() < np.abs(CURRENT - planted).sum())
        assert np.isclose(model.weights_.sum(), 1.0)
        assert (model.weights_ >= 0).all()
    assert 0.8 <= np.mean(covered) <= 0.98  # they say 0.9
    assert np.mean(nearer) >= 0.9


def test_far_weights_are_proposed_and_near_ones_left_alone(world):
    rng = np.random.default_rng(1)
    far = np.array([0.05, 0.05, 0.4, 0.05, 0.05, 0.3, 0.05, 0.05])
    c, good, people, _ = world.outcomes(1000, rng, planted=far)
    model = OutcomeWeights().fit(c, good, **people)
    assert not model.refusal_
    assert np.abs(model.weights_ - far).max() < 0.5 * np.abs(CURRENT - far).max()  # more than half the way
    found = model.improvement_
    assert found.log_loss > SURE * found.standard_error
    assert found.auc_learned > found.auc_current


@pytest.mark.parametrize(
    ("slope", "liking"), [(0.0, 0.0), (12.0, 0.0), (12.0, 1.0)], ids=["noise", "right weights", "liked mentors"]
)
def test_where_there_is_nothing_to_learn_it_is_refused(world, slope, liking):
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(25):
        c, good, people, _ = world.outcomes(100, rng, slope=slope, liking=liking)
        model = OutcomeWeights().fit(c, good, **people)
        alarms += not model.refusal_
        assert model.refusal_ == "" or (model.weights_ == CURRENT).all()
    assert alarms <= 1  # 5 % of 25


@pytest.mark.parametrize(("n", "times"), [(50, 2), (120, 8), (200, 8), (1000, 2), (5000, 1)])
def test_new_pairs_are_on_average_never_predicted_worse_than_by_the_current_weights(world, n, times):
    gains = []
    for seed in range(times):
        rng = np.random.default_rng(seed)
        c, good, people, probability = world.outcomes(n, rng, planted=planted_by(rng, 30))
        model = OutcomeWeights().fit(c, good, **people)
        fresh = world.pairs(2000, rng)
        seen = world.contributions(fresh)
        before, after = (world.loss(w, c, good, seen, probability(seen, fresh)) for w in (CURRENT, model.weights_))
        gains.append(before - after)
    assert np.mean(gains) >= -1e-3  # nats a pair, of about 0.6
    if n >= 1000:
        assert np.mean(gains) > 0


def test_30_pairs_are_refused_with_a_sentence(world):
    c, good, people, _ = world.outcomes(30, np.random.default_rng(0), planted=np.eye(8)[0], slope=30.0)
    model = OutcomeWeights().fit(c, good, **people)
    assert model.refusal_ == f"30 pairs with an outcome are too few to learn from; at least {LEAST_PAIRS} are needed"
    assert (model.weights_ == CURRENT).all()
    assert model.improvement_ is None


@pytest.mark.parametrize(("share", "word"), [(0.0, "are good"), (1.0, "are not good"), (0.05, "only 10 of 200")])
def test_outcomes_that_are_nearly_all_alike_are_refused(world, share, word):
    c, _, people, _ = world.outcomes(200, np.random.default_rng(0))
    model = OutcomeWeights().fit(c, np.arange(200) < share * 200, **people)
    assert word in model.refusal_
    assert str(LEAST_OF_EITHER) in model.refusal_


def test_nothing_at_all_is_refused_too():
    assert OutcomeWeights().fit(np.zeros((0, 8)), []).refusal_ == "there is no pair with an outcome yet"


def test_pairs_that_do_not_differ_are_refused_and_blocks_that_do_not_vary_are_named(world):
    rng = np.random.default_rng(2)
    good = rng.random(100) < 0.5
    assert "hardly differ" in OutcomeWeights().fit(np.full((100, 8), 0.05), good).refusal_
    c, good, people, _ = world.outcomes(300, rng)
    c[:, BLOCKS.index("text")] = 0.01
    model = OutcomeWeights().fit(c, good, **people)
    assert model.still_ == ("text",)


def test_the_pairs_of_one_mentor_say_nothing_about_others(world):
    c, good, people, _ = world.outcomes(150, np.random.default_rng(2))
    model = OutcomeWeights().fit(c, good, mentees=people["mentees"], mentors=["G"] * 150)
    assert model.refusal_ == "the pairs have too few different mentors to learn about others: 1, at least 5"


def test_a_block_without_weight_stays_without(world):
    current = {block: 1.0 for block in BLOCKS if block != "text"}
    c, good, people, _ = world.outcomes(400, np.random.default_rng(3), planted=np.eye(8)[2])
    c[:, BLOCKS.index("text")] = 0.0
    model = OutcomeWeights(current).fit(c, good, **people)
    assert model.weights_[BLOCKS.index("text")] == 0.0
    assert model.weights_[BLOCKS.index("goals")] > 0.5


def test_ratings_are_outcomes_too(world):
    rng = np.random.default_rng(4)
    far = np.array([0.05, 0.05, 0.4, 0.05, 0.05, 0.3, 0.05, 0.05])
    c, _, people, _ = world.outcomes(1000, rng)
    likes = c @ (far / CURRENT)
    ratings = np.clip(np.round(2.5 + (likes - likes.mean()) / likes.std() + rng.normal(0, 1, len(c))), 0, 4) / 4
    model = OutcomeWeights().fit(c, ratings, **people)
    assert not model.refusal_
    assert np.abs(model.weights_ - far).max() < 0.5 * np.abs(CURRENT - far).max()  # more than half the way


def test_the_same_seed_gives_the_same_numbers_and_scikit_learn_can_clone_it(world):
    c, good, people, _ = world.outcomes(150, np.random.default_rng(5), planted=np.eye(8)[2])
    one, other = (clone(OutcomeWeights(random_state=3)).fit(c, good, **people) for _ in range(2))
    assert one.weights_.tobytes() == other.weights_.tobytes()
    assert one.intervals_.tobytes() == other.intervals_.tobytes()
    assert one.improvement_ == other.improvement_


def people_of(kind, rng):
    """Pairs in one large network, or in many small ones."""
    if kind == "network":
        return rng.integers(0, 60, 300), rng.integers(0, 50, 300)
    mentors = np.repeat(np.arange(100), 3)
    return np.arange(300), mentors


@pytest.mark.parametrize("kind", ["network", "small circles"])
def test_nobody_stands_on_both_sides_of_a_fold_and_every_pair_is_predicted_once(kind):
    rng = np.random.default_rng(0)
    mentees, mentors = people_of(kind, rng)
    tested = []
    for train, test in _splits((mentees, mentors), rng):
        assert not set(mentees[train]) & set(mentees[test])
        assert not set(mentors[train]) & set(mentors[test])
        assert len(train) >= 150
        tested += list(test)
    assert sorted(tested) == list(range(300))


def test_contributions_of_single_pairs_are_those_of_the_pool(world):
    pairs = world.pairs(40, np.random.default_rng(6))
    ids = [(world.pool.mentees[i].id, world.pool.mentors[j].id) for i, j in pairs]
    found = contributions_of(world.pool, ids)
    assert found.shape == (40, len(BLOCKS))
    assert np.abs(found - world.contributions(pairs)).max() < 1e-12
    with pytest.raises(KeyError):
        contributions_of(world.pool, [("nobody", ids[0][1])])


@pytest.mark.parametrize(
    ("X", "y", "said"),
    [
        (np.zeros((3, 7)), np.zeros(3), "column for each of the 8 blocks"),
        (np.zeros(8), np.zeros(1), "column for each of the 8 blocks"),
        (np.zeros((3, 8)), np.zeros(2), "one outcome for each of the 3 pairs"),
        (np.full((3, 8), np.nan), np.zeros(3), "finite"),
        (np.full((3, 8), -0.1), np.zeros(3), "from 0"),
        (np.zeros((3, 8)), np.full(3, 1.5), "between 0 and 1"),
        (np.zeros((3, 8)), np.full(3, np.nan), "between 0 and 1"),
    ],
)
def test_arrays_that_cannot_be_used_are_refused(X, y, said):
    with pytest.raises(ValueError, match=said):
        OutcomeWeights().fit(X, y)


def test_people_must_be_as_many_as_pairs():
    with pytest.raises(ValueError, match="60 pairs but 2 people"):
        OutcomeWeights().fit(np.random.default_rng(0).random((60, 8)), np.arange(60) % 2, mentees=["a", "b"])
