"""Partition of people into groups of given sizes so that the values of the pairs within groups sum to the most.

The clique partitioning problem is NP-hard. Up to `EXACT` people the answer is exact (`subsets`). Larger pools are
annealed in a very large neighbourhood: one member leaves every group and all of them are put back at once by an optimal
assignment (Ahuja, Ergun, Orlin and Punnen 2002, "A survey of very large-scale neighborhood search techniques"), whose
values are perturbed by noise that cools (Papandreou and Yuille 2011, "Perturb-and-MAP random fields"). A group that is
too small or breaks a rule is worth nothing, so whoever finds no place gathers in such groups and is left over.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from matcher.engine.assignment import LARGEST
from matcher.engine.chains import any_bit, place_more
from matcher.engine.partition_bound import prices_of, upper_bound
from matcher.engine.subsets import EXACT, best_groups

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

EFFORT = (300_000, 90_000)
"""Without a time limit: assignments times groups in each, where one spans all groups, and where not.

So the same input gives the same result in seconds.
"""

LEAST = 800
"""Without a time limit: how many assignments at least."""

WIDTH = 128
"""How many groups one assignment spans; of more groups, those around one person at a time."""

ROUNDS = 20
"""How many assignments in a row span the same groups."""

WARM, COLD = (0.3, 0.1), 0.05
"""Temperature at the start (where one assignment spans all groups, and where not) and at the end.

In standard deviations of the values. The last tenth of the search runs without noise and never loses value.
"""

PROBED, FEW = 5, 12
"""How many numbers of groups are tried for a tenth of the effort each, where sizes leave a choice or groups are few."""

STARTS = 5
"""How many searches from anew the best is taken of, where groups are few."""

RENEWALS, RENEWED = 60, 12
"""How often a few groups and people left over are put together anew by the exact method, and how many people at once.

Only where groups are few or somebody could still be placed.
"""

KEPT, SURELY = 0.05, 0.25
"""Where rules may leave somebody over: the share of the time that is kept to place them, and the seconds that are taken
for it even past the deadline."""


@dataclass(frozen=True, slots=True)
class Partition:
    """A result of `partition`.

    groups : lists of indices, each sorted, ordered by their first member. unplaced : indices left over.
    value : sum over groups of the values of their pairs. bound : no partition into such sizes that leaves as few over
    is worth more. prices : (n,) the price of a partner of each person that proves the bound; None where it is exact.
    """

    groups: list[list[int]]
    unplaced: list[int]
    value: float
    bound: float
    prices: Floats | None
    seconds: float


def partition(
    value: npt.ArrayLike,
    *,
    sizes: tuple[int, int],
    forbidden: npt.ArrayLike | None = None,
    seconds: float | None = None,
    random_state: int = 0,
    shared: Sequence[npt.ArrayLike] = (),
    needed: npt.ArrayLike | None = None,
) -> Partition:
    """Groups of `sizes` (smallest, largest) people: as few left over as possible, then the largest value.

    Parameters
    ----------
    value : (n, n) symmetric floats, larger is better together; nan means never in one group. The diagonal is ignored.
    forbidden : (n, n) bools, never in one group. seconds : time limit; None searches a fixed number of steps, so that
    the same input gives the same groups on any machine. shared : (n, k) bools each, such as the languages people speak:
    all members of a group have one column of each in common. needed : (n, k) bools, such as the roles people can take:
    every column is true for some member of each group.

    Raises ValueError for shapes, sizes and numbers out of range.
    """
    started = time.perf_counter()
    v, closed = _checked(value, forbidden, sizes)
    n = len(v)
    rules = Rules(sizes[0], min(sizes[1], max(n, 1)), [_bools(s, n, "shared") for s in shared], needed, n)
    for columns in rules.shared:
        closed |= nothing_in_common(columns)
    if n <= EXACT:
        groups, prices = best_groups(v, closed, rules.low, rules.high, rules.words, rules.has), None
    else:
        prices = prices_of(v, closed, sizes)
        search = _Search(v, closed, rules, np.random.default_rng(random_state))
        groups = search.run(started + seconds if seconds is not None else None)
    groups = sorted(sorted(g) for g in groups)
    total = float(sum(v[np.ix_(g, g)].sum() / 2 for g in groups))
    unplaced = sorted(set(range(n)) - {k for g in groups for k in g})
    bound = total if prices is None else upper_bound(v, closed, sizes, prices, everybody=not unplaced)
    return Partition(groups, unplaced, total, bound, prices, time.perf_counter() - started)


def _checked(value: npt.ArrayLike, forbidden: npt.ArrayLike | None, sizes: tuple[int, int]) -> tuple[Floats, Mask]:
    v = np.array(value, dtype=np.float64)
    if v.ndim != 2 or v.shape[0] != v.shape[1]:
        raise ValueError(f"value must be a square matrix, not {v.shape}")
    np.fill_diagonal(v, 0.0)
    if (np.abs(v) > LARGEST).any():
        raise ValueError(f"value holds an infinite number or one beyond {LARGEST:g}")
    closed = np.isnan(v)
    v[closed] = 0.0
    if (np.abs(v - v.T) > 1e-9 + 1e-9 * np.abs(v)).any():
        raise ValueError("value must be symmetric")
    if forbidden is not None:
        barred = np.asarray(forbidden, dtype=bool)
        if barred.shape != v.shape:
            raise ValueError(f"forbidden must have the shape of value, {v.shape}, not {barred.shape}")
        closed |= barred
    closed |= closed.T
    np.fill_diagonal(closed, False)
    v = np.where(closed, 0.0, (v + v.T) / 2)
    if not 2 <= sizes[0] <= sizes[1]:
        raise ValueError(f"sizes must be a smallest of at least 2 and a largest not below it, not {sizes}")
    return v, closed


def _bools(given: npt.ArrayLike, people: int, name: str) -> Mask:
    found = np.asarray(given, dtype=bool)
    if found.ndim != 2 or len(found) != people:
        raise ValueError(f"{name} must be (people, columns) of {people} people, not {found.shape}")
    return found


class Rules:
    """What a group must be: its size, what all members share (bits in words) and what some member must have.

    The last row of `words` and `has` stands for an empty place.
    """

    def __init__(self, low: int, high: int, shared: Sequence[Mask], needed: npt.ArrayLike | None, people: int) -> None:
        self.low, self.high = low, high
        self.shared = shared
        self.words = [_packed(columns) for columns in shared]
        has = np.zeros((people, 0), dtype=bool) if needed is None else _bools(needed, people, "needed")
        self.has = np.vstack([has, np.zeros((1, has.shape[1]), dtype=bool)])

    def allow(self, members: Sequence[int]) -> bool:
        """Whether these people share what they must and have what a group needs; sizes and pairs aside."""
        some = list(members)
        return bool(
            all(np.bitwise_and.reduce(words[some], axis=0).any() for words in self.words)
            and self.has[some].any(axis=0).all()
        )


def _packed(columns: Mask) -> Words:
    """(n, k) bools as (n + 1, words) of bits; columns of the same people are one. The last row has every bit."""
    unlike = np.unique(columns, axis=1) if columns.size else np.zeros((len(columns), 1), dtype=bool)
    full = np.vstack([unlike, np.ones((1, unlike.shape[1]), dtype=bool)])
    bits = np.packbits(full, axis=1)
    room = -bits.shape[1] % 8
    return np.ascontiguousarray(np.pad(bits, ((0, 0), (0, room)))).view(np.uint64)


def nothing_in_common(columns: Mask) -> Mask:
    """Pairs (n, n) of rows without a column that is true in both."""
    # Counts below 2**24 are exact in single precision.
    counts = columns.astype(np.float32)
    apart = counts @ counts.T == 0.0
    np.fill_diagonal(apart, False)
    return apart


def group_counts(people: int, low: int, high: int) -> tuple[range, int]:
    """The numbers of groups that hold as many people as possible, and how many people these are."""
    counts = [g for g in range(people // high, people // low + 1) if g > 0]
    most = max((min(people, g * high) for g in counts), default=0)
    possible = [g for g in counts if min(people, g * high) == most]
    return (range(possible[0], possible[-1] + 1), most) if possible else (range(0), 0)


class _Search:
    """The state of the search: the places of each group, filled with people or empty (the number `n`)."""

    def __init__(self, value: Floats, closed: Mask, rules: Rules, rng: np.random.Generator) -> None:
        self.value, self.closed, self.rules, self.rng = value, closed, rules, rng
        n, h = len(value), rules.high
        self.n = n
        # Values are at most 1. One forbidden pair costs more than a group can be worth, and a place is worth more too.
        self.penalty = self.reward = 4.0 * h * h
        self.worth = np.zeros((n + 1, n + 1))
        self.worth[:n, :n] = value / (float(np.abs(value).max(initial=0.0)) or 1.0)
        pairs = ~closed
        np.fill_diagonal(pairs, False)
        self.spread = float(self.worth[:n, :n][pairs].std()) if pairs.any() else 0.0
        self.worth[:n, :n][closed] = -self.penalty
        self.noise = rng.gumbel(size=1 << 18)
        self.slots = np.zeros((0, h), dtype=np.int64)
        self.ruled = bool(closed.any() or rules.words or rules.has.shape[1])

    def run(self, deadline: float | None) -> list[list[int]]:
        """Searches until the deadline, or for a fixed number of assignments; the groups."""
        counts, most = group_counts(self.n, self.rules.low, self.rules.high)
        if not counts:
            return []
        starts = STARTS if counts[0] <= FEW else 1
        best: list[list[int]] = []
        for left in range(starts, 0, -1):
            now = time.perf_counter()
            until = None if deadline is None else now + (deadline - now) / left
            best = max(best, self._from_anew(counts, most, until), key=self._rank)
        return best

    def _rank(self, groups: Sequence[Sequence[int]]) -> tuple[int, float]:
        """What makes groups better than others: how many people are placed, then the value."""
        return sum(map(len, groups)), self._total(groups)

    def _from_anew(self, counts: range, most: int, deadline: float | None) -> list[list[int]]:
        """One search from groups at random."""
        spaced = np.linspace(0, len(counts) - 1, PROBED).round().astype(int)
        tried = [counts[k] for k in (spaced if counts[0] <= FEW else sorted(set(spaced.tolist())))]
        early = deadline
        if deadline is not None and self.ruled:
            early = deadline - KEPT * (deadline - time.perf_counter())
        found = [self._found(count, most, 0.1, early) for count in (tried if len(tried) > 1 else [])]
        count = max(found)[2] if found else counts[0]
        found.append(self._found(count, most, 1.0 - 0.1 * len(found), early))
        groups = max(found)[3]
        self._renew(groups, self.n - most, deadline)
        if deadline is not None:
            deadline = max(deadline, time.perf_counter() + SURELY)
        return self._placed_more(groups, 1.0, deadline) if self.ruled else groups

    def _found(
        self, count: int, held: int, share: float, deadline: float | None
    ) -> tuple[int, float, int, list[list[int]]]:
        """How many people are placed, the value, how many groups were dealt, and the groups."""
        self._deal(count, held)
        self._anneal(share, deadline)
        groups = self._sound()
        if self.ruled:
            now = time.perf_counter()
            until = None if deadline is None else now + KEPT * max(0.0, deadline - now)
            groups = self._placed_more(groups, share, until)
        return sum(map(len, groups)), self._total(groups), count, groups

    def _deal(self, count: int, held: int) -> None:
        """People dealt into so many groups of even sizes, and whoever is too many into further ones.

        At random where one assignment spans all groups; else each group grows around a random person.
        """
        n, h = self.n, self.rules.high
        sizes = [held // count + (g < held % count) for g in range(count)]
        sizes += [min(h, n - held - k) for k in range(0, n - held, h)]
        self.slots = np.full((len(sizes), h), n, dtype=np.int64)
        if len(sizes) <= WIDTH:
            self.slots[np.arange(h) < np.array(sizes)[:, None]] = self.rng.permutation(n)
            return
        taken = np.zeros(n)
        order = iter(self.rng.permutation(n).tolist())
        for places, size in zip(self.slots, sizes, strict=True):
            places[0] = next(k for k in order if not taken[k])
            sums = taken.copy()
            for k in range(1, size):
                taken[places[k - 1]] = sums[places[k - 1]] = -np.inf
                sums += self.worth[places[k - 1], :n]
                places[k] = sums.argmax()
            taken[places[size - 1]] = -np.inf

    def _anneal(self, share: float, deadline: float | None, *, noisy: bool = True) -> None:
        """Cools for a share of the effort, or of the time that is left to the deadline."""
        number = len(self.slots)
        width = min(number, WIDTH)
        warm = self.spread * WARM[number > WIDTH]
        begun = time.perf_counter()
        steps = max(1, round(share * min(max(LEAST, 200 * number), EFFORT[number > WIDTH] // width) / ROUNDS))
        step = 0
        while True:
            if deadline is None:
                done = step / steps
            else:
                done = (time.perf_counter() - begun) / max(share * (deadline - begun), 1e-9)
            if done >= 1.0 and step > 0:
                return
            cold = done >= 0.9 or not (noisy and self.spread)
            heat = 0.0 if cold else warm * (COLD * self.spread / warm) ** (done / 0.9)
            self._reassign(self._near(width), heat)
            step += 1

    def _near(self, width: int) -> Ints:
        """Groups around a random person, or all groups if they are few."""
        number = len(self.slots)
        if number <= width:
            return np.arange(number)
        of = np.empty(self.n + 1, dtype=np.int64)
        of[self.slots] = np.arange(number)[:, None]
        person = int(self.rng.integers(self.n))
        key = self.worth[person, :-1] + 0.5 * self.spread * self._noise(self.n)
        near = np.argpartition(-key, min(2 * width, self.n - 1))[: 2 * width]
        groups = np.unique(np.append(of[near], of[person]))
        return self.rng.permutation(groups)[:width]

    def _noise(self, size: int) -> Floats:
        """Gumbel noise, cut from a store: drawing it anew takes longer than the rest."""
        if size > len(self.noise) // 2:
            return self.rng.gumbel(size=size)
        start = int(self.rng.integers(len(self.noise) - size))
        return self.noise[start : start + size]

    def _reassign(self, chosen: Ints, heat: float) -> None:
        """Some rounds in these groups: a random place of each is emptied, and whoever was there is put back best."""
        rules, h, m = self.rules, self.rules.high, len(chosen)
        ids = self.slots[chosen].ravel()
        within = self._within(ids)
        sums = within.reshape(m, h, m * h).sum(axis=1)
        cell, row = np.arange(m * h).reshape(m, h), np.arange(m)
        real = (ids < self.n).astype(np.float64)
        sized = bool(real.all()) and rules.low == h
        ruled = bool(rules.words) or rules.has.shape[1] > 0
        for _ in range(ROUNDS):
            place = self.rng.integers(0, h, m)
            leaving = cell[row, place]
            own = sums[row[:, None], cell]
            rest = own.sum(axis=1) / 2 - own[row, place]
            # Value of each group (row) with each person (column) in the emptied place.
            score = sums.take(leaving, axis=1)
            score -= within[leaving[:, None], leaving]
            score += rest[:, None]
            broken = score < -self.penalty / 2
            if sized and not ruled:
                # Everybody counts the same, so that only what a broken group lacks tells.
                score = np.where(broken, score / self.penalty - self.reward * h, score)
            else:
                lacks = np.where(broken, score, 0.0) / -self.penalty
                if ruled:
                    lacks += self._lacks(ids, cell, place, leaving)
                size = (real[cell].sum(axis=1) - real[leaving])[:, None] + real[leaving]
                lacks = np.where(size > 0.0, lacks + np.maximum(rules.low - size, 0.0), 0.0)
                score = np.where(lacks > 0.0, -lacks, score + self.reward * size)
            if heat:
                score += heat * self._noise(m * m).reshape(m, m)
            coming = leaving[linear_sum_assignment(score, maximize=True)[1]]
            moved = np.flatnonzero(coming != leaving)
            cell[moved, place[moved]] = coming[moved]
            change = within.take(coming[moved], axis=0)
            change -= within.take(leaving[moved], axis=0)
            sums[moved] += change
        self.slots[chosen] = ids[cell]

    def _within(self, ids: Ints) -> Floats:
        """What these places are worth to each other; a few rows at a time, which stay in the processor's cache."""
        found = np.empty((len(ids), len(ids)))
        for k in range(0, len(ids), 64):
            found[k : k + 64] = self.worth[ids[k : k + 64]].take(ids, axis=1)
        return found

    def _lacks(self, ids: Ints, cell: Ints, place: Ints, leaving: Ints) -> Floats:
        """How many rules about whole groups each group (row) breaks with each person (column) in the emptied place."""
        row = np.arange(len(cell))
        members, persons = ids[cell], ids[leaving]
        members[row, place] = self.n
        found = np.zeros((len(cell), len(cell)))
        for words in self.rules.words:
            common = np.bitwise_and.reduce(words[members], axis=1)
            found += ~any_bit(common.T[:, :, None], words[persons].T[:, None, :])
        for has in self.rules.has.T:
            found += ~(has[members].any(axis=1)[:, None] | has[persons])
        return found

    def _sound(self) -> list[list[int]]:
        """The groups that are whole and break no rule."""
        slots = self.slots
        real = slots < self.n
        people = np.where(real, slots, slots.min(axis=1, initial=self.n - 1, keepdims=True))
        sound = real.sum(axis=1) >= self.rules.low
        sound &= ~self.closed[people[:, :, None], people[:, None, :]].any(axis=(1, 2))
        for words in self.rules.words:
            sound &= np.bitwise_and.reduce(words[slots], axis=1).any(axis=1)
        for has in self.rules.has.T:
            sound &= has[slots].any(axis=1)
        return [[k for k in places if k < self.n] for places in slots[sound].tolist()]

    def _total(self, groups: Sequence[Sequence[int]]) -> float:
        return float(sum(self.worth[np.ix_(g, g)].sum() / 2 for g in groups))

    def _placed_more(self, groups: list[list[int]], share: float, deadline: float | None) -> list[list[int]]:
        """Groups that leave fewer over, if any are found, and then as good as the search without noise makes them."""
        more = [list(g) for g in groups]
        until = np.inf if deadline is None else deadline
        place_more(more, self.closed, self.rules, self.rng, lambda: time.perf_counter() > until)
        if sum(map(len, more)) == sum(map(len, groups)):
            return groups
        left = sorted(set(range(self.n)) - {k for g in more for k in g})
        dealt = [*more, *(left[k : k + self.rules.high] for k in range(0, len(left), self.rules.high))]
        self.slots = np.full((len(dealt), self.rules.high), self.n, dtype=np.int64)
        for places, group in zip(self.slots, dealt, strict=True):
            places[: len(group)] = group
        self._anneal(0.1 * share, deadline, noisy=False)
        return max(more, self._sound(), key=self._rank)

    def _renew(self, groups: list[list[int]], fewest: int, deadline: float | None) -> None:
        """Puts a few groups and some of those left over together anew by the exact method, again and again."""
        rules = self.rules
        for _ in range(RENEWALS):
            left = sorted(set(range(self.n)) - {k for g in groups for k in g})
            enough = len(left) <= fewest and len(groups) > FEW
            if enough or (deadline is not None and time.perf_counter() > deadline):
                return
            some = self.rng.permutation(left)[: RENEWED // 3].tolist()
            opened: list[int] = []
            for g in self.rng.permutation(len(groups)).tolist():
                if len(some) + len(groups[g]) <= RENEWED:
                    opened.append(g)
                    some += groups[g]
            some.sort()
            block, rows = np.ix_(some, some), [*some, -1]
            words = [w[rows] for w in rules.words]
            best = best_groups(self.worth[block], self.closed[block], rules.low, rules.high, words, rules.has[rows])
            groups[:] = [g for k, g in enumerate(groups) if k not in opened] + [[some[k] for k in g] for g in best]
