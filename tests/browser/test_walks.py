"""Whole ways through the site in a real browser."""

import http.server
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from matcher.domain.letters import LetterKind
from matcher.domain.people import Standing
from matcher.domain.profiles import Role
from matcher.storage import people as rows
from tests.browser.conftest import Live

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]


def standing(live: Live, email: str) -> Standing | None:
    """Whether somebody takes part."""
    with live.database.read() as session:
        person = rows.by_address(session, email)
        return person.status if person is not None else None


def fill_you(page: "Page", role: Role, email: str) -> None:
    """The first page."""
    page.check(f"input[name=role][value={role}]")
    page.fill("#name", "Zoë Müller-Ngô")
    page.fill("#email", email)
    page.click("button:text-is('Continue')")


@pytest.mark.parametrize("script", [False, True], ids=["without-script", "with-script"])
def test_signing_up_from_the_front_page_to_the_confirmed_address(live: Live, open_page: Open, script: bool) -> None:
    email = f"zoe-{script}@example.org".lower()
    page = open_page(width=390, script=script, timezone_id="America/Denver")
    page.goto("/")
    page.click("text=I'd like a mentor")
    assert page.is_checked("input[value=mentee]")
    page.click("button:text-is('Continue')")
    page.wait_for_selector("#error-summary")
    assert page.is_checked("input[value=mentee]")
    fill_you(page, Role.MENTEE, email)
    page.wait_for_url("**/join/work")
    page.check("text=Volunteer, intern or trainee")
    page.click("#settings summary >> nth=0")
    page.check("#settings details >> nth=0 >> input >> nth=0")
    page.click("button:text-is('Continue')")
    page.wait_for_url("**/join/aims")
    page.click("#goals summary >> nth=0")
    page.check("#goals details >> nth=0 >> input >> nth=0")
    page.fill("#text", "How do I get through the nights?")
    page.click("button:text-is('Continue')")
    page.wait_for_url("**/join/when")
    page.check("#languages >> text=English")
    if script:
        assert page.input_value("#timezone") == "America/Denver"
    else:
        page.select_option("#timezone", "America/Denver")
    page.click("button:text-is('Continue')")
    page.wait_for_url("**/join/check")
    assert "How do I get through the nights?" in page.inner_text("main")
    assert not page.is_checked("#consent_matching")
    page.check("#consent_matching")
    page.click("button:text-is('Send')")
    page.wait_for_url("**/joined")
    page.goto(live.world.link(LetterKind.CONFIRM_ADDRESS, email))
    assert standing(live, email) is Standing.UNCONFIRMED
    page.check("#mine")
    page.click("text=Yes, this is my address")
    page.wait_for_selector("text=You are in")
    assert standing(live, email) is Standing.ACTIVE


def test_typing_finds_terms_and_chips_take_them_away_again(open_page: Open) -> None:
    page = open_page(width=390)
    page.goto("/join?role=mentor")
    fill_you(page, Role.MENTOR, "chips@example.org")
    page.wait_for_url("**/join/work")
    page.fill("#skills input[type=search]", "c-ssrs")
    page.wait_for_selector("#skills .choice:has-text('Suicide risk assessment') >> visible=true")
    assert page.is_hidden("#skills .choice:has-text('Active listening')")
    page.check("#skills .choice:has-text('Suicide risk assessment') input")
    chip = page.wait_for_selector("#skills .chip")
    assert chip is not None
    assert "Suicide risk assessment" in chip.inner_text()
    page.press("#skills input[type=search]", "Escape")
    chip.click()
    assert page.locator("#skills input:checked").count() == 0
    # Enter in the search field must not send the form
    page.press("#skills input[type=search]", "Enter")
    assert page.url.endswith("/join/work")


def test_what_is_typed_is_kept_without_pressing_anything(open_page: Open) -> None:
    page = open_page()
    page.goto("/join/you")
    page.fill("#name", "Ada in a tunnel")
    page.wait_for_selector("text=Kept just now")
    page.goto("/")
    page.goto("/join/you")
    assert page.input_value("#name") == "Ada in a tunnel"


def test_without_a_connection_nothing_is_sent_and_nothing_lost(open_page: Open) -> None:
    page = open_page(expected=("ERR_INTERNET_DISCONNECTED",))
    page.goto("/join/you")
    page.context.set_offline(True)
    page.fill("#name", "Ada in a tunnel")
    page.click("button:text-is('Continue')")
    page.wait_for_selector("text=You seem to be offline")
    assert page.input_value("#name") == "Ada in a tunnel"
    page.context.set_offline(False)


def test_signing_in_with_the_keyboard_alone(live: Live, open_page: Open) -> None:
    live.world.add("keys", "mentee")
    page = open_page()
    page.goto("/sign-in")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "email"
    page.keyboard.type("keys@example.org")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/sent")
    code = live.world.letters(LetterKind.SIGN_IN, "keys@example.org")[-1].facts["code"]
    page.focus("#code")
    page.evaluate("code => document.execCommand('insertText', false, code)", code)  # as pasting does
    page.keyboard.press("Enter")
    page.wait_for_url("**/me")
    assert "Good to see you, Keys" in page.inner_text("h1")


@pytest.fixture
def elsewhere(live: Live) -> Iterator[str]:
    """Another site on this machine that sends a form to ours by itself; its address."""

    class Evil(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            action = self.path[1:].replace("'", "")
            body = f"<form method=post action='{live.url}/{action}'></form><script>document.forms[0].submit()</script>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Evil)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_another_site_cannot_press_the_button_of_a_token(live: Live, chromium: object, elsewhere: str) -> None:
    live.world.add("target", "mentee")
    context = chromium.new_context()  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(f"{live.url}/sign-in")
    page.fill("#email", "target@example.org")
    page.click("text=Send me the link")
    link = live.world.link(LetterKind.SIGN_IN, "target@example.org")
    page.goto(elsewhere + link)
    page.wait_for_selector("text=not sent from one of our own pages")
    page.goto(live.url + link)  # and the token is unspent
    page.click("main button:has-text('Sign in')")
    page.wait_for_url("**/me")
    context.close()


def test_a_letter_in_its_frame_runs_nothing_and_its_links_leave_it(live: Live, open_page: Open) -> None:
    live.letters.mkdir(exist_ok=True)
    html = (
        f"<script>top.document.title = 'hacked'</script><img src=x onerror=alert(1)><a href='{live.url}/privacy'>Go</a>"
    )
    (live.letters / "x.eml").write_text(
        f"To: a@example.org\nSubject: Hello\nContent-Type: text/html; charset=utf-8\n\n{html}\n"
    )
    page = open_page(expected=("Blocked script execution", "violates the following Content Security Policy directive"))
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("dialog", lambda dialog: told.append(f"dialog: {dialog.message}"))
    page.goto("/mailbox")
    page.click("text=Hello")
    frame = page.frame_locator("iframe")
    frame.locator("text=Go").wait_for()
    assert page.title().startswith("Hello")
    frame.locator("text=Go").click()
    page.wait_for_url("**/privacy")
    assert page.title().startswith("Privacy")
    assert any("Blocked script execution" in text for text in told)
    assert any("/mailbox/x.eml/x" in text and "img-src" in text for text in told)
    assert not any(text.startswith("dialog") for text in told)
