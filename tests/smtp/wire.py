"""A client that says exactly what it is told to, and hears every line: no library smooths anything."""

import base64
import poplib
import socket
import ssl
from dataclasses import dataclass
from typing import Self

from harness import HOST, Server, any_certificate


@dataclass(frozen=True)
class Heard:
    """One reply."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.lines)

    @property
    def status(self) -> str:
        """The enhanced code (RFC 2034)."""
        return self.lines[0].split(" ")[0]


class Wire:
    """`service`: a port of the server. Not connected by TLS before starttls(), unless it is submissions."""

    def __init__(self, server: Server, service: str = "smtp", source: str = "", hello: str = "EHLO") -> None:
        self._socket = socket.create_connection(
            (HOST, server.port(service)), 30, source_address=(source, 0) if source else None
        )
        if service == "submissions":
            self._socket = any_certificate().wrap_socket(self._socket)
        self._lines = self._socket.makefile("rb")
        self.greeting = self.hear()
        self.keywords = self.greet(hello)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def hear(self) -> Heard:
        lines: list[str] = []
        while True:
            line = self._lines.readline()
            assert line.endswith(b"\r\n"), f"the connection ended with {line!r} after {lines}"
            text = line.decode("utf-8").removesuffix("\r\n")
            lines.append(text[4:])
            if text[3:4] != "-":
                return Heard(int(text[:3]), tuple(lines))

    def ended(self) -> bool:
        """Whether the server has closed the connection."""
        return self._lines.readline() == b""

    def say(self, line: str | bytes) -> Heard:
        self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return self.hear()

    def greet(self, verb: str = "EHLO") -> dict[str, str]:
        """What is offered: keyword → its parameters."""
        answer = self.say(f"{verb} client.example.org")
        assert answer.code == 250, answer
        return {word: rest for word, _, rest in (line.partition(" ") for line in answer.lines[1:])}

    def starttls(self, context: ssl.SSLContext | None = None) -> Self:
        assert self.say("STARTTLS").code == 220
        self._lines.close()
        self._socket = (context or any_certificate()).wrap_socket(self._socket)
        self._lines = self._socket.makefile("rb")
        self.keywords = self.greet()
        return self

    @property
    def tls_socket(self) -> ssl.SSLSocket:
        assert isinstance(self._socket, ssl.SSLSocket)
        return self._socket

    def login(self, user: str, password: str) -> Heard:
        text = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return self.say(f"AUTH PLAIN {text}")

    def mail(self, sender: str = "sender@example.org", parameters: str = "") -> Heard:
        return self.say(f"MAIL FROM:<{sender}>{' ' if parameters else ''}{parameters}")

    def rcpt(self, recipient: str, parameters: str = "") -> Heard:
        return self.say(f"RCPT TO:<{recipient}>{' ' if parameters else ''}{parameters}")

    def data(self, message: bytes) -> Heard:
        """The reply to the final dot (of LMTP: the first of them)."""
        answer = self.say("DATA")
        assert answer.code == 354, answer
        self.send(message.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return self.hear()


def inbox(server: Server, user: str, password: str | None = None) -> list[bytes]:
    """Every message of a mailbox, as POP3 gives it (whose stock client can say names in UTF-8)."""
    client = poplib.POP3_SSL(HOST, server.port("pop3s"), context=any_certificate(), timeout=20)
    try:
        client.utf8()
        client.user(server.address(user))
        client.pass_(password or server.password)
        return [b"\r\n".join(client.retr(number + 1)[1]) + b"\r\n" for number in range(client.stat()[0])]
    finally:
        client.close()


def newest(server: Server, user: str, wanted: bytes) -> bytes:
    """The newest message that contains `wanted`; b"" when there is none."""
    return next((message for message in reversed(inbox(server, user)) if wanted in message), b"")


def letter(subject: str, body: str = "Chào bạn\r\n", author: str = "sender@example.org") -> bytes:
    head = f"From: {author}\r\nTo: alice@demo.test\r\nSubject: {subject}\r\n"
    head += (
        f"Message-ID: <{subject.replace(' ', '.')}@example.org>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0700\r\n"
    )
    return (head + "\r\n" + body).encode()
