"""The commands that keep running: serve and work."""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import click

from matcher.cli import CommandError
from matcher.cli.pool import say
from matcher.cli.running import Programme, open_programme

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def serve_command(host: str, port: int) -> int:
    """The site, for a reverse proxy in front; letters leave by `matcher work` beside it.

    \b
    Example: MATCHER_ORIGIN=https://mentoring.example.org MATCHER_SECRET=… matcher serve --port 8000
    """
    programme = open_programme(upgrade=True)
    where = listen(host, port)
    _serve(programme, where, lambda: say(f"serving {programme.links.page('/')} on {host}:{port}"))
    return 0


@click.command("work")
def work_command() -> int:
    """The worker: sends letters, keeps deadlines, runs the rounds that were asked for. Several may run at once.

    \b
    Example: MATCHER_MAIL=smtp://localhost:25 matcher work
    """
    programme = open_programme(upgrade=True)
    stop = threading.Event()
    say("working; stop with Ctrl+C")
    try:
        _work(programme, stop)
    except KeyboardInterrupt:
        stop.set()
        say("stopped; what was not sent waits in the queue")
    return 0


def serve_here(programme: Programme, where: socket.socket, ready: Callable[[], None]) -> None:
    """Site and worker in one process, until somebody stops it."""
    stop = threading.Event()
    worker = threading.Thread(target=_work, args=(programme, stop), name="worker", daemon=True)
    worker.start()
    try:
        _serve(programme, where, ready)
    finally:
        stop.set()
        worker.join(timeout=10)
        programme.database.dispose()


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, so that a taken port is said before anything is prepared."""
    where = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    where.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        where.bind((host, port))
    except OSError as error:
        where.close()
        raise CommandError(f"port {port} on {host} cannot be used ({error.strerror}); try --port {port + 1}") from None
    return where


def _work(programme: Programme, stop: threading.Event) -> None:
    from matcher.mail.carriers import carrier_of
    from matcher.workflow.delivery import work

    config = programme.config
    carrier = carrier_of(config.mail, bounce=config.bounce_address, secrets=config.secrets)
    worker = f"{socket.gethostname()}-{os.getpid()}"
    work(
        programme.database,
        carrier,
        programme.vocabulary,
        programme.links,
        clock=programme.database.now,
        stop=stop,
        worker=worker,
    )


def _serve(programme: Programme, where: socket.socket, ready: Callable[[], None]) -> None:
    import uvicorn

    from web.app import create_app

    @asynccontextmanager
    async def lifespan(_app: Any) -> "AsyncIterator[None]":
        ready()
        yield

    app = create_app(programme.config, database=programme.database, vocabulary=programme.vocabulary, lifespan=lifespan)
    options = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(options).run(sockets=[where])
