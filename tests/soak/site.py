"""The site's process is killed under a load of answers: what was acknowledged is kept, and nothing is kept twice."""

import http.client
import os
import queue
import random
import signal
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from urllib.parse import urlencode

from sqlalchemy import select

from matcher.cli import server
from matcher.cli.running import open_programme
from matcher.domain.introductions import Answer, Introduction, Mode, Part, Party, State
from matcher.domain.letters import LetterKind, Links
from matcher.storage import introductions
from matcher.storage.database import Database
from matcher.storage.mapping import audit, letters
from matcher.workflow import review
from matcher.workflow.signing import LinkSigner
from tests.cast import enrol
from tests.cast import person as member
from tests.mail.servers import LOOPBACK, free_port
from tests.soak.processes import started
from tests.soak.proof import SEED, Fresh, Told, proof
from tests.stories import VOCABULARY, check_invariants

SECRET = "b7Yx0Qp2Lr9Vt4Wm8Zk1Hn6Jd3Fs5GcA"
CLIENTS = 8
BETWEEN = 4
"""Answers acknowledged between two kills; those that are under way come on top."""


def _serve(database: str, port: int) -> None:
    """The command `matcher serve`, in a process of its own, and without a word each time."""
    options = {"DATABASE": database, "ORIGIN": f"http://{LOOPBACK}:{port}", "SECRET": SECRET}
    os.environ |= {f"MATCHER_{name}": value for name, value in options.items()}
    server._serve(open_programme(upgrade=True), server.listen(LOOPBACK, port), ready=lambda: None)


def serve(db: Database, port: int) -> BaseProcess:
    """The site in a process of its own; it answers when this returns."""
    process = started(_serve, db.url.render_as_string(hide_password=False), port)
    while process.is_alive():
        try:
            connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
            connection.request("GET", "/health")
            assert connection.getresponse().status == 200
            connection.close()
            return process
        except OSError:
            time.sleep(0.005)
    raise AssertionError("the site did not start")


def asked_pairs(db: Database, count: int, links: Links, now: datetime) -> dict[int, str]:
    """As many mentors who are asked about a mentee; the path of each one's link by introduction."""
    asked = {}
    for first in range(0, count, 100):
        numbers = range(first, min(first + 100, count))
        enrol(db, *(member(f"ada{n}", "mentee", seeks_skills="skill.verbal_deescalation") for n in numbers), now=now)
        enrol(db, *(member(f"grace{n}", "mentor", skills="skill.verbal_deescalation=4", capacity="1") for n in numbers))
        with db.write() as session:
            drafts = [introductions.add(session, _pair(f"ada{n}", f"grace{n}"), by="system", now=now) for n in numbers]
        done = review.approve(
            db, [draft.id or 0 for draft in drafts], by="cleo", vocabulary=VOCABULARY, links=links, now=now
        )
        assert not done.refused, done.refused
        for draft in drafts:
            asked[draft.id or 0] = links.answer(draft.id or 0, str(draft.mentor_id), 1).removeprefix(links.origin)
    return asked


def _pair(mentee: str, mentor: str) -> Introduction:
    parties = [
        Party(participant_id=mentee, part=Part.MENTEE),
        Party(participant_id=mentor, part=Part.MENTOR),
    ]
    return Introduction(mode=Mode.ASSIGNED, mentee_id=mentee, mentor_id=mentor, parties=parties)


class Clients:
    """Threads that press Yes behind the links; whoever gets no reply tries again, as people do."""

    def __init__(self, port: int, asked: dict[int, str]) -> None:
        self.port = port
        self.todo: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
        for each in asked.items():
            self.todo.put(each)
        self.acknowledged: list[int] = []
        self.tries: Counter[int] = Counter()
        self.wrong: list[object] = []
        self.threads = [threading.Thread(target=self._press, daemon=True) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def _press(self) -> None:
        body = urlencode({"act": "answer", "answer": "yes"})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        while not self.wrong:
            try:
                id, path = self.todo.get_nowait()
            except queue.Empty:
                return
            while not self.wrong:
                self.tries[id] += 1
                connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
                try:
                    connection.request("POST", path, body, headers)
                    status = connection.getresponse().status
                except (OSError, http.client.HTTPException):
                    time.sleep(0.01)
                    continue
                finally:
                    connection.close()
                if status == 303:
                    self.acknowledged.append(id)
                    break
                if status != 503:
                    self.wrong.append((id, status))

    @property
    def busy(self) -> bool:
        return any(thread.is_alive() for thread in self.threads)


@proof("the site killed under a load of answers", full=200, short=1, unit="kills")
def killed_site(fresh: Fresh, size: int, told: Told) -> str:
    """`matcher serve` with eight people who answer; killed at any moment, and started anew each time."""
    db, random_ = fresh(), random.Random(SEED)
    port, now = free_port(), datetime.now(UTC)
    links = Links(f"http://{LOOPBACK}:{port}", LinkSigner(SECRET), "Crisis Line Mentoring")
    asked = asked_pairs(db, size * (BETWEEN + CLIENTS // 2) + CLIENTS, links, now)
    site = serve(db, port)
    clients = Clients(port, asked)
    killed = 0
    while killed < size and clients.busy:
        wanted = len(clients.acknowledged) + BETWEEN
        while len(clients.acknowledged) < wanted and clients.busy:
            time.sleep(0.001)
        time.sleep(random_.uniform(0, 0.02))
        os.kill(site.pid or 0, signal.SIGKILL)
        site.join()
        assert site.exitcode == -signal.SIGKILL
        killed += clients.busy
        site = serve(db, port)
        told(killed)
    for thread in clients.threads:
        thread.join(120)
    site.kill()
    site.join()
    assert not clients.wrong, clients.wrong
    assert killed == size, f"only {killed} kills met a load"
    assert sorted(clients.acknowledged) == sorted(asked)
    with db.read() as session:
        everything = list(session.scalars(select(Introduction)))
        kept = Counter(session.scalars(select(audit.c.object).where(audit.c.act == "yes")))
        written = Counter(
            session.scalars(select(letters.c.introduction_id).where(letters.c.kind == LetterKind.QUESTION_TO_MENTEE))
        )
    lost = [i.id for i in everything if i.state is not State.ASKING or i.part(Part.MENTOR).answer is not Answer.YES]
    assert not lost, f"{len(lost)} acknowledged answers lost"
    assert kept == Counter(f"introduction:{id}" for id in asked), "an answer counted twice, or not"
    assert written == Counter(dict.fromkeys(asked, 1)), "a letter written twice, or not at all"
    check_invariants(db)
    again = sum(tries > 1 for tries in clients.tries.values())
    return f"{killed} kills, {len(asked):,} answers, {again} pressed again: 0 lost, 0 doubled"
