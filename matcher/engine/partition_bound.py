"""How much a partition into groups can be worth at most.

Each member of a group has between `low` - 1 and `high` - 1 partners, so the pairs within groups are a b-matching. Any
price y of a partner, one for each person, bounds what a b-matching is worth (duality of linear programming):
sum over people of y times the number of partners, plus what pairs are worth beyond the two prices.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NEAREST = 64
"""How many of a person's best partners are looked at when prices are sought."""

STEPS, DECAY = 200, 0.96
"""How often prices are changed, and how much smaller each step is."""


def upper_bound(value: Floats, closed: Mask, sizes: tuple[int, int], prices: Floats, *, everybody: bool) -> float:
    """No partition into groups of `sizes` (smallest, largest) is worth more: the lower of this bound and a plain one.

    The plain one is half of what everybody's best `high` - 1 partners are worth, where they are worth anything.
    everybody : nobody is left over, so that everybody has at least the fewest partners and a price may be negative.
    """
    n = len(value)
    if n < sizes[0]:
        return 0.0
    y = prices if everybody else prices.clip(min=0.0)
    high = min(sizes[1], n) - 1
    beyond = value - y[:, None]
    beyond -= y
    np.maximum(beyond, 0.0, out=beyond)
    beyond[closed] = 0.0
    np.fill_diagonal(beyond, 0.0)
    priced = (y * np.where(y > 0.0, high, sizes[0] - 1)).sum() + beyond.sum() / 2
    worth = np.maximum(value, 0.0)
    worth[closed] = 0.0
    np.fill_diagonal(worth, 0.0)
    worth.partition(n - high, axis=1)
    plain = worth[:, n - high :].sum() / 2
    return float(min(priced, plain))


def prices_of(value: Floats, closed: Mask, sizes: tuple[int, int]) -> Floats:
    """Prices (n,) that make the bound low, by subgradient steps over everybody's best partners.

    A price rises while more pairs beat the two prices than somebody can have partners.
    """
    n = len(value)
    if n < 2:
        return np.zeros(n)
    low, high = min(sizes[0], n) - 1, min(sizes[1], n) - 1
    k = min(max(NEAREST, 2 * high), n - 1)
    masked = np.where(closed, -np.inf, value)
    np.fill_diagonal(masked, -np.inf)
    best = np.argpartition(-masked, k - 1, axis=1)[:, :k]
    worth = -np.sort(-np.take_along_axis(masked, best, axis=1), axis=1)
    best = np.take_along_axis(
        best, np.argsort(-np.take_along_axis(masked, best, axis=1), axis=1, kind="stable"), axis=1
    )
    real = np.isfinite(worth)
    if not real.any():
        return np.zeros(n)
    y = np.where(real[:, high - 1], worth[:, high - 1], 0.0) / 2
    wide = float((worth[real].max() - worth[real].min()) / 4)
    settled = np.zeros(n)
    for step in range(STEPS):
        pairs = (worth > y[:, None] + y[best]).sum(axis=1)
        y = y + wide * DECAY**step * np.clip(pairs - np.where(y > 0.0, high, low), -1, 1)
        if step >= STEPS // 2:
            settled += y
    return settled / (STEPS - STEPS // 2)
