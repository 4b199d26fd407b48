"""A new Email made into a message (RFC 8621 §4.6).

object → header, body (checked) → blobs found → encoded → octets
"""

import asyncio
import secrets
from collections.abc import Iterator
from typing import Any, Final

from bocau.base.errors import MessageTooLarge
from bocau.base.ids import AccountId
from bocau.formats.compose import (
    NewBranch,
    NewField,
    NewLeaf,
    NewPart,
    compose,
    encode_message,
    encode_octets,
    encode_text,
)
from bocau.formats.date import format_date
from bocau.services.jmap.blobs import BlobSource, NoSuchBlob, resolve
from bocau.services.jmap.context import Arguments, Context
from bocau.services.jmap.email.new_body import take_body
from bocau.services.jmap.email.new_header import in_order, take_fields
from bocau.services.jmap.email.new_part import OPAQUE, TYPE, PartAsked, content_fields
from bocau.services.jmap.errors import SetError, invalid_properties
from bocau.services.jmap.session_object import ATTACHMENTS_BYTES_MAX
from bocau.store import BlobLost

ENCODE_NOW_BYTES_MAX: Final = 64 * 1024
"""A longer message is put together in a thread."""

_KEPT: Final = frozenset(("bodyStructure", "bodyValues", "textBody", "htmlBody", "attachments"))
Blobs = dict[str, tuple[str, bytes]]
"""Blob id → its type and octets."""


async def build(context: Context, account: AccountId, new: Arguments) -> bytes:
    """`new`: the object without what is no part of a message (mailboxIds, keywords, receivedAt). SetError
    invalidProperties, blobNotFound, tooLarge."""
    header, root = _take(new)
    _add_missing(context, header, root)
    sources = await _resolve(context, account, root)
    size = sum(source.size for source in sources.values()) + _text_size(root)
    if size > ATTACHMENTS_BYTES_MAX:
        raise MessageTooLarge(f"more than {ATTACHMENTS_BYTES_MAX} bytes of texts and attachments")
    blobs: Blobs = {
        blob_id: (source.type, await source.octets(context.store)) for blob_id, source in sources.items()
    }
    if size <= ENCODE_NOW_BYTES_MAX:
        return _composed(header, root, blobs)
    async with context.rooms.large:
        return await asyncio.to_thread(_composed, header, root, blobs)


def _take(new: Arguments) -> tuple[dict[str, tuple[NewField, ...]], PartAsked]:
    if new.get("headers") is not None:
        raise invalid_properties("each header field is a property of its own", "headers")
    header = take_fields(new)
    of_parts = [name for name in new if name.lower().startswith("header:content-") and new[name] is not None]
    if of_parts:
        raise invalid_properties("it belongs to a body part", *of_parts)
    root = take_body({name: value for name, value in new.items() if name in _KEPT})
    for name, (first, *_) in root.fields.items():
        if name in header:
            raise invalid_properties("it is given for the email too", f"{root.where}header:{first[0]}")
    return header, root


def _add_missing(context: Context, header: dict[str, tuple[NewField, ...]], root: PartAsked) -> None:
    """From, Date, Message-ID (RFC 5322 §3.6) and MIME-Version (RFC 2045 §4), unless the root part, whose
    fields stand in the same header, has them."""
    address = context.caller.login.address
    now = int(context.rooms.clock.now())
    for name, value in (
        ("From", str(address)),
        ("Date", format_date(now)),
        ("Message-ID", f"<{secrets.token_hex(16)}@{address.domain}>"),
        ("MIME-Version", "1.0"),
    ):
        if name.lower() not in root.fields:
            header.setdefault(name.lower(), ((name, f" {value}".encode()),))


async def _resolve(context: Context, account: AccountId, root: PartAsked) -> dict[str, BlobSource]:
    """Every blob that a part names. SetError blobNotFound names all that are missing."""
    found: dict[str, BlobSource] = {}
    missing: list[str] = []
    for blob_id in dict.fromkeys(part.blob_id for part in _parts(root) if part.blob_id is not None):
        try:
            found[blob_id] = await resolve(context.rooms, account, context.real_id(blob_id))
        except (NoSuchBlob, BlobLost, SetError):
            missing.append(blob_id)
    if missing:
        raise SetError("blobNotFound", notFound=missing)
    return found


def _parts(root: PartAsked) -> Iterator[PartAsked]:
    pending = [root]
    while pending:
        part = pending.pop()
        yield part
        pending += reversed(part.children)


def _text_size(root: PartAsked) -> int:
    return sum(len(part.text) for part in _parts(root) if part.text is not None)


def _composed(header: dict[str, tuple[NewField, ...]], root: PartAsked, blobs: Blobs) -> bytes:
    return compose(in_order(header), _written(root, blobs))


def _written(part: PartAsked, blobs: Blobs) -> NewPart:
    if part.is_multipart:
        boundary = secrets.token_hex(16)
        children = tuple(_written(child, blobs) for child in part.children)
        return NewBranch(content_fields(part, part.type, boundary), boundary, children)
    if part.blob_id is None:
        return NewLeaf(content_fields(part, part.type, None), *encode_text(part.text or ""))
    kind, octets = blobs[part.blob_id]
    kind = part.type or _leaf_type(kind)
    encode: Any = encode_message if kind.startswith("message/") else encode_octets
    return NewLeaf(content_fields(part, kind, None), *encode(octets))


def _leaf_type(kind: str) -> str:
    """The blob's type, unless it is none, or would need parts of its own."""
    return OPAQUE if not TYPE.fullmatch(kind) or kind.startswith("multipart/") else kind.lower()
