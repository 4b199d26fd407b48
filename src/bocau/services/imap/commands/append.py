"""APPEND and MULTIAPPEND (RFC 9051 §6.3.12, RFC 3502, APPENDUID of RFC 4315).

Each body is staged as it comes; all rows are written at the end, in one transaction.
"""

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from bocau.base.errors import BocauError, NoSuchMailbox
from bocau.database.errors import translate_os
from bocau.protocols.imap.append import AppendChunk, AppendEnd, AppendMessage
from bocau.protocols.imap.replies import Status, Tagged
from bocau.protocols.imap.sets import ranges_of, set_text
from bocau.services.imap import updates
from bocau.services.imap.errors import tagged, target_missing
from bocau.services.imap.flags import split_flags
from bocau.store import Flags, NewEmail, Writing
from bocau.store.email import new_email

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

DIGEST_NOW_BYTES_MAX: Final = 256 * 1024
"""Longer messages are digested in a thread."""
HEAVY_MESSAGES: Final = 500

UNANSWERED_MAX: Final = 64
"""Pipelined APPENDs of one client under way together."""

Placed = tuple[NewEmail, Flags, str]
Appended = tuple[int, Sequence[int]]
"""UIDVALIDITY, new uids."""


@dataclass(slots=True)
class Appending:
    """One APPEND in progress."""

    tag: bytes
    mailbox: str
    offer: AppendMessage
    emails: list[Placed] = field(default_factory=list)
    size_bytes: int = 0
    spool: BinaryIO | None = None
    """A message too long for one chunk grows here."""

    def close(self) -> None:
        if self.spool is not None:
            self.spool.close()
            self.spool = None


async def offered(session: "ImapSession", offer: AppendMessage) -> None:
    """A message is announced: refuse it now, before it is sent, when it cannot be taken."""
    if offer.is_first:
        session.appending = Appending(offer.tag, offer.mailbox, offer)
    appending = session.appending
    assert appending is not None
    refusal = _refusal(session, appending, offer)
    if refusal is not None:
        _drop(session)
        await answer_all(session)
        session.connection.write(session.engine.refuse_literal(refusal))
        return
    appending.offer = offer
    appending.size_bytes += offer.size_bytes
    session.connection.write(session.engine.accept_literal())


def _refusal(session: "ImapSession", appending: Appending, offer: AppendMessage) -> Tagged | None:
    if not offer.size_bytes:
        return Tagged(offer.tag, Status.NO, "an empty message cannot be kept")
    try:
        split_flags(offer.flags)
        usage = session.store.glance(
            session.account_id,
            lambda reading: (reading.mailbox_named(offer.mailbox), reading.usage())[1],
        )
    except NoSuchMailbox:
        return target_missing(offer.tag)
    except BocauError as error:
        return tagged(offer.tag, error)
    if usage.limit_bytes is not None:
        more = appending.size_bytes + offer.size_bytes
        if usage.used_bytes + more > usage.limit_bytes:
            return Tagged(offer.tag, Status.NO, "the mailbox quota is used up", b"OVERQUOTA")
    return None


async def received(session: "ImapSession", chunk: AppendChunk) -> None:
    """A piece of the body, or all of it."""
    appending = session.appending
    assert appending is not None
    try:
        if appending.spool is None and chunk.is_last:
            await _take(session, appending, chunk.data)
        else:
            await _spool(session, appending, chunk)
    except BocauError as error:
        _drop(session)
        # What remains of the command is read and thrown away by the engine, then answered.
        session.connection.write(session.engine.refuse_literal(tagged(appending.tag, error)))


async def _take(session: "ImapSession", appending: Appending, data: bytes) -> None:
    """A whole body is here: stage and digest it."""
    blob = session.store.blobs.stage(data, session.account_id)
    received_at = _received_at(session, appending.offer)
    if len(data) <= DIGEST_NOW_BYTES_MAX:
        email = new_email(data, blob, received_at)
    else:
        email = await asyncio.to_thread(new_email, data, blob, received_at)
    _keep(appending, email)


async def _spool(session: "ImapSession", appending: Appending, chunk: AppendChunk) -> None:
    try:
        if appending.spool is None:
            appending.spool = session.service.spool()
        spool = appending.spool
        await asyncio.to_thread(spool.write, chunk.data)
        if not chunk.is_last:
            return
        blob = await session.store.blobs.stage_file(spool, account_id=session.account_id)
        spool.seek(0)
        data = await asyncio.to_thread(spool.read)
    except OSError as error:
        raise translate_os(error) from error
    appending.close()
    received_at = _received_at(session, appending.offer)
    _keep(appending, await asyncio.to_thread(new_email, data, blob, received_at))


def _received_at(session: "ImapSession", offer: AppendMessage) -> int:
    return int(session.service.now()) if offer.received_at is None else offer.received_at


def _keep(appending: Appending, email: NewEmail) -> None:
    bits, keywords = split_flags(appending.offer.flags)
    appending.emails.append((email, bits, " ".join(sorted(set(keywords)))))


def _drop(session: "ImapSession") -> None:
    if session.appending is not None:
        session.appending.close()
        session.appending = None


async def ended(session: "ImapSession", event: AppendEnd) -> None:
    """The command is complete: one write, then OK.

    The writes of pipelined APPENDs are begun one after the other and awaited together: they share commits.
    """
    appending = session.appending
    assert appending is not None
    session.appending = None
    write = _write(session, appending)
    if not session.engine.has_input and not session.unanswered:
        await _answer(session, event.tag, write)
        return
    session.unanswered.append(asyncio.ensure_future(_outcome(event.tag, write)))
    if not session.engine.has_input or len(session.unanswered) >= UNANSWERED_MAX:
        await answer_all(session)


def _write(session: "ImapSession", appending: Appending) -> Coroutine[Any, Any, Appended]:
    emails = appending.emails

    def job(writing: Writing) -> Appended:
        mailbox = writing.mailbox_named(appending.mailbox)
        writing.enforce_quota(appending.size_bytes)
        added = writing.add_many(mailbox.mailbox_id, emails)
        return mailbox.uid_validity, [uid for uid, _ in added]

    return session.store.write(session.account_id, job, heavy=len(emails) > HEAVY_MESSAGES)


async def _outcome(tag: bytes, write: Awaitable[Appended]) -> Tagged:
    """How one APPEND ended."""
    try:
        validity, uids = await write
    except NoSuchMailbox:
        return target_missing(tag)
    except BocauError as error:
        return tagged(tag, error)
    code = b"APPENDUID %d %b" % (validity, set_text(ranges_of(uids)))
    return Tagged(tag, Status.OK, "APPEND completed", code)


async def _answer(session: "ImapSession", tag: bytes, write: Awaitable[Appended]) -> None:
    reply = await _outcome(tag, write)
    if session.view is not None:
        await updates.tell(session, may_expunge=True)
    if not session.is_over:
        session.reply(reply)


async def answer_all(session: "ImapSession") -> None:
    """Answer the APPENDs still under way, in order."""
    if not session.unanswered:
        return
    unanswered, session.unanswered = session.unanswered, []
    replies = [await outcome for outcome in unanswered]
    if session.view is not None:
        await updates.tell(session, may_expunge=True)
    for reply in replies:
        if not session.is_over:
            session.reply(reply)
