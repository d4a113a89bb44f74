"""Many skills rated with numbers on whatever scale, by names that the vocabulary lacks: compared as numbers.

Ratings of a skill are standardised by the mentors' mean and spread, since everybody rates some skills high, and centred
for each person, since some rate everything high; two people are as alike as the cosine of what is left (Pearson's
correlation of standardised ratings), skills that one of them did not rate counting as average.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

from matcher.domain.profiles import Profile
from matcher.domain.spelling import key

MANY = 5  # whoever rates fewer skills than this states what they can, not a profile of numbers


@lru_cache(maxsize=8192)
def ratings_of(profile: Profile) -> Mapping[str, float]:
    """The number for each skill that a profile rates, by the comparable form of its name; empty if they are few."""
    found = {}
    for value in profile.unknown.get("skills", ()):
        name, number = rated(value)
        if number is not None and key(name):
            found[key(name)] = number
    return found if len(found) >= MANY else {}


def rated(value: str) -> tuple[str, float | None]:
    """("pottery", 3.5) of "pottery=3.5"; the number is None when there is none."""
    name, sign, number = value.rpartition("=")
    try:
        found = float(number) if sign else float("nan")
    except ValueError:
        found = float("nan")
    return (name.strip(), found) if abs(found) < 1e9 else (value, None)


@dataclass(frozen=True, slots=True)
class RatingScale:
    """How the mentors of a pool rate each skill: the ratings themselves, by skill and in their order."""

    by_skill: Mapping[str, tuple[float, ...]]

    @classmethod
    def of(cls, mentors: Iterable[Profile]) -> "RatingScale":
        """The scale of some mentors."""
        found: dict[str, list[float]] = {}
        for mentor in mentors:
            for skill, number in ratings_of(mentor).items():
                found.setdefault(skill, []).append(number)
        return cls({skill: tuple(sorted(numbers)) for skill, numbers in found.items()})

    def instead(self, before: Profile, after: Profile) -> "RatingScale":
        """The scale where the mentor `before` rates as `after` does."""
        was, now = ratings_of(before), ratings_of(after)
        by_skill = dict(self.by_skill)
        for skill in sorted(s for s in was.keys() | now.keys() if was.get(s) != now.get(s)):
            numbers = list(by_skill.get(skill, ()))
            if skill in was:
                numbers.remove(was[skill])
            by_skill[skill] = tuple(sorted([*numbers, *([now[skill]] if skill in now else [])]))
        return RatingScale(by_skill)

    def standardised(self, ratings: Mapping[str, float]) -> dict[str, float]:
        """Ratings as a vector of mean 0 and length 1, by skill; empty where they tell nothing."""
        scaled = {}
        for skill, number in ratings.items():
            mean, spread = _mean_and_spread(self.by_skill.get(skill, ()))
            if spread > 0:
                scaled[skill] = (number - mean) / spread
        middle = sum(scaled.values()) / max(len(scaled), 1)
        centred = {skill: value - middle for skill, value in scaled.items()}
        length = sqrt(sum(value * value for value in centred.values()))
        return {skill: value / length for skill, value in centred.items()} if length > 1e-9 else {}


@lru_cache(maxsize=65_536)
def _mean_and_spread(numbers: tuple[float, ...]) -> tuple[float, float]:
    """Mean and standard deviation; 0 spread for fewer than two numbers, or equal ones."""
    if len(numbers) < 2 or numbers[0] == numbers[-1]:
        return 0.0, 0.0
    mean = sum(numbers) / len(numbers)
    return mean, sqrt(sum((number - mean) ** 2 for number in numbers) / len(numbers))
