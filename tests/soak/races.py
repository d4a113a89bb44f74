"""Many at the same moment: one wins, the others are told the truth, nothing is done twice."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import text

from matcher.domain.introductions import Act, State, Who
from matcher.storage import introductions
from matcher.storage.database import Database
from matcher.workflow import answers, review
from tests.cast import NOW, enrol, grace
from tests.cast import person as member
from tests.soak.proof import Fresh, Told, proof
from tests.stories import VOCABULARY, approve, check_invariants, person, pick, state

CROWD = 8


def together(steps: Sequence[Callable[[], object]]) -> list[object]:
    """Runs the steps at the same moment, each in a thread of its own: their results, and refusals, in their order."""
    barrier = threading.Barrier(len(steps))
    found: list[object] = [None] * len(steps)

    def run(place: int, step: Callable[[], object]) -> None:
        barrier.wait(30)
        try:
            found[place] = step() or "done"
        except Exception as problem:
            found[place] = problem

    threads = [threading.Thread(target=run, args=each) for each in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert None not in found, "somebody never came back"
    return found


def crowd(db: Database, **mentor: str) -> list[str]:
    """Grace with one place and as many who want it."""
    mentees = [member(f"m{n}", "mentee", seeks_skills="skill.verbal_deescalation") for n in range(CROWD)]
    enrol(db, *mentees, grace(**{"capacity": "1", **mentor}))
    return [mentee.id for mentee in mentees]


def offer_all(db: Database, mentees: Sequence[str], now: datetime) -> list[int]:
    """Grace is offered to each of them."""
    ids = [
        review.propose_pair(db, mentee, "grace", by="cleo", vocabulary=VOCABULARY, now=now, mode="choose")
        for mentee in mentees
    ]
    approve(db, *ids, now=now)
    return ids


@proof("8 want the last place at the same moment", full=1000, short=3, unit="rounds")
def last_place(fresh: Fresh, size: int, told: Told) -> str:
    """Never overbooked, never nobody; whoever is late is told that the place is gone, and has no question open."""
    for round_ in range(size):
        if round_ % 50 == 0:  # a year of rounds in one database would be slow to look at, not harder
            db = fresh()
            mentees = crowd(db)
        moment = NOW + timedelta(days=round_ % 50)
        with db.write() as session:
            session.execute(text("UPDATE parties SET asked_at = NULL"))  # no quota in the next round
        ids = offer_all(db, mentees, moment)
        results = together([partial(pick, db, i, m, now=moment) for i, m in zip(ids, mentees, strict=True)])
        won = [n for n, result in enumerate(results) if isinstance(result, answers.Picked)]
        assert len(won) == 1, f"round {round_}: {len(won)} winners: {results}"
        late = [result for n, result in enumerate(results) if n not in won]
        assert late == [answers.PlaceGone(None)] * (CROWD - 1), f"round {round_}: told {late}"
        states = [state(db, id) for id in ids]
        assert states == [State.ASKING if n in won else State.WITHDRAWN for n in range(CROWD)], states
        assert person(db, "grace").used == 1
        check_invariants(db)
        free(db, ids[won[0]], moment)
        told(round_ + 1)
    return f"{size:,} rounds, {CROWD} threads: 0 overbooked, 0 without a winner"


def free(db: Database, id: int, now: datetime) -> None:
    """The place is free again, and the two may meet again in the next round."""
    with db.write() as session:
        found = introductions.get(session, id)
        introductions.step(session, found, Act.WITHDRAW, Who.SYSTEM, now, reason="paused")
        found.followed_up = True
