"""The one store: jobs in one transaction, group commit, a change log, a doorbell.

    write(account, job) → job(Writing) → rows + change rows → commit → doorbell → listeners read the log
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from bocau.base.ids import AccountId, EmailId, MailboxId, ModSeq, Uid
from bocau.database import Sql
from bocau.store.blobs import BlobRef, Blobs
from bocau.store.values import Change, Flags, Mailbox, MailboxRole, Message, NewEmail, Usage

if TYPE_CHECKING:
    from bocau.store.queue import QueueReading, QueueWriting

T = TypeVar("T")
UidRanges = Sequence[tuple[int, int]]
"""Inclusive, ascending, not overlapping."""


class Reading:
    """One account, one snapshot. Everything here is a plain function call: no await inside a job."""

    account_id: AccountId
    sql: Sql
    queue: "QueueReading"

    def of(self, account_id: AccountId) -> "Reading":
        """The same snapshot, another account."""
        raise NotImplementedError

    def modseq(self) -> ModSeq:
        """The account's last change."""
        raise NotImplementedError

    def usage(self) -> Usage:
        raise NotImplementedError

    def mailboxes(self) -> list[Mailbox]:
        """Sorted by name."""
        raise NotImplementedError

    def mailbox(self, mailbox_id: MailboxId) -> Mailbox:
        """NoSuchMailbox."""
        raise NotImplementedError

    def mailbox_named(self, name: str) -> Mailbox:
        """Exact name; INBOX in any case. NoSuchMailbox."""
        raise NotImplementedError

    def mailbox_with_role(self, role: MailboxRole) -> Mailbox | None:
        raise NotImplementedError

    def uids(self, mailbox_id: MailboxId) -> list[int]:
        """Every uid, ascending."""
        raise NotImplementedError

    def flags(
        self, mailbox_id: MailboxId, ranges: UidRanges, *, since: int = 0
    ) -> list[tuple[int, int, int, str]]:
        """(uid, modseq, flags, keywords) ascending by uid; only modseq > `since`."""
        raise NotImplementedError

    def messages(self, mailbox_id: MailboxId, ranges: UidRanges, *, since: int = 0) -> list[Message]:
        """Whole rows, ascending by uid; ask for at most a few hundred at a time."""
        raise NotImplementedError

    def blobs(self, mailbox_id: MailboxId, ranges: UidRanges) -> list[tuple[int, int, BlobRef]]:
        """(uid, flags, blob) ascending by uid: the narrow read for whole bodies."""
        raise NotImplementedError

    def changes(self, after: ModSeq, mailbox_id: MailboxId | None = None) -> list[Change]:
        """The log after `after`, ascending by modseq."""
        raise NotImplementedError

    def keywords_used(self, mailbox_id: MailboxId) -> list[str]:
        """All keywords present in the mailbox, for the FLAGS response."""
        raise NotImplementedError


class Writing(Reading):
    """One account in one write transaction; each verb logs its change and keeps the counters."""

    queue: "QueueWriting"

    def of(self, account_id: AccountId) -> "Writing":
        raise NotImplementedError

    def create_account(self, *, limit_bytes: int | None = None) -> None:
        """INBOX, Drafts, Sent, Junk, Trash, Archive with their roles, subscribed."""
        raise NotImplementedError

    def delete_account(self) -> None:
        raise NotImplementedError

    def set_limit(self, limit_bytes: int | None) -> None:
        raise NotImplementedError

    def create_mailbox(self, name: str, role: MailboxRole | None = None) -> Mailbox:
        """Parents are made too. AlreadyExists, BadName, LimitReached."""
        raise NotImplementedError

    def rename_mailbox(self, mailbox_id: MailboxId, name: str) -> None:
        """With its children. Renaming INBOX moves its messages into a new mailbox (RFC 9051 §6.3.6).
        AlreadyExists, BadName."""
        raise NotImplementedError

    def delete_mailbox(self, mailbox_id: MailboxId) -> None:
        """HasChildren, NotPermitted (INBOX)."""
        raise NotImplementedError

    def subscribe(self, name: str, subscribed: bool) -> None:
        """NoSuchMailbox when subscribing to what does not exist."""
        raise NotImplementedError

    def claim_recent(self, mailbox_id: MailboxId) -> Uid:
        """Mark all as shown; returns the former recent_uid."""
        raise NotImplementedError

    def add(
        self, mailbox_id: MailboxId, email: NewEmail, flags: Flags = Flags(0), keywords: str = ""
    ) -> tuple[Uid, EmailId]:
        """Put a new email in a mailbox. OverQuota only when `enforce_quota()` was called in this job."""
        raise NotImplementedError

    def add_many(
        self, mailbox_id: MailboxId, emails: Sequence[tuple[NewEmail, Flags, str]]
    ) -> list[tuple[Uid, EmailId]]:
        """MULTIAPPEND: all or none, one change row."""
        raise NotImplementedError

    def enforce_quota(self, more_bytes: int) -> None:
        """OverQuota when the account cannot take `more_bytes` more."""
        raise NotImplementedError

    def change_keywords(
        self,
        mailbox_id: MailboxId,
        ranges: UidRanges,
        *,
        add: Flags = Flags(0),
        remove: Flags = Flags(0),
        add_keywords: Iterable[str] = (),
        remove_keywords: Iterable[str] = (),
        replace: bool = False,
        unchanged_since: int | None = None,
    ) -> tuple[list[int], list[int]]:
        """Returns (uids changed, uids refused by `unchanged_since`). `replace`: the `add`s become the whole set.
        Messages whose set stays equal are neither changed nor logged."""
        raise NotImplementedError

    def copy(self, mailbox_id: MailboxId, ranges: UidRanges, target: MailboxId) -> list[tuple[Uid, Uid]]:
        """New emails sharing the blobs; (source uid, new uid), ascending."""
        raise NotImplementedError

    def move(self, mailbox_id: MailboxId, ranges: UidRanges, target: MailboxId) -> list[tuple[Uid, Uid]]:
        """The emails change place (same email_id); the source uids are expunged."""
        raise NotImplementedError

    def expunge(
        self, mailbox_id: MailboxId, ranges: UidRanges | None = None, *, only_deleted: bool = True
    ) -> list[int]:
        """Remove messages (those with DELETED unless `only_deleted=False`); returns their uids."""
        raise NotImplementedError


class MailStore:
    """Opened by `app`; one per process."""

    blobs: Blobs

    def glance(self, account: AccountId, job: Callable[[Reading], T]) -> T:
        """Run a short read now, in this thread (bounded rows, microseconds to a millisecond)."""
        raise NotImplementedError

    async def read(self, account: AccountId, job: Callable[[Reading], T]) -> T:
        """Run a read of unknown length in the reader thread."""
        raise NotImplementedError

    async def write(self, account: AccountId, job: Callable[[Writing], T], *, heavy: bool = False) -> T:
        """Run a write job; returns when it is committed, logged, on disk and rung. `heavy`: more than ~1,000 rows."""
        raise NotImplementedError

    def listen(self, account: AccountId, heard: Callable[[], None]) -> Callable[[], None]:
        """Call `heard()` on the loop after each commit of any process that changed this account; returns the
        function that ends it. A doorbell, not a parcel: the listener reads `changes()`."""
        raise NotImplementedError
