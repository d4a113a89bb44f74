"""Sign-up: a few short pages for mentees and mentors alike, kept as one goes, sent once, confirmed by mail."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import JSONResponse, Response

from matcher.domain.availability import zone_names
from matcher.domain.introductions import NotAllowed
from matcher.domain.people import LIMITS, BadToken
from matcher.domain.profiles import InvalidProfile, Role
from matcher.domain.vocabulary import Vocabulary
from matcher.workflow import access, outlook, signup
from web import questions
from web.questions import BY_NAME, N_, Draft, Step
from web.templating import alphabetical, place_of
from web.visit import NOT_TICKED, Visit

DRAFT_DAYS = 7
NEW_DRAFTS = (30, timedelta(hours=1))
"""Half-filled forms that one network address may begin."""

CONSENTS = {
    "matching": N_(
        "I agree that the programme uses my answers to find a mentor, mentee or group for me, that a coordinator reads "
        "them, and that I am written to about it."
    ),
    "show_text": N_("I agree that my own words (the free text) are shown to people I am suggested to."),
}
"""The sentences agreed to, each on its own; they are stored with the consent."""


# -- the pages -------------------------------------------------------------------------------------------------------


def begin(visit: Visit) -> Response:
    """GET /join: on to the first page, the role chosen on the front page in hand."""
    role = visit.query.text("role")
    return visit.redirect("join_step", step="you", query={"role": role} if role in list(Role) else None)


def show(visit: Visit) -> Response:
    """GET /join/…: a page of questions with what is known so far."""
    step, draft = _step(visit), kept(visit)
    if step.name == "you":
        role = visit.query.text("role")
        draft = {"role": role, **draft} if role in list(Role) and not draft.get("role") else draft
    elif step not in questions.steps_for(draft) or questions.role_of(draft) is None:
        return visit.redirect("join_step", step="you")
    return page(visit, step, draft)


def save(visit: Visit) -> Response:
    """POST /join/…: keeps what was typed, whatever it is; then on, back, or the page again with what is wrong (422)."""
    step = _step(visit)
    if visit.form.text("go") == "clear":
        return clear(visit)
    key, before = _key(visit), kept(visit)
    draft = questions.read_step(step, visit.form, before, visit.site.vocabulary)
    if draft != before or step.name == "you":
        signup.save_draft(visit.site.database, key, draft, now=visit.now)
    if visit.form.text("go") == "keep":  # the script, while somebody types
        return Response(status_code=204)
    steps = questions.steps_for(draft)
    if visit.form.text("go") == "back":
        return visit.redirect("join_step", step=_neighbour(steps, step, -1).name)
    if step.name == "check":
        return send(visit, draft, key)
    problems = questions.problems_of(draft, (step,), visit.site.vocabulary, visit.translator.gettext)
    if problems:
        return page(visit, step, draft, problems)
    return visit.redirect("join_step", step=_neighbour(steps, step, +1).name)


def send(visit: Visit, draft: Draft, key: str) -> Response:
    """The last page: everything is looked at once more, then signed up."""
    given = {kind: visit.gettext(text) for kind, text in CONSENTS.items() if visit.form.text(f"consent_{kind}")}
    steps = tuple(questions.steps_for(draft))
    problems = questions.problems_of(draft, steps, visit.site.vocabulary, visit.translator.gettext)
    if "matching" not in given:
        problems["consent_matching"] = visit.gettext("Without this one we may not look for anybody for you.")
    if problems:
        return page(visit, BY_NAME["check"], draft, problems, given=set(given))
    limit = LIMITS["sign_up_ip"]
    if not access.allow(visit.site.database, f"sign_up_ip:{visit.client}", limit.count, limit.per, now=visit.now):
        raise visit.refuse(429)
    try:
        signup.sign_up(
            visit.site.database,
            questions.answers_of(draft),
            given,
            vocabulary=visit.site.vocabulary,
            links=visit.site.links,
            language=visit.language,
            now=visit.now,
            draft_key=key,
        )
    except InvalidProfile as wrong:
        found = {problem.column: problem.in_words(visit.translator.gettext) for problem in wrong.problems}
        return page(visit, BY_NAME["check"], draft, found, given=set(given))
    visit.drop_cookie("draft")
    return visit.redirect("joined")


def sent(visit: Visit) -> Response:
    """GET /joined: check your mail."""
    return visit.page("joining/sent.html")


def clear(visit: Visit) -> Response:
    """Forgets the half-filled form, on a shared computer for instance."""
    key = visit.cookie("draft")
    if key:
        signup.save_draft(visit.site.database, key, {}, now=visit.now)
        visit.drop_cookie("draft")
    visit.flash(visit.gettext("The form is empty again; nothing of it was kept."), "note")
    return visit.redirect("home")


def suggest(visit: Visit) -> Response:
    """GET /vocabulary/suggest?kind=goals&q=…: terms for a text half typed, as JSON; comfort for the boxes to tick."""
    kind, text = visit.query.text("kind"), visit.query.text("q")[:80]
    if kind not in questions.KINDS.values() or not text:
        return JSONResponse([])
    found = visit.site.vocabulary.suggest(text, kind, limit=12, language=visit.language)
    return JSONResponse([{"id": term.id, "label": term.label_in(visit.language)} for term in found])


# -- confirming ------------------------------------------------------------------------------------------------------


def ask_confirm(visit: Visit) -> Response:
    """GET /confirm/…: a box to tick, the consent to whoever has not given it, one button. Nothing is spent: scanners
    open links."""
    return _confirm_page(visit, signup.has_to_agree(visit.site.database, visit.param("token"), now=visit.now))


def confirm(visit: Visit) -> Response:
    """POST /confirm/…: the address is confirmed, once or again; an untouched form does nothing."""
    if not visit.form.text("mine") and not visit.form.text("consent_matching"):
        has_to_agree = signup.has_to_agree(visit.site.database, visit.param("token"), now=visit.now)
        if not has_to_agree:
            return _confirm_page(visit, False, {"mine": visit.gettext(NOT_TICKED)})
    agreed = visit.gettext(CONSENTS["matching"]) if visit.form.text("consent_matching") else None
    try:
        signup.confirm(visit.site.database, visit.param("token"), now=visit.now, agreed=agreed)
    except BadToken:
        count_bad_token(visit)
        return visit.page("joining/confirm_stale.html", status=410)
    except NotAllowed as refusal:
        return _confirm_page(visit, True, {"consent_matching": visit.gettext(refusal.message)})
    return visit.page("joining/confirmed.html")


def _confirm_page(visit: Visit, has_to_agree: bool, problems: dict[str, str] | None = None) -> Response:
    return visit.page(
        "joining/confirm.html",
        status=422 if problems else 200,
        token=visit.param("token"),
        has_to_agree=has_to_agree,
        consents=CONSENTS,
        problems=problems or {},
    )


def count_bad_token(visit: Visit) -> None:
    """Notes a wrong token; whoever tries many gets HTTP 429."""
    limit = LIMITS["bad_token_ip"]
    if not access.allow(visit.site.database, f"bad_token_ip:{visit.client}", limit.count, limit.per, now=visit.now):
        raise visit.refuse(429)


# -- what a page needs -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StepPage:
    """What the template of a step shows. `draft` as in `web.questions`; `steps` are all pages of this person."""

    step: Step
    steps: list[Step]
    draft: Draft
    role: Role | None
    number: int
    zones: list[tuple[str, list[tuple[str, str]]]]
    regions: list[tuple[str, str]]

    def ticked(self, column: str) -> list[str]:
        """Ids ticked in a list column."""
        return questions.ticked(self.draft, column)

    def text(self, column: str) -> str:
        """The value of a plain column."""
        return self.draft.get(column, "")

    @property
    def levels(self) -> dict[str, str]:
        """Level by skill."""
        return questions.levels(self.draft)


def step_page(visit: Visit, step: Step, draft: Draft) -> StepPage:
    """Gathers what a page of questions shows."""
    steps = questions.steps_for(draft)
    asked = step.name == "when"
    return StepPage(
        step=step,
        steps=steps,
        draft=draft,
        role=questions.role_of(draft),
        number=steps.index(step) + 1 if step in steps else 1,
        zones=time_zones(visit) if asked else [],
        regions=regions(visit.site.vocabulary, visit.language) if asked else [],
    )


def page(
    visit: Visit,
    step: Step,
    draft: Draft,
    problems: dict[str, str] | None = None,
    given: set[str] | None = None,
) -> Response:
    """A page of questions; with problems it is a 422 and shows them beside their fields."""
    shown = step_page(visit, step, draft)
    outlook_ = None
    if step.name in ("when", "check") and shown.role is not None:
        outlook_ = outlook.outlook(visit.site.database, questions.answers_of(draft), vocabulary=visit.site.vocabulary)
    return visit.page(
        "joining/step.html",
        status=422 if problems else 200,
        page=shown,
        outlook=outlook_,
        problems=problems or {},
        consents=CONSENTS,
        given=given or set(),
        level_names=questions.LEVELS,
        labels=questions.LABELS,
        step_of=questions.step_of,
        not_asked=questions.NOT_ASKED,
        plain_words=questions.PLAIN_WORDS,
        longest=questions.LONGEST_TEXT,
    )


def kept(visit: Visit) -> Draft:
    """The half-filled form of this browser."""
    key = visit.cookie("draft")
    return dict(signup.load_draft(visit.site.database, key)) if key else {}


def _key(visit: Visit) -> str:
    """The cookie's key of the half-filled form, made with the first page sent."""
    key = visit.cookie("draft")
    if len(key) < 40:
        if not access.allow(visit.site.database, f"draft_ip:{visit.client}", *NEW_DRAFTS, now=visit.now):
            raise visit.refuse(429)
        key = secrets.token_urlsafe(32)
        visit.set_cookie("draft", key, max_age=DRAFT_DAYS * 86_400)
    return key


def _step(visit: Visit) -> Step:
    """The page meant by the address; 404 when there is none."""
    step = BY_NAME.get(visit.param("step"))
    if step is None:
        raise visit.refuse(404)
    return step


def _neighbour(steps: list[Step], step: Step, by: int) -> Step:
    """The page after or before."""
    at = steps.index(step) if step in steps else 0
    return steps[min(max(at + by, 0), len(steps) - 1)]


CONTINENTS = {
    "Africa": N_("Africa"), "America": N_("America"), "Antarctica": N_("Antarctica"), "Arctic": N_("Arctic"),
    "Asia": N_("Asia"), "Atlantic": N_("Atlantic Ocean"), "Australia": N_("Australia"), "Europe": N_("Europe"),
    "Indian": N_("Indian Ocean"), "Pacific": N_("Pacific Ocean"),
}  # fmt: skip


def time_zones(visit: Visit) -> list[tuple[str, list[tuple[str, str]]]]:
    """The zones of the world by continent, in the reader's language: (continent, [(name, place)])."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in zone_names():
        continent = name.partition("/")[0]
        if continent in CONTINENTS:
            groups.setdefault(continent, []).append((name, place_of(name, visit.language)))
    named = [
        (visit.gettext(CONTINENTS[continent]), sorted(zones, key=lambda zone: alphabetical(zone[1])))
        for continent, zones in groups.items()
    ]
    return [*named, ("UTC", [("UTC", "UTC")])]


def regions(vocabulary: Vocabulary, language: str) -> list[tuple[str, str]]:
    """Countries and their parts by name: "United States – Ohio"."""
    named = []
    for term in vocabulary.terms("regions"):
        country = f"region.{term.bare.partition('-')[0]}"
        label = term.label_in(language)
        if country != term.id and country in vocabulary:
            label = f"{vocabulary[country].label_in(language)} – {label}"
        named.append((term.id, label))
    return sorted(named, key=lambda pair: alphabetical(pair[1]))
