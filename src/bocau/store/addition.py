"""Adding emails: the statements of every delivery and APPEND. No counts, no scans: an account of a million
messages costs what an empty one does."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from bocau.base.errors import LimitReached, NoSuchAccount
from bocau.base.ids import EmailId, MailboxId, Uid
from bocau.formats.email_keys import EmailKeys
from bocau.store.keywords import normal_keywords, note_keywords
from bocau.store.statements import WRITING
from bocau.store.threads import thread_of
from bocau.store.uidranges import text_of
from bocau.store.values import ChangeKind, Flags, NewEmail

if TYPE_CHECKING:
    from bocau.store.writing import Writing

UID_MAX: Final = 2**32 - 1
EMAIL_SERIAL_BITS: Final = 32

Addition = tuple[NewEmail, Flags, str]


def add(tx: "Writing", mailbox_id: MailboxId, emails: Sequence[Addition]) -> list[tuple[Uid, EmailId]]:
    """Put new emails in a mailbox: one modseq, one change row. NoSuchAccount, NoSuchMailbox, LimitReached."""
    if not emails:
        return []
    account_id, sql, count = tx.account_id, tx.sql, len(emails)
    size = unseen = deleted = 0
    for email, flags, _ in emails:
        tx.job.check_blob(email.blob)
        size += email.size_bytes
        unseen += not flags & 1
        deleted += flags >> 3 & 1
    taken = sql.row(WRITING.take, (count, size, count, account_id))
    if taken is None:
        raise NoSuchAccount(f"account {account_id} has no mailboxes")
    modseq, last_serial = taken
    first_uid = tx.fill(mailbox_id, modseq, count, size, unseen, deleted)
    last_uid = first_uid + count - 1
    if last_uid > UID_MAX:
        raise LimitReached("the mailbox has used up its uids")
    first_id = (account_id << EMAIL_SERIAL_BITS) + last_serial - count + 1
    _insert(tx, mailbox_id, modseq, first_uid, first_id, emails)
    tx.log(
        modseq,
        ChangeKind.ADDED,
        mailbox_id,
        text_of(((first_uid, last_uid),)),
        emails=text_of(((last_serial - count + 1, last_serial),)),
    )
    return [(Uid(first_uid + n), EmailId(first_id + n)) for n in range(count)]


def _insert(
    tx: "Writing", mailbox_id: MailboxId, modseq: int, uid: int, email_id: int, emails: Sequence[Addition]
) -> None:
    account_id, now, execute = tx.account_id, tx.job.now, tx.sql.execute
    for email, flags, keywords in emails:
        if keywords:
            keywords = normal_keywords(keywords.split(" "))
            note_keywords(tx, mailbox_id, keywords.split(" "))
        (
            blob, size_bytes, received_at, sent_at, message_id, subject, sender, envelope, structure, preview,
            listed, listed_fields, keys,
        ) = email  # fmt: skip
        row: tuple[Any, ...] = (
            email_id, *blob, message_id, sender, subject, preview, envelope, structure, listed, listed_fields,
        )  # fmt: skip
        try:
            execute(WRITING.insert_email, row)
        except UnicodeEncodeError:  # lone surrogates from a hostile header
            execute(WRITING.insert_email, tuple(map(_storable, row)))
        insert_keys(tx, email_id, keys)
        execute(
            WRITING.insert_message,
            (account_id, mailbox_id, uid, modseq, int(flags), keywords, email_id, size_bytes, received_at,
             now, sent_at),
        )  # fmt: skip
        uid += 1
        email_id += 1


def insert_keys(tx: "Writing", email_id: int, keys: EmailKeys) -> None:
    """What an email is sorted by, and the thread that it joins or begins."""
    row: tuple[Any, ...] = (email_id, thread_of(tx, email_id, keys.thread_keys), *keys[:-1])
    try:
        tx.sql.execute(WRITING.insert_key, row)
    except UnicodeEncodeError:
        tx.sql.execute(WRITING.insert_key, tuple(map(_storable, row)))


def _storable(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
