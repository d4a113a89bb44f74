"""The assignment: who with whom, nobody overbooked, over all pairs at once, with prices that prove it.

Affinities are rounded to multiples of a small unit and from there on everything is integers, so that the optimum and
its proof are exact in that unit. The proof is linear programming duality: with a price p for each place, no assignment
is worth more than sum(capacity * p) + sum(max(0, max(w - p))) (Kuhn 1955; Burkard, Dell'Amico and Martello 2012).
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from matcher.engine.augmenting import Ints, solve, with_first_places

if TYPE_CHECKING:
    from matcher.engine.pricing import Optimum

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LARGEST = 1e100
"""Affinities beyond this would overflow when they are compared and summed."""

MANY = 1_500_000
"""Pairs from which on pricing on near pairs takes less time than a solver that looks at all of them."""

PRICING_ROUNDS = 12
"""After so many rounds of pricing, all pairs are looked at."""

EXACT = 2**52
"""Integers up to here are exact in float64, in which affinities are scaled."""


class Infeasible(ValueError):
    """Pins, least loads or needs that no assignment can meet; the text names which."""

    for_people = True


@dataclass(frozen=True, slots=True)
class Certificate:
    """The proof in integers: worth = round((affinity - offset) / unit) + bonus for an allowed pair, 0 for any other.

    prices : (m,) integers, one a column. bound : sum(places * price) + sum over rows of max(0, max(worth - price)); no
    assignment is worth more. Pinned rows and the places they take are left out on both sides.
    """

    unit: float
    offset: float
    bonus: int
    prices: Ints
    bound: int

    @property
    def matches(self) -> Ints:
        """How many more can be matched with one more place in each column (m,); the rest of its price is affinity."""
        return (self.prices + self.bonus // 2) // self.bonus


@dataclass(frozen=True, slots=True)
class Duals:
    """The proof where rows need several or columns have least loads, in integers.

    worth = round((affinity - offset) / unit).
    row, column, least : (n,), (m,), (m,) integers from 0, what one more of each need, place and least load is worth (a
    least load costs). level : an integer, of each pair. No assignment with as many pairs is worth more than bound :
    sum(need * row) + sum(places * column) - sum(loads * least) + pairs * level + the sum over allowed pairs of
    max(0, worth - row - column + least - level). Pins, and what they take of each, are left out on both sides.
    """

    unit: float
    offset: float
    row: Ints
    column: Ints
    least: Ints
    level: int
    bound: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """A result of `assign`.

    pairs : (p, 2) int array, sorted by row, then column.
    total, lowest : sum of the affinities; smallest sum of a matched row (0.0 when nobody is matched).
    bound, gap : upper bound on the total of every assignment that fills as many needs; bound minus total.
    prices : (m,) float array, what one more place in each column adds to the best total, once as many are matched.
    matched : number of rows with at least one partner. unmatched : rows without any.
    lowest_gap : of a fair result, by how much the highest possible lowest may be above it; more than 0 only where rows
        need several or columns have least loads, and the integer solver gave up.
    certificate : the proof of the bound; `Duals` where a need is above 1 or a least load above 0.
    """

    pairs: Ints
    objective: str
    total: float
    lowest: float
    bound: float
    gap: float
    prices: Floats
    matched: int
    unmatched: Ints
    certificate: Certificate | Duals | None = None
    pricing_rounds: int = 1
    seconds: Mapping[str, float] = field(default_factory=dict)
    lowest_gap: float = 0.0


@dataclass(frozen=True, slots=True)
class Problem:
    """A checked problem: n rows that need partners, m columns that have places."""

    affinity: Floats
    allowed: Mask
    capacity: Ints
    least: Ints
    need: Ints
    pinned: tuple[tuple[int, int], ...]

    @property
    def simple(self) -> bool:
        """One partner a row and no least loads: what augmenting paths solve."""
        return bool((self.need <= 1).all() and not self.least.any())


def assign(
    affinity: npt.ArrayLike,
    *,
    capacity: npt.ArrayLike,
    least: npt.ArrayLike = 0,
    need: npt.ArrayLike = 1,
    forbidden: npt.ArrayLike | None = None,
    pinned: Sequence[tuple[int, int]] = (),
    objective: str = "total",
    start: npt.ArrayLike | None = None,
) -> Assignment:
    """The best assignment of n mentees to m mentors.

    Parameters
    ----------
    affinity : (n, m) floats; nan means never. capacity, least : (m,) or scalar. need : (n,) or scalar.
    forbidden : (n, m) bools, never. pinned : (row, column) pairs that must be in the result.
    objective : "total" fills as many needs as possible, then makes the total as large as possible; "fair" fills as many
        as possible, then makes the worst-off matched row as well off as possible, then the next worst, and so on. Where
        rows need several, as many rows as possible get somebody first, and only the worst-off is lifted.
    start : (m,) prices to begin with, such as those of a problem that differs a little. They save time; of several
        assignments with the best total another one may come out. Of no use with several partners or least loads.

    Raises
    ------
    Infeasible : pins or least loads that cannot be met. ValueError : shapes and values out of range.
    """
    started = time.perf_counter()
    problem = checked(affinity, capacity, least, need, forbidden, pinned)
    if objective not in ("total", "fair"):
        raise ValueError(f"objective must be total or fair, not {objective!r}")
    if problem.simple:
        pairs, proof, gap, rounds = _solve_simple(problem, objective, start)
        prices = people_prices(proof)
        certificate: Certificate | Duals = proof
        lowest_gap = 0.0
    else:
        from matcher.engine.transport import solve_transport

        rounds = 1
        pairs, certificate, gap, lowest_gap = solve_transport(problem, objective)
        prices = certificate.column.astype(np.float64) * certificate.unit
    found = _result(problem, objective, pairs, prices, certificate, gap, time.perf_counter() - started)
    return replace(found, lowest_gap=lowest_gap, pricing_rounds=rounds)


def checked(
    affinity: npt.ArrayLike,
    capacity: npt.ArrayLike,
    least: npt.ArrayLike,
    need: npt.ArrayLike,
    forbidden: npt.ArrayLike | None,
    pinned: Sequence[tuple[int, int]],
) -> Problem:
    """The arguments of `assign` in full shape, or ValueError and Infeasible with what is wrong."""
    w = np.array(affinity, dtype=np.float64)
    if w.ndim != 2:
        raise ValueError(f"affinity must have two dimensions, not {w.ndim}")
    if np.fmax.reduce(w, axis=None, initial=0.0) > LARGEST or np.fmin.reduce(w, axis=None, initial=0.0) < -LARGEST:
        raise ValueError(f"affinity holds an infinite number or one beyond {LARGEST:g}")
    n, m = w.shape
    allowed = ~np.isnan(w)
    if forbidden is not None:
        mask = np.asarray(forbidden, dtype=bool)
        if mask.shape != w.shape:
            raise ValueError(f"forbidden must be bools of shape {w.shape}, one for each pair")
        allowed &= ~mask
    w[~allowed] = 0.0
    places = counts("capacity", capacity, m)
    floor = counts("least", least, m)
    wanted = counts("need", need, n)
    pins = tuple(sorted({(int(i), int(j)) for i, j in pinned}))
    _refuse_impossible(allowed, places, floor, wanted, pins)
    return Problem(w, allowed, np.minimum(places, n), floor, np.minimum(wanted, m), pins)


def counts(name: str, values: npt.ArrayLike, length: int) -> Ints:
    """Whole numbers from 0 (length,), one for all or one each; ValueError for others."""
    given = np.asarray(values)
    if given.size and not np.issubdtype(given.dtype, np.integer) and not (given == np.floor(given)).all():
        raise ValueError(f"{name} must be whole numbers")
    if given.size and (given < 0).any():
        raise ValueError(f"{name} must not be negative")
    return np.broadcast_to(given.astype(np.int64), (length,)).copy()


def _refuse_impossible(allowed: Mask, capacity: Ints, least: Ints, need: Ints, pins: Sequence[tuple[int, int]]) -> None:
    n, m = allowed.shape
    for i, j in pins:
        if not (0 <= i < n and 0 <= j < m):
            raise ValueError(f"the pinned pair ({i}, {j}) is outside the matrix")
        if not allowed[i, j]:
            raise Infeasible(f"the pinned pair ({i}, {j}) is forbidden")
    for name, axis, limit in (("row", 0, need), ("column", 1, capacity)):
        used = np.bincount([pin[axis] for pin in pins], minlength=len(limit)) if pins else np.zeros(len(limit), int)
        for k in np.flatnonzero(used > limit):
            raise Infeasible(f"{used[k]} pairs are pinned to {name} {k}, which has room for {limit[k]}")
    for column in np.flatnonzero(least > np.minimum(capacity, allowed.sum(axis=0))):
        raise Infeasible(f"column {column} cannot reach its least load of {least[column]}")


def _solve_simple(
    problem: Problem, objective: str, start: npt.ArrayLike | None
) -> tuple[Ints, Certificate, float, int]:
    """Need 1 and no least loads: pins are taken out, the rest is solved exactly. Pairs, proof, gap, pricing rounds."""
    capacity = problem.capacity.copy()
    allowed = problem.allowed & (problem.need > 0)[:, None]
    pins = np.array(problem.pinned, dtype=np.int64).reshape(-1, 2)
    np.subtract.at(capacity, pins[:, 1], 1)
    allowed[pins[:, 0]] = False
    plain, unit, offset = to_integers(problem.affinity, allowed)
    # Twice what all matches and one more differ by: so a price tells matches and affinity apart (`people_prices`).
    bonus = 2 * int(plain.max(initial=0)) * (min(len(plain), int(capacity.sum())) + 1) + 1
    worth = plain + bonus
    worth *= allowed
    guess = _first_guess(start, unit, plain)
    priced = None
    if objective == "total" and (guess is not None or worth.size > MANY):
        priced = _priced(plain, allowed, capacity, guess)
    if priced is not None:
        columns, rounds = priced.column, priced.rounds
        prices = with_first_places(worth, capacity, priced.proof.with_bonus(bonus))
    else:
        rounds = 1
        columns, prices = solve(worth, capacity)
    certificate = Certificate(unit, offset, bonus, prices, upper_bound(worth, capacity, prices))
    if objective == "fair":
        from matcher.engine.fairness import leximin

        columns = leximin(plain, allowed, capacity, columns)
    rows = np.flatnonzero(columns >= 0)
    gap = (certificate.bound - sum(worth[rows, columns[rows]].tolist())) * unit
    pairs = np.vstack([np.column_stack([rows, columns[rows]]).astype(np.int64), pins])
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))], certificate, gap, rounds


def _priced(plain: Ints, allowed: Mask, capacity: Ints, guess: Ints | None) -> "Optimum | None":
    """The optimum from near pairs; None where these say too little about the others."""
    from matcher.engine.pricing import Matrix, TooManyRounds, optimum

    try:
        return optimum(Matrix(plain, allowed), capacity, guess, patience=PRICING_ROUNDS)
    except TooManyRounds:
        return None


def _first_guess(start: npt.ArrayLike | None, unit: float, plain: Ints) -> Ints | None:
    """Given prices (m,) in whole units, from 0 to the largest worth: where worths differ far less than the prices do,
    these would be beyond what integers hold."""
    if start is None:
        return None
    given = np.asarray(start, dtype=np.float64)
    if given.shape != plain.shape[1:] or not np.isfinite(given).all():
        raise ValueError(f"start must be {plain.shape[1]} finite numbers, one for each column")
    return np.rint(np.clip(given, 0.0, float(plain.max(initial=0)) * unit) / unit).astype(np.int64)


def columns_of(found: Assignment) -> Ints:
    """The column of each row (n,), -1 for none, where rows have one partner at most."""
    column = np.full(found.matched + len(found.unmatched), -1, dtype=np.int64)
    column[found.pairs[:, 0]] = found.pairs[:, 1]
    return column


def people_prices(certificate: Certificate) -> Floats:
    """Prices in units of affinity, without the bonus for matching one more."""
    matches = certificate.matches
    return (certificate.prices - matches * certificate.bonus) * certificate.unit + matches * certificate.offset


def to_integers(affinity: Floats, allowed: Mask) -> tuple[Ints, float, float]:
    """Affinities as integers from 0 in a unit fine enough to keep them apart and coarse enough to stay exact.

    Returns them with the unit and the offset: affinity is about integers * unit + offset. Subtracting the offset
    changes no comparison between assignments of one size.
    """
    if not allowed.any():
        return np.zeros(affinity.shape, dtype=np.int64), 1.0, 0.0
    offset = float(affinity.min(where=allowed, initial=np.inf))
    spread = float(affinity.max(where=allowed, initial=-np.inf)) - offset
    room = EXACT / (4.0 * (len(affinity) + 2))  # for a bonus that outweighs every row's
    unit = float(2.0 ** np.ceil(np.log2(spread / room))) if spread / room > 0.0 else 1.0
    whole = affinity - offset  # one array, worked on in place: at 10,000 people each takes a quarter of a gigabyte
    whole /= unit
    np.rint(whole, out=whole)
    whole[~allowed] = 0.0
    return whole.astype(np.int64), unit, offset


def upper_bound(worth: Ints, capacity: Ints, prices: Ints) -> int:
    """No assignment is worth more than this, whatever the prices (weak duality). Large sums overflow 64 bits."""
    gain = np.maximum(0, (worth - prices).max(axis=1, initial=0))
    return int(sum(int(c) * int(p) for c, p in zip(capacity, prices, strict=True)) + sum(gain.tolist()))


def _result(
    problem: Problem,
    objective: str,
    pairs: Ints,
    prices: Floats,
    certificate: Certificate | Duals,
    gap: float,
    seconds: float,
) -> Assignment:
    n = problem.affinity.shape[0]
    values = problem.affinity[pairs[:, 0], pairs[:, 1]]
    by_row = np.bincount(pairs[:, 0], weights=values, minlength=n)
    partners = np.bincount(pairs[:, 0], minlength=n)
    total = math.fsum(values)
    return Assignment(
        pairs=pairs,
        objective=objective,
        total=total,
        lowest=float(by_row[partners > 0].min()) if len(pairs) else 0.0,
        bound=total + gap,
        gap=gap,
        prices=prices,
        matched=int((partners > 0).sum()),
        unmatched=np.flatnonzero(partners == 0),
        certificate=certificate,
        seconds={"solve": seconds},
    )
