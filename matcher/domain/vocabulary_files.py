"""Reads a vocabulary's folder of CSV files and checks it: every problem at once, with file, line and what to do.

One file a kind (`skills.csv`, `goals.csv`, …), `groups.csv` for the groups of all kinds, `relatedness.csv` for pairs.
Columns are explained in `data/README.md`; unknown ones are kept in `Term.attributes`.
"""

import csv
import hashlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from matcher.domain.availability import BadHours, parse_hours, zone_exists
from matcher.domain.rules import Rule
from matcher.domain.vocabulary import KINDS, Meaning, MentorOffers, Term, Vocabulary, VocabularyError

REQUIRED = ("skills", "goals", "stages", "slots")  # without these there is nothing to match by
BORROWED = ("languages", "regions", "statuses")  # the same in every profession: taken from the installed data
NEEDED_COLUMNS = {"stages": ("rank",), "slots": ("hours",), "goals": ("skills_essential",), "groups": ("kind",)}
OTHER_COLUMNS = {
    "relatedness": ("id_a", "id_b", "relatedness"),
    "ambiguous": ("letters", "meaning", "terms", "context"),
}
OFFERS = {
    "skills_essential": "skills",
    "skills_helpful": "skills",
    "settings_any": "settings",
    "credentials_any": "credentials",
    "disciplines_any": "disciplines",
}
YES_NO = ("yes", "no")
# columns that must hold one of a few words, or nothing
CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "constraints": {
        "strength": ("hard", "soft"),
        "rule": (
            *(r.value for r in (Rule.SAME_EMPLOYER, Rule.SUPERVISION, Rule.LANGUAGE, Rule.FORMAT, Rule.PAUSED)),
            "hours",  # no rule: a wish for hours in common
        ),
    },
    "formats": {"live": YES_NO, "group": YES_NO, "in_place": YES_NO},
    "regions": {"complete": YES_NO},
}
# columns that must hold a number between these two, or nothing
NUMBERS = {"slots": {"certainty": (0.0, 1.0)}, "stages": {"highest_level": (1.0, 4.0)}}
_OWN_FIELDS = frozenset(
    ("id", "parent", "label", "synonyms", "abbreviations", "rank", "timezone", "min_stage", "collaborations_fit")
)


def installed_folder() -> Path:
    """Where the vocabulary for crisis work lies: inside the installed package, or `data/` of a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "_data" / "vocabulary"
    return inside if inside.is_dir() else package.parent / "data" / "vocabulary"


def read_folder(folder: Path | None) -> Vocabulary:
    """The checked vocabulary of a folder; None is the installed one. Raises VocabularyError with all problems."""
    reading = _Reading(folder or installed_folder())
    reading.read()
    if reading.problems:
        raise VocabularyError(reading.problems)
    return Vocabulary(reading.terms.values(), reading.listed, reading.digest, reading.shares, reading.meanings)


class _Lines(Protocol):
    """What csv.reader gives: rows, and the number of the last line read."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


@dataclass(slots=True)
class _Row:
    """One line of a file: where it stands and its cells by column."""

    place: str
    cells: dict[str, str]

    def get(self, column: str) -> str:
        return self.cells.get(column, "")

    def values(self, column: str) -> tuple[str, ...]:
        cell = self.cells.get(column)
        return _split(cell) if cell else ()


def _split(cell: str) -> tuple[str, ...]:
    if "|" not in cell:
        return (cell,)
    return tuple(v for part in cell.split("|") if (v := part.strip()))


@dataclass(slots=True)
class _Reading:
    """The state of reading one folder: rows first, then terms, then what refers to other terms."""

    folder: Path
    problems: list[str] = field(default_factory=list)
    terms: dict[str, Term] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    checks: list[tuple[_Row, Term]] = field(default_factory=list)
    listed: dict[tuple[str, str], float] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    meanings: list[Meaning] = field(default_factory=list)
    digest: str = ""

    def read(self) -> None:
        """Reads all files, in a fixed order."""
        if not self.folder.is_dir():
            self.problems.append(f"{self.folder}: there is no such folder; name the folder with the vocabulary's files")
            return
        borrowed = {kind for kind in BORROWED if not (self.folder / f"{kind}.csv").exists()}
        hashed = hashlib.sha256()
        if borrowed:
            self._file(installed_folder() / "groups.csv", "groups", hashed, borrowed)
        for name in ("groups", *KINDS, "relatedness", "ambiguous"):
            folder = installed_folder() if name in borrowed else self.folder
            self._file(folder / f"{name}.csv", name, hashed, set(KINDS))
        for row, term in self.checks:
            self._check_references(row, term)
        self.digest = hashed.hexdigest()

    def _file(self, path: Path, name: str, hashed: "hashlib._Hash", kinds: set[str]) -> None:
        """Reads one file, if it is there; of groups only those of `kinds`."""
        raw = self._bytes(path, name)
        if raw is None:
            return
        hashed.update(f"{name}:{len(raw)}\n".encode() + raw)
        rows = list(self._rows(path, raw, name))
        if name == "relatedness":
            self._relatedness(rows)
        elif name == "ambiguous":
            self._ambiguous(rows)
        else:
            for row in rows:
                if name != "groups" or kinds >= set(KINDS) or row.get("kind") in kinds:
                    self._term(row, name)
        if name == "stages":
            self._ranks(rows)

    def _bytes(self, path: Path, name: str) -> bytes | None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            if name in REQUIRED:
                self.problems.append(
                    f"{path}: the file is missing; a vocabulary needs it, with the columns id and label"
                )
        except OSError as error:
            self.problems.append(f"{path}: cannot be read ({error.strerror})")
        return None

    # -- lines ---------------------------------------------------------------------------------------------------

    def _rows(self, path: Path, raw: bytes, name: str) -> Iterator[_Row]:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self.problems.append(f"{path}:{line}: not UTF-8; save the file as CSV UTF-8 from the spreadsheet")
            return
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            yield from self._cells(path, name, reader)
        except csv.Error as error:
            self.problems.append(f"{path}:{reader.line_num}: not readable as CSV ({error}); check the quotation marks")

    def _cells(self, path: Path, name: str, reader: "_Lines") -> Iterator[_Row]:
        header = [cell.strip() for cell in next(reader, [])]
        needed = OTHER_COLUMNS.get(name, ("id", "label"))
        missing = [c for c in (*needed, *NEEDED_COLUMNS.get(name, ())) if c not in header]
        twice = sorted({c for c in header if c and header.count(c) > 1})
        if missing:
            self.problems.append(f"{path}:1: the column {' and '.join(missing)} is missing; add it to the first row")
        if twice:
            self.problems.append(f"{path}:1: the column {' and '.join(twice)} is there twice; rename one of them")
        if missing or twice:
            return
        width = len(header)
        for cells in reader:
            if len(cells) != width:
                if not any(c.strip() for c in cells):
                    continue
                self.problems.append(
                    f"{path}:{reader.line_num}: {len(cells)} cells where the first row has {width}; "
                    "put values with a comma in quotation marks"
                )
            elif any(cells):
                found = {c: v.strip() for c, v in zip(header, cells, strict=True) if v and c}
                yield _Row(f"{path}:{reader.line_num}", found)

    # -- terms ---------------------------------------------------------------------------------------------------

    def _term(self, row: _Row, name: str) -> None:
        term_id, kind = row.get("id"), row.get("kind") if name == "groups" else name
        if not term_id or not row.get("label"):
            self.problems.append(f"{row.place}: id and label must not be empty")
            return
        if not _good_id(term_id):
            self.problems.append(
                f"{row.place}: the id {term_id!r} must be prefix.name without blanks, as skill.listening"
            )
            return
        if kind not in KINDS:
            self.problems.append(f"{row.place}: {kind!r} is no kind; use one of {', '.join(KINDS)}")
            return
        if term_id in self.terms:
            first = self.places[term_id]
            self.problems.append(f"{row.place}: the id {term_id} is already used at {first}; give this row another id")
            return
        self.places[term_id] = row.place
        self.terms[term_id] = term = self._made(row, kind, name == "groups")
        self.checks.append((row, term))
        if term.is_group and row.get("relatedness"):
            self.shares[term_id] = self._number(row, "relatedness", 0.0, 1.0)
        for column, choices in CHOICES.get(name, {}).items():
            if row.get(column) not in ("", *choices):
                said = f"{column} is {row.get(column)!r}; use {' or '.join(choices)}, or leave it empty"
                self.problems.append(f"{row.place}: {said}")
        for column, (least, most) in NUMBERS.get(name, {}).items():
            if row.get(column):
                self._number(row, column, least, most)

    def _made(self, row: _Row, kind: str, is_group: bool) -> Term:
        cells = row.cells
        labels = {"en": cells["label"]}
        synonyms: list[str] = []
        attributes = {}
        for column, value in cells.items():
            if column.startswith("label_"):
                labels[column[6:]] = value
            elif column == "synonyms" or column.startswith("synonyms_"):
                synonyms += _split(value)
            if column not in _OWN_FIELDS and not column.startswith("label_"):
                attributes[column] = value
        return Term(
            id=cells["id"],
            kind=kind,
            label=cells["label"],
            parent=cells.get("parent"),
            labels=labels,
            synonyms=tuple(synonyms),
            abbreviations=row.values("abbreviations"),
            rank=self._rank(row) if kind == "stages" and not is_group else None,
            timezone=cells.get("timezone"),
            hours=self._hours(row),
            offers=self._offers(row) if kind == "goals" and not is_group else None,
            collaborations_fit=row.values("collaborations_fit"),
            attributes=attributes,
            is_group=is_group,
            replaced_by=cells.get("replaced_by"),
            retired=cells.get("retired", "").casefold() in ("true", "yes", "1"),
        )

    def _offers(self, row: _Row) -> MentorOffers:
        lists = {column: row.values(column) for column in OFFERS}
        return MentorOffers(**lists, min_stage=row.get("min_stage") or None)

    def _rank(self, row: _Row) -> int:
        rank = row.get("rank")
        if not (rank.isascii() and rank.isdigit() and int(rank) < 1000):
            self.problems.append(f"{row.place}: the rank {rank!r} is no whole number from 0; the first stage has 0")
            return 0
        return int(rank)

    def _hours(self, row: _Row) -> str:
        try:
            parse_hours(row.get("hours"))
        except BadHours as error:
            self.problems.append(f"{row.place}: hours: {error}")
        return row.get("hours")

    def _number(self, row: _Row, column: str, least: float, most: float) -> float:
        try:
            value = float(row.get(column))
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            said = f"{column} is {row.get(column)!r}; it must be a number from {least:g} to {most:g}"
            self.problems.append(f"{row.place}: {said}")
            return least
        return value

    def _ranks(self, rows: list[_Row]) -> None:
        """Two stages of one rank would make "at least this stage" mean two things."""
        seen: dict[str, str] = {}
        for row in rows:
            rank = row.get("rank")
            if rank in seen:
                self.problems.append(f"{row.place}: the rank {rank} is already that of {seen[rank]}; ranks must differ")
            seen.setdefault(rank, row.get("id"))

    # -- what refers to other terms ------------------------------------------------------------------------------

    def _check_references(self, row: _Row, term: Term) -> None:
        if term.parent is not None:
            self._refers(row, "parent", (term.parent,), term.kind, groups=True)
        if term.replaced_by is not None:
            self._refers(row, "replaced_by", (term.replaced_by,), term.kind)
            if term.replaced_by in self.terms and self.terms[term.replaced_by].retired:
                self.problems.append(f"{row.place}: replaced_by names {term.replaced_by}, which is retired itself")
        if term.timezone is not None and not zone_exists(term.timezone):
            self.problems.append(f"{row.place}: timezone: {term.timezone!r} is no IANA time zone such as Europe/Madrid")
        if term.offers is not None:
            for column, kind in OFFERS.items():
                self._refers(row, column, getattr(term.offers, column), kind)
            self._refers(row, "min_stage", row.values("min_stage"), "stages")
            self._refers(row, "typical_stages", row.values("typical_stages"), "stages")
            self._refers(row, "collaborations_fit", term.collaborations_fit, "collaborations")
        self._refers(row, "avoids", row.values("avoids"), None)

    def _refers(self, row: _Row, column: str, ids: tuple[str, ...], kind: str | None, groups: bool = False) -> None:
        for term_id in ids:
            known = self.terms.get(term_id)
            if known is None:
                self.problems.append(f"{row.place}: {column} names {term_id!r}, which is in no file; correct or add it")
            elif kind is not None and (known.kind != kind or (known.is_group and not groups)):
                self.problems.append(f"{row.place}: {column} names {term_id!r}, which is not one of the {kind}")
            elif term_id == row.get("id"):
                self.problems.append(f"{row.place}: {column} names the row itself")

    def _relatedness(self, rows: list[_Row]) -> None:
        for row in rows:
            a, b = row.get("id_a"), row.get("id_b")
            for column, term_id in (("id_a", a), ("id_b", b)):
                self._refers(row, column, (term_id,), None)
            value = self._number(row, "relatedness", 0.0, 1.0)
            if a == b:
                self.problems.append(f"{row.place}: a term is always fully related to itself; remove the row")
            elif (a, b) in self.listed:
                self.problems.append(f"{row.place}: the pair {a}, {b} is listed twice; remove one row")
            self.listed[a, b] = self.listed[b, a] = value

    def _ambiguous(self, rows: list[_Row]) -> None:
        for row in rows:
            if not row.get("letters"):
                self.problems.append(f"{row.place}: letters must not be empty")
            self._refers(row, "terms", row.values("terms"), None)
            words = row.values("context")
            self.meanings.append(Meaning(row.get("letters"), row.get("meaning"), row.values("terms"), words))


def _good_id(term_id: str) -> bool:
    prefix, dot, name = term_id.partition(".")
    return bool(prefix and dot and name) and term_id.isascii() and not any(c in term_id for c in " |;,=\t\"'")
