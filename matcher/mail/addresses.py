"""One plain address, and nothing that could smuggle a second one or a header in."""

import re
import unicodedata

_ADDRESS = re.compile(r"[^\s\x00-\x20\x7f@<>()\[\],;:\\\"]{1,64}@[^\s\x00-\x20\x7f@<>()\[\],;:\\\"]{1,253}")

_DOMAIN = re.compile(r"(?=.{1,253}$)(?:(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!$)|$))+")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
"""Unicode's signs that take no place or only place: they make two addresses look like one."""


class BadAddress(ValueError):
    """Not one plain address such as ana@example.org."""


def bare_address(text: str) -> str:
    """The address as it goes on the envelope, its domain in ASCII; BadAddress when it is not exactly one.

    Quoted local parts and comments are legal in mail and refused here: nobody has them, and they hide things.
    """
    if not (_ADDRESS.fullmatch(text) and _ADDRESS.fullmatch(unicodedata.normalize("NFKC", text))):
        raise BadAddress("not one plain e-mail address")
    local, _, domain = text.rpartition("@")
    if any(unicodedata.category(sign) in _UNSEEN for sign in text) or local.startswith("=?"):
        raise BadAddress("not one plain e-mail address")
    if not domain.isascii():
        domain = _in_ascii(domain)
    if not _DOMAIN.fullmatch(domain):
        raise BadAddress("not one plain e-mail address")
    return f"{local}@{domain}"


def _in_ascii(domain: str) -> str:
    """As name servers know it (RFC 5891). The standard library's older form of it turns "＠" into "@" and "ß" into
    "ss", which is another address."""
    import idna  # only few need it

    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except UnicodeError as error:
        raise BadAddress("not one plain e-mail address") from error


def needs_utf8(address: str) -> bool:
    """Whether only servers with SMTPUTF8 can take it (letters beyond ASCII before the @)."""
    return not address.isascii()
