"""Signing in by letter: buttons, codes, other browsers, limits, and saying nothing about who is known."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from matcher.domain.letters import LetterKind
from matcher.workflow import access

ADA = "ada@example.org"


def ask(browser: TestClient, email: str = ADA) -> None:
    """Asks for a link."""
    answer = browser.post("/sign-in", data={"email": email})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/sent")


def cookie(answer: Any, name: str) -> str:
    """The Set-Cookie line of a cookie."""
    return next(line for line in answer.headers.get_list("set-cookie") if line.startswith(f"__Host-{name}="))


def test_a_link_shows_a_button_and_the_button_signs_in_once(browser: TestClient, world: Any) -> None:
    world.add("ada", "mentee")
    ask(browser)
    link = world.link(LetterKind.SIGN_IN, ADA)
    for _ in range(3):
        browser.head(link)
        assert "Press the button" in browser.get(link).text
    assert browser.get("/me").status_code == 303
    signed_in = browser.post(link)
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/me")
    line = cookie(signed_in, "session")
    for part in ("HttpOnly", "Path=/", "SameSite=lax", "Secure"):
        assert part in line
    assert "Domain" not in line
    assert "Good to see you, Ada" in browser.get("/me").text
    assert browser.post(link).status_code == 410


def test_the_code_signs_in_where_it_was_asked_for(
    browser: TestClient, browse: Callable[..., TestClient], world: Any
) -> None:
    world.add("ada", "mentee")
    ask(browser)
    code = world.letters(LetterKind.SIGN_IN, ADA)[-1].facts["code"]
    wrong = browser.post("/sign-in/sent", data={"code": "AAAAAAAA"})
    assert wrong.status_code == 422
    assert 'value="AAAAAAAA"' in wrong.text
    assert browse().post("/sign-in/sent", data={"code": code}).status_code == 422
    assert browser.post("/sign-in/sent", data={"code": f" {code.lower()} "}).headers["location"] == "/me"


def test_a_participant_may_use_another_browser_and_a_coordinator_may_not(
    browser: TestClient, browse: Callable[..., TestClient], world: Any
) -> None:
    world.add("ada", "mentee")
    world.coordinator("cleo@example.org")
    ask(browser)
    other = browse()
    link = world.link(LetterKind.SIGN_IN, ADA)
    assert "did not ask for the link" in other.get(link).text
    assert other.post(link).status_code == 422  # a scanner's browser presses the button, and sets no tick
    assert other.post(link, data={"me": "yes"}).status_code == 303
    ask(browser, "cleo@example.org")
    link = world.link(LetterKind.SIGN_IN, "cleo@example.org")
    assert browse().post(link, data={"me": "yes"}).status_code == 410
    assert browser.post(link).headers["location"] == "/desk"


def test_the_operator_s_printed_link_works_in_any_browser_once(
    browser: TestClient, browse: Callable[..., TestClient], world: Any
) -> None:
    world.coordinator("cleo@example.org")
    url = access.link_for_coordinator(world.database, "cleo@example.org", links=world.site.links, now=world.clock())
    assert browser.get(url).status_code == 200
    assert browser.post(url, data={"me": "yes"}).headers["location"] == "/desk"
    assert browse().post(url, data={"me": "yes"}).status_code == 410


def test_a_link_runs_out_after_ten_minutes(browser: TestClient, world: Any) -> None:
    world.add("ada", "mentee")
    ask(browser)
    world.clock.forward(minutes=11)
    assert browser.post(world.link(LetterKind.SIGN_IN, ADA)).status_code == 410


def test_known_and_unknown_addresses_get_the_same_answer(browse: Callable[..., TestClient], world: Any) -> None:
    world.add("ada", "mentee")
    answers = []
    for email in (ADA, "nobody@example.org"):
        browser = browse()
        answer = browser.post("/sign-in", data={"email": email})
        headers = [(k, v) for k, v in answer.headers.items() if k != "set-cookie"]
        answers.append((answer.status_code, answer.content, headers, browser.get("/sign-in/sent").text))
        names = [re.match(r"[^=]+", line)[0] for line in answer.headers.get_list("set-cookie")]  # type: ignore[index]
        answers[-1] += (names,)
    assert answers[0] == answers[1]


def test_asking_is_limited_alike_for_known_and_unknown(browse: Callable[..., TestClient], world: Any) -> None:
    world.add("ada", "mentee")
    for email in (ADA, "nobody@example.org"):
        browser = browse(address=f"198.51.100.{len(email)}")
        statuses = [browser.post("/sign-in", data={"email": email}).status_code for _ in range(5)]
        assert statuses == [303, 303, 303, 429, 429]


def test_a_network_address_is_limited_over_all_addresses(browser: TestClient) -> None:
    statuses = [browser.post("/sign-in", data={"email": f"p{n}@example.org"}).status_code for n in range(22)]
    assert statuses == [303] * 20 + [429] * 2


def test_trying_tokens_is_limited(browser: TestClient) -> None:
    statuses = [browser.post(f"/sign-in/guess{n}", data={"me": "yes"}).status_code for n in range(12)]
    assert statuses == [410] * 10 + [429] * 2


def test_signing_out_ends_the_session_for_good(browser: TestClient, world: Any) -> None:
    world.add("ada", "mentee")
    world.sign_in(browser, ADA)
    copied = browser.cookies["__Host-session"]
    out = browser.post("/sign-out")
    assert out.headers["location"] == "/"
    assert "clear-site-data" in out.headers
    browser.cookies.set("__Host-session", copied, domain="mentors.example.org")
    assert browser.get("/me").status_code == 303


def test_the_session_is_new_at_every_sign_in_and_ends_when_idle(browser: TestClient, world: Any) -> None:
    world.add("ada", "mentee")
    world.sign_in(browser, ADA)
    first = browser.cookies["__Host-session"]
    world.clock.forward(minutes=5)
    world.sign_in(browser, ADA)
    assert browser.cookies["__Host-session"] != first
    browser.cookies.set("__Host-session", first, domain="mentors.example.org")
    assert browser.get("/me").status_code == 303
    world.clock.forward(hours=6)
    world.sign_in(browser, ADA)
    assert browser.get("/me").status_code == 200
    world.clock.forward(hours=25)
    assert browser.get("/me").status_code == 303


def test_one_is_led_where_one_wanted_to_go(browser: TestClient, world: Any) -> None:
    world.add("ada", "mentee")
    sent = browser.get("/me/profile").headers["location"]
    assert sent == "/sign-in?next=%2Fme%2Fprofile"
    assert 'name="next" value="/me/profile"' in browser.get(sent).text
    browser.post("/sign-in", data={"email": ADA, "next": "/me/profile"})
    assert browser.post(world.link(LetterKind.SIGN_IN, ADA)).headers["location"] == "/me/profile"


@pytest.mark.parametrize(
    "onward", ["https://evil.example", "//evil.example", "/\\evil.example", "/a\nb", "javascript:x"]
)
def test_nobody_is_led_to_another_site(browser: TestClient, world: Any, onward: str) -> None:
    world.add("ada", "mentee")
    page = browser.get("/sign-in", params={"next": onward}).text
    assert "evil" not in re.sub(r'<a href="\?[^"]*" hreflang', "", page)  # the same page in the other language
    browser.post("/sign-in", data={"email": ADA, "next": onward})
    assert browser.post(world.link(LetterKind.SIGN_IN, ADA)).headers["location"] == "/me"


@pytest.mark.parametrize("email", ["", "nonsense", "a@b", "a b@example.org", "ada@example.org\nBcc: x@example.org"])
def test_what_is_no_address_is_said_beside_the_field(browser: TestClient, world: Any, email: str) -> None:
    answer = browser.post("/sign-in", data={"email": email})
    assert answer.status_code == 422
    assert 'id="error-email"' in answer.text
    assert world.letters() == []
