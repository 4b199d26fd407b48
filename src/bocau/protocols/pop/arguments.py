"""What the commands of POP3 and of POP2 are followed by."""

from collections.abc import Callable
from typing import TypeVar

from bocau.base.errors import SyntaxFault

Event = TypeVar("Event")


def text(argument: bytes) -> str:
    """One argument that may have spaces (names and passwords do); UTF-8 as of RFC 6856 §2.2. SyntaxFault."""
    if not argument or b"\0" in argument:
        raise SyntaxFault("an argument is missing")
    try:
        return argument.decode("utf-8")
    except UnicodeDecodeError:
        raise SyntaxFault("not UTF-8") from None


def bare(event: Event) -> Callable[[bytes], Event]:
    """The parser of a command without arguments."""

    def parse_nothing(argument: bytes) -> Event:
        if argument.strip(b" "):
            raise SyntaxFault("an argument too many")
        return event

    return parse_nothing
