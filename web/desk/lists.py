"""People, introductions and letters as lists."""

from starlette.responses import Response

from matcher.domain.introductions import State
from matcher.storage import desk
from matcher.storage import people as people_rows
from web.visit import Visit


def people(visit: Visit) -> Response:
    """GET /desk/people: everybody, searched by name, address or id."""
    search, page = visit.query.text("q")[:200], visit.query.number("page")
    with visit.site.database.read() as session:
        found, count = desk.people_page(session, search, page)
    pages = (count + desk.PAGE - 1) // desk.PAGE
    return visit.page("desk/people.html", people=found, count=count, q=search, page=page, pages=pages)


def introductions(visit: Visit) -> Response:
    """GET /desk/introductions: by state, last changed first."""
    states = {state.value: state for state in State}
    wanted, page = visit.query.text("state"), visit.query.number("page")
    shown = [states[wanted]] if wanted in states else [s for s in State if s not in (State.DRAFT, State.DISCARDED)]
    with visit.site.database.read() as session:
        found = desk.introductions_in(session, shown, page)
        names = people_rows.these(session, {p.participant_id for i in found for p in i.parties})
        counts = desk.counts_by_state(session)
    more = len(found) == desk.PAGE
    return visit.page(
        "desk/introductions.html", found=found, people=names, counts=counts, state=wanted, page=page, more=more
    )


def letters(visit: Visit) -> Response:
    """GET /desk/letters: the queue and what left, newest first."""
    page = visit.query.number("page")
    with visit.site.database.read() as session:
        found, count = desk.letters_page(session, page)
    return visit.page("desk/letters.html", letters=found, count=count, page=page,
                      pages=(count + desk.PAGE - 1) // desk.PAGE)  # fmt: skip
