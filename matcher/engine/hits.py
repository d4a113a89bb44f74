"""The names of a vocabulary that stand in a text, slips and abbreviations included.

An ordinary English word is corrected only beside other words of a name ("saftey planing", but "morning" is no
"mourning"). Letters with several meanings ("CIT", "DA") are settled by the words around them, as `ambiguous.csv` of the
vocabulary states, or dropped.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from matcher.domain.spelling import ordinary_words
from matcher.engine.inflection import inflected, stem
from matcher.engine.languages import LANGUAGES, LINKING, ORDINARY, PERSONS, STOP, Language
from matcher.engine.names import END, PERSON, Names, Tree
from matcher.engine.words import Text, cut_name

CORRECTED = 0.8  # factor for a word with a typing error
SETTLED = 0.85  # letters whose meaning the context told
WEAK = 0.65  # what is not surer is dropped inside a longer name that is as sure, whatever its kind
CONTEXT = 15  # words around letters that tell their meaning


@dataclass(frozen=True, slots=True)
class Hit:
    """A name in the text: first and last word, the term, how sure."""

    first: int
    last: int
    term: str
    sure: float


def hits_in(text: Text, names: Names) -> list[Hit]:
    """All names in a text without those that are only part of a longer one, in order of the text."""
    return _Search(text, names).hits()


class _Search:
    """One text searched for one vocabulary's names."""

    def __init__(self, text: Text, names: Names) -> None:
        self.text = text
        self.names = names
        guessed = text.language
        self.languages: tuple[Language, ...] = LANGUAGES if guessed is None else tuple({"en": 0, guessed: 0})

    def hits(self) -> list[Hit]:
        """See `hits_in`."""
        found: dict[tuple[int, int, str], float] = {}
        for hit in (*self._letters(), *(h for language in self.languages for h in self._named(language))):
            at = (hit.first, hit.last, hit.term)
            found[at] = max(hit.sure, found.get(at, 0.0))
        hits = [Hit(*at, sure) for at, sure in found.items()]
        hits.sort(key=lambda h: (h.first, -h.last, h.term))
        return list(self._longest(hits))

    def _longest(self, hits: list[Hit]) -> Iterator[Hit]:
        reach: dict[str, tuple[int, int]] = {}  # kind -> span of the name that reaches furthest
        over: list[Hit] = []  # names that may reach over the next one
        for hit in hits:
            kind, span = self.names.kinds[hit.term], (hit.first, hit.last)
            longer = reach.get(kind, (-1, -1))
            inside = hit.last <= longer[1] and span != longer
            over = [other for other in over if other.last >= hit.first]
            covered = hit.sure < WEAK and any(
                hit.last <= other.last and hit.sure <= other.sure and span != (other.first, other.last)
                for other in over
            )
            if hit.last > longer[1]:
                reach[kind] = span
            if hit.last > hit.first:
                over.append(hit)
            if not inside and not covered:
                yield hit

    def _named(self, language: Language) -> Iterator[Hit]:
        tree, linking, small = self.names.tree(language), LINKING[language], STOP[language]
        words, clauses = self.text.words, self.text.clauses
        content = [i for i, w in enumerate(words) if w not in linking]
        stems = [self._stem(words[i], language, tree) for i in content]
        for at, (first, slip) in enumerate(stems):
            here = content[at]
            if words[here] not in small:
                alone = inflected(self._spelled(here, slip, language), language)
                for term, sure in tree.alone.get(alone, {}).items():
                    yield Hit(here, here, term, sure * slip)
            node = tree.root.get(first)
            after, factor = at, slip
            while node is not None:
                for term, sure in node.get(END, {}).items():
                    yield Hit(here, content[after], term, sure * factor)
                after += 1
                if after >= len(stems) or clauses[content[after]] != clauses[here]:
                    break
                somebody = node.get(PERSON) if words[content[after]] in PERSONS else None
                node = node.get(stems[after][0]) or somebody
                factor = min(factor, stems[after][1])

    def _spelled(self, at: int, slip: float, language: Language) -> str:
        word = self.text.words[at]
        if slip == 1.0 or (self.text.language in (None, "en") and word in ordinary_words()):
            return word
        return self.names.corrected(word, language) or word

    def _stem(self, word: str, language: Language, tree: Tree) -> tuple[str, float]:
        """The stem of a word, corrected if need be, and the factor that a correction costs."""
        found = stem(word, language)
        if len(word) < 6 or found in tree.known or word in STOP[language] or not word.isalpha():
            return found, 1.0
        if self.text.language not in (None, language):
            return found, 1.0
        better = self.names.corrected(word, language)
        return (stem(better, language), CORRECTED) if better is not None else (found, 1.0)

    # -- abbreviations ---------------------------------------------------------------------------------------------

    def _letters(self) -> Iterator[Hit]:
        words, clauses = self.text.words, self.text.clauses
        for at, word in enumerate(words):
            if word in self.names.contexts:
                for term in self._settled(at):
                    yield Hit(at, at, term, SETTLED)
                continue
            if word not in self.names.first_letters:
                continue
            for length in range(1, self.names.longest_letters + 1):
                if at + length > len(words) or clauses[at + length - 1] != clauses[at]:
                    break
                terms = self.names.letters.get(tuple(words[at : at + length]))
                if terms and (length > 1 or self._is_meant(at)):
                    yield from (Hit(at, at + length - 1, term, sure) for term, sure in self._one_sense(at, terms))

    def _is_meant(self, at: int) -> bool:
        """Whether a word is the abbreviation it could be: in capitals, or no word of everyday language."""
        word = self.text.words[at]
        if any(c.isdigit() for c in word) or self.text.upper(at):
            return True
        start, end = self.text.spans[at]
        typed = self.text.text[start:end]
        if not self.text.shouting and typed[1:] != typed[1:].lower():
            return True  # capitals inside, as in safeTALK
        return len(word) > 2 and word not in ORDINARY and not any(word in STOP[language] for language in LANGUAGES)

    def _one_sense(self, at: int, terms: Mapping[str, float]) -> Iterator[tuple[str, float]]:
        """Letters that name several terms of a kind mean those that other words around point to, else none."""
        by_kind: dict[str, list[str]] = {}
        for term in terms:
            by_kind.setdefault(self.names.kinds[term], []).append(term)
        for candidates in by_kind.values():
            if len(candidates) == 1:
                yield candidates[0], terms[candidates[0]]
                continue
            around = {w[0] for w in self._around(at, 1)}
            told = {t: len(around & self._words_of(t)) for t in candidates}
            most = max(told.values())
            if most and sum(n == most for n in told.values()) == 1:
                yield max(told, key=lambda t: told[t]), SETTLED

    def _words_of(self, term_id: str) -> set[str]:
        term = self.names.vocabulary[term_id]
        names = (*term.labels.values(), *term.synonyms)
        return {stem(w, "en") for name in names for w in cut_name(name) if w not in STOP["en"]}

    def _settled(self, at: int) -> tuple[str, ...]:
        """The terms that letters of several meanings stand for here; none when the context does not tell."""
        if not self._is_meant(at) and not (self.text.shouting and len(self.text.words[at]) > 2):
            return ()
        around = self._around(at, 1) | self._around(at, 2)
        told = [len(context & around) for _, context in self.names.contexts[self.text.words[at]]]
        most = max(told)
        if most == 0 or told.count(most) > 1:
            return ()
        terms = self.names.contexts[self.text.words[at]][told.index(most)][0]
        return tuple(t for t in terms if t in self.names.kinds)

    def _around(self, at: int, length: int) -> set[tuple[str, ...]]:
        """Runs of stems near a word, without the word itself."""
        words, low = self.text.words, max(0, at - CONTEXT)
        near = [stem(w, "en") for w in words[low : at + CONTEXT + 1]]
        here = at - low
        return {tuple(near[i : i + length]) for i in range(len(near) - length + 1) if not i <= here < i + length}
