"""CLOSE (RFC 9051 §6.4.1, RFC 7162 §3.2.8): removes what is \\Deleted, silently, and deselects."""

from typing import TYPE_CHECKING

from bocau.base.errors import NoSuchMailbox
from bocau.protocols.imap.commands import Close
from bocau.services.imap.commands.expunge import HEAVY_MESSAGES
from bocau.services.imap.own_changes import write
from bocau.services.imap.recent import claim_recent
from bocau.store import Writing

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession
    from bocau.services.imap.view import View


async def answer(session: "ImapSession", command: Close) -> None:
    view = session.view
    assert view is not None
    code = b"" if view.is_read_only or "e" not in view.rights else await _expunge(session, view)
    claim_recent(session)
    session.deselect()
    session.done(command, "CLOSE completed", code)


async def _expunge(session: "ImapSession", view: "View") -> bytes:
    """Returns the response code: HIGHESTMODSEQ, if the client knows of every other change before it."""
    mailbox_id = view.mailbox_id
    try:
        count = session.store.glance(view.account_id, lambda r: r.mailbox(mailbox_id).deleted_count)
    except NoSuchMailbox:
        # Someone deleted it: there is nothing left to remove, and the client leaves it anyway.
        return b""
    if not count:
        return b""

    def job(writing: Writing) -> int:
        before = writing.mailbox(mailbox_id).highest_modseq
        gone = writing.expunge(mailbox_id)
        return writing.modseq() if gone and before == view.modseq else 0

    modseq = await write(session, view.account_id, job, heavy=count > HEAVY_MESSAGES)
    is_told = session.is_qresync and modseq and not view.withheld
    return b"HIGHESTMODSEQ %d" % modseq if is_told else b""
