"""What we keep: mailboxes, messages, keywords, the change log, blobs, the outgoing queue.

Door: MailStore and the values that travel through it.
"""

from bocau.store.blobs import BlobRef
from bocau.store.mailstore import MailStore, Reading, Writing
from bocau.store.values import (
    Change,
    ChangeKind,
    Flags,
    Mailbox,
    MailboxRole,
    Message,
    NewEmail,
    Usage,
)

__all__ = [
    "BlobRef",
    "Change",
    "ChangeKind",
    "Flags",
    "MailStore",
    "Mailbox",
    "MailboxRole",
    "Message",
    "NewEmail",
    "Reading",
    "Usage",
    "Writing",
]
