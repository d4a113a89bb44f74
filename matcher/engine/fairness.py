"""The fair objective for one partner a mentee: leximin over the matched, exactly.

The lexicographic bottleneck assignment (Burkard and Rendl 1991): find the highest floor under which as many can still
be matched, let as few as possible stand on it, keep exactly the assignments that do so, and go on above it. The dual
prices of a step describe all its optima (complementary slackness): they use only tight edges, every row with a positive
gain is matched, every column with a positive price is full.
"""

from dataclasses import dataclass

import numpy as np

from matcher.engine.assignment import Ints, Mask, dual_prices, solve_dense


@dataclass
class Face:
    """The assignments that are still possible: allowed edges, rows that must be matched, columns that must be full."""

    edges: Mask
    capacity: Ints
    rows: Mask
    columns: Mask

    def best_on(self, edges: Mask) -> Ints:
        """The column of each row, -1 for none, meeting as many of the musts as `edges` allow."""
        return solve_dense(
            np.where(edges, self.rows[:, None] + self.columns[None, :].astype(np.int64), 0), self.capacity
        )

    def meets(self, columns: Ints) -> bool:
        """Whether every must is met."""
        used = np.bincount(columns[columns >= 0], minlength=len(self.capacity))
        return bool((columns[self.rows] >= 0).all() and (used[self.columns] == self.capacity[self.columns]).all())

    def narrow(self, worth: Ints) -> Ints:
        """Keeps only the optima for `worth` (integers > 0 on edges, 0 elsewhere) and returns one of them."""
        columns = solve_dense(worth, self.capacity)
        prices = dual_prices(worth, self.capacity, columns)
        gain = np.maximum(0, (worth - prices).max(axis=1, initial=0))
        self.edges = self.edges & (worth - prices == gain[:, None])
        self.rows, self.columns = gain > 0, (prices > 0) & (self.capacity > 0)
        return columns

    def fix(self, row: int, column: int) -> None:
        """Takes a pair that every remaining assignment contains out of the problem."""
        self.capacity[column] -= 1
        self.edges[row] = False
        self.rows[row] = False
        if not self.capacity[column]:
            self.edges[:, column] = False
            self.columns[column] = False


def leximin(worth: Ints, allowed: Mask, capacity: Ints) -> Ints:
    """The column of each row, -1 for none: as many matched as possible, then their worths leximin.

    worth : (n, m) integers, higher is better. capacity : (m,) places.
    """
    n = len(worth)
    face = Face(allowed & (capacity > 0), capacity.copy(), np.zeros(n, bool), np.zeros(len(capacity), bool))
    result = np.full(n, -1, dtype=np.int64)
    columns = face.narrow(face.edges.astype(np.int64))
    settled = np.iinfo(np.int64).min
    while face.rows.any() or face.columns.any():
        floor, columns = _highest_floor(face, worth, settled, columns)
        if floor is None:
            break
        face.edges &= (worth >= floor) | (worth <= settled)
        on_floor = np.argwhere(face.edges & (worth == floor))
        if len(on_floor) == 1:
            row, column = (int(k) for k in on_floor[0])
            result[row] = column
            columns[row] = -1
            face.fix(row, column)
        else:
            columns = _fewest_on(face, worth, floor)
        settled = floor
    result[columns >= 0] = columns[columns >= 0]
    return result


def _highest_floor(face: Face, worth: Ints, settled: int, known: Ints) -> tuple[int | None, Ints]:
    """The highest worth above `settled` under which every must can still be met, and an assignment that shows it.

    `known` meets the musts already. None when all that is left stands on floors that were settled before.
    """
    lower = face.edges & (worth <= settled)
    levels = np.unique(worth[face.edges & (worth > settled)])
    if not len(levels):
        return None, known
    low, high, best = -1, len(levels), known
    values = worth[np.arange(len(known)), known][(known >= 0)]
    above = values[values > settled]
    if len(above):
        low = int(np.searchsorted(levels, above.min()))
    while high - low > 1:
        middle = (low + high) // 2
        found = face.best_on(lower | (face.edges & (worth >= levels[middle])))
        if face.meets(found):
            reached = worth[np.arange(len(found)), found][found >= 0]
            reached = reached[reached > settled]
            low = max(middle, int(np.searchsorted(levels, reached.min())) if len(reached) else middle)
            best = found
        else:
            high = middle
    if low < 0 or face.meets(face.best_on(lower)):
        return None, face.best_on(lower)
    return int(levels[low]), best


def _fewest_on(face: Face, worth: Ints, floor: int) -> Ints:
    """As few as possible on the floor, the musts kept; the face becomes exactly these assignments."""
    size = 2 * len(worth) + 1
    musts = face.rows[:, None] + face.columns[None, :].astype(np.int64)
    return face.narrow(np.where(face.edges & (musts > 0), size * musts + (worth != floor), 0))
