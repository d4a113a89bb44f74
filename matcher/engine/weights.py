"""The weights of the blocks: what a coordinator sets, read and checked.

The affinity is a weighted sum over the blocks. The weights are non-negative and are rescaled to sum to 1, so that a
coordinator may write 3, 2, 1 as well as shares.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType

BLOCKS = ("skills", "settings", "goals", "credentials", "disciplines", "stage", "availability", "text")

# Judgement, in the order in which a coordinator asks: can this person do what is asked for, and have they done it
# where the mentee is heading; may they show the way to the credential; then whether the two can meet at all.
DEFAULT_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "skills": 0.28,
        "settings": 0.14,
        "goals": 0.16,
        "credentials": 0.12,
        "disciplines": 0.10,
        "stage": 0.05,
        "availability": 0.10,
        "text": 0.05,
    }
)


class BadWeights(ValueError):
    """Weights that cannot be used; the text says which and why."""

    for_people = True


def read_weights(weights: Mapping[str, object] | None = None) -> dict[str, float]:
    """One weight a block, in the order of BLOCKS, summing to 1; None gives the default ones.

    `weights` maps blocks to numbers from 0 (numbers as text are read too); a block that is left out weighs nothing.
    Raises BadWeights for unknown blocks, negative, infinite or missing numbers, and when all are 0.
    """
    if weights is None:
        weights = DEFAULT_WEIGHTS
    unknown = sorted(str(block) for block in weights if block not in BLOCKS)
    if unknown:
        raise BadWeights(f"unknown block {', '.join(map(repr, unknown))}; the blocks are {', '.join(BLOCKS)}")
    given = {block: _number(block, weights[block]) if block in weights else 0.0 for block in BLOCKS}
    largest = max(given.values())
    if largest <= 0:
        raise BadWeights("at least one block needs a weight above 0")
    shares = {block: value / largest for block, value in given.items()}  # no overflow, whatever the scale
    total = math.fsum(shares.values())
    return {block: share / total for block, share in shares.items()}


def _number(block: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise BadWeights(f"the weight of {block} must be a number, not {value!r}") from None
    if isinstance(value, bool) or not math.isfinite(number):
        raise BadWeights(f"the weight of {block} must be a finite number, not {value!r}")
    if number < 0:
        raise BadWeights(f"the weight of {block} must not be negative, but is {value}")
    return number
