"""Blob/upload: blobs made of texts, octets and ranges of other blobs (RFC 9404 §4.1)."""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from bocau.base.errors import BocauError
from bocau.base.ids import AccountId
from bocau.services.jmap.blobs import NoSuchBlob, resolve, upload_blob_id
from bocau.services.jmap.capabilities import BLOB
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import MethodError, SetError, invalid_properties, set_error
from bocau.services.jmap.media_types import OPAQUE, is_type, said_type
from bocau.services.jmap.session_object import DATA_SOURCES_MAX
from bocau.services.jmap.standard import INTEGER_MAX, objects, only
from bocau.services.jmap.uploading import keep_upload, spool
from bocau.store.blobs.growing import GrowingBlob

PIECE_BYTES: Final = 1024 * 1024
"""A range of another blob is copied in such pieces."""
_SOURCE: Final = frozenset(("data:asText", "data:asBase64", "blobId", "offset", "length"))


async def upload(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "accountId", "create")
    account = context.account(arguments)
    create = objects(arguments, "create")
    if len(create) > context.rooms.settings.limits.max_objects_in_set:
        raise MethodError("requestTooLarge", "more objects than maxObjectsInSet")
    created, refused = {}, {}
    for name, new in _in_order(create):
        try:
            created[name] = await _make(context, account, new)
            context.created_ids[name] = created[name]["id"]
        except SetError as error:
            refused[name] = error.told()
        except BocauError as error:
            refused[name] = set_error(error).told()
    return {"accountId": arguments["accountId"], "created": created or None, "notCreated": refused or None}


def _in_order(create: Mapping[str, Arguments]) -> Iterator[tuple[str, Arguments]]:
    """What others of the call are made of comes before them: objects of JSON have no order. Those that go
    round in a circle come last, and fail."""
    left = dict(create)
    sorter = TopologicalSorter({name: _used_by(new) & create.keys() for name, new in create.items()})
    with suppress(CycleError):
        sorter.prepare()
    while ready := sorter.get_ready():
        for name in ready:
            yield name, left.pop(name)
            sorter.done(name)
    yield from left.items()


def _used_by(new: Arguments) -> set[str]:
    """The creation ids that the sources name."""
    sources = new.get("data")
    found = (
        [one.get("blobId") for one in sources if isinstance(one, dict)] if isinstance(sources, list) else []
    )
    return {blob_id[1:] for blob_id in found if isinstance(blob_id, str) and blob_id.startswith("#")}


async def _make(context: Context, account: AccountId, new: Arguments) -> Arguments:
    unknown = set(new).difference(("data", "type"))
    if unknown:
        raise invalid_properties("no such property", *sorted(unknown))
    kind = _type(new.get("type"))
    sources = new.get("data")
    if not isinstance(sources, list) or len(sources) > DATA_SOURCES_MAX:
        raise invalid_properties(f"data is a list of at most {DATA_SOURCES_MAX} sources", "data")
    with closing(GrowingBlob(lambda: spool(context.rooms))) as body:
        for source in sources:
            await _add(context, account, source, body)
        found = await keep_upload(context.rooms, account, kind, body)
    return {"id": upload_blob_id(found.upload_id), "type": kind, "size": found.blob.length}


def _type(said: object) -> str:
    if said is None:
        return OPAQUE
    if not isinstance(said, str) or not is_type(said.partition(";")[0].strip(" ")):
        raise invalid_properties("this is no media type", "type")
    return said_type(said)


async def _add(context: Context, account: AccountId, source: Any, body: GrowingBlob) -> None:
    if not isinstance(source, dict) or not _SOURCE.issuperset(source):
        raise invalid_properties("a source has data:asText, data:asBase64 or blobId", "data")
    said = {name: value for name, value in source.items() if value is not None}
    match said:
        case {"data:asText": str(text)} if len(said) == 1:
            await _grow(context, body, text.encode("utf-8"))
        case {"data:asBase64": str(text)} if len(said) == 1:
            await _grow(context, body, _decoded(text))
        case {"blobId": str(blob_id)} if "data:asText" not in said and "data:asBase64" not in said:
            await _add_range(context, account, blob_id, said, body)
        case _:
            raise invalid_properties("a source has data:asText, data:asBase64 or blobId", "data")


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid_properties("data:asBase64 is no base64", "data") from None


async def _add_range(
    context: Context, account: AccountId, blob_id: str, said: Arguments, body: GrowingBlob
) -> None:
    real = context.real_id(blob_id)
    try:
        source = await resolve(context.rooms, account, real)
    except NoSuchBlob:
        raise SetError("blobNotFound", notFound=[blob_id]) from None
    start = _count(said, "offset", 0)
    length = _count(said, "length", max(0, source.size - start))
    if start + length > source.size:
        raise invalid_properties("the range goes beyond the end of the blob", "data")
    for at in range(start, start + length, PIECE_BYTES):
        end = min(at + PIECE_BYTES, start + length)
        await _grow(context, body, await source.octets(context.store, at, end))


def _count(said: Arguments, name: str, otherwise: int) -> int:
    value = said.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= INTEGER_MAX:
        raise invalid_properties(f"{name} is an unsigned number", "data")
    return value


async def _grow(context: Context, body: GrowingBlob, data: bytes) -> None:
    if body.size_bytes + len(data) > context.rooms.settings.limits.max_size_upload:
        raise SetError("tooLarge", "larger than maxSizeBlobSet")
    await body.add(data)


METHODS: Final = {"Blob/upload": Registered(BLOB, upload)}
