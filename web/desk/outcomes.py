"""What became of it all: the funnel, how introductions ended, how long the first conversation took, what it teaches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from matcher.domain.aftercare import Again, Said
from matcher.domain.introductions import Outcome, State
from matcher.storage import aftercare, desk_outcomes, desk_rounds
from matcher.storage.desk_outcomes import Stages
from matcher.workflow import learning
from matcher.workflow.learning import Proposal, Refusal
from web import charts
from web.charts import Chart
from web.desk import pages
from web.desk.words import AGAIN, OUTCOMES, REASONS, SAID, STATES, Words
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


STEPS: Sequence[tuple[str, str]] = (
    ("approved", _("Approved")),
    ("picked", _("Chosen or asked")),
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
class Learned:
    """What the outcomes speak for, or `why` they carry nothing. `still`: parts about which nothing was learned;
    `trial`: where to try the weights on the last round."""

    proposal: Proposal
    why: str = ""
    still: Sequence[str] = ()
    trial: str = ""


@dataclass(frozen=True)
class OutcomesPage:
    """Everything the page shows; `days`: the median from approval to the first conversation. `learned` is None where it
    was not asked for."""

    funnel: Chart
    stages: Stages
    closed: Sequence[Ending]
    stopped: Sequence[Ending]
    days: float | None
    talked: int
    live: int
    after: aftercare.Totals
    going: Sequence[Ending]
    wishes: Sequence[Ending]
    learned: Learned | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been approved yet."""
        return not (self.stages.approved or self.closed or self.stopped or self.live)


def show(visit: Visit) -> Response:
    """GET /desk/outcomes; with ?weights=yes also what the outcomes teach, which takes some seconds."""
    with visit.site.database.read() as session:
        stages = desk_outcomes.stages(session)
        closed = desk_outcomes.outcomes(session)
        stopped = desk_outcomes.endings(session)
        days = desk_outcomes.days_to_first_contact(session)
        live = desk_outcomes.live_count(session)
        after = aftercare.totals(session)
    learned = _learned(visit) if visit.query.text("weights") == "yes" else None
    page = OutcomesPage(
        funnel=_funnel(visit, stages),
        stages=stages,
        closed=_closed(visit, closed),
        stopped=_stopped(visit, stopped),
        days=median(days) if days else None,
        talked=len(days),
        live=live,
        after=after,
        going=_counted(visit, SAID, after.answers, (Said.WELL,)),
        wishes=_counted(visit, AGAIN, after.wishes, (Again.YES,)),
        learned=learned,
    )
    return pages.page(visit, "outcomes.html", section="", page=page)


def export(visit: Visit) -> Response:
    """POST /desk/outcomes: the proposed weights as `match --weights` reads them, or the pairs as `learn` reads them."""
    found = learning.evidence(visit.site.database, vocabulary=visit.site.vocabulary)
    if visit.form.text("list") == "weights":
        proposal = learning.proposal(found)
        if proposal.refused is not None:
            raise visit.refuse(422, _why_not(visit, proposal.refused))
        return pages.export(visit, "weights", learning.WEIGHTS_HEADER, proposal.table)
    return pages.export(visit, "outcomes", learning.HEADER, found.table)


def _learned(visit: Visit) -> Learned:
    proposal = learning.proposal(learning.evidence(visit.site.database, vocabulary=visit.site.vocabulary))
    if proposal.refused is not None:
        return Learned(proposal, _why_not(visit, proposal.refused))
    with visit.site.database.read() as session:
        round_ = desk_rounds.latest_with_result(session)
    weights = {f"weight_{one.block}": f"{100 * one.proposed:.1f}" for one in proposal.weights}
    trial = f"{visit.url('desk_whatif', id=round_.id)}?{urlencode(weights)}" if round_ is not None else ""
    words = Words(visit)
    return Learned(proposal, still=[words.block(block) for block in proposal.still], trial=trial)


def _why_not(visit: Visit, refused: Refusal) -> str:
    return visit.gettext(refused.sentence) % refused.facts


def _funnel(visit: Visit, stages: Stages) -> Chart:
    return charts.funnel(
        [charts.Step(visit.gettext(label), getattr(stages, name)) for name, label in STEPS],
        identifier="funnel",
        title=visit.gettext(_("From approval to a good end")),
        percent=visit.translator.percent,
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


def _counted(visit: Visit, words: Mapping[Any, str], counts: Mapping[str, int], good: Sequence[str]) -> list[Ending]:
    """Answers in words with how often they were given, as bars."""
    most = max(counts.values(), default=0)
    return [
        Ending(visit.gettext(text), counts[said], charts.bar(counts[said], most, "plain" if said in good else "warm"))
        for said, text in words.items()
        if counts.get(said)
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
