"""EXPUNGE: messages go, and each email with its last place. The body stays in its pack until it is swept."""

import json
from typing import TYPE_CHECKING, NamedTuple

from bocau.base.ids import MailboxId
from bocau.store import seen
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
    uids = uids_with(tx, mailbox_id, ranges, total, needed)
    removed = remove(tx, mailbox_id, ranges, needed)
    seen.forget(tx, mailbox_id, uids)
    modseq = tx.next_modseq()
    leave(tx, mailbox_id, modseq, total)
    tx.sql.execute(WRITING.lose, (total.size, total.messages, tx.account_id))
    tx.log(modseq, ChangeKind.EXPUNGED, mailbox_id, text_of(ranges_of(uids)), **removed._asdict())
    return uids


def leave(tx: "Writing", mailbox_id: MailboxId, modseq: int, total: Totals) -> None:
    """Take messages that have gone out of the mailbox's counters."""
    tx.sql.execute(
        WRITING.adjust,
        (modseq, total.messages, total.unseen, total.deleted, total.size, tx.account_id, mailbox_id),
    )


class Removed(NamedTuple):
    """What the change log says of emails that leave a mailbox."""

    emails: str
    """The serials of all, as ranges."""
    gone: str | None
    """Those that had no other place: JSON [[email serial, thread serial], …]; None: there are none."""


def remove(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, needed: int) -> Removed:
    """Delete the rows only: messages, and the emails that have no other place."""
    serials = serials_with(tx, mailbox_id, ranges, needed)
    count, gone = 0, list[tuple[int, int]]()
    for first, last in ranges:
        place = (tx.account_id, mailbox_id, first, last, needed, needed)
        tx.sql.execute(WRITING.delete_emails, place)
        email_count = tx.sql.changed_rows
        gone += tx.sql.rows(WRITING.delete_keys, place)
        tx.sql.execute(WRITING.lose_places, place)
        tx.sql.execute(WRITING.delete_messages, place)
        assert tx.sql.changed_rows >= email_count
        count += email_count
    if len(gone) < count:
        gone += _without_keys(tx, serials, gone)
    return Removed(text_of(ranges_of(serials)), json.dumps(gone, separators=(",", ":")) if gone else None)


def _without_keys(tx: "Writing", serials: list[int], known: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Emails that still waited for their keys (see `refill`): each was a thread of its own."""
    others = tx.sql.rows(WRITING.surviving, (tx.account_id, json.dumps(serials)))
    named = {serial for serial, *_ in (*known, *others)}
    return [(serial, serial) for serial in serials if serial not in named]
