"""The command `assign`: the assignment alone, on a plain matrix."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import CommandError
from matcher.cli.pairs import PAIR_COLUMNS, proof_in_words
from matcher.cli.pool import OUTPUT, PATH, named, open_pairs, put_json, put_json_file, put_table, say, spare_inputs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from matcher.engine.assignment import Assignment

MOST = 1_000_000_000
"""Places, loads and needs beyond this are typing errors."""


@click.command("assign")
@click.argument("affinity", type=PATH)
@click.option("-o", "--output", type=OUTPUT, help="Where the pairs go: .csv, .xlsx or .json (with the certificate).")
@click.option("--mentors", type=PATH, help="Table id,capacity,least; a mentor it does not name has one place.")
@click.option("--mentees", type=PATH, help="Table id,need; a mentee it does not name needs one mentor.")
@click.option("--pin", type=PATH, help="Pairs that must stand: mentee_id,mentor_id.")
@click.option("--forbid", type=PATH, help="Pairs that must not be: mentee_id,mentor_id.")
@click.option("--objective", type=click.Choice(["total", "fair"]), default="total", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Recorded with the result; nothing is random.")
@click.option("--json", "as_json", is_flag=True, help="Print a summary as one JSON object.")
def assign_command(
    affinity: Path,
    output: Path | None,
    mentors: Path | None,
    mentees: Path | None,
    pin: Path | None,
    forbid: Path | None,
    objective: str,
    seed: int,
    as_json: bool,
) -> int:
    """The best pairs of a matrix: first row the mentors' ids, first column the mentees' ids, empty cell = forbidden.

    \b
    Example: matcher assign affinity.csv -o pairs.csv --mentors mentors.csv --json
    """
    import numpy as np

    from matcher.engine.assignment import Infeasible, assign
    from matcher.engine.certificate import result_json
    from matcher.files.reading import read_matrix

    started = time.perf_counter()
    spare_inputs(output, affinity, mentors, mentees, pin, forbid)
    rows, columns, values = read_matrix(affinity)
    order = (sorted(range(len(rows)), key=rows.__getitem__), sorted(range(len(columns)), key=columns.__getitem__))
    rows, columns = [rows[i] for i in order[0]], [columns[j] for j in order[1]]
    values = np.asarray(values, dtype=np.float64)[np.ix_(*order)]
    places, loads = _side_table(mentors, columns, {"capacity": 1, "least": 0})
    (need,) = _side_table(mentees, rows, {"need": 1})
    row_of, column_of = {r: i for i, r in enumerate(rows)}, {c: j for j, c in enumerate(columns)}
    pins, closed = (open_pairs(path, row_of, column_of) for path in (pin, forbid))
    for mentee, mentor in closed:
        values[row_of[mentee], column_of[mentor]] = np.nan
    reading = time.perf_counter() - started
    try:
        found = assign(
            values,
            capacity=places,
            least=loads,
            need=need,
            pinned=[(row_of[mentee], column_of[mentor]) for mentee, mentor in pins],
            objective=objective,
        )
    except Infeasible as error:
        raise CommandError(named(str(error), rows, columns), status=1) from None
    digest = _digest(rows, columns, values, (places, loads), need, pins, objective)
    context = {"digest": digest, "weights": None, "seed": seed}
    summary = {
        "mentees": len(rows),
        "mentors": len(columns),
        "matched": found.matched,
        "unmatched": len(found.unmatched),
        "objective": objective,
        "total": found.total,
        "lowest": found.lowest,
        "bound": found.bound,
        "gap": found.gap,
        "lowest_gap": found.lowest_gap,
        "pricing_rounds": found.pricing_rounds,
        "seconds": {"read": reading, **found.seconds},
        **context,
    }
    if output is not None and output.suffix.lower() == ".json":
        full = result_json(found, rows, columns, values, capacity=places, least=loads, need=need, pins=pins, **context)
        put_json_file(output, full)
    elif output is not None or not as_json:
        put_table(output, PAIR_COLUMNS, list(_pair_rows(found, rows, columns, values, places, need)))
    if as_json:
        put_json(summary)
    else:
        proof = proof_in_words(found)
        partners = np.bincount(found.pairs[:, 0], minlength=len(rows))
        short = int(((partners > 0) & (partners < need)).sum())
        partly = f" ({short} with fewer mentors than needed)" if short else ""
        totals = f"total {found.total:.4f}, lowest {found.lowest:.4f}"
        say(f"{found.matched} of {len(rows)} matched{partly}; {totals}; {proof}")
    return 0


def _pair_rows(
    found: "Assignment",
    rows: Sequence[str],
    columns: Sequence[str],
    values: "NDArray[np.float64]",
    capacity: Sequence[int],
    need: Sequence[int],
) -> Iterator[tuple[object, ...]]:
    """A row a pair, best first within a mentee; the unmatched in their place with the reason.

    Who has fewer mentors than needed is not unmatched: the weakest point of each of their pairs says so.
    """
    import numpy as np

    partners: dict[int, list[int]] = {}
    for i, j in found.pairs.tolist():
        partners.setdefault(i, []).append(j)
    for i, mentee in enumerate(rows):
        mine = sorted(partners.get(i, ()), key=lambda j: (-values[i, j], j))
        others = [j for j in np.flatnonzero(~np.isnan(values[i])).tolist() if capacity[j] and j not in mine]
        other = " other" if mine else ""
        reason = f"all{other} allowed mentors are full" if others else f"no{other} allowed mentor has a place"
        weakest = f"has {len(mine)} of {need[i]} mentors: {reason}" if len(mine) < need[i] else ""
        for place, j in enumerate(mine, start=1):
            yield (mentee, columns[j], float(values[i, j]), place, "", "", "", weakest)
        if not mine:
            yield (mentee, "", None, None, reason if need[i] else "needs no mentor", "", "", "")


def _side_table(path: Path | None, ids: Sequence[str], defaults: Mapping[str, int]) -> list[list[int]]:
    """Whole numbers from a table `id,…`: for each column of `defaults` one number a person, in the order of `ids`."""
    from matcher.files.reading import read_table

    given: dict[str, Mapping[str, int]] = {}
    if path is not None:
        table, known = read_table(path), set(ids)
        if "id" not in table.header or not set(defaults) & set(table.header):
            raise CommandError(f"{path}: a column is missing; the columns are id,{','.join(defaults)}")
        for column in sorted(set(table.header) - {"id", "", *defaults}):
            say(f"{path}: the column {column} is not read; the columns are id,{','.join(defaults)}")
        for row, number in zip(table.dicts(), table.numbers, strict=True):
            person = row["id"].strip()
            if person not in known:
                raise CommandError(f"{path}: row {number}, id: {person[:40]!r} is not in the matrix")
            if person in given:
                raise CommandError(f"{path}: row {number}, id: {person} stands twice; leave one of the rows out")
            given[person] = {c: _count(path, number, c, cell) for c in defaults if (cell := row.get(c, "").strip())}
    return [[given.get(p, {}).get(column, default) for p in ids] for column, default in defaults.items()]


def _count(path: Path, row: int, column: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:20]) <= MOST):
        raise CommandError(f"{path}: row {row}, {column}: write a whole number from 0 to {MOST}, not {text[:40]!r}")
    return int(text)


def _digest(
    rows: Sequence[str], columns: Sequence[str], values: "NDArray[np.float64]", *options: Mapping[str, object] | object
) -> str:
    """SHA-256 over everything that decides the result."""
    content = hashlib.sha256(json.dumps([list(rows), list(columns), *options]).encode())
    content.update(values.astype("<f8").tobytes())
    return content.hexdigest()
