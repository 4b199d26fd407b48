"""The writer: one connection, groups of jobs, one commit each.

    jobs → gather → enter: hooks, lock, BEGIN → perform: the jobs → COMMIT, unlock → sync the log → results

`sync` waits for the disk, `enter` may wait for the lock: on the loop while that is fast, else in the thread
(see `pace`). Nobody is told before the sync.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

import apsw

from bocau.base.errors import StoreBusy, TryLater
from bocau.database.errors import translate
from bocau.database.gathering import Gathering
from bocau.database.group import JOBS_MAX, Entry, perform
from bocau.database.lock import ProcessLock
from bocau.database.logfile import LogFile
from bocau.database.pace import Pace
from bocau.database.sql import Sql
from bocau.database.thread import BlockingThread

CHECKPOINT_PAGES: Final = 2000
"""The write-ahead log is copied into the database whenever it has grown by this much."""
LOCK_TRIES: Final = 3
"""How often a group asks for the lock on the loop before the thread stands in line for it;"""
LOCK_PAUSE_SECONDS: Final = 0.001
"""and how long the loop goes on between two tries. Most groups hold it no longer, and a thread costs more."""


class WouldWait(Exception):
    """A blocking step cannot be done at once on the loop."""


class Writer:
    """Runs groups one after the other, for as long as jobs wait."""

    def __init__(
        self, connect: Callable[[], apsw.Connection], lock: ProcessLock, log: LogFile, busy_seconds: float
    ) -> None:
        self.before_group: list[Callable[[], None]] = []
        self.inside_group: list[Callable[[Sql], None]] = []
        self.after_group: list[Callable[[], None]] = []
        self.slow_when: list[Callable[[], bool]] = []
        self.log_pages = 0
        self._connect = connect
        self._lock = lock
        self._log = log
        self._busy_seconds = busy_seconds
        self._loop = asyncio.get_running_loop()
        self._thread = BlockingThread(self._loop, "bocau-writer")
        self._pace = Pace()
        self._gathering = Gathering(self._loop)
        self._waiting: deque[Entry] = deque()
        self._runner: asyncio.Task[None] | None = None
        self._checkpoint_at = CHECKPOINT_PAGES
        self._keeps_lock = False
        self._open()

    def _open(self) -> None:
        self._connection = self._connect()
        # Our own sync of the log takes the place of COMMIT's (see `logfile`).
        self._connection.execute("PRAGMA synchronous = NORMAL").fetchall()
        self._connection.set_wal_hook(self._note_log)
        self._sql = Sql(self._connection)

    def _note_log(self, connection: apsw.Connection, name: str, pages: int) -> int:
        self.log_pages = pages
        return apsw.SQLITE_OK

    def add(self, job: Callable[[Sql], Any], is_heavy: bool) -> "asyncio.Future[Any]":
        """Let `job` wait for the next group; jobs that come in the same turn of the loop share it."""
        entry = Entry(job, is_heavy, self._loop.create_future())
        self._waiting.append(entry)
        self._gathering.note(len(self._waiting))
        if self._runner is None:
            self._runner = self._loop.create_task(self._run())
        return entry.future

    async def close(self) -> None:
        """Finish what waits, then close."""
        if self._runner is not None:
            await asyncio.wait((self._runner,), timeout=self._busy_seconds)
        self._thread.stop()
        self._connection.close()
        self._log.close()

    # --- groups ------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._gathering.wait(len(self._waiting))
                await self._run_group(self._take())
                if self._keeps_lock:
                    await self._thread.run(self._checkpoint)
                if self._waiting:
                    await asyncio.sleep(0)
        finally:
            self._runner = None

    def _take(self) -> list[Entry]:
        """The next group: a heavy job alone, or the light ones before the next heavy one."""
        group = [self._waiting.popleft()]
        self._join(group)
        return [entry for entry in group if not entry.future.cancelled()]

    def _join(self, group: list[Entry]) -> None:
        """Let the light jobs that wait join a group of light ones that has not begun."""
        waiting = self._waiting
        while waiting and len(group) < JOBS_MAX and not (group[0].is_heavy or waiting[0].is_heavy):
            group.append(waiting.popleft())

    async def _run_group(self, group: list[Entry]) -> None:
        if not group:
            return
        failure: BaseException | None = None
        is_kept = False
        try:
            await self._enter(group)
            self._gathering.began(len(group))
            group = await self._perform(group)
            is_kept = self._leave(group)
            if is_kept:
                await self._sync()
        except Exception as error:  # every job of the group fails; the next group starts afresh
            failure = translate(error, self._connection.system_errno)
            self._recover()
        for entry in group:
            entry.settle(failure)
        if failure is None and is_kept:
            for hook in self.after_group:
                hook()

    async def _perform(self, group: list[Entry]) -> list[Entry]:
        """Run the jobs; those the slice had no time for go back to the head of the line."""
        if group[0].is_heavy:
            await self._thread.run(lambda: perform(self._connection, self._sql, group, self._begin_again))
            return group
        done = perform(self._connection, self._sql, group, self._begin_again)
        self._waiting.extendleft(reversed(group[done:]))
        return group[:done]

    # --- the blocking steps ------------------------------------------------------

    async def _enter(self, group: list[Entry]) -> None:
        """Begin the transaction; StoreBusy when others hold the lock for `busy_seconds`."""
        for _ in range(LOCK_TRIES):
            if any(is_slow() for is_slow in self.slow_when):
                break
            if self._begins_now():
                return
            await asyncio.sleep(LOCK_PAUSE_SECONDS)
            self._join(group)
        entering = self._thread.run(lambda: self._begin(may_wait=True))
        await asyncio.wait((entering,), timeout=self._busy_seconds)
        if not entering.done():
            await self._outlast(entering, group)
        entering.result()

    def _begins_now(self) -> bool:
        try:
            self._begin(may_wait=False)
        except WouldWait:
            return False
        return True

    async def _outlast(self, entering: "asyncio.Future[None]", group: list[Entry]) -> None:
        """The thread stays in the line for the lock; meanwhile jobs are told, none waits for ever."""
        busy = StoreBusy(f"the database has been locked for {self._busy_seconds:g} s")
        while not entering.done():
            for entry in [*group, *self._waiting]:
                entry.settle(busy)
            self._waiting.clear()
            await asyncio.wait((entering,), timeout=self._busy_seconds)
        entering.result()
        raise busy

    def _leave(self, group: list[Entry]) -> bool:
        """End the transaction; whether there is anything to sync. It costs what the page cache costs."""
        is_kept = any(entry.error is None for entry in group)
        self._connection.execute("COMMIT" if is_kept else "ROLLBACK")
        self._keeps_lock = self._checkpoint_due()
        if not self._keeps_lock:
            self._lock.release()
        return is_kept

    async def _sync(self) -> None:
        """Put the commit on disk."""
        if self._pace.is_fast():
            started = perf_counter()
            self._log.sync()
            self._pace.note(started)
        else:
            await self._thread.run(self._log.sync)

    def _begin(self, *, may_wait: bool) -> None:
        for hook in self.before_group:
            hook()
        if not self._lock.try_acquire():
            if not may_wait:
                raise WouldWait
            self._lock.acquire()
        try:
            if self._log.is_doubtful:
                self._make_certain()
            self._begin_immediate(may_wait=may_wait)
            self._open_group()
        except BaseException:
            self._lock.release()
            raise

    def _begin_again(self) -> None:
        """After a rollback within a group: the lock is still ours."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._open_group()

    def _open_group(self) -> None:
        for hook in self.inside_group:
            hook(self._sql)

    def _make_certain(self) -> None:
        """After a failed sync: copy the whole log into the database and sync that, or write nothing more.

        A second fdatasync of the log would falsely succeed: the kernel tells of lost pages only once.
        """
        pages, copied = self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        if copied < pages:
            raise TryLater("the disk failed; the log is being copied")
        self._log.is_doubtful = False

    def _begin_immediate(self, *, may_wait: bool) -> None:
        """The lock is ours; still a foreign program (a shell, a backup) may hold SQLite's own."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except apsw.BusyError:
            if not may_wait:
                raise WouldWait from None
            self._connection.set_busy_timeout(int(self._busy_seconds * 1000))
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            finally:
                self._connection.set_busy_timeout(0)

    def _recover(self) -> None:
        """After a failed group: nothing of it stays, and the connection is usable again."""
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except apsw.Error:
            self._connection.close(True)
            self._open()
        self._keeps_lock = False
        self._lock.release()

    # --- the write-ahead log -----------------------------------------------------

    def _checkpoint_due(self) -> bool:
        if self.log_pages < CHECKPOINT_PAGES:
            self._checkpoint_at = CHECKPOINT_PAGES
        return self.log_pages >= self._checkpoint_at

    def _checkpoint(self) -> None:
        """Copy the log into the database, under the lock that the last commit kept: nobody appends
        meanwhile, so the log can start again.

        A long reader keeps it from starting again; then try after as many pages more.
        """
        self._checkpoint_at = self.log_pages + CHECKPOINT_PAGES
        try:
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error:
            pass  # the log keeps everything; the next commit tells if the disk is broken
        finally:
            self._keeps_lock = False
            self._lock.release()
