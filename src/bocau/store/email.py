"""What the store keeps of a message, computed once when it comes in."""

from bocau.formats.digest import digest
from bocau.store.blobs import BlobRef
from bocau.store.values import NewEmail


def new_email(data: bytes, blob: BlobRef, received_at: int) -> NewEmail:
    """Parse a whole message whose body is staged; a long one belongs in a thread."""
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
        listed=read.listed,
        listed_fields=read.listed_fields,
        keys=read.keys,
    )
