"""REPLACE and UID REPLACE (RFC 8508): the old message goes in the transaction that brings the new one.

What is announced, sent and written is an APPEND's: see `append`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bocau.base.errors import NoSuchMessage, NotPermitted
from bocau.base.ids import AccountId, MailboxId
from bocau.protocols.imap.append import Replaced

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession
    from bocau.store import Reading, Writing


@dataclass(frozen=True, slots=True)
class Old:
    """The message that goes."""

    account_id: AccountId
    mailbox_id: MailboxId
    uid: int
    size_bytes: int


def find_old(session: "ImapSession", replaced: Replaced) -> Old:
    """Which message of the selected mailbox it is. BadNumber, NoSuchMessage, NotPermitted (read-only)."""
    view = session.selected()
    if view.is_read_only:
        raise NotPermitted("the mailbox is selected read-only")
    uids = view.uids_in(view.chosen(replaced.numbers, by_uid=replaced.by_uid))

    def size(reading: "Reading") -> int:
        rows = reading.blobs(view.mailbox_id, ((uids[0], uids[0]),)) if uids else ()
        if not rows:
            raise NoSuchMessage("no such message")
        return rows[0][2].length

    size_bytes = session.store.glance(view.account_id, size)
    return Old(view.account_id, view.mailbox_id, uids[0], size_bytes)


def expunge_old(writing: "Writing", old: Old) -> None:
    """In the transaction of the new message. NoSuchMessage when another client was quicker."""
    gone = writing.of(old.account_id).expunge(old.mailbox_id, ((old.uid, old.uid),), only_deleted=False)
    if not gone:
        raise NoSuchMessage("the message is gone")
