"""The words of the profession: skills, places of work, goals and so on, with groups, synonyms and relatedness.

Everything comes from the CSV files of one folder (`data/vocabulary/`, explained in `data/README.md`), so another
profession brings another folder and no code. Files are read by `vocabulary_files`; here is what can be asked of them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from rapidfuzz.distance import OSA

from matcher.domain.spelling import key, ordinary_words

KINDS = (
    "skills",
    "settings",
    "goals",
    "credentials",
    "disciplines",
    "stages",
    "languages",
    "regions",
    "formats",
    "slots",
    "cadences",
    "collaborations",
    "constraints",
    "statuses",
    "organisations",
    "events",
)
SAME_GROUP = 0.4  # relatedness of two terms of one group that no row names, unless the group states its own
LONGEST_NAME = 160  # longer values are sentences, not names: no typing errors are looked for in them

# ISO 639-1, so that a mistyped two-letter code is noticed; three-letter tags are accepted as they are.
_ISO_639_1 = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en "
    "eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv "
    "ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne "
    "ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss "
    "st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
_TWO_LETTERS = frozenset(_ISO_639_1.split())
_TAG = re.compile(r"^([a-z]{2,3})(-[a-z]{3})?(-[a-z]{4})?(-([a-z]{2}|\d{3}))?(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*$", re.I)
_REGION = re.compile(r"^([A-Z]{2})(-[A-Z0-9]{1,3})?$")


class VocabularyError(ValueError):
    """The folder cannot be used; `problems` names file, line and what to do, one sentence each."""

    for_people = True

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class MentorOffers:
    """What a helpful mentor for a goal has; an empty tuple means "does not matter"."""

    skills_essential: tuple[str, ...] = ()
    skills_helpful: tuple[str, ...] = ()
    settings_any: tuple[str, ...] = ()
    credentials_any: tuple[str, ...] = ()
    disciplines_any: tuple[str, ...] = ()
    min_stage: str | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the vocabulary, or a group of words (`is_group`).

    `labels` has a label by language tag, "en" always; `synonyms` and `abbreviations` are in any language. `hours` is
    set for slots (and for constraints that ask for certain hours), `rank` for stages, `timezone` for regions,
    `offers` for goals. `attributes` holds every other column of the file, as text.
    """

    id: str
    kind: str
    label: str
    parent: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    synonyms: tuple[str, ...] = ()
    abbreviations: tuple[str, ...] = ()
    rank: int | None = None
    timezone: str | None = None
    hours: str = ""
    offers: MentorOffers | None = None
    collaborations_fit: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    is_group: bool = False
    replaced_by: str | None = None
    retired: bool = False

    def label_in(self, language: str) -> str:
        """The label in `language` (a tag such as "es" or "es-MX"), else the English one."""
        return self.labels.get(language) or self.labels.get(language.split("-")[0].lower()) or self.label

    @property
    def bare(self) -> str:
        """The id without its prefix: "safety_planning"."""
        return self.id.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning of letters that have several: the terms it stands for (none: outside the vocabulary's field).

    `context` are words that tell, beside the letters, that this is the meaning.
    """

    letters: str
    meaning: str
    terms: tuple[str, ...] = ()
    context: tuple[str, ...] = ()


class Vocabulary:
    """All terms of one profession. Immutable; two of the same folder give the same answers.

    `load` reads a folder; the constructor takes what is already read and checked.
    """

    def __init__(
        self,
        terms: Iterable[Term],
        listed: Mapping[tuple[str, str], float],
        digest: str,
        shares: Mapping[str, float],
        meanings: Iterable[Meaning] = (),
    ) -> None:
        self.digest = digest
        self.meanings: dict[str, tuple[Meaning, ...]] = {}  # letters in lower case -> what they may stand for
        for meaning in meanings:
            known = self.meanings.get(meaning.letters.casefold(), ())
            self.meanings[meaning.letters.casefold()] = (*known, meaning)
        self._terms = {term.id: term for term in terms}
        self._listed: dict[str, dict[str, float]] = {}  # both ways
        for (a, b), value in listed.items():
            self._listed.setdefault(a, {})[b] = value
        self._shares = dict(shares)
        self._found: dict[tuple[str, str, str | None, bool], Term | None] = {}
        self._related: dict[str, Mapping[str, float]] = {}

    @classmethod
    def load(cls, folder: Path | str | None = None) -> "Vocabulary":
        """Reads and checks the CSV files of `folder`; None is the installed vocabulary. Raises VocabularyError."""
        from matcher.domain.vocabulary_files import read_folder

        return read_folder(Path(folder) if folder is not None else None)

    def __getitem__(self, term_id: str) -> Term:
        """The term or group of this full id; also any valid language tag or region code. Raises KeyError."""
        term = self._terms.get(term_id) or self._code(term_id)
        if term is None:
            raise KeyError(term_id)
        return term

    def __contains__(self, term_id: object) -> bool:
        return isinstance(term_id, str) and (term_id in self._terms or self._code(term_id) is not None)

    def __len__(self) -> int:
        return len(self._terms)

    def terms(self, kind: str) -> tuple[Term, ...]:
        """The terms of a kind in the order of the file, without groups and retired terms."""
        return self._by_kind[kind]

    def groups(self, kind: str) -> tuple[Term, ...]:
        """The groups of a kind in the order of the file."""
        return self._groups_by_kind[kind]

    @cached_property
    def _by_kind(self) -> dict[str, tuple[Term, ...]]:
        found: dict[str, list[Term]] = {kind: [] for kind in KINDS}
        for term in self._terms.values():
            if not term.is_group and not term.retired:
                found[term.kind].append(term)
        return {kind: tuple(terms) for kind, terms in found.items()}

    @cached_property
    def _groups_by_kind(self) -> dict[str, tuple[Term, ...]]:
        found: dict[str, list[Term]] = {kind: [] for kind in KINDS}
        for term in self._terms.values():
            if term.is_group:
                found[term.kind].append(term)
        return {kind: tuple(groups) for kind, groups in found.items()}

    # -- codes that need not be listed ---------------------------------------------------------------------------

    @lru_cache(maxsize=4096)  # noqa: B019 - vocabularies live as long as the process
    def _code(self, term_id: str) -> Term | None:
        prefix, _, code = term_id.partition(".")
        if prefix == "lang":
            return self._language(code)
        return self._region(code) if prefix == "region" else None

    def _language(self, tag: str) -> Term | None:
        """A well-formed BCP 47 tag in its usual capitals; regional forms have the plain language as parent."""
        match = _TAG.match(tag)
        if match is None or (len(match[1]) == 2 and match[1].lower() not in _TWO_LETTERS):
            return None
        tag = usual_tag(tag)
        base = self._terms.get(f"lang.{tag.split('-')[0]}")
        if f"lang.{tag}" in self._terms:
            return self._terms[f"lang.{tag}"]
        place = self._terms.get(f"region.{(match[5] or '').upper()}")
        labels = {"en": tag}
        if base is not None:
            names = {k: v for k, v in base.labels.items() if k != "own"}
            rest = {k: place.label_in(k) if place else tag.partition("-")[2] for k in names}
            labels = {k: f"{name} ({rest[k]})" for k, name in names.items()}
        return Term(f"lang.{tag}", "languages", labels["en"], base.id if base else None, labels)

    def _region(self, code: str) -> Term | None:
        """An ISO 3166-2 code of a listed country, unless the file says that all its subdivisions are listed."""
        match = _REGION.match(code)
        country = self._terms.get(f"region.{match[1]}") if match else None
        if match is None or country is None or not match[2] or country.attributes.get("complete", "") == "yes":
            return None
        labels = {k: f"{name} ({code})" for k, name in country.labels.items()}
        return Term(f"region.{code}", "regions", labels["en"], country.id, labels=labels, timezone=country.timezone)

    # -- finding words -------------------------------------------------------------------------------------------

    def find(self, text: str, kind: str, *, language: str | None = None, typos: bool = True) -> Term | None:
        """The term of `kind` somebody means by `text`, or None when it is unknown or ambiguous.

        Tried in this order, the first that fits exactly one term decides: id, bare id, label; synonym, abbreviation;
        the same without blanks; a typing error. Case, accents, British and American spelling do not matter.
        `language` settles a tie between terms that are named so in different languages. Typing errors are looked for
        in words of five letters and more only, and an ordinary English word is none; shorter words have to be right.
        """
        asked = (text, kind, language, typos)
        if asked not in self._found:
            if len(self._found) > 50_000:
                self._found.clear()
            self._found[asked] = self._look_up(text.strip(), kind, language, typos)
        return self._found[asked]

    def _look_up(self, text: str, kind: str, language: str | None, typos: bool) -> Term | None:
        term = self._by_id(text, kind)
        if term is None and len(text) <= LONGEST_NAME:
            index = self._index(kind)
            term = index.exact(key(text), language)
            if term is None and kind == "languages" and re.match(r"^[A-Za-z]{2}([-_]|$)", text):
                term = self._language(text.replace("_", "-"))
            if term is None and typos:
                term = index.nearly(key(text))
        return self.current(term) if term is not None else None

    def current(self, term: Term) -> Term:
        """The term that took this one's place, if it is retired; else itself."""
        while term.retired and term.replaced_by:
            term = self._terms[term.replaced_by]
        return term

    def _by_id(self, text: str, kind: str) -> Term | None:
        known = self._ids.get(text.casefold(), text)
        term = self._terms.get(known) or (self._code(known) if kind in ("languages", "regions") else None)
        if term is None and kind == "regions":
            code = "region." + text.removeprefix("region.").upper().replace("_", "-")
            term = self._terms.get(code) or self._code(code)
        return term if term is not None and term.kind == kind and not term.is_group else None

    @cached_property
    def _ids(self) -> dict[str, str]:
        return {term_id.casefold(): term_id for term_id in self._terms}

    @lru_cache(maxsize=len(KINDS))  # noqa: B019
    def _index(self, kind: str) -> "_Index":
        return _Index([t for t in self._terms.values() if t.kind == kind and not t.is_group])

    def suggest(self, text: str, kind: str, limit: int = 8, language: str = "en") -> list[Term]:
        """Up to `limit` terms for a half-typed word, best first: begins so, a word begins so, contains it, nearly so.

        An empty text gives the first terms of the file.
        """
        asked = key(text)
        if not asked:
            return list(self.terms(kind)[:limit])
        scored = []
        names = self._index(kind).names_of
        for position, term in enumerate(self.terms(kind)):
            best = min((_closeness(asked, name) for name in names[term.id]), default=9.0)
            if best < 9 and _closeness(asked, key(term.label_in(language))) == best:
                best -= 0.5  # its label in the reader's language is the better hit
            if best < 9:
                scored.append((best, position, term))
        if not scored:
            near = self._index(kind).nearly(asked)
            return [near] if near is not None else []
        return [term for _, _, term in sorted(scored, key=lambda s: s[:2])[:limit]]

    # -- relatedness ---------------------------------------------------------------------------------------------

    def relatedness(self, a: str, b: str) -> float:
        """How near two terms are, 0 to 1: 1 for the same, the listed number, the group's default, else 0."""
        if a == b:
            return 1.0
        listed = self._listed.get(a, {}).get(b)
        return listed if listed is not None else self._by_group(a, b)

    def _by_group(self, a: str, b: str) -> float:
        one, other = self._terms.get(a), self._terms.get(b)
        if one is None or other is None or one.kind != other.kind or one.parent is None or one.parent != other.parent:
            return 0.0
        return self._shares.get(one.parent, SAME_GROUP)

    def related(self, term_id: str) -> Mapping[str, float]:
        """Every term with a relatedness above 0, itself (1.0) included, by id."""
        if term_id not in self._related:
            found = {term_id: 1.0}
            found.update((b, value) for b, value in self._listed.get(term_id, {}).items() if value > 0)
            term = self._terms.get(term_id)
            if term is not None and term.parent is not None:
                group = (o.id for o in self._by_kind[term.kind] if o.parent == term.parent and o.id not in found)
                found.update((o, share) for o in group if (share := self.relatedness(term_id, o)) > 0)
            self._related[term_id] = found
        return self._related[term_id]

    def same_language(self, a: str, b: str) -> bool:
        """Whether two language ids are one language: regional forms count as the language itself (es-MX as es)."""
        return a.removeprefix("lang.").split("-")[0] == b.removeprefix("lang.").split("-")[0]


class _Index:
    """Names of one kind's terms, for exact and nearly exact look-up."""

    def __init__(self, terms: list[Term]) -> None:
        self.terms = {term.id: term for term in terms}
        self.named: tuple[dict[str, list[tuple[str, str]]], ...] = ({}, {})  # by rank: name -> (id, language) of each
        for term in terms:
            for rank, name, language in _ranked_names(term):
                self.named[rank].setdefault(name, []).append((term.id, language))

    @cached_property
    def joined(self) -> dict[str, list[tuple[str, str]]]:
        """The names of both ranks without blanks."""
        found: dict[str, list[tuple[str, str]]] = {}
        for by_name in self.named:
            for name, meant in by_name.items():
                found.setdefault(name.replace(" ", ""), []).extend(meant)
        return found

    @cached_property
    def by_length(self) -> dict[int, list[tuple[str, str]]]:
        """(name, id) by the length of the name."""
        found: dict[int, list[tuple[str, str]]] = {}
        for name in dict.fromkeys(name for by_name in self.named for name in by_name):
            ids = dict.fromkeys(id for by_name in self.named for id, _ in by_name.get(name, ()))
            found.setdefault(len(name), []).extend((name, id) for id in ids)
        return found

    @cached_property
    def names_of(self) -> dict[str, tuple[str, ...]]:
        """What each term is called, labels first."""
        return {id: tuple(dict.fromkeys(name for _, name, _ in _ranked_names(t))) for id, t in self.terms.items()}

    def exact(self, name: str, language: str | None) -> Term | None:
        """The one term of this name, labels before synonyms; None when there is none or more than one."""
        for meant in self._meant(name):
            ids = {id for id, _ in meant}
            if len(ids) > 1 and language is not None:
                ids = {id for id, spoken in meant if spoken == language.split("-")[0]} or ids
            current = {self._current(id) for id in ids}
            if len(current) == 1:
                return self.terms[current.pop()]
            if ids:
                return None
        return None

    def _meant(self, name: str) -> Iterator[Sequence[tuple[str, str]]]:
        """(id, language) of all that a name stands for, by rank and then without blanks."""
        yield from (by_name.get(name, ()) for by_name in self.named)
        yield self.joined.get(name.replace(" ", ""), ())

    def _current(self, term_id: str) -> str:
        term = self.terms[term_id]
        return term.replaced_by if term.retired and term.replaced_by in self.terms else term_id

    def nearly(self, name: str) -> Term | None:
        """The one term whose name differs by a typing error; None when two terms are as near."""
        allowed = _typos_allowed(name)
        if not allowed or len(name) > LONGEST_NAME or name in ordinary_words():
            return None
        best, ids = allowed + 1, set[str]()
        lengths = range(len(name) - allowed, len(name) + allowed + 1)
        for known, term_id in (known for length in lengths for known in self.by_length.get(length, ())):
            distance = OSA.distance(name, known, score_cutoff=best)
            if distance > best or distance > min(allowed, _typos_allowed(known)) or not _same_short_words(name, known):
                continue
            if distance < best:
                best, ids = distance, set()
            ids.add(term_id)
        return self.terms[ids.pop()] if len(ids) == 1 else None


def _typos_allowed(name: str) -> int:
    """One slip in a word of five to eight letters, two in longer names; none in shorter ones or with digits."""
    letters = max((len(word) for word in name.split()), default=0)
    if letters < 5 or any(c.isdigit() for c in name):
        return 0
    return 1 if len(name) <= 8 else 2


def _same_short_words(a: str, b: str) -> bool:
    """Slips must sit in long words: "LCSW licence" is not "LMSW licence" with a typing error."""
    one, other = a.split(), b.split()
    if len(one) != len(other):
        return len(a.replace(" ", "")) >= 8 and OSA.distance(a.replace(" ", ""), b.replace(" ", "")) <= 1
    return all(
        x == y or (min(len(x), len(y)) >= 5 and x[0] == y[0]) or _swapped(x, y) for x, y in zip(one, other, strict=True)
    )


def _swapped(x: str, y: str) -> bool:
    return min(len(x), len(y)) >= 5 and sorted(x) == sorted(y)


def _ranked_names(term: Term) -> list[tuple[int, str, str]]:
    """(rank, comparable name, language or "") of all a term is called: labels and the bare id have rank 0."""
    found = [(0, key(term.bare), "")]
    for language, label in term.labels.items():
        found.append((0, key(label), language))
        if "(" in label:
            found.append((1, key(label.partition("(")[0]), language))
    for language, column in (("es", "synonyms_es"), ("fr", "synonyms_fr")):
        found += [(1, key(s), language) for s in term.attributes.get(column, "").split("|")]
    found += [(1, key(s), "") for s in (*term.synonyms, *term.abbreviations)]
    return [f for f in dict.fromkeys(found) if f[1]]


def _closeness(asked: str, name: str) -> float:
    """0 the same, 1 begins so, 2 a later word begins so, 3 contains it, 9 none of these."""
    if name == asked:
        return 0
    if name.startswith(asked):
        return 1
    if f" {asked}" in name:
        return 2
    return 3 if len(asked) > 2 and asked in name else 9


def usual_tag(tag: str) -> str:
    """A BCP 47 tag in its usual capitals: "ZH-hant-tw" is "zh-Hant-TW"."""
    parts = tag.lower().split("-")
    return "-".join(
        [parts[0]]
        + [p.upper() if len(p) == 2 else p.capitalize() if len(p) == 4 and p.isalpha() else p for p in parts[1:]]
    )


@lru_cache(maxsize=1)
def default_vocabulary() -> Vocabulary:
    """The installed vocabulary, read once in a process."""
    return Vocabulary.load()
