"""A file that a coordinator looks at before it is brought in, kept between the two steps; nothing else is done with it.

One file for each coordinator, the newest; packed, since it stands in a column of text. It is forgotten as soon as it
was brought in or put aside, and by the clock like any form that nobody came back to.
"""

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matcher.storage import people as rows
from matcher.storage.database import Database


@dataclass(frozen=True, slots=True)
class Upload:
    """A kept file, and what was found in it (plain values that JSON can hold)."""

    name: str
    data: bytes
    found: dict[str, Any]

    @property
    def digest(self) -> str:
        """Names the content, so that a form can say which file it was about."""
        return hashlib.sha256(self.data).hexdigest()


def keep(db: Database, by: str, upload: Upload, *, now: datetime) -> None:
    """Keeps a coordinator's file in place of an earlier one."""
    db.transact(_keep, by, upload, now)


def _keep(session: Session, by: str, upload: Upload, now: datetime) -> None:
    packed = base64.b64encode(zlib.compress(upload.data)).decode("ascii")
    kept = {"name": upload.name, "data": packed, "found": json.dumps(upload.found, default=str)}
    rows.keep_form(session, _key(by), kept, now)


def kept(db: Database, by: str) -> Upload | None:
    """The file that a coordinator looked at last and neither brought in nor put aside."""
    with db.read() as session:
        found = rows.kept_form(session, _key(by))
    if not found:
        return None
    return Upload(found["name"], zlib.decompress(base64.b64decode(found["data"])), json.loads(found["found"]))


def forget(db: Database, by: str) -> None:
    """The file was brought in or put aside."""
    db.transact(rows.forget_form, _key(by))


def _key(by: str) -> str:
    return f"upload:{by}"
