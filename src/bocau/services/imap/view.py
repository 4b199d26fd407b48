"""The selected mailbox as this client was told it is: message numbers ↔ uids (RFC 9051 §2.3.1).

Numbers change only when EXPUNGE or EXISTS is said, so the view lags behind the store until `updates` says it.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from bocau.base.ids import AccountId, MailboxId, ModSeq
from bocau.protocols.imap.sets import NumberSet, merged
from bocau.services.imap.errors import BadNumber
from bocau.store import ChangeKind, Mailbox, Reading
from bocau.store.access import ALL_RIGHTS, Rights

if TYPE_CHECKING:
    from bocau.services.imap.contexts import Context

Runs = list[tuple[int, int]]
"""Half-open runs of positions in the view (number - 1), ascending, disjoint."""
State = tuple[Any, ...]
UidLists = WeakValueDictionary[tuple[int, ...], "array[int]"]
"""The uids of mailboxes with gaps, by (account, mailbox, modseq, count): equal views share one."""


class View:
    """Compact: uids without a gap are a range, others an array of 4 bytes each; loaded when needed.

    An array is never changed, only replaced: many views share it.
    """

    __slots__ = (
        "_count",
        "_loaded",
        "account_id",
        "contexts",
        "grown_count",
        "has_own_seen",
        "is_read_only",
        "keywords",
        "mailbox_id",
        "modseq",
        "name",
        "recent_count",
        "recent_uid",
        "rights",
        "saved",
        "uid_next",
        "withheld",
        "withheld_after",
    )

    def __init__(
        self,
        account_id: AccountId,
        mailbox: Mailbox,
        *,
        is_read_only: bool,
        reader_id: AccountId | None = None,
    ) -> None:
        self.account_id = account_id
        """Whose mailbox it is."""
        self.has_own_seen: bool = reader_id is not None and reader_id != account_id
        """The reader is not the owner: \\Seen is not in the rows of `message`, but laid over what
        `Reading.flags`, `messages` and `blobs` answer. Ways that read rows by other statements are for the
        owner only."""
        self.rights: Rights = ALL_RIGHTS
        """What the reader was told that it may do (see `services.imap.rights`)."""
        self.mailbox_id: MailboxId = mailbox.mailbox_id
        self.name = mailbox.name
        self.is_read_only = is_read_only
        self.modseq: ModSeq = mailbox.highest_modseq
        """The change log is told up to here."""
        self.uid_next: int = mailbox.uid_next
        self.recent_uid: int = mailbox.recent_uid
        """Greater uids are \\Recent in this session."""
        self.recent_count = 0
        """How many they were at SELECT."""
        self.withheld_after: ModSeq = mailbox.highest_modseq
        """Where something is withheld: below the modseq at which the first of it went."""
        self.withheld: set[int] = set()
        """Expunged, but not said yet: the command in progress does not allow it."""
        self.saved: Sequence[int] = ()
        """The uids of SEARCH RETURN (SAVE), RFC 5182."""
        self.contexts: list[Context] = []
        """Searches that are kept up to date (see `services.imap.contexts`)."""
        self.keywords: frozenset[str] = frozenset()
        """Keywords that FLAGS has announced."""
        self.grown_count = 0
        """Messages that have arrived since the SELECT."""
        self._count = mailbox.message_count
        has_no_gap = mailbox.message_count == mailbox.uid_next - 1 or not mailbox.message_count
        self._loaded: Sequence[int] | None = range(1, mailbox.message_count + 1) if has_no_gap else None

    @property
    def count(self) -> int:
        return self._count

    def load(self, reading: Reading) -> None:
        """Read the uids as they were when the mailbox was selected: what the log says since is taken back."""
        if self._loaded is not None:
            return
        uids = [uid for uid in reading.uids(self.mailbox_id) if uid < self.uid_next]
        if len(uids) != self._count:
            gone = {
                uid
                for change in reading.changes(self.modseq, self.mailbox_id)
                if change.kind is ChangeKind.EXPUNGED
                for low, high in change.uids
                for uid in range(low, min(high, self.uid_next - 1) + 1)
            }
            uids = sorted(gone.union(uids))
        self._keep(uids)

    @property
    def is_loaded(self) -> bool:
        return self._loaded is not None

    def take(self, uids: "array[int]") -> None:
        """The uids as they were at `modseq`, from where they are kept."""
        if len(uids) == self._count and not self.withheld:
            self._loaded = uids

    def share(self, lists: UidLists) -> bool:
        """Take the uids that an equal view has, or offer these; returns whether they are loaded."""
        key = (self.account_id, self.mailbox_id, self.modseq, self._count)
        if not self.withheld and (self._loaded is None or isinstance(self._loaded, array)):
            known = lists.get(key)
            if known is not None:
                self._loaded = known
            elif self._loaded is not None:
                lists[key] = self._loaded
        return self._loaded is not None

    @property
    def state(self) -> State:
        """What decides how news are told: views of equal states may follow each other."""
        loaded = self._loaded
        uids = loaded if loaded is None or isinstance(loaded, range) else id(loaded)
        mailbox = (self.account_id, self.mailbox_id, self.is_read_only, self.modseq, self.uid_next, uids)
        return (*mailbox, self._count, self.grown_count, self.recent_uid, self.recent_count, self.keywords)

    def follow(self, other: "View") -> None:
        """Become what a view of the same state has become."""
        self.modseq, self.uid_next, self.keywords = other.modseq, other.uid_next, other.keywords
        self._loaded, self._count, self.grown_count = other._loaded, other._count, other.grown_count

    @property
    def uids(self) -> Sequence[int]:
        """Ascending; index = message number - 1. `load` first."""
        assert self._loaded is not None
        return self._loaded

    def _keep(self, uids: Sequence[int]) -> None:
        first = uids[0] if uids else 1
        if uids and uids[-1] - first == len(uids) - 1:
            self._loaded = range(first, uids[-1] + 1)
        else:
            self._loaded = uids if isinstance(uids, array) else array("I", uids)
        self._count = len(uids)

    # --- numbers ------------------------------------------------------------------------

    def number_of(self, uid: int) -> int | None:
        """The message number of a uid."""
        position = bisect_left(self.uids, uid)
        return position + 1 if position < self._count and self.uids[position] == uid else None

    def chosen(self, numbers: NumberSet, *, by_uid: bool) -> Runs:
        """Where the messages of a client's set stand. BadNumber: a message number above the last."""
        if numbers.is_saved:
            ranges = [(uid, uid) for uid in self.saved]
            by_uid = True
        else:
            largest = self.uids[-1] if by_uid and self._count else self._count
            ranges = numbers.resolved(largest)
        return self.runs_of(ranges) if by_uid else self._checked(ranges)

    def runs_of(self, uid_ranges: Sequence[tuple[int, int]]) -> Runs:
        """Where the uids of ascending ranges stand; those that do not exist are passed over."""
        uids = self.uids
        runs = []
        for low, high in uid_ranges:
            start, stop = bisect_left(uids, low), bisect_right(uids, high)
            if start < stop:
                runs.append((start, stop))
        return [(low, high + 1) for low, high in merged((start, stop - 1) for start, stop in runs)]

    def _checked(self, ranges: Sequence[tuple[int, int]]) -> Runs:
        if not self._count and all(low <= 1 for low, _ in ranges):
            return []
        if ranges and (ranges[-1][1] > self._count or ranges[0][0] < 1):
            raise BadNumber("no message has that number")
        return [(low - 1, high) for low, high in ranges]

    def uid_ranges(self, runs: Runs) -> list[tuple[int, int]]:
        """What to ask the store for: between the first and the last uid of a run lie no others."""
        uids = self.uids
        return [(uids[start], uids[stop - 1]) for start, stop in runs]

    def uids_in(self, runs: Runs) -> list[int]:
        uids = self.uids
        return [uid for start, stop in runs for uid in uids[start:stop]]

    # --- changes ------------------------------------------------------------------------

    def append(self, uids: Sequence[int]) -> None:
        """New messages arrived: ascending uids above all others. What is not loaded need not be for that."""
        known = self._loaded
        self.grown_count += len(uids)
        self._count += len(uids)
        if known is None:
            return
        first = known[-1] + 1 if len(known) else 1
        if isinstance(known, range) and uids[0] == first and uids[-1] - first == len(uids) - 1:
            self._loaded = range(known.start if len(known) else 1, uids[-1] + 1)
        else:
            self._loaded = array("I", known) + array("I", uids)

    def remove(self, gone: set[int]) -> list[int]:
        """Take uids out; returns the numbers to say in EXPUNGE, the last message first."""
        uids = self.uids
        positions = sorted(
            (p for uid in gone if (p := bisect_left(uids, uid)) < self._count and uids[p] == uid),
            reverse=True,
        )
        if positions:
            kept, start = array("I"), 0
            for position in reversed(positions):
                kept.extend(uids[start:position])
                start = position + 1
            kept.extend(uids[start:])
            self._keep(kept)
        if self.saved:
            self.saved = [uid for uid in self.saved if uid not in gone]
        return [position + 1 for position in positions]


def batches(runs: Runs, size: int) -> list[Runs]:
    """Cut runs into portions of at most `size` messages."""
    result: list[Runs] = []
    current: Runs = []
    room = size
    for start, stop in runs:
        while start < stop:
            end = min(stop, start + room)
            current.append((start, end))
            room -= end - start
            start = end
            if not room:
                result.append(current)
                current, room = [], size
    if current:
        result.append(current)
    return result


def numbers_in(runs: Runs) -> Sequence[int]:
    """The message numbers of runs."""
    if len(runs) == 1:
        return range(runs[0][0] + 1, runs[0][1] + 1)
    return [number for start, stop in runs for number in range(start + 1, stop + 1)]
