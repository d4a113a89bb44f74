"""From the form to a confirmed participant, and what people change themselves afterwards."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from matcher.domain.introductions import Act, Change, Introduction, NotAllowed, Overtaken, State, Who
from matcher.domain.letters import LetterKind, Links, Stream
from matcher.domain.people import CONFIRM_HOURS, WITHOUT_END, BadToken, ConsentKind, Participant, Standing, actor
from matcher.domain.profiles import InvalidProfile, Profile, problem, read_answers
from matcher.domain.vocabulary import Vocabulary
from matcher.storage import credentials, introductions, outbox, records
from matcher.storage import people as rows
from matcher.storage.database import Database
from matcher.storage.suppression import lift_suppression
from matcher.workflow import endings
from matcher.workflow.correspondence import Correspondence

N_ = str  # marks an English sentence as one to translate

LONGEST_FORM = 64 * 1024
"""Characters of a half-filled form that are kept."""


# -- the form --------------------------------------------------------------------------------------------------------


def save_draft(db: Database, key: str, answers: Mapping[str, str], *, now: datetime) -> None:
    """Keeps a half-filled form under the visitor's key (kept hashed), newest wins; {} forgets it."""
    if sum(len(name) + len(value) for name, value in answers.items()) > LONGEST_FORM:
        raise NotAllowed(N_("This is too much text to keep."))
    if answers:
        db.transact(rows.keep_form, key, answers, now)
    else:
        db.transact(rows.forget_form, key)


def load_draft(db: Database, key: str) -> dict[str, str]:
    """The half-filled form, or {}."""
    with db.read() as session:
        return rows.kept_form(session, key)


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
    outward result, and its owner gets another letter. Raises InvalidProfile with all problems.
    """
    profile = read_answers({**answers, "id": secrets.token_hex(8), "status": ""}, vocabulary)
    if not profile.email:
        raise InvalidProfile([problem("email", N_("Write one e-mail address, such as ana@example.org."))])
    given = {ConsentKind(kind): text for kind, text in consents.items()}
    if ConsentKind.MATCHING not in given:
        raise NotAllowed(N_("Without this one we may not look for anybody for you."))
    return db.transact(_sign_up, profile, given, links, language, now, draft_key)


def _sign_up(
    session: Session,
    profile: Profile,
    given: Mapping[ConsentKind, str],
    links: Links,
    language: str,
    now: datetime,
    draft_key: str | None,
) -> str:
    if draft_key is not None:
        rows.forget_form(session, draft_key)
    known = rows.by_address(session, profile.email)
    if known is not None and (known.confirmed_at is not None or known.status is not Standing.UNCONFIRMED):
        records.write_down(session, "sign_up_again", f"participant:{known.id}", by=actor(Who.PARTY, known.id), now=now)
        if known.status is Standing.UNCONFIRMED:  # here for long, and waits to confirm a new address
            ask_to_confirm(session, known, links, now)
        else:
            Correspondence(session, links, now).already_signed_up(known)
        return known.id
    # Nobody has shown that a new person's address is theirs: whoever confirms gets what was filled in last.
    person = known or Participant(id=profile.id, role=profile.role.value, created_at=now)
    person.language, person.changed_at = language, now
    rows.keep_profile(person, profile)
    set_address(person, profile.email)
    session.add(person)
    session.flush()
    rows.give_consents(session, person.id, given, now)
    records.write_down(session, "sign_up", f"participant:{person.id}", by=actor(Who.PARTY, person.id), now=now)
    ask_to_confirm(session, person, links, now)
    return person.id


def set_address(person: Participant, email: str) -> None:
    """The one place that changes an address, so that its key always goes with it."""
    person.email = email
    person.email_key = rows.address_key(email)


def ask_to_confirm(session: Session, person: Participant, links: Links, now: datetime) -> None:
    """Posts a letter with a fresh token; older ones are void."""
    token = credentials.new_token(
        session, "confirm", actor(Who.PARTY, person.id), now, lasts=timedelta(hours=CONFIRM_HOURS)
    )
    Correspondence(session, links, now).confirm_address(person, token)


def has_to_agree(db: Database, token: str, *, now: datetime) -> bool:
    """Whether the owner of a confirmation token has not agreed to matching yet: somebody the programme brought in."""
    with db.read() as session:
        person = _to_be_confirmed(session, token, now)
        return person is not None and _lacks_consent(session, person)


def confirm(db: Database, token: str, *, now: datetime, agreed: str | None = None) -> str:
    """Confirms the address behind the token, once or again; returns the participant's id.

    `agreed`: the text of the consent to matching, needed from everybody who has not given it. Raises BadToken,
    NotAllowed without that consent.
    """
    return db.transact(_confirm, token, now, agreed)


def _confirm(session: Session, token: str, now: datetime, agreed: str | None) -> str:
    person = _to_be_confirmed(session, token, now)
    if person is None:
        raise BadToken
    if person.status is Standing.UNCONFIRMED:
        if _lacks_consent(session, person):
            if agreed is None:
                raise NotAllowed(N_("Without this one we may not look for anybody for you."))
            rows.give_consents(session, person.id, {ConsentKind.MATCHING: agreed}, now)
            _note(session, person, "consent_matching", None, now)
        confirmed(person, now)
        records.write_down(session, "confirm", f"participant:{person.id}", by=actor(Who.PARTY, person.id), now=now)
    if person.email and lift_suppression(session, person.email, now):
        records.write_down(
            session, "address_works", f"participant:{person.id}", by=actor(Who.PARTY, person.id), now=now
        )
        introductions.can_be_asked_again(session, person.id)
    return person.id


def confirmed(person: Participant, now: datetime) -> None:
    """The address is theirs: somebody new is in the pool, everybody else where they were."""
    person.status = Standing.PAUSED if person.rests else Standing.ACTIVE
    person.paused_until = None if person.paused_until == WITHOUT_END else person.paused_until
    person.confirmed_at = person.changed_at = now


def _to_be_confirmed(session: Session, token: str, now: datetime) -> Participant | None:
    owner = credentials.owner_of(session, "confirm", token, now)
    person = session.get(Participant, owner.removeprefix("participant:")) if owner else None
    return None if person is None or person.status in (Standing.LEFT, Standing.ERASED) else person


def _lacks_consent(session: Session, person: Participant) -> bool:
    return person.status is Standing.UNCONFIRMED and ConsentKind.MATCHING not in rows.standing_consents(
        session, person.id
    )


# -- changes ---------------------------------------------------------------------------------------------------------


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

    Columns that are missing stay as they are. A new address makes old links inert, cancels queued letters, ends
    sessions and has to be confirmed first. Fewer places than are taken: NotAllowed. Raises InvalidProfile.
    """
    db.transact(_update_profile, participant_id, answers, vocabulary, links, now, by, version)


def _update_profile(
    session: Session,
    participant_id: str,
    answers: Mapping[str, object],
    vocabulary: Vocabulary,
    links: Links,
    now: datetime,
    by: str | None,
    version: int | None,
) -> None:
    person = rows.participant(session, participant_id)
    if version is not None and version != person.version:
        raise Overtaken(N_("Somebody changed this profile in the meantime. Please look at it again."))
    profile = read_answers({**rows.answers_of(person), **answers, "id": person.id, "status": ""}, vocabulary)
    if not profile.email:
        raise InvalidProfile([problem("email", N_("Write one e-mail address, such as ana@example.org."))])
    put_profile(session, person, profile, links, now, by=by)


def put_profile(
    session: Session, person: Participant, profile: Profile, links: Links | None, now: datetime, *, by: str | None
) -> bool:
    """Stores a valid profile for somebody who is here already; False when nothing changed.

    `links` is needed where the address may change: the new one has to be confirmed.
    """
    session.refresh(person, with_for_update=True)
    before = (rows.answers_of(person), person.email)
    if profile.capacity < person.used:
        raise NotAllowed(N_("%(used)s places are taken at the moment; there cannot be fewer."), used=person.used)
    other = rows.by_address(session, profile.email) if profile.email else None
    if other is not None and other.id != person.id:
        raise NotAllowed(N_("Somebody else signed up with this address."))
    rows.keep_profile(person, profile)
    moved = bool(profile.email) and rows.address_key(profile.email) != person.email_key
    if profile.email:
        set_address(person, profile.email)
    if (rows.answers_of(person), person.email) == before:
        return False
    person.changed_at = now
    who = actor(Who.COORDINATOR, by) if by else actor(Who.PARTY, person.id)
    records.write_down(session, "update_profile", f"participant:{person.id}", by=who, now=now)
    if moved:
        _new_address(session, person, links, now, who)
    return True


def _new_address(session: Session, person: Participant, links: Links | None, now: datetime, by: str) -> None:
    for introduction in introductions.of_person(session, person.id):
        party = introduction.party(person.id)
        party.epoch += 1
        if party.is_open:  # asked once more by the clock, as soon as the new address is confirmed
            party.delivered_at = party.deadline = None
            party.undeliverable = False
            for clock in ("delivered_at", "deadline", "undeliverable"):
                flag_modified(party, clock)  # a letter to the old address may be accepted in this very moment
        introductions.touch(session, introduction, Change.NEW_ADDRESS, now, by=by)
    outbox.cancel_to(session, person.id, "the address has changed")
    credentials.end_all(session, actor(Who.PARTY, person.id))
    if links is not None and person.status is not Standing.LEFT:  # whoever left stays away, and is not written to
        if person.status is Standing.PAUSED and person.paused_until is None:
            person.paused_until = WITHOUT_END
        person.status = Standing.UNCONFIRMED
        ask_to_confirm(session, person, links, now)


def keep_quiet_hours(db: Database, participant_id: str, window: tuple[int, int] | None, *, now: datetime) -> None:
    """Between which hours somebody is left in peace; None: those of the programme. Raises NotAllowed."""
    if window is not None and not all(0 <= hour <= 23 for hour in window):
        raise NotAllowed(N_("Please choose two hours of the clock."))
    db.transact(_keep_quiet_hours, participant_id, window, now)


def _keep_quiet_hours(session: Session, participant_id: str, window: tuple[int, int] | None, now: datetime) -> None:
    person = rows.participant(session, participant_id)
    if (person.quiet_from, person.quiet_until) == (window or (None, None)):
        return
    person.quiet_from, person.quiet_until = window or (None, None)
    person.changed_at = now
    _note(session, person, "quiet_hours", None, now)


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
    db.transact(pause_within, participant_id, links, now, until, by)


def pause_within(
    session: Session, participant_id: str, links: Links, now: datetime, until: datetime | None, by: str | None
) -> None:
    """`pause` as a part of another transaction."""
    person = rows.participant(session, participant_id)
    until = None if Stream.SUGGESTIONS in person.muted else until  # whoever unsubscribed comes back by their own word
    if person.status is Standing.PAUSED and person.paused_until == until:
        return
    if person.status not in (Standing.ACTIVE, Standing.PAUSED):
        raise NotAllowed(N_("Only somebody who takes part can take a break."))
    fresh = person.status is Standing.ACTIVE
    person.status, person.paused_until, person.changed_at = Standing.PAUSED, until, now
    session.flush()
    _note(session, person, "pause", by, now)
    letters = Correspondence(session, links, now)
    if fresh:
        for introduction in introductions.of_person(session, person.id, endings.UNANSWERED):
            if introduction.state is State.OFFERED or not introduction.party(person.id).said_yes:
                endings.step_out(letters, introduction, person.id, Act.WITHDRAW, reason="paused")
    letters.standing(person, LetterKind.PAUSED)


def resume(db: Database, participant_id: str, *, now: datetime, by: str | None = None) -> None:
    """Back into the pool."""
    db.transact(resume_within, participant_id, now, by)


def resume_within(session: Session, participant_id: str, now: datetime, by: str | None) -> None:
    """`resume` as a part of another transaction."""
    person = rows.participant(session, participant_id)
    if person.status is Standing.ACTIVE:
        return
    if person.status is not Standing.PAUSED and not (person.status is Standing.LEFT and person.confirmed_at):
        raise NotAllowed(N_("The address has to be confirmed first."))
    if ConsentKind.MATCHING not in rows.standing_consents(session, person.id):
        raise NotAllowed(N_("Without this one we may not look for anybody for you."))
    back_into_the_pool(session, person, now, by=by)


def back_into_the_pool(session: Session, person: Participant, now: datetime, *, by: str | None) -> None:
    """The end of a break or of an absence."""
    person.status, person.paused_until, person.left_at, person.changed_at = Standing.ACTIVE, None, None, now
    person.muted = [stream for stream in person.muted if stream != Stream.SUGGESTIONS]
    _note(session, person, "resume", by, now)


def leave(db: Database, participant_id: str, *, links: Links, now: datetime, by: str | None = None) -> None:
    """Ends everything of this person: introductions void, letters cancelled, sessions ended.

    The profile stays until it is erased (`people.erase`), so that somebody can come back.
    """
    db.transact(_leave, participant_id, links, now, by)


def _leave(session: Session, participant_id: str, links: Links, now: datetime, by: str | None) -> None:
    person = rows.participant(session, participant_id)
    if person.status is Standing.LEFT:
        return
    person.status, person.left_at, person.changed_at = Standing.LEFT, now, now
    session.flush()
    _note(session, person, "leave", by, now)
    letters = Correspondence(session, links, now)
    end_everything(letters, person)
    rows.withdraw_consent(session, person.id, ConsentKind.MATCHING, now)
    letters.standing(person, LetterKind.LEFT)


def end_everything(letters: Correspondence, person: Participant) -> list[Introduction]:
    """Voids all that goes on with this person, cancels their letters, ends their sessions."""
    session = letters.session
    going_on = introductions.of_person(session, person.id, endings.GOING_ON)
    for introduction in going_on:
        endings.step_out(letters, introduction, person.id, Act.VOID, reason="left", gone=True)
    outbox.cancel_to(session, person.id, "the person has left")
    credentials.end_all(session, actor(Who.PARTY, person.id))
    return going_on


def unsubscribe(db: Database, participant_id: str, stream: str, *, links: Links, now: datetime) -> None:
    """No more letters of this stream; twice is once. "suggestions" also pauses matching, "all" mutes every stream."""
    db.transact(_unsubscribe, participant_id, stream, links, now)


def _unsubscribe(session: Session, participant_id: str, stream: str, links: Links, now: datetime) -> None:
    person = rows.participant(session, participant_id)
    optional = {each.value for each in Stream if each is not Stream.ESSENTIAL}
    wanted = optional if stream in ("all", "") else {stream} & optional
    if wanted <= set(person.muted):
        return
    person.muted = sorted({*person.muted, *wanted})
    person.changed_at = now
    _note(session, person, "unsubscribe", None, now)
    session.flush()
    if Stream.SUGGESTIONS not in wanted:
        return
    if person.status in (Standing.ACTIVE, Standing.PAUSED):
        pause_within(session, participant_id, links, now, None, None)
    person.paused_until = None


def consent(db: Database, participant_id: str, kind: str, text: str | None, *, links: Links, now: datetime) -> None:
    """Gives (with the text agreed to) or withdraws (None) one consent; withdrawing "matching" is leaving."""
    db.transact(_consent, participant_id, ConsentKind(kind), text, links, now)


def _consent(
    session: Session, participant_id: str, kind: ConsentKind, text: str | None, links: Links, now: datetime
) -> None:
    person = rows.participant(session, participant_id)
    if text is not None:
        rows.give_consents(session, person.id, {kind: text}, now)
        _note(session, person, f"consent_{kind.value}", None, now)
    elif rows.withdraw_consent(session, person.id, kind, now):
        _note(session, person, f"withdraw_{kind.value}", None, now)
        if kind is ConsentKind.MATCHING:
            _leave(session, participant_id, links, now, None)


def _note(session: Session, person: Participant, act: str, by: str | None, now: datetime) -> None:
    who = actor(Who.COORDINATOR, by) if by else actor(Who.PARTY, person.id)
    records.write_down(session, act, f"participant:{person.id}", by=who, now=now)
