"""The check of the fair order: that no moves make the worst-off better, then the next worst, and so on.

Two assignments differ by cycles of moves, and the change in how many stand on each level is the sum over the cycles
(Ahuja, Magnanti and Orlin, Network Flows, 1993, chapter 3.5). So an assignment is leximin exactly where no cycle is
lexicographically better: level by level from below, none lets fewer stand on it, and of the moves only those go on that
are in a cycle that changes nothing so far. Potentials of the columns, by Bellman-Ford, tell both.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOWHERE, SAME = -1, 2**62
"""The level of having no place, below all others, and of moves that put nobody anywhere else."""

FAR = 2**30
"""A longer way than any."""

EVERY = 16
"""After how many levels the moves that are in no cycle are left out, to save time."""


def is_leximin(
    level: "NDArray[np.int64]", allowed: "NDArray[np.bool_]", places: "NDArray[np.int64]", column: "NDArray[np.int64]"
) -> bool:
    """Whether as many as possible are matched, and of such assignments none has a better order of levels.

    level : (n, m) integers from 0, higher is better. allowed : (n, m). places : (m,) from 0. column : (n,) the column
    of each row, -1 for none.
    """
    at, levels, moves = _moves(level, allowed, places, column)
    standing = levels[np.arange(len(at)), at]
    steps = np.unique(standing[standing < SAME])
    # The levels as small numbers: 2 k + 1 for the level k that somebody stands on, even ones between.
    ranks = (np.searchsorted(steps, levels) + np.searchsorted(steps, levels, side="right")).astype(np.int32)
    for k in range(len(steps)):
        rank = 2 * k + 1
        if k % EVERY == 0:
            at, ranks, moves = _in_cycles(at, ranks, moves)
        if not len(at):
            break
        # Where nobody stands there is nobody to be moved away, and whoever came there would make it worse.
        moves &= ranks != rank - 1
        leaving = ranks[np.arange(len(at)), at] == rank
        cost = (ranks == rank).astype(np.int32) - leaving[:, None]
        cost[~moves] = FAR
        starts = np.flatnonzero(np.diff(at, prepend=-1))
        potential = _potentials(np.minimum.reduceat(cost, starts, axis=0), at[starts], int(leaving.sum()))
        if potential is None:
            return False
        moves &= potential[at][:, None] + cost == potential
    return True


def _in_cycles(
    at: "NDArray[np.int64]", ranks: "NDArray[np.int32]", moves: "NDArray[np.bool_]"
) -> "tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.bool_]]":
    """Without the moves that are in no cycle, and those who have none left."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    starts = np.flatnonzero(np.diff(at, prepend=-1))
    ways = np.zeros((moves.shape[1], moves.shape[1]), dtype=bool)
    ways[at[starts]] = np.logical_or.reduceat(moves, starts, axis=0)
    part = connected_components(csr_array(ways), connection="strong")[1]
    moves = moves & (part[at][:, None] == part)
    kept = moves.any(axis=1)
    return at[kept], ranks[kept], moves[kept]


def _moves(
    level: "NDArray[np.int64]", allowed: "NDArray[np.bool_]", places: "NDArray[np.int64]", column: "NDArray[np.int64]"
) -> "tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]":
    """Where each mover stands (r,), the levels of where it could (r, m + 2), and which moves there are.

    After the columns come `nowhere` and the store of free places, which move as well: a free place of one column makes
    up for one that is taken in another. In the order of where they stand.
    """
    n, m = level.shape
    where = np.where(column < 0, m, column)
    loads = np.bincount(where, minlength=m + 1)
    free = np.flatnonzero(loads < np.append(places, n + 1))  # there is always room nowhere
    at = np.concatenate([where, free, [m + 1]])
    levels = np.full((len(at), m + 2), SAME, dtype=np.int64)
    levels[:n, :m], levels[:n, m] = level, NOWHERE
    moves = np.zeros(levels.shape, dtype=bool)
    moves[:n, :m], moves[:n, m] = allowed & (places > 0), True
    moves[np.arange(n), where] = False  # no move
    moves[n:-1, m + 1] = True
    moves[-1, : m + 1] = loads > 0
    order = np.argsort(at, kind="stable")
    return at[order], levels[order], moves[order]


def _potentials(way: "NDArray[np.int32]", nodes: "NDArray[np.int64]", lowest: int) -> "NDArray[np.int32] | None":
    """The least costs (k,) of any way to each node, at most 0; None where a cycle costs less than 0.

    way : (nodes, k) the cost of a move from each node. lowest : how many moves cost less than 0, one each: a way that
    costs less than all of them goes in a cycle.
    """
    cost = np.zeros(way.shape[1], dtype=np.int32)
    changed = np.ones(way.shape[1], dtype=bool)
    while changed.any():
        going = changed[nodes]
        reached = (cost[nodes[going]][:, None] + way[going]).min(axis=0, initial=0)
        changed = reached < cost
        cost[changed] = reached[changed]
        if cost.min() < -lowest:
            return None
    return cost
