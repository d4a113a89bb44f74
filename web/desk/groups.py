"""Collaboration groups: forming them for everybody, the board of what was formed, groups on their way, one group."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.responses import Response

from matcher.domain.introductions import (
    FINAL,
    HOLDING,
    Answer,
    Introduction,
    Kind,
    NotAllowed,
    NotFound,
    Overtaken,
    Part,
    State,
)
from matcher.domain.people import Participant, Standing
from matcher.domain.profiles import Profile
from matcher.domain.rounds import Round, RoundState
from matcher.domain.rules import RULES
from matcher.storage import desk as rows
from matcher.storage import introductions, people
from matcher.storage.desk import IntroductionLine, Paged, RoundLine, Wanted
from matcher.workflow import cards, matching, review
from matcher.workflow import desk as steps
from matcher.workflow.desk import Newcomer
from web import charts
from web.desk import pages
from web.desk.words import ROUND_STATES, Words, id_of
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

MISSING = {
    "language": _("They have no language in common."),
    "hour": _("They have no hour of the week in common."),
    "facilitator": _("Nobody among them is experienced enough to facilitate."),
}


# -- what the pages show ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Member:
    """One member of a group: who it is, what they add, and how they answered."""

    id: str
    name: str
    part: Part
    profession: str
    stage: str
    adds: Sequence[str]
    closeness: float | None
    answer: Answer
    asked: bool
    is_gone: bool
    is_erased: bool


@dataclass(frozen=True)
class Card:
    """A group as the desk shows it. `hours` are those of `zone`, where the facilitator lives."""

    id: int
    version: int
    label: str
    state: State
    members: Sequence[Member]
    shared: Sequence[str]
    languages: Sequence[str]
    hours: str
    zone: str
    rota: Sequence[str]
    closeness: float
    ring: Markup
    round_id: int | None
    is_out: bool
    ended_for: str | None

    @property
    def names(self) -> str:
        """All names, for forms to tell what they showed."""
        return ", ".join(member.name for member in self.members)

    @property
    def yes(self) -> int:
        """How many said yes."""
        return sum(member.answer is Answer.YES for member in self.members)


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


@dataclass(frozen=True)
class Candidate:
    """Somebody who could join: what they would add, what it does to the closeness, and what speaks against it."""

    id: str
    name: str
    profession: str
    adds: Sequence[str]
    gain: float
    against: Sequence[str]
    elsewhere: Sequence[tuple[int, str]]


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
        lines = rows.group_rounds(session)
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
        lines = rows.group_rounds(session)
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
    return visit.gettext(rows.round_of(session, asked).trouble or "")


def _listed(
    visit: Visit, session: Session, states: Sequence[State], q: str, size: int = rows.PAGE
) -> Paged[IntroductionLine]:
    page = visit.query.number("page") if size > 1 else 0
    return rows.introduction_lines(session, states, search=q, kind=Kind.GROUP, page=page, size=size)


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
    counts = rows.proposal_counts(session, round_id)
    show = visit.query.text("show")
    show = show if show in dict(SHOWS) else ""
    wanted = Wanted(round_id, state=show or "draft", search=q, kind=Kind.GROUP)
    found = rows.group_drafts(session, wanted, visit.query.number("page"))
    drafts = rows.proposal_ids(session, Wanted(round_id, kind=Kind.GROUP))
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
        cards=Paged(_cards(visit, session, found.rows), found.count, found.page, found.size),
        left=_left(visit, session, chosen.unmatched),
        drafts=len(drafts),
        seen=_stamp(session, drafts),
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
                return rows.round_of(session, line.id)
    return None


def _round(visit: Visit, session: Session, round_id: int) -> Round:
    """A round of groups; 404 for anything else."""
    try:
        found = rows.round_of(session, round_id)
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
    found = [Left(why, sorted(who, key=lambda one: rows.folded(one[1]))) for why, who in by_reason.items()]
    return sorted(found, key=lambda left: (-len(left.people), left.reason))


def _why_left(visit: Visit, reason: str) -> str:
    for pattern, sentence in WHY_LEFT:
        match = pattern.fullmatch(reason)
        if match:
            return visit.gettext(sentence) % match.groupdict()
    return reason


def _stamp(session: Session, ids: Sequence[int]) -> str:
    """Drafts and their versions as one text, for a form that decides on all of them."""
    now = rows.versions(session, ids)
    return " ".join(f"{id}:{now[id][0]}" for id in sorted(now))


# -- groups in words -------------------------------------------------------------------------------------------------


def _cards(visit: Visit, session: Session, found: Sequence[Introduction]) -> list[Card]:
    """Groups with names and words; people are read once for all of them."""
    who = people.these(session, [party.participant_id for group in found for party in group.parties])
    kept = {id: person for id, person in who.items() if person.status is not Standing.ERASED}
    profiles = steps.profiles_of(kept, visit.site.vocabulary)
    return [_card(visit, group, who, profiles) for group in found]


def _card(visit: Visit, group: Introduction, who: Mapping[str, Participant], profiles: Mapping[str, Profile]) -> Card:
    words, told = Words(visit), group.explanation
    facilitator = next((who.get(p.participant_id) for p in group.parties if p.part is Part.FACILITATOR), None)
    zone = facilitator.timezone if facilitator is not None else None
    members = _members(visit, group, who, profiles)
    return Card(
        id=group.id or 0,
        version=group.version,
        label=group.label or visit.gettext(_("Group without a name")),
        state=group.state,
        members=members,
        shared=words.terms(told.get("shared", [])),
        languages=words.terms(told.get("languages", [])),
        hours=cards.hours_in_words(told.get("hours_utc", []), zone, visit.language),
        zone=zone or "UTC",
        rota=[who[id].name for id in told.get("rota", []) if id in who],
        closeness=group.affinity,
        ring=_ring(visit, group, members, profiles),
        round_id=group.round_id,
        is_out=group.approved_at is not None,
        ended_for=group.end_reason,
    )


def _members(
    visit: Visit, group: Introduction, who: Mapping[str, Participant], profiles: Mapping[str, Profile]
) -> list[Member]:
    """The facilitator first, the others by name."""
    words, told = Words(visit), group.explanation
    found = []
    for party in group.parties:
        person, profile = who.get(party.participant_id), profiles.get(party.participant_id)
        found.append(
            Member(
                id=party.participant_id,
                name=person.name if person is not None else "",
                part=party.part,
                profession=_profession(words, profile),
                stage=words.terms([profile.stage])[0] if profile is not None and profile.stage else "",
                adds=words.terms(told.get("adds", {}).get(party.participant_id, [])),
                closeness=told.get("closeness", {}).get(party.participant_id),
                answer=party.answer,
                asked=party.asked_at is not None,
                is_gone=person is None or person.status is not Standing.ACTIVE,
                is_erased=person is None or person.status is Standing.ERASED,
            )
        )
    return sorted(found, key=lambda m: (m.part is not Part.FACILITATOR, rows.folded(m.name), m.id))


def _profession(words: Words, profile: Profile | None) -> str:
    """The first discipline, in its own words where the vocabulary lacks it."""
    if profile is None:
        return ""
    known = [*words.terms(profile.disciplines[:1]), *profile.unknown.get("disciplines", ())]
    return known[0] if known else ""


def _ring(visit: Visit, group: Introduction, members: Sequence[Member], profiles: Mapping[str, Profile]) -> Markup:
    there = [profiles[member.id] for member in members if member.id in profiles]
    return charts.ring(
        [member.name for member in members if member.id in profiles],
        steps.ties(there, visit.site.vocabulary),
        identifier=f"ring-{group.id}",
        title=visit.gettext(_("Who is close to whom in %(group)s"), group=group.label),
    )


# -- decisions on a whole round --------------------------------------------------------------------------------------


def _publish(visit: Visit) -> Response:
    """All drafts that remain go out; what is refused stays a draft, with the reason."""
    round_id = visit.form.number("round")
    with visit.site.database.read() as session:
        chosen = _round(visit, session, round_id)
        drafts = rows.proposal_ids(session, Wanted(round_id, kind=Kind.GROUP))
        changed = _changes(visit, session, drafts)
        labels = {g.id: g.label for g in rows.these_proposals(session, drafts)}
    if changed:
        return pages.conflict(visit, changed, _board_url(visit, round_id))
    means = {
        "by": pages.me(visit),
        "vocabulary": visit.site.vocabulary,
        "links": visit.site.links,
        "now": visit.now,
    }
    try:
        if chosen.state is RoundState.PUBLISHED:
            done = review.approve(visit.site.database, drafts, **means)  # type: ignore[arg-type]
        else:
            done = review.publish(visit.site.database, round_id, **means)  # type: ignore[arg-type]
    except Overtaken:
        return _round_conflict(visit, round_id)
    said = visit.ngettext("%(n)s group is being invited.", "%(n)s groups are being invited.", len(done.approved))
    refused = [f"{labels.get(id, id)}: {pages.sentence(visit, why)}" for id, why in done.refused.items()]
    visit.flash(" ".join([said, *refused[:3]]), "note" if refused else "good")
    return pages.back(visit, "desk_groups")


def _changes(visit: Visit, session: Session, drafts: Sequence[int]) -> list[pages.Seen]:
    """What differs between the drafts the form showed and those there are."""
    shown = dict(pair.partition(":")[::2] for pair in visit.form.text("seen").split())
    now = {str(id): (str(version), state) for id, (version, state) in _versions(session, shown, drafts).items()}
    there = {str(group.id): group for group in rows.these_proposals(session, [int(id) for id in now])}
    words, found = Words(visit), []
    for id, (version, state) in sorted(now.items(), key=lambda item: int(item[0])):
        if shown.get(id) == version:
            continue
        then = visit.gettext(_("to review")) if id in shown else visit.gettext(_("not among those to review"))
        is_now = visit.gettext(_("changed")) if state is State.DRAFT and id in shown else words.state(state)
        found.append(pages.Seen(there[id].label, then, is_now))
    return found


def _versions(session: Session, shown: Mapping[str, str], drafts: Sequence[int]) -> dict[int, tuple[int, State]]:
    return rows.versions(session, {*pages.numbers(shown), *drafts})


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
    with visit.site.database.read() as session:
        now = _round(visit, session, round_id).state
    label = visit.gettext("Round %(number)s", number=round_id)
    then = visit.gettext(ROUND_STATES[RoundState.REVIEW][0])
    seen = [pages.Seen(label, then, Words(visit).state(now))]
    return pages.conflict(visit, seen, _board_url(visit, round_id))


def _board_url(visit: Visit, round_id: int | None) -> str:
    url = visit.url("desk_groups")
    return f"{url}?round={round_id}" if round_id else url


# -- one group -------------------------------------------------------------------------------------------------------


def one(visit: Visit) -> Response:
    """GET /desk/groups/…: members, and while it is a draft, who could join."""
    card, label = _look(visit)
    is_draft = card.state is State.DRAFT
    q = visit.query.text("q")
    return pages.page(
        visit,
        "group.html",
        section="desk_groups",
        card=card,
        label=label,
        is_draft=is_draft,
        against=_against(visit, card) if is_draft else [],
        candidates=_candidates(visit, card, q) if is_draft else [],
        q=q,
        onward=_board_url(visit, card.round_id),
    )


def _look(visit: Visit) -> tuple[Card, str]:
    """The group and its label as stored."""
    with visit.site.database.read() as session:
        group = _group(visit, session)
        return _cards(visit, session, [group])[0], group.label


def _group(visit: Visit, session: Session) -> Introduction:
    try:
        found = introductions.get(session, pages.number(visit))
    except NotFound as nothing:
        raise visit.refuse(404) from nothing
    if found.kind is not Kind.GROUP:
        raise visit.refuse(404)
    return found


def _against(visit: Visit, card: Card) -> list[str]:
    """What has come to speak against a drafted group since it was formed."""
    try:
        look = steps.look_at_members(
            visit.site.database, [m.id for m in card.members], vocabulary=visit.site.vocabulary, now=visit.now
        )
    except NotAllowed as refusal:
        return [pages.sentence(visit, refusal)]
    return _obstacles(visit, look, {m.id: m.name for m in card.members})


def _obstacles(visit: Visit, look: steps.Look, names: Mapping[str, str]) -> list[str]:
    """Everything that speaks against some people as a group, as sentences."""
    pairs = [
        visit.gettext(
            _("%(one)s and %(other)s: %(rule)s"),
            one=names.get(one, one),
            other=names.get(other, other),
            rule=visit.gettext(RULES[rules[0]]),
        )
        for one, other, rules in look.broken
    ]
    return [*pairs, *(visit.gettext(MISSING[name]) for name in look.missing)]


def _candidates(visit: Visit, card: Card, q: str) -> list[Candidate]:
    found = steps.newcomers(visit.site.database, card.id, vocabulary=visit.site.vocabulary, now=visit.now, search=q)
    names = {m.id: m.name for m in card.members}
    return [_candidate(visit, each, names) for each in found]


def _candidate(visit: Visit, newcomer: Newcomer, names: Mapping[str, str]) -> Candidate:
    words, person, look = Words(visit), newcomer.person, newcomer.look
    return Candidate(
        id=person.id,
        name=person.name,
        profession=_profession(words, person),
        adds=words.terms(look.group.adds.get(person.id, ())) if look.group is not None else [],
        gain=newcomer.gain,
        against=_obstacles(visit, look, {**names, person.id: person.name}),
        elsewhere=newcomer.elsewhere,
    )


def act(visit: Visit) -> Response:
    """POST /desk/groups/…: approve, dismiss, restore, add, remove, rename; only what was seen is decided on."""
    do = ACTS.get(visit.form.text("act"))
    if do is None:
        raise visit.refuse(422, visit.gettext(pages.CHOOSE))
    card, _label = _look(visit)
    if visit.form.number("version") != card.version:
        if _is_done(visit.form.text("act"), card):
            visit.flash(visit.gettext(_("This has been done already.")), "note")
            return pages.back(visit, "desk_group", id=card.id)
        return _conflict(visit, card)
    try:
        visit.flash(do(visit, card))
    except NotFound as nobody:
        raise visit.refuse(404) from nobody
    except Overtaken:
        return _conflict(visit, _look(visit)[0])
    except NotAllowed as refusal:
        visit.flash(pages.sentence(visit, refusal), "bad")
    return pages.back(visit, "desk_group", id=card.id)


def _is_done(act: str, card: Card) -> bool:
    """Whether the group stands already where the act would bring it: a button pressed twice is no conflict."""
    return (
        (act == "approve" and card.is_out)
        or (act == "dismiss" and card.state is State.DISCARDED)
        or (act == "restore" and card.state is State.DRAFT)
    )


def _approve(visit: Visit, card: Card) -> str:
    done = review.approve(
        visit.site.database,
        [card.id],
        by=pages.me(visit),
        vocabulary=visit.site.vocabulary,
        links=visit.site.links,
        now=visit.now,
    )
    for refusal in done.refused.values():
        raise refusal
    return visit.ngettext(
        "%(n)s person is being invited to %(group)s.",
        "%(n)s people are being invited to %(group)s.",
        len(card.members),
        group=card.label,
    )


def _dismiss(visit: Visit, card: Card) -> str:
    review.dismiss(visit.site.database, [card.id], by=pages.me(visit), now=visit.now)
    return visit.gettext(_("%(group)s was dismissed; it can be restored."), group=card.label)


def _restore(visit: Visit, card: Card) -> str:
    review.restore(visit.site.database, [card.id], by=pages.me(visit), now=visit.now)
    return visit.gettext(_("%(group)s is to review again."), group=card.label)


def _add(visit: Visit, card: Card) -> str:
    person = _person(visit)
    _change(visit, card, add=person)
    return visit.gettext(_("%(name)s is in the group now."), name=_name(visit, person))


def _remove(visit: Visit, card: Card) -> str:
    person = _person(visit)
    _change(visit, card, remove=person)
    return visit.gettext(_("%(name)s is no longer in the group."), name=_name(visit, person))


def _change(visit: Visit, card: Card, *, add: str = "", remove: str = "") -> None:
    steps.change_members(
        visit.site.database,
        card.id,
        add=add,
        remove=remove,
        by=pages.me(visit),
        vocabulary=visit.site.vocabulary,
        now=visit.now,
        version=card.version,
    )


def _rename(visit: Visit, card: Card) -> str:
    steps.label_group(visit.site.database, card.id, visit.form.text("label"), by=pages.me(visit), now=visit.now)
    return visit.gettext(_("The group has its new name."))


ACTS: Mapping[str, Callable[[Visit, Card], str]] = {
    "approve": _approve,
    "dismiss": _dismiss,
    "restore": _restore,
    "add": _add,
    "remove": _remove,
    "rename": _rename,
}
"""What can be done with a group; each returns what to say afterwards."""


def _person(visit: Visit) -> str:
    person = id_of(visit.form.text("person"))
    if not person:
        raise visit.refuse(404)
    return person


def _name(visit: Visit, person: str) -> str:
    with visit.site.database.read() as session:
        found = people.these(session, [person]).get(person)
    return found.name if found is not None and found.name else person


def _conflict(visit: Visit, card: Card) -> Response:
    """409: the group as the form showed it beside the group as it is."""
    words, form = Words(visit), visit.form
    was = form.text("was_state")
    then = words.state(State(was)) if was in list(State) else ""
    rows_ = [
        (visit.gettext(_("State")), then, words.state(card.state)),
        (visit.gettext(_("Name")), form.text("was_label"), card.label),
        (visit.gettext(_("Members")), form.text("was_members"), card.names),
    ]
    with visit.site.database.read() as session:
        last = rows.last_act(session, f"introduction:{card.id}")
        who = rows.names_of(session, [last.actor]).get(last.actor, "") if last is not None else ""
    seen = [pages.Seen(*row) for row in rows_ if row[1] != row[2]] or [pages.Seen(*rows_[0])]
    return pages.conflict(visit, seen, visit.url("desk_group", id=card.id), who)
