"""The desk's introductions: the list, and one introduction with all that a coordinator can do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from matcher.domain.introductions import Answer, Introduction, Kind, Outcome, State, group
from matcher.domain.letters import LetterKind
from matcher.domain.vocabulary import default_vocabulary
from matcher.storage import introductions, tracking
from matcher.storage.mapping import audit
from matcher.workflow import answers, outcomes, people, review
from matcher.workflow.correspondence import Correspondence
from tests.stories import deliver
from tests.web.pressing import exported, form, forms, has_form, said, text_of
from tests.web.world import World

CLEO = "cleo@example.org"
HOSTILE = '<script>alert("1")</script> & \u202e'


@dataclass
class Desk:
    """A signed-in coordinator's browser, and short ways into the middle of a story."""

    browser: TestClient
    world: World
    cleo: str

    def get(self, path: str) -> str:
        response = self.browser.get(path)
        assert response.status_code == 200, response.text
        return response.text

    def page(self, id: int) -> str:
        return self.get(f"/desk/introductions/{id}")

    def press(self, id: int, act: str, side: str = "", page: str = "", **typed: str) -> Any:
        """Fills in a form of the page (now, or as it was) and sends it; `typed` without the number of the side."""
        wanted, number = {}, ""
        if side:
            number = str(self.stored(id).party(side).id)
            wanted = {"party": number}
        sent = form(page or self.page(id), act, **wanted)
        names = {f"{name}-{number}" if number else name: value for name, value in typed.items()}
        assert not number or not typed or set(names) & set(sent), (names, sent)
        return self.browser.post(f"/desk/introductions/{id}", data={**sent, **names})

    def stored(self, id: int) -> Introduction:
        with self.world.database.read() as session:
            found = introductions.get(session, id)
            assert found.parties
            return found

    def said(self, response: Any) -> str:
        return said(self.browser, response)

    def last_record(self, id: int) -> tuple[str, str]:
        """(act, actor) of the newest record about an introduction."""
        with self.world.database.read() as session:
            asked = select(audit.c.act, audit.c.actor).where(audit.c.object == f"introduction:{id}")
            row = session.execute(asked.order_by(audit.c.id.desc()).limit(1)).one()
            return row.act, row.actor

    # ways into a story

    def offered(self, *mentors: str, mentee: str = "ada") -> list[int]:
        """A mentee who can choose, with the letter delivered."""
        ids = [self.world.propose(mentee, mentor, self.cleo) for mentor in mentors]
        self.world.approve(self.cleo, *ids)
        deliver(self.world.database, self.world.clock())
        return ids

    def asking(self, mentee: str = "ada", mentor: str = "grace") -> int:
        """A mentee who chose; the mentor is being asked, with the letter delivered."""
        [id] = self.offered(mentor, mentee=mentee)
        how = {"vocabulary": default_vocabulary(), "links": self.world.site.links, "now": self.world.clock()}
        answers.pick(self.world.database, id, mentee, **how)
        deliver(self.world.database, self.world.clock())
        return id

    def introduced(self, mentee: str = "ada", mentor: str = "grace") -> int:
        id = self.asking(mentee, mentor)
        self.answer(id, mentor, "yes")
        self.world.tick(minutes=11)
        assert self.stored(id).state is State.INTRODUCED
        return id

    def circle(self) -> int:
        """A group of four that is being asked, with the letters delivered."""
        world = self.world
        with world.database.write() as session:
            circle = group("grace", ["ada", "ben", "dora"], label="Peer circle", affinity=0.5)
            circle.explanation = {
                "shared": ["goal.first_months"], "languages": ["lang.en"], "hours_utc": [18, 19],
                "rota": ["grace"], "adds": {"grace": ["skill.active_listening"]}, "closeness": {}, "value": 2.0,
            }  # fmt: skip
            introductions.add(session, circle, by="test", now=world.clock())
            letters = Correspondence(session, world.site.links, world.clock(), default_vocabulary())
            review._let_out(letters, circle, self.cleo)
        deliver(world.database, world.clock())
        return circle.id or 0

    def answer(self, id: int, who: str, answer: str, **more: str) -> None:
        how = {"vocabulary": default_vocabulary(), "links": self.world.site.links, "now": self.world.clock()}
        answers.answer(self.world.database, id, who, answer, **how, **more)


@pytest.fixture
def desk(browser: TestClient, world: World) -> Desk:
    """Three mentees, three mentors, a coordinator who is signed in."""
    own = {"slots": "slot.weekday_evening"}
    offers = {"helps_with": "goal.first_months", "capacity": "3", "skills": "skill.active_listening=4", **own}
    for mentee in ("ada", "ben", "dora"):
        world.add(mentee, "mentee", goals="goal.first_months", **own)
    for mentor in ("grace", "hedy"):
        world.add(mentor, "mentor", **offers)
    world.add("ina", "mentor", **{**offers, "capacity": "1"})
    cleo = world.coordinator(CLEO)
    world.sign_in(browser, CLEO)
    return Desk(browser, world, cleo)


# -- the list --------------------------------------------------------------------------------------------------------


def rows_of(page: str) -> list[str]:
    """What each row of the list says."""
    return [text_of(row) for row in page.split('<li class="entry three"')[1:]]


def test_an_empty_list_says_what_to_do(desk: Desk) -> None:
    page = desk.get("/desk/introductions")
    assert "as soon as you approve" in page
    assert 'href="/desk/rounds"' in page


def test_every_tab_opens_and_counts_what_it_holds(desk: Desk) -> None:
    asking, made = desk.asking(), desk.introduced("ben", "hedy")
    desk.offered("ina", mentee="dora")
    desk.press(made, "close", outcome="good_enough")
    texts = {
        key: desk.get(f"/desk/introductions?state={key}")
        for key in (
            "",
            "offered",
            "asking",
            "agreed",
            "introduced",
            "active",
            "ended",
            "closed",
            "declined",
            "nonsense",
        )
    }
    found = {key: [row[:22] for row in rows_of(text)] for key, text in texts.items()}
    assert found["asking"] == ["data-row> Ada → Grace "]
    assert found["offered"] == ["data-row> Dora → Ina t"]
    assert found["ended"] == found["closed"] == ["data-row> Ben → Hedy c"]
    assert not found["declined"]
    assert not found["agreed"]
    assert not found["active"]
    assert len(found[""]) == len(found["nonsense"]) == 2
    assert "Going on 2" in text_of(texts[""])
    assert "Ended 1" in text_of(texts[""])
    assert f'href="/desk/introductions/{asking}"' in texts["asking"]


def test_a_row_links_to_both_people_and_tells_how_answers_stand(desk: Desk) -> None:
    desk.asking()
    page = desk.get("/desk/introductions")
    assert 'href="/desk/people/ada"' in page
    assert 'href="/desk/people/grace"' in page
    assert "mentee: yes" in rows_of(page)[0]
    assert "mentor: asked just now · answer due in" in rows_of(page)[0]


def test_a_near_deadline_stands_out_and_one_that_is_over_too(desk: Desk) -> None:
    desk.asking()
    assert 'class="soon"' not in desk.get("/desk/introductions")
    desk.world.clock.forward(days=6)
    desk.world.sign_in(desk.browser, CLEO)
    assert 'class="soon">answer due' in desk.get("/desk/introductions")
    desk.world.clock.forward(days=2)
    desk.world.sign_in(desk.browser, CLEO)
    assert 'class="soon">answer was due' in desk.get("/desk/introductions")


def test_an_open_question_and_a_letter_that_did_not_arrive_are_seen_in_the_list(desk: Desk) -> None:
    id = desk.asking()
    desk.answer(id, "grace", "more", question="Which shifts?")
    assert "the clock stands still question open" in rows_of(desk.get("/desk/introductions"))[0]
    desk.press(id, "tell_more", "grace", words="Days.")
    assert "question open" not in rows_of(desk.get("/desk/introductions"))[0]
    with desk.world.database.write() as session:
        introductions.get(session, id).party("grace").undeliverable = True
    assert "no letter reaches them" in rows_of(desk.get("/desk/introductions"))[0]


def test_the_search_finds_names_without_their_accents_and_groups_by_label(desk: Desk) -> None:
    desk.world.add("zoe", "mentee", name="Zoë Ángel", goals="goal.first_months")
    desk.asking()
    desk.offered("hedy", mentee="zoe")
    desk.circle()
    assert [row[10:19] for row in rows_of(desk.get("/desk/introductions?q=zoe+angel"))] == ["Zoë Ángel"]
    assert [row[10:21] for row in rows_of(desk.get("/desk/introductions?q=circle"))] == ["Peer circle"]
    assert "Nobody found" in desk.get("/desk/introductions?q=nobody")


def test_pairs_and_groups_are_told_apart(desk: Desk) -> None:
    desk.asking()
    desk.circle()
    assert [row[10:21] for row in rows_of(desk.get("/desk/introductions?kind=group"))] == ["Peer circle"]
    assert [row[10:21] for row in rows_of(desk.get("/desk/introductions?kind=pair"))] == ["Ada → Grace"]
    assert len(rows_of(desk.get("/desk/introductions?kind=x"))) == 2


def test_fifty_stand_on_a_page(desk: Desk) -> None:
    with desk.world.database.write() as session:
        for n in range(51):
            one = group("grace", ["ada", "ben"], label=f"Circle {n}", state=State.ACTIVE)
            introductions.add(session, one, by="test", now=desk.world.clock())
    first, second = desk.get("/desk/introductions"), desk.get("/desk/introductions?page=1")
    assert (len(rows_of(first)), len(rows_of(second))) == (50, 1)
    assert 'rel="next" href="/desk/introductions?page=1"' in first
    assert rows_of(desk.get("/desk/introductions?page=99")) == rows_of(second)


@pytest.mark.parametrize("wanted", ["csv", "xlsx", "json"])
def test_the_list_can_be_taken_along_with_its_filters(desk: Desk, wanted: str) -> None:
    id = desk.asking()
    desk.answer(id, "grace", "more", question="=HYPERLINK(1)")
    desk.circle()
    rows = exported(desk.browser, "/desk/introductions?kind=pair", wanted)
    assert [(str(r["id"]), r["name"], r["part"], r["answer"]) for r in rows] == [
        (str(id), "Ada", "mentee", "yes"),
        (str(id), "Grace", "mentor", "pending"),
    ]
    assert rows[1]["question"].endswith("=HYPERLINK(1)")
    assert wanted != "csv" or rows[1]["question"][0] != "="
    assert len(exported(desk.browser, "/desk/introductions", wanted)) == 6


def test_an_export_is_in_the_log_and_needs_a_known_format(desk: Desk) -> None:
    desk.asking()
    exported(desk.browser, "/desk/introductions", "csv")
    with desk.world.database.read() as session:
        assert session.execute(select(audit.c.detail).where(audit.c.object == "desk:introductions")).scalar() == {
            "rows": 2
        }
    assert desk.browser.post("/desk/introductions", data={"as": "exe"}).status_code == 422


# -- one introduction ------------------------------------------------------------------------------------------------


def test_the_page_of_a_pair_tells_reasons_history_and_letters(desk: Desk) -> None:
    id, other = desk.offered("grace", "hedy")
    page = text_of(desk.page(id))
    assert "and the mentor offers to help with it." in page
    assert "approved; the mentee may choose · Cleo" in page
    assert "proposed · Cleo" in page
    assert "suggestions to choose from" in page
    assert "Also suggested to them Hedy" in page
    assert f'href="/desk/introductions/{other}"' in desk.page(id)
    letter = desk.world.letters(LetterKind.SUGGESTIONS)[0].id
    assert f'href="/desk/letters/{letter}"' in desk.page(id)


def test_the_page_of_a_group_tells_what_members_share_and_add(desk: Desk) -> None:
    page = text_of(desk.page(desk.circle()))
    assert "Members and their answers facilitator Grace" in page
    assert "Adds: Active listening" in page
    assert "Goals that several of you share" in page
    assert "Facilitating in turn: Grace" in page
    assert page.count("invitation to a group") == 4


def test_a_draft_leads_to_its_review(desk: Desk) -> None:
    id = desk.world.propose("ada", "grace", desk.cleo)
    page = desk.page(id)
    assert f'href="/desk/proposals/{id}"' in page
    assert not any(has_form(page, act) for act in ("withdraw", "answer", "extend", "close", "confirm", "tell_more"))
    with desk.world.database.write() as session:
        circle = introductions.add(session, group("grace", ["ada", "ben"]), by="test", now=desk.world.clock())
    assert f'href="/desk/groups/{circle.id}"' in desk.page(circle.id or 0)


def test_only_what_the_table_of_steps_allows_is_offered(desk: Desk) -> None:
    def offered(id: int) -> set[str]:
        return {f["act"] for f in forms(desk.page(id)) if f.get("act")}

    asking, made = desk.asking(), desk.introduced("ben", "hedy")
    assert offered(asking) == {"extend", "answer", "withdraw"}
    assert offered(made) == {"confirm", "close", "withdraw"}
    desk.press(made, "confirm")
    assert offered(made) == {"close", "withdraw"}
    desk.press(made, "close", outcome="other")
    assert offered(made) == set()


@pytest.mark.parametrize("path", ["0", "999", "x", "99999999999", "1.5"])
def test_what_is_not_there_is_404(desk: Desk, path: str) -> None:
    assert desk.browser.get(f"/desk/introductions/{path}").status_code == 404
    assert desk.browser.post(f"/desk/introductions/{path}", data={"act": "withdraw"}).status_code == 404


def test_a_side_of_another_introduction_is_404(desk: Desk) -> None:
    one, other = desk.asking(), desk.asking("ben", "hedy")
    sent = form(desk.page(one), "extend") | {"party": str(desk.stored(other).party("hedy").id)}
    assert desk.browser.post(f"/desk/introductions/{one}", data=sent).status_code == 404
    assert not desk.stored(other).party("hedy").extended


def test_an_unknown_act_changes_nothing(desk: Desk) -> None:
    id = desk.asking()
    assert desk.browser.post(f"/desk/introductions/{id}", data={"act": "explode"}).status_code == 422
    assert desk.stored(id).state is State.ASKING


def test_names_and_words_of_people_stay_words(desk: Desk) -> None:
    desk.world.add("eve", "mentee", name=HOSTILE, goals="goal.first_months")
    id = desk.asking("eve")
    desk.answer(id, "grace", "more", question=HOSTILE)
    desk.press(id, "withdraw", reason=HOSTILE)
    for path in (f"/desk/introductions/{id}", "/desk/introductions?state=ended"):
        page = desk.get(path)
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def test_somebody_erased_leaves_an_id(desk: Desk) -> None:
    id = desk.introduced()
    people.erase(desk.world.database, "ada", by=desk.cleo, links=desk.world.site.links, now=desk.world.clock())
    page = text_of(desk.page(id))
    assert "ended, somebody left" in page
    assert "The reasons are no longer kept." in page
    assert "Ada" not in page


# -- about one side --------------------------------------------------------------------------------------------------


@pytest.fixture(params=["pair", "group"])
def asked(desk: Desk, request: pytest.FixtureRequest) -> int:
    """A pair and a group, both of which wait for Grace's answer."""
    return desk.asking() if request.param == "pair" else desk.circle()


def test_a_question_is_answered(desk: Desk, asked: int) -> None:
    desk.answer(asked, "grace", "more", question="Which shifts?")
    assert "Which shifts?" in text_of(desk.page(asked))
    assert desk.said(desk.press(asked, "tell_more", "grace", words="Days, mostly.")).startswith("Sent.")
    letter = desk.world.letters(LetterKind.TELL_ME_MORE_ANSWER, "grace@example.org")[-1]
    assert letter.facts["answer"] == "Days, mostly."
    assert desk.stored(asked).party("grace").deadline is None
    deliver(desk.world.database, desk.world.clock())
    assert desk.stored(asked).party("grace").deadline is not None
    assert desk.last_record(asked) == ("extend", f"coordinator:{desk.cleo}")
    assert not has_form(desk.page(asked), "tell_more")
    assert "and was answered" in text_of(desk.page(asked))


def test_an_empty_answer_to_a_question_is_not_sent(desk: Desk, asked: int) -> None:
    desk.answer(asked, "grace", "more", question="Which shifts?")
    refused = desk.press(asked, "tell_more", "grace", words="  ")
    assert refused.status_code == 422
    assert "Please write an answer." in refused.text
    long = desk.press(asked, "tell_more", "grace", words="x" * 2_001)
    assert long.status_code == 422
    assert "x" * 2_001 in long.text
    assert not desk.world.letters(LetterKind.TELL_ME_MORE_ANSWER)


def test_more_time_is_given_once(desk: Desk, asked: int) -> None:
    before = desk.stored(asked).party("grace").deadline
    desk.world.clock.forward(days=5)
    desk.world.sign_in(desk.browser, CLEO)
    old = desk.page(asked)
    assert desk.said(desk.press(asked, "extend", "grace")) == "They have more time now."
    after = desk.stored(asked).party("grace")
    assert after.extended
    assert before
    assert after.deadline
    assert after.deadline > before
    assert not any(f.get("party") == str(after.id) for f in forms(desk.page(asked)) if f.get("act") == "extend")
    again = form(old, "extend", party=str(after.id)) | {"version": str(desk.stored(asked).version)}
    assert "extended once already" in desk.said(desk.browser.post(f"/desk/introductions/{asked}", data=again))


@pytest.mark.parametrize(
    ("given", "pair", "group"),
    [
        ("yes", State.AGREED, State.ASKING),
        ("not_now", State.DECLINED, State.DECLINED),
        ("no", State.DECLINED, State.DECLINED),
    ],
)
def test_an_answer_is_noted_for_somebody_with_how_it_is_known(
    desk: Desk, asked: int, given: str, pair: State, group: State
) -> None:
    done = desk.press(asked, "answer", "grace", given=given, known="She called on Monday.")
    assert desk.said(done) == "Noted, with how you know."
    now = desk.stored(asked)
    assert now.state is (pair if now.kind is Kind.PAIR else group)
    assert now.party("grace").answer is Answer(given)
    assert now.party("grace").answered_by == f"coordinator:{desk.cleo}"
    page = text_of(desk.page(asked))
    assert "noted by Cleo" in page
    assert "How it is known She called on Monday." in page


def test_a_mentees_choice_is_noted(desk: Desk) -> None:
    id, other = desk.offered("grace", "hedy")
    desk.press(id, "answer", "ada", given="yes", known="By telephone.")
    assert desk.stored(id).state is State.ASKING
    assert desk.stored(id).party("ada").reason == "By telephone."
    assert desk.last_record(id) == ("pick", f"coordinator:{desk.cleo}")
    assert desk.stored(other).state is State.OFFERED


def test_a_choice_that_comes_too_late_for_the_place_says_so(desk: Desk) -> None:
    id, other = desk.offered("ina", "grace")
    desk.asking("ben", "ina")
    late = desk.press(id, "answer", "ada", given="yes", known="By telephone.")
    assert "no place left" in desk.said(late)
    assert desk.stored(id).party("ada").answer is Answer.PENDING
    with desk.world.database.write() as session:
        introductions.get(session, other).state = State.CLOSED
    assert "it ended" in desk.said(desk.press(id, "answer", "ada", given="yes", known="By telephone."))
    assert desk.stored(id).state is State.WITHDRAWN


def test_an_answer_needs_a_choice_and_how_it_is_known(desk: Desk, asked: int) -> None:
    nothing = desk.press(asked, "answer", "grace", known="She called.")
    assert nothing.status_code == 422
    assert "Please choose one of the answers first." in nothing.text
    assert "She called.</textarea>" in nothing.text
    both = desk.press(asked, "answer", "grace", known="")
    assert "2 things need your attention" in both.text
    unknown = desk.press(asked, "answer", "grace", given="no", known="")
    assert unknown.status_code == 422
    assert "Please write how you know." in unknown.text
    number = desk.stored(asked).party("grace").id
    assert form(unknown.text, "answer", party=str(number))[f"given-{number}"] == "no"
    assert desk.stored(asked).party("grace").answer is Answer.PENDING


def test_a_refused_answer_keeps_what_was_typed(desk: Desk) -> None:
    [id] = desk.offered("grace")
    other = desk.world.propose("ada", "hedy", desk.cleo)
    desk.world.approve(desk.cleo, other)
    deliver(desk.world.database, desk.world.clock())
    desk.press(other, "answer", "ada", given="yes", known="By mail.")
    refused = desk.press(id, "answer", "ada", given="yes", known="She changed her mind at lunch.")
    assert refused.status_code == 422
    assert "There is another introduction under way" in refused.text
    assert "She changed her mind at lunch.</textarea>" in refused.text
    assert "<details open" in refused.text


def test_nobody_answers_for_somebody_who_was_not_asked_or_has_answered(desk: Desk) -> None:
    id = desk.asking()
    sent = form(desk.page(id), "answer", party=str(desk.stored(id).party("grace").id))
    number = desk.stored(id).party("ada").id
    forged = {**sent, "party": str(number), f"given-{number}": "no", f"known-{number}": "No idea."}
    refused = desk.browser.post(f"/desk/introductions/{id}", data=forged)
    assert refused.status_code == 422
    assert desk.stored(id).party("ada").answer is Answer.YES


# -- about the whole -------------------------------------------------------------------------------------------------


def test_a_withdrawal_needs_a_reason_and_keeps_it_on_the_desk(desk: Desk, asked: int) -> None:
    assert desk.press(asked, "withdraw", reason="").status_code == 422
    assert desk.stored(asked).state is State.ASKING
    assert desk.said(desk.press(asked, "withdraw", reason="They are neighbours.")).startswith("Withdrawn.")
    assert desk.stored(asked).state is State.WITHDRAWN
    assert "They are neighbours." in text_of(desk.page(asked))
    assert all("neighbours" not in str(letter.raw) for letter in desk.world.letters())


def test_a_reason_that_reads_like_a_code_has_no_consequence(desk: Desk) -> None:
    id = desk.asking()
    desk.press(id, "withdraw", reason="concern")
    assert desk.stored(id).end_reason == "Concern"
    assert not has_form(desk.page(id), "looked_after")
    with desk.world.database.read() as session:
        assert not introductions.blocked_pairs(session)


def test_a_first_conversation_is_confirmed_and_closed_with_an_outcome(desk: Desk) -> None:
    id = desk.introduced()
    assert desk.said(desk.press(id, "confirm")) == "Noted: they have talked."
    assert desk.last_record(id) == ("confirm", f"coordinator:{desk.cleo}")
    missing = desk.press(id, "close", words="It was fine.")
    assert missing.status_code == 422
    assert "It was fine.</textarea>" in missing.text
    desk.press(id, "close", outcome="goals_reached", words="It was fine.")
    closed = desk.stored(id)
    assert (closed.state, closed.outcome, closed.end_reason) == (State.CLOSED, Outcome.GOALS_REACHED, "It was fine.")
    assert len(desk.world.letters(LetterKind.CLOSED)) == 2


def test_a_group_is_confirmed_and_closed(desk: Desk) -> None:
    id = desk.circle()
    for member in ("grace", "ada", "ben", "dora"):
        desk.answer(id, member, "yes")
    desk.world.tick(minutes=11)
    desk.press(id, "confirm")
    assert desk.stored(id).state is State.ACTIVE
    desk.press(id, "close", outcome="no_time")
    assert desk.stored(id).state is State.CLOSED
    assert "There was no time for it" in text_of(desk.page(id))


def test_a_concern_is_looked_after(desk: Desk) -> None:
    id = desk.introduced()
    how = {"links": desk.world.site.links, "now": desk.world.clock()}
    answers.concern(desk.world.database, id, "ada", reason="He wrote at night.", **how)
    page = desk.page(id)
    assert "A concern was reported." in text_of(page)
    assert "He wrote at night." in text_of(page)
    assert "no longer stands" in desk.said(desk.press(id, "looked_after"))
    assert not has_form(desk.page(id), "looked_after")
    assert "marked as looked after · Cleo" in text_of(desk.page(id))


def test_what_a_party_said_about_first_contact_and_afterwards_is_told(desk: Desk) -> None:
    id = desk.introduced()
    how = {"links": desk.world.site.links, "now": desk.world.clock()}
    outcomes.first_contact(desk.world.database, id, "ada", happened=False, **how)
    said = {"helpful": 3, "again": True, "words": "It took long."}
    outcomes.feedback(desk.world.database, id, "grace", answers=said, now=desk.world.clock())
    page = text_of(desk.page(id))
    assert "First talk not yet, they say" in page
    assert "Helpful 3 of 4" in page
    assert "It took long." in page


# -- two at once -----------------------------------------------------------------------------------------------------

ACTS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("extend", "grace", {}),
    ("answer", "grace", {"given": "yes", "known": "She called on Monday."}),
    ("withdraw", "", {"reason": "They are <b>neighbours</b>."}),
)


@pytest.mark.parametrize(("act", "side", "typed"), ACTS)
def test_an_old_form_is_a_conflict_and_loses_nothing_typed(
    desk: Desk, act: str, side: str, typed: dict[str, str]
) -> None:
    id = desk.asking()
    old = desk.page(id)
    desk.answer(id, "grace", "no")
    before = desk.stored(id)
    conflict = desk.press(id, act, side, page=old, **typed)
    assert conflict.status_code == 409
    said = text_of(conflict.text)
    assert "Grace changed this while you were looking at it" in said
    assert "State being asked declined" in said
    assert "Grace no answer yet no" in said
    assert all(text in said for name, text in typed.items() if name != "given")
    assert "<b>" not in conflict.text
    assert f'href="/desk/introductions/{id}"' in conflict.text
    assert desk.stored(id).version == before.version


def test_an_old_form_of_an_introduction_made_is_a_conflict(desk: Desk) -> None:
    id = desk.introduced()
    old = desk.page(id)
    outcomes.first_contact(
        desk.world.database, id, "ada", happened=True, links=desk.world.site.links, now=desk.world.clock()
    )
    assert desk.press(id, "confirm", page=old).status_code == 409
    conflict = desk.press(id, "close", page=old, outcome="no_time", words="Too busy.")
    assert conflict.status_code == 409
    assert "Too busy." in conflict.text
    assert "There was no time for it" in conflict.text
    assert desk.stored(id).state is State.ACTIVE


def test_a_question_that_came_meanwhile_makes_a_form_old(desk: Desk, asked: int) -> None:
    old = desk.page(asked)
    desk.answer(asked, "grace", "more", question="Which shifts?")
    conflict = desk.press(asked, "withdraw", page=old, reason="Too late.")
    assert conflict.status_code == 409
    assert "asked to be told more" in text_of(conflict.text)
    now = desk.page(asked)
    desk.press(asked, "tell_more", "grace", words="Days.")
    answered = desk.press(asked, "tell_more", "grace", page=now, words="Another answer.")
    assert answered.status_code == 303, "the second click on one's own button is no conflict"
    desk.world.clock.forward(minutes=2)
    late = desk.press(asked, "tell_more", "grace", page=now, words="Another answer.")
    assert late.status_code == 409
    assert "Another answer." in late.text
    assert len(desk.world.letters(LetterKind.TELL_ME_MORE_ANSWER)) == 1


def test_the_second_click_on_ones_own_button_is_no_conflict(desk: Desk, asked: int) -> None:
    old = desk.page(asked)
    for _ in range(2):
        assert desk.press(asked, "withdraw", page=old, reason="Twice.").status_code == 303
    assert desk.last_record(asked)[0] == "withdraw"


def test_another_coordinators_step_is_a_conflict(desk: Desk, browse: Callable[..., TestClient]) -> None:
    id = desk.asking()
    second = browse(address="203.0.113.9")
    desk.world.coordinator("dan@example.org")
    desk.world.sign_in(second, "dan@example.org")
    sent = form(second.get(f"/desk/introductions/{id}").text, "withdraw") | {"reason": "Mine."}
    desk.press(id, "withdraw", reason="Cleo's.")
    conflict = second.post(f"/desk/introductions/{id}", data=sent)
    assert conflict.status_code == 409
    assert "Mine." in conflict.text
    assert desk.stored(id).end_reason == "Cleo's."


def test_a_form_without_what_it_showed_is_a_conflict_too(desk: Desk) -> None:
    id = desk.asking()
    bare = {"act": "withdraw", "reason": "None.", "shown-state": "nonsense"}
    assert desk.browser.post(f"/desk/introductions/{id}", data=bare).status_code == 409
    assert desk.stored(id).state is State.ASKING


def test_a_question_whose_letter_was_taken_back_is_asked_again(desk: Desk) -> None:
    id = desk.world.propose("ada", "grace", desk.cleo, "assigned")
    desk.world.approve(desk.cleo, id)
    [letter] = desk.world.letters(LetterKind.QUESTION_TO_MENTOR)
    assert not has_form(desk.page(id), "ask_anew")
    desk.browser.post(f"/desk/letters/{letter.id}", data={"act": "cancel"})
    assert "the letter was taken back" in text_of(desk.page(id))
    assert "written once more" in said(desk.browser, desk.press(id, "ask_anew", "grace"))
    assert not has_form(desk.page(id), "ask_anew")
    desk.world.tick(minutes=1)
    assert len(desk.world.letters(LetterKind.QUESTION_TO_MENTOR)) == 2


def test_letters_of_an_introduction_that_ended_are_taken_back(desk: Desk) -> None:
    id = desk.asking()
    with desk.world.database.read() as session:
        assert not tracking.waiting(session)
    desk.press(id, "withdraw", reason="They are neighbours.")
    kinds = {letter.kind for letter in desk.world.letters() if letter.state == "queued"}
    assert LetterKind.NOT_AVAILABLE in kinds
    assert "it did not come about" in text_of(desk.page(id))
