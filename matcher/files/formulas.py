"""Cells that a spreadsheet would run: written with an apostrophe in front in CSV, read back without it.

Spreadsheets take a CSV cell that begins with one of = + - @, a tab or a line end for a formula. The apostrophe makes
it text. Plain numbers (-5, +1.5e-3) stay numbers. A text that itself begins with apostrophes and such a character gets
one more, so that reading our own export gives exactly what was written.
"""

import re

_RISKY = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_FIRST = frozenset("'=+-@\t\r\n＝＋－＠")


def shielded(cell: str) -> str:
    """The cell as it goes into a CSV file."""
    if not cell or cell[0] not in _FIRST or not _RISKY.match(cell) or _NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"


def unshielded(cell: str) -> str:
    """The cell as it was before `shielded`."""
    return cell[1:] if cell[:1] == "'" and _RISKY.match(cell) else cell
