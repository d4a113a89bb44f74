"""What a sentence does with the names in it: wish for them, refuse them, or say that they are one's own or lacking."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise

from matcher.engine.hits import Hit
from matcher.engine.languages import (
    ABOUT,
    ACHIEVED,
    AFTER_TASTES,
    AND,
    ARTICLES,
    AS,
    ASIDE,
    ASKING,
    BEFORE_GERUNDS,
    BEFORE_MEETING,
    BEING,
    BY,
    CONTACT_AFTER,
    CONTACT_BEFORE,
    CONTACT_WORKS,
    DENIALS,
    DENYING,
    EXCEPTING,
    EXPIRED,
    FEELING,
    FOR_OTHERS,
    FROM_MY,
    GERUNDS,
    GETTING,
    GOOD_AT,
    HAVING,
    HELP,
    JOINING,
    JUST,
    KNOWING,
    LACKING,
    LANGUAGES,
    LEARNING,
    LEAVING,
    LIKING,
    LINKING,
    LISTING,
    LOOKING,
    MAY_REFUSE,
    MEETING,
    NAUGHT,
    NE,
    NEVER,
    NEW_TO,
    NEW_TO_ENDS,
    NO_MORE,
    NOT_HAVING,
    NOT_REFUSING,
    NOTHING,
    OFFERING,
    ONE,
    ONLY,
    ORIGIN,
    OTHERS,
    OWN_AFTER,
    OWN_SUBJECT,
    OWNING,
    PARTICIPLES,
    PAST_ENDS,
    PAST_OPENING,
    PAST_PAIRS,
    PAST_WORDS,
    PLEASING,
    POLITE,
    POSSESSIVES,
    REFUSAL_SIGNS,
    REFUSING,
    REFUSING_PAIRS,
    RESTRICTING,
    SEEKING_HELP,
    SENT,
    SHORT_DENIALS,
    SOFTENING,
    SOUGHT,
    STARTING,
    STRENGTHS,
    SUBJECTS,
    TALKING,
    TASTES,
    TASTES_BEFORE,
    TAUGHT,
    THERE,
    TO_ONE_SELF,
    TOPICS,
    TOWARDS,
    TURNING,
    UNABLE,
    WANTING,
    WHY,
    WISHING,
    WITH_ONE_SELF,
    WITHOUT,
    WOULD,
    Language,
)
from matcher.engine.names import Names
from matcher.engine.words import Text

LACKED = NEVER | UNABLE
ANY_REFUSAL = REFUSAL_SIGNS | LACKED | DENIALS
ANY_DENIAL = DENIALS | SHORT_DENIALS | TASTES_BEFORE | {phrase.split()[0] for phrase in NO_MORE}
ANY_SEEKING = LEARNING | LOOKING | PARTICIPLES | HELP
SMALL = LISTING.union(*LINKING.values())  # words that do not use up the reach of a refusal
REACH = 6  # words that a refusal reaches forward
FAR = 24  # words between a wish for oneself, or the end of a list that is waved away, and a name
GAP = 2  # words between a name and its dismissal ("police work in town is not for me")


class Senses:
    """The names of a vocabulary in one text, to be asked about in order."""

    def __init__(self, text: Text, hits: Sequence[Hit], names: Names) -> None:
        self.text = text
        self.names = names
        self.grammar: tuple[Language, ...] = LANGUAGES if text.language is None else (text.language,)
        self.averting: set[int] = set()  # words that refuse a trouble, and nothing after it
        self.refused_in: set[int] = set()  # clauses in which something was refused
        self.named = {i for hit in hits for i in range(hit.first, hit.last + 1)}  # words that are part of a name

    def of(self, hit: Hit) -> str:
        """wanted, unwanted, held, lacking; behind for what was held once, past for goals that may be reached already.

        It is "" when a name is none of these.
        """
        after = range(hit.last + 1, min(hit.last + 3, len(self.text.words)))
        if any(
            self.text.words[i] in EXPIRED and self.text.sentences[i] == self.text.sentences[hit.last] for i in after
        ):
            return ""
        if hit.first == hit.last and self._is_contact(hit.first):
            return ""
        refused = self._refused(hit)
        if refused is not None:
            if refused == "unwanted":
                self.refused_in.add(self.text.clauses[hit.first])
            return refused
        return self._own(hit)

    def _is_contact(self, at: int) -> bool:
        """Whether a word is about how to meet ("phone only", "text me anytime"), not about work."""
        words, clause = self.text.words, self.text.clause_of(at)
        if words[at] not in self.names.contacts:
            return False
        first, last = at, at
        while (
            first - 2 >= max(clause.start, at - REACH)
            and words[first - 1] in JOINING
            and words[first - 2] in self.names.contacts
        ):
            first -= 2  # "by mail or chat"
        while (
            last + 2 < min(clause.stop, at + REACH)
            and words[last + 1] in JOINING
            and words[last + 2] in self.names.contacts
        ):
            last += 2
        before, after = words[max(clause.start, first - 3) : first], words[last + 1 : min(last + 3, clause.stop)]
        if before[-1:] == ["on"]:
            return False
        if not (CONTACT_BEFORE.isdisjoint(before) and CONTACT_AFTER.isdisjoint(after)):
            return True
        if " ".join(after) in CONTACT_WORKS or " ".join(before[-2:]) in FROM_MY:
            return True
        if not before:
            return False
        if before[-1] in BY:
            return after == [] or after[0] in PLEASING
        return before[-1] in BEFORE_MEETING and not (MEETING | BY).isdisjoint(after[:1])

    def is_one_self(self, hit: Hit) -> bool:
        """Whether a refused name is what the writer is not ("not an expert", "not as a supervisor")."""
        before = [self.text.words[i] for i in self._before(hit.first, 2)]
        one = any(before[:1] and before[0] in ONE[language] for language in self.grammar)
        return bool(AS & set(before)) or (self.names.kinds[hit.term] == "stages" and one)

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

    def is_sought(self, hit: Hit) -> bool:
        """Whether a name is wished for oneself ("I want to learn EMDR", "looking for someone to teach me")."""
        if not self._may_seek or self.text.asks(hit.first):
            return False
        words, clause = self.text.words, self.text.clause_of(hit.first)
        after = words[hit.last + 1 : min(hit.last + FAR, clause.stop)]
        if not WITH_ONE_SELF.isdisjoint(map(" ".join, pairwise(after))):
            return False
        start = max(clause.start, hit.first - FAR)
        start = max((i + 1 for i in range(start, hit.first) if self._turns(i)), default=start)
        before = words[start : hit.first]
        if not POSSESSIVES.isdisjoint(before[-1:]):
            return False
        for i in range(len(before) - 1, -1, -1):
            word, beside = before[i], before[max(0, i - 2) : i] + before[i + 1 : i + 2]
            alone = FOR_OTHERS.isdisjoint(before) and not any(map(self._offers, range(start, start + i)))
            if self._offers(start + i):
                near = i - 1 - (before[max(0, i - 1) : i] == ["estoy"])
                if {*before[max(0, near) : i + 2]} & TO_ONE_SELF:
                    return before[0] not in FOR_OTHERS and "let" not in before[:i]
                return alone and word in HELP and not SEEKING_HELP.isdisjoint(before[max(0, i - 1) : i])
            if word in LEARNING:
                return alone and not WOULD.isdisjoint(before[:i])
            if word in LOOKING or (word in PARTICIPLES and GETTING & set(beside)):
                return alone
        return False

    def _offers(self, at: int) -> bool:
        """Whether a word is one of helping and teaching; the French "en train de" is none."""
        return self.text.words[at] in OFFERING and (at == 0 or self.text.words[at - 1] != "en")

    @cached_property
    def _may_seek(self) -> bool:
        """Whether there is any word by which something could be sought."""
        words = self.text.words
        return not ANY_SEEKING.isdisjoint(words) or not (OFFERING.isdisjoint(words) or TO_ONE_SELF.isdisjoint(words))

    def _turns(self, at: int) -> bool:
        """Whether another statement begins after an "and" or "but"."""
        words = self.text.words
        if words[at] in TURNING:
            return True
        return words[at] in AND and at + 1 < len(words) and (words[at + 1] in STARTING or words[at + 1] in WISHING)

    # -- refusals ------------------------------------------------------------------------------------------------------

    @cached_property
    def _may_refuse(self) -> bool:
        """Whether there is any word by which something could be refused; most texts have none."""
        return not ANY_REFUSAL.isdisjoint(self.text.words)

    @cached_property
    def _last_denial(self) -> int:
        """The last word by which a name before it could be waved away; -1 where there is none."""
        return max((i for i, word in enumerate(self.text.words) if word in ANY_DENIAL), default=-1)

    @cached_property
    def _refusing(self) -> frozenset[int]:
        """The words that refuse what comes after them."""
        return frozenset(i for i, word in enumerate(self.text.words) if word in MAY_REFUSE and self._refuses(i))

    def _refuses(self, at: int) -> bool:
        word, clause = self.text.words[at], self.text.clause_of(at)
        before = self.text.words[max(clause.start, at - 5) : at]
        following = self.text.words[at + 1 : min(at + 3, clause.stop)]
        if " ".join((*before[-1:], word)) in REFUSING_PAIRS:
            # "anything but hospitals", not "open to anything but I like schools"; "I dislike", not "not that I dislike"
            article = any(w in ARTICLES or w in ONE[language] for w in following[:1] for language in LANGUAGES)
            return (word != "but" or at + 1 + article in self.named) and "that" not in before[-3:]
        if word == "plus" and NE & set(before[-3:]):
            return not {"que", "qu"} & set(following[:1])
        if word in NEVER:
            return bool(WANTING & {*before[-2:], *following})
        if all(word not in REFUSING[language] for language in self.grammar):
            return False
        if word in NAUGHT and (ABOUT.isdisjoint(following[:1]) or not TAUGHT.isdisjoint(before[-3:])):
            return False
        if word in WITHOUT and (LACKED | DENIALS) & set(before):
            return False
        asks = not WHY.isdisjoint((" ".join(before[-1:]), " ".join(before[-2:])))
        opens = clause.start == at and (at == 0 or self.text.sentences[at - 1] != self.text.sentences[at])
        return not asks and not (opens and word in ASKING) and " ".join(following) not in DENYING

    def _before(self, at: int, reach: int) -> Iterator[int]:
        """`reach` words before one in its clause, nearest first, names and small words not counted.

        They go over a comma only where an "or" joins the clauses, over a colon only from a list of names ("Not for me:
        prisons").
        """
        clauses, sentences, words = self.text.clauses, self.text.sentences, self.text.words
        for i in range(at - 1, max(-1, at - 1 - 4 * reach), -1):
            if clauses[i] != clauses[i + 1]:
                joined = words[i + 1] in JOINING and sentences[i] == sentences[at]
                if not joined and not (clauses[i + 1] in self.text.after_colon and self._opens_list(i)):
                    return
            yield i
            reach -= not (i in self.named or words[i] in SMALL)
            if reach == 0:
                return

    def _refused(self, hit: Hit) -> str | None:
        """unwanted or lacking; "" where somebody only is not something; None where nothing is refused."""
        words = self.text.words
        if not self._may_refuse:
            return None
        if hit.last < self._last_denial:
            if self._is_dismissed(hit, TASTES):
                return "unwanted"
            if self._is_dismissed(hit, STRENGTHS):
                return "lacking"
        between: list[str] = []
        for i in self._before(hit.first, REACH):
            if i in self._refusing:
                return self._kind_of_refusal(i, between, hit)
            if words[i] in TURNING or words[i] in WITHOUT or self._starts(i, between):
                return None
            if words[i] in LACKED and LACKING & {*between, words[hit.first], *self._french_verb(i)}:
                return "lacking"
            between.append(words[i])
        return "unwanted" if self._in_refused_list(hit) else None

    def _starts(self, at: int, after: Sequence[str]) -> bool:
        """Whether another statement begins at a word; `after` are those after it, nearest last."""
        words = self.text.words
        if words[at] in OWN_SUBJECT:
            return at - 1 in self.named
        return bool(after) and (
            (words[at] in AND and after[-1] in STARTING) or (words[at] in SUBJECTS and after[-1] in WISHING)
        )

    def _kind_of_refusal(self, at: int, between: list[str], hit: Hit) -> str | None:
        start = self.text.clause_of(at).start
        if self.text.words[at] in NOTHING and KNOWING & {*self.text.words[max(start, at - 3) : at]}:
            return "lacking"
        verb = self._french_verb(at)
        about = next((word for word in reversed(between) if word not in SOFTENING), "")
        if about in LIKING or LIKING & set(verb) or self._dismissal(at, TASTES):
            return "unwanted"
        before, subject = self.text.words[at - 1] if at else "", self.text.words[max(0, at - 2) : at]
        told = between[:-1] if self.text.words[at] in NAUGHT else between
        if any(word in NOT_REFUSING[language] for word in told for language in self.grammar) or (
            NOT_REFUSING["fr"] & set(verb)
        ):
            said = {*told, *verb}
            if ONLY & said:
                return None
            return "lacking" if LACKING & said else "wanted" if before in BEING else None
        talked_of = TALKING & {*between, *verb} or TOPICS & {*self.text.words[hit.last + 1 : hit.last + 2]}
        if talked_of or self.text.words[at] in NAUGHT:
            return "unwanted"
        if at in self.averting or self.names.is_trouble(hit.term, self.text.words[hit.first : hit.last + 1]):
            self.averting.add(at)
            return None  # who would not have the trouble looks for what helps against it
        if before in OWNING or not THERE.isdisjoint((before, " ".join(subject))):
            return "lacking"
        if (before in BEING or (between and between[-1] in BEING)) and not OTHERS & set(subject):
            return ""
        return "unwanted"

    def _french_verb(self, at: int) -> list[str]:
        """The two words before a "pas" or "jamais", where French has its verb; none in another language."""
        return self.text.words[max(0, at - 2) : at] if "fr" in self.grammar else []

    def _in_refused_list(self, hit: Hit) -> bool:
        """ "no police, military, corrections": a clause of names only goes on with the refusal before it."""
        clause = self.text.clauses[hit.first]
        if clause not in self.text.after_comma or clause - 1 not in self.refused_in or not self._is_list(hit.first):
            return False
        before = self.text.clause_of(self.text.clause_of(hit.first).start - 1)
        if self.text.words[before[-1]] in POLITE:
            return False
        return not self._is_aside(before) and not self._refuses_each(before)

    def _is_aside(self, clause: range) -> bool:
        """Whether a clause opens a sentence beside its main one ("instead of EMDR, DBT")."""
        start, words, sentences = clause.start, self.text.words, self.text.sentences
        if start > 0 and sentences[start - 1] == sentences[start]:
            return False
        return words[start] in EXCEPTING or any(
            " ".join(words[i : i + 2]) in ASIDE for i in (start, start + 1) if i not in self.named
        )

    def _refuses_each(self, clause: range) -> bool:
        """Whether a clause and the one before it open with a refusal ("no managers, no cops"), or one has several
        ("ni DBT ni CBT"): the next one does not belong to the list without a refusal of its own."""
        start = clause.start
        if sum(i in self._refusing for i in clause) > 1:
            return True
        if start == 0 or self.text.clauses[start] not in self.text.after_comma:
            return False
        return start in self._refusing and self.text.clause_of(start - 1).start in self._refusing

    def _is_list(self, at: int) -> bool:
        """Whether the clause of a word is a list of names."""
        return all(map(self._is_listing, self.text.clause_of(at)))

    def _opens_list(self, at: int) -> bool:
        """Whether only names follow the clause that ends with a word, and none stands in it ("Not for me: prisons")."""
        return self._is_list(at + 1) and self.named.isdisjoint(self.text.clause_of(at))

    def _continues_list(self, at: int) -> bool:
        """Whether a list goes on over the comma before a word, with names only."""
        return self.text.clauses[at] in self.text.after_comma and self._is_list(at)

    def _is_listing(self, at: int) -> bool:
        return at in self.named or self.text.words[at] in LISTING

    # -- dismissals: refusals after the name ---------------------------------------------------------------------------

    def _is_dismissed(self, hit: Hit, phrases: frozenset[str]) -> bool:
        """Whether somebody waves a name away after it ("police work is not for me", "Schools? Not my thing")."""
        text, at = self.text, hit.last + 1
        clause = text.clause_of(hit.first)
        if at == len(text.words):
            return False
        opens = hit.first - clause.start <= REACH and all(map(self._is_listing, range(clause.start, hit.first)))
        while opens and at < min(clause.stop, hit.last + REACH) and self._is_listing(at):
            at += 1  # "police and prisons are not for me"
        for i in range(at, min(at + GAP, clause.stop)):
            if self._dismissal(i, phrases):
                return True
            if text.words[i] in TURNING or self._is_listing(i):
                return False
        furthest = min(len(text.words), at + FAR)
        while opens and at == clause.stop < furthest and self._continues_list(at):
            clause = text.clause_of(at)  # "police, prisons, courts: no thanks"
            at = clause.stop
        if clause.stop > at + GAP or clause.stop == len(text.words):
            return False
        if text.sentences[clause.stop] != text.sentences[hit.first] and not opens:
            return False
        after = text.clause_of(clause.stop).stop
        start = clause.stop  # "EMDR, but not any more"
        start += text.words[start] in TURNING and start + 1 < after
        end = self._dismissal(start, phrases)
        alone = end is not None and all(text.words[i] in LISTING for i in range(end, after))
        return alone and text.clauses[clause.stop] + 1 not in text.after_colon

    def _dismissal(self, at: int, phrases: frozenset[str]) -> int | None:
        """The word after a dismissal that begins at a word and has no name after it; None where none begins."""
        words, clause = self.text.words, self.text.clause_of(at)
        if phrases is TASTES and words[at] in SHORT_DENIALS and at + 1 == clause.stop:
            return at + 1  # "schools yes, prison no"
        if phrases is TASTES and at + 2 == clause.stop and " ".join(words[at : at + 2]) in NO_MORE:
            return at + 2
        told = [i for i in range(at, min(at + 2 * REACH, clause.stop)) if words[i] not in SOFTENING][:2]
        if len(told) < 2:
            return None
        first, second, phrase = words[told[0]], words[told[1]], " ".join(words[told[1] : told[1] + 2])
        if (first in DENIALS and second in phrases) or (first in TASTES_BEFORE and second in AFTER_TASTES):
            end = told[1] + 1
        elif first in DENIALS and phrase in phrases:
            end = told[1] + 2
        else:
            return None
        for i in range(end, min(end + REACH, clause.stop)):
            if words[i] in TURNING or words[i] in JOINING:
                break
            if i in self.named:
                return None
        return end

    # -- what is one's own ---------------------------------------------------------------------------------------------

    def _own(self, hit: Hit) -> str:
        """held where the nearest verb says that the writer has or is it; titles and professions also stand alone."""
        words, is_goal = self.text.words, self.names.kinds[hit.term] == "goals"
        between: set[str] = set()
        for i in self._before(hit.first, REACH + 2):
            if self._is_past(i, between):
                return "behind"
            if words[i] in LEARNING and (i == 0 or words[i - 1] != "been"):
                return "wanted"
            if words[i] in WISHING and words[max(0, i - 2) : i] != ["used", "to"]:
                return "wanted"
            between.add(words[i])
            if (words[i] in PARTICIPLES and i > 0 and words[i - 1] in GETTING) or self._is_for_learning(i):
                continue
            if words[i] in NEW_TO_ENDS and " ".join(words[max(0, i - 1) : i + 1]) in NEW_TO:
                return "wanted"
            if words[i] == "former" and i > 0 and words[i - 1] in TO_ONE_SELF:
                return "wanted"
            if words[i] == "got" and words[i + 1] in SENT:
                continue
            if words[i] in HAVING and (i + 1 == hit.first or words[i + 1] not in NOT_HAVING):
                return "past" if is_goal and words[i] not in ACHIEVED else "held"
        return "held" if self._is_own_title(hit) else "wanted"

    def _is_for_learning(self, at: int) -> bool:
        """Whether a gerund is what somebody would do better ("need help working with", not "good at working with")."""
        if self.text.words[at] not in GERUNDS:
            return False
        words = self.text.words[max(self.text.clause_of(at).start, at - 3) : at]
        return bool(words) and words[-1] in BEFORE_GERUNDS and GOOD_AT.isdisjoint(words)

    def _is_past(self, at: int, after: set[str]) -> bool:
        """Whether a word, with the one before it, says that what follows lies behind the writer ("I used to run a")."""
        words = self.text.words
        if words[at] not in PAST_ENDS or not OTHERS.isdisjoint(words[max(0, at - 2) : at]):
            return False
        pair = " ".join(words[max(0, at - 1) : at + 1])
        if pair in JUST and words[at + 1 : at + 2] and words[at + 1].endswith(("ar", "er", "ir", "re")):
            return words[at + 1] in LEAVING
        if words[at] in PAST_WORDS or pair in PAST_PAIRS:
            return FEELING.isdisjoint(words[at + 1 : at + 2 + (words[at + 1 : at + 2] == ["be"])])
        if words[at] in PAST_OPENING and self.text.clause_of(at).start == at:
            return True
        return pair in ORIGIN and TOWARDS.isdisjoint(after)

    def _is_own_title(self, hit: Hit) -> bool:
        if self.names.kinds[hit.term] not in ("disciplines", "credentials"):
            return False
        after = self.text.words[hit.last + 1 : hit.last + 3]
        if SOUGHT & set(after) or len(self.text.words) < 4:
            return False
        if OWN_AFTER & set(after) and (after[0] in OWN_AFTER or after[0].isdigit()):
            return True
        opens = hit.first == 0 or self.text.sentences[hit.first - 1] != self.text.sentences[hit.first]
        return opens and self.names.kinds[hit.term] == "disciplines"
