"""A robot that does with links in letters what mail scanners do, and a database in which every kind of letter was sent.

Scanners look (HEAD), open (GET, again and again, many at once), fetch ahead, run scripts, and send forms as they find
them: that is what Safe Links, Proofpoint and their like have been seen to do.
"""

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

from anyio.from_thread import start_blocking_portal
from sqlalchemy import select
from starlette.testclient import TestClient

from matcher.config import Config
from matcher.domain.introductions import Asks
from matcher.domain.letters import Letter
from matcher.storage.database import Database
from matcher.workflow import access, outcomes, signup, tell_me_more
from tests.cast import LINKS, NOW, SECRET, ada, ben, cleo, dora, enrol, grace, henry, ines, person
from tests.soak.faults import Contents, contents
from tests.soak.proof import Fresh, Told, proof
from tests.stories import DAY, VOCABULARY, ask, at, deliver, introduced, offer, say
from web.app import create_app


def send_every_letter(db: Database) -> None:
    """Stories that have gone on for some time, so that many kinds of letters are there at NOW."""
    seeker = {"seeks_skills": "skill.verbal_deescalation"}
    helper = {"skills": "skill.verbal_deescalation=4", "stage": "stage.senior", "capacity": "2"}
    cleo(db)
    mentors = [person(id, "mentor", **helper) for id in ("jo", "lee", "max")]
    enrol(db, ada(), ben(), dora(), grace(), henry(), ines(), *mentors, person("kim", "mentee", **seeker))
    long_ago, lately = NOW - 100 * DAY, NOW - 15 * DAY
    active = introduced(db, "kim", "lee", now=long_ago)
    outcomes.first_contact(db, active, "kim", happened=True, links=LINKS, now=long_ago)
    introduced(db, "dora", "jo", now=lately)
    offer(db, "ada", "grace", "henry", now=NOW - 4 * DAY)
    deliver(db, NOW - 4 * DAY)
    at(db, NOW)
    asked = ask(db, "ben", "ines", now=NOW)
    say(db, asked, "ines", "more", question="How often would we talk?")
    tell_me_more.tell(db, asked, "ines", "Once a month.", by="cleo", links=LINKS, now=NOW)
    say(db, asked, "ines", "yes")
    say(db, asked, "ben", "more", question="Do you know nights?", asks=Asks.OTHER)
    signup.pause(db, "max", links=LINKS, now=NOW)
    how: dict = {"vocabulary": VOCABULARY, "links": LINKS, "language": "en", "now": NOW}
    for address in ("new@example.org", "henry@example.org"):
        told = {"role": "mentor", "name": "New", "email": address}
        signup.sign_up(db, told, {"matching": "I agree."}, **how)
    for address in ("grace@example.org", "cleo@example.org"):
        access.request_sign_in(db, address, links=LINKS, now=NOW)


def links_in_letters(db: Database) -> list[str]:
    """The path of every link in every letter, in its texts and in its head, each once."""
    with db.read() as session:
        raws = [raw for raw in session.scalars(select(Letter.raw)) if raw]  # type: ignore[attr-defined]
    found: dict[str, None] = {}
    for raw in raws:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        parts = [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
        for text in (*parts, str(message.get("List-Unsubscribe", ""))):
            for path in re.findall(re.escape(LINKS.origin) + r"(/[^\s\"'<>)]*)", text):
                found[unescape(path).rstrip(".,")] = None
    return list(found)


def kinds_of(paths: list[str]) -> dict[str, str]:
    """One path for each kind of page."""
    return {re.sub(r"/[^/]{25,}|\d+", "/…", path.partition("?")[0]): path for path in reversed(paths)}


def state(db: Database) -> Contents:
    """All that is stored but how often a stranger has tried something."""
    return {table: rows for table, rows in contents(db).items() if table != "limits"}


@dataclass
class Form:
    """A form as it stands: where it goes, what a browser would send untouched, and its buttons."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.found: list[Form] = []
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(told.get("action") or self.path, told.get("method", "get").lower()))
        if not self.found:
            return
        form, name = self.found[-1], told.get("name", "")
        if tag not in ("select", "option", "button", "input", "textarea"):
            return
        kind = told.get("type", "submit" if tag == "button" else "text")
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in told or self.select not in form.fields):
            form.fields[self.select] = told.get("value", "")
        elif tag == "button" or (tag == "input" and kind in ("submit", "image")):
            form.buttons.append({name: told.get("value", "")} if name else {})
        elif name and (tag == "textarea" or kind not in ("radio", "checkbox") or "checked" in told):
            form.fields[name] = told.get("value", "")


def forms_of(path: str, page: str) -> list[Form]:
    """Every form of a page."""
    parser = _Forms(path)
    parser.feed(page)
    return parser.found


def _sent(browser: TestClient, form: Form, data: dict[str, str]) -> None:
    path = form.action.removeprefix(LINKS.origin)
    answer = browser.post(path, data=data) if form.method == "post" else browser.get(path, params=data)
    assert answer.status_code < 500, (path, data, answer.status_code)


def visits(open_browser: Callable[[], TestClient], path: str, often: int) -> Iterator[str]:
    """What scanners do with one link; gives the name of each deed after it is done."""
    browser = open_browser()
    browser.head(path)
    yield "HEAD"
    for _ in range(often):
        assert browser.get(path).status_code < 500
    yield f"GET x {often}"
    for name, value in (("Sec-Purpose", "prefetch;prerender"), ("Purpose", "prefetch"), ("X-Moz", "prefetch")):
        browser.get(path, headers={name: value})
    yield "prefetch"
    forms = forms_of(path, browser.get(path).text)
    for form in forms:
        for button in form.buttons or [{}]:
            _sent(browser, form, {**form.fields, **button})
            yield f"form to {form.action[:20]} as it stands, button {button}"
            _sent(browser, form, button)
            yield f"form to {form.action[:20]} with nothing but its button {button}"
        _sent(browser, form, {})
        yield f"form to {form.action[:20]}, empty"

    def hurried(_: int) -> None:
        one = open_browser()
        for form in forms_of(path, one.get(path).text):
            _sent(one, form, form.fields)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hurried, range(8)))
    yield "eight at once"


@proof("a mail scanner on the links of all letters", full=50, short=1, unit="visits")
def scanner(fresh: Fresh, size: int, told: Told) -> str:
    """Each page is opened `size` times; where that is few, one page of each kind."""
    db = fresh()
    send_every_letter(db)
    app = create_app(Config(origin=LINKS.origin, secret=SECRET), database=db, clock=lambda: NOW)

    def open_browser() -> TestClient:
        browser = TestClient(app, base_url=LINKS.origin, headers={"sec-fetch-site": "same-origin"})
        browser.portal = portal
        return browser

    paths = links_in_letters(db)
    kinds = kinds_of(paths)
    assert {"answer", "confirm", "sign-in", "unsubscribe", "me"} <= {kind.split("/")[1] for kind in kinds}, kinds
    chosen = paths if size >= 50 else list(kinds.values())
    before, deeds = state(db), 0
    with start_blocking_portal() as portal:  # else every request has an event loop and threads of its own
        for done, path in enumerate(chosen, start=1):
            for deed in visits(open_browser, path, size):
                deeds += 1
                assert state(db) == before, f"{deed} on {path} changed something"
            told(size * done // len(chosen))
        # And the judge has eyes: one click of a mail program is seen.
        link = next(path for path in paths if path.startswith("/unsubscribe"))
        open_browser().post(link, data={"List-Unsubscribe": "One-Click"})
        assert state(db) != before
    return f"{len(chosen)} links of {len(kinds)} kinds, {deeds} deeds: 0 changes, 0 tokens spent"
