"""Many people at once; everything about one person; erasure that leaves no trace and keeps the counts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from matcher.domain.introductions import NotAllowed, NotFound, State
from matcher.domain.letters import Letter, LetterKind
from matcher.domain.people import ConsentKind, Standing
from matcher.storage import desk_today, introductions, people
from matcher.storage.database import Database
from matcher.storage.mapping import consents, metadata
from matcher.storage.people import digest
from matcher.workflow import access, aftercare, answers, desk, meetings, outcomes, signup
from matcher.workflow.people import erase, export_person, export_profiles, import_profiles
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace, henry
from tests.cast import person as member
from tests.stories import (
    DAY,
    VOCABULARY,
    agreed,
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
HOUR = timedelta(hours=1)


# -- import and export -----------------------------------------------------------------------------------------------


def test_what_was_imported_is_exported(db: Database) -> None:
    everybody = [ada(text="Nights suit me.", shoe_size="40"), ben(seeks_skills="juggling knives"), grace(), henry()]
    done = import_profiles(db, everybody, by="cleo", now=NOW, confirmed=True)
    assert done.added == ("ada", "ben", "grace", "henry")
    assert export_profiles(db) == sorted(everybody, key=lambda p: p.id)
    with db.read() as session:
        assert set(people.standing_consents(session, "ada")) == {ConsentKind.MATCHING}


def test_importing_again_changes_what_changed(db: Database) -> None:
    enrol(db, ada(), grace())
    done = import_profiles(db, [ada(), grace(capacity="3"), henry()], by="cleo", now=NOW, confirmed=True)
    assert (done.added, done.changed, done.unchanged) == (("henry",), ("grace",), ("ada",))
    assert person(db, "grace").capacity == 3


def test_people_who_have_not_agreed_are_asked_first(db: Database) -> None:
    import_profiles(db, [ada(), grace()], by="cleo", now=NOW, links=LINKS, language="es")
    assert person(db, "ada").status is Standing.UNCONFIRMED
    letters = deliver(db)
    assert [(each.kind, each.language) for each in letters] == [(K.CONFIRM_ADDRESS, "es")] * 2
    token = str(letters[0].facts["url"]).rpartition("/")[2]
    assert signup.has_to_agree(db, token, now=NOW)
    with pytest.raises(NotAllowed, match="may not look for anybody"):
        signup.confirm(db, token, now=NOW)
    assert person(db, "ada").status is Standing.UNCONFIRMED
    later = NOW + timedelta(hours=2)
    for _ in range(2):
        signup.confirm(db, token, now=later, agreed="I agree to be matched.")
    assert person(db, "ada").status is Standing.ACTIVE
    assert person(db, "grace").status is Standing.UNCONFIRMED
    assert not signup.has_to_agree(db, token, now=later)
    with db.read() as session:
        [given] = session.execute(select(consents)).all()
    assert (given.participant_id, given.kind, given.given_at) == ("ada", ConsentKind.MATCHING, later)
    assert given.text_hash == digest("consent", "I agree to be matched.")
    signup.pause(db, "ada", links=LINKS, now=later)
    signup.resume(db, "ada", now=later)
    assert person(db, "ada").status is Standing.ACTIVE


def test_who_agreed_before_is_not_asked_again_for_a_new_address(db: Database) -> None:
    enrol(db, ada())
    import_profiles(db, [ada(email="ada@elsewhere.example.org")], by="cleo", now=NOW, links=LINKS)
    [letter] = deliver(db)
    token = str(letter.facts["url"]).rpartition("/")[2]
    assert not signup.has_to_agree(db, token, now=NOW)
    signup.confirm(db, token, now=NOW)
    assert person(db, "ada").status is Standing.ACTIVE


def test_without_links_nobody_can_be_asked(db: Database) -> None:
    with pytest.raises(TypeError):
        import_profiles(db, [ada()], by="cleo", now=NOW)


def test_bad_ones_are_refused_with_a_reason_and_the_rest_comes_in(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    pick(db, id, "ada")
    wrong = [ben(email=""), dora(email="ADA@example.org"), grace(capacity="0"), henry()]
    done = import_profiles(db, wrong, by="cleo", now=NOW, confirmed=True)
    assert done.added == ("henry",)
    assert set(done.refused) == {"ben", "dora", "grace"}
    assert all(reason.endswith(".") for reason in done.refused.values())
    check_invariants(db)


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("active", Standing.ACTIVE),
        ("paused", Standing.PAUSED),
        ("left", Standing.LEFT),
        ("unconfirmed", Standing.UNCONFIRMED),
        ("full", Standing.ACTIVE),
    ],
)
def test_the_status_in_a_file_is_kept(db: Database, status: str, standing: Standing) -> None:
    enrol(db, grace(status=status))
    assert person(db, "grace").status is standing
    assert person(db, "grace").has_room == (status == "active")


# -- one person ------------------------------------------------------------------------------------------------------


def test_an_export_holds_all_of_one_person_and_nothing_private_of_others(db: Database) -> None:
    enrol(db, ada(text="ownwords"), grace(name="Gracename", text="foreigntext"), henry(name="Henryname"))
    first, _ = offer(db, "ada", "grace", "henry")
    early = str(export_person(db, "ada", now=NOW))
    assert "Gracename" not in early
    pick(db, first, "ada")
    say(db, first, "grace", "yes")
    at(db, NOW + timedelta(hours=1))
    outcomes.feedback(db, first, "grace", answers={"words": "foreignfeedback"}, now=NOW)
    outcomes.feedback(db, first, "ada", answers={"words": "ownfeedback"}, now=NOW)
    found = export_person(db, "ada", now=NOW)
    told = str(found)
    for own in ("ownwords", "ownfeedback", "Gracename", "grace@example.org", "ada@example.org"):
        assert own in told
    for foreign in ("foreigntext", "foreignfeedback", "Henryname", "henry@example.org"):
        assert foreign not in told
    assert found["introductions"][0]["inferred"]["affinity"] > 0  # type: ignore[index]


STORIES = {
    "nothing": lambda db: None,
    "offered": lambda db: offer(db, "ada", "grace", "henry"),
    "asked": lambda db: pick(db, offer(db, "ada", "grace", "henry")[0], "ada"),
    "agreed": lambda db: agreed(db, "ada", "grace"),
    "introduced": lambda db: introduced(db, "ada", "grace"),
    "closed": lambda db: outcomes.close(
        db, introduced(db, "ada", "grace"), outcome="other", participant_id="ada", links=LINKS, now=NOW
    ),
    "declined": lambda db: say(db, offer(db, "ada", "grace")[0], "ada", "no", reason="adas reason"),
}


@pytest.mark.parametrize("who", ["ada", "grace"])
@pytest.mark.parametrize("story", STORIES)
def test_erasure_leaves_no_trace_and_keeps_the_counts(db: Database, story: str, who: str) -> None:
    """R-56: at every point of the way; the whole database is searched for what only this person said."""
    secrets = {"name": "Canaryname", "text": "canarytext words", "employer": "Canary Employer", "email": "c@canary.org"}
    cast = {"ada": ada, "grace": grace}
    enrol(db, *[make(**(secrets if id == who else {})) for id, make in cast.items()], henry(), ben())
    deliver(db)
    STORIES[story](db)
    access.request_sign_in(db, "c@canary.org", links=LINKS, now=NOW)
    with db.read() as session:
        before = len(introductions.of_person(session, who))
    erase(db, who, by=who, links=LINKS, now=NOW)
    dump = everything(db).lower()
    for canary in ("canary", b"canary".hex()):
        assert canary not in dump
    assert ("adas reason" in dump) == (story == "declined" and who != "ada")  # her own words go with her alone
    with db.read() as session:
        assert len(introductions.of_person(session, who)) == before
        assert not introductions.of_person(session, who, introductions.LIVE)
        assert person(db, who).status is Standing.ERASED
    with pytest.raises(NotFound):
        erase(db, who, by=who, links=LINKS, now=NOW)
    with pytest.raises(NotFound):
        export_person(db, who, now=NOW)
    check_invariants(db)
    assert who not in [profile.id for profile in export_profiles(db)]


def everything(db: Database) -> str:
    """Every cell of every table, and every letter's bytes."""
    cells = []
    with db.read() as session:
        for table in metadata.sorted_tables:
            for row in session.execute(select(table)):
                cells += [
                    bytes(cell).decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell) for cell in row
                ]
    return "\n".join(cells)


def test_the_other_is_told_that_it_ended_and_not_why(db: Database) -> None:
    enrol(db, ada(name="Canaryname"), grace())
    id = introduced(db, "ada", "grace")
    deliver(db, NOW + timedelta(hours=1))
    erase(db, "ada", by="ada", links=LINKS, now=NOW)
    [letter] = deliver(db, NOW + timedelta(hours=1))
    assert (letter.kind, letter.to) == (K.NOT_AVAILABLE, "grace@example.org")
    assert b"Canaryname" not in (letter.raw or b"")
    assert state(db, id) is State.VOID
    assert person(db, "grace").used == 0


def _undone(db: Database) -> None:
    answers.undo(db, agreed(db, "ada", "grace"), "grace", links=LINKS, vocabulary=VOCABULARY, now=NOW)


def _closed_and_called_off(db: Database) -> None:
    id = introduced(db, "ada", "grace")
    how = {"links": LINKS, "now": NOW}
    meetings.propose(db, id, "ada", starts_at=NOW + 5 * DAY, minutes=45, place="Canary Café", version=0, **how)
    outcomes.close(db, id, participant_id="grace", outcome="no_time", **how)


@pytest.mark.parametrize(
    ("story", "heard"),
    [(_undone, [K.NOT_AVAILABLE]), (_closed_and_called_off, [K.CLOSED, K.MEETING_CANCELLED])],
)
def test_whoever_ends_it_and_is_erased_leaves_the_other_word_of_the_end(
    db: Database, story: Callable[[Database], None], heard: list[K]
) -> None:
    enrol(db, ada(), grace(name="Canaryname", email="c@canary.org"))
    story(db)
    erase(db, "grace", by="grace", links=LINKS, now=NOW)
    told = [each for each in deliver(db, NOW + HOUR) if each.participant_id == "ada"]
    assert sorted(each.kind for each in told) == heard
    assert not any(b"anary" in (each.raw or b"") for each in told)


def test_whoever_is_erased_after_the_end_is_asked_nothing_and_says_nothing(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    deliver(db, NOW + HOUR)
    outcomes.close(db, id, participant_id="ada", outcome="good_enough", links=LINKS, now=NOW + HOUR)
    epochs = {who: one(db, id).party(who).epoch for who in ("ada", "grace")}
    for who, epoch in epochs.items():
        erase(db, who, by=who, links=LINKS, now=NOW + HOUR)
        for link in (epoch, None):  # of a letter, or by a sign-in that ends at this very moment
            words = {"words": "canary"}
            with pytest.raises(NotAllowed):
                outcomes.feedback(db, id, who, answers=words, links=LINKS, now=NOW + DAY, epoch=link)
        assert one(db, id).party(who).epoch > epoch
    at(db, NOW + 2 * DAY)
    assert not deliver(db, NOW + 2 * DAY)
    assert not caplog.records


def test_choices_that_told_of_the_erased_are_written_anew(db: Database) -> None:
    enrol(db, ada(), grace(text="canarytext"), henry())
    first, second = offer(db, "ada", "grace", "henry")
    erase(db, "grace", by="cleo", links=LINKS, now=NOW)
    assert state(db, first) is State.VOID
    assert deliver(db) == []
    at(db, NOW + timedelta(minutes=1))
    [letter] = deliver(db, NOW + timedelta(minutes=1))
    assert [choice["introduction_id"] for choice in letter.facts["choices"]] == [second]


def test_the_address_of_somebody_erased_is_free_again(db: Database) -> None:
    enrol(db, ada())
    erase(db, "ada", by="cleo", links=LINKS, now=NOW)
    enrol(db, member("anna", "mentee", email="ada@example.org"))
    refused = import_profiles(db, [ada()], by="cleo", now=NOW, confirmed=True).refused
    assert "erased" in refused["ada"]


def test_a_refused_row_of_somebody_erased_does_not_hold_the_address(db: Database) -> None:
    enrol(db, ada())
    erase(db, "ada", by="cleo", links=LINKS, now=NOW)
    anna = member("anna", "mentee", email="ada@example.org")
    done = import_profiles(db, [ada(), anna], by="cleo", now=NOW, confirmed=True)
    assert (done.added, set(done.refused)) == (("anna",), {"ada"})


# -- outcomes --------------------------------------------------------------------------------------------------------


def test_no_first_conversation_brings_the_coordinator(db: Database) -> None:
    cleo(db)
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    for _ in range(2):
        found = outcomes.first_contact(db, id, "ada", happened=False, links=LINKS, now=NOW)
        assert found is State.INTRODUCED
    needed = [each for each in deliver(db, NOW + timedelta(hours=1)) if each.kind is K.COORDINATOR_NEEDED]
    assert [each.facts["what"] for each in needed] == ["no_contact"]
    assert outcomes.first_contact(db, id, "grace", happened=True, links=LINKS, now=NOW) is State.ACTIVE
    assert one(db, id).party("ada").contact is False
    check_invariants(db)


def test_not_yet_after_the_other_said_met_brings_the_coordinator(db: Database) -> None:
    """Once only, and until it is looked after."""
    cleo(db)
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    now = NOW + 6 * DAY
    at(db, now)
    for who, said in (("ada", "met"), ("grace", "not_yet"), ("grace", "not_yet")):
        aftercare.answer(db, id, who, said, day=5, links=LINKS, now=now)
    assert len(mail(db, K.COORDINATOR_NEEDED)) == 1
    for waits in (1, 0):
        with db.read() as session:
            assert desk_today.today(session, now).no_contact.count == waits
        desk.look_after(db, f"introduction:{id}", by="cleo", now=now)
    check_invariants(db)


def test_closing_frees_the_place_and_tells_the_other(db: Database) -> None:
    enrol(db, ada(), grace())
    id = introduced(db, "ada", "grace")
    deliver(db, NOW + timedelta(hours=1))
    for _ in range(2):
        outcomes.close(db, id, outcome="goals_reached", participant_id="ada", links=LINKS, now=NOW)
    assert (state(db, id), one(db, id).outcome) == (State.CLOSED, "goals_reached")
    assert person(db, "grace").used == 0
    assert mail(db, K.CLOSED) == [(K.CLOSED, "grace@example.org")]
    outcomes.feedback(db, id, "grace", answers={"helpful": 4, "words": "x" * 5000}, now=NOW)
    assert len(str(one(db, id).party("grace").feedback["words"])) == outcomes.LONGEST_WORDS
    check_invariants(db)


def test_what_was_not_introduced_cannot_be_closed_or_judged(db: Database) -> None:
    enrol(db, ada(), grace())
    [id] = offer(db, "ada", "grace")
    for refused in (
        lambda: outcomes.close(db, id, outcome="other", by="cleo", links=LINKS, now=NOW),
        lambda: outcomes.feedback(db, id, "ada", answers={"helpful": 1}, now=NOW),
        lambda: outcomes.first_contact(db, id, "ada", happened=True, links=LINKS, now=NOW),
        lambda: outcomes.close(db, id, outcome="splendid", by="cleo", links=LINKS, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            refused()
    with pytest.raises(NotFound):
        answers.concern(db, id, "henry", links=LINKS, now=NOW)


def test_letters_to_the_erased_are_empty(db: Database) -> None:
    enrol(db, ada(), grace())
    introduced(db, "ada", "grace")
    deliver(db, NOW + timedelta(hours=1))
    erase(db, "ada", by="ada", links=LINKS, now=NOW)
    with db.read() as session:
        found = list(session.scalars(select(Letter)))
    assert {(each.to, each.raw, each.subject) for each in found if each.participant_id == "ada"} == {("", None, "")}
