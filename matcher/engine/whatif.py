"""What if: the optimum under other settings, and what would be different, before anything is sent.

A question leaves the pool as it is: the affinities under new weights come from the parts of the seek rows
(`Pool.changed`), the assignment is solved anew, and both assignments are compared mentee by mentee. Gains and losses
are measured by the new weights on both sides, so that who keeps a mentor neither gains nor loses.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from matcher.domain.rules import Rule
from matcher.engine.affinity import Pool
from matcher.engine.assignment import Assignment, Floats, Infeasible, Mask, assign, columns_of
from matcher.engine.augmenting import Ints
from matcher.engine.matching import Pair, UnknownPerson, position, refuse_broken_pins

ROUNDING = 1e-9
"""A smaller gain is none."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Settings to ask about.

    weights : one a block as for Pool, None for those of the pool. ignore : rules to leave out. capacity : places of
    some mentors by id; the others keep theirs. pinned : all pairs that must be. forbidden : pairs that must not be,
    besides those barred in the pool. objective : as for `assign`.
    """

    weights: Mapping[str, float] | None = None
    ignore: frozenset[Rule] = frozenset()
    capacity: Mapping[str, int] = field(default_factory=dict)
    pinned: tuple[Pair, ...] = ()
    forbidden: tuple[Pair, ...] = ()
    objective: str = "total"

    def to_json(self) -> dict[str, Any]:
        """Plain data for JSON; `from_json` reads it back."""
        return {
            "weights": None if self.weights is None else dict(self.weights),
            "ignore": [rule.value for rule in Rule if rule in self.ignore],
            "capacity": dict(sorted(self.capacity.items())),
            "pinned": [list(pair) for pair in self.pinned],
            "forbidden": [list(pair) for pair in self.forbidden],
            "objective": self.objective,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Scenario":
        """The scenario that `to_json` wrote."""
        return cls(
            weights=data["weights"],
            ignore=frozenset(Rule(rule) for rule in data["ignore"]),
            capacity=data["capacity"],
            pinned=tuple((mentee, mentor) for mentee, mentor in data["pinned"]),
            forbidden=tuple((mentee, mentor) for mentee, mentor in data["forbidden"]),
            objective=data["objective"],
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """How an assignment stands for some mentees: how many they are, how many are matched, the sum and the smallest of
    their affinities (0.0 when nobody is matched)."""

    mentees: int
    matched: int
    total: float
    lowest: float

    @property
    def coverage(self) -> float:
        """The part that is matched, 0 to 1; 1 of nobody."""
        return self.matched / self.mentees if self.mentees else 1.0


@dataclass(frozen=True, slots=True)
class Contrast:
    """Before and after for some mentees.

    rescored : the pairs of before by the weights of after. moved, gaining, losing : how many have somebody else, or
    somebody where there was nobody, or the reverse; and for how many that is more, or less, affinity.
    """

    before: Standing
    rescored: Standing
    after: Standing
    moved: int
    gaining: int
    losing: int


@dataclass(frozen=True, slots=True)
class Change:
    """A mentee whose mentor would be another one; None for nobody.

    affinity_before, affinity_after : of the two pairs, each by the weights of its time, 0.0 with nobody. gain : what
    the change is worth to the mentee by the new weights.
    """

    mentee_id: str
    before: str | None
    after: str | None
    affinity_before: float
    affinity_after: float
    gain: float


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer: the new optimum and what is different.

    pairs : (mentee id, mentor id, affinity), by mentee. changes : by mentee. by_stage, by_discipline : of the mentees,
    "" for none; somebody with several disciplines counts in each. bound, gap : as of `assign`.
    """

    scenario: Scenario
    weights: Mapping[str, float]
    pairs: tuple[tuple[str, str, float], ...]
    changes: tuple[Change, ...]
    overall: Contrast
    by_stage: Mapping[str, Contrast]
    by_discipline: Mapping[str, Contrast]
    bound: float
    gap: float

    @property
    def moved(self) -> tuple[Change, ...]:
        """Who would have another mentor, whoever gains most first."""
        return self._most_first(c for c in self.changes if c.before and c.after)

    @property
    def newly_matched(self) -> tuple[Change, ...]:
        """Who would have somebody and has nobody."""
        return self._most_first(c for c in self.changes if not c.before)

    @property
    def newly_unmatched(self) -> tuple[Change, ...]:
        """Who has somebody and would have nobody."""
        return self._most_first(c for c in self.changes if not c.after)

    @staticmethod
    def _most_first(changes: Iterable[Change]) -> tuple[Change, ...]:
        return tuple(sorted(changes, key=lambda c: (-c.gain, c.mentee_id)))

    def to_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "scenario": self.scenario.to_json(),
            "weights": dict(self.weights),
            "pairs": [list(pair) for pair in self.pairs],
            "changes": [asdict(change) for change in self.changes],
            "overall": asdict(self.overall),
            "by_stage": {stage: asdict(contrast) for stage, contrast in self.by_stage.items()},
            "by_discipline": {discipline: asdict(contrast) for discipline, contrast in self.by_discipline.items()},
            "bound": self.bound,
            "gap": self.gap,
        }


def what_if(pool: Pool, before: Assignment, scenario: Scenario, *, among: Mask | None = None) -> WhatIf:
    """The optimum of a pool under other settings, compared with the assignment that it has.

    Parameters
    ----------
    pool, before : everybody, scored, and a result of `assign` for them; both stay as they are. `scenario` is laid over
        the settings of the pool.
    among : (n,) bools, the mentees who are looking; None for all.

    Raises
    ------
    UnknownPerson : a pair or a place of somebody who is not in the pool in that role. BrokenPin : a pin that a rule
    forbids. Infeasible : pins that cannot be together. BadWeights. ValueError : places below 0, another objective.
    """
    looking = np.ones(len(pool.mentees), dtype=bool) if among is None else np.asarray(among, dtype=bool)
    for pair in scenario.forbidden:
        position(pool, pair)
    for mentor, places in scenario.capacity.items():
        if mentor not in pool.mentor_row:
            raise UnknownPerson(f"{mentor} is no mentor in the pool")
        if places < 0:
            raise ValueError(f"{mentor} cannot have {places} places")
    changed = pool.changed(
        weights=scenario.weights,
        ignore=scenario.ignore,
        capacity=scenario.capacity,
        forbidden=scenario.forbidden,
    )
    after = _optimum(changed, scenario, looking, before.prices)
    return _compared(pool, before, changed, after, scenario, looking)


def _optimum(pool: Pool, scenario: Scenario, looking: Mask, start: Floats) -> Assignment:
    pins = [position(pool, pair) for pair in dict.fromkeys(scenario.pinned)]
    capacity = pool.capacity
    refuse_broken_pins(pool, pins)
    _refuse_pins_without_room(pool, pins, looking, capacity)
    free = pool.eligible & looking[:, None]
    return assign(
        pool.affinity,
        capacity=capacity,
        forbidden=~free,
        pinned=pins,
        objective=scenario.objective,
        start=start,
    )


def _refuse_pins_without_room(pool: Pool, pins: Sequence[tuple[int, int]], looking: Mask, capacity: Ints) -> None:
    """Names who is pinned too often; `assign` knows rows and columns only."""
    rows = np.bincount([i for i, _ in pins], minlength=len(pool.mentees))
    columns = np.bincount([j for _, j in pins], minlength=len(pool.mentors))
    for i in np.flatnonzero(rows > looking):
        raise Infeasible(
            f"{pool.mentees[i].id} is pinned to {rows[i]} mentors"
            if looking[i]
            else f"{pool.mentees[i].id} is pinned, but is not looking for a mentor"
        )
    for j in np.flatnonzero(columns > capacity):
        raise Infeasible(f"{columns[j]} mentees are pinned to {pool.mentors[j].id}, who has {capacity[j]} places")


def _compared(
    pool: Pool, before: Assignment, changed: Pool, after: Assignment, scenario: Scenario, looking: Mask
) -> WhatIf:
    had, has = columns_of(before), columns_of(after)
    was, rescored, now = _worth(pool, had), _worth(changed, had), _worth(changed, has)
    gain = now - rescored
    moved = had != has

    def contrast(rows: Ints) -> Contrast:
        return Contrast(
            before=_standing(had[rows], was[rows]),
            rescored=_standing(had[rows], rescored[rows]),
            after=_standing(has[rows], now[rows]),
            moved=int(moved[rows].sum()),
            gaining=int((moved[rows] & (gain[rows] > ROUNDING)).sum()),
            losing=int((moved[rows] & (gain[rows] < -ROUNDING)).sum()),
        )

    def name(column: int) -> str | None:
        return pool.mentors[column].id if column >= 0 else None

    counted = np.flatnonzero(looking | (had >= 0))
    return WhatIf(
        scenario=scenario,
        weights=changed.weights,
        pairs=tuple((pool.mentees[i].id, pool.mentors[has[i]].id, float(now[i])) for i in np.flatnonzero(has >= 0)),
        changes=tuple(
            Change(pool.mentees[i].id, name(had[i]), name(has[i]), float(was[i]), float(now[i]), float(gain[i]))
            for i in np.flatnonzero(moved)
        ),
        overall=contrast(counted),
        by_stage=_by(contrast, {int(i): (pool.mentees[i].stage or "",) for i in counted}),
        by_discipline=_by(contrast, {int(i): pool.mentees[i].disciplines or ("",) for i in counted}),
        bound=after.bound,
        gap=after.gap,
    )


def _worth(pool: Pool, column: Ints) -> Floats:
    """The affinity of each row (n,) with its column, 0.0 with none."""
    if not len(pool.mentors):
        return np.zeros(len(column))
    return np.where(column >= 0, pool.affinity[np.arange(len(column)), column], 0.0)


def _standing(column: Ints, affinity: Floats) -> Standing:
    matched = affinity[column >= 0]
    return Standing(len(column), len(matched), math.fsum(matched), float(matched.min()) if len(matched) else 0.0)


def _by(contrast: Callable[[Ints], Contrast], sorts: Mapping[int, Sequence[str]]) -> dict[str, Contrast]:
    """A contrast for each sort of mentee, given the sorts of each row."""
    rows: dict[str, list[int]] = {}
    for row, names in sorts.items():
        for name in dict.fromkeys(names):
            rows.setdefault(name, []).append(row)
    return {name: contrast(np.array(rows[name])) for name in sorted(rows)}
