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

    \b
    Example: matcher match people.csv -o pairs.json && matcher verify pairs.json
    """
    from matcher.engine.certificate import check
    from matcher.files.reading import read_json

    stated = read_json(result)
    if not isinstance(stated, dict):
        raise CommandError(f"{result}: this is no result that match, assign, groups or partition wrote as .json")
    failed = check(stated)
    if as_json:
        put_json({"valid": not failed, "failed": failed})
    elif failed:
        print("\n".join(f"failed: {claim}" for claim in failed))
    else:
        fair = ""
        if stated.get("objective") == "fair":
            fair = f"; of fairness {'the lowest' if 'prices' in stated['proof'] else 'nothing but its cost'} is checked"
        print(f"valid: every claim holds{fair}")
    return 1 if failed else 0
