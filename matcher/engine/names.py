"""The vocabulary's names laid out for reading.

The names, synonyms, abbreviations and cues of the vocabulary are laid down as a tree of word stems for each language
(small words are skipped), so that reading a text takes time in proportion to its length, whatever the vocabulary's
size. A word that no name has is corrected by one or two letters if exactly that makes it a word of the vocabulary.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rapidfuzz.distance import OSA

from matcher.domain.vocabulary import Term, Vocabulary
from matcher.engine.inflection import inflected, stem
from matcher.engine.languages import LANGUAGES, LINKING, PERSONS, SOUGHT, STOP, Language
from matcher.engine.words import cut_name

KINDS = ("skills", "settings", "goals", "credentials", "disciplines")

# How sure a name is that stands in a text, by what it is and whether it has one word or more.
LABEL, SYNONYM, CUE, LETTERS = (0.9, 1.0), (0.8, 0.95), (0.4, 0.6), 0.9
GOAL_WORD = 0.6  # a single word seldom says what somebody is after

Node = dict[str, Any]
Named = tuple[Term, str, tuple[float, float]]
"""A term, something it is called, and the sureness of this if it is one word and if it is more."""
END = ""  # key of a node's names: term id -> sureness
PERSON = "*"  # key of a node for somebody inside a name, whatever the word


@dataclass(slots=True)
class Tree:
    """The names in one language: those of one word as `inflected`, with their terms and sureness, and a tree of stems
    of the others; the stems in it, and its long words by first letter and length."""

    alone: dict[str, dict[str, float]]
    root: Node
    known: frozenset[str]
    near: dict[tuple[str, int], list[str]]


class Names:
    """The names of one vocabulary, ready for reading; a language's tree is made when first needed."""

    def __init__(self, vocabulary: Vocabulary, kinds: Sequence[str] = KINDS) -> None:
        self.vocabulary = vocabulary
        self.terms = [term for kind in kinds for term in vocabulary.terms(kind)]
        self.kinds = {term.id: term.kind for term in self.terms}
        self.letters = _letters(self.terms)
        self.longest_letters = max(map(len, self.letters), default=0)
        self.first_letters = frozenset(letters[0] for letters in self.letters)
        self.contexts = _contexts(vocabulary)
        self.contacts = _contacts(vocabulary)
        self.troubles = {(t.id, stems) for t in self.terms for stems in _troubles(t)}
        self.trees: dict[Language, Tree] = {}
        self.corrections: dict[tuple[Language, str], str | None] = {}

    def tree(self, language: Language) -> Tree:
        """The names in this language."""
        if language not in self.trees:
            self.trees[language] = _plant(self._named[language], language, self.kinds)
        return self.trees[language]

    @cached_property
    def _named(self) -> dict[Language, list[Named]]:
        found: dict[Language, list[Named]] = {language: [] for language in LANGUAGES}
        for term in self.terms:
            for language, name, sure in _names(term):
                found[language].append((term, name, sure))
        return found

    def is_trouble(self, term: str, words: Sequence[str]) -> bool:
        """Whether these words name what a term is against ("burnout" of its prevention)."""
        return any((term, _stems(words, language)) in self.troubles for language in LANGUAGES)

    def corrected(self, word: str, language: Language) -> str | None:
        """The one word of the vocabulary that `word` seems to be a slip of, or None."""
        asked = (language, word)
        if asked not in self.corrections:
            if len(self.corrections) > 100_000:
                self.corrections.clear()
            self.corrections[asked] = self._nearest(word, language)
        return self.corrections[asked]

    def _nearest(self, word: str, language: Language) -> str | None:
        slips = 1 if len(word) < 9 else 2
        buckets = self.tree(language).near
        best, found = slips + 1, set[str]()
        for length in range(len(word) - slips, len(word) + slips + 1):
            for known in buckets.get((word[0], length), ()):
                distance = OSA.distance(word, known, score_cutoff=slips)
                if distance < best:
                    best, found = distance, {known}
                elif distance == best <= slips:
                    found.add(known)
        stems = {stem(w, language) for w in found}
        return min(found) if len(stems) == 1 else None


_compiled: dict[tuple[int, Sequence[str]], tuple[Vocabulary, Names]] = {}


def names_of(vocabulary: Vocabulary, kinds: Sequence[str] = KINDS) -> Names:
    """The compiled names, kept for the few vocabularies a process has."""
    kept = _compiled.get((id(vocabulary), kinds))
    if kept is None or kept[0] is not vocabulary:
        if len(_compiled) > 8:
            _compiled.clear()
        kept = _compiled[id(vocabulary), kinds] = (vocabulary, Names(vocabulary, kinds))
    return kept[1]


def _plant(named: Iterable[Named], language: Language, kinds: Mapping[str, str]) -> Tree:
    alone: dict[str, dict[str, float]] = {}
    ends: dict[tuple[str, ...], dict[str, float]] = {}  # way through the tree -> term id -> sureness
    known: set[str] = set()
    for term, name, sure in named:
        words = _content(cut_name(name), language)
        if _is_letters(name) or not _says_something(words, language):
            continue
        known.update(words)
        if len(words) == 1:
            found = alone.setdefault(inflected(words[0], language), {})
            value = min(sure[0], GOAL_WORD) if term.kind == "goals" else sure[0]
        else:
            found, value = ends.setdefault(_way(words, language), {}), sure[1]
        found[term.id] = max(value, found.get(term.id, 0.0))
    for found in (*alone.values(), *ends.values()):
        _share(found, kinds)
    root: Node = {}
    for way, found in ends.items():
        node = root
        for key in way:
            node = node.setdefault(key, {})
        node[END] = found
    plains = [w for w in known if len(w) > 4 and w.isalpha()]
    return Tree(alone, root, frozenset(stem(w, language) for w in plains), _buckets(plains))


def _names(term: Term) -> Iterator[tuple[Language, str, tuple[float, float]]]:
    """(language, name, sureness of one word and of more) of everything a term is called or hinted at by.

    Labels in other languages than the three, and synonyms of no stated language, are read with the English ones. A
    synonym that also is a cue is a good name on a list and only a hint in a text ("training", "school").
    """
    columns = [(c, v.split("|")) for c, v in term.attributes.items() if c.startswith(("synonyms_", "cues"))]
    stated = {v for c, values in columns if c.startswith("synonyms_") for v in values}
    weak = {v for c, values in columns if c.startswith("cues") for v in values}
    for column, values in columns:
        source, _, said = column.partition("_")
        language, sure = _supported(said), CUE if source == "cues" else SYNONYM
        yield from ((language, v.strip(), sure) for v in values if source == "cues" or v not in weak)
    for said, label in term.labels.items():
        yield _supported(said), label, LABEL
        if "(" in label:
            yield _supported(said), label.partition("(")[0], LABEL
    for name in term.synonyms:
        if name not in stated and name not in weak:
            yield from ((language, name, SYNONYM) for language in (LANGUAGES if not name.isascii() else ("en",)))


def _contacts(vocabulary: Vocabulary) -> frozenset[str]:
    """The words for ways to meet (phone, chat, text), which may also name a skill."""
    names = (name for term in vocabulary.terms("formats") for _, name, _ in _names(term) for name in (name, f"{name}s"))
    return frozenset(words[0] for name in names if len(words := cut_name(name)) == 1)


def _troubles(term: Term) -> Iterator[tuple[str, ...]]:
    """The names of what a term is against (columns `troubles`, `troubles_es`, `troubles_fr`), as stems."""
    for column, value in term.attributes.items():
        source, _, said = column.partition("_")
        if source == "troubles":
            yield from (_stems(cut_name(name), _supported(said)) for name in value.split("|") if name.strip())


def _stems(words: Sequence[str], language: Language) -> tuple[str, ...]:
    return tuple(stem(word, language) for word in words if word not in LINKING[language])


def _supported(language: str) -> Language:
    return "es" if language == "es" else "fr" if language == "fr" else "en"


def _is_letters(name: str) -> bool:
    """Whether a name is an abbreviation: short, and with capitals inside or digits (LCSW, C-SSRS, safeTALK, 988)."""
    return len(name) <= 10 and " " not in name and (name[1:] != name[1:].lower() or any(c.isdigit() for c in name))


def _letters(terms: Sequence[Term]) -> dict[tuple[str, ...], dict[str, float]]:
    """Abbreviations as they are cut into words (C-SSRS: c, ssrs) -> term id -> sureness."""
    found: dict[tuple[str, ...], dict[str, float]] = {}
    for term in terms:
        for name in (*term.abbreviations, *filter(_is_letters, term.synonyms)):
            if words := tuple(cut_name(name)):
                found.setdefault(words, {})[term.id] = LETTERS
    return found


def _content(words: Sequence[str], language: Language) -> list[str]:
    found = [w for w in words if w not in LINKING[language]]
    return found or list(words)


def _says_something(words: Sequence[str], language: Language) -> bool:
    if len(words) != 1:
        return len(words) > 1
    return len(words[0]) > 2 and words[0] not in STOP[language] and words[0] not in SOUGHT


def _way(words: Sequence[str], language: Language) -> tuple[str, ...]:
    way = [stem(word, language) for word in words]
    for place in range(1, len(words) - 1):
        if words[place] in PERSONS:
            way[place] = PERSON
    return tuple(way)


def _share(terms: dict[str, float], kinds: Mapping[str, str]) -> None:
    """A name that several terms of one kind have is less sure for each of them."""
    if len(terms) == 1:
        return
    count = Counter(kinds[term] for term in terms)
    for term in terms:
        terms[term] /= count[kinds[term]] ** 0.5


def _buckets(words: Iterable[str]) -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = {}
    for word in sorted(words):
        found.setdefault((word[0], len(word)), []).append(word)
    return found


def _contexts(vocabulary: Vocabulary) -> dict[str, list[tuple[tuple[str, ...], frozenset[tuple[str, ...]]]]]:
    """Letters -> (terms, stems of the words that tell this meaning) of each meaning."""
    return {
        letters: [
            (
                meaning.terms,
                frozenset(tuple(stem(w, "en") for w in cut_name(c)) for c in meaning.context),
            )
            for meaning in meanings
        ]
        for letters, meanings in vocabulary.meanings.items()
    }
