"""Files as people send them: every format, every habit of spreadsheets, and one clear line for each bad one."""

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from matcher.files.errors import UnreadableFile
from matcher.files.reading import ProfileFile, read_matrix, read_profiles, read_table

HEADER = "id,role,text\n"
GARDENING = Path(__file__).parents[1] / "vocabularies" / "gardening"


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file and gives its path."""

    def write(content: str | bytes, name: str = "people.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def ids(read: ProfileFile) -> list[str]:
    return [p.id for p in read.profiles]


def told(read: ProfileFile) -> list[str]:
    return [str(p) for p in read.problems]


def refused(path: Path, read: Callable[[Path], object] = read_profiles) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert caught.value.path == path
    assert "\n" not in str(caught.value)
    return caught.value.in_words(str)


# -- what is accepted --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_three_delimiters_are_told_apart(put: Callable[..., Path], delimiter: str) -> None:
    rows = [["id", "role", "skills"], ["a", "mentor", "EMDR=3|grief"]]
    read = read_profiles(put("\n".join(delimiter.join(row) for row in rows)))
    assert read.profiles[0].skills == {"skill.emdr": 3.0, "skill.grief_support": None}


def test_spreadsheet_habits_are_forgiven(put: Callable[..., Path]) -> None:
    """Byte order mark, Windows line ends, "sep=", blank rows, trailing empty cells, capitals in the header."""
    text = '\ufeffsep=;\r\nID;Role;Time zone;Seeks-Skills;;\r\na;Mentee;Europe/Madrid;"EMDR;grief";;\r\n;;;;;\r\n\r\n'
    read = read_profiles(put(text))
    assert told(read) == []
    assert read.profiles[0].timezone == "Europe/Madrid"
    assert read.profiles[0].seeks_skills == ("skill.emdr", "skill.grief_support")


def test_quoted_line_ends_stay_and_rows_are_counted_as_a_spreadsheet_does(put: Callable[..., Path]) -> None:
    read = read_profiles(put(HEADER + 'a,mentee,"two\nlines, ""so"""\nb,boss,\n'))
    assert read.profiles[0].text == 'two\nlines, "so"'
    assert told(read) == ["row 3, role: Say mentee, mentor or both. ('boss')"]


def test_extra_columns_are_kept(put: Callable[..., Path]) -> None:
    assert read_profiles(put("id,role,Shoe size\na,mentee,43\n")).profiles[0].extra == {"Shoe size": "43"}


def test_unknown_values_are_counted_not_refused(put: Callable[..., Path]) -> None:
    read = read_profiles(put("id,role,skills\na,mentor,juggling\nb,mentor,juggling;EMDR\n"))
    assert read.unknown == {("skills", "juggling"): 2}
    assert ids(read) == ["a", "b"]


def test_cells_that_begin_with_an_equals_sign_are_text(put: Callable[..., Path]) -> None:
    read = read_profiles(put(HEADER + "a,mentee,=1+1\n" + "b,mentee,'=1+1\n"))
    assert [p.text for p in read.profiles] == ["=1+1", "=1+1"]


def test_json_lines(put: Callable[..., Path]) -> None:
    rows = [
        '{"id": 1, "role": "mentor", "skills": {"EMDR": 3}, "capacity": 2, "languages": ["English", "Spanish"]}',
        "",
        "{oops",
        "[1, 2]",
        '{"id": 2, "role": "mentor", "capacity": NaN}',
        '{"id": 3, "role": "mentor", "text": {"a": 1}}',
        '{"id": 4, "id": 5, "role": "mentor"}',
        '{"id": 6, "role": "mentor", "text": null, "shoes": 43}',
    ]
    read = read_profiles(put("\n".join(rows), "people.jsonl"))
    assert ids(read) == ["1", "6"]
    assert read.profiles[0].capacity == 2
    assert read.profiles[1].extra == {"shoes": "43"}
    assert [p.row for p in read.problems] == [3, 4, 5, 6, 7]
    assert "Line 3 is not JSON" in told(read)[0]


def test_a_json_list(put: Callable[..., Path]) -> None:
    people = [{"id": "a", "role": "mentee"}, {"id": "b", "role": "mentor"}]
    assert ids(read_profiles(put(json.dumps(people), "people.json"))) == ["a", "b"]
    assert ids(read_profiles(put(json.dumps({"people": people}), "more.json"))) == ["a", "b"]


def book(path: Path, rows: list[list[object]]) -> Path:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)  # type: ignore[union-attr]
    workbook.save(path)
    return path


def test_spreadsheets_with_numbers_dates_and_gaps(tmp_path: Path) -> None:
    rows: list[list[object]] = [["id", "role", "capacity", "text"], [7, "mentor", 2.0, None], [], ["b", "mentee", None]]
    read = read_profiles(book(tmp_path / "people.xlsx", rows))
    assert ids(read) == ["7", "b"]
    assert read.profiles[0].capacity == 2


def test_a_formula_in_a_spreadsheet_is_the_row_s_problem(tmp_path: Path) -> None:
    rows: list[list[object]] = [["id", "role", "text"], ["a", "mentee", "=1+1"], ["b", "mentee", "fine"]]
    read = read_profiles(book(tmp_path / "people.xlsx", rows))
    assert ids(read) == ["b"]
    assert told(read) == ["row 2, text: The cell C2 holds a formula; paste its value as text. ('=1+1')"]


def test_several_files_are_one_pool(put: Callable[..., Path]) -> None:
    one, two = put("id,role\na,mentee\n", "one.csv"), put("id,role\na,mentor\nb,mentor\n", "two.csv")
    read = read_profiles(one, two)
    assert ids(read) == ["a", "b"]
    assert told(read) == [
        "row 2 of two.csv, id: The id is already used in row 2 of one.csv; this row is left out. ('a')"
    ]


def test_the_gardeners_sheet_is_read_whole() -> None:
    from matcher.domain.vocabulary import Vocabulary

    read = read_profiles(GARDENING / "people.csv", vocabulary=Vocabulary.load(GARDENING))
    assert len(read.profiles) == 12
    assert read.problems == []


# -- rows that cannot be used ------------------------------------------------------------------------------------------


def test_a_bad_row_is_reported_and_the_rest_goes_on(put: Callable[..., Path]) -> None:
    rows = [
        "a,mentee,fine",
        "b,mentor,one,too many",
        "c,mentor",
        "d,boss,",
        "a,mentee,again",
        'e,mentee,"x"y',
        "f,mentee,nul\0byte",
        ",mentee,nobody",
        f"g,mentee,{'x' * 20_001}",
        "h,mentor,fine",
    ]
    read = read_profiles(put(HEADER + "\n".join(rows)))
    assert ids(read) == ["a", "h"]
    assert [p.row for p in read.problems] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert "The row has 4 cells where the header has 3" in told(read)[0]
    assert "The row has 2 cells where the header has 3" in told(read)[1]
    assert "The id is already used in row 2" in told(read)[3]
    assert "quotation marks" in told(read)[4]
    assert "invisible control characters" in told(read)[5]


def test_columns_are_named_in_the_report(put: Callable[..., Path]) -> None:
    read = read_profiles(put("id,role,capacity,timezone\na,mentor,-1,Mars\nb,mentor,1,UTC\n"))
    assert [(p.row, p.column, p.value) for p in read.problems] == [(2, "timezone", "Mars"), (2, "capacity", "-1")]
    assert ids(read) == ["b"]


def test_a_line_of_ten_megabytes_is_one_bad_row(put: Callable[..., Path]) -> None:
    read = read_profiles(put(HEADER + f"a,mentee,{'x' * 10_000_000}\nb,mentee,fine\n"))
    assert ids(read) == ["b"]
    assert len(told(read)[0]) < 250


def test_an_open_quotation_mark_loses_what_follows_and_says_so(put: Callable[..., Path]) -> None:
    read = read_profiles(put(HEADER + 'a,mentee,fine\nb,mentee,"open\nc,mentee,lost\n'))
    assert ids(read) == ["a"]
    assert "opened in line 3 is never closed" in told(read)[0]


def test_strict_stops_with_the_problems(put: Callable[..., Path]) -> None:
    path = put(HEADER + "a,mentee,\n" + "b,boss,\n" * 8)
    sentence = refused(path, lambda p: read_profiles(p, strict=True))
    assert "row 3, role" in sentence
    assert sentence.endswith("and 3 more")


# -- files that cannot be used -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"", "a.csv", "the file is empty"),
        (b"\xef\xbb\xbf\r\n", "a.csv", "the file is empty"),
        (b"id,role\n", "a.csv", "there is a header but no row below it"),
        (b"[]", "a.json", "the file is empty"),
        (b"name,role\nx,mentee\n", "a.csv", "the column id is missing"),
        (b"one,two\nx,y\n", "a.csv", "the columns id and role are missing"),
        (b"id,role,id\na,mentee,b\n", "a.csv", "the column 'id' is there twice (columns 1 and 3)"),
        (b"id,role,time zone,timezone\na,mentee,,\n", "a.csv", "the column timezone is there twice"),
        ("id,role,name\na,mentee,Zoé\n".encode("cp1252"), "a.csv", "line 2 is not UTF-8 (byte 0xE9"),
        ("id,role\na,mentee\n".encode("utf-16"), "a.csv", "UTF-16"),
        ("id,role\na,mentee\n".encode("utf-16-le"), "a.csv", "UTF-16"),
        (b"PK\x03\x04nonsense", "a.xlsx", "not a spreadsheet, whatever its name says"),
        (b"PK\x03\x04nonsense", "a.csv", "name it .xlsx"),
        (b"hello", "a.xlsx", "not a spreadsheet, whatever its name says"),
        (b"\xd0\xcf\x11\xe0old excel", "a.xls", "an old or password-protected Excel file"),
        (b"{", "a.json", "line 1 is not JSON"),
        (b"[" * 100_000, "a.json", "too deeply nested"),
        (b"3", "a.json", "expected a JSON list of objects"),
    ],
)
def test_each_bad_file_has_its_sentence(put: Callable[..., Path], content: bytes, name: str, told: str) -> None:
    assert told in refused(put(content, name))


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    assert "this is a folder" in refused(tmp_path)
    assert "there is no such file" in refused(tmp_path / "nowhere.csv")
    assert "cannot be read" in refused(tmp_path / ("x" * 300))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(put: Callable[..., Path]) -> None:
    path = put("id,role\na,mentee\n")
    path.chmod(0)
    assert "you may not read this file" in refused(path)


def test_a_spreadsheet_that_unpacks_to_far_more_is_not_opened(tmp_path: Path) -> None:
    path = book(tmp_path / "bomb.xlsx", [["id", "role"], ["a", "mentee"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros", b"\0" * 30_000_000)
    assert "unpacks to far more than its size" in refused(path)


def test_an_archive_that_is_no_spreadsheet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "an archive, but no spreadsheet" in refused(path)


def test_a_damaged_spreadsheet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types")
    assert "the spreadsheet is damaged" in refused(path)


# -- tables and matrices -----------------------------------------------------------------------------------------------


def test_tables_are_text_by_column(put: Callable[..., Path]) -> None:
    table = read_table(put("mentee_id;mentor_id\na;b\n"))
    assert table.header == ("mentee_id", "mentor_id")
    assert table.dicts() == [{"mentee_id": "a", "mentor_id": "b"}]
    assert table.numbers == [2]
    assert read_table(put('[{"id": 1.0, "need": [1, 2]}]', "t.json")).rows == [("1", "1; 2")]
    assert read_table(put("mentee_id,mentor_id\n")).rows == []


def test_a_bad_row_spoils_a_table(put: Callable[..., Path]) -> None:
    assert "row 2" in refused(put("a,b\n1,2,3\n"), read_table)


def test_a_matrix_with_forbidden_pairs(put: Callable[..., Path]) -> None:
    rows, columns, values = read_matrix(put(",g1,g2\nm1,0.5,\nm2,,1e-3\n"))
    assert (rows, columns) == (["m1", "m2"], ["g1", "g2"])
    np.testing.assert_array_equal(values, [[0.5, np.nan], [np.nan, 0.001]])


def test_a_matrix_as_spreadsheets_write_it(put: Callable[..., Path], tmp_path: Path) -> None:
    _, _, values = read_matrix(put('\ufeff"";"g 1";g2\r\n"m,1";0,5;"1,25"\r\n\r\n'))
    np.testing.assert_array_equal(values, [[0.5, 1.25]])
    path = book(tmp_path / "m.xlsx", [[None, "g1", "g2"], ["m1", 0.5, None], ["m2", "", 2]])
    np.testing.assert_array_equal(read_matrix(path)[2], [[0.5, np.nan], [np.nan, 2.0]])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (",a,b\nx,1,foo\n", "row 2, column b: 'foo' is not a finite number"),
        (",a,b\nx,1,nan\n", "row 2, column b: 'nan' is not a finite number"),
        (",a,b\nx,1,inf\n", "row 2, column b: 'inf' is not a finite number"),
        (",a,b\nx,1,1e999\n", "row 2, column b: '1e999' is not a finite number"),
        (",a,b\nx,1,1_0\n", "row 2, column b: '1_0' is not a finite number"),
        (',a,b\nx,1,"0,5"\n', "write decimals with a point"),
        (",a,b\nx,1\n", "row 2 has 2 cells where the first row has 3"),
        (",a,b\nx,1,2,3\n", "row 2 has 4 cells where the first row has 3"),
        (",a,a\nx,1,1\n", "the first row has the id 'a' twice"),
        (",a,b\nx,1,1\nx,1,1\n", "the first column has the id 'x' twice"),
        (",a,\nx,1,1\n", "the first row has an empty id in place 3"),
        (",a\n,1\n", "the first column has an empty id in place 2"),
        ("x\n", "the first row names nobody"),
        (",a\n", "there is a first row but no row below it"),
    ],
)
def test_each_bad_matrix_has_its_sentence(put: Callable[..., Path], text: str, told: str) -> None:
    assert told in refused(put(text), read_matrix)


def test_numbers_are_read_to_the_last_digit(put: Callable[..., Path]) -> None:
    numbers = np.random.default_rng(0).random((20, 30)) * 10.0 ** np.arange(-15, 15)
    lines = ["," + ",".join(f"g{j}" for j in range(30))]
    lines += [f"m{i}," + ",".join(map(repr, row)) for i, row in enumerate(numbers.tolist())]
    np.testing.assert_array_equal(read_matrix(put("\n".join(lines)))[2], numbers)


def test_what_was_read_goes_straight_into_the_engine(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id,role,languages\na,mentee,en\nb,mentor,en\n", encoding="utf-8")
    people = read_profiles(path)
    assert [p.id for p in people] == ["a", "b"]
    assert len(people) == 2
