"""R-14: what is planted is found, and where nothing is wrong nothing is said."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from matcher.domain.letters import LetterKind
from matcher.storage import upkeep
from matcher.storage.database import Database
from matcher.workflow import access, people, signup
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace, henry, ines
from tests.stories import DAY, ask, at, check_invariants, deliver, introduced, mail

LATER = NOW + timedelta(hours=3)

PLANTED = {
    "places taken": "UPDATE participants SET used = 0 WHERE id = 'grace'",
    "other sides": "DELETE FROM parties WHERE participant_id = 'ada' AND introduction_id = 1",
    "in the log": "UPDATE introductions SET state = 'active', active_at = introduced_at WHERE id = 1",
    "other answers": "UPDATE parties SET epoch = 7 WHERE introduction_id = 1",
    "who said yes": "UPDATE parties SET answer = 'pending' WHERE participant_id = 'ada' AND introduction_id = 1",
    "everybody has answered": "UPDATE parties SET answer = 'yes', answered_at = asked_at WHERE introduction_id = 2",
    "an answer without its time": "UPDATE parties SET answered_at = NULL WHERE introduction_id = 1",
    "who has left": "UPDATE participants SET status = 'left' WHERE id = 'grace'",
    "without its time": "UPDATE introductions SET introduced_at = NULL WHERE id = 1",
    "sent no question": "DELETE FROM letters WHERE participant_id = 'henry'",
    "something personal": "UPDATE participants SET name = 'Dora' WHERE id = 'dora'",
    "nobody who sends": "UPDATE letters SET sent_at = NULL WHERE state = 'sent'",
    "opens an account": "UPDATE letters SET raw = 'x' WHERE kind = 'sign_in'",
}


@pytest.fixture
def story(db: Database) -> Database:
    """A pair that met, one that is asked, somebody who was erased, a letter to sign in with."""
    cleo(db)
    enrol(db, ada(), ben(), dora(), grace(), henry(), ines())
    assert introduced(db, "ada", "grace") == 1
    access.request_sign_in(db, "ada@example.org", links=LINKS, now=NOW)
    deliver(db, NOW + timedelta(minutes=1))
    ask(db, "ben", "henry")
    signup.pause(db, "ines", links=LINKS, now=NOW)
    people.erase(db, "dora", by="cleo", links=LINKS, now=NOW)
    return db


def test_a_clean_database_is_clean(story: Database) -> None:
    check_invariants(story)
    for hours in (1, 30, 200, 400):
        deliver(story, NOW + timedelta(hours=hours))
        at(story, NOW + timedelta(hours=hours))
        with story.read() as session:
            assert upkeep.inconsistencies(session, NOW + timedelta(hours=hours)) == []


@pytest.mark.parametrize("words", PLANTED)
def test_what_is_planted_is_found(story: Database, words: str) -> None:
    sentence = PLANTED[words]
    if story.engine.dialect.name == "postgresql":
        sentence = sentence.replace("raw = 'x'", "raw = 'x'::bytea")
    with story.write() as session:
        session.execute(text(sentence))
    with story.read() as session:
        found = upkeep.inconsistencies(session, LATER)
    assert any(words in each for each in found), found


def test_the_clock_tells_the_coordinators_once_a_day(story: Database, caplog: pytest.LogCaptureFixture) -> None:
    with story.write() as session:
        session.execute(text(PLANTED["places taken"]))
    for hours in (0, 1, 2):
        at(story, NOW + DAY + timedelta(hours=hours))
    assert "grace has 0 places taken and 1 introductions that hold one" in caplog.text
    assert len(mail(story, LetterKind.COORDINATOR_NEEDED)) == 1
