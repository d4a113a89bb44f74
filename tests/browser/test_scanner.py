"""A mail scanner with a whole browser: it opens the links of letters, runs their scripts and sends their forms."""

from pathlib import Path
from typing import TYPE_CHECKING

from matcher.config import Config
from matcher.storage.database import Database
from tests.browser.serving import free_socket, serving
from tests.cast import NOW, SECRET
from tests.soak.scanner import kinds_of, links_in_letters, send_every_letter, state
from web.app import create_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FORMS = "document.forms.length"
BUTTONS = "n => document.forms[n].querySelectorAll('button:not([type=button]), input[type=submit]').length"
SEND = "n => document.forms[n].submit()"  # as it stands, whatever is required
PRESS = """([n, b]) => {
    const form = document.forms[n]; form.noValidate = true;
    form.requestSubmit(form.querySelectorAll('button:not([type=button]), input[type=submit]')[b]);
}"""


def test_a_browser_that_opens_and_sends_everything_changes_nothing(chromium: "Browser", tmp_path: Path) -> None:
    listening, url = free_socket()
    database = Database(f"sqlite:///{tmp_path}/matcher.db")
    database.upgrade()
    send_every_letter(database)
    paths = list(kinds_of(links_in_letters(database)).values())
    app = create_app(Config(origin=url, secret=SECRET), database=database, clock=lambda: NOW)
    before, sent = state(database), 0
    with serving(app, listening):
        for path in paths:
            context = chromium.new_context(base_url=url)
            page = context.new_page()
            page.goto(path, wait_until="networkidle")
            deeds = [(SEND, n) for n in range(page.evaluate(FORMS))]
            deeds += [(PRESS, [n, b]) for _, n in deeds for b in range(page.evaluate(BUTTONS, n))]  # type: ignore[misc]
            for script, what in deeds:
                page.goto(path)
                with page.expect_navigation():
                    page.evaluate(script, what)
                sent += 1
                assert state(database) == before, f"{script} {what} on {path}"
            context.close()
    database.dispose()
    assert sent > len(paths)
