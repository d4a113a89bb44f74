"""Three years of a programme in forty time zones, hour by hour, with every change of the clocks.

Somebody lives in each zone, most questions meet silence, some letters come back. What is watched is time: nothing ends
early, nothing late, nobody is called to mind more than twice, what can wait comes by day, what is to be forgotten is.
"""

import math
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select

from matcher.domain.introductions import TERMS, Introduction, NotAllowed, State
from matcher.domain.letters import NEEDS_OPEN_ANSWER, Letter, LetterKind, LetterState
from matcher.domain.people import Participant, Standing
from matcher.storage import outbox
from matcher.storage.database import Database
from matcher.storage.mapping import introductions, letters, participants
from matcher.workflow import outcomes, review, signup
from tests.cast import LINKS, NOW, cleo, enrol
from tests.cast import person as member
from tests.soak.proof import SEED, Fresh, Told, proof
from tests.stories import VOCABULARY, at, check_invariants, pick, say

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
EVERY = 6
"""Hours between two looks of the clock."""

ZONES = (
    *("Pacific/Apia", "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver"),
    *("America/Phoenix", "America/Chicago", "America/New_York", "America/Halifax", "America/St_Johns"),
    *("America/Sao_Paulo", "America/Santiago", "America/Asuncion", "America/Havana", "America/Nuuk"),
    *("Atlantic/Azores", "Atlantic/Reykjavik", "Africa/Casablanca", "Europe/London", "Europe/Dublin"),
    *("Europe/Berlin", "Europe/Athens", "Europe/Kyiv", "Africa/Cairo", "Africa/Johannesburg"),
    *("Asia/Jerusalem", "Asia/Beirut", "Europe/Moscow", "Asia/Tehran", "Asia/Kabul"),
    *("Asia/Karachi", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Australia/Perth"),
    *("Australia/Adelaide", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham"),
)
assert len(ZONES) == 40

BY_DAY = (LetterKind.REMINDER, LetterKind.FIRST_CONTACT_CHECK, LetterKind.CHECK_IN)


@dataclass
class Years:
    """The programme and whoever watches its time."""

    db: Database
    random_: random.Random
    now: datetime = NOW
    zones: dict[str, ZoneInfo] = field(default_factory=dict)
    reminders: int = 0
    most: int = 0
    """Reminders that were sent, and those about one question."""
    newcomers: dict[str, datetime] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        cleo(self.db)
        crowd = []
        for n, zone in enumerate(ZONES):
            mentor = n % 2 == 0
            id = f"{'w' if mentor else 'z'}{n}"
            self.zones[id] = ZoneInfo(zone)
            skills = "skill.verbal_deescalation=4; skill.safety_planning=3"
            given = (
                {"skills": skills, "stage": "stage.senior", "capacity": "2"} if mentor else {"stage": "stage.student"}
            )
            if not mentor:
                given["seeks_skills"] = "skill.verbal_deescalation"
            slots = "slot.weekday_evening; slot.weekday_morning; slot.weekday_afternoon; slot.weekend_morning"
            crowd.append(member(id, "mentor" if mentor else "mentee", timezone=zone, slots=slots, **given))
        enrol(self.db, *crowd, now=self.now)

    # -- what people do --

    def people_act(self) -> None:
        """A day of the coordinator and of everybody who was asked."""
        choice = self.random_
        mentees = sorted(id for id in self.zones if id.startswith("z"))
        mentors = sorted(id for id in self.zones if id.startswith("w"))
        for _ in range(2):
            how = {"by": "cleo", "vocabulary": VOCABULARY, "now": self.now}
            mode, order = choice.choice(["choose", "assigned"]), choice.choice(["mentor_first", "mentee_first", "both"])
            try:
                id = review.propose_pair(
                    self.db, choice.choice(mentees), choice.choice(mentors), mode=mode, ask_order=order, **how
                )
                self.seen["asked"] += len(review.approve(self.db, [id], links=LINKS, **how).approved)
            except NotAllowed:
                self.seen["refused"] += 1
        with self.db.read() as session:
            going_on = (State.DRAFT, State.OFFERED, State.ASKING, State.INTRODUCED, State.ACTIVE)
            live = list(session.scalars(select(Introduction).where(introductions.c.state.in_(going_on))))
        for i in live:
            self._somebody_acts(i)
        if choice.random() < 0.05:
            address = f"new{len(self.newcomers)}@example.org"
            signup.sign_up(
                self.db,
                {"role": "mentor", "name": "Somebody New", "email": address},
                {"matching": "I agree."},
                vocabulary=VOCABULARY,
                links=LINKS,
                language="en",
                now=self.now,
            )
            self.newcomers[address] = self.now

    def _somebody_acts(self, i: Introduction) -> None:
        luck, id = self.random_.random(), i.id or 0
        asked = [p for p in i.parties if p.is_open and p.delivered_at is not None]
        if i.state is State.DRAFT:
            if luck < 0.2:
                review.approve(self.db, [id], by="cleo", vocabulary=VOCABULARY, links=LINKS, now=self.now)
        elif i.state is State.INTRODUCED and luck < 0.1:
            outcomes.first_contact(self.db, id, str(i.mentee_id), happened=luck < 0.08, links=LINKS, now=self.now)
        elif i.state in (State.ACTIVE, State.INTRODUCED) and luck < 0.015:
            outcomes.close(self.db, id, outcome="other", by="cleo", links=LINKS, now=self.now)
        elif asked and luck < 0.06:
            who = asked[0].participant_id
            try:
                if luck < 0.04 and i.state is State.OFFERED:
                    pick(self.db, id, who, now=self.now)
                else:
                    say(self.db, id, who, "yes" if luck < 0.04 else "no", now=self.now)
            except NotAllowed:
                self.seen["refused"] += 1

    # -- post --

    def post(self) -> None:
        """What is due leaves; a letter in fifty comes back."""
        while True:
            with self.db.write() as session:
                letter = outbox.claim_next(session, "postman", self.now)
                if letter is None:
                    return
                self._watch(letter)
                if self.random_.random() < 0.02:
                    outbox.mark_failed(session, letter.id or 0, "postman", letter.attempts, trouble="550 5.1.1")
                else:
                    outbox.mark_sent(session, letter.id or 0, "postman", letter.attempts, self.now)

    def _watch(self, letter: Letter) -> None:
        self.seen["letters"] += 1
        zone = self.zones.get(letter.participant_id or "")
        if zone is not None and letter.kind in BY_DAY:
            hour = self.now.astimezone(zone).hour
            assert TERMS.quiet_until <= hour < TERMS.quiet_from, f"{letter.kind} at {hour} o'clock in {zone}"

    # -- the clock --

    def tick(self) -> None:
        """The clock looks; what it ended was over, and nothing that was over is left."""
        with self.db.read() as session:
            before = {
                i.id: [(p.participant_id, p.part, p.delivered_at, p.deadline) for p in i.parties if p.is_open]
                for i in session.scalars(
                    select(Introduction).where(introductions.c.state.in_((State.OFFERED, State.ASKING)))
                )
            }
            agreed = {
                i.id: i.undo_until
                for i in session.scalars(select(Introduction).where(introductions.c.state == State.AGREED))
            }
        at(self.db, self.now)
        with self.db.read() as session:
            now = {
                i.id: i for i in session.scalars(select(Introduction).where(introductions.c.id.in_([*before, *agreed])))
            }
            for id, sides in before.items():
                over = [self._over(side) for side in sides]
                if now[id].state is State.EXPIRED:
                    self.seen["expired"] += 1
                    assert any(over), f"{id} expired early, at {self.now}: {sides}"
                elif now[id].state is State.ASKING:
                    assert not any(over), f"{id} should have expired by {self.now}: {sides}"
            for id, until in agreed.items():
                assert until is not None
                assert (now[id].state is State.INTRODUCED) == (until <= self.now), f"{id}, {until}: {now[id].state}"
                self.seen["introduced"] += now[id].state is State.INTRODUCED

    def _over(self, side: tuple[str, object, datetime | None, datetime | None]) -> bool:
        """Whether this side's week and the day of grace have passed; the week ends by day where they live."""
        who, _, delivered, deadline = side
        if deadline is None:
            return False
        hour = deadline.astimezone(self.zones[who]).hour
        assert TERMS.quiet_until <= hour < TERMS.quiet_from, f"a week ends at {hour} o'clock in {self.zones[who]}"
        assert delivered is not None
        assert timedelta(0) <= deadline - (delivered + TERMS.answer) <= timedelta(hours=12), side
        return deadline + TERMS.grace <= self.now

    # -- once a month --

    def look_back(self) -> None:
        """Nothing is left for ever, nothing forgotten early or late."""
        with self.db.read() as session:
            for i in session.scalars(select(Introduction).where(introductions.c.state == State.ASKING)):
                for p in i.parties:
                    waits = p.is_open and not p.undeliverable and p.asked_at is not None
                    assert not waits or p.asked_at > self.now - 16 * DAY, f"{i.id} of {p.participant_id} waits for ever"
            for letter in session.scalars(select(Letter)):
                self._letter(letter)
            here = {p.email: p for p in session.scalars(select(Participant).where(participants.c.email.is_not(None)))}
            for address, since in self.newcomers.items():
                gone = address not in here
                if gone:
                    assert self.now - since >= TERMS.unconfirmed, f"{address} was forgotten early"
                else:
                    assert here[address].status is Standing.UNCONFIRMED
                    assert self.now - since <= TERMS.unconfirmed + DAY, f"{address} was not forgotten"
            sent = and_(letters.c.sent_at.is_not(None), letters.c.kind.in_(NEEDS_OPEN_ANSWER))
            self._reminders(session.scalars(select(Letter).where(sent)))
        check_invariants(self.db)

    def _letter(self, letter: Letter) -> None:
        made = letter.created_at
        assert made is not None
        age = self.now - made
        if letter.state in (LetterState.QUEUED, LetterState.SENDING):
            assert age < 14 * DAY, f"{letter.kind} waits since {made}"
        elif age > 31 * DAY:
            assert letter.raw is None, f"the content of {letter.kind} of {made} is still there"
        elif (
            age < 30 * DAY
            and letter.state is LetterState.SENT
            and letter.kind not in (LetterKind.CONFIRM_ADDRESS, LetterKind.SIGN_IN)
        ):
            known = letter.participant_id in self.zones or letter.participant_id is None
            assert letter.raw is not None or not known, f"the content of {letter.kind} of {made} went early"

    def _reminders(self, found: Iterable[Letter]) -> None:
        """At most two a question; whoever is asked once more is reminded anew."""
        asked: Counter[tuple[int, str]] = Counter()
        reminded: Counter[tuple[int, str]] = Counter()
        sent = list(found)
        self.reminders = sum(letter.kind is LetterKind.REMINDER for letter in sent)
        for letter in sent:
            told = reminded if letter.kind is LetterKind.REMINDER else asked
            about = letter.concerns or [letter.introduction_id or 0]
            told.update((id, letter.participant_id or "") for id in about)
        for question, many in reminded.items():
            assert many <= 2 * asked[question], f"{many} reminders about {question}, asked {asked[question]} times"
            self.most = max(self.most, math.ceil(many / asked[question]))


@proof("three years in forty time zones", full=1096, short=3, unit="days")
def three_years(fresh: Fresh, size: int, told: Told) -> str:
    """Post every hour, the clock every six, people once a day."""
    years = Years(fresh(), random.Random(SEED))
    for day in range(size):
        years.people_act()
        for hour in range(24):
            years.now += HOUR
            if hour % EVERY == 0:
                years.tick()
            years.post()
        if day % 30 == 29 or day == size - 1:
            years.look_back()
        told(day + 1)
    seen = years.seen
    years.db.dispose()
    return (
        f"{size:,} days, {len(ZONES)} zones: {seen['asked']:,} asked, {seen['expired']:,} expired and "
        f"{seen['introduced']:,} introduced on time, {years.reminders:,} reminders by day, "
        f"at most {years.most} a question"
    )
