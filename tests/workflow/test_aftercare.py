"""After the introduction: short questions, an end for silence, agreements, hours, the wish to be matched again."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from matcher.domain.aftercare import Said
from matcher.domain.introductions import NotAllowed, NotFound, Outcome, Overtaken, State, group
from matcher.domain.letters import Letter, LetterKind
from matcher.domain.people import Standing
from matcher.domain.rules import Rule
from matcher.storage import aftercare as rows
from matcher.storage import desk_today, introductions, records, tracking
from matcher.storage.database import Database
from matcher.storage.mapping import letters
from matcher.workflow import aftercare, desk, learning, matching, outcomes, people, signup
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace, henry, ines
from tests.cast import person as member
from tests.stories import (
    DAY,
    VOCABULARY,
    approve,
    at,
    check_invariants,
    deliver,
    introduced,
    mail,
    one,
    person,
    say,
    state,
)

K = LetterKind


def tap(db: Database, id: int, who: str, said: str, day: int, *, now: object = NOW, epoch: int | None = None) -> None:
    """Somebody answers the short question of a day."""
    aftercare.answer(db, id, who, said, day=day, links=LINKS, now=now, epoch=epoch)  # type: ignore[arg-type]


def answers(db: Database, id: int, who: str) -> list[tuple[int, str | None]]:
    """(day, answer) of the short questions to somebody."""
    with db.read() as session:
        return [(q.day, q.answer) for q in rows.questions_to(session, id, who)]


def needs(db: Database, now: object) -> list[str]:
    """What the coordinators are told."""
    sent = deliver(db, now)  # type: ignore[arg-type]
    return [each.facts["what"] for each in sent if each.kind is K.COORDINATOR_NEEDED]


@pytest.fixture
def pair(db: Database) -> int:
    """Ada and Grace have just been introduced."""
    cleo(db)
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    deliver(db, NOW + timedelta(hours=1))
    return id


# -- short questions -------------------------------------------------------------------------------------------------


def test_first_contact_is_asked_on_the_fifth_and_the_fourteenth_day(db: Database, pair: int) -> None:
    asked = []
    for day in (4, 5, 5, 13, 14, 14, 28):
        at(db, NOW + day * DAY + timedelta(hours=1))
        asked.append(len(mail(db, K.FIRST_CONTACT_CHECK)))
    assert asked == [0, 2, 2, 2, 4, 4, 4]
    assert mail(db, K.CHECK_IN) == []
    assert answers(db, pair, "ada") == [(5, None), (14, None)]


def test_how_it_goes_is_asked_on_day_ten_and_twenty_eight_then_every_thirty(db: Database, pair: int) -> None:
    outcomes.first_contact(db, pair, "grace", happened=True, links=LINKS, now=NOW + DAY)
    asked = {}
    for day in (9, 10, 27, 28, 57, 58, 87, 88, 207, 208, 238):
        at(db, NOW + day * DAY + timedelta(hours=1))
        asked[day] = (len(mail(db, K.CHECK_IN)) // 2, len(mail(db, K.CLOSING)) // 2)
    assert (asked[9], asked[10], asked[27], asked[28]) == ((0, 0), (1, 0), (1, 0), (2, 0))
    assert (asked[57], asked[58], asked[87], asked[88]) == ((2, 0), (3, 0), (3, 0), (4, 0))
    # After half a year, unless they agreed on another time, they are asked to look back, once.
    assert (asked[207], asked[208], asked[238]) == ((5, 0), (5, 1), (6, 1))
    assert mail(db, K.FIRST_CONTACT_CHECK) == []


def test_a_clock_that_stood_still_asks_the_last_question_only(db: Database, pair: int) -> None:
    outcomes.first_contact(db, pair, "grace", happened=True, links=LINKS, now=NOW + DAY)
    at(db, NOW + 100 * DAY)
    assert answers(db, pair, "ada") == [(88, None)]


def test_nobody_is_asked_how_it_goes_before_it_went(db: Database, pair: int) -> None:
    at(db, NOW + 6 * DAY)
    outcomes.first_contact(db, pair, "ada", happened=True, links=LINKS, now=NOW + 12 * DAY)
    at(db, NOW + 13 * DAY)
    assert mail(db, K.CHECK_IN) == []
    assert answers(db, pair, "ada") == [(5, "met")]


def test_a_second_answer_replaces_the_first_until_the_next_question(db: Database, pair: int) -> None:
    at(db, NOW + 5 * DAY + timedelta(hours=1))
    tap(db, pair, "ada", "not_yet", 5)
    assert one(db, pair).party("ada").contact is False
    tap(db, pair, "ada", "met", 5)
    assert state(db, pair) is State.ACTIVE
    at(db, NOW + 10 * DAY + timedelta(hours=1))
    for said in ("well", "call", "well"):
        tap(db, pair, "ada", said, 10)
    assert answers(db, pair, "ada") == [(5, "met"), (10, "well")]
    with pytest.raises(Overtaken):
        tap(db, pair, "ada", "not_yet", 5)
    at(db, NOW + 28 * DAY + timedelta(hours=1))
    with pytest.raises(Overtaken):
        tap(db, pair, "ada", "not_a_fit", 10)
    check_invariants(db)


def test_the_link_is_bound_to_the_person_and_to_the_epoch(db: Database, pair: int) -> None:
    enrol(db, ben())
    at(db, NOW + 5 * DAY + timedelta(hours=1))
    epoch = one(db, pair).party("ada").epoch
    for refused in (
        lambda: tap(db, pair, "ada", "met", 5, epoch=epoch + 1),
        lambda: tap(db, pair, "ben", "met", 5, epoch=epoch),
        lambda: tap(db, pair, "ada", "met", 14, epoch=epoch),
        lambda: tap(db, pair, "ada", "well", 5, epoch=epoch),
    ):
        with pytest.raises(NotAllowed):
            refused()
    tap(db, pair, "ada", "met", 5, epoch=epoch)
    outcomes.close(db, pair, outcome="other", by="cleo", links=LINKS, now=NOW)
    with pytest.raises(Overtaken):
        tap(db, pair, "ada", "not_yet", 5, epoch=epoch)


@pytest.mark.parametrize(("said", "told"), [("call", ["call"]), ("not_a_fit", ["at_risk"]), ("well", [])])
def test_the_coordinator_hears_of_it_and_the_other_side_does_not(
    db: Database, pair: int, said: str, told: list[str]
) -> None:
    outcomes.first_contact(db, pair, "ada", happened=True, links=LINKS, now=NOW)
    later = NOW + 10 * DAY + timedelta(hours=1)
    at(db, later)
    deliver(db, later)
    tap(db, pair, "ada", said, 10, now=later)
    sent = deliver(db, later + DAY)
    assert [each.facts["what"] for each in sent] == told
    assert {each.to for each in sent} <= {"cleo@example.org"}
    seen = aftercare.after(db, pair, "grace")
    assert seen.question is not None
    assert seen.question.answer is None
    assert said not in str(people.export_person(db, "grace", now=later)["introductions"])


def test_silence_over_two_questions_brings_the_coordinator(db: Database, pair: int) -> None:
    outcomes.first_contact(db, pair, "ada", happened=True, links=LINKS, now=NOW)
    for day in (10, 28, 58):
        at(db, NOW + day * DAY + timedelta(hours=1))
        tap(db, pair, "grace", "well", day)
        assert needs(db, NOW + day * DAY + timedelta(hours=2)) == (["at_risk"] if day == 58 else [])


def test_whoever_wants_no_questions_is_not_written_to(db: Database, pair: int) -> None:
    signup.unsubscribe(db, "ada", "check_ins", links=LINKS, now=NOW)
    at(db, NOW + 5 * DAY + timedelta(hours=1))
    assert mail(db, K.FIRST_CONTACT_CHECK) == [(K.FIRST_CONTACT_CHECK, "grace@example.org")]
    tap(db, pair, "ada", "met", 5)  # on her own page
    assert state(db, pair) is State.ACTIVE


# -- silence ---------------------------------------------------------------------------------------------------------


def test_an_introduction_of_which_nobody_speaks_ends_by_itself_as_announced(db: Database, pair: int) -> None:
    for day in (5, 14):
        at(db, NOW + day * DAY + timedelta(hours=1))
        sent = deliver(db, NOW + day * DAY + timedelta(hours=8))
    announced = {each.facts["ends"] for each in sent if each.kind is K.FIRST_CONTACT_CHECK}
    assert announced == {(NOW + 30 * DAY + timedelta(hours=1)).isoformat()}
    at(db, NOW + 30 * DAY)
    assert state(db, pair) is State.INTRODUCED
    at(db, NOW + 31 * DAY)
    ended = one(db, pair)
    assert (ended.state, ended.outcome) == (State.CLOSED, Outcome.NO_WORD)
    assert person(db, "grace").used == 0
    told = [each for each in deliver(db, NOW + 31 * DAY) if each.kind is K.CLOSED]
    assert [each.facts["silent"] for each in told] == [True, True]
    assert learning.evidence(db, vocabulary=VOCABULARY).outcomes == ["no_word"]
    check_invariants(db)


@pytest.mark.parametrize("said", ["met", "not_yet"])
def test_one_word_keeps_it(db: Database, pair: int, said: str) -> None:
    for day in (5, 14):
        at(db, NOW + day * DAY + timedelta(hours=1))
        deliver(db, NOW + day * DAY + timedelta(hours=8))
    tap(db, pair, "grace", said, 14)
    at(db, NOW + 60 * DAY)
    assert state(db, pair) is (State.ACTIVE if said == "met" else State.INTRODUCED)


def test_it_does_not_end_while_the_announcement_did_not_arrive(db: Database, pair: int) -> None:
    for day in (5, 14, 31, 60):
        at(db, NOW + day * DAY + timedelta(hours=1))
    assert state(db, pair) is State.INTRODUCED
    with pytest.raises(NotAllowed):
        outcomes.close(db, pair, outcome="no_word", participant_id="ada", links=LINKS, now=NOW)


def test_the_end_is_announced_once_more_and_then_left_to_the_coordinator(db: Database, pair: int) -> None:
    """Both times Grace's letter is taken back."""
    for ends, day in ((30, 14), (46, 30)):
        at(db, NOW + day * DAY + timedelta(hours=1))
        with db.read() as session:
            [letter] = [each for each in tracking.waiting(session) if each.participant_id == "grace"]
        assert letter.facts["ends"] == (NOW + ends * DAY + timedelta(hours=1)).isoformat()
        desk.cancel_letter(db, letter.id or 0, by="cleo", now=NOW + day * DAY + timedelta(hours=1))
        deliver(db, NOW + day * DAY + timedelta(hours=8))
    for day in (31, 45):
        at(db, NOW + day * DAY)
        assert needs(db, NOW + day * DAY) == []
    later = NOW + 47 * DAY
    for _ in range(2):
        at(db, later)
    assert needs(db, later) == ["no_contact"]
    with db.read() as session:
        assert desk_today.today(session, later + DAY).no_contact.count == 1
    assert state(db, pair) is State.INTRODUCED


@pytest.mark.parametrize("mentees", [4, 8])
def test_a_mentor_with_many_mentees_hears_of_every_end(db: Database, mentees: int) -> None:
    """Nobody gets more than three such letters a week, and none of them is lost for that."""
    people_ = [member(f"m{n}", "mentee", seeks_skills="skill.safety_planning") for n in range(mentees)]
    enrol(db, grace(capacity=str(mentees)), *people_)
    ids = [introduced(db, each.id, "grace") for each in people_]
    for day in range(1, 70):
        at(db, NOW + day * DAY)
        deliver(db, NOW + day * DAY + timedelta(hours=1))
    assert {state(db, id) for id in ids} == {State.CLOSED}


# -- the end ---------------------------------------------------------------------------------------------------------


def test_both_are_asked_by_mail_how_it_was(db: Database, pair: int) -> None:
    outcomes.close(db, pair, outcome="goals_reached", participant_id="ada", links=LINKS, now=NOW + DAY)
    for day in (1, 2, 3, 4):
        at(db, NOW + day * DAY + timedelta(hours=1))
    assert mail(db, K.CLOSED, K.EXIT) == [(K.CLOSED, "grace@example.org"), (K.EXIT, "ada@example.org")]
    with db.read() as session:
        asked = session.scalars(select(Letter).where(letters.c.kind.in_([K.CLOSED, K.EXIT])))
        assert all("/exit/" in each.facts["url"] for each in asked)


def test_whoever_has_said_how_it_was_is_not_asked_again(db: Database, pair: int) -> None:
    outcomes.close(db, pair, outcome="goals_reached", participant_id="ada", links=LINKS, now=NOW + DAY)
    outcomes.feedback(db, pair, "ada", answers={"helpful": 4}, now=NOW + DAY)
    at(db, NOW + 3 * DAY)
    assert mail(db, K.EXIT) == []


def test_exit_answers_are_evidence(db: Database, pair: int) -> None:
    outcomes.close(db, pair, outcome="other", participant_id="ada", links=LINKS, now=NOW)
    epoch = one(db, pair).party("grace").epoch
    outcomes.feedback(db, pair, "grace", answers={"helpful": 3, "again": "yes"}, links=LINKS, epoch=epoch, now=NOW)
    assert float(learning.evidence(db, vocabulary=VOCABULARY).outcomes[0]) == pytest.approx(2 / 3)
    with pytest.raises(Overtaken):
        outcomes.feedback(db, pair, "ada", answers={"helpful": 1}, links=LINKS, epoch=epoch - 1, now=NOW)


@pytest.mark.parametrize(
    ("again", "standing", "back"),
    [("yes", Standing.ACTIVE, 0), ("break", Standing.PAUSED, 91), ("no", Standing.PAUSED, None)],
)
def test_rounds_read_the_wish_and_the_pair_cools_down(
    db: Database, pair: int, again: str, standing: Standing, back: int | None
) -> None:
    enrol(db, henry())
    outcomes.close(db, pair, outcome="good_enough", participant_id="grace", links=LINKS, now=NOW + DAY)
    said = {"helpful": 4, "again": again}
    outcomes.feedback(db, pair, "ada", answers=said, links=LINKS, now=NOW + DAY)
    assert person(db, "ada").status is standing
    assert proposed(db, NOW + 2 * DAY) == ({("ada", "henry")} if again == "yes" else set())
    if back is not None:
        at(db, NOW + back * DAY)
        assert person(db, "ada").status is Standing.ACTIVE
    else:
        at(db, NOW + 400 * DAY)
        assert person(db, "ada").status is Standing.PAUSED
        outcomes.feedback(db, pair, "ada", answers={**said, "again": "yes"}, links=LINKS, now=NOW + 400 * DAY)
        assert person(db, "ada").status is Standing.ACTIVE
    with db.read() as session:
        assert introductions.barred_pairs(session, NOW + 180 * DAY)["ada", "grace"] is Rule.COOLING_DOWN
        assert ("ada", "grace") not in introductions.barred_pairs(session, NOW + 182 * DAY)


def proposed(db: Database, now: object) -> set[tuple[str, str]]:
    """The pairs that a round would propose."""
    asked = matching.request_round(db, by="cleo", now=now)  # type: ignore[arg-type]
    matching.run_round(db, asked, vocabulary=VOCABULARY, now=now)  # type: ignore[arg-type]
    with db.read() as session:
        return {(i.mentee_id or "", i.mentor_id or "") for i in introductions.drafts_of(session, asked)}


def test_answers_to_short_questions_are_kept_for_half_a_year(db: Database, pair: int) -> None:
    at(db, NOW + 5 * DAY + timedelta(hours=1))
    tap(db, pair, "ada", "met", 5)
    outcomes.close(db, pair, outcome="other", by="cleo", links=LINKS, now=NOW + 6 * DAY)
    at(db, NOW + 185 * DAY)
    assert answers(db, pair, "ada") == [(5, "met")]
    at(db, NOW + 187 * DAY)
    assert answers(db, pair, "ada") == []


# -- what two expect of each other -----------------------------------------------------------------------------------


def propose(db: Database, id: int, who: str, shown: int, *, hours: int = 2, months: int = 6, words: str = "") -> None:
    """Somebody writes down what to expect."""
    aftercare.propose_agreement(
        db,
        id,
        who,
        hours=hours,
        cadence="fortnightly",
        months=months,
        words=words,
        shown=shown,
        links=LINKS,
        now=NOW + DAY,
    )


def test_both_tick_and_a_change_is_ticked_anew(db: Database, pair: int) -> None:
    propose(db, pair, "ada", 0)
    assert mail(db, K.AGREEMENT) == [(K.AGREEMENT, "grace@example.org")]
    seen = aftercare.after(db, pair, "grace")
    assert (seen.ticked, seen.agreed) == (False, False)
    aftercare.tick_agreement(db, pair, "grace", version=1, links=LINKS, now=NOW + DAY)
    assert aftercare.after(db, pair, "ada").agreed
    propose(db, pair, "grace", 1, hours=3)
    seen = aftercare.after(db, pair, "ada")
    assert seen.agreement is not None
    assert (seen.agreement.version, seen.agreement.hours, seen.ticked, seen.agreed) == (2, 3, False, False)
    for refused in (
        lambda: aftercare.tick_agreement(db, pair, "ada", version=1, links=LINKS, now=NOW),
        lambda: propose(db, pair, "ada", 1, hours=4),
    ):
        with pytest.raises(Overtaken):
            refused()
    propose(db, pair, "ada", 1, hours=3)  # the same as stands there: a tick
    assert aftercare.after(db, pair, "grace").agreed
    assert len(mail(db, K.AGREEMENT)) == 2


def test_what_makes_no_agreement_is_refused(db: Database, pair: int) -> None:
    enrol(db, ben())
    for refused in (
        lambda: propose(db, pair, "ada", 0, hours=0),
        lambda: propose(db, pair, "ada", 0, months=25),
        lambda: propose(db, pair, "ben", 0),
    ):
        with pytest.raises(NotAllowed):
            refused()
    outcomes.close(db, pair, outcome="other", by="cleo", links=LINKS, now=NOW)
    with pytest.raises(NotAllowed):
        propose(db, pair, "ada", 0)


def test_they_are_asked_to_look_back_when_the_time_agreed_on_is_over(db: Database, pair: int) -> None:
    outcomes.first_contact(db, pair, "ada", happened=True, links=LINKS, now=NOW)
    propose(db, pair, "ada", 0, months=2)
    for day in (10, 28, 58, 88, 118):
        at(db, NOW + day * DAY + timedelta(hours=1))
    with db.read() as session:
        closing = session.scalars(select(Letter).where(letters.c.kind == K.CLOSING))
        assert {letter.created_at for letter in closing} == {NOW + 88 * DAY + timedelta(hours=1)}


# -- hours -----------------------------------------------------------------------------------------------------------


def meet(db: Database, id: int, who: str, day: date, minutes: int = 60) -> None:
    """Somebody tells of a meeting."""
    aftercare.say_hours(db, id, who, met_on=day, minutes=minutes, links=LINKS, now=NOW + 9 * DAY)


def test_hours_count_once_the_other_has_confirmed_them(db: Database, pair: int) -> None:
    first, second = date(2026, 3, 4), date(2026, 3, 9)
    for _ in range(2):
        meet(db, pair, "ada", first)
        meet(db, pair, "ada", second, 90)
    assert mail(db, K.HOURS) == [(K.HOURS, "grace@example.org")]
    assert aftercare.certificate(db, pair, "ada") is None
    seen = aftercare.after(db, pair, "grace")
    ids = [meeting.id for meeting in seen.to_confirm]
    assert len(ids) == 2
    with pytest.raises(NotAllowed):
        aftercare.confirm_hours(db, pair, "ada", ids=ids, now=NOW)
    aftercare.confirm_hours(db, pair, "grace", ids=ids[:1], now=NOW)
    aftercare.confirm_hours(db, pair, "grace", ids=ids, now=NOW)
    made = aftercare.certificate(db, pair, "grace")
    assert made is not None
    assert (made.name, made.other, made.is_mentor, made.minutes) == ("Grace", "Ada", True, 150)
    with pytest.raises(NotAllowed):
        aftercare.strike_hours(db, pair, "ada", id=ids[0], now=NOW)


def test_what_both_tell_of_is_confirmed(db: Database, pair: int) -> None:
    for who in ("ada", "ada", "grace", "grace"):
        meet(db, pair, who, date(2026, 3, 4))
    assert [meeting.confirmed for meeting in aftercare.after(db, pair, "ada").meetings] == [True]
    assert mail(db, K.HOURS) == [(K.HOURS, "grace@example.org")]
    assert K.HOURS not in [letter.kind for letter in deliver(db, NOW + 9 * DAY)], "nothing is left to confirm"


def test_a_meeting_told_after_this_weeks_letter_is_in_next_weeks(db: Database, pair: int) -> None:
    later = NOW + 9 * DAY
    meet(db, pair, "ada", date(2026, 3, 4))
    assert K.HOURS in [letter.kind for letter in deliver(db, later)]
    meet(db, pair, "ada", date(2026, 3, 5))
    meet(db, pair, "ada", date(2026, 3, 6))
    assert not deliver(db, later + 6 * DAY)
    assert [letter.kind for letter in deliver(db, later + 7 * DAY)] == [K.HOURS]


def test_what_is_said_of_hours_leaves_records(db: Database, pair: int) -> None:
    meet(db, pair, "ada", date(2026, 3, 4))
    meet(db, pair, "ada", date(2026, 3, 5))
    first, second = (meeting.id for meeting in aftercare.after(db, pair, "grace").to_confirm)
    for _ in range(2):
        aftercare.confirm_hours(db, pair, "grace", ids=[first], now=NOW)
        aftercare.strike_hours(db, pair, "grace", id=second, now=NOW)
    with db.read() as session:
        told = records.history(session, f"introduction:{pair}")
    assert [row.actor for row in told if row.act == "hours"] == ["participant:ada"] * 2 + ["participant:grace"] * 2
    check_invariants(db)


def test_a_certificate_survives_the_erasure_of_the_other(db: Database, pair: int) -> None:
    for who in ("ada", "grace"):
        meet(db, pair, who, date(2026, 3, 4))
    people.erase(db, "ada", by="ada", links=LINKS, now=NOW + 9 * DAY)
    made = aftercare.certificate(db, pair, "grace")
    assert made is not None
    assert (made.name, made.other, made.minutes) == ("Grace", "", 60)


def test_a_meeting_that_one_of_them_denies_is_not_on_the_list(db: Database, pair: int) -> None:
    meet(db, pair, "ada", date(2026, 3, 4))
    [meeting] = aftercare.after(db, pair, "grace").to_confirm
    for _ in range(2):
        aftercare.strike_hours(db, pair, "grace", id=meeting.id, now=NOW)
    with pytest.raises(Overtaken):
        aftercare.confirm_hours(db, pair, "grace", ids=[meeting.id], now=NOW)


@pytest.mark.parametrize(
    ("day", "minutes"), [(date(2026, 2, 1), 60), (date(2026, 4, 1), 60), (date(2026, 3, 4), 0), (date(2026, 3, 4), 721)]
)
def test_impossible_meetings_are_refused(db: Database, pair: int, day: date, minutes: int) -> None:
    with pytest.raises(NotAllowed):
        meet(db, pair, "ada", day, minutes)


def test_nobody_confirms_or_strikes_the_meetings_of_others(db: Database, pair: int) -> None:
    enrol(db, dora(), ines())
    other = introduced(db, "dora", "ines")
    meet(db, pair, "ada", date(2026, 3, 4))
    [meeting] = aftercare.after(db, pair, "grace").to_confirm
    with pytest.raises(Overtaken):
        aftercare.confirm_hours(db, other, "ines", ids=[meeting.id], now=NOW)
    aftercare.strike_hours(db, other, "ines", id=meeting.id, now=NOW)
    assert len(aftercare.after(db, pair, "grace").to_confirm) == 1
    for look in (aftercare.after, aftercare.certificate):
        with pytest.raises(NotFound):
            look(db, pair, "ines")


# -- one's own data --------------------------------------------------------------------------------------------------


def test_it_is_exported_and_erased(db: Database, pair: int) -> None:
    at(db, NOW + 5 * DAY + timedelta(hours=1))
    tap(db, pair, "ada", "met", 5)
    tap(db, pair, "grace", "not_yet", 5)
    propose(db, pair, "ada", 0, words="agreedwords")
    meet(db, pair, "ada", date(2026, 3, 4))
    [told] = people.export_person(db, "ada", now=NOW)["introductions"]  # type: ignore[misc]
    assert told["short_questions"] == [{"day": 5, "answer": "met"}]
    assert told["agreement"]["words"] == "agreedwords"
    assert told["meetings"] == [{"met_on": "2026-03-04", "minutes": 60, "told_by_me": True, "confirmed": False}]
    [theirs] = people.export_person(db, "grace", now=NOW)["introductions"]  # type: ignore[misc]
    assert theirs["short_questions"] == [{"day": 5, "answer": "not_yet"}]
    people.erase(db, "ada", by="ada", links=LINKS, now=NOW + 6 * DAY)
    assert answers(db, pair, "ada") == []
    assert answers(db, pair, "grace") == [(5, Said.NOT_YET)]
    assert aftercare.after(db, pair, "grace").agreement is None


@pytest.fixture
def group_of_four(db: Database) -> int:
    """Ada, Ben and Henry said yes to a group, Dora said no; they have just been introduced."""
    cleo(db)
    enrol(db, ada(), ben(), dora(), henry())
    draft = group("henry", ["ada", "ben", "dora"], label="case consultation 1")
    id = db.transact(lambda session: introductions.add(session, draft, by="cleo", now=NOW).id)
    approve(db, id)
    for who, said in (("dora", "no"), ("ada", "yes"), ("ben", "yes"), ("henry", "yes")):
        say(db, id, who, said)
    at(db, NOW + timedelta(minutes=11))
    assert state(db, id) is State.INTRODUCED
    return id


def test_whoever_said_no_to_a_group_has_no_part_in_what_came_of_it(db: Database, group_of_four: int) -> None:
    later = NOW + DAY
    refused: list[Callable[[], object]] = [
        lambda: outcomes.first_contact(db, group_of_four, "dora", happened=True, links=LINKS, now=later),
        lambda: outcomes.close(db, group_of_four, outcome="other", participant_id="dora", links=LINKS, now=later),
        lambda: outcomes.feedback(db, group_of_four, "dora", answers={"helpful": 1}, now=later),
        lambda: aftercare.after(db, group_of_four, "dora"),
    ]
    for each in refused:
        with pytest.raises(NotFound):
            each()
    at(db, NOW + 5 * DAY + timedelta(hours=1))
    assert {to for _, to in mail(db, K.FIRST_CONTACT_CHECK)} == {f"{id}@example.org" for id in ("ada", "ben", "henry")}
    propose(db, group_of_four, "ada", 0)
    assert {to for _, to in mail(db, K.AGREEMENT)} == {f"{id}@example.org" for id in ("ben", "henry")}
    for id in ("ben", "henry"):
        assert not aftercare.after(db, group_of_four, id).agreed
        aftercare.tick_agreement(db, group_of_four, id, version=1, links=LINKS, now=later)
    assert aftercare.after(db, group_of_four, "ada").agreed
    with pytest.raises(NotAllowed):
        meet(db, group_of_four, "ada", date(2026, 3, 4))


def test_whoever_left_a_group_that_met_cannot_tell_of_it_again(db: Database, group_of_four: int) -> None:
    """Not even with the press they made while they were in it."""

    def tell() -> State:
        return outcomes.first_contact(db, group_of_four, "ada", happened=True, links=LINKS, now=NOW + DAY)

    assert (tell(), tell()) == (State.ACTIVE, State.ACTIVE)
    signup.leave(db, "ada", links=LINKS, now=NOW + DAY)
    assert state(db, group_of_four) is State.ACTIVE, "Ben and Henry go on"
    with pytest.raises(NotFound):
        tell()


def test_no_hours_are_asked_for_when_nobody_is_left_to_confirm_them(db: Database) -> None:
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    people.erase(db, "grace", by="grace", links=LINKS, now=NOW + 2 * DAY)
    assert not aftercare.after(db, id, "ada").may_say_hours
    with pytest.raises(NotAllowed):
        aftercare.say_hours(db, id, "ada", met_on=(NOW + DAY).date(), minutes=60, links=LINKS, now=NOW + 3 * DAY)
