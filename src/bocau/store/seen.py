"""\\Seen of guests: each reader who is not the owner has an own one (RFC 4314 §2.1, right "s").

    message.flags, bit SEEN: the owner's        seen(mailbox, reader).uids: a guest's, as ranges

What a guest reads is overlaid with its own bit; what it marks goes here, with a new mod-sequence of the
message, so that all its clients hear of it. Only uids that exist are in here: `expunging` and `transfer` see
to that.
"""

import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bocau.base.ids import AccountId, MailboxId
from bocau.database import Queries
from bocau.store.statements import WRITING
from bocau.store.uidranges import UidRanges, ranges_of, text_of, uids_in, united, without
from bocau.store.values import Flags, Mailbox

if TYPE_CHECKING:
    from bocau.store.keywords import Wanted
    from bocau.store.reading import Reading
    from bocau.store.writing import Writing

SEEN: Final = Queries("bocau.store", "sql/sqlite/seen.sql")
_BIT: Final = int(Flags.SEEN)
Ranges = list[tuple[int, int]]
"""Kept, and never changed."""
_PARSED_MAX: Final = 64
"""Texts kept as ranges: a client reads one mailbox portion by portion."""


@lru_cache(maxsize=_PARSED_MAX)
def _parse(text: str) -> Ranges:
    """As `parse_text`, in a tenth of its time: who has read every other message has a range for each."""
    numbers: list[int] = json.loads(f"[{text.replace(':', ',-')}]")
    if ":" not in text:
        return list(zip(numbers, numbers, strict=True))
    found: list[tuple[int, int]] = []
    for number in numbers:
        if number > 0:
            found.append((number, number))
        else:
            found[-1] = found[-1][0], -number
    return found


@lru_cache(maxsize=_PARSED_MAX)
def _count(text: str) -> int:
    """How many uids it names."""
    return sum(last - first + 1 for first, last in _parse(text))


class SeenChange(NamedTuple):
    """What a STORE does to a guest's own \\Seen."""

    uids: list[int]
    """Those that change."""
    kept: list[tuple[int, int]]
    """All that are seen then."""


# --- reading ----------------------------------------------------------------------------


def own(tx: "Reading", mailbox_id: MailboxId) -> Ranges:
    """What the reader, a guest, has seen."""
    text: str | None = tx.sql.value(SEEN.own, (tx.account_id, mailbox_id, tx.reader_id))
    return _parse(text) if text else []


def _between(ranges: Ranges, low: int, high: int) -> set[int]:
    """The uids of `ranges` from `low` to `high`."""
    start = max(bisect_left(ranges, (low,)) - 1, 0)
    stop = bisect_left(ranges, (high + 1,))
    return set(
        chain.from_iterable(range(max(first, low), min(last, high) + 1) for first, last in ranges[start:stop])
    )


def overlaid(tx: "Reading", mailbox_id: MailboxId, rows: list[Any], column: int) -> list[Any]:
    """Rows that begin with an ascending uid and have the flags at `column`, with the guest's own \\Seen."""
    if not rows:
        return rows
    seen = _between(own(tx, mailbox_id), rows[0][0], rows[-1][0])
    after = column + 1
    return [
        (*row[:column], row[column] | _BIT if row[0] in seen else row[column] & ~_BIT, *row[after:])
        for row in rows
    ]


def marks(tx: "Reading", mailbox_id: MailboxId, uids: Sequence[int]) -> str:
    """See Reading.seen_marks. Ascending uids."""
    seen = _between(own(tx, mailbox_id), uids[0], uids[-1]) if uids else ()
    return "".join("1" if uid in seen else "0" for uid in uids)


def counted(tx: "Reading", mailboxes: Iterable[Mailbox]) -> list[Mailbox]:
    """Mailboxes with the guest's own count of unseen messages."""
    mailboxes = list(mailboxes)
    ids = json.dumps([mailbox.mailbox_id for mailbox in mailboxes])
    rows = tx.sql.rows(SEEN.own_in_account, (tx.account_id, tx.reader_id, ids))
    count = {mailbox_id: _count(text) for mailbox_id, text in rows}
    return [
        mailbox._replace(unseen_count=mailbox.message_count - count.get(mailbox.mailbox_id, 0))
        for mailbox in mailboxes
    ]


# --- STORE ------------------------------------------------------------------------------


def prepared(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, wanted: "Wanted") -> SeenChange:
    """What `wanted` changes of the guest's own \\Seen; nothing is written yet."""
    have = own(tx, mailbox_id)
    if wanted.add & _BIT:
        there = _existing(tx, mailbox_id, ranges, wanted.limit)
        fresh = without(ranges_of(there), have)
        return SeenChange(uids_in(fresh), united(have, fresh))
    if not wanted.keep & _BIT:
        there = _existing(tx, mailbox_id, ranges, wanted.limit)
        still_seen = without(have, ranges_of(there))
        return SeenChange(uids_in(without(have, still_seen)), still_seen)
    return SeenChange([], [])


def _existing(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, limit: int) -> list[int]:
    found: list[int] = []
    for first, last in ranges:
        found += json.loads(tx.sql.value(SEEN.uids_until, (tx.account_id, mailbox_id, first, last, limit)))
    return found


def write(tx: "Writing", mailbox_id: MailboxId, change: SeenChange, modseq: int) -> None:
    """Keep it; the messages get the modseq of the STORE."""
    for first, last in ranges_of(change.uids):
        tx.sql.execute(SEEN.touch, (modseq, tx.account_id, mailbox_id, first, last))
    _keep(tx, mailbox_id, tx.reader_id, change.kept)
    tx.sql.execute(WRITING.adjust, (modseq, 0, 0, 0, 0, tx.account_id, mailbox_id))


def mark_new(tx: "Writing", mailbox_id: MailboxId, uids: Sequence[int]) -> None:
    """Messages that have just come are seen by the guest who brought them; nobody knew them otherwise."""
    if uids:
        _keep(tx, mailbox_id, tx.reader_id, united(own(tx, mailbox_id), ranges_of(uids)))


def unmark(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges) -> None:
    """Messages that have just come are not seen by the guest who brought them."""
    have = own(tx, mailbox_id)
    if have:
        _keep(tx, mailbox_id, tx.reader_id, without(have, ranges))


def _keep(tx: "Writing", mailbox_id: MailboxId, reader_id: AccountId, ranges: UidRanges) -> None:
    if ranges:
        tx.sql.execute(SEEN.keep, (tx.account_id, mailbox_id, reader_id, text_of(ranges)))
    else:
        tx.sql.execute(SEEN.drop, (tx.account_id, mailbox_id, reader_id))


# --- as messages, mailboxes and accounts come and go ----------------------------------------


def forget(tx: "Writing", mailbox_id: MailboxId, uids: Sequence[int]) -> None:
    """Messages are gone: take them out of every guest's set. Ascending uids."""
    rows = tx.sql.rows(SEEN.all_of_mailbox, (tx.account_id, mailbox_id))
    if rows:
        gone = ranges_of(uids)
        for reader_id, text in rows:
            _keep(tx, mailbox_id, reader_id, without(_parse(text), gone))


def carry(tx: "Writing", mailbox_id: MailboxId, target: MailboxId, pairs: Sequence[tuple[int, int]]) -> None:
    """Messages were copied to `target`, (old uid, new uid): every guest has seen the copies of what it has
    seen."""
    for reader_id, text in tx.sql.rows(SEEN.all_of_mailbox, (tx.account_id, mailbox_id)):
        if not pairs:
            return
        seen = _between(_parse(text), pairs[0][0], pairs[-1][0])
        new = ranges_of(sorted(copy for source, copy in pairs if source in seen))
        if new:
            kept: str | None = tx.sql.value(SEEN.own, (tx.account_id, target, reader_id))
            _keep(tx, target, reader_id, united(_parse(kept) if kept else [], new))


def forget_mailbox(tx: "Writing", mailbox_id: MailboxId) -> None:
    tx.sql.execute(SEEN.drop_mailbox, (tx.account_id, mailbox_id))


def forget_account(tx: "Writing") -> None:
    """As owner and as guest."""
    tx.sql.execute(SEEN.drop_account, (tx.account_id, tx.account_id))
