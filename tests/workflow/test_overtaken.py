"""Letters that wait while things move on: what leaves says how they stand then, once (R-18)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from matcher.domain.introductions import Introduction
from matcher.domain.letters import Letter, LetterKind
from matcher.storage.database import Database
from matcher.workflow import answers, signup, tell_me_more
from tests.cast import LINKS, NOW, ada, ben, cleo, enrol, grace, henry
from tests.stories import DAY, VOCABULARY, ask, at, deliver, mail, offer, one, pick, say

K = LetterKind
HOUR = timedelta(hours=1)


def reminded(db: Database, who: str, day: int = 3) -> None:
    """A reminder waits for the end of the hours in which its reader is left in peace."""
    deliver(db)
    signup.keep_quiet_hours(db, who, (9, 12), now=NOW + DAY)
    at(db, NOW + day * DAY)
    assert (K.REMINDER, f"{who}@example.org") in mail(db)


def afterwards(db: Database, who: str, day: int = 3) -> list[Letter]:
    """What leaves for somebody in the hours after; the clock looks every hour."""
    sent: list[Letter] = []
    for hour in range(2, 8):
        sent += deliver(db, NOW + day * DAY + hour * HOUR)
        at(db, NOW + day * DAY + hour * HOUR)
    return [letter for letter in sent if letter.participant_id == who]


def choose(db: Database) -> str:
    _, second = offer(db, "ada", "grace", "henry")
    reminded(db, "ada")
    pick(db, second, "ada", now=NOW + 3 * DAY + HOUR)
    return "ada"


def wonder(db: Database) -> str:
    id = ask(db, "ada", "grace")
    reminded(db, "grace")
    say(db, id, "grace", "more", question="When?", now=NOW + 3 * DAY + HOUR)
    return "grace"


@pytest.mark.parametrize("act", [choose, wonder])
def test_nobody_is_reminded_of_what_they_have_done(db: Database, act: Callable[[Database], str]) -> None:
    cleo(db)
    enrol(db, ada(), grace(), henry())
    who = act(db)
    assert K.REMINDER not in [letter.kind for letter in afterwards(db, who)]


def test_a_question_that_waited_for_an_answer_is_called_to_mind_again(db: Database) -> None:
    by = cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    reminded(db, "grace")
    say(db, id, "grace", "more", question="When?", now=NOW + 3 * DAY + HOUR)
    assert not afterwards(db, "grace")
    tell_me_more.tell(db, id, "grace", "On Mondays.", by=by, links=LINKS, now=NOW + 4 * DAY)
    deliver(db, NOW + 4 * DAY)
    at(db, NOW + 7 * DAY)
    assert [letter.kind for letter in afterwards(db, "grace", 7)] == [K.REMINDER]


def deadline(introduction: Introduction, who: str) -> str:
    found = introduction.party(who).deadline
    assert found is not None
    return found.isoformat()


def test_a_reminder_names_the_time_that_was_given_since(db: Database) -> None:
    by = cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    reminded(db, "grace", 6)
    answers.extend(db, id, "grace", by=by, now=NOW + 6 * DAY + HOUR)
    sent = afterwards(db, "grace", 6)
    assert [(letter.kind, letter.facts["deadline"]) for letter in sent] == [
        (K.REMINDER, deadline(one(db, id), "grace"))
    ]


def test_a_reminder_of_two_questions_is_written_anew_when_one_is_answered(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), ben(), grace(capacity="2"))
    first, second = ask(db, "ada", "grace"), ask(db, "ben", "grace")
    reminded(db, "grace")
    say(db, first, "grace", "yes", now=NOW + 3 * DAY + HOUR)
    [letter] = afterwards(db, "grace")
    assert (letter.kind, letter.introduction_id, letter.facts["further"]) == (K.REMINDER, second, [])


def test_a_letter_lists_only_who_can_be_chosen(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace(), henry())
    _, second = offer(db, "ada", "grace", "henry")
    signup.leave(db, "grace", links=LINKS, now=NOW)
    assert [letter.concerns for letter in afterwards(db, "ada", 0)] == [[second]]


def test_somebody_without_room_is_no_reason_to_write_again_and_again(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), ben(), grace(), henry(capacity="1"))
    first, _ = offer(db, "ada", "grace", "henry")
    [other] = offer(db, "ben", "henry")
    pick(db, other, "ben")
    signup.update_profile(db, "ada", {"email": "ada@new.example"}, vocabulary=VOCABULARY, links=LINKS, now=NOW)
    [token] = [str(each.facts["url"]).rpartition("/")[2] for each in deliver(db) if each.kind is K.CONFIRM_ADDRESS]
    signup.confirm(db, token, now=NOW)
    assert [letter.concerns for letter in afterwards(db, "ada", 0)] == [[first]]
