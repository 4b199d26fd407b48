"""Making one file of several, so that an account has few: each email is merged about three times in its life.

sorted words of all files → slice by slice, so that memory stays small → words and postings of the new file
"""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, compress, islice
from typing import Final

from bocau.formats.search_words import ZONES
from bocau.store.search.build import zone_image
from bocau.store.search.segment import DOCUMENTS_MAX, SegmentImage, ZoneImage

FILES_OF_A_SIZE_MAX: Final = 8
"""So many files of about one size become one."""
MERGED_BYTES_MAX: Final = 64 * 1024 * 1024
"""A merged file is at most about this long."""
DEAD_SHARE_MIN: Final = 0.2
"""Emails that no longer exist are dropped when they are more than this share of a file."""
SLICE_WORDS: Final = 50_000
_TIER_BITS: Final = 3

Sizes = Sequence[tuple[int, int]]
"""Of files that follow each other: (emails, bytes)."""


def choose(sizes: Sizes) -> tuple[int, int] | None:
    """Which neighbours should become one file: [start, stop); None: none.

    Files are grouped by magnitude (8, 64, 512 … emails); a tail of 8 of a magnitude or less is merged, as
    many of them as one file may hold. Nothing is added to a file that is more than half full."""
    begin = len(sizes)
    while begin and not _is_full(*sizes[begin - 1]):
        begin -= 1
    tiers = [count.bit_length() // _TIER_BITS for count, _ in sizes]
    for tier in sorted(set(tiers[begin:])):
        start = len(sizes)
        while start > begin and tiers[start - 1] <= tier:
            start -= 1
        if len(sizes) - start >= FILES_OF_A_SIZE_MAX:
            return start, _end(sizes, start)
    return None


def _is_full(emails: int, size_bytes: int) -> bool:
    return emails * 2 > DOCUMENTS_MAX or size_bytes * 2 > MERGED_BYTES_MAX


def _end(sizes: Sizes, start: int) -> int:
    """How far one file can reach; two files that are not full always fit."""
    emails = size_bytes = 0
    for stop in range(start, len(sizes)):
        emails += sizes[stop][0]
        size_bytes += sizes[stop][1]
        if emails > DOCUMENTS_MAX or size_bytes > MERGED_BYTES_MAX:
            return stop
    return len(sizes)


def merged(images: Sequence[SegmentImage], lives: Callable[[int], bool]) -> SegmentImage:
    """One image of images that follow each other; `lives(serial)`: does the email still exist?"""
    images = [_alive(image, lives) for image in images]
    serials, partial, bases = array("I"), array("H"), []
    for image in images:
        bases.append(len(serials))
        partial.extend(ordinal + len(serials) for ordinal in image.partial)
        serials.extend(image.serials)
    zones = tuple([_merged_zone([image.zones[zone] for image in images], bases) for zone in range(ZONES)])
    return SegmentImage(images[0].first, images[-1].last, serials, partial, zones)


def _merged_zone(zones: Sequence[ZoneImage], bases: Sequence[int]) -> ZoneImage:
    zones = [
        zone._replace(postings=_shifted(zone.postings, base)) for zone, base in zip(zones, bases, strict=True)
    ]
    words: list[bytes] = []
    counts: list[int] = []
    blocks: list[bytes] = []
    for ranges in _slices(zones):
        postings_of: dict[bytes, bytes] = {}
        for zone, (start, stop) in zip(zones, ranges, strict=True):
            _collect(postings_of, zone, start, stop)
        some = sorted(postings_of)
        found = list(map(postings_of.__getitem__, some))
        words += some
        counts += [len(postings) >> 1 for postings in found]
        blocks.append(b"".join(found))
    return zone_image(words, counts, array("H", b"".join(blocks)))


def _collect(postings_of: dict[bytes, bytes], zone: ZoneImage, start: int, stop: int) -> None:
    """The words start…stop of one file with their postings, after those of the files before it."""
    if start == stop:
        return
    begin = zone.word_starts[start] + 1
    end = zone.word_starts[stop] if stop < len(zone.word_starts) else len(zone.words) - 1
    starts = zone.posting_starts
    block = zone.postings[starts[start] : starts[stop]].tobytes()
    cuts = [(place - starts[start]) << 1 for place in starts[start : stop + 1]]
    for word, low, high in zip(zone.words[begin:end].split(b"\n"), cuts, islice(cuts, 1, None), strict=False):
        known = postings_of.get(word)
        postings_of[word] = block[low:high] if known is None else known + block[low:high]


def _slices(zones: Sequence[ZoneImage]) -> Iterator[list[tuple[int, int]]]:
    """Ranges of words, one for each file, that hold the same stretch of the alphabet."""
    longest = max(zones, key=lambda zone: len(zone.word_starts))
    begins = [0] * len(zones)
    for place in range(SLICE_WORDS, len(longest.word_starts), SLICE_WORDS):
        bound = _word(longest, place)
        ends = [_place(zone, bound) for zone in zones]
        yield list(zip(begins, ends, strict=True))
        begins = ends
    yield list(zip(begins, [len(zone.word_starts) for zone in zones], strict=True))


def _word(zone: ZoneImage, place: int) -> bytes:
    start = zone.word_starts[place] + 1
    return zone.words[start : zone.words.index(b"\n", start)]


def _place(zone: ZoneImage, word: bytes) -> int:
    return bisect_left(range(len(zone.word_starts)), word, key=lambda place: _word(zone, place))


def _shifted(postings: "array[int]", base: int) -> "array[int]":
    """`base` added to every posting: one addition of two long numbers, for no posting overflows."""
    if not base or not postings:
        return postings
    octets = postings.tobytes()
    addend = array("H", (base,)) * len(postings)
    total = int.from_bytes(octets, sys.byteorder) + int.from_bytes(addend.tobytes(), sys.byteorder)
    return array("H", total.to_bytes(len(octets), sys.byteorder))


def _alive(image: SegmentImage, lives: Callable[[int], bool]) -> SegmentImage:
    """Without the emails that no longer exist, when they are many."""
    stays = bytes(map(lives, image.serials))
    if stays.count(0) <= len(stays) * DEAD_SHARE_MIN:
        return image
    renamed = list(accumulate(stays, initial=0))
    serials = array("I", compress(image.serials, stays))
    partial = array("H", [renamed[ordinal] for ordinal in image.partial if stays[ordinal]])
    zones = tuple([_alive_zone(zone, stays, renamed) for zone in image.zones])
    return SegmentImage(image.first, image.last, serials, partial, zones)


def _alive_zone(zone: ZoneImage, stays: bytes, renamed: Sequence[int]) -> ZoneImage:
    kept = bytes(map(stays.__getitem__, zone.postings))
    postings = array("H", map(renamed.__getitem__, compress(zone.postings, kept)))
    before = list(accumulate(kept, initial=0))
    ends = [before[start] for start in zone.posting_starts]
    counts = [high - low for low, high in zip(ends, islice(ends, 1, None), strict=False)]
    words = zone.words[1:-1].split(b"\n") if zone.words else []
    return zone_image(list(compress(words, counts)), list(filter(None, counts)), postings)
