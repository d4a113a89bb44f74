"""The check of pairs: rules, places, sums, the proof in integers, and how fair they are."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from matcher.engine.certificate.fair import is_leximin

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLOSE = 1e-9
"""How near two sums of floats have to be to count as the same claim."""

LARGEST = 2**61
"""Integers from here on could overflow when two are added, and prove nothing."""

ASKED, NODES = 20_000, 1000
"""Up to how many pairs the integer solver is asked about, and where it gives up."""

TOLERANCE = 1e-5
"""Of the largest affinity: what the integer solver surely tells from nothing."""


class Claims:
    """An assignment's result, read back into arrays."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        self.result = result
        self.mentees = {name: i for i, name in enumerate(result["mentees"])}
        self.mentors = {name: j for j, name in enumerate(result["mentors"])}
        shape = (len(result["mentees"]), len(result["mentors"]))
        if shape != (len(self.mentees), len(self.mentors)):
            raise ValueError("an id stands twice")
        self.w = np.array(result["affinity"], dtype=np.float64).reshape(shape)
        self.capacity = np.array(_whole(result["capacity"], shape[1]), dtype=np.int64)
        self.least = np.array(_whole(result["least"], shape[1]), dtype=np.int64)
        self.need = np.array(_whole(result["need"], shape[0]), dtype=np.int64)
        self.pairs = [(self.mentees[a], self.mentors[b]) for a, b, _ in result["pairs"]]
        self.pins = sorted({(self.mentees[a], self.mentors[b]) for a, b in result["pins"]})
        self.values = [float(self.w[i, j]) for i, j in self.pairs]
        self.rows = np.bincount([i for i, _ in self.pairs], minlength=shape[0])
        self.columns = np.bincount([j for _, j in self.pairs], minlength=shape[1])


def check_pairs(result: Mapping[str, Any]) -> Iterator[str]:
    """The claims of an assignment that fail, but for the floor of several mentors a mentee: see `floor_holds`."""
    if result["objective"] not in ("total", "fair"):
        yield f"format: the objective {result['objective']!r} is not known"
    claims = Claims(result)
    yield from _check_rules(claims)
    yield from _check_sums(claims)
    if "prices" in result["proof"]:
        wrong = list(_check_exact_bound(claims))
        yield from wrong
        if result["objective"] == "fair" and not wrong:
            yield from _check_order(claims)
    else:
        yield from _check_dual_bound(claims)
    yield from _check_suggestions(claims)
    told = "inputs" in result or "reasons_unmatched" in result
    if told and set(result["reasons_unmatched"]) != set(result["unmatched"]):
        yield "reasons_unmatched: they are not those of the unmatched"


def _check_rules(c: Claims) -> Iterator[str]:
    if len(set(c.pairs)) < len(c.pairs):
        yield "pairs: a pair stands twice"
    if any(math.isnan(value) for value in c.values):
        yield "pairs_allowed: a forbidden pair is in the result"
    for (mentee, mentor, stated), value in zip(c.result["pairs"], c.values, strict=True):
        if stated != value and not math.isnan(value):
            yield f"affinity: {mentee} with {mentor} is stated as {stated!r} and is {value!r}"
            break
    for j in np.flatnonzero(c.columns > c.capacity)[:1]:
        yield f"capacities: {c.result['mentors'][j]} has {c.columns[j]} mentees and {c.capacity[j]} places"
    for j in np.flatnonzero(c.columns < c.least)[:1]:
        yield f"least: {c.result['mentors'][j]} has {c.columns[j]} mentees, the least load is {c.least[j]}"
    for i in np.flatnonzero(c.rows > c.need)[:1]:
        yield f"needs: {c.result['mentees'][i]} has {c.rows[i]} partners and needs {c.need[i]}"
    if set(c.pins) - set(c.pairs):
        yield "pins: a pinned pair is missing"


def _check_sums(c: Claims) -> Iterator[str]:
    r, total = c.result, math.fsum(c.values)
    if total != r["total"]:
        yield f"total: stated {r['total']!r}, the pairs sum to {total!r}"
    by_row = np.bincount([i for i, _ in c.pairs], weights=c.values, minlength=len(c.mentees))
    lowest = float(by_row[c.rows > 0].min()) if c.pairs else 0.0
    if abs(lowest - r["lowest"]) > CLOSE * max(1.0, abs(lowest)):
        yield f"lowest: stated {r['lowest']!r}, it is {lowest!r}"
    if int((c.rows > 0).sum()) != r["matched"]:
        yield f"matched: stated {r['matched']}, it is {int((c.rows > 0).sum())}"
    if sorted(c.result["mentees"][i] for i in np.flatnonzero(c.rows == 0)) != sorted(r["unmatched"]):
        yield "unmatched: the list does not name exactly those without a partner"
    if r["total"] + r["gap"] != r["bound"] or r["gap"] < 0:
        yield "gap: it is not the bound minus the total"
    open_end = r["lowest_gap"]
    proved = r["objective"] == "total" or "prices" in r["proof"]
    if not isinstance(open_end, float) or not 0.0 <= open_end < math.inf or (proved and open_end):
        yield f"lowest_gap: {open_end!r} cannot be"


def _check_suggestions(c: Claims) -> Iterator[str]:
    """Further suggestions are allowed pairs of their own, and no place is promised twice."""
    listed = c.result.get("suggestions", [])
    further = [(c.mentees[a], c.mentors[b]) for a, b, *_ in listed]
    if len({*c.pairs, *further}) < len(c.pairs) + len(further):
        yield "suggestions: a pair stands twice"
    for (mentee, mentor, stated, _), at in zip(listed, further, strict=True):
        value = float(c.w[at])
        if math.isnan(value):
            yield f"suggestions: {mentee} with {mentor} is forbidden"
        elif stated != value:
            yield f"suggestions: {mentee} with {mentor} is stated as {stated!r} and is {value!r}"
    ranks: dict[str, list[int]] = {}
    for mentee, _, _, rank in listed:
        ranks.setdefault(mentee, [1]).append(rank)
    if any(order != list(range(1, len(order) + 1)) for order in ranks.values()):
        yield "suggestions: the ranks of a mentee do not count from 2"
    promised = c.columns + np.bincount([j for _, j in further], minlength=len(c.mentors))
    if further:
        for j in np.flatnonzero(promised > c.capacity)[:1]:
            yield f"suggestions: {c.result['mentors'][j]} is promised to {promised[j]} and has {c.capacity[j]} places"


def _check_exact_bound(c: Claims) -> Iterator[str]:
    """The integer proof; also proves that no assignment matches more, since one more is worth the bonus."""
    proof = c.result["proof"]
    unit, (bonus, stated) = proof["unit"], _whole([proof["bonus"], proof["bound"]], 2)
    if not 0.0 < unit < math.inf or not math.isfinite(proof["offset"]):
        yield "bound: unit and offset must be finite, the unit above 0"
        return
    if (np.minimum(c.need, len(c.mentors)) > 1).any() or c.least.any():
        yield "bound: a proof in integers is for one partner a mentee and no least loads"
        return
    allowed, places, plain = _open(c)
    prices = np.array(_whole(proof["prices"], len(c.mentors)), dtype=np.int64)
    if (prices < 0).any() or (plain[allowed] < 0).any():
        yield "bound: a price or a worth is negative"
        return
    if max(int(plain.max(initial=0)), int(prices.max(initial=0)), abs(bonus)) >= LARGEST:
        yield "bound: the proof's integers are too large to be added"
        return
    if bonus <= int(plain.max(initial=0)) * min(len(c.mentees), int(places.sum())):
        yield "matched_is_maximum: the bonus is too small to prove it"
    worth = np.where(allowed, plain + bonus, 0)
    gains = np.maximum(0, (worth - prices).max(axis=1, initial=0))
    bound = sum(int(a) * int(p) for a, p in zip(places, prices, strict=True)) + sum(gains.tolist())
    if bound != stated:
        yield f"bound: stated {stated}, the prices give {bound}"
    reached = sum(int(worth[i, j]) for i, j in c.pairs if (i, j) not in set(c.pins) and allowed[i, j])
    gap = bound - reached
    if gap >= bonus:
        yield "matched_is_maximum: the prices leave room for one more match"
    if gap < 0 or gap * unit != c.result["gap"]:
        yield f"gap: stated {c.result['gap']!r}, the prices give {gap * unit!r}"


def _open(c: Claims) -> "tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]":
    """What the pins leave of an integer proof: pairs that may be, places, and affinities in its unit, 0 for no pair."""
    proof = c.result["proof"]
    open_rows = c.need > 0
    places = np.minimum(c.capacity, len(c.mentees))
    for i, j in c.pins:
        open_rows[i] = False
        places[j] -= 1
    allowed = ~np.isnan(c.w) & open_rows[:, None]
    scaled = (np.where(allowed, c.w, proof["offset"]) - proof["offset"]) / proof["unit"]
    return allowed, places, np.rint(scaled).astype(np.int64)


def _check_dual_bound(c: Claims) -> Iterator[str]:
    """Weak duality in integers, and the largest number of needs by a flow (least loads never lower it)."""
    proof, (n, m) = c.result["proof"], c.w.shape
    row, column, least = (
        np.array(_whole(proof[name], size), dtype=np.int64) for name, size in (("row", n), ("column", m), ("least", m))
    )
    unit, (level, stated) = proof["unit"], _whole([proof["level"], proof["bound"]], 2)
    if not 0.0 < unit < math.inf or not math.isfinite(proof["offset"]):
        yield "bound: unit and offset must be finite, the unit above 0"
        return
    if min(row.min(initial=0), column.min(initial=0), least.min(initial=0)) < 0:
        yield "bound: a dual value is negative"
        return
    pinned, need, places, loads, allowed = _beside_pins(c)
    plain = np.rint((np.where(allowed, c.w, proof["offset"]) - proof["offset"]) / unit)
    if (
        max(np.abs(plain).max(initial=0), *(int(x.max(initial=0)) for x in (row, column, least)), abs(level))
        >= LARGEST / 4
    ):
        yield "bound: the proof's integers are too large to be added"
        return
    surplus = np.where(allowed, plain.astype(np.int64) - row[:, None] - column + least - level, 0).clip(min=0)
    free = [pair for pair in c.pairs if not pinned[pair]]
    bound = level * len(free) + sum(surplus.sum(axis=1).astype(object))
    for sign, limit, price in ((1, need, row), (1, places, column), (-1, loads, least)):
        bound += sign * sum(int(a) * int(b) for a, b in zip(limit, price, strict=True))
    if bound != stated:
        yield f"bound: stated {stated}, the dual values give {bound}"
    gap = bound - sum(int(plain[pair]) for pair in free)
    if gap < 0 or gap * unit != c.result["gap"]:
        yield f"gap: stated {c.result['gap']!r}, the dual values give {gap * unit!r}"
    if len(c.pairs) < len(c.pins) + _largest_flow(c, need, places, allowed):
        yield "matched_is_maximum: more needs can be filled"
    alone = ~pinned.any(axis=1)
    if c.result["objective"] == "fair" and (c.rows > 0).sum() < (~alone).sum() + _largest_flow(
        c, np.where(alone, need.clip(max=1), 0), places, allowed
    ):
        yield "matched_is_maximum: more can have a partner"


def _beside_pins(c: Claims) -> "tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]":
    """What the pins leave: the pinned pairs (n, m), needs (n,), places and least loads (m,), the pairs that may be."""
    n, m = c.w.shape
    pinned = np.zeros(c.w.shape, dtype=bool)
    for pin in c.pins:
        pinned[pin] = True
    need = np.minimum(c.need, m) - pinned.sum(axis=1)
    places = np.minimum(c.capacity, n) - pinned.sum(axis=0)
    loads = (c.least - pinned.sum(axis=0)).clip(min=0)
    return pinned, need, places, loads, ~np.isnan(c.w) & ~pinned & (need > 0)[:, None] & (places > 0)


def _whole(values: Sequence[int], size: int) -> Sequence[int]:
    """The values, if they are whole numbers, one for each."""
    if len(values) != size or any(isinstance(value, bool) or not isinstance(value, int) for value in values):
        raise ValueError(f"{size} whole numbers are needed, not {str(values)[:40]}")
    return values


def _largest_flow(
    c: Claims, need: "NDArray[np.int64]", places: "NDArray[np.int64]", allowed: "NDArray[np.bool_]"
) -> int:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    n, m = c.w.shape
    net = np.zeros((n + m + 2, n + m + 2), dtype=np.int32)
    net[0, 1 : n + 1], net[n + 1 : n + m + 1, n + m + 1] = need, places
    net[1 : n + 1, n + 1 : n + m + 1] = allowed
    return int(maximum_flow(csr_array(net), 0, n + m + 1).flow_value)


def _check_order(c: Claims) -> Iterator[str]:
    """Fair, one partner a row: from the worst-off up nobody can be better off, in the unit of the proof."""
    allowed, places, plain = _open(c)
    column = np.full(len(c.mentees), -1, dtype=np.int64)
    for i, j in set(c.pairs) - set(c.pins):
        column[i] = j if allowed[i, j] else -1
    if not is_leximin(plain, allowed, places, column):
        yield "fair: as many can be matched with the worst-off better off, or the next worst, and so on"


def floor_holds(result: Mapping[str, Any]) -> bool | None:
    """Several partners a row or least loads: whether the lowest can be no higher than `lowest` and `lowest_gap` say, to
    `TOLERANCE`; None where that cannot be told in reasonable time, for it is NP-hard.

    First by what each row could have at best for itself, then by an integer programme that looks for a higher lowest.
    """
    c = Claims(result)
    pinned, need, places, loads, allowed = _beside_pins(c)
    served, stated = c.rows > 0, result["lowest"] + result["lowest_gap"]
    if not served.any():
        return True
    size = float(np.abs(np.nan_to_num(c.w)).max()) or 1.0
    given, alone = np.where(pinned, c.w, 0.0).sum(axis=1), ~pinned.any(axis=1)
    best = -np.sort(-np.where(allowed, c.w, -np.inf), axis=1)
    best[np.arange(best.shape[1]) >= need[:, None]] = -np.inf
    own = given + np.maximum(np.cumsum(best, axis=1).max(axis=1), np.where(alone, -np.inf, 0.0))
    if stated >= np.sort(own)[-served.sum()] - CLOSE * size:
        return True
    if allowed.sum() > ASKED:
        return None

    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, diags_array, eye_array, hstack

    # Variables: the pairs, then whether each row has anybody.
    n, (row, column) = len(need), np.nonzero(allowed)
    pair, ones = np.arange(len(row)), np.ones(len(row))
    by_row = csr_array((ones, (row, pair)), shape=(n, len(row)))
    by_column = csr_array((ones, (column, pair)), shape=(len(places), len(row) + n))
    sums = csr_array((c.w[allowed] / size, (row, pair)), shape=(n, len(row)))
    floor = stated / size + TOLERANCE
    every = np.append(ones, np.zeros(n))
    found = milp(
        np.zeros(len(row) + n),
        integrality=np.ones(len(row) + n),
        bounds=Bounds(np.append(0 * ones, 1.0 - alone), 1.0),
        constraints=[
            LinearConstraint(hstack([by_row, -diags_array(need.astype(float))]), -np.inf, 0.0),
            LinearConstraint(hstack([by_row, -eye_array(n)]), -1.0 * ~alone, np.inf),
            LinearConstraint(hstack([sums, -floor * eye_array(n)]), -given / size, np.inf),
            LinearConstraint(by_column, loads, places),
            LinearConstraint(every, len(c.pairs) - len(c.pins), np.inf),
            LinearConstraint(1.0 - every, served.sum(), np.inf),
        ],
        options={"node_limit": NODES},
    )
    return {0: False, 2: True}.get(found.status)
