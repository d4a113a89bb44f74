"""The next best by repair: what is accepted stays, and of what waits for a coordinator as little as possible moves."""

from datetime import timedelta

import pytest

from matcher.domain.introductions import State
from matcher.storage import introductions
from matcher.storage.database import Database
from matcher.workflow import clock, matching, review
from tests.cast import NOW, ada, ben, cleo, dora, enrol, grace, henry, ines
from tests.stories import DAY, VOCABULARY, ask, at, check_invariants, say

ROUND = {"mode": "assigned", "by": "cleo", "now": NOW}


def drafts(db: Database) -> dict[str, str]:
    """Mentor by mentee of everything that waits for a coordinator."""
    with db.read() as session:
        found = introductions.due(session, clock.table.c.state == State.DRAFT)
        return {str(i.mentee_id): str(i.mentor_id) for i in found}


def solved(db: Database, **options: object) -> int:
    """A round under review."""
    id = matching.request_round(db, **{**ROUND, "options": options})
    matching.run_round(db, id, vocabulary=VOCABULARY, now=NOW)
    return id


def test_a_draft_moves_where_that_finds_a_mentor_for_both(db: Database) -> None:
    """Dora can only go to Henry; Ada, who was to have his last place, goes to Grace."""
    cleo(db)
    enrol(db, ada(), dora(), henry(capacity="1"), ines(skills="skill.safety_planning=3", capacity="1"))
    id = ask(db, "dora", "ines")
    solved(db)
    assert drafts(db) == {"ada": "henry"}
    enrol(db, grace())
    say(db, id, "ines", "no")
    assert at(db, NOW + DAY).next_best == 1
    assert drafts(db) == {"ada": "grace", "dora": "henry"}
    with db.read() as session:
        moved = introductions.due(session, clock.table.c.state == State.DISCARDED)
        assert [(i.mentee_id, i.mentor_id, i.end_reason) for i in moved] == [("ada", "henry", "moved")]
    check_invariants(db)


def test_what_a_coordinator_proposed_by_hand_stays(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), dora(), henry(capacity="1"), ines(skills="skill.safety_planning=3", capacity="1"))
    id = ask(db, "dora", "ines")
    review.propose_pair(db, "ada", "henry", by="cleo", vocabulary=VOCABULARY, now=NOW)
    enrol(db, grace())
    say(db, id, "ines", "no")
    at(db, NOW + DAY)
    assert drafts(db)["ada"] == "henry"
    assert drafts(db).get("dora") != "henry"


def test_nobody_loses_a_draft_to_somebody_else(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), ben(), henry(capacity="1"), grace())
    id = ask(db, "ben", "grace")
    solved(db)
    assert drafts(db) == {"ada": "henry"}
    say(db, id, "grace", "no")
    at(db, NOW + DAY)
    assert drafts(db)["ada"] in ("henry", "grace")


def test_an_error_there_keeps_nothing_else_waiting(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cleo(sqlite)
    enrol(sqlite, ada(), grace(), henry())
    id = ask(sqlite, "ada", "grace")
    say(sqlite, id, "grace", "no")

    def broken(*_: object) -> None:
        raise RuntimeError("no solution")

    monkeypatch.setattr(matching, "next_best", broken)
    done = at(sqlite, NOW + timedelta(days=1))
    assert done.next_best == 0
    assert "no solution" in caplog.text
    monkeypatch.undo()
    assert at(sqlite, NOW + timedelta(days=1)).next_best == 1
