"""Signatures over letters, checked by another program (dkimpy) with the public key alone."""

from dataclasses import replace
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from matcher.mail.dkim import BadKey, Seal, seal_of
from matcher.mail.writing import compose
from tests.mail.hostile import hostile, letters_to
from tests.mail.reading import ALWAYS, OF_STREAMS, OF_THE_BODY, parsed
from tests.mail.samples import CASES, LINKS, NOW, all_letters, letter


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b"") -> str:
    """A private key as a file holds it."""
    how = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how).decode()


KEY = pem(rsa.generate_private_key(65537, 2048))
SEAL = Seal.of("letters", KEY)
SEALED = replace(LINKS, seal=SEAL, subscriptions="Mentoring <letters@news.example.org>")


def holds(raw: bytes) -> bool:
    """What a receiving server finds, when the record is published."""

    def published(name: bytes, timeout: int = 5) -> bytes | None:
        domain = parsed(raw)["From"].addresses[0].domain
        return SEAL.record.encode() if name.decode().rstrip(".") == SEAL.name_of(domain) else None

    try:
        return bool(dkim.DKIM(raw, minkey=2048).verify(dnsfunc=published))
    except dkim.DKIMException:
        return False


def test_every_letter_is_signed_over_all_its_headers_for_the_domain_of_its_sender() -> None:
    for about in list(all_letters())[::3] + [hostile(n)[0] for n in range(5)]:
        raw = compose(about, SEALED, NOW).raw
        assert raw.startswith(b"DKIM-Signature: ")
        assert holds(raw)
        message = parsed(raw)
        signed = dict(piece.strip().split("=", 1) for piece in str(message["DKIM-Signature"]).split(";"))
        assert signed["d"] == message["From"].addresses[0].domain
        wanted = [*ALWAYS, *OF_THE_BODY] + [name for name in OF_STREAMS if name in message]
        wanted.remove("X-Auto-Response-Suppress")
        assert {name.lower() for name in wanted} == set(signed["h"].split(":"))
        assert max(map(len, raw.partition(b"b=")[0].split(b"\r\n"))) < 998


def test_long_and_international_letters_are_signed_as_well() -> None:
    for about in list(letters_to(9))[:2]:
        assert holds(compose(about, SEALED, NOW).raw)
    assert holds(compose(letter(*CASES[0], to="josé@bücher.example"), SEALED, NOW).raw)


def test_what_was_changed_on_the_way_is_seen() -> None:
    raw = compose(letter(*CASES[3]), SEALED, NOW).raw
    assert holds(raw.replace(b"Subject: ", b"subject:    ") + b"\r\n\r\n")
    head, _, body = raw.partition(b"\r\n\r\n")
    for changed in (
        raw.replace(b"ada@example.org", b"eve@example.org"),
        raw.replace(b"Subject: ", b"Subject: Re "),
        raw.replace(b"List-Unsubscribe-Post: ", b"X-Post: "),
        raw.replace(b"/unsubscribe/", b"/sign-in/", 1),
        b"From: eve@evil.example\r\n" + raw,
        head + b"\r\nSubject: another\r\n\r\n" + body,
        head + b"\r\n\r\n" + body.replace(b"Hello", b"Hallo", 1),
        raw + b"Buy this.\r\n",
    ):
        assert changed != raw
        assert not holds(changed)


def test_the_same_letter_has_the_same_signature_whenever_it_is_signed() -> None:
    unsigned = compose(letter(*CASES[3]), LINKS, NOW).raw
    assert SEAL(unsigned) == SEAL(unsigned)


def test_a_key_comes_from_a_file_or_from_the_environment_itself(tmp_path: Path) -> None:
    file = tmp_path / "dkim.pem"
    file.write_text(KEY, encoding="ascii")
    for given in (str(file), KEY, KEY.replace("\n", "\\n")):
        assert Seal.of("letters", given).record == SEAL.record
    assert seal_of("", "") is None


def test_a_key_that_cannot_sign_is_refused_with_the_reason(tmp_path: Path) -> None:
    for given, word in (
        (str(tmp_path / "none.pem"), "cannot be read"),
        ("-----BEGIN PRIVATE KEY-----\nnothing\n-----END PRIVATE KEY-----\n", "no private key in PEM"),
        (pem(rsa.generate_private_key(65537, 1024)), "2048 bits or more, and this one has 1024"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "must be an RSA key"),
        (pem(ec.generate_private_key(ec.SECP256R1()), b"secret"), "it has a password"),
    ):
        with pytest.raises(BadKey, match=word):
            Seal.of("letters", given)
    with pytest.raises(BadKey, match="selector"):
        Seal.of("no.good name", KEY)


def test_subscriptions_have_a_sender_of_their_own_and_answers_still_reach_the_mailbox_that_is_read() -> None:
    for about in all_letters():
        message = parsed(compose(about, SEALED, NOW).raw)
        sender = "letters@news.example.org" if "List-Id" in message else "mentoring@example.org"
        assert message["From"].addresses[0].addr_spec == sender
        assert message["Message-ID"].endswith(f"@{sender.partition('@')[2]}>")
        assert str(message["Reply-To"]) == "mentoring@example.org"
