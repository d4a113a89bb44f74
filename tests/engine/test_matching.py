"""From profiles to pairs: rules, places, further suggestions and reasons for the unmatched."""

import numpy as np
import pytest

from matcher import match, rank
from matcher.engine.certificate import check, match_json
from matcher.engine.matching import BrokenPin, UnknownPerson, costs_by_hand

PEOPLE = [
    {"id": "M1", "role": "mentee", "stage": "trainee", "goals": "goal.skill_deescalation", "languages": "en"},
    {"id": "M2", "role": "mentee", "stage": "trainee", "goals": "goal.skill_text_chat", "languages": "en"},
    {"id": "M3", "role": "mentee", "stage": "trainee", "goals": "goal.skill_text_chat", "languages": "fr"},
    {"id": "G1", "role": "mentor", "stage": "senior", "skills": "verbal de-escalation=4", "languages": "en"},
    {"id": "G2", "role": "mentor", "stage": "mid", "settings": "text line", "languages": "en", "capacity": "2",
     "skills": "skill.text_chat_counselling=4"},
]  # fmt: skip


def pairs_of(found):
    """The suggested pairs with their rank."""
    return [(s.mentee_id, s.mentor_id, s.rank) for s in found.suggestions]


def test_everybody_gets_whom_the_goal_asks_for():
    found = match(PEOPLE)
    assert pairs_of(found) == [("M1", "G1", 1), ("M2", "G2", 1)]
    assert "language 2" in found.unmatched["M3"]
    assert found.assignment.gap == 0
    assert check(match_json(found)) == []


def test_plain_dicts_in_any_order_give_the_same_result():
    one, two = match(PEOPLE), match(PEOPLE[::-1])
    assert one.digest == two.digest
    assert match_json(one) == match_json(two)


def test_further_suggestions_never_promise_a_place_twice():
    found = match(PEOPLE, suggestions=2)
    assert pairs_of(found) == [("M1", "G1", 1), ("M1", "G2", 2), ("M2", "G2", 1)]


def test_pins_stand_and_forbidden_pairs_do_not():
    assert ("M1", "G2", 1) in pairs_of(match(PEOPLE, pinned=[("M1", "G2")]))
    assert ("M1", "G2", 1) in pairs_of(match(PEOPLE, forbidden=[("M1", "G1")]))
    with pytest.raises(BrokenPin, match="language"):
        match(PEOPLE, pinned=[("M3", "G1")])
    with pytest.raises(UnknownPerson, match="G9 is no mentor"):
        match(PEOPLE, forbidden=[("M1", "G9")])


def test_ranking_lists_eligible_first_and_sums_to_the_affinity():
    lines = rank(PEOPLE, top=None)
    assert len(lines) == 6
    assert [line.rank for line in lines if line.mentee_id == "M3"] == [None, None]
    assert [line.mentor_id for line in lines if line.mentee_id == "M2"] == ["G2", "G1"]
    assert all(np.isclose(sum(line.contributions), line.affinity, atol=1e-12, rtol=0) for line in lines)
    assert len(rank(PEOPLE, top=1)) == 2


def test_what_a_pin_costs_is_what_a_match_without_it_gains():
    pins = [("M1", "G2"), ("M2", "G2")]
    found = match(PEOPLE, pinned=pins)
    costs, bans = costs_by_hand(found)
    assert bans == {}
    for pin in pins:
        without = match(PEOPLE, pinned=[other for other in pins if other != pin])
        assert costs[pin].matched == 0
        assert costs[pin].total == pytest.approx(without.assignment.total - found.assignment.total, abs=1e-9)
    assert list(costs) == pins
    assert costs["M1", "G2"].total > costs["M2", "G2"].total == 0


def test_what_a_forbidden_pair_costs_is_what_a_match_with_it_gains():
    bans = [("M1", "G1"), ("M2", "G1"), ("M3", "G1")]
    found = match(PEOPLE, forbidden=bans)
    pins, costs = costs_by_hand(found)
    assert pins == {}
    for ban in bans:
        allowed = match(PEOPLE, forbidden=[other for other in bans if other != ban])
        assert costs[ban].matched == 0
        assert costs[ban].total == pytest.approx(allowed.assignment.total - found.assignment.total, abs=1e-9)
    assert costs["M1", "G1"].total > costs["M3", "G1"].total == 0  # M3 has no language in common with G1


def test_who_comes_too_late_learns_how_far_away_the_place_was():
    people = [*PEOPLE[:2], {**PEOPLE[1], "id": "M4", "goals": "", "text": "hello"}, PEOPLE[4] | {"capacity": "1"}]
    found = match(people)
    assert found.unmatched["M1"].startswith("all places of the 1 eligible mentors went to others; nearest was G2; ")
    short = float(found.unmatched["M1"].rpartition(" by ")[2])
    held, wished = (found.pool.affinity[found.pool.mentee_row[id], 0] for id in ("M2", "M1"))
    assert short == pytest.approx(held - wished, abs=1e-4)
