"""The table of contents: every address on one screen, what it is called, and who may enter."""

from web import (
    answering,
    bounces,
    home,
    joining,
    mailbox,
    meeting,
    participant,
    signing_in,
    static_files,
    tapping,
    unsubscribing,
)
from web.access import Address, Rule
from web.desk import routes as desk

_ANYONE, _LINK, _PARTICIPANT = Rule.ANYONE, Rule.LINK, Rule.PARTICIPANT


def _at(path: str, name: str, rule: Rule, **how: object) -> Address:
    return Address(path=path, name=name, rule=rule, **how)  # type: ignore[arg-type]


OPEN = (
    _at("/", "home", _ANYONE, get=home.show),
    _at("/privacy", "privacy", _ANYONE, get=home.privacy),
    _at("/health", "health", _ANYONE, get=home.health),
    _at("/static/{name}", "static", _ANYONE, get=static_files.show),
    _at("/vocabulary/suggest", "suggest", _ANYONE, get=joining.suggest),
    _at("/bounces", "bounces", _ANYONE, post=bounces.take, from_anywhere=True, raw=True, body_limit=bounces.LARGEST),
    # joining
    _at("/join", "join", _ANYONE, get=joining.begin),
    _at("/join/{step}", "join_step", _ANYONE, get=joining.show, post=joining.save),
    _at("/joined", "joined", _ANYONE, get=joining.sent),
    # signing in
    _at("/sign-in", "sign_in", _ANYONE, get=signing_in.ask, post=signing_in.send),
    _at("/sign-in/sent", "sign_in_sent", _ANYONE, get=signing_in.sent, post=signing_in.enter_code),
    _at("/sign-in/{token}", "sign_in_link", _ANYONE, get=signing_in.show, post=signing_in.redeem),
    _at("/sign-out", "sign_out", _ANYONE, post=signing_in.leave),
)
"""No session asked for. Sign-in and confirmation tokens are spent by POST only, and checked by the step they begin."""

LETTERS = (
    _at("/confirm/{token}", "confirm", _ANYONE, get=joining.ask_confirm, post=joining.confirm),
    _at("/answer/{token}", "answer", _LINK, purpose="answer", get=answering.show, post=answering.decide),
    _at("/tap/{token}", "tap", _LINK, purpose="tap", get=tapping.show, post=tapping.press),
    _at("/exit/{token}", "exit", _LINK, purpose="exit", get=tapping.ask_exit, post=tapping.take_exit),
    _at(
        "/unsubscribe/{token}",
        "unsubscribe",
        _LINK,
        purpose="unsubscribe",
        get=unsubscribing.show,
        post=unsubscribing.stop,
        from_anywhere=True,
    ),
)
"""Behind the links in letters."""

PARTICIPANTS = (
    _at("/me", "me", _PARTICIPANT, get=participant.show),
    _at("/me/introductions/{id}", "my_introduction", _PARTICIPANT, get=participant.matter, post=participant.act),
    _at("/me/introductions/{id}/meeting", "my_meeting", _PARTICIPANT, get=meeting.show, post=meeting.act),
    _at(
        "/me/introductions/{id}/certificate",
        "certificate",
        _PARTICIPANT,
        get=participant.certificate,
        post=participant.download_certificate,
    ),
    _at("/me/profile", "my_profile", _PARTICIPANT, get=participant.profile),
    _at("/me/hours", "quiet_hours", _PARTICIPANT, post=participant.keep_hours),
    _at("/me/profile/{step}", "my_profile_step", _PARTICIPANT, get=participant.edit, post=participant.save),
    _at("/me/pause", "pause", _PARTICIPANT, post=participant.pause),
    _at("/me/resume", "resume", _PARTICIPANT, post=participant.resume),
    _at("/me/consent", "consent", _PARTICIPANT, post=participant.consent),
    _at("/me/export", "export_me", _PARTICIPANT, post=participant.export),
    _at("/me/leave", "leave", _PARTICIPANT, get=participant.ask_leave, post=participant.leave),
)
"""About oneself; a participant reaches nobody else's."""

DEMO = (
    _at("/mailbox", "mailbox", _ANYONE, get=mailbox.show),
    _at("/mailbox/{letter}", "letter", _ANYONE, get=mailbox.letter),
    _at("/mailbox/{letter}/html", "letter_html", _ANYONE, get=mailbox.html),
)
"""Only where the configuration shows letters to everybody: the demo on one machine."""


def table(*, mailbox: bool) -> tuple[Address, ...]:
    """Every address of the site, the first match answering; the mailbox only where it is wanted."""
    return (*OPEN, *LETTERS, *PARTICIPANTS, *(DEMO if mailbox else ()), *desk.ROUTES)
