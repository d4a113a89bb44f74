"""One plain address, and nothing that could smuggle a second one or a header in."""

import re

_ADDRESS = re.compile(r"[^\s\x00-\x20\x7f@<>()\[\],;:\\\"]{1,64}@[^\s\x00-\x20\x7f@<>()\[\],;:\\\"]{1,253}")


class BadAddress(ValueError):
    """Not one plain address such as ana@example.org."""


def bare_address(text: str) -> str:
    """The address as it goes on the envelope, its domain in ASCII; BadAddress when it is not exactly one.

    Quoted local parts and comments are legal in mail and refused here: nobody has them, and they hide things.
    """
    if not _ADDRESS.fullmatch(text) or "\x85" in text or "\u2028" in text or "\u2029" in text:
        raise BadAddress("not one plain e-mail address")
    local, _, domain = text.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
        local.encode("utf-8")
    except UnicodeError as error:
        raise BadAddress("not one plain e-mail address") from error
    return f"{local}@{ascii_domain}"


def needs_utf8(address: str) -> bool:
    """Whether only servers with SMTPUTF8 can take it (letters beyond ASCII before the @)."""
    return not address.isascii()
