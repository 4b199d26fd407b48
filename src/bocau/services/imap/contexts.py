"""Searches that go on: ADDTO and REMOVEFROM as the mailbox changes (RFC 5267 §4.3).

SEARCH RETURN (UPDATE) → Context → change log after it → the same search over what changed → ESEARCH
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bocau.base.errors import NoSuchMailbox, TryLater
from bocau.base.ids import ModSeq
from bocau.protocols.imap import search as s
from bocau.protocols.imap.fetch import Item
from bocau.protocols.imap.finding import Search, Sort, is_fuzzy
from bocau.protocols.imap.names import string
from bocau.protocols.imap.sets import NumberSet, merged, ranges_of
from bocau.services.imap.esearch import numbers_text, tag_correlator
from bocau.services.imap.relevancy import scores_of
from bocau.services.imap.results import numbers_of
from bocau.services.imap.searching import find
from bocau.services.imap.sorting import sorted_uids
from bocau.services.imap.view import View

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

CONTEXTS_MAX: Final = 10
"""In one selected mailbox."""
MESSAGES_MAX: Final = 1_000_000
"""In all contexts of one selected mailbox together; 4 bytes each."""


@dataclass(slots=True)
class Context:
    """One search that is kept up to date."""

    command: Search
    uids: "array[int]"
    """What the client knows to match, ascending or in the order of a SORT."""
    modseq: ModSeq
    """The change log is followed up to here."""
    items: tuple[Item, ...] = ()
    """What to FETCH of new messages that are added."""


def is_tag_taken(view: View, command: Search) -> bool:
    """Whether a search that would go on has the tag of one that does: it is a mistake (§4.3)."""
    returns = command.returns
    if returns is None or b"UPDATE" not in returns.words:
        return False
    return any(context.command.tag == command.tag for context in view.contexts)


def begin_context(session: "ImapSession", view: View, command: Search, uids: Sequence[int]) -> None:
    """Keep a search up to date until it is cancelled or the mailbox is left; or say NOUPDATE (§4.3.1)."""
    known = sum(len(context.uids) for context in view.contexts)
    if len(view.contexts) >= CONTEXTS_MAX or known + len(uids) > MESSAGES_MAX:
        session.untagged(b"NO [NOUPDATE %b] this search is not updated" % string(command.tag))
        return
    items = command.returns.items if command.returns is not None else ()
    view.contexts.append(Context(command, array("I", uids), view.modseq, items))


def end_contexts(view: View, tags: Iterable[bytes]) -> bool:
    """Forget the searches of these tags; False when one of them is not known (nothing is forgotten then)."""
    given = set(tags)
    if given - {context.command.tag for context in view.contexts}:
        return False
    view.contexts = [context for context in view.contexts if context.command.tag not in given]
    return True


def tell_gone(session: "ImapSession", view: View, gone: set[int]) -> None:
    """REMOVEFROM before the EXPUNGE, while the message numbers still stand (§4.3.4)."""
    for context in view.contexts:
        if not gone.isdisjoint(context.uids):
            _remove(session, view, context, gone)


async def tell_changed(session: "ImapSession", view: View) -> None:
    """ADDTO and REMOVEFROM for what came, and for what matches now or no longer."""
    for context in list(view.contexts):
        try:
            await _follow(session, view, context)
        except (NoSuchMailbox, TryLater):
            # The log is read again with the next news.
            return


async def _follow(session: "ImapSession", view: View, context: Context) -> None:
    after, context.modseq = context.modseq, view.modseq
    if after == view.modseq:
        return
    changes = session.store.glance(view.account_id, lambda reading: reading.changes(after, view.mailbox_id))
    touched = merged(
        (int(first), int(last))
        for change in changes
        if change.modseq <= view.modseq
        for first, last in change.uids
    )
    present = view.uids_in(view.runs_of(touched))
    if not present:
        return
    only = s.Numbers(NumberSet(tuple(ranges_of(present))), by_uid=True)
    found = await find(session, view, s.All((only, context.command.key)))
    known, match = set(context.uids), set(found.uids)
    out = set(present) & known - match
    if out:
        _remove(session, view, context, out)
    new = [uid for uid in found.uids if uid not in known]
    if new:
        await _add(session, view, context, new)


def _remove(session: "ImapSession", view: View, context: Context, out: set[int]) -> None:
    uids = context.uids
    leaving = [(place, uid) for place, uid in enumerate(uids, 1) if uid in out]
    context.uids = array("I", [uid for uid in uids if uid not in out])
    if isinstance(context.command, Sort):
        # From the end: so no place changes before it is used.
        pairs = [(place, [uid]) for place, uid in reversed(leaving)]
    else:
        pairs = [(0, [uid for _, uid in leaving])]
    _say(session, view, context, b"REMOVEFROM", pairs)


async def _add(session: "ImapSession", view: View, context: Context, new: list[int]) -> None:
    command = context.command
    if not isinstance(command, Sort):
        context.uids = array("I", sorted((*context.uids, *new)))
        _say(session, view, context, b"ADDTO", [(0, new)])
        return
    known = sorted((*context.uids, *new))
    scores = await scores_of(session, view, command.key, known) if is_fuzzy(command.key) else None
    context.uids = array("I", await sorted_uids(session, view, known, command.criteria, scores))
    added = set(new)
    pairs = [(place, [uid]) for place, uid in enumerate(context.uids, 1) if uid in added]
    _say(session, view, context, b"ADDTO", pairs)


def _say(
    session: "ImapSession", view: View, context: Context, word: bytes, pairs: list[tuple[int, list[int]]]
) -> None:
    """ESEARCH (TAG …) [UID] word (position set …): in the order in which the client applies them."""
    command = context.command
    said = []
    for place, uids in pairs:
        numbers = numbers_of(view, uids, by_uid=command.by_uid)
        if numbers:
            said.append(b"%d %b" % (place, numbers_text(numbers)))
    if said:
        uid = b" UID" if command.by_uid else b""
        session.untagged(
            b"ESEARCH (%b)%b %b (%b)" % (tag_correlator(command.tag), uid, word, b" ".join(said))
        )
