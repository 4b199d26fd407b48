"""EXPUNGE and UID EXPUNGE (RFC 9051 §6.4.3, RFC 4315 §2.1)."""

from typing import TYPE_CHECKING, Final

from bocau.protocols.imap.commands import Expunge
from bocau.store import Writing

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


HEAVY_MESSAGES: Final = 1000
"""In a mailbox of more, the writer thread removes them."""


async def answer(session: "ImapSession", command: Expunge) -> None:
    view = session.selected()
    if view.is_read_only:
        session.no(command, "the mailbox is selected read-only", b"CANNOT")
        return
    mailbox_id, ranges = view.mailbox_id, None
    if command.uids is not None:
        ranges = view.uid_ranges(view.chosen(command.uids, by_uid=True))

    def job(writing: Writing) -> None:
        if writing.mailbox(mailbox_id).deleted_count:
            writing.expunge(mailbox_id, ranges)

    if ranges is None or ranges:
        await session.store.write(view.account_id, job, heavy=view.count > HEAVY_MESSAGES)
    await session.ok(command, "EXPUNGE completed")
