"""Introductions as rows: the one way to take a step, the places of mentors, and questions named as asked.

`step` is the only function that saves a new state. It lets the introduction decide (`Introduction.take`) and does in
the same transaction what belongs to it: reserve or release the place, write the audit record, cancel letters that have
become pointless. The update is conditional on id and version; whoever comes second is stopped by StaleDataError, and
`Database.transact` lets them look again. `touch` saves what changes without a step (a new address, a question written
anew, a word about the first conversation, the members of a drafted group) in the same way.

Both leave one record in the audit log, about `introduction:ID`, from which all of this can be told again:

    before, after   the state; `touch` leaves it as it is; None before the first record, "draft"
    detail          {"version": 7, "sides": {"31": ["yes", 1], "32": ["pending", 2]}, "place": 1}
                    version: that of the row from then on; one higher each time
                    sides: by party id, answer and epoch of every side as they are from then on
                    place: 1 where a place of the mentor was taken, -1 where it was given back, else missing

The last record of an introduction says how it stands, the sum of `place` over a mentor's pairs is their `used`. What a
letter that arrives or fails does to the clock of a side is not repeated here: the letter is its record.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    FromClause,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from matcher.domain.introductions import (
    CONCERN,
    FINAL,
    HOLDING,
    LIVE,
    TERMS,
    Act,
    Answer,
    Change,
    Introduction,
    Kind,
    NoPlace,
    NotAllowed,
    NotFound,
    Overtaken,
    Part,
    Party,
    State,
    Taken,
    Terms,
    Who,
)
from matcher.domain.people import Participant, Standing, actor
from matcher.domain.rules import Rule
from matcher.storage import outbox, records, tracking
from matcher.storage.mapping import audit, group_seats, introductions, participants, parties


def get(session: Session, introduction_id: int) -> Introduction:
    """The introduction; NotFound when there is none."""
    found = session.get(Introduction, introduction_id)
    if found is None:
        raise NotFound
    return found


def refuse_old(introduction: Introduction, version: int | None) -> None:
    """Overtaken when a page showed an older version than the one that is there now."""
    if version is not None and version != introduction.version:
        raise Overtaken("Somebody changed this introduction in the meantime. Please look at it again.")


def refuse_old_link(party: Party, epoch: int | None) -> None:
    """Overtaken when a link carries an older epoch than this side has now. `epoch`: None where no link was used."""
    if epoch is not None and epoch != party.epoch:
        raise Overtaken("This link is no longer valid; a newer letter has the right one.")


def step(
    session: Session,
    introduction: Introduction,
    act: Act,
    who: Who,
    now: datetime,
    *,
    by: str = "",
    reason: str | None = None,
    terms: Terms = TERMS,
) -> Taken:
    """Takes a step and everything that belongs to it. `by` is the id of whoever takes it.

    Raises NotAllowed, NoPlace, or NotAllowed for a mentee who has a conversation under way; the caller's transaction or
    savepoint then has to be rolled back.
    """
    taken = introduction.take(act, who, now, terms=terms, reason=reason)
    flag_modified(introduction, "changed_at")  # an act that keeps the state must raise the version, too
    if taken.reserves and introduction.kind is Kind.PAIR:
        one_at_a_time(session, introduction)
        session.flush()
        if not reserve(session, str(introduction.mentor_id)):
            raise NoPlace
    session.flush()
    if introduction.kind is Kind.GROUP:
        _seat(session, introduction)
    if taken.releases and introduction.kind is Kind.PAIR:
        release(session, str(introduction.mentor_id))
    if taken.ends:
        outbox.cancel_about(session, cast("int", introduction.id), "the introduction has ended", now)
    place = 1 if taken.reserves else -1 if taken.releases else 0
    _write_down(
        session,
        introduction,
        act.value,
        taken.before,
        by=actor(who if who is not Who.MENTEE else Who.PARTY, by),
        now=now,
        place=place if introduction.kind is Kind.PAIR else 0,
    )
    return taken


def touch(session: Session, introduction: Introduction, change: Change, now: datetime, *, by: str = "system") -> None:
    """Saves what changed without a step, on the condition that nobody changed the introduction meanwhile.

    `by`: the actor, such as "coordinator:ID".
    """
    flag_modified(introduction, "changed_at")  # raises the version, whatever else there is to save
    session.flush()
    _write_down(session, introduction, change.value, introduction.state, by=by, now=now)


def _write_down(
    session: Session,
    introduction: Introduction,
    act: str,
    before: State | None,
    *,
    by: str,
    now: datetime,
    place: int = 0,
) -> None:
    records.write_down(
        session,
        act,
        f"introduction:{introduction.id}",
        by=by,
        now=now,
        before=before.value if before is not None else None,
        after=introduction.state.value,
        detail={**_told(introduction), **({"place": place} if place else {})},
    )


def _told(introduction: Introduction) -> dict[str, object]:
    """Version, answers and epochs, as the audit log keeps them."""
    sides = {str(party.id): [party.answer.value, party.epoch] for party in introduction.parties}
    return {"version": introduction.version, "sides": sides}


def block(session: Session, introduction: Introduction, now: datetime, *, by: str) -> None:
    """After its end, a concern about an introduction: its parties are never proposed to each other again."""
    introduction.end_reason, introduction.changed_at = CONCERN, now
    flag_modified(introduction, "changed_at")  # raises the version, also where two report at the same moment
    session.flush()
    _write_down(session, introduction, CONCERN, introduction.state, by=actor(Who.PARTY, by), now=now)


def reported(session: Session, introduction: Introduction, participant_id: str) -> bool:
    """Whether this person has reported a concern about it."""
    history = records.history(session, f"introduction:{introduction.id}")
    return any((each.act, each.actor) == (CONCERN, actor(Who.PARTY, participant_id)) for each in history)


def add(session: Session, introduction: Introduction, *, by: str, now: datetime) -> Introduction:
    """Stores a new draft with its record."""
    introduction.created_at = introduction.changed_at = now
    session.add(introduction)
    session.flush()
    _write_down(session, introduction, "draft", None, by=by, now=now)
    return introduction


def add_all(session: Session, drafts: Sequence[Introduction], *, by: str, now: datetime) -> None:
    """Stores many drafts with one record each, in a few statements."""
    session.add_all(drafts)
    session.flush()
    rows = [
        {
            "at": now,
            "actor": by,
            "act": "draft",
            "object": f"introduction:{draft.id}",
            "after": draft.state.value,
            "detail": _told(draft),
        }
        for draft in drafts
    ]
    if rows:
        session.execute(insert(audit), rows)


def reserve(session: Session, mentor_id: str) -> bool:
    """Takes one of the mentor's places if there is one; the condition stands in the statement itself."""
    taken = session.execute(
        update(participants)
        .where(
            participants.c.id == mentor_id,
            participants.c.status == Standing.ACTIVE,
            participants.c.used < participants.c.capacity,
        )
        .values(used=participants.c.used + 1)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[object]", taken).rowcount == 1


def release(session: Session, mentor_id: str) -> None:
    """Gives one place back."""
    session.execute(
        update(participants)
        .where(participants.c.id == mentor_id)
        .values(used=participants.c.used - 1)
        .execution_options(synchronize_session=False)
    )


def _seat(session: Session, introduction: Introduction) -> None:
    """Everybody who may still take part has the one seat in a group that a person can have; the others free theirs."""
    seats = group_seats.c
    going_on = introduction.state in LIVE
    wanted = {p.participant_id for p in introduction.parties if going_on and introduction.has_part(p)}
    there = set(session.scalars(select(seats.participant_id).where(seats.introduction_id == introduction.id)))
    session.execute(
        delete(group_seats).where(
            seats.introduction_id == introduction.id, seats.participant_id.in_(sorted(there - wanted))
        )
    )
    new = sorted(wanted - there)
    if session.scalar(select(func.count()).where(seats.participant_id.in_(new))):
        raise NotAllowed("One of them is in another group already.")
    if new:  # whoever is seated elsewhere in this moment makes the key break, and `transact` looks again
        session.execute(
            insert(group_seats), [{"participant_id": each, "introduction_id": introduction.id} for each in new]
        )


def hold(session: Session, people: Iterable[str]) -> None:
    """Nobody else decides about these people until this transaction ends.

    What is looked at afterwards (limits, cool-down, blocks) is still so when it is acted on. SQLite has one writer at a
    time anyway.
    """
    ids = sorted(set(people))
    session.execute(
        select(participants.c.id)
        .where(participants.c.id.in_(ids))
        .order_by(participants.c.id)
        .with_for_update(key_share=True)
    ).all()


def one_at_a_time(session: Session, introduction: Introduction) -> None:
    """A kind word before the unique index decides: NotAllowed where the mentee has something else under way."""
    with session.no_autoflush:
        others = select(introductions.c.id).where(
            introductions.c.mentee_id == introduction.mentee_id,
            introductions.c.state.in_(HOLDING),
            introductions.c.id != introduction.id,
        )
        if session.scalar(others) is not None:
            raise NotAllowed("There is another introduction under way; it has to end first.")


# -- questions -------------------------------------------------------------------------------------------------------


def these(session: Session, ids: Iterable[int]) -> list[Introduction]:
    """Introductions by id, in the order of ids; NotFound if one is missing."""
    wanted = list(dict.fromkeys(ids))
    found = {i.id: i for i in session.scalars(select(Introduction).where(introductions.c.id.in_(wanted)))}
    if len(found) < len(wanted):
        raise NotFound
    return [found[each] for each in wanted]


def of_person(session: Session, participant_id: str, states: Iterable[State] | None = None) -> list[Introduction]:
    """Introductions in which somebody is a party, oldest first."""
    asked = (
        select(Introduction)
        .join(parties, parties.c.introduction_id == introductions.c.id)
        .where(parties.c.participant_id == participant_id)
        .order_by(introductions.c.id)
    )
    if states is not None:
        asked = asked.where(introductions.c.state.in_(list(states)))
    return list(session.scalars(asked))


def offered_to(session: Session, mentee_id: str) -> list[Introduction]:
    """What a mentee can choose from, best first."""
    asked = (
        select(Introduction)
        .where(introductions.c.mentee_id == mentee_id, introductions.c.state == State.OFFERED)
        .order_by(introductions.c.rank, introductions.c.affinity.desc(), introductions.c.id)
    )
    return list(session.scalars(asked))


def with_room(
    session: Session, offered: Iterable[Introduction], now: datetime, terms: Terms = TERMS
) -> list[Introduction]:
    """Those whose mentor can take somebody at this moment, and may be asked once more."""
    listed = list(offered)
    open_now = session.scalars(
        select(Participant).where(
            participants.c.id.in_([i.mentor_id for i in listed]),
            participants.c.status == Standing.ACTIVE,
            participants.c.used < participants.c.capacity,
        )
    ).all()
    left = asks_left(session, open_now, now, terms)
    free = {person.id for person in open_now if left[person.id, Part.MENTOR]}
    return [i for i in listed if i.mentor_id in free]


def drafts_of(session: Session, round_id: int) -> list[Introduction]:
    """The drafts of a round that remain, by mentee and rank."""
    asked = (
        select(Introduction)
        .where(introductions.c.round_id == round_id, introductions.c.state == State.DRAFT)
        .order_by(introductions.c.mentee_id, introductions.c.rank, introductions.c.id)
    )
    return list(session.scalars(asked))


def busy_mentees(session: Session) -> set[str]:
    """Mentees who are not free for a proposal: something is offered, asked or under way."""
    asked = select(introductions.c.mentee_id).where(
        introductions.c.state.in_(LIVE), introductions.c.mentee_id.is_not(None)
    )
    return {str(mentee) for mentee in session.scalars(asked)}


def holding_mentees(session: Session) -> set[str]:
    """Mentees for whom a mentor is being asked, or who have one."""
    asked = select(introductions.c.mentee_id).where(
        introductions.c.state.in_(HOLDING), introductions.c.mentee_id.is_not(None)
    )
    return {str(mentee) for mentee in session.scalars(asked)}


def busy_in_groups(session: Session) -> set[str]:
    """Members of groups that are asked or under way; who has declined is free for another."""
    return set(session.scalars(select(group_seats.c.participant_id)))


def barred_pairs(session: Session, now: datetime, terms: Terms = TERMS) -> dict[tuple[str, str], Rule]:
    """Pairs that must not be proposed now: cooling down after an end, or blocked for ever after a concern.

    Blocks hold in both directions, and between any two who took part in a group where a concern was raised.
    """
    since = now - terms.cool_down
    found: dict[tuple[str, str], Rule] = {}
    ended = select(introductions.c.mentee_id, introductions.c.mentor_id).where(
        introductions.c.kind == Kind.PAIR,
        introductions.c.state.in_(FINAL),
        introductions.c.approved_at.is_not(None),
        introductions.c.ended_at > since,
        or_(introductions.c.end_reason.is_(None), introductions.c.end_reason.not_in(NOT_THEIR_DOING)),
    )
    for mentee, mentor in session.execute(ended):
        found[mentee, mentor] = Rule.COOLING_DOWN
    for one, other in blocked_pairs(session):
        found[one, other] = Rule.BLOCKED
    return found


NOT_THEIR_DOING = ("place_gone", "another_chosen", "left", "paused")
"""Reasons of an end that say nothing about the pair, so it need not cool down."""


def _took_part(side: FromClause) -> ColumnElement[bool]:
    """Everybody in a pair; in a group neither who declined nor who kept silent, but also who left after it had met."""
    open_ = and_(side.c.answer == Answer.PENDING, introductions.c.introduced_at.is_(None))
    left = side.c.answered_at >= introductions.c.introduced_at
    return or_(introductions.c.kind == Kind.PAIR, side.c.answer == Answer.YES, open_, left)


_ONE, _OTHER = parties.alias(), parties.alias()
BLOCKED = (  # asked before every step of a coordinator; to write it takes longer than to run it
    select(
        _ONE.c.participant_id.label("one"),
        _OTHER.c.participant_id.label("other"),
        introductions.c.changed_at.label("at"),
    )
    .join(introductions, introductions.c.id == _ONE.c.introduction_id)
    .join(_OTHER, and_(_OTHER.c.introduction_id == _ONE.c.introduction_id, _OTHER.c.id != _ONE.c.id))
    .where(introductions.c.end_reason == CONCERN, _took_part(_ONE), _took_part(_OTHER))
)
"""Who is kept apart from whom by a concern, in both directions, and when it was reported."""


def blocked_pairs(session: Session) -> set[tuple[str, str]]:
    """Pairs, in both directions, that a concern keeps apart; what ends because of it keeps nobody else apart."""
    return {(one, other) for one, other, _ in session.execute(BLOCKED)}


def kept_apart(session: Session, introduction: Introduction) -> datetime | None:
    """When the newest concern was reported that keeps two of those apart who have a part in it; None without one."""
    ids = {party.participant_id for party in introduction.parties if introduction.has_part(party)}
    return max((at for one, other, at in session.execute(BLOCKED) if {one, other} <= ids), default=None)


def asks_since(session: Session, since: datetime, people: Iterable[str] | None = None) -> dict[tuple[str, Part], int]:
    """How often each person was asked about a pair since then, by part; a mentee's offers in one letter count once.

    Who will be asked as soon as the other side says yes counts as asked.
    """
    to_come = and_(parties.c.asked_at.is_(None), introductions.c.state == State.ASKING)
    moments = func.count(func.distinct(parties.c.asked_at)) + func.sum(case((to_come, 1), else_=0))
    asked = (
        select(parties.c.participant_id, parties.c.part, moments, func.count())
        .join(introductions, introductions.c.id == parties.c.introduction_id)
        .where(introductions.c.kind == Kind.PAIR, or_(parties.c.asked_at > since, to_come))
        .group_by(parties.c.participant_id, parties.c.part)
    )
    if people is not None:
        asked = asked.where(parties.c.participant_id.in_(sorted(set(people))))
    return {
        (person, part): int(letters) if part is Part.MENTEE else each
        for person, part, letters, each in session.execute(asked)
    }


def asks_left(
    session: Session, people: Iterable[Participant], now: datetime, terms: Terms = TERMS
) -> dict[tuple[str, Part], int]:
    """How often people may still be asked about a pair at the moment, by part."""
    listed = list(people)
    asked = asks_since(session, now - terms.quota_period, [person.id for person in listed])
    left = {}
    for person in listed:
        most = {Part.MENTEE: terms.asks_per_mentee, Part.MENTOR: max(terms.asks_per_mentor, person.capacity)}
        for part, number in most.items():
            left[person.id, part] = max(number - asked.get((person.id, part), 0), 0)
    return left


def due(session: Session, condition: ColumnElement[bool]) -> list[Introduction]:
    """Introductions that fulfil an SQL condition, by id."""
    return list(session.scalars(select(Introduction).where(condition).order_by(introductions.c.id)))


def unasked(
    session: Session, now: datetime, since: timedelta, terms: Terms = TERMS
) -> list[tuple[Introduction, Party]]:
    """Open questions, asked so long ago, whose letter was not delivered and is not on its way either.

    Failed letters count as told. Nobody is written to of a choice whose mentor has no room.
    """
    asked_for = select(parties.c.introduction_id).where(
        parties.c.answer == Answer.PENDING,
        parties.c.asked_at <= now - since,
        parties.c.delivered_at.is_(None),
        parties.c.undeliverable.is_(False),
        parties.c.taken_back.is_(False),
    )
    asked = (
        select(Introduction)
        .where(introductions.c.state.in_([State.OFFERED, State.ASKING]), introductions.c.id.in_(asked_for))
        .order_by(introductions.c.id)
    )
    waiting = tracking.asking_now(session)
    holding = holding_mentees(session)
    listed = list(session.scalars(asked))
    offered = {i for i in listed if i.state is State.OFFERED}
    full = offered.difference(with_room(session, offered, now, terms))
    return [
        (i, p)
        for i in listed
        for p in i.parties
        if p.is_open
        and (i not in full or p.reply is not None)
        and p.delivered_at is None
        and not p.undeliverable
        and not p.taken_back
        and (i.id, p.participant_id) not in waiting
        and not (i.state is State.OFFERED and p.participant_id in holding)
    ]


def unreachable(now: datetime, terms: Terms = TERMS) -> ColumnElement[bool]:
    """Introductions that wait for somebody whom no letter reaches: it came back, or a new address is not confirmed.

    The latter once it takes longer than an answer may.
    """
    side = exists().where(parties.c.introduction_id == introductions.c.id)
    returned = side.where(parties.c.answer == Answer.PENDING, parties.c.undeliverable)
    moved = side.where(
        parties.c.answer.in_((Answer.PENDING, Answer.YES)),
        participants.c.id == parties.c.participant_id,
        participants.c.status == Standing.UNCONFIRMED,
        participants.c.changed_at <= now - terms.answer - terms.grace,
    )
    asked = introductions.c.state.in_((State.OFFERED, State.ASKING))
    return or_(and_(asked, or_(returned, moved)), and_(introductions.c.state == State.AGREED, moved))


def somebody_unreachable(session: Session, now: datetime, terms: Terms = TERMS) -> bool:
    """Whether there is such an introduction."""
    return session.scalar(select(introductions.c.id).where(unreachable(now, terms)).limit(1)) is not None


def can_be_asked_again(session: Session, participant_id: str) -> None:
    """The address takes letters again: open questions that could not be delivered are written anew by the clock."""
    session.execute(
        update(parties)
        .where(parties.c.participant_id == participant_id, parties.c.answer == Answer.PENDING, parties.c.undeliverable)
        .values(undeliverable=False, delivered_at=None)
        .execution_options(synchronize_session=False)
    )


def open_parties(session: Session) -> list[tuple[Introduction, Party]]:
    """Everybody who has been asked and has neither answered nor run out of a live question, by introduction."""
    waiting = select(parties.c.introduction_id).where(
        parties.c.answer == Answer.PENDING, parties.c.deadline.is_not(None)
    )
    asked = (
        select(Introduction)
        .where(introductions.c.state.in_([State.OFFERED, State.ASKING]), introductions.c.id.in_(waiting))
        .order_by(introductions.c.id)
    )
    return [(i, p) for i in session.scalars(asked) for p in i.parties if p.is_open and p.deadline is not None]
