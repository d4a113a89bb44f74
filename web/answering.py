"""Answers: behind the signed links in letters, and on a participant's own page. GET shows, POST decides.

Nothing is chosen beforehand and nothing is sent by itself: mail scanners open links, run scripts and press buttons, and
none of that may become somebody's answer. An answer needs a choice, an undo needs its box ticked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from matcher.domain.introductions import FINAL, Asks, NotAllowed, NotFound, Overtaken, Part, State
from matcher.workflow import answers, outcomes, overview, tell_me_more
from matcher.workflow.overview import Matter
from matcher.workflow.tell_me_more import HoldsContacts
from web.visit import Form, Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


LONGEST_WORDS = 1_000
REASONS = (
    ("time", _("I do not have the time")),
    ("goals", _("What is wanted is not what I can give")),
    ("know", _("I think we know each other")),
    ("other", _("Something else")),
)
"""Reasons for "not a fit": optional, for the coordinator alone."""

NOTHING_CHOSEN = _("Please choose one of the answers first.")
NO_QUESTION = _("Please write what you would like to know.")


@dataclass(frozen=True)
class Asked:
    """Who answers what. `epoch` is the link's; None for somebody signed in."""

    introduction_id: int
    participant_id: str
    epoch: int | None


@dataclass(frozen=True)
class Question:
    """What the page shows: the matter itself, and for a mentee who chooses, all that was offered."""

    matter: Matter
    offered: list[Matter]
    taken: bool = False

    @property
    def choices(self) -> list[Matter]:
        """The offered whose mentor has room at the moment."""
        return [choice for choice in self.offered if choice.has_room]

    def number(self, choice: Matter) -> int:
        """The number of a suggestion, as in the letter."""
        return self.offered.index(choice) + 1


# -- behind a link ---------------------------------------------------------------------------------------------------


def show(visit: Visit) -> Response:
    """GET /answer/…: the cards with their reasons, or how things stand by now."""
    return page(visit, _from_link(visit))


def decide(visit: Visit) -> Response:
    """POST /answer/…: the answer, if one was chosen."""
    return take(visit, _from_link(visit))


def _from_link(visit: Visit) -> Asked:
    try:
        introduction_id, participant_id, epoch = visit.link
        return Asked(int(introduction_id), str(participant_id), int(epoch))
    except (TypeError, ValueError) as unlike_ours:
        raise visit.refuse(404) from unlike_ours


# -- shared with the participant's page ------------------------------------------------------------------------------


def take(visit: Visit, asked: Asked) -> Response:
    """Carries a posted answer out, and shows how things stand then."""
    if _is_stale(visit, asked):
        return page(visit, asked)
    try:
        refused = _act(visit, asked)
    except Overtaken:
        visit.flash(visit.gettext(_("Somebody was faster; this is how things stand now.")), "note")
        return _again(visit)
    except NotFound as nothing:
        raise visit.refuse(404) from nothing
    except NotAllowed as no:
        visit.flash(visit.gettext(no.message) % no.facts, "note")
        return _again(visit)
    return refused if refused is not None else _again(visit)


def _act(visit: Visit, asked: Asked) -> Response | None:
    """The act chosen; a page when something is missing or a place is gone, None when it is done."""
    act = visit.form.text("act")
    if act == "undo":
        return _undo(visit, asked)
    if act == "choose":
        return _choose(visit, asked)
    if act == "answer":
        return _answer(visit, asked)
    if act == "reply":
        return _reply(visit, asked)
    if act == "contact":
        return _contact(visit, asked)
    raise visit.refuse(422)


def _choose(visit: Visit, asked: Asked) -> Response | None:
    """A mentee picks one of the offered, or none of them."""
    chosen = visit.form.text("choice")
    offered = _choices(visit, asked)
    ids = {str(choice.id): choice.id for choice in offered}
    if chosen == "none":
        answers.decline_all(
            visit.site.database,
            asked.participant_id,
            "not_now" if visit.form.text("why") == "not_now" else "no",
            reason=_words(visit, "reason"),
            about=asked.introduction_id,
            epoch=asked.epoch,
            vocabulary=visit.site.vocabulary,
            links=visit.site.links,
            now=visit.now,
        )
        visit.flash(visit.gettext(_("Thank you, that helps too. A coordinator looks for others.")))
        return None
    if chosen == "more":
        return _ask(visit, asked)
    if chosen not in ids:
        return page(visit, asked, {"choice": visit.gettext(NOTHING_CHOSEN)}, status=422)
    picked = answers.pick(
        visit.site.database,
        ids[chosen],
        asked.participant_id,
        epoch=asked.epoch if ids[chosen] == asked.introduction_id else None,
        vocabulary=visit.site.vocabulary,
        links=visit.site.links,
        now=visit.now,
    )
    if isinstance(picked, answers.PlaceGone):
        return page(visit, asked, taken=True, status=409)
    visit.flash(
        visit.gettext(_("Good choice. We ask this mentor now, and write to you as soon as there is an answer."))
    )
    return None


def _ask(visit: Visit, asked: Asked) -> Response | None:
    """A question before choosing; the clock of everything that is offered stands still."""
    question = _words(visit, "question")
    if not question:
        return page(visit, asked, {"question": visit.gettext(NO_QUESTION)}, 422)
    answers.answer(
        visit.site.database,
        asked.introduction_id,
        asked.participant_id,
        "more",
        question=question,
        epoch=asked.epoch,
        vocabulary=visit.site.vocabulary,
        links=visit.site.links,
        now=visit.now,
    )
    visit.flash(visit.gettext(THANKS["more"]))
    return None


def _answer(visit: Visit, asked: Asked) -> Response | None:
    """Yes, not now, not a fit, or a question."""
    answer, question = visit.form.text("answer"), _words(visit, "question")
    problems = {}
    if answer not in ("yes", "not_now", "no", "more"):
        problems["answer"] = visit.gettext(NOTHING_CHOSEN)
    elif answer == "more":
        problems = _unclear(visit, asked)
    if problems:
        return page(visit, asked, problems, status=422)
    asks = Asks.OTHER if visit.form.text("whom") == Asks.OTHER else Asks.COORDINATOR
    try:
        standing = answers.answer(
            visit.site.database,
            asked.introduction_id,
            asked.participant_id,
            answer,
            reason=_reason(visit),
            question=question if answer == "more" else None,
            asks=asks,
            epoch=asked.epoch,
            vocabulary=visit.site.vocabulary,
            links=visit.site.links,
            now=visit.now,
        )
    except HoldsContacts as held:
        return _without_contacts(visit, asked, "question", held)
    thanks = ASKED_OTHER if answer == "more" and asks is Asks.OTHER else THANKS[answer]
    if answer == "yes" and standing.state in FINAL:
        thanks = _("This introduction has ended.")  # a yes said again after that
    visit.flash(visit.gettext(thanks))
    return None


def _unclear(visit: Visit, asked: Asked) -> dict[str, str]:
    """What is missing in a question: its words, or whom it is for where there are two to ask."""
    problems = {}
    whom, matter = visit.form.text("whom"), _matter(visit, asked)
    if matter.can_ask_other and whom not in list(Asks):
        problems["whom"] = visit.gettext(_("Please choose whom you ask."))
    if whom == Asks.OTHER and not matter.can_ask_other:
        problems["question"] = visit.gettext(
            _("The other person cannot be asked at the moment. Send it again, and it goes to the coordinator.")
        )
    if not _words(visit, "question"):
        problems["question"] = visit.gettext(NO_QUESTION)
    return problems


def _without_contacts(visit: Visit, asked: Asked, field: str, held: HoldsContacts) -> Response:
    """The page with the words as they may be sent; nothing goes before the writer has seen what was left out."""
    found = ", ".join(dict.fromkeys(held.found))
    sentence = _("We have left out, so that nobody is named yet: %(found)s. Please look at it, and send it again.")
    problems = {field: visit.gettext(sentence, found=found)}
    return page(visit, asked, problems, 422, shown={field: held.blanked})


def _reply(visit: Visit, asked: Asked) -> Response | None:
    """Answers a question of the other side, or would rather not."""
    said, words = visit.form.text("reply"), _words(visit, "reply_words")
    if said not in ("words", "rather_not"):
        return page(visit, asked, {"reply": visit.gettext(NOTHING_CHOSEN)}, 422)
    if said == "words" and not words:
        return page(visit, asked, {"reply_words": visit.gettext(_("Please write your answer."))}, 422)
    try:
        tell_me_more.reply(
            visit.site.database,
            asked.introduction_id,
            asked.participant_id,
            (words or "") if said == "words" else "",
            epoch=asked.epoch,
            links=visit.site.links,
            now=visit.now,
        )
    except HoldsContacts as held:
        return _without_contacts(visit, asked, "reply_words", held)
    sent = _("Thank you. Your answer is on its way to the other person, without your name or address.")
    visit.flash(visit.gettext(sent if said == "words" else _("Noted. A coordinator answers instead.")))
    return None


def _contact(visit: Visit, asked: Asked) -> Response | None:
    """Has the first conversation taken place?"""
    if not note_contact(visit, asked.introduction_id, asked.participant_id):
        return page(visit, asked, {"happened": visit.gettext(NOTHING_CHOSEN)}, 422)
    return None


def note_contact(visit: Visit, introduction_id: int, participant_id: str) -> bool:
    """Notes whether the first conversation has taken place, and thanks; False when nothing was chosen."""
    said = visit.form.text("happened")
    if said not in ("yes", "no"):
        return False
    outcomes.first_contact(
        visit.site.database,
        introduction_id,
        participant_id,
        happened=said == "yes",
        links=visit.site.links,
        now=visit.now,
    )
    thanks = _("Good to hear. We ask again in a while how it goes.")
    sorry = _("Thank you for telling us. The coordinator lends a hand.")
    visit.flash(visit.gettext(thanks if said == "yes" else sorry))
    return True


THANKS = {
    "yes": _("Thank you. We tell you as soon as everybody has answered."),
    "not_now": _("Noted: not now. Nobody is told why, and it changes nothing for later."),
    "no": _("Noted, thank you. Nobody is told why; the other person reads that it did not come about."),
    "more": _("Your question is with the coordinator. You get the answer by mail, with time to decide."),
}


ASKED_OTHER = _(
    "Your question is on its way to the other person, without your name. The answer comes by mail, with time to decide."
)


def _undo(visit: Visit, asked: Asked) -> Response | None:
    """Takes a yes back, if the box was ticked."""
    if not visit.form.text("sure"):
        return page(visit, asked, {"sure": visit.gettext(_("Please tick the box if you want to take it back."))}, 422)
    answers.undo(
        visit.site.database,
        asked.introduction_id,
        asked.participant_id,
        epoch=asked.epoch,
        vocabulary=visit.site.vocabulary,
        links=visit.site.links,
        now=visit.now,
    )
    visit.flash(visit.gettext(_("Taken back. No names or addresses were given to anybody.")))
    return None


def page(
    visit: Visit,
    asked: Asked,
    problems: dict[str, str] | None = None,
    status: int = 200,
    *,
    taken: bool = False,
    shown: Mapping[str, str] | None = None,
) -> Response:
    """The page about one matter, as it stands now. `shown`: words to put into fields instead of those sent."""
    try:
        matter = _matter(visit, asked)
    except NotFound:
        return visit.page("answering/stale.html", 410, why="gone")
    if not taken and asked.epoch not in (None, matter.epoch) and not _own_last_word(matter, asked.epoch):
        return visit.page("answering/stale.html", 410, why="moved")
    choosing = matter.state is State.OFFERED and matter.part is Part.MENTEE
    choices = _choices(visit, asked) if choosing or taken else []
    question = Question(matter, choices, taken)
    return visit.page(
        "answering/answer.html",
        status,
        question=question,
        matter=matter,
        problems=problems or {},
        form=Form([*visit.form.items, *(shown or {}).items()]),
        reasons=REASONS,
        by_link=asked.epoch is not None,
    )


def _own_last_word(matter: Matter, epoch: int | None) -> bool:
    """Whether the link is the one with which this person ended the matter: they may see that it was noted."""
    return epoch is not None and matter.has_ended and matter.epoch == epoch + 1


def _is_stale(visit: Visit, asked: Asked) -> bool:
    """Whether a link's epoch is over."""
    if asked.epoch is None:
        return False
    try:
        return _matter(visit, asked).epoch != asked.epoch
    except NotFound:
        return True


def _matter(visit: Visit, asked: Asked) -> Matter:
    return overview.matter(
        visit.site.database,
        asked.introduction_id,
        asked.participant_id,
        vocabulary=visit.site.vocabulary,
        language=visit.language,
        now=visit.now,
    )


def _choices(visit: Visit, asked: Asked) -> list[Matter]:
    return overview.choices(
        visit.site.database,
        asked.participant_id,
        vocabulary=visit.site.vocabulary,
        language=visit.language,
        now=visit.now,
    )


def _words(visit: Visit, name: str) -> str | None:
    """Free words of a field, shortened; None when empty."""
    return visit.form.text(name)[:LONGEST_WORDS] or None


def _reason(visit: Visit) -> str | None:
    """The ticked reason and the words beside it, for the coordinator."""
    known = dict(REASONS)
    ticked = visit.form.text("reason_code")
    parts = [known[ticked]] if ticked in known else []
    words = _words(visit, "reason")
    return ": ".join([*parts, *([words] if words else [])]) or None


def _again(visit: Visit) -> Response:
    """Back to the same address with GET, so that reloading sends nothing twice."""
    from web.access import to_path

    return to_path(visit.path)
