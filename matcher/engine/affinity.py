"""The pool: everybody who seeks, everybody who offers, the affinity of every pair, and why.

The affinity of a pair is the inner product of a seek row and an offer row (see `space`), so it is the sum of its
named contributions, exactly. `Pool.explain` names them, and computes for each value of the mentor by how much the
affinity would fall without it: the pair is scored again with the value taken out of the profile and everything that
depends on the pool (what is rare) counted anew, which is what a rerun on the edited file would do.
"""

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from copy import copy
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.domain.profiles import Profile
from matcher.domain.rules import Rule, mask_of, rules_of
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.engine.columns import Column
from matcher.engine.eligibility import Broken, Flags, broken_rules, full, loops
from matcher.engine.needs import Need
from matcher.engine.offers import Floats, Offers
from matcher.engine.rows import OfferRows, SparseRows
from matcher.engine.space import FeatureSpace
from matcher.engine.weights import BLOCKS, read_weights
from matcher.engine.wording import Value, heard

SCORED_LISTS = ("disciplines", "settings", "credentials", "languages", "slots", "formats", "helps_with")
SCORED_SINGLE = ("stage", "region", "timezone", "text")
MENTORS_AT_ONCE = 512  # dense columns at a time, so that memory stays bounded and a mentee's part lies in the cache
ROUNDING = 1e-12  # a fall below 0 by less is none
KEPT_DENSE = 4096  # so many mentors' rows are kept dense for the next question


class TwiceInPool(ValueError):
    """Two profiles with one id."""

    for_people = True


@dataclass(frozen=True, slots=True)
class Contribution:
    """One summand of an affinity.

    `wants` and `has` are values as they stand in the mentee's and in the mentor's profile (ids, or words of the text),
    `wants_from` and `has_from` the columns in which they stand, `wants_terms` and `has_terms` the terms they mean (""
    for none). `possible` is what the need would contribute if it were fully covered; `kind` the sort of need.
    """

    block: str
    need: str
    wants: tuple[str, ...]
    has: tuple[str, ...]
    amount: float
    possible: float = 0.0
    kind: str = ""
    wants_from: tuple[str, ...] = ()
    has_from: tuple[str, ...] = ()
    wants_terms: tuple[str, ...] = ()
    has_terms: tuple[str, ...] = ()


def contribution(
    block: str, need: str, kind: str, wants: Sequence[Value], has: Sequence[Value], amount: float, possible: float
) -> Contribution:
    """A summand from the values on both sides."""
    wants_from, wanted, wants_terms = zip(*wants, strict=True) if wants else ((), (), ())
    has_from, held, has_terms = zip(*has, strict=True) if has else ((), (), ())
    return Contribution(block, need, wanted, held, amount, possible, kind, wants_from, has_from, wants_terms, has_terms)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a mentee and a mentor are near, or may not meet.

    `contributions` sum to `affinity`, largest first. `without` maps (column, value) of the mentor's profile to the
    exact fall of the affinity, 0 or more, when that value is taken out of the profile; it is empty if it was not asked
    for. A value without which the affinity would rise (a field of work that the mentee would rather avoid) supplies
    nothing: it has no fall, and no contribution names it.
    """

    mentee_id: str
    mentor_id: str
    affinity: float
    eligible: bool
    rules: tuple[Rule, ...]
    contributions: tuple[Contribution, ...]
    without: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain data for JSON; `from_json` reads it back."""
        return {
            "mentee_id": self.mentee_id,
            "mentor_id": self.mentor_id,
            "affinity": self.affinity,
            "eligible": self.eligible,
            "rules": [rule.value for rule in self.rules],
            "contributions": [_plain(part) for part in self.contributions],
            "without": [
                {"column": column, "value": value, "drop": drop} for (column, value), drop in self.without.items()
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Explanation":
        """The explanation that `to_json` wrote."""
        parts: Iterator[dict[str, Any]] = (
            {name: tuple(value) if isinstance(value, list) else value for name, value in part.items()}
            for part in data["contributions"]
        )
        return cls(
            mentee_id=data["mentee_id"],
            mentor_id=data["mentor_id"],
            affinity=data["affinity"],
            eligible=data["eligible"],
            rules=tuple(Rule(rule) for rule in data["rules"]),
            contributions=tuple(Contribution(**part) for part in parts),
            without={(w["column"], w["value"]): w["drop"] for w in data["without"]},
        )


class Pool:
    """Everybody, scored.

    Parameters
    ----------
    profiles : sequence of Profile
        People with different ids; the order does not matter.
    vocabulary, weights
        As for ProfileVectorizer (None: the installed and the default ones).
    barred : mapping of (mentee id, mentor id) to Rule
        Pairs forbidden by what the profiles do not say: cooling down, ruled out by hand.
    ignore : frozenset of Rule
        Rules to leave out, for asking what if.

    Attributes
    ----------
    mentees, mentors : tuple of Profile, sorted by id; a person who is both stands in both.
    mentee_row, mentor_row : dict of id to row.
    affinity : ndarray (n, m) of float64 in [0, 1].
    broken : ndarray (n, m) of uint16, bit mask of the broken rules; eligible : ndarray (n, m) of bool.
    space : the FeatureSpace; seeks, offers : its rows (n, d) and (m, d), as SparseRows and OfferRows.

    Raises TwiceInPool, BadWeights.
    """

    def __init__(
        self,
        profiles: Sequence[Profile],
        *,
        vocabulary: Vocabulary | None = None,
        weights: Mapping[str, float] | None = None,
        barred: Mapping[tuple[str, str], Rule] | None = None,
        ignore: frozenset[Rule] = frozenset(),
    ) -> None:
        people = sorted(profiles, key=lambda p: p.id)
        for one, other in pairwise(people):
            if one.id == other.id:
                raise TwiceInPool(f"the id {one.id} stands for two people; give everybody an id of their own")
        self.vocabulary = vocabulary if vocabulary is not None else default_vocabulary()
        self.weights = read_weights(weights)
        self.mentees = tuple(p for p in people if p.role.is_mentee)
        self.mentors = tuple(p for p in people if p.role.is_mentor)
        self.mentee_row = {p.id: row for row, p in enumerate(self.mentees)}
        self.mentor_row = {p.id: row for row, p in enumerate(self.mentors)}
        self.space = FeatureSpace(people, self.vocabulary, self.weights)
        self.seeking = self.space.seeking(self.mentees)
        self.seeks = self.seeking.rows(self.weights)
        self.offers = self.space.offer_rows(self.mentors)
        self.affinity = np.minimum(product(self.seeks, self.offers), 1.0)  # 1.0 and a rounding error is 1.0
        self.ignore = ignore
        self.broken = self._broken(barred or {})
        self._alone: dict[int, Offers] = {}
        self._wanted: dict[int, Mapping[str, Sequence[Value]]] = {}

    def _broken(self, barred: Mapping[tuple[str, str], Rule]) -> Broken:
        mask = broken_rules(self.mentees, self.mentors, self.vocabulary, barred=barred, ignore=self.ignore)
        return self._without_loops(mask)

    def _without_loops(self, mask: Broken) -> Broken:
        if Rule.LOOP not in self.ignore:
            mask |= loops(self.mentees, self.mentors, self.affinity, mask) * np.uint16(Rule.LOOP.bit)
        return mask

    def joined_by(self, mentor: Profile) -> "Pool":
        """The pool with one more mentor, scored anew as a pool of all would be, in a fraction of the time.

        The mentor has no free words and no values that the vocabulary lacks: those would be new columns. Raises
        TwiceInPool.
        """
        if mentor.id in self.mentee_row or mentor.id in self.mentor_row:
            raise TwiceInPool(f"the id {mentor.id} stands for two people; give everybody an id of their own")
        at = bisect(self.mentors, mentor.id, key=lambda p: p.id)
        wider = copy(self)
        wider._forget()
        wider.__dict__.pop("_offers_dense", None)
        wider.mentors = (*self.mentors[:at], mentor, *self.mentors[at:])
        wider.mentor_row = {p.id: row for row, p in enumerate(wider.mentors)}
        wider.space = self.space.joined_by(mentor, at)
        wider.seeking = wider.space.seeking(wider.mentees)
        wider.seeks = wider.seeking.rows(wider.weights)
        wider.offers = wider.space.offer_rows(wider.mentors)
        wider.affinity = np.minimum(product(wider.seeks, wider.offers), 1.0)
        column = broken_rules(self.mentees, [mentor], self.vocabulary, ignore=self.ignore)[:, 0]
        others = self.broken & ~np.uint16(Rule.LOOP.bit)
        wider.broken = wider._without_loops(np.insert(others, at, column, axis=1))
        return wider

    def changed(
        self,
        *,
        weights: Mapping[str, float] | None = None,
        ignore: frozenset[Rule] = frozenset(),
        capacity: Mapping[str, int] | None = None,
        forbidden: Iterable[tuple[str, str]] = (),
    ) -> "Pool":
        """The pool under other settings, scored as a new one would be, bit for bit, in a fraction of the time.

        `weights` None: as they are. `ignore`: more rules to leave out. `capacity`: places of some mentors by id; who
        gets places is not full any more. `forbidden`: more pairs of ids that the coordinator rules out. Raises
        BadWeights, and KeyError for an id that is not in the pool in that role.
        """
        other = copy(self)
        other._forget()
        other.ignore = self.ignore | ignore
        if weights is not None and (read := read_weights(weights)) != self.weights:
            other.weights = read
            other.space = self.space.weighted(read)
            other.seeks = self.seeking.rows(read)
            other.affinity = np.minimum(self._times_offers(other.seeks), 1.0)
        mask = self.broken & ~np.uint16(mask_of({*other.ignore, Rule.LOOP}))
        if capacity:
            mentors = {
                self.mentor_row[id]: with_places(self.mentors[self.mentor_row[id]], capacity[id]) for id in capacity
            }
            other.mentors = tuple(mentors.get(at, mentor) for at, mentor in enumerate(self.mentors))
            if Rule.FULL not in other.ignore:
                at, bit = list(mentors), np.uint16(Rule.FULL.bit)
                mask[:, at] = mask[:, at] & ~bit | full(self.mentees, list(mentors.values()), self.vocabulary) * bit
        if Rule.FORBIDDEN not in other.ignore:
            for mentee, mentor in forbidden:
                mask[self.mentee_row[mentee], self.mentor_row[mentor]] |= np.uint16(Rule.FORBIDDEN.bit)
        other.broken = other._without_loops(mask)
        return other

    def _forget(self) -> None:
        """Drops what is kept of an answer, in a copy that answers otherwise."""
        for stale in ("eligible", "contributions_by_block"):
            self.__dict__.pop(stale, None)
        self._alone, self._wanted = {}, {}

    def _times_offers(self, seeks: SparseRows) -> Floats:
        """`product` with the offers, which are kept dense for the next time where that is small."""
        if len(self.mentors) > KEPT_DENSE:
            return product(seeks, self.offers)
        return seeks.times(self._offers_dense)

    @cached_property
    def _offers_dense(self) -> Floats:
        return self.offers.dense_columns()

    @cached_property
    def eligible(self) -> Flags:
        """Pairs (n, m) that no rule forbids."""
        return self.broken == 0

    @property
    def capacity(self) -> NDArray[np.int64]:
        """The places (m,) of each mentor."""
        return np.array([mentor.capacity for mentor in self.mentors], dtype=np.int64)

    def rules(self, mentee_row: int, mentor_row: int) -> tuple[Rule, ...]:
        """The rules that a pair breaks."""
        return rules_of(int(self.broken[mentee_row, mentor_row]))

    @cached_property
    def contributions_by_block(self) -> NDArray[np.float64]:
        """The affinity by block (n, m, 8), in the order of BLOCKS; the sum over the last axis is the affinity."""
        found = np.zeros((*self.affinity.shape, len(BLOCKS)))
        block_of = self.space.blocks[self.seeks.indices]
        for place in range(len(BLOCKS)):
            found[:, :, place] = self._times_offers(self.seeks.only(block_of == place))
        return found

    def explain(self, mentee_id: str, mentor_id: str, *, without: bool = True) -> Explanation:
        """One pair in full. Raises KeyError for an id that is not in the pool in that role.

        `without=False` leaves out what each value is worth, which takes most of the time; for a person with
        themselves it is left out always, because a value taken out would change both sides.
        """
        i, j = self.mentee_row[mentee_id], self.mentor_row[mentor_id]
        rules = self.rules(i, j)
        parts = sorted(self._contributions(i, j), key=lambda c: (-c.amount, -c.possible, BLOCKS.index(c.block), c.need))
        falls = self._without(i, j) if without and mentee_id != mentor_id else {}
        costly = {place for place, fall in falls.items() if fall < -ROUNDING}
        return Explanation(
            mentee_id=mentee_id,
            mentor_id=mentor_id,
            affinity=float(self.affinity[i, j]),
            eligible=not rules,
            rules=rules,
            contributions=tuple(_unnamed(part, costly) for part in parts) if costly else tuple(parts),
            without={place: max(fall, 0.0) for place, fall in falls.items() if place not in costly},
        )

    def _contributions(self, i: int, j: int) -> Iterator[Contribution]:
        mentee, mentor = self.mentees[i], self.mentors[j]
        said = heard(mentee, self.vocabulary)
        if i not in self._wanted:
            self._wanted[i] = {need.column.name: need.wants for need in self.space.needs(mentee)}
        if j not in self._alone:
            self._alone[j] = Offers([mentor], self.vocabulary)
        wants, only = self._wanted[i], self._alone[j]
        at, weights = self.seeks.row(i)
        covered = self.offers.values(j, at)
        for place, weight, amount in zip(at.tolist(), weights.tolist(), (weights * covered).tolist(), strict=True):
            name = self.space.names[place]
            block = BLOCKS[self.space.blocks[place]]
            if block != "text":
                column: Column = self.space.columns[place]
                has = column.evidence(only) if amount > 0 else ()
                yield contribution(block, name, column.kind, wants[name], has, amount, weight)
            elif amount > 0:
                word_at = place - len(self.space.columns)
                met = self.space.nearest_word(word_at, mentor)
                spelled = said.spelled(self.space.tokens[word_at]), only.heard[0].spelled(met)
                spoken = [Value("text", word) for word in spelled]
                yield contribution(block, name, "text", spoken[:1], spoken[1:], amount, amount)

    def _without(self, i: int, j: int) -> dict[tuple[str, str], float]:
        """The exact fall of the affinity of row i with mentor j for each value of the mentor's profile."""
        mentee, mentor = self.mentees[i], self.mentors[j]
        values = list(scored_values(mentor))
        variants = [mentor, *(taken_out(mentor, column, value) for column, value in values)]
        scores = self._scores(mentee, mentor, variants, needs := self.space.needs(mentee))
        if mentor.text and len(beside := self.space.needs_beside(mentee, mentor)) < len(needs):
            told = 1 + values.index(("text", mentor.text))
            scores[told] = self._scores(mentee, mentor, variants[told : told + 1], beside)[0]
        return {place: float(scores[0] - score) for place, score in zip(values, scores[1:], strict=True)}

    def _scores(self, mentee: Profile, mentor: Profile, variants: Sequence[Profile], needs: Sequence[Need]) -> Floats:
        """The affinity (n,) of a mentee with these needs with each variant in the place of the mentor."""
        space = self.space
        at = space.places(needs)
        before, cover = space.cover([mentor], at)[0], space.cover_instead(variants, at, mentor)
        rarity = space.rarity_of(space.frequency[at] - before + cover, at)
        weights, text = space.seek_weights(needs, rarity, bool(heard(mentee, self.vocabulary).tokens))
        likeness = [space.text_likeness(mentee, variant, mentor) if text else 0.0 for variant in variants]
        return np.minimum((weights * cover).sum(axis=1) + text * np.array(likeness), 1.0)


def with_places(mentor: Profile, places: int) -> Profile:
    """A mentor with so many places; who has some is not full any more."""
    status = "active" if places > 0 and mentor.status == "full" else mentor.status
    return replace(mentor, capacity=places, status=status)


def product(seeks: SparseRows, offers: OfferRows) -> Floats:
    """seeks · offersᵀ (n, m), dense; every number is summed in the order of the columns, on any number of cores."""
    found = np.empty((len(seeks), len(offers)))
    for start in range(0, len(offers), MENTORS_AT_ONCE):
        stop = start + MENTORS_AT_ONCE
        found[:, start:stop] = seeks.times(offers.dense_columns(start, stop))
    return found


def scored_values(profile: Profile) -> Iterator[tuple[str, str]]:
    """(column, value) of everything in a mentor's profile that the affinity may depend on, as it stands there."""
    for column in SCORED_LISTS:
        yield from ((column, value) for value in getattr(profile, column))
    yield from (("skills", skill) for skill in profile.skills)
    yield from ((column, value) for column, values in profile.unknown.items() for value in values)
    for column in SCORED_SINGLE:
        if getattr(profile, column):
            yield column, getattr(profile, column)


def taken_out(profile: Profile, column: str, value: str) -> Profile:
    """The profile without one value."""
    if value in profile.unknown.get(column, ()):
        left = tuple(v for v in profile.unknown[column] if v != value)
        unknown = {c: left if c == column else values for c, values in profile.unknown.items()}
        return replace(profile, unknown={c: values for c, values in unknown.items() if values})
    if column == "skills":
        return replace(profile, skills={s: level for s, level in profile.skills.items() if s != value})
    left_over: Any = tuple(v for v in getattr(profile, column) if v != value)
    if column in SCORED_SINGLE:
        left_over = "" if column == "text" else None
    changed: dict[str, Any] = {column: left_over}
    return replace(profile, **changed)


def _unnamed(part: Contribution, places: Set[tuple[str, str]]) -> Contribution:
    """A summand that names none of some (column, value) of the mentor."""
    if places.isdisjoint(zip(part.has_from, part.has, strict=True)):
        return part
    has = [
        Value(*value) for value in zip(part.has_from, part.has, part.has_terms, strict=True) if value[:2] not in places
    ]
    has_from, held, has_terms = zip(*has, strict=True) if has else ((), (), ())
    return replace(part, has=held, has_from=has_from, has_terms=has_terms)


def _plain(part: Contribution) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(part).items()}
