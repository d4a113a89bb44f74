"""Signing in and out without passwords, sessions, and limits."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from matcher.domain.introductions import Who
from matcher.domain.letters import Letter, LetterKind, Links, letter_key
from matcher.domain.people import (
    SESSIONS,
    SIGN_IN_MINUTES,
    BadToken,
    Coordinator,
    Participant,
    SessionGrant,
    Standing,
    UnknownAddress,
    Visitor,
    actor,
)
from matcher.mail.writing import compose
from matcher.storage import credentials, outbox, records
from matcher.storage import people as rows
from matcher.storage.database import Database
from matcher.workflow.correspondence import Correspondence

__all__ = [
    "SessionGrant",
    "Visitor",
    "add_coordinator",
    "allow",
    "link_for_coordinator",
    "redeem",
    "redeem_code",
    "remove_coordinator",
    "request_sign_in",
    "session",
    "sign_out",
]

LASTS = timedelta(minutes=SIGN_IN_MINUTES)


def request_sign_in(db: Database, email: str, *, links: Links, now: datetime, browser_key: str = "") -> None:
    """Posts a sign-in letter to a known address. Unknown: the same writes, the same time, no letter.

    `browser_key` is the random value of the cookie set with the request. The newest link voids older ones.
    """
    db.transact(_request_sign_in, email, links, now, browser_key)


def _request_sign_in(session: Session, email: str, links: Links, now: datetime, browser_key: str) -> None:
    reader = _reader(session, email)
    owner = _owner(reader) if reader else f"nobody:{rows.digest('address', rows.address_key(email))}"
    code = credentials.new_code()
    token = credentials.new_token(session, "sign_in", owner, now, lasts=LASTS, browser_key=browser_key, code=code)
    records.write_down(session, "ask_sign_in", "session", by="system", now=now)
    hashed = credentials.token_hash("sign_in", token)
    if reader is not None:
        Correspondence(session, links, now).sign_in(reader, token, code, hashed)
    else:
        _letter_to_nobody(session, token, code, hashed, links, now)


def _reader(session: Session, email: str) -> Participant | Coordinator | None:
    """Who may sign in with this address; a coordinator goes before a participant."""
    coordinator = rows.coordinator_by_address(session, email)
    person = rows.by_address(session, email) if coordinator is None else None
    if person is not None and person.status in (Standing.UNCONFIRMED, Standing.ERASED):
        return None
    return coordinator or person


def _owner(reader: Participant | Coordinator) -> str:
    return actor(Who.COORDINATOR if isinstance(reader, Coordinator) else Who.PARTY, reader.id)


def _letter_to_nobody(session: Session, token: str, code: str, hashed: str, links: Links, now: datetime) -> None:
    """The same work as for a known address: a letter is composed and stored, but for nobody, and cancelled."""
    facts = {"name": "", "url": links.sign_in(token), "code": code, "minutes": SIGN_IN_MINUTES}
    letter = Letter(
        kind=LetterKind.SIGN_IN, key=letter_key(LetterKind.SIGN_IN, hashed[:32]), to="nobody@example.org", facts=facts
    )
    outbox.post_cancelled(session, letter, compose(letter, links, now), now, "nobody has this address")


def redeem(db: Database, token: str, browser_key: str, *, now: datetime) -> SessionGrant:
    """A session for a link, once. In another browser: participants get a limited session, coordinators BadToken."""
    return db.transact(_redeem, token, browser_key, now)


def _redeem(session: Session, token: str, browser_key: str, now: datetime) -> SessionGrant:
    asked = credentials.browser_of(session, "sign_in", token)
    if asked is None:
        raise BadToken
    owner: str = asked.owner
    same = asked.browser_hash is None or asked.browser_hash == rows.digest("browser", browser_key)
    if not same and owner.startswith("coordinator:"):
        raise BadToken  # not spent: the coordinator opens it in the window that asked
    if credentials.spend(session, "sign_in", token, now) is None:
        raise BadToken
    return _grant(session, owner, now, limited=not same)


def redeem_code(db: Database, code: str, browser_key: str, *, now: datetime) -> SessionGrant:
    """A session for the 8 characters in the letter, in the browser that asked; three tries. Raises BadToken."""
    owner = db.transact(credentials.spend_code, credentials.read_code(code), browser_key, now)
    if owner is None:
        raise BadToken  # outside the transaction: the try has to be counted
    return db.transact(_grant, owner, now, limited=False)


def _grant(session: Session, owner: str, now: datetime, *, limited: bool) -> SessionGrant:
    found = _standing_owner(session, owner)
    if found is None:
        raise BadToken
    who, reader = found
    terms = SESSIONS[who]
    cookie, csrf = credentials.open_session(
        session, owner, now, idle=terms.idle, absolute=terms.absolute, limited=limited
    )
    records.write_down(session, "sign_in", "session", by=owner, now=now, detail={"limited": limited})
    visitor = Visitor(
        who, reader.id, reader.name, reader.language, csrf, now + terms.idle, now + terms.absolute, limited
    )
    return SessionGrant(cookie, visitor)


def _standing_owner(session: Session, owner: str) -> tuple[Who, Participant | Coordinator] | None:
    """Whoever a token or session belongs to, if they may still enter."""
    kind, _, id = owner.partition(":")
    if kind == "coordinator":
        coordinator = session.get(Coordinator, id)
        return (Who.COORDINATOR, coordinator) if coordinator is not None and coordinator.active else None
    person = session.get(Participant, id) if kind == "participant" else None
    if person is None or person.status in (Standing.UNCONFIRMED, Standing.ERASED):
        return None
    return Who.PARTY, person


def session(db: Database, cookie: str, *, now: datetime) -> Visitor | None:
    """Who is signed in; prolongs the idle time (written at most once a minute)."""
    if not cookie:
        return None
    with db.read() as reading:
        row = credentials.standing_session(reading, cookie, now)
        found = _standing_owner(reading, str(row.owner)) if row is not None else None
    if row is None or found is None:
        return None
    who, reader = found
    idle_until = row.idle_until
    if now - row.seen_at >= timedelta(minutes=1):
        idle_until = now + SESSIONS[who].idle
        db.transact(credentials.touch, cookie, now, SESSIONS[who].idle)
    return Visitor(who, reader.id, reader.name, reader.language, row.csrf, idle_until, row.ends_at, row.limited)


def sign_out(db: Database, cookie: str) -> None:
    """Ends the session for good."""
    db.transact(credentials.end_session, cookie)


def allow(db: Database, key: str, limit: int, per: timedelta, *, now: datetime) -> bool:
    """One more for `key`? A token bucket in one atomic statement, shared by all processes; the key is kept hashed."""
    return db.transact(credentials.take_from_bucket, key, limit, per, now)


def add_coordinator(db: Database, email: str, name: str, *, now: datetime, language: str = "en") -> str:
    """A coordinator's id; the same one for a known address, active again."""
    return db.transact(_add_coordinator, email, name, language, now)


def _add_coordinator(session: Session, email: str, name: str, language: str, now: datetime) -> str:
    found = rows.any_coordinator(session, email)
    if found is not None:
        found.name, found.active = name or found.name, True
        return found.id
    key = rows.address_key(email)
    added = Coordinator(
        id=secrets.token_hex(4), email=email.strip(), email_key=key, name=name, language=language, created_at=now
    )
    session.add(added)
    records.write_down(session, "add_coordinator", f"coordinator:{added.id}", by="system", now=now)
    return added.id


def remove_coordinator(db: Database, coordinator_id: str, *, now: datetime) -> None:
    """Ends a coordinator's access at once, with all sessions."""
    db.transact(_remove_coordinator, coordinator_id, now)


def _remove_coordinator(session: Session, coordinator_id: str, now: datetime) -> None:
    found = session.get(Coordinator, coordinator_id)
    if found is None:
        raise UnknownAddress
    found.active = False
    credentials.end_all(session, actor(Who.COORDINATOR, coordinator_id))
    records.write_down(session, "remove_coordinator", f"coordinator:{coordinator_id}", by="system", now=now)


def link_for_coordinator(db: Database, email: str, *, links: Links, now: datetime) -> str:
    """A sign-in address to print on the operator's terminal; any browser, once, 10 minutes. Raises UnknownAddress."""
    return links.sign_in(db.transact(_token_for_coordinator, email, now))


def _token_for_coordinator(session: Session, email: str, now: datetime) -> str:
    found = rows.coordinator_by_address(session, email)
    if found is None:
        raise UnknownAddress
    return credentials.new_token(session, "sign_in", actor(Who.COORDINATOR, found.id), now, lasts=LASTS)
