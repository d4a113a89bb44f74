"""Addresses that take no mail: what was learnt about them, and when writing to them stops.

An address is kept as an HMAC under a key made from the programme's secret, so that what is known outlives an erasure
without anybody being able to guess whose it is. With several secrets the newest makes the hash and all are looked for.

The signs are kept one by one and counted anew each time, so that their order and copies make no difference.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from matcher.domain.letters import Sign
from matcher.domain.people import Participant, Standing
from matcher.storage.mapping import bounces, coordinators, participants, suppressions

WEIGHTS = {Sign.HARD: 2, Sign.SOFT: 1}
STOP_AT = 4
FORGET_AFTER = timedelta(days=30)
"""A score is forgotten after so long without another sign."""


@dataclass(frozen=True, slots=True)
class Score:
    """What the signs about one address come to; `reason` is the last bad one."""

    score: int
    reason: str
    at: datetime
    stopped_at: datetime | None


def score_of(signs: Iterable[tuple[datetime, Sign]]) -> Score | None:
    """Counts signs in the order in which they happened; None where nothing counts."""
    score, reason, stopped_at = 0, "", None
    last: datetime | None = None
    soft_on: date | None = None
    for at, sign in sorted(signs):
        if sign is Sign.CONFIRMED:
            score, reason, stopped_at, last, soft_on = 0, "", None, None, None
            continue
        if stopped_at is not None:
            continue
        if sign is Sign.DELIVERED:
            score, reason, last = 0, "", None
            continue
        if last is not None and at - last > FORGET_AFTER:
            score = 0
        if sign is Sign.SOFT and soft_on == at.date():
            continue
        soft_on = at.date() if sign is Sign.SOFT else soft_on
        score, reason, last = score + WEIGHTS.get(sign, STOP_AT), sign.value, at
        if score >= STOP_AT:
            stopped_at = at
    return None if last is None else Score(min(score, STOP_AT), reason, last, stopped_at)


# -- learning --------------------------------------------------------------------------------------------------------


def learn(session: Session, email: str, sign: Sign, source: str, at: datetime) -> bool:
    """Notes a sign; `source` says what makes two of them the same. False when it was known already."""
    if session.scalar(select(bounces.c.id).where(bounces.c.source == source)) is not None:
        return False
    hash = _known_as(session, email)
    session.execute(insert(bounces).values(source=source, address_hash=hash, kind=sign, at=at))
    _count(session, hash, _keys(session)[-1])
    return True


def suppress(session: Session, email: str, reason: str, now: datetime) -> None:
    """No more letters to this address from now on."""
    learn(session, email, Sign.REFUSED, f"{reason}:{_hashes(session, email)[0]}:{now.isoformat()}", now)


def lift_suppression(session: Session, email: str, now: datetime) -> bool:
    """The address works again, after a fresh confirmation; False where nothing was known against it."""
    known = suppressed(session, email)
    if known is None:
        return False
    return learn(session, email, Sign.CONFIRMED, f"confirmed:{_known_as(session, email)}:{now.isoformat()}", now)


def _count(session: Session, hash: str, key: bytes) -> None:
    rows = session.execute(select(bounces.c.at, bounces.c.kind).where(bounces.c.address_hash == hash))
    found = score_of((row.at, row.kind) for row in rows)
    if found is None:
        session.execute(delete(suppressions).where(suppressions.c.address_hash == hash))
        return
    values = {"score": found.score, "reason": found.reason, "at": found.at, "stopped_at": found.stopped_at}
    row = select(suppressions.c.key).where(suppressions.c.address_hash == hash)
    if session.scalar(row) is None:
        session.execute(insert(suppressions).values(address_hash=hash, key=_name(key), **values))
    else:
        session.execute(update(suppressions).where(suppressions.c.address_hash == hash).values(**values))


def forget_old(session: Session, before: datetime) -> None:
    """Signs that count no more go; what stopped an address stays until it is confirmed."""
    stopped = select(suppressions.c.address_hash).where(suppressions.c.stopped_at.is_not(None))
    session.execute(delete(bounces).where(bounces.c.at < before, bounces.c.address_hash.not_in(stopped)))
    session.execute(delete(suppressions).where(suppressions.c.at < before, suppressions.c.stopped_at.is_(None)))


# -- asking ----------------------------------------------------------------------------------------------------------


def suppressed(session: Session, email: str) -> Score | None:
    """What speaks against an address, whether or not it is enough to stop."""
    row = session.execute(select(suppressions).where(suppressions.c.address_hash.in_(_hashes(session, email)))).first()
    return None if row is None else Score(row.score, row.reason, row.at, row.stopped_at)


def is_suppressed(session: Session, email: str | None) -> bool:
    """Whether this address must not be written to."""
    if not email:
        return True
    asked = select(suppressions.c.at).where(
        suppressions.c.address_hash.in_(_hashes(session, email)), suppressions.c.stopped_at.is_not(None)
    )
    return session.scalar(asked) is not None


def confirmed_since(session: Session, email: str, at: datetime) -> bool:
    """Whether an address that something spoke against was confirmed after that moment."""
    asked = select(bounces.c.id).where(
        bounces.c.address_hash.in_(_hashes(session, email)), bounces.c.kind == Sign.CONFIRMED, bounces.c.at > at
    )
    return session.scalars(asked.limit(1)).first() is not None


def stopped_people(session: Session) -> list[tuple[Participant, Score]]:
    """Everybody whose address takes no letters at the moment, the latest first."""
    rows = session.execute(select(suppressions).where(suppressions.c.stopped_at.is_not(None)))
    known = {row.address_hash: Score(row.score, row.reason, row.at, row.stopped_at) for row in rows}
    if not known:
        return []
    here = participants.c.status.not_in([Standing.ERASED, Standing.LEFT]), participants.c.email.is_not(None)
    found = []
    for person in session.scalars(select(Participant).where(*here).order_by(participants.c.id)):
        score = next((known[hash] for hash in _hashes(session, person.email or "") if hash in known), None)
        if score is not None:
            found.append((person, score))
    return sorted(found, key=lambda each: each[1].at, reverse=True)


# -- hashes ----------------------------------------------------------------------------------------------------------


def renew(session: Session) -> int:
    """Puts what is known under the newest key, as far as the addresses are still ours; how many hashes changed.

    Bare hashes, as the first version kept them, go under a key whether or not their address is here.
    """
    keys = _keys(session)
    newest = keys[-1]
    moves = {
        row.address_hash: _under(newest, row.address_hash)
        for row in session.execute(select(suppressions.c.address_hash).where(suppressions.c.key == ""))
    }
    old = set(
        session.scalars(select(suppressions.c.address_hash).where(suppressions.c.key.not_in(["", _name(newest)])))
    )
    if old:
        for table in (participants, coordinators):
            for email in session.scalars(select(table.c.email).where(table.c.email.is_not(None))):
                *older, current = _hashes(session, email)
                moves |= {hash: current for hash in older if hash in old}
    for hash, new in moves.items():
        session.execute(update(bounces).where(bounces.c.address_hash == hash).values(address_hash=new))
        session.execute(delete(suppressions).where(suppressions.c.address_hash == hash))
        _count(session, new, newest)
    return len(moves)


def _known_as(session: Session, email: str) -> str:
    """The hash under which an address is known, or will be."""
    hashes = _hashes(session, email)
    known = session.scalar(select(suppressions.c.address_hash).where(suppressions.c.address_hash.in_(hashes)))
    return known or hashes[-1]


def _hashes(session: Session, email: str) -> list[str]:
    """What an address is kept as under each key, oldest first."""
    bare = hashlib.sha256("\0".join(("address", email.strip().casefold())).encode()).hexdigest()
    return [_under(key, bare) for key in _keys(session)]


def _under(key: bytes, bare: str) -> str:
    return hmac.new(key, bare.encode(), hashlib.sha256).hexdigest()


def _keys(session: Session) -> Sequence[bytes]:
    """The keys of this database's secrets, oldest first; one that is no secret where none were given."""
    secrets: Sequence[str] = session.info.get("secrets") or ("",)
    return [hmac.new(secret.encode(), b"matcher.addresses", hashlib.sha256).digest() for secret in secrets]


def _name(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]
