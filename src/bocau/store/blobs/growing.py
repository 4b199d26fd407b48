"""A body that comes in pieces: in memory while it is short, in a nameless file when it is long."""

import asyncio
from collections.abc import Callable
from typing import BinaryIO, Final

from bocau.database.errors import translate_os
from bocau.store.blobs.blobs import Blobs
from bocau.store.blobs.ref import BlobRef

MEMORY_BYTES_MAX: Final = 256 * 1024
"""A longer body goes to a file, and is staged in a thread."""


class GrowingBlob:
    """Add pieces, then `stage`. Raises DiskFull and TryLater, as the store does."""

    __slots__ = ("_open", "_pieces", "_spool", "size_bytes")

    def __init__(self, spool: Callable[[], BinaryIO]) -> None:
        self._open = spool
        self._pieces: list[bytes] = []
        self._spool: BinaryIO | None = None
        self.size_bytes = 0

    async def add(self, data: bytes) -> None:
        self.size_bytes += len(data)
        self._pieces.append(data)
        if self._spool is None and self.size_bytes <= MEMORY_BYTES_MAX:
            return
        await self._spill()

    async def _spill(self) -> None:
        pieces, self._pieces = self._pieces, []
        try:
            if self._spool is None:
                self._spool = self._open()
            await asyncio.to_thread(self._spool.writelines, pieces)
        except OSError as error:
            raise translate_os(error) from error

    async def stage(self, blobs: Blobs, account_id: int) -> BlobRef:
        """The whole body in this process's pack."""
        if self._spool is None:
            return blobs.stage(b"".join(self._pieces), account_id)
        return await blobs.stage_file(self._spool, account_id=account_id)

    async def read(self) -> bytes:
        """All of it."""
        if self._spool is None:
            return b"".join(self._pieces)
        return await asyncio.to_thread(self._read, self._spool)

    @staticmethod
    def _read(spool: BinaryIO) -> bytes:
        try:
            spool.seek(0)
            return spool.read()
        except OSError as error:
            raise translate_os(error) from error

    def close(self) -> None:
        if self._spool is not None:
            self._spool.close()
            self._spool = None
        self._pieces = []
