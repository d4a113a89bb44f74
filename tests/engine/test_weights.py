"""Block weights: read, checked, rescaled."""

import math

import pytest

from matcher.engine.weights import BLOCKS, DEFAULT_WEIGHTS, BadWeights, read_weights


def test_the_default_weights_sum_to_1() -> None:
    assert math.isclose(sum(read_weights().values()), 1.0)
    assert tuple(read_weights()) == BLOCKS == tuple(DEFAULT_WEIGHTS)


def test_weights_are_rescaled_and_blocks_left_out_weigh_nothing() -> None:
    read = read_weights({"skills": 3, "text": "1"})
    assert read["skills"] == 0.75
    assert read["text"] == 0.25
    assert read["goals"] == 0.0


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e300])
def test_the_scale_of_the_weights_does_not_matter(scale: float) -> None:
    assert read_weights({"skills": scale, "text": scale})["skills"] == 0.5


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"age": 1}, "unknown block 'age'"),
        ({"skills": -0.1}, "weight of skills must not be negative"),
        ({"skills": math.nan}, "weight of skills must be a finite number"),
        ({"skills": math.inf}, "weight of skills must be a finite number"),
        ({"skills": "much"}, "weight of skills must be a number, not 'much'"),
        ({"skills": None}, "weight of skills must be a number"),
        ({"skills": 0, "text": 0}, "at least one block"),
        ({}, "at least one block"),
    ],
)
def test_weights_that_cannot_be_used_are_refused_by_name(weights: dict[str, object], said: str) -> None:
    with pytest.raises(BadWeights, match=said):
        read_weights(weights)
