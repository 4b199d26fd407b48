"""What THREAD needs of a whole mailbox, read column by column (see bocau.store.ordering)."""

import json
from array import array
from itertools import accumulate, compress
from typing import Any

from bocau.base.ids import MailboxId
from bocau.rules.threads import KEY_BYTES, Links
from bocau.store.columncache import COLUMNS
from bocau.store.columns import Columns
from bocau.store.ordering import OrderKey, ranks
from bocau.store.reading import Reading


def links_of(reading: Reading, mailbox_id: MailboxId, image: Columns) -> tuple[Links, bool]:
    """The links of all messages, and whether every email has its keys; the facts of DATE must be there."""
    derived = image.roster.derived
    kept: Links | None = derived.get(Links)
    if kept is not None:
        return kept, True
    links, is_complete = _read(reading, mailbox_id, image)
    if is_complete:
        derived[Links] = links
    return links, is_complete


def _read(reading: Reading, mailbox_id: MailboxId, image: Columns) -> tuple[Links, bool]:
    row: Any = reading.sql.row(COLUMNS.links, (reading.account_id, mailbox_id))
    keys, replies, counts = (json.loads(text) for text in row[:3])
    is_complete = None not in counts
    if not is_complete:
        keys, replies, counts = ([one or 0 for one in column] for column in (keys, replies, counts))
    subjects = ranks(reading, mailbox_id, image, OrderKey.SUBJECT)
    dates = ranks(reading, mailbox_id, image, OrderKey.DATE)
    links = Links(
        array("q", keys), array("I", counts), _native(row[3] or b""), subjects.values, bytes(replies),
        dates.values,
    )  # fmt: skip
    return links, is_complete


def _native(references: bytes) -> bytes:
    """The store keeps keys little-endian; the machine reads them in its own order."""
    keys = array("q", references)
    if keys.itemsize == KEY_BYTES and array("H", b"\1\0")[0] != 1:
        keys.byteswap()
    return keys.tobytes()


def chosen_links(links: Links, chosen: bytes) -> Links:
    """Only those where `chosen` is 1."""
    ends = list(accumulate(links.reference_counts))
    spans = compress(zip(ends, links.reference_counts, strict=True), chosen)
    references = b"".join(
        [links.references[(end - size) * KEY_BYTES : end * KEY_BYTES] for end, size in spans if size]
    )
    return Links(
        list(compress(links.message_keys, chosen)),
        list(compress(links.reference_counts, chosen)),
        references,
        list(compress(links.subjects, chosen)),
        list(compress(links.replies, chosen)),
        list(compress(links.dates, chosen)),
    )
