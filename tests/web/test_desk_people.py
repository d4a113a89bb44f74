"""People on the desk: the list and its file, one person's page, changing a profile, bringing in a list."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape
from sqlalchemy import func, select
from starlette.testclient import TestClient

from matcher.domain.introductions import State
from matcher.domain.letters import LetterKind
from matcher.domain.people import ConsentKind, Participant, Standing
from matcher.domain.profiles import Profile, read_answers
from matcher.domain.vocabulary import default_vocabulary
from matcher.files.reading import read_profiles
from matcher.files.writing import xlsx_bytes
from matcher.storage import desk_introductions, desk_log, introductions
from matcher.storage import people as rows
from matcher.storage.mapping import audit, consents, letters, participants
from matcher.workflow import people, signup, uploads
from tests.web.pressing import text_of
from tests.web.world import World
from web.desk import importing
from web.desk.words import id_of, key_of
from web.joining import CONSENTS

HELP = {"helps_with": "goal.first_months", "settings": "setting.crisis_line_988", "capacity": "1"}
WANT = {"goals": "goal.first_months", "settings": "setting.crisis_line_988"}
HOSTILE = "<img src=x onerror=alert(1)>\"'&{{ 7 * 7 }}"
IMPORT = "/desk/people/import"


@pytest.fixture
def cleo(world: World, browser: TestClient) -> TestClient:
    """The coordinator's browser."""
    world.coordinator()
    world.sign_in(browser, "cleo@example.org")
    return browser


def names(page: str) -> list[str]:
    """Names in the list, in order."""
    return re.findall(r'data-open href="/desk/people/[^"]*"><bdi>(.*?)</bdi>', page)


def listed(cleo: TestClient, query: str = "") -> list[str]:
    answer = cleo.get(f"/desk/people?{query}")
    assert answer.status_code == 200
    return names(answer.text)


def person(world: World, id: str) -> Participant:
    with world.database.read() as session:
        return rows.participant(session, id)


def said(cleo: TestClient, answer: Any) -> str:
    """The page that a redirect leads to."""
    assert answer.status_code == 303, answer.text
    return cleo.get(answer.headers["location"]).text


def unconfirmed(world: World, id: str = "nell", *, agreed: bool = True) -> str:
    """Somebody who signed up and has not confirmed the address."""
    answers = {"role": "mentee", "name": id.title(), "email": f"{id}@example.org", "languages": "lang.en"}
    how: dict[str, Any] = {"vocabulary": default_vocabulary(), "links": world.site.links, "now": world.clock()}
    if agreed:
        return signup.sign_up(world.database, answers, {"matching": "yes"}, language="en", **how)
    profile = read_answers({**answers, "id": id}, default_vocabulary())
    people.import_profiles(world.database, [profile], by="test", now=world.clock(), links=world.site.links)
    return id


# -- the list --------------------------------------------------------------------------------------------------------


def test_an_empty_programme_says_what_to_do(cleo: TestClient) -> None:
    page = cleo.get("/desk/people").text
    assert "Nobody is here yet" in page
    assert IMPORT in page


def test_everybody_stands_there_by_name(cleo: TestClient, world: World) -> None:
    world.add("a", "mentor", name="Zoë")
    world.add("b", "mentee", name="Ángel")
    world.add("c", "both", name="berta")
    assert listed(cleo) == ["Ángel", "berta", "Zoë"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("role=mentees", "Ada Both"),
        ("role=mentors", "Both Grace"),
        ("role=both", "Both"),
        ("role=nonsense", "Ada Both Grace"),
        ("status=paused", ""),
        ("status=active", "Ada Both Grace"),
        ("status=nonsense", "Ada Both Grace"),
        ("stage=stage.senior", "Both Grace"),
        ("language=lang.pl", "Grace"),
        ("region=region.US", "Ada Both"),
        ("region=region.US-NY", "Ada"),
        ("region=region.CA-ON", "Grace"),
        ("goal=goal.first_months", "Ada Grace"),
        ("goal=goal.conference_talk", "Both"),
        ("waiting=yes", "Ada Both"),
        ("waiting=yes&region=region.US-CA", "Both"),
        ("q=grace@example", "Grace"),
        ("q=words+of+ad", "Ada"),
        ("q=ELMSWORTH", "Grace"),
        ("q=nobody", ""),
        ("goal=goal.first", ""),
        ("page=99", "Ada Both Grace"),
        ("page=-1&sort=x&goal=%00", "Ada Both Grace"),
    ],
)
def test_filters_find_the_right_people(cleo: TestClient, world: World, query: str, found: str) -> None:
    world.add("ada", "mentee", region="region.US-NY", **WANT)
    world.add("both", "both", region="region.US-CA", goals="goal.conference_talk", stage="stage.senior")
    world.add("grace", "mentor", region="region.CA-ON", languages="lang.en; lang.pl", employer="Elmsworth", **HELP)
    assert listed(cleo, query) == found.split()


def test_the_standing_is_a_tab_with_its_count(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee")
    world.add("ben", "mentee")
    signup.pause(world.database, "ben", links=world.site.links, now=world.clock())
    page = cleo.get("/desk/people").text
    assert re.search(r'status=paused"[^>]*>on a break <span class="count">1<', page)
    assert listed(cleo, "status=paused") == ["Ben"]


def test_who_has_waited_longest_comes_first(cleo: TestClient, world: World, clock: Any) -> None:
    for id in ("zora", "ada"):
        world.add(id, "mentee")
        clock.forward(days=20)
        world.sign_in(cleo, "cleo@example.org")
    world.add("grace", "mentor")
    assert listed(cleo, "sort=waiting") == ["Zora", "Ada", "Grace"]
    assert listed(cleo, "sort=newest") == ["Grace", "Ada", "Zora"]
    assert "1 month" in cleo.get("/desk/people").text


def test_whoever_is_offered_somebody_does_not_wait(cleo: TestClient, world: World) -> None:
    by = world.coordinator("dan@example.org")
    world.add("ada", "mentee", **WANT)
    world.add("ben", "mentee", **WANT)
    world.add("grace", "mentor", **HELP)
    world.approve(by, world.propose("ada", "grace", by))
    assert listed(cleo, "waiting=yes") == ["Ben"]


def test_the_place_in_line_is_shown_with_the_expected_wait(cleo: TestClient, world: World, clock: Any) -> None:
    for id in ("ada", "ben"):
        world.add(id, "mentee", **WANT)
        clock.forward(days=15)
    world.sign_in(cleo, "cleo@example.org")
    told = "number 2 in line, usual: not known yet"
    assert told in text_of(cleo.get("/desk/people?waiting=yes").text)
    assert told in text_of(cleo.get(f"/desk/people/{key_of('ben')}").text)
    today = text_of(cleo.get("/desk").text)
    assert re.search(r"Ada 30 days · number 1 in line, usual: not known yet", today)
    assert "number 2 in line" in today
    cleo.get("/desk?lang=es")
    assert "puesto 2 en la lista" in text_of(cleo.get("/desk/people?waiting=yes").text)


def test_letters_that_somebody_wants_no_more_are_named(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee")
    with world.database.write() as session:
        rows.participant(session, "ada").muted = ["check_ins", "reminders"]
    told = text_of(cleo.get(f"/desk/people/{key_of('ada')}").text)
    assert "No letters of questions about how it goes, reminders" in told


def test_long_lists_have_pages_that_keep_the_filters(cleo: TestClient, world: World) -> None:
    crowd = [
        read_answers(
            {"id": f"m{n:02}", "role": "mentee", "name": f"M{n:02}", "email": f"m{n}@example.org"}, default_vocabulary()
        )
        for n in range(60)
    ]
    people.import_profiles(world.database, crowd, by="t", now=world.clock(), confirmed=True)
    world.add("grace", "mentor")
    first = cleo.get("/desk/people?role=mentees").text
    assert len(names(first)) == 50
    assert "/desk/people?role=mentees&amp;page=1" in first
    assert listed(cleo, "role=mentees&page=1") == [f"M{n}" for n in range(50, 60)]


def test_a_search_keeps_what_was_chosen(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee", region="region.US-NY", **WANT)
    page = cleo.get("/desk/people?q=ad&role=mentees&region=region.US&goal=goal.first_months&waiting=yes").text
    assert 'name="q" value="ad"' in page
    for value in ("mentees", "region.US", "goal.first_months"):
        assert f'<option value="{value}" selected>' in page
    assert 'name="waiting" value="yes" checked' in page
    assert "United States: New York" in page


# -- the list as a file ----------------------------------------------------------------------------------------------


def exported(cleo: TestClient, query: str = "", form: str = "csv") -> Any:
    answer = cleo.post(f"/desk/people?{query}", data={"act": "export", "as": form})
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    return answer


def test_the_file_holds_just_whom_the_filters_find(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee", name="=cmd()", **WANT)
    world.add("ben", "mentee", goals="goal.conference_talk")
    world.add("grace", "mentor", **HELP)
    table = list(csv.DictReader(io.StringIO(exported(cleo, "goal=goal.first_months").text)))
    assert [row["id"] for row in table] == ["ada", "grace"]
    assert table[0]["name"] == "'=cmd()"
    assert [p["id"] for p in exported(cleo, "role=mentors", "json").json()] == ["grace"]
    assert [p["id"] for p in exported(cleo, "q=nobody", "json").json()] == []


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_the_file_can_be_brought_in_again(cleo: TestClient, world: World, tmp_path: Path, form: str) -> None:
    world.add("ada", "mentee", goals="goal.first_months; something of my own", avoid="=evil", referred_by="a friend")
    world.add("grace", "mentor", skills="skill.active_listening=4", text="Two\n\nparagraphs; and more")
    signup.pause(world.database, "grace", links=world.site.links, now=world.clock())
    path = tmp_path / f"people.{form}"
    path.write_bytes(exported(cleo, form=form).content)
    read = read_profiles(path)
    assert not read.problems
    assert read.profiles == people.export_profiles(world.database)


def test_taking_a_list_away_leaves_a_record(cleo: TestClient, world: World) -> None:
    exported(cleo)
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(audit).where(audit.c.object == "desk:people")) == 1


def test_an_unknown_format_is_refused(cleo: TestClient) -> None:
    assert cleo.post("/desk/people", data={"as": "exe"}).status_code == 422


# -- one person ------------------------------------------------------------------------------------------------------


def test_a_profile_is_told_in_words(cleo: TestClient, world: World) -> None:
    world.add(
        "ada",
        "both",
        skills="skill.active_listening=4; juggling",
        goals="goal.first_months",
        settings="setting.crisis_line_988",
        employer="Elmsworth",
        capacity="3",
        referred_by="a friend",
        text="First.\nSecond.",
    )
    page = cleo.get("/desk/people/ada").text
    for words in ("Active listening</bdi> · can teach it", "Elmsworth", "a friend", "0 of 3 places taken"):
        assert words in page
    assert '<li class="badge warm"><span><bdi>juggling</bdi>' in page
    assert "skill.active_listening" not in page
    assert "America/Chicago" in page
    assert re.search(r"Nothing said about:[^<]*Credentials", page)
    assert "Matching and letters about it" in page


@pytest.mark.parametrize("id", ["a b/c", "import", "ä", "~x", "a" * 150, "<b>", "..", "x;y"])
def test_any_id_has_a_page(cleo: TestClient, world: World, id: str) -> None:
    profile = Profile(
        id=id, role=read_answers({"id": "x", "role": "mentee"}, default_vocabulary()).role, email="x@y.org"
    )
    people.import_profiles(world.database, [profile], by="t", now=world.clock(), confirmed=True)
    [url] = re.findall(r'data-open href="(/desk/people/[^"]*)"', cleo.get("/desk/people").text)
    page = cleo.get(url)
    assert page.status_code == 200
    assert f"<h1><bdi>{escape(id)}</bdi></h1>" in page.text
    assert id_of(key_of(id)) == id


@pytest.mark.parametrize("key", ["nobody", "~", "~%00", "~////", "a%20b", "~bm9ib2R5", "x" * 300])
def test_nobody_is_404(cleo: TestClient, key: str) -> None:
    for path in (f"/desk/people/{key}", f"/desk/people/{key}/edit"):
        assert cleo.get(path).status_code == 404
        assert cleo.post(path, data={"act": "pause"}).status_code == 404


def test_an_unknown_act_changes_nothing(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee")
    assert cleo.post("/desk/people/ada", data={"act": "promote"}).status_code == 422


def test_introductions_letters_and_history_stand_on_the_page(cleo: TestClient, world: World) -> None:
    by = world.coordinator("dan@example.org")
    world.add("ada", "mentee", **WANT)
    world.add("grace", "mentor", **HELP)
    id = world.propose("ada", "grace", by)
    assert f"/desk/proposals/{id}" in cleo.get("/desk/people/ada").text
    world.approve(by, id)
    page = cleo.get("/desk/people/ada").text
    assert f"/desk/introductions/{id}" in page
    assert "the mentee is choosing" in page
    assert re.search(r"/desk/letters/\d+", page)
    assert "imported" in page
    assert ">Grace<" in page
    assert f"/desk/introductions/{id}" in cleo.get("/desk/people/grace").text


# -- the best mentors at this moment ---------------------------------------------------------------------------------


@pytest.fixture
def pool(cleo: TestClient, world: World) -> TestClient:
    """Ada, three mentors of whom the last works where she does."""
    world.add("ada", "mentee", employer="Elmsworth", **WANT)
    world.add("grace", "mentor", **HELP)
    world.add("hedy", "mentor", capacity="2")
    world.add("ines", "mentor", employer="Elmsworth", **HELP)
    return cleo


def mentors(page: str) -> list[str]:
    results = page[page.index('id="results"') : page.index('id="introductions"')]
    return names(results)


def test_the_nearest_allowed_mentors_come_first(pool: TestClient) -> None:
    page = pool.get("/desk/people/ada").text
    assert mentors(page) == ["Grace", "Hedy"]
    assert page.count('name="mentor"') == 2
    assert re.search(r'data-label="Free places" class="number">2<', page)


def test_a_rule_that_forbids_is_told_in_words(pool: TestClient) -> None:
    page = pool.get("/desk/people/ada?everybody=yes").text
    assert sorted(mentors(page)) == ["Grace", "Hedy", "Ines"]
    assert "Both work for the same employer." in page
    assert page.count('name="mentor"') == 2
    assert mentors(pool.get("/desk/people/ada?q=ines").text) == ["Ines"]
    assert "No mentor has these words." in pool.get("/desk/people/ada?q=zzz").text


def test_a_mentor_has_no_list_of_mentors(pool: TestClient) -> None:
    assert 'id="mentors"' not in pool.get("/desk/people/grace").text


@pytest.mark.parametrize("mode", ["choose", "assigned"])
def test_proposing_leads_to_the_new_proposal(pool: TestClient, world: World, mode: str) -> None:
    answer = pool.post("/desk/people/ada", data={"act": "propose", "mentor": "grace", "mode": mode})
    assert answer.status_code == 303
    with world.database.read() as session:
        draft = introductions.get(session, int(answer.headers["location"].rsplit("/", 1)[1]))
    assert answer.headers["location"] == f"/desk/proposals/{draft.id}"
    assert (draft.mentee_id, draft.mentor_id, draft.mode, draft.state) == ("ada", "grace", mode, State.DRAFT)
    assert not world.letters(LetterKind.SUGGESTIONS)


def test_proposing_a_forbidden_pair_tells_the_rule_and_writes_nothing(pool: TestClient, world: World) -> None:
    back = "/desk/people/ada?q=ines"
    answer = pool.post("/desk/people/ada", data={"act": "propose", "mentor": "ines", "back": back})
    assert answer.headers["location"] == back
    assert "Both work for the same employer." in said(pool, answer)
    with world.database.read() as session:
        assert not desk_introductions.counts_by_state(session)


def test_proposing_a_stranger_or_a_mentee_is_404(pool: TestClient, world: World) -> None:
    world.add("ben", "mentee")
    for mentor in ("nobody", "ben", "", "ada"):
        assert pool.post("/desk/people/ada", data={"act": "propose", "mentor": mentor}).status_code == 404
    assert pool.post("/desk/people/grace", data={"act": "propose", "mentor": "hedy"}).status_code == 404
    assert pool.post("/desk/people/ada", data={"act": "propose", "mentor": "grace", "mode": "x"}).status_code == 422


def test_whoever_has_somebody_is_not_ranked_unasked(pool: TestClient, world: World) -> None:
    by = world.coordinator("dan@example.org")
    world.approve(by, world.propose("ada", "grace", by))
    page = pool.get("/desk/people/ada").text
    assert "Something is under way already" in page
    assert 'name="mentor"' not in page
    assert "Hedy" in pool.get("/desk/people/ada?mentors=1").text


def test_nobody_is_looked_for_before_the_address_is_confirmed(cleo: TestClient, world: World) -> None:
    id = unconfirmed(world)
    assert "as soon as this person takes part" in cleo.get(f"/desk/people/{id}").text


# -- what can be done ------------------------------------------------------------------------------------------------


def test_confirming_on_ones_word_needs_a_reason(cleo: TestClient, world: World) -> None:
    id = unconfirmed(world)
    missing = cleo.post(f"/desk/people/{id}", data={"act": "confirm", "reason": " "})
    assert missing.status_code == 422
    assert "Say how you know that the address is right." in missing.text
    assert person(world, id).status is Standing.UNCONFIRMED
    page = said(cleo, cleo.post(f"/desk/people/{id}", data={"act": "confirm", "reason": "We spoke on the phone"}))
    assert "Confirmed" in page
    assert "We spoke" not in page
    assert person(world, id).status is Standing.ACTIVE


def test_nobody_is_confirmed_who_has_not_agreed(cleo: TestClient, world: World) -> None:
    unconfirmed(world, agreed=False)
    page = said(cleo, cleo.post("/desk/people/nell", data={"act": "confirm", "reason": "I know her"}))
    assert "has not agreed to be matched yet" in page
    assert person(world, "nell").status is Standing.UNCONFIRMED


def test_who_was_brought_in_agrees_where_the_address_is_confirmed(
    cleo: TestClient, world: World, browse: Callable[..., TestClient]
) -> None:
    unconfirmed(world, agreed=False)
    assert "nothing yet" in cleo.get("/desk/people/nell").text
    link, nell = world.link(LetterKind.CONFIRM_ADDRESS, "nell@example.org"), browse()
    page = nell.get(link).text
    assert "A coordinator has entered you here" in page
    assert 'name="consent_matching" value="yes">' in page  # nothing is ticked beforehand
    refused = nell.post(link)
    assert refused.status_code == 422
    assert "Without this one we may not look for anybody for you." in refused.text
    assert person(world, "nell").status is Standing.UNCONFIRMED
    world.clock.forward(hours=1)  # type: ignore[attr-defined]
    assert "You are in" in nell.post(link, data={"consent_matching": "yes"}).text
    assert person(world, "nell").status is Standing.ACTIVE
    with world.database.read() as session:
        [given] = session.execute(select(consents)).all()
    assert (given.participant_id, given.kind, given.given_at) == ("nell", ConsentKind.MATCHING, world.clock())
    assert given.text_hash == rows.digest("consent", CONSENTS["matching"])
    world.sign_in(cleo, "cleo@example.org")
    assert "Matching and letters about it" in cleo.get("/desk/people/nell").text
    assert "A coordinator has entered you here" not in nell.get(link).text


def test_the_confirmation_is_written_again_and_the_older_link_is_void(cleo: TestClient, world: World) -> None:
    id = unconfirmed(world)
    older = world.link(LetterKind.CONFIRM_ADDRESS, "nell@example.org")
    world.clock.forward(hours=1)  # type: ignore[attr-defined]
    world.sign_in(cleo, "cleo@example.org")
    assert "written once more" in said(cleo, cleo.post(f"/desk/people/{id}", data={"act": "ask_again"}))
    newer = world.link(LetterKind.CONFIRM_ADDRESS, "nell@example.org")
    assert newer != older
    cleo.post(older, data={"mine": "yes"})
    assert person(world, id).status is Standing.UNCONFIRMED
    cleo.post(newer, data={"mine": "yes"})
    assert person(world, id).status is Standing.ACTIVE
    assert "has been confirmed already" in said(cleo, cleo.post(f"/desk/people/{id}", data={"act": "ask_again"}))


def test_a_break_and_its_end(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee")
    page = said(cleo, cleo.post("/desk/people/ada", data={"act": "pause", "days": "30"}))
    assert "until December 24, 2026" in page
    assert "Bring back from the break" in page
    assert person(world, "ada").status is Standing.PAUSED
    assert cleo.post("/desk/people/ada", data={"act": "pause", "days": "7"}).status_code == 422
    said(cleo, cleo.post("/desk/people/ada", data={"act": "resume"}))
    assert person(world, "ada").status is Standing.ACTIVE
    with world.database.read() as session:
        acts = [
            (r.act, r.actor.partition(":")[0]) for r in desk_log.records_page(session, about="participant:ada").rows
        ]
    assert acts == [("resume", "coordinator"), ("pause", "coordinator"), ("import", "coordinator")]


def test_somebody_unconfirmed_cannot_take_a_break(cleo: TestClient, world: World) -> None:
    id = unconfirmed(world)
    page = said(cleo, cleo.post(f"/desk/people/{id}", data={"act": "pause", "days": ""}))
    assert "Only somebody who takes part can take a break." in page


@pytest.mark.parametrize("typed", [{}, {"sure": "yes"}, {"typed": "Ada"}, {"sure": "yes", "typed": "Adah"}])
def test_nobody_is_erased_by_a_slip(cleo: TestClient, world: World, typed: dict[str, str]) -> None:
    world.add("ada", "mentee")
    answer = cleo.post("/desk/people/ada", data={"act": "erase", **typed})
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert person(world, "ada").status is Standing.ACTIVE


def test_erasing_is_for_good(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee", name="Ada  Lovelace")
    page = said(cleo, cleo.post("/desk/people/ada", data={"act": "erase", "sure": "yes", "typed": "ada lovelace "}))
    assert "Erased." in page
    assert cleo.get("/desk/people/ada").status_code == 404
    assert "Lovelace" not in cleo.get("/desk/people").text
    assert cleo.post("/desk/people/ada", data={"act": "erase", "sure": "yes", "typed": ""}).status_code == 404


def test_everything_about_a_person_as_a_file(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee", **WANT)
    world.add("ben", "mentee")
    answer = cleo.post("/desk/people/ada", data={"act": "export"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["profile"]["goals"] == "goal.first_months"
    assert "ben" not in answer.text.casefold()
    with world.database.read() as session:
        assert desk_log.records_page(session, about="participant:ada").rows[0].act == "export"


def test_names_and_words_of_people_stay_words(cleo: TestClient, world: World) -> None:
    world.add(
        "ada", "mentee", name=HOSTILE, employer=HOSTILE, goals=HOSTILE, text=HOSTILE, oddity=HOSTILE, **{HOSTILE: "x"}
    )
    world.add("grace", "mentor", name=HOSTILE, **HELP)
    for path in ("/desk/people", "/desk/people/ada", "/desk/people/ada/edit", "/desk/people/ada?everybody=yes"):
        page = cleo.get(path).text
        assert "<img src=x" not in page, path
        assert "{{ 7 * 7 }}" in page, path
    back = "/desk/people/ada?q=" + "%3Cimg%20src%3Dx%3E"
    assert "<img src=x>" not in cleo.get(back).text


# -- changing a profile ----------------------------------------------------------------------------------------------


def fields(page: str) -> dict[str, str]:
    """What a browser would send of the form, unchanged."""
    main = page[page.index("<main") :]
    inputs = re.findall(r'<input type="(?:hidden|text|email)"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', main)
    inputs += re.findall(r'<textarea id="([^"]+)"[^>]*>\n(.*?)</textarea>', main, re.S)
    inputs += re.findall(r'<select id="(role)".*?<option value="([^"]+)" selected', main, re.S)
    return {name: re.sub(r"&#39;", "'", re.sub("&amp;", "&", re.sub("&#34;", '"', value))) for name, value in inputs}


@pytest.fixture
def edited(cleo: TestClient, world: World) -> TestClient:
    """Grace is to be changed."""
    world.add(
        "grace",
        "mentor",
        skills="skill.active_listening=4; skill.safety_planning; juggling=2",
        constraints="constraint.no_clinical_supervision_offered; constraint.night_friendly",
        region="region.US-NY",
        referred_by="a friend",
        **{**HELP, "employer": "Elm; Oak", "avoid": "discipline.social_work"},
    )
    return cleo


@pytest.mark.parametrize("language", ["en", "es"])
def test_saving_without_a_change_changes_nothing(edited: TestClient, world: World, language: str) -> None:
    before = people.export_profiles(world.database)
    edited.get(f"/desk/people?lang={language}")
    sent = fields(edited.get("/desk/people/grace/edit").text)
    assert {"role", "name", "email", "capacity", "skills", "goals", "text", "version"} <= set(sent)
    assert edited.post("/desk/people/grace/edit", data=sent).status_code == 303
    assert people.export_profiles(world.database) == before
    with world.database.read() as session:
        assert [r.act for r in desk_log.records_page(session, about="participant:grace").rows] == ["import"]


def test_the_form_speaks_in_labels(edited: TestClient) -> None:
    sent = fields(edited.get("/desk/people/grace/edit").text)
    assert sent["skills"].splitlines() == ["Active listening = 4", "Collaborative safety planning", "juggling=2"]
    assert sent["region"] == "New York"
    assert sent["employer"].splitlines() == ["Elm", "Oak"]


def test_labels_and_words_of_ones_own_are_stored(edited: TestClient, world: World) -> None:
    sent = fields(edited.get("/desk/people/grace/edit").text)
    sent |= {"goals": "Listen better and connect faster\nrowing", "role": "both", "languages_add": "Polish"}
    sent |= {"skills": "active listening = 2", "skills_add": "Safety planning = 3", "stage": "wise old owl"}
    page = said(edited, edited.post("/desk/people/grace/edit", data=sent))
    assert "Saved." in page
    stored = person(world, "grace").answers
    assert stored["skills"] == "skill.active_listening=2; skill.safety_planning=3"
    assert stored["goals"].endswith("; rowing")
    assert stored["goals"].startswith("goal.")
    assert stored["languages"] == "lang.en; lang.pl"
    assert stored["stage"] == "wise old owl"
    assert stored["referred_by"] == "a friend"
    with world.database.read() as session:
        record = desk_log.records_page(session, about="participant:grace").rows[0]
    assert (record.act, record.name) == ("update_profile", "Cleo")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"email": "nonsense"}, "Write one e-mail address"),
        ({"email": ""}, "Write one e-mail address"),
        ({"email": "ada@example.org"}, "Somebody else signed up with this address."),
        ({"capacity": "21"}, "Give a whole number from 0 to 20."),
        ({"timezone": "Mars/Olympus"}, "Choose a time zone of the list"),
        ({"skills": "Active listening = 9"}, "Give the level of a skill"),
        ({"role": "wizard"}, "Say mentee, mentor or both."),
        ({"text": "x" * 20_001}, "Shorten the text"),
    ],
)
def test_mistakes_stand_beside_their_field_and_nothing_typed_is_lost(
    edited: TestClient, world: World, wrong: dict[str, str], sentence: str
) -> None:
    world.add("ada", "mentee")
    sent = {**fields(edited.get("/desk/people/grace/edit").text), "name": "Grace the Second", **wrong}
    answer = edited.post("/desk/people/grace/edit", data=sent)
    assert answer.status_code == 422
    [column] = wrong
    assert re.search(rf'id="error-{column}".*?{re.escape(sentence)}', answer.text, re.S)
    assert "Grace the Second" in answer.text
    assert person(world, "grace").name == "Grace"


def test_fewer_places_than_are_taken_are_refused(edited: TestClient, world: World) -> None:
    world.add("ada", "mentee", **WANT)
    by = world.coordinator("dan@example.org")
    world.approve(by, world.propose("ada", "grace", by, mode="assigned"))
    sent = {**fields(edited.get("/desk/people/grace/edit").text), "capacity": "0"}
    answer = edited.post("/desk/people/grace/edit", data=sent)
    assert answer.status_code == 422
    assert re.search(r'id="error-capacity".*?1 places are taken', answer.text, re.S)


def test_an_old_form_is_shown_beside_what_is_stored_now(edited: TestClient, world: World) -> None:
    sent = {**fields(edited.get("/desk/people/grace/edit").text), "name": "Mine", "text": "My long text"}
    other = {**sent, "name": "Theirs", "text": "", "capacity": "4"}
    assert edited.post("/desk/people/grace/edit", data=other).status_code == 303
    answer = edited.post("/desk/people/grace/edit", data=sent)
    assert answer.status_code == 409
    for shown in ("<bdi>Mine</bdi>", "<bdi>Theirs</bdi>", "<bdi>My long text</bdi>", "<bdi>4</bdi>"):
        assert shown in answer.text
    assert person(world, "grace").name == "Theirs"
    again = fields(answer.text)
    assert again["name"] == "Mine"
    assert edited.post("/desk/people/grace/edit", data=again).status_code == 303
    assert person(world, "grace").name == "Mine"


def test_a_new_address_has_to_be_confirmed(edited: TestClient, world: World) -> None:
    sent = {**fields(edited.get("/desk/people/grace/edit").text), "email": "new@example.org"}
    assert "address not confirmed" in said(edited, edited.post("/desk/people/grace/edit", data=sent))
    assert world.letters(LetterKind.CONFIRM_ADDRESS, "new@example.org")


# -- bringing in a list ----------------------------------------------------------------------------------------------

LIST = """id,role,name,email,goals,capacity,text
ada,mentee,Ada,ada@example.org,goal.first_months,,The words of ada.
ben,mentee,Ben,ben@example.org,first months; rowing,,
grace,mentor,Grace,grace@example.org,,2,
bad,wizard,Bad,bad@example.org,,,
worse,mentor,Worse,nonsense,,99,
ben,mentee,Ben,ben2@example.org,,,
nomail,mentee,Nomail,,,,
"""


def look(cleo: TestClient, content: str | bytes, name: str = "people.csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return cleo.post(IMPORT, data={"act": "look"}, files={"file": (name, data)})


def everything(world: World) -> list[Any]:
    """Every person, letter and record, for comparing."""
    with world.database.read() as session:
        tables = (participants, letters, audit)
        return [row for table in tables for row in session.execute(select(table).order_by(table.c.id)).all()]


def digest(page: str) -> str:
    return re.findall(r'name="digest" value="([0-9a-f]+)"', page)[0]


def test_looking_at_a_list_changes_nothing(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee", goals="goal.conference_talk")
    before = everything(world)
    page = said(cleo, look(cleo, LIST))
    assert everything(world) == before
    tiles = dict(zip(re.findall(r"<dt>([^<]*)</dt>", page), re.findall(r"<dd>([^<]*)</dd>", page), strict=False))
    assert tiles == {"new": "2", "changed": "1", "as before": "0", "left out": "4"}
    changed = re.findall(r">Ada</bdi></a></th><td>(.*?)</td><td class=\"rule\">(.*?)</td>", page)
    assert [re.findall(r"<bdi>(.*?)</bdi>", part) for part in changed[0]] == [
        ["Goals"],
        ["Stage", "Languages", "Time zone"],
    ]
    assert "1 person who is here already would lose answers" in page
    assert "Say mentee, mentor or both." in page
    assert "Give a whole number from 0 to 20." in page
    assert "The id is already used in row 3" in page
    assert "An e-mail address is needed" in page
    assert re.search(r"<td class=\"said\"><bdi>rowing</bdi>", page)
    assert re.search(r'<td class="number">5</td><td>Role</td><td class="said"><bdi>wizard</bdi>', page)


def test_the_list_stays_until_it_is_brought_in(cleo: TestClient, world: World) -> None:
    look(cleo, LIST)
    page = cleo.get(IMPORT).text
    assert "people.csv" in page
    answer = cleo.post(IMPORT, data={"act": "bring", "digest": digest(page), "agreed": "yes"})
    page = said(cleo, answer)
    assert "3 people are new" in page
    assert "4 rows were left out" in page
    assert listed(cleo) == ["Ada", "Ben", "Grace"]
    assert person(world, "ada").status is Standing.ACTIVE
    assert not world.letters(LetterKind.CONFIRM_ADDRESS)
    assert "people.csv" not in cleo.get(IMPORT).text


def test_without_the_tick_everybody_new_is_asked(cleo: TestClient, world: World) -> None:
    page = said(cleo, look(cleo, LIST))
    cleo.post(IMPORT, data={"act": "bring", "digest": digest(page)})
    assert person(world, "ben").status is Standing.UNCONFIRMED
    assert len(world.letters(LetterKind.CONFIRM_ADDRESS)) == 3


def test_what_was_not_looked_at_is_not_brought_in(cleo: TestClient, world: World) -> None:
    page = said(cleo, look(cleo, LIST))
    first = digest(page)
    look(cleo, LIST.replace("Ada", "Ada Two"))
    for given in (first, "", "0" * 64):
        answer = cleo.post(IMPORT, data={"act": "bring", "digest": given})
        assert "no longer here" in said(cleo, answer)
    assert listed(cleo) == []


def test_one_coordinators_list_is_not_anothers(
    cleo: TestClient, world: World, browse: Callable[..., TestClient]
) -> None:
    page = said(cleo, look(cleo, LIST))
    world.coordinator("dan@example.org")
    dan = browse()
    world.sign_in(dan, "dan@example.org")
    assert "people.csv" not in dan.get(IMPORT).text
    assert "no longer here" in said(dan, dan.post(IMPORT, data={"act": "bring", "digest": digest(page)}))


def test_a_list_can_be_put_aside(cleo: TestClient, world: World) -> None:
    look(cleo, LIST)
    assert "nothing has changed" in said(cleo, cleo.post(IMPORT, data={"act": "aside"}))
    assert uploads.kept(world.database, world.coordinator()) is None
    assert cleo.post(IMPORT, data={"act": "explode"}).status_code == 422


def test_a_list_that_changes_nothing_says_so(cleo: TestClient, world: World) -> None:
    world.add("ada", "mentee")
    page = said(cleo, look(cleo, exported(cleo).content))
    assert "There is nothing to bring in." in page
    assert 'name="digest"' not in page


def test_spreadsheets_and_json_lines_are_read(cleo: TestClient, world: World) -> None:
    sheet = xlsx_bytes(["id", "role", "email"], [["ada", "mentee", "ada@example.org"]])
    assert "<dd>1</dd>" in said(cleo, look(cleo, sheet, "people.xlsx"))
    line = json.dumps({"id": "ada", "role": "mentee", "email": "ada@example.org", "skills": {"active listening": 3}})
    page = said(cleo, look(cleo, line, "people.jsonl"))
    cleo.post(IMPORT, data={"act": "bring", "digest": digest(page), "agreed": "1"})
    assert person(world, "ada").answers["skills"] == "skill.active_listening=3"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("", b"", "Choose a file first."),
        ("people.csv", b"", "the file is empty"),
        ("people.csv", b"id,role\n", "there is a header but no row below it"),
        ("people.csv", b"name\nAda\n", "the columns id and role are missing"),
        ("people.csv", "id,role,name\na,mentee,Zoë\n".encode("cp1252"), "is not UTF-8"),
        ("people.csv", "id,role\na,mentee\n".encode("utf-16"), "is UTF-16"),
        ("people.xlsx", b"not a spreadsheet", "not a spreadsheet, whatever its name says"),
        ("people.xls", b"\xd0\xcf\x11\xe0old", "is no list that can be read here"),
        ("photo.png", b"\x89PNG\r\n\x1a\n\x00\x00", "is no list that can be read here"),
        ("people.csv", b"\x89PNG\r\n\x1a\n\xff\xfe", "is not UTF-8"),
        ("people.json", b"{", "is not JSON"),
        ("../../etc/passwd", b"root", "is no list that can be read here"),
        ("a/../people.csv", b"", "the file is empty"),
        ('<img src=x onerror="1">.csv', b"", "the file is empty"),
        (f"{'x' * 400}.csv", b"", "the file is empty"),
        ("people.csv", b"id,role,name\n" + b"a,mentee,x\n" * 1_200_000, "is larger than 10 MB"),
    ],
)
def test_a_bad_file_gets_one_clear_sentence_beside_its_field(
    cleo: TestClient, world: World, name: str, content: bytes, sentence: str
) -> None:
    answer = look(cleo, content, name)
    assert answer.status_code == 422
    [error] = re.findall(r'<p class="error" id="error-file">(.*?)</p>', answer.text, re.S)
    assert sentence in error
    assert "<img src=x" not in answer.text
    assert uploads.kept(world.database, world.coordinator()) is None


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("gente.csv", "id,role,name\na,mentee,Zoë\n".encode("cp1252"), "la línea 2 no está en UTF-8 (byte 0xEB,"),
        ("gente.csv", b"id,role,id\na,mentee,b\n", "está dos veces (columnas 1 y 3); cambia el nombre de una."),
        ("gente.csv", b"name\nAda\n", "faltan las columnas id y role;"),
        ("gente.json", b'[{"id": NaN}]', "no sirve como JSON (NaN no es un número)."),
        ("gente.json", b"{", "la línea 1 no es JSON válido."),
    ],
)
def test_a_bad_file_is_told_in_spanish(cleo: TestClient, name: str, content: bytes, sentence: str) -> None:
    cleo.get("/desk?lang=es")
    answer = look(cleo, content, name)
    [error] = re.findall(r'<p class="error" id="error-file">(.*?)</p>', answer.text, re.S)
    assert f"«{name}» no se puede usar: " in error
    assert sentence in error


def test_rows_left_out_are_told_in_spanish(cleo: TestClient) -> None:
    cleo.get("/desk?lang=es")
    page = said(cleo, look(cleo, "id,role,name\nada,mentee,Ada\nada,mentee,Ada\nbo,mentee\n"))
    assert "El id ya se usa en la fila 2; esta fila se deja fuera." in page
    assert "La fila tiene 2 celdas y el encabezado 3; faltan algunas." in page
    lines = '{"id": "ada", "role": "mentee"}\n{"id": NaN}\n{"id"\n[]\n'
    page = said(cleo, look(cleo, lines, "gente.jsonl"))
    assert "La línea 2 no es JSON (NaN no es un número)." in page
    assert "La línea 3 no es JSON a partir del carácter 6." in page
    assert "Se esperaba un objeto con las columnas como nombres." in page


def test_no_file_at_all_is_asked_for(cleo: TestClient) -> None:
    answer = cleo.post(IMPORT, data={"act": "look", "file": "people.csv"})
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text


def test_a_report_of_thousands_of_rows_stays_short(cleo: TestClient) -> None:
    table = "id,role,email\n" + "".join(f"p{n},mentee,p{n}@example.org\n" for n in range(250))
    page = said(cleo, look(cleo, table))
    assert "<dd>250</dd>" in page
    assert f"The first {importing.MOST_SHOWN} are shown." in page
    assert len(page) < 100_000


def test_hostile_rows_stay_words(cleo: TestClient) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(
        [
            ["id", "role", "email", "name", "goals", HOSTILE],
            [HOSTILE, "mentee", "a@b.org", HOSTILE, HOSTILE, "x"],
            ["b", HOSTILE, "b@b.org", "", "", ""],
        ]
    )
    page = said(cleo, look(cleo, out.getvalue()))
    assert "<img src=x" not in page
    assert str(escape(HOSTILE)) in page
