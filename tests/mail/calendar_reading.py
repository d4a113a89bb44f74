"""A reader of calendar files written from RFC 5545 alone, beside the library that writes them."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A content line: name, parameters, value as it stands."""

    name: str
    parameters: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        """A TEXT value (3.3.11)."""
        return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], self.value)


def lines(raw: bytes) -> list[Line]:
    """Every content line, unfolded (3.1). Asserts CRLF, 75 octets, and that no line is without a name."""
    assert raw.endswith(b"\r\n")
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 75
    unfolded = raw.replace(b"\r\n ", b"").replace(b"\r\n\t", b"").decode("utf-8")
    return [_line(each) for each in unfolded.split("\r\n")[:-1]]


def _line(text: str) -> Line:
    found = re.fullmatch(r'([A-Z-]+)((?:;[A-Z-]+=(?:"[^"]*"|[^";:,]*))*):(.*)', text, re.DOTALL)
    assert found, text
    pairs = re.findall(r';([A-Z-]+)=(?:"([^"]*)"|([^";:,]*))', found[2])
    return Line(found[1], {name: quoted or plain for name, quoted, plain in pairs}, found[3])


def event(raw: bytes) -> tuple[str, dict[str, Line], list[Line]]:
    """The method, the one event's properties by name, and its attendees."""
    found = lines(raw)
    assert [each.value for each in found if each.name == "BEGIN"] == ["VCALENDAR", "VEVENT"]
    assert [each.value for each in found if each.name == "END"] == ["VEVENT", "VCALENDAR"]
    start = found.index(Line("BEGIN", {}, "VEVENT"))
    outside = {each.name: each.value for each in found[:start]}
    assert set(outside) == {"BEGIN", "VERSION", "PRODID", "METHOD"}
    assert outside["VERSION"] == "2.0"
    inside = found[start + 1 : -2]
    attendees = [each for each in inside if each.name == "ATTENDEE"]
    others = [each for each in inside if each.name != "ATTENDEE"]
    assert len({each.name for each in others}) == len(others)
    return outside["METHOD"], {each.name: each for each in others}, attendees
