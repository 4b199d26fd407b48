"""Reports that come back, noted with the submission they are about (RFC 8621 §7, dsnBlobIds, mdnBlobIds).

A report refers to its message by In-Reply-To; ours always do, those of most others too.
"""

from typing import Final

from bocau.formats.header import get
from bocau.store import NewEmail, Writing, submissions

DSN: Final = "dsn"
MDN: Final = "mdn"
_KINDS: Final = ((b"delivery-status", DSN), (b"disposition-notification", MDN))


def note_report(tx: Writing, email_id: int, email: NewEmail) -> None:
    """A report was delivered as this email."""
    header = email.listed or b""
    kind = _kind(get(header, b"content-type") or b"")
    message_id = get(header, b"in-reply-to") or get(header, b"references")
    if kind and message_id:
        submissions.note_report(tx, kind, message_id.split()[-1].decode("utf-8", "replace"), email_id)


def _kind(content_type: bytes) -> str:
    value = content_type.lower()
    if not value.startswith(b"multipart/report"):
        return ""
    return next((kind for mark, kind in _KINDS if mark in value), "")
