"""The command that reads what comes back: bounces."""

import sys
from typing import BinaryIO

import click

from matcher.cli import CommandError
from matcher.cli.running import open_programme


@click.command("bounces")
@click.argument("mailbox", type=click.File("rb"))
def bounces_command(mailbox: BinaryIO) -> int:
    """Reads reports of failure and complaints: a mailbox file or one message, "-" for standard input.

    The same report twice counts once, and what is about no letter of ours is left out.

    \b
    Example: matcher bounces /var/mail/bounce

    \b
    In the aliases of the mail server:  bounce: "|matcher bounces -"
    """
    from matcher.workflow.bounces import take_mailbox

    data = mailbox.read()
    if not data.strip():
        raise CommandError("there is nothing in it", status=1)
    programme = open_programme()
    done = take_mailbox(programme.database, data, secrets=programme.config.secrets, now=programme.database.now())
    print(", ".join(f"{count} {what}" for what, count in sorted(done.items())), file=sys.stdout)
    return 0
