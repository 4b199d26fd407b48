"""Emails that lie in several mailboxes at once (RFC 8621 §4.1.1): where else, for the verbs of one mailbox.

Few accounts have any, and whether one has is known at once (index email_shared).
"""

from typing import TYPE_CHECKING, Final

from bocau.base.ids import MailboxId
from bocau.database import Queries
from bocau.store.uidranges import UidRanges

if TYPE_CHECKING:
    from bocau.store.writing import Writing

EMAILS: Final = Queries("bocau.store", "sql/sqlite/emails.sql")


def has_shared(tx: "Writing") -> bool:
    """Whether an email of the account lies in several mailboxes."""
    return bool(tx.sql.value(EMAILS.any_shared, (tx.account_id,)))


def other_places(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges) -> dict[MailboxId, list[int]]:
    """The uids of the same emails in other mailboxes, ascending."""
    if not has_shared(tx):
        return {}
    found: dict[MailboxId, list[int]] = {}
    for first, last in ranges:
        place = (tx.account_id, mailbox_id, first, last)
        for other_id, uid in tx.sql.rows(EMAILS.other_places, place):
            found.setdefault(MailboxId(other_id), []).append(uid)
    return {other_id: sorted(uids) for other_id, uids in found.items()}


def doubles(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, target: MailboxId) -> list[int]:
    """The uids in `target` of emails that are to move there, ascending."""
    return [] if mailbox_id == target else other_places(tx, mailbox_id, ranges).get(target, [])
