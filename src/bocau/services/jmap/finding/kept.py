"""What one process keeps of queries: the mailboxes of an account as one, and lists for their next page."""

from array import array
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, Protocol, TypeVar

from bocau.base.ids import AccountId, MailboxId
from bocau.services.jmap.finding.pool import Merged

LISTS_BYTES: Final = 16 * 1024 * 1024
MERGED_BYTES: Final = 48 * 1024 * 1024
ENTRY_BYTES: Final = 500
"""What the smallest entry costs."""
UNSETTLED_MAX: Final = 10_000


class Sized(Protocol):
    @property
    def size_bytes(self) -> int: ...


V = TypeVar("V", bound=Sized)


class Lru(Generic[V]):
    """Values by the time of their last use; the oldest go when all together are too large. For one
    thread."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._kept: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self.size_bytes = 0

    def get(self, key: Hashable) -> V | None:
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: V) -> None:
        size = ENTRY_BYTES + value.size_bytes
        self.size_bytes += size - self._kept.pop(key, (None, 0))[1]
        self._kept[key] = value, size
        while self.size_bytes > self._bytes_max:
            _, (_, gone) = self._kept.popitem(last=False)
            self.size_bytes -= gone


class Ids:
    """A list: serials of emails, in order."""

    __slots__ = ("serials",)

    def __init__(self, serials: "array[int]") -> None:
        self.serials = serials

    @property
    def size_bytes(self) -> int:
        return len(self.serials) * self.serials.itemsize


class Kept:
    """One per process."""

    def __init__(self) -> None:
        self.lists: Lru[Ids] = Lru(LISTS_BYTES)
        self.merged: Lru[Merged] = Lru(MERGED_BYTES)
        self.unsettled: set[tuple[AccountId, MailboxId]] = set()
        """Mailboxes of which columns were read while emails still lacked keys: to be read again."""

    def note_unsettled(self, account_id: AccountId, mailbox_id: MailboxId) -> None:
        if len(self.unsettled) < UNSETTLED_MAX:
            self.unsettled.add((account_id, mailbox_id))
