"""Forms of a word brought together: its stem (Snowball, after R. Boulton and M. Porter), and nearer forms by rule."""

import re
from functools import lru_cache
from typing import Any

import snowballstemmer

from matcher.engine.languages import Language

_STEMMERS = {"en": "english", "es": "spanish", "fr": "french"}


@lru_cache(maxsize=3)
def _stemmer(language: Language) -> Any:
    return snowballstemmer.stemmer(_STEMMERS[language])


@lru_cache(maxsize=131_072)
def stem(word: str, language: Language) -> str:
    """The Snowball stem of a comparable word; words of up to three letters and numbers stay."""
    if len(word) < 4 or not word.isalpha():
        return word
    return str(_stemmer(language).stemWord(word))


@lru_cache(maxsize=131_072)
def singular(word: str, language: Language) -> str:
    """A comparable word without the ending of a plural, by rule; words of up to three letters and numbers stay."""
    if len(word) < 4 or not word.isalpha():
        return word
    if language == "en" and word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return _PLURAL[language].sub("", word)


@lru_cache(maxsize=131_072)
def inflected(word: str, language: Language) -> str:
    """A word without its plural, gender or verb ending; nearer to the word than its stem.

    Single words are compared by this, since stems join too much (diversion and diversity, hospital and hospitality).
    """
    if len(word) < 5 or not word.isalpha():
        return word[:-1] if len(word) == 4 and word.endswith("s") and not word.endswith("ss") else word
    if language == "en":
        return _ENGLISH.sub("", singular(word, language))
    return (_SPANISH if language == "es" else _FRENCH).sub("", word)


_PLURAL = {
    "en": re.compile(r"(?<=(?:ss|sh|ch|.x|.z))es$|(?<![usi])s$"),
    "es": re.compile(r"(?<=[aeiou][dlnr])es$|s$"),  # profesores, but madres and noches
    "fr": re.compile(r"[sx]$"),
}
_ENGLISH = re.compile(r"(?<=.{4})(ing|ed|e)$")
_SPANISH = re.compile(r"(es|[oae]s?|s)$")
_FRENCH = re.compile(r"(e{1,2}s?|s|x)$")
