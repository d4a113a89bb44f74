"""Attacks on results of several partners and least loads: each claim that is changed is refused by its name."""

import copy
import math

import numpy as np
import pytest

from matcher.cli.assign import _digest
from matcher.engine.assignment import assign
from matcher.engine.certificate import check, result_json

MENTEES, MENTORS = ["M0", "M1", "M2", "M3", "M4", "M5"], ["G0", "G1", "G2", "G3"]


def stated(objective="total", **changed):
    """A result with a pin, needs of two, least loads and a forbidden pair; `changed` before its digest is taken."""
    w = np.random.default_rng(4).random((6, 4))
    w[2, 1] = np.nan
    capacity, least, need = [4, 3, 3, 4], [0, 3, 0, 2], [2, 1, 2, 2, 1, 3]
    found = assign(w, capacity=capacity, least=least, need=need, pinned=[(0, 3)], objective=objective)
    options = {"capacity": capacity, "least": least, "need": need, "pins": [("M0", "G3")]}
    result = result_json(found, MENTEES, MENTORS, w, **options) | changed
    loads = (result["capacity"], result["least"])
    cells = np.array(result["affinity"], dtype=float)
    result["digest"] = _digest(
        result["mentees"], result["mentors"], cells, loads, result["need"], result["pins"], objective
    )
    return result


def claims(result):
    return {failed.split(":")[0] for failed in check(result)}


@pytest.mark.parametrize("objective", ["total", "fair"])
def test_a_result_as_it_was_written_holds(objective):
    assert check(stated(objective)) == []


def put(*path):
    """A change of one value: the last of `path` goes where the others lead."""
    *way, last, value = path

    def change(result):
        at = result
        for step in way:
            at = at[step]
        at[last] = value(at[last]) if callable(value) else value

    return change


CHANGES = {
    "total": put("total", lambda x: x + 1e-9),
    "lowest": put("lowest", lambda x: x + 1e-6),
    "bound": put("proof", "bound", lambda x: x - 1),
    "bound ": put("proof", "column", 1, -1),
    "bound  ": put("proof", "level", lambda x: x + 1),
    "bound   ": put("proof", "unit", 0.0),
    "bound    ": put("proof", "column", 1, 2**62),
    "gap": put("gap", 1e-12),
    "lowest_gap": put("lowest_gap", 0.1),
    "matched": put("matched", 5),
    "unmatched": put("unmatched", ["M0"]),
    "affinity": put("pairs", 0, 2, 0.5),
    "pairs": put("pairs", lambda pairs: [*pairs, pairs[0]]),
    "pairs_allowed": put("pairs", 0, ["M2", "G1", 0.5]),
    "matched_is_maximum": put("pairs", lambda pairs: pairs[:-1]),
    "needs": put("need", 5, 1),
    "capacities": put("capacity", 3, 1),
    "least": put("least", 0, 5),
    "pins": put("pins", [["M0", "G0"], ["M0", "G1"]]),
    "digest": put("digest", "0" * 64),
    "format": put("proof", "row", [0]),
    "format ": put("proof", "row", 0, 0.5),
    "format  ": put("capacity", 0, 4.5),
    "format   ": put("mentors", 1, "G0"),
    "format    ": put("affinity", 0, 0, "0.5"),
    "format     ": put("lowest", float("nan")),
}


@pytest.mark.parametrize("claim", CHANGES)
def test_each_change_is_refused_with_the_claim_that_fails(claim):
    result = stated()
    CHANGES[claim](result)
    assert claim.strip() in claims(result)


def test_nobody_is_named_twice_among_the_unmatched():
    w = np.array([[0.5], [0.4]])
    found = assign(w, capacity=[1])
    result = result_json(found, ["M0", "M1"], ["G0"], w, capacity=[1])
    result["unmatched"] = ["M1", "M1"]
    assert "unmatched" in claims(result)


def test_a_worse_assignment_with_sums_of_its_own_is_refused_by_the_proof():
    result = stated()
    w = result["affinity"]
    one, other = next(
        (a, b)
        for a in result["pairs"]
        for b in result["pairs"]
        if a[0] != b[0]
        and [a[0], b[1]] not in [pair[:2] for pair in result["pairs"]]
        and [b[0], a[1]] not in [pair[:2] for pair in result["pairs"]]
        and ["M0", "G3"] not in (a[:2], b[:2])
        and w[MENTEES.index(a[0])][MENTORS.index(b[1])] is not None
        and w[MENTEES.index(b[0])][MENTORS.index(a[1])] is not None
    )
    swapped = copy.deepcopy([pair for pair in result["pairs"] if pair not in (one, other)])
    for mentee, mentor in ((one[0], other[1]), (other[0], one[1])):
        swapped.append([mentee, mentor, w[MENTEES.index(mentee)][MENTORS.index(mentor)]])
    result["pairs"] = swapped
    values = np.array([pair[2] for pair in swapped])
    rows = np.array([MENTEES.index(pair[0]) for pair in swapped])
    total = math.fsum(values)
    result.update(total=total, lowest=float(np.bincount(rows, weights=values).min()), gap=0.0, bound=total)
    assert claims(result) == {"gap"}


def test_a_changed_problem_with_a_digest_of_its_own_is_no_proof():
    """More places, another need or a better pair, and nothing else: the prices do not prove it."""
    affinity = stated()["affinity"]
    better = [[1.0 if cell is not None else None for cell in row] for row in affinity]
    assert "affinity" in claims(stated(affinity=better))
    assert claims(stated(capacity=[6, 6, 6, 6])) & {"bound", "gap"}
    assert "matched_is_maximum" in claims(stated(need=[3, 3, 3, 3, 3, 3]))
