"""Parsed once: everything that lists and fetches need, computed from a message at delivery.

    bytes → mime.scan → Part tree → ENVELOPE and BODYSTRUCTURE notation, date, subject, sender, Message-ID
"""

from dataclasses import dataclass


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
    """Digest a whole message (CRLF). Bounded: at most a few hundred microseconds for ordinary mail; limits in `mime`."""
    raise NotImplementedError
