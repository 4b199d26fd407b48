"""UNSELECT (RFC 9051 §6.4.2, RFC 3691): deselects without removing anything."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Unselect
from bocau.protocols.imap.replies import Status, Tagged
from bocau.services.imap.recent import claim_recent

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Unselect) -> None:
    claim_recent(session)
    session.deselect()
    session.reply(Tagged(command.tag, Status.OK, "UNSELECT completed"))
