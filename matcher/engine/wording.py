"""What a profile says in free words: its word stems, and the vocabulary's terms that it names.

The reading of words (stems, synonyms, typing errors, negation, language) is `matcher.engine.words`; here it is brought
into the form that needs and offers use, with the place where each term stands in the profile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from matcher.domain.profiles import Profile, free_texts
from matcher.domain.spelling import words
from matcher.domain.vocabulary import Vocabulary

Place = tuple[str, str]
"""Column of the profile and the words as they stand there."""


@dataclass(frozen=True, slots=True)
class Heard:
    """`tokens` are stems with their counts; `offered`, `wanted` and `unwanted` map terms to the place naming them.

    `language` is that of the text ("es"), or None when it cannot be told.
    """

    tokens: Mapping[str, int] = field(default_factory=dict)
    offered: Mapping[str, Place] = field(default_factory=dict)
    wanted: Mapping[str, Place] = field(default_factory=dict)
    unwanted: Mapping[str, Place] = field(default_factory=dict)
    language: str | None = None
    spelling: Mapping[str, str] = field(default_factory=dict)

    def spelled(self, token: str) -> str:
        """A word with this stem as it stands in the text."""
        return self.spelling.get(token, token)


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
