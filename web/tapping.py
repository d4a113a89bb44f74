"""Short questions answered from a letter, and the questions at the end. GET shows, a press answers.

The link of a letter aims at one answer, and one press takes it. A scanner that opens the page, or sends its form as it
stands, sends no answer with it, for only a button carries one. One that presses buttons as well is told from a person
by `Sec-Fetch-User: ?1`, which browsers send when somebody pressed (W3C Fetch Metadata, 2.4): without it the page asks
for a tick, and so does a browser that does not know the header.
"""

from starlette.responses import RedirectResponse, Response

from matcher.domain.aftercare import About, Again, CheckIn, Said
from matcher.domain.introductions import NotAllowed, NotFound, Overtaken, State
from matcher.workflow import aftercare, outcomes
from matcher.workflow.aftercare import Asked
from web import answering
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


ANSWERS = {
    Said.MET: _("Yes, we have talked"),
    Said.NOT_YET: _("Not yet"),
    Said.WELL: _("We meet, and it is good for me"),
    Said.NOT_MEETING: _("We do not meet at the moment"),
    Said.NOT_A_FIT: _("We meet, but it does not fit"),
    Said.CALL: _("Please somebody call me"),
}
THANKS = {
    Said.MET: _("Good to hear. We ask again in a while how it goes."),
    Said.NOT_YET: _("Thank you for telling us. The coordinator lends a hand."),
    Said.WELL: _("Good to hear. Thank you."),
    Said.NOT_MEETING: _("Thank you for telling us. The coordinator looks at what may help."),
    Said.NOT_A_FIT: _("Thank you for telling us. Nobody is blamed; the coordinator gets in touch with you."),
    Said.CALL: _("Noted. A coordinator calls or writes to you within two working days."),
}
HELPFUL = (("4", _("Very much")), ("3", _("Rather yes")), ("2", _("A little")), ("1", _("Not at all")))
AGAIN = (
    (Again.YES, _("Yes, with somebody new"), _("You are in the next round of matching.")),
    (Again.BREAK, _("After a break"), _("We suggest nobody to you for three months.")),
    (Again.NO, _("No"), _("We suggest nobody to you until you say so on your page.")),
)


# -- a short question ------------------------------------------------------------------------------------------------


def show(visit: Visit) -> Response:
    """GET /tap/…: the question with the answer of the link ready to be pressed."""
    asked, aimed = _asked(visit)
    return _page(visit, asked, aimed)


def press(visit: Visit) -> Response:
    """POST /tap/…: the answer, if somebody pressed it."""
    asked, aimed = _asked(visit)
    refused = take(visit, asked, aimed)
    return refused if refused is not None else RedirectResponse(visit.path, 303)


def take(visit: Visit, asked: Asked, aimed: str) -> Response | None:
    """Carries the pressed answer out; a page when nothing was pressed or a tick is missing."""
    said = visit.form.text("said")
    question = aftercare.question(visit.site.database, asked)
    if question is None:
        return _stale(visit)
    if said not in aftercare.CHOICES[question.about]:
        return _page(visit, asked, aimed, visit.gettext(answering.NOTHING_CHOSEN))
    if visit.request.headers.get("sec-fetch-user") != "?1" and not visit.form.text("sure"):
        return _page(visit, asked, said, visit.gettext(_("Please tick the box, so that we know it is you.")))
    try:
        aftercare.answer(
            visit.site.database,
            asked.introduction_id,
            asked.participant_id,
            said,
            day=asked.day,
            epoch=asked.epoch,
            links=visit.site.links,
            now=visit.now,
        )
    except (NotFound, NotAllowed):
        return _stale(visit)
    visit.flash(visit.gettext(THANKS[Said(said)]))
    return None


def _asked(visit: Visit) -> tuple[Asked, str]:
    try:
        introduction_id, participant_id, epoch, day, aimed = visit.link
        return Asked(int(introduction_id), str(participant_id), int(day), int(epoch)), str(aimed)
    except (TypeError, ValueError) as unlike_ours:
        raise visit.refuse(404) from unlike_ours


def _page(visit: Visit, asked: Asked, aimed: str, problem: str = "") -> Response:
    question = aftercare.question(visit.site.database, asked)
    if question is None:
        return _stale(visit)
    choices = [Said(said) for said in aftercare.CHOICES[question.about]]
    return visit.page(
        "answering/tap.html",
        422 if problem else 200,
        question=question,
        about_contact=question.about is About.CONTACT,
        choices=sorted(choices, key=lambda said: said != aimed),
        aimed=aimed,
        words=ANSWERS,
        noted=_noted(question),
        problem=problem,
    )


def _noted(question: CheckIn) -> str:
    return ANSWERS[question.answer] if question.answer is not None else ""


def _stale(visit: Visit) -> Response:
    return visit.page("answering/stale.html", 410, why="moved")


# -- the end ---------------------------------------------------------------------------------------------------------


def ask_exit(visit: Visit) -> Response:
    """GET /exit/…: how was it, and do you wish for somebody new?"""
    return _exit_page(visit)


def take_exit(visit: Visit) -> Response:
    """POST /exit/…: keeps what was said, if anything was chosen."""
    introduction_id, participant_id, epoch = _leaving(visit)
    if not any(visit.form.text(name) for name in ("helpful", "again", "words")):
        return _exit_page(visit, {"helpful": visit.gettext(answering.NOTHING_CHOSEN)})
    try:
        note_exit(visit, introduction_id, participant_id, epoch)
    except (NotFound, NotAllowed, Overtaken):
        return _stale(visit)
    return RedirectResponse(visit.path, 303)


def note_exit(visit: Visit, introduction_id: int, participant_id: str, epoch: int | None) -> None:
    """Keeps the answers of the end, here and on the participant's own page, and thanks."""
    helpful, again = visit.form.text("helpful"), visit.form.text("again")
    said: dict[str, object] = {
        "helpful": int(helpful) if helpful in dict(HELPFUL) else None,
        "again": again if again in list(Again) else None,
        "words": visit.form.text("words")[: answering.LONGEST_WORDS] or None,
    }
    outcomes.feedback(
        visit.site.database,
        introduction_id,
        participant_id,
        answers={name: value for name, value in said.items() if value is not None},
        links=visit.site.links,
        epoch=epoch,
        now=visit.now,
    )
    visit.flash(visit.gettext(_("Thank you. Only the coordinator reads it.")))


def _leaving(visit: Visit) -> tuple[int, str, int]:
    try:
        introduction_id, participant_id, epoch = visit.link
        return int(introduction_id), str(participant_id), int(epoch)
    except (TypeError, ValueError) as unlike_ours:
        raise visit.refuse(404) from unlike_ours


def _exit_page(visit: Visit, problems: dict[str, str] | None = None) -> Response:
    introduction_id, participant_id, epoch = _leaving(visit)
    ended = aftercare.ended(visit.site.database, introduction_id, participant_id, epoch)
    if ended is None or ended.state is not State.CLOSED:
        return _stale(visit)
    return visit.page(
        "answering/exit.html",
        422 if problems else 200,
        said=ended.feedback,
        problems=problems or {},
        helpful=HELPFUL,
        again=AGAIN,
    )
