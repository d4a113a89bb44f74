"""What a profile says in free words: its word stems, and the vocabulary's terms that it names.

The reading of words (stems, synonyms, typing errors, negation, language) is `matcher.engine.words`; here it is brought
into the form that needs and offers use, with the place where each term stands in the profile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from matcher.domain.profiles import Profile, free_texts
from matcher.domain.spelling import words
from matcher.domain.vocabulary import Vocabulary


class Value(NamedTuple):
    """A value as it stands in a column of a profile, and the term it means ("" where the vocabulary lacks it)."""

    column: str
    value: str
    term: str = ""


def known(column: str, term: str) -> Value:
    """A value of the vocabulary in a column of its own kind."""
    return Value(column, term, term)


@dataclass(frozen=True, slots=True)
class Heard:
    """`tokens` are stems with their counts; `offered`, `wanted` and `unwanted` map terms to the words that name them.

    `language` is that of the text ("es"), or None when it cannot be told.
    """

    tokens: Mapping[str, int] = field(default_factory=dict)
    offered: Mapping[str, Value] = field(default_factory=dict)
    wanted: Mapping[str, Value] = field(default_factory=dict)
    unwanted: Mapping[str, Value] = field(default_factory=dict)
    language: str | None = None
    spelling: Mapping[str, str] = field(default_factory=dict)

    def spelled(self, token: str) -> str:
        """A word with this stem as it stands in the text."""
        return self.spelling.get(token, token)


def written(value: str, profile: Profile) -> bool:
    """Whether words stand in the free words of a profile, in whatever case."""
    return any(value.casefold() in text.casefold() for text in free_texts(profile))


def heard(profile: Profile, vocabulary: Vocabulary) -> Heard:
    """What `profile` says in free words."""
    texts = free_texts(profile)
    return _heard(texts, vocabulary) if texts else Heard()


@lru_cache(maxsize=8192)
def _heard(texts: tuple[str, ...], vocabulary: Vocabulary) -> Heard:
    tokens: dict[str, int] = {}
    for text in texts:
        for w in words(text):
            tokens[w] = tokens.get(w, 0) + 1
    return Heard(tokens)
