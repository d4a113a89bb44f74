"""R-65: a database that the first version filled comes to today's schema, on both engines, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from matcher.domain.introductions import Asks, State
from matcher.domain.letters import LetterState
from matcher.domain.people import Participant
from matcher.storage import introductions, outbox, suppression, upkeep
from matcher.storage.database import Database
from matcher.storage.mapping import group_seats, letters
from tests import first_version
from tests.cast import NOW, SECRET


@pytest.fixture(params=["sqlite", "postgresql"])
def first(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the first version."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/first.db", secrets=[SECRET])
        first_version.make(database)
        yield database
        database.dispose()
        return
    whole = request.getfixturevalue("postgresql")
    database = Database(whole.url.render_as_string(hide_password=False), secrets=[SECRET])
    first_version.clear(database)
    first_version.make(database)
    yield database
    first_version.clear(database)  # also where a step has failed, so that the next test has its schema
    database.upgrade()
    database.dispose()


def test_what_the_first_version_kept_is_whole_in_todays(first: Database) -> None:
    first_version.fill(first)
    columns = first_version.columns(first)
    before = first_version.rows(first, columns)
    assert all(before.values()), [name for name, kept in before.items() if not kept]
    first.upgrade()
    first.check_version()
    assert first_version.rows(first, columns) == before
    first_version.check_todays(first)


def test_defaults_seats_and_questions_follow_from_what_was_kept(first: Database) -> None:
    first_version.fill(first)
    first.upgrade()
    with first.read() as session:
        seats = {row.participant_id: row.introduction_id for row in session.execute(select(group_seats))}
        assert seats == {"ines": 10, "ada": 10, "eve": 11}  # of two live groups the older one
        sides = {
            (2, "henry"): (Asks.COORDINATOR, True),
            (2, "ben"): (Asks.COORDINATOR, False),
            (3, "dora"): (None, False),
        }
        for (id, who), (asks, waits) in sides.items():
            party = introductions.get(session, id).party(who)
            assert (party.asks, party.waits, party.taken_back, party.reminded_at) == (asks, waits, False, None)
        ada = session.get_one(Participant, "ada")
        assert (ada.quiet_from, ada.quiet_until, ada.muted) == (None, None, ["news"])
        assert introductions.get(session, 1).state is State.INTRODUCED
        assert upkeep.inconsistencies(session, NOW) == []


def test_mail_goes_on_and_who_was_stopped_gets_none(first: Database) -> None:
    """The programme puts the bare hashes under its key as it starts (`suppression.renew`)."""
    first_version.fill(first)
    first.upgrade()
    assert first.transact(suppression.renew) == len(first_version.STOPPED)
    carried = []
    with first.write() as session:
        while (letter := outbox.claim_next(session, "w2", NOW)) is not None:
            carried.append((letter.to, letter.raw, letter.message_id))
            assert outbox.mark_sent(session, letter.id or 0, "w2", letter.attempts, NOW)
    assert sorted(carried) == [
        ("ada@example.org", b"bytes 2", "<2@example.org>"),
        ("ben@example.org", b"bytes 3", "<3@example.org>"),
    ]
    with first.read() as session:
        assert all(suppression.is_suppressed(session, email) for email in first_version.STOPPED)
        assert session.scalar(select(letters.c.state).where(letters.c.id == 4)) is LetterState.CANCELLED
        assert [person.id for person, _ in suppression.stopped_people(session)] == ["henry"]
