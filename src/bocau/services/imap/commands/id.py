"""ID (RFC 2971): who we are; what the client says of itself is not kept."""

from typing import TYPE_CHECKING

from bocau import __version__
from bocau.protocols.imap.commands import Id
from bocau.protocols.imap.names import string

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Id) -> None:
    session.untagged(b'ID ("name" "bocau" "version" %b)' % string(__version__.encode("ascii")))
    await session.ok(command, "ID completed")
