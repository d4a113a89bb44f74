"""The desk's words for states, answers, acts and kinds, and how it tells times: every one a sentence to translate."""

import base64
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_datetime, format_timedelta
from markupsafe import Markup

from matcher.domain.aftercare import Again, Said
from matcher.domain.introductions import Answer, Outcome, Part, State
from matcher.domain.letters import LetterKind, LetterState, Stream
from matcher.domain.people import Standing
from matcher.domain.rounds import RoundState
from matcher.domain.rules import RULES, Rule
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


STATES: Mapping[State, tuple[str, str]] = {
    State.DRAFT: (_("draft"), "note"),
    State.OFFERED: (_("the mentee is choosing"), "accent"),
    State.ASKING: (_("being asked"), "accent"),
    State.AGREED: (_("both said yes"), "good"),
    State.INTRODUCED: (_("introduced"), "good"),
    State.ACTIVE: (_("in conversation"), "good"),
    State.CLOSED: (_("closed"), ""),
    State.DECLINED: (_("declined"), "warm"),
    State.EXPIRED: (_("no answer"), "warm"),
    State.WITHDRAWN: (_("withdrawn"), ""),
    State.VOID: (_("ended, somebody left"), ""),
    State.DISCARDED: (_("dismissed"), ""),
}
"""Each state in a few words, and the look of its badge."""

ROUND_STATES: Mapping[RoundState, tuple[str, str]] = {
    RoundState.REQUESTED: (_("waiting to start"), "accent"),
    RoundState.RUNNING: (_("running"), "accent"),
    RoundState.REVIEW: (_("to review"), "note"),
    RoundState.PUBLISHED: (_("published"), "good"),
    RoundState.DISCARDED: (_("discarded"), ""),
    RoundState.FAILED: (_("failed"), "bad"),
}
LETTER_STATES: Mapping[LetterState, tuple[str, str]] = {
    LetterState.QUEUED: (_("waiting"), "accent"),
    LetterState.SENDING: (_("leaving now"), "accent"),
    LetterState.SENT: (_("sent"), "good"),
    LetterState.BOUNCED: (_("sent back"), "bad"),
    LetterState.COMPLAINED: (_("called spam"), "bad"),
    LetterState.FAILED: (_("given up"), "bad"),
    LetterState.CANCELLED: (_("taken back"), ""),
}
STANDINGS: Mapping[Standing, tuple[str, str]] = {
    Standing.ACTIVE: (_("takes part"), "good"),
    Standing.UNCONFIRMED: (_("address not confirmed"), "note"),
    Standing.PAUSED: (_("on a break"), ""),
    Standing.LEFT: (_("has left"), ""),
    Standing.ERASED: (_("erased"), ""),
}
ROLES = {"mentee": _("mentee"), "mentor": _("mentor"), "both": _("both")}
PARTS: Mapping[Part, str] = {
    Part.MENTEE: _("mentee"),
    Part.MENTOR: _("mentor"),
    Part.FACILITATOR: _("facilitator"),
    Part.MEMBER: _("member"),
}
ANSWERS: Mapping[Answer, tuple[str, str]] = {
    Answer.PENDING: (_("no answer yet"), ""),
    Answer.YES: (_("yes"), "good"),
    Answer.NOT_NOW: (_("not now"), "warm"),
    Answer.NO: (_("no"), "warm"),
}
OUTCOMES: Mapping[Outcome, str] = {
    Outcome.GOALS_REACHED: _("They reached what they wanted"),
    Outcome.GOOD_ENOUGH: _("It was good, and it is time to end"),
    Outcome.NO_TIME: _("There was no time for it"),
    Outcome.NOT_A_FIT: _("It did not fit"),
    Outcome.NEVER_MET: _("They never met"),
    Outcome.OTHER: _("Something else"),
    Outcome.NO_WORD: _("Nobody said whether they met"),
}
SIGNALS: Mapping[Said | None, str] = {
    Said.CALL: _("wants to be called. Please call within two working days."),
    Said.NOT_A_FIT: _(
        "says it does not fit. Talk to them alone; closing it kindly and suggesting somebody else is fine."
    ),
    Said.NOT_MEETING: _("says they do not meet. Ask what stands in the way; a new time or a pause may be enough."),
    None: _("has not answered two questions in a row. A short call shows whether they still want it."),
}
"""Why a pair wants a look, and what to do next."""
SAID: Mapping[Said, str] = {
    Said.MET: _("they have talked"),
    Said.NOT_YET: _("not talked yet"),
    Said.WELL: _("they meet, and it is good"),
    Said.NOT_MEETING: _("they do not meet"),
    Said.NOT_A_FIT: _("it does not fit"),
    Said.CALL: _("wants to be called"),
}
AGAIN: Mapping[str, str] = {
    Again.YES: _("yes, with somebody new"),
    Again.BREAK: _("after a break"),
    Again.NO: _("no"),
}
BLOCKS = {
    "skills": _("Skills"),
    "settings": _("Places of work"),
    "goals": _("Goals"),
    "credentials": _("Credentials"),
    "disciplines": _("Professions"),
    "stage": _("Stage"),
    "availability": _("Times, formats, language"),
    "text": _("Own words"),
}
MODES = {"choose": _("the mentee chooses"), "assigned": _("the pair is asked")}
OBJECTIVES = {"total": _("best total"), "fair": _("nobody left behind")}
ROUND_STEPS = {
    "": _("Getting ready"),
    "people": _("Reading everybody's profile"),
    "affinities": _("Comparing everybody with everybody"),
    "assignment": _("Finding the best pairs for all"),
    "reasons": _("Putting the reasons into words"),
    "groups": _("Forming groups"),
    "storing": _("Keeping the result"),
}
ACTS = {
    "draft": _("proposed"),
    "offer": _("approved; the mentee may choose"),
    "ask": _("approved; they are asked"),
    "dismiss": _("dismissed"),
    "restore": _("restored"),
    "pick": _("the mentee chose"),
    "yes": _("said yes"),
    "no": _("said no; the group goes on"),
    "more": _("asked to be told more"),
    "extend": _("more time given"),
    "agree": _("everybody has said yes"),
    "decline": _("declined"),
    "undo": _("changed their mind"),
    "introduce": _("introduced; contacts shared"),
    "no_contact": _("no first conversation yet"),
    "confirm": _("confirmed"),
    "address_works": _("confirmed that letters arrive again"),
    "check_in": _("answered how it goes"),
    "tick_agreement": _("ticked what they expect of each other"),
    "close": _("closed"),
    "expire": _("the time for an answer ran out"),
    "withdraw": _("withdrawn"),
    "concern": _("a concern was reported"),
    "void": _("ended, somebody left"),
    "new_address": _("changed their address; older links are void"),
    "ask_again": _("the question was written once more"),
    "taken_back": _("the letter with the question was taken back"),
    "reply": _("answered a question of the other side"),
    "handed_on": _("the other side left a question open; it is the coordinator's now"),
    "contact": _("said whether they have talked"),
    "feedback": _("looked back"),
    "followed_up": _("what comes next was looked after"),
    "hours": _("told of a meeting, confirmed one or took one off the list"),
    "meeting": _("planned the first conversation"),
    "request": _("asked for"),
    "run": _("finished"),
    "publish": _("published"),
    "discard": _("discarded"),
    "sign_up": _("signed up"),
    "sign_up_again": _("signed up once more"),
    "update_profile": _("changed the profile"),
    "import": _("imported"),
    "export": _("exported"),
    "pause": _("took a break"),
    "resume": _("came back"),
    "leave": _("left"),
    "erase": _("erased"),
    "sign_in": _("signed in"),
    "ask_sign_in": _("a sign-in link was asked for"),
    "add_coordinator": _("became a coordinator"),
    "remove_coordinator": _("is no longer a coordinator"),
    "cancel_letter": _("took a letter back"),
    "send_letter_now": _("sent a letter at once"),
    "send_letter_again": _("sent a letter once more"),
    "ask_to_confirm": _("asked again to confirm the address"),
    "looked_after": _("marked as looked after"),
    "change_members": _("changed the members"),
    "rename": _("renamed"),
    "unsubscribe": _("unsubscribed"),
    "consent_matching": _("agreed to be matched"),
    "consent_show_text": _("agreed to show their own words"),
    "withdraw_matching": _("no longer agrees to be matched"),
    "withdraw_show_text": _("no longer shows their own words"),
}
ACTORS = {
    "system": _("by itself"),
    "operator": _("the operator"),
    "demo": _("the demo"),
}
"""Who else appears in the audit log."""
REASONS = {
    "no": _("said no"),
    "not_now": _("not now"),
    "changed_mind": _("changed their mind"),
    "place_gone": _("the place was gone"),
    "another_chosen": _("another one was chosen"),
    "paused": _("somebody took a break"),
    "left": _("somebody left"),
    "concern": _("a concern"),
    "blocked": _("a concern"),
    "other_round": _("another round was published"),
    **{outcome.value: text for outcome, text in OUTCOMES.items()},
}
LETTER_KINDS: Mapping[LetterKind, str] = {
    LetterKind.CONFIRM_ADDRESS: _("please confirm your address"),
    LetterKind.ALREADY_SIGNED_UP: _("you have signed up already"),
    LetterKind.SIGN_IN: _("link to sign in"),
    LetterKind.SUGGESTIONS: _("suggestions to choose from"),
    LetterKind.QUESTION_TO_MENTOR: _("question to the mentor"),
    LetterKind.QUESTION_TO_MENTEE: _("question to the mentee"),
    LetterKind.TELL_ME_MORE_ANSWER: _("answer to a question"),
    LetterKind.QUESTION_PASSED_ON: _("question of the other side"),
    LetterKind.PLACE_GONE: _("no place is left"),
    LetterKind.CHOOSE_AGAIN: _("suggestions that remain"),
    LetterKind.INTRODUCTION: _("introduction"),
    LetterKind.GROUP_INVITATION: _("invitation to a group"),
    LetterKind.GROUP_INTRODUCTION: _("introduction of a group"),
    LetterKind.REMINDER: _("reminder"),
    LetterKind.EXPIRED: _("the time for an answer is over"),
    LetterKind.NOT_AVAILABLE: _("it did not come about, or has ended"),
    LetterKind.MEETING: _("a time for the conversation"),
    LetterKind.MEETING_CANCELLED: _("a time is cancelled"),
    LetterKind.FIRST_CONTACT_CHECK: _("have you talked?"),
    LetterKind.CHECK_IN: _("how is it going?"),
    LetterKind.CLOSING: _("go on or close?"),
    LetterKind.CLOSED: _("it has been closed"),
    LetterKind.EXIT: _("how was it?"),
    LetterKind.AGREEMENT: _("what they expect of each other"),
    LetterKind.HOURS: _("hours to confirm"),
    LetterKind.PAUSED: _("you take a break"),
    LetterKind.LEFT: _("goodbye"),
    LetterKind.COORDINATOR_NEEDED: _("a coordinator is needed"),
}
STREAMS: Mapping[str, str] = {
    Stream.SUGGESTIONS: _("suggestions of people"),
    Stream.REMINDERS: _("reminders"),
    Stream.CHECK_INS: _("questions about how it goes"),
}
TROUBLES = (
    _("the person is no longer here"),
    _("the person was erased"),
    _("the person has left"),
    _("the person unsubscribed"),
    _("the person is paused"),
    _("the person is left"),
    _("the person is unconfirmed"),
    _("the address has changed"),
    _("somebody has left the group"),
    _("the address cannot be reached"),
    _("the address was confirmed by a coordinator"),
    _("the introduction has moved on"),
    _("the introduction has ended"),
    _("its links are no longer valid"),
    _("the question has been answered"),
    _("what it calls to mind has changed"),
    _("one of the choices has gone"),
    _("nothing is left to confirm"),
    _("a concern was reported"),
    _("it could not be sent in time"),
    _("taken back by a coordinator"),
    _("a newer letter was written"),
    _("the time has changed"),
    _("nobody has this address"),
)
"""Why a letter was not sent, as the outbox writes it; what a mail server said stands as it is."""
_KNOWN = (STATES, ROUND_STATES, LETTER_STATES, STANDINGS, ANSWERS)
MOST_RULES = 2
"""Binding rules named for a mentee without a proposal, those that rule out most first."""
LEAST_SHORT = 0.0005
"""Whoever is short of a place by less is as near as somebody who has one."""
_RULES = frozenset(rule.value for rule in Rule)
_PLAIN = re.compile(r"(?!import$)[A-Za-z0-9][A-Za-z0-9_-]{0,99}")  # /desk/people/import is a page of its own


def key_of(person_id: str) -> str:
    """A person's id as it stands in an address: itself if it is plain, else encoded, since ids may hold anything."""
    if _PLAIN.fullmatch(person_id):
        return person_id
    return "~" + base64.urlsafe_b64encode(person_id.encode()).decode().rstrip("=")


def id_of(key: str) -> str:
    """The inverse of `key_of`; the empty text, which is nobody's id, for anything else."""
    if not key.startswith("~"):
        return key if _PLAIN.fullmatch(key) else ""
    try:
        packed = key[1:] + "=" * (-len(key[1:]) % 4)
        return base64.urlsafe_b64decode(packed.encode("ascii")).decode()
    except (ValueError, UnicodeError):
        return ""


class Words:
    """What templates of the desk need to name things, in the language of the visit; there as `desk`."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.key = key_of
        self.now = visit.now

    def state(self, value: Any) -> str:
        """A state, standing or answer in words."""
        return self.visit.gettext(self._entry(value)[0])

    def badge(self, value: Any) -> Markup:
        """A state, standing or answer as a badge."""
        word, look = self._entry(value)
        return Markup('<span class="badge {}">{}</span>').format(look, self.visit.gettext(word))

    def _entry(self, value: Any) -> tuple[str, str]:
        for table in _KNOWN:
            if value in table and type(value) is type(next(iter(table))):
                return table[value]  # type: ignore[index]
        return str(value), ""

    def word(self, table: Mapping[Any, str], value: Any) -> str:
        """The word for a value; what the table lacks stands as it is."""
        return self.visit.gettext(table[value]) if value in table else str(value or "")

    def role(self, value: str) -> str:
        """mentee, mentor or both."""
        return self.word(ROLES, value)

    def standing(self, value: str) -> str:
        """A standing in words, from its value."""
        return self.state(Standing(value))

    def part(self, value: Part) -> str:
        """What somebody is in an introduction."""
        return self.word(PARTS, value)

    def act(self, value: str) -> str:
        """What was done, for histories."""
        return self.word(ACTS, value)

    def reason(self, value: str | None) -> str:
        """Why something ended; a coordinator's own words stand as written."""
        return self.word(REASONS, value or "")

    def kind_of_letter(self, value: str) -> str:
        """What a letter is about."""
        return self.word(LETTER_KINDS, value)

    def trouble(self, value: str | None) -> str:
        """Why a letter has not left."""
        return self.visit.gettext(value) if value else ""

    def signal(self, said: Said | None) -> str:
        """Why a pair wants a look, and what to do next."""
        return self.visit.gettext(SIGNALS[said])

    def said(self, said: Said | None) -> str:
        """The answer to a short question."""
        return self.visit.gettext(SAID[said]) if said else self.visit.gettext(_("no answer yet"))

    def again(self, wish: object) -> str:
        """The wish to be matched again."""
        return self.word(AGAIN, str(wish))

    def rule(self, rule: Rule) -> str:
        """The sentence of a hard rule."""
        return self.visit.gettext(RULES[rule])

    def block(self, name: str) -> str:
        """A block of the affinity."""
        return self.word(BLOCKS, name)

    def mode(self, value: Any) -> str:
        """How people are asked in a round."""
        return self.word(MODES, str(value))

    def objective(self, value: str) -> str:
        """What a round put first."""
        return self.word(OBJECTIVES, value)

    def step(self, value: str) -> str:
        """What a round is doing."""
        return self.visit.gettext(ROUND_STEPS.get(value, ROUND_STEPS[""]))

    def why_unmatched(self, reason: str) -> str:
        """Why a round found nobody for a mentee, from the engine's terse words."""
        rules = reason.partition("rules that bind: ")[2]
        if rules:
            counted = [part.rpartition(" ") for part in rules.split(", ")][:MOST_RULES]
            return " ".join(self._binds(Rule(name), int(count)) for name, _, count in counted if name in _RULES)
        if reason.startswith("all places of the "):
            count = reason.removeprefix("all places of the ").partition(" ")[0]
            said = self.visit.gettext("All places of the %(n)s mentors who could have helped went to others.", n=count)
            return f"{said} {self._short_of_a_place(reason)}".strip()
        return self.visit.gettext("There is no mentor yet.")

    def _binds(self, rule: Rule, count: int) -> str:
        """A rule, and with how many mentors it forbids the pair."""
        why = self.visit.gettext(RULES[rule]).removesuffix(".")
        return self.visit.ngettext("%(why)s (%(n)s mentor).", "%(why)s (%(n)s mentors).", count, why=why)

    def _short_of_a_place(self, reason: str) -> str:
        """How far somebody unmatched was from a place; "" where it is not known."""
        by = reason.partition("; short of a place with ")[2].rpartition(" by ")[2]
        if not by:
            return ""
        if float(by) < LEAST_SHORT:
            return self.visit.gettext("Some who got one are just as near.")
        short = self.visit.translator.number(float(by), 3)
        return self.visit.gettext("An affinity higher by %(n)s with one of them would have brought a place.", n=short)

    def terms(self, ids: Iterable[str]) -> list[str]:
        """Labels of vocabulary ids; unknown words as typed."""
        vocabulary = self.visit.site.vocabulary
        return [vocabulary[i].label_in(self.visit.language) if i in vocabulary else i for i in ids]

    def streams(self, names: Iterable[str]) -> list[str]:
        """Kinds of letters that somebody unsubscribed from."""
        return [self.visit.gettext(STREAMS[name]) for name in names if name in STREAMS]

    def when(self, at: datetime | None) -> Markup:
        """An instant as people say it ("in 2 days"), with the exact time on hover and for machines."""
        if at is None:
            return Markup()
        exact = format_datetime(at, "d MMM y, HH:mm 'UTC'", locale=self.visit.language)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), exact, self.ago(at))

    def ago(self, at: datetime) -> str:
        """An instant relative to now: "3 days ago", "in 2 hours", "just now"."""
        away = at - self.now
        if abs(away) < timedelta(minutes=1):
            return self.visit.gettext("just now")
        return format_timedelta(away, add_direction=True, threshold=1.0, locale=self.visit.language)

    def is_past(self, at: datetime | None) -> bool:
        """Whether an instant lies back further than "just now"."""
        return at is not None and self.now - at >= timedelta(minutes=1)

    def since(self, at: datetime) -> Markup:
        """How long something has lasted ("3 weeks"), with the exact time on hover and for machines."""
        exact = format_datetime(at, "d MMM y, HH:mm 'UTC'", locale=self.visit.language)
        lasted = format_timedelta(self.now - at, threshold=1.0, locale=self.visit.language)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), exact, lasted)

    def date(self, at: datetime | None) -> Markup:
        """An instant as a short date and time."""
        if at is None:
            return Markup()
        text = format_datetime(at, "d MMM y, HH:mm 'UTC'", locale=self.visit.language)
        return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), text)

    def days(self, since: datetime | None) -> int:
        """Whole days that have passed."""
        return max(0, (self.now - since).days) if since is not None else 0

    def score(self, affinity: float) -> str:
        """An affinity in two digits, as a language writes it."""
        return self.visit.translator.number(affinity, 2)

    def person(self, person_id: str, name: str = "") -> Markup:
        """A link to somebody's page; names keep their own direction of writing."""
        url = self.visit.url("desk_person", id=key_of(person_id))
        return Markup('<a href="{}"><bdi>{}</bdi></a>').format(url, name or person_id)

    def actor(self, actor: str, name: str = "") -> Markup:
        """Whoever did something, as the audit log names them; a participant as a link."""
        word, _, id = actor.partition(":")
        if word == "participant":
            return self.person(id, name)
        if word == "coordinator":
            return Markup("<bdi>{}</bdi>").format(name or id)
        return Markup("{}").format(self.visit.gettext(ACTORS.get(word, word)))
