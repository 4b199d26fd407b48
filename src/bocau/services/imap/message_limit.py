"""MESSAGELIMIT and SAVELIMIT (RFC 9738): how many messages one command works on.

FETCH, STORE, SEARCH, MOVE, UID EXPUNGE take the newest `messages_per_command_max` and say where they stopped;
SORT and THREAD refuse more. COPY and APPEND, which are all or nothing, refuse more than `messages_saved_max`.
"""

from typing import TYPE_CHECKING

from bocau.base.wiretext import UINT32_MAX
from bocau.protocols.imap.search import All, Key, Numbers
from bocau.protocols.imap.sets import intersection
from bocau.services.imap.view import Runs, View

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


def limited(session: "ImapSession", view: View, runs: Runs) -> tuple[Runs, bytes]:
    """The newest of them as far as the limit goes, and the response code: b"" when that is all of them."""
    most = session.service.settings.messages_per_command_max
    count = sum(stop - start for start, stop in runs)
    if count <= most:
        return runs, b""
    kept, room = [], most
    for start, stop in reversed(runs):
        begin = max(start, stop - room)
        kept.append((begin, stop))
        room -= stop - begin
        if not room:
            break
    kept.reverse()
    return kept, b"MESSAGELIMIT %d %d" % (most, view.uids[kept[0][0]])


def searched(session: "ImapSession", view: View, key: Key) -> tuple[int, bytes]:
    """From which uid on a search looks, and the response code: 0 and b"" when it looks at all messages.

    What the program itself excludes by sets at its top (UIDBEFORE and the like) does not count.
    """
    if view.count <= session.service.settings.messages_per_command_max:
        return 0, b""
    ranges = [(1, UINT32_MAX)]
    for part in key.keys if isinstance(key, All) else (key,):
        if isinstance(part, Numbers):
            ranges = intersection(ranges, view.uid_ranges(view.chosen(part.numbers, by_uid=part.by_uid)))
    runs, code = limited(session, view, view.runs_of(ranges))
    return (view.uids[runs[0][0]], code) if code else (0, b"")


def too_many_saved(session: "ImapSession", count: int) -> bytes:
    """The response code of a COPY or APPEND of too many messages; b"" when they are not too many."""
    most = session.service.settings.messages_saved_max
    return b"MESSAGELIMIT %d" % most if count > most else b""


def tell_limit(session: "ImapSession", code: bytes, other: bytes = b"") -> bytes:
    """Which code the tagged OK carries; the limit comes before it when there is another (RFC 9738 §3)."""
    if code and other:
        session.untagged(b"NO [%b] not all messages were processed" % code)
        return other
    return code or other
