"""The post of a journey in the browser: a real mail server, the worker that brings letters to it, readers, a clock."""

import email
import email.policy
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from matcher.mail.carriers import carrier_of
from matcher.workflow.access import add_coordinator, link_for_coordinator
from matcher.workflow.delivery import work
from tests.browser.conftest import Live
from tests.mail.servers import Mailbag, real_server

if TYPE_CHECKING:
    from playwright.sync_api import Page

DAY = timedelta(days=1)
PATIENCE = 30
"""Seconds that a letter may take."""


class Post:
    """The mail server's letters, as their readers open them."""

    def __init__(self, bag: Mailbag) -> None:
        self.bag = bag
        self.seen: set[int] = set()

    def link(self, to: str, path: str) -> str:
        """The link to `path` in the next unread letter to somebody that has one; waits for it."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for number, (_, recipient, raw) in enumerate(self.bag.letters):
                if recipient != to or number in self.seen:
                    continue
                found = re.search(rf"http://\S+{path}/\S+", self.text(raw))
                if found:
                    self.seen.add(number)
                    return found[0].rstrip(">.)")
            time.sleep(0.05)
        pytest.fail(f"no letter to {to} with a link to {path}; there are {self.subjects()}")

    def holding(self, to: str, words: str) -> str:
        """The text of a letter to somebody that holds these words; waits for it."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = [text for text in self.to(to) if words in text]
            if found:
                return found[0]
            time.sleep(0.05)
        pytest.fail(f"no letter to {to} with {words!r}; there are {self.subjects()}")

    def to(self, address: str) -> list[str]:
        """The texts of all letters to somebody, oldest first."""
        return [self.text(raw) for _, recipient, raw in self.bag.letters if recipient == address]

    def text(self, raw: bytes) -> str:
        """The plain text of a letter."""
        body = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    def subjects(self) -> list[tuple[str, str]]:
        """Who got what."""
        return [(to, str(email.message_from_bytes(raw)["Subject"])) for _, to, raw in self.bag.letters]


class Clock:
    """The time that site and worker see; it can be moved on."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, **by: float) -> None:
        """Moves on by a timedelta's arguments, and then to five in the afternoon UTC: it is day all over America.

        Letters that nobody has to read at once wait for the morning where their reader lives.
        """
        then = self() + timedelta(**by)
        until_five = (datetime.combine(then.date(), datetime.min.time(), UTC) + timedelta(hours=17) - then) % DAY
        self.ahead += timedelta(**by) + until_five


def movable_clock(live: Live) -> Clock:
    """Gives the running site a clock that can be moved."""
    moved = Clock()
    moved.forward()
    object.__setattr__(live.app.state.site, "clock", moved)
    return moved


@contextmanager
def post_office(live: Live, clock: Clock) -> Iterator[Post]:
    """A real mail server, and the worker that brings letters to it."""
    bag, stop = Mailbag(), threading.Event()
    site = live.app.state.site
    with real_server(bag) as port:
        carrier = carrier_of(f"smtp://127.0.0.1:{port}")
        worker = threading.Thread(
            target=work,
            args=(live.database, carrier, site.vocabulary, site.links),
            kwargs={"clock": clock, "stop": stop},
            daemon=True,
        )
        worker.start()
        yield Post(bag)
        stop.set()
        worker.join(timeout=10)


def sign_up(page: "Page", post: Post, role: str, name: str, address: str, ticks: Mapping[str, Sequence[str]]) -> None:
    """Fills the form step by step, sends it, and confirms the address from the letter."""
    page.goto(f"/join?role={role}")
    for _ in range(8):
        for field, value in (("name", name), ("email", address)):
            if page.locator(f"#{field}").count():
                page.fill(f"#{field}", value)
        if page.locator("#timezone").count():
            page.select_option("#timezone", "America/New_York")
        for column, values in ticks.items():
            for value in values:
                box = page.locator(f'input[name="{column}"][value="{value}"]')
                if box.count():
                    box.first.evaluate(
                        "box => { box.closest('details')?.setAttribute('open', ''); box.checked = true }"
                    )
        if page.locator("#consent_matching").count():
            page.check("#consent_matching")
        page.click("button[name=go][value=on]")
        if "/joined" in page.url:
            break
    assert "/joined" in page.url, page.inner_text("main")
    page.goto(post.link(address, "/confirm"))
    page.check("#mine")
    page.locator("main form button").first.click()


def sign_in(page: "Page", post: Post, address: str, home: str = "/me") -> None:
    """By a fresh link from a letter; `home` is where one arrives."""
    page.goto("/sign-in")
    page.fill("#email", address)
    page.get_by_role("button", name="Send me the link").click()
    page.goto(post.link(address, "/sign-in"))
    page.locator("main form button").first.click()
    page.wait_for_url(f"**{home}")


def sign_in_coordinator(page: "Page", live: Live, clock: Clock, address: str, name: str = "Cleo") -> None:
    """A new coordinator, signed in by the link that the operator hands over."""
    add_coordinator(live.database, address, name, now=clock())
    page.goto(link_for_coordinator(live.database, address, links=live.app.state.site.links, now=clock()))
    page.check("#me")
    page.locator("main form button").first.click()
