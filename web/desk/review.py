"""A round and its proposals: look, approve, dismiss, send."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response

from matcher.domain.introductions import Introduction, Kind, NotAllowed, NotFound, State
from matcher.domain.people import Participant
from matcher.storage import desk
from matcher.storage import people as people_rows
from matcher.workflow import cards, review
from web.visit import Visit


@dataclass(frozen=True)
class Proposal:
    """One line of the review: who with whom, why, and what can be done."""

    introduction: Introduction
    people: list[Participant]
    reasons: list[str]
    weakest: str

    @property
    def is_draft(self) -> bool:
        """Whether it still waits for the coordinator."""
        return self.introduction.state is State.DRAFT

    @property
    def is_dismissed(self) -> bool:
        """Whether it was dismissed and can be restored."""
        return self.introduction.state is State.DISCARDED


def show(visit: Visit) -> Response:
    """GET /desk/rounds/…"""
    number, page = _number(visit), visit.query.number("page")
    try:
        with visit.site.database.read() as session:
            wanted = desk.round_of(session, number)
            found, count = desk.proposals(session, number, page)
            people = people_rows.these(session, {p.participant_id for i in found for p in i.parties})
            listed = [_proposal(visit, introduction, people) for introduction in found]
    except NotFound:
        raise visit.refuse(404) from None
    pages = (count + desk.PAGE - 1) // desk.PAGE
    return visit.page("desk/round.html", round=wanted, proposals=listed, count=count, page=page, pages=pages)


def act(visit: Visit) -> Response:
    """POST /desk/rounds/…: approve, dismiss or restore what is ticked or named; publish or discard the round."""
    number, what = _number(visit), visit.form.text("act")
    ids = [int(text) for text in visit.form.all("id") if text.isascii() and text.isdecimal()]
    try:
        visit.flash(_taken(visit, number, what, ids))
    except NotFound:
        raise visit.refuse(404) from None
    except NotAllowed as refusal:
        visit.flash(visit.gettext(refusal.message, **refusal.facts), "bad")
    page = visit.form.text("page")
    return visit.redirect("desk_round", {"page": page} if page.isdecimal() else None, id=number)


def _taken(visit: Visit, number: int, what: str, ids: Iterable[int]) -> str:
    """Does it and says what happened."""
    assert visit.visitor is not None
    db, by, ids = visit.site.database, visit.visitor.id, list(ids)
    if what in ("approve", "publish"):
        words, links, now = visit.site.vocabulary, visit.site.links, visit.now
        if what == "publish":
            done = review.publish(db, number, by=by, vocabulary=words, links=links, now=now)
        else:
            done = review.approve(db, ids, by=by, vocabulary=words, links=links, now=now)
        one, many = "%(n)s approved; the letter is on its way.", "%(n)s approved; the letters are on their way."
        said = visit.ngettext(one, many, len(done.approved))
        for refusal in list(done.refused.values())[:1]:
            left = visit.ngettext("%(n)s was left: ", "%(n)s were left: ", len(done.refused))
            said += " " + left + visit.gettext(refusal.message, **refusal.facts)
        return said
    if what == "dismiss":
        review.dismiss(db, ids, by=by, now=visit.now)
        return visit.gettext("Dismissed. You can restore it below.")
    if what == "restore":
        review.restore(db, ids, by=by, now=visit.now)
        return visit.gettext("Restored.")
    if what == "discard":
        review.discard_round(db, number, by=by, now=visit.now)
        return visit.gettext("The round is discarded; nobody was written to.")
    raise visit.refuse(422, visit.gettext("Please choose one of the ways that are offered."))


def _proposal(visit: Visit, introduction: Introduction, people: dict[str, Participant]) -> Proposal:
    vocabulary = visit.site.vocabulary
    who = [people[p.participant_id] for p in introduction.parties if p.participant_id in people]
    if introduction.kind is Kind.GROUP or len(who) != 2:
        words = cards.group_words(introduction.explanation, vocabulary, visit.language, None)
        return Proposal(introduction, who, list(words.get("reasons", [])), "")
    mentee, mentor = people[str(introduction.mentee_id)], people[str(introduction.mentor_id)]
    told = cards.reasons_for(
        introduction.explanation,
        people_rows.profile_of(mentee, vocabulary),
        people_rows.profile_of(mentor, vocabulary),
        vocabulary,
        reader="coordinator",
        language=visit.language,
    )
    return Proposal(introduction, [mentee, mentor], list(told["reasons"]), str(told["weakest"]))


def _number(visit: Visit) -> int:
    text = visit.param("id")
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise visit.refuse(404)
    return int(text)
