"""SEARCH and UID SEARCH (RFC 9051 §6.4.4, RFC 4731, SAVE of RFC 5182, MODSEQ of RFC 7162 §3.1.5)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bocau.protocols.imap.finding import Search
from bocau.protocols.imap.returning import EVERYTHING
from bocau.services.imap.contexts import begin_context, is_tag_taken
from bocau.services.imap.esearch import Result, esearch, saved, tag_correlator
from bocau.services.imap.message_limit import searched
from bocau.services.imap.relevancy import scores_of
from bocau.services.imap.results import aside, found_by, modseq_of, numbers_line, numbers_of
from bocau.services.imap.view import View

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Search) -> None:
    view = session.selected()
    if is_tag_taken(view, command):
        session.bad(command, "a search of this tag goes on")
        return
    found = await found_by(session, view, command)
    first_uid, limit = searched(session, view, command.key)
    if limit:
        found = found._replace(uids=[uid for uid in found.uids if uid >= first_uid])
    returns = command.returns
    if returns is not None and returns.saves:
        view.saved = saved(returns, found.uids)
    if returns is None or not returns.is_silent:
        scores = None
        if returns is not None and b"RELEVANCY" in returns.words:
            known = await scores_of(session, view, command.key, found.uids)
            scores = [known[uid] for uid in found.uids]
        is_rev2 = session.is_rev2
        modseq = await modseq_of(session, view, command, found)
        line = await aside(len(found.uids), lambda: _line(view, command, found.uids, modseq, scores, is_rev2))
        session.untagged(line)
    if returns is not None and b"UPDATE" in returns.words:
        begin_context(session, view, command, found.uids)
    await session.ok(command, "SEARCH completed", limit, may_expunge=command.by_uid)


def _line(
    view: View,
    command: Search,
    uids: Sequence[int],
    modseq: int,
    scores: Sequence[int] | None,
    is_rev2: bool,
) -> bytes:
    """SEARCH of rev1, or ESEARCH."""
    numbers = numbers_of(view, uids, by_uid=command.by_uid)
    if command.returns is None and not is_rev2:
        return numbers_line(b"SEARCH", numbers, modseq)
    result = Result(numbers, command.by_uid, modseq=modseq, scores=scores)
    return esearch(tag_correlator(command.tag), command.returns or EVERYTHING, result)
