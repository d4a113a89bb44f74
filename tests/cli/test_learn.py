"""`matcher learn`, as typed: outcomes in, a proposal or a refusal out, nothing applied."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from matcher.cli import run
from matcher.cli.running import open_programme
from matcher.domain.introductions import Outcome, State, pair
from matcher.engine.affinity import Pool
from matcher.engine.weights import BLOCKS, read_weights
from matcher.files.reading import read_profiles

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "people.csv"
HEADER = ("mentee_id", "mentor_id", "outcome", *(f"contribution_{block}" for block in BLOCKS))
PLANTED = np.array([0.05, 0.05, 0.5, 0.05, 0.05, 0.2, 0.05, 0.05])


@pytest.fixture(scope="module")
def outcomes():
    """600 pairs of the sample people as rows of HEADER, outcomes by planted weights, in words."""
    pool = Pool(read_profiles(SAMPLE).profiles)
    rng = np.random.default_rng(0)
    i, j = (side[:600] for side in rng.permutation(np.argwhere(pool.eligible & (pool.affinity > 0.3))).T)
    c = pool.contributions_by_block[i, j]
    eta = 25 * c @ (PLANTED / np.array(list(read_weights().values())))
    good = rng.random(len(c)) < expit(eta - eta.mean())
    words = [("yes", "Goals reached", "1")[n % 3] if g else ("no", "not a fit", "0")[n % 3] for n, g in enumerate(good)]
    return [
        [pool.mentees[a].id, pool.mentors[b].id, word, *map(repr, map(float, row))]
        for a, b, word, row in zip(i, j, words, c, strict=True)
    ]


def write(path, rows, header=HEADER):
    """A CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return str(path)


def test_the_proposal_is_a_file_that_match_reads_and_the_same_for_the_same_seed(outcomes, tmp_path, capsys):
    given = write(tmp_path / "pairs.csv", outcomes)
    for name in ("one.csv", "two.csv", "three.json"):
        assert run(["learn", given, "-o", str(tmp_path / name), "--seed", "4"]) == 0
    told = capsys.readouterr()
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert "by the outcomes alone" in told.out
    assert "a proposal, applied nowhere" in told.err
    assert "only pairs that were made" in told.err
    rows = list(csv.DictReader((tmp_path / "one.csv").read_text().splitlines()))
    assert [row["block"] for row in rows] == list(BLOCKS)
    weights = {row["block"]: float(row["weight"]) for row in rows}
    assert weights == json.loads((tmp_path / "three.json").read_text())["weights"]
    assert weights["goals"] > 0.3
    people = tmp_path / "people.csv"
    people.write_text(
        "id,role,capacity,goals,helps_with\nA,mentee,,goal.first_months,\nG,mentor,1,,goal.first_months\n"
    )
    for name in ("one.csv", "three.json"):
        assert run(["match", str(people), "--weights", str(tmp_path / name), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["weights"] == pytest.approx(weights)


def test_contributions_are_computed_from_the_people_and_the_order_of_the_rows_does_not_matter(
    outcomes, tmp_path, capsys
):
    given = write(tmp_path / "pairs.csv", outcomes)
    ids = write(tmp_path / "ids.csv", [row[:3] for row in reversed(outcomes)], HEADER[:3])
    assert run(["learn", given, "--json"]) == 0
    one = json.loads(capsys.readouterr().out)
    assert run(["learn", ids, "--profiles", str(SAMPLE), "--json"]) == 0
    other = json.loads(capsys.readouterr().out)
    assert one["proposed"] == pytest.approx(other["proposed"], abs=1e-4)
    assert one["pairs"] == 600
    assert one["refused"] is None
    assert set(one["intervals"]) == set(BLOCKS)
    assert one["improvement"]["log_loss"] > one["improvement"]["standard_error"]


def test_thin_evidence_is_refused_with_a_sentence_and_nothing_is_written(outcomes, tmp_path, capsys):
    given, out = write(tmp_path / "pairs.csv", outcomes[:30]), tmp_path / "weights.csv"
    assert run(["learn", given, "-o", str(out), "--json"]) == 1
    told = capsys.readouterr()
    assert "no weights proposed: 30 pairs with an outcome are too few" in told.err
    assert json.loads(told.out)["proposed"] is None
    assert "too few" in json.loads(told.out)["refused"]
    assert not out.exists()


@pytest.mark.parametrize("header", [HEADER, (*HEADER, *(f"weight_{block}" for block in BLOCKS)), HEADER[:3]])
def test_a_file_without_pairs_says_that_there_is_no_outcome_yet(header, tmp_path, capsys):
    """A programme in its first weeks exports a header only."""
    people = ["--profiles", str(SAMPLE)] if len(header) == 3 else []
    assert run(["learn", write(tmp_path / "pairs.csv", [], header), *people, "--json"]) == 1
    told = capsys.readouterr()
    assert "no weights proposed: there is no pair with an outcome yet" in told.err
    summary = json.loads(told.out)
    assert (summary["pairs"], summary["refused"]) == (0, "there is no pair with an outcome yet")


def test_pairs_that_nobody_has_answered_yet_say_the_same(outcomes, tmp_path, capsys):
    rows = [[*row[:2], "", *row[3:]] for row in outcomes[:20]]
    assert run(["learn", write(tmp_path / "pairs.csv", rows)]) == 1
    assert "no weights proposed: there is no pair with an outcome yet" in capsys.readouterr().err


def test_bad_rows_are_named_and_rows_without_an_outcome_counted(outcomes, tmp_path, capsys):
    rows = [list(row) for row in outcomes[:10]]
    rows[0][2], rows[1][2], rows[2][2] = "perhaps", "", "no time"
    rows[3][4], rows[4][5], rows[5][0] = "-0.1", "much", " "
    rows[6] = list(rows[7])
    assert run(["learn", write(tmp_path / "pairs.csv", rows)]) == 1
    said = capsys.readouterr().err
    assert "row 2, outcome: Write yes, no, a closing reason or a number from 0 to 1. ('perhaps')" in said
    assert "row 5, contribution_settings: This must be a number from 0 to 1. ('-0.1')" in said
    assert "row 6, contribution_goals: This must be a number from 0 to 1. ('much')" in said
    assert "row 7, mentee_id: The id is missing." in said
    assert "row 9, mentor_id: The pair stands in row 8 already" in said
    assert "pairs with an outcome: 3," in said
    assert "left out: 2 without an outcome, 5 bad rows" in said
    assert run(["learn", write(tmp_path / "pairs.csv", rows), "--strict"]) == 2
    assert "row 2" in capsys.readouterr().err


def test_ratings_are_told_from_shares_by_the_largest_number(outcomes, tmp_path, capsys):
    ratings = ["5", "3", "1", "yes", "0", "6"]
    rows = [[*row[:2], rating, *row[3:]] for row, rating in zip(outcomes, ratings, strict=False)]
    assert run(["learn", write(tmp_path / "pairs.csv", rows), "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["good"] == 1 + 0.5 + 0 + 1
    assert "ratings from 1 to 5" in told.err
    assert "row 6, outcome: Write yes, no, a closing reason or a number from 1 to 5. ('0')" in told.err
    assert "row 7" in told.err


def test_strangers_are_named(outcomes, tmp_path, capsys):
    rows = [["nobody", *outcomes[0][1:3]], outcomes[1][:3]]
    assert run(["learn", write(tmp_path / "ids.csv", rows, HEADER[:3]), "--profiles", str(SAMPLE)]) == 1
    said = capsys.readouterr().err
    assert "row 2, mentee_id: There is no such mentee among the people. ('nobody')" in said
    assert "pairs with an outcome: 1," in said


@pytest.mark.parametrize(
    ("header", "options", "said"),
    [
        (HEADER[1:], [], "the column mentee_id is missing"),
        (HEADER[:2], [], "the column outcome is missing"),
        (HEADER[:4], [], "the column contribution_settings is missing; or give the people with --profiles"),
        (HEADER, ["--weights", "WEIGHTS"], "give the weights that the file was made with"),
        (HEADER, ["-o", "PAIRS"], "this file is read and would be lost"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_status_2(header, options, said, outcomes, tmp_path, capsys):
    width = slice(len(HEADER) - len(header), None) if header == HEADER[1:] else slice(len(header))
    given = write(tmp_path / "pairs.csv", [row[width] for row in outcomes[:20]], header)
    weights = tmp_path / "weights.csv"
    weights.write_text("block,weight\ntext,1\n")
    places = {"WEIGHTS": str(weights), "PAIRS": given}
    assert run(["learn", given, *(places.get(option, option) for option in options)]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""


def test_many_good_outcomes_are_counted_to_the_last(tmp_path, capsys):
    rows = [[f"M{k}", "G1", "yes", *["0.1"] * len(BLOCKS)] for k in range(10_001)]
    assert run(["learn", write(tmp_path / "pairs.csv", rows)]) == 1
    assert "of them good: 10001;" in capsys.readouterr().err


@pytest.fixture
def programme(tmp_path, monkeypatch):
    """The sample people in a programme."""
    monkeypatch.setenv("MATCHER_SECRET", "b7Yx0Qp2Lr9Vt4Wm8Zk1Hn6Jd3Fs5GcA")
    monkeypatch.setenv("MATCHER_DATABASE", f"sqlite:///{tmp_path}/programme.db")
    monkeypatch.setenv("MATCHER_MAIL", f"folder:{tmp_path}/mail")
    assert run(["import", str(SAMPLE), "--confirmed"]) == 0
    opened = open_programme()
    yield opened
    opened.database.dispose()


def close(programme, outcomes):
    """Plants closings of the pairs: good ones where the outcome is."""
    good = {"yes": Outcome.GOALS_REACHED, "Goals reached": Outcome.GOOD_ENOUGH, "1": Outcome.GOALS_REACHED}
    now = datetime.now(UTC)
    with programme.database.write() as session:
        for mentee, mentor, outcome, *_ in outcomes:
            end = {"state": State.CLOSED, "outcome": good.get(outcome, Outcome.NOT_A_FIT), "ended_at": now}
            session.add(pair(mentee, mentor, approved_at=now, introduced_at=now, **end))


def test_a_programme_s_outcomes_lead_to_the_weights_that_were_planted(programme, outcomes, tmp_path, capsys):
    exported, weights = tmp_path / "outcomes.csv", tmp_path / "weights.csv"
    close(programme, outcomes)
    assert run(["export", "--outcomes", "-o", str(exported)]) == 0
    assert "600 pairs written to" in capsys.readouterr().err
    rows = {
        (row["mentee_id"], row["mentor_id"]): row for row in csv.DictReader(exported.read_text("utf-8").splitlines())
    }
    for mentee, mentor, _, *contributions in outcomes:
        row = rows[mentee, mentor]
        assert [float(row[f"contribution_{block}"]) for block in BLOCKS] == pytest.approx(
            list(map(float, contributions))
        )
    assert run(["learn", str(exported), "-o", str(weights), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pairs"] == 600
    assert found["proposed"]["goals"] > 0.3
    assert found["intervals"]["goals"][0] > found["current"]["goals"]
    assert weights.exists()


def test_learning_starts_from_the_weights_that_the_exported_file_names(programme, outcomes, tmp_path, capsys):
    own = tmp_path / "own.csv"
    own.write_text("block,weight\nskills,1\ngoals,2\n")
    assert run(["round", "--weights", str(own)]) == 0
    close(programme, outcomes[:40])
    exported = tmp_path / "outcomes.csv"
    assert run(["export", "--outcomes", "-o", str(exported)]) == 0
    capsys.readouterr()
    assert run(["learn", str(exported), "--json"]) == 1
    told = capsys.readouterr()
    assert "no weights proposed: 40 pairs with an outcome are too few" in told.err
    current = json.loads(told.out)["current"]
    assert current == pytest.approx({block: {"skills": 1 / 3, "goals": 2 / 3}.get(block, 0.0) for block in BLOCKS})
    rows = list(csv.reader(exported.read_text("utf-8").splitlines()))
    rows[1][-1] = "0.5"
    assert run(["learn", write(tmp_path / "two.csv", rows[1:], rows[0])]) == 2
    assert "must be the same in all rows" in capsys.readouterr().err
    rows[1][-8:] = ["0"] * 8
    assert run(["learn", write(tmp_path / "none.csv", rows[1:2], rows[0])]) == 2
    assert "at least one block needs a weight above 0" in capsys.readouterr().err
