"""Keeping the index in step with the mail; run by the background process.

    once a second: has anything been committed? → in which ranges of accounts? → who has enough
                   → bodies, a portion at a time, in a thread of low priority → file → merge

Few new messages are left alone: a search reads what the index does not cover, so mail is found the moment
it is there, and 50,000 accounts with a little mail each cost no file a message (docs/decisions/0010).
"""

import asyncio
import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter, thread_time
from typing import Final, TypeVar

from bocau.base.errors import StoreBusy, TryLater
from bocau.base.ids import AccountId
from bocau.database import Queries
from bocau.database.thread import BlockingThread
from bocau.runtime.waker import is_set_within
from bocau.store.blobs import BlobRef
from bocau.store.mailstore import MailStore
from bocau.store.reading import Reading
from bocau.store.search import indexing
from bocau.store.search.merge import DEAD_SHARE_MIN
from bocau.store.search.segment import SegmentBroken

T = TypeVar("T")

WAITING_MESSAGES_MAX: Final = 500
"""An account with so many new messages is indexed at the next look;"""
WAITING_BYTES_MAX: Final = 1024 * 1024
"""or with so much."""
POLL_SECONDS: Final = 1.0
PORTION_MESSAGES: Final = 2048
PORTION_BYTES: Final = 8 * 1024 * 1024
ACCOUNTS_AT_ONCE: Final = 500
"""Accounts that one read looks at after a start."""
NICENESS: Final = 10
"""Of the thread that does the work: deliveries come first."""
CPU_SHARE_MIN: Final = 0.6
"""A portion that got less of the CPU than this share of its time has been in somebody's way;"""
REST_SECONDS_MAX: Final = 1.0
"""then the thread rests as long as the portion took, but no longer than this."""
RANGE_ACCOUNTS: Final = 32
"""Accounts that are looked at together: what changed is found by one sum for so many."""
SERIAL_BITS: Final = 32

_Sums = dict[int, str]
"""Of each range, by its first id: the sums of its ids and of its last serials. Serials only grow, and an id
is given once: whatever changes, changes a sum."""
_Row = tuple[int, int, int, int]
"""(account id, last serial, bytes, messages)."""
SEARCH: Final = Queries("bocau.store", "sql/sqlite/search.sql")
_EVERYBODY: Final = AccountId(0)


@dataclass(slots=True)
class _Account:
    """What is known of one account."""

    indexed_to: int
    last_serial: int
    used_bytes: int
    new_bytes: int
    """About how much has come that is not indexed."""
    message_count: int

    @property
    def waiting(self) -> int:
        return self.last_serial - self.indexed_to

    @property
    def is_due(self) -> bool:
        return self.waiting >= WAITING_MESSAGES_MAX or (
            self.waiting > 0 and self.new_bytes >= WAITING_BYTES_MAX
        )


class Indexer:
    """One per data directory: see `sole`."""

    def __init__(self, store: MailStore, report: Callable[[str], None] = lambda text: None) -> None:
        self._store = store
        self._index = store.search
        self._report = report
        self._accounts: dict[int, _Account] = {}
        self._rebuilding: set[int] = set()
        self._version = -1
        self._sums: _Sums = {}
        self._left: list[int] = []
        """Accounts that were due when the server stopped, or an error came between."""
        self._thread = BlockingThread(asyncio.get_running_loop(), "bocau-index")

    @contextmanager
    def sole(self) -> Iterator[None]:
        """Be the only indexer of this data. StoreBusy: another process is."""
        self._index.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(self._index.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreBusy("another process keeps the index") from None
            yield
        finally:
            os.close(fd)
            self._thread.stop()
            self._thread = BlockingThread(asyncio.get_running_loop(), "bocau-index")

    async def run(self, stop: asyncio.Event) -> None:
        """Look once a second until `stop`; what cannot be done now is tried again."""
        while not stop.is_set():
            try:
                with self.sole():
                    await self._in_thread(_be_nice)
                    while not await is_set_within(stop, POLL_SECONDS):
                        await self.look(stop)
            except (TryLater, OSError) as error:
                self._version, self._sums = -1, {}
                self._report(str(error))
                await is_set_within(stop, POLL_SECONDS)

    async def look(self, stop: asyncio.Event | None = None) -> None:
        """Index what has come, for all accounts in turn, until nothing is due."""
        wanted = self._index.wanted()
        version = self._store.glance(_EVERYBODY, lambda tx: tx.sql.value("PRAGMA data_version"))
        if version == self._version and not wanted:
            return
        self._version = version
        changed = await self._learn()
        for account_id in wanted:
            await self.begin_again(account_id)
        due = [account_id for account_id in {*changed, *wanted, *self._left} if self._is_due(account_id)]
        while due and not (stop is not None and stop.is_set()):
            for account_id in due:
                rest_seconds = await self._portion(account_id)
                if rest_seconds and stop is not None:
                    await is_set_within(stop, rest_seconds)
            due = [account_id for account_id in due if self._accounts[account_id].waiting > 0]
        self._left = due
        for account_id in [a for a in self._rebuilding if not self._is_due(a)]:
            self._rebuilding.discard(account_id)
            self._index.wanted_done(account_id)

    def _is_due(self, account_id: int) -> bool:
        account = self._accounts.get(account_id)
        return account is not None and (
            account.is_due or (account_id in self._rebuilding and account.waiting > 0)
        )

    # --- who there is ---------------------------------------------------------------------

    async def _learn(self) -> Sequence[int]:
        """Bring what is known of the accounts up to date, and forget those that are gone; returns those among
        whom mail has come."""
        sums, ranges = await self._store.read(_EVERYBODY, partial(_changed_ranges, known=self._sums))
        ranges.update(dict.fromkeys(self._sums.keys() - sums.keys(), ()))
        fresh: list[int] = []
        for first, rows in ranges.items():
            fresh += self._note(rows)
            await self._forget_missing(first, {row[0] for row in rows})
        if fresh:
            await self._first_look(fresh)
        self._sums = sums
        return [row[0] for rows in ranges.values() for row in rows]

    def _note(self, rows: Sequence[_Row]) -> list[int]:
        """Returns the accounts that were not known."""
        fresh = []
        for account_id, last_serial, used_bytes, message_count in rows:
            account = self._accounts.get(account_id)
            if account is None:
                self._accounts[account_id] = _Account(0, last_serial, used_bytes, 0, message_count)
                fresh.append(account_id)
            elif account.last_serial != last_serial:
                account.new_bytes += max(used_bytes - account.used_bytes, 0)
                account.last_serial, account.used_bytes = last_serial, used_bytes
                account.message_count = message_count
        return fresh

    async def _forget_missing(self, first: int, here: set[int]) -> None:
        """Of one range: accounts that are gone, with their files. Lets others have the loop, too."""
        for account_id in range(first, first + RANGE_ACCOUNTS):
            if account_id in self._accounts and account_id not in here:
                del self._accounts[account_id]
                await self._in_thread(partial(indexing.remove_account, self._index, account_id))
        await asyncio.sleep(0)

    async def _first_look(self, account_ids: Sequence[int]) -> None:
        """After a start: what is indexed already, and how much is not; folders of nobody are removed."""
        have = set(await self._in_thread(partial(indexing.accounts_with_files, self._index)))
        for account_id in have.difference(self._accounts):
            await self._in_thread(partial(indexing.remove_account, self._index, account_id))
        for start in range(0, len(account_ids), ACCOUNTS_AT_ONCE):
            some = account_ids[start : start + ACCOUNTS_AT_ONCE]
            for account_id in have.intersection(some):
                reached = await self._in_thread(partial(indexing.indexed_to, self._index, account_id))
                if reached > self._accounts[account_id].last_serial:
                    # Made from other mail: the database was put back from a backup.
                    reached = 0
                    await self._in_thread(partial(indexing.remove_account, self._index, account_id))
                self._accounts[account_id].indexed_to = reached
            waiting = [
                (a, self._accounts[a]) for a in some if 0 < self._accounts[a].waiting < WAITING_MESSAGES_MAX
            ]
            sizes = await self._store.read(_EVERYBODY, partial(_waiting_bytes, waiting=waiting))
            for (_, account), size in zip(waiting, sizes, strict=True):
                account.new_bytes = size

    async def begin_again(self, account_id: int) -> None:
        """Remove an account's files; the next look makes them anew."""
        await self._in_thread(partial(indexing.remove_account, self._index, account_id))
        self._rebuilding.add(account_id)
        if (account := self._accounts.get(account_id)) is not None:
            account.indexed_to = 0

    # --- one account ----------------------------------------------------------------------

    async def _portion(self, account_id: int) -> float:
        """Index the next emails of an account, and merge its files when they are many; returns how long to
        rest."""
        account = self._accounts[account_id]
        bodies = await self._store.read(
            AccountId(account_id),
            partial(_bodies, after=account.indexed_to, last=account.last_serial, limit=PORTION_MESSAGES),
        )
        reaches_end = len(bodies) < PORTION_MESSAGES
        some = _that_fit(bodies)
        last = account.last_serial if reaches_end and len(some) == len(bodies) else some[-1][0]
        rest_seconds = await self._in_thread(
            partial(
                _rest_after,
                partial(indexing.add_file, self._index, self._store.blobs, account_id, some, last),
            )
        )
        account.indexed_to = last
        account.new_bytes = 0 if last == account.last_serial else account.new_bytes
        await self._merge(account_id, account)
        return rest_seconds

    async def _merge(self, account_id: int, account: _Account) -> None:
        try:
            while await self._in_thread(partial(indexing.is_merge_due, self._index, account_id)):
                lives = await self._lives(account_id, account)
                await self._in_thread(partial(indexing.merge_once, self._index, account_id, lives))
        except SegmentBroken:
            self._index.want(account_id)

    async def _lives(self, account_id: int, account: _Account) -> Callable[[int], bool]:
        """Which emails still exist; asked only when a good part of those indexed do not."""
        segments = self._index.segments(account_id)
        indexed = sum(map(len, segments))
        if indexed * (1 - DEAD_SHARE_MIN) <= account.message_count:
            return _everyone
        first, last = segments[0].first, segments[-1].last
        alive = await self._store.read(AccountId(account_id), partial(_serials, first=first, last=last))
        return alive.__contains__

    # --- for the command line ---------------------------------------------------------------

    async def rebuild(self, account_ids: Sequence[int]) -> None:
        """Make the index of these accounts anew, now, within `sole`."""
        for account_id in account_ids:
            self._index.want(account_id)
        self._version = -1
        await self.look()

    def _in_thread(self, call: Callable[[], T]) -> "asyncio.Future[T]":
        return self._thread.run(call)


def _everyone(serial: int) -> bool:
    return True


def _that_fit(bodies: Sequence[indexing.Body]) -> Sequence[indexing.Body]:
    """As many as PORTION_BYTES hold, but one at least."""
    total = 0
    for place, (_, ref) in enumerate(bodies):
        total += ref.length
        if total > PORTION_BYTES and place:
            return bodies[:place]
    return bodies


def _changed_ranges(tx: Reading, known: _Sums) -> tuple[_Sums, dict[int, Sequence[_Row]]]:
    """(what there is, the accounts of each range that is not as it is known)."""
    sums: _Sums = dict(tx.sql.rows(SEARCH.ranges, (RANGE_ACCOUNTS,)))
    changed = [first for first, total in sums.items() if known.get(first) != total]
    return sums, {first: tx.sql.rows(SEARCH.range, (first, RANGE_ACCOUNTS)) for first in changed}


def _waiting_bytes(tx: Reading, waiting: Sequence[tuple[int, _Account]]) -> list[int]:
    return [
        tx.sql.value(
            SEARCH.waiting_bytes,
            (_email_id(account_id, account.indexed_to), _email_id(account_id, account.last_serial)),
        )
        for account_id, account in waiting
    ]


def _bodies(tx: Reading, after: int, last: int, limit: int) -> list[indexing.Body]:
    values = (_email_id(tx.account_id, after), _email_id(tx.account_id, last), limit)
    return [(serial, BlobRef(*blob)) for serial, *blob in tx.sql.rows(SEARCH.bodies, values)]


def _serials(tx: Reading, first: int, last: int) -> set[int]:
    values = (_email_id(tx.account_id, first), _email_id(tx.account_id, last))
    return set(json.loads(tx.sql.value(SEARCH.serials, values)))


def _email_id(account_id: int, serial: int) -> int:
    return (account_id << SERIAL_BITS) + serial


def _rest_after(work: Callable[[], None]) -> float:
    """Do it, and say for how long those who wanted the CPU at the same time should be left alone."""
    began, began_cpu = perf_counter(), thread_time()
    work()
    seconds, cpu_seconds = perf_counter() - began, thread_time() - began_cpu
    return min(seconds, REST_SECONDS_MAX) if cpu_seconds < seconds * CPU_SHARE_MIN else 0.0


def _be_nice() -> None:
    """Only this thread: it must not hold up those that answer somebody."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    except OSError:
        pass  # Elsewhere than on Linux a thread has no priority of its own.
