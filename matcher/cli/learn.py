"""The command `learn`: what the outcomes of pairs say about the block weights. It proposes, and applies nothing."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matcher.cli import CommandError
from matcher.cli.pool import (
    MAX_LINES,
    OUTPUT,
    PATH,
    SEED,
    WEIGHTS,
    open_profiles,
    open_vocabulary,
    open_weights,
    put_json,
    put_json_file,
    say,
    spare_inputs,
)
from matcher.domain.evidence import GOOD, NOT_GOOD, SAYS_NOTHING
from matcher.domain.profiles import Problem, problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from matcher.engine.learning import OutcomeWeights
    from matcher.files.rows import Rows

BEST_RATING = 5


@dataclass(frozen=True, slots=True)
class _Row:
    """One pair as typed; `outcome` is a share of good in [0, 1], or the rating where `rated`."""

    number: int
    mentee: str
    mentor: str
    outcome: float
    rated: bool
    contributions: tuple[float, ...]


@click.command("learn")
@click.argument("pairs", type=PATH)
@WEIGHTS
@click.option("--profiles", type=PATH, multiple=True, help="The people; contributions are then computed from them.")
@click.option("-o", "--output", type=OUTPUT, help="Where the proposed weights go; match --weights reads the file.")
@click.option("--vocabulary", type=PATH, help="Folder of another profession's vocabulary.")
@click.option("--strict", is_flag=True, help="Stop at a bad row instead of leaving it out.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Of the folds and the intervals.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def learn_command(
    pairs: Path,
    weights: Path | None,
    profiles: tuple[Path, ...],
    output: Path | None,
    vocabulary: Path | None,
    strict: bool,
    seed: int,
    as_json: bool,
) -> int:
    """Proposes block weights from PAIRS with outcomes, or says why the evidence does not carry any. Applies nothing.

    PAIRS has the columns mentee_id, mentor_id, outcome and the contribution_… columns of `matcher rank`, computed with
    the same --weights; with --profiles these are not needed. A file of `matcher export --outcomes` says in its weight_…
    columns how much each block weighed, and needs no --weights. An outcome is yes or no, good or not good, a closing
    reason (goals_reached, good_enough, not_a_fit, never_met), a number from 0 to 1, or a rating from 1 to 5 as soon as
    one of the numbers is above 1. Empty outcomes, and reasons such as no_time that say nothing about the two, are left
    out.

    \b
    Example: matcher learn pairs.csv --profiles people.csv -o weights.csv
    """
    from matcher.engine.learning import OutcomeWeights
    from matcher.engine.weights import read_weights
    from matcher.files.rows import read_rows

    spare_inputs(output, pairs, weights, *profiles)
    read = read_rows(pairs)
    current = read_weights(open_weights(weights) or _weights_in(pairs, read))
    rows, problems, silent = _outcomes(pairs, read, current, with_contributions=not profiles)
    if profiles:
        words = open_vocabulary(vocabulary)
        people = open_profiles(profiles, words, strict=strict)
        rows, X, strangers = _scored(rows, people, words, current)
        problems = sorted([*problems, *strangers], key=lambda p: p.row or 0)
    else:
        X = _matrix(rows)
    if problems and strict:
        raise CommandError(f"{pairs}: {problems[0]}")
    for bad in problems[:MAX_LINES]:
        say(str(bad))
    if len(problems) > MAX_LINES:
        say(f"… and {len(problems) - MAX_LINES} more problems")
    rated = any(row.rated for row in rows)
    y = [(row.outcome - 1) / (BEST_RATING - 1) if row.rated else row.outcome for row in rows]
    learned = OutcomeWeights(current, random_state=seed).fit(
        X, y, mentees=[row.mentee for row in rows], mentors=[row.mentor for row in rows]
    )
    good = f"{round(sum(y), 1):.12g}{' (ratings from 1 to 5)' if rated else ''}"
    say(
        f"pairs with an outcome: {len(rows)}, of them good: {good}; "
        f"left out: {silent} without an outcome, {len(problems)} bad rows"
    )
    if as_json:
        put_json(_summary(learned, current, {"pairs": len(rows), "good": sum(y)}, silent, len(problems), seed))
    if learned.refusal_:
        raise CommandError(f"no weights proposed: {learned.refusal_}", status=1)
    if output is not None:
        _write(output, learned, current)
    if not as_json:
        print("\n".join(_table(learned, current)))
    for line in _in_words(learned, output):
        say(line)
    return 0


# -- reading ---------------------------------------------------------------------------------------------------------


def _weights_in(path: Path, read: "Rows") -> dict[str, object] | None:
    """The weights that the file says its contributions were made with; None where it has no such columns, or no row."""
    from matcher.engine.weights import BLOCKS, BadWeights, read_weights

    columns = [f"weight_{block}" for block in BLOCKS]
    if not (read.records and set(columns) <= set(read.header)):
        return None
    said = {tuple(_typed(record.cells.get(column)) for column in columns) for record in read.records}
    if len(said) != 1:
        raise CommandError(f"{path}: the weight_… columns must be the same in all rows; or give --weights")
    weights: dict[str, object] = dict(zip(BLOCKS, said.pop(), strict=True))
    try:
        read_weights(weights)
    except BadWeights as error:
        raise CommandError(f"{path}: {error}") from None
    return weights


def _outcomes(
    path: Path, read: "Rows", current: Mapping[str, float], *, with_contributions: bool
) -> tuple[list[_Row], list[Problem], int]:
    """The pairs with an outcome by ids, what was wrong with other rows, and how many have no outcome."""
    columns = [f"contribution_{block}" for block in current] if with_contributions else []
    needed = ["mentee_id", "mentor_id", "outcome", *columns]
    for column in needed:
        if column not in read.header:
            hint = "; or give the people with --profiles" if column in columns else f"; needed are {','.join(needed)}"
            raise CommandError(f"{path}: the column {column} is missing{hint}")
    rows: list[_Row] = []
    problems, silent, seen = list(read.problems), 0, dict[tuple[str, str], int]()
    cells = {record.number: [_typed(record.cells.get(column)) for column in needed] for record in read.records}
    rated = any((_number(outcome) or 0) > 1 for _, _, outcome, *_ in cells.values())
    for number, (mentee, mentor, outcome, *parts) in cells.items():
        word = "_".join(outcome.casefold().replace("-", " ").replace("_", " ").split())
        if not word or word in SAYS_NOTHING:
            silent += 1
            continue
        found: _Row | Problem
        if (mentee, mentor) in seen:
            found = problem("mentor_id", "The pair stands in row %(row)s already; this row is left out.", mentor,
                            row=seen[mentee, mentor])  # fmt: skip
        else:
            found = _row(number, mentee, mentor, outcome, word, dict(zip(columns, parts, strict=True)), rated)
        if isinstance(found, Problem):
            problems.append(Problem(found.column, found.message, row=number, value=found.value))
            continue
        seen[mentee, mentor] = number
        rows.append(found)
    _check_weights(path, rows, current)
    rows.sort(key=lambda row: (row.mentee, row.mentor))
    return rows, sorted(problems, key=lambda p: p.row or 0), silent


def _row(
    number: int, mentee: str, mentor: str, outcome: str, word: str, parts: Mapping[str, str], rated: bool
) -> _Row | Problem:
    for column, person in (("mentee_id", mentee), ("mentor_id", mentor)):
        if not person:
            return problem(column, "The id is missing.")
    value, is_word = _number(outcome), word in GOOD | NOT_GOOD
    least, most = (1, BEST_RATING) if rated else (0, 1)
    if not is_word and (value is None or not least <= value <= most):
        return problem("outcome", "Write yes, no, a closing reason or a number from %(least)s to %(most)s.", outcome,
                       least=least, most=most)  # fmt: skip
    amounts = {column: _number(typed) for column, typed in parts.items()}
    for column, amount in amounts.items():
        if amount is None or not 0 <= amount <= 1 + 1e-9:
            return problem(column, "This must be a number from 0 to 1.", parts[column])
    good = float(word in GOOD) if is_word else value
    return _Row(number, mentee, mentor, good or 0.0, rated and not is_word, tuple(a or 0.0 for a in amounts.values()))


def _typed(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _number(text: str) -> float | None:
    """A finite number with a decimal point; None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def _check_weights(path: Path, rows: Sequence[_Row], current: Mapping[str, float]) -> None:
    """Refuses contributions that the weights cannot have made."""
    for place, (block, weight) in enumerate(current.items()):
        if weight == 0:
            for row in rows:
                if row.contributions and row.contributions[place] > 0:
                    raise CommandError(
                        f"{path}: row {row.number}, contribution_{block}: it is above 0, but {block} weighs nothing; "
                        "give the weights that the file was made with (--weights)"
                    )


def _matrix(rows: Sequence[_Row]) -> "NDArray[np.float64]":
    import numpy as np

    from matcher.engine.weights import BLOCKS

    return np.array([row.contributions for row in rows]).reshape(len(rows), len(BLOCKS))


def _scored(
    rows: Sequence[_Row], people: Sequence[Any], vocabulary: Any, current: Mapping[str, float]
) -> tuple[list[_Row], "NDArray[np.float64]", list[Problem]]:
    """The pairs whose people were read, their contributions, and a problem for each other pair."""
    from matcher.engine.affinity import Pool
    from matcher.engine.learning import contributions_of

    pool = Pool(people, vocabulary=vocabulary, weights=current)
    known, strangers = [], []
    for row in rows:
        sides = (("mentee_id", row.mentee, pool.mentee_row), ("mentor_id", row.mentor, pool.mentor_row))
        wrong = [(column, person) for column, person, among in sides if person not in among]
        if wrong:
            column, person = wrong[0]
            what = f"There is no such {column.removesuffix('_id')} among the people."
            strangers.append(Problem(column, what, row=row.number, value=person[:80]))
        else:
            known.append(row)
    return known, contributions_of(pool, [(row.mentee, row.mentor) for row in known]), strangers


# -- writing ---------------------------------------------------------------------------------------------------------


def _write(output: Path, learned: "OutcomeWeights", current: Mapping[str, float]) -> None:
    """The proposed weights in a form that `--weights` reads, whole or not at all."""
    from matcher.files.writing import write_table

    if output.suffix.lower() == ".json":
        proposed = dict(zip(current, map(float, learned.weights_), strict=True))
        put_json_file(output, {"weights": proposed})
        return
    rows = [
        (block, float(weight), float(before), float(low), float(high))
        for (block, before), weight, (low, high) in zip(
            current.items(), learned.weights_, learned.intervals_, strict=True
        )
    ]
    write_table(output, ("block", "weight", "current", "low", "high"), rows)


def _summary(
    learned: "OutcomeWeights",
    current: Mapping[str, float],
    evidence: Mapping[str, float],
    silent: int,
    bad: int,
    seed: int,
) -> dict[str, object]:
    found = learned.improvement_
    blocks = list(current)
    return {
        **evidence,
        "without_outcome": silent,
        "bad_rows": bad,
        "refused": learned.refusal_ or None,
        "current": dict(current),
        "proposed": None if learned.refusal_ else dict(zip(blocks, map(float, learned.weights_), strict=True)),
        "intervals": None
        if found is None
        else {block: [float(low), float(high)] for block, (low, high) in zip(blocks, learned.intervals_, strict=True)},
        "improvement": None
        if found is None
        else {
            "log_loss": found.log_loss,
            "standard_error": found.standard_error,
            "auc_current": found.auc_current,
            "auc_proposed": found.auc_learned,
        },
        "not_varying": list(learned.still_),
        "seed": seed,
    }


def _table(learned: "OutcomeWeights", current: Mapping[str, float]) -> Iterator[str]:
    yield f"{'block':<14}{'current':>9}{'proposed':>10}   by the outcomes alone (90 %)"
    lines = zip(current.items(), learned.weights_, learned.intervals_, strict=True)
    for (block, before), weight, (low, high) in lines:
        yield f"{block:<14}{before:>9.3f}{weight:>10.3f}   {low:.3f} to {high:.3f}"


def _in_words(learned: "OutcomeWeights", output: Path | None) -> Iterator[str]:
    found = learned.improvement_
    assert found is not None
    yield (
        f"for people that were not learned from, the log loss falls by {found.log_loss:.4f} a pair (standard error "
        f"{found.standard_error:.4f}), and a good pair stands above another one in {found.auc_learned:.1%} of cases, "
        f"with the current weights in {found.auc_current:.1%}"
    )
    if learned.still_:
        yield f"nothing learned about {', '.join(learned.still_)}: the pairs do not differ there"
    yield "only pairs that were made are seen here; what would help pairs that nobody makes stays unknown"
    yield f"a proposal, applied nowhere: try it with matcher match --weights {output or 'FILE'}"
