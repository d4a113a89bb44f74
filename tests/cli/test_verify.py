"""`verify` with the profiles that a result was made of: what does not follow from them is refused by its name."""

import csv
import hashlib
import json
from pathlib import Path

import pytest

from matcher.cli import run

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "people.csv"


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Some of the sample people."""
    path = tmp_path_factory.mktemp("verify") / "people.csv"
    path.write_text("".join(SAMPLE.read_text("utf-8").splitlines(keepends=True)[:61]), "utf-8")
    return path


@pytest.fixture(scope="module")
def pairs(people):
    """Their pairs, with one kept apart by hand."""
    out = people.with_name("pairs.json")
    (people.with_name("apart.csv")).write_text("mentee_id,mentor_id\n" + ",".join(next(pair(people))) + "\n", "utf-8")
    asked = ["--suggestions", "2", "--forbid", str(people.with_name("apart.csv"))]
    assert run(["match", str(people), "-o", str(out), *asked]) == 0
    return out


def pair(people):
    """A mentee and a mentor of the file."""
    rows = list(csv.DictReader(people.read_text("utf-8").splitlines()))
    mentors = [row["id"] for row in rows if row["role"] == "mentor"]
    yield from ((row["id"], mentors[0]) for row in rows if row["role"] == "mentee")


@pytest.fixture(scope="module")
def groups(people):
    """Their groups."""
    out = people.with_name("groups.json")
    assert run(["groups", str(people), "-o", str(out), "--size", "3-4"]) == 0
    return out


def failed(people, path, change, capsys, *options):
    """The names of the claims that fail once a result is changed and has the digest that a forger would give it."""
    result = json.loads(path.read_text("utf-8"))
    before = json.dumps(result)
    change(result)
    assert json.dumps(result) != before
    said = json.dumps(result["inputs"], sort_keys=True, ensure_ascii=False)
    result["digest"] = hashlib.sha256(said.encode()).hexdigest()
    forged = path.with_name("forged.json")
    forged.write_text(json.dumps(result), "utf-8")
    capsys.readouterr()
    status = run(["verify", str(forged), "--profiles", str(people), "--json", *options])
    told = json.loads(capsys.readouterr().out)
    assert (status, told["valid"]) == ((1, False) if told["failed"] else (0, True))
    return {claim.split(":")[0] for claim in told["failed"]}


def first(result, name, *, cell):
    """Where the first cell of a matrix is, or is not, forbidden."""
    return next(
        (i, j)
        for i, row in enumerate(result[name])
        for j, value in enumerate(row)
        if i != j and (value is None) == (cell is None)
    )


def put(name, cell, value):
    """Puts a value where the first cell is, or is not, forbidden."""

    def change(result):
        i, j = first(result, name, cell=cell)
        result[name][i][j] = value(result[name][i][j])

    return change


def text(name):
    """Another reason for somebody who has none."""

    def change(result):
        result[name][next(iter(result[name]))] += " x"

    return change


CHANGED_PAIRS = {
    "affinity": put("affinity", 0.0, lambda x: x - 1e-6),
    "bound": put("affinity", None, lambda _: 0.0),
    "affinity  ": put("affinity", 0.0, lambda _: None),
    "capacity": lambda r: r["capacity"].__setitem__(0, r["capacity"][0] + 1),
    "mentees": lambda r: [r["mentees"].append("Z"), r["affinity"].append([None] * len(r["mentors"])),
                          r["need"].append(1), r["unmatched"].append("Z"), r["reasons_unmatched"].update(Z="none")],
    "reasons_unmatched": text("reasons_unmatched"),
    "inputs": lambda r: r["inputs"].update(people="0" * 64),
    "inputs ": lambda r: r["inputs"].update(vocabulary="0" * 64),
    "inputs  ": lambda r: r["inputs"].pop("people"),
    "inputs   ": lambda r: r["inputs"]["options"]["forbidden"].append([r["pairs"][0][0], r["pairs"][0][1]]),
}  # fmt: skip


@pytest.mark.parametrize("claim", CHANGED_PAIRS)
def test_pairs_that_do_not_follow_from_the_profiles(people, pairs, capsys, claim):
    assert claim.strip() in failed(people, pairs, CHANGED_PAIRS[claim], capsys)


CHANGED_GROUPS = {
    "affinity": put("affinity", 0.0, lambda _: None),
    "reasons_unplaced": text("reasons_unplaced"),
    "left_out": lambda r: [r["left_out"].append("Z"), r["reasons_unplaced"].update(Z="no goal")],
    "facilitators": lambda r: r["facilitators"].reverse(),
    "hours_utc": lambda r: r["hours_utc"][0].pop(),
    "languages": lambda r: r["languages"].__setitem__(0, ["xx", *r["languages"][0][1:]]),
    "needed": lambda r: r["needed"].update({"role x": list(r["people"])}),
    "format": lambda r: r["shared"].pop("language"),
    "shared": lambda r: r["shared"]["language"].__setitem__(0, "ffffffff"),
    "inputs": lambda r: r["inputs"].update(before=[[r["groups"][0][0], r["groups"][0][1]]]),
}


@pytest.mark.parametrize("claim", CHANGED_GROUPS)
def test_groups_that_do_not_follow_from_the_profiles(people, groups, capsys, claim):
    said = failed(people, groups, CHANGED_GROUPS[claim], capsys)
    assert claim.strip() in said


def test_what_follows_from_the_profiles_is_proved(people, pairs, groups, capsys):
    for path in (pairs, groups):
        capsys.readouterr()
        assert run(["verify", str(path)]) == 0
        assert "not proved: that affinities, rules and reasons follow from the profiles" in capsys.readouterr().out
        assert run(["verify", str(path), "--profiles", str(people)]) == 0
        said = capsys.readouterr().out
        assert "\nproved: affinities, rules and reasons follow from the profiles\n" in said
        assert "--profiles" not in said


def test_other_weights_and_other_people_are_refused(people, pairs, tmp_path, capsys):
    (tmp_path / "weights.csv").write_text("block,weight\nskills,1\n", "utf-8")
    capsys.readouterr()
    assert run(["verify", str(pairs), "--profiles", str(people), "--weights", str(tmp_path / "weights.csv")]) == 1
    assert "failed: weights: it does not follow from the profiles\n" in capsys.readouterr().out
    assert run(["verify", str(pairs), "--profiles", str(SAMPLE)]) == 1
    assert "failed: inputs: these are not the people that the result was made of\n" in capsys.readouterr().out


def test_profiles_say_nothing_of_a_plain_matrix(people, tmp_path, capsys):
    (tmp_path / "matrix.csv").write_text(",G\nA,0.5\n", "utf-8")
    out = tmp_path / "pairs.json"
    assert run(["assign", str(tmp_path / "matrix.csv"), "-o", str(out)]) == 0
    assert run(["verify", str(out), "--profiles", str(people)]) == 2
    assert "this result is of a plain matrix" in capsys.readouterr().err
    assert run(["verify", str(out), "--weights", str(people)]) == 2


def test_groups_of_nobody_hold(tmp_path, capsys):
    people, out = tmp_path / "people.csv", tmp_path / "groups.json"
    people.write_text("id,role\nA,mentee\nB,mentor\n", "utf-8")
    assert run(["groups", str(people), "-o", str(out)]) == 0
    assert run(["verify", str(out), "--profiles", str(people)]) == 0
    assert "left_out" in failed(
        people, out, lambda r: r["left_out"].append("Z") or r["reasons_unplaced"].update(Z=""), capsys
    )
    assert "format" in failed(people, out, lambda r: r["inputs"].pop("roles"), capsys)


def test_groups_of_people_are_no_groups_of_a_matrix(groups, capsys):
    result = json.loads(groups.read_text("utf-8"))
    del result["inputs"]
    groups.with_name("forged.json").write_text(json.dumps(result), "utf-8")
    assert run(["verify", str(groups.with_name("forged.json"))]) == 1
    assert "failed: inputs: groups of people name what decides them\n" in capsys.readouterr().out
