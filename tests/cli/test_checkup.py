"""Planted faults around mail, each found, and none where nothing is wrong: name servers and a relay of our own."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from matcher.cli.checkup import findings
from matcher.config import Config
from matcher.mail.dkim import Seal
from tests.mail.servers import LOOPBACK, Scripted, free_port
from tests.mail.test_dkim import pem

KEY, OTHER = (pem(rsa.generate_private_key(65537, 2048)) for _ in range(2))
SITE = "mentoring.town.test"


class Published:
    """Name servers that know these records."""

    def __init__(self, records: dict[tuple[str, str], list[str]]) -> None:
        self.records = records

    def ask(self, name: str, kind: str) -> list[str]:
        return self.records.get((name, kind), [])

    def reverse(self, address: str) -> list[str]:
        return self.records.get((address, "PTR"), [])


GOOD = {
    ("town.test", "TXT"): ["something else", "v=spf1 mx -all"],
    ("town.test", "MX"): ["10 mx.town.test."],
    ("_dmarc.town.test", "TXT"): ["v=DMARC1; p=quarantine"],
    ("letters._domainkey.town.test", "TXT"): [Seal.of("letters", KEY).record.replace("p=", "p= ")],
    (SITE, "A"): ["192.0.2.7"],
    ("mx.town.test", "A"): ["192.0.2.8"],
    ("192.0.2.8", "PTR"): ["mx.town.test."],
}


@pytest.fixture
def relay() -> Iterator[Scripted]:
    with Scripted({}) as server:
        yield server


def config(port: int, **changed: Any) -> Config:
    """Options with which nothing is wrong."""
    good = Config(
        origin=f"https://{SITE}",
        secret="b7Yx0Qp2Lr9Vt4Wm8Zk1Hn6Jd3Fs5GcA",
        mail=f"smtp://{LOOPBACK}:{port}",
        mail_from="Mentoring <mentoring@town.test>",
        bounce_address="bounce@town.test",
        dkim_key=KEY,
        dkim_selector="letters",
    )
    return replace(good, **changed)


def test_where_nothing_is_wrong_nothing_is_said(relay: Scripted) -> None:
    assert findings(config(relay.port), Published(GOOD)) == []
    assert findings(replace(config(1), mail="folder:var/mail"), Published({})) == []


RECORDS = [
    ({("town.test", "TXT"): []}, "town.test has no SPF record"),
    ({("town.test", "TXT"): ["v=spf1 mx -all", "v=spf1 a -all"]}, "2 SPF records"),
    ({("town.test", "TXT"): ["v=spf1 +all"]}, "lets everybody write"),
    ({("letters._domainkey.town.test", "TXT"): []}, "no DKIM key at letters._domainkey.town.test"),
    ({("letters._domainkey.town.test", "TXT"): [Seal.of("letters", OTHER).record]}, "does not belong to"),
    ({("letters._domainkey.town.test", "TXT"): ["nonsense"]}, "does not belong to"),
    ({("_dmarc.town.test", "TXT"): []}, "no DMARC record"),
    ({("_dmarc.town.test", "TXT"): ["v=DMARC1; rua=mailto:x@town.test"]}, "names no policy"),
    ({("town.test", "MX"): []}, "town.test takes no mail"),
    ({(SITE, "A"): []}, "no link in a letter works"),
]


@pytest.mark.parametrize(("records", "said"), RECORDS, ids=range(len(RECORDS)))
def test_a_fault_in_the_names_is_found(relay: Scripted, records: dict[tuple[str, str], list[str]], said: str) -> None:
    found = findings(config(relay.port), Published(GOOD | records))
    assert any(said in sentence for sentence in found), found


OPTIONS = [
    ({"dkim_key": "", "dkim_selector": ""}, "not signed"),
    ({"bounce_address": ""}, "read by nobody"),
    ({"bounce_address": "bounce@elsewhere.test"}, "which no sender shares"),
    ({"bounce_address": "bounce@sub.town.test"}, "sub.town.test has no MX record"),
    ({"mail_from": "Mentoring <mentoring@example.org>"}, "a domain for examples"),
    ({"mail_from_lists": "Mentoring <mentoring@town.test>"}, "take another, or leave it empty"),
    ({"mail_from_lists": "Mentoring <letters@news.test>"}, "news.test has no SPF record"),
    ({"origin": "http://127.0.0.1:8000"}, "letters lead to this machine"),
    ({"mail": f"smtp://{LOOPBACK}:{free_port()}"}, "cannot be spoken to"),
    ({"mail": "smtp://nowhere.test"}, "nowhere.test has no address"),
]


@pytest.mark.parametrize(("options", "said"), OPTIONS, ids=range(len(OPTIONS)))
def test_a_fault_in_the_options_is_found(relay: Scripted, options: dict[str, str], said: str) -> None:
    found = findings(config(relay.port, **options), Published(GOOD))
    assert any(said in sentence for sentence in found), found


RELAYS = [
    ({}, "?tls=starttls", "offers no encryption"),
    ({"greeting": "554 5.7.1 no"}, "", "cannot be spoken to"),
    ({"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 no"}, "user", "refuses the user or the password"),
]


@pytest.mark.parametrize(("script", "how", "said"), RELAYS, ids=range(len(RELAYS)))
def test_a_fault_of_the_mail_server_is_found(script: dict[str, str], how: str, said: str) -> None:
    with Scripted(script) as server:
        where = f"{LOOPBACK}:{server.port}"
        mail = f"smtp://me:word@{where}" if how == "user" else f"smtp://{where}{how}"
        found = findings(config(server.port, mail=mail), Published(GOOD))
    assert any(said in sentence for sentence in found), found


def test_a_mail_server_without_a_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.cli.checkup._spoken", lambda carrier: iter(()))
    away = config(25, mail="smtp://mx.town.test:25?tls=none")
    assert findings(away, Published(GOOD)) == [
        "letters and the password go to mx.town.test in the open; use ?tls=starttls"
    ]
    found = findings(away, Published(GOOD | {("192.0.2.8", "PTR"): []}))
    assert found[0].startswith("192.0.2.8 of mx.town.test has no name (PTR)")
