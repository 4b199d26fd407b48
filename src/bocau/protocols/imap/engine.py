"""The server side of IMAP as a pure machine (RFC 9051 §2.2, RFC 7888).

    receive(bytes) → lines and literals → next_event() → Command | AppendMessage | … | Rejected | Broken
    send(Tagged)   → bytes, and the state moves

One command at a time: what is pipelined behind it waits in the inbox until the next `next_event()`.
"""

import re
from binascii import b2a_base64
from collections import deque
from collections.abc import Callable
from typing import Final

from bocau.base.errors import PeerError, Refused, SyntaxFault, TooLong
from bocau.protocols.imap import append as a
from bocau.protocols.imap import limits as lim
from bocau.protocols.imap.append import AppendChunk, AppendEnd, AppendMessage, ReplaceMessage
from bocau.protocols.imap.command import head, parse, sasl_response
from bocau.protocols.imap.commands import Authenticate, Command
from bocau.protocols.imap.inbox import Inbox
from bocau.protocols.imap.limits import KNOWN, STRANGER
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.refusals import refusal, tag_of
from bocau.protocols.imap.replies import (
    Broken,
    IdleDone,
    Ready,
    Rejected,
    SaslResponse,
    Status,
    Tagged,
    line_text,
)
from bocau.protocols.imap.states import FALLS, LEGAL, MOVES, State

Event = Command | a.Step | AppendChunk | SaslResponse | IdleDone | Ready | Rejected | Broken

_LITERAL_END: Final = re.compile(rb"~?\{([0-9]{1,20})(\+?)\}\Z")
PIECES_MAX: Final = 100
"""Pieces of one literal before they are joined: tiny packets must not cost their overhead."""


class ImapEngine:
    """One connection's grammar and state. Never raises on what the peer sends."""

    def __init__(self, *, append_bytes_max: int = lim.APPEND_BYTES_MAX) -> None:
        self.state = State.NOT_AUTHENTICATED
        self.limits = STRANGER
        self.append_bytes_max = append_bytes_max
        self.is_utf8 = False
        """Set by the session when UTF8=ACCEPT or IMAP4rev2 is enabled: mailbox names are UTF-8."""
        self._inbox = Inbox()
        self._mode: Callable[[ImapEngine], Event | None] = ImapEngine._in_command
        self._kind: type[Command] | type[AppendMessage] = Command
        self._forget_command()

    def _forget_command(self) -> None:
        self._text = b""
        self._literals: list[bytes] = []
        self._literal_bytes = 0
        self._pieces: list[bytes] = []
        self._wanted = 0
        self._discarded = 0
        self._discard_count = 0
        self._refusal: Tagged | None = None
        self._append: a.AppendCommand | None = None
        self._steps: deque[a.Step] = deque()
        self._passes_body = False
        """The step that waits for a decision is followed by octets of a message."""
        self._awaits_go = False
        self._follows_sasl = False
        self._is_whole = False
        """The command's last line has been read."""
        self._mode = ImapEngine._in_command

    # --- the two directions ---------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; b"" is the end of input."""
        if data:
            self._inbox.add(data)

    def next_event(self) -> Event | None:
        """The next thing to answer, or None when more bytes are needed."""
        while True:
            mode = self._mode
            event = mode(self)
            if event is not None or self._mode is mode:
                return event

    def send(self, reply: Tagged) -> bytes:
        """Write the end of a command; the state moves with it."""
        if reply.status is Status.OK:
            self._move(MOVES.get(self._kind))
        elif reply.status is Status.NO:
            self._move(FALLS.get(self._kind))
        self._kind = Command
        text = line_text(reply.text)
        if reply.code:
            return b"%b %b [%b] %b\r\n" % (reply.tag, reply.status.value, reply.code, text)
        return b"%b %b %b\r\n" % (reply.tag, reply.status.value, text)

    def _move(self, state: State | None) -> None:
        if state is not None:
            self.state = state
            if state is State.AUTHENTICATED:
                self.limits = KNOWN
            elif state is State.NOT_AUTHENTICATED:
                self.limits, self.is_utf8 = STRANGER, False

    def deselected(self) -> None:
        """The selected mailbox is gone without a command of its own (it was deleted)."""
        self.state = State.AUTHENTICATED

    def end(self) -> None:
        """BYE was said: nothing more is read."""
        self.state = State.LOGOUT
        self._mode = ImapEngine._in_nothing

    def upgrade(self) -> None:
        """STARTTLS or COMPRESS was answered: what came behind it in plain is thrown away, never read as if
        inside the new layer."""
        self._inbox.clear()
        self._forget_command()

    @property
    def has_input(self) -> bool:
        """Whether bytes wait that no event has told yet."""
        return bool(self._inbox)

    @property
    def has_line(self) -> bool:
        """Whether more than the beginning of a line waits."""
        return self._inbox.has_line

    # --- turns of the conversation, taken by the session ------------------------------

    def idle(self) -> bytes:
        """IDLE is accepted (RFC 2177): the next line must be DONE."""
        self._mode = ImapEngine._in_idle
        return b"+ idling\r\n"

    def challenge(self, data: bytes) -> bytes:
        """Ask for the next SASL response."""
        self._mode = ImapEngine._in_sasl
        return b"+ " + b2a_base64(data, newline=False) + b"\r\n"

    @property
    def awaits_go(self) -> bool:
        """Whether the client sends what it offers only when we accept it (a synchronizing literal)."""
        return self._awaits_go

    def accept(self) -> bytes:
        """Take what an APPEND offers; returns what is to be sent."""
        if not self._passes_body:
            self._mode = ImapEngine._in_steps
            return b""
        self._mode = ImapEngine._in_append_body
        go, self._awaits_go = self._awaits_go, False
        return b"+ OK\r\n" if go else b""

    def refuse(self, reply: Tagged) -> bytes:
        """Refuse an APPEND before its octets are sent, or throw away what comes anyway and answer then."""
        if self._awaits_go or self._is_whole:
            self._forget_command()
            return self.send(reply)
        self._refusal = reply
        self._steps.clear()
        self._mode = ImapEngine._in_discard
        # Its size passed the limit already when it was offered; only what else comes is counted.
        return b""

    # --- modes: each reads one kind of input -------------------------------------------

    def _in_nothing(self) -> Event | None:
        self._inbox.clear()
        return None

    def _line(self, *, takes_bare_lf: bool = False) -> bytes | Event | None:
        """The next line without its CRLF; Broken when it is too long, None when it is not whole."""
        try:
            line = self._inbox.line(self.limits.line_bytes_max)
        except TooLong as error:
            return self._broken(str(error))
        if line is None or line.endswith(b"\r"):
            return line and line[:-1]
        return line if takes_bare_lf else self._reject_line(line, "lines end with CRLF")

    def _in_command(self) -> Event | None:
        line = self._line()
        if not isinstance(line, bytes):
            return line
        if self._follows_sasl:
            self._follows_sasl = False
            if not line:
                return self._in_command()
        if line.endswith(b"}"):
            found = _LITERAL_END.search(line)
            if found is not None:
                return self._begin_literal(line, int(found[1]), not found[2])
        text = self._text + line if self._text else line
        if self._append is not None or a.START.match(text):
            self._is_whole = True
            return self._segment(text, None)
        literals = self._literals
        if literals:
            self._forget_command()
        return self._command(text, literals)

    def _command(self, text: bytes, literals: list[bytes]) -> Event:
        try:
            command = parse(text, literals, is_utf8=self.is_utf8, nesting_max=self.limits.nesting_max)
        except (PeerError, Refused) as error:
            return self._reject(text, error)
        kind = type(command)
        if kind not in LEGAL[self.state]:
            return Rejected(Tagged(command.tag, Status.BAD, f"not while {self.state.value}"))
        if isinstance(command, Authenticate) and len(command.initial_response or b"") > lim.SASL_BYTES_MAX:
            return Rejected(Tagged(command.tag, Status.BAD, "response too long"))
        self._kind = kind
        return command

    def _begin_literal(self, line: bytes, size: int, is_synchronizing: bool) -> Event | None:
        self._awaits_go = is_synchronizing
        self._wanted = size
        text = self._text + line
        if self._append is not None or a.START.match(text):
            return self._segment(text, size)
        if len(self._literals) >= self.limits.literal_count_max:
            return self._broken("too many literals")
        if len(text) + self._literal_bytes + size > self.limits.command_bytes_max:
            return self._refuse(Tagged(tag_of(text), Status.BAD, "literal too large", b"TOOBIG"))
        self._text = text + b"\r\n"
        self._literal_bytes += size
        self._mode = ImapEngine._in_literal
        if is_synchronizing:
            self._awaits_go = False
            return Ready()
        return None

    def _in_literal(self) -> Event | None:
        piece = self._take()
        if piece:
            self._pieces.append(piece)
            if len(self._pieces) >= PIECES_MAX:
                self._pieces = [b"".join(self._pieces)]
        if self._wanted:
            return None
        self._literals.append(b"".join(self._pieces))
        self._pieces = []
        self._mode = ImapEngine._in_command
        return None

    def _take(self) -> bytes:
        """As much of the wanted literal as is here."""
        piece = self._inbox.take(self._wanted)
        self._wanted -= len(piece)
        return piece

    # --- APPEND --------------------------------------------------------------------------

    def _segment(self, text: bytes, literal_bytes: int | None) -> Event | None:
        """Read an APPEND or REPLACE up to its next literal, or to its end."""
        cursor = Cursor(text, self._literals, is_utf8=self.is_utf8, nesting_max=self.limits.nesting_max)
        try:
            command = self._append or self._begin_append(cursor)
            self._steps.extend(command.read(cursor, literal_bytes))
        except (PeerError, Refused) as error:
            return self._refuse(refusal(self._append_tag or tag_of(text), error))
        self._append, self._text, self._literals = command, b"", []
        is_url = command.ending is a.Ending.URL
        if literal_bytes is not None and literal_bytes > (
            lim.URL_BYTES_MAX if is_url else self.append_bytes_max
        ):
            return self._refuse(Tagged(command.tag, Status.NO, "the message is too large", b"TOOBIG"))
        self._mode = ImapEngine._in_steps
        return None

    def _begin_append(self, cursor: Cursor) -> a.AppendCommand:
        tag, name = head(cursor)
        kind = AppendMessage if name == b"APPEND" else ReplaceMessage
        if kind not in LEGAL[self.state]:
            raise SyntaxFault(f"not while {self.state.value}")
        self._kind = kind
        return a.AppendCommand(cursor, tag, name)

    @property
    def _append_tag(self) -> bytes:
        return b"" if self._append is None else self._append.tag

    def _in_steps(self) -> Event | None:
        """Tell what a segment holds, one by one; the session decides on most before the next is told."""
        if not self._steps:
            return self._begin_url()
        step = self._steps.popleft()
        if isinstance(step, AppendEnd):
            self._forget_command()
        elif not isinstance(step, a.AppendJoined):
            self._passes_body = isinstance(step, a.AppendText) or (
                isinstance(step, AppendMessage) and not step.is_catenated
            )
            # Until the session decides, nothing is read.
            self._mode = ImapEngine._in_offer
        return step

    def _begin_url(self) -> Event | None:
        """The segment ended at the literal of a URL."""
        self._mode = ImapEngine._in_literal
        go, self._awaits_go = self._awaits_go, False
        return Ready() if go else None

    def _in_offer(self) -> Event | None:
        return None

    def _in_append_body(self) -> Event | None:
        here = len(self._inbox)
        if here < self._wanted and here < lim.CHUNK_BYTES:
            return None
        data = self._take()
        is_last = not self._wanted
        if is_last:
            self._mode = ImapEngine._in_command
        return AppendChunk(data, is_last)

    # --- IDLE and AUTHENTICATE --------------------------------------------------------------

    def _in_idle(self) -> Event | None:
        line = self._line()
        if not isinstance(line, bytes):
            return line
        self._mode = ImapEngine._in_command
        if line.upper() == b"DONE":
            return IdleDone()
        return self._broken("expected DONE")

    def _in_sasl(self) -> Event | None:
        # Encoders that break lines end even the last one: "AGE…==\n" CRLF, or an empty line more.
        line = self._line(takes_bare_lf=True)
        if not isinstance(line, bytes):
            return line
        self._mode = ImapEngine._in_command
        self._follows_sasl = True
        if line == b"*":
            return SaslResponse(None)
        try:
            if len(line) > lim.SASL_BYTES_MAX:
                raise TooLong("response too long")
            return SaslResponse(sasl_response(line))
        except (SyntaxFault, TooLong):
            return SaslResponse(None)

    # --- refusing -----------------------------------------------------------------------------

    def _refuse(self, reply: Tagged) -> Event | None:
        """Refuse a command at its literal: now when the client waits, else when the rest has passed by."""
        if self._awaits_go or self._is_whole:
            self._forget_command()
            return Rejected(reply)
        self._refusal = reply
        self._steps.clear()
        self._mode = ImapEngine._in_discard
        return self._check_discard()

    def _check_discard(self) -> Event | None:
        self._discarded += self._wanted
        limits = self.limits
        if self._discarded > limits.discard_bytes_max or self._discard_count > limits.literal_count_max:
            return self._broken("literal too large")
        return None

    def _in_discard(self) -> Event | None:
        """Throw away literals and lines until the refused command's own end."""
        while True:
            self._take()
            if self._wanted:
                return None
            line = self._line()
            if not isinstance(line, bytes):
                return line
            found = _LITERAL_END.search(line)
            if found is None or not found[2]:
                return self._refused()
            self._wanted = int(found[1])
            self._discard_count += 1
            broken = self._check_discard()
            if broken is not None:
                return broken

    def _refused(self) -> Event:
        reply = self._refusal
        assert reply is not None
        self._forget_command()
        return Rejected(reply)

    def _reject_line(self, line: bytes, text: str) -> Event:
        tag = self._append_tag or tag_of(self._text + line)
        self._forget_command()
        return Rejected(Tagged(tag, Status.BAD, text))

    def _reject(self, text: bytes, error: Exception) -> Event:
        return Rejected(refusal(tag_of(text), error))

    def _broken(self, text: str) -> Event:
        self.end()
        return Broken(text)
