"""The answer to "tell me more" is kept, and reaches whoever asked though its letter is lost."""

from collections.abc import Callable

import pytest

from matcher.domain.introductions import Asks, State
from matcher.domain.letters import Letter, LetterKind
from matcher.storage import tracking
from matcher.storage.database import Database
from matcher.workflow import desk, overview, people, signup, tell_me_more
from tests.cast import LINKS, NOW, ada, cleo, dora, enrol, grace, henry
from tests.stories import DAY, VOCABULARY, ask, at, check_invariants, deliver, offer, one, say, state

K = LetterKind
ANSWER = "On Mondays."


def told(db: Database, id: int, who: str) -> None:
    """Somebody has asked the coordinator, whose answer waits to be sent."""
    deliver(db)
    say(db, id, who, "more", question="When?")
    tell_me_more.tell(db, id, who, ANSWER, by="cleo", links=LINKS, now=NOW)


def weeks(db: Database) -> list[Letter]:
    """What leaves in two weeks, in which every clock runs out."""
    sent: list[Letter] = []
    for day in range(15):
        at(db, NOW + day * DAY + DAY / 24)
        sent += deliver(db, NOW + day * DAY + DAY / 24)
    return sent


def answers_in(sent: list[Letter]) -> list[str]:
    """The answers that arrived."""
    return [str(letter.facts["answer"]) for letter in sent if letter.kind is K.TELL_ME_MORE_ANSWER]


def cancel(db: Database, kind: K) -> None:
    """The coordinator takes the waiting letter of a kind back."""
    with db.read() as session:
        [letter] = [letter for letter in tracking.waiting(session) if letter.kind is kind]
    desk.cancel_letter(db, letter.id or 0, by="cleo", now=NOW)


def test_an_answer_that_is_taken_back_waits_at_the_desk_until_it_is_sent_after_all(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    told(db, id, "grace")
    cancel(db, K.TELL_ME_MORE_ANSWER)
    assert one(db, id).party("grace").taken_back
    desk.ask_anew(db, id, "grace", by="cleo", now=NOW)
    assert answers_in(weeks(db)) == [ANSWER]
    assert state(db, id) is State.EXPIRED
    check_invariants(db)


def spell_otherwise(db: Database) -> None:
    signup.update_profile(db, "grace", {"email": "Grace@Example.org"}, vocabulary=VOCABULARY, links=LINKS, now=NOW)


def move(db: Database) -> None:
    how: dict = {"vocabulary": VOCABULARY, "links": LINKS, "now": NOW}
    signup.update_profile(db, "grace", {"email": "grace@new.example"}, **how)
    [token] = [str(each.facts["url"]).rpartition("/")[2] for each in deliver(db) if each.kind is K.CONFIRM_ADDRESS]
    signup.confirm(db, token, now=NOW)


@pytest.mark.parametrize("change", [spell_otherwise, move])
def test_an_answer_survives_a_change_of_address(db: Database, change: Callable[[Database], None]) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    told(db, id, "grace")
    change(db)
    assert answers_in(weeks(db)) == [ANSWER]
    assert state(db, id) is State.EXPIRED


def test_an_answer_about_one_offer_survives_the_end_of_another(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace(), henry())
    first, second = offer(db, "ada", "grace", "henry")
    told(db, second, "ada")
    people.erase(db, "grace", by="grace", links=LINKS, now=NOW)
    assert answers_in(weeks(db)) == [ANSWER]
    assert (state(db, first), state(db, second)) == (State.VOID, State.EXPIRED)
    check_invariants(db)


def test_who_answered_is_told_apart_and_nobody_reads_what_was_told_to_the_other(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace(), dora())
    id = ask(db, "ada", "grace", order="both")
    told(db, id, "grace")

    def seen() -> tuple[str, Asks | None]:
        found = overview.matter(db, id, "grace", vocabulary=VOCABULARY, language="en", now=NOW)
        return found.reply, found.replied_by

    assert seen() == (ANSWER, Asks.COORDINATOR)
    [mine] = people.export_person(db, "grace", now=NOW)["introductions"]  # type: ignore[misc]
    [theirs] = people.export_person(db, "ada", now=NOW)["introductions"]  # type: ignore[misc]
    assert mine["answer_of_the_coordinator"] == ANSWER
    assert ANSWER not in str(theirs)
    say(db, id, "grace", "more", question="And where?", asks=Asks.OTHER)
    tell_me_more.reply(db, id, "ada", "In the north.", links=LINKS, now=NOW)
    assert seen() == ("In the north.", Asks.OTHER)
