"""POP3 as a pure engine (RFC 1939, 2449, 2595, 5034, 6856): what is said on the wire.

Door: ServerEngine, its events, `content`.
"""

from bocau.protocols.pop.content import END, Stuffer, TopCutter
from bocau.protocols.pop.engine import ServerEngine
from bocau.protocols.pop.events import (
    AuthAsked,
    CapabilitiesAsked,
    Delete,
    Event,
    Fault,
    Faulty,
    LanguageAsked,
    ListAsked,
    MechanismsAsked,
    NoopSaid,
    PassSaid,
    QuitAsked,
    ResetAsked,
    ResponseSaid,
    Retrieve,
    StartTlsAsked,
    StatAsked,
    TopAsked,
    UidListAsked,
    UserSaid,
    Utf8Asked,
)
from bocau.protocols.pop.states import State

__all__ = [
    "END",
    "AuthAsked",
    "CapabilitiesAsked",
    "Delete",
    "Event",
    "Fault",
    "Faulty",
    "LanguageAsked",
    "ListAsked",
    "MechanismsAsked",
    "NoopSaid",
    "PassSaid",
    "QuitAsked",
    "ResetAsked",
    "ResponseSaid",
    "Retrieve",
    "ServerEngine",
    "StartTlsAsked",
    "StatAsked",
    "State",
    "Stuffer",
    "TopAsked",
    "TopCutter",
    "UidListAsked",
    "UserSaid",
    "Utf8Asked",
]
