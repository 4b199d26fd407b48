"""The server's side of POP2 (RFC 937): bytes in, events out, replies back.

    receive(bytes) → lines → next_event() → Event
    counted(n) "#n" · sized(n) "=n" · accept(text) "+" · sending() the octets · refuse(text) "-", the end

Every event is answered by one of these before the next is asked for.
"""

from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.pop2.command import parse
from bocau.protocols.pop2.events import Event, Faulty
from bocau.protocols.pop2.states import NEXT, State

COMMAND_BYTES_MAX: Final = 512
"""RFC 937 names no limit; this is SMTP's of its time."""
_FAULT: Final = "(fault)"


class ServerEngine:
    """One conversation. Not reusable."""

    def __init__(self) -> None:
        self.state = State.AUTH
        self._inbox = b""
        self._at = 0
        self._pending: str | None = None

    # --- in --------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; b"" (the end of input) changes nothing: half a command is none."""
        self._inbox, self._at = self._inbox[self._at :] + data, 0

    def next_event(self) -> Event | None:
        """The next complete event, or None when more bytes are needed."""
        assert self._pending is None, f"{self._pending} was not answered"
        if self.state is State.CLOSED:
            return None
        end = self._inbox.find(b"\n", self._at)
        stop = len(self._inbox) if end < 0 else end
        if stop - self._at > COMMAND_BYTES_MAX + 1:
            return self._faulty("Line too long")
        if end < 0:
            return None
        line, self._at = self._inbox[self._at : end], end + 1
        return self._event(line.removesuffix(b"\r"))

    def _event(self, line: bytes) -> Event:
        try:
            parsed = parse(line)
        except SyntaxFault:
            return self._faulty("Bad argument")
        if parsed is None:
            return self._faulty("Unknown command")
        verb, event = parsed
        if (self.state, verb) not in NEXT:
            return self._faulty("Not in this state")
        self._pending = verb
        return event

    def _faulty(self, text: str) -> Faulty:
        self._pending = _FAULT
        return Faulty(text)

    # --- out -------------------------------------------------------------------------

    def counted(self, count: int, text: str) -> bytes:
        """How many messages the mailbox has: the answer to HELO and FOLD."""
        return b"#%d %b\r\n" % (count, self._moved(text))

    def sized(self, octets: int, text: str = "") -> bytes:
        """How long the current message is, 0 when there is none: the answer to READ, ACKS, ACKD, NACK."""
        moved = self._moved(text)
        return b"=%d %b\r\n" % (octets, moved) if moved else b"=%d\r\n" % octets

    def accept(self, text: str) -> bytes:
        """The answer to QUIT."""
        return b"+ %b\r\n" % self._moved(text)

    def sending(self) -> None:
        """The answer to RETR is the message itself: exactly as many octets as were told."""
        self._moved("")

    def refuse(self, text: str) -> bytes:
        """Answer "-"; the conversation is over."""
        assert self._pending is not None, "nothing to answer"
        self._pending = None
        self.state = State.CLOSED
        return b"- %b\r\n" % text.encode()

    def _moved(self, text: str) -> bytes:
        assert self._pending is not None, "nothing to answer"
        self.state, self._pending = NEXT[self.state, self._pending], None
        return text.encode()

    @property
    def is_answered(self) -> bool:
        """Whether the last event has had its answer."""
        return self._pending is None
