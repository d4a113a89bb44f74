"""What the commands of the running programme share: options from the environment, database, vocabulary, links."""

import os
from dataclasses import dataclass
from pathlib import Path

from matcher.config import Config
from matcher.domain.letters import Links
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.storage.database import Database
from matcher.workflow.signing import LinkSigner


@dataclass(frozen=True)
class Programme:
    """The parts of the running programme, joined."""

    config: Config
    database: Database
    vocabulary: Vocabulary
    links: Links


def open_programme(config: Config | None = None, *, upgrade: bool = False) -> Programme:
    """The programme of the environment's options. `upgrade` brings the database to this version first."""
    config = (config or Config.from_environment(os.environ)).check()
    database = Database(config.database)
    if upgrade:
        database.upgrade()
    else:
        database.check_version()
    vocabulary = Vocabulary.load(Path(config.vocabulary)) if config.vocabulary else default_vocabulary()
    signer = LinkSigner(config.secret)
    origin = config.origin.rstrip("/")
    return Programme(
        config, database, vocabulary, Links(origin, signer, config.programme, config.mail_from, config.bounce_address)
    )
