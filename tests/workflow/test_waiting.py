"""The waiting list says what is known, and no more."""

from datetime import timedelta

from matcher.storage import introductions
from matcher.storage.database import Database
from matcher.workflow import signup, waiting
from matcher.workflow.waiting import Wait
from tests.cast import LINKS, NOW, ada, ben, dora, enrol, grace, person
from tests.stories import DAY, introduced, offer

GOAL = "goal.explore_role"
OTHER = "goal.first_months"


def test_the_place_in_line_counts_those_with_the_same_goal_who_wait_longer(db: Database) -> None:
    enrol(db, ada(goals=GOAL), now=NOW)
    enrol(db, dora(goals=OTHER), now=NOW + DAY)
    enrol(db, ben(goals=GOAL), now=NOW + 2 * DAY)
    assert waiting.wait_of(db, "ada", now=NOW + 3 * DAY) == Wait(1, None)
    assert waiting.wait_of(db, "dora", now=NOW + 3 * DAY) == Wait(1, None)
    assert waiting.wait_of(db, "ben", now=NOW + 3 * DAY) == Wait(2, None)
    signup.pause(db, "ada", links=LINKS, now=NOW + 3 * DAY)
    assert waiting.wait_of(db, "ada", now=NOW + 3 * DAY) is None
    assert waiting.wait_of(db, "ben", now=NOW + 3 * DAY) == Wait(1, None)


def test_whoever_is_offered_somebody_or_mentors_does_not_wait(db: Database) -> None:
    enrol(db, ada(), grace())
    assert waiting.wait_of(db, "grace", now=NOW) is None
    offer(db, "ada", "grace")
    assert waiting.wait_of(db, "ada", now=NOW) is None


def test_the_wait_is_the_median_of_five_at_least_and_of_the_last_half_year(db: Database) -> None:
    mentees = [person(f"m{n}", "mentee", goals=GOAL, seeks_skills="skill.safety_planning") for n in range(5)]
    enrol(db, *mentees, grace(capacity="5"), now=NOW)
    for n, days in enumerate((2, 4, 10, 30)):
        introduced(db, f"m{n}", "grace", now=NOW + days * DAY)
    enrol(db, ada(goals=GOAL), dora(goals=OTHER), now=NOW + 30 * DAY)
    assert waiting.wait_of(db, "ada", now=NOW + 31 * DAY) == Wait(2, None)
    introduced(db, "m4", "grace", now=NOW + 40 * DAY)
    assert waiting.wait_of(db, "ada", now=NOW + 41 * DAY) == Wait(1, 10)
    assert waiting.wait_of(db, "dora", now=NOW + 41 * DAY) == Wait(1, None)
    assert waiting.wait_of(db, "ada", now=NOW + 183 * DAY) == Wait(1, None)


def test_after_a_conversation_the_wait_begins_at_its_end(db: Database) -> None:
    enrol(db, ada(goals=GOAL), ben(goals=GOAL), grace(), now=NOW)
    id = introduced(db, "ada", "grace")
    with db.write() as session:
        act, who = introductions.Act.WITHDRAW, introductions.Who.SYSTEM
        introductions.step(session, introductions.get(session, id), act, who, NOW + timedelta(days=9), reason="left")
    assert waiting.wait_of(db, "ada", now=NOW + 10 * DAY) == Wait(2, None)
    assert waiting.wait_of(db, "ben", now=NOW + 10 * DAY) == Wait(1, None)
