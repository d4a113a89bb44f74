"""Repair against all assignments of small pools, and on the pools it is for."""

import itertools

import numpy as np
import pytest

from matcher.domain.rules import Rule
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.affinity import Pool
from matcher.engine.assignment import Infeasible, assign, upper_bound
from matcher.engine.repair import repair, repair_pool
from tests.engine.random_people import people

CLOSE = 1e-8


def random_change(rng, most=6):
    """A small pool with ties or without, its optimum, and what became of it."""
    n, m = rng.integers(1, most, 2)
    affinity = rng.random((n, m)) if rng.random() < 0.3 else rng.integers(0, rng.choice([2, 5]), (n, m)) / 10
    forbidden = rng.random((n, m)) < rng.choice([0.0, 0.3])
    capacity = rng.integers(0, 3, m)
    if rng.random() < 0.5:  # as a round left it
        pairs = [tuple(pair) for pair in assign(affinity, capacity=capacity, forbidden=forbidden).pairs.tolist()]
    else:  # as a coordinator did
        columns = rng.permutation(np.repeat(np.arange(m), capacity))[:n]
        pairs = [(i, int(j)) for i, j in enumerate(columns) if not forbidden[i, j]]
    accepted = [pair for pair in pairs if rng.random() < 0.25]
    pending = [pair for pair in pairs if pair not in accepted]
    need = np.ones(n, dtype=int)
    for i, j in pending:
        fate = rng.random()
        if fate < 0.2:
            forbidden[i, j] = True
        elif fate < 0.3:
            need[i] = 0
        elif fate < 0.4 and not any(j == column for _, column in accepted):
            capacity[j] = 0
    given = {"capacity": capacity, "need": need, "forbidden": forbidden, "accepted": accepted, "pending": pending}
    return affinity, given


def enumerated(affinity, capacity, need, forbidden, accepted, pending, weight, least=0):
    """(matched, total - weight * moved, moved) of the best repair, by looking at every assignment there is."""
    n, m = affinity.shape
    must = [{j for row, j in accepted if row == i} for i in range(n)]
    could = {(i, j) for i, j in pending if not forbidden[i, j] and need[i] and capacity[j]}
    found = []

    def fill(i, room, chosen):
        if i == n:
            if ((capacity - room) >= least).all():
                moved = len(could - set(chosen))
                found.append((len(chosen), round(sum(affinity[p] for p in chosen) - weight * moved, 9), -moved))
            return
        partners = [j for j in range(m) if room[j] and not forbidden[i, j]]
        for size in range(need[i] + 1):
            for columns in itertools.combinations(partners, size):
                if must[i] <= set(columns):
                    taken = np.isin(np.arange(m), columns).astype(int)
                    fill(i + 1, room - taken, [*chosen, *((i, j) for j in columns)])

    fill(0, capacity, [])
    matched, value, moved = max(found, default=(0, 0.0, 0))
    return matched, value, -moved


@pytest.mark.parametrize("weight", [0.0, 0.15])
@pytest.mark.parametrize("seed", range(150))
def test_it_is_the_best_of_all_assignments(seed, weight):
    affinity, given = random_change(np.random.default_rng(seed))
    found = repair(affinity, weight=weight, **given)
    matched, value, moved = enumerated(affinity, weight=weight, **given)
    assert (len(found.pairs), len(found.moved)) == (matched, moved)
    assert found.total - weight * moved == pytest.approx(value, abs=CLOSE)
    pairs = {tuple(pair) for pair in found.pairs.tolist()}
    assert set(given["accepted"]) <= pairs
    assert not any(given["forbidden"][pair] for pair in pairs)
    left = {tuple(pair) for pair in (*found.moved.tolist(), *found.ended.tolist())}
    assert left == set(given["pending"]) - pairs
    assert {tuple(pair) for pair in found.new.tolist()} == pairs - {*given["pending"], *given["accepted"]}
    best = assign(
        affinity,
        capacity=given["capacity"],
        need=given["need"],
        forbidden=given["forbidden"],
        pinned=given["accepted"],
    )
    assert found.total + found.cost == pytest.approx(best.total, abs=1e-12)
    assert found.cost == pytest.approx(0.0, abs=1e-9) or weight


@pytest.mark.parametrize("seed", range(60))
def test_so_it_is_with_several_partners_and_least_loads(seed):
    rng = np.random.default_rng(seed)
    affinity, given = random_change(rng, most=5)
    n, m = affinity.shape
    given["need"] = np.where(given["need"] > 0, rng.integers(1, 3, n), 0)
    given["capacity"] = given["capacity"] + rng.integers(0, 2, m)
    given["pending"] = [*given["pending"], *((i, int(rng.integers(m))) for i in range(n))]
    given["pending"] = sorted(set(given["pending"]) - set(given["accepted"]))
    given["least"] = np.minimum(rng.integers(0, 2, m), given["capacity"])
    matched, value, moved = enumerated(affinity, weight=0.0, **given)
    if matched == 0 and given["least"].any():
        return
    found = repair(affinity, **given)
    assert (len(found.pairs), len(found.moved)) == (matched, moved)
    assert found.total == pytest.approx(value, abs=CLOSE)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_moves_where_nothing_is_to_be_repaired(seed):
    rng = np.random.default_rng(seed)
    affinity = rng.integers(0, 4, (40, 25)) / 10  # many optima
    capacity = rng.integers(0, 3, 25)
    pairs = assign(affinity, capacity=capacity).pairs
    # Another optimum than the solver finds: rows and columns in another order.
    rows, columns = rng.permutation(40), rng.permutation(25)
    turned = assign(affinity[np.ix_(rows, columns)], capacity=capacity[columns]).pairs
    other = np.column_stack([rows[turned[:, 0]], columns[turned[:, 1]]])
    for pending in (pairs, other):
        found = repair(affinity, capacity=capacity, pending=pending.tolist())
        assert {tuple(p) for p in found.pairs.tolist()} == {tuple(p) for p in pending.tolist()}
        assert not (len(found.moved) + len(found.ended) + len(found.new))


def test_a_small_gain_on_large_affinities_is_no_rounding():
    affinity = 1e6 + np.array([[0.001, 0.0], [0.0, 0.001]])
    assert repair(affinity, capacity=[1, 1], pending=[(0, 1), (1, 0)]).pairs.tolist() == [[0, 0], [1, 1]]
    level = np.full((2, 2), 1e6)
    assert repair(level, capacity=[1, 1], pending=[(0, 1), (1, 0)]).pairs.tolist() == [[0, 1], [1, 0]]


def test_a_decline_moves_only_who_has_to():
    affinity = np.array([[0.9, 0.5, 0.0], [0.8, 0.6, 0.1], [0.1, 0.2, 0.7]])
    forbidden = np.zeros((3, 3), dtype=bool)
    forbidden[0, 0] = True
    pending = [(0, 0), (1, 1), (2, 2)]
    best = repair(affinity, capacity=[1, 1, 1], forbidden=forbidden, pending=pending)
    assert best.pairs.tolist() == [[0, 1], [1, 0], [2, 2]]
    assert (best.moved.tolist(), best.ended.tolist(), best.new.tolist()) == ([[1, 1]], [[0, 0]], [[0, 1], [1, 0]])


def test_a_weight_buys_calm_and_never_a_match():
    affinity, forbidden = np.array([[0.9, 0.5, 0.3], [0.8, 0.4, np.nan]]), np.zeros((2, 3), dtype=bool)
    forbidden[0, 0] = True
    given = {"forbidden": forbidden, "pending": [(0, 0), (1, 1)]}
    moves = repair(affinity, capacity=[1, 1, 1], **given)
    assert (moves.pairs.tolist(), moves.cost) == ([[0, 1], [1, 0]], 0.0)
    calm = repair(affinity, capacity=[1, 1, 1], weight=0.7, **given)
    assert calm.pairs.tolist() == [[0, 2], [1, 1]]
    assert calm.cost == pytest.approx(0.6)
    assert repair(affinity, capacity=[1, 1, 0], weight=100.0, **given).pairs.tolist() == [[0, 1], [1, 0]]


def test_the_certificate_proves_the_repair():
    rng = np.random.default_rng(5)
    affinity, capacity = rng.random((30, 20)), rng.integers(0, 3, 20)
    pending = assign(affinity, capacity=capacity).pairs
    forbidden = np.zeros(affinity.shape, dtype=bool)
    forbidden[tuple(pending[:5].T)] = True
    found = repair(affinity, capacity=capacity, forbidden=forbidden, pending=pending.tolist(), weight=0.05)
    stands = affinity.copy()
    stands[tuple(pending[5:].T)] += found.stay
    proof = found.certificate
    worth = np.where(forbidden, 0, np.rint((stands - proof.offset) / proof.unit).astype(np.int64) + proof.bonus)
    assert upper_bound(worth, capacity, proof.prices) == proof.bound == worth[tuple(found.pairs.T)].sum()


def test_what_cannot_stay_is_refused():
    with pytest.raises(Infeasible):
        repair([[0.5]], capacity=[0], pending=[], accepted=[(0, 0)])
    with pytest.raises(ValueError, match="outside"):
        repair([[0.5]], capacity=[1], pending=[(0, 1)])
    with pytest.raises(ValueError, match="weight"):
        repair([[0.5]], capacity=[1], pending=[(0, 0)], weight=-1.0)


def test_in_a_pool_accepted_pairs_stay_and_the_others_fill_what_is_left():
    pool = Pool(people(60, default_vocabulary(), seed=3))
    capacity = np.array([mentor.capacity for mentor in pool.mentors])
    first = assign(pool.affinity, capacity=capacity, forbidden=~pool.eligible).pairs
    named = [(pool.mentees[i].id, pool.mentors[j].id) for i, j in first]
    accepted, refused, gone, pending = named[:4], named[4], named[5], named[6:]
    later = Pool(
        [p for p in (*pool.mentees, *(m for m in pool.mentors if not m.role.is_mentee)) if p.id != gone[1]],
        barred={refused: Rule.COOLING_DOWN, accepted[0]: Rule.COOLING_DOWN},
    )
    found = repair_pool(later, accepted=accepted, pending=[refused, gone, *pending])
    assert set(accepted) <= set(found.pairs)
    assert {refused, gone} <= set(found.ended)
    assert set(found.pairs) - set(accepted) == ({*pending} - {*found.moved, *found.ended}) | set(found.new)
    load = {mentor.id: sum(pair[1] == mentor.id for pair in found.pairs) for mentor in later.mentors}
    assert all(load[mentor.id] <= mentor.capacity for mentor in later.mentors)
    assert len({mentee for mentee, _ in found.pairs}) == len(found.pairs)
    assert found.total == pytest.approx(
        sum(later.affinity[later.mentee_row[a], later.mentor_row[b]] for a, b in found.pairs if b in later.mentor_row)
    )
