"""One introduction: its sides and their answers, why these people, what has happened, and what can be done about it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from starlette.responses import Response

from matcher.domain.introductions import (
    STEPS,
    TERMS,
    Act,
    Answer,
    Introduction,
    Kind,
    NotAllowed,
    NotFound,
    Outcome,
    Overtaken,
    Party,
    State,
    Who,
)
from matcher.domain.people import Participant
from matcher.storage import (
    aftercare,
    desk_introductions,
    desk_letters,
    desk_log,
    desk_proposals,
    desk_rounds,
    introductions,
)
from matcher.storage import people as people_rows
from matcher.storage.desk_letters import LetterLine
from matcher.storage.desk_log import Record
from matcher.storage.desk_today import LOOKED_AFTER
from matcher.workflow import answers, cards, outcomes, tell_me_more
from matcher.workflow import desk as steps
from web.desk import pages
from web.desk.introductions import SECTION, Side, due, facilitator_first
from web.desk.pages import Seen
from web.desk.words import ANSWERS, OUTCOMES, Words
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


# -- one introduction ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """Why these people: reasons and weakest point of a pair; of a group what they share and what each adds."""

    reasons: Sequence[str] = ()
    weakest: str = ""
    hours: str = ""
    brings: Mapping[str, str] = field(default_factory=dict)
    rota: Sequence[str] = ()


@dataclass(frozen=True)
class Opened:
    """One introduction with everything about it. `others`: further suggestions for the same mentee."""

    introduction: Introduction
    sides: Sequence[Side]
    told: Told
    round_name: str
    records: Sequence[Record]
    letters: Sequence[LetterLine]
    others: Sequence[tuple[Introduction, str]]
    names: Mapping[str, str]
    after: aftercare.Told

    @property
    def is_group(self) -> bool:
        """A collaboration group, not a pair."""
        return self.introduction.kind is Kind.GROUP

    @property
    def last(self) -> Record | None:
        """The newest step."""
        return self.records[-1] if self.records else None

    @property
    def concern_open(self) -> bool:
        """A concern ended it, and nobody has said since then that it is looked after."""
        at = self.introduction.concern_at
        return at is not None and not any(each.act == LOOKED_AFTER and each.at >= at for each in self.records)

    def may(self, act: str) -> bool:
        """Whether the table of steps lets a coordinator do this now."""
        step = STEPS.get((self.introduction.state, Act(act)))
        return step is not None and Who.COORDINATOR in step.who

    def may_extend(self, side: Side) -> bool:
        """More time, once, for somebody who was asked."""
        return self.may("extend") and side.party.deadline is not None and side.party.is_open and not side.party.extended

    def may_answer(self, side: Side) -> bool:
        """An answer on behalf of somebody who was asked."""
        return self.may("decline") and side.party.is_open

    def side(self, number: str) -> Side:
        """The side with this number; NotFound for any other."""
        for side in self.sides:
            if str(side.number) == number:
                return side
        raise NotFound


def one(visit: Visit) -> Response:
    """GET /desk/introductions/…"""
    return _page(visit, _open(visit))


def _page(visit: Visit, opened: Opened, problems: Mapping[str, str] | None = None) -> Response:
    return pages.page(
        visit,
        "introduction.html",
        422 if problems else 200,
        section=SECTION,
        opened=opened,
        introduction=opened.introduction,
        problems=problems or {},
        form=visit.form,
        choices=[(key, visit.gettext(text), "") for key, text in FOR_OTHERS.items()],
        outcomes=[(key, visit.gettext(text), "") for key, text in HOW_IT_ENDED.items()],
        days=TERMS.answer.days,
    )


def _open(visit: Visit) -> Opened:
    """The introduction of the address; else 404."""
    id = pages.number(visit)
    with visit.site.database.read() as session:
        try:
            introduction = introductions.get(session, id)
        except NotFound:
            raise visit.refuse(404) from None
        return _opened(visit, session, introduction)


def _opened(visit: Visit, session: Session, introduction: Introduction) -> Opened:
    id = introduction.id or 0
    people = people_rows.these(session, (p.participant_id for p in introduction.parties))
    names = {person.id: person.name for person in people.values()}
    questions = desk_introductions.open_questions(session, [id])
    records = desk_log.records_page(session, about=f"introduction:{id}", size=200, oldest_first=True).rows
    others = (
        desk_proposals.siblings(session, introduction) if introduction.state in (State.OFFERED, State.ASKING) else []
    )
    mentors = people_rows.these(session, (str(other.mentor_id) for other in others))
    noted = {party.answered_by for party in introduction.parties if party.answered_by}
    return Opened(
        introduction=introduction,
        sides=facilitator_first(_side(p, introduction, names, questions, visit.now) for p in introduction.parties),
        told=_told(visit, introduction, people),
        round_name=desk_rounds.round_of(session, introduction.round_id).name
        if introduction.round_id is not None
        else "",
        records=records,
        letters=_letters(session, introduction),
        others=[(other, mentors[str(other.mentor_id)].name) for other in others],
        names=desk_log.names_of(session, noted),
        after=aftercare.told(session, introduction),
    )


def _side(
    party: Party, introduction: Introduction, names: Mapping[str, str], questions: set[tuple[int, str]], now: datetime
) -> Side:
    is_open = (introduction.id, party.participant_id) in questions
    stands = due(party, introduction.state, is_open, now)
    return Side(names.get(party.participant_id, ""), party, is_open, stands, party.id or 0)


def _letters(session: Session, introduction: Introduction) -> list[LetterLine]:
    """All letters about it; those with several suggestions are about each of them."""
    found = desk_letters.letters_about(session, introduction.id or 0, limit=200)
    if introduction.mentee_id is not None:
        found += desk_letters.letters_with_choices(session, introduction.id or 0, introduction.mentee_id)
    return sorted(found, key=lambda letter: letter.id)


def _told(visit: Visit, introduction: Introduction, people: Mapping[str, Participant]) -> Told:
    vocabulary, explanation = visit.site.vocabulary, introduction.explanation
    if not explanation:
        return Told()
    if introduction.kind is Kind.GROUP:
        words = cards.group_words(explanation, vocabulary, visit.language, None)
        rota = [people[id].name or id for id in explanation.get("rota", []) if id in people]
        return Told(words["reasons"], "", words["hours"], words["brings"], rota)
    profiles = steps.profiles_of(people, vocabulary)
    mentee, mentor = profiles[str(introduction.mentee_id)], profiles[str(introduction.mentor_id)]
    words = cards.reasons_for(explanation, mentee, mentor, vocabulary, reader="coordinator", language=visit.language)
    return Told(words["reasons"], words["weakest"])


# -- what a coordinator does -----------------------------------------------------------------------------------------


class Missing(Exception):
    """A form without something it needs: a sentence for each field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(problems)
        self.problems = problems


@dataclass(frozen=True)
class Field:
    """What a form asks for. `words`: of the choices it offers; nothing for free text."""

    name: str
    label: str
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Deed:
    """Something that a coordinator does here.

    `do` takes the step and may say something else than `said`; `done` looks whether it has been taken already. The
    fields of a deed that is about one side carry the id of that side in their names.
    """

    do: Callable[[Visit, Opened], str | None]
    said: str
    done: Callable[[Visit, Opened], bool]
    fields: Sequence[Field] = ()
    one_side: bool = False


def act(visit: Visit) -> Response:
    """POST /desk/introductions/…: a deed; the page again, with all that was typed, where it cannot be done."""
    deed, opened = DEEDS.get(visit.form.text("act")), _open(visit)
    if deed is None:
        raise visit.refuse(422, visit.gettext(pages.CHOOSE))
    try:
        if deed.one_side:
            opened.side(visit.form.text("party"))
        introductions.refuse_old(opened.introduction, _version(visit))
        said = deed.do(visit, opened)
    except Missing as missing:
        return _page(visit, opened, missing.problems)
    except Overtaken:
        return _overtaken(visit, deed)
    except NotFound:
        raise visit.refuse(404) from None
    except NotAllowed as refusal:
        return _refused(visit, deed, pages.sentence(visit, refusal))
    visit.flash(visit.gettext(said or deed.said))
    return visit.redirect("desk_introduction", id=opened.introduction.id)


def _version(visit: Visit) -> int:
    return visit.form.number("version")


def _refused(visit: Visit, deed: Deed, sentence: str) -> Response:
    """A refusal: at the field with what was typed, or above the page where nothing was."""
    opened = _open(visit)
    if deed.fields:
        return _page(visit, opened, {_name(visit, deed.fields[-1].name, deed.one_side): sentence})
    visit.flash(sentence, "bad")
    return visit.redirect("desk_introduction", id=opened.introduction.id)


AT_ONCE = timedelta(minutes=1)
"""What the same coordinator sends again within this time is taken for a second click."""


def _overtaken(visit: Visit, deed: Deed) -> Response:
    """Somebody else was faster: what the page showed, what is now, and what was typed.

    The second click on one's own button is no conflict; it hears the same as the first.
    """
    now, me = _open(visit), f"coordinator:{pages.me(visit)}"
    last = now.last
    if last is not None and last.actor == me and visit.now - last.at < AT_ONCE and deed.done(visit, now):
        visit.flash(visit.gettext(deed.said))
        return visit.redirect("desk_introduction", id=now.introduction.id)
    words = Words(visit)
    seen = [Seen(visit.gettext(_("State")), _then(visit, "state", State), words.state(now.introduction.state))]
    seen += [
        Seen(side.called, _then(visit, f"answer-{side.number}", Answer), words.state(side.party.answer))
        for side in now.sides
    ]
    if last is not None:
        seen.append(Seen(visit.gettext(_("Last step")), words.act(visit.form.text("shown-step")), words.act(last.act)))
    typed = [(visit.gettext(f.label), _typed(visit, deed, f)) for f in deed.fields]
    return pages.conflict(
        visit,
        seen,
        visit.url("desk_introduction", id=now.introduction.id),
        who=last.name if last is not None else "",
        typed=typed,
        section=SECTION,
    )


def _then(visit: Visit, what: str, states: type[State] | type[Answer]) -> str:
    """A state or answer as the form says that its page showed it."""
    told = visit.form.text(f"shown-{what}")
    return Words(visit).state(states(told)) if told in list(states) else ""


def _name(visit: Visit, name: str, one_side: bool) -> str:
    return f"{name}-{visit.form.text('party')}" if one_side else name


def _typed(visit: Visit, deed: Deed, asked: Field) -> str:
    """What was filled in; a choice by its words."""
    text = visit.form.text(_name(visit, asked.name, deed.one_side))
    return Words(visit).word(asked.words, text) if asked.words else text


def _refuse_gaps(visit: Visit, texts: Mapping[str, str], choices: Mapping[str, Iterable[str]] | None = None) -> None:
    """Raises Missing for all fields at once: choices not made, texts too long, or empty where a sentence says so."""
    problems = {}
    for name, known in (choices or {}).items():
        if visit.form.text(name) not in list(known):
            problems[name] = visit.gettext(_("Please choose one of the answers first."))
    for name, missing in texts.items():
        text = visit.form.text(name)
        if missing and not text:
            problems[name] = visit.gettext(missing)
        elif len(text) > tell_me_more.LONGEST_WORDS:
            most = visit.translator.number(tell_me_more.LONGEST_WORDS)
            problems[name] = visit.gettext(_("Please use fewer words: at most %(most)s characters."), most=most)
    if problems:
        raise Missing(problems)


# -- about one side --------------------------------------------------------------------------------------------------


def _tell_more(visit: Visit, opened: Opened) -> None:
    side = _side_meant(visit, opened)
    words = f"words-{side.number}"
    _refuse_gaps(visit, {words: _("Please write an answer.")})
    tell_me_more.tell(
        visit.site.database,
        opened.introduction.id or 0,
        side.id,
        visit.form.text(words),
        by=pages.me(visit),
        links=visit.site.links,
        now=visit.now,
        version=_version(visit),
    )


def _takes(step: Callable[..., None]) -> Callable[[Visit, Opened], None]:
    """A step about one side for which nothing is filled in."""

    def take(visit: Visit, opened: Opened) -> None:
        side = _side_meant(visit, opened)
        how = {"by": pages.me(visit), "now": visit.now, "version": _version(visit)}
        step(visit.site.database, opened.introduction.id or 0, side.id, **how)

    return take


def _answer(visit: Visit, opened: Opened) -> str | None:
    """An answer that somebody gave in another way; a mentee's yes may come too late for the place."""
    side = _side_meant(visit, opened)
    given, known = f"given-{side.number}", f"known-{side.number}"
    _refuse_gaps(visit, {known: _("Please write how you know.")}, {given: FOR_OTHERS})
    if not opened.may_answer(side):
        raise NotAllowed(_("This person is not being asked at the moment."))
    standing = answers.answer(
        visit.site.database,
        opened.introduction.id or 0,
        side.id,
        visit.form.text(given),
        vocabulary=visit.site.vocabulary,
        links=visit.site.links,
        now=visit.now,
        reason=visit.form.text(known),
        by=pages.me(visit),
        version=_version(visit),
    )
    if standing.answer == visit.form.text(given):
        return None
    if standing.state is State.OFFERED:
        return _("This mentor has no place left, so nothing was noted; the mentee can still choose another.")
    return _("Nothing that was offered has a place left, so it ended; the next best is being looked for.")


# -- about the whole -------------------------------------------------------------------------------------------------


def _withdraw(visit: Visit, opened: Opened) -> None:
    _refuse_gaps(visit, {"reason": _("Please give a reason.")})
    answers.withdraw(
        visit.site.database,
        opened.introduction.id or 0,
        by=pages.me(visit),
        reason=visit.form.text("reason"),
        links=visit.site.links,
        now=visit.now,
        vocabulary=visit.site.vocabulary,
        version=_version(visit),
    )


def _confirm(visit: Visit, opened: Opened) -> None:
    outcomes.confirm(
        visit.site.database,
        opened.introduction.id or 0,
        by=pages.me(visit),
        now=visit.now,
        version=_version(visit),
    )


def _close(visit: Visit, opened: Opened) -> None:
    _refuse_gaps(visit, {"words": ""}, {"outcome": HOW_IT_ENDED})
    outcomes.close(
        visit.site.database,
        opened.introduction.id or 0,
        outcome=visit.form.text("outcome"),
        reason=visit.form.text("words") or None,
        by=pages.me(visit),
        links=visit.site.links,
        now=visit.now,
        version=_version(visit),
    )


def _looked_after(visit: Visit, opened: Opened) -> None:
    steps.look_after(visit.site.database, f"introduction:{opened.introduction.id}", by=pages.me(visit), now=visit.now)


def _is(state: State) -> Callable[[Visit, Opened], bool]:
    return lambda visit, opened: opened.introduction.state is state


def _side_meant(visit: Visit, opened: Opened) -> Side:
    return opened.side(visit.form.text("party"))


FOR_OTHERS: Mapping[str, str] = {answer.value: ANSWERS[answer][0] for answer in (Answer.YES, Answer.NOT_NOW, Answer.NO)}
HOW_IT_ENDED: Mapping[str, str] = {
    outcome.value: text for outcome, text in OUTCOMES.items() if outcome is not Outcome.NO_WORD
}

DEEDS: Mapping[str, Deed] = {
    "tell_more": Deed(
        _tell_more,
        _("Sent. Their time for an answer runs again."),
        lambda visit, opened: not _side_meant(visit, opened).question_open,
        [Field("words", _("Your answer"))],
        one_side=True,
    ),
    "extend": Deed(
        _takes(answers.extend),
        _("They have more time now."),
        lambda visit, opened: _side_meant(visit, opened).party.extended,
        one_side=True,
    ),
    "ask_anew": Deed(
        _takes(steps.ask_anew),
        _("Their letter is written once more, within a minute."),
        lambda visit, opened: not _side_meant(visit, opened).party.taken_back,
        one_side=True,
    ),
    "answer": Deed(
        _answer,
        _("Noted, with how you know."),
        lambda visit, opened: (
            _side_meant(visit, opened).party.answer.value
            == visit.form.text(f"given-{_side_meant(visit, opened).number}")
        ),
        [Field("given", _("Their answer"), FOR_OTHERS), Field("known", _("How you know"))],
        one_side=True,
    ),
    "withdraw": Deed(
        _withdraw,
        _("Withdrawn. Your reason stays on this page."),
        _is(State.WITHDRAWN),
        [Field("reason", _("Your reason"))],
    ),
    "confirm": Deed(_confirm, _("Noted: they have talked."), _is(State.ACTIVE)),
    "close": Deed(
        _close,
        _("Closed. They are told, and asked how it was."),
        _is(State.CLOSED),
        [Field("outcome", _("How it ended"), HOW_IT_ENDED), Field("words", _("Your words"))],
    ),
    "looked_after": Deed(
        _looked_after,
        _("Noted. It no longer stands among what needs you today."),
        lambda visit, opened: not opened.concern_open,
    ),
}
