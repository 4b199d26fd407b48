"""NOOP (RFC 9051 §6.1.2): a client's way to ask what is new."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Noop

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Noop) -> None:
    await session.ok(command, "NOOP completed")
