"""A state of a database to come back to, which is much quicker than telling the story again."""

import shutil
from itertools import count
from pathlib import Path

from sqlalchemy import func, insert, select, text

from matcher.storage.database import Database
from matcher.storage.mapping import metadata

_numbers = count()


class Beginning:
    """A state of the database to come back to. The engine stays, and with it all that it has compiled."""

    def __init__(self, db: Database) -> None:
        self.db = db
        if db.is_sqlite:
            db.dispose()  # the last connection to close brings everything into the one file
            self.path = Path(str(db.url.database))
            self.kept = self.path.with_suffix(f".kept{next(_numbers)}")
            shutil.copy(self.path, self.kept)
        else:
            with db.read() as session:
                tables = metadata.sorted_tables
                self.rows = [(table, [dict(r) for r in session.execute(select(table)).mappings()]) for table in tables]

    def again(self) -> Database:
        """The database as it was, with new connections."""
        self.db.dispose()
        if self.db.is_sqlite:
            for suffix in ("-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            shutil.copy(self.kept, self.path)
            return self.db
        with self.db.engine.begin() as connection:
            # in any order, and without triggers
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table, rows in self.rows:
                connection.execute(table.delete())
                if rows:
                    connection.execute(insert(table), rows)
                number = table.c.get("id")
                if number is not None and number.autoincrement is True:
                    last = select(func.max(number)).scalar_subquery()
                    sequence = func.pg_get_serial_sequence(table.name, "id")
                    connection.execute(select(func.setval(sequence, func.coalesce(last, 1), last.is_not(None))))
        return self.db
