"""A database put back from a backup: what may have left since is not sent again, and somebody looks at it."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

from matcher.domain.introductions import State
from matcher.domain.letters import LetterKind
from matcher.storage import upkeep
from matcher.storage.database import Database
from matcher.workflow import desk, signup
from tests.cast import LINKS, NOW, ada, ben, cleo, enrol, grace, henry
from tests.stories import DAY, VOCABULARY, ask, at, check_invariants, deliver, mail, one, state


def test_a_question_that_waited_at_the_time_of_the_backup_is_not_written_again(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), ben(), grace(), henry())
    told = ask(db, "ben", "henry")
    deliver(db)
    waiting = ask(db, "ada", "grace")
    with db.write() as session:
        upkeep.make_harmless(session)
    for days in (1, 5, 9):
        at(db, NOW + days * DAY + timedelta(minutes=1))
        deliver(db, NOW + days * DAY + timedelta(minutes=2))
    assert mail(db, LetterKind.QUESTION_TO_MENTOR) == [(LetterKind.QUESTION_TO_MENTOR, "henry@example.org")]
    assert one(db, waiting).party("grace").undeliverable
    assert (state(db, waiting), state(db, told)) == (State.ASKING, State.EXPIRED)
    assert (LetterKind.COORDINATOR_NEEDED, "cleo@example.org") in mail(db)
    check_invariants(db)


def test_the_desk_sees_the_people_of_the_backup_at_once(sqlite: Database) -> None:
    """Even where its log is as long as the one it replaces, so that the newest records have the same number."""
    enrol(sqlite, ada(), grace(), henry())
    database = str(sqlite.url.database)

    def paused(who: str, moment: datetime) -> set[str]:
        """The mentors at the desk after somebody's pause."""
        signup.pause(sqlite, who, links=LINKS, now=moment)
        shown = desk.ranking(sqlite, "ada", vocabulary=VOCABULARY, now=NOW)
        return {candidate.mentor.id for candidate in shown.candidates if not candidate.rules}

    with closing(sqlite3.connect(database)) as live, closing(sqlite3.connect(":memory:")) as backup:
        live.backup(backup)
        assert paused("grace", NOW + DAY) == {"henry"}
        backup.backup(live)
    assert paused("henry", NOW + 2 * DAY) == {"grace"}
