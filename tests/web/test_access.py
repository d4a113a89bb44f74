"""Who may enter, and what every answer carries: generated from the table of addresses."""

import itertools
import re

import pytest
from sqlalchemy import text
from starlette.routing import Route
from starlette.testclient import TestClient

from matcher.storage.database import Database, InDoubt, Unreachable
from tests.databases import listening
from tests.web.world import World
from web import routes
from web.access import Address, Rule
from web.app import SiteApp
from web.headers import CONTENT_SECURITY_POLICY, HEADERS, STRICT_TRANSPORT
from web.routes import table

ADDRESSES = table(mailbox=True)
OPEN = {
    "bounces",
    "home",
    "privacy",
    "health",
    "static",
    "suggest",
    "join",
    "join_step",
    "joined",
    "confirm",
    "sign_in",
    "sign_in_sent",
    "sign_in_link",
    "sign_out",
    "mailbox",
    "letter",
    "letter_html",
}
"""The short list of addresses that strangers may use; whoever adds one has thought about it."""

OWN_POLICY = {"letter", "letter_html"}
"""Pages whose content policy differs: the demo's letters in their frame."""

here = pytest.mark.parametrize("address", ADDRESSES, ids=lambda a: a.name)


def path_of(address: Address) -> str:
    """The address with something in place of its parameters."""
    filled = {"step": "you", "name": "base.css"}
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda m: filled.get(m[1], "1"), address.path)


def test_every_route_of_the_site_is_in_the_table(app: SiteApp) -> None:
    listed = {address.path for address in app.state.addresses}
    assert all(isinstance(route, Route) for route in app.routes)
    assert {route.path for route in app.routes} == listed  # type: ignore[attr-defined]
    assert len({a.name for a in ADDRESSES}) == len({a.path for a in ADDRESSES}) == len(ADDRESSES)


@here
def test_every_address_states_a_rule_and_the_open_ones_are_listed(address: Address) -> None:
    assert isinstance(address.rule, Rule)
    assert (address.rule is Rule.ANYONE) == (address.name in OPEN)
    assert bool(address.purpose) == (address.rule is Rule.LINK)
    assert address.get or address.post


def test_only_what_carries_a_signature_of_its_own_may_be_posted_from_anywhere() -> None:
    assert {address.name for address in ADDRESSES if address.from_anywhere} == {"unsubscribe", "bounces"}


def test_the_desk_is_for_coordinators_alone() -> None:
    assert all(address.rule is Rule.COORDINATOR for address in routes.desk.ROUTES)
    assert all(address.path.startswith("/desk") for address in routes.desk.ROUTES)


@here
def test_a_stranger_is_turned_away_from_all_but_the_open_addresses(address: Address, browser: TestClient) -> None:
    if address.rule is Rule.ANYONE:
        return
    if address.get:
        seen = browser.get(path_of(address))
        if address.rule is Rule.LINK:
            assert seen.status_code == 404
        else:
            assert seen.status_code == 303
            assert seen.headers["location"].startswith("/sign-in?next=")
    if address.post:
        assert browser.post(path_of(address)).status_code == (404 if address.rule is Rule.LINK else 403)


def test_a_participant_is_no_coordinator_and_the_other_way_round(world, browse) -> None:  # type: ignore[no-untyped-def]
    world.add("ada", "mentee")
    world.coordinator()
    participant, coordinator = browse(), browse()
    world.sign_in(participant, "ada@example.org")
    world.sign_in(coordinator, "cleo@example.org")
    for address in table(mailbox=False):
        if address.rule is Rule.COORDINATOR:
            turned = [
                participant.get(path_of(address)) if address.get else None,
                participant.post(path_of(address)) if address.post else None,
            ]
            assert {answer.status_code for answer in turned if answer} == {403}, address.name
        if address.rule is Rule.PARTICIPANT:
            answer = coordinator.get(path_of(address)) if address.get else coordinator.post(path_of(address))
            assert answer.status_code == 403, address.name


# -- cross-site ------------------------------------------------------------------------------------------------------

SITES = (None, "same-origin", "none", "same-site", "cross-site", "nonsense")
ORIGINS = (None, "https://mentors.example.org", "https://evil.example", "null")
COMBINATIONS = list(itertools.product(SITES, ORIGINS))


def may_write(site: str | None, origin: str | None) -> bool:
    """The rule, said once more: Sec-Fetch-Site decides where it is sent, else Origin."""
    return site in ("same-origin", "none") if site else origin == "https://mentors.example.org"


@here
def test_a_form_from_elsewhere_is_refused_everywhere(address: Address, app: SiteApp) -> None:
    if not address.post or address.from_anywhere:
        return
    with TestClient(app, base_url="https://mentors.example.org", follow_redirects=False) as client:
        for site, origin in COMBINATIONS:
            headers = {k: v for k, v in (("sec-fetch-site", site), ("origin", origin)) if v}
            if not may_write(site, origin):
                refused = client.post(path_of(address), headers=headers)
                assert refused.status_code == 403, (site, origin)
                assert "not sent from one of our own pages" in refused.text


@pytest.mark.parametrize(("site", "origin"), COMBINATIONS)
def test_a_form_is_let_in_exactly_when_it_comes_from_here(app: SiteApp, site: str | None, origin: str | None) -> None:
    headers = {k: v for k, v in (("sec-fetch-site", site), ("origin", origin)) if v}
    client = TestClient(app, base_url="https://mentors.example.org", follow_redirects=False)
    assert (client.post("/sign-out", headers=headers).status_code == 303) == may_write(site, origin)


def test_two_contradicting_headers_are_refused(app: SiteApp) -> None:
    client = TestClient(app, base_url="https://mentors.example.org")
    headers = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]
    assert client.post("/sign-out", headers=headers).status_code == 403


# -- host ------------------------------------------------------------------------------------------------------------

HOSTS = (
    "evil.example",
    "mentors.example.org.evil.example",
    "mentors.example.org:444",
    "",
    "127.0.0.1",
    "MENTORS.example",
)


@pytest.mark.parametrize("host", HOSTS)
def test_only_the_configured_host_is_answered(browser: TestClient, host: str) -> None:
    answer = browser.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


@pytest.mark.parametrize("host", ["mentors.example.org", "mentors.example.org:443", "Mentors.Example.org"])
def test_the_configured_host_may_name_its_port_and_be_in_capitals(browser: TestClient, host: str) -> None:
    assert browser.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("name", ["x-forwarded-host", "x-forwarded-for", "forwarded", "x-original-url"])
def test_forwarding_headers_change_nothing(browser: TestClient, name: str) -> None:
    plain, forged = browser.get("/sign-in"), browser.get("/sign-in", headers={name: "evil.example"})
    assert plain.text == forged.text


def test_a_slash_too_many_does_not_lead_to_a_forged_host(browser: TestClient) -> None:
    answer = browser.get("/sign-in/sent/", headers={"x-forwarded-host": "evil.example"})
    assert answer.status_code == 404
    assert "location" not in answer.headers


# -- headers ---------------------------------------------------------------------------------------------------------


def carries_headers(answer) -> None:  # type: ignore[no-untyped-def]
    """Every security header, once."""
    for name, value in HEADERS.items():
        if name != "Cache-Control":
            assert answer.headers.get_list(name) == [value], name
    assert answer.headers["strict-transport-security"] == STRICT_TRANSPORT


@here
def test_every_address_answers_with_the_security_headers(address: Address, browser: TestClient) -> None:
    if address.name in OWN_POLICY:
        return
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
        carries_headers(browser.request(method, path_of(address)))


def test_errors_carry_the_headers_too(app: SiteApp, browser: TestClient) -> None:
    answers = {
        400: browser.get("/", headers={"host": "evil.example"}),
        403: browser.post("/sign-out", headers={"sec-fetch-site": "cross-site"}),
        404: browser.get("/nowhere"),
        405: browser.put("/sign-in"),
        413: browser.post("/sign-in", data={"email": "a" * 70_000}),
        422: browser.post("/sign-in", data={"email": "nonsense"}),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        carries_headers(answer)
        assert "<h1>" in answer.text


def test_a_crash_is_a_kind_page_with_headers_and_without_details(
    app: SiteApp, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("the secret detail")

    monkeypatch.setattr("matcher.workflow.access.request_sign_in", crash)
    client = TestClient(app, base_url="https://mentors.example.org", raise_server_exceptions=False)
    answer = client.post("/sign-in", data={"email": "ada@example.org"}, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "secret detail" not in answer.text
    carries_headers(answer)


def test_a_busy_database_is_503_and_says_when_to_come_again(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matcher.storage.database import Busy

    def busy(*_: object, **__: object) -> None:
        raise Busy("still busy")

    monkeypatch.setattr("matcher.workflow.access.request_sign_in", busy)
    answer = browser.post("/sign-in", data={"email": "ada@example.org"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    carries_headers(answer)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_full_disk_is_a_plain_page_and_nothing_is_half_saved(
    browser: TestClient, world: World, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """A file can be told how large it may grow; a PostgreSQL server would need a disk of its own."""
    world.add("ada", "mentee")
    with database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    answers = []
    with listening(database.engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}")):
        while not answers or answers[-1].status_code == 303:
            before = len(world.letters())
            answers.append(browser.post("/sign-in", data={"email": "ada@example.org"}))
    assert answers[-1].status_code == 503
    assert "nothing was half saved" in answers[-1].text
    carries_headers(answers[-1])
    assert len(world.letters()) == before
    assert "no room" in caplog.text
    assert "example.org" not in caplog.text
    with database.read() as session:
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_when_it_is_not_known_whether_something_was_kept_the_page_says_so(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object, **__: object) -> None:
        raise InDoubt("cut")

    monkeypatch.setattr("matcher.workflow.access.request_sign_in", cut)
    answer = browser.post("/sign-in", data={"email": "ada@example.org"})
    assert answer.status_code == 503
    assert "we do not know whether it was kept" in answer.text


def test_health_is_503_while_there_is_no_database(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: object) -> None:
        raise Unreachable("gone")

    assert browser.get("/health").status_code == 200
    monkeypatch.setattr("matcher.storage.database.Database.reach", gone)
    assert browser.get("/health").status_code == 503


def test_the_policy_allows_nothing_inline_and_pages_hold_nothing_inline(browser: TestClient) -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    for address in ADDRESSES:
        if address.get and address.rule is Rule.ANYONE and address.name not in {"static", "health", "suggest"}:
            page = browser.get(path_of(address)).text
            assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|javascript:", page), address.name
            assert not re.search(r"(src|href|action)=\"(https?:)?//(?!mentors\.example\.org)", page), address.name


def test_static_files_are_kept_by_version_and_checked_without_one(browser: TestClient) -> None:
    plain = browser.get("/static/base.css")
    assert "no-cache" in plain.headers["cache-control"]
    link = re.search(r"/static/base\.css\?v=\w+", browser.get("/").text)
    assert link
    assert "immutable" in browser.get(link[0]).headers["cache-control"]
    assert browser.get(link[0], headers={"if-none-match": plain.headers["etag"]}).status_code == 304
    for hostile in ("/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e", "/static/a%00b", "/static/base.css/"):
        assert browser.get(hostile).status_code == 404


# -- reading writes nothing ------------------------------------------------------------------------------------------


def test_looking_never_writes(world, app: SiteApp, database: Database, browse) -> None:  # type: ignore[no-untyped-def]
    """GET, HEAD and OPTIONS of every address, by a stranger, a participant and a coordinator: no statement writes."""
    world.add("ada", "mentee")
    world.coordinator()
    visitors = [browse(), browse(), browse()]
    world.sign_in(visitors[1], "ada@example.org")
    world.sign_in(visitors[2], "cleo@example.org")
    written: list[str] = []

    def spy(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.split(None, 1)[0].upper() in ("INSERT", "UPDATE", "DELETE"):
            written.append(statement)

    token = world.site.links.answer(1, "ada", 1).removeprefix("https://mentors.example.org")
    with listening(database.engine, "before_cursor_execute", spy):
        for visitor in visitors:
            for address in table(mailbox=False):
                for method in ("GET", "HEAD", "OPTIONS"):
                    visitor.request(method, path_of(address))
            visitor.get(token)
    assert written == []
