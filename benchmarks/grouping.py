"""Groups of a plain matrix against one steepest descent of pairwise swaps from a random start.

    .venv/bin/python benchmarks/grouping.py --people 240 --size 4 --seconds 10

The descent is the usual cheap way: the best swap of all is made until none gains. A forbidden pair costs it 100.
"""

import argparse
import time

import numpy as np
import numpy.typing as npt

from matcher import partition

Floats = npt.NDArray[np.float64]
FORBIDDEN = 0.1


def values(kind: str, people: int, seed: int) -> Floats:
    """A symmetric matrix (people, people), a tenth of it forbidden (nan)."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(people // 12 + 1, 8))
    points = {
        "low rank": rng.normal(size=(people, 5)),
        "clusters": centres[rng.integers(0, len(centres), people)] + 0.5 * rng.normal(size=(people, 8)),
    }
    if kind in points:
        x = points[kind] / np.linalg.norm(points[kind], axis=1, keepdims=True)
        v = x @ x.T
    elif kind == "distances":
        x = rng.random((people, 2))
        v = 1 - np.linalg.norm(x[:, None] - x, axis=2)
    else:
        dense = rng.random((people, people))
        sparse = np.where(rng.random((people, people)) < 0.05, dense, 0.0)
        v = {"dense": dense, "ties": np.floor(4 * dense), "sparse": sparse, "negative": -dense}[kind]
    v = np.triu(v, 1)
    v[np.triu(rng.random((people, people)) < FORBIDDEN, 1)] = np.nan
    return v + v.T


def descent(v: Floats, size: int, seed: int) -> float:
    """What the descent reaches; `people` is a multiple of `size`."""
    rng = np.random.default_rng(seed)
    n = len(v)
    w = np.nan_to_num(v, nan=-100.0)
    np.fill_diagonal(w, 0.0)
    of = rng.permutation(n) // size
    while True:
        sums = w @ np.eye(n // size)[of]
        own, there = sums[np.arange(n), of], sums[:, of]
        gain = there + there.T - own[:, None] - own - 2 * w
        gain[of[:, None] == of] = 0.0
        i, j = divmod(int(gain.argmax()), n)
        if gain[i, j] < 1e-9:
            return float(own.sum() / 2)
        of[i], of[j] = of[j], of[i]


def main() -> None:
    """Prints a line for each kind of matrix."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--people", type=int, default=240)
    asked.add_argument("--size", type=int, default=4)
    asked.add_argument("--seconds", type=float)
    asked.add_argument("--seed", type=int, default=1)
    args = asked.parse_args()
    people = args.people // args.size * args.size
    for kind in ("dense", "low rank", "clusters", "distances", "ties", "sparse", "negative"):
        v = values(kind, people, args.seed)
        peer = descent(v, args.size, args.seed)
        started = time.process_time()
        found = partition(v, sizes=(args.size, args.size), seconds=args.seconds)
        gain, took = (found.value - peer) / abs(peer), time.process_time() - started
        print(
            f"{kind:10} descent {peer:9.3f}, groups {found.value:9.3f}, better by {gain:7.2%}, "
            f"bound {found.bound:9.3f}, left over {len(found.unplaced)}, {took:.1f} s of a core"
        )


if __name__ == "__main__":
    main()
