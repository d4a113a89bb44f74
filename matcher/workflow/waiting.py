"""The waiting list: how many with the same goal wait longer, and how long it took those who were matched lately.

Nothing is promised: the wait is what others waited, and where fewer than five are known it is not known yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from matcher.storage import outlook as questions
from matcher.storage.database import Database

LATELY = timedelta(days=180)
FEW = 5
"""Of fewer people than this nothing is told."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A mentee's place in line, and the expected days; `days` is None while that is not known."""

    place: int
    days: int | None


def wait_of(db: Database, participant_id: str, *, now: datetime) -> Wait | None:
    """The wait of a mentee who is active and without an introduction; None for everybody else."""
    return waits_of(db, [participant_id], now=now).get(participant_id)


def waits_of(db: Database, participant_ids: Iterable[str], *, now: datetime) -> dict[str, Wait]:
    """The wait of those among them who are in line."""
    wanted = set(participant_ids)
    with db.read() as session:
        line = [(id, _goals(answers), since) for id, answers, since in questions.waiting_since(session)]
        mine = [each for each in line if each[0] in wanted]
        lately = questions.first_introductions(session, now - LATELY) if mine else []
    matched = [(_goals(answers), (met - since) / timedelta(days=1)) for answers, since, met in lately]
    found = {}
    for person, goals, came in mine:
        before = [id for id, theirs, since in line if (since, id) < (came, person) and _share(goals, theirs)]
        waits = [days for theirs, days in matched if _share(goals, theirs)]
        found[person] = Wait(len(before) + 1, round(median(waits)) if len(waits) >= FEW else None)
    return found


def _goals(answers: dict[str, str]) -> set[str]:
    return {goal.strip() for goal in (answers.get("goals") or "").split(";") if goal.strip()}


def _share(goals: set[str], theirs: set[str]) -> bool:
    """Whether somebody looks for the same; without goals, everybody does."""
    return not goals or not theirs or bool(goals & theirs)
