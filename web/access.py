"""Who may enter: every address states a rule, and `enter` is the only way to the function behind it."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, compile_path
from starlette.types import Message, Receive

from matcher.workflow import access as people
from web.templating import choose_language, translator
from web.visit import Form, Site, Visit

BODY_LIMIT = 64 * 1024
"""Bytes of a form; a page that takes a file states more."""
FIELDS_LIMIT = 1_000

Handler = Callable[[Visit], Response]


class Rule(StrEnum):
    """Who may enter an address."""

    ANYONE = "anyone"
    """Open; nothing personal is shown."""
    LINK = "link"
    """Whoever holds a signed link from a letter; the page checks it first and shows only what the letter showed."""
    PARTICIPANT = "participant"
    """A signed-in participant, about themselves."""
    COORDINATOR = "coordinator"
    """A signed-in coordinator."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """One line of the table of addresses: where, what it is called, who may enter, and what answers.

    `get` shows and never writes; `post` acts. `purpose` is what a LINK's token must have been signed for.
    `from_anywhere` waives the cross-site check of its POST and is meant for one-click unsubscribe, and for what
    carries a signature of its own. `body_limit` and `files` are for addresses that take a file; `raw` leaves the body
    as it came, for those that read no form.
    """

    path: str
    name: str
    rule: Rule
    get: Handler | None = None
    post: Handler | None = None
    purpose: str = ""
    from_anywhere: bool = False
    body_limit: int = BODY_LIMIT
    files: int = 0
    raw: bool = False

    @property
    def methods(self) -> list[str]:
        """The methods answered; HEAD comes with GET."""
        return [name for name, handler in (("GET", self.get), ("POST", self.post)) if handler]

    @property
    def pattern(self) -> re.Pattern[str]:
        """What a path of this address looks like."""
        return compile_path(self.path)[0]

    def route(self) -> Route:
        """The address as Starlette wants it, its functions behind the guard."""
        return Route(self.path, enter(self), methods=self.methods, name=self.name)


def enter(address: Address) -> Callable[[Request], Awaitable[Response]]:
    """The guard before the functions of `address`: session, rule, form, then the function, in a worker thread."""

    async def guarded(request: Request) -> Response:
        visit = await run_in_threadpool(arrive, request)
        turned_away = refusal(visit, address)
        if turned_away is not None:
            return visit.finish(turned_away)
        handler = address.get
        if request.method == "POST":
            if address.raw:
                visit.body = await read_body(request, address)
            else:
                visit.form = await read_form(request, address)
            handler = address.post
        assert handler is not None
        return await run_in_threadpool(lambda: visit.finish(handler(visit)))

    guarded.__name__ = address.name.replace("-", "_")
    return guarded


def arrive(request: Request) -> Visit:
    """The visit, with the session looked up. A path with control characters is no address (404)."""
    if any(ord(c) < 32 or ord(c) == 127 for c in str(request.scope["path"])):
        raise HTTPException(404)
    visit = stranger(request)
    cookie = visit.cookie("session")
    if cookie:
        visit.visitor = people.session(visit.site.database, cookie, now=visit.now)
        if visit.visitor is not None:
            chosen = choose_language(request, visit.site, visit.visitor.language)
            visit.translator = translator(chosen)
    return visit


def stranger(request: Request) -> Visit:
    """The visit of somebody unknown; asks nothing of the database, so error pages can be made of it."""
    site: Site = request.app.state.site
    visit = Visit(request=request, site=site, translator=translator(choose_language(request, site)), now=site.clock())
    asked = request.query_params.get("lang", "")
    if asked == visit.language and asked != visit.cookie("language"):
        visit.set_cookie("language", asked, max_age=365 * 86_400)
    return visit


def refusal(visit: Visit, address: Address) -> Response | None:
    """None when the rule lets the visitor in. A stranger who only looks is sent to the sign-in page.

    A link that was not signed by us for this purpose gets a page that says so (404). Raises HTTPException 403 for a
    form sent without a session, and for a participant at the coordinator's door.
    """
    rule = address.rule
    if rule is Rule.ANYONE:
        return None
    if rule is Rule.LINK:
        visit.link = visit.site.links.signer.read(address.purpose, visit.param("token"))
        return None if visit.link is not None else visit.page("answering/stale.html", 404, why="unknown")
    if visit.visitor is None:
        if visit.request.method not in ("GET", "HEAD"):
            raise HTTPException(403, detail="signed-out")
        return visit.redirect("sign_in", query={"next": visit.path})
    wanted = visit.visitor.is_coordinator == (rule is Rule.COORDINATOR)
    if not wanted:
        raise HTTPException(403)
    return None


async def read_form(request: Request, address: Address) -> Form:
    """The posted fields, within the limits of `address`.

    Raises HTTPException 413 (too large) or 400 (not a form we understand). Undecodable bytes become replacement
    characters, files nobody asked for are refused.
    """
    limited = _limited(request, address)
    try:
        async with limited.form(
            max_files=address.files, max_fields=FIELDS_LIMIT, max_part_size=address.body_limit
        ) as sent:
            texts = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
            files = {
                name: (value.filename or "", await value.read())
                for name, value in sent.multi_items()
                if not isinstance(value, str)
            }
    except (ClientDisconnect, MultiPartException, KeyError, ValueError, LookupError) as broken:
        raise HTTPException(400) from broken
    return Form(texts, files)


async def read_body(request: Request, address: Address) -> bytes:
    """The posted bytes, within the limit of `address`. Raises HTTPException 413 (too large) or 400 (cut off)."""
    try:
        return await _limited(request, address).body()
    except ClientDisconnect as broken:
        raise HTTPException(400) from broken


def _limited(request: Request, address: Address) -> Request:
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > 12 or int(declared) > address.body_limit):
        raise HTTPException(413)
    return Request(request.scope, _at_most(request, address.body_limit))


def _at_most(request: Request, limit: int) -> Receive:
    """The request's body as long as not more than `limit` bytes have been sent."""
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise HTTPException(413)
        return message

    return receive


def local_path(text: str) -> str:
    """`text` if it is a path on this site, else the empty text; for "where to go after signing in"."""
    safe = text.startswith("/") and not text.startswith("//") and "\\" not in text and len(text) <= 300
    return text if safe and all(32 < ord(c) < 127 for c in text) else ""


def to_path(path: str) -> Response:
    """On to a path already known to be local."""
    return RedirectResponse(path, status_code=303)


def routes_of(table: Sequence[Address]) -> list[Route]:
    """The table as Starlette's routes."""
    return [address.route() for address in table]
