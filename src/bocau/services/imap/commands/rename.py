"""RENAME (RFC 9051 §6.3.6)."""

from typing import TYPE_CHECKING

from bocau.base.errors import NotPermitted
from bocau.protocols.imap.commands import Rename
from bocau.services.imap.commands.delete import holds_many
from bocau.services.imap.places import check_new, locate
from bocau.store import Writing
from bocau.store.access import Deed

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Rename) -> None:
    old, new = locate(session, command.old), locate(session, command.new.removesuffix("/"))
    if old.account_id != new.account_id:
        raise NotPermitted("a mailbox cannot move to another account")
    check_new(new)

    def job(writing: Writing) -> None:
        mailbox = writing.mailbox_for(old.name, Deed.REMOVE)
        writing.rename_mailbox(mailbox.mailbox_id, new.name)

    # Renaming INBOX moves its messages; else only the mailbox and its children are touched.
    is_heavy = old.name.upper() == "INBOX" and holds_many(session, old)
    await session.store.write(old.account_id, job, heavy=is_heavy)
    await session.ok(command, "RENAME completed")
