"""Languages, error pages, the demo's mailbox, and what a page must have."""

import html
import os
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from matcher.config import Config, UnsafeConfiguration
from matcher.storage.database import Database
from web.app import create_app
from web.templating import accepted_languages

LOCAL = "http://127.0.0.1:8000"


# -- languages -------------------------------------------------------------------------------------------------------


def test_the_language_is_asked_for_then_remembered_then_the_browser_s(browser: TestClient) -> None:
    assert '<html lang="en">' in browser.get("/").text
    assert '<html lang="es">' in browser.get("/", headers={"accept-language": "fr, es-MX;q=0.8, en;q=0.5"}).text
    assert '<html lang="es">' in browser.get("/?lang=es").text
    assert '<html lang="es">' in browser.get("/sign-in").text
    assert '<html lang="en">' in browser.get("/sign-in?lang=en").text
    assert '<html lang="en">' in browser.get("/?lang=xx").text


def test_a_person_s_language_goes_before_the_browser_s(browser: TestClient, world: Any) -> None:
    world.add("ada", "mentee")
    with world.database.write() as session:
        from matcher.storage import people

        people.participant(session, "ada").language = "es"
    world.sign_in(browser, "ada@example.org")
    assert '<html lang="es">' in browser.get("/me", headers={"accept-language": "en"}).text


@pytest.mark.parametrize(
    ("header", "expected"),
    [("", [""]), ("es", ["es"]), ("en;q=0.1, es;q=0.9", ["es", "en"]), ("es;q=0", []), ("x;q=y, es", ["es"])],
)
def test_accept_language_is_read_in_order_of_wish(header: str, expected: list[str]) -> None:
    assert accepted_languages(header) == expected


def test_every_page_offers_the_other_language_and_says_its_own(browser: TestClient) -> None:
    page = browser.get("/privacy").text
    assert '<a href="?lang=es" hreflang="es" lang="es">Español</a>' in page


def test_the_other_language_keeps_what_was_asked_for(browser: TestClient) -> None:
    page = browser.get("/join/you", params={"role": "mentor", "x": '"><b>'}).text
    [link] = re.findall(r'<a href="([^"]*)" hreflang="es"', page)
    other = browser.get("/join/you" + html.unescape(link)).text
    assert '<html lang="es">' in other
    assert 'value="mentor" checked' in other


# -- errors ----------------------------------------------------------------------------------------------------------


def test_errors_speak_the_reader_s_language_and_scripts_get_json(browser: TestClient) -> None:
    answer = browser.get("/nowhere", headers={"accept": "application/json"})
    assert (answer.status_code, list(answer.json())) == (404, ["error"])
    assert '<html lang="es">' in browser.get("/nowhere?lang=es").text


def test_head_has_no_other_headers_than_get(browser: TestClient) -> None:
    get, head = browser.get("/privacy"), browser.head("/privacy")
    assert {**get.headers} == {**head.headers}


# -- configuration ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        {"origin": "http://mentors.example.org"},
        {"origin": "ftp://mentors.example.org"},
        {"origin": "https://mentors.example.org/path"},
        {"secret": ""},
        {"secret": "short"},
        {"secret": "a" * 40},
        {"demo": True},
        {"database": "mysql://x"},
    ],
)
def test_an_unsafe_configuration_does_not_start(config: Config, bad: dict[str, Any]) -> None:
    import dataclasses

    with pytest.raises(UnsafeConfiguration):
        create_app(dataclasses.replace(config, **bad))


def test_on_this_machine_cookies_are_plain_since_http_drops_secure_ones(
    tmp_path: Path, database: Database, world: Any
) -> None:
    config = Config(database=str(database.url), origin=LOCAL, secret="a secret for tests only 0123456789")
    app = create_app(config, database=database)
    client = TestClient(app, base_url=LOCAL, headers={"origin": LOCAL}, follow_redirects=False)
    line = client.post("/sign-in", data={"email": "ada@example.org"}).headers["set-cookie"]
    assert line.startswith("browser=")
    assert "HttpOnly" in line
    assert "Secure" not in line


# -- the demo's mailbox ----------------------------------------------------------------------------------------------


@pytest.fixture
def demo(tmp_path: Path, database: Database) -> TestClient:
    """A browser on the demo."""
    config = Config(
        database=str(database.url),
        origin=LOCAL,
        secret="a secret for tests only 0123456789",
        mail=f"folder:{tmp_path / 'mail'}",
        demo=True,
    )
    return TestClient(create_app(config, database=database), base_url=LOCAL, follow_redirects=False)


def letter(folder: Path, name: str, to: str, subject: str, at: int, html: str = "") -> None:
    """Puts a letter into the folder."""
    folder.mkdir(exist_ok=True)
    message = EmailMessage()
    message["To"], message["Subject"], message["Date"] = to, subject, "Tue, 24 Nov 2026 09:00:00 +0000"
    message.set_content(f"Hello,\nplease see {LOCAL}/me. <b>Thanks</b>")
    if html:
        message.add_alternative(html, subtype="html")
    (folder / name).write_bytes(message.as_bytes())
    os.utime(folder / name, ns=(at, at))


def test_an_empty_mailbox_says_what_to_do(demo: TestClient) -> None:
    assert "No letters yet" in demo.get("/mailbox").text


def test_the_mailbox_lists_the_newest_first_and_by_reader(demo: TestClient, tmp_path: Path) -> None:
    letter(tmp_path / "mail", "b.eml", "ada@example.org", "Older <i>", 1)
    letter(tmp_path / "mail", "a.eml", "grace@example.org", "Newer", 2)
    (tmp_path / "mail" / "notes.txt").write_text("not a letter")
    page = demo.get("/mailbox").text
    assert page.index("Newer") < page.index("Older &lt;i&gt;")
    assert "Older" not in demo.get("/mailbox?to=grace@example.org").text


def test_a_letter_is_shown_as_text_with_links_and_as_a_page_in_a_shut_frame(demo: TestClient, tmp_path: Path) -> None:
    letter(
        tmp_path / "mail", "a.eml", "ada@example.org", "Hello", 1, "<html><head></head><body><h1>Hi</h1></body></html>"
    )
    text = demo.get("/mailbox/a.eml?view=text").text
    assert f'<a href="{LOCAL}/me">{LOCAL}/me</a>. &lt;b&gt;' in text
    page = demo.get("/mailbox/a.eml")
    assert "<iframe" in page.text
    assert page.headers["content-security-policy"].endswith("; frame-src 'self'")
    frame = demo.get("/mailbox/a.eml/html")
    policy = frame.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert '<base target="_top">' in frame.text
    assert "<th" in demo.get("/mailbox/a.eml?view=headers").text


def test_the_mailbox_plays_the_reader_so_its_links_work(demo: TestClient, tmp_path: Path) -> None:
    link = f"{LOCAL}/answer/{'t' * 40}"
    letter(tmp_path / "mail", "a.eml", "ada@example.org", "Hello", 1, f'<a href="{link}">Answer</a>')
    assert f'href="{link}"' in demo.get("/mailbox/a.eml/html").text


@pytest.mark.parametrize(
    "name", ["../matcher.db", "..%2fmatcher.db", "nothing.eml", "%00.eml", ".eml", "a" * 300 + ".eml"]
)
def test_only_letters_of_the_folder_are_shown(demo: TestClient, tmp_path: Path, name: str) -> None:
    letter(tmp_path / "mail", "a.eml", "ada@example.org", "Hello", 1)
    assert demo.get(f"/mailbox/{name}").status_code == 404
    assert demo.get(f"/mailbox/{name}/html").status_code == 404


def test_without_the_demo_there_is_no_mailbox(browser: TestClient) -> None:
    assert browser.get("/mailbox").status_code == 404
    assert "Mailbox" not in browser.get("/").text


# -- what every page has ---------------------------------------------------------------------------------------------


def test_every_page_has_one_heading_a_title_a_language_and_a_way_past_the_menu(browser: TestClient) -> None:
    for path in ("/", "/privacy", "/join/you", "/joined", "/sign-in", "/sign-in/sent", "/confirm/x", "/nowhere"):
        page = browser.get(path).text
        assert len(re.findall(r"<h1[ >]", page)) == 1, path
        assert re.search(r"<title>[^<]+ · Crisis Line Mentoring</title>", page), path
        assert 'href="#main"' in page
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids)), path


def test_health_answers(browser: TestClient) -> None:
    assert browser.get("/health").text == "ok"
