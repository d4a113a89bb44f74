"""Signing in and out without passwords, sessions, and limits."""

from datetime import datetime, timedelta

from matcher.domain.letters import Links
from matcher.domain.people import SessionGrant, Visitor
from matcher.storage.database import Database


def request_sign_in(db: Database, email: str, *, links: Links, now: datetime, browser_key: str = "") -> None:
    """Posts a sign-in letter to a known address. Unknown: the same writes, the same time, no letter.

    `browser_key` is the random value of the cookie set with the request. The newest link voids older ones.
    """
    raise NotImplementedError


def redeem(db: Database, token: str, browser_key: str, *, now: datetime) -> SessionGrant:
    """A session for a link, once. In another browser: participants get a limited session, coordinators BadToken."""
    raise NotImplementedError


def redeem_code(db: Database, code: str, browser_key: str, *, now: datetime) -> SessionGrant:
    """A session for the 8 characters in the letter, in the browser that asked; three tries. Raises BadToken."""
    raise NotImplementedError


def session(db: Database, cookie: str, *, now: datetime) -> Visitor | None:
    """Who is signed in; prolongs the idle time (written at most once a minute)."""
    raise NotImplementedError


def sign_out(db: Database, cookie: str) -> None:
    """Ends the session for good."""
    raise NotImplementedError


def allow(db: Database, key: str, limit: int, per: timedelta, *, now: datetime) -> bool:
    """One more for `key`? A token bucket in one atomic statement, shared by all processes."""
    raise NotImplementedError


def add_coordinator(db: Database, email: str, name: str, *, now: datetime, language: str = "en") -> str:
    """A coordinator's id; the same one for a known address, active again."""
    raise NotImplementedError


def link_for_coordinator(db: Database, email: str, *, links: Links, now: datetime) -> str:
    """A sign-in address to print on the operator's own terminal; any browser, once, 10 minutes. Raises UnknownAddress."""
    raise NotImplementedError
