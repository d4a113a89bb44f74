"""A profile as a coordinator reads it: labels in place of ids, words of people's own as typed, what was left open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matcher.domain.profiles import COLUMNS
from web.questions import LEVELS
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


LABELS: Mapping[str, str] = {
    "role": _("Role"),
    "name": _("Name"),
    "email": _("E-mail"),
    "stage": _("Stage"),
    "disciplines": _("Professions"),
    "settings": _("Places of work"),
    "skills": _("Skills"),
    "credentials": _("Credentials"),
    "languages": _("Languages"),
    "region": _("Region"),
    "timezone": _("Time zone"),
    "slots": _("Times"),
    "formats": _("Ways to meet"),
    "constraints": _("Must hold"),
    "employer": _("Employer"),
    "capacity": _("Places for mentees"),
    "goals": _("Goals"),
    "seeks_skills": _("Skills to learn"),
    "seeks_settings": _("Places of interest"),
    "helps_with": _("Helps with"),
    "avoid": _("Keep apart from"),
    "text": _("Own words"),
}
"""What each column of a profile is called on the desk."""

_MENTEES = ("goals", "seeks_skills", "seeks_settings")
_MENTORS = ("helps_with",)
_WORK = ("stage", "disciplines", "settings", "skills", "credentials", "employer")
_TERMS = ("languages", "region", "timezone", "slots", "formats", "constraints", "avoid")


@dataclass(frozen=True)
class Value:
    """One thing somebody said; `own`: words that the vocabulary lacks; `level`: of a skill, in words."""

    text: str
    own: bool = False
    level: str = ""


@dataclass(frozen=True)
class Fact:
    """One column with something in it."""

    label: str
    values: Sequence[Value]


@dataclass(frozen=True)
class Told:
    """A whole profile: facts by heading, the free text, other columns, and what nothing was said about."""

    sections: Sequence[tuple[str, Sequence[Fact]]]
    text: str
    others: Sequence[tuple[str, str]]
    missing: Sequence[str]


def label(visit: Visit, column: str) -> str:
    """What a column is called; columns that are not ours keep their name."""
    return visit.gettext(LABELS[column]) if column in LABELS else column


def told(visit: Visit, answers: Mapping[str, str], role: str) -> Told:
    """The profile behind these columns."""
    aims = (*(_MENTEES if role != "mentor" else ()), *(_MENTORS if role != "mentee" else ()))
    parts = ((_("What it is about"), aims), (_("Work"), _WORK), (_("When and how"), _TERMS))
    sections = [
        (
            visit.gettext(title),
            [Fact(label(visit, c), values) for c in columns if (values := _values(visit, c, answers))],
        )
        for title, columns in parts
    ]
    asked = [column for _title, columns in parts for column in columns if column not in ("avoid", "constraints")]
    return Told(
        sections=[(title, facts) for title, facts in sections if facts],
        text=answers.get("text", ""),
        others=sorted((c, value) for c, value in answers.items() if value and c not in COLUMNS and c != "status"),
        missing=[label(visit, column) for column in asked if not answers.get(column, "").strip()],
    )


def _values(visit: Visit, column: str, answers: Mapping[str, str]) -> list[Value]:
    cell = answers.get(column, "")
    if column == "timezone":
        return [Value(cell.replace("_", " "))] if cell else []
    parts = (part.strip() for part in cell.split(";"))
    return [_value(visit, part, plain=column in ("employer", "avoid")) for part in parts if part]


def _value(visit: Visit, part: str, *, plain: bool) -> Value:
    """One value; names (`plain`) are people's own by nature and need no mark."""
    vocabulary = visit.site.vocabulary
    id, _equals, level = part.partition("=")
    if id not in vocabulary:
        return Value(part, own=not plain)
    word = dict(LEVELS).get(level, level)
    return Value(vocabulary[id].label_in(visit.language), level=visit.gettext(word) if word else "")
