"""COPY and MOVE between accounts: new emails in the other account, which share the bodies.

messages → digested anew in a thread, portion by portion → one write for both accounts → both bells
"""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from bocau.base.errors import LimitReached
from bocau.base.ids import MailboxId
from bocau.protocols.imap.sets import ranges_of
from bocau.services.imap.own_changes import write
from bocau.services.imap.view import Runs, View, batches
from bocau.store import Blobs, Flags, Mailbox, Message, NewEmail, Reading, Writing
from bocau.store.access import Deed, require
from bocau.store.email import new_email

if TYPE_CHECKING:
    from bocau.services.imap.places import Place
    from bocau.services.imap.session import ImapSession

MESSAGES_MAX: Final = 10_000
"""Of one command: they are written in one transaction, and digested before it."""
PORTION: Final = 200
HEAVY_MESSAGES: Final = 200
"""More are written in the writer thread: each is a new email."""

Copied = tuple[Mailbox, list[tuple[int, int]]]


async def carry(session: "ImapSession", view: View, runs: Runs, place: "Place", *, removes: bool) -> Copied:
    """Copy to `place`; `removes`: and expunge here, all or nothing. Returns the target and (old, new) uids.

    NoSuchMailbox, NotPermitted, OverQuota (of the target's owner), LimitReached."""
    if sum(stop - start for start, stop in runs) > MESSAGES_MAX:
        raise LimitReached(f"at most {MESSAGES_MAX} messages at a time go to another account")
    # Refused before the work, and again in the transaction.
    session.store.glance(place.account_id, lambda reading: reading.mailbox_for(place.name, Deed.INSERT))
    digested = await _digested(session, view, runs)

    def job(writing: Writing) -> Copied:
        if removes:
            require(writing, view.mailbox_id, Deed.TAKE_AWAY)
        there = writing.of(place.account_id)
        target = there.mailbox_for(place.name, Deed.INSERT)
        emails = _current(writing, view, digested)
        there.enforce_quota(sum(email.size_bytes for email, _, _ in emails.values()))
        added = there.add_many(target.mailbox_id, list(emails.values()))
        if removes and emails:
            writing.expunge(view.mailbox_id, ranges_of(list(emails)), only_deleted=False)
        return target, [(uid, new) for uid, (new, _) in zip(emails, added, strict=True)]

    is_heavy = len(digested) > HEAVY_MESSAGES
    return await write(session, view.account_id, job, heavy=is_heavy, other=place.account_id)


async def _digested(session: "ImapSession", view: View, runs: Runs) -> dict[int, NewEmail]:
    """The emails by uid. Their rows are computed anew: threads are of the account."""
    found: dict[int, NewEmail] = {}
    for portion in batches(runs, PORTION):
        ranges = view.uid_ranges(portion)
        messages = session.store.glance(view.account_id, partial(_messages, view.mailbox_id, ranges))
        found |= await asyncio.to_thread(_digest, session.store.blobs, messages)
    return found


def _messages(mailbox_id: MailboxId, ranges: list[tuple[int, int]], reading: Reading) -> list[Message]:
    return reading.messages(mailbox_id, ranges)


def _digest(blobs: Blobs, messages: list[Message]) -> dict[int, NewEmail]:
    return {
        message.uid: new_email(bytes(blobs.read(message.blob)), message.blob, message.received_at)
        for message in messages
    }


def _current(
    writing: Writing, view: View, digested: dict[int, NewEmail]
) -> dict[int, tuple[NewEmail, Flags, str]]:
    """Those that are still there, with the flags and the place of the body that they have now."""
    ranges = ranges_of(list(digested))
    bodies = {uid: blob for uid, _, blob in writing.blobs(view.mailbox_id, ranges)}
    return {
        uid: (digested[uid]._replace(blob=bodies[uid]), Flags(flags), keywords)
        for uid, _, flags, keywords in writing.flags(view.mailbox_id, ranges)
    }
