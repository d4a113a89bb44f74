"""Many people at once: import, export; and everything about one person: export, erasure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.domain.introductions import Act, Asks, Change, Introduction, NotAllowed, NotFound, Who
from matcher.domain.letters import Letter, LetterKind, Links
from matcher.domain.meetings import Meeting
from matcher.domain.people import ConsentKind, Participant, Standing, actor
from matcher.domain.profiles import Profile
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.storage import aftercare, credentials, introductions, outbox, records, tracking
from matcher.storage import people as rows
from matcher.storage.database import Database
from matcher.storage.mapping import letters as letter_table
from matcher.workflow import endings, meetings
from matcher.workflow.correspondence import Correspondence
from matcher.workflow.signup import ask_to_confirm, put_profile, set_address

IMPORTED = "Imported by the programme, which holds the person's consent to matching and contact."
"""The text under which the consent of imported people is kept."""

_STANDINGS = {"paused": Standing.PAUSED, "left": Standing.LEFT, "unconfirmed": Standing.UNCONFIRMED}


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
    """Adds or updates people by id, all in one transaction.

    `confirmed`: the programme has their consent; otherwise everybody who is new gets a confirmation letter, for which
    `links` is needed. Refused are people without an address, with the address of somebody else, or with fewer places
    than are taken. A mentor marked as full gets no place.
    """
    if not confirmed and links is None:
        raise TypeError("people who have to confirm their address need links")
    return db.transact(_import, tuple(profiles), by, now, confirmed, links, language)


@dataclass(slots=True)
class _Import:
    session: Session
    by: str
    now: datetime
    confirmed: bool
    links: Links | None
    language: str
    owners: dict[str, str]
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def take(self, profile: Profile, known: Participant | None) -> None:
        """Adds or updates one person."""
        if known is not None and known.status is Standing.ERASED:
            raise NotAllowed("This person was erased; a new id is needed.")
        if not profile.email:
            raise NotAllowed("An e-mail address is needed to ask anybody anything.")
        if self.owners.setdefault(rows.address_key(profile.email), profile.id) != profile.id:
            raise NotAllowed("Somebody else has this address.")
        if known is None:
            self.add(profile)
        else:
            moved = None if self.confirmed else self.links
            changed = put_profile(self.session, known, profile, moved, self.now, by=self.by)
            (self.changed if changed else self.unchanged).append(profile.id)

    def add(self, profile: Profile) -> None:
        """Somebody new."""
        person = Participant(id=profile.id, role=profile.role.value, language=self.language)
        person.created_at = person.changed_at = self.now
        rows.keep_profile(person, profile)
        set_address(person, profile.email)
        if profile.status == "full":
            person.capacity = 0
        self.session.add(person)
        if self.confirmed:
            person.status = _STANDINGS.get(profile.status, Standing.ACTIVE)
        if person.status in (Standing.ACTIVE, Standing.PAUSED):
            person.confirmed_at = self.now
        self.added.append(profile.id)


def _import(
    session: Session,
    profiles: Sequence[Profile],
    by: str,
    now: datetime,
    confirmed: bool,
    links: Links | None,
    language: str,
) -> Imported:
    known = {person.id: person for person in session.scalars(select(Participant))}
    owners = {person.email_key: person.id for person in known.values() if person.email_key}
    done = _Import(session, by, now, confirmed, links, language, owners)
    for profile in profiles:
        try:
            done.take(profile, known.get(profile.id))
        except NotAllowed as refusal:
            done.refused[profile.id] = str(refusal)
    session.flush()
    for id in done.added:
        person = rows.participant(session, id)
        if confirmed:
            rows.give_consents(session, id, {ConsentKind.MATCHING: IMPORTED}, now)
        elif links is not None:
            ask_to_confirm(session, person, links, now)
        records.write_down(session, "import", f"participant:{id}", by=actor(Who.COORDINATOR, by), now=now)
    return Imported(tuple(done.added), tuple(done.changed), tuple(done.unchanged), done.refused)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do; for everybody who would change the columns that would differ, and those of them that
    would lose what stands there and get nothing instead."""

    imported: Imported
    columns: Mapping[str, tuple[str, ...]]
    emptied: Mapping[str, tuple[str, ...]]


def preview_import(db: Database, profiles: Iterable[Profile], *, by: str, now: datetime) -> Preview:
    """Does what `import_profiles` does and takes all of it back, so that the two can never disagree."""
    try:
        db.transact(_preview, tuple(profiles), by, now)
    except _TakenBack as done:
        return done.preview
    raise AssertionError("unreachable")


class _TakenBack(Exception):
    """Ends the transaction of a preview."""

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self.preview = preview


def _preview(session: Session, profiles: Sequence[Profile], by: str, now: datetime) -> None:
    known = rows.these(session, (profile.id for profile in profiles))
    before = {id: rows.answers_of(person) for id, person in known.items()}
    done = _import(session, profiles, by, now, True, None, "en")
    after = {id: rows.answers_of(known[id]) for id in done.changed}
    columns = {id: _different(before[id], after[id]) for id in done.changed}
    emptied = {id: tuple(c for c in found if not after[id].get(c)) for id, found in columns.items()}
    raise _TakenBack(Preview(done, columns, emptied))


def _different(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(c for c in dict.fromkeys([*before, *after]) if before.get(c, "") != after.get(c, ""))


def export_profiles(db: Database, vocabulary: Vocabulary | None = None) -> list[Profile]:
    """Everybody who has not been erased, by id, with the current status."""
    words = vocabulary or default_vocabulary()
    with db.read() as session:
        return [rows.profile_of(person, words) for person in rows.everybody(session)]


# -- one person ------------------------------------------------------------------------------------------------------


def export_person(db: Database, participant_id: str, *, now: datetime) -> dict[str, object]:
    """Everything kept about one person, as JSON, and nothing private of anybody else.

    The counterpart's name and address appear only where they were disclosed; what was inferred stands under "inferred".
    """
    with db.read() as session:
        person = rows.participant(session, participant_id)
        consents = rows.standing_consents(session, participant_id)
        return {
            "exported_at": now.isoformat(),
            "profile": rows.answers_of(person),
            "account": {
                "language": person.language,
                "places_taken": person.used,
                "no_letters_of": list(person.muted),
                "quiet_hours": [person.quiet_from, person.quiet_until],
                "signed_up": _time(person.created_at),
                "confirmed": _time(person.confirmed_at),
                "paused_until": _time(person.paused_until),
            },
            "consents": {kind.value: _time(since) for kind, since in sorted(consents.items())},
            "introductions": [
                _own_side(session, i, participant_id)
                for i in introductions.of_person(session, participant_id)
                if i.approved_at is not None
            ],
            "letters": [
                {"kind": letter.kind.value, "subject": letter.subject, "sent": _time(letter.sent_at)}
                for letter in tracking.to_person(session, participant_id)
            ],
            "history": [
                {"at": _time(row.at), "act": row.act}
                for row in records.history(session, f"participant:{participant_id}")
            ],
        }


def note_person_export(db: Database, participant_id: str, *, by: str, now: datetime) -> None:
    """A coordinator who takes everything about a person away leaves a record with that person."""
    who = actor(Who.COORDINATOR, by)
    db.transact(records.write_down, "export", f"participant:{participant_id}", by=who, now=now)


def _meeting(session: Session, introduction: Introduction) -> dict[str, object] | None:
    meeting = session.get(Meeting, introduction.id)
    if meeting is None:
        return None
    about = {"starts": _time(meeting.starts_at), "minutes": meeting.minutes, "where": meeting.place}
    return {**about, "state": meeting.state.value, "changed": _time(meeting.changed_at)}


def _own_side(session: Session, introduction: Introduction, participant_id: str) -> dict[str, object]:
    party = introduction.party(participant_id)
    others = introduction.others(participant_id)
    told = party.asked_at is not None or party.said_yes
    return {
        "id": introduction.id,
        "kind": introduction.kind.value,
        "state": introduction.state.value if told else "proposed",
        "part": party.part.value,
        "answer": party.answer.value,
        "asked": _time(party.asked_at),
        "answered": _time(party.answered_at),
        "reason": party.reason,
        "question": party.question,
        "answer_of_the_coordinator": party.reply if party.replied_by is Asks.COORDINATOR else None,
        "answer_of_the_other": party.reply if party.replied_by is Asks.OTHER else None,
        "told_the_other": next((other.reply for other in others if other.replied_by is Asks.OTHER), None),
        "first_contact": party.contact,
        "feedback": dict(party.feedback),
        **_afterwards(session, introduction.id or 0, participant_id),
        "introduced": _time(introduction.introduced_at),
        "meeting": _meeting(session, introduction),
        "ended": _time(introduction.ended_at),
        "with": _disclosed(session, introduction, participant_id),
        "inferred": {"affinity": introduction.affinity},
    }


def _afterwards(session: Session, introduction_id: int, participant_id: str) -> dict[str, object]:
    """Their own answers to short questions; what both see of agreements and meetings."""
    found = aftercare.agreement(session, introduction_id)
    return {
        "short_questions": [
            {"day": each.day, "answer": each.answer and each.answer.value}
            for each in aftercare.questions_to(session, introduction_id, participant_id)
        ],
        "agreement": found
        and {
            "hours_a_month": found.hours,
            "cadence": found.cadence.value,
            "months": found.months,
            "words": found.words,
            "ticked": _time(aftercare.ticks(session, found).get(participant_id)),
        },
        "meetings": [
            {
                "met_on": each.met_on.isoformat(),
                "minutes": each.minutes,
                "told_by_me": each.said_by == participant_id,
                "confirmed": each.confirmed_at is not None,
            }
            for each in aftercare.hours_of(session, introduction_id)
        ],
    }


def _disclosed(session: Session, introduction: Introduction, participant_id: str) -> list[dict[str, str]]:
    if introduction.introduced_at is None or not introduction.party(participant_id).said_yes:
        return []
    others = [session.get(Participant, p.participant_id) for p in introduction.others(participant_id) if p.said_yes]
    return [{"name": other.name, "email": other.email or ""} for other in others if other is not None]


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


# -- erasure ---------------------------------------------------------------------------------------------------------


def erase(db: Database, participant_id: str, *, by: str, links: Links, now: datetime) -> None:
    """Erases a person in one transaction: introductions void, profile and letters emptied, sessions ended.

    Counts stay, and so does the bare id, without which the counts could not. Raises NotFound.
    """
    db.transact(_erase, participant_id, by, links, now)


def _erase(session: Session, participant_id: str, by: str, links: Links, now: datetime) -> None:
    erase_within(Correspondence(session, links, now), participant_id, by=by)


def erase_within(letters: Correspondence, participant_id: str, *, by: str) -> None:
    """`erase` as a part of another transaction."""
    session, now = letters.session, letters.now
    person = session.get(Participant, participant_id)
    if person is None or person.status is Standing.ERASED:
        raise NotFound
    theirs = introductions.of_person(session, participant_id)
    _empty_letters(letters, participant_id, theirs)
    who = "system" if by == "system" else actor(Who.COORDINATOR, by) if by != participant_id else actor(Who.PARTY, by)
    for introduction in theirs:
        introduction.explanation = {}
        party = introduction.party(participant_id)
        party.epoch += 1  # links in letters that have left are inert, those that ask how it was included
        goes_on = introduction.state in endings.GOING_ON
        if not goes_on or not endings.step_out(
            letters, introduction, participant_id, Act.VOID, reason="left", gone=True
        ):
            introductions.touch(session, introduction, Change.ERASE, now, by=who)
        party.reason = party.question = party.asks = None
        party.waits = False
        party.feedback = {}
        for side in introduction.parties:
            side.reply = None  # an answer of theirs, or one to them
        aftercare.forget_questions(session, introduction.id or 0, participant_id)
    aftercare.forget_agreements(session, [introduction.id or 0 for introduction in theirs])
    meetings.forget(session, [introduction.id for introduction in theirs])
    credentials.end_all(session, actor(Who.PARTY, participant_id))
    for kind in ConsentKind:
        rows.withdraw_consent(session, participant_id, kind, now)
    session.flush()
    session.refresh(person)
    _empty(person, now)
    session.flush()
    rows.note_erasure(session, participant_id, now)
    records.write_down(session, "erase", f"participant:{participant_id}", by=who, now=now)


def _empty(person: Participant, now: datetime) -> None:
    """Nulls every column that says anything about the person."""
    person.status = Standing.ERASED
    person.name, person.email, person.email_key, person.timezone, person.language = "", None, None, None, "en"
    person.answers, person.muted = {}, []
    person.quiet_from = person.quiet_until = None
    person.capacity = person.used
    person.paused_until = None
    person.left_at = person.changed_at = now


_UNNAMED: Mapping[LetterKind, Mapping[str, Any]] = {
    LetterKind.NOT_AVAILABLE: {},
    LetterKind.EXPIRED: {},
    LetterKind.CLOSED: {"other": ""},
    LetterKind.MEETING_CANCELLED: {"other": {}, "place": ""},
}
"""Letters by which the other side learns that something has ended, and what they say once nobody is to be named."""


def _empty_letters(correspondence: Correspondence, participant_id: str, theirs: Sequence[Introduction]) -> None:
    """Contents go from all letters to the person, and from letters to others that tell of them.

    Whoever is still to hear of an end hears of it all the same, without a name.
    """
    session = correspondence.session
    about = {introduction.id for introduction in theirs}
    counterparts = {p.participant_id for i in theirs for p in i.parties}
    found = session.scalars(select(Letter).where(letter_table.c.participant_id.in_(counterparts | {participant_id})))
    for letter in found:
        own = letter.participant_id == participant_id
        tells = letter.introduction_id in about or bool(about & set(letter.concerns))
        if not own and tells and letter.kind in _UNNAMED and letter.state in outbox.WAITING:
            correspondence.reword(letter, _UNNAMED[letter.kind])
        elif own or tells:
            outbox.empty(session, letter, "the person was erased", keep_address=not own)
    session.flush()
