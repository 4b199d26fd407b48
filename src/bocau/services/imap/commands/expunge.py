"""EXPUNGE and UID EXPUNGE (RFC 9051 §6.4.3, RFC 4315 §2.1, RFC 7162 §3.2.7, §3.2.9)."""

from typing import TYPE_CHECKING, Final

from bocau.protocols.imap.commands import Expunge
from bocau.services.imap import updates
from bocau.services.imap.message_limit import limited, tell_limit
from bocau.services.imap.own_changes import write
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
    mailbox_id, ranges, limit = view.mailbox_id, None, b""
    if command.uids is not None:
        runs, limit = limited(session, view, view.chosen(command.uids, by_uid=True))
        ranges = view.uid_ranges(runs)

    def job(writing: Writing) -> list[int]:
        if not writing.mailbox(mailbox_id).deleted_count:
            return []
        return writing.expunge(mailbox_id, ranges)

    gone = []
    if ranges is None or ranges:
        is_heavy = view.count > HEAVY_MESSAGES
        gone = await write(session, view.account_id, job, heavy=is_heavy)
    await updates.tell(session, may_expunge=True, is_asked=bool(gone))
    if not session.is_over:
        code = reached(session) if gone else b""
        session.done(command, "EXPUNGE completed", tell_limit(session, limit, code))


def reached(session: "ImapSession") -> bytes:
    """Up to where a client that resynchronizes now knows everything (RFC 7162 §3.2.7)."""
    view = session.view
    return b"HIGHESTMODSEQ %d" % view.modseq if session.is_qresync and view is not None else b""
