"""One process's handle on the database: short reads now, writes in groups that share one commit.

    write(job) ─┐
    write(job) ─┼→ lock, BEGIN → jobs → COMMIT, unlock → blocking: sync the log → results
    write(job) ─┘

Light jobs run on the event loop's own thread: a statement costs microseconds there, but milliseconds in a
thread that must win the GIL back after each one (measured, docs/decisions/0002). Only what blocks for long
(a slow disk, the lock between processes) and heavy jobs run in the writer thread.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw

from bocau.base.errors import StoreBusy
from bocau.database.connections import check_version, connect
from bocau.database.errors import translate
from bocau.database.lock import ProcessLock
from bocau.database.logfile import LogFile
from bocau.database.migrations import Schema, migrate
from bocau.database.sql import Parameters, Sql
from bocau.database.thread import BlockingThread
from bocau.database.writer import Writer

T = TypeVar("T")
SCAN_CACHE_BYTES: Final = 512 * 1024
"""For pages that are read once: so few stay in the processor's cache, which saves a quarter of a scan."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    path: Path
    busy_seconds: float = 20.0
    """How long a write waits for other processes before StoreBusy."""
    cache_bytes: int = 16 * 1024 * 1024


class Database:
    """Open with `await Database.open(settings, schemas)`, after fork; each room hands in its schema."""

    before_group: list[Callable[[], None]]
    """Blocking hooks before BEGIN, on the loop or in the thread: what jobs refer to must be on disk first."""
    inside_group: list[Callable[[Sql], None]]
    """Called in each group's transaction before its jobs."""
    after_group: list[Callable[[], None]]
    """Called on the loop after a commit is on disk (doorbells)."""
    before_close: list[Callable[[], Awaitable[None]]]
    """Awaited by close() while writes are still taken."""
    slow_when: list[Callable[[], bool]]
    """Asked before a group: does a hook have so much to do that it belongs in the thread?"""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.settings = settings
        self._loop = asyncio.get_running_loop()
        self._lock = ProcessLock(settings.path.with_name(settings.path.name + ".lock"))
        self._writer = Writer(self._connect, self._lock, LogFile(settings.path), settings.busy_seconds)
        self.before_group = self._writer.before_group
        self.inside_group = self._writer.inside_group
        self.after_group = self._writer.after_group
        self.before_close = []
        self.slow_when = self._writer.slow_when
        self._reader = self._connect_reader()
        self._reader_sql = Sql(self._reader)
        self._scanner: apsw.Connection | None = None
        self._heavy: apsw.Connection | None = None
        self._heavy_thread = BlockingThread(self._loop, "bocau-reader")
        self._is_open = True

    @classmethod
    async def open(cls, settings: DatabaseSettings, schemas: Sequence[tuple[str, str, str]]) -> "Database":
        """Open, and bring the schema up to date. OutOfStep when the data is newer than this program."""
        check_version()
        try:
            prepare(settings, [Schema(*schema) for schema in schemas])
            return cls(settings)
        except (apsw.Error, OSError) as error:
            raise translate(error) from error

    def _connect(self) -> apsw.Connection:
        return connect(self.settings.path, self.settings.cache_bytes)

    def _connect_reader(self) -> apsw.Connection:
        return connect(self.settings.path, self.settings.cache_bytes, for_reading=True)

    def read(self, job: Callable[[Sql], T]) -> T:
        """Run a short read now, in this thread, on one snapshot. A read inside a read shares its snapshot."""
        if self._reader.in_transaction:
            return job(self._reader_sql)
        return _read(self._reader, self._reader_sql, job)

    def scan(self, job: Callable[[Sql], T]) -> T:
        """Run one portion of a long read now, in this thread, on one snapshot of its own.

        Not for rows that are soon read again: what it reads is not kept, and drives nothing else out.
        """
        if self._scanner is None:
            self._scanner = connect(self.settings.path, SCAN_CACHE_BYTES, for_reading=True)
            self._scanner_sql = Sql(self._scanner)
        return _read(self._scanner, self._scanner_sql, job)

    def single(self, job: Callable[[Sql], T]) -> T:
        """Run a read of one statement, now, in this thread: a snapshot of its own needs no transaction."""
        try:
            return job(self._reader_sql)
        except apsw.Error as error:
            raise translate(error, self._reader.system_errno) from error

    def value(self, statement: str, parameters: Parameters = ()) -> Any:
        """What one statement finds, its first column, now: the statement is a snapshot of its own."""
        try:
            return self._reader_sql.value(statement, parameters)
        except apsw.Error as error:
            raise translate(error, self._reader.system_errno) from error

    async def read_heavy(self, job: Callable[[Sql], T]) -> T:
        """Run a long read in the reader thread, on one snapshot."""
        return await self._heavy_thread.run(lambda: self._read_heavy(job))

    def _read_heavy(self, job: Callable[[Sql], T]) -> T:
        if self._heavy is None:
            self._heavy = self._connect_reader()
        return _read(self._heavy, Sql(self._heavy), job)

    async def write(self, job: Callable[[Sql], T], *, heavy: bool = False) -> T:
        """Run `job` in the next group; returns after the commit is on disk.

        The job must have no effect outside the transaction: it may run again. An exception of the job rolls
        back its savepoint only and is raised here. Raises StoreBusy, DiskFull, TryLater.
        """
        if not self._is_open:
            raise StoreBusy("the database is closed")
        result: T = await self._writer.add(job, heavy)
        return result

    async def close(self) -> None:
        """Finish the writes that wait, then close."""
        if not self._is_open:
            return
        for hook in self.before_close:
            await hook()
        self._is_open = False
        await self._writer.close()
        if self._heavy is not None:
            await self._heavy_thread.run(self._heavy.close)
        self._heavy_thread.stop()
        if self._scanner is not None:
            self._scanner.close()
        self._reader.close()
        self._lock.close()


def prepare(settings: DatabaseSettings, schemas: Sequence[Schema]) -> None:
    """Create the database and bring its schema up to date, under the lock between processes."""
    lock = ProcessLock(settings.path.with_name(settings.path.name + ".lock"))
    lock.acquire()
    try:
        connection = connect(settings.path, settings.cache_bytes)
        connection.set_busy_timeout(int(settings.busy_seconds * 1000))
        try:
            migrate(connection, schemas, time.time())
            _sync_folder(settings.path.parent)
        finally:
            connection.close()
    finally:
        lock.release()
        lock.close()


def _sync_folder(folder: Path) -> None:
    """Make the name of a new database durable; SQLite does so for its log only."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _read(connection: apsw.Connection, sql: Sql, job: Callable[[Sql], T]) -> T:
    try:
        connection.execute("BEGIN")
        try:
            return job(sql)
        finally:
            connection.execute("COMMIT")
    except apsw.Error as error:
        raise translate(error, connection.system_errno) from error


__all__ = ["Database", "DatabaseSettings", "Sql"]
