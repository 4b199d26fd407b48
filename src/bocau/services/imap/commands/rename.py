"""RENAME (RFC 9051 §6.3.6)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Rename
from bocau.store import Writing

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Rename) -> None:
    def job(writing: Writing) -> None:
        mailbox = writing.mailbox_named(command.old)
        writing.rename_mailbox(mailbox.mailbox_id, command.new.removesuffix("/"))

    await session.store.write(session.account_id, job, heavy=True)
    await session.ok(command, "RENAME completed")
