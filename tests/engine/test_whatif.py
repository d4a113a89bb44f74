"""What if: the answer is what a new pool and a new match would give, and the difference adds up."""

import dataclasses
import json
from random import Random

import numpy as np
import pytest
from random_people import people

from matcher import match
from matcher.domain.rules import Rule
from matcher.engine.affinity import Pool, with_places
from matcher.engine.assignment import Infeasible, assign
from matcher.engine.matching import BrokenPin, UnknownPerson, match_pool
from matcher.engine.weights import BLOCKS, BadWeights
from matcher.engine.whatif import Scenario, what_if


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


def pins_that_stand(pool, rng, looking):
    """One or two pairs that may be pinned."""
    rows = [i for i in np.flatnonzero(pool.eligible.any(axis=1)) if looking[i]]
    chosen = {}
    for i in rng.sample(rows, min(2, len(rows))):
        open_to = [j for j in np.flatnonzero(pool.eligible[i]) if j not in chosen.values() and pool.mentors[j].capacity]
        if open_to:
            chosen[i] = rng.choice(open_to)
    return tuple((pool.mentees[i].id, pool.mentors[j].id) for i, j in chosen.items())


@pytest.mark.parametrize("objective", ["total", "fair"])
@pytest.mark.parametrize("seed", range(6))
def test_the_answer_is_a_match_run_afresh(vocabulary, seed, objective):
    rng = Random(seed)
    profiles = standing(people(36, vocabulary, seed), rng)
    pool = Pool(profiles, vocabulary=vocabulary)
    before = match_pool(pool, objective=objective).assignment
    changes = some_changes(pool, rng)
    new = afresh(profiles, vocabulary, changes)
    pinned = pins_that_stand(new, rng, np.ones(len(new.mentees), dtype=bool))
    found = what_if(pool, before, Scenario(**changes, pinned=pinned, objective=objective))
    run = match_pool(new, objective=objective, pinned=pinned)
    assert list(found.pairs) == [(s.mentee_id, s.mentor_id, s.affinity) for s in run.suggestions]
    assert found.overall.after.total == run.assignment.total
    assert found.overall.after.lowest == run.assignment.lowest
    assert (found.overall.after.matched, found.bound, found.gap) == (
        run.assignment.matched, run.assignment.bound, run.assignment.gap,
    )  # fmt: skip
    assert found.weights == new.weights
    assert_the_difference_adds_up(found, pool, before)


def assert_the_difference_adds_up(found, pool, before):
    """Old pairs with the changes laid over them are the new pairs, and the counts and sums follow."""
    had = {pool.mentees[i].id: pool.mentors[j].id for i, j in before.pairs}
    has = {mentee: mentor for mentee, mentor, _ in found.pairs}
    assert {c.mentee_id for c in found.changes} == {m for m in {*had, *has} if had.get(m) != has.get(m)}
    for change in found.changes:
        assert (change.before, change.after) == (had.get(change.mentee_id), has.get(change.mentee_id))
    kinds = (found.moved, found.newly_matched, found.newly_unmatched)
    assert sorted(c.mentee_id for kind in kinds for c in kind) == [c.mentee_id for c in found.changes]
    overall = found.overall
    assert overall.after.total - overall.rescored.total == pytest.approx(sum(c.gain for c in found.changes), abs=1e-9)
    assert overall.after.matched - overall.before.matched == len(found.newly_matched) - len(found.newly_unmatched)
    assert (overall.before.total, overall.before.lowest) == (before.total, before.lowest)
    assert overall.moved == len(found.changes) >= overall.gaining + overall.losing
    stages = found.by_stage.values()
    for at in ("before", "rescored", "after"):
        assert sum(getattr(s, at).matched for s in stages) == getattr(overall, at).matched
        assert sum(getattr(s, at).total for s in stages) == pytest.approx(getattr(overall, at).total, abs=1e-9)
    assert sum(s.gaining for s in stages) == overall.gaining
    assert max(d.losing for d in found.by_discipline.values()) <= overall.losing


def test_the_same_settings_change_nothing(vocabulary):
    pool = Pool(people(40, vocabulary, 5), vocabulary=vocabulary)
    before = match_pool(pool).assignment
    found = what_if(pool, before, Scenario())
    assert found.changes == ()
    assert found.overall.before == found.overall.rescored == found.overall.after
    assert found.overall.before.coverage == before.matched / len(pool.mentees)


def test_only_who_is_looking_is_placed(vocabulary):
    pool = Pool(people(40, vocabulary, 2), vocabulary=vocabulary)
    looking = np.arange(len(pool.mentees)) % 2 == 0
    capacity = np.array([m.capacity for m in pool.mentors])
    before = assign(pool.affinity, capacity=capacity, forbidden=~(pool.eligible & looking[:, None]))
    found = what_if(pool, before, Scenario(weights={"skills": 1}), among=looking)
    assert {pool.mentee_row[mentee] for mentee, _, _ in found.pairs} <= set(np.flatnonzero(looking))
    assert found.overall.after.mentees == looking.sum()


def test_who_loses_a_mentor_to_a_lower_capacity_is_named():
    given = [
        {"id": "A", "role": "mentee", "stage": "trainee", "goals": "goal.skill_deescalation"},
        {"id": "B", "role": "mentee", "goals": "goal.skill_deescalation", "seeks_skills": "verbal de-escalation"},
        {"id": "G", "role": "mentor", "stage": "senior", "skills": "verbal de-escalation=4", "capacity": "2"},
    ]  # fmt: skip
    found = match(given)
    answer = what_if(found.pool, found.assignment, Scenario(capacity={"G": 1}))
    (lost,) = answer.newly_unmatched
    assert (lost.before, lost.after, lost.gain) == ("G", None, -lost.affinity_before)
    assert answer.overall.after.coverage == 0.5
    none_left = what_if(found.pool, found.assignment, Scenario(capacity={"G": 0}))
    assert none_left.overall.after.matched == 0
    back = what_if(none_left_pool(found), found.assignment, Scenario(capacity={"G": 2}))
    assert back.overall.after.matched == 2


def none_left_pool(found):
    """The pool in which G is full."""
    return found.pool.changed(capacity={"G": 0})


def test_what_cannot_be_asked_names_the_person():
    found = match(
        [
            {"id": "A", "role": "mentee", "goals": "goal.skill_deescalation", "languages": "en"},
            {"id": "B", "role": "mentee", "languages": "fr"},
            {"id": "G", "role": "mentor", "skills": "verbal de-escalation=4", "languages": "en"},
            {"id": "H", "role": "mentor", "languages": "en;fr"},
        ]
    )

    def ask(among=None, **settings):
        return what_if(found.pool, found.assignment, Scenario(**settings), among=among)

    with pytest.raises(UnknownPerson, match="X is no mentee"):
        ask(pinned=(("X", "G"),))
    with pytest.raises(UnknownPerson, match="X is no mentor"):
        ask(capacity={"X": 2})
    with pytest.raises(BrokenPin, match="language"):
        ask(pinned=(("B", "G"),))
    with pytest.raises(Infeasible, match="A is pinned to 2 mentors"):
        ask(pinned=(("A", "G"), ("A", "H")))
    with pytest.raises(Infeasible, match="2 mentees are pinned to H, who has 1 places"):
        ask(pinned=(("A", "H"), ("B", "H")))
    with pytest.raises(Infeasible, match="not looking"):
        ask(among=np.array([False, True]), pinned=(("A", "G"),))
    with pytest.raises(ValueError, match="G cannot have -1 places"):
        ask(capacity={"G": -1})
    assert ask(pinned=(("B", "G"),), ignore=frozenset({Rule.LANGUAGE})).overall.after.matched == 2


def test_an_answer_is_plain_data(vocabulary):
    pool = Pool(people(30, vocabulary, 4), vocabulary=vocabulary)
    before = match_pool(pool).assignment
    scenario = Scenario(
        weights={"text": 2, "skills": 1}, ignore=frozenset({Rule.STAGE}), capacity={pool.mentors[0].id: 3}
    )
    answer = what_if(pool, before, scenario)
    data = json.loads(json.dumps(answer.to_json()))
    assert data["overall"]["after"]["matched"] == len(data["pairs"])
    assert Scenario.from_json(data["scenario"]) == scenario


def test_pools_without_one_side_have_answers(vocabulary):
    for role in ("mentee", "mentor"):
        found = match([{"id": "A", "role": role}])
        answer = what_if(found.pool, found.assignment, Scenario(weights={"skills": 1}))
        assert answer.overall.after.matched == 0
