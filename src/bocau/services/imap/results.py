"""What SEARCH, SORT and THREAD have in common: to find, and to say it in the numbers the client asked for."""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import count, repeat
from typing import TYPE_CHECKING, Final, TypeVar

from bocau.base.errors import Refused, SyntaxFault, TryLater
from bocau.protocols.imap.finding import CHARSETS, Search, Sort, Thread
from bocau.protocols.imap.sets import ranges_of
from bocau.services.imap.errors import BadCharset
from bocau.services.imap.esearch import saved
from bocau.services.imap.progress import Progress, in_progress
from bocau.services.imap.searching import Found, find
from bocau.services.imap.sending import NARROW_MESSAGES
from bocau.services.imap.view import View
from bocau.store import Reading

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

T = TypeVar("T")
AT_ONCE: Final = 20_000
"""Numbers that are written on the loop (about three milliseconds)."""
CALL_NUMBERS: Final = 10_000
"""Numbers written in one call: within a call no other thread runs, the loop's neither."""


async def found_by(session: "ImapSession", view: View, command: Search) -> Found:
    """Search the view, and say so when it takes long. BadCharset."""
    with in_progress(session, command) as progress:
        return await look(session, view, command, progress)


async def look(
    session: "ImapSession", view: View, command: Search, progress: Progress | None = None
) -> Found:
    """Search the view. A search that is refused leaves nothing in "$" (RFC 5182 §2.1). BadCharset."""
    if command.has_modseq:
        session.is_condstore = True
    try:
        check_charset(session, command)
        return await find(session, view, command.key, needs_modseq=command.has_modseq, progress=progress)
    except (Refused, TryLater):
        if command.returns is not None and command.returns.saves:
            view.saved = ()
        raise


def check_charset(session: "ImapSession", command: Search) -> None:
    """BadCharset; SyntaxFault where UTF-8 goes without saying (RFC 9755 §3)."""
    if command.charset not in CHARSETS:
        raise BadCharset("unknown charset")
    if session.is_utf8 and command.charset and not isinstance(command, Sort | Thread):
        raise SyntaxFault("no charset after UTF8=ACCEPT: it is UTF-8")


async def aside(count: int, work: Callable[[], T]) -> T:
    """Write an answer of `count` numbers: a long one in a thread, so that others get their turn meanwhile."""
    return work() if count <= AT_ONCE else await asyncio.to_thread(work)


def numbers_of(view: View, uids: Sequence[int], *, by_uid: bool, is_sorted: bool = False) -> list[int]:
    """Uids as they are, or as message numbers; `is_sorted`: in the order of a SORT, which they keep."""
    if by_uid:
        return list(uids)
    known = view.uids
    if isinstance(known, range) and known.start == 1 and (is_sorted or not uids or uids[-1] in known):
        return list(uids)
    if not is_sorted:
        return _ascending(known, uids)
    number_of = dict(zip(known, count(1), strict=False))
    return list(map(number_of.__getitem__, uids))


def _ascending(known: Sequence[int], uids: Sequence[int]) -> list[int]:
    """The places of ascending uids, from 1; those that are not there are passed over."""
    places = map(bisect_left, repeat(known), uids)
    return [at + 1 for at, uid in zip(places, uids, strict=True) if at < len(known) and known[at] == uid]


async def modseq_of(session: "ImapSession", view: View, command: Search, found: Found) -> int:
    """What MODSEQ says: the highest of all that was found, or of what MIN, MAX and PARTIAL show of it
    (RFC 4731 §3.2); 0 where nothing is to be said."""
    if not command.has_modseq or not found.uids:
        return 0
    shown = found.uids if command.returns is None else saved(command.returns, found.uids)
    if len(shown) == len(found.uids):
        return found.modseq

    def highest(reading: Reading) -> int:
        rows = reading.flags(view.mailbox_id, ranges_of(shown))
        return max((modseq for _, modseq, _, _ in rows), default=0)

    if len(shown) > NARROW_MESSAGES:
        return await session.store.read(view.account_id, highest)
    return session.store.glance(view.account_id, highest)


def numbers_line(name: bytes, numbers: list[int], modseq: int) -> bytes:
    """SEARCH or SORT of rev1 (RFC 3501 §7.2.5, RFC 5256 §4)."""
    line = name
    for start in range(0, len(numbers), CALL_NUMBERS):
        # The list writes itself: a third of the time of a join over b"%d".
        some = str(numbers[start : start + CALL_NUMBERS])
        line += b" " + some[1:-1].replace(",", "").encode("ascii")
    return line + b" (MODSEQ %d)" % modseq if modseq else line
