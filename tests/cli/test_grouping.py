"""`groups` and `partition` as typed: roles, who was together before, and what `verify` says of the results."""

import json

import numpy as np
import pytest

from matcher.cli import run

PEOPLE = """id,role,stage,goals,languages,timezone,disciplines
A,both,stage.senior,goal.case_consultation,en,UTC,nursing
B,both,stage.senior,goal.case_consultation,en,UTC,nursing
C,both,stage.senior,goal.case_consultation,en,UTC,dispatch
D,both,stage.senior,goal.case_consultation,en,UTC,dispatch
E,both,stage.student,goal.case_consultation,en,UTC,social_work
F,both,stage.student,goal.case_consultation,en|es,UTC,social_work
"""


@pytest.fixture
def people(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, "utf-8")
    return path


def failed(path, change, capsys):
    """What `verify` says of the changed result."""
    result = json.loads(path.read_text("utf-8"))
    change(result)
    path.with_name("changed.json").write_text(json.dumps(result), "utf-8")
    capsys.readouterr()
    assert run(["verify", str(path.with_name("changed.json"))]) == 1
    return capsys.readouterr().out


def matrix(folder, people):
    """A matrix of random values in a file."""
    v = np.random.default_rng(people).random((people, people)).round(3)
    v = np.triu(v, 1) + np.triu(v, 1).T
    names = [f"P{k:02d}" for k in range(people)]
    rows = [",".join(["", *names]), *(",".join([name, *map(str, row)]) for name, row in zip(names, v, strict=True))]
    (folder / "matrix.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return str(folder / "matrix.csv")


def test_roles_and_earlier_groups_are_kept_and_verified(people, tmp_path, capsys):
    before, out = tmp_path / "before.csv", tmp_path / "groups.json"
    before.write_text("group_id,member_id\ngroup-001,A\ngroup-001,C\ngroup-001,gone\n", "utf-8")
    asked = ["groups", str(people), "--size", "3", "--roles", "nursing; dispatch", "--before", str(before)]
    assert run([*asked, "-o", str(out)]) == 0
    result = json.loads(out.read_text("utf-8"))
    assert {frozenset(group) - {"E", "F"} for group in result["groups"]} == {frozenset("AD"), frozenset("BC")}
    assert result["bound"] == result["value"]
    assert run(["verify", str(out)]) == 0
    assert "nobody for role nursing" in failed(out, lambda r: r["needed"].update({"role nursing": ["A"]}), capsys)
    assert "language in common" in failed(out, lambda r: r["shared"].update(language=["1"] * 5 + ["2"]), capsys)
    assert "the best groups are worth" in failed(out, lambda r: r.update(bound=r["bound"] + 0.01), capsys)
    assert run([*asked, "-o", str(tmp_path / "groups.csv")]) == 0
    assert "role: nursing" in (tmp_path / "groups.csv").read_text("utf-8")


def test_a_role_that_the_vocabulary_does_not_know_is_refused(people, capsys):
    assert run(["groups", str(people), "--roles", "trombone"]) == 2
    assert "'trombone'" in capsys.readouterr().err


@pytest.mark.parametrize("number", [11, 30])
def test_a_partition_is_verified_and_a_bound_that_nothing_proves_is_not(tmp_path, capsys, number):
    out = tmp_path / "groups.json"
    assert run(["partition", matrix(tmp_path, number), "--size", "3-5", "-o", str(out)]) == 0
    assert run(["verify", str(out)]) == 0
    assert "bound: stated" in failed(out, lambda r: r.update(bound=r["bound"] * 0.99), capsys)
    if number > 16:
        assert "bound: " in failed(out, lambda r: r["prices"].pop(), capsys)
        assert "too many" in failed(out, lambda r: r.update(prices=None), capsys)
