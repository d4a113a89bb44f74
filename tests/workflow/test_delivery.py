"""Letters on their way out, through a real mail server, on both databases: none lost, none stale, none held up."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest

from matcher.domain.letters import Letter, LetterKind, LetterState
from matcher.domain.people import Participant
from matcher.domain.rounds import Round
from matcher.mail.carriers import CarrierError, SmtpCarrier
from matcher.mail.writing import compose
from matcher.storage import outbox, suppression, tracking
from matcher.storage.database import Database
from matcher.workflow import delivery, matching, signup
from matcher.workflow.delivery import (
    PAUSE,
    RETRIES,
    TRIES_AGAINST_A_POLICY,
    RelayDown,
    deliver_all,
    deliver_next,
    wait_after,
    work,
)
from tests.cast import LINKS, NOW, ada, ben, cleo, enrol, grace, henry
from tests.databases import listening
from tests.mail.servers import LOOPBACK, Mailbag, free_port, real_server
from tests.stories import VOCABULARY, mail, offer, one, pick

MINUTE = timedelta(minutes=1)


class Bag:
    """A carrier that keeps letters in memory, and refuses where told to."""

    def __init__(self, refuse: Callable[[str, bytes], None] | None = None) -> None:
        self.carried: list[tuple[str, bytes]] = []
        self.refuse = refuse
        self.closed = 0

    def carry(self, envelope_to: str, raw: bytes) -> None:
        """Keeps the letter, or raises what `refuse` raises."""
        if self.refuse is not None:
            self.refuse(envelope_to, raw)
        self.carried.append((envelope_to, raw))

    def close(self) -> None:
        """Counts how often the carrier was put away."""
        self.closed += 1


def smtp(port: int) -> SmtpCarrier:
    return SmtpCarrier(host=LOOPBACK, port=port, tls="none", timeout=5, bounce="bounce@example.org")


def post(db: Database, n: int = 1, **fields: object) -> int:
    """A letter to somebody outside every story."""
    given: dict = {
        "kind": LetterKind.COORDINATOR_NEEDED,
        "key": f"test:{n}",
        "to": f"reader{n}@example.org",
        "facts": {"name": "Cleo", "what": "question", "url": LINKS.page("/desk")},
        **fields,
    }
    letter = Letter(**given)
    with db.write() as session:
        return outbox.post(session, letter, compose(letter, LINKS, NOW), NOW).id or 0


def stored(db: Database, id: int) -> Letter:
    with db.read() as session:
        return session.get_one(Letter, id)


def go(db: Database, carrier: object, now: datetime = NOW) -> int:
    return deliver_all(db, carrier, now=now, worker="w1")  # type: ignore[arg-type]


# -- through a real mail server --------------------------------------------------------------------------------------


def test_every_letter_of_a_story_is_delivered_once_to_one_reader_with_the_stored_bytes(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace(), henry())
    [id, _] = offer(db, "ada", "grace", "henry")
    bag = Mailbag()
    with real_server(bag) as port:
        assert go(db, smtp(port)) == 1
        pick(db, id, "ada")
        assert go(db, smtp(port)) == 1
        assert go(db, smtp(port)) == 0
    assert [to for _, to, _ in bag.letters] == ["ada@example.org", "grace@example.org"]
    for sender, to, raw in bag.letters:
        message = message_from_bytes(raw, policy=policy.default)
        assert str(message["To"]) == to
        assert sender.startswith("bounce+")
    with db.read() as session:
        assert [letter.raw for letter in tracking.to_person(session, "ada")] == [bag.letters[0][2]]


def test_the_deadline_runs_from_the_moment_the_server_took_the_letter(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    assert one(db, id).party("ada").deadline is None
    later = NOW + 3 * timedelta(hours=1)
    bag = Mailbag()
    with real_server(bag) as port:
        go(db, smtp(port), later)
    party = one(db, id).party("ada")
    assert party.delivered_at == later
    assert party.deadline is not None
    assert party.deadline >= later + timedelta(days=7)


def test_a_temporary_refusal_is_tried_again_and_then_delivered_with_the_same_bytes(db: Database) -> None:
    id = post(db)
    bag = Mailbag()
    bag.refuse = {"reader1@example.org": ["451 4.7.1 greylisted", "450 4.2.1 busy"]}
    with real_server(bag) as port:
        go(db, smtp(port))
        first = stored(db, id)
        assert (first.state, first.attempts, first.trouble) == (LetterState.QUEUED, 1, "451 4.7.1 greylisted")
        assert first.next_try_at == NOW + wait_after(1, id)
        assert go(db, smtp(port), NOW + 30 * timedelta(seconds=1)) == 0
        go(db, smtp(port), NOW + 2 * MINUTE)
        go(db, smtp(port), NOW + 10 * MINUTE)
    assert stored(db, id).state is LetterState.SENT
    assert stored(db, id).trouble is None
    assert [raw for _, _, raw in bag.letters] == [first.raw]


def test_an_address_that_does_not_exist_fails_at_once_and_is_written_to_no_more(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    bag = Mailbag()
    bag.refuse = {"ada@example.org": ["550 5.1.1 no such user"]}
    with real_server(bag) as port:
        go(db, smtp(port))
    with db.read() as session:
        [letter] = tracking.to_person(session, "ada")
        assert suppression.is_suppressed(session, "ada@example.org")
        assert [given_up.id for given_up in tracking.given_up(session)] == [letter.id]
    assert (letter.state, letter.trouble) == (LetterState.FAILED, "550 5.1.1 no such user")
    party = one(db, id).party("ada")
    assert party.undeliverable
    assert party.deadline is None


def test_a_refused_letter_is_no_reason_to_give_up_the_address(db: Database) -> None:
    id = post(db)
    bag = Mailbag()
    bag.refuse = {"reader1@example.org": ["554 5.6.0 we do not like it"]}
    with real_server(bag) as port:
        go(db, smtp(port))
    assert stored(db, id).state is LetterState.FAILED
    with db.read() as session:
        assert not suppression.is_suppressed(session, "reader1@example.org")


def test_a_dead_server_costs_no_letter_and_no_attempt(db: Database) -> None:
    ids = [post(db, n) for n in range(3)]
    dead = smtp(free_port())
    with pytest.raises(RelayDown):
        deliver_next(db, dead, now=NOW, worker="w1")
    for minute in range(1, 10):
        go(db, dead, NOW + minute * MINUTE)
    assert [(stored(db, id).state, stored(db, id).attempts) for id in ids] == [(LetterState.QUEUED, 0)] * 3
    assert (stored(db, ids[0]).trouble or "").startswith("mail server: ")
    bag = Mailbag()
    with real_server(bag) as port:
        go(db, smtp(port), NOW + 10 * MINUTE)
    assert sorted(to for _, to, _ in bag.letters) == [f"reader{n}@example.org" for n in range(3)]


def test_a_letter_that_has_become_stale_is_not_sent(db: Database) -> None:
    enrol(db, ada(), grace())
    offer(db, "ada", "grace")
    signup.pause(db, "ada", links=LINKS, now=NOW)
    bag = Mailbag()
    with real_server(bag) as port:
        go(db, smtp(port))
    assert all(b"For you to choose" not in raw for _, _, raw in bag.letters)
    with db.read() as session:
        kinds = {letter.kind: letter.state for letter in tracking.to_person(session, "ada")}
    assert kinds[LetterKind.SUGGESTIONS] is LetterState.CANCELLED
    assert kinds[LetterKind.PAUSED] is LetterState.SENT


# -- what must not happen --------------------------------------------------------------------------------------------


def test_one_poisonous_letter_does_not_stop_the_others(db: Database) -> None:
    ids = [post(db, n) for n in range(20)]

    def choke(to: str, _raw: bytes) -> None:
        if to == "reader7@example.org":
            raise RecursionError("a very strange letter")

    bag = Bag(choke)
    assert go(db, bag) == 20
    assert len(bag.carried) == 19
    assert stored(db, ids[7]).state is LetterState.FAILED
    assert stored(db, ids[7]).trouble == "unforeseen: RecursionError"
    assert bag.closed == 1


def test_a_relay_that_refuses_one_letter_only_still_lets_the_others_through(db: Database) -> None:
    """A 5.7.1 pauses the mail; the letter it was about comes back last, so that each pause brings the queue forward."""
    ids = [post(db, n) for n in range(5)]

    def refuse(to: str, _raw: bytes) -> None:
        if to == "reader0@example.org":
            raise CarrierError("relay", 550, "5.7.1 not from here")

    bag = Bag(refuse)
    go(db, bag)
    assert bag.carried == []
    go(db, bag, NOW + PAUSE)
    assert len(bag.carried) == 4
    assert stored(db, ids[0]).attempts == 0


def test_a_provider_that_refuses_by_policy_holds_nobody_else_and_is_given_up_in_the_end(db: Database) -> None:
    """5.7.1 at RCPT or after the dot is said by whoever takes the letter, of this letter."""
    bad = [post(db, n) for n in range(30)]
    good = post(db, 100)

    def refuse(to: str, _raw: bytes) -> None:
        if to != "reader100@example.org":
            raise CarrierError("refused", 550, "5.7.1 not allowed")

    bag = Bag(refuse)
    go(db, bag)
    assert [to for to, _ in bag.carried] == ["reader100@example.org"]
    assert stored(db, good).state is LetterState.SENT
    assert {(stored(db, id).state, stored(db, id).attempts) for id in bad} == {(LetterState.QUEUED, 1)}
    now = NOW
    while stored(db, bad[0]).state is LetterState.QUEUED:
        now = stored(db, bad[0]).next_try_at or now
        go(db, bag, now)
    letter = stored(db, bad[0])
    assert (letter.state, letter.attempts) == (LetterState.FAILED, TRIES_AGAINST_A_POLICY)
    assert timedelta(hours=4) < now - NOW < timedelta(hours=24)
    with db.read() as session:
        assert not suppression.is_suppressed(session, "reader0@example.org")


def test_a_pause_of_all_mail_holds_every_worker_and_ends_with_the_first_letter_that_is_taken(db: Database) -> None:
    for n in range(3):
        post(db, n)

    def down(_to: str, _raw: bytes) -> None:
        raise CarrierError("relay", 0, "no server")

    with pytest.raises(RelayDown):
        deliver_next(db, Bag(down), now=NOW, worker="w1")
    bag = Bag()
    elsewhere = Database(db.url.render_as_string(hide_password=False))  # as on another machine
    try:
        assert not deliver_next(elsewhere, bag, now=NOW + PAUSE - MINUTE / 60, worker="w2")
        with pytest.raises(RelayDown):
            deliver_next(elsewhere, Bag(down), now=NOW + PAUSE, worker="w2")
        with db.read() as session:
            assert tracking.oldest_waiting(session) == NOW
            assert tracking.late(session, NOW + 20 * MINUTE) == 20 * MINUTE
        assert go(elsewhere, bag, NOW + 2 * PAUSE) == 3
    finally:
        elsewhere.dispose()
    with db.read() as session:
        assert not outbox.paused(session, NOW)
        assert tracking.late(session, NOW + 20 * MINUTE) is None


def test_sent_is_the_moment_of_acceptance(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    accepted = NOW + 3 * MINUTE
    assert deliver_next(db, Bag(), now=NOW, worker="w1", clock=lambda: accepted)
    party = one(db, id).party("ada")
    assert party.delivered_at == accepted
    with db.read() as session:
        [letter] = tracking.to_person(session, "ada")
    assert letter.sent_at == accepted


def test_a_letter_without_content_fails_and_is_seen(db: Database) -> None:
    id = post(db)
    with db.write() as session:
        session.get_one(Letter, id).raw = None
    assert go(db, Bag()) == 1
    assert stored(db, id).state is LetterState.FAILED


def test_no_transaction_is_open_while_the_mail_server_takes_its_time(db: Database) -> None:
    post(db)
    open_now: list[int] = []
    seen: list[int] = []
    with ExitStack() as held:
        held.enter_context(listening(db.engine, "begin", lambda _: open_now.append(1)))
        for end in ("commit", "rollback"):
            held.enter_context(listening(db.engine, end, lambda _: open_now.pop()))
        go(db, Bag(lambda _to, _raw: seen.append(len(open_now))))
    assert seen == [0]


def test_a_worker_that_wakes_after_its_lease_changes_nothing(db: Database) -> None:
    id = post(db)
    bag = Bag()

    def oversleep(_to: str, _raw: bytes) -> None:
        late = NOW + timedelta(minutes=6)
        assert deliver_next(db, bag, now=late, worker="w2")
        raise CarrierError("permanent", 550, "5.6.0 too late to say so")

    assert deliver_next(db, Bag(oversleep), now=NOW, worker="w1")
    assert stored(db, id).state is LetterState.SENT
    assert len(bag.carried) == 1


def test_a_crash_after_the_servers_yes_sends_the_same_bytes_once_more(db: Database) -> None:
    id = post(db)
    bag = Bag()

    class Killed(BaseException):
        """The process is gone."""

    def carry_and_die(to: str, raw: bytes) -> None:
        bag.carry(to, raw)
        raise Killed

    with pytest.raises(Killed):
        deliver_next(db, Bag(carry_and_die), now=NOW, worker="w1")
    assert go(db, bag, NOW + MINUTE) == 0
    assert go(db, bag, NOW + 6 * MINUTE) == 1
    assert bag.carried[0] == bag.carried[1]
    assert stored(db, id).state is LetterState.SENT


def test_four_workers_deliver_everything_once(db: Database) -> None:
    for n in range(40):
        post(db, n)
    bag = Bag()
    threads = [
        threading.Thread(target=deliver_all, args=(db, bag), kwargs={"now": NOW, "worker": f"w{n}"}) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(to for to, _ in bag.carried) == sorted(f"reader{n}@example.org" for n in range(40))


# -- when to try again -----------------------------------------------------------------------------------------------


def test_the_waits_grow_as_written_and_differ_a_little_from_letter_to_letter() -> None:
    for attempt, base in enumerate((*RETRIES, RETRIES[-1], RETRIES[-1]), start=1):
        waits = [wait_after(attempt, id) for id in range(200)]
        assert all(0.8 * base <= wait <= 1.2 * base for wait in waits)
        assert max(waits) - min(waits) > 0.3 * base
        assert waits == [wait_after(attempt, id) for id in range(200)]


def test_an_answer_that_never_comes_is_waited_for_until_the_letter_is_too_old(sqlite: Database) -> None:
    id = post(sqlite, not_after=NOW + timedelta(hours=72))
    tries: list[datetime] = []
    now = NOW

    def busy(_to: str, _raw: bytes) -> None:
        tries.append(now)
        raise CarrierError("temporary", 450, "4.2.1 busy")

    while stored(sqlite, id).state is LetterState.QUEUED and now < NOW + timedelta(days=10):
        go(sqlite, Bag(busy), now)
        now = stored(sqlite, id).next_try_at or now
    letter = stored(sqlite, id)
    assert letter.state is LetterState.FAILED
    assert tries[-1] <= NOW + timedelta(hours=72)
    assert 9 <= len(tries) <= 13
    waits = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert waits[0] <= 3 * MINUTE
    assert timedelta(hours=9) < waits[-1] < timedelta(hours=15)


def test_a_sign_in_link_is_given_up_while_it_is_still_remembered(sqlite: Database) -> None:
    facts = {"name": "", "url": LINKS.sign_in("t"), "code": "K7QP-2MXD", "minutes": 10}
    id = post(sqlite, kind=LetterKind.SIGN_IN, facts=facts)

    def busy(_to: str, _raw: bytes) -> None:
        raise CarrierError("temporary", 450, "busy")

    for minute in range(11):
        go(sqlite, Bag(busy), NOW + minute * MINUTE)
    assert stored(sqlite, id).state is LetterState.FAILED


# -- the worker ------------------------------------------------------------------------------------------------------


@contextmanager
def working(db: Database, carrier: object, clock: Callable[[], datetime]) -> Iterator[threading.Thread]:
    """A worker in a thread, stopped at the end."""
    stop = threading.Event()
    how: dict = {"clock": clock, "stop": stop, "worker": "w1"}
    thread = threading.Thread(target=work, args=(db, carrier, VOCABULARY, LINKS), kwargs=how)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(timeout=20)
        assert not thread.is_alive()


def eventually(holds: Callable[[], bool]) -> None:
    """Waits until it holds; fails after twenty seconds."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def test_the_worker_sends_letters_keeps_the_clock_and_runs_rounds(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LOOK", 0.02)
    by = cleo(db)
    enrol(db, ada(), ben(), grace(), henry())
    signup.pause(db, "ben", links=LINKS, now=NOW, until=NOW + timedelta(hours=1))
    round_id = matching.request_round(db, by=by, now=NOW)
    bag = Bag()
    time_now = [NOW]
    with working(db, bag, lambda: time_now[0]):
        eventually(lambda: len(bag.carried) == 1)
        eventually(lambda: matching.next_requested(db, now=NOW) is None and _state(db, round_id) == "review")
        time_now[0] = NOW + timedelta(hours=2)
        eventually(lambda: _standing(db, "ben") == "active")
    assert mail(db, LetterKind.PAUSED) == [(LetterKind.PAUSED, "ben@example.org")]


def test_the_worker_pauses_while_the_mail_server_is_down_and_survives_everything_else(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LOOK", 0.02)
    monkeypatch.setattr(delivery.keeping_time, "tick", _explode)
    post(sqlite)
    calls: list[int] = []
    down = [True]

    def refuse(_to: str, _raw: bytes) -> None:
        calls.append(1)
        if down[0]:
            raise CarrierError("relay", 0, "no server")

    bag = Bag(refuse)
    time_now = [NOW]
    with working(sqlite, bag, lambda: time_now[0]):
        eventually(lambda: len(calls) == 1)
        time.sleep(0.2)
        assert len(calls) == 1
        down[0] = False
        time_now[0] = NOW + PAUSE
        eventually(lambda: len(bag.carried) == 1)


def test_a_sign_in_letter_does_not_wait_for_the_clock(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next best of a large pool takes as long as it takes."""
    monkeypatch.setattr(delivery, "LOOK", 0.02)
    ticking, go_on = threading.Event(), threading.Event()

    def long_tick(*_: object, **__: object) -> None:
        ticking.set()
        go_on.wait(20)

    monkeypatch.setattr(delivery.keeping_time, "tick", long_tick)
    bag = Bag()
    with working(sqlite, bag, lambda: NOW):
        assert ticking.wait(20)
        post(sqlite)
        eventually(lambda: len(bag.carried) == 1)
        go_on.set()


def _explode(*_: object, **__: object) -> None:
    raise RuntimeError("the clock is broken")


def _state(db: Database, round_id: int) -> str:
    with db.read() as session:
        return session.get_one(Round, round_id).state.value


def _standing(db: Database, id: str) -> str:
    with db.read() as session:
        return session.get_one(Participant, id).status.value
