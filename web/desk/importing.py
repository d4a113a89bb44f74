"""A list of people is brought in: first looked at, with everything that would happen; then, if wanted, for good.

Between the two steps the file stays with us (`matcher.workflow.uploads`), so that what was looked at is what is brought
in, and nothing has to be chosen twice.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from starlette.responses import Response

from matcher.domain.profiles import Problem, Profile
from matcher.files.errors import UnreadableFile
from matcher.files.reading import ProfileFile, read_profiles
from matcher.workflow import people, uploads
from matcher.workflow.uploads import Upload
from web.desk import pages, profile
from web.desk.words import key_of
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


LARGEST = 10 * 1024 * 1024
"""Bytes of a list of people; ten thousand long profiles fit well."""
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".json", ".jsonl", ".ndjson")
MOST_SHOWN = 200
"""Rows of each part of the report."""


@dataclass(frozen=True)
class Wrong:
    """A row, or somebody in it, that is left out: where, what was typed, why."""

    row: int | None
    column: str
    value: str
    sentence: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Report:
    """What bringing the file in would do. Lists hold the first MOST_SHOWN; the counts are whole."""

    added: int
    changed: int
    unchanged: int
    refused: int
    losing: int = 0  # people of whom a column would be emptied
    new: list[list[str]] = field(default_factory=list)  # id, name
    changes: list[list[Any]] = field(default_factory=list)  # id, name, columns, those of them that are emptied
    wrong: list[Wrong] = field(default_factory=list)
    unknown: list[list[Any]] = field(default_factory=list)  # column, value, times

    @property
    def is_empty(self) -> bool:
        """Whether bringing it in would change nothing."""
        return not (self.added or self.changed)


def ask(visit: Visit) -> Response:
    """GET /desk/people/import: choose a file; or what the file would do that was looked at last."""
    return _page(visit)


def bring(visit: Visit) -> Response:
    """POST /desk/people/import: looks at a file, brings the kept one in, or puts it aside."""
    acts = {"look": _look, "bring": _bring, "aside": _aside}
    what = visit.form.text("act", "look")
    if what not in acts:
        raise visit.refuse(422, visit.gettext(pages.CHOOSE))
    return acts[what](visit)


# -- looking ---------------------------------------------------------------------------------------------------------


def _look(visit: Visit) -> Response:
    """Nothing is changed: the file is read, what it would do is worked out, and both are kept."""
    name, data = visit.form.files.get("file", ("", b""))
    problem = _unusable(visit, name, data)
    if problem:
        return _page(visit, {"file": problem})
    try:
        read = _read(visit, name, data)
    except UnreadableFile as error:
        why = error.in_words(visit.gettext)
        said = visit.gettext(_("“%(name)s” cannot be used: %(why)s."), name=_short(name), why=why.rstrip("."))
        return _page(visit, {"file": said})
    report = _report(visit, read)
    kept = Upload(_short(name), data, {"report": asdict(report)})
    uploads.keep(visit.site.database, pages.me(visit), kept, now=visit.now)
    return visit.redirect("desk_import")


def _unusable(visit: Visit, name: str, data: bytes) -> str:
    """What is wrong with a file before it is even opened."""
    if not name:
        return visit.gettext(_("Choose a file first."))
    if len(data) > LARGEST:
        return visit.gettext(
            _("“%(name)s” is larger than %(most)s MB. Cut the list in two, or leave out columns that are not needed."),
            name=_short(name),
            most=LARGEST // 1024**2,
        )
    if Path(name).suffix.lower() not in ENDINGS:
        return visit.gettext(
            _("“%(name)s” is no list that can be read here. Save it as CSV, XLSX or JSON Lines."), name=_short(name)
        )
    return ""


def _read(visit: Visit, name: str, data: bytes) -> ProfileFile:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"people{Path(name).suffix.lower()}"  # never the browser's own name
        path.write_bytes(data)
        return read_profiles(path, vocabulary=visit.site.vocabulary)


def _report(visit: Visit, read: ProfileFile) -> Report:
    preview = people.preview_import(visit.site.database, read.profiles, by=pages.me(visit), now=visit.now)
    done, by_id = preview.imported, {p.id: p for p in read.profiles}
    wrong = [*map(_row, read.problems), *(_person(by_id[id], why) for id, why in done.refused.items())]
    return Report(
        added=len(done.added),
        changed=len(done.changed),
        unchanged=len(done.unchanged),
        refused=len({p.row for p in read.problems}) + len(done.refused),
        losing=sum(map(bool, preview.emptied.values())),
        new=[[id, by_id[id].name] for id in done.added[:MOST_SHOWN]],
        changes=[
            [id, by_id[id].name, list(preview.columns[id]), list(preview.emptied[id])]
            for id in done.changed[:MOST_SHOWN]
        ],
        wrong=wrong[:MOST_SHOWN],
        unknown=[[column, value, times] for (column, value), times in read.unknown.most_common(MOST_SHOWN)],
    )


def _row(problem: Problem) -> Wrong:
    return Wrong(
        problem.row,
        problem.column,
        problem.value,
        problem.sentence or problem.message,
        {name: str(fact) for name, fact in problem.facts.items()} if problem.sentence else {},
    )


def _person(person: Profile, why: str) -> Wrong:
    return Wrong(None, "", f"{person.id} {person.name}".strip(), why, {})


def _short(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:60]}…{name[-19:]}"


# -- bringing in -----------------------------------------------------------------------------------------------------


def _bring(visit: Visit) -> Response:
    """For good: what the kept file holds, as things are now."""
    by = pages.me(visit)
    kept = uploads.kept(visit.site.database, by)
    if kept is None or kept.digest != visit.form.text("digest"):
        visit.flash(visit.gettext(_("This list is no longer here; please choose it again.")), "note")
        return visit.redirect("desk_import")
    read = _read(visit, kept.name, kept.data)
    done = people.import_profiles(
        visit.site.database,
        read.profiles,
        by=by,
        now=visit.now,
        confirmed=bool(visit.form.text("agreed")),
        links=visit.site.links,
        language=visit.language,
    )
    uploads.forget(visit.site.database, by)
    left = len({p.row for p in read.problems}) + len(done.refused)
    parts = [
        visit.ngettext("%(n)s person is new", "%(n)s people are new", len(done.added)),
        visit.ngettext("%(n)s changed", "%(n)s changed", len(done.changed)),
        visit.ngettext("%(n)s as before", "%(n)s as before", len(done.unchanged)),
        *([visit.ngettext("%(n)s row was left out", "%(n)s rows were left out", left)] if left else []),
    ]
    visit.flash(visit.gettext(_("Brought in: %(what)s."), what=", ".join(parts)), "note" if left else "good")
    return visit.redirect("desk_people", query={"sort": "newest"} if done.added else None)


def _aside(visit: Visit) -> Response:
    uploads.forget(visit.site.database, pages.me(visit))
    visit.flash(visit.gettext(_("The list was put aside; nothing has changed.")), "note")
    return visit.redirect("desk_import")


# -- the page --------------------------------------------------------------------------------------------------------


def _page(visit: Visit, problems: Mapping[str, str] | None = None) -> Response:
    kept = uploads.kept(visit.site.database, pages.me(visit)) if not problems else None
    report = _stored(kept.found["report"]) if kept is not None else None
    return pages.page(
        visit,
        "import.html",
        422 if problems else 200,
        section="desk_people",
        kept=kept,
        report=report,
        wrong=[
            (w, visit.gettext(w.sentence) % w.facts if w.facts else visit.gettext(w.sentence)) for w in _wrong(report)
        ],
        labels={column: profile.label(visit, column) for column in _columns(report)},
        key=key_of,
        most=MOST_SHOWN,
        endings=",".join(ENDINGS),
        problems=problems or {},
    )


def _stored(found: Mapping[str, Any]) -> Report:
    return Report(**{**found, "wrong": [Wrong(**wrong) for wrong in found["wrong"]]})


def _wrong(report: Report | None) -> Sequence[Wrong]:
    return report.wrong if report is not None else ()


def _columns(report: Report | None) -> set[str]:
    """Every column that the report names."""
    if report is None:
        return set()
    changed = {column for _id, _name, columns, _emptied in report.changes for column in columns}
    return changed | {column for column, _value, _times in report.unknown} | {w.column for w in report.wrong}
