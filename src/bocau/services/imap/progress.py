"""INPROGRESS: a client that waits long is told that the server is at work, and how far it is (RFC 9585)."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from bocau.base.errors import PeerGone
from bocau.protocols.imap.commands import Command
from bocau.protocols.imap.names import string

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

FIRST_SECONDS: Final = 1.0
"""How long a command may take in silence."""
NEXT_SECONDS: Final = 10.0


class Progress:
    """How far a command is. Who works sets `done` and `goal`; with goal 0 nothing is said of how far."""

    __slots__ = ("done", "goal")

    def __init__(self) -> None:
        self.done = 0
        self.goal = 0

    def line(self, tag: bytes) -> bytes:
        """RFC 9585 §4: `done` is always below the goal."""
        if not self.goal:
            return b"* OK [INPROGRESS (%b NIL NIL)] at work\r\n" % string(tag)
        done = min(self.done, self.goal - 1)
        return b"* OK [INPROGRESS (%b %d %d)] at work\r\n" % (string(tag), done, self.goal)


@contextmanager
def in_progress(session: "ImapSession", command: Command) -> Iterator[Progress]:
    """Only around work that writes nothing itself: the line stands between responses."""
    loop = asyncio.get_running_loop()
    progress = Progress()
    timer: asyncio.TimerHandle

    def tell() -> None:
        nonlocal timer
        session.connection.write(progress.line(command.tag))
        try:
            session.connection.send()
        except PeerGone:
            # Whoever flushes next hears of it.
            return
        timer = loop.call_later(NEXT_SECONDS, tell)

    timer = loop.call_later(FIRST_SECONDS, tell)
    try:
        yield progress
    finally:
        timer.cancel()
