"""The order of SORT (RFC 5256 §3, RFC 5957 §3, RELEVANCY of RFC 6203 §5).

The whole mailbox is ordered once and kept (`store.ordering`); what was found is picked from it.
"""

from itertools import compress
from typing import TYPE_CHECKING, Final

from bocau.protocols.imap.sorting import Criterion, SortKey
from bocau.services.imap.searching import Found
from bocau.services.imap.view import View
from bocau.store.ordering import Numbers, OrderKey, Step, known_order, ordered

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession
    from bocau.store.columns import Roster

_KEYS: Final = {
    SortKey.ARRIVAL: OrderKey.ARRIVAL,
    SortKey.SIZE: OrderKey.SIZE,
    SortKey.DATE: OrderKey.DATE,
    SortKey.SUBJECT: OrderKey.SUBJECT,
    SortKey.FROM: OrderKey.FROM,
    SortKey.TO: OrderKey.TO,
    SortKey.CC: OrderKey.CC,
    SortKey.DISPLAY_FROM: OrderKey.FROM_NAME,
    SortKey.DISPLAY_TO: OrderKey.TO_NAME,
}


async def sorted_uids(
    session: "ImapSession", view: View, found: Found, criteria: tuple[Criterion, ...]
) -> list[int]:
    """The uids found, in order; what has been expunged in the meantime is left out."""
    steps = tuple(Step(_KEYS[c.key], c.is_reverse) for c in criteria if c.key in _KEYS)
    if not found.uids:
        return []
    roster, order = await _order(session, view, steps)
    return _picked(roster, order, found.uids)


async def _order(session: "ImapSession", view: View, steps: tuple[Step, ...]) -> "tuple[Roster, Numbers]":
    store, mailbox_id = session.store, view.mailbox_id
    known = store.glance(
        view.account_id, lambda reading: known_order(store.columns, reading, mailbox_id, steps)
    )
    if known is not None:
        return known
    return await store.read(
        view.account_id, lambda reading: ordered(store.columns, reading, mailbox_id, steps)
    )


def _picked(roster: "Roster", order: Numbers, uids: list[int]) -> list[int]:
    """Those of the order that are among `uids` (ascending)."""
    known, positions = roster.uids, order.values
    if len(uids) == len(known) and uids[0] == known[0] and uids[-1] == known[-1] and list(known) == uids:
        return list(map(known.__getitem__, positions))
    wanted = bytearray(len(known))
    for position in roster.positions(uids):
        wanted[position] = 1
    chosen = compress(positions, map(wanted.__getitem__, positions))
    return list(map(known.__getitem__, chosen))
