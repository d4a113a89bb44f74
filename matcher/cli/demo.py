"""The command `demo`: the whole product on sample people, with one word."""

import contextlib
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from matcher.cli.pool import PATH, say
from matcher.cli.running import Programme, open_programme
from matcher.config import Config

COORDINATOR = "cleo@example.org"


@click.command("demo")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--data", type=PATH, default=Path("var/demo"), show_default=True, help="Where the demo keeps its files.")
@click.option("--no-browser", is_flag=True, help="Only print the link.")
def demo_command(port: int, data: Path, no_browser: bool) -> int:
    """The whole product on 300 invented people: a finished round to review, a mailbox page, the desk signed in.

    \b
    Example: matcher demo --port 8001 --data /tmp/second --no-browser
    """
    import webbrowser

    from matcher.cli.server import listen, serve_here
    from matcher.workflow.access import link_for_coordinator

    socket = listen("127.0.0.1", port)
    programme = open_programme(demo_config(data, port), upgrade=True)
    prepare(programme)

    def ready() -> None:
        link = link_for_coordinator(programme.database, COORDINATOR, links=programme.links, now=datetime.now(UTC))
        print(f"\nThe desk, signed in:  {link}")
        print(f"The site:             {programme.links.page('/')}")
        print(f"Every letter:         {programme.links.page('/mailbox')}")
        print(f"The first link works once and for ten minutes; later, sign in as {COORDINATOR}. Stop with Ctrl+C.")
        sys.stdout.flush()
        if not no_browser:
            with contextlib.suppress(webbrowser.Error):
                webbrowser.open(link)

    serve_here(programme, socket, ready)
    return 0


def demo_config(data: Path, port: int) -> Config:
    """The demo's options; its secret is made once and kept beside its database."""
    data.mkdir(parents=True, exist_ok=True)
    secret = data / "secret"
    if not secret.exists():
        secret.write_text(secrets.token_urlsafe(32), encoding="ascii")
        secret.chmod(0o600)
    return Config(
        database=f"sqlite:///{(data / 'matcher.db').resolve()}",
        origin=f"http://127.0.0.1:{port}",
        secret=secret.read_text(encoding="ascii").strip(),
        mail=f"folder:{(data / 'mail').resolve()}",
        demo=True,
    )


def prepare(programme: Programme) -> None:
    """Fills an empty database: the sample people, a coordinator, their first weeks, a round that waits for review."""
    from matcher.cli.demo_story import live
    from matcher.domain.vocabulary_files import installed_folder
    from matcher.files.reading import read_profiles
    from matcher.storage.people import everybody
    from matcher.workflow.access import add_coordinator
    from matcher.workflow.matching import request_round, run_round

    now = datetime.now(UTC)
    with programme.database.read() as session:
        if everybody(session):
            return
    say("preparing the demo, once: 300 invented people, six weeks of their programme, and a round to review …")
    people = read_profiles(
        installed_folder().parent / "sample" / "people.csv", vocabulary=programme.vocabulary
    ).profiles
    cleo = add_coordinator(programme.database, COORDINATOR, "Cleo", now=now - timedelta(days=43))
    live(programme, people, cleo, now)
    asked = request_round(programme.database, by=cleo, now=now)
    run_round(programme.database, asked, vocabulary=programme.vocabulary, now=now)
