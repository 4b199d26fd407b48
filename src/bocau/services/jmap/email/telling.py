"""An Email in JSON (RFC 8621 §4.1): from its row in the store as far as that goes, else from the message.

row ─ stored properties ─ listed header fields ─┐
header ─ all other fields ──────────────────────┼→ JSON
whole message ─ parts, values, what is missing ─┘
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final

from bocau.formats.body_parts import has_attachment
from bocau.formats.header import body_start
from bocau.formats.json_date import json_date
from bocau.formats.mime import Part, scan
from bocau.formats.text import preview
from bocau.services.jmap import ids
from bocau.services.jmap.context import Arguments
from bocau.services.jmap.email.body import tell_body
from bocau.services.jmap.email.budget import Budget
from bocau.services.jmap.email.fields import read_fields
from bocau.services.jmap.email.wanted import Wanted
from bocau.services.jmap.keywords import keyword_set
from bocau.store.emails import EmailRow


class Needed(IntEnum):
    """How much of a message must be read to tell what is wanted."""

    NOTHING = 0
    HEADER = 1
    WHOLE = 2


def needed(row: EmailRow, wanted: Wanted) -> Needed:
    """How much of this message."""
    if wanted.body is not None or (row.has_attachment is None and "hasAttachment" in wanted.summary):
        return Needed.WHOLE
    if wanted.all_headers or (wanted.headers and (row.listed is None or not wanted.is_listed)):
        return Needed.HEADER
    return Needed.NOTHING


def tell_row(row: EmailRow, wanted: Wanted) -> Arguments:
    """What the row alone tells, for an email of which nothing must be read."""
    told = _tell_stored(row, wanted)
    if wanted.headers:
        listed = row.listed or b""
        read_fields(listed, 0, len(listed)).tell(wanted.headers, told)
    return told


def tell_header(row: EmailRow, data: bytes, wanted: Wanted, budget: Budget) -> Arguments:
    """`data`: the message's header at least."""
    told = _tell_stored(row, wanted)
    _tell_fields(data, 0, body_start(data), wanted, budget, told)
    return told


def tell_email(row: EmailRow, data: bytes, wanted: Wanted, budget: Budget) -> Arguments:
    """`data`: the whole message. MethodError requestTooLarge."""
    told = _tell_stored(row, wanted)
    tree = scan(data)
    if row.has_attachment is None and "hasAttachment" in wanted.summary:
        told["hasAttachment"] = has_attachment(tree)
    _tell_message(data, tree, ids.email_id(row.email_id), wanted, budget, told)
    return told


def tell_parsed(data: bytes, blob_id: str, wanted: Wanted, budget: Budget) -> Arguments:
    """A message that is no email of the store (RFC 8621 §4.9): what it has no answer to is null."""
    known = {"blobId": blob_id, "size": len(data)}
    told: Arguments = {name: known.get(name) for name in wanted.stored}
    tree = scan(data)
    if "hasAttachment" in wanted.summary:
        told["hasAttachment"] = has_attachment(tree)
    if "preview" in wanted.summary:
        told["preview"] = preview(data, tree)
    _tell_message(data, tree, blob_id, wanted, budget, told)
    return told


def _tell_message(
    data: bytes, tree: Part, blob_id: str, wanted: Wanted, budget: Budget, told: Arguments
) -> None:
    _tell_fields(data, tree.header_start, tree.body_start, wanted, budget, told)
    if wanted.body is not None:
        told.update(tell_body(data, tree, blob_id, wanted.body, budget))


def _tell_fields(data: bytes, start: int, end: int, wanted: Wanted, budget: Budget, told: Arguments) -> None:
    if not wanted.headers and not wanted.all_headers:
        return
    fields = read_fields(data, start, end, budget.take_header(end - start))
    fields.tell(wanted.headers, told)
    if wanted.all_headers:
        told["headers"] = fields.told()


def _tell_stored(row: EmailRow, wanted: Wanted) -> Arguments:
    told = {name: _TELLERS[name](row) for name in wanted.stored}
    if "hasAttachment" in wanted.summary:
        told["hasAttachment"] = row.has_attachment
    if "preview" in wanted.summary:
        told["preview"] = row.preview
    return told


def _mailbox_ids(row: EmailRow) -> dict[str, bool]:
    account = ids.account_of_email(row.email_id)
    return {ids.mailbox_id(account, mailbox): True for mailbox in row.mailbox_ids}


_TELLERS: Final[dict[str, Callable[[EmailRow], Any]]] = {
    "id": lambda row: f"M{row.email_id}",
    "blobId": lambda row: f"M{row.email_id}",
    "threadId": lambda row: f"T{row.thread_id}",
    "mailboxIds": _mailbox_ids,
    "keywords": lambda row: keyword_set(row.flags, row.keywords),
    "size": lambda row: row.blob.length,
    "receivedAt": lambda row: json_date(row.received_at),
}
