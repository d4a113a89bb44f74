"""The pool: affinities are exact sums, do not depend on order, and fall by what was stated."""

import csv
import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from random_people import people

from matcher.domain.profiles import Profile, Role, free_texts, to_answers
from matcher.domain.rules import Rule
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.engine.affinity import Explanation, Pool, TwiceInPool, scored_values, taken_out
from matcher.engine.weights import BLOCKS
from matcher.files.reading import read_profiles


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return default_vocabulary()


@pytest.fixture(scope="module")
def pool(vocabulary: Vocabulary) -> Pool:
    return Pool(people(60, vocabulary), vocabulary=vocabulary)


def test_every_affinity_is_the_sum_of_its_contributions(pool: Pool) -> None:
    for mentee in pool.mentees:
        for mentor in pool.mentors:
            found = pool.explain(mentee.id, mentor.id, without=False)
            assert abs(sum(part.amount for part in found.contributions) - found.affinity) < 1e-9


def test_the_blocks_sum_to_the_affinity(pool: Pool) -> None:
    assert pool.contributions_by_block.shape == (*pool.affinity.shape, len(BLOCKS))
    assert np.abs(pool.contributions_by_block.sum(axis=2) - pool.affinity).max() < 1e-9


def test_affinities_are_between_0_and_1(pool: Pool) -> None:
    assert pool.affinity.min() >= 0
    assert pool.affinity.max() <= 1


def test_a_seek_row_sums_to_1_where_there_is_no_text(pool: Pool) -> None:
    for row, mentee in enumerate(pool.mentees):
        if not mentee.text and not mentee.unknown:
            assert pool.seeks.row(row)[1].sum() == pytest.approx(1.0, abs=1e-12)


def test_the_order_of_the_input_does_not_matter(pool: Pool, vocabulary: Vocabulary) -> None:
    shuffled = people(60, vocabulary)
    random.Random(1).shuffle(shuffled)
    again = Pool(shuffled, vocabulary=vocabulary)
    assert [p.id for p in again.mentors] == [p.id for p in pool.mentors]
    assert np.array_equal(again.affinity, pool.affinity)
    assert np.array_equal(again.broken, pool.broken)


def test_taking_a_value_out_of_the_file_lowers_the_affinity_by_what_was_stated(
    vocabulary: Vocabulary, tmp_path: Path
) -> None:
    """The file is edited and everything is run again, for many random pairs and values."""
    rng = random.Random(5)
    everybody = people(40, vocabulary, seed=7)
    table = [to_answers(p) for p in everybody]
    pool = Pool(read_again(table, tmp_path, vocabulary), vocabulary=vocabulary)
    checked = 0
    for _ in range(60):
        mentee, mentor = rng.choice(pool.mentees), rng.choice(pool.mentors)
        if mentee.id == mentor.id:
            continue
        stated = pool.explain(mentee.id, mentor.id)
        assert set(stated.without) <= set(scored_values(mentor))
        moving = [place for place, drop in stated.without.items() if abs(drop) > 1e-6] or list(stated.without)
        for column, value in rng.sample(moving, min(2, len(moving))):
            edited = [row if row["id"] != mentor.id else cut(row, column, value) for row in table]
            rerun = Pool(read_again(edited, tmp_path, vocabulary), vocabulary=vocabulary)
            after = rerun.affinity[rerun.mentee_row[mentee.id], rerun.mentor_row[mentor.id]]
            assert abs(stated.affinity - after - stated.without[column, value]) < 1e-9
            checked += 1
    assert checked > 60


@pytest.mark.parametrize("seed", range(3))
def test_what_is_named_helps_by_what_is_stated(vocabulary: Vocabulary, seed: int) -> None:
    """Every value that a contribution names has a fall, none is negative, and a pool without the value agrees."""
    rng = random.Random(seed)
    everybody = people(50, vocabulary, seed=seed)
    pool = Pool(everybody, vocabulary=vocabulary)
    pairs = [(a, b) for a in pool.mentees for b in pool.mentors if a.id != b.id]
    named = 0
    for mentee, mentor in rng.sample(pairs, 40):
        told = pool.explain(mentee.id, mentor.id)
        assert abs(sum(part.amount for part in told.contributions) - told.affinity) < 1e-9
        places = {
            place
            for part in told.contributions
            for place in zip(part.has_from, part.has, strict=True)
            if place[0] != "text"
        }
        assert places <= told.without.keys()
        assert min(told.without.values(), default=0.0) >= 0
        named += len(places)
    for column, value in rng.sample(sorted(places), min(2, len(places))):
        without = [taken_out(p, column, value) if p.id == mentor.id else p for p in everybody]
        again = Pool(without, vocabulary=vocabulary)
        after = again.affinity[again.mentee_row[mentee.id], again.mentor_row[mentor.id]]
        assert abs(told.affinity - after - told.without[column, value]) < 1e-9
    assert named > 120


LISTS = ("disciplines", "settings", "credentials", "languages", "slots", "formats", "helps_with")


@pytest.mark.parametrize("column", [*LISTS, "skills"])
def test_whoever_can_do_one_thing_more_is_never_worse(vocabulary: Vocabulary, column: str) -> None:
    """A mentor with one value more beside the others, in one pool with a twin who lacks it."""
    rng = random.Random(11)
    kind = "goals" if column == "helps_with" else column
    terms = [term.id for term in vocabulary.terms(kind)]
    mentees = [replace(p, constraints=(), text="") for p in people(50, vocabulary, seed=3) if p.role is Role.MENTEE]
    mentors = [p for p in people(60, vocabulary, seed=4) if p.role is Role.MENTOR and getattr(p, column)]
    twins = [more(replace(p, id=f"{p.id} more"), column, rng.choice(terms)) for p in mentors]
    pool = Pool([*mentees, *(replace(p, id=f"{p.id} less") for p in mentors), *twins], vocabulary=vocabulary)
    less = [pool.mentor_row[f"{p.id} less"] for p in mentors]
    broad = [pool.mentor_row[twin.id] for twin in twins]
    assert len(mentors) > 10
    assert (pool.affinity[:, broad] >= pool.affinity[:, less] - 1e-12).all()


@pytest.mark.parametrize("column", ["languages", "formats"])
def test_a_mentee_open_to_one_way_more_is_no_worse_off(vocabulary: Vocabulary, column: str) -> None:
    rng = random.Random(12)
    terms = [term.id for term in vocabulary.terms(column)]
    mentors = [p for p in people(60, vocabulary, seed=4) if p.role is Role.MENTOR]
    mentees = [p for p in people(90, vocabulary, seed=5) if p.role is Role.MENTEE and getattr(p, column)]
    mentees = [replace(p, text="") for p in mentees]
    twins = [more(replace(p, id=f"{p.id} more"), column, rng.choice(terms)) for p in mentees]
    pool = Pool([*mentors, *(replace(p, id=f"{p.id} less") for p in mentees), *twins], vocabulary=vocabulary)
    less = [pool.mentee_row[f"{p.id} less"] for p in mentees]
    broad = [pool.mentee_row[twin.id] for twin in twins]
    assert len(mentees) > 10
    assert (pool.affinity[broad] >= pool.affinity[less] - 1e-12).all()


def test_a_field_that_is_not_wished_for_is_named_as_no_reason(vocabulary: Vocabulary) -> None:
    ada = Profile(id="ada", role=Role.MENTEE, goals=("goal.night_work",), text="No police please.")
    ben = Profile(id="ben", role=Role.MENTOR, disciplines=("discipline.law_enforcement", "discipline.nursing"))
    told = Pool([ada, ben], vocabulary=vocabulary).explain("ada", "ben")
    assert ("disciplines", "discipline.law_enforcement") not in told.without
    assert all("discipline.law_enforcement" not in part.has for part in told.contributions)


def more(person: Profile, column: str, value: str) -> Profile:
    """The person with one value more, in the last place."""
    held = getattr(person, column)
    if value in held:
        return person
    return replace(person, **{column: held | {value: None} if column == "skills" else (*held, value)})


def test_contributions_name_only_values_of_the_two_profiles(pool: Pool) -> None:
    for mentee, mentor in zip(pool.mentees, reversed(pool.mentors), strict=False):
        for part in pool.explain(mentee.id, mentor.id, without=False).contributions:
            for person, values in ((mentee, part.wants), (mentor, part.has)):
                typed = "\n".join(free_texts(person))
                assert all(value in values_of(person) or value in typed for value in values)


def test_an_explanation_survives_json(pool: Pool) -> None:
    found = pool.explain(pool.mentees[0].id, pool.mentors[1].id)
    assert Explanation.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_broader_mentor_is_never_worse(vocabulary: Vocabulary) -> None:
    """More skills, settings and credentials on top of the same ones take nothing away."""
    ada = Profile(id="ada", role=Role.MENTEE, goals=("goal.skill_suicide_risk",))
    own: dict[str, float | None] = {"skill.suicide_risk_assessment": 3}
    narrow = Profile(id="narrow", role=Role.MENTOR, capacity=1, skills=own)
    more = {term.id: 3.0 for term in vocabulary.terms("skills")[:30]}
    broad = Profile(id="broad", role=Role.MENTOR, capacity=1, skills=more | own)
    pool = Pool([ada, narrow, broad], vocabulary=vocabulary)
    assert pool.affinity[0, pool.mentor_row["broad"]] >= pool.affinity[0, pool.mentor_row["narrow"]]


def test_an_id_that_stands_for_two_people_is_refused(vocabulary: Vocabulary) -> None:
    twice = [Profile(id="ada", role=Role.MENTEE), Profile(id="ada", role=Role.MENTOR)]
    with pytest.raises(TwiceInPool, match="ada"):
        Pool(twice, vocabulary=vocabulary)


@pytest.mark.parametrize("roles", [(), (Role.MENTEE,), (Role.MENTOR,), (Role.BOTH,)])
def test_a_pool_of_nobody_or_of_one_side_is_a_pool(vocabulary: Vocabulary, roles: tuple[Role, ...]) -> None:
    pool = Pool([Profile(id=f"p{n}", role=role) for n, role in enumerate(roles)], vocabulary=vocabulary)
    assert pool.affinity.shape == (len(pool.mentees), len(pool.mentors))
    assert pool.eligible.shape == pool.affinity.shape


def test_barred_pairs_and_ignored_rules_change_the_mask(vocabulary: Vocabulary) -> None:
    ada = Profile(id="ada", role=Role.MENTEE, employer=("Larkmoor",))
    grace = Profile(id="grace", role=Role.MENTOR, capacity=1, employer=("Larkmoor",))
    barred = {("ada", "grace"): Rule.COOLING_DOWN}
    pool = Pool([ada, grace], vocabulary=vocabulary, barred=barred)
    assert pool.rules(0, 0) == (Rule.SAME_EMPLOYER, Rule.COOLING_DOWN)
    free = Pool([ada, grace], vocabulary=vocabulary, barred=barred, ignore=frozenset(pool.rules(0, 0)))
    assert free.eligible[0, 0]


def values_of(profile: Profile) -> list[str]:
    columns = ("goals", "seeks_skills", "seeks_settings", "constraints")
    listed = [value for column in columns for value in getattr(profile, column)]
    return listed + [value for _, value in scored_values(profile)]


def cut(row: dict[str, str], column: str, value: str) -> dict[str, str]:
    """The row of the file with one value taken out of a cell."""
    if row[column] == value:
        return row | {column: ""}
    cells = [cell.strip() for cell in row[column].split(";")]
    left = [cell for cell in cells if cell != value and not (column == "skills" and cell.startswith(f"{value}="))]
    assert len(left) == len(cells) - 1
    return row | {column: "; ".join(left)}


def read_again(rows: list[dict[str, str]], folder: Path, vocabulary: Vocabulary) -> list[Profile]:
    path = folder / "people.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        header = list(dict.fromkeys(column for row in rows for column in row))
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)
    return read_profiles(path, vocabulary=vocabulary).profiles


@pytest.mark.parametrize("seed", range(4))
def test_a_pool_joined_by_somebody_is_the_pool_of_all(seed):
    vocabulary = default_vocabulary()
    *others, last = sorted(people(60, vocabulary, seed=seed), key=lambda p: p.id)
    barred = {(others[0].id, others[1].id): Rule.FORBIDDEN}
    new = replace(last, id=f"p0003{seed}x", role=Role.MENTOR, goals=(), text="", unknown={}, capacity=1)
    joined = Pool(others, barred=barred).joined_by(new)
    whole = Pool([*others, new], barred=barred)
    assert [m.id for m in joined.mentors] == [m.id for m in whole.mentors]
    assert joined.mentor_row == whole.mentor_row
    assert np.allclose(joined.affinity, whole.affinity, rtol=0, atol=1e-12)
    assert (joined.broken == whole.broken).all()
    assert (joined.eligible == whole.eligible).all()
    assert joined.explain(joined.mentees[0].id, new.id) == whole.explain(joined.mentees[0].id, new.id)
    with pytest.raises(TwiceInPool):
        joined.joined_by(new)
