"""What the store keeps of a message, computed once at delivery."""

from bocau.formats.digest import digest
from bocau.store import BlobRef, NewEmail


def new_email(data: bytes, blob: BlobRef, received_at: int) -> NewEmail:
    """What the store keeps of a whole message, parsed once."""
    read = digest(data)
    return NewEmail(
        blob=blob,
        size_bytes=len(data),
        received_at=received_at,
        sent_at=read.sent_at,
        message_id=read.message_id,
        subject=read.subject,
        sender=read.sender,
        envelope=read.envelope,
        body_structure=read.body_structure,
        preview=read.preview,
    )
