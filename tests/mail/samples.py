"""Letters of every kind to a cast of readers, some of them with awkward names."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from matcher.domain.letters import Letter, LetterKind, Links

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
DEADLINE = "2026-12-01T07:30:00+00:00"
ORIGIN = "https://mentoring.example.org"


class Signer:
    """Signs nothing; makes tokens as long as real ones."""

    def sign(self, purpose: str, *values: str | int) -> str:
        """A readable token."""
        return f"{purpose}-" + "-".join(str(v) for v in values) + "-Wk3uQ9sKx2dVb7Tn4mLpRz0aYc8eHf6gJ1iOoUu5sEw"

    def read(self, purpose: str, token: str) -> list[Any] | None:
        """Never asked for in letters."""
        return None


LINKS = Links(ORIGIN, Signer(), "Crisis Line Mentoring", "Mentoring <mentoring@example.org>", "bounce@example.org")

CARD = {
    "profession": "Clinical social worker",
    "stage": "Senior practitioner",
    "settings": ["Mobile crisis team", "Emergency department", "Crisis line (988)"],
    "goals": ["Run a team", "Pass the licensing exam"],
    "languages": ["English", "Spanish"],
    "region": "Illinois",
    "availability": ["Weekday evenings", "Saturday mornings"],
    "formats": ["Video call", "Telephone"],
    "text": "I have been on nights for eleven years.\n\nI like to listen first.",
}
BARE_CARD = {"profession": "", "stage": "Trainee", "settings": [], "languages": ["English"]}
REASONS = [
    "They have worked in a mobile crisis team, where you would like to go.",
    "They can teach safety planning, which you want to learn.",
    "You both have time on weekday evenings.",
]
WEAKEST = "They have not worked with young people."
OTHER = {"name": "Grace O’Neill", "email": "grace@example.org", "note": "Text first, please; nights are bad."}


def url(n: int = 1) -> str:
    """The link of the n-th question."""
    return LINKS.answer(17 + n, "P0042", 2)


def choice(n: int, card: dict[str, Any] = CARD) -> dict[str, Any]:
    """One of the suggestions."""
    return {"card": card, "reasons": REASONS[: 4 - n], "weakest": WEAKEST if n < 3 else "", "url": url(n)}


_K = LetterKind
_ASKS = {"card": CARD, "reasons": REASONS, "weakest": WEAKEST, "url": url(), "deadline": DEADLINE}
_GROUP = {
    "label": "case consultation 2",
    "reasons": REASONS,
    "hours": "Tuesdays from 18 to 20",
    "url": url(),
    "deadline": DEADLINE,
}
_ME = LINKS.page("/me")
_MEETING = {
    "other": {**OTHER, "timezone": "Europe/Dublin"},
    "starts_at": "2026-12-03T18:30:00+00:00",
    "minutes": 45,
    "place": "By telephone",
    "uid": "f" * 32 + "@mentoring.example.org",
    "sequence": 0,
    "url": LINKS.page("/me/introductions/17/meeting"),
}
"""An evening in Dublin, noon in Chicago."""


def taps(*answers: str) -> list[dict[str, str]]:
    """A link for each answer to a short question."""
    return [{"answer": answer, "url": LINKS.tap(17, "P0042", 2, 10, answer)} for answer in answers]


_GOING = taps("well", "not_meeting", "not_a_fit", "call")
_AGREED = {"other": "Grace O’Neill", "hours": 2, "cadence": "fortnightly", "months": 6, "url": _ME}

CASES: list[tuple[LetterKind, dict[str, Any]]] = [
    (_K.CONFIRM_ADDRESS, {"url": LINKS.confirm("c" * 43)}),
    (_K.ALREADY_SIGNED_UP, {"url": LINKS.page("/sign-in")}),
    (_K.SIGN_IN, {"url": LINKS.sign_in("s" * 43), "code": "K7QP-2MXD", "minutes": 10}),
    (_K.SUGGESTIONS, {"choices": [choice(1), choice(2), choice(3, BARE_CARD)], "deadline": DEADLINE}),
    (_K.SUGGESTIONS, {"choices": [choice(1)], "deadline": DEADLINE}),
    (_K.CHOOSE_AGAIN, {"choices": [choice(2), choice(3)], "deadline": DEADLINE}),
    (_K.PLACE_GONE, {"choices": []}),
    (_K.PLACE_GONE, {"choices": [choice(2)], "deadline": DEADLINE}),
    (_K.QUESTION_TO_MENTOR, _ASKS),
    (_K.QUESTION_TO_MENTEE, _ASKS),
    (_K.QUESTION_TO_MENTEE, {**_ASKS, "mentor_said_yes": True}),
    (
        _K.TELL_ME_MORE_ANSWER,
        {
            "question": "Do they know\nnight shifts?",
            "answer": "Yes.\n\nEleven years of them.",
            "url": url(),
            "deadline": DEADLINE,
        },
    ),
    (
        _K.TELL_ME_MORE_ANSWER,
        {"question": "Nights?", "answer": "Now and then.", "by_other": True, "url": url(), "deadline": DEADLINE},
    ),
    (_K.QUESTION_PASSED_ON, {"question": "Do you know\nnight shifts?", "url": url(), "deadline": DEADLINE}),
    (_K.INTRODUCTION, {"part": "mentee", "other": OTHER, "reasons": REASONS, "url": _ME, "hours": "Tuesday evenings"}),
    (_K.INTRODUCTION, {"part": "mentor", "other": OTHER, "reasons": REASONS, "url": _ME, "hints": ["Ask about dogs."]}),
    (_K.GROUP_INVITATION, {**_GROUP, "part": "member", "size": 5}),
    (_K.GROUP_INVITATION, {**_GROUP, "part": "facilitator", "size": 4, "collaboration": "a study group"}),
    (
        _K.GROUP_INTRODUCTION,
        {
            **_GROUP,
            "url": _ME,
            "rota": ["Grace O’Neill", "Núria Puig"],
            "members": [
                {**OTHER, "facilitator": True, "brings": "Clinical social work"},
                {"name": "Núria Puig", "email": "nuria@example.org", "facilitator": False, "brings": ""},
            ],
        },
    ),
    (_K.MEETING, {**_MEETING, "what": "proposed"}),
    (_K.MEETING, {**_MEETING, "what": "proposed", "mine": True, "place": ""}),
    (_K.MEETING, {**_MEETING, "what": "moved", "sequence": 3}),
    (_K.MEETING, {**_MEETING, "what": "agreed", "sequence": 4}),
    (_K.MEETING_CANCELLED, {**_MEETING, "sequence": 5}),
    (_K.MEETING_CANCELLED, {**_MEETING, "other": {}, "sequence": 5, "ended": True}),
    (_K.REMINDER, {"what": "suggestions", "url": url(), "deadline": DEADLINE}),
    (_K.REMINDER, {"what": "question", "url": url(), "deadline": DEADLINE}),
    (_K.REMINDER, {"what": "group", "url": url(), "deadline": DEADLINE}),
    (
        _K.REMINDER,
        {
            "what": "question",
            "url": url(),
            "deadline": DEADLINE,
            "further": [
                {"what": what, "url": url(n), "deadline": DEADLINE}
                for n, what in enumerate(("suggestions", "group", "question"), start=2)
            ],
        },
    ),
    (_K.EXPIRED, {}),
    (_K.EXPIRED, {"part": "mentor", "url": _ME}),
    (_K.EXPIRED, {"part": "member", "url": _ME}),
    (_K.NOT_AVAILABLE, {"part": "mentee", "url": _ME}),
    (_K.NOT_AVAILABLE, {"part": "mentor", "url": _ME, "ended": True}),
    (_K.NOT_AVAILABLE, {"part": "member"}),
    (_K.FIRST_CONTACT_CHECK, {"other": "Grace O’Neill", "taps": taps("met", "not_yet")}),
    (_K.FIRST_CONTACT_CHECK, {"other": "Grace O’Neill", "taps": taps("met", "not_yet"), "ends": DEADLINE}),
    (_K.FIRST_CONTACT_CHECK, {"other": "Peer support circle 1", "group": True, "taps": taps("met", "not_yet")}),
    (_K.CHECK_IN, {"other": "Grace O’Neill", "taps": _GOING}),
    (_K.CHECK_IN, {"other": "Peer support circle 1", "group": True, "taps": _GOING}),
    (_K.CLOSING, {"other": "Grace O’Neill", "taps": _GOING, "url": _ME}),
    (_K.CLOSING, {"other": "Peer support circle 1", "group": True, "taps": _GOING, "url": _ME}),
    (_K.CLOSED, {"other": "Grace O’Neill", "url": _ME}),
    (_K.CLOSED, {"other": "Grace O’Neill", "url": _ME, "silent": True}),
    (_K.CLOSED, {"url": _ME, "silent": True}),
    (_K.CLOSED, {"url": _ME}),
    (_K.CLOSED, {"other": "Peer support circle 1", "group": True, "url": _ME, "silent": True}),
    (_K.NOT_AVAILABLE, {"part": "member", "ended": True}),
    (_K.EXIT, {"other": "Grace O’Neill", "url": LINKS.exit(17, "P0042", 3)}),
    (_K.EXIT, {"other": "", "url": LINKS.exit(17, "P0042", 3)}),
    (_K.AGREEMENT, {**_AGREED, "text": "We meet by video.\n\nNo messages at night, please."}),
    (_K.AGREEMENT, {**_AGREED, "other": "Peer support circle 1", "group": True}),
    (_K.AGREEMENT, {**_AGREED, "other": "Peer support circle 1", "group": True, "changed": True}),
    (_K.AGREEMENT, {**_AGREED, "hours": 1, "months": 1, "cadence": "as_needed", "changed": True}),
    (_K.HOURS, {"other": "Grace O’Neill", "url": _ME}),
    (_K.PAUSED, {"until": "2026-12-20T23:30:00+00:00", "url": _ME}),
    (_K.PAUSED, {}),
    (_K.LEFT, {"url": LINKS.page("/join")}),
    *[
        (_K.COORDINATOR_NEEDED, {"what": what, "url": LINKS.page("/desk")})
        for what in (
            "question",
            "no_answer",
            "undeliverable",
            "next_best",
            "no_candidate",
            "no_contact",
            "concern",
            "introduction_lost",
            "mail_late",
            "call",
            "facilitator",
            "at_risk",
            "inconsistent",
            "?",
        )
    ],
]
"""Every kind, every way it can go."""

NAMES = [
    "Ada",
    "",
    "Ada\r\nBcc: everybody@example.org",
    'Robert "Bobby" <b@x.org>, Second <c@x.org>',
    "<script>alert(1)</script> & Söhne",
    "{{ 7 * 7 }} {% raw %} %(name)s %s 100%",
    "שרה כהן",
    "محمد \u202e‮exe.gpj",
    "👩🏽\u200d🚒 Zoë \x00\x07",
    "\ud800 broken",
    "N" * 10_000,
    "word " * 2_000,
    "Nguyễn Thị Minh Khai",
    "line\u2028separator\u0085next",
]
"""Names that people have, or type."""


def letter(kind: LetterKind, facts: dict[str, Any], *, name: str = "Ada", language: str = "en", **how: Any) -> Letter:
    """A letter to Ada, who lives in Chicago."""
    person = None if kind is _K.COORDINATOR_NEEDED else "P0042"
    told = {"name": name, "timezone": "America/Chicago", **facts}
    defaults: dict[str, Any] = {"to": "ada@example.org", "participant_id": person, "key": f"{kind}:1"}
    return Letter(kind=kind, language=language, facts=told, **{**defaults, **how})


def all_letters(language: str = "en", name: str = "Ada") -> Iterator[Letter]:
    """One letter for every case."""
    for kind, facts in CASES:
        yield letter(kind, facts, name=name, language=language)
