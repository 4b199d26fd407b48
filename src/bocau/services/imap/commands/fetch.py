"""FETCH and UID FETCH (RFC 9051 §6.4.5, CHANGEDSINCE of RFC 7162 §3.1.4.1).

Batch by batch; other sessions get their turn between.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from bocau.protocols.imap.commands import Fetch
from bocau.protocols.imap.fetch import Attribute, Form, Item, Portion, Section
from bocau.protocols.imap.sets import ranges_of
from bocau.runtime.connection import send_stream
from bocau.services.imap import updates
from bocau.services.imap.formatter import Batch, Plan, flag_texts, literal
from bocau.services.imap.parts import HEADER_FIRST_BYTES, PartCache, UnknownEncoding, cut, span
from bocau.services.imap.view import Runs, View, batches, numbers_in
from bocau.store import BlobRef, Flags, Reading, Writing
from bocau.store.blobs import READ_NOW_BYTES_MAX

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

NARROW_MESSAGES: Final = 1000
"""One batch of flags."""
WIDE_MESSAGES: Final = 200
"""One batch of whole rows or bodies."""
BODY_BYTES: Final = 512 * 1024
"""Bodies in one batch."""


async def answer(session: "ImapSession", command: Fetch) -> None:
    view = session.selected()
    runs = view.chosen(command.numbers, by_uid=command.by_uid)
    items = _completed(session, command)
    plan = Plan(items, lambda: session.service.parts)
    if command.changed_since is not None:
        runs = _changed(session, view, runs, command.changed_since)
    own = 0
    if plan.marks_seen and not view.is_read_only:
        own = await _mark_seen(session, view, runs)
        if own:
            shown = (Attribute.FLAGS, Attribute.MODSEQ) if session.is_condstore else (Attribute.FLAGS,)
            plan = Plan(tuple(dict.fromkeys((*items, *shown))), lambda: session.service.parts)
    try:
        missing = await _send(session, view, runs, plan)
    except UnknownEncoding:
        session.no(command, "cannot decode this part", b"UNKNOWN-CTE")
        return
    updates.tell(session, may_expunge=command.by_uid, own=frozenset((own,)))
    if session.is_over:
        return
    if missing and not command.by_uid:
        session.no(command, "some of the messages are gone", b"EXPUNGEISSUED")
    else:
        session.ok(command, "FETCH completed", may_expunge=command.by_uid)


def _completed(session: "ImapSession", command: Fetch) -> tuple[Item, ...]:
    """UID FETCH always shows the uid; CHANGEDSINCE and CONDSTORE bring the MODSEQ."""
    items = command.items
    if command.by_uid and Attribute.UID not in items:
        items = (Attribute.UID, *items)
    if command.changed_since is not None and Attribute.MODSEQ not in items:
        items = (*items, Attribute.MODSEQ)
    if Attribute.MODSEQ in items:
        session.is_condstore = True
    return items


def _changed(session: "ImapSession", view: View, runs: Runs, since: int) -> Runs:
    """Only the messages changed after `since`."""
    ranges = view.uid_ranges(runs)
    rows = session.store.glance(
        session.account_id, lambda reading: reading.flags(view.mailbox_id, ranges, since=since)
    )
    return view.runs_of(ranges_of([row[0] for row in rows]))


async def _mark_seen(session: "ImapSession", view: View, runs: Runs) -> int:
    """Set \\Seen where it is not set, in one write; returns the modseq of that change, 0 for none."""
    ranges = view.uid_ranges(runs)

    def unseen(reading: Reading) -> list[int]:
        if not reading.mailbox(view.mailbox_id).unseen_count:
            return []
        rows = reading.flags(view.mailbox_id, ranges)
        return [uid for uid, _, flags, _ in rows if not flags & Flags.SEEN]

    uids = session.store.glance(session.account_id, unseen) if ranges else []
    if not uids:
        return 0

    def job(writing: Writing) -> int:
        changed, _ = writing.change_keywords(view.mailbox_id, ranges_of(uids), add=Flags.SEEN)
        return writing.modseq() if changed else 0

    return await session.store.write(session.account_id, job, heavy=len(uids) > NARROW_MESSAGES)


async def _send(session: "ImapSession", view: View, runs: Runs, plan: Plan) -> int:
    """Write all responses; returns how many messages were gone."""
    missing, connection = 0, session.connection
    size = WIDE_MESSAGES if plan.needs_messages or plan.needs_bodies else NARROW_MESSAGES
    portions = batches(runs, size)
    for portion in portions:
        batch = _glance(session, view, portion, plan)
        updates.announce(session, view, batch.rows)
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


def _glance(session: "ImapSession", view: View, runs: Runs, plan: Plan) -> Batch:
    recent = updates.recent_limit(session, view)
    return session.store.glance(session.account_id, lambda reading: _read(reading, view, runs, plan, recent))


def _read(reading: Reading, view: View, runs: Runs, plan: Plan, recent: int) -> Batch:
    """What the plan needs of one portion."""
    ranges = view.uid_ranges(runs)
    if plan.needs_messages:
        messages = reading.messages(view.mailbox_id, ranges)
        rows: list[updates.Row] = [(m.uid, m.modseq, int(m.flags), m.keywords) for m in messages]
        batch = Batch(_numbers(view, runs, rows), [row[0] for row in rows], messages=messages)
        batch.refs = [message.blob for message in messages]
    else:
        rows = []
        if plan.needs_flags or not plan.needs_bodies:
            rows = reading.flags(view.mailbox_id, ranges)
            batch = Batch(_numbers(view, runs, rows), [row[0] for row in rows])
        if plan.needs_bodies:
            blobs = reading.blobs(view.mailbox_id, ranges)
            batch = Batch(
                _numbers(view, runs, blobs), [row[0] for row in blobs], refs=[row[2] for row in blobs]
            )
    if plan.needs_flags:
        batch.flags = flag_texts(rows, recent)
        batch.modseqs = [row[1] for row in rows]
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
    single = Plan((item,), lambda: session.service.parts)
    if single.needs_bodies:
        await session.service.parts.tree_of_large(batch.refs[0])
        batch.bodies = [await asyncio.to_thread(session.service.parts.blobs.read, batch.refs[0])]
    line = single.format(batch)
    batch.bodies = []
    # Between "* n FETCH (" and ")".
    session.connection.write(line[line.index(b"(") + 1 : -3])
