"""DELETE (RFC 9051 §6.3.5)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Delete
from bocau.services.imap.commands.expunge import HEAVY_MESSAGES
from bocau.store import Writing

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Delete) -> None:
    def job(writing: Writing) -> int:
        mailbox_id = writing.mailbox_named(command.mailbox).mailbox_id
        writing.delete_mailbox(mailbox_id)
        return mailbox_id

    is_heavy = holds_many(session, command.mailbox)
    mailbox_id = await session.store.write(session.account_id, job, heavy=is_heavy)
    if session.view is not None and session.view.mailbox_id == mailbox_id:
        session.deselect()
        session.engine.deselected()
        session.untagged(b"OK [CLOSED] the selected mailbox was deleted")
    await session.ok(command, "DELETE completed")


def holds_many(session: "ImapSession", name: str) -> bool:
    """Whether to touch all messages of a mailbox belongs in the writer thread."""
    mailbox = session.store.glance(session.account_id, lambda reading: reading.find_mailbox(name))
    return mailbox is not None and mailbox.message_count > HEAVY_MESSAGES
