"""A database put back from a backup: what may have left since is not sent again, and somebody looks at it."""

from datetime import timedelta

from matcher.domain.introductions import State
from matcher.domain.letters import LetterKind
from matcher.storage import upkeep
from matcher.storage.database import Database
from tests.cast import NOW, ada, ben, cleo, enrol, grace, henry
from tests.stories import DAY, ask, at, check_invariants, deliver, mail, one, state


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
