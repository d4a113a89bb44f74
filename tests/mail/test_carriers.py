"""Carriers: what arrives is what was written, and every way to fail is told apart."""

import inspect
import ssl
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from aiosmtpd.smtp import AuthResult

from matcher.mail.carriers import CarrierError, FolderCarrier, SmtpCarrier, carrier_of, envelope_sender, file_name
from matcher.mail.return_paths import letter_named
from matcher.mail.writing import compose
from matcher.storage import outbox
from tests.mail.samples import CASES, LINKS, NOW, letter
from tests.mail.servers import DRIBBLE, DROP, LOOPBACK, SILENCE, Mailbag, Scripted, free_port, real_server

RAW = compose(letter(*CASES[3]), LINKS, NOW).raw
TO = "ada@example.org"


def smtp(port: int, **how: object) -> SmtpCarrier:
    options: dict = {"host": LOOPBACK, "port": port, "tls": "none", "timeout": 5, **how}
    return SmtpCarrier(**options)


# -- over SMTP -------------------------------------------------------------------------------------------------------


def test_the_bytes_arrive_as_they_were_written_with_one_recipient() -> None:
    bag = Mailbag()
    with real_server(bag) as port:
        carrier = smtp(port)
        carrier.carry(TO, RAW)
        carrier.close()
    assert bag.letters == [("mentoring@example.org", TO, RAW)]


def test_lines_that_begin_with_a_dot_arrive_whole() -> None:
    raw = RAW.partition(b"\r\n\r\n")[0] + b"\r\n\r\n.\r\n..two\r\n.\r\nRCPT TO:<eve@example.org>\r\n"
    bag = Mailbag()
    with real_server(bag) as port:
        carrier = smtp(port)
        carrier.carry(TO, raw)
        carrier.close()
    assert bag.letters == [("mentoring@example.org", TO, raw)]


def test_one_connection_serves_many_letters_and_a_lost_one_is_opened_again() -> None:
    bag = Mailbag()
    with real_server(bag) as port:
        carrier = smtp(port)
        for _ in range(3):
            carrier.carry(TO, RAW)
        assert len(bag.sessions) == 1
        assert carrier._server is not None
        assert carrier._server.sock is not None
        carrier._server.sock.close()
        carrier.carry(TO, RAW)
        carrier.close()
    assert len(bag.letters) == 4


def test_a_refused_recipient_does_not_stop_the_next_letter() -> None:
    bag = Mailbag()
    bag.refuse = {TO: ["550 5.1.1 nobody here"]}
    with real_server(bag) as port:
        carrier = smtp(port)
        with pytest.raises(CarrierError, match="nobody here"):
            carrier.carry(TO, RAW)
        carrier.carry("ben@example.org", RAW)
        carrier.close()
    assert [to for _, to, _ in bag.letters] == ["ben@example.org"]


def test_the_bounce_address_names_the_letter_and_nobody() -> None:
    bag = Mailbag()
    with real_server(bag) as port:
        carrier = smtp(port, bounce="bounce@example.org", secrets=("secret",))
        carrier.carry(TO, RAW)
        carrier.close()
    sender = bag.letters[0][0]
    opaque = letter_named(sender, ("secret",))
    assert f"Message-ID: <{opaque}@example.org>".encode() in RAW
    assert letter_named(sender, ("another",)) is None
    assert len(sender.partition("@")[0]) <= 64


def test_a_long_bounce_address_stays_within_what_servers_take() -> None:
    assert envelope_sender("b" * 40 + "@example.org", RAW) == "b" * 40 + "@example.org"


def test_an_envelope_address_cannot_carry_a_command() -> None:
    bag = Mailbag()
    with real_server(bag) as port:
        for hostile in ("ada@example.org>\r\nRCPT TO:<eve@example.org", "ada@example.org,eve@example.org", ""):
            with pytest.raises(CarrierError) as refused:
                smtp(port).carry(hostile, RAW)
            assert refused.value.kind == "permanent"
    assert bag.letters == []


def test_international_addresses_go_where_they_are_understood_and_nowhere_else() -> None:
    raw = compose(letter(*CASES[0], to="josé@example.org"), LINKS, NOW).raw
    bag = Mailbag()
    with real_server(bag, enable_SMTPUTF8=True) as port:
        carrier = smtp(port)
        carrier.carry("josé@example.org", raw)
        carrier.close()
    assert bag.letters == [("mentoring@example.org", "josé@example.org", raw)]
    with Scripted({}) as server, closing(smtp(server.port)) as carrier, pytest.raises(CarrierError) as refused:
        carrier.carry("josé@example.org", raw)
    assert refused.value.kind == "permanent"


EHLO_AUTH = {"EHLO": "250-here\r\n250 AUTH PLAIN"}
EHLO_TLS = {"EHLO": "250-here\r\n250 STARTTLS"}
TLS: dict = {"tls": "starttls"}
SIGNED_IN: dict = {"user": "matcher", "password": "secret"}

REPLIES = [
    # what happens, script, how the carrier is set up, kind, bad address
    ("greylisted", {"RCPT": "451 4.7.1 greylisted, come back"}, {}, "temporary", False),
    ("mailbox busy", {"RCPT": "450 4.2.1 busy"}, {}, "temporary", False),
    ("mailbox full for now", {"RCPT": "452 4.2.2 full"}, {}, "temporary", False),
    ("mailbox full, old code", {"RCPT": "552 mailbox full"}, {}, "temporary", False),
    ("mailbox full for good", {"RCPT": "552 5.2.2 over quota"}, {}, "permanent", False),
    ("no such person", {"RCPT": "550 5.1.1 no such user"}, {}, "permanent", True),
    ("no such domain", {"RCPT": "550 5.1.2 bad domain"}, {}, "permanent", True),
    ("bad syntax", {"RCPT": "553 5.1.3 bad syntax"}, {}, "permanent", True),
    ("moved", {"RCPT": "551 5.1.6 moved"}, {}, "permanent", True),
    ("null MX", {"RCPT": "556 5.1.10 takes no mail"}, {}, "permanent", True),
    ("no such person, no enhanced code", {"RCPT": "550 unknown"}, {}, "permanent", True),
    ("disabled mailbox", {"RCPT": "550 5.2.1 disabled"}, {}, "permanent", False),
    ("unroutable", {"RCPT": "550 5.4.4 unable to route"}, {}, "temporary", False),
    ("policy at the recipient", {"RCPT": "550 5.7.1 not allowed"}, {}, "refused", False),
    ("relaying denied", {"RCPT": "554 5.7.1 relay access denied"}, {}, "refused", False),
    ("refused without a word", {"RCPT": "554 no"}, {}, "permanent", False),
    ("recipient: service closes", {"RCPT": "421 4.3.2 closing"}, {}, "temporary", False),
    ("sign in first", {"MAIL": "530 5.7.0 authenticate"}, {}, "relay", False),
    ("sender not ours", {"MAIL": "550 5.1.7 bad sender"}, {}, "relay", False),
    ("sender refused", {"MAIL": "553 sender rejected"}, {}, "relay", False),
    ("sender: not now", {"MAIL": "451 4.3.0 try later"}, {}, "relay", False),
    ("sender: too large", {"MAIL": "552 5.3.4 too large"}, {}, "permanent", False),
    ("sender: no storage", {"MAIL": "452 4.3.1 disk full"}, {}, "relay", False),
    ("content refused", {"dot": "554 5.6.0 malformed"}, {}, "permanent", False),
    ("content is spam", {"dot": "554 5.7.1 spam"}, {}, "refused", False),
    ("content: not now", {"dot": "451 4.3.2 later"}, {}, "temporary", False),
    ("data: not now", {"DATA": "451 4.3.0 later"}, {}, "temporary", False),
    ("data refused", {"DATA": "554 5.5.1 no"}, {}, "permanent", False),
    ("hangs up at the recipient", {"RCPT": DROP}, {}, "temporary", False),
    ("hangs up at data", {"DATA": DROP}, {}, "temporary", False),
    ("hangs up after the dot", {"dot": DROP}, {}, "temporary", False),
    ("hangs up at once", {"greeting": DROP}, {}, "relay", False),
    ("silent after the dot", {"dot": SILENCE}, {"timeout": 0.3}, "temporary", False),
    ("silent at the recipient", {"RCPT": SILENCE}, {"timeout": 0.3}, "temporary", False),
    ("silent from the start", {"greeting": SILENCE}, {"timeout": 0.3}, "relay", False),
    ("too busy to greet", {"greeting": "421 4.3.2 too busy"}, {}, "relay", False),
    ("does not want us", {"greeting": "554 5.7.1 blocked"}, {}, "relay", False),
    ("neither EHLO nor HELO", {"EHLO": "502 no", "HELO": "550 no"}, {}, "relay", False),
    ("no TLS offered", {}, TLS, "relay", False),
    ("TLS refused", {**EHLO_TLS, "STARTTLS": "454 4.7.0 TLS not available"}, TLS, "relay", False),
    ("TLS is nonsense", {**EHLO_TLS, "STARTTLS": "220 go\r\nwhat?"}, TLS, "relay", False),
    ("TLS breaks off", {**EHLO_TLS, "STARTTLS": DROP}, TLS, "relay", False),
    ("no sign-in offered", {}, SIGNED_IN, "relay", False),
    ("wrong password", {**EHLO_AUTH, "AUTH": "535 5.7.8 bad credentials"}, SIGNED_IN, "relay", False),
    ("sign-in not now", {**EHLO_AUTH, "AUTH": "454 4.7.0 later"}, SIGNED_IN, "relay", False),
    ("TLS from the start, and none there", {}, {"tls": "ssl", "timeout": 1}, "relay", False),
]


@pytest.mark.parametrize(
    ("script", "how", "kind", "bad_address"), [row[1:] for row in REPLIES], ids=[r[0] for r in REPLIES]
)
def test_every_fault_of_a_server_is_told_apart(script: dict, how: dict, kind: str, bad_address: bool) -> None:
    with (
        Scripted(script) as server,
        closing(smtp(server.port, **how)) as carrier,
        pytest.raises(CarrierError) as refused,
    ):
        carrier.carry(TO, RAW)
    assert (refused.value.kind, refused.value.bad_address) == (kind, bad_address)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(("moment", "kind"), [("greeting", "relay"), ("RCPT", "temporary"), ("dot", "temporary")])
def test_a_server_that_dribbles_is_cut_off_whatever_it_says_meanwhile(moment: str, kind: str) -> None:
    """Each byte comes within the time for an exchange; all of them would outlive the lease of the letter."""
    with (
        Scripted({moment: DRIBBLE}) as server,
        closing(smtp(server.port, timeout=2, limit=0.3)) as carrier,
        pytest.raises(CarrierError, match=r"more than 0.3 s") as refused,
    ):
        carrier.carry(TO, RAW)
    assert (refused.value.kind, refused.value.code) == (kind, 0)
    assert server.dribbled < 40


def test_the_limit_for_a_letter_is_well_below_its_lease() -> None:
    lease = inspect.signature(outbox.claim_next).parameters["lease"].default
    assert timedelta(seconds=smtp(25).limit + smtp(25).timeout) <= lease / 2


def test_a_dead_or_unknown_server_is_the_relays_fault() -> None:
    for carrier in (smtp(free_port()), smtp(25, host="nowhere.invalid")):
        with pytest.raises(CarrierError) as refused:
            carrier.carry(TO, RAW)
        assert (refused.value.kind, refused.value.code) == ("relay", 0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the loopback, with its key in the same file, and the authority that signed it."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(path)
    authority.cert_pem.write_to_path(path, append=True)
    return path


def _trusting(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certificate)
    return context


def _server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def test_starttls_and_sign_in_work_with_a_certificate_that_holds(certificate: Path) -> None:
    bag, seen = Mailbag(), []

    def check(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
        seen.append((data.login, data.password))  # type: ignore[attr-defined]
        return AuthResult(success=True)

    how: dict = {"tls_context": _server_side(certificate), "require_starttls": True}
    with real_server(bag, **how, auth_required=True, authenticator=check) as port:
        carrier = smtp(port, tls="starttls", context=_trusting(certificate), user="matcher", password="p@ss:word")
        carrier.carry(TO, RAW)
        carrier.close()
    assert [to for _, to, _ in bag.letters] == [TO]
    assert seen == [(b"matcher", b"p@ss:word")]


def test_a_certificate_nobody_vouches_for_stops_the_mail(certificate: Path) -> None:
    bag = Mailbag()
    with real_server(bag, tls_context=_server_side(certificate)) as port, pytest.raises(CarrierError) as refused:
        smtp(port, tls="starttls").carry(TO, RAW)
    assert refused.value.kind == "relay"
    assert bag.letters == []


# -- into a folder ---------------------------------------------------------------------------------------------------


def test_a_folder_gets_one_whole_file_for_a_letter_however_often_it_is_carried(tmp_path: Path) -> None:
    carrier = FolderCarrier(tmp_path / "mail")
    for _ in range(2):
        carrier.carry(TO, RAW)
    [path] = (tmp_path / "mail").iterdir()
    assert path.read_bytes() == RAW
    assert path.name.startswith("20261124T073000Z-")
    assert path.suffix == ".eml"


def test_names_sort_by_date_and_never_leave_the_folder(tmp_path: Path) -> None:
    earlier = RAW.replace(b"Tue, 24 Nov 2026 07:30:00 +0000", b"Mon, 23 Nov 2026 23:59:00 -0500")
    assert file_name(RAW) > file_name(compose(letter(*CASES[0]), LINKS, NOW.replace(year=2025)).raw)
    assert file_name(earlier).startswith("20261124T045900Z-")
    hostile = RAW.replace(b"Message-ID: <", b"Message-ID: <../../etc/")
    assert "/" not in file_name(hostile)
    assert file_name(b"Subject: no date\r\n\r\nhello").startswith("undated-")


def test_a_folder_that_cannot_be_written_is_the_relays_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CarrierError) as refused:
        FolderCarrier(tmp_path / "file" / "mail").carry(TO, RAW)
    assert refused.value.kind == "relay"


# -- from the option -------------------------------------------------------------------------------------------------


def test_the_option_names_the_carrier() -> None:
    assert carrier_of("folder:var/mail") == FolderCarrier(Path("var/mail"))
    made = carrier_of("smtp://me%40example.org:p%2Fw@mail.example.org", bounce="bounce@example.org")
    assert made == SmtpCarrier(
        host="mail.example.org",
        port=587,
        tls="starttls",
        user="me@example.org",
        password="p/w",
        bounce="bounce@example.org",
    )
    assert "p/w" not in repr(made)
    assert carrier_of("smtps://mail.example.org") == SmtpCarrier(host="mail.example.org", port=465, tls="ssl")
    assert carrier_of("smtp://localhost") == SmtpCarrier(host="localhost", port=25, tls="none")
    assert carrier_of("smtp://relay:2525?tls=none") == SmtpCarrier(host="relay", port=2525, tls="none")


@pytest.mark.parametrize("mail", ["", "smtp://", "http://mail.example.org", "smtp://h?tls=maybe"])
def test_nonsense_names_no_carrier(mail: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        carrier_of(mail)
