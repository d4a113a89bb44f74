"""The first meeting of a pair: proposed, agreed, moved, cancelled, and gone with the introduction; both engines."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from matcher.domain.introductions import NotAllowed, NotFound, Overtaken
from matcher.domain.letters import Letter, LetterKind, LetterState
from matcher.domain.meetings import MeetingState
from matcher.storage.database import Database
from matcher.storage.mapping import letters, meetings
from matcher.workflow import answers, outcomes, people
from matcher.workflow import meetings as workflow
from tests.cast import LINKS, NOW, ada, ben, cleo, enrol, grace, henry
from tests.mail.calendar_reading import event
from tests.mail.reading import parsed
from tests.stories import agreed, check_invariants, deliver, introduced, one

LATER = NOW + timedelta(minutes=11)
THURSDAY = datetime(2026, 3, 5, 23, 0, tzinfo=UTC)


@pytest.fixture
def cast(db: Database) -> Database:
    """Everybody is there."""
    cleo(db)
    enrol(db, ada(), ben(), grace(), henry())
    return db


@pytest.fixture
def pair(cast: Database) -> tuple[Database, int]:
    """Ada and Grace, who know each other; what was written before has left."""
    id = introduced(cast, "ada", "grace")
    deliver(cast, LATER)
    return cast, id


def propose(db: Database, id: int, who: str, at: datetime = THURSDAY, *, place: str = "", minutes: int = 45) -> None:
    version = workflow.shown(db, id, who).version
    workflow.propose(db, id, who, starts_at=at, minutes=minutes, place=place, version=version, links=LINKS, now=LATER)


def agree(db: Database, id: int, who: str, version: int | None = None) -> None:
    seen = workflow.shown(db, id, who).version if version is None else version
    workflow.agree(db, id, who, version=seen, links=LINKS, now=LATER)


def cancel(db: Database, id: int, who: str) -> None:
    workflow.cancel(db, id, who, version=workflow.shown(db, id, who).version, links=LINKS, now=LATER)


def entries(db: Database, to: str) -> list[tuple[str, int, str, str]]:
    """(method, sequence, status, start) of every entry that waits for or has reached somebody, oldest first."""
    with db.read() as session:
        found = session.scalars(
            select(Letter)
            .where(letters.c.to == f"{to}@example.org", letters.c.kind.in_(("meeting", "meeting_cancelled")))
            .where(letters.c.state != LetterState.CANCELLED)
            .order_by(letters.c.id)
        )
        raws = [each.raw for each in found if each.raw]  # what tells of somebody erased is empty
    told = []
    for raw in raws:
        [calendar] = [each for each in parsed(raw).walk() if each.get_content_type() == "text/calendar"]
        content = calendar.get_payload(decode=True)
        assert isinstance(content, bytes)
        method, properties, _ = event(content)
        assert properties["UID"].value.endswith("@mentoring.example.org")
        told.append(
            (method, int(properties["SEQUENCE"].value), properties["STATUS"].value, properties["DTSTART"].value)
        )
    return told


def test_proposed_agreed_moved_and_cancelled_in_both_calendars(pair: tuple[Database, int]) -> None:
    db, id = pair
    propose(db, id, "ada", place=" by\n telephone ")
    seen = workflow.shown(db, id, "grace")
    assert (seen.starts_at, seen.place, seen.my_turn, seen.other_name) == (THURSDAY, "by telephone", True, "Ada")
    deliver(db, LATER)
    agree(db, id, "grace")
    assert workflow.shown(db, id, "ada").state is MeetingState.AGREED
    deliver(db, LATER)
    propose(db, id, "grace", THURSDAY + timedelta(days=1))
    assert workflow.shown(db, id, "ada").my_turn
    deliver(db, LATER)
    cancel(db, id, "ada")
    for who in ("ada", "grace"):
        assert entries(db, who) == [
            ("REQUEST", 0, "TENTATIVE", "20260305T230000Z"),
            ("REQUEST", 1, "CONFIRMED", "20260305T230000Z"),
            ("REQUEST", 2, "TENTATIVE", "20260306T230000Z"),
            ("CANCEL", 3, "CANCELLED", "20260306T230000Z"),
        ]
    propose(db, id, "ada")
    assert entries(db, "grace")[-1] == ("REQUEST", 4, "TENTATIVE", "20260305T230000Z")
    check_invariants(db)


def test_pressing_twice_changes_nothing(pair: tuple[Database, int]) -> None:
    db, id = pair
    for _ in range(3):
        workflow.propose(db, id, "ada", starts_at=THURSDAY, minutes=45, place="", version=0, links=LINKS, now=LATER)
    for _ in range(3):
        agree(db, id, "grace", version=1)
    before = workflow.shown(db, id, "ada").version
    for _ in range(3):
        workflow.cancel(db, id, "grace", version=before, links=LINKS, now=LATER)
    with db.read() as session:
        assert session.execute(select(meetings.c.sequence, meetings.c.version)).one() == (2, 3)


def test_nobody_agrees_to_a_time_they_have_not_seen(pair: tuple[Database, int]) -> None:
    db, id = pair
    propose(db, id, "ada")
    seen = workflow.shown(db, id, "grace").version
    propose(db, id, "ada", THURSDAY + timedelta(hours=1))
    with pytest.raises(Overtaken):
        agree(db, id, "grace", version=seen)
    with pytest.raises(NotAllowed, match="nothing to agree"):
        agree(db, id, "ada")
    assert [each[1] for each in entries(db, "grace")] == [1]  # the first letter had not left, and never does


def test_two_who_propose_at_once_end_with_one_time(pair: tuple[Database, int]) -> None:
    db, id = pair
    together, lost = threading.Barrier(2), []

    def one_side(who: str, hours: int) -> None:
        together.wait()
        try:
            workflow.propose(
                db,
                id,
                who,
                starts_at=THURSDAY + timedelta(hours=hours),
                minutes=45,
                place="",
                version=0,
                links=LINKS,
                now=LATER,
            )
        except Overtaken:
            lost.append(who)

    sides = [threading.Thread(target=one_side, args=(who, n)) for n, who in enumerate(("ada", "grace"))]
    for side in sides:
        side.start()
    for side in sides:
        side.join()
    assert len(lost) == 1
    [winner] = {"ada", "grace"} - set(lost)
    assert workflow.shown(db, id, winner).mine
    assert [each[1] for each in entries(db, "ada")] == [0]
    check_invariants(db)


def test_only_the_two_and_only_once_they_know_each_other(cast: Database) -> None:
    other = introduced(cast, "ben", "henry")
    id = agreed(cast, "ada", "grace")
    with pytest.raises(NotFound):
        workflow.shown(cast, id, "ada")
    with pytest.raises(NotFound):
        workflow.propose(cast, id, "ada", starts_at=THURSDAY, minutes=45, place="", version=0, links=LINKS, now=NOW)
    for stranger in ("ada", "grace"):
        with pytest.raises(NotFound):
            workflow.shown(cast, other, stranger)


def test_a_time_that_is_over_or_far_away_is_refused(pair: tuple[Database, int]) -> None:
    db, id = pair
    for at in (LATER, LATER - timedelta(days=1), LATER + timedelta(days=366)):
        with pytest.raises(NotAllowed, match="in the future, within a year"):
            propose(db, id, "ada", at)
    with pytest.raises(NotAllowed, match="how long"):
        propose(db, id, "ada", minutes=44)
    propose(db, id, "ada")
    with pytest.raises(NotAllowed, match="over"):
        workflow.agree(db, id, "grace", version=1, links=LINKS, now=THURSDAY)


@pytest.mark.parametrize("how", ["closed", "concern", "erased"])
def test_when_the_introduction_ends_the_meeting_leaves_the_calendars(pair: tuple[Database, int], how: str) -> None:
    db, id = pair
    propose(db, id, "ada", place="at the harbour")
    agree(db, id, "grace")
    deliver(db, LATER)
    if how == "closed":
        outcomes.close(db, id, outcome="other", links=LINKS, now=LATER, participant_id="ada")
    elif how == "concern":
        answers.concern(db, id, "ada", reason=None, links=LINKS, now=LATER)
    else:
        people.erase(db, "ada", by="ada", links=LINKS, now=LATER)
    sent = deliver(db, LATER)
    told = {letter.to for letter in sent if letter.kind is LetterKind.MEETING_CANCELLED}
    assert told == {"grace@example.org"} | ({"ada@example.org"} if how != "erased" else set())
    assert entries(db, "grace")[-1][:3] == ("CANCEL", 2, "CANCELLED")
    with db.read() as session:
        [row] = session.execute(select(meetings.c.state)).all() or [(None,)]
        assert row[0] == (None if how == "erased" else "cancelled")
        if how == "erased":
            kept = session.scalars(select(Letter).where(letters.c.introduction_id == id)).all()
            last = [each for each in kept if each.kind is LetterKind.MEETING_CANCELLED]
            assert not any(b"Ada" in (each.raw or b"") or "harbour" in str(each.facts) for each in kept)
            assert len(last) == 1
    with pytest.raises(NotFound):
        workflow.shown(db, id, "grace")


def test_one_record_for_each_change_and_the_download_tells_the_time(pair: tuple[Database, int]) -> None:
    db, id = pair
    version = one(db, id).version or 0
    propose(db, id, "ada")
    agree(db, id, "grace")
    assert (one(db, id).version or 0) == version + 2
    told = people.export_person(db, "ada", now=LATER)["introductions"]
    assert told[0]["meeting"]["state"] == "agreed"  # type: ignore[index]


def test_a_meeting_that_was_cancelled_right_before_the_end_leaves_the_calendars(pair: tuple[Database, int]) -> None:
    db, id = pair
    propose(db, id, "ada")
    agree(db, id, "grace")
    deliver(db, LATER)
    cancel(db, id, "ada")
    outcomes.close(db, id, outcome="other", links=LINKS, now=LATER, participant_id="ada")
    told = [letter.to for letter in deliver(db, LATER) if letter.kind is LetterKind.MEETING_CANCELLED]
    assert sorted(told) == ["ada@example.org", "grace@example.org"]
