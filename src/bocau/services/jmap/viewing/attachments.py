"""The attachments of a message as they may be offered: safe names, types by our own look."""

from typing import Any, Final

from bocau.formats.body_parts import BodyPart, decoded_size
from bocau.formats.image_types import SNIFFED_BYTES, image_type
from bocau.formats.safe_name import hides_its_end, is_dangerous, safe_name
from bocau.formats.text import decoded_octets
from bocau.services.jmap.blobs import email_blob_id
from bocau.services.jmap.media_types import OPAQUE, safe_type
from bocau.services.jmap.viewing.opened import Opened

ATTACHMENTS_MAX: Final = 1000
"""Of one message; the rest is in the whole message alone."""
_NAMES: Final = {
    "message/rfc822": "message.eml",
    "message/global": "message.eml",
    "text/calendar": "invitation.ics",
}


def attachments(message: Opened, email_id: int, used: frozenset[str]) -> list[dict[str, Any]]:
    """`used`: parts that the page shows already."""
    parts = [part for part in message.body.attachments if message.number(part) not in used]
    return [_attachment(message, part, email_id) for part in parts[:ATTACHMENTS_MAX]]


def _attachment(message: Opened, part: BodyPart, email_id: int) -> dict[str, Any]:
    kind = _type(message.data, part)
    name = safe_name(part.name, _NAMES.get(kind, "attachment"))
    return {
        "blobId": email_blob_id(email_id, message.number(part)),
        "name": name,
        "type": kind,
        "size": decoded_size(message.data, part.part),
        "isDangerous": is_dangerous(name) or hides_its_end(part.name),
    }


def _type(data: bytes, part: BodyPart) -> str:
    """An image is one by its octets; anything else is what it says, if a browser may see that."""
    found = image_type(decoded_octets(data, part.part, SNIFFED_BYTES * 4))
    if found is not None:
        return found
    said = safe_type(part.type)
    return OPAQUE if said.startswith("image/") else said
