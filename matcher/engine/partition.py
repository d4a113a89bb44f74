"""Partition of people into groups of given sizes so that the values of the pairs within groups sum to the most.

The clique partitioning problem is NP-hard. This is iterated local search (Lourenco, Martin and Stuetzle 2003):
exchanges and moves of single members, each the best of a whole row of possibilities at once, then small shakes of a few
groups that are kept when they do not make it worse. A forbidden pair costs more than all values together can bring.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SHAKES = 300_000
"""Without a time limit: shakes times people, so that the same input gives the same result in a few seconds."""

TRIED = 12
"""How many of the best exchanges of a person are tried against the rules of whole groups."""


@dataclass(frozen=True, slots=True)
class Partition:
    """A result of `partition`.

    groups : lists of indices, each sorted, ordered by their first member. unplaced : indices left over.
    value : sum over groups of the values of their pairs. bound : no partition into such sizes is worth more.
    """

    groups: list[list[int]]
    unplaced: list[int]
    value: float
    bound: float
    seconds: float


def partition(
    value: npt.ArrayLike,
    *,
    sizes: tuple[int, int],
    forbidden: npt.ArrayLike | None = None,
    seconds: float | None = None,
    random_state: int = 0,
    fits: Callable[[Sequence[int]], bool] | None = None,
) -> Partition:
    """Groups of `sizes` (smallest, largest) people.

    Parameters
    ----------
    value : (n, n) symmetric floats, larger is better together; nan means never in one group. The diagonal is ignored.
    forbidden : (n, n) bools, never in one group. seconds : time limit; None searches a fixed number of steps, so that
    the same input gives the same groups on any machine. fits : whether these people may be one group, for rules that
    are not about pairs.

    Raises ValueError for shapes, sizes and numbers out of range.
    """
    started = time.perf_counter()
    v, closed = _checked(value, forbidden, sizes)
    low, high = sizes
    search = _Search(v, closed, low, high, np.random.default_rng(random_state), fits)
    search.run(started + seconds if seconds is not None else None)
    groups, unplaced = search.result()
    total = float(sum(v[np.ix_(g, g)].sum() / 2 for g in groups))
    return Partition(groups, unplaced, total, upper_bound(v, closed, high), time.perf_counter() - started)


def upper_bound(value: Floats, closed: npt.NDArray[np.bool_], high: int) -> float:
    """Half the sum over people of what their `high` - 1 best allowed partners are worth, where that is positive."""
    if len(value) < 2:
        return 0.0
    open_values = np.where(closed, 0.0, value).clip(min=0.0)
    np.fill_diagonal(open_values, 0.0)
    best = -np.partition(-open_values, min(high - 2, len(value) - 1), axis=1)[:, : high - 1]
    return float(best.sum() / 2)


def _checked(
    value: npt.ArrayLike, forbidden: npt.ArrayLike | None, sizes: tuple[int, int]
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    v = np.array(value, dtype=np.float64)
    if v.ndim != 2 or v.shape[0] != v.shape[1]:
        raise ValueError(f"value must be a square matrix, not {v.shape}")
    np.fill_diagonal(v, 0.0)
    if np.isinf(v).any():
        raise ValueError("value holds an infinite number")
    closed = np.isnan(v)
    v[closed] = 0.0
    if not np.allclose(v, v.T, rtol=1e-9, atol=1e-9):
        raise ValueError("value must be symmetric")
    if forbidden is not None:
        closed |= np.asarray(forbidden, dtype=bool)
    closed |= closed.T
    np.fill_diagonal(closed, False)
    v = np.where(closed, 0.0, (v + v.T) / 2)
    if not 2 <= sizes[0] <= sizes[1]:
        raise ValueError(f"sizes must be a smallest of at least 2 and a largest not below it, not {sizes}")
    return v, closed


def group_count(people: int, low: int, high: int, *, large: bool) -> tuple[int, int]:
    """How many groups, and how many people they hold: as many people as possible, in few (`large`) or many groups."""
    counts = [g for g in range(people // high, people // low + 2) if g * low <= people]
    most = max(min(people, g * high) for g in counts) if counts else 0
    possible = [g for g in counts if min(people, g * high) == most and g > 0]
    return ((min(possible) if large else max(possible)), most) if possible else (0, 0)


class _Search:
    """The state of the search: who is in which group, and what each person would be worth in each group."""

    def __init__(
        self,
        value: Floats,
        closed: npt.NDArray[np.bool_],
        low: int,
        high: int,
        rng: np.random.Generator,
        fits: Callable[[Sequence[int]], bool] | None,
    ) -> None:
        self.value, self.closed, self.low, self.high, self.rng, self.fits = value, closed, low, high, rng, fits
        n = len(value)
        self.penalty = 4.0 * (float(np.abs(value).max(initial=0.0)) * high * high + 1.0)
        self.worth = np.where(closed, -self.penalty, value)
        self.groups, held = group_count(n, low, high, large=float(value.sum()) >= 0.0)
        # Group number `groups` is the bench: nobody there is worth anything to anybody.
        self.of = np.full(n, self.groups, dtype=np.int64)
        self.size = np.zeros(self.groups + 1, dtype=np.int64)
        self.sums = np.zeros((n, self.groups + 1))
        if self.groups:
            self._begin(held)

    def _begin(self, held: int) -> None:
        """A greedy start: whoever has most to give first, each into the group that gains most and has room."""
        room = np.full(self.groups, held // self.groups)
        room[: held % self.groups] += 1
        for i in np.argsort(-self.worth.sum(axis=1), kind="stable"):
            gains = np.where(self.size[:-1] < room, self.sums[i, :-1] - (self.size[:-1] == 0) * 1e-9, -np.inf)
            for g in np.argsort(-gains, kind="stable")[: self.groups if self.fits else 1]:
                if np.isfinite(gains[g]) and self._fits([*self._members(g), i]):
                    self._put(int(i), int(g))
                    break

    def _members(self, group: int) -> list[int]:
        return np.flatnonzero(self.of == group).tolist()

    def _fits(self, members: Sequence[int]) -> bool:
        return self.fits is None or self.fits([int(k) for k in members])

    def _put(self, person: int, group: int) -> None:
        """Moves a person to a group; the bench takes anybody and is worth nothing."""
        before = int(self.of[person])
        if before < self.groups:
            self.sums[:, before] -= self.worth[person]
        if group < self.groups:
            self.sums[:, group] += self.worth[person]
        self.size[before] -= before < self.groups or self.size[before] > 0
        self.size[group] += 1
        self.of[person] = group

    def total(self) -> float:
        """Value of the groups, penalties included."""
        placed = self.of < self.groups
        return float(self.sums[placed, self.of[placed]].sum() / 2)

    def run(self, deadline: float | None) -> None:
        """Improves until the deadline, or for a fixed number of shakes."""
        n = len(self.value)
        if not self.groups:
            return
        self._descend(range(n))
        best, kept = self.total(), self.of.copy()
        shakes = min(max(20, SHAKES // max(n, 1)), 25 * n)
        while (time.perf_counter() < deadline) if deadline is not None else shakes > 0:
            shakes -= 1
            touched = self._shake()
            self._descend(touched)
            reached = self.total()
            if reached >= best - 1e-12:
                best, kept = reached, self.of.copy()
            else:
                self._restore(kept)
        self._restore(kept)

    def _restore(self, kept: Ints) -> None:
        for person in np.flatnonzero(self.of != kept):
            self._put(int(person), int(kept[person]))

    def _shake(self) -> list[int]:
        """A few random exchanges among a few neighbouring groups; returns everybody in them."""
        first = int(self.rng.integers(self.groups))
        near = self.sums[self._members(first)][:, : self.groups].sum(axis=0) + self.rng.random(self.groups) * self.high
        chosen = [first, *(int(g) for g in np.argsort(-near, kind="stable")[:3] if g != first)]
        people = [person for group in chosen for person in self._members(group)]
        for _ in range(int(self.rng.integers(2, 5))):
            a, b = (int(p) for p in self.rng.choice(people, 2, replace=False)) if len(people) > 1 else (0, 0)
            if self.of[a] != self.of[b] and self._exchange_fits(a, b):
                self._exchange(a, b)
        return people

    def _exchange(self, a: int, b: int) -> None:
        group_a, group_b = int(self.of[a]), int(self.of[b])
        self._put(a, group_b)
        self._put(b, group_a)

    def _exchange_fits(self, a: int, b: int) -> bool:
        if self.fits is None:
            return True
        for leaving, coming in ((a, b), (b, a)):
            group = int(self.of[leaving])
            if group < self.groups and not self.fits([*(p for p in self._members(group) if p != leaving), coming]):
                return False
        return True

    def _descend(self, people: Sequence[int] | range) -> None:
        """Best exchange or move of one person after the other until nobody in the queue gains."""
        queue, waiting = list(people), set(people)
        while queue:
            person = queue.pop(0)
            waiting.discard(person)
            for moved in self._improve(person):
                for other in self._members(int(self.of[moved])) if self.of[moved] < self.groups else [moved]:
                    if other not in waiting:
                        queue.append(other)
                        waiting.add(other)

    def _improve(self, person: int) -> list[int]:
        """Takes the best gain that this person's exchanges and moves offer; returns who moved."""
        group = int(self.of[person])
        mine, own = self.sums[person], self.sums[np.arange(len(self.of)), self.of]
        exchange = mine[self.of] - mine[group] + self.sums[:, group] - own - 2.0 * self.worth[person]
        if self.groups in self.of:
            # Nobody loses or gains anything on the bench.
            bench = self.of == self.groups
            link = 2.0 * self.worth[person] * (bench if group < self.groups else ~bench)
            exchange = exchange + link * 0.5
        exchange[self.of == group] = -np.inf
        for other in self._candidates(exchange):
            if self._exchange_fits(person, other):
                if exchange[other] < self._best_move(person, group)[0]:
                    break
                self._exchange(person, other)
                return [person, other]
        gain, target = self._best_move(person, group)
        if gain > 1e-9:
            self._put(person, target)
            return [person]
        return []

    def _candidates(self, gains: Floats) -> list[int]:
        """The people with the largest positive gains, best first."""
        if self.fits is None:
            best = int(np.argmax(gains))
            return [best] if gains[best] > 1e-9 else []
        good = np.flatnonzero(gains > 1e-9)
        return [int(k) for k in good[np.argsort(-gains[good], kind="stable")][:TRIED]]

    def _best_move(self, person: int, group: int) -> tuple[float, int]:
        """The best gain of moving alone into a group with room, and that group."""
        if group < self.groups and self.size[group] <= self.low:
            return -np.inf, group
        gains = np.where(self.size[: self.groups] < self.high, self.sums[person, : self.groups], -np.inf)
        if group < self.groups:
            gains = gains - self.sums[person, group]
            gains[group] = -np.inf
        else:
            # A place is worth more than staying on the bench, whatever the values, as long as nothing is forbidden.
            gains = gains + self.penalty / 2
        for target in np.argsort(-gains, kind="stable")[: TRIED if self.fits else 1]:
            if gains[target] > 1e-9 and self._fits([*self._members(int(target)), person]):
                return float(gains[target]), int(target)
        return -np.inf, group

    def result(self) -> tuple[list[list[int]], list[int]]:
        """The groups without any forbidden pair and of allowed size; whoever does not fit is left over."""
        groups, left = [], self._members(self.groups) if self.groups else list(range(len(self.of)))
        for number in range(self.groups):
            members = self._members(number)
            while members and (conflicts := self.closed[np.ix_(members, members)].sum(axis=1)).any():
                left.append(members.pop(int(np.argmax(conflicts))))
            if len(members) >= self.low and self._fits(members):
                groups.append(members)
            else:
                left += members
        self._seat(groups, left)
        return sorted(sorted(g) for g in groups), sorted(left)

    def _seat(self, groups: list[list[int]], left: list[int]) -> None:
        """Gives those left over a place where one is free and nothing forbids it."""
        for person in sorted(left):
            for group in groups:
                if len(group) < self.high and not self.closed[person, group].any() and self._fits([*group, person]):
                    group.append(person)
                    left.remove(person)
                    break
