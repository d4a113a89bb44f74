"""Writes tables: whole or not at all, the same bytes for the same rows, and no cell that a spreadsheet would run.

A file appears under its name only when all of it is on disk; whoever reads meanwhile sees the old one.
"""

import contextlib
import csv
import io
import json
import math
import os
import stat
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matcher.domain.profiles import COLUMNS, Profile, to_answers
from matcher.files.errors import UnwritableFile
from matcher.files.formulas import shielded

CREATED = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # XLSX files hold a date; a fixed one keeps the bytes
LONGEST_CELL = 32_767  # characters of a cell in XLSX
MOST_ROWS = 1_048_575  # rows of a sheet below its header


ENDINGS = (".csv", ".tsv", ".txt", "", ".xlsx", ".json", ".jsonl", ".ndjson")


def check_place(path: Path | str) -> None:
    """Raises UnwritableFile where no table can be written, so that nobody computes for minutes in vain."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise UnwritableFile(path, _sentence(target, IsADirectoryError()))
    if Path(path).suffix.lower() not in ENDINGS:
        raise UnwritableFile(path, f"the ending {Path(path).suffix} is not known; use .csv, .xlsx, .json or .jsonl")
    if not target.exists() and not target.parent.is_dir():
        raise UnwritableFile(path, _sentence(target, FileNotFoundError()))
    if not os.access(target if target.exists() and not target.is_file() else target.parent, os.W_OK):
        raise UnwritableFile(path, _sentence(target, PermissionError()))


def write_table(path: Path | str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Writes a table in the format of the extension: .csv, .tsv, .xlsx, .json (a list) or .jsonl.

    Cells are text, numbers, booleans ("yes"/"no" in CSV) or None; nan is an empty cell. Raises UnwritableFile.
    """
    path = Path(path)
    check_place(path)
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        data = xlsx_bytes(header, rows, path)
    elif suffix == ".json":
        data = json_bytes(header, rows, lines=False)
    elif suffix in (".jsonl", ".ndjson"):
        data = json_bytes(header, rows, lines=True)
    else:
        data = csv_text(header, rows, "\t" if suffix == ".tsv" else ",").encode("utf-8", "surrogatepass")
    write_bytes(path, data)


def write_profiles(path: Path | str, profiles: Iterable[Profile]) -> None:
    """Writes people in the columns that `read_profiles` reads, with every extra column, sorted by name, at the end."""
    answers = [to_answers(profile) for profile in profiles]
    own = (*COLUMNS, "status")
    extra = sorted({column for row in answers for column in row} - set(own))
    header = [*own, *extra]
    write_table(path, header, [[row.get(column, "") for column in header] for row in answers])


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ",") -> str:
    """A table as CSV: lines end with \\n, numbers in full precision, formulas made harmless."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow([shielded(str(name)) for name in header])
    writer.writerows([_csv_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def _csv_cell(cell: object) -> object:
    if isinstance(cell, str):
        return shielded(cell)
    if isinstance(cell, float):
        return "" if math.isnan(cell) else repr(float(cell))
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return "" if cell is None else cell if isinstance(cell, int) else shielded(str(cell))


def xlsx_bytes(header: Sequence[str], rows: Iterable[Sequence[object]], path: Path | str = "the table") -> bytes:
    """A table as a spreadsheet with one sheet; texts are never formulas or links. UnwritableFile if too large."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": CREATED})
        sheet = book.add_worksheet("Table")
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for column, name in enumerate(header):
            sheet.write_string(0, column, str(name), bold)
        for number, row in enumerate(rows, start=1):
            if number > MOST_ROWS:
                raise UnwritableFile(path, f"a sheet holds {MOST_ROWS:,} rows at most; write .csv instead")
            for column, cell in enumerate(row):
                _xlsx_cell(sheet, number, column, cell, path)
    return out.getvalue()


def _xlsx_cell(sheet: Any, row: int, column: int, cell: object, path: Path | str) -> None:
    if isinstance(cell, bool):
        cell = "yes" if cell else "no"
    if cell is None or (isinstance(cell, float) and math.isnan(cell)) or cell == "":
        return
    if isinstance(cell, (int, float)) and abs(cell) < 1e15:
        sheet.write_number(row, column, cell)
        return
    text = str(cell)
    if len(text) > LONGEST_CELL:
        raise UnwritableFile(path, f"row {row + 1} has a text too long for a spreadsheet's cell; write .csv instead")
    sheet.write_string(row, column, text)


def json_bytes(header: Sequence[str], rows: Iterable[Sequence[object]], *, lines: bool = False) -> bytes:
    """A table as JSON: a list of objects, or one object a line."""
    objects = [{name: _json_cell(cell) for name, cell in zip(header, row, strict=True)} for row in rows]
    dumped = [json.dumps(o, ensure_ascii=False, allow_nan=False) for o in objects]
    text = "".join(f"{line}\n" for line in dumped) if lines else "[\n" + ",\n".join(dumped) + "\n]\n"
    return text.encode("utf-8", "surrogatepass")


def _json_cell(cell: object) -> object:
    if cell is None or isinstance(cell, (str, bool, int)):
        return cell
    if isinstance(cell, float):
        return float(cell) if math.isfinite(cell) else None
    return str(cell)


# -- whole or not at all ---------------------------------------------------------------------------------------------


def write_text(path: Path | str, text: str) -> None:
    """Writes UTF-8 text, whole or not at all. Raises UnwritableFile."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path | str, data: bytes) -> None:
    """Puts `data` on disk beside its place, then under its name; a device or pipe is written to directly.

    Raises UnwritableFile, and then nothing has changed.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(data)
            return
        _replace(target, data)
    except OSError as error:
        raise UnwritableFile(path, _sentence(target, error)) from None


def _replace(target: Path, data: bytes) -> None:
    if target.is_dir():
        raise IsADirectoryError
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    beside = target.with_name(f".{target.name[:100]}.{os.urandom(6).hex()}.part")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            beside.chmod(mode)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    with contextlib.suppress(OSError):  # some file systems cannot sync a folder; the file itself is safe
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _sentence(target: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and not target.parent.is_dir():
        return f"the folder {target.parent} does not exist; make it first"
    if isinstance(error, IsADirectoryError):
        return "this is a folder; name a file in it"
    if isinstance(error, PermissionError):
        return "you may not write here; choose another place"
    return f"could not be written ({error.strerror}); the old file, if any, is unchanged"
