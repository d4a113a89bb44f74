"""What became of it all: the funnel, how introductions ended, how long the first conversation took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from markupsafe import Markup
from starlette.responses import Response

from matcher.domain.introductions import Outcome, State
from matcher.storage import desk_outcomes
from matcher.storage.desk_outcomes import Stages
from web import charts
from web.charts import Chart
from web.desk import pages
from web.desk.words import OUTCOMES, REASONS, STATES, Words
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


STEPS: Sequence[tuple[str, str]] = (
    ("approved", _("Approved")),
    ("picked", _("Chosen, or asked directly")),
    ("agreed", _("Both said yes")),
    ("introduced", _("Introduced")),
    ("met", _("Have talked")),
    ("closed_well", _("Ended well")),
)
WELL = (Outcome.GOALS_REACHED, Outcome.GOOD_ENOUGH)


@dataclass(frozen=True)
class Ending:
    """One way to end, how often it happened, and its bar."""

    label: str
    count: int
    bar: Markup


@dataclass(frozen=True)
class OutcomesPage:
    """Everything the page shows; `days`: the median from approval to the first conversation."""

    funnel: Chart
    stages: Stages
    closed: Sequence[Ending]
    stopped: Sequence[Ending]
    days: float | None
    talked: int
    live: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been approved yet."""
        return not (self.stages.approved or self.closed or self.stopped or self.live)


def show(visit: Visit) -> Response:
    """GET /desk/outcomes"""
    with visit.site.database.read() as session:
        stages = desk_outcomes.stages(session)
        closed = desk_outcomes.outcomes(session)
        stopped = desk_outcomes.endings(session)
        days = desk_outcomes.days_to_first_contact(session)
        live = desk_outcomes.live_count(session)
    page = OutcomesPage(
        funnel=_funnel(visit, stages),
        stages=stages,
        closed=_closed(visit, closed),
        stopped=_stopped(visit, stopped),
        days=median(days) if days else None,
        talked=len(days),
        live=live,
    )
    return pages.page(visit, "outcomes.html", section="", page=page)


def _funnel(visit: Visit, stages: Stages) -> Chart:
    return charts.funnel(
        [charts.Step(visit.gettext(label), getattr(stages, name)) for name, label in STEPS],
        identifier="funnel",
        title=visit.gettext(_("From approval to a good end")),
        axis=(visit.gettext(_("Step")), visit.gettext(_("Pairs")), visit.gettext(_("Of the first"))),
    )


def _closed(visit: Visit, counts: Mapping[str, int]) -> list[Ending]:
    """Outcomes of closed introductions, good ones first."""
    most = max(counts.values(), default=0)
    return [
        Ending(visit.gettext(text), counts[outcome], charts.bar(counts[outcome], most, _kind(outcome)))
        for outcome, text in OUTCOMES.items()
        if counts.get(outcome)
    ]


def _kind(outcome: Outcome) -> str:
    return "plain" if outcome in WELL else "warm"


def _stopped(visit: Visit, counts: Mapping[tuple[str, str], int]) -> list[Ending]:
    """How the others ended, the most frequent first."""
    words, most = Words(visit), max(counts.values(), default=0)
    found = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        Ending(_ending(words, state, reason), count, charts.bar(count, most, "warm"))
        for (state, reason), count in found
    ]


def _ending(words: Words, state: str, reason: str) -> str:
    """A state, with the reason where it adds something."""
    told = words.word({s.value: text for s, (text, _look) in STATES.items()}, State(state).value)
    return f"{told}: {words.reason(reason)}" if reason in REASONS else told
