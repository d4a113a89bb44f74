"""What a template needs to know, for each kind of letter. Facts are JSON, kept beside the letter in the outbox.

For every kind: `name`, the reader's name (may be empty). Instants (`deadline`, `until`, `ends`) are ISO texts with an
offset; they are shown in the zone named by the optional fact `timezone`, of the reader. Sentences and labels in facts
(reasons, card, hours) come in the letter's language already; `what` of a coordinator's letter is a
`matcher.domain.letters.Need` and put into words here.

    card    what may be known of a person before both said yes, never a name:
            {"profession": str, "stage": str, "settings": [str], "languages": [str], "region": str, "goals": [str],
            "availability": [str], "formats": [str], "text": str}; each may be missing or empty
    choice  {"card": card, "reasons": [str, up to 3], "weakest": str, "url": str}; other keys are ignored
    person  {"name": str, "email": str, "note": str}; note: how the person likes to be reached, may be missing
    tap     {"answer": str, "url": str}; answer: a `matcher.domain.aftercare.Said`, put into words here
    member  person and {"facilitator": bool, "brings": str}; brings: what this person adds, may be missing
"""

from collections.abc import Mapping
from typing import Any

from matcher.domain.letters import LetterKind

_K = LetterKind

FACTS: Mapping[LetterKind, tuple[str, ...]] = {
    _K.CONFIRM_ADDRESS: ("name", "url"),
    _K.ALREADY_SIGNED_UP: ("name", "url"),
    _K.SIGN_IN: ("name", "url", "code", "minutes"),
    _K.SUGGESTIONS: ("name", "choices", "deadline"),
    _K.CHOOSE_AGAIN: ("name", "choices", "deadline"),
    _K.PLACE_GONE: ("name", "choices"),
    _K.QUESTION_TO_MENTOR: ("name", "card", "reasons", "weakest", "url", "deadline"),
    _K.QUESTION_TO_MENTEE: ("name", "card", "reasons", "weakest", "url", "deadline"),
    _K.TELL_ME_MORE_ANSWER: ("name", "answer", "url", "deadline"),
    _K.QUESTION_PASSED_ON: ("name", "question", "url", "deadline"),
    _K.INTRODUCTION: ("name", "part", "other", "reasons", "url"),
    _K.GROUP_INVITATION: ("name", "part", "label", "reasons", "size", "url", "deadline"),
    _K.GROUP_INTRODUCTION: ("name", "label", "members", "reasons", "url"),
    _K.MEETING: ("name", "what", "other", "starts_at", "minutes", "uid", "sequence", "url"),
    _K.MEETING_CANCELLED: ("name", "starts_at", "minutes", "uid", "sequence", "url"),
    _K.REMINDER: ("name", "what", "url", "deadline"),
    _K.EXPIRED: ("name",),
    _K.NOT_AVAILABLE: ("name",),
    _K.FIRST_CONTACT_CHECK: ("name", "other", "taps"),
    _K.CHECK_IN: ("name", "other", "taps"),
    _K.CLOSING: ("name", "other", "taps", "url"),
    _K.CLOSED: ("name", "url"),
    _K.EXIT: ("name", "other", "url"),
    _K.AGREEMENT: ("name", "other", "hours", "cadence", "months", "url"),
    _K.HOURS: ("name", "other", "url"),
    _K.PAUSED: ("name",),
    _K.LEFT: ("name",),
    _K.COORDINATOR_NEEDED: ("name", "what", "url"),
}
"""The facts without which a letter cannot be written."""

OPTIONAL: Mapping[LetterKind, Mapping[str, Any]] = {
    _K.CONFIRM_ADDRESS: {"hours": 24},
    _K.PLACE_GONE: {"deadline": None},
    _K.QUESTION_TO_MENTEE: {"mentor_said_yes": False},
    _K.TELL_ME_MORE_ANSWER: {"question": "", "by_other": False},
    _K.INTRODUCTION: {"hours": "", "hints": []},
    _K.GROUP_INVITATION: {"hours": "", "collaboration": ""},
    _K.GROUP_INTRODUCTION: {"hours": "", "rota": []},
    _K.REMINDER: {"further": []},
    _K.MEETING: {"place": "", "mine": False},
    _K.MEETING_CANCELLED: {"other": {}, "place": "", "ended": False},
    _K.EXPIRED: {"part": "mentee", "url": ""},
    _K.NOT_AVAILABLE: {"part": "mentee", "url": "", "ended": False, "yes": True},
    _K.FIRST_CONTACT_CHECK: {"ends": None, "group": False},
    _K.CHECK_IN: {"group": False},
    _K.CLOSING: {"group": False},
    _K.CLOSED: {"other": "", "silent": False, "group": False},
    _K.AGREEMENT: {"text": "", "changed": False, "group": False},
    _K.PAUSED: {"until": None, "url": ""},
    _K.LEFT: {"url": ""},
}
"""Further facts and what stands for them when they are missing; `timezone` belongs to every kind.

`part`: "mentee", "mentor", "facilitator" or "member", of the reader. `other`: of an introduction a person; of a
meeting a person with "timezone", empty when they are erased; elsewhere a name, or for a `group` its label. `what` of a
reminder: "suggestions", "question" or "group"; of a meeting "proposed", "moved" or "agreed", and `mine` when the reader
did it. `further`: more that waits for an answer, each with `what`, `url` and `deadline`.
`by_other`: the answer is that of the other side, not of the coordinator.
`hours`: the hours that all have in common, in words; of a confirmation: for how many hours its link works.
`hints`: further ideas for the first conversation. `rota`: names in the order of leading the group. `ended`: the
introduction had been made already and was withdrawn later, not merely asked for; of a meeting, that it cannot be
proposed anew. `ends`: when it ends by itself if nobody answers. `silent`: it ended in that way.
`hours`, `cadence`, `months`, `text` of an agreement: what is proposed, `cadence` being a
`matcher.domain.aftercare.Cadence`; `changed`: something else had been agreed on before.
"""


class MissingFacts(ValueError):
    """A letter was to be written without what its template needs."""

    def __init__(self, kind: LetterKind, names: list[str]) -> None:
        super().__init__(f"letter {kind.value}: missing facts {', '.join(names)}")
        self.kind = kind
        self.names = names


def complete(kind: LetterKind, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with the optional ones filled in; MissingFacts when needed ones are not there."""
    missing = [name for name in FACTS[kind] if name not in facts]
    if missing:
        raise MissingFacts(kind, missing)
    return {"timezone": None, **OPTIONAL.get(kind, {}), **facts}
