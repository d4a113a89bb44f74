"""The desk on a database that the real workflow filled."""

import re

import pytest

from matcher.cli.demo import COORDINATOR, demo_config, prepare
from matcher.cli.running import open_programme
from matcher.workflow.access import link_for_coordinator
from web.app import create_app, now

SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A signed-in coordinator's browser on the demo's data."""
    from starlette.testclient import TestClient

    programme = open_programme(demo_config(tmp_path_factory.mktemp("demo"), 8000), upgrade=True)
    prepare(programme)
    app = create_app(programme.config, database=programme.database, vocabulary=programme.vocabulary)
    with TestClient(app, base_url=programme.config.origin) as client:
        link = link_for_coordinator(programme.database, COORDINATOR, links=programme.links, now=now())
        client.get(link)
        client.post(link, headers=SAME)
        yield client
    programme.database.dispose()


def test_the_desk_opens_on_what_needs_the_coordinator(desk):
    page = desk.get("/desk")
    assert page.status_code == 200
    assert "waits for your review" in page.text


@pytest.mark.parametrize("path", ["/desk/people?q=a", "/desk/introductions", "/desk/letters", "/desk/rounds/1?page=1"])
def test_every_list_opens(desk, path):
    assert desk.get(path).status_code == 200


def test_a_round_that_is_not_there_is_404(desk):
    assert desk.get("/desk/rounds/99").status_code == 404
    assert desk.get("/desk/rounds/x").status_code == 404


def test_dismiss_restore_approve(desk):
    def drafts(what):
        return re.findall(
            rf'name="act" value="{what}"><input type="hidden" name="id" value="(\d+)"', desk.get(where).text
        )

    where = "/desk/rounds/1"
    first = drafts("approve")[0]
    desk.post(where, data={"act": "dismiss", "id": first}, headers=SAME)
    assert first not in drafts("approve")
    pages = [desk.get(f"{where}?page={n}").text for n in range(20)]
    assert any(f'name="act" value="restore"><input type="hidden" name="id" value="{first}"' in page for page in pages)
    desk.post(where, data={"act": "restore", "id": first}, headers=SAME)
    assert first in drafts("approve")
    said = desk.post(where, data={"act": "approve", "id": first}, headers=SAME).text
    assert "1 approved" in said
    assert "letter" in desk.get("/desk/letters").text
    assert desk.get("/desk/introductions?state=offered").text.count("<article") == 1


def test_an_unknown_act_changes_nothing(desk):
    assert desk.post("/desk/rounds/1", data={"act": "explode"}, headers=SAME).status_code == 422
