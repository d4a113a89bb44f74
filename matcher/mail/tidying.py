"""What people typed, made harmless for a letter; and text broken into lines."""

import re
import textwrap
import unicodedata
from collections.abc import Mapping
from typing import Any

ONE_LINE = 300
SEVERAL_LINES = 6_000
WIDTH = 76

_SEVERAL_LINES = frozenset({"answer", "question", "text"})
_ADDRESSES = frozenset({"url", "email"})
# Overrides and isolates that turn the reading direction around would let a name rearrange the line it stands in; a byte
# order mark is no sign at all.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u061c\u200e\u200f\ufeff]")
_LOOKS_LIKE_A_LINK = re.compile(r"://|www\.|\w{2}\.\w{2}|@", re.IGNORECASE)


def tidy(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts without control characters, endless texts and broken Unicode; structure and addresses as they are."""
    return {name: _tidy(name, value) for name, value in facts.items()}


def _tidy(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return value if name in _ADDRESSES else words(value, several_lines=name in _SEVERAL_LINES)
    if isinstance(value, Mapping):
        return tidy(value)
    if isinstance(value, list | tuple):
        return [_tidy(name, each) for each in value]
    return value


def words(text: str, *, several_lines: bool = False) -> str:
    """A text on one line, or on several; too long a text ends with an ellipsis."""
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    text = _TURNING.sub("", text)
    lines = [" ".join(_seen(line).split()) for line in text.splitlines()]
    if not several_lines:
        return _short(" ".join(line for line in lines if line), ONE_LINE)
    return _short("\n".join(lines).strip("\n"), SEVERAL_LINES)


def _seen(line: str) -> str:
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in line)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def greeting_name(name: str, *, to_a_stranger: bool = False) -> str:
    """The name to greet somebody with.

    Anybody can type anybody's address and any name into a form; a stranger is therefore never sent an advertisement as
    a greeting.
    """
    if to_a_stranger and (len(name) > 60 or _LOOKS_LIKE_A_LINK.search(name)):
        return ""
    return name


def wrapped(text: str) -> str:
    """The text in lines of at most WIDTH characters, links in one piece, at most one empty line in a row."""
    lines = [piece for line in text.splitlines() for piece in _wrap(line.rstrip())]
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip("\n") + "\n"


def _wrap(line: str) -> list[str]:
    if len(line) <= WIDTH:
        return [line]
    start = re.match(r"\s*(?:[-*] |\d+\. |> )?", line)
    lead = start[0] if start else ""
    follow = lead if lead.endswith("> ") else " " * len(lead)
    return textwrap.wrap(
        line[len(lead) :],
        WIDTH,
        initial_indent=lead,
        subsequent_indent=follow,
        break_long_words=False,
        break_on_hyphens=False,
    )
