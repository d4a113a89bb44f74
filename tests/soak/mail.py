"""Letters outlive what happens to workers and mail servers: none is lost, and none holds the others up."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess

from sqlalchemy import select, update

from matcher.domain.letters import Letter, LetterKind, LetterState
from matcher.mail.carriers import SmtpCarrier
from matcher.mail.writing import compose
from matcher.storage import outbox, suppression, tracking
from matcher.storage.database import Database
from matcher.storage.mapping import letters
from matcher.workflow.delivery import TRIES_AGAINST_A_POLICY, deliver_all, deliver_next
from tests.cast import LINKS, NOW, ada, enrol, grace
from tests.mail.servers import LOOPBACK, Mailbag, Scripted, real_server
from tests.mail.test_carriers import REPLIES
from tests.soak.processes import started
from tests.soak.proof import SEED, Fresh, Told, proof
from tests.stories import DAY, ask, one

WORKERS = 4


def smtp(port: int) -> SmtpCarrier:
    """The way to a server on this machine."""
    return SmtpCarrier(host=LOOPBACK, port=port, tls="none", timeout=5)


def post_many(db: Database, count: int) -> dict[str, bytes]:
    """Letters to as many readers; their bytes by reader."""
    written = {}
    now = datetime.now(UTC)
    with db.write() as session:
        for n in range(count):
            facts = {"name": "Cleo", "what": "question", "url": LINKS.page("/desk")}
            to = f"reader{n}@example.org"
            letter = Letter(kind=LetterKind.COORDINATOR_NEEDED, key=f"test:{n}", to=to, facts=facts)
            composed = compose(letter, LINKS, now)
            written[to] = composed.raw
            outbox.post(session, letter, composed, now)
    return written


# -- killed ----------------------------------------------------------------------------------------------------------


def _work(url: str, port: int, name: str, only_one: bool) -> None:
    """What a worker process runs."""
    db, carrier = Database(url), smtp(port)
    while deliver_next(db, carrier, now=datetime.now(UTC), worker=name) and not only_one:
        pass
    carrier.close()
    db.dispose()


def start(db: Database, port: int, name: str, *, only_one: bool = False) -> BaseProcess:
    """A worker process."""
    return started(_work, db.url.render_as_string(hide_password=False), port, name, only_one)


def lease_is_over(db: Database, *names: str) -> None:
    """As if five minutes had passed for what these workers hold."""
    past = datetime.now(UTC) - timedelta(minutes=1)
    held = letters.c.claimed_by.in_(names) & (letters.c.state == LetterState.SENDING)
    with db.write() as session:
        session.execute(update(letters).where(held).values(lease_until=past))


@proof("workers killed while they send", full=5000, short=30, unit="letters")
def killed_workers(fresh: Fresh, size: int, told: Told) -> str:
    """Four at once; one is killed for every 25 letters, at any moment of its work, and another takes its place."""
    db, bag, random_ = fresh(), Mailbag(), random.Random(SEED)
    written = post_many(db, size)
    running: dict[str, BaseProcess] = {}
    dead: list[str] = []
    with real_server(bag) as port:
        for turn in range(1, size // 25 + 1):
            while len(running) < WORKERS:
                name = f"worker-{len(running) + len(dead)}-{turn}"
                running[name] = start(db, port, name)
            while len(bag.letters) < (turn - 0.5) * 25 and any(worker.is_alive() for worker in running.values()):
                time.sleep(0.001)
            time.sleep(random_.uniform(0, 0.01))
            name = random_.choice(sorted(running))
            worker = running.pop(name)
            worker.kill()
            worker.join()
            if worker.exitcode == -signal.SIGKILL:
                dead.append(name)
                lease_is_over(db, name)
            told(min(turn * 25, size))
        for worker in running.values():
            worker.join()
        assert all(worker.exitcode == 0 for worker in running.values())
        lease_is_over(db, *dead)
        last = start(db, port, "the last")
        last.join()
    copies = Counter(to for _, to, _ in bag.letters)
    extra = sum(copies.values()) - size
    assert set(copies) == set(written), f"{size - len(copies)} letters lost"
    assert extra <= len(dead), f"{extra} copies after {len(dead)} kills"
    assert all(raw == written[to] for _, to, raw in bag.letters), "a copy that is another letter"
    assert len(dead) >= size // 25 * 0.9, "the workers were gone before they could be killed"
    with db.read() as session:
        assert tracking.counts(session) == {"sent": size}
    return (
        f"{size:,} letters, {len(dead)} of {WORKERS} at once killed: 0 lost, {extra} sent twice, byte by byte the same"
    )


# -- stopped ---------------------------------------------------------------------------------------------------------


class _Stopping(Mailbag):
    """Stops the worker that brings a letter before it hears that the letter was accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.worker: BaseProcess | None = None
        self.stopped = threading.Event()

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        reply = await super().handle_DATA(server, session, envelope)  # type: ignore[arg-type]
        assert self.worker is not None
        os.kill(self.worker.pid or 0, signal.SIGSTOP)
        self.stopped.set()
        return reply


@proof("a worker stopped past its lease, and woken", full=100, short=4, unit="rounds")
def stopped_workers(fresh: Fresh, size: int, told: Told) -> str:
    """Its letter is in other hands by then; what it writes down late must change nothing."""
    db, bag = fresh(), _Stopping()
    post_many(db, size)
    with real_server(bag) as port:
        for turn in range(1, size + 1):
            bag.stopped.clear()
            bag.worker = start(db, port, "sleeper", only_one=True)
            assert bag.stopped.wait(30)
            lease_is_over(db, "sleeper")
            letter = db.transact(outbox.claim_next, "second", datetime.now(UTC))
            assert letter is not None
            assert letter.attempts == 2
            os.kill(bag.worker.pid or 0, signal.SIGCONT)
            bag.worker.join()
            assert bag.worker.exitcode == 0
            with db.read() as session:
                found = session.get_one(Letter, letter.id)
                assert (found.state, found.claimed_by) == (LetterState.SENDING, "second"), "a late write was taken"
            assert db.transact(outbox.mark_sent, letter.id or 0, "second", 2, datetime.now(UTC))
            told(turn)
    return f"{size} of {size} late writes refused"


# -- poisoned --------------------------------------------------------------------------------------------------------

POISONS: dict[str, dict[str, object]] = {
    "without content": {"raw": None},
    "of noise": {"raw": b"\x00\xff" * 50},
    "to a command": {"to": "ada@example.org>\r\nRCPT TO:<eve@example.org"},
}


@proof("one poisoned letter among many", full=1000, short=20, unit="letters")
def poisoned(fresh: Fresh, size: int, told: Told) -> str:
    """Once for each poison."""
    random_ = random.Random(SEED)
    for done, (name, poison) in enumerate(POISONS.items(), start=1):
        db, bag = fresh(), Mailbag()
        post_many(db, size)
        bad = random_.randrange(size)
        with db.write() as session:
            session.execute(update(letters).where(letters.c.key == f"test:{bad}").values(**poison))
        with real_server(bag) as port:
            deliver_all(db, smtp(port), now=datetime.now(UTC), worker="postman")
        with db.read() as session:
            assert tracking.counts(session) == {"sent": size - 1, "failed": 1}, name
            [failed] = tracking.given_up(session)
        assert failed.key == f"test:{bad}"
        assert {to for _, to, _ in bag.letters} == {f"reader{n}@example.org" for n in range(size) if n != bad}
        told(size * done // len(POISONS))
    return f"{len(POISONS)} poisons: {size - 1:,} of {size:,} sent, one given up"


# -- every behaviour of a server -------------------------------------------------------------------------------------

# (state, attempts that count, all mail pauses, address suppressed) after the first try
LATER = (LetterState.QUEUED, 1, False, False)
OURS = (LetterState.QUEUED, 0, True, False)
NEVER = (LetterState.FAILED, 1, False, False)
NOBODY = (LetterState.FAILED, 1, False, True)

ENDS = {
    **dict.fromkeys(("greylisted", "mailbox busy", "mailbox full for now", "mailbox full, old code"), LATER),
    **dict.fromkeys(("unroutable", "recipient: service closes", "content: not now", "data: not now"), LATER),
    **dict.fromkeys(("hangs up at the recipient", "hangs up at data", "hangs up after the dot"), LATER),
    **dict.fromkeys(("silent after the dot", "silent at the recipient"), LATER),
    **dict.fromkeys(("policy at the recipient", "relaying denied", "content is spam"), LATER),
    **dict.fromkeys(("mailbox full for good", "disabled mailbox", "refused without a word"), NEVER),
    **dict.fromkeys(("sender: too large", "content refused", "data refused"), NEVER),
    **dict.fromkeys(("no such person", "no such domain", "bad syntax", "moved", "null MX"), NOBODY),
    **dict.fromkeys(("no such person, no enhanced code",), NOBODY),
    **dict.fromkeys(("sign in first", "sender not ours", "sender refused", "sender: not now"), OURS),
    **dict.fromkeys(("sender: no storage", "hangs up at once", "silent from the start", "too busy to greet"), OURS),
    **dict.fromkeys(("does not want us", "neither EHLO nor HELO", "no TLS offered", "TLS refused"), OURS),
    **dict.fromkeys(("TLS is nonsense", "TLS breaks off", "no sign-in offered", "wrong password"), OURS),
    **dict.fromkeys(("sign-in not now", "TLS from the start, and none there"), OURS),
}
"""How a question ends in the outbox, by the name of what the mail server does."""

POLICIES = ("policy at the recipient", "relaying denied", "content is spam")
"""Refusals that are tried for a while in case our own server has to be told, and then given up."""


def _ending(db: Database, now: datetime) -> tuple[LetterState, int, bool, bool]:
    with db.read() as session:
        [letter] = session.scalars(select(Letter))
        return letter.state, letter.attempts, outbox.paused(session, now), suppression.is_suppressed(session, letter.to)


@proof("what mail servers answer, and how it ends", full=len(REPLIES), short=5, unit="scripts")
def servers(fresh: Fresh, size: int, told: Told) -> str:
    """The first try as the table says; and when nothing changes, the question is given up and a coordinator looks."""
    assert set(ENDS) == {row[0] for row in REPLIES}
    chosen: Sequence = REPLIES if size >= len(REPLIES) else random.Random(SEED).sample(REPLIES, size)
    for done, (name, script, how, _, _) in enumerate(chosen, start=1):
        db = fresh()
        enrol(db, ada(), grace())
        id = ask(db, "ada", "grace")
        with Scripted(script) as server, closing(SmtpCarrier(**{**_USUAL, "port": server.port, **how})) as carrier:
            deliver_all(db, carrier, now=NOW, worker="postman")
            found = _ending(db, NOW + timedelta(seconds=1))
            assert found == ENDS[name], f"{name}: {found}"
            assert one(db, id).party("grace").undeliverable == (found[0] is LetterState.FAILED), name
            if name in POLICIES:
                for _ in range(TRIES_AGAINST_A_POLICY):
                    with db.read() as session:
                        again = session.scalar(select(letters.c.next_try_at))
                    assert again is not None
                    deliver_all(db, carrier, now=again, worker="postman")
                assert _ending(db, again) == (LetterState.FAILED, TRIES_AGAINST_A_POLICY, False, False), name
            deliver_all(db, carrier, now=NOW + 8 * DAY, worker="postman")
        assert _ending(db, NOW + 8 * DAY)[0] is LetterState.FAILED, name
        assert one(db, id).party("grace").undeliverable, name
        told(done)
    return f"{len(chosen)} scripts end as tabled"


_USUAL: dict = {"host": LOOPBACK, "tls": "none", "timeout": 5}
