"""One pair's way from the round to the closing, in the mode choose."""

from datetime import datetime, timedelta

from matcher.domain.introductions import State
from matcher.domain.letters import Links
from matcher.domain.vocabulary import Vocabulary
from matcher.storage import introductions, tracking
from matcher.storage.database import Database
from matcher.workflow import answers, matching, outcomes, review
from matcher.workflow.clock import tick
from tests.cast import ada, ben, cleo, enrol, grace, henry


def test_from_the_round_to_the_closing(db: Database, vocabulary: Vocabulary, links: Links, now: datetime) -> None:
    by = cleo(db)
    enrol(db, ada(), ben(), grace(), henry())
    asked = matching.request_round(db, by=by, now=now)
    heard: list[float] = []
    found = matching.run_round(db, asked, vocabulary=vocabulary, now=now, progress=lambda part, _: heard.append(part))
    assert found.certificate["matched"] == 2
    assert heard[-1] == 1.0
    done = review.publish(db, asked, by=by, vocabulary=vocabulary, links=links, now=now)
    assert done.approved
    assert not done.refused
    with db.read() as session:
        offered = introductions.offered_to(session, "ada")
        sent = [letter.kind for letter in tracking.waiting(session)]
    assert sent.count("suggestions") == 2
    picked = answers.pick(db, offered[0].id, "ada", vocabulary=vocabulary, links=links, now=now)
    assert picked == answers.Picked(offered[0].id)
    mentor = offered[0].mentor_id
    said = answers.answer(db, offered[0].id, mentor, "yes", vocabulary=vocabulary, links=links, now=now)
    assert said.state is State.AGREED
    assert said.undo_until == now + timedelta(minutes=10)
    assert tick(db, now=now + timedelta(minutes=9), vocabulary=vocabulary, links=links).introduced == 0
    assert tick(db, now=now + timedelta(minutes=11), vocabulary=vocabulary, links=links).introduced == 1
    later = now + timedelta(days=3)
    assert outcomes.first_contact(db, offered[0].id, "ada", happened=True, links=links, now=later) is State.ACTIVE
    outcomes.close(db, offered[0].id, outcome="goals_reached", participant_id="ada", links=links, now=later)
    with db.read() as session:
        ended = introductions.get(session, offered[0].id)
        assert ended.state is State.CLOSED
        assert introductions.of_person(session, "ada", [State.OFFERED]) == []
