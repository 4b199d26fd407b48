"""SORT and UID SORT (RFC 5256 §3, with RETURN: RFC 5267 §3, MODSEQ: RFC 7162 §3.1.6)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bocau.protocols.imap.finding import Sort
from bocau.protocols.imap.sorting import SortKey
from bocau.services.imap.contexts import begin_context, is_tag_taken
from bocau.services.imap.esearch import Result, esearch, saved, tag_correlator
from bocau.services.imap.message_limit import searched
from bocau.services.imap.progress import in_progress
from bocau.services.imap.relevancy import Scores, scores_of
from bocau.services.imap.results import aside, found_by, modseq_of, numbers_line, numbers_of
from bocau.services.imap.sorting import sorted_uids
from bocau.services.imap.view import View

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Sort) -> None:
    view = session.selected()
    if is_tag_taken(view, command):
        session.bad(command, "a search of this tag goes on")
        return
    _, limit = searched(session, view, command.key)
    if limit:
        if command.returns is not None and command.returns.saves:
            view.saved = ()
        session.no(command, "too many messages at once", limit)
        return
    found = await found_by(session, view, command)
    returns = command.returns
    scores: Scores = {}
    if is_scored(command):
        scores = await scores_of(session, view, command.key, found.uids)
    with in_progress(session, command):
        uids = await sorted_uids(session, view, found.uids, command.criteria, scores)
    if returns is not None and returns.saves:
        view.saved = saved(returns, uids)
    if returns is None or not returns.is_silent:
        modseq = await modseq_of(session, view, command, found._replace(uids=list(uids)))
        session.untagged(await aside(len(uids), lambda: _line(view, command, uids, modseq, scores)))
    if returns is not None and b"UPDATE" in returns.words:
        begin_context(session, view, command, uids)
    await session.ok(command, "SORT completed", may_expunge=command.by_uid)


def _line(view: View, command: Sort, uids: Sequence[int], modseq: int, scores: Scores) -> bytes:
    """SORT, or ESEARCH where RETURN asks for it."""
    numbers = numbers_of(view, uids, by_uid=command.by_uid, is_sorted=True)
    if command.returns is None:
        return numbers_line(b"SORT", numbers, modseq)
    fits = [scores[uid] for uid in uids] if scores else None
    result = Result(numbers, command.by_uid, is_sorted=True, modseq=modseq, scores=fits)
    return esearch(tag_correlator(command.tag), command.returns, result)


def is_scored(command: Sort) -> bool:
    """Whether the order or the answer needs to know how well messages fit (RFC 6203 §4, §5)."""
    if command.returns is not None and b"RELEVANCY" in command.returns.words:
        return True
    return any(criterion.key is SortKey.RELEVANCY for criterion in command.criteria)
