"""The desk's letters: the list by state, and one letter exactly as its reader gets it."""

import ast
import email
import email.policy
import re
from dataclasses import dataclass
from datetime import timedelta
from email.header import decode_header, make_header
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from matcher.domain.letters import SECRET, LetterKind, LetterState, Links, Stream
from matcher.mail.writing import compose
from matcher.storage import desk_letters, outbox
from matcher.storage.mapping import letters
from matcher.workflow.signing import LinkSigner
from tests.mail.samples import LINKS, NOW, all_letters
from tests.stories import deliver
from tests.web.pressing import exported, has_form, said, text_of
from tests.web.world import SECRET as KEY
from tests.web.world import World
from web.desk.words import LETTER_KINDS, TROUBLES
from web.letters_shown import blanked, taken_apart

CLEO = "cleo@example.org"
HOSTILE = '<script>alert("1")</script>'


@dataclass
class Desk:
    """A signed-in coordinator's browser, and the outbox."""

    browser: TestClient
    world: World
    cleo: str

    def get(self, path: str) -> str:
        response = self.browser.get(path)
        assert response.status_code == 200, response.text
        return response.text

    def press(self, id: int, act: str) -> Any:
        return self.browser.post(f"/desk/letters/{id}", data={"act": act})

    def letter(self, id: int) -> Any:
        with self.world.database.read() as session:
            return desk_letters.letter(session, id)

    def change(self, id: int, **values: Any) -> None:
        with self.world.database.write() as session:
            session.execute(update(letters).where(letters.c.id == id).values(**values))

    def fail(self, trouble: str = "550 5.1.1 user unknown") -> int:
        """The next letter that waits is given up; its id."""
        with self.world.database.write() as session:
            letter = outbox.claim_next(session, "postman", self.world.clock())
            assert letter is not None
            assert letter.id is not None
            assert outbox.mark_failed(session, letter.id, "postman", letter.attempts, trouble=trouble)
            return letter.id


@pytest.fixture
def desk(browser: TestClient, world: World) -> Desk:
    """A coordinator who is signed in; nothing waits."""
    cleo = world.coordinator(CLEO)
    world.sign_in(browser, CLEO)
    deliver(world.database, world.clock())
    return Desk(browser, world, cleo)


@pytest.fixture
def suggestions(desk: Desk) -> int:
    """A letter with suggestions to Ada that waits; its id."""
    world = desk.world
    world.add("ada", "mentee", goals="goal.first_months")
    world.add("grace", "mentor", helps_with="goal.first_months", capacity="2")
    world.approve(desk.cleo, world.propose("ada", "grace", desk.cleo))
    return int(world.letters(LetterKind.SUGGESTIONS)[-1].id)


def rows_of(page: str) -> list[str]:
    """What each row of the list says."""
    return [text_of("<li" + row) for row in page.split('<li class="entry"')[1:]]


# -- the list --------------------------------------------------------------------------------------------------------


def test_every_kind_of_letter_has_words() -> None:
    assert set(LETTER_KINDS) == set(LetterKind)


def test_every_tab_opens_and_counts_what_it_holds(desk: Desk, suggestions: int) -> None:
    for tab in ("", "queued", "sending", "sent", "failed", "cancelled", "nonsense"):
        page = desk.get(f"/desk/letters?state={tab}")
        assert "All 2 Waiting 1 Leaving now 0 Sent 1 Sent back 0 Called spam 0 Given up 0 Taken back 0" in text_of(page)
        assert len(rows_of(page)) == {"": 2, "nonsense": 2, "queued": 1, "sent": 1}.get(tab, 0)
    [row] = rows_of(desk.get("/desk/letters?state=queued"))
    assert "To ada@example.org · suggestions to choose from" in row
    assert "waiting leaves just now" in row
    assert f'href="/desk/letters/{suggestions}"' in desk.get("/desk/letters?state=queued")
    desk.change(suggestions, next_try_at=desk.world.clock() - timedelta(hours=2))
    assert "waiting due 2 hours ago" in rows_of(desk.get("/desk/letters?state=queued"))[0]


def test_an_empty_tab_says_so(desk: Desk) -> None:
    assert "No letters here" in desk.get("/desk/letters?state=failed")


def test_the_search_looks_at_address_and_subject(desk: Desk, suggestions: int) -> None:
    assert len(rows_of(desk.get("/desk/letters?q=ADA@"))) == 1
    assert len(rows_of(desk.get("/desk/letters?q=sign-in+link"))) == 1
    assert len(rows_of(desk.get("/desk/letters?q=%25"))) == 0
    assert "No letter found" in desk.get("/desk/letters?q=nobody")


def test_the_search_finds_capital_letters_with_accents(desk: Desk, suggestions: int) -> None:
    desk.change(suggestions, subject="Ángel: elige hasta el 1 de diciembre")
    assert len(rows_of(desk.get("/desk/letters?q=Ángel"))) == 1


def test_trouble_and_the_next_try_are_told(desk: Desk, suggestions: int) -> None:
    with desk.world.database.write() as session:
        letter = outbox.claim_next(session, "postman", desk.world.clock())
        assert letter is not None
        again = desk.world.clock() + timedelta(minutes=5)
        outbox.mark_retry(session, suggestions, "postman", letter.attempts, next_try_at=again, trouble="451 busy")
    [row] = rows_of(desk.get("/desk/letters?state=queued"))
    assert "451 busy" in row
    assert "next try in 5 minutes" in row
    desk.press(suggestions, "cancel")
    [row] = rows_of(desk.get("/desk/letters?state=cancelled"))
    assert "taken back by a coordinator" in row


def test_a_letter_that_should_have_left_long_ago_raises_the_alarm(desk: Desk, suggestions: int) -> None:
    desk.world.clock.forward(minutes=15)
    assert "should have left" not in desk.get("/desk/letters")
    desk.world.clock.forward(minutes=1)
    assert "A letter should have left 16 minutes ago and has not." in text_of(desk.get("/desk/letters"))
    deliver(desk.world.database, desk.world.clock())
    assert "should have left" not in desk.get("/desk/letters")


def test_fifty_stand_on_a_page(desk: Desk, suggestions: int) -> None:
    found = desk.letter(suggestions)
    with desk.world.database.write() as session:
        for n in range(55):
            session.execute(
                letters.insert().values(
                    kind=found.kind,
                    key=f"k{n}",
                    to=f"{n}@example.org",
                    language="en",
                    state=LetterState.SENT,
                    subject="x",
                )
            )
    assert [len(rows_of(desk.get(f"/desk/letters?page={page}"))) for page in (0, 1, 9)] == [50, 7, 7]


@pytest.mark.parametrize("wanted", ["csv", "xlsx", "json"])
def test_the_list_can_be_taken_along_with_its_filters(desk: Desk, suggestions: int, wanted: str) -> None:
    [row] = exported(desk.browser, "/desk/letters?state=queued", wanted)
    assert (str(row["id"]), row["kind"], row["to"]) == (str(suggestions), "suggestions", "ada@example.org")
    assert len(exported(desk.browser, "/desk/letters?q=cleo", wanted)) == 1
    assert "raw" not in row
    assert "facts" not in row


# -- one letter ------------------------------------------------------------------------------------------------------


def test_a_letter_is_shown_as_it_travels(desk: Desk, suggestions: int) -> None:
    raw = desk.letter(suggestions).raw
    page = desk.browser.get(f"/desk/letters/{suggestions}")
    assert page.headers["content-security-policy"].endswith("; frame-src 'self'")
    assert f'<iframe class="letter-frame" src="/desk/letters/{suggestions}/html"' in page.text
    assert re.search(r'<iframe[^>]* sandbox=""', page.text)
    assert '<a href="/desk/people/ada"><bdi>Ada</bdi></a>' in page.text
    text = text_of(desk.get(f"/desk/letters/{suggestions}?view=text"))
    assert "Hello Ada" in text
    headers = text_of(desk.get(f"/desk/letters/{suggestions}?view=headers"))
    assert "List-Unsubscribe-Post List-Unsubscribe=One-Click" in headers
    source = re.search(r"<pre[^>]*>(.*?)</pre>", desk.get(f"/desk/letters/{suggestions}?view=source"), re.S)
    assert source is not None
    joined = unescape(source[1]).replace("=\n", "")
    sent = raw.decode().replace("\r\n", "\n").replace("=\n", "")
    assert joined == re.sub(r"(/answer/|/unsubscribe/)[\w.-]+", r"\1•••", sent)
    assert "what makes them valid is blanked" in page.text


@pytest.mark.parametrize("mode", ["choose", "assigned"])
def test_nobody_can_answer_for_the_reader_with_what_the_desk_shows(desk: Desk, mode: str) -> None:
    world = desk.world
    world.add("ada", "mentee", goals="goal.first_months")
    world.add("grace", "mentor", helps_with="goal.first_months", capacity="2")
    world.approve(desk.cleo, world.propose("ada", "grace", desk.cleo, mode))
    letter = world.letters()[-1]
    tokens = set(re.findall(r"/(?:answer|unsubscribe)/([\w.-]+)", taken_apart(letter.raw).text + str(letter.facts)))
    assert len(tokens) == 2
    for path in ("?view=html", "?view=text", "?view=headers", "?view=source", "/html"):
        page = desk.get(f"/desk/letters/{letter.id}{path}")
        unfolded = re.sub(r"=\n", "", unescape(page))
        for token in tokens:
            assert token not in unfolded
            assert token.rpartition(".")[2] not in unfolded
    for path in ("?view=text", "?view=headers", "?view=source", "/html"):
        assert "•••" in desk.get(f"/desk/letters/{letter.id}{path}")
    assert desk.letter(letter.id).raw == letter.raw


def test_a_token_is_blanked_wherever_a_line_of_the_source_breaks() -> None:
    """For every kind of link with a token, and with the break before each of its signs."""
    links = Links("https://mentors.example.org", LinkSigner(KEY))
    made = (links.answer(7, "ada", 3), links.unsubscribe("ada", "suggestions"), links.confirm("c" * 43))
    for url in (*made, links.sign_in("_s-" * 12)):
        token = url.rpartition("/")[2]
        for at in range(len(token)):
            source = f"Subject: x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nSee {url}.\r\n"
            source = source.replace(token, token[:at] + "=\r\n" + token[at:])
            shown = blanked(taken_apart(source.encode()))
            assert shown.text.strip() == f"See {url.replace(token, '•••')}."
            assert shown.source.endswith(("/•••.\n", "/=\n•••.\n"))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("name", ["Ada", "שרה כהן " * 300, "👩🏽‍🚒 Zoë\x00 " * 50], ids=["plain", "hebrew", "odd"])
def test_the_letters_we_write_hide_no_token_from_the_blanking(language: str, name: str) -> None:
    """It reads plain and quoted-printable only: no body may be in base64, no header with a token an encoded word."""
    for letter in all_letters(language, name):
        raw = compose(letter, LINKS, NOW).raw
        message = email.message_from_bytes(raw, policy=email.policy.compat32)
        bodies = [part for part in message.walk() if not part.is_multipart()]
        assert {part["Content-Transfer-Encoding"] for part in bodies} <= {"7bit", "quoted-printable"}
        words = "".join(part.get_payload(decode=True).decode() for part in bodies)
        tokens = set(re.findall(r"/(?:answer|confirm|sign-in|unsubscribe)/([\w.-]+)", words))
        assert tokens or letter.stream is Stream.ESSENTIAL
        for part in message.walk():
            for _, value in part.raw_items():
                encoded = re.search(r"=\?[^?\s]+\?[bq]\?", value, re.IGNORECASE)
                assert not encoded or not any(token in str(make_header(decode_header(value))) for token in tokens)
        shown = blanked(taken_apart(raw))
        for text in (shown.text, shown.html, str(shown.headers), re.sub(r"=\n|\n[ \t]", "", shown.source)):
            assert not any(token in text for token in tokens)


def test_words_that_only_look_like_a_link_stay() -> None:
    words = "Write to https://example.org/answer/me or /unsubscribe/now, answer/ or /sign-in/ as you like.\n"
    shown = taken_apart(f"Subject: x\r\n\r\n{words}".encode())
    assert blanked(shown) == shown


def test_the_frame_is_shut_in_and_its_links_do_nothing(desk: Desk, suggestions: int) -> None:
    frame = desk.browser.get(f"/desk/letters/{suggestions}/html")
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("sandbox")
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert frame.headers["x-frame-options"] == "SAMEORIGIN"
    assert "Ada" in frame.text
    assert (
        "href"
        not in re.sub(r"(?s).*<pre", "<pre", desk.get(f"/desk/letters/{suggestions}?view=text")).partition("</pre>")[0]
    ), "an answer is its reader's to give"


def test_names_in_letters_stay_words(desk: Desk) -> None:
    world = desk.world
    world.add("eve", "mentee", name=HOSTILE, goals="goal.first_months", text=HOSTILE)
    world.add("grace", "mentor", helps_with="goal.first_months", capacity="2")
    world.approve(desk.cleo, world.propose("eve", "grace", desk.cleo))
    id = world.letters(LetterKind.SUGGESTIONS)[-1].id
    desk.change(id, subject=HOSTILE, to=f'"{HOSTILE}"@example.org', trouble=HOSTILE)
    for view in ("html", "text", "headers", "source"):
        assert "<script>alert" not in desk.get(f"/desk/letters/{id}?view={view}")
    assert "<script>alert" not in desk.get("/desk/letters")
    assert "<script>alert" not in desk.get(f"/desk/letters/{id}/html")


@pytest.mark.parametrize("kind", sorted(SECRET))
def test_a_letter_that_opens_an_account_hides_its_content(desk: Desk, kind: LetterKind) -> None:
    desk.browser.post("/sign-in", data={"email": CLEO})
    [waiting] = [letter for letter in desk.world.letters(LetterKind.SIGN_IN) if letter.raw]
    desk.change(waiting.id, kind=kind)
    token = waiting.facts["url"].rpartition("/")[2]
    for path in ("", "?view=text", "?view=headers", "?view=source"):
        page = desk.get(f"/desk/letters/{waiting.id}{path}")
        assert "The content of this letter is hidden" in page
        assert token not in page
        assert waiting.facts["code"] not in page
        assert CLEO in page
        assert "<iframe" not in page
    assert desk.browser.get(f"/desk/letters/{waiting.id}/html").status_code == 404
    for wanted in ("csv", "json"):
        assert token not in str(exported(desk.browser, "/desk/letters", wanted))


def test_a_letter_whose_content_is_gone_says_so(desk: Desk, suggestions: int) -> None:
    deliver(desk.world.database, desk.world.clock())
    with desk.world.database.write() as session:
        outbox.forget_bodies(session, desk.world.clock() + timedelta(days=1))
    assert "is no longer kept" in desk.get(f"/desk/letters/{suggestions}")
    assert desk.browser.get(f"/desk/letters/{suggestions}/html").status_code == 404


@pytest.mark.parametrize("path", ["0", "999", "x", "99999999999"])
def test_what_is_not_there_is_404(desk: Desk, path: str) -> None:
    assert desk.browser.get(f"/desk/letters/{path}").status_code == 404
    assert desk.browser.get(f"/desk/letters/{path}/html").status_code == 404
    for act in ("cancel", "send", "looked_after"):
        assert desk.browser.post(f"/desk/letters/{path}", data={"act": act}).status_code == 404


# -- what a coordinator does -----------------------------------------------------------------------------------------


def test_a_waiting_letter_is_taken_back(desk: Desk, suggestions: int) -> None:
    assert said(desk.browser, desk.press(suggestions, "cancel")) == "Taken back. It will not be sent."
    assert desk.letter(suggestions).state is LetterState.CANCELLED
    page = desk.get(f"/desk/letters/{suggestions}")
    assert not has_form(page, "cancel")
    assert not has_form(page, "send")
    assert "took a letter back · Cleo" in text_of(page)


def test_a_letter_that_has_left_can_neither_be_taken_back_nor_sent(desk: Desk, suggestions: int) -> None:
    deliver(desk.world.database, desk.world.clock())
    assert not has_form(desk.get(f"/desk/letters/{suggestions}"), "cancel")
    assert "cannot be taken back" in said(desk.browser, desk.press(suggestions, "cancel"))
    assert "Only a letter that waits" in said(desk.browser, desk.press(suggestions, "send"))
    assert desk.letter(suggestions).state is LetterState.SENT


def test_a_waiting_letter_is_tried_now(desk: Desk, suggestions: int) -> None:
    desk.change(suggestions, next_try_at=desk.world.clock() + timedelta(hours=4))
    assert said(desk.browser, desk.press(suggestions, "send")) == "It is the next to leave."
    assert desk.letter(suggestions).next_try_at == desk.world.clock()


def test_a_letter_given_up_goes_out_once_more_with_the_same_bytes(desk: Desk, suggestions: int) -> None:
    assert desk.fail() == suggestions
    page = desk.get(f"/desk/letters/{suggestions}")
    assert "550 5.1.1 user unknown" in page
    assert has_form(page, "send")
    assert has_form(page, "looked_after")
    sent = desk.press(suggestions, "send")
    again = int(sent.headers["location"].rpartition("/")[2])
    assert again != suggestions
    assert "this is the new letter" in said(desk.browser, sent)
    assert desk.letter(again).raw == desk.letter(suggestions).raw
    assert not has_form(desk.get(f"/desk/letters/{suggestions}"), "looked_after")
    assert desk.press(suggestions, "send").headers["location"] == f"/desk/letters/{again}", "twice is once"


def test_a_letter_given_up_is_looked_after(desk: Desk, suggestions: int) -> None:
    desk.fail()
    assert "was given up" in text_of(desk.get("/desk"))
    assert "no longer stands" in said(desk.browser, desk.press(suggestions, "looked_after"))
    assert not has_form(desk.get(f"/desk/letters/{suggestions}"), "looked_after")
    assert "was given up" not in text_of(desk.get("/desk"))


def test_a_letter_given_up_whose_content_is_gone_cannot_be_sent(desk: Desk, suggestions: int) -> None:
    desk.fail()
    desk.change(suggestions, raw=None)
    assert not has_form(desk.get(f"/desk/letters/{suggestions}"), "send")
    assert "no longer kept" in said(desk.browser, desk.press(suggestions, "send"))


def test_an_unknown_act_changes_nothing(desk: Desk, suggestions: int) -> None:
    assert desk.press(suggestions, "explode").status_code == 422
    assert desk.letter(suggestions).state is LetterState.QUEUED


def test_every_reason_for_which_a_letter_is_taken_back_can_be_said_in_another_language() -> None:
    given = set()
    for module in Path(outbox.__file__).parents[1].rglob("*.py"):
        for call in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "").startswith("cancel"):
                given |= {
                    arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                }
    assert {"the time has changed", "a newer letter was written"} <= given <= set(TROUBLES)
