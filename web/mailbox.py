"""The demo's mailbox: every letter as its reader would see it.

It exists only where the configuration shows letters to everybody, on one machine.
"""

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from starlette.responses import HTMLResponse, Response

from web.visit import Visit

MOST = 200
"""Letters listed at once, the newest."""

LETTER_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data: cid:",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
        "sandbox allow-top-navigation-by-user-activation allow-popups allow-popups-to-escape-sandbox",
    )
)
"""For a letter in its frame: its own style, no scripts, no requests; links lead out of the frame."""

FRAME = "; frame-src 'self'"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+=-]{0,240}\.eml")


@dataclass(frozen=True)
class Heading:
    """A letter in the list."""

    id: str
    to: str
    subject: str
    at: datetime | None


@dataclass(frozen=True)
class Opened:
    """A letter with all its parts."""

    heading: Heading
    text: str
    has_html: bool
    headers: list[tuple[str, str]]


def show(visit: Visit) -> Response:
    """GET /mailbox: the newest letters on top, all or those to one reader."""
    headings = [_heading(path, _parse(path)) for path in _newest(_folder(visit))]
    readers = sorted({heading.to for heading in headings})
    wanted = visit.query.text("to")
    shown = [heading for heading in headings if not wanted or heading.to == wanted]
    return visit.page("mailbox/list.html", headings=shown, readers=readers, wanted=wanted)


def letter(visit: Visit) -> Response:
    """GET /mailbox/…: one letter; `?view=` text, headers, or the HTML in a frame."""
    path = _path(visit)
    message = _parse(path)
    opened = Opened(
        heading=_heading(path, message),
        text=_body(message, "plain"),
        has_html=bool(_body(message, "html")),
        headers=[(name, str(value)) for name, value in message.items()],
    )
    view = visit.query.text("view")
    if view not in ("text", "html", "headers"):
        view = "html" if opened.has_html else "text"
    from web.headers import CONTENT_SECURITY_POLICY

    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY + FRAME}
    return visit.page("mailbox/letter.html", headers=headers, opened=opened, view=view, pieces=_linked(opened.text))


def html(visit: Visit) -> Response:
    """GET /mailbox/…/html: the HTML of a letter, for its frame alone and shut in by a policy of its own."""
    body = _body(_parse(_path(visit)), "html")
    if not body:
        raise visit.refuse(404)
    # Links leave the frame; our own pages refuse to be framed.
    base = '<base target="_top">'
    body = body.replace("<head>", "<head>" + base, 1) if "<head>" in body else base + body
    headers = {"Content-Security-Policy": LETTER_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return HTMLResponse(body, headers=headers)


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


def _parse(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _heading(path: Path, message: EmailMessage) -> Heading:
    date = message["date"]
    at = date.datetime if date is not None and date.datetime is not None and date.datetime.tzinfo else None
    return Heading(path.name, str(message.get("to", "")), str(message.get("subject", "")), at)


def _body(message: EmailMessage, kind: str) -> str:
    """The text or HTML part, decoded; empty when there is none."""
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


def _linked(text: str) -> list[tuple[str, bool]]:
    """The text in pieces: (piece, is it a link)."""
    pieces, at = [], 0
    for found in _LINK.finditer(text):
        pieces += [(text[at : found.start()], False), (found[0], True)]
        at = found.end()
    return [*pieces, (text[at:], False)]
