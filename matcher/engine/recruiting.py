"""Whom to recruit next: the kinds of mentor who would help most, and by how much.

A kind is a concrete profile: what one mentee needs, as far as one person would plausibly bring it, with one place. The
gain is what a rerun with that person in the pool would find, rarity and all: how many more are matched, then by how
much the total rises. All kinds are first compared by the prices of the present optimum, by which the gain of a new
column is exact while nothing else changes: the most that anybody gains by moving there (see `augmenting.solve`). The
best of them are then solved with everybody scored anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from matcher.domain.profiles import Profile, Role
from matcher.domain.vocabulary import Vocabulary
from matcher.engine.affinity import Pool, product
from matcher.engine.assignment import Assignment, Certificate, Floats, assign
from matcher.engine.columns import (
    FormatColumn,
    GoalColumn,
    HoursColumn,
    LanguageColumn,
    PlaceColumn,
    StageColumn,
    TermColumn,
    in_place,
    place_bound,
)
from matcher.engine.eligibility import broken_rules
from matcher.engine.needs import Need
from matcher.translations import translator

MOST_KINDS = 5
MOST_ASKED = 400  # mentees, those with the least first, whose needs are made kinds of
SOLVED_AGAIN = 12  # kinds, the best by the prices, whose gain is worked out in full
BRINGS = {"goals": 1, "skills": 4, "settings": 1, "credentials": 1, "disciplines": 1}
"""How many values of a block one mentor is asked to bring; the heaviest needs come first."""

NEW = "someone new"
"""The id of a mentor who is not there yet."""

N_ = str  # marks an English sentence as one to translate; the sentence itself is the key of the catalogue


@dataclass(frozen=True, slots=True)
class Recruit:
    """A kind of mentor: the profile that was scored, how many more are `matched` with one place of theirs, and by how
    much the `total` affinity then rises; `suits` counts the mentees now without anybody whom no rule keeps from them.
    """

    profile: Profile
    matched: int
    total: float
    suits: int


def recruits(
    pool: Pool,
    *,
    pinned: Sequence[tuple[str, str]] = (),
    seeking: NDArray[np.bool_] | None = None,
    most: int = MOST_KINDS,
) -> list[Recruit]:
    """The kinds of mentor whose recruitment would help this pool most, each for itself, the best first.

    Kinds for one goal in one language and place count as one; the best of them stands for all. `pinned` are (mentee,
    mentor) ids; `seeking` (n,) says which mentees take part (None: all). The objective is "total".
    """
    takes_part = np.ones(len(pool.mentees), dtype=bool) if seeking is None else seeking
    now = _optimum(pool, pinned, takes_part)
    free = takes_part.copy()
    free[[pool.mentee_row[mentee] for mentee, _ in pinned]] = False
    has = _has(pool, now)
    asked = sorted(np.flatnonzero(free).tolist(), key=lambda row: (has[row], row))[:MOST_ASKED]
    kinds = list(dict.fromkeys(kind for row in asked if (kind := kind_for(pool, row)) is not None))
    if not kinds:
        return []
    open_to = broken_rules(pool.mentees, kinds, pool.vocabulary, ignore=pool.ignore) == 0
    open_to &= free[:, None]
    affinity = np.minimum(product(pool.seeks, pool.space.offer_rows(kinds)), 1.0)
    gains = np.where(open_to, affinity + _a_match(pool) - has[:, None], 0.0).max(axis=0)
    best: dict[object, int] = {}
    for at in np.argsort(-gains, kind="stable").tolist():
        if gains[at] > 0:
            best.setdefault(_serves(kinds[at]), at)
    alone = np.isin(np.arange(len(pool.mentees)), now.unmatched)
    found = []
    for at in list(best.values())[:SOLVED_AGAIN]:
        then = _optimum(pool.joined_by(kinds[at]), pinned, takes_part)
        suits = int((open_to[:, at] & alone).sum())
        found.append(Recruit(kinds[at], then.matched - now.matched, then.total - now.total, suits))
    helpful = [one for one in found if one.matched > 0 or (one.matched == 0 and one.total > 0)]
    return sorted(helpful, key=lambda one: (-one.matched, -one.total))[:most]


def _optimum(pool: Pool, pinned: Sequence[tuple[str, str]], takes_part: NDArray[np.bool_]) -> Assignment:
    pins = [(pool.mentee_row[mentee], pool.mentor_row[mentor]) for mentee, mentor in pinned]
    return assign(pool.affinity, capacity=pool.capacity, forbidden=~(pool.eligible & takes_part[:, None]), pinned=pins)


def _a_match(pool: Pool) -> float:
    """More than all affinities together."""
    return len(pool.mentees) + 1.0


def _has(pool: Pool, now: Assignment) -> Floats:
    """What each mentee has in the optimum less the price of the place (n,), 0 without one; a match counts most."""
    proof = now.certificate
    assert isinstance(proof, Certificate)
    price = now.prices + proof.matches * _a_match(pool)
    has = np.zeros(len(pool.mentees))
    rows, columns = now.pairs.T
    has[rows] = pool.affinity[rows, columns] + _a_match(pool) - price[columns]
    return has


def _serves(kind: Profile) -> object:
    return kind.helps_with or tuple(kind.skills)[:1], kind.languages, kind.region


# -- a kind -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Kind:
    """A profile in the making."""

    values: dict[str, list[str]] = field(default_factory=lambda: {block: [] for block in BRINGS})
    stage: str | None = None
    region: str | None = None
    languages: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()

    def bring(self, block: str, terms: Iterable[str]) -> None:
        """Adds the first of some terms that will do, unless one of them is there or the block has enough."""
        terms = list(terms)
        held = self.values.get(block)
        if held is not None and terms and len(held) < BRINGS[block] and not set(terms) & set(held):
            held.append(terms[0])


def kind_for(pool: Pool, row: int) -> Profile | None:
    """The mentor whom the mentee in a row needs: what weighs most of the needs, from the vocabulary; None where nothing
    is known of them. One place, no name, no employer, no words of their own."""
    mentee, vocabulary = pool.mentees[row], pool.vocabulary
    kind = _Kind(languages=mentee.languages[:1])
    for need in _heaviest_first(pool, row):
        column = need.column
        if isinstance(column, GoalColumn):
            kind.bring("goals", [column.goal])
        elif isinstance(column, TermColumn):
            kind.bring(column.of, (term for term in column.terms if term not in mentee.avoid))
            kind.region = column.place or kind.region
        elif isinstance(column, PlaceColumn):
            kind.region = column.region
        elif isinstance(column, StageColumn):
            kind.stage = _stage_from(column.lowest, vocabulary)
        elif isinstance(column, HoursColumn):
            kind.slots = _first_hours(mentee.slots, vocabulary)
        elif isinstance(column, FormatColumn):
            kind.formats = _anywhere_first(column.formats, vocabulary)
        elif isinstance(column, LanguageColumn):
            kind.languages = tuple(dict.fromkeys((*kind.languages, column.first)))
    if not any(kind.values.values()):
        return None
    if not place_bound(kind.values["credentials"], vocabulary):
        kind.region = mentee.region if any(in_place(f, vocabulary) for f in kind.formats) else None
    usual = vocabulary[mentee.region].timezone if mentee.region else None
    return Profile(
        id=NEW,
        role=Role.MENTOR,
        capacity=1,
        stage=kind.stage,
        helps_with=tuple(kind.values["goals"]),
        skills=dict.fromkeys(kind.values["skills"]),
        settings=tuple(kind.values["settings"]),
        credentials=tuple(kind.values["credentials"]),
        disciplines=tuple(kind.values["disciplines"]),
        languages=kind.languages,
        region=kind.region,
        timezone=(mentee.timezone or usual) if kind.slots else None,
        slots=kind.slots,
        formats=kind.formats,
    )


def _heaviest_first(pool: Pool, row: int) -> Iterator[Need]:
    """The needs of a mentee by their weight in the affinity."""
    needs = pool.space.needs(pool.mentees[row])
    weights = pool.seeks.dense(row, row + 1)[0, pool.space.places(needs)] if needs else ()
    for _, at in sorted((-weight, at) for at, weight in enumerate(weights)):
        yield needs[at]


def _first_hours(slots: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """The first slot with certain hours; all of them where there is none."""
    certain = [s for s in slots if vocabulary[s].hours and float(vocabulary[s].attributes.get("certainty") or 1) == 1]
    return tuple(certain[:1] or slots)


def _anywhere_first(formats: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """One way of meeting, if possible one that does not need one place."""
    return tuple(sorted(formats, key=lambda f: in_place(f, vocabulary))[:1])


def _stage_from(lowest: float, vocabulary: Vocabulary) -> str | None:
    """The first stage of at least this rank; the last one where none is so high."""
    ladder = sorted((s for s in vocabulary.terms("stages") if s.rank is not None), key=lambda s: s.rank or 0)
    reached = [stage.id for stage in ladder if (stage.rank or 0) >= lowest]
    return reached[0] if reached else (ladder[-1].id if ladder else None)


# -- in words ---------------------------------------------------------------------------------------------------------


def in_words(kind: Profile, *, vocabulary: Vocabulary, language: str = "en") -> list[str]:
    """What such a mentor would have to bring, a phrase for each, the goal first."""
    words = translator(language)

    def labels(ids: Iterable[str]) -> str:
        return words.listing(vocabulary[id].label_in(words.language) for id in ids)

    told = [
        (N_("glad to help with “%(what)s”"), kind.helps_with),
        (N_("speaks: %(what)s"), kind.languages),
        (N_("field: %(what)s"), kind.disciplines),
        (N_("holds: %(what)s"), kind.credentials),
        (N_("lives in: %(what)s"), (kind.region,) if kind.region else ()),
        (N_("knows the work in: %(what)s"), kind.settings),
        (N_("good at: %(what)s"), tuple(kind.skills)),
        (N_("stage: %(what)s, or further"), (kind.stage,) if kind.stage else ()),
        (N_("free at: %(what)s"), kind.slots),
        (N_("meets by: %(what)s"), kind.formats),
    ]
    return [words.say(sentence, what=labels(ids)) for sentence, ids in told if ids]
