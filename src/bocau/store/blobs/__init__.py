"""Bodies: append-only pack files of self-describing records (docs/decisions/0003).

Door: BlobRef, Blobs.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class BlobRef:
    """Where a body lies: pack number, offset of its first body byte, length, SHA-256."""

    pack: int
    offset: int
    length: int
    sha256: bytes


class Blobs:
    """The packs of one data directory; each process appends to a pack of its own."""

    def stage(self, data: bytes) -> BlobRef:
        """Append one body to this process's pack (page cache only). Durable after the commit that refers to it:
        the group's pack sync runs before BEGIN. DiskFull when it cannot be written."""
        raise NotImplementedError

    async def stage_file(self, file: BinaryIO, prefix: bytes = b"") -> BlobRef:
        """Append `prefix` + the whole of a spooled file, in a thread."""
        raise NotImplementedError

    def read(self, ref: BlobRef, start: int = 0, end: int | None = None) -> bytes:
        """Bytes start..end of a body, now, in this thread: for bodies or slices up to `READ_NOW_BYTES_MAX`."""
        raise NotImplementedError

    def stream(self, ref: BlobRef, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The same in pieces of at most 256 KB, read in a thread."""
        raise NotImplementedError

    def read_many(self, refs: "list[BlobRef]") -> "list[memoryview | bytes]":
        """Many whole bodies at once; neighbours in a pack come by one pread."""
        raise NotImplementedError
