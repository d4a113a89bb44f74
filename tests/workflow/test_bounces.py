"""What comes back about letters, on both databases: in every form, twice, too early, and forged."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from matcher.domain.letters import Composed, Letter, LetterKind, LetterState, Sign
from matcher.mail.return_paths import return_path
from matcher.storage import outbox, suppression, tracking
from matcher.storage.database import Database
from matcher.workflow import signup, watch
from matcher.workflow.bounces import FORGED, KNOWN, NO_REPORT, take_mailbox
from matcher.workflow.desk import ask_again
from tests.cast import LINKS, NOW, ada, cleo, enrol, grace, henry
from tests.mail.reported import REPORTS, about, complaint, dsn, filled
from tests.stories import DAY, VOCABULARY, ask, at, deliver, introduced, mail, offer, one, pick, say, state

SECRETS = ("an older secret of the tests, 2025", "the newest secret of the tests, 2026")
LATER = NOW + 2 * DAY

HARD = dsn(about("failed", "5.1.1", "smtp; 550 5.1.1 unknown"))
SOFT = dsn(about("failed", "5.2.2", "smtp; 552 5.2.2 full"))
SPAM = complaint("Feedback-Type: abuse")

ENDS = {
    Sign.HARD: LetterState.BOUNCED,
    Sign.SOFT: LetterState.BOUNCED,
    Sign.COMPLAINT: LetterState.COMPLAINED,
    Sign.DELIVERED: LetterState.SENT,
    None: LetterState.SENT,
}
SCORES = {Sign.HARD: 2, Sign.SOFT: 1, Sign.COMPLAINT: 4, Sign.DELIVERED: None, None: None}


def post(db: Database, n: int) -> int:
    """A letter to a reader of its own."""
    letter = Letter(kind=LetterKind.CLOSED, key=f"test:{n}", to=f"reader{n}@example.net")
    with db.write() as session:
        return outbox.post(session, letter, Composed("Subject", f"<{n:032x}@example.org>", b"bytes"), NOW).id or 0


def report(letter: Letter, text: str, secrets: Sequence[str] = SECRETS) -> bytes:
    """A report about a letter, as it comes back to its return path."""
    return filled(text, return_path("bounce@example.org", letter.message_id, secrets), letter.message_id)


def take(db: Database, raw: bytes, now: datetime = LATER) -> Counter[str]:
    return take_mailbox(db, raw, secrets=SECRETS, now=now)


def stored(db: Database, id: int) -> Letter:
    with db.read() as session:
        return session.get_one(Letter, id)


def score(db: Database, email: str) -> int | None:
    with db.read() as session:
        found = suppression.suppressed(session, email)
    return found.score if found else None


def claimed(db: Database, now: datetime = NOW) -> Letter:
    """The next letter, in a worker's hands."""
    with db.write() as session:
        letter = outbox.claim_next(session, "w1", now)
    assert letter is not None
    return letter


def sent(db: Database, letter: Letter, now: datetime = NOW) -> bool:
    return db.transact(outbox.mark_sent, letter.id or 0, "w1", letter.attempts, now)


# -- every form ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("early", [False, True])
def test_every_form_ends_as_it_says_once_however_often_and_early_it_comes(db: Database, early: bool) -> None:
    for n, (name, text, sign) in enumerate(REPORTS):
        id = post(db, n)
        letter = claimed(db)
        assert letter.id == id
        if not early:
            assert sent(db, letter)
        raw = report(letter, text)
        told = Counter({sign.value if sign else NO_REPORT: 1}) if text.strip() else Counter()
        assert take(db, raw) == told, name
        again = Counter({KNOWN if sign else NO_REPORT: 1}) if text.strip() else Counter()
        assert take(db, raw) == again, name
        if early:  # the worker comes to write down that the letter was taken
            assert sent(db, letter) == (ENDS[sign] is LetterState.SENT), name
            assert take(db, raw) == again, name
        assert stored(db, id).state is ENDS[sign], name
        assert stored(db, id).sent_at is not None, name
        assert score(db, letter.to) == SCORES[sign], name


def test_forged_reports_change_nothing(db: Database) -> None:
    for n, (name, text, sign) in enumerate(REPORTS):
        post(db, n)
        letter = claimed(db)
        sent(db, letter)
        strange = "<" + "f" * 32 + "@example.org>"
        foreign = filled(text, return_path("bounce@example.org", letter.message_id, ("a secret of others",)), strange)
        unsigned = filled(text, f"bounce+{letter.message_id[1:33]}@example.org", strange)
        other = filled(text, return_path("bounce@example.org", strange, SECRETS), strange)
        for raw in (foreign, unsigned, other):
            assert take(db, raw) == (Counter({FORGED if sign else NO_REPORT: 1}) if text.strip() else {}), name
        assert stored(db, letter.id or 0).state is LetterState.SENT
        assert score(db, letter.to) is None


def test_reports_come_back_to_an_older_key_and_not_to_a_retired_one(sqlite: Database) -> None:
    post(sqlite, 1)
    letter = claimed(sqlite)
    sent(sqlite, letter)
    assert take(sqlite, report(letter, HARD, ("a retired secret",))) == {FORGED: 1}
    assert take(sqlite, report(letter, HARD, SECRETS[:1])) == {"hard": 1}


def test_a_whole_mailbox_in_any_order_with_copies_comes_to_the_same(db: Database) -> None:
    """Two readers' letters over some weeks."""
    texts = {1: HARD, 2: SOFT, 3: SOFT, 4: HARD, 5: SPAM, 6: dsn(about("delayed", "4.4.1"))}
    boxes = []
    for n, text in texts.items():
        post(db, n)
        letter = claimed(db)
        sent(db, letter)
        with db.write() as session:
            session.get_one(Letter, letter.id).to = f"reader{n % 2}@example.net"
        boxes += 2 * [b"From MAILER-DAEMON Tue Mar  3 08:00:00 2026\n" + report(letter, text) + b"\n"]
    random.Random(5).shuffle(boxes)
    done = take(db, b"".join(boxes))
    assert done == {"hard": 2, "soft": 2, "complaint": 1, KNOWN: 5, NO_REPORT: 2}
    assert score(db, "reader1@example.net") == 4
    assert score(db, "reader0@example.net") == 3


# -- what comes of it ------------------------------------------------------------------------------------------------


def test_a_question_that_bounces_stops_the_clock_and_the_coordinator_is_asked(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    [letter] = deliver(db)
    assert one(db, id).party("grace").deadline is not None
    assert take(db, report(letter, HARD)) == {"hard": 1}
    party = one(db, id).party("grace")
    assert (party.undeliverable, party.deadline) == (True, None)
    for day in range(2, 12):
        at(db, NOW + day * DAY)
    assert state(db, id) == "asking"
    assert len(mail(db, LetterKind.QUESTION_TO_MENTOR)) == 1
    assert mail(db, LetterKind.COORDINATOR_NEEDED)[0] == (LetterKind.COORDINATOR_NEEDED, "cleo@example.org")
    assert say(db, id, "grace", "yes", now=NOW + 12 * DAY)  # the link is still good, should it arrive after all


def test_a_late_bounce_leaves_the_clock_of_a_newer_question_alone(db: Database) -> None:
    enrol(db, ada(), grace(), henry())
    first, second = offer(db, "ada", "grace", "henry")
    [older] = deliver(db)
    pick(db, first, "ada")
    say(db, first, "grace", "no")
    [newer] = deliver(db)
    assert newer.kind is LetterKind.CHOOSE_AGAIN
    take(db, report(older, HARD))
    party = one(db, second).party("ada")
    assert party.deadline
    assert not party.undeliverable
    take(db, report(newer, HARD))
    assert one(db, second).party("ada").undeliverable


def test_a_bounce_after_the_answer_changes_no_answer(db: Database) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    [letter] = deliver(db)
    say(db, id, "grace", "yes")
    take(db, report(letter, HARD))
    assert one(db, id).party("grace").said_yes
    assert not one(db, id).party("grace").undeliverable


def test_a_question_that_bounces_before_it_is_noted_as_sent_is_not_asked_again(db: Database) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    letter = claimed(db)
    take(db, report(letter, HARD), NOW)
    assert not sent(db, letter)
    at(db, NOW + timedelta(minutes=5))
    assert one(db, id).party("grace").undeliverable
    assert len(mail(db, LetterKind.QUESTION_TO_MENTOR)) == 1


def test_a_final_state_is_never_left(db: Database) -> None:
    id = post(db, 1)
    letter = claimed(db)
    with db.write() as session:
        assert outbox.mark_failed(session, id, "w1", 1, trouble="550")
    take(db, report(letter, HARD))
    assert stored(db, id).state is LetterState.FAILED
    other = post(db, 2)
    letter = claimed(db)
    sent(db, letter)
    take(db, report(letter, SPAM))
    take(db, report(letter, HARD))
    assert stored(db, other).state is LetterState.COMPLAINED


def test_a_bounce_about_somebody_who_was_erased_leaves_no_trace_of_them(db: Database) -> None:
    id = post(db, 1)
    letter = claimed(db)
    sent(db, letter)
    with db.write() as session:
        outbox.empty(session, session.get_one(Letter, id), "the person was erased", keep_address=False)
    take(db, report(letter, HARD))
    assert stored(db, id).to == ""
    assert score(db, "") is None


def test_a_stopped_address_takes_letters_again_after_a_fresh_confirmation(db: Database) -> None:
    """The open question is written once more then."""
    by = cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    [letter] = deliver(db)
    take(db, report(letter, SPAM))
    with db.read() as session:
        assert [person.id for person, _ in suppression.stopped_people(session)] == ["grace"]
    signup.update_profile(db, "grace", {"name": "Grace H."}, vocabulary=VOCABULARY, links=LINKS, now=LATER)
    ask_again(db, "grace", by=by, links=LINKS, now=LATER)
    confirmation = next(each for each in deliver(db, LATER) if each.kind is LetterKind.CONFIRM_ADDRESS)
    assert confirmation.to == "grace@example.org"
    signup.confirm(db, str(confirmation.facts["url"]).rpartition("/")[2], now=LATER)
    with db.read() as session:
        assert suppression.stopped_people(session) == []
    assert one(db, id).party("grace").is_open


def test_a_bounced_question_is_written_again_when_the_address_was_confirmed_anew(db: Database) -> None:
    by = cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    db.transact(suppression.suppress, "grace@example.org", "refused: 550", NOW)
    deliver(db, NOW + DAY)
    assert one(db, id).party("grace").undeliverable
    ask_again(db, "grace", by=by, links=LINKS, now=LATER)
    [confirmation] = deliver(db, LATER)
    signup.confirm(db, str(confirmation.facts["url"]).rpartition("/")[2], now=LATER)
    at(db, LATER + timedelta(minutes=1))
    assert [each.kind for each in deliver(db, LATER + timedelta(minutes=1))] == [LetterKind.QUESTION_TO_MENTOR]
    assert one(db, id).party("grace").deadline is not None


@pytest.mark.parametrize("refused", [True, False])
def test_contacts_are_sent_once_more_when_the_address_was_confirmed_anew(db: Database, refused: bool) -> None:
    by = cleo(db)
    enrol(db, ada(), grace())
    introduced(db, "ada", "grace")
    if not refused:
        db.transact(suppression.suppress, "grace@example.org", "refused: 550", NOW)
    with db.write() as session:
        while (letter := outbox.claim_next(session, "w1", NOW + DAY)) is not None:
            fate = (letter.id or 0, "w1", letter.attempts)
            if letter.to == "grace@example.org":
                outbox.mark_failed(session, *fate, trouble="550 nobody here")
            else:
                outbox.mark_sent(session, *fate, NOW + DAY)
    if refused:
        db.transact(suppression.suppress, "grace@example.org", "refused: 550", NOW + DAY)
    at(db, NOW + DAY)
    assert not deliver(db, NOW + DAY)
    ask_again(db, "grace", by=by, links=LINKS, now=LATER)
    [confirmation] = deliver(db, LATER)
    signup.confirm(db, str(confirmation.facts["url"]).rpartition("/")[2], now=LATER)
    for _ in range(2):
        at(db, LATER)
    assert [(each.kind, each.to) for each in deliver(db, LATER)] == [(LetterKind.INTRODUCTION, "grace@example.org")]


# -- an eye on the mail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["refused", "too old", "bounced", "unreachable"])
def test_an_introduction_that_reached_one_side_only_is_told_to_the_coordinator_once(db: Database, end: str) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    introduced(db, "ada", "grace")
    now = NOW + timedelta(minutes=12)
    if end == "unreachable":
        db.transact(suppression.suppress, "grace@example.org", "refused: 550", now)
    if end == "too old":
        now += 5 * DAY
        assert not deliver(db, now)
    else:
        with db.write() as session:
            while (letter := outbox.claim_next(session, "w1", now)) is not None:
                about_it = (letter.id or 0, "w1", letter.attempts)
                if end == "refused" and letter.to == "grace@example.org":
                    outbox.mark_failed(session, *about_it, trouble="550 5.6.0 no")
                else:
                    outbox.mark_sent(session, *about_it, now)
    if end == "bounced":
        with db.read() as session:
            to_grace = tracking.to_person(session, "grace")[-1]
        assert to_grace.kind is LetterKind.INTRODUCTION
        take(db, report(to_grace, HARD), now)
    told = []
    for hour in range(3):
        watch.look(db, links=LINKS, now=now + hour * timedelta(hours=12))
        told += deliver(db, now + hour * timedelta(hours=12))
    lost = 2 if end == "too old" else 1
    assert [(letter.to, letter.facts["what"]) for letter in told] == lost * [("cleo@example.org", "introduction_lost")]


def test_late_mail_is_told_by_a_letter_that_leaves_with_the_rest(db: Database) -> None:
    cleo(db)
    post(db, 1)
    watch.look(db, links=LINKS, now=NOW + timedelta(minutes=14))
    assert mail(db, LetterKind.COORDINATOR_NEEDED) == []
    for minute in range(16, 40):
        watch.look(db, links=LINKS, now=NOW + timedelta(minutes=minute))
    told = [letter for letter in deliver(db, NOW + timedelta(hours=1)) if letter.kind is LetterKind.COORDINATOR_NEEDED]
    assert [letter.facts["what"] for letter in told] == ["mail_late"]
