"""Vectors that behave like profiles: many people of a few hundred kinds, on axes of falling weight, unit rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

KINDS = 600
OWN = 0.7  # of what makes somebody different from the others of a kind


@dataclass(frozen=True, slots=True)
class Instance:
    """Mentees (n, d), mentors (m, d), float32 unit rows; places (m,) of each mentor, 1 to 4."""

    seeks: npt.NDArray[np.float32]
    offers: npt.NDArray[np.float32]
    capacity: npt.NDArray[np.int64]


def instance(n: int, m: int, d: int = 128, seed: int = 0) -> Instance:
    """The same for the same numbers."""
    random = np.random.default_rng(seed)
    axes = np.exp(-np.arange(d) / (d / 4))
    kinds = random.normal(size=(KINDS, d)) * axes

    def rows(count: int) -> npt.NDArray[np.float32]:
        found = kinds[random.integers(KINDS, size=count)] + OWN * random.normal(size=(count, d)) * axes
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

    return Instance(rows(n), rows(m), random.integers(1, 5, size=m))
