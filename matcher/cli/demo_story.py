"""Six weeks in the life of the demo's programme, so that the desk opens on something that lives.

Nothing is written into tables here: every step is the one that the site and the worker take, at a time in the past.
People answer by a seeded draw: most say yes, some say no or nothing at all.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from matcher.cli.running import Programme
from matcher.domain.introductions import Answer, Introduction, Kind, NotAllowed, Outcome, Party, State
from matcher.domain.profiles import Profile
from matcher.mail.carriers import Carrier, carrier_of
from matcher.storage import desk_introductions, introductions
from matcher.workflow import answers, matching, outcomes, review
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


def live(programme: Programme, people: Sequence[Profile], coordinator: str, now: datetime) -> None:
    """Fills an empty database with six weeks that end at `now`."""
    story = _Story(programme, coordinator, carrier_of(programme.config.mail))
    # Letters keep quiet hours: every day of the story begins when it is morning in America.
    morning = now - (now - now.replace(hour=15, minute=0, second=0, microsecond=0)) % timedelta(days=1)
    for day in range(0, DAYS, STEP):
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


class _Story:
    def __init__(self, programme: Programme, coordinator: str, carrier: Carrier) -> None:
        self.db, self.words, self.links = programme.database, programme.vocabulary, programme.links
        self.coordinator, self.carrier = coordinator, carrier
        self.draw = random.Random(20261128)
        self.silent: dict[str, bool] = {}

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
            made = desk_introductions.introduction_lines(session, (State.INTRODUCED, State.ACTIVE), size=500).rows
        for introduction, party in asked:
            self._answer(introduction, party, at)
        for line in made:
            self._go_on(line, at)
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

    def _go_on(self, made: desk_introductions.IntroductionLine, at: datetime) -> None:
        """After the introduction: most meet soon, some not yet; a few have ended by now."""
        person = next(side.participant_id for side in made.parties if side.answer is Answer.YES)
        if made.state is State.INTRODUCED and self.draw.random() < 0.35:
            happened = self.draw.random() < 0.95
            outcomes.first_contact(self.db, made.id, person, happened=happened, links=self.links, now=at)
        elif made.state is State.ACTIVE and made.kind is Kind.PAIR and self.draw.random() < 0.09:
            outcome = self.draw.choice(OUTCOMES)
            outcomes.close(self.db, made.id, outcome=outcome, participant_id=person, links=self.links, now=at)

    def ask(self, at: datetime) -> None:
        """Two of those who are asked at the moment would like to know more first."""
        with self.db.read() as session:
            asked = [(i.id or 0, p.participant_id) for i, p in introductions.open_parties(session)]
        for (id, person), question in zip(asked[:: max(1, len(asked) // 2)], QUESTIONS, strict=False):
            answers.answer(
                self.db, id, person, "more", question=question, vocabulary=self.words, links=self.links, now=at
            )
        deliver_all(self.db, self.carrier, now=at, worker="demo")
