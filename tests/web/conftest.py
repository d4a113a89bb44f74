"""A site with a real database, browsers to visit it with, and a few people."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from matcher.config import Config
from matcher.storage.database import Database
from tests.web.world import ORIGIN, SECRET, Clock, World
from web.app import SiteApp, create_app


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the schema, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "matcher.db"
    made = Database(f"sqlite:///{path}")
    made.upgrade()
    made.dispose()
    return path


@pytest.fixture
def database(tmp_path: Path, empty_database: Path) -> Iterator[Database]:
    path = tmp_path / "matcher.db"
    shutil.copy(empty_database, path)
    made = Database(f"sqlite:///{path}")
    yield made
    made.dispose()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        database=f"sqlite:///{tmp_path / 'matcher.db'}", origin=ORIGIN, secret=SECRET, mail=f"folder:{tmp_path}/mail"
    )


@pytest.fixture
def app(config: Config, database: Database, clock: Clock) -> SiteApp:
    return create_app(config, database=database, clock=clock)


@pytest.fixture
def browse(app: SiteApp) -> Iterator[Callable[..., TestClient]]:
    """Opens a browser with cookies of its own; it sends what browsers send with our own forms."""
    opened: list[TestClient] = []

    def open_browser(*, address: str = "203.0.113.5", **headers: str) -> TestClient:
        sent = {"sec-fetch-site": "same-origin", **{k.replace("_", "-"): v for k, v in headers.items()}}
        browser = TestClient(app, base_url=ORIGIN, headers=sent, follow_redirects=False, client=(address, 50000))
        opened.append(browser)
        return browser

    yield open_browser
    for browser in opened:
        browser.close()


@pytest.fixture
def browser(browse: Callable[..., TestClient]) -> TestClient:
    return browse()


@pytest.fixture
def world(app: SiteApp, database: Database, clock: Clock) -> World:
    return World(app, database, clock)
