"""CANCELUPDATE: no more news of these searches (RFC 5267 §4.3.5)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.finding import CancelUpdate
from bocau.services.imap.contexts import end_contexts

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: CancelUpdate) -> None:
    view = session.selected()
    if end_contexts(view, command.tags):
        await session.ok(command, "CANCELUPDATE completed")
    else:
        session.bad(command, "no such search is being updated")
