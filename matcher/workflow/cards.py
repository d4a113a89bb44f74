"""What one person learns of another before both have said yes: a card without a name, and the reasons.

A card is a dict of "profession", "stage", "region", "languages", "settings", "goals", "availability", "formats" and
"text", words in the reader's language. Profession and region are made wider (discipline -> its family -> nothing,
region -> country -> nothing) until at least five active people share them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.domain.people import Standing
from matcher.domain.profiles import Profile
from matcher.domain.vocabulary import Vocabulary
from matcher.engine import reasons
from matcher.engine.reasons import Explanation
from matcher.storage.mapping import participants

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
    reader: str,
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
