"""The one state table of an SMTP or LMTP server (RFC 5321 §4.1.4, RFC 2033, RFC 3030 §2, RFC 3207, RFC 4954).

    CONNECTED ─220→ START ─EHLO→ READY ─MAIL→ MAIL ─RCPT→ RCPT ─DATA→ BODY ─CRLF.CRLF→ READY
                      ↑            │                        └─BDAT→ CHUNKS ─BDAT LAST→ READY
                      └──STARTTLS──┤
                                   └─AUTH→ (334) AUTH ─235→ READY

Theory. The engine sees both directions. A command is *legal* when (state, verb) has a row; a legal command
changes the state only when the server's answer is positive (2xx, 3xx), so a refused MAIL, RCPT or AUTH
leaves everything as it was. Three things move by themselves: the end of a message leads to READY whatever
the answer (RFC 5321 §4.1.1.4 clears all buffers), so does a refused BDAT (RFC 3030 §2: the transaction is
indeterminate), and a failed AUTH exchange leads back to READY. What is absent is illegal: 503.
"""

from enum import IntEnum, auto
from typing import Final


class State(IntEnum):
    """An integer, because a plain Enum is hashed in Python, and the table is asked twice a command."""

    CONNECTED = auto()
    START = auto()
    """Greeted (or freshly under TLS): the client has not said who it is."""
    READY = auto()
    MAIL = auto()
    """A sender is accepted."""
    RCPT = auto()
    """At least one recipient is accepted."""
    BODY = auto()
    """354 was said: everything up to CRLF.CRLF is the body."""
    CHUNKS = auto()
    """A BDAT chunk was accepted, the last one is still to come."""
    AUTH = auto()
    """334 was said: the next line is a response."""
    CLOSED = auto()


GREETING: Final = "(greeting)"
RESPONSE: Final = "(response)"

_ANYWHERE: Final = ("NOOP", "HELP", "VRFY", "EXPN")
_TALKING: Final = (State.START, State.READY, State.MAIL, State.RCPT, State.CHUNKS)

NEXT: Final[dict[tuple[State, str], State]] = {
    (State.CONNECTED, GREETING): State.START,
    (State.READY, "STARTTLS"): State.START,
    (State.READY, "AUTH"): State.READY,
    (State.AUTH, RESPONSE): State.READY,
    (State.READY, "MAIL"): State.MAIL,
    (State.MAIL, "RCPT"): State.RCPT,
    (State.RCPT, "RCPT"): State.RCPT,
    (State.RCPT, "DATA"): State.BODY,
    (State.RCPT, "BDAT"): State.CHUNKS,
    (State.CHUNKS, "BDAT"): State.CHUNKS,
    **{(state, verb): State.READY for state in _TALKING for verb in ("EHLO", "HELO", "LHLO")},
    **{(state, "RSET"): State.READY for state in _TALKING if state is not State.START},
    (State.START, "RSET"): State.START,
    **{(state, verb): state for state in _TALKING for verb in _ANYWHERE},
    **{(state, "QUIT"): State.CLOSED for state in _TALKING},
}
"""(state, verb) → the state after a positive answer."""
