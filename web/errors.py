"""Pages for when something does not work: what happened, and the way on."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from matcher.domain.introductions import NotAllowed, NotFound
from matcher.domain.people import TooMany
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
    503: Mishap(_("Very busy right now"), _("Nothing was saved yet. Please try again in a moment.")),
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
}
"""Sentences for the `detail` words that our own checks raise."""


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
    """For a database that stayed busy after several attempts; nothing was written."""
    return respond(stranger(request), 503, headers={"Retry-After": "5"})


def crash(request: Request, error: Exception) -> Response:
    """For everything unforeseen. Starlette raises the error again afterwards, so it is logged."""
    return respond(stranger(request), 500)
