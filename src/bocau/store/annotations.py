"""Annotations of mailboxes and of an account itself (RFC 5464): entries like "comment", private to one reader
or shared. The entries are kept without "/private" or "/shared" and in lower case."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.base.errors import LimitReached, MessageTooLarge, NotPermitted
from bocau.base.ids import AccountId, MailboxId
from bocau.database import Queries
from bocau.store.access import Deed, require, rights
from bocau.store.values import ChangeKind

if TYPE_CHECKING:
    from bocau.store.reading import Reading
    from bocau.store.writing import Writing

ANNOTATIONS: Final = Queries("bocau.store", "sql/sqlite/annotations.sql")
VALUE_BYTES_MAX: Final = 64 * 1024
ENTRIES_MAX: Final = 100
"""Of one mailbox and one reader (RFC 5464 §4.1 asks for 10)."""
ACCOUNT_BYTES_MAX: Final = 16 * 1024 * 1024
"""Of all mailboxes of an account, whoever wrote them."""
SHARED: Final = AccountId(0)
"""The reader of what everybody reads."""


class AnnotationTooLarge(MessageTooLarge):
    """A value above VALUE_BYTES_MAX."""


class TooManyAnnotations(LimitReached):
    """More than ENTRIES_MAX, or than ACCOUNT_BYTES_MAX."""


class Entry(NamedTuple):
    """The name of an annotation."""

    reader_id: AccountId
    """Whose private one; SHARED: everybody's."""
    path: str
    """"/comment", lower case."""


def annotation(tx: "Reading", mailbox_id: MailboxId, entry: Entry) -> bytes | None:
    """See Reading.annotation."""
    _check(tx, mailbox_id, (entry,))
    value: bytes | None = tx.sql.value(ANNOTATIONS.annotation, (tx.account_id, mailbox_id, *entry))
    return value


def annotations_below(tx: "Reading", mailbox_id: MailboxId, entry: Entry) -> list[tuple[Entry, bytes]]:
    """See Reading.annotations_below."""
    _check(tx, mailbox_id, (entry,))
    values = (tx.account_id, mailbox_id, *entry, entry.path)
    rows = tx.sql.rows(ANNOTATIONS.below, values)
    return [(Entry(entry.reader_id, path), value) for path, value in rows]


def annotate(tx: "Writing", mailbox_id: MailboxId, values: Mapping[Entry, bytes | None]) -> list[Entry]:
    """See Writing.annotate."""
    _check(tx, mailbox_id, values)
    if any(entry.reader_id == SHARED for entry in values) and "w" not in rights(tx, mailbox_id):
        raise NotPermitted("your rights do not reach the shared annotations")
    changed: list[Entry] = []
    for entry, value in values.items():
        if value is not None and len(value) > VALUE_BYTES_MAX:
            raise AnnotationTooLarge(f"an annotation may have {VALUE_BYTES_MAX} octets")
        if annotation(tx, mailbox_id, entry) != value:
            _put(tx, mailbox_id, entry, value)
            changed.append(entry)
    for reader_id in {entry.reader_id for entry in values}:
        if tx.sql.value(ANNOTATIONS.count, (tx.account_id, mailbox_id, reader_id)) > ENTRIES_MAX:
            raise TooManyAnnotations(f"a mailbox may have {ENTRIES_MAX} annotations")
    if changed and tx.sql.value(ANNOTATIONS.size, (tx.account_id,)) > ACCOUNT_BYTES_MAX:
        raise TooManyAnnotations(f"an account may have {ACCOUNT_BYTES_MAX} octets of annotations")
    return changed


def _check(tx: "Reading", mailbox_id: MailboxId, entries: Iterable[Entry]) -> None:
    """Who may read the mailbox, reads its shared annotations and the private ones that are its own."""
    if tx.reader is None:
        return
    require(tx, mailbox_id, Deed.READ)
    if any(entry.reader_id not in (SHARED, tx.reader) for entry in entries):
        raise NotPermitted("another's private annotation")


def _put(tx: "Writing", mailbox_id: MailboxId, entry: Entry, value: bytes | None) -> None:
    place = (tx.account_id, mailbox_id, *entry)
    if value is None:
        tx.sql.execute(ANNOTATIONS.remove, place)
    else:
        tx.sql.execute(ANNOTATIONS.annotate, (*place, value))
    name, modseq = f"{entry.reader_id}{entry.path}", tx.next_modseq()
    # RFC 7162 §3.2: the mailbox has changed for who asks by its modseq. The account itself has none.
    tx.sql.execute(ANNOTATIONS.note_mailbox, (modseq, tx.account_id, mailbox_id))
    tx.log(modseq, ChangeKind.ANNOTATION, mailbox_id, name=name)


def entry_of_change(name: str) -> Entry:
    """Back from the log's text."""
    reader_id, slash, path = name.partition("/")
    return Entry(AccountId(int(reader_id)), slash + path)


def copy_annotations(tx: "Writing", mailbox_id: MailboxId, target: MailboxId) -> None:
    """To a mailbox that has none: RENAME of INBOX (RFC 5464 §4.1)."""
    tx.sql.execute(
        ANNOTATIONS.copy, {"account_id": tx.account_id, "mailbox_id": mailbox_id, "target": target}
    )


def forget_mailbox(tx: "Writing", mailbox_id: MailboxId) -> None:
    """All of a mailbox that goes."""
    tx.sql.execute(ANNOTATIONS.forget_mailbox, (tx.account_id, mailbox_id))


def forget_account(tx: "Writing") -> None:
    """All of an account that goes, on its own mailboxes and on others'."""
    tx.sql.execute(ANNOTATIONS.forget_account, {"account_id": tx.account_id})
