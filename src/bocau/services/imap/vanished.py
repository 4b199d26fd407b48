"""VANISHED (RFC 7162 §3.2.10): which uids are gone, out of the change log, which is never trimmed.

log after the client's modseq, LOG_ROWS at a time → union of ranges ∩ what the client knows → VANISHED lines

A union of more than RANGES_MAX ranges is not kept: then the answer is what is missing among the messages that
are there, which is bounded by their number (RFC 7162 §3.2.5.1 allows that). So a client may be any number of
changes behind: it costs one pass over narrow rows, portion by portion, and memory for RANGES_MAX ranges.
"""

import asyncio
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Final

from bocau.base.wiretext import UINT32_MAX
from bocau.protocols.imap.sets import NumberSet, gaps, intersection, merged, ranges_of, set_text
from bocau.services.imap.loading import load
from bocau.services.imap.view import View
from bocau.store import ChangeKind

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

LOG_ROWS: Final = 4000
"""Rows of the change log read without a pause."""
RANGES_MAX: Final = 10_000
LINE_RANGES: Final = 500
"""In one VANISHED response."""
PORTION_RANGES: Final = 3000
"""Written without a pause."""

Ranges = Sequence[tuple[int, int]]


async def tell_earlier(session: "ImapSession", view: View, known: NumberSet, since: int) -> None:
    """UID FETCH known … (CHANGEDSINCE since VANISHED): to be called before any response (RFC 7162 §3.2.6)."""
    await tell_gone(session, view, resolved(view, known), since)


async def tell_gone(session: "ImapSession", view: View, known: Ranges, since: int) -> None:
    """Say what of `known` has been expunged since, as VANISHED (EARLIER).

    What is gone, but was not said yet to this session, is not told here: it still has a message number.
    """
    found = await _expunged(session, view, known, since)
    if view.withheld:
        found = intersection(found, gaps(ranges_of(sorted(view.withheld)), UINT32_MAX))
    for start in range(0, len(found), PORTION_RANGES):
        if start:
            # Other sessions get their turn.
            await asyncio.sleep(0)
        session.connection.write(vanished_lines(found[start : start + PORTION_RANGES], b"(EARLIER) "))


def vanished_lines(ranges: Ranges, how: bytes = b"") -> bytes:
    """The responses, of bounded length each; nothing for no ranges."""
    starts = range(0, len(ranges), LINE_RANGES)
    return b"".join([b"* VANISHED %b%b\r\n" % (how, set_text(ranges[n : n + LINE_RANGES])) for n in starts])


def changed_since(session: "ImapSession", view: View, known: Ranges, since: int) -> Ranges:
    """Where in `known` to look for messages that changed: out of the log if it is short, else everywhere."""
    if view.has_own_seen or view.modseq - since > LOG_ROWS:
        return known
    changed = session.store.glance(
        view.account_id,
        lambda reading: [
            reading.changed_uids(view.mailbox_id, kind, since, view.modseq)
            for kind in (ChangeKind.ADDED, ChangeKind.KEYWORDS)
        ],
    )
    return intersection(merged(chain.from_iterable(changed)), known)


def resolved(view: View, known: NumberSet | None) -> Ranges:
    """Uids that a client knows, as ranges; None: all."""
    last = view.uid_next - 1
    if known is None:
        return [(1, last)]
    return [(uid, uid) for uid in view.saved] if known.is_saved else known.resolved(last)


async def _expunged(session: "ImapSession", view: View, known: Ranges, since: int) -> Ranges:
    found: list[tuple[int, int]] = []
    after, last = since, view.modseq
    while after < last:
        upto = min(after + LOG_ROWS, last)
        gone = session.store.glance(
            view.account_id,
            lambda reading, a=after, b=upto: reading.changed_uids(  # type: ignore[misc]
                view.mailbox_id, ChangeKind.EXPUNGED, a, b
            ),
        )
        if gone:
            found = merged(chain(found, gone))
        if len(found) > RANGES_MAX:
            # A thread lets the others have their turn, too.
            await load(session)
            return await asyncio.to_thread(_missing, view, known)
        after = upto
        if after < last:
            # Other sessions get their turn.
            await asyncio.sleep(0)
    return intersection(found, known)


def _missing(view: View, known: Ranges) -> Ranges:
    """What of `known` is not there."""
    return intersection(gaps(ranges_of(view.uids), view.uid_next - 1), known)
