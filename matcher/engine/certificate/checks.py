"""The check of a result, which shares no code with the solvers."""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matcher.domain.profiles import Profile
from matcher.domain.vocabulary import Vocabulary
from matcher.engine.certificate.groups import check_groups
from matcher.engine.certificate.pairs import CLOSE, Claims, check_pairs, floor_holds

RULES = "rules, places and sums are kept"
FROM_PROFILES = "affinities, rules and reasons follow from the profiles"
"""What is proved of every result, and what only the profiles can prove."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check came to: the claims that `failed`, a name and a sentence each; what is `proved` if none did; and
    what a reader has to take from the file, or nobody knows (`unproved`)."""

    failed: list[str]
    proved: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)


def check(result: Mapping[str, Any]) -> list[str]:
    """The claims that fail, a name and a sentence each; none when the result holds."""
    return examine(result).failed


def examine_with(
    result: Mapping[str, Any],
    profiles: Sequence[Profile],
    *,
    vocabulary: Vocabulary,
    weights: Mapping[str, float] | None = None,
) -> Verdict:
    """`examine`, and whether affinities, rules and texts follow from the profiles; of a result that holds by itself.

    weights : of the blocks; None takes those that the result states. Raises ValueError for a result of a plain matrix.
    """
    if "inputs" not in result:
        raise ValueError("the result is of a plain matrix, not of people")
    verdict = examine(result)
    if verdict.failed:
        return verdict
    from matcher.engine.certificate.profiles import against_profiles

    if failed := against_profiles(result, profiles, vocabulary=vocabulary, weights=weights):
        return Verdict(failed)
    origin = _origin(result)
    return Verdict([], [*verdict.proved, FROM_PROFILES], [claim for claim in verdict.unproved if claim != origin])


def examine(result: Mapping[str, Any]) -> Verdict:
    """The claims that fail; when there are none, what that proves and what it does not."""
    kind = result.get("kind")
    if not isinstance(kind, str) or kind not in CHECKS:
        return Verdict([f"format: the kind {kind!r} is not known"])
    try:
        with np.errstate(all="ignore"):
            failed = list(_check_numbers(result, CLAIMED[kind])) or [
                *CHECKS[kind](result),
                *_check_digest(result),
                *_check_weights(result),
            ]
            return Verdict(failed) if failed else SCOPES[kind](result)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        return Verdict([f"format: the file is no complete result ({type(error).__name__}: {error})"])


def _scope_of_pairs(result: Mapping[str, Any]) -> Verdict:
    gap, fair = result["gap"], result["objective"] == "fair"
    verdict = Verdict([], [RULES, "no more can be matched"])
    best = f"the best total of so many pairs is {result['bound']:.6g} at most"
    verdict.proved.append(f"{best}, {f'{gap:.3g} above this one' if gap else 'which this one is'}")
    if fair and "prices" in result["proof"]:
        verdict.proved.append("fair: from the worst-off up, nobody can be better off and nobody below them worse off")
    elif fair:
        holds, open_end = floor_holds(result), result["lowest_gap"]
        lowest = f"the lowest can be no higher than it is{f' by more than {open_end:.3g}' if open_end else ''}"
        if holds is False:
            return Verdict([f"fair: with as many pairs the lowest can be above {result['lowest'] + open_end!r}"])
        (verdict.proved if holds else verdict.unproved).append(f"fair: {lowest}")
        verdict.unproved.append("fair: who stands above the lowest; with several mentors a mentee no order is claimed")
    if result.get("suggestions"):
        verdict.unproved.append("that no better further suggestions are left: they keep rules and places")
    verdict.unproved.append(_origin(result))
    return verdict


def _scope_of_groups(result: Mapping[str, Any]) -> Verdict:
    room = result["bound"] - result["value"]
    verdict = Verdict([], [RULES])
    if result.get("prices", True) is None:
        verdict.proved.append("no groups leave fewer people over, and of such groups none are worth more")
    else:
        verdict.proved.append(f"groups that leave as few over are worth {result['bound']:.6g} at most")
        verdict.unproved.append(f"that these are the best groups: others may be worth up to {room:.4g} more")
        if result["unplaced"]:
            verdict.unproved.append(f"that nobody of the {len(result['unplaced'])} left over could be placed")
    verdict.unproved.append(_origin(result))
    return verdict


def _origin(result: Mapping[str, Any]) -> str:
    if "inputs" in result:
        return f"that {FROM_PROFILES}: give the files with --profiles"
    return "that the affinities are those of your matrix: they are taken from the result"


def _check_numbers(result: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    """Claims have to be finite numbers: nothing can be compared with NaN, so that every comparison would hold."""
    for name in names:
        value = result[name]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            yield f"format: {name} must be a finite number, not {value!r}"
    cells = [cell for row in result["affinity"] for cell in row if cell is not None]
    if any(isinstance(cell, bool) or not isinstance(cell, (int, float)) or not math.isfinite(cell) for cell in cells):
        yield "format: an affinity is no finite number"


def _check_digest(result: Mapping[str, Any]) -> Iterator[str]:
    """The digest fits what the file says, and the inputs it names are those of the result."""
    inputs = result.get("inputs")
    seed = result.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int):
        yield f"format: seed must be a whole number, not {seed!r}"
    if inputs is None:
        digest = hashlib.sha256(_matrix_content(result)).hexdigest()
    else:
        digest = hashlib.sha256(json.dumps(inputs, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        for name, given, stated in _named_twice(result, inputs):
            if given != stated:
                yield f"inputs: {name} is {given!r} there and {stated!r} in the result"
        if result["kind"] == "assignment":
            yield from _check_options(result, inputs["options"])
        if set(inputs) != INPUTS[result["kind"]]:
            yield f"inputs: they must be {', '.join(sorted(INPUTS[result['kind']]))}"
    if digest != result.get("digest"):
        yield f"digest: stated {result.get('digest')!r}, what the file holds gives {digest!r}"


def _check_options(result: Mapping[str, Any], options: Mapping[str, Any]) -> Iterator[str]:
    """Pairs that were forbidden are no pairs, and nobody has more suggestions than were asked for."""
    claims = Claims(result)
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


INPUTS = {
    "assignment": {"people", "vocabulary", "weights", "options"},
    "partition": {"people", "vocabulary", "kind", "sizes", "forbidden", "before", "roles", "seed"},
}
"""What decides a result that is made of people."""

CHECKS: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "assignment": check_pairs,
    "partition": check_groups,
}
"""The check of each kind of result."""

SCOPES: dict[str, Callable[[Mapping[str, Any]], Verdict]] = {
    "assignment": _scope_of_pairs,
    "partition": _scope_of_groups,
}
"""What a result of each kind proves when no claim of it fails."""

CLAIMED = {"assignment": ("matched", "total", "lowest", "bound", "gap"), "partition": ("value", "bound")}
"""The numbers that each kind of result states."""
