"""MOVE and UID MOVE (RFC 9051 §6.4.8, RFC 6851): one transaction; COPYUID is said before the EXPUNGEs."""

from typing import TYPE_CHECKING

from bocau.base.errors import NoSuchMailbox
from bocau.protocols.imap.commands import Move
from bocau.services.imap.commands.copy import Copied, copied_code, is_heavy
from bocau.services.imap.errors import target_missing
from bocau.store import Writing

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Move) -> None:
    view = session.selected()
    if view.is_read_only:
        session.no(command, "the mailbox is selected read-only", b"CANNOT")
        return
    runs = view.chosen(command.numbers, by_uid=command.by_uid)
    ranges = view.uid_ranges(runs)

    def job(writing: Writing) -> Copied:
        target = writing.mailbox_named(command.mailbox)
        return target, list(writing.move(view.mailbox_id, ranges, target.mailbox_id))

    try:
        target, pairs = await session.store.write(view.account_id, job, heavy=is_heavy(runs))
    except NoSuchMailbox:
        session.reply(target_missing(command.tag))
        return
    if pairs:
        session.untagged(b"OK [%b] moved" % copied_code(target, pairs))
    await session.ok(command, "MOVE completed")
