"""Assignments in which a row needs several partners or a column has a least load, by linear programming (HiGHS).

The constraint matrix of a transportation problem is totally unimodular, so the vertex that the simplex method returns is
integral (Hoffman and Kruskal 1956). A floor under each row's sum is not of that kind; it takes the integer solver.
"""

import numpy as np

from matcher.engine.assignment import Floats, Infeasible, Ints, Problem

TIME_LIMIT = 60.0
"""Seconds for the integer solver; what it has proved by then is stated as the gap."""


def solve_transport(problem: Problem, objective: str) -> tuple[Ints, Floats, float]:
    """Pairs, prices of places and gap for any need and least load. Raises Infeasible."""
    from scipy import sparse

    rows, columns = np.nonzero(problem.allowed & (problem.need > 0)[:, None] & (problem.capacity > 0))
    if not len(rows):
        if problem.least.any():
            raise Infeasible("no allowed pair is left for the least loads")
        return np.zeros((0, 2), dtype=np.int64), np.zeros(len(problem.capacity)), 0.0
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
    chosen, prices, bound = _best_total(problem, by_row, by_column, value, fixed, filled)
    if objective == "fair":
        chosen = _worst_off_first(problem, by_row, by_column, value, fixed, filled)
    pairs = np.column_stack([rows[chosen], columns[chosen]]).astype(np.int64)
    gap = max(0.0, bound - float(value[chosen].sum()))
    return pairs, prices, gap if gap > 1e-9 * max(1.0, abs(bound)) else 0.0


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
) -> tuple[Ints, Floats, float]:
    """Arcs of the largest total that fills `filled` needs, prices of the places, and the dual bound."""
    from scipy.optimize import linprog

    matrix, limit = _limits(problem, by_row, by_column)
    count = np.ones((1, len(value)))
    bounds = np.column_stack([fixed, np.ones(len(value))])
    found = linprog(-value, A_ub=matrix, b_ub=limit, A_eq=count, b_eq=[filled], bounds=bounds, method="highs-ds")
    n, m = problem.affinity.shape
    dual = np.maximum(0.0, -found.ineqlin.marginals)
    level = -float(found.eqlin.marginals[0])
    reduced = value - matrix.T @ dual - level
    bound = float(dual @ limit) + level * filled + float(np.maximum(reduced, reduced * fixed).clip(min=0.0).sum())
    bound += float((reduced * fixed).clip(max=0.0).sum())
    return np.flatnonzero(found.x > 0.5), dual[n : n + m], bound


def _worst_off_first(  # type: ignore[no-untyped-def]
    problem: Problem, by_row, by_column, value: Floats, fixed: Floats, filled: float
) -> Ints:
    """Arcs whose smallest row sum is as large as possible, then of the largest total: two integer programs."""
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix, limit = _limits(problem, by_row, by_column)
    arcs = len(value)
    sums = by_row * value
    rows = np.flatnonzero(problem.need * (problem.allowed.any(axis=1)))
    integral, whole = np.ones(arcs), Bounds(fixed, np.ones(arcs))
    rules = [LinearConstraint(matrix, -np.inf, limit), LinearConstraint(np.ones((1, arcs)), filled, filled)]
    with_floor = [
        LinearConstraint(sparse.hstack([c.A, sparse.csr_array((c.A.shape[0], 1))]), c.lb, c.ub) for c in rules
    ]
    with_floor.append(LinearConstraint(sparse.hstack([sums[rows], -np.ones((len(rows), 1))]), 0.0, np.inf))
    most = float(np.abs(value).sum()) + 1.0
    found = milp(
        np.concatenate([np.zeros(arcs), [-1.0]]),
        integrality=np.concatenate([integral, [0.0]]),
        bounds=Bounds(np.concatenate([fixed, [-most]]), np.concatenate([np.ones(arcs), [most]])),
        constraints=with_floor,
        options={"time_limit": TIME_LIMIT},
    )
    if found.x is None:
        raise Infeasible("no assignment meets every need with a common floor in the time given")
    floor = -found.fun - 1e-9
    rules.append(LinearConstraint(sums[rows], floor, np.inf))
    best = milp(-value, integrality=integral, bounds=whole, constraints=rules, options={"time_limit": TIME_LIMIT})
    return np.flatnonzero((best.x if best.x is not None else found.x[:arcs]) > 0.5)
