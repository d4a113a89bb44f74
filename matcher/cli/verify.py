"""The command `verify`: the independent check of a result's certificate and rules."""

from pathlib import Path

import click

from matcher.cli import CommandError
from matcher.cli.pool import PATH, WEIGHTS, open_profiles, open_vocabulary, open_weights, put_json


@click.command("verify")
@click.argument("result", type=PATH)
@click.option(
    "--profiles",
    type=PATH,
    multiple=True,
    help="The people that the result was made of: affinities, rules and reasons are worked out anew. May be repeated.",
)
@WEIGHTS
@click.option("--vocabulary", type=PATH, help="Folder of another profession's vocabulary.")
@click.option("--json", "as_json", is_flag=True, help="Print {valid, failed} as one JSON object.")
def verify_command(
    result: Path, profiles: tuple[Path, ...], weights: Path | None, vocabulary: Path | None, as_json: bool
) -> int:
    """Checks a result that match, assign, groups or partition wrote as JSON. Exit status 1 when a claim fails.

    It says what is proved and what is not. Without --weights those that the result states are taken.

    \b
    Example: matcher match people.csv -o pairs.json && matcher verify pairs.json --profiles people.csv
    """
    from matcher.engine.certificate import examine, examine_with
    from matcher.files.reading import read_json

    stated = read_json(result)
    if not isinstance(stated, dict):
        raise CommandError(f"{result}: this is no result that match, assign, groups or partition wrote as .json")
    if profiles:
        if "inputs" not in stated:
            raise CommandError(f"{result}: this result is of a plain matrix; --profiles is for those of people")
        words = open_vocabulary(vocabulary)
        people = open_profiles(profiles, words)
        verdict = examine_with(stated, people, vocabulary=words, weights=open_weights(weights))
    elif weights or vocabulary:
        raise CommandError("--weights and --vocabulary go with --profiles")
    else:
        verdict = examine(stated)
    if as_json:
        put_json({"valid": not verdict.failed, "failed": verdict.failed})
    elif verdict.failed:
        print("\n".join(f"failed: {claim}" for claim in verdict.failed))
    else:
        print("valid: every claim holds")
        for told, claims in (("proved", verdict.proved), ("not proved", verdict.unproved)):
            for claim in claims:
                print(f"{told}: {claim}")
    return 1 if verdict.failed else 0
