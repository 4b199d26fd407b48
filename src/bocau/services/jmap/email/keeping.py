"""A message put where an Email shall lie: staged, digested, one write (RFC 8621 §4.6, §4.8)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from bocau.base.errors import NoSuchMailbox
from bocau.base.ids import AccountId, MailboxId
from bocau.formats.json_date import parse_utc_date
from bocau.services.jmap import ids
from bocau.services.jmap.context import Arguments, Context
from bocau.services.jmap.errors import SetError, invalid_properties
from bocau.services.jmap.keywords import take_keywords
from bocau.store import Flags, NewEmail, Reading, Writing
from bocau.store.email import new_email
from bocau.store.emails import thread_ids
from bocau.store.emailwriting import EmailPatch, change_emails

STAGE_NOW_BYTES_MAX: Final = 64 * 1024
"""A longer message is staged and digested in a thread."""
RECEIVED_AT_MAX: Final = 2**40


@dataclass(frozen=True, slots=True)
class Placing:
    """Where an email goes, and as what."""

    mailbox_ids: Sequence[MailboxId]
    """One at least, each once."""
    flags: Flags
    keywords: str
    received_at: int
    """Unix seconds."""


def take_placing(context: Context, account: AccountId, said: Arguments, received_at: int) -> Placing:
    """mailboxIds, keywords and receivedAt; `received_at`: where the client says none. SetError."""
    flags, words = take_keywords(said.get("keywords"))
    at = said.get("receivedAt")
    if at is not None:
        parsed = parse_utc_date(at)
        if parsed is None or not 0 <= parsed <= RECEIVED_AT_MAX:
            raise invalid_properties("not a UTCDate", "receivedAt")
        received_at = parsed
    return Placing(
        _take_mailboxes(context, account, said.get("mailboxIds")), flags, " ".join(words), received_at
    )


def _take_mailboxes(context: Context, account: AccountId, said: Any) -> list[MailboxId]:
    if not isinstance(said, dict) or not said or not all(is_in is True for is_in in said.values()):
        raise invalid_properties("an email is in one mailbox at least", "mailboxIds")
    found: dict[MailboxId, None] = {}
    for name in said:
        try:
            mailbox = ids.parse_mailbox(account, context.real_id(name))
        except SetError:
            mailbox = None
        if mailbox is None:
            raise invalid_properties(f"no mailbox {name!r}"[:200], "mailboxIds")
        found[mailbox] = None
    return list(found)


async def keep(context: Context, account: AccountId, data: bytes, placing: Placing) -> Arguments:
    """What the server sets: id, blobId, threadId, size. SetError invalidProperties; OverQuota, DiskFull."""
    # What is staged and then refused lies in a pack until the next sweep: asked before, too.
    context.store.glance(account, lambda tx: _check_room(tx, len(data), placing))
    email = await _staged(context, account, data, placing.received_at)

    def job(tx: Writing) -> tuple[int, int]:
        tx.enforce_quota(email.size_bytes)
        first, *others = placing.mailbox_ids
        _, email_id = tx.add(first, email, placing.flags, placing.keywords)
        if others:
            patch = EmailPatch(into=frozenset(others))
            for error in change_emails(tx, {email_id: patch}).values():
                raise error
        return email_id, thread_ids(tx, [email_id])[email_id]

    try:
        email_id, thread_id = await context.store.write(account, job)
    except NoSuchMailbox as error:
        raise _no_such(error) from error
    told = ids.email_id(email_id)
    return {"id": told, "blobId": told, "threadId": ids.thread_id(thread_id), "size": len(data)}


def _check_room(tx: Reading, size_bytes: int, placing: Placing) -> None:
    """SetError invalidProperties, OverQuota."""
    tx.usage().check(size_bytes)
    try:
        for mailbox in placing.mailbox_ids:
            tx.mailbox(mailbox)
    except NoSuchMailbox as error:
        raise _no_such(error) from error


def _no_such(error: NoSuchMailbox) -> SetError:
    return invalid_properties(str(error), "mailboxIds")


async def _staged(context: Context, account: AccountId, data: bytes, received_at: int) -> NewEmail:
    blobs = context.store.blobs
    if len(data) <= STAGE_NOW_BYTES_MAX:
        return new_email(data, blobs.stage(data, account), received_at)
    async with context.rooms.large:
        blob = await blobs.stage_file(BytesIO(data), account_id=account)
        return await asyncio.to_thread(new_email, data, blob, received_at)
