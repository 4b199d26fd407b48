"""The one state table of a POP3 server (RFC 1939 §3; RFC 2595 §4, 5034 §4, 6856 §2).

    AUTHORIZATION ─USER→ NAMED ─PASS→ TRANSACTION ─QUIT→ CLOSED
          └─AUTH→ (+) AUTHENTICATING ─response→ TRANSACTION

A command is legal when (state, verb) has a row, and moves the state when the answer is +OK. A refused PASS or
AUTH response leads back to AUTHORIZATION. UPDATE is no state here: the session changes the mailbox before it
answers QUIT, and the conversation ends with that answer whatever it is.
"""

from enum import Enum, auto
from typing import Final


class State(Enum):
    AUTHORIZATION = auto()
    NAMED = auto()
    """USER was said."""
    AUTHENTICATING = auto()
    """A challenge was sent: the next line is a response."""
    TRANSACTION = auto()
    CLOSED = auto()


RESPONSE: Final = "(response)"

_BEFORE: Final = (State.AUTHORIZATION, State.NAMED)

NEXT: Final[dict[tuple[State, str], State]] = {
    **{(state, "USER"): State.NAMED for state in _BEFORE},
    (State.NAMED, "PASS"): State.TRANSACTION,
    **{(state, "AUTH"): State.TRANSACTION for state in _BEFORE},
    (State.AUTHENTICATING, RESPONSE): State.TRANSACTION,
    **{(state, "MECHANISMS"): state for state in _BEFORE},
    **{(state, "STLS"): State.AUTHORIZATION for state in _BEFORE},
    **{(state, "UTF8"): state for state in _BEFORE},
    **{(state, "LANG"): state for state in (*_BEFORE, State.TRANSACTION)},
    **{(state, "CAPA"): state for state in (*_BEFORE, State.TRANSACTION)},
    **{(state, "QUIT"): State.CLOSED for state in (*_BEFORE, State.TRANSACTION)},
    **{
        (State.TRANSACTION, verb): State.TRANSACTION
        for verb in ("STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "RSET", "NOOP")
    },
}
"""(state, verb) → the state after +OK."""

MOVES: Final[dict[State, dict[str, State]]] = {
    state: {verb: after for (before, verb), after in NEXT.items() if before is state} for state in State
}
"""The same by state, for the engine: an enum is slow to hash."""

BACK: Final = frozenset({"PASS", "AUTH", RESPONSE})
"""Refused, these lead back to AUTHORIZATION."""
