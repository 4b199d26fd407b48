"""Parsed once: everything that lists and fetches need, computed from a message at delivery.

bytes → mime.scan → Part tree → ENVELOPE and BODYSTRUCTURE notation, date, subject, sender, Message-ID
"""

from dataclasses import dataclass
from typing import Final

from bocau.formats.address_list import GroupMarker, Mailbox, parse_address_list
from bocau.formats.charset import decode_charset
from bocau.formats.date import parse_date
from bocau.formats.header import body_start, message_values
from bocau.formats.mime import scan_fields
from bocau.formats.structure import body_structure, envelope_of
from bocau.formats.text import preview
from bocau.formats.words import decode_words, unfold

SUBJECT_CHARACTERS_MAX: Final = 998
SENDER_CHARACTERS_MAX: Final = 320
MESSAGE_ID_BYTES_MAX: Final = 998


@dataclass(frozen=True, slots=True)
class Digest:
    """What the store keeps beside a body. Never fails: a message that cannot be read has empty fields."""

    envelope: bytes
    """RFC 9051 §7.5.2 notation "(…)", header values raw as in rev1 (encoded words kept)."""
    body_structure: bytes
    """RFC 9051 §7.5.2 notation with extension data."""
    sent_at: int | None
    """Date field, Unix seconds."""
    subject: str
    """Decoded (RFC 2047), at most 998 characters."""
    sender: str
    """First From mailbox, `local@domain`."""
    message_id: str | None
    preview: str
    """First ~200 characters of text; may be "" (filled by an indexer later)."""


def digest(data: bytes) -> Digest:
    """Digest a whole message (CRLF). Never raises; a few hundred microseconds at most for ordinary mail."""
    start = body_start(data)
    values = message_values(data, 0, start)
    root = scan_fields(data, start, values)
    author = parse_address_list(values.get(b"from", b""))
    date = values.get(b"date")
    return Digest(
        envelope_of(values, author),
        body_structure(data, root),
        None if date is None else parse_date(date),
        decode_words(values.get(b"subject", b""))[:SUBJECT_CHARACTERS_MAX],
        _sender(author),
        _message_id(values.get(b"message-id", b"")),
        preview(data, root),
    )


def _sender(author: tuple[Mailbox | GroupMarker, ...]) -> str:
    for address in author:
        if isinstance(address, Mailbox):
            return _storable(b"%b@%b" % (address.local, address.host))[:SENDER_CHARACTERS_MAX]
    return ""


def _message_id(value: bytes) -> str | None:
    return _storable(unfold(value)[:MESSAGE_ID_BYTES_MAX]) or None


def _storable(octets: bytes) -> str:
    """Text that any database keeps: no NUL (PostgreSQL refuses it, SQLite stops at it), no surrogates."""
    return decode_charset(octets).replace("\0", "")
