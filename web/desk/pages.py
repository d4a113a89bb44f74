"""What the pages of the desk share: the frame, numbers in addresses, exports, old forms, and the way back to a list."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from matcher.domain.introductions import NotAllowed, State
from matcher.domain.people import Limit
from matcher.files.writing import csv_text, json_bytes, xlsx_bytes
from matcher.workflow import access
from matcher.workflow import desk as steps
from web.access import local_path, to_path
from web.desk.words import Words
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


EXPORTS = Limit(60, timedelta(days=1))
"""Exports that one coordinator may make."""

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
MOST_CHANGED = 50
"""Introductions told of when a round changed while somebody looked at it."""

CHOOSE = _("Please choose one of the ways that are offered.")


def page(
    visit: Visit, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """A page of the desk from `templates/desk/`."""
    return visit.page(f"desk/{template}", status, headers, desk=Words(visit), here=Here(visit), **more)


@dataclass(frozen=True)
class Here:
    """The address of this page, to be kept through a form or changed in one part."""

    visit: Visit

    @property
    def path(self) -> str:
        """Path and query, for the hidden field `back`."""
        query = [(k, v) for k, v in self._query if k not in ("lang", "dismissed")]
        return self.visit.path + (f"?{urlencode(query)}" if query else "")

    @property
    def _query(self) -> list[tuple[str, str]]:
        return [(k, v) for k, v in self.visit.query.items if v]

    def with_(self, **changes: object) -> str:
        """This page with some of its query changed; an empty value leaves a part out, another page begins at 0."""
        query = dict(self._query)
        query.pop("lang", None)
        query.pop("dismissed", None)
        if "page" not in changes:
            query.pop("page", None)
        query.update({k: str(v) for k, v in changes.items()})
        kept = [(k, v) for k, v in query.items() if v not in ("", "None")]
        return self.visit.path + (f"?{urlencode(kept)}" if kept else "")


def number(visit: Visit, name: str = "id") -> int:
    """A number in the address; 404 when it is none."""
    text = visit.param(name)
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise visit.refuse(404)
    return int(text)


def me(visit: Visit) -> str:
    """The coordinator's id; the guard has made sure there is one."""
    assert visit.visitor is not None
    return visit.visitor.id


def sentence(visit: Visit, refusal: NotAllowed) -> str:
    """A refusal in the reader's language."""
    return visit.gettext(refusal.message) % refusal.facts


def numbers(texts: Iterable[str]) -> list[int]:
    """The numbers among some texts; nonsense is passed over."""
    return [int(t) for t in texts if t.isascii() and t.isdecimal() and len(t) <= 9]


def seen(texts: Iterable[str]) -> dict[int, int]:
    """Which introductions a form decides on, each with the version it showed ("17:3"); nonsense is passed over.

    Without a version it is -1, which never is the true one: what nobody can have seen is not decided on.
    """
    found = {}
    for text in texts:
        id, _, version = text.partition(":")
        for number_ in numbers([id]):
            found[number_] = (*numbers([version]), -1)[0]
    return found


def back(visit: Visit, name: str, query: Mapping[str, str] | None = None, **params: object) -> Response:
    """To the page the form was sent from (its hidden field `back`), else to a named address."""
    path = local_path(visit.form.text("back"))
    if not path.startswith("/desk"):
        return visit.redirect(name, query, **params)
    if query:
        path += ("&" if "?" in path else "?") + urlencode(query)
    return to_path(path)


# -- two coordinators at once ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """One thing as a form showed it and as it is now."""

    label: str
    then: str
    now: str


def stamp(round_: Mapping[int, tuple[int, State]]) -> str:
    """The drafts of a round with their versions as one text, for a form that decides on all of them.

    Neighbours of one version are one piece ("17-420:1 422-422:3"), since a round can have thousands.
    """
    pieces: list[tuple[int, int, int]] = []
    for id, (version, state) in round_.items():
        if state is not State.DRAFT:
            continue
        first = id
        if pieces and pieces[-1][1:] == (id - 1, version):
            first = pieces.pop()[0]
        pieces.append((first, id, version))
    return " ".join(f"{first}-{last}:{version}" for first, last, version in pieces)


def stamped(text: str, ids: Iterable[int]) -> dict[int, int]:
    """Which of some introductions a stamp names, each with its version; nonsense is passed over."""
    found = re.findall(r"(?<!\S)(\d{1,9})-(\d{1,9}):(\d{1,9})(?!\S)", text, re.ASCII)
    pieces = sorted((int(first), int(last), int(version)) for first, last, version in found)
    shown = {}
    for id in ids:
        at = bisect_right(pieces, id, key=lambda piece: piece[0]) - 1
        if at >= 0 and id <= pieces[at][1]:
            shown[id] = pieces[at][2]
    return shown


def changed(
    visit: Visit,
    round_: Mapping[int, tuple[int, State]],
    names: Callable[[Sequence[int]], Mapping[int, str]],
) -> list[Seen]:
    """What differs between the drafts that the stamp in the field `seen` names and those there are.

    `names`: what introductions are called. Of very many only the first are told.
    """
    shown, words, found = stamped(visit.form.text("seen"), round_), Words(visit), []
    for id, (version, state) in round_.items():
        if shown.get(id) == version or (id not in shown and state is not State.DRAFT):
            continue
        then = visit.gettext(_("to review")) if id in shown else visit.gettext(_("not among those to review"))
        is_now = visit.gettext(_("changed")) if state is State.DRAFT and id in shown else words.state(state)
        found.append((id, then, is_now))
    told = found[:MOST_CHANGED]
    labels = names([id for id, _then, _now in told])
    return [Seen(labels[id], then, is_now) for id, then, is_now in told]


def conflict(
    visit: Visit,
    seen: Sequence[Seen],
    onward: str,
    who: str = "",
    typed: Sequence[tuple[str, str]] = (),
    section: str = "",
) -> Response:
    """409: somebody else was faster; what the form showed beside what is true now, and the way on.

    `typed`: what was written in the form, by label, so that it can be copied and nothing is lost.
    """
    kept = [each for each in typed if each[1]]
    return page(visit, "conflict.html", 409, seen=seen, onward=onward, who=who, typed=kept, section=section)


# -- exports ---------------------------------------------------------------------------------------------------------


def export(visit: Visit, name: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Response:
    """A table as a file in the format that the form's field `as` names; leaves a record in the audit log."""
    wanted = visit.form.text("as", "csv")
    if wanted not in FORMATS:
        raise visit.refuse(422, visit.gettext(CHOOSE))
    who = me(visit)
    if not access.allow(visit.site.database, f"desk-export:{who}", EXPORTS.count, EXPORTS.per, now=visit.now):
        raise visit.refuse(429)
    steps.note_export(visit.site.database, name, by=who, rows=len(rows), now=visit.now)
    if wanted == "xlsx":
        body = xlsx_bytes(header, rows, name)
    elif wanted == "json":
        body = json_bytes(header, rows)
    else:
        body = csv_text(header, rows).encode("utf-8", "surrogatepass")
    stem = re.sub(r"[^a-z0-9-]+", "-", name.lower())
    file = f"{stem}-{visit.now:%Y-%m-%d}.{wanted}"
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return Response(body, media_type=FORMATS[wanted], headers=headers)
