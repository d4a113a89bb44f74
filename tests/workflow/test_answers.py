"""Answers: idempotent, in turn, with a way on after every no."""

from datetime import datetime, timedelta

import pytest

from matcher.domain.introductions import Answer, NotAllowed, NotFound, Overtaken, State, group
from matcher.domain.letters import LetterKind, LetterState
from matcher.domain.people import Standing
from matcher.storage import introductions, outbox, tracking
from matcher.storage.database import Database
from matcher.workflow import aftercare, answers, desk, outcomes, overview, review, signup, tell_me_more
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace, henry, ines
from tests.mail.reading import parsed, part
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
    say,
    state,
)

K = LetterKind


def test_picking_reserves_the_place_and_asks_the_mentor(db: Database) -> None:
    enrol(db, ada(), grace(), henry())
    first, second = offer(db, "ada", "grace", "henry")
    assert person(db, "grace").used == 0
    assert pick(db, first, "ada") == answers.Picked(first)
    assert person(db, "grace").used == 1
    assert state(db, second) is State.OFFERED
    assert mail(db, K.QUESTION_TO_MENTOR) == [(K.QUESTION_TO_MENTOR, "grace@example.org")]
    check_invariants(db)


def test_the_same_answer_a_hundred_times_is_one_step_and_one_letter(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    for _ in range(50):
        assert pick(db, id, "ada") == answers.Picked(id)
    before = one(db, id).version
    found = {say(db, id, "grace", "no") for _ in range(50)}
    assert found == {answers.Answered(State.DECLINED, Answer.NO, None)}
    assert one(db, id).version == before + 1
    assert len(mail(db, K.QUESTION_TO_MENTOR)) <= 1
    check_invariants(db)


@pytest.mark.parametrize("kind", ["pair", "group"])
@pytest.mark.parametrize("answer", ["yes", "no", "not_now", "more"])
def test_every_answer_is_one_record_and_its_letters_once_however_often_it_is_given(
    sqlite: Database, kind: str, answer: str
) -> None:
    """R-04; one more page is shown each time, and it is the same."""
    db = sqlite
    cleo(db)
    enrol(db, ada(), ben(), dora(), grace())
    if kind == "pair":
        id = ask(db, "ada", "grace", order="both")
    else:
        with db.write() as session:
            id = introductions.add(session, group("grace", ["ada", "ben", "dora"]), by="cleo", now=NOW).id or 0
        approve(db, id)
    more = {"question": "How often?"} if answer == "more" else {}
    before = one(db, id).version
    first = say(db, id, "ada", answer, **more)
    written = mail(db)
    assert {say(db, id, "ada", answer, **more) for _ in range(10)} == {first}
    assert one(db, id).version == before + 1
    assert mail(db) == written
    check_invariants(db)


def test_another_answer_after_the_end_is_refused_with_a_sentence(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    pick(db, id, "ada")
    say(db, id, "grace", "no")
    with pytest.raises(NotAllowed, match="declined"):
        say(db, id, "grace", "yes")
    with pytest.raises(NotAllowed):
        answers.undo(db, id, "grace", links=LINKS, now=NOW)


def test_after_the_mentors_no_the_mentee_gets_the_choices_that_remain(db: Database) -> None:
    enrol(db, ada(), grace(), henry(), ines())
    first, second, third = offer(db, "ada", "grace", "henry", "ines")
    deliver(db)
    pick(db, first, "ada")
    later = NOW + 2 * DAY
    say(db, first, "grace", "no", now=later)
    assert person(db, "grace").used == 0
    assert mail(db, K.CHOOSE_AGAIN) == [(K.CHOOSE_AGAIN, "ada@example.org")]
    assert K.NOT_AVAILABLE not in [kind for kind, _ in mail(db)]
    [letter] = [each for each in deliver(db, later) if each.kind is K.CHOOSE_AGAIN]
    assert {choice["introduction_id"] for choice in letter.facts["choices"]} == {second, third}
    assert one(db, second).party("ada").deadline == later + 7 * DAY
    assert pick(db, second, "ada", now=later) == answers.Picked(second)
    check_invariants(db)


def test_after_the_last_no_the_next_best_is_drafted_for_the_coordinator(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace(), henry())
    [id] = offer(db, "ada", "grace")
    pick(db, id, "ada")
    say(db, id, "grace", "no")
    assert mail(db, K.NOT_AVAILABLE) == [(K.NOT_AVAILABLE, "ada@example.org")]
    assert at(db, NOW).next_best == 1
    assert at(db, NOW).next_best == 0
    with db.read() as session:
        [draft] = introductions.of_person(session, "ada", [State.DRAFT])
    assert draft.mentor_id == "henry"
    assert (K.COORDINATOR_NEEDED, "cleo@example.org") in mail(db)
    approve(db, draft.id or 0)
    check_invariants(db)


def test_two_who_look_for_somebody_at_once_are_not_both_drafted_for_the_last_place(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), ben(), grace(), henry(), ines())
    for mentee in ("ada", "ben"):
        [id] = offer(db, mentee, "henry")
        pick(db, id, mentee)
        say(db, id, "henry", "no")
    assert at(db, NOW).next_best == 2
    with db.read() as session:
        drafts = [introductions.of_person(session, mentee, [State.DRAFT]) for mentee in ("ada", "ben")]
    assert sorted(draft.mentor_id or "" for [draft] in drafts) == ["grace", "ines"]
    check_invariants(db)


def test_where_nobody_is_left_the_coordinator_is_told(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    pick(db, id, "ada")
    say(db, id, "grace", "no")
    assert at(db, NOW).next_best == 0
    needed = [letter for letter in deliver(db) if letter.kind is K.COORDINATOR_NEEDED]
    assert [letter.facts["what"] for letter in needed] == ["no_candidate"]


def test_not_now_from_the_mentee_brings_nobody_else(db: Database) -> None:
    enrol(db, ada(), grace(), henry())
    [id] = offer(db, "ada", "grace")
    assert say(db, id, "ada", "not_now").state is State.DECLINED
    assert at(db, NOW).next_best == 0
    with db.read() as session:
        assert introductions.of_person(session, "ada", [State.DRAFT]) == []


def test_the_place_is_gone_and_nothing_else_was_offered(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), ben(), grace(), henry())
    [of_ada] = offer(db, "ada", "grace")
    [of_ben] = offer(db, "ben", "grace")
    pick(db, of_ada, "ada")
    assert pick(db, of_ben, "ben") == answers.PlaceGone(None)
    assert state(db, of_ben) is State.WITHDRAWN
    assert (K.PLACE_GONE, "ben@example.org") in mail(db)
    assert at(db, NOW).next_best == 1
    with db.read() as session:
        [draft] = introductions.of_person(session, "ben", [State.DRAFT])
    assert draft.mentor_id == "henry"
    check_invariants(db)


def test_a_place_gone_does_not_cool_the_pair_down(db: Database) -> None:
    enrol(db, ada(), ben(), grace())
    [of_ada] = offer(db, "ada", "grace")
    [of_ben] = offer(db, "ben", "grace")
    pick(db, of_ada, "ada")
    pick(db, of_ben, "ben")
    say(db, of_ada, "grace", "no")
    offer(db, "ben", "grace")


def test_yes_to_an_offer_is_picking_it(db: Database) -> None:
    enrol(db, ada(), ben(), grace())
    [of_ada] = offer(db, "ada", "grace")
    [of_ben] = offer(db, "ben", "grace")
    assert say(db, of_ada, "ada", "yes") == answers.Answered(State.ASKING, Answer.YES, None)
    assert say(db, of_ben, "ben", "yes").answer is Answer.PENDING


def test_nobody_answers_for_somebody_else(db: Database) -> None:
    enrol(db, ada(), ben(), grace())
    [id] = offer(db, "ada", "grace")
    with pytest.raises(NotFound):
        pick(db, id, "ben")
    with pytest.raises(NotFound):
        pick(db, id, "grace")
    with pytest.raises(NotFound):
        say(db, id, "grace", "yes")  # not asked yet
    with pytest.raises(NotFound):
        say(db, id + 100, "ada", "yes")


def test_an_old_link_is_refused(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    with pytest.raises(Overtaken):
        answers.pick(db, id, "ada", vocabulary=VOCABULARY, links=LINKS, now=NOW, epoch=0)
    with pytest.raises(Overtaken):
        say(db, id, "ada", "no", epoch=2)
    assert say(db, id, "ada", "no", epoch=1).state is State.DECLINED
    assert say(db, id, "ada", "no", epoch=1).state is State.DECLINED  # the same page, though the link is old by now


def test_links_in_letters_to_an_old_address_are_void(db: Database) -> None:
    """Whoever reads the old mailbox answers no question, neither about a suggestion nor about a conversation."""
    enrol(db, ada(), ben(), grace(), henry())
    asked, met = ask(db, "ada", "grace"), introduced(db, "ben", "henry")
    at(db, NOW + 6 * DAY)
    for who in ("grace", "ben"):
        new = {"email": f"{who}@new.example.org"}
        signup.update_profile(db, who, new, vocabulary=VOCABULARY, links=LINKS, now=NOW + 6 * DAY)
    how: dict = {"links": LINKS, "now": NOW + 6 * DAY}

    def short_question(epoch: int) -> None:
        aftercare.answer(db, met, "ben", "met", day=5, epoch=epoch, **how)

    def how_it_was(epoch: int) -> None:
        outcomes.feedback(db, met, "ben", answers={"helpful": 1}, epoch=epoch, **how)

    for act in (lambda epoch: say(db, asked, "grace", "no", epoch=epoch), short_question, how_it_was):
        with pytest.raises(Overtaken):
            act(1)
    assert (state(db, asked), state(db, met)) == (State.ASKING, State.INTRODUCED)
    assert one(db, met).party("ben").feedback == {}
    assert say(db, asked, "grace", "no", epoch=2).state is State.DECLINED
    short_question(2)
    how_it_was(2)


# -- asked directly --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "first", "second"), [("mentor_first", "grace", "ada"), ("mentee_first", "ada", "grace")]
)
def test_asked_in_turn(db: Database, order: str, first: str, second: str) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace", order=order)
    assert [to for _, to in mail(db)] == [f"{first}@example.org"]
    assert person(db, "grace").used == 1
    with pytest.raises(NotFound):
        say(db, id, second, "yes")
    assert say(db, id, first, "yes").state is State.ASKING
    assert [to for _, to in mail(db)] == [f"{first}@example.org", f"{second}@example.org"]
    assert say(db, id, second, "yes").state is State.AGREED
    check_invariants(db)


def test_a_refusal_spares_whoever_was_not_asked_yet(db: Database) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    say(db, id, "grace", "not_now", reason="a new baby")
    assert {to for _, to in mail(db)} <= {"grace@example.org"}
    assert one(db, id).party("grace").reason == "a new baby"
    assert one(db, id).end_reason == "not_now"


def test_the_coordinator_answers_on_behalf_with_a_reason(db: Database) -> None:
    by = cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    with pytest.raises(NotAllowed, match="reason"):
        say(db, id, "grace", "yes", by=by)
    say(db, id, "grace", "yes", by=by, reason="told me on the phone")
    party = one(db, id).party("grace")
    assert party.answered_by == f"coordinator:{by}"
    check_invariants(db)


def test_nothing_private_stands_in_a_question(db: Database) -> None:
    """R-07: neither name nor address of the other before both have said yes."""
    enrol(db, ada(name="Canaryname", text="canarytext"), grace(name="Othercanary"))
    id = ask(db, "ada", "grace")
    say(db, id, "grace", "yes")
    with db.read() as session:
        raw = {letter.to: letter.raw or b"" for letter in tracking.waiting(session)}
    assert b"Canaryname" not in raw["grace@example.org"]
    assert b"canarytext" not in raw["grace@example.org"]
    assert b"ada@example.org" not in raw["grace@example.org"]
    assert b"Othercanary" not in raw["ada@example.org"]
    assert b"grace@example.org" not in raw["ada@example.org"]


# -- more, undo, withdraw --------------------------------------------------------------------------------------------


def test_a_question_stops_the_clock_and_the_answer_starts_it_again(db: Database) -> None:
    by = cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    deliver(db)
    assert say(db, id, "grace", "more", question="How often?").answer is Answer.PENDING
    assert one(db, id).party("grace").deadline is None
    assert (K.COORDINATOR_NEEDED, "cleo@example.org") in mail(db)
    say(db, id, "grace", "more", question="How often?")
    at(db, NOW + 30 * DAY)
    assert state(db, id) is State.ASKING
    later = NOW + 30 * DAY
    tell_me_more.tell(db, id, "grace", "Every two weeks.", by=by, links=LINKS, now=later)
    assert one(db, id).party("grace").deadline is None  # until the answer has arrived
    [letter] = [each for each in deliver(db, later) if each.kind is K.TELL_ME_MORE_ANSWER]
    assert letter.facts["answer"] == "Every two weeks."
    assert one(db, id).party("grace").deadline == later + 7 * DAY
    say(db, id, "grace", "more", question="And where?", now=later)
    assert one(db, id).party("grace").deadline is None  # a second one, too
    at(db, later + 30 * DAY)
    say(db, id, "grace", "yes", now=later + 30 * DAY)
    check_invariants(db)


def lost(db: Database, kind: K, now: datetime = NOW) -> None:
    """Every letter that is due leaves, but those of one kind come back."""
    with db.write() as session:
        while letter := outbox.claim_next(session, "w", now):
            if letter.kind is kind:
                outbox.mark_failed(session, letter.id or 0, "w", letter.attempts, trouble="550")
            else:
                outbox.mark_sent(session, letter.id or 0, "w", letter.attempts, now)


def test_an_answer_that_never_arrived_ends_nothing(db: Database) -> None:
    by = cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    deliver(db)
    say(db, id, "grace", "more", question="How often?")
    tell_me_more.tell(db, id, "grace", "Every two weeks.", by=by, links=LINKS, now=NOW)
    lost(db, K.TELL_ME_MORE_ANSWER)
    at(db, NOW + 30 * DAY)
    assert state(db, id) is State.ASKING
    assert one(db, id).party("grace").undeliverable


def test_a_question_asked_before_the_letter_was_marked_as_sent_stops_the_clock(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    say(db, id, "grace", "more", question="How often?")
    deliver(db)
    at(db, NOW + 30 * DAY)
    assert state(db, id) is State.ASKING


def test_time_that_never_began_is_not_given_twice(db: Database) -> None:
    """The letter came back: nobody was asked, and more time would end as silence."""
    by = cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    with pytest.raises(NotAllowed, match="not arrived"):
        answers.extend(db, id, "grace", by=by, now=NOW)
    lost(db, K.QUESTION_TO_MENTOR)
    with pytest.raises(NotAllowed, match="not arrived"):
        answers.extend(db, id, "grace", by=by, now=NOW)


def test_a_letter_taken_back_by_a_coordinator_is_not_written_again(db: Database) -> None:
    by = cleo(db)
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    with db.read() as session:
        [letter] = [each for each in tracking.waiting(session) if each.kind is K.QUESTION_TO_MENTOR]
    desk.cancel_letter(db, letter.id or 0, by=by, now=NOW)
    at(db, NOW + DAY)
    assert not mail(db, K.QUESTION_TO_MENTOR)
    assert one(db, id).party("grace").taken_back
    check_invariants(db)


def test_a_letter_taken_back_is_asked_again_when_the_coordinator_says_so(db: Database) -> None:
    """Also where several choices stand in one letter; and only once."""
    by = cleo(db)
    enrol(db, ada(), ben(), grace(capacity="3"), henry())
    asked, offers = ask(db, "ben", "grace"), offer(db, "ada", "grace", "henry")
    with db.read() as session:
        letters = [each.id or 0 for each in tracking.waiting(session)]
    for letter in letters:
        desk.cancel_letter(db, letter, by=by, now=NOW)
    at(db, NOW + DAY)
    assert not mail(db, K.QUESTION_TO_MENTOR, K.SUGGESTIONS)
    for id, who in ((asked, "grace"), (offers[1], "ada")):
        desk.ask_anew(db, id, who, by=by, now=NOW + DAY)
        with pytest.raises(NotAllowed):
            desk.ask_anew(db, id, who, by=by, now=NOW + DAY)
    at(db, NOW + DAY + timedelta(minutes=1))
    assert mail(db, K.QUESTION_TO_MENTOR) == [(K.QUESTION_TO_MENTOR, "grace@example.org")]
    again = {K.SUGGESTIONS, K.CHOOSE_AGAIN}
    assert [to for kind, to in mail(db) if kind in again] == ["ada@example.org"]
    deliver(db, NOW + DAY + timedelta(minutes=2))
    assert one(db, asked).party("grace").deadline
    check_invariants(db)


def test_who_declined_a_group_decides_nothing_and_sees_no_names(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), ben(), dora(), grace())
    with db.write() as session:
        rota = {"rota": ["grace", "ada", "ben", "dora"]}
        draft = group("grace", ["ada", "ben", "dora"], label="G", explanation=rota)
        id = introductions.add(session, draft, by="cleo", now=NOW).id or 0
    approve(db, id)
    for who, answer in (("ben", "no"), ("ada", "yes"), ("dora", "yes"), ("grace", "yes")):
        say(db, id, who, answer)
    at(db, NOW + timedelta(minutes=20))
    for act in (
        lambda: outcomes.first_contact(db, id, "ben", happened=True, links=LINKS, now=NOW),
        lambda: outcomes.close(db, id, outcome="other", participant_id="ben", links=LINKS, now=NOW),
        lambda: outcomes.feedback(db, id, "ben", answers={"helpful": 1}, now=NOW),
        lambda: answers.concern(db, id, "ben", links=LINKS, now=NOW),
    ):
        with pytest.raises(NotFound):
            act()
    assert state(db, id) is State.INTRODUCED
    look: dict = {"vocabulary": VOCABULARY, "language": "en", "now": NOW}
    seen = overview.matter(db, id, "ben", **look)
    assert (seen.rota, seen.contacts, seen.is_made, seen.has_ended) == ((), (), False, True)
    assert overview.matter(db, id, "ada", **look).rota == ("Grace", "Ada", "Dora")


def test_who_declined_a_group_is_not_introduced_to_it(db: Database) -> None:
    """Neither gets the letter with everybody's address, nor stands in it."""
    enrol(db, ada(), ben(), dora(), grace())
    with db.write() as session:
        id = introductions.add(session, group("grace", ["ada", "ben", "dora"]), by="cleo", now=NOW).id or 0
    approve(db, id)
    for who, answer in (("ben", "no"), ("ada", "yes"), ("dora", "yes"), ("grace", "yes")):
        say(db, id, who, answer)
    at(db, NOW + timedelta(minutes=20))
    sent = [letter for letter in deliver(db, NOW + timedelta(minutes=20)) if letter.kind is K.GROUP_INTRODUCTION]
    assert sorted(letter.to for letter in sent) == ["ada@example.org", "dora@example.org", "grace@example.org"]
    for letter in sent:
        told = [part(parsed(letter.raw or b""), kind) for kind in ("plain", "html")]
        assert all("dora@example.org" in words and "ben@" not in words and "Ben" not in words for words in told)


@pytest.mark.parametrize("question", ["", "   "])
def test_more_needs_words(db: Database, question: str) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    with pytest.raises(NotAllowed):
        say(db, id, "grace", "more", question=question)


@pytest.mark.parametrize("who", ["ada", "grace"])
def test_undo_before_contacts_are_shared(db: Database, who: str) -> None:
    enrol(db, ada(), grace(), henry())
    first, second = offer(db, "ada", "grace", "henry")
    deliver(db)
    pick(db, first, "ada")
    say(db, first, "grace", "yes")
    for _ in range(2):
        found = answers.undo(db, first, who, links=LINKS, now=NOW, vocabulary=VOCABULARY)
        assert found == answers.Answered(State.DECLINED, Answer.NO, None)
    assert person(db, "grace").used == 0
    assert at(db, NOW + timedelta(hours=1)).introduced == 0
    assert K.INTRODUCTION not in [kind for kind, _ in mail(db)]
    told = {(kind, to) for kind, to in mail(db) if kind in (K.NOT_AVAILABLE, K.CHOOSE_AGAIN)}
    expected = {(K.NOT_AVAILABLE, "grace@example.org")} if who == "ada" else {(K.CHOOSE_AGAIN, "ada@example.org")}
    assert told == expected
    assert pick(db, second, "ada") == answers.Picked(second)
    check_invariants(db)


def test_undo_without_the_words_for_cards_leaves_the_letter_to_the_clock(db: Database) -> None:
    enrol(db, ada(), grace(), henry())
    first, _ = offer(db, "ada", "grace", "henry")
    deliver(db)
    pick(db, first, "ada")
    say(db, first, "grace", "yes")
    answers.undo(db, first, "grace", links=LINKS, now=NOW)
    assert mail(db, K.CHOOSE_AGAIN) == []
    at(db, NOW + timedelta(minutes=1))
    assert mail(db, K.CHOOSE_AGAIN) == [(K.CHOOSE_AGAIN, "ada@example.org")]


def test_no_undo_once_contacts_are_shared(db: Database) -> None:
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    with pytest.raises(NotAllowed, match="made already"):
        answers.undo(db, id, "ada", links=LINKS, now=NOW)
    with pytest.raises(NotAllowed):
        say(db, id, "ada", "no")


def test_no_after_yes_is_undo(db: Database) -> None:
    enrol(db, ada(), grace())
    id = agreed(db, "ada", "grace")
    assert say(db, id, "grace", "not_now").state is State.DECLINED
    assert one(db, id).party("grace").answer is Answer.NOT_NOW
    check_invariants(db)


@pytest.mark.parametrize("how_far", ["offered", "asked", "agreed", "introduced"])
def test_the_coordinator_withdraws_and_those_who_were_told_hear_a_neutral_word(db: Database, how_far: str) -> None:
    enrol(db, ada(), grace())
    steps = {"offered": lambda: offer(db, "ada", "grace")[0], "asked": lambda: ask(db, "ada", "grace")}
    steps |= {"agreed": lambda: agreed(db, "ada", "grace"), "introduced": lambda: introduced(db, "ada", "grace")}
    id = steps[how_far]()
    for _ in range(2):
        answers.withdraw(db, id, by="cleo", reason="a canary reason", links=LINKS, now=NOW)
    assert state(db, id) is State.WITHDRAWN
    assert person(db, "grace").used == 0
    told = {(kind, to) for kind, to in mail(db) if kind in (K.NOT_AVAILABLE, K.CLOSED)}
    expected = {
        "offered": set(),
        "asked": {(K.NOT_AVAILABLE, "grace@example.org")},
        "agreed": {(K.NOT_AVAILABLE, "grace@example.org"), (K.NOT_AVAILABLE, "ada@example.org")},
        "introduced": {(K.NOT_AVAILABLE, "grace@example.org"), (K.NOT_AVAILABLE, "ada@example.org")},
    }
    assert told == expected[how_far]
    with db.read() as session:
        assert not [letter for letter in tracking.waiting(session) if b"canary" in (letter.raw or b"")]
    check_invariants(db)


def test_withdrawing_needs_a_reason(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    with pytest.raises(NotAllowed, match="reason"):
        answers.withdraw(db, id, by="cleo", reason=" ", links=LINKS, now=NOW)


def test_a_concern_ends_at_once_and_for_ever(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    deliver(db, NOW + timedelta(hours=1))
    answers.concern(db, id, "ada", links=LINKS, now=NOW, reason="He asked for my address.")
    assert state(db, id) is State.WITHDRAWN
    letters = deliver(db, NOW + timedelta(hours=1))
    assert {(letter.kind, letter.to) for letter in letters} == {
        (K.NOT_AVAILABLE, "grace@example.org"),
        (K.COORDINATOR_NEEDED, "cleo@example.org"),
    }
    assert letters[0].facts["ended"] is True, "the letter asks to let the contact rest"
    assert not [letter for letter in letters if b"my address" in (letter.raw or b"")]
    far = NOW + 4000 * DAY
    with pytest.raises(review.BrokenRules):
        review.propose_pair(db, "ada", "grace", by="cleo", vocabulary=VOCABULARY, now=far)
    check_invariants(db)


def test_a_concern_after_the_end_still_blocks(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    say(db, id, "ada", "no")
    answers.concern(db, id, "ada", links=LINKS, now=NOW)
    assert one(db, id).end_reason == "concern"
    with pytest.raises(review.BrokenRules):
        review.propose_pair(db, "ada", "grace", by="cleo", vocabulary=VOCABULARY, now=NOW + 4000 * DAY)


def test_more_time_is_given_once(db: Database) -> None:
    enrol(db, ada(), grace())
    id = ask(db, "ada", "grace")
    deliver(db)
    answers.extend(db, id, "grace", by="cleo", now=NOW + 5 * DAY)
    assert one(db, id).party("grace").deadline == NOW + 12 * DAY
    with pytest.raises(NotAllowed, match="once"):
        answers.extend(db, id, "grace", by="cleo", now=NOW + 6 * DAY)
    with pytest.raises(NotAllowed):
        answers.extend(db, id, "ada", by="cleo", now=NOW + 6 * DAY)


def test_letters_of_an_end_are_not_sent_to_those_who_left(db: Database) -> None:
    enrol(db, ada(), grace())
    id = agreed(db, "ada", "grace")
    signup.leave(db, "grace", links=LINKS, now=NOW)
    assert state(db, id) is State.VOID
    assert person(db, "grace").status is Standing.LEFT
    kinds = {(letter.kind, letter.to) for letter in deliver(db)}
    assert kinds == {(K.NOT_AVAILABLE, "ada@example.org"), (K.LEFT, "grace@example.org")}
    with db.read() as session:
        assert all(letter.state is not LetterState.FAILED for letter in tracking.to_person(session, "grace"))
