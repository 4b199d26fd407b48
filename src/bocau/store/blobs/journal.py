"""One fdatasync a group instead of two: small bodies travel in the database's log until their pack is synced.

    stage → pack (page cache) + waiting list
    group → INSERT INTO body_journal in the same transaction → one sync of the log → 250
    about a second later → fdatasync of the packs → DELETE FROM body_journal
    opening after a crash → journaled records written into their packs again → fdatasync → DELETE

A pack grows with each record, so its fdatasync commits the file system's own journal too: 3 × the cost of
the log's (docs/decisions/0003). Large bodies, and groups of many, are synced into their pack before BEGIN.
"""

import asyncio
import os
from collections.abc import Sequence
from typing import Any, Final

from bocau.base.errors import DiskFull, TryLater
from bocau.database import Database, Queries, Sql
from bocau.database.errors import translate_os
from bocau.store.blobs.appender import Appender
from bocau.store.blobs.packs import PackFolder

SETTLE_SECONDS: Final = 1.0
"""How long journaled bodies wait for the sync of their pack."""
SETTLE_BYTES: Final = 8 * 1024 * 1024
"""Journaled bodies beyond this are settled at once."""

Row = tuple[Any, ...]
"""(serial, pack, at, record)."""

JOURNAL: Final = Queries("bocau.store", "sql/sqlite/journal.sql")


class Journal:
    """Between one process's appender and its database."""

    def __init__(self, database: Database, appender: Appender, folder: PackFolder) -> None:
        self._database = database
        self._appender = appender
        self._folder = folder
        self._journaled_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._settling: asyncio.Task[None] | None = None
        self._is_closing = False
        appender.keeps_small_records = True
        database.before_group.append(appender.sync_what_must)
        database.slow_when.append(appender.sync_is_slow)
        database.inside_group.append(self._write)
        database.after_group.append(self._written)
        database.before_close.append(self.close)

    # --- with each group -----------------------------------------------------------

    def _write(self, sql: Sql) -> None:
        """In the group's transaction: every record that no sync has covered yet."""
        records = self._appender.offer_small_records()
        if records:
            sql.many(JOURNAL.insert, ((number, at, b"".join(buffers)) for number, at, buffers, _ in records))

    def _written(self) -> None:
        """The group is on disk, and its records with it."""
        self._journaled_bytes += self._appender.drop_offered_records()
        if self._journaled_bytes >= SETTLE_BYTES:
            self._start()
        elif self._journaled_bytes:
            self._later()

    # --- a little later ------------------------------------------------------------

    def _later(self) -> None:
        if self._timer is None and not self._is_closing:
            self._timer = asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._start)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._settling is None:
            self._settling = asyncio.get_running_loop().create_task(self._settle())

    async def _settle(self) -> None:
        self._journaled_bytes = 0
        try:
            if self._appender.lost_writes:
                await self._write_again()
            else:
                ends = await asyncio.to_thread(self._appender.sync_lazy)
                await self._database.write(lambda sql: sql.many(JOURNAL.settle, ends))
        except TryLater:
            # The journal still has the bodies: they are safe there. Try again, unless we are closing.
            self._later()
        finally:
            self._settling = None

    async def _write_again(self) -> None:
        """After a failed fdatasync: the kernel may have dropped what it could not write."""
        self._appender.forget_lazy()
        records = await self._database.read_heavy(lambda sql: sql.rows(JOURNAL.all))
        try:
            await asyncio.to_thread(write_again, self._folder, records)
        except TryLater:
            self._appender.lost_writes = True
            raise
        await self._forget(records)

    async def _forget(self, records: Sequence[Row]) -> None:
        """Row by row, with all that names it: a serial may be given again."""
        await self._database.write(lambda sql: sql.many(JOURNAL.forget, [row[:3] for row in records]))

    def restore(self) -> None:
        """At the opening of a store: what a crash may have kept from the packs. DiskFull, TryLater.

        Records of processes that run now are written over with what stands there already.
        """
        records = self._database.read(lambda sql: sql.rows(JOURNAL.all))
        if records:
            write_again(self._folder, records)
            self._settling = asyncio.get_running_loop().create_task(self._forget_restored(records))

    async def _forget_restored(self, records: Sequence[Row]) -> None:
        try:
            await self._forget(records)
        except TryLater:
            pass  # the next opening restores them once more
        finally:
            self._settling = None

    async def close(self) -> None:
        """Settle what is left, so that the next opening has nothing to do."""
        self._is_closing = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._settling is not None:
            await self._settling
        if self._journaled_bytes:
            await self._settle()


def write_again(folder: PackFolder, records: Sequence[Row]) -> None:
    """Write records where they belong and put them on disk. DiskFull, TryLater."""
    try:
        for number in sorted({row[1] for row in records}):
            _write_pack(folder, number, [row for row in records if row[1] == number])
        folder.sync()
    except OSError as error:
        raise translate_os(error) from error


def _write_pack(folder: PackFolder, number: int, records: Sequence[Row]) -> None:
    fd = os.open(folder.path(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for _, _, at, record in records:
            if os.pwrite(fd, record, at) != len(record):
                raise DiskFull(f"pack {number} could not be written")
        os.fdatasync(fd)
    finally:
        os.close(fd)
