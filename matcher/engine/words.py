"""A text cut into comparable words, with the clause and sentence each stands in."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from matcher.domain.spelling import plain, word_key
from matcher.engine.inflection import singular, stem
from matcher.engine.languages import (
    AND,
    ASIDE,
    DENIALS,
    EXCEPTING,
    FEELING,
    FOR_OTHERS,
    FORMERLY,
    LEARNING,
    LIKING,
    NOT_OFFERING,
    NOTHING,
    OFFERING,
    OTHERS,
    OWN_SUBJECT,
    SOFTENING,
    STARTING,
    STOP,
    SUBJECTS,
    TURNING,
    UNCOMPARED,
    WISHING,
    WITH_ONE_SELF,
    WOULD,
    Language,
    guess_language,
)

_PIECE = re.compile(r"[^\W_]+(?:['’ʼ´`][^\W_]+)*|[.!?\n…;]|[,:()\[\]{}–—•>\"«»/|]|(?<=\s)-(?=\s)")
_DOTS = re.compile(r"\.[^\W\d_]\.[^\W\d_]")
_DOTTED_PIECE = re.compile(r"(?:[^\W\d_]\.){2,}[^\W\d_](?![^\W_])|" + _PIECE.pattern)  # E.M.D.R. is one word
_NAME_PIECE = re.compile(r"[^\W_]+(?:['’ʼ´`][^\W_]+)*")
_SENTENCE_ENDS = frozenset(".!?\n…;")
_ELISION = re.compile(r"^(l|d|j|m|t|s|c|n|qu|jusqu|lorsqu|puisqu)['’ʼ´`](?=[^\W\d_]{2})", re.IGNORECASE)
_PLACE = re.compile(r"\S+")
_ADDRESS = re.compile(r"@|://|^\W*www\.|\w\.(?:com|org|net|edu|gov)\b", re.IGNORECASE)
_ASIDE_ENDS = {pair.split()[1] for pair in ASIDE}
_NOT_OFFERING_STARTS = {pair.split()[0] for pair in NOT_OFFERING}
_FAR = 24  # words between somebody who would learn and the verb
_APOSTROPHE = re.compile("['’ʼ´`]")


class Text:
    """A text cut into words, with the clause and sentence each stands in."""

    def __init__(self, text: str) -> None:
        self.text = unicodedata.normalize("NFC", text)
        self.words: list[str] = []
        self.spans: list[tuple[int, int]] = []
        self.clauses: list[int] = []
        self.sentences: list[int] = []
        self.after_comma: set[int] = set()  # clauses that follow a comma or slash
        self.after_colon: set[int] = set()  # clauses that follow a colon or dash
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
        pieces = _DOTTED_PIECE if _DOTS.search(self.text) else _PIECE
        for match in pieces.finditer(self.text):
            piece = match[0]
            if piece.isalnum():
                self.words.append(_word(piece))
                self.spans.append(match.span())
                self.clauses.append(clause)
                self.sentences.append(sentence)
                continue
            if piece[0].isalnum():
                for start, end in _parts(piece, match.start()):
                    self.words.append(_word(self.text[start:end]))
                    self.spans.append((start, end))
                    self.clauses.append(clause)
                    self.sentences.append(sentence)
                continue
            clause += 1
            sentence += piece in _SENTENCE_ENDS
            if piece in ",/":
                self.after_comma.add(clause)
            elif piece in ":–—-":
                self.after_colon.add(clause)

    def asks(self, at: int) -> bool:
        """Whether the sentence of a word ends with a question mark."""
        last = bisect_right(self.sentences, self.sentences[at]) - 1
        return self.text[self.spans[last][1] :].lstrip(" \u00a0\u202f\"'»)").startswith("?")

    def clause_of(self, at: int) -> range:
        """The words of the clause that a word stands in."""
        clause = self.clauses[at]
        return range(bisect_left(self.clauses, clause), bisect_right(self.clauses, clause))

    def upper(self, at: int) -> bool:
        """Whether the word stands in capitals that mean something."""
        start, end = self.spans[at]
        return self.text[start:end].isupper() and not self.shouting


@lru_cache(maxsize=256)
def cut_text(text: str) -> Text:
    """A text is cut once for its names and for its stems."""
    return Text(text)


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
    """The comparable form of a word: no English genitive, other marks join (don't -> dont, E.M.D.R -> emdr)."""
    if typed.isascii() and typed.isalnum():
        return word_key(typed.lower())
    low = plain(typed)
    head, mark, tail = low.rpartition("'") if "'" in low else low.rpartition("’")
    if mark and tail in ("s", "") and len(head) > 1:
        low = head
    return word_key(_APOSTROPHE.sub("", low).replace(".", ""))


@lru_cache(maxsize=16_384)
def cut_name(name: str) -> list[str]:
    if not _APOSTROPHE.search(name):
        return [_word(piece) for piece in _NAME_PIECE.findall(name)]
    return [_word(name[a:b]) for m in _NAME_PIECE.finditer(name) for a, b in _parts(m[0], m.start())]


class Word(NamedTuple):
    """A word for comparing: its stem, and its form, which is nearer to the word (accents, case and plural away)."""

    stem: str
    form: str


# Small words where the language is not known: the English ones, and those of the others that are no English word, too
# ("car" is small in French only, "sea" in Spanish).
_UNSURE_STOP = STOP["en"] | (STOP["es"] & STOP["fr"]) | {w for w in STOP["es"] | STOP["fr"] if len(w) < 3}


def tokens(text: str) -> list[str]:
    """The stems of a text's words in order, in the language it seems to be in.

    Small words are dropped, what the text excepts ("any shift except nights"), numbers and addresses.
    """
    return [word.stem for word, _ in spelled_words(text)]


def spelled_words(text: str, offers: bool = False) -> list[tuple[Word, str]]:
    """(the word, the same as it stands in the text) of every word that `tokens` gives.

    `offers` tells that the text is of somebody who only offers: then what it would learn is no word to compare.
    """
    read = cut_text(text)
    if read.letters < 2:
        return []
    language = read.language or "en"
    stop = STOP[language] if read.language else _UNSURE_STOP
    dropped = {*_excepted(read), *_in_addresses(read), *(_learnt(read) if offers else _behind(read))}
    return [
        (Word(stem(word, language), singular(word, language)), read.text[start:end])
        for at, (word, (start, end)) in enumerate(zip(read.words, read.spans, strict=True))
        if at not in dropped
        and (word not in stop or (len(word) > 1 and read.upper(at)))  # IT is no "it"
        and word not in UNCOMPARED
        and (len(word) > 1 or ord(word) > 0x2E7F)
        and not _is_number(read, at)
    ]


def _excepted(read: Text) -> Iterator[int]:
    """The words from an "except", "instead of" or "not interested in" to the end of its statement.

    "Nothing except nights" excepts nothing.
    """
    for at, word in enumerate(read.words):
        if not (word in EXCEPTING or word in _ASIDE_ENDS or (word in DENIALS and _is_dislike(read, at))):
            continue
        if word in _ASIDE_ENDS and " ".join(read.words[max(0, at - 1) : at + 1]) not in ASIDE:
            continue
        before = range(read.sentences.index(read.sentences[at]), at)
        if word in EXCEPTING and any(read.words[i] in NOTHING for i in before):
            continue
        if word in _ASIDE_ENDS:
            yield at - 1
        yield from _statement(read, at)


def _behind(read: Text) -> Iterator[int]:
    """The words about what somebody used to do."""
    told = -1
    for at, word in enumerate(read.words):
        before = read.words[max(0, at - 3) : at]
        if at <= told or not (word in FORMERLY or (word == "to" and before[-1:] == ["used"])):
            continue
        following = read.words[at + 1 : at + 3]
        if OTHERS.isdisjoint(before) and FEELING.isdisjoint(following):
            for told in _statement(read, at):
                yield told


def _learnt(read: Text) -> Iterator[int]:
    """The words about what somebody would learn, unless it is others who would, or cannot give."""
    told = -1
    for at, word in enumerate(read.words):
        if at > told and (_would_learn(read, at) if word in LEARNING else _cannot_give(read, at)):
            for told in _statement(read, at):
                yield told


def _would_learn(read: Text, at: int) -> bool:
    clause = read.clause_of(at)
    if read.asks(at) or WOULD.isdisjoint(read.words[clause.start : at]):
        return False
    before, after = read.words[max(clause.start, at - _FAR) : at], read.words[at : min(clause.stop, at + _FAR)]
    return (FOR_OTHERS | OFFERING).isdisjoint(before) and WITH_ONE_SELF.isdisjoint(map(" ".join, pairwise(after)))


def _cannot_give(read: Text, at: int) -> bool:
    return read.words[at] in _NOT_OFFERING_STARTS and " ".join(read.words[at : at + 2]) in NOT_OFFERING


def _statement(read: Text, at: int) -> Iterator[int]:
    """The words from one to the end of its clause, a "but" or the beginning of another statement."""
    words = read.words
    for i in range(at, read.clause_of(at).stop):
        following = {*words[i + 1 : i + 2]}
        starts = (words[i] in AND and following & STARTING) or (words[i] in SUBJECTS and following & WISHING)
        if words[i] in TURNING or starts or (i > at + 2 and words[i] in OWN_SUBJECT):
            return
        yield i


def _is_dislike(read: Text, at: int) -> bool:
    """Whether a "not" is about what somebody likes or looks for ("not interested in", "ne m'intéresse pas à")."""
    words, clause = read.words, read.clause_of(at)
    about = next((words[i] for i in range(at + 1, min(at + 6, clause.stop)) if words[i] not in SOFTENING), "")
    return about in LIKING or (words[at] == "pas" and not LIKING.isdisjoint(words[max(clause.start, at - 1) : at]))


def language_of(text: str) -> Language | None:
    """The language of a text: "en", "es", "fr", or None when its words do not tell."""
    return cut_text(text).language


def _in_addresses(read: Text) -> Iterator[int]:
    """The words that are part of an address of mail or of the web."""
    if not _ADDRESS.search(read.text):
        return
    for place in _PLACE.finditer(read.text):
        if _ADDRESS.search(place[0]):
            first, last = (bisect_left(read.spans, (at, 0)) for at in place.span())
            yield from range(first, last)


def _is_number(read: Text, at: int) -> bool:
    """Whether a word is a number, or a group of one ("555-2231"); three digits alone may name a service (988)."""
    words, spans = read.words, read.spans
    if not words[at].isdigit():
        return False
    groups = (
        words[i].isdigit() and len(words[i]) > 2 and max(spans[i][0], spans[at][0]) - min(spans[i][1], spans[at][1]) < 3
        for i in (at - 1, at + 1)
        if 0 <= i < len(words)
    )
    return len(words[at]) != 3 or any(groups)
