"""Processes that a proof may kill or stop, forked from one that has loaded everything already."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess

forked = multiprocessing.get_context("forkserver")
"""Where values that are shared with such a process come from."""

ASKED_LATE = ("anyio._backends._asyncio", "uvicorn.lifespan.on", "uvicorn.loops.auto", "uvicorn.protocols.http.auto")
"""What a server loads only when it starts, each time."""

forked.set_forkserver_preload(
    ["__main__", "tests.soak.mail", "tests.soak.site", "tests.soak.upgrades", "web.app", "uvicorn", *ASKED_LATE]
)


def started(work: Callable[..., None], *args: object) -> BaseProcess:
    """A process that does this."""
    process = forked.Process(target=work, args=args, daemon=True)
    process.start()
    return process
