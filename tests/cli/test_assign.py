"""`matcher assign` and `matcher verify`, as typed."""

import csv
import json

import pytest

from matcher.cli import run

MATRIX = ",G1,G2,G3\nM1,0.9,0.8,\nM2,0.9,,0.1\nM3,,,\nM4,0.5,0.4,0.3\n"


@pytest.fixture
def matrix(tmp_path):
    """A small affinity table on disk."""
    path = tmp_path / "affinity.csv"
    path.write_text(MATRIX)
    return path


def test_pairs_and_leftovers_with_the_reason(matrix, tmp_path, capsys):
    out = tmp_path / "pairs.csv"
    assert run(["assign", str(matrix), "-o", str(out), "--json"]) == 0
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [(r["mentee_id"], r["mentor_id"]) for r in rows] == [("M1", "G2"), ("M2", "G1"), ("M3", ""), ("M4", "G3")]
    assert rows[2]["reason_1"] == "no allowed mentor has a place"
    summary = json.loads(capsys.readouterr().out)
    assert (summary["matched"], summary["unmatched"], summary["gap"], summary["total"]) == (3, 1, 0.0, 2.0)


def test_who_has_fewer_mentors_than_needed_is_told_in_each_pair(matrix, tmp_path, capsys):
    mentees = tmp_path / "mentees.csv"
    mentees.write_text("id,need\nM1,2\nM2,0\nM4,3\n")
    assert run(["assign", str(matrix), "--mentees", str(mentees)]) == 0
    told = capsys.readouterr()
    columns = ("mentee_id", "mentor_id", "reason_1", "weakest")
    rows = [tuple(row[column] for column in columns) for row in csv.DictReader(told.out.splitlines())]
    assert rows == [
        ("M1", "G1", "", ""),
        ("M1", "G2", "", ""),
        ("M2", "", "needs no mentor", ""),
        ("M3", "", "no allowed mentor has a place", ""),
        ("M4", "G3", "", "has 1 of 3 mentors: all other allowed mentors are full"),
    ]
    assert "2 of 4 matched (1 with fewer mentors than needed);" in told.err
    mentees.write_text("id,need\nM1,3\n")
    places = tmp_path / "mentors.csv"
    places.write_text("id,capacity\nG1,9\nG2,9\nG3,9\n")
    assert run(["assign", str(matrix), "--mentees", str(mentees), "--mentors", str(places)]) == 0
    assert capsys.readouterr().out.count("has 2 of 3 mentors: no other allowed mentor has a place") == 2


def test_verify_accepts_a_result_and_refuses_a_changed_one(matrix, tmp_path, capsys):
    out = tmp_path / "pairs.json"
    assert run(["assign", str(matrix), "-o", str(out), "--objective", "fair"]) == 0
    assert run(["verify", str(out), "--json"]) == 0
    result = json.loads(out.read_text())
    result["total"] += 0.1
    out.write_text(json.dumps(result))
    capsys.readouterr()
    assert run(["verify", str(out), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["failed"][0].startswith("total")


def test_same_input_same_bytes(matrix, tmp_path):
    outs = [tmp_path / "one.json", tmp_path / "two.json"]
    for out in outs:
        run(["assign", str(matrix), "-o", str(out)])
    assert outs[0].read_bytes() == outs[1].read_bytes()


@pytest.mark.parametrize(
    ("option", "content", "word"),
    [
        ("--mentors", "id,capacity\nG9,1\n", "G9"),
        ("--mentors", "id,capacity\nG1,-1\n", "whole number"),
        ("--mentors", "id,capacity\nG1,1\nG1,2\n", "twice"),
        ("--pin", "mentee_id,mentor_id\nM1,G3\n", "M1, G3"),
        ("--pin", "mentee,mentor\nM1,G3\n", "mentee_id"),
        ("--forbid", "mentee_id,mentor_id\nM9,G3\n", "M9"),
    ],
)
def test_a_bad_side_file_is_one_line_and_nothing_is_written(matrix, tmp_path, capsys, option, content, word):
    side, out = tmp_path / "side.csv", tmp_path / "pairs.csv"
    side.write_text(content)
    assert run(["assign", str(matrix), "-o", str(out), option, str(side)]) in (1, 2)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert word in said
    assert not out.exists()
