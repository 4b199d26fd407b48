"""The one state table of a POP2 server (RFC 937, "The Normal Scenario").

    AUTH ─HELO→ MBOX ─READ→ ITEM ─RETR→ NEXT ─ACKS ACKD NACK→ ITEM
                 ↑───FOLD────┘                    QUIT → CLOSED from everywhere

A command is legal when (state, verb) has a row. An error ends the conversation, so only the good answer has a
state to lead to.
"""

from enum import Enum, auto
from typing import Final


class State(Enum):
    AUTH = auto()
    MBOX = auto()
    """A mailbox is open."""
    ITEM = auto()
    """A length was told."""
    NEXT = auto()
    """A message was sent: was it received?"""
    CLOSED = auto()


NEXT: Final[dict[tuple[State, str], State]] = {
    (State.AUTH, "HELO"): State.MBOX,
    **{(state, "FOLD"): State.MBOX for state in (State.MBOX, State.ITEM)},
    **{(state, "READ"): State.ITEM for state in (State.MBOX, State.ITEM)},
    (State.ITEM, "RETR"): State.NEXT,
    **{(State.NEXT, verb): State.ITEM for verb in ("ACKS", "ACKD", "NACK")},
    **{(state, "QUIT"): State.CLOSED for state in State if state is not State.CLOSED},
}
"""(state, verb) → the state after the answer."""
