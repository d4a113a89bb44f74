"""What if, on the desk: settings changed, the difference told, and a round that keeps them."""

import re

import pytest
from starlette.testclient import TestClient

from matcher.domain.vocabulary import default_vocabulary
from matcher.storage import desk_rounds
from matcher.workflow import matching
from tests.web.pressing import forms, text_of
from tests.web.world import World

CHAT, FIRST = "goal.skill_text_chat", "goal.first_months"


@pytest.fixture
def cleo(world: World, browser: TestClient) -> TestClient:
    """The coordinator's browser; Ada and Ben each have a mentor who suits them, Dora has nobody."""
    world.coordinator()
    world.sign_in(browser, "cleo@example.org")
    world.add("ada", "mentee", goals=FIRST, settings="setting.crisis_line_988")
    world.add("ben", "mentee", goals=CHAT)
    world.add("dora", "mentee", goals=CHAT, languages="lang.fr")
    world.add("grace", "mentor", helps_with=FIRST, settings="setting.crisis_line_988", capacity="1")
    world.add("hedy", "mentor", helps_with=CHAT, skills="skill.text_chat_counselling=4", capacity="1")
    return browser


@pytest.fixture
def round_(cleo: TestClient, world: World) -> int:
    """A round that waits for review."""
    asked = {"mode": "choose", "objective": "total", "suggestions": "2"}
    return run(world, cleo.post("/desk/rounds", data=asked))


def run(world: World, answer) -> int:
    """A worker's turn with the round that was asked for; returns its id."""
    assert answer.status_code == 303, re.findall('class="error"[^>]*>(.*?)</p>', answer.text, re.S)
    id = int(answer.headers["location"].rsplit("/", 1)[1])
    matching.run_round(world.database, id, vocabulary=default_vocabulary(), now=world.clock())
    return id


def untouched(cleo: TestClient, round_: int) -> dict[str, str]:
    """The form as the page shows it."""
    [fields] = [f for f in forms(cleo.get(f"/desk/rounds/{round_}/whatif").text) if "weight_skills" in f]
    return fields


def to_keep(page: str) -> dict[str, str]:
    """The form that starts a round with the settings of the answer."""
    [fields] = [f for f in forms(page) if "weight_skills" in f and "name" in f]
    return fields


def ask(cleo: TestClient, round_: int, status: int = 200, **changes: str) -> str:
    """The page that answers, with some of the settings changed."""
    answer = cleo.get(f"/desk/rounds/{round_}/whatif", params={**untouched(cleo, round_), **changes})
    assert answer.status_code == status
    return answer.text


def pairs(world: World, round_: int) -> dict[str, str]:
    with world.database.read() as session:
        return {mentee: mentor for mentee, (mentor, _) in desk_rounds.first_pairs(session, round_).items()}


def test_the_round_leads_to_the_question_and_the_form_holds_its_settings(cleo: TestClient, round_: int) -> None:
    assert f'href="/desk/rounds/{round_}/whatif"' in cleo.get(f"/desk/rounds/{round_}").text
    page = cleo.get(f"/desk/rounds/{round_}/whatif").text
    assert untouched(cleo, round_)["weight_skills"] == "28"
    assert "What would be different" not in page


def test_the_same_settings_change_nothing(cleo: TestClient, round_: int) -> None:
    assert "No pair would change." in ask(cleo, round_)


def test_a_place_less_shows_who_loses_it_and_by_how_much(cleo: TestClient, world: World, round_: int) -> None:
    assert pairs(world, round_) == {"ada": "grace", "ben": "hedy"}
    page = ask(cleo, round_, places="Grace = 0\nhedy = 1")
    said = text_of(page)
    assert "would lose the place" in said
    assert re.search(r"2 → becomes 1 of 3", said)
    assert "Start a round with these settings" in page


def test_a_rule_left_out_is_a_question_only(cleo: TestClient, world: World, round_: int) -> None:
    page = ask(cleo, round_, ignore="language", places="hedy = 2")
    said = text_of(page)
    assert "1 mentee would have somebody who has nobody now." in said
    assert re.search(r"2 → becomes 3 of 3", said)
    assert "This is a question only" in said
    assert "Start a round" not in page
    sent = {**untouched(cleo, round_), "ignore": "language"}
    answer = cleo.post(f"/desk/rounds/{round_}/whatif", data=sent)
    assert answer.status_code == 422
    assert "A round keeps every rule" in answer.text


def test_what_is_kept_is_a_round_with_these_settings(cleo: TestClient, world: World, round_: int) -> None:
    page = ask(cleo, round_, objective="fair", weight_text="50", pinned="Ada = Hedy", forbidden="ben = Hedy",
               places="grace = 0")  # fmt: skip
    sent = {**to_keep(page), "name": "with less"}
    id = run(world, cleo.post(f"/desk/rounds/{round_}/whatif", data=sent))
    assert pairs(world, id) == {"ada": "hedy"}
    with world.database.read() as session:
        kept, before = desk_rounds.round_of(session, id), desk_rounds.round_of(session, round_)
    assert (kept.name, kept.objective, kept.mode, kept.suggestions) == ("with less", "fair", before.mode, 2)
    assert kept.weights["text"] > 0.3
    assert kept.options == {
        "pinned": [["ada", "hedy"]], "forbidden": [["ben", "hedy"]], "capacity": {"grace": 0},
    }  # fmt: skip
    again = untouched(cleo, id)
    assert (again["pinned"], again["forbidden"], again["places"]) == ("Ada = Hedy", "Ben = Hedy", "Grace = 0")
    assert "No pair would change." in ask(cleo, id)


def test_whoever_is_moved_by_a_pin_is_told_with_both_mentors(cleo: TestClient, round_: int) -> None:
    said = text_of(ask(cleo, round_, pinned="ada = hedy"))
    assert "2 mentees would have another mentor. 0 mentees gain by it, 2 lose." in said
    assert re.search(r"Who would lose by another mentor .*Ada Grace Hedy 0\.\d\d → becomes 0\.\d\d −0\.\d\d", said)
    assert "Ben Hedy Grace" in said


def test_a_question_answers_what_the_kept_round_then_finds(cleo: TestClient, world: World, round_: int) -> None:
    page = ask(cleo, round_, pinned="ada = hedy", weight_goals="90")
    id = run(world, cleo.post(f"/desk/rounds/{round_}/whatif", data=to_keep(page)))
    with world.database.read() as session:
        total = desk_rounds.round_of(session, id).certificate["total"]
    assert f"becomes {total:.2f}" in text_of(page)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("places", "Grace = 1\nNobody Known = 2", "Line 2: There is no mentor Nobody Known"),
        ("places", "Grace = many", "Line 1: The number of places is a whole number"),
        ("places", "Grace = -1", "Line 1: The number of places is a whole number"),
        ("places", "Grace 2", "Line 1: Please write two things"),
        ("pinned", "Ada = Grace\n\nDora = Hedy", "Line 3: They do not share the language"),
        ("pinned", "Grace = Ada", "Line 1: There is no mentee Grace"),
        ("pinned", "Ada = Grace\nBen = Grace", "Line 2: Grace has no further place."),
        ("pinned", "Ada = Grace\nAda = Hedy", "Line 2: Ada stands here twice."),
        ("forbidden", "<b>x</b> = Grace", "Line 1: There is no mentee <b>x</b>"),
        ("weight_goals", "heavy", "A weight is a number from 0 to 1000."),
        ("objective", "best", "Please choose one of the ways"),
        ("ignore", "blocked", "Please choose one of the ways"),
        ("places", "x" * 6000, "at most 5000 characters"),
    ],
)
def test_what_cannot_be_asked_is_told_where_it_stands(
    cleo: TestClient, round_: int, field: str, value: str, told: str
) -> None:
    page = ask(cleo, round_, 422, **{"weight_text": "7", field: value})
    assert told in text_of(page)
    assert f'href="#{field}"' in page
    assert 'value="7"' in page
    assert "<b>x</b>" not in page


def test_a_pair_that_may_not_be_cannot_be_pinned(cleo: TestClient, round_: int) -> None:
    page = ask(cleo, round_, 422, pinned="ada = grace", forbidden="ada = grace")
    assert "The coordinator ruled this pair out." in text_of(page)


def test_of_two_with_one_name_the_id_tells_who(cleo: TestClient, world: World, round_: int) -> None:
    world.add("grace2", "mentor", name="Grace", helps_with=FIRST)
    assert "Several people are called Grace" in text_of(ask(cleo, round_, 422, places="Grace = 0"))
    ask(cleo, round_, places="grace2@example.org = 0")


def test_a_name_that_is_too_long_keeps_the_answer(cleo: TestClient, round_: int) -> None:
    sent = {**untouched(cleo, round_), "name": "x" * 200, "places": "grace = 0"}
    answer = cleo.post(f"/desk/rounds/{round_}/whatif", data=sent)
    assert answer.status_code == 422
    assert 'id="error-name"' in answer.text
    assert "would lose the place" in text_of(answer.text)


def test_when_nobody_is_looking_the_page_says_so(cleo: TestClient, world: World, round_: int) -> None:
    with world.database.write() as session:
        from matcher.domain.people import Participant, Standing

        for mentee in ("ada", "ben", "dora"):
            session.get(Participant, mentee).status = Standing.PAUSED
    world.add("eve", "mentor", helps_with=FIRST)  # whatever changes leaves a record
    assert "Nobody is looking" in ask(cleo, round_)


def test_names_are_no_markup_and_changes_of_people_are_seen(cleo: TestClient, world: World, round_: int) -> None:
    ask(cleo, round_)
    world.add("x", "mentor", name="<img src=x>", helps_with=CHAT, languages="lang.fr", capacity="1")
    page = ask(cleo, round_, weight_goals="90", weight_skills="0")
    assert "<img src=x>" not in page
    assert "No pair would change." in page  # both sides are for the people as they are now
    lost = ask(cleo, round_, places="x = 0")
    assert "&lt;img src=x&gt;" in lost
    assert "would lose the place" in text_of(lost)


@pytest.mark.parametrize("path", ["/desk/rounds/999/whatif", "/desk/rounds/x/whatif"])
def test_there_is_no_question_without_a_round(cleo: TestClient, path: str) -> None:
    assert cleo.get(path).status_code == 404
    assert cleo.post(path, data={}).status_code == 404


def test_rounds_of_groups_have_no_such_page(cleo: TestClient, world: World) -> None:
    id = matching.request_round(world.database, by="cleo", now=world.clock(), kind="groups")
    assert cleo.get(f"/desk/rounds/{id}/whatif").status_code == 404


def test_strangers_see_nothing(cleo: TestClient, round_: int, browse) -> None:
    assert browse().get(f"/desk/rounds/{round_}/whatif").status_code in (303, 403, 404)


# -- kept ones side by side --------------------------------------------------------------------------------------------


def compared(page: str) -> dict[str, list[str]]:
    """The cells of each row by its label."""
    body = page.split('<table class="compare snug">')[1].split("</table>")[0]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', body, re.S)
    return {text_of(label): [text_of(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", cells, re.S)]
            for label, cells in rows}  # fmt: skip


def test_one_round_alone_is_nothing_to_compare(cleo: TestClient, round_: int) -> None:
    assert "Nothing to compare yet" in cleo.get("/desk/rounds/compare").text
    assert "/desk/rounds/compare" not in cleo.get("/desk/rounds").text
    assert "/desk/rounds/compare" not in cleo.get(f"/desk/rounds/{round_}").text


def test_kept_scenarios_stand_side_by_side_and_one_of_them_is_published(
    cleo: TestClient, world: World, round_: int
) -> None:
    kept = []
    for changes in ({"pinned": "ada = hedy"}, {"places": "grace = 0", "weight_text": "50"}):
        sent = {**to_keep(ask(cleo, round_, **changes)), "name": next(iter(changes))}
        kept.append(run(world, cleo.post(f"/desk/rounds/{round_}/whatif", data=sent)))
    for path in ("/desk/rounds", f"/desk/rounds/{round_}"):
        assert 'href="/desk/rounds/compare"' in cleo.get(path).text
    page = cleo.get("/desk/rounds/compare").text
    found = compared(page)
    with world.database.read() as session:
        proofs = [desk_rounds.round_of(session, id).certificate for id in (round_, *kept)]
    assert found["Mentees matched"] == ["2 of 3", "2 of 3", "1 of 3"]
    assert found["Coverage"] == ["67%", "67%", "33%"]
    assert found["Total affinity"] == [f"{proof['total']:.2f}" for proof in proofs]
    assert found["Lowest affinity of a pair"] == [f"{proof['lowest']:.2f}" for proof in proofs]
    assert found[f"Mentees with another mentor than in round {round_}"] == ["–", "2", "0"]
    assert found[f"Matched in round {round_}, not here"] == ["–", "0", "1"]
    assert found["Weight: Own words"][0] == found["Weight: Own words"][1] == "5%"
    assert found["Weight: Own words"][2] == "34%"
    assert found["Pairs that must be"] == ["0", "1", "0"]
    assert found["Mentors with fewer places"] == ["0", "0", "1"]
    assert "Pairs that must not be" not in found
    answer = cleo.post(f"/desk/rounds/{kept[0]}", data=to_publish(page)[kept[0]])
    assert answer.headers["location"].endswith(f"/desk/rounds/{kept[0]}")
    with world.database.read() as session:
        states = [desk_rounds.round_of(session, id).state.value for id in (round_, *kept)]
    assert states == ["discarded", "published", "discarded"]
    assert "Nothing to compare yet" in cleo.get("/desk/rounds/compare").text


def to_publish(page: str) -> dict[int, dict[str, str]]:
    """The forms that publish, by round."""
    ids = [int(id) for id in re.findall(r'action="/desk/rounds/(\d+)"', page)]
    return dict(zip(ids, [f for f in forms(page) if f.get("act") == "publish"], strict=True))
