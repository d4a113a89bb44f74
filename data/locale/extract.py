"""Collects every sentence for people into the catalogues, keeping the translations there are.

    .venv/bin/python data/locale/extract.py          writes data/locale/<language>/messages.po
    .venv/bin/python data/locale/extract.py --check  changes nothing; exit status 1 when something is untranslated

Found are: `_`, `_n`, `gettext` and `ngettext` in templates and in Python, `N_` there too, and, in the modules of
SENTENCES, texts that are translated where they are shown (refusals, rules, problems of a form).
"""

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ROOMS = ("matcher", "web")
CALLS = {"_": 1, "N_": 1, "gettext": 1, "_n": 2, "ngettext": 2}
"""Functions that take sentences, and how many of their arguments are one (two: singular and plural)."""

TEMPLATES = {"**/templates/**.html": "jinja2", "**/templates/**.txt": "jinja2"}
_JINJA = {"silent": "false", "newstyle_gettext": "true", "extensions": "jinja2.ext.do"}

SENTENCES = (
    "matcher/domain/introductions.py",
    "matcher/domain/people.py",
    "matcher/domain/profiles.py",
    "matcher/domain/rounds.py",
    "matcher/domain/rules.py",
    "matcher/engine/reasons.py",
    "matcher/workflow/",
)
"""Modules whose texts that read as a sentence are msgids, wherever they stand."""

_A_SENTENCE = re.compile(r"[A-Z¿¡“\"].* .*[.?!]", re.DOTALL)


def collect() -> Catalog:
    """All sentences of the program, with the files in which they stand."""
    found = Catalog(charset="utf-8")
    keywords = {name: (1, 2) if count == 2 else None for name, count in CALLS.items()}
    options = dict.fromkeys(TEMPLATES, _JINJA)
    for room in ROOMS:
        extracted = extract_from_dir(ROOT / room, list(TEMPLATES.items()), options, keywords)
        for file, _line, message, _comments, _context in extracted:
            found.add(message, locations=[(f"{room}/{file}", 0)])
        for module in sorted((ROOT / room).rglob("*.py")):
            path = module.relative_to(ROOT).as_posix()
            for message in sentences_in(module.read_text("utf-8"), anywhere=path.startswith(SENTENCES)):
                found.add(message, locations=[(path, 0)])
    return found


def sentences_in(source: str, *, anywhere: bool) -> Iterator[str | tuple[str, str]]:
    """The sentences given to one of CALLS; with `anywhere` also every other text that reads as one.

    Documentation and pieces of f-strings are none.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            count = CALLS.get(getattr(node.func, "attr", "") or getattr(node.func, "id", ""), 0)
            texts = [a.value for a in node.args[:count] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if count and len(texts) == count:
                yield texts[0] if count == 1 else (texts[0], texts[1])
    if anywhere:
        passed = set(_documentation(tree))
        texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in passed]
        yield from (text for text in texts if isinstance(text, str) and _A_SENTENCE.fullmatch(text))


def _documentation(tree: ast.AST) -> Iterator[int]:
    """Which texts are documentation or a piece of an f-string, by the identity of their node."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            if isinstance(statement, ast.Expr):
                yield id(statement.value)
        if isinstance(node, ast.JoinedStr):
            yield from (id(value) for value in node.values)


def read(language: str) -> Catalog:
    """The catalogue of a language as it lies in its folder."""
    with (HERE / language / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def merged(language: str, found: Catalog) -> Catalog:
    """The catalogue with new sentences added and lost ones dropped; no guessing from similar sentences."""
    catalogue = read(language)
    catalogue.update(found, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    return catalogue


def untranslated(catalogue: Catalog) -> list[str]:
    """The sentences without a (finished) translation, in the order of the file."""
    missing = []
    for message in catalogue:
        forms = message.string if isinstance(message.string, list | tuple) else [message.string]
        if message.id and (message.fuzzy or not all(forms)):
            missing.append(message.id if isinstance(message.id, str) else message.id[0])
    return missing


def as_bytes(catalogue: Catalog) -> bytes:
    """The file's content; without line numbers and dates, so that it changes only with the sentences."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=110, include_lineno=False, sort_by_file=True, ignore_obsolete=True)
    idle = (b'"Report-Msgid-', b'"POT-Creation-', b'"PO-Revision-', b'"Last-Translator', b'"Generated-By', b'"Project-')
    return b"".join(line for line in buffer.getvalue().splitlines(keepends=True) if not line.startswith(idle))


def main() -> int:
    """Updates or checks every catalogue; lists what lacks a translation on stderr."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    found, missing = collect(), 0
    for path in sorted(HERE.glob("*/messages.po")):
        catalogue = merged(path.parent.name, found)
        lacking = untranslated(catalogue)
        missing += len(lacking)
        for sentence in lacking:
            print(f"{path.parent.name}: {sentence}", file=sys.stderr)
        if not check:
            path.write_bytes(as_bytes(catalogue))
    return 1 if check and missing else 0


if __name__ == "__main__":
    sys.exit(main())
