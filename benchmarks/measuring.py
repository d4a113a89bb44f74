"""Time and memory of one call in a process of its own, so that nothing that ran before helps or hurts it."""

import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds on the clock, megabytes that were needed beyond what was there before (0 where nobody tells), a value."""

    seconds: float
    megabytes: float
    value: Any


def measured(prepare: Callable[..., Any], work: Callable[[Any], Any], *arguments: Any) -> Measured:
    """`work(prepare(*arguments))`, of which only `work` is measured."""
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(_measure, (prepare, work, arguments))


def _measure(prepare: Callable[..., Any], work: Callable[[Any], Any], arguments: tuple[Any, ...]) -> Measured:
    ready = prepare(*arguments)
    before = _begin_peak()
    started = time.perf_counter()
    value = work(ready)
    seconds = time.perf_counter() - started
    return Measured(seconds, max(0.0, _status("VmHWM") - before), value)


def _begin_peak() -> float:
    """Forgets the peak so far (Linux) and returns what is used now."""
    if Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(name: str) -> float:
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith(name)), 0.0)


def product(seeks: Any, offers: Any) -> float:
    """Seconds of the bare matrix product of the same shape, in tiles on all cores: nobody can be faster than this."""
    from threadpoolctl import threadpool_limits

    from matcher.engine.search import blocks, tiles

    def one(rows: slice) -> None:
        for tile in tiles(len(offers)):
            seeks[rows] @ offers[tile].T

    started = time.perf_counter()
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(one, blocks(len(seeks))))
    return time.perf_counter() - started
