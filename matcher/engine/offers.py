"""What the mentors of a pool bring, as arrays: one row a mentor, ready to be asked for the coverage of a need.

A value counts through relatedness: whoever has a near relative of what is asked for covers it in part. A value named
in the free text counts less than a ticked one, and the less the more values a text names, so that a long text is no
advantage. Skill levels are capped by what the stage makes plausible.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from matcher.domain.availability import HOURS, Week, week
from matcher.domain.profiles import Profile
from matcher.domain.spelling import words
from matcher.domain.vocabulary import Term, Vocabulary
from matcher.engine.ratings import RatingScale, rated
from matcher.engine.wording import Declined, Heard, Value, declined, heard, known

Floats = NDArray[np.float64]

VALUE_COLUMNS = ("skills", "settings", "credentials", "disciplines", "helps_with")
LEVELS = (1.0, 2.0, 3.0, 4.0)
LEVEL_SHARES = (0.3, 0.6, 0.9, 1.0)  # learning, practising, confident, can teach it
UNSAID_LEVEL = 3.0  # a mentor who ticks a skill without a level is taken to be confident in it
MENTIONED = 0.6  # a value named in the free text, against a ticked one
MENTIONS_IN_FULL = 8  # more mentions than this share the credit of this many
CLOSENESS = 1.5  # relatedness is taken to this power: a relative of what is asked for is a good deal less than it
SEASONS = (date(2025, 1, 13), date(2025, 7, 14))  # hours are averaged over both, so that no result depends on the date

SAME_COUNTRY = 0.75  # a licence of another state or province of one country
OTHER_COUNTRY = 0.45
PLACE_UNKNOWN = SAME_COUNTRY


class Offers:
    """The mentors' side of a pool.

    Parameters: `profiles`, one a row; the `vocabulary` their ids belong to; the `scale` of rated skills (None: their
    own). Attributes are arrays of n rows: `ranks` (rank of the stage, nan when not said), `weeks` (a winter's and a
    summer's), `hours_known`; `held` is the list of what each brings (see `strengths`).
    """

    def __init__(self, profiles: Sequence[Profile], vocabulary: Vocabulary, scale: RatingScale | None = None) -> None:
        self.profiles = profiles
        self.scale = scale if scale is not None else RatingScale.of(profiles)
        self.vocabulary = vocabulary
        self.n = len(profiles)
        self.heard: list[Heard] = [heard(p, vocabulary) for p in profiles]
        self.ranks = np.array([rank_of(p.stage, vocabulary) for p in profiles], dtype=float)
        self.held = [strengths(p, said, vocabulary) for p, said in zip(profiles, self.heard, strict=True)]
        self._strengths = self._value_strengths()
        self._covered: dict[str, tuple[Floats, Floats | None]] = {}
        self._places: dict[str, Floats] = {}
        self._saying: dict[str, Floats] = {}

    # -- values of the vocabulary --------------------------------------------------------------------------------

    def _value_strengths(self) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for row, held in enumerate(self.held):
            for term_id, strength, _ in held:
                column = found.setdefault(term_id, np.zeros(self.n))
                column[row] = max(column[row], strength)
        return found

    def term(self, term_id: str, place: str | None = None) -> Floats:
        """Coverage (n,) in [0, 1] of one term; `place` is the region where a licence has to count, None anywhere."""
        if term_id not in self._covered:
            self._covered[term_id] = self._cover(term_id)
        free, bound = self._covered[term_id]
        if bound is None:
            return free
        return np.maximum(free, bound if place is None else bound * self.places(place))

    def _cover(self, term_id: str) -> tuple[Floats, Floats | None]:
        """Coverage through values that count everywhere, and through licences (None: there is none)."""
        free, bound = np.zeros(self.n), np.zeros(self.n)
        for other, closeness in closeness_to(term_id, self.vocabulary).items():
            if other in self._strengths:
                into = bound if is_licence(other, self.vocabulary) else free
                np.maximum(into, closeness * self._strengths[other], out=into)
        return free, bound if bound.any() else None

    def places(self, region: str) -> Floats:
        """How much of a licence held by each mentor (n,) counts in `region`."""
        if region not in self._places:
            self._places[region] = np.array([place_share(region, p.region) for p in self.profiles], dtype=float)
        return self._places[region]

    # -- words that the vocabulary lacks -------------------------------------------------------------------------

    def like(self, asked: str, columns: Iterable[str]) -> Floats:
        """Coverage (n,) of words that the vocabulary lacks, by the mentors' unknown values in `columns`."""
        cover = np.zeros(self.n)
        wanted = frozenset(words(asked))
        for row, value in self._unknown_by_word.sharing(wanted, columns):
            cover[row] = max(cover[row], value.strength * likeness(wanted, value.words))
        return cover

    @cached_property
    def _unknown_by_word(self) -> "_UnknownValues":
        return _UnknownValues([unknown_values(p, self.vocabulary) for p in self.profiles])

    # -- plain values --------------------------------------------------------------------------------------------

    @cached_property
    def _having(self) -> dict[str, dict[str, Floats]]:
        found: dict[str, dict[str, Floats]] = {}
        for column in ("disciplines", "settings", "formats", "languages", "region"):
            flags = found.setdefault(column, {})
            for row, profile in enumerate(self.profiles):
                for value in plain_values(profile, column):
                    flags.setdefault(value, np.zeros(self.n))[row] = 1.0
        return found

    def having(self, column: str, values: Iterable[str]) -> Floats:
        """1 (n,) where a mentor has one of `values` in a column; languages are compared without their region."""
        found = np.zeros(self.n)
        for value in values:
            if value in self._having[column]:
                np.maximum(found, self._having[column][value], out=found)
        return found

    def being(self, column: str, term_id: str) -> Floats:
        """How surely (n,) each mentor is or was this, by a column or by saying so in the text."""
        return np.maximum(self.having(column, (term_id,)), self._said_of_oneself.get(term_id, 0.0))

    @cached_property
    def _said_of_oneself(self) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for row, said in enumerate(self.heard):
            for term_id in said.held:
                found.setdefault(term_id, np.zeros(self.n))[row] = said.sure[term_id]
        return found

    def saying(self, column: str) -> Floats:
        """1 (n,) where a mentor said anything in a column."""
        if column not in self._saying:
            self._saying[column] = np.array([float(bool(plain_values(p, column))) for p in self.profiles], dtype=float)
        return self._saying[column]

    def declining(self, kind: str, own: Sequence[str]) -> Floats:
        """1 (n,) where a mentor would rather not meet somebody with these values of a kind."""
        found = np.zeros(self.n)
        for row, said in self._declined:
            found[row] = said.includes(kind, own, self.vocabulary)
        return found

    @cached_property
    def _declined(self) -> list[tuple[int, Declined]]:
        said = [declined(p, self.vocabulary) for p in self.profiles]
        return [(row, whom) for row, whom in enumerate(said) if whom is not None]

    # -- time ----------------------------------------------------------------------------------------------------

    @cached_property
    def _hours(self) -> list[list[Week]]:
        return [
            [week(p.slots, p.timezone, p.region, self.vocabulary, on=day) for p in self.profiles] for day in SEASONS
        ]

    def hours_of(self, row: int) -> tuple[Week, ...]:
        """The winter and the summer week of one mentor."""
        return tuple(of_season[row] for of_season in self._hours)

    @cached_property
    def weeks(self) -> "list[Weeks]":
        """A winter and a summer week of everybody."""
        return [Weeks(of_season) for of_season in self._hours]

    @cached_property
    def hours_known(self) -> NDArray[np.bool_]:
        """Whether the mentor's hours (n,) can be known."""
        return np.array([all(w.known for w in hours) for hours in zip(*self._hours, strict=True)], dtype=bool)


# -- one profile ------------------------------------------------------------------------------------------------------


def strengths(profile: Profile, said: Heard, vocabulary: Vocabulary) -> list[tuple[str, float, Value]]:
    """(term, strength in (0, 1], where it stands) of everything a mentor brings."""
    stage = term_or_none(profile.stage, vocabulary)
    found = [(s, level_share(level, stage), known("skills", s)) for s, level in profile.skills.items()]
    for column in VALUE_COLUMNS[1:]:
        found += [(value, 1.0, known(column, value)) for value in getattr(profile, column)]
    share = MENTIONED * min(1.0, MENTIONS_IN_FULL / max(len(said.offered), 1))
    found += [(term_id, share * said.sure[term_id], place) for term_id, place in said.offered.items()]
    return found


def plain_values(profile: Profile, column: str) -> tuple[str, ...]:
    """The known values of a list column or of the region; regional forms of a language count as the language."""
    if column == "region":
        return (profile.region,) if profile.region else ()
    values: tuple[str, ...] = getattr(profile, column)
    return tuple(map(plain_language, values)) if column == "languages" else values


def plain_language(language: str) -> str:
    """ "lang.es" of "lang.es-MX"."""
    return language.split("-")[0]


def term_or_none(term_id: str | None, vocabulary: Vocabulary) -> Term | None:
    """The term, or None where it is not said or not known."""
    return None if term_id is None or term_id not in vocabulary else vocabulary[term_id]


def level_share(level: float | None, stage: Term | None) -> float:
    """What a skill of this level is worth, 0.3 to 1, after the cap of the stage."""
    highest = float(stage.attributes.get("highest_level") or LEVELS[-1]) if stage is not None else LEVELS[-1]
    return _share_of(min(UNSAID_LEVEL if level is None else level, highest))


@lru_cache(maxsize=64)
def _share_of(level: float) -> float:
    return float(np.interp(level, LEVELS, LEVEL_SHARES))


@lru_cache(maxsize=4096)
def closeness_to(term_id: str, vocabulary: Vocabulary) -> Mapping[str, float]:
    """The terms near one term with their share of it, itself (1.0) included."""
    return {other: share**CLOSENESS for other, share in vocabulary.related(term_id).items()}


@lru_cache(maxsize=4096)
def is_licence(term_id: str, vocabulary: Vocabulary) -> bool:
    """Whether a term is a permission that holds in one state or country only (column `type` of the vocabulary)."""
    return term_id in vocabulary and vocabulary[term_id].attributes.get("type") in ("licence", "license")


def place_share(wanted: str | None, held: str | None) -> float:
    """How much of a licence held in one region counts in another: 1 in the same, less in the same country."""
    if wanted is None or held is None:
        return PLACE_UNKNOWN
    if wanted == held:
        return 1.0
    return SAME_COUNTRY if wanted.split("-")[0] == held.split("-")[0] else OTHER_COUNTRY


def rank_of(stage: str | None, vocabulary: Vocabulary) -> float:
    """The rank of a stage; nan when it is not said or not known."""
    term = term_or_none(stage, vocabulary)
    rank = term.rank if term is not None else None
    return float("nan") if rank is None else float(rank)


class Weeks:
    """The weeks of n people as arrays: whole hours are counted by products, which are exact in single precision."""

    def __init__(self, weeks: Sequence[Week]) -> None:
        self.sure = bits([w.sure for w in weeks])
        self.perhaps = [at for at, w in enumerate(weeks) if w.possible]
        """Those (p) who may meet in further hours, which are `possible` (p, 168), as sure as `certainty` (p,) says."""
        self.possible = bits([weeks[at].possible for at in self.perhaps])
        self.certainty = np.array([weeks[at].certainty for at in self.perhaps], dtype=np.float64)

    def common(self, other: "Weeks") -> Floats:
        """Hours (n, m) in common with m other people; possible ones count with the certainty of either, or both."""
        found = _counted(self.sure, other.sure)
        if self.perhaps:
            found[self.perhaps] += self.certainty[:, None] * _counted(self.possible, other.sure)
        if other.perhaps:
            found[:, other.perhaps] += other.certainty * _counted(self.sure, other.possible)
        if self.perhaps and other.perhaps:
            either = self.certainty[:, None] * other.certainty
            found[np.ix_(self.perhaps, other.perhaps)] += either * _counted(self.possible, other.possible)
        return found


def _counted(one: NDArray[np.float32], other: NDArray[np.float32]) -> Floats:
    return (one @ other.T).astype(np.float64)


def bits(masks: Sequence[int]) -> NDArray[np.float32]:
    """The hours of weeks (n, 168) as zeros and ones."""
    raw = np.frombuffer(b"".join(mask.to_bytes(HOURS // 8, "little") for mask in masks), dtype=np.uint8)
    return np.unpackbits(raw.reshape(len(masks), HOURS // 8), axis=1, bitorder="little").astype(np.float32)


# -- unknown values ---------------------------------------------------------------------------------------------------

LIKE_ENOUGH = 0.5  # two names that share fewer words than this are different things


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value that the vocabulary lacks: the column and text it stands in, its words, its strength."""

    column: str
    value: str
    words: frozenset[str]
    strength: float


def unknown_values(profile: Profile, vocabulary: Vocabulary) -> list[UnknownValue]:
    """What somebody typed that the vocabulary lacks; a level ("pottery=4") is read as for known skills."""
    stage = term_or_none(profile.stage, vocabulary)
    found = []
    for column, values in profile.unknown.items():
        for value in values:
            name, level = split_level(value)
            strength = level_share(level, stage) if column == "skills" else 1.0
            found.append(UnknownValue(column, value, frozenset(words(name)), strength))
    return found


def split_level(value: str) -> tuple[str, float | None]:
    """("pottery", 4.0) of "pottery=4"; numbers of other scales are brought to the nearest level; None without one."""
    name, number = rated(value)
    return name, None if number is None else min(max(number, LEVELS[0]), LEVELS[-1])


def likeness(a: frozenset[str], b: frozenset[str]) -> float:
    """Shared words of two names, 0 to 1 (Dice); 0 when they share less than half."""
    if not a or not b:
        return 0.0
    shared = 2 * len(a & b) / (len(a) + len(b))
    return shared if shared >= LIKE_ENOUGH else 0.0


class _UnknownValues:
    """Unknown values of all mentors, found by the words in them."""

    def __init__(self, rows: Sequence[Sequence[UnknownValue]]) -> None:
        self.by_word: dict[str, list[tuple[int, UnknownValue]]] = {}
        for row, values in enumerate(rows):
            for value in values:
                for word in value.words:
                    self.by_word.setdefault(word, []).append((row, value))

    def sharing(self, wanted: Iterable[str], columns: Iterable[str]) -> Iterator[tuple[int, UnknownValue]]:
        """(row, value) of the values in `columns` that share a word with `wanted`; some more than once."""
        allowed = frozenset(columns)
        for word in wanted:
            yield from (hit for hit in self.by_word.get(word, ()) if hit[1].column in allowed)
