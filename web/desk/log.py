"""The audit log: who did what to what, and when."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response

from matcher.storage import desk_lists, desk_log
from matcher.storage.desk_lists import Paged
from matcher.storage.desk_log import Record, names_of_things
from web.desk import pages
from web.desk.words import Words, key_of
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


ACTORS = (
    ("coordinator", _("Coordinators")),
    ("participant", _("Participants")),
    ("system", _("The programme itself")),
)
THINGS: Mapping[str, str] = {
    "participant": _("People"),
    "introduction": _("Introductions"),
    "round": _("Rounds"),
    "letter": _("Letters"),
    "coordinator": _("Coordinators"),
    "desk": _("Lists taken away"),
    "session": _("Signing in"),
}
"""What records are about: the word before the colon."""
ONE: Mapping[str, str] = {
    "participant": _("a person"),
    "introduction": _("introduction %(id)s"),
    "round": _("round %(id)s"),
    "letter": _("letter %(id)s"),
    "coordinator": _("a coordinator"),
    "desk": _("the list “%(id)s”"),
    "session": _("the site"),
}
HEADER = ("at", "actor", "name", "act", "object", "before", "after", "detail")


@dataclass(frozen=True)
class Line:
    """A record in words; `url` leads to what it is about, where there is a page."""

    record: Record
    who: Markup
    what: str
    about: str
    url: str


@dataclass(frozen=True)
class Wanted:
    """Which records."""

    about: str
    actor: str
    act: str


def show(visit: Visit) -> Response:
    """GET /desk/log"""
    wanted = _wanted(visit)
    with visit.site.database.read() as session:
        found = desk_log.records_page(
            session, about=wanted.about, actor=wanted.actor, act=wanted.act, page=visit.query.number("page")
        )
        acts = desk_log.acts(session)
        names = names_of_things(session, [wanted.about, *(record.about for record in found.rows)])
    words = Words(visit)
    lines = [_line(visit, words, record, names) for record in found.rows]
    return pages.page(
        visit,
        "log.html",
        section="",
        lines=Paged(lines, found.count, found.page, found.size),
        wanted=wanted,
        one=_about(visit, wanted.about, names) if ":" in wanted.about else "",
        acts=sorted(((act, words.act(act)) for act in acts), key=lambda pair: pair[1].casefold()),
        actors=[(value, visit.gettext(label)) for value, label in ACTORS],
        things=[(value, visit.gettext(label)) for value, label in THINGS.items()],
    )


def export(visit: Visit) -> Response:
    """POST /desk/log: the records that the filters of this address find, newest first."""
    wanted = _wanted(visit)
    with visit.site.database.read() as session:
        found = desk_log.records_page(
            session, about=wanted.about, actor=wanted.actor, act=wanted.act, size=desk_lists.MOST
        )
    table = [
        [
            record.at.isoformat(),
            record.actor,
            record.name,
            record.act,
            record.about,
            record.before,
            record.after,
            "; ".join(f"{name}={value}" for name, value in sorted(record.detail.items())),
        ]
        for record in found.rows
    ]
    return pages.export(visit, "log", HEADER, table)


def _wanted(visit: Visit) -> Wanted:
    """The filters of the address; `about` is a kind of thing, or one thing such as "participant:ID"."""
    query = visit.query
    about, actor, act = query.text("about"), query.text("actor"), query.text("act")
    kind = about.partition(":")[0]
    return Wanted(
        about if kind in THINGS else "",
        actor if actor in dict(ACTORS) else "",
        act[:60],
    )


def _line(visit: Visit, words: Words, record: Record, names: Mapping[str, str]) -> Line:
    return Line(
        record,
        _who(words, record),
        words.act(record.act),
        _about(visit, record.about, names),
        _url(visit, record.about, names),
    )


def _who(words: Words, record: Record) -> Markup:
    """Whoever did it; somebody without a name, since erased perhaps, is no link."""
    if record.actor.startswith("participant:") and not record.name:
        return Markup("<bdi>{}</bdi>").format(record.actor.partition(":")[2])
    return words.actor(record.actor, record.name)


def _about(visit: Visit, about: str, names: Mapping[str, str]) -> str:
    """What a record is about, in words."""
    kind, _colon, id = about.partition(":")
    if about in names:
        return names[about]
    return visit.gettext(ONE[kind], id=id) if kind in ONE else about


def _url(visit: Visit, about: str, names: Mapping[str, str]) -> str:
    """Where that is looked at; the empty text where it is nowhere."""
    kind, _colon, id = about.partition(":")
    if kind == "participant":
        return visit.url("desk_person", id=key_of(id)) if about in names else ""
    pages_of = {"introduction": "desk_introduction", "round": "desk_round", "letter": "desk_letter"}
    return visit.url(pages_of[kind], id=id) if kind in pages_of and id.isdecimal() else ""
