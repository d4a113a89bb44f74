"""Tokens, sessions and limits: what proves who somebody is, kept as hashes only.

Each condition stands in the statement that changes the row, so that of many requests at once exactly one gets through.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matcher.storage.mapping import limits, sessions, tokens
from matcher.storage.people import digest

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits of a code; none that is taken for another."""
CODE_LENGTH = 8
CODE_TRIES = 3


def new_token(
    session: Session,
    purpose: str,
    owner: str,
    now: datetime,
    *,
    lasts: timedelta,
    browser_key: str = "",
    code: str = "",
) -> str:
    """A fresh token of 256 bits; older ones of the same owner and purpose are void from now on."""
    token = secrets.token_urlsafe(32)
    session.execute(
        update(tokens)
        .where(tokens.c.owner == owner, tokens.c.purpose == purpose, tokens.c.used_at.is_(None))
        .values(expires_at=now)
    )
    session.execute(
        insert(tokens).values(
            hash=digest(purpose, token),
            purpose=purpose,
            owner=owner,
            code_hash=digest("code", code) if code else None,
            browser_hash=digest("browser", browser_key) if browser_key else None,
            created_at=now,
            expires_at=now + lasts,
        )
    )
    return token


def new_code() -> str:
    """Eight characters to type."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def read_code(typed: str) -> str:
    """A typed or pasted code in its usual form."""
    return "".join(letter for letter in typed.upper() if letter in CODE_LETTERS)


def token_hash(purpose: str, token: str) -> str:
    """How a token is kept."""
    return digest(purpose, token)


def owner_of(session: Session, purpose: str, token: str, now: datetime) -> str | None:
    """Whose token this is while it lasts; it may be used again (confirming an address twice is once)."""
    asked = select(tokens.c.owner).where(tokens.c.hash == digest(purpose, token), tokens.c.expires_at > now)
    return session.scalar(asked)


def spend(session: Session, purpose: str, token: str, now: datetime) -> str | None:
    """Uses a token up: its owner for exactly one caller, None for all others."""
    return session.scalar(
        update(tokens)
        .where(
            tokens.c.hash == digest(purpose, token),
            tokens.c.purpose == purpose,
            tokens.c.used_at.is_(None),
            tokens.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(tokens.c.owner)
    )


def browser_of(session: Session, purpose: str, token: str) -> Any:
    """The row (owner, browser_hash) of a token without using it, or None."""
    asked = select(tokens.c.owner, tokens.c.browser_hash).where(tokens.c.hash == digest(purpose, token))
    return session.execute(asked).one_or_none()


def spend_code(session: Session, code: str, browser_key: str, now: datetime) -> str | None:
    """Uses up the newest token that this browser asked for, if the code is right; each call counts as a try."""
    newest = (
        select(tokens.c.hash)
        .where(
            tokens.c.browser_hash == digest("browser", browser_key),
            tokens.c.purpose == "sign_in",
            tokens.c.used_at.is_(None),
            tokens.c.expires_at > now,
        )
        .order_by(tokens.c.created_at.desc(), tokens.c.hash)
        .limit(1)
        .scalar_subquery()
    )
    found = session.execute(
        update(tokens)
        .where(tokens.c.hash == newest, tokens.c.tries < CODE_TRIES, tokens.c.used_at.is_(None))
        .values(
            tries=tokens.c.tries + 1,
            used_at=case((tokens.c.code_hash == digest("code", code), now), else_=None),
        )
        .returning(tokens.c.owner, tokens.c.used_at)
    ).one_or_none()
    return found.owner if found is not None and found.used_at is not None else None


# -- sessions --------------------------------------------------------------------------------------------------------


def open_session(
    session: Session, owner: str, now: datetime, *, idle: timedelta, absolute: timedelta, limited: bool
) -> tuple[str, str]:
    """A new session: (value of the cookie, csrf key). Only the cookie's hash is kept."""
    cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    session.execute(
        insert(sessions).values(
            hash=digest("session", cookie),
            owner=owner,
            csrf=csrf,
            limited=limited,
            created_at=now,
            seen_at=now,
            idle_until=now + idle,
            ends_at=now + absolute,
        )
    )
    return cookie, csrf


def standing_session(session: Session, cookie: str, now: datetime) -> Any:
    """The row of the session behind a cookie while it lasts, or None."""
    return session.execute(
        select(sessions).where(
            sessions.c.hash == digest("session", cookie), sessions.c.idle_until > now, sessions.c.ends_at > now
        )
    ).one_or_none()


def touch(session: Session, cookie: str, now: datetime, idle: timedelta) -> None:
    """The visitor is still there."""
    session.execute(
        update(sessions).where(sessions.c.hash == digest("session", cookie)).values(seen_at=now, idle_until=now + idle)
    )


def end_session(session: Session, cookie: str) -> None:
    """Ends one session for good."""
    session.execute(delete(sessions).where(sessions.c.hash == digest("session", cookie)))


def end_all(session: Session, owner: str) -> None:
    """Ends all sessions of somebody and voids their tokens."""
    session.execute(delete(sessions).where(sessions.c.owner == owner))
    session.execute(delete(tokens).where(tokens.c.owner == owner))


def forget_old(session: Session, before: datetime) -> int:
    """Deletes tokens, sessions and limits that ended before."""
    gone = 0
    for statement in (
        delete(tokens).where(tokens.c.expires_at < before),
        delete(sessions).where((sessions.c.ends_at < before) | (sessions.c.idle_until < before)),
        delete(limits).where(limits.c.at < before.timestamp()),
    ):
        gone += cast("CursorResult[object]", session.execute(statement)).rowcount
    return gone


# -- limits ----------------------------------------------------------------------------------------------------------


def take_from_bucket(session: Session, key: str, count: int, per: timedelta, now: datetime) -> bool:
    """One token from the bucket of `key`, if there is one: a single statement, right for any number of processes.

    The bucket holds `count` and fills evenly within `per`; a clock that runs backwards fills nothing.
    """
    moment, rate = now.timestamp(), count / per.total_seconds()
    build = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    passed = case((limits.c.at < moment, moment - limits.c.at), else_=0.0)
    filled = limits.c.left + passed * rate
    level = case((filled > count, float(count)), else_=filled)
    # A hair of tolerance: after exactly the waiting time the sum may miss 1 by rounding.
    statement = (
        build(limits)
        .values(key=digest("limit", key), left=count - 1.0, at=moment)
        .on_conflict_do_update(
            index_elements=[limits.c.key],
            set_={"left": level - 1.0, "at": case((limits.c.at < moment, moment), else_=limits.c.at)},
            where=level >= 1.0 - 1e-6,
        )
        .returning(limits.c.key)
    )
    return count > 0 and session.execute(statement).first() is not None
