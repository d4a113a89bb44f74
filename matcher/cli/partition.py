"""The command `partition`: the grouping alone, on a plain symmetric matrix."""

import hashlib
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import CommandError
from matcher.cli.pool import OUTPUT, PATH, SECONDS, SEED, put_json, put_json_file, put_table, say, spare_inputs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GROUP_COLUMNS = ("group_id", "member_id", "role", "affinity", "reason")


def sizes_of(text: str) -> tuple[int, int]:
    """(smallest, largest) from "4" or "4-6"."""
    found = re.fullmatch(r"\s*(\d{1,4})\s*(?:-\s*(\d{1,4})\s*)?", text)
    low, high = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 2 <= low <= high:
        raise CommandError(f"--size must be a number from 2 or a range such as 4-6, not {text!r}")
    return low, high


@click.command("partition")
@click.argument("affinity", type=PATH)
@click.option("-o", "--output", type=OUTPUT, help="Where the groups go: .csv, .xlsx or .json (with the matrix).")
@click.option("--size", required=True, help="Smallest and largest group, such as 4-6.")
@click.option("--seconds", type=SECONDS, help="Search this long; without it a fixed number of steps.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Of the search; same seed, same groups.")
@click.option("--json", "as_json", is_flag=True, help="Print a summary as one JSON object.")
def partition_command(
    affinity: Path, output: Path | None, size: str, seconds: float | None, seed: int, as_json: bool
) -> int:
    """Groups from a symmetric matrix: larger = better together, empty cell = never in one group.

    \b
    Example: matcher partition affinity.csv -o groups.csv --size 4-6 --seconds 10
    """
    import numpy as np

    from matcher.engine.partition import partition

    started = time.perf_counter()
    sizes = sizes_of(size)
    spare_inputs(output, affinity)
    ids, v = _open_symmetric(affinity)
    read = time.perf_counter() - started
    found = partition(v, sizes=sizes, seconds=seconds, random_state=seed)
    names = [[ids[k] for k in group] for group in found.groups]
    left = [ids[k] for k in found.unplaced]
    content = hashlib.sha256(json.dumps([ids, sizes, seed]).encode() + v.astype("<f8").tobytes()).hexdigest()
    summary = {
        "people": len(ids),
        "groups": len(names),
        "unplaced": len(left),
        "value": found.value,
        "bound": found.bound,
        "seconds": {"read": read, "solve": found.seconds},
        "digest": content,
        "seed": seed,
    }
    if output is not None and output.suffix.lower() == ".json":
        full = {
            "kind": "partition",
            "sizes": sizes,
            "people": ids,
            "groups": names,
            "unplaced": left,
            "value": found.value,
            "bound": found.bound,
            "prices": None if found.prices is None else found.prices.tolist(),
            "digest": content,
            "seed": seed,
            "affinity": [[None if np.isnan(x) else x for x in row] for row in v.tolist()],
        }
        put_json_file(output, full)
    elif output is not None or not as_json:
        table: list[tuple[str, str, str, float | None, str]] = [
            (f"group-{g:03d}", ids[k], "member", float(np.nansum([v[k, other] for other in group if other != k])), "")
            for g, group in enumerate(found.groups, start=1)
            for k in group
        ]
        table += [("", person, "", None, "no group of the wanted size has a place for them") for person in left]
        put_table(output, GROUP_COLUMNS, table)
    if as_json:
        put_json(summary)
    else:
        say(f"{len(ids) - len(left)} of {len(ids)} people in {len(names)} groups; value {found.value:.4f}")
    return 0


def _open_symmetric(path: Path) -> "tuple[list[str], NDArray[np.float64]]":
    """The people of a symmetric matrix, sorted, and the matrix in their order."""
    import numpy as np

    from matcher.files.reading import read_matrix

    rows, columns, values = read_matrix(path)
    if set(rows) != set(columns):
        odd = sorted(set(rows) ^ set(columns))[0]
        raise CommandError(f"{path}: rows and columns must name the same people; {odd} stands on one side only")
    ids = sorted(rows)
    by_row, by_column = {r: i for i, r in enumerate(rows)}, {c: j for j, c in enumerate(columns)}
    v = np.asarray(values, dtype=np.float64)[np.ix_([by_row[k] for k in ids], [by_column[k] for k in ids])]
    off = np.argwhere(np.abs(v - v.T) > 1e-9 + 1e-9 * np.abs(v.T))
    if len(off):
        a, b = ids[off[0][0]], ids[off[0][1]]
        raise CommandError(f"{path}: the matrix must be symmetric; {a}, {b} and {b}, {a} differ")
    return ids, v
