"""Pages for when something does not work: what happened, and the way on."""

import logging
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from matcher.domain.introductions import NotAllowed, NotFound
from matcher.domain.people import TooMany
from matcher.storage.database import InDoubt
from web.access import stranger
from web.visit import Visit


@dataclass(frozen=True)
class Mishap:
    """What an error page says."""

    title: str
    sentence: str


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


MISHAPS = {
    400: Mishap(
        _("We could not read that"),
        _("Something was missing or broken on the way here. Please go back and try once more."),
    ),
    403: Mishap(
        _("This page is not open to you"), _("It may belong to somebody else, or you may have to sign in first.")
    ),
    404: Mishap(
        _("There is no page here"),
        _("The address may be mistyped, or what was here has ended. Nothing is wrong with your account."),
    ),
    405: Mishap(_("That does not work here"), _("This page can be looked at, but not used in the way just tried.")),
    409: Mishap(
        _("Things have changed in the meantime"),
        _("Somebody was faster, or this has been done already. Nothing was lost."),
    ),
    413: Mishap(
        _("That is too much at once"),
        _("What you sent is larger than this page can take. Please shorten the text and send it again."),
    ),
    422: Mishap(
        _("Something needs your attention"), _("Please go back, look at the marked fields, and send the form again.")
    ),
    429: Mishap(
        _("Let us pause for a moment"),
        _("There were many attempts in a short time. Please try again in a while; nothing is lost."),
    ),
    500: Mishap(
        _("Something went wrong on our side"),
        _("It is not your fault, and nothing was half saved. Please try again in a few minutes."),
    ),
    503: Mishap(
        _("Please try again in a moment"),
        _("We cannot get at our records just now, and nothing was half saved. Your browser still has what you typed."),
    ),
}
REASONS = {
    "host": _("This site answers under one address only. Please use the link below."),
    "cross-site": _(
        "The form was not sent from one of our own pages, so it was not accepted. "
        "Please open the page here and send it again."
    ),
    "signed-out": _(
        "You were signed out in the meantime, so nothing was saved. "
        "Please sign in; your browser's back button still has what you typed."
    ),
    "in-doubt": _(
        "The connection broke while we were saving, so we do not know whether it was kept. "
        "Please open the page again and look before you send it once more."
    ),
}
"""Sentences for the `detail` words that our own checks raise."""

log = logging.getLogger("matcher.site")


def respond(visit: Visit, status: int, detail: str = "", headers: dict[str, str] | None = None) -> Response:
    """The error page, or its sentence as JSON for a script that asked for JSON."""
    mishap = MISHAPS.get(status, MISHAPS[500 if status >= 500 else 400])
    sentence = visit.gettext(REASONS.get(detail, "") or mishap.sentence)
    if detail and detail not in REASONS and " " in detail and status not in (400, 404, 405, 413):
        sentence = detail  # one of our own pages said something better, already translated
    if "application/json" in visit.request.headers.get("accept", ""):
        return JSONResponse({"error": sentence}, status_code=status, headers=headers)
    title = visit.gettext(mishap.title)
    return visit.page("errors/error.html", status, headers, title=title, sentence=sentence, detail=detail, code=status)


def http_error(request: Request, error: Exception) -> Response:
    """For HTTPException, Starlette's own included."""
    assert isinstance(error, HTTPException)
    return respond(stranger(request), error.status_code, error.detail, dict(error.headers or {}))


def refused(request: Request, error: Exception) -> Response:
    """For a step that the rules refuse and that a page did not expect: its own sentence, with 404, 409 or 429."""
    assert isinstance(error, NotAllowed)
    visit = stranger(request)
    status = 404 if isinstance(error, NotFound) else 429 if isinstance(error, TooMany) else 409
    return respond(visit, status, visit.gettext(error.message) % error.facts)


def busy(request: Request, error: Exception) -> Response:
    """For a database that is busy, full or gone: a plain page; the operator reads the cause."""
    # Only the driver's own words: the statement beside them has people's data in it, and the path has tokens.
    cause = str(getattr(error.__cause__, "orig", "")).partition("\n")[0]
    log.error("503: %s %s", error, cause)
    detail = "in-doubt" if isinstance(error, InDoubt) else ""
    return respond(stranger(request), 503, detail, headers={"Retry-After": "5"})


def crash(request: Request, error: Exception) -> Response:
    """For everything unforeseen. Starlette raises the error again afterwards, so it is logged."""
    return respond(stranger(request), 500)
