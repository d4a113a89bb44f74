"""Connecting, opening a transaction, the schema's version; the same promises on SQLite and PostgreSQL."""

import contextlib
import math
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from matcher.storage import mapping  # noqa: F401  (maps the classes)

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 5
"""How often `transact` runs a step before it gives up."""

SAME_TIME = 10.0
"""Seconds for which two clocks are taken to differ by the same."""

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x6D617463  # the advisory lock of PostgreSQL under which one process migrates


class Busy(Exception):
    """The database cannot take the step now: busy, full or gone (HTTP 503). Nothing of the step was kept."""

    for_people = True


class InDoubt(Busy):
    """The connection was lost while the step was being kept: it may have been, or not, and is not run again."""


class Unreachable(ValueError):
    """No connection can be made: a wrong address, a server that is down, a file that is no database."""

    for_people = True


class WrongVersion(ValueError):
    """The database was made by another version of the program."""

    for_people = True


class NotSetUp(WrongVersion):
    """The database is empty: no version of the program has set it up yet."""


class Database:
    """A database. `write` and `read` open one transaction; `transact` runs a whole step and repeats it where needed.

    `url`: `sqlite:///path/to/file.db` or `postgresql://…` (psycopg 3). `pool`: connections kept open at most.
    `secrets`: the programme's, oldest first, for what is kept under a key (`matcher.storage.suppression`).
    """

    def __init__(self, url: str, *, pool: int = 10, secrets: Sequence[str] = ()) -> None:
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            raise Unreachable("The database's address is none; use sqlite:///FILE or postgresql://…") from None
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if not parsed.database or parsed.database == ":memory:":
                raise Unreachable("SQLite needs a file: sqlite:///path/to/matcher.db")
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = create_engine(parsed, pool_size=pool, max_overflow=pool, pool_timeout=10)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
        event.listen(self.engine, "begin", _begin_sqlite if self.is_sqlite else _begin_postgresql)
        info = {"secrets": tuple(secrets)}
        self._write = sessionmaker(self.engine, expire_on_commit=False, info=info)
        self._read = sessionmaker(self.engine.execution_options(read_only=True), expire_on_commit=False, info=info)
        self._ahead, self._asked = timedelta(), -math.inf

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """One writing transaction: committed at the end, rolled back by an exception. Raises Busy."""
        with _out_of_order_told(), self._write.begin() as session:
            yield session

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """One reading transaction, beside writers; the database refuses writes in it. Raises Busy."""
        with _out_of_order_told(), self._read() as session:
            yield session

    def transact(self, step: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `step(session, …)` in one writing transaction and returns its result.

        Where the database asks for it (locked, deadlock, serialization, a lost connection) or somebody else was faster
        (an old version, a row of the same key), the whole step runs again on what is there now: TRIES times, then Busy.
        A constraint that stays broken is raised as it is. A connection lost at the very end is InDoubt.
        """
        for attempt in range(1, TRIES + 1):
            done = False
            try:
                with self._write.begin() as session:
                    result = step(session, *args, **kwargs)
                    session.flush()
                    done = True
                return result
            except (StaleDataError, SQLAlchemyError) as error:
                if done and _is_gone(error):
                    raise InDoubt("The connection to the database was lost; look whether it was saved.") from error
                if not _again(error) or attempt == TRIES:
                    _tell_out_of_order(error)
                    raise
            _pause(attempt)
        raise AssertionError("unreachable")

    def now(self) -> datetime:
        """The time, aware, in UTC, by the database's clock, so that all machines agree on leases and deadlines.

        It is asked every SAME_TIME seconds; in between, and while it does not answer, ours is corrected by what the
        two differed last. SQLite has no clock but ours.
        """
        if not self.is_sqlite and time.monotonic() - self._asked > SAME_TIME:
            self._asked = time.monotonic()
            with contextlib.suppress(SQLAlchemyError), self.read() as session:
                theirs = session.execute(text("SELECT clock_timestamp()")).scalar_one()
                self._ahead = theirs - datetime.now(UTC)
        return datetime.now(UTC) + self._ahead

    def reach(self) -> None:
        """Asks the database for a sign of life; Unreachable says why there is none."""
        try:
            with self.read() as session:
                session.execute(text("SELECT 1"))
        except (DBAPIError, Busy) as error:
            cause = error if isinstance(error, DBAPIError) else error.__cause__
            why = str(getattr(cause, "orig", cause)).strip().splitlines()[0]
            where = self.url.render_as_string(hide_password=True)
            raise Unreachable(f"The database {where} cannot be used: {why}. Check its address.") from error

    def upgrade(self) -> None:
        """Brings the schema to this program's version; several processes may call it at once.

        Raises WrongVersion when the database is of a newer version, and Unreachable.
        """
        self.reach()
        config = _alembic()
        with self._schema_change() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            _refuse_newer(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextlib.contextmanager
    def _schema_change(self) -> Iterator[Connection]:
        """One transaction in which tables may be made anew, as SQLite needs it, though rows of others point at them."""
        if not self.is_sqlite:
            with self.engine.begin() as connection:
                yield connection
            return
        with self.engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute("PRAGMA foreign_keys=OFF")  # heard only where no transaction is under way
            try:
                with connection.begin():
                    yield connection
                    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                        raise RuntimeError("the new schema leaves rows that point at nothing")
            finally:
                raw.execute("PRAGMA foreign_keys=ON")

    def check_version(self) -> None:
        """Raises WrongVersion unless the schema is exactly this program's, and Unreachable."""
        self.reach()
        with self.engine.connect() as connection:
            found = _revision(connection)
            _refuse_newer(connection)
        head = ScriptDirectory.from_config(_alembic()).get_current_head()
        if found is None:
            raise NotSetUp("The database is empty; start the site or a worker once, and it is set up.")
        if found != head:
            raise WrongVersion(f"The database is of version {found}, this program needs {head}; it has to be upgraded.")

    def dispose(self) -> None:
        """Closes all connections."""
        self.engine.dispose()


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, see _begin_sqlite
    # FULL: what was acknowledged outlives a power cut; in WAL mode that is one fsync a commit.
    for pragma in ("busy_timeout=5000", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute("PRAGMA " + pragma)
    _use_wal(connection)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Turns a new file to WAL, which SQLite refuses at once, whatever busy_timeout says, while another writes in it."""
    for attempt in range(1, 9):  # about as long as busy_timeout
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in BUSY or attempt == 8:
                raise
        _pause(attempt)


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0.5, 1.5) * 0.01 * 2**attempt)


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later would be refused at once, whatever busy_timeout says.
    reading = bool(connection.get_execution_options().get("read_only"))
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("read_only"):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


BUSY, DEADLOCK, IO, FULL = (5, 6), ("40001", "40P01"), 10, 13
"""SQLite's primary codes BUSY and LOCKED, IOERR and FULL; PostgreSQL's serialization failure and deadlock."""


def _again(error: SQLAlchemyError) -> bool:
    """Whether running the whole transaction again can help."""
    if isinstance(error, StaleDataError | IntegrityError) or _is_gone(error):
        return True
    return isinstance(error, OperationalError) and (_sqlite(error) in BUSY or _sqlstate(error) in DEADLOCK)


def _is_gone(error: SQLAlchemyError) -> bool:
    """Whether the connection was lost or could not be made: a restart, a cut cable, no more connections."""
    if not isinstance(error, DBAPIError) or _sqlite(error) is not None:
        return False
    state = _sqlstate(error)
    # 08: connection exceptions; 57P: the server shuts down or starts; 53300: too many connections. A server that
    # cannot be reached at all has no code.
    told = state is not None and (state.startswith(("08", "57P")) or state == "53300")
    return error.connection_invalidated or told or (isinstance(error, OperationalError) and state is None)


def _tell_out_of_order(error: SQLAlchemyError) -> None:
    """Raises Busy where the database is at fault, not the statement."""
    if isinstance(error, IntegrityError):
        return
    if isinstance(error, PoolTimeout) or _again(error):
        raise Busy("The database is busy; please try again in a moment.") from error
    if _had_no_room(error):
        raise Busy("The database has no room to write, so nothing was saved. Look at its disk.") from error


def _had_no_room(error: SQLAlchemyError) -> bool:
    """Also where SQLite has given the transaction up by itself, and its savepoint then says that it is not there."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, DBAPIError) and (_sqlite(cause) in (IO, FULL) or _sqlstate(cause) == "53100"):
            return True
        cause = cause.__context__
    return False


@contextlib.contextmanager
def _out_of_order_told() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        _tell_out_of_order(error)
        raise


def _sqlite(error: SQLAlchemyError) -> int | None:
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _sqlstate(error: SQLAlchemyError) -> str | None:
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: Connection) -> None:
    found = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()}
    if found is not None and found not in known:
        raise WrongVersion(
            f"The database is of version {found}, which this program does not know: it was made by a newer version. "
            "Use that version, or restore a backup."
        )
