"""The pack this process appends to: owned by an flock, so that another may take it over when we are gone.

stage → pwritev(header, body) → page cache

    large, or many in a group:  sync before the group's BEGIN → fdatasync → commit → 250
    small:                      in the group's own transaction (see `journal`) → commit → 250 … sync_lazy
"""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Final

from bocau.base.errors import DiskFull
from bocau.database.errors import translate_os
from bocau.store.blobs.packs import PackFolder

PACK_BYTES_MAX: Final = 256 * 1024 * 1024
"""A pack takes no further record beyond this."""
SMALL_RECORD_BYTES_MAX: Final = 32 * 1024
"""Longer records are always synced into their pack."""
JOURNAL_BYTES_MAX: Final = 64 * 1024
"""When more than this waits for a group, one sync of the pack is cheaper than copying it all."""
INLINE_SYNC_BYTES_MAX: Final = 4 * 1024 * 1024
"""More unsynced bytes than this are synced in the writer thread."""
REUSE_TRIES_MAX: Final = 16
"""How many of the newest packs are looked at for one that nobody owns."""


class ActivePack:
    """One pack open for appending."""

    def __init__(self, number: int, fd: int) -> None:
        self.number = number
        self.fd = fd
        self.first = self.end = os.fstat(fd).st_size
        self.unsynced_bytes = 0

    def write(self, buffers: Sequence[bytes | memoryview], at: int) -> None:
        """Write all of `buffers` at `at`, or raise OSError; a short write is a full disk."""
        wanted = sum(map(len, buffers))
        written = os.pwritev(self.fd, buffers, at)
        if written != wanted:
            raise DiskFull(f"only {written} of {wanted} bytes could be written")

    def __del__(self) -> None:
        os.close(self.fd)


SmallRecord = tuple[int, int, Sequence[bytes | memoryview], int]
"""(pack number, where its header stands, header and body, their size)."""


class Appender:
    """Reserves room, writes, marks, syncs; all of it may be called from several threads."""

    keeps_small_records = False
    """Set by a journal: small records need no sync of their own."""

    def __init__(self, folder: PackFolder) -> None:
        self._folder = folder
        self._active: ActivePack | None = None
        self._unsynced: list[ActivePack] = []
        self._lazy: dict[ActivePack, int] = {}
        self._small: list[SmallRecord] = []
        self._small_bytes = self._offered = 0
        self._lock = Lock()
        self._syncing = Lock()
        self.lost_writes = False
        """An fdatasync failed: journaled records must be written again before they leave the journal."""
        self.abandoned: dict[int, int] = {}
        """Packs whose fdatasync failed, and where we began to append: no row may refer to what came later."""

    @property
    def unsynced_bytes(self) -> int:
        return sum(pack.unsynced_bytes for pack in self._unsynced)

    @property
    def is_syncing(self) -> bool:
        """Whether another thread is at it: sync() would wait for it."""
        return self._syncing.locked()

    def reserve(self, size: int) -> tuple[ActivePack, int]:
        """Room for `size` bytes at the end of the active pack: (pack, offset). DiskFull, TryLater."""
        with self._lock:
            pack = self._active
            if pack is None or (pack.end + size > PACK_BYTES_MAX and pack.end > 0):
                pack = self._active = self._open_next(size)
            offset = pack.end
            pack.end = offset + size
            return pack, offset

    def sync_is_slow(self) -> bool:
        """Whether the next sync has so much to write that it belongs in a thread."""
        return self.unsynced_bytes > INLINE_SYNC_BYTES_MAX or self.is_syncing

    def mark(self, pack: ActivePack, size: int) -> None:
        """A record is written: the next sync must include its pack. Not earlier, or a sync could miss it."""
        with self._lock:
            pack.unsynced_bytes += size
            if pack not in self._unsynced:
                self._unsynced.append(pack)

    def write(self, pack: ActivePack, buffers: Sequence[bytes | memoryview], at: int) -> None:
        """Fill reserved room. DiskFull, TryLater; what was written is cut off again."""
        try:
            pack.write(buffers, at)
        except OSError as error:
            self.give_back(pack, at, sum(map(len, buffers)))
            raise translate_os(error) from error
        except DiskFull:
            self.give_back(pack, at, sum(map(len, buffers)))
            raise
        size = sum(map(len, buffers))
        if self.keeps_small_records and size <= SMALL_RECORD_BYTES_MAX:
            self._keep(pack, buffers, at, size)
        else:
            self.mark(pack, size)

    # --- small records, for the journal --------------------------------------------

    def _keep(self, pack: ActivePack, buffers: Sequence[bytes | memoryview], at: int, size: int) -> None:
        with self._lock:
            self._small.append((pack.number, at, buffers, size))
            self._small_bytes += size
            self._lazy[pack] = max(self._lazy.get(pack, 0), at + size)

    def offer_small_records(self) -> list[SmallRecord]:
        """Those that wait; they go on waiting until drop_offered_records() says that they are safe."""
        with self._lock:
            self._offered = len(self._small)
            return self._small[:]

    def drop_offered_records(self) -> int:
        """The offered ones are on disk; returns their bytes."""
        with self._lock:
            done, self._small = self._small[: self._offered], self._small[self._offered :]
            self._offered = 0
            size = sum([record[3] for record in done])
            self._small_bytes -= size
            return size

    def sync_what_must(self) -> None:
        """Before each group: large records, and small ones when there are too many to copy."""
        if not (self._unsynced or self._small_bytes > JOURNAL_BYTES_MAX or self.is_syncing):
            return
        count = len(self._small)
        self.sync()
        with self._lock:
            self._offered = count
        self.drop_offered_records()

    def sync_lazy(self) -> list[tuple[int, int]]:
        """Sync the packs of small records; returns (pack, end of what is on disk). TryLater."""
        with self._syncing:
            with self._lock:
                lazy, self._lazy = self._lazy, {}
            self._fdatasync(list(lazy))
        return [(pack.number, end) for pack, end in lazy.items()]

    def forget_lazy(self) -> None:
        """What was journaled has been written again by other means."""
        with self._lock:
            self._lazy = {}
            self.lost_writes = False

    # --- syncing -------------------------------------------------------------------

    def give_back(self, pack: ActivePack, at: int, size: int) -> None:
        """Cut off a record that could not be written, while it is the last one; else it stays as garbage."""
        with self._lock:
            if pack.end == at + size:
                pack.end = at
                try:
                    os.ftruncate(pack.fd, at)
                except OSError:
                    pass

    def sync(self) -> None:
        """Put everything staged so far on disk. After a failure the pack is abandoned: the kernel may have
        dropped what it could not write, and a second fdatasync would falsely succeed.

        One thread at a time: who comes second must not return before what the first took over is on disk.
        """
        with self._syncing:
            with self._lock:
                pending, self._unsynced = self._unsynced, []
                for pack in pending:
                    pack.unsynced_bytes = 0
                pending += [pack for pack in self._lazy if pack not in pending]
            self._fdatasync(pending)

    def _fdatasync(self, packs: Sequence[ActivePack]) -> None:
        try:
            for pack in packs:
                os.fdatasync(pack.fd)
        except OSError as error:
            self._abandon(packs)
            raise translate_os(error) from error

    def _abandon(self, packs: Sequence[ActivePack]) -> None:
        with self._lock:
            for pack in packs:
                self.abandoned[pack.number] = pack.first
                if self._active is pack:
                    self._active = None
            self.lost_writes = True

    def close(self) -> None:
        self._active = None
        self._unsynced.clear()
        self._lazy.clear()

    # --- the next pack -----------------------------------------------------------

    def _open_next(self, size: int) -> ActivePack:
        try:
            return self._reuse(size) or self._create()
        except OSError as error:
            raise translate_os(error) from error

    def _reuse(self, size: int) -> ActivePack | None:
        """Take over a pack with room left that its process has finished with."""
        for number in reversed(self._folder.numbers()[-REUSE_TRIES_MAX:]):
            if number in self.abandoned:
                continue
            path = self._folder.path(number)
            if path.stat().st_size + size > PACK_BYTES_MAX:
                continue
            fd = own_pack(path)
            if fd is not None:
                return ActivePack(number, fd)
        return None

    def _create(self) -> ActivePack:
        number = max(self._folder.numbers(), default=0) + 1
        while True:
            try:
                fd = os.open(
                    self._folder.path(number), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600
                )
            except FileExistsError:
                number += 1
                continue
            # Owned before anyone looks: only one who scans within these microseconds could be quicker.
            if _own(fd, self._folder.path(number)):
                self._folder.sync()
                return ActivePack(number, fd)
            os.close(fd)


def own_pack(path: Path) -> int | None:
    """Open a pack and take its lock; None when another process appends to it, or it has gone."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    if _own(fd, path):
        return fd
    os.close(fd)
    return None


def _own(fd: int, path: Path) -> bool:
    """Take the pack's lock; False when another process appends to it, or it was removed meanwhile."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return path.exists()
