"""A list of people that is looked at before it is brought in."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from matcher.storage.database import Database
from matcher.storage.desk_log import names_of_things
from matcher.storage.mapping import metadata
from matcher.workflow import people, uploads
from matcher.workflow.people import import_profiles, preview_import
from matcher.workflow.uploads import Upload
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace
from tests.stories import introduced


def everything(db: Database) -> list[object]:
    """Every row of every table."""
    with db.read() as session:
        return [(table.name, *row) for table in metadata.sorted_tables for row in session.execute(select(table))]


def test_a_preview_says_what_an_import_does_and_does_nothing(db: Database) -> None:
    enrol(db, ada(), grace(), ben())
    people.erase(db, "ben", by="cleo", links=LINKS, now=NOW)
    wanted = [
        ada(goals="", text="More words."),
        ben(),
        grace(),
        dora(),
        replace(dora(), id="dora2"),
        replace(dora(), id="x", email=""),
    ]
    before = everything(db)
    preview = preview_import(db, wanted, by="cleo", now=NOW)
    assert everything(db) == before
    assert preview.columns == {"ada": ("goals", "text")}
    assert preview.emptied == {"ada": ("goals",)}
    assert import_profiles(db, wanted, by="cleo", now=NOW, confirmed=True) == preview.imported
    assert preview.imported.added == ("dora",)
    assert set(preview.imported.refused) == {"ben", "dora2", "x"}


def test_other_columns_that_go_are_told(db: Database) -> None:
    enrol(db, replace(ada(), extra={"shoe_size": "40", "hat": "red"}))
    preview = preview_import(db, [replace(ada(), extra={"hat": "blue"})], by="cleo", now=NOW)
    assert set(preview.columns["ada"]) == {"shoe_size", "hat"}
    assert preview.emptied["ada"] == ("shoe_size",)


@pytest.mark.parametrize("data", [b"", b"\x00\xff" * 1000, "id,role\nä,mentee\n".encode()])
def test_a_file_is_kept_byte_for_byte_until_it_is_forgotten(db: Database, data: bytes) -> None:
    upload = Upload("people.csv", data, {"added": 3, "unknown": [["goals", "rowing", 1]]})
    uploads.keep(db, "cleo", upload, now=NOW)
    assert uploads.kept(db, "cleo") == upload
    assert uploads.kept(db, "dan") is None
    uploads.forget(db, "cleo")
    assert uploads.kept(db, "cleo") is None


def test_the_newest_file_is_the_one_that_is_kept(db: Database) -> None:
    for name in ("old.csv", "new.csv"):
        uploads.keep(db, "cleo", Upload(name, name.encode(), {}), now=NOW)
    kept = uploads.kept(db, "cleo")
    assert kept is not None
    assert kept.name == "new.csv"
    assert kept.digest != Upload("old.csv", b"old.csv", {}).digest


def test_things_in_the_log_have_names(db: Database) -> None:
    by = cleo(db)
    enrol(db, ada(), grace(name=""), ben())
    id = introduced(db, "ada", "grace")
    people.erase(db, "ben", by=by, links=LINKS, now=NOW)
    things = ["participant:ada", "participant:grace", "participant:ben", f"introduction:{id}", f"coordinator:{by}"]
    with db.read() as session:
        assert names_of_things(session, [*things, "introduction:x", "participant:nobody", "session", "round:1"]) == {
            "participant:ada": "Ada",
            "participant:grace": "grace",
            f"introduction:{id}": "Ada, grace",
            f"coordinator:{by}": "Cleo",
        }
