"""The front page, the privacy page, and whether the site is alive."""

from starlette.responses import PlainTextResponse, Response

from web.visit import Visit


def show(visit: Visit) -> Response:
    """GET /: what this is, two ways in, three steps, privacy in short."""
    return visit.page("home.html")


def privacy(visit: Visit) -> Response:
    """GET /privacy: who sees what, and when."""
    return visit.page("privacy.html")


def health(visit: Visit) -> Response:
    """GET /health: "ok" when the database answers; for whatever watches the process."""
    visit.site.database.reach()
    return PlainTextResponse("ok")
