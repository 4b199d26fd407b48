"""EXPUNGE: messages go, and each email with its last place. The body stays in its pack until it is swept."""

import json
from typing import TYPE_CHECKING, NamedTuple

from bocau.base.ids import MailboxId
from bocau.store import seen
from bocau.store.purging import PURGE, purge
from bocau.store.statements import WRITING
from bocau.store.totals import Totals, serials_with, totals_of, uids_with
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
    uids = list(uids_with(tx, mailbox_id, ranges, total, needed))
    removed = remove(tx, mailbox_id, ranges, needed)
    seen.forget(tx, mailbox_id, uids)
    modseq = tx.next_modseq()
    leave(tx, mailbox_id, modseq, total)
    tx.sql.execute(WRITING.lose, (total.size - removed.staying_bytes, total.messages, tx.account_id))
    text = text_of(ranges_of(uids))
    tx.log(modseq, ChangeKind.EXPUNGED, mailbox_id, text, emails=removed.emails, gone=removed.gone)
    return uids


def leave(tx: "Writing", mailbox_id: MailboxId, modseq: int, total: Totals) -> None:
    """Take messages that have gone out of the mailbox's counters."""
    tx.sql.execute(
        WRITING.adjust,
        (modseq, total.messages, total.unseen, total.deleted, total.size, tx.account_id, mailbox_id),
    )


class Removed(NamedTuple):
    """What the change log says of emails that leave a mailbox, and what of them stays."""

    emails: str
    """The serials of all, as ranges."""
    gone: str | None
    """Those that had no other place: JSON [[email serial, thread serial], …]; None: there are none."""
    staying_bytes: int
    """Of those that have another place: they are still held."""


def remove(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, needed: int) -> Removed:
    """Delete the rows only: messages, and the emails that have no other place (see `purging`)."""
    serials = serials_with(tx, mailbox_id, ranges, needed)
    places = [(tx.account_id, mailbox_id, first, last, needed, needed) for first, last in ranges]
    leaving = [tx.sql.row(PURGE.leaving, place) or (0, None) for place in places]
    pairs = ",".join(text for _, text in leaving if text)
    gone = f"[{pairs}]" if pairs else None
    departed, staying_bytes = serials, 0
    if sum(count for count, _ in leaving) < len(serials):
        departed = sorted(serial for serial, _ in json.loads(gone or "[]"))
        staying_bytes = sum(tx.sql.value(PURGE.staying_bytes, place) for place in places)
        for place in places:
            tx.sql.execute(PURGE.lose_places, place)
    for place in places:
        tx.sql.execute(WRITING.delete_messages, place)
    purge(tx, departed)
    return Removed(text_of(ranges_of(serials)), gone, staying_bytes)
