"""Letters as their readers see them: taken apart from their bytes, and shut into a frame of their own.

The demo's mailbox shows letters from files, the desk those of the outbox; this is what both need.
"""

import email
import email.policy
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser

from starlette.responses import HTMLResponse, Response

from web.headers import CONTENT_SECURITY_POLICY

VIEWS = ("html", "text", "headers", "source")

PAGE_POLICY = CONTENT_SECURITY_POLICY + "; frame-src 'self'"
"""For the page around a letter in its frame."""

_FRAME_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data: cid:",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
        "sandbox",
    )
)
LINKS_LEAD_OUT = "allow-top-navigation-by-user-activation allow-popups allow-popups-to-escape-sandbox"
"""What a sandbox has to allow for links in a letter to work."""


@dataclass(frozen=True)
class Heading:
    """To whom a letter goes, about what, and when it was written."""

    to: str
    subject: str
    at: datetime | None


@dataclass(frozen=True)
class Shown(Heading):
    """A letter with all its parts; `source` are its bytes as they travel."""

    text: str
    html: str
    headers: Sequence[tuple[str, str]]
    source: str

    def view(self, wanted: str) -> str:
        """The view asked for, or the first there is."""
        if wanted in VIEWS and (self.html or wanted != "html"):
            return wanted
        return "html" if self.html else "text"

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The text in pieces: (piece, is it a link)."""
        pieces, at = [], 0
        for found in _LINK.finditer(self.text):
            pieces += [(self.text[at : found.start()], False), (found[0], True)]
            at = found.end()
        return [*pieces, (self.text[at:], False)]


_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


def heading(raw: bytes) -> Heading:
    """The heading of a letter; its body is not read, which takes most of the time."""
    return Heading(*_heading(BytesHeaderParser(policy=email.policy.default).parsebytes(raw)))


def taken_apart(raw: bytes) -> Shown:
    """A letter from its bytes."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    return Shown(
        *_heading(message),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        headers=[(name, str(value)) for name, value in message.items()],
        source=raw.decode("utf-8", "replace").replace("\r\n", "\n"),
    )


def _heading(message: EmailMessage) -> tuple[str, str, datetime | None]:
    date = message["date"]
    at = date.datetime if date is not None and date.datetime is not None and date.datetime.tzinfo else None
    return str(message.get("to", "")), str(message.get("subject", "")), at


_TOKEN = re.compile(r"/(?:answer|confirm|sign-in|unsubscribe)/([A-Za-z0-9_.~%-]{19,}[A-Za-z0-9_~-])")
BLANK = "•••"


def blanked(letter: Shown) -> Shown:
    """The letter without the tokens of its links, for anybody but its reader; everything else as it is.

    Whoever has a token can answer, sign in or unsubscribe in the reader's place.
    """
    told = [letter.text, letter.html, *(value for _, value in letter.headers)]
    tokens = {found[1] for text in told for found in _TOKEN.finditer(text)}
    if not tokens:
        return letter
    longest_first = sorted(tokens, key=len, reverse=True)
    plain = re.compile("|".join(map(re.escape, longest_first)))
    as_it_travels = re.compile("|".join(map(_quoted_printable, longest_first)))
    return replace(
        letter,
        text=plain.sub(BLANK, letter.text),
        html=plain.sub(BLANK, letter.html),
        headers=[(name, plain.sub(BLANK, value)) for name, value in letter.headers],
        source=as_it_travels.sub(BLANK, letter.source),
    )


def _quoted_printable(token: str) -> str:
    """Finds a token in a letter's source, where a line may end within it and any sign may stand as its number."""
    return "(?:=\n)?".join(f"(?:{re.escape(sign)}|={ord(sign):02X})" for sign in token)


def _body(message: EmailMessage, kind: str) -> str:
    """The text or HTML part, decoded; empty when there is none."""
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


def framed(html: str, *, links: bool) -> Response:
    """The HTML of a letter for its frame alone: its own style, no scripts, no requests.

    `links`: whether links lead out of the frame; our own pages refuse to be framed. Otherwise they do nothing.
    """
    base = '<base target="_top">'
    body = html.replace("<head>", "<head>" + base, 1) if "<head>" in html else base + html
    policy = f"{_FRAME_POLICY} {LINKS_LEAD_OUT}" if links else _FRAME_POLICY
    return HTMLResponse(body, headers={"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"})
