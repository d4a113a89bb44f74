"""The best assignment over all pairs, solved on the few that matter: column generation.

The optimum on a graph of near pairs comes with prices. A pair outside the graph can only make a difference if its worth
beats them: more than the price of the column and the gain of the row together. To find such pairs is a search for
neighbours again, by worth less price. Those found join the graph, until there is none: then the optimum on the graph is
the optimum over all pairs, and its prices prove it (P. C. Gilmore and R. E. Gomory, Operations Research 9 (1961)
849-859).
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from matcher.engine.assignment import Assignment, Certificate, counts, people_prices
from matcher.engine.augmenting import Ints
from matcher.engine.market import NEVER, Graph, Market, Proof
from matcher.engine.search import Scores, Tile, no_score, over_blocks, reaching, tiles, top, where

NEAR = 12
"""Neighbours of each row that are looked for at once."""

SCALES = (100, 1000)
"""The auction's increments, as parts of the largest worth: coarse ones end the wars of prices that fine ones prolong.

See D. P. Bertsekas and J. Eckstein, Mathematical Programming 42 (1988) 203-243.
"""

ROOM = 2**50
"""The largest worth times the number of pairs that can be chosen; sums along paths stay exact in float64."""


class Pairs(Protocol):
    """What the search needs to know of n rows and m columns."""

    shape: tuple[int, int]

    def nearest(self, rows: Ints, k: int, price: Ints) -> tuple[Ints, Ints]:
        """The columns (r, k) of largest worth less price of some rows, -1 for none, and about their worths (r, k)."""

    def surely_out(self, capacity: Ints) -> int:
        """How many rows at least stay without one of the places (m,)."""

    def worth(self, rows: Ints, columns: Ints) -> Ints:
        """The worth of single pairs (p,), integers from 0."""

    def beating(self, rows: Ints, price: Ints, gain: Ints) -> tuple[Ints, Ints]:
        """Rows and columns of all pairs of some rows whose worth less price is more than their gain (r,).

        There may be pairs among them that only come near it.
        """


@dataclass(frozen=True, slots=True)
class Optimum:
    """The column (n,) of each row, -1 for none; the proof; how often pairs were looked for that beat the prices.

    excess : the sum over rows of what their best pair beats price and gain by; no assignment is worth more than this
    one by more than that.
    """

    column: Ints
    proof: Proof
    rounds: int
    excess: int = 0


class TooManyRounds(Exception):
    """The near pairs say little about the others, as where everybody wants the same: look at all pairs instead."""


def optimum(
    pairs: Pairs, capacity: Ints, price: Ints | None = None, *, enough: int = 0, patience: int | None = None
) -> Optimum:
    """As many rows as possible in columns with `capacity` (m,) places, of the largest total worth, over all pairs.

    price : (m,) to begin with, such as those of a problem that differs a little. enough : an excess with which the
    search may end; 0 for the optimum. Raises TooManyRounds after `patience` rounds (None: never), as soon as an auction
    leaves three rows of four without a place or half of all near pairs are beaten.
    """
    n, m = pairs.shape
    if not n * m:
        nobody = np.zeros(n, dtype=bool)
        return Optimum(np.full(n, -1), Proof(np.zeros(m, int), np.zeros(n, int), np.zeros(m, bool), nobody, 0), 0)
    everybody, capacity = np.arange(n), np.minimum(capacity, n)
    known = np.zeros(m, dtype=np.int64) if price is None else price
    columns, _ = pairs.nearest(everybody, NEAR, _closed(known, capacity > 0))
    market = Market(_graph(pairs, columns), capacity, known, pairs.surely_out(capacity))
    if price is None:
        market.auction(market.highest // SCALES[-1])
        new = _look(pairs, market, everybody)
        while True:
            for scale in SCALES:
                left = _seat(pairs, market, market.highest // scale)
                market.column[:] = -1  # within the increment is not good enough: all choose again at these prices
            if patience is not None and 4 * left > 3 * n:
                raise TooManyRounds(0)
            if 2 * new <= NEAR * n:
                break
            new = _look(pairs, market, everybody)
    rounds = 0
    while True:
        rounds += 1
        market.auction(enough // (2 * n))
        if patience is not None and 4 * (market.column < 0).sum() > 3 * n:
            raise TooManyRounds(rounds)
        market.settle(enough // (2 * n))
        proof = market.proof()
        rows, columns, worth, excess = _beating(pairs, proof, capacity)
        if excess is not None and enough:
            seated = np.flatnonzero(market.column < m)
            excess += int((market.own[seated] - pairs.worth(seated, market.column[seated])).sum())
        if excess is not None and excess <= enough:
            return Optimum(np.where(market.column == m, -1, market.column), proof, rounds, excess)
        if patience is not None and (rounds == patience or len(rows) > NEAR * n // 2):
            raise TooManyRounds(rounds)
        market.join(rows, columns, worth, more=excess is None)


def _graph(pairs: Pairs, columns: Ints) -> Graph:
    """Some columns (n, k) of each row, -1 for none, as a graph."""
    rows, at = where(columns >= 0)
    worth = np.full(columns.shape, NEVER)
    worth[rows, at] = pairs.worth(rows, columns[rows, at])
    return Graph(np.maximum(columns, 0), worth)


def _look(pairs: Pairs, market: Market, rows: Ints, slack: int = 0) -> int:
    """Some rows look at all columns again, at the prices of the moment. How many pairs of those near are new."""
    m = pairs.shape[1]
    near, _ = pairs.nearest(rows, NEAR, _closed(market.price[:m], market.capacity[:m] > 0))
    at, place = where(near >= 0)
    return market.join(rows[at], near[at, place], pairs.worth(rows[at], near[at, place]), slack=slack)


def _seat(pairs: Pairs, market: Market, increment: int) -> int:
    """An auction in which those who find no place near them look again, as long as half of them find one then.

    How many are left without a place.
    """
    before = 2 * market.n
    while True:
        market.auction(increment)
        rows = np.flatnonzero(market.column < 0)
        if not 0 < 2 * len(rows) <= before or not _look(pairs, market, rows, increment):
            return len(rows)
        before = len(rows)


def _closed(price: Ints, open_columns: npt.NDArray[np.bool_]) -> Ints:
    """Prices that keep everybody away from the other columns."""
    return np.where(open_columns, price, -NEVER)


def _beating(pairs: Pairs, proof: Proof, capacity: Ints) -> tuple[Ints, Ints, Ints, int | None]:
    """Pairs that the proof does not cover yet, at most NEAR a row, their worths, and the sum of the rows' largest
    excess; None where one more row might be matched."""
    real = capacity > 0
    waiting, others = np.flatnonzero(proof.waiting), np.flatnonzero(~proof.waiting)
    nothing = np.zeros(0, dtype=np.int64)
    found: list[tuple[Ints, Ints, Ints]] = [(nothing, nothing, nothing)]
    beaten: int | None = 0
    for rows, searched in ((others, real & ~proof.short), (waiting, real & proof.short)):
        if len(rows) and searched.any():
            price, gain = _closed(proof.price, searched), proof.gain[rows]
            at, to = pairs.beating(rows, price, gain)
            worth = pairs.worth(rows[at], to)
            excess = worth - price[to] - gain[at]
            most = np.lexsort((to, -excess, at))
            place = np.arange(len(at)) - np.searchsorted(at[most], at[most])
            beating = excess[most] > 0
            beaten += sum(excess[most[beating & (place == 0)]].tolist())
            kept = most[beating & (place < NEAR)]
            found.append((rows[at[kept]], to[kept], worth[kept]))
    if len(waiting) and (real & ~proof.short).any():  # any such pair would match one more
        near, _ = pairs.nearest(waiting, NEAR, _closed(proof.price, real & ~proof.short))
        at, place = where(near >= 0)
        rows, to = waiting[at], near[at, place]
        found.append((rows, to, pairs.worth(rows, to)))
        beaten = None if len(rows) else beaten
    rows, columns, worth = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(rows, kind="stable")
    return rows[order], columns[order], worth[order], beaten


class Matrix:
    """Pairs of a dense matrix of worths (n, m), integers from 0, where `allowed` (n, m); else NEVER is not allowed."""

    def __init__(self, worth: Ints, allowed: npt.NDArray[np.bool_] | None = None) -> None:
        self._worth = worth if allowed is None else np.where(allowed, worth, NEVER)
        self.shape = worth.shape

    def surely_out(self, capacity: Ints) -> int:
        """See Pairs."""
        return _surely_out(self._worth > NEVER, capacity)

    def nearest(self, rows: Ints, k: int, price: Ints) -> tuple[Ints, Ints]:
        """See Pairs."""
        k = min(k, self.shape[1])

        def one(part: slice) -> Ints:
            worth = self._worth[rows[part]]
            net = np.where((worth > NEVER) & (price < -NEVER), worth - price, -np.inf)
            return top(((0, net, None),), len(net), k, np.float64)[1]

        found = np.concatenate([np.zeros((0, k), dtype=np.intp), *over_blocks(one, len(rows))])
        return found, self._worth[rows[:, None], np.maximum(found, 0)]

    def worth(self, rows: Ints, columns: Ints) -> Ints:
        """See Pairs."""
        return np.asarray(self._worth[rows, columns])

    def beating(self, rows: Ints, price: Ints, gain: Ints) -> tuple[Ints, Ints]:
        """See Pairs; exactly those."""

        def one(part: slice) -> tuple[Ints, Ints]:
            at, to = where(self._worth[rows[part]] > price + gain[part, None])
            return at + part.start, to

        return _joined(over_blocks(one, len(rows)))


class Vectors:
    """Pairs of rows of two matrices; the worth of a pair is its inner product, in multiples of `unit` from `offset`.

    seeks (n, d) and offers (m, d), both float32 or both float64; eligible : (n, m) bools, None for all. Worths are
    computed in float64; the search computes in the type of the vectors and lets everything pass that could beat the
    prices within its rounding (N. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1).
    """

    def __init__(self, seeks: Scores, offers: Scores, eligible: npt.NDArray[np.bool_] | None = None) -> None:
        self._seeks, self._offers, self._eligible = seeks, np.ascontiguousarray(offers), eligible
        self.shape = (len(seeks), len(offers))
        longest = (
            float(np.sqrt(np.einsum("ij,ij->i", x, x, dtype=np.float64).max(initial=0.0))) for x in (seeks, offers)
        )
        largest = float(np.prod(list(longest))) or 1.0
        self.unit = float(2.0 ** np.ceil(np.log2(2.0 * largest * (min(self.shape) + 2) / ROOM)))
        self.offset = -largest
        self._exact_seeks, self._exact_offers = seeks.astype(np.float64), offers.astype(np.float64)
        self._rounding = (seeks.shape[1] + 9) * float(np.finfo(seeks.dtype).eps)
        self.largest = largest

    def surely_out(self, capacity: Ints) -> int:
        """See Pairs."""
        if self._eligible is None:
            return max(0, self.shape[0] - int(capacity.sum()))
        return _surely_out(self._eligible, capacity)

    def nearest(self, rows: Ints, k: int, price: Ints) -> tuple[Ints, Ints]:
        """See Pairs."""
        k, priced = min(k, self.shape[1]), self._priced(price)

        def one(part: slice) -> tuple[Scores, Ints]:
            return top(self._tiles(rows[part], priced), part.stop - part.start, k, self._seeks.dtype)

        with threadpool_limits(1, user_api="blas"):
            parts = over_blocks(one, len(rows))
        found = np.concatenate([np.zeros((0, k), dtype=np.intp), *(columns for _, columns in parts)])
        scores = np.concatenate([np.zeros((0, k)), *(score for score, _ in parts)])
        about = np.where(found >= 0, (scores - self.offset) / self.unit + price[np.maximum(found, 0)], 0.0)
        return found, np.maximum(0, np.rint(about).astype(np.int64))

    def _priced(self, price: Ints) -> Scores:
        """The offers with one more coordinate: less the price, or no score where a column is closed."""
        kind = self._offers.dtype
        level = np.where(price < -NEVER, -(price * self.unit), no_score(kind))
        return np.column_stack([self._offers, level.astype(kind)])

    def _tiles(self, rows: Ints, priced: Scores) -> Iterator[Tile]:
        """Inner products less prices."""
        seeks = np.column_stack([self._seeks[rows], np.ones(len(rows), dtype=self._seeks.dtype)])
        for tile in tiles(self.shape[1]):
            scores = seeks @ priced[tile].T
            yield tile.start, scores, None if self._eligible is None else self._eligible[rows, tile]

    def worth(self, rows: Ints, columns: Ints) -> Ints:
        """See Pairs."""

        def one(part: slice) -> Ints:
            seeks, offers = self._exact_seeks[rows[part]], self._exact_offers[columns[part]]
            return np.rint((np.einsum("ij,ij->i", seeks, offers) - self.offset) / self.unit).astype(np.int64)

        return np.maximum(np.concatenate([np.zeros(0, dtype=np.int64), *over_blocks(one, len(rows))]), 0)

    def beating(self, rows: Ints, price: Ints, gain: Ints) -> tuple[Ints, Ints]:
        """See Pairs."""
        real = price < -NEVER
        largest = self.largest + float(np.abs(price[real]).max(initial=0)) * self.unit
        bar, priced = gain * self.unit + self.offset - self._rounding * largest, self._priced(price)

        def one(part: slice) -> tuple[Ints, Ints]:
            level = bar[part].astype(self._seeks.dtype)
            found = [
                (at, to + start)
                for start, scores, eligible in self._tiles(rows[part], priced)
                for at, to, _ in (reaching(level, scores, eligible),)
            ]
            at, to = _joined(found)
            return at + part.start, to

        with threadpool_limits(1, user_api="blas"):
            return _joined(over_blocks(one, len(rows)))


def _surely_out(allowed: npt.NDArray[np.bool_], capacity: Ints) -> int:
    """Rows without an open column, or beyond the places that are open to somebody."""
    usable = np.minimum(capacity, np.count_nonzero(allowed, axis=0))
    return len(allowed) - min(int(allowed[:, usable > 0].any(axis=1).sum()), int(usable.sum()))


def _joined(parts: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    empty = np.zeros(0, dtype=np.intp)
    return np.concatenate([empty, *(a for a, _ in parts)]), np.concatenate([empty, *(b for _, b in parts)])


def assign_nearest(
    seeks: npt.ArrayLike,
    offers: npt.ArrayLike,
    *,
    capacity: npt.ArrayLike,
    eligible: npt.NDArray[np.bool_] | None = None,
    tolerance: float = 0.0,
) -> Assignment:
    """`assign` for affinities that are inner products, without their matrix: exact, and proved over all pairs.

    Parameters
    ----------
    seeks : (n, d) and offers : (m, d), float32 if both are, else float64. The affinity of i and j is seeks[i] @
        offers[j] in float64, in multiples of the certificate's unit.
    capacity : (m,) or scalar. eligible : (n, m) bools, who may be matched.
    tolerance : affinity that each mentee may be short of on average; with 0.0 the result is the optimum and the gap 0.

    Raises ValueError for shapes and numbers out of range.
    """
    started = time.perf_counter()
    rows, columns = np.asarray(seeks), np.asarray(offers)
    if rows.ndim != 2 or columns.ndim != 2 or rows.shape[1] != columns.shape[1]:
        raise ValueError(
            f"seeks and offers must have the same columns, not the shapes {rows.shape} and {columns.shape}"
        )
    if not (np.isfinite(rows).all() and np.isfinite(columns).all()):
        raise ValueError("seeks and offers must be finite numbers")
    n, m = len(rows), len(columns)
    if eligible is not None and np.shape(eligible) != (n, m):
        raise ValueError(f"eligible must be bools of shape {(n, m)}, one for each pair")
    narrow = rows.dtype == columns.dtype == np.float32
    kind = np.float32 if narrow else np.float64
    pairs = Vectors(rows.astype(kind, copy=False), columns.astype(kind, copy=False), eligible)
    places = np.minimum(counts("capacity", capacity, m), n)
    found = optimum(pairs, places, enough=int(tolerance * n / pairs.unit))
    chosen = np.flatnonzero(found.column >= 0)
    worth = pairs.worth(chosen, found.column[chosen])
    highest = round((pairs.largest - pairs.offset) / pairs.unit)
    bonus = 2 * highest * (min(n, int(places.sum())) + 1) + 1
    prices = np.where(places > 0, found.proof.with_bonus(bonus), highest + bonus)
    reached = sum(worth.tolist()) + bonus * len(chosen)
    certificate = Certificate(pairs.unit, pairs.offset, bonus, prices, reached + found.excess)
    affinity = worth * pairs.unit + pairs.offset
    total = math.fsum(affinity)
    return Assignment(
        pairs=np.column_stack([chosen, found.column[chosen]]),
        objective="total",
        total=total,
        lowest=float(affinity.min(initial=np.inf)) if len(chosen) else 0.0,
        bound=total + found.excess * pairs.unit,
        gap=found.excess * pairs.unit,
        prices=people_prices(certificate),
        matched=len(chosen),
        unmatched=np.flatnonzero(found.column < 0),
        certificate=certificate,
        pricing_rounds=found.rounds,
        seconds={"solve": time.perf_counter() - started},
    )
