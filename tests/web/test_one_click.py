"""The way out of a stream of letters (RFC 8058) works as long as the letter may lie there."""

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from matcher.config import Config
from matcher.domain.letters import Links
from matcher.storage import people as rows
from matcher.workflow.signing import LinkSigner
from tests.web.world import ORIGIN, Clock
from web.app import create_app

OLDER, OLDEST = "the secret before this one 0123456789", "the very first of the secrets 0123456"


@pytest.fixture
def config(config: Config) -> Config:
    return replace(config, old_secrets=f"{OLDEST},{OLDER}")


def test_after_two_changes_of_the_secret_and_a_year_one_click_still_ends_it(
    world: Any, clock: Clock, config: Config, database: Any
) -> None:
    world.add("ada", "mentee")
    path = Links(ORIGIN, LinkSigner(OLDEST)).unsubscribe("ada", "reminders").removeprefix(ORIGIN)
    clock.forward(days=365)
    with TestClient(world.app, base_url=ORIGIN, follow_redirects=False) as anywhere:
        for method in ("GET", "HEAD"):
            assert anywhere.request(method, path).status_code == 200
        with database.read() as session:
            assert not rows.participant(session, "ada").muted
        for _ in range(2):
            origin = {"origin": "https://mail.example", "sec-fetch-site": "cross-site"}
            done = anywhere.post(path, data={"List-Unsubscribe": "One-Click"}, headers=origin)
            assert (done.status_code, done.text, "set-cookie" in done.headers) == (200, "unsubscribed", False)
    with database.read() as session:
        assert rows.participant(session, "ada").muted == ["reminders"]
    retired = create_app(replace(config, old_secrets=OLDER), database=database, clock=clock)
    with TestClient(retired, base_url=ORIGIN) as anywhere:
        assert anywhere.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 404
