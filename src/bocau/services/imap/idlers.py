"""Who waits in IDLE, and telling them: one bell wakes all sessions of a mailbox, one formatting serves them.

doorbell of an account → portions of PORTION sessions a turn of the loop
                       → sessions whose views are equal: the news are read and written once, then copied

A session's own task sleeps on meanwhile. It is woken only when it must do something itself: its peer is slow
to read, the connection or the mailbox is gone, or the news are long.
"""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from bocau.base.errors import PeerGone
from bocau.base.ids import AccountId
from bocau.services.imap import updates

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession
    from bocau.store import MailStore

PORTION: Final = 100
"""Sessions told in one turn of the loop."""


class Idlers:
    """One per service."""

    def __init__(self, store: "MailStore") -> None:
        self._store = store
        self._rooms: dict[AccountId, _Room] = {}

    def join(self, session: "ImapSession", account_id: AccountId) -> Callable[[], None]:
        """Tell `session` from now on what happens in the account; returns the function that ends it."""
        room = self._rooms.get(account_id)
        if room is None:
            room = self._rooms[account_id] = _Room()
            room.end = self._store.listen(account_id, room.heard)
        room.sessions[session] = None

        def leave() -> None:
            room.sessions.pop(session, None)
            if not room.sessions and self._rooms.get(account_id) is room:
                del self._rooms[account_id]
                room.end()

        return leave


class _Room:
    """The idle sessions of one account's mailboxes."""

    def __init__(self) -> None:
        self.sessions: dict[ImapSession, None] = {}
        self.end: Callable[[], None] = lambda: None
        self._is_telling = False
        self._is_heard_again = False

    def heard(self) -> None:
        """The bell: one round at a time; what rings meanwhile makes one more round."""
        if self._is_telling:
            self._is_heard_again = True
        else:
            self._tell(iter(list(self.sessions)), updates.Digest())

    def _tell(self, waiting: "Iterator[ImapSession]", digest: updates.Digest) -> None:
        # Nothing rings while this runs; and if one session fails, the next bell begins a new round.
        self._is_telling = False
        portion = list(islice(waiting, PORTION))
        for session in portion:
            if session in self.sessions:
                _tell_one(session, digest)
        if len(portion) == PORTION:
            self._is_telling = True
            asyncio.get_running_loop().call_soon(self._tell, waiting, digest)
        elif self._is_heard_again:
            self._is_heard_again = False
            self.heard()


def _tell_one(session: "ImapSession", digest: updates.Digest) -> None:
    connection = session.connection
    if not session.is_idle or not updates.tell_waiting(session, digest):
        connection.wake()
        return
    try:
        if connection.send():
            connection.wake()
    except PeerGone:
        connection.wake()
