"""CLOSE (RFC 9051 §6.4.1): removes what is \\Deleted, silently, and deselects."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Close
from bocau.protocols.imap.replies import Status, Tagged
from bocau.services.imap.recent import claim_recent

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Close) -> None:
    view = session.view
    assert view is not None
    mailbox_id = view.mailbox_id
    if not view.is_read_only and session.store.glance(
        session.account_id, lambda reading: reading.mailbox(mailbox_id).deleted_count
    ):
        await session.store.write(session.account_id, lambda writing: writing.expunge(mailbox_id), heavy=True)
    claim_recent(session)
    session.deselect()
    session.reply(Tagged(command.tag, Status.OK, "CLOSE completed"))
