"""Untagged FETCH responses: portion by portion, other sessions get their turn between.

positions in the view → portions, one glance each → lines written by the store, where it can (`rendering`)
                                                  → else rows → bodies, so many bytes at a time → formatter
"""

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bocau.protocols.imap.fetch import Form, Item, Portion, Section
from bocau.protocols.imap.sets import ranges_of
from bocau.runtime.connection import send_stream
from bocau.services.imap.formatter import Batch, Plan, flag_texts, literal
from bocau.services.imap.gathering import complete, gather
from bocau.services.imap.keywords import announce
from bocau.services.imap.parts import HEADER_FIRST_BYTES, PartCache, cut, span
from bocau.services.imap.recent import recent_limit
from bocau.services.imap.rights import check_stay
from bocau.services.imap.view import Runs, View, batches
from bocau.store import BlobRef, Reading
from bocau.store.blobs import READ_NOW_BYTES_MAX

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

NARROW_LINES: Final = 4000
"""One portion of flags written by the store: about a millisecond."""
WIDE_LINES: Final = 500
"""One portion of lines that need the emails: the same."""
LINES_MIN: Final = 4
"""The rows of fewer emails are sooner read than a statement for lines is prepared."""
NARROW_MESSAGES: Final = 1000
"""One portion of flags."""
WIDE_MESSAGES: Final = 200
"""One portion of whole rows or bodies."""
SCANNED_MESSAGES: Final = 40
"""One portion of bodies whose parts are to be found."""
BODY_BYTES: Final = 512 * 1024
"""Bodies in memory together."""


@dataclass(slots=True)
class Sent:
    """What became of a FETCH."""

    missing_count: int = 0
    """Messages that did not answer: they are gone, or have not changed."""
    is_undecodable: bool = False
    """A part was asked for decoded whose transfer encoding is not known (RFC 3516 §4.3)."""


async def send_messages(
    session: "ImapSession", view: View, runs: Runs, plan: Plan, *, since: int = 0
) -> Sent:
    """Write the responses of all that changed after `since`."""
    sent, lines = Sent(), _lines_at_once(view, runs, plan)
    if not lines:
        await _send_gathered(session, view, runs, plan, since, sent)
        return sent
    portions = batches(runs, lines)
    is_long = len(portions) > 1
    for portion in portions:
        count = _write_lines(session, view, portion, plan, since, is_long=is_long)
        if count is None:
            await _send_gathered(session, view, portion, plan, since, sent)
        else:
            sent.missing_count += _count(portion) - count
        if is_long:
            # Two portions together would be copied once more.
            await session.connection.flush()
        await _give_turn(session, is_long=is_long)
    return sent


async def _give_turn(session: "ImapSession", *, is_long: bool) -> None:
    if session.connection.wants_flush:
        await session.connection.flush()
    if is_long:
        # Other sessions get their turn.
        await asyncio.sleep(0)


def _count(runs: Runs) -> int:
    return sum(stop - start for start, stop in runs)


# --- what the store writes by itself --------------------------------------------------------


def _lines_at_once(view: View, runs: Runs, plan: Plan) -> int:
    """How many lines the store may write in one go; 0: it cannot, or it is not worth it."""
    if plan.renderings is None or view.has_own_seen:
        return 0
    if not plan.renderings.settled.is_wide:
        return NARROW_LINES
    return WIDE_LINES if _count(runs) >= LINES_MIN else 0


def _write_lines(
    session: "ImapSession", view: View, runs: Runs, plan: Plan, since: int, *, is_long: bool
) -> int | None:
    """Let the store write a portion; returns how many messages answered, None when it cannot write these."""
    uids, limit = view.uids, recent_limit(session, view)
    assert plan.renderings is not None
    if uids[runs[-1][1] - 1] <= limit:
        rendering = plan.renderings.settled
    elif uids[runs[0][0]] > limit:
        rendering = plan.renderings.recent
    else:
        return None
    pieces = _without_gaps(view, runs)
    if pieces is None:
        return None

    def read(reading: Reading) -> tuple[list[bytes], int, str] | None:
        lines, count = [], 0
        for first, last, shift in pieces:
            found = reading.rendered(view.mailbox_id, first, last, rendering, shift=shift, since=since)
            if found.wrong_count:
                return None
            lines.append(found.text)
            count += found.line_count
        used = reading.keywords_used(view.mailbox_id) if rendering.shows_flags else []
        return lines, count, " ".join(used)

    look = session.store.scan if is_long and rendering.is_wide else session.store.glance
    found = look(view.account_id, read)
    if found is None:
        return None
    lines, count, keywords = found
    if keywords:
        announce(session, view, [(0, 0, 0, keywords)])
    session.connection.write(*lines)
    return count


def _without_gaps(view: View, runs: Runs) -> list[tuple[int, int, int]] | None:
    """Uids without a gap between, first and last, and how much greater they are than their numbers; None when
    there are so many gaps that rows are read faster."""
    uids, pieces = view.uids, []
    for start, stop in runs:
        first, last = uids[start], uids[stop - 1]
        if last - first == stop - 1 - start:
            pieces.append((first, last, first - start - 1))
        else:
            number = start + 1
            for first, last in ranges_of(uids[start:stop]):
                pieces.append((first, last, first - number))
                number += last - first + 1
    return pieces if len(pieces) <= FEW_PIECES or len(pieces) * PIECE_MESSAGES <= _count(runs) else None


FEW_PIECES: Final = 8
PIECE_MESSAGES: Final = 5
"""A statement for fewer messages than this costs more than reading their rows."""


# --- what is put together here --------------------------------------------------------------


async def _send_gathered(
    session: "ImapSession", view: View, runs: Runs, plan: Plan, since: int, sent: Sent
) -> None:
    size = SCANNED_MESSAGES if plan.needs_trees else WIDE_MESSAGES if plan.needs_emails else NARROW_MESSAGES
    portions = batches(runs, size)
    for portion in portions:
        batch = _glance(session, view, portion, plan, since)
        announce(session, view, batch.rows)
        sent.missing_count += _count(portion) - len(batch.uids)
        if plan.needs_bodies:
            sent.is_undecodable |= await _send_bodies(session, batch, plan)
        elif batch.uids:
            session.connection.write(plan.format(batch))
        await _give_turn(session, is_long=len(portions) > 1)


def _glance(session: "ImapSession", view: View, runs: Runs, plan: Plan, since: int) -> Batch:
    """What the plan needs of one portion, in one snapshot."""

    def read(reading: Reading) -> Batch:
        if since and plan.needs_emails:
            changed = reading.flags(view.mailbox_id, view.uid_ranges(runs), since=since)
            return gather(reading, view, view.runs_of(ranges_of([row[0] for row in changed])), plan)
        return gather(reading, view, runs, plan, since)

    batch = session.store.glance(view.account_id, read)
    if plan.needs_flags:
        batch.flags = flag_texts(batch.rows, recent_limit(session, view))
        batch.modseqs = [row[1] for row in batch.rows]
    if plan.needs_listed or plan.needs_previews:
        complete(batch, plan, session.service.parts)
    return batch


# --- bodies -------------------------------------------------------------------------------


async def _send_bodies(session: "ImapSession", batch: Batch, plan: Plan) -> bool:
    """Read and write bodies in portions of bounded size; long ones pass through in pieces.

    Returns whether a part was `is_undecodable`."""
    connection, parts = session.connection, session.service.parts
    start, count, is_undecodable = 0, len(batch.uids), False
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
        is_undecodable |= portion.is_undecodable
        if connection.wants_flush:
            await connection.flush()
            # A client that reads slowly does not keep a right that is taken away meanwhile.
            check_stay(session)
        start = stop
    return is_undecodable


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
        batch.listed[part],
        batch.previews[part],
        batch.thread_ids[part],
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
    connection.write(plan.opening(batch))
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
