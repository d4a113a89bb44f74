"""What somebody who is signing up may expect, in numbers without names.

A mentee learns how many mentors could help with what they look for; a mentor learns which goals wait. Numbers under
five are not told (`FEW`), so that nobody can be made out.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from matcher.domain.profiles import Role
from matcher.domain.vocabulary import Vocabulary
from matcher.storage import outlook as questions
from matcher.storage.database import Database

FEW = 5
"""Smaller numbers than this are not told."""
MOST_GOALS = 6


@dataclass(frozen=True, slots=True)
class GoalCount:
    """A goal and how many people stand behind it; None is "a few", fewer than five."""

    goal: str
    people: int | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """`mentors`: with room and fitting the mentee's goals and languages (None: fewer than five, and for mentors only).

    `waiting`: the goals of waiting mentees that this mentor could help with, most wanted first; empty for mentees.
    """

    mentors: int | None
    waiting: tuple[GoalCount, ...]


def outlook(db: Database, answers: Mapping[str, str], *, vocabulary: Vocabulary) -> Outlook:
    """Counts for these answers (the columns of a profile, half filled is enough)."""
    role = Role(answers["role"])
    with db.read() as session:
        mentors = questions.mentors_with_room(session) if role.is_mentee else []
        mentees = questions.waiting_mentees(session) if role.is_mentor else []
    near = sum(_could_help(mentor, answers, vocabulary) for mentor in mentors)
    return Outlook(_told(near), _waiting(answers, mentees, vocabulary))


def _could_help(mentor: Mapping[str, str], mentee: Mapping[str, str], vocabulary: Vocabulary) -> bool:
    """Whether they share a language and the mentor fits one of the goals; without goals the language decides."""
    goals = _ids(mentee, "goals")
    return _share_language(mentor, mentee) and (not goals or any(fits(mentor, goal, vocabulary) for goal in goals))


def _waiting(mentor: Mapping[str, str], mentees: list[dict[str, str]], vocabulary: Vocabulary) -> tuple[GoalCount, ...]:
    """The wanted goals that the mentor fits, by how many want them, then by id."""
    wanted = Counter(
        goal for mentee in mentees if _share_language(mentor, mentee) for goal in sorted(_ids(mentee, "goals"))
    )
    fitting = [(goal, count) for goal, count in wanted.items() if goal in vocabulary and fits(mentor, goal, vocabulary)]
    ordered = sorted(fitting, key=lambda pair: (-pair[1], pair[0]))[:MOST_GOALS]
    return tuple(GoalCount(goal, _told(count)) for goal, count in ordered)


def fits(mentor: Mapping[str, str], goal: str, vocabulary: Vocabulary) -> bool:
    """Whether a mentor named the goal, or has at least half of the skills that it calls for."""
    if goal in _ids(mentor, "helps_with"):
        return True
    offers = vocabulary[goal].offers if goal in vocabulary else None
    needed = offers.skills_essential if offers is not None else ()
    return bool(needed) and 2 * len(_ids(mentor, "skills").intersection(needed)) >= len(needed)


def _ids(answers: Mapping[str, str], column: str) -> set[str]:
    """The values of a list column, levels left off."""
    return {value.strip().partition("=")[0] for value in (answers.get(column) or "").split(";") if value.strip()}


def _share_language(a: Mapping[str, str], b: Mapping[str, str]) -> bool:
    """Whether both name a common language; somebody who named none can talk to all."""
    mine, theirs = _ids(a, "languages"), _ids(b, "languages")
    return not mine or not theirs or bool(mine & theirs)


def _told(count: int) -> int | None:
    return count if count >= FEW else None
