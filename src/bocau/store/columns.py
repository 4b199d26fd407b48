"""A whole mailbox in memory, column by column: what SEARCH, SORT and FETCH of 100,000 messages are made of.

    Roster    which messages there are, and what never changes about them; shared by the images below
    Columns   the roster with flags and keywords, as they were at one modseq
    ColumnCache.of(reading, …)   the image of the reading's snapshot: kept, or brought up by the change log

An image is keyed by (account, mailbox, uid_validity, modseq) read in the same snapshot, so it is never stale.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from itertools import accumulate, compress, count
from typing import Any, Final, NamedTuple

from bocau.base.ids import ModSeq, UidValidity

NEVER: Final = -(2**62)
"""In `Fact.SENT_AT`: the Date field is unreadable."""
_BITS: Final = [bytes(1 if bits & mask else 0 for bits in range(256)) for mask in range(32)]
"""mask → a table for bytes.translate: 1 where one of the bits is set."""
_DELETED: Final = 8
"""The bit of `Flags`."""
_NUMBERS: Final = count(1)
FEW_GONE: Final = 50
GONE_MAX: Final = 500
"""When more messages go at once, their mailbox is put in order anew;"""
LEFT_MAX: Final = 20
"""and when they have gone so often since somebody asked for its order."""
_INVERTED: Final = bytes(1 - min(value, 1) for value in range(256))


class Fact(Enum):
    """What never changes about a message; read when first asked for. The value is the column's name."""

    SIZE = "size_bytes"
    RECEIVED_AT = "received_at"
    SAVED_AT = "saved_at"
    SENT_AT = "sent_at"
    """Unix seconds, or NEVER."""
    EMAIL_SERIAL = "email_serials"
    """The lower half of the email's id; the upper is the account."""
    THREAD_SERIAL = "thread_serials"
    """The lower half of the thread's id; an email that has no keys yet is a thread of its own."""
    HAS_ATTACHMENT = "has_attachment"
    """1 or 0; 0 also where it has not been computed yet."""


class Order(NamedTuple):
    """Positions in an order."""

    positions: "array[int]"
    message_count: int
    """Messages that there were when it was worked out."""
    left: tuple[bytes, ...] = ()
    """What has happened since, not worked into the positions yet: selectors of the messages that stayed, each
    of the roster as it was then."""
    torn: frozenset[int] = frozenset()
    """Serials of the threads that have lost a message since."""

    @property
    def size_bytes(self) -> int:
        return len(self.positions) * self.positions.itemsize + sum(map(len, self.left))

    def without(self, stays: bytes, torn: frozenset[int]) -> "Order":
        return self._replace(left=(*self.left, stays), torn=self.torn | torn)

    def caught_up(self) -> "Order":
        """With all of `left` worked in. Long: any thread."""
        positions, count = self.positions, self.message_count
        for stays in self.left:
            # A list: its numbers are made once.
            table = list(accumulate(stays, initial=0))
            positions = array("I", map(table.__getitem__, _staying(positions, stays)))
            count = table[count]
        return Order(positions, count, (), self.torn)


def _staying(positions: "array[int]", stays: bytes) -> Iterable[int]:
    """Those of the messages that stay."""
    if stays.count(0) > FEW_GONE:
        return compress(positions, map(stays.__getitem__, positions))
    rest, gone = positions[:], stays.find(0)
    while gone >= 0:
        if gone in rest:
            rest.remove(gone)
        gone = stays.find(0, gone + 1)
    return rest


class Roster:
    """The messages of a mailbox, ascending by uid; replaced, never changed, when one comes or goes."""

    __slots__ = ("_by_serial", "derived", "facts", "number", "orders", "uids")

    def __init__(self, uids: "array[int]", facts: "dict[Fact, array[int]] | None" = None) -> None:
        self.uids = uids
        self.facts: dict[Fact, array[int]] = facts or {}
        self.derived: dict[object, Any] = {}
        """What others worked out of this set of messages (orders, threads); values have `size_bytes`."""
        self.orders: dict[object, Order] = {}
        """By their names. One of fewer messages is from before the newest came; they are put in place."""
        self.number: int = next(_NUMBERS)
        """Of this set of messages, in this process."""
        self._by_serial: tuple[array[int], array[int]] | None = None

    def __len__(self) -> int:
        return len(self.uids)

    @property
    def size_bytes(self) -> int:
        columns = (
            self.uids,
            *list(self.facts.values()),
            *(self._by_serial or ()),
        )
        derived = sum(
            value.size_bytes for value in (*list(self.derived.values()), *list(self.orders.values()))
        )
        return int(sum(len(column) * column.itemsize for column in columns) + derived)

    def position(self, uid: int) -> int | None:
        """Where a uid stands."""
        place = bisect_left(self.uids, uid)
        return place if place < len(self.uids) and self.uids[place] == uid else None

    def positions(self, uids: Iterable[int]) -> list[int]:
        """Where uids stand; those that do not exist are passed over."""
        return [place for uid in uids if (place := self.position(uid)) is not None]

    def positions_of_emails(self, serials: Iterable[int]) -> list[int]:
        """Where emails stand, ascending; `Fact.EMAIL_SERIAL` must have been asked for."""
        known, places = self._serials()
        found = []
        for serial in serials:
            at = bisect_left(known, serial)
            while at < len(known) and known[at] == serial:
                found.append(places[at])
                at += 1
        found.sort()
        return found

    def _serials(self) -> "tuple[array[int], array[int]]":
        """Email serials ascending, and the position of each."""
        if self._by_serial is None:
            serials = self.facts[Fact.EMAIL_SERIAL]
            places = sorted(range(len(serials)), key=serials.__getitem__)
            self._by_serial = array("q", [serials[place] for place in places]), array("I", places)
        return self._by_serial

    def without(self, stays: bytes) -> "Roster":
        """Only those where `stays` is 1."""
        facts = {fact: picked(column, stays) for fact, column in list(self.facts.items())}
        rest = Roster(picked(self.uids, stays), facts)
        threads = self.facts.get(Fact.THREAD_SERIAL)
        if self.orders and threads is not None and stays.count(0) <= GONE_MAX:
            torn = frozenset(compress(threads, inverted(stays)))
            rest.orders = {
                name: order.without(stays, torn)
                for name, order in list(self.orders.items())
                if len(order.left) < LEFT_MAX
            }
        return rest

    def extended(self, uids: Sequence[int], facts: "dict[Fact, array[int]]") -> "Roster":
        """With new messages at the end, and what is known of them."""
        grown = {fact: self.facts[fact] + column for fact, column in facts.items()}
        extended = Roster(self.uids + array("I", uids), grown)
        extended.orders = dict(self.orders)
        return extended


def picked(column: "array[int]", stays: bytes) -> "array[int]":
    """The values where `stays` is 1. When few go, the blocks between them are moved as they are."""
    if stays.count(0) > FEW_GONE:
        return array(column.typecode, compress(column, stays))
    rest, at = column[:], stays.rfind(0)
    while at >= 0:
        del rest[at]
        at = stays.rfind(0, 0, at)
    return rest


class Columns:
    """One mailbox at one modseq; flags and keywords as the owner sees them, or the reader of the reading."""

    __slots__ = ("flags", "keyword_numbers", "keyword_sets", "modseq", "modseqs", "roster", "uid_validity")

    def __init__(
        self,
        roster: Roster,
        flags: bytes,
        keyword_numbers: "array[int] | None",
        keyword_sets: Sequence[str],
        uid_validity: UidValidity,
        modseq: ModSeq,
        modseqs: "array[int] | None" = None,
    ) -> None:
        self.roster = roster
        self.flags = flags
        """The bits of `Flags`, one byte a message."""
        self.keyword_numbers = keyword_numbers
        """For each message the index of its keywords in `keyword_sets`; None: no message has any."""
        self.keyword_sets = keyword_sets
        """Each as in `Message.keywords`."""
        self.uid_validity = uid_validity
        self.modseq = modseq
        self.modseqs = modseqs
        """Of each message; None unless asked for."""

    def __len__(self) -> int:
        return len(self.flags)

    @property
    def uids(self) -> "array[int]":
        return self.roster.uids

    @property
    def size_bytes(self) -> int:
        columns = (self.keyword_numbers, self.modseqs)
        return len(self.flags) + sum(
            len(column) * column.itemsize for column in columns if column is not None
        )

    def fact(self, fact: Fact) -> "array[int]":
        """One of the columns that were asked for."""
        return self.roster.facts[fact]

    # --- selectors: one byte a message, 1 or 0 -------------------------------------------

    def flagged(self, mask: int) -> bytes:
        """Where one of the flag bits is set."""
        return self.flags.translate(_BITS[mask])

    def keyworded(self, holds: Callable[[str], bool]) -> bytes:
        """Where the set of keywords passes a test, which is asked once for each different set."""
        answers = [holds(keywords) for keywords in self.keyword_sets]
        if self.keyword_numbers is None:
            return bytes((answers[0],)) * len(self)
        return bytes(map(answers.__getitem__, self.keyword_numbers))

    def chosen(self, selector: bytes) -> list[int]:
        """The uids where the selector is 1."""
        return list(compress(self.uids, selector))

    # --- as another reader sees it ----------------------------------------------------------

    def seen_as(self, ranges: Iterable[tuple[int, int]]) -> "Columns":
        """With \\Seen on the uids of `ranges` only."""
        flags = bytearray(self.flags.translate(bytes(bits & ~1 for bits in range(256))))
        uids = self.uids
        marked = bytes(bits | 1 for bits in range(256))
        for low, high in ranges:
            start, stop = bisect_left(uids, low), bisect_left(uids, high + 1)
            flags[start:stop] = flags[start:stop].translate(marked)
        return Columns(
            self.roster, bytes(flags), self.keyword_numbers, self.keyword_sets, self.uid_validity,
            self.modseq, self.modseqs,
        )  # fmt: skip


def is_visible_known(image: Columns) -> bool:
    """Whether `visible` costs little."""
    hidden = image.flagged(_DELETED)
    kept: Visible | None = image.roster.derived.get(Visible)
    return 1 not in hidden or (kept is not None and kept.stays == inverted(hidden))


def visible(image: Columns) -> Columns:
    """Without the messages that are \\Deleted (RFC 8621 §4.1.1)."""
    hidden = image.flagged(_DELETED)
    if 1 not in hidden:
        return image
    stays = inverted(hidden)
    kept: Visible | None = image.roster.derived.get(Visible)
    if kept is None or kept.stays != stays:
        kept = image.roster.derived[Visible] = Visible(stays, image.roster.without(stays))
    for fact, column in list(image.roster.facts.items()):
        if fact not in kept.roster.facts:
            kept.roster.facts[fact] = picked(column, stays)
    numbers = None if image.keyword_numbers is None else picked(image.keyword_numbers, stays)
    flags = bytes(compress(image.flags, stays))
    return Columns(kept.roster, flags, numbers, image.keyword_sets, image.uid_validity, image.modseq)


class Visible(NamedTuple):
    """A roster without the messages that are \\Deleted, kept with the whole one."""

    stays: bytes
    roster: Roster

    @property
    def size_bytes(self) -> int:
        return len(self.stays) + self.roster.size_bytes


def inverted(selector: bytes) -> bytes:
    """1 where the selector is 0."""
    return selector.translate(_INVERTED)


def both(one: bytes, other: bytes) -> bytes:
    """1 where both are: an AND of whole blocks."""
    joined = int.from_bytes(one, "little") & int.from_bytes(other, "little")
    return joined.to_bytes(len(one), "little")


def either(one: bytes, other: bytes) -> bytes:
    """1 where one is: an OR of whole blocks."""
    joined = int.from_bytes(one, "little") | int.from_bytes(other, "little")
    return joined.to_bytes(len(one), "little")
