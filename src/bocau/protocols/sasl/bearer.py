"""Tokens instead of passwords: OAUTHBEARER (RFC 7628) and XOAUTH2, its forerunner of Google's.

    OAUTHBEARER   n,a=ann@example.org,^Ahost=…^Aport=…^Aauth=Bearer TOKEN^A^A
    XOAUTH2       user=ann@example.org^Aauth=Bearer TOKEN^A^A

A refused token is answered by a JSON text as one more challenge; only after the client's empty word
(^A, or nothing) the exchange fails (RFC 7628 §3.2.3).
"""

import re
from dataclasses import dataclass, field
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.sasl.encoding import decode_text
from bocau.protocols.sasl.names import unescaped_name
from bocau.protocols.sasl.values import Challenge

PAIRS_MAX: Final = 10
"""Keys in one message: RFC 7628 knows seven."""
REFUSALS: Final = {
    # It never tells why: an expired token, a removed one and one of other scopes look alike.
    "OAUTHBEARER": b'{"status":"invalid_token"}',
    "XOAUTH2": b'{"status":"401","schemes":"bearer"}',
}
"""Mechanism → the challenge that says no (RFC 7628 §3.2.2)."""

_SEPARATOR: Final = b"\x01"
_BEARER: Final = re.compile(rb"bearer +([A-Za-z0-9._~+/-]{1,4096}=*)", re.IGNORECASE)
"""RFC 6750 §2.1."""
_KEY: Final = re.compile(rb"[A-Za-z]{1,32}")
_VALUE: Final = re.compile(rb"[\x20-\x7e\t\r\n]*")


@dataclass(frozen=True, slots=True)
class TokenClaim:
    """A token, and whose it is said to be ("" when that was not said)."""

    name: str
    token: str = field(repr=False)


class BearerServer:
    """One exchange of OAUTHBEARER or XOAUTH2."""

    def __init__(self, mechanism: str) -> None:
        self._read = {"OAUTHBEARER": _oauthbearer, "XOAUTH2": _xoauth2}[mechanism]

    def respond(self, response: bytes | None) -> Challenge | TokenClaim:
        """Read the only message that matters. SyntaxFault."""
        return Challenge(b"") if response is None else self._read(response)


def _oauthbearer(response: bytes) -> TokenClaim:
    """RFC 7628 §3.1; host and port are what the client believes, and bind nothing."""
    header, separator, rest = response.partition(_SEPARATOR)
    parts = header.split(b",")
    # A binding ("p=") is not asked for by this mechanism; "y" and "n" mean the same here.
    if not separator or len(parts) != 3 or parts[0] not in (b"n", b"y") or parts[2]:
        raise SyntaxFault("OAUTHBEARER wants a GS2 header")
    name = ""
    if parts[1]:
        if not parts[1].startswith(b"a="):
            raise SyntaxFault("OAUTHBEARER wants a=")
        name = unescaped_name(parts[1][2:])
    return TokenClaim(name, _token(_pairs(rest)))


def _xoauth2(response: bytes) -> TokenClaim:
    pairs = _pairs(response)
    name = decode_text(pairs.get(b"user", b""))
    if not name:
        raise SyntaxFault("XOAUTH2 wants user=")
    return TokenClaim(name, _token(pairs))


def _pairs(data: bytes) -> dict[bytes, bytes]:
    """key=value pairs, each ended by ^A, and one ^A more at the end; each key once."""
    if not data.endswith(_SEPARATOR * 2) or data.count(_SEPARATOR) > PAIRS_MAX + 1:
        raise SyntaxFault("token message not ended")
    pairs: dict[bytes, bytes] = {}
    for pair in data[:-2].split(_SEPARATOR):
        key, equals, value = pair.partition(b"=")
        # "user" of XOAUTH2 may be UTF-8; it is decoded strictly later.
        is_fine = key == b"user" or _VALUE.fullmatch(value)
        if not equals or not _KEY.fullmatch(key) or not is_fine or key in pairs:
            raise SyntaxFault("token message with a broken pair")
        pairs[key] = value
    return pairs


def _token(pairs: dict[bytes, bytes]) -> str:
    found = _BEARER.fullmatch(pairs.get(b"auth", b""))
    if found is None:
        raise SyntaxFault("no bearer token")
    return found[1].decode("ascii")
