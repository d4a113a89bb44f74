"""Why two people fit, in words: the three strongest reasons and the weakest point, in the reader's language.

The summands of an affinity are gathered by what the mentee wants and by the kind of answer (what somebody can do, where
somebody works, when the two can meet). Numbers are left out on purpose; the order says enough.

Before an introduction the mentee and the mentor read nothing that names the other: no words of the other's text, no
region, no employer; and nobody but the mentee and the coordinator reads whom a mentee would rather not meet.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from matcher.domain.profiles import Profile
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.engine.affinity import Contribution, Explanation
from matcher.engine.ratings import rated
from matcher.engine.wording import written
from matcher.translations import Translator, translator

Reader = Literal["mentee", "mentor", "coordinator"]

MOST_NAMED = 3  # values named in one sentence
WORTH_SAYING = 0.01  # a weaker summand is no reason
CLEAR = 0.7  # of one need: below, what the mentor has is a relative of what was asked for, and is not named
LEAST = {"hours": 0.5, "words": 0.5, "ratings": 0.5, "not": 0.5, "stage": 0.95, "place": 0.7}
"""How much of what is possible has to be there for a sentence to be true."""
GOOD_ENOUGH = 0.8  # a need covered so far is no weak point
N_ = str  # marks an English sentence as one to translate; the sentence itself is the key of the catalogue


@dataclass(frozen=True, slots=True)
class Reasons:
    """Up to three sentences, the strongest first, and the weakest point, or that there is none to see."""

    reasons: tuple[str, ...]
    weakest: str


# Sentence by kind of answer, then by reader. %(want)s is a goal, place or wish of the mentee, %(has)s what the mentor
# has. A reader without a sentence is not told.
_REASONS: Mapping[str, Mapping[str, str]] = {
    "helps": {
        "mentee": N_("Your goal is “%(want)s”, and this mentor would be glad to help with it."),
        "mentor": N_("Their goal is “%(want)s”, which you said you would be glad to help with."),
        "coordinator": N_("The goal is “%(want)s”, and the mentor offers to help with it."),
    },
    "skills of goal": {
        "mentee": N_("For your goal “%(want)s” this mentor brings: %(has)s."),
        "mentor": N_("For their goal “%(want)s” you bring: %(has)s."),
        "coordinator": N_("For the goal “%(want)s” the mentor brings: %(has)s."),
    },
    "skills": {
        "mentee": N_("You are looking for help with “%(want)s”; this mentor brings: %(has)s."),
        "mentor": N_("They are looking for help with “%(want)s”; you bring: %(has)s."),
        "coordinator": N_("The mentee is looking for help with “%(want)s”; the mentor brings: %(has)s."),
    },
    "skills of stage": {
        "mentee": N_("This mentor brings what people at your stage often look for: %(has)s."),
        "mentor": N_("You bring what people at their stage often look for: %(has)s."),
        "coordinator": N_("The mentor brings what people at this stage often look for: %(has)s."),
    },
    "settings of goal": {
        "mentee": N_("For your goal “%(want)s” this mentor knows the right place: %(has)s."),
        "mentor": N_("For their goal “%(want)s” you know the right place: %(has)s."),
        "coordinator": N_("For the goal “%(want)s” the mentor knows the right place: %(has)s."),
    },
    "settings": {
        "mentee": N_("You are interested in “%(want)s”; this mentor knows: %(has)s."),
        "mentor": N_("They are interested in “%(want)s”; you know: %(has)s."),
        "coordinator": N_("The mentee is interested in “%(want)s”; the mentor knows: %(has)s."),
    },
    "settings of stage": {
        "mentee": N_("This mentor knows a good place to start from: %(has)s."),
        "mentor": N_("You know a good place for them to start from: %(has)s."),
        "coordinator": N_("The mentor knows a good place to start from: %(has)s."),
    },
    "own settings": {
        "mentee": N_("This mentor knows the kind of work you do: %(has)s."),
        "mentor": N_("You know the kind of work they do: %(has)s."),
        "coordinator": N_("The mentor knows the kind of work the mentee does: %(has)s."),
    },
    "credentials of goal": {
        "mentee": N_("For your goal “%(want)s” this mentor has gone that way already: %(has)s."),
        "mentor": N_("For their goal “%(want)s” you have gone that way already: %(has)s."),
        "coordinator": N_("For the goal “%(want)s” the mentor has gone that way already: %(has)s."),
    },
    "credentials": {
        "mentee": N_("You wrote about “%(want)s”; this mentor has: %(has)s."),
        "mentor": N_("They are interested in “%(want)s”; you have: %(has)s."),
        "coordinator": N_("The mentee wrote about “%(want)s”; the mentor has: %(has)s."),
    },
    "place": {  # the mentee and the mentor do not learn each other's region before an introduction
        "coordinator": N_("Both work under the rules of the same state or country."),
    },
    "disciplines of goal": {
        "mentee": N_("For your goal “%(want)s” this mentor comes from the right field: %(has)s."),
        "mentor": N_("For their goal “%(want)s” you come from the right field: %(has)s."),
        "coordinator": N_("For the goal “%(want)s” the mentor comes from the right field: %(has)s."),
    },
    "own disciplines": {
        "mentee": N_("This mentor comes from a field close to yours: %(has)s."),
        "mentor": N_("You come from a field close to theirs: %(has)s."),
        "coordinator": N_("The mentor comes from a field close to the mentee's: %(has)s."),
    },
    "disciplines": {
        "mentee": N_("You wrote about “%(want)s”; this mentor comes from: %(has)s."),
        "mentor": N_("They are interested in “%(want)s”; you come from: %(has)s."),
        "coordinator": N_("The mentee wrote about “%(want)s”; the mentor comes from: %(has)s."),
    },
    "not": {
        "mentee": N_("As you wished, this mentor does not come from “%(want)s”."),
        "coordinator": N_("As the mentee wished, the mentor does not come from “%(want)s”."),
    },
    "words": {
        "mentee": N_("You asked for “%(want)s”, and this mentor names something very close to it."),
        "mentor": N_("They asked for something very close to what you named: “%(has)s”."),
        "coordinator": N_("The mentee asked for “%(want)s”; the mentor names “%(has)s”."),
    },
    "ratings": {
        "mentee": N_("You and this mentor rate your skills in much the same way."),
        "mentor": N_("You rate your skills in much the same way as they do."),
        "coordinator": N_("Both rate their skills in much the same way, the highest of them: %(has)s."),
    },
    "stage": {
        "mentee": N_("This mentor is far enough ahead to help, and close enough to remember your stage."),
        "mentor": N_("You are far enough ahead to help, and close enough to remember their stage."),
        "coordinator": N_("The mentor is far enough ahead to help, and close enough to remember the mentee's stage."),
    },
    "hours": {
        "mentee": N_("You both have time in the same hours of the week."),
        "mentor": N_("You both have time in the same hours of the week."),
        "coordinator": N_("Both have time in the same hours of the week."),
    },
    "messages": {
        "mentee": N_("You can write to each other whenever it suits you: %(has)s."),
        "mentor": N_("You can write to each other whenever it suits you: %(has)s."),
        "coordinator": N_("Both can write to each other whenever it suits them: %(has)s."),
    },
    "formats": {
        "mentee": N_("You like to meet in the same way: %(has)s."),
        "mentor": N_("You like to meet in the same way: %(has)s."),
        "coordinator": N_("Both like to meet in the same way: %(has)s."),
    },
    "language": {
        "mentee": N_("You can talk in the same language: %(has)s."),
        "mentor": N_("You can talk in the same language: %(has)s."),
        "coordinator": N_("Both can talk in the same language: %(has)s."),
    },
    "text": {
        "mentee": N_("What the two of you wrote is about similar things."),
        "mentor": N_("What the two of you wrote is about similar things."),
        "coordinator": N_("Both wrote about similar things: %(has)s."),
    },
}

_WEAKEST: Mapping[str, Mapping[str, str]] = {
    "skills": {
        "mentee": N_("Less of a match: “%(want)s” is not something this mentor mentions."),
        "mentor": N_("Less of a match: they also look for “%(want)s”, which your profile does not mention."),
        "coordinator": N_("Less of a match: “%(want)s” is not in the mentor's profile."),
    },
    "settings": {
        "mentee": N_("Less of a match: this mentor has worked in other places than those you are heading for."),
        "mentor": N_("Less of a match: you have worked in other places than those they are heading for."),
        "coordinator": N_(
            "Less of a match: the mentor has worked in other places than those the mentee is heading for."
        ),
    },
    "goals": {
        "mentee": N_("Less of a match: this mentor brings only part of what “%(want)s” needs."),
        "mentor": N_("Less of a match: you bring only part of what their goal “%(want)s” needs."),
        "coordinator": N_("Less of a match: the mentor brings only part of what “%(want)s” needs."),
    },
    "credentials": {
        "mentee": N_("Less of a match: this mentor does not name the certificate or licence that matters here."),
        "mentor": N_("Less of a match: you do not name the certificate or licence that matters to them."),
        "coordinator": N_("Less of a match: the mentor does not name the certificate or licence that matters here."),
    },
    "disciplines": {
        "mentee": N_("Less of a match: this mentor comes from another field than your goal suggests."),
        "mentor": N_("Less of a match: you come from another field than their goal suggests."),
        "coordinator": N_("Less of a match: the mentor comes from another field than the goal suggests."),
    },
    "place": {
        "mentee": N_("Less of a match: this mentor may work under the rules of another state or country."),
        "mentor": N_("Less of a match: they may work under the rules of another state or country."),
        "coordinator": N_("Less of a match: the two work under the rules of different states or countries."),
    },
    "own settings": {
        "mentee": N_("Less of a match: this mentor has not worked where you work now."),
        "mentor": N_("Less of a match: you have not worked where they work now."),
        "coordinator": N_("Less of a match: the mentor has not worked where the mentee works now."),
    },
    "own disciplines": {
        "mentee": N_("Less of a match: this mentor comes from another field than you."),
        "mentor": N_("Less of a match: you come from another field than they do."),
        "coordinator": N_("Less of a match: the two come from different fields."),
    },
    "words": {
        "mentee": N_("Less of a match: “%(want)s” is not something this mentor mentions."),
        "mentor": N_("Less of a match: they also look for something that your profile does not mention."),
        "coordinator": N_("Less of a match: “%(want)s” is not in the mentor's profile."),
    },
    "ratings": {
        "mentee": N_("Less of a match: this mentor rates their skills differently from you."),
        "mentor": N_("Less of a match: you rate your skills differently from them."),
        "coordinator": N_("Less of a match: the two rate their skills differently."),
    },
    "not": {
        "mentee": N_("Please note: this mentor comes from “%(want)s”, which you would rather avoid."),
        "coordinator": N_("Please note: the mentor comes from “%(want)s”, which the mentee would rather avoid."),
    },
    "welcome": {
        "coordinator": N_(
            "Please note: the mentor would rather meet somebody of another stage, field or place of work."
        ),
    },
    "stage": {
        "mentee": N_("Less of a match: this mentor's experience is at another stage than would be ideal."),
        "mentor": N_("Less of a match: your experience is at another stage than would be ideal for them."),
        "coordinator": N_("Less of a match: the mentor's stage is not the ideal one for this mentee."),
    },
    "hours": {
        "mentee": N_("Less of a match: your free hours and theirs hardly overlap."),
        "mentor": N_("Less of a match: your free hours and theirs hardly overlap."),
        "coordinator": N_("Less of a match: their free hours hardly overlap."),
    },
    "formats": {
        "mentee": N_("Less of a match: you prefer different ways of meeting."),
        "mentor": N_("Less of a match: you prefer different ways of meeting."),
        "coordinator": N_("Less of a match: they prefer different ways of meeting."),
    },
    "language": {
        "mentee": N_("Less of a match: your first language is not theirs."),
        "mentor": N_("Less of a match: their first language is not yours."),
        "coordinator": N_("Less of a match: they do not share the mentee's first language."),
    },
    "none": {
        "mentee": N_("We see no weak point in what the two of you told us."),
        "mentor": N_("We see no weak point in what the two of you told us."),
        "coordinator": N_("There is no weak point in what the two told us."),
    },
    "little": {
        "mentee": N_("We know little about what you are looking for; two more answers would help."),
        "mentor": N_("They have told us little about what they are looking for yet."),
        "coordinator": N_("Little is known about what the mentee is looking for."),
    },
}
_WISHES = ("goals", "seeks_skills", "seeks_settings", "skills", "text")
"""Columns in which a mentee says what is wanted."""


def in_words(
    explanation: Explanation,
    mentee: Profile | None = None,
    mentor: Profile | None = None,
    *,
    vocabulary: Vocabulary | None = None,
    reader: Reader = "coordinator",
    language: str = "en",
) -> Reasons:
    """The three strongest reasons and the weakest point of a pair, for one reader.

    `mentee` and `mentor` are the profiles as they are now, where they may have changed since the pair was explained:
    what no longer stands in them is not named.
    """
    parts: Sequence[Contribution] = explanation.contributions
    if mentee is not None or mentor is not None:
        parts = [_as_it_is(part, mentee, mentor) for part in parts]
    telling = _Telling(vocabulary or default_vocabulary(), reader, translator(language))
    return Reasons(tuple(telling.reasons(parts)), telling.weakest(parts))


def _as_it_is(part: Contribution, mentee: Profile | None, mentor: Profile | None) -> Contribution:
    """The summand with the values only that still stand in the profiles; worth nothing where none is left."""
    wants = [mentee is None or _stands(v, mentee) for v in zip(part.wants_from, part.wants, strict=True)]
    has = [mentor is None or _stands(v, mentor) for v in zip(part.has_from, part.has, strict=True)]
    gone = (part.wants and not any(wants)) or (part.has and not any(has))
    return replace(
        part,
        wants=_kept(part.wants, wants),
        wants_from=_kept(part.wants_from, wants),
        wants_terms=_kept(part.wants_terms, wants),
        has=_kept(part.has, has),
        has_from=_kept(part.has_from, has),
        has_terms=_kept(part.has_terms, has),
        amount=0.0 if gone else part.amount,
        possible=0.0 if part.wants and not any(wants) else part.possible,
    )


def _kept(values: tuple[str, ...], keep: list[bool]) -> tuple[str, ...]:
    return tuple(value for value, stays in zip(values, keep, strict=True) if stays)


def _stands(place: tuple[str, str], profile: Profile) -> bool:
    """Whether a value stands in a column of the profile, known or not, or in its text."""
    column, value = place
    if column == "text":
        return written(value, profile)
    held = getattr(profile, column)
    return value == held if isinstance(held, str) else value in (held or ()) or value in profile.unknown.get(column, ())


@dataclass(slots=True)
class _Group:
    """Summands that one sentence tells about; `has` holds what it may name, with its share."""

    kind: str
    want: str
    amount: float = 0.0
    possible: float = 0.0
    has: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Telling:
    """Tells one reader."""

    vocabulary: Vocabulary
    reader: Reader
    words: Translator

    def reasons(self, parts: Iterable[Contribution]) -> list[str]:
        """Up to three different sentences, the strongest first; one about what was not wished for is enough."""
        told: list[str] = []
        unwished = 0
        for group in sorted(self.groups(parts), key=lambda g: (-g.amount, g.kind, g.want)):
            enough = max(WORTH_SAYING, LEAST.get(group.kind, 0.0) * group.possible)
            said = self.say(group) if group.amount >= enough else ""
            if not said or said in told or (group.kind == "not" and unwished):
                continue
            unwished += group.kind == "not"
            told.append(said)
        return told[:3]

    def groups(self, parts: Iterable[Contribution]) -> Iterable[_Group]:
        """The summands by sentence."""
        found: dict[tuple[str, str], _Group] = {}
        for part in parts:
            kind, want = reason_kind(part), self.want(part)
            group = found.setdefault((kind, want), _Group(kind, want))
            group.amount += part.amount
            group.possible += part.possible
            for named in self.named(part):
                group.has[named] = group.has.get(named, 0.0) + part.amount
        return found.values()

    def named(self, part: Contribution) -> Iterator[str]:
        """What a sentence may name of a summand: what clearly answers the need, and is of the same kind."""
        if part.kind in ("terms", "goal") and part.amount < CLEAR * part.possible:
            return
        for value, term in zip(part.has, part.has_terms, strict=True):
            kind = self.vocabulary[term].kind if term in self.vocabulary else part.block
            if part.kind != "terms" or kind == part.block:
                name = rated(value)[0] if part.kind == "ratings" else value
                yield self.label(name, term, mine=self.reader == "mentor")

    def say(self, group: _Group) -> str:
        """The sentence with its values; "" where this reader is told nothing, or there is nothing to name."""
        sentence = _REASONS.get(group.kind, {}).get(self.reader, "")
        strongest = sorted((name for name in group.has if name), key=lambda name: (-group.has[name], name))
        has = self.words.listing(strongest[:MOST_NAMED]) if strongest else ""
        if ("%(has)s" in sentence and not has) or ("%(want)s" in sentence and not group.want):
            return ""
        return self.words.say(sentence, want=group.want, has=has)

    def weakest(self, parts: Iterable[Contribution]) -> str:
        """The need that costs most; or that we know too little to tell."""
        parts = list(parts)
        if not any(column in _WISHES for part in parts for column in part.wants_from):
            return self.words.gettext(_WEAKEST["little"][self.reader])
        lost: dict[str, float] = {}
        for part in parts:
            said = self.say_weak(part) if part.amount < GOOD_ENOUGH * part.possible else ""
            lost[said] = lost.get(said, 0.0) + part.possible - part.amount
        noted = [part for part in parts if part.kind in ("not", "welcome") and not part.amount]
        unwished = [said for part in noted if (said := self.say_weak(part))]
        if unwished:
            return min(unwished)
        told = sorted((-amount, said) for said, amount in lost.items() if said and amount >= WORTH_SAYING)
        return told[0][1] if told else self.words.gettext(_WEAKEST["none"][self.reader])

    def say_weak(self, part: Contribution) -> str:
        """The sentence about a need that is not met; "" where this reader is told nothing."""
        kind = weak_kind(part)
        sentence = _WEAKEST.get(kind, {}).get(self.reader, "")
        need = part.need.partition(":")[2]
        want = (
            self.label(need, need, mine=False) if part.block == "skills" and part.kind == "terms" else self.want(part)
        )
        return "" if "%(want)s" in sentence and not want else self.words.say(sentence, want=want)

    def want(self, part: Contribution) -> str:
        """What the mentee wants, in words; "" where the sentence does not name it."""
        if part.kind == "not":
            term = part.need.rpartition(" ")[2]
            return self.label(term, term, mine=False)
        if part.block in ("stage", "availability", "text") or not part.wants:
            return ""
        return self.label(part.wants[0], part.wants_terms[0], mine=self.reader == "mentee")

    def label(self, value: str, term: str, *, mine: bool) -> str:
        """A value in the reader's language; words typed freely are for their author and the coordinator only."""
        if term in self.vocabulary:
            return self.vocabulary[term].label_in(self.words.language)
        return value if mine or self.reader == "coordinator" else ""


def reason_kind(part: Contribution) -> str:
    """Which of the sentences tells about a summand."""
    asked = part.wants_from[0] if part.wants_from else "stage"
    if part.kind == "hours":
        return "messages" if "formats" in part.has_from else "hours"
    if part.kind in ("not", "welcome", "words", "ratings", "stage", "formats", "language", "text", "place"):
        return part.kind
    if part.kind == "goal":
        return "helps" if "helps_with" in part.has_from else "skills of goal"
    if asked == "goals":
        return f"{part.block} of goal"
    if asked == "stage":
        return f"{part.block} of stage"
    if part.block in ("settings", "disciplines") and asked == part.block:
        return f"own {part.block}"
    return part.block


def weak_kind(part: Contribution) -> str:
    """Which of the sentences tells about a need that is not met."""
    if part.kind in ("hours", "formats", "language", "not", "welcome", "words", "ratings", "place"):
        return part.kind
    if part.block in ("settings", "disciplines") and part.wants_from[:1] == (part.block,):
        return f"own {part.block}"
    return part.block
