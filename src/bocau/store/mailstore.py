"""The one store: jobs in one transaction, group commit, a change log, a doorbell.

write(account, job) → job(Writing) → rows + change rows → commit → doorbell → listeners read the log
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from bocau.base.errors import DiskFull
from bocau.base.ids import AccountId, ModSeq
from bocau.database import Database, Schema, Sql
from bocau.store.blobs import Blobs
from bocau.store.blobs.journal import Journal
from bocau.store.columncache import ColumnCache
from bocau.store.mailboxcounts import CountCache
from bocau.store.readerstore import ReaderStore
from bocau.store.reading import Reading
from bocau.store.reserve import Reserve
from bocau.store.values import Change, Usage
from bocau.store.writing import Job, Writing

if TYPE_CHECKING:
    from bocau.store.search import SearchIndex

T = TypeVar("T")

STORE_SCHEMA: Final = Schema("store", "bocau.store", "sql/sqlite")
"""For Database.open."""
RESERVE_NAME: Final = "reserve"
"""A file beside the database; see bocau.store.reserve."""
SEARCH_NAME: Final = "search"
"""A folder beside the database; see bocau.store.search."""


class Bell(Protocol):
    """What the store needs of `runtime.doorbell`."""

    def ring(self, topics: Iterable[str]) -> None:
        """Never blocks, never raises."""

    def listen(self, topic: str, heard: Callable[[], None]) -> Callable[[], None]:
        """Call `heard()` on the loop soon after a ring; returns the function that ends it."""


class MailStore:
    """Opened by `app`; one per process."""

    blobs: Blobs

    def __init__(
        self, database: Database, blobs: Blobs, bell: Bell, now: Callable[[], float] = time.time
    ) -> None:
        self.blobs = blobs
        self.columns = ColumnCache()
        """Whole mailboxes in memory, for SEARCH, SORT and FETCH (see `bocau.store.columns`)."""
        self.mailbox_counts = CountCache()
        """Unread emails and threads of mailboxes."""
        self.database = database
        self.reserve = Reserve(database.settings.path.with_name(RESERVE_NAME))
        self.reserve.fill()
        self._bell = bell
        self._now = now
        self._topics: set[str] = set()
        Journal(database, blobs.appender, blobs.packs).restore()
        database.after_group.append(self._ring)

    def read_by(self, reader: AccountId) -> ReaderStore:
        """The store as this account sees it, its own mailboxes and those shared with it."""
        return ReaderStore(self, reader)

    @cached_property
    def search(self) -> "SearchIndex":
        """The full-text index; made when first asked for."""
        from bocau.store.search import SearchIndex

        return SearchIndex(self.database.settings.path.with_name(SEARCH_NAME))

    def glance(
        self, account: AccountId, job: Callable[[Reading], T], *, reader: AccountId | None = None
    ) -> T:
        """Run a short read now, in this thread (bounded rows, microseconds to a millisecond)."""
        return self.database.read(lambda sql: job(Reading(sql, account, reader)))

    def usage(self, account: AccountId) -> Usage:
        """What an account holds, now. NoSuchAccount."""
        return self.database.single(lambda sql: Reading(sql, account).usage())

    def scan(self, account: AccountId, job: Callable[[Reading], T], *, reader: AccountId | None = None) -> T:
        """Run one portion of a long read now, as glance() does; what it reads is not kept in memory."""
        return self.database.scan(lambda sql: job(Reading(sql, account, reader)))

    async def read(
        self, account: AccountId, job: Callable[[Reading], T], *, reader: AccountId | None = None
    ) -> T:
        """Run a read of unknown length in the reader thread."""
        return await self.database.read_heavy(lambda sql: job(Reading(sql, account, reader)))

    async def write(
        self,
        account: AccountId,
        job: Callable[[Writing], T],
        *,
        heavy: bool = False,
        reader: AccountId | None = None,
    ) -> T:
        """Run a write job; returns when it is committed, on disk and rung. `heavy`: more than ~1,000 rows."""

        def run(sql: Sql) -> T:
            context = Job(int(self._now()), self.blobs.check)
            result = job(Writing(sql, account, context, reader))
            self._topics.update(context.topics())
            return result

        try:
            return await self.database.write(run, heavy=heavy)
        except DiskFull:
            # New mail has been refused before; what comes here takes little, and may be what frees the disk.
            if not self.reserve.release():
                raise
            return await self.database.write(run, heavy=heavy)

    def _ring(self) -> None:
        """After each commit: one ring for all that its jobs changed."""
        if self._topics:
            topics, self._topics = self._topics, set()
            self._bell.ring(topics)

    def listen(self, account: AccountId, heard: Callable[[], None]) -> Callable[[], None]:
        """Call `heard()` on the loop after each commit of any process that changed this account; returns the
        function that ends it. A doorbell, not a parcel: the listener reads `changes()`."""
        return self._bell.listen(f"a{account}", heard)

    def listen_for(self, topic: str, heard: Callable[[], None]) -> Callable[[], None]:
        """The same for what a job rings beside the accounts (`Job.bells`)."""
        return self._bell.listen(topic, heard)

    async def watch(self, account: AccountId, after: ModSeq) -> AsyncIterator[list[Change]]:
        """What happened after `after`, as it happens, in order and without gaps."""
        heard = asyncio.Event()
        end = self.listen(account, heard.set)
        try:
            while True:
                heard.clear()
                changes = self.glance(account, lambda tx, after=after: tx.changes(after))  # type: ignore[misc]
                if changes:
                    yield changes
                    after = changes[-1].modseq
                else:
                    await heard.wait()
        finally:
            end()


__all__ = ["STORE_SCHEMA", "Bell", "MailStore", "Reading", "Writing"]
