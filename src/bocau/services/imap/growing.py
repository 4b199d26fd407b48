"""A message that comes in pieces, staged and digested."""

import asyncio

from bocau.store import NewEmail, ReaderStore
from bocau.store.blobs.growing import MEMORY_BYTES_MAX, GrowingBlob
from bocau.store.email import new_email


class GrowingBody(GrowingBlob):
    """Add pieces, then `staged`."""

    __slots__ = ()

    async def staged(self, store: ReaderStore, account_id: int, received_at: int) -> NewEmail:
        """The whole body in the store's pack, digested."""
        data = await self.read()
        if self.size_bytes <= MEMORY_BYTES_MAX:
            return staged(store, data, account_id, received_at)
        blob = await self.stage(store.blobs, account_id)
        self.close()
        return await asyncio.to_thread(new_email, data, blob, received_at)


def staged(store: ReaderStore, data: bytes, account_id: int, received_at: int) -> NewEmail:
    """A short body that is here whole, staged and digested now."""
    return new_email(data, store.blobs.stage(data, account_id), received_at)


__all__ = ["MEMORY_BYTES_MAX", "GrowingBody", "staged"]
