"""Looking back on the desk: outcomes and the audit log."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from markupsafe import escape
from starlette.testclient import TestClient

from matcher.domain.introductions import Outcome, State, pair
from matcher.domain.vocabulary import default_vocabulary
from matcher.storage import desk_log, desk_rounds
from matcher.workflow import answers, matching, outcomes, people, signup
from tests.web.world import World

HELP = {"helps_with": "goal.first_months", "capacity": "3"}
WANT = {"goals": "goal.first_months"}
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def cleo(world: World, browser: TestClient) -> TestClient:
    """The coordinator's browser."""
    world.coordinator()
    world.sign_in(browser, "cleo@example.org")
    return browser


@pytest.fixture
def stories(cleo: TestClient, world: World, clock: Any) -> TestClient:
    """Ada and Grace meet after three days and end well; Ben is refused; Dora is offered somebody."""
    by = world.coordinator("dan@example.org")
    for mentee in ("ada", "ben", "dora"):
        world.add(mentee, "mentee", **WANT)
    world.add("grace", "mentor", **HELP)
    means: dict[str, Any] = {"vocabulary": default_vocabulary(), "links": world.site.links}
    ids = {mentee: world.propose(mentee, "grace", by) for mentee in ("ada", "ben", "dora")}
    for id in ids.values():
        world.approve(by, id)
    for mentee in ("ada", "ben"):
        answers.pick(world.database, ids[mentee], mentee, now=clock(), **means)
    answers.answer(world.database, ids["ada"], "grace", "yes", now=clock(), **means)
    answers.answer(world.database, ids["ben"], "grace", "no", now=clock(), **means)
    world.tick(hours=1)
    clock.forward(days=3)
    outcomes.first_contact(world.database, ids["ada"], "ada", happened=True, links=world.site.links, now=clock())
    outcomes.close(
        world.database, ids["ada"], outcome="goals_reached", participant_id="ada", links=world.site.links, now=clock()
    )
    world.sign_in(cleo, "cleo@example.org")
    return cleo


def tiles(page: str) -> dict[str, str]:
    return dict(zip(re.findall(r"<dt>([^<]*)</dt>", page), re.findall(r"<dd>([^<]*)</dd>", page), strict=False))


# -- outcomes --------------------------------------------------------------------------------------------------------


def test_before_the_first_approval_the_page_says_what_will_come(cleo: TestClient) -> None:
    page = cleo.get("/desk/outcomes").text
    assert "Nothing has come of it yet" in page
    assert "<svg" not in page.split("<main")[1].split('class="empty"')[0]


def test_the_funnel_counts_how_far_pairs_came(stories: TestClient) -> None:
    page = stories.get("/desk/outcomes").text
    table = re.findall(
        r'<th scope="row">([^<]*)</th><td class="number">(\d+)</td><td class="number">([^<]*)</td>', page
    )
    assert [(count, share) for _label, count, share in table] == [
        ("3", "100%"),
        ("2", "67%"),
        ("1", "33%"),
        ("1", "33%"),
        ("1", "33%"),
        ("1", "33%"),
    ]
    assert 'role="img"' in page


def test_the_first_conversation_is_told_in_days(stories: TestClient) -> None:
    found = tiles(stories.get("/desk/outcomes").text)
    assert found["days to the first talk (median)"] == "3.0"
    assert found["under way now"] == "1"
    assert found["ended well"] == "1"


def test_how_it_ended_is_told_in_words(stories: TestClient) -> None:
    page = stories.get("/desk/outcomes").text
    assert re.search(r'They reached what they wanted</th><td class="number">1<', page)
    assert re.search(r'declined: said no</th><td class="number">1<', page)


def test_nothing_closed_yet_is_said(cleo: TestClient, world: World) -> None:
    by = world.coordinator("dan@example.org")
    world.add("ada", "mentee", **WANT)
    world.add("grace", "mentor", **HELP)
    world.approve(by, world.propose("ada", "grace", by))
    page = cleo.get("/desk/outcomes").text
    assert "None has been closed yet." in page
    assert tiles(page)["days to the first talk (median)"] == "–"


# -- the log ---------------------------------------------------------------------------------------------------------


def records(page: str) -> list[tuple[str, str, str]]:
    """(who, what, about) of each row, as read."""
    found = []
    for row in re.findall(r"<tr data-row[^>]*>(.*?)</tr>", page, re.S):
        cells = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
        found.append((cells[1], cells[2], cells[3]))
    return found


def test_the_log_says_who_did_what_to_what_newest_first(stories: TestClient) -> None:
    page = stories.get("/desk/log").text
    assert records(page)[0] == ("Cleo", "signed in", "the site")
    assert ("Ada", "closed", "Ada, Grace") in records(page)
    assert ("Cleo", "approved; the mentee may choose", "Ben, Grace") in records(page)
    assert ("by itself", "introduced; contacts shared", "Ada, Grace") in records(page)


FILTERS: dict[str, Callable[[tuple[str, str, str]], bool]] = {
    "act=pick": lambda r: r[1] == "the mentee chose",
    "actor=participant": lambda r: r[0] in ("Ada", "Ben", "Grace"),
    "actor=coordinator": lambda r: r[0] in ("Cleo", "test"),
    "actor=system": lambda r: r[0] == "by itself",
    "about=introduction": lambda r: r[2].endswith(", Grace"),
    "about=participant:ada": lambda r: r[2] == "Ada",
    "about=participant&actor=coordinator&act=import": lambda r: r[1] == "imported",
}


def test_filters_find_the_right_records(stories: TestClient) -> None:
    everything = records(stories.get("/desk/log").text)
    for query, holds in FILTERS.items():
        found = records(stories.get(f"/desk/log?{query}").text)
        assert found, query
        assert all(map(holds, found)), query
        if ":" not in query and "&" not in query and query != "actor=coordinator":
            assert len(found) == sum(map(holds, everything)), query


def test_nothing_found_is_said(stories: TestClient) -> None:
    for query in ("act=nonsense", "about=participant:nobody", "about=introduction:x"):
        assert "Nothing is recorded here" in stories.get(f"/desk/log?{query}").text, query


def test_nonsense_counts_as_not_chosen(stories: TestClient) -> None:
    everything = records(stories.get("/desk/log").text)
    for query in ("about=nonsense:1", "actor=x", "act=%00", "page=99", "about=%27;--"):
        assert records(stories.get(f"/desk/log?{query}").text) == everything, query


def test_records_lead_to_what_they_are_about(stories: TestClient, world: World) -> None:
    page = stories.get("/desk/log").text
    assert 'data-open href="/desk/people/ada"' in page
    assert re.search(r'data-open href="/desk/introductions/\d+"', page)
    people.erase(world.database, "ada", by="cleo", links=world.site.links, now=world.clock())
    page = stories.get("/desk/log").text
    assert 'href="/desk/people/ada"' not in page
    assert "Ada" not in page


def test_long_logs_have_pages(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee")
    for _turn in range(30):
        signup.pause(world.database, "ada", links=world.site.links, now=world.clock())
        signup.resume(world.database, "ada", now=world.clock())
    page = cleo.get("/desk/log?about=participant").text
    assert len(records(page)) == 50
    assert "61 records" in page
    assert len(records(cleo.get("/desk/log?about=participant&page=1").text)) == 11


def test_names_stay_words(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee", name=HOSTILE)
    signup.pause(world.database, "ada", links=world.site.links, now=world.clock())
    for path in ("/desk/log", "/desk/log?about=participant:ada"):
        page = cleo.get(path).text
        assert HOSTILE not in page
        assert str(escape(HOSTILE)) in page


def test_the_file_holds_just_the_records_found(stories: TestClient, world: World) -> None:
    answer = stories.post("/desk/log?about=participant:ada", data={"act": "export", "as": "csv"})
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert table
    assert {row["object"] for row in table} == {"participant:ada"}
    whole = stories.post("/desk/log", data={"as": "json"}).json()
    with world.database.read() as session:
        assert len(whole) == desk_log.records_page(session).count - 1  # the export itself came after
    assert whole[0]["act"] == "export"


# -- what the outcomes teach -----------------------------------------------------------------------------------------


def test_thin_evidence_is_told_as_a_sentence_in_the_reader_s_language(stories: TestClient) -> None:
    page = stories.get("/desk/outcomes").text
    assert "No other weights are proposed" not in page
    [link] = re.findall(r'href="(/desk/outcomes\?weights=yes#weights)"', page)
    page = stories.get(link).text
    assert "2 pairs have an outcome that says something about the two. Good ones among them: 1." in page
    assert "The reason: 2 pairs with an outcome are too few to learn from; at least 100 are needed." in page
    assert (
        "2 parejas con un resultado son muy pocas para aprender"
        in stories.get("/desk/outcomes?weights=yes&lang=es").text
    )
    assert stories.post("/desk/outcomes", data={"list": "weights", "as": "csv"}).status_code == 422


def test_the_pairs_are_a_file_that_learn_reads(stories: TestClient) -> None:
    answer = stories.post("/desk/outcomes", data={"list": "pairs", "as": "csv"})
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["mentee_id"], row["outcome"]) for row in table] == [("ada", "goals_reached"), ("ben", "no")]
    assert {"contribution_skills", "weight_text"} <= set(table[0])


@pytest.fixture
def taught(cleo: TestClient, world: World) -> TestClient:
    """120 mentees whose good ends follow the goals; half of them were given somebody for the place of work instead."""
    goals, places = (
        ("goal.first_months", "goal.specialise_grief"),
        ("setting.crisis_line_988", "setting.text_chat_line"),
    )
    helps = [(goal, place) for goal in goals for place in places]
    for n, (goal, place) in enumerate(helps * 3):
        world.add(f"mentor{n}", "mentor", helps_with=goal, settings=place, capacity="1")
    closed = {"state": State.CLOSED, "approved_at": world.clock(), "introduced_at": world.clock()}
    with_outcome = []
    for n in range(120):
        goal, place = helps[n % 4]
        world.add(f"mentee{n}", "mentee", goals=goal, settings=place)
        mentor = (n * 5 + n // 4) % 12
        suits = helps[mentor % 4][0] == goal
        good = suits != (n % 9 == 0)
        outcome = Outcome.GOALS_REACHED if good else Outcome.NOT_A_FIT
        with_outcome.append(pair(f"mentee{n}", f"mentor{mentor}", outcome=outcome, **closed))
    with world.database.write() as session:
        session.add_all(with_outcome)
    world.sign_in(cleo, "cleo@example.org")
    return cleo


def test_a_proposal_shows_both_weights_and_leads_to_a_file_and_to_a_what_if(taught: TestClient, world: World) -> None:
    id = matching.request_round(world.database, by="cleo", now=world.clock())
    matching.run_round(world.database, id, vocabulary=default_vocabulary(), now=world.clock())
    page = taught.get("/desk/outcomes?weights=yes").text
    row = r"<th [^>]*>Goals</th><td [^>]*>(\d+) ?%</td><td [^>]*><strong>(\d+) ?%</strong>"
    [(current, proposed)] = re.findall(row, page)
    assert int(proposed) > int(current) == 16
    assert re.search(r"a good pair stands above another one in \d+ ?% of cases", page)
    file = taught.post("/desk/outcomes", data={"list": "weights", "as": "csv"})
    weights = {row["block"]: float(row["weight"]) for row in csv.DictReader(io.StringIO(file.text))}
    assert sum(weights.values()) == pytest.approx(1)
    assert round(100 * weights["goals"]) == int(proposed)
    [trial] = re.findall(rf'href="(/desk/rounds/{id}/whatif\?[^"]*)"', page)
    form = taught.get(trial.replace("&amp;", "&")).text
    assert f'name="weight_goals" value="{100 * weights["goals"]:.1f}"' in re.sub(r' (id|type|class)="[^"]*"', "", form)
    with world.database.read() as session:
        assert desk_rounds.latest_with_result(session).weights["goals"] == pytest.approx(0.16)  # nothing was applied
