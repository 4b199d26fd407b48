"""CHECK (RFC 3501 §6.4.1; gone in rev2): everything is on disk already."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Check

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Check) -> None:
    await session.ok(command, "CHECK completed")
