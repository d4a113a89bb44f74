"""What the commands of the running programme share: options from the environment, database, vocabulary, links."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import CommandError

if TYPE_CHECKING:
    from matcher.config import Config
    from matcher.domain.letters import Links
    from matcher.domain.vocabulary import Vocabulary
    from matcher.storage.database import Database


@dataclass(frozen=True)
class Programme:
    """The parts of the running programme, joined."""

    config: "Config"
    database: "Database"
    vocabulary: "Vocabulary"
    links: "Links"


def open_programme(config: "Config | None" = None, *, upgrade: bool = False) -> Programme:
    """The programme of the environment's options. `upgrade` brings the database to this version first."""
    from matcher.config import Config
    from matcher.domain.letters import Links
    from matcher.domain.vocabulary import Vocabulary, default_vocabulary
    from matcher.mail.dkim import seal_of
    from matcher.storage.database import Database
    from matcher.storage.suppression import renew
    from matcher.workflow.signing import LinkSigner

    config = (config or Config.from_environment(os.environ)).check()
    database = Database(config.database, secrets=config.secrets)
    if upgrade:
        database.upgrade()
    else:
        database.check_version()
    database.transact(renew)
    vocabulary = Vocabulary.load(Path(config.vocabulary)) if config.vocabulary else default_vocabulary()
    signer = LinkSigner(*config.secrets)
    origin = config.origin.rstrip("/")
    return Programme(
        config,
        database,
        vocabulary,
        Links(
            origin,
            signer,
            config.programme,
            config.mail_from,
            config.bounce_address,
            config.mail_from_lists,
            seal_of(config.dkim_selector, config.dkim_key),
        ),
    )


def confirm(question: str) -> None:
    """Asks before a step that cannot be taken back; the answer may come through a pipe, too.

    Where there is nobody to answer, the one line says how to go on without being asked.
    """
    if sys.stdin is not None and sys.stdin.isatty():
        click.confirm(question, abort=True, err=True)
        return
    answer = sys.stdin.readline() if sys.stdin is not None else ""
    if not answer:
        raise CommandError(f"{question} Nobody is at a terminal to say so; add --yes to confirm")
    if answer.strip().casefold() not in ("y", "yes"):
        raise click.Abort
