"""What if: a round's settings changed, who would gain and lose, and a round that keeps them; nothing is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from matcher.domain.introductions import NotFound
from matcher.domain.rounds import Round
from matcher.workflow import desk as steps
from matcher.workflow import whatif
from matcher.workflow.whatif import Answer, BadSettings, Change, Contrast, Settings
from web.desk import pages
from web.desk.rounds import LONGEST_NAME, OBJECTIVES, weight_problems, weight_typed
from web.desk.words import Words
from web.visit import Form, Visit

MOST_SHOWN = 15
"""Mentees in one list of changes; the counts say how many there are."""

LONGEST_LIST = 5_000
LISTS = ("places", "pinned", "forbidden")


@dataclass
class Typed:
    """The form as typed."""

    weights: dict[str, str]
    objective: str
    ignore: list[str] = field(default_factory=list)
    lists: dict[str, str] = field(default_factory=dict)
    name: str = ""

    @classmethod
    def of(cls, form: Form, own: "Typed") -> "Typed":
        """What was sent; a field that was not sent at all is as in the round (`own`)."""
        return cls(
            weights={block: form.text(f"weight_{block}", own.weights[block]) for block in steps.BLOCKS},
            objective=form.text("objective", own.objective),
            ignore=form.all("ignore"),
            lists={name: form.text(name, own.lists[name]) for name in LISTS},
            name=" ".join(form.text("name").split()),
        )

    @classmethod
    def like(cls, settings: Settings, weights: Mapping[str, float]) -> "Typed":
        """The settings of a round, its weights as whole parts of a hundred."""
        return cls(
            weights=_percent(weights),
            objective=settings.objective,
            lists={name: getattr(settings, name) for name in LISTS},
        )

    def settings(self, weights: Mapping[str, float]) -> Settings:
        """What to ask about, for a form without problems. Weights that stand as they did are the round's, unrounded."""
        numbers = {block: weight_typed(text) or 0.0 for block, text in self.weights.items()}
        untouched = self.weights == _percent(weights) or not any(numbers.values())
        return Settings(
            weights=None if untouched else numbers,
            objective=self.objective,
            ignore=frozenset(rule for rule in whatif.LEAVABLE if rule.value in self.ignore),
            places=self.lists["places"],
            pinned=self.lists["pinned"],
            forbidden=self.lists["forbidden"],
        )


@dataclass(frozen=True)
class Sort:
    """One line of a table: mentees of one stage or discipline."""

    label: str
    contrast: Contrast


@dataclass(frozen=True)
class Shown:
    """The difference as the page lists it: those newly matched and unmatched, and those who gain or lose by another
    mentor, most first; each list is cut at MOST_SHOWN, with `counts` of all."""

    overall: Contrast
    lists: Mapping[str, Sequence[Change]]
    counts: Mapping[str, int]
    stages: Sequence[Sort]
    disciplines: Sequence[Sort]
    names: Mapping[str, str]
    kept: bool


def show(visit: Visit) -> Response:
    """GET /desk/rounds/…/whatif: the form with the round's settings; with a query, the answer for those in it."""
    round_, own = _round(visit)
    if not any(name != "lang" for name, _value in visit.query.items):
        return _page(visit, round_, Typed.like(own, round_.weights), {})
    typed = Typed.of(visit.query, Typed.like(own, round_.weights))
    problems = _problems(visit, typed)
    if problems:
        return _page(visit, round_, typed, problems, 422)
    try:
        answer = whatif.ask(visit.site.database, pages.number(visit), typed.settings(round_.weights), **_now(visit))
    except BadSettings as bad:
        return _page(visit, round_, typed, _told(visit, bad), 422)
    return _page(visit, round_, typed, {}, shown=_shown(visit, answer))


def start(visit: Visit) -> Response:
    """POST /desk/rounds/…/whatif: a round with these settings, which is the scenario that is kept."""
    round_, own = _round(visit)
    typed = Typed.of(visit.form, Typed.like(own, round_.weights))
    problems = _problems(visit, typed)
    if problems.keys() - {"name"}:
        return _page(visit, round_, typed, problems, 422)
    settings, how = typed.settings(round_.weights), _now(visit)
    db, number = visit.site.database, pages.number(visit)
    try:
        if problems:
            shown = _shown(visit, whatif.ask(db, number, settings, **how))
            return _page(visit, round_, typed, problems, 422, shown=shown)
        id = whatif.keep(db, number, settings, name=typed.name, by=pages.me(visit), **how)
    except BadSettings as bad:
        return _page(visit, round_, typed, _told(visit, bad), 422)
    return visit.redirect("desk_round", id=id)


def _round(visit: Visit) -> tuple[Round, Settings]:
    try:
        return whatif.of_round(visit.site.database, pages.number(visit), **_now(visit))
    except NotFound:
        raise visit.refuse(404) from None


def _now(visit: Visit) -> dict[str, Any]:
    return {"vocabulary": visit.site.vocabulary, "now": visit.now}


def _page(
    visit: Visit,
    round_: Round,
    typed: Typed,
    problems: Mapping[str, str],
    status: int = 200,
    shown: Shown | None = None,
) -> Response:
    return pages.page(
        visit,
        "whatif.html",
        status,
        section="desk_rounds",
        round=round_,
        typed=typed,
        problems=problems,
        shown=shown,
        objectives=OBJECTIVES,
        blocks=steps.BLOCKS,
        leavable=whatif.LEAVABLE,
    )


def _percent(weights: Mapping[str, float]) -> dict[str, str]:
    return {block: f"{100 * weights.get(block, 0.0):.0f}" for block in steps.BLOCKS}


def _problems(visit: Visit, typed: Typed) -> dict[str, str]:
    found = weight_problems(visit, typed.weights)
    if typed.objective not in {row[0] for row in OBJECTIVES}:
        found["objective"] = visit.gettext(pages.CHOOSE)
    if not all(rule in whatif.LEAVABLE for rule in typed.ignore):
        found["ignore"] = visit.gettext(pages.CHOOSE)
    if len(typed.name) > LONGEST_NAME:
        found["name"] = visit.gettext("Please give a name of at most %(n)s characters.", n=LONGEST_NAME)
    for name, text in typed.lists.items():
        if len(text) > LONGEST_LIST:
            found[name] = visit.gettext("Please write at most %(n)s characters here.", n=LONGEST_LIST)
    return found


def _told(visit: Visit, bad: BadSettings) -> dict[str, str]:
    """The problems by field, each with its line."""
    found: dict[str, list[str]] = {}
    for problem in bad.problems:
        said = visit.gettext(problem.message, **problem.facts)
        found.setdefault(problem.field, []).append(
            visit.gettext("Line %(line)s: %(problem)s", line=problem.line, problem=said) if problem.line else said
        )
    return {name: " ".join(sentences) for name, sentences in found.items()}


def _shown(visit: Visit, answer: Answer) -> Shown:
    found = answer.found
    lists = {
        "newly_matched": found.newly_matched,
        "newly_unmatched": found.newly_unmatched[::-1],
        "gaining": [change for change in found.moved if change.gain > 0],
        "losing": [change for change in found.moved[::-1] if change.gain < 0],
    }
    return Shown(
        overall=found.overall,
        lists={name: changes[:MOST_SHOWN] for name, changes in lists.items()},
        counts={"moved": len(found.moved), **{name: len(changes) for name, changes in lists.items()}},
        stages=_sorts(visit, found.by_stage),
        disciplines=_sorts(visit, found.by_discipline),
        names=answer.names,
        kept=answer.kept,
    )


def _sorts(visit: Visit, contrasts: Mapping[str, Contrast]) -> list[Sort]:
    """Lines by label, those of nobody in particular last."""
    words = Words(visit)
    named = [Sort(words.terms([id])[0], contrast) for id, contrast in contrasts.items() if id]
    unnamed = [Sort(visit.gettext("not said"), contrast) for id, contrast in contrasts.items() if not id]
    return [*sorted(named, key=lambda sort: sort.label), *unnamed]
