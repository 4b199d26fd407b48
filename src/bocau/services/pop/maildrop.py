"""A mailbox as a POP session sees it: a snapshot at login, marks, one write at QUIT (RFC 1939 §3 to §6).

open → uids and sizes (12 bytes a message) → marks → commit: \\Seen and expunge in one transaction
"""

import re
from array import array
from collections.abc import Iterator
from typing import Final

from bocau.base.errors import NoSuchMessage
from bocau.base.ids import AccountId, MailboxId, UidValidity
from bocau.base.wiretext import UINT32_MAX
from bocau.store import BlobRef, Flags, Mailbox, MailStore, Reading, Writing

INBOX: Final = "INBOX"
GLANCE_MAX: Final = 1_000
"""An INBOX of more messages is read in the reader thread."""
WINDOW: Final = 256
"""Bodies looked up at once while a client fetches one after the other."""
SLICE: Final = 2_000
"""Rows of a long INBOX read at once."""
LIGHT_MAX: Final = 1_000
"""More marks than this are a heavy write."""

_SEEN: Final = 1
_RETRIEVED: Final = 2
_DELETED: Final = 4
_GONE: Final = re.compile(rb"[\x04-\x07]+")
_READ: Final = re.compile(rb"\x02+")
"""Retrieved, and neither deleted nor seen before."""

Rows = list[tuple[int, int, BlobRef]]


def _slices(reading: Reading, inbox: Mailbox) -> list[tuple[int, int]]:
    """Uid ranges to read one after the other: rows are large, and only a few numbers of each are kept."""
    if inbox.message_count <= SLICE:
        return [(1, UINT32_MAX)]
    uids = reading.uids(inbox.mailbox_id)
    return [(uids[i], uids[min(i + SLICE, len(uids)) - 1]) for i in range(0, len(uids), SLICE)]


class Maildrop:
    """Messages are numbered from 1; indexes count from 0."""

    def __init__(self, store: MailStore, account_id: AccountId, inbox: Mailbox) -> None:
        self._store = store
        self._account_id = account_id
        self._mailbox_id: MailboxId = inbox.mailbox_id
        self._uid_validity: UidValidity = inbox.uid_validity
        self._uids = array("I")
        self._sizes = array("Q")
        self._marks = bytearray()
        self._refs: dict[int, BlobRef] = {}
        self._last_index = -1
        self.count = 0
        """Messages that are not marked as deleted."""
        self.size_bytes = 0

    @classmethod
    async def open(cls, store: MailStore, account_id: AccountId, name: str = INBOX) -> "Maildrop":
        """Take the snapshot; a hundred thousand messages are read in the reader thread. NoSuchMailbox."""

        def glance(reading: Reading) -> "Maildrop | None":
            return cls._read(store, reading, name, GLANCE_MAX)

        def read(reading: Reading) -> "Maildrop":
            maildrop = cls._read(store, reading, name, UINT32_MAX)
            assert maildrop is not None
            return maildrop

        maildrop = store.glance(account_id, glance)
        return maildrop if maildrop is not None else await store.read(account_id, read)

    @classmethod
    def _read(cls, store: MailStore, reading: Reading, name: str, count_max: int) -> "Maildrop | None":
        inbox = reading.mailbox_named(name)
        if inbox.message_count > count_max:
            return None
        maildrop = cls(store, reading.account_id, inbox)
        for first, last in _slices(reading, inbox):
            maildrop._fill(reading.blobs(inbox.mailbox_id, [(first, last)]))
        maildrop.count = len(maildrop._uids)
        maildrop.size_bytes = sum(maildrop._sizes)
        return maildrop

    def _fill(self, rows: Rows) -> None:
        if not self._uids:
            self._refs = {uid: ref for uid, _, ref in rows[:WINDOW]}
        self._uids.extend([row[0] for row in rows])
        self._sizes.extend([row[2].length for row in rows])
        self._marks.extend([row[1] & _SEEN for row in rows])

    # --- looking -----------------------------------------------------------------------

    def index(self, number: int) -> int:
        """NoSuchMessage: never there, or marked as deleted."""
        if number > len(self._uids):
            raise NoSuchMessage(f"There are {len(self._uids)} messages")
        if self._marks[number - 1] & _DELETED:
            raise NoSuchMessage("That message is deleted")
        return number - 1

    def size(self, index: int) -> int:
        return self._sizes[index]

    def unique_id(self, index: int) -> str:
        """RFC 1939 §7 UIDL: the same for ever, never for another message."""
        return f"{self._uid_validity}.{self._uids[index]}"

    def sizes(self, start: int, end: int) -> bytes:
        """LIST lines of the messages with start ≤ index < end."""
        sizes = self._sizes
        return b"".join([b"%d %d\r\n" % (i + 1, sizes[i]) for i in self._present(start, end)])

    def unique_ids(self, start: int, end: int) -> bytes:
        """UIDL lines."""
        uids, validity = self._uids, self._uid_validity
        return b"".join([b"%d %d.%d\r\n" % (i + 1, validity, uids[i]) for i in self._present(start, end)])

    def _present(self, start: int, end: int) -> Iterator[int]:
        marks = self._marks
        return (i for i in range(start, end) if not marks[i] & _DELETED)

    @property
    def length(self) -> int:
        """Messages of the snapshot, deleted or not."""
        return len(self._uids)

    def ref(self, index: int) -> BlobRef:
        """Where the body lies. NoSuchMessage when another session expunged it."""
        uid = self._uids[index]
        ref = self._refs.get(uid) or self._look_up(index, uid)
        self._last_index = index
        return ref

    def _look_up(self, index: int, uid: int) -> BlobRef:
        is_next = index == self._last_index + 1
        last = self._uids[min(index + WINDOW, len(self._uids)) - 1] if is_next else uid
        rows = self._store.glance(
            self._account_id, lambda reading: reading.blobs(self._mailbox_id, [(uid, last)])
        )
        self._refs = {uid: ref for uid, _, ref in rows}
        if uid not in self._refs:
            raise NoSuchMessage("That message is gone")
        return self._refs[uid]

    def forget_refs(self) -> None:
        """Look up anew: a body was moved since."""
        self._refs.clear()

    # --- marking -----------------------------------------------------------------------

    def retrieved(self, index: int) -> None:
        self._marks[index] |= _RETRIEVED

    def delete(self, index: int) -> None:
        self._marks[index] |= _DELETED
        self.count -= 1
        self.size_bytes -= self._sizes[index]

    def reset(self) -> None:
        """RSET: nothing is deleted."""
        self._marks = self._marks.translate(bytes(mark & ~_DELETED for mark in range(256)))
        self.count = len(self._uids)
        self.size_bytes = sum(self._sizes)

    # --- UPDATE ------------------------------------------------------------------------

    async def commit(self) -> int:
        """Expunge what is marked, set \\Seen on what was retrieved: all or none. Returns how many were
        deleted.

        What another session expunged meanwhile is no error."""
        gone = self._ranges(_GONE)
        seen = self._ranges(_READ)
        if not gone and not seen:
            return 0

        def job(writing: Writing) -> int:
            if writing.mailbox(self._mailbox_id).uid_validity != self._uid_validity:
                raise NoSuchMessage("The mailbox was replaced")
            if seen:
                writing.change_keywords(self._mailbox_id, seen, add=Flags.SEEN)
            return len(writing.expunge(self._mailbox_id, gone, only_deleted=False)) if gone else 0

        marked = len(self._marks) - self._marks.count(0) - self._marks.count(_SEEN)
        return await self._store.write(self._account_id, job, heavy=marked > LIGHT_MAX)

    def _ranges(self, marked: "re.Pattern[bytes]") -> list[tuple[int, int]]:
        """Uids of the marked messages. Neighbours of the snapshot make one range: what lies between was never
        there, or is gone for ever."""
        uids = self._uids
        return [(uids[run.start()], uids[run.end() - 1]) for run in marked.finditer(self._marks)]
