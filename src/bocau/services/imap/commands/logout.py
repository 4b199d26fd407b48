"""LOGOUT (RFC 9051 §6.1.3)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Logout
from bocau.protocols.imap.replies import Status, Tagged
from bocau.services.imap.recent import claim_recent

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Logout) -> None:
    session.untagged(b"BYE logging out")
    session.reply(Tagged(command.tag, Status.OK, "LOGOUT completed"))
    session.engine.end()
    session.is_over = True
    claim_recent(session)
