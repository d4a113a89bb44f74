"""The list of people: searched, filtered, sorted; and the same list as a file that `import` and `match` read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.responses import Response

from matcher.domain.people import Standing
from matcher.domain.profiles import COLUMNS
from matcher.domain.vocabulary import Vocabulary
from matcher.storage import desk_people
from matcher.storage import people as rows
from matcher.storage.desk_lists import Paged
from matcher.storage.desk_people import EVERYBODY, People, PersonLine
from matcher.workflow import waiting
from web.desk import pages
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


ROLES = (("mentees", _("Mentees")), ("mentors", _("Mentors")), ("both", _("Both at once")))
SORTS = (
    ("name", _("by name")),
    ("waiting", _("who has waited longest")),
    ("newest", _("who came last")),
    ("changed", _("who changed last")),
)
LONGEST_OPTION = 60


@dataclass(frozen=True)
class Choices:
    """What the filters offer: (value, label) pairs, and (value, label, count) for the standing."""

    roles: Sequence[tuple[str, str]]
    stages: Sequence[tuple[str, str]]
    languages: Sequence[tuple[str, str]]
    regions: Sequence[tuple[str, str]]
    goals: Sequence[tuple[str, str]]
    sorts: Sequence[tuple[str, str]]
    standings: Sequence[tuple[str, str, int]]


def show(visit: Visit) -> Response:
    """GET /desk/people"""
    wanted, region = _wanted(visit)
    with visit.site.database.read() as session:
        in_use = desk_people.kinds_in_use(session)
        counts = desk_people.counts_by_status(session)
        searched = replace(wanted, regions=_regions(region, in_use["region"], visit.site.vocabulary))
        people: Paged[PersonLine] = desk_people.people_page(session, searched, visit.query.number("page"))
    waits = {}
    if wanted.waiting:
        waits = waiting.waits_of(visit.site.database, [line.id for line in people.rows], now=visit.now)
    return pages.page(
        visit,
        "people.html",
        section="",
        people=people,
        waits=waits,
        wanted=wanted,
        region=region,
        choices=_choices(visit, wanted, region, in_use, counts),
        total=sum(counts.values()),
    )


def export(visit: Visit) -> Response:
    """POST /desk/people: everybody whom the filters of this address find, in the columns of a list of people."""
    wanted, region = _wanted(visit)
    with visit.site.database.read() as session:
        in_use = desk_people.kinds_in_use(session)
        searched = replace(wanted, regions=_regions(region, in_use["region"], visit.site.vocabulary))
        ids = desk_people.people_ids(session, searched)
        known = rows.these(session, ids)
        answers = [rows.answers_of(known[id]) for id in ids if id in known]
    own = (*COLUMNS, "status")
    extra = sorted({column for person in answers for column in person} - set(own))
    header = [*own, *extra]
    return pages.export(visit, "people", header, [[person.get(c, "") for c in header] for person in answers])


# -- filters ---------------------------------------------------------------------------------------------------------


def _wanted(visit: Visit) -> tuple[People, str]:
    """The filters of the address, and the region as chosen; nonsense counts as not chosen."""
    query = visit.query
    role, status, sort = query.text("role"), query.text("status"), query.text("sort")
    return (
        People(
            search=query.text("q")[:200],
            role=role if role in dict(ROLES) else "",
            status=status if status in [standing.value for standing in EVERYBODY] else "",
            stage=query.text("stage"),
            language=query.text("language"),
            goal=query.text("goal"),
            waiting=bool(query.text("waiting")),
            sort=sort if sort in dict(SORTS) else "name",
        ),
        query.text("region"),
    )


def _regions(region: str, in_use: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Everything that counts as the region: itself, and for a country those of its parts that somebody named."""
    if not region:
        return ()
    return (region, *(r for r in in_use if r != region and _country(r, vocabulary) == region))


def _country(region: str, vocabulary: Vocabulary) -> str:
    """The country of a part, by its code: that of "region.US-NY" is "region.US"; groups of parts are no countries."""
    country = region.partition("-")[0]
    return country if region in vocabulary and country in vocabulary else ""


def _choices(
    visit: Visit, wanted: People, region: str, in_use: Mapping[str, Sequence[str]], counts: Mapping[str, int]
) -> Choices:
    languages = _named(visit, {*in_use["languages"], wanted.language})
    return Choices(
        roles=[(value, visit.gettext(label)) for value, label in ROLES],
        stages=_stages(visit, {*in_use["stage"], wanted.stage}),
        languages=languages,
        regions=_places(visit, {*in_use["region"], region}),
        goals=_named(visit, {*in_use["goals"], wanted.goal}),
        sorts=[(value, visit.gettext(label)) for value, label in SORTS if value != "name"],
        standings=[(s.value, s.value, counts.get(s.value, 0)) for s in Standing if s in EVERYBODY],
    )


def _label(visit: Visit, value: str) -> str:
    vocabulary = visit.site.vocabulary
    text = vocabulary[value].label_in(visit.language) if value in vocabulary else value
    return text if len(text) <= LONGEST_OPTION else text[: LONGEST_OPTION - 1] + "…"


def _named(visit: Visit, values: Iterable[str]) -> list[tuple[str, str]]:
    """(value, label), by label."""
    return sorted(((v, _label(visit, v)) for v in values if v), key=lambda pair: (pair[1].casefold(), pair[0]))


def _stages(visit: Visit, values: Iterable[str]) -> list[tuple[str, str]]:
    """Stages in the order of the vocabulary, words of people's own after them."""
    order = {term.id: place for place, term in enumerate(visit.site.vocabulary.terms("stages"))}
    return sorted(_named(visit, values), key=lambda pair: order.get(pair[0], len(order)))


def _places(visit: Visit, values: Iterable[str]) -> list[tuple[str, str]]:
    """Regions in use and their countries; a part stands behind its country."""
    vocabulary = visit.site.vocabulary
    found: dict[str, str] = {}
    for value in filter(None, values):
        country = _country(value, vocabulary)
        if country and country != value:
            found[country] = _label(visit, country)
            found[value] = f"{found[country]}: {_label(visit, value)}"
        else:
            found[value] = _label(visit, value)
    return sorted(found.items(), key=lambda pair: (pair[1].casefold(), pair[0]))
