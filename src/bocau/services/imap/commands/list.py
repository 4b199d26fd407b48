"""LIST (RFC 9051 §6.3.9, RFC 5258) with STATUS (RFC 5819), MYRIGHTS (RFC 8440) and METADATA (RFC 9590)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.listing import List
from bocau.protocols.imap.names import encode_name
from bocau.services.imap.commands.getmetadata import tell_metadata
from bocau.services.imap.commands.myrights import tell_rights
from bocau.services.imap.commands.status import heed, tell_status
from bocau.services.imap.listing import Line, lines_of

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: List) -> None:
    if command.patterns == ("",) and not command.is_extended:
        # The old way to ask for the hierarchy separator.
        session.untagged(b'LIST (\\Noselect) "/" ""')
        await session.ok(command, "LIST completed")
        return
    heed(session, command.status_items)
    criteria = b" ".join(
        [b'"%b"' % word for word in sorted(command.selection - {b"RECURSIVEMATCH", b"REMOTE"})]
    )
    async for lines in lines_of(session, command):
        for line in lines:
            child_info = b' ("CHILDINFO" (%b))' % criteria if line.has_child_info else b""
            tell_line(session, line.name, line.attributes, child_info)
            await _tell_more(session, command, line)
    await session.ok(command, "LIST completed")


def tell_line(
    session: "ImapSession", name: str, attributes: tuple[bytes, ...], extended: bytes = b""
) -> None:
    """Write one LIST response; `extended` begins with a space."""
    wire_name = encode_name(name, session.engine.is_utf8)
    session.untagged(b'LIST (%b) "/" %b%b' % (b" ".join(attributes), wire_name, extended))


async def _tell_more(session: "ImapSession", command: List, line: Line) -> None:
    """What else RETURN asked for, of mailboxes that exist and were meant."""
    if line.shown is None or not line.is_selected:
        return
    if command.status_items and "r" in line.shown.rights:
        await tell_status(session, line.shown, command.status_items)
    if b"MYRIGHTS" in command.returns:
        tell_rights(session, line.shown)
    if command.metadata is not None and "r" in line.shown.rights:
        tell_metadata(session, line.shown, command.metadata)
