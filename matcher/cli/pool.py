"""What the commands that read a pool of people share: its options, and the report on what was read."""

import csv
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from matcher.cli import CommandError
from matcher.domain.profiles import Profile
from matcher.domain.vocabulary import Vocabulary, VocabularyError, default_vocabulary
from matcher.files.reading import UnreadableFile, read_profiles, read_table

MAX_LINES = 40
"""How many single rows a report names before it only counts."""

PATH = click.Path(path_type=Path)


def pool_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """PROFILES… and the options that every command over a pool has."""
    for option in reversed(
        [
            click.argument("profiles", nargs=-1, required=True, type=PATH),
            click.option("--weights", type=PATH, help="Block weights: JSON {block: weight} or CSV block,weight."),
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
        raise CommandError("the vocabulary cannot be used:\n  " + "\n  ".join(error.problems)) from None


def open_profiles(paths: Sequence[Path], vocabulary: Vocabulary, *, strict: bool = False) -> list[Profile]:
    """The people in `paths`; rows that were left out and values that nobody knows are reported on stderr."""
    try:
        read = read_profiles(*paths, vocabulary=vocabulary, strict=strict)
    except UnreadableFile as error:
        raise CommandError(str(error)) from None
    for problem in read.problems[:MAX_LINES]:
        say(str(problem))
    if len(read.problems) > MAX_LINES:
        say(f"… and {len(read.problems) - MAX_LINES} more problems")
    if read.unknown:
        listed = [
            f"{column} {value!r}" + (f" ({n} times)" if n > 1 else "")
            for (column, value), n in sorted(read.unknown.items(), key=lambda item: (-item[1], item[0]))
        ]
        more = f" and {len(listed) - 12} more" if len(listed) > 12 else ""
        say(f"not in the vocabulary, matched as words: {', '.join(listed[:12])}{more}")
    if not read.profiles:
        raise CommandError("no valid person in " + ", ".join(str(path) for path in paths))
    return read.profiles


def open_weights(path: Path | None) -> dict[str, float] | None:
    """Block weights from a JSON object or a CSV table `block,weight`; None without a file."""
    if path is None:
        return None
    try:
        if path.suffix.lower() == ".json":
            with path.open(encoding="utf-8") as file:
                given = json.load(file)
            if not isinstance(given, dict):
                raise CommandError(f'{path}: expected an object such as {{"skills": 0.3}}')
            return given.get("weights", given)
        table = read_table(path)
        return {row["block"]: float(row["weight"]) for row in table.dicts()}
    except KeyError as missing:
        raise CommandError(f"{path}: the column {missing} is missing; the columns are block,weight") from None
    except (json.JSONDecodeError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path}: {error}") from None
    except UnreadableFile as error:
        raise CommandError(str(error)) from None
    except ValueError as error:
        raise CommandError(f"{path}: a weight must be a number ({error})") from None


def open_pairs(path: Path | None) -> list[tuple[str, str]]:
    """Pairs of ids from a table with the columns mentee_id and mentor_id; none without a file."""
    if path is None:
        return []
    try:
        table = read_table(path)
    except UnreadableFile as error:
        raise CommandError(str(error)) from None
    missing = [column for column in ("mentee_id", "mentor_id") if column not in table.header]
    if missing:
        raise CommandError(f"{path}: the column {missing[0]} is missing; the columns are mentee_id,mentor_id")
    return [(row["mentee_id"].strip(), row["mentor_id"].strip()) for row in table.dicts()]


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


def put_json(value: object) -> None:
    """One JSON object on stdout, full precision."""
    print(json.dumps(value, ensure_ascii=False, indent=2))
