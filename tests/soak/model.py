"""The life cycle beside a plain model of it: whatever people, coordinators, post and time do, both tell the same.

The model knows states, answers, epochs, places and who may be asked, in plain Python without a database, and says
before each act whether it is refused and how things stand after it. When a letter leaves and so when a clock starts is
taken from the product and held against the rules of time. Every person carries a canary in name and address, and no
letter and no page may show it to somebody to whom it was not disclosed.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import Row, select

from matcher.domain.introductions import HOLDING, LIVE, Introduction, NotAllowed, group
from matcher.domain.letters import FRESH_WHILE, Letter, LetterKind
from matcher.domain.profiles import InvalidProfile
from matcher.storage import introductions, outbox
from matcher.storage.database import Database
from matcher.storage.mapping import audit, letters, participants, parties
from matcher.storage.mapping import introductions as table
from matcher.workflow import answers, desk, outcomes, overview, people, review, signup, tell_me_more
from tests.cast import LINKS, NOW, ada, ben, cleo, dora, enrol, grace, henry, person
from tests.soak.proof import SEED, Fresh, Told, proof
from tests.stories import VOCABULARY, at, check_invariants, say

T = TypeVar("T")
Choose = Callable[[Sequence[T]], T]

DAY = timedelta(days=1)
LASTING = ("introduced", "active")
HOLDS = {state.value for state in HOLDING}
LIVES = {state.value for state in LIVE}
ENDS = {"closed", "declined", "expired", "withdrawn", "void"}
NO_FAULT = {"place_gone", "another_chosen", "left", "paused"}
HOME = ZoneInfo("America/New_York")


@dataclass
class Side:
    """One party, as the model sees it."""

    answer: str = "pending"
    epoch: int = 1
    asked: bool = False
    asked_at: datetime | None = None  # from here on as observed
    deadline: datetime | None = None
    extended: bool = False
    undeliverable: bool = False
    left: bool = False  # a group, after it had met


@dataclass
class Plain:
    """An introduction in the model. `why`: its end, as far as it decides whether the two may meet again."""

    id: int
    kind: str
    mode: str
    order: str
    mentee: str
    mentor: str  # of a group: its facilitator
    sides: dict[str, Side]
    state: str = "draft"
    why: str = ""
    approved: bool = False
    since: datetime = NOW
    undo_until: datetime = NOW
    met: bool = False

    @property
    def is_pair(self) -> bool:
        return self.kind == "pair"

    @property
    def possible(self) -> list[str]:
        return [who for who, side in self.sides.items() if side.answer in ("pending", "yes")]

    @property
    def apart(self) -> set[str]:
        """Whom a concern about it keeps apart for ever: nobody who had declined a group, or was not waited for."""
        return {
            who
            for who, side in self.sides.items()
            if self.is_pair or side.answer == "yes" or side.left or (side.answer == "pending" and not self.met)
        }

    def has_part(self, who: str) -> bool:
        """Said yes, or is waited for."""
        answer = self.sides[who].answer
        return answer == "yes" or (answer == "pending" and self.state in ("draft", "offered", "asking"))

    @property
    def agreeing(self) -> list[str]:
        return [who for who, side in self.sides.items() if side.answer == "yes"]

    @property
    def quorum(self) -> int:
        return min(3, len(self.sides))

    @property
    def lost(self) -> bool:
        return len(self.possible) < self.quorum or self.mentor not in self.possible

    @property
    def has_quorum(self) -> bool:
        return len(self.agreeing) >= self.quorum and self.mentor in self.agreeing


@dataclass
class Somebody:
    """A person in the model."""

    role: str
    capacity: int
    status: str = "active"
    token: str = ""
    before: str = "active"  # the standing to which a confirmed address leads
    addresses: int = 0


@dataclass
class World:
    """The product and the model, side by side. Each act takes `choose`, which picks from what there is."""

    db: Database
    now: datetime = NOW
    people: dict[str, Somebody] = field(default_factory=dict)
    all: dict[int, Plain] = field(default_factory=dict)
    refusals: int = 0
    acts: int = 0
    seen: int = 0  # letters looked at
    full: set[str] = field(default_factory=set)  # mentors without room before the last act

    def __post_init__(self) -> None:
        cleo(self.db)
        for make, places in ((ada, 0), (ben, 0), (dora, 0), (grace, 1), (henry, 2)):
            self._enrol(make(), places)

    def _enrol(self, profile: Any, places: int) -> None:
        marked = {"name": f"{profile.id.capitalize()} Zq{profile.id}", "email": f"zq{profile.id}@example.org"}
        role = profile.role.value
        enrol(self.db, type(profile)(**{**_fields(profile), **marked}), now=self.now)
        self.people[profile.id] = Somebody(role, places)

    # -- what there is to choose from --

    def _any(self) -> list[Plain]:
        """Introductions, the newest first; the old ones now and then."""
        newest = list(self.all.values())[::-1]
        return newest[:6] or newest

    def _here(self) -> list[str]:
        return [id for id, each in self.people.items() if each.status != "erased"]

    def used(self, mentor: str) -> int:
        """Places that are taken."""
        return sum(i.is_pair and i.mentor == mentor and i.state in HOLDS for i in self.all.values())

    def holds(self, mentee: str) -> bool:
        """Whether something is under way."""
        return any(i.is_pair and i.mentee == mentee and i.state in HOLDS for i in self.all.values())

    def offered(self, mentee: str) -> list[Plain]:
        """What a mentee can choose from."""
        return [i for i in self.all.values() if i.mentee == mentee and i.is_pair and i.state == "offered"]

    def _asks(self, person: str, part: str) -> int:
        since = self.now - timedelta(days=30)
        moments = [
            i.sides[person].asked_at
            for i in self.all.values()
            if i.is_pair and getattr(i, part) == person and person in i.sides
        ]
        recent = [moment for moment in moments if moment is not None and moment > since]
        return len(set(recent)) if part == "mentee" else len(recent)

    def tired(self, mentor: str) -> bool:
        """Asked as often as may be."""
        return self._asks(mentor, "mentor") >= max(2, self.people[mentor].capacity)

    def room(self, mentor: str) -> bool:
        """Whether somebody can be asked of this mentor."""
        them = self.people[mentor]
        return them.status == "active" and self.used(mentor) < them.capacity and not self.tired(mentor)

    def barred(self, one: str, other: str) -> bool:
        """Blocked for ever, or cooling down."""
        for i in self.all.values():
            if i.why == "concern" and {one, other} <= i.apart:
                return True
            ended = i.is_pair and (i.mentee, i.mentor) == (one, other) and i.state in ENDS and i.approved
            if ended and i.why not in NO_FAULT and i.since > self.now - timedelta(days=180):
                return True
        return False

    # -- doing --

    def _try(self, what: str, expected: bool | None, act: Callable[[], object]) -> bool:
        """Does it; the product refuses exactly where the model does (None: it may do either)."""
        self.acts += 1
        try:
            act()
            done = True
        except (NotAllowed, InvalidProfile) as refusal:
            done = False
            self.refusals += 1
            what = f"{what}: {refusal}"
        assert expected is None or done == expected, f"{what}: the model says {expected}, the product {done}"
        return done

    def _end(self, i: Plain, state: str, why: str) -> None:
        i.state, i.why, i.since = state, why, self.now
        for side in i.sides.values():
            side.epoch += 1

    def _ask_next(self, i: Plain) -> None:
        waiting = [who for who, side in i.sides.items() if side.answer == "pending"]
        if i.is_pair and i.mode == "assigned" and i.order != "both":
            first = [i.mentor, i.mentee] if i.order == "mentor_first" else [i.mentee, i.mentor]
            waiting = [who for who in first if i.sides[who].answer == "pending"][:1]
        for who in waiting:
            i.sides[who].asked = True

    # -- coordinators --

    def propose(self, choose: Choose[Any]) -> None:
        """A pair is drafted and approved."""
        mentees = [id for id, each in self.people.items() if each.role == "mentee" and each.status != "erased"]
        mentors = [id for id, each in self.people.items() if each.role == "mentor" and each.status != "erased"]
        if not mentees or not mentors:
            return
        mentee, mentor = choose(mentees), choose(mentors)
        mode, order = choose(["choose", "choose", "assigned"]), choose(["mentor_first", "mentee_first", "both"])
        more = {"by": "cleo", "vocabulary": VOCABULARY, "now": self.now, "mode": mode, "ask_order": order}
        drafts: list[int] = []
        self._try("propose", None, lambda: drafts.append(review.propose_pair(self.db, mentee, mentor, **more)))
        if not drafts:
            assert self._reasons(mentee, mentor) or self._asks(mentee, "mentee") >= 3, f"{mentee}, {mentor}: no reason"
            return
        [id] = drafts
        if id not in self.all:
            self.all[id] = Plain(
                id, "pair", mode, order, mentee, mentor, {mentee: Side(), mentor: Side()}, since=self.now
            )
        self._approve(self.all[id])

    def _reasons(self, mentee: str, mentor: str) -> list[str]:
        """What forbids to ask these two now."""
        active = all(self.people[id].status == "active" for id in (mentee, mentor))
        live = any(
            i.is_pair and (i.mentee, i.mentor) == (mentee, mentor) and i.state in LIVES for i in self.all.values()
        )
        reasons = {
            "not active": not active,
            "barred": self.barred(mentee, mentor),
            "under way": self.holds(mentee) or live,
            "no place": active and not self.room(mentor),
        }
        return [reason for reason, holds in reasons.items() if holds]

    def approve_draft(self, choose: Choose[Any]) -> None:
        """A draft that the clock made, or that was refused before, is approved or dismissed."""
        drafts = [i for i in self.all.values() if i.state == "draft"]
        if not drafts:
            return
        i = choose(drafts)
        if choose([True, True, False]):
            self._approve(i)
        else:
            assert not review.dismiss(self.db, [i.id], by="cleo", now=self.now)
            i.state, i.since = "discarded", self.now

    def _approve(self, i: Plain) -> None:
        self.acts += 1
        done = review.approve(self.db, [i.id], by="cleo", vocabulary=VOCABULARY, links=LINKS, now=self.now)
        reasons = self._reasons(i.mentee, i.mentor) if i.is_pair else self._against_group(i)
        if done.refused:
            self.refusals += 1
            tired = i.is_pair and self._asks(i.mentee, "mentee") >= 3
            assert reasons or tired or not i.is_pair, f"{i} is refused without a reason: {done.refused}"
            return
        assert not reasons, f"{i} went out in spite of {reasons}"
        i.approved, i.since = True, self.now
        i.state = "offered" if i.is_pair and i.mode == "choose" else "asking"
        if i.state == "offered":
            i.sides[i.mentee].asked = True
        else:
            self._ask_next(i)

    def _against_group(self, i: Plain) -> list[str]:
        groups = [g for g in self.all.values() if not g.is_pair and g.state in LIVES]
        reasons = {
            "not active": any(self.people[who].status != "active" for who in i.sides),
            "blocked": any(g.why == "concern" and len(g.apart & set(i.sides)) > 1 for g in self.all.values()),
            # whoever said no, or kept silent until the group went on, is free for another
            "in a group": any(who in g.sides and g.has_part(who) for g in groups for who in i.sides),
        }
        return [reason for reason, holds in reasons.items() if holds]

    def propose_group(self, choose: Choose[Any]) -> None:
        """A group is drafted and approved."""
        mentees = [id for id in self._here() if self.people[id].role == "mentee"]
        mentors = [id for id in self._here() if self.people[id].role == "mentor"]
        if len(mentees) < 2 or not mentors:
            return
        leader, first = choose(mentors), choose(mentees)
        members = [first, choose([id for id in mentees if id != first])]
        if choose([True, False]):
            members = list(dict.fromkeys([*members, choose([id for id in self._here() if id != leader])]))
        with self.db.write() as session:
            id = introductions.add(session, group(leader, members), by="cleo", now=self.now).id or 0
        sides = {who: Side() for who in sorted({leader, *members})}
        self.all[id] = Plain(id, "group", "assigned", "both", "", leader, sides, since=self.now)
        self._approve(self.all[id])

    def withdraw(self, choose: Choose[Any]) -> None:
        """A coordinator withdraws."""
        if not self._any():
            return
        i = choose(self._any())
        act = lambda: answers.withdraw(self.db, i.id, by="cleo", reason="It was a slip.", links=LINKS, now=self.now)  # noqa: E731
        self._try(f"withdraw {i}", i.state in LIVES or i.state == "withdrawn", act)
        if i.state in LIVES:
            self._end(i, "withdrawn", "words")

    def extend(self, choose: Choose[Any]) -> None:
        """A coordinator gives more time, once."""
        i, who = self._someone(choose)
        if i is None:
            return
        side = i.sides[who]
        legal = side.asked and side.answer == "pending" and not side.extended and i.state in ("offered", "asking")
        act = lambda: answers.extend(self.db, i.id, who, by="cleo", now=self.now)  # noqa: E731
        self._try(f"extend {i} {who}", None if legal else False, act)

    # -- parties --

    def _someone(self, choose: Choose[Any]) -> tuple[Any, str]:
        found = self._any()
        if not found:
            return None, ""
        i = choose(found)
        return i, choose(list(i.sides))

    def answer(self, choose: Choose[Any]) -> None:
        """Somebody answers, in turn or not; at times a coordinator does it for them."""
        i, who = self._someone(choose)
        if i is None:
            return
        waiting = [(i, who) for i in self.all.values() for who in i.sides if self._is_asked(i, who)]
        if waiting and choose([True, True, False]):
            i, who = choose(waiting)
        word = choose(["yes", "yes", "yes", "yes", "no", "not_now"])
        epoch = choose([None, None, None, 1, 2])
        helped = {"by": "cleo", "reason": "by telephone"} if choose([True, False, False, False]) else {}
        legal = self._answer(i, who, word, epoch)
        act = lambda: say(self.db, i.id, who, word, now=self.now, epoch=epoch, **helped)  # noqa: E731
        self._try(f"{who} says {word} (epoch {epoch}) to {i}", legal, act)

    def _is_asked(self, i: Plain, who: str) -> bool:
        return i.state in ("offered", "asking") and i.sides[who].asked and i.sides[who].answer == "pending"

    def _answer(self, i: Plain, who: str, word: str, epoch: int | None) -> bool:
        side = i.sides[who]
        if side.answer == word and i.state != "draft":
            return True
        old_link = epoch is not None and epoch != side.epoch
        if i.state == "offered" and word == "yes":
            return self._pick(i, who, old_link)
        if old_link or i.state in ENDS or i.state in LASTING or i.state in ("draft", "discarded"):
            return False
        if side.answer != "yes" and not side.asked:
            return False
        if side.answer != "yes" and i.state == "agreed":
            return False  # the group goes on without this one
        changes = side.answer == "yes"
        before = i.state
        side.answer = word
        if i.is_pair:
            if word != "yes":
                self._end(i, "declined", word)
            elif all(each.answer == "yes" for each in i.sides.values()):
                self._agree(i)
            else:
                self._ask_next(i)
        elif before == "agreed":
            if not i.has_quorum:
                self._end(i, "declined", word)
        elif i.lost:
            self._end(i, "declined", word)
        elif all(each.answer != "pending" for each in i.sides.values()):
            self._agree(i)
        assert changes or before != "agreed" or not i.is_pair
        return True

    def _agree(self, i: Plain) -> None:
        i.state, i.undo_until = "agreed", self.now + timedelta(minutes=10)

    def _pick(self, i: Plain, who: str, old_link: bool) -> bool:
        if who != i.mentee or old_link:
            return False
        if self.holds(who):
            return False
        if not self.room(i.mentor):
            if not any(self.room(other.mentor) for other in self.offered(who)):
                for other in self.offered(who):
                    self._end(other, "withdrawn", "place_gone")
            return True
        i.state = "asking"
        i.sides[who].answer = "yes"
        self._ask_next(i)
        return True

    def more(self, choose: Choose[Any]) -> None:
        """Somebody asks a question; a coordinator answers it or not."""
        i, who = self._someone(choose)
        if i is None:
            return
        side = i.sides[who]
        legal = side.asked and side.answer == "pending" and i.state in ("offered", "asking")
        words = f"What about question {self.acts}?"
        asked = self._try(
            "more", None if legal else False, lambda: say(self.db, i.id, who, "more", question=words, now=self.now)
        )
        if asked and choose([True, False]):
            how: dict[str, Any] = {"by": "cleo", "links": LINKS, "now": self.now}
            self._try("tell more", True, lambda: tell_me_more.tell(self.db, i.id, who, "Like this.", **how))

    def concern(self, choose: Choose[Any]) -> None:
        """Somebody reports a concern."""
        i, who = self._someone(choose)
        if i is None or choose(range(4)) or self.people[who].status == "erased":
            return
        told = i.sides[who].asked or i.sides[who].answer == "yes"
        legal = (i.state in LIVES or i.state in ENDS) and (None if not told or i.sides[who].answer != "yes" else True)
        done = self._try(
            f"concern {who} {i}", legal, lambda: answers.concern(self.db, i.id, who, links=LINKS, now=self.now)
        )
        if done and i.state in LIVES:
            self._end(i, "withdrawn", "concern")
        elif done:
            i.why = "concern"
        for other in [j for j in self.all.values() if j.state in ("offered", "asking", "agreed")]:
            if done and set(other.sides) & set(i.sides) and self._kept_apart(other):
                self._end(other, "withdrawn", "blocked")

    def contact(self, choose: Choose[Any]) -> None:
        """Somebody says whether they have talked."""
        lasting = [i for i in self.all.values() if i.state in LASTING]
        if not lasting:
            return
        i = choose(lasting)
        who, happened = choose(list(i.sides)), choose([True, True, False])
        yes = i.sides[who].answer == "yes"
        how: dict[str, Any] = {"happened": happened, "links": LINKS, "now": self.now}
        done = self._try("contact", yes, lambda: outcomes.first_contact(self.db, i.id, who, **how))
        if done and happened:
            i.state = "active"

    def close(self, choose: Choose[Any]) -> None:
        """Somebody closes."""
        i, who = self._someone(choose)
        if i is None:
            return
        yes = i.sides[who].answer == "yes"
        how: dict[str, Any] = {"outcome": "good_enough", "links": LINKS, "now": self.now, "participant_id": who}
        legal: bool | None = yes and i.state in LASTING
        if i.state == "closed":
            legal = None if not yes else True
        done = self._try(f"close {who} {i}", legal, lambda: outcomes.close(self.db, i.id, **how))
        if done and i.state in LASTING:
            self._end(i, "closed", "good_enough")

    # -- people --

    def stop(self, choose: Choose[Any]) -> None:
        """A break or its end; a departure or an erasure now and then."""
        who = choose(self._here())
        them = self.people[who]
        act = choose(["pause", "pause", "resume", "resume", "leave", "erase"])
        if act in ("leave", "erase") and choose(range(3)):
            return
        how: dict[str, Any] = {"links": LINKS, "now": self.now}
        if act == "pause":
            done = self._try(
                f"pause {them}", them.status in ("active", "paused"), lambda: signup.pause(self.db, who, **how)
            )
            if done and them.status == "active":
                them.status = "paused"
                for i in self._of(who, ("offered", "asking")):
                    if i.state == "offered" or i.sides[who].answer != "yes":
                        self._step_out(i, who, "withdrawn", "paused")
        elif act == "resume":
            expected = True if them.status in ("active", "paused") else False if them.status == "unconfirmed" else None
            if self._try(f"resume {them}", expected, lambda: signup.resume(self.db, who, now=self.now)):
                them.status = "active"
        elif act == "leave":
            self._try("leave", True, lambda: signup.leave(self.db, who, **how))
            if them.status != "left":
                them.status = "left"
                self._void(who)
        else:
            self._try("erase", True, lambda: people.erase(self.db, who, by="cleo", **how))
            them.status, them.capacity = "erased", 0
            for i in self._of(who, ["draft", "discarded", *LIVES, *ENDS]):
                i.sides[who].epoch += 1
            self._void(who)

    def _of(self, who: str, states: Sequence[str]) -> list[Plain]:
        return [i for i in self.all.values() if who in i.sides and i.state in states]

    def _void(self, who: str) -> None:
        for i in self._of(who, ["draft", *LIVES]):
            self._step_out(i, who, "void", "left")

    def _step_out(self, i: Plain, who: str, state: str, why: str) -> None:
        if i.is_pair or i.state == "draft":
            self._end(i, state, why)
            return
        if not i.has_part(who):
            return
        i.sides[who].answer, i.sides[who].left = "no", i.met
        remain = len(i.agreeing)
        lost = (
            i.lost if i.state in ("offered", "asking") else not (i.has_quorum if i.state == "agreed" else remain >= 2)
        )
        if lost:
            self._end(i, state, why)
        elif i.state == "asking" and all(each.answer != "pending" for each in i.sides.values()):
            self._agree(i)

    def join(self, choose: Choose[Any]) -> None:
        """Somebody new, where too few are left."""
        n = len(self.people)
        if sum(each.status in ("active", "paused") for each in self.people.values()) >= 5:
            return
        here = [each.role for each in self.people.values() if each.status == "active"]
        if here.count("mentor") < 2:
            skills = "skill.verbal_deescalation=4; skill.safety_planning=3; skill.mentoring_coaching=3"
            made = person(f"p{n}q", "mentor", skills=skills, stage="stage.senior", capacity="2")
        else:
            made = person(f"p{n}q", "mentee", seeks_skills="skill.verbal_deescalation", stage="stage.student")
        self._enrol(made, 2 if made.role.value == "mentor" else 0)

    def move(self, choose: Choose[Any]) -> None:
        """A new address, confirmed at once or later."""
        waiting = [id for id, each in self.people.items() if each.status == "unconfirmed"]
        if waiting and choose([True, True, False]):
            who = choose(waiting)
            token = self.people[who].token
            if not self._try(
                "confirm", None, lambda: signup.confirm(self.db, token, now=self.now, agreed="Yes.")
            ):  # the link is too old: a coordinator knows the person
                how: dict[str, Any] = {"by": "cleo", "reason": "by telephone", "now": self.now}
                self._try("confirm", True, lambda: desk.confirm_person(self.db, who, **how))
            self.people[who].status = self.people[who].before
            return
        here = [id for id, each in self.people.items() if each.status in ("active", "paused")]
        if not here:
            return
        who = choose(here)
        them = self.people[who]
        them.before = them.status
        them.addresses += 1
        new = {"email": f"zq{who}@{them.addresses}.example.org"}
        self._profile(who, new, True)
        them.status = "unconfirmed"
        for i in self._of(who, ["draft", "discarded", *LIVES, *ENDS]):
            i.sides[who].epoch += 1
        asked = select(Letter).where(letters.c.kind == LetterKind.CONFIRM_ADDRESS, letters.c.participant_id == who)
        with self.db.read() as session:
            [*_, newest] = session.scalars(asked.order_by(letters.c.id))
            them.token = str(newest.facts["url"]).rstrip("/").rsplit("/", 1)[-1]

    def _profile(self, who: str, changes: dict[str, str], expected: bool) -> bool:
        how: dict[str, Any] = {"vocabulary": VOCABULARY, "links": LINKS, "now": self.now}
        return self._try(
            f"profile {who} {changes}", expected, lambda: signup.update_profile(self.db, who, changes, **how)
        )

    def places(self, choose: Choose[Any]) -> None:
        """More or fewer places."""
        mentors = [
            id for id, each in self.people.items() if each.role == "mentor" and each.status in ("active", "paused")
        ]
        if not mentors:
            return
        who, many = choose(mentors), choose([1, 1, 2, 3])
        if self._profile(who, {"capacity": str(many)}, many >= self.used(who)):
            self.people[who].capacity = many

    # -- post and time --

    def post(self, choose: Choose[Any]) -> None:
        """What is due leaves, or comes back."""
        while True:
            with self.db.write() as session:
                letter = outbox.claim_next(session, "postman", self.now)
                if letter is None:
                    return
                self._look_at(letter)
                if choose([True] * 7 + [False]):
                    assert outbox.mark_sent(session, letter.id or 0, "postman", letter.attempts, self.now)
                else:
                    assert outbox.mark_failed(session, letter.id or 0, "postman", letter.attempts, trouble="550")

    def _look_at(self, letter: Letter) -> None:
        """Fresh, and without anybody's canary whom the reader does not know."""
        self.seen += 1
        fresh = FRESH_WHILE.get(letter.kind)
        if fresh is not None and letter.introduction_id is not None:
            i = self.all[letter.introduction_id]
            assert i.state in {state.value for state in fresh}, f"{letter.kind} about {i}"
            if letter.epoch is not None and letter.participant_id is not None:
                assert i.sides[letter.participant_id].epoch == letter.epoch, f"{letter.kind} with an old link: {i}"
        if letter.participant_id is not None:
            raw = (letter.raw or b"").replace(b"=\r\n", b"").decode("utf-8", "replace")
            self._scan(letter.participant_id, raw, f"a letter {letter.kind}")

    def knows(self, who: str) -> set[str]:
        """To whom this person has been introduced, and themselves."""
        met = [i for i in self.all.values() if i.met and i.sides.get(who, Side()).answer == "yes"]
        return {who, *(other for i in met for other in i.sides)}

    def _scan(self, reader: str, text: str, where: str) -> None:
        low = text.lower()
        for other in set(self.people) - self.knows(reader):
            assert f"zq{other}" not in low, f"{where} to {reader} names {other}"

    def wait(self, choose: Choose[Any]) -> None:
        """Time passes, and the clock does what is due."""
        spans = [*[timedelta(minutes=11)] * 4, *[timedelta(hours=5)] * 3, *[DAY] * 3, 3 * DAY, 9 * DAY, 40 * DAY]
        self.now += choose(spans)
        at(self.db, self.now)
        self._ticks()
        with self.db.read() as session:
            for i in session.scalars(select(Introduction).where(table.c.id.not_in(list(self.all)))):
                if i.id is not None:
                    mentee, mentor = str(i.mentee_id), str(i.mentor_id)
                    sides = {mentee: Side(), mentor: Side()}
                    made = Plain(i.id, "pair", i.mode.value, i.ask_order.value, mentee, mentor, sides, since=self.now)
                    free = not self.barred(mentee, mentor) and not self.holds(mentee)
                    assert free, f"drafted in spite of it: {made}"
                    self.all[i.id] = made

    def _ticks(self) -> None:
        over = {
            (i.id, who)
            for i in self.all.values()
            for who, side in i.sides.items()
            if side.asked and side.answer == "pending" and side.deadline is not None and side.deadline + DAY <= self.now
        }
        for i in self._in("introduced"):
            # When the question that announces it was asked and arrived, only the product knows.
            if i.since + timedelta(days=30) <= self.now and self._is(i, "closed"):
                self._end(i, "closed", "no_word")
        for i in self._in("agreed"):
            if i.undo_until > self.now:
                continue
            if self._kept_apart(i):
                self._end(i, "withdrawn", "blocked")
            elif all(self.people[who].status in ("active", "paused") for who in i.agreeing) or self._is(
                i, "introduced"
            ):
                i.state, i.met, i.since = "introduced", True, self.now
                for spare in self.offered(i.mentee) if i.is_pair else []:
                    self._end(spare, "withdrawn", "another_chosen")
        for i in self._in("offered"):
            if (i.id, i.mentee) in over and not self.holds(i.mentee):
                self._end(i, "expired", "silence")
        for i in self._in("asking"):
            silent = [who for who in i.sides if (i.id, who) in over or (not i.is_pair and self._unreached(i, who))]
            if not silent:
                continue
            pending = [who for who, side in i.sides.items() if side.answer == "pending"]
            if i.is_pair:
                self._end(i, "expired", "silence")
            elif set(silent) == set(pending):
                if i.has_quorum:
                    self._agree(i)
                else:
                    self._end(i, "expired", "silence")
        for i in self._in("draft"):
            if i.since + timedelta(days=30) <= self.now:
                i.state = "discarded"

    def _is(self, i: Plain, state: str) -> bool:
        """What the product says, where the model leaves it open."""
        with self.db.read() as session:
            return introductions.get(session, i.id).state.value == state

    def _unreached(self, i: Plain, who: str) -> bool:
        """A member whose letter came back is not waited for any longer than for an answer."""
        side = i.sides[who]
        waited = side.asked_at is not None and side.asked_at + 8 * DAY <= self.now
        return waited and side.asked and side.answer == "pending" and side.undeliverable

    def _in(self, state: str) -> list[Plain]:
        return [i for i in self.all.values() if i.state == state]

    def _blocked(self, one: str, other: str) -> bool:
        return one != other and any(i.why == "concern" and {one, other} <= i.apart for i in self.all.values())

    def _kept_apart(self, i: Plain) -> bool:
        part = [who for who in i.sides if i.has_part(who)]
        return any(self._blocked(one, other) for one in part for other in part)

    # -- after each act --

    def compare(self) -> None:
        """The product stands where the model does, and its rules of time hold."""
        with self.db.read() as session:  # rows, since objects take several times as long to load
            found = {row.id: row.state for row in session.execute(select(table.c.id, table.c.state))}
            seats = defaultdict(list)
            for seat in session.execute(select(parties)):
                seats[seat.introduction_id].append(seat)
            crowd = {row.id: row for row in session.execute(select(participants))}
        assert set(found) == set(self.all)
        for i in self._in("offered"):
            # Where a choice is opened once more, what has no room ends; which letters were lost the product knows.
            if found[i.id].value == "withdrawn" and (i.mentor in self.full or not self.room(i.mentor)):
                self._end(i, "withdrawn", "place_gone")
        self.full = {id for id, each in self.people.items() if each.role == "mentor" and not self.room(id)}
        for id, i in self.all.items():
            assert found[id].value == i.state, f"{i} is {found[id]} in the product"
            assert {party.participant_id for party in seats[id]} == set(i.sides)
            for party in seats[id]:
                side = i.sides[party.participant_id]
                told = (party.answer.value, party.epoch)
                assert told == (side.answer, side.epoch), f"{i}: {party.participant_id} is {told} in the product"
                assert (party.asked_at is not None) == side.asked, f"{i}: asked {party.participant_id}"
                if party.answer.value == "pending" and i.state in ("offered", "asking"):
                    self._clock(party)
                side.asked_at, side.deadline = party.asked_at, party.deadline
                side.extended, side.undeliverable = party.extended, party.undeliverable
        for id, each in self.people.items():
            assert (crowd[id].status.value, crowd[id].used) == (each.status, self.used(id)), (
                f"{id}: {crowd[id]}, {each}"
            )
            if each.status != "erased":
                assert crowd[id].capacity == each.capacity

    def _clock(self, party: Row[Any]) -> None:
        """A deadline counts from the moment a letter was accepted, and ends by day; what came back has none."""
        if party.deadline is None:
            return
        assert party.extended or not party.undeliverable, "time runs for a letter that came back"
        hour = party.deadline.astimezone(HOME).hour
        assert 8 <= hour < 20, f"a deadline at {hour} o'clock"
        if party.delivered_at is not None:
            assert party.deadline >= party.delivered_at + 7 * DAY, "less than the week that was told"

    def pages(self) -> None:
        """No page shows a canary to somebody who must not know it."""
        for who in self._here():
            if self.people[who].status != "left":
                how: dict[str, Any] = {"vocabulary": VOCABULARY, "language": "en", "now": self.now}
                self._scan(who, repr(overview.overview(self.db, who, **how)), "the page")


def _fields(profile: Any) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in profile.__dataclass_fields__}


ACTS: tuple[Callable[[World, Choose[Any]], None], ...] = (
    *[World.propose] * 4,
    *[World.answer] * 6,
    *[World.post] * 4,
    *[World.wait] * 5,
    World.approve_draft,
    World.propose_group,
    World.withdraw,
    World.extend,
    World.more,
    World.concern,
    World.contact,
    World.close,
    World.stop,
    World.move,
    World.places,
    World.join,
)
"""Every act, the frequent ones several times."""


def told_again(db: Database) -> dict[str, Any]:
    """What the audit log alone says about every introduction, and about the places of every mentor."""
    stands: dict[str, Any] = {}
    with db.read() as session:
        for row in session.execute(select(audit).order_by(audit.c.id)):
            if row.object.startswith("introduction:"):
                before, detail = stands.get(row.object), row.detail or {}
                if before is not None and "version" in detail:
                    assert row.before == before["state"], f"{row}: the log told {before}"
                    assert detail["version"] > before["version"], f"{row}: the log told {before}"
                if "version" in detail:
                    place = (before or {"place": 0})["place"] + detail.get("place", 0)
                    stands[row.object] = {"state": row.after, **detail, "place": place}
    return stands


def replayed(db: Database) -> int:
    """Rebuilds everything from the log and compares; returns how many records there were."""
    stands = told_again(db)
    with db.read() as session:
        real = {
            f"introduction:{i.id}": {
                "state": i.state.value,
                "sides": {str(p.id): [p.answer.value, p.epoch] for p in i.parties},
                "place": int(i.state in HOLDING and i.mentor_id is not None),
            }
            for i in session.scalars(select(Introduction))
        }
        records = len(list(session.scalars(select(audit.c.id))))
        versions = {f"introduction:{i.id}": i.version for i in session.scalars(select(Introduction))}
    assert set(stands) == set(real)
    for name, facts in real.items():
        last = stands[name].pop("version")
        assert last <= versions[name]  # what is looked after for a mentee raises it as well
        assert stands[name] == facts, f"{name}: the log tells {stands[name]}, the table {facts}"
    return records


class Machine(RuleBasedStateMachine):
    """One act after the other, product and model compared after each."""

    fresh: Fresh
    begun: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.fresh())
        type(self).begun()

    @rule(data=st.data())
    def act(self, data: st.DataObject) -> None:
        """Anything that can happen."""
        act = data.draw(st.sampled_from(ACTS))
        act(self.world, lambda found: data.draw(st.sampled_from(list(found))))
        self.world.compare()

    def teardown(self) -> None:
        """At the end the slower questions."""
        world = self.__dict__.get("world")
        if world is not None:
            check_invariants(world.db)
            world.pages()
            replayed(world.db)
            world.db.dispose()


STEPS = 50


@proof("the life cycle beside a plain model", full=500, short=1, unit="runs")
def model(fresh: Fresh, size: int, told: Told) -> str:
    """Hypothesis looks for a story in which the two differ, and shortens it."""
    worlds = 0

    def begun() -> None:
        nonlocal worlds
        worlds += 1
        told(min(worlds, size))

    machine = type("Stories", (Machine,), {"fresh": staticmethod(fresh), "begun": staticmethod(begun)})
    how = settings(
        max_examples=size,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate, *([Phase.shrink] if size > 50 else [])],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(SEED)(machine), settings=how)
    return f"{worlds:,} runs of up to {STEPS} steps: 0 divergences, no canary seen"


@proof("everything told again from the audit log", full=10_000, short=20, unit="steps")
def replay(fresh: Fresh, size: int, told: Told) -> str:
    """After so many random steps the log rebuilds states, answers, epochs and places."""
    random_ = random.Random(SEED)
    steps = refusals = records = stories = 0
    while steps < size:
        world = World(fresh())
        stories += 1
        while world.acts < min(400, size - steps):
            random_.choice(ACTS)(world, random_.choice)
            world.compare()
            told(steps + world.acts)
            if random_.random() < 0.04:
                world.pages()
        check_invariants(world.db)
        records += replayed(world.db)
        steps, refusals = steps + world.acts, refusals + world.refusals
        world.db.dispose()
    return f"{steps:,} steps ({refusals:,} refused), {records:,} records in {stories} stories: equal"
