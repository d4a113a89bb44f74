"""The desk's first page: what needs the coordinator today, the most urgent matter first."""

from starlette.responses import Response

from matcher.domain.introductions import NotAllowed, NotFound
from matcher.storage import desk_introductions, desk_outcomes, desk_people, desk_today, tracking
from matcher.workflow import desk as steps
from matcher.workflow import waiting
from web.desk import pages
from web.visit import Visit


def show(visit: Visit) -> Response:
    """GET /desk"""
    with visit.site.database.read() as session:
        today = desk_today.today(session, visit.now)
        by_status = desk_people.counts_by_status(session)
        counts = desk_introductions.counts_by_state(session)
        live = desk_outcomes.live_count(session)
        late = tracking.late(session, visit.now)
    waits = waiting.waits_of(visit.site.database, [line.id for line in today.waiting.rows], now=visit.now)
    return pages.page(
        visit,
        "today.html",
        section="",
        today=today,
        waits=waits,
        people=by_status,
        counts=counts,
        live=live,
        late=late is not None,
        open_question=desk_today.open_question,
    )


def act(visit: Visit) -> Response:
    """POST /desk: a concern or a letter that was given up needs nothing more."""
    if visit.form.text("act") != "looked_after":
        raise visit.refuse(422, visit.gettext(pages.CHOOSE))
    try:
        steps.look_after(visit.site.database, visit.form.text("about")[:60], by=pages.me(visit), now=visit.now)
    except NotFound:
        raise visit.refuse(404) from None
    except NotAllowed as refusal:
        visit.flash(pages.sentence(visit, refusal), "bad")
    else:
        visit.flash(visit.gettext("Done. It no longer stands here."))
    return pages.back(visit, "desk")
