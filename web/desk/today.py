"""What needs the coordinator today, and the start of a round."""

from dataclasses import dataclass

from starlette.responses import Response

from matcher.domain.introductions import State
from matcher.domain.letters import Letter
from matcher.domain.rounds import Round, RoundState
from matcher.storage import desk, outbox
from matcher.workflow import matching
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


MODES = (
    ("choose", _("The mentee chooses among up to three"), _("The mentor is asked after that.")),
    ("assigned", _("The pair is asked directly"), _("The mentor first, then the mentee.")),
)
OBJECTIVES = (
    ("total", _("The best pairs altogether"), ""),
    ("fair", _("Nobody left far behind"), _("The worst-off mentee comes first, then the next.")),
)


@dataclass(frozen=True)
class Today:
    """The desk's first page."""

    waiting: list[Round]
    rounds: list[Round]
    given_up: list[Letter]
    counts: dict[str, int]
    people: dict[str, int]


def show(visit: Visit) -> Response:
    """GET /desk"""
    with visit.site.database.read() as session:
        latest = desk.latest_rounds(session)
        today = Today(
            waiting=[r for r in latest if r.state is RoundState.REVIEW],
            rounds=latest,
            given_up=outbox.given_up(session)[:20],
            counts=desk.counts_by_state(session),
            people=desk.people_by_status(session),
        )
    return visit.page("desk/today.html", today=today, modes=MODES, objectives=OBJECTIVES, states=list(State))


def start(visit: Visit) -> Response:
    """POST /desk/rounds: asks for a round over everybody; a worker runs it."""
    mode, objective = visit.form.text("mode", "choose"), visit.form.text("objective", "total")
    if mode not in {m[0] for m in MODES} or objective not in {o[0] for o in OBJECTIVES}:
        raise visit.refuse(422, visit.gettext("Please choose one of the ways that are offered."))
    assert visit.visitor is not None
    asked = matching.request_round(
        visit.site.database, by=visit.visitor.id, now=visit.now, mode=mode, objective=objective
    )
    return visit.redirect("desk_round", id=asked)
