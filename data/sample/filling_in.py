"""How people fill in a file: ids for the most part, other words for the same things, a few that nobody knows."""

from collections.abc import Sequence
from random import Random

import careers
from drawing import pick
from person import Person
from writing import MONTHS

from matcher.domain.profiles import COLUMNS
from matcher.domain.vocabulary import Vocabulary

HEADER = (*COLUMNS, "status", "referred_by")
LISTS = {  # column -> kind; these may be typed in other words
    "disciplines": "disciplines",
    "settings": "settings",
    "credentials": "credentials",
    "languages": "languages",
    "slots": "slots",
    "formats": "formats",
    "goals": "goals",
    "seeks_skills": "skills",
    "seeks_settings": "settings",
    "helps_with": "goals",
    "skills": "skills",
}


class Typist:
    """Types people as rows."""

    def __init__(self, random: Random, vocabulary: Vocabulary) -> None:
        self.random = random
        self.vocabulary = vocabulary
        self.words: dict[tuple[str, str], list[str]] = {}

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def with_expiry(self, cell: str) -> str:
        """Marks one credential of a cell as expired, as people write it."""
        values = cell.split("; ")
        able = [at for at, value in enumerate(values) if not value.endswith(careers.DEGREES)]
        if not able:
            return cell
        at = able[-1] if self.chance(0.6) else able[0]
        values[at] += f" (expired {2016 + int(self.random.random() * 9)})" if self.chance(0.7) else " (lapsed)"
        return "; ".join(values)

    def row(self, person: Person) -> dict[str, str]:
        levels = not self.chance(0.1)
        skills = [
            f"skill.{s}={n}" if levels and not self.chance(0.03) else f"skill.{s}" for s, n in person.skills.items()
        ]
        return {
            "id": person.id,
            "role": person.role,
            "name": person.name,
            "email": person.email,
            "stage": f"stage.{person.stage}",
            "disciplines": ids("discipline", person.disciplines),
            "settings": ids("setting", person.settings),
            "skills": "; ".join(skills),
            "credentials": ids("cred", person.credentials),
            "languages": ids("lang", person.languages),
            "region": f"region.{person.region}",
            "timezone": person.timezone,
            "slots": ids("slot", person.slots),
            "formats": ids("format", person.formats),
            "constraints": ids("constraint", person.constraints),
            "employer": "; ".join(person.employer),
            "capacity": person.capacity,
            "goals": ids("goal", person.goals),
            "seeks_skills": ids("skill", person.seeks_skills),
            "seeks_settings": ids("setting", person.seeks_settings),
            "helps_with": ids("goal", person.helps_with),
            "avoid": "; ".join(person.avoid),
            "text": person.text,
            "status": person.status,
            "referred_by": person.referred_by,
        }

    def row_of_cast(self, person: Person) -> dict[str, str]:
        row = {k: v for k, v in (person.given or {}).items() if k in HEADER}
        if row.get("skills", "").startswith("*"):
            most = [t.id for t in self.vocabulary.terms("skills")][: int(row["skills"][1:])]
            row["skills"] = "; ".join(f"{skill}=4" for skill in most)
        row["text"] = row.get("text", "").replace("{month}", self.some_month())
        return {"status": "active", **row, "id": person.id, "email": person.email, "referred_by": person.referred_by}

    def some_month(self) -> str:
        return MONTHS[int(self.random.random() * 12)]

    def in_other_words(self, row: dict[str, str]) -> None:
        """Types the values of a row as strangers do: labels, synonyms, slips of the finger, Spanish; "|" between."""
        way = pick(self.random, {"label": 4, "synonym": 4, "typo": 3, "es": 2, "bare": 2})
        between = "|" if self.chance(0.3) else "; "
        for column, kind in LISTS.items():
            values = [v for v in row.get(column, "").split("; ") if v]
            row[column] = between.join(self.typed(value, kind, way) for value in values)
        region = self.vocabulary[row["region"]] if row["region"] else None
        if region is not None and self.chance(0.6):
            short = (region.label, region.id.removeprefix("region."), *region.abbreviations)
            choice = short[int(self.random.random() * len(short))]
            found = self.vocabulary.find(choice, "regions")
            row["region"] = choice if found is not None and found.id == region.id else region.id
        if way == "label":
            row["stage"] = self.vocabulary[row["stage"]].label

    def typed(self, value: str, kind: str, way: str) -> str:
        """One value in another spelling that still means the same term, keeping level and note."""
        name, level = (value.split("=") + [""])[:2]
        name, bracket, note = name.partition(" (")
        if name not in self.vocabulary or bracket:
            return value
        choices = self.spellings(name, kind, way)
        word = choices[int(self.random.random() * len(choices))] if choices else name
        return word + (f"={level}" if level else "")

    def spellings(self, term_id: str, kind: str, way: str) -> list[str]:
        """Spellings of one kind that the vocabulary still understands; labels where there are none."""
        if (term_id, way) not in self.words:
            term = self.vocabulary[term_id]
            tried = {
                "label": [term.label, term.label.lower()],
                "synonym": [*term.synonyms, *term.abbreviations],
                "typo": [slip(term.label)],
                "es": [term.label_in("es")],
                "bare": [term.bare, term.bare.replace("_", " ")],
            }[way]
            fine = [w for w in tried if not set(w) & set(";|=") and self.means(w, kind, term_id)]
            if not fine and self.means(term.label, kind, term_id):
                fine = [term.label]
            self.words[term_id, way] = fine
        return self.words[term_id, way]

    def means(self, word: str, kind: str, term_id: str) -> bool:
        found = self.vocabulary.find(word, kind)
        return found is not None and found.id == term_id

    def add_unknown(self, row: dict[str, str]) -> None:
        """One value the vocabulary does not have."""
        columns = [c for c in careers.NOT_IN_THE_VOCABULARY if c != "goals" or row["role"] != "mentor"]
        column = columns[int(self.random.random() * len(columns))]
        words = careers.NOT_IN_THE_VOCABULARY[column]
        between = "|" if "|" in row[column] else "; "
        row[column] = between.join(filter(None, (row[column], words[int(self.random.random() * len(words))])))


def ids(prefix: str, names: Sequence[str]) -> str:
    """ "a", "b" as "prefix.a; prefix.b"."""
    return "; ".join(f"{prefix}.{name}" for name in names)


def slip(label: str) -> str:
    """The label with two letters of its longest word swapped, as fingers do; the same slip every time."""
    words = label.split(" ")
    at = max(range(len(words)), key=lambda i: (len(words[i]), -i))
    word, middle = words[at], len(words[at]) // 2
    words[at] = word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :] if len(word) > 5 else word
    return " ".join(words)
