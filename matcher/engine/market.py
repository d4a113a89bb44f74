"""The best assignment of rows to columns with places on a sparse graph, in integers, from any prices to begin with.

Two steps. First an auction in rounds: everybody without a place bids what the favourite is worth more than the second
choice, each column keeps the highest bids (D. P. Bertsekas, Annals of Operations Research 14 (1988) 105-123; without
an increment it is the row reduction of R. Jonker and A. Volgenant, Computing 38 (1987) 325-340). Whoever has a place
then has a best one at the prices of the moment. The few who are left follow shortest augmenting paths, all at once: a
forest of shortest paths from everybody who has no place, of which the paths that do not touch are taken together (E.
Balas, D. Miller, J. Pekny and P. Toth, JACM 38 (1991) 985-1004).

Everything is balanced, so that prices may begin anywhere and rise only: who cannot have a place stands in one more
column, `nowhere`, with just as many places as rows have to stay without; a place that stays free is held by a
`vacancy`, to which every place is worth nothing, so that it takes a cheapest one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matcher.engine.augmenting import Ints
from matcher.engine.search import where

NEVER = -(2**60)
"""The worth of a pair that may not be."""

PATIENCE, PROGRESS = 20, 10
"""The auction ends when so many rounds bring fewer rows to a place than so many: paths are then the quicker way."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Graph:
    """Pairs that may be: for each of n rows K columns (n, K) and their worths (n, K) from 0, NEVER for none."""

    columns: Ints
    worth: Ints


@dataclass(frozen=True, slots=True)
class Proof:
    """The smallest prices that show that an assignment is best.

    In `short` columns (m,) one more place would let one more row be matched; `waiting` rows (n,) would move for it,
    those without a place first of all. Waiting rows have no pair with a column that is not short. For waiting rows with
    short columns, and for the others with the others, no worth exceeds price (m,) plus gain (n,); the other rows with
    short columns need no proof. `outside` is the gain of a row without a place; other prices are 0 or more.
    """

    price: Ints
    gain: Ints
    short: Flags
    waiting: Flags
    outside: int

    def with_bonus(self, bonus: int) -> Ints:
        """Prices (m,) where every match counts `bonus` more and to stay without nothing."""
        return self.price + np.where(self.short, bonus + self.outside, 0)


class Market:
    """A balanced market on a graph; `settle` finds the best assignment.

    Parameters
    ----------
    graph : the pairs. capacity : (m,) places. price : (m,) integers from 0 to begin with. out : how many rows surely
        stay without a place, whatever pairs join.

    Attributes
    ----------
    column : (n,) the column of each row, m for nowhere, -1 while it is not settled.
    price : (m + 1,) integers, the last for nowhere.
    """

    def __init__(self, graph: Graph, capacity: Ints, price: Ints | None = None, out: int = 0) -> None:
        n, m = len(graph.columns), len(capacity)
        self.n, self.m = n, m
        self.highest = int(graph.worth.max(initial=0))
        self._columns = np.hstack([np.full((n, 1), m), graph.columns])
        self._worth = np.hstack([np.full((n, 1), self.highest), graph.worth])
        self.capacity = np.append(np.minimum(capacity, n), 0)
        self._worth[self.capacity[self._columns] == 0] = NEVER
        self._worth[:, 0] = self.highest
        self._surely_out = self.capacity[m] = max(out, n - int(self.capacity.sum()))
        self.price = np.append(np.zeros(m, dtype=np.int64) if price is None else price, 0)
        self.column = np.full(n, -1, dtype=np.int64)
        self._reach = max(1, self.highest // 100)
        self._beyond = -1

    def join(self, rows: Ints, columns: Ints, worth: Ints, *, slack: int = 0, more: bool = False) -> int:
        """Adds pairs, sorted by row, and leaves out those that are there; how many were new.

        Who would gain more than `slack` by a move has to settle again. more : with these pairs fewer may stay without a
        place than without them.
        """
        known = (self._columns[rows] == columns[:, None]) & (self._worth[rows] > NEVER)
        new = ~known.any(axis=1)
        rows, columns, worth = rows[new], columns[new], worth[new]
        counts = np.bincount(rows, minlength=self.n)
        at = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]
        added = np.zeros((self.n, int(counts.max(initial=0))), dtype=np.int64)
        values = np.full(added.shape, NEVER)
        added[rows, at], values[rows, at] = columns, worth
        self._columns = np.hstack([self._columns, added])
        self._worth = np.hstack([self._worth, values])
        self._raise_nowhere()
        if more and self.out > self._surely_out:
            self.capacity[self.m] = self._surely_out
            self.column[self.column == self.m] = -1
        net = self._net(slice(None))
        own = np.where(self._columns == self.column[:, None], net, NEVER).max(axis=1)
        self.column[own < net.max(axis=1) - slack] = -1
        return len(rows)

    @property
    def out(self) -> int:
        """How many rows have to stay without a place."""
        return int(self.capacity[self.m])

    @property
    def gain(self) -> Ints:
        """What the best choice is worth to each row (n,) at these prices."""
        return np.asarray(self._net(slice(None)).max(axis=1))

    def settle(self, increment: int = 0) -> None:
        """Brings every row to a column that is best for it at the prices, which then prove that the whole is best.

        With an increment that is so for worths of which some are lifted by at most so much.
        """
        self.auction(increment)
        if increment:
            self._lift()
        while self._missing():
            if not self._augment():
                self._open_nowhere()

    @property
    def own(self) -> Ints:
        """The worth (n,) of what each row has, with what it was lifted by; NEVER for none."""
        return np.where(self._columns == self.column[:, None], self._worth, NEVER).max(axis=1)

    def _lift(self) -> None:
        """Makes what each row has worth as much as its best choice, of which the auction left it short a little."""
        net = self._net(slice(None))
        held = (self._columns == self.column[:, None]) & (self._worth > NEVER)
        rows, at = where(held)
        self._worth[rows, at] += net.max(axis=1)[rows] - net[rows, at]
        self._raise_nowhere()

    def _raise_nowhere(self) -> None:
        """Keeps nowhere worth as much as anything."""
        raised = int(self._worth[:, 1:].max(initial=0)) - self.highest
        if raised > 0:
            self.highest += raised
            self._worth[:, 0] += raised
            self.price[self.m] += raised

    def _net(self, rows: Ints | slice) -> Ints:
        """Worth less price (·, K + 1)."""
        at = self._columns[rows]
        closed = (at == self.m) & (self.out == 0)
        return np.where(closed, NEVER, self._worth[rows] - self.price[at])

    # -- the auction -------------------------------------------------------------------------------------------------

    def auction(self, increment: int = 0) -> None:
        """Rounds of bids until few are left. With an increment, rows end within it of their best choice."""
        waiting = np.flatnonzero(self.column < 0)
        before = len(waiting)
        self._bid = self.price[self.column]  # of those who have a place
        self._beyond = -1
        countdown = PATIENCE
        while len(waiting) and countdown:
            countdown -= 1
            if not countdown and before - len(waiting) >= PROGRESS:
                countdown, before = PATIENCE, len(waiting)
            net = self._net(waiting)
            at = np.arange(len(waiting))
            choice = net.argmax(axis=1)
            first = net[at, choice]
            net[at, choice] = NEVER
            second = np.maximum(net.max(axis=1), first - self.highest - 1)
            wanted = self._columns[waiting, choice]
            able = first > NEVER // 2
            bids = self.price[wanted] + first - second + increment
            lost = self._keep_highest(waiting[able], wanted[able], bids[able])
            waiting = np.concatenate([waiting[~able], lost])

    def _keep_highest(self, rows: Ints, wanted: Ints, bids: Ints) -> Ints:
        """Gives places to the highest bids in each column; returns the rows that lose or do not get one."""
        touched = np.zeros(self.m + 1, dtype=bool)
        touched[wanted] = True
        holders = np.flatnonzero((self.column >= 0) & touched[self.column])
        rows = np.concatenate([holders, rows])
        at = np.concatenate([self.column[holders], wanted])
        bids = np.concatenate([self._bid[holders], bids])
        order = np.lexsort((rows, -bids, at))
        rows, at, bids = rows[order], at[order], bids[order]
        begins = np.flatnonzero(np.append(True, at[1:] != at[:-1])[: len(at)])
        counts = np.diff(np.append(begins, len(at)))
        kept = np.arange(len(at)) - np.repeat(begins, counts) < self.capacity[at]
        self.column[rows[kept]], self._bid[rows[kept]] = at[kept], bids[kept]
        self.column[rows[~kept]] = -1
        named = at[begins]
        full = counts >= self.capacity[named]
        self.price[named[full]] = bids[(begins + self.capacity[named] - 1)[full]]
        return rows[~kept]

    # -- shortest paths ----------------------------------------------------------------------------------------------

    def _free(self) -> Ints:
        return self.capacity - np.bincount(self.column[self.column >= 0], minlength=self.m + 1)

    def _vacancies(self) -> int:
        return int(self.capacity.sum()) - self.n

    def _cheapest(self) -> tuple[int, Flags]:
        """The lowest price that a vacancy could have, and the columns (m + 1,) that have it."""
        real = self.capacity[: self.m] > 0
        lowest = int(self.price[: self.m].min(where=real, initial=-NEVER))
        return lowest, np.append(real & (self.price[: self.m] == lowest), False)

    def _missing(self) -> bool:
        """Whether a row has no place, or a place is free that is not a cheapest one."""
        if (self.column < 0).any():
            return True
        return bool(self._vacancies() and self._free()[~self._cheapest()[1]].any())

    def _augment(self) -> bool:
        """One forest of shortest paths; takes those of its paths that do not touch. False where it reaches no place.

        Nodes of the search: rows, columns, the vacancy. From a row to each column for what it would lose there, from a
        column to those who hold its places for nothing; a vacancy would go anywhere for the difference of the prices.
        """
        from scipy.sparse.csgraph import dijkstra

        n, m = self.n, self.m
        free, vacancies = self._free(), self._vacancies()
        lowest, cheap = self._cheapest()
        idle = int(free[cheap].sum())  # free places that cost least, of which the vacancies hold some
        ends = free > 0
        if vacancies and idle <= vacancies:
            ends &= ~cheap
        roots = np.flatnonzero(self.column < 0)
        if vacancies > idle:
            roots = np.append(roots, n + m + 1)
        longest = 4 * (self.highest + int(self.price.max())) * (m + 2)
        while True:
            costs = self._arcs(self._reach, cheap & (free > 0) if vacancies else None, lowest)
            distance, before, _ = dijkstra(
                costs, indices=roots, min_only=True, return_predecessors=True, limit=float(self._reach)
            )
            distance = distance[n : n + m + 1]
            reached = np.flatnonzero(ends & np.isfinite(distance))
            if len(reached):
                break
            if self._reach > longest:
                return False
            self._reach *= 8
        reached = reached[np.argsort(distance[reached], kind="stable")]
        paths, length = self._disjoint(reached, distance, before, free, idle, cheap)
        near = distance < length
        self.price[near] += np.rint(length - distance[near]).astype(np.int64)
        for rows, columns in paths:
            self.column[rows] = columns
        self._reach = max(1, 2 * int(length))
        self._beyond -= int(length)  # by so much the gain of a row may have fallen
        return True

    def _losses(self, reach: int) -> tuple[Ints, Ints, Ints]:
        """Rows and columns of the pairs in which a row would lose at most `reach`, and what it would lose.

        Only pairs that were close when all were looked at last are looked at again, as long as no other can be.
        """
        if reach > self._beyond:
            net = self._net(slice(None))
            loss = net.max(axis=1)[:, None] - net
            self._beyond = 8 * reach
            rows, at = where(loss <= self._beyond)
            counts = np.bincount(rows, minlength=self.n)
            self._close = rows, self._columns[rows, at], self._worth[rows, at], np.cumsum(counts) - counts
        rows, columns, worth, begins = self._close
        net = worth - self.price[columns]
        loss = np.maximum.reduceat(net, begins)[rows] - net
        near = loss <= reach
        return rows[near], columns[near], loss[near]

    def _arcs(self, reach: int, with_vacancy: Flags | None, lowest: int):  # type: ignore[no-untyped-def]
        from scipy import sparse

        n, m = self.n, self.m
        rows, columns, loss = self._losses(reach)
        held = np.flatnonzero(self.column >= 0)
        at, to, costs = self.column[held], held, [loss, np.zeros(len(held))]  # from columns
        onward = np.zeros(0, dtype=np.int64)  # from the vacancy
        if with_vacancy is not None:
            left, onward = np.flatnonzero(with_vacancy), np.flatnonzero(self.capacity[:m] > 0)
            at, to = np.append(at, left), np.append(to, np.full(len(left), n + m + 1))
            costs += [np.zeros(len(left)), self.price[onward] - lowest]
        order = np.argsort(at, kind="stable")
        counts = (np.bincount(rows, minlength=n), np.bincount(at, minlength=m + 1), [len(onward)])
        begins = np.append(0, np.cumsum(np.concatenate(counts)))
        heads = np.concatenate([n + columns, to[order], n + onward])
        size = n + m + 2
        # In this order it is a compressed matrix already; to have scipy sort the arcs takes as long as the search.
        arcs = (np.concatenate(costs).astype(np.float64), heads.astype(np.int32), begins.astype(np.int32))
        return sparse.csr_array(arcs, shape=(size, size))

    def _disjoint(
        self, reached: Ints, distance: npt.NDArray[np.float64], before: Ints, free: Ints, idle: int, cheap: Flags
    ) -> tuple[list[tuple[list[int], list[int]]], float]:
        """Paths to the nearest ends, as rows and their new columns, up to the first that touches another.

        Also how far prices may rise: up to the length of the last path that is taken, or to that first one.
        """
        paths: list[tuple[list[int], list[int]]] = []
        seen: set[int] = set()
        vacancy, vacancies = self.n + self.m + 1, self._vacancies()
        homeless = max(0, vacancies - idle)  # vacancies that have no place either
        spare = idle - vacancies if vacancies else self.n  # cheapest places that may be taken
        for end in reached.tolist():
            nodes = list(self._back(self.n + end, before))
            from_vacancy = homeless > 0 and nodes[-1] == vacancy
            inner = nodes[:-1] if from_vacancy else nodes
            if not seen.isdisjoint(inner) or (vacancies and cheap[end] and spare <= 0):
                return paths, float(distance[end])
            seen.update(inner if homeless - from_vacancy > 0 else nodes)
            homeless -= from_vacancy
            spare -= bool(cheap[end])
            moves = [(row, column - self.n) for row, column in zip(nodes[1::2], nodes[::2], strict=True)]
            moves = [(row, column) for row, column in moves if row != vacancy]
            paths.append(([row for row, _ in moves], [column for _, column in moves]))
            if vacancies and cheap[end] and free[end] > 1:  # vacancies hold what is left of it
                return paths, float(distance[end])
        return paths, float(distance[reached[-1]])

    @staticmethod
    def _back(node: int, before: Ints) -> Iterator[int]:
        """The nodes of a path from its end: column, row (or vacancy), column, row …"""
        while node >= 0:
            yield node
            node = int(before[node])

    def _open_nowhere(self) -> None:
        """Lets those stay without a place to whom no path leads: no more can be matched (C. Berge, PNAS 43 (1957))."""
        if not self.out:
            gain = self.gain
            self.price[self.m] = self.highest - int(gain.min(where=gain > NEVER // 2, initial=self.highest))
        self._beyond = -1
        self.capacity[self.m] += int((self.column < 0).sum())

    # -- the proof ---------------------------------------------------------------------------------------------------

    def proof(self) -> Proof:
        """The smallest prices, once everything is settled.

        Prices may fall as far as no place loses what it is worth to somebody who would come: the slack of the shortest
        path (in losses) from those who stay without, and from prices that may not fall below 0.
        """
        from scipy import sparse
        from scipy.sparse.csgraph import dijkstra

        n, m = self.n, self.m
        net = self._net(slice(None))
        loss = net.max(axis=1)[:, None] - net
        rows, places = np.nonzero(net > NEVER // 2)
        rows, places = rows[places > 0], places[places > 0]
        held = np.flatnonzero(self.column < m)
        seated, outside = self.column < m, int(net[0, 0]) if self.out else 0
        tails = np.concatenate([rows, n + self.column[held], np.full(m, n + m)])
        heads = np.concatenate([n + self._columns[rows, places], held, n + np.arange(m)])
        short, waiting = np.zeros(m, dtype=bool), np.zeros(n, dtype=bool)
        price = self.price[:m].copy()

        def fall(anchored: Ints, roots: Ints) -> npt.NDArray[np.float64]:
            costs = np.concatenate([loss[rows, places], np.zeros(len(held), dtype=np.int64), anchored])
            arcs = sparse.csr_array((costs.astype(np.float64), (tails, heads)), shape=(n + m + 1, n + m + 1))
            return np.asarray(dijkstra(arcs, indices=roots, min_only=True))

        if self.out:
            distance = fall(np.zeros(m, dtype=np.int64), np.flatnonzero(self.column == m))
            waiting, short = np.isfinite(distance[:n]), np.isfinite(distance[n : n + m])
            price[short] -= np.rint(distance[n : n + m][short]).astype(np.int64)
        rest = ~short & (self.capacity[:m] > 0)
        if rest.any():
            price[rest] -= price[rest].min()
            anchored = np.where(rest, price, -NEVER)
            distance = fall(anchored, np.array([n + m]))[n : n + m]
            price[rest] -= np.rint(distance[rest]).astype(np.int64)
        gain = np.full(n, outside)
        gain[seated] = self.own[seated] - price[self.column[seated]]
        return Proof(price, gain, short, waiting, outside)
