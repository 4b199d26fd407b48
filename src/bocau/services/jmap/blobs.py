"""Blob ids and what they stand for (RFC 8620 §6).

    M<email>            a whole email          M<email>_<path>      a part of it, its transfer encoding undone
    U<upload>           an upload              U<upload>_<path>     a part of an uploaded message

A path is that of IMAP, "1.2" (RFC 9051 §6.4.5.1), written "1_2": an id has no dots (RFC 8620 §1.2).
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from bocau.base.errors import Refused
from bocau.base.ids import AccountId
from bocau.formats.mime import Part, part_at, scan
from bocau.formats.text import decoded_octets
from bocau.services.jmap import ids
from bocau.services.jmap.context import JmapRooms
from bocau.store import MailStore
from bocau.store.blobs import READ_NOW_BYTES_MAX, BlobRef
from bocau.store.emails import email_blob
from bocau.store.uploads import Upload, upload

PATH_STEPS_MAX: Final = 100
OPAQUE: Final = "application/octet-stream"
MESSAGE: Final = "message/rfc822"
_ID: Final = re.compile(r"([MU])([1-9][0-9]{0,18})(?:_([1-9][0-9]{0,4}(?:_[1-9][0-9]{0,4})*))?\Z", re.ASCII)
_PLAIN_ENCODINGS: Final = frozenset((b"7bit", b"8bit", b"binary"))


class NoSuchBlob(Refused):
    """The account has no blob of this id."""


@dataclass(frozen=True, slots=True)
class BlobSource:
    """A blob found: octets start…end of a stored body, or octets that were decoded from it."""

    type: str
    """Media type as its sender or uploader said, in lower case; not to be trusted."""
    size: int
    ref: BlobRef
    """The stored body it is, or is a part of."""
    start: int = 0
    decoded: bytes | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is all of `ref`: then it can be kept without a copy."""
        return self.decoded is None and self.size == self.ref.length

    async def octets(self, store: MailStore, start: int = 0, end: int | None = None) -> bytes:
        """Octets start…end of the blob; what is long is read in a thread. BlobLost."""
        stop = self.size if end is None else min(end, self.size)
        if self.decoded is not None:
            return self.decoded[start:stop]
        first, last = self.start + start, self.start + stop
        if last - first <= READ_NOW_BYTES_MAX:
            return store.blobs.read(self.ref, first, last)
        return await asyncio.to_thread(store.blobs.read, self.ref, first, last)

    async def stream(self, store: MailStore, start: int, end: int) -> AsyncIterator[bytes]:
        """The same in pieces."""
        if self.decoded is not None:
            yield self.decoded[start:end]
            return
        async for piece in store.blobs.stream(self.ref, self.start + start, self.start + end):
            yield piece


def email_blob_id(email: int, path: str = "") -> str:
    return part_blob_id(ids.email_id(email), path) if path else ids.email_id(email)


def upload_blob_id(upload_id: int, path: str = "") -> str:
    return part_blob_id(f"U{upload_id}", path) if path else f"U{upload_id}"


def part_blob_id(blob_id: str, path: str) -> str:
    """A part of the message that a blob is; `path`: "1.2"."""
    return f"{blob_id}_{path.replace('.', '_')}"


def email_of_blob(account: AccountId, blob_id: str) -> int | None:
    """The email that a blob is or belongs to; None: an upload, or no id of ours."""
    return ids.parse_email(account, blob_id.partition("_")[0])


async def resolve(rooms: JmapRooms, account_id: AccountId, blob_id: str) -> BlobSource:
    """What the id stands for, in this account only. NoSuchBlob, BlobLost."""
    kind, ref, path = _found(rooms.store, account_id, blob_id)
    if not path:
        return BlobSource(kind, ref.length, ref)
    if ref.length <= READ_NOW_BYTES_MAX:
        source = _part(rooms.store.blobs.read(ref), ref, path)
    else:
        async with rooms.large:
            data = await asyncio.to_thread(rooms.store.blobs.read, ref)
            source = await asyncio.to_thread(_part, data, ref, path)
    if source is None:
        raise NoSuchBlob(blob_id)
    return source


def _found(store: MailStore, account_id: AccountId, blob_id: str) -> tuple[str, BlobRef, tuple[int, ...]]:
    """Type, stored body and path."""
    match = _ID.match(blob_id)
    if match is None:
        raise NoSuchBlob(blob_id[:100])
    letter, digits, steps = match.groups()
    path = tuple(map(int, steps.split("_"))) if steps else ()
    if len(path) > PATH_STEPS_MAX:
        raise NoSuchBlob(blob_id[:100])
    found = _email(store, account_id, blob_id) if letter == "M" else _upload(store, account_id, int(digits))
    if found is None:
        raise NoSuchBlob(blob_id)
    return *found, path


def _email(store: MailStore, account_id: AccountId, blob_id: str) -> tuple[str, BlobRef] | None:
    email = ids.parse_email(account_id, blob_id.partition("_")[0])
    ref = store.glance(account_id, lambda tx: email_blob(tx, email)) if email is not None else None
    return (MESSAGE, ref) if ref is not None else None


def _upload(store: MailStore, account_id: AccountId, upload_id: int) -> tuple[str, BlobRef] | None:
    found: Upload | None = store.glance(account_id, lambda tx: upload(tx, upload_id))
    return (found.type, found.blob) if found is not None else None


def _part(data: bytes, ref: BlobRef, path: tuple[int, ...]) -> BlobSource | None:
    tree = scan(data)
    for steps in range(1, len(path)):
        outer = part_at(tree, path[:steps])
        if outer is not None and outer.type == b"message" and outer.encoding not in _PLAIN_ENCODINGS:
            # Its parts are those of what it is when decoded, as Email/parse numbers them.
            return _within(decoded_octets(data, outer), ref, path[steps:])
    part = part_at(tree, path)
    if part is None:
        return None
    kind = _type(part)
    if part.encoding in _PLAIN_ENCODINGS:
        return BlobSource(kind, part.end - part.body_start, ref, part.body_start)
    decoded = decoded_octets(data, part)
    return BlobSource(kind, len(decoded), ref, 0, decoded)


def _within(data: bytes, ref: BlobRef, path: tuple[int, ...]) -> BlobSource | None:
    """A part of a message that is nowhere stored as it stands."""
    found = _part(data, ref, path)
    if found is None or found.decoded is not None:
        return found
    return replace(found, start=0, decoded=data[found.start : found.start + found.size])


def _type(part: Part) -> str:
    return f"{part.type.decode('latin-1')}/{part.subtype.decode('latin-1')}"
