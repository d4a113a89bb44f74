"""Reports posted by whoever carries the mail: signed ones are taken, all others change nothing."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from matcher.config import Config
from matcher.domain.letters import LetterKind, LetterState
from matcher.mail.return_paths import return_path
from matcher.storage import outbox, suppression
from matcher.storage.database import Database
from tests.mail.reported import about, dsn, filled
from tests.web.world import ORIGIN, Clock, World
from web.app import create_app

HOOK = "a secret of whoever carries the mail"


@pytest.fixture
def config(config: Config) -> Config:
    return replace(config, bounce_secret=HOOK)


def sign(secret: str, id: str, at: str, body: bytes) -> str:
    """As the specification says it, once more."""
    mark = hmac.new(secret.encode(), id.encode() + b"." + at.encode() + b"." + body, hashlib.sha256)
    return "v1," + base64.b64encode(mark.digest()).decode()


class Hook:
    """Posts as a mail service does: without cookies, from another origin."""

    def __init__(self, browser: TestClient, clock: Clock) -> None:
        self.browser, self.clock = browser, clock

    def post(self, body: bytes, kind: str = "message/rfc822", **changed: str) -> tuple[int, str]:
        at = str(int(self.clock().timestamp()))
        headers = {"webhook-id": "msg_1", "webhook-timestamp": at, "content-type": kind}
        headers["webhook-signature"] = sign(HOOK, "msg_1", at, body)
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        answer = self.browser.post("/bounces", content=body, headers=headers)
        return answer.status_code, answer.text


@pytest.fixture
def hook(browse: Callable[..., TestClient], clock: Clock) -> Hook:
    return Hook(browse(sec_fetch_site="cross-site"), clock)


@pytest.fixture
def report(world: World) -> bytes:
    """A letter has left, and comes back."""
    world.clock.forward(hours=8)  # type: ignore[attr-defined]  # letters that can wait leave by day
    world.coordinator()
    world.add("ada", "mentee")
    world.add("grace", "mentor", capacity="1")
    id = world.propose("ada", "grace", "cleo", mode="assigned")
    world.approve("cleo", id)
    with world.database.write() as session:
        letter = outbox.claim_next(session, "w1", world.clock())
        assert letter is not None
        outbox.mark_sent(session, letter.id or 0, "w1", 1, world.clock())
    path = return_path("bounce@example.org", letter.message_id, world.site.secrets)
    return filled(dsn(about("failed", "5.1.1")), path, letter.message_id)


def asked(world: World) -> LetterState:
    [letter] = world.letters(LetterKind.QUESTION_TO_MENTOR)
    return LetterState(letter.state)


def test_a_signed_report_is_taken_and_twice_is_once(hook: Hook, world: World, report: bytes) -> None:
    assert hook.post(report) == (200, "hard: 1\n")
    assert hook.post(report) == (200, "known already: 1\n")
    assert asked(world) is LetterState.BOUNCED
    with world.database.read() as session:
        found = suppression.suppressed(session, "grace@example.org")
    assert found is not None
    assert found.score == 2


def test_events_are_taken_as_json(hook: Hook, world: World, report: bytes) -> None:
    [letter] = world.letters(LetterKind.QUESTION_TO_MENTOR)
    event = {"type": "complaint", "message_id": letter.message_id}
    assert hook.post(json.dumps([event, {"type": "?"}]).encode(), "application/json") == (200, "complaint: 1\n")
    assert asked(world) is LetterState.COMPLAINED
    with world.database.read() as session:
        assert suppression.is_suppressed(session, "grace@example.org")


def test_what_is_not_signed_changes_nothing(hook: Hook, world: World, report: bytes) -> None:
    now = int(world.clock().timestamp())
    old, early = str(now - 301), str(now + 301)
    forged: tuple[dict[str, str], ...] = (
        {"webhook_signature": ""},
        {"webhook_signature": sign("another secret", "msg_1", str(now), report)},
        {"webhook_signature": sign(HOOK, "msg_1", str(now), report + b" ")},
        {"webhook_signature": sign(HOOK, "msg_1", str(now), report).removeprefix("v1,")},
        {"webhook_id": "msg_2"},
        {"webhook_id": "", "webhook_signature": sign(HOOK, "", str(now), report)},
        {"webhook_timestamp": str(now + 1)},
        {"webhook_timestamp": "soon"},
        {"webhook_timestamp": old, "webhook_signature": sign(HOOK, "msg_1", old, report)},
        {"webhook_timestamp": early, "webhook_signature": sign(HOOK, "msg_1", early, report)},
    )
    for changed in forged:
        assert hook.post(report, **changed)[0] == 403, changed
    assert asked(world) is LetterState.SENT
    both = (
        f"v1,bm90IHRoaXM= {sign(HOOK, 'msg_1', str(now), report)}"  # while its secret is changed, a service sends two
    )
    assert hook.post(report, webhook_signature=both)[0] == 200


def test_a_signed_report_about_no_letter_of_ours_is_ignored(hook: Hook, world: World, report: bytes) -> None:
    assert hook.post(report.replace(b"bounce+", b"bounce+0")) == (200, "not ours: 1\n")
    assert hook.post(b"Subject: hello\n\nWho are you?\n") == (200, "no report: 1\n")
    assert hook.post(b"x" * (4 * 1024 * 1024 + 1))[0] == 413
    assert asked(world) is LetterState.SENT


def test_without_a_secret_there_is_no_such_address(config: Config, database: Database, clock: Clock) -> None:
    app = create_app(replace(config, bounce_secret=""), database=database, clock=clock)
    with TestClient(app, base_url=ORIGIN) as browser:
        assert Hook(browser, clock).post(b"")[0] == 404


def test_health_tells_of_late_mail_and_of_nobody(browser: TestClient, world: World, report: bytes) -> None:
    assert browser.get("/health").text == "ok"
    world.add("ben", "mentee")
    world.add("ines", "mentor", capacity="1")
    world.approve("cleo", world.propose("ben", "ines", "cleo", mode="assigned"))
    world.clock.forward(minutes=14)  # type: ignore[attr-defined]
    assert browser.get("/health").text == "ok"
    world.clock.forward(minutes=3)  # type: ignore[attr-defined]
    answer = browser.get("/health")
    assert (answer.status_code, answer.text) == (200, "mail is late: a letter has been waiting for 17 minutes")


def test_a_coordinator_sees_who_takes_no_letters_and_asks_for_a_confirmation(
    browse: Callable[..., TestClient], hook: Hook, world: World, report: bytes
) -> None:
    hook.post(
        json.dumps({"type": "complaint", "message_id": world.letters()[-1].message_id}).encode(), "application/json"
    )
    desk = browse()
    world.sign_in(desk, "cleo@example.org")
    page = desk.get("/desk/letters").text
    assert "Addresses that take no letters" in page
    assert "/desk/people/grace" in page
    assert "called spam" in page
    assert "Ask to confirm the address anew" in desk.get("/desk/people/grace").text
    assert desk.post("/desk/people/grace", data={"act": "ask_again"}).status_code == 303
    assert world.letters(LetterKind.CONFIRM_ADDRESS, "grace@example.org")
    world.clock.forward(minutes=16)  # type: ignore[attr-defined]
    assert "Letters have been waiting for more than 15 minutes" in desk.get("/desk").text
