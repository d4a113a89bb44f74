"""R-46: the programme's secret changes while people are being asked, and what a dropped one had signed is void."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from matcher.cli.running import open_programme
from matcher.config import Config
from matcher.domain.introductions import State
from matcher.domain.letters import LetterKind
from matcher.mail.return_paths import letter_named, return_path
from matcher.storage import introductions, suppression
from tests.web.world import ORIGIN, Clock, World
from web.app import create_app

SECRETS = tuple(f"{word} secret of these tests 0123456789" for word in ("first", "second", "third", "fourth"))
ADA, GRACE = "ada@example.org", "grace@example.org"
GOAL = "goal.first_months"

Open = Callable[..., tuple[World, TestClient]]


@pytest.fixture
def opened(config: Config, clock: Clock) -> Iterator[Open]:
    """Starts the site anew with these secrets, oldest first."""
    with ExitStack() as running:

        def start(*secrets: str) -> tuple[World, TestClient]:
            given = replace(config, secret=secrets[-1], old_secrets=",".join(secrets[:-1]))
            programme = open_programme(given, upgrade=True)
            running.callback(programme.database.dispose)
            app = create_app(given, database=programme.database, vocabulary=programme.vocabulary, clock=clock)
            form = {"sec-fetch-site": "same-origin"}
            browser = TestClient(app, base_url=ORIGIN, headers=form, follow_redirects=False)
            return World(app, programme.database, clock), running.enter_context(browser)

        yield start


def test_an_introduction_goes_on_through_three_changes_of_the_secret(opened: Open, clock: Clock) -> None:
    world, _ = opened(*SECRETS[:1])
    world.add("ada", "mentee", goals=GOAL)
    world.add("grace", "mentor", helps_with=GOAL, capacity="1")
    id = world.propose("ada", "grace", world.coordinator())
    world.approve("cleo", id)
    of_ada = world.choice_link(LetterKind.SUGGESTIONS, ADA)
    way_out = world.site.links.unsubscribe("ada", "reminders").removeprefix(ORIGIN)

    world, browser = opened(*SECRETS[:2])
    assert browser.post(of_ada, data={"act": "choose", "choice": str(id)}).status_code == 303
    of_grace = world.link(LetterKind.QUESTION_TO_MENTOR, GRACE)

    world, browser = opened(*SECRETS[:3])
    assert browser.post(of_grace, data={"act": "answer", "answer": "yes"}).status_code == 303
    clock.forward(minutes=11)
    world.tick()

    world, browser = opened(*SECRETS)
    with world.database.read() as session:
        assert introductions.get(session, id).state is State.INTRODUCED
    assert [browser.get(link).status_code for link in (of_ada, of_grace, way_out)] == [200, 200, 200]
    assert browser.post(way_out, data={"List-Unsubscribe": "One-Click"}).status_code == 200

    _, browser = opened(*SECRETS[1:])
    assert [browser.get(link).status_code for link in (of_ada, of_grace, way_out)] == [404, 200, 404]
    assert browser.post(of_ada, data={"act": "answer", "answer": "no"}).status_code == 404
    assert browser.post(way_out, data={"List-Unsubscribe": "One-Click"}).status_code == 404


def test_a_stopped_address_stays_stopped_through_three_changes_and_without_the_first_secret(
    opened: Open, clock: Clock
) -> None:
    """Of an address that is nowhere here only the hash is left: it holds as long as its secret is given."""
    gone = "gone@example.org"
    world, _ = opened(*SECRETS[:1])
    world.add("grace", "mentor", helps_with=GOAL, capacity="1")
    for email in (GRACE, gone):
        world.database.transact(suppression.suppress, email, "refused: 550", clock())
    for secrets, stopped in (
        (SECRETS[:2], {GRACE, gone}),
        (SECRETS[:3], {GRACE, gone}),
        (SECRETS, {GRACE, gone}),
        (SECRETS[1:], {GRACE}),
        (SECRETS[3:], {GRACE}),
        (SECRETS[:1] + SECRETS[3:], {GRACE, gone}),
    ):
        world, _ = opened(*secrets)
        with world.database.read() as session:
            assert {email for email in (GRACE, gone) if suppression.is_suppressed(session, email)} == stopped, secrets


def test_a_report_names_its_letter_as_long_as_the_secret_that_signed_its_sender_is_given() -> None:
    sender = return_path("bounce@example.org", f"<{'a1' * 16}@example.org>", SECRETS[:1])
    assert letter_named(sender, SECRETS) == "a1" * 16
    assert letter_named(sender, SECRETS[1:]) is None
