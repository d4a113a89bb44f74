"""Every option of the running programme, once: name, default, meaning.

Options come from the environment as `MATCHER_<NAME>`; only `web/app.py` and `matcher/cli/` read them. An unsafe
combination does not start. ("Settings" are places of work in this field, so these are options.)
"""

import dataclasses
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from matcher.mail.return_paths import LONGEST_LOCAL

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class UnsafeConfiguration(ValueError):
    """Options that must not go into service together; the text says which and what to do."""

    for_people = True


def _option(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, kw_only=True)
class Config:
    """The options. `from_environment` reads them, `check` refuses what is unsafe."""

    database: str = _option("sqlite:///var/matcher.db", "where people and introductions are kept; also postgresql://…")
    origin: str = _option("http://127.0.0.1:8000", "the site's own address, used in every link")
    secret: str = _option(
        "", "must be given: signs the links in letters; 32 characters or more, the same for every process"
    )
    old_secrets: str = _option(
        "", "secrets used before, oldest first, with commas between: links made with them go on working"
    )
    bounce_secret: str = _option("", "signs what is posted to /bounces (32 characters or more); empty: nothing may be")
    mail: str = _option("folder:var/mail", "folder:PATH for .eml files, or smtp://user:password@host:port?tls=starttls")
    mail_from: str = _option("Mentoring <mentoring@example.org>", "the sender people see, an address that is read")
    mail_from_lists: str = _option(
        "", "another sender for letters that can be unsubscribed from, advised by Gmail; empty: mail_from"
    )
    dkim_key: str = _option("", "private key that signs letters (DKIM), a PEM file or the PEM itself; empty: unsigned")
    dkim_selector: str = _option("", "name of the DKIM key in the DNS record `<name>._domainkey.<domain>`")
    bounce_address: str = _option("", "envelope sender, read by `matcher bounces`; empty: the address of mail_from")
    programme: str = _option("Crisis Line Mentoring", "the programme's name on pages and in letters")
    vocabulary: str = _option("", "folder of another vocabulary; empty: the one for crisis work")
    language: str = _option("en", "language of people who did not choose one: en or es")
    trusted_proxy: str = _option("", "address of the reverse proxy whose X-Forwarded-For is believed")
    demo: bool = _option(False, "shows every letter on a mailbox page; on this machine only")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Config":
        """Reads `MATCHER_*`; an unknown name or a bad yes/no is an UnsafeConfiguration, since it is a typing error."""
        names = {f"MATCHER_{f.name.upper()}": f for f in dataclasses.fields(cls)}
        given: dict[str, Any] = {}
        for key, value in environment.items():
            if not key.startswith("MATCHER_"):
                continue
            if key not in names:
                raise UnsafeConfiguration(f"{key} is no option; the options are {', '.join(sorted(names))}")
            option = names[key]
            given[option.name] = _yes_or_no(key, value) if option.type in (bool, "bool") else value.strip()
        return cls(**given)

    @property
    def host(self) -> str:
        """Host name of `origin`."""
        return urlsplit(self.origin).hostname or ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that hold, oldest first; the last one signs."""
        old = (secret.strip() for secret in self.old_secrets.split(","))
        return (*(secret for secret in old if secret), self.secret)

    @property
    def on_this_machine(self) -> bool:
        """Whether the site is reachable from this machine only."""
        return self.host in LOOPBACK

    def check(self) -> "Config":
        """Returns itself, or raises UnsafeConfiguration with everything that is wrong, a sentence each."""
        wrong = list(self._wrong())
        if wrong:
            raise UnsafeConfiguration("; ".join(wrong))
        return self

    def _wrong(self) -> "list[str]":
        parts = urlsplit(self.origin)
        found = []
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
            found.append("MATCHER_ORIGIN must look like https://mentoring.example.org, without a path")
        elif parts.scheme == "http" and not self.on_this_machine:
            found.append("MATCHER_ORIGIN must be https outside this machine: links in letters would travel in the open")
        if len(self.secret) < 32:
            found.append(f"MATCHER_SECRET must have at least 32 characters, for example {secrets.token_urlsafe(32)}")
        elif len(set(self.secret)) < 8:
            found.append("MATCHER_SECRET is too regular to be a secret")
        if "," in self.secret:
            found.append("MATCHER_SECRET must hold no comma: among MATCHER_OLD_SECRETS it would be two")
        if any(len(secret) < 32 for secret in self.secrets[:-1]):
            found.append("MATCHER_OLD_SECRETS must have at least 32 characters each, with commas between")
        if self.bounce_secret and len(self.bounce_secret) < 32:
            found.append("MATCHER_BOUNCE_SECRET must have at least 32 characters")
        if len(self.bounce_address.partition("@")[0]) > LONGEST_LOCAL:
            found.append(f"MATCHER_BOUNCE_ADDRESS must have at most {LONGEST_LOCAL} characters before the @")
        if self.demo and not self.on_this_machine:
            found.append("MATCHER_DEMO shows all letters to everybody; it works on 127.0.0.1 only")
        if not self.database.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            found.append("MATCHER_DATABASE must start with sqlite:/// or postgresql://")
        if not self.mail.startswith(("folder:", "smtp://", "smtps://")):
            found.append("MATCHER_MAIL must be folder:PATH, smtp://… or smtps://…")
        if "@" not in self.mail_from or "\n" in self.mail_from:
            found.append("MATCHER_MAIL_FROM must hold an address, such as Mentoring <mentoring@example.org>")
        if self.mail_from_lists and ("@" not in self.mail_from_lists or "\n" in self.mail_from_lists):
            found.append("MATCHER_MAIL_FROM_LISTS must hold an address, such as Mentoring <letters@example.org>")
        found += self._wrong_seal()
        if self.language not in ("en", "es"):
            found.append("MATCHER_LANGUAGE must be en or es")
        if self.vocabulary and not Path(self.vocabulary).is_dir():
            found.append(f"MATCHER_VOCABULARY: {self.vocabulary} is no folder")
        return found

    def _wrong_seal(self) -> "list[str]":
        if not (self.dkim_key or self.dkim_selector):
            return []
        from matcher.mail.dkim import BadKey, Seal

        if not (self.dkim_key and self.dkim_selector):
            return ["MATCHER_DKIM_KEY and MATCHER_DKIM_SELECTOR belong together: letters are signed with both"]
        try:
            Seal.of(self.dkim_selector, self.dkim_key)
        except BadKey as bad:
            return [f"MATCHER_DKIM_KEY: {bad}"]
        return []


def _yes_or_no(key: str, value: str) -> bool:
    word = value.strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("", "0", "false", "no", "off"):
        return False
    raise UnsafeConfiguration(f"{key} must be yes or no, not {value!r}")
