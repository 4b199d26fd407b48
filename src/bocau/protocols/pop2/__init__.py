"""POP2 as a pure engine (RFC 937): one command a line, answers that count, bodies of exactly so many octets.

Door: ServerEngine and its events.
"""

from bocau.protocols.pop2.engine import ServerEngine
from bocau.protocols.pop2.events import (
    Acknowledged,
    Deleted,
    Event,
    Faulty,
    Fold,
    Hello,
    NotReceived,
    QuitAsked,
    Read,
    Retrieve,
)
from bocau.protocols.pop2.states import State

__all__ = [
    "Acknowledged",
    "Deleted",
    "Event",
    "Faulty",
    "Fold",
    "Hello",
    "NotReceived",
    "QuitAsked",
    "Read",
    "Retrieve",
    "ServerEngine",
    "State",
]
