"""Email/parse (RFC 8621 §4.9): messages that are no emails here, as files attached or uploaded."""

import asyncio
from typing import Final

from bocau.formats.header import body_start, named_values
from bocau.services.jmap import ids
from bocau.services.jmap.blobs import NoSuchBlob, resolve
from bocau.services.jmap.capabilities import MAIL
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.email.budget import Budget
from bocau.services.jmap.email.telling import tell_parsed
from bocau.services.jmap.email.wanted import (
    ALL,
    BODY_ARGUMENTS,
    PARSED_BY_DEFAULT,
    Wanted,
    take_properties,
    take_wanted,
)
from bocau.services.jmap.errors import MethodError, invalid_arguments
from bocau.services.jmap.methods.email_get import BODY_NOW_BYTES_MAX
from bocau.services.jmap.standard import id_list, only
from bocau.store import BlobLost

MESSAGE_BYTES_MAX: Final = 50 * 1024 * 1024
"""A longer blob is not parsed."""


async def parse(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "accountId", "blobIds", "properties", *BODY_ARGUMENTS)
    account = context.account(arguments)
    blob_ids = id_list(arguments, "blobIds")
    if blob_ids is None:
        raise invalid_arguments("blobIds is missing")
    if len(blob_ids) > context.rooms.settings.limits.max_objects_in_get:
        raise MethodError("requestTooLarge", "more blobs than maxObjectsInGet")
    wanted = take_wanted(arguments, take_properties(arguments, "properties", ALL, PARSED_BY_DEFAULT))
    answer: Arguments = {
        "accountId": ids.account_id(account), "parsed": {}, "notParsable": [], "notFound": [],
    }  # fmt: skip
    budget = Budget()
    for blob_id in blob_ids:
        await _parse_one(context, blob_id, wanted, budget, answer)
        await asyncio.sleep(0)
    return {name: value or None for name, value in answer.items()}


async def _parse_one(
    context: Context, blob_id: str, wanted: Wanted, budget: Budget, answer: Arguments
) -> None:
    try:
        source = await resolve(context.rooms, context.account_id, blob_id)
        data = None if source.size > MESSAGE_BYTES_MAX else await source.octets(context.store)
    except (NoSuchBlob, BlobLost):
        answer["notFound"].append(blob_id)
        return
    if data is None or not is_message(data):
        answer["notParsable"].append(blob_id)
    elif len(data) <= BODY_NOW_BYTES_MAX:
        answer["parsed"][blob_id] = tell_parsed(data, blob_id, wanted, budget)
    else:
        async with context.rooms.large:
            answer["parsed"][blob_id] = await asyncio.to_thread(tell_parsed, data, blob_id, wanted, budget)


def is_message(data: bytes) -> bool:
    """Whether it begins with a header field, as any message does (RFC 5322 §2.1)."""
    start = body_start(data)
    first = data[: data.find(b"\n", 0, start) + 1 or start]
    return b"\0" not in data[:start] and bool(named_values(first, 0, len(first)))


METHODS: Final = {"Email/parse": Registered(MAIL, parse)}
