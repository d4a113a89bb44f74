"""Free text brought into the vocabulary: which terms somebody names, wants, refuses or already has.

The names, synonyms, abbreviations and cues of the vocabulary are laid down as a tree of word stems for each language
(Snowball stems, after R. Boulton and M. Porter; small words are skipped), so that reading a text takes time in
proportion to its length, whatever the vocabulary's size. A word that no name has is corrected by one or two letters
if exactly that makes it a word of the vocabulary; an ordinary English word only beside other words of a name ("saftey
planing", but "morning" is no "mourning"). Letters with several meanings ("CIT", "DA") are settled by the words around
them, as `ambiguous.csv` of the vocabulary states, or dropped.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import snowballstemmer
from rapidfuzz.distance import OSA

from matcher.domain.spelling import ordinary_words, plain, word_key
from matcher.domain.vocabulary import Term, Vocabulary
from matcher.engine.languages import (
    ACHIEVED,
    AFTER,
    ARTICLES,
    AS,
    BEING,
    EXCEPTING,
    EXPIRED,
    HAVING,
    JOINING,
    LACKING,
    LANGUAGES,
    LIKING,
    LINKING,
    NEVER,
    NOT_HAVING,
    NOT_REFUSING,
    NOTHING,
    ONE,
    ONLY,
    ORDINARY,
    OWN_AFTER,
    OWNING,
    REFUSING,
    RESTRICTING,
    SOUGHT,
    STOP,
    TURNING,
    WISHING,
    Language,
    guess_language,
)

KINDS = ("skills", "settings", "goals", "credentials", "disciplines")
OF_PEOPLE = ("stages", "disciplines", "settings")  # kinds by which a text tells whom somebody would meet

# How sure a name is that stands in a text, by what it is and whether it has one word or more.
LABEL, SYNONYM, CUE, LETTERS = (0.9, 1.0), (0.8, 0.95), (0.4, 0.6), 0.9
GOAL_WORD = 0.6  # a single word seldom says what somebody is after
CORRECTED = 0.8  # factor for a word with a typing error
SETTLED = 0.85  # letters whose meaning the context told
PAST = 0.5  # factor for a goal that may lie behind somebody ("10 years of nights")
WEAK = 0.65  # what is not surer is dropped beside a stronger, longer name
REACH = 6  # words that a refusal reaches forward
CONTEXT = 15  # words around letters that tell their meaning


@dataclass(frozen=True, slots=True)
class Mentions:
    """The vocabulary's terms in a text with how sure each is (0 to 1).

    `wanted`: named without refusal and not plainly the writer's own; `unwanted`: refused; `held`: what the writer says
    to be, to have or to have done; `lacking`: those wanted that the writer says not to know, to have or to have done.
    `places` has the words as they stand in the text. `language` is None when unknown.
    """

    wanted: Mapping[str, float] = field(default_factory=dict)
    unwanted: Mapping[str, float] = field(default_factory=dict)
    held: Mapping[str, float] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()
    places: Mapping[str, str] = field(default_factory=dict)
    language: Language | None = None


class Word(NamedTuple):
    """A word for comparing: its stem, and its form, which is nearer to the word (accents, case and plural away)."""

    stem: str
    form: str


def fold(text: str, vocabulary: Vocabulary) -> Mentions:
    """Reads a text in English, Spanish or French, or a mix; texts of fewer than two letters say nothing."""
    read = _cut_text(text)
    if len(read.words) == 0 or read.letters < 2:
        return Mentions()
    return _Reading(read, _names_of(vocabulary), vocabulary).mentions()


def whom(text: str, vocabulary: Vocabulary) -> tuple[frozenset[str], frozenset[str]]:
    """Stages, fields and places of work of people whom a text refuses ("no students"), and to which stages and fields
    it keeps ("only nurses")."""
    refused, kept = _restrictions(text, vocabulary, OF_PEOPLE)
    return frozenset(refused), frozenset(kept)


def when(text: str, vocabulary: Vocabulary) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Slots that a text refuses ("no evenings"), and those that it keeps to ("mornings only"), with the words of it."""
    return _restrictions(text, vocabulary, ("slots",))


def _restrictions(
    text: str, vocabulary: Vocabulary, kinds: tuple[str, ...]
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    read = _cut_text(text)
    if not any(word in RESTRICTING or word in REFUSING[language] for word in read.words for language in LANGUAGES):
        return {}, {}
    return _Reading(read, _names_of(vocabulary, kinds), vocabulary).restrictions()


# Small words where the language is not known: the English ones, and those of the others that are no English word, too
# ("car" is small in French only, "sea" in Spanish).
_UNSURE_STOP = STOP["en"] | (STOP["es"] & STOP["fr"]) | {w for w in STOP["es"] | STOP["fr"] if len(w) < 3}


def tokens(text: str) -> list[str]:
    """The stems of a text's words in order, in the language it seems to be in.

    Small words are dropped, and what the text excepts ("any shift except nights").
    """
    return [word.stem for word, _ in spelled_words(text)]


def spelled_words(text: str) -> list[tuple[Word, str]]:
    """(the word, the same as it stands in the text) of every word that `tokens` gives."""
    read = _cut_text(text)
    if read.letters < 2:
        return []
    language = read.language or "en"
    stop = STOP[language] if read.language else _UNSURE_STOP
    excepted = set(_excepted(read))
    return [
        (Word(stem(word, language), singular(word, language)), read.text[start:end])
        for at, (word, (start, end)) in enumerate(zip(read.words, read.spans, strict=True))
        if at not in excepted
        and (word not in stop or (len(word) > 1 and read.upper(at)))  # IT is no "it"
        and (len(word) > 1 or word.isdigit() or ord(word) > 0x2E7F)
        and not _small_number(word)
    ]


def _excepted(read: "_Text") -> Iterator[int]:
    """The words from an "except" on to the end of its clause or a "but"; "nothing except nights" excepts nothing."""
    for at in (i for i, word in enumerate(read.words) if word in EXCEPTING):
        before = range(read.sentences.index(read.sentences[at]), at)
        if any(read.words[i] in NOTHING for i in before):
            continue
        for i in range(at, len(read.words)):
            if read.clauses[i] != read.clauses[at] or read.words[i] in TURNING:
                break
            yield i


def language_of(text: str) -> Language | None:
    """The language of a text: "en", "es", "fr", or None when its words do not tell."""
    return _cut_text(text).language


def _small_number(word: str) -> bool:
    return len(word) < 3 and word.isdigit()


# -- words -----------------------------------------------------------------------------------------------------------

_PIECE = re.compile(r"[^\W_]+(?:['’ʼ´`][^\W_]+)*|[.!?\n…;]|[,:()\[\]{}–—•>\"«»/|]|(?<=\s)-(?=\s)")
_NAME_PIECE = re.compile(r"[^\W_]+(?:['’ʼ´`][^\W_]+)*")
_SENTENCE_ENDS = frozenset(".!?\n…;")
_ELISION = re.compile(r"^(l|d|j|m|t|s|c|n|qu|jusqu|lorsqu|puisqu)['’ʼ´`](?=[^\W\d_]{2})", re.IGNORECASE)
_APOSTROPHE = re.compile("['’ʼ´`]")


class _Text:
    """A text cut into words, with the clause and sentence each stands in."""

    def __init__(self, text: str) -> None:
        self.text = unicodedata.normalize("NFC", text)
        self.words: list[str] = []
        self.spans: list[tuple[int, int]] = []
        self.clauses: list[int] = []
        self.sentences: list[int] = []
        self.after_comma: set[int] = set()  # clauses that follow a comma or slash
        self._cut()
        self.letters = sum(map(len, self.words))

    @cached_property
    def shouting(self) -> bool:
        """Whether the text is in capitals altogether, so that they mean nothing."""
        letters = [c for c in self.text[:2000] if c.isalpha()]
        return len(letters) > 8 and sum(c.isupper() for c in letters) > 0.7 * len(letters)

    @cached_property
    def language(self) -> Language | None:
        """The language its small words tell."""
        return guess_language(self.words)

    def _cut(self) -> None:
        clause = sentence = 0
        for match in _PIECE.finditer(self.text):
            piece = match[0]
            if piece[0].isalnum():
                for start, end in (match.span(),) if piece.isalnum() else _parts(piece, match.start()):
                    self.words.append(_word(self.text[start:end]))
                    self.spans.append((start, end))
                    self.clauses.append(clause)
                    self.sentences.append(sentence)
                continue
            clause += 1
            sentence += piece in _SENTENCE_ENDS
            if piece in ",/":
                self.after_comma.add(clause)

    def upper(self, at: int) -> bool:
        """Whether the word stands in capitals that mean something."""
        start, end = self.spans[at]
        return not self.shouting and self.text[start:end].isupper()


@lru_cache(maxsize=256)
def _cut_text(text: str) -> _Text:
    """A text is cut once for its names and for its stems."""
    return _Text(text)


def _parts(piece: str, start: int) -> Iterator[tuple[int, int]]:
    """A French elision is a word of its own: l'écoute is l and écoute."""
    match = _ELISION.match(piece) if _APOSTROPHE.search(piece) else None
    if match is not None:
        yield start, start + match.end()
        yield start + match.end(), start + len(piece)
    else:
        yield start, start + len(piece)


@lru_cache(maxsize=65_536)
def _word(typed: str) -> str:
    """The comparable form of a word; the English genitive is dropped, other apostrophes join (don't -> dont)."""
    low = plain(typed)
    head, mark, tail = low.rpartition("'") if "'" in low else low.rpartition("’")
    if mark and tail in ("s", "") and len(head) > 1:
        low = head
    return word_key(_APOSTROPHE.sub("", low))


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


# -- the vocabulary's names ------------------------------------------------------------------------------------------

_Node = dict[str, Any]
_END = ""  # key of a node's names: term id -> sureness
_ALONE = "="  # begins the keys of names of one word, which are compared more strictly


@dataclass(slots=True)
class _Tree:
    """The names in one language: a tree of stems, the stems in it, and its long words by first letter and length."""

    root: _Node
    known: frozenset[str]
    near: dict[tuple[str, int], list[str]]


class _Names:
    """The names of one vocabulary, ready for reading; a language's tree is made when first needed."""

    def __init__(self, vocabulary: Vocabulary, kinds: Sequence[str] = KINDS) -> None:
        self.terms = [term for kind in kinds for term in vocabulary.terms(kind)]
        self.kinds = {term.id: term.kind for term in self.terms}
        self.letters = _letters(self.terms)
        self.longest_letters = max(map(len, self.letters), default=0)
        self.first_letters = frozenset(letters[0] for letters in self.letters)
        self.contexts = _contexts(vocabulary)
        self.trees: dict[Language, _Tree] = {}
        self.corrections: dict[tuple[Language, str], str | None] = {}

    def tree(self, language: Language) -> _Tree:
        """The names in this language."""
        if language not in self.trees:
            self.trees[language] = _plant(self.terms, language, self.kinds)
        return self.trees[language]

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


_compiled: dict[tuple[int, Sequence[str]], tuple[Vocabulary, _Names]] = {}


def _names_of(vocabulary: Vocabulary, kinds: Sequence[str] = KINDS) -> _Names:
    """The compiled names, kept for the few vocabularies a process has."""
    kept = _compiled.get((id(vocabulary), kinds))
    if kept is None or kept[0] is not vocabulary:
        if len(_compiled) > 8:
            _compiled.clear()
        kept = _compiled[id(vocabulary), kinds] = (vocabulary, _Names(vocabulary, kinds))
    return kept[1]


def _plant(terms: Sequence[Term], language: Language, kinds: Mapping[str, str]) -> _Tree:
    root: _Node = {}
    plains: set[str] = set()
    for term in terms:
        for name, sure in _names(term, language):
            if not _is_letters(name):
                _add_name(root, plains, name, language, term, sure)
    _share(root, kinds)
    return _Tree(root, frozenset(stem(w, language) for w in plains), _buckets(plains))


def _names(term: Term, language: Language) -> Iterator[tuple[str, tuple[float, float]]]:
    """(name, sureness of one word and of more) of everything a term is called or hinted at by in a language.

    Labels in other languages than the three, and synonyms of no stated language, are read with the English ones. A
    synonym that also is a cue is a good name on a list and only a hint in a text ("training", "school").
    """
    columns = [(c, v.split("|")) for c, v in term.attributes.items() if c.startswith(("synonyms_", "cues"))]
    stated = {v for c, values in columns if c.startswith("synonyms_") for v in values}
    weak = {v for c, values in columns if c.startswith("cues") for v in values}
    for column, values in columns:
        source, _, said = column.partition("_")
        if _supported(said) == language:
            sure = CUE if source == "cues" else SYNONYM
            yield from ((v.strip(), sure) for v in values if source == "cues" or v not in weak)
    for said, label in term.labels.items():
        if _supported(said) == language:
            yield label, LABEL
            if "(" in label:
                yield label.partition("(")[0], LABEL
    for name in term.synonyms:
        if name not in stated and name not in weak and (language == "en" or not name.isascii()):
            yield name, SYNONYM


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
            if words := tuple(_cut_name(name)):
                found.setdefault(words, {})[term.id] = LETTERS
    return found


@lru_cache(maxsize=16_384)
def _cut_name(name: str) -> list[str]:
    if not _APOSTROPHE.search(name):
        return [_word(piece) for piece in _NAME_PIECE.findall(name)]
    return [_word(name[a:b]) for m in _NAME_PIECE.finditer(name) for a, b in _parts(m[0], m.start())]


def _content(words: Sequence[str], language: Language) -> list[str]:
    found = [w for w in words if w not in LINKING[language]]
    return found or list(words)


def _add_name(
    root: _Node, plains: set[str], name: str, language: Language, term: Term, sure: tuple[float, float]
) -> None:
    words = _content(_cut_name(name), language)
    if not words or (len(words) == 1 and (len(words[0]) < 3 or words[0] in STOP[language] or words[0] in SOUGHT)):
        return
    plains.update(w for w in words if len(w) > 4 and w.isalpha())
    node = root
    if len(words) == 1:
        node = node.setdefault(_ALONE + inflected(words[0], language), {})
    else:
        for word in words:
            node = node.setdefault(stem(word, language), {})
    value = sure[len(words) > 1]
    if len(words) == 1 and term.kind == "goals":
        value = min(value, GOAL_WORD)
    ends: dict[str, float] = node.setdefault(_END, {})
    ends[term.id] = max(value, ends.get(term.id, 0.0))


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


def _share(node: _Node, kinds: Mapping[str, str]) -> None:
    """A name that several terms of one kind have is less sure for each of them."""
    for key, child in node.items():
        if key != _END:
            _share(child, kinds)
            continue
        count: dict[str, int] = {}
        for term_id in child:
            count[kinds[term_id]] = count.get(kinds[term_id], 0) + 1
        for term_id in child:
            child[term_id] /= count[kinds[term_id]] ** 0.5


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
                frozenset(tuple(stem(w, "en") for w in _cut_name(c)) for c in meaning.context),
            )
            for meaning in meanings
        ]
        for letters, meanings in vocabulary.meanings.items()
    }


# -- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Hit:
    """A name in the text: first and last word, the term, how sure."""

    first: int
    last: int
    term: str
    sure: float


class _Reading:
    """One text read with one vocabulary's names."""

    def __init__(self, text: _Text, names: _Names, vocabulary: Vocabulary) -> None:
        self.text = text
        self.names = names
        self.vocabulary = vocabulary
        guessed = text.language
        self.languages: tuple[Language, ...] = LANGUAGES if guessed is None else tuple({"en": 0, guessed: 0})
        self.grammar: tuple[Language, ...] = LANGUAGES if guessed is None else (guessed,)
        self.refused_in: set[int] = set()  # clauses in which something was refused
        self.named: set[int] = set()  # words that are part of a name

    def mentions(self) -> Mentions:
        """All terms, each with what the sentence does with it."""
        wanted: dict[str, float] = {}
        unwanted: dict[str, float] = {}
        held: dict[str, float] = {}
        lacking: dict[str, float] = {}
        best: dict[str, tuple[float, str]] = {}
        hits = self._hits()
        self.named.update(i for hit in hits for i in range(hit.first, hit.last + 1))
        for hit in hits:
            sense = self._sense(hit)
            senses = {"wanted": wanted, "past": wanted, "unwanted": unwanted, "held": held, "lacking": lacking}
            found = senses.get(sense)
            if found is None:
                continue
            sure = hit.sure * (PAST if sense == "past" else 1.0)
            found[hit.term] = max(sure, found.get(hit.term, 0.0))
            if sure > best.get(hit.term, (0.0, ""))[0]:
                best[hit.term] = (sure, self._typed(hit))
        lacked = frozenset(lacking) - frozenset(wanted) - frozenset(held)
        wanted |= {term: max(sure, wanted.get(term, 0.0)) for term, sure in lacking.items()}
        for term in unwanted:
            wanted.pop(term, None)
        places = {term: words for term, (_, words) in sorted(best.items())}
        return Mentions(
            _ordered(wanted), _ordered(unwanted), _ordered(held), lacked & set(wanted), places, self.text.language
        )

    def restrictions(self) -> tuple[dict[str, str], dict[str, str]]:
        """The terms that are refused, and those that somebody keeps to; a verb of grammar is no name."""
        hits = self._hits()
        self.named.update(i for hit in hits for i in range(hit.first, hit.last + 1))
        no_name = WISHING | HAVING | frozenset().union(*NOT_REFUSING.values())
        hits = [hit for hit in hits if hit.sure >= WEAK and self.text.words[hit.first] not in no_name]
        refused = {h.term: self._typed(h) for h in hits if self._sense(h) == "unwanted" and not self._is_one_self(h)}
        kept = [h for h in hits if self.names.kinds[h.term] != "settings" and self._kept_to(h)]
        return refused, {h.term: self._typed(h) for h in kept if h.term not in refused}

    def _is_one_self(self, hit: _Hit) -> bool:
        """Whether a refused name is what the writer is not ("not an expert", "not as a supervisor")."""
        before = [self.text.words[i] for i in self._before(hit.first, 2)]
        return bool(AS & set(before)) or (self.names.kinds[hit.term] == "stages" and bool(ONE & set(before[:1])))

    def _kept_to(self, hit: _Hit) -> bool:
        """Whether an "only" restricts to the name ("I only take nurses", "nurses only"), unless it is about the writer
        ("I am the only nurse")."""
        words, clauses = self.text.words, self.text.clauses
        after = hit.last + 1
        if after < len(words) and words[after] in RESTRICTING and clauses[after] == clauses[hit.last]:
            return all(clauses[i] != clauses[hit.first] for i in range(hit.first))
        before = [words[i] for i in self._before(hit.first, REACH)]
        at = next((i for i, word in enumerate(before) if word in RESTRICTING), None)
        if at is None or any(word in BEING or word in HAVING or word in TURNING - RESTRICTING for word in before):
            return False
        return not any(
            word in ARTICLES or word in REFUSING[language] for word in before[at + 1 : at + 2] for language in LANGUAGES
        )

    def _typed(self, hit: _Hit) -> str:
        return self.text.text[self.text.spans[hit.first][0] : self.text.spans[hit.last][1]]

    # -- names -----------------------------------------------------------------------------------------------------

    def _hits(self) -> list[_Hit]:
        """All names without those that are only part of a longer one, in order of the text."""
        found: dict[tuple[int, int, str], float] = {}
        for hit in (*self._letters(), *(h for language in self.languages for h in self._named(language))):
            at = (hit.first, hit.last, hit.term)
            found[at] = max(hit.sure, found.get(at, 0.0))
        hits = [_Hit(*at, sure) for at, sure in found.items()]
        hits.sort(key=lambda h: (h.first, -h.last, h.term))
        return list(self._longest(hits))

    def _longest(self, hits: list[_Hit]) -> Iterator[_Hit]:
        reach: dict[str, tuple[int, int]] = {}  # kind -> span of the name that reaches furthest
        strong = (-1, -1)
        for hit in hits:
            kind, span = self.names.kinds[hit.term], (hit.first, hit.last)
            longer = reach.get(kind, (-1, -1))
            inside = hit.last <= longer[1] and span != longer
            covered = hit.sure < WEAK and hit.last <= strong[1] and span != strong
            if hit.last > longer[1]:
                reach[kind] = span
            if hit.sure >= WEAK and hit.last > strong[1]:
                strong = span
            if not inside and not covered:
                yield hit

    def _named(self, language: Language) -> Iterator[_Hit]:
        tree, linking = self.names.tree(language), LINKING[language]
        content = [i for i, w in enumerate(self.text.words) if w not in linking]
        stems = [self._stem(self.text.words[i], language, tree) for i in content]
        clauses = self.text.clauses
        for at, (first, slip) in enumerate(stems):
            small = self.text.words[content[at]] in STOP[language]
            alone = (
                None
                if small
                else tree.root.get(_ALONE + inflected(self._spelled(content[at], slip, language), language))
            )
            for term, sure in alone.get(_END, {}).items() if alone else ():
                yield _Hit(content[at], content[at], term, sure * slip)
            node = tree.root.get(first)
            after, factor = at, slip
            while node is not None:
                for term, sure in node.get(_END, {}).items():
                    yield _Hit(content[at], content[after], term, sure * factor)
                after += 1
                if after >= len(stems) or clauses[content[after]] != clauses[content[at]]:
                    break
                node = node.get(stems[after][0])
                factor = min(factor, stems[after][1])

    def _spelled(self, at: int, slip: float, language: Language) -> str:
        word = self.text.words[at]
        if slip == 1.0 or (self.text.language in (None, "en") and word in ordinary_words()):
            return word
        return self.names.corrected(word, language) or word

    def _stem(self, word: str, language: Language, tree: _Tree) -> tuple[str, float]:
        """The stem of a word, corrected if need be, and the factor that a correction costs."""
        found = stem(word, language)
        if len(word) < 6 or found in tree.known or word in STOP[language] or not word.isalpha():
            return found, 1.0
        if self.text.language not in (None, language):
            return found, 1.0
        better = self.names.corrected(word, language)
        return (stem(better, language), CORRECTED) if better is not None else (found, 1.0)

    # -- abbreviations ---------------------------------------------------------------------------------------------

    def _letters(self) -> Iterator[_Hit]:
        words, clauses = self.text.words, self.text.clauses
        for at, word in enumerate(words):
            if word in self.names.contexts:
                for term in self._settled(at):
                    yield _Hit(at, at, term, SETTLED)
                continue
            if word not in self.names.first_letters:
                continue
            for length in range(1, self.names.longest_letters + 1):
                if at + length > len(words) or clauses[at + length - 1] != clauses[at]:
                    break
                terms = self.names.letters.get(tuple(words[at : at + length]))
                if terms and (length > 1 or self._is_meant(at)):
                    yield from (_Hit(at, at + length - 1, term, sure) for term, sure in self._one_sense(at, terms))

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
        term = self.vocabulary[term_id]
        names = (*term.labels.values(), *term.synonyms)
        return {stem(w, "en") for name in names for w in _cut_name(name) if w not in STOP["en"]}

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

    # -- what the sentence does with a word ------------------------------------------------------------------------

    def _sense(self, hit: _Hit) -> str:
        """wanted, unwanted, held, lacking; past for goals that may be reached already; "" when it is none of these."""
        after = range(hit.last + 1, min(hit.last + 3, len(self.text.words)))
        if any(
            self.text.words[i] in EXPIRED and self.text.sentences[i] == self.text.sentences[hit.last] for i in after
        ):
            return ""
        refused = self._refused(hit)
        if refused is not None:
            if refused == "unwanted":
                self.refused_in.add(self.text.clauses[hit.first])
            return refused
        return self._own(hit)

    def _before(self, at: int, reach: int) -> Iterator[int]:
        """Words before one in its clause, nearest first; over a comma only where an "or" joins the clauses."""
        clauses, sentences, words = self.text.clauses, self.text.sentences, self.text.words
        for i in range(at - 1, max(-1, at - 1 - reach), -1):
            if clauses[i] != clauses[i + 1] and (words[i + 1] not in JOINING or sentences[i] != sentences[at]):
                return
            yield i

    def _refused(self, hit: _Hit) -> str | None:
        """unwanted or lacking; "" where somebody only is not something; None where nothing is refused."""
        words = self.text.words
        following = " ".join(words[hit.last + 1 : hit.last + 3])
        if (
            following in AFTER
            and self.text.sentences[hit.first] == self.text.sentences[min(hit.last + 1, len(words) - 1)]
        ):
            return "unwanted"
        between: list[str] = []
        for i in self._before(hit.first, REACH):
            word = words[i]
            if word in TURNING:
                return None
            if word in NEVER and LACKING & {*between, words[hit.first]}:
                return "lacking"
            if any(word in REFUSING[language] for language in self.grammar):
                return self._kind_of_refusal(i, between)
            between.append(word)
        return "unwanted" if self._in_refused_list(hit) else None

    def _kind_of_refusal(self, at: int, between: list[str]) -> str | None:
        nearby = [*between, *self.text.words[max(0, at - 2) : at][::-1]]
        told = [*between, *(nearby[-2:] if "fr" in self.grammar else ())]
        if any(word in NOT_REFUSING[language] for word in between for language in self.grammar) or (
            "fr" in self.grammar and any(word in NOT_REFUSING["fr"] for word in nearby[-2:])
        ):
            return "lacking" if LACKING & set(told) and not ONLY & set(told) else None
        before = self.text.words[at - 1] if at else ""
        if before in OWNING and not LIKING & set(between):
            return "lacking"
        if before in BEING or (between and between[-1] in BEING):
            return ""
        return "unwanted"

    def _in_refused_list(self, hit: _Hit) -> bool:
        """ "no police, military, corrections": a clause of names only goes on with the refusal before it."""
        clause = self.text.clauses[hit.first]
        if clause not in self.text.after_comma or clause - 1 not in self.refused_in:
            return False
        first, last = hit.first, hit.last
        while first > 0 and self.text.clauses[first - 1] == clause:
            first -= 1
        while last + 1 < len(self.text.words) and self.text.clauses[last + 1] == clause:
            last += 1
        return all(i in self.named or self.text.words[i] in JOINING for i in range(first, last + 1))

    def _own(self, hit: _Hit) -> str:
        """held where the nearest verb says that the writer has or is it; titles and professions also stand alone."""
        words, is_goal = self.text.words, self.names.kinds[hit.term] == "goals"
        for i in self._before(hit.first, REACH + 2):
            if words[i] in WISHING:
                return "wanted"
            if words[i] in HAVING and (i + 1 == hit.first or words[i + 1] not in NOT_HAVING):
                return "past" if is_goal and words[i] not in ACHIEVED else "held"
        return "held" if self._is_own_title(hit) else "wanted"

    def _is_own_title(self, hit: _Hit) -> bool:
        if self.names.kinds[hit.term] not in ("disciplines", "credentials"):
            return False
        after = self.text.words[hit.last + 1 : hit.last + 3]
        if SOUGHT & set(after) or len(self.text.words) < 4:
            return False
        if OWN_AFTER & set(after) and (after[0] in OWN_AFTER or after[0].isdigit()):
            return True
        opens = hit.first == 0 or self.text.sentences[hit.first - 1] != self.text.sentences[hit.first]
        return opens and self.names.kinds[hit.term] == "disciplines"


def _ordered(found: dict[str, float]) -> dict[str, float]:
    """Surest first, then by id."""
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
