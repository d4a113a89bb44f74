"""Assignments in which a row needs several partners or a column has a least load.

The constraint matrix of a transportation problem is totally unimodular, so the vertex that the simplex method returns
is integral (Hoffman and Kruskal 1956), and for integer affinities integers prove it. Linear programming (HiGHS) finds
both on the few pairs that matter, by column generation. What its tolerances leave is put right in integers: dual values
are longest paths in the residual graph, and where a cycle still gains, it is taken (M. Klein, Management Science 14
(1967) 205-220).

A floor under each row's sum is not of that kind, and NP-hard in general; it takes the integer solver, on the same few
pairs. Where that is all that is known of the highest floor, the result says how much higher it might be.
"""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from matcher.engine.assignment import Duals, Floats, Infeasible, Mask, Problem, to_integers
from matcher.engine.augmenting import Ints

NODES, SECONDS = 1000, 120.0
"""Where the integer solver gives up. The nodes come first, so that the result is the same on every machine."""

NEAR = 1e-4
"""How near, of the total, a fair total comes to the largest above its floor where affinities lie on no grid."""

SPAN = 100.0
"""The largest affinity as the floating-point solvers see it, whose tolerances are 1e-7 and 1e-6."""

CLOSE = 2e-6
"""Numbers of the solvers that are closer are equal."""

DEAR = 1000.0
"""What a sum below the floor costs in a relaxation, of the largest affinity: more than pairs could gain by it."""

JOINING = 6
"""Pairs a row that join the core at once, at most."""

WIDE = 12_000
"""Pairs up to which the integer solver is asked about more than the core."""

FAR = 2**60
"""Farther than any path: worths stay below 2**50."""


@dataclass(frozen=True, slots=True)
class Open:
    """What the pins leave: the rows that may have more partners, what each of these needs and is `given` by pins (n,),
    what each column can and must take (m,), and the `allowed` pairs (n, m)."""

    rows: Ints
    allowed: Mask
    need: Ints
    given: Ints
    places: Ints
    least: Ints


def solve_transport(problem: Problem, objective: str) -> tuple[Ints, Duals, float, float]:
    """Pairs, proof, gap, and how far the lowest sum may be from the highest that is possible (0.0 but for "fair").

    Raises Infeasible.
    """
    pinned = np.zeros(problem.allowed.shape, dtype=bool)
    pinned[tuple(np.array(problem.pinned, dtype=np.int64).reshape(-1, 2).T)] = True
    left = _left_open(problem, pinned)
    start = _most_filled(left)
    plain, unit, offset = to_integers(problem.affinity[left.rows], left.allowed)
    chosen, duals = _best_total(plain, left, start)
    short = 0.0
    best = _worth(plain, chosen)
    if objective == "fair":
        given = np.where(pinned, problem.affinity, 0.0).sum(axis=1)[left.rows]
        chosen, short = _worst_off_first(problem.affinity[left.rows], left, chosen, given)
    row, column, least, level = duals
    full = np.zeros(len(problem.need), dtype=np.int64)
    full[left.rows] = row
    proof = Duals(unit, offset, full, column, least, level, best)
    pinned[left.rows] |= chosen
    return np.argwhere(pinned), proof, (best - _worth(plain, chosen)) * unit, short


def _left_open(problem: Problem, pinned: Mask) -> Open:
    given, taken = pinned.sum(axis=1), pinned.sum(axis=0)
    need, places = problem.need - given, problem.capacity - taken
    allowed = problem.allowed & ~pinned & (need > 0)[:, None] & (places > 0)
    rows = np.flatnonzero(allowed.any(axis=1))
    return Open(rows, allowed[rows], need[rows], given[rows], places, (problem.least - taken).clip(min=0))


def _worth(plain: Ints, chosen: Mask) -> int:
    return int(sum(plain[chosen].tolist()))


def _most_filled(left: Open) -> Mask:
    """Pairs that meet the least loads and fill as many needs as possible: two maximum flows, of which the second starts
    where the first ends and so takes nothing from any column. Raises Infeasible."""
    chosen = _more_flow(left.allowed, np.zeros(left.allowed.shape, dtype=bool), left.need, left.least)
    if (chosen.sum(axis=0) < left.least).any():
        raise Infeasible("the least loads, pins and places cannot all be met at once")
    return _more_flow(left.allowed, chosen, left.need, left.places)


def _more_flow(allowed: Mask, chosen: Mask, need: Ints, places: Ints) -> Mask:
    """The pairs of a maximum flow from rows to columns that adds to the one given."""
    from scipy.sparse.csgraph import maximum_flow

    n, m = allowed.shape
    if not places.any():
        return chosen
    net = np.zeros((n + m + 2, n + m + 2), dtype=np.int32)
    rows, columns = slice(1, n + 1), slice(n + 1, n + m + 1)
    net[0, rows], net[columns, n + m + 1] = need - chosen.sum(axis=1), places - chosen.sum(axis=0)
    net[rows, columns], net[columns, rows] = allowed & ~chosen, chosen.T
    added = maximum_flow(sparse.csr_array(net), 0, n + m + 1).flow.tocsr()[rows, columns].toarray()
    return np.where(added == 0, chosen, added > 0)


def _best_total(plain: Ints, left: Open, start: Mask) -> tuple[Mask, tuple[Ints, Ints, Ints, int]]:
    """Pairs of the largest total that fills as many needs as `start`, and the integers that prove it."""
    if not start.any():  # nothing can be chosen, and nothing is to be proved
        none, no = (np.zeros(k, dtype=np.int64) for k in plain.shape)
        return start, (none, no, no, 0)
    scale = SPAN / max(1, int(plain.max()))
    nothing = np.zeros(len(plain))
    programme = Programme(
        (plain * scale).astype(np.float64), left, int(start.sum()), _core(plain, left, start), nothing, 0, 0.0
    )
    found = programme.relax("total", 0.0)
    chosen, row, column, level = start, nothing, np.zeros(plain.shape[1]), 0.0
    if found is not None:
        row, column, level = found.row, found.column, found.level
        if _fits(found.chosen, left, start):
            chosen = found.chosen
    at = np.concatenate([row + level, -column, [level, 0.0]])
    return _exact(plain, left, chosen, np.rint(at / scale).astype(np.int64))


def _core(worth: Ints | Floats, left: Open, start: Mask) -> Mask:
    """Pairs to begin with: those of a first solution and the best of each row and column; chance breaks ties, so that
    not all rows have the same best ones."""
    n, m = worth.shape
    key = worth + np.random.default_rng(0).random(worth.shape) * max(
        1e-3 * float(worth.max()), 0.5 * (worth.dtype == np.int64)
    )
    key = np.where(left.allowed, key, -np.inf)
    many = 4 * int(left.need.max()) + 4, 2 * (int(start.sum()) // m + 2)
    core = start.copy()
    if many[0] < m:
        core[np.arange(n)[:, None], np.argpartition(-key, many[0], axis=1)[:, : many[0]]] = True
    else:
        core[:] = True
    if many[1] < n:
        core[np.argpartition(-key, many[1], axis=0)[: many[1]], np.arange(m)] = True
    else:
        core[:] = True
    return core & left.allowed


def _fits(chosen: Mask, left: Open, start: Mask) -> bool:
    """Whether these pairs are a solution that fills as many needs."""
    load = chosen.sum(axis=0)
    fits = (chosen.sum(axis=1) <= left.need).all() and (load <= left.places).all() and (load >= left.least).all()
    return bool(fits and chosen.sum() == start.sum())


def _exact(plain: Ints, left: Open, chosen: Mask, at: Ints) -> tuple[Mask, tuple[Ints, Ints, Ints, int]]:
    """An optimum and the integers that prove it, from a solution and potentials `at` (n + m + 2,) close to right.

    Each node of the residual graph (rows, columns, the source of the rows' needs and the sink of the columns' places)
    has a potential, which rises along every arc by its worth at least: Bellman-Ford. When that goes round in a cycle,
    the total rises along it.
    """
    n, m = plain.shape
    source, sink = n + m, n + m + 1
    rows, columns = at[:n], at[n : n + m]
    while True:
        enter = np.where(left.allowed & ~chosen, plain, -FAR)
        leave = np.where(chosen, -plain, -FAR)
        load = chosen.sum(axis=0)
        unfilled, room, spare = chosen.sum(axis=1) < left.need, load < left.places, load > left.least
        before = np.full(n + m + 2, -1)
        changed, cycle = True, np.zeros(0, dtype=np.int64)
        while changed and not len(cycle):
            changed = False
            for values, arcs, others, shift, away in (
                (rows, enter, columns, n, source),
                (columns, leave.T, rows, 0, sink),
            ):
                reached = arcs + others
                best = reached.argmax(axis=1)
                top = reached[np.arange(len(best)), best]
                first = 0 if away == source else n
                straight = (at[away] > np.maximum(values, top)) & (True if away == source else room)
                higher = (top > values) & ~straight
                values[higher], values[straight] = top[higher], at[away]
                before[first : first + len(values)][higher] = best[higher] + shift
                before[first : first + len(values)][straight] = away
                back = unfilled if away == source else spare
                if back.any():
                    far = int(np.where(back, values, -FAR).argmax())
                    if values[far] > at[away]:
                        at[away], before[away], changed = values[far], first + far, True
                changed |= bool(higher.any() or straight.any())
            cycle = _cycle(before)
        if not len(cycle):
            break
        for to, origin in zip(cycle.tolist(), before[cycle].tolist(), strict=True):
            if to < n and n <= origin < source:
                chosen[to, origin - n] = True
            elif n <= to < source and origin < n:
                chosen[origin, to - n] = False
    price = at[sink] - columns
    return chosen, (rows - at[source], price.clip(min=0), (-price).clip(min=0), int(at[source] - at[sink]))


def _cycle(before: Ints) -> Ints:
    """The nodes of a cycle among these predecessors (-1: none), each followed by its predecessor; empty if there is
    none."""
    end = len(before)
    jump = np.append(np.where(before < 0, end, before), end)
    for _ in range(end.bit_length()):
        jump = jump[jump]
    inside = np.flatnonzero(jump[:end] != end)
    if not len(inside):
        return inside
    first = int(jump[inside[0]])
    nodes = [first]
    while before[nodes[-1]] != first:
        nodes.append(int(before[nodes[-1]]))
    return np.array(nodes)


@dataclass(frozen=True, slots=True)
class Found:
    """An optimum of a programme: `value`, the `chosen` pairs (n, m), and what the rows are short of the floor, or the
    floor itself. Of the relaxation also dual values: `row` (n,), `column` (m,; places less least loads), `level`; and
    `reduced` (n, m), the most that one more of a pair adds to the value."""

    value: float
    chosen: Mask
    beyond: float
    row: Floats
    column: Floats
    level: float
    reduced: Floats


class Programme:
    """The linear programme of what the pins leave, on some of the pairs: the `core`, which grows where it has to.

    worth : (n, m) floats. filled : how many pairs there are. given : (n,) worth of what is pinned to each row. served :
    how many rows have a partner. step : of which all worths are multiples, or 0.

    Its goals: "total", the largest total; "above", the largest with every row's sum at `floor` or above; "floor", the
    highest floor. Its variables: pairs; with a floor, which rows are served, and what each is short of the floor
    (only in the relaxation), or the floor itself.
    """

    def __init__(
        self, worth: Floats, left: Open, filled: int, core: Mask, given: Floats, served: int, step: float
    ) -> None:
        self.worth, self.left, self.filled, self.core = worth, left, filled, core
        self.given, self.served, self.step = given, served, step

    def relax(self, goal: str, floor: float) -> Found | None:
        """The optimum of the relaxation over all allowed pairs; None where the solver fails.

        Column generation: pairs that would raise the value of the core's optimum join it until there are none.
        """
        n, m = self.worth.shape
        while True:
            gain, matrix, most, equal, exactly, lower, upper = self._rules(goal, floor, self.core, relaxed=True)
            bounds = np.column_stack([lower, upper])
            found = linprog(-gain, A_ub=matrix, b_ub=most, A_eq=equal, b_eq=exactly, bounds=bounds, method="highs-ds")
            if found.status != 0:
                return None
            dual = np.split(-found.ineqlin.marginals, np.cumsum([n, m, m, n]))
            level = -float(found.eqlin.marginals[0])
            column = dual[1] - dual[2]
            weight, served = (dual[3], dual[4]) if goal != "total" else (np.zeros(n), np.zeros(n))
            row = dual[0] - served
            reduced = self.worth * (weight + (goal != "floor"))[:, None] - row[:, None] - column - level
            missing = np.where(self.left.allowed & ~self.core, reduced, 0.0)
            few = n // 20 if goal == "total" else 0  # which the exact step takes in less time
            if (missing > SPAN * 1e-8).sum() <= few:
                return Found(-found.fun, *_read(goal, found.x, self.core), row, column, level, reduced)
            joining = np.argpartition(-missing, min(JOINING, m) - 1, axis=1)[:, :JOINING]
            rows = np.arange(n)[:, None]
            self.core[rows, joining] |= missing[rows, joining] > 0

    def solve(self, goal: str, floor: float, core: Mask) -> tuple[Any, Found | None]:
        """The optimum in whole pairs of `core`, as far as the integer solver came, and what it says of it."""
        gain, matrix, most, equal, exactly, lower, upper = self._rules(goal, floor, core, relaxed=False)
        whole = np.ones(len(gain))
        if goal == "floor" and not self.step:
            whole[-1] = 0
        with _stdout_kept_clean():
            said = milp(
                -gain,
                integrality=whole,
                bounds=Bounds(lower, upper),
                constraints=[LinearConstraint(matrix, -np.inf, most), LinearConstraint(equal, exactly, exactly)],
                options={"node_limit": NODES, "time_limit": SECONDS, "mip_rel_gap": 0.0 if self.step else NEAR},
            )
        if said.x is None:
            return said, None
        n, m = self.worth.shape
        return said, Found(-said.fun, *_read(goal, said.x, core), np.zeros(n), np.zeros(m), 0.0, np.zeros((n, m)))

    def solve_above(self, relaxed: Found, floor: float) -> Found | None:
        """The largest total above a floor; None where the integer solver finds nothing.

        First the pairs that the relaxation holds dearest. What their optimum misses of the relaxation's value bounds
        what any other pair may cost that can be in a better one; so the rest is asked once more, if it is not too much.
        """
        cost = np.where(self.left.allowed, -relaxed.reduced, np.inf)
        order = np.sort(cost[self.core])
        found, limit = None, -1.0
        for share in (4, 8, 16):
            limit = float(order[min(share * self.filled, len(order) - 1)]) + CLOSE
            found = self.solve("above", floor, self.core & (cost <= limit))[1]
            if found is not None:
                break
        else:
            return None
        room = relaxed.value - found.value - (self.step or NEAR * abs(found.value)) + CLOSE
        if room > limit and (wider := cost <= room).sum() <= WIDE:
            again = self.solve("above", floor, wider)[1]
            if again is not None and again.value > found.value:
                return again
        return found

    def _rules(self, goal: str, floor: float, core: Mask, *, relaxed: bool) -> tuple[Any, ...]:
        """The gain of each variable; A, b with A x <= b: needs, places, least loads, floors, served; E, e with E x = e;
        bounds of the variables."""
        n, m = self.worth.shape
        left = self.left
        row, column = np.nonzero(core)
        pair, value = np.arange(len(row)), self.worth[row, column]
        by_row = sparse.csr_array((np.ones(len(row)), (row, pair)), shape=(n, len(row)))
        by_column = sparse.csr_array((np.ones(len(row)), (column, pair)), shape=(m, len(row)))
        every = np.ones((1, len(row)))
        if goal == "total":
            matrix = sparse.vstack([by_row, by_column, -by_column], format="csr")
            most = np.concatenate([left.need, left.places, -left.least])
            return value, matrix, most, every, [self.filled], np.zeros(len(row)), np.ones(len(row))
        sums = sparse.csr_array((value, (row, pair)), shape=(n, len(row)))
        each, span = sparse.eye_array(n), float(np.abs(self.worth).max())
        if goal == "floor":
            far = 2.0 * span * (float(left.need.max()) + 1.0) + float(np.abs(self.given).max())
            reach, beyond, limit = far * each, np.ones((n, 1)), self.given + far
            gain, low, high = np.append(np.zeros(len(row) + n), 1.0), np.array([-far]), np.array([far])
        else:
            reach, beyond, limit = sparse.diags_array(floor - self.given), -each, np.zeros(n)
            gain, low, high = (
                np.concatenate([value, np.zeros(n), np.full(n, -DEAR * span)]),
                np.zeros(n),
                np.full(n, np.inf),
            )
        extra = len(low)
        matrix = sparse.block_array(
            [
                [by_row, -sparse.diags_array(left.need.astype(float)), sparse.csr_array((n, extra))],
                [by_column, None, None],
                [-by_column, None, None],
                [-sums, reach, beyond],
                [-by_row, each, None],
            ],
            format="csr",
        )
        most = np.concatenate([np.zeros(n), left.places, -left.least, limit, left.given])
        equal = sparse.block_array([[every, None, np.zeros((1, extra))], [None, np.ones((1, n)), None]], format="csr")
        surely = (left.given > 0) | (self.served == n)
        lower = np.concatenate([np.zeros(len(row)), surely.astype(float), low])
        upper = np.concatenate([np.ones(len(row) + n), high])
        kept = slice(len(gain) if relaxed or goal == "floor" else -n)
        return gain[kept], matrix[:, kept], most, equal[:, kept], [self.filled, self.served], lower[kept], upper[kept]


@contextmanager
def _stdout_kept_clean() -> Iterator[None]:
    """HiGHS 1.12 now and then prints a line of its own for problems with real variables; it goes to stderr instead."""
    if os.name != "posix":
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)


def _read(goal: str, x: Floats, core: Mask) -> tuple[Mask, float]:
    """The chosen pairs, and the sum of the last variables."""
    chosen = np.zeros(core.shape, dtype=bool)
    pairs = int(core.sum())
    chosen[core] = x[:pairs] > 0.5
    return chosen, float(x[pairs + len(core) :].sum()) if goal != "total" else 0.0


def _worst_off_first(affinity: Floats, left: Open, chosen: Mask, given: Floats) -> tuple[Mask, float]:
    """Pairs whose smallest row sum is as large as possible, then of the largest total; and how much larger the smallest
    row sum may be in others. `chosen` are the pairs of the best total, `given` (n,) what is pinned to each row.

    The highest floor to think of is tried first: what the poorest row could have at best for itself, then the floor of
    the relaxation. Where whole pairs cannot reach it, the integer solver looks for the highest that they can.
    """
    if not chosen.any():
        return chosen, 0.0
    step = _step(np.concatenate([affinity[left.allowed], given]))  # on whose multiples all sums lie
    scale = 1.0 / step if step else SPAN / (float(np.abs(affinity[left.allowed]).max()) or 1.0)
    worth = np.where(left.allowed, affinity * scale, 0.0)
    given = given * scale
    if step:
        worth, given, step = np.rint(worth), np.rint(given), 1.0
    unpinned = np.where(left.given > 0, 0, 1)
    served = int(
        _more_flow(left.allowed, np.zeros(chosen.shape, dtype=bool), unpinned, left.places).sum()
        + (unpinned == 0).sum()
    )
    filled = int(chosen.sum())
    high = _floor_of_its_own(worth, left, given, served, full=filled == int(left.need.sum()))
    low = _lowest(worth, left, given, served, chosen)
    if low >= high - CLOSE:
        return chosen, 0.0
    programme = Programme(worth, left, filled, _core(worth, left, chosen), given, served, step)
    relaxed = programme.relax("above", high)
    if relaxed is not None and relaxed.beyond > CLOSE and (top := programme.relax("floor", 0.0)) is not None:
        high = _rounded_down(min(high, top.value), step)
        relaxed = programme.relax("above", high)
    found = None
    if relaxed is not None and relaxed.beyond <= CLOSE:
        found = programme.solve_above(relaxed, high)
    if found is None:
        every = left.allowed.sum() <= WIDE
        said, highest = programme.solve("floor", 0.0, left.allowed if every else programme.core)
        if every and said.mip_dual_bound is not None:
            high = _rounded_down(min(high, -said.mip_dual_bound), step)
        if highest is not None and _lowest(worth, left, given, served, highest.chosen) > low:
            chosen = highest.chosen
            low = _lowest(worth, left, given, served, chosen)
        relaxed = programme.relax("above", low) if low > -np.inf else None
        found = programme.solve_above(relaxed, low) if relaxed is not None else None
    if found is not None and _lowest(worth, left, given, served, found.chosen) >= low - CLOSE:
        chosen = found.chosen
    short = high - _lowest(worth, left, given, served, chosen)
    return chosen, short / scale if short > CLOSE else 0.0


def _rounded_down(floor: float, step: float) -> float:
    return float(np.floor(floor + CLOSE)) if step else floor


def _step(values: Floats) -> float:
    """The largest 1/k of which all values are multiples, k up to 1000; 0.0 when there is none."""
    values = np.unique(values)
    for k in range(1, 1001 if len(values) <= 1000 else 1):
        if (np.abs(values * k - np.rint(values * k)) <= 1e-9).all():
            return 1.0 / k if np.abs(values * k).max() <= 1e4 else 0.0
    return 0.0


def _floor_of_its_own(worth: Floats, left: Open, given: Floats, served: int, *, full: bool) -> float:
    """The highest floor if no row met another: what the poorest of the `served` richest has with its best partners."""
    best = -np.sort(-np.where(left.allowed, worth, -np.inf), axis=1)[:, : int(left.need.max())]
    sums = np.cumsum(best, axis=1)
    sums[np.arange(best.shape[1]) >= left.need[:, None]] = -np.inf
    if full:
        sums[np.arange(best.shape[1]) < left.need[:, None] - 1] = -np.inf
    own = np.maximum(sums.max(axis=1), np.where((left.given > 0) & (not full), 0.0, -np.inf)) + given
    return float(-np.sort(-own)[served - 1])


def _lowest(worth: Floats, left: Open, given: Floats, served: int, chosen: Mask) -> float:
    """The smallest sum of a row that has partners; -inf when more rows could have some."""
    has = chosen.any(axis=1) | (left.given > 0)
    sums = np.where(chosen, worth, 0.0).sum(axis=1) + given
    return float(sums[has].min()) if has.sum() >= served else -np.inf
