"""Two people at the same moment: exactly one wins, the other is told the truth, and nothing is half done.

Threads start together at a barrier, each with a connection of its own, many rounds on both
engines; RACE_ROUNDS=1000 for a night.
"""

import os
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from matcher.domain.introductions import LIVE, NotAllowed, State, group
from matcher.domain.letters import LetterKind
from matcher.domain.people import Participant
from matcher.storage import introductions
from matcher.storage.database import Database
from matcher.workflow import aftercare, answers, review, signup
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace, henry, ines
from tests.cast import person as member
from tests.stories import (
    VOCABULARY,
    agreed,
    ask,
    at,
    check_invariants,
    introduced,
    mail,
    offer,
    one,
    person,
    pick,
    rewrite,
    say,
    state,
    together,
)

ROUNDS = int(os.environ.get("RACE_ROUNDS", "2"))


def withdraw_all(db: Database, *people: str) -> None:
    """Back to the beginning, without cooling down (a coordinator's withdrawal would)."""
    with db.write() as session:
        for id in people:
            for introduction in introductions.of_person(session, id):
                if introduction.state in LIVE:
                    introduction.followed_up = True
                    introductions.step(
                        session, introduction, review.Act.WITHDRAW, review.Who.SYSTEM, NOW, reason="paused"
                    )
                for party in introduction.parties:
                    party.asked_at = None


def test_two_mentees_pick_the_last_place_at_the_same_moment(db: Database) -> None:
    enrol(db, ada(), ben(), grace(), henry(capacity="5"))
    winners = set()
    for _ in range(ROUNDS):
        first, spare_of_ada = offer(db, "ada", "grace", "henry")
        second, spare_of_ben = offer(db, "ben", "grace", "henry")
        results = together(lambda id=first: pick(db, id, "ada"), lambda id=second: pick(db, id, "ben"))  # type: ignore[misc]
        picked = [r for r in results if isinstance(r, answers.Picked)]
        late = [r for r in results if isinstance(r, answers.PlaceGone)]
        assert len(picked) == len(late) == 1
        ada_won = results[0] == answers.Picked(first)
        winners.add(ada_won)
        assert late == [answers.PlaceGone(spare_of_ben if ada_won else spare_of_ada)]
        assert person(db, "grace").used == 1
        assert {state(db, first), state(db, second)} == {State.ASKING, State.OFFERED}
        # and the other takes what was offered next
        assert isinstance(pick(db, spare_of_ben, "ben") if ada_won else pick(db, spare_of_ada, "ada"), answers.Picked)
        check_invariants(db)
        withdraw_all(db, "ada", "ben")
        assert person(db, "grace").used == 0


def test_eight_mentees_and_three_places(db: Database) -> None:
    crowd = [member(f"m{n}", "mentee", seeks_skills="skill.safety_planning") for n in range(8)]
    enrol(db, *crowd, grace(capacity="3"))
    for _ in range(3):
        ids = [offer(db, mentee.id, "grace")[0] for mentee in crowd]
        steps = [lambda id=id, m=m.id: pick(db, id, m) for id, m in zip(ids, crowd, strict=True)]
        results = together(*steps)
        assert sum(isinstance(r, answers.Picked) for r in results) == 3
        assert sum(r == answers.PlaceGone(None) for r in results) == 5
        assert person(db, "grace").used == 3
        check_invariants(db)
        withdraw_all(db, *(mentee.id for mentee in crowd))


def test_a_naive_count_would_have_overbooked(db: Database) -> None:
    """The test has teeth: "look, then take" without the condition in the statement is caught by the CHECK at least."""
    enrol(db, grace(capacity="1"))
    barrier = threading.Barrier(2)
    failed = []

    def naive() -> None:
        with db.read() as session:
            room = session.get_one(Participant, "grace").has_room
        barrier.wait(10)
        try:
            with db.write() as session:
                if room:
                    session.execute(text("UPDATE participants SET used = used + 1 WHERE id = 'grace'"))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=naive) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) == 1


def test_one_mentee_picks_two_in_two_tabs(db: Database) -> None:
    enrol(db, ada(), grace(), henry())
    for _ in range(ROUNDS):
        first, second = offer(db, "ada", "grace", "henry")
        results = together(lambda id=first: pick(db, id, "ada"), lambda id=second: pick(db, id, "ada"))  # type: ignore[misc]
        assert sum(isinstance(r, answers.Picked) for r in results) == 1
        assert sum(isinstance(r, NotAllowed) for r in results) == 1
        assert person(db, "grace").used + person(db, "henry").used == 1
        check_invariants(db)
        withdraw_all(db, "ada")


def test_the_same_pick_many_times_at_once_is_one(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    results = together(*[lambda: pick(db, id, "ada")] * 6)
    assert set(results) == {answers.Picked(id)}
    assert person(db, "grace").used == 1
    assert len(mail(db, LetterKind.QUESTION_TO_MENTOR)) == 1
    check_invariants(db)


def test_both_say_yes_at_once_and_it_is_agreed(db: Database) -> None:
    enrol(db, ada(), grace())
    for _ in range(ROUNDS):
        id = ask(db, "ada", "grace", order="both")
        results = together(lambda id=id: say(db, id, "ada", "yes"), lambda id=id: say(db, id, "grace", "yes"))  # type: ignore[misc]
        assert not [r for r in results if isinstance(r, NotAllowed)]
        assert state(db, id) is State.AGREED
        check_invariants(db)
        withdraw_all(db, "ada")


@pytest.mark.parametrize("other", ["decline", "withdraw", "leave", "pause", "expire"])
def test_a_yes_against_an_end_at_once_has_one_outcome(db: Database, other: str) -> None:
    """Either order is right; there is one end, one place count, and never a yes and an end together."""
    cleo(db)
    enrol(db, ada(), grace())
    for _ in range(6):
        id = ask(db, "ada", "grace", order="both")
        say(db, id, "ada", "yes")
        ends: dict[str, Callable[[], object]] = {
            "decline": lambda id=id: say(db, id, "grace", "no"),  # type: ignore[misc]
            "withdraw": lambda id=id: answers.withdraw(db, id, by="cleo", reason="x", links=LINKS, now=NOW),  # type: ignore[misc]
            "leave": lambda: signup.leave(db, "grace", links=LINKS, now=NOW),
            "pause": lambda: signup.pause(db, "grace", links=LINKS, now=NOW),
            "expire": lambda: at(db, NOW),
        }
        results = together(lambda id=id: say(db, id, "grace", "yes"), ends[other])  # type: ignore[misc]
        found = one(db, id)
        assert found.state in (State.AGREED, State.DECLINED, State.WITHDRAWN, State.VOID), results
        if other == "expire":
            assert found.state is State.AGREED
        check_invariants(db)
        if found.state is not State.AGREED:
            assert person(db, "grace").used == 0
        with db.write() as session:
            session.get_one(Participant, "grace").status = signup.Standing.ACTIVE
        withdraw_all(db, "ada")
        rewrite(db, id, end_reason="paused")  # the same two can be asked again


def test_two_coordinators_ask_for_the_last_place(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), ben(), grace())
    for _ in range(ROUNDS):
        ids = [
            review.propose_pair(db, mentee, "grace", by="cleo", vocabulary=VOCABULARY, now=NOW)
            for mentee in ("ada", "ben")
        ]
        results = together(
            *[
                lambda id=id: review.approve(db, [id], by="cleo", vocabulary=VOCABULARY, links=LINKS, now=NOW)
                for id in ids
            ]
        )
        approved = [r.approved for r in results if isinstance(r, review.Reviewed)]
        assert sorted(map(len, approved)) == [0, 1]
        assert person(db, "grace").used == 1
        check_invariants(db)
        withdraw_all(db, "ada", "ben")
        with db.write() as session:
            for id in ids:
                draft = introductions.get(session, id)
                if draft.state is State.DRAFT:
                    introductions.step(session, draft, review.Act.DISMISS, review.Who.SYSTEM, NOW)


def test_two_coordinators_ask_one_mentee(db: Database) -> None:
    enrol(db, ada(), grace(), henry())
    ids = [
        review.propose_pair(db, "ada", mentor, by="cleo", vocabulary=VOCABULARY, now=NOW)
        for mentor in ("grace", "henry")
    ]
    together(
        *[lambda id=id: review.approve(db, [id], by="cleo", vocabulary=VOCABULARY, links=LINKS, now=NOW) for id in ids]
    )
    assert sorted(state(db, id) for id in ids) == [State.ASKING, State.DRAFT]
    check_invariants(db)


def test_one_person_is_never_in_two_groups(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), ben(), dora(), grace(), henry())
    for _ in range(ROUNDS):
        with db.write() as session:
            drafts = [group("grace", ["ada", "ben"]), group("henry", ["ada", "dora"])]
            ids = [introductions.add(session, draft, by="cleo", now=NOW).id or 0 for draft in drafts]
        results = together(
            *[
                lambda id=id: review.approve(db, [id], by="cleo", vocabulary=VOCABULARY, links=LINKS, now=NOW)
                for id in ids
            ]
        )
        assert sorted(len(r.approved) for r in results if isinstance(r, review.Reviewed)) == [0, 1]
        assert sorted(state(db, id) for id in ids) == [State.ASKING, State.DRAFT]
        check_invariants(db)
        withdraw_all(db, "ada")


def test_the_last_question_that_a_mentor_may_be_asked(db: Database) -> None:
    """Two drafts for a mentor with two places, who was asked once: one goes out, whoever approves."""
    cleo(db)
    enrol(db, ada(), ben(), dora(), henry())
    for _ in range(ROUNDS):
        first = ask(db, "dora", "henry")
        say(db, first, "henry", "no")
        ids = [
            review.propose_pair(db, mentee, "henry", by="cleo", vocabulary=VOCABULARY, now=NOW)
            for mentee in ("ada", "ben")
        ]
        results = together(
            *[
                lambda id=id: review.approve(db, [id], by="cleo", vocabulary=VOCABULARY, links=LINKS, now=NOW)
                for id in ids
            ]
        )
        assert sorted(len(r.approved) for r in results if isinstance(r, review.Reviewed)) == [0, 1]
        withdraw_all(db, "ada", "ben", "dora")
        with db.write() as session:
            for id in [first, *ids]:
                introduction = introductions.get(session, id)
                introduction.end_reason, introduction.followed_up = "paused", True
                for party in introduction.parties:
                    party.asked_at = None
                if introduction.state is State.DRAFT:
                    introductions.step(session, introduction, review.Act.DISMISS, review.Who.SYSTEM, NOW)


def test_a_mentor_takes_a_place_away_while_it_is_picked(db: Database) -> None:
    enrol(db, ada(), grace(capacity="1"))
    for _ in range(ROUNDS):
        [id] = offer(db, "ada", "grace")
        results = together(
            lambda id=id: pick(db, id, "ada"),  # type: ignore[misc]
            lambda: signup.update_profile(
                db, "grace", {"capacity": "0"}, vocabulary=VOCABULARY, links=LINKS, now=NOW, by="cleo"
            ),
        )
        grace_now = person(db, "grace")
        if isinstance(results[0], answers.Picked):
            assert (grace_now.used, grace_now.capacity) == (1, 1)
        else:
            assert (grace_now.used, grace_now.capacity) == (0, 0)
        withdraw_all(db, "ada")
        signup.update_profile(db, "grace", {"capacity": "1"}, vocabulary=VOCABULARY, links=LINKS, now=NOW, by="cleo")
        check_invariants(db)


def test_a_meeting_is_told_twice_confirmed_and_struck_at_the_same_moment(db: Database) -> None:
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    for minutes in range(1, 4 * ROUNDS + 1):
        met = {"met_on": NOW.date(), "minutes": minutes, "links": LINKS, "now": NOW}
        together(*[lambda met=met: aftercare.say_hours(db, id, "ada", **met)] * 2)  # type: ignore[misc]
        [meeting] = aftercare.after(db, id, "grace").to_confirm
        confirmed, struck = together(
            lambda m=meeting.id: aftercare.confirm_hours(db, id, "grace", ids=[m], now=NOW),  # type: ignore[misc]
            lambda m=meeting.id: aftercare.strike_hours(db, id, "ada", id=m, now=NOW),  # type: ignore[misc]
        )
        assert [confirmed, struck].count("done") == 1
        counts = [each.confirmed for each in aftercare.after(db, id, "ada").meetings if each.id == meeting.id]
        assert counts == ([True] if confirmed == "done" else [])
    check_invariants(db)


def test_four_clocks_do_everything_once(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), ben(), dora(), grace(), henry(), ines())
    agreed(db, "ada", "grace")
    agreed(db, "ben", "henry")
    later = NOW.replace(hour=16)
    results = together(*[lambda: at(db, later)] * 4)
    assert sum(r.introduced for r in results) == 2  # type: ignore[attr-defined]
    assert len(mail(db, LetterKind.INTRODUCTION)) == 4
    check_invariants(db)
