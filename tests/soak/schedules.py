"""Two transactions, statement by statement, in every order: the end is always that of one after the other.

Two threads with a connection each pass a baton: before each statement and before the commit a thread waits for its
turn. Each transaction is cut into five pieces (elsewhere for every schedule), and two times five pieces can be
interleaved in 252 ways. Where one has to wait for a lock of the other, the other goes on: on PostgreSQL
pg_stat_activity tells, on SQLite it is the second BEGIN IMMEDIATE, so there nearly all orders are blocked ones.

What counts as legal is not written down by hand: an end must be one of the two that the same two acts reach one after
the other, answers to both people included, and all invariants must hold.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from sqlalchemy import event, select, text

from matcher.domain.introductions import Introduction, NotAllowed
from matcher.domain.letters import Letter
from matcher.domain.people import Participant
from matcher.storage import outbox
from matcher.storage.database import Database
from matcher.storage.mapping import audit
from matcher.workflow import answers, people, signup
from tests.cast import LINKS, NOW, ada, cleo, enrol, grace
from tests.soak.beginning import Beginning
from tests.soak.proof import SEED, Fresh, Told, proof
from tests.stories import VOCABULARY, ask, at, check_invariants, deliver, offer, pick, say

PIECES = 5
ORDERS = [
    "".join("A" if n in first else "B" for n in range(2 * PIECES)) for first in combinations(range(2 * PIECES), PIECES)
]
"""The 252 ways of interleaving five pieces of A with five of B."""

ALL = 10_000
"""More stops than any transaction has."""


@dataclass(eq=False)
class Side:
    """A thread that runs one act and stops before each of its statements."""

    act: Callable[[], object]
    turns: int = 0
    stops: int = 0
    waiting: bool = False
    over: bool = False
    backend: int = 0
    statement: str = ""
    inside: bool = False
    result: str = ""
    thread: threading.Thread = field(default_factory=threading.Thread)


class Baton:
    """Lets two acts run in turns on one database."""

    def __init__(self, db: Database, first: Callable[[], object], second: Callable[[], object]) -> None:
        self.db = db
        self.sides = (Side(first), Side(second))
        self.blocked = 0
        self._change = threading.Condition()
        self._of = {}  # type: dict[int, Side]
        self._looking = None if db.is_sqlite else db.engine.execution_options(isolation_level="AUTOCOMMIT").connect()

    def run(self, order: str, sizes: dict[str, list[int]] | None = None) -> None:
        """Runs the pieces of both in this order (A, B), whole without sizes; then each to its end."""
        events: list[tuple[Any, str, Callable[..., None]]] = [
            (self.db.engine, "before_cursor_execute", self._before),
            (self.db.engine, "commit", lambda connection: self._stop(connection, "COMMIT")),
            (self.db.engine.pool, "checkin", self._back),
        ]
        for where, name, hook in events:
            event.listen(where, name, hook)
        try:
            for side in self.sides:
                side.thread = threading.Thread(target=self._live, args=(side,))
                side.thread.start()
                self._wait(side)
            done = {"A": 0, "B": 0}
            for turn in order:
                side = self.sides["AB".index(turn)]
                self._go(side, ALL if sizes is None else sizes[turn][done[turn]])
                done[turn] += 1
            while not all(side.over for side in self.sides):
                for side in self.sides:
                    self._go(side, ALL)
            for side in self.sides:
                side.thread.join()
        finally:
            for where, name, hook in events:
                event.remove(where, name, hook)
            if self._looking is not None:
                self._looking.close()

    def _live(self, side: Side) -> None:
        self._of[threading.get_ident()] = side
        try:
            result = side.act()
            side.result = type(result).__name__ if not isinstance(result, bool) else str(result)
        except NotAllowed as refusal:
            side.result = type(refusal).__name__
        except Exception as problem:
            side.result = f"broke: {problem!r}"
        finally:
            with self._change:
                side.over = True
                self._change.notify_all()

    def _before(self, connection: Any, _cursor: Any, statement: str, *_: object) -> None:
        self._stop(connection, statement)

    def _stop(self, connection: Any, statement: str) -> None:
        side = self._of.get(threading.get_ident())
        if side is None:
            return
        if not self.db.is_sqlite:
            side.backend = connection.connection.dbapi_connection.info.backend_pid
        with self._change:
            side.stops += 1
            side.waiting = True
            self._change.notify_all()
            self._change.wait_for(lambda: side.turns > 0)
            side.turns -= 1
            side.waiting = False
            side.statement = statement
            side.inside = side.inside or statement == "BEGIN IMMEDIATE"

    def _back(self, *_: object) -> None:
        side = self._of.get(threading.get_ident())
        if side is not None:
            side.inside = False
            side.statement = ""

    def _go(self, side: Side, turns: int) -> None:
        """Lets one side pass so many stops; gives up when it waits for a lock of the other."""
        if side.over:
            return
        with self._change:
            side.turns = turns
            self._change.notify_all()
        self._wait(side)

    def _wait(self, side: Side) -> None:
        with self._change:
            while not (side.over or (side.waiting and side.turns == 0)):
                if not self._change.wait(0.003) and not side.waiting and self._is_blocked(side):
                    side.turns = 0
                    self.blocked += 1
                    return

    def _is_blocked(self, side: Side) -> bool:
        other = self.sides[1 - self.sides.index(side)]
        if other.over:
            return False
        if self._looking is None:
            return side.statement == "BEGIN IMMEDIATE" and other.inside
        asked = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid AND wait_event_type = 'Lock'")
        return bool(self._looking.execute(asked, {"pid": side.backend}).scalar())


def digest(db: Database, *sides: Side) -> tuple[object, ...]:
    """All that two people, the coordinator and the reader of the log can tell of the end."""
    with db.read() as session:
        introductions = [
            (
                i.id,
                i.state,
                i.end_reason,
                i.version,
                [(p.participant_id, p.answer, p.epoch, p.deadline) for p in i.parties],
            )
            for i in session.scalars(select(Introduction).order_by(text("id")))
        ]
        crowd = [
            (p.id, p.status, p.used, p.capacity) for p in session.scalars(select(Participant).order_by(text("id")))
        ]
        mail = sorted((x.kind, x.to, x.state, x.trouble or "") for x in session.scalars(select(Letter)))
        log = list(session.execute(select(audit.c.act, audit.c.object, audit.c.before, audit.c.after)))
    return (introductions, crowd, mail, sorted(map(str, log)), [side.result for side in sides])


def cut(stops: int, random_: random.Random) -> list[int]:
    """Five pieces of a transaction with so many stops."""
    edges = sorted(random_.sample(range(1, stops), PIECES - 1))
    return [b - a for a, b in zip([0, *edges], [*edges, stops], strict=True)]


# -- the pairs ---------------------------------------------------------------------------------------------------


Acts = tuple[Callable[[], object], Callable[[], object]]
OVER = NOW + timedelta(days=9)
"""When a question of NOW has run out, grace included."""


def _asked(db: Database) -> int:
    """Ada has said yes, Grace is asked and her time runs."""
    cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace", order="both")
    deliver(db)
    say(db, id, "ada", "yes")
    deliver(db)
    return id


def _yes(db: Database, id: int, now: datetime = NOW, epoch: int = 1) -> Callable[[], object]:
    return lambda: say(db, id, "grace", "yes", epoch=epoch, now=now)


def withdraw(db: Database) -> Acts:
    """A coordinator withdraws what Grace says yes to."""
    id = _asked(db)
    return _yes(db, id), lambda: answers.withdraw(db, id, by="cleo", reason="x", links=LINKS, now=NOW)


def expire(db: Database) -> Acts:
    """Grace's time is over at the moment of her yes."""
    id = _asked(db)
    return _yes(db, id, OVER), lambda: at(db, OVER)


def capacity(db: Database) -> Acts:
    """Grace takes her only place away while Ada picks it."""
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    change = {"vocabulary": VOCABULARY, "links": LINKS, "now": NOW}
    deliver(db)
    return (
        lambda: pick(db, id, "ada"),
        lambda: signup.update_profile(db, "grace", {"capacity": "0"}, by="cleo", **change),  # type: ignore[arg-type]
    )


def erase(db: Database) -> Acts:
    """Grace's data are erased while she says yes."""
    id = _asked(db)
    return _yes(db, id), lambda: people.erase(db, "grace", by="cleo", links=LINKS, now=NOW)


def address(db: Database) -> Acts:
    """Grace's address changes while she says yes with a link sent to the old one."""
    id = _asked(db)
    change = {"vocabulary": VOCABULARY, "links": LINKS, "now": NOW}
    new = {"email": "grace@new.example.org"}
    return _yes(db, id), lambda: signup.update_profile(db, "grace", new, **change)  # type: ignore[arg-type]


def accepted(db: Database) -> Acts:
    """The mail server accepts the letter that asks Grace while her address changes: no clock may start."""
    cleo(db)
    enrol(db, ada(), grace())
    ask(db, "ada", "grace")
    with db.write() as session:
        letter = outbox.claim_next(session, "postman", NOW)
        assert letter is not None
        mine = (letter.id, "postman", letter.attempts)
    change: dict[str, Any] = {"vocabulary": VOCABULARY, "links": LINKS, "now": NOW}
    new = {"email": "grace@new.example.org"}
    return (
        lambda: db.transact(outbox.mark_sent, *mine, NOW),
        lambda: signup.update_profile(db, "grace", new, **change),
    )


AGAINST = (withdraw, expire, capacity, erase, address, accepted)


@proof("answers and letters against their ends, in every order", full=1512, short=6, unit="schedules")
def interleavings(fresh: Fresh, size: int, told: Told) -> str:
    """Every schedule ends as one of the two serial orders does."""
    random_ = random.Random(SEED)
    each = max(1, size // len(AGAINST))
    orders = [ORDERS[n * len(ORDERS) // each % len(ORDERS)] for n in range(each)]
    done = blocked = 0
    for against in AGAINST:
        db = fresh()
        first, second = against(db)
        beginning = Beginning(db)
        legal, stops = [], {"A": 0, "B": 0}
        for serial in ("AB", "BA"):
            baton = Baton(beginning.again(), first, second)
            baton.run(serial)
            check_invariants(db)
            legal.append(digest(db, *baton.sides))
            stops = {x: max(stops[x], side.stops) for x, side in zip("AB", baton.sides, strict=True)}
        assert not any("broke" in str(end[-1]) for end in legal), legal
        for order in orders:
            baton = Baton(beginning.again(), first, second)
            sizes = {x: cut(stops[x], random_) for x in "AB"}
            baton.run(order, sizes)
            check_invariants(db)
            end = digest(db, *baton.sides)
            assert end in legal, f"against {against.__name__}, {order} in pieces of {sizes}: {end} is not in {legal}"
            blocked += baton.blocked > 0
            done += 1
            told(done)
    return f"{done:,} schedules: 0 illegal ends; in {blocked:,} one had to wait for the other's lock"
