"""The demo: its programme lives, a round over everybody waits, and preparing it again changes nothing."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from matcher.cli.demo import COORDINATOR, demo_config, prepare
from matcher.cli.running import Programme, open_programme
from matcher.domain.introductions import State
from matcher.domain.rounds import RoundState
from matcher.storage import desk_introductions, desk_letters, desk_log, desk_rounds, desk_today, people, upkeep
from matcher.storage.mapping import agreement_ticks, agreements, check_ins, hours, meetings, parties


@pytest.fixture(scope="module")
def programme(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Programme:
    """The demo's programme, prepared."""
    own = shutil.copytree(demo, tmp_path_factory.mktemp("own") / "demo")
    return open_programme(demo_config(own, 8000))


def test_a_round_over_everybody_waits_for_review(programme: Programme) -> None:
    with programme.database.read() as session:
        waiting = [line for line in desk_rounds.round_lines(session).rows if line.state is RoundState.REVIEW]
        everybody = people.everybody(session)
        proof = desk_rounds.round_of(session, waiting[0].id).certificate
    assert len(waiting) == 1
    assert len(everybody) == 300
    assert waiting[0].mentees is not None
    assert waiting[0].mentees > 150
    assert proof["gap"] == 0


def test_the_programme_lives(programme: Programme) -> None:
    """Introductions stand in every stage, people have questions, letters have gone out to the folder."""
    with programme.database.read() as session:
        counts = Counter(desk_introductions.counts_by_state(session))
        today = desk_today.today(session, programme.database.now())
        sent = desk_letters.letter_lines(session, state="sent").count
    for state in (State.OFFERED, State.ASKING, State.ACTIVE, State.CLOSED, State.DECLINED, State.EXPIRED):
        assert counts[state.value], state
    assert today.questions.count
    assert sent > 100
    assert len(list(Path(programme.config.mail.removeprefix("folder:")).glob("*.eml"))) == sent


def test_what_follows_an_introduction_is_in_it_and_adds_up(programme: Programme) -> None:
    """Agreements, a first meeting, answers to short questions, hours, both sides of an end, and a pair at risk."""
    with programme.database.read() as session:

        def values(column: Any) -> Counter[Any]:
            return Counter(session.scalars(select(column)))

        assert 2 in Counter(values(agreement_ticks.c.agreement_id).values())
        assert values(agreement_ticks.c.agreement_id).keys() == values(agreements.c.id).keys()
        assert set(values(meetings.c.state)) == {"agreed", "proposed"}
        assert {"well", "not_a_fit", "met"} <= set(values(check_ins.c.answer))
        assert len(values(hours.c.confirmed_by)) > 1
        looked_back = session.scalars(select(parties.c.feedback).where(func.length(parties.c.feedback) > 4)).all()
        assert {said["again"] for said in looked_back} == {"yes", "break"}
        assert desk_today.today(session, programme.database.now()).at_risk.count
        assert upkeep.inconsistencies(session, programme.database.now()) == []


def test_preparing_again_changes_nothing(programme: Programme) -> None:
    with programme.database.read() as session:
        before = desk_log.records_page(session).count
    prepare(programme)
    with programme.database.read() as session:
        assert desk_log.records_page(session).count == before
        assert people.coordinator_by_address(session, COORDINATOR) is not None
