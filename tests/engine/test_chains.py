"""People left over are placed by chains of moves and new groups."""

import itertools

import numpy as np
import pytest

from matcher.engine.chains import place_more
from matcher.engine.partition import Rules, partition


def planted(seed, groups, size):
    """Rules under which everybody can be placed: a hidden partition keeps them, and hardly any other does."""
    rng = np.random.default_rng(seed)
    of = rng.permutation(np.arange(groups * size) // size)
    same = of[:, None] == of
    closed = np.triu(rng.random(same.shape) < 0.5, 1) & ~same
    spoken = np.eye(5, dtype=bool)[of % 5] | (rng.random((len(of), 5)) < 0.3)
    leads = np.zeros((len(of), 1), dtype=bool)
    leads[[int(rng.choice(np.flatnonzero(of == g))) for g in range(groups)]] = True
    return closed | closed.T, spoken, leads


def sound(groups, closed, spoken, leads, sizes):
    """Whether the groups keep every rule and nobody stands twice."""
    members = list(itertools.chain(*groups))
    return len(members) == len(set(members)) and all(
        sizes[0] <= len(g) <= sizes[1]
        and not closed[np.ix_(g, g)].any()
        and spoken[g].all(axis=0).any()
        and leads[g].any()
        for g in groups
    )


@pytest.mark.parametrize("seed", range(12))
def test_groups_stay_sound_and_hold_no_fewer(seed):
    rng = np.random.default_rng(seed)
    closed, spoken, leads = planted(seed, 10, 4)
    closed &= rng.random() < rng.random(closed.shape)
    closed |= closed.T
    rules = Rules(3, 4, [spoken], leads, 40)
    groups = []
    for group in itertools.combinations(rng.permutation(40).tolist(), 3):
        if set(group).isdisjoint(itertools.chain(*groups)) and sound([list(group)], closed, spoken, leads, (3, 4)):
            groups.append(list(group))
    placed = sum(map(len, groups))
    place_more(groups, closed, rules, rng, lambda: False)
    assert sound(groups, closed, spoken, leads, (3, 4))
    assert sum(map(len, groups)) > placed


def test_a_chain_through_two_groups_makes_room_for_one():
    """0 fits the first group alone in the place of 1, who fits the second alone in the place of 4, who can go on."""
    groups = [[1, 2, 3], [4, 5, 6], [7, 8]]
    closed = np.ones((9, 9), dtype=bool)
    for members in ([0, 2, 3], [1, 2, 3], [1, 5, 6], [4, 5, 6], [4, 7, 8]):
        closed[np.ix_(members, members)] = False
    place_more(groups, closed, Rules(2, 3, [], None, 9), np.random.default_rng(0), lambda: False)
    assert sorted(map(sorted, groups)) == [[0, 2, 3], [1, 5, 6], [4, 7, 8]]


def test_a_new_group_grows_where_large_ones_can_spare_somebody():
    groups = [[0, 1, 2], [3, 4, 5]]
    closed = np.ones((8, 8), dtype=bool)
    for members in ([0, 1, 2], [3, 4, 5], [2, 5, 6], [2, 5, 7]):
        closed[np.ix_(members, members)] = False
    place_more(groups, closed, Rules(2, 3, [], None, 8), np.random.default_rng(0), lambda: False)
    assert sum(map(len, groups)) == 8


@pytest.mark.parametrize("seconds", [0.0, None])
def test_however_short_the_search_few_are_left_over(seconds):
    """A language of few, whose people sit in groups of others unless somebody gathers them."""
    rng = np.random.default_rng(3)
    spoken = np.column_stack([np.arange(60) >= 4, (np.arange(60) < 4) | (np.arange(60) % 15 == 5)])
    x = rng.random((60, 3))
    v = 1 - np.linalg.norm(x[:, None] - x, axis=2)
    found = partition(v, sizes=(4, 6), shared=[spoken], needed=np.arange(60)[:, None] % 4 == 1, seconds=seconds)
    assert not found.unplaced
