"""Object identifiers on the wire (RFC 8474 §7): never used again, the same in every session."""

from bocau.base.ids import AccountId, EmailId, MailboxId


def mailbox_object_id(account_id: AccountId, mailbox_id: MailboxId) -> bytes:
    """MAILBOXID. The account is part of it: shared mailboxes stand beside one's own."""
    return b"F%d-%d" % (account_id, mailbox_id)


def email_object_id(email_id: EmailId) -> bytes:
    """EMAILID."""
    return b"M%d" % email_id


def thread_object_id(thread_id: int) -> bytes:
    """THREADID."""
    return b"T%d" % thread_id
