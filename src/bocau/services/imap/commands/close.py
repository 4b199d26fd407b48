"""CLOSE (RFC 9051 §6.4.1): removes what is \\Deleted, silently, and deselects."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Close
from bocau.protocols.imap.replies import Status, Tagged
from bocau.services.imap.commands.expunge import HEAVY_MESSAGES
from bocau.services.imap.recent import claim_recent

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession
    from bocau.services.imap.view import View


async def answer(session: "ImapSession", command: Close) -> None:
    view = session.view
    assert view is not None
    if not view.is_read_only:
        await _expunge(session, view)
    claim_recent(session)
    session.deselect()
    session.reply(Tagged(command.tag, Status.OK, "CLOSE completed"))


async def _expunge(session: "ImapSession", view: "View") -> None:
    mailbox_id = view.mailbox_id
    count = session.store.glance(view.account_id, lambda reading: reading.mailbox(mailbox_id).deleted_count)
    if count:
        await session.store.write(
            view.account_id, lambda writing: writing.expunge(mailbox_id), heavy=count > HEAVY_MESSAGES
        )
