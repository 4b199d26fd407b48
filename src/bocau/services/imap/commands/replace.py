"""REPLACE and UID REPLACE (RFC 8508): the old message goes in the transaction that brings the new one.

What is announced, sent and written is an APPEND's: see `append`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bocau.base.errors import BocauError, NoSuchMailbox, NoSuchMessage, NotPermitted, SyntaxFault
from bocau.base.ids import AccountId, MailboxId
from bocau.protocols.imap.append import Replaced
from bocau.protocols.imap.replies import Status, Tagged
from bocau.services.imap import updates
from bocau.services.imap.commands.appended import Appended, add_all, append_uid
from bocau.services.imap.errors import tagged, target_missing
from bocau.services.imap.loading import load
from bocau.services.imap.own_changes import write
from bocau.store import Reading, Writing

if TYPE_CHECKING:
    from bocau.services.imap.commands.append import Appending
    from bocau.services.imap.session import ImapSession


class UidRequired(SyntaxFault):
    """A message number after UIDONLY (RFC 9586 §3.2)."""


@dataclass(frozen=True, slots=True)
class Old:
    """The message that goes."""

    account_id: AccountId
    mailbox_id: MailboxId
    uid: int
    size_bytes: int


async def find_old(session: "ImapSession", replaced: Replaced) -> Old:
    """Which message of the selected mailbox it is. BadNumber, UidRequired, NoSuchMessage, NotPermitted."""
    if session.is_uid_only and not replaced.by_uid:
        raise UidRequired("message numbers are not used any more")
    await load(session)
    view = session.selected()
    if view.is_read_only:
        raise NotPermitted("the mailbox is selected read-only")
    uids = view.uids_in(view.chosen(replaced.numbers, by_uid=replaced.by_uid))

    def size(reading: Reading) -> int:
        rows = reading.blobs(view.mailbox_id, ((uids[0], uids[0]),)) if uids else ()
        if not rows:
            raise NoSuchMessage("no such message")
        return rows[0][2].length

    size_bytes = session.store.glance(view.account_id, size)
    return Old(view.account_id, view.mailbox_id, uids[0], size_bytes)


async def answer_replace(session: "ImapSession", appending: "Appending", old: Old) -> None:
    """One transaction. The new uid is told first, in an untagged OK, then the old one's end (RFC 8508 §4)."""

    def job(writing: Writing) -> Appended:
        # First: what it takes makes room. NoSuchMessage when another client was quicker.
        source = writing.of(old.account_id)
        if not source.expunge(old.mailbox_id, ((old.uid, old.uid),), only_deleted=False):
            raise NoSuchMessage("the message is gone")
        [appended] = add_all(writing, [appending])
        return appended

    try:
        appended = await write(session, appending.place.account_id, job, other=old.account_id)
    except NoSuchMailbox:
        reply = target_missing(appending.tag)
    except BocauError as error:
        reply = tagged(appending.tag, error)
    else:
        session.untagged(b"OK [%b] the replacement" % append_uid(*appended))
        reply = Tagged(appending.tag, Status.OK, "REPLACE completed")
    await updates.tell(session, may_expunge=True, is_asked=reply.status is Status.OK)
    if not session.is_over:
        session.reply(reply)
