"""`./dev mutants`: faults planted one at a time in a copy of the tree, and the tests that catch them.

A fault that no test notices is a promise that nobody keeps an eye on; the command ends with 1 then.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
PARTS = ("matcher", "web", "data", "tests", "pyproject.toml", "README.md", "dev")


@dataclass(frozen=True)
class Mutant:
    """In `file` the text `old`, which occurs once, becomes `new`; `tests` have to notice."""

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


_STORED, _OUTBOX, _DATABASE = (
    "matcher/storage/introductions.py",
    "matcher/storage/outbox.py",
    "matcher/storage/database.py",
)
_SCHEMA = "matcher/storage/migrations/versions/0001_the_first_schema.py"
_T = "tests/storage/test_database.py"
_O = "tests/storage/test_outbox.py"

MUTANTS = (
    # places and uniqueness
    Mutant(
        "a place is taken without looking whether there is one",
        _STORED,
        "participants.c.used < participants.c.capacity,\n        )\n        .values(",
        ")\n        .values(",
        ("tests/workflow/test_races.py",),
    ),
    Mutant(
        "no CHECK on places",
        _SCHEMA,
        '"used BETWEEN 0 AND capacity"',
        '"used BETWEEN -9 AND 999"',
        (_T,),
    ),
    Mutant(
        "a mentee may have two conversations (index)",
        _SCHEMA,
        """            "uq_introductions_one_per_mentee",
            ["mentee_id"],
            unique=True,""",
        """            "uq_introductions_one_per_mentee",
            ["mentee_id"],
            unique=False,""",
        (_T,),
    ),
    Mutant(
        "a pair may be there twice (index)",
        _SCHEMA,
        """            "uq_introductions_one_per_pair",
            ["mentee_id", "mentor_id"],
            unique=True,""",
        """            "uq_introductions_one_per_pair",
            ["mentee_id", "mentor_id"],
            unique=False,""",
        (_T,),
    ),
    Mutant(
        "no version of introductions in the WHERE",
        "matcher/storage/mapping.py",
        "    version_id_col=introductions.c.version,\n",
        "",
        ("tests/workflow/test_coordinators_hand.py", "tests/workflow/test_races.py"),
    ),
    Mutant(
        "a place stays taken after the end",
        _STORED,
        "    if taken.releases and introduction.kind is Kind.PAIR:\n",
        "    if False:\n",
        ("tests/workflow/test_answers.py",),
    ),
    Mutant(
        "anybody may sit in two groups",
        _STORED,
        "        _seat(session, introduction)\n",
        "        pass\n",
        ("tests/workflow/test_review.py", "tests/workflow/test_races.py"),
    ),
    # the steps
    Mutant(
        "anybody may take any step",
        "matcher/domain/introductions.py",
        "        if who not in step.who:\n",
        "        if False:\n",
        ("tests/domain/test_introductions.py",),
    ),
    Mutant(
        "no undo window",
        "matcher/domain/introductions.py",
        "self.undo_until = now + terms.undo",
        "self.undo_until = now",
        ("tests/workflow/test_clock.py",),
    ),
    Mutant(
        "steps leave no record",
        _STORED,
        """    records.write_down(
        session,
        act,
        f"introduction:{introduction.id}",""",
        """    (lambda *_, **__: None)(
        session,
        act,
        f"introduction:{introduction.id}",""",
        ("tests/workflow/test_answers.py",),
    ),
    Mutant(
        "links of an old address go on working",
        "matcher/workflow/signup.py",
        "        party.epoch += 1\n",
        "        party.epoch += 0\n",
        ("tests/workflow/test_people.py", _O),
    ),
    Mutant(
        "names of those who did not say yes are told",
        "matcher/workflow/correspondence.py",
        "        sides = [party for party in introduction.parties if party.said_yes]\n",
        "        sides = list(introduction.parties)\n",
        ("tests/workflow/test_clock.py", "tests/workflow/test_answers.py", "tests/workflow/test_people.py"),
    ),
    Mutant(
        "no silent grace after the deadline",
        "matcher/workflow/clock.py",
        "party.deadline + means.terms.grace <= means.now",
        "party.deadline <= means.now",
        ("tests/workflow/test_clock.py",),
    ),
    Mutant(
        "deadlines end at night",
        _OUTBOX,
        "    return hours.next_open(person, at, terms)\n",
        "    return at\n",
        ("tests/workflow/test_clock.py", _O),
    ),
    # the database
    Mutant(
        "a transaction of SQLite begins as a reader",
        _DATABASE,
        '"BEGIN" if reading else "BEGIN IMMEDIATE"',
        '"BEGIN"',
        (_T, "tests/workflow/test_races.py"),
    ),
    Mutant(
        "a reading transaction of SQLite may write",
        _DATABASE,
        "query_only={'ON' if reading else 'OFF'}",
        "query_only=OFF",
        (_T,),
    ),
    Mutant("a power cut takes answers back", _DATABASE, '"synchronous=FULL"', '"synchronous=NORMAL"', (_T,)),
    Mutant(
        "a cut connection is not made anew",
        _DATABASE,
        "isinstance(error, StaleDataError | IntegrityError) or _is_gone(error):\n        return True",
        "isinstance(error, StaleDataError | IntegrityError):\n        return True",
        (_T,),
    ),
    Mutant(
        "what may have been kept is run again",
        _DATABASE,
        "                if done and _is_gone(error):\n",
        "                if False:\n",
        (_T,),
    ),
    # the outbox
    Mutant(
        "a worker writes down what another carries",
        _OUTBOX,
        "            letters.c.claimed_by == worker,\n",
        "",
        (_O, "tests/soak/test_short.py::test_the_short_form_of[stopped_workers-sqlite]"),
    ),
    Mutant("an attempt is not told from the next", _OUTBOX, "            letters.c.attempts == attempt,\n", "", (_O,)),
    Mutant(
        "a lease that runs is taken over",
        _OUTBOX,
        "letters.c.lease_until < now),",
        "letters.c.lease_until > now),",
        (_O,),
    ),
    Mutant("workers wait for each other", _OUTBOX, "skip_locked=True", "skip_locked=False", (_O,)),
    Mutant(
        "a stale letter leaves",
        _OUTBOX,
        "    return _stale_person(session, letter) or _stale_matter(session, letter)\n",
        "    return None\n",
        (_O,),
    ),
    Mutant(
        "a letter leaves however late",
        _OUTBOX,
        "        elif letter.not_after is not None and now > letter.not_after:\n",
        "        elif False:\n",
        (_O, "tests/workflow/test_delivery.py"),
    ),
    Mutant(
        "a clock runs for a question that is not the one asked",
        _OUTBOX,
        "parties.c.epoch == party.epoch, ",
        "",
        (_O, "tests/workflow/test_delivery.py"),
    ),
    Mutant(
        "a transaction is open while the mail server speaks",
        "matcher/workflow/delivery.py",
        "        carrier.carry(letter.to, letter.raw)\n",
        "        with db.write():\n            carrier.carry(letter.to, letter.raw)\n",
        ("tests/workflow/test_delivery.py",),
    ),
    Mutant(
        "a thousand letters come back at the same moment",
        "matcher/workflow/delivery.py",
        "    return base * (1 - JITTER + 2 * JITTER * drawn)\n",
        "    return base\n",
        ("tests/workflow/test_delivery.py",),
    ),
    Mutant(
        "the relay's fault costs the letter an attempt",
        "matcher/workflow/delivery.py",
        "counts=False)",
        "counts=True)",
        ("tests/workflow/test_delivery.py",),
    ),
    Mutant(
        "an address that does not exist is written to again",
        "matcher/workflow/delivery.py",
        "    if given_up and error.bad_address:\n",
        "    if False:\n",
        ("tests/workflow/test_delivery.py",),
    ),
    Mutant(
        "a question in a backup is asked twice",
        "matcher/storage/upkeep.py",
        ".values(undeliverable=True, deadline=None))",
        ".values(deadline=None))",
        ("tests/workflow/test_restored.py",),
    ),
    # letters
    Mutant(
        "letters look as if a person wrote them",
        "matcher/mail/writing.py",
        '    message["Auto-Submitted"] = "auto-generated"\n',
        "",
        ("tests/mail/test_letters.py",),
    ),
    Mutant(
        "no end with one click",
        "matcher/mail/writing.py",
        '    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"\n',
        "",
        ("tests/mail/test_letters.py",),
    ),
    Mutant(
        "an address may hold a command",
        "matcher/mail/addresses.py",
        '    if not (_ADDRESS.fullmatch(text) and _ADDRESS.fullmatch(unicodedata.normalize("NFKC", text))):\n',
        "    if not text:\n",
        ("tests/mail/test_carriers.py",),
    ),
    # the site
    Mutant(
        "a sign-in link works twice",
        "matcher/storage/credentials.py",
        "tokens.c.used_at.is_(None),\n            tokens.c.expires_at > now,\n        )\n        .values(used_at=now)",
        "tokens.c.expires_at > now,\n        )\n        .values(used_at=now)",
        ("tests/web/test_signing_in.py",),
    ),
    Mutant(
        "other sites may send our forms",
        "web/origin.py",
        'value in ("same-origin", "none")',
        'value in ("same-origin", "none", "cross-site")',
        ("tests/web/test_access.py",),
    ),
)


def copy_tree(to: Path) -> None:
    """The parts that tests need, without what was compiled."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, to / part, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy(ROOT / part, to / part)


def run_tests(tree: Path, tests: tuple[str, ...]) -> tuple[int, str]:
    """The exit status of pytest in this tree, and the first test that failed."""
    command = [sys.executable, "-B", "-m", "pytest", "-n", "0", "-q", "-x", "-p", "no:cacheprovider", "--tb=no", *tests]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, env={**os.environ, "CI": "true"})
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return done.returncode, failed[0].split(" - ")[0].partition(" ")[2] if failed else done.stdout.strip()[-200:]


def caught_by(mutant: Mutant, tree: Path) -> str | None:
    """The test that notices the fault in this copy of the tree; None when all pass."""
    path = tree / mutant.file
    whole = path.read_text()
    assert whole.count(mutant.old) == 1, f"{mutant.file}: {mutant.old!r} occurs {whole.count(mutant.old)} times"
    path.write_text(whole.replace(mutant.old, mutant.new))
    try:
        status, test = run_tests(tree, mutant.tests)
    finally:
        path.write_text(whole)
    assert status in (0, 1), f"{mutant.what}: pytest ended with {status}: {test}"
    return test if status else None


@click.command()
@click.option("--only", default="", help="Only faults whose description holds these words.")
def mutants(only: str) -> None:
    """Plants each fault and runs the tests that have to notice."""
    chosen = [mutant for mutant in MUTANTS if only in mutant.what]
    missed = 0
    with tempfile.TemporaryDirectory(prefix="mutants") as folder:
        tree = Path(folder)
        copy_tree(tree)
        status, test = run_tests(tree, tuple(sorted({test for mutant in chosen for test in mutant.tests})))
        if status:
            raise click.ClickException(f"the tests fail without any fault: {test}")
        width = max(len(mutant.what) for mutant in chosen)
        for mutant in chosen:
            started = time.monotonic()
            test_or_none = caught_by(mutant, tree)
            missed += test_or_none is None
            caught = f"caught by {test_or_none}" if test_or_none else "NOT CAUGHT"
            click.echo(f"{mutant.what:{width}}  {time.monotonic() - started:4.0f} s  {caught}")
    click.echo(f"{len(chosen) - missed} of {len(chosen)} planted faults were caught")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    mutants()
