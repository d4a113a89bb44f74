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
from matcher.storage import outbox
from matcher.storage import people as people_rows
from matcher.storage.database import Database
from matcher.workflow import clock as keeping_time
from matcher.workflow import matching

log = logging.getLogger("matcher.work")

RETRIES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720))
"""How long to wait after the first, second, … attempt; the last one again and again until the letter is too old."""

JITTER = 0.2
"""Waits differ by up to this part, so that a thousand letters do not come back at the same moment."""

PAUSE = timedelta(minutes=1)
"""How long nothing is tried after our own mail server refused us."""


class RelayDown(Exception):
    """Our own mail server refuses us or cannot be reached; no letter is at fault, and none has lost an attempt."""


def deliver_next(db: Database, carrier: Carrier, *, now: datetime, worker: str) -> bool:
    """Carries the next letter that is due; False when there is none.

    A letter that cannot be sent is recorded, never raised, so that the next has its turn. Raises RelayDown when it is
    our own mail server: the letter keeps its attempt and is due again after PAUSE.
    """
    letter = db.transact(outbox.claim_next, worker, now)
    if letter is None:
        return False
    try:
        if letter.raw is None:
            raise CarrierError("permanent", 0, "the letter has no content")
        carrier.carry(letter.to, letter.raw)
    except CarrierError as error:
        db.transact(_record_trouble, letter, worker, error, now)
        if error.kind == "relay":
            raise RelayDown(str(error)) from error
    except Exception as error:  # whatever a strange letter brings about, the next one must have its turn
        log.exception("letter %s could not be carried", letter.id)
        unforeseen = CarrierError("permanent", 0, f"unforeseen: {type(error).__name__}")
        db.transact(_record_trouble, letter, worker, unforeseen, now)
    else:
        db.transact(outbox.mark_sent, _id(letter), worker, letter.attempts, now)
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
        outbox.mark_retry(*ours, next_try_at=now + PAUSE, trouble=f"mail server: {error}", counts=False)
        return
    again = now + wait_after(letter.attempts, _id(letter))
    if error.kind == "temporary" and (letter.not_after is None or again <= letter.not_after):
        outbox.mark_retry(*ours, next_try_at=again, trouble=str(error))
        return
    given_up = outbox.mark_failed(*ours, trouble=str(error))
    if given_up and error.bad_address:
        people_rows.suppress(session, letter.to, f"refused: {error.code}", now)


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

    Rounds run beside the letters: a sign-in link must not wait for a solver. Whatever fails is logged and tried again;
    nothing but `stop` ends the loop.
    """
    rounds = threading.Thread(
        target=_run_rounds, args=(db, vocabulary, clock, stop, worker), name="rounds", daemon=True
    )
    rounds.start()
    try:
        _keep_going(db, carrier, vocabulary, links, clock, stop, worker)
    finally:
        stop.set()
        carrier.close()
        rounds.join(timeout=5)


def _keep_going(
    db: Database,
    carrier: Carrier,
    vocabulary: Vocabulary,
    links: Links,
    clock: Callable[[], datetime],
    stop: threading.Event,
    worker: str,
) -> None:
    ticked: datetime | None = None
    mail_from: datetime | None = None
    while not stop.is_set():
        now = clock()
        if ticked is None or now - ticked >= timedelta(seconds=TICK):
            ticked = now
            _guarded("the clock", partial(keeping_time.tick, db, now=now, vocabulary=vocabulary, links=links))
        if mail_from is None or now >= mail_from:
            try:
                _guarded("mail", partial(_deliver_until_stopped, db, carrier, clock, stop, worker))
                mail_from = None
            except RelayDown as down:
                log.error("mail pauses for %s: %s", PAUSE, down)
                mail_from = clock() + PAUSE
        stop.wait(LOOK)


def _deliver_until_stopped(
    db: Database, carrier: Carrier, clock: Callable[[], datetime], stop: threading.Event, worker: str
) -> None:
    while not stop.is_set() and deliver_next(db, carrier, now=clock(), worker=worker):
        pass
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
    """Runs a step; RelayDown passes, any other failure is logged, for the loop has to go on."""
    try:
        step()
    except RelayDown:
        raise
    except Exception:
        log.exception("%s failed and will be tried again", what)
