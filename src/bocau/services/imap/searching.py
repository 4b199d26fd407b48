"""Which messages of the selected mailbox match a search program (RFC 9051 §6.4.4).

    few messages → row by row                                           ─┐
    many → all at once: columns + full-text index → those left in doubt ─┴→ rows → header → body

A message is read only as far as its answer needs; others get their turn after each portion.
"""

import asyncio
import re
from collections.abc import Iterator
from itertools import compress, islice
from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.formats.header import body_start
from bocau.protocols.imap import search as s
from bocau.protocols.imap.finding import keys_in
from bocau.protocols.imap.search import Key
from bocau.protocols.imap.sets import ranges_of
from bocau.services.imap.asking import verdicts_of
from bocau.services.imap.evaluating import Evaluator, facts_of, selector
from bocau.services.imap.matching import Candidate, Depth, Test, compiled, depth, restricted
from bocau.services.imap.parts import HEADER_FIRST_BYTES
from bocau.services.imap.progress import Progress
from bocau.services.imap.recent import recent_limit
from bocau.services.imap.resolving import resolved
from bocau.services.imap.view import Runs, View, batches
from bocau.store.blobs import READ_NOW_BYTES_MAX
from bocau.store.columncache import columns_of
from bocau.store.columns import Columns

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

ROWS_MAX: Final = 500
"""A search of fewer messages by their rows does without the image of the mailbox;"""
BODIES_MAX: Final = 20
"""one of fewer bodies without the index."""
ROWS: Final = 500
"""Flag rows in one batch."""
MESSAGES: Final = 48
"""Whole rows in one batch."""
COMPUTED_NOW_MAX: Final = 300_000
"""Messages × keys that are computed on the loop (a few milliseconds); more in a thread."""
FEW: Final = 10
"""One in so many."""
_MARKED: Final = re.compile(b"\x01")
BODIES: Final = 12
"""Bodies read and searched before others get their turn."""
BODY_BYTES: Final = 64 * 1024


class Found(NamedTuple):
    """The uids that match, ascending, and the highest mod-sequence among them (0: not asked)."""

    uids: list[int]
    modseq: int


async def find(
    session: "ImapSession",
    view: View,
    key: Key,
    *,
    needs_modseq: bool = False,
    progress: Progress | None = None,
) -> Found:
    """Search the view. Of `progress` the messages are told that are looked at one by one."""
    progress = progress or Progress()
    key = await resolved(session, view, key)
    runs = restricted(key, view)
    how_deep = max(depth(key), Depth.ROW if needs_modseq else Depth.NUMBER)
    test = compiled(key, view, recent_limit(session, view), int(session.service.now()))
    count = sum(stop - start for start, stop in runs)
    if how_deep is Depth.NUMBER:
        is_only_sets = all(isinstance(one, s.All | s.Numbers | s.Everything) for one in keys_in(key))
        return await _by_number(view, runs, test, is_only_sets=is_only_sets)
    if count <= (ROWS_MAX if how_deep < Depth.HEADER else BODIES_MAX):
        return await _row_by_row(session, view, runs, test, how_deep)
    return await _all_at_once(session, view, key, test, how_deep, progress, needs_modseq=needs_modseq)


async def _by_number(view: View, runs: Runs, test: Test, *, is_only_sets: bool) -> Found:
    if is_only_sets:
        return Found(view.uids_in(runs), 0)
    found: list[int] = []
    for portion in batches(runs, ROWS):
        found += [uid for uid in view.uids_in(portion) if test(Candidate(uid, 0, 0, ""))]
        await asyncio.sleep(0)
    return Found(found, 0)


async def _row_by_row(session: "ImapSession", view: View, runs: Runs, test: Test, how_deep: Depth) -> Found:
    found: list[int] = []
    highest = 0
    for portion in batches(runs, ROWS):
        matches = await _search_portion(session, view, portion, test, how_deep)
        found += [candidate.uid for candidate in matches]
        highest = max(highest, max((candidate.modseq for candidate in matches), default=0))
        await asyncio.sleep(0)
    return Found(found, highest)


# --- all at once ----------------------------------------------------------------------


async def _all_at_once(
    session: "ImapSession",
    view: View,
    key: Key,
    test: Test,
    how_deep: Depth,
    progress: Progress,
    *,
    needs_modseq: bool,
) -> Found:
    keys = keys_in(key)
    asks_modseqs = needs_modseq or any(isinstance(one, s.ChangedSince) for one in keys)
    store, account_id = session.store, view.account_id
    columns = await columns_of(store, account_id, view.mailbox_id, *facts_of(keys), modseqs=asks_modseqs)
    texts = [one for one in keys if isinstance(one, s.HeaderHas | s.BodyHas | s.TextHas)]
    evaluator = Evaluator(
        columns,
        view,
        recent_uid=recent_limit(session, view),
        now=int(session.service.now()),
        verdicts=await verdicts_of(store, account_id, columns, texts),
    )
    if len(columns) * len(keys) <= COMPUTED_NOW_MAX:
        sure, doubtful = _judged(evaluator, columns, key)
    else:
        sure, doubtful = await asyncio.to_thread(_judged, evaluator, columns, key)
    if b"\x01" not in doubtful:
        return _found(columns, sure, needs_modseq=needs_modseq)
    progress.goal = doubtful.count(1)
    more = await _verified(session, view, _candidates(columns, doubtful), test, how_deep, progress)
    if not more:
        return _found(columns, sure, needs_modseq=needs_modseq)
    marks = bytearray(sure)
    for position in columns.roster.positions(more):
        marks[position] = 1
    return _found(columns, bytes(marks), needs_modseq=needs_modseq)


def _judged(evaluator: Evaluator, columns: Columns, key: Key) -> tuple[bytes, bytes]:
    """Selectors of those that match, and of those in doubt."""
    judged, shown = evaluator.of(key), evaluator.shown()
    count = len(columns)
    return selector(judged.sure & shown, count), selector(judged.possible & ~judged.sure & shown, count)


def _found(columns: Columns, marks: bytes, *, needs_modseq: bool) -> Found:
    highest = 0
    if needs_modseq and columns.modseqs is not None:
        highest = max(compress(columns.modseqs, marks), default=0)
    return Found(_chosen(columns, marks), highest)


def _chosen(columns: Columns, marks: bytes) -> list[int]:
    """The uids of the marked messages; few are picked one by one, which passes over the others far faster."""
    uids, count = columns.uids, marks.count(1)
    if count == len(marks):
        return uids.tolist()
    if count * FEW > len(marks):
        return columns.chosen(marks)
    return [uids[found.start()] for found in _MARKED.finditer(marks)]


def _candidates(columns: Columns, marks: bytes) -> Iterator[Candidate]:
    uids, flags, modseqs = columns.uids, columns.flags, columns.modseqs
    numbers, sets = columns.keyword_numbers, columns.keyword_sets
    for found in _MARKED.finditer(marks):
        at = found.start()
        keywords = sets[numbers[at]] if numbers is not None else ""
        yield Candidate(uids[at], modseqs[at] if modseqs is not None else 0, flags[at], keywords)


async def _verified(
    session: "ImapSession",
    view: View,
    candidates: Iterator[Candidate],
    test: Test,
    how_deep: Depth,
    progress: Progress,
) -> list[int]:
    """Which of these match: each is looked at for itself."""
    matched: list[int] = []
    while some := list(islice(candidates, MESSAGES)):
        found = await _looked_at(session, view, some, test, how_deep)
        matched += [candidate.uid for candidate in found]
        progress.done += len(some)
        await asyncio.sleep(0)
    return matched


# --- one by one -----------------------------------------------------------------------


async def _search_portion(
    session: "ImapSession", view: View, runs: Runs, test: Test, how_deep: Depth
) -> list[Candidate]:
    """Rows first; what they leave open is read further."""
    ranges = view.uid_ranges(runs)
    rows = session.store.glance(view.account_id, lambda reading: reading.flags(view.mailbox_id, ranges))
    matched, still_open = _sorted_out([Candidate(*row) for row in rows], test)
    matched += await _looked_at(session, view, still_open, test, how_deep)
    return sorted(matched, key=lambda candidate: candidate.uid)


async def _looked_at(
    session: "ImapSession", view: View, candidates: list[Candidate], test: Test, how_deep: Depth
) -> list[Candidate]:
    """Those of the candidates that match, in no order."""
    if not candidates:
        return []
    matched, still_open = _sorted_out(_with_messages(session, view, candidates), test)
    if still_open:
        matched += await _in_bodies(session, still_open, test, how_deep)
    return matched


def _sorted_out(candidates: list[Candidate], test: Test) -> tuple[list[Candidate], list[Candidate]]:
    """(those that match, those that cannot be told yet)."""
    matched, still_open = [], []
    for candidate in candidates:
        found = test(candidate)
        if found:
            matched.append(candidate)
        elif found is None:
            still_open.append(candidate)
    return matched, still_open


def _with_messages(session: "ImapSession", view: View, candidates: list[Candidate]) -> list[Candidate]:
    ranges = ranges_of([candidate.uid for candidate in candidates])
    messages = session.store.glance(
        view.account_id,
        lambda reading: {m.uid: m for m in reading.messages(view.mailbox_id, ranges)},
    )
    for candidate in candidates:
        candidate.message = messages.get(candidate.uid)  # type: ignore[call-overload]
    return [candidate for candidate in candidates if candidate.message is not None]


async def _in_bodies(
    session: "ImapSession", candidates: list[Candidate], test: Test, how_deep: Depth
) -> list[Candidate]:
    """Read headers or bodies, a few at a time."""
    matched: list[Candidate] = []
    for portion in _portions(candidates, how_deep):
        if len(portion) == 1 and _length(portion[0]) > READ_NOW_BYTES_MAX and how_deep is Depth.BODY:
            await _load_large(session, portion[0])
            found = await asyncio.to_thread(test, portion[0])
            matched += portion if found else []
        else:
            _load(session, portion, how_deep)
            matched += [candidate for candidate in portion if test(candidate)]
        for candidate in portion:
            candidate.data = candidate.tree = None
        await asyncio.sleep(0)
    return matched


def _length(candidate: Candidate) -> int:
    assert candidate.message is not None
    return candidate.message.blob.length


def _portions(candidates: list[Candidate], how_deep: Depth) -> list[list[Candidate]]:
    """At most BODIES messages and BODY_BYTES of bodies; a long body stands alone."""
    result: list[list[Candidate]] = []
    total = BODY_BYTES
    for candidate in candidates:
        length = _length(candidate) if how_deep is Depth.BODY else min(_length(candidate), HEADER_FIRST_BYTES)
        if not result or total + length > BODY_BYTES or len(result[-1]) >= BODIES:
            result.append([])
            total = 0
        result[-1].append(candidate)
        total += length
    return result


def _load(session: "ImapSession", portion: list[Candidate], how_deep: Depth) -> None:
    parts = session.service.parts
    refs = [candidate.message.blob for candidate in portion if candidate.message is not None]
    if how_deep is Depth.HEADER:
        for candidate, ref in zip(portion, refs, strict=True):
            candidate.header = parts.header(ref)
        return
    for candidate, ref, body in zip(portion, refs, parts.blobs.read_many(refs), strict=True):
        candidate.data = data = bytes(body)
        candidate.header = data[: body_start(data)]
        candidate.tree = parts.known(ref)


async def _load_large(session: "ImapSession", candidate: Candidate) -> None:
    assert candidate.message is not None
    data = await asyncio.to_thread(session.service.parts.blobs.read, candidate.message.blob)
    candidate.data, candidate.header = data, data[: body_start(data)]
