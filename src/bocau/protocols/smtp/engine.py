"""The server's side of SMTP, submission and LMTP (RFC 5321, 6409, 2033): bytes in, events out, replies back.

    receive(bytes) → lines · body · chunk octets → next_event() → Event
    send(reply, …) → bytes for the wire; a positive one moves the state (see `states`)

Every event but BodyPiece is answered by one `send` before the next event is asked for. Pipelining comes by
itself: what has arrived waits in the inbox. What must not be pipelined (RFC 2920 §3.1: the first EHLO, DATA,
STARTTLS) and has company all the same is EARLY_INPUT: nobody can tell a body from commands then.
"""

from enum import Enum
from typing import Final

from bocau.protocols.smtp.bdat import ChunkAnnounced, ChunkReader
from bocau.protocols.smtp.command import parse_command, parse_response
from bocau.protocols.smtp.data import DataCollector
from bocau.protocols.smtp.events import (
    FATAL,
    AuthAsked,
    Body,
    BodyPiece,
    ChunkEnded,
    DataAsked,
    Event,
    ExpandAsked,
    Fault,
    Faulty,
    Hello,
    HelloSaid,
    HelpAsked,
    MailFrom,
    MessageEnded,
    MessageFaulty,
    NoopSaid,
    QuitAsked,
    RcptTo,
    ResetAsked,
    StartTlsAsked,
    VerifyAsked,
)
from bocau.protocols.smtp.limits import AUTH_BYTES_MAX, COMMAND_BYTES_MAX, JUNK_BYTES_MAX, BodyLimits
from bocau.protocols.smtp.reply import Reply
from bocau.protocols.smtp.states import GREETING, NEXT, RESPONSE, State


class Dialect(Enum):
    """Who greets how, and how many answers a message gets."""

    SMTP = frozenset({Hello.HELO, Hello.EHLO})
    LMTP = frozenset({Hello.LHLO})


_VERBS: Final[dict[type, str]] = {
    MailFrom: "MAIL",
    RcptTo: "RCPT",
    DataAsked: "DATA",
    ResetAsked: "RSET",
    QuitAsked: "QUIT",
    NoopSaid: "NOOP",
    HelpAsked: "HELP",
    VerifyAsked: "VRFY",
    ExpandAsked: "EXPN",
    StartTlsAsked: "STARTTLS",
    AuthAsked: "AUTH",
}
_MESSAGE: Final = "(message)"
"""The pending answer ends the transaction, whatever it is."""
_FAULT: Final = "(fault)"
_FATAL: Final = "(fatal)"
_LAST_IN_GROUP: Final = ("DATA", "STARTTLS")


class ServerEngine:
    """One conversation. Not reusable."""

    def __init__(self, dialect: Dialect = Dialect.SMTP, limits: BodyLimits = BodyLimits()) -> None:
        self.state = State.CONNECTED
        self.recipient_count = 0
        """Accepted recipients of this transaction."""
        self.replies_due = 1
        """How many replies the pending event wants: more than one only for the end of an LMTP message."""
        self._dialect = dialect
        self._limits = limits
        self._inbox = b""
        self._at = 0
        self._pending: str | None = GREETING
        self._event: Event | None = None
        self._skipped_bytes = 0
        self._body_type = Body.SEVEN_BIT
        self._body_bytes = 0
        self._body = DataCollector()
        self._is_draining = False
        self._drained_bytes = 0
        self._chunk: ChunkReader | None = None
        self._chunk_fault: Fault | None = None
        self._last_byte = b""

    # --- in ------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; b"" (the end of input) changes nothing: half a command is none."""
        self._inbox = self._inbox[self._at :] + data if self._at < len(self._inbox) else data
        self._at = 0

    def next_event(self) -> Event | None:
        """The next complete event, or None when more bytes are needed."""
        assert self._pending is None, f"{self._pending} was not answered"
        while self._at < len(self._inbox) or self._chunk is not None:
            if self.state is State.CLOSED:
                return None
            if self._is_draining:
                if event := self._drain():
                    return event
                continue
            if self.state is State.BODY:
                return self._next_of_body()
            if self._chunk is not None:
                event = self._next_of_chunk(self._chunk)
            else:
                event = self._next_command()
            if event is not None or self._chunk is None:
                return event
            if self._at >= len(self._inbox) and self._chunk.left:
                return None
        return None

    @property
    def has_input(self) -> bool:
        """Whether bytes wait that were not looked at yet."""
        return self._at < len(self._inbox)

    def _take_all(self) -> bytes:
        block = self._inbox[self._at :] if self._at else self._inbox
        self._inbox, self._at = b"", 0
        return block

    def _put_back(self, rest: bytes) -> None:
        self._inbox, self._at = rest, 0

    # --- lines ---------------------------------------------------------------------

    def _next_command(self) -> Event | None:
        line = self._next_line()
        if line is None:
            return None
        if isinstance(line, Fault):
            return self._faulty(line)
        if self.state is State.AUTH:
            return self._ask(RESPONSE, parse_response(line))
        command = parse_command(line)
        if isinstance(command, ChunkAnnounced):
            return self._begin_chunk(command)
        if isinstance(command, Faulty):
            return self._faulty(command.fault, command.verb)
        return self._in_sequence(command)

    def _next_line(self) -> bytes | Fault | None:
        """One line without its CRLF. A bare LF is not repaired: smuggling lives on such kindness."""
        end = self._inbox.find(b"\n", self._at)
        if end < 0:
            return self._skip_junk()
        start, self._at = self._at, end + 1
        if end == start or self._inbox[end - 1] != 0x0D:
            return Fault.BARE_LF
        length = end - 1 - start + self._skipped_bytes
        if length > COMMAND_BYTES_MAX and length > self._line_bytes_max(start):
            self._skipped_bytes = 0
            return Fault.TOO_MUCH_JUNK if length > JUNK_BYTES_MAX else Fault.LINE_TOO_LONG
        return self._inbox[start : end - 1]

    def _skip_junk(self) -> Fault | None:
        """A line without end is not kept, only counted, but for the last byte: it may be the CR."""
        waiting = len(self._inbox) - self._at
        if not self._skipped_bytes and waiting <= self._line_bytes_max(self._at) + 1:
            return None
        self._skipped_bytes += waiting - 1
        self._put_back(self._inbox[-1:])
        return Fault.TOO_MUCH_JUNK if self._skipped_bytes > JUNK_BYTES_MAX else None

    def _line_bytes_max(self, start: int) -> int:
        if self._skipped_bytes:
            return 0
        is_auth = self.state is State.AUTH or self._inbox[start : start + 5].upper() == b"AUTH "
        return AUTH_BYTES_MAX if is_auth else COMMAND_BYTES_MAX

    def _in_sequence(self, event: Event) -> Event:
        verb = event.verb if isinstance(event, HelloSaid) else _VERBS[type(event)]
        if isinstance(event, HelloSaid) and event.verb not in self._dialect.value:
            return self._faulty(Fault.UNKNOWN_COMMAND, verb)
        if (self.state, verb) not in NEXT:
            return self._faulty(self._why_not(verb), verb)
        if verb == "DATA" and self._body_type is Body.BINARY:
            # RFC 3030 §3: a binary body comes by BDAT or not at all.
            return self._faulty(Fault.OUT_OF_SEQUENCE, verb)
        if self.has_input and (verb in _LAST_IN_GROUP or self._is_first_hello(event)):
            return self._faulty(Fault.EARLY_INPUT, verb)
        return self._ask(verb, event)

    def _is_first_hello(self, event: Event) -> bool:
        return self.state is State.START and isinstance(event, HelloSaid)

    def _why_not(self, verb: str) -> Fault:
        is_without_recipients = self.state is State.MAIL and verb in ("DATA", "BDAT")
        return Fault.NO_RECIPIENTS if is_without_recipients else Fault.OUT_OF_SEQUENCE

    def _ask(self, verb: str, event: Event) -> Event:
        self._pending, self._event = verb, event
        return event

    def _faulty(self, fault: Fault, verb: str = "") -> Faulty:
        if fault is Fault.NO_RECIPIENTS:
            # A client that sent all its commands at once goes on with the next MAIL (RFC 2920 §3.1).
            self._pending, self.replies_due = _MESSAGE, 1
        else:
            self._pending = _FATAL if fault in FATAL else _FAULT
        return Faulty(fault, verb)

    # --- DATA ----------------------------------------------------------------------

    def _next_of_body(self) -> Event | None:
        piece, rest = self._body.feed(self._take_all())
        self._body_bytes += len(piece)
        fault = self._body_fault()
        if rest is not None:
            self._put_back(rest)
        if fault is not None:
            self._is_draining, self._drained_bytes = rest is None, 0
            return self._end_message(MessageFaulty(fault))
        if rest is None:
            return BodyPiece(piece) if piece else None
        return self._end_message(MessageEnded(piece))

    def _end_message(self, event: Event, *, is_final: bool = True) -> Event:
        """LMTP answers the end of a message once per accepted recipient (RFC 2033 §4.2), all else once."""
        self._pending = _MESSAGE
        self.replies_due = self.recipient_count if is_final and self._dialect is Dialect.LMTP else 1
        return event

    def _body_fault(self) -> Fault | None:
        if self._body.has_bare_line_end:
            return Fault.BARE_LINE_END
        return Fault.MESSAGE_TOO_LARGE if self._body_bytes > self._limits.message_bytes_max else None

    def _drain(self) -> Event | None:
        """Throw away the rest of a refused body; only its own end leads back to commands."""
        block = self._take_all()
        _, rest = self._body.feed(block)
        self._drained_bytes += len(block)
        if rest is not None:
            self._is_draining = False
            self._put_back(rest)
        elif self._drained_bytes > self._limits.discard_bytes_max:
            return self._faulty(Fault.NEVER_ENDING_BODY)
        return None

    # --- BDAT ----------------------------------------------------------------------

    def _begin_chunk(self, announced: ChunkAnnounced) -> Event | None:
        """A refused chunk's octets are taken off the stream all the same (RFC 3030 §2)."""
        if announced.size > self._limits.discard_bytes_max:
            return self._faulty(Fault.NEVER_ENDING_BODY, "BDAT")
        self._chunk_fault = None
        if (self.state, "BDAT") not in NEXT:
            self._chunk_fault = self._why_not("BDAT")
        elif self._body_bytes + announced.size > self._limits.message_bytes_max:
            self._chunk_fault = Fault.MESSAGE_TOO_LARGE
        self._chunk = ChunkReader(announced, self._last_byte)
        return None

    def _next_of_chunk(self, chunk: ChunkReader) -> Event | None:
        piece, rest = chunk.take(self._take_all(), is_text=self._body_type is not Body.BINARY)
        self._put_back(rest)
        if chunk.has_bare_line_end or (chunk.is_last and not chunk.left and chunk.ends_bare):
            self._chunk_fault = self._chunk_fault or Fault.BARE_LINE_END
        if not chunk.left:
            return self._end_chunk(chunk, piece)
        if self._chunk_fault is not None or not piece:
            return None
        return BodyPiece(piece)

    def _end_chunk(self, chunk: ChunkReader, piece: bytes) -> Event:
        self._chunk = None
        fault = self._chunk_fault
        if fault in (Fault.OUT_OF_SEQUENCE, Fault.NO_RECIPIENTS):
            return self._faulty(fault, "BDAT")
        self._body_bytes += chunk.size
        self._last_byte = chunk.last_byte
        if fault is not None:
            return self._end_message(MessageFaulty(fault), is_final=chunk.is_last)
        if chunk.is_last:
            return self._end_message(MessageEnded(piece))
        return self._ask("BDAT", ChunkEnded(piece, chunk.size))

    # --- out -----------------------------------------------------------------------

    def send(self, *replies: Reply) -> bytes:
        """Answer the pending event; the state moves. 421 may be said at any time, and ends it all."""
        pending, self._pending = self._pending, None
        reply = replies[0]
        if reply.code == 421 or pending == _FATAL:
            self.state = State.CLOSED
        elif pending == _MESSAGE:
            assert len(replies) == self.replies_due
            self._become(State.READY)
        elif pending is not None and pending != _FAULT:
            assert len(replies) == 1
            self._answered(pending, reply)
        elif pending is None:
            raise AssertionError("nothing to answer")
        elif self.state is State.AUTH:
            self.state = State.READY
        return reply.wire if len(replies) == 1 else b"".join(each.wire for each in replies)

    def _answered(self, verb: str, reply: Reply) -> None:
        if reply.code == 334:
            self.state = State.AUTH
        elif not reply.is_positive:
            self._refused(verb)
        elif verb == "RCPT":
            self.recipient_count += 1
            self.state = State.RCPT
        else:
            if isinstance(self._event, MailFrom):
                self._body_type = self._event.body
            self._become(NEXT[self.state, verb])

    def _refused(self, verb: str) -> None:
        if verb == GREETING:
            self.state = State.CLOSED
        elif verb == RESPONSE:
            self.state = State.READY
        elif verb == "BDAT":
            self._become(State.READY)

    def _become(self, state: State) -> None:
        self.state = state
        if state is State.BODY:
            self._body = DataCollector()
        elif state in (State.READY, State.START):
            self.recipient_count = 0
            self._body_bytes, self._last_byte = 0, b""

    def upgraded(self) -> None:
        """TLS begins: nothing that came before it counts (RFC 3207 §4.2)."""
        self._put_back(b"")
        self._skipped_bytes = 0
        self._become(State.START)
