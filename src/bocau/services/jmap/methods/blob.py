"""Blob/copy (RFC 8620 §6.3); Blob/get and Blob/lookup (RFC 9404 §4.2, §4.3)."""

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final

from bocau.base.ids import EmailId
from bocau.services.jmap import ids
from bocau.services.jmap.blobs import BlobSource, NoSuchBlob, email_of_blob, resolve
from bocau.services.jmap.capabilities import BLOB, CORE
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import MethodError, SetError, invalid_arguments
from bocau.services.jmap.standard import id_list, only, optional, take_get, unsigned
from bocau.store.blobs import READ_NOW_BYTES_MAX
from bocau.store.emails import EmailRow, email_rows

GET_BYTES_MAX: Final = 200 * 1024 * 1024
"""Octets that one Blob/get reads."""
DATA_BYTES_MAX: Final = 16 * 1024 * 1024
"""Octets that one Blob/get answers with."""
DIGESTS: Final[Mapping[str, Callable[[bytes], Any]]] = {
    "sha": lambda data: hashlib.sha1(data, usedforsecurity=False),
    "sha-256": hashlib.sha256,
}
DIGEST: Final = "digest:"
TEXT: Final = "data:asText"
BASE64: Final = "data:asBase64"
PROPERTIES: Final = ("id", "data", TEXT, BASE64, "size", *(f"{DIGEST}{name}" for name in DIGESTS))
DEFAULT: Final = ("data", "size")
MATCHES: Final[Mapping[str, Callable[[EmailRow], list[str]]]] = {
    "Email": lambda row: [ids.email_id(row.email_id)],
    "Thread": lambda row: [ids.thread_id(row.thread_id)],
    "Mailbox": lambda row: [
        ids.mailbox_id(row.email_id >> ids.SERIAL_BITS, one)  # type: ignore[arg-type]
        for one in row.mailbox_ids
    ],
}


# --- Blob/copy -----------------------------------------------------------------------------------


async def copy(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "fromAccountId", "accountId", "blobIds")
    source = arguments.get("fromAccountId")
    try:
        account = context.account_of(source)
    except MethodError as error:
        raise (MethodError("fromAccountNotFound") if error.kind == "accountNotFound" else error) from None
    context.account(arguments)
    wanted = _ids(context, arguments, "blobIds")
    copied, refused = {}, {}
    for blob_id in wanted:
        try:
            await resolve(context.rooms, account, blob_id)
            copied[blob_id] = blob_id
        except NoSuchBlob:
            refused[blob_id] = SetError("notFound").told()
    return {
        "fromAccountId": source,
        "accountId": arguments["accountId"],
        "copied": copied or None,
        "notCopied": refused or None,
    }


def _ids(context: Context, arguments: Arguments, name: str) -> list[str]:
    wanted = id_list(arguments, name)
    if wanted is None:
        raise invalid_arguments(f"{name} is missing")
    if len(wanted) > context.rooms.settings.limits.max_objects_in_get:
        raise MethodError("requestTooLarge", f"more {name} than maxObjectsInGet")
    return wanted


# --- Blob/get ------------------------------------------------------------------------------------


async def get(context: Context, arguments: Arguments) -> Arguments:
    asked = take_get(context, arguments, PROPERTIES, DEFAULT, more=("offset", "length"))
    if asked.ids is None:
        raise invalid_arguments("ids is missing")
    offset = unsigned(arguments, "offset", 0) or 0
    length = unsigned(arguments, "length")
    found, lost = [], []
    budget = _Budget()
    for blob_id in asked.ids:
        try:
            source = await resolve(context.rooms, asked.account_id, blob_id)
        except NoSuchBlob:
            lost.append(blob_id)
            continue
        end = source.size if length is None else offset + length
        data = await _octets(context, source, offset, end, asked.properties, budget)
        told = {"id": blob_id, **await _told(data, asked.properties)}
        if "size" in asked.properties:
            told["size"] = source.size
        if data is not None and (offset > source.size or end > source.size):
            told["isTruncated"] = True
        found.append(told)
        await asyncio.sleep(0)
    return {"accountId": arguments["accountId"], "list": found, "notFound": lost}


class _Budget:
    """What one call may still read and answer with."""

    def __init__(self) -> None:
        self.read_bytes = GET_BYTES_MAX
        self.data_bytes = DATA_BYTES_MAX

    def take(self, size: int, *, is_answered: bool) -> None:
        self.read_bytes -= size
        self.data_bytes -= size if is_answered else 0
        if self.read_bytes < 0 or self.data_bytes < 0:
            raise MethodError("requestTooLarge", "more octets than one call may ask for")


async def _octets(
    context: Context, source: BlobSource, start: int, end: int, properties: list[str], budget: _Budget
) -> bytes | None:
    """The range that is asked for; None when no property needs it."""
    is_answered = not {"data", TEXT, BASE64}.isdisjoint(properties)
    if not is_answered and not any(name.startswith(DIGEST) for name in properties):
        return None
    start, end = min(start, source.size), min(end, source.size)
    budget.take(end - start, is_answered=is_answered)
    return await source.octets(context.store, start, end)


async def _told(data: bytes | None, properties: list[str]) -> Arguments:
    if data is None:
        return {}
    if len(data) > READ_NOW_BYTES_MAX:
        return await asyncio.to_thread(_shown, data, properties)
    return _shown(data, properties)


def _shown(data: bytes, properties: list[str]) -> Arguments:
    told: Arguments = {}
    for name in properties:
        if name in ("data", TEXT):
            text = _text(data)
            if text is None:
                told["isEncodingProblem"] = True
            if text is not None or name == TEXT:
                told[TEXT] = text
            elif name == "data":
                told[BASE64] = b64encode(data).decode("ascii")
        elif name == BASE64:
            told[BASE64] = b64encode(data).decode("ascii")
        elif name.startswith(DIGEST):
            told[name] = b64encode(DIGESTS[name.removeprefix(DIGEST)](data).digest()).decode("ascii")
    return told


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


# --- Blob/lookup ---------------------------------------------------------------------------------


async def lookup(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "accountId", "typeNames", "ids")
    account = context.account(arguments)
    types = optional(arguments, "typeNames", list)
    if types is None:
        raise invalid_arguments("typeNames is missing")
    if not all(isinstance(name, str) and name in MATCHES for name in types):
        raise MethodError("unknownDataType")
    found, lost = [], []
    for blob_id in _ids(context, arguments, "ids"):
        try:
            await resolve(context.rooms, account, blob_id)
        except NoSuchBlob:
            lost.append(blob_id)
            continue
        row = _email(context, blob_id)
        matched = {name: MATCHES[name](row) if row is not None else [] for name in types}
        found.append({"id": blob_id, "matchedIds": matched})
        await asyncio.sleep(0)
    return {"accountId": arguments["accountId"], "list": found, "notFound": lost}


def _email(context: Context, blob_id: str) -> EmailRow | None:
    """The email that a blob belongs to; None for an upload."""
    account = context.account_id
    email = email_of_blob(account, blob_id)
    if email is None:
        return None
    return context.store.glance(account, lambda tx: email_rows(tx, [EmailId(email)])).get(EmailId(email))


METHODS: Final = {
    "Blob/copy": Registered(CORE, copy),
    "Blob/get": Registered(BLOB, get),
    "Blob/lookup": Registered(BLOB, lookup),
}
