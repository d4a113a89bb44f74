"""Addresses that take no mail: counted in any order, kept under keys that may change, and lifted by their owner."""

import hashlib
import itertools
import random
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from matcher.domain.letters import Sign
from matcher.storage import suppression
from matcher.storage.database import Database
from matcher.storage.mapping import bounces, suppressions
from matcher.storage.suppression import Score, score_of
from tests.cast import NOW, ada, enrol, grace

DAY = timedelta(days=1)
H, S, C, R, D, OK = Sign.HARD, Sign.SOFT, Sign.COMPLAINT, Sign.REFUSED, Sign.DELIVERED, Sign.CONFIRMED

STORIES = [
    # (days, sign) …, score, stopped
    ([(0, H)], 2, False),
    ([(0, H), (1, H)], 4, True),
    ([(0, H), (30, H)], 4, True),
    ([(0, H), (31, H)], 2, False),
    ([(0, S)], 1, False),
    ([(0, S), (0.1, S), (0.2, S)], 1, False),
    ([(0, S), (1, S), (2, S)], 3, False),
    ([(0, S), (1, S), (2, S), (3, S)], 4, True),
    ([(0, H), (1, S), (2, S)], 4, True),
    ([(0, H), (1, S), (1.1, H)], 4, True),
    ([(0, C)], 4, True),
    ([(0, R)], 4, True),
    ([(0, H), (1, D), (2, H)], 2, False),
    ([(0, H), (1, H), (2, D)], 4, True),
    ([(0, C), (1, OK)], None, False),
    ([(0, C), (1, OK), (2, H)], 2, False),
    ([(0, H), (1, H), (2, OK), (3, S)], 1, False),
    ([(0, D)], None, False),
]


@pytest.mark.parametrize(("signs", "score", "stopped"), STORIES)
def test_signs_are_counted_as_written_in_any_order(
    signs: list[tuple[float, Sign]], score: int | None, stopped: bool
) -> None:
    dated = [(NOW.replace(hour=1) + days * DAY, sign) for days, sign in signs]
    for order in itertools.permutations(dated):
        found = score_of(order)
        assert (found.score if found else None) == score
        assert (found is not None and found.stopped_at is not None) == stopped


def test_what_is_stored_is_what_the_signs_come_to_whatever_their_order_and_copies(db: Database) -> None:
    random_ = random.Random(3)
    for turn, (signs, score, stopped) in enumerate(STORIES):
        email = f"reader{turn}@example.org"
        dated = [(n, NOW.replace(hour=1) + days * DAY, sign) for n, (days, sign) in enumerate(signs)]
        for n, at, sign in random_.sample([*dated, *dated], 2 * len(dated)):
            with db.write() as session:
                suppression.learn(session, email, sign, f"{turn}:{n}", at)
        with db.read() as session:
            found = suppression.suppressed(session, email.upper())
            assert (found.score if found else None) == score
            assert suppression.is_suppressed(session, email) == stopped


def test_a_score_that_did_not_stop_is_forgotten_and_a_stop_is_not(db: Database) -> None:
    with db.write() as session:
        suppression.learn(session, "one@example.org", Sign.HARD, "1", NOW)
        suppression.suppress(session, "two@example.org", "refused: 550", NOW)
        suppression.forget_old(session, NOW + 40 * DAY)
        assert suppression.suppressed(session, "one@example.org") is None
        assert suppression.is_suppressed(session, "two@example.org")
        assert len(list(session.execute(select(bounces)))) == 1


def test_those_who_take_no_letters_are_found_with_the_reason(db: Database) -> None:
    enrol(db, ada(), grace())
    with db.write() as session:
        suppression.learn(session, "ada@example.org", Sign.HARD, "1", NOW)
        suppression.learn(session, "grace@example.org", Sign.COMPLAINT, "2", NOW)
    with db.read() as session:
        assert [(person.id, score) for person, score in suppression.stopped_people(session)] == [
            ("grace", Score(4, "complaint", NOW, NOW))
        ]


def with_secrets(db: Database, *secrets: str) -> Database:
    """The same database, opened by a programme with these secrets."""
    return Database(db.url.render_as_string(hide_password=False), secrets=secrets)


def test_a_change_of_keys_forgets_no_address_and_no_address_stands_there_to_be_guessed(db: Database) -> None:
    enrol(db, grace())
    first = with_secrets(db, "one")
    for email in ("grace@example.org", "gone@example.org"):
        first.transact(suppression.suppress, email, "refused: 550", NOW)
    second = with_secrets(db, "one", "two")
    third = with_secrets(db, "two")
    try:
        with second.read() as session:
            assert suppression.is_suppressed(session, "grace@example.org")
        assert second.transact(suppression.renew) == 1
        assert second.transact(suppression.renew) == 0
        with second.read() as session:
            assert suppression.is_suppressed(session, "grace@example.org")
            assert suppression.is_suppressed(session, "gone@example.org")
        with third.read() as session:
            assert suppression.is_suppressed(session, "grace@example.org")
            kept = set(session.scalars(select(suppressions.c.address_hash)))
        guessed = hashlib.sha256(b"address\0grace@example.org").hexdigest()
        assert len(kept) == 2
        assert guessed not in kept
        assert second.transact(suppression.lift_suppression, "gone@example.org", NOW + DAY)
        with second.read() as session:
            assert not suppression.is_suppressed(session, "gone@example.org")
    finally:
        for each in (first, second, third):
            each.dispose()


def test_addresses_stopped_by_the_first_version_stay_stopped(db: Database) -> None:
    """It kept bare hashes, also of people who have been erased since."""
    bare = hashlib.sha256(b"address\0gone@example.org").hexdigest()
    with db.write() as session:
        row = {"address_hash": bare, "key": "", "score": 4, "reason": "refused: 550", "at": NOW, "stopped_at": NOW}
        session.execute(insert(suppressions).values(**row))
        sign = {"source": f"{bare}-refused", "address_hash": bare, "kind": Sign.REFUSED, "at": NOW}
        session.execute(insert(bounces).values(**sign))
    opened = with_secrets(db, "one")
    try:
        assert opened.transact(suppression.renew) == 1
        with opened.read() as session:
            assert suppression.is_suppressed(session, "Gone@example.org ")
            assert bare not in set(session.scalars(select(suppressions.c.address_hash)))
    finally:
        opened.dispose()
