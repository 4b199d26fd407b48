"""EXPUNGE: messages go, and each email with its last place. The body stays in its pack until it is swept."""

from typing import TYPE_CHECKING

from bocau.base.ids import MailboxId
from bocau.store import seen
from bocau.store.statements import WRITING
from bocau.store.totals import totals_of, uids_with
from bocau.store.transfer import leave
from bocau.store.uidranges import UidRanges, clamp, ranges_of, text_of
from bocau.store.values import ChangeKind, Flags

if TYPE_CHECKING:
    from bocau.store.writing import Writing

_DELETED = int(Flags.DELETED)


def expunge(
    tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges | None, *, only_deleted: bool
) -> list[int]:
    """See Writing.expunge."""
    last_uid = tx.uid_next(mailbox_id) - 1
    ranges = clamp(((1, last_uid),) if ranges is None else ranges, last_uid)
    needed = _DELETED if only_deleted else 0
    total = totals_of(tx, mailbox_id, ranges, needed)
    if not total.messages:
        return []
    uids = uids_with(tx, mailbox_id, ranges, total, needed)
    remove(tx, mailbox_id, ranges, needed)
    seen.forget(tx, mailbox_id, uids)
    modseq = tx.next_modseq()
    leave(tx, mailbox_id, modseq, total)
    tx.sql.execute(WRITING.lose, (total.size, total.messages, tx.account_id))
    tx.log(modseq, ChangeKind.EXPUNGED, mailbox_id, text_of(ranges_of(uids)))
    return uids


def remove(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, needed: int) -> None:
    """Delete the rows only: messages, and the emails that have no other place."""
    for first, last in ranges:
        place = (tx.account_id, mailbox_id, first, last, needed, needed)
        tx.sql.execute(WRITING.delete_emails, place)
        email_count = tx.sql.changed_rows
        tx.sql.execute(WRITING.delete_keys, place)
        tx.sql.execute(WRITING.lose_places, place)
        tx.sql.execute(WRITING.delete_messages, place)
        assert tx.sql.changed_rows >= email_count
