"""Letters as their readers' programs see them: parsed, their words and links picked out, text against HTML."""

import email
import email.policy
import re
from email.message import EmailMessage
from html.parser import HTMLParser

ALWAYS = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
]
OF_STREAMS = ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"]
OF_THE_BODY = ["MIME-Version", "Content-Type"]


def parsed(raw: bytes) -> EmailMessage:
    """The letter as a mail program reads it."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def part(message: EmailMessage, kind: str) -> str:
    """The body as text ("plain") or HTML ("html")."""
    body = message.get_body(preferencelist=(kind,))
    assert body is not None
    return str(body.get_content())


class Reader(HTMLParser):
    """What somebody reads of an HTML letter, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.tags: set[str] = set()
        self._silent = 0
        self._href = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Notes links; style and title are not read."""
        self.tags.add(tag)
        self._silent += tag in ("style", "title")
        if tag == "a":
            self._href = dict(attributes)["href"] or ""
        self.words.append("" if tag == "bdi" else " ")

    def handle_endtag(self, tag: str) -> None:
        """Ends what a tag began."""
        self._silent -= tag in ("style", "title")
        self.words.append("" if tag in ("a", "span", "bdi") else " ")

    def handle_data(self, data: str) -> None:
        """Collects the words, and the words of links."""
        if self._silent:
            return
        self.words.append(data)
        if self._href:
            self.links.append((self._href, data))
            self._href = ""


def said(text: str) -> list[str]:
    """The words of a text, without what marks lists, quotations and labels."""
    return [word for word in re.sub(r"[->:]", " ", text).split() if not re.fullmatch(r"\d+\.", word)]


def check_alike(message: EmailMessage) -> None:
    """Text and HTML say the same words and lead to the same places, visibly."""
    text, html = part(message, "plain"), Reader(part(message, "html"))
    assert said("".join(html.words)) == said(text)
    leading = {target for target, _ in html.links if not target.startswith("mailto:")}
    assert leading == {word for word in text.split() if word.startswith("https://")}
    shown = {words for _, words in html.links}
    assert all(target.removeprefix("mailto:") in shown for target, _ in html.links)
