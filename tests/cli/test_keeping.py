"""`backup`, `restore`, `doctor` and `coordinator`, as typed, on a programme with people, letters and a session."""

import io
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from matcher.cli import run
from matcher.cli.running import Programme, open_programme
from matcher.domain.letters import Letter, LetterState
from matcher.storage import outbox
from matcher.storage.database import Database
from matcher.storage.mapping import coordinators, letters, participants, tokens
from matcher.workflow import access

PEOPLE = "id,role,name,email,languages\nA,mentee,Ada,ada@example.org,en\nG,mentor,Grace,grace@example.org,en\n"

Type = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Type:
    """Runs a command line: (exit status, stdout, stderr)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


@pytest.fixture
def programme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Programme]:
    """Two people, and a sign-in link on its way to one of them."""
    monkeypatch.setenv("MATCHER_SECRET", "b7Yx0Qp2Lr9Vt4Wm8Zk1Hn6Jd3Fs5GcA")
    monkeypatch.setenv("MATCHER_DATABASE", f"sqlite:///{tmp_path}/programme.db")
    monkeypatch.setenv("MATCHER_MAIL", f"folder:{tmp_path}/mail")
    (tmp_path / "people.csv").write_text(PEOPLE)
    assert run(["import", str(tmp_path / "people.csv"), "--confirmed"]) == 0
    opened = open_programme()
    access.request_sign_in(opened.database, "ada@example.org", links=opened.links, now=datetime.now(UTC))
    yield opened
    opened.database.dispose()


def test_a_coordinator_is_written_to_in_the_programme_s_language(
    programme: Programme, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHER_LANGUAGE", "es")
    assert typed("coordinator", "cleo@example.org")[0] == 0
    with programme.database.read() as session:
        assert session.scalar(select(coordinators.c.language)) == "es"


def test_a_backup_is_whole_private_and_never_overwrites(programme: Programme, typed: Type, tmp_path: Path) -> None:
    out = tmp_path / "copy.db"
    assert typed("backup", out)[0] == 0
    assert out.stat().st_mode & 0o077 == 0
    before = out.read_bytes()
    status, _, said = typed("backup", out)
    assert (status, out.read_bytes()) == (2, before)
    assert "a backup never overwrites" in said


def test_what_was_under_way_at_the_time_of_a_backup_does_not_happen_again(
    programme: Programme, typed: Type, tmp_path: Path
) -> None:
    copy = tmp_path / "what? #1.db"
    assert typed("backup", copy)[0] == 0
    (tmp_path / "people.csv").write_text(PEOPLE + "H,mentor,Henry,henry@example.org,en\n")
    assert typed("import", tmp_path / "people.csv", "--confirmed")[0] == 0
    programme.database.dispose()
    assert typed("restore", copy, "--yes")[0] == 0
    with programme.database.read() as session:
        assert list(session.scalars(select(participants.c.id).order_by(participants.c.id))) == ["A", "G"]
        assert session.scalar(select(func.count()).select_from(tokens)) == 0
        [letter] = session.scalars(select(Letter))
        assert (letter.state, letter.trouble) == (LetterState.CANCELLED, "restored from a backup")


def test_a_damaged_backup_leaves_everything_as_it_was(programme: Programme, typed: Type, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    typed("backup", copy)
    whole = copy.read_bytes()
    copy.write_bytes(whole[:4096] + b"\xff" * 4096 + whole[8192:])
    shutil.copy(tmp_path / "programme.db", tmp_path / "before.db")
    status, _, said = typed("restore", copy, "--yes")
    assert status == 2
    assert said.count("\n") == 1
    assert (tmp_path / "programme.db").read_bytes() == (tmp_path / "before.db").read_bytes()
    assert not list(tmp_path.glob(".*.half"))


def test_a_restore_that_is_not_confirmed_changes_nothing(
    programme: Programme, typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("backup", tmp_path / "copy.db")
    before = (tmp_path / "programme.db").read_bytes()
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert typed("restore", tmp_path / "copy.db")[0] == 130
    assert (tmp_path / "programme.db").read_bytes() == before
    assert not list(tmp_path.glob(".*.half*"))


@pytest.mark.parametrize("stdin", [None, ""], ids=["closed", "empty"])
@pytest.mark.parametrize("command", ["erase A", "restore copy.db"])
def test_where_nobody_can_answer_one_line_says_how_to_confirm(
    programme: Programme, typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stdin: str | None, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    typed("backup", "copy.db")
    before = (tmp_path / "programme.db").read_bytes()
    monkeypatch.setattr("sys.stdin", None if stdin is None else io.StringIO(stdin))
    status, out, said = typed(*command.split())
    assert (status, out) == (2, "")
    assert said.count("\n") == 1
    assert "add --yes to confirm" in said
    assert (tmp_path / "programme.db").read_bytes() == before


@pytest.mark.parametrize(("answer", "status", "left"), [("y\n", 0, ["G"]), ("n\n", 130, ["A", "G"])])
def test_an_answer_may_come_through_a_pipe(
    programme: Programme, typed: Type, monkeypatch: pytest.MonkeyPatch, answer: str, status: int, left: list[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert typed("erase", "A")[0] == status
    with programme.database.read() as session:
        active = select(participants.c.id).where(participants.c.email != "").order_by(participants.c.id)
        assert list(session.scalars(active)) == left


def test_doctor_finds_nothing_wrong_in_a_database_that_is_still_empty(
    typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHER_SECRET", "b7Yx0Qp2Lr9Vt4Wm8Zk1Hn6Jd3Fs5GcA")
    monkeypatch.setenv("MATCHER_DATABASE", f"sqlite:///{tmp_path}/programme.db")
    monkeypatch.setenv("MATCHER_MAIL", f"folder:{tmp_path}/mail")
    status, out, said = typed("doctor")
    assert (status, said) == (0, "")
    assert out.startswith("nothing is wrong; the database is still empty")


def test_doctor_finds_nothing_in_a_healthy_programme(programme: Programme, typed: Type) -> None:
    assert typed("doctor")[:2] == (0, "nothing is wrong\n")


def test_doctor_finds_a_place_that_nobody_takes_and_a_letter_that_does_not_leave(
    programme: Programme, typed: Type
) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    with programme.database.write() as session:
        session.execute(update(participants).where(participants.c.id == "G").values(used=1))
        waits = {"created_at": long_ago, "next_try_at": long_ago, "not_after": datetime.now(UTC) + timedelta(hours=1)}
        session.execute(update(letters).values(**waits))
    status, out, _ = typed("doctor")
    assert status == 1
    assert "wrong: G has 1 places taken and 0 introductions that hold one" in out
    assert "is `matcher work` running?" in out


def test_doctor_tells_of_a_pause_of_all_mail_and_of_clocks_that_differ(
    programme: Programme, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    with programme.database.write() as session:
        outbox.pause(session, now, now + timedelta(hours=1), "the password is wrong")
    monkeypatch.setattr(Database, "now", lambda self: datetime.now(UTC) + timedelta(minutes=6))
    status, out, _ = typed("doctor")
    assert status == 1
    assert "wrong: all mail pauses" in out
    assert "the clocks of this machine and of the database differ by 360 seconds" in out


def test_doctor_sends_one_real_letter_where_it_is_told_to(programme: Programme, typed: Type, tmp_path: Path) -> None:
    before = len(list(Path(programme.config.mail.removeprefix("folder:")).glob("*.eml")))
    status, _, said = typed("doctor", "--send-to", "me@example.org")
    assert (status, "a letter is on its way to me@example.org" in said) == (0, True)
    letters_there = sorted(Path(programme.config.mail.removeprefix("folder:")).glob("*.eml"))
    assert len(letters_there) == before + 1
    assert any(b"\r\nTo: me@example.org\r\n" in each.read_bytes() for each in letters_there)
    assert typed("doctor", "--send-to", "me@example.org, you@example.org")[0] == 1
