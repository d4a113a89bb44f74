"""What if, for a coordinator: a round's settings changed, what would be different, and a round that keeps them.

Nothing is written by a question. Both sides are for the people as they are now: the round's own settings, and the
changed ones. A round keeps every hard rule, and promises no place that is not there; so a question that leaves a rule
out or adds places is answered, but a round is started only without that.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from matcher.domain.introductions import NotFound
from matcher.domain.profiles import Profile
from matcher.domain.rounds import Round, RoundKind
from matcher.domain.rules import RULES, Rule
from matcher.domain.vocabulary import Vocabulary
from matcher.engine.affinity import Pool
from matcher.engine.assignment import Assignment, Infeasible, assign
from matcher.engine.matching import BrokenPin
from matcher.engine.whatif import Change, Contrast, Scenario, Standing, WhatIf, what_if
from matcher.storage.database import Database
from matcher.workflow import matching
from matcher.workflow.kept import Kept

__all__ = ["Change", "Contrast", "Standing", "WhatIf"]

N_ = str  # marks an English sentence as one to translate

LEAVABLE = (Rule.SAME_EMPLOYER, Rule.LANGUAGE, Rule.FORMAT, Rule.STAGE, Rule.COOLING_DOWN)
"""Rules that a question may leave out: what the programme asks for. What people asked for themselves, and who takes
part, is not a matter of what if."""

MOST_PLACES = 1000


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings as a form holds them. `places`: a line "mentor = places" each; `pinned`, `forbidden`: lines "mentee =
    mentor". People stand there by name, id or address. `weights` None: those of the round."""

    weights: Mapping[str, float] | None
    objective: str
    ignore: frozenset[Rule] = frozenset()
    places: str = ""
    pinned: str = ""
    forbidden: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a line (from 1) of a field: a sentence for people (a msgid) and what fills its placeholders."""

    field: str
    line: int
    message: str
    facts: Mapping[str, object]


class BadSettings(ValueError):
    """Settings that cannot be asked about, with all problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.field}, line {p.line}: {p.message % p.facts}" for p in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Answer:
    """`found` compares with the round's own settings. `names` are those of everybody in the pool; `kept` tells whether
    a round can be started with these settings."""

    round: Round
    found: WhatIf
    names: Mapping[str, str]
    kept: bool


def of_round(db: Database, round_id: int, *, vocabulary: Vocabulary, now: datetime) -> tuple[Round, Settings]:
    """A round and its own settings. Raises NotFound for a round of groups or none at all."""
    with db.read() as session:
        base = _base(db, session, round_id, vocabulary, now)
    return base.round, _own_settings(base)


def ask(db: Database, round_id: int, settings: Settings, *, vocabulary: Vocabulary, now: datetime) -> Answer:
    """What would be different with these settings. Raises NotFound, BadSettings, BadWeights."""
    with db.read() as session:
        base = _base(db, session, round_id, vocabulary, now)
    scenario = _read(base, settings)
    try:
        found = what_if(base.pool, base.before, scenario, among=base.looking)
    except (BrokenPin, Infeasible):
        raise BadSettings([Problem("pinned", 0, N_("Not all of these pairs can be at the same time."), {})]) from None
    room = {mentor.id: mentor.capacity for mentor in base.pool.mentors}
    kept = not scenario.ignore and all(places <= room[mentor] for mentor, places in scenario.capacity.items())
    return Answer(base.round, found, base.names, kept)


def keep(
    db: Database, round_id: int, settings: Settings, *, name: str, by: str, vocabulary: Vocabulary, now: datetime
) -> int:
    """Starts a round with these settings, otherwise as the one asked about; returns its id. It is the kept scenario.

    Raises what `ask` raises, and BadSettings where a rule would be left out or places would be added.
    """
    answer = ask(db, round_id, settings, vocabulary=vocabulary, now=now)
    scenario, asked = answer.found.scenario, answer.round
    if not answer.kept:
        field = "ignore" if scenario.ignore else "places"
        raise BadSettings([Problem(field, 0, N_("A round keeps every rule and the places that there are."), {})])
    return matching.request_round(
        db,
        by=by,
        now=now,
        mode=asked.mode,
        objective=scenario.objective,
        weights=scenario.weights or asked.weights,
        suggestions=asked.suggestions,
        ask_order=asked.ask_order,
        seed=asked.seed,
        name=name,
        options={
            "pinned": [list(pair) for pair in scenario.pinned],
            "forbidden": [list(pair) for pair in scenario.forbidden],
            "capacity": dict(scenario.capacity),
        },
    )


# -- what a question starts from -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Base:
    """A round, everybody as they are now under its weights, and what its own settings give today."""

    round: Round
    pool: Pool
    looking: np.ndarray
    before: Assignment
    names: Mapping[str, str]
    ids: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Role, then a name, id or address in lower case: the ids it stands for."""


_bases: Kept[_Base] = Kept()


def _base(db: Database, session: Session, round_id: int, vocabulary: Vocabulary, now: datetime) -> _Base:
    """Read and solved once for all questions about a round."""
    asked = matching.get_round(session, round_id)
    if asked.kind is not RoundKind.PAIRS:
        raise NotFound

    def solved() -> _Base:
        return _solved(asked, matching.snapshot(session, vocabulary, now), vocabulary)

    return _bases.get(db, session, (vocabulary.digest, round_id), now, solved)


def _solved(asked: Round, seen: matching.Snapshot, vocabulary: Vocabulary) -> _Base:
    pool = seen.pool(vocabulary, asked.weights)
    looking = seen.looking(pool)
    now = pool.changed(
        capacity=matching.fewer_places(pool, asked.options),
        forbidden=_in(pool, matching.pairs_of(asked.options, "forbidden")),
    )
    free = now.eligible & looking[:, None]
    pins = [
        at
        for mentee, mentor in _in(pool, matching.pairs_of(asked.options, "pinned"))
        if free[at := (pool.mentee_row[mentee], pool.mentor_row[mentor])]
    ]
    capacity = now.capacity
    try:
        before = assign(pool.affinity, capacity=capacity, forbidden=~free, pinned=pins, objective=asked.objective)
    except Infeasible:  # places went to others since
        before = assign(pool.affinity, capacity=capacity, forbidden=~free, objective=asked.objective)
    people = {p.id: p for p in (*pool.mentees, *pool.mentors)}
    ids = {"mentee": _said(pool.mentees), "mentor": _said(pool.mentors)}
    return _Base(asked, pool, looking, before, {id: p.name or id for id, p in people.items()}, ids)


def _in(pool: Pool, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs whose people are still in the pool."""
    return [pair for pair in pairs if pair[0] in pool.mentee_row and pair[1] in pool.mentor_row]


def _said(people: Iterable[Profile]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for person in people:
        for word in (person.id, person.name, person.email):
            if word:
                found.setdefault(" ".join(word.casefold().split()), {})[person.id] = None
    return {word: tuple(ids) for word, ids in found.items()}


def _own_settings(base: _Base) -> Settings:
    """The round's own settings in the words of the form."""

    def word(id: str, role: str) -> str:
        name = base.names[id]
        return name if "=" not in name and len(base.ids[role].get(" ".join(name.casefold().split()), ())) == 1 else id

    def lines(name: str) -> str:
        pairs = _in(base.pool, matching.pairs_of(base.round.options, name))
        return "\n".join(f"{word(mentee, 'mentee')} = {word(mentor, 'mentor')}" for mentee, mentor in pairs)

    places = matching.fewer_places(base.pool, base.round.options)
    return Settings(
        weights=None,
        objective=base.round.objective,
        places="\n".join(f"{word(mentor, 'mentor')} = {count}" for mentor, count in places.items()),
        pinned=lines("pinned"),
        forbidden=lines("forbidden"),
    )


# -- reading what was typed ------------------------------------------------------------------------------------------


class _Refused(Exception):
    """A line that cannot be read; a sentence for people and what fills it."""

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message, self.facts = message, facts


def _read(base: _Base, settings: Settings) -> Scenario:
    problems: list[Problem] = []

    def each(field: str, text: str, read: Callable[[str, str], Any]) -> list[Any]:
        found = []
        for line, row in enumerate(text.splitlines(), start=1):
            left, equals, right = (part.strip() for part in row.rpartition("="))
            if not row.strip():
                continue
            try:
                if not (equals and left and right):
                    raise _Refused(N_("Please write two things with “=” between them."))
                found.append(read(left, right))
            except _Refused as refused:
                problems.append(Problem(field, line, refused.message, refused.facts))
        return found

    ignore = settings.ignore & frozenset(LEAVABLE)
    places = dict(each("places", settings.places, lambda left, right: (_who(base, left, "mentor"), _count(right))))

    def pair(left: str, right: str) -> tuple[str, str]:
        return _who(base, left, "mentee"), _who(base, right, "mentor")

    forbidden = each("forbidden", settings.forbidden, pair)
    taken: dict[str, int] = {}
    settled: set[str] = set()

    def pin(left: str, right: str) -> tuple[str, str]:
        mentee, mentor = pair(left, right)
        _refuse_pin(base, mentee, mentor, ignore, places, settled, taken)
        if (mentee, mentor) in forbidden:
            raise _Refused(RULES[Rule.FORBIDDEN])
        settled.add(mentee)
        taken[mentor] = taken.get(mentor, 0) + 1
        return mentee, mentor

    pinned = each("pinned", settings.pinned, pin)
    if problems:
        raise BadSettings(problems)
    return Scenario(
        weights=settings.weights,
        ignore=ignore,
        capacity=places,
        pinned=tuple(pinned),
        forbidden=tuple(forbidden),
        objective=settings.objective,
    )


def _who(base: _Base, word: str, role: str) -> str:
    known = base.ids[role].get(" ".join(word.casefold().split()), ())
    if len(known) > 1:
        raise _Refused(N_("Several people are called %(who)s; please give the id or the address."), who=word)
    if not known:
        said = {
            "mentee": N_("There is no mentee %(who)s among those who take part."),
            "mentor": N_("There is no mentor %(who)s among those who take part."),
        }
        raise _Refused(said[role], who=word)
    return known[0]


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and int(text) <= MOST_PLACES):
        raise _Refused(N_("The number of places is a whole number from 0 to %(n)s."), n=MOST_PLACES)
    return int(text)


def _refuse_pin(
    base: _Base,
    mentee: str,
    mentor: str,
    ignore: frozenset[Rule],
    places: Mapping[str, int],
    settled: set[str],
    taken: Mapping[str, int],
) -> None:
    """Raises when the pair cannot be. LOOP is left to the solver, since it depends on the weights."""
    i, j = base.pool.mentee_row[mentee], base.pool.mentor_row[mentor]
    for rule in base.pool.rules(i, j):
        if rule not in ignore and rule is not Rule.LOOP and not (rule is Rule.FULL and places.get(mentor)):
            raise _Refused(RULES[rule])
    if not base.looking[i]:
        raise _Refused(N_("%(who)s is not looking for a mentor at the moment."), who=base.names[mentee])
    if mentee in settled:
        raise _Refused(N_("%(who)s stands here twice."), who=base.names[mentee])
    if taken.get(mentor, 0) >= places.get(mentor, base.pool.mentors[j].capacity):
        raise _Refused(N_("%(who)s has no further place."), who=base.names[mentor])
