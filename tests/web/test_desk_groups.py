"""The board of groups and the page of one group, through the site."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from matcher.domain.introductions import Answer, Introduction, Kind, State, group
from matcher.domain.letters import LetterKind
from matcher.domain.people import Participant
from matcher.domain.rounds import Round, RoundState
from matcher.domain.vocabulary import default_vocabulary
from matcher.storage import desk_introductions, desk_proposals, desk_rounds, introductions
from matcher.workflow import answers, matching, people, signup
from tests.stories import check_invariants
from tests.web.world import World

CLEO = "cleo@example.org"
GOAL = "goal.case_consultation"
KIND = "collab.case_consultation_group"
WORKS = ("discipline.social_work", "discipline.nursing", "discipline.psychology", "discipline.law_enforcement")
HOSTILE = '<script>alert("1")</script> & "quotes" \u202e'
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 3


def add_circle(world: World, names: str = "ada ben dora eve", facilitators: str = "grace") -> None:
    """People who would do well in one group: the first are early in their work, the facilitators experienced."""
    for nth, name in enumerate(names.split()):
        world.add(name, "mentee", goals=GOAL, disciplines=WORKS[nth % 4], slots="slot.weekday_evening")
    for name in facilitators.split():
        world.add(
            name, "mentor", helps_with=GOAL, disciplines="discipline.peer_specialist", slots="slot.weekday_evening"
        )


def run(world: World, path: str) -> int:
    """Runs the round that a form asked for; its id."""
    asked = int(path.rpartition("/")[2])
    matching.run_round(world.database, asked, vocabulary=default_vocabulary(), now=world.clock())
    return asked


def form_groups(world: World, cleo: TestClient, low: int = 3, high: int = 6, kind: str = "") -> int:
    """Asks for groups on the page and runs the round; its id."""
    asked = cleo.post("/desk/groups", data={"kind": kind, "low": low, "high": high})
    assert asked.status_code == 303, asked.text
    return run(world, asked.headers["location"])


@pytest.fixture
def cleo(world: World, browser: TestClient) -> TestClient:
    """The coordinator's browser, with nobody in the pool."""
    world.coordinator(CLEO)
    world.sign_in(browser, CLEO)
    return browser


@pytest.fixture
def formed(world: World, cleo: TestClient) -> int:
    """One drafted group of five; its id."""
    add_circle(world)
    form_groups(world, cleo)
    (id,) = group_ids(world)
    return id


def group_ids(world: World, state: State = State.DRAFT) -> list[int]:
    with world.database.read() as session:
        return sorted(line.id for line in desk_introductions.introduction_lines(session, [state], kind=Kind.GROUP).rows)


def stored(world: World, id: int) -> Introduction:
    with world.database.read() as session:
        (found,) = desk_proposals.these_proposals(session, [id])
        assert found.parties
        return found


def members(world: World, id: int) -> set[str]:
    return {party.participant_id for party in stored(world, id).parties}


def latest_round(world: World) -> Round | None:
    with world.database.read() as session:
        lines = desk_rounds.group_rounds(session)
        return desk_rounds.round_of(session, lines[0].id) if lines else None


def fields(page: str, act: str, person: str = "") -> dict[str, str]:
    """The hidden fields of the form with this act (and person), as a browser would send them, with the act."""
    for form in re.findall(r"<form method=\"post\".*?</form>", page, re.S):
        sent = {n: unescape(v) for n, v in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)}
        acts = [sent.get("act"), *re.findall(r'name="act" value="(\w+)"', form)]
        if act in acts and (not person or sent.get("person") == person):
            return {**sent, "act": act}
    raise AssertionError(f"no form {act} {person} on the page")


def press(cleo: TestClient, id: int, act: str, person: str = "", page: str = "", **more: str) -> Any:
    """Presses a button on the group's page; `page`: as it was some time ago."""
    page = page or cleo.get(f"/desk/groups/{id}").text
    return cleo.post(f"/desk/groups/{id}", data={**fields(page, act, person), **more})


def said(cleo: TestClient, response: Any) -> str:
    """What the page after a redirect says on top."""
    assert response.status_code == 303, response.text
    page = cleo.get(response.headers["location"]).text
    found = re.search(r'<div role="status">.*?<p>(.*?)</p>', page, re.S)
    return unescape(found[1]) if found else ""


def text_of(page: str) -> str:
    """The page without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


# -- forming groups --------------------------------------------------------------------------------------------------


def test_an_empty_board_invites_to_form_groups(cleo: TestClient) -> None:
    page = cleo.get("/desk/groups").text
    assert "No groups yet" in page
    assert '<option value="">Any kind</option>' in page
    assert f'<option value="{KIND}">' in page
    assert re.search(r'name="low" value="4"', page)
    assert re.search(r'name="high" value="6"', page)


def test_the_form_asks_for_a_round_of_this_kind_and_these_sizes(world: World, cleo: TestClient) -> None:
    asked = cleo.post("/desk/groups", data={"kind": KIND, "low": "3", "high": "5"})
    wanted = latest_round(world)
    assert wanted is not None
    assert asked.headers["location"] == f"/desk/rounds/{wanted.id}"
    assert (wanted.kind, wanted.options) == ("groups", {"kind": KIND, "sizes": [3, 5]})


def test_any_kind_is_a_choice(world: World, cleo: TestClient) -> None:
    cleo.post("/desk/groups", data={"kind": "", "low": "4", "high": "4"})
    wanted = latest_round(world)
    assert wanted is not None
    assert wanted.options == {"kind": None, "sizes": [4, 4]}


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"low": "2", "high": "2"}, "two people are a pair, not a group"),
        ({"low": "2", "high": "5"}, "Please give a number from 3 to 12"),
        ({"low": "4", "high": "13"}, "Please give a number from 3 to 12"),
        ({"low": "four", "high": "6"}, "Please give a number from 3 to 12"),
        ({"low": "4.5", "high": "6"}, "Please give a number from 3 to 12"),
        ({}, "Please give a number from 3 to 12"),
        ({"low": "6", "high": "4"}, "The largest size cannot be below the smallest."),
        ({"low": "4", "high": "6", "kind": "collab.none"}, "Please choose a kind of group from the list."),
        ({"low": "4", "high": "6", "kind": GOAL}, "Please choose a kind of group from the list."),
    ],
)
def test_a_form_that_cannot_be_is_shown_again_with_the_reason(
    world: World, cleo: TestClient, sent: dict[str, str], sentence: str
) -> None:
    answer = cleo.post("/desk/groups", data=sent)
    assert answer.status_code == 422
    assert sentence in text_of(answer.text)
    assert latest_round(world) is None
    if sent.get("low") == "6":
        assert re.search(r'name="low" value="6"', answer.text)


def test_a_second_press_asks_for_no_second_round(world: World, cleo: TestClient) -> None:
    first = cleo.post("/desk/groups", data={"low": "4", "high": "6"}).headers["location"]
    again = cleo.post("/desk/groups", data={"low": "4", "high": "6"}).headers["location"]
    assert first == again
    assert "Groups are being formed" in cleo.get("/desk/groups").text
    run(world, first)
    assert cleo.post("/desk/groups", data={"low": "4", "high": "6"}).headers["location"] != first


def test_an_empty_pool_gives_no_groups_and_says_what_to_do(world: World, cleo: TestClient) -> None:
    form_groups(world, cleo)
    assert "No group could be formed" in cleo.get("/desk/groups").text


def test_a_round_that_failed_is_pointed_out(world: World, cleo: TestClient) -> None:
    cleo.post("/desk/groups", data={"low": "4", "high": "6"})
    with world.database.write() as session:
        asked = session.get(Round, 1)
        assert asked is not None
        asked.state, asked.trouble = RoundState.FAILED, "for a test"
    page = cleo.get("/desk/groups").text
    assert "No groups could be formed:</strong> for a test" in page
    assert "Form groups for everybody" in page
    assert "for a test" in cleo.get("/desk/groups?round=1").text
    later = form_groups(world, cleo)
    assert "for a test" not in cleo.get("/desk/groups").text
    assert f"Round {later}" in text_of(cleo.get("/desk/groups").text)


def test_an_unknown_act_changes_nothing(cleo: TestClient, world: World, formed: int) -> None:
    assert cleo.post("/desk/groups", data={"act": "explode"}).status_code == 422
    assert cleo.post(f"/desk/groups/{formed}", data={"act": "explode"}).status_code == 422
    assert stored(world, formed).state is State.DRAFT


# -- the board -------------------------------------------------------------------------------------------------------


def test_the_board_shows_who_what_they_add_and_what_they_share(world: World, cleo: TestClient, formed: int) -> None:
    page = cleo.get("/desk/groups").text
    text = text_of(page)
    assert "groups formed 1 people in a group 5 left over 0" in text
    for name in ("Ada", "Ben", "Dora", "Eve", "Grace"):
        assert f"<bdi>{name}</bdi>" in page
    assert re.search(r"Grace facilitator Peer support", text)
    assert "adds: Nursing" in text
    assert "Goals they share" in text
    assert "Language English" in text
    assert "Mon-Fri 17:00-21:00 (Central Time)" in text
    assert f"Closeness {stored(world, formed).affinity:.2f}" in text
    assert page.count('class="person"') == 5
    assert page.count("<line") == 10, "a line between any two of five people"


def test_approving_invites_every_member(world: World, cleo: TestClient, formed: int) -> None:
    page = cleo.get("/desk/groups").text
    done = cleo.post(f"/desk/groups/{formed}", data=fields(page, "approve"))
    assert done.headers["location"] == "/desk/groups", "back to the board"
    assert said(cleo, done) == f"5 people are being invited to {stored(world, formed).label}."
    assert stored(world, formed).state is State.ASKING
    invited = {letter.to for letter in world.letters(LetterKind.GROUP_INVITATION)}
    assert invited == {f"{name}@example.org" for name in ("ada", "ben", "dora", "eve", "grace")}
    group = stored(world, formed)
    assert (group.called("en"), group.called("es")) == (group.label, group.explanation["names"]["es"])
    assert group.called("es") != group.label
    assert "Nothing to review here" in cleo.get("/desk/groups").text
    assert "0 of 5 said yes" in text_of(cleo.get("/desk/groups?show=approved").text)


def test_a_dismissed_group_can_be_restored(world: World, cleo: TestClient, formed: int) -> None:
    press(cleo, formed, "dismiss")
    assert stored(world, formed).state is State.DISCARDED
    page = cleo.get("/desk/groups?show=dismissed").text
    back = cleo.post(f"/desk/groups/{formed}", data=fields(page, "restore"))
    assert "is to review again" in said(cleo, back)
    assert stored(world, formed).state is State.DRAFT
    assert world.letters(LetterKind.GROUP_INVITATION) == []


def test_approving_all_lets_every_group_out_and_publishes_the_round(world: World, cleo: TestClient) -> None:
    add_circle(world, "ada ben dora eve", "grace hedy")
    form_groups(world, cleo, 3, 3)
    assert len(group_ids(world)) == 2
    page = cleo.get("/desk/groups").text
    assert "Approve all 2 and invite" in page
    done = cleo.post("/desk/groups", data=fields(page, "publish"))
    assert said(cleo, done) == "2 groups are being invited."
    assert len(group_ids(world, State.ASKING)) == 2
    wanted = latest_round(world)
    assert wanted is not None
    assert wanted.state is RoundState.PUBLISHED
    assert len(world.letters(LetterKind.GROUP_INVITATION)) == 6


def test_what_cannot_go_out_with_all_stays_with_the_reason_and_can_go_later(world: World, cleo: TestClient) -> None:
    add_circle(world, "ada ben dora eve", "grace hedy")
    form_groups(world, cleo, 3, 3)
    signup.pause(world.database, "ada", links=world.site.links, now=world.clock())
    done = cleo.post("/desk/groups", data=fields(cleo.get("/desk/groups").text, "publish"))
    word = said(cleo, done)
    assert "1 group is being invited." in word
    assert "One of them no longer takes part." in word
    (left,) = group_ids(world)
    assert "ada" in members(world, left)
    signup.resume(world.database, "ada", now=world.clock())
    cleo.post("/desk/groups", data=fields(cleo.get("/desk/groups").text, "publish"))
    assert stored(world, left).state is State.ASKING


def test_approving_all_stops_when_a_group_was_changed_meanwhile(
    world: World, cleo: TestClient, browse: Callable[..., TestClient]
) -> None:
    add_circle(world, "ada ben dora eve", "grace hedy")
    form_groups(world, cleo, 3, 3)
    first, second = group_ids(world)
    old = cleo.get("/desk/groups").text
    press(cleo, first, "dismiss")
    press(cleo, second, "rename", label="Renamed meanwhile")
    answer = cleo.post("/desk/groups", data=fields(old, "publish"))
    assert answer.status_code == 409
    text = text_of(answer.text)
    assert f"{stored(world, first).label} to review dismissed" in text
    assert "Renamed meanwhile to review changed" in text
    assert world.letters(LetterKind.GROUP_INVITATION) == []
    assert stored(world, second).state is State.DRAFT


def test_approving_all_of_a_round_that_was_thrown_away_is_a_conflict(world: World, cleo: TestClient) -> None:
    form_groups(world, cleo)
    sent = {"act": "publish", "round": "1", "seen": ""}
    cleo.post("/desk/groups", data={"act": "discard", "round": "1"})
    answer = cleo.post("/desk/groups", data=sent)
    assert answer.status_code == 409
    assert "Round 1 to review discarded" in text_of(answer.text)


def test_a_round_is_thrown_away_with_its_groups(world: World, cleo: TestClient, formed: int) -> None:
    page = cleo.get("/desk/groups").text
    done = cleo.post("/desk/groups", data=fields(page, "discard"))
    assert "The round was thrown away." in said(cleo, done)
    assert stored(world, formed).state is State.DISCARDED
    assert "No groups yet" in cleo.get("/desk/groups").text


def test_a_published_round_cannot_be_thrown_away(world: World, cleo: TestClient, formed: int) -> None:
    cleo.post("/desk/groups", data=fields(cleo.get("/desk/groups").text, "publish"))
    done = cleo.post("/desk/groups", data={"act": "discard", "round": "1"})
    assert said(cleo, done) == "This round has been published; its introductions go their own way."
    assert stored(world, formed).state is State.ASKING


def test_those_left_over_stand_below_with_the_reason(world: World, cleo: TestClient) -> None:
    add_circle(world)
    world.add("olga", "mentee", goals=GOAL, languages="lang.uk")
    world.add("pia", "mentee", goals=GOAL, slots="slot.weekday_morning", name=HOSTILE)
    form_groups(world, cleo, 4, 6)
    page = cleo.get("/desk/groups").text
    text = text_of(page)
    assert "Left over" in text
    assert "leave only 0 others for them; a group needs 3. 1 Olga" in text
    assert "0 others have time in the same hours; a group needs 3." in text
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("language: only 1 others remain, a group needs 3", "1 others speak a language of theirs; a group needs 3."),
        (
            "facilitator: nobody experienced enough shares a language and an hour",
            "Nobody who is experienced enough to facilitate shares a language and an hour with them.",
        ),
        (
            "no group of the wanted size has a place that all rules allow",
            "No group of the wanted size has a place for them that all rules allow.",
        ),
        ("something new", "something new"),
    ],
)
def test_each_reason_is_a_sentence(world: World, cleo: TestClient, formed: int, reason: str, sentence: str) -> None:
    with world.database.write() as session:
        wanted = session.get(Round, 1)
        assert wanted is not None
        wanted.unmatched = {"ada": reason}
    assert f"{sentence} 1 Ada" in text_of(cleo.get("/desk/groups").text)


def test_earlier_rounds_can_be_chosen(world: World, cleo: TestClient, formed: int) -> None:
    second = form_groups(world, cleo, 5, 5, KIND)
    newest = cleo.get("/desk/groups").text
    assert f"Round {second}" in text_of(newest)
    assert '<option value="1">Round 1 · 1 group · to review' in newest
    assert f"/desk/groups/{formed}" not in newest
    assert f"/desk/groups/{formed}" in cleo.get("/desk/groups?round=1").text


def test_the_newest_round_to_review_comes_before_published_ones(world: World, cleo: TestClient, formed: int) -> None:
    press(cleo, formed, "approve")
    with world.database.write() as session:
        first = session.get(Round, 1)
        assert first is not None
        first.state = RoundState.PUBLISHED
    add_circle(world, "fay gil hal", "ines")
    second = form_groups(world, cleo)
    assert f"Round {second}" in text_of(cleo.get("/desk/groups").text)


def test_searching_the_board_finds_members(world: World, cleo: TestClient) -> None:
    add_circle(world, "ada ben dora eve", "grace hedy")
    form_groups(world, cleo, 3, 3)
    home = next(id for id in group_ids(world) if "ada" in members(world, id))
    found = re.findall(r'id="group-(\d+)"', cleo.get("/desk/groups?q=ADA").text)
    assert found == [str(home)]
    assert "No group fits this search" in cleo.get("/desk/groups?q=nobody").text


def test_many_groups_stand_in_the_order_of_their_numbers(world: World, cleo: TestClient, formed: int) -> None:
    stem = stored(world, formed).label[:-2]
    drafts = [group("grace", ["ada", "ben"], label=f"{stem} {nth}", round_id=1) for nth in range(2, 16)]
    with world.database.write() as session:
        introductions.add_all(session, drafts, by="test", now=world.clock())
    first = re.findall(r"data-open><bdi>[^<]* (\d+)</bdi>", cleo.get("/desk/groups").text)
    second = re.findall(r"data-open><bdi>[^<]* (\d+)</bdi>", cleo.get("/desk/groups?page=1").text)
    assert [int(n) for n in [*first, *second]] == list(range(1, 16))


# -- one group -------------------------------------------------------------------------------------------------------


def test_the_page_of_a_group_shows_its_members_and_who_could_join(world: World, cleo: TestClient, formed: int) -> None:
    world.add("fay", "mentee", goals=GOAL, disciplines="discipline.ems")
    page = cleo.get(f"/desk/groups/{formed}").text
    text = text_of(page)
    assert '<a href="/desk/people/ada"><bdi>Ada</bdi></a>' in page
    assert "Facilitating in turn Grace" in text
    assert "Approve and invite all 5" in text
    assert re.search(r"Fay Emergency medical services Emergency medical services [+−]0\.\d\d nothing", text)


def test_somebody_is_added(world: World, cleo: TestClient, formed: int) -> None:
    world.add("fay", "mentee", goals=GOAL, disciplines="discipline.ems")
    assert said(cleo, press(cleo, formed, "add", "fay")) == "Fay is in the group now."
    assert members(world, formed) == {"ada", "ben", "dora", "eve", "fay", "grace"}
    assert "Emergency medical services" in text_of(cleo.get(f"/desk/groups/{formed}").text)
    check_invariants(world.database)


def test_somebody_is_removed(world: World, cleo: TestClient, formed: int) -> None:
    assert said(cleo, press(cleo, formed, "remove", "ben")) == "Ben is no longer in the group."
    assert members(world, formed) == {"ada", "dora", "eve", "grace"}
    check_invariants(world.database)


def test_a_group_changed_by_hand_is_valued_like_those_of_the_round(world: World, cleo: TestClient) -> None:
    """What two are worth to each other depends on which terms the whole pool knows, not on the group alone."""
    for nth, work in enumerate(("psychiatry", "dispatch", "human_services", "ems")):
        world.add(f"other{nth}", "mentee", goals=GOAL, disciplines=f"discipline.{work}", languages="lang.uk")
    add_circle(world)
    form_groups(world, cleo)
    (id,) = group_ids(world)
    before = stored(world, id)
    press(cleo, id, "remove", "ben")
    press(cleo, id, "add", "ben")
    after = stored(world, id)
    assert after.affinity == pytest.approx(before.affinity, abs=1e-9)
    assert after.explanation["closeness"] == pytest.approx(before.explanation["closeness"], abs=1e-9)


def test_those_in_no_other_draft_stand_first_among_newcomers(world: World, cleo: TestClient) -> None:
    add_circle(world, "ada ben dora eve", "grace hedy")
    form_groups(world, cleo, 3, 3)
    first = group_ids(world)[0]
    world.add("zoe", "mentee", goals="goal.first_months", disciplines="discipline.nursing")
    page = cleo.get(f"/desk/groups/{first}").text
    offered = re.findall(r'name="act" value="add"><input type="hidden" name="person" value="(\w+)"', page)
    assert offered[0] == "zoe"
    assert len(offered) == 4
    assert "Stands in another draft:" in page


def test_the_list_of_newcomers_follows_a_search(world: World, cleo: TestClient, formed: int) -> None:
    world.add("fay", "mentee", goals=GOAL)
    world.add("gil", "mentee", goals=GOAL)
    page = cleo.get(f"/desk/groups/{formed}?q=gil").text
    assert "Gil" in text_of(page)
    assert "Fay" not in text_of(page)
    assert "Nobody was found" in cleo.get(f"/desk/groups/{formed}?q=nobody").text


def test_what_speaks_against_a_newcomer_is_said_and_there_is_no_button(
    world: World, cleo: TestClient, browse: Callable[..., TestClient]
) -> None:
    world.add("ada", "mentee", goals=GOAL, employer="County Crisis Line", slots="slot.weekday_evening")
    add_circle(world, "ben dora eve")
    form_groups(world, cleo)
    (id,) = group_ids(world)
    world.add("colleague", "mentee", goals=GOAL, employer="County Crisis Line")
    world.add("stranger", "mentee", goals=GOAL, languages="lang.uk")
    world.add("earlybird", "mentee", goals=GOAL, slots="slot.weekday_morning")
    page = cleo.get(f"/desk/groups/{id}").text
    text = text_of(page)
    assert "Ada and Colleague: Both work for the same employer." in text
    assert "They have no language in common." in text
    assert "They have no hour of the week in common." in text
    assert 'name="act" value="add"' not in page


def test_another_name_for_the_group(world: World, cleo: TestClient, formed: int) -> None:
    assert said(cleo, press(cleo, formed, "rename", label="  Night   shift circle ")) == "The group has its new name."
    assert stored(world, formed).label == "Night shift circle"
    check_invariants(world.database)


@pytest.mark.parametrize("label", ["", "   ", "x" * 121])
def test_a_name_that_cannot_be_is_refused(world: World, cleo: TestClient, formed: int, label: str) -> None:
    before = stored(world, formed).label
    word = said(cleo, press(cleo, formed, "rename", label=label))
    assert word == "Please give the group a name of at most 120 characters."
    assert stored(world, formed).label == before


# -- refusals --------------------------------------------------------------------------------------------------------


def test_the_only_facilitator_cannot_be_removed(world: World, cleo: TestClient, formed: int) -> None:
    word = said(cleo, press(cleo, formed, "remove", "grace"))
    assert word == "Nobody among them is experienced enough to facilitate."
    assert "grace" in members(world, formed)


def test_a_group_of_two_loses_nobody(world: World, cleo: TestClient, formed: int) -> None:
    for name in ("ada", "ben", "dora"):
        press(cleo, formed, "remove", name)
    assert members(world, formed) == {"eve", "grace"}
    assert said(cleo, press(cleo, formed, "remove", "eve")) == "A group needs at least two people."
    assert members(world, formed) == {"eve", "grace"}


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"employer": "County Crisis Line"}, "Both work for the same employer."),
        ({"languages": "lang.uk"}, "They do not share the language that is needed."),
        ({"slots": "slot.weekday_morning"}, "They have no hour of the week in common."),
    ],
)
def test_nobody_is_added_against_a_rule(world: World, cleo: TestClient, more: dict[str, str], sentence: str) -> None:
    world.add("ada", "mentee", goals=GOAL, employer="County Crisis Line", slots="slot.weekday_evening")
    add_circle(world, "ben dora eve")
    form_groups(world, cleo)
    (id,) = group_ids(world)
    world.add("fay", "mentee", goals=GOAL, **more)
    sent = fields(cleo.get(f"/desk/groups/{id}").text, "remove", "ada")
    word = said(cleo, cleo.post(f"/desk/groups/{id}", data={**sent, "act": "add", "person": "fay"}))
    assert word == sentence
    assert "fay" not in members(world, id)


def test_nobody_is_in_two_groups_at_once(world: World, cleo: TestClient) -> None:
    """Neither added by hand to a second one, nor invited to a second one by a draft that is older."""
    add_circle(world, "ada ben dora eve", "grace hedy")
    form_groups(world, cleo, 3, 3)
    first, second = group_ids(world)
    guest = next(name for name in members(world, first) if name not in ("grace", "hedy"))
    press(cleo, second, "add", guest)
    assert guest in members(world, second), "two drafts may share somebody as long as nobody is invited"
    press(cleo, first, "approve")
    assert said(cleo, press(cleo, second, "approve")) == "One of them is in another group already."
    assert stored(world, second).state is State.DRAFT
    press(cleo, second, "remove", guest)
    page = cleo.get(f"/desk/groups/{second}").text
    assert f'name="person" value="{guest}"' not in page
    sent = {**fields(page, "rename"), "act": "add", "person": guest}
    assert said(cleo, cleo.post(f"/desk/groups/{second}", data=sent)) == "This person is in another group already."
    assert said(cleo, press(cleo, second, "approve")) == f"3 people are being invited to {stored(world, second).label}."


def test_approving_all_never_invites_somebody_twice(world: World, cleo: TestClient) -> None:
    add_circle(world, "ada ben dora eve", "grace hedy")
    form_groups(world, cleo, 3, 3)
    first, second = group_ids(world)
    guest = next(name for name in members(world, first) if name not in ("grace", "hedy"))
    press(cleo, second, "add", guest)
    word = said(cleo, cleo.post("/desk/groups", data=fields(cleo.get("/desk/groups").text, "publish")))
    assert "1 group is being invited." in word
    assert "One of them is in another group already." in word
    assert len(world.letters(LetterKind.GROUP_INVITATION, f"{guest}@example.org")) == 1


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"employer": "County Crisis Line"}, "Both work for the same employer."),
        ({"languages": "lang.uk"}, "They do not share the language that is needed."),
        ({"slots": "slot.weekday_morning"}, "They have no hour of the week in common."),
    ],
)
def test_a_group_that_a_change_has_made_impossible_does_not_go_out(
    world: World, cleo: TestClient, columns: dict[str, str], sentence: str
) -> None:
    world.add("ada", "mentee", goals=GOAL, employer="County Crisis Line", slots="slot.weekday_evening")
    add_circle(world, "ben dora eve")
    form_groups(world, cleo)
    (id,) = group_ids(world)
    with world.database.write() as session:
        ben = session.get(Participant, "ben")
        assert ben is not None
        ben.answers = {**ben.answers, **columns}
    page = cleo.get(f"/desk/groups/{id}").text
    assert "This group cannot go out as it is." in page
    assert said(cleo, press(cleo, id, "approve")) == sentence
    assert stored(world, id).state is State.DRAFT
    press(cleo, id, "remove", "ben")
    assert "This group cannot go out" not in cleo.get(f"/desk/groups/{id}").text


def test_a_member_who_takes_a_break_is_marked_and_keeps_the_group_back(
    world: World, cleo: TestClient, formed: int
) -> None:
    signup.pause(world.database, "ben", links=world.site.links, now=world.clock())
    assert "does not take part now" in cleo.get(f"/desk/groups/{formed}").text
    assert said(cleo, press(cleo, formed, "approve")) == "One of them no longer takes part."
    assert said(cleo, press(cleo, formed, "remove", "ben")) == "Ben is no longer in the group."


def test_nobody_is_added_or_removed_once_the_group_has_gone_out(world: World, cleo: TestClient, formed: int) -> None:
    old = cleo.get(f"/desk/groups/{formed}").text
    press(cleo, formed, "approve")
    page = cleo.get(f"/desk/groups/{formed}").text
    assert 'value="remove"' not in page
    assert f'<a href="/desk/introductions/{formed}">' in page
    version = {"version": str(stored(world, formed).version)}
    for act, more in (("remove", {"person": "ben"}), ("add", {"person": "fay"}), ("rename", {"label": "New"})):
        sent = {**fields(old, "rename"), "act": act, **more, **version}
        word = said(cleo, cleo.post(f"/desk/groups/{formed}", data=sent))
        assert word == "Members can be changed only as long as nobody has been invited."
    assert members(world, formed) == {"ada", "ben", "dora", "eve", "grace"}


def test_a_group_of_a_round_thrown_away_cannot_be_restored(world: World, cleo: TestClient, formed: int) -> None:
    cleo.post("/desk/groups", data={"act": "discard", "round": "1"})
    assert said(cleo, press(cleo, formed, "restore")) == "This round has been thrown away; please run a new one."


# -- old forms -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "person", "more"),
    [("approve", "", {}), ("dismiss", "", {}), ("remove", "ada", {}), ("rename", "", {"label": "Mine"})],
)
def test_an_old_form_changes_nothing_and_shows_both(
    world: World, cleo: TestClient, formed: int, act: str, person: str, more: dict[str, str]
) -> None:
    old = cleo.get(f"/desk/groups/{formed}").text
    press(cleo, formed, "remove", "ben")
    press(cleo, formed, "rename", label="Renamed meanwhile")
    before = stored(world, formed)
    answer = press(cleo, formed, act, person, old, **more)
    assert answer.status_code == 409
    text = text_of(answer.text)
    assert "Cleo changed this while you were looking at it." in text
    assert "Members Grace, Ada, Ben, Dora, Eve Grace, Ada, Dora, Eve" in text
    assert "Renamed meanwhile" in text
    after = stored(world, formed)
    assert (after.version, after.state, after.label) == (before.version, before.state, before.label)
    assert members(world, formed) == {"ada", "dora", "eve", "grace"}
    assert world.letters(LetterKind.GROUP_INVITATION) == []


def test_a_form_without_a_version_decides_nothing(world: World, cleo: TestClient, formed: int) -> None:
    assert cleo.post(f"/desk/groups/{formed}", data={"act": "dismiss"}).status_code == 409
    assert stored(world, formed).state is State.DRAFT


@pytest.mark.parametrize(("act", "state"), [("approve", State.ASKING), ("dismiss", State.DISCARDED)])
def test_a_button_pressed_twice_is_no_conflict(
    world: World, cleo: TestClient, formed: int, act: str, state: State
) -> None:
    old = cleo.get(f"/desk/groups/{formed}").text
    press(cleo, formed, act, page=old)
    assert said(cleo, press(cleo, formed, act, page=old)) == "This has been done already."
    assert stored(world, formed).state is state
    assert len(world.letters(LetterKind.GROUP_INVITATION)) == (5 if act == "approve" else 0)


# -- hostile and missing things --------------------------------------------------------------------------------------


def test_hostile_names_stand_as_text(world: World, cleo: TestClient) -> None:
    add_circle(world, "ben dora eve")
    world.add("ada", "mentee", name=HOSTILE, goals=GOAL, disciplines="<b>own words</b>", slots="slot.weekday_evening")
    form_groups(world, cleo)
    (id,) = group_ids(world)
    assert "ada" in members(world, id)
    world.add("fay", "mentee", name=LONG, goals=GOAL, text=HOSTILE)
    press(cleo, id, "rename", label=HOSTILE[:120])
    old = cleo.get(f"/desk/groups/{id}").text
    pages = [
        cleo.get("/desk/groups").text,
        old,
        cleo.get(f"/desk/groups/{id}?q=%22%3E%3Cscript%3Ealert(1)").text,
        cleo.get("/desk/groups?q=%22%3E%3Cscript%3Ealert(1)&show=%22%3E%3Cscript&tab=%3Cscript").text,
    ]
    press(cleo, id, "remove", "ben")
    sent = {**fields(old, "dismiss"), "was_members": HOSTILE, "was_state": HOSTILE, "was_label": HOSTILE}
    conflict = cleo.post(f"/desk/groups/{id}", data=sent)
    assert conflict.status_code == 409
    pages.append(conflict.text)
    press(cleo, id, "approve")
    pages += [cleo.get("/desk/groups?tab=running").text, cleo.get(f"/desk/groups/{id}").text]
    for page in pages:
        assert "<script>alert" not in page
        assert "<b>own words" not in page
    assert "&lt;script&gt;alert" in pages[0]


def test_an_id_of_any_letters_can_be_added(world: World, cleo: TestClient, formed: int) -> None:
    strange = "Zoë/../ü?&#"
    world.add(strange, "mentee", email="zoe@example.org", name="Zoë", goals=GOAL)
    page = cleo.get(f"/desk/groups/{formed}").text
    key = re.search(r'name="act" value="add"><input type="hidden" name="person" value="(~[^"]+)"', page)
    assert key is not None
    assert said(cleo, press(cleo, formed, "add", key[1])) == "Zoë is in the group now."
    assert strange in members(world, formed)


@pytest.mark.parametrize("id", ["999", "x", "-1", "0", "1e3", "٣", "9999999999"])
def test_a_group_that_is_not_there_is_404(cleo: TestClient, id: str) -> None:
    assert cleo.get(f"/desk/groups/{id}").status_code == 404
    assert cleo.post(f"/desk/groups/{id}", data={"act": "approve", "version": "1"}).status_code == 404


def test_a_pair_is_no_group(world: World, cleo: TestClient) -> None:
    world.add("ada", "mentee", goals="goal.first_months")
    world.add("hedy", "mentor", helps_with="goal.first_months", capacity="2")
    pair = world.propose("ada", "hedy", "cleo")
    assert cleo.get(f"/desk/groups/{pair}").status_code == 404
    assert cleo.post(f"/desk/groups/{pair}", data={"act": "approve", "version": "1"}).status_code == 404


def test_a_group_is_decided_on_by_none_of_the_forms_for_pairs(world: World, cleo: TestClient, formed: int) -> None:
    drafted = stored(world, formed)
    for act in ("approve", "dismiss", "restore", "publish", "discard"):
        for version in (0, drafted.version):
            sent = {"act": act, "id": f"{formed}:{version}", "version": version}
            assert cleo.post(f"/desk/rounds/{drafted.round_id}", data=sent).status_code == 404
            assert cleo.post(f"/desk/proposals/{formed}", data=sent).status_code == 404
    assert (stored(world, formed).state, stored(world, formed).version) == (State.DRAFT, drafted.version)


def test_a_round_that_is_none_of_groups_is_404(world: World, cleo: TestClient, formed: int) -> None:
    matching.request_round(world.database, by="cleo", now=world.clock())
    for wanted in ("2", "99", "x"):
        assert cleo.get(f"/desk/groups?round={wanted}").status_code == 404
        assert cleo.post("/desk/groups", data={"act": "publish", "round": wanted}).status_code == 404
        assert cleo.post("/desk/groups", data={"act": "discard", "round": wanted}).status_code == 404


def test_nobody_and_strangers_cannot_be_removed(world: World, cleo: TestClient, formed: int) -> None:
    sent = fields(cleo.get(f"/desk/groups/{formed}").text, "remove", "ada")
    for person in ("", "~~~", "nobody"):
        assert cleo.post(f"/desk/groups/{formed}", data={**sent, "person": person}).status_code == 404
    unknown = cleo.post(f"/desk/groups/{formed}", data={**sent, "act": "add", "person": "nobody"})
    assert said(cleo, unknown) == "One of them no longer takes part."


def test_only_coordinators_see_groups(world: World, formed: int, browse: Callable[..., TestClient]) -> None:
    stranger, ada = browse(), browse()
    assert stranger.get(f"/desk/groups/{formed}").headers["location"].startswith("/sign-in")
    world.sign_in(ada, "ada@example.org")
    for path in ("/desk/groups", f"/desk/groups/{formed}"):
        assert ada.get(path).status_code == 403
        assert ada.post(path, data={"act": "dismiss", "version": "1"}).status_code == 403
    assert stored(world, formed).state is State.DRAFT


# -- on their way ----------------------------------------------------------------------------------------------------


def answer(world: World, id: int, name: str, word: str) -> None:
    answers.answer(
        world.database, id, name, word, vocabulary=default_vocabulary(), links=world.site.links, now=world.clock()
    )


def test_groups_on_their_way_show_their_answers(world: World, cleo: TestClient, formed: int) -> None:
    assert "No group has been invited yet" in cleo.get("/desk/groups?tab=running").text
    press(cleo, formed, "approve")
    for name, word in (("grace", "yes"), ("ada", "yes"), ("ben", "no")):
        answer(world, formed, name, word)
    page = cleo.get("/desk/groups?tab=running").text
    assert "yes: 2 of 5" in page
    assert f'href="/desk/groups/{formed}"' in page
    one = text_of(cleo.get(f"/desk/groups/{formed}").text)
    assert "2 of 5 said yes" in one
    assert re.search(r"Ben Nursing .*? no ", one)
    assert "no answer yet" in one
    assert "Invited and running 1" in one or "Invited and running 1" in text_of(page)


def test_a_search_among_running_groups_looks_at_members(world: World, cleo: TestClient, formed: int) -> None:
    press(cleo, formed, "approve")
    assert f"/desk/groups/{formed}" in cleo.get("/desk/groups?tab=running&q=dora").text
    page = cleo.get("/desk/groups?tab=running&q=nobody").text
    assert f"/desk/groups/{formed}" not in page
    assert "No group fits this search" in page


def test_ended_groups_say_how_they_ended(world: World, cleo: TestClient, formed: int) -> None:
    assert "No group has ended yet" in cleo.get("/desk/groups?tab=ended").text
    press(cleo, formed, "approve")
    answer(world, formed, "grace", "no")
    assert stored(world, formed).state is State.DECLINED
    text = text_of(cleo.get("/desk/groups?tab=ended").text)
    assert "declined yes: 0 of 5" in text
    assert "said no" in text
    assert "Ended because said no" in text_of(cleo.get(f"/desk/groups/{formed}").text)


def test_an_erased_member_leaves_no_broken_page(world: World, cleo: TestClient, formed: int) -> None:
    press(cleo, formed, "approve")
    for name in ("grace", "ada", "ben", "dora", "eve"):
        answer(world, formed, name, "yes")
    assert stored(world, formed).parties[0].answer is Answer.YES
    people.erase(world.database, "ben", by="ben", links=world.site.links, now=world.clock())
    for path in ("/desk/groups?tab=running", "/desk/groups?show=approved", f"/desk/groups/{formed}"):
        page = cleo.get(path)
        assert page.status_code == 200
        assert "Ben" not in text_of(page.text)
