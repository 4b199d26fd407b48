"""CAPABILITY (RFC 9051 §6.1.1)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Capability
from bocau.services.imap.capabilities import capabilities

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Capability) -> None:
    session.untagged(b"CAPABILITY " + capabilities(session))
    await session.ok(command, "CAPABILITY completed")
