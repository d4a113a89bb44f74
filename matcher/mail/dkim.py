"""DKIM: a signature over a letter's headers and body, by which the receiving server knows whose it is (RFC 6376).

A letter is signed when it is composed, so that a second copy has the same bytes. `d=` is the domain of its From, which
is what DMARC asks for; the public key belongs under `<selector>._domainkey.<domain>`.
"""

import base64
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr, parsedate_to_datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SMALLEST_KEY = 2048
"""Bits of an RSA key; Gmail and others take shorter ones for none (RFC 8301 asks for 1024 at least)."""

SIGNED = (
    "from",
    "to",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "auto-submitted",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "mime-version",
    "content-type",
)
"""Headers that are signed where a letter has them; one-click asks for both List-Unsubscribe headers (RFC 8058 4)."""

ONLY_ONCE = ("from", "to", "subject", "date", "message-id")
"""Named once more than they are there, so that nobody can add a second one (RFC 6376 8.15)."""


class BadKey(ValueError):
    """A key that cannot sign; the text says why."""


@dataclass(frozen=True)
class Seal:
    """Signs letters with one private key, which receivers find under its selector."""

    selector: str
    key: "RSAPrivateKey"

    @classmethod
    def of(cls, selector: str, key: str) -> "Seal":
        """`key`: a private key in PEM, or the path of a file that holds one. Raises BadKey with a sentence."""
        if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", selector):
            raise BadKey("the selector must be a short name of letters and digits, such as letters2026")
        return cls(selector, _private_key(key))

    def name_of(self, domain: str) -> str:
        """Where the public key of a sender's domain is published."""
        return f"{self.selector}._domainkey.{domain}"

    @cached_property
    def record(self) -> str:
        """The TXT record to publish (RFC 6376 3.6.1)."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"

    def __call__(self, raw: bytes) -> bytes:
        """The letter with a DKIM-Signature on top."""
        head, _, body = raw.partition(b"\r\n\r\n")
        found = _headers(head)
        domain = parseaddr(found["from"].partition(b":")[2].decode("utf-8"))[1].rpartition("@")[2]
        names = [*(name for name in SIGNED if name in found), *ONLY_ONCE]
        fields = {
            "v": "1",
            "a": "rsa-sha256",
            "c": "relaxed/relaxed",
            "d": domain,
            "s": self.selector,
            "t": str(int(_date(found).timestamp())),
            "h": ":".join(names),
            "bh": base64.b64encode(sha256(relaxed_body(body)).digest()).decode(),
            "b": "",
        }
        header = b"DKIM-Signature: " + b";\r\n ".join(f"{name}={value}".encode() for name, value in fields.items())
        told = b"".join(relaxed_header(found[name]) + b"\r\n" for name in SIGNED if name in found)
        signature = base64.b64encode(self._sign(told + relaxed_header(header))).decode()
        folded = "\r\n ".join(signature[at : at + 72] for at in range(0, len(signature), 72))
        return header + folded.encode() + b"\r\n" + raw

    def _sign(self, data: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        return self.key.sign(data, PKCS1v15(), SHA256())


def seal_of(selector: str, key: str) -> Seal | None:
    """The seal that the options name; None where letters go out unsigned."""
    return Seal.of(selector, key) if key else None


def _private_key(given: str) -> "RSAPrivateKey":
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        pem = given.replace("\\n", "\n").encode() if "-----BEGIN" in given else Path(given).read_bytes()
    except OSError as error:
        raise BadKey(f"the file {given} cannot be read ({error.strerror})") from None
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:  # TypeError: it has a password
        why = "it has a password" if isinstance(error, TypeError) else "it is no private key in PEM"
        raise BadKey(f"{why}; `openssl genrsa 2048` makes one") from None
    if not isinstance(key, RSAPrivateKey):
        raise BadKey("it must be an RSA key; other kinds are not understood everywhere yet")
    if key.key_size < SMALLEST_KEY:
        raise BadKey(f"an RSA key needs {SMALLEST_KEY} bits or more, and this one has {key.key_size}")
    return key


def _headers(head: bytes) -> dict[str, bytes]:
    """Each header, unfolded by name; our letters have none twice."""
    lines = re.split(rb"\r\n(?![ \t])", head)
    return {line.partition(b":")[0].decode("ascii").lower(): line for line in lines}


def _date(found: dict[str, bytes]) -> datetime:
    return parsedate_to_datetime(found["date"].partition(b":")[2].decode("ascii"))


def relaxed_header(line: bytes) -> bytes:
    """One header, as relays may have left it (RFC 6376 3.4.2)."""
    name, _, value = line.partition(b":")
    return name.strip().lower() + b":" + re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()


def relaxed_body(body: bytes) -> bytes:
    """A body without what relays change of white space (RFC 6376 3.4.4)."""
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)
