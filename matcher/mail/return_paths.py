"""The envelope sender of each letter (variable envelope return path): a report of failure comes back naming its letter.

`bounce+<32 of the Message-ID><16 of a signature>@…`: at most 64 characters before the @ (RFC 5321), small letters and
digits only, since some servers change the rest. The configured part before the + may have LONGEST_LOCAL.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

from matcher.mail.addresses import bare_address

LONGEST_LOCAL = 15
"""Characters of the configured address before its @: with a + and the 48 that name a letter they are 64."""

_NAMED = re.compile(r".+\+([0-9a-z]{32})([0-9a-z]{16})@.+", re.IGNORECASE)


def opaque_part(message_id: str) -> str:
    """The random part of a Message-ID of ours, or the empty text."""
    return re.sub(r"[^A-Za-z0-9]", "", message_id.strip().partition("@")[0])[:32].lower()


def return_path(bounce: str, message_id: str, secrets: Sequence[str]) -> str:
    """Where a report about this letter goes; the newest secret signs, none is as good as an empty one."""
    local, _, domain = bounce.rpartition("@")
    opaque = opaque_part(message_id)
    if len(opaque) < 32 or len(local) > LONGEST_LOCAL:
        return bare_address(bounce)
    return bare_address(f"{local}+{opaque}{_signature(opaque, (secrets or ('',))[-1])}@{domain}")


def letter_named(address: str, secrets: Sequence[str]) -> str | None:
    """The opaque part of the Message-ID that an envelope sender names; None when we did not sign it."""
    found = _NAMED.fullmatch(address.strip())
    if found is None:
        return None
    opaque, signature = (each.lower() for each in found.groups())
    signed = (hmac.compare_digest(_signature(opaque, secret), signature) for secret in secrets or ("",))
    return opaque if any(list(signed)) else None


def _signature(opaque: str, secret: str) -> str:
    key = hmac.new(secret.encode(), b"matcher.bounces", hashlib.sha256).digest()
    mark = hmac.new(key, opaque.encode(), hashlib.sha256).digest()[:10]
    return base64.b32encode(mark).decode("ascii").lower()
