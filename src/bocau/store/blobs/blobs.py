"""The bodies' door: stage, read, stream."""

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from bocau.base.errors import TryLater
from bocau.database.errors import translate_os
from bocau.store.blobs.appender import Appender
from bocau.store.blobs.packs import BlobLost, PackFolder, ReadingFile, sync_folder
from bocau.store.blobs.record import HEADER_BYTES, Header, pack_header, starts_record
from bocau.store.blobs.ref import BlobRef
from bocau.store.reserve import check_free

READ_NOW_BYTES_MAX: Final = 1024 * 1024
"""The most that `read` should be asked for on the event loop; longer bodies are streamed."""
PIECE_BYTES: Final = 256 * 1024
WINDOW_BYTES_MAX: Final = 1024 * 1024
"""The most that read_many reads at once (unless one body is longer)."""
GAP_BYTES_MAX: Final = 16 * 1024
"""Bodies of others between two wanted ones are read along rather than skipped up to this."""


class Blobs:
    """The packs of one data directory; each process appends to a pack of its own."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(folder.parent)
        self.packs = PackFolder(folder)
        self.appender = Appender(self.packs)
        self._now = now

    # --- writing -----------------------------------------------------------------

    def stage(self, data: bytes, account_id: int = 0) -> BlobRef:
        """Append one body to this process's pack (page cache only). Durable after the commit that refers to
        it (see `journal`). DiskFull when it cannot be written."""
        check_free(self.packs.folder, len(data))
        sha256 = hashlib.sha256(data).digest()
        return self.append(Header(len(data), account_id, int(self._now()), sha256), data)

    def append(self, header: Header, data: bytes) -> BlobRef:
        """Append a record whose header is known (compaction keeps the old one)."""
        pack, at = self.appender.reserve(HEADER_BYTES + header.length)
        self.appender.write(pack, (pack_header(header), data), at)
        return BlobRef(pack.number, at + HEADER_BYTES, header.length, header.sha256)

    async def stage_file(self, file: BinaryIO, prefix: bytes = b"", account_id: int = 0) -> BlobRef:
        """Append `prefix` + the whole of a spooled file, in a thread, and sync it there."""
        return await asyncio.to_thread(self._stage_file, file, prefix, account_id)

    def _stage_file(self, file: BinaryIO, prefix: bytes, account_id: int) -> BlobRef:
        length = len(prefix) + file.seek(0, os.SEEK_END)
        file.seek(0)
        check_free(self.packs.folder, length)
        pack, at = self.appender.reserve(HEADER_BYTES + length)
        try:
            sha256 = self._copy(file, prefix, length, pack.fd, at + HEADER_BYTES)
            header = pack_header(Header(length, account_id, int(self._now()), sha256))
            pack.write((header,), at)
        except BaseException as error:
            self.appender.give_back(pack, at, HEADER_BYTES + length)
            if isinstance(error, OSError):
                raise translate_os(error) from error
            raise
        self.appender.mark(pack, HEADER_BYTES + length)
        self.sync()
        return BlobRef(pack.number, at + HEADER_BYTES, length, sha256)

    def _copy(self, file: BinaryIO, prefix: bytes, length: int, fd: int, at: int) -> bytes:
        """Copy the body in pieces; the header, which names the hash, is written last."""
        digest = hashlib.sha256()
        piece, end = prefix, at + length
        while at < end:
            piece = piece or file.read(PIECE_BYTES)[: end - at]
            if not piece:
                raise TryLater("the spooled file became shorter")
            digest.update(piece)
            view = memoryview(piece)
            while view:
                written = os.pwrite(fd, view, at)
                at, view = at + written, view[written:]
            piece = b""
        return digest.digest()

    def sync(self) -> None:
        """Put everything staged on disk, in its pack. DiskFull, TryLater."""
        self.appender.sync()

    def check(self, ref: BlobRef) -> None:
        """Refuse a body that a failed sync may have lost; raises TryLater."""
        safe = self.appender.abandoned.get(ref.pack)
        if safe is not None and ref.offset >= safe:
            raise TryLater(f"pack {ref.pack} could not be written to disk")

    def close(self) -> None:
        self.appender.close()
        self.packs.close()

    # --- reading -----------------------------------------------------------------

    def read(self, ref: BlobRef, start: int = 0, end: int | None = None) -> bytes:
        """Bytes start..end of a body, now, in this thread: for bodies or slices up to `READ_NOW_BYTES_MAX`.

        Raises BlobLost."""
        stop = ref.length if end is None else min(end, ref.length)
        if start >= stop:
            return b""
        file = self.packs.file(ref.pack)
        if start:
            return _pread(file, stop - start, ref.offset + start, ref)
        # A long body is not copied once more to cut off its header.
        is_long = stop > PIECE_BYTES
        data = _pread(file, HEADER_BYTES + (0 if is_long else stop), ref.offset - HEADER_BYTES, ref)
        if not starts_record(data, 0, ref.length):
            raise _damaged(ref)
        return _pread(file, stop, ref.offset, ref) if is_long else data[HEADER_BYTES:]

    async def stream(self, ref: BlobRef, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The same in pieces of at most 256 KB, read in a thread."""
        stop = ref.length if end is None else min(end, ref.length)
        while start < stop:
            next_start = min(start + PIECE_BYTES, stop)
            yield await asyncio.to_thread(self.read, ref, start, next_start)
            start = next_start

    def read_many(self, refs: Sequence[BlobRef]) -> list[memoryview | bytes]:
        """Many whole bodies at once; neighbours in a pack come by one pread. Raises BlobLost."""
        bodies: list[memoryview | bytes] = []
        position = 0
        while position < len(refs):
            count, size = _window(refs, position)
            first = refs[position]
            base = first.offset - HEADER_BYTES
            data = memoryview(_pread(self.packs.file(first.pack), size, base, first))
            for ref in refs[position : position + count]:
                at = ref.offset - base
                if not starts_record(data, at - HEADER_BYTES, ref.length):
                    raise _damaged(ref)
                bodies.append(data[at : at + ref.length])
            position += count
        return bodies


def _window(refs: Sequence[BlobRef], position: int) -> tuple[int, int]:
    """How many refs from `position` on lie close together, and the bytes from the first header to the end."""
    pack, offset, length, _ = refs[position]
    base, end, count = offset - HEADER_BYTES, offset + length, 1
    for index in range(position + 1, len(refs)):
        ref = refs[index]
        if ref.pack != pack or not end <= ref.offset <= end + HEADER_BYTES + GAP_BYTES_MAX:
            break
        if ref.offset + ref.length - base > WINDOW_BYTES_MAX:
            break
        end = ref.offset + ref.length
        count += 1
    return count, end - base


def _pread(file: ReadingFile, size: int, offset: int, ref: BlobRef) -> bytes:
    try:
        data = os.pread(file.fd, size, offset)
    except OSError as error:
        raise translate_os(error) from error
    if len(data) != size:
        raise _damaged(ref)
    return data


def _damaged(ref: BlobRef) -> BlobLost:
    return BlobLost(f"no body of {ref.length} bytes at {ref.offset} of pack {ref.pack}")
