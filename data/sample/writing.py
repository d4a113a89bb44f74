"""What people write: texts put together from phrases that suit them, in four manners, with slips of the finger."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import careers
from drawing import pick
from person import Person

from matcher.domain.vocabulary import Vocabulary

TEXTS = Path(__file__).with_name("texts.txt")


@dataclass(eq=False)
class Phrase:
    """A text with what it is about and whom it suits."""

    about: tuple[str, ...]
    suits: dict[str, tuple[str, ...]]
    text: str
    used: int = 0

    def __post_init__(self) -> None:
        self.slots = re.findall(r"\{(\w+)\}", self.text)


def read_texts() -> dict[str, list[Phrase]]:
    """The sections of texts.txt; in section "other" the language comes first in `suits` under "lang"."""
    sections: dict[str, list[Phrase]] = {}
    name = ""
    for line in TEXTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[] ")
            sections[name] = []
        elif line.strip() and not line.startswith("#"):
            language = ""
            if name == "other":
                language, _, line = line.partition(" | ")
            about, suits, text = (part.strip() for part in line.split("|", 2))
            marks = dict(word.split("=") for word in suits.split())
            conditions = {mark: tuple(values.split(",")) for mark, values in marks.items()}
            if language:
                conditions["lang"] = (language.strip(),)
            sections[name].append(Phrase(tuple(about.split()), conditions, text))
    return sections


LENGTHS = {
    "empty": (0, 0),
    "short": (1, 40),
    "medium": (41, 160),
    "long": (161, 500),
    "longer": (501, 2_000),
    "longest": (2_001, 2_600),
}
YEARS = {"early": (2, 2), "mid": (4, 8), "senior": (9, 15), "leader": (17, 26), "emeritus": (28, 39)}
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
FOR_MENTORS = ("confidential", "phone", "video", "night", "spanish", "evening", "weekend", "in_person")


class Writer:
    """Puts texts together for people, spreading the phrases evenly."""

    def __init__(self, random: Random, texts: dict[str, list[Phrase]], vocabulary: Vocabulary) -> None:
        self.random = random
        self.texts = texts
        self.vocabulary = vocabulary
        self.facts: dict[str, str] = {}

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def write(self, person: Person, size: str) -> str:
        """A text of the wanted size in the person's own manner; "" when empty is wanted."""
        if size == "empty":
            return ""
        self.think_of(person)
        style = pick(self.random, {"plain": 46, "lower": 25, "phone": 19, "formal": 10})
        least, most = LENGTHS[size]
        text = ""
        for _ in range(60):
            phrases = self.compose(person, size)
            text = self.styled(self.joined(phrases, size), style)
            if least <= len(text) <= most:
                for phrase in self.last:
                    phrase.used += 1
                return text
        return cut(text, most)

    def in_other_language(self, person: Person, goals: Mapping[str, object]) -> str:
        """A text in the person's language, about a goal they have or (an early one) now get."""
        self.think_of(person)
        language = person.writes
        wanted = [p for p in self.texts["other"] if p.suits["lang"] == (language,) and self.suits(p, person)]
        if not person.is_mentee:
            fitting = [p for p in wanted if p.about == ("mentor",)]
        else:
            fitting = [p for p in wanted if set(p.about) & set(person.goals)] or [
                p for p in wanted if p.about == ("any",)
            ]
            by_stage = [p for p in wanted if p.about[0] in goals and self.typical(p.about[0], person)]
            fitting += [p for p in by_stage if p not in fitting and p.used == 0]
        chosen = self.choose(fitting)
        if chosen is None:
            return ""
        chosen.used += 1
        if chosen.about[0] in goals and chosen.about[0] not in person.goals:
            person.goals = [chosen.about[0], *person.goals][: max(1, len(person.goals))]
        return chosen.text

    def typical(self, goal: str, person: Person) -> bool:
        return f"stage.{person.stage}" in self.vocabulary[f"goal.{goal}"].attributes.get("typical_stages", "").split(
            "|"
        )

    # -- putting together ----------------------------------------------------------------------------------------

    def compose(self, person: Person, size: str) -> list[str]:
        """Passages for one try; `self.last` holds the phrases they came from."""
        self.last: list[Phrase] = []
        self.told: set[str] = set()
        as_mentor = not person.is_mentee or (person.role == "both" and self.chance(0.35))
        if size == "short":
            return self.take(self.texts["short mentors" if as_mentor else "short"], person, about=not as_mentor)
        main = self.main_passage(person, as_mentor)
        if size == "medium":
            return [
                *(self.opener(person) if self.chance(0.2) else []),
                *main,
                *(self.ending(person) if self.chance(0.35) else []),
            ]
        opener = self.opener(person) if self.chance(0.75) else []
        other = self.main_passage(person, not as_mentor) if person.role == "both" and self.chance(0.7) else []
        more = self.main_passage(person, as_mentor) if not other and self.chance(0.6) else []
        ends = [*self.ending(person), *(self.ending(person) if self.chance(0.4) else [])]
        if size == "long":
            return without_doubles([*opener, *main, *more, *other, *ends])
        return without_doubles([*opener, *main, *self.story(person, as_mentor, size), *more, *other, *ends])

    def main_passage(self, person: Person, as_mentor: bool) -> list[str]:
        if as_mentor:
            return self.take(self.texts["mentors"], person, about=False)
        found = self.take(self.texts["goals"], person, about=True)
        return found or self.take(self.texts["short"], person, about=True)

    def story(self, person: Person, as_mentor: bool, size: str) -> list[str]:
        """Paragraphs, one of each kind or nearly; for the longest texts as many as it takes."""
        bank = self.texts["paragraphs mentor" if as_mentor else "paragraphs mentee"]
        kinds = list(dict.fromkeys(p.about[0] for p in bank))
        skip = set() if size == "longest" else {k for k in kinds if self.chance(0.3)}
        passages: list[str] = []
        for kind in (k for k in kinds if k not in skip):
            passages += self.take([p for p in bank if p.about[0] == kind], person, about=False)
        while size == "longest" and sum(map(len, passages)) < 1_950:
            found = self.take(bank, person, about=False)
            if not found:
                break
            passages += found
        return passages

    def opener(self, person: Person) -> list[str]:
        return self.take(self.texts["openers"], person, about=False)

    def ending(self, person: Person) -> list[str]:
        """A remark that is true of the person's constraints, formats or slots, or a plain one."""
        tags = self.tags(person)
        bank = [
            p
            for p in self.texts["endings"]
            if (p.about[0] in tags - self.told if p.about else person.is_mentee and "plain" not in self.told)
        ]
        strong = [
            p
            for p in bank
            if p.about
            and p.about[0] in ("supervision", "police", "employer", "gender", "identity", "access", "language")
        ]
        if self.chance(0.08):
            bank = self.texts["emoji"]
        elif strong and self.chance(0.7):
            bank = strong
        found = self.take(bank, person, about=False)
        self.told |= {"plain", *self.last[-1].about} if found else set()
        if "phone" in self.told or "video" in self.told:
            self.told |= {"phone", "video"}
        return found

    @staticmethod
    def tags(person: Person) -> set[str]:
        has = {*person.constraints, *person.formats, *person.slots}
        written = {"messaging", "email", "document_review"}
        tags = {
            "supervision": "no_clinical_supervision_offered" in has,
            "police": "no_police_mentor" in has,
            "employer": "no_same_employer" in has,
            "confidential": "deidentified_cases_only" in has,
            "night": "night_friendly" in has and person.shift,
            "async": bool(person.formats) and set(person.formats) <= written,
            "phone": "phone" in has and "video" not in has,
            "video": "video" in has,
            "document": "document_review" in has,
            "gender": "prefers_same_gender" in has,
            "identity": "prefers_shared_identity" in has,
            "access": "accessible_format" in has,
            "language": {"es", "en"} <= set(person.languages) and "same_language_required" in has,
            "spanish": person.languages[1:2] == ["es"],
            "evening": "weekday_evening" in has,
            "weekend": "weekend_day" in has,
            "zone": not person.region.startswith("US-"),
            "in_person": "in_person" in has,
        }
        return {tag for tag, true in tags.items() if true and (person.is_mentee or tag in FOR_MENTORS)}

    # -- choosing ------------------------------------------------------------------------------------------------

    def take(self, bank: Sequence[Phrase], person: Person, about: bool) -> list[str]:
        """One phrase of a bank, filled in; none when nothing suits."""
        fine = [p for p in bank if self.suits(p, person) and p not in self.last]
        if about:
            told = {goal for p in self.last for goal in p.about}
            fine = [p for p in fine if not told & set(p.about)]
            fine = [
                p for p in fine if person.goals and p.about[0] in person.goals and set(p.about) <= set(person.goals)
            ] or [p for p in fine if set(p.about) & set(person.goals)]
        chosen = self.choose(fine)
        if chosen is None:
            return []
        self.last.append(chosen)
        return [chosen.text.format(**self.facts)]

    def choose(self, phrases: Sequence[Phrase]) -> Phrase | None:
        """Rather what has more conditions and covers more, rather what has been used less."""
        if not phrases:
            return None
        weights = {
            str(at): (1 + 2 * len(p.suits)) * max(1, len(p.about)) / (1 + p.used) ** 4 for at, p in enumerate(phrases)
        }
        return phrases[int(pick(self.random, weights))]

    def suits(self, phrase: Phrase, person: Person) -> bool:
        """Whether all conditions hold and every place of the text can be filled in."""
        if phrase not in self.fits:
            fine = all(not self.marks[mark].isdisjoint(values) for mark, values in phrase.suits.items())
            self.fits[phrase] = fine and all(self.facts.get(slot) for slot in phrase.slots)
        return self.fits[phrase]

    def think_of(self, person: Person) -> None:
        """Prepares for one person: what can be filled in, and the marks that conditions ask for."""
        self.facts = self.facts_of(person)
        self.fits: dict[Phrase, bool] = {}
        self.marks = {
            "s": {person.stage},
            "d": set(person.disciplines[:1]),
            "p": set(person.settings[:2]),
            "l": set(person.languages),
            "h": set(person.helps_with),
            "k": {k for k, v in (("shift", person.shift), ("rural", person.rural)) if v},
            "lang": {person.writes},
        }

    def facts_of(self, person: Person) -> dict[str, str]:
        """What can be filled in for this person; "" what cannot."""
        between = YEARS.get(person.stage)
        at, team = careers.AT[person.settings[0]] if person.settings else ("", "")
        region = self.vocabulary[f"region.{person.region}"].label.partition(" (")[0]
        return {
            "years": str(between[0] + int(self.random.random() * (between[1] - between[0] + 1))) if between else "",
            "months": str(2 + int(self.random.random() * 7)) if person.stage == "trainee" else "",
            "at": at,
            "team": team,
            "state": region,
            "month": MONTHS[int(self.random.random() * 12)],
            "n": str(3 + int(self.random.random() * 7)),
        }

    # -- manner --------------------------------------------------------------------------------------------------

    def joined(self, passages: Sequence[str], size: str) -> str:
        """Passages as one text: with full stops, on lines of their own, or as paragraphs."""
        if size in ("longer", "longest") and self.chance(0.55):
            return "\n\n".join(passages)
        if len(passages) > 1 and self.chance(0.15):
            return "\n".join(passages)
        between = pick(self.random, {". ": 8, " - ": 1, " / ": 1})
        text = ""
        for passage in passages:
            pause = between if text and text[-1].isalnum() and passage[0].isascii() else " " if text else ""
            text += pause + passage
        return text

    def styled(self, text: str, style: str) -> str:
        if style == "lower":
            text = text.lower()
        elif style == "phone":
            text = on_a_phone(text.lower())
        elif style == "formal":
            text = text[:1].upper() + text[1:]
            text += "" if text.endswith((".", "?", "!", ")")) or not text[-1:].isalpha() else "."
        if self.chance(0.12):
            text = self.mistyped(text)
        return text

    def mistyped(self, text: str) -> str:
        """Two letters of one word swapped, or one lost."""
        words = list(re.finditer(r"\b[a-z]{5,}\b", text))
        if not words:
            return text
        word = words[int(self.random.random() * len(words))]
        at = word.start() + 1 + int(self.random.random() * (len(word[0]) - 3))
        if self.chance(0.5):
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        return text[:at] + text[at + 1 :]


PHONE = (
    ("with ", "w/ "),
    ("without ", "w/o "),
    ("because", "bc"),
    ("people", "ppl"),
    ("years", "yrs"),
    ("hours", "hrs"),
    ("about ", "abt "),
    ("please", "pls"),
    ("thanks", "thx"),
    ("n't", "nt"),
    ("i'm", "im"),
    ("i've", "ive"),
    ("i'd", "id"),
    ("it's", "its"),
    (" and ", " & "),
)


def on_a_phone(text: str) -> str:
    """The short spellings of thumbs, only as whole words."""
    for long, short in PHONE:
        text = re.sub(
            rf"(?<![a-z]){re.escape(long)}" if long[0].isalpha() and long != "n't" else re.escape(long), short, text
        )
    return text


def without_doubles(passages: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(passages))


def cut(text: str, most: int) -> str:
    """A text that came out too long, ended at a word."""
    return text if len(text) <= most else text[:most].rpartition(" ")[0]


def size_of(text: str) -> str:
    """The class of a text's length: empty, short, medium, long, longer, longest."""
    bounds = (("empty", 0), ("short", 40), ("medium", 160), ("long", 500), ("longer", 2_000))
    return next((name for name, most in bounds if len(text) <= most), "longest")
