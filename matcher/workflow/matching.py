"""From a request to a round under review: the pool, its affinities, the assignment, the drafts.

Pairs: the first suggestion of each mentee is the pair of the global optimum over the places that are free. In the mode
"choose" further suggestions come from further assignments in which each mentor may be shown to more people than there
are places: in the k-th, up to k times as many. No place is promised by that: a place is taken by whoever picks first,
in one conditional statement, and who comes late is told so and shown the next. A further mentor has to be worth at
least half of the first one, and nobody is shown who has no place in the optimum.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

import numpy as np
from sqlalchemy import CursorResult, and_, or_, select, update
from sqlalchemy.orm import Session

from matcher.domain.introductions import (
    TERMS,
    Introduction,
    Mode,
    NotAllowed,
    NotFound,
    Order,
    Part,
    Terms,
    Who,
    group,
    pair,
)
from matcher.domain.people import Standing, actor
from matcher.domain.profiles import Profile, Role
from matcher.domain.rounds import LeaseLost, Round, RoundKind, RoundState
from matcher.domain.rules import Rule
from matcher.domain.vocabulary import Vocabulary
from matcher.engine.affinity import Explanation, Pool
from matcher.engine.assignment import Assignment, assign
from matcher.engine.groups import Group, form_groups
from matcher.engine.matching import BrokenPin, UnknownPerson, input_digest, short_of_a_place, why_unmatched
from matcher.engine.repair import repair
from matcher.engine.weights import read_weights
from matcher.storage import introductions, records
from matcher.storage import people as people_rows
from matcher.storage.database import Database
from matcher.storage.mapping import rounds
from matcher.translations import SOURCE, languages, translator

log = logging.getLogger(__name__)

Progress = Callable[[float, str], None]
"""Called with the part that is done, 0 to 1, and a word for what happens."""

LEASE = timedelta(minutes=15)
"""A worker that shows no progress for so long has vanished."""

WORTH_SHOWING = 0.5
"""A further suggestion has at least this part of the first one's affinity."""


# -- asking for a round ----------------------------------------------------------------------------------------------


def request_round(
    db: Database,
    *,
    by: str,
    now: datetime,
    mode: str = "choose",
    objective: str = "total",
    weights: Mapping[str, float] | None = None,
    suggestions: int = 3,
    kind: str = "pairs",
    ask_order: str = "mentor_first",
    seed: int = 0,
    name: str = "",
    options: Mapping[str, object] | None = None,
) -> int:
    """Asks for a round; a worker or the caller runs it. Returns its id.

    `options`: pairs {"pinned": [[mentee, mentor]], "forbidden": [[mentee, mentor]], "capacity": {mentor: places, where
    fewer than there are shall be used}}; groups {"kind": id of a collaboration, "sizes": [4, 6]}. Raises BadWeights,
    NotAllowed.
    """
    if objective not in ("total", "fair"):
        raise NotAllowed("The objective is total or fair.")
    if not 1 <= suggestions <= 5:
        raise NotAllowed("Between one and five suggestions can be made.")
    wanted = Round(
        kind=RoundKind(kind),
        mode=Mode(mode),
        ask_order=Order(ask_order),
        objective=objective,
        suggestions=suggestions if mode == Mode.CHOOSE else 1,
        weights=read_weights(weights),
        options=dict(options or {}),
        seed=seed,
        name=name,
        requested_by=by,
        requested_at=now,
    )
    return db.transact(_request_round, wanted, by, now)


def _request_round(session: Session, wanted: Round, by: str, now: datetime) -> int:
    asked = replace(wanted)  # a fresh object for each try of the transaction
    session.add(asked)
    session.flush()
    records.write_down(session, "request", f"round:{asked.id}", by=actor(Who.COORDINATOR, by), now=now)
    return cast("int", asked.id)


def next_requested(db: Database, *, now: datetime) -> int | None:
    """The oldest round that waits, or whose worker has vanished; None when there is none."""
    with db.read() as session:
        return session.scalar(select(rounds.c.id).where(_waits(now)).order_by(rounds.c.id).limit(1))


def _waits(now: datetime) -> Any:
    vanished = and_(rounds.c.state == RoundState.RUNNING, rounds.c.lease_until < now)
    return or_(rounds.c.state == RoundState.REQUESTED, vanished)


# -- the pool as it is now -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everybody the matcher may look at, and what the profiles do not say.

    `profiles`: active and paused people with the room they have left; `barred`: pairs that cool down or are blocked;
    `busy`: mentees with an offer, a question or a conversation, and members of live groups under `grouped`.
    """

    profiles: tuple[Profile, ...]
    barred: Mapping[tuple[str, str], Rule]
    busy: frozenset[str]
    grouped: frozenset[str]

    def pool(
        self,
        vocabulary: Vocabulary,
        weights: Mapping[str, float] | None = None,
        *,
        forbidden: Sequence[tuple[str, str]] = (),
    ) -> Pool:
        """The scored pool; every pair that must not be is barred in it."""
        barred = {**dict.fromkeys(forbidden, Rule.FORBIDDEN), **self.barred}
        return Pool(self.profiles, vocabulary=vocabulary, weights=weights, barred=barred)

    def looking(self, pool: Pool) -> np.ndarray:
        """The mentees (n,) of the pool whom a round looks at."""
        return np.array([p.id not in self.busy and p.status == "active" for p in pool.mentees], dtype=bool)


def snapshot(
    session: Session,
    vocabulary: Vocabulary,
    now: datetime,
    *,
    terms: Terms = TERMS,
    also: Sequence[str] = (),
    to_be_asked: bool = False,
) -> Snapshot:
    """Reads the pool. Who has not confirmed, or has left, is not looked at, unless asked for by `also`.

    `to_be_asked`: for those who are going to be asked, whom the limit on asks leaves no more places than questions.
    """
    looked_at = (Standing.ACTIVE, Standing.PAUSED)
    everybody = [p for p in people_rows.everybody(session) if p.status in looked_at or p.id in also]
    profiles = tuple(people_rows.profile_with_room(person, vocabulary) for person in everybody)
    busy = introductions.busy_mentees(session)
    if to_be_asked:
        left = introductions.asks_left(session, everybody, now, terms)
        profiles = tuple(_within(profile, left[profile.id, Part.MENTOR]) for profile in profiles)
        busy |= {person.id for person in everybody if not left[person.id, Part.MENTEE]}
    return Snapshot(
        profiles,
        introductions.barred_pairs(session, now, terms),
        frozenset(busy),
        frozenset(introductions.busy_in_groups(session)),
    )


def _within(profile: Profile, asks: int) -> Profile:
    """The profile with no more places than there are questions left."""
    left = min(profile.capacity, asks)
    full = profile.role is Role.MENTOR and left == 0 and profile.status == "active"
    return replace(profile, capacity=left, status="full" if full else profile.status)


_recent: dict[object, Pool] = {}


def pool_of(seen: Snapshot, vocabulary: Vocabulary, weights: Mapping[str, float] | None) -> Pool:
    """The scored pool of a snapshot; the last one is kept, since a desk asks about many pairs of the same people."""
    key = (seen.profiles, tuple(sorted(seen.barred.items())), vocabulary.digest, tuple(sorted((weights or {}).items())))
    pool = _recent.get(key)
    if pool is None:
        pool = seen.pool(vocabulary, weights)
        _recent.clear()
        _recent[key] = pool
    return pool


# -- solving ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proposals:
    """What a round found: drafts, who is left over and why, and the summary of the proof."""

    drafts: list[Introduction]
    unmatched: dict[str, str]
    certificate: dict[str, Any]
    digest: str


def solve_pairs(seen: Snapshot, wanted: Round, vocabulary: Vocabulary, tell: Progress) -> Proposals:
    """The best pairs over all free mentees and places, with further suggestions and explanations."""
    forbidden = pairs_of(wanted.options, "forbidden")
    pinned = pairs_of(wanted.options, "pinned")
    tell(0.1, "affinities")
    started = time.perf_counter()
    pool = seen.pool(vocabulary, wanted.weights, forbidden=forbidden)
    if fewer := fewer_places(pool, wanted.options):
        pool = pool.changed(capacity=fewer)
    scored = time.perf_counter()
    tell(0.4, "assignment")
    waiting = seen.looking(pool)
    free = pool.eligible & waiting[:, None]
    pins = _pins(pool, free, pinned)
    best, chosen = best_and_further(pool, free, pins, wanted.objective, wanted.suggestions)
    solved = time.perf_counter()
    tell(0.6, "reasons")
    drafts = [_draft(pool, i, j, rank, wanted) for i, j, rank in chosen]
    left = [int(i) for i in best.unmatched if waiting[i]]
    short = short_of_a_place(pool, free, best, pins)
    seconds = {"score": scored - started, "assign": solved - scored, "explain": time.perf_counter() - solved}
    options = {"objective": wanted.objective, "suggestions": wanted.suggestions, "seed": wanted.seed}
    return Proposals(
        drafts,
        {pool.mentees[i].id: str(why_unmatched(pool, i, short[i])) for i in left},
        _summary(pool, best, int(waiting.sum()), len(left), seconds),
        input_digest(pool, **options, pinned=pinned, forbidden=forbidden, busy=sorted(seen.busy)),
    )


def best_and_further(
    pool: Pool, free: np.ndarray, pins: Sequence[tuple[int, int]], objective: str, suggestions: int
) -> tuple[Assignment, list[tuple[int, int, int]]]:
    """The optimum, and (mentee row, mentor row, rank) of all suggestions, by mentee and rank; see the module."""
    capacity = pool.capacity
    best = assign(pool.affinity, capacity=capacity, forbidden=~free, pinned=pins, objective=objective)
    chosen = [(int(i), int(j), 1) for i, j in best.pairs]
    shown = np.bincount(best.pairs[:, 1], minlength=len(capacity)) if len(best.pairs) else np.zeros_like(capacity)
    worth = np.full(len(pool.mentees), np.inf)  # nobody without a place in the optimum is shown anything
    for i, j, _ in chosen:
        worth[i] = pool.affinity[i, j] * WORTH_SHOWING
    closed = ~free | (pool.affinity < worth[:, None])
    for i, j, _ in chosen:
        closed[i, j] = True
    for rank in range(2, suggestions + 1):
        further = assign(pool.affinity, capacity=capacity * rank - shown, forbidden=closed, objective=objective).pairs
        for i, j in further:
            chosen.append((int(i), int(j), sum(1 for seen in chosen if seen[0] == i) + 1))
            closed[i, j] = True
            shown[j] += 1
    return best, sorted(chosen, key=lambda c: (c[0], c[2]))


def _draft(pool: Pool, i: int, j: int, rank: int, wanted: Round) -> Introduction:
    mentee, mentor = pool.mentees[i].id, pool.mentors[j].id
    explanation = pool.explain(mentee, mentor, without=False)
    return pair(
        mentee,
        mentor,
        mode=wanted.mode,
        ask_order=wanted.ask_order,
        rank=rank,
        affinity=explanation.affinity,
        explanation=explanation.to_json(),
    )


def _summary(
    pool: Pool, best: Assignment, waiting: int, unmatched: int, seconds: Mapping[str, float]
) -> dict[str, Any]:
    """The proof in a few numbers; `prices`: what one more place with each mentor would add."""
    return {
        "mentees": waiting,
        "mentors": len(pool.mentors),
        "places": int(sum(mentor.capacity for mentor in pool.mentors)),
        "matched": best.matched,
        "unmatched": unmatched,
        "objective": best.objective,
        "total": best.total,
        "lowest": best.lowest,
        "bound": best.bound,
        "gap": best.gap,
        "pricing_rounds": best.pricing_rounds,
        "seconds": {**best.seconds, **seconds},
        "prices": {mentor.id: float(price) for mentor, price in zip(pool.mentors, best.prices, strict=True)},
    }


def fewer_places(pool: Pool, options: Mapping[str, Any]) -> dict[str, int]:
    """The places of mentors of which a round shall use fewer than there are."""
    asked = {m: int(places) for m, places in options.get("capacity", {}).items() if m in pool.mentor_row}
    return {m: places for m, places in asked.items() if places < pool.mentors[pool.mentor_row[m]].capacity}


def pairs_of(options: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    """The pairs of ids that a round's options list under a name."""
    return [(str(mentee), str(mentor)) for mentee, mentor in options.get(name, [])]


def _pins(pool: Pool, free: np.ndarray, pinned: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
    rows = []
    for mentee, mentor in pinned:
        if mentee not in pool.mentee_row or mentor not in pool.mentor_row:
            raise UnknownPerson(f"{mentee} and {mentor} cannot be pinned: one of them is not in the pool in that role")
        at = pool.mentee_row[mentee], pool.mentor_row[mentor]
        if not free[at]:
            rules = ", ".join(rule.value for rule in pool.rules(*at)) or "the mentee is not free"
            raise BrokenPin(f"the pinned pair {mentee}, {mentor} breaks a rule: {rules}")
        rows.append(at)
    return rows


# -- running a round -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Run:
    """A claimed round: renews its lease with every word of progress, and is fenced by worker and attempt."""

    db: Database
    round: Round
    worker: str
    began: datetime
    progress: Progress | None
    _start: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> datetime:
        """The time of the beginning and what has passed since."""
        return self.began + timedelta(seconds=time.monotonic() - self._start)

    def tell(self, part: float, what: str) -> None:
        """Notes progress for the page, and calls back."""
        self.db.transact(self._write, {"progress": part, "step": what, "lease_until": self.now + LEASE})
        if self.progress is not None:
            self.progress(part, what)

    def _write(self, session: Session, values: Mapping[str, Any]) -> None:
        done = session.execute(
            update(rounds)
            .where(
                rounds.c.id == self.round.id,
                rounds.c.state == RoundState.RUNNING,
                rounds.c.claimed_by == self.worker,
                rounds.c.attempts == self.round.attempts,
            )
            .values(dict(values))
            .execution_options(synchronize_session=False)
        )
        if cast("CursorResult[object]", done).rowcount != 1:
            raise LeaseLost

    def store(self, session: Session, found: Proposals) -> None:
        """Drafts, certificate and the new state, all or nothing."""
        done = {"state": RoundState.REVIEW, "progress": 1.0, "step": "", "finished_at": self.now, "trouble": None}
        result = {"unmatched": found.unmatched, "certificate": found.certificate, "digest": found.digest}
        self._write(session, {**done, **result})
        drafts = [copy_of(draft, self.now, round_id=self.round.id) for draft in found.drafts]
        introductions.add_all(session, drafts, by="system", now=self.now)
        records.write_down(
            session, "run", f"round:{self.round.id}", by="system", now=self.now, detail={"drafts": len(drafts)}
        )

    def fail(self, sentence: str) -> None:
        """The round ends without result."""
        self.db.transact(self._write, {"state": RoundState.FAILED, "trouble": sentence, "finished_at": self.now})


def run_round(
    db: Database,
    round_id: int,
    *,
    vocabulary: Vocabulary,
    now: datetime,
    progress: Progress | None = None,
    worker: str = "here",
) -> Round:
    """Runs a round: reads the pool, solves without a transaction, stores the drafts and the certificate together.

    Afterwards the round is in review, or failed with a sentence. Raises LeaseLost when another worker took it over,
    NotAllowed when it has been run, NotFound.
    """
    run = _Run(db, db.transact(_claim, round_id, worker, now), worker, now, progress)
    try:
        run.tell(0.05, "people")
        with db.read() as session:
            seen = snapshot(session, vocabulary, now, to_be_asked=run.round.kind is RoundKind.PAIRS)
        solve = solve_pairs if run.round.kind is RoundKind.PAIRS else solve_groups
        found = solve(seen, run.round, vocabulary, run.tell)
        run.tell(0.9, "storing")
        db.transact(run.store, found)
    except LeaseLost:
        raise
    except ValueError as error:
        if not getattr(error, "for_people", False):
            run.fail("The matcher failed; the operator finds the reason in the log.")
            raise
        run.fail(str(error))
    except Exception:
        # Whatever it was, the page must not show a round that seems to run for ever; the error itself goes on.
        log.exception("round %s failed", round_id)
        run.fail("The matcher failed; the operator finds the reason in the log.")
        raise
    if progress is not None:
        progress(1.0, "")
    with db.read() as session:
        return get_round(session, round_id)


def _claim(session: Session, round_id: int, worker: str, now: datetime) -> Round:
    claimed = session.execute(
        update(rounds)
        .where(rounds.c.id == round_id, _waits(now))
        .values(
            state=RoundState.RUNNING,
            claimed_by=worker,
            lease_until=now + LEASE,
            attempts=rounds.c.attempts + 1,
            started_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[object]", claimed).rowcount != 1:
        get_round(session, round_id)
        raise NotAllowed("This round is running or has been run already.")
    return get_round(session, round_id)


def get_round(session: Session, round_id: int) -> Round:
    """The round; NotFound when there is none."""
    found = session.get(Round, round_id, populate_existing=True)
    if found is None:
        raise NotFound
    return found


# -- the next best ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NextBest:
    """`drafts` by mentee; who finds nobody is missing. `moved`: what is to stand in the place of a draft, by its id."""

    drafts: Mapping[str, Introduction]
    moved: Mapping[int, Introduction]


def next_best(pool: Pool, seen: Snapshot, mentees: Collection[str], drafts: Sequence[Introduction] = ()) -> NextBest:
    """After refusals: the round is repaired, for these mentees and the first drafts that wait for a coordinator.

    Whatever is asked or under way holds its place already. Among the best repairs the fewest drafts move; a draft that
    a coordinator made by hand, or whose pair may not be any more, stays and keeps its place, and so do all when one of
    their mentees would be left with nobody.
    """
    first = [d for d in drafts if d.rank == 1]
    movable = {str(d.mentee_id): d for d in first if d.round_id is not None and _may_stand(pool, seen, d)}
    found = _repair(pool, seen, mentees, movable, [d for d in first if str(d.mentee_id) not in movable])
    if any(mentee not in found for mentee in movable):
        movable = {}
        found = _repair(pool, seen, mentees, movable, first)
    moved = {
        cast("int", draft.id): draft_of(
            pool.explain(mentee, found[mentee], without=False),
            mode=draft.mode,
            ask_order=draft.ask_order,
            round_id=draft.round_id,
        )
        for mentee, draft in movable.items()
        if found[mentee] != draft.mentor_id
    }
    wanted = {mentee: mentor for mentee, mentor in found.items() if mentee not in movable}
    return NextBest({m: draft_of(pool.explain(m, mentor, without=False)) for m, mentor in wanted.items()}, moved)


def _may_stand(pool: Pool, seen: Snapshot, draft: Introduction) -> bool:
    row, column = pool.mentee_row.get(str(draft.mentee_id)), pool.mentor_row.get(str(draft.mentor_id))
    if row is None or column is None or draft.mentee_id in seen.busy:
        return False
    return bool(pool.eligible[row, column]) and pool.mentees[row].status == "active"


def _repair(
    pool: Pool,
    seen: Snapshot,
    mentees: Collection[str],
    movable: Mapping[str, Introduction],
    fixed: Sequence[Introduction],
) -> dict[str, str]:
    """The mentor for each of these mentees and of those whose draft may move."""
    need = np.array([p.id in movable or (p.id in mentees and p.id not in seen.busy) for p in pool.mentees], dtype=int)
    capacity = pool.capacity.copy()
    kept = [pool.mentor_row[str(d.mentor_id)] for d in fixed if d.mentor_id in pool.mentor_row]
    np.subtract.at(capacity, kept, 1)
    pending = [(pool.mentee_row[mentee], pool.mentor_row[str(d.mentor_id)]) for mentee, d in movable.items()]
    forbidden = ~(pool.eligible & (need > 0)[:, None])
    found = repair(pool.affinity, capacity=capacity.clip(min=0), need=need, forbidden=forbidden, pending=pending)
    return {pool.mentees[i].id: pool.mentors[j].id for i, j in found.pairs.tolist()}


def draft_of(explanation: Explanation, **fields: Any) -> Introduction:
    """A draft from an explanation."""
    return pair(
        explanation.mentee_id,
        explanation.mentor_id,
        affinity=explanation.affinity,
        explanation=explanation.to_json(),
        **fields,
    )


def copy_of(draft: Introduction, now: datetime, **fields: Any) -> Introduction:
    """A fresh object of a draft, since a transaction may run several times."""
    parties = [replace(party) for party in draft.parties]
    return replace(draft, parties=parties, created_at=now, changed_at=now, **fields)


def last_weights(session: Session) -> Mapping[str, float] | None:
    """The weights of the last round of pairs that was solved; None when there was none."""
    done = (RoundState.REVIEW, RoundState.PUBLISHED)
    return session.scalar(
        select(rounds.c.weights)
        .where(rounds.c.state.in_(done), rounds.c.kind == RoundKind.PAIRS)
        .order_by(rounds.c.id.desc())
        .limit(1)
    )


# -- groups ----------------------------------------------------------------------------------------------------------


def solve_groups(seen: Snapshot, wanted: Round, vocabulary: Vocabulary, tell: Progress) -> Proposals:
    """Collaboration groups of everybody who is active and in no group yet; a mentor without room may well be in one."""
    kind = wanted.options.get("kind")
    term = vocabulary.find(str(kind), "collaborations") if kind else None
    if kind and term is None:
        raise NotAllowed("There is no such kind of group.")
    low, high = (int(size) for size in wanted.options.get("sizes", (4, 6)))
    people = [p for p in seen.profiles if p.id not in seen.grouped and p.status in ("active", "full")]
    apart = [
        *pairs_of(wanted.options, "forbidden"),
        *(pair for pair, rule in seen.barred.items() if rule is Rule.BLOCKED),
    ]
    tell(0.1, "groups")
    found = form_groups(
        people,
        kind=term.id if term else None,
        sizes=(low, high),
        vocabulary=vocabulary,
        forbidden=apart,
        seed=wanted.seed,
    )
    names = {each: term.label_in(each) if term else translator(each).gettext("Group") for each in languages()}
    drafts = [
        _group_draft(formed, {language: f"{name} {n}" for language, name in names.items()})
        for n, formed in enumerate(found.groups, start=1)
    ]
    certificate = {
        "people": len(found.people),
        "groups": len(found.groups),
        "unplaced": len(found.unplaced),
        "value": found.value,
        "bound": found.bound,
        "seconds": {"solve": found.seconds},
        "kind": found.kind,
        "sizes": [low, high],
    }
    return Proposals(drafts, dict(found.unplaced), certificate, found.digest)


def _group_draft(formed: Group, names: dict[str, str]) -> Introduction:
    """`affinity` is the mean value of two members; the explanation keeps ids, put into words for each reader."""
    size = len(formed.members)
    return group(
        formed.facilitator,
        formed.members,
        label=names[SOURCE],
        affinity=min(max(formed.value / (size * (size - 1) / 2), 0.0), 1.0),
        explanation={
            "names": names,
            "shared": list(formed.shared),
            "languages": list(formed.languages),
            "hours_utc": list(formed.hours),
            "rota": list(formed.rota),
            "adds": {id: list(terms) for id, terms in formed.adds.items()},
            "closeness": dict(formed.closeness),
            "value": formed.value,
        },
    )
