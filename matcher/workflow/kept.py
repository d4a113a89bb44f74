"""What is costly to work out and stays the same until something is written: kept for the next question of a desk."""

import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.storage.database import Database
from matcher.storage.mapping import audit

Made = TypeVar("Made")

FRESH = timedelta(minutes=5)


class Kept(Generic[Made]):
    """The newest result of one question, by what it was asked of; five minutes at most, since time changes pools too.

    Whatever changes a person, a place or a pair leaves a record in the audit log, so the last one names the content.
    Its time stands beside its number: after a restore another record may have the same number.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: tuple[Hashable, datetime, Made] | None = None

    def get(
        self,
        db: Database,
        session: Session,
        of: Hashable,
        now: datetime,
        make: Callable[[], Made],
        *,
        serves: Callable[[Made], bool] = lambda _: True,
    ) -> Made:
        """What is kept where it `serves`, otherwise what `make` returns."""
        last = session.execute(select(audit.c.id, audit.c.at).order_by(audit.c.id.desc()).limit(1)).first()
        key = (str(db.url), last and tuple(last), of)
        with self._lock:
            if self._found is not None:
                known, at, made = self._found
                if known == key and now - at < FRESH and serves(made):
                    return made
        made = make()
        with self._lock:
            self._found = (key, now, made)
        return made

    def forget(self) -> None:
        """Keeps nothing."""
        with self._lock:
            self._found = None
