"""`match`, `rank`, `explain`, `groups`, as typed, on the sample people and on bad files."""

import csv
import io
import json
from pathlib import Path

import pytest

from matcher.cli import run
from matcher.files.reading import read_profiles

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "people.csv"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """The pairs of the sample people as CSV and as a result with its certificate."""
    folder = tmp_path_factory.mktemp("pairs")
    for suffix in ("csv", "json", "xlsx"):
        assert run(["match", str(SAMPLE), "-o", str(folder / f"pairs.{suffix}")]) == 0
    return folder


def test_every_mentee_has_a_pair_or_a_reason_and_nobody_is_overfull(pairs):
    people = {p.id: p for p in read_profiles(SAMPLE).profiles}
    rows = list(csv.DictReader((pairs / "pairs.csv").read_text("utf-8").splitlines()))
    assert {r["mentee_id"] for r in rows} == {p.id for p in people.values() if p.role.is_mentee}
    taken = [r["mentor_id"] for r in rows if r["mentor_id"]]
    assert all(taken.count(mentor) <= people[mentor].capacity for mentor in set(taken))
    assert all(r["reason_1"] for r in rows)


def test_the_result_is_verified_and_repeats_byte_for_byte(pairs, tmp_path, capsys):
    assert run(["verify", str(pairs / "pairs.json"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"valid": True, "failed": []}
    for suffix in ("csv", "json", "xlsx"):
        again = tmp_path / f"pairs.{suffix}"
        run(["match", str(SAMPLE), "-o", str(again)])
        assert again.read_bytes() == (pairs / again.name).read_bytes()


def changed(path, change, capsys):
    """What `verify` says of a result once it is changed, one claim a line."""
    result = json.loads(path.read_text("utf-8"))
    change(result)
    forged = path.with_name("forged.json")
    forged.write_text(json.dumps(result), "utf-8")
    capsys.readouterr()
    status = run(["verify", str(forged)])
    said = capsys.readouterr().out.splitlines()
    assert (status, all(line.startswith("failed: ") for line in said)) == (1, True), said
    return [line.removeprefix("failed: ") for line in said]


def test_verify_names_each_claim_that_was_changed_in_plain_numbers(pairs, capsys):
    def double(result):
        result["suggestions"] = [[*result["pairs"][0], 2]]

    changes = {
        "digest: stated 'f00'": lambda r: r.update(digest="f00"),
        "inputs: weights is {": lambda r: r["weights"].update(skills=r["weights"]["skills"] + 0.01),
        "weights: they must be 0 or more and sum to 1": lambda r: r["weights"].update(goals=-1.0),
        "digest: stated '": lambda r: r["inputs"].update(people="f00"),
        "inputs: objective is 'total' there and 'fair'": lambda r: r.update(objective="fair"),
        "suggestions: a pair stands twice": double,
        "reasons_unmatched: they are not": lambda r: r["reasons_unmatched"].popitem(),
        "affinity: ": lambda r: r["pairs"][0].__setitem__(2, 0.125),
    }
    for claim, change in changes.items():
        said = changed(pairs / "pairs.json", change, capsys)
        assert any(line.startswith(claim) for line in said), (claim, said)
        assert not any("np." in line for line in said)


def test_verify_holds_further_suggestions_to_the_places(tmp_path, capsys):
    rows = "A,mentee,0\nB,mentee,0\nG,mentor,1\nH,mentor,2\n"
    (tmp_path / "people.csv").write_text(f"id,role,capacity\n{rows}")
    out = tmp_path / "pairs.json"
    assert run(["match", str(tmp_path / "people.csv"), "-o", str(out), "--suggestions", "2"]) == 0
    assert run(["verify", str(out)]) == 0
    result = json.loads(out.read_text())
    [(mentee, taken)] = [(a, b) for a, b, _ in result["pairs"] if b == "G"]
    [other] = {"A", "B"} - {mentee}
    value = result["affinity"][result["mentees"].index(other)][result["mentors"].index(taken)]
    said = changed(out, lambda r: r["suggestions"].append([other, taken, value, 2]), capsys)
    assert said == ["suggestions: G is promised to 2 and has 1 places"]


def test_ranking_sums_to_the_affinity_and_names_rules(tmp_path):
    out = tmp_path / "ranking.csv"
    assert run(["rank", str(SAMPLE), "-o", str(out), "--top", "all"]) == 0
    for row in csv.DictReader(out.read_text("utf-8").splitlines()):
        parts = sum(float(value) for column, value in row.items() if column.startswith("contribution_"))
        assert abs(parts - float(row["affinity"])) <= 1e-9
        assert (row["eligible"] == "no") == bool(row["rule"])


def test_explain_says_everything_and_its_status_says_whether_rules_hold(pairs, capsys):
    rows = list(csv.DictReader((pairs / "pairs.csv").read_text("utf-8").splitlines()))
    pair = next(r for r in rows if r["mentor_id"])
    assert run(["explain", str(SAMPLE), pair["mentee_id"], pair["mentor_id"], "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert abs(sum(part["amount"] for part in told["contributions"]) - told["affinity"]) <= 1e-9
    assert run(["explain", str(SAMPLE), pair["mentee_id"], "nobody"]) == 2


def test_explain_names_hours_in_words(tmp_path, capsys):
    zone = "slot.weekday_evening,Europe/Madrid"
    (tmp_path / "people.csv").write_text(f"id,role,slots,timezone\nA,mentee,{zone}\nG,mentor,{zone}\n")
    assert run(["explain", str(tmp_path / "people.csv"), "A", "G"]) == 0
    assert (
        "availability:hours Mon-Fri 16-21 UTC (in July Mon-Fri 15-20): slot.weekday_evening" in capsys.readouterr().out
    )


def test_groups_are_written_and_verified(tmp_path, capsys):
    out = tmp_path / "groups.json"
    assert run(["groups", str(SAMPLE), "-o", str(out), "--kind", "study group", "--seconds", "0.3"]) == 0
    assert run(["verify", str(out)]) == 0
    assert changed(out, lambda r: r.update(seed=7), capsys) == ["inputs: seed is 0 there and 7 in the result"]
    assert changed(out, lambda r: r["left_out"].pop(), capsys)[0].startswith("reasons_unplaced: ")
    assert changed(out, lambda r: r["facilitators"].reverse(), capsys)[0].startswith("facilitators: ")
    assert run(["groups", str(SAMPLE), "--kind", "brass band"]) == 2
    assert "study_group" in capsys.readouterr().err


@pytest.mark.parametrize("kind", [[], ["--kind", "study group"]])
def test_everybody_has_a_row_in_a_group_or_with_the_reason(tmp_path, capsys, kind):
    out = tmp_path / "groups.csv"
    fours = ["--size", "4-4"]  # everybody is one too many for fours
    assert run(["groups", str(SAMPLE), *kind, *fours, "-o", str(out), "--seconds", "0.3", "--json"]) == 0
    rows = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    assert sorted(r["member_id"] for r in rows) == sorted(p.id for p in read_profiles(SAMPLE).profiles)
    left = [r for r in rows if not r["group_id"]]
    assert all(r["reason"] for r in left)
    places = [r["reason"] for r in left if r["reason"].startswith("no group of the wanted size")]
    assert places or kind
    assert all("; rules that bind (groups counted): " in reason for reason in places)
    summary = json.loads(capsys.readouterr().out)
    assert (summary["people"], summary["unplaced"]) == (len(rows), len(left))


def test_groups_offer_no_weights(capsys):
    """The value of a pair in a group is fixed; block weights are for pairs of mentee and mentor."""
    assert run(["groups", "--help"]) == 0
    assert "--weights" not in capsys.readouterr().out


BAD_FILES = {
    "empty": b"",
    "header only": b"id,role\n",
    "no role": b"id,name\nA,Ada\n",
    "utf-16": "id,role\nA,mentee\n".encode("utf-16"),
    "latin-1": "id,role,name\nA,mentee,Zo\u00eb\n".encode("latin-1"),
    "nul": b"id,role\nA\0,mentee\n",
    "long line": b"id,role,text\nA,mentee," + b"x" * 10_000_000 + b"\n",
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_said_plainly_and_nothing_is_written(name, tmp_path, capsys):
    path, out = tmp_path / "people.csv", tmp_path / "pairs.csv"
    path.write_bytes(BAD_FILES[name])
    assert run(["match", str(path), "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert 1 <= said.count("\n") <= 2
    assert "Traceback" not in said
    assert len(said) < 1000
    assert not out.exists()


def test_bad_rows_are_reported_and_the_rest_goes_on(tmp_path, capsys):
    path, out = tmp_path / "people.csv", tmp_path / "pairs.csv"
    path.write_text(
        "id,role,capacity,timezone,languages\nM,mentee,,,en\nG,mentor,1,Europe/Madrid,en\n"
        "G,mentor,1,,en\nX,mentor,-1,,en\nY,mentor,1,Mars/Olympus,en\n"
    )
    assert run(["match", str(path), "-o", str(out)]) == 0
    said = capsys.readouterr().err
    assert all(part in said for part in ("4", "5", "6", "-1", "Mars/Olympus"))
    assert out.exists()
    assert run(["match", str(path), "-o", str(tmp_path / "strict.csv"), "--strict"]) == 2
    assert not (tmp_path / "strict.csv").exists()


@pytest.mark.parametrize("path", [".", "no-such-file.csv"])
def test_a_directory_and_a_missing_file_are_one_line(path, capsys):
    assert run(["match", path]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_weights_are_a_coordinators_to_set(tmp_path, capsys):
    weights = tmp_path / "weights.json"
    weights.write_text('{"skills": 1}')
    out = tmp_path / "ranking.csv"
    assert run(["rank", str(SAMPLE), "-o", str(out), "--top", "1", "--weights", str(weights)]) == 0
    weights.write_text('{"charm": 1}')
    assert run(["rank", str(SAMPLE), "--weights", str(weights)]) == 2
    assert "charm" in capsys.readouterr().err


def test_match_says_what_each_pin_costs_and_whom_to_recruit(tmp_path, capsys):
    people, pin = tmp_path / "people.csv", tmp_path / "pins.csv"
    goal, skill = "goal.skill_deescalation", "skill.deescalation"
    people.write_text(
        "id,role,stage,languages,goals,skills,helps_with\n"
        f"A,mentee,trainee,en,{goal},,\nB,mentee,trainee,en,goal.specialise_grief,,\nC,mentee,trainee,es,{goal},,\n"
        f"G,mentor,senior,en,,{skill}=4,{goal}\nH,mentor,senior,en,,,goal.specialise_grief\n"
    )
    pin.write_text("mentee_id,mentor_id\nA,H\n")
    assert run(["match", str(people), "-o", str(tmp_path / "pairs.csv"), "--pin", str(pin), "--recruit"]) == 0
    said = [line.removeprefix("matcher: ") for line in capsys.readouterr().err.splitlines()]
    [cost] = [
        float(line.rpartition(" ")[2]) for line in said if line.startswith("the best pairs without the pin A, H ")
    ]
    totals = []
    for options in ([], ["--pin", str(pin)]):
        assert run(["match", str(people), "--json", *options]) == 0
        totals.append(json.loads(capsys.readouterr().out)["total"])
    assert cost == pytest.approx(totals[0] - totals[1], abs=1e-4)
    assert "1 of 1 pins cost something" in said
    assert not any("forbidden" in line for line in said)
    [best] = [line for line in said if line.startswith("  1. ")]
    assert best.startswith("  1. 1 more matched, total affinity +0.")
    assert "speaks: Spanish" in best


def test_match_says_what_a_forbidden_pair_costs(tmp_path, capsys):
    people, forbid = tmp_path / "people.csv", tmp_path / "forbid.csv"
    people.write_text("id,role\nA,mentee\nG,mentor\n")
    forbid.write_text("mentee_id,mentor_id\nA,G\n")
    assert run(["match", str(people), "-o", str(tmp_path / "pairs.csv"), "--forbid", str(forbid)]) == 0
    said = capsys.readouterr().err
    assert "the best pairs with the forbidden A, G would have 1 more matched, total affinity +" in said
    assert "1 of 1 forbidden pairs cost something" in said


def test_match_without_need_of_anybody_says_so(tmp_path, capsys):
    people = tmp_path / "people.csv"
    people.write_text("id,role\nG,mentor\n")
    assert run(["match", str(people), "-o", str(tmp_path / "pairs.csv"), "--recruit"]) == 0
    assert "no kind of mentor would add anything" in capsys.readouterr().err


def test_many_rated_skills_are_reported_as_numbers_and_others_as_words(tmp_path, capsys):
    people = tmp_path / "people.csv"
    rated = "; ".join(
        f"{skill}={n}" for n, skill in enumerate(("glazing", "throwing", "carving", "firing", "trimming"))
    )
    people.write_text(f"id,role,skills\na,mentee,{rated}\nb,mentor,{rated}; juggling\n", "utf-8")
    assert run(["match", str(people), "-o", str(tmp_path / "pairs.csv")]) == 0
    said = capsys.readouterr().err
    assert "compared as numbers: skills 'carving' (2 times), skills 'firing' (2 times), skills 'glazing' (2" in said
    assert "matched as words: skills 'juggling'\n" in said


def test_who_is_left_over_reads_why_in_the_language_of_the_reasons(tmp_path, capsys):
    people, result = tmp_path / "people.csv", tmp_path / "pairs.json"
    people.write_text(
        "id,role,languages,capacity\nA,mentee,en,\nB,mentee,en,\nD,mentee,zh,\nG,mentor,en,1\nH,mentor,en,0\n"
    )
    told = {}
    for language in ("en", "es"):
        assert run(["match", str(people), "--language", language]) == 0
        rows = csv.DictReader(io.StringIO(capsys.readouterr().out))
        told[language] = {row["mentee_id"]: row["reason_1"] for row in rows if not row["mentor_id"]}
    english, spanish = told["en"], told["es"]
    assert english["D"] == "no eligible mentor; rules that bind: language 2, full 1"
    assert spanish["D"] == (
        "ninguna persona mentora es posible; reglas que lo impiden: "
        "«No comparten el idioma necesario» (2), «La persona mentora no tiene plazas libres» (1)"
    )
    assert english["B"] == (
        "all places of the 1 eligible mentors went to others; nearest was G; short of a place with G by 0.0000"
    )
    assert spanish["B"].startswith("todas las plazas de 1 persona mentora posible fueron para otras personas; ")
    assert run(["match", str(people), "--language", "es", "-o", str(result)]) == 0
    assert json.loads(result.read_text())["reasons_unmatched"] == english
    assert run(["verify", str(result), "--profiles", str(people)]) == 0


def test_without_any_mentor_the_reason_is_in_the_reader_s_language(tmp_path, capsys):
    people = tmp_path / "people.csv"
    people.write_text("id,role\nA,mentee\n")
    assert run(["match", str(people), "--language", "es"]) == 0
    assert "no hay ninguna persona mentora" in capsys.readouterr().out
