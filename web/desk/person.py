"""One person's page: the profile, what goes on, the best mentors at this moment, and what a coordinator can do."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from markupsafe import Markup
from starlette.responses import Response

from matcher.domain.introductions import LIVE, NotAllowed, NotFound, Part
from matcher.domain.people import ConsentKind, Participant, Standing
from matcher.storage import desk_introductions, desk_letters, desk_lists, desk_log, suppression
from matcher.storage import people as people_rows
from matcher.storage.desk_introductions import IntroductionLine, PartyLine
from matcher.storage.desk_letters import LetterLine
from matcher.storage.desk_lists import Paged, folded
from matcher.storage.desk_log import Record
from matcher.workflow import access, people, review, signup, waiting
from matcher.workflow import desk as steps
from matcher.workflow.cards import reasons_for
from matcher.workflow.desk import Candidate, Ranking
from matcher.workflow.waiting import Wait
from web import charts
from web.desk import pages, profile
from web.desk.words import id_of, key_of
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


CONSENTS: Mapping[ConsentKind, str] = {
    ConsentKind.MATCHING: _("Matching and letters about it"),
    ConsentKind.SHOW_TEXT: _("Showing their own words"),
    ConsentKind.CHECK_INS: _("Check-ins"),
    ConsentKind.NEWS: _("News"),
}
MODES = (
    ("choose", _("The mentee is shown the mentor and may say yes"), ""),
    ("assigned", _("The mentor is asked at once, then the mentee"), ""),
)
PAUSES = (
    ("", _("Until they come back")),
    ("30", _("One month")),
    ("90", _("Three months")),
    ("180", _("Half a year")),
)
SHOWN = 10
"""Mentors shown at once."""
LONGEST_REASON = steps.LONGEST_REASON


@dataclass(frozen=True)
class Mentor:
    """A mentor for this mentee at this moment."""

    id: str
    name: str
    affinity: float
    bar: Markup
    rules: Sequence[str]
    room: int
    reason: str
    weakest: str


@dataclass(frozen=True)
class Mentors:
    """Some of the mentors, and how many there are in all."""

    rows: Sequence[Mentor]
    count: int


@dataclass(frozen=True)
class Together:
    """An introduction in this person's list: with whom, and what this person is in it."""

    line: IntroductionLine
    part: Part
    others: Sequence[PartyLine]


@dataclass(frozen=True)
class PersonPage:
    """Everything the page shows."""

    person: Participant
    told: profile.Told
    consents: Sequence[tuple[str, datetime]]
    together: Sequence[Together]
    letters: Sequence[LetterLine]
    history: Paged[Record]
    suppressed: bool
    mentors: Mentors | None
    wait: Wait | None
    search: str
    everybody: bool

    @property
    def name(self) -> str:
        """The name, or the id of somebody without one."""
        return self.person.name or self.person.id

    @property
    def under_way(self) -> IntroductionLine | None:
        """What a mentee has already: an offer, a question or a conversation."""
        return next((t.line for t in self.together if t.part is Part.MENTEE and t.line.state in LIVE), None)


def show(visit: Visit) -> Response:
    """GET /desk/people/…"""
    return _page(visit, person_of(visit))


def act(visit: Visit) -> Response:
    """POST /desk/people/…: one of the things a coordinator can do about a person."""
    person = person_of(visit)
    acts: Mapping[str, Callable[[Visit, Participant], Response]] = {
        "propose": _propose,
        "confirm": _confirm,
        "ask_again": _ask_again,
        "pause": _pause,
        "resume": _resume,
        "erase": _erase,
        "export": _export,
    }
    what = visit.form.text("act")
    if what not in acts:
        raise visit.refuse(422, visit.gettext(pages.CHOOSE))
    try:
        return acts[what](visit, person)
    except NotFound as gone:
        raise visit.refuse(404) from gone
    except NotAllowed as refusal:
        visit.flash(pages.sentence(visit, refusal), "bad")
        return pages.back(visit, "desk_person", id=key_of(person.id))


def person_of(visit: Visit) -> Participant:
    """The person of the address; 404 for a stranger or somebody erased."""
    try:
        with visit.site.database.read() as session:
            return people_rows.participant(session, id_of(visit.param("id")))
    except NotFound as nobody:
        raise visit.refuse(404) from nobody


# -- what is shown ---------------------------------------------------------------------------------------------------


def _page(visit: Visit, person: Participant, problems: Mapping[str, str] | None = None) -> Response:
    search = visit.query.text("q")[:200]
    everybody = bool(visit.query.text("everybody"))
    with visit.site.database.read() as session:
        answers = people_rows.answers_of(person)
        standing = people_rows.standing_consents(session, person.id)
        together = [_together(line, person.id) for line in desk_introductions.introductions_of(session, person.id)]
        shown = PersonPage(
            person=person,
            told=profile.told(visit, answers, person.role),
            consents=[(visit.gettext(CONSENTS[kind]), since) for kind, since in sorted(standing.items())],
            together=together,
            letters=desk_letters.letters_to(session, person.id, limit=20),
            history=desk_log.records_page(session, about=f"participant:{person.id}"),
            suppressed=suppression.is_suppressed(session, person.email),
            mentors=None,
            wait=waiting.wait_of(visit.site.database, person.id, now=visit.now),
            search=search,
            everybody=everybody,
        )
    wanted = shown.under_way is None or search or everybody or visit.query.text("mentors")
    if person.role != "mentor" and person.status is Standing.ACTIVE and wanted:
        shown = _with_mentors(visit, shown)
    return pages.page(
        visit,
        "person.html",
        422 if problems else 200,
        section="desk_people",
        page=shown,
        problems=problems or {},
        form=visit.form,
        modes=[(value, visit.gettext(label), hint) for value, label, hint in MODES],
        pauses=[(days, visit.gettext(label)) for days, label in PAUSES],
    )


def _together(line: IntroductionLine, id: str) -> Together:
    own = next(side for side in line.parties if side.participant_id == id)
    return Together(line, own.part, [side for side in line.parties if side.participant_id != id])


def _with_mentors(visit: Visit, shown: PersonPage) -> PersonPage:
    """The page with the ranked mentors; `everybody` shows the nearest ones also where a rule forbids the pair."""
    ranking = steps.ranking(
        visit.site.database,
        shown.person.id,
        vocabulary=visit.site.vocabulary,
        now=visit.now,
        search=shown.search,
        limit=desk_lists.MOST if shown.everybody else SHOWN,
        allowed_only=not (shown.everybody or shown.search),
    )
    nearest = sorted(ranking.candidates, key=lambda c: (-c.affinity, c.mentor.id)) if shown.everybody else None
    found = [_mentor(visit, ranking, candidate) for candidate in (nearest or ranking.candidates)[:SHOWN]]
    return replace(shown, mentors=Mentors(found, ranking.count))


def _mentor(visit: Visit, ranking: Ranking, candidate: Candidate) -> Mentor:
    words = reasons_for(
        ranking.explain(candidate.mentor.id),
        ranking.mentee,
        candidate.mentor,
        visit.site.vocabulary,
        reader="coordinator",
        language=visit.language,
    )
    return Mentor(
        id=candidate.mentor.id,
        name=candidate.mentor.name or candidate.mentor.id,
        affinity=candidate.affinity,
        bar=charts.bar(candidate.affinity, 1),
        rules=[visit.gettext(steps.RULES[rule]) for rule in candidate.rules],
        room=candidate.room,
        reason=next(iter(words["reasons"]), ""),
        weakest=words["weakest"],
    )


# -- what can be done ------------------------------------------------------------------------------------------------


def _propose(visit: Visit, person: Participant) -> Response:
    """A draft of this mentee with a mentor, to be reviewed like any other."""
    mode = visit.form.text("mode", "choose")
    if mode not in [value for value, _label, _hint in MODES]:
        raise visit.refuse(422, visit.gettext(pages.CHOOSE))
    new = review.propose_pair(
        visit.site.database,
        person.id,
        id_of(visit.form.text("mentor")),
        by=pages.me(visit),
        vocabulary=visit.site.vocabulary,
        now=visit.now,
        mode=mode,
    )
    visit.flash(visit.gettext(_("Proposed. Nobody has been written to yet; approve it when you are sure.")))
    return visit.redirect("desk_proposal", id=new)


def _confirm(visit: Visit, person: Participant) -> Response:
    reason = visit.form.text("reason")
    if not reason:
        return _page(visit, person, {"reason": visit.gettext(_("Say how you know that the address is right."))})
    steps.confirm_person(visit.site.database, person.id, by=pages.me(visit), reason=reason, now=visit.now)
    return _done(visit, person, visit.gettext(_("Confirmed; the person takes part from now on.")))


def _ask_again(visit: Visit, person: Participant) -> Response:
    steps.ask_again(visit.site.database, person.id, by=pages.me(visit), links=visit.site.links, now=visit.now)
    return _done(visit, person, visit.gettext(_("The letter is written once more; the link in the older one is void.")))


def _pause(visit: Visit, person: Participant) -> Response:
    days = visit.form.text("days")
    if days not in [value for value, _label in PAUSES]:
        raise visit.refuse(422, visit.gettext(pages.CHOOSE))
    until = visit.now + timedelta(days=int(days)) if days else None
    signup.pause(visit.site.database, person.id, links=visit.site.links, now=visit.now, until=until, by=pages.me(visit))
    return _done(visit, person, visit.gettext(_("On a break; open questions were withdrawn, conversations go on.")))


def _resume(visit: Visit, person: Participant) -> Response:
    signup.resume(visit.site.database, person.id, now=visit.now, by=pages.me(visit))
    return _done(visit, person, visit.gettext(_("Back; the next round of matching counts this person in.")))


def _erase(visit: Visit, person: Participant) -> Response:
    """Only with a tick and the name typed; there is no way back."""
    problems = {}
    if not visit.form.text("sure"):
        problems["sure"] = visit.gettext(_("Please tick the box: this cannot be undone."))
    if folded(" ".join(visit.form.text("typed").split())) != folded(" ".join((person.name or person.id).split())):
        problems["typed"] = visit.gettext(_("Type the name exactly as it stands above."))
    if problems:
        return _page(visit, person, problems)
    people.erase(visit.site.database, person.id, by=pages.me(visit), links=visit.site.links, now=visit.now)
    visit.flash(visit.gettext(_("Erased. Counts without names remain, nothing else.")))
    return visit.redirect("desk_people")


def _export(visit: Visit, person: Participant) -> Response:
    """Everything that is kept about the person, as a file."""
    who = pages.me(visit)
    limit = pages.EXPORTS
    if not access.allow(visit.site.database, f"desk-export:{who}", limit.count, limit.per, now=visit.now):
        raise visit.refuse(429)
    everything = people.export_person(visit.site.database, person.id, now=visit.now)
    people.note_person_export(visit.site.database, person.id, by=who, now=visit.now)
    body = json.dumps(everything, ensure_ascii=False, indent=2, default=str)
    headers = {"Content-Disposition": f'attachment; filename="person-{key_of(person.id).strip("~")[:60]}.json"'}
    return Response(body, media_type="application/json", headers=headers)


def _done(visit: Visit, person: Participant, sentence: str) -> Response:
    visit.flash(sentence)
    return visit.redirect("desk_person", id=key_of(person.id))
