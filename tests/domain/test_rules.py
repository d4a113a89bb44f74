"""The names of the hard rules and their sentences."""

import pytest

from matcher.domain.rules import RULES, Rule, mask_of, rules_of


def test_every_rule_has_a_sentence_of_its_own() -> None:
    assert set(RULES) == set(Rule)
    assert len(set(RULES.values())) == len(Rule)
    assert all(sentence.endswith(".") for sentence in RULES.values())


@pytest.mark.parametrize("rule", list(Rule))
def test_a_rule_survives_the_bit_mask(rule: Rule) -> None:
    assert rules_of(rule.bit) == (rule,)
    assert 0 < rule.bit < 2**16


def test_all_rules_fit_one_mask_in_the_order_of_the_enumeration() -> None:
    assert rules_of(mask_of(reversed(Rule))) == tuple(Rule)
    assert rules_of(0) == ()
