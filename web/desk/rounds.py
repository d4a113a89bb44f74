"""The list of rounds, the form that asks for one, and how far one has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response

from matcher.domain.introductions import NotAllowed, NotFound
from matcher.domain.rounds import RoundState
from matcher.storage import desk_rounds
from matcher.storage.database import Database
from matcher.workflow import desk as steps
from matcher.workflow import matching
from web.desk import pages
from web.desk.words import ROUND_STEPS
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


MODES = (
    (
        "choose",
        _("The mentee chooses"),
        _("Each mentee gets up to three suggestions and picks one; then the mentor is asked."),
    ),
    ("assigned", _("The pair is asked"), _("Each approved pair is asked directly.")),
)
OBJECTIVES = (
    ("total", _("The best pairs altogether"), _("As many mentees as possible, then the highest total affinity.")),
    (
        "fair",
        _("Nobody left behind"),
        _("As many as possible, then the worst-off mentee as well off as possible, then the next."),
    ),
)
ORDERS = (
    ("mentor_first", _("the mentor first")),
    ("mentee_first", _("the mentee first")),
    ("both", _("both at once")),
)
LONGEST_NAME = 120
AT_WORK = (RoundState.REQUESTED, RoundState.RUNNING)


@dataclass
class Asked:
    """The form that asks for a round, as typed."""

    name: str = ""
    mode: str = "choose"
    objective: str = "total"
    ask_order: str = "mentor_first"
    suggestions: str = "3"
    weights: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, visit: Visit) -> "Asked":
        """What was sent."""
        form = visit.form
        return cls(
            name=" ".join(form.text("name").split()),
            mode=form.text("mode", "choose"),
            objective=form.text("objective", "total"),
            ask_order=form.text("ask_order", "mentor_first"),
            suggestions=form.text("suggestions", "3"),
            weights={block: form.text(f"weight_{block}") for block in steps.BLOCKS},
        )

    @property
    def numbers(self) -> dict[str, float]:
        """The weights that were typed; only for a form without problems."""
        return {block: weight_typed(text) or 0.0 for block, text in self.weights.items() if text}


def show(visit: Visit) -> Response:
    """GET /desk/rounds"""
    return _page(visit, Asked(weights=_usual_weights(visit.site.database)), {})


def _usual_weights(db: Database) -> dict[str, str]:
    """The weights of the last round, as whole parts of a hundred."""
    with db.read() as session:
        last = matching.last_weights(session) or steps.DEFAULT_WEIGHTS
    return {block: f"{100 * last.get(block, 0.0):.0f}" for block in steps.BLOCKS}


def _page(visit: Visit, asked: Asked, problems: dict[str, str], status: int = 200) -> Response:
    with visit.site.database.read() as session:
        shown = desk_rounds.round_lines(session, visit.query.number("page"), 25)
        rivals = len(desk_rounds.under_review(session))
    return pages.page(
        visit,
        "rounds.html",
        status,
        section="",
        rounds=shown,
        rivals=rivals,
        asked=asked,
        problems=problems,
        modes=MODES,
        objectives=OBJECTIVES,
        orders=ORDERS,
        blocks=steps.BLOCKS,
    )


def start(visit: Visit) -> Response:
    """POST /desk/rounds: asks for a round of pairs over everybody; a worker runs it."""
    asked = Asked.of(visit)
    problems = _problems(visit, asked)
    if problems:
        return _page(visit, asked, problems, 422)
    try:
        id = matching.request_round(
            visit.site.database,
            by=pages.me(visit),
            now=visit.now,
            name=asked.name,
            mode=asked.mode,
            objective=asked.objective,
            ask_order=asked.ask_order,
            suggestions=int(asked.suggestions),
            weights=asked.numbers or None,
        )
    except NotAllowed as refusal:
        return _page(visit, asked, {"suggestions": pages.sentence(visit, refusal)}, 422)
    return visit.redirect("desk_round", id=id)


def _problems(visit: Visit, asked: Asked) -> dict[str, str]:
    found = {}
    for name, table in (("mode", MODES), ("objective", OBJECTIVES), ("ask_order", ORDERS)):
        if getattr(asked, name) not in {row[0] for row in table}:
            found[name] = visit.gettext(pages.CHOOSE)
    if asked.suggestions not in ("1", "2", "3", "4", "5"):
        found["suggestions"] = visit.gettext("Between one and five suggestions can be made.")
    if len(asked.name) > LONGEST_NAME:
        found["name"] = visit.gettext("Please give a name of at most %(n)s characters.", n=LONGEST_NAME)
    found |= weight_problems(visit, asked.weights)
    return found


def weight_problems(visit: Visit, typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the weights of the blocks, by field; all left empty is all right."""
    weights = {block: weight_typed(text) for block, text in typed.items()}
    wrong = visit.gettext("A weight is a number from 0 to 1000.")
    found = {f"weight_{block}": wrong for block, weight in weights.items() if weight is None}
    if not found and not sum(w or 0 for w in weights.values()) and any(typed.values()):
        found["weight_skills"] = visit.gettext("At least one weight must be above 0.")
    return found


def weight_typed(text: str) -> float | None:
    """A weight as typed, with comma or point; empty is 0, nonsense None."""
    try:
        weight = float(text.replace(",", ".")) if text else 0.0
    except ValueError:
        return None
    return weight if 0 <= weight <= 1000 else None


def progress(visit: Visit) -> Response:
    """GET /desk/rounds/…/progress: how far a round has come, for the page that follows it."""
    try:
        with visit.site.database.read() as session:
            round_ = desk_rounds.round_of(session, pages.number(visit))
    except NotFound:
        raise visit.refuse(404) from None
    step = visit.gettext(ROUND_STEPS.get(round_.step, ROUND_STEPS[""]))
    return JSONResponse({"progress": round_.progress, "step": step, "done": round_.state not in AT_WORK})
