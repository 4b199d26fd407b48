"""The order of SORT (RFC 5256 §3, RFC 5957 §3, RELEVANCY of RFC 6203 §5).

The whole mailbox is ordered once and kept (`store.ordering`); what was found is picked from it.
"""

from array import array
from collections.abc import Sequence
from itertools import compress
from typing import TYPE_CHECKING, Final

from bocau.protocols.imap.sorting import Criterion, SortKey
from bocau.services.imap.relevancy import Scores
from bocau.services.imap.view import View
from bocau.store.ordering import Numbers, OrderKey, Step, known_order, ordered, rank_columns

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


FEW: Final = 1000
"""So many messages are looked up one by one."""


async def sorted_uids(
    session: "ImapSession",
    view: View,
    uids: Sequence[int],
    criteria: tuple[Criterion, ...],
    scores: Scores | None = None,
) -> list[int]:
    """Ascending uids in the order asked for; what has been expunged in the meantime is left out.

    `scores` must be there where the order asks for RELEVANCY.
    """
    if not uids:
        return []
    steps = tuple(Step(_KEYS[one.key], one.is_reverse) for one in criteria if one.key in _KEYS)
    if len(steps) < len(criteria):
        return await _by_score(session, view, uids, criteria, steps, scores or {})
    roster, order = await _order(session, view, steps)
    return _picked(roster, order, uids)


async def _by_score(
    session: "ImapSession",
    view: View,
    uids: Sequence[int],
    criteria: tuple[Criterion, ...],
    steps: tuple[Step, ...],
    scores: Scores,
) -> list[int]:
    """Relevancy belongs to one search: no order of the whole mailbox can be kept. The best come first."""
    store, mailbox_id = session.store, view.mailbox_id
    roster, columns = await store.read(
        view.account_id, lambda reading: rank_columns(store.columns, reading, mailbox_id, steps)
    )
    positions = roster.positions(uids)
    for criterion in reversed(criteria):
        if criterion.key is SortKey.RELEVANCY:
            positions.sort(key=lambda place: -scores.get(roster.uids[place], 0), reverse=criterion.is_reverse)
        else:
            column = columns[_KEYS[criterion.key]].values
            positions.sort(key=column.__getitem__, reverse=criterion.is_reverse)
    return [roster.uids[place] for place in positions]


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


def _picked(roster: "Roster", order: Numbers, uids: Sequence[int]) -> list[int]:
    """Those of the order that are among `uids`."""
    known, positions = roster.uids, order.values
    if len(uids) == len(known) and array("I", uids) == known:
        return list(map(known.__getitem__, positions))
    if len(uids) > FEW:
        wanted = bytes(map(frozenset(uids).__contains__, known))
    else:
        marks = bytearray(len(known))
        for position in roster.positions(uids):
            marks[position] = 1
        wanted = bytes(marks)
    chosen = compress(positions, map(wanted.__getitem__, positions))
    return list(map(known.__getitem__, chosen))
