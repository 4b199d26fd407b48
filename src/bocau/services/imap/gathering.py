"""What a plan needs of some messages, read row by row: the way for everything that `rendering` cannot write.

one snapshot → whole rows | blobs | flags → listed fields, previews, thread ids beside them → Batch
"""

from collections.abc import Sequence
from typing import Any

from bocau.formats.text import preview
from bocau.services.imap.formatter import Batch, Plan, Row
from bocau.services.imap.parts import PartCache
from bocau.services.imap.view import Runs, View, numbers_in
from bocau.store import BlobRef, Reading
from bocau.store.blobs import READ_NOW_BYTES_MAX


def gather(reading: Reading, view: View, runs: Runs, plan: Plan, since: int = 0) -> Batch:
    """Read a portion. With `since` only plans that need no emails."""
    ranges = view.uid_ranges(runs)
    if plan.needs_messages:
        messages = reading.messages(view.mailbox_id, ranges, since=since)
        rows: list[Row] = [(m.uid, m.modseq, int(m.flags), m.keywords) for m in messages]
        batch = Batch(_numbers(view, runs, rows), [row[0] for row in rows], rows, messages=messages)
        batch.refs = [message.blob for message in messages]
    else:
        rows = []
        if plan.needs_flags or not plan.needs_emails:
            rows = reading.flags(view.mailbox_id, ranges, since=since)
            batch = Batch(_numbers(view, runs, rows), [row[0] for row in rows], rows)
        if plan.needs_emails:
            blobs = reading.blobs(view.mailbox_id, ranges)
            refs = [row[2] for row in blobs]
            batch = Batch(_numbers(view, runs, blobs), [row[0] for row in blobs], rows, refs=refs)
    if plan.needs_listed:
        batch.listed = [row[1] for row in reading.listed(view.mailbox_id, ranges)]
    if plan.needs_previews:
        batch.previews = reading.previews(view.mailbox_id, ranges)
    if plan.needs_thread_ids:
        threads = dict(reading.thread_ids(view.mailbox_id, ranges))
        batch.thread_ids = [threads.get(uid) for uid in batch.uids]
    return batch


def complete(batch: Batch, plan: Plan, parts: PartCache) -> None:
    """Read from bodies what has not been computed yet: header fields and, unless LAZY, previews."""
    if plan.needs_listed:
        batch.bodies = [
            parts.header(ref) if listed is None else listed
            for ref, listed in zip(batch.refs, batch.listed, strict=True)
        ]
    if plan.needs_previews and not plan.is_lazy:
        batch.previews = [
            _preview(parts, ref) if text is None else text
            for ref, text in zip(batch.refs, batch.previews, strict=True)
        ]


def _preview(parts: PartCache, ref: BlobRef) -> str:
    """RFC 8970 §3.2: "" where there is none to be had, here of a body too long to be read now."""
    if ref.length > READ_NOW_BYTES_MAX:
        return ""
    data = parts.blobs.read(ref)
    return preview(data, parts.tree(ref, data))


def _numbers(view: View, runs: Runs, rows: Sequence[tuple[Any, ...]]) -> Sequence[int]:
    """The message numbers of rows: as many rows as messages asked for means that none is gone."""
    numbers = numbers_in(runs)
    if len(numbers) == len(rows):
        return numbers
    return [view.number_of(row[0]) or 0 for row in rows]
