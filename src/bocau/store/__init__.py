"""What we keep: mailboxes, messages, keywords, the change log, blobs, the outgoing queue.

Door: MailStore and the values that travel through it.
"""

from bocau.formats.email_keys import EmailKeys
from bocau.store.blobs import BlobLost, BlobRef, Blobs
from bocau.store.mailstore import STORE_SCHEMA, Bell, MailStore, Reading, Writing
from bocau.store.notify import LocalBell
from bocau.store.readerstore import ReaderStore
from bocau.store.uidranges import UidRanges
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
    "STORE_SCHEMA",
    "Bell",
    "BlobLost",
    "BlobRef",
    "Blobs",
    "Change",
    "ChangeKind",
    "EmailKeys",
    "Flags",
    "LocalBell",
    "MailStore",
    "Mailbox",
    "MailboxRole",
    "Message",
    "NewEmail",
    "ReaderStore",
    "Reading",
    "UidRanges",
    "Usage",
    "Writing",
]
