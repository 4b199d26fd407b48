"""Where the texts of emails are: what a search reads of those that its columns leave in doubt."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.base.ids import EmailId
from bocau.database import Queries
from bocau.store import access
from bocau.store.blobs import BlobRef

if TYPE_CHECKING:
    from bocau.store.reading import Reading

EMAIL_TEXTS: Final = Queries("bocau.store", "sql/sqlite/emailtexts.sql")


class EmailText(NamedTuple):
    listed: bytes | None
    """The header fields that clients list with (`formats.listing`); None: read the header."""
    blob: BlobRef


def email_texts(reading: "Reading", email_ids: Sequence[EmailId]) -> dict[EmailId, EmailText]:
    """Of those that exist; ask for a few hundred at a time."""
    access.require_owner(reading)
    own = [one for one in email_ids if one >> 32 == reading.account_id]
    return {
        EmailId(email_id): EmailText(listed, BlobRef(*blob))
        for email_id, listed, *blob in reading.sql.rows(EMAIL_TEXTS.texts, (json.dumps(own),))
    }
