"""What the grammar refuses, as the end of the command it belongs to (RFC 9051 §7.1)."""

from typing import Final

from bocau.base.errors import LimitReached, Refused
from bocau.protocols.imap.command import TAG
from bocau.protocols.imap.replies import Status, Tagged

_NO_TAG: Final = b"*"


def tag_of(text: bytes) -> bytes:
    """The tag that a command begins with, "*" where none can be read."""
    found = TAG.match(text)
    return found[0] if found else _NO_TAG


def refusal(tag: bytes, error: Exception) -> Tagged:
    """A name that cannot be is NO [CANNOT], too much NO [LIMIT]; everything else is BAD."""
    if isinstance(error, Refused):
        code = b"LIMIT" if isinstance(error, LimitReached) else b"CANNOT"
        return Tagged(tag, Status.NO, str(error), code)
    return Tagged(tag, Status.BAD, str(error))
