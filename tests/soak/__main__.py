"""`./dev soak`: every proof at its full size on both engines, and a table of what was survived.

Ends with 1 after a breach. PostgreSQL is no choice: where it does not start, the soak fails.
"""

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click

from matcher.storage.database import Database
from tests import databases
from tests.soak.proof import SEED, Fresh, Proof, all_proofs


def factory(engine: str, folder: Path, held: ExitStack) -> Fresh:
    """Where the proofs get their empty databases."""
    if engine == "postgresql":
        server = held.enter_context(databases.postgresql_server(folder / "pg", folder))
        database = held.enter_context(databases.postgresql_database(server, "matcher_soak"))
        return lambda: databases.emptied(database)
    template = databases.sqlite_template(folder / "empty.db")
    whole = Database(f"sqlite:///{folder / 'soak.db'}")
    return lambda: databases.copied(template, whole)


def survived(proof: Proof, engine: str, fresh: Fresh, size: int) -> str:
    """Runs one proof behind a progress bar, which is silent in a pipe."""
    label = f"{proof.title} ({engine})"
    with click.progressbar(length=size, label=label, file=sys.stderr, show_eta=True) as bar:

        def told(done: int) -> None:
            bar.update(done - bar.pos)

        return proof.work(fresh, size, told)


def table(rows: list[tuple[str, str, str, str]]) -> str:
    """Rows in columns as wide as they need."""
    head = ("proof", "engine", "survived", "seconds")
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(4)]
    lines = (head, tuple("-" * width for width in widths), *rows)
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in lines)


@click.command()
@click.option("--only", multiple=True, help="The name of a proof; may be given several times.")
@click.option("--engine", type=click.Choice(databases.ENGINES), help="One engine instead of both.")
@click.option("--share", default=1.0, show_default=True, type=click.FloatRange(0, min_open=True), help="Of the size.")
@click.option("--list", "listed", is_flag=True, help="Only name the proofs.")
def soak(only: tuple[str, ...], engine: str | None, share: float, listed: bool) -> None:
    """Runs the long proofs; SOAK_SEED chooses where random choices begin."""
    proofs = all_proofs()
    unknown = set(only) - {proof.name for proof in proofs}
    if listed or unknown:
        for proof in proofs:
            click.echo(f"{proof.name:24} {proof.full:>6} {proof.unit:10} {proof.title}")
        if unknown:
            raise click.UsageError(f"There is no proof named {', '.join(sorted(unknown))}.")
        return
    rows: list[tuple[str, str, str, str]] = []
    breached = False
    with ExitStack() as held:
        # short: the socket of a server has at most 107 characters of path
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="soak")))
        for kind in databases.ENGINES if engine is None else (engine,):
            fresh = factory(kind, folder, held)
            for proof in proofs:
                if (only and proof.name not in only) or kind not in proof.engines:
                    continue
                started = time.monotonic()
                try:
                    words = survived(proof, kind, fresh, max(1, round(proof.full * share)))
                except AssertionError as breach:
                    breached = True
                    words = f"BREACH: {str(breach).strip().splitlines()[0] if str(breach).strip() else 'see above'}"
                    sys.excepthook(type(breach), breach, breach.__traceback__)
                    again = f"./dev soak --only {proof.name} --engine {kind} --share {share:g}"
                    click.echo(f"again: SOAK_SEED={SEED} {again}", err=True)
                rows.append((proof.title, kind, words, f"{time.monotonic() - started:,.0f}"))
                if not sys.stdout.isatty():
                    click.echo(" | ".join(rows[-1]))
    click.echo()
    click.echo(table(rows))
    sys.exit(1 if breached else 0)


if __name__ == "__main__":
    os.environ["CI"] = "true"  # nothing is left out
    soak()
