"""What our own people hand in, made fit to leave (RFC 6409 §6, §8)."""

from bocau.directory import Directory
from bocau.flow.settings import FlowSettings
from bocau.flow.submission import identity
from bocau.flow.submission.fixup import repaired, with_crlf
from bocau.flow.values import Arrived, BodyType
from bocau.formats.date import format_date
from bocau.formats.header import fields


def prepared(arrived: Arrived, directory: Directory, settings: FlowSettings) -> bytes:
    """Check who sends, repair what is missing; returns the content to go on with. Raises NotPermitted."""
    envelope = arrived.envelope
    is_binary = envelope.body_type is BodyType.BINARY
    content = arrived.content if is_binary else with_crlf(arrived.content)
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
