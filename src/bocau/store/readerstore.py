"""The store as one account sees it: every job reads and writes for this reader, whoever owns the mailbox.

A session has this instead of the `MailStore`, so none of its commands can forget for whom it acts.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from bocau.base.ids import AccountId
from bocau.store.blobs import Blobs
from bocau.store.reading import Reading
from bocau.store.writing import Writing

if TYPE_CHECKING:
    from bocau.store.columncache import ColumnCache
    from bocau.store.mailstore import MailStore
    from bocau.store.search import SearchIndex

T = TypeVar("T")


class ReaderStore:
    """See `MailStore`, whose methods these are. Reader 0 is nobody: it may do nothing with any mailbox."""

    __slots__ = ("_store", "reader_id")

    def __init__(self, store: "MailStore", reader_id: AccountId) -> None:
        self._store = store
        self.reader_id = reader_id

    @property
    def blobs(self) -> Blobs:
        return self._store.blobs

    @property
    def columns(self) -> "ColumnCache":
        """Whole mailboxes in memory; what a guest asks is answered with its own \\Seen."""
        return self._store.columns

    @property
    def search(self) -> "SearchIndex":
        """The full-text index of all accounts; ask it only about mailboxes that the reader may read."""
        return self._store.search

    def glance(
        self, account: AccountId, job: Callable[[Reading], T], *, reader: AccountId | None = None
    ) -> T:
        """Run a short read now, in this thread."""
        assert reader is None or reader == self.reader_id
        return self._store.glance(account, job, reader=self.reader_id)

    def scan(self, account: AccountId, job: Callable[[Reading], T], *, reader: AccountId | None = None) -> T:
        """Run one portion of a long read now, in this thread."""
        assert reader is None or reader == self.reader_id
        return self._store.scan(account, job, reader=self.reader_id)

    async def read(
        self, account: AccountId, job: Callable[[Reading], T], *, reader: AccountId | None = None
    ) -> T:
        """Run a read of unknown length in the reader thread."""
        assert reader is None or reader == self.reader_id
        return await self._store.read(account, job, reader=self.reader_id)

    async def write(
        self,
        account: AccountId,
        job: Callable[[Writing], T],
        *,
        heavy: bool = False,
        reader: AccountId | None = None,
    ) -> T:
        """Run a write job; returns when it is committed, on disk and rung."""
        assert reader is None or reader == self.reader_id
        # What a guest has seen may be a long list of uids, which its verbs renew as a whole.
        is_heavy = heavy or account != self.reader_id
        return await self._store.write(account, job, heavy=is_heavy, reader=self.reader_id)

    def listen(self, account: AccountId, heard: Callable[[], None]) -> Callable[[], None]:
        """Call `heard()` after each commit that changed this account; a bell tells nothing but that."""
        return self._store.listen(account, heard)
