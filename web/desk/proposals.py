"""One proposed pair: both people side by side, every summand of the affinity, other mentors live, a replacement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.responses import Response

from matcher.domain.introductions import Introduction, Kind, NotAllowed, NotFound, Overtaken, State
from matcher.domain.people import Participant
from matcher.domain.profiles import Profile
from matcher.domain.rules import Rule
from matcher.storage import desk_log, desk_proposals, introductions
from matcher.storage import people as people_rows
from matcher.workflow import cards, review
from matcher.workflow import desk as steps
from web import charts
from web.desk import pages
from web.desk.review import Suggestion, decide, suggestion_of
from web.desk.words import id_of
from web.visit import Visit

CANDIDATES = 15
SMALL = 0.0005
"""A smaller summand does not change the two digits that are shown."""


@dataclass(frozen=True)
class Pair:
    """A pair as it is or as it would be: score, reasons, summands, and the rules that forbid it now."""

    mentor: Profile
    affinity: float
    reasons: Sequence[str]
    weakest: str
    summands: Sequence[steps.Summand]
    by_block: Mapping[str, float]
    rules: Sequence[Rule] = ()
    room: int | None = None


@dataclass(frozen=True)
class Proposal:
    """The page: the stored proposal, both people, and what else could be."""

    introduction: Introduction
    mentee: Participant
    mentor: Participant
    mentee_profile: Profile
    pair: Pair
    siblings: Sequence[Suggestion]
    candidates: Sequence[steps.Candidate]
    count: int
    search: str
    allowed_only: bool
    other: Pair | None


def show(visit: Visit, status: int = 200) -> Response:
    """GET /desk/proposals/…; `?q=` searches among mentors, `?with=` compares with another one."""
    try:
        shown = _proposal(visit)
    except NotFound:
        raise visit.refuse(404) from None
    return pages.page(visit, "proposal.html", status, section="desk_rounds", shown=shown, stack=_stack)


def _proposal(visit: Visit) -> Proposal:
    site, id = visit.site, pages.number(visit)
    with site.database.read() as session:
        introduction = introductions.get(session, id)
        if introduction.kind is not Kind.PAIR:
            raise NotFound
        others = desk_proposals.siblings(session, introduction)
        ids = {str(party.participant_id) for i in (introduction, *others) for party in i.parties}
        people = people_rows.these(session, ids)
    profiles = steps.profiles_of(people, site.vocabulary)
    mentee, mentor = str(introduction.mentee_id), str(introduction.mentor_id)
    search, allowed = visit.query.text("q")[:200], bool(visit.query.text("allowed"))
    ranking = _ranking(visit, mentee, search, allowed) if introduction.state is State.DRAFT else None
    told = suggestion_of(visit, introduction, people, profiles)
    stored = steps.summands(introduction.explanation)
    now = _candidate(ranking, mentor)
    other = id_of(visit.query.text("with"))
    return Proposal(
        introduction=introduction,
        mentee=people[mentee],
        mentor=people[mentor],
        mentee_profile=profiles[mentee],
        pair=Pair(
            profiles[mentor],
            introduction.affinity,
            told.reasons,
            told.weakest,
            _lines(visit, stored),
            steps.by_block(stored),
            now.rules if now else (),
            now.room if now else None,
        ),
        siblings=[suggestion_of(visit, i, people, profiles) for i in others],
        candidates=[c for c in ranking.candidates if c.mentor.id != mentor][:CANDIDATES] if ranking else (),
        count=ranking.count if ranking else 0,
        search=search,
        allowed_only=allowed,
        other=_compared(visit, ranking, other) if ranking and other and other != mentor else None,
    )


def _ranking(visit: Visit, mentee_id: str, search: str, allowed: bool) -> steps.Ranking | None:
    """The mentors as they are now; None when the mentee no longer takes part."""
    try:
        return steps.ranking(
            visit.site.database,
            mentee_id,
            vocabulary=visit.site.vocabulary,
            now=visit.now,
            search=search,
            limit=CANDIDATES + 1,
            allowed_only=allowed,
        )
    except (NotFound, KeyError):
        return None


def _candidate(ranking: steps.Ranking | None, mentor_id: str) -> steps.Candidate | None:
    return ranking.candidate(mentor_id) if ranking else None


def _compared(visit: Visit, ranking: steps.Ranking, mentor_id: str) -> Pair | None:
    """Another mentor for this mentee, in full."""
    found = ranking.candidate(mentor_id)
    return pair_of(visit, ranking, found) if found else None


def pair_of(visit: Visit, ranking: steps.Ranking, found: steps.Candidate) -> Pair:
    """A candidate in words and numbers."""
    explained = ranking.explain(found.mentor.id)
    told = cards.reasons_for(
        explained,
        ranking.mentee,
        found.mentor,
        visit.site.vocabulary,
        reader="coordinator",
        language=visit.language,
    )
    parts = steps.summands(explained)
    return Pair(
        found.mentor,
        found.affinity,
        told["reasons"],
        told["weakest"],
        _lines(visit, parts),
        steps.by_block(parts),
        found.rules,
        found.room,
    )


def _lines(visit: Visit, parts: Sequence[steps.Summand]) -> list[steps.Summand]:
    """The summands that give or could give something, in the reader's words."""
    return [
        replace(part, wants=_words(visit, part.wants), has=_words(visit, part.has))
        for part in parts
        if part.amount >= SMALL or part.possible >= SMALL
    ]


def _words(visit: Visit, values: Sequence[str]) -> tuple[str, ...]:
    """Values in the reader's language; the same word once."""
    vocabulary = visit.site.vocabulary
    return tuple(dict.fromkeys(vocabulary[v].label_in(visit.language) if v in vocabulary else v for v in values))


def _stack(visit: Visit, by_block: Mapping[str, float]) -> object:
    """The affinity as a bar of its blocks."""
    words = pages.Words(visit)
    return charts.stack([charts.Part(words.block(name), size, name) for name, size in by_block.items()], 1.0)


# -- what the coordinator decides --------------------------------------------------------------------------------------


def act(visit: Visit) -> Response:
    """POST /desk/proposals/…: approve, dismiss, restore, or put another mentor in place."""
    id, what = pages.number(visit), visit.form.text("act")
    stale = _stale(visit, id)
    if stale is not None:
        return stale
    try:
        if what == "replace":
            return _replace(visit, id)
        visit.flash(*decide(visit, what, {id: visit.form.number("version", -1)}))
    except NotFound:
        raise visit.refuse(404) from None
    except (NotAllowed, Overtaken) as refusal:
        visit.flash(pages.sentence(visit, refusal), "bad")
    return pages.back(visit, "desk_proposal", id=id)


def _replace(visit: Visit, id: int) -> Response:
    """Another mentor in this place; the page of the new proposal follows."""
    mentor = id_of(visit.form.text("mentor"))
    new = review.replace(
        visit.site.database, id, mentor, by=pages.me(visit), vocabulary=visit.site.vocabulary, now=visit.now
    )
    visit.flash(visit.gettext("Replaced. The earlier proposal is under “Dismissed”."))
    return visit.redirect("desk_proposal", id=new)


def _stale(visit: Visit, id: int) -> Response | None:
    """409 when the proposal is no longer as the form showed it, or the form does not say what it showed."""
    try:
        with visit.site.database.read() as session:
            now = introductions.get(session, id)
            record = desk_log.last_act(session, f"introduction:{id}")
            who = desk_log.names_of(session, [record.actor]).get(record.actor, "") if record else ""
    except NotFound:
        raise visit.refuse(404) from None
    if now.kind is not Kind.PAIR:
        raise visit.refuse(404)
    if now.version == visit.form.number("version", -1):
        return None
    words = pages.Words(visit)
    shown = visit.form.text("state")
    then = words.state(State(shown)) if shown in list(State) else ""
    seen = pages.Seen(visit.gettext("State"), then, words.state(now.state))
    return pages.conflict(visit, [seen], visit.url("desk_proposal", id=id), who)
