"""Reads people, tables and matrices from CSV, XLSX and JSON.

A file that cannot be used at all raises UnreadableFile with one sentence. A bad row becomes a Problem and the rest goes
on. Row numbers are those a spreadsheet shows (the header is row 1); in JSON Lines the line, in JSON the position.
"""

import contextlib
import dataclasses
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from matcher.domain.profiles import LONGEST_NAME, InvalidProfile, Problem, Profile, problem, read_answers
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.files.errors import N_, UnreadableFile
from matcher.files.rows import EMPTY, GridRow, Record, Rows, read_grid, read_json, read_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ProfileFile", "Table", "UnreadableFile", "read_json", "read_matrix", "read_profiles", "read_table"]


@dataclass(frozen=True)
class ProfileFile:
    """The people of one or more files, what was wrong with the rows left out, and values the vocabulary lacks.

    `unknown` counts (column, value as typed); these values are kept in the profiles and matched as words.
    """

    profiles: list[Profile]
    problems: list[Problem]
    unknown: Counter[tuple[str, str]]

    def __iter__(self) -> Iterator[Profile]:
        """The people, so that `match(read_profiles("people.csv"))` does what it says."""
        return iter(self.profiles)

    def __len__(self) -> int:
        return len(self.profiles)


@dataclass(frozen=True)
class Table:
    """A table as text: the header, the rows, and for each row its number in the file."""

    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    numbers: list[int] = field(default_factory=list)

    def dicts(self) -> list[dict[str, str]]:
        """Each row by column name."""
        return [dict(zip(self.header, row, strict=True)) for row in self.rows]


def read_table(path: Path | str) -> Table:
    """Any table of a CSV, XLSX, JSON or JSON Lines file, as text. Raises UnreadableFile also for a single bad row."""
    path = Path(path)
    read = read_rows(path)
    if read.problems:
        raise UnreadableFile(path, _several(read.problems))
    names = _column_names(path, read.header)
    rows = [tuple(_text(record.cells.get(name)) for name in read.header) for record in read.records]
    return Table(tuple(names.values()), rows, [record.number for record in read.records])


def read_profiles(
    *paths: Path | str | Iterable[Path | str], vocabulary: Vocabulary | None = None, strict: bool = False
) -> ProfileFile:
    """The people of one or more files in the columns of `matcher.domain.profiles.COLUMNS`.

    Rows with a problem and second rows of an id are left out and reported; with `strict` they raise UnreadableFile
    instead, after the file with all its problems was read. Other columns are kept in `Profile.extra`.
    """
    vocabulary = vocabulary or default_vocabulary()
    reading = _People(vocabulary)
    flat = [Path(p) for given in paths for p in ([given] if isinstance(given, (str, Path)) else given)]
    for path in flat:
        before = len(reading.problems)
        reading.file(path, several=len(flat) > 1)
        if strict and len(reading.problems) > before:
            raise UnreadableFile(path, _several(reading.problems[before:]))
    return ProfileFile(reading.profiles, reading.problems, reading.unknown)


class _People:
    """Gathers profiles over files; an id counts once over all of them."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.profiles: list[Profile] = []
        self.problems: list[Problem] = []
        self.unknown: Counter[tuple[str, str]] = Counter()
        self.places: dict[str, tuple[Path, int]] = {}

    def file(self, path: Path, *, several: bool) -> None:
        """Adds the people of one file."""
        read = read_rows(path)
        _check_rows(path, read)
        names = _column_names(path, read.header)
        missing = [column for column in ("id", "role") if column not in names.values()]
        if missing and not read.is_json:
            raise UnreadableFile(path, _MISSING[tuple(missing)])
        found = list(read.problems)
        for record in read.records:
            found += self.row(path, record, names)
        name = path.name if several else ""
        self.problems += [dataclasses.replace(p, file=name) for p in sorted(found, key=lambda p: p.row or 0)]

    def row(self, path: Path, record: Record, names: Mapping[str, str]) -> list[Problem]:
        """Adds one person; returns what was wrong."""
        answers = {names.get(column, column): value for column, value in record.cells.items()}
        try:
            profile = read_answers(answers, self.vocabulary)
        except InvalidProfile as error:
            return [dataclasses.replace(p, row=record.number) for p in error.problems]
        if profile.id in self.places:
            first, number = self.places[profile.id]
            sentence = _USED if first == path else _USED_ELSEWHERE
            used = problem("id", sentence, profile.id, row=number, file=first.name)
            return [dataclasses.replace(used, row=record.number)]
        self.places[profile.id] = (path, record.number)
        self.profiles.append(profile)
        for column, values in profile.unknown.items():
            self.unknown.update((column, value) for value in values)
        return []


_MISSING = {
    ("id",): N_("the column id is missing; the first row must name the columns id and role"),
    ("role",): N_("the column role is missing; the first row must name the columns id and role"),
    ("id", "role"): N_("the columns id and role are missing; the first row must name them"),
}
_USED = N_("The id is already used in row %(row)s; this row is left out.")
_USED_ELSEWHERE = N_("The id is already used in row %(row)s of %(file)s; this row is left out.")


def _check_rows(path: Path, read: Rows) -> None:
    if not (read.records or read.problems):
        raise UnreadableFile(path, N_("there is a header but no row below it") if read.header else EMPTY)


def _column_names(path: Path, header: Sequence[str]) -> dict[str, str]:
    """The header as typed -> the column's usual name ("Time zone" is timezone); extra columns keep their spelling."""
    from matcher.domain.profiles import COLUMNS

    own = {column.replace("_", ""): column for column in (*COLUMNS, "status")}
    names = {}
    for typed in header:
        plain = typed.casefold().replace(" ", "").replace("_", "").replace("-", "")
        names[typed] = own.get(plain, typed)
    for name, times in Counter(names.values()).items():
        if times > 1:
            sentence = N_("the column %(name)s is there twice; remove or rename one of them")
            raise UnreadableFile(path, sentence, name=name)
    return names


def _several(problems: Sequence[Problem]) -> str:
    shown = "; ".join(str(p).rstrip(".") for p in problems[:5])
    return shown + (f"; and {len(problems) - 5} more" if len(problems) > 5 else "")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "; ".join(_text(v) for v in value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


# -- matrices --------------------------------------------------------------------------------------------------------


def read_matrix(path: Path | str) -> tuple[list[str], list[str], "NDArray[np.float64]"]:
    """A matrix of numbers: (ids of the first column, ids of the first row, values of shape (rows, columns)).

    An empty cell is nan. Raises UnreadableFile naming row and column for anything else that is no number up to LARGEST,
    for rows of another length and for ids that are empty, there twice, long or hold control characters.
    """
    import numpy as np

    path = Path(path)
    read = read_grid(path)
    column_ids = [str(name).strip() if name is not None else "" for name in read.header[1:]]
    _check_ids(path, column_ids, "first row")
    if not column_ids:
        raise UnreadableFile(path, "the first row names nobody; it must hold an empty cell and then the ids")
    values = np.empty((read.at_most, len(column_ids)))
    row_ids: list[str] = []
    waiting: list[GridRow] = []

    def read_waiting() -> None:
        if waiting:
            values[len(row_ids) - len(waiting) : len(row_ids)] = _numbers(path, waiting, column_ids, read.comma)
            waiting.clear()

    for row in read.rows:
        if len(row) != len(column_ids):
            read_waiting()  # what is wrong further up is told first
            raise UnreadableFile(
                path, f"row {row.number} has {len(row) + 1} cells where the first row has {len(column_ids) + 1}"
            )
        waiting.append(row)
        row_ids.append(row.name)
        if row.given is not None or len(waiting) * len(column_ids) >= AT_ONCE:
            read_waiting()
    read_waiting()
    if not row_ids:
        raise UnreadableFile(path, "there is a first row but no row below it")
    _check_ids(path, row_ids, "first column")
    return row_ids, column_ids, values[: len(row_ids)].copy() if len(row_ids) < read.at_most else values


_NAN = float("nan")
WORTH_IT, AT_ONCE = 1_000, 6_000
"""So many numbers are read at once, and so few one by one."""
LARGEST = 1e100
"""Numbers beyond this would overflow when they are compared and summed."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def _numbers(path: Path, rows: Sequence[GridRow], columns: list[str], comma: bool) -> "NDArray[np.float64]":
    """The numbers of some rows, all at once where they are plain."""
    import numpy as np

    from matcher.files.decimals import decimals

    shape = len(rows), len(columns)
    if shape[0] * shape[1] >= WORTH_IT and all(row.given is None and row.text.isascii() for row in rows):
        text = rows[0].delimiter.join(row.text for row in rows)
        values, odd = decimals(text.replace(",", ".") if comma else text, rows[0].delimiter)
        if len(odd) <= values.size // 8:
            cells = text.split(rows[0].delimiter) if len(odd) else []
            for at in odd.tolist():
                row, column = divmod(at, len(columns))
                values[at] = _number(path, rows[row].number, columns[column], cells[at], comma)
            return values.reshape(shape)
    return np.array([_row_numbers(path, row, columns, comma) for row in rows])


def _row_numbers(path: Path, row: GridRow, columns: list[str], comma: bool) -> "NDArray[np.float64]":
    """One row's numbers. Quick for plain ones; `float` reads "nan", "inf" and "1_0" too, so these are looked at."""
    import numpy as np

    with contextlib.suppress(TypeError, ValueError):
        quick = np.array([float(c) if c else _NAN for c in row.cells])
        empty = int(np.count_nonzero(np.isnan(quick)))
        if row.plain and empty == row.cells.count("") and not (np.abs(quick) > LARGEST).any():
            return quick
    return np.array([_number(path, row.number, i, c, comma) for i, c in zip(columns, row.cells, strict=True)])


def _number(path: Path, row: int, column: str, cell: object, comma: bool) -> float:
    text = _text(cell).strip()
    if not text:
        return _NAN
    decimal = text.replace(",", ".") if comma else text
    value = float(decimal) if _NUMBER.fullmatch(decimal) else _NAN
    if abs(value) <= LARGEST:
        return value
    hint = "write decimals with a point" if "," in text else "leave it empty if the two must not meet"
    if math.isfinite(value):
        hint = f"the largest that can be summed is {LARGEST:g}"
    what = "too large a number" if math.isfinite(value) else "not a finite number"
    raise UnreadableFile(path, f"row {row}, column {_short(column)}: {_short(text)!r} is {what}; {hint}")


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _check_ids(path: Path, ids: Sequence[str], where: str) -> None:
    seen: set[str] = set()
    for at, name in enumerate(ids):
        if not name:
            raise UnreadableFile(path, f"the {where} has an empty id in place {at + 2}; give everybody an id")
        if len(name) > LONGEST_NAME or _CONTROL.search(name):
            wrong = f"longer than {LONGEST_NAME} characters" if len(name) > LONGEST_NAME else "with control characters"
            raise UnreadableFile(path, f"the {where} has an id {wrong} in place {at + 2}; give a short plain one")
        if name in seen:
            raise UnreadableFile(path, f"the {where} has the id {name!r} twice; ids must differ")
        seen.add(name)
