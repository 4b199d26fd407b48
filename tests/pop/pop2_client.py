"""A mail program of 1985: reads a mailbox over POP2 (RFC 937), one message after the other."""

import socket
from types import TracebackType

LINE_BYTES_MAX = 1000


class Refused(Exception):
    """The server said "-" and hangs up."""


class Pop2:
    """`with Pop2(host, port) as pop: pop.hello(name, password)`."""

    def __init__(self, host: str, port: int) -> None:
        self._link = socket.create_connection((host, port), 20)
        self._file = self._link.makefile("rb")
        self.greeting = self._line()

    def __enter__(self) -> "Pop2":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()

    def hang_up(self) -> None:
        """End the connection without a word."""
        self._file.close()
        self._link.close()

    def _line(self) -> bytes:
        line = self._file.readline(LINE_BYTES_MAX)
        if line.startswith(b"-"):
            raise Refused(line.decode().strip())
        return line

    def _ask(self, sign: bytes, command: str) -> int:
        self._link.sendall(command.encode() + b"\r\n")
        line = self._line()
        assert line[:1] == sign and line.endswith(b"\r\n"), line
        return int(line[1:].split(maxsplit=1)[0])

    def hello(self, name: str, password: str) -> int:
        """How many messages INBOX has."""
        return self._ask(b"#", f"HELO {name} {password}")

    def fold(self, mailbox: str) -> int:
        """How many messages another mailbox has."""
        return self._ask(b"#", f"FOLD {mailbox}")

    def read(self, number: int | None = None) -> int:
        """How many octets a message has."""
        return self._ask(b"=", "READ" if number is None else f"READ {number}")

    def retrieve(self, octets: int) -> bytes:
        """The message of which so many octets were told."""
        self._link.sendall(b"RETR\r\n")
        body = self._file.read(octets)
        assert len(body) == octets, "the message broke off"
        return body

    def keep(self) -> int:
        """Received; how many octets the next one has."""
        return self._ask(b"=", "ACKS")

    def delete(self) -> int:
        """Received, to be deleted; how many octets the next one has."""
        return self._ask(b"=", "ACKD")

    def again(self) -> int:
        """Not received; how many octets the same one has."""
        return self._ask(b"=", "NACK")

    def quit(self) -> None:
        """Say goodbye: now deletions happen."""
        self._link.sendall(b"QUIT\r\n")
        assert self._line().startswith(b"+")
        assert self._file.read() == b""
