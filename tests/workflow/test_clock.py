"""What happens by itself, once, and at the right time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from matcher.domain.introductions import TERMS, State, group
from matcher.domain.letters import Composed, Letter, LetterKind, Links, Need
from matcher.domain.people import Standing
from matcher.mail.facts import MissingFacts
from matcher.storage import desk_today, introductions, outbox, tracking
from matcher.storage.database import Database
from matcher.storage.mapping import letters
from matcher.workflow import answers, clock, correspondence, desk, overview, review, signup
from matcher.workflow.clock import Ticked
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace, henry, ines
from tests.stories import (
    DAY,
    VOCABULARY,
    agreed,
    approve,
    ask,
    at,
    check_invariants,
    deliver,
    introduced,
    mail,
    offer,
    one,
    person,
    pick,
    rewrite,
    say,
    state,
)

K = LetterKind
HOUR = timedelta(hours=1)


def test_with_nothing_due_the_clock_does_nothing(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    deliver(db)
    pick(db, id, "ada")
    deliver(db)
    assert at(db, NOW + HOUR) == Ticked()


# -- the undo window -------------------------------------------------------------------------------------------------


def test_contacts_are_shared_after_the_undo_window_and_other_offers_end(db: Database) -> None:
    enrol(db, ada(), grace(contact_note="Text me first."), henry())
    first, second = offer(db, "ada", "grace", "henry")
    pick(db, first, "ada")
    say(db, first, "grace", "yes")
    assert at(db, NOW + timedelta(minutes=9, seconds=59)).introduced == 0
    assert at(db, NOW + timedelta(minutes=10)).introduced == 1
    assert state(db, first) is State.INTRODUCED
    assert state(db, second) is State.WITHDRAWN
    letters = {each.to: each for each in deliver(db, NOW + HOUR) if each.kind is K.INTRODUCTION}
    assert letters["ada@example.org"].facts["other"] == {
        "name": "Grace",
        "email": "grace@example.org",
        "note": "Text me first.",
    }
    assert letters["grace@example.org"].facts["other"]["email"] == "ada@example.org"
    assert letters["ada@example.org"].facts["hours"] == "Mon-Fri 06:00-12:00, Mon-Fri 17:00-22:00 (Eastern Time)"
    check_invariants(db)


# -- reminders -------------------------------------------------------------------------------------------------------


def reminders(db: Database) -> int:
    return len(mail(db, K.REMINDER))


def test_reminders_on_day_three_and_six_and_no_more(db: Database) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    deliver(db)
    counts = []
    for hour in range(0, 7 * 24, 12):
        at(db, NOW + hour * HOUR)
        at(db, NOW + hour * HOUR)
        counts.append(reminders(db))
    assert [counts.index(n) * 12 for n in (1, 2)] == [72, 144]
    assert max(counts) == 2
    assert state(db, id) is State.ASKING


def test_a_clock_that_was_off_writes_only_the_last_reminder(db: Database) -> None:
    enrol(db, ada(), grace())
    ask(db, "ada", "grace")
    deliver(db)
    assert at(db, NOW + 6 * DAY + HOUR).reminded == 1
    assert at(db, NOW + 6 * DAY + HOUR).reminded == 0
    assert reminders(db) == 1


def test_three_offers_are_one_reminder(db: Database) -> None:
    enrol(db, ada(), grace(), henry(), ines())
    offer(db, "ada", "grace", "henry", "ines")
    deliver(db)
    assert at(db, NOW + 3 * DAY).reminded == 1
    [letter] = deliver(db, NOW + 3 * DAY)
    assert (letter.kind, letter.facts["what"]) == (K.REMINDER, "suggestions")


def test_a_reminder_keeps_quiet_hours(db: Database) -> None:
    enrol(db, ada(), grace())
    ask(db, "ada", "grace")
    deliver(db, NOW)
    night = NOW + 3 * DAY + 12 * HOUR  # ten in the evening in New York
    assert at(db, night).reminded == 1
    assert deliver(db, night) == []
    assert [each.kind for each in deliver(db, night + 10 * HOUR)] == [K.REMINDER]


def test_whoever_answered_is_not_reminded(db: Database) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    deliver(db)
    at(db, NOW + 3 * DAY)
    say(db, id, "grace", "yes", now=NOW + 3 * DAY)
    assert K.REMINDER not in [each.kind for each in deliver(db, NOW + 3 * DAY)]


def test_while_a_mentor_is_asked_the_other_offers_rest(db: Database) -> None:
    enrol(db, ada(), grace(), henry())
    first, second = offer(db, "ada", "grace", "henry")
    deliver(db)
    pick(db, first, "ada")
    at(db, NOW + 20 * DAY)
    assert state(db, second) is State.OFFERED
    assert (K.REMINDER, "ada@example.org") not in mail(db)


# -- silence ---------------------------------------------------------------------------------------------------------


def test_silence_ends_a_question_after_the_deadline_and_a_day_of_grace(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace(), henry())
    first, second = offer(db, "ada", "grace", "henry")
    deliver(db)
    pick(db, first, "ada")
    deliver(db, NOW)
    end = NOW + 8 * DAY
    assert at(db, end - timedelta(seconds=1)).expired == 0
    assert at(db, end).expired == 1
    assert state(db, first) is State.EXPIRED
    assert person(db, "grace").used == 0
    told = [(each.kind, each.to) for each in deliver(db, end)]
    assert (K.EXPIRED, "grace@example.org") in told
    assert (K.CHOOSE_AGAIN, "ada@example.org") in told
    assert (K.COORDINATOR_NEEDED, "cleo@example.org") in told
    assert pick(db, second, "ada", now=end) == answers.Picked(second)
    check_invariants(db)


def test_an_answer_within_the_grace_still_counts(db: Database) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    deliver(db)
    at(db, NOW + 7 * DAY + 23 * HOUR)
    assert say(db, id, "grace", "yes", now=NOW + 7 * DAY + 23 * HOUR).state is State.ASKING


def test_offers_end_together_with_one_letter(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace(), henry(), ines())
    ids = offer(db, "ada", "grace", "henry", "ines")
    deliver(db)
    assert at(db, NOW + 8 * DAY).expired == 1
    assert {state(db, id) for id in ids} == {State.EXPIRED}
    assert mail(db, K.EXPIRED) == [(K.EXPIRED, "ada@example.org")]
    assert at(db, NOW + 8 * DAY).next_best == 0  # whether to offer somebody else is for the coordinator to say
    check_invariants(db)


def test_a_question_that_never_left_does_not_expire(db: Database) -> None:
    """R-06: the clock starts when the letter was accepted; what bounced stays with the coordinator."""
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    assert at(db, NOW + 100 * DAY).expired == 0
    assert state(db, id) is State.ASKING


def test_a_bounced_question_never_expires_and_is_pointed_out(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    with db.write() as session:
        letter = outbox.claim_next(session, "w", NOW)
        assert letter is not None
        assert outbox.mark_failed(session, letter.id or 0, "w", 1, trouble="550")
    assert at(db, NOW + 100 * DAY).expired == 0
    assert state(db, id) is State.ASKING
    needed = [each for each in deliver(db, NOW + 100 * DAY) if each.kind is K.COORDINATOR_NEEDED]
    assert [each.facts["what"] for each in needed] == ["undeliverable"]


def test_drafts_nobody_looked_at_are_set_aside(db: Database) -> None:
    enrol(db, ada(), grace())
    id = review.propose_pair(db, "ada", "grace", by="cleo", vocabulary=VOCABULARY, now=NOW)
    assert at(db, NOW + 29 * DAY).stale_drafts == 0
    assert at(db, NOW + 30 * DAY).stale_drafts == 1
    assert state(db, id) is State.DISCARDED
    check_invariants(db)


def test_a_break_ends_by_itself(db: Database) -> None:
    enrol(db, grace())
    signup.pause(db, "grace", links=LINKS, now=NOW, until=NOW + 10 * DAY)
    assert at(db, NOW + 9 * DAY).resumed == 0
    assert at(db, NOW + 10 * DAY).resumed == 1
    assert person(db, "grace").status is Standing.ACTIVE


@pytest.mark.parametrize("unsubscribed_first", [True, False])
def test_whoever_unsubscribed_comes_back_by_their_own_word_alone(db: Database, unsubscribed_first: bool) -> None:
    """R-23: neither the end of a break nor a wish for one brings suggestions back."""
    enrol(db, grace())
    steps = [
        lambda: signup.unsubscribe(db, "grace", "suggestions", links=LINKS, now=NOW),
        lambda: signup.pause(db, "grace", links=LINKS, now=NOW, until=NOW + 10 * DAY),
    ]
    for step in steps if unsubscribed_first else reversed(steps):
        step()
    assert at(db, NOW + 11 * DAY).resumed == 0
    assert (person(db, "grace").status, person(db, "grace").muted) == (Standing.PAUSED, ["suggestions"])
    signup.resume(db, "grace", now=NOW + 11 * DAY)
    assert (person(db, "grace").status, person(db, "grace").muted) == (Standing.ACTIVE, [])


def test_the_next_best_is_looked_for_when_the_break_is_over(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace(), henry())
    [id] = offer(db, "ada", "grace")
    pick(db, id, "ada")
    say(db, id, "grace", "no")
    signup.pause(db, "ada", links=LINKS, now=NOW, until=NOW + 10 * DAY)
    assert at(db, NOW + 5 * DAY).next_best == 0
    at(db, NOW + 10 * DAY)
    with db.read() as session:
        assert [i.mentor_id for i in introductions.of_person(session, "ada", [State.DRAFT])] == ["henry"]


def test_sign_ups_nobody_confirmed_are_forgotten_after_a_week(db: Database) -> None:
    signup.sign_up(
        db,
        {"role": "mentor", "name": "Canary", "email": "canary@example.org"},
        {"matching": "I agree."},
        vocabulary=VOCABULARY,
        links=LINKS,
        language="en",
        now=NOW,
    )
    at(db, NOW + 6 * DAY)
    with db.read() as session:
        assert clock.people_rows.by_address(session, "canary@example.org") is not None
    assert at(db, NOW + 7 * DAY).forgotten
    with db.read() as session:
        assert clock.people_rows.by_address(session, "canary@example.org") is None
        assert not clock.people_rows.everybody(session)


def test_one_matter_that_fails_does_not_stop_the_others(
    db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    enrol(db, ada(), ben(), grace(), henry())
    poisoned, healthy = agreed(db, "ada", "grace"), agreed(db, "ben", "henry")
    with db.write() as session:
        introductions.get(session, poisoned).explanation = {"mentee_id": "ada"}
    assert at(db, NOW + HOUR).introduced == 1
    assert (state(db, poisoned), state(db, healthy)) == (State.AGREED, State.INTRODUCED)
    assert "_introduce" in caplog.text


def test_the_next_best_that_fails_does_not_stop_the_rest(
    db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A large pool is scored for it; what goes wrong there is tried at the next tick, and the rest is done."""
    cleo(db)
    enrol(db, ada(), ben(), grace(), henry(), ines())
    id = ask(db, "ada", "grace")
    deliver(db)
    say(db, id, "grace", "no")
    made = agreed(db, "ben", "henry")
    signup.pause(db, "ines", links=LINKS, now=NOW, until=NOW + HOUR)
    new = {"role": "mentor", "name": "Nobody", "email": "nobody@example.org"}
    how: dict = {"vocabulary": VOCABULARY, "links": LINKS, "language": "en"}
    signup.sign_up(db, new, {"matching": "I agree."}, now=NOW - 8 * DAY, **how)

    def fails(*_: object) -> None:
        raise MemoryError("too many people")

    with monkeypatch.context() as broken:
        broken.setattr(clock.matching, "next_best", fails)
        done = at(db, NOW + HOUR)
    assert (done.introduced, done.resumed, done.forgotten > 0, done.next_best) == (1, 1, True, 0), done
    assert state(db, made) is State.INTRODUCED
    assert "_next_best failed" in caplog.text
    assert at(db, NOW + 2 * HOUR).next_best == 1


def test_a_year_of_ticks_from_many_clocks_never_writes_twice(sqlite: Database) -> None:
    """R-08: two clocks, a year, a tick every few days, letters leaving in between; at most two reminders an ask."""
    cleo(sqlite)
    enrol(sqlite, ada(), ben(), grace(), henry())
    offer(sqlite, "ben", "henry", "grace")
    asked = ask(sqlite, "ada", "grace")
    for day in (*range(0, 30, 3), *range(30, 366, 30)):
        now = NOW + day * DAY
        deliver(sqlite, now)
        at(sqlite, now)
        at(sqlite, now)
    assert len(mail(sqlite, K.REMINDER)) <= 4
    check_invariants(sqlite)
    assert one(sqlite, asked).state is State.EXPIRED
    assert TERMS.reminders == (3 * DAY, 6 * DAY)


# -- nothing is lost, nobody is written to twice ---------------------------------------------------------------------


def letters_of(db: Database, kind: K) -> list[Letter]:
    """All letters of a kind, whatever became of them."""
    with db.read() as session:
        return list(session.scalars(select(Letter).where(letters.c.kind == kind).order_by(letters.c.id)))


def test_contacts_wait_until_a_new_address_is_confirmed(db: Database) -> None:
    enrol(db, ada(), grace())
    id = agreed(db, "ada", "grace")
    deliver(db)
    later = NOW + 2 * timedelta(minutes=1)
    signup.update_profile(db, "ada", {"email": "ada@new.example"}, vocabulary=VOCABULARY, links=LINKS, now=later)
    assert at(db, NOW + HOUR).introduced == 0
    [confirmation] = deliver(db, NOW + HOUR)
    signup.confirm(db, str(confirmation.facts["url"]).rpartition("/")[2], now=NOW + HOUR)
    assert at(db, NOW + HOUR).introduced == 1
    assert state(db, id) is State.INTRODUCED
    sent = {each.to: each.facts["other"]["email"] for each in deliver(db, NOW + HOUR)}
    assert sent == {"ada@new.example": "grace@example.org", "grace@example.org": "ada@new.example"}


@pytest.mark.parametrize("moving", [False, True])
def test_a_concern_from_elsewhere_ends_a_group_before_contacts_are_shared(db: Database, moving: bool) -> None:
    """Also where it would have to wait, since somebody's new address is not confirmed yet."""
    cleo(db)
    enrol(db, ada(), ben(), grace(), henry())
    before = introduced(db, "ada", "grace")
    with db.write() as session:
        id = introductions.add(session, group("henry", ["ada", "grace", "ben"]), by="cleo", now=NOW).id or 0
    approve(db, id)
    for who in ("ada", "ben", "grace", "henry"):
        say(db, id, who, "yes")
    assert state(db, id) is State.AGREED
    answers.concern(db, before, "ada", links=LINKS, now=NOW)
    if moving:
        signup.update_profile(db, "ben", {"email": "ben@new.example"}, vocabulary=VOCABULARY, links=LINKS, now=NOW)
    at(db, NOW + HOUR)
    assert (state(db, id), one(db, id).end_reason) == (State.WITHDRAWN, "blocked")
    check_invariants(db)


def test_a_new_address_that_nobody_confirms_is_the_coordinators(db: Database) -> None:
    """Somebody waits for it: after the time that an answer may take, a letter says so, and it stands at the desk."""
    cleo(db)
    enrol(db, ada(), grace())
    id = agreed(db, "ada", "grace")
    signup.update_profile(db, "ada", {"email": "ada@new.example"}, vocabulary=VOCABULARY, links=LINKS, now=NOW)

    def heap(now: datetime) -> list[int]:
        with db.read() as session:
            return [line.id for line in desk_today.today(session, now).unreachable.rows]

    at(db, NOW + 7 * DAY)
    assert (heap(NOW + 7 * DAY), mail(db, K.COORDINATOR_NEEDED)) == ([], [])
    at(db, NOW + 8 * DAY)
    assert (heap(NOW + 8 * DAY), len(mail(db, K.COORDINATOR_NEEDED))) == ([id], 1)


def test_an_introduction_that_a_new_address_cancelled_is_written_again(db: Database) -> None:
    """And while it waits for confirmation, nobody sees the new address, neither in a letter nor on a page."""
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    later = NOW + timedelta(minutes=12)
    signup.update_profile(db, "ada", {"email": "ada@new.example"}, vocabulary=VOCABULARY, links=LINKS, now=later)
    at(db, NOW + HOUR)
    sent = deliver(db, NOW + HOUR)
    assert [(each.kind, each.to) for each in sent if each.kind is K.INTRODUCTION] == [
        (K.INTRODUCTION, "grace@example.org")
    ]
    assert all(b"ada@new.example" not in (each.raw or b"") for each in sent if each.to != "ada@new.example")
    seen = overview.matter(db, id, "grace", vocabulary=VOCABULARY, language="en", now=later)
    assert [contact.email for contact in seen.contacts] == [""]
    [token] = [str(each.facts["url"]).rpartition("/")[2] for each in sent if each.kind is K.CONFIRM_ADDRESS]
    signup.confirm(db, token, now=NOW + HOUR)
    for _ in range(3):
        at(db, NOW + 2 * HOUR)
    again = deliver(db, NOW + 2 * HOUR)
    assert [(each.kind, each.to) for each in again] == [(K.INTRODUCTION, "ada@new.example")]
    assert again[0].facts["other"]["email"] == "grace@example.org"
    seen = overview.matter(db, id, "grace", vocabulary=VOCABULARY, language="en", now=later)
    assert [contact.email for contact in seen.contacts] == ["ada@new.example"]


def test_an_introduction_that_a_coordinator_took_back_stays_back(db: Database) -> None:
    by = cleo(db)
    enrol(db, ada(), grace())
    introduced(db, "ada", "grace")
    for each in letters_of(db, K.INTRODUCTION):
        desk.cancel_letter(db, each.id or 0, by=by, now=NOW)
    assert at(db, NOW + HOUR).introduced == 0
    assert len(letters_of(db, K.INTRODUCTION)) == 2


def test_whoever_signs_up_twice_at_once_gets_a_link_that_works(db: Database) -> None:
    for _ in range(2):
        answers_ = {"role": "mentor", "name": "Dora", "email": "d@example.org"}
        agree = {"matching": "I agree."}
        signup.sign_up(db, answers_, agree, vocabulary=VOCABULARY, links=LINKS, language="en", now=NOW)
    [letter] = deliver(db)
    signup.confirm(db, str(letter.facts["url"]).rpartition("/")[2], now=NOW)


def test_pausing_twice_within_a_second_is_two_letters(db: Database) -> None:
    enrol(db, grace())
    for days in (10, 20):
        signup.pause(db, "grace", links=LINKS, now=NOW, until=NOW + days * DAY)
    assert len(mail(db, K.PAUSED)) == 2


def test_every_question_reaches_a_coordinator(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), ben(), grace(), henry())
    first, second = ask(db, "ada", "grace"), ask(db, "ben", "henry")
    deliver(db)
    say(db, first, "grace", "more", question="How?")
    assert [each.kind for each in deliver(db)] == [K.COORDINATOR_NEEDED]
    later = NOW + 2 * HOUR
    say(db, second, "henry", "more", question="When?", now=later)
    say(db, second, "henry", "more", question="Where?", now=later)  # the letter that waits says it already
    assert [each.kind for each in deliver(db, later)] == [K.COORDINATOR_NEEDED]


def test_what_can_wait_reaches_a_coordinator_once_a_day(db: Database) -> None:
    cleo(db)
    means = clock.Means(LINKS, NOW)
    sent = []
    for hour in range(72):
        now = NOW + hour * HOUR
        db.transact(lambda session, now=now: replace(means, now=now).within(session).coordinators(Need.NO_ANSWER))
        sent += [hour] * len(deliver(db, now))
    assert sent == [0, 24, 48]
    assert deliver(db, NOW + 72 * HOUR)  # what came after the last of them is told, too


def test_a_letter_that_cannot_be_written_is_given_up_and_the_answer_counts(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    deliver(db)
    compose = correspondence.compose

    def broken(letter: Letter, links: Links, now: datetime) -> Composed:
        if letter.participant_id == "ada":
            raise MissingFacts(letter.kind, ["card"])
        return compose(letter, links, now)

    monkeypatch.setattr(correspondence, "compose", broken)
    say(db, id, "grace", "yes")
    assert (state(db, id), one(db, id).party("grace").said_yes) == (State.ASKING, True)
    with db.read() as session:
        [dead] = tracking.given_up(session)
        assert (dead.kind, dead.raw, dead.trouble) == (
            K.QUESTION_TO_MENTEE,
            None,
            "it could not be written (MissingFacts)",
        )
    assert one(db, id).party("ada").undeliverable
    for day in range(0, 20, 5):
        at(db, NOW + day * DAY)
        assert {each.kind for each in deliver(db, NOW + day * DAY)} == {K.COORDINATOR_NEEDED}
    assert state(db, id) is State.ASKING
    assert len(letters_of(db, K.QUESTION_TO_MENTEE)) == 1


# -- reminders in one letter -----------------------------------------------------------------------------------------


def test_two_questions_are_reminded_of_in_one_letter(db: Database) -> None:
    enrol(db, ada(), ben(), dora(), grace(capacity="3"))
    ids = [ask(db, mentee, "grace", now=NOW) for mentee in ("ada", "ben")]
    deliver(db)
    ids.append(ask(db, "dora", "grace", now=NOW + 3 * HOUR))
    deliver(db, NOW + 3 * HOUR)
    assert at(db, NOW + 3 * DAY).reminded == 1
    [letter] = deliver(db, NOW + 3 * DAY)
    assert letter.concerns == ids
    links = [letter.facts["url"], *(each["url"] for each in letter.facts["further"])]
    assert links == [LINKS.answer(id, "grace", 1) for id in ids]
    assert at(db, NOW + 3 * DAY + 6 * HOUR).reminded == 0
    assert at(db, NOW + 6 * DAY).reminded == 1
    assert at(db, NOW + 6 * DAY + 6 * HOUR).reminded == 0


def test_four_clocks_at_once_over_two_hundred_days_never_write_twice(db: Database) -> None:
    """R-08 in a short form: every ask is reminded of at most twice, in different letters, whoever keeps the time."""
    cleo(db)
    enrol(db, ada(), ben(), dora(), grace(capacity="2"), henry())
    with ThreadPoolExecutor(4) as clocks:
        for day in range(0, 200, 100):
            now = NOW + day * DAY
            ids = [ask(db, mentee, mentor, now=now) for mentee, mentor in (("ada", "grace"), ("ben", "grace"))]
            ids.append(ask(db, "dora", "henry", now=now))
            for hours_ in (0, 73, 145, 200):
                moment = now + hours_ * HOUR
                deliver(db, moment)
                list(clocks.map(lambda _, moment=moment: at(db, moment), range(4)))
                deliver(db, moment)
            with db.read() as session:
                written = [each for each in letters_of(db, K.REMINDER) if each.created_at >= now]
                about = [
                    id for each in written for id in ([each.introduction_id] if each.introduction_id else each.concerns)
                ]
                assert sorted(about) == sorted(ids * 2)
                assert {i.state for i in introductions.these(session, ids)} == {State.EXPIRED}
            rewrite(db, *ids, ended_at=now - 300 * DAY)  # they may meet again
    check_invariants(db)


# -- a group with somebody who cannot be reached ---------------------------------------------------------------------


@pytest.mark.parametrize(("said", "ends"), [(3, State.AGREED), (2, State.EXPIRED)])
def test_a_group_does_not_wait_for_ever_for_somebody_who_cannot_be_reached(
    db: Database, said: int, ends: State
) -> None:
    by = cleo(db)
    people = ["ada", "ben", "dora", "grace"]
    enrol(db, ada(), ben(), dora(), grace())
    with db.write() as session:
        drafted = group("grace", people, label="Group 1", explanation={})
        introductions.add(session, drafted, by="t", now=NOW)
        id = drafted.id or 0
    review.approve(db, [id], by=by, vocabulary=VOCABULARY, links=LINKS, now=NOW)
    lost = people[: 4 - said]
    with db.write() as session:
        while (letter := outbox.claim_next(session, "w", NOW)) is not None:
            if letter.participant_id in lost:
                outbox.mark_failed(session, letter.id or 0, "w", letter.attempts, trouble="550 nobody here")
            else:
                outbox.mark_sent(session, letter.id or 0, "w", letter.attempts, NOW)
    for each in people[4 - said :]:
        say(db, id, each, "yes")
    at(db, NOW + 7 * DAY)
    assert state(db, id) is State.ASKING
    at(db, NOW + 8 * DAY)
    assert state(db, id) is ends
    assert one(db, id).end_reason == (None if ends is State.AGREED else "undeliverable")
    assert not [each for each in mail(db, K.EXPIRED) if each[1].startswith(tuple(lost))]
