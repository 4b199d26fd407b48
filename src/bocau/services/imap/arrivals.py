"""FETCH responses for new messages that nobody asked for by a command (RFC 5465 §5.2, §7).

what NOTIFY wants of each new message + what each search context wants of those it adds → one FETCH a message
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from bocau.base.ids import ModSeq
from bocau.protocols.imap.fetch import Attribute, Item
from bocau.protocols.imap.sets import ranges_of
from bocau.services.imap.sending import send_messages
from bocau.services.imap.view import View

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

Added = Iterable[tuple[ModSeq, Sequence[tuple[int, int]]]]


async def send_arrived(session: "ImapSession", view: View, added: Added, first_uid: int) -> None:
    """Write the items of the messages from `first_uid` on that others brought; \\Seen is not set."""
    always = () if session.watch is None else session.watch.items
    contexts = [context for context in view.contexts if context.items]
    if not always and not contexts:
        return
    session.selected()
    uids = _others(session, view, added, first_uid)
    wanted = dict.fromkeys(uids, always)
    for context in contexts:
        for uid in wanted.keys() & set(context.uids):
            wanted[uid] = tuple(dict.fromkeys((*wanted[uid], *context.items)))
    for items, some in groupby(uids, key=wanted.__getitem__):
        runs = view.runs_of(ranges_of(list(some)))
        if items and runs:
            plan = session.service.plan(_completed(session, items), is_uid_only=session.is_uid_only)
            await send_messages(session, view, runs, plan)


def _others(session: "ImapSession", view: View, added: Added, first_uid: int) -> list[int]:
    """Not what this client has just stored itself (§5.2)."""

    def foreign() -> Iterator[int]:
        for modseq, ranges in added:
            if not session.own_changes.holds(view.account_id, modseq):
                for low, high in ranges:
                    yield from range(max(low, first_uid), high + 1)

    return sorted(foreign())


def _completed(session: "ImapSession", items: tuple[Item, ...]) -> tuple[Item, ...]:
    """With what every unasked FETCH has (RFC 7162 §3.1, §3.2.3). UIDFETCH begins with the uid."""
    if session.is_qresync and not session.is_uid_only and Attribute.UID not in items:
        items = (Attribute.UID, *items)
    if session.is_condstore and Attribute.MODSEQ not in items:
        items = (*items, Attribute.MODSEQ)
    return items
