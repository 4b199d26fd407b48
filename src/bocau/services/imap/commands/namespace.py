"""NAMESPACE (RFC 9051 §6.3.10): everything is personal, levels are separated by "/"."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Namespace

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Namespace) -> None:
    session.untagged(b'NAMESPACE (("" "/")) NIL NIL')
    await session.ok(command, "NAMESPACE completed")
