"""What a choice made by hand costs: by how much the optimum would rise without it.

An optimum is changed in the cheapest way along one path or cycle of its residual graph (R. K. Ahuja, T. L. Magnanti and
J. B. Orlin, Network Flows, Prentice Hall 1993, chapter 9). Its nodes are the columns and one more, `nowhere`, where
those without a place stand and free places begin; an arc is worth what its best mover gains. So the optimum without a
pin is the longest path from the pinned row to the place that the pin takes, and needs no second solution; all pins on
one column share the search.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matcher.engine.assignment import Assignment, Certificate, Floats, Mask, Problem, checked, columns_of, to_integers
from matcher.engine.augmenting import FAR, Ints, solve

Place = tuple[int, int]
"""Row and column of a pair."""


@dataclass(frozen=True, slots=True)
class Gain:
    """By how much an optimum rises: how many more are matched, and what the total of the affinities then gains (less
    than 0 where more matches are bought with affinity)."""

    matched: int
    total: float


NOTHING = Gain(0, 0.0)


class Residual:
    """How an optimum can change: `ways_to` tells what the best chain of moves brings.

    worth : (n, m) integers, above 0 for a pair that may be, 0 for never. capacity : (m,) places. column : (n,) the
    column of each row in an assignment of largest total worth, -1 for none.
    """

    def __init__(self, worth: Ints, capacity: Ints, column: Ints) -> None:
        m = worth.shape[1]
        self._ways: dict[int, Ints] = {}
        self._move = move = np.full((m + 1, m + 1), -FAR, dtype=np.int64)  # the last: nowhere
        rows = np.flatnonzero(column >= 0)
        here = worth[rows, column[rows]]
        np.maximum.at(move[:, :m], column[rows], np.where(worth[rows] > 0, worth[rows] - here[:, None], -FAR))
        np.maximum.at(move[:, m], column[rows], -here)
        move[:m, m][np.bincount(column[rows], minlength=m) < capacity] = 0  # a free place is taken
        move[m, :m] = worth[column < 0].max(axis=0, initial=0)  # 0: a place is left empty
        move[m, m] = 0

    def ways_to(self, target: int) -> Ints:
        """The longest paths (m + 1,) to a column (-1: to nowhere): what it brings that somebody more comes to each
        column when there is room for one more in `target` (Bellman-Ford). About -FAR where there is no path."""
        if target not in self._ways:
            best = np.full(len(self._move), -FAR, dtype=np.int64)
            best[target] = 0
            for _ in best:  # no path of use is longer
                further = np.maximum(best, (self._move + best).max(axis=1))
                if (further == best).all():
                    break
                best = further
            self._ways[target] = best
        return self._ways[target]


class Choices:
    """The optimum under pins and forbidden pairs, and what each of them costs it.

    Parameters
    ----------
    affinity, capacity, need, forbidden, pinned : as for `assign`, with one partner a row; `forbidden` holds the pairs
        ruled out by hand, too.
    by_hand : (row, column) pairs of `forbidden` whose cost will be asked for.

    Raises the errors of `assign`; ValueError for needs above 1.
    """

    def __init__(
        self,
        affinity: npt.ArrayLike,
        *,
        capacity: npt.ArrayLike,
        need: npt.ArrayLike = 1,
        forbidden: npt.ArrayLike | None = None,
        pinned: Sequence[Place] = (),
        by_hand: Sequence[Place] = (),
    ) -> None:
        problem = checked(affinity, capacity, 0, need, forbidden, pinned)
        if not problem.simple:
            raise ValueError("the cost of a choice is known for one partner a row only")
        self._given = np.array(affinity, dtype=np.float64)
        self.pinned = problem.pinned
        self._worth, self._hand_worth = self._integers(problem, by_hand)
        pins = np.array(problem.pinned, dtype=np.int64).reshape(-1, 2)
        self._capacity = problem.capacity.copy()
        np.subtract.at(self._capacity, pins[:, 1], 1)
        self._open = self._worth.copy()
        self._open[pins[:, 0]] = 0
        self.column, self.price = solve(self._open, self._capacity)
        self._residual = Residual(self._open, self._capacity, self.column)

    def _integers(self, problem: Problem, by_hand: Sequence[Place]) -> tuple[Ints, dict[Place, int]]:
        """Worths (n, m) of all pairs that may be, the pinned rows included, and those of the pairs ruled out."""
        allowed = problem.allowed & (problem.need > 0)[:, None]
        scaled = allowed.copy()
        extra = [(i, j) for i, j in by_hand if not np.isnan(self._given[i, j]) and problem.need[i]]
        scaled[tuple(np.array(extra, dtype=np.int64).reshape(-1, 2).T)] = True
        plain, self.unit, self.offset = to_integers(np.where(scaled, self._given, 0.0), scaled)
        # Twice what all matches differ by: so a gain of matches and one of affinity can be told apart in their sum.
        self.bonus = 2 * int(plain.max(initial=0)) * min(len(plain), int(problem.capacity.sum())) + 1
        return np.where(allowed, plain + self.bonus, 0), {pair: int(plain[pair]) + self.bonus for pair in extra}

    def cost_of_pin(self, pin: Place) -> Gain:
        """By how much the optimum would rise without this one pin. Raises KeyError when it is no pin."""
        row, column = pin
        if pin not in self.pinned:
            raise KeyError(pin)
        ways = self._residual.ways_to(column)
        elsewhere = np.where(self._worth[row] > 0, self._worth[row] + ways[:-1], -FAR)
        return self._gain(max(int(elsewhere.max()), int(ways[-1])) - int(self._worth[pin]))

    def cost_of_ban(self, pair: Place) -> Gain:
        """By how much the optimum would rise if this one pair of `by_hand` were not forbidden."""
        row, column = pair
        if pair not in self._hand_worth or any(row == pinned for pinned, _ in self.pinned):
            return NOTHING
        at = int(self.column[row])
        leaves = int(self._open[row, at]) if at >= 0 else 0
        return self._gain(self._hand_worth[pair] - leaves + int(self._residual.ways_to(at)[column]))

    def _gain(self, worth: int) -> Gain:
        if worth <= 0:
            return NOTHING
        matched = (worth + self.bonus // 2) // self.bonus
        return Gain(matched, (worth - matched * self.bonus) * self.unit + matched * self.offset)


def shortfalls(affinity: Floats, allowed: Mask, capacity: Ints, found: Assignment) -> Floats:
    """How much nearer (n, m) an unmatched row would have to be to each column for a place in an optimum; inf where the
    pair is not allowed or there is no place, for rows that are matched, and without an exact proof.

    allowed : (n, m) the pairs that may be, pinned rows left out. capacity : (m,) places, without those of the pins.
    found : a result of `assign` for the objective "total".
    """
    short = np.full(affinity.shape, np.inf)
    proof = found.certificate
    if not isinstance(proof, Certificate) or found.objective != "total" or not len(found.unmatched):
        return short
    column = columns_of(found)
    plain = np.rint((np.where(allowed, affinity, proof.offset) - proof.offset) / proof.unit).astype(np.int64)
    worth = np.where(allowed, plain + proof.bonus, 0)
    column[~allowed.any(axis=1)] = -1
    lost = -Residual(worth, capacity, column).ways_to(-1)[:-1]  # what it costs to take a place away
    rows = found.unmatched
    short[rows] = np.where(allowed[rows] & (capacity > 0), np.maximum(lost - worth[rows], 0) * proof.unit, np.inf)
    return short
