"""The demo's mailbox: every letter as its reader would see it.

It exists only where the configuration shows letters to everybody, on one machine.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from web import letters_shown
from web.letters_shown import Heading, Shown
from web.visit import Visit

MOST = 200
"""Letters listed at once, the newest."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+=-]{0,240}\.eml")


@dataclass(frozen=True)
class Listed:
    """A letter in the list; `id` is the name of its file."""

    id: str
    heading: Heading


def show(visit: Visit) -> Response:
    """GET /mailbox: the newest letters on top, all or those to one reader."""
    found = [Listed(path.name, letters_shown.heading(path.read_bytes())) for path in _newest(_folder(visit))]
    readers = sorted({letter.heading.to for letter in found})
    wanted = visit.query.text("to")
    shown = [letter for letter in found if not wanted or letter.heading.to == wanted]
    return visit.page("mailbox/list.html", letters=shown, readers=readers, wanted=wanted)


def letter(visit: Visit) -> Response:
    """GET /mailbox/…: one letter; `?view=` html (in a frame), text, headers or source."""
    path = _path(visit)
    shown = _open(path)
    return visit.page(
        "mailbox/letter.html",
        headers={"Content-Security-Policy": letters_shown.PAGE_POLICY},
        id=path.name,
        shown=shown,
        view=shown.view(visit.query.text("view")),
        sandbox=letters_shown.LINKS_LEAD_OUT,
    )


def html(visit: Visit) -> Response:
    """GET /mailbox/…/html: the HTML of a letter, for its frame."""
    shown = _open(_path(visit))
    if not shown.html:
        raise visit.refuse(404)
    return letters_shown.framed(shown.html, links=True)


# -- reading letters -------------------------------------------------------------------------------------------------


def _folder(visit: Visit) -> Path:
    assert visit.site.mailbox is not None
    return visit.site.mailbox


def _newest(folder: Path) -> list[Path]:
    """The newest letters, newest first."""
    if not folder.is_dir():
        return []
    dated = []
    for path in folder.glob("*.eml"):
        try:
            dated.append((path.stat().st_mtime_ns, path.name, path))
        except FileNotFoundError:
            continue  # cleared away between listing and looking
    return [path for _, _, path in sorted(dated, reverse=True)[:MOST]]


def _path(visit: Visit) -> Path:
    """The file of the address; a name that is not one in the folder is 404."""
    name = visit.param("letter")
    path = _folder(visit) / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise visit.refuse(404)
    return path


def _open(path: Path) -> Shown:
    return letters_shown.taken_apart(path.read_bytes())
