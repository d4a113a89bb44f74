"""The sample pool: made by its script, read without a problem, spread as the guide to profiles says."""

import csv
import importlib.util
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pytest

from matcher.domain.profiles import COLUMNS, Profile
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.files.reading import ProfileFile, read_profiles

SAMPLE = Path(__file__).parent.parent / "data" / "sample"
REMAKE = "make it again: python data/sample/make_people.py --people 300 --seed 7 -o data/sample/people.csv"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """make_people.py as a module."""
    spec = importlib.util.spec_from_file_location("make_people", SAMPLE / "make_people.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_people"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def read() -> ProfileFile:
    return read_profiles(SAMPLE / "people.csv")


@pytest.fixture(scope="module")
def people(read: ProfileFile) -> list[Profile]:
    return read.profiles


def percent(values: Iterable[object]) -> dict[object, float]:
    counted = Counter(values)
    return {value: 100 * count / counted.total() for value, count in counted.items()}


def near(shares: dict[object, float], aims: dict[str, float], prefix: str = "", within: float = 2.5) -> None:
    for name, aim in aims.items():
        assert shares.get(prefix + name, 0) == pytest.approx(aim, abs=within), name


def test_the_script_makes_people_csv_byte_for_byte(script: ModuleType) -> None:
    assert script.as_csv(script.make_people(300, 7)) == (SAMPLE / "people.csv").read_bytes(), REMAKE


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_the_order_of_sets_does_not_matter(hash_seed: str, tmp_path: Path) -> None:
    command = [sys.executable, str(SAMPLE / "make_people.py"), "--people", "120", "-o", str(tmp_path / "people.csv")]
    subprocess.run(command, check=True, env={"PYTHONHASHSEED": hash_seed, "PATH": ""})
    expected = tmp_path / "expected.csv"
    command[-1] = str(expected)
    subprocess.run(command, check=True, env={"PYTHONHASHSEED": "1", "PATH": ""})
    assert (tmp_path / "people.csv").read_bytes() == expected.read_bytes()


def test_another_seed_makes_other_people(script: ModuleType) -> None:
    assert script.make_people(60, 1) != script.make_people(60, 2)


@pytest.mark.parametrize("number", [0, 1, 2, 37, 100])
def test_pools_of_any_size_can_be_made(script: ModuleType, number: int) -> None:
    rows = script.make_people(number, 3)
    assert len(rows) == number
    assert len({row["id"] for row in rows}) == number


def test_every_row_is_read_without_a_problem(read: ProfileFile) -> None:
    assert read.problems == []
    assert len(read.profiles) == 300
    assert len({p.id for p in read.profiles}) == 300


def test_the_columns_are_those_of_a_profiles_file_with_one_extra() -> None:
    header = (SAMPLE / "people.csv").read_text(encoding="utf-8").partition("\n")[0].split(",")
    assert header == [*COLUMNS, "status", "referred_by"]


def test_a_few_values_are_unknown_and_most_of_them_are_expired_credentials(read: ProfileFile) -> None:
    expired = sum(n for (_, value), n in read.unknown.items() if re.search("expired|lapsed", value))
    assert 20 <= expired <= 45
    assert 5 <= read.unknown.total() - expired <= 20


def test_one_row_in_ten_is_typed_in_other_words_than_ids() -> None:
    with (SAMPLE / "people.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    loose = [r for r in rows if r["disciplines"] and not r["disciplines"].startswith("discipline.")]
    assert 20 <= len(loose) <= 40


def test_roles_and_stages_are_spread_as_in_the_guide(people: list[Profile]) -> None:
    near(percent(p.role.value for p in people), {"mentee": 55, "mentor": 25, "both": 20}, within=1)
    aims = {
        "exploring": 6,
        "student": 14,
        "trainee": 16,
        "early": 22,
        "mid": 20,
        "senior": 13,
        "leader": 6,
        "emeritus": 3,
    }
    near(percent(p.stage for p in people), aims, "stage.", within=1)
    learners = [p for p in people if p.stage in ("stage.exploring", "stage.student", "stage.trainee")]
    assert sum(p.role.value == "mentee" for p in learners) > 0.85 * len(learners)
    seniors = [p for p in people if p.stage in ("stage.senior", "stage.leader", "stage.emeritus")]
    assert sum(p.role.is_mentor for p in seniors) > 0.7 * len(seniors)


def test_disciplines_and_places_of_work_are_spread_as_in_the_guide(
    people: list[Profile], vocabulary: Vocabulary
) -> None:
    first = percent(p.disciplines[0] for p in people if p.disciplines)
    aims = {"social_work": 20, "counselling": 17, "nursing": 8, "psychology": 8, "law_enforcement": 6, "dispatch": 4}
    near(first, {**aims, "other_field": 8.3, "crisis_volunteer": 8, "peer_specialist": 6}, "discipline.")
    assert sum(len(p.disciplines) > 1 for p in people) / 300 == pytest.approx(0.2, abs=0.03)
    groups = percent(vocabulary[p.settings[0]].parent for p in people if p.settings)
    aims = {"contact": 25, "respond": 18, "place": 17, "ongoing": 14, "education": 7, "protection": 7, "justice": 4}
    near(groups, {**aims, "community": 4, "military_humanitarian": 4}, "setting_group.")


def test_profiles_are_as_full_as_in_the_guide(people: list[Profile]) -> None:
    def spread(counts: Iterable[int], aims: dict[range, float]) -> None:
        found = Counter(counts)
        for numbers, aim in aims.items():
            share = 100 * sum(found[n] for n in numbers) / found.total()
            assert share == pytest.approx(aim, abs=2.5), numbers

    one, two, three = range(1, 2), range(2, 3), range(3, 4)
    none, some, many, most = range(1), range(4, 6), range(6, 10), range(10, 60)
    spread((len(p.settings) for p in people), {none: 7, one: 38, two: 30, three: 15, some: 9, many: 1})
    spread((len(p.skills) for p in people), {none: 8, one: 5, two: 9, three: 14, some: 30, many: 26, most: 8})
    spread((len(p.goals) for p in people if p.role.is_mentee), {none: 4, one: 46, two: 33, three: 13, some: 4})
    spread((len(p.languages) for p in people), {one: 74, two: 20, three: 5, some: 1})
    spread((len(p.slots) for p in people), {none: 6, one: 22, two: 34, three: 22, some: 14, many: 2})
    held = (len(p.credentials) + len(p.unknown.get("credentials", ())) for p in people)
    spread(held, {none: 28, one: 27, two: 20, three: 13, some: 10, many: 2})
    lengths = {range(1): 12, range(1, 41): 15, range(41, 161): 42, range(161, 501): 23, range(501, 2001): 7}
    spread((len(p.text) for p in people), lengths)
    assert 2_000 < max(len(p.text) for p in people) < 3_000


def test_languages_and_places_are_spread_as_in_the_guide(people: list[Profile]) -> None:
    spoken = Counter(language for p in people for language in p.languages)
    assert spoken["lang.es"] / 300 == pytest.approx(0.16, abs=0.02)
    assert spoken["lang.fr"] / 300 == pytest.approx(0.05, abs=0.02)
    assert all(count <= 4 for language, count in spoken.items() if language not in ("lang.en", "lang.es", "lang.fr"))
    countries = percent(p.region.removeprefix("region.")[:2] for p in people if p.region)
    near(countries, {"US": 78, "CA": 8})


def test_places_are_scarce_and_few_people_are_away(people: list[Profile]) -> None:
    mentors = [p for p in people if p.role.is_mentor]
    assert sum(p.capacity for p in mentors if p.status == "active") < sum(p.role.is_mentee for p in people)
    assert max(p.capacity for p in mentors) == 4
    statuses = percent(p.status for p in people)
    assert statuses["active"] > 90
    assert {"paused", "unconfirmed", "full"} <= set(statuses)


def test_licences_go_with_profession_stage_and_each_other(people: list[Profile]) -> None:
    licences = {
        "cred.lcsw": "discipline.social_work",
        "cred.lpc": "discipline.counselling",
        "cred.lmft": "discipline.marriage_family_therapy",
    }
    for person in people:
        held = [c for c in person.credentials if c in licences]
        assert len(held) <= 1, person.id
        for licence in held:
            assert licences[licence] in person.disciplines, person.id
            assert person.stage not in ("stage.exploring", "stage.student", "stage.trainee"), person.id
        if "cred.approved_supervisor" in person.credentials:
            assert {*held, "cred.licensed_psychologist", "cred.physician_psychiatrist"} & set(person.credentials), (
                person.id
            )


def test_levels_of_skills_rise_with_the_stage(people: list[Profile]) -> None:
    def mean(stage: str) -> float:
        levels = [
            x for p in people if p.stage == f"stage.{stage}" and len(p.skills) < 20 for x in p.skills.values() if x
        ]
        return sum(levels) / len(levels)

    stages = ("exploring", "trainee", "early", "mid", "senior")
    assert [mean(s) for s in stages] == sorted(mean(s) for s in stages)


def test_people_are_told_apart_and_write_their_own_texts(people: list[Profile]) -> None:
    assert len({p.email for p in people}) == 300
    assert all(re.search(r"@([a-z]+\.)?example\.(org|com)$", p.email) for p in people)
    names = Counter(p.name for p in people)
    assert [name for name, count in names.items() if count > 1] == ["José Altamirano"]
    longer = Counter(p.text for p in people if len(p.text) > 40)
    assert sum(count - 1 for count in longer.values()) <= 3


def test_colleagues_of_one_employer_are_in_the_pool_in_several_spellings(people: list[Profile]) -> None:
    lantern = Counter(e for p in people for e in p.employer if "lantern" in e.casefold())
    assert len(lantern) >= 3
    assert lantern.total() >= 10


def test_there_are_no_telephone_numbers_addresses_or_clients_details_in_texts(people: list[Profile]) -> None:
    for person in people:
        said = f"{person.text} {person.name} {' '.join(person.employer)} {' '.join(person.extra.values())}"
        assert not re.search(r"\d{3}[ .()-]*\d{3,}", said), person.id
        assert not re.search(r"@|https?:|www\.", said), person.id
        assert not re.search(r"\b(19|20)\d\d-\d\d-\d\d\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b", said), person.id


def test_handmade_people_refer_to_the_vocabulary_that_ships(script: ModuleType) -> None:
    vocabulary = default_vocabulary()
    for row in script.CAST:
        for column in ("goals", "settings", "skills", "constraints", "slots", "formats"):
            for value in filter(None, row.get(column, "").split("; ")):
                known = value.partition("=")[0] in vocabulary
                assert known or row.get("case") in (
                    "a list of keywords",
                    "one passage in every field",
                    "CRT, but which",
                )
