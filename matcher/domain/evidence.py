"""What the course of a pair says about how well the two suit each other: the evidence that learning rests on."""

import math
from statistics import mean

from matcher.domain.introductions import Answer, Introduction, Outcome, State

GOOD = frozenset({"yes", "good", "goals_reached", "good_enough", "true"})
NOT_GOOD = frozenset({"no", "bad", "not_good", "not_a_fit", "never_met", "false"})
SAYS_NOTHING = frozenset(
    {"no_time", "other", "not_now", "changed_mind", "place_gone", "another_chosen", "paused", "left", "concern",
     "blocked", "no_word", "expired", "withdrawn", "void"}
)  # fmt: skip
"""Endings that tell nothing about how well the two suited each other."""

MOST_HELPFUL = 4
"""The best answer to "Was it of use to you?"; 1 is the worst."""


def outcome_of(pair: Introduction) -> str:
    """The outcome of a pair so far: one of the words above or a share of good; "" where nobody has answered.

    The last that was said counts: the closing, else how useful both found it (as a share, 1 the best; it counts also
    where the closing says nothing), else whether they met, else the answers. A concern says nothing, whatever was
    before. Words of a coordinator's own are "other".
    """
    if pair.end_reason in ("concern", "blocked"):
        return pair.end_reason
    if pair.outcome is not None and share_of(pair.outcome) is not None:
        return pair.outcome.value
    useful = [u for u in (party.feedback.get("helpful") for party in pair.parties) if isinstance(u, int)]
    if useful:
        return repr((mean(useful) - 1) / (MOST_HELPFUL - 1))
    if pair.outcome is not None:
        return pair.outcome.value
    if pair.active_at is not None or any(party.contact for party in pair.parties):
        return "yes"
    if any(party.contact is False for party in pair.parties):
        return Outcome.NEVER_MET.value
    if pair.state is not State.DECLINED and all(party.answer is Answer.YES for party in pair.parties):
        return "yes"
    if any(party.answered_at is not None for party in pair.parties) and pair.ended_at is not None:
        reason = pair.end_reason or pair.state.value
        return reason if reason in GOOD | NOT_GOOD | SAYS_NOTHING else "other"
    return ""


def share_of(outcome: str) -> float | None:
    """An outcome as a share of good in [0, 1]; None for one that says nothing about the two, and for other words."""
    if outcome in GOOD:
        return 1.0
    if outcome in NOT_GOOD:
        return 0.0
    try:
        share = float(outcome)
    except ValueError:
        return None
    return share if math.isfinite(share) and 0 <= share <= 1 else None
