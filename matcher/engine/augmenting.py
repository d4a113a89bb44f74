"""Rows to columns with places, one place a row, solved exactly, with the smallest prices that prove it.

Few columns or many places: successive shortest paths. Rows come one by one; each takes the shortest augmenting path,
found by Dijkstra's algorithm on worths less prices (N. Tomizawa, Networks 1 (1971) 173-194; J. Edmonds and R. M. Karp,
JACM 19 (1972) 248-264). A path runs over columns, not over their places. Prices begin at zero and rise only as far as a
path forces them: they end as the smallest that support an optimum (G. Demange, D. Gale and M. Sotomayor, Journal of
Political Economy 94 (1986) 863-872), which is what one more place would add.

Else scipy's dense solver on one column a place (D. F. Crouse, IEEE Transactions on Aerospace and Electronic Systems 52
(2016) 1679-1696), which does not mind long paths, and the same prices from its result.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

FAR = 2**61
"""Farther than any path: worths stay below 2**60."""

SMALL = 40_000
"""Pairs up to which paths take less time than importing scipy's solver does."""

CROWDED = 8
"""Places a column from which on paths over columns are the faster way."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What it brings when somebody leaves a full column: `gain` and `who` (m,) for a move to each other column, `loss`
    and `loser` for staying without."""

    gain: Ints
    who: Ints
    loss: int
    loser: int


class Augmenting:
    """A growing optimum: after each `add`, the best assignment of the rows added so far and prices that prove it.

    Parameters
    ----------
    worth : (n, m) integers below 2**60; above 0 for a pair that may be, 0 for never.
    capacity : (m,) places.

    Attributes
    ----------
    column : (n,) integers, the column of each row, -1 for none.
    price : (m,) integers, 0 where a place is free; for columns without any place, the largest worth, which keeps
        everybody away.
    """

    def __init__(self, worth: Ints, capacity: Ints) -> None:
        n, m = worth.shape
        self.worth = worth
        self.column = np.full(n, -1, dtype=np.int64)
        self.price = np.where(capacity > 0, 0, worth.max(axis=0, initial=0))
        self._left = capacity.tolist()
        self._members: list[list[int]] = [[] for _ in range(m)]
        self._moves: dict[int, Moves] = {}

    def add_all(self) -> None:
        """Adds every row. Those whose favourite still has room at no price need no search."""
        favourite = (self.worth - self.price).argmax(axis=1) if self.worth.size else np.zeros(0, dtype=np.int64)
        later = []
        for row, column in enumerate(favourite.tolist()):
            if self._left[column] and self.worth[row, column] > 0:
                self._seat(row, column)
            else:
                later.append(row)
        for row in later:
            self.add(row)

    def add(self, row: int) -> None:
        """Brings one more row in, or somebody else out, along the shortest path."""
        net = np.where(self.worth[row] > 0, self.worth[row] - self.price, -FAR)
        top = max(int(net.max(initial=0)), 0)
        distance = top - net
        came_from = np.full(len(net), -1, dtype=np.int64)
        ahead = np.ones(len(net), dtype=bool)
        behind: list[tuple[int, int]] = []  # columns whose shortest path is known, with its length
        without, last = top, -1  # the shortest path that ends with somebody without a place, and the column they leave
        while True:
            length = int(distance.min())
            if without <= length:
                end, length = -1, without
                break
            nearest = np.flatnonzero(distance == length).tolist()
            end = next((column for column in nearest if self._left[column]), -1)
            if end >= 0:
                break
            behind += [(column, length) for column in nearest]
            ahead[nearest], distance[nearest] = False, 2 * FAR
            gain, via, loss, left = self._best(nearest)
            found = self.price + length
            found -= gain
            shorter = found < distance
            shorter &= ahead
            np.copyto(distance, found, where=shorter)
            np.copyto(came_from, via, where=shorter)
            if length + loss < without:
                without, last = length + loss, left
        for column, away in behind:
            self.price[column] += length - away
        self._shift(row, end, last, came_from)

    def _best(self, columns: list[int]) -> tuple[Ints, Ints | int, int, int]:
        """What a move from one of these columns to each other brings at most, with the price that falls away, and from
        which; the least that is lost when somebody stays without instead, and in which column."""
        moves = [self._moves_from(column) for column in columns]
        prices = self.price[columns].tolist()
        loss, left = min((move.loss - p, c) for move, p, c in zip(moves, prices, columns, strict=True))
        if len(columns) == 1:
            return moves[0].gain + prices[0], columns[0], loss, left
        gains = np.stack([move.gain for move in moves]) + self.price[columns][:, None]
        best = gains.argmax(axis=0)
        return gains[best, np.arange(gains.shape[1])], np.array(columns)[best], loss, left

    def _moves_from(self, column: int) -> Moves:
        if column not in self._moves:
            rows = np.array(self._members[column], dtype=np.int64)
            worth = self.worth[rows]
            here = worth[:, column]
            gain = np.where(worth > 0, worth - here[:, None], -FAR)
            best = gain.argmax(axis=0)
            least = int(here.argmin())
            self._moves[column] = Moves(
                gain[best, np.arange(len(best))], rows[best], int(here[least]), int(rows[least])
            )
        return self._moves[column]

    def _shift(self, row: int, end: int, last: int, came_from: Ints) -> None:
        """Moves everybody on the path up by one, from its end to the new row."""
        to = end
        if end < 0:
            if last < 0:
                return  # the new row itself stays without
            out = self._moves_from(last).loser
            self._unseat(out, last)
            to = last
        while (before := int(came_from[to])) >= 0:
            mover = int(self._moves_from(before).who[to])
            self._unseat(mover, before)
            self._seat(mover, to)
            to = before
        self._seat(row, to)

    def _seat(self, row: int, column: int) -> None:
        self._members[column].append(row)
        self._left[column] -= 1
        self.column[row] = column
        self._moves.pop(column, None)

    def _unseat(self, row: int, column: int) -> None:
        self._members[column].remove(row)
        self._left[column] += 1
        self.column[row] = -1
        self._moves.pop(column, None)


def solve(worth: Ints, capacity: Ints) -> tuple[Ints, Ints]:
    """The column of each row (n,) in an assignment of largest total worth, -1 for none, and the smallest prices (m,)
    that support it.

    worth : (n, m) integers below 2**52; above 0 for a pair that may be, 0 for never. capacity : (m,) places. A column
    without a place has a price, too: what its first place would add.
    """
    if worth.size <= SMALL or capacity.sum() >= CROWDED * len(capacity):
        found = Augmenting(worth, capacity)
        found.add_all()
        column, price = found.column, found.price
    else:
        column = _dense(worth, capacity)
        price = _smallest_prices(worth, capacity, column)
    return column, with_first_places(worth, capacity, price)


def with_first_places(worth: Ints, capacity: Ints, price: Ints) -> Ints:
    """Prices (m,) in which a column without a place has the one that its first place would add."""
    price, none = price.copy(), np.flatnonzero(capacity == 0)
    gain = (
        (worth - np.where(capacity > 0, price, FAR)).max(axis=1, initial=0) if len(none) else np.zeros(len(worth), int)
    )
    first = worth[:, none]
    price[none] = np.where(first > 0, first - gain[:, None], 0).max(axis=0, initial=0)
    return price


def _dense(worth: Ints, capacity: Ints) -> Ints:
    from scipy.optimize import linear_sum_assignment

    owner = np.repeat(np.arange(len(capacity)), np.minimum(capacity, len(worth)))
    found = np.full(len(worth), -1, dtype=np.int64)
    rows, places = linear_sum_assignment(worth[:, owner].astype(np.float64), maximize=True)
    columns = owner[places]
    used = worth[rows, columns] > 0
    found[rows[used]] = columns[used]
    return found


def _smallest_prices(worth: Ints, capacity: Ints, column: Ints) -> Ints:
    """The smallest prices (m,) that support an optimal assignment, 0 where a place is free or there is none.

    A price is a longest path in the residual graph (Bellman-Ford over the columns): whoever has a place in j would move
    to k for worth[i, k] - worth[i, j] more, and whoever has none would come for worth[i, k].
    """
    m = worth.shape[1]
    prices = np.zeros(m, dtype=np.int64)
    homeless = worth[column < 0]
    if len(homeless):
        prices = np.where(capacity > 0, homeless.max(axis=0), 0)
    move = np.full((m, m), -FAR, dtype=np.int64)
    rows = np.flatnonzero(column >= 0)
    gains = np.where(worth[rows] > 0, worth[rows] - worth[rows, column[rows]][:, None], -FAR)
    np.maximum.at(move, column[rows], gains)
    move[:, capacity == 0] = -FAR
    while True:
        better = np.maximum(prices, (move + prices[:, None]).max(axis=0, initial=0))
        if (better == prices).all():
            return prices
        prices = better
