"""A remote SMTP server that keeps what it was given, and answers what it is told to."""

import socket
import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class Received:
    sender: bytes
    recipients: tuple[bytes, ...]
    message: bytes


class Sink:
    """Listens on a free port of 127.0.0.1 from `with` to its end."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._listener = socket.create_server((host, 0))
        self.host = host
        self.port: int = self._listener.getsockname()[1]
        self.received: list[Received] = []
        self.greeting = b"220 sink ESMTP\r\n"
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> "Sink":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as lines:
                connection.sendall(self.greeting)
                self._converse(connection, lines)
        except OSError:
            pass

    def _converse(self, connection: socket.socket, lines: "socket.SocketIO | object") -> None:
        sender, recipients = b"", []
        for line in lines:  # type: ignore[attr-defined]
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                answer = b"250-sink\r\n250 PIPELINING\r\n" if verb == b"EHLO" else b"250 sink\r\n"
            elif verb == b"MAIL":
                sender, recipients, answer = _path(line), [], b"250 ok\r\n"
            elif verb == b"RCPT":
                recipients.append(_path(line))
                answer = b"250 ok\r\n"
            elif verb == b"DATA":
                connection.sendall(b"354 go on\r\n")
                message = _body(lines)
                self.received.append(Received(sender, tuple(recipients), message))
                answer = b"250 taken\r\n"
            elif verb == b"QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            else:
                answer = b"250 ok\r\n"
            connection.sendall(answer)


def _path(line: bytes) -> bytes:
    return line[line.index(b"<") + 1 : line.index(b">")]


def _body(lines: object) -> bytes:
    body = []
    for line in lines:  # type: ignore[attr-defined]
        if line == b".\r\n":
            return b"".join(body)
        body.append(line.removeprefix(b".") if line.startswith(b"..") else line)
    raise OSError("the sender went away")
