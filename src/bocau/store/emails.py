"""Emails by their own identity, wherever they lie (RFC 8621 §4): what lists and clients ask for.

    email ──< message (a place: mailbox, uid, flags)      keywords of an email: those of all its places

One statement reads a few hundred emails; a first place follows the next, so they are joined in one pass.
"""

import json
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import groupby
from operator import itemgetter, or_
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bocau.base.errors import NoSuchAccount
from bocau.base.ids import EmailId, MailboxId
from bocau.database import Queries
from bocau.store import access
from bocau.store.blobs import BlobRef
from bocau.store.values import Flags

if TYPE_CHECKING:
    from bocau.store.reading import Reading

EMAILS: Final = Queries("bocau.store", "sql/sqlite/emails.sql")
PORTION_EMAILS: Final = 500
"""Emails that one statement reads."""


class EmailRow(NamedTuple):
    """An email with what was computed once, and all its places taken together."""

    email_id: EmailId
    thread_id: int
    blob: BlobRef
    received_at: int
    """Unix seconds."""
    sent_at: int | None
    """Unix seconds of the Date field; None when unreadable."""
    message_id: str | None
    subject: str
    sender: str
    """First From address; "" when none."""
    preview: str
    listed: bytes | None
    """The header fields that clients list with, as they stand (`formats.listing`); None: read the header."""
    listed_fields: int
    """A bit of `formats.listing.LISTED_FIELDS` for each of them that occurs."""
    has_attachment: bool | None
    """None: not computed yet."""
    mailbox_ids: tuple[MailboxId, ...]
    """Ascending, each once."""
    flags: Flags
    keywords: tuple[str, ...]
    """Other keywords, sorted."""

    @property
    def size_bytes(self) -> int:
        return self.blob.length


class Place(NamedTuple):
    """Where an email lies."""

    email_id: EmailId
    mailbox_id: MailboxId
    uid: int
    flags: int
    keywords: str


def email_rows(reading: "Reading", email_ids: Sequence[EmailId]) -> dict[EmailId, EmailRow]:
    """The emails of the account that are seen, in the order asked for. A portion of PORTION_EMAILS takes a
    few milliseconds: ask for more in `store.read`, or portion by portion."""
    access.require_owner(reading)
    found: dict[EmailId, EmailRow] = {}
    for ids in _portions(reading, email_ids):
        rows = reading.sql.rows(EMAILS.rows, (ids,))
        for email_id, places in groupby(rows, itemgetter(0)):
            found[EmailId(email_id)] = _joined(list(places))
    return found


def _joined(places: list[tuple[Any, ...]]) -> EmailRow:
    """One email from the rows of its places."""
    row = places[0]
    flags, mailboxes, words = row[16], (row[15],), row[17].split()
    if len(places) > 1:
        flags = reduce(or_, [place[16] for place in places])
        mailboxes = tuple(sorted({place[15] for place in places}))
        words = sorted({word for place in places for word in place[17].split()})
    has_attachment = None if row[14] is None else bool(row[14])
    return EmailRow._make(
        (*row[:2], BlobRef._make(row[2:6]), *row[6:14], has_attachment, mailboxes, Flags(flags), tuple(words))
    )


def places_of(reading: "Reading", email_ids: Sequence[EmailId]) -> list[Place]:
    """The places of these emails of the account where they are seen."""
    return [place for place in all_places_of(reading, email_ids) if not place.flags & Flags.DELETED]


def all_places_of(reading: "Reading", email_ids: Sequence[EmailId]) -> list[Place]:
    """Every place of these emails of the account, those that are \\Deleted too."""
    return [
        Place._make(row)
        for ids in _portions(reading, email_ids)
        for row in reading.sql.rows(EMAILS.places, (ids,))
    ]


def thread_emails(reading: "Reading", thread_ids: Sequence[int]) -> dict[int, list[EmailId]]:
    """The emails of each thread that has any, oldest first (RFC 8621 §3: by receivedAt, then id)."""
    access.require_owner(reading)
    found: dict[int, dict[EmailId, None]] = {}
    for ids in _portions(reading, thread_ids):
        for thread_id, email_id, _ in reading.sql.rows(EMAILS.threads, (ids,)):
            found.setdefault(thread_id, {})[EmailId(email_id)] = None
    return {thread_id: list(emails) for thread_id, emails in found.items()}


def thread_ids(reading: "Reading", email_ids: Sequence[EmailId]) -> dict[EmailId, int]:
    """The thread of each email that exists."""
    access.require_owner(reading)
    return {
        EmailId(email_id): thread_id
        for ids in _portions(reading, email_ids)
        for email_id, thread_id in reading.sql.rows(EMAILS.thread_ids, (ids,))
    }


def email_blob(reading: "Reading", email_id: EmailId) -> BlobRef | None:
    """The body of an email of the account; None when there is none."""
    access.require_owner(reading)
    if email_id >> 32 != reading.account_id:
        return None
    row = reading.sql.row(EMAILS.blob, (email_id,))
    return None if row is None else BlobRef._make(row)


def all_emails(reading: "Reading", count: int) -> list[EmailId]:
    """The oldest `count` emails of the account."""
    access.require_owner(reading)
    return [EmailId(email_id) for (email_id,) in reading.sql.rows(EMAILS.all, (reading.account_id, count))]


def all_threads(reading: "Reading", count: int) -> list[int]:
    """The `count` threads of the account that began first."""
    access.require_owner(reading)
    rows = reading.sql.rows(EMAILS.all_threads, (reading.account_id, count))
    return [thread_id for (thread_id,) in rows]


def mail_state(reading: "Reading") -> tuple[int, int]:
    """(modseq of the last change, serial of the newest email): the state of the account's mail.
    NoSuchAccount."""
    row = reading.sql.row(EMAILS.state, (reading.account_id,))
    if row is None:
        raise NoSuchAccount(f"account {reading.account_id} has no mailboxes")
    return row[0], row[1]


def email_with_key(reading: "Reading", key: int) -> EmailId | None:
    """An email by its Message-ID (`formats.message_ids.first_key`), the oldest; looks at the keys of all: ask
    in `store.read`."""
    access.require_owner(reading)
    found = reading.sql.value(EMAILS.with_key, {"account_id": reading.account_id, "key": key})
    return None if found is None else EmailId(found)


def _portions(reading: "Reading", ids: Iterable[int]) -> list[str]:
    """JSON lists of the ids that belong to the account, each once."""
    own = [one for one in dict.fromkeys(ids) if one >> 32 == reading.account_id]
    return [json.dumps(own[start : start + PORTION_EMAILS]) for start in range(0, len(own), PORTION_EMAILS)]
