"""What moves the conversation: tagged replies, continuation requests, refusals (RFC 9051 §7)."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache


class Status(Enum):
    OK = b"OK"
    NO = b"NO"
    BAD = b"BAD"


@dataclass(frozen=True, slots=True)
class Tagged:
    """The end of a command. `code` is a response code without brackets, b"" for none."""

    tag: bytes
    status: Status
    text: str
    code: bytes = b""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The engine refuses a command by itself; the session sends `reply` and counts it."""

    reply: Tagged


@dataclass(frozen=True, slots=True)
class Broken:
    """The conversation cannot go on: BYE with this text."""

    text: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A synchronizing literal is wanted: send a continuation request."""


@dataclass(frozen=True, slots=True)
class SaslResponse:
    """The next step of AUTHENTICATE; None: the client gave up with "*"."""

    data: bytes | None


@dataclass(frozen=True, slots=True)
class IdleDone:
    """DONE: the IDLE command ends."""


@lru_cache(maxsize=256)
def line_text(text: str) -> bytes:
    """Human text on one line: ASCII, no CR or LF, no "[" first, which would read as a response code."""
    data = text.encode("ascii", "replace").replace(b"\r", b" ").replace(b"\n", b" ")
    return data.lstrip(b"[ ") or b"."
