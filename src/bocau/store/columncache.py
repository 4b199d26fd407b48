"""The images of mailboxes that this process keeps (see bocau.store.columns).

an image at the snapshot's modseq → as it is · an older one → the change log brings it up · none → one scan
"""

import json
import threading
from array import array
from bisect import bisect_left
from collections import OrderedDict
from itertools import compress
from typing import TYPE_CHECKING, Any, Final

from bocau.base.ids import AccountId, MailboxId
from bocau.database import Queries
from bocau.store import access
from bocau.store.columns import NEVER, Columns, Fact, Roster, picked
from bocau.store.reading import Reading
from bocau.store.uidranges import UidRanges, parse_text
from bocau.store.values import Change, ChangeKind, Mailbox

if TYPE_CHECKING:
    from bocau.store.mailstore import MailStore
    from bocau.store.readerstore import ReaderStore

COLUMNS: Final = Queries("bocau.store", "sql/sqlite/columns.sql")
CACHE_BYTES: Final = 64 * 1024 * 1024
"""Images kept in one process; the one used longest ago goes first."""
IMAGE_BYTES: Final = 1000
"""What the smallest image costs."""
LOG_ROWS_MAX: Final = 5000
"""A longer piece of the change log costs more than a scan."""
PATCHES_MAX: Final = 2000
"""More changed messages are read faster by whole columns."""
GLANCE_ROWS_MAX: Final = 2000
"""Rows that a short read may scan (about a millisecond)."""
UID_MAX: Final = 2**32 - 1

Key = tuple[AccountId, MailboxId]


class ColumnCache:
    """One per MailStore; safe in the loop's thread and the reader's at once."""

    def __init__(self, bytes_max: int = CACHE_BYTES) -> None:
        self._bytes_max = bytes_max
        self._kept: OrderedDict[Key, Columns] = OrderedDict()
        self._sizes: dict[Key, int] = {}
        self._total = 0
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        return self._total

    def of(self, reading: Reading, mailbox_id: MailboxId, *facts: Fact, modseqs: bool = False) -> Columns:
        """The mailbox as the reading sees it, with the columns asked for. NoSuchMailbox.

        A first load scans the mailbox: 100,000 messages belong in `store.read`; see `columns_of`.
        """
        found = self._of(reading, mailbox_id, facts, modseqs, UID_MAX)
        assert found is not None
        return found

    def glanced(
        self, reading: Reading, mailbox_id: MailboxId, *facts: Fact, modseqs: bool = False
    ) -> Columns | None:
        """The same where it costs no more than a glance may; else None."""
        return self._of(reading, mailbox_id, facts, modseqs, GLANCE_ROWS_MAX)

    def _of(
        self, reading: Reading, mailbox_id: MailboxId, facts: tuple[Fact, ...], modseqs: bool, rows_max: int
    ) -> Columns | None:
        # The rows of a transaction in progress may be rolled back, and their modseqs used again.
        assert type(reading) is Reading, "only committed mailboxes are kept"
        mailbox = reading.mailbox(mailbox_id)
        image = self._current(reading, mailbox, rows_max)
        if image is None or not _complete(reading, mailbox_id, image, facts, modseqs, rows_max):
            return None
        self._keep((reading.account_id, mailbox_id), image)
        if reading.is_owner:
            return image
        access.require(reading, mailbox_id, access.Deed.READ)
        seen = reading.sql.value(COLUMNS.seen_uids, (reading.account_id, mailbox_id, reading.reader_id))
        return image.seen_as(parse_text(seen or ""))

    def _current(self, reading: Reading, mailbox: Mailbox, rows_max: int) -> Columns | None:
        kept = self._kept.get((reading.account_id, mailbox.mailbox_id))
        if kept is not None and kept.uid_validity == mailbox.uid_validity:
            if kept.modseq == mailbox.highest_modseq:
                return kept
            if kept.modseq < mailbox.highest_modseq <= kept.modseq + LOG_ROWS_MAX:
                changes = reading.changes(kept.modseq, mailbox.mailbox_id)
                if _patch_count(changes) <= PATCHES_MAX:
                    return _brought_up(reading, mailbox, kept, changes)
        return _scanned(reading, mailbox, kept) if mailbox.message_count <= rows_max else None

    def _keep(self, key: Key, image: Columns) -> None:
        size = IMAGE_BYTES + image.size_bytes + image.roster.size_bytes
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.uid_validity == image.uid_validity and kept.modseq > image.modseq:
                return
            self._kept[key] = image
            self._kept.move_to_end(key)
            self._total += size - self._sizes.get(key, 0)
            self._sizes[key] = size
            while self._total > self._bytes_max:
                oldest, _ = self._kept.popitem(last=False)
                self._total -= self._sizes.pop(oldest)


async def columns_of(
    store: "MailStore | ReaderStore",
    account_id: AccountId,
    mailbox_id: MailboxId,
    *facts: Fact,
    modseqs: bool = False,
    reader: AccountId | None = None,
) -> Columns:
    """The mailbox as it is now: at once where that is cheap, else from the reader thread. NoSuchMailbox."""
    cache = store.columns
    found = store.glance(
        account_id, lambda tx: cache.glanced(tx, mailbox_id, *facts, modseqs=modseqs), reader=reader
    )
    if found is not None:
        return found
    return await store.read(
        account_id, lambda tx: cache.of(tx, mailbox_id, *facts, modseqs=modseqs), reader=reader
    )


# --- one scan ----------------------------------------------------------------------------


def _scanned(reading: Reading, mailbox: Mailbox, kept: Columns | None) -> Columns:
    """Read the columns that change, and the uids."""
    account_id, mailbox_id, sql = reading.account_id, mailbox.mailbox_id, reading.sql
    row = sql.row(COLUMNS.uids_and_flags, (account_id, mailbox_id))
    assert row is not None
    uids = array("I", json.loads(row[0]))
    # What was worked out of the same messages stays.
    is_same = kept is not None and kept.uid_validity == mailbox.uid_validity and kept.uids == uids
    roster = kept.roster if is_same and kept is not None else Roster(uids)
    numbers, sets = None, [""]
    if reading.keywords_used(mailbox_id):
        numbers, sets = _numbered(json.loads(sql.value(COLUMNS.keywords, (account_id, mailbox_id))))
    flags = bytes(json.loads(row[1]))
    return Columns(roster, flags, numbers, sets, mailbox.uid_validity, mailbox.highest_modseq)


def _numbered(texts: list[str]) -> "tuple[array[int] | None, list[str]]":
    sets = list(dict.fromkeys(("", *texts)))
    if len(sets) == 1:
        return None, sets
    numbers = {text: number for number, text in enumerate(sets)}
    return array("I", map(numbers.__getitem__, texts)), sets


def _complete(
    reading: Reading,
    mailbox_id: MailboxId,
    image: Columns,
    facts: tuple[Fact, ...],
    modseqs: bool,
    rows_max: int,
) -> bool:
    """Read the columns that are still missing; False when that is too much."""
    missing = [fact for fact in facts if fact not in image.roster.facts]
    if (missing or (modseqs and image.modseqs is None)) and len(image) > rows_max:
        return False
    for fact in missing:
        image.roster.facts[fact] = _fact(reading, mailbox_id, fact, 1)
    if modseqs and image.modseqs is None:
        image.modseqs = array(
            "q", json.loads(reading.sql.value(COLUMNS.modseqs, (reading.account_id, mailbox_id, 1)))
        )
    return True


def _fact(reading: Reading, mailbox_id: MailboxId, fact: Fact, first_uid: int) -> "array[int]":
    statement = getattr(COLUMNS, fact.value)
    values: dict[str, Any] = {
        "account_id": reading.account_id,
        "mailbox_id": mailbox_id,
        "first": first_uid,
        "never": NEVER,
    }
    return array("q", json.loads(reading.sql.value(statement, values)))


# --- the change log ------------------------------------------------------------------------


def _patch_count(changes: list[Change]) -> int:
    return sum(
        last - first + 1
        for change in changes
        if change.kind is not ChangeKind.EXPUNGED
        for first, last in change.uids
    )


def _brought_up(reading: Reading, mailbox: Mailbox, kept: Columns, changes: list[Change]) -> Columns:
    """The image after `changes`."""
    last_uid = kept.uids[-1] if len(kept) else 0
    draft = _Draft(kept)
    gone = [pair for change in changes if change.kind is ChangeKind.EXPUNGED for pair in change.uids]
    if gone:
        draft.remove(gone)
    known = tuple(draft.roster.facts)
    rows = _states(reading, mailbox, last_uid + 1, UID_MAX) if mailbox.uid_next > last_uid + 1 else []
    if rows:
        facts = {fact: _fact(reading, mailbox.mailbox_id, fact, last_uid + 1) for fact in known}
        draft.extend(rows, facts)
    for change in changes:
        if change.kind is ChangeKind.KEYWORDS:
            for first, last in change.uids:
                if first <= last_uid:
                    draft.patch(_states(reading, mailbox, first, min(last, last_uid)))
    return draft.finished(mailbox)


Row = tuple[int, int, int, str]
"""uid, modseq, flags, keywords."""


def _states(reading: Reading, mailbox: Mailbox, first: int, last: int) -> list[Any]:
    return reading.sql.rows(COLUMNS.states, (reading.account_id, mailbox.mailbox_id, first, last))


class _Draft:
    """An image on its way to the next modseq."""

    def __init__(self, kept: Columns) -> None:
        self.roster = kept.roster
        self.flags = bytearray(kept.flags)
        self.numbers = None if kept.keyword_numbers is None else array("I", kept.keyword_numbers)
        self.sets = list(kept.keyword_sets)
        self.modseqs = None if kept.modseqs is None else array("q", kept.modseqs)
        self._number_of = {text: number for number, text in enumerate(self.sets)}

    def remove(self, ranges: UidRanges) -> None:
        stays = bytearray(b"\1") * len(self.flags)
        uids = self.roster.uids
        for low, high in ranges:
            start, stop = bisect_left(uids, low), bisect_left(uids, high + 1)
            stays[start:stop] = bytes(stop - start)
        chosen = bytes(stays)
        self.roster = self.roster.without(chosen)
        self.flags = bytearray(compress(self.flags, chosen))
        if self.numbers is not None:
            self.numbers = picked(self.numbers, chosen)
        if self.modseqs is not None:
            self.modseqs = picked(self.modseqs, chosen)

    def extend(self, rows: list[Row], facts: "dict[Fact, array[int]]") -> None:
        self.roster = self.roster.extended([row[0] for row in rows], facts)
        self.flags += bytes([row[2] for row in rows])
        numbers = [self._number(row[3]) for row in rows]
        if self.numbers is not None:
            self.numbers.extend(numbers)
        elif any(numbers):
            self.numbers = array("I", bytes(4 * (len(self.flags) - len(rows)))) + array("I", numbers)
        if self.modseqs is not None:
            self.modseqs.extend([row[1] for row in rows])

    def patch(self, rows: list[Row]) -> None:
        """New flags and keywords of messages that were there before."""
        for uid, modseq, flags, keywords in rows:
            place = self.roster.position(uid)
            if place is None:
                continue
            self.flags[place] = flags
            number = self._number(keywords)
            if self.numbers is None and number:
                self.numbers = array("I", bytes(4 * len(self.flags)))
            if self.numbers is not None:
                self.numbers[place] = number
            if self.modseqs is not None:
                self.modseqs[place] = modseq

    def _number(self, keywords: str) -> int:
        number = self._number_of.get(keywords)
        if number is None:
            number = self._number_of[keywords] = len(self.sets)
            self.sets.append(keywords)
        return number

    def finished(self, mailbox: Mailbox) -> Columns:
        return Columns(
            self.roster, bytes(self.flags), self.numbers, self.sets, mailbox.uid_validity,
            mailbox.highest_modseq, self.modseqs,
        )  # fmt: skip
