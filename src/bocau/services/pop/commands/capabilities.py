"""CAPA, AUTH without a mechanism, UTF8, LANG: what is there (RFC 2449, 6856)."""

from collections.abc import Sequence
from typing import Final

from bocau.protocols.pop import END, CapabilitiesAsked, LanguageAsked, MechanismsAsked, Utf8Asked
from bocau.rules.quirks import leaves_out
from bocau.services.pop.languages import DEFAULT, NAMES, spoken
from bocau.services.pop.session import PopSession

IMPLEMENTATION: Final = "bocau"


def capabilities(session: PopSession, event: CapabilitiesAsked) -> None:
    names = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8 USER", "LANG"]
    if delay := session.rooms.settings.login_delay_seconds:
        names.append(f"LOGIN-DELAY {delay}")
    if offered := session.mechanisms:
        names += ["USER", "SASL " + " ".join(offered)]
    if session.maildrop is None and session.rooms.tls_context is not None and session.connection.tls is None:
        names.append("STLS")
    names.append(f"IMPLEMENTATION {IMPLEMENTATION}")
    names = [name for name in names if not leaves_out(session.without, name.partition(" ")[0])]
    _say_lines(session, "Capabilities follow", names)


def list_mechanisms(session: PopSession, event: MechanismsAsked) -> None:
    _say_lines(session, "Mechanisms follow", session.mechanisms)


def _say_lines(session: PopSession, text: str, lines: Sequence[str]) -> None:
    body = "".join(f"{line}\r\n" for line in lines).encode()
    session.connection.write(session.server.accept(spoken(session.language, text)), body, END)


def utf8(session: PopSession, event: Utf8Asked) -> None:
    """Messages are never changed on their way, so the mode changes nothing but what the client
    expects."""
    session.accept("UTF-8")


def language(session: PopSession, event: LanguageAsked) -> None:
    """RFC 6856 §3: a more special tag is served by its language, "vi-VN" by "vi"."""
    if event.tag is None:
        _say_lines(session, "Languages follow", [f"{tag} {name}" for tag, name in NAMES.items()])
        return
    tag = DEFAULT if event.tag == "*" else event.tag.partition("-")[0]
    if tag not in NAMES:
        session.refuse("No such language here")
        return
    session.language = tag
    # The tag is for programs, the rest in the language itself for people.
    session.connection.write(session.server.accept(f"{tag} {spoken(tag, 'The language is English')}"))
