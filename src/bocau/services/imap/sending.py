"""Untagged FETCH responses: portion by portion, other sessions get their turn between.

positions in the view → portions → one glance each → bodies, a bounded number of bytes at a time → connection
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from bocau.protocols.imap.fetch import Form, Item, Portion, Section
from bocau.protocols.imap.sets import ranges_of
from bocau.runtime.connection import send_stream
from bocau.services.imap.formatter import Batch, Plan, Row, flag_texts, literal
from bocau.services.imap.keywords import announce
from bocau.services.imap.parts import HEADER_FIRST_BYTES, PartCache, cut, span
from bocau.services.imap.recent import recent_limit
from bocau.services.imap.view import Runs, View, batches, numbers_in
from bocau.store import BlobRef, Reading
from bocau.store.blobs import READ_NOW_BYTES_MAX

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

NARROW_MESSAGES: Final = 1000
"""One portion of flags."""
WIDE_MESSAGES: Final = 200
"""One portion of whole rows or bodies."""
BODY_BYTES: Final = 512 * 1024
"""Bodies in memory together."""


async def send_messages(session: "ImapSession", view: View, runs: Runs, plan: Plan, *, since: int = 0) -> int:
    """Write the responses of all that changed after `since`; returns how many did not answer."""
    missing, connection = 0, session.connection
    size = WIDE_MESSAGES if plan.needs_messages or plan.needs_bodies else NARROW_MESSAGES
    portions = batches(runs, size)
    for portion in portions:
        batch = _glance(session, view, portion, plan, since)
        announce(session, view, batch.rows)
        missing += sum(stop - start for start, stop in portion) - len(batch.uids)
        if plan.needs_bodies:
            await _send_bodies(session, batch, plan)
        elif batch.uids:
            connection.write(plan.format(batch))
        if connection.wants_flush:
            await connection.flush()
        if len(portions) > 1:
            # Other sessions get their turn.
            await asyncio.sleep(0)
    return missing


def _glance(session: "ImapSession", view: View, runs: Runs, plan: Plan, since: int) -> Batch:
    """What the plan needs of one portion, in one snapshot."""

    def read(reading: Reading) -> Batch:
        if since and plan.needs_bodies:
            changed = reading.flags(view.mailbox_id, view.uid_ranges(runs), since=since)
            return _read(reading, view, view.runs_of(ranges_of([row[0] for row in changed])), plan, 0)
        return _read(reading, view, runs, plan, since)

    batch = session.store.glance(view.account_id, read)
    if plan.needs_flags:
        batch.flags = flag_texts(batch.rows, recent_limit(session, view))
        batch.modseqs = [row[1] for row in batch.rows]
    return batch


def _read(reading: Reading, view: View, runs: Runs, plan: Plan, since: int) -> Batch:
    ranges = view.uid_ranges(runs)
    if plan.needs_messages:
        messages = reading.messages(view.mailbox_id, ranges, since=since)
        rows: list[Row] = [(m.uid, m.modseq, int(m.flags), m.keywords) for m in messages]
        batch = Batch(_numbers(view, runs, rows), [row[0] for row in rows], messages=messages)
        batch.refs = [message.blob for message in messages]
    else:
        rows = []
        if plan.needs_flags or not plan.needs_bodies:
            rows = reading.flags(view.mailbox_id, ranges, since=since)
            batch = Batch(_numbers(view, runs, rows), [row[0] for row in rows])
        if plan.needs_bodies:
            blobs = reading.blobs(view.mailbox_id, ranges)
            batch = Batch(
                _numbers(view, runs, blobs), [row[0] for row in blobs], refs=[row[2] for row in blobs]
            )
    batch.rows = rows
    return batch


def _numbers(view: View, runs: Runs, rows: Sequence[tuple[Any, ...]]) -> Sequence[int]:
    """The message numbers of rows: as many rows as messages asked for means that none is gone."""
    numbers = numbers_in(runs)
    if len(numbers) == len(rows):
        return numbers
    return [view.number_of(row[0]) or 0 for row in rows]


# --- bodies -------------------------------------------------------------------------------


async def _send_bodies(session: "ImapSession", batch: Batch, plan: Plan) -> None:
    """Read and write bodies in portions of bounded size; long ones pass through in pieces."""
    connection, parts = session.connection, session.service.parts
    start, count = 0, len(batch.uids)
    while start < count:
        stop = _portion_end(batch, start, plan)
        portion = _slice(batch, start, stop)
        if plan.needs_only_headers:
            portion.bodies = _headers(parts, portion)
            connection.write(plan.format(portion))
        elif stop == start + 1 and batch.refs[start].length > READ_NOW_BYTES_MAX:
            await _send_large(session, portion, plan)
        else:
            portion.bodies = parts.blobs.read_many(portion.refs)
            connection.write(plan.format(portion))
        if connection.wants_flush:
            await connection.flush()
        start = stop


def _portion_end(batch: Batch, start: int, plan: Plan) -> int:
    """Where the bodies from `start` on have made up BODY_BYTES; a long one stands alone."""
    if plan.needs_only_headers:
        return len(batch.refs)
    total = 0
    for index in range(start, len(batch.refs)):
        total += batch.refs[index].length
        if total > BODY_BYTES and index > start:
            return index
    return len(batch.refs)


def _slice(batch: Batch, start: int, stop: int) -> Batch:
    if start == 0 and stop == len(batch.uids):
        return batch
    part = slice(start, stop)
    return Batch(
        batch.numbers[part],
        batch.uids[part],
        batch.rows[part],
        batch.flags[part],
        batch.modseqs[part],
        batch.messages[part],
        batch.refs[part],
    )


def _headers(parts: PartCache, batch: Batch) -> "list[bytes | memoryview]":
    """Short messages come whole, many by one read; of long ones only the header is read."""
    short = [ref for ref in batch.refs if ref.length <= HEADER_FIRST_BYTES]
    bodies = iter(parts.blobs.read_many(short))
    return [next(bodies) if ref.length <= HEADER_FIRST_BYTES else parts.header(ref) for ref in batch.refs]


async def _send_large(session: "ImapSession", batch: Batch, plan: Plan) -> None:
    """One message whose body is not to be held in memory: what is asked of it item by item."""
    connection = session.connection
    ref = batch.refs[0]
    connection.write(b"* %d FETCH (" % batch.numbers[0])
    for index, item in enumerate(plan.items):
        if index:
            connection.write(b" ")
        if isinstance(item, Section) and item.form is Form.RAW:
            await _send_large_section(session, ref, item)
        else:
            await _send_large_item(session, batch, item)
    connection.write(b")\r\n")


async def _send_large_section(session: "ImapSession", ref: BlobRef, section: Section) -> None:
    connection, parts = session.connection, session.service.parts
    connection.write(section.label + b" ")
    if not section.part and section.portion is Portion.WHOLE:
        found: tuple[int, int] | None = (0, ref.length)
    else:
        found = span(await parts.tree_of_large(ref), section)
    if found is None:
        connection.write(b"NIL")
        return
    if section.portion in (Portion.FIELDS, Portion.FIELDS_NOT):
        header = parts.blobs.read(ref, found[0], min(found[1], found[0] + READ_NOW_BYTES_MAX))
        plain = replace(section, part=(), portion=section.portion)
        connection.write(literal(cut(header, None, plain)))
        return
    start, stop = found
    if section.partial is not None:
        start = min(start + section.partial[0], stop)
        stop = min(stop, start + section.partial[1])
    connection.write(b"{%d}\r\n" % (stop - start))
    await send_stream(connection, parts.blobs.stream(ref, start, stop))


async def _send_large_item(session: "ImapSession", batch: Batch, item: Item) -> None:
    """Anything else of a long message: one fragment, from the body read in a thread where needed."""
    single = session.service.plan((item,))
    if single.needs_bodies:
        await session.service.parts.tree_of_large(batch.refs[0])
        batch.bodies = [await asyncio.to_thread(session.service.parts.blobs.read, batch.refs[0])]
    line = single.format(batch)
    batch.bodies = []
    # Between "* n FETCH (" and ")".
    session.connection.write(line[line.index(b"(") + 1 : -3])
