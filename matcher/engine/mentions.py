"""Free text brought into the vocabulary: which terms somebody names, wants, refuses or already has."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from matcher.domain.vocabulary import Vocabulary
from matcher.engine.hits import WEAK, Hit, hits_in
from matcher.engine.languages import HAVING, NOT_REFUSING, REFUSAL_SIGNS, RESTRICTING, WISHING, Language
from matcher.engine.names import Names, names_of
from matcher.engine.senses import Senses
from matcher.engine.words import Text, cut_text

OF_PEOPLE = ("stages", "disciplines", "settings")  # kinds by which a text tells whom somebody would meet
PAST = 0.5  # factor for a goal that may lie behind somebody ("10 years of nights")


@dataclass(frozen=True, slots=True)
class Mentions:
    """The vocabulary's terms in a text with how sure each is (0 to 1).

    `wanted`: named without refusal and not plainly the writer's own; `unwanted`: refused; `held`: what the writer says
    to be, to have or to have done; `lacking`: those wanted that the writer says not to know, to have or to have done;
    `sought`: those wanted only to learn them or to find somebody for them; `behind`: those held in the past only.
    `places` has the words as they stand in the text. `language` is None when unknown.
    """

    wanted: Mapping[str, float] = field(default_factory=dict)
    unwanted: Mapping[str, float] = field(default_factory=dict)
    held: Mapping[str, float] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()
    behind: frozenset[str] = frozenset()
    sought: frozenset[str] = frozenset()
    places: Mapping[str, str] = field(default_factory=dict)
    language: Language | None = None


def fold(text: str, vocabulary: Vocabulary) -> Mentions:
    """Reads a text in English, Spanish or French, or a mix; texts of fewer than two letters say nothing."""
    read = cut_text(text)
    if len(read.words) == 0 or read.letters < 2:
        return Mentions()
    return _mentions(read, names_of(vocabulary))


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
    read = cut_text(text)
    if not any(word in RESTRICTING or word in REFUSAL_SIGNS for word in read.words):
        return {}, {}
    return _restricted(read, names_of(vocabulary, kinds))


def _mentions(text: Text, names: Names) -> Mentions:
    """All terms, each with what the sentence does with it."""
    wanted: dict[str, float] = {}
    unwanted: dict[str, float] = {}
    held: dict[str, float] = {}
    lacking: dict[str, float] = {}
    behind: set[str] = set()
    sought: set[str] = set()
    named: set[str] = set()  # wanted, or only named
    best: dict[str, tuple[float, str]] = {}
    doing: set[str] = set()
    kept = {"wanted": wanted, "past": wanted, "unwanted": unwanted, "held": held, "behind": held, "lacking": lacking}
    hits = hits_in(text, names)
    senses = Senses(text, hits, names)
    for hit in hits:
        sense = senses.of(hit)
        found = kept.get(sense)
        if found is None:
            continue
        if sense == "behind":
            behind.add(hit.term)
        elif found is held:
            doing.add(hit.term)
        if found is wanted:
            (sought if senses.is_sought(hit) else named).add(hit.term)
        sure = hit.sure * (PAST if sense == "past" else 1.0)
        found[hit.term] = max(sure, found.get(hit.term, 0.0))
        if sure > best.get(hit.term, (0.0, ""))[0]:
            best[hit.term] = (sure, _typed(hit, text))
    lacked = frozenset(lacking) - frozenset(wanted) - frozenset(held)
    wanted |= {term: max(sure, wanted.get(term, 0.0)) for term, sure in lacking.items()}
    for term in unwanted:
        wanted.pop(term, None)
    places = {term: words for term, (_, words) in sorted(best.items())}
    lacked, only_sought = lacked & wanted.keys(), frozenset(sought - named) & wanted.keys()
    return Mentions(
        wanted=_ordered(wanted),
        unwanted=_ordered(unwanted),
        held=_ordered(held),
        lacking=lacked,
        behind=frozenset(behind - doing),
        sought=only_sought,
        places=places,
        language=text.language,
    )


def _restricted(text: Text, names: Names) -> tuple[dict[str, str], dict[str, str]]:
    """The terms that are refused, and those that somebody keeps to; a verb of grammar is no name."""
    hits = hits_in(text, names)
    senses = Senses(text, hits, names)
    no_name = WISHING | HAVING | frozenset().union(*NOT_REFUSING.values())
    hits = [hit for hit in hits if hit.sure >= WEAK and text.words[hit.first] not in no_name]
    refused = {h.term: _typed(h, text) for h in hits if senses.of(h) == "unwanted" and not senses.is_one_self(h)}
    kept = [h for h in hits if names.kinds[h.term] != "settings" and senses.is_kept_to(h)]
    return refused, {h.term: _typed(h, text) for h in kept if h.term not in refused}


def _typed(hit: Hit, text: Text) -> str:
    return text.text[text.spans[hit.first][0] : text.spans[hit.last][1]]


def _ordered(found: dict[str, float]) -> dict[str, float]:
    """Surest first, then by id."""
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
