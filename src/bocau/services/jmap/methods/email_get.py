"""Email/get (RFC 8621 §4.2): lists from rows alone, the rest from each message read once.

rows (one snapshot, with the state) → nothing | the header | the whole message → JSON
"""

import asyncio
from typing import Final

from bocau.base.ids import EmailId
from bocau.formats.header import HEADER_BYTES_MAX, body_start
from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import MAIL
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.email.budget import Budget
from bocau.services.jmap.email.telling import Needed, needed, tell_email, tell_header, tell_row
from bocau.services.jmap.email.wanted import (
    ALL,
    BODY_ARGUMENTS,
    DEFAULT,
    Wanted,
    is_header_property,
    take_wanted,
)
from bocau.services.jmap.errors import MethodError
from bocau.services.jmap.standard import Get, get_response, take_get
from bocau.services.jmap.states import MailState
from bocau.store import BlobLost, Reading
from bocau.store.emails import EmailRow, all_emails, email_rows, mail_state

ROWS_NOW_MAX: Final = 200
"""Rows that are read on the loop; more are read in the reader thread."""
ROWS_BETWEEN_TURNS: Final = 50
"""Emails told from rows alone before other connections have their turn."""
BODY_NOW_BYTES_MAX: Final = 64 * 1024
"""A longer message is read and taken apart in a thread."""
HEADER_FIRST_BYTES: Final = 16 * 1024
"""What is read of a message at first when only its header is wanted."""


async def get(context: Context, arguments: Arguments) -> Arguments:
    asked = take_get(context, arguments, ALL, DEFAULT, more=BODY_ARGUMENTS, is_known=is_header_property)
    wanted = take_wanted(arguments, asked.properties)
    state, rows = await _read_rows(context, asked)
    found, not_found = await _tell(context, rows, wanted), []
    if asked.ids is not None:
        known = {told["id"] for told in found}
        not_found = [one for one in asked.ids if one not in known]
    return get_response(asked, str(state), found, not_found)


async def _read_rows(context: Context, asked: Get) -> tuple[MailState, list[EmailRow]]:
    """Of one snapshot, in the order asked for."""
    limit = context.rooms.settings.limits.max_objects_in_get
    wanted = None if asked.ids is None else _email_ids(asked)

    def job(reading: Reading) -> tuple[MailState, list[EmailRow]]:
        email_ids = all_emails(reading, limit + 1) if wanted is None else wanted
        if len(email_ids) > limit:
            raise MethodError("requestTooLarge", "more emails than maxObjectsInGet: name their ids")
        return MailState(*mail_state(reading)), list(email_rows(reading, email_ids).values())

    if wanted is not None and len(wanted) <= ROWS_NOW_MAX:
        return context.store.glance(asked.account_id, job)
    return await context.store.read(asked.account_id, job)


def _email_ids(asked: Get) -> list[EmailId]:
    parsed = [ids.parse_email(asked.account_id, one) for one in asked.ids or ()]
    return [one for one in parsed if one is not None]


async def _tell(context: Context, rows: list[EmailRow], wanted: Wanted) -> list[Arguments]:
    found: list[Arguments] = []
    budget = Budget()
    for number, row in enumerate(rows, 1):
        what = needed(row, wanted)
        if what is Needed.NOTHING:
            found.append(tell_row(row, wanted))
        else:
            found.append(await _tell_read(context, row, what, wanted, budget))
        if what is not Needed.NOTHING or number % ROWS_BETWEEN_TURNS == 0:
            await asyncio.sleep(0)
    return found


async def _tell_read(
    context: Context, row: EmailRow, what: Needed, wanted: Wanted, budget: Budget
) -> Arguments:
    """A body that the store has lost is told as an empty one: the other emails must not wait for it."""
    store, ref = context.store, row.blob
    try:
        if what is Needed.HEADER:
            data = store.blobs.read(ref, 0, HEADER_FIRST_BYTES)
            if ref.length <= HEADER_FIRST_BYTES or body_start(data) < len(data):
                return tell_header(row, data, wanted, budget)
            return await asyncio.to_thread(
                lambda: tell_header(row, store.blobs.read(ref, 0, HEADER_BYTES_MAX), wanted, budget)
            )
        if ref.length <= BODY_NOW_BYTES_MAX:
            return tell_email(row, store.blobs.read(ref), wanted, budget)
        async with context.rooms.large:
            return await asyncio.to_thread(lambda: tell_email(row, store.blobs.read(ref), wanted, budget))
    except BlobLost as error:
        context.rooms.log.error("a body is lost", email=ids.email_id(row.email_id), error=error)
        return tell_email(row, (row.listed or b"") + b"\r\n", wanted, budget)


METHODS: Final = {"Email/get": Registered(MAIL, get)}
