"""What a mentee needs: the goals, expanded to what a helpful mentor has, and whatever else the profile asks for.

A mentee is not matched with the most similar person but with the person who has what the goals ask for. Similarity
(the same place of work, the same field) is only one need among others, and a small one. Three degrees of firmness:
what somebody stated, what a text mentions or the situation suggests, and, where nothing at all is known, what people
of that stage usually ask for.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from matcher.domain.availability import Week, week, week_of_hours
from matcher.domain.profiles import Profile
from matcher.domain.spelling import key
from matcher.domain.vocabulary import MentorOffers, Term, Vocabulary
from matcher.engine.columns import (
    Column,
    FormatColumn,
    GoalColumn,
    HoursColumn,
    LanguageColumn,
    NotColumn,
    PlaceColumn,
    RatingsColumn,
    WelcomeColumn,
    WordColumn,
    place_bound,
    rated_values,
    stage_column,
    term_column,
)
from matcher.engine.mentions import fold, when
from matcher.engine.offers import SEASONS, rank_of, split_level, term_or_none
from matcher.engine.ratings import ratings_of
from matcher.engine.wording import Declined, Heard, Value, known

STATED, SUGGESTED, USUAL = 1.0, 0.5, 0.35  # how firm a need is; the firmest need sets how much its block counts
WISHED = 1.5  # "not X", "only at night": an explicit wish, firmer than what is inferred from a goal

GOAL_ORDER = (1.0, 0.8, 0.7, 0.6)  # the goal named first counts a little more
ESSENTIAL, HELPFUL = 1.0, 0.4
SOUGHT = 1.2  # a skill or setting that the mentee asks for by name
NAMED_CREDENTIAL = 0.6  # the credential that the goal is called after, on top of the any-of list
SURELY_NAMED = 0.8
RULES_OF_THE_PLACE = 0.25  # where a goal hangs on a licence, the same state's rules help
OWN = 0.35  # all of one's own settings, or disciplines, together
MENTION = 0.4
AT_WORK = 0.5  # what somebody says to work with, as against what somebody wishes for
RATED = 1.0  # many skills rated with numbers, all together
USUAL_SHARE = 0.5
LEVELS = (0.0, 1.0, 2.0, 3.0, 4.0)  # of the mentee in a skill: 0 not named, up to 4 can teach it
STILL_NEEDED = (1.0, 0.9, 0.7, 0.4, 0.25)  # what is left of the need for it
UNSAID_LEVEL = 2.0  # a mentee who names a skill without a level is taken to practise it
LEARNING = 2.0  # skills up to this level are being learnt
HOURS, FORMATS, LANGUAGE = 1.0, 0.5, 0.8
WISHED_HOURS = 1.0  # hours that a constraint asks for, on top

OFFER_COLUMNS = {  # where a value that the vocabulary lacks may be met on the mentor's side
    "skills": ("skills", "helps_with"),
    "settings": ("settings",),
    "goals": ("helps_with", "skills"),
    "credentials": ("credentials",),
    "disciplines": ("disciplines",),
}


@dataclass(frozen=True, slots=True)
class Need:
    """A need of one mentee. `wants` are the values of the mentee's profile that it comes from, by column."""

    column: Column
    weight: float
    firm: float
    wants: tuple[Value, ...]


@dataclass(slots=True)
class _Gathering:
    """Needs of one mentee; what is needed for two reasons weighs for both. `away` is what is `wished_away`."""

    profile: Profile
    vocabulary: Vocabulary
    heard: Heard
    away: Mapping[str, tuple[Value, ...]]
    found: dict[str, Need] = field(default_factory=dict)

    def add(self, column: Column, weight: float, firm: float, *wants: Value) -> None:
        """Notes a need, or strengthens it."""
        name = column.name
        known = self.found.get(name)
        if known is not None:
            weight, firm = weight + known.weight, max(firm, known.firm)
            wants = tuple(dict.fromkeys((*known.wants, *wants)))
        self.found[name] = Need(column, weight, firm, wants)

    def add_skill(self, skill: str, weight: float, firm: float, want: Value) -> None:
        """A skill; less of a need where the mentee already has it."""
        level = self.profile.skills.get(skill, 0.0)
        self.add(term_column("skills", (skill,)), weight * _still_needed(level), firm, want)


@lru_cache(maxsize=64)
def _still_needed(level: float | None) -> float:
    return float(np.interp(UNSAID_LEVEL if level is None else level, LEVELS, STILL_NEEDED))


def needs_of(profile: Profile, heard: Heard, vocabulary: Vocabulary) -> list[Need]:
    """Every need of a mentee except the words of the text, by name of the column; weights are not yet scaled."""
    gathering = _Gathering(profile, vocabulary, heard, wished_away(profile, heard, vocabulary))
    asked = list(_goals_stated(gathering))
    for goal, weight in asked:
        _goal(gathering, vocabulary[goal], weight, STATED, known("goals", goal))
    _sought(gathering)
    _unknown(gathering)
    said_something = bool(gathering.found)
    _mentioned(gathering)
    _rated(gathering)
    if not said_something:
        _learning(gathering)
        _at_work(gathering)
    if not gathering.found:
        _usual(gathering)
    _own_world(gathering)
    _wished_away(gathering)
    _stage(gathering, [goal for goal, _ in asked])
    _availability(gathering)
    return [gathering.found[name] for name in sorted(gathering.found)]


# -- goals ------------------------------------------------------------------------------------------------------------


def _goals_stated(gathering: _Gathering) -> Iterator[tuple[str, float]]:
    for place, goal in enumerate(g for g in gathering.profile.goals if g in gathering.vocabulary):
        yield goal, GOAL_ORDER[min(place, len(GOAL_ORDER) - 1)]


def _goal(gathering: _Gathering, goal: Term, weight: float, firm: float, want: Value) -> None:
    """Expands one goal to what a helpful mentor has."""
    asked = goal.offers or MentorOffers()
    gathering.add(GoalColumn(goal.id, asked), weight, firm, want)
    for skill in asked.skills_essential:
        gathering.add_skill(skill, ESSENTIAL * weight, firm, want)
    for skill in asked.skills_helpful:
        gathering.add_skill(skill, HELPFUL * weight, firm, want)
    region = gathering.profile.region
    for block, terms in _any_of(gathering, asked):
        place = region if place_bound(terms, gathering.vocabulary) else None
        gathering.add(term_column(block, terms, place), weight, firm, want)
        if place is not None:
            gathering.add(PlaceColumn(place), RULES_OF_THE_PLACE * weight, firm, want)
    held = gathering.profile.credentials
    named = tuple(t for t in named_credentials(goal, gathering.vocabulary) if t not in held)
    if named:
        place = region if place_bound(named, gathering.vocabulary) else None
        gathering.add(term_column("credentials", named, place), NAMED_CREDENTIAL * weight, firm, want)


def _any_of(gathering: _Gathering, asked: MentorOffers) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The any-of lists of a goal, without what the mentee has already or does not want."""
    away = gathering.away
    held = set(gathering.profile.credentials)
    for block, terms in (
        ("settings", asked.settings_any),
        ("credentials", tuple(t for t in asked.credentials_any if t not in held) or asked.credentials_any),
        ("disciplines", asked.disciplines_any),
    ):
        left = tuple(t for t in terms if t not in away)
        if left:
            yield block, left


@lru_cache(maxsize=4096)
def named_credentials(goal: Term, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Those credentials of a goal's any-of list that the goal is called after: "Reach the LCSW" is about the LCSW."""
    listed = goal.offers.credentials_any if goal.offers is not None else ()
    called = {**(found := fold(goal.label, vocabulary)).wanted, **found.held}
    by_letters = (vocabulary.find(name, "credentials", typos=False) for name in goal.abbreviations)
    named = {t for t, sure in called.items() if sure >= SURELY_NAMED} | {t.id for t in by_letters if t is not None}
    return tuple(t for t in listed if t in named)


def _usual(gathering: _Gathering) -> None:
    """Somebody who said nothing: what people of that stage usually ask for (the earliest stage if that is unknown)."""
    stage = gathering.profile.stage
    ladder = sorted(gathering.vocabulary.terms("stages"), key=lambda s: (s.rank or 0, s.id))
    asked_at = stage or (ladder[0].id if ladder else "")
    want = (known("stage", stage),) if stage else ()
    usual = usual_goals(asked_at, gathering.vocabulary)
    for goal in usual:
        asked = goal.offers or MentorOffers()
        share = USUAL_SHARE / len(usual)
        for skill in asked.skills_essential:
            gathering.add(term_column("skills", (skill,)), ESSENTIAL * share, USUAL, *want)
        for skill in asked.skills_helpful:
            gathering.add(term_column("skills", (skill,)), HELPFUL * share, USUAL, *want)
        for setting in asked.settings_any:
            gathering.add(term_column("settings", (setting,)), share, USUAL, *want)


def usual_goals(stage: str, vocabulary: Vocabulary) -> list[Term]:
    """The goals that the vocabulary calls typical for a stage (column `typical_stages`); all, if it names none."""
    goals = vocabulary.terms("goals")
    typical = [g for g in goals if stage in g.attributes.get("typical_stages", "").split("|")]
    return typical or list(goals)


# -- what else was said -----------------------------------------------------------------------------------------------


def _sought(gathering: _Gathering) -> None:
    for skill in gathering.profile.seeks_skills:
        gathering.add_skill(skill, SOUGHT, STATED, known("seeks_skills", skill))
    for setting in gathering.profile.seeks_settings:
        gathering.add(term_column("settings", (setting,)), SOUGHT, STATED, known("seeks_settings", setting))


def _unknown(gathering: _Gathering) -> None:
    """Goals and wishes that the vocabulary lacks, as they were typed."""
    for column, block in (("goals", "goals"), ("seeks_skills", "skills"), ("seeks_settings", "settings")):
        for value in gathering.profile.unknown.get(column, ()):
            _as_words(gathering, block, value, SOUGHT if block != "goals" else 1.0, STATED, Value(column, value))


def _as_words(gathering: _Gathering, block: str, value: str, weight: float, firm: float, want: Value) -> None:
    asked = key(split_level(value)[0])
    if asked:
        gathering.add(WordColumn(block, asked, OFFER_COLUMNS[block]), weight, firm, want)


def _mentioned(gathering: _Gathering) -> None:
    """Wishes in the free text, the surer the more; firm ones where they are the only wishes there are."""
    profile, vocabulary = gathering.profile, gathering.vocabulary
    own = {*profile.settings, *profile.disciplines, *profile.credentials, *profile.goals}
    alone = not gathering.found
    for term_id, said in gathering.heard.wanted.items():
        if term_id in own:
            continue
        sure = gathering.heard.sure[term_id]
        term, weight, firm = vocabulary[term_id], MENTION * sure, sure if alone else SUGGESTED * sure
        if term.kind == "goals":
            _goal(gathering, term, weight, firm, said)
        elif term.kind == "skills":
            gathering.add_skill(term_id, weight, firm, said)
        else:
            bound = term.kind == "credentials" and place_bound((term_id,), vocabulary)
            column = term_column(term.kind, (term_id,), profile.region if bound else None)
            gathering.add(column, weight, firm, said)


def _rated(gathering: _Gathering) -> None:
    """Somebody who rates many skills alike, where these are numbers on a scale of their own."""
    ratings = ratings_of(gathering.profile)
    if ratings:
        highest = sorted(ratings, key=lambda skill: (-ratings[skill], skill))
        column = RatingsColumn(tuple(sorted(ratings.items())))
        gathering.add(column, RATED, SUGGESTED, *rated_values(gathering.profile, highest))


def _learning(gathering: _Gathering) -> None:
    """Where no wish was stated: the skills somebody is still learning."""
    for skill, level in gathering.profile.skills.items():
        if level is None or level <= LEARNING:
            gathering.add_skill(skill, MENTION, SUGGESTED, known("skills", skill))
    for value in () if ratings_of(gathering.profile) else gathering.profile.unknown.get("skills", ()):
        if (split_level(value)[1] or LEARNING) <= LEARNING:
            _as_words(gathering, "skills", value, MENTION, SUGGESTED, Value("skills", value))


def _at_work(gathering: _Gathering) -> None:
    """Where no wish was stated and the text tells none: the skills and places that it says somebody works with."""
    for term_id, said in gathering.heard.at_work.items():
        weight = MENTION * AT_WORK * gathering.heard.sure[term_id]
        if gathering.vocabulary[term_id].kind == "skills":
            gathering.add_skill(term_id, weight, SUGGESTED, said)
        elif term_id not in gathering.profile.settings:
            gathering.add(term_column("settings", (term_id,)), weight, SUGGESTED, said)


def _own_world(gathering: _Gathering) -> None:
    """Somebody who knows the work one does: one's own places and fields, all together a small need."""
    for column in ("settings", "disciplines"):
        values: tuple[str, ...] = getattr(gathering.profile, column)
        unknown = gathering.profile.unknown.get(column, ())
        for value in values:
            share = OWN / (len(values) + len(unknown))
            gathering.add(term_column(column, (value,)), share, SUGGESTED, known(column, value))
        for value in unknown:
            _as_words(gathering, column, value, OWN / (len(values) + len(unknown)), SUGGESTED, Value(column, value))


def _wished_away(gathering: _Gathering) -> None:
    for term_id, wants in gathering.away.items():
        kind = gathering.vocabulary[term_id].kind
        gathering.add(NotColumn(kind, term_id), 1.0, WISHED, *wants)


def wished_away(profile: Profile, heard: Heard, vocabulary: Vocabulary) -> Mapping[str, tuple[Value, ...]]:
    """Fields and places of work that a mentor should rather not come from, with the values that say so.

    They come from soft constraints (column `avoids`) and from the text; hard ones are rules, see `eligibility`. A skill
    that somebody does not ask for ("not looking for supervision") is no reason against a mentor who has it.
    """
    found: dict[str, tuple[Value, ...]] = {}
    for constraint in profile.constraints:
        if constraint in vocabulary:
            for term_id in _list(vocabulary[constraint].attributes.get("avoids", "")):
                found[term_id] = (*found.get(term_id, ()), known("constraints", constraint))
    for term_id, place in heard.unwanted.items():
        if vocabulary[term_id].kind in ("disciplines", "settings"):
            found[term_id] = (*found.get(term_id, ()), place)
    return {t: wants for t, wants in found.items() if t in vocabulary}


def _list(cell: str) -> Iterable[str]:
    return (value for part in cell.split("|") if (value := part.strip()))


def welcome_needs(profile: Profile, declined: Iterable[Declined], vocabulary: Vocabulary) -> list[Need]:
    """That a mentor does not decline people like the mentee; only in what one of the mentors declines."""
    said = list(declined)
    own = (
        ("stages", "stage", (profile.stage,) if profile.stage else ()),
        ("disciplines", "disciplines", profile.disciplines),
        ("settings", "settings", profile.settings),
    )
    return [
        Need(WelcomeColumn(kind, values), 1.0, WISHED, tuple(known(column, value) for value in values))
        for kind, column, values in own
        if any(one.includes(kind, values, vocabulary) for one in said)
    ]


# -- stage and time ---------------------------------------------------------------------------------------------------


def least_stage(goals: Iterable[str], vocabulary: Vocabulary) -> str | None:
    """The lowest of the stages that the goals need: whoever reaches it can help with one of them.

    None when no goal is known or one of them needs no stage.
    """
    offers = [vocabulary[g].offers for g in goals if g in vocabulary]
    needed = [o.min_stage if o is not None else None for o in offers]
    if not needed or None in needed:
        return None
    return min((s for s in needed if s is not None), key=lambda s: (rank_of(s, vocabulary), s))


def _stage(gathering: _Gathering, goals: list[str]) -> None:
    profile = gathering.profile
    least = least_stage(goals[:1], gathering.vocabulary)
    if profile.stage is None and least is None:
        return
    wants = [known("stage", profile.stage)] if profile.stage else []
    wants += [known("goals", goals[0])] if least is not None else []
    gathering.add(stage_column(profile.stage, least, gathering.vocabulary), 1.0, STATED, *wants)


def _availability(gathering: _Gathering) -> None:
    _hours(gathering)
    profile, vocabulary = gathering.profile, gathering.vocabulary
    if profile.formats:
        wants = [known("formats", f) for f in profile.formats]
        gathering.add(FormatColumn(profile.formats, profile.region, vocabulary), FORMATS, STATED, *wants)
    if profile.languages:
        spoken = first_language(profile, gathering.heard, vocabulary)
        others = tuple(x for x in profile.languages if not vocabulary.same_language(x, spoken))
        gathering.add(LanguageColumn(spoken, others, vocabulary), LANGUAGE, STATED, known("languages", spoken))


def first_language(profile: Profile, heard: Heard, vocabulary: Vocabulary) -> str:
    """The language of the text where the mentee lists it, else the one listed first."""
    written = heard.language
    listed = [x for x in profile.languages if written and vocabulary.same_language(x, f"lang.{written}")]
    return listed[0] if listed else profile.languages[0]


def _hours(gathering: _Gathering) -> None:
    """Common hours, or messages alone where nothing else is wanted."""
    profile, vocabulary = gathering.profile, gathering.vocabulary
    quiet = tuple(f for f in profile.formats if f in vocabulary and vocabulary[f].attributes.get("live") == "no")
    slots, said = profile.slots, [known("slots", s) for s in profile.slots]
    if not slots and profile.text:
        slots, said = _slots_in_text(profile.text, vocabulary)
    winter, summer = (week(slots, profile.timezone, profile.region, vocabulary, on=day) for day in SEASONS)
    if winter.known and (winter.sure or winter.possible):
        if quiet and len(quiet) == len(profile.formats):
            winter = summer = Week()
        column = HoursColumn(winter, summer, quiet)
        wished = [known("constraints", c) for c in profile.constraints if _asks_for_hours(c, vocabulary)]
        firm = WISHED if wished else STATED
        gathering.add(column, HOURS + WISHED_HOURS * bool(wished), firm, *said, *wished)
    _hours_wished(gathering)


def _slots_in_text(text: str, vocabulary: Vocabulary) -> tuple[tuple[str, ...], list[Value]]:
    """The slots that a text keeps to, or else all but those that it refuses; none where it does neither."""
    refused, kept = when(text, vocabulary)
    fixed = [t.id for t in vocabulary.terms("slots") if t.hours and float(t.attributes.get("certainty") or 1) == 1]
    others = [slot for slot in fixed if refused and slot not in refused]
    return tuple(kept or others), [Value("text", words, slot) for slot, words in (kept or refused).items()]


def _hours_wished(gathering: _Gathering) -> None:
    """Certain hours that a constraint asks for (column `hours`), such as nights; messages will do as well."""
    profile, vocabulary = gathering.profile, gathering.vocabulary
    messages = tuple(f.id for f in vocabulary.terms("formats") if f.attributes.get("live") == "no")
    for constraint in profile.constraints:
        term = term_or_none(constraint, vocabulary)
        if term is None or not term.hours:
            continue
        winter, summer = (
            week_of_hours(term.hours, profile.timezone, profile.region, vocabulary, on=day) for day in SEASONS
        )
        if winter.known:
            column = HoursColumn(winter, summer, messages, constraint)
            gathering.add(column, WISHED_HOURS, WISHED, known("constraints", constraint))


def _asks_for_hours(constraint: str, vocabulary: Vocabulary) -> bool:
    """Whether a wish (column `rule` of the vocabulary: hours) is for hours in common."""
    term = term_or_none(constraint, vocabulary)
    return term is not None and term.attributes.get("rule") == "hours"
