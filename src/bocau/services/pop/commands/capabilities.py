"""CAPA, AUTH without a mechanism, UTF8: what is there (RFC 2449, 6856)."""

from collections.abc import Sequence
from typing import Final

from bocau.protocols.pop import END, CapabilitiesAsked, MechanismsAsked, Utf8Asked
from bocau.services.pop.session import PopSession

IMPLEMENTATION: Final = "bocau"


def capabilities(session: PopSession, event: CapabilitiesAsked) -> None:
    names = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8 USER"]
    if offered := session.mechanisms:
        names += ["USER", "SASL " + " ".join(offered)]
    if session.maildrop is None and session.rooms.tls_context is not None and session.connection.tls is None:
        names.append("STLS")
    names.append(f"IMPLEMENTATION {IMPLEMENTATION}")
    _say_lines(session, "Capabilities follow", names)


def list_mechanisms(session: PopSession, event: MechanismsAsked) -> None:
    _say_lines(session, "Mechanisms follow", session.mechanisms)


def _say_lines(session: PopSession, text: str, lines: Sequence[str]) -> None:
    body = "".join(f"{line}\r\n" for line in lines).encode()
    session.connection.write(session.server.accept(text), body, END)


def utf8(session: PopSession, event: Utf8Asked) -> None:
    """Messages are never changed on their way, so the mode changes nothing but what the client
    expects."""
    session.connection.write(session.server.accept("UTF-8"))
