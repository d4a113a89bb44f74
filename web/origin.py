"""Only this site may change something here, and only under its own name.

Two checks before any page: the Host header must be the configured origin's, and a request that may write must come
from one of our own pages (Fetch Metadata, else Origin), as OWASP's cross-site request forgery cheat sheet describes.
"""

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
DEFAULT_PORTS = {"http": 80, "https": 443}


def comes_from_here(headers: Headers, origin: str) -> bool:
    """Whether a browser sent this from one of our pages, or its user by hand.

    `Sec-Fetch-Site` decides where it is sent: same-origin or none, every time it occurs. Older browsers send Origin,
    which must be ours. A request with neither is not from a browser's form, and is refused.
    """
    site = headers.getlist("sec-fetch-site")
    if site:
        return all(value in ("same-origin", "none") for value in site)
    claimed = headers.getlist("origin")
    return len(claimed) == 1 and claimed[0] == origin


def hosts_of(origin: str) -> frozenset[str]:
    """The spellings of the Host header that mean `origin`: a default port may be written or not."""
    parts = urlsplit(origin)
    host, default = (parts.netloc.lower(), DEFAULT_PORTS.get(parts.scheme))
    if parts.port is None:
        return frozenset({host, f"{host}:{default}"})
    return frozenset({host, host.rpartition(":")[0]}) if parts.port == default else frozenset({host})


class OnlyThisSite:
    """Pure ASGI. `exempt` are the patterns of the paths that accept a POST from anywhere (one-click unsubscribe).

    `refuse` makes the page for what is turned away; it stands here because Starlette's own handlers are further inside.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        origin: str,
        refuse: Callable[[Request, Exception], Response],
        exempt: Sequence[re.Pattern[str]] = (),
    ) -> None:
        self.app = app
        self.refuse = refuse
        self.origin = origin
        self.hosts = hosts_of(origin)
        self.exempt = exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the request through, or answers 400 (host) or 403 (cross-site)."""
        if scope["type"] == "http":
            try:
                self.check(scope)
            except HTTPException as refused:
                response = await run_in_threadpool(self.refuse, Request(scope), refused)
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def check(self, scope: Scope) -> None:
        """Both checks; raises HTTPException 400 or 403."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            raise HTTPException(400, detail="host")
        if scope["method"] in SAFE_METHODS or any(pattern.match(scope["path"]) for pattern in self.exempt):
            return
        if not comes_from_here(headers, self.origin):
            raise HTTPException(403, detail="cross-site")
