"""Whatever arrives, nobody gets a crash, and nothing typed becomes mark-up."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from web.access import Rule
from web.routes import table
from web.visit import Form, clean

NASTY = (
    "\x00",
    "a\x00b",
    "\ud7ff\uffff",
    "💥" * 200,
    "‮abc",
    "a" * 30_000,
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "%(name)s %s %d %",
    "'; DROP TABLE participants; --",
    "../../etc/passwd",
    "=HYPERLINK(1)",
    "９９９",
    "99999999999999999999999999",
    "-1",
    "NaN",
    "é",
    "\r\nSet-Cookie: a=b",
)
BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/x-www-form-urlencoded", b"%ff%fe=%c3%28&a=%zz&&&=;=%"),
    ("application/x-www-form-urlencoded", b"\xff\xfe\x00\x01" * 50),
    ("application/x-www-form-urlencoded", b"a=1&" * 5_000),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\ncut off'),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="email"; filename="a"\r\n\r\nf\r\n--x--',
    ),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nnameless\r\n--x--"),
    ("multipart/form-data", b"no boundary"),
    (
        "multipart/form-data; boundary=x; charset=nonsense",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--',
    ),
    ("multipart/form-data; boundary=" + "y" * 300, b""),
    ("application/json", b"[[[[[[[["),
    ("text/plain", b"role=mentee"),
    ("", b"role=mentee"),
    ("application/x-www-form-urlencoded; charset=utf-16", b"\xff\xfea\x00"),
)


def path_of(path: str, fill: str = "1") -> str:
    """An address with something in place of its parameters."""
    return re.sub(r"\{step\}", "you", re.sub(r"\{(?!step)\w+\}", fill, path))


@pytest.fixture
def visitors(browse: Callable[..., TestClient], world: Any) -> dict[Rule, TestClient]:
    """A browser that each rule lets in."""
    world.add("ada", "both")
    world.coordinator()
    opened = {rule: browse() for rule in Rule}
    world.sign_in(opened[Rule.PARTICIPANT], "ada@example.org")
    world.sign_in(opened[Rule.COORDINATOR], "cleo@example.org")
    return opened


def test_no_body_crashes_any_form(visitors: dict[Rule, TestClient], world: Any) -> None:
    token = world.site.links.answer(1, "ada", 1).rpartition("/")[2]
    for address in table(mailbox=False):
        if not address.post or address.name == "sign_out":
            continue
        fill = token if address.rule is Rule.LINK else "1"
        for kind, body in BODIES:
            headers = {"content-type": kind} if kind else {}
            answer = visitors[address.rule].post(path_of(address.path, fill), content=body, headers=headers)
            assert answer.status_code < 500, (address.name, kind, body[:40])


def test_no_field_value_crashes_sign_up_or_the_profile(visitors: dict[Rule, TestClient]) -> None:
    names = ("role", "name", "email", "stage", "skills", "skills_more", "level.x", "goals", "timezone", "region", "go")
    shown = {"skills_shown": "1", "goals_shown": "1", "languages_shown": "1"}
    for value in NASTY:
        fields = {**shown, **dict.fromkeys((*names, "capacity", "text", "languages", "employer", "version"), value)}
        for step in ("you", "work", "levels", "aims", "when", "check"):
            for browser, prefix in ((visitors[Rule.ANYONE], "/join"), (visitors[Rule.PARTICIPANT], "/me/profile")):
                answer = browser.post(f"{prefix}/{step}", data=fields)
                assert answer.status_code < 500, (step, value[:20])
                assert "<script>alert" not in answer.text
                assert "onerror=alert(1)>" not in answer.text.replace("&gt;", "")
                assert browser.get(f"{prefix}/{step}").status_code < 500


def test_no_path_query_cookie_or_header_crashes(browse: Callable[..., TestClient], world: Any) -> None:
    browser = browse()
    for value in NASTY:
        if len(value) > 5_000:
            continue
        for address in table(mailbox=True):
            path = path_of(address.path, "")
            assert browser.get(path, params={"q": value, "lang": value, "next": value, "kind": value}).status_code < 500
    for name in ("session", "browser", "draft", "language", "flash", "next"):
        for value in ("x" * 3_000, "%00", '"\\000"', "eyJ", "\xff\xfe", "W10=", "bnVsbA=="):
            answer = browser.get("/join/you", headers={"cookie": f"__Host-{name}={value}".encode("latin-1")})
            assert answer.status_code < 500
    for header in ("es;q=x", ",,,;;;", "q=" * 500, "es-419;q=0.9,en;q=0.8", "*"):
        assert browser.get("/", headers={"accept-language": header}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/%00", "/join/%00", "/sign-in/%ff%fe", "/answer/%0a", "/static/%5c..%5cx", "//evil", "/\u2603"]
)
def test_strange_paths_are_not_found(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code in (200, 404)
    assert browser.post(path, data={"me": "yes"}).status_code in (403, 404, 405, 410)  # ticked, as on a sign-in page


def test_too_large_a_body_is_refused_whether_declared_or_not(browser: TestClient) -> None:
    assert browser.post("/sign-in", content=b"a" * 65_537).status_code == 413

    def stream() -> Any:
        for _ in range(100):
            yield b"a" * 1_000

    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/sign-in", content=stream(), headers=headers).status_code == 413
    lying = {**headers, "content-length": "9" * 30}
    assert browser.post("/sign-in", content=b"email=x", headers=lying).status_code == 413


def test_random_bytes_crash_nothing(browser: TestClient) -> None:
    """Forms of random fields; the seed is fixed."""
    dice = random.Random(0)
    alphabet = [chr(dice.randrange(1, 0x2FFF)) for _ in range(300)] + list("=&%+;|\x00\r\n<>\"'")
    names = ["role", "name", "email", "go", "text", "skills", "a" * 50]
    for _ in range(150):
        fields = {dice.choice(names): "".join(dice.choices(alphabet, k=dice.randrange(40))) for _ in range(4)}
        path = dice.choice(["/join/you", "/join/work", "/join/when", "/sign-in", "/sign-in/sent", "/nowhere"])
        answer = browser.post(path, data=fields)
        assert answer.status_code < 500


def test_a_form_reads_text_only_and_cleans_it() -> None:
    form = Form([("a", " x\x00y\r\nz "), ("a", ""), ("b", "2"), ("b", "2"), ("n", "12"), ("m", "１２")])
    assert form.all("a") == ["xy\nz"]
    assert (form.text("a"), form.all("b"), form.number("n"), form.number("m", 7)) == ("", ["2"], 12, 7)
    assert clean("e\u0301") == "é"
    assert "zz" not in form
