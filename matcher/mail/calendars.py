"""Calendar entries of meetings: what mail programs put into a calendar, move and take out again (RFC 5545, RFC 5546).

Instants are in UTC, so that no zone has to be described; the entry is private and its title says nothing, since
colleagues may look into a calendar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who takes part. `accepted`: said yes to this time."""

    name: str
    email: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class Event:
    """A meeting as calendars know it. `uid` is the same for ever, `sequence` grows with each change."""

    uid: str
    sequence: int
    starts_at: datetime
    minutes: int
    title: str
    description: str
    url: str
    place: str
    organizer: str
    attendees: Sequence[Attendee]
    cancelled: bool = False

    @property
    def method(self) -> str:
        """What a calendar is asked to do: REQUEST puts it in or moves it, CANCEL takes it out."""
        return "CANCEL" if self.cancelled else "REQUEST"

    @property
    def status(self) -> str:
        """TENTATIVE until everybody has said yes."""
        if self.cancelled:
            return "CANCELLED"
        return "CONFIRMED" if all(each.accepted for each in self.attendees) else "TENTATIVE"


def invitation(event: Event, now: datetime) -> bytes:
    """The calendar file, with CRLF and lines of 75 octets at most."""
    from icalendar import Calendar, vCalAddress
    from icalendar import Event as Entry

    entry = Entry()
    entry.add("uid", event.uid)
    entry.add("sequence", event.sequence)
    entry.add("dtstamp", now)
    entry.add("dtstart", event.starts_at)
    entry.add("dtend", event.starts_at + timedelta(minutes=event.minutes))
    entry.add("summary", event.title)
    entry.add("description", event.description)
    if event.place:
        entry.add("location", event.place)
    entry.add("url", event.url)
    entry.add("status", event.status)
    entry.add("class", "PRIVATE")
    organizer = vCalAddress(_mailto(event.organizer))
    entry.add("organizer", organizer)
    for each in event.attendees:
        attendee = vCalAddress(_mailto(each.email))
        if each.name:
            attendee.params["CN"] = each.name.replace('"', "'")  # a quotation mark cannot stand there (RFC 5545 3.1)
        attendee.params["PARTSTAT"] = "ACCEPTED" if each.accepted else "NEEDS-ACTION"
        attendee.params["RSVP"] = "FALSE"  # answers are given on the page: no machine reads the mailbox
        entry.add("attendee", attendee)
    calendar = Calendar()
    calendar.add("prodid", "-//Mentorship Matcher//EN")
    calendar.add("version", "2.0")
    calendar.add("method", event.method)
    calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _mailto(address: str) -> str:
    return "mailto:" + quote(address, safe="@+.-_!$&'*=~")
