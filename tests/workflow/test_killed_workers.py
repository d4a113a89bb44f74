"""Workers are killed in the middle of their work: no letter is lost, a second copy is the same letter."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from matcher.domain.letters import Letter, LetterKind
from matcher.mail.writing import compose
from matcher.storage import outbox
from matcher.storage.database import Database
from tests.cast import LINKS, NOW
from tests.mail.servers import Mailbag, real_server

LETTERS, KILLS = 150, 5

WORKER = """
import sys
from datetime import datetime
from matcher.mail.carriers import SmtpCarrier
from matcher.storage.database import Database
from matcher.workflow.delivery import deliver_all

url, port, now, name = sys.argv[1:]
db = Database(url)
print("ready", flush=True)
deliver_all(
    db, SmtpCarrier(host="127.0.0.1", port=int(port), tls="none"), now=datetime.fromisoformat(now), worker=name
)
db.dispose()
"""
"""What a worker process runs."""


def post_many(db: Database) -> dict[str, bytes]:
    """Letters to as many readers; their bytes by reader."""
    written = {}
    with db.write() as session:
        for n in range(LETTERS):
            facts = {"name": "Cleo", "what": "question", "url": LINKS.page("/desk")}
            to = f"reader{n}@example.org"
            letter = Letter(kind=LetterKind.COORDINATOR_NEEDED, key=f"test:{n}", to=to, facts=facts)
            composed = compose(letter, LINKS, NOW)
            written[to] = composed.raw
            outbox.post(session, letter, composed, NOW)
    return written


def start(db: Database, port: int, turn: int) -> subprocess.Popen[bytes]:
    """A worker process of its own; each turn is later than the leases of the turn before."""
    now = NOW + turn * timedelta(minutes=6)
    url = db.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", WORKER, url, str(port), now.isoformat(), f"worker-{turn}"]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, env=here)
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"ready\n"
    return worker


def end(worker: subprocess.Popen[bytes]) -> None:
    """Waits for the end of a process and closes what it wrote to."""
    worker.wait(timeout=60)
    assert worker.stdout is not None
    worker.stdout.close()


def test_killing_workers_loses_no_letter_and_copies_are_the_same_letter(db: Database) -> None:
    written = post_many(db)
    random_ = random.Random(7)
    bag = Mailbag()
    with real_server(bag) as port:
        killed = 0
        for turn in range(KILLS):
            worker = start(db, port, turn)
            time.sleep(random_.uniform(0.02, 0.2))
            worker.send_signal(signal.SIGKILL)
            end(worker)
            killed += worker.returncode == -signal.SIGKILL
        last = start(db, port, KILLS)
        end(last)
        assert last.returncode == 0
    copies = Counter(to for _, to, _ in bag.letters)
    assert set(copies) == set(written), "every letter arrived"
    assert sum(copies.values()) - LETTERS <= killed, "a kill costs one copy at most"
    assert all(raw == written[to] for _, to, raw in bag.letters), "copies are the same letter"
    assert killed >= KILLS // 2
    with db.read() as session:
        assert outbox.counts(session) == {"sent": LETTERS}
