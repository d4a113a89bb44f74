"""Results as JSON with everything needed to check them, and the check, which shares no code with the solvers.

The format: ids of rows and columns, affinities (null: forbidden), capacities, needs, least loads, pins, the pairs, the
claims (total, lowest, matched, bound, gap) and the proof of the bound, integers, so that the check is exact. For one
partner a row, worth = round((affinity - offset) / unit) + bonus, and no assignment is worth more than
sum(places * price) + sum(max(0, max(worth - price))); for several partners or least loads see `Duals`.

The digest is the SHA-256 of what decides the result: of a plain matrix, of what the file holds; of people, of `inputs`,
where profiles and vocabulary stand as digests of their own.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import combinations
from operator import and_
from typing import TYPE_CHECKING, Any

import numpy as np

from matcher.engine.assignment import Assignment, Certificate, Duals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matcher.engine.matching import Match

CLOSE = 1e-9
"""How near two sums of floats have to be to count as the same claim."""

LARGEST = 2**61
"""Integers from here on could overflow when two are added, and prove nothing."""


def result_json(
    found: Assignment,
    mentees: Sequence[str],
    mentors: Sequence[str],
    affinity: "NDArray[np.float64]",
    *,
    capacity: Sequence[int],
    least: Sequence[int] = (),
    need: Sequence[int] = (),
    pins: Sequence[tuple[str, str]] = (),
    **context: Any,
) -> dict[str, Any]:
    """A result that `check` can verify on its own.

    affinity : (n, m), nan where forbidden. context : further entries such as digest, weights, seed.
    """
    return {
        "kind": "assignment",
        "objective": found.objective,
        "mentees": list(mentees),
        "mentors": list(mentors),
        "capacity": [int(c) for c in capacity],
        "least": [int(c) for c in least] or [0] * len(mentors),
        "need": [int(c) for c in need] or [1] * len(mentees),
        "pins": [list(pin) for pin in pins],
        "pairs": [[mentees[i], mentors[j], float(affinity[i, j])] for i, j in found.pairs],
        "matched": found.matched,
        "unmatched": [mentees[i] for i in found.unmatched],
        "total": found.total,
        "lowest": found.lowest,
        "bound": found.bound,
        "gap": found.gap,
        "lowest_gap": found.lowest_gap,
        "proof": _proof_json(found.certificate),
        **context,
        "affinity": [[None if math.isnan(x) else x for x in row] for row in affinity.tolist()],
    }


def match_json(found: "Match", *, seed: int = 0) -> dict[str, Any]:
    """The result of `match` for `check`: pairs that a rule forbids are null; further suggestions are listed apart."""
    pool = found.pool
    affinity = np.where(pool.eligible, pool.affinity, np.nan)
    return result_json(
        found.assignment,
        [person.id for person in pool.mentees],
        [person.id for person in pool.mentors],
        affinity,
        capacity=[person.capacity for person in pool.mentors],
        pins=found.pinned,
        suggestions=[[s.mentee_id, s.mentor_id, s.affinity, s.rank] for s in found.suggestions if s.rank > 1],
        reasons_unmatched=dict(found.unmatched),
        digest=found.digest,
        inputs=found.inputs,
        weights=dict(pool.weights),
        seed=seed,
    )


def _proof_json(proof: Certificate | Duals | None) -> dict[str, Any]:
    if isinstance(proof, Certificate):
        return {
            "unit": proof.unit,
            "offset": proof.offset,
            "bonus": proof.bonus,
            "prices": [int(p) for p in proof.prices],
            "bound": proof.bound,
        }
    assert proof is not None
    return {
        "unit": proof.unit,
        "offset": proof.offset,
        "row": [int(p) for p in proof.row],
        "column": [int(p) for p in proof.column],
        "least": [int(p) for p in proof.least],
        "level": int(proof.level),
        "bound": int(proof.bound),
    }


def check(result: Mapping[str, Any]) -> list[str]:
    """The claims that fail, a name and a sentence each; none when the result holds."""
    kind = result.get("kind")
    if not isinstance(kind, str) or kind not in CHECKS:
        return [f"format: the kind {kind!r} is not known"]
    try:
        with np.errstate(all="ignore"):
            wrong = list(_check_numbers(result, CLAIMED[kind]))
            return wrong or [*CHECKS[kind](result), *_check_digest(result), *_check_weights(result)]
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        return [f"format: the file is no complete result ({type(error).__name__}: {error})"]


def _check_numbers(result: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    """Claims have to be finite numbers: nothing can be compared with NaN, so that every comparison would hold."""
    for name in names:
        value = result[name]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            yield f"format: {name} must be a finite number, not {value!r}"
    cells = [cell for row in result["affinity"] for cell in row if cell is not None]
    if any(isinstance(cell, bool) or not isinstance(cell, (int, float)) or not math.isfinite(cell) for cell in cells):
        yield "format: an affinity is no finite number"


class _Claims:
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


def _check_assignment(result: Mapping[str, Any]) -> Iterator[str]:
    if result["objective"] not in ("total", "fair"):
        yield f"format: the objective {result['objective']!r} is not known"
    claims = _Claims(result)
    yield from _check_pairs(claims)
    yield from _check_sums(claims)
    if "prices" in result["proof"]:
        wrong = list(_check_exact_bound(claims))
        yield from wrong
        if result["objective"] == "fair" and not wrong:
            yield from _check_floor(claims)
    else:
        yield from _check_dual_bound(claims)
    yield from _check_suggestions(claims)
    if set(result.get("reasons_unmatched", result["unmatched"])) != set(result["unmatched"]):
        yield "reasons_unmatched: they are not those of the unmatched"


def _check_pairs(c: _Claims) -> Iterator[str]:
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


def _check_sums(c: _Claims) -> Iterator[str]:
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
    open_end = r.get("lowest_gap", 0.0)
    proved = r["objective"] == "total" or "prices" in r["proof"]
    if not isinstance(open_end, float) or not 0.0 <= open_end < math.inf or (proved and open_end):
        yield f"lowest_gap: {open_end!r} cannot be"


def _check_suggestions(c: _Claims) -> Iterator[str]:
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


def _check_digest(result: Mapping[str, Any]) -> Iterator[str]:
    """The digest fits what the file says, and the inputs it names are those of the result."""
    inputs = result.get("inputs")
    if inputs is None:
        digest = hashlib.sha256(_matrix_content(result)).hexdigest()
    else:
        digest = hashlib.sha256(json.dumps(inputs, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        for name, given, stated in _named_twice(result, inputs):
            if given != stated:
                yield f"inputs: {name} is {given!r} there and {stated!r} in the result"
        if result["kind"] == "assignment":
            yield from _check_options(result, inputs["options"])
    if digest != result.get("digest"):
        yield f"digest: stated {result.get('digest')!r}, what the file holds gives {digest!r}"


def _check_options(result: Mapping[str, Any], options: Mapping[str, Any]) -> Iterator[str]:
    """Pairs that were forbidden are no pairs, and nobody has more suggestions than were asked for."""
    claims = _Claims(result)
    for mentee, mentor in options["forbidden"]:
        if not math.isnan(claims.w[claims.mentees[mentee], claims.mentors[mentor]]):
            yield f"inputs: {mentee} with {mentor} was forbidden and is allowed in the result"
    if any(rank > options["suggestions"] for *_, rank in result["suggestions"]):
        yield f"suggestions: somebody has more than the {options['suggestions']} that were asked for"


def _matrix_content(r: Mapping[str, Any]) -> bytes:
    if r["kind"] == "assignment":
        said = [r["mentees"], r["mentors"], [r["capacity"], r["least"]], r["need"], r["pins"], r["objective"]]
    else:
        said = [r["people"], r["sizes"], r["seed"]]
    return json.dumps(said).encode() + np.array(r["affinity"], dtype="<f8").tobytes()


def _named_twice(result: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """(name, as an input, as the result states it) of all that stands in both."""
    if result["kind"] == "assignment":
        yield "weights", inputs["weights"], result["weights"]
        yield "objective", inputs["options"]["objective"], result["objective"]
        yield "pins", [list(pin) for pin in inputs["options"]["pinned"]], result["pins"]
    else:
        yield "kind", inputs["kind"], result["collaboration"]
        yield "sizes", list(inputs["sizes"]), list(result["sizes"])
        yield "seed", inputs["seed"], result["seed"]


def _check_weights(result: Mapping[str, Any]) -> Iterator[str]:
    """Weights are shares; a plain matrix has none."""
    weights = result.get("weights")
    if weights is None:
        return
    if "inputs" not in result:
        yield "weights: pairs of a plain matrix have none"
    elif min(weights.values()) < 0 or not abs(math.fsum(weights.values()) - 1.0) <= CLOSE:
        yield "weights: they must be 0 or more and sum to 1"


def _check_exact_bound(c: _Claims) -> Iterator[str]:
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


def _open(c: _Claims) -> "tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]":
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


def _check_dual_bound(c: _Claims) -> Iterator[str]:
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
    pinned = np.zeros(c.w.shape, dtype=bool)
    for pin in c.pins:
        pinned[pin] = True
    need = np.minimum(c.need, m) - pinned.sum(axis=1)
    places = np.minimum(c.capacity, n) - pinned.sum(axis=0)
    loads = (c.least - pinned.sum(axis=0)).clip(min=0)
    allowed = ~np.isnan(c.w) & ~pinned & (need > 0)[:, None] & (places > 0)
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


def _whole(values: Sequence[int], size: int) -> Sequence[int]:
    """The values, if they are whole numbers, one for each."""
    if len(values) != size or any(isinstance(value, bool) or not isinstance(value, int) for value in values):
        raise ValueError(f"{size} whole numbers are needed, not {str(values)[:40]}")
    return values


def _largest_flow(
    c: _Claims, need: "NDArray[np.int64]", places: "NDArray[np.int64]", allowed: "NDArray[np.bool_]"
) -> int:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    n, m = c.w.shape
    net = np.zeros((n + m + 2, n + m + 2), dtype=np.int32)
    net[0, 1 : n + 1], net[n + 1 : n + m + 1, n + m + 1] = need, places
    net[1 : n + 1, n + 1 : n + m + 1] = allowed
    return int(maximum_flow(csr_array(net), 0, n + m + 1).flow_value)


def _check_floor(c: _Claims) -> Iterator[str]:
    """Fair, one partner a row: nobody can match as many with everybody above the lowest, in the unit of the proof.

    That the next worst are as well off as can be is not checked.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    allowed, places, plain = _open(c)
    free = [pair for pair in c.pairs if pair not in set(c.pins)]
    if not free or not all(allowed[pair] for pair in free):
        return
    above = allowed & (plain > min(plain[pair] for pair in free))
    owner = np.repeat(np.arange(len(places)), places.clip(min=0))
    found = maximum_bipartite_matching(csr_array(above[:, owner]), perm_type="column") if owner.size else np.zeros(0)
    if int((found >= 0).sum()) >= len(free):
        yield "fair: as many can be matched with everybody above the lowest"


def _check_partition(result: Mapping[str, Any]) -> Iterator[str]:
    """Sizes, forbidden pairs, what members share and some must have, everybody once, the value and the bound."""
    place = {name: i for i, name in enumerate(result["people"])}
    w = np.array(result["affinity"], dtype=np.float64).reshape(len(place), len(place))
    np.fill_diagonal(w, 0.0)
    low, high = result["sizes"]
    groups = [[place[name] for name in group] for group in result["groups"]]
    everybody = sorted([k for group in groups for k in group] + [place[name] for name in result["unplaced"]])
    if everybody != list(range(len(place))):
        yield "members: somebody is missing or stands twice"
    if any(not low <= len(group) <= high for group in groups):
        yield f"sizes: a group has fewer than {low} or more than {high} members"
    blocks = [w[np.ix_(group, group)] for group in groups]
    if any(np.isnan(block).any() or np.isnan(block.T).any() for block in blocks):
        yield "pairs_allowed: a forbidden pair is in one group"
    without = [*result["unplaced"], *result.get("left_out", [])]
    if len(set(without)) < len(without) or sorted(result.get("reasons_unplaced", without)) != sorted(without):
        yield "reasons_unplaced: they are not those of everybody without a group"
    leads = result.get("facilitators")
    if leads is not None and any(lead not in group for lead, group in zip(leads, result["groups"], strict=True)):
        yield "facilitators: one is no member of the group"
    yield from _check_groups(result)
    total = float(sum(np.nansum(block + block.T) / 4 for block in blocks))
    if abs(total - result["value"]) > CLOSE * max(1.0, abs(total)):
        yield f"value: stated {result['value']!r}, the groups sum to {total!r}"
    yield from _check_bound_of_groups(result, w)


def _check_groups(result: Mapping[str, Any]) -> Iterator[str]:
    """The rules about whole groups, where the result names them."""
    for name, masks in result.get("shared", {}).items():
        of = dict(zip(result["people"], (int(mask, 16) for mask in masks), strict=True))
        if any(not reduce(and_, (of[member] for member in group)) for group in result["groups"]):
            yield f"shared: members of a group have no {name} in common"
    for name, having in result.get("needed", {}).items():
        if any(set(having).isdisjoint(group) for group in result["groups"]):
            yield f"needed: a group has nobody for {name}"
    leads, able = result.get("facilitators", []), result.get("needed", {}).get("facilitator")
    if able is not None and not set(leads) <= set(able):
        yield "facilitators: one is not experienced enough"


def _check_bound_of_groups(result: Mapping[str, Any], w: "NDArray[np.float64]") -> Iterator[str]:
    """The bound that the prices of a partner give by duality; without prices, the best that can be, found anew."""
    low, high = result["sizes"]
    n, stated = len(w), result["bound"]
    if "prices" in result and result["prices"] is None:
        if n > FEW:
            yield f"bound: no prices prove it, and {n} people are too many to find the best groups anew"
            return
        placed = n - len(result["unplaced"])
        most, best = _best_groups(result, w)
        if most != placed:
            yield f"unplaced: {most} people can be placed, not {placed}"
        elif abs(best - stated) > 1e-9 * max(1.0, abs(best)) * n:
            yield f"bound: stated {stated!r}, the best groups are worth {best!r}"
        return
    bound = _plain_bound(w, high)
    if "prices" in result:
        y = np.array(result["prices"], dtype=np.float64)
        if y.shape != (n,) or not np.isfinite(y).all():
            yield "bound: a price is missing or no number"
            return
        if result["unplaced"]:
            y = y.clip(min=0.0)
        both = (w + w.T) / 2
        both[np.isnan(both)] = -np.inf
        upper = both[np.triu_indices(n, 1)] - np.add.outer(y, y)[np.triu_indices(n, 1)]
        partners = np.where(y > 0.0, min(high, n) - 1, low - 1)
        if n >= low:
            bound = min(bound, math.fsum(y * partners) + math.fsum(upper[upper > 0.0]))
    if abs(bound - stated) > CLOSE * max(1.0, abs(bound)):
        yield f"bound: stated {stated!r}, the prices of a partner give {bound!r}"


def _best_groups(result: Mapping[str, Any], w: "NDArray[np.float64]") -> tuple[int, float]:
    """How many people can be placed, and the largest value with so many placed.

    Subset after subset of the people: its last one is left over, or in one of all groups that may be.
    """
    people, n = result["people"], len(w)
    shared = [[int(mask, 16) for mask in masks] for masks in result.get("shared", {}).values()]
    needed = [{k for k in range(n) if people[k] in set(having)} for having in result.get("needed", {}).values()]
    low, high = result["sizes"]
    both = (w + w.T) / 2
    most = 2.0 * float(np.abs(np.nan_to_num(both)).sum()) + 1.0
    groups: list[list[int]] = [[] for _ in range(n)]
    scores: list[list[float]] = [[] for _ in range(n)]
    for size in range(low, min(high, n) + 1):
        for group in combinations(range(n), size):
            worth = float(both[np.ix_(group, group)].sum() / 2)
            if (
                not math.isnan(worth)
                and all(reduce(and_, (masks[k] for k in group)) for masks in shared)
                and all(not having.isdisjoint(group) for having in needed)
            ):
                groups[group[-1]].append(sum(1 << k for k in group))
                scores[group[-1]].append(worth + most * size)
    best = np.zeros(1 << n)
    for last in range(n):
        ending, score = np.array(groups[last], dtype=np.int64), np.array(scores[last])
        for subset in range(1 << last, 2 << last) if last < n - 1 else [(1 << n) - 1]:
            inside = (ending & ~subset) == 0
            with_group = (best[subset ^ ending[inside]] + score[inside]).max(initial=-np.inf)
            best[subset] = max(best[subset ^ 1 << last], with_group)
    placed = math.floor(best[-1] / most + 0.5)
    return placed, float(best[-1] - placed * most)


def _plain_bound(w: "NDArray[np.float64]", high: int) -> float:
    """Half of what everybody's best `high` - 1 partners are worth, where they are worth anything."""
    both = np.where(np.isnan(w) | np.isnan(w.T), 0.0, (w + w.T) / 2).clip(min=0.0)
    return math.fsum(np.sort(both, axis=1)[:, max(0, len(both) - (high - 1)) :].ravel()) / 2 if len(both) > 1 else 0.0


FEW = 16
"""Up to how many people the best groups are found anew."""

CHECKS: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "assignment": _check_assignment,
    "partition": _check_partition,
}
"""The check of each kind of result."""

CLAIMED = {"assignment": ("matched", "total", "lowest", "bound", "gap"), "partition": ("value", "bound")}
"""The numbers that each kind of result states."""
