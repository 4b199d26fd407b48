"""GETMETADATA (RFC 5464 §4.2)."""

from typing import TYPE_CHECKING

from bocau.base.errors import Refused
from bocau.protocols.imap.metadata import GetMetadata, Wanted
from bocau.protocols.imap.names import encode_name
from bocau.services.imap.metadata import Values, found, subject_named, values_text
from bocau.services.imap.places import Shown

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: GetMetadata) -> None:
    values = found(session, subject_named(session, command.mailbox), command.wanted)
    longest = _tell(session, command.mailbox, values, command.wanted.size_max)
    code = b"METADATA LONGENTRIES %d" % longest if longest else b""
    await session.ok(command, "GETMETADATA completed", code)


def tell_metadata(session: "ImapSession", shown: Shown, wanted: Wanted) -> None:
    """Write the METADATA response of one mailbox of a LIST (RFC 9590 §3)."""
    try:
        values = found(session, shown, wanted)
    except Refused:
        # It has just gone, or the right to it.
        return
    _tell(session, shown.name, values, wanted.size_max)


def _tell(session: "ImapSession", name: str, values: Values, size_max: int | None) -> int:
    """Write the values that are not too long; returns the length of the longest that is, 0 for none."""
    lengths = {entry: len(value) for entry, value in values.items() if value is not None}
    too_long = {} if size_max is None else {e: length for e, length in lengths.items() if length > size_max}
    short = {entry: value for entry, value in values.items() if entry not in too_long}
    if short:
        wire_name = encode_name(name, session.engine.is_utf8) if name else b'""'
        session.untagged(b"METADATA %b %b" % (wire_name, values_text(short)))
    return max(too_long.values(), default=0)
