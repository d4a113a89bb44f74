"""How cost grows from 100 to 100,000 people: the command `match` on files, and the engine alone on vectors."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.assignment import imported, ours
from benchmarks.instances import instance
from benchmarks.measuring import measured, product

PEOPLE = (100, 300, 1_000, 3_000, 10_000)
VECTORS = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
MENTEES_PER_MENTOR = 2.5


@dataclass(frozen=True, slots=True)
class Point:
    """Seconds and megabytes for so many people (files) or mentees (vectors), and seconds of the bare product."""

    count: int
    seconds: float
    megabytes: float
    product: float = 0.0


def commands(counts: Sequence[int] = PEOPLE) -> Iterator[Point]:
    """The whole command `matcher match`, a process from its start to its end."""
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            people = Path(folder) / f"{count}.csv"
            pools = Path(__file__).with_name("pools.py")
            subprocess.run([sys.executable, pools, "--people", str(count), "-o", people], check=True)
            match = [sys.executable, "-m", "matcher", "match", people, "-o", Path(folder) / "pairs.csv"]
            started = time.perf_counter()
            with subprocess.Popen(match, stderr=subprocess.DEVNULL) as process:
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise AssertionError(f"match ended with {process.returncode}")
            yield Point(count, time.perf_counter() - started, used.ru_maxrss / 1024)


def vectors(counts: Sequence[int] = VECTORS) -> Iterator[Point]:
    """Neighbours, assignment and proof over all pairs of vectors of 128 columns."""
    for count in counts:
        mentors = round(count / MENTEES_PER_MENTOR)
        given = instance(count, mentors)
        bare = min(product(given.seeks, given.offers) for _ in range(1 if count > 10_000 else 3))
        found = measured(imported, ours, ours, count, mentors)
        yield Point(count, found.seconds, found.megabytes, bare)
