"""COPY and UID COPY (RFC 9051 §6.4.7, COPYUID of RFC 4315 §3)."""

from typing import TYPE_CHECKING, Final

from bocau.base.errors import NoSuchMailbox
from bocau.protocols.imap.commands import Copy
from bocau.protocols.imap.sets import ranges_of, set_text
from bocau.services.imap.errors import target_missing
from bocau.services.imap.view import Runs
from bocau.store import Mailbox, Writing

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

HEAVY_MESSAGES: Final = 1000
Copied = tuple[Mailbox, list[tuple[int, int]]]


async def answer(session: "ImapSession", command: Copy) -> None:
    view = session.selected()
    runs = view.chosen(command.numbers, by_uid=command.by_uid)
    ranges = view.uid_ranges(runs)

    def job(writing: Writing) -> Copied:
        target = writing.mailbox_named(command.mailbox)
        if writing.usage().limit_bytes is not None:
            writing.enforce_quota(sum(blob.length for _, _, blob in writing.blobs(view.mailbox_id, ranges)))
        return target, list(writing.copy(view.mailbox_id, ranges, target.mailbox_id))

    try:
        target, pairs = await session.store.write(view.account_id, job, heavy=is_heavy(runs))
    except NoSuchMailbox:
        session.reply(target_missing(command.tag))
        return
    await session.ok(command, "COPY completed", copied_code(target, pairs), may_expunge=command.by_uid)


def is_heavy(runs: Runs) -> bool:
    """Whether so many rows belong in the writer thread."""
    return sum(stop - start for start, stop in runs) > HEAVY_MESSAGES


def copied_code(target: Mailbox, pairs: list[tuple[int, int]]) -> bytes:
    """COPYUID validity source-uids new-uids; nothing when nothing was copied."""
    if not pairs:
        return b""
    sources = set_text(ranges_of([source for source, _ in pairs]))
    copies = set_text(ranges_of([copy for _, copy in pairs]))
    return b"COPYUID %d %b %b" % (target.uid_validity, sources, copies)
