"""SEARCH and UID SEARCH (RFC 9051 §6.4.4, RFC 4731, SAVE of RFC 5182, MODSEQ of RFC 7162 §3.1.5)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Search
from bocau.protocols.imap.names import string
from bocau.protocols.imap.sets import ranges_of, set_text
from bocau.services.imap.searching import find
from bocau.services.imap.view import View, numbers_in

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Search) -> None:
    view = session.selected()
    saves = command.returns is not None and b"SAVE" in command.returns
    if command.charset not in (b"UTF-8", b"US-ASCII"):
        view.saved = () if saves else view.saved
        session.no(command, "unknown charset", b"BADCHARSET (US-ASCII UTF-8)")
        return
    found, modseq = await find(session, view, command.key, needs_modseq=command.has_modseq)
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
