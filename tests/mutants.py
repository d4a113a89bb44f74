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

from tests import databases

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

MUTANTS = (
    # places and uniqueness
    Mutant(
        "a place is taken without looking whether there is one",
        _STORED,
        "participants.c.used < participants.c.capacity,\n        )\n        .values(",
        ")\n        .values(",
        ("tests/storage/test_database.py::test_a_place_is_taken_only_where_there_is_one",),
    ),
    Mutant(
        "no CHECK on places",
        _SCHEMA,
        '"used BETWEEN 0 AND capacity"',
        '"used BETWEEN -9 AND 999"',
        ("tests/storage/test_database.py::test_no_row_can_hold_more_places_than_there_are",),
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
        ("tests/storage/test_database.py::test_a_mentee_has_one_and_a_pair_is_one_whatever_the_code_does",),
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
        ("tests/storage/test_database.py::test_a_mentee_has_one_and_a_pair_is_one_whatever_the_code_does",),
    ),
    Mutant(
        "no version of introductions in the WHERE",
        "matcher/storage/mapping.py",
        "    version_id_col=introductions.c.version,\n",
        "",
        (
            "tests/workflow/test_coordinators_hand.py::test_an_old_page_changes_nothing_while_people_are_asked",
            "tests/workflow/test_races.py::test_both_say_yes_at_once_and_it_is_agreed",
        ),
    ),
    Mutant(
        "a place stays taken after the end",
        _STORED,
        "    if taken.releases and introduction.kind is Kind.PAIR:\n",
        "    if False:\n",
        (
            "tests/workflow/test_answers.py::test_undo_before_contacts_are_shared",
            "tests/workflow/test_answers.py::test_a_concern_ends_at_once_and_for_ever",
        ),
    ),
    Mutant(
        "anybody may sit in two groups",
        _STORED,
        "        _seat(session, introduction)\n",
        "        pass\n",
        ("tests/workflow/test_races.py::test_one_person_is_never_in_two_groups",),
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
        ("tests/workflow/test_clock.py::test_contacts_are_shared_after_the_undo_window_and_other_offers_end",),
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
        ("tests/workflow/test_answers.py::test_picking_reserves_the_place_and_asks_the_mentor",),
    ),
    Mutant(
        "no silent grace after the deadline",
        "matcher/workflow/clock.py",
        "party.deadline + means.terms.grace <= means.now",
        "party.deadline <= means.now",
        ("tests/workflow/test_clock.py::test_silence_ends_a_question_after_the_deadline_and_a_day_of_grace",),
    ),
    Mutant(
        "deadlines end at night",
        _OUTBOX,
        "    return hours.next_open(person, at, terms)\n",
        "    return at\n",
        ("tests/storage/test_outbox.py::test_a_deadline_never_ends_at_night",),
    ),
    # the database
    Mutant(
        "a transaction of SQLite begins as a reader",
        _DATABASE,
        '"BEGIN" if reading else "BEGIN IMMEDIATE"',
        '"BEGIN"',
        ("tests/storage/test_database.py::test_a_writer_of_sqlite_has_its_turn_before_it_reads",),
    ),
    Mutant(
        "a reading transaction of SQLite may write",
        _DATABASE,
        "query_only={'ON' if reading else 'OFF'}",
        "query_only=OFF",
        ("tests/storage/test_database.py::test_a_reading_transaction_cannot_write",),
    ),
    Mutant(
        "a power cut takes answers back",
        _DATABASE,
        '"synchronous=FULL"',
        '"synchronous=NORMAL"',
        ("tests/storage/test_database.py::test_what_was_acknowledged_is_on_the_disk",),
    ),
    Mutant(
        "a cut connection is not made anew",
        _DATABASE,
        "isinstance(error, StaleDataError | IntegrityError) or _is_gone(error):\n        return True",
        "isinstance(error, StaleDataError | IntegrityError):\n        return True",
        ("tests/storage/test_database.py::test_a_connection_that_is_cut_is_made_anew_and_the_whole_step_run_again",),
    ),
    Mutant(
        "what may have been kept is run again",
        _DATABASE,
        "                if done and _is_gone(error):\n",
        "                if False:\n",
        ("tests/storage/test_database.py::test_a_connection_cut_while_committing_is_in_doubt_and_not_run_again",),
    ),
    Mutant(
        "the machine's clock decides and not the database's",
        _DATABASE,
        "        return datetime.now(UTC) + self._ahead\n",
        "        return datetime.now(UTC)\n",
        (
            "tests/storage/test_database.py::test_the_time_is_that_of_the_database_and_not_of_the_machine",
            "tests/storage/test_outbox.py::test_a_machine_whose_clock_is_ahead_takes_no_lease_over_and_carries_nothing_early",
        ),
    ),
    Mutant(
        "a filled SQLite database cannot make a table anew",
        _DATABASE,
        'raw.execute("PRAGMA foreign_keys=OFF")',
        "pass",
        ("tests/storage/test_migrations.py::test_what_the_first_version_kept_is_whole_in_todays",),
    ),
    Mutant(
        "each statement of an upgrade is kept by itself",
        _DATABASE,
        """            with self.engine.begin() as connection:
                yield connection
""",
        """            with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                yield connection
""",
        ("tests/soak/test_short.py::test_the_short_form_of[killed_upgrades-postgresql]",),
    ),
    Mutant(
        "a next best that fails stops the clock",
        "matcher/workflow/clock.py",
        "next_best=_guarded(_next_best, db, means)",
        "next_best=_next_best(db, means)",
        ("tests/workflow/test_clock.py::test_the_next_best_that_fails_does_not_stop_the_rest",),
    ),
    Mutant(
        "what was followed up raises the version without a record",
        "matcher/workflow/clock.py",
        "        introductions.touch(session, introduction, Change.FOLLOWED_UP, means.now)\n",
        "",
        ("tests/workflow/test_next_best.py",),
    ),
    # the outbox
    Mutant(
        "a worker writes down what another carries",
        _OUTBOX,
        "            letters.c.claimed_by == worker,\n",
        "",
        ("tests/storage/test_outbox.py::test_a_worker_that_comes_back_late_changes_nothing",),
    ),
    Mutant(
        "an attempt is not told from the next",
        _OUTBOX,
        "            letters.c.attempts == attempt,\n",
        "",
        ("tests/storage/test_outbox.py::test_a_worker_that_comes_back_late_changes_nothing",),
    ),
    Mutant(
        "a lease that runs is taken over",
        _OUTBOX,
        "letters.c.lease_until < now),",
        "letters.c.lease_until > now),",
        (
            "tests/storage/test_outbox.py::test_letters_leave_in_order_and_once",
            "tests/storage/test_outbox.py::test_a_letter_whose_worker_vanished_is_carried_by_another_with_the_same_bytes",
        ),
    ),
    Mutant(
        "workers wait for each other",
        _OUTBOX,
        "skip_locked=True",
        "skip_locked=False",
        ("tests/storage/test_outbox.py::test_a_worker_passes_over_what_another_is_claiming",),
    ),
    Mutant(
        "a stale letter leaves",
        _OUTBOX,
        "    return _stale_person(session, letter) or _stale_matter(session, letter)\n",
        "    return None\n",
        ("tests/storage/test_outbox.py::test_a_question_that_has_become_stale_does_not_leave",),
    ),
    Mutant(
        "a letter leaves however late",
        _OUTBOX,
        "        elif letter.not_after is not None and now > letter.not_after:\n",
        "        elif False:\n",
        ("tests/storage/test_outbox.py::test_too_old_is_given_up_and_seen",),
    ),
    Mutant(
        "a clock runs for a question that is not the one asked",
        _OUTBOX,
        "parties.c.epoch == party.epoch, ",
        "",
        ("tests/storage/test_outbox.py::test_a_new_address_while_the_letter_is_noted_as_sent_is_asked_anew",),
    ),
    Mutant(
        "links to an old address stay valid",
        "matcher/workflow/signup.py",
        "        party.epoch += 1\n",
        "",
        ("tests/workflow/test_answers.py::test_links_in_letters_to_an_old_address_are_void",),
    ),
    Mutant(
        "who declined is in the letter that introduces",
        "matcher/workflow/correspondence.py",
        "sides = [party for party in introduction.parties if party.said_yes]",
        "sides = list(introduction.parties)",
        ("tests/workflow/test_answers.py::test_who_declined_a_group_is_not_introduced_to_it",),
    ),
    Mutant(
        "a transaction is open while the mail server speaks",
        "matcher/workflow/delivery.py",
        "        carrier.carry(letter.to, letter.raw)\n",
        "        with db.write() as held:\n"
        "            held.connection()\n"
        "            carrier.carry(letter.to, letter.raw)\n",
        ("tests/workflow/test_delivery.py::test_no_transaction_is_open_while_the_mail_server_takes_its_time",),
    ),
    Mutant(
        "a thousand letters come back at the same moment",
        "matcher/workflow/delivery.py",
        "    return base * (1 - JITTER + 2 * JITTER * drawn)\n",
        "    return base\n",
        ("tests/workflow/test_delivery.py::test_the_waits_grow_as_written_and_differ_a_little_from_letter_to_letter",),
    ),
    Mutant(
        "the relay's fault costs the letter an attempt",
        "matcher/workflow/delivery.py",
        "counts=False)",
        "counts=True)",
        ("tests/workflow/test_delivery.py::test_a_dead_server_costs_no_letter_and_no_attempt",),
    ),
    Mutant(
        "an address that does not exist is written to again",
        "matcher/workflow/delivery.py",
        "    if given_up and error.bad_address:\n",
        "    if False:\n",
        (
            "tests/workflow/test_delivery.py::test_an_address_that_does_not_exist_fails_at_once_and_is_written_to_no_more",
        ),
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
        ("tests/mail/test_letters.py::test_headers_are_exactly_these",),
    ),
    Mutant(
        "no end with one click",
        "matcher/mail/writing.py",
        '    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"\n',
        "",
        ("tests/mail/test_letters.py::test_headers_are_exactly_these",),
    ),
    Mutant(
        "an address may hold a command",
        "matcher/mail/addresses.py",
        '    if not (_ADDRESS.fullmatch(text) and _ADDRESS.fullmatch(unicodedata.normalize("NFKC", text))):\n',
        "    if not text:\n",
        ("tests/mail/test_carriers.py::test_an_envelope_address_cannot_carry_a_command",),
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
    with (
        tempfile.TemporaryDirectory(prefix="mutants") as tree_folder,
        tempfile.TemporaryDirectory(prefix="mutants") as home,
        databases.postgresql_server(Path(home) / "pg", Path(home) / "run") as server,
    ):
        os.environ["TEST_DATABASE_URL"] = server  # one for all runs
        tree = Path(tree_folder)
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
