"""Reading one account in one snapshot."""

import json
from typing import TYPE_CHECKING, Any, Final, Self

from bocau.base.errors import NoSuchAccount, NoSuchMailbox
from bocau.base.ids import AccountId, MailboxId, ModSeq
from bocau.database import Sql
from bocau.store import access, annotations, seen, subscriptions
from bocau.store.access import Deed, Grant, Rights
from bocau.store.annotations import Entry
from bocau.store.blobs import BlobRef
from bocau.store.names import INBOX, fold_inbox
from bocau.store.rendering import MESSAGES, Rendered, Rendering, picked_fields
from bocau.store.statements import READING
from bocau.store.uidranges import UidRanges, parse_text
from bocau.store.values import Change, ChangeKind, Flags, Mailbox, MailboxRole, Message, Usage

if TYPE_CHECKING:
    from bocau.store.queue import QueueReading

_FLAGS: Final = [Flags(bits) for bits in range(32)]
_ROLES: Final = {role.value: role for role in MailboxRole}


class Reading:
    """One account, one snapshot. Everything here is a plain function call: no await inside a job."""

    account_id: AccountId
    sql: Sql

    def __init__(self, sql: Sql, account_id: AccountId, reader: AccountId | None = None) -> None:
        self.sql = sql
        self.account_id = account_id
        self.reader = reader
        self.is_owner = reader is None or reader == account_id
        """False: a guest reads, who gets what the owner grants (see `access`)."""

    @property
    def reader_id(self) -> AccountId:
        """Who reads: the owner unless a session reads for somebody."""
        return self.account_id if self.reader is None else self.reader

    @property
    def queue(self) -> "QueueReading":
        """The outgoing queue, in the same snapshot."""
        from bocau.store.queue import QueueReading

        return QueueReading(self.sql)

    def of(self, account_id: AccountId) -> Self:
        """The same snapshot, another account; the reader stays."""
        return type(self)(self.sql, account_id, self.reader)

    def modseq(self) -> ModSeq:
        """The account's last change."""
        return ModSeq(self._state(READING.modseq)[0])

    def usage(self) -> Usage:
        """What the account holds. NoSuchAccount."""
        return Usage(*self._state(READING.usage))

    def _state(self, statement: str, *values: int) -> tuple[Any, ...]:
        row = self.sql.row(statement, (*values, self.account_id))
        if row is None:
            raise NoSuchAccount(f"account {self.account_id} has no mailboxes")
        return row

    # --- mailboxes ---------------------------------------------------------------

    def mailboxes(self) -> list[Mailbox]:
        """Sorted by name; for a guest those that it knows."""
        found = [_mailbox(row) for row in self.sql.rows(READING.mailboxes, (self.account_id,))]
        return found if self.is_owner else self._as_guest(found)

    def mailbox_count(self) -> int:
        """How many mailboxes the account has."""
        count: int = self.sql.value(READING.mailbox_count, (self.account_id,))
        return count

    def _as_guest(self, found: list[Mailbox]) -> list[Mailbox]:
        return [box._replace(role=None) for box in seen.counted(self, access.known(self, found))]

    def mailbox(self, mailbox_id: MailboxId) -> Mailbox:
        """NoSuchMailbox."""
        found = self._one(READING.mailbox, mailbox_id)
        if found is None:
            raise NoSuchMailbox(f"no mailbox {mailbox_id}")
        return found

    def _one(self, statement: str, value: int | str) -> Mailbox | None:
        row = self.sql.row(statement, (self.account_id, value))
        if row is None:
            return None
        found = _mailbox(row)
        return found if self.is_owner else next(iter(self._as_guest([found])), None)

    def mailbox_named(self, name: str) -> Mailbox:
        """Exact name; INBOX in any case. NoSuchMailbox."""
        found = self.find_mailbox(name)
        if found is None:
            raise NoSuchMailbox(f"no mailbox {name!r}")
        return found

    def inbox_id(self) -> MailboxId:
        """Read from an index alone: every delivery asks. NoSuchMailbox."""
        found: int | None = self.sql.value(READING.inbox_id, (self.account_id, INBOX))
        if found is None:
            raise NoSuchMailbox(f"account {self.account_id} has no {INBOX}")
        return MailboxId(found)

    def find_mailbox(self, name: str) -> Mailbox | None:
        """The mailbox of that name, or None."""
        try:
            return self._one(READING.mailbox_named, fold_inbox(name))
        except UnicodeEncodeError:
            return None

    def mailbox_for(self, name: str, deed: Deed) -> Mailbox:
        """The mailbox of that name, to do this. NotPermitted; NoSuchMailbox also where it is hidden."""
        found = self.mailbox_named(name)
        try:
            access.require(self, found.mailbox_id, deed)
        except NoSuchMailbox:
            raise NoSuchMailbox(f"no mailbox {name!r}") from None
        return found

    def mailbox_with_role(self, role: MailboxRole) -> Mailbox | None:
        return self._one(READING.mailbox_with_role, role.value)

    def deleted_bytes(self, mailbox_id: MailboxId) -> int:
        """What an EXPUNGE would free (RFC 9208 §4.1.4)."""
        access.require(self, mailbox_id, Deed.READ)
        size: int = self.sql.value(READING.deleted_bytes, (self.account_id, mailbox_id))
        return size

    def keywords_used(self, mailbox_id: MailboxId) -> list[str]:
        """All keywords ever used in the mailbox, for the FLAGS response."""
        access.require(self, mailbox_id, Deed.READ)
        text: str | None = self.sql.value(READING.keywords_used, (self.account_id, mailbox_id))
        return text.split(" ") if text else []

    def subscriptions(self) -> list[str]:
        """The names this account has subscribed to, sorted; they need not exist (RFC 9051 §6.3.7)."""
        access.require_owner(self)
        return subscriptions.subscriptions(self)

    def annotation(self, mailbox_id: MailboxId, entry: Entry) -> bytes | None:
        """The value of one annotation (RFC 5464); mailbox 0: of the account itself."""
        return annotations.annotation(self, mailbox_id, entry)

    def annotations_below(self, mailbox_id: MailboxId, entry: Entry) -> list[tuple[Entry, bytes]]:
        """All annotations under an entry, sorted, without itself."""
        return annotations.annotations_below(self, mailbox_id, entry)

    # --- sharing -----------------------------------------------------------------

    def rights(self, mailbox_id: MailboxId) -> Rights:
        """What the reader may do (RFC 4314 §2.1); the owner everything."""
        return access.rights(self, mailbox_id)

    def grants(self, mailbox_id: MailboxId) -> list[Grant]:
        """With whom the mailbox is shared. NotPermitted, NoSuchMailbox."""
        return access.grants(self, mailbox_id)

    # --- messages ----------------------------------------------------------------

    def uids(self, mailbox_id: MailboxId) -> list[int]:
        """Every uid, ascending."""
        access.require(self, mailbox_id, Deed.READ)
        # One JSON text is read in a quarter of the time of 100,000 rows.
        found: list[int] = json.loads(self.sql.value(READING.uids, (self.account_id, mailbox_id)))
        return found

    def flags(
        self, mailbox_id: MailboxId, ranges: UidRanges, *, since: int = 0
    ) -> list[tuple[int, int, int, str]]:
        """(uid, modseq, flags, keywords) ascending by uid; only modseq > `since`."""
        rows = self._rows_in(READING.flags, mailbox_id, ranges, since)
        return rows if self.is_owner else seen.overlaid(self, mailbox_id, rows, 2)

    def messages(self, mailbox_id: MailboxId, ranges: UidRanges, *, since: int = 0) -> list[Message]:
        """Whole rows, ascending by uid; ask for at most a few hundred at a time."""
        rows = self._rows_in(READING.messages, mailbox_id, ranges, since)
        if not self.is_owner:
            rows = seen.overlaid(self, mailbox_id, rows, 2)
        # One call of tuple.__new__ each: half the time of Message(…).
        new = tuple.__new__
        return [
            new(
                Message,
                (u, m, _FLAGS[f], k, e, new(BlobRef, (p, o, n, h)), size, received, saved, sent, env, bs),
            )
            for u, m, f, k, e, p, o, n, h, size, received, saved, sent, env, bs in rows
        ]

    def rendered(
        self,
        mailbox_id: MailboxId,
        first: int,
        last: int,
        rendering: Rendering,
        *,
        shift: int,
        since: int = 0,
    ) -> Rendered:
        """Lines of text for the messages from uid `first` to `last`, ascending; for the owner only, because
        the \\Seen of other readers is not in the rows."""
        access.require_owner(self)
        if rendering.picks:
            self.sql.define("picked_fields", picked_fields, 3)
        asked = {
            "account_id": self.account_id,
            "mailbox_id": mailbox_id,
            "first": first,
            "last": last,
            "since": since,
        }
        text, count = self.sql.row(  # type: ignore[misc]
            rendering.statement, rendering.parameters | asked | {"shift": shift}
        )
        wrong_count = 0
        if rendering.may_be_wrong and count <= last - first:
            wrong_count = self.sql.value(MESSAGES, asked) - count
        return Rendered(text or b"", count, wrong_count)

    def blobs(self, mailbox_id: MailboxId, ranges: UidRanges) -> list[tuple[int, int, BlobRef]]:
        """(uid, flags, blob) ascending by uid: the narrow read for whole bodies."""
        rows = self._rows_in(READING.blobs, mailbox_id, ranges)
        if not self.is_owner:
            rows = seen.overlaid(self, mailbox_id, rows, 1)
        new = tuple.__new__
        return [(uid, flags, new(BlobRef, (p, o, n, h))) for uid, flags, p, o, n, h in rows]

    def thread_ids(self, mailbox_id: MailboxId, ranges: UidRanges) -> list[tuple[int, int]]:
        """(uid, thread id) ascending by uid (RFC 8474 §5.2); emails not yet back-filled are missing."""
        return self._rows_in(READING.thread_ids, mailbox_id, ranges)

    def listed(self, mailbox_id: MailboxId, ranges: UidRanges) -> list[tuple[int, bytes | None, int]]:
        """(uid, listed header fields, their bits) ascending by uid; None: not kept, read the header."""
        return self._rows_in(READING.listed, mailbox_id, ranges)

    def previews(self, mailbox_id: MailboxId, ranges: UidRanges) -> list[str | None]:
        """First words, ascending by uid; None: not computed yet."""
        return [text for (text,) in self._rows_in(READING.previews, mailbox_id, ranges)]

    def _rows_in(self, statement: str, mailbox_id: MailboxId, ranges: UidRanges, *more: int) -> list[Any]:
        access.require(self, mailbox_id, Deed.READ)
        account_id, rows = self.account_id, self.sql.rows
        if len(ranges) == 1:
            return rows(statement, (account_id, mailbox_id, *ranges[0], *more))
        found: list[Any] = []
        for first, last in ranges:
            found += rows(statement, (account_id, mailbox_id, first, last, *more))
        return found

    # --- the change log ----------------------------------------------------------

    def changes(self, after: ModSeq, mailbox_id: MailboxId | None = None) -> list[Change]:
        """The log after `after`, ascending by modseq; for a guest of what it may read."""
        if mailbox_id is None:
            rows = self.sql.rows(READING.changes, (self.account_id, after))
            if not self.is_owner:
                rows = access.readable(self, rows, 2)
        else:
            access.require(self, mailbox_id, Deed.READ)
            rows = self.sql.rows(READING.changes_of_mailbox, (self.account_id, after, mailbox_id))
        return [
            Change(ModSeq(m), ChangeKind(k), MailboxId(b), parse_text(uids), name or "")
            for m, k, b, uids, name in rows
        ]

    def changed_uids(self, mailbox_id: MailboxId, kind: ChangeKind, after: int, last: int) -> UidRanges:
        """The uids of all such changes with `after` < modseq <= `last`: ranges in no order, may overlap.
        Each modseq is at most one row, so `last - after` says what it costs."""
        access.require(self, mailbox_id, Deed.READ)
        values = (self.account_id, after, last, mailbox_id, int(kind))
        text: str | None = self.sql.value(READING.changed_uids, values)
        return parse_text(text or "")

    def count_above(self, mailbox_id: MailboxId, uid: int) -> int:
        """How many messages have a greater uid."""
        access.require(self, mailbox_id, Deed.READ)
        count: int = self.sql.value(READING.count_above, (self.account_id, mailbox_id, uid))
        return count

    def seen_marks(self, mailbox_id: MailboxId, limit: int, *, newest: bool = False) -> str:
        """ "1" for a seen message, "0" for an unseen one, of the first (or the last) `limit`, by uid."""
        if not self.is_owner:
            uids = self.uids(mailbox_id)
            return seen.marks(self, mailbox_id, uids[-limit:] if newest else uids[:limit])
        statement = READING.seen_marks_newest if newest else READING.seen_marks
        text: str | None = self.sql.value(statement, (self.account_id, mailbox_id, limit))
        return text or ""


def _mailbox(row: tuple[Any, ...]) -> Mailbox:
    role = row[2]
    # Made by the ten thousand: tuple.__new__ is a third of Mailbox(…).
    return tuple.__new__(Mailbox, row if role is None else (*row[:2], _ROLES[role], *row[3:]))
