"""GETJMAPACCESS (RFC 9698 §4): where the same mail is served by JMAP."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import GetJmapAccess
from bocau.protocols.imap.names import string

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: GetJmapAccess) -> None:
    url = session.service.settings.jmap_url
    if not url:
        session.bad(command, "not available here")
        return
    session.untagged(b"JMAPACCESS " + string(url.encode("ascii")))
    await session.ok(command, "GETJMAPACCESS completed")
