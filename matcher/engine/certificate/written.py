"""Results as JSON with everything needed to check them.

The format: ids of rows and columns, affinities (null: forbidden), capacities, needs, least loads, pins, the pairs, the
claims (total, lowest, matched, bound, gap) and the proof of the bound, integers, so that the check is exact. For one
partner a row, worth = round((affinity - offset) / unit) + bonus, and no assignment is worth more than
sum(places * price) + sum(max(0, max(worth - price))); for several partners or least loads see `Duals`.

The digest is the SHA-256 of what decides the result: of a plain matrix, of what the file holds; of people, of `inputs`,
where profiles and vocabulary stand as digests of their own.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from matcher.engine.assignment import Assignment, Certificate, Duals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matcher.engine.groups import Groups
    from matcher.engine.matching import Match


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
        reasons_unmatched=found.unmatched,
        digest=found.digest,
        inputs=found.inputs,
        weights=dict(pool.weights),
        seed=seed,
    )


def groups_json(found: "Groups", *, seed: int = 0) -> dict[str, Any]:
    """The result of `form_groups` for `check`, with what the tables leave out."""
    return {
        "kind": "partition",
        "collaboration": found.kind,
        "sizes": found.sizes,
        "people": found.people,
        "groups": [group.members for group in found.groups],
        "unplaced": sorted(found.unplaced),
        "left_out": sorted(found.left_out),
        "reasons_unplaced": found.reasons,
        "shared": {rule: [f"{mask:x}" for mask in masks] for rule, masks in found.shared.items()},
        "needed": found.needed,
        "facilitators": [group.facilitator for group in found.groups],
        "hours_utc": [group.hours for group in found.groups],
        "languages": [group.languages for group in found.groups],
        "value": found.value,
        "bound": found.bound,
        "prices": None if found.prices is None else found.prices.tolist(),
        "digest": found.digest,
        "inputs": found.inputs,
        "seed": seed,
        "affinity": [[None if x != x else x for x in row] for row in found.values.tolist()],
    }


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
