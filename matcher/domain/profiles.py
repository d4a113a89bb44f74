"""People as they told us about themselves: `Profile`, and the one reader for forms, CSV, XLSX and JSON.

`read_answers` brings names to the vocabulary's ids and either gives a valid profile or raises InvalidProfile with
every problem, a sentence each. Words the vocabulary does not know are no problem: they are kept in `Profile.unknown`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from rapidfuzz import process

from matcher.domain.availability import CALLED, zone, zone_names
from matcher.domain.spelling import key, words
from matcher.domain.vocabulary import Term, Vocabulary

COLUMNS = (
    "id",
    "role",
    "name",
    "email",
    "stage",
    "disciplines",
    "settings",
    "skills",
    "credentials",
    "languages",
    "region",
    "timezone",
    "slots",
    "formats",
    "constraints",
    "employer",
    "capacity",
    "goals",
    "seeks_skills",
    "seeks_settings",
    "helps_with",
    "avoid",
    "text",
)
STATUSES = ("active", "unconfirmed", "paused", "full", "left")

# column -> kind of the vocabulary its values belong to; several values each
LISTS = {
    "disciplines": "disciplines",
    "settings": "settings",
    "credentials": "credentials",
    "languages": "languages",
    "slots": "slots",
    "formats": "formats",
    "constraints": "constraints",
    "goals": "goals",
    "seeks_skills": "skills",
    "seeks_settings": "settings",
    "helps_with": "goals",
}
SINGLE = {"stage": "stages", "region": "regions"}

LONGEST_TEXT = 20_000
LONGEST_NAME = 200
MOST_VALUES = 500
MOST_PLACES = 20

N_ = str  # marks an English sentence as one to translate; the sentence itself is the key of the catalogue


class Role(StrEnum):
    """What somebody is in the pool."""

    MENTEE = "mentee"
    MENTOR = "mentor"
    BOTH = "both"

    @property
    def is_mentee(self) -> bool:
        """Whether the person looks for a mentor."""
        return self is not Role.MENTOR

    @property
    def is_mentor(self) -> bool:
        """Whether the person has places for mentees."""
        return self is not Role.MENTEE


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A valid profile. Values are ids of the vocabulary, in the order given, without doubles.

    `skills` maps a skill to its level (1 learning, 2 practising, 3 confident, 4 can teach it; None: not said).
    `employer` and `avoid` are names as typed (`avoid` may also hold ids of disciplines). `unknown` holds, by column,
    the values that the vocabulary lacks; `extra` the columns that are not ours. `capacity` is 0 for mentees.
    """

    id: str
    role: Role
    name: str = ""
    email: str = ""
    status: str = "active"
    stage: str | None = None
    disciplines: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    skills: Mapping[str, float | None] = field(default_factory=dict, hash=False)
    credentials: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    region: str | None = None
    timezone: str | None = None
    slots: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    employer: tuple[str, ...] = ()
    capacity: int = 0
    goals: tuple[str, ...] = ()
    seeks_skills: tuple[str, ...] = ()
    seeks_settings: tuple[str, ...] = ()
    helps_with: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    text: str = ""
    unknown: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: which column, what to do (English), in which row (of which file), and what was typed.

    `sentence` and `facts` are the same message before filling in, for translation: see `in_words`.
    """

    column: str
    message: str
    row: int | None = None
    value: str = ""
    file: str = ""
    sentence: str = field(default="", compare=False)
    facts: Mapping[str, object] = field(default_factory=dict, compare=False, hash=False)

    def __str__(self) -> str:
        """One line for a report: where, what was typed, what to do."""
        row = f"row {self.row}" + (f" of {self.file}" if self.file else "") if self.row is not None else ""
        where = ", ".join(part for part in (row, self.column) if part)
        typed = f" ({self.value!r})" if self.value else ""
        return f"{where}: {self.message}{typed}" if where else f"{self.message}{typed}"

    def in_words(self, gettext: Callable[[str], str]) -> str:
        """The message in another language, `gettext` giving the translation of an English sentence."""
        return gettext(self.sentence) % self.facts if self.sentence else gettext(self.message)


class InvalidProfile(ValueError):
    """Answers that cannot become a profile; `problems` has all of them."""

    for_people = True

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.column}: {p.message}" for p in self.problems))


def read_answers(answers: Mapping[str, object], vocabulary: Vocabulary) -> Profile:
    """The valid profile of these answers, or InvalidProfile with all problems.

    `answers` maps columns to text (several values separated by `;` or `|`), to lists of text, or for `skills` to a
    mapping of skill and level. None and missing columns count as empty. Values may be ids, labels, synonyms or
    abbreviations in any language of the vocabulary.
    """
    return _Reader(answers, vocabulary).profile()


def problem(column: str, sentence: str, value: str = "", **facts: object) -> Problem:
    """A Problem from an English sentence with %(name)s places."""
    return Problem(column, sentence % facts, value=_short(value), sentence=sentence, facts=facts)


def _short(value: str) -> str:
    return value if len(value) <= 80 else value[:79] + "…"


# -- cleaning text ---------------------------------------------------------------------------------------------------

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff]")
_BREAK = re.compile(r"[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = re.compile(r"\s+")
_SEPARATOR = re.compile(r"[;|\n]")
_JOINED = re.compile(r"[,/&+]|(?<=\s)(?:and|or|y|e|o|et|ou)(?=\s)", re.I)
_LEVEL = re.compile(r"^([^=]*[^=\s])\s*=(.*)$", re.S)
_NOTE = re.compile(r"^(.*\S)\s*\(([^()]*)\)$")
_PAST = re.compile(r"expired|lapsed|former|past|caducad|vencid|expir|perim", re.I)


class _Reader:
    """Reads one set of answers, gathering problems on the way."""

    def __init__(self, answers: Mapping[str, object], vocabulary: Vocabulary) -> None:
        self.answers = answers
        self.vocabulary = vocabulary
        self.problems: list[Problem] = []
        self.unknown: dict[str, tuple[str, ...]] = {}

    def profile(self) -> Profile:
        """Reads every column; raises InvalidProfile when something was wrong."""
        lists: dict[str, Any] = {column: self.terms(column, kind) for column, kind in LISTS.items()}
        single: dict[str, Any] = {column: self.term(column, kind) for column, kind in SINGLE.items()}
        role = self.role()
        read: dict[str, Any] = {
            "id": self.line("id", required=N_("Give every person an id; it is what the results name.")),
            "role": role,
            "name": self.line("name"),
            "email": self.email(),
            "status": self.status(),
            "skills": self.skills(),
            "timezone": self.timezone(),
            "employer": self.names("employer"),
            "avoid": self.avoid(),
            "capacity": self.capacity(role),
            "text": self.text(),
            "extra": self.extra(),
        }
        if self.problems:
            order = {column: at for at, column in enumerate((*COLUMNS, "status"))}
            raise InvalidProfile(sorted(self.problems, key=lambda p: order.get(p.column, len(order))))
        return Profile(**read, **lists, **single, unknown=self.unknown)

    def wrong(self, column: str, sentence: str, value: str = "", **facts: object) -> None:
        """Notes a problem and goes on."""
        self.problems.append(problem(column, sentence, value, **facts))

    # -- plain text ----------------------------------------------------------------------------------------------

    def raw(self, column: str) -> str:
        """A single cell as text in NFC, line ends as \\n; "" when empty or refused."""
        value = self.answers.get(column)
        if value is None:
            return ""
        if isinstance(value, (Mapping, bytes)):
            self.wrong(column, N_("Give text here."), str(value))
            return ""
        if isinstance(value, (list, tuple)):
            value = ";".join(str(v) for v in value)
        text = unicodedata.normalize("NFC", _as_text(value).replace("\r\n", "\n").replace("\r", "\n")).strip()
        if _CONTROL.search(text):
            self.wrong(column, N_("Remove the invisible control characters."), text)
            return ""
        return text

    def line(self, column: str, required: str = "") -> str:
        """A name: one line of at most 200 characters."""
        text = self.raw(column)
        if required and not text and not any(p.column == column for p in self.problems):
            self.wrong(column, required)
        if len(text) > LONGEST_NAME:
            self.wrong(column, N_("Shorten this to at most %(most)s characters."), text, most=LONGEST_NAME)
            return ""
        return _BLANKS.sub(" ", text)

    def text(self) -> str:
        """The free text, at most 20,000 characters."""
        text = self.raw("text")
        if len(text) > LONGEST_TEXT:
            self.wrong(
                "text",
                N_("Shorten the text to at most %(most)s characters; it has %(length)s."),
                text,
                most=LONGEST_TEXT,
                length=len(text),
            )
            return ""
        return text

    def role(self) -> Role:
        """mentee, mentor or both, also in Spanish and French; mentee stands in after a problem."""
        text = self.raw("role")
        role = _ROLES.get(key(text))
        if role is None:
            self.wrong("role", N_("Say mentee, mentor or both."), text)
        return role or Role.MENTEE

    def status(self) -> str:
        """One of STATUSES; empty is active."""
        text = self.raw("status")
        if not text:
            return "active"
        term = self.vocabulary.find(text, "statuses", typos=False)
        status = term.bare if term is not None else text.casefold()
        if status not in STATUSES:
            self.wrong("status", N_("Use one of %(choices)s, or leave it empty."), text, choices=", ".join(STATUSES))
        return status

    def email(self) -> str:
        """An address in its usual form; no look-up on the net."""
        text = self.raw("email")
        if not text or (address := _address(text)) is None:
            if text:
                self.wrong("email", N_("Write one e-mail address, such as ana@example.org."), text)
            return ""
        return address

    def timezone(self) -> str | None:
        """An IANA name, or what people in North America call their zones; capitals and blanks are forgiven."""
        text = self.raw("timezone").replace(" ", "_")
        if not text:
            return None
        text = CALLED.get(text.casefold(), text)
        if zone(text) is not None:
            return text
        known = {name.casefold(): name for name in zone_names()}
        if text.casefold() in known:
            return known[text.casefold()]
        near = process.extractOne(text.casefold(), known.keys(), score_cutoff=70) if len(text) < 60 else None
        self.wrong(
            "timezone",
            N_("Choose a time zone of the list, such as %(example)s."),
            text,
            example=known[near[0]] if near else "America/Chicago",
        )
        return None

    def capacity(self, role: Role) -> int:
        """Places for mentees, 0 to 20; an empty cell is one place for mentors. Mentees have none."""
        text = self.raw("capacity")
        number = _whole(text) if text else int(role.is_mentor)
        if number is None or not 0 <= number <= MOST_PLACES:
            self.wrong("capacity", N_("Give a whole number from 0 to %(most)s."), text, most=MOST_PLACES)
            return 0
        return number if role.is_mentor else 0

    def extra(self) -> dict[str, str]:
        """Columns that are not ours, as text, without the empty ones."""
        own = {*COLUMNS, "status"}
        names = [c for c in self.answers if isinstance(c, str) and c and c not in own]
        found = {column: self.raw(column) for column in names}
        for column, text in found.items():
            if len(text) > LONGEST_TEXT:
                self.wrong(column, N_("Shorten this to at most %(most)s characters."), text, most=LONGEST_TEXT)
        return {column: text for column, text in found.items() if text}

    # -- lists ---------------------------------------------------------------------------------------------------

    def values(self, column: str) -> tuple[str, ...]:
        """The values of a list column as typed, in order, without doubles."""
        given = self.answers.get(column)
        if given is None or given == "":
            return ()
        if isinstance(given, (Mapping, bytes)):
            self.wrong(column, N_("Give a text or a list of texts."), str(given))
            return ()
        parts = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
        text = "\n".join(_as_text(p) for p in parts if p is not None)
        if len(text) > LONGEST_TEXT:
            self.wrong(column, N_("Shorten this to at most %(most)s characters."), text, most=LONGEST_TEXT)
            return ()
        found = _separated(text)
        if found is None:
            self.wrong(column, N_("Remove the invisible control characters."), text)
            return ()
        if len(found) > MOST_VALUES:
            self.wrong(column, N_("Give at most %(most)s values."), most=MOST_VALUES)
        return found

    def names(self, column: str) -> tuple[str, ...]:
        """Free names, each one line of at most 200 characters."""
        found = self.values(column)
        for value in found:
            if len(value) > LONGEST_NAME:
                self.wrong(column, N_("Shorten this to at most %(most)s characters."), value, most=LONGEST_NAME)
        return found

    def avoid(self) -> tuple[str, ...]:
        """Whom or what to keep away from: ids of people, employers; names of disciplines become their ids."""
        terms = ((v, self.vocabulary.find(v, "disciplines", typos=False)) for v in self.names("avoid"))
        return tuple(dict.fromkeys(term.id if term is not None else value for value, term in terms))

    def terms(self, column: str, kind: str) -> tuple[str, ...]:
        """The ids a list column names; values the vocabulary lacks go to `unknown`."""
        found, lacking = [], []
        for value in self.values(column):
            ids = self.ids(value, kind)
            found += ids
            lacking += [] if ids else [value]
        if lacking:
            self.unknown[column] = tuple(lacking)
        return tuple(dict.fromkeys(found))

    def ids(self, value: str, kind: str) -> list[str]:
        """The ids meant by one value: itself, or the parts of "a, b/c & d and e" if all of them are known."""
        term = self.meant(value, kind)
        if term is not None:
            return [term.id]
        if len(value) > LONGEST_NAME:
            return []
        parts = [part for part in _JOINED.split(value) if part.strip()]
        each = [self.meant(part.strip(), kind) for part in parts] if len(parts) > 1 or "," in value else []
        return [t.id for t in each if t is not None] if all(each) else []

    def meant(self, value: str, kind: str) -> Term | None:
        """The term of this name, or of the name without a note in brackets."""
        term = self.vocabulary.find(value, kind)
        note = _NOTE.match(value) if term is None else None
        if note is not None and not _PAST.search(note[2]):
            return self.vocabulary.find(note[1], kind)
        return term

    def term(self, column: str, kind: str) -> str | None:
        """The id of a column with one value."""
        text = self.line(column)
        term = self.vocabulary.find(text, kind) if text else None
        if text and term is None:
            self.unknown[column] = (text,)
        return term.id if term is not None else None

    def skills(self) -> dict[str, float | None]:
        """Skills with their levels; a skill named twice keeps its higher level."""
        levels: dict[str, float | None] = {}
        lacking = []
        for name, written, value in self.rated():
            ids = self.ids(name, "skills")
            level = _number(written) if written else None
            if ids and written and (level is None or not 1 <= level <= 4):
                self.wrong("skills", N_("Give the level of a skill as a number from 1 to 4, as in listening=3."), value)
                continue
            for skill in ids:
                levels[skill] = max((x for x in (levels.get(skill), level) if x is not None), default=None)
            lacking += [] if ids else [value]
        if lacking:
            self.unknown["skills"] = tuple(lacking)
        return levels

    def rated(self) -> Iterator[tuple[str, str, str]]:
        """(name, level as written or "", the whole value) of each skill."""
        given = self.answers.get("skills")
        if isinstance(given, Mapping):
            pairs = [str(k) if v is None else f"{k}={_as_text(v)}" for k, v in given.items()]
            self.answers = {**self.answers, "skills": pairs}
        for value in self.values("skills"):
            match = _LEVEL.match(value)
            yield (match[1], match[2].strip() or "?", value) if match else (value, "", value)


@lru_cache(maxsize=16_384)
def _separated(text: str) -> tuple[str, ...] | None:
    """The values in a text, each once; None when it holds control characters. Lists repeat much in files."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if _CONTROL.search(text):
        return None
    found = {key(v) or v: v for part in reversed(_SEPARATOR.split(text)) if (v := _BLANKS.sub(" ", part).strip())}
    return tuple(found.values())[::-1]


def _as_text(value: object) -> str:
    """Cells of spreadsheets and JSON as people see them: 2.0 is 2."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _number(text: str) -> float | None:
    return float(text.replace(",", ".")) if re.fullmatch(r"\d{1,3}([.,]\d{1,3})?", text, re.ASCII) else None


def _whole(text: str) -> int | None:
    return int(float(text)) if re.fullmatch(r"\+?\d{1,6}([.]0{1,6})?", text, re.ASCII) else None


_PLAIN = re.compile(r"[a-z0-9]+([._+-][a-z0-9]+)*", re.ASCII)
_PLAIN_DOMAIN = re.compile(r"([a-z0-9]+(-[a-z0-9]+)*\.)+(com|edu|gov|net|org|[a-z]{2})", re.ASCII)


def _address(text: str) -> str | None:
    """The usual form of an address, or None when it is none."""
    local, _, domain = text.rpartition("@")
    if text.isascii() and len(text) <= 254 and len(local) <= 64 and _PLAIN.fullmatch(local):
        known = _usual_domain(domain)  # whatever plain name stands before it
        return None if known is None else f"{local}@{known}"
    return _validated(text)


@lru_cache(maxsize=4096)
def _usual_domain(domain: str) -> str | None:
    """The usual form of a domain that addresses may have, or None; most are seen to be right without the validator,
    whose import takes 40 ms."""
    if len(domain) < 64 and _PLAIN_DOMAIN.fullmatch(domain):
        return domain
    address = _validated(f"a@{domain}")
    return None if address is None else address.removeprefix("a@")


def _validated(text: str) -> str | None:
    from email_validator import EmailNotValidError, validate_email  # 40 ms to import, and files often have no address

    try:
        return validate_email(text, check_deliverability=False, strict=True).normalized  # strict: 64 before the @
    except EmailNotValidError:
        return None


_ROLES = {
    **dict.fromkeys(("mentee", "mentees", "mentorado", "mentorada", "mentore", "mentoree", "aprendiz"), Role.MENTEE),
    **dict.fromkeys(("mentor", "mentors", "mentora", "mentore e", "mentorat", "mentor a"), Role.MENTOR),
    **dict.fromkeys(("both", "mentor and mentee", "mentee and mentor", "ambos", "ambas", "les deux"), Role.BOTH),
}


# -- and back --------------------------------------------------------------------------------------------------------


def to_answers(profile: Profile) -> dict[str, str]:
    """The columns of a profile as text, so that `read_answers` gives the same profile again.

    All of COLUMNS, "status", then the extra columns. Known values come first in a list, then the unknown ones.
    """
    answers = {column: _cell(getattr(profile, column)) for column in (*COLUMNS, "status")}
    answers["skills"] = "; ".join(
        skill if level is None else f"{skill}={_as_text(float(level))}" for skill, level in profile.skills.items()
    )
    for column, values in profile.unknown.items():
        answers[column] = "; ".join((*filter(None, [answers[column]]), *values))
    if not profile.role.is_mentor:
        answers["capacity"] = ""
    return {**answers, **profile.extra}


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(value)
    return "" if value is None else str(value)


def free_texts(profile: Profile) -> tuple[str, ...]:
    """What somebody said in free words: the text and the values the vocabulary lacks, each passage once.

    The same passage pasted into several fields counts once, whatever its case and spacing.
    """
    passages = [profile.text, *(value for values in profile.unknown.values() for value in values)]
    return tuple({said: p for p in reversed(passages) if (said := tuple(words(p)))}.values())[::-1]
