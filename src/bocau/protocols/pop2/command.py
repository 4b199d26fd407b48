"""The grammar of a command line: `parse(line) → (verb, event)` (RFC 937)."""

from collections.abc import Callable
from typing import Final

from bocau.base.wiretext import number
from bocau.protocols.pop.arguments import bare, text
from bocau.protocols.pop2.events import (
    Acknowledged,
    Deleted,
    Event,
    Fold,
    Hello,
    NotReceived,
    QuitAsked,
    Read,
    Retrieve,
)


def _hello(argument: bytes) -> Hello:
    name, _, password = argument.lstrip(b" ").partition(b" ")
    return Hello(text(name), text(password))


def _read(argument: bytes) -> Read:
    argument = argument.strip(b" ")
    return Read(number(argument, minimum=1) if argument else None)


_PARSERS: Final[dict[bytes, tuple[str, Callable[[bytes], Event]]]] = {
    b"HELO": ("HELO", _hello),
    b"FOLD": ("FOLD", lambda argument: Fold(text(argument.strip(b" ")))),
    b"READ": ("READ", _read),
    b"RETR": ("RETR", bare(Retrieve())),
    b"ACKS": ("ACKS", bare(Acknowledged())),
    b"ACKD": ("ACKD", bare(Deleted())),
    b"NACK": ("NACK", bare(NotReceived())),
    b"QUIT": ("QUIT", bare(QuitAsked())),
}


def parse(line: bytes) -> tuple[str, Event] | None:
    """Read a line without its end; None for a verb that is not known. SyntaxFault for a bad argument."""
    word, _, argument = line.partition(b" ")
    known = _PARSERS.get(word.upper())
    if known is None:
        return None
    verb, read = known
    return verb, read(argument)
