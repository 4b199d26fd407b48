"""ESEARCH: one search over several mailboxes (RFC 7377)."""

import asyncio
from typing import TYPE_CHECKING

from bocau.base.errors import NoSuchMailbox, SyntaxFault
from bocau.protocols.imap import search as s
from bocau.protocols.imap.finding import MultiSearch, keys_in
from bocau.protocols.imap.names import encode_name, string
from bocau.protocols.imap.returning import EVERYTHING
from bocau.services.imap.esearch import Result, esearch, saved, tag_correlator
from bocau.services.imap.progress import in_progress
from bocau.services.imap.relevancy import scores_of
from bocau.services.imap.results import check_charset, look, modseq_of
from bocau.services.imap.scope import Scope, scopes
from bocau.services.imap.turns import portions
from bocau.services.imap.view import View

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: MultiSearch) -> None:
    chosen = await scopes(session, command.sources)
    _check(session, command, chosen)
    check_charset(session, command)
    returns = command.returns
    if returns is not None and b"UPDATE" in returns.words:
        session.untagged(b"NO [NOUPDATE %b] several mailboxes are not followed" % string(command.tag))
    with in_progress(session, command) as progress:
        progress.goal = len(chosen)
        async for some in portions(session, chosen):
            for scope in some:
                progress.done += 1
                # In the selected mailbox "$" may have to be emptied.
                if scope.mailbox.message_count or scope.is_selected:
                    await _search_one(session, command, scope)
    await session.ok(command, "ESEARCH completed")


def _check(session: "ImapSession", command: MultiSearch, chosen: list[Scope]) -> None:
    """Message numbers and "$" mean one mailbox, the selected one (§2.1). BAD by SyntaxFault."""
    is_selected_only = len(chosen) == 1 and chosen[0].is_selected
    names_numbers = any(
        isinstance(key, s.Numbers) and (key.numbers.is_saved or not key.by_uid)
        for key in keys_in(command.key)
    )
    saves = command.returns is not None and command.returns.saves
    if (names_numbers or saves) and not is_selected_only:
        raise SyntaxFault("message numbers and saved results belong to the selected mailbox")


async def _search_one(session: "ImapSession", command: MultiSearch, scope: Scope) -> None:
    try:
        await _search(session, command, scope)
    except NoSuchMailbox:
        # Deleted or no longer shared in the meantime: as if it had not been named (§2.2).
        return
    # Other sessions get their turn.
    await asyncio.sleep(0)


async def _search(session: "ImapSession", command: MultiSearch, scope: Scope) -> None:
    """One ESEARCH response where something was found."""
    view = session.selected() if scope.is_selected else View(
        scope.account_id, scope.mailbox, is_read_only=True, reader_id=session.account_id
    )  # fmt: skip
    if not view.is_loaded:
        await session.store.read(view.account_id, view.load)
    found = await look(session, view, command)
    returns = command.returns or EVERYTHING
    if returns.saves:
        view.saved = saved(returns, found.uids)
    if not found.uids or returns.is_silent:
        return
    name = encode_name(scope.name, session.engine.is_utf8)
    correlator = b"%b MAILBOX %b UIDVALIDITY %d" % (
        tag_correlator(command.tag), name, scope.mailbox.uid_validity,
    )  # fmt: skip
    scores = None
    if b"RELEVANCY" in returns.words:
        known = await scores_of(session, view, command.key, found.uids)
        scores = [known[uid] for uid in found.uids]
    modseq = await modseq_of(session, view, command, found)
    result = Result(found.uids, by_uid=True, modseq=modseq, scores=scores)
    session.untagged(esearch(correlator, returns, result))
