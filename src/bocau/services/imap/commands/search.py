"""SEARCH and UID SEARCH (RFC 9051 §6.4.4, RFC 4731, SAVE of RFC 5182, MODSEQ of RFC 7162 §3.1.5)."""

import asyncio
from typing import TYPE_CHECKING, Final

from bocau.formats.header import body_start
from bocau.protocols.imap.commands import Search
from bocau.protocols.imap.names import string
from bocau.protocols.imap.sets import ranges_of, set_text
from bocau.services.imap.matching import Candidate, Depth, Test, compiled, depth, restricted
from bocau.services.imap.parts import HEADER_FIRST_BYTES
from bocau.services.imap.recent import recent_limit
from bocau.services.imap.view import Runs, View, batches, numbers_in
from bocau.store.blobs import READ_NOW_BYTES_MAX

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

ROWS: Final = 1000
"""Flag rows in one batch."""
BODIES: Final = 40
"""Bodies read and searched before others get their turn."""
BODY_BYTES: Final = 256 * 1024


async def answer(session: "ImapSession", command: Search) -> None:
    view = session.selected()
    saves = command.returns is not None and b"SAVE" in command.returns
    if command.charset not in (b"UTF-8", b"US-ASCII"):
        view.saved = () if saves else view.saved
        session.no(command, "unknown charset", b"BADCHARSET (US-ASCII UTF-8)")
        return
    found, modseq = await _search(session, view, command)
    if saves:
        view.saved = _saved(command, found)
    _tell(session, view, command, found, modseq)
    await session.ok(command, "SEARCH completed", may_expunge=command.by_uid)


def _saved(command: Search, uids: list[int]) -> list[int]:
    """What "$" stands for (RFC 5182 §2.1): with only MIN or MAX, just those."""
    returns = command.returns or frozenset()
    if returns & {b"ALL", b"COUNT"} or not returns & {b"MIN", b"MAX"}:
        return uids
    ends = (
        ([uids[0]] if b"MIN" in returns else []) + ([uids[-1]] if b"MAX" in returns else []) if uids else []
    )
    return sorted(set(ends))


async def _search(session: "ImapSession", view: View, command: Search) -> tuple[list[int], int]:
    """The uids that match, ascending, and the highest mod-sequence among them."""
    key, runs = command.key, restricted(command.key, view)
    how_deep = max(depth(key), Depth.ROW if command.has_modseq else Depth.NUMBER)
    test = compiled(key, view, recent_limit(session, view))
    found: list[int] = []
    highest = 0
    for portion in batches(runs, ROWS):
        if how_deep is Depth.NUMBER:
            found += [uid for uid in view.uids_in(portion) if test(Candidate(uid, 0, 0, ""))]
            await asyncio.sleep(0)
            continue
        matches = await _search_portion(session, view, portion, test, how_deep)
        found += [candidate.uid for candidate in matches]
        highest = max(highest, max((candidate.modseq for candidate in matches), default=0))
        await asyncio.sleep(0)
    return found, highest


async def _search_portion(
    session: "ImapSession", view: View, runs: Runs, test: Test, how_deep: Depth
) -> list[Candidate]:
    """Rows first; what they leave open is read further."""
    ranges = view.uid_ranges(runs)
    rows = session.store.glance(view.account_id, lambda reading: reading.flags(view.mailbox_id, ranges))
    matched, still_open = _sorted_out([Candidate(*row) for row in rows], test)
    if still_open:
        still_open = _with_messages(session, view, still_open)
        more, still_open = _sorted_out(still_open, test)
        matched += more
    if still_open:
        matched += await _in_bodies(session, still_open, test, how_deep)
    return sorted(matched, key=lambda candidate: candidate.uid)


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


def _tell(session: "ImapSession", view: View, command: Search, uids: list[int], modseq: int) -> None:
    numbers = uids if command.by_uid else _numbers(view, uids)
    shows_modseq = command.has_modseq and bool(uids)
    if command.has_modseq:
        session.is_condstore = True
    if command.returns is None and not session.is_rev2:
        words = [b"SEARCH", *(b"%d" % number for number in numbers)]
        if shows_modseq:
            words.append(b"(MODSEQ %d)" % modseq)
        session.untagged(b" ".join(words))
        return
    returns = frozenset((b"ALL",)) if command.returns is None else command.returns
    if returns != {b"SAVE"}:
        session.untagged(_esearch(command, returns, numbers, modseq if shows_modseq else 0))


def _numbers(view: View, uids: list[int]) -> list[int]:
    return list(numbers_in(view.runs_of(ranges_of(uids))))


def _esearch(command: Search, returns: frozenset[bytes], numbers: list[int], modseq: int) -> bytes:
    """RFC 4731 §3.1."""
    words = [b"ESEARCH (TAG %b)" % string(command.tag)]
    if command.by_uid:
        words.append(b"UID")
    if numbers:
        if b"MIN" in returns:
            words.append(b"MIN %d" % numbers[0])
        if b"MAX" in returns:
            words.append(b"MAX %d" % numbers[-1])
        if b"ALL" in returns:
            words.append(b"ALL " + set_text(ranges_of(numbers)))
    if b"COUNT" in returns:
        words.append(b"COUNT %d" % len(numbers))
    if modseq:
        words.append(b"MODSEQ %d" % modseq)
    return b" ".join(words)
