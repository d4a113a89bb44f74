"""What all lists of the desk share: pages of rows, and searching by words.

Searching and sorting by name happens in Python over narrow rows (`Paged.of`), since the databases do not agree on which
letters are the same.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

PAGE = 50
"""Rows on one page."""

MOST = 20_000
"""Rows that an export or a search looks at, at most."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Paged(Generic[T]):
    """One page of a longer list: its rows, how many there are in all, and the number of the page, from 0."""

    rows: Sequence[T]
    count: int
    page: int = 0
    size: int = PAGE

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.count // self.size))

    @classmethod
    def of(cls, rows: Sequence[T], page: int, size: int = PAGE) -> "Paged[T]":
        """A page of a list that is all here; a page beyond the last is the last."""
        last = max(0, -(-len(rows) // size) - 1)
        page = min(page, last)
        return cls(rows[page * size : (page + 1) * size], len(rows), page, size)


def folded(text: str) -> str:
    """The text without case and accents, so that "angel" finds "Ángel"."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def holds(wanted: str, *texts: str | None) -> bool:
    """Whether every word of a search stands in one of the texts."""
    whole = folded(" ".join(text for text in texts if text))
    return all(word in whole for word in folded(wanted).split())


def escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
