"""Writing one account in one transaction: each verb logs its change and keeps the counters.

The verbs live in modules of their own: `addition`, `mailboxes`, `keywords`, `transfer`, `expunging`; what a
guest of a shared mailbox may do, in `access` and `guests`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Self

from bocau.base.errors import NoSuchMailbox
from bocau.base.ids import AccountId, EmailId, MailboxId, ModSeq, Uid
from bocau.database import Sql
from bocau.store import (
    access,
    addition,
    annotations,
    expunging,
    guests,
    keywords,
    mailboxes,
    subscriptions,
    transfer,
)
from bocau.store.access import Deed, Grant
from bocau.store.annotations import Entry
from bocau.store.apart import log_apart
from bocau.store.names import INBOX
from bocau.store.reading import Reading
from bocau.store.statements import WRITING
from bocau.store.totals import totals_of
from bocau.store.uidranges import UidRanges
from bocau.store.values import ChangeKind, Flags, Mailbox, MailboxRole, NewEmail

if TYPE_CHECKING:
    from bocau.store.blobs import BlobRef
    from bocau.store.queue import QueueWriting


NO_FLAGS: Final = Flags(0)


class Job:
    """What the writings of one job share: the time, the check of bodies, and what to ring for."""

    __slots__ = ("bells", "changed", "check_blob", "now", "queue")

    def __init__(self, now: int, check_blob: "Callable[[BlobRef], None]") -> None:
        self.now = now
        self.check_blob = check_blob
        self.changed: set[AccountId] = set()
        self.bells: set[str] = set()
        """Other doorbells to ring."""
        self.queue: QueueWriting | None = None

    def topics(self) -> list[str]:
        """The doorbells to ring after the commit."""
        topics = [*self.bells, *(f"a{account_id}" for account_id in self.changed)]
        if self.queue is not None and self.queue.touched:
            topics.append("queue")
        return topics


class Writing(Reading):
    """One account in one write transaction; each verb logs its change and keeps the counters."""

    def __init__(self, sql: Sql, account_id: AccountId, job: Job, reader: AccountId | None = None) -> None:
        super().__init__(sql, account_id, reader)
        self.job = job

    @property
    def queue(self) -> "QueueWriting":
        """The outgoing queue, in the same transaction."""
        if self.job.queue is None:
            from bocau.store.queue import QueueWriting

            self.job.queue = QueueWriting(self.sql)
        return self.job.queue

    def of(self, account_id: AccountId) -> Self:
        """The same transaction, another account; the reader stays."""
        return type(self)(self.sql, account_id, self.job, self.reader)

    def as_owner(self) -> Self:
        """The same transaction without asking for rights; for what has been allowed."""
        return self if self.is_owner else type(self)(self.sql, self.account_id, self.job)

    # --- accounts ----------------------------------------------------------------

    def create_account(self, *, limit_bytes: int | None = None) -> None:
        """INBOX, Drafts, Sent, Junk, Trash, Archive with their roles, subscribed. AlreadyExists."""
        access.require_owner(self)
        mailboxes.create_account(self, limit_bytes)

    def delete_account(self) -> None:
        """Everything of the account; its id must not be given to anyone again."""
        access.require_owner(self)
        mailboxes.delete_account(self)

    def set_limit(self, limit_bytes: int | None) -> None:
        """The quota; None for none. NoSuchAccount."""
        access.require_owner(self)
        if self.usage().limit_bytes == limit_bytes:
            return
        self.sql.execute(WRITING.set_limit, (limit_bytes, self.account_id))
        log_apart(self, ChangeKind.QUOTA, "limit")

    def enforce_quota(self, more_bytes: int) -> None:
        """OverQuota (NeverFits) when the account cannot take `more_bytes` more."""
        self.usage().check(more_bytes)

    # --- mailboxes ---------------------------------------------------------------

    def create_mailbox(self, name: str, role: MailboxRole | None = None) -> Mailbox:
        """Parents are made too; all are shared as the one above. AlreadyExists, BadName, LimitReached,
        NotPermitted."""
        access.require_place(self, name)
        if role is not None:
            access.require_owner(self)
        return mailboxes.create(self.as_owner(), name, role)

    def rename_mailbox(self, mailbox_id: MailboxId, name: str) -> None:
        """With its children. Renaming INBOX moves its messages into a new mailbox (RFC 9051 §6.3.6).
        AlreadyExists, BadName, NoSuchMailbox, NotPermitted."""
        access.require(self, mailbox_id, Deed.REMOVE)
        access.require_place(self, name)
        if self.mailbox(mailbox_id).name == INBOX:
            access.require_owner(self)
        mailboxes.rename(self.as_owner(), mailbox_id, name)

    def delete_mailbox(self, mailbox_id: MailboxId) -> None:
        """With its messages. HasChildren, NotPermitted (INBOX too), NoSuchMailbox."""
        access.require(self, mailbox_id, Deed.REMOVE)
        mailboxes.delete(self.as_owner(), mailbox_id)

    def set_grant(self, mailbox_id: MailboxId, grant: Grant) -> None:
        """Share a mailbox (RFC 4314): the grant replaces the grantee's former one; without rights none stays.
        NotPermitted (for the owner too: its rights do not change), NoSuchMailbox, LimitReached."""
        access.set_grant(self, mailbox_id, grant)

    def subscribe(self, name: str, subscribed: bool) -> None:
        """Put a name on the list or take it off; it need not exist. BadName, LimitReached."""
        access.require_owner(self)
        if subscribed:
            subscriptions.subscribe(self, name)
        else:
            subscriptions.unsubscribe(self, name)

    def annotate(self, mailbox_id: MailboxId, values: Mapping[Entry, bytes | None]) -> list[Entry]:
        """Set annotations, None removes; all or none. Returns those that changed. AnnotationTooLarge,
        TooManyAnnotations."""
        return annotations.annotate(self, mailbox_id, values)

    def set_role(self, mailbox_id: MailboxId, role: MailboxRole | None) -> None:
        """RFC 6154; a role belongs to one mailbox. AlreadyExists, NoSuchMailbox."""
        access.require_owner(self)
        mailboxes.set_role(self, mailbox_id, role)

    def set_sort_order(self, mailbox_id: MailboxId, sort_order: int) -> None:
        """Where it stands among its siblings (RFC 8621 §2). NoSuchMailbox."""
        access.require_owner(self)
        mailboxes.set_sort_order(self, mailbox_id, sort_order)

    def claim_recent(self, mailbox_id: MailboxId, shown_uid: Uid | None = None) -> Uid:
        """Mark all up to `shown_uid` (None: all) as shown to the owner; returns the former recent_uid."""
        mailbox = self.mailbox(mailbox_id)
        recent_uid = mailbox.uid_next - 1 if shown_uid is None else shown_uid
        if mailbox.recent_uid < recent_uid and self.is_owner:
            self.sql.execute(WRITING.set_recent, (recent_uid, self.account_id, mailbox_id))
        return mailbox.recent_uid

    # --- messages ----------------------------------------------------------------

    def add(
        self, mailbox_id: MailboxId, email: NewEmail, flags: Flags = NO_FLAGS, keywords: str = ""
    ) -> tuple[Uid, EmailId]:
        """Put a new email in a mailbox. OverQuota only when `enforce_quota()` was called in this job."""
        return self.add_many(mailbox_id, ((email, flags, keywords),))[0]

    def add_many(
        self, mailbox_id: MailboxId, emails: Sequence[tuple[NewEmail, Flags, str]]
    ) -> list[tuple[Uid, EmailId]]:
        """MULTIAPPEND: all or none, one change row."""
        if self.is_owner:
            return addition.add(self, mailbox_id, emails)
        return guests.add(self, mailbox_id, emails)

    def change_keywords(
        self,
        mailbox_id: MailboxId,
        ranges: UidRanges,
        *,
        add: Flags = NO_FLAGS,
        remove: Flags = NO_FLAGS,
        add_keywords: Iterable[str] = (),
        remove_keywords: Iterable[str] = (),
        replace: bool = False,
        unchanged_since: int | None = None,
    ) -> tuple[Sequence[int], list[int]]:
        """Returns (uids changed, uids refused by `unchanged_since`). `replace`: the `add`s become all.
        Messages whose set stays equal are neither changed nor logged."""
        wanted = keywords.Wanted(
            int(add), int(remove), tuple(add_keywords), tuple(remove_keywords), replace, unchanged_since
        )
        if self.is_owner:
            return keywords.change(self, mailbox_id, ranges, wanted)
        return guests.change_keywords(self, mailbox_id, ranges, wanted)

    def size_of(self, mailbox_id: MailboxId, ranges: UidRanges) -> int:
        """Octets of these messages; narrow rows only. NotPermitted."""
        access.require(self, mailbox_id, Deed.READ)
        return totals_of(self, mailbox_id, ranges).size

    def copy(self, mailbox_id: MailboxId, ranges: UidRanges, target: MailboxId) -> list[tuple[Uid, Uid]]:
        """New emails sharing the blobs; (source uid, new uid), ascending."""
        if self.is_owner:
            return transfer.copy(self, mailbox_id, ranges, target)
        return guests.copy(self, mailbox_id, ranges, target)

    def move(self, mailbox_id: MailboxId, ranges: UidRanges, target: MailboxId) -> list[tuple[Uid, Uid]]:
        """The emails change place (same email_id); the source uids are expunged."""
        if self.is_owner:
            return transfer.move(self, mailbox_id, ranges, target)
        return guests.move(self, mailbox_id, ranges, target)

    def expunge(
        self, mailbox_id: MailboxId, ranges: UidRanges | None = None, *, only_deleted: bool = True
    ) -> list[int]:
        """Remove messages (those with DELETED unless `only_deleted=False`); returns their uids."""
        access.require(self, mailbox_id, Deed.EXPUNGE)
        return expunging.expunge(self.as_owner(), mailbox_id, ranges, only_deleted=only_deleted)

    # --- for the verbs -----------------------------------------------------------

    def next_modseq(self) -> ModSeq:
        """Take the account's next modseq. NoSuchAccount."""
        return ModSeq(self._state(WRITING.next_modseq)[0])

    def take_mailbox(self) -> tuple[ModSeq, MailboxId, int]:
        """(modseq, mailbox id, UIDVALIDITY) for a new mailbox; the last two are never given again."""
        modseq, mailbox_id, uid_validity = self._state(WRITING.take_mailbox, self.job.now)
        return modseq, mailbox_id, uid_validity

    def log(
        self,
        modseq: int,
        kind: ChangeKind,
        mailbox_id: MailboxId,
        uids: str = "",
        name: str | None = None,
        *,
        emails: str | None = None,
        gone: str | None = None,
    ) -> None:
        """Append to the change log; the account's doorbell rings after the commit. `emails`: the serials of
        those that came, moved or went, as ranges; `gone`: see `expunging.Removed`."""
        row = (self.account_id, modseq, int(kind), mailbox_id, uids, name, emails, gone)
        self.sql.execute(WRITING.insert_change, row)
        self.job.changed.add(self.account_id)

    def uid_next(self, mailbox_id: MailboxId) -> int:
        """NoSuchMailbox."""
        return self.mailbox(mailbox_id).uid_next

    def fill(
        self, mailbox_id: MailboxId, modseq: int, count: int, size: int, unseen: int, deleted: int
    ) -> int:
        """Make room for `count` messages in a mailbox; returns the first new uid. NoSuchMailbox."""
        row = self.sql.row(
            WRITING.fill, (count, modseq, count, unseen, deleted, size, self.account_id, mailbox_id)
        )
        if row is None:
            raise NoSuchMailbox(f"no mailbox {mailbox_id}")
        first: int = row[0] - count
        return first
