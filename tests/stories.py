"""Short ways into the middle of a story: a pair that is offered, asked, agreed, introduced."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, update

from matcher.domain.introductions import HOLDING, Introduction, NotAllowed, State
from matcher.domain.letters import Letter, LetterKind
from matcher.domain.people import Participant
from matcher.domain.vocabulary import default_vocabulary
from matcher.storage import introductions, outbox, upkeep
from matcher.storage.database import Database
from matcher.storage.mapping import audit, letters
from matcher.storage.mapping import introductions as table
from matcher.workflow import answers, review
from matcher.workflow.clock import Ticked, tick
from tests.cast import LINKS, NOW

VOCABULARY = default_vocabulary()
DAY = timedelta(days=1)


def offer(db: Database, mentee: str, *mentors: str, by: str = "cleo", now: datetime = NOW) -> list[int]:
    """A mentee is offered these mentors in one letter; returns the introductions' ids in the order given."""
    ids = [
        review.propose_pair(db, mentee, mentor, by=by, vocabulary=VOCABULARY, now=now, mode="choose")
        for mentor in mentors
    ]
    approve(db, *ids, by=by, now=now)
    return ids


def ask(db: Database, mentee: str, mentor: str, *, order: str = "mentor_first", now: datetime = NOW) -> int:
    """A pair is asked directly."""
    id = review.propose_pair(
        db, mentee, mentor, by="cleo", vocabulary=VOCABULARY, now=now, mode="assigned", ask_order=order
    )
    approve(db, id, now=now)
    return id


def approve(db: Database, *ids: int, by: str = "cleo", now: datetime = NOW) -> None:
    """The coordinator approves, and nothing is refused."""
    done = review.approve(db, ids, by=by, vocabulary=VOCABULARY, links=LINKS, now=now)
    assert not done.refused, done.refused
    assert done.approved == ids


def pick(db: Database, id: int, mentee: str, *, now: datetime = NOW) -> answers.Picked | answers.PlaceGone:
    """The mentee picks."""
    return answers.pick(db, id, mentee, vocabulary=VOCABULARY, links=LINKS, now=now)


def say(db: Database, id: int, person: str, answer: str, *, now: datetime = NOW, **more: object) -> answers.Answered:
    """A party answers."""
    how: dict = {"vocabulary": VOCABULARY, "links": LINKS, "now": now, **more}
    return answers.answer(db, id, person, answer, **how)


def agreed(db: Database, mentee: str, mentor: str, *, now: datetime = NOW) -> int:
    """Both have said yes."""
    [id] = offer(db, mentee, mentor, now=now)
    pick(db, id, mentee, now=now)
    say(db, id, mentor, "yes", now=now)
    return id


def introduced(db: Database, mentee: str, mentor: str, *, now: datetime = NOW) -> int:
    """Contacts have been shared."""
    id = agreed(db, mentee, mentor, now=now)
    assert at(db, now + timedelta(minutes=11)).introduced == 1
    return id


def at(db: Database, now: datetime) -> Ticked:
    """What happens by itself at this moment."""
    return tick(db, now=now, vocabulary=VOCABULARY, links=LINKS)


def deliver(db: Database, now: datetime = NOW) -> list[Letter]:
    """Everything that is due leaves; returns the letters in the order of sending."""
    sent = []
    while True:
        with db.write() as session:
            letter = outbox.claim_next(session, "postman", now)
            if letter is None:
                return sent
            sent.append(replace(letter))
            assert outbox.mark_sent(session, letter.id or 0, "postman", letter.attempts, now)


def together(*steps: Callable[[], object]) -> list[object]:
    """Runs steps at the same moment, each in a thread of its own: results (or "done") and refusals in their order."""
    barrier = threading.Barrier(len(steps))
    found: list[object] = [None] * len(steps)

    def run(place: int, step: Callable[[], object]) -> None:
        barrier.wait(30)
        try:
            found[place] = step() or "done"
        except Exception as problem:
            found[place] = problem

    threads = [threading.Thread(target=run, args=each) for each in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert None not in found, "somebody never came back"
    for each in found:
        if isinstance(each, Exception) and not isinstance(each, NotAllowed):
            raise each
    return found


def state(db: Database, id: int) -> State:
    """Where an introduction stands."""
    return one(db, id).state


def one(db: Database, id: int) -> Introduction:
    """An introduction as it is stored."""
    with db.read() as session:
        return introductions.get(session, id)


def person(db: Database, id: str) -> Participant:
    """Somebody as they are stored."""
    with db.read() as session:
        return session.get_one(Participant, id)


def mail(db: Database, *kinds: LetterKind) -> list[tuple[LetterKind, str]]:
    """(kind, to) of all letters that wait or have left, oldest first."""
    with db.read() as session:
        found = session.scalars(select(Letter).where(letters.c.state != "cancelled").order_by(letters.c.id))
        return [(each.kind, each.to) for each in found if not kinds or each.kind in kinds]


def rewrite(db: Database, *ids: int, **values: object) -> None:
    """Makes introductions what a test needs next, past the program and its log."""
    with db.write() as session:
        session.execute(update(table).where(table.c.id.in_(ids)).values(**values))


def check_invariants(db: Database) -> None:
    """What must hold after every step: places, uniqueness, and everything that the audit log tells again."""
    with db.read() as session:
        everything = list(session.scalars(select(Introduction)))
        people = list(session.scalars(select(Participant)))
        rows = list(session.execute(select(audit).order_by(audit.c.id)))
        assert upkeep.inconsistencies(session, NOW) == []
    holding = [i for i in everything if i.state in HOLDING and i.mentor_id is not None]
    for each in people:
        assert each.used == sum(1 for i in holding if i.mentor_id == each.id), each.id
        assert 0 <= each.used <= each.capacity
    mentees = [i.mentee_id for i in holding]
    assert len(mentees) == len(set(mentees))
    told: dict[str, tuple[str, object]] = {}
    places: Counter[str] = Counter()
    versions: Counter[str] = Counter()  # one record for each
    for row in rows:
        if row.object.startswith("introduction:") and row.after is not None:
            before = told.get(row.object)
            assert row.before == (before[0] if before else None), row
            told[row.object] = row.after, row.detail["sides"]
            versions[row.object] += 1
            assert row.detail["version"] == versions[row.object], row
            places[row.object] += row.detail.get("place", 0)
    assert told == {f"introduction:{i.id}": (i.state.value, sides(i)) for i in everything}
    assert versions == {f"introduction:{i.id}": i.version for i in everything}
    assert places == {f"introduction:{i.id}": int(i in holding) for i in everything}


def sides(introduction: Introduction) -> dict[str, list[object]]:
    """Answer and epoch of every side, in the words of the audit log."""
    return {str(party.id): [party.answer.value, party.epoch] for party in introduction.parties}
