"""Giving back the room of bodies that nobody refers to any more; run now and then by the background process.

    pack mostly dead → live bodies into another pack, rows follow → retired → after the grace time: removed

Nothing is removed before its successor is committed. A reader that still holds an old BlobRef finds the old
pack in place for the whole grace time, which is longer than any session keeps one.
"""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bocau.base.ids import AccountId
from bocau.store.blobs import BlobLost, BlobRef, Blobs
from bocau.store.blobs.appender import own_pack
from bocau.store.mailstore import MailStore, Writing
from bocau.store.references import Referrer, live_bytes, redirect, referrers
from bocau.store.verify import read_checked

GRACE_SECONDS: Final = 24 * 3600.0
LIVE_SHARE_MAX: Final = 0.5
"""A pack with more live bytes than this is left alone."""
PACKS_MAX: Final = 4
"""Packs compacted in one sweep."""
BATCH_ROWS: Final = 500
_NOBODY: Final = AccountId(0)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found and did."""

    pack_count: int
    pack_bytes: int
    live_bytes: int
    moved_bodies: int
    retired_packs: tuple[int, ...]
    removed_packs: tuple[int, ...]

    @property
    def dead_bytes(self) -> int:
        return self.pack_bytes - self.live_bytes


class Sweeper:
    """Sweeps one store. Restartable: whatever is interrupted is taken up by the next sweep."""

    def __init__(self, store: MailStore, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._blobs: Blobs = store.blobs
        self._now = now

    async def sweep(self, grace_seconds: float = GRACE_SECONDS) -> Swept:
        """Remove packs retired longer ago than the grace time, compact what has become mostly dead; take the
        reserve again if it was given up."""
        self._store.reserve.fill()
        live = await self._read_live()
        too_old = self._now() - grace_seconds
        removed = await self._remove_retired(live, too_old)
        sizes = self._blobs.packs.sizes()
        retired = set(await self._retired())
        chosen = [
            number
            for number, (size, written_at) in sizes.items()
            if number not in retired
            and written_at <= too_old
            and live.get(number, 0) <= size * LIVE_SHARE_MAX
        ]
        moved, done = 0, []
        for number in chosen[:PACKS_MAX]:
            count = await self._compact(number)
            if count is not None:
                moved += count
                done.append(number)
        return Swept(
            len(sizes),
            sum(size for size, _ in sizes.values()),
            sum(live.values()),
            moved,
            tuple(done),
            tuple(removed),
        )

    async def _read_live(self) -> dict[int, int]:
        return await self._store.read(_NOBODY, lambda tx: live_bytes(tx.sql))

    async def _retired(self, before: float = float("inf")) -> list[int]:
        limit = min(before, 2**62)
        rows = await self._store.read(
            _NOBODY,
            lambda tx: tx.sql.rows("SELECT pack FROM retired_pack WHERE retired_at <= ?", (int(limit),)),
        )
        return [number for (number,) in rows]

    # --- removing ----------------------------------------------------------------

    async def _remove_retired(self, live: dict[int, int], before: float) -> list[int]:
        removed = []
        for number in await self._retired(before):
            if live.get(number):  # a row came back to it: compact it again
                await self._forget(number)
                continue
            self._blobs.packs.remove(number)
            await self._forget(number)
            removed.append(number)
        return removed

    async def _forget(self, number: int) -> None:
        await self._store.write(
            _NOBODY, lambda tx: tx.sql.execute("DELETE FROM retired_pack WHERE pack = ?", (number,))
        )

    # --- compacting --------------------------------------------------------------

    async def _compact(self, number: int) -> int | None:
        """Move the live bodies of a pack; returns how many rows followed. None: it must stay as it is."""
        fd = own_pack(self._blobs.packs.path(number))
        if fd is None:
            return None
        try:
            moved = 0
            while found := await self._store.read(_NOBODY, lambda tx: referrers(tx.sql, (number,))):
                for start in range(0, len(found), BATCH_ROWS):
                    await self._move(found[start : start + BATCH_ROWS])
                moved += len(found)
        except BlobLost:  # a damaged body: keep the pack for whoever wants to save what is left of it
            return None
        finally:
            os.close(fd)
        retired_at = int(self._now())
        await self._store.write(
            _NOBODY,
            lambda tx: tx.sql.execute(
                "INSERT OR IGNORE INTO retired_pack VALUES (?, ?)", (number, retired_at)
            ),
        )
        return moved

    async def _move(self, found: Sequence[Referrer]) -> None:
        """Copy the bodies, then let the rows follow, in one job."""
        new = await asyncio.to_thread(self._copy, [referrer.blob for referrer in found])

        def follow(tx: Writing) -> None:
            for referrer in found:
                redirect(tx.sql, referrer, new[referrer.blob])

        await self._store.write(_NOBODY, follow, heavy=True)

    def _copy(self, refs: Sequence[BlobRef]) -> dict[BlobRef, BlobRef]:
        """Bodies are checked on the way: compaction must not turn a damaged one into a sound record."""
        new: dict[BlobRef, BlobRef] = {}
        for ref in refs:
            if ref not in new:
                header, body = read_checked(self._blobs, ref)
                new[ref] = self._blobs.append(header, body)
        return new


def remove_temporary(folder: Path, older_than: float) -> int:
    """Remove files of a spool folder last written before `older_than`; returns how many."""
    count = 0
    for entry in os.scandir(folder) if folder.is_dir() else ():
        if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < older_than:
            os.unlink(entry.path)
            count += 1
    return count
