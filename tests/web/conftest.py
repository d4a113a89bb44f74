"""A site with a real database, browsers to visit it with, and a few people.

WEB_TESTS_ENGINE=postgresql runs all tests of pages on PostgreSQL; without it only `test_both_engines` does.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
from anyio.from_thread import start_blocking_portal
from jinja2.bccache import Bucket
from starlette.testclient import TestClient

from matcher.config import Config
from matcher.storage.database import Database
from tests.web.world import ORIGIN, SECRET, Clock, World
from web.app import SiteApp, create_app


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database of the engine that WEB_TESTS_ENGINE names, or that a test asks for by indirect parameter."""
    engine = getattr(request, "param", os.environ.get("WEB_TESTS_ENGINE", "sqlite"))
    made = request.getfixturevalue(engine)
    assert isinstance(made, Database)
    return made


@pytest.fixture
def config(tmp_path: Path, database: Database) -> Config:
    url = database.url.render_as_string(hide_password=False)
    return Config(database=url, origin=ORIGIN, secret=SECRET, mail=f"folder:{tmp_path}/mail")


class Compiled(jinja2.BytecodeCache):
    """Keeps what templates were compiled to for the next test's site."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.code


COMPILED = Compiled()


@pytest.fixture
def app(config: Config, database: Database, clock: Clock) -> SiteApp:
    made = create_app(config, database=database, clock=clock)
    made.state.site.templates.bytecode_cache = COMPILED
    return made


@pytest.fixture
def browse(app: SiteApp) -> Iterator[Callable[..., TestClient]]:
    """Opens a browser with cookies of its own; it sends what browsers send with our own forms."""
    opened: list[TestClient] = []

    def open_browser(*, address: str = "203.0.113.5", **headers: str) -> TestClient:
        sent = {"sec-fetch-site": "same-origin", **{k.replace("_", "-"): v for k, v in headers.items()}}
        browser = TestClient(app, base_url=ORIGIN, headers=sent, follow_redirects=False, client=(address, 50000))
        browser.portal = portal
        opened.append(browser)
        return browser

    with start_blocking_portal() as portal:  # else every request has an event loop and threads of its own
        yield open_browser
        for browser in opened:
            browser.close()


@pytest.fixture
def browser(browse: Callable[..., TestClient]) -> TestClient:
    return browse()


@pytest.fixture
def world(app: SiteApp, database: Database, clock: Clock) -> World:
    return World(app, database, clock)
