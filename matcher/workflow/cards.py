"""What one person learns of another before both have said yes: a card without a name, and the reasons.

A card is a dict of "profession", "stage", "region", "languages", "settings", "goals", "availability", "formats" and
"text", words in the reader's language. Profession and region are made wider (discipline -> its family -> nothing,
region -> country -> nothing) until at least five active people share them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from babel.dates import get_day_names
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.domain.availability import hours_of, week
from matcher.domain.people import Standing
from matcher.domain.profiles import Profile
from matcher.domain.vocabulary import Vocabulary
from matcher.engine import reasons
from matcher.engine.affinity import Explanation
from matcher.engine.reasons import Reader
from matcher.storage.mapping import participants
from matcher.translations import translator, zone

CROWD = 5
"""How many active people at least share what a card says of profession and region."""

_Combination = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many active people share each (profession, region), on every level of width."""

    sizes: Mapping[_Combination, int]

    def narrowest(self, disciplines: Sequence[str], region: str | None, vocabulary: Vocabulary) -> _Combination:
        """The most telling combination that enough people share; (None, None) says nothing."""
        for combination in _widening(disciplines, region, vocabulary):
            if self.sizes.get(combination, 0) >= CROWD:
                return combination
        return (None, None)


def crowd(session: Session, vocabulary: Vocabulary) -> Crowd:
    """Counts the active people."""
    rows = session.scalars(select(participants.c.answers).where(participants.c.status == Standing.ACTIVE))
    people = [(_listed(answers.get("disciplines", "")), answers.get("region") or None) for answers in rows]
    sizes = Counter(c for disciplines, region in people for c in _widening(disciplines, region, vocabulary))
    return Crowd(dict(sizes))


def _listed(cell: str) -> list[str]:
    return [value.strip() for value in cell.split(";") if value.strip()]


def _widening(disciplines: Sequence[str], region: str | None, vocabulary: Vocabulary) -> list[_Combination]:
    """All combinations for one person, the most telling first."""
    first = next((d for d in disciplines if d in vocabulary), None)
    family = vocabulary[first].parent if first else None
    country = (vocabulary[region].parent or region) if region and region in vocabulary else None
    found = [(d, r) for r in (country, None) for d in (first, family, None) if d or r]
    return list(dict.fromkeys(found))


def card(profile: Profile, vocabulary: Vocabulary, language: str, people: Crowd, *, show_text: bool) -> dict[str, Any]:
    """The card of a person. `show_text`: they agreed to have their own words shown."""
    discipline, region = people.narrowest(profile.disciplines, profile.region, vocabulary)
    return {
        "profession": _word(discipline, vocabulary, language),
        "stage": _word(profile.stage, vocabulary, language),
        "region": _word(region, vocabulary, language),
        "languages": _words(profile.languages, vocabulary, language),
        "settings": _words(profile.settings, vocabulary, language),
        "goals": _words(profile.goals if profile.role.is_mentee else profile.helps_with, vocabulary, language),
        "availability": _words(profile.slots, vocabulary, language),
        "formats": _words(profile.formats, vocabulary, language),
        "text": profile.text if show_text else "",
    }


def _word(id: str | None, vocabulary: Vocabulary, language: str) -> str:
    return vocabulary[id].label_in(language) if id and id in vocabulary else ""


def _words(ids: Iterable[str], vocabulary: Vocabulary, language: str) -> list[str]:
    return [vocabulary[id].label_in(language) for id in ids if id in vocabulary]


def reasons_for(
    explanation: Mapping[str, Any],
    mentee: Profile,
    mentor: Profile,
    vocabulary: Vocabulary,
    *,
    reader: Reader,
    language: str,
) -> dict[str, Any]:
    """`{"reasons": [three], "weakest": …}` for this reader, from the explanation stored with an introduction."""
    if not explanation:
        return {"reasons": [], "weakest": ""}
    found = reasons.in_words(
        Explanation.from_json(dict(explanation)),
        mentee,
        mentor,
        vocabulary=vocabulary,
        reader=reader,
        language=language,
    )
    return {"reasons": [reason for reason in found.reasons if reason], "weakest": found.weakest}


# -- groups, and hours in common -------------------------------------------------------------------------------------

N_ = str  # marks an English sentence as one to translate

MOST_SPANS = 4
"""Spans of hours that are named at most."""


def group_words(
    explanation: Mapping[str, Any], vocabulary: Vocabulary, language: str, timezone: str | None
) -> dict[str, Any]:
    """`{"reasons": [str], "hours": str, "brings": {id: str}}` of a group, from the explanation stored with it."""
    words = translator(language)
    goals = _words(explanation.get("shared", []), vocabulary, language)
    tags = _words(explanation.get("languages", []), vocabulary, language)
    told = [
        words.say(N_("Goals that several of you share: %(goals)s."), goals=words.listing(goals)) if goals else "",
        words.say(N_("A language you all speak: %(languages)s."), languages=words.listing(tags)) if tags else "",
    ]
    brings = explanation.get("adds", {})
    return {
        "reasons": [sentence for sentence in told if sentence],
        "hours": hours_in_words(explanation.get("hours_utc", []), timezone, language),
        "brings": {id: words.listing(_words(terms, vocabulary, language)) for id, terms in brings.items()},
    }


def common_hours(one: Profile, other: Profile, vocabulary: Vocabulary, now: datetime) -> list[int]:
    """The UTC hours of the week (0 is Monday 00:00) that both named."""
    weeks = [week(p.slots, p.timezone, p.region, vocabulary, on=now.date()) for p in (one, other)]
    return list(hours_of(weeks[0].sure & weeks[1].sure))


def hours_in_words(hours: Sequence[int], timezone: str | None, language: str) -> str:
    """Hours of the week as the reader's days and times, a few of the longest: "Mon-Thu 17:00-19:00 (Central Time)"."""
    days: dict[tuple[int, int], list[int]] = {}
    for start, stop in _spans(sorted(_local(hour, timezone) for hour in hours)):
        days.setdefault((start % 24, stop - start), []).append(start // 24)
    most = sorted(days.items(), key=lambda item: (-item[0][1] * len(item[1]), item[0]))[:MOST_SPANS]
    names = get_day_names("abbreviated", locale=translator(language).language)
    told = sorted((on[0], start, _days(on, names), length) for (start, length), on in most)
    spans = ", ".join(f"{on} {start:02}:00-{(start + length - 1) % 24 + 1:02}:00" for _, start, on, length in told)
    return f"{spans} ({translator(language).zone(timezone)})" if spans else ""


def _spans(hours: Sequence[int]) -> list[tuple[int, int]]:
    """Consecutive hours as (first, last + 1); a span ends at midnight."""
    spans: list[list[int]] = []
    for hour in hours:
        if spans and spans[-1][1] == hour and hour % 24:
            spans[-1][1] += 1
        else:
            spans.append([hour, hour + 1])
    return [(start, stop) for start, stop in spans]


def _days(days: Sequence[int], names: Mapping[int, str]) -> str:
    """Days in words: "Mon-Fri", or "Mon, Wed" where they do not follow each other."""
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[days[0]]}-{names[days[-1]]}"
    return ", ".join(names[day] for day in days)


def _local(hour: int, timezone: str | None) -> int:
    """An hour of the UTC week as one of the reader's week; zones off by half an hour round down."""
    monday = datetime(2024, 1, 1, tzinfo=UTC)  # any Monday; which side of the year decides an hour at most
    there = (monday + timedelta(hours=hour)).astimezone(zone(timezone))
    return there.weekday() * 24 + there.hour
