"""The command `verify`: the independent check of a result's certificate and rules."""

from pathlib import Path

import click

from matcher.cli import CommandError
from matcher.cli.pool import PATH, put_json


@click.command("verify")
@click.argument("result", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print {valid, failed} as one JSON object.")
def verify_command(result: Path, as_json: bool) -> int:
    """Checks a result that match, assign, groups or partition wrote as JSON. Exit status 1 when a claim fails.

    It says what is proved and what is not.

    \b
    Example: matcher match people.csv -o pairs.json && matcher verify pairs.json
    """
    from matcher.engine.certificate import examine
    from matcher.files.reading import read_json

    stated = read_json(result)
    if not isinstance(stated, dict):
        raise CommandError(f"{result}: this is no result that match, assign, groups or partition wrote as .json")
    verdict = examine(stated)
    if as_json:
        put_json({"valid": not verdict.failed, "failed": verdict.failed})
    elif verdict.failed:
        print("\n".join(f"failed: {claim}" for claim in verdict.failed))
    else:
        print("valid: every claim holds")
        print("\n".join(f"proved: {claim}" for claim in verdict.proved))
        print("\n".join(f"not proved: {claim}" for claim in verdict.unproved))
    return 1 if verdict.failed else 0
