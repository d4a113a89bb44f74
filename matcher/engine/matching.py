"""From profiles to pairs and rankings: the pool, its affinities, the assignment, the reasons, in that order."""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from matcher.domain.profiles import Profile, read_answers, to_answers
from matcher.domain.rules import RULES, Rule
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.engine.affinity import Pool
from matcher.engine.assignment import Assignment, assign
from matcher.engine.prices import Choices, Gain, shortfalls
from matcher.engine.search import nearest
from matcher.engine.weights import BLOCKS
from matcher.translations import SOURCE, Translator, translator

Pair = tuple[str, str]
"""Ids of a mentee and a mentor, in this order."""


class UnknownPerson(ValueError):
    """A pin, a forbidden pair or a question names somebody who is not in the pool in that role."""

    for_people = True


class BrokenPin(ValueError):
    """A pinned pair that a hard rule forbids."""

    for_people = True


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A mentor for a mentee. `rank` 1 is the pair of the global optimum, 2 and more are further suggestions."""

    mentee_id: str
    mentor_id: str
    affinity: float
    rank: int


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Why a mentee has nobody; as text in English, as results hold it, and `told` in a reader's language.

    `eligible` counts the mentors whom every rule allows, `nearest` is the best of them; `short` is the mentor with whom
    the least was lacking for a place, and how much. Where nobody is eligible, `rules` are those that bind, counted.
    """

    eligible: int = 0
    nearest: str = ""
    short: tuple[str, float] | None = None
    rules: tuple[tuple[Rule, int], ...] = ()

    def __str__(self) -> str:
        return self.told(translator(SOURCE))

    def told(self, to: Translator) -> str:
        """The sentence; in English, rules are called by their names in files."""
        if self.eligible:
            said = to.ngettext(
                "all places of the %(n)s eligible mentors went to others; nearest was %(who)s",
                "all places of the %(n)s eligible mentors went to others; nearest was %(who)s",
                self.eligible,
            ) % {"n": self.eligible, "who": self.nearest}
            if self.short is None:
                return said
            who, by = self.short
            return f"{said}; " + to.gettext("short of a place with %(who)s by %(n)s") % {"who": who, "n": f"{by:.4f}"}
        if not self.rules:
            return to.gettext("there is no mentor in the pool")
        called = {rule: rule.value if to.language == SOURCE else to.gettext(RULES[rule]) for rule, _ in self.rules}
        one = to.gettext("%(rule)s %(n)s")
        counted = ", ".join(one % {"rule": called[rule].removesuffix("."), "n": n} for rule, n in self.rules)
        return to.gettext("no eligible mentor; rules that bind: %(rules)s") % {"rules": counted}


@dataclass(frozen=True, slots=True)
class Match:
    """What a round found: the optimum with its proof, further suggestions, and everybody left over with the reason."""

    pool: Pool
    assignment: Assignment
    suggestions: tuple[Suggestion, ...]
    why_unmatched: Mapping[str, Unmatched]
    digest: str
    pinned: tuple[Pair, ...] = ()
    forbidden: tuple[Pair, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    inputs: Mapping[str, object] = field(default_factory=dict)
    """What the digest is of: see `inputs_of`."""

    @property
    def unmatched(self) -> dict[str, str]:
        """Everybody left over with the reason, in English."""
        return {mentee: str(why) for mentee, why in self.why_unmatched.items()}


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a ranking. `rank` is None where a rule forbids the pair; `rules` names what forbids it."""

    mentee_id: str
    mentor_id: str
    rank: int | None
    affinity: float
    rules: tuple[Rule, ...]
    contributions: tuple[float, ...]
    """One number a block, in the order of `BLOCKS`; their sum is the affinity."""


def rank(
    profiles: Iterable[Profile | Mapping[str, object]],
    *,
    top: int | None = 10,
    weights: Mapping[str, float] | None = None,
    vocabulary: Vocabulary | None = None,
) -> list[Ranked]:
    """Each mentee's nearest eligible mentors, nearest first, ties by id.

    `top` is how many a mentee; None gives every pair, those that a rule forbids last.
    """
    pool = Pool(as_profiles(profiles, vocabulary), vocabulary=vocabulary, weights=weights)
    return list(ranked(pool, top))


def ranked(pool: Pool, top: int | None) -> Iterator[Ranked]:
    """The lines of `rank` for a pool that is already fitted."""
    blocks = pool.contributions_by_block
    m = len(pool.mentors)
    proposed = nearest(pool.affinity, pool.eligible, m if top is None else min(top, m))
    barred = nearest(pool.affinity, ~pool.eligible, m if top is None else 0)
    for i, mentee in enumerate(pool.mentees):
        eligible = int((proposed[i] >= 0).sum())
        for place, j in enumerate((*proposed[i, :eligible], *barred[i][barred[i] >= 0]), start=1):
            yield Ranked(
                mentee.id,
                pool.mentors[j].id,
                place if place <= eligible else None,
                float(pool.affinity[i, j]),
                pool.rules(i, int(j)),
                tuple(float(value) for value in blocks[i, j]),
            )


def match(
    profiles: Iterable[Profile | Mapping[str, object]],
    *,
    objective: str = "total",
    weights: Mapping[str, float] | None = None,
    pinned: Sequence[Pair] = (),
    forbidden: Sequence[Pair] = (),
    suggestions: int = 1,
    vocabulary: Vocabulary | None = None,
) -> Match:
    """The best pairing of the whole pool.

    `objective` is "total" or "fair" (see `assign`). `suggestions` above 1 adds further distinct mentors for each
    mentee from the places that the optimum leaves open; no place is promised twice. Raises UnknownPerson and the
    errors of `assign`.
    """
    started = time.perf_counter()
    barred = dict.fromkeys(forbidden, Rule.FORBIDDEN)
    pinned = tuple(dict.fromkeys(pinned))
    pool = Pool(as_profiles(profiles, vocabulary), vocabulary=vocabulary, weights=weights, barred=barred)
    for pair in (*pinned, *forbidden):
        position(pool, pair)
    scored = time.perf_counter()
    found = match_pool(pool, objective=objective, pinned=pinned, suggestions=suggestions)
    seconds = {"score": scored - started, "assign": time.perf_counter() - scored}
    inputs = inputs_of(pool, objective=objective, pinned=pinned, forbidden=forbidden, suggestions=suggestions)
    digest = digest_of(inputs)
    return replace(
        found, digest=digest, pinned=pinned, forbidden=tuple(dict.fromkeys(forbidden)), seconds=seconds, inputs=inputs
    )


def match_pool(pool: Pool, *, objective: str = "total", pinned: Sequence[Pair] = (), suggestions: int = 1) -> Match:
    """`match` for a pool that is already fitted."""
    capacity = pool.capacity
    pins = [position(pool, pair) for pair in pinned]
    refuse_broken_pins(pool, pins)
    first = assign(pool.affinity, capacity=capacity, forbidden=~pool.eligible, pinned=pins, objective=objective)
    rounds = [first.pairs]
    closed = ~pool.eligible
    for _ in range(1, suggestions):
        taken = rounds[-1]
        if not len(taken):
            break
        closed = closed.copy()
        closed[taken[:, 0], taken[:, 1]] = True
        capacity = capacity - np.bincount(taken[:, 1], minlength=len(capacity))
        rounds.append(assign(pool.affinity, capacity=capacity, forbidden=closed, objective=objective).pairs)
    found = _in_order(pool, rounds)
    matched = {pair.mentee_id for pair in found}
    short = short_of_a_place(pool, pool.eligible, first, pins)
    unmatched = {p.id: why_unmatched(pool, i, short[i]) for i, p in enumerate(pool.mentees) if p.id not in matched}
    return Match(pool, first, found, unmatched, "")


def _in_order(pool: Pool, rounds: Sequence[np.ndarray]) -> tuple[Suggestion, ...]:
    """The pairs of the optimum and of the further rounds as suggestions, by mentee; the optimum's pair comes first."""
    by_mentee: dict[int, list[int]] = {}
    for pairs in rounds:
        for i, j in pairs:
            by_mentee.setdefault(int(i), []).append(int(j))
    return tuple(
        Suggestion(pool.mentees[i].id, pool.mentors[j].id, float(pool.affinity[i, j]), place)
        for i in sorted(by_mentee)
        for place, j in enumerate(by_mentee[i], start=1)
    )


def short_of_a_place(pool: Pool, allowed: np.ndarray, found: Assignment, pins: Sequence[tuple[int, int]]) -> np.ndarray:
    """`shortfalls` (n, m) of a pool whose pairs `allowed` (n, m) were assigned under `pins`, rows and columns."""
    capacity = pool.capacity
    free = allowed.copy()
    for i, j in pins:
        free[i] = False
        capacity[j] -= 1
    return shortfalls(pool.affinity, free, capacity, found)


def why_unmatched(pool: Pool, mentee: int, short: np.ndarray | None = None) -> Unmatched:
    """Why the mentee in row `mentee` has nobody: the binding rules, counted, or that the places went to others.

    With `short` (m,), the mentee's row of `short_of_a_place`, also by how much the affinity would have to be higher,
    and to whom.
    """
    eligible = pool.eligible[mentee]
    if eligible.any():
        affinity = np.where(eligible, pool.affinity[mentee], -np.inf)
        nearest = pool.mentors[int(affinity.argmax())].id
        if short is None or not np.isfinite(short).any():
            return Unmatched(int(eligible.sum()), nearest)
        least = int(short.argmin())
        return Unmatched(int(eligible.sum()), nearest, (pool.mentors[least].id, float(short[least])))
    counted = [(rule, int(np.count_nonzero(pool.broken[mentee] & np.uint16(rule.bit)))) for rule in Rule]
    return Unmatched(rules=tuple((rule, n) for rule, n in sorted(counted, key=lambda c: (-c[1], c[0].value)) if n))


def costs_by_hand(found: Match) -> tuple[dict[Pair, Gain], dict[Pair, Gain]]:
    """By how much the optimum would rise without each pin alone, and with each pair allowed that was ruled out by hand,
    the other rules as they stand; for the objective "total", dearest first."""
    pool = found.pool
    if not (found.pinned or found.forbidden):
        return {}, {}
    pins, bans = ({pair: position(pool, pair) for pair in pairs} for pairs in (found.pinned, found.forbidden))
    choices = Choices(
        pool.affinity,
        capacity=pool.capacity,
        forbidden=~pool.eligible,
        pinned=list(pins.values()),
        by_hand=[place for place in bans.values() if pool.rules(*place) == (Rule.FORBIDDEN,)],
    )
    return (
        _dearest_first({pair: choices.cost_of_pin(place) for pair, place in pins.items()}),
        _dearest_first({pair: choices.cost_of_ban(place) for pair, place in bans.items()}),
    )


def _dearest_first(costs: Mapping[Pair, Gain]) -> dict[Pair, Gain]:
    return dict(sorted(costs.items(), key=lambda item: (-item[1].matched, -item[1].total, item[0])))


def as_profiles(
    people: Iterable[Profile | Mapping[str, object]], vocabulary: Vocabulary | None = None
) -> list[Profile]:
    """Profiles as they are, plain dicts of the file columns through `read_answers`."""
    vocabulary = vocabulary or default_vocabulary()
    return [person if isinstance(person, Profile) else read_answers(person, vocabulary) for person in people]


def input_digest(pool: Pool, **options: object) -> str:
    """SHA-256 over everything that decides the result."""
    return digest_of(inputs_of(pool, **options))


def inputs_of(pool: Pool, **options: object) -> dict[str, object]:
    """Everything that decides the result; profiles and vocabulary as digests, so that a result can name them."""
    people = {p.id: p for p in (*pool.mentees, *pool.mentors)}
    return {
        "people": people_digest([people[key] for key in sorted(people)]),
        "vocabulary": pool.vocabulary.digest,
        "weights": {block: pool.weights[block] for block in BLOCKS},
        "options": {name: options[name] for name in sorted(options)},
    }


def people_digest(people: Sequence[Profile]) -> str:
    """SHA-256 over profiles, in the order given."""
    return digest_of([to_answers(person) for person in people])


def digest_of(content: object) -> str:
    """SHA-256 over plain values."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def position(pool: Pool, pair: Pair) -> tuple[int, int]:
    """Where a pair stands in the pool's arrays. Raises UnknownPerson."""
    mentee, mentor = pair
    try:
        return pool.mentee_row[mentee], pool.mentor_row[mentor]
    except KeyError as missing:
        role = "mentee" if missing.args[0] == mentee and mentee not in pool.mentee_row else "mentor"
        raise UnknownPerson(f"{missing.args[0]} is no {role} in the pool") from None


def refuse_broken_pins(pool: Pool, pins: Sequence[tuple[int, int]]) -> None:
    """Raises BrokenPin for pins, as rows and columns, that a hard rule forbids."""
    for i, j in pins:
        if not pool.eligible[i, j]:
            rules = ", ".join(rule.value for rule in pool.rules(i, j))
            raise BrokenPin(f"the pinned pair {pool.mentees[i].id}, {pool.mentors[j].id} breaks a rule: {rules}")
