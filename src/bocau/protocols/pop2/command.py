"""The grammar of a command line: `parse(line) → (verb, event)` (RFC 937)."""

from collections.abc import Callable
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.base.wiretext import number
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


def _text(octets: bytes) -> str:
    if not octets or b"\0" in octets:
        raise SyntaxFault("an argument is missing")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise SyntaxFault("not UTF-8") from None


def _hello(argument: bytes) -> Hello:
    name, _, password = argument.lstrip(b" ").partition(b" ")
    return Hello(_text(name), _text(password))


def _read(argument: bytes) -> Read:
    argument = argument.strip(b" ")
    return Read(number(argument, minimum=1) if argument else None)


def _bare(event: Event) -> Callable[[bytes], Event]:
    def parse_nothing(argument: bytes) -> Event:
        if argument.strip(b" "):
            raise SyntaxFault("an argument too many")
        return event

    return parse_nothing


_PARSERS: Final[dict[bytes, tuple[str, Callable[[bytes], Event]]]] = {
    b"HELO": ("HELO", _hello),
    b"FOLD": ("FOLD", lambda argument: Fold(_text(argument.strip(b" ")))),
    b"READ": ("READ", _read),
    b"RETR": ("RETR", _bare(Retrieve())),
    b"ACKS": ("ACKS", _bare(Acknowledged())),
    b"ACKD": ("ACKD", _bare(Deleted())),
    b"NACK": ("NACK", _bare(NotReceived())),
    b"QUIT": ("QUIT", _bare(QuitAsked())),
}


def parse(line: bytes) -> tuple[str, Event] | None:
    """Read a line without its end; None for a verb that is not known. SyntaxFault for a bad argument."""
    word, _, argument = line.partition(b" ")
    known = _PARSERS.get(word.upper())
    if known is None:
        return None
    verb, read = known
    return verb, read(argument)
