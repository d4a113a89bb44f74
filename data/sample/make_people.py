"""Invents the people of a pool: `python data/sample/make_people.py --people 300 --seed 7 -o people.csv`.

Nobody in it exists. Shares follow the guide to profiles (README.md beside this file has the table); what goes with
what stands in `careers.py`, people written by hand in `handmade.py`. `writing.py` puts together what people write,
`filling_in.py` how they fill in a file. The same number of people and seed give the same bytes, everywhere.
"""

import argparse
import csv
import io
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

import careers  # noqa: E402
from drawing import deal, pick, several  # noqa: E402
from filling_in import HEADER, Typist  # noqa: E402
from handmade import CAST  # noqa: E402
from naming import Culture, ascii_name, ascii_word, read_names  # noqa: E402
from person import STAGES, Person  # noqa: E402
from writing import Writer, read_texts, size_of  # noqa: E402

from matcher.domain.vocabulary import Vocabulary, default_vocabulary  # noqa: E402

SMALLEST_WITH_CAST = 100


def read_goals() -> dict[str, tuple[float, dict[str, tuple[str, ...]]]]:
    """goal -> (how often, conditions) of `careers.GOALS`."""
    found = {}
    for line in careers.GOALS.strip().splitlines():
        words, *rest = line.split("|")
        goal, weight = words.split()
        marks = dict(mark.split("=") for part in rest for mark in part.split())
        found[goal] = (float(weight), {mark: tuple(values.split(",")) for mark, values in marks.items()})
    return found


class Maker:
    """Makes a pool step by step; every step reads only what earlier steps have set."""

    def __init__(self, people: int, seed: int, vocabulary: Vocabulary) -> None:
        self.random = Random(seed)
        self.number = people
        self.vocabulary = vocabulary
        self.texts = read_texts()
        self.cultures, self.awkward = read_names()
        self.goals = read_goals()
        self.people: list[Person] = []
        self.ranks: dict[str, list[int]] = {}

    def make(self) -> list[dict[str, str]]:
        """The rows of the pool, in the columns of HEADER."""
        self.gather()
        for step in (
            self.stages_and_roles,
            self.first_disciplines,
            self.more_disciplines,
            self.places,
            self.present_settings,
            self.more_settings,
            self.shifts,
            self.credentials,
            self.skills,
            self.name_them,
            self.languages,
            self.mentee_goals,
            self.seeking,
            self.helping,
            self.slots,
            self.formats,
            self.employers,
            self.capacities,
            self.statuses,
            self.constraints,
            self.avoiding,
            self.writing,
            self.referrals,
        ):
            step()
        self.addresses()
        return self.rows()

    @property
    def made(self) -> list[Person]:
        """Everybody but the cast."""
        return [p for p in self.people if p.given is None]

    def cast_values(self, column: str, first: bool = True) -> list[str]:
        """What the cast holds in a column, without prefixes."""
        found = [p.given.get(column, "") for p in self.people if p.given is not None]
        values = [[v.strip().partition(".")[2] or v.strip() for v in cell.split(";")] for cell in found]
        return [v[0] for v in values if v[0]] if first else [name for v in values for name in v]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    # -- who they are ----------------------------------------------------------------------------------------------

    def gather(self) -> None:
        """Empty people and the cast, mixed, with their ids."""
        given = [dict(row) for row in CAST] if self.number >= SMALLEST_WITH_CAST else []
        self.people = [Person(given=row) for row in given] + [Person() for _ in range(self.number - len(given))]
        self.random.shuffle(self.people)
        width = max(3, len(str(self.number)))
        for at, person in enumerate(self.people, 1):
            person.id = f"p{at:0{width}}"
            if person.given is not None:
                person.role = person.given["role"]

    def stages_and_roles(self) -> None:
        stages = deal(self.random, careers.STAGES, self.made, lambda p, s: 1, self.cast_values("stage"))
        for person, stage in zip(self.made, stages, strict=True):
            person.stage = stage
        roles = deal(
            self.random,
            careers.ROLES,
            self.made,
            lambda p, r: careers.ROLE_OF_STAGE[p.stage].get(r, 0),
            self.cast_values("role"),
        )
        for person, role in zip(self.made, roles, strict=True):
            person.role = role

    def first_disciplines(self) -> None:
        def fit(person: Person, discipline: str) -> float:
            mentor_only = 0.5 if discipline == "other_field" and person.role == "mentor" else 1
            return careers.DISCIPLINE_AT_STAGE.get(discipline, {}).get(person.stage, 1) * mentor_only

        found = deal(self.random, careers.DISCIPLINES, self.made, fit, self.cast_values("disciplines"))
        for person, discipline in zip(self.made, found, strict=True):
            person.disciplines = [discipline]

    def more_disciplines(self) -> None:
        """A second one for one in five, a third one now and then."""
        extra = deal(
            self.random,
            {"0": 80, "1": 18.5, "2": 1.5},
            self.made,
            lambda p, n: 1 if n == "0" else 0.4 if p.rank < 2 else 1.6 if p.disciplines[0] == "other_field" else 1,
        )
        for person, number in zip(self.made, extra, strict=True):
            first = person.disciplines[0]
            person.disciplines += several(self.random, careers.SECOND[first], int(number))

    def places(self) -> None:
        """Region, whether it is rural, and the time zone."""
        regions = deal(self.random, careers.COUNTRIES, self.made, lambda p, r: 1, self.cast_countries())
        american = [p for p, r in zip(self.made, regions, strict=True) if r == "US"]
        rural = deal(self.random, {"yes": 15, "no": 85}, american, lambda p, r: 1)
        is_rural = {p.id for p, r in zip(american, rural, strict=True) if r == "yes"}
        for person, region in zip(self.made, regions, strict=True):
            person.rural = person.id in is_rural or region in ("CA-NU", "CA-SK")
            person.region = region
            if region == "US":
                person.region = pick(self.random, careers.RURAL_STATES if person.rural else careers.STATES)
            person.timezone = self.timezone(person.region)

    def cast_countries(self) -> list[str]:
        return ["US" if r.startswith("US") else r for r in self.cast_values("region")]

    def timezone(self, region: str) -> str:
        """The usual zone, a neighbouring one, or nothing, as people answer."""
        usual = self.vocabulary[f"region.{region}"].timezone or ""
        if region in careers.OTHER_ZONES and self.chance(0.15):
            return careers.OTHER_ZONES[region]
        return "" if self.chance(0.05) else usual

    def present_settings(self) -> None:
        """How many places of work, and the present one."""
        shares = {"0": 7, "1": 38, "2": 30, "3": 15, "4": 6.5, "5": 2.5, "6": 1}
        likely = {
            "0": (30, 6, 0.4, 0.1, 0.05, 0.03, 0.03, 0.1),
            "1": (2, 3, 2, 1.2, 0.8, 0.5, 0.4, 0.4),
            "2": (0.3, 0.7, 1, 1.2, 1.2, 1, 0.8, 0.8),
            "3": (0.02, 0.1, 0.4, 0.9, 1.4, 1.6, 1.5, 1.5),
            "4": (0, 0, 0.1, 0.4, 1.2, 2, 2.5, 2),
            "5": (0, 0, 0, 0.1, 0.8, 2, 3, 3),
            "6": (0, 0, 0, 0, 0.5, 2, 4, 3),
        }
        taken = [str(len(cell.split(";"))) if cell else "0" for cell in self.cast_cells("settings")]
        counts = deal(self.random, shares, self.made, lambda p, n: likely[n][p.rank], taken)
        for person, count in zip(self.made, counts, strict=True):
            person.counts["settings"] = int(count)
        working = [p for p in self.made if p.counts["settings"]]
        found = deal(self.random, careers.SETTINGS, working, self.place_fit, self.cast_values("settings"))
        for person, setting in zip(working, found, strict=True):
            person.settings = [setting]

    def cast_cells(self, column: str) -> list[str]:
        return [p.given.get(column, "") for p in self.people if p.given is not None]

    @staticmethod
    def place_fit(person: Person, setting: str) -> float:
        """How likely this place of work is for somebody of these disciplines and this stage."""
        fit = careers.PLACES[person.disciplines[0]].get(setting, 0.01)
        if len(person.disciplines) > 1:
            fit += 0.4 * careers.PLACES[person.disciplines[1]].get(setting, 0)
        if setting in ("private_practice", "training_organisation", "government_policy", "crisis_negotiation_unit"):
            fit *= (0, 0, 0.02, 0.3, 1, 1.6, 2, 2)[person.rank]
        if setting == "telehealth":
            fit *= (0, 0, 0.2, 1, 1, 1, 1, 1)[person.rank]
        if setting == "rural_service":
            fit *= 20 if person.rural else 0.05
        if setting == "tribal_indigenous_services" and person.rural:
            fit *= 4
        if setting == "university_campus" and person.stage == "student":
            fit *= 3
        if setting in ("military_base", "veterans_services") and not person.region.startswith("US-"):
            fit *= 0.2
        return fit

    def more_settings(self) -> None:
        """Past places: neighbours of the present one that suit the disciplines; rural work for rural people."""
        for person in self.made:
            wanted = person.counts["settings"]
            if (
                person.settings
                and person.rural
                and wanted > 1
                and "rural_service" not in person.settings
                and self.chance(0.7)
            ):
                person.settings.append("rural_service")
            while person.settings and len(person.settings) < wanted:
                near = self.vocabulary.related(f"setting.{person.settings[0]}")
                weights = {}
                for setting in careers.SETTINGS:
                    if setting not in person.settings and setting != "rural_service":
                        weights[setting] = self.place_fit(person, setting) * (0.05 + near.get(f"setting.{setting}", 0))
                person.settings += several(self.random, weights, 1)

    def shifts(self) -> None:
        """Half of the people in lines and hospitals work nights or rotate, one in ten elsewhere."""
        for person in self.made:
            present = person.settings[0] if person.settings else ""
            often = 0.5 if present in careers.LINES_AND_SHIFTS else 0.1
            person.shift = bool(present) and person.stage != "emeritus" and self.chance(often)

    # -- what they bring -------------------------------------------------------------------------------------------

    def credentials(self) -> None:
        shares = {"0": 28, "1": 27, "2": 20, "3": 13, "4": 6.5, "5": 3.5, "6": 2}
        likely = {
            "0": (9, 4, 2, 0.7, 0.3, 0.2, 0.2, 0.3),
            "1": (1, 2, 2, 1.2, 0.8, 0.6, 0.5, 1),
            "2": (0.05, 0.4, 0.8, 1.3, 1.2, 1, 1, 1),
            "3": (0, 0.05, 0.2, 1, 1.5, 1.6, 1.5, 1),
            "4": (0, 0, 0.02, 0.4, 1.4, 2, 2, 1),
            "5": (0, 0, 0, 0.1, 1, 2.4, 2.4, 1),
            "6": (0, 0, 0, 0.05, 0.8, 2.5, 3, 1),
        }
        taken = [str(len(cell.split(";"))) if cell else "0" for cell in self.cast_cells("credentials")]
        counts = deal(self.random, shares, self.made, lambda p, n: likely[n][p.rank], taken)
        for person, count in zip(self.made, counts, strict=True):
            person.credentials = self.some_credentials(person, int(count))

    def some_credentials(self, person: Person, number: int) -> list[str]:
        """Credentials that go with disciplines, places, stage and country; one clinical licence at most."""
        weights = (
            dict(careers.SHORT_COURSES) if person.rank <= 2 else {k: 0.5 * w for k, w in careers.SHORT_COURSES.items()}
        )
        for at, discipline in enumerate(person.disciplines):
            for name, weight in careers.CREDENTIALS[discipline].items():
                weights[name] = weights.get(name, 0) + weight * (1, 0.25, 0.15)[at]
        for setting in person.settings:
            for name, weight in careers.CREDENTIALS_BY_PLACE.get(setting, {}).items():
                weights[name] = weights.get(name, 0) + weight
        self.only_possible(person, weights)
        found = several(self.random, weights, number + 3)
        licence = next((c for c in found if c in careers.CLINICAL_LICENCES), None)
        found = [c for c in found if c == licence or c not in careers.CLINICAL_LICENCES]
        if "approved_supervisor" in found and licence is None:
            found.remove("approved_supervisor")
        if licence in ("lcsw", "licensed_psychologist", "lpc", "lmft") and "lmsw" in found:
            found.remove("lmsw")
        if found[number:].count(str(licence)) and number:  # people name their licence first of all
            found = [str(licence), *(c for c in found if c != licence)]
        found = found[:number]
        return found if licence in found else [c for c in found if c != "approved_supervisor"]

    @staticmethod
    def only_possible(person: Person, weights: dict[str, float]) -> None:
        """Takes out what cannot be at this stage or in this country; registration instead of US licences elsewhere."""
        abroad = bool(person.region) and not person.region.startswith("US-")
        for name in list(weights):
            earliest = STAGES.index(careers.EARLIEST.get(name, "exploring"))
            if person.rank < earliest or (abroad and name in careers.ONLY_US):
                del weights[name]
            elif person.rank == earliest and earliest >= 3:
                weights[name] *= 0.12 if name in careers.CLINICAL_LICENCES else 0.5  # three years of hours come first
        if (
            abroad
            and person.rank >= 3
            and person.disciplines[0] in ("social_work", "psychology", "nursing", "counselling")
        ):
            weights["national_registration"] = 8
        if "other_field" == person.disciplines[0] or person.rank >= 4:
            weights.pop("bls_cpr", None) if person.disciplines[0] in (
                "social_work",
                "counselling",
                "psychology",
            ) else None

    def skills(self) -> None:
        shares = {
            "0": 8,
            "1": 5,
            "2": 9,
            "3": 14,
            "4": 16,
            "5": 14,
            "6": 9,
            "7": 8,
            "8": 5,
            "9": 4,
            "10": 3,
            "11": 2,
            "12": 1.5,
            "14": 1.5,
        }
        middle = (0.5, 2.2, 3, 4.5, 5.8, 7, 8, 7)

        def fit(person: Person, count: str) -> float:
            away = (int(count) - middle[person.rank]) / (2.2 if person.rank < 3 else 3)
            return float(2.718281828 ** (-away * away / 2)) + 0.02

        taken = [str(len(cell.split(";"))) if cell else "0" for cell in self.cast_cells("skills")]
        for person, count in zip(self.made, deal(self.random, shares, self.made, fit, taken), strict=True):
            core = self.core_skills(person)
            chosen = several(self.random, self.skill_weights(person, core), int(count))
            person.skills = {skill: self.level(person, skill in core) for skill in chosen}

    @staticmethod
    def core_skills(person: Person) -> dict[str, float]:
        """Skills of the places (the present one first) and the disciplines."""
        weights: dict[str, float] = {}
        sources = [(careers.SKILLS_BY_PLACE[s], 1 / (1 + at)) for at, s in enumerate(person.settings)]
        sources += [(careers.SKILLS_BY_DISCIPLINE[d], 0.8 / (1 + at)) for at, d in enumerate(person.disciplines)]
        for skills, share in sources:
            for skill, weight in skills.items():
                weights[skill] = weights.get(skill, 0) + weight * share
        return weights

    @staticmethod
    def skill_weights(person: Person, core: Mapping[str, float]) -> dict[str, float]:
        weights = dict(core)
        experience = (0, 0, 0.02, 0.15, 0.5, 1, 1.3, 1.2)[person.rank] * (1.5 if person.is_mentor else 0.7)
        licensed = any(c in careers.CLINICAL_LICENCES for c in person.credentials)
        for skill, weight in careers.SKILLS_OF_EXPERIENCE.items():
            weights[skill] = weights.get(skill, 0) + experience * weight
        if licensed and person.rank >= 4:
            weights["clinical_supervision"] = weights.get("clinical_supervision", 0) + 2.5 * experience
        for skill, weight in careers.SKILLS_OF_ANYBODY.items():
            weights[skill] = weights.get(skill, 0) + weight * (1 if person.rank < 2 else 0.25)
        if person.rural and person.rank >= 2:
            weights["rural_practice"] = weights.get("rural_practice", 0) + 1.5
        return weights

    def level(self, person: Person, core: bool) -> int:
        """1 to 4, rising with the stage and slower outside one's own field."""
        middle = (1.0, 1.3, 1.7, 2.4, 3.0, 3.4, 3.6, 3.7)[person.rank] + (0.25 if core else -0.4)
        noise = (self.random.random() + self.random.random() + self.random.random() - 1.5) * 1.2
        return max(1, min(round(middle + noise), (2, 2, 3, 4, 4, 4, 4, 4)[person.rank]))

    # -- names and languages ---------------------------------------------------------------------------------------

    def name_them(self) -> None:
        """Names by place; the awkward names of the guide once each, in the right country where there is one."""
        rest = list(self.made)
        for name, local, hint in self.awkward if self.number >= SMALLEST_WITH_CAST else ():
            home = [p for p in rest if hint and p.region == hint]
            person = (home or rest)[int(self.random.random() * len(home or rest))]
            person.name, person.email, person.culture = name, local, "awkward"
            rest.remove(person)
        taken = {p.name for p in self.people} | {p.given["name"] for p in self.people if p.given}
        for person in rest:
            cultures = careers.weighted(careers.CULTURES_OF.get(person.region, "")) or careers.CULTURES_US
            for _ in range(20):
                person.culture = pick(self.random, cultures)
                person.name, person.email = self.some_name(self.cultures[person.culture])
                if person.name not in taken:
                    break
            taken.add(person.name)

    def some_name(self, culture: Culture) -> tuple[str, str]:
        """A name in the order of its culture, and the local part of an address."""
        given, latin_given = culture.given[int(self.random.random() * len(culture.given))]
        family, latin_family = culture.family[int(self.random.random() * len(culture.family))]
        local = ".".join(filter(None, (ascii_word(latin_given), ascii_word(latin_family))))
        whole = {
            "gf": f"{given} {family}",
            "fg": f"{family} {given}",
            "fgx": f"{family}{given}",
            "g": given,
            "f,": f"{family}, {given}",
        }[culture.order]
        return whole, local

    def languages(self) -> None:
        """English for nearly all, Spanish 16 %, French 5 %, signs 1 %, every other language under 1 %."""
        for language, share in (("es", 16), ("fr", 5), ("ase", 1)):
            taken = ["yes" if f"lang.{language}" in cell else "no" for cell in self.cast_cells("languages")]
            found = deal(
                self.random,
                {"yes": share, "no": 100 - share},
                self.made,
                lambda p, yes, language=language: self.speaks(p, language) if yes == "yes" else 1,
                taken,
            )
            for person, yes in zip(self.made, found, strict=True):
                person.languages += [language] if yes == "yes" else []
        self.without_english()
        self.further_languages()

    @staticmethod
    def speaks(person: Person, language: str) -> float:
        own = careers.OWN_LANGUAGE.get(person.region) == language
        by_name = careers.LANGUAGE_OF_CULTURE.get(person.culture) == language
        return (40 if own else 1) * (8 if by_name else 1) * 0.3

    def without_english(self) -> None:
        """Three in a hundred have no English, where another language is at home."""
        at_home = [p for p in self.made if careers.OWN_LANGUAGE.get(p.region) in p.languages]
        only = {p.id for p in self.shuffled(at_home)[: round(0.025 * self.number)]}
        for person in self.made:
            if person.id not in only:
                own_first = careers.OWN_LANGUAGE.get(person.region) in person.languages
                person.languages.insert(1 if own_first else 0, "en")

    def shuffled(self, people: Sequence[Person]) -> list[Person]:
        found = list(people)
        self.random.shuffle(found)
        return found

    def further_languages(self) -> None:
        """Fills up to the numbers of languages that people have."""
        taken = [str(min(4, len(cell.split(";")))) for cell in self.cast_cells("languages")]
        counts = deal(
            self.random,
            {"1": 74, "2": 20, "3": 5, "4": 1},
            self.made,
            lambda p, n: 0 if int(n) < len(p.languages) else 0.08 ** (int(n) - len(p.languages)) * self.worldly(p),
            taken,
        )
        used = dict.fromkeys(careers.THIRD_LANGUAGES, 0)
        most = max(1, -(-self.number // 100) - 1)
        for person, count in zip(self.made, counts, strict=True):
            while len(person.languages) < int(count):
                weights = {
                    lang: weight * (40 if lang == careers.LANGUAGE_OF_CULTURE.get(person.culture) else 1)
                    for lang, weight in careers.THIRD_LANGUAGES.items()
                    if lang not in person.languages and used[lang] < most and lang != "ase"
                }
                found = several(self.random, weights, 1)
                if not found:
                    break
                used[found[0]] += 1
                person.languages += found

    @staticmethod
    def worldly(person: Person) -> float:
        return 1 if person.culture in ("anglo", "southern", "black_american") else 5

    # -- what they look for and can give ---------------------------------------------------------------------------

    def mentee_goals(self) -> None:
        seekers = [p for p in self.made if p.is_mentee]
        shares = {"0": 4, "1": 46, "2": 33, "3": 13, "4": 4}
        taken = [
            str(len(c.split(";"))) if c else "0"
            for c, r in zip(self.cast_cells("goals"), self.cast_cells("role"), strict=True)
            if r != "mentor"
        ]
        counts = deal(self.random, shares, seekers, lambda p, n: 2 if p.role == "both" and n == "1" else 1, taken)
        for person, count in zip(seekers, counts, strict=True):
            person.goals = several(self.random, self.goal_weights(person), int(count))
            self.not_yet_able(person)

    def goal_weights(self, person: Person) -> dict[str, float]:
        return {g: w for g in self.goals if (w := self.goal_weight(person, g)) > 0}

    def goal_weight(self, person: Person, goal: str) -> float:
        """How likely somebody has this goal: stage, discipline, place, and not what they already have."""
        weight, conditions = self.goals[goal]
        ranks = self.ranks_of(goal)
        away = min((abs(person.rank - r) for r in ranks), default=0)
        weight *= 1 if away == 0 else 0.04 if away == 1 and person.rank > 1 else 0
        if person.stage in ("leader", "emeritus") and max(ranks, default=0) >= 5:
            weight = self.goals[goal][0] * 0.5
        if "d" in conditions:
            weight *= (
                1.6
                if person.disciplines[0] in conditions["d"]
                else 0.3
                if set(person.disciplines) & set(conditions["d"])
                else 0
            )
        if "p" in conditions:
            fits = bool(person.settings) and (conditions["p"] == ("any",) or person.settings[0] in conditions["p"])
            weight *= fits
        if "k" in conditions:
            weight *= person.shift if conditions["k"] == ("shift",) else person.rural
        if set(conditions.get("not", ())) & {*person.settings, *person.credentials}:
            weight = 0
        if goal.startswith("licence_") and goal != "licence_ems" and not person.region.startswith("US-"):
            weight = 0
        if goal == "foreign_qualification":
            weight *= 1 if person.culture in ("anglo", "southern", "black_american", "native") else 4
        return weight

    def ranks_of(self, goal: str) -> list[int]:
        """The stages at which people typically have a goal, as ranks."""
        if goal not in self.ranks:
            typical = self.vocabulary[f"goal.{goal}"].attributes.get("typical_stages", "")
            self.ranks[goal] = [STAGES.index(s.partition(".")[2]) for s in typical.split("|") if s]
        return self.ranks[goal]

    def not_yet_able(self, person: Person) -> None:
        """Nobody seeks help with what they can teach: essential skills of one's own goals are at most practised."""
        for goal in person.goals:
            offers = self.vocabulary[f"goal.{goal}"].offers
            for skill in offers.skills_essential if offers else ():
                bare = skill.partition(".")[2]
                if bare in person.skills and goal.startswith(
                    ("skill_", "first_", "cert_", "specialise_", "move_", "become_")
                ):
                    person.skills[bare] = min(person.skills[bare], 2)

    def seeking(self) -> None:
        """A third say which skills or places they look for, most of those from what their goals need."""
        for person in (p for p in self.made if p.is_mentee):
            offers = [o for g in person.goals if (o := self.vocabulary[f"goal.{g}"].offers)]
            needed = {s.partition(".")[2]: 2.0 for o in offers for s in o.skills_essential}
            needed.update({s.partition(".")[2]: 1.0 for o in offers for s in o.skills_helpful})
            needed = {s: w for s, w in needed.items() if person.skills.get(s, 0) < 3}
            if self.chance(0.36):
                person.seeks_skills = several(self.random, needed, 1 + int(self.random.random() * 3))
            elif not person.goals and self.chance(0.5):
                person.seeks_skills = several(self.random, careers.SKILLS_OF_ANYBODY, 1)
            wanted = {s.partition(".")[2]: 1.0 for o in offers for s in o.settings_any}
            moving = any(g.startswith(("move_", "first_hot", "volunteer", "internship")) for g in person.goals)
            if self.chance(0.65 if moving else 0.2):
                away = {s: w for s, w in wanted.items() if s not in person.settings or not moving}
                person.seeks_settings = several(self.random, away, 1 + int(self.random.random() * 2))

    def helping(self) -> None:
        """Six mentors in ten name goals they are glad to help with: those whose needs they meet."""
        for person in (p for p in self.made if p.is_mentor and self.chance(0.65)):
            weights = {}
            for goal in self.goals:
                if goal not in person.goals:
                    weights[goal] = self.can_help(person, goal)
            person.helps_with = several(self.random, {g: w for g, w in weights.items() if w >= 1}, self.some_number())

    def some_number(self) -> int:
        return int(pick(self.random, {"1": 22, "2": 30, "3": 26, "4": 12, "5": 6, "6": 4}))

    def can_help(self, person: Person, goal: str) -> float:
        """0 to 5: how much of what a goal needs somebody has; 0 below the stage it asks for."""
        offers = self.vocabulary[f"goal.{goal}"].offers
        if offers is None or (offers.min_stage and person.rank < STAGES.index(offers.min_stage.partition(".")[2])):
            return 0
        enough = 3 if person.rank > 3 else 2
        met = sum(person.skills.get(s.partition(".")[2], 0) >= enough for s in offers.skills_essential)
        essential = met / max(1, len(offers.skills_essential))
        place = any(s.partition(".")[2] in person.settings for s in offers.settings_any)
        holds = any(c.partition(".")[2] in person.credentials for c in offers.credentials_any)
        field_fits = any(d.partition(".")[2] in person.disciplines for d in offers.disciplines_any)
        if goal.startswith(("licence_", "cert_")) and not holds:
            return 0
        return 2 * essential + place + holds + 0.5 * field_fits if essential or (place and holds) else 0

    # -- when and how ----------------------------------------------------------------------------------------------

    def slots(self) -> None:
        shares = {"0": 6, "1": 22, "2": 34, "3": 22, "4": 9.5, "5": 4.5, "6": 2}
        taken = [str(len(cell.split(";"))) if cell else "0" for cell in self.cast_cells("slots")]
        counts = deal(self.random, shares, self.made, lambda p, n: 0.4 if p.shift and n == "0" else 1, taken)
        office = careers.weighted(
            "weekday_evening 9, weekday_afternoon 5, weekday_morning 4, weekend_day 4, weekend_evening 2, "
            "rotating 0.3, async_only 0.5, weekday_overnight 0.2"
        )
        roster = careers.weighted(
            "rotating 9, weekday_afternoon 3, weekday_overnight 3, weekend_overnight 2, weekday_morning 2, "
            "weekend_day 2, weekday_evening 1.5, weekend_evening 1.5, async_only 0.7"
        )
        free = careers.weighted("weekday_morning 6, weekday_afternoon 6, weekday_evening 2, weekend_day 1.5")
        order = [t.bare for t in self.vocabulary.terms("slots")]
        for person, count in zip(self.made, counts, strict=True):
            weights = roster if person.shift else free if person.stage == "emeritus" else office
            person.slots = sorted(several(self.random, weights, int(count)), key=order.index)

    def formats(self) -> None:
        for person in self.made:
            weights = careers.weighted(
                "video 8, phone 6, messaging 3.5, email 2.5, in_person 2, group_video 1, job_shadow 0.3, "
                "document_review 0.4"
            )
            if person.stage == "emeritus":
                weights.update(phone=20, video=2, messaging=0.3)
            if person.shift:
                weights.update(messaging=7, phone=7)
            if person.rural:
                weights.update(in_person=0.5, phone=9)
            if {"explore_role", "move_mobile_crisis", "cert_cit"} & set(person.goals):
                weights.update(job_shadow=2.5)
            if {"publish_research", "conference_talk", "win_grant", "get_masters"} & {
                *person.goals,
                *person.helps_with,
            }:
                weights.update(document_review=5)
            if person.slots == ["async_only"]:
                weights = {"messaging": 4.0, "email": 4.0, "document_review": 1.0}
            number = int(pick(self.random, {"0": 4, "1": 22, "2": 40, "3": 25, "4": 9}))
            order = [t.bare for t in self.vocabulary.terms("formats")]
            person.formats = sorted(several(self.random, weights, number), key=order.index)

    def employers(self) -> None:
        """A big employer of the region and kind of work where there is one, else a small invented one; or hidden."""
        for person in self.made:
            if (
                person.settings
                and person.stage != "emeritus"
                and person.settings[0] != "private_practice"
                and self.chance(0.74)
            ):
                person.employer = [self.some_employer(person, person.settings[0])]
                if (
                    person.disciplines[0] in ("nursing", "ems", "counselling")
                    and len(person.settings) > 1
                    and self.chance(0.08)
                ):
                    person.employer.append(self.some_employer(person, person.settings[1]))

    def some_employer(self, person: Person, setting: str) -> str:
        near = {}
        for at, (_, settings, regions) in enumerate(careers.BIG_EMPLOYERS):
            weight = careers.weighted(settings).get(setting, 0)
            here = person.region in regions.split() or (regions.split()[0] == "US" and person.region.startswith("US-"))
            if weight and here:
                near[str(at)] = weight
        if near and self.chance(0.6):
            spellings = careers.BIG_EMPLOYERS[int(pick(self.random, near))][0]
            return spellings[0] if self.chance(0.5) else spellings[int(self.random.random() * len(spellings))]
        place = careers.SMALL_PLACES[int(self.random.random() * len(careers.SMALL_PLACES))]
        kinds = careers.SMALL_KINDS[setting].split("|")
        return f"{place} {kinds[int(self.random.random() * len(kinds))]}"

    def capacities(self) -> None:
        mentors = [p for p in self.made if p.is_mentor]
        taken = [
            cell
            for cell, role in zip(self.cast_cells("capacity"), self.cast_cells("role"), strict=True)
            if role != "mentee"
        ]
        shares = {"0": 7, "1": 47, "2": 32, "3": 9, "4": 5}
        for person, places in zip(mentors, deal(self.random, shares, mentors, lambda p, n: 1, taken), strict=True):
            person.capacity = places

    def statuses(self) -> None:
        """Most are active; a few paused or not yet confirmed; some mentors without a place say they are full."""
        found = deal(
            self.random,
            {"active": 95, "paused": 2.5, "unconfirmed": 2.5},
            self.made,
            lambda p, s: 1,
            [p.given.get("status", "active") for p in self.people if p.given is not None],
        )
        for person, status in zip(self.made, found, strict=True):
            person.status = "full" if person.capacity == "0" and status == "active" and self.chance(0.6) else status

    def constraints(self) -> None:
        for person in self.made:
            found = []
            for name, share in self.constraint_shares(person).items():
                if self.chance(share):
                    found.append(name)
            if person.status == "paused":
                found.append("paused")
            person.constraints = found

    @staticmethod
    def constraint_shares(person: Person) -> dict[str, float]:
        english = "en" in person.languages
        clinical = person.disciplines[0] in ("social_work", "counselling", "psychology", "marriage_family_therapy")
        wary = person.disciplines[0] in ("peer_specialist", "victim_advocacy", "human_services")
        personal = bool({"prevent_burnout", "after_critical_incident", "return_after_break"} & set(person.goals))
        return {
            "no_same_employer": 0.65 if personal else 0.24 if person.employer else 0.1,
            "no_line_or_supervision_relation": 0.09,
            "no_clinical_supervision_offered": 0.28 if clinical else 0.1,
            "deidentified_cases_only": 0.5 if "case_consultation" in person.goals else 0.07,
            "same_language_required": 0.02 if english else 0.6,
            "night_friendly": 0.55 if person.shift else 0.03,
            "timezone_overlap": 0.05 if person.region.startswith("US-") else 0.15,
            "prefers_same_gender": 0.04 if person.is_mentee else 0,
            "prefers_shared_identity": 0.04 if person.is_mentee else 0,
            "accessible_format": 0.5 if "ase" in person.languages else 0.01,
            "anonymous_until_match": 0.05,
            "no_police_mentor": 0
            if person.disciplines[0] == "law_enforcement" or not person.is_mentee
            else 0.14
            if wary
            else 0.03,
        }

    def avoiding(self) -> None:
        """Former employers, a boss, a discipline."""
        ids = [p.id for p in self.people]
        by_employer: dict[str, list[str]] = {}
        for person in self.made:
            for name in person.employer:
                if person.rank >= 5:
                    by_employer.setdefault(name, []).append(person.id)
        for person in self.made:
            if "no_police_mentor" in person.constraints and self.chance(0.4):
                person.avoid.append("discipline.law_enforcement" if self.chance(0.5) else "law enforcement")
            if self.chance(0.06) and len(person.settings) > 1:
                person.avoid.append(self.some_employer(person, person.settings[1]))
            bosses = [b for name in person.employer for b in by_employer.get(name, []) if b != person.id]
            if bosses and person.rank < 5 and self.chance(0.3):
                person.avoid.append(bosses[int(self.random.random() * len(bosses))])
            elif self.chance(0.015):
                other = ids[int(self.random.random() * len(ids))]
                person.avoid += [other] if other != person.id else []

    def referrals(self) -> None:
        ways = (
            "a colleague",
            "state conference",
            "newsletter",
            "my supervisor",
            "poster in the break room",
            "union",
            "search",
        )
        ids = [p.id for p in self.people]
        for person in self.people:
            if self.chance(0.42):
                person.referred_by = ways[int(self.random.random() * len(ways))]
            elif self.chance(0.05):
                other = ids[int(self.random.random() * len(ids))]
                person.referred_by = other if other != person.id else ""

    # -- what they write -------------------------------------------------------------------------------------------

    def writing(self) -> None:
        writer = Writer(self.random, self.texts, self.vocabulary)
        for person in self.foreign_writers():
            person.text = writer.in_other_language(person, self.goals)
            person.writes = "" if not person.text else person.writes
        done = [p for p in self.made if p.writes != "en" and p.text]
        rest = [p for p in self.made if not (p.writes != "en" and p.text)]
        shares = {"empty": 12, "short": 15, "medium": 42, "long": 23, "longer": 7, "longest": 1}
        taken = [size_of(p.text) for p in done] + [size_of(cell) for cell in self.cast_cells("text")]
        likely = {"longer": (1.2, 1.2, 1, 1, 1, 1, 1, 0.6), "longest": (0.2, 1, 1, 1, 1, 1, 1, 0.5)}
        sizes = deal(self.random, shares, rest, lambda p, s: likely.get(s, (1,) * 8)[p.rank], taken)
        for person, size in zip(rest, sizes, strict=True):
            person.text = writer.write(person, size)

    def foreign_writers(self) -> list[Person]:
        """Five in a hundred write no English: those without English first, then others of such a home."""
        wanted = round(0.05 * self.number) - (1 if self.number >= SMALLEST_WITH_CAST else 0)
        home = {p.id: careers.OWN_LANGUAGE.get(p.region, "") for p in self.made}
        able = [
            p
            for p in self.shuffled(self.made)
            if {"es", "fr", "pt", "de"} & {*p.languages, *([home[p.id]] if home[p.id] == "pt" else [])}
        ]
        able.sort(key=lambda p: (("en" in p.languages), home[p.id] not in p.languages))
        for person in able[:wanted]:
            choices = [x for x in (home[person.id], *person.languages) if x in ("es", "fr", "pt", "de")]
            person.writes = choices[0]
        return able[:wanted]

    # -- rows ------------------------------------------------------------------------------------------------------

    def addresses(self) -> None:
        """Addresses of example.org and example.com, which are reserved and reach nobody; each once."""
        hosts = (
            "mail.example.org",
            "post.example.com",
            "inbox.example.org",
            "home.example.com",
            "example.org",
            "example.com",
        )
        used: dict[str, int] = {}
        for person in self.people:
            local = (
                person.email
                or (person.given or {}).get("email", "")
                or ascii_name((person.given or {}).get("name", ""))
            )
            used[local] = used.get(local, 0) + 1
            number = "" if used[local] == 1 else str(used[local])
            person.email = f"{local or person.id}{number}@{hosts[int(self.random.random() * len(hosts))]}"

    def rows(self) -> list[dict[str, str]]:
        """Every person as a row; one made person in ten types other words than ids, a few type unknown ones."""
        rows = []
        loose = {p.id for p in self.shuffled(self.made)[: round(0.1 * self.number)]}
        strange = {p.id for p in self.shuffled(self.made)[: round(0.03 * self.number)]}
        expired = self.some_expired()
        typist = Typist(self.random, self.vocabulary)
        for person in self.people:
            row = typist.row_of_cast(person) if person.given is not None else typist.row(person)
            if person.id in expired:
                row["credentials"] = typist.with_expiry(row["credentials"])
            if person.id in loose:
                typist.in_other_words(row)
            if person.id in strange:
                typist.add_unknown(row)
            rows.append({column: row.get(column, "") for column in HEADER})
        return rows

    def some_expired(self) -> set[str]:
        """One credential in fifteen has expired, mostly with experienced people."""
        holders = [p for p in self.shuffled(self.made) if p.rank >= 4 and set(p.credentials) - set(careers.DEGREES)]
        total = sum(len(p.credentials) for p in self.made)
        return {p.id for p in holders[: round(total / 15)]}


# -- the command -----------------------------------------------------------------------------------------------------


def make_people(people: int = 300, seed: int = 7, vocabulary: Vocabulary | None = None) -> list[dict[str, str]]:
    """The rows of a pool of invented people, in the columns of HEADER."""
    return Maker(people, seed, vocabulary or default_vocabulary()).make()


def as_csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    """Rows as the bytes of a CSV file in UTF-8."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def main() -> None:
    """Reads the command line and writes the file, whole or not at all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=300, help="how many (300)")
    parser.add_argument("--seed", type=int, default=7, help="another number, other people (7)")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "people.csv", help="the CSV file to write")
    options = parser.parse_args()
    unfinished = options.output.with_name(options.output.name + ".part")
    unfinished.write_bytes(as_csv(make_people(options.people, options.seed)))
    os.replace(unfinished, options.output)


if __name__ == "__main__":
    main()
