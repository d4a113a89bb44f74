"""One spelling for comparing words: case, accents, punctuation, British and American do not matter.

`key` is for comparing only; what people typed is kept as they typed it. It is a plain function of the word, used on
both sides of every comparison, so a rule that is too broad (it also turns "exercise" into "exercize") does no harm as
long as it does not make two different words equal.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "n", "ß": "ss"}
)
_APOSTROPHES = re.compile("['’‘ʼʻ´`]")
_WORD = re.compile(r"[^\W_]+")
LONGEST_KEPT = 200
"""Keys of longer texts are not kept: they seldom come again."""
_WORDS = {
    "centre": "center",
    "centres": "centers",
    "theatre": "theater",
    "programme": "program",
    "programmes": "programs",
    "licence": "license",
    "licences": "licenses",
    "licenced": "licensed",
    "defence": "defense",
    "offence": "offense",
    "practise": "practice",
    "practising": "practicing",
    "enrol": "enroll",
    "enrolment": "enrollment",
    "fulfil": "fulfill",
    "judgement": "judgment",
    "ageing": "aging",
    "grey": "gray",
    "cheque": "check",
    "analyse": "analyze",
    "analysing": "analyzing",
    "learnt": "learned",
}
_PARTS = (
    (re.compile(r"is(e|ed|er|ers|es|ing|ation|ations)$"), r"iz\1"),
    (re.compile(r"ell(ing|ed|or|ors|er|ers)$"), r"el\1"),
    (re.compile(r"(?<=[a-z]{3})our(s|al|ally|ed|ing)?$"), r"or\1"),
    (re.compile(r"paed"), "ped"),
    (re.compile(r"anaes"), "anes"),
    (re.compile(r"haem"), "hem"),
)


_MAY_HAVE_PARTS = re.compile("is[eai]|ell[ioe]|our|paed|anaes|haem")
"""In every word that one of _PARTS changes; one search instead of one for each."""


def plain(text: str) -> str:
    """`text` in lower case without accents (case folding, compatibility forms); other characters stay."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return unicodedata.normalize("NFC", "".join(c for c in folded if unicodedata.category(c) != "Mn"))


@lru_cache(maxsize=65_536)
def word_key(word: str) -> str:
    """The American spelling of one word that is already `plain`; rules apply to words of six letters and more."""
    if len(word) < 5 or not word.isascii():
        return word
    if word in _WORDS:
        return _WORDS[word]
    if len(word) > 5 and _MAY_HAVE_PARTS.search(word):
        for pattern, replacement in _PARTS:
            word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=1)
def ordinary_words() -> frozenset[str]:
    """English words of six letters and more, as `word_key` gives them, which are no slips of the pen."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "_data" / "words"
    folder = inside if inside.is_dir() else package.parent / "data" / "words"
    return frozenset((folder / "english.txt").read_text(encoding="ascii").split())


def words(text: str) -> list[str]:
    """The words of `text` as comparable keys, in order; apostrophes join (don't -> dont), the rest separates."""
    return [word_key(w) for w in _WORD.findall(_APOSTROPHES.sub("", plain(text)))]


def key(text: str) -> str:
    """The comparable form of a name or label: its words joined by single blanks; "" when it has no letter or digit."""
    return _kept_key(text) if len(text) <= LONGEST_KEPT else " ".join(words(text))


@lru_cache(maxsize=32_768)
def _kept_key(text: str) -> str:
    return " ".join(words(text))
