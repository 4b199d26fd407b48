"""Parsed once: everything that lists and fetches need, computed from a message at delivery.

bytes → mime.scan → Part tree → ENVELOPE and BODYSTRUCTURE notation, date, subject, sender, Message-ID,
        listed fields, keys, whether there are attachments
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from bocau.formats.body_parts import has_attachment
from bocau.formats.charset import storable
from bocau.formats.correspondents import NOBODY, Correspondents, correspondents
from bocau.formats.date import parse_date
from bocau.formats.email_keys import EmailKeys, email_keys
from bocau.formats.header import HEADER_BYTES_MAX, body_start, joined_values, split_fields
from bocau.formats.listing import pick_listed
from bocau.formats.mime import scan_fields
from bocau.formats.structure import body_structure, envelope_with
from bocau.formats.text import preview
from bocau.formats.words import decode_words, unfold

SUBJECT_CHARACTERS_MAX: Final = 998
MESSAGE_ID_BYTES_MAX: Final = 998


class Digest(NamedTuple):
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
    listed: bytes | None
    """The fields that clients list with, as they stand (see `formats.listing`); None: too long to keep."""
    listed_fields: int
    """The bits of those that occur."""
    keys: EmailKeys
    """What it is sorted and threaded by."""


def digest(data: bytes) -> Digest:
    """Digest a whole message (CRLF). Never raises; a few hundred microseconds at most for ordinary mail."""
    start = body_start(data)
    wholes, names, contents = split_fields(data, 0, start)
    values = joined_values(names, contents)
    root = scan_fields(data, start, values)
    author, to, cc = named = _named(values)
    date = values.get(b"date")
    subject = _subject(values)
    listed, bits = _listed(start, wholes, names)
    return Digest(
        envelope_with(values, author.notation, to.notation, cc.notation),
        body_structure(data, root),
        None if date is None else parse_date(date),
        subject,
        author.first,
        _message_id(values.get(b"message-id", b"")),
        preview(data, root),
        listed,
        bits,
        email_keys(values, named, subject, has_attachment(root)),
    )


def _listed(start: int, wholes: Sequence[bytes], names: Sequence[bytes]) -> tuple[bytes | None, int]:
    # The fields of a longer header have not all been looked at.
    return pick_listed(wholes, names) if start <= HEADER_BYTES_MAX else (None, 0)


def _named(values: dict[bytes, bytes]) -> tuple[Correspondents, Correspondents, Correspondents]:
    """Whom From, To and Cc name."""
    return (
        correspondents(values[b"from"]) if b"from" in values else NOBODY,
        correspondents(values[b"to"]) if b"to" in values else NOBODY,
        correspondents(values[b"cc"]) if b"cc" in values else NOBODY,
    )


def _subject(values: dict[bytes, bytes]) -> str:
    return decode_words(values.get(b"subject", b""))[:SUBJECT_CHARACTERS_MAX]


def _message_id(value: bytes) -> str | None:
    return storable(unfold(value)[:MESSAGE_ID_BYTES_MAX]) or None
