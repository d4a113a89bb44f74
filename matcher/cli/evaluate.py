"""The command `evaluate`: judged examples against the model."""

from dataclasses import replace
from pathlib import Path

import click

from matcher.cli import CommandError
from matcher.cli.pool import PATH, open_vocabulary, open_weights, put_json
from matcher.domain.profiles import InvalidProfile
from matcher.files.reading import read_table


@click.command("evaluate")
@click.argument("scenarios", type=PATH)
@click.option("--weights", type=PATH, help="Block weights: JSON {block: weight} or CSV block,weight.")
@click.option("--vocabulary", type=PATH, help="Folder of another profession's vocabulary.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def evaluate_command(scenarios: Path, weights: Path | None, vocabulary: Path | None, as_json: bool) -> int:
    """How many judged cases are ordered as the judges did, by theme, with the misses.

    \b
    Example: matcher evaluate scenarios.csv
    """
    from matcher.engine.evaluation import evaluate

    words, shares = open_vocabulary(vocabulary), open_weights(weights)
    table = read_table(scenarios)
    missing = [name for name in ("scenario_id", "mentee_goals", "better_stage", "worse_stage")
               if name not in table.header]  # fmt: skip
    if missing:
        raise CommandError(f"{scenarios}: the column {missing[0]} is missing")
    if not table.rows:
        raise CommandError(f"{scenarios}: there is a header but no row below it")
    try:
        found = evaluate(table.dicts(), vocabulary=words, weights=shares)
    except InvalidProfile as error:
        wrong = [replace(p, row=table.numbers[(p.row or 1) - 1]) for p in error.problems]
        raise CommandError(f"{scenarios}: {'; '.join(map(str, wrong))}") from None
    if as_json:
        put_json({"cases": found.cases, "right": found.right, "misses": [dict(miss) for miss in found.misses]})
        return 0
    print(f"{found.right} of {found.cases} ordered as judged")
    for theme, (right, cases) in sorted(found.by_theme.items()):
        print(f"  {theme:<32} {right} of {cases}")
    for miss in found.misses:
        print(
            f"  missed {miss['scenario_id']}: better {miss['better']}, worse {miss['worse']}, "
            f"{miss['rule'] or 'no rule'}"
        )
    return 0
