"""Sets of uids as ranges, and their text in the change log: "3" or "1:90,95"."""

from collections.abc import Iterable, Sequence

from bocau.base.ids import Uid

UidRanges = Sequence[tuple[int, int]]
"""Inclusive, ascending, not overlapping."""


def ranges_of(uids: Sequence[int]) -> list[tuple[int, int]]:
    """The ranges of ascending uids."""
    if not uids:
        return []
    if uids[-1] - uids[0] == len(uids) - 1:
        return [(uids[0], uids[-1])]
    ranges = []
    first = last = uids[0]
    for uid in uids:
        if uid > last + 1:
            ranges.append((first, last))
            first = uid
        last = uid
    ranges.append((first, last))
    return ranges


def text_of(ranges: Iterable[tuple[int, int]]) -> str:
    return ",".join(f"{first}:{last}" if first != last else str(first) for first, last in ranges)


def parse_text(text: str) -> tuple[tuple[Uid, Uid], ...]:
    """Back from the log's text (our own, not wire text)."""
    if not text:
        return ()
    pairs = (part.partition(":") for part in text.split(","))
    return tuple((Uid(int(first)), Uid(int(last or first))) for first, _, last in pairs)


def uids_in(ranges: Iterable[tuple[int, int]]) -> list[int]:
    return [uid for first, last in ranges for uid in range(first, last + 1)]


def clamp(ranges: UidRanges, last_uid: int) -> list[tuple[int, int]]:
    """Only what can exist now ("1:*" must not reach the copies that the verb itself makes), nothing twice."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1]:
            first = found[-1][1] + 1
        last = min(last, last_uid)
        if first <= last:
            found.append((first, last))
    return found


def united(some: UidRanges, more: UidRanges) -> list[tuple[int, int]]:
    """The uids of either."""
    found: list[tuple[int, int]] = []
    for first, last in sorted((*some, *more)):
        if found and first <= found[-1][1] + 1:
            if last > found[-1][1]:
                found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found


def without(some: UidRanges, gone: UidRanges) -> list[tuple[int, int]]:
    """The uids of `some` that are not in `gone`; both ascending."""
    found: list[tuple[int, int]] = []
    at = 0
    for first, last in some:
        while at < len(gone) and gone[at][1] < first:
            at += 1
        look = at
        while look < len(gone) and gone[look][0] <= last:
            if first < gone[look][0]:
                found.append((first, gone[look][0] - 1))
            first = gone[look][1] + 1
            look += 1
        if first <= last:
            found.append((first, last))
    return found
