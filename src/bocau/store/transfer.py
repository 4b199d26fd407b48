"""COPY and MOVE: whole ranges by INSERT … SELECT, uids numbered by a window function."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bocau.base.ids import MailboxId, Uid
from bocau.store import seen
from bocau.store.addition import EMAIL_SERIAL_BITS, UID_MAX
from bocau.store.keywords import note_keywords
from bocau.store.statements import WRITING
from bocau.store.uidranges import UidRanges, clamp, ranges_of, text_of
from bocau.store.values import ChangeKind

if TYPE_CHECKING:
    from bocau.store.writing import Writing


@dataclass(frozen=True, slots=True)
class Totals:
    """What some messages of a mailbox add up to."""

    count: int = 0
    size: int = 0
    unseen: int = 0
    deleted: int = 0


def totals_of(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, needed: int = 0) -> Totals:
    """The totals of the messages that have all the flags `needed`."""
    rows = [
        row
        for first, last in ranges
        for row in tx.sql.rows(WRITING.totals, (tx.account_id, mailbox_id, first, last, needed, needed))
    ]
    return Totals(*map(sum, zip(*rows, strict=True)))


def uids_with(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, needed: int = 0) -> list[int]:
    """The uids of the messages that have all the flags `needed`, ascending."""
    found: list[int] = []
    for first, last in ranges:
        place = (tx.account_id, mailbox_id, first, last)
        found += json.loads(tx.sql.value(WRITING.uids_with, (*place, needed, needed)))
    return found


def copy(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, target: MailboxId) -> list[tuple[Uid, Uid]]:
    """See Writing.copy."""
    ranges = clamp(ranges, tx.uid_next(mailbox_id) - 1)
    total = totals_of(tx, mailbox_id, ranges)
    tx.mailbox(target)
    if not total.count:
        return []
    taken = tx.sql.row(WRITING.take, (total.count, total.size, total.count, tx.account_id))
    assert taken is not None
    modseq, last_serial = taken
    sources = uids_with(tx, mailbox_id, ranges)
    first_uid = _fill_target(tx, mailbox_id, target, modseq, total)
    email_id = (tx.account_id << EMAIL_SERIAL_BITS) + last_serial - total.count + 1
    uid = first_uid
    for first, last in ranges:
        place = (tx.account_id, mailbox_id, first, last)
        tx.sql.execute(WRITING.copy_emails, (email_id, *place))
        tx.sql.execute(WRITING.copy_keys, (email_id, *place))
        key_count = tx.sql.changed_rows
        tx.sql.execute(WRITING.copy_messages, (target, uid, modseq, email_id, tx.job.now, *place))
        count = tx.sql.changed_rows
        if key_count < count:  # some still wait for their keys (see `refill`), and so do their copies
            tx.sql.execute(WRITING.note_unkeyed, (tx.account_id,))
        email_id += count
        uid += count
    pairs = _settle_target(tx, target, modseq, sources, first_uid)
    seen.carry(tx, mailbox_id, target, pairs)
    return pairs


def move(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, target: MailboxId) -> list[tuple[Uid, Uid]]:
    """See Writing.move."""
    ranges = clamp(ranges, tx.uid_next(mailbox_id) - 1)
    total = totals_of(tx, mailbox_id, ranges)
    tx.mailbox(target)
    if not total.count:
        return []
    sources = uids_with(tx, mailbox_id, ranges)
    modseq = tx.next_modseq()
    first_uid = uid = _fill_target(tx, mailbox_id, target, modseq, total)
    for first, last in ranges:
        place = (tx.account_id, mailbox_id, first, last)
        tx.sql.execute(WRITING.move_messages, (target, uid, modseq, tx.job.now, *place))
        uid += tx.sql.changed_rows
        tx.sql.execute(WRITING.delete_messages, (*place, 0, 0))
    pairs = _settle_target(tx, target, modseq, sources, first_uid)
    modseq = tx.next_modseq()
    leave(tx, mailbox_id, modseq, total)
    seen.carry(tx, mailbox_id, target, pairs)
    seen.forget(tx, mailbox_id, sources)
    tx.log(modseq, ChangeKind.EXPUNGED, mailbox_id, text_of(ranges_of(sources)))
    return pairs


def leave(tx: "Writing", mailbox_id: MailboxId, modseq: int, total: Totals) -> None:
    """Take messages that have gone out of the mailbox's counters."""
    tx.sql.execute(
        WRITING.adjust,
        (modseq, total.count, total.unseen, total.deleted, total.size, tx.account_id, mailbox_id),
    )


def _fill_target(tx: "Writing", mailbox_id: MailboxId, target: MailboxId, modseq: int, total: Totals) -> int:
    if mailbox_id != target:
        note_keywords(tx, target, tx.keywords_used(mailbox_id))
    first_uid = tx.fill(target, modseq, total.count, total.size, total.unseen, total.deleted)
    assert first_uid + total.count - 1 <= UID_MAX
    return first_uid


def _settle_target(
    tx: "Writing", target: MailboxId, modseq: int, sources: list[int], first_uid: int
) -> list[tuple[Uid, Uid]]:
    last_uid = first_uid + len(sources) - 1
    tx.log(modseq, ChangeKind.ADDED, target, text_of(((first_uid, last_uid),)))
    return [(Uid(uid), Uid(new)) for uid, new in zip(sources, range(first_uid, last_uid + 1), strict=True)]
