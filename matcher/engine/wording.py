"""What a profile says in free words: its words, and the vocabulary's terms that it names.

The reading of words (stems, synonyms, typing errors, negation, language) is `matcher.engine.mentions`; here it is
brought into the form that needs and offers use, with the place where each term stands in the profile.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from matcher.domain.profiles import Profile, Role, free_texts
from matcher.domain.vocabulary import Term, Vocabulary
from matcher.engine.mentions import Mentions, fold, whom
from matcher.engine.words import Word, spelled_words


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
    """`tokens` are words with their counts, without those of what is refused; `offered`, `wanted` and `unwanted` map
    terms to the words that name them.

    `held` are the terms that somebody says to be, to have or to have done; `at_work` those of them that somebody works
    with now, where the texts tell no wish beside them. `sure` says how sure each term is (0 to 1),
    `language` is that of the text ("es") or None when it cannot be told, `spelling` has each word as it first stands in
    the text.
    """

    tokens: Mapping[Word, int] = field(default_factory=dict)
    offered: Mapping[str, Value] = field(default_factory=dict)
    wanted: Mapping[str, Value] = field(default_factory=dict)
    unwanted: Mapping[str, Value] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    at_work: Mapping[str, Value] = field(default_factory=dict)
    sure: Mapping[str, float] = field(default_factory=dict)
    language: str | None = None
    spelling: Mapping[Word, str] = field(default_factory=dict)

    def spelled(self, token: Word) -> str:
        """A word as it stands in the text."""
        return self.spelling.get(token, token.form)


def written(value: str, profile: Profile) -> bool:
    """Whether words stand in the free words of a profile, in whatever case."""
    return any(value.casefold() in text.casefold() for text in free_texts(profile))


@lru_cache(maxsize=131_072)
def heard(profile: Profile, vocabulary: Vocabulary) -> Heard:
    """What `profile` says in free words, the values that the vocabulary lacks included."""
    texts = free_texts(profile)
    return _heard(texts, profile.role, vocabulary) if texts else Heard()


@lru_cache(maxsize=131_072)
def _heard(texts: tuple[str, ...], role: Role, vocabulary: Vocabulary) -> Heard:
    counts: dict[Word, int] = {}
    spelling: dict[Word, str] = {}
    read = [without_titles(fold(text, vocabulary), vocabulary) for text in texts]
    for text, found in zip(texts, read, strict=True):
        refused = _refused_words(found, role)
        for token, typed in spelled_words(text, offers=role is Role.MENTOR):
            if typed.casefold() in refused:
                continue
            counts[token] = counts.get(token, 0) + 1
            spelling.setdefault(token, typed)
    offered: dict[str, Value] = {}
    wanted: dict[str, Value] = {}
    unwanted: dict[str, Value] = {}
    sure: dict[str, float] = {}
    for found in read:
        # What a mentor names without refusing, lacking or seeking it is on offer; who is both may be looking for it.
        named = {t: sureness for t, sureness in found.wanted.items() if t not in found.lacking | found.sought}
        on_offer = found.held if role is Role.BOTH else {**named, **found.held}
        for into, terms in ((offered, on_offer), (wanted, found.wanted), (unwanted, found.unwanted)):
            for term, sureness in terms.items():
                into.setdefault(term, Value("text", found.places[term], term))
                sure[term] = max(sureness, sure.get(term, 0.0))
    held = frozenset(term for found in read for term in found.held)
    at_work = _at_work(read, vocabulary) if role is Role.MENTEE else {}
    for term in at_work:
        sure[term] = max(sure.get(term, 0.0), *(found.held.get(term, 0.0) for found in read))
    return Heard(counts, offered, wanted, unwanted, held, at_work, sure, read[0].language, spelling)


def _at_work(read: Iterable[Mentions], vocabulary: Vocabulary) -> dict[str, Value]:
    """The skills and places that somebody works with now, unless there is a wish beside them."""
    if not all(map(_only_at_work, read)):
        return {}
    return {
        term: Value("text", found.places[term], term)
        for found in read
        for term in found.held
        if vocabulary[term].kind in ("skills", "settings") and term not in found.behind
    }


def _only_at_work(found: Mentions) -> bool:
    """Whether a text wishes for nothing but what is named by words that also name what its writer does."""
    own, wished = ([found.places[term] for term in terms] for terms in (found.held, found.wanted))
    return all(any(words in place or place in words for place in own) for words in wished)


def _refused_words(found: Mentions, role: Role) -> set[str]:
    """The words, in lower case, by which a text names only what it refuses: they are nothing to compare people by.

    Those of a mentor who lacks or seeks something are none, either.
    """
    missing = found.lacking | found.sought if role is Role.MENTOR else frozenset[str]()
    gone = found.unwanted.keys() | missing

    def naming(terms: Iterable[str]) -> set[str]:
        return {typed.casefold() for term in terms for _, typed in spelled_words(found.places[term])}

    return naming(gone) - naming([*(found.wanted.keys() - missing), *found.held]) if gone else set()


@dataclass(frozen=True, slots=True)
class Declined:
    """Whom a mentor would rather not meet: terms for people, and those that the mentor keeps to, by kind."""

    terms: frozenset[str] = frozenset()
    keeps_to: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def includes(self, kind: str, own: Iterable[str], vocabulary: Vocabulary) -> bool:
        """Whether somebody with these values of a kind is meant; a narrower term counts as the wider one."""
        lines = [set(_line(term, vocabulary)) for term in own]
        keeps_to = self.keeps_to.get(kind)
        if keeps_to is not None and lines and all(keeps_to.isdisjoint(line) for line in lines):
            return True
        return any(not self.terms.isdisjoint(line) for line in lines)


@lru_cache(maxsize=131_072)
def declined(mentor: Profile, vocabulary: Vocabulary) -> Declined | None:
    """Whom a mentor would rather not meet, from soft constraints (column `avoids`) and the text; None: nobody.

    What somebody is or does is not refused in others by a word about it ("no police jargon" of an officer).
    """
    avoided = {t.strip() for c in mentor.constraints if c in vocabulary for t in _avoids(vocabulary[c]).split("|")}
    refused, kept = whom(mentor.text, vocabulary) if mentor.text else (frozenset[str](), frozenset[str]())
    terms = (avoided | refused) - {"", mentor.stage, *mentor.disciplines, *mentor.settings}
    keeps_to: dict[str, frozenset[str]] = {}
    for term in kept:
        kind = vocabulary[term].kind
        keeps_to[kind] = keeps_to.get(kind, frozenset()) | {term}
    return Declined(frozenset(terms), keeps_to) if terms or keeps_to else None


def _avoids(constraint: Term) -> str:
    return constraint.attributes.get("avoids", "")


def _line(term_id: str, vocabulary: Vocabulary) -> Iterator[str]:
    """A term and the wider ones above it."""
    while term_id in vocabulary:
        yield term_id
        term_id = vocabulary[term_id].parent or ""


def without_titles(found: Mentions, vocabulary: Vocabulary) -> Mentions:
    """Without the goals that are only named because somebody has reached them: "LCSW, 6 yrs" does not seek the LCSW."""
    held = {found.places[term] for term in found.held}
    reached = {t for t in found.wanted if vocabulary[t].kind == "goals" and found.places[t] in held}
    return replace(found, wanted={t: sure for t, sure in found.wanted.items() if t not in reached})
