"""The server's side of POP3 (RFC 1939, 2449, 2595, 5034, 6856): bytes in, events out, replies back.

    receive(bytes) → lines → next_event() → Event
    accept(text) / refuse(text) / challenge(data) → bytes for the wire; they move the state (see `states`)

Every event is answered by one of the three before the next is asked for. Pipelining comes by itself.
"""

from dataclasses import replace
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.pop.command import parse
from bocau.protocols.pop.events import AuthAsked, Event, Fault, Faulty, PassSaid, ResponseSaid, UserSaid
from bocau.protocols.pop.limits import (
    BAD_COMMANDS_BEFORE_LOGIN_MAX,
    BAD_COMMANDS_MAX,
    COMMAND_BYTES_MAX,
    JUNK_BYTES_MAX,
    LOGINS_MAX,
    RESPONSE_BYTES_MAX,
)
from bocau.protocols.pop.states import BACK, MOVES, RESPONSE, State
from bocau.protocols.sasl import encode

_FAULT: Final = "(fault)"
_FATAL: Final = "(fatal)"
_CR: Final = 0x0D


class ServerEngine:
    """One conversation. Not reusable."""

    def __init__(self) -> None:
        self.state = State.AUTHORIZATION
        self._moves = MOVES[self.state]
        self._line_bytes_max = RESPONSE_BYTES_MAX
        self._inbox = b""
        self._at = 0
        self._pending: str | None = None
        self._name = ""
        self._skipped_bytes = 0
        self._bad_commands = 0
        self._failed_logins = 0

    # --- in --------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; b"" (the end of input) changes nothing: half a command is none."""
        self._inbox = self._inbox[self._at :] + data if self._at < len(self._inbox) else data
        self._at = 0

    def next_event(self) -> Event | None:
        """The next complete event, or None when more bytes are needed."""
        assert self._pending is None, f"{self._pending} was not answered"
        if self._at >= len(self._inbox) or self.state is State.CLOSED:
            return None
        end = self._inbox.find(b"\n", self._at)
        if end < 0:
            return self._skip()
        start, self._at = self._at, end + 1
        # A bare LF ends a command too: people type at port 110, and nothing can hide behind it here.
        stop = end - 1 if end > start and self._inbox[end - 1] == _CR else end
        if self._skipped_bytes or stop - start > self._line_bytes_max:
            self._skipped_bytes = 0
            return self._faulty(Fault.LINE_TOO_LONG)
        return self._event(self._inbox[start:stop])

    def _enter(self, state: State) -> None:
        self.state = state
        self._moves = MOVES[state]
        self._line_bytes_max = COMMAND_BYTES_MAX if state is State.TRANSACTION else RESPONSE_BYTES_MAX

    def _skip(self) -> Event | None:
        """A line that is too long is not kept, only counted."""
        waiting = len(self._inbox) - self._at
        if not self._skipped_bytes and waiting <= self._line_bytes_max + 1:
            return None
        self._skipped_bytes += waiting
        self._inbox, self._at = b"", 0
        return self._fatal(Fault.LINE_TOO_LONG) if self._skipped_bytes > JUNK_BYTES_MAX else None

    def _event(self, line: bytes) -> Event:
        if self.state is State.AUTHENTICATING:
            return self._response(line)
        try:
            parsed = parse(line)
        except SyntaxFault:
            return self._faulty(Fault.BAD_ARGUMENT)
        if parsed is None:
            return self._faulty(Fault.UNKNOWN_COMMAND)
        verb, event = parsed
        if verb not in self._moves:
            return self._faulty(Fault.NOT_NOW)
        if len(line) > COMMAND_BYTES_MAX and not isinstance(event, AuthAsked):
            return self._faulty(Fault.LINE_TOO_LONG)
        self._pending = verb
        if isinstance(event, UserSaid):
            self._name = event.name
        elif isinstance(event, PassSaid):
            event = replace(event, name=self._name)
        return event

    def _response(self, line: bytes) -> Event:
        self._pending = RESPONSE
        return Faulty(Fault.CANCELLED) if line == b"*" else ResponseSaid(line)

    def _faulty(self, fault: Fault) -> Faulty:
        self._bad_commands += 1
        is_in = self.state is State.TRANSACTION
        if self._bad_commands >= (BAD_COMMANDS_MAX if is_in else BAD_COMMANDS_BEFORE_LOGIN_MAX):
            return self._fatal(Fault.TOO_MANY)
        self._pending = RESPONSE if self.state is State.AUTHENTICATING else _FAULT
        return Faulty(fault)

    def _fatal(self, fault: Fault) -> Faulty:
        self._pending = _FATAL
        return Faulty(fault, is_fatal=True)

    # --- out -------------------------------------------------------------------------

    def accept(self, text: str = "") -> bytes:
        """Answer +OK. A multi-line answer's lines follow, sent by the session."""
        assert self._pending is not None, "nothing to answer"
        after, self._pending = self._moves[self._pending], None
        if after is not self.state:
            self._enter(after)
        return b"+OK %s\r\n" % text.encode() if text else b"+OK\r\n"

    def refuse(self, text: str, code: str = "") -> bytes:
        """Answer -ERR, with an extended response code (RFC 2449 §8, RFC 3206)."""
        pending, self._pending = self._pending, None
        assert pending is not None, "nothing to answer"
        if pending in BACK:
            self._enter(State.AUTHORIZATION)
            self._failed_logins += 1
        if pending in (_FATAL, "QUIT"):
            self._enter(State.CLOSED)
        return f"-ERR [{code}] {text}\r\n".encode() if code else f"-ERR {text}\r\n".encode()

    def challenge(self, data: bytes) -> bytes:
        """Ask for the next SASL response (RFC 5034 §4)."""
        assert self._pending in ("AUTH", RESPONSE), "no exchange is under way"
        self._pending = None
        self._enter(State.AUTHENTICATING)
        return b"+ " + encode(data) + b"\r\n"

    @property
    def is_answered(self) -> bool:
        """Whether the last event has had its answer."""
        return self._pending is None

    @property
    def has_failed_enough(self) -> bool:
        """Whether this connection has had its tries."""
        return self._failed_logins >= LOGINS_MAX

    def tls_started(self) -> None:
        """Forget what was said in clear, also what was sent along with STLS (CVE-2011-0411)."""
        self._inbox, self._at = b"", 0
        self._skipped_bytes = 0
        self._name = ""
        self._enter(State.AUTHORIZATION)
