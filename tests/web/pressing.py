"""What a test does with a page of the desk: fills in its forms as they stand, reads what it says, parses exports."""

import csv
import io
import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from openpyxl import load_workbook
from starlette.testclient import TestClient


class _Forms(HTMLParser):
    """Every form of a page with the fields that a browser would send untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.text_of: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append({})
        name = told.get("name")
        if not self.found or not name:
            return
        if tag == "textarea":
            self.text_of = name
            self.found[-1][name] = ""
        elif tag == "input" and (told.get("type") not in ("radio", "checkbox") or "checked" in told):
            self.found[-1][name] = told.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.text_of = None

    def handle_data(self, data: str) -> None:
        if self.text_of is not None:
            self.found[-1][self.text_of] += data.removeprefix("\n")


def forms(page: str) -> list[dict[str, str]]:
    """The fields of every form, in order."""
    parser = _Forms()
    parser.feed(page)
    return parser.found


def form(page: str, act: str, **wanted: str) -> dict[str, str]:
    """The fields of the one form with this act and these values."""
    found = [f for f in forms(page) if f.get("act") == act and all(f.get(k) == v for k, v in wanted.items())]
    assert len(found) == 1, (act, wanted, found)
    return found[0]


def has_form(page: str, act: str) -> bool:
    """Whether the page offers this act."""
    return any(f.get("act") == act for f in forms(page))


def said(browser: TestClient, response: Any) -> str:
    """What the page after a redirect says on top."""
    assert response.status_code == 303, response.text
    found = re.search(r'<div role="status">.*?<p>(.*?)</p>', browser.get(response.headers["location"]).text, re.S)
    return unescape(found[1]) if found else ""


def text_of(page: str) -> str:
    """What can be read on a page."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def exported(browser: TestClient, path: str, wanted: str) -> list[dict[str, Any]]:
    """A list as the file that a button of its page brings, parsed."""
    response = browser.post(path, data={"act": "export", "as": wanted})
    assert response.status_code == 200, response.text
    assert re.fullmatch(r'attachment; filename="[a-z-]+-\d{4}-\d\d-\d\d\.\w+"', response.headers["content-disposition"])
    if wanted == "json":
        return list(json.loads(response.content))
    if wanted == "csv":
        return list(csv.DictReader(io.StringIO(response.content.decode("utf-8"))))
    header, *rows = load_workbook(io.BytesIO(response.content)).active.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]
