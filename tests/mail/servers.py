"""Mail servers on the loopback: a real one that keeps what it gets, and one that answers by a script."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"


class Mailbag:
    """A handler of aiosmtpd: keeps every letter, refuses where told to, recipient by recipient, reply by reply."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, bytes]] = []  # (envelope sender, recipient, content as it came)
        self.refuse: dict[str, list[str]] = {}  # recipient -> replies to give, one a try, before accepting
        self.sessions: set[Any] = set()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accepts, or gives the next reply prepared for this recipient."""
        if self.refuse.get(address):
            return self.refuse[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keeps the letter."""
        self.sessions.add(session.peer)
        content = envelope.original_content
        assert isinstance(content, bytes)
        assert len(envelope.rcpt_tos) == 1
        self.letters.append((envelope.mail_from or "", envelope.rcpt_tos[0], content))
        return "250 2.0.0 queued"


@contextlib.contextmanager
def real_server(bag: Mailbag, **options: Any) -> Iterator[int]:
    """A real SMTP server; gives its port."""
    controller = Controller(bag, hostname=LOOPBACK, port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


DROP, SILENCE, DRIBBLE = "drop", "silence", "dribble"

USUAL = {
    "greeting": "220 ready",
    "EHLO": "250-here\r\n250-SIZE 1000000\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME",
    "HELO": "250 here",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    "dot": "250 2.0.0 queued",
    "RSET": "250 ok",
    "NOOP": "250 ok",
    "QUIT": "221 bye",
}


class Scripted:
    """A server that speaks by a script: a reply for each command, or DROP to hang up, SILENCE never to answer, DRIBBLE
    a byte at a time without end."""

    def __init__(self, script: Mapping[str, str], *, context: ssl.SSLContext | None = None) -> None:
        self.script = {**USUAL, **script}
        self.context = context
        self.received: list[bytes] = []
        self.commands: list[bytes] = []
        self.dribbled = 0
        self._over = threading.Event()
        self._listening = socket.create_server((LOOPBACK, 0))
        self._listening.settimeout(0.05)
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> "Scripted":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._listening.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                continue
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        if not self._say(connection, "greeting"):
            return
        lines = connection.makefile("rb")
        with lines:
            for line in lines:
                self.commands.append(line)
                command = line.split(b" ")[0].strip().decode("ascii", "replace").upper()
                if not self._say(connection, command) or command == "QUIT":
                    return
                if command == "DATA" and self.script["DATA"].startswith("354"):
                    content = b""
                    for part in lines:
                        if part == b".\r\n":
                            break
                        content += part
                    self.received.append(content)
                    if not self._say(connection, "dot"):
                        return

    def _say(self, connection: socket.socket, moment: str) -> bool:
        reply = self.script.get(moment, "502 5.5.2 what?")
        if reply == DROP:
            return False
        if reply == SILENCE:
            self._over.wait(3)
            return False
        if reply == DRIBBLE:
            while not self._over.wait(0.05):
                connection.sendall(b"2")  # raises once the other side has hung up
                self.dribbled += 1
            return False
        connection.sendall(reply.encode() + b"\r\n")
        return True
