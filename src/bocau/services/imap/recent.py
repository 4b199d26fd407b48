"""\\Recent (RFC 3501 §2.3.2): shown to sessions that come before the claim is written, to no later one."""

import asyncio
from typing import TYPE_CHECKING

from bocau.base.errors import BocauError
from bocau.base.ids import AccountId, MailboxId, Uid

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession
    from bocau.services.imap.view import View
    from bocau.store import ReaderStore

claims: set[asyncio.Task[None]] = set()


def claim_recent(session: "ImapSession") -> None:
    """Note that everything so far has been shown. Nobody waits: a claim lost in a crash shows it again."""
    view = session.view
    if view is None or view.is_read_only or view.has_own_seen or view.recent_uid >= view.uid_next - 1:
        return
    claim = _claim(session.store, view.account_id, view.mailbox_id, Uid(view.uid_next - 1))
    task = asyncio.get_running_loop().create_task(claim)
    claims.add(task)
    task.add_done_callback(claims.discard)


async def _claim(store: "ReaderStore", account_id: AccountId, mailbox_id: MailboxId, shown_uid: Uid) -> None:
    # Not what has arrived since: nobody has been told of that.
    try:
        await store.write(account_id, lambda writing: writing.claim_recent(mailbox_id, shown_uid))
    except BocauError:
        pass


def recent_limit(session: "ImapSession", view: "View") -> int:
    """Greater uids show \\Recent; IMAP4rev2 knows no \\Recent (RFC 9051 appendix E)."""
    return 2**32 if session.is_rev2 else view.recent_uid
