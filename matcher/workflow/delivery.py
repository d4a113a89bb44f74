"""Letters on their way out, and the worker that also keeps the clock and runs rounds.

    claim    one transaction: a letter that is due and still fresh is leased to this worker
    carry    no transaction open; the mail server may take its time
    record   one transaction, only if the letter is still ours

A crash between the mail server's yes and the record sends the same bytes once more; nothing is lost.
"""

import contextlib
import hashlib
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from matcher.domain.letters import Letter, Links
from matcher.domain.vocabulary import Vocabulary
from matcher.mail.carriers import Carrier, CarrierError
from matcher.storage import outbox, suppression
from matcher.storage.database import Database
from matcher.workflow import clock as keeping_time
from matcher.workflow import matching, watch

log = logging.getLogger("matcher.work")

RETRIES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720))
"""How long to wait after the first, second, … attempt; the last one again and again until the letter is too old."""

TRIES_AGAINST_A_POLICY = 6
"""How often a letter is tried that a provider refuses by its policy: most of a day, in case it is our own mail server
that has to be told about us."""

JITTER = 0.2
"""Waits differ by up to this part, so that a thousand letters do not come back at the same moment."""

PAUSE = timedelta(minutes=1)
"""How long nothing is tried after our own mail server refused us."""


class RelayDown(Exception):
    """Our own mail server refuses us or cannot be reached; no letter is at fault, and none has lost an attempt."""


def deliver_next(
    db: Database, carrier: Carrier, *, now: datetime, worker: str, clock: Callable[[], datetime] | None = None
) -> bool:
    """Carries the next letter that is due; False when there is none, or all mail pauses.

    A letter that cannot be sent is recorded, never raised, so that the next has its turn. Raises RelayDown when it is
    our own mail server: the letter keeps its attempt, and no worker tries any letter for a PAUSE. `clock` tells when
    the letter was accepted, which may be minutes after `now`.
    """
    letter = db.transact(outbox.claim_next, worker, now)
    if letter is None:
        return False
    try:
        if letter.raw is None:
            raise CarrierError("permanent", 0, "the letter has no content")
        carrier.carry(letter.to, letter.raw)
    except CarrierError as error:
        db.transact(_record_trouble, letter, worker, error, clock() if clock else now)
        if error.kind == "relay":
            raise RelayDown(str(error)) from error
    except Exception as error:  # whatever a strange letter brings about, the next one must have its turn
        log.exception("letter %s could not be carried", letter.id)
        unforeseen = CarrierError("permanent", 0, f"unforeseen: {type(error).__name__}")
        db.transact(_record_trouble, letter, worker, unforeseen, now)
    else:
        db.transact(outbox.mark_sent, _id(letter), worker, letter.attempts, clock() if clock else now)
    return True


def deliver_all(db: Database, carrier: Carrier, *, now: datetime, worker: str) -> int:
    """Carries everything that is due at `now`; returns how many letters were taken up.

    Where our own mail server refuses us it stops early; what is left waits.
    """
    taken = 0
    with contextlib.suppress(RelayDown):
        while deliver_next(db, carrier, now=now, worker=worker):
            taken += 1
    carrier.close()
    return taken


def _record_trouble(session: Session, letter: Letter, worker: str, error: CarrierError, now: datetime) -> None:
    """Writes down that a letter did not leave, and what comes of it."""
    ours = (session, _id(letter), worker, letter.attempts)
    if error.kind == "relay":
        outbox.pause(session, now, now + PAUSE, str(error))
        outbox.mark_retry(*ours, next_try_at=now + PAUSE, trouble=f"mail server: {error}", counts=False)
        return
    again = now + wait_after(letter.attempts, _id(letter))
    may_help = error.kind == "temporary" or (error.kind == "refused" and letter.attempts < TRIES_AGAINST_A_POLICY)
    if may_help and (letter.not_after is None or again <= letter.not_after):
        outbox.mark_retry(*ours, next_try_at=again, trouble=str(error))
        return
    given_up = outbox.mark_failed(*ours, trouble=str(error))
    if given_up and error.bad_address:
        suppression.suppress(session, letter.to, f"refused: {error.code}", now)


def wait_after(attempt: int, letter_id: int) -> timedelta:
    """How long to wait after the given attempt (1 is the first); the same for the same letter, different for others."""
    base = RETRIES[min(max(attempt, 1), len(RETRIES)) - 1]
    drawn = int.from_bytes(hashlib.sha256(f"{letter_id}:{attempt}".encode()).digest()[:8], "big") / 2**64
    return base * (1 - JITTER + 2 * JITTER * drawn)


def _id(letter: Letter) -> int:
    assert letter.id is not None  # it comes from the database
    return letter.id


# -- the worker ------------------------------------------------------------------------------------------------------

LOOK = 0.5
"""Seconds between two looks into an empty outbox."""

TICK = 15.0
"""Seconds between two looks at what time has made due."""


def work(
    db: Database,
    carrier: Carrier,
    vocabulary: Vocabulary,
    links: Links,
    *,
    clock: Callable[[], datetime],
    stop: threading.Event,
    worker: str = "worker",
) -> None:
    """Sends letters, keeps deadlines and runs requested rounds until `stop` is set.

    Each in a thread of its own: a sign-in link must not wait for a solver, nor for the next best of a large pool.
    Whatever fails is logged and tried again; nothing but `stop` ends the loops.
    """
    beside = [
        threading.Thread(target=_run_rounds, args=(db, vocabulary, clock, stop, worker), name="rounds", daemon=True),
        threading.Thread(target=_keep_time, args=(db, vocabulary, links, clock, stop), name="clock", daemon=True),
    ]
    for thread in beside:
        thread.start()
    try:
        while not stop.is_set():
            _guarded("mail", partial(_deliver_until_stopped, db, carrier, clock, stop, worker))
            stop.wait(LOOK)
    finally:
        stop.set()
        carrier.close()
        for thread in beside:
            thread.join(timeout=5)


def _keep_time(
    db: Database, vocabulary: Vocabulary, links: Links, clock: Callable[[], datetime], stop: threading.Event
) -> None:
    ticked: datetime | None = None
    while not stop.is_set():
        now = clock()
        if ticked is None or abs(now - ticked) >= timedelta(seconds=TICK):
            ticked = now
            _guarded("the clock", partial(keeping_time.tick, db, now=now, vocabulary=vocabulary, links=links))
            _guarded("the eye on the mail", partial(watch.look, db, links=links, now=now))
        stop.wait(LOOK)


def _deliver_until_stopped(
    db: Database, carrier: Carrier, clock: Callable[[], datetime], stop: threading.Event, worker: str
) -> None:
    try:
        while not stop.is_set() and deliver_next(db, carrier, now=clock(), worker=worker, clock=clock):
            pass
    except RelayDown as down:
        log.error("all mail pauses for %s: %s", PAUSE, down)
    carrier.close()


def _run_rounds(
    db: Database, vocabulary: Vocabulary, clock: Callable[[], datetime], stop: threading.Event, worker: str
) -> None:
    while not stop.is_set():
        _guarded("a round", partial(_run_next_round, db, vocabulary, clock, worker))
        stop.wait(LOOK)


def _run_next_round(db: Database, vocabulary: Vocabulary, clock: Callable[[], datetime], worker: str) -> None:
    round_id = matching.next_requested(db, now=clock())
    if round_id is not None:
        matching.run_round(db, round_id, vocabulary=vocabulary, now=clock(), worker=worker)


def _guarded(what: str, step: Callable[[], object]) -> None:
    """Runs a step; a failure is logged, for the loop has to go on."""
    try:
        step()
    except Exception:
        log.exception("%s failed and will be tried again", what)
