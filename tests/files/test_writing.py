"""What we write: whole or not at all, the same bytes each time, and harmless in a spreadsheet."""

import csv
import json
import os
import stat
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.profiles import read_answers
from matcher.domain.vocabulary import default_vocabulary
from matcher.files.errors import UnwritableFile
from matcher.files.formulas import shielded, unshielded
from matcher.files.reading import read_profiles, read_table
from matcher.files.writing import csv_text, write_profiles, write_table, write_text

HEADER = ("id", "affinity", "note")
ROWS: list[tuple[object, ...]] = [("a", 1 / 3, "=1+1"), ("b", float("nan"), None), ("c", 2, True), ("d", -0.5, "-0.5")]
FORMATS = (".csv", ".tsv", ".xlsx", ".json", ".jsonl")


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_table_gives_the_same_bytes(tmp_path: Path, ending: str) -> None:
    one, two = tmp_path / f"one{ending}", tmp_path / f"two{ending}"
    write_table(one, HEADER, ROWS)
    write_table(two, HEADER, ROWS)
    assert one.read_bytes() == two.read_bytes()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_numbers_keep_every_digit_and_nothing_is_an_empty_cell() -> None:
    assert csv_text(HEADER, ROWS).splitlines() == [
        "id,affinity,note",
        "a,0.3333333333333333,'=1+1",
        "b,,",
        "c,2,yes",
        "d,-0.5,-0.5",
    ]


def test_json_keeps_numbers_and_truth(tmp_path: Path) -> None:
    write_table(tmp_path / "t.json", HEADER, ROWS)
    read = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert read[0] == {"id": "a", "affinity": 1 / 3, "note": "=1+1"}
    assert read[1] == {"id": "b", "affinity": None, "note": None}
    assert read[2]["note"] is True


@pytest.mark.parametrize(
    "risky", ["=1+1", "+x", "-x", "@x", "\tx", "\rx", "\nx", "＝1", "'=1", "''@x", "=", "-", "+1-2"]
)
def test_cells_that_a_spreadsheet_would_run_are_shielded_and_come_back(risky: str) -> None:
    assert shielded(risky) == f"'{risky}"
    assert unshielded(shielded(risky)) == risky


@pytest.mark.parametrize("plain", ["", "-5", "+1.5e-3", "-.5", "5-4", "a=b", "'quoted'", "'", "mail@example.org"])
def test_plain_cells_and_numbers_stay(plain: str) -> None:
    assert shielded(plain) == plain
    assert unshielded(plain) == plain


@given(st.text(max_size=12))
def test_shielding_is_undone_exactly(cell: str) -> None:
    assert unshielded(shielded(cell)) == cell
    assert shielded(cell)[:1] not in set("=@\t\r\n") or shielded(cell) == ""


def test_texts_in_a_spreadsheet_are_neither_formulas_nor_links(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_table(path, ("a", "b", "c"), [("=1+1", "https://example.org", "007")])
    cells = openpyxl.load_workbook(path).active[2]  # type: ignore[index]
    assert [(c.value, c.data_type, c.hyperlink) for c in cells] == [
        ("=1+1", "s", None),
        ("https://example.org", "s", None),
        ("007", "s", None),
    ]


@pytest.mark.parametrize("ending", FORMATS)
def test_people_come_back_as_they_were(tmp_path: Path, ending: str) -> None:
    words = default_vocabulary()
    people = [
        read_answers(
            {"id": "a", "role": "both", "name": '=Zoë, "Z"', "text": "one\ntwo", "skills": "EMDR=3;juggling", "x": "1"},
            words,
        ),
        read_answers({"id": "b", "role": "mentor", "status": "paused", "employer": "A;B", "text": "@home '=x"}, words),
    ]
    path = tmp_path / f"people{ending}"
    write_profiles(path, people)
    read = read_profiles(path)
    assert read.problems == []
    assert read.profiles == people


def test_a_failure_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old")

    def rows() -> object:
        yield ("a", 1.0, "x")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        write_table(path, HEADER, rows())  # type: ignore[arg-type]
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnwritableFile, match="No space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_rights_of_an_existing_file_and_links_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old")
    path.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    write_text(link, "new")
    assert link.is_symlink()
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_device_is_written_to_directly() -> None:
    write_text("/dev/null", "x")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("name", "told"), [("nowhere/t.csv", "does not exist"), ("", "this is a folder"), ("t.pdf", "the ending .pdf")]
)
def test_places_that_cannot_be_written_are_named(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(UnwritableFile, match=told):
        write_table(tmp_path / name, HEADER, ROWS)


def test_too_long_for_a_spreadsheet_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnwritableFile, match="too long"):
        write_table(tmp_path / "t.xlsx", ("a",), [("x" * 40_000,)])
    assert list(tmp_path.iterdir()) == []


def test_any_table_comes_back_from_csv(tmp_path: Path) -> None:
    rows = [("a,b", 'say "hi"'), ("line\nbreak", " blank "), ("-1", "'=x")]
    write_table(tmp_path / "t.csv", ("one", "two"), rows)
    assert read_table(tmp_path / "t.csv").rows == rows
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == 4
