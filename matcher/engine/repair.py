"""Repair: after refusals and drop-outs, the best assignment that disturbs least.

Accepted pairs stay. Of the pending ones each is worth a little more where it stands, so that the repair is one
assignment, solved and proved as any other: the smallest worth that outweighs rounding picks, among the repairs of
largest total, the one that moves the fewest; a larger one gives up affinity to move fewer still.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matcher.engine.affinity import Pool
from matcher.engine.assignment import Certificate, Duals, Ints, Problem, assign, checked

Place = tuple[int, int]
"""Row and column of a pair."""

Pair = tuple[str, str]
"""Ids of a mentee and a mentor."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A result of `repair`.

    pairs : (p, 2) int array of all pairs, the accepted ones too, sorted by row, then column.
    moved : (k, 2) pending pairs that could have stood and do not. ended : those that could not. new : pairs that were
        not there before.
    total : sum of the affinities. cost : by how much the best total of as many pairs, with nothing pending kept, is
        larger; 0.0 or rounding where nothing is given up.
    stay : affinity that a pending pair was worth more where it stands.
    certificate : the proof, as of `assign`, for affinities to which `stay` is added at the pending pairs.
    """

    pairs: Ints
    moved: Ints
    ended: Ints
    new: Ints
    total: float
    cost: float
    stay: float
    certificate: Certificate | Duals | None


def repair(
    affinity: npt.ArrayLike,
    *,
    capacity: npt.ArrayLike,
    pending: Sequence[Place],
    accepted: Sequence[Place] = (),
    least: npt.ArrayLike = 0,
    need: npt.ArrayLike = 1,
    forbidden: npt.ArrayLike | None = None,
    weight: float = 0.0,
) -> Repair:
    """The best assignment after a change, with the fewest pending pairs moved.

    As many needs as possible are filled, then total - weight * moved is as large as possible, then the fewest move. A
    pair moves only where that raises the total by more than rounding does (`rounding`).

    Parameters
    ----------
    affinity, capacity, least, need, forbidden : as for `assign`, as things are now: a refused pair is forbidden,
        whoever dropped out has need 0 or capacity 0.
    accepted : (row, column) pairs that must stay, counted within needs and capacities. pending : pairs that were
        proposed or asked and may move.
    weight : affinity given up for each pair that would otherwise move, 0 or more.

    Raises
    ------
    Infeasible : accepted pairs that cannot stay. ValueError : shapes and values out of range.
    """
    if not 0.0 <= weight < np.inf:
        raise ValueError(f"weight must be a number from 0, not {weight!r}")
    problem = checked(affinity, capacity, least, need, forbidden, accepted)
    n, m = problem.affinity.shape
    kept = {(int(i), int(j)) for i, j in accepted}
    before = sorted({(int(i), int(j)) for i, j in pending} - kept)
    if any(not (0 <= i < n and 0 <= j < m) for i, j in before):
        raise ValueError("a pending pair is outside the matrix")
    open_now = problem.allowed & (problem.need > 0)[:, None] & (problem.capacity > 0)
    may_stand = np.zeros((n, m), dtype=bool)
    may_stand[tuple(_places(before).T)] = True
    may_stand &= open_now
    stay = weight + rounding(problem, weight)
    best, found = (
        assign(
            worth,
            capacity=problem.capacity,
            least=problem.least,
            need=problem.need,
            forbidden=~problem.allowed,
            pinned=problem.pinned,
        )
        for worth in (problem.affinity, problem.affinity + stay * may_stand)
    )
    stands = {(int(i), int(j)) for i, j in found.pairs}
    gone = [pair for pair in before if pair not in stands]
    total = math.fsum(problem.affinity[tuple(found.pairs.T)])
    return Repair(
        pairs=found.pairs,
        moved=_places(pair for pair in gone if may_stand[pair]),
        ended=_places(pair for pair in gone if not may_stand[pair]),
        new=_places(sorted(stands - kept - set(before))),
        total=total,
        cost=best.total - total,
        stay=stay,
        certificate=found.certificate,
    )


def rounding(problem: Problem, stay: float = 0.0) -> float:
    """More than one assignment can gain on another by rounding alone, where a pair may be worth `stay` more.

    The unit of `to_integers` is less than 8 k / 2**52 of the spread, k two more than there are needs; two assignments
    differ in at most 2 k pairs, each rounded by half a unit, and by half a unit in the last place of a float when
    `stay` is added.
    """
    values = problem.affinity[problem.allowed]
    spread = (float(np.ptp(values)) if values.size else 0.0) + stay
    largest = float(np.abs(values).max(initial=0.0))
    k = max(len(problem.need), int(problem.need.sum())) + 2
    return k / 2.0**52 * ((16.0 * k * spread + 4.0 * largest) or 1.0)


def _places(pairs: Iterable[Place]) -> Ints:
    return np.array(list(pairs), dtype=np.int64).reshape(-1, 2)


@dataclass(frozen=True, slots=True)
class PoolRepair:
    """A result of `repair_pool`: `Repair` with ids; `total` counts the accepted pairs that are in the pool."""

    pairs: tuple[Pair, ...]
    moved: tuple[Pair, ...]
    ended: tuple[Pair, ...]
    new: tuple[Pair, ...]
    total: float
    cost: float


def repair_pool(
    pool: Pool, *, accepted: Sequence[Pair] = (), pending: Sequence[Pair] = (), weight: float = 0.0
) -> PoolRepair:
    """`repair` for a scored pool, in which refused pairs are barred and whoever dropped out is missing or paused.

    Accepted pairs stay whatever the rules say by now: they are taken out with the places they hold.
    """
    kept = tuple(dict.fromkeys(accepted))
    inside = [place for pair in kept if (place := _place(pool, pair)) is not None]
    need = np.ones(len(pool.mentees), dtype=np.int64)
    capacity = pool.capacity
    need[[i for i, _ in inside]] = 0
    held = [pool.mentor_row[mentor] for _, mentor in kept if mentor in pool.mentor_row]
    np.subtract.at(capacity, held, 1)
    before = [pair for pair in dict.fromkeys(pending) if pair not in kept]
    known = [place for pair in before if (place := _place(pool, pair)) is not None]
    found = repair(
        pool.affinity,
        capacity=capacity.clip(min=0),
        need=need,
        forbidden=~pool.eligible,
        pending=known,
        weight=weight,
    )

    def named(places: Ints) -> list[Pair]:
        return [(pool.mentees[i].id, pool.mentors[j].id) for i, j in places.tolist()]

    missing = [pair for pair in before if _place(pool, pair) is None]
    return PoolRepair(
        pairs=tuple(sorted([*kept, *named(found.pairs)])),
        moved=tuple(named(found.moved)),
        ended=tuple(sorted([*missing, *named(found.ended)])),
        new=tuple(named(found.new)),
        total=math.fsum([found.total, *(pool.affinity[place] for place in inside)]),
        cost=found.cost,
    )


def _place(pool: Pool, pair: Pair) -> Place | None:
    """Where a pair stands in the pool's arrays; None when one of the two is no longer there."""
    mentee, mentor = pair
    if mentee in pool.mentee_row and mentor in pool.mentor_row:
        return pool.mentee_row[mentee], pool.mentor_row[mentor]
    return None
