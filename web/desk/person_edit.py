"""A coordinator changes somebody's profile: every column as a plain field, values as labels, one a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from matcher.domain.availability import zone_names
from matcher.domain.introductions import NotAllowed, NotFound, Overtaken
from matcher.domain.people import Participant
from matcher.domain.profiles import LISTS, MOST_PLACES, SINGLE, InvalidProfile
from matcher.storage import people as rows
from matcher.workflow import signup
from web.desk import pages, profile
from web.desk.person import person_of
from web.desk.words import ROLES, key_of
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


GROUPS: Sequence[tuple[str, Sequence[str]]] = (
    (_("Who it is"), ("role", "name", "email", "capacity")),
    (_("Work"), ("stage", "disciplines", "settings", "skills", "credentials", "employer")),
    (_("What it is about"), ("goals", "seeks_skills", "seeks_settings", "helps_with", "text")),
    (_("When and how"), ("languages", "region", "timezone", "slots", "formats", "constraints", "avoid")),
)
COLUMNS = tuple(column for _title, columns in GROUPS for column in columns)
KINDS: Mapping[str, str] = {**LISTS, **SINGLE, "skills": "skills"}
"""The kind of the vocabulary behind a column."""
MANY = (*LISTS, "skills", "employer", "avoid")
"""Columns with several values, one a line."""
HINTS: Mapping[str, str] = {
    "email": _("A new address has to be confirmed with a letter before the person takes part again."),
    "capacity": _("For mentors: from 0 to %(most)s at the same time."),
    "skills": _("One a line; how well, if you know: %(example)s"),
    "employer": _("One a line. People of one employer are never brought together."),
    "avoid": _("One a line: a person's id or name, an employer, a domain of addresses, a profession."),
}


@dataclass(frozen=True)
class Field:
    """One column: what it is called, how it is asked, what stands in it."""

    name: str
    label: str
    value: str
    hint: str
    look: str  # choice, line, lines, text
    options: str  # the datalist with suggestions, or ""


def show(visit: Visit) -> Response:
    """GET /desk/people/…/edit"""
    person = person_of(visit)
    return _page(visit, person, _shown(visit, person))


def save(visit: Visit) -> Response:
    """POST /desk/people/…/edit: stores everything, or shows what was typed again with what is wrong."""
    person = person_of(visit)
    typed = {column: _typed(visit, column) for column in COLUMNS if column in visit.form}
    shown = {**_shown(visit, person), **typed}
    try:
        signup.update_profile(
            visit.site.database,
            person.id,
            typed,
            vocabulary=visit.site.vocabulary,
            links=visit.site.links,
            now=visit.now,
            by=pages.me(visit),
            version=visit.form.number("version"),
        )
    except InvalidProfile as wrong:
        found = {problem.column: problem.in_words(visit.translator.gettext) for problem in wrong.problems}
        return _page(visit, person, shown, found)
    except NotFound as gone:
        raise visit.refuse(404) from gone
    except Overtaken:
        return _overtaken(visit, shown)
    except NotAllowed as refusal:
        column = "capacity" if "used" in refusal.facts else "email"
        return _page(visit, person, shown, {column: pages.sentence(visit, refusal)})
    visit.flash(visit.gettext(_("Saved. It counts from the next round of matching on.")))
    return visit.redirect("desk_person", id=key_of(person.id))


def _overtaken(visit: Visit, typed: Mapping[str, str]) -> Response:
    """409: what was typed stays, beside what somebody else has stored meanwhile; saving again is then a decision."""
    person = person_of(visit)
    now = _shown(visit, person)
    seen = [
        pages.Seen(profile.label(visit, column), typed[column], now[column])
        for column in COLUMNS
        if typed[column].split() != now[column].split()
    ]
    return _page(visit, person, typed, status=409, seen=seen)


def _page(
    visit: Visit,
    person: Participant,
    values: Mapping[str, str],
    problems: Mapping[str, str] | None = None,
    status: int = 200,
    seen: Sequence[pages.Seen] = (),
) -> Response:
    named = {k: v for k, v in (problems or {}).items() if k in COLUMNS}
    others = [sentence for column, sentence in (problems or {}).items() if column not in COLUMNS]
    return pages.page(
        visit,
        "person_edit.html",
        422 if problems else status,
        section="desk_people",
        person=person,
        version=visit.form.number("version", person.version) if problems else person.version,
        groups=[(visit.gettext(title), [_field(visit, c, values[c]) for c in columns]) for title, columns in GROUPS],
        lists=_lists(visit),
        roles=[(value, visit.gettext(word)) for value, word in ROLES.items()],
        problems=named,
        others=others,
        seen=seen,
    )


# -- fields ----------------------------------------------------------------------------------------------------------


def _field(visit: Visit, column: str, value: str) -> Field:
    look = {"role": "choice", "text": "text"}.get(column, "lines" if column in MANY else "line")
    example = f"{visit.site.vocabulary.terms('skills')[0].label_in(visit.language)} = 3"
    hint = visit.gettext(HINTS[column], most=MOST_PLACES, example=example) if column in HINTS else ""
    options = "timezone" if column == "timezone" else KINDS.get(column, "")
    return Field(column, profile.label(visit, column), value, hint, look, f"list-{options}" if options else "")


def _shown(visit: Visit, person: Participant) -> dict[str, str]:
    """The stored columns as the form shows them."""
    answers = rows.answers_of(person)
    return {column: _as_shown(visit, column, answers.get(column, "")) for column in COLUMNS}


def _as_shown(visit: Visit, column: str, cell: str) -> str:
    if column not in KINDS and column not in MANY:
        return cell
    parts = [part.strip() for part in cell.split(";") if part.strip()]
    return "\n".join(_readable(visit, part, KINDS.get(column, "disciplines")) for part in parts)


def _readable(visit: Visit, part: str, kind: str) -> str:
    """The label of an id if it leads back to it, with the level of a skill; else the value as it is."""
    vocabulary = visit.site.vocabulary
    id, equals, level = part.partition("=")
    if id not in vocabulary:
        return part
    label = vocabulary[id].label_in(visit.language)
    again = vocabulary.find(label, kind) if not any(c in label for c in ";|=\n") else None
    word = label if again is not None and again.id == id else id
    return f"{word} = {level}" if equals else word


def _typed(visit: Visit, column: str) -> str:
    """What came back; values chosen under "add" join the list."""
    more = visit.form.all(f"{column}_add") if column in MANY else []
    return "\n".join(filter(None, (visit.form.text(column), *more)))


def _lists(visit: Visit) -> Mapping[str, Sequence[str]]:
    """Suggestions for the fields, by the id of their datalist."""
    vocabulary, kinds = visit.site.vocabulary, sorted({*KINDS.values()})
    found = {f"list-{kind}": [t.label_in(visit.language) for t in vocabulary.terms(kind)] for kind in kinds}
    return {**found, "list-timezone": list(zone_names())}
