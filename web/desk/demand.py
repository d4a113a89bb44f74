"""Supply and demand: goals that wait for somebody against the places there are, and whom to recruit next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response

from matcher.workflow import demand as counting
from matcher.workflow.demand import Demand, Goal, Kind, Price
from web import charts
from web.desk import pages
from web.visit import Visit

HEADER = ("goal_id", "goal", "wanted", "waiting", "mentors", "free_places", "lacking")
MOST_WORDS = 6
"""Skills named of one goal or mentor."""

LEAST = 5
"""People that half the width of the bars stands for, at least."""


@dataclass(frozen=True)
class Row:
    """One goal with its two bars."""

    goal: Goal
    label: str
    bars: Markup


@dataclass(frozen=True)
class Recruit:
    """A goal to find mentors for, and what somebody who can help with it has."""

    goal: Goal
    label: str
    skills: Sequence[str]


@dataclass(frozen=True)
class Priced:
    """A mentor whose likes would lift the total of the last round, and by how much."""

    price: Price
    who: Sequence[str]


@dataclass(frozen=True)
class DemandPage:
    """Everything the page shows; bars end at `most`, and `is_cut` when some would be longer. `kinds` is None where they
    were not asked for."""

    rows: Sequence[Row]
    recruits: Sequence[Recruit]
    prices: Sequence[Priced]
    round_id: int | None
    without_goal: int
    own_words: Sequence[str]
    most: int
    is_cut: bool
    kinds: Sequence[Kind] | None

    @property
    def is_empty(self) -> bool:
        """Whether nobody wants or offers anything yet."""
        return not (self.rows or self.without_goal or self.own_words)


def show(visit: Visit) -> Response:
    """GET /desk/demand; with ?kinds=yes also the kinds of mentor to look for, which takes some seconds."""
    found = counting.demand(visit.site.database, vocabulary=visit.site.vocabulary)
    kinds = _kinds(visit) if visit.query.text("kinds") == "yes" else None
    return pages.page(visit, "demand.html", section="", page=_told(visit, found, kinds))


def export(visit: Visit) -> Response:
    """POST /desk/demand: the goals as a file, in the order of the page."""
    found = counting.demand(visit.site.database, vocabulary=visit.site.vocabulary)
    table = [[g.id, _label(visit, g.id), g.wanted, g.waiting, g.mentors, g.places, g.lacking] for g in found.goals]
    return pages.export(visit, "supply-and-demand", HEADER, table)


def _kinds(visit: Visit) -> Sequence[Kind]:
    site = visit.site
    return counting.whom_to_recruit(site.database, vocabulary=site.vocabulary, language=visit.language, now=visit.now)


def _told(visit: Visit, found: Demand, kinds: Sequence[Kind] | None) -> DemandPage:
    most = _most(found.goals)
    return DemandPage(
        rows=[Row(g, _label(visit, g.id), charts.pair(g.waiting, g.places, most)) for g in found.goals],
        recruits=[Recruit(g, _label(visit, g.id), _called_for(visit, g.id)) for g in found.recruits],
        prices=[Priced(price, _described(visit, price)) for price in found.prices],
        round_id=found.round_id,
        without_goal=found.without_goal,
        own_words=found.own_words,
        most=most,
        is_cut=any(g.places > most for g in found.goals),
        kinds=kinds,
    )


def _most(goals: Sequence[Goal]) -> int:
    """What half the width of the bars stands for: twice the longest queue. More places than that are plenty, and drawn
    whole they would leave nothing to see of those who wait."""
    widest = max([max(g.waiting, g.places) for g in goals] or [0])
    return min(widest, max(LEAST, *(2 * g.waiting for g in goals))) if goals else 0


def _label(visit: Visit, id: str) -> str:
    vocabulary = visit.site.vocabulary
    return vocabulary[id].label_in(visit.language) if id in vocabulary else id


def _labels(visit: Visit, ids: Iterable[str]) -> list[str]:
    return [_label(visit, id) for id in ids][:MOST_WORDS]


def _called_for(visit: Visit, goal: str) -> list[str]:
    """The skills that the vocabulary names for a goal."""
    offers = visit.site.vocabulary[goal].offers
    return _labels(visit, offers.skills_essential) if offers is not None else []


def _described(visit: Visit, price: Price) -> list[str]:
    """What makes a mentor sought after: profession, stage, what they help with."""
    listed = {
        column: [value.strip().partition("=")[0] for value in price.answers.get(column, "").split(";") if value.strip()]
        for column in ("disciplines", "stage", "helps_with")
    }
    return _labels(visit, [*listed["disciplines"][:1], *listed["stage"][:1], *listed["helps_with"][:3]])
