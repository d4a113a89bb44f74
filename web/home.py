"""The front page, the privacy page, and whether the site is alive."""

from starlette.responses import PlainTextResponse, Response

from matcher.storage import tracking
from web.visit import Visit


def show(visit: Visit) -> Response:
    """GET /: what this is, two ways in, three steps, privacy in short."""
    return visit.page("home.html")


def privacy(visit: Visit) -> Response:
    """GET /privacy: who sees what, and when."""
    return visit.page("privacy.html")


def health(visit: Visit) -> Response:
    """GET /health: "ok" when the database answers, and since when mail is late; for whatever watches the process.

    Late mail is no reason to take the site away, so the status stays 200.
    """
    visit.site.database.reach()
    with visit.site.database.read() as session:
        late = tracking.late(session, visit.now)
    if late is not None:
        return PlainTextResponse(
            f"mail is late: a letter has been waiting for {late.total_seconds() // 60:.0f} minutes"
        )
    return PlainTextResponse("ok")
