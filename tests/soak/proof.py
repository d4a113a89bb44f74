"""Proofs: what the product survives, at a full size for a night and a short one for every test run.

    @proof("the race for the last place", full=1000, short=10, unit="rounds")
    def last_place(fresh: Fresh, size: int, told: Told) -> str: ...

A proof does its work at this size on one engine, tells how far it is, raises AssertionError at the first breach and
returns in a few words what was survived. Modules with proofs stand in PARTS.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from matcher.storage.database import Database

Fresh = Callable[[], Database]
"""Gives an empty database with the whole schema; the one given before is not used any more."""

Told = Callable[[int], None]
"""Is told how many units are done."""

Work = Callable[[Fresh, int, Told], str]

PARTS = (
    "races",
    "schedules",
    "model",
    "years",
    "faults",
    "mail",
    "site",
    "upgrades",
    "scanner",
    "formats",
)
"""The modules of this package in which proofs are found."""

SEED = int(os.environ.get("SOAK_SEED", "2026"))
"""What random choices begin with; a breach is repeated with the same."""


@dataclass(frozen=True)
class Proof:
    """A registered proof; `size` and `short` count `unit`s."""

    name: str
    title: str
    full: int
    short: int
    unit: str
    work: Work
    engines: tuple[str, ...]


PROOFS: dict[str, Proof] = {}


def proof(
    title: str, *, full: int, short: int, unit: str, engines: tuple[str, ...] = ("sqlite", "postgresql")
) -> Callable[[Work], Work]:
    """Registers a proof under the name of its function."""

    def register(work: Work) -> Work:
        name = work.__name__
        assert name not in PROOFS, name
        PROOFS[name] = Proof(name, title, full, short, unit, work, engines)
        return work

    return register


def all_proofs() -> list[Proof]:
    """Every proof there is, in the order of PARTS."""
    for part in PARTS:
        import_module(f"tests.soak.{part}")
    return list(PROOFS.values())
