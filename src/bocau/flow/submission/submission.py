"""What our own people hand in, made fit to leave (RFC 6409 §6, §8)."""

from bocau.directory import Directory
from bocau.flow.settings import FlowSettings
from bocau.flow.submission import identity
from bocau.flow.submission.fixup import repaired
from bocau.flow.values import Arrived
from bocau.formats.date import format_date
from bocau.formats.header import fields


def prepared(arrived: Arrived, content: bytes, directory: Directory, settings: FlowSettings) -> bytes:
    """Check who sends, repair what `content` lacks; returns what to go on with. Raises NotPermitted."""
    envelope = arrived.envelope
    found = fields(content)
    account = arrived.origin.account_id
    if account is not None:
        identity.check_reverse_path(directory, account, envelope.reverse_path)
        identity.check_authors(directory, account, content, found)
    sender = b"" if envelope.reverse_path is None else str(envelope.reverse_path).encode("utf-8")
    return repaired(
        content,
        found,
        date=format_date(int(arrived.arrived_at)).encode("ascii"),
        message_id=f"<{arrived.trace_id}@{settings.hostname}>".encode("ascii"),
        sender=sender,
    )
