"""COPY, MOVE, a second place for an email: runs of uids by INSERT … SELECT, numbered by what a run moves."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from bocau.base.ids import MailboxId, Uid
from bocau.store import seen
from bocau.store.addition import EMAIL_SERIAL_BITS, UID_MAX
from bocau.store.expunging import expunge, leave
from bocau.store.keywords import note_keywords
from bocau.store.places import doubles
from bocau.store.statements import WRITING
from bocau.store.totals import Totals, serials_with, totals_of, uids_with
from bocau.store.uidranges import UidRanges, clamp, ranges_of, text_of
from bocau.store.values import ChangeKind

if TYPE_CHECKING:
    from bocau.store.writing import Writing


def copy(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, target: MailboxId) -> list[tuple[Uid, Uid]]:
    """See Writing.copy."""
    ranges = clamp(ranges, tx.uid_next(mailbox_id) - 1)
    total = totals_of(tx, mailbox_id, ranges)
    tx.mailbox(target)
    if not total.messages:
        return []
    taken = tx.sql.row(WRITING.take, (total.messages, total.size, total.messages, tx.account_id))
    assert taken is not None
    modseq, last_serial = taken
    sources = uids_with(tx, mailbox_id, ranges, total)
    first_uid = _fill_target(tx, mailbox_id, target, modseq, total)
    email_id = first_id = (tx.account_id << EMAIL_SERIAL_BITS) + last_serial - total.messages + 1
    uid = first_uid
    for first, last in ranges_of(sources):
        place = (tx.account_id, mailbox_id, first, last)
        tx.sql.execute(WRITING.copy_emails, (email_id - first, *place))
        tx.sql.execute(WRITING.copy_keys, (email_id - first, *place))
        shifts = (target, uid - first, modseq, email_id - first)
        tx.sql.execute(WRITING.copy_messages, (*shifts, tx.job.now, *place))
        email_id += last - first + 1
        uid += last - first + 1
    tx.sql.execute(WRITING.note_copies, (first_id, email_id - 1))
    # What waits for its keys (see `refill`) has copies.
    tx.sql.execute(WRITING.note_unkeyed, (tx.account_id,))
    serials = text_of(((last_serial - total.messages + 1, last_serial),))
    pairs = _settle_target(tx, target, modseq, sources, first_uid, serials)
    seen.carry(tx, mailbox_id, target, pairs)
    return pairs


def move(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, target: MailboxId) -> list[tuple[Uid, Uid]]:
    """See Writing.move."""
    ranges = clamp(ranges, tx.uid_next(mailbox_id) - 1)
    total = totals_of(tx, mailbox_id, ranges)
    tx.mailbox(target)
    if not total.messages:
        return []
    if there := doubles(tx, mailbox_id, ranges, target):  # an email has one place in a mailbox
        expunge(tx, target, ranges_of(there), only_deleted=False)
    sources = uids_with(tx, mailbox_id, ranges, total)
    emails = text_of(ranges_of(serials_with(tx, mailbox_id, ranges)))
    modseq = tx.next_modseq()
    first_uid = uid = _fill_target(tx, mailbox_id, target, modseq, total)
    for first, last in ranges_of(sources):
        place = (tx.account_id, mailbox_id, first, last)
        tx.sql.execute(WRITING.move_messages, (target, uid - first, modseq, tx.job.now, *place))
        uid += last - first + 1
    for first, last in ranges:
        tx.sql.execute(WRITING.delete_messages, (tx.account_id, mailbox_id, first, last, 0, 0))
    pairs = _settle_target(tx, target, modseq, sources, first_uid, emails)
    modseq = tx.next_modseq()
    leave(tx, mailbox_id, modseq, total)
    seen.carry(tx, mailbox_id, target, pairs)
    seen.forget(tx, mailbox_id, sources)
    tx.log(modseq, ChangeKind.EXPUNGED, mailbox_id, text_of(ranges_of(sources)), emails=emails)
    return pairs


def share(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, target: MailboxId) -> None:
    """Give emails another place (RFC 8621 §4): none of them may lie in the target. NoSuchMailbox."""
    ranges = clamp(ranges, tx.uid_next(mailbox_id) - 1)
    total = totals_of(tx, mailbox_id, ranges)
    tx.mailbox(target)
    if not total.messages:
        return
    sources = uids_with(tx, mailbox_id, ranges, total)
    emails = text_of(ranges_of(serials_with(tx, mailbox_id, ranges)))
    modseq = tx.next_modseq()
    first_uid = uid = _fill_target(tx, mailbox_id, target, modseq, total)
    for first, last in ranges_of(sources):
        place = (tx.account_id, mailbox_id, first, last)
        tx.sql.execute(WRITING.gain_places, place)
        tx.sql.execute(WRITING.move_messages, (target, uid - first, modseq, tx.job.now, *place))
        uid += last - first + 1
    # Its octets count once, wherever it lies (RFC 9425 §3).
    tx.sql.execute(WRITING.lose, (0, -total.messages, tx.account_id))
    pairs = _settle_target(tx, target, modseq, sources, first_uid, emails)
    seen.carry(tx, mailbox_id, target, pairs)


def _fill_target(tx: "Writing", mailbox_id: MailboxId, target: MailboxId, modseq: int, total: Totals) -> int:
    if mailbox_id != target:
        note_keywords(tx, target, tx.keywords_used(mailbox_id))
    first_uid = tx.fill(target, modseq, total.messages, total.size, total.unseen, total.deleted)
    assert first_uid + total.messages - 1 <= UID_MAX
    return first_uid


def _settle_target(
    tx: "Writing", target: MailboxId, modseq: int, sources: Sequence[int], first_uid: int, emails: str
) -> list[tuple[Uid, Uid]]:
    last_uid = first_uid + len(sources) - 1
    tx.log(modseq, ChangeKind.ADDED, target, text_of(((first_uid, last_uid),)), emails=emails)
    pairs = list(zip(sources, range(first_uid, last_uid + 1), strict=True))
    return cast("list[tuple[Uid, Uid]]", pairs)
