"""A database as the first version filled it, on both engines; and all that is in one."""

import hashlib
from datetime import timedelta
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, insert, select, text

from matcher.storage.database import Database, _alembic
from matcher.storage.mapping import metadata
from tests.cast import NOW

DAY = timedelta(days=1)
PEOPLE = ("ada", "ben", "dora", "eve", "finn", "grace", "henry", "ines")
STOPPED = ("henry@example.org", "gone@example.org")


def clear(database: Database) -> None:
    """Takes everything out of a PostgreSQL database, the tables, too."""
    with database.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


def make(database: Database) -> None:
    """The schema of the first version, without rows; `database` is empty."""
    config = _alembic()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")


def bare(email: str) -> str:
    """An address as the first version kept it."""
    return hashlib.sha256(f"address\0{email}".encode()).hexdigest()


def fill(database: Database) -> None:
    """Something in every table, introductions and letters in every state."""
    now = NOW.replace(tzinfo=None) if database.is_sqlite else NOW
    old = MetaData()

    def put(table: str, **values: Any) -> None:
        connection.execute(insert(old.tables[table]).values(**values))

    def introduce(id: int, state: str, kind: str, sides: dict[str, tuple[str, str]], **more: Any) -> None:
        parts = {part: who for who, (part, _) in sides.items()}
        pair = {"mentee_id": parts["mentee"], "mentor_id": parts["mentor"]} if kind == "pair" else {"quorum": 2}
        common = {"mode": "assigned", "ask_order": "both", "affinity": 0.5, "version": 3, "label": f"no. {id}"}
        moments = dict.fromkeys(("created_at", "changed_at", "asked_at"), now)
        put("introductions", **{"id": id, "kind": kind, "state": state, **common, **moments, **pair, **more})
        put("audit", at=now, actor="system", act="ask", object=f"introduction:{id}", after=state, detail={})
        for who, (part, answer) in sides.items():
            answered = None if answer == "pending" else now
            asked = {"asked_at": now, "delivered_at": now, "deadline": now + 7 * DAY, "answered_at": answered}
            put("parties", introduction_id=id, participant_id=who, part=part, answer=answer, epoch=2, **asked)

    def ask(id: int, who: str, question: str, deadline: Any) -> None:
        connection.execute(
            text("UPDATE parties SET question = :q, deadline = :d WHERE introduction_id = :i AND participant_id = :w"),
            {"q": question, "d": deadline, "i": id, "w": who},
        )

    with database.engine.begin() as connection:
        old.reflect(connection)
        put("coordinators", id="cleo", email="cleo@example.org", email_key="k:cleo", created_at=now)
        for who in PEOPLE:
            mentor = who in ("grace", "henry", "ines")
            more = {"capacity": 2, "used": int(who != "ines")} if mentor else {}
            known = {"id": who, "name": who.title(), "email": f"{who}@example.org", "email_key": f"k:{who}"}
            standing = {"role": "mentor" if mentor else "mentee", "status": "active", "confirmed_at": now, "version": 4}
            put("participants", **known, **standing, **more, muted=["news"], timezone="Europe/Madrid")
            put("consents", participant_id=who, kind="matching", version="1", text_hash="h", given_at=now)
        put("participants", id="gone", role="mentee", status="erased", version=9)
        put("erasures", id_hash="e" * 64, at=now)
        put("rounds", id=1, kind="pairs", mode="choose", ask_order="both", objective="fair", suggestions=3, seed=1,
            state="published")  # fmt: skip
        yes, open_, no = "yes", "pending", "no"
        introduce(1, "introduced", "pair", {"ada": ("mentee", yes), "grace": ("mentor", yes)}, introduced_at=now)
        introduce(2, "asking", "pair", {"ben": ("mentee", open_), "henry": ("mentor", open_)}, round_id=1)
        introduce(3, "offered", "pair", {"dora": ("mentee", open_), "ines": ("mentor", open_)}, mode="choose")
        introduce(4, "draft", "pair", {"eve": ("mentee", open_), "ines": ("mentor", open_)})
        for id, state in enumerate(("closed", "declined", "expired", "withdrawn", "void"), start=5):
            introduce(id, state, "pair", {"eve": ("mentee", no), "grace": ("mentor", yes)}, ended_at=now)
        circle = {"ines": ("facilitator", open_), "ada": ("member", yes), "ben": ("member", no)}
        introduce(10, "asking", "group", circle)
        introduce(11, "introduced", "group", {"ines": ("facilitator", yes), "eve": ("member", yes)}, introduced_at=now)
        introduce(12, "draft", "group", {"grace": ("facilitator", open_), "finn": ("member", open_)})
        introduce(13, "closed", "group", {"grace": ("facilitator", yes), "finn": ("member", yes)}, ended_at=now)
        ask(2, "henry", "How often?", None)
        ask(2, "ben", "By video?", now + 7 * DAY)
        ask(3, "dora", "Answered?", now + 7 * DAY)
        told = {"kind": "tell_me_more_answer", "introduction_id": 3, "facts": {"question": "Answered?"}}
        for id, (who, state, more) in enumerate(
            (
                ("dora", "sent", {"sent_at": now, **told}),
                ("ada", "queued", {"next_try_at": now}),
                ("ben", "sending", {"claimed_by": "w", "lease_until": now - DAY, "next_try_at": now, "attempts": 1}),
                ("henry", "queued", {"next_try_at": now}),
                ("grace", "failed", {"trouble": "550"}),
                ("grace", "cancelled", {"trouble": "stale"}),
            ),
            start=1,
        ):
            common = {"kind": "closed", "to": f"{who}@example.org", "language": "en", "not_after": now + DAY}
            written = {"key": f"key {id}", "message_id": f"<{id}@example.org>", "raw": f"bytes {id}".encode()}
            put("letters", **{"id": id, "participant_id": who, "state": state, **common, **written, **more})
        for email in STOPPED:
            put("suppressions", address_hash=bare(email), reason="refused: 550", at=now)
        put("form_drafts", key="f", answers={"name": "Somebody"}, changed_at=now)
        put("limits", key="l", left=2.5, at=1.0)
        put("tokens", hash="t", purpose="confirm", owner="participant:ada", created_at=now, expires_at=now)
        times = {"created_at": now, "seen_at": now, "idle_until": now, "ends_at": now}
        put("sessions", hash="s", owner="participant:ada", csrf="c", **times)
        if not database.is_sqlite:  # rows with ids of their own do not move these on
            for table in ("introductions", "letters", "rounds"):
                connection.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
                )


def columns(database: Database) -> dict[str, list[str]]:
    """All columns of all tables as they are at this moment."""
    found = MetaData()
    with database.engine.connect() as connection:
        found.reflect(connection)
    return {name: list(table.c.keys()) for name, table in found.tables.items() if name != "alembic_version"}


def rows(database: Database, columns: dict[str, list[str]]) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of these columns of these tables."""
    found = MetaData()
    with database.engine.connect() as connection:
        found.reflect(connection)
        return {
            name: sorted(map(tuple, connection.execute(select(*[found.tables[name].c[c] for c in wanted]))), key=repr)
            for name, wanted in columns.items()
        }


def check_todays(database: Database) -> None:
    """The tables are those of today, and no row points at nothing."""
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
        if database.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA integrity_check").all() == [("ok",)]
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
