"""The rows of a file, whatever its format: CSV (comma, semicolon or tab), XLSX, JSON, JSON Lines.

Only the form is looked at here; what the cells mean is `reading`'s.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Any

from matcher.domain.profiles import Problem, problem
from matcher.files.errors import N_, UnreadableFile
from matcher.files.formulas import unshielded

DELIMITERS = (",", ";", "\t")
LARGEST_CELL = 64 * 2**20  # characters; longer than any text we accept, so that a long cell is one bad row only
LARGEST_UNPACKED = 512 * 2**20  # bytes an XLSX may unpack to
MOST_UNPACKED = 200  # times its own size; spreadsheets pack to a tenth or so
MOST_COLUMNS = 16_000
EMPTY = N_("the file is empty")
NO_FACTS: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its number as people count and its cells by column as typed in the header."""

    number: int
    cells: dict[str, Any]


@dataclass(slots=True)
class Rows:
    """What a file holds: the header, the usable rows, and what is wrong with the others."""

    header: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_json: bool = False

    def bad(
        self, number: int, sentence: str, facts: Mapping[str, object] = NO_FACTS, column: str = "", value: str = ""
    ) -> None:
        """Notes a row that cannot be used; `facts` fill the sentence's places."""
        self.problems.append(replace(problem(column, sentence, value, **facts), row=number))


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row of a matrix: its number, its id, the other cells; `plain` when no cell can be written like 1_000.

    A line without quotation marks has its cells as `text`, to be cut at `delimiter`.
    """

    number: int
    name: str
    given: list[Any] | None
    plain: bool
    text: str = ""
    delimiter: str = ","

    @property
    def cells(self) -> list[Any]:
        """The cells behind the id."""
        return self.text.split(self.delimiter) if self.given is None else self.given

    def __len__(self) -> int:
        return self.text.count(self.delimiter) + 1 if self.given is None else len(self.given)


@dataclass(frozen=True, slots=True)
class Grid:
    """A matrix as cells: the first row, an upper bound of the rows below, the rows one by one.

    `comma`: decimals may be written with a comma, as spreadsheets do that separate cells by semicolons.
    """

    header: list[Any]
    at_most: int
    rows: Iterator[GridRow]
    comma: bool = False


def read_rows(path: Path) -> Rows:
    """Reads a file by its extension, or by its first bytes when the extension says nothing."""
    raw = _bytes(path)
    form = _form(path, raw)
    if form == "xlsx":
        return _xlsx_rows(path, raw)
    if form == "csv":
        return _csv(path, _decoded(path, raw))
    return _json(path, _decoded(path, raw), lines=form == "jsonl")


def read_grid(path: Path) -> Grid:
    """Reads a matrix from CSV or XLSX, row by row; raises UnreadableFile, also while the rows are read."""
    raw = _bytes(path)
    form = _form(path, raw)
    if form == "xlsx":
        return _xlsx_grid(path, raw)
    if form == "csv":
        return _csv_grid(path, _decoded(path, raw))
    raise UnreadableFile(path, "a matrix is read from .csv or .xlsx only")


def read_json(path: Path) -> Any:
    """The value of a JSON file; UnreadableFile names the line where it is none. NaN and double names are none."""
    return _parsed(path, _decoded(path, _bytes(path)))


def _bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise UnreadableFile(path, N_("there is no such file")) from None
    except IsADirectoryError:
        raise UnreadableFile(path, N_("this is a folder; name a file in it")) from None
    except PermissionError:
        raise UnreadableFile(path, N_("you may not read this file; ask its owner for the right to")) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UnreadableFile(path, N_("cannot be read (%(why)s)"), why=why) from None
    if not raw.strip():
        raise UnreadableFile(path, EMPTY)
    return raw


def _form(path: Path, raw: bytes) -> str:
    suffix = path.suffix.lower()
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile(path, N_("an old or password-protected Excel file; save it as .xlsx without a password"))
    if suffix in (".xlsx", ".xlsm"):
        return "xlsx"
    if raw.startswith(b"PK\x03\x04"):
        if suffix in (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson"):
            sentence = N_("this is a spreadsheet or archive, not %(suffix)s; name it .xlsx or save it as CSV")
            raise UnreadableFile(path, sentence, suffix=suffix)
        return "xlsx"
    if suffix == ".json":
        return "json"
    if suffix in (".jsonl", ".ndjson"):
        return "jsonl"
    if suffix in (".csv", ".tsv", ".txt"):
        return "csv"
    start = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return "json" if start == b"[" else "jsonl" if start == b"{" else "csv"


def _decoded(path: Path, raw: bytes) -> str:
    """The text of a UTF-8 file, with or without a byte order mark; other encodings are named."""
    is_json = path.suffix.lower() in (".json", ".jsonl", ".ndjson")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or raw[:4000].count(0) > min(len(raw), 4000) // 4:
        raise UnreadableFile(path, _UTF_16_JSON if is_json else _UTF_16)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        sentence = _NOT_UTF_8_JSON if is_json else _NOT_UTF_8
        raise UnreadableFile(path, sentence, line=line, byte=f"0x{raw[error.start]:02X}") from None


_UTF_16 = N_('line 1 is UTF-16, not UTF-8; save the file as "CSV UTF-8" (in the spreadsheet: File, Save as)')
_UTF_16_JSON = N_("line 1 is UTF-16, not UTF-8; save the file as UTF-8")
_NOT_UTF_8 = N_(
    "line %(line)s is not UTF-8 (byte %(byte)s, perhaps Windows-1252); "
    'save the file as "CSV UTF-8" (in the spreadsheet: File, Save as)'
)
_NOT_UTF_8_JSON = N_("line %(line)s is not UTF-8 (byte %(byte)s, perhaps Windows-1252); save the file as UTF-8")


# -- CSV -------------------------------------------------------------------------------------------------------------


def _csv(path: Path, text: str) -> Rows:
    found = Rows()
    for number, line, cells in _csv_cells(text):
        if isinstance(cells, csv.Error):
            if "unexpected end" in str(cells):
                sentence = N_("A quotation mark opened in line %(line)s is never closed; the rest cannot be read.")
                found.bad(number, sentence, {"line": line})
            else:
                found.bad(number, N_("The quotation marks do not pair up; double those inside a quoted cell."))
        elif not found.header:
            found.header = _header(path, [unshielded(c) for c in cells])
        else:
            _csv_row(found, number, cells)
    return found


def _csv_cells(text: str) -> Iterator[tuple[int, int, list[str] | csv.Error]]:
    """(number of the row, line where it begins, its cells or what is wrong) of each row that is not blank."""
    if csv.field_size_limit() < LARGEST_CELL:
        csv.field_size_limit(LARGEST_CELL)  # the only way csv offers; it is never lowered, so no thread loses
    start, told = _separator_line(text)
    delimiter = told or _delimiter(text[start : start + 1_000_000])
    reader = csv.reader(io.StringIO(text[start:], newline=""), delimiter=delimiter, strict=True)
    number = int(start > 0)
    while True:
        number += 1
        line = reader.line_num + 1 + int(start > 0)
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, line, error
            continue
        if any(map(str.strip, cells)):
            yield number, line, cells


def _csv_grid(path: Path, text: str) -> Grid:
    """Without quotation marks a line is a row, and cutting it is twice as quick as csv's reader."""
    start, told = _separator_line(text)
    delimiter = told or _delimiter(text[start : start + 1_000_000])
    if '"' in text:
        rows = _quoted_grid(path, text)
    else:
        rows = _plain_grid(text, start, delimiter)
    first = next(rows, None)
    if first is None:
        raise UnreadableFile(path, EMPTY)
    return Grid(
        [first.name, *map(unshielded, first.cells)], text.count("\n") + text.count("\r") + 1, rows, delimiter == ";"
    )


def _plain_grid(text: str, start: int, delimiter: str) -> Iterator[GridRow]:
    for number, line in enumerate(text[start:].replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        if line.strip():
            name, _, rest = line.partition(delimiter)
            given: list[Any] | None = None if delimiter in line else []
            yield GridRow(number + int(start > 0), unshielded(name.strip()), given, "_" not in rest, rest, delimiter)


def _quoted_grid(path: Path, text: str) -> Iterator[GridRow]:
    for number, _, cells in _csv_cells(text):
        if isinstance(cells, csv.Error):
            raise UnreadableFile(path, f"row {number}: the quotation marks do not pair up")
        yield GridRow(number, unshielded(cells[0].strip()), cells[1:], not any("_" in c for c in cells[1:]))


def _separator_line(text: str) -> tuple[int, str]:
    """Spreadsheets may write "sep=;" above the header: (where the table starts, the separator)."""
    match = re.match(r"\"?sep=([,;\t])\"?\r?\n", text, re.IGNORECASE)
    return (match.end(), match[1]) if match else (0, "")


def _delimiter(text: str) -> str:
    """The delimiter that cuts the header into most cells; a comma when none does."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    unquoted = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=lambda d: (unquoted.count(d), -DELIMITERS.index(d)))


def _csv_row(found: Rows, number: int, cells: list[str]) -> None:
    width = len(found.header)
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    if len(cells) != width:
        sentence = _TOO_MANY if len(cells) > width else _TOO_FEW
        found.bad(number, sentence, {"cells": len(cells), "width": width})
        return
    record = {name: unshielded(cell) for name, cell in zip(found.header, cells, strict=True) if name}
    found.records.append(Record(number, record))


_TOO_MANY = N_(
    "The row has %(cells)s cells where the header has %(width)s; put values with a separator in quotation marks."
)
_TOO_FEW = N_("The row has %(cells)s cells where the header has %(width)s; some are missing.")


def _header(path: Path, cells: Sequence[Any]) -> list[str]:
    """Column names, trimmed; a column without a name has "" and is left out."""
    names = [str(c).strip() if c is not None else "" for c in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        sentence = N_("the first row has %(columns)s columns; at most %(most)s are read")
        raise UnreadableFile(path, sentence, columns=len(names), most=MOST_COLUMNS)
    for name, times in Counter(names).items():
        if name and times > 1:
            first, second = [i + 1 for i, n in enumerate(names) if n == name][:2]
            sentence = N_("the column %(name)s is there twice (columns %(first)s and %(second)s); rename one of them")
            raise UnreadableFile(path, sentence, name=repr(name), first=first, second=second)
    return names


# -- XLSX ------------------------------------------------------------------------------------------------------------


def _xlsx_rows(path: Path, raw: bytes) -> Rows:
    found = Rows()
    for number, cells in _sheet(path, raw):
        values = [_cell_value(c.value) for c in cells]
        wrong = next(((i, c) for i, c in enumerate(cells) if _is_formula(c)), None)
        if not found.header:
            if wrong:
                raise UnreadableFile(path, N_("the first row holds a formula; type the column names"))
            found.header = _header(path, values)
        elif wrong:
            at, cell = wrong
            column = found.header[at] if at < len(found.header) else ""
            facts = {"cell": cell.coordinate, "error": cell.value}
            found.bad(number, _formula(cell), facts, column, str(cell.value))
        else:
            _sheet_row(found, number, values)
    return found


def _xlsx_grid(path: Path, raw: bytes) -> Grid:
    read: list[GridRow] = []
    for number, cells in _sheet(path, raw):
        wrong = next((c for c in cells if _is_formula(c)), None)
        if wrong is not None:
            told = _formula(wrong) % {"cell": wrong.coordinate, "error": wrong.value}
            raise UnreadableFile(path, f"row {number}: {told}")
        name, *values = ["" if c.value is None else c.value for c in cells]
        width = len(read[0].cells) if read else 0
        values += [""] * (width - len(values))
        while values and values[-1] == "" and len(values) > width:
            values.pop()
        read.append(
            GridRow(number, str(name).strip(), values, not any(isinstance(v, (str, bool)) for v in values if v))
        )
    if not read:
        raise UnreadableFile(path, EMPTY)
    return Grid([read[0].name, *read[0].cells], len(read), iter(read[1:]))


def _sheet(path: Path, raw: bytes) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """(number, cells) of the rows of the first visible sheet that are not blank."""
    _check_archive(path, raw)
    import warnings

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and validations, which we do not read
        try:
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=False, keep_links=False)
            sheets = [s for s in book.worksheets if s.sheet_state == "visible"] or book.worksheets
            if not sheets:
                raise UnreadableFile(path, N_("the spreadsheet has no sheet"))
            sheets[0].reset_dimensions()  # what the file says of its size may be wrong
            rows = list(_sheet_rows(path, sheets[0].iter_rows()))
        except UnreadableFile:
            raise
        except Exception as error:
            # openpyxl raises whatever its parts raise (KeyError, ParseError, zlib.error, …): all mean a broken file.
            kind = type(error).__name__
            sentence = N_("the spreadsheet is damaged (%(kind)s); open and save it again")
            raise UnreadableFile(path, sentence, kind=kind) from None
    yield from rows


def _sheet_rows(path: Path, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    number = 0
    for cells in rows:
        number = next((c.row for c in cells if getattr(c, "row", None)), number + 1)
        if len(cells) > MOST_COLUMNS:
            sentence = N_("row %(row)s has %(columns)s columns; at most %(most)s are read")
            raise UnreadableFile(path, sentence, row=number, columns=len(cells), most=MOST_COLUMNS)
        if any(c.value is not None and c.value != "" for c in cells):
            yield number, cells


def _check_archive(path: Path, raw: bytes) -> None:
    """Refuses what is no zip and what would unpack to far more than a spreadsheet does."""
    import zipfile  # 3 ms, and for spreadsheets only

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            if len(parts) > 10_000 or unpacked > LARGEST_UNPACKED or unpacked > MOST_UNPACKED * len(raw) + 2**20:
                raise UnreadableFile(
                    path, N_("the spreadsheet unpacks to far more than its size; save it anew, or as CSV")
                )
            if "[Content_Types].xml" not in archive.namelist():
                raise UnreadableFile(path, N_("an archive, but no spreadsheet; save it as .xlsx"))
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile(path, N_("not a spreadsheet, whatever its name says; save it as .xlsx or CSV")) from None


def _padded(values: list[Any], width: int) -> list[Any]:
    while len(values) > width and values[-1] in (None, ""):
        values.pop()
    return values + [None] * (width - len(values))


def _is_formula(cell: Any) -> bool:
    return cell.value is not None and cell.data_type in ("f", "e")


def _formula(cell: Any) -> str:
    """What is wrong with a cell that is no plain value, as a sentence with places for `cell` and `error`."""
    if cell.data_type == "f":
        return N_("The cell %(cell)s holds a formula; paste its value as text.")
    return N_("The cell %(cell)s holds the error %(error)s; paste its value as text.")


def _sheet_row(found: Rows, number: int, values: list[Any]) -> None:
    width = len(found.header)
    values = _padded(values, width)
    if len(values) > width:
        sentence = N_("The row has %(cells)s cells where the header has %(width)s; move the cells into columns.")
        found.bad(number, sentence, {"cells": len(values), "width": width})
        return
    record = {name: "" if v is None else v for name, v in zip(found.header, values, strict=True) if name}
    found.records.append(Record(number, record))


def _cell_value(value: Any) -> Any:
    if isinstance(value, datetime) and value.time() == time(0):
        return value.date().isoformat()
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (str, int, float, type(None))):
        return value
    return str(value)


# -- JSON ------------------------------------------------------------------------------------------------------------


class _BadJson(ValueError):
    """JSON that is well formed and still cannot be a row: what to say of a whole file, and of one line."""

    def __init__(self, of_file: str, of_line: str, **facts: object) -> None:
        self.of_file, self.of_line, self.facts = of_file, of_line, facts
        super().__init__(of_file)


def _json(path: Path, text: str, *, lines: bool) -> Rows:
    found = Rows(is_json=True)
    values = _json_lines(found, text) if lines else _json_array(path, text)
    header: dict[str, None] = {}
    for number, value in values:
        if not _is_row(found, number, value):
            continue
        cells = {str(k).strip(): v for k, v in value.items()}
        found.records.append(Record(number, cells))
        header.update(dict.fromkeys(cells))
    found.header = list(header)
    return found


def _json_lines(found: Rows, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, _loads(line)
        except json.JSONDecodeError as error:
            sentence = N_("Line %(line)s is not JSON (%(why)s, column %(place)s).")
            found.bad(number, sentence, {"line": number, "why": error.msg, "place": error.colno})
        except (ValueError, RecursionError) as error:
            bad = _bad(error)
            found.bad(number, bad.of_line, {"line": number, **bad.facts})


def _parsed(path: Path, text: str) -> Any:
    try:
        return _loads(text)
    except json.JSONDecodeError as error:
        sentence = N_("line %(line)s is not JSON (%(why)s)")
        raise UnreadableFile(path, sentence, line=error.lineno, why=error.msg) from None
    except (ValueError, RecursionError) as error:
        bad = _bad(error)
        raise UnreadableFile(path, bad.of_file, **bad.facts) from None


def _json_array(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    value = _parsed(path, text)
    if isinstance(value, dict):
        lists = [v for v in value.values() if isinstance(v, list)]
        value = lists[0] if len(value) == 1 and lists else [value]
    if not isinstance(value, list):
        raise UnreadableFile(path, N_("expected a JSON list of objects, one a row"))
    yield from enumerate(value, start=1)


def _loads(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise _BadJson(
            N_("not usable as JSON (the name %(name)s is there twice)"),
            N_("Line %(line)s is not JSON (the name %(name)s is there twice)."),
            name=repr(twice),
        )
    return found


def _no_constant(name: str) -> Any:
    raise _BadJson(
        N_("not usable as JSON (%(name)s is not a number)"),
        N_("Line %(line)s is not JSON (%(name)s is not a number)."),
        name=name,
    )


def _bad(error: Exception) -> _BadJson:
    """What is wrong with JSON whose form is right; the parser itself gives up at depth and at huge numbers."""
    if isinstance(error, _BadJson):
        return error
    return _BadJson(
        N_("not usable as JSON (too deeply nested or too large a number)"),
        N_("Line %(line)s is not JSON (too deeply nested or too large a number)."),
    )


def _is_row(found: Rows, number: int, value: Any) -> bool:
    """Whether a value can be a row; what speaks against it is noted."""
    if not isinstance(value, dict):
        found.bad(number, N_("Expected an object with the columns as names."))
        return False
    for name, cell in value.items():
        if not _scalar(cell) and not (isinstance(cell, list) and all(map(_scalar, cell))):
            if name.strip() == "skills" and isinstance(cell, dict) and all(map(_scalar, cell.values())):
                continue
            sentence = N_("The value of %(name)s must be text, a number or a list of texts.")
            found.bad(number, sentence, {"name": repr(name)})
            return False
    return True


def _scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))
