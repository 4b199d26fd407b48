"""SELECT (QRESYNC …): a client that comes back is told what has changed meanwhile (RFC 7162 §3.2.5).

VANISHED (EARLIER) of what it knew → FETCH (UID FLAGS MODSEQ) of what changed and what is new
"""

from typing import TYPE_CHECKING, Final

from bocau.base.wiretext import UINT32_MAX
from bocau.protocols.imap.commands import Resync
from bocau.protocols.imap.sets import NumberSet, intersection
from bocau.services.imap.loading import load
from bocau.services.imap.sending import send_messages
from bocau.services.imap.updates import flags_plan
from bocau.services.imap.vanished import changed_since, resolved, tell_gone
from bocau.services.imap.view import View

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

MATCHES_MAX: Final = 10_000
"""Pairs of a message number and its uid that are compared; clients send some twenty."""


async def resynchronize(session: "ImapSession", view: View, resync: Resync) -> None:
    """Write the difference between what the client knows and `view`."""
    known = resolved(view, resync.known)
    if view.modseq <= resync.modseq:
        return
    await load(session)
    gone = known
    if resync.match is not None:
        # Below a pair that still holds nothing can be missing.
        gone = intersection(known, [(_matching_uid(view, *resync.match) + 1, UINT32_MAX)])
    await tell_gone(session, view, gone, resync.modseq)
    runs = view.runs_of(changed_since(session, view, known, resync.modseq))
    if runs:
        await send_messages(session, view, runs, flags_plan(session), since=resync.modseq)


def _matching_uid(view: View, numbers: NumberSet, uids: NumberSet) -> int:
    """The greatest uid whose message number is still what the client believes; 0 for none (§3.2.5.2)."""
    pairs = list(zip(_first(numbers), _first(uids), strict=False))
    return next((uid for number, uid in reversed(pairs) if view.number_of(uid) == number), 0)


def _first(numbers: NumberSet) -> list[int]:
    """The first MATCHES_MAX members."""
    found: list[int] = []
    for low, high in numbers.resolved(0):
        found += range(low, min(high, low + MATCHES_MAX - len(found) - 1) + 1)
        if len(found) >= MATCHES_MAX:
            break
    return found
