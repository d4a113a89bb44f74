"""Everything that can be wrong with files, options and places, at every command that reads or writes them.

The promise: one clear line on stderr with where, what and what to do, and exit status 2; a bad row is reported by row
and column and the rest goes on, with --strict it stops. Never a traceback, never half an output, nothing on stdout.
"""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest

from matcher.cli import run

PEOPLE = """id,role,name,email,languages,goals,skills,stage,capacity,timezone
A,mentee,Ada,a@example.org,en,goal.first_months,,stage.trainee,,UTC
B,mentee,Ben,b@example.org,en,goal.first_months,,stage.trainee,,UTC
G,mentor,Grace,g@example.org,en,,skill.active_listening=4,stage.senior,1,UTC
H,mentor,Henry,h@example.org,en,,skill.safety_planning=3,stage.senior,2,UTC
"""
MATRIX = ",G,H\nA,0.9,0.8\nB,0.9,\n"
SYMMETRIC = ",A,B,C,D\nA,,1,2,3\nB,1,,1,1\nC,2,1,,2\nD,3,1,2,\n"
SCENARIO = {
    "scenario_id": "S1",
    "theme": "first step",
    "mentee_goals": "goal.first_months",
    "better_stage": "stage.senior",
    "better_skills": "de-escalation=4",
    "worse_stage": "stage.student",
}
OVER_PEOPLE: dict[str, list[str]] = {
    "match": ["match", "FILE"],
    "rank": ["rank", "FILE", "--top", "all"],
    "explain": ["explain", "FILE", "A", "G"],
    "groups": ["groups", "FILE", "--size", "2-3"],
    "import": ["import", "FILE", "--confirmed"],
}
"""How each command that reads people is typed; FILE stands for the file."""

OVER_MATRICES = {"assign": ["assign", "FILE"], "partition": ["partition", "FILE", "--size", "2"]}
WRITE = {
    "match": ["match", "people.csv"],
    "rank": ["rank", "people.csv"],
    "groups": ["groups", "people.csv"],
    "assign": ["assign", "matrix.csv"],
    "partition": ["partition", "symmetric.csv", "--size", "2"],
    "export": ["export"],
}
"""How each command that writes a table is typed."""

Told = tuple[int, str, str]
Type = Callable[..., Told]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands run: good files, an old output, a database of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MATCHER_SECRET", "b7Yx0Qp2Lr9Vt4Wm8Zk1Hn6Jd3Fs5GcA")
    monkeypatch.setenv("MATCHER_DATABASE", f"sqlite:///{tmp_path}/programme.db")
    for name, text in (("people.csv", PEOPLE), ("matrix.csv", MATRIX), ("symmetric.csv", SYMMETRIC)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "old.csv").write_text("as it was")
    (tmp_path / "a folder").mkdir()
    return tmp_path


@pytest.fixture
def typed(folder: Path, capsys: pytest.CaptureFixture[str]) -> Type:
    """Runs a command line: (exit status, stdout, stderr)."""

    def call(*arguments: str) -> Told:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert not list(folder.glob(".*.part")), "something was left half written"
        return status, said.out, said.err

    return call


def refused(told: Told, *parts: str, status: int = 2) -> None:
    """One line on stderr that holds these parts, nothing on stdout."""
    assert told[0] == status, told
    assert told[1] == ""
    lines = told[2].splitlines()
    assert len(lines) == 1, told[2][:2000]
    assert lines[0].startswith("matcher: ")
    assert len(lines[0]) < 700
    for part in parts:
        assert part in lines[0]


def with_file(command: Sequence[str], name: str) -> list[str]:
    return [name if word == "FILE" else word for word in command]


def put(folder: Path, name: str, content: str | bytes) -> str:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return name


def is_unchanged(folder: Path) -> bool:
    return (folder / "old.csv").read_text() == "as it was"


# -- files that cannot be used -----------------------------------------------------------------------------------------

WHOLE_FILES: dict[str, tuple[str | bytes, str]] = {
    "utf-16.csv": (PEOPLE.encode("utf-16"), "line 1 is UTF-16, not UTF-8; save the file as"),
    "latin-1.csv": (PEOPLE.replace("Ada", "Adá").encode("latin-1"), "line 2 is not UTF-8 (byte 0xE1"),
    "empty.csv": (b"", "the file is empty"),
    "blank.csv": (b" \r\n\n", "the file is empty"),
    "header.csv": ("id,role,name\n", "there is a header but no row below it"),
    "no id.csv": ("name,role\nAda,mentee\n", "the column id is missing; the first row must name"),
    "no role.csv": ("id,name\nA,Ada\n", "the column role is missing; the first row must name"),
    "column twice.csv": ("id,role,id\nA,mentee,B\n", "the column 'id' is there twice (columns 1 and 3); rename"),
    "one long line.csv": ("x" * 10_000_000, "there is a header but no row below it"),
    "many columns.csv": (",".join(f"c{i}" for i in range(20_000)) + "\n1\n", "at most 16000 are read"),
    "text.xlsx": ("hello, I am text", "not a spreadsheet, whatever its name says; save it as"),
    "zip.csv": (b"PK\x03\x04and more", "this is a spreadsheet or archive, not .csv; name it .xlsx"),
    "old.xls": (b"\xd0\xcf\x11\xe0old excel", "an old or password-protected Excel file; save it as .xlsx"),
    "broken.json": ('[{"id": "A", ', "line 1 is not JSON"),
    "number.json": ("3", "expected a JSON list of objects"),
    "deep.json": ("[" * 100_000, "not usable as JSON (too deeply nested"),
    "digits.json": ('[{"id": 1' + "0" * 5_000 + "}]", "not usable as JSON"),
    "binary.csv": (bytes(range(256)) * 50, "is not UTF-8"),
}


@pytest.mark.parametrize("command", OVER_PEOPLE)
@pytest.mark.parametrize("name", WHOLE_FILES)
def test_a_file_of_people_that_cannot_be_used(folder: Path, typed: Type, command: str, name: str) -> None:
    content, told = WHOLE_FILES[name]
    put(folder, name, content)
    output = ["-o", "old.csv"] if command in WRITE else []
    refused(typed(*with_file(OVER_PEOPLE[command], name), *output), name, told)
    assert is_unchanged(folder)


def nothing_in_it(folder: Path) -> str:
    with zipfile.ZipFile(folder / "nothing.xlsx", "w"):
        return "nothing.xlsx"


ALL = {
    **OVER_PEOPLE,
    **OVER_MATRICES,
    "evaluate": ["evaluate", "FILE"],
    "verify": ["verify", "FILE"],
    "weights": ["match", "people.csv", "--weights", "FILE"],
    "pins": ["match", "people.csv", "--pin", "FILE"],
    "kept apart": ["groups", "people.csv", "--forbid", "FILE"],
    "places": ["assign", "matrix.csv", "--mentors", "FILE"],
}
"""Every command with every kind of file that it reads."""


@pytest.mark.parametrize("command", ALL)
def test_a_missing_file_a_folder_and_nonsense_are_one_line_everywhere(folder: Path, typed: Type, command: str) -> None:
    refused(typed(*with_file(ALL[command], "nowhere.csv")), "nowhere.csv: there is no such file")
    refused(typed(*with_file(ALL[command], "a folder")), "a folder: this is a folder; name a file in it")
    refused(typed(*with_file(ALL[command], put(folder, "empty.csv", b""))), "empty.csv: the file is empty")
    refused(typed(*with_file(ALL[command], put(folder, "latin.csv", "id,é\n".encode("latin-1")))), "is not UTF-8")
    if command != "verify":
        refused(typed(*with_file(ALL[command], nothing_in_it(folder))), "an archive, but no spreadsheet")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("command", ALL)
def test_a_file_that_may_not_be_read_is_one_line_everywhere(folder: Path, typed: Type, command: str) -> None:
    (folder / put(folder, "closed.csv", PEOPLE)).chmod(0)
    refused(typed(*with_file(ALL[command], "closed.csv")), "closed.csv: you may not read this file")


@pytest.mark.parametrize("command", OVER_PEOPLE)
def test_a_byte_order_mark_is_no_mistake(folder: Path, typed: Type, command: str) -> None:
    assert typed(*with_file(OVER_PEOPLE[command], put(folder, "bom.csv", b"\xef\xbb\xbf" + PEOPLE.encode())))[0] == 0


# -- rows that cannot be used ------------------------------------------------------------------------------------------

BAD_ROWS = {
    "X,mentor,Xavier,x@example.org,en,,,,-1,UTC": "row 6, capacity: Give a whole number from 0 to 20. ('-1')",
    "X,mentor,Xavier,x@example.org,en,,,,many,UTC": "row 6, capacity: Give a whole number from 0 to 20. ('many')",
    "X,mentor,Xavier,x@example.org,en,,,,1.5,UTC": "row 6, capacity: Give a whole number from 0 to 20. ('1.5')",
    f"X,mentor,Xavier,x@example.org,en,,,,{'9' * 30},UTC": "row 6, capacity: Give a whole number from 0 to 20.",
    "X,mentor,Xavier,x@example.org,en,,,,1,Mars/Olympus": "row 6, timezone: Choose a time zone of the list",
    "A,mentee,Anna,anna@example.org,en,,,,,UTC": "row 6, id: The id is already used in row 2; this row is left out.",
    "X\0,mentee,Xavier,x@example.org,en,,,,,UTC": "row 6, id: Remove the invisible control characters.",
    ",mentee,Xavier,x@example.org,en,,,,,UTC": "row 6, id: Give every person an id",
    "X,boss,Xavier,x@example.org,en,,,,,UTC": "row 6, role: Say mentee, mentor or both. ('boss')",
    "X,mentee,Xavier,no address,en,,,,,UTC": "row 6, email: Write one e-mail address",
    "X,mentee,Xavier": "row 6: The row has 3 cells where the header has 10; some are missing.",
    "X,mentee,Xavier,,,,,,,,,,more": "row 6: The row has 13 cells where the header has 10",
    'X,mentee,"open,x@example.org,en,,,,,UTC': "row 6: A quotation mark opened in line 6 is never closed",
    f"X,mentee,{'x' * 10_000_000},x@example.org,en,,,,,UTC": "row 6, name: Shorten this to at most 200 characters.",
    "X,mentee,Xavier,x@example.org,en,,de-escalation=9,,,UTC": "row 6, skills: Give the level of a skill as a number",
}


@pytest.mark.parametrize("command", OVER_PEOPLE)
@pytest.mark.parametrize("row", BAD_ROWS, ids=BAD_ROWS.values())
def test_a_bad_row_is_named_and_the_rest_goes_on(folder: Path, typed: Type, command: str, row: str) -> None:
    put(folder, "bad.csv", PEOPLE + row + "\n")
    status, _, said = typed(*with_file(OVER_PEOPLE[command], "bad.csv"))
    assert status == 0
    assert f"matcher: {BAD_ROWS[row]}" in said
    assert len(said) < 1500
    output = ["-o", "old.csv"] if command in WRITE else []
    refused(typed(*with_file(OVER_PEOPLE[command], "bad.csv"), *output, "--strict"), "bad.csv: row 6")
    assert is_unchanged(folder)


def test_a_bad_line_of_json_is_named_and_the_rest_goes_on(folder: Path, typed: Type) -> None:
    lines = ['{"id": "A", "role": "mentee"}', "{oops", '["a list"]', '{"id": "G", "role": "mentor", "capacity": 1}']
    put(folder, "people.jsonl", "\n".join(lines))
    status, out, said = typed("match", "people.jsonl")
    assert status == 0
    assert "A,G," in out
    assert "row 2: Line 2 is not JSON" in said
    assert "row 3: Expected an object with the columns as names." in said
    refused(typed("match", "people.jsonl", "--strict"), "row 2: Line 2 is not JSON")


def test_when_no_row_can_be_used_nothing_is_written(folder: Path, typed: Type) -> None:
    put(folder, "list.json", "[1, 2]")
    status, out, said = typed("match", "list.json", "-o", "old.csv")
    assert (status, out) == (2, "")
    assert said.splitlines()[-1] == "matcher: no valid person in list.json"
    assert is_unchanged(folder)


def test_a_formula_of_a_spreadsheet_is_a_bad_row(folder: Path, typed: Type) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "role", "name"], ["A", "mentee", "=1+1"], ["B", "mentee", "Ben"], ["G", "mentor", "Grace"]):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(folder / "people.xlsx")
    status, out, said = typed("match", "people.xlsx")
    assert status == 0
    assert "row 2, name: The cell C2 holds a formula; paste its value as text." in said
    assert "B,G," in out


def test_a_cell_that_a_spreadsheet_would_run_comes_out_as_text(folder: Path, typed: Type) -> None:
    evil = "=cmd|' /C calc'!A0"
    put(folder, "people.csv", PEOPLE + f"{evil},mentee,+1,evil@example.org,en,goal.first_months,,,,UTC\n")
    for command in ("match", "rank", "groups"):
        assert typed(command, "people.csv", "-o", "out.csv")[0] == 0
        ids = [line.split(",")[0] for line in (folder / "out.csv").read_text().splitlines()]
        assert "'" + evil in ids or command == "groups"
        assert not [line for line in (folder / "out.csv").read_text().splitlines() if line[0] in "=+-@"]
    assert typed("import", "people.csv", "--confirmed")[0] == 0
    assert typed("export", "-o", "out.csv")[0] == 0
    assert f"\n'{evil},mentee,'+1,".replace("'+1", "+1") in (folder / "out.csv").read_text()


# -- matrices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (MATRIX.encode("utf-16"), "UTF-16"),
        (",G,H\n", "there is a first row but no row below it"),
        ("x", "the first row names nobody"),
        (MATRIX.replace("0.8", "many"), "row 2, column H: 'many' is not a finite number; leave it empty"),
        (MATRIX.replace("0.8", "nan"), "row 2, column H: 'nan' is not a finite number"),
        (MATRIX.replace("0.8", "1e999"), "row 2, column H: '1e999' is not a finite number"),
        (MATRIX.replace("0.8", "1e308"), "row 2, column H: '1e308' is too large a number"),
        (MATRIX.replace("0.8", "=1+1"), "row 2, column H: '=1+1' is not a finite number"),
        (MATRIX.replace("0.8", "0\0"), "row 2, column H: '0\\x00' is not a finite number"),
        (MATRIX.replace("0.8", "1" * 10_000_000), "row 2, column H: '1111"),
        (MATRIX.replace("A,", "A\0,"), "the first column has an id with control characters in place 2"),
        (MATRIX.replace("G", "G" * 201), "the first row has an id longer than 200 characters in place 2"),
        (MATRIX + "A,1,1\n", "the first column has the id 'A' twice; ids must differ"),
        (MATRIX.replace("H", "G"), "the first row has the id 'G' twice; ids must differ"),
        (MATRIX + "C,1\n", "row 4 has 2 cells where the first row has 3"),
        (MATRIX.replace("0.8", '"0.8'), "the quotation marks do not pair up"),
    ],
)
@pytest.mark.parametrize("command", OVER_MATRICES)
def test_a_bad_matrix(folder: Path, typed: Type, command: str, content: str | bytes, told: str) -> None:
    put(folder, "bad.csv", content)
    refused(typed(*with_file(OVER_MATRICES[command], "bad.csv"), "-o", "old.csv"), "bad.csv: ", told)
    assert is_unchanged(folder)


@pytest.mark.parametrize("command", OVER_MATRICES)
def test_a_matrix_is_no_json(folder: Path, typed: Type, command: str) -> None:
    put(folder, "matrix.json", "[1]")
    refused(typed(*with_file(OVER_MATRICES[command], "matrix.json")), "a matrix is read from .csv or .xlsx only")


def test_a_matrix_of_people_among_themselves_has_to_be_symmetric(folder: Path, typed: Type) -> None:
    put(folder, "bad.csv", SYMMETRIC.replace("A,,1", "A,,9"))
    refused(typed("partition", "bad.csv", "--size", "2"), "must be symmetric; A, B and B, A differ")
    refused(typed("partition", "matrix.csv", "--size", "2"), "rows and columns must name the same people")


@pytest.mark.parametrize(
    ("option", "content", "told"),
    [
        ("--mentors", "id,capacity\nG,-1\n", "row 2, capacity: write a whole number from 0 to 1000000000, not '-1'"),
        ("--mentors", "id,capacity\nG,many\n", "row 2, capacity: write a whole number"),
        ("--mentors", "id,capacity\nG,²\n", "row 2, capacity: write a whole number"),
        ("--mentors", f"id,capacity\nG,{'9' * 5_000}\n", "row 2, capacity: write a whole number"),
        ("--mentors", "id,capacity\nZ,1\n", "row 2, id: 'Z' is not in the matrix"),
        ("--mentors", "id,capacity\nG,1\nG,2\n", "row 3, id: G stands twice"),
        ("--mentors", "id,capasity\nG,3\n", "a column is missing; the columns are id,capacity,least"),
        ("--mentors", "name,capacity\nG,3\n", "a column is missing; the columns are id,capacity,least"),
        ("--mentees", "id,need\nA,-1\n", "row 2, need: write a whole number"),
        ("--mentees", "id\nA\n", "a column is missing; the columns are id,need"),
    ],
)
def test_a_bad_table_of_places_or_needs(folder: Path, typed: Type, option: str, content: str, told: str) -> None:
    put(folder, "side.csv", content)
    refused(typed("assign", "matrix.csv", option, "side.csv", "-o", "old.csv"), "side.csv: ", told)
    assert is_unchanged(folder)


def test_a_column_that_is_not_read_is_named(folder: Path, typed: Type) -> None:
    put(folder, "side.csv", "id,capasity,least\nG,3,0\n")
    status, _, said = typed("assign", "matrix.csv", "--mentors", "side.csv")
    assert status == 0
    assert "side.csv: the column capasity is not read; the columns are id,capacity,least" in said


# -- pins, weights, examples, results ----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["match people.csv", "assign matrix.csv"])
@pytest.mark.parametrize(
    ("pins", "status", "told"),
    [
        ("A,Z", 2, "row 2, mentor_id: 'Z' is no mentor among those read"),
        ("Z,G", 2, "row 2, mentee_id: 'Z' is no mentee among those read"),
        ("A,A", 2, "row 2, mentor_id: 'A' is no mentor among those read"),
        ("A", 2, "row 2: The row has 1 cells where the header has 2"),
        ("A,G\nB,G", 1, "2 pairs are pinned to G, which has room for 1"),
        ("A,G\nA,H", 1, "2 pairs are pinned to A, which has room for 1"),
    ],
)
def test_pins_that_cannot_be_kept(folder: Path, typed: Type, command: str, pins: str, status: int, told: str) -> None:
    put(folder, "pins.csv", f"mentee_id,mentor_id\n{pins}\n")
    refused(typed(*command.split(), "--pin", "pins.csv", "-o", "old.csv"), told, status=status)
    assert is_unchanged(folder)


def test_a_pair_cannot_be_pinned_and_forbidden(folder: Path, typed: Type) -> None:
    put(folder, "pair.csv", "mentee_id,mentor_id\nA,G\n")
    both = ("--pin", "pair.csv", "--forbid", "pair.csv")
    refused(typed("match", "people.csv", *both), "the pinned pair A, G breaks a rule: forbidden", status=1)
    refused(typed("assign", "matrix.csv", *both), "the pinned pair A, G is forbidden", status=1)


def test_a_pair_that_is_pinned_twice_is_pinned_once(folder: Path, typed: Type) -> None:
    put(folder, "pins.csv", "mentee_id,mentor_id\nA,G\n A , G \n")
    for command in (("match", "people.csv"), ("assign", "matrix.csv")):
        assert typed(*command, "--pin", "pins.csv", "-o", "out.json")[0] == 0
        status, said, _ = typed("verify", "out.json")
        assert (status, said.splitlines()[0]) == (0, "valid: every claim holds")


def test_somebody_unknown_cannot_be_kept_apart(folder: Path, typed: Type) -> None:
    """A typing error here would bring two people together who must not meet."""
    put(folder, "apart.csv", "mentee_id,mentor_id\nA,Bem\n")
    for command in ("match", "groups"):
        refused(typed(command, "people.csv", "--forbid", "apart.csv"), "row 2, mentor_id: 'Bem' is no mentor")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("w.json", "{oops", "line 1 is not JSON"),
        ("w.json", "[1]", 'expected an object such as {"skills": 0.3, "goals": 0.7}'),
        ("w.json", '{"weights": 3}', "expected an object such as"),
        ("w.json", '{"charm": 1}', "unknown block 'charm'; the blocks are skills, settings"),
        ("w.json", '{"skills": 0, "goals": 0}', "at least one block needs a weight above 0"),
        ("w.json", "{}", "at least one block needs a weight above 0"),
        ("w.json", '{"skills": -1}', "the weight of skills must not be negative"),
        ("w.json", '{"skills": "many"}', "the weight of skills must be a number, not 'many'"),
        ("w.json", '{"skills": NaN}', "NaN is not a number"),
        ("w.json", '{"skills": 1e999}', "the weight of skills must be a finite number"),
        ("w.json", '{"skills": true}', "the weight of skills must be a finite number, not True"),
        ("w.json", '{"skills": 1, "skills": 2}', "the name 'skills' is there twice"),
        ("w.json", "[" * 100_000, "too deeply nested"),
        ("w.json", b"\xff\xfe{", "UTF-16, not UTF-8; save the file as UTF-8"),
        ("w.csv", "block,value\nskills,1\n", "the column weight is missing; the columns are block,weight"),
        ("w.csv", "block,weight\nskills,many\n", "row 2, weight: 'many' is no number"),
        ("w.csv", "block;weight\nskills;0,5\n", "row 2, weight: '0,5' is no number; write decimals with a point"),
        ("w.csv", "block,weight\nskills,1\nskills,2\n", "row 3, block: skills stands twice"),
        ("w.csv", "block,weight\ncharm,1\n", "unknown block 'charm'"),
        ("w.csv", "block,weight\n", "at least one block needs a weight above 0"),
    ],
)
def test_weights_that_cannot_be_used(folder: Path, typed: Type, name: str, content: str | bytes, told: str) -> None:
    put(folder, name, content)
    refused(typed("match", "people.csv", "--weights", name, "-o", "old.csv"), f"{name}: ", told)
    assert is_unchanged(folder)
    for command in (["rank", "people.csv"], ["explain", "people.csv", "A", "G"]):
        refused(typed(*command, "--weights", name), f"{name}: ", told)


def scenarios(*rows: dict[str, str]) -> str:
    return json.dumps([SCENARIO | row for row in rows])


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("s.csv", ",".join(SCENARIO) + "\n", "there is a header but no row below it"),
        ("s.csv", "a,b\n1,2\n", "the column scenario_id is missing"),
        ("s.csv", ",".join(SCENARIO) + "\nS1,short\n", "row 2: The row has 2 cells where the header has 6"),
        ("s.csv", ",".join(SCENARIO) + ",theme\n", "the column 'theme' is there twice"),
        ("s.json", scenarios({}, {"worse_skills": "listening=9"}), "row 2, worse_skills: Give the level of a skill"),
        ("s.json", scenarios({"mentee_goals": "x\0"}), "row 1, mentee_goals: Remove the invisible control"),
        ("s.json", scenarios({"better_stage": "x" * 10_000_000}), "row 1, better_stage: Shorten this"),
        ("s.json", "[3]", "row 1: Expected an object with the columns as names"),
    ],
)
def test_judged_examples_that_cannot_be_used(folder: Path, typed: Type, name: str, content: str, told: str) -> None:
    put(folder, name, content)
    refused(typed("evaluate", name), f"{name}: ", told)


@pytest.fixture
def result(folder: Path, typed: Type) -> dict[str, object]:
    """A result of `assign` that holds."""
    assert typed("assign", "matrix.csv", "-o", "result.json")[0] == 0
    return dict(json.loads((folder / "result.json").read_text()))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{oops", "line 1 is not JSON"),
        ("[1]", "this is no result that match, assign, groups or partition wrote"),
        ("null", "this is no result"),
        ("[" * 100_000, "too deeply nested"),
        ('{"kind": "assignment", "total": NaN}', "NaN is not a number"),
        ('{"kind": "assignment", "kind": "partition"}', "the name 'kind' is there twice"),
        (b"\xff\xfe{", "UTF-16"),
    ],
)
def test_what_is_no_result_is_one_line(folder: Path, typed: Type, content: str | bytes, told: str) -> None:
    refused(typed("verify", put(folder, "result.json", content)), "result.json: ", told)


@pytest.mark.parametrize(
    "forged",
    [
        {"kind": ["assignment"]},
        {"kind": "miracle"},
        {"objective": {}},
        {"total": None},
        {"total": "many"},
        {"total": True},
        {"pairs": [["A", "G"]]},
        {"pairs": 3},
        {"affinity": None},
        {"affinity": [[1, 2]]},
        {"affinity": [[1e999, 1], [1, 1]]},
        {"proof": None},
        {"proof": {}},
        {"proof": {"unit": 0, "offset": 0, "bonus": 1, "prices": [0, 0], "bound": 0}},
        {"proof": {"unit": "nan", "offset": 0, "bonus": 1, "prices": [0, 0], "bound": 0}},
        {"proof": {"row": ["nan", 0], "column": [0, 0], "least": [0, 0], "level": 0}},
        {"proof": {"unit": 1e-9, "offset": 0, "bonus": 2**62, "prices": [2**62, 0], "bound": 0}},
        {"capacity": [10**30, 1]},
        {"mentees": ["A", "A"]},
        {"mentees": [["A"], ["B"]]},
        {"unmatched": [["A"]]},
        {"pins": 5},
        {"digest": "0" * 64},
        {"weights": {"skills": 1.0}},
        {"inputs": {}},
        {"inputs": 5},
        {"suggestions": [["A", "H", 0.9, 2]]},
        {"reasons_unmatched": ["B"]},
    ],
)
def test_a_forged_result_fails_a_claim(
    folder: Path, typed: Type, result: dict[str, object], forged: dict[str, object]
) -> None:
    put(folder, "forged.json", json.dumps(result | forged).replace("Infinity", "1e999"))
    status, out, said = typed("verify", "forged.json")
    assert (status, said) == (1, "")
    assert out.startswith("failed: ")


# -- where the output goes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", WRITE)
@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("no/such/out.csv", "does not exist; make it first"),
        ("a folder", "this is a folder; name a file in it"),
        ("out.pdf", "the ending .pdf is not known; use .csv, .xlsx, .json or .jsonl"),
        ("old.csv/out.csv", "does not exist; make it first"),
        ("x" * 300 + ".csv", "File name too long"),
        ("/dev/full", "could not be written (No space left on device)"),
    ],
)
def test_a_place_where_nothing_can_be_written(typed: Type, command: str, place: str, told: str) -> None:
    if command == "export":
        assert typed("import", "people.csv", "--confirmed")[0] == 0
    refused(typed(*WRITE[command], "-o", place), told)


@pytest.mark.parametrize(
    "command",
    [
        "match people.csv -o people.csv",
        "match people.csv --pin old.csv -o old.csv",
        "rank people.csv -o ./people.csv",
        "groups people.csv -o people.csv",
        "assign matrix.csv -o matrix.csv",
        "partition symmetric.csv --size 2 -o symmetric.csv",
    ],
)
def test_a_file_that_is_read_is_never_written_over(folder: Path, typed: Type, command: str) -> None:
    refused(typed(*command.split()), "this file is read and would be lost")
    assert (folder / "people.csv").read_text() == PEOPLE


@pytest.mark.parametrize("closed", [">/dev/full", ">&-"])
def test_a_standard_output_that_takes_nothing(folder: Path, closed: str) -> None:
    """In a process of its own, since it is about the process's own files."""
    for words in ("rank people.csv", "explain people.csv A G"):
        command = f'"{sys.executable}" -m matcher {words} {closed}'
        done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=folder, env=dict(os.environ))
        assert "Traceback" not in done.stderr
        if closed == ">/dev/full":
            assert done.returncode == 2
            assert "No space left on device" in done.stderr


# -- wrong use ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("match", "Missing argument 'PROFILES...'. See matcher match --help"),
        ("match people.csv --nonsense", "No such option '--nonsense'"),
        ("evaluate x --nonsense", "No such option '--nonsense'"),
        ("import people.csv --nonsense", "No such option '--nonsense'"),
        ("verify", "Missing argument 'RESULT'"),
        ("nonsense", "No such command 'nonsense'. See matcher --help"),
        ("rank people.csv --top 0", "--top must be a whole number from 1, or all; not '0'"),
        ("rank people.csv --top -1", "--top must be a whole number from 1, or all; not '-1'"),
        ("rank people.csv --top many", "--top must be a whole number from 1, or all"),
        ("groups people.csv --size 6-4", "--size must be a number from 2 or a range such as 4-6, not '6-4'"),
        ("groups people.csv --size 1", "--size must be a number from 2"),
        ("groups people.csv --size 4-6-8", "--size must be a number from 2"),
        ("groups people.csv --seconds nan", "nan is not a finite number"),
        ("groups people.csv --seconds -1", "-1.0 is not in the range"),
        ("groups people.csv --seed -1", "-1 is not in the range"),
        ("groups people.csv --kind juggling", "--kind 'juggling' is not in the vocabulary; it has"),
        ("partition symmetric.csv", "Missing option '--size'"),
        ("partition symmetric.csv --size 6-4", "--size must be a number from 2"),
        ("partition symmetric.csv --size 2 --seconds inf", "inf is not a finite number"),
        ("match people.csv --suggestions 0", "0 is not in the range 1<=x<=20"),
        ("match people.csv --suggestions many", "'many' is not a valid integer"),
        ("match people.csv --objective best", "'best' is not one of 'total', 'fair'"),
        ("match people.csv --vocabulary nowhere", "nowhere: there is no such folder"),
        ("explain people.csv", "explain needs files and two ids"),
        ("explain people.csv A B", "B is no mentor in the pool"),
        ("explain people.csv Z G", "Z is no mentee in the pool"),
    ],
)
def test_wrong_use_is_one_line(typed: Type, command: str, told: str) -> None:
    refused(typed(*command.split()), told)


# -- the database ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://somewhere", "MATCHER_DATABASE must start with sqlite:/// or postgresql://"),
        ("sqlite:///people.csv", "cannot be used: file is not a database"),
        ("sqlite:///a folder", "cannot be used: unable to open database file"),
        ("postgresql://nobody:secret-word@127.0.0.1:1/x", "cannot be used: connection failed"),
        ("postgresql://nobody@127.0.0.1:port/x", "The database's address is none"),
    ],
)
def test_a_database_that_is_none_is_one_line(monkeypatch: pytest.MonkeyPatch, typed: Type, url: str, told: str) -> None:
    monkeypatch.setenv("MATCHER_DATABASE", url)
    for command in (["import", "people.csv"], ["doctor"]):
        said = typed(*command)
        refused(said, told)
        assert "secret-word" not in said[2]


def test_import_takes_all_good_rows_in_one_step(folder: Path, typed: Type) -> None:
    bad = "D,mentor,Dora,a@example.org,en,,,,1,UTC\nE,mentor,Eve,,en,,,,1,UTC\nF,mentor,Fay,fay,en,,,,1,UTC\n"
    put(folder, "people.csv", PEOPLE + bad)
    status, _, said = typed("import", "people.csv", "--confirmed")
    assert status == 1, "rules of the programme kept somebody out"
    assert "row 8, email: Write one e-mail address" in said
    assert "D was left out: Somebody else has this address." in said
    assert "E was left out: An e-mail address is needed" in said
    assert said.splitlines()[-1] == "matcher: 4 added, 0 changed, 0 as before"


def test_a_strict_import_takes_everybody_or_nobody(folder: Path, typed: Type) -> None:
    put(folder, "people.csv", PEOPLE + "D,mentor,Dora,a@example.org,en,,,,1,UTC\n")
    told = typed("import", "people.csv", "--confirmed", "--strict")
    refused(told, "D cannot be taken: Somebody else has this address. Nobody was imported.", status=1)
    assert typed("export", "-o", "out.csv")[0] == 0
    assert "example.org" not in (folder / "out.csv").read_text()


def test_only_a_backup_of_the_programme_is_restored(folder: Path, typed: Type) -> None:
    """An empty file is a valid database of SQLite, and would wipe everything out."""
    assert typed("import", "people.csv", "--confirmed")[0] == 0
    for name, content in (("empty.db", b""), ("people.db", PEOPLE.encode())):
        refused(typed("restore", put(folder, name, content), "--yes"), f"{name} is no backup")
    refused(typed("restore", "nowhere.db", "--yes"), "nowhere.db is no file")
    refused(typed("backup", "no/such.db"), "the folder no does not exist; make it first")
    assert typed("export", "-o", "out.csv")[0] == 0
    assert (folder / "out.csv").read_text().count("@example.org") == 4


@pytest.mark.parametrize(
    "address", ["", "no address", "a@b@c", "a@example.org\nBcc: b@example.org", "x" * 500 + "@y.org"]
)
def test_a_coordinator_needs_a_plain_address(typed: Type, address: str) -> None:
    refused(typed("coordinator", address), "is no e-mail address; write one such as")
