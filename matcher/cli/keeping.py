"""The commands that keep the programme safe: backup, restore, doctor."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from matcher.cli import CommandError
from matcher.cli.pool import PATH, say
from matcher.cli.running import Programme, confirm, open_programme
from matcher.config import Config

LATE = 15 * 60
"""Seconds after which a letter that could be sent and is not is a reason for alarm."""

FAR_APART = 60
"""Seconds by which clocks may differ; links, deadlines and leases are told by them."""


@click.command("backup")
@click.argument("output", type=PATH)
def backup_command(output: Path) -> int:
    """Copies the database to a file while everything goes on running.

    \b
    Example: matcher backup matcher-2026-11-24.db
    """
    source = _sqlite_file()
    if output.exists():
        raise CommandError(f"{output} exists already; a backup never overwrites")
    if not output.parent.is_dir():
        raise CommandError(f"{output}: the folder {output.parent} does not exist; make it first")
    half = output.with_name(f".{output.name}.half")
    try:
        half.unlink(missing_ok=True)
        with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(half)) as copy:
            database.backup(copy)
        half.chmod(0o600)
        half.replace(output)
    except sqlite3.Error as error:
        half.unlink(missing_ok=True)
        raise CommandError(f"{output}: could not be written ({error})") from None
    say(f"the database is copied to {output}; keep it as safe as the original")
    return 0


@click.command("restore")
@click.argument("backup", type=PATH)
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def restore_command(backup: Path, yes: bool) -> int:
    """Puts a backup in the place of the database; stop the site and the worker first.

    Sign-in links and sessions of that time are void, and letters that waited then are not sent again.

    \b
    Example: matcher restore matcher-2026-11-24.db
    """
    target = _sqlite_file(must_exist=False)
    if not backup.is_file():
        raise CommandError(f"{backup} is no file")
    half = target.with_name(f".{target.name}.half")
    try:
        _take_out(backup, half)
        if not yes:
            confirm(f"Put {backup} in the place of {target}?")
        _make_harmless(half)
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        half.replace(target)
    finally:
        for suffix in ("", "-wal", "-shm"):
            half.with_name(half.name + suffix).unlink(missing_ok=True)
    say(f"{backup} is restored; everybody signs in anew")
    return 0


def _take_out(backup: Path, half: Path) -> None:
    """Copies a backup beside the database, after a look whether it is whole and ours."""
    half.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(f"{backup.resolve().as_uri()}?mode=ro", uri=True)) as source:
            if source.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise CommandError(f"{backup} is damaged; nothing was changed")
            tables = {name for (name,) in source.execute("SELECT name FROM sqlite_master")}
            if not {"alembic_version", "participants"} <= tables:
                raise CommandError(f"{backup} is no backup of this programme; nothing was changed")
            half.touch(mode=0o600)
            with closing(sqlite3.connect(half)) as copy:
                source.backup(copy)
    except sqlite3.Error as error:
        raise CommandError(f"{backup} is no backup of a database, or cannot be copied ({error})") from None


def _make_harmless(path: Path) -> None:
    """What a restored database must not do again: let old links and sessions in, send letters a second time."""
    from matcher.storage import upkeep
    from matcher.storage.database import Database

    database = Database(f"sqlite:///{path}")
    try:
        database.upgrade()
        with database.write() as session:
            upkeep.make_harmless(session)
    finally:
        database.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")


@click.command("doctor")
@click.option("--send-to", metavar="ADDRESS", help="Send one real letter there, to see how it arrives.")
def doctor_command(send_to: str | None) -> int:
    """Looks for what is wrong: options, database, places, letters that wait, and all around mail (SPF, DKIM, DMARC,
    the mail server). Exit status 1 when it finds any.

    \b
    Example: matcher doctor --send-to me@example.org
    """
    from matcher.cli.checkup import RealNames, findings
    from matcher.storage.database import NotSetUp

    config = Config.from_environment(os.environ).check()
    found, still_empty = [*_wrong_mail(config), *findings(config, RealNames())], ""
    try:
        programme = open_programme(config)
        found = [*_does_not_add_up(programme), *_late_letters(programme), *_wrong_clock(programme), *found]
        if send_to:
            found += _sent(programme, send_to)
    except NotSetUp:
        still_empty = "; the database is still empty, and is set up when the site or a worker starts"
    for sentence in found:
        print(f"wrong: {sentence}")
    if not found:
        print(f"nothing is wrong{still_empty}")
    return 1 if found else 0


def _wrong_clock(programme: Programme) -> list[str]:
    apart = abs((programme.database.now() - datetime.now(UTC)).total_seconds())
    if apart < FAR_APART:
        return []
    return [f"the clocks of this machine and of the database differ by {apart:.0f} seconds; set them by NTP"]


def _sent(programme: Programme, to: str) -> list[str]:
    """Carries one letter at once, as any other is made and signed."""
    from matcher.domain.letters import Letter, LetterKind
    from matcher.mail.addresses import BadAddress
    from matcher.mail.carriers import CarrierError, carrier_of
    from matcher.mail.writing import compose

    facts = {"name": "", "url": programme.links.page("/sign-in")}
    letter = Letter(kind=LetterKind.ALREADY_SIGNED_UP, key="doctor", to=to, facts=facts)
    carrier = carrier_of(programme.config.mail, bounce=programme.config.bounce_address)
    try:
        carrier.carry(to, compose(letter, programme.links, datetime.now(UTC)).raw)
    except (CarrierError, BadAddress) as error:
        return [f"the letter to {to} was not taken ({error})"]
    finally:
        carrier.close()
    say(f"a letter is on its way to {to}; look there whether SPF, DKIM and DMARC passed")
    return []


def _does_not_add_up(programme: Programme) -> list[str]:
    from matcher.storage import upkeep

    with programme.database.read() as session:
        return upkeep.inconsistencies(session, programme.database.now())


def _late_letters(programme: Programme) -> list[str]:
    from matcher.storage.outbox import paused
    from matcher.storage.tracking import oldest_waiting

    with programme.database.read() as session:
        since = oldest_waiting(session)
        if paused(session, programme.database.now()):
            return ["all mail pauses, because the mail server refused us; the desk's page of letters says why"]
    if since is None or (age := (programme.database.now() - since).total_seconds()) < LATE:
        return []
    return [f"a letter has been waiting for {age / 60:.0f} minutes; is `matcher work` running?"]


def _wrong_mail(config: Config) -> list[str]:
    kind, _, where = config.mail.partition(":")
    if kind != "folder":
        return []
    folder = Path(where)
    if folder.exists() and not os.access(folder, os.W_OK):
        return [f"letters cannot be written to {folder}"]
    return []


def _sqlite_file(*, must_exist: bool = True) -> Path:
    url = Config.from_environment(os.environ).check().database
    if not url.startswith("sqlite:///"):
        raise CommandError("for PostgreSQL use pg_dump and pg_restore; see the README")
    path = Path(url.removeprefix("sqlite:///"))
    if must_exist and not path.is_file():
        raise CommandError(f"there is no database at {path}")
    return path
