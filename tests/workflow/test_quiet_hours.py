"""R-27: what can wait keeps the hours in which somebody is left in peace, and comes seldom."""

from collections import Counter
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from matcher.domain.introductions import NotAllowed
from matcher.domain.letters import Composed, Letter, LetterKind, LetterState
from matcher.storage import outbox
from matcher.storage.database import Database
from matcher.workflow import access, signup
from tests.cast import LINKS, NOW, ada, enrol, grace
from tests.stories import DAY, ask, at, deliver, one, person

K = LetterKind
HOUR = timedelta(hours=1)
NIGHT = NOW + 12 * HOUR
"""Ten in the evening in New York."""


def post(db: Database, n: int, kind: LetterKind, **how: object) -> int:
    """A letter to Grace."""

    def put(session: outbox.Session) -> int:
        letter = Letter(kind=kind, key=f"{kind}:{n}", to="grace@example.org", participant_id="grace", **how)
        return outbox.post(session, letter, Composed("", f"<{n}@example.org>", b"x"), NOW).id or 0

    return db.transact(put)


def stored(db: Database, id: int) -> Letter:
    with db.read() as session:
        return session.get_one(Letter, id)


def test_after_an_outage_at_night_only_what_somebody_waits_for_leaves(db: Database) -> None:
    enrol(db, ada(), grace())
    ask(db, "ada", "grace")
    access.request_sign_in(db, "grace@example.org", links=LINKS, now=NIGHT)
    assert [each.kind for each in deliver(db, NIGHT)] == [K.SIGN_IN]
    assert deliver(db, NOW + 22 * HOUR - timedelta(seconds=1)) == []
    [letter] = deliver(db, NOW + 22 * HOUR)
    assert (letter.kind, letter.attempts) == (K.QUESTION_TO_MENTOR, 1)


def test_whoever_works_at_night_is_left_in_peace_by_day(db: Database) -> None:
    enrol(db, ada(), grace())
    signup.keep_quiet_hours(db, "grace", (8, 16), now=NOW)
    id = ask(db, "ada", "grace")
    assert deliver(db, NOW) == []
    at(db, NOW + HOUR)
    assert deliver(db, NOW + 5 * HOUR) == []
    assert [each.kind for each in deliver(db, NOW + 6 * HOUR)] == [K.QUESTION_TO_MENTOR]
    assert one(db, id).party("grace").deadline == NOW + 6 * HOUR + 7 * DAY
    signup.keep_quiet_hours(db, "grace", None, now=NOW)
    assert (person(db, "grace").quiet_from, person(db, "grace").quiet_until) == (None, None)


@pytest.mark.parametrize("window", [(24, 3), (-1, 3), (3, 99)])
def test_hours_that_no_clock_shows_are_refused(sqlite: Database, window: tuple[int, int]) -> None:
    enrol(sqlite, grace())
    with pytest.raises(NotAllowed):
        signup.keep_quiet_hours(sqlite, "grace", window, now=NOW)


def test_one_a_day_and_three_a_week_however_many_there_are(db: Database) -> None:
    enrol(db, grace())
    for n in range(9):
        post(db, n, [K.REMINDER, K.CHECK_IN, K.FIRST_CONTACT_CHECK][n % 3], not_after=NOW + 20 * DAY)
    days: Counter[date] = Counter()
    for hour in range(0, 24 * 24, 2):
        now = NOW + hour * HOUR
        local = now.astimezone(ZoneInfo("America/New_York"))
        sent = deliver(db, now)
        assert not sent or 8 <= local.hour < 20
        days[local.date()] += len(sent)
    assert max(days.values()) == 1
    each_day = sorted(days)
    assert all(sum(days[day] for day in each_day[n : n + 7]) <= 3 for n in range(len(each_day)))
    assert sum(days.values()) == 9


def test_a_reminder_that_would_come_too_late_is_cancelled_and_stops_no_clock(db: Database) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    deliver(db)
    post(db, 1, K.CHECK_IN)
    deliver(db)
    late = post(db, 2, K.REMINDER, introduction_id=id, epoch=1, not_after=NOW + HOUR)
    assert deliver(db) == []
    assert (stored(db, late).state, stored(db, late).trouble) == (
        LetterState.CANCELLED,
        "it would have come too late",
    )
    assert not one(db, id).party("grace").undeliverable
