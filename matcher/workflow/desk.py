"""What a coordinator does by hand that is nobody else's step, and what the desk computes live.

Letters taken back or sent once more, addresses confirmed on the coordinator's word, matters marked as looked after,
members of a drafted group, and the ranked mentors of one mentee as the pool is at this moment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.domain.introductions import (
    TERMS,
    Change,
    Introduction,
    Kind,
    NotAllowed,
    NotFound,
    Overtaken,
    Part,
    Party,
    State,
    Who,
)
from matcher.domain.letters import Letter, LetterKind, LetterState, Links, keeps_until, letter_key
from matcher.domain.people import ConsentKind, Participant, Standing, actor
from matcher.domain.profiles import Profile, Role
from matcher.domain.rules import RULES, Rule
from matcher.domain.vocabulary import Vocabulary
from matcher.engine.affinity import Pool
from matcher.engine.groups import Group, Look, look_at, pair_values
from matcher.engine.weights import BLOCKS, DEFAULT_WEIGHTS
from matcher.storage import aftercare, introductions, outbox, records, suppression
from matcher.storage import people as people_rows
from matcher.storage.database import Database
from matcher.storage.desk_lists import holds
from matcher.storage.desk_proposals import drafted_groups
from matcher.storage.desk_today import LOOKED_AFTER
from matcher.storage.mapping import audit, letters
from matcher.workflow import matching
from matcher.workflow.kept import Kept
from matcher.workflow.signup import ask_to_confirm, confirmed

__all__ = ["BLOCKS", "DEFAULT_WEIGHTS", "Candidate", "Look"]

LONGEST_REASON = 500


# -- any pair, live --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mentor for a mentee at this moment: affinity, what forbids the pair, and the room left."""

    mentor: Profile
    affinity: float
    rules: tuple[Rule, ...]
    room: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The mentors of one mentee, nearest first; `count` is how many there are in all, `pool` what they come from."""

    mentee: Profile
    candidates: Sequence[Candidate]
    count: int
    pool: Pool

    def candidate(self, mentor_id: str) -> Candidate | None:
        """One mentor, whether or not the search found them; None for somebody who is not in the pool."""
        column = self.pool.mentor_row.get(mentor_id)
        return None if column is None else _candidate(self.pool, self.pool.mentee_row[self.mentee.id], column)

    def explain(self, mentor_id: str) -> dict[str, Any]:
        """One of the pairs in full, as it would be stored with an introduction."""
        return self.pool.explain(self.mentee.id, mentor_id, without=False).to_json()


@dataclass(frozen=True, slots=True)
class Summand:
    """One line of an affinity: the block, what the mentee wants, what the mentor has, what that counts, and at most."""

    block: str
    wants: tuple[str, ...]
    has: tuple[str, ...]
    amount: float
    possible: float


def summands(explanation: Mapping[str, Any]) -> list[Summand]:
    """The summands of a stored explanation, largest first; none where nothing is stored."""
    return [
        Summand(part["block"], tuple(part["wants"]), tuple(part["has"]), part["amount"], part["possible"])
        for part in explanation.get("contributions", ())
    ]


def by_block(parts: Iterable[Summand]) -> dict[str, float]:
    """What each block adds to an affinity; their sum is the affinity."""
    found = dict.fromkeys(BLOCKS, 0.0)
    for part in parts:
        found[part.block] += part.amount
    return found


def ranking(
    db: Database,
    mentee_id: str,
    *,
    vocabulary: Vocabulary,
    now: datetime,
    search: str = "",
    limit: int = 20,
    allowed_only: bool = False,
) -> Ranking:
    """The mentors of a mentee as the pool is now, those who may be first; search looks at name, id, address, text.

    Raises NotFound for somebody who is no mentee.
    """
    with db.read() as session:
        person = people_rows.participant(session, mentee_id)
        if not Role(person.role).is_mentee:
            raise NotFound
        pool = _pool(db, session, vocabulary, now, also=mentee_id)
    row = pool.mentee_row[mentee_id]
    found = [
        _candidate(pool, row, column)
        for column, mentor in enumerate(pool.mentors)
        if mentor.id != mentee_id and (not search or holds(search, mentor.name, mentor.id, mentor.email, mentor.text))
    ]
    if allowed_only:
        found = [c for c in found if not c.rules]
    found.sort(key=lambda c: (bool(c.rules), -c.affinity, c.mentor.id))
    return Ranking(pool.mentees[row], found[:limit], len(found), pool)


def _candidate(pool: Pool, row: int, column: int) -> Candidate:
    mentor, rules = pool.mentors[column], pool.rules(row, column)
    full = mentor.capacity < 1 and mentor.status in ("active", "full") and Rule.FULL not in rules
    return Candidate(
        mentor, float(pool.affinity[row, column]), (*rules, *((Rule.FULL,) if full else ())), mentor.capacity
    )


_pools: Kept[Pool] = Kept()


def _pool(db: Database, session: Session, vocabulary: Vocabulary, now: datetime, *, also: str) -> Pool:
    """The scored pool with this mentee in it; a desk asks about the same people again and again."""
    weights = matching.last_weights(session)

    def scored() -> Pool:
        return matching.pool_of(matching.snapshot(session, vocabulary, now, also=(also,)), vocabulary, weights)

    of = (vocabulary.digest, tuple(sorted((weights or {}).items())))
    return _pools.get(db, session, of, now, scored, serves=lambda pool: also in pool.mentee_row)


# -- people ----------------------------------------------------------------------------------------------------------


def confirm_person(db: Database, participant_id: str, *, by: str, reason: str, now: datetime) -> None:
    """The coordinator vouches for an address, for instance after a call; the reason stays out of the log."""
    if not reason.strip():
        raise NotAllowed("Please say how you know that the address is right.")
    db.transact(_confirm_person, participant_id, by, now)


def _confirm_person(session: Session, participant_id: str, by: str, now: datetime) -> None:
    person = people_rows.participant(session, participant_id)
    if person.status is Standing.ACTIVE:
        return
    if person.status is not Standing.UNCONFIRMED:
        raise NotAllowed("Only an address that has not been confirmed can be.")
    if ConsentKind.MATCHING not in people_rows.standing_consents(session, person.id):
        raise NotAllowed("The person has not agreed to be matched yet; only they can do that.")
    confirmed(person, now)
    outbox.cancel_kind(session, person.id, LetterKind.CONFIRM_ADDRESS, "the address was confirmed by a coordinator")
    _note(session, "confirm", f"participant:{person.id}", by, now)


def ask_again(db: Database, participant_id: str, *, by: str, links: Links, now: datetime) -> None:
    """Writes the letter that asks for confirmation once more; the older link is void.

    Also to an address that takes no letters: it does again as soon as its owner confirms it.
    """
    db.transact(_ask_again, participant_id, by, links, now)


def _ask_again(session: Session, participant_id: str, by: str, links: Links, now: datetime) -> None:
    person = people_rows.participant(session, participant_id)
    if person.status is not Standing.UNCONFIRMED and not suppression.is_suppressed(session, person.email):
        raise NotAllowed("This address has been confirmed already.")
    ask_to_confirm(session, person, links, now)
    _note(session, "ask_to_confirm", f"participant:{person.id}", by, now)


# -- letters ---------------------------------------------------------------------------------------------------------


def cancel_letter(db: Database, letter_id: int, *, by: str, now: datetime) -> None:
    """Takes a waiting letter back. Raises NotAllowed when it has left or ended already."""
    db.transact(_cancel_letter, letter_id, by, now)


def _cancel_letter(session: Session, letter_id: int, by: str, now: datetime) -> None:
    if _letter(session, letter_id).state is LetterState.CANCELLED:
        return
    if not outbox.cancel(session, letter_id, "taken back by a coordinator"):
        raise NotAllowed("This letter cannot be taken back any more.")
    letter = _letter(session, letter_id)
    for introduction, party in outbox.asked_in(session, letter):
        if letter.waits_for_answer and party.delivered_at is None:  # else the clock would write it once more
            party.taken_back = True
            introductions.touch(session, introduction, Change.TAKEN_BACK, now, by=actor(Who.COORDINATOR, by))
    _note(session, "cancel_letter", f"letter:{letter_id}", by, now)


def ask_anew(
    db: Database, introduction_id: int, participant_id: str, *, by: str, now: datetime, version: int | None = None
) -> None:
    """The question whose letter a coordinator took back is asked after all; the clock writes it within a minute.

    Raises NotAllowed where no such letter is missing.
    """
    db.transact(_ask_anew, introduction_id, participant_id, by, now, version)


def _ask_anew(
    session: Session, introduction_id: int, participant_id: str, by: str, now: datetime, version: int | None
) -> None:
    introduction = introductions.get(session, introduction_id)
    introductions.refuse_old(introduction, version)
    party = introduction.party(participant_id)
    if introduction.state not in (State.OFFERED, State.ASKING) or not party.is_open or not party.taken_back:
        raise NotAllowed("This question needs no other letter.")
    # What a mentee chooses from stands in one letter.
    offered = introduction.state is State.OFFERED
    for each in introductions.offered_to(session, participant_id) if offered else [introduction]:
        side = each.party(participant_id)
        if side.taken_back:
            side.taken_back, side.asked_at = False, now
            introductions.touch(session, each, Change.ASK_AGAIN, now, by=actor(Who.COORDINATOR, by))


def send_now(db: Database, letter_id: int, *, by: str, now: datetime) -> int:
    """A waiting letter is tried at once; one that was given up goes out once more with the same bytes.

    A question whose day has passed is written anew by the clock instead. Returns the id of the letter that is on its
    way. Raises NotAllowed for letters that were sent or taken back.
    """
    return db.transact(_send_now, letter_id, by, now)


def _send_now(session: Session, letter_id: int, by: str, now: datetime) -> int:
    letter = _letter(session, letter_id)
    if letter.state is LetterState.QUEUED and outbox.hasten(session, letter_id, now):
        _note(session, "send_letter_now", f"letter:{letter_id}", by, now)
        return letter_id
    if letter.state is not LetterState.FAILED:
        raise NotAllowed("Only a letter that waits or was given up can be tried again.")
    if letter.raw is None:
        raise NotAllowed("The content of this letter is no longer kept.")
    until = letter.facts.get("deadline")
    if letter.waits_for_answer and until is not None and datetime.fromisoformat(until) <= now:
        _ask_in_time(session, letter, by, now)
        return letter_id
    again = Letter(
        kind=letter.kind,
        key=letter_key(letter.kind, "again", letter_id),
        to=letter.to,
        language=letter.language,
        participant_id=letter.participant_id,
        facts=dict(letter.facts),
        introduction_id=letter.introduction_id,
        epoch=letter.epoch,
        concerns=list(letter.concerns),
        not_after=keeps_until(letter.kind, now),
        subject=letter.subject,
        message_id=letter.message_id,
        raw=letter.raw,
        created_at=now,
        next_try_at=now,
    )
    known = session.scalar(select(Letter).where(letters.c.key == again.key))
    if known is not None:
        return _send_now(session, known.id or 0, by, now) if known.state is LetterState.FAILED else known.id or 0
    session.add(again)
    session.flush()
    _note(session, LOOKED_AFTER, f"letter:{letter_id}", by, now)
    _note(session, "send_letter_again", f"letter:{again.id}", by, now)
    return again.id or 0


def _ask_in_time(session: Session, letter: Letter, by: str, now: datetime) -> None:
    """The letter names a day that has passed: the clock writes another one of what it asks, if that still stands."""
    asked = outbox.asked_in(session, letter)
    if not asked:
        raise NotAllowed("The time for an answer is over.")
    for introduction, party in asked:
        if party.undeliverable:
            party.undeliverable, party.delivered_at = False, None
            introductions.touch(session, introduction, Change.ASK_AGAIN, now, by=actor(Who.COORDINATOR, by))
    _note(session, LOOKED_AFTER, f"letter:{letter.id}", by, now)


def _letter(session: Session, letter_id: int) -> Letter:
    found = session.get(Letter, letter_id, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def look_after(db: Database, about: str, *, by: str, now: datetime) -> None:
    """A concern or a sign of risk ("introduction:ID"), or a letter given up ("letter:ID"), needs nothing more."""
    db.transact(_look_after, about, by, now)


def _look_after(session: Session, about: str, by: str, now: datetime) -> None:
    word, _, id = about.partition(":")
    known = {"introduction": Introduction, "letter": Letter}.get(word)
    found = session.get(known, int(id)) if known is not None and id.isdecimal() else None
    if found is None:
        raise NotFound
    done = select(audit.c.id).where(audit.c.object == about, audit.c.act == LOOKED_AFTER)
    if isinstance(found, Introduction):
        reported = (found.concern_at, introductions.kept_apart(session, found))
        since = [at for at in (aftercare.last_word(session, int(id)), *reported) if at is not None]
        done = done.where(audit.c.at >= max(since)) if since else done
    if session.scalar(done.limit(1)) is None:
        _note(session, LOOKED_AFTER, about, by, now)


def note_export(db: Database, what: str, *, by: str, rows: int, now: datetime) -> None:
    """An export leaves a record: what and how much, not whose."""
    db.transact(
        records.write_down, "export", f"desk:{what}", by=actor(Who.COORDINATOR, by), now=now, detail={"rows": rows}
    )


def _note(session: Session, act: str, about: str, by: str, now: datetime) -> None:
    records.write_down(session, act, about, by=actor(Who.COORDINATOR, by), now=now)


# -- groups ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who could join a drafted group, and what speaks against it; `gain`: the change of its mean closeness.

    `elsewhere`: other drafted groups, (id, label), that this person stands in.
    """

    person: Profile
    look: Look
    gain: float
    elsewhere: Sequence[tuple[int, str]] = ()


def newcomers(
    db: Database, introduction_id: int, *, vocabulary: Vocabulary, now: datetime, search: str = "", limit: int = 12
) -> list[Newcomer]:
    """Who could join a drafted group: without an obstacle first, then those in no other draft, the closest on top.

    Raises NotFound, and NotAllowed when the group is no draft any more.
    """
    with db.read() as session:
        group = _drafted(introductions.get(session, introduction_id))
        seen = matching.snapshot(session, vocabulary, now)
        drafted = drafted_groups(session, without=introduction_id)
    inside = {p.participant_id for p in group.parties}
    members = [p for p in seen.profiles if p.id in inside]
    free = [
        p
        for p in seen.profiles
        if p.id not in inside
        and p.id not in seen.grouped
        and p.status in ("active", "full")
        and (not search or holds(search, p.name, p.id, p.email, p.text))
    ]
    values = _Values(seen.profiles, vocabulary)
    before = values.mean([p.id for p in members])
    gain = {p.id: values.mean([*(m.id for m in members), p.id]) - before for p in free}
    kept_apart = _kept_apart(seen)
    found: list[Newcomer] = []
    sound = 0
    for person in sorted(free, key=lambda p: (p.id in drafted, -gain[p.id], p.id))[:MOST_LOOKED_AT]:
        look = look_at([*members, person], vocabulary=vocabulary, forbidden=kept_apart)
        found.append(Newcomer(person, look, gain[person.id], drafted.get(person.id, ())))
        sound += look.is_sound
        if sound == limit:
            break  # they come in the order of the result, so nobody later could stand before these
    found.sort(key=lambda n: (len(n.look.broken) + len(n.look.missing), bool(n.elsewhere), -n.gain, n.person.id))
    return found[:limit]


MOST_LOOKED_AT = 150
"""People who are looked at closely as newcomers, at most; a look takes a few milliseconds."""


class _Values:
    """What any two people are worth to each other in one group, over the whole pool, as a round computes it."""

    def __init__(self, people: Sequence[Profile], vocabulary: Vocabulary) -> None:
        self.row = {p.id: k for k, p in enumerate(people)}
        self.values = pair_values(people, vocabulary)

    def mean(self, ids: Sequence[str]) -> float:
        """The mean value of two of these."""
        return float(self._block(ids).sum() / (len(ids) * (len(ids) - 1))) if len(ids) > 1 else 0.0

    def within(self, group: Group) -> Group:
        """The group, valued like those of a round."""
        block = self._block(group.members)
        closeness = block.sum(axis=1) / max(1, len(group.members) - 1)
        return replace(
            group,
            value=float(block.sum() / 2),
            closeness={id: float(mean) for id, mean in zip(group.members, closeness, strict=True)},
        )

    def _block(self, ids: Sequence[str]) -> Any:
        rows = [self.row[id] for id in ids]
        return self.values[np.ix_(rows, rows)]


def ties(people: Sequence[Profile], vocabulary: Vocabulary) -> list[tuple[int, int, float]]:
    """What each two of some people are worth to each other in one group: (place, place, value), for a picture."""
    values = pair_values(people, vocabulary)
    return [(i, j, float(values[i, j])) for j in range(len(people)) for i in range(j)]


def _kept_apart(seen: matching.Snapshot) -> dict[tuple[str, str], Rule]:
    return {pair: rule for pair, rule in seen.barred.items() if rule is Rule.BLOCKED}


def _closeness(group: Group | None) -> float:
    """The mean value of two members."""
    size = len(group.members) if group is not None else 0
    return group.value / (size * (size - 1) / 2) if group is not None and size > 1 else 0.0


def _drafted(introduction: Introduction) -> Introduction:
    if introduction.kind is not Kind.GROUP:
        raise NotFound
    if introduction.state is not State.DRAFT:
        raise NotAllowed("Members can be changed only as long as nobody has been invited.")
    return introduction


def look_at_members(db: Database, member_ids: Sequence[str], *, vocabulary: Vocabulary, now: datetime) -> Look:
    """These people as one group, as they are now."""
    with db.read() as session:
        seen = matching.snapshot(session, vocabulary, now)
    people = [p for p in seen.profiles if p.id in member_ids]
    if len(people) < len(set(member_ids)):
        raise NotAllowed("One of them no longer takes part.")
    look = look_at(people, vocabulary=vocabulary, forbidden=_kept_apart(seen))
    if look.group is None:
        return look
    return replace(look, group=_Values(seen.profiles, vocabulary).within(look.group))


def change_members(
    db: Database,
    introduction_id: int,
    *,
    add: str = "",
    remove: str = "",
    by: str,
    vocabulary: Vocabulary,
    now: datetime,
    version: int | None = None,
) -> Look:
    """Adds or removes a member of a drafted group; facilitator, hours and reasons are worked out anew.

    Raises NotAllowed where a rule stands against it (nothing has changed then), Overtaken, NotFound.
    """
    with db.read() as session:
        group = _drafted(introductions.get(session, introduction_id))
        seen_version = group.version
        members = [p.participant_id for p in group.parties]
    if version is not None and version != seen_version:
        raise Overtaken("Somebody changed this group in the meantime. Please look at it again.")
    if remove and remove not in members:
        raise NotFound
    wanted = [m for m in dict.fromkeys([*members, *([add] if add else [])]) if m != remove]
    if len(wanted) < 2:
        raise NotAllowed("A group needs at least two people.")
    look = look_at_members(db, wanted, vocabulary=vocabulary, now=now)
    if look.group is None or not look.is_sound:
        raise NotAllowed(obstacle(look))
    db.transact(_change_members, introduction_id, look.group, by, now, seen_version, add)
    return look


def obstacle(look: Look) -> str:
    """The first thing that speaks against a group, as a sentence to translate."""
    if look.broken:
        return RULES[look.broken[0][2][0]]
    return {
        "language": "They have no language in common.",
        "hour": "They have no hour of the week in common.",
        "facilitator": "Nobody among them is experienced enough to facilitate.",
    }[(look.missing or ("facilitator",))[0]]


def _change_members(
    session: Session, id: int, group: Group, by: str, now: datetime, version: int, added: str = ""
) -> None:
    introduction = _drafted(introductions.get(session, id))
    if introduction.version != version:
        raise Overtaken("Somebody changed this group in the meantime. Please look at it again.")
    if added in introductions.busy_in_groups(session):
        raise NotAllowed("This person is in another group already.")
    for party in introduction.parties:
        party.part = Part.MEMBER  # the unique index allows one facilitator at every moment
    introduction.parties[:] = [p for p in introduction.parties if p.participant_id in group.members]
    session.flush()
    known = {p.participant_id: p for p in introduction.parties}
    for member in group.members:
        if member not in known:
            known[member] = Party(participant_id=member, part=Part.MEMBER)
            introduction.parties.append(known[member])
    session.flush()
    known[group.facilitator].part = Part.FACILITATOR
    introduction.affinity = min(max(_closeness(group), 0.0), 1.0)
    introduction.quorum = min(TERMS.quorum, len(group.members))
    introduction.explanation = {**explanation_of(group), "names": introduction.explanation.get("names", {})}
    introduction.changed_at = now
    introductions.touch(session, introduction, Change.MEMBERS, now, by=actor(Who.COORDINATOR, by))


def explanation_of(group: Group) -> dict[str, object]:
    """What is stored with a group, as rounds store it."""
    return {
        "shared": list(group.shared),
        "languages": list(group.languages),
        "hours_utc": list(group.hours),
        "rota": list(group.rota),
        "adds": {id: list(terms) for id, terms in group.adds.items()},
        "closeness": dict(group.closeness),
        "value": group.value,
    }


def label_group(db: Database, introduction_id: int, label: str, *, by: str, now: datetime) -> None:
    """Another name for a drafted group."""
    if not label.strip() or len(label) > 120:
        raise NotAllowed("Please give the group a name of at most 120 characters.")
    db.transact(_label_group, introduction_id, " ".join(label.split()), by, now)


def _label_group(session: Session, introduction_id: int, label: str, by: str, now: datetime) -> None:
    introduction = _drafted(introductions.get(session, introduction_id))
    if introduction.label != label:
        introduction.label, introduction.changed_at = label, now
        introductions.touch(session, introduction, Change.RENAME, now, by=actor(Who.COORDINATOR, by))


# -- reading, for the pages ------------------------------------------------------------------------------------------


def profiles_of(people: Mapping[str, Participant], vocabulary: Vocabulary) -> dict[str, Profile]:
    """The profiles of people by id; each set of answers is read once."""
    return {id: _profile(person, vocabulary) for id, person in people.items()}


_profiles: dict[object, Profile] = {}


def _profile(person: Participant, vocabulary: Vocabulary) -> Profile:
    answers = people_rows.answers_of(person)
    key = (vocabulary.digest, tuple(sorted(answers.items())))
    if key not in _profiles:
        if len(_profiles) > 4_000:
            _profiles.clear()
        _profiles[key] = people_rows.profile_of(person, vocabulary)
    return _profiles[key]
