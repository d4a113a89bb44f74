"""Ending a stream of letters: a page for people, one click for mail programs (RFC 8058)."""

import contextlib

from starlette.responses import PlainTextResponse, Response

from matcher.domain.introductions import NotFound
from matcher.workflow import signup
from web.visit import Visit


def show(visit: Visit) -> Response:
    """GET /unsubscribe/…: says what would end, changes nothing."""
    return visit.page("answering/unsubscribe.html", done=False, stream=visit.link[1])


def stop(visit: Visit) -> Response:
    """POST /unsubscribe/…: ends it, without cookie or origin, as often as asked; a mail program gets a bare 200."""
    participant_id, stream = visit.link
    with contextlib.suppress(NotFound):  # somebody who has been erased gets no letters anyway
        signup.unsubscribe(visit.site.database, participant_id, stream, links=visit.site.links, now=visit.now)
    if visit.form.text("List-Unsubscribe") == "One-Click":
        return PlainTextResponse("unsubscribed")
    return visit.page("answering/unsubscribe.html", done=True, stream=stream)
