"""Sequence sets: message numbers or uids (RFC 9051 §9 sequence-set)."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.base.wiretext import UINT32_MAX
from bocau.protocols.imap.primitives import Cursor

STAR: Final = UINT32_MAX + 1
""""*": the largest number in use."""

_SET: Final = re.compile(rb"[0-9*:,]+")
_RANGE: Final = re.compile(rb"(?:([1-9][0-9]{0,9})|\*)(?::(?:([1-9][0-9]{0,9})|(\*)))?\Z")


@dataclass(frozen=True, slots=True)
class NumberSet:
    """Ranges as the client wrote them, STAR for "*"; or "$", the saved result (RFC 5182)."""

    ranges: tuple[tuple[int, int], ...]
    is_saved: bool = False

    def resolved(self, largest: int) -> list[tuple[int, int]]:
        """Inclusive ranges, ascending, joined, with "*" replaced by `largest`; numbers above it stay."""
        if len(self.ranges) == 1:
            low, high = self.ranges[0]
            if high < STAR:
                return [(low, high)]
        return merged(_placed(low, high, largest) for low, high in self.ranges)


def _placed(low: int, high: int, largest: int) -> tuple[int, int]:
    low, high = (largest if low == STAR else low), (largest if high == STAR else high)
    return (low, high) if low <= high else (high, low)


SAVED: Final = NumberSet((), is_saved=True)


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sort ranges and join those that touch."""
    result: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if result and low <= result[-1][1] + 1:
            if high > result[-1][1]:
                result[-1] = (result[-1][0], high)
        else:
            result.append((low, high))
    return result


def number_set(cursor: Cursor) -> NumberSet:
    """sequence-set, or "$"."""
    if cursor.skip(b"$"):
        return SAVED
    text = cursor.take(_SET, "a sequence set")
    return NumberSet(tuple([_range(part) for part in text.split(b",")]))


def plain_set(cursor: Cursor) -> NumberSet:
    """known-uids: a sequence-set without "*" (RFC 7162 §7)."""
    found = number_set(cursor)
    if found.is_saved or any(high == STAR for _, high in found.ranges):
        raise SyntaxFault("neither * nor $ is known")
    return found


def _range(part: bytes) -> tuple[int, int]:
    found = _RANGE.match(part)
    if found is None:
        raise SyntaxFault("not a sequence set")
    first, second, star = found.groups()
    low = int(first) if first else STAR
    high = int(second) if second else STAR if star else low
    if max(low if first else 0, high if second else 0) > UINT32_MAX:
        raise SyntaxFault("number out of range in a sequence set")
    return (low, high) if low <= high else (high, low)


def ranges_of(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as inclusive ranges."""
    if not numbers:
        return []
    first, last = numbers[0], numbers[-1]
    if last - first == len(numbers) - 1:
        return [(first, last)]
    result = []
    start = previous = first
    for n in numbers[1:]:
        if n != previous + 1:
            result.append((start, previous))
            start = n
        previous = n
    result.append((start, previous))
    return result


def intersection(one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What lies in both; ranges ascending and disjoint."""
    result: list[tuple[int, int]] = []
    at = 0
    for low, high in one:
        while at < len(other) and other[at][1] < low:
            at += 1
        place = at
        while place < len(other) and other[place][0] <= high:
            result.append((max(low, other[place][0]), min(high, other[place][1])))
            place += 1
    return result


def gaps(ranges: Iterable[tuple[int, int]], last: int) -> list[tuple[int, int]]:
    """What of 1…`last` lies in none of the ascending ranges."""
    result: list[tuple[int, int]] = []
    start = 1
    for low, high in ranges:
        if low > start:
            result.append((start, low - 1))
        start = high + 1
    if start <= last:
        result.append((start, last))
    return result


def chosen(numbers: Sequence[int], ranges: Sequence[tuple[int, int]]) -> list[int]:
    """Those of the ascending `numbers` that lie in `ranges` (ascending, disjoint)."""
    result: list[int] = []
    for low, high in ranges:
        result += numbers[bisect_left(numbers, low) : bisect_right(numbers, high)]
    return result


def set_text(ranges: Iterable[tuple[int, int]]) -> bytes:
    """Write ranges as a sequence set."""
    return b",".join([b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in ranges])
