"""A round under review: each mentee with the suggestions side by side; approve, dismiss, restore, publish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy.orm import Session
from starlette.responses import Response

from matcher.domain.introductions import Introduction, NotAllowed, NotFound, Overtaken, State
from matcher.domain.people import Participant
from matcher.domain.profiles import Profile
from matcher.domain.rounds import Round, RoundKind, RoundState
from matcher.storage import desk_lists, desk_proposals, desk_rounds
from matcher.storage import people as people_rows
from matcher.workflow import cards, review
from matcher.workflow import desk as steps
from web import charts
from web.desk import pages
from web.desk.rounds import AT_WORK
from web.visit import Visit

MENTEES = 8
"""Mentees on one page; on a phone each takes more than its height."""

MOST_NAMED = 6
"""Proposals named in a message, which has to stay short."""

SORTS = ("mentee", "mentor", "affinity", "-affinity")
TABS = ("draft", "approved", "dismissed", "all")


@dataclass(frozen=True)
class Suggestion:
    """One proposal in words."""

    introduction: Introduction
    mentor: Participant | None
    profile: Profile | None
    reasons: Sequence[str]
    weakest: str


@dataclass(frozen=True)
class Card:
    """A mentee and what the round proposes for them."""

    mentee_id: str
    mentee: Participant | None
    profile: Profile | None
    suggestions: Sequence[Suggestion]

    @property
    def drafts(self) -> list[Introduction]:
        """Those that wait for the coordinator."""
        return [s.introduction for s in self.suggestions if s.introduction.state is State.DRAFT]


@dataclass(frozen=True)
class Unmatched:
    """A mentee without a proposal, and why."""

    id: str
    name: str
    reason: str


def show(visit: Visit) -> Response:
    """GET /desk/rounds/…"""
    number = pages.number(visit)
    wanted = _wanted(visit, number)
    try:
        with visit.site.database.read() as session:
            round_ = desk_rounds.round_of(session, number)
            if round_.kind is RoundKind.GROUPS and round_.state not in AT_WORK:
                return visit.redirect("desk_groups", {"round": str(number)})
            counts = desk_rounds.proposal_counts(session, number)
            shown = desk_proposals.proposals_by_mentee(session, wanted, visit.query.number("page"), MENTEES)
            cards_ = _cards(visit, session, shown.rows)
            first = [affinity for _, affinity in desk_rounds.first_pairs(session, number).values()]
            unmatched = _unmatched(session, round_)
            seen = pages.stamp(desk_proposals.versions_of_round(session, number))
            rivals = len(desk_rounds.under_review(session))
    except NotFound:
        raise visit.refuse(404) from None
    return pages.page(
        visit,
        "round.html",
        section="desk_rounds",
        round=round_,
        at_work=round_.state in AT_WORK,
        under_review=round_.state is RoundState.REVIEW,
        counts=counts,
        seen=seen,
        rivals=rivals,
        shown=shown,
        cards=cards_,
        wanted=wanted,
        sorts=SORTS,
        affinities=_histogram(visit, first) if first else None,
        unmatched=unmatched,
    )


def _wanted(visit: Visit, number: int) -> desk_proposals.Wanted:
    """The filters in the address; nonsense is passed over."""
    state, sort, below = visit.query.text("state"), visit.query.text("sort"), visit.query.text("below")
    return desk_proposals.Wanted(
        round_id=number,
        state=state if state in TABS else "draft",
        search=visit.query.text("q")[:200],
        below=int(below) / 100 if below.isascii() and below.isdecimal() and len(below) <= 3 else None,
        sort=sort if sort in SORTS else "mentee",
    )


def _cards(visit: Visit, session: Session, rows: Sequence[Sequence[Introduction]]) -> list[Card]:
    ids = {str(party.participant_id) for group in rows for i in group for party in i.parties}
    people = people_rows.these(session, ids)
    profiles = steps.profiles_of(people, visit.site.vocabulary)
    return [_card(visit, group, people, profiles) for group in rows]


def _card(
    visit: Visit, group: Sequence[Introduction], people: Mapping[str, Participant], profiles: Mapping[str, Profile]
) -> Card:
    mentee = str(group[0].mentee_id)
    found = [suggestion_of(visit, introduction, people, profiles) for introduction in group]
    return Card(mentee, people.get(mentee), profiles.get(mentee), found)


def suggestion_of(
    visit: Visit, introduction: Introduction, people: Mapping[str, Participant], profiles: Mapping[str, Profile]
) -> Suggestion:
    """A proposal with its reasons in the coordinator's language."""
    mentee, mentor = str(introduction.mentee_id), str(introduction.mentor_id)
    if mentee not in profiles or mentor not in profiles:
        return Suggestion(introduction, people.get(mentor), None, (), "")
    told = cards.reasons_for(
        introduction.explanation,
        profiles[mentee],
        profiles[mentor],
        visit.site.vocabulary,
        reader="coordinator",
        language=visit.language,
    )
    return Suggestion(introduction, people[mentor], profiles[mentor], told["reasons"], told["weakest"])


def _unmatched(session: Session, round_: Round) -> list[Unmatched]:
    people = people_rows.these(session, round_.unmatched)
    found = [Unmatched(id, people[id].name if id in people else id, why) for id, why in round_.unmatched.items()]
    return sorted(found, key=lambda u: (desk_lists.folded(u.name), u.id))


def _histogram(visit: Visit, affinities: Sequence[float]) -> charts.Chart:
    number = visit.translator.number

    def describe(count: int, low: float, high: float) -> str:
        return visit.ngettext(
            "%(n)s pair from %(low)s to %(high)s",
            "%(n)s pairs from %(low)s to %(high)s",
            count,
            low=number(low, 1),
            high=number(high, 1),
        )

    return charts.histogram(
        affinities,
        identifier="affinities",
        title=visit.gettext("How near the pairs are"),
        describe=describe,
        number=number,
        axis=(visit.gettext("Affinity"), visit.gettext("Pairs")),
        marks=(charts.Mark(visit.gettext("median"), median(affinities)),),
    )


# -- what the coordinator decides --------------------------------------------------------------------------------------


def act(visit: Visit) -> Response:
    """POST /desk/rounds/…: approve, dismiss or restore what is named; publish or discard the round; export."""
    number, what = pages.number(visit), visit.form.text("act")
    if what == "export":
        return export(visit, number)
    try:
        versions = pages.seen(visit.form.all("id"))
        _refuse_strangers(visit, number, list(versions))
        if what == "publish":
            return _publish(visit, number)
        visit.flash(*decide(visit, what, versions, number))
    except NotFound:
        raise visit.refuse(404) from None
    except (NotAllowed, Overtaken) as refusal:
        visit.flash(pages.sentence(visit, refusal), "bad")
    return pages.back(visit, "desk_round", id=number)


def _refuse_strangers(visit: Visit, number: int, ids: Sequence[int]) -> None:
    """NotFound for a round of pairs that is not there, and for proposals that are not of it."""
    with visit.site.database.read() as session:
        if desk_rounds.round_of(session, number).kind is not RoundKind.PAIRS:
            raise NotFound
        if any(proposal.round_id != number for proposal in desk_proposals.these_proposals(session, ids)):
            raise NotFound


def _publish(visit: Visit, number: int) -> Response:
    """All drafts of the round go out, if they are exactly those that the form showed; else 409 tells what changed."""
    site = visit.site
    with site.database.read() as session:
        seen = pages.stamped(visit.form.text("seen"), desk_proposals.versions_of_round(session, number))
    try:
        done = review.publish(
            site.database,
            number,
            by=pages.me(visit),
            vocabulary=site.vocabulary,
            links=site.links,
            now=visit.now,
            versions=seen,
        )
    except Overtaken:
        with site.database.read() as session:
            now = desk_proposals.versions_of_round(session, number)
            changed = pages.changed(visit, now, lambda ids: _pairs_named(session, ids))
        if not changed:
            raise
        return pages.conflict(visit, changed, visit.url("desk_round", id=number))
    if done.approved or done.refused:
        visit.flash(*_approved(visit, done))
    else:
        visit.flash(visit.gettext("No proposal of this round waited any more; nothing was sent."), "note")
    return pages.back(visit, "desk_round", id=number)


def _pairs_named(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Proposals as "Ada → Grace"."""
    found = desk_proposals.these_proposals(session, ids)
    people = people_rows.these(session, {party.participant_id for i in found for party in i.parties})
    return {i.id or 0: " → ".join(people[str(id)].name or str(id) for id in (i.mentee_id, i.mentor_id)) for i in found}


def decide(visit: Visit, what: str, versions: Mapping[int, int], round_id: int | None = None) -> tuple[str, str]:
    """Does it; returns what happened, as a sentence and its kind. `versions`: of the proposals as the form showed them.

    Raises NotAllowed, NotFound, HTTPException 422 for an act there is not.
    """
    db, by, now, ids = visit.site.database, pages.me(visit), visit.now, list(versions)
    words, links = visit.site.vocabulary, visit.site.links
    if what in ("approve", "dismiss", "restore") and not ids:
        raise NotAllowed("Please tick at least one proposal.")
    if what == "approve":
        done = review.approve(db, ids, by=by, vocabulary=words, links=links, now=now, versions=versions)
        return _approved(visit, done)
    if what == "dismiss":
        refused = review.dismiss(db, ids, by=by, now=now, versions=versions)
        n = len(ids) - len(refused)
        said = visit.ngettext(
            "Dismissed. You find it under “Dismissed” and can restore it there.",
            "%(n)s dismissed. You find them under “Dismissed” and can restore them there.",
            n,
        )
        return _said(visit, said if n else "", refused)
    if what == "restore":
        refused = review.restore(db, ids, by=by, now=now, versions=versions)
        n = len(ids) - len(refused)
        said = visit.ngettext("%(n)s proposal restored.", "%(n)s proposals restored.", n)
        return _said(visit, said if n else "", refused)
    if what == "discard" and round_id is not None:
        review.discard_round(db, round_id, by=by, now=now)
        return visit.gettext("The round is discarded; nobody was written to."), "good"
    raise visit.refuse(422, visit.gettext(pages.CHOOSE))


def _approved(visit: Visit, done: review.Reviewed) -> tuple[str, str]:
    n = len(done.approved)
    said = visit.ngettext(
        "%(n)s approved; the letter is on its way.", "%(n)s approved; the letters are on their way.", n
    )
    return _said(visit, said if n else "", done.refused)


def _said(visit: Visit, done: str, refused: Mapping[int, NotAllowed]) -> tuple[str, str]:
    """What was done; those that are no longer as they were seen, by name; the other refusals, each counted."""
    said = [done] if done else []
    overtaken = [id for id, refusal in refused.items() if isinstance(refusal, Overtaken)]
    if overtaken:
        said.append(_no_longer_so(visit, overtaken))
    counted: dict[str, int] = {}
    for id, refusal in refused.items():
        if id not in overtaken:
            sentence = pages.sentence(visit, refusal)
            counted[sentence] = counted.get(sentence, 0) + 1
    for sentence, count in sorted(counted.items(), key=lambda item: -item[1])[:3]:
        said.append(visit.ngettext("%(n)s stays here: %(why)s", "%(n)s stay here: %(why)s", count, why=sentence))
    return " ".join(said), "note" if refused else "good"


def _no_longer_so(visit: Visit, ids: Sequence[int]) -> str:
    """Which proposals changed since they were seen, and what they are now."""
    with visit.site.database.read() as session:
        found = desk_proposals.these_proposals(session, ids)
        names = _pairs_named(session, ids)
    words = pages.Words(visit)
    named = [f"{names[i.id or 0]} ({words.state(i.state)})" for i in found]
    return visit.ngettext(
        "%(n)s is no longer as you saw it and was left as it is now: %(which)s.",
        "%(n)s are no longer as you saw them and were left as they are now: %(which)s.",
        len(named),
        which=", ".join(named[:MOST_NAMED]) + (" …" if len(named) > MOST_NAMED else ""),
    )


def export(visit: Visit, number: int) -> Response:
    """The proposals that the filters show, one row each."""
    facts = ("mentee_id", "mentee", "mentor_id", "mentor", "rank", "affinity", "state")
    try:
        with visit.site.database.read() as session:
            desk_rounds.round_of(session, number)
            shown = desk_proposals.proposals_by_mentee(session, _wanted(visit, number), 0, desk_lists.MOST)
            cards_ = _cards(visit, session, shown.rows)
    except NotFound:
        raise visit.refuse(404) from None
    rows = [_row(card, suggestion) for card in cards_ for suggestion in card.suggestions]
    return pages.export(visit, f"round-{number}", (*facts, "reason_1", "reason_2", "reason_3", "weakest"), rows)


def _row(card: Card, suggestion: Suggestion) -> list[object]:
    introduction = suggestion.introduction
    reasons = [*suggestion.reasons, "", "", ""][:3]
    return [
        card.mentee_id,
        card.mentee.name if card.mentee else "",
        introduction.mentor_id or "",
        suggestion.mentor.name if suggestion.mentor else "",
        introduction.rank,
        introduction.affinity,
        introduction.state.value,
        *reasons,
        suggestion.weakest,
    ]
