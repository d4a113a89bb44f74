"""Reports are read as what they say, whoever wrote them, and name their letter by what we signed."""

from datetime import UTC, datetime

import pytest

from matcher.domain.letters import Sign
from matcher.mail.reports import failure, messages_of, read_events, read_report
from matcher.mail.return_paths import LONGEST_LOCAL, letter_named, opaque_part, return_path
from tests.mail.reported import REPORTS, filled

OPAQUE = "0123456789abcdef0123456789abcdef"
MESSAGE_ID = f"<{OPAQUE}@example.org>"
PATH = return_path("bounce@example.org", MESSAGE_ID, ("old", "new"))


def test_there_are_more_than_forty_forms() -> None:
    assert len(REPORTS) >= 40


@pytest.mark.parametrize(("text", "sign"), [row[1:] for row in REPORTS], ids=[row[0] for row in REPORTS])
def test_a_report_is_read_as_what_it_says(text: str, sign: Sign | None) -> None:
    report = read_report(filled(text, PATH, MESSAGE_ID))
    assert (report.sign if report else None) == sign
    if report is None:
        return
    named = {letter_named(path, ("new",)) for path in report.sent_to}
    assert OPAQUE in named or (sign is Sign.COMPLAINT and opaque_part(report.message_id) == OPAQUE)
    assert report.at is not None
    assert report.at.date() == datetime(2026, 3, 3, tzinfo=UTC).date()


def test_a_mailbox_file_is_taken_apart_and_a_single_message_is_one() -> None:
    reports = [filled(text, PATH, MESSAGE_ID) for _, text, _ in REPORTS if text.strip()]
    for ends in (b"\n", b"\r\n"):
        lines = [report.replace(b"\r\n", b"\n").replace(b"\n", ends) for report in reports]
        box = b"".join(b"From MAILER-DAEMON Tue Mar  3 08:00:00 2026" + ends + each + ends for each in lines)
        signs = [report.sign if (report := read_report(raw)) else None for raw in messages_of(box)]
        assert signs == [sign for _, text, sign in REPORTS if text.strip()]
    assert messages_of(reports[0]) == [reports[0]]
    assert messages_of(b"\n \n") == []
    quoted = b"From a Tue\nSubject: x\n\n>From here\n>>From there\nFrom now on\n\nFrom b Tue\nSubject: y\n\nz\n"
    assert messages_of(quoted) == [b"Subject: x\n\nFrom here\n>From there\nFrom now on\n\n", b"Subject: y\n\nz\n"]


def test_a_return_path_fits_is_ours_alone_and_outlives_a_new_key() -> None:
    longest = return_path("b" * LONGEST_LOCAL + "@example.org", MESSAGE_ID, ("key",))
    assert len(longest.partition("@")[0]) == 64
    assert letter_named(PATH, ("older", "new")) == OPAQUE
    assert letter_named(PATH.upper(), ("new", "newest")) == OPAQUE
    assert letter_named(PATH, ("old",)) is None
    assert return_path("b" * 16 + "@example.org", MESSAGE_ID, ("key",)) == "b" * 16 + "@example.org"
    local, _, domain = PATH.partition("@")
    for at in range(len("bounce+"), len(local)):
        other = "b" if local[at] != "b" else "c"
        assert letter_named(f"{local[:at]}{other}{local[at + 1 :]}@{domain}", ("new",)) is None


def test_events_are_read_where_they_have_the_form() -> None:
    good = f'{{"type": "hard", "return_path": "{PATH}", "at": "2026-03-03T08:00:00Z"}}'
    [report] = read_events(good.encode())
    assert (report.sign, report.sent_to) == (Sign.HARD, (PATH,))
    assert report.at == datetime(2026, 3, 3, 8, tzinfo=UTC)
    mixed = f'[{good}, {{"type": "confirmed"}}, 7, {{"type": "soft", "at": "soon"}}, {{"type": ["hard"]}}]'
    assert [each.sign for each in read_events(mixed.encode())] == [Sign.HARD, Sign.SOFT]
    for bad in (b"", b"{", b"[" * 100_000, b"\xff", b'"hard"', b"null"):
        assert read_events(bad) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe\x00",
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n--b--",
        b"Content-Type: message/feedback-report\n\n",
        b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n!!!\n",
        b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 300,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)),
        b"To: <<<@@>>>, =?utf-8?b?!!?=\nFrom: MAILER-DAEMON\nSubject: failure notice\nDate: 99 Foo 99999\n\n550\n",
    ],
)
def test_nonsense_is_borne(raw: bytes) -> None:
    report = read_report(raw)
    assert report is None or not report.sent_to


def test_4xx_is_never_hard() -> None:
    for status in ("4.0.0", "4.1.1", "4.2.1", "4.7.1"):
        assert failure(status, "") is Sign.SOFT
