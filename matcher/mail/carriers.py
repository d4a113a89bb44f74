"""Ways out for finished letters: an SMTP server, or a folder of .eml files.

`carry(envelope_to, raw)` returns when the letter was accepted and raises CarrierError otherwise. A carrier may be used
by one worker at a time.
"""

import contextlib
import hashlib
import os
import re
import smtplib
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from matcher.mail.addresses import BadAddress, bare_address, needs_utf8
from matcher.mail.return_paths import return_path

Fault = Literal["permanent", "temporary", "refused", "relay"]


class CarrierError(Exception):
    """A letter that was not accepted.

    `kind`: "permanent" (trying again does not help), "temporary" (it may), "refused" (by the policy of whoever takes
    this letter: worth a few tries, and no reason to hold the others), or "relay" (our own mail server refuses us or
    cannot be reached: no letter's fault, the operator has to look). `code` is the SMTP reply code, 0 where there was
    none. `bad_address`: the reply says that this address does not exist.
    """

    def __init__(self, kind: Fault, code: int, text: str, *, bad_address: bool = False) -> None:
        super().__init__(f"{code} {text}" if code else text)
        self.kind: Fault = kind
        self.code = code
        self.text = text
        self.bad_address = bad_address


class Carrier(Protocol):
    """Takes letters away."""

    def carry(self, envelope_to: str, raw: bytes) -> None:
        """Hands one letter over, or raises CarrierError."""

    def close(self) -> None:
        """Ends what is open; `carry` opens it again."""


def carrier_of(mail: str, *, bounce: str = "", secrets: Sequence[str] = ()) -> Carrier:
    """The carrier that an option such as `folder:var/mail` or `smtp://user:password@host:587?tls=starttls` names.

    `smtps://` speaks TLS from the start; `?tls=none` is for a relay on this machine, where it is the default.
    """
    if mail.startswith("folder:"):
        return FolderCarrier(Path(mail.removeprefix("folder:")))
    parts = urlsplit(mail)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("mail must be folder:PATH, smtp://host:port or smtps://host:port")
    query = parse_qs(parts.query)
    usual = "ssl" if parts.scheme == "smtps" else "none" if _on_this_machine(parts.hostname) else "starttls"
    tls = query.get("tls", [usual])[0]
    if tls not in ("none", "starttls", "ssl"):
        raise ValueError(f"tls={tls}: must be none, starttls or ssl")
    return SmtpCarrier(
        host=parts.hostname,
        port=parts.port or {"ssl": 465, "starttls": 587, "none": 25}[tls],
        tls=tls,  # type: ignore[arg-type]
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        bounce=bounce,
        secrets=secrets,
    )


def _on_this_machine(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")


# -- SMTP ------------------------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class SmtpCarrier:
    """Speaks SMTP; keeps the connection for the next letter, up to LETTERS_A_CONNECTION.

    `tls`: "starttls", "ssl" or "none"; certificates are checked unless `context` says otherwise. `timeout` in seconds
    for each exchange, `limit` for a letter as a whole, which must be less than the lease of a letter: a server that
    sends a byte now and then would outlive it. `bounce`: the envelope sender; each letter gets an address
    of its own, signed with the newest of `secrets`, so that a report of failure finds its letter. Empty: the address
    in From.
    """

    host: str
    port: int = 25
    tls: Literal["starttls", "ssl", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 30.0
    limit: float = 120.0
    bounce: str = ""
    secrets: Sequence[str] = field(default=(), repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)
    _server: smtplib.SMTP | None = field(default=None, init=False, repr=False)
    _carried: int = field(default=0, init=False, repr=False)
    _late: bool = field(default=False, init=False, repr=False)

    LETTERS_A_CONNECTION = 100

    def carry(self, envelope_to: str, raw: bytes) -> None:
        """Hands one letter to the server. Raises CarrierError; the connection is then given up."""
        to = _envelope(envelope_to)
        sender = envelope_sender(self.bounce, raw, self.secrets)
        with self._limited():
            try:
                server = self._connected()
                with _classed("letter"):
                    server.sendmail(sender, [to], raw, mail_options=_options(server, sender, to))
            except CarrierError as error:
                if error.code in (0, 421) or error.kind == "relay":
                    self._give_up()
                if self._late:
                    raise CarrierError(error.kind, 0, f"the mail server took more than {self.limit:g} s") from error
                raise
        self._carried += 1
        if self._carried >= self.LETTERS_A_CONNECTION:
            self.close()

    def close(self) -> None:
        """Says goodbye to the server."""
        if self._server is not None:
            with self._limited(), contextlib.suppress(OSError, smtplib.SMTPException):
                self._server.quit()
        self._give_up()

    def _give_up(self) -> None:
        server, self._server, self._carried = self._server, None, 0
        if server is not None:
            server.close()

    def _connected(self) -> smtplib.SMTP:
        """The open connection if it still answers, else a new one."""
        if self._server is not None and _answers(self._server):
            return self._server
        self._give_up()
        context = self.context or ssl.create_default_context()
        if self.tls == "ssl":
            self._server = smtplib.SMTP_SSL(timeout=self.timeout, context=context)
        else:
            self._server = smtplib.SMTP(timeout=self.timeout)
        with _classed("connecting"):
            self._greet(self._server, context)
        return self._server

    def _greet(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        server._host = self.host  # type: ignore[attr-defined]  # connect() alone leaves it empty, and TLS needs it
        code, reply = server.connect(self.host, self.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, reply)
        if self.tls == "starttls":
            server.starttls(context=context)
        if self.user:
            server.login(self.user, self.password)
        server.ehlo_or_helo_if_needed()

    @contextlib.contextmanager
    def _limited(self) -> Iterator[None]:
        """Cuts the connection off when a letter takes longer than `limit`, whatever the server does meanwhile."""
        self._late, over = False, threading.Event()

        def watch() -> None:
            wait = self.limit
            while not over.wait(wait):
                self._late, wait = True, 0.2  # again, in case the connection is opened only now
                sock = self._server.sock if self._server is not None else None
                if sock is not None:
                    with contextlib.suppress(OSError):
                        sock.shutdown(socket.SHUT_RDWR)

        watcher = threading.Thread(target=watch, name="mail limit", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()


def _answers(server: smtplib.SMTP) -> bool:
    try:
        return server.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _options(server: smtplib.SMTP, sender: str, to: str) -> list[str]:
    """What the letter asks of the server: international addresses only where the address is one."""
    if not (needs_utf8(to) or needs_utf8(sender)):
        return []
    if not server.has_extn("smtputf8"):
        raise CarrierError("permanent", 0, "the mail server does not take international addresses")
    return ["SMTPUTF8", "BODY=8BITMIME"]


def _envelope(address: str) -> str:
    try:
        return bare_address(address)
    except BadAddress as error:
        raise CarrierError("permanent", 0, str(error), bad_address=True) from error


def envelope_sender(bounce: str, raw: bytes, secrets: Sequence[str] = ()) -> str:
    """Where reports of failure go: an address that names the letter, or the one in From."""
    head = _head(raw)
    if not bounce:
        return bare_address(parseaddr(head.get("From", ""))[1])
    return return_path(bounce, head.get("Message-ID", ""), secrets)


def _head(raw: bytes) -> Message:
    return message_from_bytes(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")


# -- what went wrong -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _classed(stage: Literal["connecting", "letter"]) -> Iterator[None]:
    """Turns what smtplib and the network raise into CarrierError."""
    try:
        yield
    except CarrierError:
        raise
    except smtplib.SMTPRecipientsRefused as error:
        code, reply = next(iter(error.recipients.values()))
        raise classed(code, _text(reply), "recipient") from error
    except smtplib.SMTPSenderRefused as error:
        raise classed(error.smtp_code, _text(error.smtp_error), "sender") from error
    except smtplib.SMTPDataError as error:
        raise classed(error.smtp_code, _text(error.smtp_error), "data") from error
    except smtplib.SMTPServerDisconnected as error:
        raise CarrierError(_before(stage), 0, f"the mail server hung up: {error}") from error
    except smtplib.SMTPResponseException as error:  # greeting, EHLO, STARTTLS, AUTH
        raise classed(error.smtp_code, _text(error.smtp_error), "relay") from error
    except ssl.SSLError as error:  # a bad certificate; in mid-letter a broken line
        raise CarrierError(_before(stage), 0, f"{type(error).__name__}: {error}") from error
    except smtplib.SMTPException as error:  # no STARTTLS or AUTH offered
        raise CarrierError("relay", 0, f"{type(error).__name__}: {error}") from error
    except TimeoutError as error:
        raise CarrierError(_before(stage), 0, "the mail server did not answer in time") from error
    except OSError as error:  # unknown name, refused, unreachable; in mid-letter a lost connection
        raise CarrierError(_before(stage), 0, f"the mail server: {error.strerror or error}") from error


def _before(stage: Literal["connecting", "letter"]) -> Fault:
    """A server that cannot even be spoken to says nothing about a letter, and would cost each of them a long wait."""
    return "relay" if stage == "connecting" else "temporary"


Stage = Literal["relay", "sender", "recipient", "data"]


def classed(code: int, text: str, stage: Stage) -> CarrierError:
    """The error for an SMTP reply at a stage of the exchange.

    What is said before a recipient is named is about us, except that a letter is too large. Afterwards the enhanced
    code (RFC 3463) decides where there is one: 5.1.x is a bad address, 5.7.x the policy of the recipient's provider,
    5.4.4 a name server that will come back. 4xx is temporary, and so is what is no reply at all.
    """
    enhanced = _enhanced(text)
    subject = enhanced[1:] if enhanced else None
    if stage == "relay" or (stage == "sender" and code != 552):
        return CarrierError("relay", code, text)
    if not 500 <= code < 600 or subject == (4, 4) or (code == 552 and stage == "recipient" and not subject):
        return CarrierError("temporary", code, text)
    if (subject and subject[0] == 7) or code in (530, 534, 535, 538):
        return CarrierError("refused", code, text)
    missing = subject[0] == 1 if subject else code in (501, 550, 551, 553)
    return CarrierError("permanent", code, text, bad_address=stage == "recipient" and missing)


def _enhanced(text: str) -> tuple[int, int, int] | None:
    found = re.match(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _text(reply: bytes | str) -> str:
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(words.split())[:300]


# -- a folder --------------------------------------------------------------------------------------------------------


@dataclass
class FolderCarrier:
    """Puts each letter into a folder as an .eml file that any mail program opens; names sort by date.

    The name comes from the letter's Date and Message-ID, so carrying it twice leaves one file.
    """

    folder: Path

    def carry(self, envelope_to: str, raw: bytes) -> None:
        """Writes the file, whole or not at all; a full disk or a missing right is the relay's fault."""
        _envelope(envelope_to)
        path = self.folder / file_name(raw)
        if path.exists():
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_whole(path, raw)
        except OSError as error:
            raise CarrierError("relay", 0, f"{self.folder}: {error.strerror or error}") from error

    def close(self) -> None:
        """Nothing is open."""


def file_name(raw: bytes) -> str:
    """Such as 20261124T073000Z-1f0c….eml."""
    head = _head(raw)
    message_id = re.sub(r"[^A-Za-z0-9]", "", head.get("Message-ID", "").partition("@")[0])
    unique = message_id[:32] or hashlib.sha256(raw).hexdigest()[:32]
    try:
        at = parsedate_to_datetime(head["Date"]).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    except (TypeError, ValueError):
        at = "undated"
    return f"{at}-{unique}.eml"


def _write_whole(path: Path, raw: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
