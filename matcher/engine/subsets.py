"""The best groups of a few people, exactly, by dynamic programming over all subsets.

The best for a set of people is the best for the set without its last member and one group that holds this member
(Rothkopf, Pekec and Harstad 1998, "Computationally manageable combinational auctions"). Subsets are bit masks, and the
arrays below hold one entry for each.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

EXACT = 16
"""Up to how many people every subset is looked at."""


def best_groups(
    value: Floats,
    closed: Mask,
    low: int,
    high: int,
    words: Sequence[npt.NDArray[np.uint64]] = (),
    has: Mask | None = None,
) -> list[list[int]]:
    """Groups of `low` to `high` people: as few left over as possible, then the largest sum of values within groups.

    value, closed : (n, n) symmetric, at most about 16 people. words : (n or more, k) bits of which all members of a
    group share one. has : (n or more, k), what some member of each group has.
    """
    n = len(value)
    worth, sound = _groups(value, closed, low, high, words, has)
    # One more person placed is worth more than all values together.
    worth += (2.0 * float(np.abs(value).sum()) + 1.0) * np.bitwise_count(np.arange(1 << n))
    best, taken = np.zeros(1 << n), np.zeros(1 << n, dtype=np.int64)
    for last in range(n):
        half = 1 << last
        rest = np.arange(half)
        # Of the sets with the very last person only the whole one matters.
        asked = rest if last < n - 1 else rest[-1:]
        best[half + asked] = best[asked]
        for group in np.flatnonzero(sound[half : 2 * half]).tolist():
            others = asked[(asked & group) == group] ^ group
            reached = best[others] + worth[half + group]
            better = reached > best[half + others + group]
            sets = half + others[better] + group
            best[sets], taken[sets] = reached[better], half + group
    groups: list[list[int]] = []
    people = (1 << n) - 1
    while people:
        group = int(taken[people])
        if group:
            groups.append([k for k in range(n) if group >> k & 1])
        people ^= group or 1 << people.bit_length() - 1
    return groups


def _groups(
    value: Floats, closed: Mask, low: int, high: int, words: Sequence[npt.NDArray[np.uint64]], has: Mask | None
) -> tuple[Floats, Mask]:
    """For each subset, the sum of its values and whether it may be a group."""
    n = len(value)
    subsets = np.arange(1 << n)
    size = np.bitwise_count(subsets)
    worth, sound = np.zeros(1 << n), np.ones(1 << n, dtype=bool)
    for k in range(n):
        half = 1 << k
        row = np.zeros(half)
        for j in range(k):
            row[1 << j : 2 << j] = row[: 1 << j] + value[k, j]
        worth[half : 2 * half] = worth[:half] + row
        barred = sum(1 << j for j in range(k) if closed[k, j])
        sound[half : 2 * half] = sound[:half] & (subsets[:half] & barred == 0)
    for shared in words:
        common = np.full((1 << n, shared.shape[1]), ~np.uint64(0))
        for k in range(n):
            common[1 << k : 2 << k] = common[: 1 << k] & shared[k]
        sound &= common.any(axis=1)
    for column in has.T if has is not None else ():
        sound &= subsets & sum(1 << k for k in range(n) if column[k]) != 0
    return worth, sound & (size >= low) & (size <= high)
