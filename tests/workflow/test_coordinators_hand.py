"""What a coordinator does to an introduction by hand: never on an old page, never with more effect than meant."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest

from matcher.domain.introductions import CONCERN, Act, NotAllowed, Outcome, Overtaken, State
from matcher.domain.letters import LetterKind
from matcher.storage import desk_introductions, desk_letters, desk_log, introductions, outbox
from matcher.storage.database import Database
from matcher.workflow import answers, desk, outcomes, tell_me_more
from tests.cast import LINKS, NOW, ada, cleo, enrol, grace, henry
from tests.stories import DAY, agreed, ask, at, check_invariants, deliver, introduced, offer, one, pick, say

Step = Callable[[Database, int, int], object]

WHILE_ASKED: dict[str, Step] = {
    "withdraw": lambda db, id, version: answers.withdraw(
        db, id, by="cleo", reason="They know each other.", links=LINKS, now=NOW, version=version
    ),
    "extend": lambda db, id, version: answers.extend(db, id, "grace", by="cleo", now=NOW, version=version),
    "tell_more": lambda db, id, version: tell_me_more.tell(
        db, id, "grace", "Days.", by="cleo", links=LINKS, now=NOW, version=version
    ),
    "answer": lambda db, id, version: say(db, id, "grace", "yes", by="cleo", reason="By telephone.", version=version),
}
ONCE_INTRODUCED: dict[str, Step] = {
    "confirm": lambda db, id, version: outcomes.confirm(db, id, by="cleo", now=NOW, version=version),
    "close": lambda db, id, version: outcomes.close(
        db, id, outcome="other", by="cleo", links=LINKS, now=NOW, version=version
    ),
}


def asking(db: Database) -> int:
    """Ada chose Grace."""
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    pick(db, id, "ada")
    deliver(db)
    return id


@pytest.mark.parametrize("name", WHILE_ASKED)
def test_an_old_page_changes_nothing_while_people_are_asked(db: Database, name: str) -> None:
    id = asking(db)
    if name == "tell_more":
        say(db, id, "grace", "more", question="Which shifts?")
    before = one(db, id)
    with pytest.raises(Overtaken):
        WHILE_ASKED[name](db, id, before.version - 1)
    assert one(db, id).version == before.version
    WHILE_ASKED[name](db, id, before.version)
    assert one(db, id).version > before.version
    check_invariants(db)


@pytest.mark.parametrize("name", ONCE_INTRODUCED)
def test_an_old_page_changes_nothing_once_they_are_introduced(db: Database, name: str) -> None:
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    before = one(db, id)
    with pytest.raises(Overtaken):
        ONCE_INTRODUCED[name](db, id, before.version - 1)
    assert one(db, id).state is State.INTRODUCED
    ONCE_INTRODUCED[name](db, id, before.version)
    assert one(db, id).state is not State.INTRODUCED
    check_invariants(db)


def test_of_two_coordinators_with_the_same_page_one_is_told(db: Database) -> None:
    id = asking(db)
    version, start, told = one(db, id).version, Barrier(2), []

    def go(name: str) -> None:
        start.wait()
        try:
            WHILE_ASKED[name](db, id, version)
        except NotAllowed as refusal:
            told.append(type(refusal))

    both = [Thread(target=go, args=(name,)) for name in ("withdraw", "answer")]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert told == [Overtaken]
    check_invariants(db)


def test_how_a_choice_is_known_is_kept(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    say(db, id, "ada", "yes", by="cleo", reason="By telephone.")
    party = one(db, id).party("ada")
    assert (party.reason, party.answered_by) == ("By telephone.", "coordinator:cleo")


@pytest.mark.parametrize("so_far", ["asking", "agreed"])
def test_a_no_noted_after_a_yes_is_the_coordinators_in_the_log(db: Database, so_far: str) -> None:
    enrol(db, ada(), grace())
    if so_far == "agreed":
        id = agreed(db, "ada", "grace")
    else:
        id = ask(db, "ada", "grace")
        say(db, id, "grace", "yes")
    say(db, id, "grace", "no", by="cleo", reason="She called.")
    with db.read() as session:
        last = desk_log.last_act(session, f"introduction:{id}")
    assert last is not None
    assert (last.act, last.actor) == ("undo", "coordinator:cleo")
    assert one(db, id).party("grace").answered_by == "coordinator:cleo"
    check_invariants(db)


def test_an_own_answer_later_is_no_longer_the_coordinators(db: Database) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    say(db, id, "grace", "yes", by="cleo", reason="She called.")
    say(db, id, "grace", "no")
    assert one(db, id).party("grace").answered_by is None


@pytest.mark.parametrize("word", sorted({CONCERN, "blocked", *introductions.NOT_THEIR_DOING}))
def test_a_coordinators_reason_is_never_taken_for_a_code(db: Database, word: str) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    answers.withdraw(db, id, by="cleo", reason=word, links=LINKS, now=NOW)
    assert one(db, id).end_reason == word.capitalize()
    with db.read() as session:
        assert not introductions.blocked_pairs(session)


def test_a_coordinators_closing_words_are_never_taken_for_a_code(db: Database) -> None:
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    outcomes.close(db, id, outcome="other", by="cleo", reason="concern", links=LINKS, now=NOW)
    assert (one(db, id).end_reason, one(db, id).outcome) == ("Concern", Outcome.OTHER)
    with db.read() as session:
        assert not introductions.blocked_pairs(session)


def test_confirming_twice_is_confirming_once(db: Database) -> None:
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    for _ in range(2):
        outcomes.confirm(db, id, by="cleo", now=NOW)
    with db.read() as session:
        acts = [record.act for record in desk_log.records_page(session, about=f"introduction:{id}").rows]
    assert acts.count(Act.CONFIRM) == 1


def test_a_question_is_open_until_it_is_answered(db: Database) -> None:
    id = asking(db)
    say(db, id, "grace", "more", question="Which shifts?")
    with db.read() as session:
        assert desk_introductions.open_questions(session, [id]) == {(id, "grace")}
        assert desk_introductions.open_questions(session, [id + 1]) == set()
    WHILE_ASKED["tell_more"](db, id, one(db, id).version)
    with db.read() as session:
        assert desk_introductions.open_questions(session, [id]) == set()
    say(db, id, "grace", "more", question="And where?")
    with db.read() as session:
        assert desk_introductions.open_questions(session, [id]) == {(id, "grace")}
    say(db, id, "grace", "no")
    with db.read() as session:
        assert desk_introductions.open_questions(session, [id]) == set()


def test_a_letter_with_several_suggestions_is_about_each_of_them(db: Database) -> None:
    enrol(db, ada(), grace(), henry())
    first, second = offer(db, "ada", "grace", "henry")
    with db.read() as session:
        for id in (first, second):
            [letter] = desk_letters.letters_with_choices(session, id, "ada")
            assert letter.kind == LetterKind.SUGGESTIONS
        assert desk_letters.letters_with_choices(session, second + 1, "ada") == []


def test_letters_are_found_by_words_of_any_size(db: Database) -> None:
    enrol(db, ada(), grace())
    offer(db, "ada", "grace")
    with db.read() as session:
        assert desk_letters.letter_lines(session, search="ADA@Example.org").count == 1
        assert desk_letters.letter_lines(session, search="100%").count == 0


@pytest.mark.parametrize("days", [5, 9])
def test_a_question_sent_once_more_names_no_day_that_has_passed(db: Database, days: int) -> None:
    """The mail server refused it; by then it can be sent as it was, or is written anew."""
    cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    with db.write() as session:
        letter = outbox.claim_next(session, "w", NOW)
        assert letter is not None
        outbox.mark_failed(session, letter.id or 0, "w", letter.attempts, trouble="554 no")
    later = NOW + days * DAY
    for _ in range(2):
        desk.send_now(db, letter.id or 0, by="cleo", now=later)
    at(db, later)
    [sent] = [each for each in deliver(db, later) if each.kind is LetterKind.QUESTION_TO_MENTOR]
    assert sent.facts["deadline"] > later.isoformat()
    assert (sent.raw == letter.raw) == (days == 5)
    assert one(db, id).party("grace").deadline == later + 7 * DAY
    check_invariants(db)
