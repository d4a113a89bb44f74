"""One collaboration group: its members, who could join, and what the coordinator decides about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.responses import Response

from matcher.domain.introductions import (
    Introduction,
    Kind,
    NotAllowed,
    NotFound,
    Overtaken,
    State,
)
from matcher.domain.rules import RULES
from matcher.storage import desk_log, introductions, people
from matcher.workflow import desk as steps
from matcher.workflow import review
from matcher.workflow.desk import Newcomer
from web.desk import pages
from web.desk.group_cards import Card, board_url, cards_of, profession_of
from web.desk.words import Words, id_of
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


MISSING = {
    "language": _("They have no language in common."),
    "hour": _("They have no hour of the week in common."),
    "facilitator": _("Nobody among them is experienced enough to facilitate."),
}


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


def show(visit: Visit) -> Response:
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
        onward=board_url(visit, card.round_id),
    )


def _look(visit: Visit) -> tuple[Card, str]:
    """The group and its label as stored."""
    with visit.site.database.read() as session:
        group = _group(visit, session)
        return cards_of(visit, session, [group])[0], group.label


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
        profession=profession_of(words, person),
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
    if _is_done(visit.form.text("act"), card):
        visit.flash(visit.gettext(_("This has been done already.")), "note")
        return pages.back(visit, "desk_group", id=card.id)
    if visit.form.number("version") != card.version:
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


def _seen(card: Card) -> dict[int, int]:
    return {card.id: card.version}


def _approve(visit: Visit, card: Card) -> str:
    done = review.approve(
        visit.site.database,
        [card.id],
        by=pages.me(visit),
        vocabulary=visit.site.vocabulary,
        links=visit.site.links,
        now=visit.now,
        versions=_seen(card),
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
    refused = review.dismiss(visit.site.database, [card.id], by=pages.me(visit), now=visit.now, versions=_seen(card))
    for refusal in refused.values():
        raise refusal
    return visit.gettext(_("%(group)s was dismissed; it can be restored."), group=card.label)


def _restore(visit: Visit, card: Card) -> str:
    refused = review.restore(visit.site.database, [card.id], by=pages.me(visit), now=visit.now, versions=_seen(card))
    for refusal in refused.values():
        raise refusal
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
        last = desk_log.last_act(session, f"introduction:{card.id}")
        who = desk_log.names_of(session, [last.actor]).get(last.actor, "") if last is not None else ""
    seen = [pages.Seen(*row) for row in rows_ if row[1] != row[2]] or [pages.Seen(*rows_[0])]
    return pages.conflict(visit, seen, visit.url("desk_group", id=card.id), who)
