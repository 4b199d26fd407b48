"""Unread emails and threads of all mailboxes of an account (RFC 8621 §2), from the columns in memory.

Counted once for each state of the account's mail. A thread is unread wherever it has an email if one of its
emails is; emails in the Trash count there alone, as if they were another thread.
"""

import threading
from array import array
from collections import OrderedDict
from itertools import compress
from typing import Final, NamedTuple

from bocau.base.ids import AccountId, MailboxId
from bocau.store.columncache import ColumnCache
from bocau.store.columns import Columns, Fact, inverted, visible
from bocau.store.emails import mail_state
from bocau.store.reading import Reading
from bocau.store.values import Flags, Mailbox, MailboxRole

ACCOUNTS_MAX: Final = 500
"""Accounts whose counts one process keeps."""
GLANCE_EMAILS_MAX: Final = 10_000
"""A larger account is counted in the reader thread."""
_READ: Final = int(Flags.SEEN | Flags.DRAFT)


class Counts(NamedTuple):
    unread_emails: int
    """Neither \\Seen nor \\Draft."""
    thread_count: int
    unread_threads: int


AllCounts = dict[MailboxId, Counts]


class ThreadCount(int):
    """Kept with the roster that it belongs to."""

    size_bytes = 32


class CountCache:
    """One per process; safe in the loop's thread and the reader's at once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[AccountId, tuple[tuple[int, int], AllCounts]] = OrderedDict()
        self._lock = threading.Lock()

    def glanced(self, reading: Reading, columns: ColumnCache) -> AllCounts | None:
        """The counts where they are known or cost little; else None."""
        state, mailboxes = mail_state(reading), reading.mailboxes()
        kept = self._kept.get(reading.account_id)
        if kept is not None and kept[0] == state:
            return kept[1]
        if sum(mailbox.message_count for mailbox in mailboxes) > GLANCE_EMAILS_MAX:
            return None
        images = [columns.glanced(reading, mailbox.mailbox_id, Fact.THREAD_SERIAL) for mailbox in mailboxes]
        there = [image for image in images if image is not None]
        if len(there) < len(images):
            return None
        return self._keep(reading.account_id, state, counted(mailboxes, there))

    def of(self, reading: Reading, columns: ColumnCache) -> AllCounts:
        """The counts; a first load reads whole mailboxes: in the reader thread."""
        state, mailboxes = mail_state(reading), reading.mailboxes()
        kept = self._kept.get(reading.account_id)
        if kept is not None and kept[0] == state:
            return kept[1]
        images = [columns.of(reading, mailbox.mailbox_id, Fact.THREAD_SERIAL) for mailbox in mailboxes]
        return self._keep(reading.account_id, state, counted(mailboxes, images))

    def _keep(self, account_id: AccountId, state: tuple[int, int], found: AllCounts) -> AllCounts:
        with self._lock:
            self._kept[account_id] = state, found
            self._kept.move_to_end(account_id)
            while len(self._kept) > ACCOUNTS_MAX:
                self._kept.popitem(last=False)
        return found


def counted(mailboxes: list[Mailbox], images: list[Columns]) -> AllCounts:
    """The counts of all mailboxes of an account from their images; what is \\Deleted does not count."""
    images = list(map(visible, images))
    unread = [inverted(image.flagged(_READ)) for image in images]
    threads = [
        set(compress(_threads(image), selector)) for image, selector in zip(images, unread, strict=True)
    ]
    is_trash = [mailbox.role is MailboxRole.TRASH for mailbox in mailboxes]
    elsewhere = set[int]().union(*(own for own, trash in zip(threads, is_trash, strict=True) if not trash))
    return {
        mailbox.mailbox_id: Counts(
            selector.count(1),
            _thread_count(image),
            len(own) if trash else len(elsewhere.intersection(_threads(image))),
        )
        for mailbox, image, selector, own, trash in zip(
            mailboxes, images, unread, threads, is_trash, strict=True
        )
    }


def _threads(image: Columns) -> "array[int]":
    return image.fact(Fact.THREAD_SERIAL)


def _thread_count(image: Columns) -> int:
    derived = image.roster.derived
    kept: ThreadCount | None = derived.get(ThreadCount)
    if kept is None:
        kept = derived[ThreadCount] = ThreadCount(len(set(_threads(image))))
    # A plain number: JSON knows no kinds of int.
    return int(kept)
