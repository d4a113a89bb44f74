"""Supply and demand on the desk."""

import csv
import io
import re

import pytest
from markupsafe import escape
from starlette.testclient import TestClient

from matcher.domain.vocabulary import default_vocabulary
from matcher.workflow import matching
from tests.web.world import World

GRIEF = "goal.specialise_grief"
MONTHS = "goal.first_months"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def cleo(world: World, browser: TestClient) -> TestClient:
    """The coordinator's browser."""
    world.coordinator()
    world.sign_in(browser, "cleo@example.org")
    return browser


@pytest.fixture
def lacking(cleo: TestClient, world: World) -> TestClient:
    """Two mentees want help with grief and nobody can give it; one wants to get through the first months, and can."""
    world.add("ada", "mentee", goals=GRIEF)
    world.add("ben", "mentee", goals=f"{GRIEF}; {MONTHS}")
    world.add("grace", "mentor", helps_with=MONTHS, capacity="3", skills="skill.documentation=1")
    return cleo


def rows(page: str) -> list[list[str]]:
    """Goal, waiting, free places, wanted by, mentors of each row of the table."""
    body = re.findall(r'<table class="demand.*?<tbody.*?>(.*?)</tbody>', page, re.S)[0]
    found = []
    for row in re.findall(r"<tr.*?</tr>", body, re.S):
        found.append([*re.findall(r"data-open[^>]*>([^<]*)</a>", row), *re.findall(r'class="number">(\d+)<', row)])
    return found


def label(id: str) -> str:
    return default_vocabulary()[id].label


def test_an_empty_pool_says_what_will_stand_here(cleo: TestClient) -> None:
    page = cleo.get("/desk/demand").text
    assert "Nothing to compare yet" in page
    assert "<table" not in page


def test_what_is_lacking_most_comes_first(lacking: TestClient) -> None:
    page = lacking.get("/desk/demand").text
    assert rows(page) == [[label(GRIEF), "2", "0", "2", "0"], [label(MONTHS), "1", "3", "1", "1"]]
    assert "2 lacking" in page
    assert f"/desk/people?goal={GRIEF}" in page


def test_long_lists_are_folded_and_nothing_of_them_is_left_out(cleo: TestClient, world: World) -> None:
    goals = [term.id for term in default_vocabulary().terms("goals")][:12]
    for n, goal in enumerate(goals):
        world.add(f"ada{n}", "mentee", goals=goal)
    page = cleo.get("/desk/demand").text
    head, rest = page.split('<details class="rest">')
    shown, folded = (re.findall(r"/desk/people\?goal=([\w.]+)", part) for part in (head, rest))
    assert len(shown) == 8
    assert sorted(shown + folded) == sorted(goals)
    assert "4 more goals" in rest
    assert re.findall(r'<ol class="recruits" start="(\d+)">', page) == ["1", "4"]


def test_the_bars_stand_for_the_numbers(lacking: TestClient) -> None:
    page = lacking.get("/desk/demand").text
    pairs = re.findall(r'<td role="cell" class="bars">(.*?)</td>', page, re.S)
    widths = [
        [(kind, float(w)) for kind, w in re.findall(r'bar bar-(left|right)" x="[\d.]+%" width="([\d.]+)%"', p)]
        for p in pairs
    ]
    assert widths == [[("left", 33.33)], [("left", 16.67), ("right", 50.0)]]


def test_whom_to_look_for_is_a_sentence_with_the_skills_it_takes(lacking: TestClient) -> None:
    page = lacking.get("/desk/demand").text
    recruits = re.findall(r'<ol class="recruits"[^>]*>(.*?)</ol>', page, re.S)[0]
    assert f"Somebody for “{label(GRIEF)}”." in recruits
    assert "2 mentees wait;" in recruits
    assert "there is no free place." in recruits
    needed = default_vocabulary()[GRIEF].offers
    assert needed is not None
    assert all(str(escape(label(skill))) in recruits for skill in needed.skills_essential)
    assert label(MONTHS) not in recruits


def test_where_nobody_is_lacking_it_says_so(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee", goals=MONTHS)
    world.add("grace", "mentor", helps_with=MONTHS, capacity="3")
    assert "There are enough free places" in cleo.get("/desk/demand").text


def test_goals_that_cannot_be_counted_are_named(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee", goals="rowing across a lake")
    world.add("ben", "mentee", goals="")
    world.add("dora", "mentee", goals=HOSTILE)
    page = cleo.get("/desk/demand").text
    assert "1 mentee names no goal at all" in page
    assert "rowing across a lake" in page
    assert HOSTILE not in page
    assert str(escape(HOSTILE)) in page


def test_the_prices_of_the_last_round_are_told_in_plain_words(cleo: TestClient, world: World) -> None:
    for mentee in ("ada", "ben"):
        world.add(mentee, "mentee", goals=MONTHS, settings="setting.crisis_line_988")
    world.add("grace", "mentor", name=HOSTILE, helps_with=MONTHS, capacity="1", settings="setting.crisis_line_988")
    id = matching.request_round(world.database, by="cleo", now=world.clock())
    assert "One more place" not in cleo.get("/desk/demand").text
    matching.run_round(world.database, id, vocabulary=default_vocabulary(), now=world.clock())
    page = cleo.get("/desk/demand").text
    like = 'One more place with somebody like <a href="/desk/people/grace"><bdi>&lt;img'
    [gain] = re.findall(like + r".*?</a> would raise the total by (0\.\d\d)\.", page)
    assert float(gain) > 0
    assert f"/desk/rounds/{id}" in page


def test_the_file_holds_the_goals_in_the_same_order(lacking: TestClient) -> None:
    answer = lacking.post("/desk/demand", data={"as": "csv"})
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["goal_id"], row["waiting"], row["lacking"]) for row in table] == [
        (GRIEF, "2", "2"),
        (MONTHS, "1", "0"),
    ]
    assert "supply-and-demand" in answer.headers["content-disposition"]


def test_the_page_speaks_spanish_about_goals(lacking: TestClient) -> None:
    assert str(escape(default_vocabulary()[GRIEF].label_in("es"))) in lacking.get("/desk/demand?lang=es").text


def test_the_kinds_who_would_help_most_are_worked_out_when_asked_for(lacking: TestClient) -> None:
    page = lacking.get("/desk/demand").text
    assert "Who would help the next round most" not in page
    [link] = re.findall(r'href="(/desk/demand\?kinds=yes#kinds)"', page)
    page = lacking.get(link).text
    kinds = re.findall(r'aria-labelledby="kinds">(.*?)</section>', page, re.S)[0]
    assert f"<strong>Glad to help with “{label(GRIEF)}”.</strong>" in kinds
    assert "Those who have a mentor would fit better." in kinds
    [gain] = re.findall(r"would add up to (0\.\d\d) more", kinds)
    assert float(gain) > 0
    assert str(escape(default_vocabulary()[GRIEF].label_in("es"))) in lacking.get("/desk/demand?kinds=yes&lang=es").text


def test_a_kind_for_somebody_who_waits_says_how_many_more_would_have_a_mentor(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee", goals=GRIEF)
    world.add("ben", "mentee", goals=MONTHS)
    page = cleo.get("/desk/demand?kinds=yes").text
    assert page.count("1 more mentee would have a mentor.") == 2
    assert page.count("They could help 2 mentees who have nobody now.") == 2


def test_where_nobody_would_help_the_page_says_so(cleo: TestClient, world: World) -> None:
    world.add("grace", "mentor", helps_with=MONTHS, capacity="3")
    assert "No kind of mentor would add anything" in cleo.get("/desk/demand?kinds=yes").text
