"""The coordinator looks at drafts, changes them, approves: from here on people are asked."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.domain.introductions import (
    HOLDING,
    LIVE,
    TERMS,
    Act,
    Introduction,
    Kind,
    Mode,
    NotAllowed,
    NotFound,
    Order,
    Overtaken,
    Part,
    State,
    Terms,
    Who,
    pair,
)
from matcher.domain.letters import Links
from matcher.domain.people import Standing, actor
from matcher.domain.profiles import Profile, Role
from matcher.domain.rounds import Round, RoundState
from matcher.domain.rules import RULES, Rule, rules_of
from matcher.domain.vocabulary import Vocabulary
from matcher.engine.affinity import Explanation
from matcher.engine.eligibility import broken_rules
from matcher.engine.groups import look_at
from matcher.storage import introductions, records
from matcher.storage import people as people_rows
from matcher.storage.database import Database
from matcher.storage.mapping import introductions as table
from matcher.storage.mapping import rounds
from matcher.workflow import matching
from matcher.workflow.correspondence import Correspondence
from matcher.workflow.desk import obstacle


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What became of a batch: ids that went out, and for each refused one the reason."""

    approved: tuple[int, ...]
    refused: Mapping[int, NotAllowed]


@dataclass(frozen=True, slots=True)
class LivePair:
    """Any pair, looked at now: the explanation, the rules that forbid it, and the mentor's room."""

    explanation: Explanation
    rules: tuple[Rule, ...]
    used: int
    capacity: int


MENTEE_TIRED = "This mentee has been asked often enough for now."
MENTOR_TIRED = "This mentor has been asked often enough for now."


class BrokenRules(NotAllowed):
    """A pair that hard rules forbid; `rules` names them, the sentence is that of the first."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        super().__init__(RULES[rules[0]])
        self.rules = tuple(rules)


# -- approving -------------------------------------------------------------------------------------------------------


def approve(
    db: Database,
    introduction_ids: Sequence[int],
    *,
    by: str,
    vocabulary: Vocabulary,
    links: Links,
    now: datetime,
    terms: Terms = TERMS,
    versions: Mapping[int, int] | None = None,
) -> Reviewed:
    """Approves drafts: offers them (mode choose, one letter a mentee) or asks (assigned: the place is reserved now).

    Every rule is looked at again. What is refused stays as it is, the rest of the batch goes out. `versions`: of the
    drafts as a page showed them; those that changed since, or went out before, are refused with Overtaken. Raises
    NotFound.
    """
    return db.transact(_approve, introduction_ids, by, vocabulary, links, now, terms, versions)


def _approve(
    session: Session,
    ids: Iterable[int],
    by: str,
    vocabulary: Vocabulary,
    links: Links,
    now: datetime,
    terms: Terms,
    versions: Mapping[int, int] | None = None,
) -> Reviewed:
    batch = introductions.these(session, ids)
    introductions.hold(session, (party.participant_id for draft in batch for party in draft.parties))
    letters = Correspondence(session, links, now, vocabulary, terms)
    check = Check(session, batch, vocabulary, now, terms)
    approved: list[int] = []
    refused: dict[int, NotAllowed] = {}
    offered: dict[str, list[Introduction]] = defaultdict(list)
    for introduction in batch:
        id = introduction.id or 0
        try:
            _refuse_overtaken(introduction, versions)
            check.raise_if_barred(introduction)
            with session.begin_nested():
                _let_out(letters, introduction, by)
        except NotAllowed as refusal:
            refused[id] = refusal
            continue
        approved.append(id)
        check.note(introduction)
        if introduction.state is State.OFFERED:
            offered[str(introduction.mentee_id)].append(introduction)
    for _, choices in sorted(offered.items()):
        letters.suggestions(sorted(choices, key=lambda i: (i.rank, -i.affinity, i.id)))
    return Reviewed(tuple(approved), refused)


def _refuse_overtaken(introduction: Introduction, versions: Mapping[int, int] | None) -> None:
    """Only what is still as it was seen, and has not gone out, is the coordinator's to decide."""
    introductions.refuse_old(introduction, (versions or {}).get(introduction.id or 0))
    if introduction.approved_at is not None:
        raise Overtaken("This has gone out already.")


def _let_out(letters: Correspondence, introduction: Introduction, by: str) -> None:
    """One draft goes out: the step, and whoever is asked first."""
    choosing = introduction.kind is Kind.PAIR and introduction.mode is Mode.CHOOSE
    introduction.approved_by = by
    act = Act.OFFER if choosing else Act.ASK
    introductions.step(letters.session, introduction, act, Who.COORDINATOR, letters.now, by=by, terms=letters.terms)
    if choosing:
        introduction.part(Part.MENTEE).asked_at = letters.now
        letters.session.flush()
    else:
        ask_next(letters, introduction)


def ask_next(letters: Correspondence, introduction: Introduction) -> None:
    """Asks those whose turn it is."""
    for party in introduction.next_to_ask():
        party.asked_at = letters.now
        letters.session.flush()
        letters.question(introduction, party)


class Check:
    """Everything that can forbid letting a draft out, for one batch: rules, standing, quotas."""

    def __init__(
        self, session: Session, batch: Sequence[Introduction], vocabulary: Vocabulary, now: datetime, terms: Terms
    ) -> None:
        ids = {party.participant_id for introduction in batch for party in introduction.parties}
        self.people = people_rows.these(session, ids)
        pairs = [i for i in batch if i.kind is Kind.PAIR and i.state is State.DRAFT]
        self.rules = _rules_of_pairs(session, self._profiles(pairs, vocabulary), vocabulary, now, terms)
        self.blocked = introductions.blocked_pairs(session)
        self.vocabulary = vocabulary
        self.grouped = introductions.busy_in_groups(session)
        self.left = introductions.asks_left(session, self.people.values(), now, terms)
        self.holding = set(
            session.scalars(select(table.c.mentee_id).where(table.c.state.in_(HOLDING), table.c.mentee_id.is_not(None)))
        )
        self.live = {
            (mentee, mentor)
            for mentee, mentor in session.execute(
                select(table.c.mentee_id, table.c.mentor_id).where(table.c.state.in_(LIVE))
            )
        }
        self._offered: set[str] = set()

    def _profiles(self, pairs: Sequence[Introduction], vocabulary: Vocabulary) -> list[Profile]:
        ids = {str(id) for i in pairs for id in (i.mentee_id, i.mentor_id)}
        return [people_rows.profile_with_room(self.people[id], vocabulary) for id in sorted(ids)]

    def raise_if_barred(self, introduction: Introduction) -> None:
        """Refuses a draft that must not go out now; anything but a draft is left to the table of steps."""
        if introduction.state is not State.DRAFT:
            return
        if introduction.kind is Kind.GROUP:
            self._group(introduction)
        else:
            self._pair(introduction)

    def _pair(self, introduction: Introduction) -> None:
        mentee, mentor = str(introduction.mentee_id), str(introduction.mentor_id)
        rules = self.rules.get((mentee, mentor), (Rule.NOT_ACTIVE,))
        if rules:
            raise BrokenRules(rules)
        if mentee in self.holding or (mentee, mentor) in self.live:
            raise NotAllowed("There is another introduction under way; it has to end first.")
        if mentee not in self._offered and not self.left[mentee, Part.MENTEE]:
            raise NotAllowed(MENTEE_TIRED)
        if not self.left[mentor, Part.MENTOR]:
            raise NotAllowed(MENTOR_TIRED)

    def _group(self, introduction: Introduction) -> None:
        members = [party.participant_id for party in introduction.parties]
        if any(self.people[member].status is not Standing.ACTIVE for member in members):
            raise BrokenRules((Rule.NOT_ACTIVE,))
        if any((one, other) in self.blocked for one in members for other in members):
            raise BrokenRules((Rule.BLOCKED,))
        if self.grouped.intersection(members):
            raise NotAllowed("One of them is in another group already.")
        profiles = [people_rows.profile_with_room(self.people[member], self.vocabulary) for member in members]
        look = look_at(profiles, vocabulary=self.vocabulary)
        if not look.is_sound:
            raise NotAllowed(obstacle(look))

    def note(self, introduction: Introduction) -> None:
        """Counts what has just gone out, for the rest of the batch; offers in one letter are one ask."""
        if introduction.kind is Kind.GROUP:
            self.grouped.update(party.participant_id for party in introduction.parties)
            return
        mentee, mentor = str(introduction.mentee_id), str(introduction.mentor_id)
        self.live.add((mentee, mentor))
        if introduction.state is State.ASKING:
            self.holding.add(mentee)
        if mentee not in self._offered:
            self.left[mentee, Part.MENTEE] -= 1
        if introduction.state is State.OFFERED:
            self._offered.add(mentee)
        else:
            self.left[mentor, Part.MENTOR] -= 1  # an offer asks the mentor only when it is chosen


def _rules_of_pairs(
    session: Session, profiles: Sequence[Profile], vocabulary: Vocabulary, now: datetime, terms: Terms
) -> dict[tuple[str, str], tuple[Rule, ...]]:
    """The rules that each pair among some people breaks at the moment."""
    mentees = [p for p in profiles if p.role.is_mentee]
    mentors = [p for p in profiles if p.role.is_mentor]
    barred = introductions.barred_pairs(session, now, terms)
    mask = broken_rules(mentees, mentors, vocabulary, barred=barred)
    found = {}
    for i, mentee in enumerate(mentees):
        for j, mentor in enumerate(mentors):
            full = mentor.capacity < 1 and mentor.status == "active"
            found[mentee.id, mentor.id] = (*rules_of(int(mask[i, j])), *((Rule.FULL,) if full else ()))
    return found


# -- drafts ----------------------------------------------------------------------------------------------------------


def dismiss(
    db: Database,
    introduction_ids: Sequence[int],
    *,
    by: str,
    now: datetime,
    versions: Mapping[int, int] | None = None,
) -> Mapping[int, NotAllowed]:
    """Sets drafts aside; one that is aside already stays so. Returns what was refused, with the reason.

    `versions`: as in `approve`.
    """
    return db.transact(_each, _dismiss, introduction_ids, by, now, versions)


def _dismiss(session: Session, introduction: Introduction, by: str, now: datetime) -> None:
    if introduction.state is not State.DISCARDED:
        introductions.step(session, introduction, Act.DISMISS, Who.COORDINATOR, now, by=by)


def restore(
    db: Database,
    introduction_ids: Sequence[int],
    *,
    by: str,
    now: datetime,
    versions: Mapping[int, int] | None = None,
) -> Mapping[int, NotAllowed]:
    """Takes dismissed drafts back. Returns what was refused, with the reason; `versions`: as in `approve`."""
    return db.transact(_each, _restore, introduction_ids, by, now, versions)


def _restore(session: Session, introduction: Introduction, by: str, now: datetime) -> None:
    if introduction.state is State.DRAFT:
        return
    round_ = session.get(Round, introduction.round_id) if introduction.round_id is not None else None
    if round_ is not None and round_.state is RoundState.DISCARDED:
        raise NotAllowed("This round has been thrown away; please run a new one.")
    introductions.step(session, introduction, Act.RESTORE, Who.COORDINATOR, now, by=by)


def _each(
    session: Session,
    decide: Callable[[Session, Introduction, str, datetime], None],
    ids: Sequence[int],
    by: str,
    now: datetime,
    versions: Mapping[int, int] | None,
) -> dict[int, NotAllowed]:
    """Decides on each by itself, so that one refusal costs the others nothing."""
    refused: dict[int, NotAllowed] = {}
    for introduction in introductions.these(session, ids):
        id = introduction.id or 0
        try:
            _refuse_overtaken(introduction, versions)
            with session.begin_nested():
                decide(session, introduction, by, now)
        except NotAllowed as refusal:
            refused[id] = refusal
    return refused


def replace(
    db: Database,
    introduction_id: int,
    mentor_id: str,
    *,
    by: str,
    vocabulary: Vocabulary,
    now: datetime,
) -> int:
    """Another mentor for a draft: the old draft is dismissed; returns the new one's id. NotAllowed names the rule."""
    with db.read() as session:
        old = introductions.get(session, introduction_id)
    if old.kind is Kind.GROUP:
        raise NotAllowed("Members of groups are changed on the board of groups.")
    found = live_pair(db, str(old.mentee_id), mentor_id, vocabulary=vocabulary, now=now)
    return db.transact(_replace, introduction_id, found, by, now)


def _replace(session: Session, introduction_id: int, found: LivePair, by: str, now: datetime) -> int:
    old = introductions.get(session, introduction_id)
    fields = {"mode": old.mode, "ask_order": old.ask_order, "rank": old.rank, "round_id": old.round_id}
    introductions.step(session, old, Act.DISMISS, Who.COORDINATOR, now, by=by)
    return _add_draft(session, found, by, now, **fields)


def live_pair(
    db: Database,
    mentee_id: str,
    mentor_id: str,
    *,
    vocabulary: Vocabulary,
    now: datetime,
    without: bool = False,
) -> LivePair:
    """Looks at any pair as it would be today, under the weights of the last round. Raises NotFound.

    `without` also computes what each value of the mentor is worth, which takes a fraction of a second more.
    """
    with db.read() as session:
        mentee = people_rows.participant(session, mentee_id)
        mentor = people_rows.participant(session, mentor_id)
        seen = matching.snapshot(session, vocabulary, now, also=(mentee_id, mentor_id))
        weights = matching.last_weights(session)
    if not Role(mentee.role).is_mentee or not Role(mentor.role).is_mentor:
        raise NotFound
    pool = matching.pool_of(seen, vocabulary, weights)
    explanation = pool.explain(mentee_id, mentor_id, without=without)
    full = (Rule.FULL,) if mentor.used >= mentor.capacity and Rule.FULL not in explanation.rules else ()
    return LivePair(explanation, (*explanation.rules, *full), mentor.used, mentor.capacity)


def propose_pair(
    db: Database,
    mentee_id: str,
    mentor_id: str,
    *,
    by: str,
    vocabulary: Vocabulary,
    now: datetime,
    mode: str = "assigned",
    ask_order: str = "mentor_first",
) -> int:
    """A draft by hand, under the same rules; the id of one that is there already. NotAllowed names the rule."""
    found = live_pair(db, mentee_id, mentor_id, vocabulary=vocabulary, now=now)
    return db.transact(_add_draft, found, by, now, mode=Mode(mode), ask_order=Order(ask_order))


def _add_draft(session: Session, found: LivePair, by: str, now: datetime, **fields: object) -> int:
    if found.rules:
        raise BrokenRules(found.rules)
    explanation = found.explanation
    people = people_rows.these(session, (explanation.mentee_id, explanation.mentor_id))
    left = introductions.asks_left(session, people.values(), now)
    if not left[explanation.mentee_id, Part.MENTEE]:
        raise NotAllowed(MENTEE_TIRED)
    if not left[explanation.mentor_id, Part.MENTOR]:
        raise NotAllowed(MENTOR_TIRED)
    known = session.scalar(
        select(table.c.id).where(
            table.c.mentee_id == explanation.mentee_id,
            table.c.mentor_id == explanation.mentor_id,
            table.c.round_id == fields.get("round_id"),
            table.c.state == State.DRAFT,
        )
    )
    if known is not None:
        return known
    draft = pair(
        explanation.mentee_id,
        explanation.mentor_id,
        affinity=explanation.affinity,
        explanation=explanation.to_json(),
        **fields,
    )
    added = introductions.add(session, draft, by=actor(Who.COORDINATOR, by), now=now)
    return added.id or 0


# -- whole rounds ----------------------------------------------------------------------------------------------------


def publish(
    db: Database,
    round_id: int,
    *,
    by: str,
    vocabulary: Vocabulary,
    links: Links,
    now: datetime,
    terms: Terms = TERMS,
    versions: Mapping[int, int] | None = None,
) -> Reviewed:
    """Approves all drafts that remain in a round; others of its kind in review are discarded with their drafts.

    `versions`: of all its drafts as a page showed them; Overtaken when they are not exactly those any more.
    """
    return db.transact(_publish, round_id, by, vocabulary, links, now, terms, versions)


def _publish(
    session: Session,
    round_id: int,
    by: str,
    vocabulary: Vocabulary,
    links: Links,
    now: datetime,
    terms: Terms,
    versions: Mapping[int, int] | None,
) -> Reviewed:
    chosen = matching.get_round(session, round_id)
    if chosen.state is RoundState.PUBLISHED:
        return Reviewed((), {})
    if chosen.state is not RoundState.REVIEW:
        raise Overtaken("This round is not waiting for review.")
    drafts = {draft.id or 0: draft.version for draft in introductions.drafts_of(session, round_id)}
    if versions is not None and versions != drafts:
        raise Overtaken("This round changed in the meantime. Please look at it again.")
    chosen.state, chosen.published_at, chosen.published_by = RoundState.PUBLISHED, now, by
    session.flush()
    records.write_down(session, "publish", f"round:{round_id}", by=actor(Who.COORDINATOR, by), now=now)
    others = select(Round).where(rounds.c.state == RoundState.REVIEW, rounds.c.kind == chosen.kind)
    for other in list(session.scalars(others)):
        _discard(session, other, by, now)
    return _approve(session, drafts, by, vocabulary, links, now, terms)


def discard_round(db: Database, round_id: int, *, by: str, now: datetime) -> None:
    """Throws a round in review away, with its drafts; one that failed or waits, too."""
    db.transact(_discard_round, round_id, by, now)


def _discard_round(session: Session, round_id: int, by: str, now: datetime) -> None:
    unwanted = matching.get_round(session, round_id)
    if unwanted.state is RoundState.DISCARDED:
        return
    if unwanted.state is RoundState.PUBLISHED:
        raise NotAllowed("This round has been published; its introductions go their own way.")
    _discard(session, unwanted, by, now)


def _discard(session: Session, unwanted: Round, by: str, now: datetime) -> None:
    unwanted.state = RoundState.DISCARDED
    session.flush()
    for draft in introductions.drafts_of(session, unwanted.id or 0):
        introductions.step(session, draft, Act.DISMISS, Who.COORDINATOR, now, by=by, reason="other_round")
    records.write_down(session, "discard", f"round:{unwanted.id}", by=actor(Who.COORDINATOR, by), now=now)
