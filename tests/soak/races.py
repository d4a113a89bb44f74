"""Many at the same moment: one wins, the others are told the truth, nothing is done twice."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import select, text

from matcher.domain.introductions import Overtaken, State
from matcher.domain.letters import LetterKind
from matcher.storage.database import Database
from matcher.storage.mapping import audit
from matcher.workflow import answers, review
from matcher.workflow.clock import Ticked
from tests.cast import NOW, ada, ben, cleo, dora, enrol, grace, henry, ines
from tests.cast import person as member
from tests.soak.beginning import Beginning
from tests.soak.proof import Fresh, Told, proof
from tests.stories import (
    VOCABULARY,
    agreed,
    approve,
    ask,
    at,
    check_invariants,
    deliver,
    mail,
    offer,
    one,
    person,
    pick,
    say,
    state,
    together,
)

CROWD = 8


def crowd(db: Database, **mentor: str) -> list[str]:
    """Grace with one place and as many who want it."""
    mentees = [member(f"m{n}", "mentee", seeks_skills="skill.verbal_deescalation") for n in range(CROWD)]
    enrol(db, *mentees, grace(**{"capacity": "1", **mentor}))
    return [mentee.id for mentee in mentees]


def offer_all(db: Database, mentees: Sequence[str]) -> list[int]:
    """Grace is offered to each of them."""
    ids = [
        review.propose_pair(db, mentee, "grace", by="cleo", vocabulary=VOCABULARY, now=NOW, mode="choose")
        for mentee in mentees
    ]
    approve(db, *ids)
    return ids


@proof("8 want the last place at the same moment", full=1000, short=1, unit="rounds")
def last_place(fresh: Fresh, size: int, told: Told) -> str:
    """Never overbooked, never nobody; whoever is late is told that the place is gone, and has no question open."""
    db = fresh()
    mentees = crowd(db)
    ids = offer_all(db, mentees)
    beginning = Beginning(db)
    for round_ in range(size):
        beginning.again()
        results = together(*(partial(pick, db, i, m) for i, m in zip(ids, mentees, strict=True)))
        won = [n for n, result in enumerate(results) if isinstance(result, answers.Picked)]
        assert len(won) == 1, f"round {round_}: {len(won)} winners: {results}"
        late = [result for n, result in enumerate(results) if n not in won]
        assert late == [answers.PlaceGone(None)] * (CROWD - 1), f"round {round_}: told {late}"
        states = [state(db, id) for id in ids]
        assert states == [State.ASKING if n in won else State.WITHDRAWN for n in range(CROWD)], states
        assert person(db, "grace").used == 1
        check_invariants(db)
        told(round_ + 1)
    return f"{size:,} rounds, {CROWD} threads: 0 overbooked, 0 without a winner"


@proof("look first, then take: the fault that the race must catch", full=20, short=3, unit="rounds")
def a_naive_count_is_caught(fresh: Fresh, size: int, told: Told) -> str:
    """Without the condition in the statement and without the CHECK, the same crowd overbooks within 20 rounds."""
    db = fresh()
    mentees = crowd(db)
    with db.write() as session:
        session.execute(text("CREATE TABLE naive (used INTEGER NOT NULL)"))
        session.execute(text("INSERT INTO naive VALUES (0)"))
    try:
        for round_ in range(size):
            with db.write() as session:
                session.execute(text("UPDATE naive SET used = 0"))
            seen = threading.Barrier(len(mentees))

            def take(seen: threading.Barrier = seen) -> str:
                with db.read() as session:
                    free = session.scalar(text("SELECT used FROM naive")) == 0
                seen.wait(30)
                if free:
                    with db.write() as session:
                        session.execute(text("UPDATE naive SET used = used + 1"))
                return "taken" if free else "gone"

            winners = together(*[take] * len(mentees)).count("taken")
            told(round_ + 1)
            if winners > 1:
                return f"caught in round {round_ + 1}: {winners} had the one place"
    finally:
        with db.write() as session:
            session.execute(text("DROP TABLE naive"))
    raise AssertionError(f"nobody overbooked in {size} rounds: this race would find nothing")


def answered(db: Database, id: int) -> list[tuple[str, str, str | None]]:
    """What the log tells of the answers to one introduction."""
    acts = ("yes", "agree", "decline", "undo")
    asked = select(audit.c.act, audit.c.actor, audit.c.after).order_by(audit.c.id)
    with db.read() as session:
        return [
            tuple(row)
            for row in session.execute(asked.where(audit.c.object == f"introduction:{id}", audit.c.act.in_(acts)))
        ]


@proof("yes and no to one question at the same moment", full=500, short=4, unit="rounds")
def accept_and_decline(fresh: Fresh, size: int, told: Told) -> str:
    """One wins with one record and one letter, the other sees a newer version; then once more without versions.

    A participant may take a yes back, so of two taps without a version the no has the last word in either order.
    """
    db = fresh()
    cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace", order="both")
    say(db, id, "ada", "yes")
    deliver(db)
    seen, before = one(db, id).version, len(mail(db))
    beginning = Beginning(db)
    wins = {State.AGREED: 0, State.DECLINED: 0}
    for round_ in range(size):
        beginning.again()
        both = ("yes", "no") if round_ % 2 else ("no", "yes")
        fair = round_ % 4 < 2
        how = {"by": "cleo", "reason": "by telephone", "version": seen} if fair else {}
        results = dict(zip(both, together(*(partial(say, db, id, "grace", word, **how) for word in both)), strict=True))
        end, log = state(db, id), answered(db, id)[1:]
        if fair:
            assert len(log) == 1, f"round {round_}: {log}"
            assert sum(isinstance(r, answers.Answered) for r in results.values()) == 1, results
            assert sum(isinstance(r, Overtaken) for r in results.values()) == 1, results
            wins[end] += 1
        else:
            assert end is State.DECLINED, f"round {round_}: {end} {results}"
            assert isinstance(results["no"], answers.Answered), results
            yes_first = isinstance(results["yes"], answers.Answered)
            assert [act for act, _, _ in log] == (["agree", "undo"] if yes_first else ["decline"]), log
        letters = mail(db)[before:]
        about_the_end = [to for kind, to in letters if kind is LetterKind.NOT_AVAILABLE and to.startswith("ada")]
        assert len(about_the_end) == (end is State.DECLINED), f"round {round_}: {letters}"
        check_invariants(db)
        told(round_ + 1)
    return f"{size:,} rounds: one winner, one record, one letter (yes {wins[State.AGREED]}, no {wins[State.DECLINED]})"


@proof("the same yes many times at once", full=100, short=12, unit="posts")
def the_same_yes(fresh: Fresh, size: int, told: Told) -> str:
    """Everybody is told the same, there is one record, one letter and one place; and so for a pick."""
    db = fresh()
    enrol(db, ada(), ben(), grace(), henry())
    [offered] = offer(db, "ada", "grace")
    asked = ask(db, "ben", "henry")
    done = 0
    while done < size:
        many = min(10, size - done)
        picks = together(*[partial(pick, db, offered, "ada")] * many)
        assert picks == [answers.Picked(offered)] * many, picks
        yes = together(*[partial(say, db, asked, "henry", "yes", epoch=1)] * many)
        assert len(set(map(repr, yes))) == 1, yes
        done += many
        told(done)
    assert [act for act, _, _ in answered(db, asked)] == ["yes"]
    assert len(mail(db, LetterKind.QUESTION_TO_MENTOR)) == 2
    assert len(mail(db, LetterKind.QUESTION_TO_MENTEE)) == 1
    assert (person(db, "grace").used, person(db, "henry").used) == (1, 1)
    check_invariants(db)
    return f"{size} times, 10 at once: one record, one letter, one place"


@proof("4 clocks at the same moment", full=100, short=3, unit="days")
def four_clocks(fresh: Fresh, size: int, told: Told) -> str:
    """What is due is done once: introductions, reminders, expiries, check-backs."""
    introduced = expired = 0
    for day in range(size):
        if day % 20 == 0:
            db = fresh()
            cleo(db)
            enrol(db, ada(), ben(), dora(), grace(), henry(), ines())
            both = [agreed(db, "ada", "grace"), agreed(db, "ben", "henry")]
            silent = ask(db, "dora", "ines")
            deliver(db)
        moment = NOW + timedelta(days=day % 20, hours=1)
        ticked = together(*[partial(at, db, moment)] * 4)
        assert all(isinstance(each, Ticked) for each in ticked), ticked
        introduced += sum(each.introduced for each in ticked if isinstance(each, Ticked))
        expired += sum(each.expired for each in ticked if isinstance(each, Ticked))
        deliver(db, moment)
        if day % 20 == 19 or day == size - 1:
            assert [state(db, id) for id in both] == [State.INTRODUCED] * 2
            assert len(mail(db, LetterKind.INTRODUCTION)) == 4
            reminders = len(mail(db, LetterKind.REMINDER))
            assert reminders <= 2, f"{reminders} reminders of one question"
            assert state(db, silent) is (State.EXPIRED if moment > NOW + timedelta(days=9) else State.ASKING)
            assert len({(kind, to) for kind, to in mail(db, LetterKind.REMINDER, LetterKind.EXPIRED)}) <= 2
            check_invariants(db)
        told(day + 1)
    assert introduced == 2 * -(-size // 20), introduced
    assert expired == sum(min(20, size - first) > 9 for first in range(0, size, 20)), expired
    return f"{size} days, 4 clocks: {introduced} introductions and {expired} expiries, each once"
