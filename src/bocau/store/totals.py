"""What messages of a mailbox add up to, by one scan in the database: no row of them comes to Python."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from bocau.base.ids import MailboxId
from bocau.store.statements import WRITING
from bocau.store.uidranges import UidRanges

if TYPE_CHECKING:
    from bocau.store.writing import Writing


class Totals(NamedTuple):
    """What some messages of a mailbox add up to."""

    messages: int = 0
    first_uid: int = 0
    last_uid: int = 0
    size: int = 0
    unseen: int = 0
    deleted: int = 0

    @property
    def is_dense(self) -> bool:
        """Whether these are all uids from the first to the last."""
        return self.last_uid - self.first_uid + 1 == self.messages

    @property
    def all_uids(self) -> range:
        """Of what is dense. A list of 100,000 costs milliseconds."""
        return range(self.first_uid, self.last_uid + 1)


def summed(rows: Iterable[tuple[Any, ...]]) -> Totals:
    """The totals of several ranges, ascending; a range without messages has NULLs."""
    found = [Totals._make(row) for row in rows if row[0]]
    if len(found) < 2:
        return found[0] if found else Totals()
    messages, _, _, *sums = map(sum, zip(*found, strict=True))
    return Totals(messages, found[0].first_uid, found[-1].last_uid, *sums)


def totals_of(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, needed: int = 0) -> Totals:
    """The totals of the messages that have all the flags `needed`."""
    return summed(
        row
        for first, last in ranges
        for row in tx.sql.rows(WRITING.totals, (tx.account_id, mailbox_id, first, last, needed, needed))
    )


def uids_with(
    tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, total: Totals, needed: int = 0
) -> Sequence[int]:
    """The uids of the messages that have all the flags `needed`, ascending; `total` is theirs."""
    if total.is_dense:
        return total.all_uids
    found: list[int] = []
    for first, last in ranges:
        place = (tx.account_id, mailbox_id, first, last)
        found += json.loads(tx.sql.value(WRITING.uids_with, (*place, needed, needed)))
    return found


def serials_with(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, needed: int = 0) -> list[int]:
    """The serials of their emails, ascending, each once."""
    found: set[int] = set()
    for first, last in ranges:
        place = (tx.account_id, mailbox_id, first, last)
        found.update(json.loads(tx.sql.value(WRITING.serials_with, (*place, needed, needed))))
    return sorted(found)
