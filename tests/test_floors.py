"""The floors: which room may know which, read from the imports; and what only one place may do.

  web        cli           may use workflow to change, storage to read, domain for names
      workflow             may use everything below
engine  storage  mail      each its own library; never each other
       domain              the standard library and three small helpers
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path for folder in ("matcher", "web") for path in (ROOT / folder).rglob("*.py"))

Names = frozenset[str]


@dataclass(frozen=True)
class Floor:
    """What the modules of a room may import beside the standard library and their own room."""

    rooms: Names = frozenset()
    libraries: Names = frozenset()


def floor(rooms: str = "", libraries: str = "") -> Floor:
    return Floor(frozenset(rooms.split()), frozenset(libraries.split()))


FLOORS = {
    "domain": floor(libraries="rapidfuzz snowballstemmer email_validator"),
    "translations": floor(libraries="babel"),
    "config": floor("mail"),
    "engine": floor("domain translations", "numpy scipy sklearn rapidfuzz snowballstemmer threadpoolctl"),
    "files": floor("domain", "numpy openpyxl xlsxwriter"),
    "mail": floor("domain translations", "jinja2 markupsafe css_inline icalendar idna cryptography"),
    "storage": floor("domain", "sqlalchemy alembic"),
    "workflow": floor("domain translations engine storage mail", "numpy sqlalchemy babel itsdangerous"),
    "web": floor("domain translations storage workflow files", "starlette jinja2 markupsafe babel python_multipart"),
    "cli": floor("domain translations engine files mail storage workflow config web", "click numpy uvicorn dns"),
    "__main__": floor("cli"),
    "__init__": floor("engine files"),
}
"""Every room of `matcher`, its few single modules, and `web`."""

JOINING = ("matcher/cli/", "web/app.py")
"""Where the parts are joined: only here is the configuration, the environment and the time read."""

EXCEPTIONS = {
    ("web/app.py", "config"): "a joining place",
    ("web/app.py", "mail"): "a joining place",
    ("web/desk", "sqlalchemy"): "names the type of the session that it hands to storage",
}
"""(file or folder, room or library): why it may."""


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room_of(path: Path) -> str:
    """The room of a module: "engine" for matcher/engine/words.py, "web" for all of web."""
    parts = path.relative_to(ROOT).parts
    return "web" if parts[0] == "web" else parts[1].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """(line, room or library) of each import, also those inside functions and for types only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)}:{node.lineno} imports by dots"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            top, _, rest = name.partition(".")
            yield node.lineno, rest.partition(".")[0] if top == "matcher" else top


def excepted(path: Path, what: str) -> bool:
    return any(what == name and relative(path).startswith(where) for where, name in EXCEPTIONS)


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_a_module_imports_only_from_the_floors_below(path: Path) -> None:
    room = room_of(path)
    allowed = FLOORS[room].rooms | FLOORS[room].libraries | {room}
    wrong = [
        f"{relative(path)}:{line} imports {what}"
        for line, what in imported(path)
        if what not in allowed and what not in sys.stdlib_module_names and not excepted(path, what)
    ]
    assert wrong == []


def test_engine_storage_and_mail_never_know_each_other_and_matcher_never_the_web() -> None:
    """The table above says so: whoever changes it has to change this as well."""
    side_by_side = {"engine", "storage", "mail", "files"}
    for room in side_by_side:
        assert not FLOORS[room].rooms & (side_by_side | {"workflow", "cli", "web", "config"})
    assert [room for room in FLOORS if "web" in FLOORS[room].rooms] == ["cli"]
    assert [room for room in FLOORS if "config" in FLOORS[room].rooms] == ["cli"]
    assert FLOORS["domain"].rooms == frozenset()


def test_no_exception_outlives_its_reason() -> None:
    for where, what in EXCEPTIONS:
        users = [path for path in FILES if relative(path).startswith(where)]
        assert any(what == name for path in users for _, name in imported(path)), f"{where} does not import {what}"


# -- what only one place may do ----------------------------------------------------------------------------------------

THE_CLOCK = "matcher/storage/database.py"
"""`Database.now` is the time that all machines agree on."""

ELSEWHERE = [path for path in FILES if not relative(path).startswith((*JOINING, THE_CLOCK))]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", ELSEWHERE, ids=relative)
def test_only_the_joining_places_read_the_environment_and_the_time(path: Path) -> None:
    reads = {"os.environ", "os.getenv", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    wrong = [
        f"{relative(path)}:{node.lineno} reads {ast.unparse(node)}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in reads
    ]
    assert wrong == []


OTHER_STATES = ("RoundState.", "LetterState.", "MeetingState.")
"""Rounds, letters and meetings have states of their own."""

OF_A_LETTER = ("matcher/storage/outbox.py", "state")
"""`_finish(letter, state, …)` writes the state that it is given."""


def states_written(node: ast.AST) -> Iterator[str]:
    """What a statement or call puts into something called `state`."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from states_assigned(target, node.value)
    elif isinstance(node, ast.AugAssign | ast.AnnAssign) and node.value is not None:
        yield from states_assigned(node.target, node.value)
    elif isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        if "state" in keywords and (called.endswith(".values") or called.split(".")[-1] == "Introduction"):
            yield keywords["state"]
        if called == "setattr" and len(node.args) > 1 and "state" in ast.unparse(node.args[1]):
            yield ast.unparse(node.args[-1])


def states_assigned(target: ast.expr, value: ast.expr) -> Iterator[str]:
    """The same for one target, which may be several: `a.state, a.at = …`."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for each, given in zip(target.elts, value.elts, strict=False):
            yield from states_assigned(each, given)
    elif isinstance(target, ast.Attribute) and target.attr == "state":
        yield ast.unparse(value)


def inside_take(module: ast.Module) -> set[int]:
    """The nodes of `Introduction.take`."""
    takes = [
        function
        for each in ast.walk(module)
        if isinstance(each, ast.ClassDef) and each.name == "Introduction"
        for function in each.body
        if isinstance(function, ast.FunctionDef) and function.name == "take"
    ]
    return {id(node) for take in takes for node in ast.walk(take)}


def test_only_take_writes_the_state_of_an_introduction() -> None:
    wrong, rightly = [], 0
    for path in FILES:
        module = tree(path)
        taking = inside_take(module) if relative(path) == "matcher/domain/introductions.py" else set()
        for node in ast.walk(module):
            for value in states_written(node):
                if id(node) in taking:
                    rightly += 1
                elif not value.startswith(OTHER_STATES) and (relative(path), value) != OF_A_LETTER:
                    wrong.append(f"{relative(path)}:{node.lineno} writes {value}")  # type: ignore[attr-defined]
    assert wrong == []
    assert rightly == 1


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_no_sql_in_words_writes_introductions(path: Path) -> None:
    if "migrations" in path.parts:
        return
    constants = [node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)]
    texts = [value for value in constants if isinstance(value, str)]
    assert [text for text in texts if re.search(r"update\s+introductions\b|introductions\s+set\b", text, re.I)] == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("x.state = State.VOID", ["State.VOID"]),
        ("x.at, x.state = now, State.VOID", ["State.VOID"]),
        ("update(table).values(state=State.VOID)", ["State.VOID"]),
        ("Introduction(id=1, state=State.VOID)", ["State.VOID"]),
        ("setattr(x, 'state', State.VOID)", ["State.VOID"]),
        ("x.state == State.VOID; state = x.state; f(state=x.state); app.state.site = site", []),
    ],
)
def test_the_guard_sees_what_it_is_meant_to_see(code: str, found: list[str]) -> None:
    assert [value for node in ast.walk(ast.parse(code)) for value in states_written(node)] == found
