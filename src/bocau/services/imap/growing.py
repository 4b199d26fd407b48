"""A message that comes in pieces: in memory while it is short, in a nameless file when it is long."""

import asyncio
from collections.abc import Callable
from typing import BinaryIO, Final

from bocau.database.errors import translate_os
from bocau.store import NewEmail, ReaderStore
from bocau.store.email import new_email

MEMORY_BYTES_MAX: Final = 256 * 1024
"""A longer body goes to a file, and is staged and digested in a thread."""


class GrowingBody:
    """Add pieces, then `staged`. Raises DiskFull and TryLater, as the store does."""

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
        pieces, self._pieces = self._pieces, []
        try:
            if self._spool is None:
                self._spool = self._open()
            await asyncio.to_thread(self._spool.writelines, pieces)
        except OSError as error:
            raise translate_os(error) from error

    async def staged(self, store: ReaderStore, account_id: int, received_at: int) -> NewEmail:
        """The whole body in the store's pack, digested."""
        if self._spool is None:
            return staged(store, b"".join(self._pieces), account_id, received_at)
        blob = await store.blobs.stage_file(self._spool, account_id=account_id)
        data = await asyncio.to_thread(self._read)
        self.close()
        return await asyncio.to_thread(new_email, data, blob, received_at)

    def _read(self) -> bytes:
        assert self._spool is not None
        try:
            self._spool.seek(0)
            return self._spool.read()
        except OSError as error:
            raise translate_os(error) from error

    def close(self) -> None:
        if self._spool is not None:
            self._spool.close()
            self._spool = None
        self._pieces = []


def staged(store: ReaderStore, data: bytes, account_id: int, received_at: int) -> NewEmail:
    """A short body that is here whole, staged and digested now."""
    return new_email(data, store.blobs.stage(data, account_id), received_at)
