"""Reports about letters: delivery status notifications (RFC 3464, 6533), complaints (RFC 5965), and their older kin.

What cannot be read as a report (out of office, a question of the reader) is none. A report says which letter it is
about by the address it was sent to (`matcher.mail.return_paths`); a complaint goes elsewhere and names the letter's
return path or its Message-ID, of which 128 bits are random and known to its reader alone.
"""

import base64
import binascii
import contextlib
import json
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from matcher.domain.letters import Sign

LARGEST = 1024 * 1024
"""Bytes of a report that are looked at; what failed may hang behind it at any length."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says. `sent_to`: addresses that may be the return path of a letter; `status` is its own words."""

    sign: Sign
    sent_to: tuple[str, ...]
    message_id: str = ""
    at: datetime | None = None
    status: str = ""


def messages_of(data: bytes) -> list[bytes]:
    """The messages of a mailbox file (RFC 4155), or the one message that it is."""
    data = data.lstrip(b"\r\n")
    if not data.startswith(b"From "):
        return [data] if data.strip() else []
    pieces = re.split(rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From [^\r\n]*\r?\n", data)
    return [re.sub(rb"(?m)^>(>*From )", rb"\1", piece) for piece in pieces if piece.strip()]


def read_report(raw: bytes) -> Report | None:
    """What one message reports, or None when it is no report of an end: a delay, a notice, a letter from somebody."""
    try:
        return _read(message_from_bytes(raw[:LARGEST]))
    except RecursionError:  # parts within parts without end are nobody's report
        return None


def _read(message: Message) -> Report | None:
    parts = list(_parts(message))
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            return _complaint(message, parts, _blocks(part))
        if kind in ("message/delivery-status", "message/global-delivery-status"):
            return _status(message, _blocks(part))
    returned = _returned(parts)
    if "X-HmXmrOriginalRecipient" in returned:  # complaints as Outlook's feedback loop sends them
        return Report(Sign.COMPLAINT, _addresses(returned, "Return-Path"), _one(returned, "Message-ID"), _date(message))
    return _prose(message, parts)


def read_events(data: bytes) -> list[Report]:
    """Reports as JSON, one or a list: `{"type": "hard", "return_path": "bounce+…@…", "at": "2026-03-02T15:00:00Z"}`.

    `type` is hard, soft, complaint or delivered. What is not of this form is left out.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return []
    listed = found if isinstance(found, list) else [found]
    return [report for each in listed if (report := _event(each)) is not None]


def _event(event: Any) -> Report | None:
    if not isinstance(event, dict) or event.get("type") not in ("hard", "soft", "complaint", "delivered"):
        return None
    texts = {name: event[name] for name in ("return_path", "message_id", "at") if isinstance(event.get(name), str)}
    at = None
    with contextlib.suppress(KeyError, ValueError):
        at = _aware(datetime.fromisoformat(texts["at"]))
    path = texts.get("return_path", "")
    return Report(Sign(event["type"]), (path,) if path else (), texts.get("message_id", ""), at)


# -- delivery status -------------------------------------------------------------------------------------------------


def _status(message: Message, blocks: list[Message]) -> Report | None:
    for wanted in ("failed", "delivered"):
        for block in blocks:
            if _one(block, "Action").partition(" ")[0].lower() != wanted:
                continue
            status, diagnostic = _one(block, "Status"), _one(block, "Diagnostic-Code")
            sign = Sign.DELIVERED if wanted == "delivered" else failure(status, diagnostic)
            at = _date(block, "Last-Attempt-Date") or _date(blocks[0], "Arrival-Date") or _date(message)
            return Report(sign, _sent_to(message), at=at, status=f"{status} {diagnostic}".strip()[:300])
    return None


_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_ABOUT_THE_SENDER = ((1, 7), (1, 8))
_MAY_PASS = re.compile(
    r"quota|mailbox (is )?full|over ?limit|storage|too (large|big|many)|spam|block(ed|list)|black ?list|reputation"
    r"|policy|polic(y|ies)|dmarc|spf|dkim|timed? ?out|timeout|retry|try again|temporar|greylist|rate",
    re.IGNORECASE,
)


def failure(status: str, words: str) -> Sign:
    """Whether a failure means that there is no such mailbox (hard) or may pass (soft).

    By the enhanced status (RFC 3463), the more exact one where two are given: an unknown address and a disabled mailbox
    are hard; a full one, policies, routes, contents and all 4.x are soft. Without one, the words and the reply decide.
    """
    codes = [tuple(map(int, found)) for text in (status, words) for found in _ENHANCED.findall(text)]
    exact = next((code for code in codes if code[1:] not in ((0, 0), (5, 0))), None)
    if exact is not None:
        kind, *subject = exact
        unknown = subject[0] == 1 and tuple(subject) not in _ABOUT_THE_SENDER
        return Sign.HARD if kind == 5 and (unknown or subject == [2, 1]) else Sign.SOFT
    if any(code[0] == 4 for code in codes) or re.search(r"\b(4\d\d|552)[ -]", words) or _MAY_PASS.search(words):
        return Sign.SOFT
    return Sign.HARD


# -- complaints ------------------------------------------------------------------------------------------------------


def _complaint(message: Message, parts: list[Message], blocks: list[Message]) -> Report | None:
    fields = blocks[0] if blocks else Message()
    if _one(fields, "Feedback-Type").lower() not in ("abuse", "fraud", "virus", "other", "opt-out", "opt-out-list"):
        return None  # not-spam, and reports about signatures
    returned = _returned(parts)
    paths = _addresses(fields, "Original-Mail-From") + _addresses(returned, "Return-Path")
    at = _date(fields, "Arrival-Date") or _date(fields, "Received-Date") or _date(message)
    return Report(Sign.COMPLAINT, paths, _one(returned, "Message-ID"), at, _one(fields, "Feedback-Type").lower())


# -- reports in prose ------------------------------------------------------------------------------------------------

_FAILED = re.compile(
    r"undeliver|delivery (status notification )?\(?fail|delivery has failed|returned (mail|to sender)|failure notice"
    r"|could not be delivered|mail delivery failed|unzustellbar|no se ha podido entregar|non remis|devuelto",
    re.IGNORECASE,
)
_DELAYED = re.compile(r"delay|warning|aufgeschoben|will (retry|keep trying)", re.IGNORECASE)
_COPY = re.compile(
    r"^-+ ?(below this line|this is a copy|original message|forwarded|the header)", re.IGNORECASE | re.MULTILINE
)


def _prose(message: Message, parts: list[Message]) -> Report | None:
    """Reports of qmail, older Exim and others: by a mail system, about a failure, in words."""
    if _one(message, "Auto-Submitted").lower().startswith("auto-replied") or "X-Autoreply" in message:
        return None
    author = f"{_one(message, 'From')} {_one(message, 'Return-Path')}".lower()
    by_a_system = "mailer-daemon" in author or "postmaster" in author or _one(message, "Return-Path") == "<>"
    text = next((_text(part) for part in parts if part.get_content_type() == "text/plain"), "")
    subject = _one(message, "Subject")
    named = "X-Failed-Recipients" in message or "qmail-send program" in text
    if not by_a_system or not (named or _FAILED.search(subject)) or _DELAYED.search(subject):
        return None
    words = _COPY.split(text, maxsplit=1)[0][:4000]
    return Report(failure("", words), _sent_to(message), at=_date(message), status=" ".join(words.split())[-300:])


# -- pieces of messages ----------------------------------------------------------------------------------------------


def _parts(message: Message) -> Iterator[Message]:
    """Every part, but not the parts of a message that is enclosed."""
    yield message
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _parts(part)


def _returned(parts: list[Message]) -> Message:
    """The headers of the letter that a report encloses."""
    for part in parts:
        kind = part.get_content_type()
        if kind in ("text/rfc822-headers", "message/rfc822-headers", "text/rfc822"):
            return message_from_string(_text(part))
        if kind in ("message/rfc822", "message/global") and part.is_multipart():
            enclosed = part.get_payload(0)
            if isinstance(enclosed, Message):
                return enclosed
    return Message()


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a report, first those about the letter as a whole."""
    text = _text(part).replace("\r\n", "\n").strip("\n")
    return [message_from_string(block + "\n\n") for block in re.split(r"\n[ \t]*\n+", text) if block.strip()]


def _text(part: Message) -> str:
    """The text of a part; the parser takes the fields of a report for messages, and leaves them encoded."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        data = part.get_payload(decode=True)
        return data.decode("utf-8", "replace") if isinstance(data, bytes) else str(payload)
    text = "\n".join(each.as_string() for each in payload if isinstance(each, Message))
    encoding = _one(part, "Content-Transfer-Encoding").lower()
    try:
        if encoding == "base64":
            return base64.b64decode(text).decode("utf-8", "replace")
        if encoding == "quoted-printable":
            return quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace")
    except binascii.Error:
        pass
    return text


def _sent_to(message: Message) -> tuple[str, ...]:
    return _addresses(message, "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-RCPT-TO", "To")


def _addresses(message: Message, *headers: str) -> tuple[str, ...]:
    """All that looks like an address in some headers; which of them is ours, its signature says."""
    values = [str(value) for header in headers for value in message.get_all(header, [])]
    return tuple(
        dict.fromkeys(found for value in values for found in re.findall(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+", value))
    )


def _one(message: Message, header: str) -> str:
    return " ".join(str(message.get(header, "")).split())


def _date(message: Message, header: str = "Date") -> datetime | None:
    try:
        return _aware(parsedate_to_datetime(_one(message, header)))
    except (TypeError, ValueError, OverflowError):
        return None


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
