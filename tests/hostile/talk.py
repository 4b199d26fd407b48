"""A bare conversation: bytes out, lines in, every wait with an end."""

import socket
import ssl
from contextlib import suppress

from harness import Server, any_certificate

PATIENCE_SECONDS = 20.0


class Talk:
    """A connection to one service; replies are read by line."""

    def __init__(self, server: Server, service: str, *, greet: bool = True) -> None:
        self._socket: socket.socket = server.connect(service, PATIENCE_SECONDS)
        self._unread = b""
        self.greeting = self.line() if greet else b""

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *exc: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> bool:
        """False when the server has closed the connection."""
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def half_close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def start_tls(self, context: ssl.SSLContext | None = None) -> None:
        assert not self._unread, self._unread
        self._socket = (context or any_certificate()).wrap_socket(self._socket)

    def wait(self, seconds: float) -> None:
        """How long the next reads may take; TimeoutError then."""
        self._socket.settimeout(seconds)

    def line(self) -> bytes:
        """One line with its CRLF; what is left at the end of the connection."""
        while b"\n" not in self._unread:
            try:
                piece = self._socket.recv(65536)
            except ConnectionError:
                piece = b""
            if not piece:
                line, self._unread = self._unread, b""
                return line
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\n")
        return line + b"\n"

    def rest(self) -> bytes:
        """Everything until the server closes."""
        lines = []
        while line := self.line():
            lines.append(line)
        return b"".join(lines)

    # --- SMTP -----------------------------------------------------------------------

    def reply(self) -> int:
        """The code of one whole SMTP reply; 0 when the connection is over."""
        while line := self.line():
            if line[3:4] == b" ":
                return int(line[:3])
        return 0

    def ask(self, command: bytes) -> int:
        """Send one SMTP command, read its reply."""
        return self.reply() if self.send(command + b"\r\n") else 0

    def replies(self) -> list[int]:
        """All SMTP replies until the server closes."""
        codes = []
        while code := self.reply():
            codes.append(code)
        return codes

    # --- IMAP -----------------------------------------------------------------------

    def tagged(self, command: bytes, tag: bytes = b"a1") -> bytes:
        """Send one IMAP command; its tagged reply, or BYE, or b"" when the connection is over."""
        self.send(tag + b" " + command + b"\r\n")
        while line := self.line():
            if line.startswith((tag + b" ", b"* BYE", b"* BAD")):
                return line
        return b""
