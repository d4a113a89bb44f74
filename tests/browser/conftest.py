"""A site in a thread and a real Chromium to visit it with.

Without Chromium or playwright the tests of this folder are skipped with one line; where `CI=true` that is an error.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from matcher.config import Config
from matcher.storage.database import Database
from tests.browser.serving import NoBrowser, chromium_of_the_machine, free_socket, serving
from tests.web.world import SECRET, World
from web.app import SiteApp, create_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """Chromium of the machine, one for each module (an open playwright disturbs `asyncio.run` elsewhere)."""
    try:
        with chromium_of_the_machine() as browser:
            yield browser
    except NoBrowser as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"browser tests cannot run: {missing}")
        pytest.skip(f"browser tests not run: {missing}")


@dataclass
class Live:
    """A running site. `letters` is the folder that the mailbox page shows."""

    url: str
    app: SiteApp
    database: Database
    letters: Path
    world: World


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The site under uvicorn in a thread, on a free port, with a SQLite file."""
    folder = tmp_path_factory.mktemp("live")
    listening, url = free_socket()
    config = Config(
        database=f"sqlite:///{folder / 'matcher.db'}",
        origin=url,
        secret=SECRET,
        mail=f"folder:{folder / 'mail'}",
        demo=True,
    )
    database = Database(config.database)
    database.upgrade()
    app = create_app(config, database=database)
    with serving(app, listening):
        yield Live(url, app, database, folder / "mail", World(app, database, app.state.site.clock))
    database.dispose()


@pytest.fixture
def open_page(chromium: "Browser", live: Live) -> Iterator[Callable[..., "Page"]]:
    """Opens a page in a context of its own; fails the test when it asks another host or writes to the console.

    `expected`: parts of what the console is bound to say in this test.
    """
    contexts: list[Any] = []
    complaints: list[str] = []

    def opened(
        *, width: int = 1280, dark: bool = False, script: bool = True, expected: tuple[str, ...] = (), **more: Any
    ) -> "Page":
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            base_url=live.url,
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: complain_of(request.url))
        page.on("console", lambda message: message.type == "error" and complain_about(message.text, expected))
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        return page

    def complain_of(url: str) -> None:
        if not url.startswith((live.url, "data:", "about:")):
            complaints.append(f"outside request: {url}")

    def complain_about(text: str, expected: tuple[str, ...]) -> None:
        # A page that answers 4xx is told to the console as well; the tests ask for those themselves.
        if not any(known in text for known in ("the server responded with a status of 4", *expected)):
            complaints.append(f"console: {text}")

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
