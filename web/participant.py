"""A participant's own pages: how things stand, the profile, pause, consent, download, leaving."""

import json
from datetime import date, timedelta

from starlette.responses import Response

from matcher.domain import hours
from matcher.domain.aftercare import LONGEST_MEETING, MOST_HOURS, MOST_MONTHS, Cadence, Said
from matcher.domain.introductions import Answer, NotAllowed, NotFound, Outcome, Overtaken
from matcher.domain.people import LIMITS
from matcher.domain.profiles import InvalidProfile
from matcher.workflow import access, aftercare, answers, outcomes, overview, people, signup, waiting
from matcher.workflow.aftercare import Certificate
from matcher.workflow.overview import Matter, Overview
from web import answering, joining, questions, tapping
from web.answering import Asked
from web.questions import BY_NAME, Draft, Step
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


PAUSES = (("", _("Until I come back")), ("30", _("One month")), ("90", _("Three months")), ("180", _("Half a year")))
CADENCES = (
    (Cadence.WEEKLY, _("every week")),
    (Cadence.FORTNIGHTLY, _("every two weeks")),
    (Cadence.MONTHLY, _("once a month")),
    (Cadence.AS_NEEDED, _("as needed")),
)
OUTCOMES = (
    (Outcome.GOALS_REACHED, _("We reached what we wanted")),
    (Outcome.GOOD_ENOUGH, _("It was good, and it is time to end")),
    (Outcome.NO_TIME, _("There was no time for it")),
    (Outcome.NOT_A_FIT, _("It did not fit")),
    (Outcome.NEVER_MET, _("We never met")),
    (Outcome.OTHER, _("Something else")),
)


def show(visit: Visit) -> Response:
    """GET /me: what waits for an answer, introductions, groups, standing."""
    mine = _overview(visit)
    wait = waiting.wait_of(visit.site.database, _me(visit), now=visit.now)
    return visit.page("participant/me.html", mine=mine, pauses=PAUSES, consents=joining.CONSENTS, wait=wait)


# -- one introduction ------------------------------------------------------------------------------------------------


def matter(visit: Visit) -> Response:
    """GET /me/introductions/…: a question to answer, or an introduction with what can be done about it."""
    return _matter_page(visit, _matter(visit))


def act(visit: Visit) -> Response:
    """POST /me/introductions/…: an answer, first contact, closing, or a concern."""
    found, what = _matter(visit), visit.form.text("act")
    acts = {
        "contact": _contact,
        "going": _going,
        "agreement": _agreement,
        "tick": _tick,
        "hours": _hours,
        "confirm": _confirm,
        "strike": _strike,
        "close": _close,
        "feedback": _feedback,
        "concern": _concern,
    }
    if what not in acts:
        return answering.take(visit, _asked(visit, found))
    try:
        refused = acts[what](visit, found)
    except Overtaken:
        visit.flash(visit.gettext(_("Somebody was faster; this is how things stand now.")), "note")
        return visit.redirect("my_introduction", id=found.id)
    except NotAllowed as no:
        visit.flash(visit.gettext(no.message) % no.facts, "note")
        return visit.redirect("my_introduction", id=found.id)
    return refused if refused is not None else visit.redirect("my_introduction", id=found.id)


def _matter(visit: Visit) -> Matter:
    """The introduction of the address, if it is this person's; else 404."""
    id = visit.param("id")
    if not (id.isascii() and id.isdigit() and len(id) <= 9):
        raise visit.refuse(404)
    try:
        return overview.matter(
            visit.site.database,
            int(id),
            _me(visit),
            vocabulary=visit.site.vocabulary,
            language=visit.language,
            now=visit.now,
        )
    except NotFound as nothing:
        raise visit.refuse(404) from nothing


def _matter_page(visit: Visit, found: Matter, problems: dict[str, str] | None = None) -> Response:
    if not found.is_made and not (found.has_ended and found.can_report):
        return answering.page(visit, _asked(visit, found), problems, 422 if problems else 200)
    return visit.page(
        "participant/introduction.html",
        422 if problems else 200,
        matter=found,
        problems=problems or {},
        outcomes=OUTCOMES,
        form=visit.form,
        after=aftercare.after(visit.site.database, found.id, _me(visit)) if found.answer is Answer.YES else None,
        tomorrow=(visit.now + timedelta(days=1)).date(),
        most=(MOST_HOURS, MOST_MONTHS),
        helpful=tapping.HELPFUL,
        again=tapping.AGAIN,
        answers=tapping.ANSWERS,
        cadences=CADENCES,
    )


def _asked(visit: Visit, found: Matter) -> Asked:
    return Asked(found.id, _me(visit), None)


def _contact(visit: Visit, found: Matter) -> Response | None:
    """Has the first conversation taken place?"""
    if not answering.note_contact(visit, found.id, _me(visit)):
        return _matter_page(visit, found, {"happened": visit.gettext(answering.NOTHING_CHOSEN)})
    return None


def _going(visit: Visit, found: Matter) -> Response | None:
    """How is it going? The last short question, on one's own page."""
    said = visit.form.text("said")
    if said not in list(Said):
        return _matter_page(visit, found, {"said": visit.gettext(answering.NOTHING_CHOSEN)})
    aftercare.answer(
        visit.site.database,
        found.id,
        _me(visit),
        said,
        day=visit.form.number("day"),
        links=visit.site.links,
        now=visit.now,
    )
    visit.flash(visit.gettext(tapping.THANKS[Said(said)]))
    return None


BOUNDARIES = _("Please tick both: they hold in this programme whatever you agree on.")


def _agreement(visit: Visit, found: Matter) -> Response | None:
    """Writes down what to expect of each other."""
    form = visit.form
    problems = {}
    if not 1 <= form.number("a-month") <= MOST_HOURS:
        problems["a-month"] = visit.gettext(_("Please choose from 1 to %(most)s."), most=MOST_HOURS)
    if form.text("cadence") not in list(Cadence):
        problems["cadence"] = visit.gettext(answering.NOTHING_CHOSEN)
    if not 1 <= form.number("months") <= MOST_MONTHS:
        problems["months"] = visit.gettext(_("Please choose from 1 to %(most)s."), most=MOST_MONTHS)
    if not (form.text("supervision") and form.text("clients")):
        problems["limits"] = visit.gettext(BOUNDARIES)
    if problems:
        return _matter_page(visit, found, problems)
    aftercare.propose_agreement(
        visit.site.database,
        found.id,
        _me(visit),
        hours=form.number("a-month"),
        cadence=form.text("cadence"),
        months=form.number("months"),
        words=form.text("agreed-words"),
        shown=form.number("shown"),
        links=visit.site.links,
        now=visit.now,
    )
    visit.flash(visit.gettext(_("Written down and ticked by you; the other side is asked to tick it, too.")))
    return None


def _tick(visit: Visit, found: Matter) -> Response | None:
    """Agrees to what stands there."""
    if not (visit.form.text("supervision") and visit.form.text("clients")):
        return _matter_page(visit, found, {"boundaries": visit.gettext(BOUNDARIES)})
    aftercare.tick_agreement(
        visit.site.database,
        found.id,
        _me(visit),
        version=visit.form.number("shown"),
        links=visit.site.links,
        now=visit.now,
    )
    visit.flash(visit.gettext(_("Ticked. This is what you agree on now.")))
    return None


def _hours(visit: Visit, found: Matter) -> Response | None:
    """Tells of a meeting; it counts once the other confirms it."""
    try:
        met_on = date.fromisoformat(visit.form.text("met_on"))
    except ValueError:
        return _matter_page(visit, found, {"met_on": visit.gettext(_("Please choose the day on which you met."))})
    minutes = visit.form.number("minutes")
    if not 1 <= minutes <= LONGEST_MEETING:
        return _matter_page(visit, found, {"minutes": visit.gettext(_("Please say for how many minutes you met."))})
    try:
        counts = aftercare.say_hours(
            visit.site.database,
            found.id,
            _me(visit),
            met_on=met_on,
            minutes=minutes,
            links=visit.site.links,
            now=visit.now,
        )
    except NotAllowed as no:
        return _matter_page(visit, found, {"met_on": visit.gettext(no.message)})
    noted = _("Noted. It counts as soon as the other one of you confirms it.")
    visit.flash(visit.gettext(_("Confirmed. Thank you.") if counts else noted))
    return None


def _confirm(visit: Visit, found: Matter) -> Response | None:
    """Confirms the ticked meetings that the other told of."""
    ids = [int(id) for id in visit.form.all("meeting") if id.isascii() and id.isdigit() and len(id) <= 9]
    if not ids:
        return _matter_page(visit, found, {"meeting": visit.gettext(_("Please tick the meetings you confirm."))})
    aftercare.confirm_hours(visit.site.database, found.id, _me(visit), ids=ids, now=visit.now)
    visit.flash(visit.gettext(_("Confirmed. Thank you.")))
    return None


def _strike(visit: Visit, found: Matter) -> Response | None:
    """Takes a meeting that is not confirmed off the list."""
    aftercare.strike_hours(visit.site.database, found.id, _me(visit), id=visit.form.number("meeting"), now=visit.now)
    visit.flash(visit.gettext(_("Taken off the list.")))
    return None


def certificate(visit: Visit) -> Response:
    """GET /me/introductions/…/certificate: the hours confirmed by both, to print."""
    return visit.page("participant/certificate.html", certificate=_certificate(visit))


def download_certificate(visit: Visit) -> Response:
    """POST /me/introductions/…/certificate: the same as a file of its own."""
    headers = {"Content-Disposition": 'attachment; filename="mentoring-hours.html"'}
    return visit.page("participant/certificate_file.html", headers=headers, certificate=_certificate(visit))


def _certificate(visit: Visit) -> Certificate:
    found = _matter(visit)
    made = aftercare.certificate(visit.site.database, found.id, _me(visit))
    if made is None:
        raise visit.refuse(404)
    return made


def _close(visit: Visit, found: Matter) -> Response | None:
    """Ends the conversations, with how it was."""
    outcome = visit.form.text("outcome")
    if outcome not in dict(OUTCOMES):
        return _matter_page(visit, found, {"outcome": visit.gettext(answering.NOTHING_CHOSEN)})
    outcomes.close(
        visit.site.database,
        found.id,
        participant_id=_me(visit),
        outcome=outcome,
        reason=visit.form.text("words")[: answering.LONGEST_WORDS] or None,
        links=visit.site.links,
        now=visit.now,
    )
    visit.flash(visit.gettext(_("Closed. Thank you for telling us how it was.")))
    return None


def _feedback(visit: Visit, found: Matter) -> Response | None:
    """How it was, after the end; everything optional."""
    tapping.note_exit(visit, found.id, _me(visit), None)
    return None


def _concern(visit: Visit, found: Matter) -> Response | None:
    """Ends it at once, tells the coordinator, and nobody else."""
    if not visit.form.text("sure"):
        asked = visit.gettext(_("Please tick the box: this ends the introduction at once."))
        return _matter_page(visit, found, {"sure_concern": asked})
    answers.concern(
        visit.site.database,
        found.id,
        _me(visit),
        reason=visit.form.text("words")[: answering.LONGEST_WORDS] or None,
        links=visit.site.links,
        now=visit.now,
    )
    visit.flash(visit.gettext(_("Thank you for telling us. It has ended, and the coordinator gets in touch with you.")))
    return visit.redirect("me")


# -- profile ---------------------------------------------------------------------------------------------------------


def profile(visit: Visit) -> Response:
    """GET /me/profile: every answer, each page with its way to change it."""
    mine = _overview(visit)
    draft = _draft(visit, mine)
    shown = joining.step_page(visit, BY_NAME["check"], draft)
    return visit.page(
        "participant/profile.html",
        page=shown,
        level_names=questions.LEVELS,
        mine=mine,
        quiet=hours.window(mine.person),
        own_hours=mine.person.quiet_from is not None,
    )


def keep_hours(visit: Visit) -> Response:
    """POST /me/hours: between which hours no letter comes that can wait; "usual" for those of the programme."""
    own = (visit.form.number("from", -1), visit.form.number("until", -1))
    try:
        window = own if visit.form.text("whose") == "own" else None
        signup.keep_quiet_hours(visit.site.database, _me(visit), window, now=visit.now)
    except NotAllowed as no:
        visit.flash(visit.gettext(no.message), "note")
    else:
        visit.flash(visit.gettext(_("Your hours are kept.")))
    return visit.redirect("my_profile")


def edit(visit: Visit) -> Response:
    """GET /me/profile/…: one page of questions."""
    mine = _overview(visit)
    draft = _draft(visit, mine)
    return _edit_page(visit, _profile_step(visit, draft), draft, mine.person.version)


def save(visit: Visit) -> Response:
    """POST /me/profile/…: stores one page of answers, or shows it again with what is wrong."""
    mine = _overview(visit)
    before = _draft(visit, mine)
    step = _profile_step(visit, before)
    draft = questions.read_step(step, visit.form, before, visit.site.vocabulary)
    longest = max(questions.LONGEST_TEXT, len(before.get("text", "")))
    gettext = visit.translator.gettext
    problems = questions.problems_of(draft, (step,), visit.site.vocabulary, gettext, longest=longest)
    version = visit.form.number("version", mine.person.version)
    if problems:
        return _edit_page(visit, step, draft, version, problems)
    try:
        signup.update_profile(
            visit.site.database,
            _me(visit),
            {**questions.answers_of(draft), "email": draft.get("email", "")},
            vocabulary=visit.site.vocabulary,
            links=visit.site.links,
            now=visit.now,
            version=version,
        )
    except InvalidProfile as wrong:
        found = {problem.column: problem.in_words(gettext) for problem in wrong.problems}
        return _edit_page(visit, step, draft, version, found)
    except Overtaken:
        problem = visit.gettext(_("Your profile was changed elsewhere in the meantime. Please look, and save again."))
        return _edit_page(visit, step, draft, mine.person.version, {step.columns[0] if step.columns else "": problem})
    except NotAllowed as no:
        return _edit_page(visit, step, draft, version, {"capacity": visit.gettext(no.message) % no.facts})
    visit.flash(visit.gettext(_("Saved. It counts from the next round of matching on.")))
    return visit.redirect("my_profile")


def _draft(visit: Visit, mine: Overview) -> Draft:
    return questions.draft_of({**mine.answers, "role": mine.person.role}, visit.site.vocabulary)


def _profile_step(visit: Visit, draft: Draft) -> Step:
    step = BY_NAME.get(visit.param("step"))
    if step is None or step.name == "check" or step not in questions.steps_for(draft):
        raise visit.refuse(404)
    return step


def _edit_page(
    visit: Visit, step: Step, draft: Draft, version: int, problems: dict[str, str] | None = None
) -> Response:
    return visit.page(
        "participant/edit.html",
        422 if problems else 200,
        page=joining.step_page(visit, step, draft),
        problems=problems or {},
        version=version,
        level_names=questions.LEVELS,
        not_asked=questions.NOT_ASKED,
        plain_words=questions.PLAIN_WORDS,
        longest=max(questions.LONGEST_TEXT, len(draft.get("text", ""))),
    )


# -- standing --------------------------------------------------------------------------------------------------------


def pause(visit: Visit) -> Response:
    """POST /me/pause: no reason asked."""
    days = visit.form.text("days")
    until = visit.now + timedelta(days=int(days)) if days in ("30", "90", "180") else None
    signup.pause(visit.site.database, _me(visit), links=visit.site.links, now=visit.now, until=until)
    visit.flash(visit.gettext(_("You are on pause. No suggestions, no questions; come back whenever you like.")))
    return visit.redirect("me")


def resume(visit: Visit) -> Response:
    """POST /me/resume: back into the pool; after having left, with the consent given anew."""
    if visit.form.text("consent_matching"):
        text = visit.gettext(joining.CONSENTS["matching"])
        signup.consent(visit.site.database, _me(visit), "matching", text, links=visit.site.links, now=visit.now)
    signup.resume(visit.site.database, _me(visit), now=visit.now)
    visit.flash(visit.gettext(_("Welcome back. You take part in the next round of matching.")))
    return visit.redirect("me")


def consent(visit: Visit) -> Response:
    """POST /me/consent: gives or withdraws showing one's own words."""
    text = visit.gettext(joining.CONSENTS["show_text"]) if visit.form.text("show_text") else None
    signup.consent(visit.site.database, _me(visit), "show_text", text, links=visit.site.links, now=visit.now)
    visit.flash(
        visit.gettext(_("From now on your own words are shown to people you are suggested to."))
        if text
        else visit.gettext(_("From now on nobody but the coordinator sees your own words."))
    )
    return visit.redirect("me")


def export(visit: Visit) -> Response:
    """POST /me/export: everything kept about this person, as a file."""
    limit = LIMITS["export"]
    if not access.allow(visit.site.database, f"export:{_me(visit)}", limit.count, limit.per, now=visit.now):
        raise visit.refuse(429)
    everything = people.export_person(visit.site.database, _me(visit), now=visit.now)
    body = json.dumps(everything, ensure_ascii=False, indent=2, default=str)
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return Response(body, media_type="application/json", headers=headers)


def ask_leave(visit: Visit) -> Response:
    """GET /me/leave: what leaving means."""
    return visit.page("participant/leave.html", problems={}, form=visit.form)


def leave(visit: Visit) -> Response:
    """POST /me/leave: out of everything at once; with everything erased if so chosen."""
    how = visit.form.text("how")
    problems = {}
    if how not in ("keep", "erase"):
        problems["how"] = visit.gettext(answering.NOTHING_CHOSEN)
    if not visit.form.text("sure"):
        problems["sure"] = visit.gettext(_("Please tick the box to confirm."))
    if problems:
        return visit.page("participant/leave.html", 422, problems=problems, form=visit.form)
    me = _me(visit)
    if how == "erase":
        people.erase(visit.site.database, me, by=me, links=visit.site.links, now=visit.now)
    else:
        signup.leave(visit.site.database, me, links=visit.site.links, now=visit.now)
    visit.drop_cookie("session")
    return visit.page("participant/left.html", erased=how == "erase")


# -- who -------------------------------------------------------------------------------------------------------------


def _me(visit: Visit) -> str:
    """The id of the signed-in participant; the guard has made sure there is one."""
    assert visit.visitor is not None
    return visit.visitor.id


def _overview(visit: Visit) -> Overview:
    try:
        return overview.overview(
            visit.site.database, _me(visit), vocabulary=visit.site.vocabulary, language=visit.language, now=visit.now
        )
    except NotFound as gone:
        raise visit.refuse(404) from gone
