"""The commands a coordinator's operator types: round, coordinator."""

from pathlib import Path

import click

from matcher.cli import CommandError
from matcher.cli.pool import PATH, open_weights, say


@click.command("round")
@click.option("--mode", type=click.Choice(["choose", "assigned"]), default="choose", show_default=True)
@click.option("--objective", type=click.Choice(["total", "fair"]), default="total", show_default=True)
@click.option("--kind", type=click.Choice(["pairs", "groups"]), default="pairs", show_default=True)
@click.option("--suggestions", type=click.IntRange(1, 5), default=3, show_default=True, help="Mentors a mentee.")
@click.option("--weights", type=PATH, help="Block weights: JSON {block: weight} or CSV block,weight.")
def round_command(mode: str, objective: str, kind: str, suggestions: int, weights: Path | None) -> int:
    """Runs the matcher over everybody in the programme; the proposals then wait on the desk for review.

    \b
    Example: matcher round --objective fair
    """
    from matcher.cli.running import open_programme
    from matcher.workflow.matching import request_round, run_round

    programme = open_programme()
    now = programme.database.now()
    asked = request_round(
        programme.database,
        by="operator",
        now=now,
        mode=mode,
        objective=objective,
        weights=open_weights(weights),
        suggestions=suggestions,
        kind=kind,
    )
    run_round(programme.database, asked, vocabulary=programme.vocabulary, now=now)
    say(f"round {asked} waits for review: {programme.links.page(f'/desk/rounds/{asked}')}")
    return 0


@click.command("coordinator")
@click.argument("email")
@click.option("--name", default="", help="How letters and the history call them.")
def coordinator_command(email: str, name: str) -> int:
    """Makes EMAIL a coordinator, if it is none yet, and prints a link that signs in once, within ten minutes.

    \b
    Example: matcher coordinator cleo@example.org --name Cleo
    """
    from matcher.cli.running import open_programme
    from matcher.mail.addresses import BadAddress, bare_address
    from matcher.workflow.access import add_coordinator, link_for_coordinator

    try:
        bare_address(email)
    except BadAddress:
        raise CommandError(f"{email[:60]!r} is no e-mail address; write one such as cleo@example.org") from None
    programme = open_programme(upgrade=True)
    now = programme.database.now()
    add_coordinator(programme.database, email, name or email, now=now, language=programme.config.language)
    print(link_for_coordinator(programme.database, email, links=programme.links, now=now))
    return 0
