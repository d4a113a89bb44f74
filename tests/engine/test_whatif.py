"""What if: the answer is what a new pool and a new match would give, and the difference adds up."""

import dataclasses
from random import Random

import numpy as np
import pytest
from random_people import people

from matcher.domain.rules import Rule
from matcher.engine.affinity import Pool, with_places
from matcher.engine.weights import BLOCKS, BadWeights


def some_weights(rng):
    """Weights of the blocks, a few of them 0."""
    return {block: rng.choice((0.0, 1.0, 2.0, rng.random())) for block in BLOCKS[1:]} | {"skills": 0.5}


def some_changes(pool, rng):
    """Settings for `Pool.changed`."""
    mentors = rng.sample([m.id for m in pool.mentors], 4)
    pairs = [(rng.choice(pool.mentees).id, rng.choice(pool.mentors).id) for _ in range(4)]
    return {
        "weights": some_weights(rng) if rng.random() < 0.8 else None,
        "ignore": frozenset(rng.sample(list(Rule), rng.randint(0, 4))),
        "capacity": {mentor: rng.randint(0, 4) for mentor in mentors},
        "forbidden": pairs,
    }


def afresh(profiles, vocabulary, changes, weights=None, barred=None):
    """The pool that a rerun on edited files would see."""
    capacity = changes["capacity"]
    edited = [with_places(p, capacity[p.id]) if p.id in capacity else p for p in profiles]
    barred = dict.fromkeys(changes["forbidden"], Rule.FORBIDDEN) | (barred or {})
    chosen = changes["weights"] or weights
    return Pool(edited, vocabulary=vocabulary, weights=chosen, barred=barred, ignore=changes["ignore"])


def standing(profiles, rng):
    """The same people, some of them paused or full."""
    return [dataclasses.replace(p, status=rng.choice(("active", "active", "full", "paused"))) for p in profiles]


@pytest.mark.parametrize("seed", range(8))
def test_a_changed_pool_is_a_new_pool(vocabulary, seed):
    rng = Random(seed)
    profiles = standing(people(40, vocabulary, seed), rng)
    weights = some_weights(rng)  # blocks of weight 0 come back, too
    cooling = {(profiles[1].id, profiles[2].id): Rule.COOLING_DOWN}
    pool = Pool(profiles, vocabulary=vocabulary, weights=weights, barred=cooling)
    affinity, broken = pool.affinity.copy(), pool.broken.copy()
    changes = some_changes(pool, rng)
    changed, new = pool.changed(**changes), afresh(profiles, vocabulary, changes, weights, cooling)
    assert np.array_equal(changed.affinity, new.affinity)
    assert np.array_equal(changed.eligible, new.eligible)
    assert np.array_equal(changed.broken, new.broken)
    assert changed.mentors == new.mentors
    assert np.array_equal(changed.contributions_by_block, new.contributions_by_block)
    for mentee, mentor in zip(new.mentees[:5], new.mentors[:5], strict=True):
        assert changed.explain(mentee.id, mentor.id) == new.explain(mentee.id, mentor.id)
    assert np.array_equal(pool.affinity, affinity)
    assert np.array_equal(pool.broken, broken)


def test_a_changed_pool_can_be_changed_again(vocabulary):
    profiles = people(30, vocabulary, 3)
    pool = Pool(profiles, vocabulary=vocabulary)
    again = pool.changed(weights={"skills": 1}, ignore=frozenset({Rule.LANGUAGE})).changed(weights={"goals": 1})
    assert np.array_equal(again.affinity, Pool(profiles, vocabulary=vocabulary, weights={"goals": 1}).affinity)
    assert again.ignore == {Rule.LANGUAGE}


def test_bad_weights_and_unknown_people_change_nothing(vocabulary):
    pool = Pool(people(20, vocabulary), vocabulary=vocabulary)
    with pytest.raises(BadWeights, match="above 0"):
        pool.changed(weights={"skills": 0})
    with pytest.raises(KeyError):
        pool.changed(capacity={"nobody": 2})
