"""The schema and the promises of a transaction, on both engines."""

import contextlib
import sqlite3
import threading
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from matcher.domain.introductions import Introduction, State
from matcher.domain.people import Participant, Standing
from matcher.storage import database, introductions, records
from matcher.storage.database import TRIES, Busy, Database, InDoubt, WrongVersion, _alembic
from matcher.storage.mapping import audit, coordinators, metadata, participants
from tests.cast import NOW, ada, ben, cleo, enrol, grace
from tests.databases import listening


def test_the_migrated_schema_is_the_mapped_one(db: Database) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_check_constraint_is_in_the_database(db: Database) -> None:
    """What `compare_metadata` does not look at."""
    checks = {
        str(c.name) for table in metadata.tables.values() for c in table.constraints if str(c.name).startswith("ck_")
    }
    assert len(checks) > 15
    with db.engine.connect() as connection:
        if db.is_sqlite:
            found = " ".join(connection.execute(text("SELECT sql FROM sqlite_master WHERE type = 'table'")).scalars())
        else:
            found = " ".join(
                connection.execute(text("SELECT conname FROM pg_constraint WHERE contype = 'c'")).scalars()
            )
    assert not [name for name in checks if name not in found]


def test_there_is_one_head_and_upgrading_twice_is_upgrading_once(db: Database) -> None:
    assert len(ScriptDirectory.from_config(_alembic()).get_heads()) == 1
    db.upgrade()
    db.check_version()


def test_an_empty_database_says_so(tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path}/new/matcher.db")
    with pytest.raises(WrongVersion, match="empty"):
        empty.check_version()
    empty.dispose()


def test_a_database_of_a_newer_version_is_left_alone(sqlite: Database) -> None:
    with sqlite.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(WrongVersion, match="newer version"):
        sqlite.check_version()
    with pytest.raises(WrongVersion, match="9999"):
        sqlite.upgrade()


def test_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    databases = [Database(f"sqlite:///{tmp_path}/matcher.db") for _ in range(4)]
    threads = [threading.Thread(target=database.upgrade) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    databases[0].check_version()
    for each in databases:
        each.dispose()


def test_a_new_file_that_somebody_else_sets_up_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site and a worker start together; SQLite refuses the change to WAL at once while another writes."""
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    with contextlib.closing(other):
        other.execute("BEGIN IMMEDIATE")
        pauses = []

        def pause(attempt: int) -> None:
            pauses.append(attempt)
            if attempt == 2:
                other.execute("COMMIT")

        monkeypatch.setattr(database, "_pause", pause)
        new = Database(f"sqlite:///{tmp_path}/new.db")
        new.reach()
        new.dispose()
    assert pauses == [1, 2]


def test_a_memory_database_is_refused() -> None:
    with pytest.raises(ValueError, match="file"):
        Database("sqlite://")


def test_instants_come_back_in_utc_and_a_naive_one_is_refused(db: Database) -> None:
    cleo(db)
    with db.read() as session:
        at = session.scalar(select(coordinators.c.created_at))
        assert at == NOW
        assert at.utcoffset() == timedelta(0)
    with pytest.raises(Exception, match="time zone"), db.write() as session:
        session.execute(update(coordinators).values(created_at=NOW.replace(tzinfo=None)))


def test_the_audit_log_refuses_changes(db: Database) -> None:
    with db.write() as session:
        records.write_down(session, "test", "thing:1", by="system", now=NOW)
    for statement in (update(audit).values(actor="somebody"), audit.delete()):
        with pytest.raises(DBAPIError, match="append-only"), db.write() as session:
            session.execute(statement)
    with db.read() as session:
        assert [row.actor for row in records.history(session, "thing:1")] == ["system"]


def test_a_reading_transaction_cannot_write(db: Database) -> None:
    enrol(db, grace())
    with pytest.raises(DBAPIError), db.read() as session:
        session.execute(update(participants).values(name="Changed"))
    with db.write() as session:
        session.execute(update(participants).values(name="Changed"))


def test_readers_do_not_wait_for_a_writer(db: Database) -> None:
    enrol(db, grace())
    with db.write() as writing:
        writing.execute(update(participants).values(name="Later"))
        with db.read() as reading:
            assert reading.scalar(select(participants.c.name)) == "Grace"


class Ahead(datetime):
    """The clock of a machine, `by` ahead of the right time."""

    by = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """What this machine takes for the time."""
        return datetime.now(tz) + cls.by


def test_the_time_is_that_of_the_database_and_not_of_the_machine(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers on several machines agree whose lease is over; SQLite has no clock but the one machine's."""
    monkeypatch.setattr(database, "datetime", Ahead)
    for by in (timedelta(hours=-3), timedelta(), timedelta(hours=3)):
        monkeypatch.setattr(Ahead, "by", by)
        here = Database(db.url.render_as_string(hide_password=False))  # as on another machine
        try:
            for _ in range(2):  # asked, and from what was learnt then
                right = _right_time(db) + (by if db.is_sqlite else timedelta())
                assert abs(here.now() - right) < timedelta(minutes=1)
        finally:
            here.dispose()


def _right_time(db: Database) -> datetime:
    if db.is_sqlite:
        return datetime.now(UTC)
    with db.read() as session:
        found = session.scalar(text("SELECT clock_timestamp()"))
        assert isinstance(found, datetime)
        return found


def test_a_writer_of_sqlite_has_its_turn_before_it_reads(sqlite: Database) -> None:
    """One that reads first and writes later would be refused at once if somebody wrote in between."""
    other = sqlite3.connect(str(sqlite.url.database), timeout=0, isolation_level=None)
    with contextlib.closing(other), sqlite.write() as session:
        session.execute(select(participants.c.id))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")


@pytest.mark.parametrize(("capacity", "used"), [(1, 2), (0, 1), (1, -1)])
def test_no_row_can_hold_more_places_than_there_are(db: Database, capacity: int, used: int) -> None:
    row = {"id": "x", "role": "mentor", "status": Standing.ACTIVE, "version": 1}
    with pytest.raises(IntegrityError), db.write() as session:
        session.execute(insert(participants).values(**row, capacity=capacity, used=used))


def test_a_place_is_taken_only_where_there_is_one(db: Database) -> None:
    enrol(db, grace(capacity="1"))
    with db.write() as session:
        assert [introductions.reserve(session, "grace") for _ in range(2)] == [True, False]


def test_a_mentee_has_one_and_a_pair_is_one_whatever_the_code_does(db: Database) -> None:
    """The partial unique indexes decide, not a check that somebody could forget."""
    enrol(db, ada(), ben(), grace())
    both = {"kind": "pair", "mode": "choose", "ask_order": "both", "version": 1, "mentee_id": "ada"}
    table = Introduction.__table__  # type: ignore[attr-defined]
    with db.write() as session:
        session.execute(insert(table).values(**both, mentor_id="grace", state=State.ASKING))
    for mentor, state in (("ben", State.AGREED), ("grace", State.OFFERED)):
        with pytest.raises(IntegrityError), db.write() as session:
            session.execute(insert(table).values(**both, mentor_id=mentor, state=state))
    with db.write() as session:
        session.execute(insert(table).values(**both, mentor_id="grace", state=State.CLOSED))
        session.execute(insert(table).values(**both, mentor_id="ben", state=State.OFFERED))


# -- transact --------------------------------------------------------------------------------------------------------


def test_a_step_that_comes_second_looks_again(db: Database) -> None:
    """Two changes of one version: the second is run again on what the first left."""
    enrol(db, grace())
    seen = []

    def rename(session: Session) -> None:
        person = session.get_one(Participant, "grace")
        seen.append(person.name)
        if len(seen) == 1 and not db.is_sqlite:
            with db.write() as other:
                other.get_one(Participant, "grace").name = "Grace of elsewhere"
        person.name += "!"

    db.transact(rename)
    with db.read() as session:
        name = session.get_one(Participant, "grace").name
    assert name == ("Grace!" if db.is_sqlite else "Grace of elsewhere!")


def test_a_deadlock_is_run_again(postgresql: Database) -> None:
    """PostgreSQL stops one of two that wait for each other; it succeeds at the second try."""
    enrol(postgresql, ada(), ben())
    meet = threading.Barrier(2, timeout=10)
    tries: list[str] = []

    def cross(session: Session, first: str, second: str) -> None:
        tries.append(first)
        session.execute(update(participants).where(participants.c.id == first).values(name=first))
        if len(tries) <= 2:
            meet.wait()
        session.execute(update(participants).where(participants.c.id == second).values(name=first))

    threads = [
        threading.Thread(target=postgresql.transact, args=(cross, *pair)) for pair in (("ada", "ben"), ("ben", "ada"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert 3 <= len(tries) <= 5  # under load the two may cross once more


def test_a_database_that_stays_locked_is_busy(sqlite: Database) -> None:
    tries = []

    def locked(session: Session) -> None:
        tries.append(1)
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise OperationalError("UPDATE", {}, error)

    with pytest.raises(Busy):
        sqlite.transact(locked)
    assert len(tries) == TRIES


def test_a_connection_that_is_cut_is_made_anew_and_the_whole_step_run_again(postgresql: Database) -> None:
    """The server ends the session in the middle (57P01), as when it is restarted."""
    enrol(postgresql, grace())
    tries = []

    def rename(session: Session) -> None:
        tries.append(1)
        session.get_one(Participant, "grace").name += "!"
        session.flush()
        if len(tries) == 1:
            cut(postgresql, session.connection())
        records.write_down(session, "rename", "participant:grace", by="system", now=NOW)

    postgresql.transact(rename)
    assert len(tries) == 2
    with postgresql.read() as session:
        assert session.get_one(Participant, "grace").name == "Grace!"


def test_a_connection_cut_while_committing_is_in_doubt_and_not_run_again(postgresql: Database) -> None:
    enrol(postgresql, grace())
    tries = []

    def rename(session: Session) -> None:
        tries.append(1)
        session.execute(update(participants).values(name="Kept?"))
        event.listen(session, "before_commit", lambda session: cut(postgresql, session.connection()))

    with pytest.raises(InDoubt):
        postgresql.transact(rename)
    assert len(tries) == 1


def cut(db: Database, connection: Connection) -> None:
    """The server ends this connection."""
    pid = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
    with db.engine.connect() as other:
        assert other.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def test_a_server_that_is_down_is_busy_after_some_tries_also_for_a_look(postgresql: Database) -> None:
    nobody = Database("postgresql://nobody@127.0.0.1:1/nothing")
    tries = []
    with pytest.raises(Busy):
        nobody.transact(lambda session: tries.append(1) or session.execute(text("SELECT 1")))
    assert len(tries) == TRIES
    with pytest.raises(Busy), nobody.read() as session:
        session.execute(text("SELECT 1"))
    nobody.dispose()


def test_a_full_disk_says_so_at_once_and_keeps_what_was_there(sqlite: Database) -> None:
    enrol(sqlite, grace())
    with sqlite.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    tries = []

    def fill(session: Session) -> None:
        tries.append(1)
        session.execute(update(participants).values(name="Changed"))
        session.execute(update(participants).values(name="long " * 10_000))

    with listening(sqlite.engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}")):
        with pytest.raises(Busy, match="no room"):
            sqlite.transact(fill)
        assert len(tries) == 1
        with pytest.raises(Busy, match="no room"), sqlite.write() as session:
            fill(session)
    with sqlite.read() as session:
        assert session.get_one(Participant, "grace").name == "Grace"
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_no_free_connection_is_busy(sqlite_template: Path) -> None:
    small = Database(f"sqlite:///{sqlite_template}", pool=1)
    small.engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    with small.read() as one, small.read() as other:
        for session in (one, other):
            session.execute(text("SELECT 1"))
        with pytest.raises(Busy):
            small.transact(lambda session: session.execute(text("SELECT 1")))
    small.dispose()


def test_what_was_acknowledged_is_on_the_disk(db: Database) -> None:
    """A commit waits for the disk: a power cut takes nothing back."""
    with db.engine.connect() as connection:
        if db.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        else:
            assert connection.exec_driver_sql("SELECT reset_val FROM pg_settings WHERE name = 'fsync'").scalar() == "on"


def test_a_fault_of_ours_is_raised_at_once(db: Database) -> None:
    tries = []

    def wrong(session: Session) -> None:
        tries.append(1)
        session.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(DBAPIError):
        db.transact(wrong)
    assert len(tries) == 1


def test_many_writers_at_once_all_get_through(db: Database) -> None:
    enrol(db, grace(capacity="20"))

    def take(session: Session) -> None:
        assert introductions.reserve(session, "grace")

    threads = [threading.Thread(target=db.transact, args=(take,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as session:
        assert session.get_one(Participant, "grace").used == 12
