"""What the commands that read a pool of people share: its options, and the report on what was read."""

import json
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import click

from matcher.cli import CommandError
from matcher.domain.profiles import Profile
from matcher.domain.vocabulary import Vocabulary, VocabularyError, default_vocabulary
from matcher.files.reading import Table, read_json, read_profiles, read_table

MAX_LINES = 40
"""How many single rows a report names before it only counts."""

PATH = click.Path(path_type=Path)


class _Output(click.Path):
    """Where a table goes; a place where none can be written is refused before anything is computed."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path."""
        from matcher.files.writing import check_place

        path = Path(str(super().convert(value, param, ctx)))
        check_place(path)
        return path


class _Seconds(click.FloatRange):
    """A time that ends; `nan` and `inf` are numbers to Python."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number of seconds."""
        seconds = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return seconds


OUTPUT = _Output(path_type=Path)
SECONDS = _Seconds(min=0.0)
SEED = click.IntRange(min=0)


WEIGHTS = click.option("--weights", type=PATH, help="Block weights: JSON {block: weight} or CSV block,weight.")


def pool_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """PROFILES… and the options that every command over a pool has."""
    for option in reversed(
        [
            click.argument("profiles", nargs=-1, required=True, type=PATH),
            click.option("--vocabulary", type=PATH, help="Folder of another profession's vocabulary."),
            click.option("--strict", is_flag=True, help="Stop at the first bad row instead of leaving it out."),
        ]
    ):
        command = option(command)
    return command


def open_vocabulary(folder: Path | None) -> Vocabulary:
    """The vocabulary in `folder`, or the one that ships; every problem of a bad one is a line."""
    try:
        return Vocabulary.load(folder) if folder else default_vocabulary()
    except VocabularyError as error:
        lines = "\n  ".join(["", *error.problems]) if len(error.problems) > 1 else f" {error}"
        raise CommandError(f"the vocabulary cannot be used:{lines}") from None


def open_profiles(paths: Sequence[Path], vocabulary: Vocabulary, *, strict: bool = False) -> list[Profile]:
    """The people in `paths`; rows that were left out and values that nobody knows are reported on stderr."""
    read = read_profiles(*paths, vocabulary=vocabulary, strict=strict)
    for problem in read.problems[:MAX_LINES]:
        say(str(problem))
    if len(read.problems) > MAX_LINES:
        say(f"… and {len(read.problems) - MAX_LINES} more problems")
    if read.unknown:
        from matcher.engine.ratings import rated, ratings_of

        numbers = Counter(
            ("skills", value)
            for profile in read.profiles
            if ratings_of(profile)
            for value in profile.unknown["skills"]
            if rated(value)[1] is not None
        )
        skills: Counter[tuple[str, str]] = Counter()
        for (column, value), n in numbers.items():
            skills[column, rated(value)[0]] += n
        for how, unknown in (("compared as numbers", skills), ("matched as words", read.unknown - numbers)):
            if unknown:
                say(f"not in the vocabulary, {how}: {_listed(unknown)}")
    if not read.profiles:
        raise CommandError("no valid person in " + ", ".join(str(path) for path in paths))
    return read.profiles


def _listed(unknown: Mapping[tuple[str, str], int]) -> str:
    """The first of some (column, value) with their counts, most frequent first."""
    listed = [
        f"{column} {value!r}" + (f" ({n} times)" if n > 1 else "")
        for (column, value), n in sorted(unknown.items(), key=lambda item: (-item[1], item[0]))
    ]
    more = f" and {len(listed) - 12} more" if len(listed) > 12 else ""
    return ", ".join(listed[:12]) + more


def open_weights(path: Path | None) -> dict[str, float] | None:
    """Block weights from a JSON object or a CSV table `block,weight`; None without a file."""
    from matcher.engine.weights import BadWeights, read_weights

    if path is None:
        return None
    given = _json_weights(path) if path.suffix.lower() == ".json" else _table_weights(path)
    try:
        read_weights(given)
    except BadWeights as error:
        raise CommandError(f"{path}: {error}") from None
    return given


def _json_weights(path: Path) -> dict[str, float]:
    value = read_json(path)
    given = value.get("weights", value) if isinstance(value, dict) else value
    if not isinstance(given, dict):
        raise CommandError(f'{path}: expected an object such as {{"skills": 0.3, "goals": 0.7}}')
    return given


def _table_weights(path: Path) -> dict[str, float]:
    table = _open_table(path, ("block", "weight"))
    given: dict[str, float] = {}
    for row, number in zip(table.dicts(), table.numbers, strict=True):
        block, text = row["block"].strip(), row["weight"].strip()
        if block in given:
            raise CommandError(f"{path}: row {number}, block: {block} stands twice; leave one of the rows out")
        try:
            given[block] = float(text)
        except ValueError:
            raise CommandError(
                f"{path}: row {number}, weight: {text[:40]!r} is no number; write decimals with a point"
            ) from None
    return given


def _open_table(path: Path, columns: Sequence[str]) -> Table:
    """A small table that has these columns at least."""
    table = read_table(path)
    for column in columns:
        if column not in table.header:
            raise CommandError(f"{path}: the column {column} is missing; the columns are {','.join(columns)}")
    return table


def open_pairs(path: Path | None, mentees: Container[str], mentors: Container[str]) -> list[tuple[str, str]]:
    """Pairs of known ids, each once, from a table with the columns mentee_id and mentor_id; none without a file."""
    if path is None:
        return []
    table = _open_table(path, ("mentee_id", "mentor_id"))
    pairs: dict[tuple[str, str], None] = {}
    for row, number in zip(table.dicts(), table.numbers, strict=True):
        pair = row["mentee_id"].strip(), row["mentor_id"].strip()
        for column, person, known in zip(("mentee_id", "mentor_id"), pair, (mentees, mentors), strict=True):
            if person not in known:
                what = column.removesuffix("_id")
                raise CommandError(f"{path}: row {number}, {column}: {person[:40]!r} is no {what} among those read")
        pairs[pair] = None
    return list(pairs)


def open_together(path: Path | None, known: Container[str]) -> list[tuple[str, str]]:
    """Pairs of known ids from a table of pairs (mentee_id, mentor_id) or of groups (group_id, member_id).

    Unlike in `open_pairs` ids that nobody has are passed over: of earlier groups some have left.
    """
    if path is None:
        return []
    table = read_table(path)
    if "member_id" in table.header:
        table = _open_table(path, ("group_id", "member_id"))
        groups: dict[str, list[str]] = {}
        for row in table.dicts():
            if row["group_id"].strip():
                groups.setdefault(row["group_id"].strip(), []).append(row["member_id"].strip())
        pairs = [pair for members in groups.values() for pair in combinations(members, 2)]
    else:
        table = _open_table(path, ("mentee_id", "mentor_id"))
        pairs = [(row["mentee_id"].strip(), row["mentor_id"].strip()) for row in table.dicts()]
    return list(dict.fromkeys(pair for pair in pairs if pair[0] in known and pair[1] in known))


def named(sentence: str, rows: Sequence[str], columns: Sequence[str]) -> str:
    """A sentence of `assign` with ids in the place of row and column numbers."""
    sentence = re.sub(r"pair \((\d+), (\d+)\)", lambda m: f"pair {rows[int(m[1])]}, {columns[int(m[2])]}", sentence)
    sentence = re.sub(r"\brow (\d+)", lambda m: rows[int(m[1])], sentence)
    return re.sub(r"\bcolumn (\d+)", lambda m: columns[int(m[1])], sentence)


def spare_inputs(output: Path | None, *inputs: Path | None) -> None:
    """Refuses to write over a file that is read: it is often the only copy."""
    for path in inputs:
        if output is not None and path is not None and output.is_file() and path.is_file() and path.samefile(output):
            raise CommandError(f"{output}: this file is read and would be lost; name another one for the output")


def put_table(output: Path | None, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table to a file by its extension, whole or not at all; to stdout as CSV without a file."""
    from matcher.files.writing import csv_text, write_table

    if output is None:
        sys.stdout.write(csv_text(header, rows))
    else:
        write_table(output, header, rows)


def say(sentence: str) -> None:
    """A message for the person at the terminal, on stderr."""
    print(f"matcher: {sentence}", file=sys.stderr)


def put_json_file(output: Path, value: object) -> None:
    """One JSON object to a file, full precision, whole or not at all."""
    from matcher.files.writing import write_bytes

    write_bytes(output, (json.dumps(value, ensure_ascii=False) + "\n").encode())


def put_json(value: object) -> None:
    """One JSON object on stdout, full precision."""
    print(json.dumps(value, ensure_ascii=False, indent=2))
