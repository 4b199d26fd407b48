"""RENAME (RFC 9051 §6.3.6)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Rename
from bocau.services.imap.commands.delete import holds_many
from bocau.store import Writing

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Rename) -> None:
    def job(writing: Writing) -> None:
        mailbox = writing.mailbox_named(command.old)
        writing.rename_mailbox(mailbox.mailbox_id, command.new.removesuffix("/"))

    # Renaming INBOX moves its messages; else only the mailbox and its children are touched.
    is_heavy = command.old.upper() == "INBOX" and holds_many(session, command.old)
    await session.store.write(session.account_id, job, heavy=is_heavy)
    await session.ok(command, "RENAME completed")
