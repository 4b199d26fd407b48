r"""Play a transcript, the text form of one conversation, against anything that answers bytes with bytes.

    # rfc: 5321 §4.1.1.5    RSET forgets the sender
    # profile: mx
    C: RSET
    S: 250 *

`# key: value` lines stand at the top and become `Transcript.about`; other comments and blank lines are
skipped.

    C: text      one line from the client, CRLF is added
    C! text      raw bytes from the client, with Python escapes, no CRLF added
    C<EOF>       the client closes its half
    C<TLS>       the TLS handshake takes place (the player's `upgrade`)
    S: pattern   one line from the server; `*` stands for any text (a leading "* " is IMAP's own star)
    S<END>       the server has ended the conversation

Consecutive C lines are one flight: they are cut into chunks by a splitter, so that every transcript is
played in every chunk size; consecutive S lines are all that the server may have said by then, in order.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Final, Protocol

Splitter = Callable[[list[bytes]], Iterable[bytes]]
"""Cuts one flight (a list of lines or raw pieces) into the chunks that the server reads."""

_CHUNK_SIZES: Final = (1, 7, 2, 31, 3, 1, 64, 5, 11, 128)


def at_once(flight: list[bytes]) -> Iterable[bytes]:
    return [b"".join(flight)] if flight else []


def line_by_line(flight: list[bytes]) -> Iterable[bytes]:
    return flight


def byte_by_byte(flight: list[bytes]) -> Iterable[bytes]:
    whole = b"".join(flight)
    return (whole[i : i + 1] for i in range(len(whole)))


def unevenly(flight: list[bytes]) -> Iterator[bytes]:
    whole, start = b"".join(flight), 0
    for size in cycle(_CHUNK_SIZES):
        if start >= len(whole):
            return
        yield whole[start : start + size]
        start += size


SPLITTERS: Final[dict[str, Splitter]] = {
    "at once": at_once,
    "line by line": line_by_line,
    "byte by byte": byte_by_byte,
    "unevenly": unevenly,
}


@dataclass(slots=True)
class Exchange:
    """One flight of the client and everything the server answers to it."""

    said: list[bytes] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    is_upgrade: bool = False
    is_end_of_input: bool = False
    is_end: bool = False
    """The server ends the conversation here."""


@dataclass(frozen=True, slots=True)
class Transcript:
    name: str
    about: dict[str, str]
    exchanges: tuple[Exchange, ...]


class Player(Protocol):
    """The server's side: takes bytes, returns what the server wrote in answer; `receive(b"")` is the end of
    input."""

    def begin(self) -> bytes: ...

    def receive(self, data: bytes) -> bytes: ...

    def upgrade(self) -> None: ...

    @property
    def is_over(self) -> bool: ...


class AsyncPlayer(Protocol):
    """The same for a server that must be awaited."""

    def begin(self) -> Awaitable[bytes]: ...

    def receive(self, data: bytes) -> Awaitable[bytes]: ...

    def upgrade(self) -> Awaitable[None]: ...

    @property
    def is_over(self) -> bool: ...


def find(directory: Path) -> list[Transcript]:
    """All transcripts beside a test module: `find(Path(__file__).parent)`."""
    return [read(path) for path in sorted(directory.glob("*.txt"))]


def read(path: Path) -> Transcript:
    return parse(path.stem, path.read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Transcript:
    """Read one transcript; AssertionError names the line that is not understood."""
    about: dict[str, str] = {}
    exchanges = [Exchange()]
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#"):
            key, colon, value = line[1:].partition(":")
            if colon:
                about.setdefault(key.strip(), value.strip())
        elif line.strip():
            assert _take(line, exchanges), f"{name}.txt:{number}: not understood: {line}"
    return Transcript(name, about, tuple(exchanges))


def _take(line: str, exchanges: list[Exchange]) -> bool:
    last = exchanges[-1]
    if line.startswith("S: ") or line == "S:":
        last.expected.append(line[3:])
        return True
    if line == "S<END>":
        last.is_end = True
        return True
    if last.expected or last.is_end or last.is_upgrade or last.is_end_of_input or len(exchanges) == 1:
        last = Exchange()
        exchanges.append(last)
    if line.startswith("C: ") or line == "C:":
        last.said.append(line[3:].encode() + b"\r\n")
    elif line.startswith("C! "):
        last.said.append(line[3:].encode().decode("unicode_escape").encode("latin-1"))
    elif line == "C<EOF>":
        last.is_end_of_input = True
    elif line == "C<TLS>":
        last.is_upgrade = True
    else:
        return False
    return True


def play(transcript: Transcript, player: Player, splitter: Splitter) -> None:
    """Play it; AssertionError shows what was expected and what came."""
    for index, exchange in enumerate(transcript.exchanges):
        if exchange.is_upgrade:
            player.upgrade()
        heard = player.begin() if index == 0 else b""
        for chunk in splitter(exchange.said):
            heard += player.receive(chunk)
        if exchange.is_end_of_input:
            heard += player.receive(b"")
        check(transcript, exchange, heard, player.is_over)


async def play_async(transcript: Transcript, player: AsyncPlayer, splitter: Splitter) -> None:
    """The same with a player that must be awaited."""
    for index, exchange in enumerate(transcript.exchanges):
        if exchange.is_upgrade:
            await player.upgrade()
        heard = await player.begin() if index == 0 else b""
        for chunk in splitter(exchange.said):
            heard += await player.receive(chunk)
        if exchange.is_end_of_input:
            heard += await player.receive(b"")
        check(transcript, exchange, heard, player.is_over)


def check(transcript: Transcript, exchange: Exchange, heard: bytes, is_over: bool) -> None:
    lines = heard.decode("utf-8", "backslashreplace").split("\r\n")
    said = b"".join(exchange.said)[-200:]
    context = f"{transcript.name}: after {said!r}\nheard    {lines}\nexpected {exchange.expected}"
    assert lines.pop() == "", f"the server's last line has no end\n{context}"
    assert len(lines) == len(exchange.expected), context
    for line, pattern in zip(lines, exchange.expected, strict=True):
        assert matches(line, pattern), f"{line!r} is not {pattern!r}\n{context}"
    assert not exchange.is_end or is_over, f"the conversation should be over\n{context}"


def matches(line: str, pattern: str) -> bool:
    """Whether a line of the server fits: every `*` but IMAP's leading one stands for any text."""
    start = "* " if pattern.startswith("* ") else ""
    expression = ".*".join(re.escape(piece) for piece in pattern[len(start) :].split("*"))
    return re.fullmatch(re.escape(start) + expression, line, re.DOTALL) is not None
