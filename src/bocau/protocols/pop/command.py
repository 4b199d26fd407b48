"""The grammar of a command line: `parse(line) → (verb, event)` (RFC 1939 §3, §9)."""

from collections.abc import Callable
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.base.wiretext import UINT32_MAX, number
from bocau.protocols.pop.arguments import bare, text
from bocau.protocols.pop.events import (
    AuthAsked,
    CapabilitiesAsked,
    Delete,
    Event,
    LanguageAsked,
    ListAsked,
    MechanismsAsked,
    NoopSaid,
    PassSaid,
    QuitAsked,
    ResetAsked,
    Retrieve,
    StartTlsAsked,
    StatAsked,
    TopAsked,
    UidListAsked,
    UserSaid,
    Utf8Asked,
)

_MECHANISM_CHARACTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
_MECHANISM_BYTES_MAX: Final = 20
"""RFC 4422 §3.1."""


_LANGUAGE_CHARACTERS: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-*"
_LANGUAGE_BYTES_MAX: Final = 64


def _message(argument: bytes) -> int:
    return number(argument, minimum=1)


def _optional_message(argument: bytes) -> int | None:
    return number(argument, minimum=1) if argument else None


def _top(argument: bytes) -> TopAsked:
    first, _, second = argument.partition(b" ")
    return TopAsked(_message(first), number(second, maximum=UINT32_MAX))


def _auth(argument: bytes) -> AuthAsked:
    mechanism, space, initial = argument.partition(b" ")
    mechanism = mechanism.upper()
    if len(mechanism) > _MECHANISM_BYTES_MAX or mechanism.strip(_MECHANISM_CHARACTERS):
        raise SyntaxFault("not a mechanism")
    return AuthAsked(mechanism.decode("ascii"), initial if space else None)


def _language(argument: bytes) -> LanguageAsked:
    if not argument:
        return LanguageAsked(None)
    if len(argument) > _LANGUAGE_BYTES_MAX or argument.strip(_LANGUAGE_CHARACTERS):
        raise SyntaxFault("not a language tag")
    return LanguageAsked(argument.decode("ascii").lower())


_PARSERS: Final[dict[bytes, tuple[str, Callable[[bytes], Event]]]] = {
    b"RETR": ("RETR", lambda argument: Retrieve(_message(argument))),
    b"DELE": ("DELE", lambda argument: Delete(_message(argument))),
    b"TOP": ("TOP", _top),
    b"LIST": ("LIST", lambda argument: ListAsked(_optional_message(argument))),
    b"UIDL": ("UIDL", lambda argument: UidListAsked(_optional_message(argument))),
    b"USER": ("USER", lambda argument: UserSaid(text(argument))),
    b"PASS": ("PASS", lambda argument: PassSaid("", text(argument))),
    b"AUTH": ("AUTH", _auth),
    b"STAT": ("STAT", bare(StatAsked())),
    b"NOOP": ("NOOP", bare(NoopSaid())),
    b"RSET": ("RSET", bare(ResetAsked())),
    b"QUIT": ("QUIT", bare(QuitAsked())),
    b"CAPA": ("CAPA", bare(CapabilitiesAsked())),
    b"STLS": ("STLS", bare(StartTlsAsked())),
    b"LANG": ("LANG", _language),
    b"UTF8": ("UTF8", bare(Utf8Asked())),
}


def parse(line: bytes) -> tuple[str, Event] | None:
    """Read a line without its end; None for a verb that is not known. SyntaxFault for a bad argument."""
    word, _, argument = line.partition(b" ")
    known = _PARSERS.get(word.upper())
    if known is None:
        return None
    verb, read = known
    if verb == "AUTH" and not argument.strip(b" "):
        return "MECHANISMS", MechanismsAsked()
    # Only a password may begin or end with a space.
    return verb, read(argument if verb == "PASS" else argument.strip(b" "))
