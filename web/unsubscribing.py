"""Ending a stream of letters: a page for people, one click for mail programs (RFC 8058)."""

import contextlib

from starlette.responses import PlainTextResponse, Response

from matcher.domain.introductions import NotFound
from matcher.workflow import signup
from web.visit import NOT_TICKED, Visit


def show(visit: Visit) -> Response:
    """GET /unsubscribe/…: says what would end, changes nothing."""
    return visit.page("answering/unsubscribe.html", done=False, stream=visit.link[1], problems={})


def stop(visit: Visit) -> Response:
    """POST /unsubscribe/…: ends it, without cookie or origin, as often as asked; a mail program gets a bare 200.

    The page's own form needs its box ticked: mail scanners send forms as they find them.
    """
    participant_id, stream = visit.link
    by_mail_program = visit.form.text("List-Unsubscribe") == "One-Click"
    if not by_mail_program and not visit.form.text("sure"):
        problems = {"sure": visit.gettext(NOT_TICKED)}
        return visit.page("answering/unsubscribe.html", 422, done=False, stream=stream, problems=problems)
    with contextlib.suppress(NotFound):  # somebody who has been erased gets no letters anyway
        signup.unsubscribe(visit.site.database, participant_id, stream, links=visit.site.links, now=visit.now)
    if by_mail_program:
        return PlainTextResponse("unsubscribed")
    return visit.page("answering/unsubscribe.html", done=True, stream=stream, problems={})
