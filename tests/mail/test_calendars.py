"""Calendar entries: read again by a reader of its own, the same facts in them as in text and HTML."""

import random
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from matcher.domain.letters import LetterKind
from matcher.mail.calendars import Attendee, Event, invitation
from matcher.mail.tidying import words
from matcher.mail.writing import compose
from tests.mail import hostile
from tests.mail.calendar_reading import event
from tests.mail.reading import parsed, part
from tests.mail.samples import CASES, LINKS, NOW, letter

MEETINGS = [case for case in CASES if case[0] in (LetterKind.MEETING, LetterKind.MEETING_CANCELLED)]


def generated(n: int) -> Event:
    """The n-th event; its words are as tidied as those of a letter."""
    chance = random.Random(f"event {n}")
    names = [hostile.person(n + each)["name"] if n % 2 else hostile.text(n + each) for each in range(2)]
    return Event(
        uid=f"{chance.getrandbits(128):032x}@mentoring.example.org",
        sequence=chance.randint(0, 40),
        starts_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randint(0, 2_000_000)),
        minutes=chance.choice((30, 45, 60, 90)),
        title=words(hostile.text(n)) or "A conversation",
        description=words(hostile.text(n + 1), several_lines=True) or "x",
        url=f"https://mentoring.example.org/me/introductions/{n}/meeting",
        place=words(hostile.text(n + 2)) if n % 3 else "",
        organizer="mentoring@example.org",
        attendees=[Attendee(words(name), f"p{n}@example.org", chance.random() < 0.6) for name in names],
        cancelled=n % 4 == 0,
    )  # fmt: skip


def check_round_trip(n: int) -> None:
    """What goes in comes out again."""
    meant = generated(n)
    raw = invitation(meant, NOW)
    method, told, attendees = event(raw)
    assert method == ("CANCEL" if meant.cancelled else "REQUEST")
    assert told["UID"].value == meant.uid
    assert told["SEQUENCE"].value == str(meant.sequence)
    assert told["DTSTART"].value == f"{meant.starts_at:%Y%m%dT%H%M%SZ}"
    assert told["DTEND"].value == f"{meant.starts_at + timedelta(minutes=meant.minutes):%Y%m%dT%H%M%SZ}"
    assert told["DTSTAMP"].value == f"{NOW:%Y%m%dT%H%M%SZ}"
    assert (told["SUMMARY"].text, told["DESCRIPTION"].text) == (meant.title, meant.description)
    assert (told["LOCATION"].text if meant.place else "LOCATION" not in told) == (meant.place or True)
    assert told["URL"].value == meant.url
    assert told["ORGANIZER"].value == "mailto:mentoring@example.org"
    assert told["CLASS"].value == "PRIVATE"
    everybody = all(each.accepted for each in meant.attendees)
    assert told["STATUS"].value == ("CANCELLED" if meant.cancelled else "CONFIRMED" if everybody else "TENTATIVE")
    assert len(attendees) == len(meant.attendees)
    for line, each in zip(attendees, meant.attendees, strict=True):
        assert line.value == f"mailto:{each.email}"
        # RFC 6868: a caret is written twice.
        assert line.parameters.get("CN", "").replace("^^", "^") == each.name.replace('"', "'")
        assert line.parameters["PARTSTAT"] == ("ACCEPTED" if each.accepted else "NEEDS-ACTION")
        assert line.parameters["RSVP"] == "FALSE"


def test_generated_events_are_read_again_as_they_were_meant() -> None:
    for n in range(150):
        check_round_trip(n)


def test_the_calendar_says_what_text_and_html_say() -> None:
    for kind, facts in MEETINGS:
        for language in ("en", "es"):
            message = parsed(compose(letter(kind, facts, language=language), LINKS, NOW).raw)
            [calendar] = [each for each in message.walk() if each.get_content_type() == "text/calendar"]
            method, told, attendees = event(calendar.get_payload(decode=True))
            assert (
                calendar.get_param("method")
                == method
                == ("REQUEST" if "what" in facts and kind == "meeting" else "CANCEL")
            )
            assert calendar.get_param("charset") == "utf-8"
            text, html = " ".join(part(message, "plain").split()), part(message, "html")
            assert told["DTSTART"].value == "20261203T183000Z"
            assert re.search(r"12:30", text)
            assert re.search(r"12:30", html)
            if facts["other"]:
                assert re.search(r"6:30|18:30", text)
            assert re.search(r"\b45 minut", text)
            assert told["DTEND"].value == "20261203T191500Z"
            assert ("LOCATION" in told) == ("By telephone" in text) == bool(facts["place"])
            assert told["UID"].value == facts["uid"]
            assert told["SEQUENCE"].value == str(facts["sequence"])
            if not facts.get("ended"):
                assert told["URL"].value in text
            assert [unquote(each.value) for each in attendees] == ["mailto:ada@example.org"] + (
                ["mailto:grace@example.org"] if facts["other"] else []
            )
            assert "Grace" not in told["SUMMARY"].text + told["DESCRIPTION"].text


def test_who_has_agreed_is_seen_in_the_entry() -> None:
    told = []
    for kind, facts in MEETINGS[:4]:
        message = parsed(compose(letter(kind, facts), LINKS, NOW).raw)
        [calendar] = [each for each in message.walk() if each.get_content_type() == "text/calendar"]
        _, properties, attendees = event(calendar.get_payload(decode=True))
        told.append((properties["STATUS"].value, [each.parameters["PARTSTAT"] for each in attendees]))
    assert told == [
        ("TENTATIVE", ["NEEDS-ACTION", "ACCEPTED"]),
        ("TENTATIVE", ["ACCEPTED", "NEEDS-ACTION"]),
        ("TENTATIVE", ["NEEDS-ACTION", "ACCEPTED"]),
        ("CONFIRMED", ["ACCEPTED", "ACCEPTED"]),
    ]
