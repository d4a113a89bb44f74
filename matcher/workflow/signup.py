"""From the form to a confirmed participant, and what people change themselves afterwards."""

from collections.abc import Mapping
from datetime import datetime

from matcher.domain.letters import Links
from matcher.domain.vocabulary import Vocabulary
from matcher.storage.database import Database


def save_draft(db: Database, key: str, answers: Mapping[str, str], *, now: datetime) -> None:
    """Keeps a half-filled form under the visitor's key (kept hashed), newest wins."""
    raise NotImplementedError


def load_draft(db: Database, key: str) -> dict[str, str]:
    """The half-filled form, or {}."""
    raise NotImplementedError


def sign_up(
    db: Database,
    answers: Mapping[str, object],
    consents: Mapping[str, str],
    *,
    vocabulary: Vocabulary,
    links: Links,
    language: str,
    now: datetime,
    draft_key: str | None = None,
) -> str:
    """Stores an unconfirmed participant and posts the confirmation; returns the participant's id.

    `consents` maps each kind given ("matching" is needed) to the text that was agreed to. A known address has the same
    outward result and gets another letter. Raises InvalidProfile with all problems.
    """
    raise NotImplementedError


def confirm(db: Database, token: str, *, now: datetime) -> str:
    """Confirms the address behind the token, once or again; returns the participant's id. Raises BadToken."""
    raise NotImplementedError


def update_profile(
    db: Database,
    participant_id: str,
    answers: Mapping[str, object],
    *,
    vocabulary: Vocabulary,
    links: Links,
    now: datetime,
    by: str | None = None,
    version: int | None = None,
) -> None:
    """Stores new answers. `by`: a coordinator's id; `version`: of the form that was shown, Overtaken when it is old.

    A new address makes old links inert, cancels queued letters, ends sessions and has to be confirmed first. Fewer places than are taken: NotAllowed. Raises InvalidProfile.
    """
    raise NotImplementedError


def pause(
    db: Database,
    participant_id: str,
    *,
    links: Links,
    now: datetime,
    until: datetime | None = None,
    by: str | None = None,
) -> None:
    """Takes somebody out of matching until `until` or their word; open questions are withdrawn, conversations go on."""
    raise NotImplementedError


def resume(db: Database, participant_id: str, *, now: datetime, by: str | None = None) -> None:
    """Back into the pool."""
    raise NotImplementedError


def leave(db: Database, participant_id: str, *, links: Links, now: datetime, by: str | None = None) -> None:
    """Ends everything of this person: introductions void, letters cancelled, sessions ended. The profile stays until erasure."""
    raise NotImplementedError


def unsubscribe(db: Database, participant_id: str, stream: str, *, links: Links, now: datetime) -> None:
    """No more letters of this stream ("suggestions" also pauses matching). Twice is once."""
    raise NotImplementedError


def consent(db: Database, participant_id: str, kind: str, text: str | None, *, links: Links, now: datetime) -> None:
    """Gives (with the text agreed to) or withdraws (None) one consent; withdrawing "matching" is leaving."""
    raise NotImplementedError
