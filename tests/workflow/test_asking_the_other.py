"""A question to the other side of a pair: answered without names, and with nobody left waiting."""

from datetime import datetime

import pytest

from matcher.domain.introductions import Answer, Asks, NotAllowed, NotFound, Overtaken
from matcher.domain.letters import Letter, LetterKind, LetterState, Sign
from matcher.storage import outbox, suppression, tracking
from matcher.storage.database import Database
from matcher.workflow import answers, people, signup, tell_me_more
from tests.cast import LINKS, NOW, ada, cleo, enrol, grace, henry
from tests.mail.reading import parsed, part
from tests.soak.faults import strike
from tests.stories import DAY, VOCABULARY, ask, at, check_invariants, deliver, mail, offer, one, pick, say, together

K = LetterKind
QUESTION = "Do you know nights on the line?"


def asked(db: Database) -> int:
    """Both are asked; the one who is asked has a question for the other."""
    cleo(db)
    enrol(db, ada(name="Adacanary"), grace(name="Gracecanary Hopper"))
    id = ask(db, "ada", "grace", order="both")
    deliver(db)
    say(db, id, "grace", "more", question=QUESTION, asks=Asks.OTHER)
    return id


def reply(db: Database, id: int, text: str, *, who: str = "ada", now: datetime = NOW, epoch: int | None = None) -> None:
    tell_me_more.reply(db, id, who, text, links=LINKS, now=now, epoch=epoch)


def letters_to(db: Database, person: str, *kinds: K) -> list[Letter]:
    with db.read() as session:
        return [letter for letter in tracking.to_person(session, person) if letter.kind in kinds]


def wants_coordinator(db: Database) -> bool:
    return bool(mail(db, K.COORDINATOR_NEEDED))


def test_the_other_side_answers_and_the_time_runs_again(db: Database) -> None:
    id = asked(db)
    assert one(db, id).party("grace").deadline is None
    assert not wants_coordinator(db)
    others_time = one(db, id).party("ada").deadline
    [passed_on] = [letter for letter in deliver(db) if letter.kind is K.QUESTION_PASSED_ON]
    assert (passed_on.to, passed_on.facts["question"]) == ("ada@example.org", QUESTION)
    assert passed_on.not_after == NOW + 3 * DAY
    assert one(db, id).party("ada").deadline == others_time

    later = NOW + DAY
    reply(db, id, "Eleven years of them.", now=later)
    assert one(db, id).party("grace").deadline is None  # until the letter has arrived
    [told] = [letter for letter in deliver(db, later) if letter.kind is K.TELL_ME_MORE_ANSWER]
    assert (told.to, told.facts["answer"], told.facts["by_other"]) == (
        "grace@example.org",
        "Eleven years of them.",
        True,
    )
    assert "The other person's answer" in part(parsed(told.raw or b""), "plain")
    sides = one(db, id)
    assert sides.party("grace").deadline == later + 7 * DAY
    assert sides.party("grace").reply == "Eleven years of them."
    assert sides.party("ada").deadline == others_time
    at(db, later + 4 * DAY)
    assert not wants_coordinator(db)
    assert say(db, id, "grace", "yes", now=later + 4 * DAY).answer is Answer.YES
    check_invariants(db)


def test_a_picked_mentor_asks_the_mentee(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace(), henry())
    [first, _] = offer(db, "ada", "grace", "henry")
    with pytest.raises(NotAllowed, match="cannot be asked"):  # the mentor does not know of anything yet
        say(db, first, "ada", "more", question=QUESTION, asks=Asks.OTHER)
    pick(db, first, "ada")
    say(db, first, "grace", "more", question=QUESTION, asks=Asks.OTHER)
    assert mail(db, K.QUESTION_PASSED_ON) == [(K.QUESTION_PASSED_ON, "ada@example.org")]
    reply(db, first, "Some.")  # who has said yes answers, too
    assert one(db, first).party("grace").reply == "Some."
    assert one(db, first).party("ada").said_yes
    with pytest.raises(NotFound):
        reply(db, first, "Yes.", who="henry")
    check_invariants(db)


def test_nothing_that_names_anybody_goes_across(db: Database) -> None:
    """R-07; the writer is shown what may be sent, and nothing is stored before."""
    text = "I am Gracecanary, write to grace@example.org, ring 0301 234567"
    cleo(db)
    enrol(db, ada(name="Adacanary"), grace(name="Gracecanary Hopper"))
    id = ask(db, "ada", "grace", order="both")
    with pytest.raises(tell_me_more.HoldsContacts) as held:
        say(db, id, "grace", "more", question=text, asks=Asks.OTHER)
    assert one(db, id).party("grace").question is None
    say(db, id, "grace", "more", question=held.value.blanked, asks=Asks.OTHER)
    with pytest.raises(tell_me_more.HoldsContacts) as held:
        reply(db, id, f"{text} Adacanary.".replace("grace@", "ada@"))
    assert "Adacanary" not in held.value.blanked
    reply(db, id, "Nights suit me.")
    for letter in [*letters_to(db, "ada", *K), *letters_to(db, "grace", *K)]:
        own = "Ada" if letter.participant_id == "ada" else "Grace"
        for secret in ("Adacanary", "ada@example.org", "Gracecanary", "grace@example.org", "0301"):
            words = "".join(part(parsed(letter.raw or b""), kind) for kind in ("plain", "html"))
            assert secret.startswith(own) or secret not in words


def test_a_question_to_the_coordinator_may_name_whom_it_likes(db: Database) -> None:
    id = asked(db)
    say(db, id, "ada", "more", question="Is it Gracecanary? Ring 0301 234567")
    assert one(db, id).party("ada").asks is Asks.COORDINATOR
    with pytest.raises(NotAllowed, match="cannot be asked"):  # what the coordinator was told does not go across
        say(db, id, "ada", "more", question="And you?", asks=Asks.OTHER)


def test_twice_is_once_and_more_words_come_in_one_letter(db: Database) -> None:
    id = asked(db)
    before = one(db, id).version
    say(db, id, "grace", "more", question=QUESTION, asks=Asks.OTHER)
    assert one(db, id).version == before
    say(db, id, "grace", "more", question="And weekends?", asks=Asks.OTHER)
    [old, new] = letters_to(db, "ada", K.QUESTION_PASSED_ON)
    assert (old.state, new.state) == (LetterState.CANCELLED, LetterState.QUEUED)
    assert new.facts["question"] == f"{QUESTION}\n\nAnd weekends?"
    for _ in range(2):
        reply(db, id, "Both.")
    assert len(letters_to(db, "grace", K.TELL_ME_MORE_ANSWER)) == 1
    with pytest.raises(NotAllowed, match="no more"):
        reply(db, id, "Or neither.")
    with pytest.raises(NotAllowed, match="no more"):
        reply(db, id, "")
    check_invariants(db)


def test_silence_or_a_refusal_leaves_it_to_the_coordinator_and_nobody_waits_for_ever(db: Database) -> None:
    id = asked(db)
    reply(db, id, "  ")
    assert one(db, id).party("grace").asks is Asks.COORDINATOR
    assert wants_coordinator(db)
    tell_me_more.tell(db, id, "grace", "Yes.", by="cleo", links=LINKS, now=NOW)
    deliver(db)
    assert one(db, id).party("grace").deadline == NOW + 7 * DAY
    assert not letters_to(db, "grace", K.TELL_ME_MORE_ANSWER)[0].facts["by_other"]

    say(db, id, "grace", "more", question="And weekends?", asks=Asks.OTHER)
    deliver(db)
    assert at(db, NOW + 2 * DAY).handed_on == 0
    done = at(db, NOW + 3 * DAY)
    assert done.handed_on == 1
    assert at(db, NOW + 3 * DAY).handed_on == 0
    assert one(db, id).party("grace").asks is Asks.COORDINATOR
    assert len(mail(db, K.COORDINATOR_NEEDED)) == 2
    assert one(db, id).party("grace").deadline is None
    with pytest.raises(NotAllowed, match="no more"):
        reply(db, id, "Yes.", now=NOW + 3 * DAY)
    check_invariants(db)


@pytest.mark.parametrize("end", ["withdrawn", "told", "moved"])
def test_the_letter_is_stale_when_things_have_moved_on(db: Database, end: str) -> None:
    id = asked(db)
    old = one(db, id).party("ada").epoch
    if end == "withdrawn":
        answers.withdraw(db, id, by="cleo", reason="Mistaken.", links=LINKS, now=NOW)
    elif end == "told":
        tell_me_more.tell(db, id, "grace", "Yes.", by="cleo", links=LINKS, now=NOW)
    else:
        told = {"email": "ada@elsewhere.example"}
        signup.update_profile(db, "ada", told, vocabulary=VOCABULARY, links=LINKS, now=NOW)
    assert K.QUESTION_PASSED_ON not in {letter.kind for letter in deliver(db)}
    assert [letter.state for letter in letters_to(db, "ada", K.QUESTION_PASSED_ON)] == [LetterState.CANCELLED]
    with pytest.raises(NotAllowed if end == "told" else Overtaken):
        reply(db, id, "Yes.", epoch=old)
    assert one(db, id).party("grace").replied_by is (Asks.COORDINATOR if end == "told" else None)
    assert at(db, NOW).handed_on == (end == "moved")  # the letter is lost, and nobody waits for it
    check_invariants(db)


def _lose(db: Database, how: str) -> None:
    """The letter with the question comes to nothing."""
    if how == "suppressed":
        with db.write() as session:
            suppression.suppress(session, "ada@example.org", "hard", NOW)
    with db.write() as session:
        letter = outbox.claim_next(session, "postman", NOW)
        if letter is None:
            assert how == "suppressed"
            return
        assert letter.kind is K.QUESTION_PASSED_ON
        ours = (session, letter.id or 0, "postman", letter.attempts)
        if how == "refused":
            assert outbox.mark_failed(*ours, trouble="550 no such person")
        else:
            assert outbox.mark_sent(*ours, NOW)
            outbox.mark_reported(session, letter, Sign.HARD, NOW, "5.1.1")


@pytest.mark.parametrize("how", ["refused", "bounced", "suppressed"])
def test_a_question_that_cannot_arrive_is_the_coordinators_at_once(db: Database, how: str) -> None:
    id = asked(db)
    _lose(db, how)
    before = one(db, id).version
    assert [at(db, NOW).handed_on for _ in range(2)] == [1, 0]
    sides = one(db, id)
    assert (sides.party("grace").asks, sides.party("grace").deadline) == (Asks.COORDINATOR, None)
    assert sides.version == before + 1
    assert len(mail(db, K.COORDINATOR_NEEDED)) == 1
    assert not letters_to(db, "grace", K.TELL_ME_MORE_ANSWER)
    tell_me_more.tell(db, id, "grace", "Yes.", by="cleo", links=LINKS, now=NOW)
    deliver(db)
    assert one(db, id).party("grace").deadline == NOW + 7 * DAY
    check_invariants(db)


def test_a_newer_letter_with_all_words_still_has_its_three_days(db: Database) -> None:
    id = asked(db)
    _lose(db, "refused")
    say(db, id, "grace", "more", question="And weekends?", asks=Asks.OTHER)
    assert at(db, NOW).handed_on == 0
    reply(db, id, "Both.")
    assert one(db, id).party("grace").reply == "Both."


def test_the_other_side_and_the_coordinator_answer_together_and_one_is_heard(db: Database) -> None:
    id = asked(db)
    for n in range(2):
        done = together(
            lambda n=n: reply(db, id, f"Yes, {n} nights."),
            lambda: tell_me_more.tell(db, id, "grace", "Some.", by="cleo", links=LINKS, now=NOW),
        )
        told = letters_to(db, "grace", K.TELL_ME_MORE_ANSWER)
        assert len(told) == n + 1, done
        assert told[-1].facts["by_other"] == (done[0] == "done")
        assert (one(db, id).party("grace").replied_by is Asks.OTHER) == (done[0] == "done")
        say(db, id, "grace", "more", question=f"And week {n}?", asks=Asks.OTHER)
    check_invariants(db)


def test_erasure_empties_question_and_answer_and_the_copy_has_both(db: Database) -> None:
    id = asked(db)
    reply(db, id, "Nights suit me.")
    mine = [people.export_person(db, who, now=NOW)["introductions"][0] for who in ("grace", "ada")]  # type: ignore[index]
    assert (mine[0]["question"], mine[0]["answer_of_the_other"]) == (QUESTION, "Nights suit me.")
    assert mine[1]["told_the_other"] == "Nights suit me."
    people.erase(db, "ada", by="cleo", links=LINKS, now=NOW)
    assert one(db, id).party("grace").reply is None
    for letter in letters_to(db, "grace", K.QUESTION_PASSED_ON, K.TELL_ME_MORE_ANSWER):
        assert not letter.raw
        assert letter.facts == {}
    people.erase(db, "grace", by="cleo", links=LINKS, now=NOW)
    assert one(db, id).party("grace").question is None
    check_invariants(db)


def test_none_of_what_was_offered_is_declined_alone(db: Database) -> None:
    """A fault at any statement leaves all or nothing."""
    assert strike(db, "none of these", ["break"], every=6) > 2
