"""The fair objective for one partner a mentee: leximin over the matched, exactly.

The lexicographic bottleneck assignment (Burkard and Rendl 1991), climbed from a known assignment: whoever stands lowest
is moved up along a cycle of moves, until somebody cannot be. Then this floor is the highest that is possible; what
every fair assignment does on it is kept, and the climb goes on above it.

Which assignments are left is described by the dual prices of a step (complementary slackness): they use only tight
edges, every row with a positive gain is matched, every column with a positive price is full.
"""

from collections.abc import Sequence

import numpy as np

from matcher.engine.assignment import Mask
from matcher.engine.augmenting import Ints, solve

CLOSED, SETTLED = -1, 2**62
"""Levels of edges that no assignment left may use, and of edges that are no longer asked to rise."""


def leximin(worth: Ints, allowed: Mask, capacity: Ints, start: Ints) -> Ints:
    """The column of each row, -1 for none: as many matched as possible, then their worths leximin.

    worth : (n, m) integers from 0, higher is better. capacity : (m,) places. start : (n,) columns of an assignment that
    matches as many as possible.
    """
    face = Face(np.where(allowed & (capacity > 0), worth, CLOSED), capacity)
    face.narrow((face.level >= 0).astype(np.int64))
    face.place(start)
    result = np.full(len(worth), -1, dtype=np.int64)
    while (lowest := face.lowest()) is not None:
        floor, standing = lowest
        stuck = [row for row in standing if face.stands_on(row, floor) and not face.reseat(row, floor)]
        if not stuck:
            continue
        on_floor = np.argwhere(face.level == floor)
        if len(on_floor) == 1:  # in every assignment that is left
            row = int(on_floor[0, 0])
            result[row] = face.column[row]
            face.take_out(row)
        else:
            face.settle(floor)
    still = face.column >= 0
    result[still] = face.column[still]
    return result


class Face:
    """The assignments that are still possible, and one of them.

    Attributes: `level` (n, m), worths of the edges, or CLOSED, or SETTLED; `capacity` (m,); `column` (n,), the one
    assignment; `rows` that must be matched; `columns` that must be full.
    """

    def __init__(self, level: Ints, capacity: Ints) -> None:
        n, m = level.shape
        self.level, self.capacity = level, capacity.copy()
        self.rows, self.columns = np.zeros(n, dtype=bool), np.zeros(m, dtype=bool)
        self.place(np.full(n, -1, dtype=np.int64))

    def place(self, column: Ints) -> None:
        """Takes this assignment as the one that is known."""
        self.column = column.copy()
        self.members: list[list[int]] = [[] for _ in range(len(self.capacity) + 1)]  # the last: without a place
        for row, at in enumerate(column.tolist()):
            self.members[at].append(row)
        self._dead_ends: list[Mask] = []  # sets of nodes that no move leaves; a higher floor and take_out keep them so

    def stands_on(self, row: int, floor: int) -> bool:
        """Whether a row has a place, on this level."""
        return bool(self.column[row] >= 0 and self.level[row, self.column[row]] == floor)

    def lowest(self) -> tuple[int, Sequence[int]] | None:
        """The lowest level that is not settled on which somebody stands, and who does."""
        seated = np.flatnonzero(self.column >= 0)
        levels = self.level[seated, self.column[seated]]
        floor = int(levels.min(initial=SETTLED))
        return (floor, seated[levels == floor].tolist()) if floor < SETTLED else None

    def narrow(self, worth: Ints) -> None:
        """Keeps only the optima for `worth` (above 0 on edges, 0 elsewhere), and takes one of them."""
        columns, prices = solve(worth, self.capacity)
        gain = np.maximum(0, (worth - prices).max(axis=1, initial=0))
        self.level = np.where((worth > 0) & (worth - prices == gain[:, None]), self.level, CLOSED)
        self.rows, self.columns = gain > 0, (prices > 0) & (self.capacity > 0)
        self.place(columns)

    def settle(self, floor: int) -> None:
        """Keeps the assignments with as few as possible on the floor, who may stay there."""
        musts = self.rows[:, None] + self.columns[None, :].astype(np.int64)
        above = (self.level != floor).astype(np.int64)
        self.narrow(np.where((self.level >= floor) & (musts > 0), (2 * len(musts) + 1) * musts + above, 0))
        self.level[self.level == floor] = SETTLED

    def take_out(self, row: int) -> None:
        """Takes a row and its place out of the problem."""
        at = int(self.column[row])
        self.members[at].remove(row)
        self.column[row] = -1
        self.capacity[at] -= 1
        self.level[row] = CLOSED
        self.rows[row] = False
        if not self.capacity[at]:
            self.level[:, at] = CLOSED
            self.columns[at] = False

    def reseat(self, row: int, floor: int) -> bool:
        """Moves a row to an edge above `floor`, and others so that every must is kept, each over an edge above it.

        The moves form a cycle, found breadth first from the row's choices back to the column it leaves. Its nodes are
        the columns, `nowhere`, and `slack`, through which a place that is left open in one column makes up for one that
        is taken in another. False, and nothing is changed, where there is no such cycle.
        """
        m = len(self.capacity)
        nowhere, slack = m, m + 1
        home = int(self.column[row])
        choices = np.append(self.level[row] > floor, [not self.rows[row], False])
        if any(not dead[home] and not (choices & ~dead).any() for dead in self._dead_ends):
            return False
        used = np.fromiter(map(len, self.members[:m]), dtype=np.int64, count=m)
        before = np.full(m + 2, -2)  # the node before, -1 for the row's own choice, -2 for not reached
        mover = np.full(m + 2, row)
        before[choices] = -1
        waiting = np.flatnonzero(before == -1).tolist()
        for node in waiting:
            if before[home] != -2:
                break
            reached = np.zeros(m + 2, dtype=bool)
            who = np.full(m + 2, -1)
            if node == slack:
                reached[:m] = used > np.where(self.columns, self.capacity, 0)
            else:
                members = np.array(self.members[node], dtype=np.int64)
                if len(members):
                    open_to = self.level[members] > floor
                    reached[:m] = open_to.any(axis=0)
                    who[:m] = members[open_to.argmax(axis=0)]
                if node != nowhere:
                    free = members[~self.rows[members]]
                    reached[nowhere], who[nowhere] = len(free) > 0, free[0] if len(free) else -1
                    reached[slack] = used[node] < self.capacity[node]
            reached &= before == -2
            before[reached] = node
            mover[reached] = who[reached]
            waiting.extend(np.flatnonzero(reached).tolist())
        if before[home] == -2:
            self._dead_ends = [*self._dead_ends[-7:], before != -2]
            return False
        self._dead_ends = []
        self._shift(home, before.tolist(), mover.tolist())
        return True

    def _shift(self, home: int, before: list[int], mover: list[int]) -> None:
        node = home
        while True:
            if mover[node] >= 0:
                self._move(mover[node], node)
            if before[node] == -1:
                return
            node = before[node]

    def _move(self, row: int, to: int) -> None:
        self.members[self.column[row]].remove(row)
        self.members[to].append(row)
        self.column[row] = to if to < len(self.capacity) else -1
