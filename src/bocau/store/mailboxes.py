"""Creating, renaming and deleting mailboxes and whole accounts (RFC 9051 §6.3.4–6.3.8, RFC 6154)."""

from typing import TYPE_CHECKING, Any, Final

from bocau.base.errors import AlreadyExists, BadName, HasChildren, LimitReached, NotPermitted
from bocau.base.ids import MailboxId
from bocau.store import (
    access,
    annotations,
    batches,
    correspondents,
    identities,
    preferences,
    purging,
    seen,
    submissions,
    subscriptions,
    uploads,
    vacation,
)
from bocau.store.expunging import remove
from bocau.store.names import INBOX, SEPARATOR, checked_name, parents
from bocau.store.statements import WRITING
from bocau.store.values import ChangeKind, Mailbox, MailboxRole

if TYPE_CHECKING:
    from bocau.store.writing import Writing

MAILBOXES_MAX: Final = 10_000
TRASH_CHANGED: Final = "trash"
"""The name of a change by which a mailbox becomes the Trash, or is it no more: all others count anew."""
FIRST_MAILBOXES: Final = (
    (INBOX, MailboxRole.INBOX),
    ("Drafts", MailboxRole.DRAFTS),
    ("Sent", MailboxRole.SENT),
    ("Junk", MailboxRole.JUNK),
    ("Trash", MailboxRole.TRASH),
    ("Archive", MailboxRole.ARCHIVE),
)


def create_account(tx: "Writing", limit_bytes: int | None) -> None:
    """See Writing.create_account."""
    tx.sql.execute(WRITING.create_account, (tx.account_id, limit_bytes))
    for name, role in FIRST_MAILBOXES:
        _insert(tx, name, role)
    subscriptions.begin(tx, [name for name, _ in FIRST_MAILBOXES])


def delete_account(tx: "Writing") -> None:
    """See Writing.delete_account."""
    for statement in (
        WRITING.delete_account_emails,
        WRITING.delete_account_copies,
        WRITING.delete_account_keys,
        WRITING.delete_account_threads,
        WRITING.delete_account_messages,
        WRITING.delete_account_changes,
        WRITING.delete_account_mailboxes,
        WRITING.delete_account_state,
    ):
        tx.sql.execute(statement, {"account_id": tx.account_id})
    subscriptions.forget_account(tx)
    uploads.forget_account(tx)
    annotations.forget_account(tx)
    access.forget_account(tx)
    seen.forget_account(tx)
    for kept in (identities, submissions, vacation, correspondents, preferences, batches, purging):
        kept.forget_account(tx)
    tx.job.changed.add(tx.account_id)


def create(tx: "Writing", name: str, role: MailboxRole | None) -> Mailbox:
    """See Writing.create_mailbox."""
    name = checked_name(name)
    if tx.find_mailbox(name) is not None:
        raise AlreadyExists(f"mailbox {name!r} exists")
    if role is not None and tx.mailbox_with_role(role) is not None:
        raise AlreadyExists(f"another mailbox has the role {role}")
    _create_parents(tx, name)
    return tx.mailbox(_insert(tx, name, role))


def _create_parents(tx: "Writing", name: str) -> None:
    for parent in parents(name):
        if tx.find_mailbox(parent) is None:
            _insert(tx, parent, None)


def _insert(tx: "Writing", name: str, role: MailboxRole | None) -> MailboxId:
    if tx.sql.value(WRITING.count_mailboxes, (tx.account_id,)) >= MAILBOXES_MAX:
        raise LimitReached(f"an account may have {MAILBOXES_MAX} mailboxes")
    modseq, mailbox_id, uid_validity = tx.take_mailbox()
    values: dict[str, Any] = {
        "account_id": tx.account_id,
        "mailbox_id": mailbox_id,
        "name": name,
        "role": role.value if role else None,
        "uid_validity": uid_validity,
        "modseq": modseq,
    }
    tx.sql.execute(WRITING.insert_mailbox, values)
    access.inherit(tx, mailbox_id, name)
    tx.log(modseq, ChangeKind.MAILBOX_CREATED, mailbox_id)
    return mailbox_id


def rename(tx: "Writing", mailbox_id: MailboxId, name: str) -> None:
    """See Writing.rename_mailbox."""
    old = tx.mailbox(mailbox_id)
    name = checked_name(name)
    if old.name == INBOX:
        target = create(tx, name, None)
        tx.move(mailbox_id, ((1, old.uid_next),), target.mailbox_id)
        annotations.copy_annotations(tx, mailbox_id, target.mailbox_id)
        return
    if name.startswith(old.name + SEPARATOR):
        raise BadName("a mailbox cannot move into itself")
    if tx.find_mailbox(name) is not None:
        raise AlreadyExists(f"mailbox {name!r} exists")
    renamed = [(mailbox_id, name)]
    for child_id, child in _children(tx, old.name):
        renamed.append((child_id, checked_name(name + child[len(old.name) :])))
    taken = [new for _, new in renamed if tx.find_mailbox(new) is not None]
    if taken:
        raise AlreadyExists(f"mailbox {taken[0]!r} exists")
    _create_parents(tx, name)
    for changed_id, new in renamed:
        modseq = tx.next_modseq()
        tx.sql.execute(WRITING.rename_mailbox, (new, modseq, tx.account_id, changed_id))
        tx.log(modseq, ChangeKind.MAILBOX_CHANGED, changed_id)


def _children(tx: "Writing", name: str) -> list[tuple[MailboxId, str]]:
    rows = tx.sql.rows(WRITING.children, (tx.account_id, name, name))
    return [(MailboxId(child_id), child) for child_id, child in rows]


def delete(tx: "Writing", mailbox_id: MailboxId) -> None:
    """See Writing.delete_mailbox."""
    mailbox = tx.mailbox(mailbox_id)
    if mailbox.name == INBOX:
        raise NotPermitted("INBOX cannot be deleted")
    if _children(tx, mailbox.name):
        raise HasChildren(f"mailbox {mailbox.name!r} has children")
    removed = remove(tx, mailbox_id, ((1, mailbox.uid_next),), 0)
    lost_bytes = mailbox.size_bytes - removed.staying_bytes
    tx.sql.execute(WRITING.lose, (lost_bytes, mailbox.message_count, tx.account_id))
    tx.sql.execute(WRITING.delete_mailbox, (tx.account_id, mailbox_id))
    annotations.forget_mailbox(tx, mailbox_id)
    access.forget_mailbox(tx, mailbox_id)
    seen.forget_mailbox(tx, mailbox_id)
    log = tx.next_modseq(), ChangeKind.MAILBOX_DELETED, mailbox_id
    tx.log(*log, emails=removed.emails, gone=removed.gone)


def set_role(tx: "Writing", mailbox_id: MailboxId, role: MailboxRole | None) -> None:
    """See Writing.set_role."""
    mailbox = tx.mailbox(mailbox_id)
    if mailbox.name == INBOX or role is MailboxRole.INBOX:
        raise NotPermitted("INBOX keeps its role")
    owner = tx.mailbox_with_role(role) if role else None
    if owner is not None and owner.mailbox_id != mailbox_id:
        raise AlreadyExists(f"mailbox {owner.name!r} has the role {role}")
    if mailbox.role is not role:
        tx.sql.execute(WRITING.set_role, (role.value if role else None, tx.account_id, mailbox_id))
        name = TRASH_CHANGED if MailboxRole.TRASH in (role, mailbox.role) else None
        tx.log(tx.next_modseq(), ChangeKind.MAILBOX_CHANGED, mailbox_id, name=name)


def set_sort_order(tx: "Writing", mailbox_id: MailboxId, sort_order: int) -> None:
    """See Writing.set_sort_order."""
    if tx.mailbox(mailbox_id).sort_order != sort_order:
        tx.sql.execute(WRITING.set_sort_order, (sort_order, tx.account_id, mailbox_id))
        tx.log(tx.next_modseq(), ChangeKind.MAILBOX_CHANGED, mailbox_id)
