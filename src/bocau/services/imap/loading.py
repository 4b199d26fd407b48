"""The uids of a large mailbox are read without keeping the others waiting; equal views share them.

range without a gap: nothing to read · another session's · the kept columns of the mailbox · the reader thread
"""

from array import array
from typing import TYPE_CHECKING, Final

from bocau.protocols.imap import commands as c
from bocau.protocols.imap.finding import Search

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession
    from bocau.services.imap.view import View
    from bocau.store import Reading

NEED_UIDS: Final = (c.Expunge, c.Fetch, c.Store, c.Copy, Search)
"""Commands that begin with message numbers or uids."""
NOW_MESSAGES_MAX: Final = 5000
"""A smaller mailbox is read at once, in less than a millisecond."""


async def load(session: "ImapSession") -> None:
    """Read the uids of the selected mailbox, unless they are here."""
    view = session.view
    if view is None or has_uids(session, view):
        return
    if view.count > NOW_MESSAGES_MAX:
        await session.store.read(view.account_id, view.load)
    else:
        session.store.glance(view.account_id, view.load)
    view.share(session.service.uid_lists)


def has_uids(session: "ImapSession", view: "View") -> bool:
    """Whether they are loaded, or can be taken from where they are kept."""
    if view.is_loaded or view.share(session.service.uid_lists):
        return True
    if view.count <= NOW_MESSAGES_MAX:
        return False
    kept = session.store.glance(view.account_id, lambda reading: _kept(session, view, reading))
    if kept is not None:
        view.take(kept)
        view.share(session.service.uid_lists)
    return view.is_loaded


def _kept(session: "ImapSession", view: "View", reading: "Reading") -> "array[int] | None":
    image = session.store.columns.glanced(reading, view.mailbox_id)
    return image.uids if image is not None and image.modseq == view.modseq else None
