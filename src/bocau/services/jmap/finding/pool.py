"""The emails that a query is about, each once, column by column: those of one mailbox, or of a whole account.

one mailbox → its image · all mailboxes → their images one after the other, without an email's further places

Keywords are the same in all places of an email, so its first place tells them.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

from bocau.base.ids import MailboxId, ModSeq, UidValidity
from bocau.store.columns import Columns, Fact, Roster
from bocau.store.ordering import Numbers, OrderKey

_NOWHERE: Final[dict[int, list[int]]] = {}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which mailbox is where among the emails of a pool."""

    spans: dict[int, tuple[int, int]]
    """Mailbox → [start, stop) among all places."""
    first: bytes | None
    """Of all places, one byte each: 1 for the first of each email; None: each email has one place."""
    further: dict[int, list[int]]
    """Mailbox → positions of emails whose first place is in another one."""

    def where(self, count: int, is_wanted: Callable[[int], bool]) -> bytes:
        """A selector of the emails in a wanted mailbox."""
        marks = bytearray(count if self.first is None else len(self.first))
        for mailbox_id, (start, stop) in self.spans.items():
            if is_wanted(mailbox_id):
                marks[start:stop] = b"\x01" * (stop - start)
        if self.first is None:
            return bytes(marks)
        marks = bytearray(compress(marks, self.first))
        for mailbox_id, positions in self.further.items():
            if is_wanted(mailbox_id):
                for position in positions:
                    marks[position] = 1
        return bytes(marks)


@dataclass(frozen=True, slots=True)
class Pool:
    """At one moment."""

    columns: Columns
    """A position is an email; `uids` mean something in the pool of one mailbox only."""
    layout: Layout
    state: ModSeq
    """Grows whenever a list made of this pool may change."""
    mailbox_id: MailboxId | None
    """The one mailbox; None: the whole account."""
    texts: Mapping[OrderKey, Numbers]
    """What was asked for of the texts to order by."""
    is_settled: bool = True
    """False: some emails have no keys yet, so what is worked out does not last."""

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def roster(self) -> Roster:
        return self.columns.roster

    def where(self, is_wanted: Callable[[int], bool]) -> bytes:
        """A selector of the emails in a wanted mailbox."""
        return self.layout.where(len(self), is_wanted)

    def keyworded(self, name: str) -> bytes:
        """A selector of the emails that have a keyword, given in lower case."""
        bit = FLAG_OF_KEYWORD.get(name)
        if bit is not None:
            return self.columns.flagged(bit)
        return self.columns.keyworded(lambda words: bool(words) and name in words.lower().split(" "))


FLAG_OF_KEYWORD: Final = {"$seen": 1, "$answered": 2, "$flagged": 4, "$draft": 16}
"""Keyword → bit of `Flags` (RFC 8621 §4.1.1)."""


def layout_of(mailbox_id: MailboxId, columns: Columns) -> Layout:
    """Of one mailbox."""
    return Layout({mailbox_id: (0, len(columns))}, None, _NOWHERE)


@dataclass(frozen=True, slots=True)
class Merged:
    """The messages of several mailboxes as one roster, as long as none comes or goes."""

    numbers: tuple[tuple[int, int], ...]
    """(mailbox, number of its roster)."""
    roster: Roster
    layout: Layout

    @property
    def size_bytes(self) -> int:
        return self.roster.size_bytes + len(self.layout.first or b"")


def merged(parts: Sequence[tuple[int, Columns]], facts: Sequence[Fact], known: Merged | None) -> Merged:
    """The rosters as one, with these facts; `Fact.EMAIL_SERIAL` is among them. `known`: a former one."""
    numbers = tuple([(mailbox_id, columns.roster.number) for mailbox_id, columns in parts])
    if known is None or known.numbers != numbers:
        known = _laid_out(numbers, parts)
    roster, first = known.roster, known.layout.first
    for fact in facts:
        if fact not in roster.facts:
            column = _joined([columns.fact(fact) for _, columns in parts])
            roster.facts[fact] = column if first is None else array("q", compress(column, first))
    return known


def _laid_out(numbers: tuple[tuple[int, int], ...], parts: Sequence[tuple[int, Columns]]) -> Merged:
    spans, start = {}, 0
    for mailbox_id, columns in parts:
        spans[mailbox_id] = start, start + len(columns)
        start += len(columns)
    serials = _joined([columns.fact(Fact.EMAIL_SERIAL) for _, columns in parts])
    if len(set(serials)) == len(serials):
        layout, count = Layout(spans, None, _NOWHERE), len(serials)
    else:
        layout, count = _deduplicated(spans, serials)
    return Merged(numbers, Roster(array("I", range(1, count + 1))), layout)


def _deduplicated(spans: dict[int, tuple[int, int]], serials: "array[int]") -> tuple[Layout, int]:
    first, position_of = bytearray(len(serials)), dict[int, int]()
    further: dict[int, list[int]] = {}
    for mailbox_id, (start, stop) in spans.items():
        for place in range(start, stop):
            serial = serials[place]
            if serial in position_of:
                further.setdefault(mailbox_id, []).append(position_of[serial])
            else:
                first[place] = 1
                position_of[serial] = len(position_of)
    return Layout(spans, bytes(first), further), len(position_of)


def _joined(columns: "Sequence[array[int]]") -> "array[int]":
    found = array("q")
    for column in columns:
        found += column
    return found


def columns_of_account(parts: Sequence[tuple[int, Columns]], whole: Merged, state: ModSeq) -> Columns:
    """All mailboxes as they are now."""
    first = whole.layout.first
    flags = b"".join([columns.flags for _, columns in parts])
    numbers, sets = _keywords([columns for _, columns in parts])
    if first is not None:
        flags = bytes(compress(flags, first))
        numbers = None if numbers is None else array("I", compress(numbers, first))
    return Columns(whole.roster, flags, numbers, sets, UidValidity(0), state)


def _keywords(parts: Sequence[Columns]) -> "tuple[array[int] | None, list[str]]":
    """Sets of keywords by numbers that are the same in all mailboxes."""
    if all(columns.keyword_numbers is None for columns in parts):
        return None, [""]
    number_of: dict[str, int] = {"": 0}
    numbers = array("I")
    for columns in parts:
        if columns.keyword_numbers is None:
            numbers.frombytes(bytes(len(columns) * numbers.itemsize))
            continue
        new = [number_of.setdefault(words, len(number_of)) for words in columns.keyword_sets]
        numbers.extend(map(new.__getitem__, columns.keyword_numbers))
    return numbers, list(number_of)
