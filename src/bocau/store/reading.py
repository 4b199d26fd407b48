"""Reading one account in one snapshot."""

import json
from typing import TYPE_CHECKING, Any, Final, Self

from bocau.base.errors import NoSuchAccount, NoSuchMailbox
from bocau.base.ids import AccountId, MailboxId, ModSeq
from bocau.database import Sql
from bocau.store.blobs import BlobRef
from bocau.store.names import fold_inbox
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
        """Sorted by name."""
        return [_mailbox(row) for row in self.sql.rows(READING.mailboxes, (self.account_id,))]

    def mailbox(self, mailbox_id: MailboxId) -> Mailbox:
        """NoSuchMailbox."""
        row = self.sql.row(READING.mailbox, (self.account_id, mailbox_id))
        if row is None:
            raise NoSuchMailbox(f"no mailbox {mailbox_id}")
        return _mailbox(row)

    def mailbox_named(self, name: str) -> Mailbox:
        """Exact name; INBOX in any case. NoSuchMailbox."""
        found = self.find_mailbox(name)
        if found is None:
            raise NoSuchMailbox(f"no mailbox {name!r}")
        return found

    def find_mailbox(self, name: str) -> Mailbox | None:
        """The mailbox of that name, or None."""
        try:
            row = self.sql.row(READING.mailbox_named, (self.account_id, fold_inbox(name)))
        except UnicodeEncodeError:
            return None
        return None if row is None else _mailbox(row)

    def mailbox_with_role(self, role: MailboxRole) -> Mailbox | None:
        row = self.sql.row(READING.mailbox_with_role, (self.account_id, role.value))
        return None if row is None else _mailbox(row)

    def keywords_used(self, mailbox_id: MailboxId) -> list[str]:
        """All keywords ever used in the mailbox, for the FLAGS response."""
        text: str | None = self.sql.value(READING.keywords_used, (self.account_id, mailbox_id))
        return text.split(" ") if text else []

    # --- messages ----------------------------------------------------------------

    def uids(self, mailbox_id: MailboxId) -> list[int]:
        """Every uid, ascending."""
        # One JSON text is read in a quarter of the time of 100,000 rows.
        found: list[int] = json.loads(self.sql.value(READING.uids, (self.account_id, mailbox_id)))
        return found

    def flags(
        self, mailbox_id: MailboxId, ranges: UidRanges, *, since: int = 0
    ) -> list[tuple[int, int, int, str]]:
        """(uid, modseq, flags, keywords) ascending by uid; only modseq > `since`."""
        return self._rows_in(READING.flags, mailbox_id, ranges, since)

    def messages(self, mailbox_id: MailboxId, ranges: UidRanges, *, since: int = 0) -> list[Message]:
        """Whole rows, ascending by uid; ask for at most a few hundred at a time."""
        rows = self._rows_in(READING.messages, mailbox_id, ranges, since)
        # One call of tuple.__new__ each: half the time of Message(…).
        new = tuple.__new__
        return [
            new(
                Message,
                (u, m, _FLAGS[f], k, e, new(BlobRef, (p, o, n, h)), size, received, saved, sent, env, bs),
            )
            for u, m, f, k, e, p, o, n, h, size, received, saved, sent, env, bs in rows
        ]

    def blobs(self, mailbox_id: MailboxId, ranges: UidRanges) -> list[tuple[int, int, BlobRef]]:
        """(uid, flags, blob) ascending by uid: the narrow read for whole bodies."""
        rows = self._rows_in(READING.blobs, mailbox_id, ranges)
        new = tuple.__new__
        return [(uid, flags, new(BlobRef, (p, o, n, h))) for uid, flags, p, o, n, h in rows]

    def _rows_in(self, statement: str, mailbox_id: MailboxId, ranges: UidRanges, *more: int) -> list[Any]:
        account_id, rows = self.account_id, self.sql.rows
        if len(ranges) == 1:
            return rows(statement, (account_id, mailbox_id, *ranges[0], *more))
        found: list[Any] = []
        for first, last in ranges:
            found += rows(statement, (account_id, mailbox_id, first, last, *more))
        return found

    # --- the change log ----------------------------------------------------------

    def changes(self, after: ModSeq, mailbox_id: MailboxId | None = None) -> list[Change]:
        """The log after `after`, ascending by modseq."""
        if mailbox_id is None:
            rows = self.sql.rows(READING.changes, (self.account_id, after))
        else:
            rows = self.sql.rows(READING.changes_of_mailbox, (self.account_id, after, mailbox_id))
        return [Change(ModSeq(m), ChangeKind(k), MailboxId(b), parse_text(uids)) for m, k, b, uids in rows]


def _mailbox(row: tuple[Any, ...]) -> Mailbox:
    role = row[2]
    return Mailbox._make((*row[:2], None if role is None else _ROLES[role], bool(row[3]), *row[4:]))
