"""A bare IMAP client for tests: says lines as they are, reads answers as values, speaks to any server.

imap = Wire(port); imap.login("alice@demo.test", "secret")
imap.ok("SELECT INBOX")
imap.fetch("1:*", "(FLAGS)")  →  {1: {"FLAGS": [...]}}
"""

import re
import select
import socket
import time
from typing import Any

HOST = "127.0.0.1"
SECONDS = 20.0
_LITERAL = re.compile(rb"\{([0-9]+)\}\r\n\Z")
_TOKEN = re.compile(
    rb"""(?P<space>\ +)
    |(?P<open>\()
    |(?P<close>\))
    |~?\{(?P<literal>[0-9]+)\}\r\n
    |"(?P<quoted>(?:[^"\\]|\\.)*)"
    |(?P<atom>(?:[^\s()\[\]{"]|\[[^\]]*\])+)
    """,
    re.VERBOSE | re.DOTALL,
)


class Word(bytes):
    """An atom, to tell it from a string."""


class Gone(Exception):
    """The server closed the connection; the text holds its last words."""


class Answer:
    """What a command got: `lines` are the untagged responses, whole, with their literals."""

    def __init__(self, lines: list[bytes], tagged: bytes) -> None:
        self.lines = lines
        self.status, _, self.text = tagged.partition(b" ")

    def of(self, kind: bytes) -> list[bytes]:
        """The untagged responses "* KIND …" or "* n KIND …", without the star."""
        found = []
        for line in self.lines:
            words = line.split(b" ", 3)
            name = words[2] if words[1].isdigit() and len(words) > 2 else words[1]
            if name.strip().upper() == kind:
                found.append(line[2:].removesuffix(b"\r\n"))
        return found

    def __repr__(self) -> str:
        return f"Answer({self.status!r} {self.text!r}, {self.lines!r})"


class Wire:
    """One connection; every answer must come within SECONDS."""

    def __init__(self, port: int, seconds: float = SECONDS) -> None:
        self.socket = socket.create_connection((HOST, port), seconds)
        self.seconds = seconds
        self.buffer = b""
        self.count = 0
        self.greeting = self.response()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()

    # --- saying ---------------------------------------------------------------------

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def begin(self, command: str | bytes) -> bytes:
        """Send a command and do not wait; returns its tag."""
        self.count += 1
        tag = b"t%d" % self.count
        self.say(tag + b" " + (command.encode() if isinstance(command, str) else command) + b"\r\n")
        return tag

    def end(self, tag: bytes) -> Answer:
        """Read up to the tagged response."""
        lines = []
        while not (line := self.response()).startswith(tag + b" "):
            lines.append(line)
        return Answer(lines, line[len(tag) + 1 :].removesuffix(b"\r\n"))

    def command(self, command: str | bytes) -> Answer:
        return self.end(self.begin(command))

    def ok(self, command: str | bytes) -> Answer:
        """The command must succeed."""
        answer = self.command(command)
        assert answer.status == b"OK", (command, answer)
        return answer

    def no(self, command: str | bytes) -> Answer:
        """The command must be refused with NO."""
        answer = self.command(command)
        assert answer.status == b"NO", (command, answer)
        return answer

    def login(self, user: str, password: str) -> "Wire":
        self.ok(f'LOGIN "{user}" "{password}"')
        return self

    def append(self, mailbox: str, message: bytes, before: str = "") -> Answer:
        """APPEND by a non-synchronizing literal; `before`: flags and date."""
        head = f"APPEND {mailbox} {before + ' ' if before else ''}{{{len(message)}+}}\r\n".encode()
        answer = self.command(head + message)
        assert answer.status == b"OK", answer
        return answer

    # --- reading ---------------------------------------------------------------------

    def fetch(self, numbers: str, items: str, *, by_uid: bool = False) -> dict[int, dict[str, Any]]:
        """FETCH; attributes by upper-case name, under the message numbers."""
        return fetched(self.ok(f"{'UID ' if by_uid else ''}FETCH {numbers} {items}"))

    def search(self, keys: str | bytes, *, by_uid: bool = False) -> list[int]:
        given = keys.encode() if isinstance(keys, str) else keys
        answer = self.ok((b"UID " if by_uid else b"") + b"SEARCH " + given)
        return [int(word) for line in answer.of(b"SEARCH") for word in line.split(b" ")[1:]]

    def response(self) -> bytes:
        """One response with its literals; Gone at the end."""
        text = b""
        while True:
            text += self._line()
            found = _LITERAL.search(text)
            if found is None:
                return text
            text += self._octets(int(found[1]))

    def heard(self, seconds: float) -> bytes | None:
        """One response if one comes within `seconds`."""
        if b"\r\n" not in self.buffer and not select.select([self.socket], [], [], seconds)[0]:
            return None
        return self.response()

    def _line(self) -> bytes:
        while (end := self.buffer.find(b"\r\n")) < 0:
            self._more()
        line, self.buffer = self.buffer[: end + 2], self.buffer[end + 2 :]
        return line

    def _octets(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self._more()
        octets, self.buffer = self.buffer[:count], self.buffer[count:]
        return octets

    def _more(self) -> None:
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise Gone(self.buffer)
        self.buffer += piece


def fetched(answer: Answer) -> dict[int, dict[str, Any]]:
    """The attributes of all FETCH responses; later ones of a message are laid over earlier ones."""
    found: dict[int, dict[str, Any]] = {}
    for line in answer.of(b"FETCH"):
        number, _, pairs = values(line)
        names = [name.decode().upper() for name in pairs[::2]]
        found.setdefault(int(number), {}).update(zip(names, pairs[1::2], strict=True))
    return found


def values(text: bytes) -> list[Any]:
    """A response as values: atoms as Word, strings as bytes, NIL as None, lists as lists."""
    stack: list[list[Any]] = [[]]
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        assert found, (text[max(0, place - 60) : place], text[place : place + 60])
        place = found.end()
        kind = found.lastgroup
        if kind == "open":
            stack.append([])
        elif kind == "close":
            inner = stack.pop()
            stack[-1].append(inner)
        elif kind == "literal":
            count = int(found["literal"])
            stack[-1].append(text[place : place + count])
            place += count
        elif kind == "quoted":
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", found["quoted"], flags=re.DOTALL))
        elif kind == "atom":
            atom = found["atom"]
            stack[-1].append(None if atom.upper() == b"NIL" else Word(atom))
    assert len(stack) == 1, "unbalanced parentheses"
    return stack[0]


def until(wire: Wire, wanted: bytes, seconds: float = SECONDS) -> list[bytes]:
    """The responses up to the one that holds `wanted`."""
    lines: list[bytes] = []
    deadline = time.monotonic() + seconds
    while not lines or wanted not in lines[-1]:
        line = wire.heard(max(0.0, deadline - time.monotonic()))
        assert line is not None, f"{wanted!r} was not said within {seconds} s, but {lines!r}"
        lines.append(line)
    return lines
