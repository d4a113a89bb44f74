"""What a sentence does with the names in it: wish for them, refuse them, or say that they are one's own or lacking."""

from collections.abc import Iterator, Mapping, Sequence

from matcher.engine.hits import Hit
from matcher.engine.languages import (
    ACHIEVED,
    AFTER,
    ARTICLES,
    AS,
    BEING,
    EXPIRED,
    HAVING,
    JOINING,
    LACKING,
    LANGUAGES,
    LIKING,
    NEVER,
    NOT_HAVING,
    NOT_REFUSING,
    ONE,
    ONLY,
    OWN_AFTER,
    OWNING,
    REFUSING,
    RESTRICTING,
    SOUGHT,
    TURNING,
    WISHING,
    Language,
)
from matcher.engine.words import Text

REACH = 6  # words that a refusal reaches forward


class Senses:
    """The names in one text, to be asked about in order; `kinds` maps a term to its kind."""

    def __init__(self, text: Text, hits: Sequence[Hit], kinds: Mapping[str, str]) -> None:
        self.text = text
        self.kinds = kinds
        self.grammar: tuple[Language, ...] = LANGUAGES if text.language is None else (text.language,)
        self.refused_in: set[int] = set()  # clauses in which something was refused
        self.named = {i for hit in hits for i in range(hit.first, hit.last + 1)}  # words that are part of a name

    def of(self, hit: Hit) -> str:
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

    def is_one_self(self, hit: Hit) -> bool:
        """Whether a refused name is what the writer is not ("not an expert", "not as a supervisor")."""
        before = [self.text.words[i] for i in self._before(hit.first, 2)]
        return bool(AS & set(before)) or (self.kinds[hit.term] == "stages" and bool(ONE & set(before[:1])))

    def is_kept_to(self, hit: Hit) -> bool:
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

    def _before(self, at: int, reach: int) -> Iterator[int]:
        """Words before one in its clause, nearest first; over a comma only where an "or" joins the clauses."""
        clauses, sentences, words = self.text.clauses, self.text.sentences, self.text.words
        for i in range(at - 1, max(-1, at - 1 - reach), -1):
            if clauses[i] != clauses[i + 1] and (words[i + 1] not in JOINING or sentences[i] != sentences[at]):
                return
            yield i

    def _refused(self, hit: Hit) -> str | None:
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

    def _in_refused_list(self, hit: Hit) -> bool:
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

    def _own(self, hit: Hit) -> str:
        """held where the nearest verb says that the writer has or is it; titles and professions also stand alone."""
        words, is_goal = self.text.words, self.kinds[hit.term] == "goals"
        for i in self._before(hit.first, REACH + 2):
            if words[i] in WISHING:
                return "wanted"
            if words[i] in HAVING and (i + 1 == hit.first or words[i + 1] not in NOT_HAVING):
                return "past" if is_goal and words[i] not in ACHIEVED else "held"
        return "held" if self._is_own_title(hit) else "wanted"

    def _is_own_title(self, hit: Hit) -> bool:
        if self.kinds[hit.term] not in ("disciplines", "credentials"):
            return False
        after = self.text.words[hit.last + 1 : hit.last + 3]
        if SOUGHT & set(after) or len(self.text.words) < 4:
            return False
        if OWN_AFTER & set(after) and (after[0] in OWN_AFTER or after[0].isdigit()):
            return True
        opens = hit.first == 0 or self.text.sentences[hit.first - 1] != self.text.sentences[hit.first]
        return opens and self.kinds[hit.term] == "disciplines"
