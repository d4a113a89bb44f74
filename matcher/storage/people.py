"""Questions about people, named as asked; addresses, consents and half-filled forms."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, CursorResult, delete, func, insert, select, update
from sqlalchemy.orm import Session

from matcher.domain.introductions import NotFound
from matcher.domain.people import ConsentKind, Coordinator, Participant, Standing
from matcher.domain.profiles import Profile, Role, read_answers, to_answers
from matcher.domain.vocabulary import Vocabulary
from matcher.storage.mapping import consents, coordinators, erasures, form_drafts, participants


def digest(*parts: str) -> str:
    """SHA-256 in hexadecimal; how tokens, cookies and addresses are kept."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def address_key(email: str) -> str:
    """The same for all spellings of an address that reach the same person."""
    return email.strip().casefold()


def participant(session: Session, participant_id: str) -> Participant:
    """The person; NotFound for a stranger or somebody erased."""
    found = session.get(Participant, participant_id)
    if found is None or found.status is Standing.ERASED:
        raise NotFound
    return found


def by_address(session: Session, email: str) -> Participant | None:
    """Who signed up with this address."""
    return session.scalar(select(Participant).where(participants.c.email_key == address_key(email)))


def everybody(session: Session) -> list[Participant]:
    """All who have not been erased, by id."""
    asked = select(Participant).where(participants.c.status != Standing.ERASED).order_by(participants.c.id)
    return list(session.scalars(asked))


def ids_where(session: Session, condition: ColumnElement[bool]) -> list[str]:
    """Ids of the people who fulfil an SQL condition, sorted."""
    return list(session.scalars(select(participants.c.id).where(condition).order_by(participants.c.id)))


def these(session: Session, ids: Iterable[str]) -> dict[str, Participant]:
    """People by id; unknown ids are left out."""
    found = session.scalars(select(Participant).where(participants.c.id.in_(sorted(set(ids)))))
    return {person.id: person for person in found}


def active_coordinators(session: Session) -> list[Coordinator]:
    """Those who run the programme, by id."""
    return list(session.scalars(select(Coordinator).where(coordinators.c.active).order_by(coordinators.c.id)))


def coordinator_by_address(session: Session, email: str) -> Coordinator | None:
    """The active coordinator with this address."""
    asked = select(Coordinator).where(coordinators.c.email_key == address_key(email), coordinators.c.active)
    return session.scalar(asked)


def any_coordinator(session: Session, email: str) -> Coordinator | None:
    """The coordinator with this address, active or not."""
    return session.scalar(select(Coordinator).where(coordinators.c.email_key == address_key(email)))


# -- profiles --------------------------------------------------------------------------------------------------------


def keep_profile(person: Participant, profile: Profile) -> None:
    """Writes a profile into the person's row; standing, address and places taken are not its business."""
    answers = to_answers(profile)
    for column in ("id", "name", "email", "status"):
        answers.pop(column, None)
    person.answers = answers
    person.role = profile.role.value
    person.name = profile.name
    person.timezone = profile.timezone
    person.capacity = profile.capacity


def answers_of(person: Participant) -> dict[str, str]:
    """The columns of a person's form, as they stand."""
    own = {"id": person.id, "name": person.name, "email": person.email or "", "status": _status(person)}
    return {**own, **person.answers}


def profile_of(person: Participant, vocabulary: Vocabulary) -> Profile:
    """The person's profile with the current status."""
    return read_answers(answers_of(person), vocabulary)


def profile_with_room(person: Participant, vocabulary: Vocabulary) -> Profile:
    """The profile as a matcher has to see it: `capacity` is what is left, and a mentor without room is "full"."""
    profile = profile_of(person, vocabulary)
    left = max(person.capacity - person.used, 0)
    full = profile.role is Role.MENTOR and left == 0 and profile.status == "active"
    return replace(profile, capacity=left, status="full" if full else profile.status)


def _status(person: Participant) -> str:
    return "left" if person.status is Standing.ERASED else person.status.value


def note_erasure(session: Session, participant_id: str, now: datetime) -> None:
    """Into the ledger that is read again after a backup was restored."""
    key = digest("erased", participant_id)
    if session.scalar(select(erasures.c.at).where(erasures.c.id_hash == key)) is None:
        session.execute(insert(erasures).values(id_hash=key, at=now))


# -- consents --------------------------------------------------------------------------------------------------------


def standing_consents(session: Session, participant_id: str) -> dict[ConsentKind, datetime]:
    """What the person agrees to at the moment, and since when."""
    rows = session.execute(
        select(consents.c.kind, consents.c.given_at).where(
            consents.c.participant_id == participant_id, consents.c.withdrawn_at.is_(None)
        )
    )
    return {row.kind: row.given_at for row in rows}


def give_consents(session: Session, participant_id: str, texts: Mapping[ConsentKind, str], now: datetime) -> None:
    """Notes each consent with the hash of the text agreed to; a standing one with the same text stays."""
    for kind, text in sorted(texts.items()):
        words = digest("consent", text)
        standing = select(consents.c.text_hash).where(
            consents.c.participant_id == participant_id, consents.c.kind == kind, consents.c.withdrawn_at.is_(None)
        )
        if session.scalar(standing) == words:
            continue
        withdraw_consent(session, participant_id, kind, now)
        row = {"participant_id": participant_id, "kind": kind, "version": words[:8], "text_hash": words}
        session.execute(insert(consents).values(**row, given_at=now))


def withdraw_consent(session: Session, participant_id: str, kind: ConsentKind, now: datetime) -> bool:
    """Ends a standing consent; False when there was none."""
    ended = session.execute(
        update(consents)
        .where(consents.c.participant_id == participant_id, consents.c.kind == kind, consents.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    return cast("CursorResult[object]", ended).rowcount > 0


# -- half-filled forms -----------------------------------------------------------------------------------------------


def keep_form(session: Session, key: str, answers: Mapping[str, str], now: datetime) -> None:
    """Keeps a half-filled form; the key is kept hashed."""
    hashed, values = digest("form", key), {"answers": dict(answers), "changed_at": now}
    changed = session.execute(update(form_drafts).where(form_drafts.c.key == hashed).values(**values))
    if not cast("CursorResult[object]", changed).rowcount:
        session.execute(insert(form_drafts).values(key=hashed, **values))


def kept_form(session: Session, key: str) -> dict[str, str]:
    """The half-filled form, or {}."""
    return session.scalar(select(form_drafts.c.answers).where(form_drafts.c.key == digest("form", key))) or {}


def forget_form(session: Session, key: str) -> None:
    """The form was sent."""
    session.execute(delete(form_drafts).where(form_drafts.c.key == digest("form", key)))


def forget_old_forms(session: Session, before: datetime) -> int:
    """Deletes forms nobody came back to."""
    gone = session.execute(delete(form_drafts).where(form_drafts.c.changed_at < before))
    return cast("CursorResult[object]", gone).rowcount


def count_by_status(session: Session) -> dict[str, int]:
    """How many people there are in each standing."""
    rows = session.execute(select(participants.c.status, func.count()).group_by(participants.c.status))
    return {str(status): count for status, count in rows}
