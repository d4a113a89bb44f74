"""A fault at every statement of every step: afterwards the tables hold all of the step, or nothing of it.

    break    the process meets an error of its own: nothing of the step is there
    refuse   the database asks for another try (BUSY on SQLite, 40001 and 40P01 by turns on PostgreSQL): all, once
    cut      the server ends the connection (PostgreSQL): all, once; cut at the commit it may be either
    full     no room on the disk (SQLite, PRAGMA max_page_count, one page more at each try): nothing, the file is whole

Judged by the whole contents of all tables. What differs from run to run (tokens, Message-IDs, numbers of rows that a
rolled-back try has used up) is left out only where a step is expected to have succeeded.
"""

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import errors as postgresql
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError

from matcher.domain.introductions import Asks, Introduction, Kind, Mode, Part, Party, Who
from matcher.domain.letters import Letter
from matcher.domain.people import actor
from matcher.mail.carriers import CarrierError
from matcher.storage import credentials, introductions, outbox, tracking
from matcher.storage.database import Busy, Database, InDoubt
from matcher.storage.mapping import metadata
from matcher.workflow import access, answers, delivery, desk, outcomes, people, review, signup, tell_me_more
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace, henry
from tests.soak.beginning import Beginning
from tests.soak.proof import Fresh, Told, proof
from tests.stories import (
    DAY,
    VOCABULARY,
    agreed,
    approve,
    ask,
    at,
    check_invariants,
    deliver,
    introduced,
    offer,
    pick,
    say,
)

How = dict[str, Any]

HOW: How = {"links": LINKS, "now": NOW}


# -- the steps -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """`prepare` brings about what the step starts from and returns what it needs; `do` is one business step."""

    prepare: Callable[[Database], Any]
    do: Callable[[Database, Any], object]


def _people(db: Database) -> str:
    id = cleo(db)
    enrol(db, ada(), ben(), dora(), grace(), henry())
    return id


def _after(*acts: Callable[[Database], Any]) -> Callable[[Database], Any]:
    """The cast, then these; what the last one returns is what the step gets."""

    def prepare(db: Database) -> Any:
        found: Any = _people(db)
        for act in acts:
            found = act(db)
        return found

    return prepare


def _draft(db: Database, mode: str = "choose") -> int:
    return review.propose_pair(db, "ada", "grace", by="cleo", vocabulary=VOCABULARY, now=NOW, mode=mode)


def _offered(db: Database) -> int:
    return offer(db, "ada", "grace", "henry")[0]


def _asked(db: Database) -> int:
    id = ask(db, "ada", "grace")
    deliver(db)
    return id


def _mentor_said_yes(db: Database) -> int:
    id = _asked(db)
    say(db, id, "grace", "yes")
    return id


def _questioned(db: Database) -> int:
    id = _asked(db)
    say(db, id, "grace", "more", question="How often would we talk?")
    return id


def _passed_on(db: Database) -> int:
    id = ask(db, "ada", "grace", order="both")
    deliver(db)
    say(db, id, "grace", "more", question="How often would we talk?", asks=Asks.OTHER)
    return id


def _ada_asks_grace(db: Database) -> None:
    with db.read() as session:
        [id] = [i.id for i in introductions.of_person(session, "ada")]
    say(db, id or 0, "ada", "more", question="How often would we talk?", asks=Asks.OTHER)


def _active(db: Database) -> int:
    id = introduced(db, "ada", "grace")
    outcomes.first_contact(db, id, "ada", happened=True, **HOW)
    return id


def _circle(db: Database) -> int:
    members = [Party(participant_id=id, part=Part.MEMBER) for id in ("ada", "ben")]
    members.append(Party(participant_id="grace", part=Part.FACILITATOR))
    circle = Introduction(kind=Kind.GROUP, mode=Mode.ASSIGNED, label="circle 1", quorum=2, parties=members)
    with db.write() as session:
        introductions.add(session, circle, by="cleo", now=NOW)
    return circle.id or 0


def _circle_asked(db: Database) -> int:
    id = _circle(db)
    approve(db, id)
    deliver(db)
    return id


def _circle_but_one(db: Database) -> int:
    id = _circle_asked(db)
    say(db, id, "ada", "yes")
    say(db, id, "ben", "yes")
    return id


def _answered(person: str, answer: str, **more: Any) -> Callable[[Database, Any], object]:
    return lambda db, id: say(db, id, person, answer, **more)


def _ticked(later: timedelta) -> Callable[[Database, Any], object]:
    return lambda db, _: at(db, NOW + later)


NEW = {"role": "mentor", "name": "Ines", "email": "ines@example.org"}


def _signed_up(db: Database) -> str:
    how: How = {"vocabulary": VOCABULARY, "language": "en", **HOW}
    return signup.sign_up(db, NEW, {"matching": "I agree."}, **how)


def _confirmation(db: Database) -> str:
    owner = actor(Who.PARTY, _signed_up(db))
    with db.write() as session:
        return credentials.new_token(session, "confirm", owner, NOW, lasts=DAY)


def _changed(answers_: dict[str, str]) -> Callable[[Database, Any], object]:
    return lambda db, _: signup.update_profile(db, "grace", answers_, vocabulary=VOCABULARY, **HOW)


def _sign_in_token(db: Database) -> str:
    with db.write() as session:
        return credentials.new_token(session, "sign_in", actor(Who.PARTY, "ada"), NOW, lasts=DAY)


class _Carrier:
    """Takes every letter, or refuses every one in the same way."""

    def __init__(self, error: CarrierError | None = None) -> None:
        self.error = error

    def carry(self, envelope_to: str, raw: bytes) -> None:
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        pass


def _claimed(db: Database) -> Letter:
    ask(db, "ada", "grace")
    with db.write() as session:
        letter = outbox.claim_next(session, "postman", NOW)
    assert letter is not None
    return letter


def _marked(error: CarrierError | None) -> Callable[[Database, Letter], object]:
    def mark(db: Database, letter: Letter) -> None:
        if error is None:
            db.transact(outbox.mark_sent, letter.id or 0, "postman", letter.attempts, NOW)
        else:
            db.transact(delivery._record_trouble, letter, "postman", error, NOW)

    return mark


STEPS: dict[str, Step] = {
    "propose": Step(_after(), lambda db, _: _draft(db)),
    "approve an offer": Step(_after(_draft), lambda db, id: approve(db, id)),
    "approve a question": Step(_after(lambda db: _draft(db, "assigned")), lambda db, id: approve(db, id)),
    "dismiss": Step(_after(_draft), lambda db, id: review.dismiss(db, [id], by="cleo", now=NOW)),
    "pick": Step(_after(_offered), lambda db, id: pick(db, id, "ada")),
    "the first yes": Step(_after(_asked), _answered("grace", "yes")),
    "the second yes": Step(_after(_mentor_said_yes), _answered("ada", "yes")),
    "no": Step(_after(_asked), _answered("grace", "no", reason="no time")),
    "not now": Step(_after(_offered), _answered("ada", "not_now")),
    "a yes on behalf": Step(_after(_asked), _answered("grace", "yes", by="cleo", reason="She rang.")),
    "tell me more": Step(_after(_asked), _answered("grace", "more", question="How often?")),
    "a question answered": Step(
        _after(_questioned), lambda db, id: tell_me_more.tell(db, id, "grace", "Once a month.", by="cleo", **HOW)
    ),
    "ask the other side": Step(
        _after(_mentor_said_yes), _answered("ada", "more", question="How often?", asks=Asks.OTHER)
    ),
    "reply to the other side": Step(
        _after(_passed_on), lambda db, id: tell_me_more.reply(db, id, "ada", "Once a month.", **HOW)
    ),
    "would rather not reply": Step(_after(_passed_on), lambda db, id: tell_me_more.reply(db, id, "ada", "", **HOW)),
    "none of these": Step(
        _after(_offered), lambda db, _: answers.decline_all(db, "ada", "no", vocabulary=VOCABULARY, **HOW)
    ),
    "the clock hands a question on": Step(_after(_mentor_said_yes, _ada_asks_grace), _ticked(3 * DAY)),
    "undo": Step(_after(lambda db: agreed(db, "ada", "grace")), lambda db, id: answers.undo(db, id, "grace", **HOW)),
    "withdraw": Step(
        _after(_mentor_said_yes), lambda db, id: answers.withdraw(db, id, by="cleo", reason="Mistaken.", **HOW)
    ),
    "extend": Step(_after(_asked), lambda db, id: answers.extend(db, id, "grace", by="cleo", now=NOW)),
    "concern": Step(_after(_active), lambda db, id: answers.concern(db, id, "ada", reason="Unkind.", **HOW)),
    "first contact": Step(
        _after(lambda db: introduced(db, "ada", "grace")),
        lambda db, id: outcomes.first_contact(db, id, "ada", happened=True, **HOW),
    ),
    "no contact": Step(
        _after(lambda db: introduced(db, "ada", "grace")),
        lambda db, id: outcomes.first_contact(db, id, "ada", happened=False, **HOW),
    ),
    "close": Step(
        _after(_active), lambda db, id: outcomes.close(db, id, outcome="goals_reached", participant_id="ada", **HOW)
    ),
    "feedback": Step(_after(_active), lambda db, id: outcomes.feedback(db, id, "ada", answers={"helpful": 4}, now=NOW)),
    "invite a group": Step(_after(_circle), lambda db, id: approve(db, id)),
    "the last yes of a group": Step(_after(_circle_but_one), _answered("grace", "yes")),
    "a no in a group": Step(_after(_circle_but_one), _answered("ben", "no")),
    "sign up": Step(_after(), lambda db, _: _signed_up(db)),
    "confirm": Step(_after(_confirmation), lambda db, token: signup.confirm(db, token, now=NOW)),
    "a new address": Step(_after(_asked), _changed({"email": "grace@elsewhere.example"})),
    "more places": Step(_after(), _changed({"capacity": "3"})),
    "take a break": Step(_after(_offered), lambda db, _: signup.pause(db, "grace", **HOW)),
    "leave": Step(_after(_mentor_said_yes), lambda db, _: signup.leave(db, "grace", **HOW)),
    "unsubscribe": Step(_after(_asked), lambda db, _: signup.unsubscribe(db, "grace", "suggestions", **HOW)),
    "erase": Step(_after(_mentor_said_yes), lambda db, _: people.erase(db, "ada", by="cleo", **HOW)),
    "ask for a sign-in link": Step(_after(), lambda db, _: access.request_sign_in(db, "ada@example.org", **HOW)),
    "sign in": Step(_after(_sign_in_token), lambda db, token: access.redeem(db, token, "", now=NOW)),
    "take a letter back": Step(
        _after(lambda db: ask(db, "ada", "grace")),
        lambda db, _: desk.cancel_letter(db, _newest(db), by="cleo", now=NOW),
    ),
    "claim a letter": Step(
        _after(lambda db: ask(db, "ada", "grace")), lambda db, _: db.transact(outbox.claim_next, "postman", NOW)
    ),
    "mark sent": Step(_after(_claimed), _marked(None)),
    "mark for another try": Step(_after(_claimed), _marked(CarrierError("temporary", 451, "later"))),
    "mark failed": Step(_after(_claimed), _marked(CarrierError("permanent", 550, "nobody", bad_address=True))),
    "the clock introduces": Step(_after(lambda db: agreed(db, "ada", "grace")), _ticked(timedelta(minutes=11))),
    "the clock reminds": Step(_after(_asked), _ticked(3 * DAY + timedelta(hours=1))),
    "the clock ends a question": Step(_after(_asked), _ticked(9 * DAY)),
    "the clock ends offers": Step(_after(_offered, lambda db: deliver(db)), _ticked(9 * DAY)),
    "the clock sets a draft aside": Step(_after(_draft), _ticked(31 * DAY)),
}


def _newest(db: Database) -> int:
    with db.read() as session:
        return tracking.waiting(session)[-1].id or 0


# -- what is in the tables -------------------------------------------------------------------------------------------

Rows = list[dict[str, Any]]
Contents = dict[str, Rows]


def contents(db: Database) -> Contents:
    """Every row of every table."""
    with db.read() as session:
        return {
            table.name: sorted((dict(row) for row in session.execute(table.select()).mappings()), key=repr)
            for table in metadata.sorted_tables
        }


RANDOM = {
    "letters": {"key", "message_id", "raw", "facts"},
    "tokens": {"hash", "code_hash", "browser_hash"},
    "sessions": {"hash", "csrf"},
}
"""Columns that no two runs fill alike; the numbers of new rows are counted from one instead."""

POINTS_TO = {"introduction_id": "introductions", "concerns": "introductions", "participant_id": "participants"}


def alike(found: Contents, before: Contents) -> dict[str, list[str]]:
    """The contents without what differs from run to run."""
    new: dict[str, dict[Any, str]] = {}
    for table, rows in found.items():
        known = {row.get("id") for row in before[table]}
        ids = sorted(row["id"] for row in rows if "id" in row and row["id"] not in known)
        new[table] = {id: f"new {n}" for n, id in enumerate(ids, start=1)}

    def plain(table: str, column: str, value: Any) -> Any:
        if isinstance(value, list):
            return [plain(table, column, each) for each in value]
        if isinstance(value, dict) and column == "detail":  # of the audit log: sides by their number
            return {new["parties"].get(int(k), k) if k.isdecimal() else k: plain(table, k, v) for k, v in value.items()}
        if isinstance(value, dict) and column == "sides":
            return plain(table, "detail", value)
        if isinstance(value, str) and ":" in value:
            word, _, id = value.partition(":")
            return f"{word}:{new.get(word + 's', {}).get(int(id) if id.isdecimal() else id, id)}"
        pointed = table if column == "id" else POINTS_TO.get(column)
        return new[pointed].get(value, value) if pointed else value

    return {
        table: sorted(
            repr({c: plain(table, c, v) for c, v in row.items() if c not in RANDOM.get(table, ())}) for row in rows
        )
        for table, rows in found.items()
    }


# -- the faults ------------------------------------------------------------------------------------------------------


class Broken(Exception):
    """The process meets an error of its own."""


class Fault:
    """Strikes at the k-th statement or commit from now on; `struck` tells whether it came to that."""

    def __init__(self, db: Database, kind: str, k: int) -> None:
        self.db, self.kind, self.k, self.left = db, kind, k, k
        self.struck = self.while_reading = self.at_commit = False

    def __enter__(self) -> "Fault":
        event.listen(self.db.engine, "before_cursor_execute", self._statement)
        event.listen(self.db.engine, "commit", self._commit)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self.db.engine, "before_cursor_execute", self._statement)
        event.remove(self.db.engine, "commit", self._commit)

    def _statement(self, connection: Connection, *_: object) -> None:
        self._count(connection, at_commit=False)

    def _commit(self, connection: Connection) -> None:
        self._count(connection, at_commit=True)

    def _count(self, connection: Connection, *, at_commit: bool) -> None:
        self.left -= 1
        if self.left != 0:
            return
        self.struck, self.at_commit = True, at_commit
        self.while_reading = bool(connection.get_execution_options().get("read_only"))
        if self.kind == "break":
            raise Broken
        if self.kind == "refuse":
            raise OperationalError("statement", {}, _refusal(self.db, self.k))
        pid = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
        with psycopg.connect(self.db.url.set(drivername="postgresql").render_as_string(hide_password=False)) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def _refusal(db: Database, k: int) -> Exception:
    if not db.is_sqlite:
        return (postgresql.SerializationFailure if k % 2 else postgresql.DeadlockDetected)("another try, please")
    locked = sqlite3.OperationalError("database is locked")
    locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return locked


def strike(db: Database, name: str, kinds: Sequence[str], *, every: int = 1) -> int:
    """Runs one step with a fault at every (`every`-th) statement and commit, for each kind; how many were survived."""
    step = STEPS[name]
    needs = step.prepare(db)
    before = contents(db)
    beginning = Beginning(db)
    step.do(db, needs)
    after = alike(contents(db), before)
    assert after != alike(before, before), f"{name}: it did nothing"
    beginning.again()
    survived = 0
    for kind in kinds:
        k = 1 + survived % every
        while _survives(db, name, kind, k, needs, before, after, beginning):
            survived += 1
            k += every
    return survived


def _survives(
    db: Database,
    name: str,
    kind: str,
    k: int,
    needs: Any,
    before: Contents,
    after: dict[str, list[str]],
    beginning: Beginning,
) -> bool:
    """One fault, judged; False when the step has fewer statements than that."""
    where = f"{name}: {kind} at statement {k}"
    raised: Exception | None = None
    with Fault(db, kind, k) as fault:
        try:
            STEPS[name].do(db, needs)
        except (Broken, Busy) as error:
            raised = error
    found = contents(db)
    clock = name.startswith("the clock")
    if found != before:
        if clock and alike(found, before) != after:  # some of what was due is done; the next tick does the rest
            check_invariants(db)
            STEPS[name].do(db, needs)
            found = contents(db)
        now = alike(found, before)
        assert now == after, f"{where}: half done in {[table for table in now if now[table] != after[table]]}"
        beginning.again()
    if not fault.struck:
        assert raised is None
        assert found != before
        return False
    if kind == "break" and not clock:
        assert found == before, f"{where}: it went on over an error"
    elif kind in ("refuse", "cut") and not fault.while_reading and not clock:
        in_doubt = kind == "cut" and fault.at_commit
        assert isinstance(raised, InDoubt) if in_doubt else raised is None, f"{where}: not run again: {raised!r}"
    return True


def fill_the_disk(db: Database, name: str) -> int:
    """Runs one step (SQLite) on a disk with 0, 1, 2, … pages of room until it succeeds; how often it did not."""
    step = STEPS[name]
    needs = step.prepare(db)
    db.dispose()
    before = contents(db)
    with db.engine.connect() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())

    for room in range(100):

        def limit(connection: Connection, most: int = pages + room) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count={most}")

        event.listen(db.engine, "begin", limit)
        try:
            step.do(db, needs)
            return room
        except Busy:
            assert contents(db) == before, f"{name}: half done with {room} pages of room"
        finally:
            event.remove(db.engine, "begin", limit)
            with db.read() as session:
                assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    raise AssertionError(f"{name}: never succeeded")


KINDS = {"sqlite": ("break", "refuse"), "postgresql": ("break", "refuse", "cut")}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The clock reports each planted fault, which nobody wants to read."""
    log = logging.getLogger("matcher")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


@proof("a fault at every statement of every step", full=len(STEPS), short=2, unit="steps")
def all_or_nothing(fresh: Fresh, size: int, told: Told) -> str:
    """`size` of the steps, spread over the table, each on an empty database that `fresh` gives."""
    names = list(STEPS)
    chosen = names if size >= len(names) else names[:: len(names) // size][:size]
    survived = full = 0
    with quiet():
        for done, name in enumerate(chosen, start=1):
            db = fresh()
            survived += strike(
                db, name, KINDS["sqlite" if db.is_sqlite else "postgresql"], every=1 if chosen is names else 4
            )
            if db.is_sqlite and not name.startswith("the clock"):
                full += fill_the_disk(fresh(), name)
            told(done)
    more = f", {full} full disks" if full else ""
    return f"{len(chosen)} steps, {survived:,} faults{more}: 0 half done"
