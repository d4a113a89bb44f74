"""The check of groups: rules, what members share, the value and its bound."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import combinations
from operator import and_
from typing import TYPE_CHECKING, Any

import numpy as np

from matcher.engine.certificate.pairs import CLOSE

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEW = 16
"""Up to how many people the best groups are found anew."""


def check_groups(result: Mapping[str, Any]) -> Iterator[str]:
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
    yield from _check_whole_groups(result, w)
    total = float(sum(np.nansum(block + block.T) / 4 for block in blocks))
    if abs(total - result["value"]) > CLOSE * max(1.0, abs(total)):
        yield f"value: stated {result['value']!r}, the groups sum to {total!r}"
    yield from _check_bound_of_groups(result, w)


def _check_whole_groups(result: Mapping[str, Any], w: "NDArray[np.float64]") -> Iterator[str]:
    """The rules about whole groups, where the result names them."""
    for name, masks in result.get("shared", {}).items():
        if any(not mask for mask in _in_common(result, masks)):
            yield f"shared: members of a group have no {name} in common"
        digits = max(map(len, masks), default=0) + 1 & ~1
        packed = np.frombuffer(b"".join(bytes.fromhex(mask.zfill(digits)) for mask in masks), dtype=np.uint8)
        bits = np.unpackbits(packed.reshape(len(masks), digits // 2), axis=1).astype(np.float32)
        if ((bits @ bits.T == 0) & ~np.isnan(w) & ~np.eye(len(w), dtype=bool)).any():
            yield f"shared: two people without a {name} in common are not kept apart"
    for name, having in result.get("needed", {}).items():
        if any(set(having).isdisjoint(group) for group in result["groups"]):
            yield f"needed: a group has nobody for {name}"
    if "inputs" in result:
        yield from _check_texts(result, w)
    elif {"collaboration", "shared", "needed"} & result.keys():
        yield "inputs: groups of people name what decides them"


def _in_common(result: Mapping[str, Any], masks: Sequence[str]) -> list[int]:
    """The bits that all members of each group have."""
    of = dict(zip(result["people"], (int(mask, 16) for mask in masks), strict=True))
    return [reduce(and_, (of[member] for member in group)) for group in result["groups"]]


def _check_texts(result: Mapping[str, Any], w: "NDArray[np.float64]") -> Iterator[str]:
    """What groups of people are told: who facilitates, their hours and languages, and why somebody is left over."""
    asked, shared = result["inputs"], result["shared"]
    if set(shared) != {"language", "common hour"}:
        yield "shared: it names other rules than a language and a common hour"
    if set(result["needed"]) != {"facilitator", *(f"role {role}" for role in asked["roles"])}:
        yield "needed: the roles are not those that were asked for"
    if not set(result["facilitators"]) <= set(result["needed"]["facilitator"]):
        yield "facilitators: one is not experienced enough"
    place = {name: k for k, name in enumerate(result["people"])}
    for a, b in [*asked["forbidden"], *asked["before"]]:
        if a in place and b in place and not np.isnan(w[place[a], place[b]]):
            yield f"inputs: {a} and {b} were to be kept apart and are not"
    hours = [
        [k for k in range(mask.bit_length()) if mask >> k & 1] for mask in _in_common(result, shared["common hour"])
    ]
    if hours != result["hours_utc"]:
        yield "hours_utc: they are not those that all members have"
    yield from _check_languages(result, _in_common(result, shared["language"]))
    low = result["sizes"][0]
    open_to = (~np.isnan(w)).sum(axis=1) - 1
    for name in result["unplaced"]:
        others, reason = int(open_to[place[name]]), result["reasons_unplaced"][name]
        counted = reason.startswith("common hour: only") and not reason.startswith(f"common hour: only {others} others")
        if counted or (reason.startswith("no group of the wanted size") and others < low - 1):
            yield f"reasons_unplaced: {name} may be with {others} others, which is not what the reason says"


def _check_languages(result: Mapping[str, Any], common: Sequence[int]) -> Iterator[str]:
    """One name for each bit that all members have, in alphabetical order, and the same in each group."""
    names: dict[int, str] = {}
    for mask, told in zip(common, result["languages"], strict=True):
        bits = [k for k in range(mask.bit_length()) if mask >> k & 1]
        nobody_named_any = not told and set(result["shared"]["language"]) == {"1"}
        if len(told) != len(bits) and not nobody_named_any:
            yield "languages: they are not as many as all members of the group have"
        elif any(names.setdefault(bit, name) != name for bit, name in zip(bits, told, strict=False)):
            yield "languages: one bit has two names"
    if [names[bit] for bit in sorted(names)] != sorted(set(names.values())):
        yield "languages: they are not in the order of their bits"


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
