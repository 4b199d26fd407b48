"""Listed fields and keys of emails that came before there were any (schema steps 0004 and 0008).

account_state.unkeyed_serial: emails up to here may lack keys → a portion, the newest first → one write

Restartable at any point: what is done shows in the rows. Until then readers read the header instead.
"""

import asyncio
from typing import Final, NamedTuple

from bocau.base.ids import AccountId
from bocau.database import Sql
from bocau.formats.digest import digest
from bocau.formats.email_keys import EmailKeys
from bocau.store.addition import EMAIL_SERIAL_BITS, insert_keys
from bocau.store.blobs import BlobLost, BlobRef
from bocau.store.mailstore import MailStore
from bocau.store.statements import WRITING
from bocau.store.values import NO_KEYS
from bocau.store.writing import Writing

PORTION_EMAILS: Final = 50
"""Emails of one write job: a few milliseconds of the writer."""
_NOBODY: Final = AccountId(0)

Computed = tuple[bytes | None, int, EmailKeys]
_UNREADABLE: Final[Computed] = (None, 0, NO_KEYS)


class _Portion(NamedTuple):
    account_id: AccountId
    before: int
    """unkeyed_serial as it was read."""
    emails: list[tuple[int, bool, BlobRef]]
    """Email id, whether it has keys (without a word on attachments), body."""

    @property
    def left(self) -> int:
        """unkeyed_serial when these are done."""
        if len(self.emails) < PORTION_EMAILS:
            return 0
        return (self.emails[-1][0] & (1 << EMAIL_SERIAL_BITS) - 1) - 1


class Refiller:
    """Computes what is missing, one portion a call."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def portion(self) -> int | None:
        """Fill the next emails in; returns how many. None: nothing is missing. TryLater, OSError."""
        portion = await self._store.read(_NOBODY, lambda tx: _next(tx.sql))
        if portion is None:
            return None
        computed = await asyncio.to_thread(lambda: [self._compute(ref) for *_, ref in portion.emails])
        await self._store.write(portion.account_id, lambda tx: _fill(tx, portion, computed))
        return len(portion.emails)

    def _compute(self, ref: BlobRef) -> Computed:
        try:
            read = digest(self._store.blobs.read(ref))
        except BlobLost:  # `verify` names it; the rest of the mailbox must not wait for it
            return _UNREADABLE
        return read.listed, read.listed_fields, read.keys


def _next(sql: Sql) -> _Portion | None:
    account = sql.row(WRITING.unkeyed_account)
    if account is None:
        return None
    account_id, before = account
    rows = sql.rows(WRITING.unkeyed_emails, (account_id, before, PORTION_EMAILS))
    emails = [(email_id, bool(is_keyed), BlobRef(*blob)) for email_id, is_keyed, *blob in rows]
    return _Portion(AccountId(account_id), before, emails)


def _fill(tx: Writing, portion: _Portion, computed: list[Computed]) -> None:
    for (email_id, is_keyed, _), (listed, listed_fields, keys) in zip(portion.emails, computed, strict=True):
        if is_keyed:
            tx.sql.execute(WRITING.set_has_attachment, (keys.has_attachment, email_id))
            continue
        tx.sql.execute(WRITING.set_listed, (listed, listed_fields, email_id))
        if tx.sql.changed_rows:  # else it was expunged meanwhile
            insert_keys(tx, email_id, keys)
    # A COPY of emails that still waited has raised the mark: then it stays.
    tx.sql.execute(WRITING.settle_unkeyed, (portion.left, portion.account_id, portion.before))
