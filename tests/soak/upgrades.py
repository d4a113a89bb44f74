"""An upgrade that is killed midway leaves the database as it was, and the next one brings it to today's schema."""

import os
import signal
from multiprocessing.sharedctypes import Synchronized

from sqlalchemy import event

from matcher.storage.database import Database
from tests import first_version
from tests.soak.processes import forked, started
from tests.soak.proof import Fresh, Told, proof

WRITES = ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")


def _upgrade_and_die(url: str, written: "Synchronized[int]", last: int) -> None:
    """What a process runs: killed right after the last writing statement it may do, or else before COMMIT."""
    database = Database(url)

    @event.listens_for(database.engine, "after_cursor_execute")
    def after(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().startswith(WRITES):
            written.value += 1
            if written.value == last:
                os.kill(os.getpid(), signal.SIGKILL)

    @event.listens_for(database.engine, "commit")
    def before_commit(_connection: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    database.upgrade()


def _killed_after(database: Database, last: int) -> int:
    """An upgrade in a process of its own, which is killed there; returns how many statements had written."""
    written = forked.Value("i", 0)
    url = database.url.render_as_string(hide_password=False)
    upgrading = started(_upgrade_and_die, url, written, last)
    upgrading.join()
    assert upgrading.exitcode == -signal.SIGKILL
    return int(written.value)


@proof("upgrades killed midway", full=50, short=3, unit="kills")
def killed_upgrades(fresh: Fresh, size: int, told: Told) -> str:
    """A filled database of the first version: killed before COMMIT, after its first statement, and in between."""
    database = fresh()
    if database.is_sqlite:
        database = Database(f"sqlite:///{database.url.database}.first")
    else:
        first_version.clear(database)
    try:
        first_version.make(database)
        first_version.fill(database)
        columns = first_version.columns(database)
        before = first_version.rows(database, columns)
        statements = _killed_after(database, 0)
        for kill in range(1, size + 1):
            database.engine.dispose()  # what a connection knows of the tables
            assert first_version.columns(database) == columns
            assert first_version.rows(database, columns) == before
            told(kill)
            if kill < size:
                last = 1 + (kill - 1) * statements // (size - 1)
                assert _killed_after(database, last) == last
        database.upgrade()
        database.check_version()
        assert first_version.rows(database, columns) == before
        first_version.check_todays(database)
    finally:
        if not database.is_sqlite:  # the next proof has its tables, also after a breach
            first_version.clear(database)
            database.upgrade()
        database.dispose()
    return f"{size} kills among {statements} statements that write, 0 rows lost"
