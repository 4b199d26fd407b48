"""What SEARCH, SORT and THREAD have in common: to find, and to say it in the numbers the client asked for."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Final, TypeVar

from bocau.base.errors import Refused, SyntaxFault, TryLater
from bocau.protocols.imap.finding import CHARSETS, Search, Sort, Thread
from bocau.protocols.imap.sets import ranges_of
from bocau.services.imap.errors import BadCharset
from bocau.services.imap.progress import Progress, in_progress
from bocau.services.imap.searching import Found, find
from bocau.services.imap.view import View, numbers_in

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
    if not is_sorted:
        return list(numbers_in(view.runs_of(ranges_of(uids))))
    if isinstance(view.uids, range) and view.uids.start == 1:
        return list(uids)
    number_of = dict(zip(view.uids, count(1), strict=False))
    return list(map(number_of.__getitem__, uids))


def numbers_line(name: bytes, numbers: list[int], modseq: int) -> bytes:
    """SEARCH or SORT of rev1 (RFC 3501 §7.2.5, RFC 5256 §4)."""
    line = name
    for start in range(0, len(numbers), CALL_NUMBERS):
        # The list writes itself: a third of the time of a join over b"%d".
        some = str(numbers[start : start + CALL_NUMBERS])
        line += b" " + some[1:-1].replace(",", "").encode("ascii")
    return line + b" (MODSEQ %d)" % modseq if modseq else line
