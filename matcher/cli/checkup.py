"""What is wrong around our mail: in the names (DNS) that speak for our senders, and at the mail server we hand over to.

SPF RFC 7208, DKIM RFC 6376, DMARC RFC 7489. Each finding is a sentence that says what to do.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import suppress
from email.utils import parseaddr
from typing import Protocol
from urllib.parse import urlsplit

from matcher.config import LOOPBACK, Config
from matcher.mail.carriers import SmtpCarrier, carrier_of
from matcher.mail.dkim import seal_of


class Names(Protocol):
    """Asks name servers; an empty list is "there is none"."""

    def ask(self, name: str, kind: str) -> list[str]:
        """The records of a kind (TXT, MX, A, AAAA), as text."""

    def reverse(self, address: str) -> list[str]:
        """The names of a network address."""


class RealNames:
    """Asks the name servers of this machine, five seconds at most."""

    def ask(self, name: str, kind: str) -> list[str]:
        """The records of a kind, as text; the strings of a TXT record put together."""
        import dns.exception
        import dns.resolver

        try:
            found = dns.resolver.resolve(name, kind, lifetime=5)
        except dns.exception.DNSException:
            return []
        if kind == "TXT":
            return [b"".join(each.strings).decode("utf-8", "replace") for each in found]
        return [each.to_text() for each in found]

    def reverse(self, address: str) -> list[str]:
        """The names of a network address."""
        import dns.reversename

        return self.ask(dns.reversename.from_address(address).to_text(), "PTR")


def findings(config: Config, names: Names) -> list[str]:
    """Everything that is wrong where letters leave by SMTP; nothing for a folder."""
    if config.mail.startswith("folder:"):
        return []
    senders = list(dict.fromkeys(_domain(each) for each in (config.mail_from, config.mail_from_lists) if each))
    found = [sentence for domain in senders for sentence in _sender(config, names, domain)]
    return [*found, *_addresses(config, names, senders), *_relay(config, names)]


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2].lower()


def _sender(config: Config, names: Names, domain: str) -> Iterator[str]:
    """SPF, DKIM and DMARC of one domain we write from."""
    if re.search(r"(^|\.)example(\.(org|com|net))?$", domain):
        yield f"{domain} is a domain for examples; set MATCHER_MAIL_FROM to an address of yours"
        return
    policies = [each for each in names.ask(domain, "TXT") if each.lower().split(" ")[0] == "v=spf1"]
    if not policies:
        yield f"{domain} has no SPF record; publish one that names your mail server, such as v=spf1 mx -all"
    elif len(policies) > 1:
        yield f"{domain} has {len(policies)} SPF records, and receivers then believe none; keep one"
    elif re.search(r"(^|\s)[+?]?all\b", policies[0], re.IGNORECASE):
        yield f"the SPF record of {domain} lets everybody write in its name; end it with -all or ~all"
    yield from _signed(config, names, domain)
    wanted = [each for each in names.ask(f"_dmarc.{domain}", "TXT") if each.lower().startswith("v=dmarc1")]
    parent = domain.split(".", 1)[1]
    wanted = wanted or [each for each in names.ask(f"_dmarc.{parent}", "TXT") if each.lower().startswith("v=dmarc1")]
    if not wanted:
        yield f"{domain} has no DMARC record; publish v=DMARC1; p=none at _dmarc.{domain} at least"
    elif not re.search(r";\s*p=(none|quarantine|reject)\s*(;|$)", wanted[0], re.IGNORECASE):
        yield f"the DMARC record of {domain} names no policy; put p=none, p=quarantine or p=reject into it"
    if not (names.ask(domain, "MX") or names.ask(domain, "A") or names.ask(domain, "AAAA")):
        yield f"{domain} takes no mail, so nobody can answer; publish an MX record"


def _signed(config: Config, names: Names, domain: str) -> Iterator[str]:
    seal = seal_of(config.dkim_selector, config.dkim_key)
    if seal is None:
        yield f"letters from {domain} are not signed (DKIM); set MATCHER_DKIM_KEY, or let your mail server sign"
        return
    place = seal.name_of(domain)
    records = names.ask(place, "TXT")
    if not records:
        yield f"there is no DKIM key at {place}; publish {seal.record}"
    elif _key(records[0]) != _key(seal.record):
        yield f"the DKIM key at {place} does not belong to MATCHER_DKIM_KEY; publish {seal.record}"


def _key(record: str) -> str:
    tags = dict(part.strip().split("=", 1) for part in record.split(";") if "=" in part)
    return re.sub(r"\s", "", tags.get("p", ""))


def _addresses(config: Config, names: Names, senders: list[str]) -> Iterator[str]:
    """The address for bounces, the sender of subscriptions, the site's name."""
    if not config.bounce_address:
        yield "MATCHER_BOUNCE_ADDRESS is not set: letters that come back are read by nobody"
    else:
        domain = _domain(config.bounce_address)
        if not any(_aligned(domain, each) for each in senders):
            yield f"the bounce address is at {domain}, which no sender shares, so that SPF counts for nothing in DMARC"
        if not names.ask(domain, "MX"):
            yield f"{domain} has no MX record: letters that come back are lost"
    if config.mail_from_lists and parseaddr(config.mail_from_lists)[1] == parseaddr(config.mail_from)[1]:
        yield "MATCHER_MAIL_FROM_LISTS is the address of MATCHER_MAIL_FROM; take another, or leave it empty"
    host = urlsplit(config.origin).hostname or ""
    if config.on_this_machine:
        yield "letters lead to this machine, where nobody else can follow; set MATCHER_ORIGIN"
    elif not (names.ask(host, "A") or names.ask(host, "AAAA")):
        yield f"{host} of MATCHER_ORIGIN has no address, so that no link in a letter works"


def _aligned(one: str, other: str) -> bool:
    """The same domain, or one below the other (DMARC's relaxed alignment)."""
    return one == other or one.endswith("." + other) or other.endswith("." + one)


def _relay(config: Config, names: Names) -> Iterator[str]:
    """The mail server: its name, encryption, our account there."""
    carrier = carrier_of(config.mail)
    assert isinstance(carrier, SmtpCarrier)
    near = carrier.host in LOOPBACK
    if not near:
        addresses = [*names.ask(carrier.host, "A"), *names.ask(carrier.host, "AAAA")]
        if not addresses:
            yield f"the mail server {carrier.host} has no address"
            return
        if not any(names.reverse(address) for address in addresses):
            yield f"{addresses[0]} of {carrier.host} has no name (PTR), and many servers then refuse its mail"
        if carrier.tls == "none":
            yield f"letters and the password go to {carrier.host} in the open; use ?tls=starttls"
    yield from _spoken(carrier)


def _spoken(carrier: SmtpCarrier) -> Iterator[str]:
    where, context = f"{carrier.host}:{carrier.port}", carrier.context or ssl.create_default_context()
    server: smtplib.SMTP | None = None
    try:
        if carrier.tls == "ssl":
            server = smtplib.SMTP_SSL(carrier.host, carrier.port, timeout=10, context=context)
        else:
            server = smtplib.SMTP(carrier.host, carrier.port, timeout=10)
        server.ehlo()
        if carrier.tls == "starttls":
            if not server.has_extn("starttls"):
                yield f"{where} offers no encryption (STARTTLS), which MATCHER_MAIL asks for"
                return
            server.starttls(context=context)
            server.ehlo()
        if carrier.user:
            server.login(carrier.user, carrier.password)
    except ssl.SSLError as error:
        yield f"the certificate of {where} is not to be trusted ({error.reason or error})"
    except smtplib.SMTPAuthenticationError:
        yield f"{where} refuses the user or the password in MATCHER_MAIL"
    except (OSError, smtplib.SMTPException) as error:
        yield f"the mail server {where} cannot be spoken to ({error})"
    finally:
        if server is not None:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
