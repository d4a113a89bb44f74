"""The check of a result against the profiles it was made of: all but the choice of pairs or groups is worked out anew.

Scores, rules and texts come from the code that made them, the pairs and groups from the result; no solver is asked.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from matcher.domain.profiles import Profile
from matcher.domain.rules import Rule
from matcher.domain.vocabulary import Vocabulary
from matcher.engine.affinity import Pool
from matcher.engine.assignment import Assignment, Certificate
from matcher.engine.certificate.written import groups_json, match_json
from matcher.engine.groups import Frame
from matcher.engine.matching import Match, inputs_of, position, short_of_a_place, why_unmatched
from matcher.engine.partition import Partition

NEAR = 1e-12
"""How near affinities have to be: another machine may round their sums otherwise."""


def against_profiles(
    result: Mapping[str, Any],
    profiles: Sequence[Profile],
    *,
    vocabulary: Vocabulary,
    weights: Mapping[str, float] | None = None,
) -> list[str]:
    """The claims of a result that do not follow from the profiles, a name and a sentence each.

    result : one that holds by itself. weights : of the blocks; None takes those that the result states.
    """
    try:
        named = (
            _of_pairs(result, profiles, vocabulary, weights)
            if result["kind"] == "assignment"
            else _of_groups(result, profiles, vocabulary)
        )
        return [f"{name}: {told}" for name, told in named]
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        return [f"profiles: the result cannot be of these people ({type(error).__name__}: {error})"]


def _of_pairs(
    result: Mapping[str, Any], profiles: Sequence[Profile], words: Vocabulary, weights: Mapping[str, float] | None
) -> Iterator[tuple[str, str]]:
    options = result["inputs"]["options"]
    barred = dict.fromkeys(map(_pair, options["forbidden"]), Rule.FORBIDDEN)
    pool = Pool(profiles, vocabulary=words, weights=result["weights"] if weights is None else weights, barred=barred)
    inputs = inputs_of(pool, **options)
    yield from _other_people(result, inputs)
    if [result["mentees"], result["mentors"]] != [[p.id for p in side] for side in (pool.mentees, pool.mentors)]:
        yield "mentees", "they or the mentors are not those of the profiles"
        return
    pairs = [position(pool, (mentee, mentor)) for mentee, mentor, _ in result["pairs"]]
    unmatched = [pool.mentee_row[mentee] for mentee in result["unmatched"]]
    proof = result["proof"]
    found = Assignment(
        pairs=np.array(pairs, dtype=np.int64).reshape(-1, 2),
        objective=result["objective"],
        total=result["total"],
        lowest=result["lowest"],
        bound=result["bound"],
        gap=result["gap"],
        prices=np.zeros(len(pool.mentors)),
        matched=result["matched"],
        unmatched=np.array(unmatched, dtype=np.int64),
        certificate=Certificate(
            proof["unit"], proof["offset"], proof["bonus"], np.array(proof["prices"], dtype=np.int64), proof["bound"]
        ),
    )
    pins = list(map(_pair, result["pins"]))
    places = [position(pool, pin) for pin in pins]
    short = short_of_a_place(pool, pool.eligible, found, places)
    reasons = {pool.mentees[i].id: why_unmatched(pool, i, short[i]) for i in unmatched}
    anew = match_json(Match(pool, found, (), reasons, "", tuple(pins), inputs=inputs))
    names = ("capacity", "least", "need", "weights", "affinity", "reasons_unmatched")
    yield from _different(result, anew, names)


def _of_groups(result: Mapping[str, Any], profiles: Sequence[Profile], words: Vocabulary) -> Iterator[tuple[str, str]]:
    asked = result["inputs"]
    low, high = asked["sizes"]
    apart, before = (list(map(_pair, asked[name])) for name in ("forbidden", "before"))
    frame = Frame(profiles, asked["kind"], (low, high), words, apart, before, asked["roles"], asked["seed"])
    yield from _other_people(result, frame.inputs)
    place = {person.id: k for k, person in enumerate(frame.people)}
    if result["people"] != list(place):
        yield "people", "they are not those whom this kind of group suits"
        return
    groups = [[place[name] for name in group] for group in result["groups"]]
    unplaced = [place[name] for name in result["unplaced"]]
    found = Partition(groups, unplaced, result["value"], result["bound"], None, 0.0)
    anew = groups_json(frame.told(found), seed=asked["seed"])
    yield from _different(result, anew, [name for name in anew if name not in ("people", "prices", "digest", "inputs")])


def _pair(names: Sequence[str]) -> tuple[str, str]:
    one, other = names
    return one, other


def _other_people(result: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("people", "vocabulary"):
        if inputs[name] != result["inputs"][name]:
            yield "inputs", f"these are not the {name} that the result was made of"


def _different(result: Mapping[str, Any], anew: Mapping[str, Any], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What the profiles give otherwise."""
    plain = json.loads(json.dumps(dict(anew)))
    for name in names:
        if not _same(plain[name], result[name]):
            yield name, f"it does not follow from the profiles{_where(plain, result) if name == 'affinity' else ''}"


def _same(one: Any, other: Any) -> bool:
    """Whether two plain values are equal, floats nearly."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=NEAR, abs_tol=NEAR)
    return type(one) is type(other) and bool(one == other)


def _where(plain: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """The first pair whose affinity differs."""
    rows, columns = (result["mentees"], result["mentors"]) if "mentees" in result else (result["people"],) * 2
    for row, mine, theirs in zip(rows, plain["affinity"], result["affinity"], strict=False):
        for column, a, b in zip(columns, mine, theirs, strict=False):
            if not _same(a, b):
                shown = ("forbidden" if x is None else repr(x) for x in (b, a))
                return ": {}, {} is stated as {} and is {}".format(row, column, *shown)
    return ""
