"""Nobody is asked too often, and nobody twice about the same person, whichever way a question goes out."""

import os
import random
from collections import defaultdict
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from matcher.domain.introductions import TERMS, NotAllowed, Part, State
from matcher.domain.letters import Letter, LetterKind, LetterState
from matcher.storage import introductions
from matcher.storage.database import Database
from matcher.storage.mapping import introductions as table
from matcher.storage.mapping import letters, parties
from matcher.workflow import answers, matching, review
from tests.cast import LINKS, NOW, cleo, enrol, grace, henry, ines
from tests.cast import person as member
from tests.stories import DAY, VOCABULARY, ask, at, check_invariants, deliver, offer, pick, say, state

MENTEES = [member(f"m{n}", "mentee", seeks_skills="skill.verbal_deescalation") for n in range(6)]


def propose(db: Database, mentee: str, mentor: str, mode: str, now: datetime = NOW) -> int:
    """A draft by hand."""
    return review.propose_pair(db, mentee, mentor, by="cleo", vocabulary=VOCABULARY, now=now, mode=mode)


def worn_out(db: Database) -> None:
    """Grace was chosen twice this month, and said no twice."""
    cleo(db)
    enrol(db, *MENTEES, grace(), henry())
    for mentee in ("m0", "m1"):
        [id] = offer(db, mentee, "grace")
        pick(db, id, mentee)
        say(db, id, "grace", "no")


@pytest.mark.parametrize("mode", ["choose", "assigned"])
def test_a_mentor_who_was_chosen_often_is_not_proposed(db: Database, mode: str) -> None:
    worn_out(db)
    with pytest.raises(NotAllowed, match="asked often enough"):
        propose(db, "m2", "grace", mode)
    assert propose(db, "m2", "grace", mode, NOW + TERMS.quota_period + DAY)


def test_a_mentor_who_was_asked_often_since_the_offer_is_not_asked_again(db: Database) -> None:
    """The limit is looked at when the mentee chooses: the letter may be days old."""
    cleo(db)
    enrol(db, *MENTEES, grace(), henry())
    offers = [offer(db, mentee.id, "grace", "henry") for mentee in MENTEES[:3]]
    for mentee, [first, _] in zip(MENTEES, offers[:2], strict=False):
        pick(db, first, mentee.id)
        say(db, first, "grace", "no")
    first, second = offers[2]
    assert pick(db, first, "m2") == answers.PlaceGone(second)
    assert state(db, first) is State.OFFERED
    assert pick(db, second, "m2") == answers.Picked(second)


def test_a_round_does_not_count_on_a_mentor_who_was_asked_often(db: Database) -> None:
    worn_out(db)
    id = matching.request_round(db, by="cleo", now=NOW)
    matching.run_round(db, id, vocabulary=VOCABULARY, now=NOW)
    with db.read() as session:
        assert {draft.mentor_id for draft in introductions.drafts_of(session, id)} == {"henry"}


def test_whoever_will_be_asked_after_the_other_counts(db: Database) -> None:
    """Two mentees are asked first about Henry, who was asked once: their yes must not bring him to three questions."""
    cleo(db)
    enrol(db, *MENTEES, henry())
    say(db, ask(db, "m0", "henry"), "henry", "no")
    ask(db, "m1", "henry", order="mentee_first")
    with pytest.raises(NotAllowed, match="asked often enough"):
        propose(db, "m2", "henry", "assigned")


@pytest.mark.parametrize("seed", range(int(os.environ.get("HISTORIES", "1"))))
def test_limits_hold_in_any_history(db: Database, seed: int) -> None:
    """Some weeks of offers, questions, answers, silence, rounds and next bests (R-09); HISTORIES=500 for a night."""
    dice = random.Random(seed)
    cleo(db)
    mentors = [grace(), henry(), ines()]
    enrol(db, *MENTEES, *mentors)
    now = NOW
    blocked: set[tuple[str, str]] = set()
    for _ in range(12):
        now += timedelta(hours=dice.choice((1, 9, 30, 80)))
        at(db, now)
        deliver(db, now)
        mentee, mentor = dice.choice(MENTEES).id, dice.choice(mentors).id
        way = dice.choice(("offer", "ask", "answer", "answer", "answer", "approve", "round"))
        try:
            if way in ("offer", "ask"):
                id = propose(db, mentee, mentor, "choose" if way == "offer" else "assigned", now)
                review.approve(db, [id], by="cleo", vocabulary=VOCABULARY, links=LINKS, now=now)
            elif way == "round":
                id = matching.request_round(db, by="cleo", now=now, mode=dice.choice(("choose", "assigned")))
                matching.run_round(db, id, vocabulary=VOCABULARY, now=now)
                review.publish(db, id, by="cleo", vocabulary=VOCABULARY, links=LINKS, now=now)
            elif way == "approve":  # what the clock has found as the next best, among others
                with db.read() as session:
                    drafts = list(session.scalars(select(table.c.id).where(table.c.state == State.DRAFT)))
                review.approve(db, drafts, by="cleo", vocabulary=VOCABULARY, links=LINKS, now=now)
            else:
                _somebody_answers(db, dice, now, blocked)
        except NotAllowed:
            pass
    check_invariants(db)
    _nobody_was_asked_too_often(db, {mentor.id: mentor.capacity for mentor in mentors}, blocked)


def _somebody_answers(db: Database, dice: random.Random, now: datetime, blocked: set[tuple[str, str]]) -> None:
    with db.read() as session:
        open_now = introductions.due(session, table.c.state.in_([State.OFFERED, State.ASKING]))
    sides = [(i, p) for i in open_now for p in i.parties if p.is_open]
    if not sides:
        return
    introduction, party = dice.choice(sides)
    id, who = introduction.id or 0, party.participant_id
    if dice.random() < 0.1:
        answers.concern(db, id, who, links=LINKS, now=now, vocabulary=VOCABULARY)
        blocked.add((str(introduction.mentee_id), str(introduction.mentor_id)))
    elif introduction.state is State.OFFERED:
        pick(db, id, who, now=now)
    else:
        say(db, id, who, dice.choice(("yes", "no", "no", "not_now")), now=now)


def _nobody_was_asked_too_often(db: Database, places: dict[str, int], blocked: set[tuple[str, str]]) -> None:
    """Counted from the letters, not from what the limits are reckoned with."""
    with db.read() as session:
        sent = session.scalars(
            select(Letter).where(letters.c.state != LetterState.CANCELLED).order_by(letters.c.id)
        ).all()
        pairs = {i.id: (str(i.mentee_id), str(i.mentor_id)) for i in introductions.due(session, table.c.id > 0)}
        ended = {i.id: i.ended_at for i in introductions.due(session, table.c.ended_at.is_not(None))}
        asked_twice = session.execute(
            select(table.c.id, parties.c.asked_at)
            .join(parties, parties.c.introduction_id == table.c.id)
            .where(parties.c.part == Part.MENTOR, parties.c.asked_at.is_not(None))
        ).all()
    told: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for letter in sent:
        part = {
            LetterKind.QUESTION_TO_MENTOR: "mentor",
            LetterKind.QUESTION_TO_MENTEE: "mentee",
            LetterKind.SUGGESTIONS: "mentee",
        }.get(letter.kind)
        if part:
            told[str(letter.participant_id), part].append(letter.created_at or NOW)
    assert sum(map(len, told.values())) > 5
    for (who, part), moments in told.items():
        most = max(TERMS.asks_per_mentor, places[who]) if part == "mentor" else TERMS.asks_per_mentee
        for moment in moments:
            assert sum(moment <= each < moment + TERMS.quota_period for each in moments) <= most, (who, moments)
    for id, asked in asked_twice:
        for other, until in ended.items():
            if other != id and pairs[other] == pairs[id] and other in {row.id for row in asked_twice}:
                assert not until < asked < until + TERMS.cool_down
                assert pairs[id] not in blocked or asked <= until
