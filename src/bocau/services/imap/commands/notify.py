"""NOTIFY (RFC 5465 §3.1)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.notify import EVENT_NAMES, Notify
from bocau.services.imap import updates
from bocau.services.imap.notices import tell, tell_access, tell_all_counters
from bocau.services.imap.watch import Watch

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Notify) -> None:
    if command.unknown_events:
        session.no(command, "no such event", b"BADEVENT (%b)" % EVENT_NAMES)
        return
    if session.watch is not None:
        if command.groups:
            # What has gathered for the former wishes is told; the new ones begin behind it.
            await tell(session, session.watch, is_idle=True)
        if session.is_over:
            return
        session.watch.close()
        session.watch = None
    if command.groups and session.view is not None:
        # The former wishes end; what has gathered in the selected mailbox is told first, all of it.
        await updates.tell(session, may_expunge=True)
    watch = session.watch = Watch(command.groups)
    watch.listen(session)
    if watch.wanted:
        names = await watch.look(session)
        if watch.listen(session):
            # What happened in those accounts between the look and their bells.
            names = await watch.look(session)
        tell_access(session, watch, names, watch.unreadable)
    if command.wants_status:
        await tell_all_counters(session, watch)
    await session.ok(command, "NOTIFY completed")
