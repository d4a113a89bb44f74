"""Introductions as a list: everything that is under way or has ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from matcher.domain.introductions import LIVE, Answer, Kind, Part, Party, State
from matcher.storage import desk_introductions, desk_lists
from matcher.storage.desk_introductions import IntroductionLine, PartyLine
from matcher.storage.desk_today import SOON
from web.desk import pages
from web.desk.words import Words
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


SECTION = "desk_introductions"
ENDED = (State.CLOSED, State.DECLINED, State.EXPIRED, State.WITHDRAWN, State.VOID)
TABS: Sequence[tuple[str, str, Sequence[State]]] = (
    ("", _("Going on"), tuple(state for state in State if state in LIVE)),
    ("offered", _("Choosing"), (State.OFFERED,)),
    ("asking", _("Being asked"), (State.ASKING,)),
    ("agreed", _("Both said yes"), (State.AGREED,)),
    ("introduced", _("Introduced"), (State.INTRODUCED,)),
    ("active", _("In conversation"), (State.ACTIVE,)),
    ("ended", _("Ended"), ENDED),
)
KINDS = ((Kind.PAIR.value, _("Pairs")), (Kind.GROUP.value, _("Groups")))


# -- how an answer stands --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """One side of an introduction as the desk shows it.

    `due` says how its answer stands: "" where none is awaited, "later" before its turn, "unreachable", "still" while
    the clock stands still for a question, "unsent" before the letter has left, then "running", "near" and "over".
    """

    name: str
    party: Party | PartyLine
    question_open: bool
    due: str
    number: int = 0  # of the party's row; where fields of a form belong to one side

    @property
    def id(self) -> str:
        """The participant's id."""
        return self.party.participant_id

    @property
    def called(self) -> str:
        """The name, or the id of somebody who has none any more."""
        return self.name or self.id


def due(party: Party | PartyLine, state: State, question_open: bool, now: datetime) -> str:
    """How the answer of one side stands, as `Side.due` tells it."""
    if state not in (State.OFFERED, State.ASKING) or party.answer is not Answer.PENDING:
        return ""
    if party.asked_at is None:
        return "later"
    if party.taken_back:
        return "taken_back"
    if party.undeliverable:
        return "unreachable"
    if party.deadline is None:
        return "still" if question_open else "unsent"
    if party.deadline <= now:
        return "over"
    return "near" if party.deadline - now < SOON else "running"


def facilitator_first(sides: Iterable[Side]) -> list[Side]:
    """Of a group, who facilitates stands on top."""
    return sorted(sides, key=lambda side: side.party.part is not Part.FACILITATOR)


# -- the list --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """Which introductions: a tab, one kind of end, pairs or groups, a name."""

    state: str
    end: str
    kind: str
    q: str

    @classmethod
    def of(cls, visit: Visit) -> "Wanted":
        """As the address says; the unknown is passed over."""
        state, end = visit.query.text("state"), visit.query.text("end")
        if state in ENDED:
            state, end = "ended", state
        known = {key for key, _label, _states in TABS}
        kind = visit.query.text("kind")
        return cls(
            state=state if state in known else "",
            end=end if state == "ended" and end in ENDED else "",
            kind=kind if kind in dict(KINDS) else "",
            q=visit.query.text("q")[:200],
        )

    @property
    def states(self) -> Sequence[State]:
        """The states that belong to it."""
        return [State(self.end)] if self.end else next(states for key, _, states in TABS if key == self.state)


@dataclass(frozen=True)
class Row:
    """An introduction in the list with its sides."""

    line: IntroductionLine
    sides: Sequence[Side]


def show(visit: Visit) -> Response:
    """GET /desk/introductions: those whose answer is due first on top, then the last changed."""
    wanted = Wanted.of(visit)
    with visit.site.database.read() as session:
        shown = desk_introductions.introduction_lines(
            session,
            wanted.states,
            search=wanted.q,
            kind=Kind(wanted.kind) if wanted.kind else None,
            page=visit.query.number("page"),
        )
        counts = desk_introductions.counts_by_state(session)
        questions = desk_introductions.open_questions(session, [line.id for line in shown.rows])
    words = Words(visit)
    return pages.page(
        visit,
        "introductions.html",
        section=SECTION,
        shown=shown,
        rows=[Row(line, _sides_of(line, questions, visit.now)) for line in shown.rows],
        wanted=wanted,
        tabs=[(key, visit.gettext(label), sum(counts.get(s, 0) for s in states)) for key, label, states in TABS],
        kinds=[(key, visit.gettext(label)) for key, label in KINDS],
        ends=[(s.value, f"{words.state(s)} ({counts.get(s, 0)})") for s in ENDED],
    )


def _sides_of(line: IntroductionLine, questions: set[tuple[int, str]], now: datetime) -> list[Side]:
    found = []
    for party in line.parties:
        is_open = (line.id, party.participant_id) in questions
        found.append(Side(party.name, party, is_open, due(party, line.state, is_open, now)))
    return facilitator_first(found)


HEADER = ("id", "kind", "state", "group", "round", "affinity", "mode", "approved", "introduced", "ended", "end_reason")
SIDE_HEADER = ("participant", "name", "part", "answer", "asked", "deadline", "question", "undeliverable")


def export(visit: Visit) -> Response:
    """POST /desk/introductions: the same list as a file, a row for each side."""
    wanted = Wanted.of(visit)
    kind = Kind(wanted.kind) if wanted.kind else None
    with visit.site.database.read() as session:
        found = desk_introductions.introduction_lines(
            session, wanted.states, search=wanted.q, kind=kind, size=desk_lists.MOST
        )
    rows = [[*_row(line), *_side_row(party)] for line in found.rows for party in line.parties]
    return pages.export(visit, "introductions", (*HEADER, *SIDE_HEADER), rows)


def _row(line: IntroductionLine) -> list[object]:
    what = (line.id, line.kind.value, line.state.value, line.label, line.round_id, line.affinity, line.mode)
    times = [_iso(at) for at in (line.approved_at, line.introduced_at, line.ended_at)]
    return [*what, *times, line.end_reason]


def _side_row(party: PartyLine) -> list[object]:
    who = (party.participant_id, party.name, party.part.value, party.answer.value)
    return [*who, _iso(party.asked_at), _iso(party.deadline), party.question, party.undeliverable]


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
