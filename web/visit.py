"""One request, as the pages see it: who came, in which language, with which fields filled in."""

import base64
import json
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
from starlette.datastructures import URL
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from matcher.domain.letters import Links
from matcher.domain.people import Visitor
from matcher.domain.vocabulary import Vocabulary
from matcher.storage.database import Database
from matcher.translations import Translator

LONGEST_TEXT = 20_000
"""Characters kept of one field; more than any field of ours allows, so that a message can say so."""


def clean(text: str) -> str:
    """The text as people meant it: composed (NFC), line ends as \\n, no control characters, which databases refuse."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", kept).strip()


class Form:
    """Fields as sent, in order, a name possibly several times. Text only; files are apart.

    `Form([("a", "1"), ("a", "2")]).all("a")` is `["1", "2"]`, `.text("a")` is the last one, which is what a hidden
    field before a checkbox relies on.
    """

    def __init__(self, items: Iterable[tuple[str, str]] = (), files: Mapping[str, tuple[str, bytes]] | None = None):
        self.items = [(clean(name), clean(value[: LONGEST_TEXT + 1])) for name, value in items]
        self.files = dict(files or {})

    def text(self, name: str, default: str = "") -> str:
        """The last value sent under `name`, stripped; `default` when there is none."""
        return next((value for key, value in reversed(self.items) if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every non-empty value sent under `name`, each once, in the order sent."""
        return list(dict.fromkeys(value for key, value in self.items if key == name and value))

    def number(self, name: str, default: int = 0) -> int:
        """A whole number of at most nine digits, else `default`."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else default

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.items)

    def __bool__(self) -> bool:
        return bool(self.items)


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


NOT_TICKED = _("Please set this tick as well. Mail programs press buttons by themselves, but they set no ticks.")


@dataclass(frozen=True, kw_only=True)
class Site:
    """The parts the pages are joined to; made once, in `web.app`."""

    database: Database
    vocabulary: Vocabulary
    links: Links
    origin: str
    programme: str
    language: str
    clock: Callable[[], datetime]
    templates: jinja2.Environment
    mailbox: Path | None = None
    trusted_proxy: str = ""
    secrets: Sequence[str] = ()
    bounce_secret: str = ""

    @property
    def secure(self) -> bool:
        """Whether cookies are `Secure` and named `__Host-…`.

        They are, unless the origin is plain http, which the configuration allows on this machine only: there Safari
        and every HTTP library would drop a Secure cookie, and it would protect nothing.
        """
        return self.origin.startswith("https://")

    def cookie_name(self, name: str) -> str:
        """The cookie's name in the browser."""
        return f"__Host-{name}" if self.secure else name


@dataclass(kw_only=True)
class Visit:
    """What a page function receives.

    `visitor` is the signed-in person or None; `link` what a signed link says, on addresses with the rule LINK; `body`
    what was posted, on addresses that read no form.
    """

    request: Request
    site: Site
    translator: Translator
    now: datetime
    visitor: Visitor | None = None
    form: Form = field(default_factory=Form)
    body: bytes = b""
    link: Any = None
    _cookies: list[dict[str, Any]] = field(default_factory=list)
    _shown_flash: bool = False

    # what was asked

    @property
    def language(self) -> str:
        """Language of this page, such as "en"."""
        return self.translator.language

    @property
    def query(self) -> Form:
        """The part of the address after `?`, read like a form."""
        return Form(self.request.query_params.multi_items())

    @property
    def path(self) -> str:
        """The address without its query."""
        return str(self.request.scope["path"])

    def in_language(self, code: str) -> str:
        """This page in another language, as an address that keeps what was asked for."""
        return f"?{self.request.url.include_query_params(lang=code).query}"

    def param(self, name: str) -> str:
        """A piece of the address, as text."""
        return str(self.request.path_params[name])

    @property
    def client(self) -> str:
        """The network address that limits count; X-Forwarded-For is believed only from the configured proxy."""
        host = self.request.client.host if self.request.client else "unknown"
        if self.site.trusted_proxy and host == self.site.trusted_proxy:
            forwarded = self.request.headers.get("x-forwarded-for", "")
            return forwarded.rpartition(",")[2].strip()[:64] or host
        return host

    # words

    def gettext(self, message: str, **values: object) -> str:
        """The sentence in the reader's language, `%(name)s` filled in."""
        text = self.translator.gettext(message)
        return text % values if values else text

    def ngettext(self, one: str, many: str, n: int, **values: object) -> str:
        """As `gettext`, by number; `%(n)s` is the number."""
        return self.translator.ngettext(one, many, n) % {"n": n, **values}

    # cookies

    def cookie(self, name: str) -> str:
        """A cookie's value, or the empty text."""
        return self.request.cookies.get(self.site.cookie_name(name), "")

    def set_cookie(self, name: str, value: str, *, max_age: int | None = None) -> None:
        """Goes out with whatever response follows: HttpOnly, SameSite=Lax, for this host alone."""
        self._cookies.append({"key": self.site.cookie_name(name), "value": value, "max_age": max_age})

    def drop_cookie(self, name: str) -> None:
        """Asks the browser to forget a cookie."""
        self.set_cookie(name, "", max_age=0)

    def browser_key(self) -> str:
        """An unguessable name for this browser, made (as a cookie) when it has none yet."""
        key = self.cookie("browser")
        if len(key) < 40:
            key = secrets.token_urlsafe(32)
            self.set_cookie("browser", key, max_age=30 * 86_400)
        return key

    def finish(self, response: Response) -> Response:
        """Puts the cookies on the response; called by the guard."""
        for cookie in self._cookies:
            response.set_cookie(**cookie, path="/", secure=self.site.secure, httponly=True, samesite="lax")
        return response

    # answers

    def url(self, name: str, **params: object) -> str:
        """The path of a named address; never a host, which a request could forge."""
        return str(self.request.app.url_path_for(name, **params))

    def page(
        self, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
    ) -> Response:
        """A page of the site from `templates/<template>`, with `visit` and `site` at hand in it."""
        html = self.site.templates.get_template(template).render(
            visit=self, site=self.site, gettext=self.translator.gettext, ngettext=self.translator.ngettext, **context
        )
        return HTMLResponse(html, status_code=status, headers=dict(headers or {}))

    def redirect(self, name: str, query: Mapping[str, str] | None = None, **params: object) -> Response:
        """On to a named address with GET (303)."""
        url = URL(self.url(name, **params))
        return RedirectResponse(str(url.include_query_params(**query) if query else url), status_code=303)

    def refuse(self, status: int, sentence: str = "") -> HTTPException:
        """To be raised: the error page of `status`, with a sentence of its own."""
        return HTTPException(status, detail=sentence)

    # the one-time message after a redirect

    def flash(self, sentence: str, kind: str = "good") -> None:
        """Shows `sentence` on top of the next page; kind is good, note or bad."""
        packed = base64.urlsafe_b64encode(json.dumps([kind, sentence[:600]]).encode()).decode()
        self.set_cookie("flash", packed, max_age=60)

    def take_flash(self) -> Sequence[str] | None:
        """(kind, sentence) left by the page before, once; for the layout."""
        packed = self.cookie("flash")
        if not packed or self._shown_flash:
            return None
        self._shown_flash = True
        self.drop_cookie("flash")
        try:
            kind, sentence = json.loads(base64.urlsafe_b64decode(packed.encode("latin-1")))
        except (ValueError, TypeError):
            return None
        return (kind if kind in ("good", "note", "bad") else "note", str(sentence))
