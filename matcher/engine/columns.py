"""The columns of the feature space: each is one need, and knows how a mentor covers it.

`cover(offers)` gives the coverage (n,) in [0, 1] of a need by every mentor; `evidence(offers)` the values of the one
mentor of an `Offers` of length 1 that supply it, as they stand in the profile: only what covers the need better than
saying nothing would. Equal columns have equal names, so needs of different mentees share a column.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from matcher.domain.availability import DAYS, HOURS, Week, expected_common_hours, hours_of
from matcher.domain.profiles import Profile
from matcher.domain.spelling import key
from matcher.domain.vocabulary import MentorOffers, Vocabulary
from matcher.engine.offers import (
    SEASONS,
    Floats,
    Offers,
    Weeks,
    closeness_to,
    is_licence,
    likeness,
    plain_language,
    rank_of,
    unknown_values,
)
from matcher.engine.ratings import RatingScale, rated, ratings_of
from matcher.engine.wording import Value, known

Evidence = tuple[Value, ...]

BEST_OF_ANY = 0.85  # of an any-of list; the rest is for having more of the list
ENOUGH_HOURS = 4.0  # hours a week in common; more are no better
NEUTRAL = 0.5  # where the mentor said nothing: neither an advantage nor a refusal
ASYNC_HOURS = 0.7  # messages and documents need no common hours
OTHER_FORMAT = 0.5  # another way of the same sort (live or not): people can usually agree
FORMATS_UNKNOWN = 0.6
OTHER_LANGUAGE = 0.3  # not the mentee's first language, but one they share; or the mentor's are not known
STATED_GOAL = 0.55  # of the goals block: "I like to help with this"; the rest is having what it takes
DERIVED_GOAL = 0.9  # having what it takes; a mentor who names other goals too is no worse for it
BELOW_STAGE = 0.15  # a step of the ladder below, and above, the band that helps most
ABOVE_STAGE = 0.12
STAGE_FLOOR = 0.1
HOURS_AT_ONCE = 256


@dataclass(frozen=True)
class Column(ABC):
    """One need: the block it belongs to and its name, which says all that decides the coverage."""

    @property
    @abstractmethod
    def block(self) -> str:
        """The block of the affinity that this need counts in."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of the column, "block:need"."""

    @abstractmethod
    def cover(self, offers: Offers) -> Floats:
        """Coverage (n,) in [0, 1] by each mentor."""

    @abstractmethod
    def evidence(self, offers: Offers) -> Evidence:
        """What supplies the coverage by the only mentor of `offers`."""

    @property
    @abstractmethod
    def kind(self) -> str:
        """What sort of need it is, for telling people about it."""

    @property
    def rare(self) -> bool:
        """Whether the need weighs more the fewer mentors cover it."""
        return True


@dataclass(frozen=True)
class TermColumn(Column):
    """One of some terms of the vocabulary; of several, having more is a little better.

    `place` is the region where a licence among the terms has to count.
    """

    of: str
    terms: tuple[str, ...]
    place: str | None = None

    @property
    def block(self) -> str:
        return self.of

    @property
    def kind(self) -> str:
        return "terms"

    @cached_property
    def name(self) -> str:
        any_of = "any of " if len(self.terms) > 1 else ""
        return f"{self.of}:{any_of}{' '.join(self.terms)}{f' in {self.place}' if self.place else ''}"

    def cover(self, offers: Offers) -> Floats:
        each = np.array([offers.term(term, self.place) for term in self.terms])
        return BEST_OF_ANY * each.max(axis=0) + (1 - BEST_OF_ANY) * each.mean(axis=0)

    def evidence(self, offers: Offers) -> Evidence:
        return best_values(self.terms, offers)


@lru_cache(maxsize=16_384)
def term_column(of: str, terms: tuple[str, ...], place: str | None = None) -> TermColumn:
    """The column, one object for all who need the same."""
    return TermColumn(of, terms, place)


@dataclass(frozen=True)
class PlaceColumn(Column):
    """Somebody who knows the rules of the place: in the same region, or at least in the same country."""

    region: str

    @property
    def block(self) -> str:
        return "credentials"

    @property
    def kind(self) -> str:
        return "place"

    @cached_property
    def name(self) -> str:
        return f"credentials:rules of {self.region}"

    @property
    def rare(self) -> bool:
        return False

    def cover(self, offers: Offers) -> Floats:
        return np.where(offers.saying("region") > 0, offers.places(self.region), NEUTRAL)

    def evidence(self, offers: Offers) -> Evidence:
        region = offers.profiles[0].region
        return (known("region", region),) if region is not None and self.cover(offers)[0] > NEUTRAL else ()


@dataclass(frozen=True)
class NotColumn(Column):
    """Somebody who is not this: covered by everybody who does not say so."""

    of: str
    term: str

    @property
    def block(self) -> str:
        return self.of

    @property
    def kind(self) -> str:
        return "not"

    @cached_property
    def name(self) -> str:
        return f"{self.of}:not {self.term}"

    @property
    def rare(self) -> bool:
        return False

    def cover(self, offers: Offers) -> Floats:
        return 1.0 - offers.being(self.of, self.term)

    def evidence(self, offers: Offers) -> Evidence:
        return tuple(known(self.of, value) for value in getattr(offers.profiles[0], self.of) if value != self.term)


@dataclass(frozen=True)
class WelcomeColumn(Column):
    """Somebody who does not decline people like the mentee: covered by everybody who does not say so.

    `of` is a kind of terms, `terms` what the mentee is of it.
    """

    of: str
    terms: tuple[str, ...]

    @property
    def block(self) -> str:
        return "stage" if self.of == "stages" else self.of

    @property
    def kind(self) -> str:
        return "welcome"

    @property
    def name(self) -> str:
        return f"{self.block}:welcome to {' '.join(self.terms)}"

    @property
    def rare(self) -> bool:
        return False

    def cover(self, offers: Offers) -> Floats:
        return 1.0 - offers.declining(self.of, self.terms)

    def evidence(self, offers: Offers) -> Evidence:
        return ()


@dataclass(frozen=True)
class WordColumn(Column):
    """A value that the vocabulary lacks, wanted as it was typed; compared with unknown values by their words."""

    of: str
    asked: str
    columns: tuple[str, ...]

    @property
    def block(self) -> str:
        return self.of

    @property
    def kind(self) -> str:
        return "words"

    @cached_property
    def name(self) -> str:
        return f"{self.of}:“{self.asked}”"

    def cover(self, offers: Offers) -> Floats:
        return offers.like(self.asked, self.columns)

    def evidence(self, offers: Offers) -> Evidence:
        wanted = frozenset(self.asked.split())
        scored = [
            (v.strength * likeness(wanted, v.words), Value(v.column, v.value))
            for v in unknown_values(offers.profiles[0], offers.vocabulary)
            if v.column in self.columns
        ]
        return only_best(scored)


@dataclass(frozen=True)
class RatingsColumn(Column):
    """Somebody who rates many skills as the mentee does: (skill, number) of each, in the order of the skills."""

    ratings: tuple[tuple[str, float], ...]

    @property
    def block(self) -> str:
        return "skills"

    @property
    def kind(self) -> str:
        return "ratings"

    @cached_property
    def name(self) -> str:
        return f"skills:rated like {' '.join(f'{skill}={number:g}' for skill, number in self.ratings)}"

    @property
    def rare(self) -> bool:
        return False

    def cover(self, offers: Offers) -> Floats:
        return np.array([self.likeness(profile, offers.scale) for profile in offers.profiles], dtype=float)

    def likeness(self, mentor: Profile, scale: RatingScale) -> float:
        """The cosine of both people's standardised ratings; 0 where they go against each other."""
        wanted, has = scale.standardised(dict(self.ratings)), scale.standardised(ratings_of(mentor))
        return min(max(sum(has[skill] * value for skill, value in wanted.items() if skill in has), 0.0), 1.0)

    def evidence(self, offers: Offers) -> Evidence:
        """What both rate highest."""
        wanted, has = dict(self.ratings), ratings_of(offers.profiles[0])
        shared = sorted(wanted.keys() & has.keys(), key=lambda skill: (-wanted[skill] - has[skill], skill))
        return rated_values(offers.profiles[0], shared[:3])


def rated_values(profile: Profile, skills: Sequence[str]) -> Evidence:
    """The values of a profile that rate these skills, in their order."""
    values = {key(rated(value)[0]): Value("skills", value) for value in profile.unknown.get("skills", ())}
    return tuple(values[skill] for skill in skills if skill in values)


@dataclass(frozen=True)
class GoalColumn(Column):
    """Somebody glad to help with a goal, or able to: the goals named, else readiness from everything it asks for."""

    goal: str
    offers_asked: MentorOffers

    @property
    def block(self) -> str:
        return "goals"

    @property
    def kind(self) -> str:
        return "goal"

    @cached_property
    def name(self) -> str:
        return f"goals:{self.goal}"

    def cover(self, offers: Offers) -> Floats:
        ready = self.readiness(offers)
        named = offers.term(self.goal) * (STATED_GOAL + (1 - STATED_GOAL) * ready)
        return np.maximum(named, DERIVED_GOAL * ready)

    def readiness(self, offers: Offers) -> Floats:
        """How much (n,) of what the goal asks for each mentor has; the essential skills weigh most."""
        asked = self.offers_asked
        groups: list[tuple[float, Floats]] = [(1.0, offers.term(skill)) for skill in asked.skills_essential]
        share = 0.6 / max(len(asked.skills_helpful), 1)
        groups += [(share, offers.term(skill)) for skill in asked.skills_helpful]
        for weight, terms in ((0.8, asked.settings_any), (0.6, asked.credentials_any), (0.4, asked.disciplines_any)):
            if terms:
                groups.append((weight, np.max([offers.term(term) for term in terms], axis=0)))
        if not groups:
            return np.full(offers.n, NEUTRAL)
        total = sum(weight for weight, _ in groups)
        return np.asarray(sum(weight * cover for weight, cover in groups) / total)

    def evidence(self, offers: Offers) -> Evidence:
        named = [v for v in best_values((self.goal,), offers) if v.column == "helps_with"]
        asked = self.offers_asked
        skills = best_values(asked.skills_essential, offers)
        rest = best_values(asked.credentials_any, offers) + best_values(asked.settings_any, offers)
        return tuple(dict.fromkeys((*named, *(skills or rest))))


@dataclass(frozen=True)
class StageColumn(Column):
    """Somebody some steps ahead: a band of stages helps most; far more is not better."""

    stage: str | None
    least: str | None
    lowest: float
    highest: float

    @property
    def block(self) -> str:
        return "stage"

    @property
    def kind(self) -> str:
        return "stage"

    @cached_property
    def name(self) -> str:
        return f"stage:ahead of {self.stage or 'anybody'}{f' from {self.least}' if self.least else ''}"

    @property
    def rare(self) -> bool:
        return False

    def cover(self, offers: Offers) -> Floats:
        below = np.maximum(self.lowest - offers.ranks, 0.0)
        above = np.maximum(offers.ranks - self.highest, 0.0)
        cover = np.maximum(1.0 - BELOW_STAGE * below - ABOVE_STAGE * above, STAGE_FLOOR)
        return np.where(np.isnan(offers.ranks), NEUTRAL, cover)

    def evidence(self, offers: Offers) -> Evidence:
        stage = offers.profiles[0].stage
        return (known("stage", stage),) if stage is not None and self.cover(offers)[0] > NEUTRAL else ()


@lru_cache(maxsize=4096)
def stage_column(stage: str | None, least: str | None, vocabulary: Vocabulary) -> StageColumn:
    """The band for a mentee of `stage` whose goal needs `least`: from one step ahead to three."""
    own, need = rank_of(stage, vocabulary), rank_of(least, vocabulary)
    lowest = float(np.nanmax([own + 1, need, 1.0]))
    highest = max(lowest + 1, own + 3 if own == own else lowest + 2)
    return StageColumn(stage, least, lowest, highest)


@dataclass(frozen=True)
class HoursColumn(Column):
    """Some hours of the week in common, in UTC; a few are enough, and messages need none."""

    winter: Week
    summer: Week
    by_messages: tuple[str, ...]
    wish: str | None = None

    @property
    def block(self) -> str:
        return "availability"

    @property
    def kind(self) -> str:
        return "hours"

    @cached_property
    def name(self) -> str:
        hours = f"{in_words(self.winter)} UTC"
        if self.summer != self.winter:
            hours += f" (in July {in_words(self.summer)})"
        return f"availability:{self.wish or 'hours'} {hours}{' or ' if self.by_messages else ''}" + " ".join(
            self.by_messages
        )

    @property
    def rare(self) -> bool:
        return False

    def cover(self, offers: Offers) -> Floats:
        return np.maximum(common_hours([self], offers)[:, 0], self.messages(offers))

    def common_hours(self, winter: Week, summer: Week) -> float:
        """Coverage by one mentor with these weeks, without messages: see the function `common_hours`."""
        if not (winter.known and summer.known):
            return self.nothing_known
        shared = expected_common_hours(winter, self.winter) + expected_common_hours(summer, self.summer)
        return min(shared / len(SEASONS) / ENOUGH_HOURS, 1.0)

    @property
    def nothing_known(self) -> float:
        """Coverage by somebody whose hours are not known."""
        return NEUTRAL if self.winter.sure or self.winter.possible else 0.0  # by messages only: none asked

    def messages(self, offers: Offers) -> Floats:
        """Coverage (n,) by messages instead."""
        return ASYNC_HOURS * offers.having("formats", self.by_messages)

    def evidence(self, offers: Offers) -> Evidence:
        mentor = offers.profiles[0]
        hours = self.common_hours(*offers.hours_of(0))
        if self.messages(offers)[0] > hours:
            return tuple(known("formats", f) for f in mentor.formats if f in self.by_messages)
        return tuple(known("slots", s) for s in mentor.slots) if hours > NEUTRAL else ()


def common_hours(columns: Sequence[HoursColumn], offers: Offers) -> Floats:
    """Coverage (n, k) of k needs for hours, without messages: the mean over the seasons of the hours in common."""
    winter, summer = offers.weeks
    shared = winter.common(Weeks([c.winter for c in columns])) + summer.common(Weeks([c.summer for c in columns]))
    shared /= len(SEASONS)
    unknown = [c.nothing_known for c in columns]
    return np.where(offers.hours_known[:, None], np.minimum(shared / ENOUGH_HOURS, 1.0), unknown)


def cover_all(columns: Sequence[Column], offers: Offers) -> Floats:
    """Coverage (n, k) of k needs. Those for hours, nearly one a mentee, are compared many at a time."""
    found = np.zeros((offers.n, len(columns)), order="F")
    of_hours = [(place, column) for place, column in enumerate(columns) if isinstance(column, HoursColumn)]
    for start in range(0, len(of_hours), HOURS_AT_ONCE):
        places, here = zip(*of_hours[start : start + HOURS_AT_ONCE], strict=True)
        for place, column, hours in zip(places, here, common_hours(here, offers).T, strict=True):
            found[:, place] = np.maximum(hours, column.messages(offers))
    for place, column in enumerate(columns):
        if not isinstance(column, HoursColumn):
            found[:, place] = column.cover(offers)
    return found


def in_words(hours: Week) -> str:
    """A week in words from which it could be read back: "Mon-Fri 17-22, Sat 08-20; perhaps any hour (50%)"."""
    sure = [_spans(hours.sure)] if hours.sure else []
    perhaps = [f"perhaps {_spans(hours.possible)} ({100 * hours.certainty:g}%)"] if hours.possible else []
    return "; ".join(sure + perhaps) or "no hour"


@lru_cache(maxsize=4096)
def _spans(mask: int) -> str:
    """The hours of a mask: days with the same span together; a span may go on past midnight, or for days."""
    if mask == (1 << HOURS) - 1:
        return "any hour"
    days: dict[tuple[int, int], list[int]] = {}
    for first in hours_of(mask & ~(mask << 1 | mask >> HOURS - 1)):
        ahead = mask >> first | mask << HOURS - first
        length = (ahead ^ (ahead + 1)).bit_length() - 1  # ones at the end of it
        days.setdefault((first % 24, length), []).append(first // 24)
    return ", ".join(_span(on, start, length) for (start, length), on in days.items())


def _span(days: list[int], start: int, length: int) -> str:
    names = [day.title() for day in DAYS]
    day, end = divmod(start + length - 1, 24)
    if length > 24:
        return "/".join(f"{names[d]} {start:02} to {names[(d + day) % 7]} {end + 1:02}" for d in days)
    together = len(days) > 2 and days[-1] - days[0] == len(days) - 1
    told = f"{names[days[0]]}-{names[days[-1]]}" if together else "/".join(names[d] for d in days)
    return f"{told} {start:02}-{end + 1:02}"


@dataclass(frozen=True)
class FormatColumn(Column):
    """A way of meeting in common; ways that need one place count within a region only."""

    formats: tuple[str, ...]
    region: str | None
    vocabulary: Vocabulary

    @property
    def block(self) -> str:
        return "availability"

    @property
    def kind(self) -> str:
        return "formats"

    @cached_property
    def name(self) -> str:
        near = any(in_place(f, self.vocabulary) for f in self.formats)
        return f"availability:any of {' '.join(self.formats)}{f' in {self.region}' if near and self.region else ''}"

    @property
    def rare(self) -> bool:
        return False

    def cover(self, offers: Offers) -> Floats:
        anywhere = tuple(f for f in self.formats if not in_place(f, self.vocabulary))
        here = tuple(f for f in self.formats if in_place(f, self.vocabulary))
        shared = offers.having("formats", anywhere)
        if here and self.region is not None:
            shared = np.maximum(shared, offers.having("formats", here) * offers.having("region", (self.region,)))
        sorts = {_live(f, self.vocabulary) for f in self.formats}
        alike = offers.having(
            "formats", tuple(t.id for t in self.vocabulary.terms("formats") if _live(t.id, self.vocabulary) in sorts)
        )
        partly = np.where(alike > 0, OTHER_FORMAT, OTHER_FORMAT / 2)
        return np.where(offers.saying("formats") > 0, np.maximum(shared, partly), FORMATS_UNKNOWN)

    def evidence(self, offers: Offers) -> Evidence:
        mentor = offers.profiles[0]
        near = self.region is not None and mentor.region == self.region
        return tuple(
            known("formats", f)
            for f in mentor.formats
            if f in self.formats and (near or not in_place(f, self.vocabulary))
        )


def _live(format_id: str, vocabulary: Vocabulary) -> bool:
    return format_id not in vocabulary or vocabulary[format_id].attributes.get("live", "yes") == "yes"


def in_place(format_id: str, vocabulary: Vocabulary) -> bool:
    """Whether a way of meeting needs both in one place."""
    return format_id in vocabulary and vocabulary[format_id].attributes.get("in_place", "") == "yes"


@dataclass(frozen=True)
class LanguageColumn(Column):
    """The mentee's first language, or at least another one in common."""

    first: str
    others: tuple[str, ...]
    vocabulary: Vocabulary

    @property
    def block(self) -> str:
        return "availability"

    @property
    def kind(self) -> str:
        return "language"

    @cached_property
    def name(self) -> str:
        return f"availability:{self.first}{' or ' if self.others else ''}{' '.join(self.others)}"

    @property
    def rare(self) -> bool:
        return False

    def cover(self, offers: Offers) -> Floats:
        first = offers.having("languages", (plain_language(self.first),))
        other = OTHER_LANGUAGE * offers.having("languages", tuple(map(plain_language, self.others)))
        return np.where(offers.saying("languages") > 0, np.maximum(first, other), OTHER_LANGUAGE)

    def evidence(self, offers: Offers) -> Evidence:
        same = self.vocabulary.same_language
        spoken = offers.profiles[0].languages
        first = [s for s in spoken if same(self.first, s)]
        return tuple(
            known("languages", s) for s in first or (s for s in spoken if any(same(s, o) for o in self.others))
        )


def best_values(terms: tuple[str, ...], offers: Offers) -> Evidence:
    """The values of the only mentor of `offers` that cover each of `terms` best, in the order of `terms`."""
    held = offers.held[0]
    found: list[Value] = []
    for term in terms:
        near = closeness_to(term, offers.vocabulary)
        found += only_best([(near[value] * strength, place) for value, strength, place in held if value in near])
    return tuple(dict.fromkeys(found))


def only_best(scored: list[tuple[float, Value]]) -> Evidence:
    """The one value with the highest score above 0 (the first of equals), or none."""
    best = max(scored, key=lambda s: s[0], default=(0.0, Value("", "")))
    return (best[1],) if best[0] > 0 else ()


def place_bound(terms: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Whether one of the terms is a licence, which counts in its own state or country only."""
    return any(is_licence(t, vocabulary) for t in terms)
