"""The audit log: append-only, in the transaction of the change it records."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from matcher.storage.mapping import audit


def write_down(
    session: Session,
    act: str,
    object: str,
    *,
    by: str,
    now: datetime,
    before: str | None = None,
    after: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Appends one record. `detail` holds codes and numbers only: no free text, bodies or tokens."""
    session.execute(
        insert(audit).values(
            at=now, actor=by, act=act, object=object, before=before, after=after, detail=dict(detail or {})
        )
    )


def history(session: Session, object: str) -> list[Row[Any]]:
    """All records about one thing, oldest first."""
    return list(session.execute(select(audit).where(audit.c.object == object).order_by(audit.c.id)))
