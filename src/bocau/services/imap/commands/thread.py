"""THREAD and UID THREAD (RFC 5256 §3)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.finding import Thread
from bocau.services.imap.message_limit import searched
from bocau.services.imap.progress import in_progress
from bocau.services.imap.results import found_by
from bocau.services.imap.threads import thread_line

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Thread) -> None:
    view = session.selected()
    _, limit = searched(session, view, command.key)
    if limit:
        session.no(command, "too many messages at once", limit)
        return
    found = await found_by(session, view, command)
    with in_progress(session, command):
        line = await thread_line(session, view, found.uids, command.algorithm, by_uid=command.by_uid)
    session.untagged(line)
    await session.ok(command, "THREAD completed", may_expunge=command.by_uid)
