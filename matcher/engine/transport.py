"""Assignments in which a row needs several partners or a column has a least load, by linear programming (HiGHS).

The constraint matrix of a transportation problem is totally unimodular, so the vertex that the simplex method returns
is integral (Hoffman and Kruskal 1956). A floor under each row's sum is not of that kind; it takes the integer solver.
"""

import time

import numpy as np

from matcher.engine.assignment import Duals, Floats, Infeasible, Ints, Problem

TIME_LIMIT = 60.0
"""Seconds for the integer solver; what it has proved by then is stated as the gap."""


def solve_transport(problem: Problem, objective: str) -> tuple[Ints, Duals, float]:
    """Pairs, dual values and gap for any need and least load. Raises Infeasible."""
    from scipy import sparse

    rows, columns = np.nonzero(problem.allowed & (problem.need > 0)[:, None] & (problem.capacity > 0))
    if not len(rows):
        if problem.least.any():
            raise Infeasible("no allowed pair is left for the least loads")
        n, m = problem.affinity.shape
        return np.zeros((0, 2), dtype=np.int64), Duals(np.zeros(n), np.zeros(m), np.zeros(m), 0.0), 0.0
    n, m = problem.affinity.shape
    arcs = np.arange(len(rows))
    ones = np.ones(len(rows))
    by_row = sparse.csr_array((ones, (rows, arcs)), shape=(n, len(rows)))
    by_column = sparse.csr_array((ones, (columns, arcs)), shape=(m, len(rows)))
    value = problem.affinity[rows, columns]
    fixed = np.zeros(len(rows))
    if problem.pinned:
        pins = set(problem.pinned)
        fixed[[k for k, pair in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)) if pair in pins]] = 1.0
    filled = _most_filled(problem, by_row, by_column, fixed)
    chosen, duals, bound = _best_total(problem, by_row, by_column, value, fixed, filled)
    if objective == "fair":
        chosen = _worst_off_first(problem, by_row, by_column, value, fixed, filled, chosen)
    pairs = np.column_stack([rows[chosen], columns[chosen]]).astype(np.int64)
    gap = max(0.0, bound - float(value[chosen].sum()))
    return pairs, duals, gap if gap > 1e-9 * max(1.0, abs(bound)) else 0.0


def _limits(problem: Problem, by_row, by_column):  # type: ignore[no-untyped-def]
    """Inequalities A x <= b: needs, places, least loads, in this order."""
    from scipy import sparse

    floors = np.flatnonzero(problem.least)
    matrix = sparse.vstack([by_row, by_column, -by_column[floors]], format="csr")
    return matrix, np.concatenate([problem.need, problem.capacity, -problem.least[floors]]).astype(float)


def _most_filled(problem: Problem, by_row, by_column, fixed: Floats) -> float:  # type: ignore[no-untyped-def]
    """How many needs can be filled at once."""
    from scipy.optimize import linprog

    matrix, limit = _limits(problem, by_row, by_column)
    found = linprog(-np.ones(len(fixed)), A_ub=matrix, b_ub=limit, bounds=np.column_stack([fixed, np.ones(len(fixed))]))
    if found.status == 2:
        raise Infeasible("the least loads, pins and places cannot all be met at once")
    return float(np.rint(-found.fun))


def _best_total(  # type: ignore[no-untyped-def]
    problem: Problem, by_row, by_column, value: Floats, fixed: Floats, filled: float
) -> tuple[Ints, Duals, float]:
    """Arcs of the largest total that fills `filled` needs, dual values, and their bound on every such total."""
    from scipy.optimize import linprog

    matrix, limit = _limits(problem, by_row, by_column)
    count = np.ones((1, len(value)))
    bounds = np.column_stack([fixed, np.ones(len(value))])
    found = linprog(-value, A_ub=matrix, b_ub=limit, A_eq=count, b_eq=[filled], bounds=bounds, method="highs-ds")
    n, m = problem.affinity.shape
    dual = np.maximum(0.0, -found.ineqlin.marginals)
    level = -float(found.eqlin.marginals[0])
    reduced = value - matrix.T @ dual - level
    bound = float(dual @ limit) + level * filled + float(np.where(fixed > 0, reduced, reduced.clip(min=0.0)).sum())
    least = np.zeros(m)
    least[problem.least > 0] = dual[n + m :]
    return np.flatnonzero(found.x > 0.5), Duals(dual[:n], dual[n : n + m], least, level), bound


def _worst_off_first(  # type: ignore[no-untyped-def]
    problem: Problem, by_row, by_column, value: Floats, fixed: Floats, filled: float, chosen: Ints
) -> Ints:
    """Arcs whose smallest row sum is as large as possible, then of the largest total.

    Bisection on the floor between `chosen`, the best total, and the floor of the relaxed problem; each step is an
    integer program for the best total above a floor. A floor under row sums is NP-hard in general, so the search ends
    after TIME_LIMIT seconds with the best floor that was shown to be possible.
    """
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, linprog, milp

    matrix, limit = _limits(problem, by_row, by_column)
    arcs = len(value)
    rows = np.flatnonzero((problem.need > 0) & problem.allowed.any(axis=1))
    sums = (by_row @ sparse.diags_array(value)).tocsr()[rows]
    relaxed = linprog(
        np.concatenate([np.zeros(arcs), [-1.0]]),
        A_ub=sparse.vstack(
            [
                sparse.hstack([matrix, sparse.csr_array((matrix.shape[0], 1))]),
                sparse.hstack([-sums, np.ones((len(rows), 1))]),
            ]
        ),
        b_ub=np.concatenate([limit, np.zeros(len(rows))]),
        A_eq=np.concatenate([np.ones(arcs), [0.0]])[None, :],
        b_eq=[filled],
        bounds=[*((low, 1.0) for low in fixed), (None, None)],
    )
    low, high = float((sums[:, chosen].sum(axis=1)).min()), float(-relaxed.fun)
    started = time.perf_counter()
    tolerance = 1e-6 * max(1.0, abs(high))
    target = high
    while high - low > tolerance and (left := TIME_LIMIT - (time.perf_counter() - started)) > 0:
        rules = [
            LinearConstraint(matrix, -np.inf, limit),
            LinearConstraint(np.ones((1, arcs)), filled, filled),
            LinearConstraint(sums, target - tolerance / 2, np.inf),
        ]
        found = milp(
            -value,
            integrality=np.ones(arcs),
            bounds=Bounds(fixed, np.ones(arcs)),
            constraints=rules,
            options={"time_limit": left},
        )
        if found.x is not None:
            chosen = np.flatnonzero(found.x > 0.5)
            low = max(target, float((sums[:, chosen].sum(axis=1)).min()))
        else:
            high = target
        target = (low + high) / 2
    return chosen
