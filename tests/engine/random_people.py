"""Random people of the installed vocabulary, the same for the same seed."""

import random

from matcher.domain.profiles import COLUMNS, Profile, Role
from matcher.domain.vocabulary import Vocabulary

EMPLOYERS = (
    "Larkmoor Crisis Centre",
    "Tamber Lifeline",
    "Quillan Fire District",
    "Ostrand Fire Authority",
    "Brisk & Co.",
)
REGIONS = ("region.US-OH", "region.US-TX", "region.US-CA", "region.CA-ON", "region.ES", "region.FR", "region.AU-NSW")
TEXTS = (
    "9 shifts in. still shaking before every first call of the night",
    "Want to move to a mobile team, what does a shift look like?",
    "Retired negotiator, lots of time, bad camera.",
    "Puedo orientar en español sobre urgencias.",
    "I read CVs for two centres, send me yours. No police please.",
    "safety plans that people actually keep on the fridge",
    "",
    "",
)
UNKNOWN = ("pottery=4", "grant juggling", "night knitting", "horse riding=2")


def people(count: int, vocabulary: Vocabulary, seed: int = 0) -> list[Profile]:
    """`count` people, about half of them mentees, a third mentors, the rest both."""
    rng = random.Random(seed)
    return [person(f"p{number:05d}", rng, vocabulary) for number in range(count)]


def person(person_id: str, rng: random.Random, vocabulary: Vocabulary) -> Profile:
    """One person with some of everything, or nothing of it."""

    def some(kind: str, most: int) -> tuple[str, ...]:
        ids = [term.id for term in vocabulary.terms(kind)]
        return tuple(dict.fromkeys(rng.choices(ids, k=rng.randint(0, most))))

    role = rng.choices((Role.MENTEE, Role.MENTOR, Role.BOTH), (5, 4, 2))[0]
    unknown = {column: (rng.choice(UNKNOWN),) for column in ("skills", "goals", "helps_with") if rng.random() < 0.1}
    languages = ("lang.en",) if rng.random() < 0.7 else tuple(rng.sample(("lang.en", "lang.es", "lang.fr"), 2))
    return Profile(
        id=person_id,
        role=role,
        email=f"{person_id}@example.org",
        stage=rng.choice([None, *(term.id for term in vocabulary.terms("stages"))]),
        disciplines=some("disciplines", 2),
        settings=some("settings", 3),
        skills={skill: rng.choice((None, 1.0, 2.0, 3.0, 4.0)) for skill in some("skills", 8)},
        credentials=some("credentials", 3),
        languages=languages,
        region=rng.choice([None, *REGIONS]),
        slots=some("slots", 3),
        formats=some("formats", 3),
        constraints=some("constraints", 1),
        employer=(rng.choice(EMPLOYERS),) if rng.random() < 0.5 else (),
        capacity=rng.randint(0, 3) if role.is_mentor else 0,
        goals=some("goals", 2) if role.is_mentee else (),
        seeks_skills=some("skills", 1) if role.is_mentee else (),
        seeks_settings=some("settings", 1) if role.is_mentee else (),
        helps_with=some("goals", 2) if role.is_mentor else (),
        text=rng.choice(TEXTS),
        unknown=unknown,
    )


assert set(Profile.__dataclass_fields__) >= set(COLUMNS) - {"timezone"}
