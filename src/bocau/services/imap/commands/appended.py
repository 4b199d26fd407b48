"""The writes of APPEND: pipelined ones to one mailbox are one transaction, and each is answered by itself.

APPEND, APPEND, APPEND → unanswered → one job a mailbox → OK [APPENDUID …], NO [OVERQUOTA], OK …
"""

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from bocau.base.errors import BocauError, NoSuchMailbox
from bocau.protocols.imap.replies import Status, Tagged
from bocau.protocols.imap.sets import ranges_of, set_text
from bocau.services.imap import updates
from bocau.services.imap.errors import tagged, target_missing
from bocau.services.imap.own_changes import write
from bocau.store import Writing
from bocau.store.access import Deed

if TYPE_CHECKING:
    from bocau.services.imap.commands.append import Appending
    from bocau.services.imap.session import ImapSession

UNANSWERED_MAX: Final = 64
"""Pipelined APPENDs of one client that are written together."""
HEAVY_MESSAGES: Final = 500

Appended = tuple[int, Sequence[int]]
"""UIDVALIDITY, new uids."""
Outcome = Appended | BocauError


async def answer_all(session: "ImapSession") -> None:
    """Write what is pending, and answer in order."""
    if not session.unanswered:
        return
    pending, session.unanswered = session.unanswered, []
    batches = [list(batch) for _, batch in groupby(pending, key=lambda appending: appending.place)]
    if len(batches) == 1:
        outcomes = await _write(session, pending)
    else:
        # Begun one after the other, awaited together: they share a commit.
        written = await asyncio.gather(*[_write(session, batch) for batch in batches])
        outcomes = [outcome for batch in written for outcome in batch]
    if session.view is not None:
        await updates.tell(session, may_expunge=True)
    for appending, outcome in zip(pending, outcomes, strict=True):
        if not session.is_over:
            session.reply(_reply(appending.tag, outcome))
    session.appended_to = None if isinstance(outcomes[-1], BocauError) else pending[-1].place


async def _write(session: "ImapSession", batch: "list[Appending]") -> list[Outcome]:
    """All of a batch in one transaction; what one cannot have must not keep the others from it."""
    place = batch[0].place
    count = sum(len(appending.emails) for appending in batch)
    try:
        return list(
            await write(
                session,
                place.account_id,
                lambda writing: add_all(writing, batch),
                heavy=count > HEAVY_MESSAGES,
            )
        )
    except BocauError as error:
        if len(batch) == 1 or isinstance(error, NoSuchMailbox):
            return [error] * len(batch)
    return [outcome for appending in batch for outcome in await _write(session, [appending])]


def add_all(writing: Writing, batch: "Sequence[Appending]") -> list[Appended]:
    """Add the messages of all, or none. NoSuchMailbox, NotPermitted, OverQuota, LimitReached."""
    mailbox = writing.mailbox_for(batch[0].place.name, Deed.INSERT)
    writing.enforce_quota(sum(appending.size_bytes for appending in batch))
    emails = [email for appending in batch for email in appending.emails]
    added = iter(writing.add_many(mailbox.mailbox_id, emails))
    return [(mailbox.uid_validity, [next(added)[0] for _ in appending.emails]) for appending in batch]


def _reply(tag: bytes, outcome: Outcome) -> Tagged:
    if isinstance(outcome, NoSuchMailbox):
        return target_missing(tag)
    if isinstance(outcome, BocauError):
        return tagged(tag, outcome)
    return Tagged(tag, Status.OK, "APPEND completed", append_uid(*outcome))


def append_uid(validity: int, uids: Sequence[int]) -> bytes:
    """APPENDUID of RFC 4315 §3."""
    return b"APPENDUID %d %b" % (validity, set_text(ranges_of(uids)))
