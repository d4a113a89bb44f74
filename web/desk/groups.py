"""Collaboration groups: forming them for everybody, the board of what was formed, groups on their way."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.responses import Response

from matcher.domain.introductions import (
    FINAL,
    HOLDING,
    Kind,
    NotAllowed,
    NotFound,
    Overtaken,
    State,
)
from matcher.domain.people import Standing
from matcher.domain.rounds import Round, RoundState
from matcher.storage import desk_introductions, desk_lists, desk_proposals, desk_rounds, people
from matcher.storage.desk_introductions import IntroductionLine
from matcher.storage.desk_lists import Paged
from matcher.storage.desk_proposals import Wanted
from matcher.storage.desk_rounds import RoundLine
from matcher.workflow import matching, review
from web.desk import pages
from web.desk.group_cards import Card, board_url, cards_of
from web.desk.words import ROUND_STATES, Words
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


SMALLEST, LARGEST = 3, 12
"""Sizes that can be asked for: two people are a pair, and more than a dozen do not all come to speak."""

USUAL = (4, 6)
MOST_LEFT = 300
"""People left over who are named on the board."""

SHOWS = (("", _("to review")), ("approved", _("approved")), ("dismissed", _("dismissed")))
TABS = {"running": tuple(sorted(HOLDING)), "ended": tuple(sorted(FINAL))}

WHY_LEFT = (
    (
        re.compile(r"rules between two people: only (?P<n>\d+) others remain, a group needs (?P<needed>\d+)"),
        _("The rules between two people leave only %(n)s others for them; a group needs %(needed)s."),
    ),
    (
        re.compile(r"language: only (?P<n>\d+) others remain, a group needs (?P<needed>\d+)"),
        _("%(n)s others speak a language of theirs; a group needs %(needed)s."),
    ),
    (
        re.compile(r"common hour: only (?P<n>\d+) others remain, a group needs (?P<needed>\d+)"),
        _("%(n)s others have time in the same hours; a group needs %(needed)s."),
    ),
    (
        re.compile(r"facilitator: nobody experienced enough shares a language and an hour"),
        _("Nobody who is experienced enough to facilitate shares a language and an hour with them."),
    ),
    (
        re.compile(r"no group of the wanted size has a place that all rules allow"),
        _("No group of the wanted size has a place for them that all rules allow."),
    ),
)
"""The matcher's reasons for being left over, as sentences."""


# -- what the pages show ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Left:
    """People for whom a round had no group, by the reason."""

    reason: str
    people: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Board:
    """The groups of one round, and who was left over. `seen` names every draft with its version."""

    chosen: Round
    title: str
    facts: Sequence[tuple[int, str]]
    shows: Sequence[tuple[str, str, int]]
    show: str
    cards: Paged[Card]
    left: Sequence[Left]
    drafts: int
    seen: str

    @property
    def is_open(self) -> bool:
        """Whether its drafts can go out together."""
        return self.chosen.state in (RoundState.REVIEW, RoundState.PUBLISHED)


@dataclass(frozen=True)
class Form:
    """The form that asks for groups, with what was typed and what is wrong with it."""

    kinds: Sequence[tuple[str, str]]
    kind: str
    low: str
    high: str
    problems: Mapping[str, str]


# -- forming groups --------------------------------------------------------------------------------------------------


def start(visit: Visit) -> Response:
    """POST /desk/groups: asks for a round of groups, or decides on all drafts of one."""
    act = visit.form.text("act", "start")
    if act == "start":
        return _form_groups(visit)
    if act == "publish":
        return _publish(visit)
    if act == "discard":
        return _discard(visit)
    raise visit.refuse(422, visit.gettext(pages.CHOOSE))


def _form_groups(visit: Visit) -> Response:
    kind = visit.form.text("kind")
    low, high = visit.form.number("low"), visit.form.number("high")
    problems = _problems(visit, kind, low, high)
    if problems:
        return _page(visit, problems, 422)
    under_way = _under_way(visit)
    if under_way is not None:
        visit.flash(visit.gettext(_("Groups are being formed already; this is how far it is.")), "note")
        return visit.redirect("desk_round", id=under_way)
    asked = matching.request_round(
        visit.site.database,
        by=pages.me(visit),
        now=visit.now,
        kind="groups",
        mode="assigned",
        options={"kind": kind or None, "sizes": [low, high]},
    )
    return visit.redirect("desk_round", id=asked)


def _problems(visit: Visit, kind: str, low: int, high: int) -> dict[str, str]:
    problems = {}
    if kind and kind not in {term.id for term in visit.site.vocabulary.terms("collaborations")}:
        problems["kind"] = visit.gettext(_("Please choose a kind of group from the list."))
    for name, size in (("low", low), ("high", high)):
        if not SMALLEST <= size <= LARGEST:
            sentence = _("Please give a number from %(least)s to %(most)s; two people are a pair, not a group.")
            problems[name] = visit.gettext(sentence, least=SMALLEST, most=LARGEST)
    if not problems and high < low:
        problems["high"] = visit.gettext(_("The largest size cannot be below the smallest."))
    return problems


def _under_way(visit: Visit) -> int | None:
    """A round of groups that waits or runs; a second press of the button must not ask for another."""
    with visit.site.database.read() as session:
        lines = desk_rounds.group_rounds(session)
    return next((line.id for line in lines if line.state in (RoundState.REQUESTED, RoundState.RUNNING)), None)


def _form(visit: Visit, problems: Mapping[str, str]) -> Form:
    terms = visit.site.vocabulary.terms("collaborations")
    return Form(
        [(term.id, term.label_in(visit.language)) for term in terms],
        visit.form.text("kind"),
        visit.form.text("low", str(USUAL[0])),
        visit.form.text("high", str(USUAL[1])),
        problems,
    )


# -- the board -------------------------------------------------------------------------------------------------------


def show(visit: Visit) -> Response:
    """GET /desk/groups"""
    return _page(visit, {}, 200)


def _page(visit: Visit, problems: Mapping[str, str], status: int) -> Response:
    tab = visit.query.text("tab")
    tab = tab if tab in TABS else ""
    q = visit.query.text("q")
    with visit.site.database.read() as session:
        lines = desk_rounds.group_rounds(session)
        board = _board(visit, session, lines, q) if not tab else None
        listed = _listed(visit, session, TABS[tab], q) if tab else None
        counts = {name: _listed(visit, session, states, "", size=1).count for name, states in TABS.items()}
        drafts = sum(line.drafts for line in lines)
        trouble = _trouble(visit, session, lines)
    return pages.page(
        visit,
        "groups.html",
        status,
        section="desk_groups",
        form=_form(visit, problems),
        tab=tab,
        tabs=[
            ("", visit.gettext(_("To review")), drafts),
            ("running", visit.gettext(_("Invited and running")), counts["running"]),
            ("ended", visit.gettext(_("Ended")), counts["ended"]),
        ],
        q=q,
        board=board,
        rounds=_round_choices(visit, lines),
        going_on=[line for line in lines if line.state in (RoundState.REQUESTED, RoundState.RUNNING)],
        trouble=trouble,
        listed=listed,
    )


def _trouble(visit: Visit, session: Session, lines: Sequence[RoundLine]) -> str:
    """Why the round that was asked for, or the newest one, has no result; empty when it has one."""
    asked = visit.query.number("round") or (lines[0].id if lines else 0)
    if not any(line.id == asked and line.state is RoundState.FAILED for line in lines):
        return ""
    return visit.gettext(desk_rounds.round_of(session, asked).trouble or "")


def _listed(
    visit: Visit, session: Session, states: Sequence[State], q: str, size: int = desk_lists.PAGE
) -> Paged[IntroductionLine]:
    page = visit.query.number("page") if size > 1 else 0
    return desk_introductions.introduction_lines(session, states, search=q, kind=Kind.GROUP, page=page, size=size)


def _round_choices(visit: Visit, lines: Sequence[RoundLine]) -> list[tuple[str, str]]:
    """Rounds that have a result, as one line each."""
    words = Words(visit)
    return [
        (
            str(line.id),
            " · ".join(
                (
                    visit.gettext("Round %(number)s", number=line.id),
                    visit.ngettext("%(n)s group", "%(n)s groups", line.groups),
                    words.state(line.state),
                    *((words.ago(line.requested_at),) if line.requested_at else ()),
                )
            ),
        )
        for line in lines
        if line.groups is not None
    ]


def _board(visit: Visit, session: Session, lines: Sequence[RoundLine], q: str) -> Board | None:
    """The round that was asked for, else the newest to review, else the newest with drafts, else the newest at all."""
    chosen = _chosen(visit, session, lines)
    if chosen is None or chosen.finished_at is None or chosen.state is RoundState.FAILED:
        return None
    round_id = chosen.id or 0
    counts = desk_rounds.proposal_counts(session, round_id)
    show = visit.query.text("show")
    show = show if show in dict(SHOWS) else ""
    wanted = Wanted(round_id, state=show or "draft", search=q, kind=Kind.GROUP)
    found = desk_proposals.group_drafts(session, wanted, visit.query.number("page"))
    proof = chosen.certificate
    placed = int(proof.get("people", 0)) - int(proof.get("unplaced", 0))
    return Board(
        chosen=chosen,
        title=_title(visit, chosen),
        facts=[
            (int(proof.get("groups", 0)), visit.gettext(_("groups formed"))),
            (placed, visit.gettext(_("people in a group"))),
            (len(chosen.unmatched), visit.gettext(_("left over"))),
        ],
        shows=[(name, visit.gettext(label), counts.get(name or "draft", 0)) for name, label in SHOWS],
        show=show,
        cards=Paged(cards_of(visit, session, found.rows), found.count, found.page, found.size),
        left=_left(visit, session, chosen.unmatched),
        drafts=counts.get("draft", 0),
        seen=pages.stamp(desk_proposals.versions_of_round(session, round_id)),
    )


def _chosen(visit: Visit, session: Session, lines: Sequence[RoundLine]) -> Round | None:
    if visit.query.text("round"):
        return _round(visit, session, visit.query.number("round"))
    solved = [line for line in lines if line.groups is not None]
    for wanted in (
        lambda line: line.state is RoundState.REVIEW,
        lambda line: line.drafts > 0,
        lambda line: line.state is not RoundState.DISCARDED,
    ):
        for line in solved:
            if wanted(line):
                return desk_rounds.round_of(session, line.id)
    return None


def _round(visit: Visit, session: Session, round_id: int) -> Round:
    """A round of groups; 404 for anything else."""
    try:
        found = desk_rounds.round_of(session, round_id)
    except NotFound as nothing:
        raise visit.refuse(404) from nothing
    if str(found.kind) != "groups":
        raise visit.refuse(404)
    return found


def _title(visit: Visit, chosen: Round) -> str:
    """What a round was asked to form."""
    kind = chosen.options.get("kind")
    low, high = chosen.options.get("sizes", USUAL)
    label = Words(visit).terms([str(kind)])[0] if kind else visit.gettext(_("Groups of any kind"))
    return visit.gettext(_("%(kind)s, %(low)s to %(high)s people"), kind=label, low=low, high=high)


def _left(visit: Visit, session: Session, unmatched: Mapping[str, str]) -> list[Left]:
    """Those left over, the most frequent reason first."""
    names = people.these(session, list(unmatched)[:MOST_LEFT])
    by_reason: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for id, reason in unmatched.items():
        if id in names and names[id].status is not Standing.ERASED:
            by_reason[_why_left(visit, reason)].append((id, names[id].name))
    found = [Left(why, sorted(who, key=lambda one: desk_lists.folded(one[1]))) for why, who in by_reason.items()]
    return sorted(found, key=lambda left: (-len(left.people), left.reason))


def _why_left(visit: Visit, reason: str) -> str:
    for pattern, sentence in WHY_LEFT:
        match = pattern.fullmatch(reason)
        if match:
            return visit.gettext(sentence) % match.groupdict()
    return reason


# -- decisions on a whole round --------------------------------------------------------------------------------------


def _publish(visit: Visit) -> Response:
    """All drafts that remain go out; what is refused stays a draft, with the reason."""
    round_id = visit.form.number("round")
    with visit.site.database.read() as session:
        chosen = _round(visit, session, round_id)
        now = desk_proposals.versions_of_round(session, round_id)
        changed = _changes(visit, session, now)
        labels = _labels(session, list(now))
    if changed:
        return pages.conflict(visit, changed, board_url(visit, round_id))
    seen = pages.stamped(visit.form.text("seen"), now)
    means = {
        "versions": seen,
        "by": pages.me(visit),
        "vocabulary": visit.site.vocabulary,
        "links": visit.site.links,
        "now": visit.now,
    }
    try:
        if chosen.state is RoundState.PUBLISHED:
            done = review.approve(visit.site.database, list(seen), **means)  # type: ignore[arg-type]
        else:
            done = review.publish(visit.site.database, round_id, **means)  # type: ignore[arg-type]
    except Overtaken:
        return _round_conflict(visit, round_id)
    said = visit.ngettext("%(n)s group is being invited.", "%(n)s groups are being invited.", len(done.approved))
    refused = [f"{labels.get(id, id)}: {pages.sentence(visit, why)}" for id, why in done.refused.items()]
    visit.flash(" ".join([said, *refused[:3]]), "note" if refused else "good")
    return pages.back(visit, "desk_groups")


def _changes(visit: Visit, session: Session, round_: Mapping[int, tuple[int, State]]) -> list[pages.Seen]:
    return pages.changed(visit, round_, lambda ids: _labels(session, ids))


def _labels(session: Session, ids: Sequence[int]) -> dict[int, str]:
    return {group.id or 0: group.label for group in desk_proposals.these_proposals(session, ids)}


def _discard(visit: Visit) -> Response:
    """Throws the round's drafts away."""
    round_id = visit.form.number("round")
    with visit.site.database.read() as session:
        _round(visit, session, round_id)
    try:
        review.discard_round(visit.site.database, round_id, by=pages.me(visit), now=visit.now)
    except NotAllowed as refusal:
        visit.flash(pages.sentence(visit, refusal), "bad")
    else:
        visit.flash(visit.gettext(_("The round was thrown away. Groups that were invited before go their own way.")))
    return visit.redirect("desk_groups")


def _round_conflict(visit: Visit, round_id: int) -> Response:
    """409: its groups changed at this very moment, or the round is no longer under review."""
    with visit.site.database.read() as session:
        now = _round(visit, session, round_id).state
        seen = _changes(visit, session, desk_proposals.versions_of_round(session, round_id))
    if not seen:
        then = visit.gettext(ROUND_STATES[RoundState.REVIEW][0])
        seen = [pages.Seen(visit.gettext("Round %(number)s", number=round_id), then, Words(visit).state(now))]
    return pages.conflict(visit, seen, board_url(visit, round_id))
