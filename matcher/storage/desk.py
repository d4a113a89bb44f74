"""What the desk asks about rounds, proposals, introductions, letters and the audit log: plain lists, bounded in rows.

Every question takes a fixed number of statements, however many rows it finds. Searching and sorting by name happens in
Python over narrow rows (`Paged.of`), since the databases do not agree on which letters are the same.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from matcher.domain.introductions import LIVE, Answer, Introduction, Kind, NotFound, Part, State
from matcher.domain.letters import Letter, LetterKind, LetterState
from matcher.domain.people import Coordinator
from matcher.domain.rounds import Round, RoundState
from matcher.storage.mapping import audit, coordinators, introductions, letters, participants, parties, rounds

PAGE = 50
"""Rows on one page."""

MOST = 20_000
"""Rows that an export or a search looks at, at most."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Paged(Generic[T]):
    """One page of a longer list: its rows, how many there are in all, and the number of the page, from 0."""

    rows: Sequence[T]
    count: int
    page: int = 0
    size: int = PAGE

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.count // self.size))

    @classmethod
    def of(cls, rows: Sequence[T], page: int, size: int = PAGE) -> "Paged[T]":
        """A page of a list that is all here; a page beyond the last is the last."""
        last = max(0, -(-len(rows) // size) - 1)
        page = min(page, last)
        return cls(rows[page * size : (page + 1) * size], len(rows), page, size)


def folded(text: str) -> str:
    """The text without case and accents, so that "angel" finds "Ángel"."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def holds(wanted: str, *texts: str | None) -> bool:
    """Whether every word of a search stands in one of the texts."""
    whole = folded(" ".join(text for text in texts if text))
    return all(word in whole for word in folded(wanted).split())


# -- rounds ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoundLine:
    """A round in a list; numbers are None where the round has not got so far."""

    id: int
    name: str
    kind: str
    mode: str
    objective: str
    state: RoundState
    requested_at: datetime | None
    by: str
    mentees: int | None
    matched: int | None
    total: float | None
    lowest: float | None
    groups: int | None
    drafts: int
    approved: int


def round_lines(session: Session, page: int = 0, size: int = PAGE) -> Paged[RoundLine]:
    """Rounds, newest first."""
    proof = rounds.c.certificate
    asked = (
        select(
            rounds.c.id,
            rounds.c.name,
            rounds.c.kind,
            rounds.c.mode,
            rounds.c.objective,
            rounds.c.state,
            rounds.c.requested_at,
            coordinators.c.name.label("by"),
            rounds.c.requested_by,
            proof["mentees"].as_integer().label("mentees"),
            proof["matched"].as_integer().label("matched"),
            proof["total"].as_float().label("total"),
            proof["lowest"].as_float().label("lowest"),
            proof["groups"].as_integer().label("groups"),
        )
        .outerjoin(coordinators, coordinators.c.id == rounds.c.requested_by)
        .order_by(rounds.c.id.desc())
    )
    count = session.scalar(select(func.count()).select_from(rounds)) or 0
    found = session.execute(asked.offset(page * size).limit(size)).all()
    left = _proposals_by_round(session, [row.id for row in found])
    return Paged([_round_line(row, left[row.id]) for row in found], count, page, size)


def _round_line(row: Any, left: Mapping[str, int]) -> RoundLine:
    return RoundLine(
        id=row.id,
        name=row.name,
        kind=str(row.kind),
        mode=str(row.mode),
        objective=row.objective,
        state=row.state,
        requested_at=row.requested_at,
        by=row.by or row.requested_by,
        mentees=row.mentees,
        matched=row.matched,
        total=row.total,
        lowest=row.lowest,
        groups=row.groups,
        drafts=left.get("draft", 0),
        approved=left.get("approved", 0),
    )


def _proposals_by_round(session: Session, ids: Sequence[int]) -> dict[int, Counter[str]]:
    """For each round how many proposals are drafts, were approved, were dismissed."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    asked = (
        select(introductions.c.round_id, introductions.c.state, introductions.c.approved_at.is_not(None), func.count())
        .where(introductions.c.round_id.in_(ids))
        .group_by(introductions.c.round_id, introductions.c.state, introductions.c.approved_at.is_not(None))
    )
    for round_id, state, approved, count in session.execute(asked):
        word = "approved" if approved else "draft" if state is State.DRAFT else "dismissed"
        found[round_id][word] += count
    return found


def round_of(session: Session, round_id: int) -> Round:
    """One round; NotFound where there is none."""
    found = session.get(Round, round_id)
    if found is None:
        raise NotFound
    return found


def proposal_counts(session: Session, round_id: int) -> Mapping[str, int]:
    """How many proposals of a round are "draft", "approved" and "dismissed"."""
    return _proposals_by_round(session, [round_id])[round_id]


def first_pairs(session: Session, round_id: int) -> dict[str, tuple[str, float]]:
    """mentee -> (mentor, affinity) of the pairs that a round's optimum is made of, whatever became of them."""
    asked = (
        select(introductions.c.mentee_id, introductions.c.mentor_id, introductions.c.affinity)
        .where(introductions.c.round_id == round_id, introductions.c.rank == 1, introductions.c.kind == Kind.PAIR)
        .order_by(introductions.c.id.desc())  # the first one written, not one chosen by hand later, stays
        .limit(MOST)
    )
    return {str(mentee): (str(mentor), float(affinity)) for mentee, mentor, affinity in session.execute(asked)}


def latest_with_result(session: Session, kind: str = "pairs") -> Round | None:
    """The newest round that was solved: under review or published."""
    solved = (RoundState.REVIEW, RoundState.PUBLISHED)
    asked = select(Round).where(rounds.c.state.in_(solved), rounds.c.kind == kind).order_by(rounds.c.id.desc()).limit(1)
    return session.scalar(asked)


def rounds_with_result(session: Session, limit: int = 30) -> list[tuple[int, str, RoundState]]:
    """(id, name, state) of rounds of pairs that can be compared, newest first."""
    asked = (
        select(rounds.c.id, rounds.c.name, rounds.c.state)
        .where(rounds.c.kind == "pairs", rounds.c.finished_at.is_not(None), rounds.c.state != RoundState.FAILED)
        .order_by(rounds.c.id.desc())
        .limit(limit)
    )
    return [(row.id, row.name, row.state) for row in session.execute(asked)]


# -- proposals -------------------------------------------------------------------------------------------------------

BY_HAND = 0
"""Stands for the round of drafts that no round made: chosen by hand, or the next best after a refusal."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which proposals: of a round (or BY_HAND), in which state, whose, how near; and in which order."""

    round_id: int
    state: str = "draft"  # draft, approved, dismissed, all
    search: str = ""
    first_only: bool = False
    below: float | None = None
    sort: str = "mentee"  # mentee, mentor, affinity, -affinity, label
    kind: Kind = Kind.PAIR


def proposal_ids(session: Session, wanted: Wanted) -> list[int]:
    """Ids of the proposals, in order; at most MOST."""
    mentee, mentor = participants.alias("mentee"), participants.alias("mentor")
    asked = (
        select(
            introductions.c.id,
            introductions.c.rank,
            introductions.c.affinity,
            introductions.c.label,
            introductions.c.mentee_id,
            introductions.c.mentor_id,
            mentee.c.name.label("mentee"),
            mentor.c.name.label("mentor"),
        )
        .outerjoin(mentee, mentee.c.id == introductions.c.mentee_id)
        .outerjoin(mentor, mentor.c.id == introductions.c.mentor_id)
        .where(*_conditions(wanted))
        .limit(MOST)
    )
    rows: list[Row[Any]] = list(session.execute(asked))
    if wanted.search:
        rows = [r for r in rows if holds(wanted.search, r.mentee, r.mentor, r.mentee_id, r.mentor_id, r.label)]
    return [row.id for row in sorted(rows, key=_ORDERS.get(wanted.sort, _ORDERS["mentee"]))]


_ORDERS: Mapping[str, Callable[[Row[Any]], Any]] = {
    "mentee": lambda r: (folded(r.mentee or r.label), r.mentee_id or "", r.rank, r.id),
    "mentor": lambda r: (folded(r.mentor or r.label), r.mentor_id or "", r.rank, r.id),
    "affinity": lambda r: (r.affinity, r.id),
    "-affinity": lambda r: (-r.affinity, r.id),
    "label": lambda r: (_counted(r.label), r.id),
}


def _counted(label: str) -> list[tuple[int, str]]:
    """A label to sort by, its numbers as numbers: "Group 2" stands before "Group 10"."""
    return [(int(p), "") if p.isdecimal() else (-1, folded(p)) for p in re.split(r"(\d{1,9})", label) if p]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    table = introductions.c
    own = table.round_id.is_(None) if wanted.round_id == BY_HAND else table.round_id == wanted.round_id
    found: list[ColumnElement[bool]] = [own, table.kind == wanted.kind]
    if wanted.state == "draft":
        found.append(table.state == State.DRAFT)
    elif wanted.state == "approved":
        found.append(table.approved_at.is_not(None))
    elif wanted.state == "dismissed":
        found.append(and_(table.state == State.DISCARDED, table.approved_at.is_(None)))
    if wanted.first_only:
        found.append(table.rank == 1)
    if wanted.below is not None:
        found.append(table.affinity < wanted.below)
    return found


def proposals_by_mentee(
    session: Session, wanted: Wanted, page: int = 0, size: int = PAGE
) -> Paged[Sequence[Introduction]]:
    """The proposals gathered by mentee, each mentee's by rank; mentees in the order of their first proposal."""
    ids = proposal_ids(session, wanted)
    narrow = select(introductions.c.id, introductions.c.mentee_id, introductions.c.rank)
    rows = session.execute(narrow.where(introductions.c.id.in_(_within(wanted)))).all()
    mentee_of = {row.id: row.mentee_id for row in rows}
    groups: dict[str, list[int]] = defaultdict(list)
    for id in ids:
        groups[mentee_of[id]].append(id)
    shown = Paged.of(list(groups.values()), page, size)
    found = {i.id: i for i in these_proposals(session, [id for group in shown.rows for id in group])}
    by_rank = [sorted((found[id] for id in group), key=lambda i: (i.rank, i.id or 0)) for group in shown.rows]
    return Paged(by_rank, shown.count, shown.page, size)


def _within(wanted: Wanted) -> Select[Any]:
    return select(introductions.c.id).where(*_conditions(wanted))


def these_proposals(session: Session, ids: Sequence[int]) -> list[Introduction]:
    """Introductions by id, in the order given; two statements."""
    found = {i.id: i for i in session.scalars(select(Introduction).where(introductions.c.id.in_(ids)))}
    return [found[id] for id in ids if id in found]


def siblings(session: Session, introduction: Introduction) -> list[Introduction]:
    """The other suggestions of the same round for the same mentee, best first."""
    if introduction.mentee_id is None:
        return []
    asked = (
        select(Introduction)
        .where(
            introductions.c.mentee_id == introduction.mentee_id,
            introductions.c.id != introduction.id,
            introductions.c.round_id == introduction.round_id
            if introduction.round_id is not None
            else introductions.c.round_id.is_(None),
            introductions.c.state.not_in((State.DISCARDED,)),
        )
        .order_by(introductions.c.rank, introductions.c.affinity.desc(), introductions.c.id)
        .limit(10)
    )
    return list(session.scalars(asked))


def versions(session: Session, ids: Iterable[int]) -> dict[int, tuple[int, State]]:
    """(version, state) of introductions as they stand now."""
    asked = select(introductions.c.id, introductions.c.version, introductions.c.state)
    rows = session.execute(asked.where(introductions.c.id.in_(list(ids))))
    return {row.id: (row.version, row.state) for row in rows}


def last_act(session: Session, about: str) -> Row[Any] | None:
    """The newest record about one thing, such as "introduction:17"."""
    return session.execute(select(audit).where(audit.c.object == about).order_by(audit.c.id.desc()).limit(1)).first()


# -- introductions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PartyLine:
    """One side of an introduction in a list."""

    participant_id: str
    name: str
    part: Part
    answer: Answer
    asked_at: datetime | None
    deadline: datetime | None
    extended: bool
    undeliverable: bool
    question: str | None
    reason: str | None
    contact: bool | None

    @property
    def is_open(self) -> bool:
        """Asked, and not answered yet."""
        return self.answer is Answer.PENDING and self.asked_at is not None


@dataclass(frozen=True, slots=True)
class IntroductionLine:
    """An introduction in a list, without its explanation."""

    id: int
    kind: Kind
    mode: str
    state: State
    label: str
    round_id: int | None
    rank: int
    affinity: float
    created_at: datetime | None
    changed_at: datetime | None
    approved_at: datetime | None
    introduced_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    outcome: str | None
    version: int
    parties: tuple[PartyLine, ...] = ()

    def part(self, part: Part) -> PartyLine | None:
        """The side with this part."""
        return next((side for side in self.parties if side.part is part), None)

    @property
    def deadline(self) -> datetime | None:
        """The first deadline of an answer that is still due."""
        return min((p.deadline for p in self.parties if p.is_open and p.deadline is not None), default=None)


_LINE = tuple(
    introductions.c[name]
    for name in (
        "id",
        "kind",
        "mode",
        "state",
        "label",
        "round_id",
        "rank",
        "affinity",
        "created_at",
        "changed_at",
        "approved_at",
        "introduced_at",
        "ended_at",
        "end_reason",
        "outcome",
        "version",
    )
)


def _lines(session: Session, asked: Select[Any]) -> list[IntroductionLine]:
    """Runs a select of _LINE and adds the parties with their names; two statements."""
    rows = session.execute(asked).all()
    sides = _parties_of(session, [row.id for row in rows])
    return [
        IntroductionLine(**{**row._mapping, "mode": str(row.mode)}, parties=tuple(sides.get(row.id, ())))
        for row in rows
    ]


def _parties_of(session: Session, ids: Sequence[int]) -> dict[int, list[PartyLine]]:
    names = [c for c in PartyLine.__dataclass_fields__ if c != "name"]
    asked = (
        select(parties.c.introduction_id, participants.c.name, *(parties.c[name] for name in names))
        .join(participants, participants.c.id == parties.c.participant_id)
        .where(parties.c.introduction_id.in_(ids))
        .order_by(parties.c.id)
    )
    found: dict[int, list[PartyLine]] = defaultdict(list)
    for row in session.execute(asked):
        values = dict(row._mapping)
        found[values.pop("introduction_id")].append(PartyLine(**values))
    return found


def counts_by_state(session: Session) -> dict[str, int]:
    """How many introductions stand in each state."""
    asked = select(introductions.c.state, func.count()).group_by(introductions.c.state)
    return {str(state): int(count) for state, count in session.execute(asked)}


def introduction_lines(
    session: Session,
    states: Sequence[State],
    *,
    search: str = "",
    kind: Kind | None = None,
    page: int = 0,
    size: int = PAGE,
) -> Paged[IntroductionLine]:
    """Introductions in some states: those whose answer is due first on top, then the last changed."""
    due = (
        select(func.min(parties.c.deadline))
        .where(parties.c.introduction_id == introductions.c.id, parties.c.answer == Answer.PENDING)
        .scalar_subquery()
    )
    condition: list[ColumnElement[bool]] = [introductions.c.state.in_(list(states))]
    if kind is not None:
        condition.append(introductions.c.kind == kind)
    if search:
        condition.append(introductions.c.id.in_(_ids_by_name(session, search, condition)))
    open_first = case((introductions.c.state.in_([State.OFFERED, State.ASKING]), due), else_=None)
    order = (open_first.is_(None), open_first, introductions.c.changed_at.desc(), introductions.c.id.desc())
    count = session.scalar(select(func.count()).select_from(introductions).where(*condition)) or 0
    page = min(page, max(0, -(-count // size) - 1))
    asked = select(*_LINE).where(*condition).order_by(*order).offset(page * size).limit(size)
    return Paged(_lines(session, asked), count, page, size)


def _ids_by_name(session: Session, search: str, condition: Sequence[ColumnElement[bool]]) -> list[int]:
    """Introductions one of whose people, or whose label, holds the words."""
    asked = (
        select(introductions.c.id, introductions.c.label, participants.c.id.label("who"), participants.c.name)
        .join(parties, parties.c.introduction_id == introductions.c.id)
        .join(participants, participants.c.id == parties.c.participant_id)
        .where(*condition)
        .limit(MOST)
    )
    texts: dict[int, list[str]] = defaultdict(list)
    for row in session.execute(asked):
        texts[row.id] += [row.label, row.who, row.name]
    return [id for id, words in texts.items() if holds(search, *words)][:5_000]


def introductions_of(session: Session, participant_id: str, limit: int = 100) -> list[IntroductionLine]:
    """Everything somebody is part of, newest first."""
    own = select(parties.c.introduction_id).where(parties.c.participant_id == participant_id)
    asked = select(*_LINE).where(introductions.c.id.in_(own)).order_by(introductions.c.id.desc()).limit(limit)
    return _lines(session, asked)


def introduction_heap(
    session: Session, condition: ColumnElement[bool], limit: int
) -> tuple[int, list[IntroductionLine]]:
    """How many introductions fulfil a condition, and the first few of them, those that waited longest on top."""
    count = session.scalar(select(func.count()).select_from(introductions).where(condition)) or 0
    order = (introductions.c.changed_at, introductions.c.id)
    return count, _lines(session, select(*_LINE).where(condition).order_by(*order).limit(limit)) if count else []


def open_questions(session: Session, ids: Iterable[int | None]) -> set[tuple[int, str]]:
    """(introduction, participant) of the questions, among some introductions, that nobody has answered yet."""
    answered = exists().where(
        letters.c.kind == LetterKind.TELL_ME_MORE_ANSWER,
        letters.c.introduction_id == parties.c.introduction_id,
        letters.c.participant_id == parties.c.participant_id,
        letters.c.facts["question"].as_string() == parties.c.question,
    )
    asked = (
        select(parties.c.introduction_id, parties.c.participant_id)
        .join(introductions, introductions.c.id == parties.c.introduction_id)
        .where(
            introductions.c.id.in_(list(ids)),
            introductions.c.state.in_((State.OFFERED, State.ASKING)),
            parties.c.question.is_not(None),
            parties.c.answer == Answer.PENDING,
            ~answered,
        )
    )
    return {(row.introduction_id, row.participant_id) for row in session.execute(asked)}


# -- groups ----------------------------------------------------------------------------------------------------------


def group_drafts(session: Session, wanted: Wanted, page: int, size: int = 12) -> Paged[Introduction]:
    """The groups of a round, a page of them, by label; the search looks at members' names, too."""
    ids = proposal_ids(session, replace(wanted, search="", sort="label"))
    if wanted.search:
        holding = set(_ids_by_name(session, wanted.search, _conditions(wanted)))
        ids = [id for id in ids if id in holding]
    shown = Paged.of(ids, page, size)
    return Paged(these_proposals(session, shown.rows), shown.count, shown.page, size)


def group_rounds(session: Session, limit: int = 20) -> list[RoundLine]:
    """Rounds of groups, newest first."""
    return [line for line in round_lines(session, size=200).rows if line.kind == "groups"][:limit]


def drafted_groups(session: Session, *, without: int) -> dict[str, list[tuple[int, str]]]:
    """Person -> the drafted groups they stand in, (id, label), one group left out."""
    asked = (
        select(parties.c.participant_id, introductions.c.id, introductions.c.label)
        .join(introductions, introductions.c.id == parties.c.introduction_id)
        .where(
            introductions.c.kind == Kind.GROUP,
            introductions.c.state == State.DRAFT,
            introductions.c.id != without,
        )
        .order_by(introductions.c.id)
    )
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for person, id, label in session.execute(asked):
        found[person].append((id, label))
    return found


# -- letters ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A letter in a list, without its bytes."""

    id: int
    kind: str
    state: LetterState
    to: str
    participant_id: str | None
    subject: str
    introduction_id: int | None
    attempts: int
    next_try_at: datetime | None
    not_after: datetime | None
    created_at: datetime | None
    sent_at: datetime | None
    trouble: str | None


_LETTER = tuple(letters.c[name] for name in LetterLine.__dataclass_fields__)


def letter_lines(
    session: Session, *, state: str = "", search: str = "", page: int = 0, size: int = PAGE
) -> Paged[LetterLine]:
    """Letters, newest first; waiting ones in the order of sending. The search looks at address and subject."""
    condition: list[ColumnElement[bool]] = []
    if state:
        condition.append(letters.c.state == LetterState(state))
    for word in search.split():
        # As typed, too: SQLite knows the small letters of ASCII only.
        likes = [f"%{_escaped(each)}%" for each in {word, word.casefold()}]
        texts = [text for column in (letters.c.to, letters.c.subject) for text in (column, func.lower(column))]
        condition.append(or_(*(text.like(like, escape="\\") for text in texts for like in likes)))
    count = session.scalar(select(func.count()).select_from(letters).where(*condition)) or 0
    page = min(page, max(0, -(-count // size) - 1))
    order = (letters.c.next_try_at, letters.c.id) if state == "queued" else (letters.c.id.desc(),)
    asked = select(*_LETTER).where(*condition).order_by(*order).offset(page * size).limit(size)
    return Paged([_letter(row) for row in session.execute(asked)], count, page, size)


def letter_heap(session: Session, condition: ColumnElement[bool], limit: int) -> tuple[int, list[LetterLine]]:
    """How many letters fulfil a condition, and the newest few of them."""
    count = session.scalar(select(func.count()).select_from(letters).where(condition)) or 0
    asked = select(*_LETTER).where(condition).order_by(letters.c.id.desc()).limit(limit)
    return count, [_letter(row) for row in session.execute(asked)] if count else []


def _letter(row: Row[Any]) -> LetterLine:
    return LetterLine(**{**row._mapping, "kind": row.kind.value})


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def letter(session: Session, letter_id: int) -> Letter:
    """One letter with its bytes; NotFound where there is none."""
    found = session.get(Letter, letter_id)
    if found is None:
        raise NotFound
    return found


def letters_to(session: Session, participant_id: str, limit: int = 50) -> list[LetterLine]:
    """Letters to one person, newest first."""
    asked = select(*_LETTER).where(letters.c.participant_id == participant_id).order_by(letters.c.id.desc())
    return [_letter(row) for row in session.execute(asked.limit(limit))]


def letters_about(session: Session, introduction_id: int, limit: int = 50) -> list[LetterLine]:
    """Letters about one introduction, oldest first; those that concern several are found by their reader's page."""
    asked = select(*_LETTER).where(letters.c.introduction_id == introduction_id).order_by(letters.c.id).limit(limit)
    return [_letter(row) for row in session.execute(asked)]


def letters_with_choices(session: Session, introduction_id: int, participant_id: str) -> list[LetterLine]:
    """Letters to one mentee with several suggestions, this introduction among them; oldest first."""
    kinds = (LetterKind.SUGGESTIONS, LetterKind.CHOOSE_AGAIN)
    told = select(letters.c.id, letters.c.concerns).where(
        letters.c.participant_id == participant_id, letters.c.kind.in_(kinds)
    )
    ids = [row.id for row in session.execute(told.limit(200)) if introduction_id in row.concerns]
    asked = select(*_LETTER).where(letters.c.id.in_(ids)).order_by(letters.c.id)
    return [_letter(row) for row in session.execute(asked)]


# -- the audit log ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the audit log, with the name of whoever acted where it is known."""

    id: int
    at: datetime
    actor: str
    act: str
    about: str
    before: str | None
    after: str | None
    detail: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""


def records_page(
    session: Session,
    *,
    about: str = "",
    actor: str = "",
    act: str = "",
    page: int = 0,
    size: int = PAGE,
    oldest_first: bool = False,
) -> Paged[Record]:
    """Records, newest first, with the names of coordinators and participants who acted; three statements."""
    condition: list[ColumnElement[bool]] = []
    if about:
        condition.append(audit.c.object == about if ":" in about else audit.c.object.like(f"{_escaped(about)}:%"))
    if actor:
        condition.append(audit.c.actor == actor if ":" in actor else audit.c.actor.like(f"{_escaped(actor)}%"))
    if act:
        condition.append(audit.c.act == act)
    count = session.scalar(select(func.count()).select_from(audit).where(*condition)) or 0
    page = min(page, max(0, -(-count // size) - 1))
    order = audit.c.id if oldest_first else audit.c.id.desc()
    rows = session.execute(select(audit).where(*condition).order_by(order).offset(page * size).limit(size)).all()
    names = names_of(session, {row.actor for row in rows})
    found = [
        Record(
            row.id,
            row.at,
            row.actor,
            row.act,
            row.object,
            row.before,
            row.after,
            row.detail,
            names.get(row.actor, ""),
        )
        for row in rows
    ]
    return Paged(found, count, page, size)


def acts(session: Session) -> list[str]:
    """Every kind of act in the log."""
    return sorted(session.scalars(select(audit.c.act).distinct().limit(200)))


def names_of(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """The names behind "coordinator:ID" and "participant:ID"."""
    ids = {actor.partition(":")[2] for actor in actors}
    found = {}
    for word, table in (("coordinator", coordinators), ("participant", participants)):
        rows = session.execute(select(table.c.id, table.c.name).where(table.c.id.in_(ids)))
        found.update({f"{word}:{row.id}": row.name for row in rows if row.name})
    return found


def all_coordinators(session: Session) -> list[Coordinator]:
    """Everybody who runs or ran the programme, active ones first."""
    order = (coordinators.c.active.desc(), func.lower(coordinators.c.name), coordinators.c.id)
    return list(session.scalars(select(Coordinator).order_by(*order).limit(500)))


# -- outcomes --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stages:
    """How many pairs came how far: the funnel."""

    approved: int
    picked: int
    agreed: int
    introduced: int
    met: int
    closed_well: int


def stages(session: Session) -> Stages:
    """The path of all approved pairs. One statement."""
    table = introductions.c

    def how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    row = session.execute(
        select(
            how_many(table.approved_at.is_not(None)),
            how_many(table.asked_at.is_not(None)),
            how_many(or_(table.undo_until.is_not(None), table.introduced_at.is_not(None))),
            how_many(table.introduced_at.is_not(None)),
            how_many(table.active_at.is_not(None)),
            how_many(table.outcome.in_(("goals_reached", "good_enough"))),
        ).where(table.kind == Kind.PAIR)
    ).one()
    return Stages(*(int(value) for value in row))


def outcomes(session: Session) -> dict[str, int]:
    """How closed introductions ended, by outcome."""
    asked = (
        select(introductions.c.outcome, func.count())
        .where(introductions.c.outcome.is_not(None))
        .group_by(introductions.c.outcome)
    )
    return {str(outcome): int(count) for outcome, count in session.execute(asked)}


def endings(session: Session) -> dict[tuple[str, str], int]:
    """How approved introductions that came to nothing ended: (state, reason) -> how many."""
    ended = (State.DECLINED, State.EXPIRED, State.WITHDRAWN, State.VOID)
    asked = (
        select(introductions.c.state, introductions.c.end_reason, func.count())
        .where(introductions.c.state.in_(ended), introductions.c.approved_at.is_not(None))
        .group_by(introductions.c.state, introductions.c.end_reason)
    )
    known = {"no", "not_now", "changed_mind", "place_gone", "another_chosen", "paused", "left", "concern", "blocked"}
    found: Counter[tuple[str, str]] = Counter()
    for state, reason, count in session.execute(asked):
        found[str(state), reason if reason in known else ""] += count  # a coordinator's own words stay out of counts
    return dict(found)


def days_to_first_contact(session: Session) -> list[float]:
    """Days from the approval to the first conversation, for everybody who had one; sorted."""
    asked = (
        select(introductions.c.approved_at, introductions.c.active_at)
        .where(introductions.c.active_at.is_not(None), introductions.c.approved_at.is_not(None))
        .order_by(introductions.c.id.desc())
        .limit(MOST)
    )
    return sorted((active - approved).total_seconds() / 86_400 for approved, active in session.execute(asked))


def live_count(session: Session) -> int:
    """How many introductions go on."""
    asked = select(func.count()).select_from(introductions).where(introductions.c.state.in_(LIVE))
    return session.scalar(asked) or 0
