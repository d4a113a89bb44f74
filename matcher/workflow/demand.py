"""Goals wanted against goals offered, and whom to recruit next.

Wanted: active mentees who name a goal; waiting are those of them who have nobody. Offered: active mentors who named the
goal or have at least half of what it calls for (`outlook.fits`), with the places that are free. One mentor stands
behind several goals, so places cannot be added up over goals.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy.orm import Session

from matcher.domain.vocabulary import Vocabulary
from matcher.engine.recruiting import in_words, recruits
from matcher.storage import desk_rounds
from matcher.storage import outlook as rows
from matcher.storage.database import Database
from matcher.workflow import matching
from matcher.workflow.outlook import fits

MOST_RECRUITS = 6
MOST_PRICES = 8
MOST_OWN_WORDS = 30


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: how many mentees want it, how many of them wait, how many mentors could help, and their free places."""

    id: str
    wanted: int
    waiting: int
    mentors: int
    places: int

    @property
    def lacking(self) -> int:
        """How many of those who wait would still wait if every free place went to this goal."""
        return max(0, self.waiting - self.places)


@dataclass(frozen=True, slots=True)
class Price:
    """What one more place with this mentor, or somebody like them, would add to the total of the latest round."""

    mentor_id: str
    name: str
    answers: Mapping[str, str]
    gain: float


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of mentor, in phrases about what they bring: how many more would be matched if one with one place came, by
    how much the total would rise, and how many of those now without anybody no rule keeps from them."""

    brings: Sequence[str]
    matched: int
    total: float
    suits: int


@dataclass(frozen=True, slots=True)
class Demand:
    """Supply and demand. `goals`: most lacking first; `own_words`: goals that the vocabulary lacks."""

    goals: Sequence[Goal]
    prices: Sequence[Price]
    round_id: int | None
    without_goal: int
    own_words: Sequence[str]

    @property
    def recruits(self) -> Sequence[Goal]:
        """The goals to recruit for next: those with the fewest places for each mentee who waits."""
        short = [g for g in self.goals if g.waiting and g.places < 2 * g.waiting]
        return sorted(short, key=lambda g: (-g.lacking, g.places / g.waiting, -g.waiting, g.id))[:MOST_RECRUITS]


def demand(db: Database, *, vocabulary: Vocabulary) -> Demand:
    """Counts goals on both sides, and reads the prices of the latest round; six statements."""
    with db.read() as session:
        mentees = rows.mentees_by_goal(session)
        mentors = rows.mentors_by_goal(session)
        latest = desk_rounds.latest_with_result(session)
        prices = _prices(session, latest.certificate.get("prices", {}) if latest else {})
    wanted: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    for answers, is_waiting in mentees:
        goals = _goals(answers)
        wanted.update(goals)
        waiting.update(goals if is_waiting else ())
    named = {goal for answers, _ in mentors for goal in _listed(answers, "helps_with")}
    known = sorted(id for id in {*wanted, *named} if id in vocabulary)
    found = [_goal(id, wanted[id], waiting[id], mentors, vocabulary) for id in known]
    return Demand(
        sorted(found, key=lambda g: (-g.lacking, -g.waiting, -g.wanted, g.id)),
        prices,
        latest.id if latest else None,
        sum(1 for answers, _ in mentees if not _goals(answers)),
        sorted(goal for goal in wanted if goal not in vocabulary)[:MOST_OWN_WORDS],
    )


def whom_to_recruit(db: Database, *, vocabulary: Vocabulary, language: str, now: datetime) -> list[Kind]:
    """The kinds of mentor who would add most to the next round, as the pool is now and with the weights of the last.

    It takes some seconds for hundreds of people: each kind is matched with everybody.
    """
    with db.read() as session:
        seen = matching.snapshot(session, vocabulary, now)
        weights = matching.last_weights(session)
    pool = matching.pool_of(seen, vocabulary, weights)
    waiting = np.array([p.id not in seen.busy and p.status == "active" for p in pool.mentees], dtype=bool)
    return [
        Kind(in_words(one.profile, vocabulary=vocabulary, language=language), one.matched, one.total, one.suits)
        for one in recruits(pool, seeking=waiting)
    ]


def _goal(
    id: str, wanted: int, waiting: int, mentors: Sequence[tuple[Mapping[str, str], int]], vocabulary: Vocabulary
) -> Goal:
    able = [places for answers, places in mentors if fits(answers, id, vocabulary)]
    return Goal(id, wanted, waiting, len(able), sum(able))


def _goals(answers: Mapping[str, str]) -> set[str]:
    return set(_listed(answers, "goals"))


def _listed(answers: Mapping[str, str], column: str) -> list[str]:
    return [value.strip() for value in answers.get(column, "").split(";") if value.strip()]


def _prices(session: Session, prices: Mapping[str, float]) -> list[Price]:
    dearest = sorted(((id, gain) for id, gain in prices.items() if gain > 1e-9), key=lambda p: (-p[1], p[0]))
    shown = dearest[:MOST_PRICES]
    people = rows.answers_by_id(session, [id for id, _ in shown])
    return [Price(id, people[id][0], people[id][1], gain) for id, gain in shown if id in people]
