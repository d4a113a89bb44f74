"""Many people at once: import, export, erasure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from matcher.domain.letters import Links
from matcher.domain.profiles import Profile
from matcher.storage.database import Database


@dataclass(frozen=True, slots=True)
class Imported:
    """Ids that were added, changed or unchanged, and for each refused one the reason."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    refused: Mapping[str, str]


def import_profiles(
    db: Database,
    profiles: Iterable[Profile],
    *,
    by: str,
    now: datetime,
    confirmed: bool = False,
    links: Links | None = None,
    language: str = "en",
) -> Imported:
    """Adds or updates people by id. `confirmed`: the programme has their consent; otherwise each gets a confirmation letter (needs `links`)."""
    raise NotImplementedError


def export_profiles(db: Database) -> list[Profile]:
    """Everybody who has not been erased, by id, with the current status."""
    raise NotImplementedError


def export_person(db: Database, participant_id: str, *, now: datetime) -> dict[str, object]:
    """Everything kept about one person, as JSON, and nothing private of anybody else."""
    raise NotImplementedError


def erase(db: Database, participant_id: str, *, by: str, links: Links, now: datetime) -> None:
    """Erases a person in one transaction: introductions void, profile and letters emptied, sessions ended; counts stay."""
    raise NotImplementedError
