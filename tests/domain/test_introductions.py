"""The one table of allowed steps, and the decisions about answers."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from matcher.domain.introductions import (
    FINAL,
    HOLDING,
    LIVE,
    STEPS,
    Act,
    Answer,
    Introduction,
    Kind,
    Mode,
    NotAllowed,
    Order,
    Part,
    State,
    Who,
    group,
    pair,
)

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]

S, A, W = State, Act, Who
PERSON, DESK, CLOCK = W.PARTY, W.COORDINATOR, W.SYSTEM

ALLOWED = [
    # from, act, to, who may, and why
    (S.DRAFT, A.OFFER, S.OFFERED, {DESK}, "a coordinator approves each first ask"),
    (S.DRAFT, A.ASK, S.ASKING, {DESK}, "a coordinator approves each first ask"),
    (S.DRAFT, A.DISMISS, S.DISCARDED, {DESK, CLOCK}, "by hand, or stale after 30 days"),
    (S.DRAFT, A.VOID, S.VOID, {PERSON, CLOCK}, "the person left before anybody was asked"),
    (S.DISCARDED, A.RESTORE, S.DRAFT, {DESK}, "nobody outside has seen it"),
    (S.OFFERED, A.PICK, S.ASKING, {W.MENTEE, DESK}, "the mentee chooses, or the desk on the phone with them"),
    (S.OFFERED, A.MORE, S.OFFERED, {PERSON}, "a question is no answer"),
    (S.OFFERED, A.EXTEND, S.OFFERED, {DESK}, "more time"),
    (S.OFFERED, A.DECLINE, S.DECLINED, {PERSON, DESK, CLOCK}, "not this one"),
    (S.OFFERED, A.EXPIRE, S.EXPIRED, {CLOCK}, "silence"),
    (S.OFFERED, A.WITHDRAW, S.WITHDRAWN, {DESK, CLOCK}, "another was chosen, or the desk takes it back"),
    (S.OFFERED, A.CONCERN, S.WITHDRAWN, {PERSON, DESK}, "a concern ends everything"),
    (S.OFFERED, A.VOID, S.VOID, {PERSON, CLOCK}, "the person left"),
    (S.ASKING, A.YES, S.ASKING, {PERSON, DESK}, "others are still asked"),
    (S.ASKING, A.NO, S.ASKING, {PERSON, DESK, CLOCK}, "a group goes on without one"),
    (S.ASKING, A.MORE, S.ASKING, {PERSON}, "a question is no answer"),
    (S.ASKING, A.EXTEND, S.ASKING, {DESK}, "more time"),
    (S.ASKING, A.AGREE, S.AGREED, {PERSON, DESK, CLOCK}, "the last yes; a group's deadline with its quorum"),
    (S.ASKING, A.DECLINE, S.DECLINED, {PERSON, DESK, CLOCK}, "a no"),
    (S.ASKING, A.UNDO, S.DECLINED, {PERSON, DESK}, "a change of mind"),
    (S.ASKING, A.EXPIRE, S.EXPIRED, {CLOCK}, "silence"),
    (S.ASKING, A.WITHDRAW, S.WITHDRAWN, {DESK, CLOCK}, "taken back"),
    (S.ASKING, A.CONCERN, S.WITHDRAWN, {PERSON, DESK}, "a concern ends everything"),
    (S.ASKING, A.VOID, S.VOID, {PERSON, CLOCK}, "the person left"),
    (S.AGREED, A.NO, S.AGREED, {PERSON, DESK, CLOCK}, "a group goes on without one"),
    (S.AGREED, A.UNDO, S.DECLINED, {PERSON, DESK}, "within the undo window nothing was disclosed"),
    (S.AGREED, A.INTRODUCE, S.INTRODUCED, {CLOCK}, "after the undo window, by itself"),
    (S.AGREED, A.WITHDRAW, S.WITHDRAWN, {DESK, CLOCK}, "taken back"),
    (S.AGREED, A.CONCERN, S.WITHDRAWN, {PERSON, DESK}, "a concern ends everything"),
    (S.AGREED, A.VOID, S.VOID, {PERSON, CLOCK}, "the person left"),
    (S.INTRODUCED, A.NO, S.INTRODUCED, {PERSON, DESK, CLOCK}, "a group goes on without one"),
    (S.INTRODUCED, A.NO_CONTACT, S.INTRODUCED, {PERSON}, "no first conversation yet"),
    (S.INTRODUCED, A.CONFIRM, S.ACTIVE, {PERSON, DESK}, "the first conversation took place"),
    (S.INTRODUCED, A.CLOSE, S.CLOSED, {PERSON, DESK, CLOCK}, "it came to nothing"),
    (S.INTRODUCED, A.WITHDRAW, S.WITHDRAWN, {DESK, CLOCK}, "taken back"),
    (S.INTRODUCED, A.CONCERN, S.WITHDRAWN, {PERSON, DESK}, "a concern ends everything"),
    (S.INTRODUCED, A.VOID, S.VOID, {PERSON, CLOCK}, "the person left"),
    (S.ACTIVE, A.NO, S.ACTIVE, {PERSON, DESK, CLOCK}, "a group goes on without one"),
    (S.ACTIVE, A.CLOSE, S.CLOSED, {PERSON, DESK}, "a good end"),
    (S.ACTIVE, A.WITHDRAW, S.WITHDRAWN, {DESK, CLOCK}, "taken back"),
    (S.ACTIVE, A.CONCERN, S.WITHDRAWN, {PERSON, DESK}, "a concern ends everything"),
    (S.ACTIVE, A.VOID, S.VOID, {PERSON, CLOCK}, "the person left"),
]
EXPECTED = {(before, act): (after, who) for before, act, after, who, _ in ALLOWED}


def an_introduction(state: State, act: Act) -> Introduction:
    """One of the kind and mode that the act belongs to."""
    if act is Act.NO:
        return group("grace", ["ada", "ben"], state=state)
    mode = Mode.ASSIGNED if act is Act.ASK else Mode.CHOOSE
    return pair("ada", "grace", mode=mode, state=state)


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("state", State)
def test_a_step_is_allowed_exactly_where_the_table_says(state: State, act: Act) -> None:
    after, may = EXPECTED.get((state, act), (None, set()))
    for who in Who:
        introduction = an_introduction(state, act)
        if who in may:
            taken = introduction.take(act, who, NOW, reason="a reason")
            assert introduction.state is after is taken.after
            assert taken.before is state
        else:
            with pytest.raises(NotAllowed) as refusal:
                introduction.take(act, who, NOW, reason="a reason")
            assert introduction.state is state
            assert str(refusal.value).endswith(".")


def test_the_table_of_the_test_is_the_whole_table() -> None:
    assert {key: (step.to, set(step.who)) for key, step in STEPS.items()} == EXPECTED


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nobody_leaves_a_final_state(state: State) -> None:
    assert not [act for act in Act if (state, act) in STEPS]


def test_every_state_that_is_not_final_can_be_left_and_reached() -> None:
    assert {before for before, _ in STEPS} == set(State) - FINAL
    assert {step.to for step in STEPS.values()} | {State.DRAFT} == set(State)


def test_no_other_module_writes_the_state_of_an_introduction() -> None:
    """R-01: `state` is assigned in one method; elsewhere only letters, rounds and meetings have one that is written."""
    others = {"letter", "chosen", "unwanted", "meeting"}
    found = []
    for path in sorted([*(ROOT / "matcher").rglob("*.py"), *(ROOT / "web").rglob("*.py")]):
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            flat = [t for each in targets for t in (each.elts if isinstance(each, ast.Tuple) else [each])]
            for target in flat:
                if isinstance(target, ast.Attribute) and target.attr == "state":
                    name = target.value.id if isinstance(target.value, ast.Name) else "?"
                    found.append((path.relative_to(ROOT).as_posix(), name))
        if path.parent.name == "storage" or path.parent.name == "workflow":
            assert "update(introductions" not in source, f"{path}: introductions are saved by their step only"
            assert "update(table" not in source, f"{path}: introductions are saved by their step only"
    elsewhere = {(file, name) for file, name in found if name not in others}
    assert elsewhere == {("matcher/domain/introductions.py", "self")}


def test_places_are_held_from_asking_to_the_end() -> None:
    introduction = pair("ada", "grace", mode=Mode.ASSIGNED)
    assert introduction.take(Act.ASK, DESK, NOW).reserves
    assert not introduction.take(Act.YES, PERSON, NOW).reserves
    assert introduction.take(Act.DECLINE, PERSON, NOW).releases
    assert HOLDING < LIVE


def test_an_end_makes_all_links_old() -> None:
    introduction = pair("ada", "grace", state=State.ASKING)
    introduction.take(Act.DECLINE, PERSON, NOW)
    assert [party.epoch for party in introduction.parties] == [2, 2]
    assert introduction.ended_at == NOW


def test_withdrawing_by_hand_needs_a_reason() -> None:
    introduction = pair("ada", "grace", state=State.ACTIVE)
    with pytest.raises(NotAllowed, match="reason"):
        introduction.take(Act.WITHDRAW, DESK, NOW, reason="  ")
    assert introduction.take(Act.WITHDRAW, DESK, NOW, reason="moved away").ends


def test_the_undo_window_starts_with_the_last_yes() -> None:
    introduction = pair("ada", "grace", state=State.ASKING)
    introduction.take(Act.AGREE, PERSON, NOW)
    assert introduction.undo_until == NOW + timedelta(minutes=10)


def test_a_draft_of_the_mode_choose_is_not_asked_directly() -> None:
    with pytest.raises(NotAllowed):
        pair("ada", "grace", mode=Mode.CHOOSE).take(Act.ASK, DESK, NOW)
    with pytest.raises(NotAllowed):
        pair("ada", "grace", mode=Mode.ASSIGNED).take(Act.OFFER, DESK, NOW)


# -- answers ---------------------------------------------------------------------------------------------------------


def test_a_pair_is_complete_with_the_second_yes() -> None:
    introduction = pair("ada", "grace", state=State.ASKING)
    assert introduction.record("grace", Answer.YES, NOW) is Act.YES
    assert introduction.record("ada", Answer.YES, NOW) is Act.AGREE


@pytest.mark.parametrize("answer", [Answer.NO, Answer.NOT_NOW])
def test_a_pair_ends_with_the_first_no(answer: Answer) -> None:
    introduction = pair("ada", "grace", state=State.ASKING)
    assert introduction.record("grace", answer, NOW, reason="busy") is Act.DECLINE
    assert introduction.party("grace").reason == "busy"


def test_a_group_goes_on_until_its_quorum_is_out_of_reach() -> None:
    introduction = group("grace", ["ada", "ben", "dora"], state=State.ASKING)
    assert introduction.quorum == 3
    assert introduction.record("ada", Answer.NO, NOW) is Act.NO
    assert introduction.record("ben", Answer.NO, NOW) is Act.DECLINE


def test_a_group_ends_when_its_facilitator_says_no() -> None:
    introduction = group("grace", ["ada", "ben", "dora"], state=State.ASKING)
    assert introduction.record("grace", Answer.NOT_NOW, NOW) is Act.DECLINE


def test_a_group_is_complete_when_all_have_answered_and_enough_said_yes() -> None:
    introduction = group("grace", ["ada", "ben", "dora"], state=State.ASKING)
    assert introduction.record("ada", Answer.YES, NOW) is Act.YES
    assert introduction.record("ben", Answer.YES, NOW) is Act.YES
    assert introduction.record("dora", Answer.NO, NOW) is Act.NO
    assert not introduction.has_quorum
    assert introduction.record("grace", Answer.YES, NOW) is Act.AGREE
    assert introduction.has_quorum


@pytest.mark.parametrize(
    ("order", "first", "second"),
    [(Order.MENTOR_FIRST, "grace", "ada"), (Order.MENTEE_FIRST, "ada", "grace")],
)
def test_asked_in_turn(order: Order, first: str, second: str) -> None:
    introduction = pair("ada", "grace", mode=Mode.ASSIGNED, ask_order=order, state=State.ASKING)
    assert [p.participant_id for p in introduction.next_to_ask()] == [first]
    introduction.party(first).asked_at = NOW
    assert introduction.next_to_ask() == []
    introduction.record(first, Answer.YES, NOW)
    assert [p.participant_id for p in introduction.next_to_ask()] == [second]


def test_asked_both_at_once() -> None:
    introduction = pair("ada", "grace", mode=Mode.ASSIGNED, ask_order=Order.BOTH, state=State.ASKING)
    assert [p.participant_id for p in introduction.next_to_ask()] == ["ada", "grace"]


def test_a_group_has_one_facilitator_among_its_members() -> None:
    introduction = group("grace", ["ben", "ada", "grace"])
    assert [(p.participant_id, p.part) for p in introduction.parties] == [
        ("ada", Part.MEMBER),
        ("ben", Part.MEMBER),
        ("grace", Part.FACILITATOR),
    ]
    assert introduction.kind is Kind.GROUP


def test_a_group_is_called_in_the_readers_language_until_a_coordinator_names_it() -> None:
    names = {"en": "Study group 2", "es": "Grupo de estudio 2"}
    introduction = group("grace", ["ada", "grace"], label="Study group 2", explanation={"names": names})
    assert (introduction.called("en"), introduction.called("es")) == ("Study group 2", "Grupo de estudio 2")
    assert introduction.called("fr") == "Study group 2"
    introduction.label = "Night shift circle"
    assert introduction.called("es") == "Night shift circle"
    assert group("grace", ["grace"], label="Older 1").called("es") == "Older 1"
