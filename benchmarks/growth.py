"""How cost grows from 100 to 100,000 people: the command `match` on files, and the engine alone on vectors."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.assignment import imported, ours_within
from benchmarks.instances import instance
from benchmarks.measuring import measured, product

PEOPLE = (100, 300, 1_000, 3_000, 10_000)
VECTORS = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
MENTEES_PER_MENTOR = 2.5

WATCHED = """
import resource, subprocess, sys, time
started = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL)
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Runs a command from a small process: the peak of a process counts what its parent used when it began."""


@dataclass(frozen=True, slots=True)
class Point:
    """Seconds and megabytes for so many people (files) or mentees (vectors).

    product : seconds of the bare matrix product. gap : what is proved to be missing at most, as a part of the total.
    """

    count: int
    seconds: float
    megabytes: float
    product: float = 0.0
    gap: float = 0.0


def commands(counts: Sequence[int] = PEOPLE) -> Iterator[Point]:
    """The whole command `matcher match`, a process from its start to its end."""
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            people = Path(folder) / f"{count}.csv"
            pools = Path(__file__).with_name("pools.py")
            subprocess.run([sys.executable, pools, "--people", str(count), "-o", people], check=True)
            match = [sys.executable, "-m", "matcher", "match", people, "-o", Path(folder) / "pairs.csv"]
            told = subprocess.run([sys.executable, "-c", WATCHED, *match], check=True, capture_output=True, text=True)
            seconds, kilobytes = told.stdout.split()
            yield Point(count, float(seconds), int(kilobytes) / 1024)


def vectors(counts: Sequence[int] = VECTORS) -> Iterator[Point]:
    """Neighbours, assignment and proof over all pairs of vectors of 128 columns, until the gap is at most 1e-4."""
    for count in counts:
        mentors = round(count / MENTEES_PER_MENTOR)
        given = instance(count, mentors)
        bare = min(product(given.seeks, given.offers) for _ in range(1 if count > 10_000 else 3))
        found = measured(imported, ours_within, ours_within, count, mentors)
        total, gap = found.value
        yield Point(count, found.seconds, found.megabytes, bare, gap / total)
