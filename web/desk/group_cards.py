"""Collaboration groups in words: the card of one, with its members, what each brings, and the picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session

from matcher.domain.introductions import (
    Answer,
    Introduction,
    Part,
    State,
)
from matcher.domain.people import Participant, Standing
from matcher.domain.profiles import Profile
from matcher.storage import desk_lists, people
from matcher.workflow import cards
from matcher.workflow import desk as steps
from web import charts
from web.desk.words import Words
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


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
    """A group as the desk shows it. `hours` are those of where the facilitator lives."""

    id: int
    version: int
    label: str
    state: State
    members: Sequence[Member]
    shared: Sequence[str]
    languages: Sequence[str]
    hours: str
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


def cards_of(visit: Visit, session: Session, found: Sequence[Introduction]) -> list[Card]:
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
                profession=profession_of(words, profile),
                stage=words.terms([profile.stage])[0] if profile is not None and profile.stage else "",
                adds=words.terms(told.get("adds", {}).get(party.participant_id, [])),
                closeness=told.get("closeness", {}).get(party.participant_id),
                answer=party.answer,
                asked=party.asked_at is not None,
                is_gone=person is None or person.status is not Standing.ACTIVE,
                is_erased=person is None or person.status is Standing.ERASED,
            )
        )
    return sorted(found, key=lambda m: (m.part is not Part.FACILITATOR, desk_lists.folded(m.name), m.id))


def profession_of(words: Words, profile: Profile | None) -> str:
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


def board_url(visit: Visit, round_id: int | None) -> str:
    url = visit.url("desk_groups")
    return f"{url}?round={round_id}" if round_id else url
