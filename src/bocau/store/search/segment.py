"""One file of the index: the words of some emails of an account, and which email has which word.

    head | serials | partial | zone: words, where each begins, where its postings begin, postings | zone …

A posting is the ordinal of an email within the file, two bytes. A file is written once, renamed into place
and never changed; nothing waits for the disk, because it can be made again: who opens a file checks its CRC.
"""

import os
import struct
import sys
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bocau.formats.search_words import ZONES

DOCUMENTS_MAX: Final = 65_536
"""Emails of one file: ordinals take two bytes."""
FORMAT_VERSION: Final = 2
"""Raise it whenever the words of a message change, too: old files are then made again."""
SUFFIX: Final = ".idx"

_MAGIC: Final = b"bocau\x00" + sys.byteorder[:1].encode() + b"\n"
_SECTIONS: Final = 2 + 4 * ZONES
_HEAD: Final = struct.Struct(f"<8sII QQ {_SECTIONS}Q")
_CRC_AT: Final = 12
_READ_BYTES: Final = 1024 * 1024
_ALL_POSTINGS_SPANS: Final = 64
"""With more words found, all postings are read at once."""

Spans = list[tuple[int, int]]
"""Runs of postings: [start, stop)."""


class SegmentBroken(Exception):
    """The file is torn, foreign or of another version; it is made again."""


class ZoneImage(NamedTuple):
    """The words of one zone."""

    words: bytes
    """b"\\nword\\nword2\\n", sorted."""
    word_starts: "array[int]"
    """Of each word: where the line end before it is."""
    posting_starts: "array[int]"
    """Of each word, and one more: the end."""
    postings: "array[int]"


class SegmentImage(NamedTuple):
    """A whole file in memory."""

    first: int
    """It covers the serials first…last; those that are not in `serials` did not exist any more."""
    last: int
    serials: "array[int]"
    partial: "array[int]"
    """Ordinals of emails that may hold more words than are here."""
    zones: "tuple[ZoneImage, ...]"


def segment_name(first: int, last: int) -> str:
    return f"{first}-{last}{SUFFIX}"


def range_of_name(name: str) -> tuple[int, int] | None:
    """(first, last) of a file's name; None: it is something else."""
    first, _, last = name.removesuffix(SUFFIX).partition("-")
    if not (name.endswith(SUFFIX) and (first + last).isascii() and first.isdigit() and last.isdigit()):
        return None
    return int(first), int(last)


def write_segment(folder: Path, image: SegmentImage) -> Path:
    """Write the file under its name, whole or not at all."""
    sections: list[bytes] = [image.serials.tobytes(), image.partial.tobytes()]
    for zone in image.zones:
        sections += (zone.words, *(part.tobytes() for part in zone[1:]))
    lengths = list(map(len, sections))
    head = bytearray(_HEAD.pack(_MAGIC, FORMAT_VERSION, 0, image.first, image.last, *lengths))
    crc = zlib.crc32(head)
    for content in sections:
        crc = zlib.crc32(content, crc)
    head[_CRC_AT : _CRC_AT + 4] = crc.to_bytes(4, "little")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / segment_name(image.first, image.last)
    temporary = path.with_suffix(".new")
    with open(temporary, "wb", buffering=0) as file:
        _write_all(file.fileno(), head)
        for content in sections:
            _write_all(file.fileno(), content)
    os.rename(temporary, path)
    return path


def _write_all(fd: int, data: bytes | bytearray) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


class Segment:
    """An open file, checked. What is asked for is read from it; not mapped, because a page that is not in
    memory would stop the whole process, and a disk error would end it."""

    def __init__(self, path: Path) -> None:
        """Open and check; SegmentBroken, FileNotFoundError."""
        self._fd = -1
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.file_bytes = os.fstat(self._fd).st_size
        head = os.pread(self._fd, _HEAD.size, 0)
        if len(head) < _HEAD.size:
            raise SegmentBroken(f"{path.name} is too short")
        magic, version, crc, self.first, self.last, *lengths = _HEAD.unpack(head)
        if magic != _MAGIC or version != FORMAT_VERSION:
            raise SegmentBroken(f"{path.name} is of another version or machine")
        if self.file_bytes != _HEAD.size + sum(lengths) or crc != self._crc(head):
            raise SegmentBroken(f"{path.name} is damaged")
        if range_of_name(path.name) != (self.first, self.last):
            raise SegmentBroken(f"{path.name} holds the emails {self.first} to {self.last}")
        self._lengths: list[int] = lengths
        self._offsets = [_HEAD.size + sum(lengths[:section]) for section in range(_SECTIONS)]

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)

    def _crc(self, head: bytes) -> int:
        crc = zlib.crc32(head[:_CRC_AT] + bytes(4) + head[_CRC_AT + 4 :])
        at = _HEAD.size
        while piece := os.pread(self._fd, _READ_BYTES, at):
            crc = zlib.crc32(piece, crc)
            at += len(piece)
        return crc

    def __len__(self) -> int:
        """How many emails are in it."""
        return self._lengths[0] // 4

    @property
    def serials(self) -> "array[int]":
        """Of the emails in it, ascending."""
        return self._array(0, "I")

    @property
    def partial(self) -> "array[int]":
        return self._array(1, "H")

    def zone(self, zone: int) -> ZoneImage:
        """All words of a zone with their postings."""
        section = 2 + 4 * zone
        return ZoneImage(
            self._bytes(section),
            self._array(section + 1, "I"),
            self._array(section + 2, "I"),
            self._array(section + 3, "H"),
        )

    def image(self) -> SegmentImage:
        """Everything, for merging."""
        zones = tuple([self.zone(zone) for zone in range(ZONES)])
        return SegmentImage(self.first, self.last, self.serials, self.partial, zones)

    def spans(self, zone: int, pattern: bytes) -> Spans:
        """The postings of every word in which `pattern` occurs; a line end in it is a word's begin or end."""
        section = 2 + 4 * zone
        words = self._bytes(section)
        first_hit = words.find(pattern)
        if first_hit < 0:
            return []
        hits = _hits(words, self._array(section + 1, "I"), pattern, first_hit)
        starts = self._array(section + 2, "I")
        return [(starts[hit], starts[hit + 1]) for hit in hits]

    def ordinals(self, zone: int, spans: Spans) -> set[int]:
        """The emails that these postings name."""
        found: set[int] = set()
        section = 2 + 4 * zone + 3
        if len(spans) <= _ALL_POSTINGS_SPANS:
            for start, stop in spans:
                found.update(self._array(section, "H", start, stop))
            return found
        postings = self._array(section, "H")
        for start, stop in spans:
            found.update(postings[start:stop])
        return found

    def _bytes(self, section: int, start: int = 0, stop: int | None = None) -> bytes:
        stop = self._lengths[section] if stop is None else stop
        data = os.pread(self._fd, stop - start, self._offsets[section] + start)
        if len(data) != stop - start:
            raise SegmentBroken("the file was cut short")
        return data

    def _array(self, section: int, kind: str, start: int = 0, stop: int | None = None) -> "array[int]":
        found = array(kind)
        size = found.itemsize
        found.frombytes(self._bytes(section, start * size, None if stop is None else stop * size))
        return found


def _hits(words: bytes, starts: Sequence[int], pattern: bytes, at: int) -> Iterator[int]:
    """Which words hold the pattern, whose first place is known."""
    last = len(starts) - 1
    while at >= 0:
        word = bisect_right(starts, at) - 1
        yield word
        if word == last:
            return
        at = words.find(pattern, starts[word + 1])
