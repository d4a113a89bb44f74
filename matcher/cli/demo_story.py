"""Six weeks in the life of the demo's programme, so that the desk opens on something that lives.

Nothing is written into tables here: every step is the one that the site and the worker take, at a time in the past.
People answer by a seeded draw: most say yes, some say no or nothing at all.
"""

import contextlib
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain

from matcher.cli.running import Programme
from matcher.domain.aftercare import About, Again, Cadence, Said
from matcher.domain.introductions import DISCLOSED, Answer, Introduction, Kind, NotAllowed, Outcome, Party, State
from matcher.domain.profiles import Profile
from matcher.mail.carriers import Carrier, carrier_of
from matcher.storage import introductions
from matcher.storage.desk_introductions import IntroductionLine, introduction_lines
from matcher.workflow import aftercare, answers, matching, meetings, outcomes, review
from matcher.workflow.clock import tick
from matcher.workflow.delivery import deliver_all
from matcher.workflow.people import import_profiles

DAYS = 42
STEP = 3
"""Days between two looks at the programme."""
WAVES = {0: slice(0, 40), 27: slice(40, 66)}
"""Day -> who of the people signs up; all others did yesterday, and so did who has not confirmed, or time would tell."""
ROUNDS = (0, 39)
"""Days on which a round was run and published."""
GROUPS = 30
"""The day on which groups were formed."""

OUTCOMES = (Outcome.GOALS_REACHED, Outcome.GOALS_REACHED, Outcome.GOOD_ENOUGH, Outcome.NO_TIME, Outcome.NOT_A_FIT)
QUESTIONS = (
    "Would messages instead of calls be fine? My shifts change every week.",
    "Does this person know rural work? We are an hour from the next hospital.",
)
AGREEMENTS = (
    (2, Cadence.FORTNIGHTLY, 6, "By telephone, in the evening. Whoever cannot come says so the day before."),
    (1, Cadence.MONTHLY, 6, ""),
    (3, Cadence.WEEKLY, 3, "The first three months are the hardest, so we begin with every week."),
)
"""What the first pairs expect of each other; the last waits for its second tick."""
MISFIT = 3
"""The pair of which one side says at last that it does not fit, counted in the order in which pairs began to meet."""
HOURS = 3
"""So many of the first pairs write down when they met."""
LOOKING_BACK = (
    {"helpful": 3, "again": Again.YES, "words": "Thank you. The night shift feels less lonely now."},
    {"helpful": 2, "again": Again.BREAK, "words": "We found no evening that suited us both."},
)


def live(programme: Programme, people: Sequence[Profile], coordinator: str, now: datetime) -> None:
    """Fills an empty database with six weeks that end at `now`."""
    story = _Story(programme, coordinator, carrier_of(programme.config.mail))
    # Letters keep quiet hours: every day of the story begins when it is morning in America.
    morning = now - (now - now.replace(hour=15, minute=0, second=0, microsecond=0)) % timedelta(days=1)
    for day in chain(range(0, DAYS, STEP), [DAYS - 1]):  # letters of the last step leave before they are too old
        at = morning - timedelta(days=DAYS - day)
        if day in WAVES:
            story.join([p for p in people[WAVES[day]] if p.status != "unconfirmed"], at)
        if day in ROUNDS:
            story.round(at)
        if day == GROUPS:
            story.groups(at)
        story.day(at + timedelta(hours=3))
    story.join(people, now - timedelta(days=1))
    story.ask(now - timedelta(hours=5))
    story.plan(now - timedelta(hours=5))
    deliver_all(programme.database, story.carrier, now=now - timedelta(hours=4), worker="demo")


class _Story:
    def __init__(self, programme: Programme, coordinator: str, carrier: Carrier) -> None:
        self.db, self.words, self.links = programme.database, programme.vocabulary, programme.links
        self.coordinator, self.carrier = coordinator, carrier
        self.draw = random.Random(20261128)
        self.silent: dict[str, bool] = {}
        self.pairs: list[int] = []
        self.ended: set[int] = set()

    def join(self, people: Sequence[Profile], at: datetime) -> None:
        """People sign up."""
        import_profiles(self.db, people, by="demo", now=at, confirmed=True)

    def round(self, at: datetime) -> None:
        """A round, approved as it is."""
        asked = matching.request_round(self.db, by=self.coordinator, now=at)
        matching.run_round(self.db, asked, vocabulary=self.words, now=at)
        review.publish(self.db, asked, by=self.coordinator, vocabulary=self.words, links=self.links, now=at)

    def groups(self, at: datetime) -> None:
        """Two peer support circles are asked; the others of their round are thrown away."""
        options = {"kind": "collab.peer_support_circle", "sizes": [4, 5]}
        asked = matching.request_round(self.db, by=self.coordinator, now=at, kind="groups", options=options)
        matching.run_round(self.db, asked, vocabulary=self.words, now=at)
        with self.db.read() as session:
            drafts = [draft.id or 0 for draft in introductions.drafts_of(session, asked)][:2]
        review.approve(self.db, drafts, by=self.coordinator, vocabulary=self.words, links=self.links, now=at)
        review.discard_round(self.db, asked, by=self.coordinator, now=at)

    def day(self, at: datetime) -> None:
        """Letters leave, people answer, time does the rest."""
        deliver_all(self.db, self.carrier, now=at, worker="demo")
        with self.db.read() as session:
            asked = introductions.open_parties(session)
            made = introduction_lines(session, (State.INTRODUCED, State.ACTIVE), size=500).rows
            ended = introduction_lines(session, (State.CLOSED,), size=500).rows
        for introduction, party in asked:
            self._answer(introduction, party, at)
        meeting = [line for line in made if line.state is State.ACTIVE and line.kind is Kind.PAIR]
        self.pairs += [line.id for line in meeting if line.id not in self.pairs]
        for line in made:
            self._go_on(line, at)
        for line in meeting:
            self._meet(line, at + timedelta(minutes=10))
        for line in ended:
            self._look_back(line, at)
        tick(self.db, now=at + timedelta(hours=1), vocabulary=self.words, links=self.links)

    def _answer(self, introduction: Introduction, party: Party, at: datetime) -> None:
        person = party.participant_id
        if self.silent.setdefault(person, self.draw.random() < 0.12) or self.draw.random() < 0.45:
            return
        drawn = self.draw.random()
        try:
            if introduction.state is State.OFFERED:
                if drawn < 0.5 + 0.4 * (introduction.rank == 1):
                    answers.pick(self.db, introduction.id or 0, person, vocabulary=self.words, links=self.links, now=at)
                return
            given = Answer.YES if drawn < 0.84 else Answer.NOT_NOW if drawn < 0.94 else Answer.NO
            answers.answer(
                self.db, introduction.id or 0, person, given.value, vocabulary=self.words, links=self.links, now=at
            )
        except NotAllowed:
            return  # another of this person's offers was picked a moment ago

    def _go_on(self, made: IntroductionLine, at: datetime) -> None:
        """After the introduction: most meet soon, some not yet; a few have ended by now."""
        person = next(side.participant_id for side in made.parties if side.answer is Answer.YES)
        if made.state is State.INTRODUCED and self.draw.random() < 0.35:
            happened = self.draw.random() < 0.95
            outcomes.first_contact(self.db, made.id, person, happened=happened, links=self.links, now=at)
        elif (
            made.state is State.ACTIVE
            and made.kind is Kind.PAIR
            and self.draw.random() < 0.09
            and not self._is_misfit(made.id)
        ):
            outcome = self.draw.choice(OUTCOMES)
            outcomes.close(self.db, made.id, outcome=outcome, participant_id=person, links=self.links, now=at)

    def _is_misfit(self, id: int) -> bool:
        """The pair that stays for the coordinator to look at."""
        return self.pairs[MISFIT : MISFIT + 1] == [id]

    def _meet(self, pair: IntroductionLine, at: datetime) -> None:
        """Two who meet say how it goes; the first pairs write down what they agree on, and when they met."""
        number = self.pairs.index(pair.id)
        mentee, mentor = (side.participant_id for side in pair.parties)
        with contextlib.suppress(NotAllowed):  # it was closed a moment ago
            if number <= MISFIT:
                self._say(pair.id, mentor, Said.WELL, at)
                self._say(pair.id, mentee, Said.WELL if number < MISFIT else Said.NOT_A_FIT, at)
            if number < len(AGREEMENTS):
                self._agree(pair.id, mentee, mentor, number, at)
            if number < HOURS:
                self._met(pair.id, mentee, mentor, 45 + 15 * number, at)

    def _say(self, id: int, person: str, said: Said, at: datetime) -> None:
        question = aftercare.after(self.db, id, person).question
        if question is not None and question.about is About.GOING and question.answer is None:
            aftercare.answer(self.db, id, person, said, day=question.day, links=self.links, now=at)

    def _agree(self, id: int, mentee: str, mentor: str, number: int, at: datetime) -> None:
        """The mentee writes it down, the mentor ticks it at the next look; the last waits for that."""
        found = aftercare.after(self.db, id, mentor)
        if found.agreement is None:
            hours, cadence, months, words = AGREEMENTS[number]
            aftercare.propose_agreement(
                self.db,
                id,
                mentee,
                hours=hours,
                cadence=cadence,
                months=months,
                words=words,
                shown=0,
                links=self.links,
                now=at,
            )
        elif not found.ticked and number < len(AGREEMENTS) - 1:
            version = found.agreement.version
            aftercare.tick_agreement(self.db, id, mentor, version=version, links=self.links, now=at)

    def _met(self, id: int, mentee: str, mentor: str, minutes: int, at: datetime) -> None:
        """The mentor writes a meeting down, the mentee confirms those of before."""
        told = [meeting.id for meeting in aftercare.after(self.db, id, mentee).to_confirm]
        aftercare.confirm_hours(self.db, id, mentee, ids=told, now=at)
        met_on = (at - timedelta(days=1)).date()
        aftercare.say_hours(self.db, id, mentor, met_on=met_on, minutes=minutes, links=self.links, now=at)

    def _look_back(self, ended: IntroductionLine, at: datetime) -> None:
        """Both say how it was, some days after the end."""
        if ended.id in self.ended:
            return
        self.ended.add(ended.id)
        for side, said in zip(ended.parties, LOOKING_BACK, strict=False):
            outcomes.feedback(self.db, ended.id, side.participant_id, answers=said, links=self.links, now=at)

    def plan(self, now: datetime) -> None:
        """The two introduced last have agreed on when they meet first, the pair before has a time proposed."""
        with self.db.read() as session:
            made = introduction_lines(session, sorted(DISCLOSED), kind=Kind.PAIR, size=500).rows
        last = sorted(made, key=lambda pair: (pair.introduced_at or now, pair.id))[-2:]
        starts_at = (now + timedelta(days=3)).replace(hour=17, minute=30, second=0, microsecond=0)
        for pair in last:
            mentee, mentor = (side.participant_id for side in pair.parties)
            meetings.propose(
                self.db,
                pair.id,
                mentor,
                starts_at=starts_at,
                minutes=45,
                place="By telephone; I call you.",
                version=0,
                links=self.links,
                now=now,
            )
            if pair is last[-1]:
                version = meetings.shown(self.db, pair.id, mentee).version
                meetings.agree(self.db, pair.id, mentee, version=version, links=self.links, now=now)

    def ask(self, at: datetime) -> None:
        """Two of those who are asked at the moment would like to know more first."""
        with self.db.read() as session:
            asked = [(i.id or 0, p.participant_id) for i, p in introductions.open_parties(session)]
        for (id, person), question in zip(asked[:: max(1, len(asked) // 2)], QUESTIONS, strict=False):
            answers.answer(
                self.db, id, person, "more", question=question, vocabulary=self.words, links=self.links, now=at
            )
        deliver_all(self.db, self.carrier, now=at, worker="demo")
