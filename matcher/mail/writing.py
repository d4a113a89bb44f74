"""Composing a letter: from its kind and facts to the finished bytes.

`compose` is called in the transaction that causes the letter; from then on the bytes, Date and Message-ID are fixed.
Templates are folders of `subject.txt`, `body.txt` and `body.html`; what people typed reaches them as facts only and is
never a template itself.
"""

import re
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, EmailPolicy
from email.utils import format_datetime, parseaddr
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import css_inline
import jinja2
from jinja2.nodes import EvalContext
from markupsafe import Markup

from matcher.domain.letters import Composed, Letter, LetterKind, Links, Stream
from matcher.mail.addresses import bare_address, needs_utf8
from matcher.mail.calendars import Attendee, Event, invitation
from matcher.mail.facts import complete
from matcher.mail.tidying import greeting_name, tidy, words, wrapped
from matcher.translations import Translator, translator

TEMPLATES = Path(__file__).parent / "templates"

TO_STRANGERS = frozenset({LetterKind.CONFIRM_ADDRESS, LetterKind.ALREADY_SIGNED_UP, LetterKind.SIGN_IN})
"""Kinds that anybody can cause by typing an address: the reader may never have heard of us."""

_WITHOUT_PAGE = TO_STRANGERS | {LetterKind.LEFT, LetterKind.COORDINATOR_NEEDED}

_PARTS = SMTP.clone(max_line_length=76)
"""For the bodies: the standard library lets quoted-printable lines grow to the header's length, RFC 2045 to 76."""

_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


class ForeignLink(ValueError):
    """A letter was to carry a link that leads away from the configured site."""


def compose(letter: Letter, links: Links, now: datetime) -> Composed:
    """The finished letter. `letter` needs kind, to, language, facts and, for streams, participant_id.

    Raises MissingFacts when the template needs more than it is told, BadAddress for anything but one plain address and
    ForeignLink for a link outside the site.
    """
    to = bare_address(letter.to)
    language = translator(letter.language)
    surroundings = _surroundings(letter, links)
    subject = " ".join(_render(language, letter.kind, "subject.txt", surroundings).split())
    message = EmailMessage(policy=_PARTS)
    stream = letter.stream if letter.participant_id is not None else Stream.ESSENTIAL
    message_id = _put_headers(message, links, links.sender_of(stream), to, subject, now)
    if stream is not Stream.ESSENTIAL:
        _put_list_headers(message, stream, surroundings["unsubscribe"], links)
    message.set_content(wrapped(_render(language, letter.kind, "body.txt", surroundings)), cte="quoted-printable")
    html = _INLINER.inline(_render(language, letter.kind, "body.html", surroundings))
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    if letter.kind in (LetterKind.MEETING, LetterKind.MEETING_CANCELLED):
        _put_calendar(message, language, surroundings, to, links, now)
    raw = _as_bytes(message, utf8=needs_utf8(to))
    return Composed(subject, message_id, links.seal(raw) if links.seal else raw)


# -- headers ---------------------------------------------------------------------------------------------------------


def _put_headers(message: EmailMessage, links: Links, sender: str, to: str, subject: str, now: datetime) -> str:
    """The headers that every letter has; returns the Message-ID, which tells nothing of the reader or the matter."""
    name, address = parseaddr(sender)
    address = bare_address(address)
    message_id = f"<{secrets.token_hex(16)}@{address.rpartition('@')[2]}>"
    message["From"] = _header_address(address, words(name).replace("=?", "= ?"))  # never an encoded word in the making
    message["To"] = _header_address(to)
    message["Reply-To"] = _header_address(bare_address(parseaddr(links.sender)[1]))  # one mailbox is read
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    # Not "All": that also silences Exchange's reports that a letter could not be delivered.
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply, RN, NRN"
    return message_id


def _header_address(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    return Address(display_name=name, username=local, domain=domain)


def _put_list_headers(message: EmailMessage, stream: Stream, unsubscribe: str, links: Links) -> None:
    """What lets mail programs offer a way out of a stream with one click (RFC 2369, RFC 2919, RFC 8058).

    No mailto: among the ways out, since no machine reads the mailbox, and a promise nobody keeps is worse than none.
    """
    host = urlsplit(links.origin).hostname or "localhost"
    message["List-Id"] = f"<{stream.value.replace('_', '-')}.{host}>"
    message["List-Unsubscribe"] = f"<{unsubscribe}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


_IN_ONE_PIECE = frozenset({"to", "reply-to", "message-id", "list-id", "list-unsubscribe", "list-unsubscribe-post"})
"""Headers of addresses. The library would break a long one with an encoded word, which no mail program puts together
again; they stand on one line each."""


class _LetterPolicy(EmailPolicy):
    """Folds headers as the standard library does, except those that must stay in one piece."""

    def fold(self, name: str, value: str) -> str:
        """A header as lines."""
        if name.lower() == "from":
            sender = value.addresses[0]  # type: ignore[attr-defined]
            return f"{name}: {_phrase(sender.display_name, self.linesep)}<{sender.addr_spec}>{self.linesep}"
        if name.lower() not in _IN_ONE_PIECE:
            return str(super().fold(name, value))
        return f"{name}: {value}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        """A header as bytes."""
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii")


def _phrase(name: str, linesep: str) -> str:
    """A display name with what follows it (RFC 5322 3.2.5, RFC 2047 5). The standard library forgets the quotation
    marks of a name that it breaks, and what stood within them may then read as an address."""
    if not name:
        return ""
    if name.isascii():
        plain = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{plain}"{linesep} ' if len(plain) > 50 else f"{plain} " if _ATOMS.fullmatch(plain) else f'"{plain}" '
    pieces = [""]
    for sign in name:  # 45 bytes at most: 75 characters as an encoded word
        if len((pieces[-1] + sign).encode()) > 45:
            pieces.append("")
        pieces[-1] += sign
    return "".join(f"=?utf-8?b?{b64encode(piece.encode()).decode()}?={linesep} " for piece in pieces)


_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")

_AS_IT_TRAVELS = {
    utf8: _LetterPolicy(linesep="\r\n", raise_on_defect=True, utf8=utf8, header_factory=SMTP.header_factory)
    for utf8 in (False, SMTPUTF8.utf8)
}


def _as_bytes(message: EmailMessage, *, utf8: bool) -> bytes:
    return message.as_bytes(policy=_AS_IT_TRAVELS[utf8])


# -- bodies ----------------------------------------------------------------------------------------------------------


def _surroundings(letter: Letter, links: Links) -> dict[str, Any]:
    """Everything the templates can see."""
    facts = tidy(complete(letter.kind, letter.facts))
    _refuse_foreign_links(facts, links)
    facts["name"] = greeting_name(facts["name"], to_a_stranger=letter.kind in TO_STRANGERS)
    person, stream = letter.participant_id, letter.stream
    has_page = person is not None and letter.kind not in _WITHOUT_PAGE
    has_stream = person is not None and stream is not Stream.ESSENTIAL
    return {
        **facts,
        "programme": words(links.programme),
        "page": links.page("/me") if has_page else "",
        "stream": stream.value,
        "unsubscribe": links.unsubscribe(str(person), stream.value) if has_stream else "",
    }


def _refuse_foreign_links(value: Any, links: Links, name: str = "") -> None:
    if isinstance(value, Mapping):
        for key, each in value.items():
            _refuse_foreign_links(each, links, key)
    elif isinstance(value, list):
        for each in value:
            _refuse_foreign_links(each, links, name)
    elif name == "url" and value and not value.startswith(links.page("/")):
        raise ForeignLink("a letter links to its own site only")


def _put_calendar(
    message: EmailMessage, words: Translator, facts: Mapping[str, Any], to: str, links: Links, now: datetime
) -> None:
    """The meeting once more, for calendars (RFC 6047): the third way to say the same."""
    other, cancelled = facts["other"], "what" not in facts
    agreed = facts.get("what") == "agreed"
    attendees = [Attendee(facts["name"], to, agreed or facts.get("mine", False))]
    if other:
        attendees.append(Attendee(other["name"], bare_address(other["email"]), agreed or not facts.get("mine", False)))
    event = Event(
        uid=facts["uid"],
        sequence=facts["sequence"],
        starts_at=datetime.fromisoformat(facts["starts_at"]),
        minutes=facts["minutes"],
        title=words.gettext("A conversation"),
        description=words.gettext("To move or cancel it: %(url)s") % {"url": facts["url"]},
        url=facts["url"],
        place=facts["place"],
        organizer=bare_address(parseaddr(links.sender)[1]),
        attendees=attendees,
        cancelled=cancelled,
    )
    text = invitation(event, now).decode("utf-8")
    message.add_alternative(text, subtype="calendar", cte="quoted-printable", params={"method": event.method})


def _render(words: Translator, kind: LetterKind, part: str, surroundings: Mapping[str, Any]) -> str:
    return _environment(words.language).get_template(f"{kind.value}/{part}").render(surroundings)


@lru_cache
def _environment(language: str) -> jinja2.Environment:
    """Templates in one language. HTML escapes; a name that nobody gave is an error, not an empty place."""
    words = translator(language)
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(language=language, _=_sentence(words), _n=_sentence_by_number(words))
    made.filters["listing"] = _listing(words)
    made.filters["day"] = _in_readers_zone(partial(words.day, year=False))
    made.filters["date"] = _in_readers_zone(words.day)
    made.filters["moment"] = _in_readers_zone(words.moment)
    made.filters["moment_in"] = lambda instant, zone: words.moment(datetime.fromisoformat(instant), zone)
    return made


def _sentence(words: Translator) -> Any:
    @jinja2.pass_eval_context
    def translated(context: EvalContext, message: str, **values: Any) -> str:
        """The sentence, ours, with the values, theirs, escaped where the template escapes."""
        return _filled(words.gettext(message), values, html=bool(context.autoescape))

    return translated


def _sentence_by_number(words: Translator) -> Any:
    @jinja2.pass_eval_context
    def translated(context: EvalContext, one: str, many: str, n: int, **values: Any) -> str:
        """The sentence for the number `n`, which it may show as %(n)s."""
        return _filled(words.ngettext(one, many, n), {"n": n, **values}, html=bool(context.autoescape))

    return translated


def _filled(text: str, values: Mapping[str, Any], *, html: bool) -> str:
    """In HTML each word that is filled in keeps its own direction: a name in Arabic does not turn the sentence."""
    if not html:
        return text % values if values else text
    isolated = {name: _isolated(value) if type(value) is str else value for name, value in values.items()}
    return Markup(text) % isolated if values else Markup(text)


def _isolated(value: str) -> Markup:
    return Markup("<bdi>{}</bdi>").format(value)


def _listing(words: Translator) -> Any:
    @jinja2.pass_eval_context
    def listed(context: EvalContext, names: Sequence[str]) -> str:
        """a, b, and c; names that are read from right to left would otherwise change places."""
        if not context.autoescape:
            return words.listing(names)
        return Markup(words.listing([str(_isolated(name)) for name in names]))

    return listed


def _in_readers_zone(show: Any) -> Any:
    @jinja2.pass_context
    def shown(context: jinja2.runtime.Context, instant: str) -> str:
        """An ISO instant as the reader's language and zone write it."""
        return str(show(datetime.fromisoformat(instant), context["timezone"]))

    return shown
