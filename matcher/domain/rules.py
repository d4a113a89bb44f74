"""The hard rules between two people, each with the sentence that tells people about it.

A rule that is broken forbids the pair on every path: round, manual pairing, group, repair, file command. Several can be
broken at once. Which facts break which rule is decided in `matcher.engine.eligibility`; here are the names, as they
stand in files and tables, and the words.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType


class Rule(StrEnum):
    """A hard rule; the order is the order in which broken rules are listed."""

    SELF = "self"
    SAME_EMPLOYER = "same_employer"
    SUPERVISION = "supervision"
    CONFLICT = "conflict"
    BLOCKED = "blocked"
    LANGUAGE = "language"
    FORMAT = "format"
    STAGE = "stage"
    PAUSED = "paused"
    FULL = "full"
    UNCONFIRMED = "unconfirmed"
    NOT_ACTIVE = "not_active"
    COOLING_DOWN = "cooling_down"
    FORBIDDEN = "forbidden"
    LOOP = "loop"
    TOGETHER_BEFORE = "together_before"

    @property
    def bit(self) -> int:
        """The rule's place in a bit mask."""
        return _BITS[self]


_BITS = {rule: 1 << place for place, rule in enumerate(Rule)}

N_ = str  # marks an English sentence as one to translate; the sentence itself is the key of the catalogue

RULES: Mapping[Rule, str] = MappingProxyType(
    {
        Rule.SELF: N_("This is one and the same person."),
        Rule.SAME_EMPLOYER: N_("Both work for the same employer."),
        Rule.SUPERVISION: N_("One may be the manager, supervisor or evaluator of the other."),
        Rule.CONFLICT: N_("One of them asked not to be matched with this kind of background."),
        Rule.BLOCKED: N_("One of them asked to be kept apart from this person or employer."),
        Rule.LANGUAGE: N_("They do not share the language that is needed."),
        Rule.FORMAT: N_("The mentor does not offer the way of meeting that the mentee needs."),
        Rule.STAGE: N_("The mentor is not yet at the stage that the goal needs."),
        Rule.PAUSED: N_("One of them is taking a break."),
        Rule.FULL: N_("The mentor has no free place."),
        Rule.UNCONFIRMED: N_("One of them has not confirmed the e-mail address yet."),
        Rule.NOT_ACTIVE: N_("One of them no longer takes part."),
        Rule.COOLING_DOWN: N_("The two were suggested to each other not long ago."),
        Rule.FORBIDDEN: N_("The coordinator ruled this pair out."),
        Rule.LOOP: N_("The two would be mentor and mentee of each other; the other direction fits better."),
        Rule.TOGETHER_BEFORE: N_("The two were together before, and now it is to be somebody new."),
    }
)


def mask_of(rules: Iterable[Rule]) -> int:
    """The bit mask of some rules."""
    mask = 0
    for rule in rules:
        mask |= rule.bit
    return mask


@lru_cache(maxsize=4096)
def rules_of(mask: int) -> tuple[Rule, ...]:
    """The rules whose bits are set, in the order of `Rule`."""
    return tuple(rule for rule in Rule if mask & rule.bit)
