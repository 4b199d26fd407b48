"""The values that travel through the store's door. All frozen; no wire types.

Mailbox, Message and NewEmail are tuples with names: made by the hundred thousand, they cost a fifth of a
dataclass.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag, StrEnum
from typing import Final, NamedTuple

from bocau.base.errors import NeverFits, OverQuota
from bocau.base.ids import EmailId, MailboxId, ModSeq, Uid, UidValidity
from bocau.formats.email_keys import EmailKeys
from bocau.store.blobs import BlobRef


class Flags(IntFlag):
    """The system keywords, as bits of one integer column. Other keywords are text (see Message.keywords)."""

    SEEN = 1
    ANSWERED = 2
    FLAGGED = 4
    DELETED = 8
    DRAFT = 16


class MailboxRole(StrEnum):
    """RFC 6154 / RFC 8621 §2."""

    INBOX = "inbox"
    DRAFTS = "drafts"
    SENT = "sent"
    JUNK = "junk"
    TRASH = "trash"
    ARCHIVE = "archive"
    ALL = "all"
    FLAGGED = "flagged"


class Mailbox(NamedTuple):
    """One mailbox with its counters. `name` is the full path, levels separated by "/", NFC, or "INBOX"."""

    mailbox_id: MailboxId
    name: str
    role: MailboxRole | None
    uid_validity: UidValidity
    uid_next: Uid
    highest_modseq: ModSeq
    message_count: int
    unseen_count: int
    deleted_count: int
    size_bytes: int
    recent_uid: Uid
    """Messages with a greater uid have not been shown as \\Recent to any session yet."""
    sort_order: int = 0
    """RFC 8621 §2: among its siblings, the lowest first."""


class Message(NamedTuple):
    """A message: an email's place in a mailbox, joined with what was computed once at delivery."""

    uid: Uid
    modseq: ModSeq
    flags: Flags
    keywords: str
    """Other keywords, sorted, separated by single spaces; "" for none."""
    email_id: EmailId
    blob: BlobRef
    size_bytes: int
    received_at: int
    """Unix seconds (IMAP INTERNALDATE)."""
    saved_at: int
    sent_at: int | None
    """Unix seconds of the Date field; None when unreadable."""
    envelope: bytes
    """RFC 9051 §7.5.2 ENVELOPE notation, ready to send; b"" when not computed (see `formats.digest`)."""
    body_structure: bytes
    """RFC 9051 §7.5.2 BODYSTRUCTURE notation, ready to send; b"" when not computed."""


NO_KEYS: Final = EmailKeys()
"""Of an email that has no fields."""


class NewEmail(NamedTuple):
    """What `Writing.add` needs. The blob is staged before the job runs."""

    blob: BlobRef
    size_bytes: int
    received_at: int
    sent_at: int | None
    message_id: str | None
    subject: str
    sender: str
    """First From address, for lists; "" when none."""
    envelope: bytes
    body_structure: bytes
    preview: str = ""
    listed: bytes | None = None
    """The header fields that clients list with, as they stand, without an empty line after them (see
    `formats.listing`); None: not kept."""
    listed_fields: int = 0
    """A bit of `formats.listing.LISTED_FIELDS` for each of them that occurs."""
    keys: EmailKeys = NO_KEYS


class ChangeKind(IntEnum):
    ADDED = 1
    """Messages arrived: uids."""
    KEYWORDS = 2
    """Flags or keywords changed: uids."""
    EXPUNGED = 3
    """Messages are gone: uids."""
    MAILBOX_CREATED = 4
    MAILBOX_CHANGED = 5
    """Renamed, role."""
    MAILBOX_DELETED = 6
    SUBSCRIPTION = 7
    """`name` came to the list of subscriptions or left it."""
    ANNOTATION = 8
    """`name` says which (see `annotations.entry_of_change`); mailbox 0: of the account itself."""
    IDENTITY = 9
    """From here on: not of mail; `name` is the id of what changed, mailbox 0."""
    SUBMISSION = 10
    VACATION = 11
    PUSH_SUBSCRIPTION = 12
    PREFERENCE = 13
    BATCH = 14
    QUOTA = 15
    """The limit; what is used follows from ADDED and EXPUNGED."""


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the change log. `uids` are inclusive ranges, ascending; empty for mailbox kinds."""

    modseq: ModSeq
    kind: ChangeKind
    mailbox_id: MailboxId
    uids: tuple[tuple[Uid, Uid], ...]
    name: str = ""
    """What changed, where it is neither a message nor the mailbox itself."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account holds, against its limit (None: no limit)."""

    used_bytes: int
    message_count: int
    limit_bytes: int | None

    @property
    def is_over(self) -> bool:
        return self.limit_bytes is not None and self.used_bytes >= self.limit_bytes

    def check(self, more_bytes: int) -> None:
        """OverQuota when there is no room for so much more; NeverFits when there never will be."""
        if self.limit_bytes is None or self.used_bytes + more_bytes <= self.limit_bytes:
            return
        kind = NeverFits if more_bytes > self.limit_bytes else OverQuota
        raise kind(f"{self.used_bytes} of {self.limit_bytes} bytes used, {more_bytes} more asked for")
